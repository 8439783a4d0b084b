/*
 * Protocols and templates: the head, what every type knows, and the walk through the
 * body. A body may say channel options itself, as in 1.6: they make up a channel without
 * a name, which finds its family once the body is read.
 */
#include <stdio.h>
#include <string.h>

#include "conf/check.h"
#include "lang/near.h"

const struct proto_type *
proto_type_find(const char *word)
{
	const struct proto_type *const *t = proto_types;

	while (*t && strcmp((*t)->word, word) != 0)
		t++;
	return *t;
}

static const struct proto_type *
type_find(struct check *check, const struct arg *word)
{
	const char *words[32];
	const struct proto_type *const *t;
	const char *near;
	unsigned n = 0;

	for (t = proto_types; *t; t++) {
		if (*(*t)->word == *word->text && strcmp((*t)->word, word->text) == 0)
			return *t;
		words[n++] = (*t)->word;
	}
	words[n] = NULL;
	near = near_word(word->text, words);
	check_error(check, &word->at, "syntax error, unexpected '%s'%s%s%s", word->text,
	    near ? ", did you mean '" : ": no such protocol", near ? near : "",
	    near ? "'?" : "");
	return NULL;
}

static const char *
name_make(struct check *check, const char *type)
{
	char name[80];
	unsigned i;

	for (i = 1;; i++) {
		snprintf(name, sizeof(name), "%s%u", type, i);
		if (!symtab_find(check->names, name))
			return arena_strdup(check->tmp, name);
	}
}

/* The routes of a static protocol: the parent's stay its own, more may follow here. */
static void
routes_copy(struct check *check, struct proto_build *p, const struct route_build *from)
{
	p->routes = NULL;
	p->routes_end = &p->routes;
	for (; from; from = from->next) {
		struct route_build *r = ARENA_NEW(check->passing, struct route_build);

		*r = *from;
		r->next = NULL;
		*p->routes_end = r;
		p->routes_end = &r->next;
	}
}

static bool
parent_copy(struct check *check, struct proto_build *p, const struct arg *from)
{
	struct symbol *sym = symtab_find(check->names, from->text);
	const struct proto_build *parent, *whole;
	unsigned i;

	if (!sym || !sym->data ||
	    (strcmp(sym->class, "protocol") != 0 &&
		strcmp(sym->class, "protocol template") != 0)) {
		check_error(check, &from->at,
		    sym ? "Template or protocol name expected"
			: "syntax error, unexpected '%s': template or protocol name "
			  "expected",
		    from->text);
		return false;
	}
	parent = sym->data;
	whole = parent->like ? parent->like : parent;
	if (whole->type != p->type) {
		check_error(check, &from->at,
		    "Can't copy configuration from a different protocol type");
		return false;
	}
	if (p->type->no_parent) {
		check_error(check, &from->at,
		    "Inheriting configuration for %s is not supported", p->type->shown);
		return false;
	}
	*p = *whole;
	if (whole != parent)
		p->p = parent->p;
	p->chan_end = parent->chan_end;
	for (i = 0; i < FAMILIES && parent->own_channels; i++)
		p->chan[i] = i < parent->chan_end ? parent->chan[i] : NULL;
	p->legacy = parent->own_channels ? parent->legacy : p->legacy;
	p->like = NULL;
	p->own_channels = false;
	p->next = NULL;
	p->p.channel_n = 0;
	p->p.route_n = 0;
	p->p.channel = NULL;
	if (p->p.kind == PROTO_BFD) /* as BIRD: interfaces and neighbours are not inherited */
		p->p.bfd.iface_n = p->p.bfd.neighbor_n = 0;
	p->legacy_at_set = false;
	routes_copy(check, p, whole->routes);
	channels_own(check, p);
	for (i = 0; i < CHAN_OTHERS && p->other[i].used; i++)
		p->other[i].block = false;
	return true;
}

static void
set_debug(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	p->p.debug = debug_mask(check, m->cap[0].arg);
}

