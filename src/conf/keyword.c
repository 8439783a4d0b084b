/*
 * The words that BIRD keeps for itself, as asked of 1.6.8 and 2.0.12 with `define WORD`.
 * In 1.6 none of them can be a name; BIRD 2 lets names take them since 2.14, with a
 * warning.  Constants, which are written in capitals, are tokens here as well.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/check.h"

/* clang-format off */
static const char *const words_both[] = { /* of both */
	"accept", "action", "add", "address", "administrative", "advertise", "after",
	"algorithm", "all", "allow", "always", "area", "as", "as4", "attributes", "auth",
	"authentication", "aware", "base", "bcast", "bfd", "bgp", "bgp_aggregator",
	"bgp_atomic_aggr", "bgp_cluster_list", "bgp_community", "bgp_ext_community",
	"bgp_large_community", "bgp_local_pref", "bgp_med", "bgp_next_hop", "bgp_origin",
	"bgp_originator_id", "bgp_path", "bgpmask", "bgppath", "blackhole", "block",
	"bool", "broadcast", "buffer", "bug", "capabilities", "case", "cease", "change",
	"check", "class", "client", "clist", "cluster", "collision", "commands",
	"communities", "configuration", "configure", "confirm", "connect", "connection",
	"contains", "cost", "cost2", "count", "cryptographic", "dead", "debug",
	"deconfigured", "default", "define", "defined", "delay", "delete", "description",
	"dest", "deterministic", "dev", "device", "direct", "disable", "disabled", "down",
	"drop", "dscp", "dump", "ec", "echo", "eclist", "ecmp", "eligible", "else",
	"empty", "enable", "error", "eval", "events", "export", "extended", "external",
	"false", "fatal", "filename", "filter", "filtered", "filters", "first", "flush",
	"for", "forget", "from", "function", "garbage", "gateway", "generate", "generic",
	"global", "graceful", "gw", "hello", "hidden", "hit", "hmac", "hold", "hop",
	"horizon", "id", "idle", "if", "ifindex", "ifname", "ignore", "igp", "igp_metric",
	"import", "in", "infinity", "info", "instance", "int", "interface", "interfaces",
	"interpret", "interval", "ip", "ipv4", "iso", "keep", "keepalive", "kernel",
	"keyed", "krt_advmss", "krt_cwnd", "krt_feature_allfrag", "krt_feature_ecn",
	"krt_hoplimit", "krt_initcwnd", "krt_initrwnd", "krt_lock_advmss",
	"krt_lock_cwnd", "krt_lock_hoplimit", "krt_lock_mtu", "krt_lock_reordering",
	"krt_lock_rto_min", "krt_lock_rtt", "krt_lock_rttvar", "krt_lock_sstresh",
	"krt_lock_window", "krt_metric", "krt_mtu", "krt_prefsrc", "krt_quickack",
	"krt_realm", "krt_reordering", "krt_rto_min", "krt_rtt", "krt_rttvar",
	"krt_scope", "krt_source", "krt_sstresh", "krt_window", "large", "last",
	"last_nonaggregated", "latency", "lc", "lclist", "learn", "len", "length",
	"limit", "link", "lived", "lladdr", "local", "log", "long", "lsa", "lsadb",
	"lsid", "mask", "match", "max", "md5", "med", "memory", "merge", "messages",
	"meticulous", "metric", "min", "missing", "mode", "mrt", "mrtdump", "ms",
	"multicast", "multihop", "multiplier", "name", "nbma", "neighbor", "neighbors",
	"net", "netmask", "networks", "next", "no", "noexport", "nonbroadcast", "none",
	"normal", "nssa", "of", "off", "older", "on", "only", "ospf", "ospf_metric1",
	"ospf_metric2", "ospf_router_id", "ospf_tag", "out", "packets", "pair", "passive",
	"password", "passwords", "path", "paths", "period", "persist", "pipe",
	"plaintext", "pointomultipoint", "pointopoint", "poison", "poll", "port",
	"preexport", "prefer", "preference", "prefix", "prepend", "primary", "print",
	"printn", "priority", "prohibit", "proto", "protocol", "protocols", "ptmp", "ptp",
	"quad", "real", "receive", "recursive", "refresh", "reject", "rejected", "reload",
	"remote", "reset", "resources", "restart", "restrict", "retransmit", "retry",
	"return", "reverse", "rfc1583compat", "rip", "rip_metric", "rip_tag", "ro",
	"roa_check", "route", "router", "routes", "rr", "rs", "rt", "rx", "s", "scan",
	"scope", "secondary", "security", "self", "sessions", "set", "setkey", "sha1",
	"sha256", "sha384", "sha512", "short", "show", "shutdown", "simple", "sockets",
	"soft", "sorted", "source", "split", "stability", "stale", "start", "startup",
	"state", "states", "static", "stats", "status", "stderr", "strict", "string",
	"stub", "stubnet", "summary", "suppression", "symbols", "syslog", "table", "tag",
	"template", "then", "tick", "time", "timeformat", "timeout", "to", "topology",
	"trace", "translator", "transmit", "true", "ttl", "tx", "type", "undo", "unknown",
	"unreachable", "unset", "update", "us", "version", "via", "virtual", "vrf",
	"wait", "warn", "warning", "watchdog", "weight", "where", "yes", "zero",
};

