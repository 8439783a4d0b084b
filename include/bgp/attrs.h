/*
 * Path attributes: interned sets (struct attrs) and sets under construction (struct draft).
 *
 * The canonical block of a set holds its attributes in ascending order of type code, each as
 * flags, code, length in two bytes (big endian, always two here, AF_EXTENDED never set in the
 * flags) and value.  AS_PATH and AGGREGATOR are in 4-octet form.  NEXT_HOP, MP_REACH,
 * MP_UNREACH, AS4_PATH and AS4_AGGREGATOR are not in the block: the next hop is kept apart, as
 * one value for all families, the others have been merged or consumed.  Unknown transitive
 * attributes are in the block, with the partial bit set (RFC 4271, 5).
 *
 * Behind the block stand the daemon's own attributes (enum local_attr): what a route has that
 * BGP has no word for, like where a static route leads, or what a filter keeps in an
 * attribute of its own.  Codes of 256 and above; they are part of the set's identity and are
 * never sent.
 *
 * A draft is a working copy: decoded from a message, or taken from a set by a filter.  Its
 * values point into the message, the set or its arena; nothing is copied until it changes.
 */
#ifndef MYNAH_BGP_ATTRS_H
#define MYNAH_BGP_ATTRS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/net.h"
#include "base/wire.h"
#include "bgp/proto.h"

/* Next hop: global address, and for IPv6 perhaps a link-local one (len 32, RFC 2545). */
struct next_hop {
	uint8_t len; /* 0: none, 4, 16 or 32 */
	uint8_t b[32];
};

struct ip next_hop_ip(const struct next_hop *); /* the global part */

enum {
	HAS_LOCAL_PREF = 1 << 0,
	HAS_MED = 1 << 1,
	HAS_ORIGINATOR = 1 << 2,
	HAS_ORIGIN = 1 << 3,
	HAS_AS_PATH = 1 << 4,
	HAS_OTC = 1 << 5,
	HAS_AIGP = 1 << 6,
	HAS_CONFED = 1 << 7, /* segments of a confederation in the path */
};

enum { /* well-known communities present */
	WK_NO_EXPORT = 1 << 0,
	WK_NO_ADVERTISE = 1 << 1,
	WK_NO_EXPORT_SUBCONFED = 1 << 2,
	WK_LLGR_STALE = 1 << 3, /* RFC 9494, 4.6 */
	WK_NO_LLGR = 1 << 4,
};

/* Codes of our own attributes.  Numbers are in network order, of four bytes unless it says
 * otherwise. */
enum local_attr {
	LOCAL_ATTR = 256,
	LOCAL_DEST = LOCAL_ATTR, /* enum dest, one byte; absent: DEST_UNICAST */
	LOCAL_HOPS,		 /* bgp/hops.h: where it leads, when that is more than the next hop */
	LOCAL_IGP_METRIC,	 /* distance that the source of the route states */
	LOCAL_LABELS,		 /* bgp/labels.h: MPLS labels the network came with; 4 bytes each */
	LOCAL_NLRI, /* bgp/longnlri.h: what the NLRI had besides the network, as on the wire */
	LOCAL_PREFER_LL, /* bgp/hops.h: of a next hop's two addresses; one byte */
	LOCAL_NAMED = LOCAL_ATTR + 16, /* a filter's: krt_metric and others, by row */
	LOCAL_CUSTOM = LOCAL_ATTR + 128, /* `attribute int x;`, in the order they were named */
	LOCAL_END = LOCAL_ATTR + 256,
};

enum dest { DEST_UNICAST, DEST_BLACKHOLE, DEST_UNREACHABLE, DEST_PROHIBIT, DEST_NONE };

