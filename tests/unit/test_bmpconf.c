/*
 * The configuration of BMP: what a file says of stations, what is said of the file, and
 * what a change asks for.
 */
#include "test.h"

#include "base/arena.h"
#include "conf/model.h"

#define HEAD	"router id 1.1.1.1;\n"
#define STATION "station address ip 192.0.2.1 port 1790; "
#define BMP(x)	HEAD "protocol bmp m { " STATION x " }\n"
#define BGP(x)                                                                           \
	"protocol bgp b { local 10.0.0.1 as 1; neighbor 10.0.0.2 as 1; ipv4 { import "   \
	"all; "                                                                          \
	"export all; " x " }; }\n"
#define PRE "monitoring rib in pre_policy; "

static const struct row {
	const char *name, *text, *want; /* the first message; NULL: none */
} rows[] = {
	{ "no station", HEAD "protocol bmp m { }", "Station IP address not specified" },
	{ "no port", HEAD "protocol bmp m { station address ip 192.0.2.1; }",
	    "Station port number not specified" },
	{ "bad port", HEAD "protocol bmp m { station address ip 192.0.2.1 port 65536; }",
	    "Invalid BMP monitoring station port number" },
	{ "empty name", BMP("system name \"\";"), "String is empty" },
	{ "nothing behind", BMP(), NULL },
	{ "all behind the filter", BMP("monitoring rib in post_policy;") BGP(""), NULL },
	{ "an import table", BMP(PRE) BGP("import table on;"), NULL },
	{ "not asked for", BMP("monitoring rib in pre_policy off;") BGP(""), NULL },
	{ "no import table", BMP(PRE) BGP(""),
	    "m tells of routes before the import filter only where a channel has 'import "
	    "table on': channel ipv4 of b has not" },
	{ "nor behind it in the file", BGP("") BMP(PRE),
	    "m tells of routes before the import filter only where a channel has 'import "
	    "table on': channel ipv4 of b has not" },
};

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct load_result r = model_load_text("t", row->text, strlen(row->text));

	assert_int_equal(r.message_n, row->want != NULL);
	if (row->want)
		assert_string_equal(r.message[0].text, row->want);
	model_unref(r.model);
	arena_free(r.arena);
}

static const struct model *
load(const char *text)
{
	struct load_result r = model_load_text("t", text, strlen(text));

	assert_non_null(r.model);
	arena_free(r.arena);
	return r.model;
}

static void
test_fields(void **state)
{
	const struct model *m = load(
	    HEAD "template bmp t { station port 1790; system name \"rr\"; "
		 "monitoring rib in post_policy; tx buffer limit 7; }\n"
		 "protocol bmp a from t { station address ip 2001:db8::1; local address "
		 "2001:db8::2; "
		 "system description \"d\"; }\n"
		 "protocol bmp b { " STATION "}\n");
	const struct bmp_conf *a = &model_proto(m, "a")->bmp,
			      *b = &model_proto(m, "b")->bmp;
	char text[IP_TEXT_MAX];

	(void)state;
	assert_string_equal(ip_format(&a->station, text), "2001:db8::1");
	assert_string_equal(ip_format(&a->local, text), "2001:db8::2");
	assert_int_equal(a->port, 1790);
	assert_string_equal(a->name, "rr");
	assert_string_equal(a->description, "d");
	assert_true(a->post_policy && !a->pre_policy);
	assert_int_equal(a->tx_limit_mb, 7);
	assert_string_equal(b->name, "Not defined");
	assert_string_equal(b->description, "Not defined");
	assert_true(ip_is_none(&b->local) && !b->pre_policy && !b->post_policy);
	assert_int_equal(b->tx_limit_mb, 1024);
	model_unref(m);
}

static const struct change_row {
	const char *name, *old, *new;
	unsigned want; /* enum change; 0: no step */
} changes[] = {
	{ "nothing", BMP(), BMP(" tx buffer limit 1024;"), 0 },
	{ "limit", BMP(), BMP("tx buffer limit 5;"), CHANGE_LIVE },
	{ "name", BMP(), BMP("system name \"x\";"), CHANGE_RESTART },
	{ "description", BMP(), BMP("system description \"x\";"), CHANGE_RESTART },
	{ "pre-policy", BMP(), BMP(PRE), CHANGE_RESTART },
	{ "post-policy", BMP(), BMP("monitoring rib in post_policy;"), CHANGE_RESTART },
	{ "local address", BMP(), BMP("local address 10.0.0.1;"), CHANGE_RESTART },
	{ "address", BMP(),
	    HEAD "protocol bmp m { station address ip 192.0.2.2 port 1790; }\n",
	    CHANGE_RESTART },
	{ "port", BMP(), BMP("station port 1791;"), CHANGE_RESTART },
};

static void
test_change(void **state)
{
	const struct change_row *c = *state;
	const struct model *a = load(c->old), *b = load(c->new);
	struct plan *p = plan_make(a, b);

	assert_int_equal(p->step_n, c->want != 0);
	if (c->want)
		assert_int_equal(p->step[0].change, c->want);
	plan_free(p);
	model_unref(a);
	model_unref(b);
}

int
main(void)
{
	ADD_ROWS(rows, name, test_row);
	ADD_TEST(test_fields);
	ADD_ROWS(changes, name, test_change);
	return tests_run("bmpconf");
}
