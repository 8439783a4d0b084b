/*
 * Plans: what a change of the text asks of the running sessions.
 */
#include "test.h"

#include "base/arena.h"
#include "conf/model.h"

#define HEAD "router id 192.0.2.1;\n"
#define A(options, channel)                                                              \
	"protocol bgp a { local 10.0.0.1 as 1; neighbor 10.0.0.2 as 1; " options         \
	" ipv4 { import all; export all; " channel " }; }\n"
#define B "protocol bgp b { local 10.0.0.1 as 1; neighbor 10.0.0.3 as 1; ipv4; }\n"
#define NAMED(name, ip)                                                                  \
	"protocol bgp " name " { local 10.0.0.1 as 1; neighbor " ip " as 1; ipv4; }\n"
#define F(body)	  "filter f { " body " }\n"
#define S(routes) "protocol static s { ipv4; " routes " }\n"

static const char *const kinds[] = { "add", "remove", "restart", "change" };

static const struct row {
	const char *name, *old, *new, *want; /* "kind name change" of each step */
	unsigned dropped;
} rows[] = {
	{ "nothing", HEAD A("", "") B, HEAD A("", "") B, "", 0 },
	{ "white space and comments", HEAD A("", "") B, HEAD "# x\n" B "\n" A("", ""), "",
	    0 },
	{ "client added", HEAD B, HEAD A("", "") B, "add a 0;", 0 },
	{ "client removed", HEAD A("", "") B, HEAD B, "remove a 0;", 1 },
	{ "description", HEAD A("", "") B, HEAD A("description \"x\";", "") B,
	    "change a 1;", 0 },
	{ "import filter", HEAD F("accept;") A("", "import filter f;"),
	    HEAD F("reject;") A("", "import filter f;"), "change a 8;", 0 },
	{ "export policy", HEAD A("", ""), HEAD A("", "export none;"), "change a 4;", 0 },
	{ "filter renamed, same code",
	    HEAD "filter f { accept; } " A("", "import filter f;"),
	    HEAD "filter g { accept; } " A("", "import filter g;"), "", 0 },
	{ "hold time", HEAD A("", ""), HEAD A("hold time 90;", ""), "change a 16;", 0 },
	{ "reflector client", HEAD A("", ""), HEAD A("rr client;", ""), "change a 6;",
	    0 },
	{ "neighbor", HEAD A("", ""),
	    HEAD "protocol bgp a { local 10.0.0.1 as 1; neighbor "
		 "10.0.0.9 as 1; ipv4 { import all; export all; }; }",
	    "restart a 32;", 1 },
	{ "channel added", HEAD A("", "") B, HEAD A("ipv6;", "") B, "change a 16;", 0 },
	{ "channel removed", HEAD A("ipv6;", "") B, HEAD A("", "") B, "restart a 32;",
	    1 },
	{ "password", HEAD A("password \"x\";", ""), HEAD A("password \"y\";", ""),
	    "change a 1;", 0 },
	{ "cluster id", HEAD A("rr client;", ""),
	    HEAD A("rr client; rr cluster id 9.9.9.9;", ""), "change a 12;", 0 },
	{ "ports", HEAD A("", ""), HEAD A("neighbor port 1790;", ""), "change a 16;", 0 },
	{ "table changed", HEAD "ipv4 table t;" A("", ""),
	    HEAD "ipv4 table t;" A("", "table t;"), "change a 64;", 0 },
	{ "table of a static protocol",
	    HEAD "ipv4 table t; protocol static s { ipv4; route 10.0.0.0/8 blackhole; }",
	    HEAD "ipv4 table t; protocol static s { ipv4 { table t; }; route 10.0.0.0/8 "
		 "blackhole; }",
	    "change s 64;", 0 },
	{ "table of a direct protocol", HEAD "ipv4 table t; protocol direct s { ipv4; }",
	    HEAD "ipv4 table t; protocol direct s { ipv4 { table t; }; }", "change s 64;",
	    0 },
	{ "tables of a pipe",
	    HEAD "ipv4 table t; ipv4 table u; protocol pipe s { table t; peer table "
		 "master4; }",
	    HEAD "ipv4 table t; ipv4 table u; protocol pipe s { table t; peer table u; }",
	    "change s 64;", 0 },
	{ "disabled", HEAD A("", ""), HEAD A("disabled;", ""), "restart a 32;", 1 },
	{ "router id", HEAD B, "router id 192.0.2.2; " B, "restart b 32;", 1 },
	{ "template inlined",
	    HEAD "template bgp t { local 10.0.0.1 as 1; ipv4; }"
		 "protocol bgp b from t { neighbor 10.0.0.3 as 1; }",
	    HEAD B, "", 0 },
	{ "static route added", HEAD S("route 10.0.0.0/8 blackhole;"),
	    HEAD S("route 10.0.0.0/8 blackhole; route 10.0.0.0/9 blackhole;"),
	    "change s 1;", 0 },
	{ "static route with another body",
	    HEAD S("route 10.0.0.0/8 blackhole { bgp_med = 1; };"),
	    HEAD S("route 10.0.0.0/8 blackhole { bgp_med = 2; };"), "change s 1;", 0 },
	{ "renamed", HEAD NAMED("a", "10.0.0.2") B, HEAD NAMED("z", "10.0.0.2") B,
	    "change z 1;", 0 },
	{ "renamed, and another option", HEAD NAMED("a", "10.0.0.2"),
	    HEAD NAMED("z", "10.0.0.2 port 9"), "change z 17;", 0 },
	{ "two change names", HEAD NAMED("a", "10.0.0.2") NAMED("c", "10.0.0.4"),
	    HEAD NAMED("c", "10.0.0.2") NAMED("a", "10.0.0.4"),
	    "restart c 32;restart a 32;", 2 },
	{ "renamed in a circle with a new one", HEAD NAMED("a", "10.0.0.2") B,
	    HEAD NAMED("z", "10.0.0.9") B NAMED("y", "10.0.0.2"), "change y 1;add z 0;",
	    0 },
	{ "renamed, and what the session cannot live with",
	    HEAD "protocol bgp a { local 10.0.0.1 as 1; neighbor 10.0.0.2 as 1; ipv4; }",
	    HEAD "protocol bgp z { local 10.0.0.1 as 1; neighbor 10.0.0.2 as 2;"
		 " ipv4 { import all; export all; }; }",
	    "remove a 0;add z 0;", 1 },
	{ "type changed", HEAD A("", ""), HEAD "protocol static a { ipv4; }",
	    "restart a 32;", 1 },
	{ "remove, restart, change, add", HEAD B A("", "") S("") "protocol device e { }",
	    HEAD S("route 10.0.0.0/8 blackhole;") "protocol device d { } " A(
		"local 10.0.0.7 as 1;", ""),
	    "remove b 0;remove e 0;restart a 32;change s 1;add d 0;", 2 },
};

