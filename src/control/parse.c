/*
 * Parsing of arguments: small steps over the tokens of a command, with the errors that
 * BIRD gives.  What fails has answered the command.
 */
#include <stdio.h>
#include <stdarg.h>
#include <string.h>
#include "control/session.h"

bool
control_fail(struct control *c, const char *fmt, ...)
{
	char buf[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	control_end(c, 9001, "%s", buf);
	return false;
}

static bool
is_known(const struct model *m, const char *name)
{
	if (model_proto(m, name) || model_table(m, name))
		return true;
	for (unsigned i = 0; i < m->symbol_n; i++)
		if (!strcmp(m->symbol[i].name, name))
			return true;
	return false;
}

/* The token's kind as bison's messages name it. */
static const char *
token_name(struct control *c, const struct token *t, char *buf, size_t size)
{
	switch (t->kind) {
	case TOKEN_END:
		return "END";
	case TOKEN_TEXT:
		return "TEXT";
	case TOKEN_NUM:
		return "NUM";
	case TOKEN_IP:
		return ip_is4(&t->ip) ? "IP4" : "IP6";
	case TOKEN_CHAR:
		snprintf(buf, size, "'%c'", (char)t->num);
		return buf;
	case TOKEN_WORD:
		break;
	}
	if (!t->quoted && token_is_keyword(t->text)) {
		snprintf(buf, size, "%s", t->text);
		for (char *p = buf; *p; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
		return buf;
	}
	return is_known(c->model, t->text) ? "CF_SYM_KNOWN" : "CF_SYM_UNDEFINED";
}

bool
control_unexpected(struct control *c, const char *expecting)
{
	char name[64];

	if (c->dialect == DIALECT_1)
		return control_fail(c, "syntax error");
	return control_fail(c, "syntax error, unexpected %s%s%s",
	    token_name(c, c->token, name, sizeof(name)), expecting ? ", expecting " : "",
	    expecting ? expecting : "");
}

bool
control_take_word(struct control *c, const char *word)
{
	if (c->token->kind != TOKEN_WORD || strcmp(c->token->text, word) != 0)
		return false;
	c->token++;
	return true;
}

bool
control_take_char(struct control *c, char ch)
{
	if (c->token->kind != TOKEN_CHAR || c->token->num != (uint8_t)ch)
		return false;
	c->token++;
	return true;
}

bool
control_at_end(struct control *c, const char *expecting)
{
	return c->token->kind == TOKEN_END ? true : control_unexpected(c, expecting);
}

static bool
is_symbol(const struct token *t)
{
	return t->kind == TOKEN_WORD && (t->quoted || !token_is_keyword(t->text));
}

static const struct proto_conf *
find_proto(struct control *c, const char *name)
{
	const struct proto_conf *p = model_proto(c->model, name);
	struct proto_conf *copy;

	if (p || !c->ops->dynamic || !(p = c->ops->dynamic(c->daemon, name)))
		return p;
	copy = arena_dup(c->arena, p, sizeof(*p)); /* it may go before the command ends */
	copy->name = arena_strdup(c->arena, p->name);
	return copy;
}

const struct proto_conf *
control_take_proto(struct control *c, const char *expecting)
{
	const struct token *t = c->token;
	const struct proto_conf *p;

	/* a protocol may be called like one of the words of another command */
	if (t->kind == TOKEN_WORD && (p = find_proto(c, t->text))) {
		c->token++;
		return p;
	}
	if (is_symbol(t) && c->dialect == DIALECT_1)
		control_end(c, 9002, "%s is not a protocol", t->text);
	else if (is_symbol(t) && is_known(c->model, t->text))
		control_fail(c, "Protocol name required");
	else
		control_unexpected(c, expecting);
	return NULL;
}

bool
control_take_select(struct control *c, bool optional, const char *expecting)
{
	const struct proto_conf *p;

	if (optional && c->token->kind == TOKEN_END)
		return true;
	if (c->token->kind == TOKEN_TEXT) {
		c->select.pattern = c->token++->text;
		return true;
	}
	if (!optional && control_take_word(c, "all"))
		return true;
	p = control_take_proto(c, expecting);
	c->select.name = p ? p->name : NULL;
	return p;
}

/* Glob with `*` and `?`; goes back to the last `*` only, so it takes at most n * m steps.
 * */
static bool
glob_match(const char *p, const char *s)
{
	const char *star = NULL, *from = NULL;

	while (*s) {
		if (*p == '*') {
			star = p++;
			from = s;
		} else if (*p == '?' || *p == *s) {
			p++;
			s++;
		} else if (star) {
			p = star + 1;
			s = ++from;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return !*p;
}

bool
control_selects(const struct control *c, const char *name)
{
	if (c->select.name)
		return !strcmp(c->select.name, name);
	return !c->select.pattern || glob_match(c->select.pattern, name);
}
