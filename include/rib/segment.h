/*
 * Segments: encoded messages, shared by every member of an update group that sends them.
 *
 * A segment is immutable once published and reference counted; whoever drops the last
 * reference frees it.  Its runs say which bytes a member that is itself a source leaves out.
 */
#ifndef MYNAH_RIB_SEGMENT_H
#define MYNAH_RIB_SEGMENT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define SEGMENT_SIZE 65536u

struct segment_run {
	uint32_t end;    /* offset behind the run's last byte; runs are in order */
	uint32_t source; /* channel id whose routes these are; that member skips the run. 0: none */
};

/* Bytes that segments of one group keep alive; the shard reads it to hold back a group whose
 * members do not drain.  Lives as long as any segment refers to it. */
struct segment_account {
	_Atomic uint32_t refs;
	_Atomic uint64_t bytes;
};

struct segment {
	_Atomic uint32_t refs;
	uint32_t len;
	uint32_t messages;
	uint32_t run_n;
	struct segment_account *account; /* may be NULL */
	struct segment_run *runs;
	uint8_t bytes[]; /* SEGMENT_SIZE of room while it is filled */
};

void segment_ref(struct segment *, uint32_t n);
void segment_unref(struct segment *); /* NULL is fine; any thread */

struct segment_account *segment_account_new(void);
void segment_account_unref(struct segment_account *);

#endif
