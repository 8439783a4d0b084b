/*
 * Sessions: framing, input in any pieces, bounds, slices, late answers, what is asked of
 * the daemon; and the client's expansion.
 */
#include "client/expand.h"
#include "control/commands.h"
#include "control/out.h"
#include "fake_daemon.h"
#include "test.h"
#include "transcript.h"

struct session {
	struct fake fake;
	struct control *c;
};

static int
open_session(void **state)
{
	struct session *s = calloc(1, sizeof(*s));

	setenv("TZ", "UTC", 1);
	fake_init(&s->fake);
	s->c = control_new(&fake_ops, &s->fake, DIALECT_2, false);
	*state = s;
	return 0;
}

static int
close_session(void **state)
{
	struct session *s = *state;

	control_free(s->c);
	fake_fini(&s->fake);
	free(s);
	return 0;
}

static void
greeting_is_unasked(void **state)
{
	struct session *s = *state;

	assert_string_equal(session_read(s->c), "0001 BIRD 2.0.12 ready.\n");
	assert_true(control_is_idle(s->c));
}

static const char reply_eval[] = "0023 3\n";

static void
input_in_any_pieces(void **state)
{
	static const char *const pieces[] = { "eval 1+2\n", "eval 1+2\r\n",
		"\teval\t 1+2 # x\n" };
	struct session *s = *state;

	session_read(s->c);
	for (unsigned i = 0; i < 3; i++) {
		for (const char *p = pieces[i]; *p; p++) {
			assert_true(control_input(s->c, p, 1));
			assert_string_equal(session_read(s->c), p[1] ? "" : reply_eval);
		}
	}
}

static void
pipelined_commands(void **state)
{
	struct session *s = *state;

	session_read(s->c);
	assert_string_equal(session_ask(s->c, "eval 1+2\neval 1+2\nfoo\neval 1+2"),
	    "0023 3\n0023 3\n9001 syntax error, unexpected CF_SYM_UNDEFINED\n0023 3\n");
}

/* What is described becomes statements; each stored route is tried. */
static const struct {
	const char *command, *reply, *body;
} trials[] = {
	{ "test filter rej113 route 198.51.100.0/24",
	    "1028-198.51.100.0/24: rejected at bird.conf:7\n \tprint: hello\n"
	    " \tbgp_med: not set -> 5\n0000 \n",
	    "filter { }" },
	{ "test filter rej113 route 198.51.100.0/24 bgp_path 1 2 bgp_med 1 + 2 protocol "
	  "b1",
	    "1028-198.51.100.0/24 [b1]: rejected at bird.conf:7\n \tprint: hello\n"
	    " \tbgp_med: not set -> 5\n0000 \n",
	    "filter { bgp_path = +empty+; bgp_path.prepend(2); bgp_path.prepend(1); "
	    "bgp_med = 1 + 2; }" },
	{ "test filter rej113 route 198.51.100.0/24 bgp_community (1,2) (3,4) "
	  "bgp_path prepend(+empty+, 7) bgp_ext_community (rt,1,(2)) from 10.0.0.1",
	    NULL,
	    "filter { bgp_community.add((1,2)); bgp_community.add((3,4)); "
	    "bgp_path = prepend(+empty+, 7); bgp_ext_community.add((rt,1,(2))); "
	    "from = 10.0.0.1; }" },
	{ "test filter rej113 route 198.51.100.0/24 bgp_med }",
	    "9001 syntax error, unexpected '}'\n", NULL },
	{ "test filter rej113 route 198.51.100.0/24 bgp_med",
	    "9001 syntax error, unexpected END\n", NULL },
	{ "test filter rej113 route 198.51.100.0/24 (1,2)",
	    "9001 syntax error, unexpected '('\n", NULL },
	{ "test filter rej113 route 198.51.100.0/24 protocol zz",
	    "9001 syntax error, unexpected CF_SYM_UNDEFINED, expecting CF_SYM_KNOWN\n",
	    NULL },
	{ "test filter rej113 route 9.9.9.0/24 table master4", "8001 Network not found\n",
	    NULL },
	{ "test filter rej113 route 2001:db8::/32 table master4",
	    "9001 Incompatible type of prefix/ip for table master4\n", NULL },
	{ "test filter rej113 route", "9001 syntax error, unexpected END\n", NULL },
	{ "test filter rej113", "9001 syntax error, unexpected END, expecting ROUTE\n",
	    NULL },
	{ "test filter foo route 192.0.2.0/24",
	    "9001 syntax error, unexpected CF_SYM_UNDEFINED\n", NULL },
	{ "test filter", "9001 syntax error, unexpected END\n", NULL },
	{ "test filter rej113 route 192.0.2.0/24 table master4", NULL, "stored" },
};

