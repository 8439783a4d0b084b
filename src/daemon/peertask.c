/*
 * Tasks: what main tells a peer, in the order of the mailbox of its io thread.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/peerimpl.h"
#include "daemon/shardthread.h"
#include "daemon/tcpao.h"

#define REKEY_LOOK_MS 3000 /* TCP has tried again a few times by then */

struct peer_task {
	struct task task;
	struct peer_setup *setup;
	bool start;
	unsigned change, channel_change[FAMILIES];
	uint32_t id;
	enum peer_action action;
	unsigned code, subcode;
	char *message;
	int fd;
};

static struct peer_task *
peer_task(void (*run)(void *, struct task *))
{
	struct peer_task *t = MEM_NEW(struct peer_task);

	t->task.run = run;
	t->task.mail.weight = sizeof(*t);
	return t;
}

static void
add_run(void *owner, struct task *task)
{
	struct peer_task *t = (struct peer_task *)task;
	struct peer *p = peer_new(owner, t->setup);
	uint64_t now = clock_mono_ms();

	peer_enter(p);
	if (t->start)
		session_start(p->session, now);
	peer_show_state(p);
	peer_leave(p, now);
	mem_free(t);
}

void
peer_post_add(struct io *io, struct peer_setup *s, bool start)
{
	struct peer_task *t = peer_task(add_run);

	t->setup = s;
	t->start = start;
	mailbox_post(io_mailbox(io), &t->task.mail);
}

static void
settled(struct peer *p)
{
	for (unsigned f = 0; f < FAMILIES; f++)
		p->channel[f].asked = p->channel[f].quiet_due = 0;
	channels_release(p);
}

static void
recovered(struct peer *p)
{
	p->setup->session.gr_restarting = false;
	memset(p->setup->session.gr_preserved, 0, sizeof(p->setup->session.gr_preserved));
	session_configure(p->session, &p->setup->session);
	channels_release(p);
}

static bool
password_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* RFC 2385: segments signed with the key of before are refused from here on, by both
 * ends until the other has changed, too; TCP sends again what was lost meanwhile. */
static void
rekey(struct peer *p, const struct peer_setup *old)
{
	if (password_same(old->password, p->setup->password))
		return;
	p->rekeyed = true;
	session_keepalive(p->session, clock_mono_ms());
	timer_at(p->rekey_timer, clock_mono_ms() + REKEY_LOOK_MS);
	for (unsigned i = 0; i < CONNS; i++) {
		int err = conn_rekey(&p->conn[i], NULL);

		if (err)
			log_error("%s: Cannot change the password: %s", p->setup->name,
			    strerror(-err));
	}
}

/* RFC 5925, 7.5: keys come and go while the connection stays, but for the one that is in
 * use.  What is left of a connection that failed has the old ones. */
static void
change_keys(struct peer *p, const struct peer_setup *old, uint64_t now)
{
	int err = 0;

	if (ao_keys_same(old->keys, p->setup->keys))
		return;
	for (unsigned i = 0; i < CONNS && !err; i++)
		if (p->conn[i].fd >= 0)
			err = conn_rekey(&p->conn[i], old->keys);
	if (!err)
		return;
	log_info("%s: Session restarts for its TCP-AO keys: %s", p->setup->name,
	    err == -EBUSY ? "the one in use has gone" : strerror(-err));
	session_restart(p->session, ERR_CEASE, CEASE_CONFIG, NULL, false, now);
}

/* Unless channels are told by it. */
static void
forget_before(struct peer *p)
{
	for (unsigned f = 0; f < FAMILIES; f++)
		if (p->channel[f].deferred)
			return;
	peer_setup_free(p->before);
	p->before = NULL;
}

static void
update_run(void *owner, struct task *task)
{
	struct peer_task *t = (struct peer_task *)task;
	struct peer *p = io_peer(owner, t->setup->id);
	struct peer_setup *old = p->setup;
	uint64_t now = clock_mono_ms();

	peer_enter(p);
	p->setup = t->setup;
	if (!p->before)
		p->before = old;
	channels_init(p);
	session_configure(p->session, &p->setup->session);
	rekey(p, old);
	change_keys(p, old, now);
	for (unsigned i = 0; i < CONNS; i++)
		conn_retune(&p->conn[i]);
	/* The shards know the name, too: filters ask for it. */
	if (strcmp(old->name, p->setup->name) != 0)
		t->change |= CHANGE_REEXPORT;
	for (unsigned i = 0; i < p->setup->channel_n; i++) {
		const struct peer_channel_setup *cs = &p->setup->channel[i];

		channel_changed(
		    p, cs, t->change | t->channel_change[cs->desc.family], now);
	}
	if (old != p->before)
		peer_setup_free(old);
	else
		forget_before(p);
	peer_leave(p, now);
	mem_free(t);
}

void
peer_post_update(struct io *io, struct peer_setup *s, unsigned change,
    const unsigned channel_change[FAMILIES])
{
	struct peer_task *t = peer_task(update_run);

	t->setup = s;
	t->change = change;
	memcpy(t->channel_change, channel_change, sizeof(t->channel_change));
	mailbox_post(io_mailbox(io), &t->task.mail);
}

struct prepare_task {
	struct task task;
	uint32_t id;
	struct peer_next next;
};

