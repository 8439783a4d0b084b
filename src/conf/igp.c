/*
 * Protocols that a route reflector does not run: ospf, rip, babel and radv.  They are
 * read with all their options, so that a wrong file is refused where BIRD refuses it.
 */
#include <string.h>

#include "conf/check.h"

/* The block of an interface, an area, a prefix: captured last, or left out.  `min` is the
 * number of its capture, `kind` the table of what it may hold. */
enum {
	IN_OSPF_IFACE,
	IN_OSPF_LINK,
	IN_AREA,
	IN_STUBNET,
	IN_NETWORKS,
	IN_NEIGHBORS,
	IN_RIP,
	IN_BABEL
};

/* Of the area being read, in the protocol's flags. */
enum { AREA_SEEN = 1, AREA_BACKBONE = 2 };

static const struct rule ospf_iface_rules[], link_rules[], area_rules[], stubnet_rules[],
    networks_rules[], neighbors_rules[], rip_iface_rules[], babel_iface_rules[];

static void
inner(struct check *check, const struct rule *rule, const struct match *m)
{
	static const struct rule *const tables[] = {
		[IN_OSPF_IFACE] = ospf_iface_rules,
		[IN_OSPF_LINK] = link_rules,
		[IN_AREA] = area_rules,
		[IN_STUBNET] = stubnet_rules,
		[IN_NETWORKS] = networks_rules,
		[IN_NEIGHBORS] = neighbors_rules,
		[IN_RIP] = rip_iface_rules,
		[IN_BABEL] = babel_iface_rules,
	};
	const struct arg *block = m->cap[rule->min].arg;
	struct proto_build *p = m->to;
	uint32_t num = 0;

	if (rule->kind == IN_AREA && cap_id(check, &m->cap[0], &num))
		p->flags = AREA_SEEN | (num ? 0 : AREA_BACKBONE);
	if (rule->kind == IN_OSPF_LINK && p->flags & AREA_BACKBONE)
		check_error(check, &m->stmt->at, "Virtual link cannot be in backbone");
	if (rule->kind <= IN_OSPF_LINK && rule->min == 2 && m->cap[1].arg)
		cap_range(check, &m->cap[1], "instance ID", 0, 255, &num);
	if (block)
		words_block(check, block->block,
		    (const struct rule *const[]){
			tables[rule->kind], password_rules, NULL },
		    m->to);
}

#define RANGE(p, lo, hi, what)                                                           \
	{                                                                                \
		.pattern = p, .min = lo, .max = hi, .words = what                        \
	}
#define BLOCK_ROW(p, table, capture)                                                     \
	{                                                                                \
		.pattern = p, .fn = inner, .kind = table, .min = capture                 \
	}
#define PACKET_ROWS                                                                      \
	{ .pattern = "rx buffer normal|large" },                                         \
	RANGE("rx buffer NUM", 256, 65535, "rx buffer"),                                 \
	RANGE("tx length NUM", 256, 65535, "tx length"),                                 \
	{ .pattern = "tx class|dscp NUM", .kind = 1, .max = 255, .words = "tx class" },  \
	{ .pattern = "tx priority NUM" }, { .pattern = "check link BOOL" }

/*
 * ospf
 */
static const struct rule neighbors_rules[] = {
	{ .pattern = "IP [eligible BOOL]" },
	{ 0 },
};

#define OSPF_LINK_ROWS                                                                   \
	RANGE("hello NUM", 1, 65535, "hello interval"),                                  \
	    RANGE("retransmit NUM", 2, 0xffffffff, "retransmit interval"),               \
	    RANGE("transmit delay NUM", 1, 65535, "transmit delay"),                     \
	    RANGE("wait NUM", 2, 0xffffffff, "wait interval"),                           \
	    RANGE("dead count NUM", 2, 0xffffffff, "dead count"),                        \
	    RANGE("dead NUM", 2, 0xffffffff, "dead interval"),                           \
	    { .pattern = "authentication none|simple|cryptographic" }

