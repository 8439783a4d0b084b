/*
 * The received table: open addressing over (network, path id), attribute sets interned.
 *
 * A removed route leaves its slot with attrs NULL and `used` set, until the table grows.
 */
#include <assert.h>
#include <stdlib.h>
#include "base/mem.h"
#include "base/wire.h"
#include "rxtable.h"

struct slot {
	struct rxroute route;
	bool used;
};

struct rxtable {
	struct store *store;
	struct slot *slots;
	size_t size, used, count; /* size: a power of two */
};

struct rxtable *
rxtable_new(struct store *store)
{
	struct rxtable *t = MEM_NEW(struct rxtable);

	t->store = store;
	t->size = 1024;
	t->slots = MEM_ARRAY(struct slot, t->size);
	return t;
}

void
rxtable_clear(struct rxtable *t)
{
	for (size_t i = 0; i < t->size; i++) {
		attrs_unref(t->store, t->slots[i].route.attrs, 1);
		t->slots[i] = (struct slot){ 0 };
	}
	t->used = t->count = 0;
}

void
rxtable_free(struct rxtable *t)
{
	if (!t)
		return;
	rxtable_clear(t);
	mem_free(t->slots);
	mem_free(t);
}

size_t
rxtable_count(const struct rxtable *t)
{
	return t->count;
}

/* The slot of this network, or the free one where it belongs. */
static struct slot *
slot_find(struct slot *slots, size_t size, const struct nlri *n)
{
	size_t i = (net_hash(&n->net) + n->path_id * 0x9e3779b9u) & (size - 1);

	while (slots[i].used && (slots[i].route.nlri.path_id != n->path_id ||
	    !net_equal(&slots[i].route.nlri.net, &n->net)))
		i = (i + 1) & (size - 1);
	return &slots[i];
}

static void
grow(struct rxtable *t)
{
	size_t size = t->count * 2 > t->size / 2 ? t->size * 2 : t->size;
	struct slot *slots = MEM_ARRAY(struct slot, size);

	for (size_t i = 0; i < t->size; i++)
		if (t->slots[i].route.attrs)
			*slot_find(slots, size, &t->slots[i].route.nlri) = t->slots[i];
	mem_free(t->slots);
	t->slots = slots;
	t->size = size;
	t->used = t->count;
}

static void
table_set(struct rxtable *t, const struct nlri *n, struct attrs *attrs)
{
	struct slot *s;

	if (t->used * 2 >= t->size)
		grow(t);
	s = slot_find(t->slots, t->size, n);
	if (!s->used) {
		if (!attrs)
			return;
		s->used = true;
		s->route.nlri = *n;
		t->used++;
	}
	t->count += (attrs != NULL);
	t->count -= (s->route.attrs != NULL);
	attrs_unref(t->store, s->route.attrs, 1);
	if (attrs)
		attrs_ref(attrs, 1);
	s->route.attrs = attrs;
}

static void
table_run(struct rxtable *t, struct nlri_run run, struct attrs *attrs)
{
	struct nlri n;

	while (nlri_next(&run, &n))
		table_set(t, &n, attrs);
}

void
rxtable_update(struct rxtable *t, struct update *u)
{
	for (unsigned i = 0; i < u->unreach_n; i++)
		table_run(t, u->unreach[i], NULL);
	for (unsigned i = 0; i < u->reach_n; i++) {
		struct attrs *a = NULL;

		u->draft.next_hop = *update_next_hop(u, u->reach[i].family);
		if (u->verdict < VERDICT_WITHDRAW)
			a = store_intern(t->store, &u->draft);
		table_run(t, u->reach[i], a);
		attrs_unref(t->store, a, 1);
	}
}

static int
route_cmp(const void *a, const void *b)
{
	const struct rxroute *x = a, *y = b;
	int d = net_cmp(&x->nlri.net, &y->nlri.net);

	if (d)
		return d;
	return (x->nlri.path_id > y->nlri.path_id) - (x->nlri.path_id < y->nlri.path_id);
}

struct rxroute *
rxtable_sorted(const struct rxtable *t, size_t *n)
{
	struct rxroute *list = MEM_ARRAY(struct rxroute, t->count + 1);

	*n = 0;
	for (size_t i = 0; i < t->size; i++)
		if (t->slots[i].route.attrs)
			list[(*n)++] = t->slots[i].route;
	assert(*n == t->count);
	qsort(list, *n, sizeof(*list), route_cmp);
	return list;
}

