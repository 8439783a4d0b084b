/*
 * show route: options in any order make a query; then the daemon walks, a slice at a
 * time, and its records are rendered as they come.
 *
 * Which tables are walked: the named ones; else those of the protocol asked for; else the
 * first table of each type.  Tables that cannot hold the wanted network are left out.
 */
#include <stdio.h>
#include <string.h>
#include "control/commands.h"
#include "control/routearg.h"

COMMANDS(HANDLER_ROW)

#define SLICE_NETS 64      /* networks asked for at once */
#define SLICE_NETS_FULL 16 /* with attributes */
#define TABLES_MAX \
	(sizeof(((struct route_query *)0)->table) / sizeof(struct table_conf *))


/*
 * Tables and protocols.
 */
static bool
add_table(struct route_parse *p, const struct table_conf *t)
{
	for (unsigned i = 0; i < p->q->table_n; i++)
		if (p->q->table[i] == t)
			return true;
	if (p->q->table_n == TABLES_MAX)
		return control_fail(p->c, "Too many tables");
	p->q->table[p->q->table_n++] = t;
	return true;
}

static bool
take_table(struct route_parse *p)
{
	struct control *c = p->c;
	const struct token *t = c->token;
	const struct table_conf *table;

	c->route.explicit = true;
	if (control_take_word(c, "all")) {
		p->q->all_tables = true;
		return true;
	}
	table = t->kind == TOKEN_WORD ? model_table(c->model, t->text) : NULL;
	if (table) {
		c->token++;
		return add_table(p, table);
	}
	if (t->kind != TOKEN_WORD || (!t->quoted && token_is_keyword(t->text)))
		return control_unexpected(c, "CF_SYM_KNOWN or ALL");
	if (c->dialect == DIALECT_1 && !strcmp(t->text, "master")) {
		c->token++;
		c->route.explicit = false; /* what is shown without a word */
		return true;
	}
	if (c->dialect == DIALECT_1)
		return control_fail(c, "%s is not a table", t->text);
	if (model_proto(c->model, t->text))
		return control_fail(c, "Table name required");
	return control_unexpected(c, "CF_SYM_KNOWN or ALL");
}

/* As a channel is shown, but for the dash: `ipv4_mc`. */
static enum family
channel_word(const struct token *t)
{
	char name[32];

	if (t->kind != TOKEN_WORD || strlen(t->text) >= sizeof(name))
		return FAM_NONE;
	for (size_t i = 0; i <= strlen(t->text); i++)
		name[i] = (char)(t->text[i] == '_' ? '-' : t->text[i]);
	return family_by_name(name);
}

static bool
take_export_channel(struct route_parse *p, const struct proto_conf *proto)
{
	struct control *c = p->c;
	enum family f;

	if (!control_take_char(c, '.'))
		return true;
	f = channel_word(c->token);
	if (f == FAM_NONE)
		return control_unexpected(c, NULL);
	p->export_channel = proto_channel(proto, f);
	if (!p->export_channel)
		return control_fail(
		    c, "Channel %s.%s not found", proto->name, c->token->text);
	c->token++;
	return true;
}

static bool
take_export(struct route_parse *p, unsigned mode)
{
	struct control *c = p->c;

	if (p->q->export != EXPORT_NONE)
		return control_fail(c, "Export specified twice");
	p->q->export_proto = control_take_proto(c, "CF_SYM_KNOWN or TABLE");
	if (!p->q->export_proto)
		return false;
	p->q->export = mode;
	return take_export_channel(p, p->q->export_proto);
}

