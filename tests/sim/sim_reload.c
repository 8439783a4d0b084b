/*
 * Simulation of reloads: the daemon but for its sockets, threads and clock, in one thread.
 *
 * A pair of random configurations A and B: A runs, its neighbours feed it, B is loaded.
 * In the end the tables, and what each neighbour holds, must be those of a fresh start with
 * B; no session that both have may have ended; and no neighbour may have been told of a
 * network that neither configuration tells it.  Whose turn it is, and how far messages
 * have come, is random.  In every other pair there are faults: neighbours lose their
 * connection, routes come and go, wrong files and further reloads meanwhile.
 *
 *   sim_reload [pairs [first]]
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "base/mem.h"
#include "daemon/ctlsock.h"
#include "daemon/listen.h"
#include "daemon/options.h"
#include "daemon/origins.h"
#include "daemon/reload.h"
#include "daemon/serve.h"
#include "daemon/shardthread.h"
#include "sim_loop.h"
#include "sim_remote.h"

#define REMOTES	  5
#define TEXT_MAX  16384
#define CHAOS	  1500
#define QUIET_MS  15000
#define LINES_MAX 4096

static const char *const names[REMOTES] = { "c1", "c2", "c3", "e4", "e5" };

struct sim {
	unsigned seed;
	uint64_t rng, shard_until;
	struct runtime *rt;
	struct listen_index *listen;
	struct remote remote[REMOTES];
};

static struct sim sim;

static uint32_t
rnd(struct sim *s, uint32_t n)
{
	s->rng = s->rng * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((s->rng >> 33) % n);
}

/*
 * Listening: nobody but remotes calls, so an index is enough.
 */
void
listen_index_free(struct listen_index *ix)
{
	if (!ix)
		return;
	for (unsigned i = 0; i < ix->n; i++) {
		mem_free(ix->entry[i].password);
		mem_free(ix->entry[i].keys);
		mem_free(ix->entry[i].interface);
	}
	mem_free(ix->entry);
	mem_free(ix);
}

int
listen_entry_cmp(const void *a, const void *b)
{
	const struct listen_entry *x = a, *y = b;

	return ip_cmp(&x->remote_ip, &y->remote_ip);
}

void
listen_post(struct io *io0, struct listen_index *ix)
{
	(void)io0;
	listen_index_free(sim.listen);
	sim.listen = ix;
}

static int
call(const struct ip *from)
{
	struct daemon *d = sim.rt->daemon;
	int fd[2];

	for (unsigned i = 0; sim.listen && i < sim.listen->n; i++) {
		const struct listen_entry *e = &sim.listen->entry[i];

		if (!ip_equal(&e->remote_ip, from))
			continue;
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) < 0)
			abort();
		peer_post_accept(d->io[e->io], e->peer, fd[0]);
		return fd[1];
	}
	return -1;
}

/*
 * Configurations.
 */
struct text {
	char at[TEXT_MAX];
	size_t n;
};

static void __attribute__((format(printf, 2, 3)))
say(struct text *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	t->n += (size_t)vsnprintf(t->at + t->n, sizeof(t->at) - t->n, fmt, args);
	va_end(args);
	if (t->n >= sizeof(t->at))
		abort();
}

static const char *const filters[] = { "all", "none", "where net ~ [10.50.0.0/16+]",
	"where net !~ [10.1.0.0/16+, 10.4.0.0/16+]", "filter pick", "filter mark",
	"filter { bgp_local_pref = 150; accept; }", "where bgp_path.len < 2",
	"where (64512, 9) !~ bgp_community",
	"filter { if proto = \"c1\" then bgp_med = 7; accept; }" };

static const char *const any_words[] = { "description \"x\";", "hold time 90;",
	"keepalive time 20;", "med metric on;", "default bgp_med 5;",
	"interpret communities off;", "connect retry time 9;", "error wait time 3, 7;",
	"graceful restart time 77;" };
static const char *const client_words[] = { "rr client;", "rr client;",
	"rr cluster id 9.9.9.9;", "rr cluster id 192.0.2.1;" };
static const char *const outer_words[] = { "default bgp_local_pref 150;",
	"allow bgp_local_pref on;", "allow bgp_med on;", "enforce first as on;",
	"rs client;" };
static const char *const channel_words[] = { "preference 90;", "next hop self on;",
	"next hop keep on;", "import limit 1000 action block;", "next hop self ebgp;",
	"table other;", "table other;", "import table on;", "import table on;",
	"import table on;", "import table on;" };

#define SOME(s, t, list, chance)                                                         \
	for (unsigned some = 0; some < sizeof(list) / sizeof(*(list)); some++)           \
		if (rnd(s, 100) < (chance))                                              \
			say(t, " %s", (list)[some]);

