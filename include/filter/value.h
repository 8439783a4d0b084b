/*
 * Values of the filter language.
 *
 * A value is a tag and either a number or flat bytes: no value holds pointers inside its
 * bytes, so a constant can be copied, compared and hashed as it lies in memory.  Lists
 * and paths are kept as on the wire (network order).
 */
#ifndef MYNAH_FILTER_VALUE_H
#define MYNAH_FILTER_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/net.h"

enum val_type {
	VAL_VOID,   /* nothing: an attribute that is not there, a variable not yet set */
	VAL_BOOL,   /* num */
	VAL_INT,    /* num */
	VAL_PAIR,   /* num: first << 16 | second */
	VAL_QUAD,   /* num */
	VAL_ENUM,   /* num; sub: enum enum_group */
	VAL_IP,	    /* ip */
	VAL_EC,	    /* ec: as a 64 bit number */
	VAL_LC,	    /* lc */
	VAL_RD,	    /* ec: as a 64 bit number */
	VAL_MAC,    /* ec: 48 bits */
	VAL_NET,    /* data: struct net; filter/vnet.h for those of other types */
	VAL_STRING, /* data, not terminated */
	VAL_BYTES,  /* data */
	VAL_PATH,   /* data: segments with 4-octet numbers */
	VAL_MASK,   /* data: filter/path.h */
	VAL_CLIST,  /* data: communities */
	VAL_ECLIST,
	VAL_LCLIST,
	VAL_SET,    /* data: filter/set.h; sub: type of the elements */
	VAL_NETSET, /* data: filter/netset.h */
	VAL_OPAQUE, /* an attribute that can only be asked for */
	VAL_ROUTE,  /* data: struct merge_route (filter/merge.h), not part of the value */
	VAL_ROUTES, /* data: struct merge_block, likewise */
	VAL_ANY,    /* in the compiler only: not known before the run */
	VAL_TYPES
};

enum enum_group { /* the numbers BIRD 2 prints in "(enum 30)11" */
	ENUM_RTS = 0x30,
	ENUM_ORIGIN = 0x31,
	ENUM_SCOPE = 0x32,
	ENUM_RTC = 0x33,
	ENUM_RTD = 0x34,
	ENUM_ROA = 0x35,
	ENUM_NETTYPE = 0x36,
	ENUM_RA_PREF = 0x37,
	ENUM_AF = 0x38,
	ENUM_ASPA = 0x39,
	ENUM_MPLS_POLICY = 0x3a,
	ENUM_EVPN = 0x3b,
};

struct val {
	uint8_t type, sub;
	uint32_t len; /* bytes at data */
	union {
		uint32_t num;
		uint64_t ec;
		uint32_t lc[3];
		struct ip ip;
		const void *data; /* aligned to 4 */
	};
};

static inline struct val
val_void(void)
{
	return (struct val){ .type = VAL_VOID };
}

static inline struct val
val_num(enum val_type type, uint32_t num)
{
	return (struct val){ .type = (uint8_t)type, .num = num };
}

static inline struct val
val_bool(bool b)
{
	return val_num(VAL_BOOL, b);
}

static inline struct val
val_enum(unsigned group, uint32_t num)
{
	return (struct val){ .type = VAL_ENUM, .sub = (uint8_t)group, .num = num };
}

static inline struct val
val_bytes(enum val_type type, const void *data, size_t len)
{
	return (struct val){ .type = (uint8_t)type, .len = (uint32_t)len, .data = data };
}

static inline struct val
val_ip(struct ip ip)
{
	return (struct val){ .type = VAL_IP, .ip = ip };
}

/* Whether the value lies at `data`. */
static inline bool
val_is_bytes(const struct val *v)
{
	return v->type >= VAL_NET && v->type <= VAL_NETSET;
}

/* Path or community list: reads as empty where it is undefined. */
static inline bool
val_is_list(unsigned type)
{
	return type >= VAL_PATH && type <= VAL_LCLIST && type != VAL_MASK;
}

/* Empty set of any kind, prefix sets too. */
bool val_is_empty_set(const struct val *);

struct val val_text(const char *s);
struct val val_net(const struct net *); /* borrows it */
/* Width in bytes of one element of a list, 0 for other types. */
size_t val_list_width(unsigned list_type);
/* Type of the elements of a list or path, VAL_VOID for other types. */
unsigned val_element(unsigned list_type);

/* A copy with its bytes in the arena. */
struct val val_dup(struct arena *, const struct val *);

/* The `=` of filters: values of different types differ, but for an IPv4 address and a
 * quad. */
bool val_same(const struct val *, const struct val *);
/* The `<` of filters: false if the two have no order. */
bool val_order(const struct val *, const struct val *, int *order);
bool val_has_order(unsigned type);

/* Type names as messages say them: "int", "enum", "prefix set". */
const char *val_type_name(unsigned type);

/* A type as a configuration writes it: "int", "pair set", "enum bgp_origin". */
bool val_type_parse(const char *words, uint8_t *type, uint8_t *sub);

/* ORIGIN_IGP, RTS_BGP ... */
bool val_enum_find(const char *word, struct val *out);
const char *val_enum_name(const struct val *); /* NULL: it has none */

/*
 * Text under construction, cut at a limit.
 */
struct vtext {
	char *at; /* in the arena, terminated */
	size_t len, room, limit;
	struct arena *arena;
	/* for people: enumerations by name, prefix sets as patterns, where BIRD's `eval`
	 * shows numbers and its trie */
	bool plain;
};

struct vtext vtext_new(struct arena *, size_t limit);
void vtext_add(struct vtext *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void vtext_str(struct vtext *, const char *s);
void vtext_put(struct vtext *, const void *bytes, size_t n);
void vtext_cut(struct vtext *, size_t n); /* takes the last n bytes back */
/* The value as BIRD prints it. */
void vtext_val(struct vtext *, const struct val *);

#endif
