/*
 * What tests of the RIB need.
 */
#include "rib.h"

#include "base/longnet.h"
#include "base/mem.h"
#include "base/wire.h"
#include "fake_filter.h"

/* "(7 8) 1 2": a segment of a confederation in front, or none. */
static void
set_path(struct draft *d, const char *path)
{
	uint8_t data[256];
	struct wbuf b = wbuf_init(data, sizeof(data));
	uint8_t *n = NULL;
	const char *p = path ? path : "";
	char *end;

	while (*p) {
		bool confed = *p == '(';

		if (!n || confed) {
			wbuf_u8(&b, confed ? SEG_CONFED_SEQUENCE : SEG_SEQUENCE);
			n = wbuf_take(&b, 1);
			*n = 0;
		}
		wbuf_u32(&b, (uint32_t)strtoul(p + confed, &end, 10));
		++*n;
		if (*end == ')') {
			n = NULL;
			end++;
		}
		p = end + strspn(end, " ");
	}
	draft_set(d, AF_TRANSITIVE, ATTR_AS_PATH, data, wbuf_len(&b));
}

static void
set_aigp(struct draft *d, uint32_t metric)
{
	uint8_t tlv[AIGP_TLV_LEN] = { AIGP_TLV_METRIC, 0, AIGP_TLV_LEN };

	put_u32(tlv + 7, metric);
	draft_set(d, AF_OPTIONAL, ATTR_AIGP, tlv, sizeof(tlv));
}

struct attrs *
make_set(struct store *store, const struct set_desc *s)
{
	struct arena *arena = arena_new();
	struct draft d;
	struct attrs *a;
	struct ip nh;
	uint8_t list[64] = { 0 };

	draft_init(&d, arena);
	d.preference = s->preference ? s->preference : 100;
	assert_true(ip_parse(s->next_hop ? s->next_hop : "192.0.2.1", &nh));
	d.next_hop.len = ip_is4(&nh) ? 4 : 16;
	memcpy(d.next_hop.b, ip_is4(&nh) ? nh.b + 12 : nh.b, d.next_hop.len);
	if (!s->bare) {
		draft_set_u8(&d, ATTR_ORIGIN, s->origin);
		set_path(&d, s->path);
	}
	if (s->local_pref)
		draft_set_u32(&d, ATTR_LOCAL_PREF, s->local_pref);
	if (s->med)
		draft_set_u32(&d, ATTR_MED, s->med);
	if (s->originator)
		draft_set_u32(&d, ATTR_ORIGINATOR_ID, s->originator);
	if (s->clusters)
		draft_set(&d, AF_OPTIONAL, ATTR_CLUSTER_LIST, list, s->clusters * 4);
	if (s->aigp)
		set_aigp(&d, s->aigp);
	if (s->otc)
		draft_set_u32(&d, ATTR_OTC, s->otc);
	put_u32(list, s->community);
	if (s->community)
		draft_list_add(&d, ATTR_COMMUNITY, list, 4);
	put_u32(list, (uint32_t)(s->target >> 32));
	put_u32(list + 4, (uint32_t)s->target);
	if (s->target)
		draft_list_add(&d, ATTR_EXT_COMMUNITY, list, 8);
	a = store_intern(store, &d);
	assert_non_null(a);
	arena_free(arena);
	return a;
}

struct net
make_net(const char *text)
{
	struct net n;

	if (!net_parse(text, &n))
		fail_msg("%s is no network", text);
	return n;
}

struct channel_desc
make_client(uint32_t id)
{
	struct channel_desc d = { .id = id,
		.table = 1,
		.family = FAM_IP4,
		.name = "peer",
		.dynamic = true, /* its address tells it from the others */
		.internal = true,
		.rr_client = true,
		.local_as = 65000,
		.remote_as = 65000,
		.remote_id = id,
		.cluster_id = 7,
		.default_local_pref = 100,
		.path_metric = true,
		.as4 = true,
		.interpret_communities = true };

	d.remote_ip = ip_from4(0x7f000100 + id);
	d.self4 = ip_from4(0x7f000001);
	assert_true(ip_parse("2001:db8::1", &d.self6));
	return d;
}

/*
 * The shard at play.
 */
__attribute__((format(printf, 2, 3))) static void
note(struct play *p, const char *fmt, ...)
{
	size_t at = strlen(p->log);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->log + at, sizeof(p->log) - at, fmt, ap);
	va_end(ap);
}

static void
on_add(void *ctx, uint32_t group, uint32_t channel)
{
	struct play *p = ctx;

	p->group[channel] = group;
	note(p, "add %u ", channel);
}

