/*
 * `mrt dump`: tables written to files now.  The daemon does it slice by slice and says when
 * it is done; the session waits.
 */
#include "control/command.h"
#include "control/commands.h"
#include "control/session.h"

COMMANDS(HANDLER_ROW)

/* A name, or a pattern in quotes. */
static bool
take_tables(struct control *c, struct mrt_conf *m)
{
	const struct token *t = c->token;

	if (t->kind != TOKEN_TEXT &&
	    (t->kind != TOKEN_WORD || !model_table(c->model, t->text)))
		return control_unexpected(c, "CF_SYM_KNOWN or TEXT");
	m->table = t->text;
	c->token++;
	return true;
}

static bool
take_file(struct control *c, struct mrt_conf *m)
{
	if (c->token->kind != TOKEN_TEXT)
		return control_unexpected(c, "TEXT");
	m->file = c->token++->text;
	return true;
}

static bool
take_options(struct control *c, struct mrt_conf *m)
{
	while (c->token->kind != TOKEN_END) {
		bool ok;

		if (control_take_word(c, "table"))
			ok = take_tables(c, m);
		else if (control_take_word(c, "to"))
			ok = take_file(c, m);
		else if (control_take_word(c, "where"))
			ok = control_take_filter(c, true);
		else if (control_take_word(c, "filter"))
			ok = control_take_filter(c, false);
		else
			ok = control_unexpected(c, NULL);
		if (!ok)
			return false;
	}
	return true;
}

void
handle_mrt_dump(struct control *c)
{
	struct mrt_conf m = { 0 };

	if (!take_options(c, &m))
		return;
	if (!m.table)
		control_fail(c, "Table not specified");
	else if (!m.file)
		control_fail(c, "File not specified");
	else if (!c->ops->mrt_dump)
		control_fail(c, "MRT dumps are not supported here");
	else {
		m.filter = c->route.query.filter;
		c->mrt = c->ops->mrt_dump(c->daemon, c, &m);
	}
}

void
control_mrt_done(struct control *c, const char *error)
{
	c->mrt = NULL;
	if (error)
		control_line(c, 8009, "%s", error);
	control_end(c, 0, "%s", "");
	control_go_on(c);
}
