/*
 * OPEN: values and bytes (RFC 4271, 4.2), what makes a peer's unacceptable (6.2), and what
 * two OPENs agree on.
 */
#ifndef MYNAH_BGP_OPEN_H
#define MYNAH_BGP_OPEN_H

#include "bgp/notify.h"
#include "bgp/session.h"

struct open {
	uint32_t as; /* the 4-octet number if it was announced */
	uint16_t hold_s;
	uint32_t id; /* host order */
	struct caps caps;
};

/* Our own, from the configuration. */
void open_local(struct open *, const struct session_conf *);

void open_encode(const struct open *, struct wbuf *);
/* The last part of it: capabilities, ready as bytes, as optional parameters. */
void open_encode_params(const uint8_t *caps, size_t len, struct wbuf *);
/* False: `fault` says what to answer. */
bool open_decode(struct open *, const uint8_t *body, size_t len, struct notify *fault);

/* Is the peer's OPEN acceptable to this configuration, `ours` having been sent? */
bool open_check(const struct session_conf *, const struct open *ours,
    const struct open *theirs, struct notify *fault);

/* Is there all that the configuration requires?  Part of open_check; asked again when the
 * configuration of a running session changes. */
bool open_requires(const struct session_conf *, const struct open *ours,
    const struct open *theirs);

/* Keepalive and send hold time for n->hold_s; in proportion where the peer lowered it. */
void open_intervals(const struct session_conf *, const struct open *ours,
    struct negotiated *);

void open_negotiate(const struct session_conf *, const struct open *ours,
    const struct open *theirs, struct negotiated *);

#endif