/* `import table P.C`, `export table P.C`: the latter is what the shards know as sent. */
static bool
take_channel_table(struct route_parse *p, const char *which)
{
	struct control *c = p->c;
	const struct proto_conf *proto;
	const struct channel_conf *conf;
	const char *channel;
	bool export;

	if (!control_take_word(c, "table"))
		return control_unexpected(c, "TABLE");
	proto = control_take_proto(c, "CF_SYM_KNOWN");
	if (!proto)
		return false;
	if (!control_take_char(c, '.'))
		return control_unexpected(c, "'.'");
	channel = c->token->kind == TOKEN_WORD ? c->token->text : NULL;
	if (channel_word(c->token) == FAM_NONE)
		return control_unexpected(c, NULL);
	if (!proto_channel(proto, channel_word(c->token)))
		return control_fail(c, "Channel %s.%s not found", proto->name, channel);
	conf = proto_channel(proto, channel_word(c->token));
	export = strcmp(which, "export") == 0;
	if (!(export ? conf->export_table : conf->import_table))
		return control_fail(
		    c, "No %s table in channel %s.%s", which, proto->name, channel);
	c->token++;
	if (export) {
		if (p->q->export != EXPORT_NONE)
			return control_fail(c, "Export specified twice");
		p->q->export_table = true;
		p->q->export_proto = proto;
		p->q->export = EXPORT_ED;
		p->export_channel = conf;
	} else {
		p->q->import = conf;
		p->q->import_proto = proto;
	}
	return add_table(p, conf->table);
}

static bool
take_protocol(struct route_parse *p)
{
	if (p->q->protocol)
		return control_fail(p->c, "Protocol specified twice");
	p->q->protocol = control_take_proto(p->c, "CF_SYM_KNOWN");
	return p->q->protocol;
}

/*
 * Filters: the language's parser reads them, here only their end is found.
 */
/* From the word `filter` or `where`, which was the last token. */
static bool
take_filter(struct route_parse *p, bool where)
{
	struct control *c = p->c;
	const struct token *first = c->token - 1, *end;
	char error[400] = "";

	if (p->q->filter)
		return control_fail(c, "Filter specified twice");
	if (c->token->kind == TOKEN_END)
		return control_unexpected(c, NULL);
	if (where)
		end = token_skip_expr(c->token);
	else if (c->token->kind == TOKEN_CHAR && c->token->num == '{')
		end = token_skip_block(c->token);
	else
		end = c->token + 1;
	if (!c->ops->filter)
		return control_fail(c, "Filters are not supported here");
	p->q->filter = c->ops->filter(c->daemon, c->line + first->at,
	    end[-1].end - first->at, error, sizeof(error));
	c->token += end - c->token;
	return p->q->filter ? true : control_fail(c, "%s", error);
}

/*
 * Options.
 */
static bool
take_flag(struct route_parse *p)
{
	struct control *c = p->c;
	struct route_query *q = p->q;

	if (control_take_word(c, "all"))
		q->attributes = true;
	else if (control_take_word(c, "primary"))
		q->primary = true;
	else if (control_take_word(c, "filtered"))
		q->filtered = true;
	else if (control_take_word(c, "stats"))
		q->stats = !(q->count = false);
	else if (control_take_word(c, "count"))
		q->count = !(q->stats = false);
	else
		return false;
	return true;
}

static bool
take_option(struct route_parse *p)
{
	struct control *c = p->c;

	if (take_flag(p))
		return true;
	if (route_net_ahead(c))
		return route_take_net(p, ROUTES_NET);
	if (control_take_word(c, "aspa"))
		return route_take_aspa(p);
	if (control_take_word(c, "mpls"))
		return route_take_mpls(p);
	if (control_take_word(c, "for"))
		return route_take_net(p, ROUTES_FOR);
	if (control_take_word(c, "in"))
		return route_take_net(p, ROUTES_IN);
	if (control_take_word(c, "table"))
		return take_table(p);
	if (control_take_word(c, "where"))
		return take_filter(p, true);
	if (control_take_word(c, "filter"))
		return take_filter(p, false);
	if (control_take_word(c, "protocol"))
		return take_protocol(p);
	if (control_take_word(c, "import"))
		return take_channel_table(p, "import");
	if (control_take_word(c, "preexport"))
		return take_export(p, EXPORT_PRE);
	if (control_take_word(c, "noexport"))
		return take_export(p, EXPORT_NO);
	if (control_take_word(c, "exported"))
		return take_export(p, EXPORT_ED);
	if (!control_take_word(c, "export"))
		return control_unexpected(c, NULL);
	if (c->token->kind == TOKEN_WORD && !strcmp(c->token->text, "table"))
		return take_channel_table(p, "export");
	return take_export(p, EXPORT_YES);
}

