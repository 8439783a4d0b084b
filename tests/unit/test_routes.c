/*
 * Static routes of large files: taken while the file is read they come out as they do
 * from the whole tree, with the same messages.
 */
#include "test.h"

#include <string.h>

#include "base/arena.h"
#include "conf/model.h"

#define HEAD "protocol device { }\nipv4 table t;\n"

static const struct row {
	const char *name, *text;
	const char *want; /* NULL: a model; else the first error */
} rows[] = {
	{ "plain", HEAD "protocol static st1 { ipv4 { table t; };\n"
	    "route 10.0.0.0/8 via 10.9.0.1;\nroute 10.0.0.0/8 via 10.9.0.1;\n"
	    "route 10.1.0.0/16 via 10.9.0.2;\nroute 9.0.0.0/8 blackhole;\n"
	    "route 10.0.0.0/8 via \"eth0\" weight 5 via 10.9.0.1%'eth1';\n}\n", NULL },
	{ "between others", HEAD "protocol static st1 { route 10.0.0.0/8 blackhole;\n"
	    "route 10.1.0.0/16 blackhole; check link; route 10.2.0.0/16 prohibit;\n"
	    "route 10.3.0.0/16 recursive 1.1.1.1 { bgp_med = 4; };\n"
	    "route 10.4.0.0/16 recursive 1.1.1.1; route 10.5.0.0/16 blackhole;\n"
	    "ipv4; route 10.6.0.0/16 blackhole; route 10.7.0.0/16 blackhole; }\n", NULL },
	{ "of a template", HEAD "template static x { ipv4; route 10.0.0.0/8 blackhole;\n"
	    "route 10.1.0.0/16 via 1.1.1.1; route 10.2.0.0/16 via 1.1.1.1; }\n"
	    "protocol static a from x { route 10.3.0.0/16 unreachable; };\n"
	    "protocol static st1 from x { route 10.4.0.0/16 unreachable;\n"
	    "route 10.5.0.0/16 unreachable; route 10.0.0.0/8 unreachable; };\n", NULL },
	{ "origins", "roa4 table r; protocol static st1 { roa4 { table r; };\n"
	    "route 10.0.0.0/8 max 16 as 5; route 10.0.0.0/8 max 16 as 6;\n"
	    "route 10.0.0.0/8 max 16 as 6; }\n", NULL },
	{ "numbers that are expressions", HEAD "protocol static st1 { ipv4;\n"
	    "route 10.0.0.0/8 via 10.9.0.1 weight 4;\n"
	    "route 10.1.0.0/16 via 10.9.0.1 weight (2 + 2);\n"
	    "route 10.2.0.0/16 via 10.9.0.1 weight 4; }\n", NULL },
	{ "of 1.6, found out behind", "protocol device { }\nprotocol static st1 {\n"
	    "route 10.0.0.0/8 multipath via 1.1.1.1 via 1.1.1.2;\n"
	    "route 10.1.0.0/16 multipath via 1.1.1.1 via 1.1.1.2;\nimport all;\n}\n"
	    "table more;\n", NULL },
	{ "an error in the third", HEAD "protocol static st1 { ipv4;\n"
	    "route 10.0.0.0/8 blackhole;\nroute 10.1.0.0/16 blackhole;\n"
	    "route 10.2.0.0/16 via 1.1.1.1 weight 999;\n}\n",
	    "6:38 Weight must be in range 1-256" },
	{ "nothing said in the second", HEAD "protocol static st1 { ipv4;\n"
	    "route 10.0.0.0/8 blackhole;\nroute 10.1.0.0/16 weight 3;\n}\n",
	    "5:19 syntax error, unexpected 'weight': no next hop before it" },
	{ "of the other family", HEAD "protocol static st1 { ipv4;\n"
	    "route 10.0.0.0/8 blackhole;\nroute 2001:db8::/32 blackhole;\n}\n",
	    "6:1 Route 2001:db8::/32 incompatible with channel type" },
	{ "in a protocol without routes", HEAD "protocol direct d1 { ipv4;\n"
	    "route 10.0.0.0/8 blackhole;\nroute 10.1.0.0/16 nonsense;\n}\n",
	    "4:6 syntax error, unexpected 'route'" },
};

static struct load_result
load(const char *text, bool forget)
{
	return model_load_text_as(
	    "t", text, strlen(text), (struct load_wish){ .forget = forget });
}

static void
compare_routes(const struct model *a, const struct model *b)
{
	for (unsigned k = 0; k < a->proto_n; k++) {
		const struct proto_conf *p = a->proto[k], *q = b->proto[k];

		assert_int_equal(p->route_n, q->route_n);
		for (unsigned i = 0; i < p->route_n; i++) {
			assert_true(net_equal(&p->route[i].net, &q->route[i].net));
			assert_int_equal(p->route[i].index, q->route[i].index);
			assert_true(static_route_same(&p->route[i], &q->route[i]));
		}
	}
}

static void
compare_messages(const struct load_result *a, const struct load_result *b)
{
	assert_int_equal(a->message_n, b->message_n);
	for (unsigned i = 0; i < a->message_n; i++) {
		assert_int_equal(a->message[i].line, b->message[i].line);
		assert_int_equal(a->message[i].col, b->message[i].col);
		assert_string_equal(a->message[i].text, b->message[i].text);
	}
}

static void
run_row(void **state)
{
	const struct row *row = *state;
	struct load_result a = load(row->text, false), b = load(row->text, true);
	char first[300];

	compare_messages(&a, &b);
	if (row->want) {
		assert_null(b.model);
		assert_true(b.message_n > 0);
		snprintf(first, sizeof(first), "%u:%u %s", b.message[0].line,
		    b.message[0].col, b.message[0].text);
		if (strncmp(first, row->want, strlen(row->want)) != 0)
			fail_msg("%s", first);
	} else {
		if (!a.model)
			fail_msg("%s", a.message[0].text);
		assert_non_null(b.model);
		compare_routes(a.model, b.model);
	}
	if (a.model)
		model_unref(a.model);
	if (b.model)
		model_unref(b.model);
	arena_free(a.arena);
	arena_free(b.arena);
}

/* 20,000 routes that say the same, or one of three things. */
static struct load_result
load_many(bool same)
{
	char *text = malloc(1 << 20), *p = text;
	struct load_result r;

	p += sprintf(p, HEAD "protocol static st1 { ipv4 { table t; };\n");
	for (unsigned i = 0; i < 20000; i++)
		p += sprintf(p, "route 10.%u.%u.0/24 via 10.0.0.%u;\n", i >> 8, i & 255,
		    same ? 1 : 1 + i % 3);
	sprintf(p, "}\n");
	r = load(text, true);
	free(text);
	assert_non_null(r.model);
	arena_free(r.arena);
	return r;
}

static void
test_shared(void **state)
{
	struct load_result r = load_many(false), one = load_many(true);
	const struct proto_conf *p = r.model->proto[1];

	(void)state;
	assert_int_equal(p->route_n, 20000);
	assert_ptr_equal(p->route[0].to, p->route[19998].to);
	assert_ptr_equal(p->route[1].to, p->route[19999].to);
	assert_ptr_not_equal(p->route[0].to, p->route[1].to);
	assert_int_equal(p->route[4].to->hop[0].hop.via.b[15], 2);
	/* no more than its network, place and what is shared for each route */
	assert_true(model_size(one.model) < 20000 * 56);
	model_unref(r.model);
	model_unref(one.model);
}

int
main(void)
{
	ADD_ROWS(rows, name, run_row);
	ADD_TEST(test_shared);
	return tests_run("routes");
}
