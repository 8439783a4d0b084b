/*
 * loadgen: N senders, M receivers and a reflector between them.
 *
 * Plays a table of realistic shape (table.h) and checks, at every receiver and for every
 * prefix, that the attributes are those a correct reflector hands out.  Work is done in
 * phases; each is measured by itself: wall time until the last receiver is right, CPU time and
 * memory of the reflector (--pid), messages, packing, the longest silence on any session.  The
 * result is one line of JSON on standard output; progress goes to standard error.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"
#include "../tools/args.h"
#include "peers.h"
#include "procstat.h"

#define PIDS_MAX 8

struct options {
	struct ip to;
	uint16_t port, hold_s;
	uint32_t as, cluster_id, seed;
	unsigned senders, receivers, late, rate, seconds, max_late_ms;
	size_t routes;
	uint64_t timeout_ms;
	const char *phases, *exec, *name;
	bool count_only, list;
	int pids[PIDS_MAX];
	unsigned n_pids;
};

/* What a phase starts from. */
struct mark {
	const char *name;
	uint64_t us;
	double own_cpu;
	struct usage usage;
	uint64_t updates, announced, withdrawn;
	unsigned lost;
};

struct run {
	struct options o;
	struct bench b;
	uint32_t alive; /* senders */
	struct mark mark;
	uint64_t own_gap_us, turned_us; /* how late this program itself was */
	struct latency latency;
	struct rng rng;
	uint64_t next_due_us;
	struct bytes due[SENDERS_MAX];
	double catch_up_s; /* of the slow receiver; 0: not measured */
	unsigned phases_done, failed;
	char *json;
	size_t json_len;
	FILE *json_file;
	const volatile int *stop;
};

static const char usage_text[] =
    "usage: loadgen --to ADDR[:PORT] --as AS [options]\n"
    "\n"
    "Plays senders and receivers of full tables against a route reflector and measures it.\n"
    "\n"
    "  --senders N       sessions that announce the table (default 2, at most 32)\n"
    "  --receivers N     sessions that only receive (default 10)\n"
    "  --late N          of the receivers, keep N back for the phase `late' (default 0)\n"
    "  --routes N        prefixes, announced by every sender (default 100000)\n"
    "  --seed N          of the table (default 1)\n"
    "  --hold SECONDS    hold time to offer (default 90)\n"
    "  --cluster-id A    the reflector's (default 192.0.2.1)\n"
    "  --phases LIST     of establish,initial,late,lateall,churn,exec,execchurn,slow,fail,back\n"
    "                    (default establish,initial)\n"
    "  --rate N          UPDATEs a second in churn, execchurn and slow (default 1000)\n"
    "  --seconds N       duration of churn and slow (default 10)\n"
    "  --exec COMMAND    for exec and execchurn: run by sh while silences are measured\n"
    "  --timeout N       seconds a phase may take (default 300)\n"
    "  --max-late MS     a phase fails when a session is silent for so much longer than its\n"
    "                    keepalive interval (default: any time will do)\n"
    "  --ignore CODE     do not check this attribute; may be repeated\n"
    "  --count-only      do not check attributes: the other side is no reflector\n"
    "  --pid PID         process of the reflector, for CPU and memory; may be repeated\n"
    "  --name TEXT       goes into the result\n"
    "  --list            print `sender ADDR' and `receiver ADDR' for every session and end\n"
    "  --help            this text\n"
    "\n"
    "Sessions come from 127.1.1.1 on (senders) and 127.2.0.1 on (receivers).\n"
    "Exit status: 0 all phases ended right, 1 not, 2 usage.\n";

/* -- the loop ----------------------------------------------------------------------------- */

static void
turn(struct run *r, uint64_t until_ms)
{
	uint64_t now;

	speaker_run(r->b.speaker, until_ms);
	now = now_us();
	/* Waiting for events is at most 100 ms; anything over is our own slowness. */
	if (r->turned_us && now - r->turned_us > r->own_gap_us)
		r->own_gap_us = now - r->turned_us;
	r->turned_us = now;
}

