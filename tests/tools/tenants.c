/*
 * tenants: customers that have the same networks, in one reflector.
 *
 * Each tenant has a table of its own with four clients; two of them announce, all listen.  A
 * pipe joins it with the shared table: networks that are the tenant's own go out, services
 * that its filter wants come in.  What all tenants have alike (10.0.x.0/24) must stay at home.
 *
 *   10.0.x.0/24     every tenant's, from clients 0 and 1       stays
 *   172.u.v.0/24    one tenant's, from client 0 or 1           goes to the shared table
 *   198.18.v.0/24   services, from the shared table's 0 and 1  comes where it is wanted
 *
 * Every announcement carries a community (who, which one).  Each route that arrives is looked
 * at at once: whose it is must fit where it came.  While routes change, sessions fall and the
 * configuration is reloaded, that is all that can be said; then what every client holds is
 * compared, network by network, with what it must hold.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/wire.h"
#include "bgp/proto.h"
#include "args.h"
#include "encode.h"
#include "speaker.h"

enum { ALIKE = 16, OWN = 4, SERVICES = 16, SEATS = 4, SENDERS = 2 };
enum { WHO_SHARED = 60000, CLASS_AS = 65000, MARK_AS = 65001, STATES = 6 };

struct tenants {
	struct speaker *speaker;
	struct store *store;
	struct ip to;
	uint16_t port;
	uint32_t n, rounds, changes, seed;
	uint64_t minutes, timeout_s;
	const char *conf, *globals, *reload;
	unsigned state; /* of the configuration */
	struct seat *seat; /* SEATS of each tenant, then SEATS of the shared table */
	unsigned seat_n, up, leaks, downs;
	uint64_t changed, heard, compared;
	uint16_t version;
};

struct said { /* by a sender, of one network */
	uint32_t value, local_pref; /* value 0: withdrawn */
};

struct seat {
	struct tenants *all;
	struct client *client;
	unsigned tenant, k; /* tenant n: the shared table */
	unsigned slots;
	uint32_t *held;	   /* by slot: the community it came with; 0: no route */
	struct said *said; /* by slot */
	bool stopped;
};

static uint64_t dice;

/* splitmix64 */
static uint32_t
roll(uint32_t n)
{
	uint64_t z = (dice += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) >> 16) % n;
}

static bool
is_shared(const struct seat *s)
{
	return s->tenant == s->all->n;
}

/*
 * Networks have a slot in each table that may see them: a tenant's has those alike, its own
 * and services; the shared one services and every tenant's own.
 */
static int
slot_of(const struct seat *s, const struct net *net)
{
	struct ip ip = net_ip(net);
	uint32_t a = ip_to4(&ip), n = a >> 8 & 0xffff, own = n - (16 << 8);

	if (net->type != NET_IP4 || net->plen != 24)
		return -1;
	if (a >> 24 == 10)
		return is_shared(s) || n >= ALIKE ? -1 : (int)n;
	if (a >> 16 == (198 << 8 | 18))
		return (n & 0xff) >= SERVICES ? -1
		       : is_shared(s)	      ? (int)(n & 0xff)
					      : (int)(ALIKE + OWN + (n & 0xff));
	if (a >> 24 != 172 || n < 16 << 8 || own >= OWN * s->all->n)
		return -1;
	if (is_shared(s))
		return (int)(SERVICES + own);
	return own / OWN == s->tenant ? (int)(ALIKE + own % OWN) : -1;
}

static struct net
net_ip4(uint32_t a)
{
	struct ip ip = ip_from4(a);

	return net_from_ip(&ip, 24);
}

static struct net
net_of(const struct seat *s, unsigned slot)
{
	uint32_t a;

	if (is_shared(s) && slot < SERVICES)
		a = (198u << 24) + (18 << 16) + (slot << 8);
	else if (is_shared(s))
		a = (172u << 24) + (16 << 16) + ((slot - SERVICES) << 8);
	else if (slot < ALIKE)
		a = (10u << 24) + (slot << 8);
	else if (slot < ALIKE + OWN)
		a = (172u << 24) + (16 << 16) + ((s->tenant * OWN + slot - ALIKE) << 8);
	else
		a = (198u << 24) + (18 << 16) + ((slot - ALIKE - OWN) << 8);
	return net_ip4(a);
}

