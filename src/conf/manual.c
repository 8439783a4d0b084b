/*
 * The reference of options and statements, printed from the tables that read them.
 */
#include "conf/manual.h"

#include <string.h>

#include "conf/check.h"

/* What an option is for, where its words do not say it. */
static const struct help {
	const char *words, *text;
} helps[] = {
	{ "add paths", "several paths of a network: `on`, `rx`, `tx` (RFC 7911)" },
	{ "allow as sets", "take paths with AS_SET segments" },
	{ "allow bgp_local_pref", "LOCAL_PREF from and to external peers" },
	{ "allow bgp_med", "MED of other peers to external ones" },
	{ "allow local as",
	    "how often our own AS may stand in a path; bare: any number" },
	{ "accept", "`ipv4` or `ipv6`, `direct` or `multihop`; default: all sessions" },
	{ "bfd", "`on`, `off`, `graceful`, or a block of session options (RFC 5882)" },
	{ "capabilities", "announce capabilities in OPEN" },
	{ "connect delay time", "before the first connection" },
	{ "connect retry time", "between attempts to connect" },
	{ "default bgp_local_pref", "of routes from external peers" },
	{ "default bgp_med", "of routes that bring none" },
	{ "description", "shown in `show protocols all`" },
	{ "check link", "end with the link; default on but for multihop" },
	{ "deterministic med", "MED is always compared within each neighbour AS" },
	{ "disable after error", "stay down after an error" },
	{ "disabled", "stay down until `enable`" },
	{ "enable as4", "AS numbers of four octets (RFC 6793)" },
	{ "enable enhanced route refresh", "RFC 7313" },
	{ "enable extended messages", "messages of up to 65535 bytes (RFC 8654)" },
	{ "enable route refresh", "RFC 2918" },
	{ "enforce first as", "the first AS of a path must be the peer's" },
	{ "error forget time", "without errors, before the error wait starts anew" },
	{ "error wait time", "after an error: at first, at most" },
	{ "export table", "what was sent can be seen: `show route export table P.C`" },
	{ "extended next hop", "IPv6 next hops of IPv4 routes (RFC 8950)" },
	{ "free bind", "to an address that is not there (IP_FREEBIND)" },
	{ "gateway", "`direct` or `recursive`" },
	{ "graceful restart", "`on`, `off` or `aware` (RFC 4724)" },
	{ "graceful restart time", "announced to the peer" },
	{ "hold time", "announced to the peer; 0: no keepalives" },
	{ "import keep filtered",
	    "what the filter refuses is kept, for `show route filtered`" },
	{ "interpret communities", "obey NO_EXPORT and its kin" },
	{ "keepalive time", "default a third of the hold time" },
	{ "link local next hop format", "of a lone link-local address: `native` behind "
					"an empty global one, `single`, "
					"`double`" },
	{ "local", "our address, port and AS: `local ADDRESS port N as N`" },
	{ "long lived stale time", "RFC 9494" },
	{ "med metric", "compare MED between different ASes, too" },
	{ "min hold time", "a peer that offers less is refused" },
	{ "multihop", "TTL; bare: 64; internal sessions have it by default" },
	{ "neighbor", "`neighbor ADDRESS port N as N`, or `range PREFIX`" },
	{ "next hop address", "what next hop self says" },
	{ "next hop keep", "`on`, `off`, `ibgp`, `ebgp`; clients of a route server: on" },
	{ "next hop prefer", "of two addresses, `global` or `local`" },
	{ "next hop self", "`on`, `off`, `ibgp`, `ebgp`" },
	{ "onlink", "the neighbor and its next hops are on the interface, whatever its "
		    "networks" },
	{ "passive", "never connect, wait for the peer" },
	{ "password", "TCP MD5 (RFC 2385)" },
	{ "path metric", "compare the length of paths" },
	{ "prefer older", "the older of two routes, before the router ids" },
	{ "preference", "of the channel's routes in the table" },
	{ "router id", "instead of the file's" },
	{ "restart time", "a limit that restarts a session again within it disables it" },
	{ "vrf", "its interfaces and sockets: of that VRF, of none (`default`), or any" },
	{ "rr client", "the peer is a client of this reflector (RFC 4456)" },
	{ "rr cluster id", "default: the router id" },
	{ "rs client", "the peer is a client of this route server" },
	{ "send hold time", "RFC 9687; default: twice the hold time" },
	{ "startup hold time", "until the session is up" },
	{ "strict bind", "listen on the local address only" },
	{ "ttl security", "RFC 5082" },
};

enum { KIND_BOOL, KIND_NUM, KIND_SECONDS, KIND_TEXT, KIND_IPADDR, KIND_ID, KIND_SPEC };

