/*
 * Keys of a TCP-AO session (RFC 5925): what `keys { key { ... }; };` of a bgp protocol says.
 * A value without pointers, of AO_KEYS_SIZE(n) bytes, so that who needs it copies it.
 */
#ifndef MYNAH_CONF_AOKEYS_H
#define MYNAH_CONF_AOKEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AO_KEYS_MAX   256 /* ids are octets */
#define AO_SECRET_MAX 80

enum ao_algorithm { /* HMAC_SHA1 is the default */
	AO_HMAC_MD5,
	AO_HMAC_SHA1,
	AO_HMAC_SHA256,
	AO_HMAC_SHA384,
	AO_HMAC_SHA512,
	AO_CMAC_AES128,
	AO_ALGORITHMS
};

/* Compared as bytes: what is not used is 0. */
struct ao_key {
	uint8_t send_id, recv_id;
	uint8_t algorithm; /* enum ao_algorithm */
	uint8_t rank;	   /* 2: preferred, 0: deprecated, 1: neither */
	uint8_t secret_n;
	uint8_t secret[AO_SECRET_MAX];
};

struct ao_keys {
	unsigned n; /* at least 1 */
	struct ao_key key[];
};

#define AO_KEYS_SIZE(n) (sizeof(struct ao_keys) + (n) * sizeof(struct ao_key))

/* NULL is none, here and below. */
bool ao_keys_same(const struct ao_keys *, const struct ao_keys *);
/* Signed with in the same way, however much preferred. */
bool ao_key_same(const struct ao_key *, const struct ao_key *);
/* Is there one that signs as this one does? */
bool ao_keys_have(const struct ao_keys *, const struct ao_key *);
/* What a session begins with: the first of those of the highest rank. */
const struct ao_key *ao_keys_best(const struct ao_keys *);
/* Adds those that are not there yet; `into` has room for AO_KEYS_MAX.  False, and nothing is
 * added: an id is another key's already. */
bool ao_keys_merge(struct ao_keys *into, const struct ao_keys *from);
/* A copy by mem_alloc, or NULL of NULL. */
struct ao_keys *ao_keys_dup(const struct ao_keys *);

#endif
