/*
 * Channels: `ipv4 { ... };` in a protocol, and the same statements in the protocol itself
 * as 1.6 has them.  Channels of families without support are read and checked all the
 * same.
 */
#include <stdio.h>
#include <string.h>

#include "conf/check.h"

#define SYMBOL_TEXT_MAX 72

enum family
channel_family(const char *name)
{
	return family_by_words(name);
}

static const struct channel_conf channel_defaults = {
#define X(field, kind, dflt, ...) .field = dflt,
	CHANNEL_OPTIONS(X)
#undef X
};

void
channel_init(
    struct check *check, struct proto_build *p, struct chan_build *c, const char *type,
    const char *name)
{
	enum family family = channel_family(name);

	(void)check;
	c->c = channel_defaults;
	c->used = true;
	c->type = type;
	c->name = name;
	c->c.family = family;
	c->c.preference = p->type->preference ? p->type->preference : 100;
}

struct chan_build *
channel_own(struct check *check, struct proto_build *p, struct chan_build **place)
{
	struct chan_build *c = *place;

	if (place != &p->legacy && place - p->chan >= p->chan_end)
		p->chan_end = (uint8_t)(place - p->chan + 1);
	if (c && c->owner == p)
		return c;
	c = c ? arena_dup(check->body->channels, c, sizeof(*c))
	      : ARENA_NEW(check->body->channels, struct chan_build);
	c->owner = p;
	c->block = false;
	return *place = c;
}

void
channel_from_legacy(struct check *check, struct proto_build *p, enum family family)
{
	const char *type = family_info(family)->name;

	p->chan[family] = p->legacy;
	if (!channel_own(check, p, &p->chan[family])->used)
		channel_init(check, p, p->chan[family], type, type);
	p->chan[family]->type = p->chan[family]->name = type;
	p->chan[family]->c.family = family;
}

void
channel_open_legacy(struct check *check, struct proto_build *p)
{
	bool six = p->routes ? strcmp(p->routes->type, "ipv6") == 0 : check->six;

	if (check->old && !channel_first(p))
		channel_from_legacy(check, p, six ? FAM_IP6 : FAM_IP4);
}

void
channels_own(struct check *check, struct proto_build *p)
{
	static struct chan_build none[CHAN_OTHERS]; /* never written to */

	p->other = p->other && p->other != none
		       ? arena_dup(check->passing, p->other, sizeof(none))
		       : none;
}

struct chan_build *
channel_first(struct proto_build *p)
{
	unsigned i;

	for (i = 0; i < p->chan_end; i++)
		if (p->chan[i] && p->chan[i]->used)
			return p->chan[i];
	return p->other[0].used ? &p->other[0] : NULL;
}

/* Is it there for the labels of another channel's routes alone? */
static bool
is_for_labels(struct proto_build *p, enum family family)
{
	const struct chan_build *first = channel_first(p);

	return family == FAM_MPLS && (p->type->kind == PROTO_BGP ||
		p->type->kind == PROTO_L3VPN || (first && first != p->chan[FAM_MPLS]));
}

static struct chan_build *
channel_find(struct check *check, struct proto_build *p, const char *name)
{
	enum family family = channel_family(name);
	unsigned i;

	if (family != FAM_NONE && !is_for_labels(p, family))
		return channel_own(check, p, &p->chan[family]);
	if (!p->other[0].used)
		p->other = ARENA_ARRAY(check->passing, struct chan_build, CHAN_OTHERS);
	for (i = 0; i < CHAN_OTHERS; i++)
		if (!p->other[i].used || strcmp(p->other[i].name, name) == 0)
			return &p->other[i];
	return NULL;
}

static bool
channel_has_bgp(const struct chan_build *c)
{
	return c->c.family != FAM_NONE && family_info(c->c.family)->afi;
}

static bool
allowed_type(const char *const *allowed, const char *type)
{
	while (*allowed && strcmp(*allowed, type) != 0)
		allowed++;
	return *allowed != NULL;
}