/* -- text --------------------------------------------------------------------------------- */

static void
print_origin(FILE *f, const struct attr *a)
{
	static const char *const names[] = { "IGP", "EGP", "Incomplete" };

	fprintf(f, "%s", a->len == 1 && a->data[0] < 3 ? names[a->data[0]] : "?");
}

static void
print_path(FILE *f, const struct attr *a)
{
	char text[8192];

	path_format(a->data, a->len, text, sizeof(text));
	fprintf(f, "[%s]", text);
}

static void
print_numbers(FILE *f, const struct attr *a)
{
	for (unsigned i = 0; i + 4 <= a->len; i += 4)
		fprintf(f, "%s%u", i ? "," : "", get_u32(a->data + i));
}

static void
print_aggregator(FILE *f, const struct attr *a)
{
	char text[IP_TEXT_MAX];
	struct ip ip;

	if (a->len != 8)
		return;
	ip = ip_from4(get_u32(a->data + 4));
	fprintf(f, "%u/%s", get_u32(a->data), ip_format(&ip, text));
}

static void
print_community(FILE *f, const struct attr *a)
{
	for (unsigned i = 0; i + 4 <= a->len; i += 4)
		fprintf(f, "%s%u:%u", i ? "," : "", get_u16(a->data + i),
		    get_u16(a->data + i + 2));
}

static void
print_ids(FILE *f, const struct attr *a)
{
	char text[IP_TEXT_MAX];

	for (unsigned i = 0; i + 4 <= a->len; i += 4) {
		struct ip ip = ip_from4(get_u32(a->data + i));

		fprintf(f, "%s%s", i ? "," : "", ip_format(&ip, text));
	}
}

static void
print_large(FILE *f, const struct attr *a)
{
	for (unsigned i = 0; i + 12 <= a->len; i += 12)
		fprintf(f, "%s%u:%u:%u", i ? "," : "", get_u32(a->data + i),
		    get_u32(a->data + i + 4), get_u32(a->data + i + 8));
}

static void
print_hex(FILE *f, const struct attr *a)
{
	for (unsigned i = 0; i < a->len; i++)
		fprintf(f, "%02x", a->data[i]);
}

static const struct {
	const char *name;
	void (*print)(FILE *, const struct attr *);
} texts[256] = {
	[ATTR_ORIGIN] = { "origin", print_origin },
	[ATTR_AS_PATH] = { "path", print_path },
	[ATTR_MED] = { "med", print_numbers },
	[ATTR_LOCAL_PREF] = { "lp", print_numbers },
	[ATTR_ATOMIC_AGGR] = { "atomic", print_hex },
	[ATTR_AGGREGATOR] = { "aggregator", print_aggregator },
	[ATTR_COMMUNITY] = { "community", print_community },
	[ATTR_ORIGINATOR_ID] = { "originator", print_ids },
	[ATTR_CLUSTER_LIST] = { "cluster", print_ids },
	[ATTR_EXT_COMMUNITY] = { "ext", print_hex },
	[ATTR_LARGE_COMMUNITY] = { "large", print_large },
};

static void
print_next_hop(FILE *f, const struct next_hop *nh)
{
	char text[IP_TEXT_MAX];
	struct ip ip = next_hop_ip(nh), ll;

	fprintf(f, " nh %s", ip_format(&ip, text));
	if (nh->len == 32) {
		memcpy(ll.b, nh->b + 16, 16);
		fprintf(f, ",%s", ip_format(&ll, text));
	}
}

void
rxroute_print(FILE *f, const struct rxroute *r)
{
	char text[NET_TEXT_MAX];
	struct next_hop nh = attrs_next_hop(r->attrs);
	struct attr a;

	fprintf(f, "%s id %u", net_format(&r->nlri.net, text), r->nlri.path_id);
	print_next_hop(f, &nh);
	for (size_t pos = 0; attrs_next(r->attrs, &pos, &a);) {
		if (texts[a.code].print)
			fprintf(f, " %s ", texts[a.code].name);
		else
			fprintf(f, " attr %u %02x ", a.code, a.flags);
		(texts[a.code].print ? texts[a.code].print : print_hex)(f, &a);
	}
	fputc('\n', f);
}
