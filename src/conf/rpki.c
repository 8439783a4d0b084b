/*
 * Protocol rpki: origins from a cache by RTR (RFC 6810, RFC 8210).
 */
#include <string.h>

#include "conf/check.h"

enum { HAS_REMOTE = 1 << 0, HAS_USER = 1 << 1, HAS_MD5 = 1 << 2, HAS_PORT = 1 << 3 };
enum { TIMER_REFRESH, TIMER_RETRY, TIMER_EXPIRE };

static void
rpki_begin(struct check *check, struct proto_build *p)
{
	(void)check;
	p->p.rpki = (struct rpki_conf){
		.refresh_s = 3600, .retry_s = 600, .expire_s = 7200, .max_version = 2
	};
}

static void
set_port(struct check *check, struct proto_build *p, const struct capture *cap)
{
	uint32_t port = 0;

	if (!cap->arg || !cap_num(check, cap, &port))
		return;
	if (port > 65535)
		check_error(check, &cap->arg->at, "Invalid port number");
	p->p.rpki.port = (uint16_t)port;
	p->flags |= HAS_PORT;
}

/* kind 1: by address; so is the name of a constant that is one. */
static void
rpki_remote(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	struct rpki_conf *r = &p->p.rpki;
	const struct arg *arg = m->cap[0].arg;
	bool by_ip = rule->kind || (arg && arg->kind == ARG_WORD &&
				       scope_is_ip(check->scope, arg->text));
	const char *text = NULL;
	char buf[IP_TEXT_MAX];

	if (p->flags & HAS_REMOTE)
		check_error(check, &m->stmt->arg[0]->at,
		    "Only one cache server per protocol allowed");
	p->flags |= HAS_REMOTE;
	r->address = ip_none;
	if (by_ip && cap_ip(check, &m->cap[0], &r->address))
		text = ip_format(&r->address, buf);
	else if (!by_ip && cap_text(check, &m->cap[0], &text))
		ip_parse(text, &r->address);
	r->host = text ? check_keep(check, text) : NULL;
	set_port(check, p, &m->cap[1]);
}

static void
rpki_port(struct check *check, const struct rule *rule, const struct match *m)
{
	(void)rule;
	set_port(check, m->to, &m->cap[0]);
}

static void
rpki_local(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	cap_ip(check, &m->cap[0], &p->p.rpki.local);
}

/* kind: which timer; offset: with `keep`. */
static void
rpki_timer(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	struct rpki_conf *r = &p->p.rpki;
	uint32_t *s[] = { &r->refresh_s, &r->retry_s, &r->expire_s };
	bool *keep[] = { &r->keep_refresh, &r->keep_retry, &r->keep_expire };
	uint32_t n = 0;

	if (!cap_num(check, &m->cap[0], &n))
		return;
	if (n < rule->min || n > rule->max) {
		check_error(check, &m->cap[0].arg->at,
		    "%s interval must be in range %u-%u seconds", rule->words, rule->min,
		    rule->max);
		return;
	}
	*s[rule->kind] = n;
	*keep[rule->kind] = rule->offset;
}

static void
rpki_length(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	bool on = true;

	(void)rule;
	if (cap_bool(check, &m->cap[0], &on))
		p->p.rpki.ignore_max_length = on;
}

static void
rpki_version(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	uint32_t n = 0;

	if (!cap_num(check, &m->cap[0], &n))
		return;
	if (n > 2)
		check_error(check, &m->cap[0].arg->at,
		    "RPKI version %u unsupported, %s version must be in range 0-2", n,
		    rule->words);
	*(rule->kind ? &p->p.rpki.max_version : &p->p.rpki.min_version) = (uint8_t)n;
}

static void
ssh_user(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)check;
	(void)rule;
	p->flags |= HAS_USER;
}

static void
tcp_authentication(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)check;
	(void)rule;
	p->flags &= ~(unsigned)HAS_MD5;
	p->flags |= m->cap[0].num ? HAS_MD5 : 0;
}

static void
tcp_password(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	const char *text = NULL;

	(void)rule;
	if (cap_text(check, &m->cap[0], &text))
		p->p.rpki.password = check_keep(check, text);
}

