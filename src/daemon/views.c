/*
 * Views of protocols, memory and groups: main asks the io threads and shards between
 * their slices, once for a whole listing.
 */
#include "daemon/views.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/longnet.h"
#include "base/mem.h"
#include "daemon/igp.h"
#include "daemon/reload.h"
#include "daemon/shardthread.h"
#include "daemon/driver.h"
#include "daemon/viewsimpl.h"
#include "daemon/origins.h"
#include "daemon/lookout.h"
#include "daemon/rpki.h"
#include "daemon/io.h"
#include "filter/memo.h"

struct views *
views_new(struct runtime *rt)
{
	struct views *v = MEM_NEW(struct views);

	v->rt = rt;
	return v;
}

void
views_free(struct views *v)
{
	mem_free(v->status);
	mem_free(v->counts);
	mem_free(v->group);
	mem_free(v);
}

struct io_question {
	struct views *v;
	unsigned io;
};

static void
ask_peers(void *owner, void *arg)
{
	struct io_question *q = arg;
	struct views *v = q->v;

	for (unsigned i = 0; i < v->n; i++) {
		const struct run *r = v->rt->run[i];
		struct peer *p;

		if (r->conf->kind != PROTO_BGP || r->io != q->io)
			continue;
		p = io_peer(owner, r->peer);
		if (p)
			peer_status(p, &v->status[i]);
	}
}

static void
counts_add(struct channel_counts *to, const struct channel_counts *c)
{
	const uint64_t *from = (const uint64_t *)c;
	uint64_t *sum = (uint64_t *)to;

	for (size_t i = 0; i < sizeof(*c) / sizeof(uint64_t); i++)
		sum[i] += from[i];
}

enum { RUN_COUNTS = FAMILIES + 1 }; /* the last one is of a pipe's other channel */

static void
ask_channel(const struct shard *s, uint32_t channel, struct channel_counts *sum)
{
	struct channel_counts c;

	if (!channel)
		return;
	shard_channel_counts(s, channel, &c);
	counts_add(sum, &c);
}

static void
ask_counts(struct shard *s, void *arg)
{
	struct views *v = arg;

	for (unsigned i = 0; i < v->n; i++) {
		const struct run *r = v->rt->run[i];
		struct channel_counts *to = &v->counts[i * RUN_COUNTS];

		for (unsigned f = 0; f < FAMILIES; f++)
			ask_channel(s, r->channel[f], &to[f]);
		ask_channel(s, r->peer_channel, &to[FAMILIES]);
	}
}

static void
snapshot(struct views *v, bool counts)
{
	struct daemon *d = v->rt->daemon;

	v->n = v->rt->run_n;
	v->model = v->rt->model;
	v->status = mem_realloc(v->status, v->n * sizeof(*v->status));
	memset(v->status, 0, v->n * sizeof(*v->status));
	v->counts = mem_realloc(v->counts, v->n * RUN_COUNTS * sizeof(*v->counts));
	memset(v->counts, 0, v->n * RUN_COUNTS * sizeof(*v->counts));
	for (unsigned i = 0; i < d->io_n; i++) {
		struct io_question q = { v, i };

		task_call(io_mailbox(d->io[i]), ask_peers, &q);
	}
	for (unsigned i = 0; counts && i < d->shard_n; i++)
		shard_call(d->shard[i], ask_counts, v);
}

static void
bgp_record(const struct peer_status *st, struct protocol_record *r)
{
	if (!st->found)
		return;
	r->since = clock_wall_of(st->since_ms);
	r->state = st->stopped	     ? PROTO_STATE_DOWN
		   : st->established ? PROTO_STATE_UP
				     : PROTO_STATE_START;
	r->bgp_state = st->state;
	r->passive_wait = st->passive_wait;
	r->last = st->last;
	r->negotiated_set = st->established;
	r->negotiated = st->negotiated;
	r->source_ip = st->source_ip;
	r->show_port = st->show_port;
	r->hold_left = st->hold_left;
	r->keepalive_left = st->keepalive_left;
	r->send_hold_left = st->send_hold_left;
	r->connect_left = st->connect_left;
	r->error_wait_left = st->error_wait_left;
	r->send_hold_s = st->send_hold_s;
	r->error_wait_s = st->error_wait_s;
	r->connect_delay_s = st->connect_delay_s;
}

