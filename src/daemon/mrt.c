/*
 * Dumps of tables: protocol mrt does one each period, `mrt dump` one when asked.
 *
 * A job has a list of tables.  For each it opens the file, writes the list of peers and
 * walks the shards' tables in slices, one at each turn of the loop.  A slice's networks
 * are copied by the shard with references to their attributes, as for `show route`, and
 * filtered, encoded and written here.
 */
#include "daemon/mrt.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "bgp/mrt.h"
#include "daemon/driver.h"
#include "daemon/io.h"
#include "daemon/links.h"
#include "daemon/peer.h"

enum { SLICE = 512, PATTERN_MAX = 240, NAME_LEN_MAX = 1024 };

struct path_copy {
	struct net net;
	struct attrs *attrs; /* a reference */
	uint32_t channel, path_id, time;
};

struct mrt_job {
	struct runtime *rt;
	struct timer *timer;
	void (*done)(void *ctx, const char *error);
	void *ctx;
	char *file; /* pattern of names */
	struct filter *filter;
	bool always_add_path;
	char **table; /* those still to be written, from `at` on */
	unsigned table_n, at;
	char error[512];

	/* the one under way */
	int fd;
	char name[NAME_LEN_MAX];
	struct walk walk;
	unsigned shard;
	uint32_t sequence, time_s;
	uint16_t *peer; /* by channel: the place in the list */
	struct mrt out;
	struct path_copy *copy;
	unsigned copy_n, copy_room;
};

static void
job_free(struct mrt_job *j)
{
	for (unsigned i = 0; i < j->copy_n; i++)
		attrs_unref(j->rt->daemon->store, j->copy[i].attrs, 1);
	for (unsigned i = 0; i < j->table_n; i++)
		mem_free(j->table[i]);
	if (j->fd >= 0)
		close(j->fd);
	timer_free(j->timer);
	filter_unref(j->filter);
	mrt_free(&j->out);
	mem_free(j->table);
	mem_free(j->file);
	mem_free(j->peer);
	mem_free(j->copy);
	mem_free(j);
}

void
mrt_job_cancel(struct mrt_job *j)
{
	if (j)
		job_free(j);
}

static void
job_end(struct mrt_job *j, const char *error)
{
	void (*done)(void *, const char *) = j->done;
	void *ctx = j->ctx;
	char text[sizeof(j->error)] = "";

	if (error)
		snprintf(text, sizeof(text), "%s", error);
	job_free(j);
	done(ctx, *text ? text : NULL);
}

/*
 * Files.
 */

/* %N is the table, the rest is strftime's. */
static bool
file_name(struct mrt_job *j, const char *table)
{
	char pattern[PATTERN_MAX];
	size_t n = 0;

	for (const char *p = j->file; *p; p++) {
		size_t len = p[0] == '%' && p[1] == 'N' ? strlen(table) : 1;
		bool pair = p[0] == '%' && p[1] && p[1] != 'N';

		if (n + len + 2 >= sizeof(pattern))
			return false;
		if (p[0] == '%' && p[1] == 'N') {
			memcpy(pattern + n, table, len);
			p++;
		} else {
			pattern[n] = *p;
		}
		n += len;
		if (pair) /* a doubled sign keeps what is behind it */
			pattern[n++] = *++p;
	}
	pattern[n] = '\0';
	return clock_format(j->name, sizeof(j->name), pattern, clock_wall_ms()) != 0;
}

/* A FIFO's reader is not waited for. */
int
mrt_file_open(const char *name)
{
	int fd = open(
	    name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644);

	return fd < 0 ? -errno : fd;
}

/* What a full disk has taken of it goes again: half a record makes all behind it
 * unreadable. */
static void
take_back(int fd, size_t n)
{
	struct stat st;

	if (n && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= (off_t)n &&
	    ftruncate(fd, st.st_size - (off_t)n) < 0)
		log_error("Unable to shorten MRT file: %s", strerror(errno));
}

int
mrt_file_append(int fd, const uint8_t *p, size_t len)
{
	size_t at = 0;

	while (at < len) {
		ssize_t n = write(fd, p + at, len - at);
		int err = errno;

		if (n < 0 && err == EINTR)
			continue;
		if (n < 0) {
			take_back(fd, at);
			return -err;
		}
		at += (size_t)n;
	}
	return 0;
}

static bool
file_write(struct mrt_job *j)
{
	int err = mrt_file_append(j->fd, j->out.at, j->out.len);

	j->out.len = 0;
	if (err)
		snprintf(j->error, sizeof(j->error),
		    "Unable to write MRT file '%.300s': %s", j->name, strerror(-err));
	return !err;
}

/*
 * Peers: the first is nobody, for routes that are not BGP's.
 */
struct peer_list {
	struct mrt_job *j;
	unsigned io, n;
	struct mrt_peer *peer;
};

