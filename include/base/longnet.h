/*
 * Long networks: those that need more bytes than the key of a struct net has, like flow
 * specifications.  The key names the bytes, which stand elsewhere.  A struct net of such a
 * type is one of two:
 *
 *   borrowed  its bytes are somebody else's (a message, an arena) and it is good as long as
 *             they are; made by net_long
 *   held      its bytes are in the process-wide store, where equal ones exist once, and who
 *             holds it has a reference; made by net_hold, ended by net_drop
 *
 * Copies of a held one are good as long as the reference is.  Whoever keeps a network longer
 * than a call holds it: batches, nodes of tables, copies of walks.  Networks of other types
 * may be given to all functions and cost a look at their type.
 */
#ifndef MYNAH_BASE_LONGNET_H
#define MYNAH_BASE_LONGNET_H

#include <string.h>
#include "base/net.h"

/* At most so many bytes; longer ones are cut by nobody: they must not be made. */
#define NET_LONG_MAX 65535u

/* The first bytes of a key; the first eight, the pointer, are the key of tables. */
struct longref {
	const uint8_t *bytes;
	uint16_t len;
	bool held;
	uint8_t pad[5];
};
_Static_assert(sizeof(struct longref) <= NET_KEY_MAX, "it must fit the key");

static inline struct longref
net_longref(const struct net *n)
{
	struct longref r;

	memcpy(&r, n->key, sizeof(r));
	return r;
}

/* Borrows len bytes. */
struct net net_long(enum net_type, const void *bytes, size_t len);
/* The bytes of a long network, borrowed from it. */
static inline const uint8_t *
net_bytes(const struct net *n, size_t *len)
{
	struct longref r = net_longref(n);

	*len = r.len;
	return r.bytes;
}

/* Of source-specific routing (draft-ietf-rtgwg-dst-src-routing): the destination, then the
 * source, each an address and a length.  In this order routes are sorted. */
enum { SADR_LEN = 34 };
/* Both of IPv6; borrows `room`, which it fills. */
struct net net_sadr(const struct net *to, const struct net *from, uint8_t room[SADR_LEN]);
void net_sadr_parts(const struct net *, struct net *to, struct net *from);

static inline bool
net_is_held(const struct net *n)
{
	return net_longref(n).held;
}

void longnet_hold(struct net *);
void longnet_drop(struct net *);

/* Any thread.  The network becomes a held one: with a reference of its own, whatever it was
 * before. */
static inline void
net_hold(struct net *n)
{
	if (net_is_long(n->type))
		longnet_hold(n);
}

/* Any thread.  Gives the reference up; the bytes may be gone after it. */
static inline void
net_drop(struct net *n)
{
	if (net_is_long(n->type))
		longnet_drop(n);
}

/* Any thread.  A number beside a held network, 0 until it is noted: what was said last of it
 * to others, by whomever.  One that is borrowed has none. */
void longnet_note(const struct net *, uint64_t);
uint64_t longnet_noted(const struct net *);

/* The held network whose bytes these are, as a table's key has them; no reference taken. */
struct net longnet_of(enum net_type, const uint8_t *bytes);
uint64_t longnet_hash(const struct net *);

struct longnet_stats {
	size_t nets, bytes;
};
struct longnet_stats longnet_stats(void);

#endif
