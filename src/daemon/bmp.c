/*
 * Protocol bmp: connections to monitoring stations (RFC 7854).
 *
 *	wait -> connect -> Initiation, Peer Up for each session, the routes there are,
 *news
 *	  ^________________________________________________________________________|
 *
 * What a station says is read and of no account.  One that takes less than there is to
 *tell has its queue grow to the limit, and is then dropped and tried anew; what there was
 *when it came waits for it without end.  Waits grow while connections do not last.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/driver.h"
#include "daemon/lookout.h"
#include "daemon/netsock.h"

#define CONNECT_MS UINT64_C(10000)
#define LASTS_MS   UINT64_C(30000) /* a connection that did so was a good one */
#define STATS_MS   UINT64_C(300000)
#define FLUSH_TURN (1u << 20) /* bytes written before others have a turn */
enum { WAIT_MIN_S = 1, WAIT_MAX_S = 60, IOVS = 64, READS = 16 };

static void
set_state(struct station *st, enum bmp_state state)
{
	if ((st->state == BMP_UP) != (state == BMP_UP))
		st->run->since_ms = clock_mono_ms();
	st->state = state;
}

static void
close_fd(struct station *st)
{
	dump_end(st);
	st->greeted = false;
	timer_at(st->stats_timer, UINT64_MAX);
	watch_free(st->watch);
	st->watch = NULL;
	if (st->fd >= 0)
		close(st->fd);
	st->fd = -1;
	outq_clear(&st->out);
}

/* Only what is new is worth a line: a station that is away is tried for days. */
static void
note_error(struct station *st, const char *why)
{
	if (st->state == BMP_UP || strcmp(st->error, why) != 0)
		log_warn("%s: Station: %s", st->run->conf->name, why);
	snprintf(st->error, sizeof(st->error), "%s", why);
}

void
station_reset(struct station *st, const char *why)
{
	uint64_t now = clock_mono_ms();

	note_error(st, why);
	if (st->state == BMP_UP && now - st->up_ms >= LASTS_MS)
		st->wait_s = WAIT_MIN_S;
	close_fd(st);
	set_state(st, BMP_IDLE);
	lookout_wants(st->lookout);
	timer_at(st->timer, now + st->wait_s * UINT64_C(1000));
	st->wait_s = st->wait_s * 2 < WAIT_MAX_S ? st->wait_s * 2 : WAIT_MAX_S;
}

/*
 * Out.
 */