/*
 * The tables of the query.
 */
static bool
channel_is_up(struct control *c, const struct proto_conf *proto, enum family family)
{
	struct protocol_record r = { 0 };

	for (unsigned i = 0; c->ops->protocol(c->daemon, i, false, &r); i++) {
		if (!strcmp(r.conf->name, proto->name))
			for (unsigned n = 0; n < r.channel_n; n++)
				if (r.channel[n].conf->family == family)
					return r.channel[n].up;
		r = (struct protocol_record){ 0 };
	}
	return false;
}

/* Is the table one that the export channels feed from? */
static bool
is_export_table(struct route_parse *p, const struct table_conf *t)
{
	const struct proto_conf *proto = p->q->export_proto;

	for (unsigned i = 0; i < proto->channel_n; i++) {
		const struct channel_conf *ch = &proto->channel[i];

		if (ch->table == t && (!p->export_channel || p->export_channel == ch) &&
		    channel_is_up(p->c, proto, ch->family))
			return true;
	}
	return false;
}

static bool
add_default_tables(struct route_parse *p)
{
	const struct model *m = p->c->model;

	for (unsigned type = NET_NONE + 1; type < NET_TYPES; type++) {
		unsigned i = 0;

		while (i < m->table_n && m->table[i]->type != type)
			i++;
		if (i < m->table_n && !add_table(p, m->table[i]))
			return false;
	}
	return true;
}

static bool
add_proto_tables(struct route_parse *p, const struct proto_conf *proto)
{
	for (unsigned i = 0; i < proto->channel_n; i++)
		if (!add_table(p, proto->channel[i].table))
			return false;
	return true;
}

static bool
add_tables(struct route_parse *p)
{
	if (p->q->table_n || p->q->all_tables)
		return true;
	if (p->q->export_proto)
		return add_proto_tables(p, p->q->export_proto);
	if (p->q->protocol)
		return add_proto_tables(p, p->q->protocol);
	return add_default_tables(p);
}

static bool
choose_tables(struct route_parse *p)
{
	struct control *c = p->c;
	struct route_query *q = p->q;
	unsigned kept = 0;

	if (q->all_tables && c->model->table_n <= TABLES_MAX) {
		q->all_tables = false;
		for (unsigned i = 0; i < c->model->table_n; i++)
			if (!add_table(p, c->model->table[i]))
				return false;
	} else if (!add_tables(p)) {
		return false;
	}
	for (unsigned i = 0; i < q->table_n; i++) {
		if (p->has_net && q->table[i]->type != q->net.type) {
			if (c->route.explicit && q->table_n == 1)
				return control_fail(c,
				    "Incompatible type of prefix/ip for table %s",
				    q->table[i]->name);
			continue;
		}
		if (q->export == EXPORT_NONE || is_export_table(p, q->table[i]))
			q->table[kept++] = q->table[i];
	}
	q->table_n = kept;
	return kept || q->all_tables ? true : control_fail(c, "No valid tables");
}

/*
 * The walk.
 */
static void
route_finish(struct control *c)
{
	struct route_walk *r = &c->route;
	bool one = r->query.mode == ROUTES_NET || r->query.mode == ROUTES_FOR;

	if (r->stopped)
		control_end(c, 8004, "Stopped due to reconfiguration");
	else if (one && !r->net_found)
		control_end(c, 8001,
		    c->dialect == DIALECT_1 ? "Network not in table"
					    : "Network not found");
	else if (r->tables)
		c->render->total(c, &r->sum, r->tables);
	else
		control_end(c, 0, "%s", "");
}

