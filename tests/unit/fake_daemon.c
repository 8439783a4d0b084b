/*
 * The router of the captures that the control tests compare with, as far as mynah has its
 * parts.  Stands in for conf and filter too: the model is a constant, a filter a name.
 */
#include "fake_parts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static struct filter accept = { "ACCEPT" }, reject = { "REJECT" }, rej113 = { "rej113" };

struct filter fake_where = { "(unnamed)" };

void
filter_ref(struct filter *f)
{
	(void)f;
}

void
filter_unref(struct filter *f)
{
	(void)f;
}

const char *
filter_name(const struct filter *f)
{
	return f->name;
}

const struct table_conf fake_master4 = { .name = "master4", .index = 0, .type = NET_IP4 };
const struct table_conf fake_master6 = { .name = "master6", .index = 1, .type = NET_IP6 };
const struct table_conf fake_other4 = { .name = "other4", .index = 2, .type = NET_IP4 };
static const struct table_conf *const tables[] = { &fake_master4, &fake_master6,
	&fake_other4 };

#define NET4(a, b, c, d, len) \
	{ \
		.type = NET_IP4, .plen = len, .key = { a, b, c, d } \
	}
#define IP4(a, b, c, d) \
	{ \
		{ \
			0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d \
		} \
	}

static const struct static_hop st4_gateway = {
	.hop = { .via = IP4(10, 1, 1, 2), .weight = 1 }
};
static const struct static_hop st4_device = { .hop = { .ifname = "vAB", .weight = 1 } };

#define TO(...) &(const struct static_to){ __VA_ARGS__ }

static const struct static_route st4_routes[] = {
	{ .net = NET4(10, 99, 0, 0, 16), .to = TO(.dest = DEST_UNREACHABLE) },
	{ .net = NET4(10, 98, 0, 0, 16), .to = TO(.hop_n = 1, .hop = &st4_gateway) },
	{ .net = NET4(10, 97, 0, 0, 16), .to = TO(.hop_n = 1, .hop = &st4_device) },
	{ .net = NET4(10, 96, 0, 0, 16),
	    .to = TO(.hop_n = 1, .hop = &st4_gateway, .recursive = true) },
	{ .net = NET4(10, 94, 0, 0, 16), .to = TO(.dest = DEST_PROHIBIT) },
};

static const struct static_route st6_routes[] = {
	{ .net = { .type = NET_IP6, .plen = 32, .key = { 0x20, 0x01, 0x0d, 0xb8 } },
	    .to = TO(.dest = DEST_BLACKHOLE) },
};

#define CHANNEL4(pref, in, out) \
	{ \
		.family = FAM_IP4, .table = &fake_master4, .preference = pref, \
		.import = in, .export = out \
	}
#define CHANNEL6(pref, in, out) \
	{ \
		.family = FAM_IP6, .table = &fake_master6, .preference = pref, \
		.import = in, .export = out \
	}

static const struct proto_conf device1 = {
	.name = "device1",
	.kind = PROTO_DEVICE,
	.kind_name = "Device",
};

static const struct proto_conf k4 = {
	.name = "k4",
	.kind = PROTO_KERNEL,
	.kind_name = "Kernel",
	.channel_n = 1,
	.channel = (const struct channel_conf[]){ CHANNEL4(10, &accept, &reject) },
};

const struct proto_conf fake_st4 = {
	.name = "st4",
	.kind = PROTO_STATIC,
	.kind_name = "Static",
	.channel_n = 1,
	.channel = (const struct channel_conf[]){ CHANNEL4(200, &accept, &reject) },
	.route_n = sizeof(st4_routes) / sizeof(*st4_routes),
	.route = st4_routes,
};

const struct proto_conf fake_st6 = {
	.name = "st6",
	.kind = PROTO_STATIC,
	.kind_name = "Static",
	.channel_n = 1,
	.channel = (const struct channel_conf[]){ CHANNEL6(200, &accept, &reject) },
	.route_n = 1,
	.route = st6_routes,
};

const struct proto_conf fake_b1 = {
	.name = "b1",
	.kind = PROTO_BGP,
	.kind_name = "BGP",
	.description = "eBGP peer B",
	.channel_n = 2,
	.channel = (const struct channel_conf[]){ CHANNEL4(100, &rej113, &accept),
	    CHANNEL6(100, &accept, &accept) },
	.bgp = { .remote_ip = IP4(10, 1, 1, 2),
	    .remote_as = 65001,
	    .local_as = 65000,
	    .remote_port = 179 },
};

