/*
 * Words, numbers, addresses and the like of the text as values of tokens.  What is wrong
 * with one is reported here and comes out as the error token, which the grammar recovers
 * from.
 */
#include "lang/token.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

static const struct keyword {
	const char *word;
	int token;
} keywords[] = {
	{ "accept", TOK_ACCEPT },
	{ "by", TOK_BY },
	{ "case", TOK_CASE },
	{ "define", TOK_DEFINE },
	{ "do", TOK_DO },
	{ "else", TOK_ELSE },
	{ "enum", TOK_ENUMTYPE },
	{ "error", TOK_KW_ERROR },
	{ "eval", TOK_EVAL },
	{ "false", TOK_FALSE },
	{ "filter", TOK_FILTER },
	{ "flow4", TOK_FLOW },
	{ "flow6", TOK_FLOW },
	{ "for", TOK_FOR },
	{ "function", TOK_FUNCTION },
	{ "if", TOK_IF },
	{ "in", TOK_IN },
	{ "include", TOK_INCLUDE },
	{ "print", TOK_PRINT },
	{ "printn", TOK_PRINTN },
	{ "protocol", TOK_PROTOCOL },
	{ "reject", TOK_REJECT },
	{ "return", TOK_RETURN },
	{ "route", TOK_ROUTE },
	{ "set", TOK_SET },
	{ "template", TOK_TEMPLATE },
	{ "then", TOK_THEN },
	{ "timeformat", TOK_TIMEFORMAT },
	{ "true", TOK_TRUE },
	{ "unset", TOK_UNSET },
	{ "where", TOK_WHERE },
};

/* Constants of the filter language that are written as words. */
static const char *const enums[] = {
	"AF_IPV4",
	"AF_IPV6",
	"ASPA_INVALID",
	"ASPA_UNKNOWN",
	"ASPA_VALID",
	"MPLS_POLICY_AGGREGATE",
	"MPLS_POLICY_NONE",
	"MPLS_POLICY_PREFIX",
	"MPLS_POLICY_STATIC",
	"MPLS_POLICY_VRF",
	"NET_ASPA",
	"NET_ETH",
	"NET_EVPN",
	"NET_EVPN_EAD",
	"NET_EVPN_ES",
	"NET_EVPN_IMET",
	"NET_EVPN_MAC",
	"NET_FLOW4",
	"NET_FLOW6",
	"NET_IP4",
	"NET_IP6",
	"NET_IP6_SADR",
	"NET_MPLS",
	"NET_NEIGHBOR",
	"NET_ROA4",
	"NET_ROA6",
	"NET_VPN4",
	"NET_VPN6",
	"ORIGIN_EGP",
	"ORIGIN_IGP",
	"ORIGIN_INCOMPLETE",
	"ROA_INVALID",
	"ROA_UNKNOWN",
	"ROA_VALID",
	"RTC_ANYCAST",
	"RTC_BROADCAST",
	"RTC_MULTICAST",
	"RTC_UNICAST",
	"RTD_BLACKHOLE",
	"RTD_DEVICE",
	"RTD_MULTIPATH",
	"RTD_PROHIBIT",
	"RTD_ROUTER",
	"RTD_UNICAST",
	"RTD_UNREACHABLE",
	"RTS_AGGREGATED",
	"RTS_BABEL",
	"RTS_BGP",
	"RTS_DEVICE",
	"RTS_INHERIT",
	"RTS_L3VPN",
	"RTS_OSPF",
	"RTS_OSPF_EXT1",
	"RTS_OSPF_EXT2",
	"RTS_OSPF_IA",
	"RTS_PIPE",
	"RTS_REDIRECT",
	"RTS_RIP",
	"RTS_RPKI",
	"RTS_STATIC",
	"RTS_STATIC_DEVICE",
	"SCOPE_HOST",
	"SCOPE_LINK",
	"SCOPE_ORGANIZATION",
	"SCOPE_SITE",
	"SCOPE_UNDEFINED",
	"SCOPE_UNIVERSE",
};

/*
 * Words, each once.
 */