static void
peer_add(struct peer_list *l, const struct run *r, const struct peer_status *st)
{
	const struct bgp_conf *b = &r->conf->bgp;

	if (l->n == MRT_PEERS_MAX)
		return;
	l->peer[l->n] = (struct mrt_peer){ st->negotiated.remote_id,
		st->negotiated.codec.remote_as ? st->negotiated.codec.remote_as
					       : b->remote_as,
		b->remote_ip };
	for (unsigned f = 0; f < FAMILIES; f++)
		if (r->channel[f])
			l->j->peer[r->channel[f]] = (uint16_t)l->n;
	l->n++;
}

static void
peers_ask(void *owner, void *arg)
{
	struct peer_list *l = arg;
	const struct runtime *rt = l->j->rt;
	struct peer_status st;
	struct peer *p;

	for (unsigned i = 0; i < rt->run_n; i++) {
		const struct run *r = rt->run[i];

		if (r->conf->kind != PROTO_BGP || r->io != l->io || !r->peer)
			continue;
		p = io_peer(owner, r->peer);
		memset(&st, 0, sizeof(st));
		if (p)
			peer_status(p, &st);
		peer_add(l, r, &st);
	}
}

static void
peers_write(struct mrt_job *j, const char *table)
{
	struct daemon *d = j->rt->daemon;
	struct peer_list l = { .j = j, .n = 1 };

	l.peer = MEM_ARRAY(struct mrt_peer, j->rt->run_n + 2);
	memset(j->peer, 0, IDS_MAX * sizeof(*j->peer));
	for (l.io = 0; l.io < d->io_n; l.io++)
		task_call(io_mailbox(d->io[l.io]), peers_ask, &l);
	mrt_peers(&j->out, j->time_s, j->rt->router_id, table, l.peer, l.n);
	mem_free(l.peer);
}

/*
 * Tables.
 */
static void
shard_begin(struct mrt_job *j)
{
	j->walk = (struct walk){
		.table = runtime_table_id(j->rt, j->table[j->at]), .mode = WALK_ALL
	};
	j->walk.done = !j->walk.table;
}

static bool
table_begin(struct mrt_job *j)
{
	const char *table = j->table[j->at];

	if (!file_name(j, table)) {
		snprintf(
		    j->error, sizeof(j->error), "Invalid MRT filename '%.300s'", j->file);
		return false;
	}
	j->fd = mrt_file_open(j->name);
	if (j->fd < 0) {
		snprintf(j->error, sizeof(j->error),
		    "Unable to open MRT file '%.300s': %s", j->name, strerror(-j->fd));
		return false;
	}
	j->time_s = (uint32_t)(clock_wall_ms() / 1000);
	j->sequence = 0;
	j->shard = 0;
	peers_write(j, table);
	shard_begin(j);
	return true;
}

static void
visit(void *ctx, const struct path_view *p, unsigned n)
{
	struct mrt_job *j = ctx;

	if (j->copy_n + n > j->copy_room) {
		j->copy_room = (j->copy_n + n) * 2;
		j->copy = mem_realloc(j->copy, j->copy_room * sizeof(*j->copy));
	}
	for (unsigned i = 0; i < n; i++) {
		struct attrs *a = store_get(j->rt->daemon->store, p[i].attrs->id);

		attrs_ref(a, 1);
		j->copy[j->copy_n++] = (struct path_copy){ *p[i].net, a, p[i].channel,
			p[i].path_id, p[i].time };
	}
}

static void
walk_slice(struct shard *shard, void *arg)
{
	struct mrt_job *j = arg;

	shard_walk(shard, &j->walk, SLICE, visit, j);
}

/* As the filter leaves it; false if it refuses the route. */
static bool
path_filter(struct mrt_job *j, struct path_copy *c)
{
	const struct proto_conf *proto = j->rt->channel_conf[c->channel];
	struct route_source source = { .proto = proto ? proto->name : "",
		.source = rib_route_source(proto_source(proto)),
		.links = links_filter(j->rt->daemon->links) };
	struct arena *arena;
	bool changed, ok;
	struct draft d;

	if (filter_is_accept(j->filter))
		return true;
	if (proto && proto->kind == PROTO_BGP)
		source.from = proto->bgp.remote_ip;
	arena = arena_new();
	draft_from(&d, arena, c->attrs);
	ok = filter_run(j->filter, &c->net, &d, &source, &changed) == FILTER_ACCEPT;
	if (ok && changed) {
		struct attrs *new = store_intern(j->rt->daemon->store, &d);

		attrs_unref(j->rt->daemon->store, c->attrs, 1);
		c->attrs = new;
		ok = new != NULL;
	}
	arena_free(arena);
	return ok;
}

/* Paths with an id of their own go into a record of another type. */
static void
net_write(struct mrt_job *j, const struct path_copy *c, const bool *out, unsigned n,
    bool path_ids)
{
	mrt_rib_begin(&j->out, j->time_s, j->sequence, &c->net, path_ids);
	for (unsigned i = 0; i < n; i++) {
		uint64_t since = clock_wall_of(
		    j->rt->daemon->start_ms + ROUTE_TIME_MS(c[i].time));

		if (!out[i] || path_ids != (j->always_add_path || c[i].path_id))
			continue;
		mrt_rib_entry(&j->out, j->peer[c[i].channel], (uint32_t)(since / 1000),
		    path_ids ? &c[i].path_id : NULL, c[i].attrs);
	}
	j->sequence += mrt_rib_end(&j->out);
}

