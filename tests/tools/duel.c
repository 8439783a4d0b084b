/*
 * duel: random routes from peers of all kinds into a reflector, and what each peer then holds.
 *
 * Everything follows from the seed, so two daemons that are told the same configuration are
 * put before the same routes in the same order on each session.  Stage "first" announces,
 * stage "churn" withdraws and announces anew, in random order.  When a stage has become
 * quiet the table of each peer is written to DIR/STAGE/PEER, one route a line, and a command
 * is run while the sessions are up; the tables of two daemons are then compared with diff.
 *
 * Values come from small pools: ties are what the decision is about.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/wire.h"
#include "bgp/attrs.h"
#include "bgp/proto.h"
#include "args.h"
#include "encode.h"
#include "rxtable.h"
#include "speaker.h"

#define ATTRS_MAX 2048

struct duel {
	struct speaker *speaker;
	struct store *store;
	struct ip to;
	uint16_t port;
	uint32_t as, id, seed; /* of the reflector; what all is drawn from */
	unsigned nets;
	uint64_t quiet_ms, timeout_ms;
	const char *output, *run;
	bool settled, confed, aigp;
	unsigned downs;
};

struct piece {
	size_t at, len; /* of the message in `out`; len 0: withdrawn */
};

struct player {
	struct duel *duel;
	struct piece *last; /* for each network, the last word */
	uint32_t as;
	bool client; /* may hear its own cluster id from the reflector's peers */
	bool member; /* of the reflector's confederation, in another AS */
	struct bytes out;
	struct rxtable *table;
};

static const char usage[] =
    "usage: duel --to ADDR[:PORT] --as AS --id ID --peer LOCAL=AS[c] ... --output DIR\n"
    "\n"
    "Plays random routes into a reflector and writes what each peer ends with.\n"
    "\n"
    "  --to ADDR[:PORT]  the reflector\n"
    "  --as AS           its AS number\n"
    "  --id ID           its router and cluster id\n"
    "  --peer LOCAL=AS   a session from a local address; repeat it.  With c behind the "
    "AS\n"
    "                    it is a client and also plays what the reflector must refuse,\n"
    "                    with m a member of its confederation; @AS behind all that: "
    "what\n"
    "                    this peer knows the reflector as\n"
    "  --confed          peers of its AS may have segments of a confederation, too\n"
    "  --aigp            some routes have AIGP\n"
    "  --nets N          networks (default 10000)\n"
    "  --seed N          what all choices follow from (default 1)\n"
    "  --quiet MS        how long nothing must come before a stage ends (default 1500)\n"
    "  --timeout SECONDS give a stage up after that (default 60)\n"
    "  --output DIR      tables go to DIR/first/LOCAL and DIR/churn/LOCAL\n"
    "  --settled         announce at once, once, what both stages leave: the stage is "
    "churn\n"
    "  --run COMMAND     is run after each stage, with its name as argument\n"
    "\n"
    "Exit status: 0 done, 1 a session was lost or the time was over, 2 usage.\n";

/* -- dice --------------------------------------------------------------------------------- */

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
chance(uint32_t percent)
{
	return roll(100) < percent;
}

/* -- attributes, in the order of their codes ---------------------------------------------- */

static void
put(struct wbuf *b, unsigned flags, unsigned code, const void *data, size_t len)
{
	uint8_t *p = wbuf_take(b, len + 4);

	if (!p)
		die("attributes too long");
	p[0] = (uint8_t)(flags | AF_EXTENDED);
	p[1] = (uint8_t)code;
	put_u16(p + 2, (uint16_t)len);
	memcpy(p + 4, data, len);
}

static void
put_number(struct wbuf *b, unsigned flags, unsigned code, uint32_t value)
{
	uint8_t data[4];

	put_u32(data, value);
	put(b, flags, code, data, sizeof(data));
}

static uint32_t
any_as(const struct player *p)
{
	static const uint32_t pool[] = { 65001, 65002, 65003, 64700, 3356, 1299,
		4200000001 };

	if (chance(2))
		return p->duel->as;
	return pool[roll(sizeof(pool) / sizeof(*pool))];
}

static void
segment(struct wbuf *b, const struct player *p, unsigned type, unsigned n, uint32_t first)
{
	uint8_t *s = wbuf_take(b, 2 + 4 * n);

	s[0] = (uint8_t)type;
	s[1] = (uint8_t)n;
	for (unsigned i = 0; i < n; i++)
		put_u32(s + 2 + 4 * i, first && !i ? first : any_as(p));
}

