/*
 * The tree as text.  Operators stand in brackets wherever they are operands, statements
 * under `if`, `for` and `case` in braces, so nothing depends on precedence, and text made
 * of a tree that was read from such text is the same text.
 */
#include "lang/show.h"

#include <string.h>

static void show_in(FILE *, const struct ast *);

static void
indent(FILE *f, unsigned tabs)
{
	while (tabs--)
		fputc('\t', f);
}

void
show_name(FILE *f, const char *name)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	bool plain = name[strspn(name, letters)] == 0 && !(*name >= '0' && *name <= '9');

	fprintf(f, plain ? "%s" : "'%s'", name);
}

void
show_type(FILE *f, const char *type)
{
	fputs(type, f);
}

static const char *
operator_text(enum ast_kind kind)
{
	switch (kind) {
	case AST_AND: return "&&";
	case AST_OR: return "||";
	case AST_EQ: return "=";
	case AST_NE: return "!=";
	case AST_LT: return "<";
	case AST_LE: return "<=";
	case AST_GT: return ">";
	case AST_GE: return ">=";
	case AST_MATCH: return "~";
	case AST_NOMATCH: return "!~";
	case AST_ADD: return "+";
	case AST_SUB: return "-";
	case AST_MUL: return "*";
	case AST_DIV: return "/";
	case AST_CONCAT: return "++";
	case AST_BITAND: return "&";
	case AST_BITOR: return "|";
	default: return NULL;
	}
}

static void
show_list(FILE *f, const struct ast *a, unsigned from,
    void (*show)(FILE *, const struct ast *))
{
	unsigned i;

	for (i = from; i < a->n; i++) {
		if (i > from)
			fputs(", ", f);
		show(f, a->kid[i]);
	}
}

static void
show_net(FILE *f, const struct net *net)
{
	char text[NET_TEXT_MAX];

	fputs(net_format(net, text), f);
}

static void
show_pattern(FILE *f, const struct net *net, unsigned low, unsigned high)
{
	unsigned len = net->plen;

	show_net(f, net);
	if (low == len && high == len)
		return;
	if (low == len && high == net_plen_max(net->type))
		fputc('+', f);
	else if (low == 0 && high == len)
		fputc('-', f);
	else
		fprintf(f, "{%u,%u}", low, high);
}

static void
show_run(FILE *f, const struct ast_run *r)
{
	const uint32_t *word = r->word;
	unsigned i, low, high;

	for (i = 0; i < r->n; i++, word += run_words[r->kind]) {
		fputs(i ? ", " : "", f);
		if (r->kind == RUN_PAIR) {
			fprintf(f, "(%u, %u)", *word >> 16, *word & 0xffff);
		} else if (r->kind != RUN_NUM) {
			struct net net = run_net(r, i, &low, &high);

			show_pattern(f, &net, low, high);
		} else if (word[0] == word[1]) {
			fprintf(f, "%u", *word);
		} else {
			fprintf(f, "%u .. %u", word[0], word[1]);
		}
	}
}

/* Elements of sets and labels: what is no literal stands in brackets. */
static void
show_item(FILE *f, const struct ast *a)
{
	switch (a->kind) {
	case AST_RANGE:
		show_item(f, a->kid[0]);
		fputs(" .. ", f);
		show_item(f, a->kid[1]);
		break;
	case AST_PATTERN: show_pattern(f, &a->net, a->num, a->num2); break;
	case AST_RUN: show_run(f, &a->run); break;
	case AST_NUM:
	case AST_IP:
	case AST_ENUM:
	case AST_RD:
	case AST_OTHERNET:
	case AST_PAIR:
	case AST_TRIPLE:
	case AST_EC: show_expr(f, a); break;
	default:
		fputc('(', f);
		show_expr(f, a);
		fputc(')', f);
	}
}

/* A part of a pair: a range, `*` or a value. */
static void
show_comp(FILE *f, const struct ast *a)
{
	if (a->kind == AST_TEXT && strcmp(a->text, "*") == 0) {
		fputc('*', f);
	} else if (a->kind == AST_RANGE) {
		show_in(f, a->kid[0]);
		fputs(" .. ", f);
		show_in(f, a->kid[1]);
	} else {
		show_in(f, a);
	}
}

static void
show_ec(FILE *f, const struct ast *a)
{
	fprintf(f, "(%s", a->text);
	if (strcmp(a->text, "unknown") == 0)
		fprintf(f, " %u", a->num);
	fputs(", ", f);
	show_list(f, a, 0, show_comp);
	fputc(')', f);
}

static void
show_mask(FILE *f, const struct ast *a)
{
	unsigned i;

	fputs("[=", f);
	for (i = 0; i < a->n; i++) {
		const struct ast *k = a->kid[i];

		fputc(' ', f);
		if (k->kind == AST_TEXT || k->kind == AST_NAME)
			fputs(k->text, f);
		else if (k->kind == AST_RANGE)
			fprintf(f, "%u..%u", k->kid[0]->num, k->kid[1]->num);
		else if (k->kind == AST_SET)
			show_expr(f, k);
		else
			show_item(f, k);
	}
	fputs(" =]", f);
}

