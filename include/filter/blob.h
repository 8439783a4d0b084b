/*
 * Large constants of filters, mostly sets: equal bytes are kept once in the process and
 * shared by all filters that name them, of old and new configurations.  Equal content is
 * equal address.
 */
#ifndef MYNAH_FILTER_BLOB_H
#define MYNAH_FILTER_BLOB_H

#include <stddef.h>
#include <stdint.h>

#define BLOB_MIN 256 /* bytes: what is shorter lies in the filter itself */

struct blob {
	struct blob *next; /* in the table */
	uint64_t hash;
	uint32_t refs, len;
	uint32_t data[];
};

struct blob *blob_get(const void *data, size_t len); /* a reference; any thread */
void blob_unref(struct blob *);
void blob_usage(size_t *count, size_t *bytes);

#endif
