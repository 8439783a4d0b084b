/*
 * The text dialects, byte for byte: transcripts of the test's router, whose lines were
 * taken from BIRD 2.0.12 and 1.6.8 where both have the same configuration.
 */
#include "control/out.h"
#include "fake_daemon.h"
#include "test.h"
#include "transcript.h"

static void
dialect_2(void **state)
{
	(void)state;
	transcript_play("v2.txt", DIALECT_2);
}

static void
dialect_1(void **state)
{
	(void)state;
	transcript_play("v1.txt", DIALECT_1);
}

static void
errors_2(void **state)
{
	(void)state;
	transcript_play("errors2.txt", DIALECT_2);
}

static void
errors_1(void **state)
{
	(void)state;
	transcript_play("errors1.txt", DIALECT_1);
}

/* What every tool relies on: no line longer than 1022 bytes, none that looks like an end
 * but is none. */
static void
lines_are_safe(void **state)
{
	static const char *const commands[] = { "show route all", "show protocols all",
		"show status", "show symbols", "show route table all stats", "help" };
	struct fake fake;
	struct control *c;

	(void)state;
	fake_init(&fake);
	c = control_new(&fake_ops, &fake, DIALECT_2, false);
	session_read(c);
	for (unsigned i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		char *line = session_ask(c, commands[i]), *end;

		for (; (end = strchr(line, '\n')); line = end + 1) {
			assert_in_range(end - line, 1, 1022);
			if (line[0] != ' ' && line[4] == ' ')
				assert_string_equal(end, "\n");
			else
				assert_true(line[0] == ' ' || line[4] == '-');
		}
	}
	control_free(c);
	fake_fini(&fake);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dialect_2),
		cmocka_unit_test(dialect_1),
		cmocka_unit_test(errors_2),
		cmocka_unit_test(errors_1),
		cmocka_unit_test(lines_are_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
