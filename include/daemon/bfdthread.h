/*
 * The BFD thread: sessions, their sockets and timers, and nothing else, so that an
 * interval of milliseconds holds whatever the others do.  It never waits, logs nothing
 * and takes no lock; who hangs on a session is told by mail, BGP's io threads directly.
 *
 * Main has it do things; nobody else speaks to it.
 */
#ifndef MYNAH_DAEMON_BFDTHREAD_H
#define MYNAH_DAEMON_BFDTHREAD_H

#include "bfd/session.h"
#include "bgp/hops.h"
#include "daemon/io.h"

struct bfd_thread;
struct bfd_peer; /* a session with its socket */

struct bfd_target {
	struct ip remote, local;
	unsigned ifindex; /* 0: over several hops */
	char ifname[HOP_IFNAME];
	char vrf[HOP_IFNAME]; /* where we listen: the VRF's interface, or "" */
	unsigned vrf_index;   /* what that was then, or 0 */
};

/* A BGP session to be told when this one goes down. */
struct bfd_watcher {
	struct io *io;
	uint32_t peer;
	bool graceful;
};

/* What main is told of a change; in main, by `on_change` of the thread. */
struct bfd_change {
	uint32_t id;
	uint8_t state, was, remote_state, diag;
};

/* NULL and errno: no thread, or no descriptor for it. */
struct bfd_thread *bfd_thread_start(
    struct mailbox *main, void (*on_change)(void *owner, const struct bfd_change *));
/* Tells no neighbour; waits for the thread's end. */
void bfd_thread_stop(struct bfd_thread *);

/* conf->keys and the watchers (by mem_free, or NULL) are taken over, and the descriptor.
 */
struct bfd_peer *bfd_thread_add(struct bfd_thread *, uint32_t id,
    const struct bfd_target *, const struct bfd_conf *, struct bfd_watcher *,
    unsigned watcher_n, int fd);
void bfd_thread_change(struct bfd_thread *, struct bfd_peer *, const struct bfd_conf *,
    struct bfd_watcher *, unsigned watcher_n);
/* The neighbour is told; the peer is not to be used any more. */
void bfd_thread_remove(struct bfd_thread *, struct bfd_peer *);

/* The sockets to read from; replaces those before.  The thread closes them. */
struct bfd_listener {
	int fd;
	bool multihop;
	char vrf[HOP_IFNAME]; /* only for sessions of this one */
};
void bfd_thread_listen(struct bfd_thread *, const struct bfd_listener *, unsigned n);

/* Waits for the answer: the thread is never busy for long. */
struct bfd_look {
	struct bfd_peer *peer;
	struct bfd_view view;
	uint64_t now_us, wall_since_ms;
};
void bfd_thread_look(struct bfd_thread *, struct bfd_look *, unsigned n);

/* bfdsock.c: sockets, in main.  -errno. */
int bfd_socket_send(const struct bfd_target *);
/* local none: any address of the family.  ifname "": any interface. */
int bfd_socket_listen(
    bool ip4, bool multihop, const struct ip *local, const char *ifname);
/* Packets of IPv6 without a checksum are taken, or not. */
void bfd_socket_zero_udp6(int fd, bool on);

/* bfdsock.c: in the thread. */
struct bfd_arrival {
	uint8_t bytes[BFD_READ_MAX];
	size_t n;
	struct ip from;
	unsigned ifindex;
	int ttl; /* -1: not told */
};
#define BFD_BATCH 32
unsigned bfd_socket_read(int fd, struct bfd_arrival *, unsigned n);
void bfd_socket_write(int fd, const struct bfd_target *, const uint8_t *, size_t);

#endif