static void
words_grow(struct source *src)
{
	unsigned room = src->word_room ? 4 * src->word_room : 256, i;
	struct source_word **words = ARENA_ARRAY(src->arena, struct source_word *, room);
	struct source_word *w, *next;

	for (i = 0; i < src->word_room; i++)
		for (w = src->words[i]; w; w = next) {
			next = w->next;
			w->next = words[w->hash & (room - 1)];
			words[w->hash & (room - 1)] = w;
		}
	src->words = words;
	src->word_room = room;
}

static uint64_t
load(const char *p, size_t len)
{
	uint64_t w = 0;

	memcpy(&w, p, len);
	return w;
}

/* Eight bytes at a time, the last ones twice where that saves a loop. */
static uint32_t
word_hash(const char *p, size_t len)
{
	const uint64_t mul = 0x9e3779b97f4a7c15u;
	uint64_t h = len * mul;

	for (; len >= 8; p += 8, len -= 8) {
		h = (h ^ load(p, 8)) * mul;
		h ^= h >> 32;
	}
	if (len >= 4)
		h ^= load(p, 4) | load(p + len - 4, 4) << 32;
	else if (len)
		h ^= load(p, 1) | load(p + len / 2, 1) << 8 | load(p + len - 1, 1) << 16;
	h *= mul;
	return (uint32_t)(h >> 32);
}

/* Keywords and constants stand there from the begin on: any other word is a name. */
static void
words_room(struct source *src)
{
	size_t i;
	bool first = !src->word_room;

	words_grow(src);
	for (i = 0; first && i < sizeof(keywords) / sizeof(*keywords); i++)
		source_word(src, keywords[i].word, strlen(keywords[i].word))->token =
		    keywords[i].token;
	for (i = 0; first && i < sizeof(enums) / sizeof(*enums); i++)
		source_word(src, enums[i], strlen(enums[i]))->token = TOK_ENUM;
}

struct source_word *
source_word(struct source *src, const char *text, size_t len)
{
	struct source_word *w, **slot;
	uint32_t hash = word_hash(text, len);

	if (src->word_n >= src->word_room)
		words_room(src);
	slot = &src->words[hash & (src->word_room - 1)];
	for (w = *slot; w; w = w->next)
		if (w->hash == hash && memcmp(w->text, text, len) == 0 && !w->text[len])
			return w;
	w = arena_alloc(src->arena, sizeof(*w) + len + 1);
	memcpy(w->text, text, len);
	w->hash = hash;
	w->token = TOK_WORD;
	w->next = *slot;
	*slot = w;
	src->word_n++;
	return w;
}

int
token_keep(
    struct source *source, MYNAH_STYPE *val, const char *text, size_t len, int token)
{
	val->text = arena_strndup(source->arena, text, len);
	return token;
}

/* -empty-, --empty-- or ---empty---, by the dashes before it */
int
token_empty(struct source *source, MYNAH_STYPE *val, const char *text)
{
	static const char *const names[] = { "-empty-", "--empty--", "---empty---" };
	const char *name = names[strspn(text, "-") - 1];

	return token_keep(source, val, name, strlen(name), TOK_EMPTY);
}

int
token_word(struct source *source, MYNAH_STYPE *val, const struct place *at,
    const char *text, size_t len)
{
	struct source_word *word;

	if (len - 1 >= SYMBOL_MAX) {
		source_error(source, at, len ? "Symbol too long" : "Empty symbol");
		return TOK_MYNAH_error;
	}
	word = source_word(source, text, len);
	val->text = word->text;
	if (word->token == TOK_WORD)
		return TOK_WORD;
	if (word->token == TOK_ROUTE)
		source->route_mark = arena_mark(source->tree);
	return word->named ? TOK_WORD : word->token;
}

/* Does a word begin a statement of the file wherever it begins one?  `filter` needs a
 * look at what follows: a name and a brace. */
