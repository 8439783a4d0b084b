/*
 * What the parts of abuse share: a session's socket, and messages made by hand.
 */
#ifndef MYNAH_TOOLS_ABUSE_H
#define MYNAH_TOOLS_ABUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/net.h"

#define MESSAGE_MAX 4096

enum { OPEN = 1, UPDATE, NOTIFICATION, KEEPALIVE, REFRESH };

struct options {
	struct ip to, local;
	uint16_t port;
	uint32_t as;
	unsigned sessions;
	unsigned long n; /* messages, networks or connections of each session */
	uint64_t until_ms;
	uint32_t seed;
};

struct sock {
	const struct options *o;
	struct ip local;
	uint32_t id, random;
	int fd;
	uint8_t head[23];        /* how the message that is being received begins */
	size_t heard;            /* bytes of it */
	unsigned long refreshed; /* ends of refreshes of route targets */
};

static inline uint32_t
rnd(struct sock *s, uint32_t n)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 17;
	s->random ^= s->random << 5;
	return s->random % n;
}

/* There is room for a message of twice the size that is allowed. */
struct msg {
	uint8_t b[MESSAGE_MAX * 2];
	size_t n;
};

void msg_begin(struct msg *, unsigned type);
void msg_put(struct msg *, uint64_t, unsigned bytes);
void msg_attr(struct msg *, unsigned flags, unsigned type, const void *, size_t);
void msg_finish(struct msg *); /* its length is known now */
void msg_set16(uint8_t *, size_t);
void msg_open(struct msg *, const struct sock *);
void msg_plain(struct msg *, unsigned type);
void msg_any(struct msg *, struct sock *); /* damaged, or not */

#endif
