/*
 * What the dump takes from the tree: definitions, filters without a name, and the
 * statements of protocols that the model has no fields for.  Templates are written out
 * in the protocols made from them.
 */
#include <string.h>

#include "conf/check.h"
#include "lang/show.h"

static const char *
word_at(const struct stmt *stmt, unsigned i)
{
	return i < stmt->n && stmt->arg[i]->kind == ARG_WORD ? stmt->arg[i]->text : "";
}

static bool
word_is(const struct stmt *stmt, unsigned i, const char *word)
{
	return strcmp(word_at(stmt, i), word) == 0;
}

void
dump_names(FILE *f, const struct model *m)
{
	const struct stmt *stmt;

	for (stmt = model_inside(m)->file->first; stmt; stmt = stmt->next)
		if (stmt->kind == STMT_DEF) {
			fputc('\n', f);
			show_def(f, stmt->def);
		} else if (stmt->kind == STMT_WORDS && word_is(stmt, 0, "attribute")) {
			show_stmt(f, stmt, 0);
		}
}

/* What stands in the file and has no effect: it keeps its meaning for who reads the dump
 * with another BIRD. */
void
dump_globals(FILE *f, const struct model *m)
{
	static const char *const words[] = { "watchdog", "mrtdump", "cli", "thread",
		"debug", "mpls", "filter", "router", NULL };
	const struct stmt *stmt;
	unsigned i;

	for (stmt = model_inside(m)->file->first; stmt; stmt = stmt->next) {
		if (stmt->kind != STMT_WORDS || !stmt->n || stmt->open)
			continue;
		for (i = 0; words[i] && !word_is(stmt, 0, words[i]); i++)
			;
		if (!words[i] || (i == 4 && word_is(stmt, 1, "protocols")) ||
		    (i == 5 && !word_is(stmt, 1, "domain")) ||
		    (i == 7 && (!word_is(stmt, 2, "from") || m->router_id)))
			continue;
		show_stmt(f, stmt, 0);
	}
}

static void
table_block(FILE *f, const struct table_build *t)
{
	const struct stmt *stmt;

	fputs(" {\n", f);
	for (stmt = t->block->first; stmt; stmt = stmt->next)
		if (!word_is(stmt, 0, "sorted"))
			show_stmt(f, stmt, 1);
	fputc('}', f);
}

void
dump_tables(FILE *f, const struct model *m)
{
	const char *untyped = model_inside(m)->six ? "ipv6" : "ipv4";
	const struct table_build *t;

	for (t = model_inside(m)->tables; t; t = t->next) {
		fprintf(f, "%s table ", t->type ? t->type : untyped);
		show_name(f, t->conf.name);
		fputs(t->conf.sorted ? " sorted" : "", f);
		if (t->block)
			table_block(f, t);
		fputs(";\n", f);
	}
}

bool
dump_inside(FILE *f, const struct model *m, const struct filter *filter)
{
	const struct held *held = model_inside(m)->held;

	while (held && (held->filter != filter || !held->in))
		held = held->next;
	if (!held)
		return false;
	fputs("in ", f);
	show_arg(f, held->in, 2);
	fputs(" ", f);
	show_arg(f, held->arg, 2);
	return true;
}

bool
dump_unnamed(
    FILE *f, const struct model *m, const struct filter *filter, unsigned tabs)
{
	const struct held *held = model_inside(m)->held;

	while (held && (held->filter != filter || !(held->arg || held->ast)))
		held = held->next;
	if (!held)
		return false;
	if (held->arg)
		show_arg(f, held->arg, tabs);
	else
		show_block(f, held->ast, tabs);
	return true;
}

/*
 * Protocols by number: they stand in the model as in the file.
 */
static const struct stmt *
proto_stmt(const struct model *m, unsigned n)
{
	const struct stmt *stmt;

	for (stmt = model_inside(m)->file->first; stmt; stmt = stmt->next)
		if (stmt->kind == STMT_PROTO && !stmt->template && n-- == 0)
			return stmt;
	return NULL;
}

/* The template or protocol of that name. */
static const struct stmt *
parent_stmt(const struct model *m, const char *name)
{
	const struct stmt *stmt;
	unsigned i;

	for (stmt = model_inside(m)->file->first; stmt; stmt = stmt->next)
		for (i = 1; stmt->kind == STMT_PROTO && i < 3; i++)
			if (word_is(stmt, i, name) && !word_is(stmt, i - 1, "from"))
				return stmt;
	return NULL;
}

static const struct stmt *
proto_parent(const struct model *m, const struct stmt *proto)
{
	unsigned from = proto->n - 3;
	const struct stmt *parent = NULL;

	if (proto->n > 3 && word_is(proto, from, "from"))
		parent = parent_stmt(m, word_at(proto, from + 1));
	return parent == proto ? NULL : parent;
}

