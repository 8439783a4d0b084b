/*
 * Output queue of one connection: references to shared segments and small private pieces,
 * in order.  Nothing is copied between the group's encoding and the socket.
 */
#ifndef MYNAH_DAEMON_OUTQ_H
#define MYNAH_DAEMON_OUTQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct segment;

struct out_piece {
	struct segment *segment; /* one reference */
	uint32_t at, end;	 /* bytes of it still to send */
};

struct outq {
	struct out_piece *piece; /* ring of `cap`, a power of two */
	uint32_t first, n, cap;
	uint64_t bytes; /* waiting */
};

void outq_init(struct outq *);
void outq_clear(struct outq *); /* drops everything */

/* Bytes of the queue's own: copied. */
void outq_bytes(struct outq *, const void *, size_t);
/* The segment but for runs of the given source channels; takes its own references. */
void outq_segment(struct outq *, struct segment *, const uint32_t *skip, unsigned skip_n);

/* Fills iov with the next bytes; returns how many entries, at most max. */
unsigned outq_iov(const struct outq *, struct iovec *iov, unsigned max);
void outq_sent(struct outq *, size_t n);

/* Keeps only what the peer must still see before the connection ends: the rest of a
 * message that has been begun, and the last piece (a NOTIFICATION). */
void outq_cut(struct outq *);

#endif
