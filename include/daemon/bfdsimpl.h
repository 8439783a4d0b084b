/*
 * What the files of bfds.h share: wishes (bfdwish.c), the sessions there are (bfds.c), and
 * where they listen (bfdheard.c).  Main thread.
 */
#ifndef MYNAH_DAEMON_BFDSIMPL_H
#define MYNAH_DAEMON_BFDSIMPL_H

#include "daemon/bfds.h"
#include "daemon/bfdthread.h"

#define BFDS_RETRY_MS 1000 /* of a socket that could not be opened */

/* Somebody asks for a session. */
struct bfd_wish {
	struct bfd_target target;
	const struct proto_conf *proto;	   /* the protocol bfd that takes it */
	unsigned order;			   /* who asked first */
	const struct bfd_options *options; /* BGP's own, or NULL */
	struct bfd_watcher watcher;	   /* io NULL: nobody to be told */
};

struct wishes { /* rt set, the rest zero to begin with */
	struct runtime *rt;
	const char *vrf; /* of the protocol that asks; "" or NULL: none */
	struct bfd_wish *wish;
	unsigned n, room;
};

struct bfd_link {
	struct bfd_target target;
	char *proto;
	struct bfd_conf conf; /* keys: a copy of our own */
	struct bfd_watcher *watcher;
	unsigned watcher_n;
	uint32_t id;
	struct bfd_peer *peer; /* the thread's; NULL: there is no socket yet */
	bool failed;	       /* and that was said */
	uint8_t state;
};

struct heard {
	struct bfd_listener l;
	bool ip4;
	struct ip local; /* none: any */
	char ifname[HOP_IFNAME];
	unsigned ifindex; /* what the interface, or the VRF's, was when it was bound to it */
};

struct bfds {
	struct bfd_thread *thread; /* NULL: it could not be started yet */
	bool thread_failed;	   /* and that was said */
	struct timer *timer, *retry;
	struct bfd_link **link; /* by bfd_target_cmp */
	unsigned n;
	uint32_t next_id;
	bool routes_due; /* a state has changed that static routes may hang on */
	struct heard *heard;
	unsigned heard_n;
	bool heard_failed; /* and that was said */
	struct bfd_look *look; /* of each session, when it was last asked for */
	bool looked;	       /* and the sessions are the same since */
};

/* By neighbour, then by interface, then by VRF. */
int bfd_target_cmp(const struct bfd_target *, const struct bfd_target *);

/* All that is wished for and some protocol bfd takes, sorted by target; of one target in the
 * order they were asked.  The caller frees the list. */
void bfds_wishes(struct wishes *);
/* The protocol bfd that takes the session when somebody in that VRF asks for it, or NULL. */
const struct proto_conf *bfds_proto_for(
    const struct runtime *, const struct bfd_target *, const char *vrf);
/* Its options there; the keys are the model's. */
struct bfd_conf bfds_conf_for(const struct proto_conf *, const struct bfd_wish *);

/* Opens and closes sockets, so that there are those that protocols bfd and sessions need. */
void bfds_listen(struct bfds *, const struct runtime *);

#endif