/* Slots that the seat announces: services; or those alike and its half of the own ones. */
static bool
announces(const struct seat *s, unsigned slot)
{
	if (s->k >= SENDERS)
		return false;
	if (is_shared(s))
		return slot < SERVICES;
	return slot < ALIKE || (slot < ALIKE + OWN && (slot - ALIKE) % SENDERS == s->k);
}

/*
 * The configuration, in one of its states.
 */
static bool
is_joined(unsigned tenant, unsigned state)
{
	return (tenant + state) % 7 != 0;
}

static bool
goes_out(unsigned tenant, unsigned state)
{
	return is_joined(tenant, state) && (tenant + state) % 3 != 0;
}

static bool
comes_in(unsigned tenant, unsigned state, unsigned service)
{
	return is_joined(tenant, state) && (service + tenant + state) % 2 == 0;
}

static struct ip
address_of(const struct seat *s)
{
	return ip_from4(0x7f010001 + (s->tenant << 3) + s->k);
}

static void
conf_table(FILE *f, const struct tenants *t, unsigned i)
{
	char text[IP_TEXT_MAX], table[16] = "shared";

	if (i < t->n)
		snprintf(table, sizeof(table), "t%u", i);

	for (unsigned k = 0; k < SEATS; k++) {
		struct ip ip = address_of(&t->seat[i * SEATS + k]);

		fprintf(f,
		    "protocol bgp c%u_%u from client { neighbor %s as 64512; ipv4 { "
		    "table %s; }; }\n",
		    i, k, ip_format(&ip, text), table);
	}
}

static void
conf_write(const struct tenants *t)
{
	FILE *f = fopen(t->conf, "w");

	if (!f)
		die("cannot write %s", t->conf);
	fprintf(f,
	    "%s log \"%s.log\" { info, warning, error, fatal, bug };\n"
	    "router id 192.0.2.1;\nprotocol device { }\nipv4 table shared;\n"
	    "template bgp client { local 127.0.0.1 port %u as 64512; rr client; "
	    "passive;\n"
	    "\tmultihop; error wait time 1, 1; ipv4 { import all; export all; }; }\n",
	    t->globals ? t->globals : "", t->conf, t->port);
	for (unsigned i = 0; i < t->n; i++) {
		fprintf(f, "ipv4 table t%u;\n", i);
		conf_table(f, t, i);
		fprintf(f,
		    "protocol pipe p%u { table t%u; peer table shared;%s\n"
		    "\timport where net ~ [198.18.0.0/16+] && (%u, %u) ~ bgp_community;\n"
		    "\texport filter { if net !~ [172.16.0.0/12+]%s then reject;\n"
		    "\t\tbgp_community.add((%u, %u)); accept; }; }\n",
		    i, i, is_joined(i, t->state) ? "" : " disabled;", CLASS_AS,
		    100 + (i + t->state) % 2,
		    goes_out(i, t->state) ? "" : " || net.len > 8", MARK_AS, i + 1);
	}
	conf_table(f, t, t->n);
	fclose(f);
}

/*
 * Announcing.
 */
static void
send_route(struct seat *s, unsigned slot)
{
	struct nlri nlri = { .net = net_of(s, slot) };
	const struct said *said = &s->said[slot];
	struct arena *arena = arena_new();
	struct ip local = address_of(s);
	struct bytes out = { 0 };
	uint8_t comm[8];
	struct draft d;

	draft_init(&d, arena);
	draft_set_u8(&d, ATTR_ORIGIN, ORIGIN_IGP);
	draft_set(&d, AF_TRANSITIVE, ATTR_AS_PATH, "", 0);
	draft_set_u32(&d, ATTR_LOCAL_PREF, said->local_pref);
	put_u32(comm, said->value);
	put_u32(comm + 4, (uint32_t)CLASS_AS << 16 | (100 + slot % 2));
	draft_set(
	    &d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_COMMUNITY, comm, is_shared(s) ? 8 : 4);
	d.next_hop.len = 4;
	memcpy(d.next_hop.b, local.b + 12, 4);
	if (said->value)
		encode_reach(&out, s->all->store, &d, FAM_IP4, false, &nlri, 1);
	else
		encode_unreach(&out, FAM_IP4, false, &nlri, 1);
	client_send(s->client, out.p, out.n);
	bytes_fini(&out);
	arena_free(arena);
}