static void
put_path(struct wbuf *b, const struct player *p)
{
	bool external = p->as != p->duel->as && !p->member;
	uint8_t data[256];
	struct wbuf path = wbuf_init(data, sizeof(data));

	if (p->member && chance(97))
		segment(
		    &path, p, SEG_CONFED_SEQUENCE, 1 + roll(2), chance(95) ? p->as : 0);
	else if (p->duel->confed && p->as == p->duel->as && chance(30))
		segment(&path, p, SEG_CONFED_SEQUENCE, 1 + roll(2), 0);
	if (p->duel->confed && !external && chance(5))
		segment(&path, p, SEG_CONFED_SET, 1 + roll(3), 0);
	if (external && chance(95))
		segment(&path, p, SEG_SEQUENCE, 1 + roll(3), chance(95) ? p->as : 0);
	else if (chance(80))
		segment(&path, p, SEG_SEQUENCE, 1 + roll(3), 0);
	if (chance(10))
		segment(&path, p, SEG_SET, 1 + roll(3), 0);
	if (chance(5))
		segment(&path, p, SEG_SEQUENCE, 1 + roll(2), 0);
	if (chance(1))
		segment(&path, p, SEG_CONFED_SEQUENCE, 1 + roll(2), 0);
	put(b, AF_TRANSITIVE, ATTR_AS_PATH, data, wbuf_len(&path));
}

static void
put_aggregator(struct wbuf *b)
{
	uint8_t data[8];

	if (chance(10))
		put(b, AF_TRANSITIVE, ATTR_ATOMIC_AGGR, "", 0);
	if (!chance(10))
		return;
	put_u32(data, 64700 + roll(2));
	put_u32(data + 4, 0xc6336401);
	put(b, AF_OPTIONAL | AF_TRANSITIVE | (chance(30) ? AF_PARTIAL : 0),
	    ATTR_AGGREGATOR, data, sizeof(data));
}

static void
put_communities(struct wbuf *b)
{
	static const uint32_t known[] = { 0xffffff01, 0xffffff02, 0xffffff03, 0xffff029a,
		0xffff0000 };
	uint8_t data[16] = { 0 };
	unsigned n = 1 + roll(4);

	if (roll(200) == 0)
		put(b, AF_OPTIONAL | AF_TRANSITIVE, ATTR_COMMUNITY, data, 2 * roll(4));
	if (!chance(40))
		return;
	for (unsigned i = 0; i < n; i++)
		put_u32(data + 4 * i, chance(8) ? known[roll(5)] : 0xfde80000 + roll(6));
	put(b, AF_OPTIONAL | AF_TRANSITIVE, ATTR_COMMUNITY, data, 4 * n);
}

static void
put_reflected(struct wbuf *b, const struct player *p)
{
	uint8_t data[16] = { 0 };
	unsigned n = 1 + roll(4);

	if (chance(40))
		put_number(b, AF_OPTIONAL, ATTR_ORIGINATOR_ID,
		    chance(3) ? p->duel->id : 0x0a0a0a01 + roll(4));
	if (roll(200) == 0) /* empty, or cut off */
		put(b, AF_OPTIONAL, ATTR_CLUSTER_LIST, data, roll(4));
	if (!chance(40))
		return;
	for (unsigned i = 0; i < n; i++)
		put_u32(data + 4 * i,
		    p->client && chance(3) ? p->duel->id : 0x0b0b0b01 + roll(3));
	put(b, AF_OPTIONAL, ATTR_CLUSTER_LIST, data, 4 * n);
}

static void
put_tail(struct wbuf *b)
{
	uint8_t data[24];

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)roll(3);
	if (chance(10)) {
		data[0] = chance(80) ? 0 : 0x40; /* type: transitive or not */
		put(b, AF_OPTIONAL | AF_TRANSITIVE, ATTR_EXT_COMMUNITY, data,
		    8 + 8 * roll(2));
	}
	if (chance(10))
		put(b, AF_OPTIONAL | AF_TRANSITIVE, ATTR_LARGE_COMMUNITY, data,
		    12 + 12 * roll(2));
	if (chance(5))
		put(b, AF_OPTIONAL | AF_TRANSITIVE | (chance(50) ? AF_PARTIAL : 0), 200,
		    data, roll(9));
	if (roll(200) == 0) /* says it is well-known */
		put(b, AF_TRANSITIVE, 199, data, roll(9));
	if (chance(5)) /* dropped: optional, not transitive and not known */
		put(b, AF_OPTIONAL, 201, data, roll(9));
}

