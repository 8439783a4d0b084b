/*
 * Protocol l3vpn (RFC 4364): a VRF's tables on one side, tables of VPN routes on the other.
 *
 * Import targets become a filter, so that whatever a set can say is understood and two of
 * them can be compared; export targets are a list of communities.
 */
#include <string.h>

#include "conf/check.h"
#include "filter/vnet.h"

enum { HAS_RD = 1, HAS_IMPORT = 2, HAS_EXPORT = 4 };
enum { WAY_IMPORT, WAY_EXPORT, WAY_BOTH }; /* as the words stand in the patterns */

static void
distinguisher(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	const struct arg *a = m->cap[0].arg;

	(void)rule;
	p->flags |= HAS_RD;
	if (!rd_parse(a->text, &p->p.l3vpn.rd))
		check_error(check, &a->at, "Invalid route distinguisher %s", a->text);
}

/* Extended communities of kind rt. */
static bool
is_target(struct check *check, const struct ast *a)
{
	if (a && a->kind == AST_RANGE)
		return is_target(check, a->kid[0]) && is_target(check, a->kid[1]);
	if (a && a->kind == AST_EC && strcmp(a->text, "rt") == 0)
		return true;
	if (a)
		check_error(
		    check, &a->at, "Extended community is not route target");
	return false;
}

/* bgp_ext_community ~ [ ... ], or (rt, ...) ~ bgp_ext_community */
static struct filter *
import_filter(struct check *check, const struct ast *expr)
{
	struct arena *arena = check->tmp;
	struct ast *set = (struct ast *)(uintptr_t)expr; /* only read */
	struct ast *list = ast_text(arena, AST_NAME, &expr->at, "bgp_ext_community");
	bool one = expr->kind != AST_SET;

	return check_hold(check,
	    scope_compile_where(check->scope,
		ast_2(arena, AST_MATCH, &expr->at, one ? set : list, one ? list : set)));
}

static void
export_list(struct check *check, struct l3vpn_conf *l, const struct ast *expr)
{
	bool set = expr->kind == AST_SET;
	unsigned n = set ? expr->n : 1;
	uint64_t *list = ARENA_ARRAY(check->keep, uint64_t, n + 1);

	l->export_n = 0;
	l->export_target = list;
	for (unsigned i = 0; i < n; i++) {
		const struct ast *a = set ? expr->kid[i] : expr;

		if (a->kind != AST_EC)
			check_error(check, &a->at, "Export targets must be listed");
		else if (scope_eval_ec(check->scope, a, &list[l->export_n]))
			l->export_n++;
	}
}

static void
targets(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	const struct ast *expr = m->cap[1].arg->expr;
	unsigned way = m->cap[0].num;

	(void)rule;
	if (!expr)
		return;
	for (unsigned i = 0; i < (expr->kind == AST_SET ? expr->n : 1); i++)
		if (!is_target(check, expr->kind == AST_SET ? expr->kid[i] : expr))
			return;
	if (way != WAY_EXPORT) {
		p->p.l3vpn.import_target = import_filter(check, expr);
		p->flags |= HAS_IMPORT;
	}
	if (way != WAY_IMPORT) {
		export_list(check, &p->p.l3vpn, expr);
		p->flags |= HAS_EXPORT;
	}
}

static void
targets_word(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	bool all = m->cap[1].num == 0;
	unsigned way = m->cap[0].num;

	(void)rule;
	if (all && way != WAY_IMPORT) {
		check_error(check, &m->cap[1].arg->at,
		    "syntax error, unexpected 'all': only import target can be all");
		return;
	}
	if (way != WAY_EXPORT) {
		p->p.l3vpn.import_target =
		    check_hold(check, all ? filter_accept() : filter_reject());
		p->flags |= HAS_IMPORT;
	}
	if (way != WAY_IMPORT) {
		p->p.l3vpn.export_n = 0;
		p->flags |= HAS_EXPORT;
	}
}