static void
say(struct seat *s, unsigned slot, bool withdraw)
{
	struct tenants *t = s->all;
	uint32_t who = is_shared(s) ? WHO_SHARED : s->tenant + 1;

	t->version++;
	/* never a tie: one has even numbers, one odd ones */
	s->said[slot] = (struct said){ .value = withdraw ? 0 : who << 16 | t->version,
		.local_pref = 100 + 2 * roll(50) + s->k };
	send_route(s, slot);
	t->changed++;
}

static void
on_up(struct client *c, void *ctx)
{
	struct seat *s = ctx;
	struct bytes eor = { 0 };

	s->all->up++;
	for (unsigned i = 0; i < s->slots; i++)
		if (announces(s, i))
			say(s, i, roll(10) == 0);
	encode_eor(&eor, FAM_IP4);
	client_send(c, eor.p, eor.n);
	bytes_fini(&eor);
}

static void
forget(struct seat *s)
{
	memset(s->held, 0, s->slots * sizeof(*s->held));
	memset(s->said, 0, s->slots * sizeof(*s->said));
	s->all->up--;
}

static void
on_down(struct client *c, void *ctx, const struct down_reason *why)
{
	struct seat *s = ctx;

	fprintf(stderr, "%s: down (%d, %u.%u) %s\n", client_name(c), why->class,
	    why->code, why->subcode, why->text);
	s->all->downs++;
	forget(s);
}

/*
 * Listening.
 */
static void
leak(struct seat *s, const struct net *net, uint32_t value, const char *what)
{
	char text[NET_TEXT_MAX];

	if (s->all->leaks++ < 20)
		fprintf(stderr, "leak: %s of %u.%u at %u.%u: %s\n", net_format(net, text),
		    value >> 16, value & 0xffff, s->tenant, s->k, what);
}

static bool
has_community(const struct attr *a, uint32_t value)
{
	for (unsigned i = 0; a && i + 4 <= a->len; i += 4)
		if (get_u32(a->data + i) == value)
			return true;
	return false;
}

static void
heard(struct seat *s, const struct net *net, const struct attr *comm)
{
	int slot = slot_of(s, net);
	uint32_t value = comm && comm->len >= 4 ? get_u32(comm->data) : 0, who;
	bool service;

	s->all->heard++;
	if (slot < 0) {
		leak(s, net, value, "no such network here");
		return;
	}
	service = is_shared(s) ? slot < SERVICES : slot >= ALIKE + OWN;
	who = service	    ? WHO_SHARED
	      : is_shared(s) ? (unsigned)(slot - SERVICES) / OWN + 1
			     : s->tenant + 1;
	if (comm && value >> 16 != who)
		leak(s, net, value, "it is another's");
	if (comm && is_shared(s) && !service &&
	    !has_community(comm, (uint32_t)MARK_AS << 16 | who))
		leak(s, net, value, "it did not pass the filter");
	s->held[slot] = value;
}

static void
on_update(struct client *c, void *ctx, struct update *u)
{
	const struct attr *comm = draft_find(&u->draft, ATTR_COMMUNITY);
	struct nlri n;

	(void)c;
	for (unsigned i = 0; i < u->unreach_n; i++)
		while (nlri_next(&u->unreach[i], &n))
			heard(ctx, &n.net, NULL);
	for (unsigned i = 0; i < u->reach_n; i++)
		while (nlri_next(&u->reach[i], &n))
			heard(ctx, &n.net, comm);
}

static const struct client_ops ops = {
	.up = on_up, .down = on_down, .update = on_update
};

/*
 * What must be held.
 */
static uint32_t
best_of(const struct seat *table, unsigned slot, const struct seat *for_whom)
{
	const struct seat *best = NULL;

	for (const struct seat *s = table; s < table + SENDERS; s++)
		if (s->said[slot].value &&
		    (!best || s->said[slot].local_pref > best->said[slot].local_pref))
			best = s;
	return best && best != for_whom ? best->said[slot].value : 0;
}