static void
dry_runs(void **state)
{
	struct session *s = *state;

	for (size_t i = 0; i < sizeof(trials) / sizeof(*trials); i++) {
		const char *reply;

		session_read(s->c);
		reply = session_ask(s->c, trials[i].command);
		if (trials[i].reply)
			assert_string_equal(reply, trials[i].reply);
		else
			assert_non_null(strstr(reply, "at bird.conf:7\n"));
		if (trials[i].body)
			assert_string_equal(s->fake.last, trials[i].body);
	}
}

static void
zero_bytes_are_no_end(void **state)
{
	struct session *s = *state;

	session_read(s->c);
	control_input(s->c, "eval 1+2\0\n", 10);
	assert_string_equal(session_read(s->c), "9001 Unknown character\n");
}

static void
too_long(void **state)
{
	struct session *s = *state;
	char line[5000];

	session_read(s->c);
	memset(line, ' ', sizeof(line));
	memcpy(line, "eval 1+2", 8);
	line[8] = '#';
	line[4095] = '\n';
	assert_true(control_input(s->c, line, 4096));
	assert_string_equal(session_read(s->c), reply_eval);
	line[4095] = ' ';
	assert_false(control_input(s->c, line, 4096));
	assert_string_equal(session_read(s->c), "9000 Command too long\n");
	assert_false(control_input(s->c, "\neval 1+2\n", 10));
	assert_string_equal(session_read(s->c), "");
}

/* A client that never reads costs a buffer, however much it asks for. */
static void
unread_output_is_bounded(void **state)
{
	struct session *s = *state;
	const char *data;
	unsigned asked;

	s->fake.endless = true;
	control_input(s->c, "show route all\n", 15);
	assert_in_range(control_output(s->c, &data), OUT_HIGH, OUT_HIGH + 20000);
	asked = s->fake.asked;
	for (unsigned i = 0; i < 1000; i++)
		control_input(s->c, "show route all\n", 15);
	assert_int_equal(s->fake.asked, asked);
	assert_in_range(control_output(s->c, &data), OUT_HIGH, OUT_HIGH + 20000);
	assert_false(control_is_full(s->c));
	for (unsigned i = 0; i < 1000; i++)
		control_input(s->c, "show route all\n", 15);
	assert_true(control_is_full(s->c));
	control_sent(s->c, 30000);
	assert_true(s->fake.asked > asked);
	for (unsigned i = 0; i < 100; i++)
		control_async(s->c, "log line");
	assert_in_range(control_output(s->c, &data), OUT_HIGH, OUT_HIGH + 30000);
}

static void
endless_input_ends(void **state)
{
	struct session *s = *state;
	bool open = true;
	unsigned n = 0;

	s->fake.late = true;
	control_input(s->c, "show route\n", 11);
	for (; open && n < 100000; n++)
		open = control_input(s->c, "show status\n", 12);
	assert_false(open);
	assert_in_range(n, 1000, 30000);
}

static void
on_output(void *ctx)
{
	++*(unsigned *)ctx;
}