static const char *
some_filter(struct sim *s, unsigned last)
{
	return rnd(s, 2) ? "all"
			 : filters[rnd(s, sizeof(filters) / sizeof(*filters) - last)];
}

static void
make_peer(struct sim *s, struct text *t, unsigned i, const char *all)
{
	bool client = i < 3;

	say(t, "protocol bgp %s%s { local 127.0.0.1 as 64512; neighbor 127.0.1.%u as %u;",
	    rnd(s, 5) ? "" : "renamed_", names[i], i + 1, client ? 64512 : 64510 + i + 1);
	say(t, " passive; graceful restart off; multihop 2; %s", all);
	SOME(s, t, any_words, 20)
	if (client) {
		SOME(s, t, client_words, 40)
	} else {
		SOME(s, t, outer_words, 40)
	}
	say(t, " ipv4 { import %s;", some_filter(s, 1));
	say(t, " export %s;", some_filter(s, 0));
	SOME(s, t, channel_words, 15)
	say(t, " }; }\n");
}

static void
make_config(struct sim *s, struct text *t, unsigned threads, unsigned shards)
{
	/* Mixed, it makes a decision that depends on the order of arrival. */
	const char *all = rnd(s, 3) ? "" : "path metric off;";

	t->n = 0;
	say(t, "log \"/dev/null\" all; router id 192.0.2.1; protocol device { }\n");
	say(t, "threads %u; shards %u; ipv4 table other;\n", threads, shards);
	say(t, "filter pick { if net.len > %u then reject; accept; }\n", 23 + rnd(s, 3));
	say(t, "filter mark { bgp_community.add((64512, %u)); accept; }\n",
	    1 + rnd(s, 2));
	for (unsigned k = 0; k < 2; k++) {
		say(t, "protocol static st%u { ipv4 { table %s; };", k,
		    k ? "other" : "master4");
		for (unsigned i = 0; i < 4; i++)
			if (rnd(s, 2))
				say(t, " route 10.10%u.%u.0/24 unreachable;", k, i);
		say(t, " }\n");
	}
	for (unsigned i = 0; i < REMOTES; i++)
		if (rnd(s, 10))
			make_peer(s, t, i, all);
}

/*
 * Turns.
 */
static bool
main_turn(struct sim *s)
{
	struct mail *m = mailbox_take(s->rt->daemon->main);

	if (m)
		serve_mail(s->rt, m);
	return m;
}

static bool
shard_turn(struct sim *s, unsigned i)
{
	uint64_t until = UINT64_MAX;
	bool more = shard_thread_turn(s->rt->daemon->shard[i], &until);

	if (until < s->shard_until)
		s->shard_until = until;
	return more;
}

/* One of them, chosen at random, does something; not necessarily anything. */
static void
any_turn(struct sim *s)
{
	const struct daemon *d = s->rt->daemon;

	switch (rnd(s, 6)) {
	case 0: main_turn(s); break;
	case 1: io_turn(d->io[rnd(s, d->io_n)]); break;
	case 2: shard_turn(s, rnd(s, d->shard_n)); break;
	case 3: sim_watch_turn(rnd(s, 1000)); break;
	case 4: remote_turn(&s->remote[rnd(s, REMOTES)]); break;
	case 5:
		while (sim_timer_turn())
			;
		sim_now_ms += !rnd(s, 4);
		break;
	}
}

/* All of them once.  False: nobody had anything to do. */
static bool
all_turn(struct sim *s)
{
	const struct daemon *d = s->rt->daemon;
	bool more = main_turn(s);

	s->shard_until = UINT64_MAX;
	for (unsigned i = 0; i < d->io_n; i++)
		more |= io_turn(d->io[i]);
	for (unsigned i = 0; i < d->shard_n; i++)
		more |= shard_turn(s, i);
	more |= sim_watch_turn(rnd(s, 1000));
	more |= sim_timer_turn();
	for (unsigned i = 0; i < REMOTES; i++)
		more |= remote_turn(&s->remote[i]);
	return more;
}

static uint64_t
next_deadline(const struct sim *s)
{
	uint64_t next = sim_timer_next();

	if (s->shard_until < next)
		next = s->shard_until;
	for (unsigned i = 0; i < REMOTES; i++)
		if (remote_next(&s->remote[i]) < next)
			next = remote_next(&s->remote[i]);
	return next;
}

/* Until nothing more happens, for so long. */
static void
rest(struct sim *s, uint64_t ms)
{
	uint64_t end = sim_now_ms + ms, next;

	for (;;) {
		while (all_turn(s))
			;
		next = next_deadline(s);
		if (next > end)
			break;
		sim_now_ms = next > sim_now_ms ? next : sim_now_ms + 1;
	}
	sim_now_ms = end;
	while (all_turn(s))
		;
}

/*
 * Start.
 */
