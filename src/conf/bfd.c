/*
 * Protocol bfd, and the options of BFD sessions: those of an interface, of multihop
 * sessions and of the `bfd` block of a BGP session are one table.
 *
 * Passwords are read for other protocols, too, which do nothing with them: what is
 * remembered of them is only what BFD asks for (check->keys).
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/check.h"

#define KEYS_MAX 256

/* The passwords of one block. */
struct keys_read {
	struct bfd_key key[KEYS_MAX];
	unsigned n;
	unsigned next_id;
	struct bfd_key *now; /* the one whose block is read */
};

/*
 * Passwords.
 */
enum { SEND_FROM = 1, SEND_TO = 2, ACCEPT_FROM = 4, ACCEPT_TO = 8 };

/* "YYYY-MM-DD [HH:MM[:SS[.ffffff]]]" in local time; 1.6 has "DD-MM-YYYY" and no
 * fractions. What is left out is zero. */
static bool
date_read(const char *text, bool old, uint64_t *at)
{
	static const char *const forms[] = { "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M",
		"%Y-%m-%d", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y" };

	for (unsigned i = 0; i < 3; i++) {
		struct tm tm = { .tm_isdst = -1 };
		const char *end = strptime(text, forms[i + (old ? 3 : 0)], &tm);
		time_t t;

		if (!end)
			continue;
		if (*end == '.' && i == 0 && !old)
			end += 1 + strspn(end + 1, "0123456789");
		if (*end)
			continue;
		t = mktime(&tm);
		*at = t > 0 ? (uint64_t)t : 0;
		return t != (time_t)-1;
	}
	return false;
}

/* kind: which of the four times. */
static void
key_time(struct check *check, const struct rule *rule, const struct match *m)
{
	const struct capture *cap = &m->cap[0];
	struct bfd_key *key = check->keys ? check->keys->now : NULL;
	unsigned which = rule->kind;
	const char *text = NULL;
	uint64_t at = 0;

	if (!cap_text(check, cap, &text))
		return;
	if (!date_read(text, check->old, &at)) {
		check_error(check, &cap->arg->at,
		    check->old ? "Invalid date and time" : "Invalid date/time");
		return;
	}
	if (!key)
		return;
	key->send_from = which & SEND_FROM ? at : key->send_from;
	key->send_to = which & SEND_TO ? at : key->send_to;
	key->accept_from = which & ACCEPT_FROM ? at : key->accept_from;
	key->accept_to = which & ACCEPT_TO ? at : key->accept_to;
}

static void
key_id(struct check *check, const struct rule *rule, const struct match *m)
{
	uint32_t id = 0;

	(void)rule;
	if (cap_range(check, &m->cap[0], "password ID", 0, 255, &id) && check->keys)
		check->keys->now->id = (uint8_t)id;
}

static void
key_algorithm(struct check *check, const struct rule *rule, const struct match *m)
{
	(void)rule;
	if (check->keys)
		check_error(check, &m->stmt->at,
		    "Password algorithm option not available in BFD protocol");
}

static const struct rule key_rules[] = {
	{ .pattern = "generate from TEXT", .fn = key_time, .kind = SEND_FROM },
	{ .pattern = "generate to TEXT", .fn = key_time, .kind = SEND_TO },
	{ .pattern = "accept from TEXT", .fn = key_time, .kind = ACCEPT_FROM },
	{ .pattern = "accept to TEXT", .fn = key_time, .kind = ACCEPT_TO },
	{ .pattern = "from TEXT", .fn = key_time, .kind = SEND_FROM | ACCEPT_FROM },
	{ .pattern = "to TEXT", .fn = key_time, .kind = SEND_TO | ACCEPT_TO },
	{ .pattern = "id NUM", .fn = key_id },
	{ .pattern = "algorithm keyed|hmac md5|sha1|sha256|sha384|sha512",
	    .fn = key_algorithm },
	{ .pattern = "algorithm blake2s128|blake2s256|blake2b256|blake2b512",
	    .fn = key_algorithm },
	{ 0 },
};

static size_t
hex_bytes(const char *text, uint8_t *to, size_t room)
{
	char pair[3] = "";
	size_t n = 0, k = 0;

	for (; text && *text && n < room; text++) {
		if (*text == ':')
			continue;
		pair[k++] = *text;
		if (k == 2)
			to[n++] = (uint8_t)strtoul(pair, NULL, 16);
		k %= 2;
	}
	return n;
}

static void
key_begin(struct keys_read *k, const char *text, bool hex)
{
	struct bfd_key *key = &k->key[k->n];
	size_t n;

	*key = (struct bfd_key){ .id = (uint8_t)k->next_id++,
		.send_to = UINT64_MAX,
		.accept_to = UINT64_MAX };
	if (hex) {
		n = hex_bytes(text, key->secret, sizeof(key->secret));
	} else {
		n = strnlen(text, sizeof(key->secret));
		memcpy(key->secret, text, n);
	}
	key->len = (uint8_t)n;
	k->now = key;
}

/* kind 1: bytes in hexadecimal digits. */
static void
key_read(struct check *check, const struct rule *rule, const struct match *m)
{
	struct keys_read *k = check->keys;
	const char *text = m->cap[1].arg->text;

	if (!rule->kind && !cap_text(check, &m->cap[1], &text))
		return;
	if (k && k->n == KEYS_MAX) {
		check_error(check, &m->stmt->at, "Too many passwords");
		return;
	}
	if (k)
		key_begin(k, text, rule->kind);
	if (m->cap[2].arg)
		words_block(check, m->cap[2].arg->block,
		    (const struct rule *const[]){ key_rules, NULL }, NULL);
	if (k)
		k->n++;
}

#define PASSWORD_ROWS                                                                    \
	{ .pattern = "password|key TEXT [BLOCK]", .fn = key_read },                      \
	{                                                                                \
		.pattern = "password|key RD [BLOCK]", .fn = key_read, .kind = 1          \
	}

static const struct rule password_list_rules[] = {
	PASSWORD_ROWS,
	{ 0 },
};

static void
password_list(struct check *check, const struct rule *rule, const struct match *m)
{
	(void)rule;
	words_block(check, m->cap[0].arg->block,
	    (const struct rule *const[]){ password_list_rules, NULL }, NULL);
}

const struct rule password_rules[] = {
	PASSWORD_ROWS,
	{ .pattern = "passwords BLOCK", .fn = password_list },
	{ 0 },
};

/*
 * Options of sessions.
 */
enum { BOTH_INTERVALS, MIN_INTERVAL, IDLE_INTERVAL };

static void
session_interval(struct check *check, const struct rule *rule, const struct match *m)
{
	struct bfd_options *o = m->to;
	const struct capture *cap = &m->cap[rule->kind == MIN_INTERVAL];
	uint64_t us = 0;
	uint32_t n;

	if (!cap_time(check, cap, &us))
		return;
	n = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	if (rule->kind == IDLE_INTERVAL)
		o->idle_tx_us = n;
	else if (rule->kind == BOTH_INTERVALS)
		o->min_rx_us = o->min_tx_us = n;
	else
		*(m->cap[0].num ? &o->min_tx_us : &o->min_rx_us) = n;
}

static void
session_multiplier(struct check *check, const struct rule *rule, const struct match *m)
{
	struct bfd_options *o = m->to;
	uint32_t n = 0;

	(void)rule;
	if (!cap_num(check, &m->cap[0], &n))
		return;
	if (n > 255)
		check_warn(check, &m->cap[0].arg->at,
		    "Multiplier %u is more than a packet can say: 255", n);
	o->multiplier = (uint8_t)(n > 255 ? 255 : n);
}

static void
session_passive(struct check *check, const struct rule *rule, const struct match *m)
{
	struct bfd_options *o = m->to;
	bool on = true;

	(void)rule;
	if (!cap_bool(check, &m->cap[0], &on))
		return;
	o->passive = on;
	o->has_passive = true;
}

static void
session_graceful(struct check *check, const struct rule *rule, const struct match *m)
{
	struct bfd_options *o = m->to;

	(void)check;
	(void)rule;
	o->graceful = true;
}

/* kind: the type of the first word, min: of the other. */
static void
session_auth(struct check *check, const struct rule *rule, const struct match *m)
{
	struct bfd_options *o = m->to;

	(void)check;
	o->auth = (uint8_t)(m->cap[0].num ? rule->min : rule->kind);
}

static const struct rule session_rules[] = {
	{ .pattern = "interval TIME", .fn = session_interval, .kind = BOTH_INTERVALS },
	{ .pattern = "min rx|tx interval TIME",
	    .fn = session_interval,
	    .kind = MIN_INTERVAL },
	{ .pattern = "idle tx interval TIME",
	    .fn = session_interval,
	    .kind = IDLE_INTERVAL },
	{ .pattern = "multiplier NUM", .fn = session_multiplier },
	{ .pattern = "passive BOOL", .fn = session_passive },
	{ .pattern = "graceful", .fn = session_graceful },
	{ .pattern = "authentication none|simple",
	    .fn = session_auth,
	    .kind = BFD_AUTH_NONE,
	    .min = BFD_AUTH_SIMPLE },
	{ .pattern = "authentication keyed md5|sha1",
	    .fn = session_auth,
	    .kind = BFD_AUTH_MD5,
	    .min = BFD_AUTH_SHA1 },
	{ .pattern = "authentication meticulous keyed md5|sha1",
	    .fn = session_auth,
	    .kind = BFD_AUTH_METICULOUS_MD5,
	    .min = BFD_AUTH_METICULOUS_SHA1 },
	{ 0 },
};

void
bfd_options_read(struct check *check, const struct block *block, struct bfd_options *o)
{
	struct keys_read *k = ARENA_NEW(check->tmp, struct keys_read);

	k->next_id = 1;
	check->keys = k;
	words_block(check, block,
	    (const struct rule *const[]){ session_rules, password_rules, NULL }, o);
	check->keys = NULL;
	if (k->n) {
		struct bfd_keys *keys = arena_alloc(
		    check->keep, sizeof(*keys) + k->n * sizeof(k->key[0]));

		keys->n = k->n;
		memcpy(keys->key, k->key, k->n * sizeof(k->key[0]));
		o->keys = keys;
	}
	if (!o->auth != !o->keys)
		check_warn(check, &block->end,
		    "Authentication and password options should be used together");
}

/*
 * The protocol.
 */
static void
bfd_begin(struct check *check, struct proto_build *p)
{
	(void)check;
	p->p.bfd = (struct bfd_conf_proto){
#define X(field, kind, dflt, ...) .field = dflt,
		BFD_OPTIONS(X)
#undef X
	};
}

static void
bfd_accept(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	const struct capture *family = &m->cap[rule->kind], *reach = &m->cap[!rule->kind];
	unsigned what = BFD_ACCEPT_ALL;

	(void)check;
	if (family->arg)
		what &= ~(unsigned)(family->num ? BFD_ACCEPT_IPV4 : BFD_ACCEPT_IPV6);
	if (reach->arg)
		what &= ~(unsigned)(reach->num ? BFD_ACCEPT_DIRECT : BFD_ACCEPT_MULTIHOP);
	p->p.bfd.accept = what;
}

static void
bfd_interface(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	struct bfd_conf_proto *b = &p->p.bfd;
	struct bfd_iface_conf *more = ARENA_ARRAY(
	    check->keep, struct bfd_iface_conf, b->iface_n + 1);
	struct bfd_iface_conf *new = &more[b->iface_n];

	(void)rule;
	check_names_only(check, m);
	if (b->iface_n)
		memcpy(more, b->iface, b->iface_n * sizeof(*more));
	b->iface_n++;
	b->iface = more;
	check_patterns(check, m, m->begin + 1, &new->pattern_n, &new->pattern);
	if (m->cap[1].arg)
		bfd_options_read(check, m->cap[1].arg->block, &new->options);
}

static void
bfd_multihop(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	p->p.bfd.multihop = (struct bfd_options){ 0 };
	if (m->cap[0].arg)
		bfd_options_read(check, m->cap[0].arg->block, &p->p.bfd.multihop);
}

static void
neighbor_add(
    struct check *check, struct bfd_conf_proto *b, const struct bfd_neighbor_conf *new)
{
	struct bfd_neighbor_conf *more = ARENA_ARRAY(
	    check->keep, struct bfd_neighbor_conf, b->neighbor_n + 1);

	if (b->neighbor_n)
		memcpy(more, b->neighbor, b->neighbor_n * sizeof(*more));
	more[b->neighbor_n++] = *new;
	b->neighbor = more;
}

/* kind 1: the interface is a string. */
static void
bfd_neighbor(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	struct bfd_neighbor_conf n = { 0 };
	const struct arg *last = m->stmt->arg[m->stmt->n - 1];

	cap_ip(check, &m->cap[0], &n.ip);
	if (m->cap[1].arg && rule->kind)
		cap_text(check, &m->cap[1], &n.interface);
	else if (m->cap[1].arg)
		n.interface = m->cap[1].arg->text;
	n.interface = n.interface ? check_keep(check, n.interface) : NULL;
	if (m->cap[2].arg)
		cap_ip(check, &m->cap[2], &n.local);
	if (m->cap[3].arg || (last->text && strcmp(last->text, "multihop") == 0))
		cap_bool(check, &m->cap[3], &n.multihop);
	if (n.multihop && n.interface)
		check_error(check, &m->stmt->end,
		    "Neighbor cannot set both interface and multihop");
	else if (n.multihop && !m->cap[2].arg)
		check_error(check, &m->stmt->end,
		    "Multihop neighbor requires specified local address");
	neighbor_add(check, &p->p.bfd, &n);
}

#define IN_BFD(field) offsetof(struct proto_build, p.bfd.field)

static const struct rule bfd_rules[] = {
	{ .pattern = "accept [ipv4|ipv6] [direct|multihop]", .fn = bfd_accept },
	{ .pattern = "accept direct|multihop ipv4|ipv6", .fn = bfd_accept, .kind = 1 },
	{ .pattern = "interface IFACES [BLOCK]", .fn = bfd_interface },
	{ .pattern = "multihop [BLOCK]", .fn = bfd_multihop },
	{ .pattern = "neighbor IP [% NAME] [local IP] [multihop BOOL]",
	    .fn = bfd_neighbor },
	{ .pattern = "neighbor IP [dev TEXT] [local IP] [multihop BOOL]",
	    .fn = bfd_neighbor,
	    .kind = 1 },
#define X(field, kind, dflt, lo, hi, change, words, effect)                              \
	ROW_##kind(IN_BFD(field), words, kind, lo, hi, effect)
	BFD_OPTIONS(X)
#undef X
	    { .pattern = "express thread group NAME" },
	{ 0 },
};

const struct proto_type bfd_type = {
	.word = "bfd",
	.shown = "BFD",
	.kind = PROTO_BFD,
	.rules = (const struct rule *const[]){ bfd_rules, NULL },
	.begin = bfd_begin,
};