/* Interned: equal sets exist once in the process.  All fields but refs are constant. */
struct attrs {
	_Atomic uint32_t refs;
	uint32_t id; /* not 0, unique while the set lives */
	uint32_t hash;
	uint32_t local_pref;   /* meaningful with HAS_LOCAL_PREF */
	uint32_t med;          /* meaningful with HAS_MED */
	uint32_t neighbor_as;  /* first AS of the path, confederation segments aside; 0: empty */
	uint32_t originator;   /* host order, with HAS_ORIGINATOR */
	uint32_t hop;	       /* number of the next hop (store_hop); 0: none, or a private set */
	uint16_t path_len;     /* RFC 4271, 9.1.2.2 a: a set counts 1; RFC 5065: confed 0 */
	uint16_t preference;   /* the daemon's own, not on the wire */
	uint8_t origin;        /* ORIGIN_INCOMPLETE when absent */
	uint8_t cluster_count; /* length of CLUSTER_LIST, saturated at 255 */
	uint8_t has, wk;
	uint8_t nh_len;      /* 0, 4, 16 or 32 */
	uint16_t block_len;
	uint16_t local_len; /* our own, in the same form, codes less LOCAL_ATTR */
	uint8_t bytes[];    /* nh_len bytes of next hop, the block, our own */
};

static inline const uint8_t *
attrs_block(const struct attrs *a)
{
	return a->bytes + a->nh_len;
}

/* The decoded head will be read: it lies in two cache lines as often as in one. */
static inline void
attrs_prefetch(const struct attrs *a)
{
	__builtin_prefetch(a);
	__builtin_prefetch((const uint8_t *)a + sizeof(*a));
}

struct next_hop attrs_next_hop(const struct attrs *);

/* One attribute of a block or draft. */
struct attr {
	uint8_t flags;
	uint16_t code; /* LOCAL_ATTR and above: our own */
	uint16_t len;
	const uint8_t *data;
};

/* The value is borrowed from the set.  False if absent. */
bool attrs_find(const struct attrs *, unsigned code, struct attr *out);

/* Walks a set in order, our own attributes last: `*pos` starts at 0; false at the end. */
static inline bool
attrs_next(const struct attrs *a, size_t *pos, struct attr *out)
{
	const uint8_t *p = attrs_block(a) + *pos;

	if (*pos >= (size_t)a->block_len + a->local_len)
		return false;
	out->flags = p[0];
	out->code = (uint16_t)(p[1] + (*pos < a->block_len ? 0 : LOCAL_ATTR));
	out->len = get_u16(p + 2);
	out->data = p + 4;
	*pos += 4u + out->len;
	return true;
}

#define DRAFT_MAX 511 /* every code there is */

struct draft {
	struct arena *arena; /* new values go here; borrowed */
	unsigned n;
	uint16_t preference;
	bool too_long; /* a value grew over 65,535 bytes: store_intern will refuse */
	struct next_hop next_hop;
	struct attr at[DRAFT_MAX]; /* ascending by code */
};

void draft_init(struct draft *, struct arena *);
void draft_from(struct draft *, struct arena *, const struct attrs *); /* borrows the set */
const struct attr *draft_find(const struct draft *, unsigned code);    /* or NULL */
void draft_put(struct draft *, unsigned flags, unsigned code, const void *data, size_t len); /* no copy */
void draft_set(struct draft *, unsigned flags, unsigned code, const void *data, size_t len); /* copies */
void draft_unset(struct draft *, unsigned code);
bool draft_u32(const struct draft *, unsigned code, uint32_t *out);
/* Flags are those the attribute's type prescribes. */
void draft_set_u32(struct draft *, unsigned code, uint32_t value);
void draft_set_u8(struct draft *, unsigned code, uint8_t value);

/* AS path edits (4-octet segments), RFC 4271 5.1.2: results are in the draft. */
void draft_path_prepend(struct draft *, uint32_t as, unsigned times);

/* Communities: `width` is the size of one value in bytes (4, 8 or 12), in network order.
 * add keeps an existing equal value; del takes all equal ones away and, if none are left, the
 * attribute too. */
