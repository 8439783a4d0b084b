/*
 * mynahc: asks mynahd (or a BIRD) over its control socket.
 *
 *	mynahc show protocols      one command; the exit status says whether it went well
 *	mynahc                     interactive: editing, history, TAB, `?`, paging
 *	mynahc < file              commands line by line
 *
 * The client knows the commands: it writes out abbreviations and sends whole words.
 */
#include <errno.h>
#include <getopt.h>
#include <histedit.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "base/mem.h"
#include "client/expand.h"
#include "client/link.h"
#include "control/command.h"
#include "control/version.h"

#ifndef RUNSTATEDIR
#define RUNSTATEDIR "/run"
#endif
#define SOCKET_NAME "bird.ctl" /* mynahd's default, where BIRD's tools look for it */
#define SOCKET_PATH RUNSTATEDIR "/bird/" SOCKET_NAME
#define PROMPT "mynah> "
#define LINE_SIZE 4096
#define CODE_DROPS 26 /* of `plan`: well, but sessions would drop */

static struct {
	struct link *link;
	bool verbose, json, interactive;
	bool quiet;         /* the greeting is not shown */
	unsigned last_code; /* of the last reply */
	unsigned rows, row; /* paging: of the screen, printed since the last stop */
	bool skip;          /* the rest of this reply */
} client;

/*
 * Output.
 */
static int
read_key(void)
{
	struct termios old, raw;
	unsigned char key = 'q';

	if (tcgetattr(STDIN_FILENO, &old) < 0)
		return 'q';
	raw = old;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	if (read(STDIN_FILENO, &key, 1) != 1)
		key = 'q';
	tcsetattr(STDIN_FILENO, TCSANOW, &old);
	return key;
}

/* A screenful is out: a page more, a line more, or no more of this reply. */
static void
page_stop(void)
{
	int key;

	fputs("--More--\r", stdout);
	fflush(stdout);
	key = read_key();
	fputs("        \r", stdout);
	client.row = key == '\n' || key == '\r' ? client.rows - 1 : 0;
	client.skip = key == 'q';
}

static void
print_line(const char *head, const char *text)
{
	if (client.skip)
		return;
	if (client.interactive && client.rows > 2 && client.row >= client.rows - 1)
		page_stop();
	if (!client.skip)
		printf("%s%s\n", head, text);
	client.row++;
}

/*
 * `configure -`, `plan -`: the configuration comes from the standard input.  The command
 * says how long it is and the text follows the line.
 */
static char *input_text; /* or NULL */
static size_t input_len;

static bool
input_read(void)
{
	size_t size = 64 * 1024, n;

	input_text = mem_alloc(size);
	while ((n = fread(input_text + input_len, 1, size - input_len, stdin)) > 0) {
		input_len += n;
		if (input_len > CONTROL_TEXT_MAX)
			return false;
		if (input_len < size)
			continue;
		size *= 2;
		input_text = mem_realloc(input_text, size);
	}
	return true;
}

/* In JSON mode only the document goes to the output; what else is said is an error. */
static void
print_json(const struct reply_line *r, unsigned code)
{
	if (r->kind == LINE_ASYNC)
		return;
	if (code == 1100 && !r->final)
		printf("%s\n", r->text);
	else if (r->final && code >= 8000)
		fprintf(stderr, "%s\n", r->text);
}

/* Shows a line; true when it ends a reply. */
static bool
show_line(char *line)
{
	static unsigned code;
	struct reply_line r = reply_parse(line);

	if (r.kind == LINE_CODE)
		code = r.code;
	if (client.json)
		print_json(&r, code);
	else if (r.kind == LINE_ASYNC)
		print_line(">>> ", r.text);
	else if (r.kind == LINE_SAME)
		print_line(client.verbose ? "     " : "", r.text);
	else if (r.kind == LINE_ODD)
		print_line("??? ", line);
	else if (r.code && !client.quiet)
		print_line("", client.verbose ? line : r.text);
	if (r.kind != LINE_CODE || !r.final)
		return false;
	client.last_code = r.code;
	return true;
}

static void
server_gone(void)
{
	fputs("Connection closed by server\n", stderr);
	exit(1);
}

static void
wait_reply(void)
{
	char *line;

	client.row = 0;
	client.skip = false;
	for (;;) {
		while ((line = link_line(client.link)))
			if (show_line(line)) {
				fflush(stdout);
				return;
			}
		if (!link_read(client.link)) {
			fflush(stdout);
			server_gone();
		}
	}
}

static void
ask(const char *command)
{
	if (!link_send(client.link, command) ||
	    (input_text && !link_send_bytes(client.link, input_text, input_len)))
		server_gone();
	mem_free(input_text);
	input_text = NULL;
	wait_reply();
}