const struct proto_conf fake_c1 = {
	.name = "c1",
	.kind = PROTO_BGP,
	.kind_name = "BGP",
	.channel_n = 1,
	.channel = (const struct channel_conf[]){ CHANNEL4(100, &accept, &accept) },
	.bgp = { .remote_ip = IP4(10, 1, 2, 2),
	    .remote_as = 65000,
	    .local_as = 65000,
	    .multihop = 64,
	    .rr_client = true,
	    .remote_port = 179 },
};

#define PEER(id, last_byte, as)                                                          \
	{                                                                                \
		.name = id, .kind = PROTO_BGP, .kind_name = "BGP", .channel_n = 1,       \
		.channel = (const struct channel_conf[]){ CHANNEL4(                      \
		    100, &reject, &reject) },                                            \
		.bgp = {.remote_ip = IP4(10, 1, 1, last_byte),                           \
			.remote_as = as,                                                 \
			.local_as = 65000 }                                              \
	}

static const struct proto_conf down1 = PEER("down1", 77, 65077);
static const struct proto_conf wait1 = PEER("wait1", 78, 65078);
static const struct proto_conf refused = PEER("refused", 3, 65002);
static const struct proto_conf badas = PEER("badas", 11, 64999);
static const struct proto_conf admdown = PEER("admdown", 13, 65013);

static const struct proto_conf *const protos[] = { &device1, &k4, &fake_st4, &fake_st6,
	&fake_b1, &fake_c1, &down1, &wait1, &refused, &badas, &admdown };

static const struct symbol_conf symbols[] = {
	{ "master4", "routing table" },
	{ "master6", "routing table" },
	{ "other4", "routing table" },
	{ "MYAS", "constant" },
	{ "rej113", "filter" },
	{ "is_bogon", "function" },
	{ "T", "protocol template" },
	{ "st4", "protocol" },
	{ "b1", "protocol" },
};

#define SHORT \
	{ \
		"%T.%3f", "%F", 20 * 3600 \
	}
#define LONG \
	{ \
		"%F %T.%3f", NULL, 0 \
	}

static const struct model model = {
	.file = "A20.conf",
	.router_id = 0x0a010101,
	.hostname = "rr1",
	.time_format = { [TF_ROUTE] = SHORT, [TF_PROTOCOL] = SHORT, [TF_BASE] = LONG },
	.table_n = 3,
	.table = tables,
	.proto_n = sizeof(protos) / sizeof(*protos),
	.proto = protos,
	.symbol_n = sizeof(symbols) / sizeof(*symbols),
	.symbol = symbols,
};

int fake_model_refs;

void
model_ref(const struct model *m)
{
	assert(m == &model);
	fake_model_refs++;
}

void
model_unref(const struct model *m)
{
	assert(m == &model);
	fake_model_refs--;
}

const struct proto_conf *
model_proto(const struct model *m, const char *name)
{
	for (unsigned i = 0; i < m->proto_n; i++)
		if (!strcmp(m->proto[i]->name, name))
			return m->proto[i];
	return NULL;
}

const struct table_conf *
model_table(const struct model *m, const char *name)
{
	for (unsigned i = 0; i < m->table_n; i++)
		if (!strcmp(m->table[i]->name, name))
			return m->table[i];
	return NULL;
}

const struct channel_conf *
proto_channel(const struct proto_conf *p, enum family family)
{
	for (unsigned i = 0; i < p->channel_n; i++)
		if (p->channel[i].family == family)
			return &p->channel[i];
	return NULL;
}

/*
 * Records.
 */
static const struct model *
fake_model(void *daemon)
{
	(void)daemon;
	return &model;
}

static void
fake_status(void *daemon, struct status_record *r)
{
	(void)daemon;
	*r = (struct status_record){ .router_id = model.router_id,
		.hostname = model.hostname,
		.now = BOOT + 4541,
		.boot = BOOT,
		.reconfigured = BOOT };
}

