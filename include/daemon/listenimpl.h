/*
 * What the files of listen.h share: the sockets and who calls (listen.c), passwords and
 * keys (listenkeys.c).  Io thread 0.
 */
#ifndef MYNAH_DAEMON_LISTENIMPL_H
#define MYNAH_DAEMON_LISTENIMPL_H

#include "daemon/listen.h"

struct listener {
	struct listener *next;
	struct io *io;
	struct ip ip; /* none: any of the family v4 tells */
	char *device; /* an interface it is bound to; or NULL */
	char *vrf;    /* or a VRF's */
	bool v4, wanted;
	uint16_t port;
	int fd; /* -1: could not be opened */
	int err; /* why, as the log was told */
	unsigned ifindex; /* what the interface was then, or 0 */
	bool fresh;	  /* opened since the index before: it has no keys */
	struct watch *watch;
	struct timer *pause; /* until accept is tried again after it failed */
	uint64_t said_ms;    /* when the log last said that it fails; 0: never */
};

/* Owned by io thread 0; there is one set of listeners in a process. */
extern struct listeners {
	struct listener *first;
	struct listen_index *index;
} listeners;

/* The one that the entry's calls come to, or NULL. */
struct listener *listener_find(const struct listen_entry *);
/* The first of the n entries that is not before the key. */
unsigned listen_entry_from(
    const struct listen_index *, unsigned n, const struct listen_entry *key);
bool listen_device_equal(const char *, const char *); /* NULL: none */

/*
 * listenkeys.c: takes away what the index before had set and the next one has not, before
 * sockets come and go.  A password that stays or is replaced is never away: nobody slips in meanwhile.
 * old: may be NULL.
 */
void listen_take_away(const struct listen_index *old, const struct listen_index *);
/* Sets the passwords and keys, and tells main which peers lack a socket or these. */
void listen_tell_faults(
    struct daemon *, const struct listen_index *old, const struct listen_index *);

#endif