/* False: the connection is broken, errno says why. */
static bool
flush(struct station *st)
{
	struct iovec iov[IOVS];
	size_t total = 0;

	while (st->out.n && total < FLUSH_TURN) {
		struct msghdr msg = { .msg_iov = iov,
			.msg_iovlen = outq_iov(&st->out, iov, IOVS) };
		ssize_t n = sendmsg(st->fd, &msg, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		outq_sent(&st->out, (size_t)n);
		total += (size_t)n;
	}
	return true;
}

void
station_put(struct station *st, struct segment *s, bool news)
{
	uint64_t limit = (uint64_t)st->run->conf->bmp.tx_limit_mb << 20;
	char why[96];

	if (st->state != BMP_UP)
		return;
	outq_segment(&st->out, s, NULL, 0);
	watch_set(st->watch, WATCH_READ | WATCH_WRITE);
	if (!news || st->out.bytes <= limit)
		return;
	snprintf(why, sizeof(why),
	    "Connection stalled: %" PRIu64 " bytes wait to be sent", st->out.bytes);
	station_reset(st, why);
}

/*
 * In: nothing that matters, but for the end.
 */
static bool
drain(struct station *st)
{
	char waste[4096];
	ssize_t n = 1;

	for (unsigned i = 0; i < READS && n > 0; i++)
		n = recv(st->fd, waste, sizeof(waste), 0);
	if (n == 0)
		errno = 0;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void
broken(struct station *st)
{
	station_reset(st, errno ? strerror(errno) : "Connection closed");
}

static void
connected(struct station *st)
{
	int err = netsock_error(st->fd);
	char buf[IP_TEXT_MAX];

	if (err) {
		station_reset(st, strerror(err));
		return;
	}
	timer_at(st->timer, UINT64_MAX);
	st->up_ms = clock_mono_ms();
	st->error[0] = '\0';
	set_state(st, BMP_UP);
	log_info("%s: Connected to station %s", st->run->conf->name,
	    ip_format(&st->run->conf->bmp.station, buf));
	lookout_wants(st->lookout);
	lookout_greet(st);
	timer_at(st->stats_timer, st->up_ms + STATS_MS);
}

static void
on_socket(void *ctx, unsigned events)
{
	struct station *st = ctx;

	if (st->state == BMP_CONNECTING) {
		connected(st);
		return;
	}
	if ((events & WATCH_READ && !drain(st)) || (events & WATCH_WRITE && !flush(st))) {
		broken(st);
		return;
	}
	watch_set(st->watch, WATCH_READ | (st->out.n ? WATCH_WRITE : 0));
	dump_room(st);
}

/*
 * Connecting.
 */
static void
begin(struct station *st)
{
	const struct bmp_conf *c = &st->run->conf->bmp;
	int fd = netsock_dial(&(struct netsock_dial){
	    .remote = c->station,
	    .local = c->local,
	    .port = c->port,
	    .vrf = st->run->conf->vrf,
	    .keepalive = true,
	});

	if (fd < 0) {
		station_reset(st, strerror(-fd));
		return;
	}
	st->fd = fd;
	set_state(st, BMP_CONNECTING);
	st->watch = watch_new(st->lookout->rt->loop, st->fd, on_socket, st);
	watch_set(st->watch, WATCH_WRITE);
	timer_at(st->timer, clock_mono_ms() + CONNECT_MS);
}

static void
on_timer(void *ctx)
{
	struct station *st = ctx;

	if (st->state == BMP_CONNECTING)
		station_reset(st, strerror(ETIMEDOUT));
	else
		begin(st);
}

static void
on_stats(void *ctx)
{
	struct station *st = ctx;

	timer_at(st->stats_timer, clock_mono_ms() + STATS_MS);
	lookout_statistics(st);
}

/* Said if there is room for it: nobody is waited for. */
static void
say_goodbye(struct station *st)
{
	struct lookout *l = st->lookout;

	if (!st->greeted)
		return;
	l->out.len = 0;
	bmp_termination(&l->out, BMP_CLOSED);
	outq_bytes(&st->out, l->out.at, l->out.len);
	l->out.len = 0;
	/* What is unread would have the kernel reset the connection. */
	if (flush(st) && shutdown(st->fd, SHUT_WR) == 0)
		drain(st);
}

/*
 * The protocol.
 */
static void
bmp_up(struct runtime *rt, struct run *r)
{
	struct station *st = MEM_NEW(struct station);

	r->data = st;
	st->run = r;
	st->fd = -1;
	st->wait_s = WAIT_MIN_S;
	outq_init(&st->out);
	st->timer = timer_new(rt->loop, on_timer, st);
	st->dump_timer = timer_new(rt->loop, dump_step, st);
	st->stats_timer = timer_new(rt->loop, on_stats, st);
	st->lookout = lookout_join(rt, st);
	begin(st);
}

static void
bmp_down(struct runtime *rt, struct run *r, bool keep)
{
	struct station *st = r->data;

	(void)rt;
	(void)keep;
	if (!st)
		return;
	say_goodbye(st);
	close_fd(st);
	lookout_leave(st);
	timer_free(st->timer);
	timer_free(st->dump_timer);
	timer_free(st->stats_timer);
	mem_free(st);
	r->data = NULL;
}

/* The limit is asked for when it matters. */
static void
bmp_change(struct runtime *rt, struct run *r, const struct proto_conf *old,
    const struct step *step)
{
	(void)rt;
	(void)r;
	(void)old;
	(void)step;
}

const struct driver bmp_driver = {
	.up = bmp_up,
	.down = bmp_down,
	.change = bmp_change,
};

void
bmp_record(const struct run *r, struct bmp_record *out)
{
	const struct station *st = r->data;

	*out = (struct bmp_record){ .state = BMP_IDLE };
	if (!st)
		return;
	out->state = st->state;
	out->waits = st->out.bytes;
	snprintf(out->error, sizeof(out->error), "%s", st->error);
}