/*
 * Commands.
 */
static void
print_use(void *ctx, const char *use, const char *help)
{
	(void)ctx;
	printf("%-45s  %s\n", use, help);
}

static bool
expand(const char *line, char *out, size_t size)
{
	char word[128], typed[256];
	const char *rest;

	switch (command_expand(line, out, size, &rest)) {
	case EXPAND_OK:
		return true;
	case EXPAND_AMBIGUOUS:
		puts("Ambiguous command, possible expansions are:");
		snprintf(word, sizeof(word), "%s", rest);
		word[strcspn(word, " \t")] = 0;
		snprintf(
		    typed, sizeof(typed), "%.100s%s%s", out, out[0] ? " " : "", word);
		command_list(typed, print_use, NULL);
		return false;
	case EXPAND_UNKNOWN:
		break;
	}
	puts("No such command. Press `?' for help.");
	return false;
}

/* False: the user wants to leave. */
static bool
run_line(const char *line)
{
	char words[LINE_SIZE + 128], command[LINE_SIZE + 136];
	bool json = client.json;

	line += strspn(line, " \t");
	if (!*line)
		return true;
	if (!strncmp(line, "json ", 5)) {
		client.json = true;
		line += 5;
	}
	client.last_code = 9001; /* what is not sent has failed */
	if (expand(line, words, sizeof(words))) {
		client.last_code = 0;
		if (!strcmp(words, "quit") || !strcmp(words, "exit"))
			return false;
		if (!strncmp(words, "help", 4) && (!words[4] || words[4] == ' ')) {
			puts("Press `?' for context sensitive help.");
		} else {
			snprintf(command, sizeof(command), "%s%s",
			    client.json ? "json " : "", words);
			ask(command);
		}
	}
	client.json = json;
	return true;
}

/*
 * Interactive use: libedit, with the socket watched beside the keyboard.
 */
static char *
prompt(EditLine *el)
{
	static char text[] = PROMPT;

	(void)el;
	return text;
}

static int
get_key(EditLine *el, wchar_t *out)
{
	struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = link_fd(client.link), .events = POLLIN } };
	unsigned char byte;
	char *line;

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return -1;
		if (fds[1].revents) {
			if (!link_read(client.link)) {
				putchar('\n');
				el_end(el);
				server_gone();
			}
			putchar('\r');
			while ((line = link_line(client.link)))
				show_line(line);
			el_set(el, EL_REFRESH);
		}
		if (fds[0].revents)
			break;
	}
	if (read(STDIN_FILENO, &byte, 1) != 1)
		return 0;
	*out = byte;
	return 1;
}

/* What stands before the cursor. */
static void
typed_text(EditLine *el, char *buf, size_t size)
{
	const LineInfo *li = el_line(el);

	snprintf(buf, size, "%.*s", (int)(li->cursor - li->buffer), li->buffer);
}

static unsigned char
on_question(EditLine *el, int ch)
{
	char typed[LINE_SIZE], question[2] = "?";

	(void)ch;
	typed_text(el, typed, sizeof(typed));
	if (strchr(typed, '"')) { /* a pattern or a message */
		el_insertstr(el, question);
		return CC_REFRESH;
	}
	puts("?");
	command_list(typed, print_use, NULL);
	return CC_REDISPLAY;
}

static unsigned char
on_tab(EditLine *el, int ch)
{
	static char before[LINE_SIZE];
	char typed[LINE_SIZE], more[LINE_SIZE];

	(void)ch;
	typed_text(el, typed, sizeof(typed));
	command_complete(typed, more, sizeof(more));
	if (more[0]) {
		el_insertstr(el, more);
		before[0] = 0;
		return CC_REFRESH;
	}
	if (strcmp(before, typed) != 0) { /* the list comes with the second TAB */
		snprintf(before, sizeof(before), "%s", typed);
		return CC_REFRESH_BEEP;
	}
	putchar('\n');
	command_list(typed, print_use, NULL);
	return CC_REDISPLAY;
}

static EditLine *
editor_new(History *past)
{
	EditLine *el = el_init("mynahc", stdin, stdout, stderr);

	if (!el)
		return NULL;
	el_set(el, EL_PROMPT, prompt);
	el_set(el, EL_EDITOR, "emacs");
	el_set(el, EL_HIST, history, past);
	el_set(el, EL_GETCFN, get_key);
	el_set(el, EL_ADDFN, "mynah-help", "list commands", on_question);
	el_set(el, EL_ADDFN, "mynah-complete", "complete a command", on_tab);
	el_source(el, NULL);
	el_set(el, EL_BIND, "?", "mynah-help", NULL);
	el_set(el, EL_BIND, "\t", "mynah-complete", NULL);
	return el;
}

