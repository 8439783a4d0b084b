/*
 * BIRD's text: status, symbols, memory, interfaces, static routes, update groups.  The
 * layout is an interface: tools cut these lines by columns and words.  2.0.12's, and
 * 1.6.8's where the session speaks that dialect.
 */
#include <string.h>
#include "base/mem.h"
#include "control/session.h"
#include "control/text.h"
#include "filter/vnet.h"

static void
text_line(struct control *c, unsigned code, const char *text)
{
	out_line(&c->out, code, false, "%s", text);
}

static void
text_end(struct control *c, unsigned code, const char *text)
{
	out_line(&c->out, code, true, "%s", text);
}

static void
text_status(struct control *c, const struct status_record *s)
{
	struct ip id = ip_from4(s->router_id);
	char buf[IP_TEXT_MAX], t[64];

	control_line(c, 1000, "%s", control_version(c));
	control_line(c, 1011, "Router ID is %s", ip_format(&id, buf));
	if (s->hostname && !text_is_v1(c))
		control_line(c, 1011, "Hostname is %s", s->hostname);
	control_line(
	    c, 1011, "Current server time is %s", control_time(c, TF_BASE, s->now, t));
	control_line(c, 1011, "Last reboot on %s", control_time(c, TF_BASE, s->boot, t));
	control_line(c, 1011, "Last reconfiguration on %s",
	    control_time(c, TF_BASE, s->reconfigured, t));
	if (s->recovering) {
		control_line(c, 24, "Graceful restart recovery in progress");
		control_line(
		    c, 24, "  Waiting for %u channels to recover", s->recovering);
		control_line(c, 24, "  Wait timer is %u.000/%u", s->recovery_left_s,
		    s->recovery_total_s);
	}
	control_end(c, 13, "%s",
	    s->shutting_down       ? "Shutdown in progress"
		: s->reconfiguring ? "Reconfiguration in progress"
				   : "Daemon is up and running");
}

static void
text_symbol(struct control *c, const struct symbol_conf *s)
{
	control_line(c, 1010, "%-8s\t%s", s->name, s->class);
}

static void
text_roa(struct control *c, const struct net *roa)
{
	struct net net = net_address(roa);
	char buf[NET_TEXT_MAX];

	control_line(c, 1019, "%s max %u as %u", net_format(&net, buf), net_roa_max(roa),
	    net_as(roa));
}

/*
 * Memory.
 */
struct amount {
	double value;
	char unit;
};

static struct amount
amount_of(size_t bytes, double limit)
{
	static const char units[] = " kMGT";
	struct amount a = { .value = (double)bytes };
	unsigned i = 0;

	while (a.value >= limit && units[i + 1]) {
		a.value /= 1024;
		i++;
	}
	a.unit = units[i];
	return a;
}

static void
memory_line(struct control *c, const char *label, size_t used, size_t overhead)
{
	struct amount u = amount_of(used, 10000), o = amount_of(overhead, 10000);

	if (text_is_v1(c))
		control_line(
		    c, 1018, "%-17s %4u %cB", label, (unsigned)(u.value + 0.5), u.unit);
	else
		control_line(c, 1018, "%-17s %6.1f %cB   %6.1f %cB", label, u.value,
		    u.unit, o.value, o.unit);
}

static void
text_memory(struct control *c, const struct memory_record *m)
{
	control_line(c, 1018, "BIRD memory usage");
	if (!text_is_v1(c))
		control_line(c, 1018, "%18sEffective    Overhead", "");
	memory_line(c, "Routing tables:", m->tables, 0);
	memory_line(c, "Route attributes:", m->attributes, 0);
	memory_line(c, "Protocols:", m->protocols, 0);
	if (!text_is_v1(c)) {
		memory_line(c, "Current config:", m->config, 0);
		memory_line(c, "Standby memory:", 0, 0);
	}
	if (m->results)
		memory_line(c, "Filter results:", m->results, 0);
	memory_line(
	    c, "Total:", m->total, m->total_rss > m->total ? m->total_rss - m->total : 0);
}

