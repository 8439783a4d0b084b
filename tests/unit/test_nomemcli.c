/*
 * Commands answered while memory fails.
 */
#include "nomem.h"

#ifdef NOMEM
#include "fake_daemon.h"
#include "transcript.h"

static void
answer(void)
{
	static const char *const commands[] = { "show status", "show protocols all",
		"show route all", "show memory", "show route where net ~ [ 10.0.0.0/8+ ]",
		"eval 2 + 3", "show interfaces", "nonsense", "json show protocols all",
		"json show route all", "json show status", "configure check" };
	struct control *c;
	struct fake fake;

	fake_init(&fake);
	c = fake.control = control_new(&fake_ops, &fake, DIALECT_2, false);
	session_read(c);
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		session_ask(c, commands[i]);
	control_free(c);
	fake_fini(&fake);
}

static const struct nomem_row rows[] = {
	{ "commands are answered", answer },
};
#endif

int
main(void)
{
#ifdef NOMEM
	ADD_ROWS(rows, name, nomem_run);
	return tests_run("nomemcli");
#else
	return 77;
#endif
}