static struct runtime *
runtime_new(void)
{
	static const struct options options = { .program = "sim" };
	struct runtime *rt = MEM_NEW(struct runtime);

	rt->daemon = MEM_NEW(struct daemon);
	rt->daemon->start_ms = sim_now_ms;
	rt->daemon->store = store_new();
	rt->daemon->main = mailbox_new(SIZE_MAX);
	rt->loop = loop_new();
	rt->origins = origin_keeper_new(rt);
	rt->file = "sim.conf";
	rt->options = &options;
	rt->sockets = ctlsocks_new();
	return rt;
}

static void
start(struct sim *s, const char *text)
{
	struct load_result r = model_load_text("sim.conf", text, strlen(text));
	struct daemon *d;
	char error[512];
	unsigned bad;

	if (!r.model) {
		message_format(&r.message[0], error, sizeof(error));
		fprintf(stderr, "%s\n%s", error, text);
		abort();
	}
	s->rt = runtime_new();
	d = s->rt->daemon;
	d->io_n = runtime_io_n(r.model);
	d->shard_n = runtime_shard_n(r.model);
	for (unsigned i = 0; i < d->io_n; i++)
		d->io[i] = io_new(d, i);
	for (unsigned i = 0; i < d->shard_n; i++)
		d->shard[i] = shard_thread_new(d, i);
	log_setup(r.model->log, r.model->log_n, false, "sim", &bad);
	if (reload_start(s->rt, r.model))
		abort();
	for (unsigned i = 0; i < REMOTES; i++) {
		remote_init(
		    &s->remote[i], names[i], i + 1, i < 3, s->seed >> i & 1, call);
		s->remote[i].routes = 0xf0f + (i << 4);
		remote_start(&s->remote[i]);
	}
	rest(s, QUIET_MS);
}

static void
load(struct sim *s, const char *text)
{
	struct configure_request q = { .kind = CONFIGURE, .text = text,
		.text_len = strlen(text) };

	reload_configure(s->rt, NULL, &q);
}

/*
 * What there is, as lines.
 */
static char *lines[LINES_MAX];
static unsigned line_n;

static void
line(const char *fmt, const char *who, const struct net *net, const char *what,
    const struct attrs *a)
{
	char buf[4096], text[NET_TEXT_MAX];
	size_t n;

	net_format(net, text);
	n = (size_t)snprintf(buf, sizeof(buf), "%s %s %s %s pref %u ", fmt, who, text,
	    what, a->preference);
	for (unsigned i = 0;
	     i < a->nh_len + (unsigned)a->block_len && n + 3 < sizeof(buf); i++)
		n += (size_t)snprintf(buf + n, sizeof(buf) - n, "%02x", a->bytes[i]);
	if (line_n == LINES_MAX)
		abort();
	lines[line_n++] = mem_strdup(buf);
}

static void
on_paths(void *ctx, const struct path_view *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct proto_conf *p = sim.rt->channel_conf[v[i].channel];

		line(ctx, p ? p->name : "?", v[i].net, v[i].best ? "best" : "other",
		    v[i].attrs);
	}
}

static void
dump_table(struct sim *s, const char *name)
{
	for (unsigned i = 0; i < s->rt->daemon->shard_n; i++) {
		struct walk w = { .table = runtime_table_id(s->rt, name),
			.mode = WALK_ALL };
		struct shard *shard = shard_thread_shard(s->rt->daemon->shard[i]);

		while (!w.done)
			shard_walk(shard, &w, 1000, on_paths, (void *)(uintptr_t)name);
	}
}

static int
line_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
dump(struct sim *s, FILE *out)
{
	dump_table(s, "master4");
	dump_table(s, "other");
	for (unsigned i = 0; i < REMOTES; i++)
		for (unsigned k = 0; k < s->remote[i].held_n; k++)
			if (s->remote[i].held[k].attrs)
				line("held", names[i], &s->remote[i].held[k].net, "",
				    s->remote[i].held[k].attrs);
	qsort(lines, line_n, sizeof(*lines), line_cmp);
	for (unsigned i = 0; i < line_n; i++)
		fprintf(out, "%s\n", lines[i]);
	for (unsigned i = 0; i < REMOTES; i++)
		fprintf(
		    out, "session %s %s\n", names[i], s->remote[i].up ? "up" : "down");
}

/*
 * The reload.
 */
static void
remember(struct sim *s)
{
	for (unsigned i = 0; i < REMOTES; i++) {
		struct remote *r = &s->remote[i];

		r->downs = r->faults = 0;
		for (unsigned k = 0; k < r->held_n; k++) {
			r->held[k].before = r->held[k].attrs;
			r->held[k].fresh = false;
		}
	}
}

