/*
 * Limits of channels (bgp/limit.h) as the shard counts them.
 *
 * Imported routes are counted where a path is added and where it goes.  Exported ones are
 * counted by the group: a channel whose export has a limit stands in a group of its own
 * (struct sink), so the count is what the group was told less what is the member's own; a
 * follower has its own count.  What comes through a pipe counts as imported by the pipe's
 * sources in the other table, which share the limits of the pipe's channel.
 */
#include "rib/follow.h"

static void
tell(struct shard *s, const struct channel *ch, enum limit_kind k)
{
	if (s->ops.limit_hit)
		s->ops.limit_hit(s->ctx, ch->via ? ch->via : ch->d.id, k);
}

static int64_t
exported(const struct channel *ch)
{
	const struct group *g = ch->group;

	if (ch->follower)
		return (int64_t)ch->follower->told_n;
	return g && g->key.limited ? (int64_t)(g->adv_n - ch->own_adv) : 0;
}

static void
count(struct channel *ch, int64_t sign)
{
	if (!ch->d.receive_kept)
		limits_give(
		    ch->limits, LIMIT_RECEIVE, -sign * (int64_t)ch->in.imported);
	limits_give(ch->limits, LIMIT_IMPORT, -sign * (int64_t)ch->in.imported);
	limits_give(ch->limits, LIMIT_EXPORT, -sign * exported(ch));
}

/* What is there is counted anew with other limits, which may be met at once. */
void
limit_describe(struct shard *s, struct channel *ch, const struct channel_desc *d)
{
	struct limits *limits = d->limits;

	if (ch->limits == limits)
		return;
	if (ch->limits)
		count(ch, -1);
	limits_unref(ch->limits);
	ch->limits = limits_ref(limits);
	ch->d.receive_kept = d->receive_kept;
	if (!limits)
		return;
	count(ch, 1);
	for (unsigned k = 0; k < LIMITS; k++) {
		bool hit = false;

		if (limits_exceeded(limits, k, &hit) && hit)
			tell(s, ch, k);
	}
}

void
shard_channel_limits(struct shard *s, uint32_t id, struct limits *limits)
{
	struct channel *ch = shard_channel(s, id);
	struct channel_desc d;

	if (!ch)
		return;
	d = ch->d;
	d.limits = limits;
	limit_describe(s, ch, &d);
	pipe_limits(s, ch);
	if (ch->follower && ch->up)
		follow_again(ch); /* there may be room for more */
}

bool
limit_import(struct shard *s, struct channel *ch)
{
	bool hit = false, ok = true;

	if (!ch->d.receive_kept)
		ok = limits_take(ch->limits, LIMIT_RECEIVE, &hit);
	if (hit)
		tell(s, ch, LIMIT_RECEIVE);
	if (!ok)
		return false;
	hit = false;
	ok = limits_take(ch->limits, LIMIT_IMPORT, &hit);
	if (hit)
		tell(s, ch, LIMIT_IMPORT);
	if (!ok && !ch->d.receive_kept)
		limits_give(ch->limits, LIMIT_RECEIVE, 1);
	return ok;
}

void
limit_import_gone(struct channel *ch)
{
	if (!ch->d.receive_kept)
		limits_give(ch->limits, LIMIT_RECEIVE, 1);
	limits_give(ch->limits, LIMIT_IMPORT, 1);
}

bool
limit_follow(struct shard *s, struct channel *ch)
{
	bool hit = false, ok = true;

	if (ch->limits)
		ok = limits_take(ch->limits, LIMIT_EXPORT, &hit);
	if (hit)
		tell(s, ch, LIMIT_EXPORT);
	return ok;
}

void
limit_follow_gone(struct channel *ch, uint64_t n)
{
	if (ch->limits)
		limits_give(ch->limits, LIMIT_EXPORT, (int64_t)n);
}

bool
limit_export(struct shard *s, struct group *g)
{
	return limit_follow(s, g->members[0]);
}

void
limit_export_gone(struct group *g)
{
	struct channel *ch = g->members[0];

	if (ch->limits)
		limits_give(ch->limits, LIMIT_EXPORT, 1);
}

void
limit_export_moves(struct channel *ch, bool joins)
{
	if (ch->limits)
		limits_give(
		    ch->limits, LIMIT_EXPORT, joins ? -exported(ch) : exported(ch));
}