/*
 * Interfaces.
 */
static const char *
scope_name(const struct ip *ip)
{
	uint32_t a = ip_to4(ip);

	if (ip_is4(ip)) {
		if (a >> 24 == 127)
			return "host";
		if (a >> 16 == 0xa9fe)
			return "link";
		return a >> 24 == 10 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8 ? "site"
									      : "univ";
	}
	if (ip_is_link_local(ip))
		return "link";
	if ((ip->b[0] & 0xfe) == 0xfc)
		return "site";
	for (unsigned i = 0; i < 15; i++)
		if (ip->b[i])
			return "univ";
	return ip->b[15] == 1 ? "host" : "univ";
}

static void
text_address(struct control *c, const struct interface_address *a)
{
	char ip[IP_TEXT_MAX], opposite[IP_TEXT_MAX];
	bool ptp = !ip_is_none(&a->opposite);

	control_line(c, 1003, "\t%s/%u (%s%s%sscope %s)", ip_format(&a->ip, ip), a->plen,
	    a->secondary	? "Secondary, "
		: text_is_v1(c) ? "Primary, "
				: "Preferred, ",
	    ptp ? "opposite " : "",
	    ptp ? strcat(ip_format(&a->opposite, opposite), ", ") : "",
	    scope_name(&a->ip));
}

static void
text_interface(struct control *c, const struct interface_record *r)
{
	control_line(c, 1001, "%s %s (index=%u)", r->name,
	    r->admin_up && r->link_up ? "up" : "down", r->index);
	control_line(c, 1004, "\t%s%s%s Admin%s Link%s%s MTU=%u",
	    r->ptp ? "PtP" : "MultiAccess", r->broadcast ? " Broadcast" : "",
	    r->multicast ? " Multicast" : "", r->admin_up ? "Up" : "Down",
	    r->link_up ? "Up" : "Down", r->loopback ? " Loopback Ignored" : "", r->mtu);
	for (unsigned i = 0; i < r->address_n; i++)
		if (!text_is_v1(c) || ip_is4(&r->address[i].ip))
			text_address(c, &r->address[i]);
}

/* The first address of the family, as A/L. */
static const char *
first_address(const struct interface_record *r, bool v4, char *buf, size_t size)
{
	char ip[IP_TEXT_MAX];

	snprintf(buf, size, "%s", "");
	for (unsigned i = 0; i < r->address_n; i++) {
		if (ip_is4(&r->address[i].ip) != v4)
			continue;
		snprintf(buf, size, "%s/%u", ip_format(&r->address[i].ip, ip),
		    r->address[i].plen);
		break;
	}
	return buf;
}

static void
text_interface_summary(struct control *c, const struct interface_record *r)
{
	char a4[64], a6[64];
	const char *state;

	if (!r) {
		control_line(c, 2005, "%s",
		    text_is_v1(c) ? "interface state address"
			     : "Interface  State  IPv4 address       IPv6 address");
		return;
	}
	state = r->admin_up && r->link_up ? "up" : "down";
	first_address(r, true, a4, sizeof(a4));
	first_address(r, false, a6, sizeof(a6));
	if (text_is_v1(c))
		control_line(c, 1005, "%-9s %-5s %s", r->name, state, a4);
	else
		control_line(c, 1005, "%-10s %-6s %-18s %s", r->name, state, a4, a6);
}

/*
 * Static routes.
 */
static const char *const dest_names[] = {
	[DEST_UNICAST] = "unicast",
	[DEST_BLACKHOLE] = "blackhole",
	[DEST_UNREACHABLE] = "unreachable",
	[DEST_PROHIBIT] = "prohibited",
	[DEST_NONE] = "",
};

const char *
text_dest(enum dest d)
{
	return dest_names[d];
}

