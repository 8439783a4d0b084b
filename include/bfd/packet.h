/*
 * BFD control packets, RFC 5880, 4: bytes to values and back.  No state, any thread.
 */
#ifndef MYNAH_BFD_PACKET_H
#define MYNAH_BFD_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bfd_state { BFD_ADMIN_DOWN, BFD_DOWN, BFD_INIT, BFD_UP };

enum bfd_diag {
	BFD_DIAG_NONE,
	BFD_DIAG_EXPIRED, /* control detection time */
	BFD_DIAG_ECHO,
	BFD_DIAG_SIGNALED, /* the neighbour says that it is down */
	BFD_DIAG_FORWARDING,
	BFD_DIAG_PATH,
	BFD_DIAG_CONCATENATED,
	BFD_DIAG_ADMIN,
	BFD_DIAG_REVERSE,
};

#define BFD_HEAD       24 /* bytes without authentication */
#define BFD_PACKET_MAX 52 /* that we send: with SHA1 */
#define BFD_READ_MAX   (24 + 255)

struct bfd_packet {
	uint8_t state; /* enum bfd_state */
	uint8_t diag;  /* 0..31 */
	bool poll, final, independent, demand;
	bool auth;
	uint8_t multiplier; /* not 0 */
	uint32_t my_disc;   /* not 0 */
	uint32_t your_disc; /* 0 only in states Down and AdminDown */
	uint32_t min_tx_us, min_rx_us, min_echo_us;

	/* Of one that was read: borrowed. */
	const uint8_t *bytes;
	size_t len; /* as its own length field says: authentication ends there */
};

/* RFC 5880, 6.8.6, as far as it needs no session.  NULL, or why it is to be dropped: a
 * constant text. */
const char *bfd_decode(struct bfd_packet *, const uint8_t *, size_t n);
/* The head; where `auth` is set the section is to follow (bfd/auth.h).  BFD_HEAD bytes.
 */
void bfd_encode(const struct bfd_packet *, uint8_t *to);

const char *bfd_state_name(unsigned state); /* "AdminDown", "Down", "Init", "Up" */
const char *bfd_diag_name(unsigned diag);

#endif
