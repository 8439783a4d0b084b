/*
 * Difference of a protocol: each option that is not what it was becomes an item with the
 * value before, the value after and its change class.  What a changed option asks of a
 * session stands in the option table; a step is the sum over its items.
 */
#include "conf/diff.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"

#define REASON_MAX 512

struct diff {
	struct arena *arena;
	const char *channel; /* the items' */
	struct plan_item *item;
	unsigned n, room;
};

static bool
text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

#define DIFF_BOOL(a, b)	   ((a) != (b))
#define DIFF_NUM(a, b)	   ((a) != (b))
#define DIFF_SPEC(a, b)	   ((a) != (b))
#define DIFF_SECONDS(a, b) ((a) != (b))
#define DIFF_ID(a, b)	   ((a) != (b))
#define DIFF_TEXT(a, b)	   (!text_equal(a, b))
#define DIFF_IPADDR(a, b)  (!ip_equal(&(a), &(b)))

#define SHOW_BOOL(words, v)    ((v) ? "on" : "off")
#define SHOW_NUM(words, v)     show_num(v, (char[16]){ 0 })
#define SHOW_SPEC(words, v)    show_spec(words, v, (char[16]){ 0 })
#define SHOW_SECONDS(words, v) SHOW_NUM(words, v)
#define SHOW_ID(words, v)      show_id(v, (char[IP_TEXT_MAX]){ 0 })
#define SHOW_TEXT(words, v)    ((v) ? *(v) ? (v) : "default" : "none")
#define SHOW_IPADDR(words, v)                                                            \
	(ip_is_none(&(v)) ? "none" : ip_format(&(v), (char[IP_TEXT_MAX]){ 0 }))

static const char *
show_num(uint32_t v, char *buf)
{
	if (v == UINT32_MAX)
		return "default";
	snprintf(buf, 16, "%u", v);
	return buf;
}

static const char *
show_id(uint32_t v, char *buf)
{
	struct ip ip = ip_from4(v);

	return v ? ip_format(&ip, buf) : "default";
}

/* Numbers that stand for words. */
static const struct {
	const char *option, *word[5];
} spec_words[] = {
	{ "graceful restart", { "off", "aware", "on" } },
	{ "next hop self", { "off", "ibgp", "ebgp", "on" } },
	{ "next hop keep", { "off", "ibgp", "ebgp", "on" } },
	{ "add paths", { "off", "rx", "tx", "on" } },
	{ "long lived graceful restart", { "off", "on" } },
	{ "aigp", { "off", "on", "originate" } },
	{ "gateway", { "default", "direct", "recursive" } },
	{ "next hop prefer", { "default", "global", "local" } },
	{ "link local next hop format", { "native", "single", "double" } },
	{ "validate", { "off", "on" } },
	{ "multihop", { "off" } },
	{ "bfd", { "off", "on", "graceful" } },
	{ "import limit", { "off" } },
	{ "receive limit", { "off" } },
	{ "export limit", { "off" } },
	{ "import limit action", { "off", "warn", "block", "restart", "disable" } },
	{ "receive limit action", { "off", "warn", "block", "restart", "disable" } },
	{ "export limit action", { "off", "warn", "block", "restart", "disable" } },
};

static const char *
show_spec(const char *option, uint32_t v, char *buf)
{
	for (size_t i = 0; v < 5 && i < sizeof(spec_words) / sizeof(*spec_words); i++)
		if (strcmp(spec_words[i].option, option) == 0 && spec_words[i].word[v])
			return spec_words[i].word[v];
	return show_num(v, buf);
}

/* old, new NULL: not to be shown. */
static unsigned
item_add(struct diff *d, unsigned change, const char *option, const char *old,
    const char *new)
{
	struct plan_item *more;

	if (d->n == d->room) {
		d->room = d->room ? d->room * 2 : 4;
		more = ARENA_ARRAY(d->arena, struct plan_item, d->room);
		if (d->n)
			memcpy(more, d->item, d->n * sizeof(*more));
		d->item = more;
	}
	d->item[d->n++] = (struct plan_item){
		.channel = d->channel,
		.option = option,
		.old = old ? arena_strdup(d->arena, old) : NULL,
		.new = new ? arena_strdup(d->arena, new) : NULL,
		.change = change,
	};
	return change;
}

#define OTHER_ENUM(name, class, words, where) OTHER_##name,
#define OTHER_ROW(name, class, words, where)  { words, class },

enum other { OTHER_CHANGES(OTHER_ENUM) };