static const struct rule ssh_rules[] = {
	{ .pattern = "bird private key TEXT" },
	{ .pattern = "remote public key TEXT" },
	{ .pattern = "user TEXT", .fn = ssh_user },
	{ 0 },
};

static const struct rule tcp_rules[] = {
	{ .pattern = "authentication none|md5", .fn = tcp_authentication },
	{ .pattern = "password TEXT", .fn = tcp_password },
	{ 0 },
};

static void
rpki_ssh(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	p->flags &= ~(unsigned)HAS_USER;
	p->p.rpki.ssh = true;
	words_block(check, m->cap[0].arg->block,
	    (const struct rule *const[]){ ssh_rules, NULL }, p);
	if (!(p->flags & HAS_USER))
		check_error(check, &m->cap[0].arg->block->end, "User must be set");
	warn_no_effect(check, &m->stmt->at, "transport ssh");
}

static void
rpki_tcp(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	p->p.rpki.ssh = false;
	p->p.rpki.password = NULL;
	p->flags &= ~(unsigned)HAS_MD5;
	if (!m->cap[0].arg)
		return;
	words_block(check, m->cap[0].arg->block,
	    (const struct rule *const[]){ tcp_rules, NULL }, p);
	if (!(p->flags & HAS_MD5) != !p->p.rpki.password)
		check_error(check, &m->cap[0].arg->block->end,
		    "Authentication and password options should be used together");
}

#define TIMER_ROWS(said, which, name, lo, hi)                                            \
	{ .pattern = said " keep SEC",                                                   \
		.fn = rpki_timer,                                                        \
		.kind = which,                                                           \
		.offset = 1,                                                             \
		.min = lo,                                                               \
		.max = hi,                                                               \
		.words = name },                                                         \
	{                                                                                \
		.pattern = said " SEC", .fn = rpki_timer, .kind = which, .min = lo,      \
		.max = hi, .words = name                                                 \
	}

static const struct rule rpki_rules[] = {
	{ .pattern = "remote TEXT [port NUM]", .fn = rpki_remote },
	{ .pattern = "remote IP [port NUM]", .fn = rpki_remote, .kind = 1 },
	{ .pattern = "port NUM", .fn = rpki_port },
	{ .pattern = "local address IP", .fn = rpki_local },
	TIMER_ROWS("refresh", TIMER_REFRESH, "Refresh", 1, 86400),
	TIMER_ROWS("retry", TIMER_RETRY, "Retry", 1, 7200),
	TIMER_ROWS("expire", TIMER_EXPIRE, "Expire", 600, 172800),
	{ .pattern = "ignore max length BOOL", .fn = rpki_length },
	{ .pattern = "min version NUM", .fn = rpki_version, .words = "min" },
	{ .pattern = "max version NUM", .fn = rpki_version, .kind = 1, .words = "max" },
	{ .pattern = "transport tcp", .fn = rpki_tcp },
	{ .pattern = "transport tcp BLOCK", .fn = rpki_tcp },
	{ .pattern = "transport ssh BLOCK", .fn = rpki_ssh },
	{ .pattern = "roa4|roa6|aspa [BLOCK]", .fn = channel_block, .kind = 1 },
	{ 0 },
};

static void
rpki_finish(struct check *check, struct proto_build *p)
{
	struct rpki_conf *r = &p->p.rpki;

	if (!p->chan[FAM_ROA4] && !p->chan[FAM_ROA6] && !p->chan[FAM_ASPA])
		check_error(check, &p->end, "Channel not specified");
	else if (!(p->flags & HAS_REMOTE))
		check_error(
		    check, &p->end, "IP address or hostname of cache server must be set");
	else if (r->min_version > r->max_version)
		check_error(check, &p->end, "Impossible min/max version for RPKI: %u/%u",
		    r->min_version, r->max_version);
	if (!(p->flags & HAS_PORT))
		r->port = r->ssh ? 22 : 323;
	channels_finish(check, p);
}

const struct proto_type rpki_type = {
	.word = "rpki",
	.shown = "RPKI",
	.kind = PROTO_RPKI,
	.rules = (const struct rule *const[]){ rpki_rules, NULL },
	.begin = rpki_begin,
	.finish = rpki_finish,
	.channels = "roa",
	.allowed = (const char *const[]){ "roa4", "roa6", "aspa", NULL },
	.preference = 100,
};