static void
prepare_run(void *owner, struct task *task)
{
	struct prepare_task *t = (struct prepare_task *)task;
	struct peer *p = io_peer(owner, t->id);

	for (unsigned f = 0; f < FAMILIES; f++) {
		if (p && t->next.export[f])
			channel_prepare(p, &p->channel[f], &t->next);
		filter_unref(t->next.export[f]);
	}
	mem_free(t);
}

void
peer_post_prepare(struct io *io, uint32_t id, const struct peer_next *next)
{
	struct prepare_task *t = MEM_NEW(struct prepare_task);

	t->task.run = prepare_run;
	t->task.mail.weight = sizeof(*t);
	t->id = id;
	t->next = *next;
	mailbox_post(io_mailbox(io), &t->task.mail);
}

static void
remove_peer(struct peer *p, const struct peer_task *t, uint64_t now)
{
	session_stop(p->session, t->code, t->subcode, t->message, now);
	import_drop(p);
	for (unsigned i = 0; i < p->setup->channel_n; i++) {
		uint32_t id = p->setup->channel[i].desc.id;

		channel_post(p, id, CH_REMOVE);
		io_channel_set(p->io, id, NULL);
	}
	io_peer_set(p->io, p->setup->id, NULL);
	p->dead = true;
}

/* Routes that the import filter judged by other origins are asked for again, if the peer
 * can be asked: the session is not given up for it. */
static void
recheck_in(struct peer *p, uint32_t origin_table, uint64_t now)
{
	for (unsigned i = 0; i < p->setup->channel_n; i++) {
		const struct peer_channel_setup *c = &p->setup->channel[i];

		if (c->desc.rpki_fixed || p->up < 0 ||
		    filter_uses(c->import, origin_table) == FILTER_UNUSED)
			continue;
		if (peer_can_reimport(p, c->desc.family))
			channel_reimport(p, c->desc.family, now);
		else
			log_info("%s: Automatic RPKI reload not active for import: the "
				 "peer has no route refresh", p->setup->name);
	}
}

static void
action_run(void *owner, struct task *task)
{
	struct peer_task *t = (struct peer_task *)task;
	struct peer *p = io_peer(owner, t->id);
	uint64_t now = clock_mono_ms();

	if (!p)
		goto out;
	peer_enter(p);
	switch (t->action) {
	case PEER_START: session_start(p->session, now); break;
	case PEER_STOP:
		session_stop(p->session, t->code, t->subcode, t->message, now);
		stale_purge_all(p); /* of a session that had ended before */
		break;
	case PEER_RESTART:
		session_restart(p->session, t->code, t->subcode, t->message, false, now);
		break;
	case PEER_REMOVE: remove_peer(p, t, now); break;
	case PEER_RELOAD_IN:
		for (unsigned f = 0; f < FAMILIES; f++)
			channel_reimport(p, (enum family)f, now);
		break;
	case PEER_RECHECK_IN: recheck_in(p, t->code, now); break;
	case PEER_SETTLED: settled(p); break;
	case PEER_BFD_DOWN: session_bfd_down(p->session, t->code, now); break;
	case PEER_RECOVERED: recovered(p); break;
	case PEER_DEBUG: p->setup->debug = t->code; break;
	case PEER_MRTDUMP: p->setup->mrtdump = t->code; break;
	case PEER_RELOAD_OUT:
		for (unsigned f = 0; f < FAMILIES; f++)
			peer_refresh(p, (enum family)f, 0);
		break;
	}
	if (!p->dead)
		peer_show_state(p);
	peer_leave(p, now);
out:
	mem_free(t->message);
	mem_free(t);
}

void
peer_post_action(struct io *io, uint32_t id, enum peer_action action, unsigned code,
    unsigned subcode, const char *message)
{
	struct peer_task *t = peer_task(action_run);

	t->id = id;
	t->action = action;
	t->code = code;
	t->subcode = subcode;
	t->message = message ? mem_strdup(message) : NULL;
	mailbox_post(io_mailbox(io), &t->task.mail);
}

/* A connection may be older than the keys that are asked of it. */
static bool
is_signed(const struct peer *p, int fd)
{
	int err = tcpao_prefer(fd, p->setup->keys);

	if (err)
		log_warn("%s: Connect refused without TCP-AO: %s", p->setup->name,
		    strerror(-err));
	return !err;
}

static void
accept_run(void *owner, struct task *task)
{
	struct peer_task *t = (struct peer_task *)task;
	struct peer *p = io_peer(owner, t->id);
	uint64_t now = clock_mono_ms();

	if (!p || (p->setup->keys && !is_signed(p, t->fd))) {
		close(t->fd);
	} else {
		peer_enter(p);
		/* The session may close an older connection first; its OPEN is for this
		 * one. */
		p->pending_fd = t->fd;
		/* A peer that restarts for a new password cannot tell us so: what it
		 * signs with the old one we no longer take.  The kernel has seen the
		 * new one on this connection. */
		if (p->rekeyed && p->up >= 0)
			session_restart(p->session, ERR_NONE, 0, NULL, false, now);
		if (session_accept(p->session, now) && p->pending_fd >= 0)
			peer_take_pending(p);
		if (p->pending_fd >= 0)
			close(p->pending_fd);
		p->pending_fd = -1;
		peer_leave(p, now);
	}
	mem_free(t);
}

void
peer_post_accept(struct io *io, uint32_t id, int fd)
{
	struct peer_task *t = peer_task(accept_run);

	t->id = id;
	t->fd = fd;
	mailbox_post(io_mailbox(io), &t->task.mail);
}