static const struct {
	const char *words;
	unsigned change;
} others[] = { OTHER_CHANGES(OTHER_ROW) };

static unsigned
other_add(struct diff *d, enum other what, const char *old, const char *new)
{
	return item_add(d, others[what].change, others[what].words, old, new);
}

/* A password is not for the log. */
#define DIFF_ROW(field, type, dflt, lo, hi, class, words, effect)                        \
	if (DIFF_##type(a->field, b->field)) {                                           \
		if (strcmp(words, "password") == 0)                                      \
			change |= item_add(d, class, words, NULL, NULL);                 \
		else                                                                     \
			change |= item_add(d, class, words, SHOW_##type(words, a->field),\
			    SHOW_##type(words, b->field));                               \
	}

static bool
patterns_same(
    const struct iface_pattern *a, unsigned n, const struct iface_pattern *b, unsigned m)
{
	bool same = n == m;

	for (unsigned i = 0; same && i < n; i++)
		same = text_equal(a[i].name, b[i].name) &&
		       net_equal(&a[i].net, &b[i].net) && a[i].not == b[i].not;
	return same;
}

static bool
keys_same(const struct bfd_keys *a, const struct bfd_keys *b)
{
	return a == b ||
	       (a && b && a->n == b->n &&
		   memcmp(a->key, b->key, a->n * sizeof(a->key[0])) == 0);
}

bool
bfd_options_same(const struct bfd_options *a, const struct bfd_options *b)
{
	static const struct bfd_options none;

	a = a ? a : &none;
	b = b ? b : &none;
	return a->min_rx_us == b->min_rx_us && a->min_tx_us == b->min_tx_us &&
	       a->idle_tx_us == b->idle_tx_us && a->multiplier == b->multiplier &&
	       a->passive == b->passive && a->has_passive == b->has_passive &&
	       a->auth == b->auth && keys_same(a->keys, b->keys);
}

static unsigned
bgp_diff(struct diff *d, const struct bgp_conf *a, const struct bgp_conf *b)
{
	unsigned change = 0;

	BGP_OPTIONS(DIFF_ROW)
	if (!bfd_options_same(a->bfd_options, b->bfd_options))
		change |= other_add(d, OTHER_BFD_OPTIONS, NULL, NULL);
	if (!a->keys != !b->keys)
		change |= other_add(d, OTHER_AUTHENTICATION, NULL, NULL);
	else if (!ao_keys_same(a->keys, b->keys))
		change |= other_add(d, OTHER_KEYS, NULL, NULL);
	if (!patterns_same(a->iface, a->iface_n, b->iface, b->iface_n))
		change |= other_add(d, OTHER_IFACE_RANGE, NULL, NULL);
	return change;
}

static unsigned
kernel_diff(struct diff *d, const struct kernel_conf *a, const struct kernel_conf *b)
{
	unsigned change = 0;

	KERNEL_OPTIONS(DIFF_ROW)
	return change;
}

static bool
bfd_ifaces_same(const struct bfd_conf_proto *a, const struct bfd_conf_proto *b)
{
	bool same = a->iface_n == b->iface_n;

	for (unsigned i = 0; same && i < a->iface_n; i++)
		same = patterns_same(a->iface[i].pattern, a->iface[i].pattern_n,
			   b->iface[i].pattern, b->iface[i].pattern_n) &&
		       bfd_options_same(&a->iface[i].options, &b->iface[i].options);
	return same;
}

static bool
bfd_neighbors_same(const struct bfd_conf_proto *a, const struct bfd_conf_proto *b)
{
	bool same = a->neighbor_n == b->neighbor_n;

	for (unsigned i = 0; same && i < a->neighbor_n; i++) {
		const struct bfd_neighbor_conf *x = &a->neighbor[i], *y = &b->neighbor[i];

		same = ip_equal(&x->ip, &y->ip) && ip_equal(&x->local, &y->local) &&
		       text_equal(x->interface, y->interface) &&
		       x->multihop == y->multihop;
	}
	return same;
}

static unsigned
bfd_diff(struct diff *d, const struct bfd_conf_proto *a, const struct bfd_conf_proto *b)
{
	unsigned change = 0;

	BFD_OPTIONS(DIFF_ROW)
	if (!bfd_ifaces_same(a, b))
		change |= other_add(d, OTHER_BFD_INTERFACE, NULL, NULL);
	if (!bfd_options_same(&a->multihop, &b->multihop))
		change |= other_add(d, OTHER_BFD_MULTIHOP, NULL, NULL);
	if (!bfd_neighbors_same(a, b))
		change |= other_add(d, OTHER_BFD_NEIGHBOR, NULL, NULL);
	return change;
}

static unsigned
direct_diff(struct diff *d, const struct direct_conf *a, const struct direct_conf *b)
{
	unsigned change = 0;

	if (a->check_link != b->check_link)
		change |= item_add(d, CHANGE_LIVE, "check link",
		    SHOW_BOOL(, a->check_link), SHOW_BOOL(, b->check_link));
	if (!patterns_same(a->pattern, a->pattern_n, b->pattern, b->pattern_n))
		change |= item_add(d, CHANGE_LIVE, "interface", NULL, NULL);
	return change;
}

/* Whose channels can go over to another table while they are up. */
static bool
can_move(enum proto_kind kind)
{
	return kind == PROTO_BGP || kind == PROTO_STATIC || kind == PROTO_DIRECT ||
	       kind == PROTO_KERNEL || kind == PROTO_PIPE;
}

static unsigned
peer_table_diff(struct diff *d, const struct table_conf *a, const struct table_conf *b,
    enum proto_kind kind)
{
	bool moves;

	if (!a || !b || strcmp(a->name, b->name) == 0)
		return 0;
	moves = can_move(kind) && a->type == b->type;
	return item_add(
	    d, moves ? CHANGE_MOVE : CHANGE_RESTART, "peer table", a->name, b->name);
}

/* The filters have no names. */
static unsigned
aggregator_diff(
    struct diff *d, const struct aggregator_conf *a, const struct aggregator_conf *b)
{
	char old[8], new[8];
	unsigned change = 0;

	if (!filter_same(a->key, b->key))
		change |= item_add(d, CHANGE_LIVE, "aggregate on", NULL, NULL);
	if (!filter_same(a->merge, b->merge))
		change |= item_add(d, CHANGE_LIVE, "merge by", NULL, NULL);
	snprintf(old, sizeof(old), "%u", a->preference);
	snprintf(new, sizeof(new), "%u", b->preference);
	if (a->preference != b->preference)
		change |= item_add(d, CHANGE_LIVE, "preference", old, new);
	return change;
}

static unsigned
l3vpn_diff(struct diff *d, const struct l3vpn_conf *a, const struct l3vpn_conf *b)
{
	static const char *const policies[] = { "none", "static", "prefix", "aggregate",
		"vrf" };
	char old[RD_TEXT_MAX], new[RD_TEXT_MAX];
	unsigned change = 0;

	if (a->rd != b->rd)
		change |= item_add(d, CHANGE_RESTART, "route distinguisher",
		    rd_format(a->rd, old), rd_format(b->rd, new));
	if (!filter_same(a->import_target, b->import_target))
		change |= item_add(d, CHANGE_LIVE, "import target", NULL, NULL);
	if (a->export_n != b->export_n ||
	    (a->export_n && memcmp(a->export_target, b->export_target,
				a->export_n * sizeof(uint64_t)) != 0))
		change |= item_add(d, CHANGE_LIVE, "export target", NULL, NULL);
	if (a->label_policy != b->label_policy)
		change |= item_add(d, CHANGE_RESTART, "label policy",
		    policies[a->label_policy], policies[b->label_policy]);
	if (!text_equal(a->label_domain, b->label_domain))
		change |= item_add(
		    d, CHANGE_RESTART, "domain", a->label_domain, b->label_domain);
	if (a->label_start != b->label_start || a->label_n != b->label_n) {
		snprintf(old, sizeof(old), "%u+%u", a->label_start, a->label_n);
		snprintf(new, sizeof(new), "%u+%u", b->label_start, b->label_n);
		change |= item_add(d, CHANGE_RESTART, "label range", old, new);
	}
	return change;
}

static unsigned
mrt_diff(struct diff *d, const struct mrt_conf *a, const struct mrt_conf *b)
{
	unsigned change = 0;

	if (!text_equal(a->table, b->table))
		change |= item_add(d, CHANGE_LIVE, "table", a->table, b->table);
	if (!text_equal(a->file, b->file))
		change |= item_add(d, CHANGE_LIVE, "filename", a->file, b->file);
	if (!filter_same(a->filter, b->filter))
		change |= item_add(d, CHANGE_LIVE, "filter", NULL, NULL);
	if (a->period_s != b->period_s)
		change |= item_add(d, CHANGE_LIVE, "period",
		    show_num(a->period_s, (char[16]){ 0 }),
		    show_num(b->period_s, (char[16]){ 0 }));
	if (a->always_add_path != b->always_add_path)
		change |= item_add(d, CHANGE_LIVE, "always add path",
		    SHOW_BOOL(, a->always_add_path), SHOW_BOOL(, b->always_add_path));
	return change;
}

static unsigned
bmp_diff(struct diff *d, const struct bmp_conf *a, const struct bmp_conf *b)
{
	unsigned change = 0;

	if (!ip_equal(&a->station, &b->station))
		change |= item_add(d, CHANGE_RESTART, "station address",
		    SHOW_IPADDR(, a->station), SHOW_IPADDR(, b->station));
	if (a->port != b->port)
		change |= item_add(d, CHANGE_RESTART, "station port", SHOW_NUM(, a->port),
		    SHOW_NUM(, b->port));
	if (!ip_equal(&a->local, &b->local))
		change |= item_add(d, CHANGE_RESTART, "local address",
		    SHOW_IPADDR(, a->local), SHOW_IPADDR(, b->local));
	if (!text_equal(a->description, b->description))
		change |= item_add(d, CHANGE_RESTART, "system description",
		    a->description, b->description);
	if (!text_equal(a->name, b->name))
		change |= item_add(d, CHANGE_RESTART, "system name", a->name, b->name);
	if (a->pre_policy != b->pre_policy)
		change |= item_add(d, CHANGE_RESTART, "monitoring rib in pre_policy",
		    SHOW_BOOL(, a->pre_policy), SHOW_BOOL(, b->pre_policy));
	if (a->post_policy != b->post_policy)
		change |= item_add(d, CHANGE_RESTART, "monitoring rib in post_policy",
		    SHOW_BOOL(, a->post_policy), SHOW_BOOL(, b->post_policy));
	if (a->tx_limit_mb != b->tx_limit_mb)
		change |= item_add(d, CHANGE_LIVE, "tx buffer limit",
		    SHOW_NUM(, a->tx_limit_mb), SHOW_NUM(, b->tx_limit_mb));
	return change;
}

static unsigned
options_diff(struct diff *d, const struct proto_conf *a, const struct proto_conf *b)
{
	unsigned change = 0;

	PROTO_OPTIONS(DIFF_ROW)
	if (a->debug != b->debug)
		change |= other_add(d, OTHER_DEBUG, NULL, NULL);
	if (a->mrtdump != b->mrtdump)
		change |= other_add(d, OTHER_MRTDUMP, NULL, NULL);
	return change;
}

static unsigned
filters_diff(struct diff *d, const struct channel_conf *a, const struct channel_conf *b)
{
	unsigned change = 0;

	if (!filter_same(a->import, b->import))
		change |= other_add(
		    d, OTHER_IMPORT, filter_name(a->import), filter_name(b->import));
	if (!filter_same(a->export, b->export))
		change |= other_add(
		    d, OTHER_EXPORT, filter_name(a->export), filter_name(b->export));
	return change;
}

static bool
table_same(const struct table_conf *a, const struct table_conf *b)
{
	return a && b ? strcmp(a->name, b->name) == 0 : a == b;
}

static unsigned
table_diff(struct diff *d, const struct table_conf *a, const struct table_conf *b,
    enum proto_kind kind)
{
	if (strcmp(a->name, b->name) == 0 && a->type == b->type)
		return 0;
	if (can_move(kind) && a->type == b->type)
		return other_add(d, OTHER_TABLE, a->name, b->name);
	return item_add(d, CHANGE_RESTART, "table", a->name, b->name);
}

static unsigned
channel_diff(struct diff *d, const struct channel_conf *a, const struct channel_conf *b,
    enum proto_kind kind)
{
	unsigned change = filters_diff(d, a, b);

	CHANNEL_OPTIONS(DIFF_ROW)
	if (!table_same(a->igp4, b->igp4) || !table_same(a->igp6, b->igp6))
		change |= other_add(d, OTHER_IGP_TABLE, NULL, NULL);
	if (a->base && b->base && !table_same(a->base, b->base))
		change |= other_add(d, OTHER_BASE_TABLE, a->base->name, b->base->name);
	return change | table_diff(d, a->table, b->table, kind);
}

/* A family is agreed on in OPEN; one that comes can wait for the next. */
static unsigned
channel_came_or_went(struct diff *d, const struct proto_conf *p, bool came)
{
	if (came && p->kind == PROTO_BGP)
		return other_add(d, OTHER_CHANNEL_ADDED, NULL, NULL);
	if (came)
		return item_add(d, CHANGE_RESTART, "channel added", NULL, NULL);
	return other_add(d, OTHER_CHANNEL_REMOVED, NULL, NULL);
}

static unsigned
channels_diff(struct diff *d, struct step *step)
{
	const struct channel_conf *a, *b;
	unsigned change = 0;

	for (unsigned f = 0; f < FAMILIES; f++) {
		a = proto_channel(step->old, (enum family)f);
		b = proto_channel(step->new, (enum family)f);
		if (!a && !b)
			continue;
		d->channel = family_info((enum family)f)->words;
		if (a && b)
			step->channel_change[f] =
			    channel_diff(d, a, b, step->new->kind);
		else
			step->channel_change[f] = channel_came_or_went(d, step->new, b);
		change |= step->channel_change[f];
	}
	d->channel = NULL;
	return change;
}

static bool
hops_same(const struct static_to *a, const struct static_to *b)
{
	bool same = a->hop_n == b->hop_n;

	for (unsigned i = 0; same && i < a->hop_n; i++)
		same = hops_order(&a->hop[i].hop, &b->hop[i].hop) == 0 &&
		       a->hop[i].hop.onlink == b->hop[i].hop.onlink &&
		       a->hop[i].bfd == b->hop[i].bfd;
	return same;
}

bool
static_route_same(const struct static_route *x, const struct static_route *y)
{
	const struct static_to *a = x->to, *b = y->to;
	bool bodies = a->body && b->body ? filter_same(a->body, b->body)
					 : a->body == b->body;

	return a == b ||
	       (a->dest == b->dest && hops_same(a, b) && a->recursive == b->recursive &&
	       bodies && a->provider_n == b->provider_n &&
	       (!a->provider_n || memcmp(a->providers, b->providers,
				      a->provider_n * sizeof(*a->providers)) == 0));
}

static unsigned
static_diff(struct diff *d, const struct static_conf *a, const struct static_conf *b)
{
	unsigned change = 0;

	if (a->check_link != b->check_link)
		change |= item_add(d, CHANGE_LIVE, "check link",
		    SHOW_BOOL(, a->check_link), SHOW_BOOL(, b->check_link));
	if (!table_same(a->igp4, b->igp4) || !table_same(a->igp6, b->igp6))
		change |= item_add(d, CHANGE_LIVE, "igp table", NULL, NULL);
	return change;
}

/* Other lengths and other versions ask for all records again. */
static unsigned
rpki_diff(struct diff *d, const struct rpki_conf *a, const struct rpki_conf *b)
{
	unsigned change = 0;

	if (!text_equal(a->host, b->host))
		change |= item_add(d, CHANGE_RESTART, "remote", a->host, b->host);
	if (a->port != b->port)
		change |= item_add(d, CHANGE_RESTART, "port", SHOW_NUM(, a->port),
		    SHOW_NUM(, b->port));
	if (!ip_equal(&a->local, &b->local))
		change |= item_add(d, CHANGE_RESTART, "local address",
		    SHOW_IPADDR(, a->local), SHOW_IPADDR(, b->local));
	if (a->ssh != b->ssh || !text_equal(a->password, b->password))
		change |= item_add(d, CHANGE_RESTART, "transport", NULL, NULL);
	if (a->min_version != b->min_version || a->max_version != b->max_version)
		change |= item_add(d, CHANGE_REIMPORT, "version", NULL, NULL);
	if (a->ignore_max_length != b->ignore_max_length)
		change |= item_add(d, CHANGE_REIMPORT, "ignore max length",
		    SHOW_BOOL(, a->ignore_max_length), SHOW_BOOL(, b->ignore_max_length));
	if (a->refresh_s != b->refresh_s || a->keep_refresh != b->keep_refresh)
		change |= item_add(d, CHANGE_LIVE, "refresh", SHOW_NUM(, a->refresh_s),
		    SHOW_NUM(, b->refresh_s));
	if (a->retry_s != b->retry_s || a->keep_retry != b->keep_retry)
		change |= item_add(d, CHANGE_LIVE, "retry", SHOW_NUM(, a->retry_s),
		    SHOW_NUM(, b->retry_s));
	if (a->expire_s != b->expire_s || a->keep_expire != b->keep_expire)
		change |= item_add(d, CHANGE_LIVE, "expire", SHOW_NUM(, a->expire_s),
		    SHOW_NUM(, b->expire_s));
	return change;
}

static unsigned
routes_diff(struct diff *d, const struct proto_conf *a, const struct proto_conf *b)
{
	unsigned i;

	for (i = 0; i < a->route_n && i < b->route_n; i++)
		if (!net_equal(&a->route[i].net, &b->route[i].net) ||
		    !static_route_same(&a->route[i], &b->route[i]))
			break;
	if (i == a->route_n && i == b->route_n)
		return 0;
	return other_add(
	    d, OTHER_ROUTES, SHOW_NUM(, a->route_n), SHOW_NUM(, b->route_n));
}

/*
 * The router id, and the host name a session announces, are the model's.
 */
static unsigned
global_diff(struct diff *d, const struct model *a, const struct model *b,
    const struct proto_conf *p)
{
	unsigned change = 0;

	if (p->kind != PROTO_BGP)
		return 0;
	if (!p->router_id && model_router_id(a) != model_router_id(b))
		change |= other_add(d, OTHER_ROUTER_ID, SHOW_ID(, model_router_id(a)),
		    SHOW_ID(, model_router_id(b)));
	if (p->bgp.advertise_hostname && !text_equal(a->hostname, b->hostname))
		change |= other_add(d, OTHER_HOSTNAME, SHOW_TEXT(, a->hostname),
		    SHOW_TEXT(, b->hostname));
	return change;
}

/* All items in one line, for the log. */
static const char *
reason(struct arena *arena, const struct diff *d)
{
	char text[REASON_MAX] = "";
	size_t len = 0;

	for (unsigned i = 0; i < d->n && len < sizeof(text) - 1; i++) {
		const struct plan_item *it = &d->item[i];
		int n;

		if (it->old)
			n = snprintf(text + len, sizeof(text) - len, "%s%s %s -> %s",
			    i ? ", " : "", it->option, it->old, it->new);
		else
			n = snprintf(text + len, sizeof(text) - len, "%s%s",
			    i ? ", " : "", it->option);
		len += n > 0 ? (size_t)n : 0;
	}
	return arena_strdup(arena, text);
}

void
step_diff(const struct plan *plan, struct step *step)
{
	struct diff d = { .arena = plan->arena };
	const struct proto_conf *a = step->old, *b = step->new;
	unsigned channels = 0;

	if (strcmp(a->name, b->name) != 0)
		step->change |= other_add(&d, OTHER_NAME, a->name, b->name);
	if (a->kind != b->kind || strcmp(a->kind_name, b->kind_name) != 0) {
		step->change |= other_add(&d, OTHER_TYPE, a->kind_name, b->kind_name);
	} else {
		step->change |= options_diff(&d, a, b);
		channels = channels_diff(&d, step);
		step->change |= routes_diff(&d, a, b);
		step->change |= global_diff(&d, plan->old, plan->new, b);
		if (b->kind == PROTO_BGP)
			step->change |= bgp_diff(&d, &a->bgp, &b->bgp);
		if (b->kind == PROTO_RPKI)
			step->change |= rpki_diff(&d, &a->rpki, &b->rpki);
		if (b->kind == PROTO_KERNEL)
			step->change |= kernel_diff(&d, &a->kernel, &b->kernel);
		if (b->kind == PROTO_DIRECT)
			step->change |= direct_diff(&d, &a->direct, &b->direct);
		if (b->kind == PROTO_BFD)
			step->change |= bfd_diff(&d, &a->bfd, &b->bfd);
		if (b->kind == PROTO_STATIC)
			step->change |= static_diff(&d, &a->statics, &b->statics);
		if (b->kind == PROTO_AGGREGATOR)
			step->change |= aggregator_diff(
			    &d, &a->aggregator, &b->aggregator);
		if (b->kind == PROTO_L3VPN)
			step->change |= l3vpn_diff(&d, &a->l3vpn, &b->l3vpn);
		if (b->kind == PROTO_MRT)
			step->change |= mrt_diff(&d, &a->mrt, &b->mrt);
		if (b->kind == PROTO_BMP)
			step->change |= bmp_diff(&d, &a->bmp, &b->bmp);
		step->change |= peer_table_diff(
		    &d, a->peer_table, b->peer_table, b->kind);
		if (a->generation_max != b->generation_max)
			step->change |= item_add(
			    &d, CHANGE_REEXPORT, "max generation", NULL, NULL);
	}
	step->proto_change = step->change;
	step->change |= channels;
	step->item_n = d.n;
	step->item = d.item;
	step->reason = reason(plan->arena, &d);
}