static uint32_t
expected(const struct seat *s, unsigned slot)
{
	const struct tenants *t = s->all;
	const struct seat *shared = &t->seat[t->n * SEATS];
	unsigned i;

	if (!is_shared(s)) {
		if (slot < ALIKE + OWN)
			return best_of(&t->seat[s->tenant * SEATS], slot, s);
		slot -= ALIKE + OWN;
		return comes_in(s->tenant, t->state, slot) ? best_of(shared, slot, s) : 0;
	}
	if (slot < SERVICES)
		return best_of(shared, slot, s);
	i = (slot - SERVICES) / OWN;
	return goes_out(i, t->state)
		   ? best_of(&t->seat[i * SEATS], ALIKE + (slot - SERVICES) % OWN, s)
		   : 0;
}

static unsigned
wrong(struct tenants *t, bool print)
{
	char text[NET_TEXT_MAX];
	unsigned n = 0;

	for (struct seat *s = t->seat; s < t->seat + t->seat_n; s++)
		for (unsigned i = 0; i < s->slots; i++) {
			uint32_t want = expected(s, i);
			struct net net;

			t->compared++;
			if (s->held[i] == want)
				continue;
			net = net_of(s, i);
			if (n++ < 20 && print)
				fprintf(stderr,
				    "wrong: %s at %u.%u is %u.%u, should be %u.%u\n",
				    net_format(&net, text), s->tenant, s->k,
				    s->held[i] >> 16, s->held[i] & 0xffff, want >> 16,
				    want & 0xffff);
			if (!print)
				return 1;
		}
	return n;
}

static void
run_for(struct tenants *t, uint64_t ms)
{
	uint64_t end = clock_mono_ms() + ms;

	while (clock_mono_ms() < end)
		speaker_run(t->speaker, end);
}

/* Until all is as it must be, and then as many more milliseconds, in which nothing may come
 * that should not. */
static bool
settle(struct tenants *t, uint64_t more)
{
	uint64_t end = clock_mono_ms() + t->timeout_s * 1000;

	do {
		run_for(t, 100);
		if (clock_mono_ms() > end) {
			fprintf(stderr, "%u of %u sessions up\n", t->up, t->seat_n);
			wrong(t, true);
			return false;
		}
	} while (t->up != t->seat_n || wrong(t, false));
	run_for(t, more);
	return !wrong(t, true);
}

static void
churn(struct tenants *t, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct seat *s = &t->seat[roll(t->seat_n)];
		unsigned slot = roll(ALIKE + OWN);

		/* one in 16 is of the shared table, else all is about tenants */
		if (roll(16) == 0)
			s = &t->seat[t->n * SEATS + roll(SENDERS)];
		if (slot < s->slots && announces(s, slot) && client_is_up(s->client))
			say(s, slot, roll(3) == 0);
		if (i % 64 == 0)
			run_for(t, 1);
	}
}

static void
flap(struct tenants *t)
{
	struct seat *s = &t->seat[roll(t->seat_n)];

	if (s->stopped || !client_is_up(s->client))
		return;
	client_stop(s->client);
	s->stopped = true;
	forget(s);
}

static void
reload(struct tenants *t)
{
	t->state = (t->state + 1) % STATES;
	conf_write(t);
	if (t->reload && system(t->reload) != 0)
		die("`%s' failed", t->reload);
}

static bool
play_round(struct tenants *t)
{
	churn(t, t->changes);
	for (unsigned i = 0; i < 1 + t->n / 50; i++)
		flap(t);
	churn(t, t->changes);
	reload(t);
	churn(t, t->changes);
	for (struct seat *s = t->seat; s < t->seat + t->seat_n; s++)
		if (s->stopped) {
			s->stopped = false;
			client_start(s->client);
		}
	churn(t, t->changes);
	return settle(t, 300);
}

static void
set_up(struct tenants *t)
{
	t->seat_n = (t->n + 1) * SEATS;
	t->seat = MEM_ARRAY(struct seat, t->seat_n);
	for (unsigned i = 0; i < t->seat_n; i++) {
		struct seat *s = &t->seat[i];
		struct client_conf conf = { .remote = t->to, .port = t->port,
			.local_as = 64512, .remote_as = 64512, .hold_s = 180,
			.family = { [FAM_IP4] = true }, .ops = &ops, .ctx = s };
		char name[32];

		*s = (struct seat){ .all = t, .tenant = i / SEATS, .k = i % SEATS };
		s->slots = is_shared(s) ? SERVICES + OWN * t->n : ALIKE + OWN + SERVICES;
		s->held = MEM_ARRAY(uint32_t, s->slots);
		s->said = MEM_ARRAY(struct said, s->slots);
		conf.local = address_of(s);
		snprintf(name, sizeof(name), "%u.%u", s->tenant, s->k);
		conf.name = name;
		if (t->speaker)
			s->client = speaker_add(t->speaker, &conf);
	}
}