static void
set_mrtdump(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	p->p.mrtdump = cap_mrt(check, &m->cap[0]);
	if (p->p.mrtdump && p->type->kind != PROTO_BGP)
		check_warn(check, &m->stmt->at,
		    "mrtdump of a %s protocol has no effect: there is nothing to write",
		    p->type->word);
}

/* In ms, at least 1. */
static void
set_restart_time(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	uint64_t us = 0;

	(void)rule;
	if (cap_time(check, &m->cap[0], &us))
		p->p.restart_time = us >= 1000ull * UINT32_MAX ? UINT32_MAX
				    : us < 1000		      ? us > 0
							      : (uint32_t)(us / 1000);
}

static void
set_vrf_default(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)check;
	(void)rule;
	p->p.vrf = VRF_DEFAULT;
}

#define IN_PROTO(field) offsetof(struct proto_build, p.field)
#define NOTHING(p, w)                                                                    \
	{                                                                                \
		.pattern = p, .fn = set_nothing, .words = w                              \
	}

const struct rule proto_rules[] = {
#define X(field, kind, dflt, lo, hi, change, words, effect)                              \
	ROW_##kind(IN_PROTO(field), words, kind, lo, hi, effect)
	PROTO_OPTIONS(X)
#undef X
	    { .pattern = "debug DEBUG", .fn = set_debug },
	{ .pattern = "mrtdump MRT", .fn = set_mrtdump },
	{ .pattern = "vrf default", .fn = set_vrf_default },
	{ .pattern = "restart time TIME", .fn = set_restart_time },
	NOTHING("thread group NAME", "thread group"),
	{ 0 },
};

/*
 * Statements of a channel in the protocol itself.
 */
static bool
is_word(const struct stmt *stmt, unsigned i, const char *word)
{
	return i < stmt->n && stmt->arg[i]->kind == ARG_WORD &&
	       strcmp(stmt->arg[i]->text, word) == 0;
}

static bool
is_legacy(struct check *check, const struct proto_build *p, const struct stmt *stmt)
{
	const struct arg *first = stmt->n ? stmt->arg[0] : NULL;
	unsigned kinds;

	if (!p->type->channels || !first || first->kind != ARG_WORD)
		return false;
	kinds = word_kinds(check, first->text);
	if (kinds & WORD_CHANNEL)
		return true;
	if (!(kinds & WORD_BGP_CHANNEL))
		return false;
	if (p->type->kind == PROTO_BGP)
		return !is_word(stmt, 1, "metric");
	return is_word(stmt, 0, "route") && is_word(stmt, 1, "limit");
}

static void
legacy_report(struct check *check, const struct place *at, const char *word)
{
	check_error(check, at,
	    "syntax error, unexpected '%s': it belongs into a channel (ipv4 { ... };)",
	    word);
}

static void
legacy_stmt(struct check *check, struct proto_build *p, const struct stmt *stmt)
{
	bool bgp = p->type->kind == PROTO_BGP;

	if (bgp ? check->two : !check->old) {
		legacy_report(check, &stmt->at, stmt->arg[0]->text);
		return;
	}
	check->old_policy |= bgp;
	if (!channel_own(check, p, &p->legacy)->used) {
		channel_init(check, p, p->legacy, "ipv4", "ipv4");
		p->legacy->type = NULL;
	}
	if (!p->legacy_at_set) {
		p->legacy_at = stmt->at;
		p->legacy_word = stmt->arg[0]->text;
	}
	p->legacy_at_set = true;
	words_stmt(check, stmt, 0,
	    (const struct rule *const[]){ bgp ? bgp_channel_rules : channel_rules,
		bgp ? channel_rules : NULL, NULL },
	    p->legacy);
}

/* A brace too many right behind the protocol: the one that opens the channel is missing. */
static bool
brace_behind(const struct check *check, const struct stmt *next)
{
	const struct messages *m = check->messages;
	unsigned i;

	for (i = 0; i < m->n; i++) {
		struct place at = { m->list[i].file, m->list[i].line, m->list[i].col };

		if (!m->list[i].warning && at.file && at.col &&
		    strstr(m->list[i].text, "unexpected '}'") &&
		    source_order(check->source, &check->bare.end, &at) < 0 &&
		    (!next || source_order(check->source, &at, &next->at) < 0))
			return true;
	}
	return false;
}