void
dump_head(FILE *f, const struct model *m, unsigned n)
{
	const struct stmt *stmt = proto_stmt(m, n);
	const char *variant = word_at(stmt, 1);

	bool ospf = strcmp(word_at(stmt, 0), "ospf") == 0;

	fprintf(f, "\nprotocol %s ", word_at(stmt, 0));
	if (ospf && m->dialect == DIALECT_1 && model_inside(m)->six)
		fputs("v3 ", f);
	if ((strcmp(variant, "v2") == 0 || strcmp(variant, "v3") == 0 ||
		strcmp(variant, "ng") == 0) &&
	    strcmp(variant, m->proto[n]->name) != 0)
		fprintf(f, "%s ", variant);
	fprintf(f, "'%s' {\n", m->proto[n]->name);
}

/* In a file of 1.6: what belongs into the channel. */
static bool
is_legacy(const struct stmt *stmt)
{
	static const char *const words[] = { "import", "export", "receive", "table",
		"preference", NULL };
	unsigned i;

	for (i = 0; words[i]; i++)
		if (word_is(stmt, 0, words[i]))
			return true;
	return word_is(stmt, 0, "route") && word_is(stmt, 1, "limit");
}

/* `master` of 1.6 is two tables. */
static void
rest_stmt(FILE *f, const struct model *m, const struct stmt *stmt, unsigned tabs)
{
	const struct arg master = { .kind = ARG_WORD,
		.text = model_inside(m)->six ? "master6" : "master4" };
	const struct arg *args[64];
	struct stmt copy = *stmt;
	unsigned i;

	if (m->dialect == DIALECT_1 && stmt->n <= 64) {
		for (i = 0; i < stmt->n; i++)
			args[i] = i && word_is(stmt, i, "master") &&
					  word_is(stmt, i - 1, "table")
				      ? &master
				      : stmt->arg[i];
		copy.arg = args;
	}
	show_stmt(f, &copy, tabs);
}

/* Statements of the body and of what it comes from; in a file of 1.6 either those of the
 * channel or the others. */
static void
dump_stmts(FILE *f, const struct model *m, const struct stmt *proto, bool channel,
    unsigned depth)
{
	const struct stmt *stmt, *parent = proto_parent(m, proto);
	bool split = proto_type_find(word_at(proto, 0))->channels &&
		     m->dialect == DIALECT_1;

	if (parent && depth < 64)
		dump_stmts(f, m, parent, channel, depth + 1);
	for (stmt = proto->arg[proto->n - 1]->block->first; stmt; stmt = stmt->next)
		if (split && word_is(stmt, 0, "device") && word_is(stmt, 1, "routes"))
			continue; /* what 2 always does */
		else if (word_is(stmt, 0, "debug"))
			continue; /* written from the model */
		else if (channel == (split && is_legacy(stmt)))
			rest_stmt(f, m, stmt, channel ? 2 : 1);
}

static bool
in_list(const struct stmt *stmt, const char *const *words)
{
	while (*words && !word_is(stmt, 0, *words))
		words++;
	return *words != NULL;
}

/* Whether it begins with the words of an option: those are written from the model. */
static bool
has_row(const struct stmt *stmt)
{
	static const char *const rows[] = {
#define X(field, kind, dflt, lo, hi, change, words, effect) words,
		BGP_OPTIONS(X)
#undef X
		    NULL
	};
	unsigned i, n;
	const char *p;

	for (i = 0; rows[i]; i++) {
		for (n = 0, p = rows[i]; *p; n++, p += *p == ' ') {
			size_t len = strcspn(p, " ");

			if (strncmp(word_at(stmt, n), p, len) != 0 ||
			    word_at(stmt, n)[len])
				break;
			p += len;
		}
		if (!*p)
			return true;
	}
	return false;
}

/* Of a protocol: what is only checked. */
static bool
is_common(const struct stmt *stmt)
{
	static const char *const words[] = { "mrtdump", "thread",
		"restart", NULL };

	return in_list(stmt, words);
}

/* What a model of a BGP session leaves out: channels the daemon cannot hold, and what is
 * only checked. */
static bool
is_other(const struct stmt *stmt)
{
	static const char *const words[] = { "mpls", "neighbors", "authentication",
		"keys", NULL };

	if (in_list(stmt, words) || is_common(stmt))
		return true;
	if (word_is(stmt, 0, "bfd"))
		return true;
	if (word_is(stmt, 0, "local"))
		return word_is(stmt, 1, "role");
	if (has_row(stmt))
		return false;
	if (word_is(stmt, 0, "interface"))
		return word_is(stmt, 1, "range");
	if (word_is(stmt, 0, "long"))
		return word_is(stmt, 2, "graceful");
	if (word_is(stmt, 0, "min") || word_is(stmt, 0, "max"))
		return word_is(stmt, 1, "graceful") || word_is(stmt, 1, "long");
	return word_is(stmt, 0, "local") && word_is(stmt, 1, "role");
}

/* `neighbor internal`: the address and AS are said already. */
static void
dump_neighbor(FILE *f, const struct stmt *stmt)
{
	unsigned i;

	for (i = 1; i < stmt->n && word_is(stmt, 0, "neighbor"); i++)
		if (word_is(stmt, i, "internal") || word_is(stmt, i, "external"))
			fprintf(f, "\tneighbor %s;\n", word_at(stmt, i));
}

