/*
 * Which BIRD a file was written for.  Signs of 2.x are channels and typed tables; signs
 * of 1.6 are `table x`, `roa table`, `listen bgp`, and policies said in the protocol
 * itself.  A file with signs of both is one of 2.x, some of whose blocks are written the
 * old way.
 *
 * A statement is checked when it has been read, by the signs up to there.  When one tells
 * that those before it were taken for something else, the file is read again from its
 * begin, with what is known now.
 */
#include <limits.h>
#include <string.h>

#include "conf/check.h"

static const char *
word_at(const struct stmt *stmt, unsigned i)
{
	return i < stmt->n && stmt->arg[i]->kind == ARG_WORD ? stmt->arg[i]->text : "";
}

static bool
word_in(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (*word == **list && strcmp(word, *list) == 0)
			return true;
	return false;
}

static const char *const net_types[] = { "ipv4", "ipv6", "vpn4", "vpn6", "roa4", "roa6",
	"flow4", "flow6", "aspa", "eth", "evpn", "mpls", "rtc", "vpnflow4", "vpnflow6",
	"vpls", "linkstate", "vpnlinkstate", NULL };

static const char *const with_channels[] = { "bgp", "static", "kernel", "direct", "ospf",
	"rip", "babel", NULL };
static const char *const policies[] = { "import", "export", "table", "preference", NULL };
static const char *const of_channels[] = { "import", "export", "receive", "table",
	"preference", NULL };
static const char *const of_bgp_channels[] = { "next", "missing", "gateway", "igp",
	"secondary", "add", "route", NULL };

unsigned
word_kinds(struct check *check, const char *word)
{
	struct word_kinds *last = &check->word_kinds[(uintptr_t)word / 16 % WORD_KINDS];

	if (last->word == word)
		return last->kinds;
	last->word = word;
	return last->kinds = (word_in(word, net_types) ? WORD_NET_TYPE : 0) |
			     (word_in(word, policies) ? WORD_POLICY : 0) |
			     (word_in(word, of_channels) ? WORD_CHANNEL : 0) |
			     (word_in(word, of_bgp_channels) ? WORD_BGP_CHANNEL : 0) |
			     (word_in(word, with_channels) ? WORD_WITH_CHANNELS : 0);
}

static void
signs_top(const struct stmt *stmt, struct signs *signs)
{
	const char *first = word_at(stmt, 0), *second = word_at(stmt, 1);

	if (strcmp(first, "table") == 0 || strcmp(second, "table") == 0) {
		signs->strict += strcmp(first, "table") == 0 || strcmp(first, "roa") == 0;
		signs->new += word_in(first, net_types);
	}
	signs->strict += strcmp(first, "listen") == 0 && strcmp(second, "bgp") == 0;
	signs->strict += strcmp(first, "timeformat") == 0 &&
			 strcmp(word_at(stmt, 2), "old") == 0;
}

/* A channel with a policy: its author knows where BIRD 2 wants them. */
static bool
has_policy(const struct stmt *channel)
{
	const struct arg *last = channel->arg[channel->n - 1];
	const struct stmt *stmt;

	for (stmt = last->kind == ARG_BLOCK ? last->block->first : NULL; stmt;
	     stmt = stmt->next)
		if (strcmp(word_at(stmt, 0), "import") == 0 ||
		    strcmp(word_at(stmt, 0), "export") == 0)
			return true;
	return false;
}

/* What stands behind `from`, if anything does. */
static const char *
template_of(const struct stmt *proto)
{
	return proto->n > 3 && strcmp(word_at(proto, proto->n - 3), "from") == 0
		   ? word_at(proto, proto->n - 2)
		   : NULL;
}

static bool
is_bare(const struct check *check, const char *name)
{
	const struct bare_template *t = check->bare_templates;

	while (t && strcmp(t->name, name) != 0)
		t = t->next;
	return t;
}

/* Neither it nor its templates have a channel, which only BIRD 1.6 takes. */
static void
signs_bare(struct check *check, const struct stmt *proto, struct signs *signs)
{
	const char *from = template_of(proto);
	struct bare_template *t;

	if (from && !is_bare(check, from))
		return;
	if (!proto->template) {
		signs->old++;
		return;
	}
	t = ARENA_NEW(check->keep, struct bare_template);
	t->name = arena_strdup(check->keep, word_at(proto, 1));
	t->next = check->bare_templates;
	check->bare_templates = t;
}