static const char *const words_old[] = { /* of 1.6 alone */
	"cast", "dual", "listen", "multipath", "old", "opaque", "peer", "quitbird", "roa",
	"transparent", "v6only",
};

static const char *const words_new[] = { /* of 2 alone */
	"aigp", "asn", "attribute", "autonomous", "babel", "babel_metric", "bgp_aigp",
	"bgp_otc", "bind", "bird", "blake2b256", "blake2b512", "blake2s128", "blake2s256",
	"bt_assert", "bt_check_assign", "bt_test_same", "bt_test_suite", "by", "channels",
	"circuit", "code", "confederation", "config", "current", "data", "data1", "data2",
	"demand", "digits", "dnssl", "do", "domain", "dont_fragment", "dport", "dst",
	"dynamic", "ebgp", "enforce", "entries", "exit", "exp", "expire", "exported",
	"first_fragment", "flags", "flow4", "flow6", "format", "fragment", "free", "gc",
	"gw_mpls", "header", "help", "high", "hostname", "ibgp", "icmp", "internal",
	"ipv4_mc", "ipv4_mpls", "ipv6", "ipv6_mc", "ipv6_mpls", "ipv6_sadr",
	"is_fragment", "is_v4", "is_v6", "key", "label", "last_fragment", "lifetime",
	"linger", "low", "mac", "managed", "mandatory", "maxlen", "medium", "member",
	"mpls", "mtu", "mult", "netlink", "ng", "ns", "offset", "onlink", "originate",
	"other", "pe", "perf", "permissive", "preferred", "pri", "private", "propagate",
	"public", "quit", "ra", "ra_lifetime", "ra_preference", "radv", "randomize",
	"range", "rd", "rdnss", "reachable", "repeat", "require", "retrans", "rfc5838",
	"roa4", "roa6", "roles", "rpki", "rxcost", "sadr", "sec", "sensitive", "sets",
	"settle", "skip", "solicited", "sport", "src", "ssh", "tcp", "threshold", "timer",
	"transport", "trie", "trigger", "unicast", "user", "v2", "v3", "valid",
	"validate", "vpn", "vpn4", "vpn4_mc", "vpn4_mpls", "vpn6", "vpn6_mc", "vpn6_mpls",
	"wired", "wireless",
};
/* clang-format on */

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static int
word_cmp(const void *key, const void *row)
{
	return strcmp(key, *(const char *const *)row);
}

/*
 * Most names are none of these words: two bits for each word's hash tell.
 */
static unsigned
word_hash(const char *word)
{
	unsigned hash = 0;

	while (*word)
		hash = hash * 31 + (unsigned char)*word++;
	return hash * 0x9e3779b1u;
}

static bool
bit_is_set(const uint64_t *bits, unsigned bit)
{
	return bits[bit % KEYWORD_BITS / 64] >> bit % 64 & 1;
}

static void
bits_add(uint64_t *bits, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned hash = word_hash(list[i]), other = hash >> 16;

		bits[hash % KEYWORD_BITS / 64] |= (uint64_t)1 << hash % 64;
		bits[other % KEYWORD_BITS / 64] |= (uint64_t)1 << other % 64;
	}
}

static bool
in_list(const char *name, const char *const *list, size_t n)
{
	return bsearch(name, list, n, sizeof(*list), word_cmp) != NULL;
}

bool
keyword_is(struct keywords *k, const char *name, bool old)
{
	unsigned hash = word_hash(name);

	if (!k->known) {
		bits_add(k->bits, words_both, COUNT(words_both));
		bits_add(k->bits, words_old, COUNT(words_old));
		bits_add(k->bits, words_new, COUNT(words_new));
		k->known = true;
	}
	if (!bit_is_set(k->bits, hash) || !bit_is_set(k->bits, hash >> 16))
		return false;
	return in_list(name, words_both, COUNT(words_both)) ||
	       (old ? in_list(name, words_old, COUNT(words_old))
		    : in_list(name, words_new, COUNT(words_new)));
}
