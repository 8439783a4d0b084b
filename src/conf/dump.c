/*
 * The model as BIRD 2 text, made from the option table.  Only what differs from the
 * default is written, but for what names a neighbour.  Filters and what the model does
 * not keep come from the tree (dumptree.c).  The text reads back to an equal model, and
 * that dumps as the same text.
 */
#include <string.h>

#include "base/mem.h"
#include "conf/check.h"
#include "filter/vnet.h"
#include "lang/show.h"

static const struct bgp_conf bgp_defaults = {
#define X(field, kind, dflt, ...) .field = dflt,
	BGP_OPTIONS(X)
#undef X
};

static const struct channel_conf channel_defaults = {
#define X(field, kind, dflt, ...) .field = dflt,
	CHANNEL_OPTIONS(X)
#undef X
};

static void
dump_text(FILE *f, const char *words, const char *v)
{
	if (v && !*v && strcmp(words, "vrf") == 0)
		fputs("vrf default;", f);
	else if (v)
		fprintf(f, "%s \"%s\";", words, v);
}

static void
dump_ip(FILE *f, const char *words, struct ip v)
{
	char buf[IP_TEXT_MAX];

	fprintf(f, "%s %s;", words, ip_format(&v, buf));
}

static void
dump_id(FILE *f, const char *words, uint32_t v)
{
	dump_ip(f, words, ip_from4(v));
}

#define SAME_BOOL(a, b)	   ((a) == (b))
#define SAME_NUM(a, b)	   ((a) == (b))
#define SAME_SECONDS(a, b) ((a) == (b))
#define SAME_ID(a, b)	   ((a) == (b))
#define SAME_TEXT(a, b)	   ((a) == (b))
#define SAME_IPADDR(a, b)                                                                \
	(ip_is_none(&(a)) || strcmp(words_, "local") == 0 ||                             \
	    strcmp(words_, "neighbor") == 0)
#define DUMP_BOOL(w, v)	   fprintf(f, "%s %s;", w, (v) ? "on" : "off")
#define DUMP_NUM(w, v)	   fprintf(f, "%s %u;", w, v)
#define DUMP_SECONDS(w, v) fprintf(f, "%s %u;", w, v)
#define DUMP_ID(w, v)	   dump_id(f, w, v)
#define DUMP_TEXT(w, v)	   dump_text(f, w, v)
#define DUMP_IPADDR(w, v)  dump_ip(f, w, v)
#define DUMP_ROW(c, d, indent, field, type, words)                                       \
	{                                                                                \
		const char *words_ = words;                                              \
		if (!SAME_##type(c->field, d.field)) {                                   \
			fputs(indent, f);                                                \
			DUMP_##type(words_, c->field);                                   \
			fputc('\n', f);                                                  \
		}                                                                        \
	}
#define DUMP_SKIP(...)
#define PICK_BOOL    DUMP_ROW
#define PICK_NUM     DUMP_ROW
#define PICK_SECONDS DUMP_ROW
#define PICK_ID	     DUMP_ROW
#define PICK_TEXT    DUMP_ROW
#define PICK_IPADDR  DUMP_ROW
#define PICK_SPEC    DUMP_SKIP

static void
dump_filter(
    FILE *f, const struct model *m, const char *what, const struct filter *filter)
{
	fprintf(f, "\t\t%s ", what);
	if (dump_inside(f, m, filter)) {
		;
	} else if (filter == filter_accept()) {
		fputs("all", f);
	} else if (filter == filter_reject()) {
		fputs("none", f);
	} else if (*filter_name(filter) != '(') {
		fputs("filter ", f);
		show_name(f, filter_name(filter));
	} else {
		dump_unnamed(f, m, filter, 2);
	}
	fputs(";\n", f);
}

static void
dump_only(FILE *f, const char *words, uint32_t value, uint32_t dflt)
{
	static const char *const text[] = { "off", "ibgp", "ebgp", "on" };

	if (value != dflt)
		fprintf(f, "\t\t%s %s;\n", words, text[value & 3]);
}

static void
dump_limit(FILE *f, const char *words, uint32_t value, uint32_t action)
{
	if (action)
		fprintf(f, "\t\t%s %u action %s;\n", words, value,
		    limit_action_name(action));
}