static const struct rule link_rules[] = {
	OSPF_LINK_ROWS,
	{ 0 },
};

static const struct rule ospf_iface_rules[] = {
	OSPF_LINK_ROWS,
	RANGE("cost NUM", 1, 65535, "cost"),
	RANGE("poll NUM", 1, 0xffffffff, "poll interval"),
	RANGE("priority NUM", 0, 255, "priority"),
	{ .pattern =
		"type broadcast|bcast|nonbroadcast|nbma|pointopoint|pointtopoint|ptp|"
		"pointomultipoint|pointtomultipoint|ptmp" },
	{ .pattern = "strict nonbroadcast BOOL" },
	{ .pattern = "real broadcast BOOL" },
	{ .pattern = "ptp netmask|address BOOL" },
	{ .pattern = "secondary BOOL" },
	{ .pattern = "stub BOOL" },
	{ .pattern = "link lsa suppression BOOL" },
	{ .pattern = "ecmp weight NUM", .min = 1, .max = 256, .words = "ecmp weight" },
	{ .pattern = "ttl security tx only" },
	{ .pattern = "ttl security BOOL" },
	{ .pattern = "bfd BOOL" },
	BLOCK_ROW("neighbors BLOCK", IN_NEIGHBORS, 0),
	PACKET_ROWS,
	{ 0 },
};

static const struct rule networks_rules[] = {
	{ .pattern = "NET [hidden]" },
	{ .pattern = "NET tag NUM [hidden]" },
	{ .pattern = "NET hidden tag NUM" },
	{ 0 },
};

static const struct rule stubnet_rules[] = {
	{ .pattern = "hidden BOOL" },
	{ .pattern = "summary BOOL" },
	{ .pattern = "cost NUM" },
	{ 0 },
};

static const struct rule area_rules[] = {
	RANGE("stub cost NUM", 1, 16777214, "default cost"),
	{ .pattern = "stub BOOL" },
	{ .pattern = "nssa BOOL" },
	{ .pattern = "summary BOOL" },
	{ .pattern = "default nssa BOOL" },
	{ .pattern = "default cost|cost2 NUM",
	    .kind = 1,
	    .min = 1,
	    .max = 16777214,
	    .words = "default cost" },
	{ .pattern = "translator stability NUM" },
	{ .pattern = "translator BOOL" },
	BLOCK_ROW("networks|external BLOCK", IN_NETWORKS, 1),
	BLOCK_ROW("stubnet NET [BLOCK]", IN_STUBNET, 1),
	BLOCK_ROW("interface IFACES [BLOCK]", IN_OSPF_IFACE, 1),
	BLOCK_ROW("interface IFACES instance NUM [BLOCK]", IN_OSPF_IFACE, 2),
	BLOCK_ROW("virtual link ID [BLOCK]", IN_OSPF_LINK, 1),
	BLOCK_ROW("virtual link ID instance NUM [BLOCK]", IN_OSPF_LINK, 2),
	{ 0 },
};

const struct rule ospf_rules[] = {
	{ .pattern = "rfc1583compat BOOL" },
	{ .pattern = "rfc5838 BOOL" },
	{ .pattern = "vpn pe BOOL" },
	{ .pattern = "stub router BOOL" },
	{ .pattern = "graceful restart aware" },
	{ .pattern = "graceful restart time NUM" },
	{ .pattern = "graceful restart BOOL" },
	{ .pattern = "ecmp BOOL limit NUM" },
	{ .pattern = "ecmp BOOL" },
	{ .pattern = "merge external BOOL" },
	RANGE("tick NUM", 1, 0xffffffff, "tick"),
	{ .pattern = "instance id NUM", .max = 255, .words = "instance ID" },
	BLOCK_ROW("area ID BLOCK", IN_AREA, 1),
	{ .pattern = "ipv4|ipv6 multicast [BLOCK]" },
	{ 0 },
};

