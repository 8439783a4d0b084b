/*
 * A session on the control socket.
 *
 *	bytes -> lines -> tokens -> row of the table -> handler -> records -> renderer
 *
 * One command runs at a time; what comes behind it waits in the input buffer.  pump()
 * drives everything: it goes on while the output is short, be it with the next slice of
 * the running command or with the next line.  A command that waits for the daemon stops
 * it until one of the control_* answers comes.
 */
#include "control/session.h"

#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "control/commands.h"
#include "control/version.h"

COMMANDS(HANDLER_ROW)

#define ROW(words, args, help, changes, handler) { words, changes, handle_##handler },

static const struct command_row {
	const char *words;
	bool changes;
	void (*handle)(struct control *);
} rows[] = { COMMANDS(ROW) };

struct control *
control_new(
    const struct daemon_ops *ops, void *daemon, enum dialect dialect, bool restricted)
{
	struct control *c = MEM_NEW(struct control);

	json_use_mem();
	c->ops = ops;
	c->daemon = daemon;
	c->dialect = dialect;
	c->restricted = restricted;
	c->arena = arena_new();
	c->format_arena = arena_new();
	c->in_size = 512;
	c->in = mem_alloc(c->in_size);
	out_line(&c->out, 1, true, "%s ready.", control_version(c));
	return c;
}

static void
command_over(struct control *c)
{
	if (c->route.walk)
		c->ops->routes_close(c->daemon, c->route.walk);
	if (c->roa.walk)
		c->ops->roas_close(c->daemon, c->roa.walk);
	if (c->mrt)
		c->ops->mrt_cancel(c->daemon, c->mrt);
	c->mrt = NULL;
	memset(&c->roa, 0, sizeof(c->roa));
	filter_unref(c->route.query.filter);
	mem_free(c->body);
	c->body = NULL;
	if (c->model)
		model_unref(c->model);
	c->route = (struct route_walk){ 0 };
	c->model = NULL;
	c->step = NULL;
	c->token = NULL;
	c->busy = false;
	arena_reset(c->arena);
}

void
control_free(struct control *c)
{
	if (!c)
		return;
	command_over(c);
	arena_free(c->arena);
	arena_free(c->format_arena);
	out_free(&c->out);
	mem_free(c->in);
	mem_free(c);
}

/* How many words of the row the line begins with; 0: another command. */
static unsigned
row_match(const struct command_row *row, const struct token *t)
{
	const char *w = row->words;
	unsigned n = 0;

	while (*w) {
		size_t len = strcspn(w, " ");

		if (t[n].kind != TOKEN_WORD || strlen(t[n].text) != len ||
		    memcmp(t[n].text, w, len) != 0)
			return 0;
		w += len + (w[len] == ' ');
		n++;
	}
	return n;
}

static const struct command_row *
row_find(struct token *t, unsigned *words)
{
	const struct command_row *best = NULL;

	*words = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned n = row_match(&rows[i], t);

		if (n > *words) {
			*words = n;
			best = &rows[i];
		}
	}
	return best;
}

/* "show update" was said: what can follow, as far as an error would name it. */
void
handle_group(struct control *c)
{
	char expecting[128] = "";
	unsigned n = 0;
	const struct token *t = c->token - 1;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *last = strrchr(rows[i].words, ' ');
		size_t len = strlen(t->text);

		if (!last || (size_t)(last - rows[i].words) < len ||
		    memcmp(last - len, t->text, len))
			continue;
		if (n++ < 4) {
			size_t used = strlen(expecting);

			snprintf(expecting + used, sizeof(expecting) - used, "%s%s",
			    used ? " or " : "", last + 1);
		}
	}
	for (char *p = expecting; *p; p++)
		if (*p >= 'a' &&
		    (p == expecting || strncmp(p, "or ", 3) != 0 || p[-1] != ' '))
			*p = (char)(*p - 'a' + 'A');
	control_unexpected(c, n && n <= 4 ? expecting : NULL);
}

static void
command_run(struct control *c)
{
	const struct command_row *row;
	const char *error;
	unsigned words;

	c->token = tokens_cut(c->arena, c->line, &error);
	if (!c->token) {
		control_end(c, 9001, "%s", error);
		return;
	}
	if (c->token->kind == TOKEN_WORD && !strcmp(c->token->text, "json")) {
		c->token++;
		c->json = true;
		c->render = &render_json;
	}
	row = row_find(c->token, &words);
	c->token += words;
	if (!row)
		control_unexpected(c, NULL);
	else if (row->changes && c->restricted) {
		/* Text that follows is not to be taken for commands. */
		c->closing = strstr(c->line, " text ") != NULL;
		control_end(c, 8007, "Access denied");
	}
	else
		row->handle(c);
}

/* The line without CR; a zero would end it for us, so it is made a character that no
 * command has. */
static const char *
line_copy(struct control *c, const char *from, size_t len)
{
	char *line = arena_alloc(c->arena, len + 1), *to = line;

	for (size_t i = 0; i < len; i++)
		if (from[i] != '\r')
			*to++ = from[i] ? from[i] : '\1';
	*to = 0;
	return line;
}

static void
command_begin(struct control *c, const char *line, size_t len)
{
	struct status_record status = { 0 };

	c->busy = true;
	c->json = c->json_some = false;
	c->render = &render_text;
	c->line = line_copy(c, line, len);
	c->index = c->shown = 0;
	c->details = false;
	c->class = NULL;
	c->select.name = c->select.pattern = NULL;
	c->model = c->ops->model(c->daemon);
	model_ref(c->model);
	c->ops->status(c->daemon, &status);
	c->now = status.now;
	command_run(c);
}

