/*
 * Keys of TCP-AO (RFC 5925) in a bgp protocol: read, checked as BIRD checks them, compared.
 * The kernel takes them (daemon/tcpao.h).
 */
#include "conf/aokeys.h"

#include <string.h>

#include "base/mem.h"
#include "conf/check.h"

bool
ao_key_same(const struct ao_key *a, const struct ao_key *b)
{
	return a->send_id == b->send_id && a->recv_id == b->recv_id &&
	       a->algorithm == b->algorithm && a->secret_n == b->secret_n &&
	       memcmp(a->secret, b->secret, a->secret_n) == 0;
}

bool
ao_keys_same(const struct ao_keys *a, const struct ao_keys *b)
{
	if (!a || !b)
		return a == b;
	return a->n == b->n && memcmp(a->key, b->key, a->n * sizeof(*a->key)) == 0;
}

bool
ao_keys_have(const struct ao_keys *keys, const struct ao_key *key)
{
	for (unsigned i = 0; keys && i < keys->n; i++)
		if (ao_key_same(&keys->key[i], key))
			return true;
	return false;
}

const struct ao_key *
ao_keys_best(const struct ao_keys *keys)
{
	const struct ao_key *best = NULL;

	for (unsigned i = 0; keys && i < keys->n; i++)
		if (!best || keys->key[i].rank > best->rank)
			best = &keys->key[i];
	return best;
}

/* Neither id of the key is another's. */
static bool
ids_are_free(const struct ao_keys *keys, const struct ao_key *key)
{
	for (unsigned i = 0; i < keys->n; i++)
		if (keys->key[i].send_id == key->send_id ||
		    keys->key[i].recv_id == key->recv_id)
			return false;
	return true;
}

bool
ao_keys_merge(struct ao_keys *into, const struct ao_keys *from)
{
	for (unsigned i = 0; i < from->n; i++)
		if (!ao_keys_have(into, &from->key[i]) &&
		    !ids_are_free(into, &from->key[i]))
			return false;
	for (unsigned i = 0; i < from->n; i++)
		if (!ao_keys_have(into, &from->key[i]))
			into->key[into->n++] = from->key[i];
	return true;
}

struct ao_keys *
ao_keys_dup(const struct ao_keys *keys)
{
	struct ao_keys *copy;

	if (!keys)
		return NULL;
	copy = mem_alloc(AO_KEYS_SIZE(keys->n));
	memcpy(copy, keys, AO_KEYS_SIZE(keys->n));
	return copy;
}

/*
 * Reading.
 */
struct reading {
	struct ao_keys *keys; /* room for all ids and one more */
	struct ao_key *key;   /* the one being read */
	bool has_send, has_recv, has_secret, preferred, deprecated;
};

static void
key_id(struct check *check, const struct rule *rule, const struct match *m)
{
	struct reading *r = m->to;
	uint32_t id = 0;

	if (!cap_range(check, &m->cap[0], "Key ID", 0, 255, &id))
		return;
	if (rule->kind & 1) {
		r->key->send_id = (uint8_t)id;
		r->has_send = true;
	}
	if (rule->kind & 2) {
		r->key->recv_id = (uint8_t)id;
		r->has_recv = true;
	}
}

static void
secret_add(struct check *check, struct reading *r, const struct place *at, unsigned byte)
{
	if (r->key->secret_n < AO_SECRET_MAX)
		r->key->secret[r->key->secret_n++] = (uint8_t)byte;
	else
		check_error(check, at, "TCP-AO secret too long");
}

static int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef",
		   *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Bytes as the reader leaves them: pairs of digits with or without colons, perhaps behind
 * `hex:`. */
static void
secret_bytes(struct check *check, struct reading *r, const struct arg *arg)
{
	unsigned errors = check->errors;
	const char *p = arg->text;

	if (strncmp(p, "hex:", 4) == 0)
		p += 4;
	while (*p && check->errors == errors) {
		int high, low = -1;

		if (*p == ':') {
			p++;
			continue;
		}
		high = hex_digit(*p);
		if (high >= 0)
			low = hex_digit(p[1]);
		if (low < 0) {
			check_error(check, &arg->at, "Secret is not made of bytes");
			return;
		}
		secret_add(check, r, &arg->at, (unsigned)(high * 16 + low));
		p += 2;
	}
}

static void
key_secret(struct check *check, const struct rule *rule, const struct match *m)
{
	struct reading *r = m->to;
	const struct arg *arg = m->cap[0].arg;
	unsigned errors = check->errors;
	const char *text = NULL;

	r->has_secret = true;
	r->key->secret_n = 0;
	if (rule->kind) {
		secret_bytes(check, r, arg);
		return;
	}
	if (cap_text(check, &m->cap[0], &text))
		for (; *text && check->errors == errors; text++)
			secret_add(check, r, &arg->at, (uint8_t)*text);
}