static const struct model *
load(const char *text)
{
	struct load_result r = model_load_text("t", text, strlen(text));

	arena_free(r.arena);
	return r.model;
}

static void
steps_show(const struct plan *plan, char *buf, size_t size)
{
	const struct step *s;
	size_t len = 0;

	*buf = 0;
	for (s = plan->step; s < plan->step + plan->step_n; s++)
		len += (size_t)snprintf(buf + len, size - len, "%s %s %u;",
		    kinds[s->kind], s->new ? s->new->name : s->old->name, s->change);
}

static void
test_row(void **state)
{
	const struct row *row = *state;
	const struct model *old = load(row->old), *new = load(row->new);
	struct plan *plan;
	char buf[512];

	assert_non_null(old);
	assert_non_null(new);
	plan = plan_make(old, new);
	model_unref(old);
	model_unref(new);
	steps_show(plan, buf, sizeof(buf));
	assert_string_equal(buf, row->want);
	assert_int_equal(plan->sessions_dropped, row->dropped);
	plan_free(plan);
}

static void
test_reason(void **state)
{
	const struct model *old = load(HEAD A("password \"s3cret\";", ""));
	const struct model *new = load(
	    HEAD A("hold time 90; rr client; password \"other\";", "export none;"));
	struct plan *plan = plan_make(old, new);

	(void)state;
	assert_int_equal(plan->step_n, 1);
	assert_string_equal(plan->step[0].reason,
	    "export ACCEPT -> REJECT, next hop keep off -> ibgp, "
	    "rr client off -> on, hold time 240 -> 90, password");
	assert_int_equal(plan->step[0].channel_change[FAM_IP4], CHANGE_REEXPORT);
	plan_free(plan);
	model_unref(old);
	model_unref(new);
}

static void
test_items(void **state)
{
	const struct model *old = load(HEAD A("password \"s3cret\";", ""));
	const struct model *new = load(
	    HEAD A("password \"o\"; add paths;", "add paths;"));
	struct plan *plan;
	char buf[CHANGE_TEXT_MAX];

	(void)state;
	assert_null(new); /* add paths is the channel's */
	new = load(HEAD A("password \"other\"; rr client;", "add paths tx;"));
	plan = plan_make(old, new);
	assert_int_equal(plan->step[0].item_n, 4);
	assert_string_equal(plan->step[0].item[0].option, "next hop keep");
	assert_string_equal(plan->step[0].item[1].option, "add paths");
	assert_string_equal(plan->step[0].item[1].channel, "ipv4");
	assert_string_equal(plan->step[0].item[1].old, "off");
	assert_string_equal(plan->step[0].item[1].new, "tx");
	assert_null(plan->step[0].item[2].channel);
	assert_string_equal(change_format(plan->step[0].item[2].change, buf),
	    "re-decide, re-export");
	assert_string_equal(plan->step[0].item[3].option, "password");
	assert_null(plan->step[0].item[3].old);
	assert_int_equal(plan->sessions_kept, 1);
	assert_int_equal(plan->count[STEP_CHANGE], 1);
	plan_hasten(plan); /* add paths waits for an OPEN: now it has one */
	assert_int_equal(plan->step[0].kind, STEP_RESTART);
	assert_int_equal(plan->sessions_dropped, 1);
	assert_int_equal(plan->sessions_kept, 0);
	plan_free(plan);
	model_unref(old);
	model_unref(new);
}

static void
test_ends(void **state)
{
	const struct model *m = load(HEAD A("", "") B);
	struct plan *start = plan_make(NULL, m), *stop = plan_make(m, NULL);
	char buf[256];

	(void)state;
	steps_show(start, buf, sizeof(buf));
	assert_string_equal(buf, "add a 0;add b 0;");
	assert_true(start->global_changed);
	steps_show(stop, buf, sizeof(buf));
	assert_string_equal(buf, "remove a 0;remove b 0;");
	plan_free(start);
	plan_free(stop);
	plan_free(NULL);
	model_unref(m);
}

int
main(void)
{
	int failed;

	ADD_ROWS(rows, name, test_row);
	failed = tests_run("steps");
	ADD_TEST(test_reason);
	ADD_TEST(test_items);
	ADD_TEST(test_ends);
	return failed + tests_run("plan");
}
