/*
 * The BFD thread.
 *
 *   poll --> read what has come --> mail of main --> sessions whose deadline is over
 *
 * What came is read before deadlines are looked at: a thread that had to wait for its
 * processor does not take its own delay for the neighbour's silence.  Deadlines are kept
 * in a binary heap.
 */
#include "daemon/bfdthread.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/peer.h"
#include "daemon/watchdog.h"

#define BUCKETS	 4096u
#define READ_MAX 8u /* batches of a socket in a turn */
#define NICE	 (-10)

struct bfd_peer {
	struct bfd_thread *thread;
	uint32_t id, disc;
	struct bfd_target target;
	struct bfd_session *session;
	int fd;
	unsigned watcher_n;
	struct bfd_watcher *watcher;
	uint64_t wall_since_ms;

	uint64_t due;
	uint32_t place;			      /* in the heap */
	uint64_t leave_at;		      /* BFD_NEVER: not leaving */
	struct bfd_peer *by_disc, *by_target; /* next in the bucket */
};

struct bfd_thread {
	pthread_t thread;
	struct beat *beat;
	struct mailbox *mail, *main;
	void (*on_change)(void *owner, const struct bfd_change *);
	bool stop;

	struct bfd_time now;
	struct bfd_peer *by_disc[BUCKETS], *by_target[BUCKETS];
	struct bfd_peer **heap;
	uint32_t n, room;
	uint32_t leaving_n; /* of these; what they say may be about a session that is new */

	unsigned listener_n;
	struct bfd_listener *listener;
	struct pollfd *poll; /* the mailbox, the listeners */
	struct bfd_arrival arrival[BFD_BATCH];
};

static uint32_t
random_number(void)
{
	uint32_t r = 0;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) < 0)
		r = (uint32_t)clock_mono_ns() * 2654435761u;
	return r;
}

static struct bfd_time
time_now(void)
{
	return (struct bfd_time){ clock_mono_ns() / 1000, clock_wall_ms() / 1000 };
}

/*
 * The heap: the session whose deadline is next stands first.
 */
static void
heap_put(struct bfd_thread *t, uint32_t i, struct bfd_peer *p)
{
	t->heap[i] = p;
	p->place = i;
}

static void
heap_settle(struct bfd_thread *t, struct bfd_peer *p)
{
	uint32_t i = p->place;

	for (; i && t->heap[(i - 1) / 2]->due > p->due; i = (i - 1) / 2)
		heap_put(t, i, t->heap[(i - 1) / 2]);
	for (;;) {
		uint32_t kid = 2 * i + 1;

		if (kid + 1 < t->n && t->heap[kid + 1]->due < t->heap[kid]->due)
			kid++;
		if (kid >= t->n || t->heap[kid]->due >= p->due)
			break;
		heap_put(t, i, t->heap[kid]);
		i = kid;
	}
	heap_put(t, i, p);
}

static void
heap_add(struct bfd_thread *t, struct bfd_peer *p)
{
	if (t->n == t->room) {
		t->room = t->room ? t->room * 2 : 64;
		t->heap = mem_realloc(t->heap, t->room * sizeof(struct bfd_peer *));
	}
	heap_put(t, t->n++, p);
	heap_settle(t, p);
}

static void
heap_remove(struct bfd_thread *t, const struct bfd_peer *p)
{
	struct bfd_peer *last = t->heap[--t->n];

	if (last == p)
		return;
	heap_put(t, p->place, last);
	heap_settle(t, last);
}

/* Sends what is due and puts the session where its next deadline belongs. */
static void
peer_tick(struct bfd_thread *t, struct bfd_peer *p)
{
	p->due = bfd_session_tick(p->session, t->now);
	if (p->due > p->leave_at)
		p->due = p->leave_at;
	heap_settle(t, p);
}

/*
 * Who is who.
 */
static struct bfd_peer **
disc_bucket(struct bfd_thread *t, uint32_t disc)
{
	return &t->by_disc[disc % BUCKETS];
}

static struct bfd_peer **
target_bucket(struct bfd_thread *t, const struct ip *remote, unsigned ifindex)
{
	uint32_t h = ifindex;

	for (unsigned i = 0; i < sizeof(remote->b); i++)
		h = (h ^ remote->b[i]) * 16777619u;
	return &t->by_target[h % BUCKETS];
}

static struct bfd_peer *
find_disc(struct bfd_thread *t, uint32_t disc)
{
	struct bfd_peer *p = *disc_bucket(t, disc);

	while (p && p->disc != disc)
		p = p->by_disc;
	return p;
}

static bool
target_is(const struct bfd_target *t, const struct ip *remote, unsigned ifindex,
    const char *vrf)
{
	return t->ifindex == ifindex && ip_equal(&t->remote, remote) &&
	       strcmp(t->vrf, vrf) == 0;
}

