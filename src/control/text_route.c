/*
 * BIRD's text for show route.
 *
 *	1007-Table master4:
 *	 192.0.2.0/24         unicast [b1 20:41:51.603] * (100) [AS64999i]
 *		via 10.1.1.2 on eth0
 *	                      unreachable [c1 20:41:52.011 from 10.9.1.18] (100) [i]
 *	1008-	Type: BGP univ
 *	1012-	BGP.origin: IGP
 *
 * 1.6 has no headings and says the next hop in the place of the destination.
 */
#include <string.h>
#include "base/mem.h"
#include "bgp/hops.h"
#include "bgp/longnlri.h"
#include "control/text.h"
#include "rib/decide.h"
#include "filter/vnet.h"

void
text_table(struct control *c, const struct table_conf *t, bool first)
{
	if (text_is_v1(c))
		return;
	if (!first)
		control_line(c, 1007, "%s", "");
	control_line(c, 1007, "Table %s:", t->name);
}

/* A next hop whose interface is not known is one that does not resolve. */
static bool
is_reached(const struct route_record *r)
{
	return r->dest == DEST_UNICAST &&
	       (r->looked_up ? r->way_n > 0 : r->via_if != NULL);
}

/* "/10": what is known of the way to the next hop, with AIGP (RFC 7311) in it. */
static void
metric_text(const struct route_record *r, char *buf, size_t size)
{
	buf[0] = 0;
	if (r->has_aigp)
		snprintf(buf, size, "/%lu", (unsigned long)r->aigp);
	else if (r->metric && r->dest == DEST_UNREACHABLE)
		snprintf(buf, size, "/-");
	else if (r->metric >= IGP_METRIC_UNKNOWN)
		snprintf(buf, size, "/?");
	else if (r->metric)
		snprintf(buf, size, "/%u", r->metric);
}

/* " (100) [AS64999i]": for routes that are not BGP's only the preference. */
static void
route_info(const struct route_record *r, char *buf, size_t size)
{
	static const char origins[] = "ie?";
	struct attr path;
	uint32_t as = 0;
	char metric[24] = "";
	size_t n;

	if (r->kind == SOURCE_BGP)
		metric_text(r, metric, sizeof(metric));
	n = (size_t)snprintf(buf, size, " (%u%s%s)", r->attrs->preference,
	    r->stale ? "s" : "", metric);
	if (r->kind != SOURCE_BGP)
		return;
	if (attrs_find(r->attrs, ATTR_AS_PATH, &path))
		as = path_last_as(path.data, path.len);
	n += (size_t)snprintf(buf + n, size - n, " [");
	if (as)
		n += (size_t)snprintf(buf + n, size - n, "AS%u", as);
	if (r->attrs->has & HAS_ORIGIN && r->attrs->origin < 3)
		n += (size_t)snprintf(buf + n, size - n, "%c", origins[r->attrs->origin]);
	snprintf(buf + n, size - n, "]");
}

static void
labels_text(const struct hop *h, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = 0;
	for (unsigned i = 0; i < h->label_n && n < size; i++)
		n += (size_t)snprintf(
		    buf + n, size - n, "%s%u", i ? "/" : " mpls ", h->label[i]);
}

static void
via_text(const struct route_record *r, const struct hop *h, bool several, char *buf,
    size_t size)
{
	const char *ifname = h->ifname[0] ? h->ifname : r->via_if;
	char ip[IP_TEXT_MAX], labels[96], weight[24] = "";

	labels_text(h, labels, sizeof(labels));
	if (several)
		snprintf(weight, sizeof(weight), " weight %u", h->weight);
	if (ip_is_none(&h->via))
		snprintf(buf, size, "dev %s%s", ifname, labels);
	else
		snprintf(buf, size, "via %s on %s%s%s%s", ip_format(&h->via, ip), ifname,
		    labels, h->onlink ? " onlink" : "", weight);
}

/* One line for each of its next hops; 1.6 has a lone one in the route's own line. */
static void
via_lines(
    struct control *c, const struct route_record *r, const struct hop *h, unsigned n)
{
	char via[256];

	for (unsigned i = 0; i < n; i++) {
		via_text(r, &h[i], n > 1, via, sizeof(via));
		control_line(c, 1007, "\t%s", via);
	}
}