static const char *
history_path(char *buf, size_t size)
{
	const char *home = getenv("HOME");

	snprintf(buf, size, "%s/.mynahc_history", home ? home : ".");
	return buf;
}

static void
interactive(void)
{
	History *past = history_init();
	EditLine *el = editor_new(past);
	char path[512], text[LINE_SIZE];
	const char *line;
	struct winsize ws;
	HistEvent ev;
	int n;

	if (!el || !past)
		exit(1);
	history(past, &ev, H_SETSIZE, 500);
	history(past, &ev, H_SETUNIQUE, 1);
	history(past, &ev, H_LOAD, history_path(path, sizeof(path)));
	while ((line = el_gets(el, &n)) && n > 0) {
		snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\n"), line);
		if (text[strspn(text, " \t")])
			history(past, &ev, H_ENTER, text);
		client.rows = ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 ? ws.ws_row : 0;
		if (!run_line(text))
			break;
	}
	history(past, &ev, H_SAVE, path);
	history_end(past);
	el_end(el);
}

static void
from_input(void)
{
	char line[LINE_SIZE];

	for (;;) {
		if (!client.json)
			fputs(PROMPT, stdout);
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			break;
		line[strcspn(line, "\r\n")] = 0;
		if (!run_line(line))
			return;
	}
	if (!client.json)
		putchar('\n');
}

/*
 * Start.
 */
static void
usage(void)
{
	fputs("Usage: mynahc [-s <control-socket>] [-v] [-r] [-l] [--json] [<command>]\n",
	    stderr);
	exit(1);
}

/* The arguments of the shell as words of a command: `-` is the standard input, and behind
 * `plan` stands a file of ours, wherever the daemon runs. */
static const char *
arg_word(char **argv, int i, char *buf, size_t size)
{
	char path[PATH_MAX];

	if (i > 0 && strcmp(argv[i], "-") == 0 && !input_text) {
		if (!input_read()) {
			fputs("Configuration too long\n", stderr);
			return NULL;
		}
		snprintf(buf, size, "text %zu", input_len);
		return buf;
	}
	if (i != 1 || strcmp(argv[0], "plan") != 0 || argv[i][0] == '"')
		return argv[i];
	if (!realpath(argv[i], path)) {
		fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
		return NULL;
	}
	snprintf(buf, size, "\"%s\"", path);
	return buf;
}

/* The exit status: 0, 1 after an error, 2 when a plan would drop sessions. */
static int
run_args(int argc, char **argv)
{
	char line[LINE_SIZE] = "", word[PATH_MAX + 2];
	size_t len = 0;

	for (int i = 0; i < argc; i++) {
		const char *arg = arg_word(argv, i, word, sizeof(word));
		int n = arg ? snprintf(line + len, sizeof(line) - len, "%s%s",
				  i ? " " : "", arg)
			    : 0;

		if (!arg)
			return 1;
		if (n < 0 || (size_t)n >= sizeof(line) - len) {
			fputs("Command too long\n", stderr);
			return 1;
		}
		len += (size_t)n;
	}
	run_line(line);
	if (client.last_code == CODE_DROPS)
		return 2;
	return client.last_code >= 8000;
}

static void
greet(bool restricted)
{
	client.quiet = client.json;
	wait_reply();
	if (restricted)
		ask("restrict");
	client.quiet = false;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' },
		{ "version", no_argument, NULL, 'V' }, { NULL, 0, NULL, 0 } };
	const char *path = SOCKET_PATH;
	bool restricted = false;
	int o, status = 0;

	while ((o = getopt_long(argc, argv, "+s:vrl", options, NULL)) != -1) {
		if (o == 's')
			path = optarg;
		else if (o == 'v')
			client.verbose = true;
		else if (o == 'r')
			restricted = true;
		else if (o == 'l')
			path = SOCKET_NAME;
		else if (o == 'j')
			client.json = true;
		else if (o == 'V')
			return puts("mynahc " PACKAGE_VERSION), 0;
		else
			usage();
	}
	client.link = link_open(path);
	if (!client.link) {
		fprintf(stderr, "Unable to connect to server control socket (%s): %s\n",
		    path, strerror(errno));
		return 1;
	}
	greet(restricted);
	client.interactive =
	    optind == argc && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (optind < argc)
		status = run_args(argc - optind, argv + optind);
	else if (client.interactive)
		interactive();
	else
		from_input();
	link_close(client.link);
	return status;
}
