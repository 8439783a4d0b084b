/*
 * Speaker: many BGP sessions of test clients in one process, on one thread.
 *
 * Each client is a session core (bgp/session.h) with its sockets.  It connects from its own
 * local address, or waits for a connection there.  What it announces is bytes: whole
 * messages, queued with client_send.  What it hears is decoded, or handed on undecoded where
 * decoding would cost more than the thing measured.
 */
#ifndef MYNAH_TOOLS_SPEAKER_H
#define MYNAH_TOOLS_SPEAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/net.h"
#include "bgp/session.h"

struct speaker;
struct client;

/* All may be NULL. */
struct client_ops {
	void (*up)(struct client *, void *ctx);
	void (*down)(struct client *, void *ctx, const struct down_reason *);
	void (*failed)(struct client *, void *ctx, const struct down_reason *);
	void (*update)(struct client *, void *ctx, struct update *);
	void (*refresh)(struct client *, void *ctx, enum family, unsigned subtype);
	/* When set, UPDATEs come here undecoded (the body, without header), not to `update`. */
	void (*raw)(struct client *, void *ctx, const uint8_t *body, size_t len);
};

struct client_conf {
	const char *name; /* copied */
	struct ip local, remote;
	uint16_t port;       /* of the remote side; local one when passive */
	uint32_t local_as, remote_as;
	bool confed; /* an inner session of a confederation */
	uint32_t router_id;  /* host order; 0: the local IPv4 address */
	uint16_t hold_s;
	bool family[FAMILIES];
	bool add_path_rx, add_path_tx;
	bool passive;
	unsigned rcvbuf; /* bytes of socket buffer for input; 0: the system's choice */
	const struct client_ops *ops;
	void *ctx;
};

struct client_stats {
	uint64_t messages, bytes; /* received, of all types when decoded */
	uint64_t keepalive_s;     /* negotiated */
	uint64_t max_gap_ms;      /* longest time without any message while established */
	unsigned ups, downs;
};

struct speaker *speaker_new(void);
void speaker_free(struct speaker *); /* closes all without a NOTIFICATION */

/* Handles what is there, waits for more until the moment `until_ms` (monotonic) at most. */
void speaker_run(struct speaker *, uint64_t until_ms);

/* The client starts with client_start. */
struct client *speaker_add(struct speaker *, const struct client_conf *);
size_t speaker_count(const struct speaker *);
struct client *speaker_client(const struct speaker *, size_t i);

/* Waits for connections at an address; each goes to the passive client with that local
 * address (and the connection's remote address, where several have it).  0 or -errno. */
int speaker_listen(struct speaker *, const struct ip *local, uint16_t port);

void client_start(struct client *);
/* Ends the session with a NOTIFICATION (Cease, administrative shutdown).  `down` is not
 * called. */
void client_stop(struct client *);

bool client_is_up(const struct client *);
const char *client_name(const struct client *);
const struct client_conf *client_conf(const struct client *);
const struct negotiated *client_negotiated(const struct client *); /* NULL unless up */

/* Queues whole messages; nothing happens when the session is not up. */
void client_send(struct client *, const uint8_t *, size_t);
/* The same without a copy: the bytes stay as they are until client_queued says 0. */
void client_send_borrowed(struct client *, const uint8_t *, size_t);
size_t client_queued(const struct client *); /* bytes not yet taken by the kernel */

/* Stops and resumes reading; the session is kept up on our side meanwhile. */
void client_pause(struct client *, bool pause);

struct client_stats client_stats(const struct client *);
void client_reset_gap(struct client *); /* max_gap_ms starts again from now */
uint64_t client_last_rx(const struct client *); /* ms; last message other than KEEPALIVE */

#endif
