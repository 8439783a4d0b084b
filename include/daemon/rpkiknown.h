/*
 * What a protocol rpki knows, for the filters and as routes.  Main thread.
 */
#ifndef MYNAH_DAEMON_RPKIKNOWN_H
#define MYNAH_DAEMON_RPKIKNOWN_H

#include "daemon/runtime.h"
#include "filter/origin.h"

enum { KNOWN_ROA4, KNOWN_ROA6, KNOWN_ASPA, KNOWN_KINDS };
extern const enum family known_kinds[KNOWN_KINDS];

/* A network, and of an ASPA the providers. */
struct known_record {
	const struct net *net;
	const uint32_t *providers;
	size_t provider_n;
};

struct known;

struct known *known_new(struct runtime *, struct run *);
/* The routes stay as far as they have been told. */
void known_free(struct known *);

/* Of the running configuration; NULL: the protocol has none for it. */
const struct channel_conf *known_channel(const struct run *, unsigned kind);
/* Does the channel's import filter take it? */
bool known_takes(const struct known *, const struct channel_conf *,
    const struct known_record *);
/* Takes the set over, NULL: nothing is known.  There is a channel.  A change behind one that
 * is still being told waits for its end. */
void known_set(struct known *, unsigned kind, struct origins *);

#endif
