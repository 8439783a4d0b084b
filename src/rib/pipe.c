/*
 * Pipes: every path of one table, through a filter, into another.
 *
 * Whose path it is must not get lost on the way: the decision and the rules of reflection
 * ask for the neighbour it came from.  So for each pipe and source there is a source of the
 * shard's own in the other table, a copy of the first one's description, made when the
 * first path goes through.
 *
 * What a node's paths are to be over there is compared with what is there (carry.c).
 *
 * A path does not go to a table it has been in, nor back through the same pipe.
 */
#include "rib/follow.h"

#include <string.h>
#include "base/log.h"
#include "base/mem.h"
#include "base/sorted.h"

uint32_t
pipe_root(const struct shard *s, uint32_t id)
{
	const struct channel *ch = shard_channel(s, id);

	while (ch && ch->upstream)
		ch = s->channels[id = ch->upstream];
	return id;
}

static bool
was_in(const struct shard *s, const struct channel *ch, uint32_t table)
{
	for (; ch; ch = ch->upstream ? s->channels[ch->upstream] : NULL)
		if (ch->d.table == table)
			return true;
	return false;
}

/*
 * Sources behind a pipe.
 */
struct behind {
	uint16_t upstream, id;
};

/* Where the source is in the pipe's list, or would be. */
static uint32_t
behind_place(const struct channel *pipe, uint32_t upstream)
{
	return SORTED_PLACE(pipe->behind, pipe->behind_n, upstream, upstream);
}

static struct channel *
behind_find(const struct shard *s, const struct channel *pipe, const struct channel *up)
{
	uint32_t i = behind_place(pipe, up->d.id);

	if (i == pipe->behind_n || pipe->behind[i].upstream != up->d.id)
		return NULL;
	return s->channels[pipe->behind[i].id];
}

static void
behind_link(struct shard *s, struct channel *pipe, struct channel *ch)
{
	uint32_t i = behind_place(pipe, ch->upstream);

	if (pipe->behind_n == pipe->behind_cap) {
		pipe->behind_cap = pipe->behind_cap ? pipe->behind_cap * 2 : 8;
		pipe->behind = mem_realloc(
		    pipe->behind, pipe->behind_cap * sizeof(*pipe->behind));
	}
	memmove(pipe->behind + i + 1, pipe->behind + i,
	    (pipe->behind_n++ - i) * sizeof(*pipe->behind));
	pipe->behind[i] = (struct behind){ ch->upstream, (uint16_t)ch->d.id };
	if (s->own_n == s->own_cap) {
		s->own_cap = s->own_cap ? s->own_cap * 2 : 64;
		s->own = mem_realloc(s->own, s->own_cap * sizeof(struct channel *));
	}
	ch->own_slot = s->own_n;
	s->own[s->own_n++] = ch;
}

static void
behind_unlink(struct shard *s, struct channel *pipe, const struct channel *ch)
{
	uint32_t i = behind_place(pipe, ch->upstream);

	memmove(pipe->behind + i, pipe->behind + i + 1,
	    (--pipe->behind_n - i) * sizeof(*pipe->behind));
	s->own[ch->own_slot] = s->own[--s->own_n];
	s->own[ch->own_slot]->own_slot = ch->own_slot;
}

static uint32_t
own_id(struct shard *s)
{
	uint32_t n = CHANNEL_MAX + 1 - CHANNEL_OWN;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t id = CHANNEL_OWN + s->own_next;

		s->own_next = (s->own_next + 1) % n;
		if (!shard_channel(s, id))
			return id;
	}
	if (!s->own_full)
		log_error("Pipes lead from more than %u sources: routes of further ones "
			  "are left out", n);
	s->own_full = true;
	return 0;
}

static struct channel_desc
behind_desc(const struct channel *pipe, const struct channel *up, uint32_t id)
{
	struct channel_desc d = up->d;

	d.id = id;
	d.table = pipe->d.pipe_to;
	d.sink = SINK_BGP;
	d.limits = pipe->limits; /* its own count where it comes in */
	d.receive_kept = true;
	d.export = NULL;
	return d;
}

static struct channel *
behind_new(struct shard *s, struct channel *pipe, struct channel *up)
{
	uint32_t id = own_id(s);
	struct channel_desc d = behind_desc(pipe, up, id);
	struct channel *ch;

	if (!id)
		return NULL;
	ch = channel_get(s, id);
	ch->table = shard_table(s, d.table);
	ch->table->channel_n++;
	ch->via = (uint16_t)pipe->d.id;
	ch->upstream = (uint16_t)up->d.id;
	pipe->children++;
	up->children++;
	channel_describe(s, ch, &d);
	behind_link(s, pipe, ch);
	if (d.kind != SOURCE_BGP)
		group_want_self(s, ch->table);
	return ch;
}

static struct channel *
behind_get(struct shard *s, struct channel *pipe, struct channel *up)
{
	struct channel *ch = behind_find(s, pipe, up);

	if (!ch)
		ch = behind_new(s, pipe, up);
	if (ch)
		ch->up = true; /* it may have been on its way out */
	return ch;
}

static void
behind_free(struct shard *s, struct channel *ch)
{
	struct channel *pipe = s->channels[ch->via];

	behind_unlink(s, pipe, ch);
	pipe->children--;
	s->channels[ch->upstream]->children--;
	ch->table->channel_n--;
	s->own_full = false;
	s->upkeep = true; /* others may have waited for it to go */
	channel_free(s, ch);
}