static bool
word_begins(int token, const char *behind, char first)
{
	const char *name;

	if (token != TOK_FILTER || (first != ' ' && first != '\t'))
		return token == TOK_PROTOCOL || token == TOK_TEMPLATE ||
		       token == TOK_FUNCTION || token == TOK_DEFINE;
	name = behind + 1 + strspn(behind + 1, " \t");
	behind = name + strcspn(name, " \t\n{;");
	return behind > name && behind[strspn(behind, " \t\n")] == '{';
}

int
token_placed(struct source *source, struct place *at, int token, const char *word,
    const char *behind, char first)
{
	if (!word_begins(token, behind, first) || !source_strays(source, at, word))
		return token;
	source->after = token;
	source->aside = true;
	source->after_at = *at;
	source_close(source, at);
	return '}';
}

/* A number of digits only, or of 0x and digits; what follows them is not looked at. */
static bool
num_parse(const char *text, int base, uint32_t max, uint32_t *num)
{
	unsigned long long n = 0;

	if (base == 10) {
		for (; *text >= '0' && *text <= '9' && n <= UINT32_MAX; text++)
			n = 10 * n + (unsigned)(*text - '0');
	} else {
		errno = 0;
		n = strtoull(text, NULL, base);
		if (errno)
			n = ULLONG_MAX;
	}
	*num = (uint32_t)n;
	return n <= max;
}

int
token_num(struct source *source, MYNAH_STYPE *val, const struct place *at,
    const char *text, int base)
{
	if (num_parse(text, base, UINT32_MAX, &val->num))
		return TOK_NUM;
	source_error(source, at, "Number out of range");
	return TOK_MYNAH_error;
}

/* An address as BIRD reads it: groups of IPv4 may begin with zeros. */
static bool
ip_read(const char *text, struct ip *ip)
{
	uint32_t addr = 0;
	unsigned i, group;

	if (strchr(text, ':'))
		return ip_parse(text, ip);
	for (i = 0; i < 4; i++, text++) {
		for (group = 0; *text >= '0' && *text <= '9' && group < 256; text++)
			group = 10 * group + (unsigned)(*text - '0');
		if (group > 255 || *text != (i < 3 ? '.' : 0))
			return false;
		addr = addr << 8 | group;
	}
	*ip = ip_from4(addr);
	return true;
}

int
token_ip4(struct source *source, MYNAH_STYPE *val, uint32_t addr)
{
	source->four_n++;
	val->ip = ARENA_NEW(source->tree, struct ip);
	*val->ip = ip_from4(addr);
	return TOK_IP;
}

int
token_net4(struct source *source, MYNAH_STYPE *val, const struct place *at, uint32_t addr,
    unsigned plen)
{
	struct ip ip = ip_from4(addr);

	source->four_n++;
	if (!source->four.line)
		source->four = *at;
	val->net = ARENA_NEW(source->tree, struct net);
	*val->net = net_from_ip(&ip, plen);
	return TOK_NET;
}

int
token_ip(
    struct source *source, MYNAH_STYPE *val, const struct place *at, const char *text)
{
	if (!source->six.line && strchr(text, ':'))
		source->six = *at;
	*(strchr(text, ':') ? &source->six_n : &source->four_n) += 1;
	val->ip = ARENA_NEW(source->tree, struct ip);
	if (ip_read(text, val->ip))
		return TOK_IP;
	source_error(source, at, "Invalid IPv%c address %.80s",
	    strchr(text, ':') ? '6' : '4', text);
	return TOK_MYNAH_error;
}

static struct ip
ip_masked(struct ip ip, unsigned plen)
{
	unsigned i, bits;

	for (i = 0; i < 16; i++) {
		bits = plen > 8 * i ? plen - 8 * i : 0;
		if (bits < 8)
			ip.b[i] &= (uint8_t)(0xff00 >> bits);
	}
	return ip;
}

/* What was written as IPv6 is an IPv6 prefix, ::ffff:0:0/96 too. */
static struct net
net_six(const struct ip *ip, unsigned plen)
{
	struct net net = { .type = NET_IP6, .plen = (uint8_t)plen };

	memcpy(net.key, ip->b, sizeof(ip->b));
	return net;
}