struct chan_build *
channel_open(struct check *check, struct proto_build *p, const struct match *m,
    const char *type, const char *name)
{
	bool others = channel_first(p) != NULL;
	enum family family = channel_family(name);
	struct chan_build *c;

	if (p->type->allowed && !allowed_type(p->type->allowed, type)) {
		check_error(check, &m->stmt->at,
		    "syntax error, unexpected '%s': not a channel of this protocol",
		    type);
		return NULL;
	}
	c = channel_find(check, p, name);
	if (!c)
		return NULL;
	if (c->block) {
		check_error(check, &m->stmt->at, "Multiple %s channels", name);
		return NULL;
	}
	if (!c->used && p->type->one_channel && others && strcmp(type, "mpls") != 0) {
		check_error(check, &m->stmt->at, "Different channel type");
		if (family != FAM_NONE)
			p->chan[family] = NULL;
		return NULL;
	}
	if (!c->used)
		channel_init(check, p, c, type, name);
	if (is_for_labels(p, family))
		c->c.family = FAM_NONE;
	c->gives_labels = p->type->kind == PROTO_L3VPN && strcmp(type, "mpls") == 0;
	c->block = true;
	c->at = m->stmt->at;
	if (!channel_has_bgp(c) && p->type->kind == PROTO_BGP)
		check_warn(check, &m->stmt->at,
		    "Channel %s is not supported yet: it stays down", name);
	if (!table_for(check, type, NULL) && !is_for_labels(p, family) &&
	    strcmp(type, "neighbors") != 0)
		check_error(check, &m->stmt->at,
		    "Routing table not specified: there is no table of "
		    "type %s",
		    type);
	return c;
}

/* Captures: types, more words or none (kind 0 only), block or none. */
void
channel_block(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	const struct arg *more = rule->kind ? NULL : m->cap[1].arg;
	const struct arg *block = m->cap[rule->kind ? 1 : 2].arg;
	const char *type = rule->words ? rule->words : m->cap[0].arg->text;
	const char *name = more ? arena_printf(check->tmp, "%s %s", type, more->text)
				: type;
	struct chan_build *c = channel_open(
	    check, p, m, type, name);
	bool bgp = p->type->kind == PROTO_BGP;

	if (c && block)
		words_block(check, block->block,
		    (const struct rule *const[]){ bgp ? bgp_channel_rules : channel_rules,
			bgp ? channel_rules : NULL, NULL },
		    c);
}

bool
channel_is_flow(const struct chan_build *c)
{
	return c->type && strncmp(c->type, "flow", 4) == 0;
}

/* In a 1.6 file a table takes the family of the first who uses it; the other family gets
 * one of its own. */
static struct table_build *
table_second(struct check *check, const struct table_build *t, const char *type)
{
	char name[SYMBOL_TEXT_MAX];
	struct symbol *sym;

	snprintf(name, sizeof(name), "%.60s%c", t->conf.name, type[3]);
	sym = symtab_find(check->names, name);
	return sym ? sym->data
		   : table_new(
			 check, check_keep(check, name), type, &(struct place){ 0 });
}

void
channel_table(struct check *check, struct chan_build *c)
{
	struct table_build *t = c->table;

	if (!t)
		t = table_for(check, c->type, NULL);
	else if (!t->type)
		t = table_for(check, c->type, t->conf.name);
	if (t && strcmp(t->type, c->type) != 0)
		t = table_second(check, t, c->type);
	c->table = t;
	c->c.table = t ? &t->conf : NULL;
}

/* The networks that its flows are held against: of the unicast channel, else of the default
 * table. */
static struct table_build *
base_table(struct check *check, const struct proto_build *p, const struct chan_build *c)
{
	bool v4 = c->c.family == FAM_FLOW4;
	const struct chan_build *unicast = p->chan[v4 ? FAM_IP4 : FAM_IP6];

	if (c->base || !c->c.validate)
		return c->base;
	if (unicast && unicast->table)
		return unicast->table;
	return table_for(check, v4 ? "ipv4" : "ipv6", NULL);
}