/* Mostly a metric; sometimes another TLV before it, or something wrong. */
static void
put_aigp(struct wbuf *b)
{
	uint8_t data[64];
	struct wbuf v = wbuf_init(data, sizeof(data));

	if (!chance(30))
		return;
	if (chance(10)) {
		wbuf_u8(&v, 2);
		wbuf_u16(&v, 5);
		wbuf_u16(&v, (uint16_t)roll(3));
	}
	if (!chance(5)) {
		wbuf_u8(&v, 1);
		wbuf_u16(&v, (uint16_t)(chance(97) ? 11 : roll(12)));
		wbuf_u32(&v, chance(95) ? 0 : UINT32_MAX);
		wbuf_u32(&v, chance(95) ? roll(3) * 10 : UINT32_MAX - roll(3));
	}
	put(b, AF_OPTIONAL | (chance(2) ? AF_TRANSITIVE : 0), ATTR_AIGP, data,
	    wbuf_len(&v));
}

static void
put_attrs(struct wbuf *b, const struct player *p, const uint8_t *next_hop)
{
	uint8_t origin = (uint8_t)(chance(70) ? 0 : roll(3));

	put(b, AF_TRANSITIVE, ATTR_ORIGIN, &origin, 1);
	put_path(b, p);
	if (next_hop)
		put(b, AF_TRANSITIVE, ATTR_NEXT_HOP, next_hop, 4);
	if (chance(60))
		put_number(b, AF_OPTIONAL, ATTR_MED, 10 * roll(4));
	if (chance(p->as == p->duel->as ? 70 : p->member ? 50 : 10))
		put_number(b, AF_TRANSITIVE, ATTR_LOCAL_PREF,
		    chance(60) ? 100 : 90 + 10 * roll(4));
	put_aggregator(b);
	put_communities(b);
	if (p->as == p->duel->as || chance(5))
		put_reflected(b, p);
	if (p->duel->aigp)
		put_aigp(b);
	put_tail(b);
}

/* -- networks ----------------------------------------------------------------------------- */

/* Some that are hardly networks, then every third of IPv6. */
static struct nlri
net_at(unsigned i)
{
	static const char *const odd[] = { "0.0.0.0/0", "::/0", "127.0.0.0/8",
		"127.1.2.3/32", "224.1.0.0/16", "240.0.0.0/8", "255.255.255.255/32",
		"0.0.0.0/8", "0.0.0.0/32", "10.0.0.0/8", "169.254.0.0/16", "ff00::/8",
		"ff02::1/128", "fe80::/10", "fe80::1/128", "::1/128", "::/128",
		"fec0::/10", "::ffff:0:0/96", "fc00::/7", "128.0.0.0/1", "0.0.0.0/1",
		"192.0.0.0/2", "224.0.0.0/3", "126.0.0.0/7", "8000::/1", "::/8",
		"f000::/4", "0.1.0.0/16", "0.0.0.1/32", "239.255.255.255/32",
		"255.0.0.0/8", "255.255.255.254/32", "223.255.255.0/24",
		"::ffff:1.2.3.0/120", "::1.2.3.0/120", "::2/128", "ff02::/16",
		"fe90::/12", "::127.0.0.1/128", "::ffff:224.0.0.0/100", "::100:0/104",
		"0:0:1::/48", "100::/64", "64:ff9b::/96", "fd00::/8" };
	struct nlri n = { 0 };
	char text[64];

	if (i < sizeof(odd) / sizeof(*odd))
		snprintf(text, sizeof(text), "%s", odd[i]);
	else if (i % 3)
		snprintf(text, sizeof(text), "20.%u.%u.0/24", i >> 8, i & 255);
	else
		snprintf(text, sizeof(text), "2001:db8:%x::/48", i);
	if (!net_parse(text, &n.net))
		die("%s: not a network", text);
	return n;
}

