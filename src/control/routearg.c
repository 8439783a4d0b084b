/*
 * Networks in the arguments of `show route` and its kin: prefixes and addresses, with a
 * distinguisher, an origin or a source, labels, customers of ASPAs, and flows.
 */
#include <string.h>
#include "base/longnet.h"
#include "control/routearg.h"

bool
control_take_plen(struct control *c, const struct ip *ip, struct net *net)
{
	bool v4 = ip_is4(ip);
	char given[IP_TEXT_MAX], meant[IP_TEXT_MAX];
	struct ip base;
	uint32_t len;

	if (c->token->kind != TOKEN_NUM)
		return control_unexpected(c, "NUM");
	len = c->token++->num;
	if (len > (v4 ? 32 : 128))
		return control_fail(c, "Invalid prefix length %u", len);
	*net = net_from_ip(ip, len);
	base = net_ip(net);
	if (!ip_equal(&base, ip) && c->dialect == DIALECT_1)
		return control_fail(c, "Invalid prefix");
	if (!ip_equal(&base, ip))
		return control_fail(c,
		    "Invalid IPv%c prefix %s/%u, maybe you wanted %s/%u", v4 ? '4' : '6',
		    ip_format(ip, given), len, ip_format(&base, meant), len);
	return true;
}

static bool
take_num(struct control *c, uint32_t *num)
{
	if (c->token->kind != TOKEN_NUM)
		return control_unexpected(c, "NUM");
	*num = c->token++->num;
	return true;
}

/* A distinguisher stands here: a number or address with a colon close behind. */
static bool
is_rd(const struct control *c)
{
	const struct token *t = c->token;

	return (t->kind == TOKEN_NUM || t->kind == TOKEN_IP) && c->line[t->end] == ':';
}

static bool
take_rd(struct control *c, uint64_t *rd)
{
	const char *at = c->line + c->token->at;
	size_t n = strspn(at, "0123456789.:");
	char text[RD_TEXT_MAX];

	if (n >= sizeof(text) || at[n - 1] == ':')
		return control_unexpected(c, NULL);
	memcpy(text, at, n);
	text[n] = '\0';
	if (!rd_parse(text, rd))
		return control_fail(c, "Invalid route distinguisher");
	while (c->token->kind != TOKEN_END && c->line + c->token->at < at + n)
		c->token++;
	return true;
}

/* `max NUM as NUM` behind a prefix. */
static bool
take_roa(struct route_parse *p)
{
	struct control *c = p->c;
	uint32_t max = 0, as = 0;

	if (!take_num(c, &max))
		return false;
	if (max < p->q->net.plen || max > net_plen_max(p->q->net.type))
		return control_fail(c, "Invalid max prefix length %u", max);
	if (!control_take_word(c, "as"))
		return control_unexpected(c, "AS");
	if (!take_num(c, &as))
		return false;
	p->q->net = net_roa(&p->q->net, max, as);
	return true;
}

bool
route_take_aspa(struct route_parse *p)
{
	uint32_t as = 0;

	if (p->has_net)
		return control_fail(p->c, "Only one prefix expected");
	if (!take_num(p->c, &as))
		return false;
	p->has_net = true;
	p->q->mode = ROUTES_NET;
	p->q->net = net_aspa(as);
	return true;
}

bool
route_take_mpls(struct route_parse *p)
{
	uint32_t label = 0;

	if (p->has_net)
		return control_fail(p->c, "Only one prefix expected");
	if (!take_num(p->c, &label))
		return false;
	if (label >= 1u << 20)
		return control_fail(p->c, "MPLS label must be less than 2^20");
	p->has_net = true;
	p->q->mode = ROUTES_NET;
	p->q->net = net_mpls(label);
	return true;
}

static bool take_address(struct route_parse *, unsigned mode);

static bool
is_flow(const struct control *c)
{
	const struct token *t = c->token;

	return t->kind == TOKEN_WORD && !t->quoted &&
	       (strcmp(t->text, "flow4") == 0 || strcmp(t->text, "flow6") == 0);
}

bool
route_net_ahead(const struct control *c)
{
	return c->token->kind == TOKEN_IP || is_rd(c) || is_flow(c);
}

/* The language's parser reads it, here only its end is found. */
static bool
take_flow(struct route_parse *p, unsigned mode)
{
	struct control *c = p->c;
	const struct token *first = c->token, *end = token_skip_block(first);
	char error[400] = "";

	if (mode == ROUTES_FOR)
		return control_unexpected(c, "IP4 or IP6 or VPN_RD or CF_SYM_KNOWN");
	if (p->has_net)
		return control_fail(c, "Only one prefix expected");
	if (first[1].kind != TOKEN_CHAR || first[1].num != '{') {
		c->token++;
		return control_unexpected(c, "'{'");
	}
	if (!c->ops->flow)
		return control_fail(c, "Flows are not supported here");
	if (!c->ops->flow(c->daemon, c->line + first->at, end[-1].end - first->at,
		c->arena, &p->q->net, error, sizeof(error)))
		return control_fail(c, "%s", error);
	if (mode == ROUTES_IN)
		return control_fail(c, "Only IP networks accepted for 'in' argument");
	c->token += end - first;
	p->has_net = true;
	p->q->mode = mode;
	return true;
}

/* `from PREFIX` behind a prefix. */
static bool
take_source(struct route_parse *p, unsigned mode)
{
	struct net to = p->q->net;

	if (p->c->token->kind != TOKEN_IP || ip_is4(&p->c->token->ip))
		return control_unexpected(p->c, "IP6");
	if (!take_address(p, mode))
		return false;
	p->q->net =
	    net_sadr(&to, &p->q->net, ARENA_ARRAY(p->c->arena, uint8_t, SADR_LEN));
	return true;
}

bool
route_take_net(struct route_parse *p, unsigned mode)
{
	struct control *c = p->c;
	bool has_rd = is_rd(c);
	uint64_t rd = 0;

	if (is_flow(c))
		return take_flow(p, mode);
	if (mode == ROUTES_IN && token_heads_net(c->token))
		return control_fail(c, "Only IP networks accepted for 'in' argument");
	if (p->has_net)
		return control_fail(c, "Only one prefix expected");
	if ((has_rd && !take_rd(c, &rd)) || !take_address(p, mode))
		return false;
	if (has_rd)
		p->q->net = net_vpn(&p->q->net, rd);
	else if (p->q->net.type == NET_IP6 && control_take_word(c, "from")
		     ? !take_source(p, mode)
		     : mode != ROUTES_FOR && control_take_word(c, "max") && !take_roa(p))
		return false;
	if (mode == ROUTES_IN && p->q->net.type > NET_IP6)
		return control_fail(c, "Only IP networks accepted for 'in' argument");
	return true;
}

static bool
take_address(struct route_parse *p, unsigned mode)
{
	struct control *c = p->c;
	struct ip ip;

	if (c->token->kind != TOKEN_IP)
		return control_unexpected(c,
		    mode == ROUTES_FOR ? "IP4 or IP6 or VPN_RD or CF_SYM_KNOWN" : NULL);
	ip = c->token++->ip;
	p->has_net = true;
	p->q->mode = mode;
	if (control_take_char(c, '/'))
		return control_take_plen(c, &ip, &p->q->net);
	if (mode != ROUTES_FOR)
		return control_unexpected(c, "'/'");
	p->q->net = net_from_ip(&ip, ip_is4(&ip) ? 32 : 128);
	return true;
}
