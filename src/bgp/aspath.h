/*
 * AS paths as bytes: segments of type, count and AS numbers (RFC 4271, 4.3).
 *
 * In memory a path always has 4-octet numbers; `as_len` tells of the form on the wire.
 */
#ifndef MYNAH_BGP_ASPATH_H
#define MYNAH_BGP_ASPATH_H

#include "base/arena.h"
#include "base/wire.h"

#define PATH_SEG_MAX 255 /* numbers in one segment */

struct path_seg {
	uint8_t type, n;
	const uint8_t *as;
};

/* The next segment of a checked path; false at the end. */
static inline bool
path_next(struct wire *w, size_t as_len, struct path_seg *seg)
{
	seg->type = wire_u8(w);
	seg->n = wire_u8(w);
	seg->as = wire_take(w, seg->n * as_len);
	return !w->bad;
}

/* What is wrong with the path, NULL if nothing is. */
const char *path_fault(const uint8_t *data, size_t len, size_t as_len, bool confed);

/* What the decision asks of a path. */
struct path_facts {
	/* RFC 4271, 9.1.2.2 a and RFC 5065, 5.3: a set counts 1, confederation segments
	 * nothing */
	unsigned length;
	/* outside of confederation segments; 0 if there is none, or a set comes first */
	uint32_t first_as;
	bool confed;
};
struct path_facts path_facts(const uint8_t *data, size_t len);

struct path {
	const uint8_t *data;
	size_t len;
};

/* From 2-octet numbers to 4-octet ones, in the arena. */
struct path path_widen(struct arena *, const uint8_t *data, size_t len);
/* RFC 6793, 4.2.3: `as4` replaces the tail of `path`; either in 4-octet form. */
struct path path_merge(struct arena *, struct path path, struct path as4);
struct path path_prepend(struct arena *, struct path, uint32_t as, unsigned times);

/* A path on its way out. */
struct path_form {
	bool as4;
	bool strip_confed;
	bool confed; /* what is prepended stands in a segment of the confederation */
	uint32_t prepend; /* 0: none */
};

size_t path_form_len(const struct path_form *, struct path);
void path_form_write(const struct path_form *, struct path, struct wbuf *);
/* True if a number outside of confederation segments needs 4 octets. */
bool path_is_wide(struct path);

#endif
