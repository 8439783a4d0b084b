/*
 * Statements of the configuration as text: words and values with a space between them,
 * blocks with a line for each statement.
 */
#include "lang/show.h"

#include <string.h>

static void
indent(FILE *f, unsigned tabs)
{
	while (tabs--)
		fputc('\t', f);
}

static void
show_options(FILE *f, const struct block *block, unsigned tabs)
{
	const struct stmt *stmt;

	fputs("{\n", f);
	for (stmt = block->first; stmt; stmt = stmt->next)
		show_stmt(f, stmt, tabs + 1);
	indent(f, tabs);
	fputc('}', f);
}

static void
show_filter(FILE *f, const struct arg *arg, unsigned tabs)
{
	fputs("filter ", f);
	if (arg->expr)
		show_block(f, arg->expr, tabs);
	else
		show_name(f, arg->text);
}

static void
show_bracketed(FILE *f, const struct ast *expr)
{
	bool open = expr->kind == AST_SET || expr->kind == AST_PAIR ||
		    expr->kind == AST_TRIPLE || expr->kind == AST_EC;

	fputs(open ? "" : "(", f);
	show_expr(f, expr);
	fputs(open ? "" : ")", f);
}

void
show_arg(FILE *f, const struct arg *arg, unsigned tabs)
{
	char text[NET_TEXT_MAX > IP_TEXT_MAX ? NET_TEXT_MAX : IP_TEXT_MAX];

	switch (arg->kind) {
	case ARG_WORD: show_name(f, arg->text); break;
	case ARG_OTHER:
	case ARG_PUNCT: fputs(arg->text, f); break;
	case ARG_NUM: fprintf(f, "%u", arg->num); break;
	case ARG_TEXT: fprintf(f, "\"%s\"", arg->text); break;
	case ARG_IP: fputs(ip_format(arg->ip, text), f); break;
	case ARG_NET: fputs(net_format(arg->net, text), f); break;
	case ARG_EXPR: show_bracketed(f, arg->expr); break;
	case ARG_BLOCK: show_options(f, arg->block, tabs); break;
	case ARG_FLOW:
		fprintf(f, "%s ", arg->text);
		show_options(f, arg->block, tabs);
		break;
	case ARG_BODY: show_block(f, arg->expr, tabs); break; /* of a route */
	case ARG_FILTER: show_filter(f, arg, tabs); break;
	case ARG_WHERE:
		fputs("where ", f);
		show_expr(f, arg->expr);
		break;
	}
}

static bool
is_route(const struct stmt *stmt)
{
	return stmt->arg[0]->text && strcmp(stmt->arg[0]->text, "route") == 0;
}

void
show_stmt(FILE *f, const struct stmt *stmt, unsigned tabs)
{
	unsigned i;

	if (!stmt->n)
		return;
	indent(f, tabs);
	for (i = 0; i < stmt->n; i++) {
		if (i && !(stmt->arg[i]->kind == ARG_PUNCT && *stmt->arg[i]->text == ','))
			fputc(' ', f);
		if (stmt->arg[i]->kind == ARG_BODY && !is_route(stmt))
			fputs("by ", f);
		show_arg(f, stmt->arg[i], tabs);
	}
	fputs(stmt->open ? "\n" : ";\n", f);
}
