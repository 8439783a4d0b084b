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

/*
 * Runs.
 */
#define RUN_MIN 16
#define RUN_MAX 4096

const unsigned run_words[RUN_KINDS] = { 2, 1, 2, 5 };

static bool
is_num(const struct ast *a)
{
	return a && a->kind == AST_NUM;
}

static bool
run_take_net(const struct ast *a, enum run_kind *kind, uint32_t *word)
{
	bool six = a->net.type == NET_IP6;
	unsigned i;

	if (a->num > a->num2 || a->num2 > net_plen_max(a->net.type))
		return false;
	*kind = six ? RUN_NET6 : RUN_NET4;
	for (i = 0; i < run_words[*kind] - 1; i++)
		word[i] = (uint32_t)a->net.key[4 * i] << 24 |
			  (uint32_t)a->net.key[4 * i + 1] << 16 |
			  (uint32_t)a->net.key[4 * i + 2] << 8 | a->net.key[4 * i + 3];
	word[i] = (uint32_t)a->net.plen << 16 | a->num << 8 | a->num2;
	return true;
}

/* The words of a member about which nothing can be wrong. */
static bool
run_take(const struct ast *a, enum run_kind *kind, uint32_t *word)
{
	const struct ast *const *kid = (const struct ast *const *)a->kid;

	switch (a->kind) {
	case AST_NUM:
		*kind = RUN_NUM;
		word[0] = word[1] = a->num;
		return true;
	case AST_RANGE:
		*kind = RUN_NUM;
		if (!is_num(kid[0]) || !is_num(kid[1]) || kid[0]->num >= kid[1]->num)
			return false;
		word[0] = kid[0]->num;
		word[1] = kid[1]->num;
		return true;
	case AST_PAIR:
		*kind = RUN_PAIR;
		if (!is_num(kid[0]) || !is_num(kid[1]) || kid[0]->num > 0xffff ||
		    kid[1]->num > 0xffff)
			return false;
		word[0] = kid[0]->num << 16 | kid[1]->num;
		return true;
	case AST_PATTERN: return run_take_net(a, kind, word);
	default: return false;
	}
}

static struct ast *
run_new(struct arena *arena, const struct ast *last, enum run_kind kind,
    const struct place *at)
{
	struct ast *node = ast_new(arena, AST_RUN, at);
	unsigned room = last && last->kind == AST_RUN ? last->run.room * 4 : RUN_MIN;

	node->run.kind = kind;
	node->run.room = room < RUN_MAX ? room : RUN_MAX;
	node->run.word = ARENA_ARRAY(arena, uint32_t, node->run.room * run_words[kind]);
	return node;
}

/* In the order opposite to that in which they were made; of two kids, either was the
 * first. */
static void
nodes_pop(struct arena *arena, struct ast *a)
{
	struct ast *kid[2] = { NULL };
	unsigned n = a->n;

	if (n) {
		memcpy(kid, a->kid, n * sizeof(*kid));
		arena_pop(arena, a->kid, n * sizeof(*kid));
	}
	arena_pop(arena, a, sizeof(*a));
	if (n > 1)
		arena_pop(arena, kid[kid[0] < kid[1]], sizeof(*a));
	if (n > 1)
		arena_pop(arena, kid[kid[0] > kid[1]], sizeof(*a));
	else if (n)
		arena_pop(arena, kid[0], sizeof(*a));
}

struct ast *
ast_add_member(struct arena *arena, struct ast *set, struct ast *member)
{
	struct ast *last = set->n ? set->kid[set->n - 1] : NULL;
	struct place at;
	enum run_kind kind;
	uint32_t word[5];
	struct ast_run *r;

	if (!member || !run_take(member, &kind, word))
		return ast_add(arena, set, member);
	at = member->at;
	nodes_pop(arena, member);
	if (!last || last->kind != AST_RUN || last->run.kind != kind ||
	    last->run.n == last->run.room) {
		last = run_new(arena, last, kind, &at);
		ast_add(arena, set, last);
	}
	r = &last->run;
	memcpy(r->word + r->n++ * run_words[kind], word, run_words[kind] * sizeof(*word));
	return set;
}

struct net
run_net(const struct ast_run *r, unsigned i, unsigned *low, unsigned *high)
{
	const unsigned words = run_words[r->kind];
	const uint32_t *word = r->word + (size_t)i * words;
	struct net net = { .type = r->kind == RUN_NET6 ? NET_IP6 : NET_IP4 };
	unsigned k;

	for (k = 0; k < 4 * (words - 1); k++)
		net.key[k] = (uint8_t)(word[k / 4] >> (24 - 8 * (k % 4)));
	net.plen = (uint8_t)(word[words - 1] >> 16);
	*low = word[words - 1] >> 8 & 0xff;
	*high = word[words - 1] & 0xff;
	return net;
}