void
proto_behind(struct check *check, const struct stmt *next)
{
	if (!check->bare.word || (next && next->kind == STMT_WORDS && !next->n))
		return;
	if (brace_behind(check, next))
		legacy_report(check, &check->bare.at, check->bare.word);
	check->bare.word = NULL;
}

/* BIRD allows channels or bare statements in a body, not both. */
static void
legacy_check(struct check *check, struct proto_build *p)
{
	unsigned i;
	bool block = p->other[0].used;

	for (i = 0; i < p->chan_end; i++)
		block |= p->chan[i] != NULL;
	if (block && p->legacy && p->legacy->used)
		check_error(check, p->legacy_at_set ? &p->legacy_at : &p->end,
		    "syntax error: this statement belongs into one of the channels");
}

static void
proto_body(struct check *check, struct proto_build *p, const struct block *block)
{
	const struct rule *tables[8];
	rule_tables types;
	const struct stmt *stmt;
	unsigned n = 0;

	tables[n++] = proto_rules; /* types without support take anything */
	for (types = p->type->rules; *types; types++)
		tables[n++] = *types;
	tables[n] = NULL;
	check->lone_semicolons = strcmp(p->type->word, "babel") == 0;
	for (stmt = block->first; stmt && check_goes_on(check); stmt = stmt->next) {
		if (stmt->open && stmt->end.col)
			check_error(check, &stmt->end,
			    "syntax error, unexpected '}', expecting ';'");
		if (!stmt->n)
			continue;
		if (is_legacy(check, p, stmt))
			legacy_stmt(check, p, stmt);
		else
			words_stmt(check, stmt, 0, tables, p);
		if (stmt->kind == STMT_WORDS)
			routes_unfold(p, stmt);
	}
}

/* `protocol TYPE [VARIANT] [NAME] [from NAME] {`: NULL, or where the head goes wrong. */
static const struct arg *
head_read(const struct stmt *stmt, const struct arg **name, const struct arg **from)
{
	unsigned i = 1, end = stmt->n - 1;
	const char *type = stmt->arg[0]->text;
	static const char *const variants[] = { "ng", "v2", "v3", NULL };
	unsigned v;

	for (v = 0; variants[v] && i < end &&
		    (strcmp(type, "ospf") == 0 || strcmp(type, "rip") == 0);
	     v++)
		if (stmt->arg[i]->text && strcmp(stmt->arg[i]->text, variants[v]) == 0) {
			i++;
			break;
		}
	if (i < end && stmt->arg[i]->kind == ARG_WORD &&
	    strcmp(stmt->arg[i]->text, "from") != 0)
		*name = stmt->arg[i++];
	if (i + 1 < end && stmt->arg[i]->kind == ARG_WORD &&
	    strcmp(stmt->arg[i]->text, "from") == 0 &&
	    stmt->arg[i + 1]->kind == ARG_WORD) {
		*from = stmt->arg[i + 1];
		i += 2;
	}
	return i < end ? stmt->arg[i] : NULL;
}

static void
proto_begin(struct proto_build *p, const struct stmt *stmt, const char *name)
{
	p->template = stmt->template;
	p->at = stmt->at;
	p->end = stmt->end;
	p->p.name = name;
	p->p.kind = p->type->kind;
	p->p.kind_name = p->type->shown;
	p->p.file = p->at.file;
	p->p.line = p->at.line;
}

/* Did the parser find anything wrong between the braces? What is missing may have been
 * said there. */
static bool
faulty(const struct check *check, const struct proto_build *p)
{
	const struct messages *m = check->messages;
	unsigned i;

	if (!p->end.col)
		return true;
	for (i = 0; i < m->n; i++) {
		struct place at = { m->list[i].file, m->list[i].line, m->list[i].col };

		if (!m->list[i].warning && at.file && at.col &&
		    source_order(check->source, &p->at, &at) <= 0 &&
		    source_order(check->source, &at, &p->end) <= 0)
			return true;
	}
	return false;
}