static struct bfd_peer *
find_target(
    struct bfd_thread *t, const struct ip *remote, unsigned ifindex, const char *vrf)
{
	struct bfd_peer *p = *target_bucket(t, remote, ifindex);

	while (p && !target_is(&p->target, remote, ifindex, vrf))
		p = p->by_target;
	return p;
}

static void
forget_target(struct bfd_thread *t, const struct bfd_peer *p)
{
	struct bfd_peer **at = target_bucket(t, &p->target.remote, p->target.ifindex);

	while (*at && *at != p)
		at = &(*at)->by_target;
	if (*at)
		*at = p->by_target;
}

static void
peer_free(struct bfd_thread *t, struct bfd_peer *p)
{
	struct bfd_peer **at = disc_bucket(t, p->disc);

	while (*at != p)
		at = &(*at)->by_disc;
	*at = p->by_disc;
	t->leaving_n -= p->leave_at != BFD_NEVER;
	heap_remove(t, p);
	bfd_session_free(p->session);
	close(p->fd);
	mem_free(p->watcher);
	mem_free(p);
}

/*
 * Changes of state.
 */
struct change_task {
	struct task task;
	struct bfd_change change;
	void (*fn)(void *owner, const struct bfd_change *);
};

static void
change_run(void *owner, struct task *task)
{
	struct change_task *c = (struct change_task *)task;

	c->fn(owner, &c->change);
	mem_free(c);
}

static void
tell_main(const struct bfd_peer *p, const struct bfd_view *v)
{
	struct change_task *c = MEM_NEW(struct change_task);

	c->task.mail.kind = MAIL_TASK;
	c->task.mail.weight = sizeof(*c);
	c->task.run = change_run;
	c->fn = p->thread->on_change;
	c->change = (struct bfd_change){ .id = p->id,
		.state = v->local.state,
		.was = v->was,
		.remote_state = v->remote.state,
		.diag = v->local.diag };
	mailbox_post(p->thread->main, &c->task.mail);
}

/* RFC 5882, 4.2: that the neighbour was taken down by its operator says nothing about the
 * path. */
static void
on_state(void *ctx)
{
	struct bfd_peer *p = ctx;
	struct bfd_view v;

	bfd_session_view(p->session, &v);
	p->wall_since_ms = clock_wall_ms();
	if (v.was == BFD_UP && v.local.state == BFD_DOWN &&
	    v.remote.state != BFD_ADMIN_DOWN)
		for (unsigned i = 0; i < p->watcher_n; i++)
			peer_post_action(p->watcher[i].io, p->watcher[i].peer,
			    PEER_BFD_DOWN, p->watcher[i].graceful, 0, NULL);
	if (p->leave_at == BFD_NEVER)
		tell_main(p, &v);
}

static void
on_send(void *ctx, const uint8_t *bytes, size_t n)
{
	struct bfd_peer *p = ctx;

	bfd_socket_write(p->fd, &p->target, bytes, n);
}

static const struct bfd_ops ops = { on_send, on_state };

/*
 * Input: RFC 5880, 6.3; RFC 5881, 5: what came over a router is not the neighbour's.
 */
static void
take(struct bfd_thread *t, const struct bfd_listener *l, const struct bfd_arrival *a)
{
	struct bfd_packet packet;
	struct bfd_peer *p;

	if ((!l->multihop && a->ttl != 255) || bfd_decode(&packet, a->bytes, a->n))
		return;
	if (packet.your_disc)
		p = find_disc(t, packet.your_disc);
	else
		p = find_target(t, &a->from, l->multihop ? 0 : a->ifindex, l->vrf);
	if (!p || l->multihop != !p->target.ifindex || strcmp(l->vrf, p->target.vrf) != 0)
		return;
	bfd_session_input(p->session, &packet, t->now);
	peer_tick(t, p);
}

static void
listener_read(struct bfd_thread *t, const struct bfd_listener *l)
{
	for (unsigned k = 0; k < READ_MAX; k++) {
		unsigned n = bfd_socket_read(l->fd, t->arrival, BFD_BATCH);

		for (unsigned i = 0; i < n; i++)
			take(t, l, &t->arrival[i]);
		if (n < BFD_BATCH)
			break;
	}
}

/*
 * The loop.
 */
static void
run_due(struct bfd_thread *t)
{
	while (t->n && t->heap[0]->due <= t->now.us) {
		struct bfd_peer *p = t->heap[0];

		if (p->leave_at <= t->now.us)
			peer_free(t, p);
		else
			peer_tick(t, p);
	}
}

static void
take_mail(struct bfd_thread *t)
{
	struct mail *m;

	while ((m = mailbox_take(t->mail)))
		((struct task *)m)->run(t, (struct task *)m);
}

