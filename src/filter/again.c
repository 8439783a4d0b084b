/*
 * Code without a name that is written at one protocol after another is compiled once: the
 * key of what was compiled last is kept, and what may have given its names another meaning
 * since then.
 */
#include <string.h>

#include "filter/comp.h"
#include "filter/filter.h"

#define KEY_MAX 4096

struct again {
	uint8_t key[2][KEY_MAX]; /* of the last, and of the one that is asked for */
	size_t len[2];
	unsigned last; /* which of both */
	enum op end;
	size_t symbols; /* of the scope, then */
	const struct scope_table *tables;
	struct filter *filter; /* NULL: none yet */
};

struct filter *
again_find(struct scope *scope, const struct ast *block, enum op end)
{
	struct again *again = scope->again;
	unsigned now;

	if (!again)
		again = scope->again = ARENA_NEW(scope->keep, struct again);
	now = !again->last;
	again->len[now] = ast_key(block, again->key[now], KEY_MAX);
	if (!again->filter || !again->len[now] || again->len[now] != again->len[!now] ||
	    again->end != end || again->symbols != scope->n ||
	    again->tables != scope->tables ||
	    memcmp(again->key[now], again->key[!now], again->len[now]) != 0)
		return NULL;
	filter_ref(again->filter);
	return again->filter;
}

void
again_keep(struct scope *scope, struct filter *f, enum op end)
{
	struct again *again = scope->again;

	again_forget(scope);
	if (!f)
		return;
	filter_ref(f);
	again->filter = f;
	again->last = !again->last;
	again->end = end;
	again->symbols = scope->n;
	again->tables = scope->tables;
}

void
again_forget(struct scope *scope)
{
	if (!scope->again)
		return;
	filter_unref(scope->again->filter);
	scope->again->filter = NULL;
}