static void
clean_up(struct tenants *t)
{
	for (unsigned i = 0; i < t->seat_n; i++) {
		mem_free(t->seat[i].held);
		mem_free(t->seat[i].said);
	}
	mem_free(t->seat);
}

static int
play(struct tenants *t)
{
	uint64_t end;
	unsigned round = 0;
	bool good;

	t->store = store_new();
	t->speaker = speaker_new();
	set_up(t);
	end = clock_mono_ms() + t->minutes * 60000;
	for (unsigned i = 0; i < t->seat_n; i++)
		client_start(t->seat[i].client);
	good = settle(t, 300);
	while (good && (round < t->rounds || clock_mono_ms() < end)) {
		good = play_round(t) && !t->leaks && !t->downs;
		round++;
	}
	printf("%u tenants, %u sessions: %u rounds, %lu changes, %lu routes heard, %lu "
	       "compared, "
	       "%u leaks, %u sessions lost\n",
	    t->n, t->seat_n, round, (unsigned long)t->changed, (unsigned long)t->heard,
	    (unsigned long)t->compared, t->leaks, t->downs);
	for (unsigned i = 0; i < t->seat_n; i++)
		client_stop(t->seat[i].client);
	run_for(t, 200);
	speaker_free(t->speaker);
	clean_up(t);
	store_free(t->store);
	return good && !t->leaks && !t->downs ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct tenants t = { .n = 500, .rounds = 2, .changes = 2000, .seed = 1,
		.timeout_s = 60, .port = 1790 };
	bool only_conf = false;
	const struct arg list[] = {
		{ .name = "to",
		    .value = "ADDR:PORT",
		    .help = "the reflector",
		    .ip = &t.to,
		    .port = &t.port },
		{ .name = "conf",
		    .value = "FILE",
		    .help = "its configuration, written here",
		    .text = &t.conf },
		{ .name = "globals",
		    .value = "TEXT",
		    .help = "stands in front of that",
		    .text = &t.globals },
		{ .name = "only-conf",
		    .help = "write the configuration and end",
		    .flag = &only_conf },
		{ .name = "reload",
		    .value = "COMMAND",
		    .help = "has it read again",
		    .text = &t.reload },
		{ .name = "tenants",
		    .value = "N",
		    .help = "tables with four clients each (500)",
		    .u32 = &t.n,
		    .max = 1000 },
		{ .name = "rounds",
		    .value = "N",
		    .help = "of churn and reload, at least (2)",
		    .u32 = &t.rounds },
		{ .name = "minutes",
		    .value = "N",
		    .help = "as many rounds as that takes (0)",
		    .u64 = &t.minutes },
		{ .name = "changes",
		    .value = "N",
		    .help = "a quarter of those of a round (2000)",
		    .u32 = &t.changes },
		{ .name = "seed",
		    .value = "N",
		    .help = "what all choices follow from (1)",
		    .u32 = &t.seed },
		{ .name = "timeout",
		    .value = "SECONDS",
		    .help = "until all must be right (60)",
		    .u64 = &t.timeout_s },
	};
	const struct args args = {
		.before = "usage: tenants --to ADDR:PORT --conf FILE --reload COMMAND "
			  "[options]\n\n"
			  "Tenants with the same networks in one reflector, looked at "
			  "route by route.\n\n",
		.after = "\nExit status: 0 all was right, 1 a leak or a wrong route, 2 "
			 "usage.\n",
		.arg = list,
		.n = sizeof(list) / sizeof(*list),
	};

	args_read(&args, argc, argv);
	if (!t.conf || t.n < 1)
		args_usage(&args);
	dice = t.seed;
	if (!only_conf)
		return play(&t);
	set_up(&t);
	conf_write(&t);
	clean_up(&t);
	return 0;
}
