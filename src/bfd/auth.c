/*
 * Authentication sections, RFC 5880:
 *
 *   simple (4.2)      Auth Type  Auth Len  Key ID  password, 1 to 16 bytes
 *   MD5, SHA1 (4.3,   Auth Type  Auth Len  Key ID  Reserved
 *   4.4)              Sequence Number (32)
 *                     digest, 16 or 20 bytes
 *
 * The digest is that of the whole packet with the secret, filled up with zeros, in its
 * place.
 */
#include "bfd/auth.h"

#include <md5.h>
#include <sha1.h>

#include "base/wire.h"

enum { SECTION = BFD_HEAD, DIGEST = BFD_HEAD + 8, SIMPLE_MAX = 16 };

static const struct {
	const char *name;
	unsigned digest; /* bytes */
	bool meticulous;
} types[BFD_AUTH_TYPES] = {
	[BFD_AUTH_NONE] = { "none", 0, false },
	[BFD_AUTH_SIMPLE] = { "simple", 0, false },
	[BFD_AUTH_MD5] = { "keyed md5", MD5_DIGEST_LENGTH, false },
	[BFD_AUTH_METICULOUS_MD5] = { "meticulous keyed md5", MD5_DIGEST_LENGTH, true },
	[BFD_AUTH_SHA1] = { "keyed sha1", SHA1_DIGEST_LENGTH, false },
	[BFD_AUTH_METICULOUS_SHA1] = { "meticulous keyed sha1", SHA1_DIGEST_LENGTH,
	    true },
};

const char *
bfd_auth_name(unsigned type)
{
	return type < BFD_AUTH_TYPES ? types[type].name : "unknown";
}

bool
bfd_auth_is_meticulous(unsigned type)
{
	return type < BFD_AUTH_TYPES && types[type].meticulous;
}

/* Of those that may be used now the one that became so last. */
static const struct bfd_key *
key_to_send(const struct bfd_keys *k, uint64_t now)
{
	const struct bfd_key *best = NULL;

	for (unsigned i = 0; k && i < k->n; i++)
		if (k->key[i].send_from <= now && now < k->key[i].send_to &&
		    (!best || k->key[i].send_from > best->send_from))
			best = &k->key[i];
	return best;
}

static void
digest(unsigned type, const uint8_t *packet, size_t len, uint8_t *out)
{
	if (types[type].digest == MD5_DIGEST_LENGTH) {
		MD5_CTX md5;

		MD5Init(&md5);
		MD5Update(&md5, packet, len);
		MD5Final(out, &md5);
	} else {
		SHA1_CTX sha1;

		SHA1Init(&sha1);
		SHA1Update(&sha1, packet, len);
		SHA1Final(out, &sha1);
	}
}

/* The digest of the packet's len bytes, which end with its place, by that key. */
static void
digest_with(unsigned type, const struct bfd_key *key, const uint8_t *packet, size_t len,
    uint8_t out[BFD_SECRET_MAX])
{
	uint8_t copy[BFD_PACKET_MAX];

	memcpy(copy, packet, DIGEST);
	memcpy(copy + DIGEST, key->secret, types[type].digest);
	digest(type, copy, len, out);
}

size_t
bfd_auth_sign(unsigned type, const struct bfd_keys *keys, uint32_t seq, uint64_t wall_s,
    uint8_t *packet)
{
	const struct bfd_key *key = key_to_send(keys, wall_s);
	uint8_t out[BFD_SECRET_MAX];
	size_t len;

	if (!key)
		return 0;
	packet[SECTION] = (uint8_t)type;
	packet[SECTION + 2] = key->id;
	if (type == BFD_AUTH_SIMPLE) {
		size_t n = key->len < SIMPLE_MAX ? key->len : SIMPLE_MAX;

		len = SECTION + 3 + n;
		memcpy(packet + SECTION + 3, key->secret, n);
	} else {
		len = DIGEST + types[type].digest;
		packet[SECTION + 3] = 0;
		put_u32(packet + SECTION + 4, seq);
	}
	packet[SECTION + 1] = (uint8_t)(len - SECTION);
	packet[3] = (uint8_t)len;
	if (types[type].digest) {
		digest_with(type, key, packet, len, out);
		memcpy(packet + DIGEST, out, types[type].digest);
	}
	return len;
}

/* How long it takes says nothing about where they differ. */
static bool
bytes_same(const uint8_t *a, const uint8_t *b, size_t n)
{
	unsigned differ = 0;

	for (size_t i = 0; i < n; i++)
		differ |= a[i] ^ b[i];
	return !differ;
}

static bool
signed_by(unsigned type, const struct bfd_key *key, const struct bfd_packet *p)
{
	uint8_t out[BFD_SECRET_MAX];
	size_t n = key->len < SIMPLE_MAX ? key->len : SIMPLE_MAX;

	if (type == BFD_AUTH_SIMPLE)
		return p->len - SECTION - 3 == n &&
		       bytes_same(p->bytes + SECTION + 3, key->secret, n);
	digest_with(type, key, p->bytes, p->len, out);
	return bytes_same(out, p->bytes + DIGEST, types[type].digest);
}

static bool
seq_is_new(unsigned type, const struct bfd_auth_rx *rx, unsigned multiplier, uint32_t seq)
{
	uint32_t ahead = seq - rx->seq; /* RFC 5880, 6.8.1: circular */

	if (!rx->known)
		return true;
	return ahead <= 3 * multiplier && (ahead || !types[type].meticulous);
}

static bool
section_fits(unsigned type, const struct bfd_packet *p)
{
	size_t n = p->len - SECTION;

	if (type == BFD_AUTH_SIMPLE)
		return n > 3 && n <= 3 + SIMPLE_MAX && p->bytes[SECTION + 1] == n;
	return n == 8 + types[type].digest && p->bytes[SECTION + 1] == n;
}

const char *
bfd_auth_check(unsigned type, const struct bfd_keys *keys, struct bfd_auth_rx *rx,
    unsigned multiplier, uint64_t wall_s, const struct bfd_packet *p)
{
	const struct bfd_key *key = NULL;
	uint32_t seq;

	if (p->bytes[SECTION] != type)
		return "wrong authentication type";
	if (!section_fits(type, p))
		return "wrong authentication length";
	for (unsigned i = 0; !key && keys && i < keys->n; i++)
		if (keys->key[i].id == p->bytes[SECTION + 2] &&
		    keys->key[i].accept_from <= wall_s && wall_s < keys->key[i].accept_to)
			key = &keys->key[i];
	if (!key)
		return "unknown authentication key";
	seq = type == BFD_AUTH_SIMPLE ? 0 : get_u32(p->bytes + SECTION + 4);
	if (type != BFD_AUTH_SIMPLE && !seq_is_new(type, rx, multiplier, seq))
		return "wrong sequence number";
	if (!signed_by(type, key, p))
		return "wrong authentication code";
	*rx = (struct bfd_auth_rx){ type != BFD_AUTH_SIMPLE, seq };
	return NULL;
}
