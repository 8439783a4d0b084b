/*
 * The `show` commands but `show route`: they ask the daemon or the model for records and
 * give them to the renderer.  What can be long is done in steps, one record each.
 */
#include <stdio.h>
#include <string.h>
#include "control/commands.h"
#include "control/iface.h"
#include "control/session.h"
#include "control/version.h"

COMMANDS(HANDLER_ROW)

void
handle_show_status(struct control *c)
{
	struct status_record r = { 0 };

	if (!control_at_end(c, "END"))
		return;
	c->ops->status(c->daemon, &r);
	c->render->status(c, &r);
}

void
handle_show_version(struct control *c)
{
	if (control_at_end(c, "END"))
		control_end(
		    c, 1000, "%s (mynah %s)", control_version(c), PACKAGE_VERSION);
}

void
handle_show_memory(struct control *c)
{
	struct memory_record r;

	if (!control_at_end(c, "END"))
		return;
	r = c->ops->memory(c->daemon);
	c->render->memory(c, &r);
	control_end(c, 0, "%s", "");
}

/*
 * Protocols.
 */
static void
protocols_step(struct control *c)
{
	struct protocol_record r = { 0 };

	if (!c->ops->protocol(c->daemon, c->index, c->details, &r)) {
		if (c->shown)
			control_end(c, 0, "%s", "");
		else
			control_end(c, 8003, "No protocols match");
		return;
	}
	c->index++;
	if (!control_selects(c, r.conf->name))
		return;
	if (!c->shown++)
		c->render->protocols(c);
	c->render->protocol(c, &r, c->details);
}

void
handle_show_protocols(struct control *c)
{
	if (control_take_select(c, true, "END or CF_SYM_KNOWN or TEXT or ALL") &&
	    control_at_end(c, "END"))
		c->step = protocols_step;
}

void
handle_show_protocols_all(struct control *c)
{
	c->details = true;
	if (control_take_select(c, true, "END or CF_SYM_KNOWN or TEXT") &&
	    control_at_end(c, "END"))
		c->step = protocols_step;
}

/*
 * Symbols.
 */
static const struct {
	const char *word, *class;
} symbol_classes[] = {
	{ "table", "routing table" },
	{ "filter", "filter" },
	{ "function", "function" },
	{ "protocol", "protocol" },
	{ "template", "protocol template" },
	{ "roa", "ROA table" }, /* the last: of 1.6 alone */
};

/* Of 1.6 tables of ROAs are a kind of their own, and both families' main tables are `master`. */
static struct symbol_conf
symbol_said(const struct control *c, const struct symbol_conf *s)
{
	const struct table_conf *t = model_table(c->model, s->name);
	bool roa = t && (t->type == NET_ROA4 || t->type == NET_ROA6);

	if (c->dialect != DIALECT_1)
		return *s;
	if (t && !strcmp(s->name, "master4"))
		return (struct symbol_conf){ "master", s->class };
	return roa ? (struct symbol_conf){ s->name, "ROA table" } : *s;
}

static void
symbols_step(struct control *c)
{
	struct symbol_conf s;

	if (c->index >= c->model->symbol_n) {
		control_end(c, 0, "%s", "");
		return;
	}
	s = symbol_said(c, &c->model->symbol[c->index++]);
	if (c->dialect == DIALECT_1 && !strcmp(s.name, "master6"))
		return;
	if (!c->class || !strcmp(s.class, c->class))
		c->render->symbol(c, &s);
}

static void
symbol_one(struct control *c, const char *name)
{
	const char *class = "undefined";

	for (unsigned i = 0; i < c->model->symbol_n; i++) {
		struct symbol_conf s = symbol_said(c, &c->model->symbol[i]);

		if (!strcmp(s.name, name))
			class = s.class;
	}
	control_end(c, 1010, "%-8s\t%s", name, class);
}

void
handle_show_symbols(struct control *c)
{
	const char *word = c->token->text;
	size_t classes = sizeof(symbol_classes) / sizeof(*symbol_classes) -
			 (c->dialect != DIALECT_1);

	for (size_t i = 0; i < classes; i++)
		if (control_take_word(c, symbol_classes[i].word)) {
			c->class = symbol_classes[i].class;
			break;
		}
	if (c->token->kind == TOKEN_WORD && !c->class && !token_is_keyword(word)) {
		c->token++;
		if (control_at_end(c, "END"))
			symbol_one(c, word);
	} else if (control_at_end(c, c->class ? "END" : NULL)) {
		c->step = symbols_step;
	}
}