/* eth MAC vlan N, evpn TYPE RD ..., neighbor IP%N */
static void
show_values(FILE *f, const struct ast *a)
{
	bool neighbor = strcmp(a->text, "neighbor") == 0;
	unsigned i;

	fputs(a->text, f);
	if (a->text2)
		fprintf(f, " %s", a->text2);
	for (i = 0; i < a->n; i++) {
		fputs(i && neighbor ? "%" : " ", f);
		if (i && strcmp(a->text, "eth") == 0)
			fputs("vlan ", f);
		show_comp(f, a->kid[i]);
	}
}

/* A component of a flow. */
static void
show_flat(FILE *f, const struct stmt *stmt)
{
	unsigned i;

	for (i = 0; i < stmt->n; i++) {
		fputc(' ', f);
		show_arg(f, stmt->arg[i], 0);
	}
	fputc(';', f);
}

/* Networks of other types than addresses. */
static void
show_other(FILE *f, const struct ast *a)
{
	if (strcmp(a->text, "vpn") == 0) {
		fprintf(f, "%s ", a->text2);
		show_net(f, &a->net);
	} else if (strcmp(a->text, "max") == 0) {
		show_net(f, &a->net);
		fprintf(f, " max %u as %u", a->num2, a->num);
	} else if (strcmp(a->text, "from") == 0) {
		show_net(f, &a->net);
		fputs(" from ", f);
		show_net(f, &a->kid[0]->net);
	} else if (a->block) {
		fprintf(f, "%s {", a->text);
		for (const struct stmt *stmt = a->block->first; stmt; stmt = stmt->next)
			show_flat(f, stmt);
		fputs(" }", f);
	} else if (a->n) {
		show_values(f, a);
	} else {
		fprintf(f, "%s %u", a->text, a->num);
	}
}

static void
show_method(FILE *f, const struct ast *a)
{
	show_in(f, a->kid[0]);
	fprintf(f, ".%s", a->text);
	if (a->n < 2)
		return;
	fputc('(', f);
	show_list(f, a, 1, show_expr);
	fputc(')', f);
}

static void
show_call(FILE *f, const struct ast *a)
{
	show_name(f, a->text);
	fputc('(', f);
	show_list(f, a, 0, show_expr);
	fputc(')', f);
}

static void
show_tuple(FILE *f, const struct ast *a, const char *open, const char *close,
    void (*show)(FILE *, const struct ast *))
{
	fputs(open, f);
	show_list(f, a, 0, show);
	fputs(close, f);
}

static void
show_literal(FILE *f, const struct ast *a)
{
	char text[IP_TEXT_MAX];

	switch (a->kind) {
	case AST_NUM: fprintf(f, "%u", a->num); break;
	case AST_BOOL: fputs(a->num ? "true" : "false", f); break;
	case AST_TEXT: fprintf(f, "\"%s\"", a->text); break;
	case AST_IP: fputs(ip_format(&a->ip, text), f); break;
	case AST_NET: show_net(f, &a->net); break;
	case AST_NAME: show_name(f, a->text); break;
	default: fputs(a->text ? a->text : "", f);
	}
}

void
show_expr(FILE *f, const struct ast *a)
{
	if (operator_text(a->kind)) {
		show_in(f, a->kid[0]);
		fprintf(f, " %s ", operator_text(a->kind));
		show_in(f, a->kid[1]);
		return;
	}
	switch (a->kind) {
	case AST_PAIR:
	case AST_TRIPLE: show_tuple(f, a, "(", ")", show_comp); break;
	case AST_EC: show_ec(f, a); break;
	case AST_SET: show_tuple(f, a, "[", "]", show_item); break;
	case AST_RANGE:
	case AST_PATTERN: show_item(f, a); break;
	case AST_PATHMASK: show_mask(f, a); break;
	case AST_OTHERNET: show_other(f, a); break;
	case AST_CALL: show_call(f, a); break;
	case AST_METHOD: show_method(f, a); break;
	case AST_NOT:
	case AST_NEG:
		fputc(a->kind == AST_NOT ? '!' : '-', f);
		show_in(f, a->kid[0]);
		break;
	default: show_literal(f, a);
	}
}

/* As an operand. */
static void
show_in(FILE *f, const struct ast *a)
{
	bool brackets = operator_text(a->kind) || a->kind == AST_NOT;

	if (brackets)
		fputc('(', f);
	show_expr(f, a);
	if (brackets)
		fputc(')', f);
}

/*
 * Statements.
 */
static void show_cmd(FILE *, const struct ast *, unsigned tabs);

