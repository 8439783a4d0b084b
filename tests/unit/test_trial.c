/*
 * Dry runs: the verdict and the line that gave it, what was printed, what changed.
 */
#include "filtertext.h"

#include "base/log.h"
#include "base/mem.h"
#include "filter/trial.h"
#include "test.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct ast_def attributes[] = {
	{ .kind = DEF_ATTRIBUTE, .name = "mine", .type = "int" },
	{ .kind = DEF_ATTRIBUTE, .name = "raw", .type = "bytestring" },
	{ .kind = DEF_ATTRIBUTE, .name = "tail", .type = "bytestring", .code = 200 },
};

static const char definitions[] = "function deep(int n) {\n"
				  "	if n > 3 then reject \"deep\";\n"
				  "	return n;\n"
				  "}\n";

static const struct row {
	const char *name, *text;
	enum filter_result result;
	unsigned line;
	const char *error, *print, *changes;
} rows[] = {
	{ "the first line", "accept;", FILTER_ACCEPT, 1, NULL, "", "" },
	{ "the line that decides", "if net.len = 24 then\n\n\nreject;\naccept;",
	    FILTER_REJECT, 4, NULL, "", "" },
	{ "a line of a function", "\n\ndeep(4); accept;", FILTER_REJECT, 2, NULL, "deep|",
	    "" },
	{ "an error",
	    "bgp_med = 1;\nif 1 / (bgp_local_pref - 100) = 1 then accept;\nreject;",
	    FILTER_ERROR, 2, "Mother told me not to divide by 0", "",
	    "bgp_med not set 1|" },
	{ "no verdict", "\nbgp_med = 1;", FILTER_ERROR, 1, "Neither accept nor reject",
	    "", "bgp_med not set 1|" },
	{ "lines printed", "print \"a\", 1; printn \"b\"; print \"c\"; accept;",
	    FILTER_ACCEPT, 1, NULL, "a1|bc|", "" },
	{ "set to what it was", "bgp_local_pref = 100; accept;", FILTER_ACCEPT, 1, NULL,
	    "", "" },
	{ "removed", "unset(bgp_local_pref); accept;", FILTER_ACCEPT, 1, NULL, "",
	    "bgp_local_pref 100 not set|" },
	{ "kinds of attributes",
	    "preference = 7; bgp_path.prepend(9); bgp_community.add((1,2)); mine = 3;\n"
	    "krt_metric = 4; dest = RTD_BLACKHOLE; raw = hex:0102; tail = hex:0304; "
	    "accept;",
	    FILTER_ACCEPT, 2, NULL, "",
	    "preference 100 7|bgp_path not set (path 9)|bgp_community not set (clist "
	    "(1,2))|"
	    "dest RTD_UNICAST RTD_BLACKHOLE|krt_metric not set 4|mine not set 3|"
	    "raw not set 01:02|attribute 200 not set 0304|" },
};

static unsigned logged;

static void
count_log(void *ctx, enum log_class class, const char *line)
{
	(void)ctx, (void)class, (void)line;
	logged++;
}

static void
note(char *to, size_t size, const char *text, char end)
{
	size_t n = strlen(to);

	snprintf(to + n, size - n, "%s%c", text ? text : "not set", end);
}

static void
try_row(struct filtertext *t, const struct row *row)
{
	struct net net;
	struct route_source source = { .proto = "p1", .source = ROUTE_SOURCE_BGP };
	struct draft *d = ARENA_NEW(t->arena, struct draft);
	struct filter_trial out;
	struct filter *f;
	char text[1024], print[256] = "", changes[512] = "";

	snprintf(text, sizeof(text), "filter { %s }", row->text);
	f = filtertext_filter(t, text);
	if (!f)
		fail_msg("%s: %s", row->name, t->errors);
	assert_true(net_parse("192.0.2.0/24", &net));
	draft_init(d, t->arena);
	draft_set_u32(d, ATTR_LOCAL_PREF, 100);
	d->preference = 100;
	filter_try(f, &net, d, &source, &out);
	for (unsigned i = 0; i < out.print_n; i++)
		note(print, sizeof(print), out.print[i], '|');
	for (unsigned i = 0; i < out.change_n; i++) {
		note(changes, sizeof(changes), out.change[i].name, ' ');
		note(changes, sizeof(changes), out.change[i].from, ' ');
		note(changes, sizeof(changes), out.change[i].to, '|');
	}
	print_message("%s\n", row->name);
	assert_int_equal(out.result, row->result);
	assert_string_equal(out.file, "test");
	assert_int_equal(out.line, row->line);
	if (row->error)
		assert_string_equal(out.error, row->error);
	else
		assert_null(out.error);
	assert_string_equal(print, row->print);
	assert_string_equal(changes, row->changes);
	filter_unref(f);
}

static void
dry_runs(void **state)
{
	struct filtertext *t = filtertext_new();

	(void)state;
	for (size_t i = 0; i < COUNT(attributes); i++)
		assert_true(scope_define(t->scope, &attributes[i]));
	if (!filtertext_define(t, definitions))
		fail_msg("%s", t->errors);
	log_tap(count_log, NULL);
	for (size_t i = 0; i < COUNT(rows); i++)
		try_row(t, &rows[i]);
	log_tap(NULL, NULL);
	filtertext_free(t);
	assert_int_equal(logged, 0);
}

/* `all` and `none` stand nowhere. */
static void
constants(void **state)
{
	struct net net = { .type = NET_IP4 };
	struct route_source source = { .proto = "p1", .source = ROUTE_SOURCE_BGP };
	struct arena *arena = arena_new();
	struct draft *d = ARENA_NEW(arena, struct draft);
	struct filter_trial out;

	(void)state;
	draft_init(d, arena);
	filter_try(filter_accept(), &net, d, &source, &out);
	assert_int_equal(out.result, FILTER_ACCEPT);
	assert_null(out.file);
	filter_try(filter_reject(), &net, d, &source, &out);
	assert_int_equal(out.result, FILTER_REJECT);
	assert_null(out.file);
	arena_free(arena);
}

/* A loop that prints: counted, the first ones kept. */
static void
many_lines(void **state)
{
	struct filtertext *t = filtertext_new();
	struct filter *f = filtertext_filter(t,
	    "filter { for int a in bgp_path do print a; "
	    "accept; }");
	struct net net = { .type = NET_IP4 };
	struct route_source source = { .proto = "p1", .source = ROUTE_SOURCE_BGP };
	struct draft *d = ARENA_NEW(t->arena, struct draft);
	struct filter_trial out;

	(void)state;
	assert_non_null(f);
	draft_init(d, t->arena);
	draft_path_prepend(d, 7, 250);
	filter_try(f, &net, d, &source, &out);
	assert_int_equal(out.print_n, 250);
	assert_string_equal(out.print[TRIAL_PRINTS_MAX - 1], "7");
	filter_unref(f);
	filtertext_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dry_runs),
		cmocka_unit_test(constants),
		cmocka_unit_test(many_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