static void
base_finish(struct check *check, const struct proto_build *p, const struct chan_build *c,
    struct channel_conf *out)
{
	const struct table_build *t = channel_is_flow(c) ? base_table(check, p, c) : NULL;

	if (t && !t->trie)
		check_error(check, &p->end,
		    "Flowspec validation requires base table (%s) with trie",
		    t->conf.name);
	out->base = t && out->validate ? &t->conf : NULL;
}

/* What was not said, once all of the protocol is known.  False: it has no such channel. */
static bool
channel_finish(struct check *check, const struct proto_build *p, struct chan_build *c,
    struct channel_conf *out)
{
	if (!c->c.table)
		channel_table(check, c);
	if (out != &c->c)
		*out = c->c;
	if (!(c->said & SAID_IMPORT))
		out->import = check_hold(check, filter_accept());
	if (!(c->said & SAID_EXPORT))
		out->export = check_hold(check, filter_reject());
	if (!(c->said & SAID_KEEP) && p->type->kind == PROTO_BGP)
		out->next_hop_keep = p->p.bgp.rs_client	  ? ONLY_BOTH
				     : p->p.bgp.rr_client ? ONLY_IBGP
							  : 0;
	base_finish(check, p, c, out);
	if (out->keep_filtered && p->type->kind != PROTO_BGP)
		check_warn(check, &c->at,
		    "Option 'import keep filtered' has no effect for this protocol");
	return out->table && out->import && out->export &&
	       (p->type->kind != PROTO_BGP || channel_has_bgp(c));
}

/* The one channel of a protocol that has no other, if it is its own: it becomes that of the
 * model as it stands. */
static struct chan_build *
channel_alone(const struct proto_build *p)
{
	struct chan_build *c = NULL;
	unsigned i;

	for (i = 0; i < p->chan_end; i++) {
		if (c && p->chan[i])
			return NULL;
		c = c ? c : p->chan[i];
	}
	return c && c->owner == p ? c : NULL;
}

/* Neighbours of one template have the same channels: they are kept once. */
void
channels_finish(struct check *check, struct proto_build *p)
{
	const struct proto_build *last = check->channels_last;
	struct chan_build *alone = channel_alone(p);
	struct channel_conf many[CHANNELS_MAX], *list = alone ? &alone->c : many;
	unsigned i, n = 0;

	for (i = 0; i < p->chan_end; i++)
		if (p->chan[i] && channel_finish(check, p, p->chan[i], &list[n]))
			n++;
	if (!n)
		return;
	p->p.channel_n = n;
	if (last && last->p.channel_n == n &&
	    memcmp(last->p.channel, list, n * sizeof(*list)) == 0)
		p->p.channel = last->p.channel;
	else
		p->p.channel =
		    alone ? list : arena_dup(check->tmp, list, n * sizeof(*list));
	check->channels_last = p;
}

static bool
channel_same(const struct chan_build *a, const struct chan_build *b)
{
	return a->used == b->used && a->said == b->said && a->type == b->type &&
	       a->name == b->name && a->table == b->table && a->base == b->base &&
	       memcmp(&a->c, &b->c, sizeof(a->c)) == 0;
}

void
channels_share(struct check *check, struct proto_build *p)
{
	const struct proto_build *last = check->proto_last;
	unsigned i;

	for (i = p->chan_end; last && i-- > 0;) {
		struct chan_build *own = p->chan[i], *other = last->chan[i];

		if (!own || own->owner != p || !other || !channel_same(own, other))
			continue;
		p->chan[i] = other;
		if (p->legacy == own)
			p->legacy = other;
		if (p->p.channel == &own->c)
			p->p.channel = &other->c;
		arena_pop(check->body->channels, own, sizeof(*own));
	}
}