static int
net_read(struct source *source, MYNAH_STYPE *val, const struct place *at,
    const char *addr, uint32_t plen)
{
	char wanted[IP_TEXT_MAX], given[IP_TEXT_MAX];
	struct ip ip, masked;
	unsigned max;

	if (!ip_read(addr, &ip)) {
		source_error(source, at, "Invalid IPv%c address %.80s",
		    strchr(addr, ':') ? '6' : '4', addr);
		return TOK_MYNAH_error;
	}
	max = strchr(addr, ':') ? 128 : 32;
	if (plen > max) {
		source_error(source, at, "Invalid prefix length %u", plen);
		return TOK_MYNAH_error;
	}
	masked = ip_masked(ip, max == 32 ? plen + 96 : plen);
	if (!ip_equal(&masked, &ip)) {
		source_error(source, at,
		    "Invalid IPv%c prefix %s/%u, maybe you wanted %s/%u",
		    max == 32 ? '4' : '6', ip_format(&ip, given), plen,
		    ip_format(&masked, wanted), plen);
		return TOK_MYNAH_error;
	}
	*(max == 32 ? &source->four_n : &source->six_n) += 1;
	val->net = ARENA_NEW(source->tree, struct net);
	*val->net = max == 32 ? net_from_ip(&ip, plen) : net_six(&ip, plen);
	if (max == 32 && !source->four.line)
		source->four = *at;
	if (max == 128 && !source->six.line)
		source->six = *at;
	return TOK_NET;
}

int
token_net(
    struct source *source, MYNAH_STYPE *val, const struct place *at, const char *text)
{
	const char *slash = strchr(text, '/');
	size_t len = (size_t)(slash - text);
	char addr[128];
	uint32_t plen;

	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	if (len >= sizeof(addr))
		len = sizeof(addr) - 1;
	memcpy(addr, text, len);
	addr[len] = 0;
	if (!num_parse(slash + 1 + strspn(slash + 1, " \t"), 10, UINT32_MAX, &plen)) {
		source_error(source, at, "Number out of range");
		return TOK_MYNAH_error;
	}
	return net_read(source, val, at, addr, plen);
}

/* A.B.C.D:M.M.M.M of BIRD 1.6 */
int
token_mask(
    struct source *source, MYNAH_STYPE *val, const struct place *at, const char *text)
{
	const char *colon = strchr(text, ':');
	char *addr = arena_strndup(source->arena, text, (size_t)(colon - text));
	struct ip ip;
	uint32_t mask, plen = 0;

	if (!ip_read(colon + 1, &ip)) {
		source_error(source, at, "Invalid IPv4 address %.80s", colon + 1);
		return TOK_MYNAH_error;
	}
	for (mask = ip_to4(&ip); mask & 0x80000000; mask <<= 1)
		plen++;
	if (mask) {
		source_error(source, at, "Invalid network mask %.80s", colon + 1);
		return TOK_MYNAH_error;
	}
	return net_read(source, val, at, addr, plen);
}

/* ASN:NUM, KIND:ASN:NUM or A.B.C.D:NUM */
int
token_rd(
    struct source *source, MYNAH_STYPE *val, const struct place *at, const char *text)
{
	const char *last = strrchr(text, ':');
	const char *first = strchr(text, ':') == last ? text : strchr(text, ':') + 1;
	uint32_t asn = 0, num, max = UINT32_MAX;
	struct ip ip;
	char addr[64];

	if (strchr(text, '.')) {
		snprintf(addr, sizeof(addr), "%.*s", (int)(last - text), text);
		if (!ip_read(addr, &ip)) {
			source_error(source, at, "Invalid IPv4 address %s", addr);
			return TOK_MYNAH_error;
		}
		max = 0xffff;
	} else if (!num_parse(first, 10, UINT32_MAX, &asn)) {
		source_error(source, at, "ASN out of range");
		return TOK_MYNAH_error;
	}
	if (!num_parse(last + 1, 10, asn > 0xffff ? 0xffff : max, &num)) {
		source_error(source, at, "Number out of range");
		return TOK_MYNAH_error;
	}
	return token_keep(source, val, text, strlen(text), TOK_RD);
}