static struct next_hop
draw_next_hop(enum family f)
{
	static const uint8_t odd[][4] = { { 0, 0, 0, 0 }, { 127, 0, 9, 9 } };
	struct next_hop nh = { .len = 4 };

	if (f == FAM_IP4) {
		put_u32(nh.b, 0xcb007100 + roll(16));
		if (chance(1))
			memcpy(nh.b, odd[roll(2)], 4);
		return nh;
	}
	nh.len = chance(20) ? 32 : 16;
	put_u32(nh.b, 0x20010db8);
	put_u32(nh.b + 4, 0xffff0000);
	nh.b[15] = (uint8_t)(1 + roll(16));
	if (nh.len == 32) {
		put_u32(nh.b + 16, 0xfe800000);
		nh.b[31] = nh.b[15];
	}
	if (nh.len == 16 && chance(1))
		memset(nh.b, 0, 16);
	return nh;
}

static void
announce(struct player *p, unsigned i)
{
	struct nlri n = net_at(i);
	enum family f = n.net.type == NET_IP4 ? FAM_IP4 : FAM_IP6;
	struct next_hop nh = draw_next_hop(f);
	struct piece *last = &p->last[i];
	uint8_t block[ATTRS_MAX], space[BGP_MSG_MAX];
	struct wbuf b = wbuf_init(block, sizeof(block)),
		    out = wbuf_init(space, sizeof(space));
	struct update_writer w = { .out = &out, .msg_max = BGP_MSG_MAX, .family = f,
		.attrs = block, .next_hop = &nh };

	put_attrs(&b, p, f == FAM_IP4 ? nh.b : NULL);
	w.attrs_len = wbuf_len(&b);
	update_add(&w, &n);
	update_finish(&w);
	*last = (struct piece){ p->out.n, wbuf_len(&out) };
	bytes_add(&p->out, out.start, wbuf_len(&out));
}

static void
withdraw(struct player *p, unsigned i)
{
	struct nlri n = net_at(i);

	p->last[i].len = 0;
	encode_unreach(&p->out, n.net.type == NET_IP4 ? FAM_IP4 : FAM_IP6, false, &n, 1);
}

static unsigned *
shuffled(unsigned n)
{
	unsigned *order = MEM_ARRAY(unsigned, n);

	for (unsigned i = 0; i < n; i++) {
		unsigned at = roll(i + 1);

		order[i] = order[at];
		order[at] = i;
	}
	return order;
}

static void
make_first(struct player *p)
{
	unsigned *order = shuffled(p->duel->nets);

	p->last = MEM_ARRAY(struct piece, p->duel->nets);
	for (unsigned i = 0; i < p->duel->nets; i++)
		if (chance(55))
			announce(p, order[i]);
	mem_free(order);
}

static void
make_churn(struct player *p)
{
	unsigned *order = shuffled(p->duel->nets);

	if (!p->duel->settled)
		p->out.n = 0;
	for (unsigned i = 0; i < p->duel->nets; i++) {
		unsigned net = order[chance(80) ? i : roll(p->duel->nets)];

		if (chance(30))
			withdraw(p, net);
		else if (chance(40))
			announce(p, net);
	}
	mem_free(order);
}

/* What both stages leave behind, without the way there. */
static void
make_settled(struct player *p)
{
	unsigned *order = shuffled(p->duel->nets);
	struct bytes all = { 0 };

	for (unsigned i = 0; i < p->duel->nets; i++)
		bytes_add(&all, p->out.p + p->last[order[i]].at, p->last[order[i]].len);
	mem_free(order);
	bytes_fini(&p->out);
	p->out = all;
}

/* -- sessions ----------------------------------------------------------------------------- */

static void
on_down(struct client *c, void *ctx, const struct down_reason *why)
{
	struct player *p = ctx;
	char text[64];

	p->duel->downs++;
	fprintf(stderr, "peer %s: down: %s %s\n", client_name(c),
	    why->class == DOWN_SENT || why->class == DOWN_RECEIVED ?
	    bgp_error_text(why->code, why->subcode, text) : strerror(why->sys_errno),
	    why->text);
}

static int
bytes4_cmp(const void *x, const void *y)
{
	return memcmp(x, y, 4);
}

static int
bytes8_cmp(const void *x, const void *y)
{
	return memcmp(x, y, 8);
}

static int
bytes12_cmp(const void *x, const void *y)
{
	return memcmp(x, y, 12);
}

