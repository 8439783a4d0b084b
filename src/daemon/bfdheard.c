/*
 * Where BFD listens: one socket for each family, kind and VRF, or with `strict bind` one
 * for each address and link.  Those that are open go on; the thread closes what is not among
 * them.
 */
#include "daemon/bfdsimpl.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/ifaces.h"

struct hearing {
	struct heard *want;
	unsigned n, room;
};

static bool
heard_same(const struct heard *a, const struct heard *b)
{
	return a->l.multihop == b->l.multihop && a->ip4 == b->ip4 &&
	       ip_equal(&a->local, &b->local) && a->ifindex == b->ifindex &&
	       strcmp(a->ifname, b->ifname) == 0 && strcmp(a->l.vrf, b->l.vrf) == 0;
}

static void
heard_want(struct hearing *h, const struct heard *new)
{
	for (unsigned i = 0; i < h->n; i++)
		if (heard_same(&h->want[i], new))
			return;
	if (h->n == h->room) {
		h->room = h->room ? h->room * 2 : 8;
		h->want = mem_realloc(h->want, h->room * sizeof(*h->want));
	}
	h->want[h->n++] = *new;
}

static void
heard_any(struct hearing *h, const struct runtime *rt, const struct proto_conf *p)
{
	bool in_vrf = p->vrf && *p->vrf;
	const struct iface *i =
	    in_vrf && rt->ifaces ? ifaces_by_name(rt->ifaces, p->vrf) : NULL;
	const struct bfd_conf_proto *c = &p->bfd;

	for (unsigned k = 0; k < 4; k++) {
		bool ip4 = k & 1, multihop = k & 2;
		struct heard new = { .l = { .fd = -1, .multihop = multihop },
			.ip4 = ip4,
			.ifindex = i ? i->index : 0 };

		if (in_vrf)
			strncpy(new.l.vrf, p->vrf, HOP_IFNAME - 1);

		if ((c->accept & (ip4 ? BFD_ACCEPT_IPV4 : BFD_ACCEPT_IPV6)) &&
		    (c->accept & (multihop ? BFD_ACCEPT_MULTIHOP : BFD_ACCEPT_DIRECT)))
			heard_want(h, &new);
	}
}

static void
heard_strict(struct hearing *h, const struct bfds *b, const char *proto)
{
	for (unsigned i = 0; i < b->n; i++) {
		const struct bfd_target *t = &b->link[i]->target;
		struct heard new = { .l = { .fd = -1, .multihop = !t->ifindex },
			.ip4 = ip_is4(&t->remote),
			.local = t->local,
			.ifindex = t->ifindex ? t->ifindex : t->vrf_index };

		memcpy(new.ifname, t->ifname, HOP_IFNAME);
		memcpy(new.l.vrf, t->vrf, HOP_IFNAME);
		if (strcmp(b->link[i]->proto, proto) == 0)
			heard_want(h, &new);
	}
}

static struct hearing
hearing_of(const struct runtime *rt, bool *zero)
{
	struct hearing h = { 0 };

	for (unsigned i = 0; i < rt->run_n; i++) {
		const struct proto_conf *c = rt->run[i]->conf;

		if (c->kind != PROTO_BFD || !rt->run[i]->data)
			continue;
		if (c->bfd.strict_bind)
			heard_strict(&h, rt->bfds, c->name);
		else
			heard_any(&h, rt, c);
		*zero |= c->bfd.zero_udp6_rx;
	}
	return h;
}

/* The descriptor of one that is open already. */
static int
heard_open(struct bfds *b, const struct heard *h)
{
	for (unsigned i = 0; i < b->heard_n; i++)
		if (heard_same(&b->heard[i], h))
			return b->heard[i].l.fd;
	return bfd_socket_listen(
	    h->ip4, h->l.multihop, &h->local, *h->ifname ? h->ifname : h->l.vrf);
}

void
bfds_listen(struct bfds *b, const struct runtime *rt)
{
	bool zero = false, failed = false;
	struct hearing h = hearing_of(rt, &zero);
	struct bfd_listener *l = MEM_ARRAY(struct bfd_listener, h.n + 1);
	unsigned n = 0;

	for (unsigned i = 0; i < h.n; i++) {
		struct heard *want = &h.want[i];

		want->l.fd = heard_open(b, want);
		if (want->l.fd < 0) {
			if (!b->heard_failed && !failed)
				log_error(
				    "BFD: Cannot listen: %s", strerror(-want->l.fd));
			failed = true;
			continue;
		}
		if (!want->ip4)
			bfd_socket_zero_udp6(want->l.fd, zero);
		l[n] = want->l;
		h.want[n++] = *want;
	}
	mem_free(b->heard);
	b->heard = h.want;
	b->heard_n = n;
	b->heard_failed = failed;
	if (failed)
		timer_at(b->retry, clock_mono_ms() + BFDS_RETRY_MS);
	bfd_thread_listen(b->thread, l, n);
	mem_free(l);
}