/* A driver withdraws what it has told, and what the filter refuses, be it there or not. */
static void
driver_counts(const struct run *run, struct channel_record *r)
{
	r->imp_filtered = run->filtered[r->conf->family];
	r->imp_received = r->counts.imp_updates_accepted + r->counts.imp_updates_ignored +
			  r->imp_filtered;
	r->wd_received = r->counts.imp_withdraws;
	r->counts.imp_withdraws_ignored = 0;
}

/* So is what a peer's filter refuses: of what the peer withdrew, that was not there which has
 * not been taken out.  With `import keep filtered` BIRD counts those as well. */
static void
peer_counts(struct channel_record *r)
{
	struct channel_counts *n = &r->counts;

	if (r->conf->keep_filtered)
		return;
	n->imp_withdraws_ignored =
	    r->wd_received > n->imp_withdraws ? r->wd_received - n->imp_withdraws : 0;
}

static void
channel_record(const struct views *v, unsigned i, const struct channel_conf *c, bool up,
    struct channel_record *r)
{
	const struct peer_status *st = &v->status[i];
	enum family f = c->family;

	*r = (struct channel_record){
		.conf = c,
		.up = up,
		.counts = v->counts[i * RUN_COUNTS + f],
		.back = v->counts[i * RUN_COUNTS + FAMILIES],
		.imp_received = st->channel[f].received,
		.imp_rejected = st->channel[f].rejected,
		.imp_filtered = st->channel[f].filtered,
		.filtered = st->channel[f].kept_filtered,
		.wd_received = st->channel[f].wd_received,
		.wd_rejected = st->channel[f].wd_rejected,
		.next_hop = st->channel[f].next_hop,
		.next_hop_ll = st->channel[f].next_hop_ll,
		.llgr = st->channel[f].llgr,
	};
	memcpy(r->limit_hit, st->channel[f].limit_hit, sizeof(r->limit_hit));
	if (v->rt->run[i]->conf->kind == PROTO_BGP) {
		const struct proto_conf *p = v->rt->run[i]->conf;

		r->igp4 = igp_shown(v->rt->model, p, c, NET_IP4);
		r->igp6 = igp_shown(v->rt->model, p, c, NET_IP6);
		peer_counts(r);
		return;
	}
	driver_counts(v->rt->run[i], r);
	ceiling_hits(v->rt, v->rt->run[i], c, r->limit_hit);
}

bool
views_protocol(struct views *v, unsigned i, bool counts, struct protocol_record *r)
{
	const struct run *run;
	const struct proto_conf *c;

	if (i == 0 || v->model != v->rt->model || v->n != v->rt->run_n)
		snapshot(v, counts);
	if (i >= v->n)
		return false;
	run = v->rt->run[i];
	c = run->conf;
	*r = (struct protocol_record){
		.conf = c,
		.message = run->message,
		.since = clock_wall_of(run->since_ms),
		.state = run->disabled ? PROTO_STATE_DOWN : PROTO_STATE_UP,
	};
	if (c->kind == PROTO_BGP)
		bgp_record(&v->status[i], r);
	if (run->fault && !r->negotiated_set) {
		r->last = (struct down_reason){ .class = DOWN_MISC };
		snprintf(r->last.text, sizeof(r->last.text), "%s", run->fault);
	}
	if (run->away && !run->disabled) {
		r->state = PROTO_STATE_START;
		r->last = (struct down_reason){ .class = *run->away ? DOWN_MISC
								    : DOWN_NONE };
		snprintf(r->last.text, sizeof(r->last.text), "%s", run->away);
	}
	if (c->kind == PROTO_RPKI) {
		rpki_record(run, &r->rpki);
		if (!run->disabled && r->rpki.state != RPKI_UP && !r->rpki.updated)
			r->state = PROTO_STATE_START;
	}
	if (c->kind == PROTO_BMP) {
		bmp_record(run, &r->bmp);
		if (!run->disabled && r->bmp.state != BMP_UP)
			r->state = PROTO_STATE_START;
	}
	r->channel_n = c->channel_n;
	for (unsigned k = 0; k < c->channel_n; k++) {
		bool up = c->kind == PROTO_BGP
			      ? v->status[i].channel[c->channel[k].family].up
			      : !run->disabled;

		channel_record(v, i, &c->channel[k], up, &r->channel[k]);
	}
	return true;
}