/* Gives back what it shares with the last whole one. */
static void
proto_cut(struct check *check, struct proto_build *p)
{
	const size_t tail = offsetof(struct proto_build, type);
	const struct proto_build *last = check->proto_last;
	size_t keep = offsetof(struct proto_build, legacy);

	if (p->p.kind != PROTO_BGP || !last ||
	    memcmp((const char *)last + tail, (const char *)p + tail,
		sizeof(*p) - tail) != 0) {
		check->proto_last = p;
		return;
	}
	p->like = last;
	p->own_channels = p->legacy != last->legacy ||
			  memcmp(p->chan, last->chan, sizeof(p->chan)) != 0;
	if (p->own_channels)
		keep = offsetof(struct proto_build, chan[p->chan_end]);
	arena_pop(check->body->protos, (char *)p + keep, sizeof(*p) - keep);
}

/* The end of a protocol that is not a template: it stands in the model from here on. */
static void
proto_end(struct check *check, struct proto_build *p, bool clean)
{
	if (p->type->finish && clean && !faulty(check, p))
		p->type->finish(check, p);
	if (p->type->kind == PROTO_OTHER)
		check_warn(check, &p->at, "Protocol %s (%s) has no effect yet", p->p.name,
		    p->type->word);
	channels_share(check, p);
	*check->protos_end = p;
	check->protos_end = &p->next;
	check->proto_n++;
	proto_cut(check, p);
}

static void
device_check(struct check *check, const struct proto_build *p, const struct stmt *stmt)
{
	if (p->type->kind != PROTO_DEVICE || stmt->template)
		return;
	if (check->device)
		check_error(
		    check, &stmt->arg[0]->at, "Kernel device protocol already defined");
	check->device = true;
}

/* Reads the head: the type, a name (made if none is given) and the parent or NULL. */
static bool
proto_head(struct check *check, struct proto_build *p, const struct stmt *stmt,
    struct arg *name, const struct arg **from)
{
	const struct arg *given = NULL, *bad;

	if (stmt->n < 2 || stmt->arg[0]->kind != ARG_WORD) {
		check_error(
		    check, &stmt->arg[0]->at, "syntax error, expecting a protocol type");
		return false;
	}
	p->type = type_find(check, stmt->arg[0]);
	if (!p->type)
		return false;
	bad = head_read(stmt, &given, from);
	if (bad) {
		check_error(check, &bad->at,
		    "syntax error, unexpected '%s', expecting 'from' or '{'",
		    bad->text ? bad->text : "a value");
		return false;
	}
	if (given)
		*name = *given;
	else
		name->text = name_make(check, p->type->word);
	return true;
}

void
proto_define(struct check *check, const struct stmt *stmt)
{
	struct proto_build *p = ARENA_NEW(check->body->protos, struct proto_build);
	struct arg name = { .kind = ARG_WORD, .at = stmt->at };
	unsigned errors = check->errors;
	const struct arg *from = NULL;
	struct symbol *sym;

	if (!proto_head(check, p, stmt, &name, &from))
		return;
	channels_own(check, p);
	sym = check_define(check, name.text,
	    stmt->template ? "protocol template" : "protocol", &name.at);
	device_check(check, p, stmt);
	p->p.debug = check->debug;
	p->p.mrtdump = check->mrtdump;
	if (!from && p->type->begin)
		p->type->begin(check, p);
	if (from && !parent_copy(check, p, from))
		return;
	proto_begin(p, stmt, name.text);
	if (sym)
		sym->data = p;
	proto_body(check, p, stmt->arg[stmt->n - 1]->block);
	legacy_check(check, p);
	if (p->legacy_at_set)
		check->bare = (struct bare){ p->legacy_word, p->legacy_at, p->end };
	if (!p->template)
		proto_end(check, p, check->errors == errors);
}