static void
on_del(void *ctx, uint32_t group, uint32_t channel)
{
	struct play *p = ctx;

	assert_int_equal(p->group[channel], group);
	p->group[channel] = 0;
	note(p, "del %u ", channel);
}

/* Ids as "CHANNEL" or "CHANNEL.ID", of what they are made of. */
static const char *
id_label(const struct play *p, uint32_t id)
{
	static struct {
		uint32_t id;
		char text[16];
	} known[64];
	static unsigned next;

	for (unsigned i = 0; i < 16 * 16; i++) {
		struct path path = { .channel = (uint16_t)(i / 16), .path_id = i % 16 };

		if (!shard_channel(p->shard, path.channel) ||
		    path_id_first(p->shard, &path) != id)
			continue;
		known[next % 64].id = id;
		snprintf(known[next % 64].text, sizeof(known->text),
		    path.path_id ? "%u.%u" : "%u", path.channel, path.path_id);
		return known[next++ % 64].text;
	}
	for (unsigned i = 0; i < 64; i++) /* its source may be gone by now */
		if (known[i].id == id)
			return known[i].text;
	return "unknown";
}

static void
hold(struct play *p, uint32_t channel, const struct nlri *n, bool on)
{
	char *held = p->held[channel], net[NET_TEXT_MAX], word[NET_TEXT_MAX + 16], *at;

	net_format(&n->net, net);
	if (p->add_path[channel])
		snprintf(word, sizeof(word), "%s#%s,", net, id_label(p, n->path_id));
	else
		snprintf(word, sizeof(word), "%s,", net);
	at = strstr(held, word);
	if (at)
		memmove(at, at + strlen(word), strlen(at + strlen(word)) + 1);
	if (on)
		strcat(held, word);
}

static void
receive(struct play *p, uint32_t channel, const uint8_t *b, size_t n)
{
	static struct update u;
	struct codec codec = { .as4 = true,
		.internal = true,
		.local_as = 65000,
		.remote_as = 65000,
		.active = { true, true },
		.add_path_rx = { p->add_path[channel] } };
	struct arena *arena = arena_new();
	struct nlri nlri;

	codec.active[FAM_RTC] = codec.active[FAM_FLOW4] = true;
	codec.add_path_rx[FAM_FLOW4] = p->add_path[channel];
	for (; n; n -= get_u16(b + 16), b += get_u16(b + 16)) {
		update_decode(&u, &codec, arena, b + 19, get_u16(b + 16) - 19u);
		assert_int_equal(u.verdict, VERDICT_OK);
		for (unsigned i = 0; i < u.unreach_n; i++)
			while (nlri_next(&u.unreach[i], &nlri))
				hold(p, channel, &nlri, false);
		for (unsigned i = 0; i < u.reach_n; i++)
			while (nlri_next(&u.reach[i], &nlri))
				hold(p, channel, &nlri, true);
	}
	arena_free(arena);
}

static void
receive_segment(struct play *p, uint32_t channel, const struct segment *seg)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < seg->run_n; at = seg->runs[i++].end)
		if (seg->runs[i].source != channel)
			receive(p, channel, seg->bytes + at, seg->runs[i].end - at);
}

static void
let_go(struct play *p, struct segment *seg)
{
	if (p->keep && p->kept_n < 64)
		p->kept[p->kept_n++] = seg;
	else
		segment_unref(seg);
}

static void
on_broadcast(void *ctx, uint32_t group, struct segment *seg)
{
	struct play *p = ctx;

	note(p, "seg%u ", seg->messages);
	for (uint32_t i = 1; i < PLAY_CHANNELS; i++)
		if (p->group[i] == group)
			receive_segment(p, i, seg);
	let_go(p, seg);
}

static void
on_unicast(void *ctx, uint32_t channel, struct segment *seg)
{
	struct play *p = ctx;

	note(p, "uni %u ", channel);
	receive_segment(p, channel, seg);
	let_go(p, seg);
}

static void
on_caught_up(void *ctx, uint32_t channel)
{
	note(ctx, "up %u ", channel);
}

static void
on_gone(void *ctx, uint32_t channel)
{
	note(ctx, "gone %u ", channel);
}

static uint64_t
on_backlog(void *ctx, uint32_t channel)
{
	return ((struct play *)ctx)->backlog[channel];
}

static void
on_follow(void *ctx, uint32_t channel, struct batch *b)
{
	struct play *p = ctx;

	for (uint32_t i = 0; i < b->run_n; i++)
		for (uint32_t k = 0; k < b->runs[i].n; k++)
			hold(p, channel, &b->entries[b->runs[i].first + k],
			    b->runs[i].attrs != NULL);
	note(p, "tell %u ", channel);
	batch_free(b, p->store);
}

static void
on_purged(void *ctx)
{
	note(ctx, "purged ");
}