static const char *
help_find(const char *words)
{
	size_t i;

	for (i = 0; i < sizeof(helps) / sizeof(*helps); i++)
		if (strcmp(helps[i].words, words) == 0)
			return helps[i].text;
	return "";
}

static void
print_range(FILE *f, unsigned kind, uint32_t min, uint32_t max)
{
	bool number = kind == KIND_NUM || kind == KIND_SECONDS;

	if (!number || (!min && max == UINT32_MAX))
		fputs(" | |", f);
	else if (max == UINT32_MAX)
		fprintf(f, " | from %u |", min);
	else
		fprintf(f, " | %u-%u |", min, max);
}

static void
print_default(FILE *f, unsigned kind, uint32_t dflt)
{
	if (kind == KIND_BOOL)
		fputs(dflt ? " on" : " off", f);
	else if ((kind == KIND_NUM || kind == KIND_SECONDS) && dflt != UINT32_MAX)
		fprintf(f, " %u", dflt);
	fputs(" |", f);
}

static void
print_change(FILE *f, unsigned change)
{
	static const char *const words[] = { "live", "decide", "export", "import",
		"next session", "restart" };
	unsigned i, n = 0;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (change & 1u << i)
			fprintf(f, "%s%s", n++ ? ", " : " ", words[i]);
	fputs(" |", f);
}

static void
print_option(FILE *f, const char *words, unsigned kind, uint32_t dflt, uint32_t min,
    uint32_t max, unsigned change, int effect)
{
	static const char *const kinds[] = { "switch", "number", "seconds", "string",
		"address", "router id", "" };

	fprintf(f, "| `%s` | %s", words, kinds[kind]);
	print_range(f, kind, min, max);
	print_default(f, kind, dflt);
	print_change(f, change);
	fprintf(f, " %s | %s |\n", effect == DONE ? "" : "none yet", help_find(words));
}

#define DEFAULT_BOOL(d)	   ((uint32_t)(d))
#define DEFAULT_NUM(d)	   ((uint32_t)(d))
#define DEFAULT_SECONDS(d) ((uint32_t)(d))
#define DEFAULT_TEXT(d)	   0
#define DEFAULT_IPADDR(d)  0
#define DEFAULT_ID(d)	   0
#define DEFAULT_SPEC(d)	   0
#define ROW(field, type, dflt, lo, hi, change, words, effect)                            \
	print_option(                                                                    \
	    f, words, KIND_##type, DEFAULT_##type(dflt), lo, hi, change, effect);

static void
print_head(FILE *f, const char *title)
{
	fprintf(f,
	    "\n## %s\n\n"
	    "| words | value | range | default | change | effect | |\n"
	    "|---|---|---|---|---|---|---|\n",
	    title);
}

static void
print_rules(FILE *f, const struct rule *rule)
{
	for (; rule->pattern; rule++)
		fprintf(f, "    %s;\n", rule->pattern);
}

static void
print_syntax(FILE *f)
{
	const struct proto_type *const *type;
	rule_tables tables;

	fputs("\n## Statements of the file\n\n", f);
	print_rules(f, global_rules);
	fputs("\n## Statements of every protocol\n\n", f);
	print_rules(f, proto_rules);
	fputs("\n## Statements of every channel\n\n", f);
	print_rules(f, channel_rules);
	fputs("\n## Statements of the channels of bgp\n\n", f);
	print_rules(f, bgp_channel_rules);
	for (type = proto_types; *type; type++) {
		fprintf(f, "\n## Statements of %s\n\n", (*type)->word);
		for (tables = (*type)->rules; *tables; tables++)
			print_rules(f, *tables);
	}
}

void
manual_print(FILE *f)
{
	fputs(
	    "# Options and statements\n\n"
	    "Printed by `mynahd --options` from the tables that read a configuration.\n\n"
	    "*Change* is what a changed value asks of a running session: it is taken "
	    "over\n"
	    "live, routes are decided, exported or imported anew, it holds from the "
	    "next\n"
	    "session on, or the session restarts. Patterns have words in small letters,\n"
	    "`a|b` for one of them, `[...]` for what may be left out, and values in\n"
	    "capitals: NUM, SEC (seconds), BOOL (on, off, or nothing for on), TIME (a\n"
	    "number and s, ms or us), TEXT, IP, ID (a router id), NET, NAME, FILTER,\n"
	    "IFACES (interface patterns), BLOCK and BODY (in braces), MASK, DEBUG and "
	    "MRT\n"
	    "(all, off or words in braces), ANY (the rest).\n",
	    f);
	print_head(f, "Options of every protocol");
	PROTO_OPTIONS(ROW)
	print_head(f, "Options of bgp");
	BGP_OPTIONS(ROW)
	print_head(f, "Options of bfd");
	BFD_OPTIONS(ROW)
	print_head(f, "Options of a channel");
	CHANNEL_OPTIONS(ROW)
	print_syntax(f);
}
