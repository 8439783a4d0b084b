/*
 * Views: applying messages, following a log, splitting and joining.
 */
#include <stdio.h>
#include "base/mem.h"
#include "base/wire.h"
#include "views.h"

static size_t
held_size(const struct bench *b)
{
	return b->table->n * sizeof(uint32_t);
}

/* A sender is not told its own routes. */
static uint32_t
expected(const struct bench *b, const struct view *v, uint32_t prefix)
{
	const struct table *t = b->table;

	if (v->sender >= 0 && t->best[t->group_of[prefix]] == v->sender)
		return 0;
	return t->expected[prefix];
}

void
view_recount(const struct bench *b, struct view *v)
{
	v->wrong = 0;
	for (uint32_t i = 0; i < b->table->n; i++)
		v->wrong += v->held[i] != expected(b, v, i);
}

void
view_expect(const struct bench *b, struct view *v, uint32_t prefix, uint32_t old)
{
	uint32_t want = expected(b, v, prefix);

	if (want) {
		v->wrong -= v->held[prefix] != old;
		v->wrong += v->held[prefix] != want;
	}
}

struct view *
view_new(struct bench *b, int sender)
{
	struct view *v = MEM_NEW(struct view);

	v->sender = sender;
	v->held = mem_alloc(held_size(b));
	v->next = b->views;
	b->views = v;
	view_recount(b, v);
	return v;
}

static void
view_free(struct bench *b, struct view *v)
{
	struct view **link = &b->views;

	while (*link != v)
		link = &(*link)->next;
	*link = v->next;
	if (b->fresh == v)
		b->fresh = NULL;
	mem_free(v->held);
	mem_free(v->start);
	mem_free(v->steps);
	bytes_fini(&v->log);
	mem_free(v);
}

void
view_leave(struct peer *p)
{
	struct view *v = p->view;

	p->view = NULL;
	if (v && --v->members == 0)
		view_free(p->bench, v);
}

void
view_join(struct peer *p, struct view *v)
{
	v->members++;
	view_leave(p);
	p->view = v;
	p->index = p->at = 0;
}

/* -- applying ----------------------------------------------------------------------------- */

static void
hold(const struct bench *b, struct view *v, uint32_t prefix, uint32_t hash)
{
	uint32_t want = expected(b, v, prefix), old = v->held[prefix];

	v->held[prefix] = hash;
	v->wrong -= old != want;
	v->wrong += hash != want;
}

static uint32_t
churn_seq(const uint8_t *value, size_t len)
{
	return len == 12 && get_u32(value + 4) == CHURN_MARK ? get_u32(value + 8) : NO_SEQ;
}

static uint32_t
hash_attrs(const struct bench *b, struct wire w, uint32_t *seq)
{
	uint64_t h = 0;

	while (wire_left(&w)) {
		unsigned flags = wire_u8(&w), code = wire_u8(&w);
		size_t len = flags & AF_EXTENDED ? wire_u16(&w) : wire_u8(&w);
		const uint8_t *value = wire_take(&w, len);

		if (w.bad)
			return 0xffffffff;
		h += attr_hash(code, value, len);
		if (code == ATTR_LARGE_COMMUNITY)
			*seq = churn_seq(value, len);
	}
	return b->table->count_only ? 1 : hash_keep(h);
}

static uint16_t
each_prefix(const struct bench *b, struct view *v, struct wire w, uint32_t hash)
{
	uint16_t n = 0;

	for (; wire_left(&w); n++) {
		unsigned plen = wire_u8(&w), len = (plen + 7) / 8;
		const uint8_t *key = wire_take(&w, len);
		uint32_t addr = 0, prefix;

		if (!key || len > 4)
			break;
		for (unsigned i = 0; i < len; i++)
			addr |= (uint32_t)key[i] << (24 - 8 * i);
		prefix = table_find(b->table, addr, plen);
		if (prefix == SLOT_NONE)
			v->unknown++;
		else
			hold(b, v, prefix, hash);
	}
	return n;
}

