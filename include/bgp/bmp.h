/*
 * BMP: writer of messages for a monitoring station, RFC 7854.
 *
 *	0         1                   5         6
 *	+---------+-------------------+---------+--------------------------
 *	| 3       | length            | kind    | of one peer: its header
 *	+---------+-------------------+---------+--------------------------
 *	 6       7       8               16              32      36      40          48
 *	+-------+-------+---------------+---------------+-------+-------+-----------+---
 *	| type  | flags | distinguisher | address       | AS    | id    | sec, usec | ...
 *	+-------+-------+---------------+---------------+-------+-------+-----------+---
 *
 * Messages gather in a buffer of the writer's, for the caller to send.  AS paths that are
 * encoded here always have numbers of four octets.  Pure.
 */
#ifndef MYNAH_BGP_BMP_H
#define MYNAH_BGP_BMP_H

#include "bgp/update.h"

enum bmp_kind {
	BMP_ROUTES = 0,
	BMP_STATISTICS = 1,
	BMP_PEER_DOWN = 2,
	BMP_PEER_UP = 3,
	BMP_INITIATION = 4,
	BMP_TERMINATION = 5
};

struct bmp {
	uint8_t *at; /* owned: bmp_free */
	size_t len, room;
	size_t message;	  /* where the open one begins */
	uint8_t *scratch; /* owned */
};

void bmp_free(struct bmp *);

struct bmp_peer {
	struct ip ip;
	uint32_t as, id; /* host order */
	/* Not 0: a local instance, so that equal addresses in two VRFs or on two links
	 * are two peers (4.2). */
	uint64_t instance;
};

/* Flags of the peer's header; that of IPv6 follows from the address. */
enum { BMP_POST_POLICY = 0x40, BMP_AS2 = 0x20 };

/* Texts of at most 65,535 bytes. */
void bmp_initiation(struct bmp *, const char *description, const char *name);
enum { BMP_CLOSED = 0 }; /* by the operator: 4.5 */
void bmp_termination(struct bmp *, unsigned reason);

/* What a session came up with: both OPENs as they went, header and all (4.10). */
struct bmp_up {
	struct ip local; /* none: not known */
	uint16_t local_port, remote_port;
	const uint8_t *sent, *received;
	size_t sent_len, received_len;
};
void bmp_peer_up(
    struct bmp *, const struct bmp_peer *, uint64_t time_us, const struct bmp_up *);

/* Why it went (4.9).  data: the NOTIFICATION, or the event's number in two bytes. */
enum bmp_down {
	BMP_WE_NOTIFIED = 1,
	BMP_WE_CLOSED = 2,
	BMP_PEER_NOTIFIED = 3,
	BMP_PEER_CLOSED = 4, /* also a connection that broke */
	BMP_FORGOTTEN = 5    /* nothing more will be told of it */
};
void bmp_peer_down(struct bmp *, const struct bmp_peer *, uint64_t time_us, enum bmp_down,
    const uint8_t *data, size_t len);

/* One UPDATE as it came, header and all (4.6). */
void bmp_update(struct bmp *, const struct bmp_peer *, unsigned flags, uint64_t time_us,
    const uint8_t *msg, size_t len);

/* Networks that share a set, or (attrs NULL) are withdrawn, in as many messages as it
 * takes.  False: the set cannot be said in a message, and the networks are withdrawn. */
struct bmp_routes {
	enum family family;
	bool add_path; /* they have path ids */
	const struct attrs *attrs;
	const struct nlri *nlri;
	uint32_t n;
};
bool bmp_routes(struct bmp *, const struct bmp_peer *, unsigned flags, uint64_t time_us,
    const struct bmp_routes *);
void bmp_end_of_rib(
    struct bmp *, const struct bmp_peer *, unsigned flags, uint64_t time_us, enum family);

/* Statistics (4.8): a family's one has that in front of the number. */
struct bmp_stat {
	uint16_t type;
	enum family family; /* FAM_NONE: of the peer as a whole */
	bool counter;	    /* four bytes; else a gauge, of eight */
	uint64_t value;
};
enum {
	BMP_STAT_REJECTED = 0, /* by the import policy */
	BMP_STAT_IN = 7,       /* routes in Adj-RIBs-In */
	BMP_STAT_IN_FAMILY = 9
};
void bmp_statistics(struct bmp *, const struct bmp_peer *, uint64_t time_us,
    const struct bmp_stat *, uint32_t n);

#endif