static void
wait_for_work(struct bfd_thread *t)
{
	struct pollfd *fd = t->poll;
	uint64_t due = t->n ? t->heap[0]->due : BFD_NEVER;
	uint64_t now = clock_mono_ns() / 1000;
	uint64_t us = due > now ? due - now : 0;
	struct timespec ts = { (time_t)(us / 1000000), (long)(us % 1000000) * 1000 };

	fd[0] = (struct pollfd){ mailbox_fd(t->mail), POLLIN, 0 };
	for (unsigned i = 0; i < t->listener_n; i++)
		fd[i + 1] = (struct pollfd){ t->listener[i].fd, POLLIN, 0 };
	if (!mailbox_sleep(t->mail))
		ts = (struct timespec){ 0, 0 };
	if (ppoll(fd, t->listener_n + 1, due == BFD_NEVER && ts.tv_sec ? NULL : &ts,
		NULL) < 0)
		for (unsigned i = 0; i <= t->listener_n; i++)
			fd[i].revents = 0;
	if (fd[0].revents)
		mailbox_woken(t->mail);
	else
		mailbox_awake(t->mail);
}

static void *
thread_main(void *arg)
{
	struct bfd_thread *t = arg;

	setpriority(PRIO_PROCESS, 0, NICE); /* of this thread, where we may */
	while (!t->stop) {
		beat_rest(t->beat);
		wait_for_work(t);
		beat_turn(t->beat);
		t->now = time_now();
		for (unsigned i = 0; i < t->listener_n; i++)
			if (t->poll[i + 1].revents)
				listener_read(t, &t->listener[i]);
		take_mail(t); /* the listeners may be others from here on */
		t->now = time_now();
		run_due(t);
	}
	beat_rest(t->beat);
	return NULL;
}

struct bfd_thread *
bfd_thread_start(
    struct mailbox *main, void (*on_change)(void *owner, const struct bfd_change *))
{
	struct mailbox *mail = mailbox_new(SIZE_MAX);
	struct bfd_thread *t;

	if (!mail)
		return NULL;
	t = MEM_NEW(struct bfd_thread);
	t->main = main;
	t->on_change = on_change;
	t->mail = mail;
	t->poll = MEM_NEW(struct pollfd);
	t->now = time_now();
	t->beat = beat_new("bfd");
	errno = pthread_create(&t->thread, NULL, thread_main, t);
	if (!errno) {
		pthread_setname_np(t->thread, "bfd");
		return t;
	}
	mailbox_free(mail);
	beat_free(t->beat);
	mem_free(t->poll);
	mem_free(t);
	return NULL;
}

static void
stop_run(void *owner, void *arg)
{
	struct bfd_thread *t = owner;

	(void)arg;
	t->stop = true;
}

void
bfd_thread_stop(struct bfd_thread *t)
{
	task_call(t->mail, stop_run, NULL);
	pthread_join(t->thread, NULL);
	while (t->n)
		peer_free(t, t->heap[0]);
	for (unsigned i = 0; i < t->listener_n; i++)
		close(t->listener[i].fd);
	mailbox_free(t->mail);
	mem_free(t->heap);
	mem_free(t->listener);
	mem_free(t->poll);
	beat_free(t->beat);
	mem_free(t);
}

/*
 * Orders of main.
 */
struct order {
	struct task task;
	struct bfd_peer *peer;
	struct bfd_conf conf;
	struct bfd_watcher *watcher;
	unsigned watcher_n;
	unsigned listener_n;
	struct bfd_listener listener[];
};

static struct order *
order_new(void (*run)(void *, struct task *), struct bfd_peer *p, unsigned listener_n)
{
	struct order *o = mem_alloc(
	    sizeof(*o) + listener_n * sizeof(struct bfd_listener));

	o->task.mail.kind = MAIL_TASK;
	o->task.mail.weight = sizeof(*o);
	o->task.run = run;
	o->peer = p;
	o->listener_n = listener_n;
	return o;
}

/* A new session speaks for the target: the one before it says nothing any more. */
static void
forget_leaving(struct bfd_thread *t, const struct bfd_target *target)
{
	for (uint32_t i = 0; t->leaving_n && i < t->n; i++) {
		struct bfd_peer *p = t->heap[i];

		if (p->leave_at == BFD_NEVER ||
		    !target_is(&p->target, &target->remote, target->ifindex, target->vrf))
			continue;
		peer_free(t, p);
		return;
	}
}