/* " from A", where the peer is not the next hop itself. */
static const char *
from_text(const struct route_record *r, char *buf, size_t size)
{
	struct hop h = { 0 };
	struct ip gw;
	char ip[IP_TEXT_MAX];

	if (!r->way_n)
		attrs_hops(r->attrs, &h, 1);
	gw = r->way_n ? r->way[0].via : h.via;
	buf[0] = 0;
	if (!ip_is_none(&r->from) && (!is_reached(r) || !ip_equal(&gw, &r->from)))
		snprintf(buf, size, " from %s", ip_format(&r->from, ip));
	return buf;
}

static void
type_line(struct control *c, const struct route_record *r)
{
	static const char *const sources[] = {
		[SOURCE_BGP] = "BGP",
		[SOURCE_STATIC] = "static",
		[SOURCE_DIRECT] = "device",
		[SOURCE_KERNEL] = "inherit",
		[SOURCE_RPKI] = "RPKI",
		[SOURCE_AGGREGATED] = "aggregated",
		[SOURCE_L3VPN] = "L3VPN",
	};
	const char *source = sources[r->kind];

	if (text_is_v1(c))
		control_line(c, 1008, "\tType: %s%s unicast univ", source,
		    r->kind == SOURCE_STATIC && r->via_if && !attrs_next_hop(r->attrs).len
			? "-device"
			: "");
	else
		control_line(c, 1008, "\tType: %s univ", source);
}

/* Labels and what else an NLRI has that is the path's. */
static void
nlri_line(struct control *c, const struct route_record *r)
{
	char buf[NLRI_REST_TEXT_MAX];
	struct attr a;

	if (attrs_find(r->attrs, LOCAL_NLRI, &a))
		control_line(c, 1012, "\tBGP.nlri: %s",
		    nlri_rest_format(r->net, a.data, a.len, buf));
}

static unsigned
hops_of(const struct route_record *r, struct hop *hop)
{
	if (!r->way_n)
		return attrs_hops(r->attrs, hop, HOPS_MAX);
	memcpy(hop, r->way, r->way_n * sizeof(*hop));
	return r->way_n;
}

void
text_route(struct control *c, const struct route_record *r, bool attributes)
{
	char *net, time[64], from[64], info[64], via[256] = "";
	struct hop hop[HOPS_MAX];
	unsigned hop_n = is_reached(r) ? hops_of(r, hop) : 0;
	const char *dest = r->dest == DEST_UNICAST && !is_reached(r) ? "unreachable"
								     : text_dest(r->dest);

	net = r->first_of_net ? net_text(r->net) : mem_strdup("");
	if (is_reached(r) && !hop_n) {
		hop[0] = (struct hop){ .weight = 1 }; /* on the interface itself */
		hop_n = 1;
	}
	if (text_is_v1(c) && hop_n == 1)
		via_text(r, &hop[0], false, via, sizeof(via));
	else if (text_is_v1(c) && hop_n)
		dest = "multipath";
	from_text(r, from, sizeof(from));
	route_info(r, info, sizeof(info));
	control_time(c, TF_ROUTE, r->time, time);
	control_line(c, 1007,
	    text_is_v1(c) ? "%-18s %s [%s %s%s]%s%s" : "%-20s %s [%s %s%s]%s%s", net,
	    via[0] ? via : dest, r->proto_name, time, from,
	    r->refused ? " !" : r->best ? " *" : "", info);
	mem_free(net);
	if (!via[0])
		via_lines(c, r, hop, hop_n);
	if (!attributes)
		return;
	type_line(c, r);
	if (r->kind == SOURCE_BGP || r->attrs->block_len || r->attrs->local_len)
		text_attrs(c, r->attrs, r->kind == SOURCE_BGP);
	nlri_line(c, r);
}

void
text_count(struct control *c, const struct count_record *n)
{
	if (!text_is_v1(c))
		control_line(c, 1007, "%lu of %lu routes for %lu networks in table %s",
		    (unsigned long)n->shown, (unsigned long)n->routes,
		    (unsigned long)n->nets, n->table);
}

void
text_total(struct control *c, const struct count_record *n, unsigned tables)
{
	if (text_is_v1(c)) {
		control_end(c, 14, "%lu of %lu routes for %lu networks",
		    (unsigned long)n->shown, (unsigned long)n->routes,
		    (unsigned long)n->nets);
		return;
	}
	if (tables < 2) {
		control_end(c, 0, "%s", "");
		return;
	}
	if (c->route.printed)
		control_line(c, 1007, "%s", "");
	control_end(c, 14, "Total: %lu of %lu routes for %lu networks in %u tables",
	    (unsigned long)n->shown, (unsigned long)n->routes, (unsigned long)n->nets,
	    tables);
}
