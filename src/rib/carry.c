/*
 * Carrying: what another table is to have of a network, as a follower sees it.
 *
 * Pipes and aggregators make paths of the paths of a network.  These are compared with
 * what the other table has from them; nothing else is remembered.
 */
#include "rib/follow.h"

static bool
is_wanted(const struct wanted *w, unsigned n, const struct path *p)
{
	for (unsigned i = 0; i < n; i++)
		if (w[i].path.channel == p->channel && w[i].path.path_id == p->path_id)
			return true;
	return false;
}

/* A pipe's come from sources of the shard's own, an aggregator's from its other channel.
 */
static bool
is_carried(const struct shard *s, const struct channel *by, const struct path *p)
{
	return by->d.sink == SINK_PIPE ? s->channels[p->channel]->via == by->d.id
				       : p->channel == by->d.pipe_back;
}

static void
take_out(struct shard *s, struct channel *by, struct rib_table *to, uint32_t there,
    const struct wanted *w, unsigned wanted_n)
{
	struct node *n = table_node(&to->t, there);

	for (unsigned i = n->n; i-- > 0;) {
		const struct path *p = node_paths(&to->t, n) + i;

		if (!is_carried(s, by, p) || is_wanted(w, wanted_n, p))
			continue;
		by->exp.withdraws += by->d.sink == SINK_PIPE;
		s->channels[p->channel]->in.imp_withdraws++;
		node_path_del(s, to, there, i);
		i = n->n; /* the decision may have moved them */
	}
}

/* A pipe has led to another table before, and not all has been moved yet: what is no more is
 * to be in neither. */
static void
take_from_old(struct shard *s, struct channel *by, const struct net *net,
    const struct wanted *w, unsigned wanted_n)
{
	struct rib_table *old = shard_table(s, by->led_from);
	uint32_t at = old ? table_find(&old->t, net, table_hash(&old->t, net)) : 0;
	struct node *n = at ? table_node(&old->t, at) : NULL;

	for (unsigned i = n ? n->n : 0; i-- > 0;) {
		const struct path *p = node_paths(&old->t, n) + i;
		struct channel *ch = s->channels[p->channel];
		struct nlri e = { .net = *net, .path_id = p->path_id };
		bool stays = is_wanted(w, wanted_n, p);
		unsigned had = n->n;

		if (ch->via != by->d.id || ch->from != old)
			continue;
		move_node(s, ch, at); /* those that find no room over there go */
		if (!stays)
			move_entry(s, ch, &e);
		if (n->n != had)
			i = n->n; /* the decision may have moved them */
	}
}

void
carry(struct shard *s, struct channel *by, const struct net *net, const struct wanted *w,
    unsigned wanted_n)
{
	struct rib_table *to = shard_table(s, by->d.pipe_to);
	uint32_t there = table_find(&to->t, net, table_hash(&to->t, net));

	if (by->led_from) {
		take_from_old(s, by, net, w, wanted_n);
		there = table_find(&to->t, net, table_hash(&to->t, net));
	}
	if (there)
		take_out(s, by, to, there, w, wanted_n);
	for (unsigned i = 0; i < wanted_n; i++) {
		struct path path = w[i].path;

		if (!node_path_put(s, to, net, &path))
			attrs_unref(s->store, w[i].attrs, 1);
	}
}
