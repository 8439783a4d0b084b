/*
 * Our own attributes of a route as values of filters: krt_metric, `attribute int x` ...
 * They are kept in the set of attributes (enum local_attr of bgp/attrs.h) as bytes: numbers in
 * network order, lists and sets as they are.
 */
#ifndef MYNAH_FILTER_LOCAL_H
#define MYNAH_FILTER_LOCAL_H

#include "bgp/attrs.h"
#include "filter/value.h"

/* The value; its bytes are borrowed from the attribute.  False if they are none of that type. */
bool local_read(const struct attr *, unsigned type, unsigned sub, struct val *out);
/* The bytes: of the value itself or in buf. */
const void *local_bytes(const struct val *, uint8_t buf[16], size_t *len);

/* Sets aspa_providers to the providers of an ASPA; a lone 0, which says that there is none,
 * stays in the list. */
void draft_set_providers(struct draft *, const uint32_t *providers, size_t n);

/* The code of one that the language names, as krt_metric; 0: there is none. */
uint16_t filter_local_code(const char *name);
/* Name and value of one of our own attributes, for listings; NULL if it has no name. */
const char *filter_local(const struct attr *, struct val *out);

#endif