void
ospf_finish(struct check *check, struct proto_build *p)
{
	if (!p->flags)
		check_error(check, &p->end, "No configured areas in OSPF");
}

/*
 * rip
 */
static const struct rule rip_iface_rules[] = {
	RANGE("metric NUM", 1, 255, "cost"),
	{ .pattern = "mode multicast|broadcast" },
	{ .pattern = "passive BOOL" },
	{ .pattern = "address IP" },
	RANGE("port NUM", 1, 65535, "port"),
	RANGE("version NUM", 1, 2, "version"),
	{ .pattern = "version only BOOL" },
	{ .pattern = "split horizon BOOL" },
	{ .pattern = "poison reverse BOOL" },
	{ .pattern = "check zero BOOL" },
	{ .pattern = "demand circuit BOOL" },
	RANGE("update time NUM", 1, 0xffffffff, "update time"),
	RANGE("timeout time NUM", 1, 0xffffffff, "timeout time"),
	RANGE("garbage time NUM", 1, 0xffffffff, "garbage time"),
	{ .pattern = "retransmit time TIME" },
	{ .pattern = "ecmp weight NUM", .min = 1, .max = 256, .words = "ecmp weight" },
	{ .pattern = "authentication none|plaintext|cryptographic|md5" },
	{ .pattern = "ttl security tx only" },
	{ .pattern = "ttl security BOOL" },
	{ .pattern = "bfd BOOL" },
	PACKET_ROWS,
	{ 0 },
};

const struct rule rip_rules[] = {
	{ .pattern = "ecmp BOOL limit NUM" },
	{ .pattern = "ecmp BOOL" },
	{ .pattern = "infinity NUM" },
	BLOCK_ROW("interface IFACES [BLOCK]", IN_RIP, 1),
	{ 0 },
};

/*
 * babel
 */
static void
babel_interval(struct check *check, const struct rule *rule, const struct match *m)
{
	uint64_t us = 0;

	(void)rule;
	if (cap_time(check, &m->cap[1], &us) && (us < 10000 || us > 655000000))
		check_error(check, &m->cap[1].arg->at,
		    "%s interval must be in range 10 ms - 655 s",
		    m->cap[0].num ? "Update" : "Hello");
}

static const struct rule babel_iface_rules[] = {
	RANGE("port NUM", 1, 65535, "port"),
	RANGE("rxcost NUM", 1, 65535, "rxcost"),
	RANGE("limit NUM", 1, 16, "limit"),
	{ .pattern = "hello|update interval TIME", .fn = babel_interval },
	{ .pattern = "hello|update interval NUM" },
	{ .pattern = "type wired|wireless|tunnel" },
	{ .pattern = "next hop ipv4|ipv6 IP" },
	{ .pattern = "next hop prefer native|ipv6" },
	{ .pattern = "extended next hop BOOL" },
	{ .pattern = "rtt cost NUM", .max = 65535, .words = "rtt cost" },
	{ .pattern = "rtt min|max TIME" },
	RANGE("rtt decay NUM", 1, 256, "rtt decay"),
	{ .pattern = "send timestamps BOOL" },
	{ .pattern = "authentication none" },
	{ .pattern = "authentication mac [permissive]" },
	PACKET_ROWS,
	{ 0 },
};

const struct rule babel_rules[] = {
	{ .pattern = "randomize router id BOOL" },
	BLOCK_ROW("interface IFACES [BLOCK]", IN_BABEL, 1),
	{ 0 },
};

/*
 * radv.  Intervals and lifetimes hold only together, so that a block is looked at when all
 * of it is known; what it does not say is as BIRD has it.
 */
struct radv_num {
	uint32_t num;
	const struct place *at; /* NULL: not said */
	bool sensitive;
};

