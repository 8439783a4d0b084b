/*
 * Lexer of command lines.  The words of a command and its arguments are cut once, the
 * parsers then look at an array of tokens that ends in TOKEN_END.
 */
#include "control/token.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Words that BIRD's grammar reserves and that can stand in a command. */
/* clang-format off */
static const char *const keywords[] = {
	"add", "address", "all", "as", "attributes", "bfd", "bgp", "check", "configure",
	"confirm", "count", "debug", "delete", "dev", "disable", "down", "dump", "echo",
	"enable", "eval", "events", "exit", "export", "exported", "filter", "filtered",
	"filters", "flow4", "flow6", "flush", "for", "from", "function", "graceful", "groups", "help", "import",
	"in", "interface", "interfaces", "ipv4", "ipv6", "limit", "max", "memory", "mpls",
	"mrt", "mrtdump", "neighbors", "noexport", "off", "on", "out", "packets",
	"partial", "preexport", "primary", "protocol", "protocols", "quit", "reload",
	"resources", "restart", "restrict", "route", "routes", "sessions", "show",
	"sockets", "soft", "states", "static", "stats", "status", "summary", "symbols",
	"table", "template", "timeformat", "timeout", "to", "undo", "where",
};
/* clang-format on */

static int
word_cmp(const void *key, const void *row)
{
	return strcmp(key, *(const char *const *)row);
}

bool
token_is_keyword(const char *word)
{
	return bsearch(word, keywords, sizeof(keywords) / sizeof(*keywords),
	    sizeof(*keywords), word_cmp);
}

struct cutter {
	struct arena *arena;
	const char *line, *pos;
	const char *error;
};

/* Blanks and comments: `#` to the end, C style in between. */
static void
skip_blanks(struct cutter *c)
{
	const char *end;

	for (;;) {
		if (isspace((unsigned char)*c->pos)) {
			c->pos++;
		} else if (*c->pos == '#') {
			c->pos += strlen(c->pos);
		} else if (c->pos[0] == '/' && c->pos[1] == '*') {
			end = strstr(c->pos + 2, "*/");
			c->pos = end ? end + 2 : c->pos + strlen(c->pos);
		} else {
			return;
		}
	}
}

static bool
is_symbol(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_';
}

/* An address is tried where the characters allow one: three dots, or two colons. */
static bool
cut_ip(struct cutter *c, struct token *t)
{
	size_t n = strspn(c->pos, "0123456789abcdefABCDEF:."), colons = 0, dots = 0;
	char buf[IP_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		colons += c->pos[i] == ':';
		dots += c->pos[i] == '.';
	}
	if (colons == 1 && dots == 3) { /* a distinguisher begins with it */
		n = strcspn(c->pos, ":");
		colons = 0;
	}
	if ((colons < 2 && (colons || dots != 3)) || n >= sizeof(buf) ||
	    (c->pos[n] != ':' && is_symbol(c->pos[n])))
		return false;
	memcpy(buf, c->pos, n);
	buf[n] = 0;
	if (!ip_parse(buf, &t->ip))
		return false;
	t->kind = TOKEN_IP;
	c->pos += n;
	return true;
}

static void
cut_num(struct cutter *c, struct token *t)
{
	char *end;
	unsigned long long v;
	bool hex = c->pos[0] == '0' && (c->pos[1] == 'x' || c->pos[1] == 'X');

	errno = 0;
	v = strtoull(c->pos, &end, hex ? 16 : 10);
	if (errno || v > UINT32_MAX)
		c->error = "Number out of range";
	t->kind = TOKEN_NUM;
	t->num = (uint32_t)v;
	c->pos = end;
}

static void
cut_word(struct cutter *c, struct token *t)
{
	size_t n = 0;

	while (is_symbol(c->pos[n]))
		n++;
	t->kind = TOKEN_WORD;
	t->text = arena_strndup(c->arena, c->pos, n);
	c->pos += n;
}

/* "text" or 'symbol with-odd.signs' */
static void
cut_quoted(struct cutter *c, struct token *t, char quote)
{
	const char *end = strchr(c->pos + 1, quote);

	if (!end) {
		c->error = quote == '"' ? "Unterminated string" : "Unknown character";
		return;
	}
	t->kind = quote == '"' ? TOKEN_TEXT : TOKEN_WORD;
	t->quoted = quote == '\'';
	t->text = arena_strndup(c->arena, c->pos + 1, (size_t)(end - c->pos - 1));
	c->pos = end + 1;
}

static void
cut_one(struct cutter *c, struct token *t)
{
	t->at = (size_t)(c->pos - c->line);
	if (!*c->pos)
		t->kind = TOKEN_END;
	else if (*c->pos == '"' || *c->pos == '\'')
		cut_quoted(c, t, *c->pos);
	else if (cut_ip(c, t))
		;
	else if (isdigit((unsigned char)*c->pos))
		cut_num(c, t);
	else if (is_symbol(*c->pos))
		cut_word(c, t);
	else if (strchr("=<>~!?.,:;{}()[]+-*/%|&", *c->pos))
		*t = (struct token){
			.kind = TOKEN_CHAR, .num = (uint8_t)*c->pos++, .at = t->at
		};
	else
		c->error = "Unknown character";
	t->end = (size_t)(c->pos - c->line);
}

struct token *
tokens_cut(struct arena *arena, const char *line, const char **error)
{
	struct cutter c = { .arena = arena, .line = line, .pos = line };
	/* a token has at least one character */
	struct token *out = ARENA_ARRAY(arena, struct token, strlen(line) + 1);
	unsigned n = 0;

	do {
		skip_blanks(&c);
		cut_one(&c, &out[n]);
	} while (!c.error && out[n++].kind != TOKEN_END);
	*error = c.error;
	return c.error ? NULL : out;
}

/*
 * What is the language's: only its end is found.
 */
static bool
is_word_of(const struct token *t, const char *const *words)
{
	while (*words &&
	       (t->kind != TOKEN_WORD || t->quoted || strcmp(t->text, *words) != 0))
		words++;
	return *words != NULL;
}

/* Within a network: `N/L from N/L`, `N/L max N as N`; `mpls N`, `aspa N`. */
static const char *const net_joins[] = { "from", "max", "as", NULL };
static const char *const net_heads[] = { "mpls", "aspa", NULL };

bool
token_heads_net(const struct token *t)
{
	return is_word_of(t, net_heads);
}

static bool
ends_operand(const struct token *t)
{
	return t->kind == TOKEN_CHAR ? strchr(")]}", (int)t->num) != NULL
				     : t->kind != TOKEN_END;
}

const struct token *
token_skip_expr(const struct token *t)
{
	unsigned depth = 0;
	bool operand = false;

	for (; t->kind != TOKEN_END; t++) {
		if (!depth && operand && t->kind != TOKEN_CHAR &&
		    !is_word_of(t, net_joins))
			break;
		if (t->kind == TOKEN_CHAR && strchr("([{", (int)t->num))
			depth++;
		else if (t->kind == TOKEN_CHAR && depth && strchr(")]}", (int)t->num))
			depth--;
		operand = ends_operand(t) && !token_heads_net(t) &&
			  !(operand && is_word_of(t, net_joins));
	}
	return t;
}

const struct token *
token_skip_block(const struct token *t)
{
	unsigned depth = 0;

	for (; t->kind != TOKEN_END; t++) {
		if (t->kind != TOKEN_CHAR)
			continue;
		if (t->num == '{')
			depth++;
		else if (t->num == '}' && !--depth)
			return t + 1;
	}
	return t;
}
