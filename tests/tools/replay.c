/*
 * replay: real routing data through client sessions of a reflector.
 *
 * Every client is an iBGP session with a file of MRT updates (or none, to listen only).  The
 * records of all peers in a file become that client's announcements, in file order, encoded
 * anew: 4-octet AS paths, LOCAL_PREF 100.  When all sessions have been quiet for a while,
 * each client's received table is printed, sorted, one route a line: two reflectors with
 * the same configuration are compared with diff.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "args.h"
#include "encode.h"
#include "mrt.h"
#include "rxtable.h"
#include "speaker.h"

struct replay {
	struct speaker *speaker;
	struct store *store;
	struct ip to;
	uint16_t port;
	uint32_t as;
	uint16_t hold_s;
	uint64_t quiet_ms, timeout_ms;
	const char *output;
	unsigned downs;
	bool sent;
};

struct player {
	struct replay *replay;
	struct bytes out;
	struct rxtable *table;
};

struct counts {
	size_t records, updates, reach, unreach, skipped;
};

/* -- MRT to bytes ------------------------------------------------------------------------- */

struct nets {
	struct nlri *list;
	size_t n, room;
};

static void
nets_read(struct nets *s, struct nlri_run run)
{
	struct nlri nlri;

	s->n = 0;
	while (nlri_next(&run, &nlri)) {
		if (s->n == s->room) {
			s->room = s->room ? s->room * 2 : 256;
			s->list = mem_realloc(s->list, s->room * sizeof(*s->list));
		}
		s->list[s->n++] = nlri;
	}
}

static bool
add_update(struct player *p, struct update *u, struct nets *nets, struct counts *c)
{
	size_t before = p->out.n;

	if (u->verdict >= VERDICT_WITHDRAW)
		return false;
	for (unsigned i = 0; i < u->unreach_n; i++) {
		nets_read(nets, u->unreach[i]);
		encode_unreach(&p->out, u->unreach[i].family, false, nets->list, nets->n);
		c->unreach += nets->n;
	}
	for (unsigned i = 0; i < u->reach_n; i++) {
		u->draft.next_hop = *update_next_hop(u, u->reach[i].family);
		nets_read(nets, u->reach[i]);
		if (!encode_reach(&p->out, p->replay->store, &u->draft,
			u->reach[i].family, false, nets->list, nets->n)) {
			p->out.n = before;
			return false;
		}
		c->reach += nets->n;
	}
	return true;
}

static bool
decode(struct player *p, const struct mrt_update *m, struct nets *nets, struct counts *c)
{
	struct codec codec = { .as4 = m->as4, .active = { true, true }, .ext_msg = true,
		.local_as = p->replay->as, .remote_as = m->peer_as };
	struct arena *arena = arena_new();
	static struct update u;
	bool ok;

	update_decode(&u, &codec, arena, m->body, m->len);
	ok = add_update(p, &u, nets, c);
	arena_free(arena);
	return ok;
}

static void
load(struct player *p, const char *path)
{
	struct counts c = { 0 };
	struct nets nets = { 0 };
	struct mrt_record r;
	struct mrt_update m;
	struct wire w;
	uint8_t *data;
	size_t len;
	int err = mrt_load(path, &data, &len);

	if (err)
		die("%s: %s", path, strerror(-err));
	for (w = wire_init(data, len); mrt_next(&w, &r); c.records++) {
		enum mrt_kind kind = mrt_update(&r, &m);

		c.updates += kind == MRT_IS_UPDATE;
		if (kind == MRT_IS_BAD)
			c.skipped++;
		else if (kind == MRT_IS_UPDATE && !decode(p, &m, &nets, &c))
			c.skipped++;
	}
	fprintf(stderr, "%s: %zu records, %zu updates, %zu announced, %zu withdrawn, "
	    "%zu skipped%s\n", path, c.records, c.updates, c.reach, c.unreach, c.skipped,
	    w.bad ? ", truncated" : "");
	mem_free(nets.list);
	mem_free(data);
}

