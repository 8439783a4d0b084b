/*
 * loadgen: N senders, M receivers and a reflector between them.
 *
 * Plays a table of realistic shape (table.h) and checks, at every receiver and for every
 * prefix, that the attributes are those a correct reflector hands out.  Work is done in
 * phases; each is measured by itself: wall time until the last receiver is right, CPU time and
 * memory of the reflector (--pid), messages, packing, the longest silence on any session.  The
 * result is one line of JSON on standard output; progress goes to standard error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "../tools/args.h"
#include "run.h"

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
	bool sends = i < r->o.senders;

	/* The one that will stop reading should not have megabytes to hide it. */
	if (i == r->o.senders && strstr(r->o.phases, "slow"))
		conf.rcvbuf = 32768;
	p->bench = &r->b;
	p->sender = sends ? (int)i : -1;
	conf.add_path_tx = sends && r->o.add_path_tx;
	conf.add_path_rx = !sends && r->o.add_path_rx;
	conf.name = ip_format(&conf.local, name);
	p->client = speaker_add(r->b.speaker, &conf);
	peer_init(p);
}

static void
set_up(struct run *r)
{
	uint32_t ids[SENDERS_MAX];
	const struct table_conf conf = { .n = r->o.routes, .senders = r->o.senders,
		.paths = r->o.paths, .cluster_id = ip_to4(&r->o.cluster_ip),
		.seed = r->o.seed, .count_only = r->o.count_only,
		.add_path_tx = r->o.add_path_tx, .add_path_rx = r->o.add_path_rx };

	for (unsigned i = 0; i < r->o.senders; i++)
		ids[i] = address_of(&r->o, i);
	fprintf(stderr, "table: ");
	r->b.table = table_new(&conf, ids);
	table_filter(r->b.table, r->o.filtered);
	fprintf(
	    stderr, "%zu prefixes in %zu groups\n", r->b.table->n, r->b.table->groups);
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
	printf("{\"name\":\"%s\",\"senders\":%u,\"receivers\":%u,\"routes\":%u,"
	    "\"paths\":%u,\"add_path\":\"%s\",\"filtered\":%s,\"rate\":%u,\"hold_s\":%u,"
	    "\"phases\":[%s]}\n", r->o.name, r->o.senders, r->o.receivers, r->o.routes,
	    r->o.paths, r->o.add_path, r->o.filtered ? "true" : "false", r->o.rate,
	    r->o.hold_s, r->json);
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

static void
add_pid(void *ctx, const char *text)
{
	struct options *o = ctx;

	if (o->n_pids < PIDS_MAX)
		o->pids[o->n_pids++] = (int)args_number("--pid", text, INT32_MAX);
}

static void
ignore(void *ctx, const char *text)
{
	(void)ctx;
	attr_ignore((unsigned)args_number("--ignore", text, 255));
}

static void
read_add_path(struct options *o)
{
	static const char *const who[] = { "off", "senders", "receivers", "all" };
	unsigned i = 0;

	while (i < 4 && strcmp(who[i], o->add_path) != 0)
		i++;
	if (i == 4)
		die("--add-path: `%s' is none of off, senders, receivers, all",
		    o->add_path);
	o->add_path_tx = i & 1;
	o->add_path_rx = i & 2;
}

static void
check_options(struct options *o)
{
	char *list = mem_strdup(o->phases), *save = NULL;

	read_add_path(o);
	if (o->late > o->receivers)
		die("--late: there are only %u receivers", o->receivers);
	if (!o->senders || !o->receivers || !o->routes || !o->rate || !o->paths)
		die("senders, receivers, routes, rate and paths must not be 0");
	if (o->senders * o->paths > SOURCES_MAX)
		die("--paths: %u paths of %u senders are too many", o->paths, o->senders);
	if (o->paths > 1 && !o->add_path_tx)
		die("--paths needs --add-path senders or all");
	for (char *s = strtok_r(list, ",", &save); s; s = strtok_r(NULL, ",", &save))
		if (phase_needs_exec(s) && !o->exec)
			die("phase %s needs --exec", s);
	mem_free(list);
}

static void
read_options(struct options *o, int argc, char **argv)
{
	const struct arg list[] = {
		{ "to", "ADDR[:PORT]", "the reflector", .ip = &o->to, .port = &o->port },
		{ "as", "AS", "AS number of all", .u32 = &o->as },
		{ "senders", "N",
		    "sessions that announce the table (default 2, at most 32)",
		    .u32 = &o->senders, .max = SENDERS_MAX },
		{ "receivers", "N", "sessions that only receive (default 10)",
		    .u32 = &o->receivers, .max = 10000 },
		{ "late", "N",
		    "of the receivers, keep N back for the phase `late' (default 0)",
		    .u32 = &o->late, .max = 10000 },
		{ "routes", "N", "prefixes, announced by every sender (default 100000)",
		    .u32 = &o->routes, .max = 1200000 },
		{ "add-path", "WHO",
		    "path ids (RFC 7911): senders, receivers, all or off "
		    "(default off).\nReceivers with it must get the paths of all "
		    "senders.",
		    .text = &o->add_path },
		{ "paths", "N",
		    "paths of each sender for a prefix, needs --add-path "
		    "(default 1)",
		    .u32 = &o->paths, .max = SOURCES_MAX },
		{ "filtered", NULL,
		    "the reflector's exports go through the filter of table.h",
		    .flag = &o->filtered },
		{ "seed", "N", "of the table (default 1)", .u32 = &o->seed },
		{ "hold", "SECONDS", "hold time to offer (default 90)",
		    .u16 = &o->hold_s },
		{ "cluster-id", "A", "the reflector's (default 192.0.2.1)",
		    .ip = &o->cluster_ip },
		{ "phases", "LIST",
		    "of establish,initial,late,lateall,churn,exec,execchurn,"
		    "slow,fail,back\n(default establish,initial)",
		    .text = &o->phases },
		{ "rate", "N",
		    "UPDATEs a second in churn, execchurn and slow (default 1000)",
		    .u32 = &o->rate, .max = 1000000 },
		{ "seconds", "N", "duration of churn and slow (default 10)",
		    .u32 = &o->seconds, .max = 86400 },
		{ "exec", "COMMAND",
		    "for exec and execchurn: run by sh while silences are "
		    "measured",
		    .text = &o->exec },
		{ "timeout", "N", "seconds a phase may take (default 300)",
		    .u64 = &o->timeout_ms, .max = 86400, .scale = 1000 },
		{ "max-late", "MS",
		    "a phase fails when a session is silent for so much longer "
		    "than its\nkeepalive interval (default: any time will do)",
		    .u32 = &o->max_late_ms, .max = INT32_MAX },
		{ "ignore", "CODE", "do not check this attribute; may be repeated",
		    .call = ignore },
		{ "count-only", NULL,
		    "do not check attributes: the other side is no reflector",
		    .flag = &o->count_only },
		{ "pid", "PID",
		    "process of the reflector, for CPU and memory; may be repeated",
		    .call = add_pid, .ctx = o },
		{ "name", "TEXT", "goes into the result", .text = &o->name },
		{ "list", NULL,
		    "print `sender ADDR' and `receiver ADDR' for every session and "
		    "end",
		    .flag = &o->list },
	};
	const struct args args = { "usage: loadgen --to ADDR[:PORT] --as AS [options]\n\n"
				   "Plays senders and receivers of full tables against a "
				   "route reflector and "
				   "measures it.\n",
		"Sessions come from 127.1.1.1 on (senders) and 127.2.0.1 on "
		"(receivers).\n"
		"Exit status: 0 all phases ended right, 1 not, 2 usage.\n",
		list, sizeof(list) / sizeof(list[0]) };

	args_read(&args, argc, argv);
	check_options(o);
	if (!o->list && (!o->port || !o->as))
		args_usage(&args);
}

int
main(int argc, char **argv)
{
	static struct run r = { .o = { .hold_s = 90, .seed = 1, .senders = 2, .paths = 1,
		.receivers = 10, .routes = 100000, .rate = 1000, .seconds = 10,
		.timeout_ms = 300000, .phases = "establish,initial", .name = "",
		.add_path = "off" } };

	r.o.cluster_ip = ip_from4(0xc0000201);
	read_options(&r.o, argc, argv);
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