/*
 * Memory.
 */
struct memory_question {
	struct runtime *rt;
	struct memory_record *m;
};

static void
ask_memory(struct shard *s, void *arg)
{
	struct memory_question *q = arg;

	for (unsigned i = 0; i < q->rt->table_n; i++) {
		struct table_counts c = { 0 };

		shard_table_counts(s, q->rt->table[i].id, &c);
		q->m->tables += c.bytes;
		q->m->nets += c.nets;
		q->m->paths += c.paths;
	}
	q->m->results += shard_results_bytes(s);
}

static void
ask_io_memory(void *owner, void *arg)
{
	struct memory_question *q = arg;

	q->m->results += memo_stats(io_memo(owner)).bytes;
	for (unsigned i = 0; i < q->rt->run_n; i++) {
		const struct run *r = q->rt->run[i];
		const struct peer *p = r->peer && r->io == io_index(owner)
					   ? io_peer(owner, r->peer)
					   : NULL;

		if (p)
			q->m->tables += peer_kept_bytes(p);
	}
}

static size_t
resident(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long size = 0, rss = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%lu %lu", &size, &rss) != 2)
		rss = 0;
	fclose(f);
	return rss * (size_t)sysconf(_SC_PAGESIZE);
}

struct memory_record
views_memory(struct views *v)
{
	struct memory_record m = { 0 };
	struct memory_question q = { v->rt, &m };
	struct daemon *d = v->rt->daemon;

	for (unsigned i = 0; i < d->shard_n; i++)
		shard_call(d->shard[i], ask_memory, &q);
	for (unsigned i = 0; i < d->io_n; i++)
		task_call(io_mailbox(d->io[i]), ask_io_memory, &q);
	m.origins = origins_memory(v->rt);
	m.tables += m.origins + longnet_stats().bytes;
	m.attributes = store_stats(d->store).bytes;
	m.protocols = v->rt->run_n * (sizeof(struct run) + sizeof(struct peer_setup));
	for (unsigned i = 0; i < v->rt->run_n; i++)
		m.protocols += v->rt->run[i]->conf->channel_n *
			       sizeof(struct peer_channel_setup);
	m.config = model_size(v->rt->model);
	m.total = m.tables + m.attributes + m.protocols + m.config + m.results;
	m.total_rss = resident();
	return m;
}

/*
 * Update groups: copied at the first one asked for.
 */
struct group_question {
	struct views *v;
	unsigned shard;
};

static void
ask_groups(struct shard *s, void *arg)
{
	struct group_question *q = arg;
	struct views *v = q->v;
	struct group_view g;

	for (unsigned i = 0; shard_group_view(s, i, &g); i++) {
		if (v->group_n == v->group_cap) {
			v->group_cap = v->group_cap ? v->group_cap * 2 : 16;
			v->group = mem_realloc(
			    v->group, v->group_cap * sizeof(*v->group));
		}
		/* The filter's name may go with a reload: it is kept in the key's text.
		 */
		v->group[v->group_n++] = (struct group_copy){ g, q->shard };
	}
}

bool
views_group(struct views *v, unsigned i, unsigned *shard, struct group_view *out)
{
	if (i == 0) {
		v->group_n = 0;
		for (unsigned s = 0; s < v->rt->daemon->shard_n; s++) {
			struct group_question q = { v, s };

			shard_call(v->rt->daemon->shard[s], ask_groups, &q);
		}
	}
	if (i >= v->group_n)
		return false;
	*shard = v->group[i].shard;
	*out = v->group[i].view;
	return true;
}