static void
fill_channel(
    struct channel_record *ch, const struct channel_conf *conf, const uint64_t n[10])
{
	ch->conf = conf;
	ch->up = true;
	ch->counts.imported = n[0];
	ch->counts.exported = n[1];
	ch->counts.preferred = n[2];
	ch->imp_received = n[3];
	ch->imp_filtered = n[4];
	ch->counts.imp_updates_accepted = n[5];
	ch->wd_received = 0;
	ch->counts.imp_withdraws_ignored = n[6];
	ch->counts.exp_updates = n[7];
	ch->counts.exp_rejected = n[8];
	ch->counts.exp_accepted = n[9];
}

static void
fill_caps(struct caps *c)
{
	c->any = true;
	c->mp[FAM_IP4] = c->mp[FAM_IP6] = true;
	c->route_refresh = c->enhanced_refresh = c->as4 = c->graceful = c->llgr = true;
}

static void
fill_b1(struct protocol_record *r)
{
	static const uint64_t n4[10] = { 2, 10, 1, 4, 2, 2, 2, 12, 2, 10 };
	static const uint64_t n6[10] = { 1, 2, 1, 1, 0, 1, 0, 3, 1, 2 };

	r->since = BOOT + 122;
	r->bgp_state = FSM_ESTABLISHED;
	r->negotiated_set = true;
	r->negotiated.codec.as4 = true;
	r->negotiated.remote_id = 0x0a010102;
	r->negotiated.hold_s = 240;
	r->negotiated.keepalive_s = 80;
	fill_caps(&r->negotiated.local);
	fill_caps(&r->negotiated.remote);
	r->negotiated.remote.gr_time_s = 120;
	r->negotiated.remote.gr_family[FAM_IP4] =
	    r->negotiated.remote.gr_family[FAM_IP6] = true;
	ip_parse("10.1.1.1", &r->source_ip);
	r->hold_left = 229767;
	r->keepalive_left = 65020;
	fill_channel(&r->channel[0], &r->conf->channel[0], n4);
	fill_channel(&r->channel[1], &r->conf->channel[1], n6);
	ip_parse("10.1.1.1", &r->channel[0].next_hop);
	ip_parse("fd00:1::1", &r->channel[1].next_hop);
	ip_parse("fe80::c85e:7fff:fe01:dd8b", &r->channel[1].next_hop_ll);
}

static void
fill_c1(struct protocol_record *r)
{
	static const uint64_t n[10] = { 2, 10, 2, 2, 0, 2, 0, 12, 2, 10 };
	struct caps *l = &r->negotiated.local, *p = &r->negotiated.remote;

	r->since = BOOT + 162;
	r->bgp_state = FSM_ESTABLISHED;
	r->negotiated_set = true;
	r->negotiated.codec =
	    (struct codec){ .as4 = true, .internal = true, .add_path_tx = { true } };
	r->negotiated.remote_id = 0x0a010202;
	r->negotiated.hold_s = 240;
	r->negotiated.keepalive_s = 80;
	fill_caps(l);
	fill_caps(p);
	l->add_path[FAM_IP4] = 2;
	p->add_path[FAM_IP4] = 3;
	strcpy(p->hostname, "vm");
	ip_parse("10.1.2.1", &r->source_ip);
	r->hold_left = 191659;
	r->keepalive_left = 57027;
	fill_channel(&r->channel[0], &r->conf->channel[0], n);
	ip_parse("10.1.2.1", &r->channel[0].next_hop);
}

static void
fill_other(struct protocol_record *r)
{
	r->bgp_state = FSM_IDLE;
	if (r->conf == &down1) {
		r->state = PROTO_STATE_DOWN;
	} else if (r->conf == &wait1) {
		r->passive_wait = true;
	} else if (r->conf == &refused) {
		r->bgp_state = FSM_ACTIVE;
		r->last = (struct down_reason){ .class = DOWN_SOCKET, .sys_errno = 111 };
		r->connect_left = 828;
		r->connect_delay_s = 1;
	} else if (r->conf == &badas) {
		r->last =
		    (struct down_reason){ .class = DOWN_SENT, .code = 2, .subcode = 2 };
		r->error_wait_left = 1373;
		r->error_wait_s = 4;
	} else if (r->conf == &admdown) {
		r->bgp_state = FSM_ACTIVE;
		r->last = (struct down_reason){ .class = DOWN_SOCKET };
		r->message = "maintenance\nwindow";
		r->connect_left = 779;
		r->connect_delay_s = 1;
	}
}

