/*
 * `show bfd sessions`: those of one protocol or of all, in steps of one each.  c->index
 * is the protocol of the model, c->shown counts its sessions.
 */
#include <string.h>

#include "control/commands.h"
#include "control/session.h"

COMMANDS(HANDLER_ROW)

static bool
bfd_wanted(const struct control *c, const struct proto_conf *p)
{
	struct bfd_session_record r;

	if (p->kind != PROTO_BFD || !control_selects(c, p->name))
		return false;
	return c->select.name || c->ops->bfd_session(c->daemon, p->name, 0, &r) >= 0;
}

static bool
bfd_selects(const struct control *c, const struct bfd_session_record *r)
{
	bool ip4 = ip_is4(&r->ip);
	struct net host = net_from_ip(&r->ip, ip4 ? 32 : 128);

	return (c->bfd.net.type == NET_NONE || net_contains(&c->bfd.net, &host)) &&
	       (!c->bfd.interface ||
		   (r->ifname && strcmp(r->ifname, c->bfd.interface) == 0)) &&
	       (!c->bfd.family || c->bfd.family == (ip4 ? 4 : 6)) &&
	       (!c->bfd.reach ||
		   c->bfd.reach == (r->ifname ? BFD_SHOW_DIRECT : BFD_SHOW_MULTIHOP));
}

static bool bfd_next(struct control *, unsigned from);

static void
bfd_step(struct control *c)
{
	const struct proto_conf *p = c->model->proto[c->index];
	struct bfd_session_record r;
	int found = c->ops->bfd_session(c->daemon, p->name, c->shown++, &r);

	if (found > 0) {
		if (bfd_selects(c, &r))
			c->render->bfd_session(c, &r, c->details);
		return;
	}
	if (found < 0)
		c->render->bfd_down(c, p);
	if (!bfd_next(c, c->index + 1))
		control_end(c, 0, "%s", "");
}

/* The next protocol from there on, with its heading. */
static bool
bfd_next(struct control *c, unsigned from)
{
	bool first = c->step == NULL;
	struct bfd_session_record r;
	const struct proto_conf *p;

	for (c->index = from; c->index < c->model->proto_n; c->index++)
		if (bfd_wanted(c, c->model->proto[c->index]))
			break;
	if (c->index >= c->model->proto_n)
		return false;
	p = c->model->proto[c->index];
	c->shown = 0;
	c->step = bfd_step;
	if (c->ops->bfd_session(c->daemon, p->name, 0, &r) >= 0)
		c->render->bfd(c, p, first, c->details);
	return true;
}

static bool
take_address(struct control *c)
{
	struct ip ip;

	if (c->token->kind != TOKEN_IP)
		return control_unexpected(c, NULL);
	ip = c->token++->ip;
	c->bfd.net = net_from_ip(&ip, ip_is4(&ip) ? 32 : 128);
	return !control_take_char(c, '/') || control_take_plen(c, &ip, &c->bfd.net);
}

static bool
take_interface(struct control *c)
{
	if (c->token->kind != TOKEN_TEXT)
		return control_unexpected(c, NULL);
	c->bfd.interface = c->token++->text;
	return true;
}

static bool
take_filter(struct control *c)
{
	if (control_take_word(c, "all"))
		c->details = true;
	else if (control_take_word(c, "ipv4"))
		c->bfd.family = 4;
	else if (control_take_word(c, "ipv6"))
		c->bfd.family = 6;
	else if (control_take_word(c, "direct"))
		c->bfd.reach = BFD_SHOW_DIRECT;
	else if (control_take_word(c, "multihop"))
		c->bfd.reach = BFD_SHOW_MULTIHOP;
	else if (control_take_word(c, "address"))
		return take_address(c);
	else if (control_take_word(c, "interface") || control_take_word(c, "dev"))
		return take_interface(c);
	else
		return control_unexpected(c, "END or CF_SYM_KNOWN");
	return true;
}

static bool
is_filter(const struct control *c)
{
	static const char *const words[] = { "all", "ipv4", "ipv6", "direct", "multihop",
		"address", "interface", "dev", NULL };

	for (unsigned i = 0; c->token->kind == TOKEN_WORD && words[i]; i++)
		if (strcmp(c->token->text, words[i]) == 0)
			return true;
	return false;
}

void
handle_show_bfd(struct control *c)
{
	const struct proto_conf *p;

	if (c->token->kind != TOKEN_END && !is_filter(c)) {
		p = control_take_proto(c, "END or CF_SYM_KNOWN");
		if (!p)
			return;
		if (p->kind != PROTO_BFD) {
			control_fail(c, "%s: Not a BFD protocol", p->name);
			return;
		}
		c->select.name = p->name;
	}
	while (c->token->kind != TOKEN_END)
		if (!take_filter(c))
			return;
	if (!c->ops->bfd_session || !bfd_next(c, 0))
		control_fail(c, "There is no BFD protocol running");
}
