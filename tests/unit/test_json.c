/*
 * JSON: every answer is one array behind 1100 lines, whatever was asked.
 */
#include <jansson.h>
#include "fake_daemon.h"
#include "test.h"
#include "transcript.h"

static struct fake fake;
static struct control *session;

static int
setup(void **state)
{
	(void)state;
	fake_init(&fake);
	session = control_new(&fake_ops, &fake, DIALECT_2, false);
	session_read(session);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	control_free(session);
	fake_fini(&fake);
	return 0;
}

/* The document of the reply; its last line goes to *code. */
static json_t *
ask(const char *command, unsigned *code)
{
	char *line = session_ask(session, command), *end,
	     *doc = calloc(1, strlen(line) + 1);
	json_error_t error;
	json_t *v;

	*code = 9999;
	for (; (end = strchr(line, '\n')); line = end + 1) {
		*end = 0;
		assert_int_equal(*code, 9999);
		if (line[0] == ' ')
			strcat(doc, line + 1);
		else if (!strncmp(line, "1100-", 5))
			strcat(doc, line + 5);
		else
			*code = (unsigned)atoi(line);
	}
	v = json_loads(doc, 0, &error);
	if (!v)
		fail_msg("%s: %s", command, error.text);
	assert_true(json_is_array(v));
	free(doc);
	return v;
}

static const struct {
	const char *command;
	unsigned code;
	size_t elements;
} rows[] = {
	{ "json show status", 0, 1 },
	{ "json show protocols", 0, 11 },
	{ "json show protocols all", 0, 11 },
	{ "json show protocols all b1", 0, 1 },
	{ "json show protocols \"zz\"", 8003, 1 },
	{ "json show route", 0, 11 },
	{ "json show route all", 0, 11 },
	{ "json show route table all all stats", 0, 15 },
	{ "json show route count", 0, 2 },
	{ "json show route for 8.8.8.8", 8001, 1 },
	{ "json show route in 203.0.113.0/24", 0, 0 },
	{ "json show symbols", 0, 9 },
	{ "json show symbols b1", 1010, 1 },
	{ "json show memory", 0, 1 },
	{ "json show static", 0, 6 },
	{ "json show update groups", 0, 2 },
	{ "json configure", 3, 2 },
	{ "json disable b1", 0, 1 },
	{ "json bogus", 9001, 1 },
	{ "json", 9001, 1 },
	{ "json eval 1+2", 23, 1 },
	{ "json test filter rej113 route 192.0.2.0/24", 0, 1 },
	{ "json test filter rej113 route 9.9.9.0/24 table master4", 8001, 1 },
	{ "json test filter foo route 192.0.2.0/24", 9001, 1 },
};

static void
documents(void **state)
{
	unsigned code;
	json_t *v;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		v = ask(rows[i].command, &code);
		assert_int_equal(code, rows[i].code);
		assert_int_equal(json_array_size(v), rows[i].elements);
		json_decref(v);
	}
}

static void
interfaces(void **state)
{
	unsigned code;
	json_t *v = ask("json show interfaces", &code);

	(void)state;
	assert_int_equal(code, 0);
	json_decref(v);
}

static const char *
text_at(json_t *v, size_t i, const char *key)
{
	return json_string_value(json_object_get(json_array_get(v, i), key));
}

static void
protocol_fields(void **state)
{
	unsigned code;
	json_t *v = ask("json show protocols all b1", &code), *o = json_array_get(v, 0),
	       *ch;

	(void)state;
	assert_string_equal(text_at(v, 0, "name"), "b1");
	assert_string_equal(text_at(v, 0, "bgp_state"), "Established");
	assert_string_equal(text_at(v, 0, "neighbor_address"), "10.1.1.2");
	assert_int_equal(json_integer_value(json_object_get(o, "hold_left_ms")), 229767);
	ch = json_array_get(json_object_get(o, "channels"), 1);
	assert_string_equal(json_string_value(json_object_get(ch, "family")), "ipv6");
	json_decref(v);
}

static void
route_fields(void **state)
{
	unsigned code;
	json_t *v = ask("json show route 192.0.2.0/24 all", &code);
	json_t *a = json_object_get(json_array_get(v, 0), "attributes");

	(void)state;
	assert_string_equal(text_at(v, 0, "network"), "192.0.2.0/24");
	assert_string_equal(text_at(v, 0, "table"), "master4");
	assert_string_equal(
	    json_string_value(json_object_get(a, "as_path")), "65001 64999");
	assert_int_equal(json_integer_value(json_object_get(a, "med")), 50);
	assert_int_equal(json_array_size(json_object_get(a, "community")), 3);
	assert_string_equal(json_string_value(json_object_get(a, "attr_99")), "010203");
	json_decref(v);
}

/* A text command behind a JSON one is text again. */
static void
form_is_of_one_command(void **state)
{
	unsigned code;

	(void)state;
	json_decref(ask("json show symbols b1", &code));
	assert_string_equal(
	    session_ask(session, "show symbols b1"), "1010 b1      \tprotocol\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents),
		cmocka_unit_test(interfaces),
		cmocka_unit_test(protocol_fields),
		cmocka_unit_test(route_fields),
		cmocka_unit_test(form_is_of_one_command),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