static bool
fake_protocol(void *daemon, unsigned i, bool counts, struct protocol_record *r)
{
	static const uint64_t n[10] = { 6, 0, 6, 6, 0, 6, 0, 0, 0, 0 };

	(void)daemon, (void)counts;
	if (i >= model.proto_n)
		return false;
	*r = (struct protocol_record){
		.conf = protos[i], .state = PROTO_STATE_UP, .since = BOOT
	};
	r->hold_left = r->keepalive_left = r->send_hold_left = UINT64_MAX;
	r->connect_left = r->error_wait_left = UINT64_MAX;
	r->channel_n = protos[i]->channel_n;
	for (unsigned ch = 0; ch < r->channel_n; ch++)
		r->channel[ch].conf = &protos[i]->channel[ch];
	if (protos[i] == &fake_st4 || protos[i] == &fake_st6)
		fill_channel(&r->channel[0], &protos[i]->channel[0], n);
	else if (protos[i] == &fake_b1)
		fill_b1(r);
	else if (protos[i] == &fake_c1)
		fill_c1(r);
	if (protos[i]->kind != PROTO_BGP || protos[i] == &fake_b1 ||
	    protos[i] == &fake_c1)
		return true;
	r->state = PROTO_STATE_START;
	fill_other(r);
	return true;
}

static struct memory_record
fake_memory(void *daemon)
{
	(void)daemon;
	return (struct memory_record){ .tables = 64614,
		.attributes = 3492,
		.protocols = 69018,
		.config = 32870,
		.total = 194560,
		.total_rss = 330957 };
}

static bool
fake_group(void *daemon, unsigned i, unsigned *shard, struct group_view *g)
{
	(void)daemon;
	if (i > 1)
		return false;
	*shard = 0;
	*g = (struct group_view){ .id = i + 1,
		.family = FAM_IP4,
		.members = 200,
		.slow = i,
		.messages = 29411,
		.bytes = 3071934,
		.bytes_shared = 614386800,
		.policy = "ACCEPT" };
	strcpy(g->key, "client as4 cluster 192.0.2.1");
	return true;
}

/*
 * Actions: written down.
 */
static void
fake_configure(void *daemon, struct control *c, const struct configure_request *r)
{
	struct fake *f = daemon;
	const char *file = r->file;

	snprintf(f->last, sizeof(f->last), "configure %d %s %u%s%.*s", (int)r->kind,
	    file ? file : "-", r->timeout_s, r->text ? " " : "", (int)r->text_len,
	    r->text ? r->text : "");
	f->control = c;
	control_reply(
	    c, 2, false, "Reading configuration from %s", file ? file : model.file);
	if (f->late)
		return;
	if (r->timeout_s)
		control_reply(c, 22, false, "Undo scheduled in %u s", r->timeout_s);
	if (file)
		control_reply(c, 8002, true, "%s: No such file or directory", file);
	else if (r->kind == CONFIGURE_CHECK || r->kind == CONFIGURE_PLAN)
		control_reply(c, 20, true, "Configuration OK");
	else
		control_reply(c, 3, true, "Reconfigured");
}

static void
fake_undo(void *daemon, struct control *c)
{
	(void)daemon;
	control_reply(c, 21, false, "Undo requested");
	control_reply(c, 19, true, "Nothing to do");
}

static void
fake_confirm(void *daemon, struct control *c)
{
	(void)daemon;
	control_reply(c, 18, true, "Reconfiguration confirmed");
}

static void
fake_configure_status(void *daemon, struct control *c)
{
	(void)daemon;
	control_reply(c, 3, false, "Daemon is up and running");
	control_reply(c, 0, true, "%s", "");
}

static unsigned
fake_do(void *daemon, const char *name, enum proto_action action, const char *message,
    const char **text)
{
	static const struct {
		unsigned code;
		const char *text;
	} answers[] = {
		[PROTO_ENABLE] = { 11, "enabled" },
		[PROTO_DISABLE] = { 9, "disabled" },
		[PROTO_RESTART] = { 12, "restarted" },
		[PROTO_RELOAD] = { 15, "reloading" },
		[PROTO_RELOAD_IN] = { 15, "reloading" },
		[PROTO_RELOAD_OUT] = { 15, "reloading" },
	};
	struct fake *f = daemon;

	snprintf(f->last, sizeof(f->last), "%d %s %s", (int)action, name,
	    message ? message : "-");
	if (!strcmp(name, "down1") && action != PROTO_ENABLE) {
		*text = "already disabled";
		return 8;
	}
	*text = answers[action].text;
	return answers[action].code;
}

