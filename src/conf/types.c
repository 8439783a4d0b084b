/*
 * Protocol types other than bgp and static.  They are read with all their options, so
 * that a wrong file is refused, and have no effect yet.
 */
#include <string.h>

#include "conf/check.h"

/* What a protocol must have said: bits of proto_build.flags. */
enum { HAS_ADDRESS = 1, HAS_PORT = 2 };

/*
 * device
 */
static const struct rule device_iface_rules[] = {
	{ .pattern = "preferred IP" },
	{ 0 },
};

void
check_names_only(struct check *check, const struct match *m)
{
	unsigned i;

	for (i = m->begin; i < m->stmt->n; i++)
		if (m->stmt->arg[i]->kind == ARG_NET || m->stmt->arg[i]->kind == ARG_IP)
			check_error(check, &m->stmt->arg[i]->at,
			    "Interface name/mask expected, not IP prefix");
}

static void
device_iface(struct check *check, const struct rule *rule, const struct match *m)
{
	(void)rule;
	check_names_only(check, m);
	if (m->cap[1].arg)
		words_block(check, m->cap[1].arg->block,
		    (const struct rule *const[]){ device_iface_rules, NULL }, NULL);
}

static const struct rule device_rules[] = {
	{ .pattern = "scan time SEC" },
	{ .pattern = "interface IFACES [BLOCK]", .fn = device_iface },
	{ .pattern = "primary [TEXT] NET" },
	{ .pattern = "primary [TEXT] IP" },
	{ 0 },
};

/*
 * bmp
 */

/* min: the capture that is the port. */
static void
bmp_station(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	uint32_t port = 0;

	p->flags |= rule->kind;
	if ((rule->kind & HAS_PORT) && cap_num(check, &m->cap[rule->min], &port) &&
	    (port < 1 || port > 65535))
		check_error(check, &m->cap[rule->min].arg->at,
		    "Invalid BMP monitoring station port number");
}

static void
bmp_text(struct check *check, const struct rule *rule, const struct match *m)
{
	const char *text = NULL;

	(void)rule;
	if (!cap_text(check, &m->cap[1], &text))
		return;
	if (!*text)
		check_error(check, &m->cap[1].arg->at, "String is empty");
	else if (strlen(text) > 255)
		check_error(check, &m->cap[1].arg->at, "Invalid string length");
}

static const struct rule bmp_rules[] = {
	{ .pattern = "station address ip IP port NUM",
	    .fn = bmp_station,
	    .kind = HAS_ADDRESS | HAS_PORT,
	    .min = 1 },
	{ .pattern = "station address ip IP", .fn = bmp_station, .kind = HAS_ADDRESS },
	{ .pattern = "station port NUM", .fn = bmp_station, .kind = HAS_PORT },
	{ .pattern = "local address IP" },
	{ .pattern = "system description|name TEXT", .fn = bmp_text },
	{ .pattern = "monitoring rib in pre_policy|post_policy BOOL" },
	{ .pattern = "tx buffer limit NUM",
	    .min = 1,
	    .max = 0xffffffff,
	    .words = "tx buffer limit" },
	{ 0 },
};

static void
bmp_finish(struct check *check, struct proto_build *p)
{
	if (!(p->flags & HAS_ADDRESS))
		check_error(check, &p->end, "Station IP address not specified");
	else if (!(p->flags & HAS_PORT))
		check_error(check, &p->end, "Station port number not specified");
}

/*
 * perf, evpn, bridge
 */
static const struct rule perf_rules[] = {
	{ .pattern = "exp from|to NUM" },
	{ .pattern = "repeat NUM" },
	{ .pattern = "threshold min|max TIME" },
	{ .pattern = "attributes NUM" },
	{ .pattern = "keep BOOL" },
	{ .pattern = "mode import|export" },
	{ 0 },
};

/* Protocols that are only there to be told apart: any statements. */
static const struct rule foreign_rules[] = {
	{ .pattern = "ANY" },
	{ 0 },
};

static const struct rule foreign_channel_rules[] = {
	CHANNEL_ROWS,
	{ 0 },
};

#define TABLES(...)                                                                      \
	.rules = (const struct rule *const[])                                            \
	{                                                                                \
		__VA_ARGS__, NULL                                                        \
	}
#define FOREIGN(w, s, pref, own, ...)                                                         \
	static const struct proto_type w##_type = { .word = #w,                          \
		.shown = s,                                                              \
		.kind = PROTO_OTHER,                                                     \
		TABLES(foreign_channel_rules, own),                                      \
		.channels = "net",                                                       \
		.preference = pref,							 \
		__VA_ARGS__ }

static const struct proto_type device_type = {
	.word = "device", .shown = "Device", .kind = PROTO_DEVICE, TABLES(device_rules)
};
static const struct proto_type bmp_type = { .word = "bmp",
	.shown = "BMP",
	.kind = PROTO_OTHER,
	TABLES(bmp_rules),
	.finish = bmp_finish };
FOREIGN(perf, "Perf", 0, perf_rules);
FOREIGN(evpn, "EVPN", 80, foreign_rules);
FOREIGN(bridge, "Bridge", 0, foreign_rules);
FOREIGN(ospf, "OSPF", 150, ospf_rules, .finish = ospf_finish);
FOREIGN(rip, "RIP", 120, rip_rules);
FOREIGN(babel, "Babel", 130, babel_rules);
FOREIGN(radv, "RAdv", 0, radv_rules);

const struct proto_type *const proto_types[] = {
	&bgp_type,
	&static_type,
	&device_type,
	&direct_type,
	&kernel_type,
	&pipe_type,
	&mrt_type,
	&rpki_type,
	&bmp_type,
	&bfd_type,
	&aggregator_type,
	&l3vpn_type,
	&perf_type,
	&evpn_type,
	&bridge_type,
	&ospf_type,
	&rip_type,
	&babel_type,
	&radv_type,
	NULL,
};
