/*
 * Pipes: a channel in each of two tables; what they do the shards do (rib/pipe).
 */
#include "daemon/driver.h"

/* peer: the channel in the other table, which exports what this protocol imports. */
static struct channel_desc
side(const struct runtime *rt, const struct run *r, bool peer)
{
	const struct channel_conf *c = &r->conf->channel[0];
	struct channel_desc d = feeder_desc(rt, r, c, SOURCE_STATIC);
	uint32_t other = runtime_table_id(rt, r->conf->peer_table->name);

	d.sink = SINK_PIPE;
	d.pipe_max = r->conf->generation_max;
	d.pipe_to = peer ? d.table : other;
	d.pipe_back = peer ? d.id : r->peer_channel;
	if (peer) {
		d.id = r->peer_channel;
		d.table = other;
	}
	d.export = peer ? c->import : c->export;
	return d;
}

static void
pipes_up(struct runtime *rt, struct run *r)
{
	for (unsigned peer = 0; r->conf->channel_n && peer < 2; peer++) {
		struct channel_desc d = side(rt, r, peer);

		feeder_up(rt, &d);
	}
}

static void
pipes_down(struct runtime *rt, struct run *r, bool keep)
{
	(void)keep;
	for (unsigned f = 0; f < FAMILIES; f++)
		feeder_event(rt, r->channel[f], CH_DOWN);
	feeder_event(rt, r->peer_channel, CH_DOWN);
}

static void
pipes_change(struct runtime *rt, struct run *r, const struct proto_conf *old,
    const struct step *s)
{
	(void)old;
	(void)s;
	for (unsigned peer = 0; r->conf->channel_n && peer < 2; peer++) {
		struct channel_desc d = side(rt, r, peer);

		feeder_update(rt, &d);
	}
}

const struct driver pipe_driver = {
	.up = pipes_up,
	.down = pipes_down,
	.change = pipes_change,
};
