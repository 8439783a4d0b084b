#include "transcript.h"
#include "fake_daemon.h"
#include "test.h"

static char reply[4 << 20];

char *
session_read(struct control *c)
{
	size_t len = 0;
	const char *data;

	for (;;) {
		size_t n = control_output(c, &data);

		if (!n || len + n >= sizeof(reply))
			break;
		memcpy(reply + len, data, n);
		len += n;
		control_sent(c, n);
	}
	reply[len] = 0;
	return reply;
}

char *
session_ask(struct control *c, const char *command)
{
	control_input(c, command, strlen(command));
	control_input(c, "\n", 1);
	return session_read(c);
}

static FILE *
open_file(const char *name, const char *mode)
{
	const char *dir = getenv("srcdir");
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/unit/control/%s", dir ? dir : ".", name);
	f = fopen(path, mode);
	if (!f)
		fail_msg("%s: cannot be opened", path);
	return f;
}

static void
record(const char *name, const char *text, size_t len)
{
	FILE *f = open_file(name, "w");

	fwrite(text, 1, len, f);
	fclose(f);
}

/* Appends what a session says to the commands of the wanted transcript. */
static size_t
play(struct control *c, FILE *wanted, char *got, size_t size)
{
	char line[8192];
	size_t len = (size_t)snprintf(got, size, "%s", session_read(c));

	while (fgets(line, sizeof(line), wanted)) {
		if (strncmp(line, ">>> ", 4) != 0)
			continue;
		line[strcspn(line, "\n")] = 0;
		len += (size_t)snprintf(
		    got + len, size - len, "%s\n%s", line, session_ask(c, line + 4));
	}
	return len;
}

void
transcript_play(const char *name, enum dialect dialect)
{
	static char got[1 << 20], want[1 << 20];
	FILE *f = open_file(name, "r");
	struct fake fake;
	struct control *c;
	size_t len;

	setenv("TZ", "UTC", 1);
	fake_init(&fake);
	c = control_new(&fake_ops, &fake, dialect, false);
	len = play(c, f, got, sizeof(got));
	rewind(f);
	want[fread(want, 1, sizeof(want) - 1, f)] = 0;
	fclose(f);
	control_free(c);
	fake_fini(&fake);
	if (getenv("CONTROL_RECORD"))
		record(name, got, len);
	else
		assert_string_equal(got, want);
}