static void
dump_channel(FILE *f, const struct model *m, unsigned n, const struct channel_conf *c)
{
	const struct proto_conf *p = m->proto[n];
	static const char *const paths[] = { "off", "rx", "tx", "on" };

	fprintf(f, "\t%s {\n\t\ttable ", family_info(c->family)->words);
	show_name(f, c->table->name);
	fputs(";\n", f);
	dump_filter(f, m, "import", c->import);
	dump_filter(f, m, "export", c->export);
#define X(field, type, dflt, lo, hi, change, words, effect)                              \
	PICK_##type(c, channel_defaults, "\t\t", field, type, words)
	CHANNEL_OPTIONS(X)
#undef X
	if (p->kind == PROTO_BGP) {
		uint32_t keep = p->bgp.rs_client   ? ONLY_BOTH
				: p->bgp.rr_client ? ONLY_IBGP
						   : 0;

		dump_only(f, "next hop self", c->next_hop_self, 0);
		dump_only(f, "next hop keep", c->next_hop_keep, keep);
	}
	dump_limit(f, "import limit", c->import_limit, c->import_action);
	dump_limit(f, "receive limit", c->receive_limit, c->receive_action);
	dump_limit(f, "export limit", c->export_limit, c->export_action);
	if (c->add_paths)
		fprintf(f, "\t\tadd paths %s;\n", paths[c->add_paths & 3]);
	if (c->gateway)
		fprintf(f, "\t\tgateway %s;\n",
		    c->gateway == GATEWAY_DIRECT ? "direct" : "recursive");
	dump_channel_rest(f, m, n, family_info(c->family)->words);
	fputs("\t};\n", f);
}

static void
dump_side(FILE *f, const char *word, const struct net *range, const struct ip *ip,
    uint32_t port, uint32_t as)
{
	char buf[IP_TEXT_MAX], net[NET_TEXT_MAX];

	fprintf(f, "\t%s", word);
	if (range)
		fprintf(f, " range %s", net_format(range, net));
	else if (!ip_is_none(ip))
		fprintf(f, " %s", ip_format(ip, buf));
	fprintf(f, " port %u", port);
	if (as)
		fprintf(f, " as %u", as);
	fputs(";\n", f);
}

static void
dump_between(FILE *f, const char *words, uint32_t min, uint32_t max)
{
	if (min)
		fprintf(f, "\tmin %s %u;\n", words, min);
	if (max != UINT32_MAX)
		fprintf(f, "\tmax %s %u;\n", words, max);
}

static void
dump_cease(FILE *f, uint32_t mask)
{
	static const char *const words[] = { "cease", "prefix limit hit",
		"administrative shutdown", "peer deconfigured", "administrative reset",
		"connection rejected", "configuration change", "connection collision",
		"out of resources" };
	unsigned n = 0;

	if (!mask)
		return;
	fputs("\tdisable after cease {", f);
	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (mask >> i & 1)
			fprintf(f, "%s %s", n++ ? "," : "", words[i]);
	fputs(" };\n", f);
}

static void
dump_bgp(FILE *f, const struct bgp_conf *b, const struct net *range)
{
	static const char *const graceful[] = { "off", "aware", "on" };

	dump_side(f, "local", NULL, &b->local_ip, b->local_port, b->local_as);
	dump_side(
	    f, "neighbor", range, &b->remote_ip, b->remote_port, b->remote_as);
	if (b->multihop)
		fprintf(f, "\tmultihop %u;\n", b->multihop);
	else
		fputs("\tdirect;\n", f);
#define X(field, type, dflt, lo, hi, change, words, effect)                              \
	PICK_##type(b, bgp_defaults, "\t", field, type, words)
	BGP_OPTIONS(X)
#undef X
	if (b->error_wait_min != bgp_defaults.error_wait_min ||
	    b->error_wait_max != bgp_defaults.error_wait_max)
		fprintf(f, "\terror wait time %u,%u;\n", b->error_wait_min,
		    b->error_wait_max);
	if (b->check_link != !b->multihop)
		fprintf(f, "\tcheck link %s;\n", b->check_link ? "on" : "off");
	if (b->graceful != bgp_defaults.graceful)
		fprintf(f, "\tgraceful restart %s;\n", graceful[b->graceful]);
	if (b->llgr != bgp_defaults.llgr)
		fprintf(f, "\tlong lived graceful restart %s;\n", graceful[b->llgr]);
	dump_between(f, "graceful restart time", b->gr_min, b->gr_max);
	dump_between(f, "long lived stale time", b->ll_min, b->ll_max);
	dump_cease(f, b->disable_after_cease);
	if (b->allow_local_as == UINT32_MAX)
		fputs("\tallow local as;\n", f);
	else if (b->allow_local_as)
		fprintf(f, "\tallow local as %u;\n", b->allow_local_as);
}

