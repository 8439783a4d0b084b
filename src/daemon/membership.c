/*
 * Membership: the route targets a peer asks for (RFC 4684).
 *
 *   rtc networks of the peer, as imported -> membership (a table of them) -> targets
 *   -> the shards, as part of the descriptions of its VPN channels
 *
 * The VPN channels of a peer that speaks rtc are held back when they come up, until it has
 * told all its targets (End-of-RIB), at most for a while (section 6).  Later changes are
 * gathered for a moment: each makes the shards compare a table.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "daemon/peerimpl.h"
#include "rib/table.h"

#define WAIT_MS 60000u
#define WAIT_SILENT_MS 10000u /* for who has not promised an End-of-RIB (RFC 4724, 2) */
#define GATHER_MS 200u

struct membership {
	struct peer *peer;
	struct timer *timer;
	struct table nets; /* their paths are what the peer told, one for each path id */
	uint16_t gen;	   /* of what is told now; older ones go at EoRR */
	bool waits, changed;
	struct targets *targets; /* what the shards know */
};

static struct targets *
targets_of(const struct membership *m)
{
	struct net *nets = mem_alloc((m->nets.node_n + 1) * sizeof(*nets));
	struct targets *t;
	unsigned n = 0;

	for (uint32_t i = 1; i < m->nets.node_end; i++)
		if (table_node(&m->nets, i)->flags & NODE_USED)
			table_net(&m->nets, i, &nets[n++]);
	t = targets_new(nets, n);
	mem_free(nets);
	return t;
}

/* The shards are to know; false if they do. */
static bool
targets_renew(struct membership *m)
{
	struct targets *t = targets_of(m);

	m->changed = false;
	if (m->targets && targets_same(t, m->targets)) {
		targets_unref(t);
		return false;
	}
	targets_unref(m->targets);
	m->targets = t;
	return true;
}

static void
on_timer(void *ctx)
{
	struct membership *m = ctx;

	if (m->waits)
		membership_complete(m->peer);
	else if (m->changed && targets_renew(m))
		channels_describe_constrained(m->peer);
}

void
membership_begin(struct peer *p)
{
	struct membership *m = p->membership;

	if (!p->negotiated.codec.active[FAM_RTC])
		return;
	if (!m) {
		m = p->membership = MEM_NEW(struct membership);
		m->peer = p;
		m->timer = timer_new(io_loop(p->io), on_timer, m);
		table_init(&m->nets, NET_RTC);
	}
	m->waits = true;
	m->changed = false;
	timer_at(m->timer,
	    clock_mono_ms() + (p->negotiated.remote.graceful ? WAIT_MS : WAIT_SILENT_MS));
	targets_renew(m);
}

void
membership_end(struct peer *p)
{
	struct membership *m = p->membership;

	if (!m)
		return;
	timer_free(m->timer);
	table_fini(&m->nets);
	targets_unref(m->targets);
	mem_free(m);
	p->membership = NULL;
}

bool
membership_holds(const struct peer *p, enum family f)
{
	return p->membership && p->membership->waits && family_info(f)->constrained;
}

struct targets *
membership_targets(const struct peer *p, enum family f)
{
	return p->membership && family_info(f)->constrained ? p->membership->targets
							    : NULL;
}

void
membership_complete(struct peer *p)
{
	struct membership *m = p->membership;

	if (!m || !m->waits)
		return;
	m->waits = false;
	timer_at(m->timer, UINT64_MAX);
	targets_renew(m);
	channels_release(p);
}

static int
path_find(const struct membership *m, const struct node *n, uint32_t path_id)
{
	const struct path *p = node_paths(&m->nets, n);

	for (unsigned i = 0; i < n->n; i++)
		if (p[i].path_id == path_id)
			return (int)i;
	return -1;
}

static void
told(struct membership *m, const struct nlri *nlri)
{
	uint32_t i = table_get(&m->nets, &nlri->net, table_hash(&m->nets, &nlri->net));
	struct path *p;
	int k;

	if (!i)
		return;
	k = path_find(m, table_node(&m->nets, i), nlri->path_id);
	if (k >= 0) {
		node_paths(&m->nets, table_node(&m->nets, i))[k].gen = m->gen;
		return;
	}
	m->changed |= !table_node(&m->nets, i)->n;
	p = table_path_add(&m->nets, table_node(&m->nets, i));
	if (p)
		*p = (struct path){ .channel = 1, .path_id = nlri->path_id, .gen = m->gen };
}

static void
path_gone(struct membership *m, uint32_t i, unsigned k)
{
	struct node *n = table_node(&m->nets, i);

	table_path_del(&m->nets, n, k);
	if (n->n)
		return;
	table_del(&m->nets, i);
	m->changed = true;
}

static void
withdrawn(struct membership *m, const struct nlri *nlri)
{
	uint32_t i = table_find(&m->nets, &nlri->net, table_hash(&m->nets, &nlri->net));
	int k = i ? path_find(m, table_node(&m->nets, i), nlri->path_id) : -1;

	if (k >= 0)
		path_gone(m, i, (unsigned)k);
}

void
membership_learn(struct peer *p, const struct nlri *nlri, bool reach)
{
	struct membership *m = p->membership;

	if (!m)
		return;
	if (reach)
		told(m, nlri);
	else
		withdrawn(m, nlri);
	if (m->changed && !m->waits)
		timer_at(m->timer, clock_mono_ms() + GATHER_MS);
}

void
membership_refresh(struct peer *p, bool end)
{
	struct membership *m = p->membership;

	if (!m)
		return;
	if (!end) {
		m->gen++;
		return;
	}
	for (uint32_t i = 1; i < m->nets.node_end; i++) {
		struct node *n = table_node(&m->nets, i);

		for (unsigned k = n->flags & NODE_USED ? n->n : 0; k-- > 0;)
			if (node_paths(&m->nets, n)[k].gen != m->gen)
				path_gone(m, i, k);
	}
	if (m->changed && !m->waits)
		timer_at(m->timer, clock_mono_ms() + GATHER_MS);
}