/* -- sessions ----------------------------------------------------------------------------- */

static void
on_down(struct client *c, void *ctx, const struct down_reason *why)
{
	struct player *p = ctx;
	char text[64];

	p->replay->downs++;
	fprintf(stderr, "client %s: down: %s %s\n", client_name(c),
	    why->class == DOWN_SENT || why->class == DOWN_RECEIVED ?
	    bgp_error_text(why->code, why->subcode, text) : strerror(why->sys_errno),
	    why->text);
}

static void
on_update(struct client *c, void *ctx, struct update *u)
{
	struct player *p = ctx;

	if (u->verdict != VERDICT_OK)
		fprintf(stderr, "client %s: received a faulty UPDATE: %s\n",
		    client_name(c), u->fault ? u->fault : "?");
	rxtable_update(p->table, u);
}

static const struct client_ops ops = {
	.down = on_down,
	.update = on_update,
};

static void
add_client(struct replay *r, const char *text)
{
	struct player *p = MEM_NEW(struct player);
	struct client_conf conf = { .remote = r->to, .port = r->port, .local_as = r->as,
		.remote_as = r->as, .hold_s = r->hold_s, .family = { true, true },
		.ops = &ops, .ctx = p };
	const char *file = strchr(text, '=');
	char local[64];

	snprintf(local, sizeof(local), "%.*s", (int)strcspn(text, "="), text);
	p->replay = r;
	p->table = rxtable_new(r->store);
	conf.local = args_ip("--client", local);
	conf.name = local;
	if (!ip_is4(&conf.local))
		conf.router_id = 0x0a000001u + (uint32_t)speaker_count(r->speaker);
	if (file)
		load(p, file + 1);
	speaker_add(r->speaker, &conf);
}

/* -- the play ----------------------------------------------------------------------------- */

static bool
all_up(const struct replay *r)
{
	for (size_t i = 0; i < speaker_count(r->speaker); i++)
		if (!client_is_up(speaker_client(r->speaker, i)))
			return false;
	return true;
}

static void
send_all(struct replay *r)
{
	for (size_t i = 0; i < speaker_count(r->speaker); i++) {
		struct client *c = speaker_client(r->speaker, i);
		struct player *p = client_conf(c)->ctx;

		for (int f = 0; f < FAMILIES; f++)
			encode_eor(&p->out, (enum family)f);
		client_send_borrowed(c, p->out.p, p->out.n);
	}
	r->sent = true;
}

/* Since when nothing has moved; now, while something still waits to be sent. */
static uint64_t
quiet_since(const struct replay *r, uint64_t now)
{
	uint64_t last = 0;

	for (size_t i = 0; i < speaker_count(r->speaker); i++) {
		const struct client *c = speaker_client(r->speaker, i);

		if (client_queued(c))
			return now;
		if (client_last_rx(c) > last)
			last = client_last_rx(c);
	}
	return last;
}

static int
play(struct replay *r)
{
	const volatile int *stop = args_catch_signals();
	uint64_t now = clock_mono_ms(), end = now + r->timeout_ms, busy_at = now;

	for (size_t i = 0; i < speaker_count(r->speaker); i++)
		client_start(speaker_client(r->speaker, i));
	while (!*stop && now < end && !r->downs) {
		speaker_run(r->speaker, now + 50);
		now = clock_mono_ms();
		if (!r->sent && all_up(r))
			send_all(r);
		if (!r->sent || quiet_since(r, now) == now)
			busy_at = now;
		else if (quiet_since(r, now) > busy_at)
			busy_at = quiet_since(r, now);
		if (now - busy_at >= r->quiet_ms)
			return 0;
	}
	fprintf(stderr, "replay: %s\n",
	    r->downs ? "a session was lost" : "no end was reached");
	return 1;
}

