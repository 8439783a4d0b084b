/*
 * The interfaces of the machine, as records.
 */
#ifndef MYNAH_CONTROL_IFACE_H
#define MYNAH_CONTROL_IFACE_H

#include "base/arena.h"
#include "control/record.h"

/* All interfaces by index; records live in the arena.  Asks the system. */
const struct interface_record *interfaces_read(struct arena *, unsigned *n);

#endif
