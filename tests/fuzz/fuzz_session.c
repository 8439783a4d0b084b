/*
 * A session that is sent anything.  The first byte of the input says how it starts (as
 * configured below, already established or not, in pieces or at once), the rest is what the
 * peer sends.  Time passes between the pieces, so that timers run as well.
 *
 * Headers are hard to guess: a piece may start with 0x01..0x05, which is made into a whole
 * message of that type with the length that follows.
 */
#include <assert.h>
#include <string.h>

#include "bgp/frame.h"
#include "bgp/open.h"
#include "bgp/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct owner {
	struct session *session;
	bool open[CONNS], is_up;
	unsigned callbacks;
	uint64_t now;
	uint8_t mode;
};

enum { MODE_UP = 1, MODE_MESSAGES = 2, MODE_STOP = 4, MODE_EXT = 8, MODE_GRACEFUL = 16 };

static void
op_connect(void *ctx)
{
	struct owner *o = ctx;

	assert(!o->open[CONN_OUT]);
	o->open[CONN_OUT] = true;
}

static void
op_send(void *ctx, enum conn_id id, const uint8_t *p, size_t n)
{
	struct owner *o = ctx;
	struct notify fault;
	struct frame f;

	assert(o->open[id]);
	assert(frame_read(&f, p, n, BGP_MSG_MAX, &fault) == FRAME_WHOLE && f.len == n);
}

static void
op_close(void *ctx, enum conn_id id)
{
	struct owner *o = ctx;

	assert(o->open[id]);
	o->open[id] = false;
}

static void
op_up(void *ctx, enum conn_id id, const struct negotiated *n)
{
	struct owner *o = ctx;

	assert(!o->is_up && o->open[id] && n->codec.remote_as);
	o->is_up = true;
}

static void
op_down(void *ctx, const struct down_reason *why)
{
	struct owner *o = ctx;

	assert(o->is_up && strlen(why->text) < sizeof(why->text));
	o->is_up = false;
}

static void
op_failed(void *ctx, const struct down_reason *why)
{
	struct owner *o = ctx;

	assert(!o->is_up && why->class != DOWN_NONE);
}

/* Every third message the owner acts from within. */
static void
act(struct owner *o)
{
	if (!(o->mode & MODE_STOP) || ++o->callbacks % 3)
		return;
	if (o->callbacks % 2)
		session_stop(o->session, ERR_CEASE, CEASE_SHUTDOWN, "enough", o->now);
	else
		session_restart(
		    o->session, ERR_CEASE, CEASE_MAX_PREFIXES, NULL, false, o->now);
}

static void
op_update(void *ctx, struct update *u)
{
	struct owner *o = ctx;

	assert(o->is_up && u->verdict != VERDICT_RESET);
	for (unsigned i = 0; i < u->reach_n; i++) {
		struct nlri n;

		while (nlri_next(&u->reach[i], &n))
			assert(n.net.plen <= net_plen_max(n.net.type));
	}
	act(o);
}

static void
op_refresh(void *ctx, enum family family, unsigned subtype)
{
	struct owner *o = ctx;

	assert(o->is_up && family < FAMILIES && subtype <= 2);
	act(o);
}

static void
op_state(void *ctx)
{
	(void)ctx;
}

static const struct session_ops ops = {
	.connect = op_connect, .send = op_send, .close = op_close, .up = op_up,
	.down = op_down, .failed = op_failed, .update = op_update, .refresh = op_refresh,
	.state = op_state,
};

static struct session_conf
conf_make(uint8_t mode)
{
	return (struct session_conf){
		.local_as = 64512, .router_id = 0xc0000201, .passive = true,
		.family = { true, true }, .capabilities = true, .route_refresh = true,
		.enhanced_refresh = true, .as4 = true, .ext_msg = mode & MODE_EXT,
		.graceful = mode & MODE_GRACEFUL ? GR_ON : GR_OFF, .hold_s = 90,
		.startup_hold_s = 240, .send_hold_s = 180, .connect_delay_s = 1,
		.error_wait_min_s = 1, .error_wait_max_s = 4, .error_forget_s = 60,
	};
}

/* All that the session takes; what it leaves is the start of a message. */
static void
feed(struct owner *o, enum conn_id id, const uint8_t *p, size_t n)
{
	size_t used;

	while (o->open[id] && n) {
		used = session_input(o->session, id, p, n, 2, o->now);
		assert(used <= n);
		if (!used)
			return;
		p += used;
		n -= used;
	}
}

static void
feed_message(
    struct owner *o, enum conn_id id, unsigned type, const uint8_t *body, size_t n)
{
	uint8_t bytes[BGP_HEADER_LEN + 0xffff];
	struct wbuf b = wbuf_init(bytes, sizeof(bytes));
	uint8_t *msg = frame_begin(&b, type);

	wbuf_put(&b, body, n);
	frame_finish(&b, msg);
	feed(o, id, bytes, wbuf_len(&b));
}

static void
establish(struct owner *o)
{
	struct session_conf peer = conf_make(o->mode);
	uint8_t bytes[512];
	struct wbuf b = wbuf_init(bytes, sizeof(bytes));
	struct open open;

	peer.local_as = 64513;
	peer.router_id = 7;
	open_local(&open, &peer);
	open_encode(&open, &b);
	feed(o, CONN_IN, bytes, wbuf_len(&b));
	feed_message(o, CONN_IN, BGP_KEEPALIVE, NULL, 0);
	assert(o->is_up);
}

/* The place is there before the session sends its OPEN. */
static void
accept_one(struct owner *o)
{
	o->open[CONN_IN] = true;
	if (!session_accept(o->session, o->now))
		o->open[CONN_IN] = false;
}

static void
feed_pieces(struct owner *o, const uint8_t *p, size_t n)
{
	while (n >= 2) {
		size_t len = p[1] < n - 2 ? p[1] : n - 2;

		if (!o->open[CONN_IN])
			accept_one(o);
		if (p[0] >= 1 && p[0] <= 5)
			feed_message(o, CONN_IN, p[0], p + 2, len);
		else
			o->now += p[0] * 100u;
		session_tick(o->session, o->now);
		if (p[0] == 0xff && o->open[CONN_IN]) {
			o->open[CONN_IN] = false;
			session_closed(o->session, CONN_IN, p[1] & 1, o->now);
		}
		p += 2 + len;
		n -= 2 + len;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session_conf conf;
	struct owner o = { .now = 1000 };

	if (size < 1 || size > 60000)
		return 0;
	o.mode = data[0];
	conf = conf_make(o.mode);
	o.session = session_new(&conf, &ops, &o);
	session_start(o.session, o.now);
	accept_one(&o);
	assert(o.open[CONN_IN]);
	if (o.mode & MODE_UP)
		establish(&o);
	if (o.mode & MODE_MESSAGES)
		feed_pieces(&o, data + 1, size - 1);
	else
		feed(&o, CONN_IN, data + 1, size - 1);
	session_stop(o.session, ERR_CEASE, CEASE_DECONFIGURED, NULL, o.now);
	assert(!o.open[CONN_IN] && !o.open[CONN_OUT] && !o.is_up);
	session_free(o.session);
	return 0;
}