static void
add_run(void *owner, struct task *task)
{
	struct order *o = (struct order *)task;
	struct bfd_thread *t = owner;
	struct bfd_peer *p = o->peer, **disc, **target;

	forget_leaving(t, &p->target);
	do
		p->disc = random_number();
	while (!p->disc || find_disc(t, p->disc));
	disc = disc_bucket(t, p->disc);
	p->by_disc = *disc;
	*disc = p;
	target = target_bucket(t, &p->target.remote, p->target.ifindex);
	p->by_target = *target;
	*target = p;
	t->now = time_now();
	p->session = bfd_session_new(&o->conf, p->disc, random_number(), &ops, p, t->now);
	heap_add(t, p);
	peer_tick(t, p);
	mem_free(o);
}

struct bfd_peer *
bfd_thread_add(struct bfd_thread *t, uint32_t id, const struct bfd_target *target,
    const struct bfd_conf *conf, struct bfd_watcher *watcher, unsigned watcher_n, int fd)
{
	struct bfd_peer *p = MEM_NEW(struct bfd_peer);
	struct order *o = order_new(add_run, p, 0);

	p->thread = t;
	p->id = id;
	p->target = *target;
	p->watcher = watcher;
	p->watcher_n = watcher_n;
	p->fd = fd;
	p->leave_at = BFD_NEVER;
	p->wall_since_ms = clock_wall_ms();
	o->conf = *conf;
	mailbox_post(t->mail, &o->task.mail);
	return p;
}

static void
order_change_run(void *owner, struct task *task)
{
	struct order *o = (struct order *)task;
	struct bfd_thread *t = owner;

	mem_free(o->peer->watcher);
	o->peer->watcher = o->watcher;
	o->peer->watcher_n = o->watcher_n;
	t->now = time_now();
	bfd_session_configure(o->peer->session, &o->conf, t->now);
	peer_tick(t, o->peer);
	mem_free(o);
}

void
bfd_thread_change(struct bfd_thread *t, struct bfd_peer *p, const struct bfd_conf *conf,
    struct bfd_watcher *watcher, unsigned watcher_n)
{
	struct order *o = order_new(order_change_run, p, 0);

	o->conf = *conf;
	o->watcher = watcher;
	o->watcher_n = watcher_n;
	mailbox_post(t->mail, &o->task.mail);
}

/* RFC 5880, 6.8.16: said for as long as the neighbour would wait for us; one that never
 * was heard does not wait. */
static void
remove_run(void *owner, struct task *task)
{
	struct order *o = (struct order *)task;
	struct bfd_thread *t = owner;
	struct bfd_peer *p = o->peer;
	struct bfd_view v;

	bfd_session_view(p->session, &v);
	t->now = time_now();
	forget_target(t, p);
	mem_free(o);
	if (!v.remote.disc) {
		peer_free(t, p);
		return;
	}
	p->watcher_n = 0;
	t->leaving_n++;
	p->leave_at = t->now.us + bfd_session_linger_us(p->session);
	bfd_session_admin_down(p->session, t->now);
	peer_tick(t, p);
}

void
bfd_thread_remove(struct bfd_thread *t, struct bfd_peer *p)
{
	mailbox_post(t->mail, &order_new(remove_run, p, 0)->task.mail);
}

static void
listen_run(void *owner, struct task *task)
{
	struct order *o = (struct order *)task;
	struct bfd_thread *t = owner;

	for (unsigned i = 0; i < t->listener_n; i++) {
		unsigned k = 0;

		while (k < o->listener_n && o->listener[k].fd != t->listener[i].fd)
			k++;
		if (k == o->listener_n)
			close(t->listener[i].fd);
	}
	t->listener_n = o->listener_n;
	t->listener = mem_realloc(
	    t->listener, (o->listener_n + 1) * sizeof(*t->listener));
	t->poll = mem_realloc(t->poll, (o->listener_n + 1) * sizeof(*t->poll));
	for (unsigned i = 0; i < o->listener_n; i++)
		t->listener[i] = o->listener[i];
	mem_free(o);
}

void
bfd_thread_listen(struct bfd_thread *t, const struct bfd_listener *l, unsigned n)
{
	struct order *o = order_new(listen_run, NULL, n);

	for (unsigned i = 0; i < n; i++)
		o->listener[i] = l[i];
	mailbox_post(t->mail, &o->task.mail);
}

struct looks {
	struct bfd_look *look;
	unsigned n;
};

static void
look_run(void *owner, void *arg)
{
	struct bfd_thread *t = owner;
	const struct looks *l = arg;

	t->now = time_now();
	for (unsigned i = 0; i < l->n; i++) {
		struct bfd_look *k = &l->look[i];

		if (!k->peer)
			continue;
		bfd_session_view(k->peer->session, &k->view);
		k->now_us = t->now.us;
		k->wall_since_ms = k->peer->wall_since_ms;
	}
}

void
bfd_thread_look(struct bfd_thread *t, struct bfd_look *look, unsigned n)
{
	task_call(t->mail, look_run, &(struct looks){ look, n });
}
