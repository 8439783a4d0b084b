/*
 * What a tree says, as bytes: trees with equal keys differ in their places only.
 */
#include <string.h>

#include "lang/ast.h"

struct key {
	uint8_t *at, *end;
	bool full;
};

static void
put(struct key *k, const void *data, size_t n)
{
	if (n > (size_t)(k->end - k->at)) {
		k->full = true;
		return;
	}
	memcpy(k->at, data, n);
	k->at += n;
}

/* Its length first, so that no two ways to cut the bytes are alike. */
static void
put_text(struct key *k, const char *text)
{
	uint32_t len = text ? (uint32_t)strlen(text) : UINT32_MAX;

	put(k, &len, sizeof(len));
	if (text)
		put(k, text, len);
}

static void
put_value(struct key *k, const struct ast *a)
{
	uint32_t run[2] = { a->run.kind, a->run.n };

	switch (a->kind) {
	case AST_IP: put(k, &a->ip, sizeof(a->ip)); break;
	case AST_NET:
	case AST_PATTERN:
	case AST_OTHERNET:
		put(k, &a->net.type, sizeof(a->net.type));
		put(k, a->net.key, sizeof(a->net.key));
		put(k, &a->net.plen, sizeof(a->net.plen));
		break;
	case AST_RUN:
		put(k, run, sizeof(run));
		put(k, a->run.word, (size_t)a->run.n * run_words[a->run.kind] * 4);
		break;
	default: break;
	}
}

static void
put_tree(struct key *k, const struct ast *a)
{
	uint32_t head[4] = { UINT32_MAX };

	if (!a) {
		put(k, head, sizeof(head));
		return;
	}
	k->full |= a->block != NULL; /* of a flow: not looked into */
	head[0] = a->kind;
	head[1] = a->num;
	head[2] = a->num2;
	head[3] = a->n;
	put(k, head, sizeof(head));
	put_text(k, a->text);
	put_text(k, a->text2);
	put_value(k, a);
	for (unsigned i = 0; i < a->n && !k->full; i++)
		put_tree(k, a->kid[i]);
}

size_t
ast_key(const struct ast *a, uint8_t *buf, size_t size)
{
	struct key k = { .at = buf, .end = buf + size };

	put_tree(&k, a);
	return k.full ? 0 : (size_t)(k.at - buf);
}
