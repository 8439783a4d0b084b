/*
 * Which BIRD a file was written for.  Signs of 2.x are channels and typed tables; signs
 * of 1.6 are `table x`, `roa table`, `listen bgp`, and policies said in the protocol
 * itself.  A file with signs of both is one of 2.x, some of whose blocks are written the
 * old way.
 */
#include <string.h>

#include "conf/check.h"

struct signs {
	unsigned old, new;
	unsigned six, four; /* addresses */
};

static const char *
word_at(const struct stmt *stmt, unsigned i)
{
	return i < stmt->n && stmt->arg[i]->kind == ARG_WORD ? stmt->arg[i]->text : "";
}

static bool
word_in(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

static const char *const net_types[] = { "ipv4", "ipv6", "vpn4", "vpn6", "roa4", "roa6",
	"flow4", "flow6", "aspa", "eth", "evpn", "mpls", NULL };

static void
signs_top(const struct stmt *stmt, struct signs *signs)
{
	const char *first = word_at(stmt, 0), *second = word_at(stmt, 1);

	if (strcmp(first, "table") == 0 || strcmp(second, "table") == 0) {
		signs->old += strcmp(first, "table") == 0 || strcmp(first, "roa") == 0;
		signs->new += word_in(first, net_types);
	}
	signs->old += strcmp(first, "listen") == 0 && strcmp(second, "bgp") == 0;
}

static void
signs_addresses(const struct stmt *stmt, struct signs *signs)
{
	unsigned i;

	for (i = 0; i < stmt->n; i++) {
		if (stmt->arg[i]->kind == ARG_IP)
			*(ip_is4(&stmt->arg[i]->ip) ? &signs->four : &signs->six) += 1;
		else if (stmt->arg[i]->kind == ARG_NET)
			*(stmt->arg[i]->net.type == NET_IP4 ? &signs->four
							    : &signs->six) += 1;
	}
}

static void
signs_proto(const struct stmt *proto, struct signs *signs)
{
	static const char *const with_channels[] = { "bgp", "static", "kernel", "direct",
		"ospf", "rip", "babel", NULL };
	static const char *const policies[] = { "import", "export", "table", "preference",
		NULL };
	const char *type = word_at(proto, 0);
	const struct stmt *stmt;
	bool channel = false;

	for (stmt = proto->arg[proto->n - 1]->block->first; stmt; stmt = stmt->next) {
		const char *first = word_at(stmt, 0);

		signs_addresses(stmt, signs);
		channel |= word_in(first, net_types);
		signs->old += word_in(type, with_channels) && word_in(first, policies);
	}
	signs->new += channel;
	if (!channel && (strcmp(type, "static") == 0 || strcmp(type, "kernel") == 0) &&
	    !proto->template && strcmp(word_at(proto, proto->n - 3), "from") != 0)
		signs->old++;
}

bool
dialect_is_old(const struct block *file, bool *six)
{
	struct signs signs = { 0 };
	const struct stmt *stmt;

	for (stmt = file->first; stmt; stmt = stmt->next) {
		if (stmt->kind == STMT_PROTO)
			signs_proto(stmt, &signs);
		else if (stmt->kind == STMT_WORDS)
			signs_top(stmt, &signs);
	}
	*six = signs.six > 0 && signs.six >= signs.four;
	return signs.old && !signs.new;
}