static double
own_cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static struct usage
dut_usage(const struct run *r)
{
	struct usage u = { 0 };

	for (unsigned i = 0; i < r->o.n_pids; i++)
		usage_add(&u, r->o.pids[i]);
	return u;
}

static void
sum_counters(const struct run *r, struct mark *m)
{
	m->updates = m->announced = m->withdrawn = 0;
	for (unsigned i = 0; i < r->b.n_peers; i++) {
		m->updates += r->b.peers[i].updates;
		m->announced += r->b.peers[i].announced;
		m->withdrawn += r->b.peers[i].withdrawn;
	}
}

static void
phase_begin(struct run *r, const char *name)
{
	r->mark = (struct mark){ .name = name, .us = now_us(), .own_cpu = own_cpu(),
		.usage = dut_usage(r), .lost = r->b.lost };
	sum_counters(r, &r->mark);
	for (unsigned i = 0; i < r->b.n_peers; i++)
		client_reset_gap(r->b.peers[i].client);
	r->own_gap_us = 0;
	r->latency = (struct latency){ 0 };
	peers_settle(&r->b);
	fprintf(stderr, "%s: ", name);
}

/* The longest silence on any session, and how late that is for its keepalive interval. */
static void
gaps(const struct run *r, uint64_t *gap_ms, int64_t *late_ms)
{
	*gap_ms = 0;
	*late_ms = -1;
	for (unsigned i = 0; i < r->b.n_peers; i++) {
		struct client_stats st = client_stats(r->b.peers[i].client);

		if (!client_is_up(r->b.peers[i].client) || !st.keepalive_s)
			continue;
		if (st.max_gap_ms > *gap_ms)
			*gap_ms = st.max_gap_ms;
		if ((int64_t)st.max_gap_ms - (int64_t)st.keepalive_s * 1000 > *late_ms ||
		    *late_ms == -1)
			*late_ms = (int64_t)st.max_gap_ms - (int64_t)st.keepalive_s * 1000;
	}
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

static unsigned long
total_wrong(const struct run *r, bool senders)
{
	unsigned long n = 0;

	for (unsigned i = 0; i < r->b.n_peers; i++)
		if ((r->b.peers[i].sender >= 0) == senders &&
		    client_is_up(r->b.peers[i].client))
			n += peer_wrong(&r->b.peers[i]);
	return n;
}

static void
write_latency(const struct run *r)
{
	if (!r->latency.n)
		return;
	fprintf(r->json_file, ",\"latency_n\":%llu,\"p50_ms\":%.3f,\"p90_ms\":%.3f,"
	    "\"p99_ms\":%.3f,\"max_ms\":%.3f", (unsigned long long)r->latency.n,
	    latency_ms(&r->latency, 0.5), latency_ms(&r->latency, 0.9),
	    latency_ms(&r->latency, 0.99), (double)r->latency.max / 1000);
	fprintf(stderr, "p50 %.2f ms, p99 %.2f ms, ", latency_ms(&r->latency, 0.5),
	    latency_ms(&r->latency, 0.99));
}

static void
write_phase(struct run *r, const struct mark *end, double wall, bool ok)
{
	const struct mark *m = &r->mark;
	uint64_t gap, updates = end->updates - m->updates;
	int64_t late;
	double per = updates ? (double)(end->announced - m->announced + end->withdrawn -
	    m->withdrawn) / (double)updates : 0;

	gaps(r, &gap, &late);
	fprintf(r->json_file, "%s{\"phase\":\"%s\",\"ok\":%s,\"wall_s\":%.3f,\"cpu_s\":%.2f,"
	    "\"rss_kb\":%zu,\"peak_kb\":%zu,\"updates\":%llu,\"announced\":%llu,"
	    "\"withdrawn\":%llu,\"prefixes_per_update\":%.2f,\"max_gap_ms\":%llu,"
	    "\"late_ms\":%lld,\"own_gap_ms\":%.1f,\"own_cpu_s\":%.2f,\"lost\":%u,"
	    "\"wrong\":%lu,\"sender_wrong\":%lu", r->phases_done++ ? "," : "", m->name,
	    ok ? "true" : "false", wall, end->usage.cpu_s - m->usage.cpu_s,
	    end->usage.rss_kb, end->usage.peak_kb, (unsigned long long)updates,
	    (unsigned long long)(end->announced - m->announced),
	    (unsigned long long)(end->withdrawn - m->withdrawn), per,
	    (unsigned long long)gap, (long long)late, (double)r->own_gap_us / 1000,
	    end->own_cpu - m->own_cpu, r->b.lost - m->lost, total_wrong(r, false),
	    total_wrong(r, true));
	write_latency(r);
	if (r->catch_up_s > 0)
		fprintf(r->json_file, ",\"catch_up_s\":%.3f", r->catch_up_s);
	fputc('}', r->json_file);
	fprintf(stderr, "%s, %.3f s, reflector %.2f CPU s, %zu MB, %.2f prefixes an UPDATE, "
	    "longest silence %.1f s, %u lost\n", ok ? "right" : "WRONG", wall,
	    end->usage.cpu_s - m->usage.cpu_s, end->usage.rss_kb / 1024, per,
	    (double)gap / 1000, r->b.lost - m->lost);
}

static void
phase_end(struct run *r, uint64_t end_us, bool ok)
{
	struct mark end = { .own_cpu = own_cpu() };
	uint64_t until = clock_mono_ms() + 300, gap_ms;
	int64_t late_ms;

	/* What the reflector still has to do after the last message counts, too. */
	while (clock_mono_ms() < until)
		turn(r, until);
	end.usage = dut_usage(r);
	sum_counters(r, &end);
	gaps(r, &gap_ms, &late_ms);
	ok = ok && r->b.lost == r->mark.lost &&
	    (!r->o.max_late_ms || late_ms <= (int64_t)r->o.max_late_ms);
	r->failed += !ok;
	write_phase(r, &end, end_us > r->mark.us ? (double)(end_us - r->mark.us) / 1e6 : 0, ok);
}

static bool
wait_right(struct run *r)
{
	uint64_t end = clock_mono_ms() + r->o.timeout_ms, next = clock_mono_ms() + 5000;

	while (peers_pending(&r->b) && clock_mono_ms() < end && !*r->stop) {
		turn(r, clock_mono_ms() + 100);
		if (clock_mono_ms() < next)
			continue;
		fprintf(stderr, "[%u to go] ", peers_pending(&r->b));
		next += 5000;
	}
	if (peers_pending(&r->b))
		peers_explain(&r->b);
	return peers_pending(&r->b) == 0;
}

/* -- churn -------------------------------------------------------------------------------- */

static void
churn_one(struct run *r, struct bytes *out)
{
	uint32_t prefix = rng_below(&r->rng, (uint32_t)r->b.table->n);
	uint32_t old = r->b.table->expected[prefix];
	unsigned sender;

	if (r->b.sent_n % 65536 == 0)
		r->b.sent_us = mem_realloc(r->b.sent_us,
		    (r->b.sent_n + 65536) * sizeof(*r->b.sent_us));
	if (!table_churn(r->b.table, prefix, r->b.sent_n, out, &sender))
		return;
	r->b.sent_us[r->b.sent_n++] = now_us();
	peers_expect(&r->b, prefix, old);
	bytes_add(&r->due[sender], out->p, out->n);
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
churn_until(struct run *r, uint64_t end_us)
{
	r->next_due_us = now_us();
	while (now_us() < end_us && !*r->stop) {
		churn_due(r);
		turn(r, clock_mono_ms() + 1);
	}
}

static bool
phase_churn(struct run *r)
{
	uint64_t end_us = now_us() + r->o.seconds * 1000000ull;
	bool ok;

	r->b.latency = &r->latency;
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
	r->b.latency = &r->latency;
	churn_until(r, end_us);
	ok = wait_right(r);
	r->b.latency = NULL;
	r->b.aside = NULL;
	resumed = now_us();
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
		turn(r, clock_mono_ms() + 100);
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
		turn(r, until);
	r->mark.us = now_us();
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
	r->b.latency = churn ? &r->latency : NULL;
	r->next_due_us = now_us();
	while (pid > 0 && waitpid(pid, &status, WNOHANG) == 0 && !*r->stop) {
		if (churn)
			churn_due(r);
		turn(r, clock_mono_ms() + (churn ? 1 : 20));
	}
	ok = wait_right(r);
	r->b.latency = NULL;
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

static void
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

/* -- set-up ------------------------------------------------------------------------------- */

static uint32_t
address_of(const struct options *o, unsigned i)
{
	if (i < o->senders)
		return 0x7f010101u + i;
	i -= o->senders;
	return 0x7f020001u + (i / 250 << 8) + i % 250;
}

static void
list_sessions(const struct options *o)
{
	char text[IP_TEXT_MAX];

	for (unsigned i = 0; i < o->senders + o->receivers; i++) {
		struct ip ip = ip_from4(address_of(o, i));

		printf("%s %s\n", i < o->senders ? "sender" : "receiver",
		    ip_format(&ip, text));
	}
}

static void
make_peer(struct run *r, unsigned i)
{
	struct peer *p = &r->b.peers[i];
	char name[IP_TEXT_MAX];
	struct client_conf conf = { .local = ip_from4(address_of(&r->o, i)),
		.remote = r->o.to, .port = r->o.port, .local_as = r->o.as,
		.remote_as = r->o.as, .hold_s = r->o.hold_s, .family = { true },
		.ops = &peer_ops, .ctx = p };

	/* The one that will stop reading should not have megabytes to hide it. */
	if (i == r->o.senders && strstr(r->o.phases, "slow"))
		conf.rcvbuf = 32768;
	p->bench = &r->b;
	p->sender = i < r->o.senders ? (int)i : -1;
	conf.name = ip_format(&conf.local, name);
	p->client = speaker_add(r->b.speaker, &conf);
	peer_init(p);
}

static void
set_up(struct run *r)
{
	uint32_t ids[SENDERS_MAX];

	for (unsigned i = 0; i < r->o.senders; i++)
		ids[i] = address_of(&r->o, i);
	fprintf(stderr, "table: ");
	r->b.table = table_new(r->o.routes, r->o.senders, ids, r->o.cluster_id, r->o.seed,
	    r->o.count_only);
	fprintf(stderr, "%zu prefixes in %zu groups\n", r->b.table->n, r->b.table->groups);
	r->alive = r->o.senders == 32 ? UINT32_MAX : (1u << r->o.senders) - 1;
	r->b.speaker = speaker_new();
	r->b.n_senders = r->o.senders;
	r->b.n_peers = r->o.senders + r->o.receivers;
	r->b.peers = MEM_ARRAY(struct peer, r->b.n_peers);
	for (unsigned i = 0; i < r->b.n_peers; i++)
		make_peer(r, i);
	r->rng.s = r->o.seed;
	r->json_file = open_memstream(&r->json, &r->json_len);
}

static void
tear_down(struct run *r)
{
	fclose(r->json_file);
	printf("{\"name\":\"%s\",\"senders\":%u,\"receivers\":%u,\"routes\":%zu,"
	    "\"rate\":%u,\"hold_s\":%u,\"phases\":[%s]}\n", r->o.name, r->o.senders,
	    r->o.receivers, r->o.routes, r->o.rate, r->o.hold_s, r->json);
	free(r->json);
	speaker_free(r->b.speaker);
	peers_fini(&r->b);
	mem_free(r->b.peers);
	mem_free(r->b.sent_us);
	for (unsigned i = 0; i < r->o.senders; i++)
		bytes_fini(&r->due[i]);
	table_free(r->b.table);
}

/* -- command line ------------------------------------------------------------------------- */

static const struct option options[] = {
	{ "to", required_argument, NULL, 't' },
	{ "as", required_argument, NULL, 'a' },
	{ "senders", required_argument, NULL, 's' },
	{ "receivers", required_argument, NULL, 'r' },
	{ "late", required_argument, NULL, 'l' },
	{ "routes", required_argument, NULL, 'n' },
	{ "seed", required_argument, NULL, 'S' },
	{ "hold", required_argument, NULL, 'h' },
	{ "cluster-id", required_argument, NULL, 'c' },
	{ "phases", required_argument, NULL, 'p' },
	{ "rate", required_argument, NULL, 'R' },
	{ "seconds", required_argument, NULL, 'd' },
	{ "exec", required_argument, NULL, 'e' },
	{ "timeout", required_argument, NULL, 'x' },
	{ "count-only", no_argument, NULL, 'C' },
	{ "max-late", required_argument, NULL, 'M' },
	{ "ignore", required_argument, NULL, 'I' },
	{ "pid", required_argument, NULL, 'P' },
	{ "name", required_argument, NULL, 'N' },
	{ "list", no_argument, NULL, 'L' },
	{ "help", no_argument, NULL, 'H' },
	{ NULL, 0, NULL, 0 },
};

static unsigned
number(const char *option, unsigned long max)
{
	return (unsigned)args_number(option, optarg, max);
}

static void
read_option(struct options *o, int c)
{
	struct ip ip;

	switch (c) {
	case 't': args_endpoint("--to", optarg, &o->to, &o->port); break;
	case 'a': o->as = number("--as", UINT32_MAX); break;
	case 's': o->senders = number("--senders", SENDERS_MAX); break;
	case 'r': o->receivers = number("--receivers", 10000); break;
	case 'l': o->late = number("--late", 10000); break;
	case 'n': o->routes = number("--routes", 1200000); break;
	case 'S': o->seed = number("--seed", UINT32_MAX); break;
	case 'h': o->hold_s = (uint16_t)number("--hold", 65535); break;
	case 'c':
		ip = args_ip("--cluster-id", optarg);
		o->cluster_id = ip_to4(&ip);
		break;
	case 'p': o->phases = optarg; break;
	case 'R': o->rate = number("--rate", 1000000); break;
	case 'd': o->seconds = number("--seconds", 86400); break;
	case 'e': o->exec = optarg; break;
	case 'x': o->timeout_ms = 1000ull * number("--timeout", 86400); break;
	case 'M': o->max_late_ms = number("--max-late", INT32_MAX); break;
	case 'I': attr_ignore(number("--ignore", 255)); break;
	case 'C': o->count_only = true; break;
	case 'P':
		if (o->n_pids < PIDS_MAX)
			o->pids[o->n_pids++] = (int)number("--pid", INT32_MAX);
		break;
	case 'N': o->name = optarg; break;
	case 'L': o->list = true; break;
	case 'H': fputs(usage_text, stdout); exit(0);
	default: die("%s", usage_text);
	}
}

static void
check_options(const struct options *o)
{
	char *list = mem_strdup(o->phases), *save = NULL;

	if (o->late > o->receivers)
		die("--late: there are only %u receivers", o->receivers);
	if (!o->senders || !o->receivers || !o->routes || !o->rate)
		die("senders, receivers, routes and rate must not be 0");
	for (char *s = strtok_r(list, ",", &save); s; s = strtok_r(NULL, ",", &save))
		if (strncmp(phases[phase_find(s)].name, "exec", 4) == 0 && !o->exec)
			die("phase %s needs --exec", s);
	mem_free(list);
	if (!o->list && (!o->port || !o->as))
		die("%s", usage_text);
}

int
main(int argc, char **argv)
{
	static struct run r = { .o = { .hold_s = 90, .cluster_id = 0xc0000201, .seed = 1,
		.senders = 2, .receivers = 10, .routes = 100000, .rate = 1000, .seconds = 10,
		.timeout_ms = 300000, .phases = "establish,initial", .name = "" } };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		read_option(&r.o, c);
	if (optind < argc)
		die("%s", usage_text);
	check_options(&r.o);
	if (r.o.list) {
		list_sessions(&r.o);
		return 0;
	}
	r.stop = args_catch_signals();
	set_up(&r);
	run_phases(&r);
	tear_down(&r);
	return r.failed || *r.stop;
}
