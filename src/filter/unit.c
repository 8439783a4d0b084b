/*
 * Code under construction, and the linker: it gathers the functions a filter reaches,
 * lays them into one image and resolves constants, calls and slots to offsets.
 */
#include "filter/code.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "filter/blob.h"

const struct op_info op_info[OPS] = {
#define X(name, operand, delta, inputs, text)                                            \
	[OP_##name] = { operand, delta, inputs, text },
	FILTER_OPS(X)
#undef X
};

struct unit *
unit_new(struct arena *arena, const char *name)
{
	struct unit *u = ARENA_NEW(arena, struct unit);

	u->arena = arena;
	u->name = name;
	return u;
}

/* Room for one more element; the old array is left to the arena. */
static void *
grow(struct arena *arena, void *old, size_t n, size_t *room, size_t size)
{
	void *at = old;

	if (n < *room)
		return at;
	*room = *room ? *room * 2 : 16;
	at = arena_alloc(arena, *room * size);
	if (n)
		memcpy(at, old, n * size);
	return at;
}

size_t
unit_emit(struct unit *u, const struct place *at, enum op op, unsigned a, unsigned b,
    uint32_t c)
{
	size_t room = u->room;

	if (u->n >= UNIT_CODE_MAX) {
		u->too_long = true;
		return 0;
	}
	u->code = grow(u->arena, u->code, u->n, &room, sizeof(*u->code));
	u->places = grow(u->arena, u->places, u->n, &u->room, sizeof(*u->places));
	u->code[u->n] = (struct insn){ (uint8_t)op, (uint8_t)a, (uint16_t)b, c };
	u->places[u->n] = *at;
	u->depth += op_info[op].delta;
	if (op == OP_MASK || op == OP_CALL || op == OP_PRINT)
		u->depth -= (int)b;
	assert(u->depth >= 0);
	if (u->depth > u->depth_max)
		u->depth_max = u->depth;
	return u->n++;
}

void
unit_land(struct unit *u, size_t jump)
{
	if (!u->too_long)
		u->code[jump].c = (uint32_t)u->n;
	u->landed = u->n;
}

bool
unit_is_open(const struct unit *u)
{
	if (!u->n || u->landed == u->n)
		return true;
	switch (u->code[u->n - 1].op) {
	case OP_JUMP:
	case OP_RETURN:
	case OP_ACCEPT:
	case OP_REJECT:
	case OP_ERROR: return false;
	}
	return true;
}

uint32_t
unit_add_const(struct unit *u, const struct val *v)
{
	u->consts = grow(
	    u->arena, u->consts, u->const_n, &u->const_room, sizeof(*u->consts));
	u->consts[u->const_n] = u->lasts && val_is_bytes(v) &&
					!arena_holds(u->arena, v->data)
				    ? val_dup(u->arena, v)
				    : *v;
	return (uint32_t)u->const_n++;
}

void
unit_const(struct unit *u, const struct place *at, const struct val *v)
{
	if (v->type == VAL_VOID)
		unit_emit(u, at, OP_VOID, 0, 0, 0);
	else if (v->type <= VAL_ENUM)
		unit_emit(u, at, OP_NUM, v->type, v->sub, v->num);
	else
		unit_emit(u, at, OP_CONST, v->type, v->sub, unit_add_const(u, v));
}

void
unit_call(struct unit *u, const struct place *at, struct unit *callee)
{
	uint32_t i = 0;

	while (i < u->call_n && u->calls[i] != callee)
		i++;
	if (i == u->call_n) {
		u->calls = grow(u->arena, u->calls, i, &u->call_room, sizeof(*u->calls));
		u->calls[u->call_n++] = callee;
	}
	unit_emit(u, at, OP_CALL, 0, callee->argc, i);
}

void
unit_name_var(struct unit *u, unsigned var, const char *name)
{
	const char *old;
	char *both;

	while (var >= u->var_room) {
		size_t had = u->var_room;

		u->var_names = grow(
		    u->arena, u->var_names, had, &u->var_room, sizeof(*u->var_names));
		for (size_t i = had; i < u->var_room; i++)
			u->var_names[i] = "";
	}
	old = u->var_names[var];
	if (strcmp(old, name) == 0)
		return;
	both = arena_alloc(u->arena, strlen(old) + strlen(name) + 2);
	sprintf(both, "%s%s%s", old, *old ? "/" : "", name);
	u->var_names[var] = both;
}

/*
 * Linker.  Constants that are equal bytes are kept once, found by hash.
 */
struct link {
	struct arena *arena;
	struct unit **units;
	size_t n, room, code;
	uint8_t *bytes;
	size_t len, bytes_room;
	uint32_t *index; /* offset + 1 by hash, open addressing */
	size_t index_n, index_room;
	uint32_t slots[SLOTS_MAX]; /* the scope's numbers */
	unsigned slot_n;
	const char *files[255];
	unsigned file_n;
	struct blob **blobs;
	size_t blob_n, blob_room;
	uint32_t inputs;
	bool failed;
};

static void
gather(struct link *l, struct unit *first)
{
	first->mark = 1;
	l->units = grow(l->arena, l->units, l->n, &l->room, sizeof(*l->units));
	l->units[l->n++] = first;
	/* the array is also the queue, so depth of calls costs no stack */
	for (size_t i = 0; i < l->n; i++) {
		struct unit *u = l->units[i];

		l->code += u->n;
		l->failed |= u->too_long || l->n > FUNCS_MAX || l->code > UNIT_CODE_MAX;
		for (size_t k = 0; k < u->call_n; k++) {
			if (u->calls[k]->mark)
				continue;
			l->units = grow(
			    l->arena, l->units, l->n, &l->room, sizeof(*l->units));
			l->units[l->n++] = u->calls[k];
			u->calls[k]->mark = (unsigned)l->n;
		}
	}
}

static uint64_t
hash_bytes(const void *data, size_t n)
{
	const uint8_t *p = data;
	uint64_t h = 0x9e3779b97f4a7c15u ^ n, w;

	for (; n; p += 8) {
		size_t k = n < 8 ? n : 8;

		w = 0;
		memcpy(&w, p, k);
		h = (h ^ w) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
		n -= k;
	}
	return h;
}

static void
index_grow(struct link *l)
{
	size_t room = l->index_room ? l->index_room * 2 : 64;
	uint32_t *index = ARENA_ARRAY(l->arena, uint32_t, room), len;

	for (size_t i = 0; i < l->index_room; i++) {
		size_t at;

		if (!l->index[i])
			continue;
		memcpy(&len, l->bytes + l->index[i] - 1, 4);
		at = hash_bytes(l->bytes + l->index[i] - 1, len + 4) & (room - 1);
		while (index[at])
			at = (at + 1) & (room - 1);
		index[at] = l->index[i];
	}
	l->index = index;
	l->index_room = room;
}

/* Appends length and bytes; a copy that is there already is taken instead. */
static uint32_t
put_const(struct link *l, const void *data, uint32_t len)
{
	size_t need = 4 + (((size_t)len + 3) & ~(size_t)3), at;

	while (l->len + need > l->bytes_room) {
		uint8_t *old = l->bytes;

		l->bytes_room = l->bytes_room ? l->bytes_room * 2 : 1024;
		l->bytes = arena_alloc(l->arena, l->bytes_room);
		if (l->len)
			memcpy(l->bytes, old, l->len);
	}
	if (l->index_n * 2 >= l->index_room)
		index_grow(l);
	memset(l->bytes + l->len, 0, need);
	memcpy(l->bytes + l->len, &len, 4);
	if (len)
		memcpy(l->bytes + l->len + 4, data, len);
	at = hash_bytes(l->bytes + l->len, len + 4) & (l->index_room - 1);
	for (; l->index[at]; at = (at + 1) & (l->index_room - 1)) {
		if (memcmp(l->bytes + l->index[at] - 1, l->bytes + l->len, 4 + len) == 0)
			return l->index[at] - 1;
	}
	l->index[at] = (uint32_t)l->len + 1;
	l->index_n++;
	l->len += need;
	l->failed |= l->len > UINT32_MAX / 2;
	return l->index[at] - 1;
}

static uint32_t
link_const(struct link *l, const struct val *v)
{
	switch (v->type) {
	case VAL_IP: return put_const(l, &v->ip, sizeof(v->ip));
	case VAL_RD:
	case VAL_MAC:
	case VAL_EC: return put_const(l, &v->ec, sizeof(v->ec));
	case VAL_LC: return put_const(l, v->lc, sizeof(v->lc));
	}
	return put_const(l, v->data, v->len);
}

/* An instruction for a large constant: kept once, told apart by its address. */
static void
link_shared(struct link *l, struct insn *x, const struct val *v)
{
	struct blob *blob = blob_get(v->data, v->len);
	size_t i = 0;

	while (i < l->blob_n && l->blobs[i] != blob)
		i++;
	if (i < l->blob_n) {
		blob_unref(blob);
	} else {
		l->blobs = grow(
		    l->arena, l->blobs, i, &l->blob_room, sizeof(struct blob *));
		l->blobs[l->blob_n++] = blob;
	}
	x->op = OP_SHARED;
	x->c = put_const(l, &blob, sizeof(struct blob *));
}

static uint32_t
link_slot(struct link *l, uint32_t number)
{
	unsigned i = 0;

	while (i < l->slot_n && l->slots[i] != number)
		i++;
	if (i < l->slot_n)
		return i;
	if (i == SLOTS_MAX) {
		l->failed = true;
		return 0;
	}
	l->slots[l->slot_n++] = number;
	return i;
}

static uint32_t
link_place(struct link *l, const struct place *at)
{
	const char *file = at->file ? at->file : "";
	unsigned i = 0;

	while (i < l->file_n && l->files[i] != file && strcmp(l->files[i], file) != 0)
		i++;
	if (i == l->file_n && l->file_n < 255)
		l->files[l->file_n++] = file;
	return (i < 255 ? i : 0) << 24 | (at->line & 0xffffff);
}

static void
link_unit(struct link *l, const struct unit *u, uint32_t base, struct insn *code,
    uint32_t *lines)
{
	for (size_t i = 0; i < u->n; i++) {
		struct insn *x = &code[base + i];
		const struct val *v;

		*x = u->code[i];
		lines[base + i] = link_place(l, &u->places[i]);
		l->inputs |= op_info[x->op].inputs;
		switch (op_info[x->op].operand) {
		case C_JUMP: x->c += base; break;
		case C_CONST:
			v = &u->consts[x->c];
			if (x->op == OP_CONST && val_is_bytes(v) && v->len >= BLOB_MIN)
				link_shared(l, x, v);
			else
				x->c = link_const(l, v);
			break;
		case C_CALL: x->c = u->calls[x->c]->mark - 1; break;
		case C_SLOT: x->c = link_slot(l, x->c); break;
		}
	}
}

static _Atomic uint64_t serial = 16; /* the constant filters have the first ones */

uint64_t
filter_serial_new(void)
{
	return atomic_fetch_add_explicit(&serial, 1, memory_order_relaxed);
}

/* What is told about the code and is no part of it: files, functions, variables. */
struct texts {
	const char **at;
	size_t n, bytes;
};

static void
text_add(struct texts *t, const char *text)
{
	t->at[t->n++] = text ? text : "";
	t->bytes += strlen(t->at[t->n - 1]) + 1;
}

static struct texts
gather_texts(const struct link *l)
{
	struct texts t = { 0 };
	size_t n = l->file_n + l->n;

	for (size_t i = 0; i < l->n; i++)
		n += l->units[i]->vars;
	t.at = ARENA_ARRAY(l->arena, const char *, n);
	for (unsigned i = 0; i < l->file_n; i++)
		text_add(&t, l->files[i]);
	for (size_t i = 0; i < l->n; i++)
		text_add(&t, l->units[i]->name);
	for (size_t i = 0; i < l->n; i++)
		for (unsigned v = 0; v < l->units[i]->vars; v++)
			text_add(&t, v < l->units[i]->var_room ? l->units[i]->var_names[v]
							       : "");
	return t;
}

/* Copies them to where there is room, and puts the copies into `to`. */
static char *
put_texts(const struct texts *t, const char **to, char *room)
{
	for (size_t i = 0; i < t->n; i++) {
		to[i] = strcpy(room, t->at[i]);
		room += strlen(room) + 1;
	}
	return room;
}

/* Lays everything into one allocation: struct, blobs, image, lines, texts. */
static struct filter *
pack(struct link *l, const struct func *funcs, const struct insn *code,
    const uint32_t *lines, const char *name)
{
	size_t funcs_len = l->n * sizeof(*funcs), code_len = l->code * sizeof(*code);
	size_t image = sizeof(struct image_head) + funcs_len + code_len + l->len;
	size_t blobs_len = l->blob_n * sizeof(struct blob *);
	struct texts texts = gather_texts(l);
	struct image_head head = { (uint32_t)l->n, l->slot_n, (uint32_t)l->code,
		(uint32_t)l->len };
	struct filter *f;
	const char **text;
	uint8_t *p;
	char *rest;

	f = mem_alloc(sizeof(*f) + texts.n * sizeof(char *) + blobs_len + image +
		      4 * l->code + texts.bytes + (name ? strlen(name) + 1 : 0));
	text = (const char **)(f + 1);
	p = (uint8_t *)(text + texts.n);
	f->blobs = (struct blob **)(void *)p;
	f->blob_n = (uint32_t)l->blob_n;
	if (blobs_len)
		memcpy(p, l->blobs, blobs_len);
	p += blobs_len;
	f->image = memcpy(p, &head, sizeof(head));
	f->image_len = image;
	f->funcs = memcpy(p + sizeof(head), funcs, funcs_len);
	f->code = memcpy(p + sizeof(head) + funcs_len, code, code_len);
	f->bytes = p + sizeof(head) + funcs_len + code_len;
	if (l->len)
		memcpy(p + image - l->len, l->bytes, l->len);
	f->lines = memcpy(p + image, lines, 4 * l->code);
	rest = put_texts(&texts, text, (char *)(p + image + 4 * l->code));
	f->files = text;
	f->func_names = text + l->file_n;
	f->var_names = f->func_names + l->n;
	f->name = name ? strcpy(rest, name) : NULL;
	f->inputs = l->inputs;
	f->hash = hash_bytes(f->image, image);
	f->serial = filter_serial_new();
	atomic_init(&f->refs, 1);
	return f;
}

static struct filter *
link_all(struct link *l, const char *name)
{
	struct func *funcs = ARENA_ARRAY(l->arena, struct func, l->n);
	struct insn *code = ARENA_ARRAY(l->arena, struct insn, l->code + 1);
	uint32_t *lines = ARENA_ARRAY(l->arena, uint32_t, l->code + 1), base = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct unit *u = l->units[i];

		funcs[i] = (struct func){ base, u->argc, u->vars,
			u->vars + (unsigned)u->depth_max };
		link_unit(l, u, base, code, lines);
		base += (uint32_t)u->n;
	}
	if (!l->failed)
		return pack(l, funcs, code, lines, name);
	for (size_t i = 0; i < l->blob_n; i++)
		blob_unref(l->blobs[i]);
	return NULL;
}

struct filter *
unit_link(struct unit *u, const char *name)
{
	struct link *l = ARENA_NEW(u->arena, struct link);
	struct filter *f;

	l->arena = u->arena;
	gather(l, u);
	f = l->failed ? NULL : link_all(l, name);
	for (size_t i = 0; i < l->n; i++)
		l->units[i]->mark = 0;
	return f;
}
