/*
 * The phases: what is played in each, and what must have come of it at its end.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"
#include "../tools/args.h"
#include "run.h"

void
run_turn(struct run *r, uint64_t until_ms)
{
	uint64_t now;

	speaker_run(r->b.speaker, until_ms);
	now = now_us();
	/* Waiting for events is at most 100 ms; anything over is our own slowness. */
	if (r->turned_us && now - r->turned_us > r->own_gap_us)
		r->own_gap_us = now - r->turned_us;
	r->turned_us = now;
}

static bool
wait_right(struct run *r)
{
	uint64_t end = clock_mono_ms() + r->o.timeout_ms, next = clock_mono_ms() + 5000;

	while (
	    peers_pending(&r->b) && clock_mono_ms() < end && !*r->stop && !r->b.unable) {
		run_turn(r, clock_mono_ms() + 100);
		if (clock_mono_ms() < next)
			continue;
		fprintf(stderr, "[%u to go] ", peers_pending(&r->b));
		next += 5000;
	}
	if (peers_pending(&r->b))
		peers_explain(&r->b);
	return peers_pending(&r->b) == 0;
}

static uint64_t
last_change(const struct run *r)
{
	uint64_t us = 0;

	for (unsigned i = 0; i < r->b.n_peers; i++)
		if (r->b.peers[i].counted && r->b.peers[i].changed_us > us)
			us = r->b.peers[i].changed_us;
	return us;
}

/* -- churn -------------------------------------------------------------------------------- */

/* Goes round the table, so that rounds of equal length leave equal tables behind; the step is a
 * prime, neighbours follow each other far apart. */
static uint32_t
churn_prefix(const struct run *r)
{
	return (uint32_t)((uint64_t)r->b.sent_n * 15485863u % r->b.table->n);
}

static void
churn_one(struct run *r, struct bytes *out)
{
	struct churned c;

	if (r->b.sent_n % 65536 == 0)
		r->b.sent_us = mem_realloc(r->b.sent_us,
		    (r->b.sent_n + 65536) * sizeof(*r->b.sent_us));
	if (!table_churn(r->b.table, churn_prefix(r), r->b.sent_n, out, &c))
		return;
	r->b.sent_us[r->b.sent_n++] = now_us();
	peers_expect(&r->b, &c);
	bytes_add(&r->due[r->b.table->source[c.source].sender], out->p, out->n);
	out->n = 0;
}

/* Sends what is due by now, in one write for each sender. */
static void
churn_due(struct run *r)
{
	uint64_t now = now_us(), step = 1000000 / r->o.rate;
	struct bytes out = { 0 };

	for (unsigned n = 0; r->next_due_us <= now && n < 1000; n++) {
		churn_one(r, &out);
		r->next_due_us += step ? step : 1;
	}
	bytes_fini(&out);
	for (unsigned i = 0; i < r->o.senders; i++) {
		client_send(r->b.peers[i].client, r->due[i].p, r->due[i].n);
		r->due[i].n = 0;
	}
}

static void
churn_begin(struct run *r)
{
	r->b.latency = &r->latency;
	r->next_due_us = now_us();
	peers_gaps_begin(&r->b);
}

static void
churn_until(struct run *r, uint64_t end_us)
{
	churn_begin(r);
	while (now_us() < end_us && !*r->stop) {
		churn_due(r);
		run_turn(r, clock_mono_ms() + 1);
	}
	r->gap_us = peers_gap_us(&r->b);
}

static bool
phase_churn(struct run *r)
{
	uint64_t end_us = now_us() + r->o.seconds * 1000000ull;
	bool ok;

	churn_until(r, end_us);
	ok = wait_right(r);
	r->b.latency = NULL;
	phase_end(r, last_change(r), ok);
	return ok;
}

static bool
phase_slow(struct run *r)
{
	struct peer *slow = &r->b.peers[r->b.n_senders];
	uint64_t end_us = now_us() + r->o.seconds * 1000000ull, resumed;
	bool ok;

	slow->counted = false;
	client_pause(slow->client, true);
	r->b.aside = slow;
	churn_until(r, end_us);
	ok = wait_right(r);
	r->b.latency = NULL;
	r->b.aside = NULL;
	resumed = now_us();
	r->behind = peer_behind(slow);
	fprintf(stderr, "%u prefixes behind, ", r->behind);
	client_pause(slow->client, false);
	slow->counted = true;
	ok = wait_right(r) && ok;
	r->catch_up_s = (double)(now_us() - resumed) / 1e6;
	fprintf(stderr, "caught up after %.3f s, ", r->catch_up_s);
	phase_end(r, now_us(), ok);
	r->catch_up_s = 0;
	return ok;
}

/* -- other phases ------------------------------------------------------------------------- */

static bool
all_up(const struct run *r, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (r->b.peers[i].counted && !client_is_up(r->b.peers[i].client))
			return false;
	return true;
}

