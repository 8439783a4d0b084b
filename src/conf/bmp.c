/*
 * Protocol bmp: what sessions do and bring, told to a monitoring station.
 */
#include <string.h>

#include "conf/check.h"

enum { HAS_ADDRESS = 1, HAS_PORT = 2 };
enum { TX_LIMIT_MB = 1024 };

static void
bmp_begin(struct check *check, struct proto_build *p)
{
	(void)check;
	p->p.bmp = (struct bmp_conf){ .description = "Not defined",
		.name = "Not defined",
		.tx_limit_mb = TX_LIMIT_MB };
}

/* kind: what is said; the port is the capture behind the address. */
static void
bmp_station(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	const struct capture *cap = m->cap;
	uint32_t port = 0;

	p->flags |= rule->kind;
	if (rule->kind & HAS_ADDRESS)
		cap_ip(check, cap++, &p->p.bmp.station);
	if (!(rule->kind & HAS_PORT) || !cap_num(check, cap, &port))
		return;
	if (port < 1 || port > 65535)
		check_error(
		    check, &cap->arg->at, "Invalid BMP monitoring station port number");
	p->p.bmp.port = (uint16_t)port;
}

static void
bmp_local(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	cap_ip(check, &m->cap[0], &p->p.bmp.local);
}

static void
bmp_text(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	const char *text = NULL;

	(void)rule;
	if (!cap_text(check, &m->cap[1], &text))
		return;
	if (!*text)
		check_error(check, &m->cap[1].arg->at, "String is empty");
	else if (strlen(text) > 255)
		check_error(check, &m->cap[1].arg->at, "Invalid string length");
	*(m->cap[0].num ? &p->p.bmp.name : &p->p.bmp.description) = check_keep(
	    check, text);
}

static void
bmp_rib(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	cap_bool(check, &m->cap[1],
	    m->cap[0].num ? &p->p.bmp.post_policy : &p->p.bmp.pre_policy);
}

static const struct rule bmp_rules[] = {
	{ .pattern = "station address ip IP port NUM",
	    .fn = bmp_station,
	    .kind = HAS_ADDRESS | HAS_PORT },
	{ .pattern = "station address ip IP", .fn = bmp_station, .kind = HAS_ADDRESS },
	{ .pattern = "station port NUM", .fn = bmp_station, .kind = HAS_PORT },
	{ .pattern = "local address IP", .fn = bmp_local },
	{ .pattern = "system description|name TEXT", .fn = bmp_text },
	{ .pattern = "monitoring rib in pre_policy|post_policy BOOL", .fn = bmp_rib },
	{ .pattern = "tx buffer limit NUM",
	    .fn = set_field,
	    .kind = FIELD_NUM,
	    .offset = offsetof(struct proto_build, p.bmp.tx_limit_mb),
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

/* Said once: which channel's routes are not told before its filter. */
void
bmp_check(struct check *check)
{
	const struct proto_build *p, *bmp = NULL;

	for (p = check->protos; p && !bmp; p = p->next)
		if (p->p.kind == PROTO_BMP && p->p.bmp.pre_policy)
			bmp = p;
	for (p = check->protos; p && bmp; p = p->next)
		for (unsigned i = 0; p->p.kind == PROTO_BGP && i < p->p.channel_n; i++)
			if (!p->p.channel[i].import_table) {
				check_warn(check, &bmp->at,
				    "%s tells of routes before the import filter only "
				    "where a "
				    "channel has 'import table on': channel %s of %s has "
				    "not",
				    bmp->p.name,
				    family_info(p->p.channel[i].family)->words,
				    p->p.name);
				return;
			}
}

const struct proto_type bmp_type = { .word = "bmp",
	.shown = "BMP",
	.kind = PROTO_BMP,
	.rules = (const struct rule *const[]){ bmp_rules, NULL },
	.begin = bmp_begin,
	.finish = bmp_finish };
