/*
 * Constructors of the filter language's tree.  A node knows its depth, so that whoever
 * walks a tree by recursion is safe once the root was looked at.
 */
#include "lang/ast.h"

#include <string.h>

struct ast *
ast_new(struct arena *arena, enum ast_kind kind, const struct place *at)
{
	struct ast *node = ARENA_NEW(arena, struct ast);

	node->kind = kind;
	node->at = *at;
	node->depth = 1;
	return node;
}

struct ast *
ast_num(struct arena *arena, enum ast_kind kind, const struct place *at, uint32_t num)
{
	struct ast *node = ast_new(arena, kind, at);

	node->num = num;
	return node;
}

struct ast *
ast_text(
    struct arena *arena, enum ast_kind kind, const struct place *at, const char *text)
{
	struct ast *node = ast_new(arena, kind, at);

	node->text = text;
	return node;
}

static void
ast_grow(struct arena *arena, struct ast *node, unsigned room)
{
	struct ast **kid = ARENA_ARRAY(arena, struct ast *, room);

	if (node->n)
		memcpy(kid, node->kid, node->n * sizeof(*kid));
	node->kid = kid;
	node->room = room;
}

static void
ast_put(struct ast *node, struct ast *kid)
{
	node->kid[node->n++] = kid;
	if (kid && kid->depth >= node->depth)
		node->depth = kid->depth + 1;
}

struct ast *
ast_add(struct arena *arena, struct ast *node, struct ast *kid)
{
	if (!kid)
		return node;
	if (node->n == node->room)
		ast_grow(arena, node, node->room ? 2 * node->room : 4);
	ast_put(node, kid);
	return node;
}

struct ast *
ast_1(struct arena *arena, enum ast_kind kind, const struct place *at, struct ast *a)
{
	struct ast *node = ast_new(arena, kind, at);

	ast_grow(arena, node, 1);
	ast_put(node, a);
	return node;
}

struct ast *
ast_2(struct arena *arena, enum ast_kind kind, const struct place *at, struct ast *a,
    struct ast *b)
{
	struct ast *node = ast_new(arena, kind, at);

	ast_grow(arena, node, 2);
	ast_put(node, a);
	ast_put(node, b);
	return node;
}

struct ast *
ast_3(struct arena *arena, enum ast_kind kind, const struct place *at, struct ast *a,
    struct ast *b, struct ast *c)
{
	struct ast *node = ast_new(arena, kind, at);

	ast_grow(arena, node, 3);
	ast_put(node, a);
	ast_put(node, b);
	ast_put(node, c);
	return node;
}
