/*
 * Limits: counters that several threads share.  A route is counted first and taken out
 * again if it was one too many, so that two threads never both get the last place.
 */
#include "bgp/limit.h"

#include <stdatomic.h>

#include "base/mem.h"

struct limit {
	struct limit_conf conf;
	_Atomic int64_t count;
	_Atomic bool hit;
};

struct limits {
	_Atomic unsigned refs;
	struct limit limit[LIMITS];
};

const char *
limit_kind_name(enum limit_kind k)
{
	static const char *const names[LIMITS] = { "receive", "import", "export" };

	return names[k];
}

const char *
limit_action_name(enum limit_action a)
{
	static const char *const names[] = { "off", "warn", "block", "restart",
		"disable" };

	return names[a];
}

struct limits *
limits_new(const struct limit_conf conf[LIMITS])
{
	struct limits *l;
	bool any = false;

	for (unsigned k = 0; k < LIMITS; k++)
		any |= conf[k].action != LIMIT_OFF;
	if (!any)
		return NULL;
	l = MEM_NEW(struct limits);
	l->refs = 1;
	for (unsigned k = 0; k < LIMITS; k++)
		l->limit[k].conf = conf[k];
	return l;
}

struct limits *
limits_ref(struct limits *l)
{
	if (l)
		atomic_fetch_add(&l->refs, 1);
	return l;
}

void
limits_unref(struct limits *l)
{
	if (l && atomic_fetch_sub(&l->refs, 1) == 1)
		mem_free(l);
}

bool
limits_same(const struct limits *l, const struct limit_conf conf[LIMITS])
{
	static const struct limit_conf off;

	for (unsigned k = 0; k < LIMITS; k++) {
		const struct limit_conf *c = l ? &l->limit[k].conf : &off;

		if (c->action != conf[k].action || (c->action && c->max != conf[k].max))
			return false;
	}
	return true;
}

void
limits_reset(struct limits *l)
{
	for (unsigned k = 0; l && k < LIMITS; k++)
		atomic_store(&l->limit[k].hit, false);
}

const struct limit_conf *
limits_conf(const struct limits *l, enum limit_kind k)
{
	return &l->limit[k].conf;
}

bool
limits_hit(const struct limits *l, enum limit_kind k)
{
	return atomic_load(&l->limit[k].hit);
}

static bool
is_full(struct limit *l, int64_t count, bool *hit)
{
	if (l->conf.action == LIMIT_OFF || count <= l->conf.max)
		return false;
	if (!atomic_exchange(&l->hit, true))
		*hit = true;
	return true;
}

bool
limits_take(struct limits *limits, enum limit_kind k, bool *hit)
{
	struct limit *l = &limits->limit[k];
	int64_t count = atomic_fetch_add_explicit(&l->count, 1, memory_order_relaxed) + 1;

	if (!is_full(l, count, hit) || l->conf.action == LIMIT_WARN)
		return true;
	limits_give(limits, k, 1);
	return false;
}

void
limits_give(struct limits *l, enum limit_kind k, int64_t n)
{
	atomic_fetch_sub_explicit(&l->limit[k].count, n, memory_order_relaxed);
}

bool
limits_exceeded(struct limits *l, enum limit_kind k, bool *hit)
{
	return is_full(&l->limit[k], atomic_load(&l->limit[k].count), hit);
}