static void
on_limit(void *ctx, uint32_t channel, enum limit_kind k)
{
	note(ctx, "%s %u ", limit_kind_name(k), channel);
}

static void
on_hop_wanted(void *ctx, unsigned resolver, uint32_t hop)
{
	struct play *p = ctx;
	char text[IP_TEXT_MAX];
	bool used;
	struct ip ip = store_hop(p->store, hop, &used);

	note(p, "want %u %s ", resolver, ip_format(&ip, text));
}

static void
on_watched(void *ctx, uint32_t table, const struct watch_news *news, unsigned n)
{
	char net[NET_TEXT_MAX];

	assert_int_equal(table, 1);
	for (unsigned i = 0; i < n; i++)
		note(ctx, "net %s %s ", net_format(&news[i].net, net),
		    !news[i].attrs		     ? "gone"
		    : news[i].kind == SOURCE_STATIC ? "static"
		    : news[i].recursive	     ? "recursive"
						     : "direct");
}

static void
on_base_wanted(void *ctx, unsigned resolver, const struct net *to, bool on)
{
	char net[NET_TEXT_MAX];

	note(ctx, "%s %u %s ", on ? "base" : "nobase", resolver, net_format(to, net));
}

static void
on_watch_walked(void *ctx, uint32_t table, uint32_t serial)
{
	assert_int_equal(table, 1);
	note(ctx, "walked %u ", serial);
}

static void
on_monitored(void *ctx, struct batch *b)
{
	play_monitored(ctx, b);
}

void
play_monitored(void *ctx, struct batch *b)
{
	struct play *p = ctx;
	char net[NET_TEXT_MAX];

	for (uint32_t i = 0; i < b->run_n; i++)
		for (uint32_t k = 0; k < b->runs[i].n; k++) {
			const struct nlri *e = &b->entries[b->runs[i].first + k];

			note(p, "%c%u %s", b->runs[i].attrs ? '+' : '-', b->channel,
			    net_format(&e->net, net));
			note(p, e->path_id ? "#%u " : " ", e->path_id);
		}
	batch_free(b, p->store);
}

void
play_start(struct play *p)
{
	static const struct shard_ops ops = { on_add, on_del, on_broadcast, on_unicast,
		on_caught_up, on_gone, on_backlog, on_follow, on_purged, on_limit,
		on_hop_wanted, on_watched, NULL, on_base_wanted, on_watch_walked,
		on_monitored };

	memset(p, 0, sizeof(*p));
	p->now = 1000;
	p->store = store_new();
	p->shard = shard_new(p->store, &ops, p);
	shard_table_add(p->shard, 1, NET_IP4);
}

void
play_drop(struct play *p)
{
	while (p->kept_n)
		segment_unref(p->kept[--p->kept_n]);
	p->keep = false;
}

struct attrs *
play_set(struct play *p, const struct set_desc *s)
{
	assert_in_range(p->set_n, 0, sizeof(p->sets) / sizeof(*p->sets) - 1);
	return p->sets[p->set_n++] = make_set(p->store, s);
}

void
play_up(struct play *p, struct channel_desc d)
{
	struct filter *all = filter_accept();

	if (!d.export)
		d.export = all;
	shard_channel_up(p->shard, &d);
	filter_unref(all);
}

unsigned
play_groups(const struct play *p)
{
	struct group_view v;
	unsigned n = 0;

	while (shard_group_view(p->shard, n, &v))
		n++;
	return n;
}

void
play_end(struct play *p)
{
	play_drop(p);
	while (p->set_n)
		attrs_unref(p->store, p->sets[--p->set_n], 1);
	shard_free(p->shard);
	assert_int_equal(store_stats(p->store).sets, 0);
	store_free(p->store);
	assert_int_equal(longnet_stats().nets, 0);
	assert_int_equal(fake_filters_alive(), 0);
}

void
play_steps(struct play *p, unsigned n)
{
	uint64_t wait;

	while (n--) {
		shard_run(p->shard, false, p->now, &wait);
		p->now += 10;
	}
}

void
play_run(struct play *p)
{
	play_steps(p, 40);
}

void
play_ready(struct play *p)
{
	play_run(p);
	p->log[0] = 0;
}

void
play_routes(struct play *p, uint32_t channel, struct attrs *a, const char *nets)
{
	struct batch *b = batch_new(channel, 0);
	char copy[1024], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", nets);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char *id = strchr(w, '#');
		struct nlri e = { .path_id = id ? (uint32_t)atoi(id + 1) : 0 };

		if (id)
			*id = 0;
		e.net = make_net(w);
		batch_add(b, a, &e);
	}
	shard_batch(p->shard, b);
}
