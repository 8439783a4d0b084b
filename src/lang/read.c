/*
 * Entry points: start the scanner on a text, run the parser, hand out what it made.
 */
#include "lang/source.h"
#include "parse.h"

int mynah_lex_init_extra(struct source *, void **scanner);
int mynah_lex_destroy(void *scanner);
void *mynah__scan_buffer(char *, size_t size, void *scanner);
void mynah_pop_buffer_state(void *scanner);

static void
parse_run(struct source *src, int start, const char *name, const char *text, size_t len)
{
	const struct source_level *first = source_begin(src, name, text, len);

	if (!first)
		return;
	src->start = start;
	src->aside = true;
	src->tops = (struct stmts){ 0 };
	src->cursor = NULL;
	mynah_lex_init_extra(src, &src->scanner);
	mynah__scan_buffer(first->scan, first->scan_len + 2, src->scanner);
	mynah_parse(src);
	/* flex's own end forgets the texts around the last one */
	for (unsigned i = 0; i < INCLUDE_DEPTH_MAX; i++)
		mynah_pop_buffer_state(src->scanner);
	mynah_lex_destroy(src->scanner);
	source_end(src);
	if (src->untold)
		source_tell(src);
}

const struct block *
parse_file(struct source *src, const char *path)
{
	parse_run(src, TOK_START_CONFIG, path, NULL, 0);
	return src->block;
}

const struct block *
parse_text(struct source *src, const char *name, const char *text, size_t len)
{
	parse_run(src, TOK_START_CONFIG, name, text, len);
	return src->block;
}

const struct ast *
parse_expr(struct source *src, const char *name, const char *text, size_t len)
{
	parse_run(src, TOK_START_EXPR, name, text, len);
	if (src->expr && src->expr->depth > AST_DEPTH_MAX) {
		source_error(src, &src->expr->at, "Nesting too deep");
		src->expr = NULL;
	}
	return src->expr;
}

const struct arg *
parse_filter(struct source *src, const char *name, const char *text, size_t len)
{
	parse_run(src, TOK_START_FILTER, name, text, len);
	return src->filter;
}