static void
late_routes(void **state)
{
	struct session *s = *state;
	unsigned told = 0, n;

	session_read(s->c);
	s->fake.late = true;
	control_on_output(s->c, on_output, &told);
	assert_string_equal(session_ask(s->c, "show route table other4\neval 1+2"), "");
	assert_int_equal(s->fake.asked, 1);
	assert_false(control_is_idle(s->c));
	for (n = 0; s->fake.walks; n++)
		fake_answer(&s->fake);
	assert_int_equal(n, 13);
	assert_true(told > 0);
	assert_string_equal(session_read(s->c),
	    "1007-Table other4:\n"
	    " 192.0.2.0/24         unicast [b1 20:41:51.603] * (100) [AS64999i]\n"
	    " \tvia 10.1.1.2 on vAB\n0000 \n0023 3\n");
	assert_true(control_is_idle(s->c));
}

static void
free_while_walking(void **state)
{
	struct session *s = *state;

	s->fake.late = true;
	session_ask(s->c, "show route where true");
	assert_int_equal(s->fake.walks, 1);
}

static void
stopped_by_reconfiguration(void **state)
{
	struct session *s = *state;

	session_read(s->c);
	s->fake.late = true;
	session_ask(s->c, "show route");
	control_reply(s->c, 8004, true, "Stopped due to reconfiguration");
	assert_string_equal(session_read(s->c), "8004 Stopped due to reconfiguration\n");
	assert_int_equal(s->fake.walks, 0);
	assert_string_equal(session_ask(s->c, "eval 1+2"), reply_eval);
}

static void
late_configure(void **state)
{
	struct session *s = *state;

	session_read(s->c);
	s->fake.late = true;
	assert_string_equal(session_ask(s->c, "configure\neval 1+2"),
	    "0002-Reading configuration from A20.conf\n");
	control_reply(s->c, 8002, true, "A20.conf:3:1 syntax\nerror");
	assert_string_equal(
	    session_read(s->c), "8002 A20.conf:3:1 syntax error\n0023 3\n");
	control_reply(s->c, 3, true, "nobody asked");
	assert_string_equal(session_read(s->c), "");
}

/* A configuration as text: what follows the line, in whatever pieces it comes. */
static void
configure_text(void **state)
{
	static const char say[] = "configure text 11 timeout 9\neval 1\r\n2;\neval 1+2\n";
	struct session *s = *state;

	session_read(s->c);
	for (const char *p = say; *p; p++)
		assert_true(control_input(s->c, p, 1));
	assert_string_equal(s->fake.last, "configure 0 - 9 eval 1\r\n2;\n");
	assert_string_equal(session_read(s->c),
	    "0002-Reading configuration from A20.conf\n0022-Undo scheduled in 9 s\n"
	    "0003 Reconfigured\n0023 3\n");
	assert_true(control_input(s->c, say, sizeof(say) - 1));
	assert_string_equal(s->fake.last, "configure 0 - 9 eval 1\r\n2;\n");
	assert_true(control_is_idle(s->c));
	session_read(s->c);
	assert_true(control_input(s->c, "plan text 0\nplan text 9\nshort", 29));
	assert_string_equal(s->fake.last, "configure 3 - 0 ");
	assert_true(control_is_idle(s->c)); /* nothing comes of it without the rest */
}

/* Where the command is refused its text must not be read as commands. */
static void
configure_text_refused(void **state)
{
	struct session *s = *state;

	session_read(s->c);
	s->fake.last[0] = 0;
	assert_false(control_input(s->c, "configure text 5 bogus\ndown\n", 28));
	assert_string_equal(s->fake.last, "");
}

static void
configure_text_too_long(void **state)
{
	struct session *s = *state;

	session_read(s->c);
	assert_false(control_input(s->c, "plan text 67108865\ndown\n", 24));
	assert_string_equal(s->fake.last, "");
	assert_string_equal(session_read(s->c), "9001 Configuration too long\n");
}

static void
configure_text_denied(void **state)
{
	struct session *s = *state;

	session_ask(s->c, "restrict");
	assert_false(control_input(s->c, "configure text 5\ndown\n", 22));
	assert_string_equal(session_read(s->c), "8007 Access denied\n");
}

static void
notices_and_echo(void **state)
{
	struct session *s = *state;

	session_read(s->c);
	control_log(s->c, LOG_C_INFO, "not wanted");
	session_ask(s->c, "echo { info, error } 256");
	control_log(s->c, LOG_C_INFO, "b1: up");
	control_log(s->c, LOG_C_TRACE, "not wanted");
	control_async(s->c, "Config timeout expired, starting undo");
	assert_string_equal(
	    session_read(s->c), "+b1: up\n+Config timeout expired, starting undo\n");
}

