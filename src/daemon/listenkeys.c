/*
 * Listening sockets: passwords and keys of those who may call, set where they do; the
 * kernel knows a neighbour by its address alone.
 */
#include "daemon/listenimpl.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/netsock.h"
#include "daemon/serve.h"
#include "daemon/tcpao.h"

/* Of a socket that was there before the log has heard; NULL: there is none. */
static bool
was_said(const struct listener *l)
{
	return listeners.index->again && !(l && l->fresh);
}

/* False: it could not be set. */
static bool
set_password(const struct listen_entry *e, const char *password)
{
	struct listener *l = listener_find(e);
	char text[IP_TEXT_MAX];
	int err = l && l->fd >= 0
		      ? netsock_set_md5_range(l->fd, &e->remote_ip, e->range, password)
		      : 0;

	if (!err || !password)
		return true;
	if (!was_said(l))
		log_error("BGP: Cannot set the password for %s: %s%s",
		    ip_format(&e->remote_ip, text), strerror(-err),
		    err == -ENOMEM ? " (sysctl net.core.optmem_max)" : "");
	return false;
}

/* From the keys of before to those of now; what is wrong, or NULL. */
static const char *
set_keys(
    const struct listen_entry *e, const struct ao_keys *old, const struct ao_keys *new)
{
	struct listener *l = listener_find(e);
	char text[IP_TEXT_MAX];
	int err = l && l->fd >= 0 ? tcpao_listen(l->fd, &e->remote_ip, old, new) : 0;
	const char *why = err == -ENOPROTOOPT ? "TCP-AO is not supported by the kernel"
					      : "Cannot set the TCP-AO keys";

	if (!err)
		return NULL;
	if (!was_said(l))
		log_error("BGP: %s: %s: %s%s", ip_format(&e->remote_ip, text), why,
		    strerror(-err),
		    err == -ENOMEM ? " (sysctl net.core.optmem_max)" : "");
	return why;
}

/* The kernel knows a neighbour by its address alone: so these share what it is told. */
static bool
same_place(const struct listen_entry *a, const struct listen_entry *b)
{
	return listen_entry_cmp(a, b) == 0 && ip_equal(&a->bind_ip, &b->bind_ip) &&
	       listen_device_equal(a->device, b->device) &&
	       listen_device_equal(a->vrf, b->vrf);
}

/* The next entry of the index at the place of e, from the i-th one on, or NULL. */
static struct listen_entry *
place_next(const struct listen_index *ix, const struct listen_entry *e, unsigned *i)
{
	while (*i < ix->n && listen_entry_cmp(&ix->entry[*i], e) == 0)
		if (same_place(&ix->entry[(*i)++], e))
			return &ix->entry[*i - 1];
	return NULL;
}

static bool
has_password(const struct listen_index *ix, const struct listen_entry *e)
{
	const struct listen_entry *x;
	unsigned i = listen_entry_from(ix, ix->n, e);

	while ((x = place_next(ix, e, &i)))
		if (x->password)
			return true;
	return false;
}

/* Of the entries at one place: all keys that the kernel is to have, or has been given; by
 * mem_alloc, NULL if there are none.  With `fault`: an entry whose keys have the ids of
 * another's becomes unsafe and is told to it. */
static struct ao_keys *
place_keys(const struct listen_index *ix, const struct listen_entry *e,
    void (*fault)(void *ctx, struct listen_entry *, const char *), void *ctx)
{
	unsigned i = ix ? listen_entry_from(ix, ix->n, e) : 0;
	struct ao_keys *all = NULL;
	struct listen_entry *x;

	while (ix && (x = place_next(ix, e, &i))) {
		if (!x->keys || x->unsafe)
			continue;
		if (!all)
			all = mem_alloc(AO_KEYS_SIZE(AO_KEYS_MAX));
		if (!ao_keys_merge(all, x->keys) && fault)
			fault(ctx, x, "Cannot set the TCP-AO keys beside another's");
	}
	return all;
}

static bool
is_first(const struct listen_index *ix, const struct listen_entry *e)
{
	unsigned i = listen_entry_from(ix, ix->n, e);

	return place_next(ix, e, &i) == e;
}

void
listen_take_away(const struct listen_index *old, const struct listen_index *ix)
{
	for (unsigned i = 0; old && i < old->n; i++) {
		const struct listen_entry *e = &old->entry[i];
		struct ao_keys *was, *is;

		if (e->password && !has_password(ix, e))
			set_password(e, NULL);
		if (!is_first(old, e) || !(was = place_keys(old, e, NULL, NULL)))
			continue;
		is = place_keys(ix, e, NULL, NULL);
		if (!is)
			set_keys(e, was, NULL);
		mem_free(is);
		mem_free(was);
	}
}

struct telling {
	struct daemon *d;
	uint32_t serial;
};

static void
tell_fault(void *ctx, struct listen_entry *e, const char *fault)
{
	const struct telling *t = ctx;

	e->unsafe = e->password || e->keys;
	serve_post_peer_fault(t->d, t->serial, e->peer, fault);
}

static void
tell_clash(void *ctx, struct listen_entry *e, const char *fault)
{
	char text[IP_TEXT_MAX];

	if (!was_said(listener_find(e)))
		log_error("BGP: %s: %s", ip_format(&e->remote_ip, text), fault);
	tell_fault(ctx, e, fault);
}

/* The keys of all entries at the place of e, which is its first one. */
static void
keys_follow(const struct telling *t, const struct listen_index *old,
    const struct listen_index *ix, const struct listen_entry *e)
{
	struct telling ctx = *t;
	struct ao_keys *is = place_keys(ix, e, tell_clash, &ctx), *was;
	unsigned i = listen_entry_from(ix, ix->n, e);
	struct listen_entry *x;
	const char *why;

	if (!is)
		return;
	was = listener_find(e)->fresh ? NULL : place_keys(old, e, NULL, NULL);
	why = set_keys(e, was, is);
	while (why && (x = place_next(ix, e, &i)))
		if (x->keys && !x->unsafe)
			tell_fault(&ctx, x, why);
	mem_free(was);
	mem_free(is);
}

void
listen_tell_faults(
    struct daemon *d, const struct listen_index *old, const struct listen_index *ix)
{
	struct telling t = { d, ix->serial };

	for (unsigned i = 0; i < ix->n; i++)
		if (ix->entry[i].faulty)
			serve_post_peer_fault(d, ix->serial, ix->entry[i].peer, NULL);
	for (unsigned i = 0; i < ix->n; i++) {
		struct listen_entry *e = &ix->entry[i];

		if (listener_find(e)->fd < 0)
			tell_fault(&t, e, "No listening socket");
		else if (e->password && !set_password(e, e->password))
			tell_fault(&t, e, "Cannot set the password");
	}
	for (unsigned i = 0; i < ix->n; i++)
		if (listener_find(&ix->entry[i])->fd >= 0 && is_first(ix, &ix->entry[i]))
			keys_follow(&t, old, ix, &ix->entry[i]);
}
