/*
 * Routes as JSON: what BGP has a name for by that name, a filter's own attributes by
 * theirs, the rest as bytes.
 */
#include "control/jsonimpl.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/wire.h"
#include "bgp/hops.h"
#include "bgp/longnlri.h"
#include "filter/local.h"
#include "filter/vnet.h"

static json_t *
numbers_json(const uint8_t *p, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_num(get_u32(p + 4 * i)));
	return a;
}

static json_t *
hex_json(const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char *buf = mem_alloc(2 * n + 1);
	json_t *v;

	for (size_t i = 0; i < n; i++) {
		buf[2 * i] = digits[p[i] >> 4];
		buf[2 * i + 1] = digits[p[i] & 15];
	}
	v = json_stringn(buf, 2 * n);
	mem_free(buf);
	return v;
}

static json_t *
path_json(const struct attr *a)
{
	size_t len = path_format(a->data, a->len, NULL, 0);
	char *buf = mem_alloc(len + 1);
	json_t *v;

	path_format(a->data, a->len, buf, len + 1);
	v = json_string(len ? buf : "");
	mem_free(buf);
	return v;
}

/* Each value of `width` bytes by `one`. */
static json_t *
list_json(const struct attr *a, size_t width, json_t *(*one)(const uint8_t *))
{
	json_t *list = json_array();

	for (size_t i = 0; i + width <= a->len; i += width)
		json_array_append_new(list, one(a->data + i));
	return list;
}

static json_t *
community_json(const uint8_t *p)
{
	json_t *v = json_array();

	json_array_append_new(v, json_num(get_u16(p)));
	json_array_append_new(v, json_num(get_u16(p + 2)));
	return v;
}

static json_t *
large_json(const uint8_t *p)
{
	return numbers_json(p, 3);
}

static json_t *
ext_json(const uint8_t *p)
{
	return hex_json(p, 8);
}

static json_t *
cluster_json(const uint8_t *p)
{
	return json_id(get_u32(p));
}

static json_t *
aggregator_json(const struct attr *a)
{
	json_t *o = json_object();

	JSON_SET(o, "as", json_num(get_u32(a->data)));
	JSON_SET(o, "id", json_id(get_u32(a->data + 4)));
	return o;
}

static void
attr_json(json_t *o, const struct attr *a)
{
	static const char *const origins[] = { "IGP", "EGP", "Incomplete" };
	char key[16];

	if (a->code == ATTR_ORIGIN && a->len && a->data[0] < 3)
		JSON_SET(o, "origin", json_text(origins[a->data[0]]));
	else if (a->code == ATTR_AS_PATH)
		JSON_SET(o, "as_path", path_json(a));
	else if (a->code == ATTR_MED && a->len >= 4)
		JSON_SET(o, "med", json_num(get_u32(a->data)));
	else if (a->code == ATTR_LOCAL_PREF && a->len >= 4)
		JSON_SET(o, "local_pref", json_num(get_u32(a->data)));
	else if (a->code == ATTR_ATOMIC_AGGR)
		JSON_SET(o, "atomic_aggr", json_true());
	else if (a->code == ATTR_AGGREGATOR && a->len >= 8)
		JSON_SET(o, "aggregator", aggregator_json(a));
	else if (a->code == ATTR_COMMUNITY)
		JSON_SET(o, "community", list_json(a, 4, community_json));
	else if (a->code == ATTR_ORIGINATOR_ID && a->len >= 4)
		JSON_SET(o, "originator_id", json_id(get_u32(a->data)));
	else if (a->code == ATTR_CLUSTER_LIST)
		JSON_SET(o, "cluster_list", list_json(a, 4, cluster_json));
	else if (a->code == ATTR_EXT_COMMUNITY)
		JSON_SET(o, "ext_community", list_json(a, 8, ext_json));
	else if (a->code == ATTR_LARGE_COMMUNITY)
		JSON_SET(o, "large_community", list_json(a, 12, large_json));
	else if (a->code == ATTR_OTC && a->len >= 4)
		JSON_SET(o, "otc", json_num(get_u32(a->data)));
	else {
		snprintf(key, sizeof(key), "attr_%u", a->code);
		JSON_SET(o, key, hex_json(a->data, a->len));
	}
}