static bool
wait_up(struct run *r)
{
	uint64_t end = clock_mono_ms() + r->o.timeout_ms;

	while (!all_up(r, r->b.n_peers) && clock_mono_ms() < end && !*r->stop)
		run_turn(r, clock_mono_ms() + 100);
	return all_up(r, r->b.n_peers);
}

/* Receivers first: `initial' starts with nothing announced. */
static bool
phase_establish(struct run *r)
{
	bool ok;

	for (unsigned i = r->b.n_senders; i < r->b.n_peers - r->o.late; i++) {
		r->b.peers[i].counted = true;
		client_start(r->b.peers[i].client);
	}
	ok = wait_up(r);
	phase_end(r, now_us(), ok);
	return ok;
}

static bool
phase_initial(struct run *r)
{
	bool ok;

	table_expect(r->b.table, r->alive);
	peers_recount(&r->b);
	for (unsigned i = 0; i < r->b.n_senders; i++)
		client_start(r->b.peers[i].client);
	ok = wait_right(r);
	phase_end(r, last_change(r), ok);
	return ok;
}

static bool
phase_late(struct run *r)
{
	bool ok;

	for (unsigned i = r->b.n_peers - r->o.late; i < r->b.n_peers; i++) {
		r->b.peers[i].counted = true;
		client_start(r->b.peers[i].client);
	}
	ok = wait_right(r);
	phase_end(r, last_change(r), ok);
	return ok;
}

/* All receivers go and come back at once. */
static bool
phase_lateall(struct run *r)
{
	uint64_t until;
	bool ok;

	for (unsigned i = r->b.n_senders; i < r->b.n_peers; i++)
		peer_stop(&r->b.peers[i]);
	for (until = clock_mono_ms() + 2000; clock_mono_ms() < until;)
		run_turn(r, until);
	r->start.us = now_us();
	for (unsigned i = r->b.n_senders; i < r->b.n_peers; i++)
		client_start(r->b.peers[i].client);
	ok = wait_right(r);
	phase_end(r, last_change(r), ok);
	return ok;
}

/* The first sender goes; phase `back' lets it return. */
static bool
phase_fail(struct run *r)
{
	bool ok;

	r->alive &= ~1u;
	table_expect(r->b.table, r->alive);
	peer_stop(&r->b.peers[0]);
	peers_recount(&r->b);
	ok = wait_right(r);
	phase_end(r, last_change(r), ok);
	return ok;
}

static bool
phase_back(struct run *r)
{
	bool ok;

	r->alive |= 1u;
	table_expect(r->b.table, r->alive);
	peers_recount(&r->b);
	client_start(r->b.peers[0].client);
	ok = wait_right(r);
	phase_end(r, last_change(r), ok);
	return ok;
}

static bool
exec_phase(struct run *r, bool churn)
{
	pid_t pid = fork();
	int status = -1;
	bool ok;

	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execl("/bin/sh", "sh", "-c", r->o.exec, (char *)NULL);
		_exit(127);
	}
	if (churn)
		churn_begin(r);
	r->b.latency = NULL; /* an export filter may hold changes back meanwhile */
	while (pid > 0 && waitpid(pid, &status, WNOHANG) == 0 && !*r->stop) {
		if (churn)
			churn_due(r);
		run_turn(r, clock_mono_ms() + (churn ? 1 : 20));
	}
	if (churn)
		r->gap_us = peers_gap_us(&r->b);
	ok = wait_right(r);
	if (status != 0)
		fprintf(stderr, "command ended with status %d, ", status);
	phase_end(r, now_us(), ok && status == 0);
	return ok;
}

static bool
phase_exec(struct run *r)
{
	return exec_phase(r, false);
}

static bool
phase_execchurn(struct run *r)
{
	return exec_phase(r, true);
}

static const struct {
	const char *name;
	bool (*run)(struct run *);
} phases[] = {
	{ "establish", phase_establish },
	{ "initial", phase_initial },
	{ "late", phase_late },
	{ "lateall", phase_lateall },
	{ "churn", phase_churn },
	{ "exec", phase_exec },
	{ "execchurn", phase_execchurn },
	{ "slow", phase_slow },
	{ "fail", phase_fail },
	{ "back", phase_back },
};

#define PHASES (sizeof(phases) / sizeof(phases[0]))

static int
phase_find(const char *name)
{
	for (unsigned i = 0; i < PHASES; i++)
		if (strcmp(phases[i].name, name) == 0)
			return (int)i;
	die("--phases: there is no phase `%s'", name);
}

bool
phase_needs_exec(const char *name)
{
	return strncmp(phases[phase_find(name)].name, "exec", 4) == 0;
}

void
run_phases(struct run *r)
{
	char *list = mem_strdup(r->o.phases), *save = NULL;

	for (char *s = strtok_r(list, ",", &save); s && !*r->stop;
	     s = strtok_r(NULL, ",", &save)) {
		int i = phase_find(s);

		phase_begin(r, phases[i].name);
		if (!phases[i].run(r))
			break; /* the next one would measure nonsense */
	}
	mem_free(list);
}
