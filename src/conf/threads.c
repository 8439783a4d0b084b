/*
 * Statements of the file on threads: how many, in groups or not, and what is looked at of
 * them.
 */
#include "conf/global.h"

#include <stddef.h>
#include <string.h>

#define THREADS_CONF_MAX 256

void
set_threads(struct check *check, const struct rule *rule, const struct match *m)
{
	uint32_t n = 0;

	(void)rule;
	if (!cap_num(check, &m->cap[0], &n))
		return;
	if (n > THREADS_CONF_MAX)
		check_error(check, &m->cap[0].arg->at,
		    "Number of threads must be at most %u", THREADS_CONF_MAX);
	model_of(check)->threads = n;
}

static void
threads_add(struct check *check, const struct arg *at, uint32_t n)
{
	if (n > THREADS_CONF_MAX - model_of(check)->threads)
		check_error(check, &at->at, "Number of threads must be at most %u",
		    THREADS_CONF_MAX);
	else {
		model_of(check)->threads += n;
		model_of(check)->threads_grouped += n;
	}
}

/* mynah's own: how many threads share the tables. */
void
set_shards(struct check *check, const struct rule *rule, const struct match *m)
{
	uint32_t n = 0;

	(void)rule;
	if (!cap_num(check, &m->cap[0], &n))
		return;
	if (n < 1 || n > MODEL_SHARDS_MAX)
		check_error(check, &m->cap[0].arg->at,
		    "Number of shards must be in range 1-%u", MODEL_SHARDS_MAX);
	model_of(check)->shards = n;
}

void
set_watchdog(struct check *check, const struct rule *rule, const struct match *m)
{
	struct watch_conf *w = &model_of(check)->watch;
	bool limit = rule->kind == WATCH_LIMIT;
	unsigned what = limit ? WATCH_LIMIT : m->cap[0].num;
	uint64_t *const field[] = { &w->warning_us, &w->timeout_us,
		&w->latency_limit_us };

	cap_time(check, &m->cap[!limit], field[what]);
	stmt_behind(check, m, m->cap[limit ? 1 : 2].arg);
}

/* debug latency BOOL, of version 2 */
void
set_latency_all(struct check *check, const struct rule *rule, const struct match *m)
{
	bool on = false;

	(void)rule;
	if (cap_bool(check, &m->cap[0], &on))
		model_of(check)->watch.latency =
		    on ? LATENCY_SOCKETS | LATENCY_TIMERS | LATENCY_EVENTS : 0;
	stmt_behind(check, m, m->cap[1].arg);
}

/* And of version 3, what of it there is here. */
void
set_latency(struct check *check, const struct rule *rule, const struct match *m)
{
	static const char *const names[] = { "sockets", "timers", "events", "ping",
		"wakeup", "scheduling", "allocator", NULL };
	const unsigned known = LATENCY_SOCKETS | LATENCY_TIMERS | LATENCY_EVENTS;
	unsigned mask = mask_read(check, m->cap[0].arg, names, "a latency class");

	(void)rule;
	model_of(check)->watch.latency = mask & known;
	if (mask & ~known && !(mask & known))
		warn_no_effect(check, &m->stmt->at, "debug latency");
}

/* thread group NAME { ... }: times in us, as they are given */
struct thread_times {
	uint64_t max, min, latency, wakeup;
	uint32_t threads;
};

static void
group_time(struct check *check, const struct rule *rule, const struct match *m)
{
	cap_time(check, &m->cap[0], (uint64_t *)(void *)((char *)m->to + rule->offset));
}

static void
group_threads(struct check *check, const struct rule *rule, const struct match *m)
{
	struct thread_times *t = m->to;

	(void)rule;
	if (cap_num(check, &m->cap[0], &t->threads) && t->threads < 1)
		check_error(check, &m->cap[0].arg->at,
		    "Number of threads must be at least one.");
}

static const struct rule group_rules[] = {
	{ .pattern = "max time TIME",
	    .fn = group_time,
	    .offset = offsetof(struct thread_times, max) },
	{ .pattern = "min time TIME",
	    .fn = group_time,
	    .offset = offsetof(struct thread_times, min) },
	{ .pattern = "max latency TIME",
	    .fn = group_time,
	    .offset = offsetof(struct thread_times, latency) },
	{ .pattern = "wakeup time TIME",
	    .fn = group_time,
	    .offset = offsetof(struct thread_times, wakeup) },
	{ .pattern = "threads NUM", .fn = group_threads },
	{ .pattern = "default BOOL" },
	{ 0 },
};

static const char *
group_wrong(const struct thread_times *t)
{
	if (t->max > 60 * 1000000)
		return "Maximum time of a thread group must be at most 60 s";
	if (t->latency && t->latency < t->max)
		return "Maximum latency must be at least the maximum time";
	if (t->max && t->min > t->max)
		return "Minimum time must be at most the maximum time";
	if (t->wakeup < 1000000)
		return "Wakeup time must be at least 1 s";
	return NULL;
}

/* The threads of all groups together keep the sessions, whatever group a protocol names;
 * those of `express` are for BFD, which has a thread of its own here. */
void
set_thread_group(struct check *check, const struct rule *rule, const struct match *m)
{
	struct thread_times times = { .wakeup = 1000000, .threads = 1 };

	if (check->proto_n || check->table_n > 2)
		check_error(check, &m->cap[0].arg->at,
		    "Put `threads` block before any protocol or table definition.");
	else if (words_block(check, m->cap[1].arg->block,
		     (const struct rule *const[]){ group_rules, NULL }, &times)) {
		if (group_wrong(&times))
			check_error(check, &m->cap[1].arg->block->end, "%s",
			    group_wrong(&times));
		if (times.max || times.min || times.latency)
			warn_no_effect(check, &m->stmt->at, rule->words);
		if (strcmp(m->cap[0].arg->text, "express") != 0)
			threads_add(check, m->cap[0].arg, times.threads);
	}
}