bool draft_list_has(const struct draft *, unsigned code, const void *value, size_t width);
void draft_list_add(struct draft *, unsigned code, const void *value, size_t width);
void draft_list_del(struct draft *, unsigned code, const void *value, size_t width);

/*
 * The store.  Any thread may intern, take and drop references.
 */
struct store;

struct store *store_new(void);
void store_free(struct store *); /* asserts that it is empty */
/* So much room for sets, rounded down to 1 MiB; 32 GiB at most, as at the beginning. */
void store_limit(struct store *, size_t bytes);
/* Gives memory back that sets have left.  May take milliseconds. */
void store_trim(struct store *);

/* The canonical set equal to the draft, with one reference for the caller.  Community lists
 * are kept in the order given. NULL when the set would be longer than 65,000 bytes, or there
 * is no room for it. */
struct attrs *store_intern(struct store *, const struct draft *);

/*
 * Private sets: the same form outside of any store, with no references, id or hash of use.
 * They are what a filter's results are kept in until somebody needs them interned.
 */
/* Bytes that attrs_write needs for the draft; 0 when it is too long for a set. */
size_t attrs_size(const struct draft *);
/* Writes the canonical bytes; of the head only preference and lengths are filled in. */
void attrs_write(const struct draft *, struct attrs *);
void attrs_read_head(struct attrs *); /* fills in the rest of the decoded head */
/* The interned set equal to a private one, with one reference for the caller; NULL when there
 * is no room for it. */
struct attrs *store_intern_set(struct store *, const struct attrs *);

void attrs_ref(struct attrs *, uint32_t n);
void attrs_unref(struct store *, struct attrs *, uint32_t n); /* NULL is fine */

/* Where sets lie: an id is the chunk and the place in it, in units of 8 bytes.  The store
 * begins with it, so that a set is found by two loads. */
#define SET_PLACE_BITS 13
#define SET_PLACE_MASK ((1u << SET_PLACE_BITS) - 1)

struct set_places {
	_Atomic(uint8_t *) *chunk; /* each of 64 KiB; none moves */
};

/* Borrowed, by id; the caller knows that a reference is held, or does no more with it than
 * attrs_prefetch.  Wait free. */
static inline struct attrs *
store_get(const struct store *st, uint32_t id)
{
	const struct set_places *p = (const struct set_places *)(const void *)st;
	uint8_t *chunk = atomic_load_explicit(
	    &p->chunk[id >> SET_PLACE_BITS], memory_order_relaxed);

	return (struct attrs *)(void *)(chunk + (size_t)(id & SET_PLACE_MASK) * 8);
}

/*
 * Next hops have numbers: small ones, so that what is known of them fits in arrays.  That
 * of a set (attrs.hop) is good while a set has it or somebody holds it.
 */
/* The global address; the caller knows that the number is good.  *used: does any set have it? */
struct ip store_hop(struct store *, uint32_t hop, bool *used);
void store_hop_hold(struct store *, uint32_t hop);
void store_hop_release(struct store *, uint32_t hop);

struct store_stats {
	size_t sets, bytes;
	uint64_t locked, waited; /* times a stripe was locked; of these, not at once */
};
struct store_stats store_stats(struct store *);

/* RFC 7311: where the first metric stands, a TLV of 11 bytes; size: there is none. */
enum { AIGP_TLV_METRIC = 1, AIGP_TLV_LEN = 11 };
size_t aigp_tlv(const uint8_t *data, size_t size);
/* That metric.  False: it has none. */
bool aigp_metric(const uint8_t *data, size_t len, uint64_t *metric);

/* AS path as text: "65001 {1 2} (3 4)".  Returns the length it would have. */
size_t path_format(const uint8_t *data, size_t len, char *buf, size_t size);
/* Last AS of the path, 0 when empty or ending in a set (for show route). */
uint32_t path_last_as(const uint8_t *data, size_t len);
/* How often `as` stands in the path. */
unsigned path_count(const uint8_t *data, size_t len, uint32_t as);

#endif