static void
fault(struct sim *s, const char *a, const char *b)
{
	struct remote *r = &s->remote[rnd(s, REMOTES)];

	switch (rnd(s, 8)) {
	case 0: remote_cut(r); break;
	case 1: load(s, "protocol bgp {"); break;
	case 2: load(s, rnd(s, 2) ? a : b); break;
	default: remote_announce(r, rnd(s, ROUTES_MAX), rnd(s, 2)); break;
	}
}

/* Networks of one neighbour alone: whose path is the best does not come into it. */
static bool
has_one_source(const struct net *net)
{
	return net->key[1] != 50;
}

static unsigned
check_remote(const struct sim *s, const struct remote *r, bool was, FILE *out)
{
	char text[NET_TEXT_MAX];
	unsigned bad = 0;

	if (was && r->up && r->downs) {
		fprintf(out, "the session of %s ended %u times\n", r->name, r->downs);
		bad++;
	}
	for (unsigned k = 0; k < r->held_n; k++) {
		const struct held *h = &r->held[k];

		if (!h->fresh || h->before || h->attrs || !has_one_source(&h->net))
			continue;
		net_format(&h->net, text);
		fprintf(out, "%s was told of %s, which neither tells it (seed %u)\n",
		    r->name, text, s->seed);
		bad++;
	}
	return bad;
}

static void
reloaded(struct sim *s, const char *a, const char *b, bool faults, FILE *out)
{
	bool was[REMOTES];

	start(s, a);
	for (unsigned i = 0; i < REMOTES; i++)
		was[i] = s->remote[i].up;
	remember(s);
	load(s, b);
	for (unsigned n = 0; n < CHAOS; n++) {
		if (faults && !rnd(s, 40))
			fault(s, a, b);
		any_turn(s);
	}
	for (unsigned i = 0; faults && i < REMOTES; i++)
		for (unsigned k = 0; k < ROUTES_MAX; k++)
			remote_announce(&s->remote[i], k, (0xf0f + (i << 4)) >> k & 1);
	if (faults)
		load(s, b);
	rest(s, 2 * QUIET_MS);
	for (unsigned i = 0; !faults && i < REMOTES; i++)
		check_remote(s, &s->remote[i], was[i], out);
	dump(s, out);
}

/* Each run in a process of its own: the daemon has state that is made once. */
static char *
run(unsigned seed, const char *a, const char *b, bool faults)
{
	char *got = MEM_ARRAY(char, 1 << 20);
	size_t n = 0;
	ssize_t k;
	int fd[2], status;
	pid_t pid;

	if (pipe(fd) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		FILE *out = fdopen(fd[1], "w");

		sim.seed = seed;
		sim.rng = seed * 7919u + 5;
		if (b) {
			reloaded(&sim, a, b, faults, out);
		} else {
			start(&sim, a);
			dump(&sim, out);
		}
		fclose(out);
		_exit(0);
	}
	close(fd[1]);
	while (n < (1 << 20) - 1 && (k = read(fd[0], got + n, (1 << 20) - 1 - n)) > 0)
		n += (size_t)k;
	close(fd[0]);
	waitpid(pid, &status, 0);
	if (status) {
		fprintf(
		    stderr, "seed %u: ended with status %x\n", seed, (unsigned)status);
		strcat(got, "died\n");
	}
	return got;
}

/* Lines that only one of the two has. */
static void
differ(const char *sign, const char *a, const char *b)
{
	while (*a) {
		size_t n = strcspn(a, "\n") + 1;
		const char *hit = b;

		while (*hit && strncmp(hit, a, n) != 0)
			hit += strcspn(hit, "\n") + 1;
		if (!*hit)
			fprintf(stderr, "%s %.*s", sign, (int)n, a);
		a += n;
	}
}

static bool
pair(unsigned seed)
{
	static struct text a, b;
	struct sim s = { .rng = seed * 31337u + 11 };
	unsigned threads = 1 + rnd(&s, 2), shards = 1 + rnd(&s, 2);
	char *got, *want;
	bool same;

	make_config(&s, &a, threads, shards);
	make_config(&s, &b, threads, shards);
	got = run(seed, a.at, b.at, seed % 2);
	want = run(seed, b.at, NULL, false);
	same = strcmp(got, want) == 0;
	if (!same) {
		fprintf(stderr, "pair %u:\n", seed);
		differ("+", got, want);
		differ("-", want, got);
		fprintf(stderr, "--- A\n%s--- B\n%s", a.at, b.at);
	}
	mem_free(got);
	mem_free(want);
	return same;
}

int
main(int argc, char **argv)
{
	unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 40;
	unsigned first = argc > 2 ? (unsigned)atoi(argv[2]) : 1, bad = 0;

	signal(SIGPIPE, SIG_IGN);
	for (unsigned i = 0; i < n; i++)
		bad += !pair(first + i);
	printf("%u of %u reloads end as a fresh start\n", n - bad, n);
	return bad != 0;
}
