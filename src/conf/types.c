/*
 * Protocol types other than bgp and static.  They are read with all their options, so
 * that a wrong file is refused, and have no effect yet.
 */
#include "conf/check.h"

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
#define FOREIGN(w, s, pref, own, ...)                                                    \
	static const struct proto_type w##_type = { .word = #w,                          \
		.shown = s,                                                              \
		.kind = PROTO_OTHER,                                                     \
		TABLES(foreign_channel_rules, own),                                      \
		.channels = "net",                                                       \
		.preference = pref,                                                      \
		__VA_ARGS__ }

static const struct proto_type device_type = {
	.word = "device", .shown = "Device", .kind = PROTO_DEVICE, TABLES(device_rules)
};
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
