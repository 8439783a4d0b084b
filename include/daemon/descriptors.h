/*
 * File descriptors: as many as we may have, and who goes without when they run short.
 * Sessions come first to their end, then clients of the control socket; the last ones are
 * for files, so that an operator gets in and a reload can be read.
 */
#ifndef MYNAH_DAEMON_DESCRIPTORS_H
#define MYNAH_DAEMON_DESCRIPTORS_H

#include <stdbool.h>

enum descriptor_use { FOR_SESSIONS, FOR_CLIENTS };

/* The soft limit becomes the hard one.  Once, before threads. */
void descriptors_raise(void);

/* Any thread.  May this one, just opened, stay open for that?  The kernel gives the lowest
 * number that is free, so the number tells how many are taken. */
bool descriptors_allow(int fd, enum descriptor_use);

/* How many sessions may be open at a time, what else is open left out of account. */
unsigned descriptors_for_sessions(void);

/* Are there as many as the threads need?  False: *need says how many. */
bool descriptors_suffice(unsigned io_n, unsigned shard_n, unsigned *need);

#endif