static void
dump_net(FILE *f, const struct net *net)
{
	struct net address = net_address(net);
	char text[NET_TEXT_MAX], *flow;

	if (net->type == NET_MPLS) {
		fprintf(f, "\troute mpls %u", net_label(net));
	} else if (net_is_long(net->type)) {
		fprintf(f, "\troute %s", flow = net_text(net));
		mem_free(flow);
	} else if (net->type == NET_ASPA)
		fprintf(f, "\troute aspa %u", net_as(net));
	else if (net->type == NET_ROA4 || net->type == NET_ROA6)
		fprintf(f, "\troute %s max %u as %u", net_format(&address, text),
		    net_roa_max(net), net_as(net));
	else
		fprintf(f, "\troute %s", net_format(net, text));
}

static void
dump_providers(FILE *f, const struct static_route *r)
{
	unsigned i;

	if (r->to->provider_n == 1 && !r->to->providers[0])
		fputs(" transit", f);
	else
		for (i = 0; i < r->to->provider_n; i++)
			fprintf(f, "%s%u", i ? ", " : " providers ", r->to->providers[i]);
}

/* What a 1.6 file has in its tables of origins. */
static void
dump_roas(FILE *f, const struct model *m)
{
	unsigned i, j;

	for (i = 0; i < m->table_n; i++) {
		const struct table_conf *t = m->table[i];

		if (!t->roa_n)
			continue;
		fprintf(f, "\nprotocol static 'roas.%.59s' {\n\t%s {\n\t\ttable ",
		    t->name, net_type_name(t->type));
		show_name(f, t->name);
		fputs(";\n\t\timport all;\n\t\texport none;\n\t\tpreference 200;\n\t};\n",
		    f);
		for (j = 0; j < t->roa_n; j++) {
			dump_net(f, &t->roa[j]);
			fputs(";\n", f);
		}
		fputs("}\n", f);
	}
}

static void
dump_hop(FILE *f, const struct static_hop *s, bool recursive)
{
	const struct hop *h = &s->hop;
	char ip[IP_TEXT_MAX];

	if (recursive)
		fprintf(f, " recursive %s", ip_format(&h->via, ip));
	else if (ip_is_none(&h->via))
		fprintf(f, " via \"%s\"", h->ifname);
	else
		fprintf(f, " via %s", ip_format(&h->via, ip));
	if (!ip_is_none(&h->via) && h->ifname[0])
		fprintf(f, "%%'%s'", h->ifname);
	for (unsigned i = 0; i < h->label_n; i++)
		fprintf(f, "%s%u", i ? "/" : " mpls ", h->label[i]);
	if (h->onlink)
		fputs(" onlink", f);
	if (h->weight > 1)
		fprintf(f, " weight %u", h->weight);
	if (s->bfd)
		fputs(" bfd", f);
}

static void
dump_routes(FILE *f, const struct model *m, const struct proto_conf *p)
{
	static const char *const dests[] = { "", " blackhole", " unreachable",
		" prohibit", "" };
	const struct static_route *r;
	unsigned i;

	for (i = 0; i < p->route_n; i++) {
		r = &p->route[i];
		dump_net(f, &r->net);
		if (r->to->dest == DEST_NONE) {
			dump_providers(f, r);
		} else if (r->to->dest != DEST_UNICAST)
			fputs(dests[r->to->dest], f);
		else
			for (unsigned k = 0; k < r->to->hop_n; k++)
				dump_hop(f, &r->to->hop[k], r->to->recursive);
		if (r->to->body) {
			fputc(' ', f);
			dump_unnamed(f, m, r->to->body, 1);
		}
		fputs(";\n", f);
	}
}