/*
 * A filter as compiled.
 */
static void
filter_line(void *ctx, const char *text)
{
	struct control *c = ctx;

	c->render->line(c, 1010, text);
}

void
handle_show_filter(struct control *c)
{
	const char *name = c->token->text;

	if (c->token->kind != TOKEN_WORD) {
		control_unexpected(c, NULL);
		return;
	}
	c->token++;
	if (!control_at_end(c, "END"))
		return;
	if (!c->ops->show_filter || !c->ops->show_filter(c->daemon, name, filter_line, c))
		control_fail(c, "No such filter: %s", name);
	else
		control_end(c, 0, "%s", "");
}

/*
 * Interfaces.
 */
void
handle_show_interfaces(struct control *c)
{
	const struct interface_record *r;
	unsigned n;

	if (!control_at_end(c, "END or SUMMARY"))
		return;
	r = interfaces_read(c->arena, &n);
	for (unsigned i = 0; i < n; i++)
		c->render->interface(c, &r[i]);
	control_end(c, 0, "%s", "");
}

void
handle_show_interfaces_summary(struct control *c)
{
	const struct interface_record *r;
	unsigned n;

	if (!control_at_end(c, "END"))
		return;
	r = interfaces_read(c->arena, &n);
	c->render->interface_summary(c, NULL);
	for (unsigned i = 0; i < n; i++)
		c->render->interface_summary(c, &r[i]);
	control_end(c, 0, "%s", "");
}

/*
 * Static routes: c->index is the protocol, c->shown the route, both of the model.
 */
static bool
static_wanted(const struct control *c, const struct proto_conf *p)
{
	return p->kind == PROTO_STATIC && control_selects(c, p->name);
}

static void
static_next(struct control *c)
{
	c->shown = 0;
	do
		c->index++;
	while (
	    c->index < c->model->proto_n && !static_wanted(c, c->model->proto[c->index]));
	if (c->index < c->model->proto_n)
		c->render->line(c, 1009, "");
}

static void
static_step(struct control *c)
{
	const struct proto_conf *p;

	if (c->index >= c->model->proto_n) {
		control_end(c, 0, "%s", "");
		return;
	}
	p = c->model->proto[c->index];
	if (c->shown < p->route_n)
		c->render->static_route(c, p, &p->route[c->shown++]);
	else
		static_next(c);
}

void
handle_show_static(struct control *c)
{
	const struct proto_conf *p = NULL;

	if (c->token->kind != TOKEN_END) {
		p = control_take_proto(c, "END or CF_SYM_KNOWN");
		if (!p || !control_at_end(c, "END"))
			return;
		if (p->kind != PROTO_STATIC) {
			control_fail(c, "%s: Not a Static protocol", p->name);
			return;
		}
		c->select.name = p->name;
	}
	while (
	    c->index < c->model->proto_n && !static_wanted(c, c->model->proto[c->index]))
		c->index++;
	if (c->index == c->model->proto_n)
		control_fail(c, "There is no Static protocol running");
	else
		c->step = static_step;
}

/*
 * Update groups.
 */
static void
groups_step(struct control *c)
{
	struct group_view g = { 0 };
	unsigned shard = 0;

	if (c->ops->group(c->daemon, c->index++, &shard, &g))
		c->render->group(c, shard, &g);
	else
		control_end(c, 0, "%s", "");
}

void
handle_show_groups(struct control *c)
{
	if (!control_at_end(c, "END"))
		return;
	c->render->groups(c);
	c->step = groups_step;
}

/*
 * Help: BIRD's daemon leaves this to the client and answers nothing; a client which asks
 * us gets the list.
 */
void
handle_help(struct control *c)
{
	const struct command *all;
	unsigned n;

	all = command_table(&n);
	for (unsigned i = 0; i < n; i++) {
		char use[OUT_LINE_MAX];

		snprintf(use, sizeof(use), "%s %s", all[i].words, all[i].args);
		control_line(c, 1101, "%-45s  %s", use, all[i].help);
	}
	control_end(c, 0, "%s", "");
}

void
handle_quit(struct control *c)
{
	c->closing = true;
	control_end(c, 0, "%s", "");
}