enum { RADV_MAX, RADV_MIN, RADV_DEFAULT, RADV_ROUTE, RADV_NUMS };
enum { PREFIX_VALID, PREFIX_PREFERRED, PREFIX_NUMS };

#define SENSITIVE	 1 /* `min` of a rule with that word and no range */
#define DOMAIN_LABEL_MAX 63
#define DOMAIN_MAX	 254 /* as it is sent: a length before each label */

/* A number that `m->to` has a place for: `kind`, or one that the first word tells. */
static void
radv_num(struct check *check, const struct rule *rule, const struct match *m)
{
	bool word = rule->max == 0;
	const struct capture *cap = &m->cap[word];
	struct radv_num *to = m->to, *n = &to[rule->kind + (word ? m->cap[0].num : 0)];

	n->at = &cap->arg->at;
	if (word && rule->min == SENSITIVE)
		cap_bool(check, &m->cap[2], &n->sensitive);
	if (word)
		cap_num(check, cap, &n->num);
	else
		cap_range(check, cap, rule->words, rule->min, rule->max, &n->num);
}

static void
radv_domain(struct check *check, const struct rule *rule, const struct match *m)
{
	const char *text = NULL;
	size_t len, all = 0;

	(void)rule;
	if (!cap_text(check, &m->cap[0], &text))
		return;
	do {
		len = strcspn(text, ".");
		if (len < 1 || len > DOMAIN_LABEL_MAX)
			break;
		all += len + 1;
	} while (text[len] && (text += len + 1));
	if (len < 1 || len > DOMAIN_LABEL_MAX || all > DOMAIN_MAX)
		check_error(check, &m->cap[0].arg->at, "Invalid domain name");
}

static void
radv_net(struct check *check, const struct rule *rule, const struct match *m)
{
	struct net net;

	(void)rule;
	if (cap_net(check, &m->cap[0], &net) && net.type != NET_IP6)
		check_error(check, &m->cap[0].arg->at, "IPv6 prefix expected");
}

static const struct rule rdnss_rules[] = {
	{ .pattern = "ns IP" },
	{ .pattern = "lifetime mult NUM" },
	{ .pattern = "lifetime NUM" },
	{ 0 },
};

static const struct rule dnssl_rules[] = {
	{ .pattern = "domain TEXT", .fn = radv_domain },
	{ .pattern = "lifetime mult NUM" },
	{ .pattern = "lifetime NUM" },
	{ 0 },
};

static const struct rule prefix_rules[] = {
	{ .pattern = "skip|onlink|autonomous BOOL" },
	{ .pattern = "pd preferred BOOL" },
	{ .pattern = "valid|preferred lifetime NUM", .fn = radv_num },
	{ .pattern = "valid|preferred lifetime NUM sensitive BOOL",
	    .fn = radv_num,
	    .min = SENSITIVE },
	{ 0 },
};

static void
radv_list(struct check *check, const struct rule *rule, const struct match *m)
{
	words_block(check, m->cap[0].arg->block,
	    (const struct rule *const[]){ rule->kind ? dnssl_rules : rdnss_rules, NULL },
	    m->to);
}

static void
radv_prefix(struct check *check, const struct rule *rule, const struct match *m)
{
	struct radv_num num[PREFIX_NUMS] = { { .num = 86400 }, { .num = 14400 } };
	const struct place *at;

	radv_net(check, rule, m);
	if (!m->cap[1].arg)
		return;
	words_block(check, m->cap[1].arg->block,
	    (const struct rule *const[]){ prefix_rules, NULL }, num);
	at = num[PREFIX_PREFERRED].at ? num[PREFIX_PREFERRED].at : num[PREFIX_VALID].at;
	if (num[PREFIX_PREFERRED].num > num[PREFIX_VALID].num)
		check_error(
		    check, at, "Preferred lifetime must be at most Valid lifetime");
	if (num[PREFIX_VALID].sensitive && !num[PREFIX_PREFERRED].sensitive)
		check_error(check, num[PREFIX_VALID].at,
		    "Valid lifetime sensitive requires that Preferred lifetime is "
		    "sensitive too");
}

