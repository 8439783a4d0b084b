/*
 * What a phase is measured by, and its line of JSON.
 */
#include <sys/resource.h>
#include "base/clock.h"
#include "run.h"

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
sum_counters(const struct run *r, struct start *m)
{
	m->updates = m->announced = m->withdrawn = 0;
	for (unsigned i = 0; i < r->b.n_peers; i++) {
		m->updates += r->b.peers[i].updates;
		m->announced += r->b.peers[i].announced;
		m->withdrawn += r->b.peers[i].withdrawn;
	}
}

void
phase_begin(struct run *r, const char *name)
{
	for (unsigned i = 0; i < r->o.n_pids; i++)
		usage_reset_peak(r->o.pids[i]);
	r->start = (struct start){ .name = name, .us = now_us(), .own_cpu = own_cpu(),
		.usage = dut_usage(r), .lost = r->b.lost, .moved = r->b.moved };
	sum_counters(r, &r->start);
	for (unsigned i = 0; i < r->b.n_peers; i++)
		client_reset_gap(r->b.peers[i].client);
	r->own_gap_us = r->gap_us = 0;
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
write_phase(struct run *r, const struct start *end, double wall, bool ok)
{
	const struct start *m = &r->start;
	uint64_t gap, updates = end->updates - m->updates;
	int64_t late;
	double per = updates ? (double)(end->announced - m->announced + end->withdrawn -
	    m->withdrawn) / (double)updates : 0;

	gaps(r, &gap, &late);
	fprintf(r->json_file,
	    "%s{\"phase\":\"%s\",\"ok\":%s,\"wall_s\":%.3f,\"cpu_s\":%.4f,"
	    "\"rss_kb\":%zu,\"peak_kb\":%zu,\"updates\":%llu,\"announced\":%llu,"
	    "\"withdrawn\":%llu,\"prefixes_per_update\":%.2f,\"max_gap_ms\":%llu,"
	    "\"late_ms\":%lld,\"own_gap_ms\":%.1f,\"own_cpu_s\":%.2f,\"lost\":%u,"
	    "\"moved\":%u,\"wrong\":%lu,\"sender_wrong\":%lu,\"grown_kb\":%lld",
	    r->phases_done++ ? "," : "", m->name, ok ? "true" : "false", wall,
	    end->usage.cpu_s - m->usage.cpu_s, end->usage.rss_kb, end->usage.peak_kb,
	    (unsigned long long)updates,
	    (unsigned long long)(end->announced - m->announced),
	    (unsigned long long)(end->withdrawn - m->withdrawn), per,
	    (unsigned long long)gap, (long long)late, (double)r->own_gap_us / 1000,
	    end->own_cpu - m->own_cpu, r->b.lost - m->lost, r->b.moved - m->moved,
	    total_wrong(r, false), total_wrong(r, true),
	    (long long)end->usage.peak_kb - (long long)m->usage.rss_kb);
	write_latency(r);
	if (r->b.moved != m->moved)
		fprintf(stderr, "%u path ids changed, ", r->b.moved - m->moved);
	if (r->gap_us)
		fprintf(r->json_file, ",\"gap_ms\":%.3f", (double)r->gap_us / 1000);
	if (r->catch_up_s > 0)
		fprintf(r->json_file, ",\"catch_up_s\":%.3f,\"behind\":%u", r->catch_up_s,
		    r->behind);
	fputc('}', r->json_file);
	fprintf(stderr,
	    "%s, %.3f s, reflector %.2f CPU s, %zu MB, %.2f prefixes an UPDATE, "
	    "longest silence %.1f s, %u lost\n",
	    ok ? "right" : "WRONG", wall, end->usage.cpu_s - m->usage.cpu_s,
	    end->usage.rss_kb / 1024, per, (double)gap / 1000, r->b.lost - m->lost);
}

void
phase_end(struct run *r, uint64_t end_us, bool ok)
{
	struct start end = { .own_cpu = own_cpu() };
	uint64_t until = clock_mono_ms() + 300, gap_ms;
	int64_t late_ms;

	/* What the reflector still has to do after the last message counts, too. */
	while (clock_mono_ms() < until)
		run_turn(r, until);
	end.usage = dut_usage(r);
	sum_counters(r, &end);
	gaps(r, &gap_ms, &late_ms);
	ok = ok && !r->b.unable && r->b.lost == r->start.lost &&
	    r->b.moved == r->start.moved &&
	    (!r->o.max_late_ms || late_ms <= (int64_t)r->o.max_late_ms);
	r->failed += !ok;
	write_phase(r, &end,
	    end_us > r->start.us ? (double)(end_us - r->start.us) / 1e6 : 0, ok);
}