/* TCP knows hmac of a hash and cmac of aes128; other words are read, and refused. */
static void
key_algorithm(struct check *check, const struct rule *rule, const struct match *m)
{
	static const struct {
		unsigned kind; /* in the pattern of the row */
		const char *name;
	} algorithms[AO_ALGORITHMS] = {
		[AO_HMAC_MD5] = { 0, "md5" },
		[AO_HMAC_SHA1] = { 0, "sha1" },
		[AO_HMAC_SHA256] = { 0, "sha256" },
		[AO_HMAC_SHA384] = { 0, "sha384" },
		[AO_HMAC_SHA512] = { 0, "sha512" },
		[AO_CMAC_AES128] = { 2, "aes128" },
	};
	const char *name = m->cap[1].arg ? m->cap[1].arg->text : "";
	struct reading *r = m->to;

	(void)rule;
	for (unsigned i = 0; i < AO_ALGORITHMS; i++)
		if (m->cap[0].num == algorithms[i].kind &&
		    strcmp(name, algorithms[i].name) == 0) {
			r->key->algorithm = (uint8_t)i;
			return;
		}
	check_error(check, &m->cap[0].arg->at, "Unknown algorithm for TCP-AO");
}

static void
key_choice(struct check *check, const struct rule *rule, const struct match *m)
{
	struct reading *r = m->to;

	*(rule->kind ? &r->preferred : &r->deprecated) = true;
	if (r->preferred && r->deprecated)
		check_error(check, &m->stmt->at,
		    "Key cannot be both preferred and deprecated");
	r->key->rank = rule->kind ? 2 : 0;
}

static const struct rule key_rules[] = {
	{ .pattern = "id NUM", .fn = key_id, .kind = 3 },
	{ .pattern = "send id NUM", .fn = key_id, .kind = 1 },
	{ .pattern = "recv id NUM", .fn = key_id, .kind = 2 },
	{ .pattern =
		"algorithm hmac|keyed|cmac|blake2s128|blake2s256|blake2b256|blake2b512 "
		"[NAME]",
	    .fn = key_algorithm },
	{ .pattern = "secret TEXT", .fn = key_secret },
	{ .pattern = "secret RD", .fn = key_secret, .kind = 1 },
	{ .pattern = "preferred", .fn = key_choice, .kind = 1 },
	{ .pattern = "deprecated", .fn = key_choice },
	{ 0 },
};

static void
key_check(struct check *check, const struct reading *r, const struct place *at)
{
	const struct ao_key *key = r->key, *other;

	if (!r->has_send)
		check_error(check, at, "No key Send ID");
	else if (!r->has_recv)
		check_error(check, at, "No key Recv ID");
	else if (!r->has_secret)
		check_error(check, at, "No secret defined for key %u/%u", key->send_id,
		    key->recv_id);
	for (other = r->keys->key; other < key; other++)
		if (other->send_id == key->send_id)
			check_error(
			    check, at, "Multiple keys with Send ID %u", key->send_id);
		else if (other->recv_id == key->recv_id)
			check_error(
			    check, at, "Multiple keys with Recv ID %u", key->recv_id);
}

static void
key_read(struct check *check, const struct rule *rule, const struct match *m)
{
	struct reading *r = m->to;
	struct ao_keys *keys = r->keys;
	const struct block *block = m->cap[0].arg->block;

	(void)rule;
	*r = (struct reading){ .keys = keys, .key = &keys->key[keys->n] };
	*r->key = (struct ao_key){ .algorithm = AO_HMAC_SHA1, .rank = 1 };
	if (!words_block(
		check, block, (const struct rule *const[]){ key_rules, NULL }, r))
		return;
	key_check(check, r, &block->end);
	if (keys->n < AO_KEYS_MAX)
		keys->n++;
}

static const struct rule keys_rules[] = {
	{ .pattern = "key BLOCK", .fn = key_read },
	{ 0 },
};

void
ao_keys_read(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	struct reading r = { .keys = mem_alloc(AO_KEYS_SIZE(AO_KEYS_MAX + 1)) };

	(void)rule;
	words_block(check, m->cap[0].arg->block,
	    (const struct rule *const[]){ keys_rules, NULL }, &r);
	p->p.bgp.keys = r.keys->n
			    ? arena_dup(check->keep, r.keys, AO_KEYS_SIZE(r.keys->n))
			    : NULL;
	mem_free(r.keys);
}