static struct step
view_apply(const struct bench *b, struct view *v, const uint8_t *body, size_t len)
{
	struct step s = { .len = (uint32_t)len, .seq = NO_SEQ };
	struct wire w = wire_init(body, len);
	struct wire withdrawn = wire_sub(&w, wire_u16(&w));
	struct wire attrs = wire_sub(&w, wire_u16(&w));

	if (w.bad) {
		v->unknown++;
		return s;
	}
	if (wire_left(&withdrawn))
		s.withdrawn = each_prefix(b, v, withdrawn, 0);
	if (wire_left(&w))
		s.announced = each_prefix(b, v, w, hash_attrs(b, attrs, &s.seq));
	return s;
}

static void
view_log(struct view *v, const struct step *s, const uint8_t *body)
{
	if (v->n == v->room) {
		v->room = v->room ? v->room * 2 : 1024;
		v->steps = mem_realloc(v->steps, v->room * sizeof(*v->steps));
	}
	v->steps[v->n++] = *s;
	bytes_add(&v->log, body, s->len);
}

/* -- following ---------------------------------------------------------------------------- */

/* The peer was told something else than the others: a view of its own, as far as it has come. */
static void
split(struct peer *p)
{
	struct bench *b = p->bench;
	struct view *old = p->view, *v = view_new(b, p->sender);
	size_t at = 0;

	if (old->start)
		memcpy(v->held, old->start, held_size(b));
	view_recount(b, v);
	for (size_t i = 0; i < p->index; at += old->steps[i++].len)
		view_apply(b, v, old->log.p + at, old->steps[i].len);
	view_join(p, v);
}

static bool
follows(const struct peer *p, const uint8_t *body, size_t len)
{
	const struct view *v = p->view;

	return v->steps[p->index].len == len && memcmp(v->log.p + p->at, body, len) == 0;
}

struct step
view_take(struct peer *p, const uint8_t *body, size_t len)
{
	struct view *v = p->view;
	struct step s;

	if (p->index < v->n && follows(p, body, len)) {
		s = v->steps[p->index++];
		p->at += len;
		return s;
	}
	if (p->index < v->n)
		split(p);
	v = p->view;
	s = view_apply(p->bench, v, body, len);
	if (v->members > 1 || v == p->bench->fresh) {
		view_log(v, &s, body);
		p->index++;
		p->at += len;
	}
	return s;
}

void
view_explain(const struct bench *b, const struct view *v, unsigned max)
{
	struct table *t = b->table;
	char text[IP_TEXT_MAX];

	for (uint32_t i = 0; i < t->n && max; i++) {
		struct ip ip = ip_from4(t->addr[i]);

		if (v->held[i] == expected(b, v, i))
			continue;
		fprintf(stderr, "\n  %s/%u: %s", ip_format(&ip, text), t->plen[i],
		    !v->held[i] ? "missing" : expected(b, v, i) ? "other attributes" :
		    "should not be there");
		fprintf(stderr, " (best is sender %u of group %u)", t->best[t->group_of[i]],
		    t->group_of[i]);
		max--;
	}
}

/* -- between phases ----------------------------------------------------------------------- */

static bool
at_end(const struct bench *b, const struct view *v)
{
	for (unsigned i = 0; i < b->n_peers; i++)
		if (b->peers[i].view == v && b->peers[i].index != v->n)
			return false;
	return true;
}

static void
log_restart(const struct bench *b, struct view *v)
{
	if (!v->start)
		v->start = mem_alloc(held_size(b));
	memcpy(v->start, v->held, held_size(b));
	v->n = v->log.n = 0;
	for (unsigned i = 0; i < b->n_peers; i++)
		if (b->peers[i].view == v)
			b->peers[i].index = b->peers[i].at = 0;
}

/* The first of the views, all with fresh logs, that holds the same. */
static struct view *
same_view(const struct bench *b, const struct view *v)
{
	struct view *o = b->views;

	while (o != v && (o->sender != v->sender || o->n || o->unknown || v->unknown ||
	    o->wrong != v->wrong || memcmp(o->held, v->held, held_size(b)) != 0))
		o = o->next;
	return o;
}

void
peers_settle(struct bench *b)
{
	b->fresh = NULL;
	for (struct view *v = b->views; v; v = v->next)
		if (at_end(b, v))
			log_restart(b, v);
	for (unsigned i = 0; i < b->n_peers; i++) {
		struct peer *p = &b->peers[i];
		struct view *same = p->view->n ? p->view : same_view(b, p->view);

		if (same != p->view)
			view_join(p, same);
	}
}