/* Runs the next line of the input; false if there is none yet. */
static bool
next_line(struct control *c)
{
	size_t left = c->in_len - c->in_off;
	char *start = c->in + c->in_off, *end = memchr(start, '\n', left);

	if (!end && left <= CONTROL_LINE_MAX)
		return false;
	if (!end || end - start > CONTROL_LINE_MAX) {
		out_line(&c->out, 9000, true, "Command too long");
		c->closing = true;
		return false;
	}
	c->in_off += (size_t)(end - start) + 1;
	command_begin(c, start, (size_t)(end - start));
	return true;
}

static void
pump(struct control *c)
{
	if (c->pumping)
		return;
	c->pumping = true;
	while (!c->closing && out_waiting(&c->out) < OUT_HIGH) {
		if (c->busy && (!c->step || c->route.awaiting))
			break;
		if (c->body && c->step && c->in_off == c->in_len && c->body_len <
			c->configure.text_len) /* of the text more is to come */
			break;
		if (c->busy)
			c->step(c);
		else if (!next_line(c))
			break;
	}
	c->pumping = false;
}

/* After an answer of the daemon: go on, and tell it of output it does not expect. */
static void
kick(struct control *c)
{
	if (c->pumping)
		return;
	pump(c);
	if (c->on_output && out_waiting(&c->out))
		c->on_output(c->on_output_ctx);
}

static bool
input_keep(struct control *c, const char *p, size_t n)
{
	size_t left = c->in_len - c->in_off;

	if (left + n > CONTROL_INPUT_MAX)
		return false;
	if (c->in_off)
		memmove(c->in, c->in + c->in_off, left);
	c->in_off = 0;
	c->in_len = left;
	if (left + n > c->in_size) {
		c->in_size = left + n + 512;
		c->in = mem_realloc(c->in, c->in_size);
	}
	memcpy(c->in + c->in_len, p, n);
	c->in_len += n;
	return true;
}

bool
control_input(struct control *c, const char *p, size_t n)
{
	if (!c->closing && !input_keep(c, p, n))
		c->closing = true;
	pump(c);
	return !c->closing;
}

bool
control_is_full(const struct control *c)
{
	return c->in_len - c->in_off > CONTROL_INPUT_HIGH;
}

bool
control_is_idle(const struct control *c)
{
	if (c->busy) /* a text that does not end any more is no command */
		return c->body && c->step;
	return !memchr(c->in + c->in_off, '\n', c->in_len - c->in_off);
}

size_t
control_output(struct control *c, const char **data)
{
	*data = out_waiting(&c->out) ? c->out.data + c->out.off : "";
	return out_waiting(&c->out);
}

void
control_sent(struct control *c, size_t n)
{
	out_sent(&c->out, n);
	pump(c);
}

void
control_on_output(struct control *c, void (*fn)(void *ctx), void *ctx)
{
	c->on_output = fn;
	c->on_output_ctx = ctx;
}

/*
 * Answers.
 */
static const char *__attribute__((format(printf, 3, 0)))
vtext(char *buf, size_t size, const char *fmt, va_list ap)
{
	vsnprintf(buf, size, fmt, ap);
	return buf;
}

void
control_line(struct control *c, unsigned code, const char *fmt, ...)
{
	char buf[1024];
	va_list ap;

	va_start(ap, fmt);
	c->render->line(c, code, vtext(buf, sizeof(buf), fmt, ap));
	va_end(ap);
}

void
control_end(struct control *c, unsigned code, const char *fmt, ...)
{
	char buf[1024];
	va_list ap;

	va_start(ap, fmt);
	c->render->end(c, code, vtext(buf, sizeof(buf), fmt, ap));
	va_end(ap);
	command_over(c);
}

void
control_reply(struct control *c, unsigned code, bool final, const char *fmt, ...)
{
	char buf[1024];
	va_list ap;

	if (!c->busy)
		return;
	va_start(ap, fmt);
	vtext(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (final)
		control_end(c, code, "%s", buf);
	else
		c->render->line(c, code, buf);
	kick(c);
}

void
control_plan(struct control *c, const struct plan_record *r, bool whole)
{
	if (c->busy)
		c->render->plan(c, r, whole);
}

void
control_async(struct control *c, const char *line)
{
	if (out_waiting(&c->out) > 2 * OUT_HIGH)
		return; /* who does not read misses notices */
	out_async(&c->out, line);
	if (!c->pumping && c->on_output)
		c->on_output(c->on_output_ctx);
}

void
control_log(struct control *c, enum log_class class, const char *line)
{
	if (c->echo & 1u << class && out_waiting(&c->out) < c->echo_limit)
		control_async(c, line);
}

void
control_go_on(struct control *c)
{
	kick(c);
}

void
control_routes_pause(struct control *c)
{
	c->route.awaiting = false;
	kick(c);
}

const char *
control_version(const struct control *c)
{
	return c->dialect == DIALECT_1 ? "BIRD " CONTROL_VERSION_1
				       : "BIRD " CONTROL_VERSION_2;
}

const char *
control_time(struct control *c, unsigned use, uint64_t wall_ms, char buf[64])
{
	const struct time_format *f = &c->time_format[use];
	const char *fmt;

	if (!f->recent)
		f = &c->model->time_format[use];
	fmt = f->recent;
	if (f->old && f->limit_s && c->now >= wall_ms &&
	    c->now - wall_ms >= f->limit_s * 1000ull)
		fmt = f->old;
	clock_format(buf, 64, fmt ? fmt : "%T.%3f", wall_ms);
	return buf;
}