static void
signs_proto(struct check *check, const struct stmt *proto, struct signs *signs)
{
	const char *type = word_at(proto, 0);
	const bool with = word_kinds(check, type) & WORD_WITH_CHANNELS;
	const struct stmt *stmt;
	bool channel = false;

	for (stmt = proto->arg[proto->n - 1]->block->first; stmt; stmt = stmt->next) {
		unsigned kinds = word_kinds(check, word_at(stmt, 0));

		if (kinds & WORD_NET_TYPE) {
			channel = true;
			signs->two += strcmp(type, "bgp") != 0 && has_policy(stmt);
		}
		signs->old += with && kinds & WORD_POLICY;
	}
	signs->new += channel;
	if (!channel && (strcmp(type, "static") == 0 || strcmp(type, "kernel") == 0))
		signs_bare(check, proto, signs);
}

/* 1.6 has a daemon for each family; a file for it that speaks of both runs in neither. */
static void
check_families(struct check *check)
{
	struct source_signs seen = source_signs(check->source);

	bool four = seen.four.line || check->wish.family == 4;
	bool six = seen.six.line || check->wish.family == 6;

	if (!check->strict || !four || !six || !(seen.four.line || seen.six.line))
		return;
	if (check->wish.family != 4 && seen.four.line)
		check_error(check, &seen.four,
		    "IPv4 prefix in a file of BIRD 1.6 with IPv6 addresses: it takes one "
		    "family");
	if (check->wish.family != 6 && seen.six.line)
		check_error(check, &seen.six,
		    "This is an IPv4 router, therefore IPv6 addresses are not supported");
}

/* What the operator wishes goes before what the file looks like; the family alone is one
 * of 1.6, if that is what the file is. */
static void
dialect_obey(const struct check *check, struct tongue *t)
{
	enum wish wish = check->wish.dialect;

	if (wish != WISH_NONE)
		t->old = wish == WISH_1 || wish == WISH_CALICO;
	if (check->wish.family)
		t->six = check->wish.family == 6;
	if (wish == WISH_NONE)
		return;
	t->strict = t->old;
	t->two |= !t->old;
}

/* What the file looks like, as far as it has been read. */
static struct tongue
dialect_now(const struct check *check)
{
	struct source_signs seen = source_signs(check->source);
	const struct signs *signs = &check->signs;
	unsigned strict = signs->strict + seen.old_syntax;
	struct tongue t = {
		.six = seen.six_n > 0 && seen.six_n >= seen.four_n,
		.old = (signs->old || strict) && !signs->new,
		.two = signs->two > 0,
		.strict = strict && !signs->new && !signs->two,
	};

	dialect_obey(check, &t);
	return t;
}

void
dialect_take(struct check *check, const struct tongue *t)
{
	check->old = t->old;
	check->strict = t->strict;
	check->two = t->two;
	check->six = t->six;
}

void
dialect_begin(struct check *check)
{
	struct tongue t = dialect_now(check);

	dialect_take(check, &t);
}

bool
dialect_stmt(struct check *check, const struct stmt *stmt, struct tongue *then)
{
	if (stmt->kind == STMT_PROTO)
		signs_proto(check, stmt, &check->signs);
	else if (stmt->kind == STMT_WORDS)
		signs_top(stmt, &check->signs);
	if (++check->stmt_n <= check->known_n)
		return true;
	*then = dialect_now(check);
	if (then->old != check->old || then->strict != check->strict ||
	    (then->two != check->two && check->old_policy))
		return false;
	check->two = then->two;
	return true;
}

bool
dialect_end(struct check *check, struct tongue *then)
{
	struct source_signs seen = source_signs(check->source);

	*then = dialect_now(check);
	if (check->known_n != UINT_MAX && then->old && then->six != check->six)
		return false;
	dialect_take(check, then);
	if (seen.old_include.line && check->signs.new && !check->old)
		check_error(check, &seen.old_include, "Unterminated include");
	check_families(check);
	return true;
}

bool
load_wish_parse(const char *text, struct load_wish *wish)
{
	static const struct {
		const char *text;
		struct load_wish wish;
	} rows[] = {
		{ "1.6", { .dialect = WISH_1, .family = 4 } },
		{ "1.6-ipv6", { .dialect = WISH_1, .family = 6 } },
		{ "2", { .dialect = WISH_2, .family = 0 } },
		{ "3", { .dialect = WISH_3, .family = 0 } },
		{ "calico", { .dialect = WISH_CALICO, .family = 4 } },
		{ "calico-ipv6", { .dialect = WISH_CALICO, .family = 6 } },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].text, text) == 0) {
			*wish = rows[i].wish;
			return true;
		}
	return false;
}
