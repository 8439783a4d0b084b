/*
 * Views: applying messages, following a log, splitting and joining.
 */
#include <stdio.h>
#include "base/mem.h"
#include "base/wire.h"
#include "views.h"

static size_t
places(const struct bench *b, const struct view *v)
{
	return b->table->n * v->width;
}

static size_t
held_size(const struct bench *b, const struct view *v)
{
	return places(b, v) * sizeof(uint32_t) * (v->width > 1 ? 2 : 1);
}

/* What is expected at a place.  A sender is not told its own routes. */
static uint32_t
expected(const struct bench *b, const struct view *v, size_t place)
{
	const struct table *t = b->table;

	if (v->width > 1)
		return t->paths[place];
	if (v->sender >= 0 &&
	    table_best_sender(t, (uint32_t)place) == (unsigned)v->sender)
		return 0;
	return t->expected[place];
}

void
view_recount(const struct bench *b, struct view *v)
{
	v->wrong = 0;
	for (size_t i = 0; i < places(b, v); i++)
		v->wrong += v->held[i] != expected(b, v, i);
}

void
view_expect(const struct bench *b, struct view *v, const struct churned *c)
{
	bool all = v->width > 1;
	size_t place = all ? (size_t)c->prefix * v->width + c->source : c->prefix;
	uint32_t want = expected(b, v, place), old = all ? c->old_path : c->old_best;

	if (want) {
		v->wrong -= v->held[place] != old;
		v->wrong += v->held[place] != want;
	}
}