static void
slice_write(struct mrt_job *j)
{
	bool *out = MEM_ARRAY(bool, j->copy_n + 1);

	for (unsigned i = 0; i < j->copy_n; i++)
		out[i] = path_filter(j, &j->copy[i]);
	for (unsigned i = 0, n; i < j->copy_n; i += n) {
		for (n = 1; i + n < j->copy_n &&
			    net_equal(&j->copy[i].net, &j->copy[i + n].net);)
			n++;
		net_write(j, &j->copy[i], &out[i], n, false);
		net_write(j, &j->copy[i], &out[i], n, true);
	}
	for (unsigned i = 0; i < j->copy_n; i++)
		attrs_unref(j->rt->daemon->store, j->copy[i].attrs, 1);
	j->copy_n = 0;
	mem_free(out);
}

/* False at the end of the table, or when its file cannot be written. */
static bool
table_slice(struct mrt_job *j)
{
	struct daemon *d = j->rt->daemon;

	if (!j->walk.done)
		shard_call(d->shard[j->shard], walk_slice, j);
	slice_write(j);
	if (!file_write(j))
		return false;
	if (!j->walk.done)
		return true;
	if (++j->shard == d->shard_n)
		return false;
	shard_begin(j);
	return true;
}

static void
job_step(void *ctx)
{
	struct mrt_job *j = ctx;

	if (j->at == j->table_n) {
		job_end(j, NULL);
		return;
	}
	if (j->fd < 0 && !table_begin(j)) {
		job_end(j, j->error);
		return;
	}
	if (!table_slice(j)) {
		close(j->fd);
		j->fd = -1;
		j->at++;
		if (*j->error) {
			job_end(j, j->error);
			return;
		}
	}
	timer_at(j->timer, clock_mono_ms());
}

static bool
is_dumped(const struct run_table *t, const char *pattern)
{
	return !t->gone && (t->type == NET_IP4 || t->type == NET_IP6) &&
	       fnmatch(pattern, t->name, 0) == 0;
}

struct mrt_job *
mrt_job_new(struct runtime *rt, const struct mrt_conf *c,
    void (*done)(void *ctx, const char *error), void *ctx)
{
	struct mrt_job *j = MEM_NEW(struct mrt_job);

	j->rt = rt;
	j->done = done;
	j->ctx = ctx;
	j->fd = -1;
	j->file = mem_strdup(c->file);
	j->filter = c->filter;
	filter_ref(j->filter);
	j->always_add_path = c->always_add_path;
	j->peer = MEM_ARRAY(uint16_t, IDS_MAX);
	j->table = MEM_ARRAY(char *, rt->table_n + 1);
	for (unsigned i = 0; i < rt->table_n; i++)
		if (is_dumped(&rt->table[i], c->table))
			j->table[j->table_n++] = mem_strdup(rt->table[i].name);
	j->timer = timer_new(rt->loop, job_step, j);
	timer_at(j->timer, clock_mono_ms());
	return j;
}

/*
 * The protocol.
 */
struct mrt_proto {
	struct runtime *rt;
	struct run *run;
	struct timer *timer;
	struct mrt_job *job; /* or NULL */
};

static void
next_dump(struct mrt_proto *p)
{
	timer_at(p->timer, clock_mono_ms() + p->run->conf->mrt.period_s * 1000ull);
}

static void
dump_done(void *ctx, const char *error)
{
	struct mrt_proto *p = ctx;

	p->job = NULL;
	if (error)
		log_error("%s: %s", p->run->conf->name, error);
}

/* A dump that takes longer than the period has the next one wait for its turn. */
static void
dump_due(void *ctx)
{
	struct mrt_proto *p = ctx;

	if (!p->job)
		p->job = mrt_job_new(p->rt, &p->run->conf->mrt, dump_done, p);
	next_dump(p);
}

static void
mrt_up(struct runtime *rt, struct run *r)
{
	struct mrt_proto *p = MEM_NEW(struct mrt_proto);

	*p = (struct mrt_proto){ .rt = rt, .run = r };
	p->timer = timer_new(rt->loop, dump_due, p);
	r->data = p;
	next_dump(p);
}

static void
mrt_down(struct runtime *rt, struct run *r, bool keep)
{
	struct mrt_proto *p = r->data;

	(void)rt;
	(void)keep;
	if (!p)
		return;
	mrt_job_cancel(p->job);
	timer_free(p->timer);
	mem_free(p);
	r->data = NULL;
}

static void
mrt_change(struct runtime *rt, struct run *r, const struct proto_conf *old,
    const struct step *s)
{
	(void)rt;
	(void)s;
	if (r->data && old->mrt.period_s != r->conf->mrt.period_s)
		next_dump(r->data);
}

const struct driver mrt_driver = {
	.up = mrt_up,
	.down = mrt_down,
	.change = mrt_change,
};
