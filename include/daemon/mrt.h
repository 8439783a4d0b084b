/*
 * Tables written to files in MRT format (bgp/mrt.h): protocol mrt and `mrt dump`.  Of main.
 */
#ifndef MYNAH_DAEMON_MRT_H
#define MYNAH_DAEMON_MRT_H

#include "daemon/runtime.h"

struct mrt_job;

/* Dumps the tables that the pattern names, slice by slice between the loop's events, each
 * to the file that the name gives for it.  done: once, not before the return, with what
 * went wrong or NULL; the job is gone then.  All of the request is borrowed for the call. */
struct mrt_job *mrt_job_new(struct runtime *, const struct mrt_conf *,
    void (*done)(void *ctx, const char *error), void *ctx);
void mrt_job_cancel(struct mrt_job *); /* done is not called; NULL is fine */

/* Files.  A descriptor, or -errno; the reader of a FIFO is not waited for. */
int mrt_file_open(const char *name);
/* All of the bytes or, of a regular file, none: one thread at a time.  0 or -errno. */
int mrt_file_append(int fd, const uint8_t *, size_t len);

#endif
