/*
 * demo-client: clients that announce a few networks and stay.
 *
 * One process plays any number of iBGP clients, each from a local address of its own, which
 * is its router id and the next hop of its networks.  For IPv6 the next hop is a documentation
 * address with the IPv4 address in its last bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "args.h"
#include "encode.h"
#include "rxtable.h"
#include "speaker.h"

struct demo {
	struct speaker *speaker;
	struct store *store;
	struct ip to;
	uint16_t port;
	uint32_t as;
	uint16_t hold_s;
	uint64_t for_ms;
	bool print, quiet;
};

struct identity {
	struct demo *demo;
	struct ip local;
	struct bytes out;
	struct rxtable *table;
};

/* -- what a client announces -------------------------------------------------------------- */

static struct next_hop
next_hop_of(const struct ip *local, enum family family)
{
	struct next_hop nh = { .len = family == FAM_IP6 ? 16 : 4 };

	if (family == FAM_IP4) {
		memcpy(nh.b, local->b + 12, 4);
		return nh;
	}
	memcpy(nh.b, local->b, 16);
	if (ip_is4(local)) {
		static const uint8_t doc[12] = { 0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff };

		memcpy(nh.b, doc, sizeof(doc));
	}
	return nh;
}

static void
announce(struct identity *id, const struct net *net)
{
	struct arena *arena = arena_new();
	struct nlri nlri = { .net = *net };
	enum family family = net->type == NET_IP6 ? FAM_IP6 : FAM_IP4;
	struct draft d;

	draft_init(&d, arena);
	draft_set_u8(&d, ATTR_ORIGIN, ORIGIN_IGP);
	draft_set(&d, AF_TRANSITIVE, ATTR_AS_PATH, "", 0);
	d.next_hop = next_hop_of(&id->local, family);
	encode_reach(&id->out, id->demo->store, &d, family, false, &nlri, 1);
	arena_free(arena);
}

static void
announce_list(struct identity *id, const char *list)
{
	char *copy = mem_strdup(list), *save = NULL;
	struct net net;

	for (char *s = strtok_r(copy, ", ", &save); s; s = strtok_r(NULL, ", ", &save)) {
		if (!net_parse(s, &net))
			die("`%s' is not a network", s);
		announce(id, &net);
	}
	mem_free(copy);
}

/* -- sessions ----------------------------------------------------------------------------- */

static void
report(struct client *c, const char *what)
{
	const struct identity *id = client_conf(c)->ctx;

	if (!id->demo->quiet)
		fprintf(stderr, "client %s: %s\n", client_name(c), what);
}

static void
on_up(struct client *c, void *ctx)
{
	struct identity *id = ctx;
	const struct negotiated *n = client_negotiated(c);
	struct bytes eor = { 0 };

	report(c, "up");
	client_send(c, id->out.p, id->out.n);
	for (int f = 0; f < FAMILIES; f++)
		if (n->codec.active[f])
			encode_eor(&eor, (enum family)f);
	client_send(c, eor.p, eor.n);
	bytes_fini(&eor);
}

static void
on_down(struct client *c, void *ctx, const struct down_reason *why)
{
	struct identity *id = ctx;
	char text[300];

	snprintf(text, sizeof(text), "down (class %d, code %u.%u) %s", why->class,
	    why->code, why->subcode, why->text);
	report(c, text);
	rxtable_clear(id->table);
}

static void
on_update(struct client *c, void *ctx, struct update *u)
{
	struct identity *id = ctx;

	(void)c;
	rxtable_update(id->table, u);
}

static void
on_refresh(struct client *c, void *ctx, enum family family, unsigned subtype)
{
	struct identity *id = ctx;

	(void)family;
	if (subtype == 0)
		client_send(c, id->out.p, id->out.n);
}

static const struct client_ops ops = {
	.up = on_up,
	.down = on_down,
	.update = on_update,
	.refresh = on_refresh,
};

static void
add_client(struct demo *d, const char *text)
{
	struct identity *id = MEM_NEW(struct identity);
	struct client_conf conf = { .remote = d->to, .port = d->port, .local_as = d->as,
		.remote_as = d->as, .hold_s = d->hold_s, .family = { true, true },
		.ops = &ops, .ctx = id };
	char local[64];
	const char *nets = strchr(text, '=');

	snprintf(local, sizeof(local), "%.*s", (int)strcspn(text, "="), text);
	id->demo = d;
	id->local = conf.local = args_ip("--client", local);
	id->table = rxtable_new(d->store);
	conf.name = local;
	if (!ip_is4(&id->local))
		conf.router_id = 0x0a000001u + (uint32_t)speaker_count(d->speaker);
	if (nets)
		announce_list(id, nets + 1);
	client_start(speaker_add(d->speaker, &conf));
}