static void
dump_debug(FILE *f, unsigned mask)
{
	static const char *const words[] = { "states", "routes", "filters", "interfaces",
		"events", "packets" };
	unsigned i, n = 0;

	if (mask == 0x3f)
		fputs("\tdebug all;\n", f);
	else if (mask)
		fputs("\tdebug {", f);
	for (i = 0; mask != 0x3f && i < 6; i++)
		if (mask & 1u << i)
			fprintf(f, "%s %s", n++ ? "," : "", words[i]);
	if (n)
		fputs(" };\n", f);
}

static void
dump_proto(FILE *f, const struct model *m, unsigned n)
{
	static const struct proto_conf defaults;
	const struct proto_conf *p = m->proto[n];
	bool whole = dump_is_whole(p);
	unsigned i;

	dump_head(f, m, n);
	if (whole) {
#define X(field, type, dflt, lo, hi, change, words, effect)                              \
	PICK_##type(p, defaults, "\t", field, type, words)
		PROTO_OPTIONS(X)
#undef X
	}
	dump_debug(f, p->debug);
	if (p->kind == PROTO_BGP)
		dump_bgp(f, &p->bgp, dump_range(m, n));
	dump_rest(f, m, n);
	for (i = 0; whole && i < p->channel_n; i++)
		dump_channel(f, m, n, &p->channel[i]);
	if (p->kind == PROTO_STATIC)
		dump_routes(f, m, p);
	fputs("}\n", f);
}

static void
dump_logs(FILE *f, const struct model *m)
{
	const struct log_dest *d;
	unsigned i, c, n;

	for (i = 0; i < m->log_n; i++) {
		d = &m->log[i];
		fputs("log ", f);
		if (d->kind == LOG_TO_STDERR)
			fputs("stderr", f);
		else if (d->kind == LOG_TO_UDP)
			fprintf(f, "udp \"%s\" port %u", d->path, d->port);
		else if (d->kind == LOG_TO_SYSLOG)
			fprintf(f, d->path ? "syslog name \"%s\"" : "syslog", d->path);
		else
			fprintf(f, "\"%s\"", d->path);
		if (d->limit)
			fprintf(f, " %lu \"%s\"", d->limit, d->backup);
		if (d->mask == LOG_MASK_ALL)
			fputs(" all", f);
		else
			fputs(" {", f);
		for (c = n = 0; c < LOG_CLASSES && d->mask != LOG_MASK_ALL; c++)
			if (d->mask & 1u << c)
				fprintf(f, "%s %s", n++ ? "," : "",
				    log_class_name((enum log_class)c));
		fputs(d->mask == LOG_MASK_ALL ? ";\n" : " };\n", f);
	}
}

static void
dump_times(FILE *f, const struct model *m)
{
	static const char *const words[TIME_FORMATS] = { "route", "protocol", "base",
		"log" };
	const struct time_format *t;
	unsigned i;

	for (i = 0; i < TIME_FORMATS; i++) {
		t = &m->time_format[i];
		fprintf(f, "timeformat %s \"%s\"", words[i], t->recent);
		if (t->old)
			fprintf(f, " %u \"%s\"", t->limit_s, t->old);
		fputs(";\n", f);
	}
}

void
model_dump(const struct model *m, FILE *f)
{
	unsigned i;

	if (m->router_id) {
		dump_id(f, "router id", m->router_id);
		fputc('\n', f);
	}
	if (m->hostname)
		fprintf(f, "hostname \"%s\";\n", m->hostname);
	if (m->threads > m->threads_grouped) /* the groups' blocks are printed, too */
		fprintf(f, "threads %u;\n", m->threads - m->threads_grouped);
	if (m->shards)
		fprintf(f, "shards %u;\n", m->shards);
	fprintf(f, "graceful restart wait %u;\n", m->graceful_wait_s);
	dump_times(f, m);
	dump_logs(f, m);
	dump_globals(f, m);
	dump_tables(f, m);
	dump_names(f, m);
	for (i = 0; i < m->proto_n; i++)
		dump_proto(f, m, i);
	dump_roas(f, m);
}