/* Communities are sets: BIRD sends them sorted, others as they came. */
static void
sort_set(struct draft *d, unsigned code, size_t size,
    int (*cmp)(const void *, const void *))
{
	const struct attr *a = draft_find(d, (uint8_t)code);
	uint8_t *data;

	if (!a)
		return;
	data = arena_dup(d->arena, a->data, a->len);
	qsort(data, a->len / size, size, cmp);
	draft_set(d, a->flags, a->code, data, a->len);
}

static void
on_update(struct client *c, void *ctx, struct update *u)
{
	struct player *p = ctx;

	if (u->verdict != VERDICT_OK)
		fprintf(stderr, "peer %s: received a faulty UPDATE: %s\n", client_name(c),
		    u->fault ? u->fault : "?");
	sort_set(&u->draft, ATTR_COMMUNITY, 4, bytes4_cmp);
	sort_set(&u->draft, ATTR_EXT_COMMUNITY, 8, bytes8_cmp);
	sort_set(&u->draft, ATTR_LARGE_COMMUNITY, 12, bytes12_cmp);
	rxtable_update(p->table, u);
}

static const struct client_ops ops = {
	.down = on_down,
	.update = on_update,
};

static void
add_peer(struct duel *d, const char *text)
{
	struct player *p = MEM_NEW(struct player);
	struct client_conf conf = { .remote = d->to, .port = d->port, .remote_as = d->as,
		.hold_s = 90, .family = { true, true }, .ops = &ops, .ctx = p };
	char local[64], *end;

	if (!strchr(text, '='))
		die("--peer: %s: ADDRESS=AS is expected", text);
	snprintf(local, sizeof(local), "%.*s", (int)strcspn(text, "="), text);
	p->duel = d;
	p->as = (uint32_t)strtoul(strchr(text, '=') + 1, &end, 10);
	p->client = *end == 'c';
	p->member = *end == 'm';
	if ((end = strchr(end, '@')))
		conf.remote_as = (uint32_t)strtoul(end + 1, NULL, 10);
	p->table = rxtable_new(d->store);
	conf.local = args_ip("--peer", local);
	conf.name = local;
	conf.local_as = p->as;
	conf.confed = p->member || (d->confed && p->as == d->as);
	speaker_add(d->speaker, &conf);
}

static struct player *
player_at(const struct duel *d, size_t i)
{
	return client_conf(speaker_client(d->speaker, i))->ctx;
}

static void
send_all(struct duel *d)
{
	for (size_t i = 0; i < speaker_count(d->speaker); i++) {
		struct player *p = player_at(d, i);

		client_send_borrowed(speaker_client(d->speaker, i), p->out.p, p->out.n);
	}
}

static bool
all_up(const struct duel *d)
{
	for (size_t i = 0; i < speaker_count(d->speaker); i++)
		if (!client_is_up(speaker_client(d->speaker, i)))
			return false;
	return true;
}

static bool
is_quiet(const struct duel *d, uint64_t sent_at, uint64_t now)
{
	uint64_t last = sent_at;

	for (size_t i = 0; i < speaker_count(d->speaker); i++) {
		const struct client *c = speaker_client(d->speaker, i);

		if (client_queued(c))
			return false;
		if (client_last_rx(c) > last)
			last = client_last_rx(c);
	}
	return now >= last + d->quiet_ms;
}

static bool
wait_up(struct duel *d)
{
	uint64_t end = clock_mono_ms() + d->timeout_ms, now;

	for (size_t i = 0; i < speaker_count(d->speaker); i++)
		client_start(speaker_client(d->speaker, i));
	while (!all_up(d) && (now = clock_mono_ms()) < end)
		speaker_run(d->speaker, now + 50);
	return all_up(d);
}

static void
print_table(const struct duel *d, const char *stage, const struct client *c)
{
	const struct player *p = client_conf(c)->ctx;
	char path[4096];
	struct rxroute *list;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", d->output, stage, client_name(c));
	f = fopen(path, "w");
	if (!f)
		die("%s: cannot be written", path);
	list = rxtable_sorted(p->table, &n);
	for (size_t i = 0; i < n; i++)
		rxroute_print(f, &list[i]);
	mem_free(list);
	fclose(f);
}