static void
route_step(struct control *c)
{
	struct route_walk *r = &c->route;

	if (r->ended) {
		route_finish(c);
		return;
	}
	r->awaiting = true;
	c->ops->routes_next(
	    c->daemon, r->walk, r->query.attributes ? SLICE_NETS_FULL : SLICE_NETS);
}

void
handle_show_route(struct control *c)
{
	struct route_parse p = { .c = c, .q = &c->route.query };

	while (c->token->kind != TOKEN_END)
		if (!take_option(&p))
			return;
	if (p.q->filtered && p.q->export != EXPORT_NONE) {
		control_fail(c, "Incompatible show route options");
		return;
	}
	if (p.q->import && (p.q->table_n > 1 || p.q->all_tables || p.q->export)) {
		control_fail(c, "Incompatible show route options");
		return;
	}
	if (!choose_tables(&p))
		return;
	/* as BIRD: no heading for a network that is not there */
	if (p.q->mode == ROUTES_NET || p.q->mode == ROUTES_FOR)
		c->route.explicit = false;
	else if (p.q->import)
		c->route.explicit = true;
	control_route_walk(c);
}

bool
control_take_filter(struct control *c, bool where)
{
	struct route_parse p = { .c = c, .q = &c->route.query };

	return take_filter(&p, where);
}

void
control_route_walk(struct control *c)
{
	c->route.walk = c->ops->routes_open(c->daemon, c, &c->route.query);
	c->step = route_step;
}

bool
control_take_target(struct control *c, bool *stored)
{
	struct route_parse p = { .c = c, .q = &c->route.query };

	*stored = false;
	if (!route_take_net(&p, ROUTES_NET))
		return false;
	for (;;) {
		if (control_take_word(c, "table")) {
			if (!take_table(&p))
				return false;
			*stored = true;
		} else if (control_take_word(c, "protocol")) {
			if (!take_protocol(&p))
				return false;
		} else {
			break;
		}
	}
	p.q->attributes = true;
	return !*stored || (control_at_end(c, "END") && choose_tables(&p));
}

static void
print_heading(struct control *c)
{
	struct route_walk *r = &c->route;

	if (r->printed == r->table || r->query.count)
		return;
	c->render->table(c, r->table, !r->printed);
	r->printed = r->table;
}

void
control_table(struct control *c, const struct table_conf *table)
{
	if (!c->route.walk)
		return;
	c->route.table = table;
	if (c->route.explicit && !c->route.trial)
		print_heading(c);
}

void
control_route(struct control *c, const struct route_record *r)
{
	if (!c->route.walk || c->route.ended || c->route.query.count)
		return;
	if (c->route.trial) {
		control_trial_route(c, r);
		return;
	}
	print_heading(c);
	c->render->route(c, r, c->route.query.attributes);
}

/* Numbers are for whole tables: with one network or a longest match there are none. */
void
control_count(struct control *c, const struct count_record *n)
{
	struct route_walk *r = &c->route;

	if (!r->walk || (!r->query.stats && !r->query.count) ||
	    r->query.mode == ROUTES_NET || r->query.mode == ROUTES_FOR)
		return;
	print_heading(c);
	r->tables++;
	r->sum.shown += n->shown;
	r->sum.routes += n->routes;
	r->sum.nets += n->nets;
	c->render->count(c, n);
}

void
control_routes_stop(struct control *c)
{
	c->route.stopped = c->route.walk;
	control_routes_end(c, true);
}

void
control_routes_end(struct control *c, bool net_found)
{
	if (!c->route.walk)
		return;
	c->route.ended = true;
	c->route.net_found = net_found;
	control_routes_pause(c);
}