void
json_table(struct control *c, const struct table_conf *t, bool first)
{
	(void)c, (void)t, (void)first; /* every route names its table */
}

json_t *
json_hop(const struct hop *h)
{
	json_t *o = json_object(), *labels = json_array();

	JSON_SET(o, "via", json_ip(&h->via));
	JSON_SET(o, "interface", json_text(h->ifname[0] ? h->ifname : NULL));
	JSON_SET(o, "weight", json_num(h->weight));
	JSON_SET(o, "onlink", json_boolean(h->onlink));
	for (unsigned i = 0; i < h->label_n; i++)
		json_array_append_new(labels, json_num(h->label[i]));
	JSON_SET(o, "labels", labels);
	return o;
}

static json_t *
hops_json(const struct hop *h, unsigned n)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, json_hop(&h[i]));
	return list;
}

/* What a filter keeps in the route: numbers as such, the rest as `print` writes it. */
static void
own_json(json_t *o, const struct attr *a)
{
	struct arena *arena = arena_new();
	struct vtext t = vtext_new(arena, 65536);
	struct val v;
	const char *name = filter_local(a, &v);

	if (a->code == filter_local_code("from")) /* the route has it */
		name = NULL;
	if (name && v.type == VAL_INT) {
		JSON_SET(o, name, json_num(v.num));
	} else if (name && v.type == VAL_BOOL) {
		JSON_SET(o, name, json_boolean(v.num));
	} else if (name) {
		vtext_val(&t, &v);
		JSON_SET(o, name, json_text(t.at));
	}
	arena_free(arena);
}

void
json_route(struct control *c, const struct route_record *r, bool attributes)
{
	json_t *o = json_object(), *attrs;
	struct hop hop[HOPS_MAX];
	unsigned hop_n = attrs_hops(r->attrs, hop, HOPS_MAX);
	struct next_hop nh = attrs_next_hop(r->attrs);
	struct ip gw = next_hop_ip(&nh);
	char *net = net_text(r->net), rest[NLRI_REST_TEXT_MAX];
	struct attr a;
	size_t pos = 0;

	JSON_SET(o, "table", json_text(c->route.table ? c->route.table->name : NULL));
	JSON_SET(o, "network", json_text(net));
	mem_free(net);
	if (attrs_find(r->attrs, LOCAL_NLRI, &a))
		JSON_SET(
		    o, "nlri", json_text(nlri_rest_format(r->net, a.data, a.len, rest)));
	JSON_SET(o, "protocol", json_text(r->proto_name));
	JSON_SET(o, "source", json_text(r->kind == SOURCE_BGP ? "BGP" : "static"));
	JSON_SET(o, "dest", json_text(text_dest(r->dest)));
	JSON_SET(o, "next_hop", nh.len ? json_ip(&gw) : json_null());
	JSON_SET(o, "interface", json_text(r->via_if));
	if (hop_n > 1 || (hop_n && hop[0].label_n))
		JSON_SET(o, "hops", hops_json(hop, hop_n));
	JSON_SET(o, "from", json_ip(&r->from));
	JSON_SET(o, "since", json_num(r->time));
	JSON_SET(o, "best", json_boolean(r->best));
	if (r->refused)
		JSON_SET(o, "refused", json_true());
	JSON_SET(o, "stale", json_boolean(r->stale));
	JSON_SET(o, "preference", json_num(r->attrs->preference));
	if (r->path_id)
		JSON_SET(o, "path_id", json_num(r->path_id));
	if (attributes) {
		attrs = json_object();
		while (attrs_next(r->attrs, &pos, &a)) {
			if (a.code < LOCAL_ATTR)
				attr_json(attrs, &a);
			else
				own_json(attrs, &a);
		}
		JSON_SET(o, "attributes", attrs);
	}
	json_emit(c, o);
}