static const struct rule l3vpn_rules[] = {
	{ .pattern = "route distinguisher RD", .fn = distinguisher },
	{ .pattern = "rd RD", .fn = distinguisher },
	{ .pattern = "import|export|route target all|none", .fn = targets_word },
	{ .pattern = "import|export|route target EXPR", .fn = targets },
	CHANNEL_ROWS,
	{ 0 },
};

static const struct chan_build *
mpls_channel(const struct proto_build *p)
{
	for (unsigned i = 0; i < CHAN_OTHERS && p->other[i].used; i++)
		if (strcmp(p->other[i].type, "mpls") == 0)
			return &p->other[i];
	return NULL;
}

static const char *
fault_of(const struct proto_build *p)
{
	if (!p->chan[FAM_IP4] != !p->chan[FAM_VPN4])
		return "For IPv4 L3VPN, both IPv4 and VPNv4 channels must be specified";
	if (!p->chan[FAM_IP6] != !p->chan[FAM_VPN6])
		return "For IPv6 L3VPN, both IPv6 and VPNv6 channels must be specified";
	if (!p->chan[FAM_IP4] && !p->chan[FAM_IP6])
		return "Channel not specified";
	if (!mpls_channel(p))
		return "MPLS channel not specified";
	if (!(p->flags & HAS_RD))
		return "Route distinguisher not specified";
	if (!(p->flags & HAS_IMPORT))
		return "Import target not specified";
	if (!(p->flags & HAS_EXPORT))
		return "Export target not specified";
	return NULL;
}

/* What goes through is all unless something is said; VPN routes are the better ones. */
static void
defaults(struct check *check, struct proto_build *p)
{
	static const enum family sides[] = { FAM_IP4, FAM_IP6, FAM_VPN4, FAM_VPN6 };

	for (unsigned i = 0; i < 4; i++) {
		struct chan_build *c = p->chan[sides[i]];

		if (!c)
			continue;
		if (!(c->said & SAID_EXPORT))
			c->c.export = check_hold(check, filter_accept());
		c->said |= SAID_EXPORT;
		if (i >= 2 && !(c->said & SAID_PREFERENCE))
			c->c.preference = 120;
	}
}

/* Where its labels are given from. */
static void
labels_find(struct check *check, struct l3vpn_conf *l, const struct chan_build *mpls)
{
	bool fixed = l->label_policy == LABEL_POLICY_STATIC;
	const struct label_domain *d = mpls->domain
					   ? label_domain_find(check, mpls->domain->text)
					   : label_domain_first(check, &mpls->at);
	const struct label_range *r = NULL;

	if (d)
		r = label_range_find(d, mpls->range ? mpls->range->text
					: fixed	    ? "static"
						    : "dynamic");
	if (!d)
		check_error(check, &mpls->domain->at, "MPLS domain %s is not defined",
		    mpls->domain->text);
	else if (!r)
		check_error(check, &mpls->range->at,
		    "MPLS domain %s has no label range %s", d->name, mpls->range->text);
	else {
		l->label_domain = d->name;
		l->label_start = r->start;
		l->label_n = r->length;
	}
}

static void
l3vpn_finish(struct check *check, struct proto_build *p)
{
	const char *fault = fault_of(p);
	const struct chan_build *mpls = mpls_channel(p);

	if (fault) {
		check_error(check, &p->end, "%s", fault);
		return;
	}
	p->p.l3vpn.label_policy =
	    mpls->label_policy ? mpls->label_policy : LABEL_POLICY_PREFIX;
	labels_find(check, &p->p.l3vpn, mpls);
	defaults(check, p);
	channels_finish(check, p);
}

const struct proto_type l3vpn_type = { .word = "l3vpn",
	.shown = "L3VPN",
	.kind = PROTO_L3VPN,
	.rules = (const struct rule *const[]){ l3vpn_rules, NULL },
	.finish = l3vpn_finish,
	.allowed =
	    (const char *const[]){ "ipv4", "ipv6", "vpn4", "vpn6", "mpls", NULL },
	.preference = 80 };