/* Where BIRD 1.6 says how a route is, in its own line, and 2 in one of each hop. */
static void
static_hop(const struct control *c, const struct static_hop *s, bool weight, bool up,
    char *buf, size_t size)
{
	const struct hop *h = &s->hop;
	char ip[IP_TEXT_MAX], heavy[24] = "";

	if (weight)
		snprintf(heavy, sizeof(heavy), " weight %u", h->weight);
	if (ip_is_none(&h->via))
		snprintf(buf, size, "dev %s%s", h->ifname, up ? "" : " (dormant)");
	else
		snprintf(buf, size, "via %s%s%s%s%s%s%s", ip_format(&h->via, ip),
		    h->ifname[0] ? "%" : "", h->ifname,
		    h->onlink && !text_is_v1(c) ? " onlink" : "", heavy,
		    s->bfd ? " (bfd)" : "", up ? "" : " (dormant)");
}

bool
hop_is_up(const struct control *c, const struct proto_conf *p,
    const struct static_route *r, unsigned hop)
{
	return !c->ops->hop_up || c->ops->hop_up(c->daemon, p, r, hop);
}

static void
text_static_route(
    struct control *c, const struct proto_conf *p, const struct static_route *r)
{
	char net[NET_TEXT_MAX], ip[IP_TEXT_MAX], hop[128], *flow;
	const char *gap = text_is_v1(c) ? " " : "\t";
	bool several = r->to->hop_n > 1;

	if (r->to->dest == DEST_NONE && net_is_long(r->net.type)) {
		control_line(c, 1009, "%s%s%s", flow = net_text(&r->net), gap,
		    dest_names[r->to->dest]);
		mem_free(flow);
		return;
	}
	net_format(&r->net, net);
	if (r->to->dest != DEST_UNICAST) {
		control_line(c, 1009, "%s%s%s", net, gap, dest_names[r->to->dest]);
		return;
	}
	if (r->to->recursive) {
		control_line(c, 1009, "%s%srecursive %s", net, gap,
		    ip_format(&r->to->hop[0].hop.via, ip));
		return;
	}
	if (!text_is_v1(c) || several)
		control_line(c, 1009, "%s%s", net, text_is_v1(c) ? " multipath" : "");
	for (unsigned i = 0; i < r->to->hop_n; i++) {
		static_hop(c, &r->to->hop[i], text_is_v1(c) && several,
		    hop_is_up(c, p, r, i), hop, sizeof(hop));
		if (text_is_v1(c) && !several)
			control_line(c, 1009, "%s %s", net, hop);
		else
			control_line(c, 1009, "\t%s", hop);
	}
}

/*
 * Update groups: mynah's own.
 */
static void
text_groups(struct control *c)
{
	control_line(c, 1102, "%-8s %-6s %7s %5s %10s %12s %14s  %s", "Group", "Family",
	    "Members", "Slow", "Messages", "Bytes", "Bytes shared", "Policy, key");
}

static void
text_group(struct control *c, unsigned shard, const struct group_view *g)
{
	char id[32];

	snprintf(id, sizeof(id), "%u.%u", shard, g->id);
	control_line(c, 1102, "%-8s %-6s %7u %5u %10lu %12lu %14lu  %s %s", id,
	    g->family < FAMILIES ? family_info(g->family)->name : "?", g->members,
	    g->slow, (unsigned long)g->messages, (unsigned long)g->bytes,
	    (unsigned long)g->bytes_shared, g->policy ? g->policy : "REJECT", g->key);
}

const struct render render_text = {
	.status = text_status,
	.protocols = text_protocols,
	.protocol = text_protocol,
	.table = text_table,
	.route = text_route,
	.count = text_count,
	.total = text_total,
	.symbol = text_symbol,
	.roa = text_roa,
	.memory = text_memory,
	.static_route = text_static_route,
	.bfd = text_bfd,
	.bfd_session = text_bfd_session,
	.bfd_down = text_bfd_down,
	.interface = text_interface,
	.interface_summary = text_interface_summary,
	.groups = text_groups,
	.group = text_group,
	.plan = text_plan,
	.trial = text_trial,
	.line = text_line,
	.end = text_end,
};
