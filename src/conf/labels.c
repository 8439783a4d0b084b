/*
 * mpls domain NAME { label range NAME { start N; length N; }; }
 */
#include "conf/global.h"

#include <string.h>

#define MPLS_LABELS (1u << 20)

static void
set_range_number(struct check *check, const struct rule *rule, const struct match *m)
{
	struct label_range *r = m->to;
	uint32_t *field = rule->kind ? &r->length : &r->start;

	*(rule->kind ? &r->has_length : &r->has_start) = true;
	if (!cap_num(check, &m->cap[0], field))
		return;
	if (*field >= MPLS_LABELS)
		check_error(check, &m->cap[0].arg->at,
		    "MPLS label range %s must be less than 2^20", rule->words);
	else if (rule->kind && *field == 0)
		check_error(check, &m->cap[0].arg->at,
		    "MPLS label range length must be nonzero");
}

static const struct rule range_rules[] = {
	{ .pattern = "start NUM", .fn = set_range_number, .words = "start" },
	{ .pattern = "length NUM", .fn = set_range_number, .kind = 1, .words = "length" },
	{ 0 },
};

struct label_domain *
label_domain_find(const struct check *check, const char *name)
{
	struct label_domain *d = check->domains;

	while (d && strcmp(d->name, name) != 0)
		d = d->next;
	return d;
}

struct label_range *
label_range_find(const struct label_domain *d, const char *name)
{
	struct label_range *r = d->range;

	while (r && strcmp(r->name, name) != 0)
		r = r->next;
	return r;
}

static struct label_range *
range_get(struct check *check, struct label_domain *d, const char *name)
{
	struct label_range *r = label_range_find(d, name);

	if (r)
		return r;
	r = ARENA_NEW(check->keep, struct label_range);
	r->name = check_keep(check, name);
	r->next = d->range;
	return d->range = r;
}

/* With BIRD's ranges until others are said. */
static struct label_domain *
domain_new(struct check *check, const char *name)
{
	struct label_domain *d = ARENA_NEW(check->keep, struct label_domain), **end;

	d->name = check_keep(check, name);
	range_get(check, d, "static")->start = 16;
	range_get(check, d, "static")->length = 984;
	range_get(check, d, "dynamic")->start = 1000;
	range_get(check, d, "dynamic")->length = 9000;
	for (end = &check->domains; *end; end = &(*end)->next)
		;
	return *end = d;
}

struct label_domain *
label_domain_first(struct check *check, const struct place *at)
{
	if (check->domains)
		return check->domains;
	check_warn(check, at, "No MPLS domain defined");
	return domain_new(check, "");
}

static void
set_label_range(struct check *check, const struct rule *rule, const struct match *m)
{
	const struct block *block = m->cap[1].arg ? m->cap[1].arg->block : NULL;
	struct label_range r = { 0 }, *own;

	(void)rule;
	if (!block || !words_block(check, block,
			  (const struct rule *const[]){ range_rules, NULL }, &r))
		return;
	if (!r.has_start || !r.has_length)
		check_error(check, &block->end,
		    "MPLS label range start and length must be specified");
	else if (r.start + r.length > MPLS_LABELS)
		check_error(check, &block->end,
		    "MPLS label range end must be less than 2^20");
	own = range_get(check, m->to, m->cap[0].arg->text);
	own->start = r.start;
	own->length = r.length;
}

static void
ranges_compare(struct check *check, const struct label_domain *d, const struct place *at)
{
	for (const struct label_range *a = d->range; a; a = a->next)
		for (const struct label_range *b = a->next; b; b = b->next)
			if (a->start < b->start + b->length &&
			    b->start < a->start + a->length)
				check_warn(check, at,
				    "MPLS label ranges %s and %s overlap", a->name,
				    b->name);
}

static const struct rule domain_rules[] = {
	{ .pattern = "label range NAME [BLOCK]", .fn = set_label_range },
	{ 0 },
};

void
set_mpls_domain(struct check *check, const struct rule *rule, const struct match *m)
{
	const struct arg *name = m->cap[0].arg;
	struct label_domain *d;

	(void)rule;
	if (!check_define(check, name->text, "MPLS domain", &name->at))
		return;
	d = domain_new(check, name->text);
	if (m->cap[1].arg)
		words_block(check, m->cap[1].arg->block,
		    (const struct rule *const[]){ domain_rules, NULL }, d);
	ranges_compare(check, d, &name->at);
}