static void
print_table(const struct replay *r, const struct client *c)
{
	const struct player *p = client_conf(c)->ctx;
	size_t n;
	struct rxroute *list = rxtable_sorted(p->table, &n);
	char path[4096];
	FILE *f = stdout;

	snprintf(path, sizeof(path), "%s/%s", r->output ? r->output : "", client_name(c));
	if (r->output && !(f = fopen(path, "w")))
		die("%s: cannot be written", path);
	for (size_t i = 0; i < n; i++) {
		if (!r->output)
			fprintf(f, "%s ", client_name(c));
		rxroute_print(f, &list[i]);
	}
	fprintf(stderr, "client %s: %zu routes\n", client_name(c), n);
	if (r->output)
		fclose(f);
	mem_free(list);
}

static void
finish(struct replay *r)
{
	for (size_t i = 0; i < speaker_count(r->speaker); i++) {
		struct client *c = speaker_client(r->speaker, i);
		struct player *p = client_conf(c)->ctx;

		client_stop(c);
		rxtable_free(p->table);
		bytes_fini(&p->out);
		mem_free(p);
	}
	speaker_free(r->speaker);
	store_free(r->store);
}

/* -- command line ------------------------------------------------------------------------- */

struct wanted {
	const char **clients; /* "LOCAL=FILE" */
	size_t n;
};

static void
want_client(void *ctx, const char *text)
{
	struct wanted *w = ctx;

	w->clients[w->n++] = text;
}

static void
read_options(struct replay *r, struct wanted *w, int argc, char **argv)
{
	const struct arg list[] = {
		{ "to", "ADDR[:PORT]", "the reflector; [ADDR]:PORT for IPv6",
		    .ip = &r->to, .port = &r->port },
		{ "as", "AS", "AS number of both sides", .u32 = &r->as },
		{ "client", "LOCAL=FILE",
		    "a client at a local address and its MRT file, plain or "
		    "gzip;\nrepeat it for more clients.  LOCAL alone only listens.",
		    .call = want_client, .ctx = w },
		{ "hold", "SECONDS", "hold time to offer (default 90)",
		    .u16 = &r->hold_s },
		{ "quiet", "SECONDS",
		    "how long nothing must come before the end (default 5)",
		    .u64 = &r->quiet_ms, .max = 3600, .scale = 1000 },
		{ "timeout", "SECONDS", "give up after that (default 300)",
		    .u64 = &r->timeout_ms, .max = 86400, .scale = 1000 },
		{ "output", "DIR",
		    "write each table to DIR/LOCAL instead of standard output",
		    .text = &r->output },
	};
	const struct args args = {
		"usage: replay --to ADDR[:PORT] --as AS --client LOCAL[=FILE] ...\n\n"
		"Plays MRT files of BGP updates through iBGP clients of a reflector and "
		"prints "
		"the table\nthat each client ends with: CLIENT PREFIX ATTRIBUTES, "
		"sorted.\n",
		"Exit status: 0 done, 1 a session was lost or the time was over, 2 "
		"usage.\n",
		list, sizeof(list) / sizeof(list[0])
	};

	args_read(&args, argc, argv);
	if (!r->port || !r->as || !w->n)
		args_usage(&args);
}

int
main(int argc, char **argv)
{
	struct replay r = { .hold_s = 90, .quiet_ms = 5000, .timeout_ms = 300000 };
	struct wanted w = { .clients = MEM_ARRAY(const char *, (size_t)argc) };
	int status;

	read_options(&r, &w, argc, argv);
	r.speaker = speaker_new();
	r.store = store_new();
	for (size_t i = 0; i < w.n; i++)
		add_client(&r, w.clients[i]);
	mem_free(w.clients);
	status = play(&r);
	for (size_t i = 0; status == 0 && i < w.n; i++)
		print_table(&r, speaker_client(r.speaker, i));
	finish(&r);
	return status;
}