struct view *
view_new(struct bench *b, int sender)
{
	struct view *v = MEM_NEW(struct view);

	v->sender = sender;
	v->width = sender < 0 && b->table->conf.add_path_rx ? b->table->sources : 1;
	v->held = mem_alloc(held_size(b, v));
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
hold(const struct bench *b, struct view *v, size_t place, uint32_t hash)
{
	uint32_t want = expected(b, v, place), old = v->held[place];

	v->held[place] = hash;
	v->wrong -= old != want;
	v->wrong += hash != want;
}

/* The place with this path id; v->width: none. */
static unsigned
place_of_id(const struct view *v, size_t ids, size_t first, uint32_t id)
{
	unsigned i = 0;

	while (i < v->width && !(v->held[first + i] && v->held[ids + first + i] == id))
		i++;
	return i;
}

/* With add-path.  A path takes the place of the one that had its id. */
static void
hold_path(struct bench *b, struct view *v, uint32_t prefix, uint32_t id, unsigned source,
    uint32_t hash)
{
	size_t ids = places(b, v), first = (size_t)prefix * v->width;
	unsigned old = place_of_id(v, ids, first, id);

	if (old < v->width && (!hash || old != source))
		hold(b, v, first + old, 0);
	if (!hash)
		return;
	b->moved += v->held[first + source] && old != source;
	hold(b, v, first + source, hash);
	v->held[ids + first + source] = id;
}

struct told { /* the attributes of an UPDATE */
	uint32_t hash, seq;
	unsigned source; /* the table's number of sources: of none */
};

static uint32_t
churn_seq(const uint8_t *value, size_t len)
{
	return len == 12 && get_u32(value + 4) == CHURN_MARK ? get_u32(value + 8)
							     : NO_SEQ;
}

static unsigned
source_of(const struct table *t, const uint8_t *path, size_t len)
{
	uint32_t as = len >= 6 ? get_u32(path + 2) : 0;

	return as >= FIRST_AS && as < FIRST_AS + 8 * t->sources ? (as - FIRST_AS) / 8 :
	    t->sources;
}

static struct told
read_attrs(const struct bench *b, struct wire w)
{
	struct told told = { .seq = NO_SEQ, .source = b->table->sources };
	uint64_t h = 0;

	while (wire_left(&w)) {
		unsigned flags = wire_u8(&w), code = wire_u8(&w);
		size_t len = flags & AF_EXTENDED ? wire_u16(&w) : wire_u8(&w);
		const uint8_t *value = wire_take(&w, len);

		if (w.bad)
			return (struct told){ 0xffffffff, NO_SEQ, b->table->sources };
		h += attr_hash(code, value, len);
		if (code == ATTR_LARGE_COMMUNITY)
			told.seq = churn_seq(value, len);
		if (code == ATTR_AS_PATH)
			told.source = source_of(b->table, value, len);
	}
	told.hash = b->table->conf.count_only ? 1 : hash_keep(h);
	return told;
}

/* The next prefix of a message, SLOT_NONE when it is none of the table's.  False at the end. */
static bool
next_prefix(const struct bench *b, const struct view *v, struct wire *w, uint32_t *prefix,
    uint32_t *id)
{
	unsigned plen, len;
	const uint8_t *key;
	uint32_t addr = 0;

	if (!wire_left(w))
		return false;
	*id = v->width > 1 ? wire_u32(w) : 0;
	plen = wire_u8(w);
	len = (plen + 7) / 8;
	key = wire_take(w, len);
	if (!key || len > 4)
		return false;
	for (unsigned i = 0; i < len; i++)
		addr |= (uint32_t)key[i] << (24 - 8 * i);
	*prefix = table_find(b->table, addr, plen);
	return true;
}

static uint16_t
each_prefix(struct bench *b, struct view *v, struct wire w, const struct told *told)
{
	uint32_t prefix, id;
	uint16_t n = 0;

	for (; next_prefix(b, v, &w, &prefix, &id); n++) {
		if (prefix == SLOT_NONE)
			v->unknown++;
		else if (v->width == 1)
			hold(b, v, prefix, told->hash);
		else if (told->hash && told->source == b->table->sources)
			v->unknown++;
		else
			hold_path(b, v, prefix, id, told->source, told->hash);
	}
	return n;
}

static struct step
view_apply(struct bench *b, struct view *v, const uint8_t *body, size_t len)
{
	static const struct told nothing;
	struct step s = { .len = (uint32_t)len, .seq = NO_SEQ };
	struct wire w = wire_init(body, len);
	struct wire withdrawn = wire_sub(&w, wire_u16(&w));
	struct wire attrs = wire_sub(&w, wire_u16(&w));

	if (w.bad) {
		v->unknown++;
		return s;
	}
	if (wire_left(&withdrawn))
		s.withdrawn = each_prefix(b, v, withdrawn, &nothing);
	if (wire_left(&w)) {
		struct told told = read_attrs(b, attrs);

		s.seq = told.seq;
		s.announced = each_prefix(b, v, w, &told);
	}
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
		memcpy(v->held, old->start, held_size(b, v));
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

/* Marks the prefixes of a message; returns how many had no mark. */
static uint32_t
mark_prefixes(const struct bench *b, const struct view *v, struct wire w, bool *marks)
{
	uint32_t prefix, id, n = 0;

	while (next_prefix(b, v, &w, &prefix, &id)) {
		if (prefix == SLOT_NONE || marks[prefix])
			continue;
		marks[prefix] = true;
		n++;
	}
	return n;
}

uint32_t
view_behind(const struct peer *p)
{
	const struct bench *b = p->bench;
	const struct view *v = p->view;
	bool *marks = MEM_ARRAY(bool, b->table->n);
	size_t at = p->at;
	uint32_t n = 0;

	for (size_t i = p->index; i < v->n; at += v->steps[i++].len) {
		struct wire w = wire_init(v->log.p + at, v->steps[i].len);
		struct wire withdrawn = wire_sub(&w, wire_u16(&w));

		wire_sub(&w, wire_u16(&w));
		n += mark_prefixes(b, v, withdrawn, marks) +
		     mark_prefixes(b, v, w, marks);
	}
	mem_free(marks);
	return n;
}

void
view_explain(const struct bench *b, const struct view *v, unsigned max)
{
	struct table *t = b->table;
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < places(b, v) && max; i++) {
		uint32_t prefix = (uint32_t)(i / v->width);
		struct ip ip = ip_from4(t->addr[prefix]);

		if (v->held[i] == expected(b, v, i))
			continue;
		fprintf(stderr, "\n  %s/%u: %s", ip_format(&ip, text), t->plen[prefix],
		    !v->held[i] ? "missing" : expected(b, v, i) ? "other attributes" :
		    "should not be there");
		fprintf(stderr, " (group %u, best is source %u", t->group_of[prefix],
		    t->best[t->group_of[prefix]]);
		if (v->width > 1)
			fprintf(stderr, ", this is source %zu", i % v->width);
		fprintf(stderr, ")");
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
		v->start = mem_alloc(held_size(b, v));
	memcpy(v->start, v->held, held_size(b, v));
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
	    o->wrong != v->wrong || memcmp(o->held, v->held, held_size(b, v)) != 0))
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