void
pipe_describe(struct shard *s, const struct channel *up)
{
	for (uint32_t i = 0; up->children && i < s->own_n; i++) {
		struct channel *ch = s->own[i];
		struct channel_desc d;

		if (ch->upstream != up->d.id)
			continue;
		d = behind_desc(s->channels[ch->via], up, ch->d.id);
		channel_describe(s, ch, &d);
		pipe_describe(s, ch);
	}
}

void
pipe_limits(struct shard *s, struct channel *pipe)
{
	for (uint32_t i = 0; i < pipe->behind_n; i++) {
		struct channel *ch = s->channels[pipe->behind[i].id];
		struct channel_desc d = ch->d;

		d.limits = pipe->limits;
		limit_describe(s, ch, &d);
	}
}

void
pipe_down(struct shard *s, struct channel *pipe)
{
	for (uint32_t i = 0; i < pipe->behind_n; i++)
		if (s->channels[pipe->behind[i].id]->up)
			channel_stop(s, s->channels[pipe->behind[i].id], false);
}

uint64_t
pipe_carried(const struct shard *s, const struct channel *pipe)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < pipe->behind_n; i++)
		n += s->channels[pipe->behind[i].id]->in.imported;
	return n;
}

void
pipe_lead(struct shard *s, struct channel *pipe, uint32_t from)
{
	struct rib_table *to = shard_table(s, pipe->d.pipe_to);

	for (uint32_t i = 0; i < pipe->behind_n; i++) {
		struct channel *ch = s->channels[pipe->behind[i].id];
		struct channel_desc d = behind_desc(
		    pipe, s->channels[pipe->behind[i].upstream], ch->d.id);

		move_begin(s, ch, to, false);
		channel_describe(s, ch, &d);
	}
	pipe->led_from = from;
	group_want_self(s, to);
}

void
pipe_age(struct shard *s, struct channel *pipe)
{
	for (uint32_t i = 0; i < pipe->behind_n; i++)
		channel_age(s, s->channels[pipe->behind[i].id]);
}

void
pipe_purge(struct shard *s, struct channel *pipe)
{
	for (uint32_t i = 0; i < pipe->behind_n; i++)
		channel_purge(s, s->channels[pipe->behind[i].id]);
}

/* Something on the way from the first source to here is going for good. */
static bool
is_leaving(const struct shard *s, const struct channel *ch)
{
	for (; ch->upstream; ch = s->channels[ch->upstream])
		if (!ch->up || s->channels[ch->via]->removing)
			return true;
	return ch->removing;
}

/* Once its paths have gone. */
static bool
behind_done(const struct shard *s, const struct channel *ch)
{
	return !ch->in.imported && !ch->children && !ch->sweep_left && !ch->from &&
	       is_leaving(s, ch);
}

void
pipe_upkeep(struct shard *s)
{
	for (uint32_t i = s->own_n; i-- > 0;) {
		struct channel *ch = s->own[i];

		if (!behind_done(s, ch))
			continue;
		if (ch->up)
			channel_stop(s, ch, false); /* says after which cycle */
		else if (ch->table->cycles_done >= ch->gone_after)
			behind_free(s, ch);
	}
}

/*
 * Paths.
 */
/* How many pipes are behind it. */
static uint32_t
generation(const struct shard *s, const struct channel *ch)
{
	uint32_t n = 0;

	for (; ch->upstream; ch = s->channels[ch->upstream])
		n++;
	return n;
}

bool
pipe_offered(
    const struct shard *s, const struct channel *pipe, const struct channel *source)
{
	return source->via != pipe->d.pipe_back && !was_in(s, source, pipe->d.pipe_to) &&
	       (!pipe->d.pipe_max || generation(s, source) < pipe->d.pipe_max);
}

/* False: the path does not go through. */
static bool
want(struct shard *s, struct channel *pipe, const struct path *p, const struct net *net,
    struct wanted *w)
{
	struct channel *up = s->channels[p->channel], *ch;
	struct export_stats *st = &pipe->exp;

	st->updates++;
	if (!pipe_offered(s, pipe, up)) {
		st->rejected++;
		return false;
	}
	w->attrs = follow_export(s, pipe, up, store_get(s->store, p->attrs), net);
	if (!w->attrs) {
		st->filtered++;
		return false;
	}
	ch = behind_get(s, pipe, up);
	if (!ch) {
		attrs_unref(s->store, w->attrs, 1);
		return false;
	}
	st->accepted++;
	w->path = (struct path){ .attrs = w->attrs->id,
		.time = p->time,
		.path_id = p->path_id,
		.channel = (uint16_t)ch->d.id,
		.gen = ch->gen };
	return true;
}

void
pipe_node(struct shard *s, struct follower *f, uint32_t node)
{
	const struct table *t = &f->table->t;
	const struct node *n = table_node(t, node);
	struct wanted few[8], *w = n->n > 8 ? MEM_ARRAY(struct wanted, n->n) : few;
	unsigned wanted_n = 0;
	struct net net;

	table_net(t, node, &net);
	for (unsigned i = 0; i < n->n; i++)
		wanted_n += want(s, f->ch, node_paths(t, n) + i, &net, &w[wanted_n]);
	carry(s, f->ch, &net, w, wanted_n);
	if (w != few)
		mem_free(w);
}
