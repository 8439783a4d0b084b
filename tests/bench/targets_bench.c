/*
 * Bench of route targets (RFC 4684) in a shard alone: many clients, each of which asks for
 * targets of its own, and a VPN table of which each wants a little.
 *
 *   targets-bench [clients [networks [targets each]]]
 *
 * Networks of a VPN come from several of 40 routers, ten to an attribute set, and stand
 * scattered over the table.  Prints CPU time, resident memory and what was sent: of the
 * table coming in while the clients are there, of all clients coming at once to a full
 * table, of one that comes late, of churn, of a change of a wish, of a router that fails.
 */
#include "shardbench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/wire.h"
#include "bgp/labels.h"

enum { ROUTERS = 40, PER_SET = 10, FIRST_CLIENT = 1000 };

struct bench {
	struct store *store;
	struct arena *arena;
	struct shard *shard;
	struct filter *all;
	uint32_t clients, nets, each;
	uint64_t now;
	struct tally sent;
	double since;
};

static uint64_t
target(uint32_t vpn)
{
	return UINT64_C(2) << 48 | UINT64_C(65000) << 32 | vpn;
}

/* Its own VPN, and some of the others'. */
static struct targets *
wish(const struct bench *b, uint32_t client)
{
	struct net *net = MEM_ARRAY(struct net, b->each);
	struct targets *t;

	for (uint32_t i = 0; i < b->each; i++) {
		uint64_t rt = target((client + i * 37) % b->clients);

		net[i] = (struct net){ .type = NET_RTC, .plen = 96 };
		put_u32(net[i].key, 65000);
		put_u32(net[i].key + 4, (uint32_t)(rt >> 32));
		put_u32(net[i].key + 8, (uint32_t)rt);
	}
	t = targets_new(net, b->each);
	mem_free(net);
	return t;
}

static struct channel_desc
channel(const struct bench *b, uint32_t id)
{
	struct channel_desc d = bench_channel(id, FAM_VPN4_MPLS);

	if (id >= FIRST_CLIENT)
		d.export = b->all;
	return d;
}

static void
client_up(const struct bench *b, uint32_t client)
{
	struct channel_desc d = channel(b, FIRST_CLIENT + client);

	d.targets = wish(b, client);
	shard_channel_up(b->shard, &d);
	targets_unref(d.targets);
}

static struct attrs *
set_of(const struct bench *b, uint32_t router, uint32_t vpn, uint32_t med)
{
	uint8_t community[8], label[3] = { 0, (uint8_t)vpn, 1 };
	struct draft d;

	arena_reset(b->arena);
	draft_init(&d, b->arena);
	d.next_hop.len = 4;
	put_u32(d.next_hop.b, 0x0a000000 + router);
	draft_set_u8(&d, ATTR_ORIGIN, 0);
	draft_set(&d, AF_TRANSITIVE, ATTR_AS_PATH, "", 0);
	draft_set_u32(&d, ATTR_LOCAL_PREF, 100);
	draft_set_u32(&d, ATTR_MED, med);
	put_u32(community, (uint32_t)(target(vpn) >> 32));
	put_u32(community + 4, (uint32_t)target(vpn));
	draft_list_add(&d, ATTR_EXT_COMMUNITY, community, sizeof(community));
	draft_set_labels(&d, label, sizeof(label));
	return store_intern(b->store, &d);
}

/* Ten networks of a VPN from one of the routers; block n of the table. */
static void
block_tell(const struct bench *b, uint32_t n, uint32_t med, bool reach)
{
	uint32_t vpn = n % b->clients, router = 1 + (n / b->clients + vpn) % ROUTERS;
	struct attrs *a = set_of(b, router, vpn, med);
	struct batch *batch = batch_new(router, 1);

	for (uint32_t i = 0; i < PER_SET; i++) {
		struct ip ip = ip_from4(n << 12 | i << 8);
		struct net address = net_from_ip(&ip, 24);
		struct nlri e = { .net = net_vpn(&address, vpn) };

		batch_add(batch, reach ? a : NULL, &e);
	}
	attrs_unref(b->store, a, 1);
	shard_batch(b->shard, batch);
}

static void
run(struct bench *b, bool waiting)
{
	uint64_t wait;

	while (shard_run(b->shard, waiting, b->now, &wait)) {
		if (b->sent.purged)
			mem_trim();
		b->sent.purged = false;
	}
}

static void
settle(struct bench *b)
{
	for (int i = 0; i < 100; i++) {
		b->now += 10;
		run(b, false);
	}
}

static void
report(struct bench *b, const char *what)
{
	printf("%-26s %9.1f ms CPU, %7.1f MiB resident, %lu messages, %lu bytes\n", what,
	    (cpu_s() - b->since) * 1e3, resident_mib(), (unsigned long)b->sent.messages,
	    (unsigned long)b->sent.bytes);
	fflush(stdout);
	b->sent = (struct tally){ 0 };
	b->since = cpu_s();
}

static void
table_in(struct bench *b)
{
	for (uint32_t n = 0; n < b->nets / PER_SET; n++) {
		block_tell(b, n, 0, true);
		if (n % 100 == 0) {
			b->now++;
			run(b, true);
		}
	}
	settle(b);
}

static void
churn(struct bench *b, uint32_t rounds)
{
	for (uint32_t i = 0; i < rounds; i++) {
		for (uint32_t k = 0; k < 10; k++)
			block_tell(b, (i * 7919 + k * 104729) % (b->nets / PER_SET),
			    1 + i, true);
		b->now += 10;
		run(b, false);
	}
	settle(b);
}

static void
clients_all(struct bench *b, bool up)
{
	for (uint32_t i = 0; i < b->clients; i++)
		if (up)
			client_up(b, i);
		else
			shard_channel_down(b->shard, FIRST_CLIENT + i, false);
	settle(b);
}

static void
phases(struct bench *b)
{
	struct channel_desc d;

	clients_all(b, true);
	report(b, "clients, empty table");
	table_in(b);
	report(b, "table in");
	clients_all(b, false);
	report(b, "clients go");
	clients_all(b, true);
	report(b, "all clients at once");
	shard_channel_down(b->shard, FIRST_CLIENT, false);
	client_up(b, 0);
	settle(b);
	report(b, "one late client");
	churn(b, 100);
	report(b, "10,000 changes in 100");
	d = channel(b, FIRST_CLIENT);
	d.targets = wish(b, b->clients / 2);
	shard_channel_update(b->shard, &d);
	targets_unref(d.targets);
	settle(b);
	report(b, "another wish of one");
	shard_channel_down(b->shard, 1, false);
	settle(b);
	report(b, "a router fails");
}

int
main(int argc, char **argv)
{
	struct bench b = { .clients = argc > 1 ? (uint32_t)atoi(argv[1]) : 2000,
		.nets = argc > 2 ? (uint32_t)atoi(argv[2]) : 500000,
		.each = argc > 3 ? (uint32_t)atoi(argv[3]) : 4 };

	b.store = store_new();
	b.arena = arena_new();
	b.all = filter_accept();
	b.shard = shard_new(b.store, &tally_ops, &b.sent);
	shard_table_add(b.shard, 1, NET_VPN4);
	for (uint32_t i = 1; i <= ROUTERS; i++) {
		struct channel_desc d = channel(&b, i);

		shard_channel_up(b.shard, &d);
	}
	b.since = cpu_s();
	phases(&b);
	return 0;
}
