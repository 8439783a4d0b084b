/*
 * Remotes: a session, a socket pair, a list of networks.
 */
#include "sim_remote.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/wire.h"
#include "bgp/attrs.h"
#include "sim_loop.h"
#include "../tools/encode.h"

#define TURN_BYTES 4096

static remote_connect_fn connect_to;
static struct store *store;
static struct arena *arena;

static bool
on_bytes(const struct remote *r, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t k = write(r->fd, p, n);

		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

static void
on_connect(void *ctx)
{
	struct remote *r = ctx;

	r->connects = true; /* answered in its turn: not from inside the call */
}

static void
on_send(void *ctx, enum conn_id id, const uint8_t *p, size_t n)
{
	struct remote *r = ctx;

	(void)id;
	if (r->fd >= 0)
		on_bytes(r, p, n);
}

static void
on_close(void *ctx, enum conn_id id)
{
	struct remote *r = ctx;

	(void)id;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	r->in_n = 0;
	r->connects = false;
}

/* Network i: its own; from 8 on those that others have, too. */
static struct net
route_net(const struct remote *r, unsigned i)
{
	struct ip ip = ip_from4(i < 8 ? 10u << 24 | r->n << 16 | i << 8
				      : 10u << 24 | 50u << 16 | i << 8);

	return net_from_ip(&ip, i == 3 ? 28 : 24);
}

static void
route_draft(const struct remote *r, unsigned i, struct draft *d)
{
	uint8_t community[4];

	arena_reset(arena);
	draft_init(d, arena);
	d->next_hop.len = 4;
	put_u32(d->next_hop.b, 127u << 24 | 1u << 8 | r->n);
	draft_set_u8(d, ATTR_ORIGIN, 0);
	draft_set(d, AF_TRANSITIVE, ATTR_AS_PATH, "", 0);
	if (i % 3 == 2)
		draft_path_prepend(d, 65000 + r->n, 1);
	if (r->n > 3)
		draft_path_prepend(d, 64510 + r->n, 1);
	if (i % 4 == 1)
		draft_set_u32(d, ATTR_MED, r->n);
	put_u32(community, i % 5 ? 64512u << 16 | i : 0xffffff01u);
	draft_list_add(d, ATTR_COMMUNITY, community, 4);
}

static void
tell(struct remote *r, unsigned i, bool up)
{
	struct nlri e = { .net = route_net(r, i) };
	struct bytes b = { 0 };
	struct draft d;

	route_draft(r, i, &d);
	if (up)
		encode_reach(&b, store, &d, FAM_IP4, false, &e, 1);
	else
		encode_unreach(&b, FAM_IP4, false, &e, 1);
	on_bytes(r, b.p, b.n);
	bytes_fini(&b);
}

static void
tell_all(struct remote *r)
{
	for (unsigned i = 0; i < ROUTES_MAX; i++)
		if (r->routes >> i & 1)
			tell(r, i, true);
}

void
remote_announce(struct remote *r, unsigned i, bool up)
{
	if (!(r->routes >> i & 1) != up)
		return;
	r->routes ^= 1u << i;
	if (r->up)
		tell(r, i, up);
}

static void
forget(struct remote *r)
{
	for (unsigned i = 0; i < r->held_n; i++) {
		mem_free(r->held[i].attrs);
		r->held[i].attrs = NULL;
	}
}

static void
on_up(void *ctx, enum conn_id id, const struct negotiated *n)
{
	struct remote *r = ctx;
	struct bytes b = { 0 };

	(void)id;
	r->up = true;
	r->negotiated = n;
	forget(r);
	tell_all(r);
	encode_eor(&b, FAM_IP4);
	on_bytes(r, b.p, b.n);
	bytes_fini(&b);
}

static void
on_down(void *ctx, const struct down_reason *why)
{
	struct remote *r = ctx;

	(void)why;
	r->up = false;
	r->downs++;
	forget(r);
}

static void
on_failed(void *ctx, const struct down_reason *why)
{
	(void)ctx;
	(void)why;
}

static struct held *
held_get(struct remote *r, const struct net *net)
{
	for (unsigned i = 0; i < r->held_n; i++)
		if (net_equal(&r->held[i].net, net))
			return &r->held[i];
	assert(r->held_n < HELD_MAX);
	r->held[r->held_n] = (struct held){ .net = *net };
	return &r->held[r->held_n++];
}

static void
hold(struct remote *r, struct nlri_run run, struct draft *d)
{
	struct nlri e;

	while (nlri_next(&run, &e)) {
		struct held *h = held_get(r, &e.net);

		mem_free(h->attrs);
		h->attrs = NULL;
		if (!d)
			continue;
		h->attrs = mem_alloc(attrs_size(d));
		attrs_write(d, h->attrs);
		h->fresh = true;
	}
}

static void
on_update(void *ctx, struct update *u)
{
	struct remote *r = ctx;

	assert(u->verdict == VERDICT_OK);
	for (unsigned i = 0; i < u->unreach_n; i++)
		hold(r, u->unreach[i], NULL);
	for (unsigned i = 0; i < u->reach_n; i++) {
		u->draft.next_hop = *update_next_hop(u, FAM_IP4);
		hold(r, u->reach[i], &u->draft);
	}
}

static void
on_refresh(void *ctx, enum family f, unsigned subtype)
{
	struct remote *r = ctx;

	if (f != FAM_IP4 || subtype)
		return;
	if (r->negotiated->enhanced_refresh)
		session_refresh(r->session, f, 1);
	tell_all(r);
	if (r->negotiated->enhanced_refresh)
		session_refresh(r->session, f, 2);
}

static void
on_state(void *ctx)
{
	(void)ctx;
}

static const struct session_ops ops = {
	.connect = on_connect,
	.send = on_send,
	.close = on_close,
	.up = on_up,
	.down = on_down,
	.failed = on_failed,
	.update = on_update,
	.refresh = on_refresh,
	.state = on_state,
};

void
remote_init(struct remote *r, const char *name, unsigned n, bool internal,
    bool enhanced_refresh, remote_connect_fn fn)
{
	struct session_conf conf = {
		.local_as = internal ? 64512 : 64510 + n,
		.remote_as = 64512,
		.router_id = 0x7f000100u | n,
		.internal = internal,
		.allow_local_pref = true,
		.family = { [FAM_IP4] = true },
		.capabilities = true,
		.route_refresh = true,
		.enhanced_refresh = enhanced_refresh,
		.as4 = true,
		.hold_s = 240,
		.connect_delay_s = 1,
		.connect_retry_s = 1,
		.error_wait_min_s = 1,
		.error_wait_max_s = 1,
		.error_forget_s = 1,
		.jitter_seed = n,
	};

	if (!store) {
		store = store_new();
		arena = arena_new();
	}
	connect_to = fn;
	memset(r, 0, sizeof(*r));
	r->name = name;
	r->n = n;
	r->ip = ip_from4(0x7f000100u | n);
	r->fd = -1;
	r->next = UINT64_MAX;
	r->session = session_new(&conf, &ops, r);
}

void
remote_start(struct remote *r)
{
	session_start(r->session, sim_now_ms);
	r->next = session_tick(r->session, sim_now_ms);
}

void
remote_cut(struct remote *r)
{
	if (r->fd < 0)
		return;
	r->faults += r->up;
	close(r->fd);
	r->fd = -1;
	r->in_n = 0;
	session_closed(r->session, CONN_OUT, ECONNRESET, sim_now_ms);
	r->next = session_tick(r->session, sim_now_ms);
}

static void
try_connect(struct remote *r)
{
	r->connects = false;
	r->fd = connect_to(&r->ip);
	if (r->fd >= 0)
		session_connected(r->session, sim_now_ms);
	else
		session_closed(r->session, CONN_OUT, ECONNREFUSED, sim_now_ms);
}

static void
take(struct remote *r)
{
	int fd = r->fd;
	size_t used = 1, at = 0;

	while (used && at < r->in_n && r->fd == fd) {
		used = session_input(
		    r->session, CONN_OUT, r->in + at, r->in_n - at, 1000, sim_now_ms);
		at += used;
	}
	if (r->fd != fd)
		return;
	memmove(r->in, r->in + at, r->in_n - at);
	r->in_n -= at;
}

bool
remote_turn(struct remote *r)
{
	ssize_t n = -1;

	if (r->connects) {
		try_connect(r);
	} else if (r->fd >= 0 &&
		   (n = recv(r->fd, r->in + r->in_n, TURN_BYTES, MSG_DONTWAIT)) >= 0) {
		r->in_n += (size_t)n;
		if (n) {
			take(r);
		} else {
			close(r->fd);
			r->fd = -1;
			r->in_n = 0;
			session_closed(r->session, CONN_OUT, 0, sim_now_ms);
		}
	} else if (r->next > sim_now_ms) {
		return false;
	}
	r->next = session_tick(r->session, sim_now_ms);
	return true;
}

uint64_t
remote_next(const struct remote *r)
{
	return r->next;
}