static void
quit_closes(void **state)
{
	struct session *s = *state;

	session_read(s->c);
	assert_false(control_input(s->c, "quit\nshow status\n", 17));
	assert_string_equal(session_read(s->c), "0000 \n");
}

/* What a command asks of the daemon. */
static const struct {
	const char *command, *done;
} actions[] = {
	{ "configure \"x.conf\" timeout 7", "configure 0 x.conf 7" },
	{ "configure soft", "configure 1 - 0" },
	{ "configure soft timeout", "configure 1 - 300" },
	{ "configure check \"y\"", "configure 2 y 0" },
	{ "configure restart timeout 5", "configure 4 - 5" },
	{ "plan", "configure 3 - 0" },
	{ "plan \"z\"", "configure 3 z 0" },
	{ "enable b1", "0 b1 -" },
	{ "disable b1 \"going away\"", "1 b1 going away" },
	{ "restart all", "2 admdown -" },
	{ "reload \"b?\"", "3 b1 -" },
	{ "reload in b1", "4 b1 -" },
	{ "reload out 'b1'", "5 b1 -" },
	{ "debug b1 { states, packets }", "debug b1 33" },
	{ "debug all all", "debug admdown 63" },
	{ "debug all off", "debug admdown 0" },
	{ "down", "down" },
	{ "graceful restart", "graceful restart" },
	{ "show route where net ~ 10.0.0.0/8 all", "where net ~ 10.0.0.0/8" },
	{ "show route where bgp_path ~ [= 1 * =] count", "where bgp_path ~ [= 1 * =]" },
	{ "show route where (65001,1) ~ bgp_community table master4",
	    "where (65001,1) ~ bgp_community" },
	{ "show route all where is_bogon() protocol b1", "where is_bogon()" },
	{ "show route filter rej113 all", "filter rej113" },
	{ "show route filter { if true then { accept; } reject; } all",
	    "filter { if true then { accept; } reject; }" },
	{ "show route flow4 { dst 10.0.0.0/8; proto 6; } all",
	    "flow4 { dst 10.0.0.0/8; proto 6; }" },
	{ "show route all flow6 { }", "flow6 { }" },
	{ "show route for flow4 { }", "" },
};

static void
asks_the_daemon(void **state)
{
	struct session *s = *state;

	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		s->fake.last[0] = 0;
		session_ask(s->c, actions[i].command);
		assert_string_equal(s->fake.last, actions[i].done);
	}
}

static void
restricted_changes_nothing(void **state)
{
	struct session *s = *state;

	session_ask(s->c, "restrict");
	s->fake.last[0] = 0;
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (strncmp(actions[i].command, "show", 4) != 0)
			assert_string_equal(session_ask(s->c, actions[i].command),
			    "8007 Access denied\n");
	assert_string_equal(s->fake.last, "");
}

static void
born_restricted(void **state)
{
	struct session *s = *state;
	struct control *c = control_new(&fake_ops, &s->fake, DIALECT_2, true);

	session_read(c);
	assert_string_equal(session_ask(c, "configure"), "8007 Access denied\n");
	control_free(c);
}

/*
 * The client.
 */
static const struct {
	const char *line;
	enum expansion result;
	const char *words;
} expansions[] = {
	{ "sh pro", EXPAND_OK, "show protocols" },
	{ "  show   route all ", EXPAND_OK, "show route all " },
	{ "sh r 10.0.0.0/8", EXPAND_OK, "show route 10.0.0.0/8" },
	{ "show protocols a", EXPAND_OK, "show protocols all" },
	{ "conf ch \"x y\"", EXPAND_OK, "configure check \"x y\"" },
	{ "configure timeout", EXPAND_OK, "configure timeout" },
	{ "en b1", EXPAND_OK, "enable b1" },
	{ "deb b1 all", EXPAND_OK, "debug b1 all" },
	{ "de b1 all", EXPAND_OK, "debug b1 all" },
	{ "show roa as 5", EXPAND_OK, "show roa as 5" },
	{ "add roa 10.0.0.0/8 max 8 as 5", EXPAND_OK, "add roa 10.0.0.0/8 max 8 as 5" },
	{ "sho up gr", EXPAND_OK, "show update groups" },
	{ "sh sta", EXPAND_AMBIGUOUS, "show" },
	{ "d b1", EXPAND_AMBIGUOUS, "" },
	{ "show", EXPAND_UNKNOWN, NULL },
	{ "x", EXPAND_UNKNOWN, NULL },
	{ "", EXPAND_UNKNOWN, NULL },
};