static bool
play(struct duel *d, const char *stage)
{
	uint64_t now = clock_mono_ms(), begin = now;
	char path[4096];

	send_all(d);
	while (!is_quiet(d, begin, now) && !d->downs) {
		if (now > begin + d->timeout_ms) {
			fprintf(stderr, "duel: no end was reached\n");
			return false;
		}
		speaker_run(d->speaker, now + 20);
		now = clock_mono_ms();
	}
	if (d->downs)
		return false;
	snprintf(path, sizeof(path), "%s/%s", d->output, stage);
	mkdir(path, 0755);
	for (size_t i = 0; i < speaker_count(d->speaker); i++)
		print_table(d, stage, speaker_client(d->speaker, i));
	if (!d->run)
		return true;
	snprintf(path, sizeof(path), "%s %s", d->run, stage);
	return system(path) == 0;
}

static bool
duel_run(struct duel *d)
{
	size_t n = speaker_count(d->speaker);

	dice = d->seed;
	for (size_t i = 0; i < n; i++)
		make_first(player_at(d, i));
	if (!wait_up(d) || (!d->settled && !play(d, "first")))
		return false;
	for (size_t i = 0; i < n; i++)
		make_churn(player_at(d, i));
	for (size_t i = 0; d->settled && i < n; i++)
		make_settled(player_at(d, i));
	return play(d, "churn");
}

static void
finish(struct duel *d)
{
	for (size_t i = 0; i < speaker_count(d->speaker); i++) {
		struct client *c = speaker_client(d->speaker, i);
		struct player *p = client_conf(c)->ctx;

		client_stop(c);
		rxtable_free(p->table);
		bytes_fini(&p->out);
		mem_free(p->last);
		mem_free(p);
	}
	speaker_free(d->speaker);
	store_free(d->store);
}

/* -- command line ------------------------------------------------------------------------- */

static const struct option options[] = {
	{ "to", required_argument, NULL, 't' },
	{ "as", required_argument, NULL, 'a' },
	{ "id", required_argument, NULL, 'i' },
	{ "peer", required_argument, NULL, 'p' },
	{ "nets", required_argument, NULL, 'n' },
	{ "seed", required_argument, NULL, 's' },
	{ "quiet", required_argument, NULL, 'q' },
	{ "timeout", required_argument, NULL, 'x' },
	{ "output", required_argument, NULL, 'o' },
	{ "run", required_argument, NULL, 'r' },
	{ "settled", no_argument, NULL, 'S' },
	{ "confed", no_argument, NULL, 'C' },
	{ "aigp", no_argument, NULL, 'A' },
	{ "help", no_argument, NULL, 'H' },
	{ NULL, 0, NULL, 0 },
};

static uint32_t
args_id(const char *option, const char *text)
{
	struct ip ip = args_ip(option, text);

	return ip_to4(&ip);
}

static void
read_options(struct duel *d, const char **peers, size_t *n, int argc, char **argv)
{
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (o) {
		case 't': args_endpoint("--to", optarg, &d->to, &d->port); break;
		case 'a':
			d->as = (uint32_t)args_number("--as", optarg, UINT32_MAX);
			break;
		case 'i': d->id = args_id("--id", optarg); break;
		case 'p': peers[(*n)++] = optarg; break;
		case 'n': d->nets = (unsigned)args_number("--nets", optarg, 65000); break;
		case 's':
			d->seed = (uint32_t)args_number("--seed", optarg, UINT32_MAX);
			break;
		case 'q': d->quiet_ms = args_number("--quiet", optarg, 60000); break;
		case 'x':
			d->timeout_ms = 1000 * args_number("--timeout", optarg, 3600);
			break;
		case 'o': d->output = optarg; break;
		case 'r': d->run = optarg; break;
		case 'C': d->confed = true; break;
		case 'A': d->aigp = true; break;
		case 'S': d->settled = true; break;
		case 'H': fputs(usage, stdout); exit(0);
		default: die("%s", usage);
		}
	}
	if (optind < argc || !d->port || !d->as || !d->id || !*n || !d->output)
		die("%s", usage);
}

int
main(int argc, char **argv)
{
	struct duel d = {
		.seed = 1, .nets = 10000, .quiet_ms = 1500, .timeout_ms = 60000
	};
	const char **peers = MEM_ARRAY(const char *, (size_t)argc);
	size_t n = 0;
	bool done;

	read_options(&d, peers, &n, argc, argv);
	d.speaker = speaker_new();
	d.store = store_new();
	for (size_t i = 0; i < n; i++)
		add_peer(&d, peers[i]);
	mem_free(peers);
	done = duel_run(&d);
	finish(&d);
	return !done;
}