#define RADV_SHARED_ROWS                                                                 \
	{ .pattern = "prefix NET [BLOCK]", .fn = radv_prefix },                          \
	    { .pattern = "rdnss IP" }, { .pattern = "rdnss BLOCK", .fn = radv_list },    \
	    { .pattern = "dnssl TEXT", .fn = radv_domain },                              \
	    { .pattern = "dnssl BLOCK", .fn = radv_list, .kind = 1 },                    \
	    { .pattern = "custom option type NUM value RD" },                            \
	    { .pattern = "custom option type NUM value TEXT" },                          \
	    { .pattern = "pref64 NET [lifetime] [NUM]" }

static const struct rule radv_iface_rules[] = {
	RADV_SHARED_ROWS,
	{ .pattern = "max ra interval NUM",
	    .fn = radv_num,
	    .kind = RADV_MAX,
	    .min = 4,
	    .max = 1800,
	    .words = "max RA interval" },
	{ .pattern = "min ra interval NUM",
	    .fn = radv_num,
	    .kind = RADV_MIN,
	    .min = 3,
	    .max = 1350,
	    .words = "min RA interval" },
	RANGE("min delay NUM", 1, 0xffffffff, "min delay"),
	{ .pattern = "solicited ra unicast BOOL" },
	{ .pattern = "managed BOOL" },
	{ .pattern = "other config BOOL" },
	{ .pattern = "link mtu NUM" },
	{ .pattern = "reachable time NUM", .max = 3600000, .words = "reachable time" },
	{ .pattern = "retrans timer NUM" },
	{ .pattern = "current hop limit NUM", .max = 255, .words = "current hop limit" },
	{ .pattern = "default|route lifetime NUM [sensitive] [BOOL]",
	    .fn = radv_num,
	    .kind = RADV_DEFAULT },
	{ .pattern = "default|route preference low|medium|high" },
	{ .pattern = "prefix|route linger time NUM" },
	{ .pattern = "rdnss|dnssl local BOOL" },
	{ .pattern = "custom option local BOOL" },
	{ .pattern = "pref64 local BOOL" },
	{ 0 },
};

static void
radv_iface(struct check *check, const struct rule *rule, const struct match *m)
{
	struct radv_num num[RADV_NUMS] = { [RADV_MAX] = { .num = 600 } };
	uint32_t max;

	(void)rule;
	if (!m->cap[1].arg)
		return;
	words_block(check, m->cap[1].arg->block,
	    (const struct rule *const[]){ radv_iface_rules, NULL }, num);
	max = num[RADV_MAX].num;
	if (num[RADV_MIN].num > max / 4 * 3 + max % 4 * 3 / 4)
		check_error(check, num[RADV_MIN].at,
		    "Min RA interval must be at most 3/4 * Max RA interval");
	if (num[RADV_DEFAULT].num > 9000)
		check_error(check, num[RADV_DEFAULT].at,
		    "Default lifetime must be in range 0-9000");
	else if (num[RADV_DEFAULT].num && num[RADV_DEFAULT].num < max)
		check_error(check, num[RADV_DEFAULT].at,
		    "Default lifetime must be either 0 or at least Max RA interval");
	if (num[RADV_ROUTE].num && num[RADV_ROUTE].num < max)
		check_error(check, num[RADV_ROUTE].at,
		    "Route lifetime must be either 0 or at least Max RA interval");
}

const struct rule radv_rules[] = {
	RADV_SHARED_ROWS,
	{ .pattern = "propagate routes BOOL" },
	{ .pattern = "trigger NET", .fn = radv_net },
	{ .pattern = "interface IFACES [BLOCK]", .fn = radv_iface },
	{ 0 },
};