static void
print_table(const struct client *c)
{
	const struct identity *id = client_conf(c)->ctx;
	size_t n;
	struct rxroute *list = rxtable_sorted(id->table, &n);

	for (size_t i = 0; i < n; i++) {
		printf("%s ", client_name(c));
		rxroute_print(stdout, &list[i]);
	}
	mem_free(list);
}

static void
finish(struct demo *d)
{
	for (size_t i = 0; i < speaker_count(d->speaker); i++) {
		struct client *c = speaker_client(d->speaker, i);
		struct identity *id = client_conf(c)->ctx;

		if (d->print)
			print_table(c);
		client_stop(c);
		rxtable_free(id->table);
		bytes_fini(&id->out);
		mem_free(id);
	}
	speaker_free(d->speaker);
	store_free(d->store);
}

static void
run(struct demo *d)
{
	const volatile int *stop = args_catch_signals();
	uint64_t end = d->for_ms ? clock_mono_ms() + d->for_ms : UINT64_MAX;

	while (!*stop && clock_mono_ms() < end)
		speaker_run(d->speaker, clock_mono_ms() + 1000 < end ?
		    clock_mono_ms() + 1000 : end);
}

/* -- command line ------------------------------------------------------------------------- */

struct wanted {
	char **clients; /* "LOCAL=NETS" */
	size_t n;
	const char *local; /* still without networks */
};

static void
add_wanted(struct wanted *w, const char *local, const char *nets)
{
	char text[4096];

	if (snprintf(text, sizeof(text), "%s%s%s", local, nets ? "=" : "",
		nets ? nets : "") >= (int)sizeof(text))
		die("too many networks for one client");
	w->clients = mem_realloc(w->clients, (w->n + 1) * sizeof(*w->clients));
	w->clients[w->n++] = mem_strdup(text);
}

static void
want_client(void *w, const char *text)
{
	add_wanted(w, text, NULL);
}

static void
want_announce(void *ctx, const char *nets)
{
	struct wanted *w = ctx;

	if (!w->local)
		die("--announce needs --local before it");
	add_wanted(w, w->local, nets);
	w->local = NULL;
}

static void
read_options(struct demo *d, struct wanted *w, int argc, char **argv)
{
	const struct arg list[] = {
		{ "to", "ADDR[:PORT]", "the reflector; [ADDR]:PORT for IPv6",
		    .ip = &d->to, .port = &d->port },
		{ "as", "AS", "AS number of both sides", .u32 = &d->as },
		{ "client", "LOCAL=NETS",
		    "a client at a local address and its networks, with "
		    "commas;\nrepeat it for more clients.  LOCAL alone only listens.",
		    .call = want_client, .ctx = w },
		{ "local", "LOCAL", "with --announce: the same in two words",
		    .text = &w->local },
		{ "announce", "NETS", "networks of the client --local before it",
		    .call = want_announce, .ctx = w },
		{ "hold", "SECONDS", "hold time to offer (default 90)",
		    .u16 = &d->hold_s },
		{ "for", "SECONDS", "leave after that time (default: stay)",
		    .u64 = &d->for_ms, .max = 1000000, .scale = 1000 },
		{ "print", NULL, "at the end print what every client has received",
		    .flag = &d->print },
		{ "quiet", NULL, "do not report sessions going up and down",
		    .flag = &d->quiet },
	};
	const struct args args = {
		"usage: demo-client --to ADDR[:PORT] --as AS --client LOCAL[=NET,NET...] "
		"...\n\n"
		"Plays iBGP clients that announce networks until killed.\n",
		NULL, list, sizeof(list) / sizeof(list[0])
	};

	args_read(&args, argc, argv);
	if (w->local)
		add_wanted(w, w->local, NULL);
	if (!d->port || !d->as || !w->n)
		args_usage(&args);
}

int
main(int argc, char **argv)
{
	struct demo d = { .hold_s = 90 };
	struct wanted w = { 0 };

	read_options(&d, &w, argc, argv);
	d.speaker = speaker_new();
	d.store = store_new();
	for (size_t i = 0; i < w.n; i++) {
		add_client(&d, w.clients[i]);
		mem_free(w.clients[i]);
	}
	mem_free(w.clients);
	run(&d);
	finish(&d);
	return 0;
}