static const struct net *
find_range(const struct model *m, const struct stmt *proto, unsigned depth)
{
	const struct stmt *stmt, *parent = proto_parent(m, proto);

	for (stmt = proto->arg[proto->n - 1]->block->first; stmt; stmt = stmt->next)
		if (word_is(stmt, 0, "neighbor") && word_is(stmt, 1, "range") &&
		    stmt->n > 2 && stmt->arg[2]->kind == ARG_NET)
			return stmt->arg[2]->net;
	return parent && depth < 64 ? find_range(m, parent, depth + 1) : NULL;
}

const struct net *
dump_range(const struct model *m, unsigned n)
{
	return find_range(m, proto_stmt(m, n), 0);
}

static void
dump_others(FILE *f, const struct model *m, const struct stmt *proto, unsigned depth)
{
	const struct stmt *stmt, *parent = proto_parent(m, proto);

	if (parent && depth < 64)
		dump_others(f, m, parent, depth + 1);
	for (stmt = proto->arg[proto->n - 1]->block->first; stmt; stmt = stmt->next)
		if (is_other(stmt))
			show_stmt(f, stmt, 1);
		else
			dump_neighbor(f, stmt);
}

/* The same of a channel. */
static bool
is_channel_other(const struct stmt *stmt)
{
	static const char *const words[] = { "debug", "igp", "base", "validate", "aigp",
		"cost", "graceful", "long", "min", "max", "link", NULL };

	if (word_is(stmt, 0, "next"))
		return word_is(stmt, 2, "prefer");
	if (word_is(stmt, 0, "export"))
		return word_is(stmt, 1, "settle");
	return in_list(stmt, words);
}

/* A statement of 1.6 in the protocol that belongs into the channel. */
static bool
is_channel_legacy(const struct stmt *stmt)
{
	return word_is(stmt, 0, "igp") && word_is(stmt, 1, "table");
}

/* `ipv4 multicast { ... }` for "ipv4 multicast". */
static bool
is_block_of(const struct stmt *stmt, const char *name)
{
	char said[64] = "";
	size_t n = 0;

	if (stmt->n < 2 || stmt->arg[stmt->n - 1]->kind != ARG_BLOCK)
		return false;
	for (unsigned i = 0; i + 1 < stmt->n && n < sizeof(said); i++)
		n += (size_t)snprintf(said + n, sizeof(said) - n, "%s%s", i ? " " : "",
		    stmt->arg[i]->kind == ARG_WORD ? stmt->arg[i]->text : "");
	return strcmp(said, name) == 0;
}

static void
channel_rest(FILE *f, const struct model *m, const struct stmt *proto, const char *name,
    unsigned depth)
{
	const struct stmt *stmt, *in, *parent = proto_parent(m, proto);
	const struct arg *last;

	if (parent && depth < 64)
		channel_rest(f, m, parent, name, depth + 1);
	for (stmt = proto->arg[proto->n - 1]->block->first; stmt; stmt = stmt->next) {
		last = stmt->n ? stmt->arg[stmt->n - 1] : NULL;
		if (is_channel_legacy(stmt))
			rest_stmt(f, m, stmt, 2);
		if (!is_block_of(stmt, name))
			continue;
		for (in = last->block->first; in; in = in->next)
			if (is_channel_other(in))
				show_stmt(f, in, 2);
	}
}

void
dump_channel_rest(FILE *f, const struct model *m, unsigned n, const char *name)
{
	if (m->proto[n]->kind == PROTO_BGP)
		channel_rest(f, m, proto_stmt(m, n), name, 0);
}

static void
dump_static(FILE *f, const struct model *m, const struct stmt *proto, unsigned depth)
{
	const struct stmt *stmt, *parent = proto_parent(m, proto);

	if (parent && depth < 64)
		dump_static(f, m, parent, depth + 1);
	for (stmt = proto->arg[proto->n - 1]->block->first; stmt; stmt = stmt->next)
		if (is_common(stmt) || word_is(stmt, 0, "check") ||
		    word_is(stmt, 0, "igp"))
			rest_stmt(f, m, stmt, 1);
}

/* Is all of it written from the model? */
bool
dump_is_whole(const struct proto_conf *p)
{
	return p->kind == PROTO_BGP || (p->kind == PROTO_STATIC && p->channel_n);
}

void
dump_rest(FILE *f, const struct model *m, unsigned n)
{
	const struct proto_conf *p = m->proto[n];
	const struct stmt *stmt = proto_stmt(m, n);

	if (p->kind == PROTO_BGP) {
		dump_others(f, m, stmt, 0);
		return;
	}
	if (dump_is_whole(p)) {
		if (p->kind == PROTO_STATIC)
			dump_static(f, m, stmt, 0);
		return;
	}
	dump_stmts(f, m, stmt, false, 0);
	if (m->dialect != DIALECT_1 ||
	    !proto_type_find(word_at(stmt, 0))->channels)
		return;
	fprintf(f, "\tipv%c {\n", model_inside(m)->six ? '6' : '4');
	dump_stmts(f, m, stmt, true, 0);
	fputs("\t};\n", f);
}