static void
fake_down(void *daemon)
{
	strcpy(((struct fake *)daemon)->last, "down");
}

static void
fake_graceful(void *daemon)
{
	strcpy(((struct fake *)daemon)->last, "graceful restart");
}

static bool
fake_flow(void *daemon, const char *text, size_t len, struct arena *arena,
    struct net *net, char *error, size_t size)
{
	struct fake *f = daemon;

	(void)arena;
	snprintf(f->last, sizeof(f->last), "%.*s", (int)len, text);
	snprintf(error, size, "syntax error, no flow");
	*net = (struct net){ .type = NET_FLOW4 };
	return strstr(f->last, "foo") == NULL;
}

static struct filter *
fake_filter(void *daemon, const char *text, size_t len, char *error, size_t size)
{
	struct fake *f = daemon;

	snprintf(f->last, sizeof(f->last), "%.*s", (int)len, text);
	if (strstr(f->last, "foo")) {
		snprintf(error, size, "syntax error, unexpected CF_SYM_UNDEFINED");
		return NULL;
	}
	return &fake_where;
}

static unsigned
fake_eval(void *daemon, const char *text, size_t len, char *buf, size_t size)
{
	(void)daemon;
	if (len == 3 && !memcmp(text, "1+2", 3)) {
		snprintf(buf, size, "3");
		return 23;
	}
	snprintf(buf, size, "runtime error");
	return 8008;
}

/* Says what it was asked. */
static bool
fake_trial(void *daemon, const struct trial_request *q, struct arena *arena,
    struct filter_trial *out, char *error, size_t size)
{
	static const struct filter_change change = { "bgp_med", NULL, "5" };
	struct fake *f = daemon;

	(void)arena;
	snprintf(f->last, sizeof(f->last), "%s", q->body ? q->body : "stored");
	if (strstr(f->last, "bgp_med = }")) {
		snprintf(error, size, "syntax error, unexpected '}'");
		return false;
	}
	*out = (struct filter_trial){ .result = q->attrs ? FILTER_ACCEPT : FILTER_REJECT,
		.file = "bird.conf", .line = 7, .print_n = 1, .print = { "hello" },
		.change_n = 1, .change = &change };
	return true;
}

static void
fake_debug(void *daemon, const char *name, unsigned mask)
{
	struct fake *f = daemon;

	snprintf(f->last, sizeof(f->last), "debug %s %u", name, mask);
}

static void *
fake_roas_open(void *daemon, const struct table_conf *t)
{
	(void)t;
	return daemon;
}

static bool
fake_roas_next(void *daemon, void *walk, unsigned max,
    void (*fn)(void *ctx, const struct net *), void *ctx)
{
	const struct net net = NET4(192, 0, 2, 0, 24), roa = net_roa(&net, 24, 64999);

	(void)daemon;
	(void)walk;
	(void)max;
	fn(ctx, &roa);
	return false;
}

static void
fake_roas_close(void *daemon, void *walk)
{
	(void)daemon;
	(void)walk;
}

static void
fake_roa_edit(void *daemon, const struct table_conf *t, const struct net *net, bool add)
{
	struct fake *f = daemon;

	snprintf(f->last, sizeof(f->last), "%s %s %s", t->name, net ? "one" : "all",
	    add ? "comes" : "goes");
}

const struct daemon_ops fake_ops = {
	.model = fake_model,
	.status = fake_status,
	.protocol = fake_protocol,
	.routes_open = fake_open,
	.routes_next = fake_next,
	.routes_close = fake_close,
	.configure = fake_configure,
	.configure_undo = fake_undo,
	.configure_confirm = fake_confirm,
	.configure_status = fake_configure_status,
	.proto_do = fake_do,
	.down = fake_down,
	.graceful_restart = fake_graceful,
	.memory = fake_memory,
	.group = fake_group,
	.filter = fake_filter,
	.eval = fake_eval,
	.flow = fake_flow,
	.trial = fake_trial,
	.debug = fake_debug,
	.roas_open = fake_roas_open,
	.roas_next = fake_roas_next,
	.roas_close = fake_roas_close,
	.roa_edit = fake_roa_edit,
};
