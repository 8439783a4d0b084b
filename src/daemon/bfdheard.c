/*
 * Where BFD listens: one socket for each family and kind, or with `strict bind` one for
 * each address and link.  Those that are open go on; the thread closes what is not among
 * them.
 */
#include "daemon/bfdsimpl.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"

static void
heard_want(struct heard *want, unsigned *n, const struct heard *new)
{
	for (unsigned i = 0; i < *n; i++)
		if (want[i].l.multihop == new->l.multihop &&
		    want[i].ip4 == new->ip4 && ip_equal(&want[i].local, &new->local) &&
		    strcmp(want[i].ifname, new->ifname) == 0)
			return;
	if (*n < BFD_LISTENERS)
		want[(*n)++] = *new;
	else
		log_warn("BFD: More than %u addresses to listen on", BFD_LISTENERS);
}

static void
heard_any(struct heard *want, unsigned *n, const struct bfd_conf_proto *c)
{
	for (unsigned k = 0; k < 4; k++) {
		bool ip4 = k & 1, multihop = k & 2;

		if ((c->accept & (ip4 ? BFD_ACCEPT_IPV4 : BFD_ACCEPT_IPV6)) &&
		    (c->accept & (multihop ? BFD_ACCEPT_MULTIHOP : BFD_ACCEPT_DIRECT)))
			heard_want(want, n,
			    &(struct heard){ .l = { -1, multihop }, .ip4 = ip4 });
	}
}

static void
heard_strict(struct heard *want, unsigned *n, const struct bfds *b, const char *proto)
{
	for (unsigned i = 0; i < b->n; i++) {
		const struct bfd_target *t = &b->link[i]->target;
		struct heard new = { .l = { -1, !t->ifindex },
			.ip4 = ip_is4(&t->remote),
			.local = t->local };

		memcpy(new.ifname, t->ifname, HOP_IFNAME);
		if (strcmp(b->link[i]->proto, proto) == 0)
			heard_want(want, n, &new);
	}
}

/* The descriptor of one that is open already. */
static int
heard_open(struct bfds *b, const struct heard *h)
{
	for (unsigned i = 0; i < b->heard_n; i++)
		if (b->heard[i].l.multihop == h->l.multihop &&
		    b->heard[i].ip4 == h->ip4 &&
		    ip_equal(&b->heard[i].local, &h->local) &&
		    strcmp(b->heard[i].ifname, h->ifname) == 0)
			return b->heard[i].l.fd;
	return bfd_socket_listen(h->ip4, h->l.multihop, &h->local, h->ifname);
}

void
bfds_listen(struct bfds *b, const struct runtime *rt)
{
	struct heard want[BFD_LISTENERS];
	struct bfd_listener l[BFD_LISTENERS];
	bool zero = false, failed = false;
	unsigned want_n = 0, n = 0;

	for (unsigned i = 0; i < rt->run_n; i++) {
		const struct proto_conf *c = rt->run[i]->conf;

		if (c->kind != PROTO_BFD || !rt->run[i]->data)
			continue;
		if (c->bfd.strict_bind)
			heard_strict(want, &want_n, b, c->name);
		else
			heard_any(want, &want_n, &c->bfd);
		zero |= c->bfd.zero_udp6_rx;
	}
	for (unsigned i = 0; i < want_n; i++) {
		want[i].l.fd = heard_open(b, &want[i]);
		if (want[i].l.fd < 0) {
			failed = true;
			if (!b->heard_failed)
				log_error(
				    "BFD: Cannot listen: %s", strerror(-want[i].l.fd));
			continue;
		}
		if (!want[i].ip4)
			bfd_socket_zero_udp6(want[i].l.fd, zero);
		l[n] = want[i].l;
		b->heard[n++] = want[i];
	}
	b->heard_n = n;
	b->heard_failed = failed;
	if (failed)
		timer_at(b->retry, clock_mono_ms() + BFDS_RETRY_MS);
	bfd_thread_listen(b->thread, l, n);
}
