/*
 * Aggregators: as pipes, a channel in each of two tables; what they do the shards do
 * (rib/aggregate).  The channel in the first table reads, the other one is the source of
 * what is made.
 */
#include "daemon/driver.h"

static struct channel_desc
made_desc(const struct runtime *rt, const struct run *r)
{
	struct channel_desc d = feeder_desc(
	    rt, r, &r->conf->channel[0], SOURCE_AGGREGATED);

	d.id = r->peer_channel;
	d.table = runtime_table_id(rt, r->conf->peer_table->name);
	return d;
}

static struct channel_desc
read_desc(const struct runtime *rt, const struct run *r)
{
	const struct channel_conf *c = &r->conf->channel[0];
	struct channel_desc d = feeder_desc(rt, r, c, SOURCE_AGGREGATED);

	d.sink = SINK_AGGREGATE;
	d.pipe_to = runtime_table_id(rt, r->conf->peer_table->name);
	d.pipe_back = r->peer_channel;
	d.export = c->export;
	d.agg = (struct aggregate){ .key = r->conf->aggregator.key,
		.merge = r->conf->aggregator.merge,
		.import = c->import,
		.preference = r->conf->aggregator.preference };
	return d;
}

static void
aggregators_up(struct runtime *rt, struct run *r)
{
	struct channel_desc made, read;

	if (!r->conf->channel_n)
		return;
	made = made_desc(rt, r);
	read = read_desc(rt, r);
	feeder_up(rt, &made);
	feeder_up(rt, &read);
}

static void
aggregators_down(struct runtime *rt, struct run *r, bool keep)
{
	(void)keep;
	for (unsigned f = 0; f < FAMILIES; f++)
		feeder_event(rt, r->channel[f], CH_DOWN);
	feeder_event(rt, r->peer_channel, CH_DOWN);
}

static void
aggregators_change(
    struct runtime *rt, struct run *r, const struct proto_conf *old, const struct step *s)
{
	struct channel_desc made, read;

	(void)old;
	(void)s;
	if (!r->conf->channel_n)
		return;
	made = made_desc(rt, r);
	read = read_desc(rt, r);
	feeder_update(rt, &made);
	feeder_update(rt, &read);
	/* A limit may leave room for more. */
	feeder_event(rt, r->channel[r->conf->channel[0].family], CH_REFRESH);
}

const struct driver aggregator_driver = {
	.up = aggregators_up,
	.down = aggregators_down,
	.change = aggregators_change,
};