void
show_block(FILE *f, const struct ast *a, unsigned tabs)
{
	unsigned i;

	fputs("{\n", f);
	if (a && a->kind != AST_BLOCK)
		show_cmd(f, a, tabs + 1);
	for (i = 0; a && a->kind == AST_BLOCK && i < a->n; i++)
		show_cmd(f, a->kid[i], tabs + 1);
	indent(f, tabs);
	fputc('}', f);
}

static void
show_if(FILE *f, const struct ast *a, unsigned tabs)
{
	fputs("if ", f);
	show_expr(f, a->kid[0]);
	fputs(" then ", f);
	show_block(f, a->kid[1], tabs);
	if (a->n > 2 && a->kid[2]) {
		fputs(" else ", f);
		show_block(f, a->kid[2], tabs);
	}
	fputc('\n', f);
}

/* One statement an arm, as BIRD 3 wants it. */
static void
show_arm(FILE *f, const struct ast *arm, unsigned tabs)
{
	const struct ast *body = arm->kid[1];

	indent(f, tabs);
	if (arm->kid[0])
		show_list(f, arm->kid[0], 0, show_item);
	else
		fputs("else", f);
	fputs(arm->kid[0] ? " : " : ": ", f); /* an IPv6 address is no label with `:` */
	if (body->n == 1 && body->kid[0] && body->kid[0]->kind == AST_BLOCK)
		body = body->kid[0];
	show_block(f, body, tabs);
	fputc('\n', f);
}

static void
show_case(FILE *f, const struct ast *a, unsigned tabs)
{
	unsigned i;

	fputs("case ", f);
	show_expr(f, a->kid[0]);
	fputs(" {\n", f);
	for (i = 1; i < a->n; i++)
		show_arm(f, a->kid[i], tabs + 1);
	indent(f, tabs);
	fputs("}\n", f);
}

static void
show_for(FILE *f, const struct ast *a, unsigned tabs)
{
	fputs("for ", f);
	if (a->text2)
		fprintf(f, "%s ", a->text2);
	show_name(f, a->text);
	fputs(" in ", f);
	show_expr(f, a->kid[0]);
	fputs(" do ", f);
	show_block(f, a->kid[1], tabs);
	fputc('\n', f);
}

/* A word, perhaps with values behind it. */
static void
show_words(FILE *f, const char *word, const struct ast *a)
{
	fputs(word, f);
	if (a->n && a->kid[0]) {
		fputc(' ', f);
		show_list(f, a, 0, show_expr);
	}
}

static void
show_simple(FILE *f, const struct ast *a)
{
	switch (a->kind) {
	case AST_VAR:
		fprintf(f, "%s ", a->text2);
		show_name(f, a->text);
		if (a->n && a->kid[0]) {
			fputs(" = ", f);
			show_expr(f, a->kid[0]);
		}
		break;
	case AST_ASSIGN:
		show_expr(f, a->kid[0]);
		fputs(" = ", f);
		show_expr(f, a->kid[1]);
		break;
	case AST_UNSET: show_tuple(f, a, "unset(", ")", show_expr); break;
	case AST_ACCEPT: show_words(f, "accept", a); break;
	case AST_REJECT: show_words(f, a->num ? "error" : "reject", a); break;
	case AST_RETURN: show_words(f, "return", a); break;
	case AST_PRINT: show_words(f, a->num ? "printn" : "print", a); break;
	case AST_EXPR: show_expr(f, a->kid[0]); break;
	default: show_expr(f, a);
	}
	fputs(";\n", f);
}

static void
show_cmd(FILE *f, const struct ast *a, unsigned tabs)
{
	indent(f, tabs);
	switch (a->kind) {
	case AST_BLOCK:
		show_block(f, a, tabs);
		fputc('\n', f);
		break;
	case AST_IF: show_if(f, a, tabs); break;
	case AST_CASE: show_case(f, a, tabs); break;
	case AST_FOR: show_for(f, a, tabs); break;
	default: show_simple(f, a);
	}
}

static void
show_params(FILE *f, const struct ast_def *def)
{
	unsigned i;

	fputc('(', f);
	for (i = 0; i < def->param_n; i++) {
		fprintf(f, "%s%s ", i ? "; " : "", def->param[i].type);
		show_name(f, def->param[i].name);
	}
	fputc(')', f);
	if (def->type)
		fprintf(f, " -> %s", def->type);
}

void
show_def(FILE *f, const struct ast_def *def)
{
	if (def->kind == DEF_CONST) {
		fputs("define ", f);
		show_name(f, def->name);
		fputs(" = ", f);
		show_expr(f, def->body);
		fputs(";\n", f);
		return;
	}
	fputs(def->kind == DEF_FILTER ? "filter " : "function ", f);
	show_name(f, def->name);
	if (def->kind == DEF_FUNCTION)
		show_params(f, def);
	fputc('\n', f);
	show_block(f, def->body, 0);
	fputc('\n', f);
}