static void
client_expands(void **state)
{
	char out[256];
	const char *rest;

	(void)state;
	for (size_t i = 0; i < sizeof(expansions) / sizeof(*expansions); i++) {
		assert_int_equal(
		    command_expand(expansions[i].line, out, sizeof(out), &rest),
		    expansions[i].result);
		if (expansions[i].words)
			assert_string_equal(out, expansions[i].words);
	}
}

static void
client_completes(void **state)
{
	static const char *const rows[][2] = { { "show pro", "tocols " }, { "sh", "ow " },
		{ "show s", "" }, { "show st", "at" }, { "gr", "aceful " }, { "xx", "" },
		{ "show protocols ", "all " }, { "re", "" } };
	char out[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		command_complete(rows[i][0], out, sizeof(out));
		assert_string_equal(out, rows[i][1]);
	}
}

#define SESSION_TEST(f) cmocka_unit_test_setup_teardown(f, open_session, close_session)

/* Whether each of the words stands in the line, in this order. */
static bool
line_has_words(const char *line, const char *words)
{
	char buf[128], *word, *rest = buf;

	snprintf(buf, sizeof(buf), "%s", words);
	while ((word = strsep(&rest, " "))) {
		line = strstr(line, word);
		if (!line)
			return false;
		line += strlen(word);
	}
	return true;
}

/* The manual page has an item for each command; groups are no commands of their own. */
static void
manual_has_all_commands(void **state)
{
#define ROW(words, args, help, restricted, handler) { words, args },
	static const struct {
		const char *words, *args;
	} rows[] = { COMMANDS(ROW) };
	const char *srcdir = getenv("srcdir");
	char path[512], *line = NULL;
	bool found[sizeof(rows) / sizeof(*rows)] = { false };
	size_t room = 0, i;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/doc/mynahc.8", srcdir ? srcdir : ".");
	f = fopen(path, "r");
	assert_non_null(f);
	while (getline(&line, &room, f) > 0)
		for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
			if (strncmp(line, ".It ", 4) == 0 &&
			    line_has_words(line, rows[i].words))
				found[i] = true;
	free(line);
	fclose(f);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!found[i] && strcmp(rows[i].args, "...") != 0)
			fail_msg("doc/mynahc.8 lacks `%s`", rows[i].words);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SESSION_TEST(greeting_is_unasked),
		SESSION_TEST(input_in_any_pieces),
		SESSION_TEST(pipelined_commands),
		SESSION_TEST(dry_runs),
		SESSION_TEST(zero_bytes_are_no_end),
		SESSION_TEST(too_long),
		SESSION_TEST(unread_output_is_bounded),
		SESSION_TEST(endless_input_ends),
		SESSION_TEST(late_routes),
		SESSION_TEST(free_while_walking),
		SESSION_TEST(stopped_by_reconfiguration),
		SESSION_TEST(late_configure),
		SESSION_TEST(configure_text),
		SESSION_TEST(configure_text_refused),
		SESSION_TEST(configure_text_too_long),
		SESSION_TEST(configure_text_denied),
		SESSION_TEST(notices_and_echo),
		SESSION_TEST(quit_closes),
		SESSION_TEST(asks_the_daemon),
		SESSION_TEST(restricted_changes_nothing),
		SESSION_TEST(born_restricted),
		cmocka_unit_test(client_expands),
		cmocka_unit_test(client_completes),
		cmocka_unit_test(manual_has_all_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
