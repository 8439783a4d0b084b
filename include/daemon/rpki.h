/*
 * Protocol rpki: sessions with caches.  Main thread.
 */
#ifndef MYNAH_DAEMON_RPKI_H
#define MYNAH_DAEMON_RPKI_H

#include "control/record.h"

struct run;

void rpki_record(const struct run *, struct rpki_record *);

#endif
