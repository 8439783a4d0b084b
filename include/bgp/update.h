/*
 * UPDATE: bytes to values and back.  RFC 4271 4.3, RFC 4760, RFC 7606, RFC 6793.
 */
#ifndef MYNAH_BGP_UPDATE_H
#define MYNAH_BGP_UPDATE_H

#include "bgp/attrs.h"

/* What both sides agreed on, as far as it shapes messages. */
struct codec {
	bool as4;      /* AS numbers in AS_PATH have 4 bytes */
	bool internal; /* iBGP: ORIGINATOR_ID, CLUSTER_LIST are allowed */
	bool confed;   /* RFC 5065: an inner session of a confederation */
	bool ext_msg;  /* RFC 8654 */
	bool allow_local_pref; /* LOCAL_PREF is taken from an external peer, too */
	/* Or, as long as it is well formed, to be kept: whether it counts is seen later. */
	bool keep_local_pref;
	bool add_path_rx[FAMILIES]; /* NLRI carry a path id */
	bool add_path_tx[FAMILIES];
	bool active[FAMILIES]; /* negotiated */
	bool ext_next_hop[FAMILIES]; /* next hops may be IPv6, RFC 8950 */
	/* The peer takes so many labels with a network, RFC 8277, 2.1; 0: nothing was agreed
	 * on, and it is one. */
	uint8_t labels[FAMILIES];
	uint32_t local_as, remote_as;
};

/* RFC 7606, 2: what to do with a faulty message, worst last. */
enum verdict { VERDICT_OK, VERDICT_DISCARD, VERDICT_WITHDRAW, VERDICT_RESET };

struct nlri {
	uint32_t path_id; /* 0 without add-path */
	struct net net;
};

/* A stack of labels as on the wire, three bytes each, bottom of stack marked: RFC 8277, 2. */
#define LABELS_MAX 10u /* what a length of 255 bits has room for */
struct label_stack {
	uint8_t len; /* bytes; 0: none */
	uint8_t b[3 * LABELS_MAX];
};

#define NLRI_KEY_MAX 40u
/* A run of NLRI inside the message, read one by one with nlri_next.  Long networks (see
 * base/longnet.h) are borrowed from the message and from the run: good until the next. */
struct nlri_run {
	enum family family;
	bool add_path, reach;
	bool stacks; /* several labels were agreed on: a stack without a bottom is malformed */
	uint8_t plain; /* type of its networks, where these are prefixes and nothing else; or 0 */
	/* Of the network read last, in announcements: its labels; in families with a rest
	 * (family_has_rest), that. */
	struct label_stack labels;
	const uint8_t *data;
	size_t len;
	uint8_t key[NLRI_KEY_MAX]; /* until something is read, whatever it is */
};

#define UPDATE_RUNS_MAX 4

struct update {
	enum verdict verdict;
	/* The first fault, for the log and, with VERDICT_RESET, for the NOTIFICATION. */
	uint8_t code, subcode, fault_attr;
	const uint8_t *fault_data; /* the offending bytes, into the message; may be NULL */
	size_t fault_len;
	const char *fault; /* words for the log, static; NULL when there is none */

	bool eor;           /* End-of-RIB (RFC 4724, 2) for eor_family */
	enum family eor_family;

	unsigned reach_n, unreach_n;
	struct next_hop next_hop[2]; /* of IPv4 unicast, of the other family there is:
				      * update_next_hop */
	/* From here on only what is said to be there is written to. */
	struct nlri_run reach[UPDATE_RUNS_MAX]; /* with VERDICT_WITHDRAW: to be withdrawn */
	struct nlri_run unreach[UPDATE_RUNS_MAX];
	struct draft draft; /* all other attributes, canonical; next_hop not yet set */
};

/* Decodes the body of an UPDATE (without the header) of `len` bytes.  Everything in the
 * result borrows from the message or the arena.  All NLRI have been checked: nlri_next on the
 * runs does not fail. */
void update_decode(struct update *, const struct codec *, struct arena *,
    const uint8_t *body, size_t len);

/* The next hop of what is announced in that family. */
static inline const struct next_hop *
update_next_hop(const struct update *u, enum family family)
{
	return &u->next_hop[family != FAM_IP4];
}

/* "AS_PATH", as in the RFCs; NULL if the attribute is not known. */
const char *attr_name(unsigned code);

/* The next network of the run; false at its end.  Malformed networks that have a length are
 * passed over (RFC 7606, 5.4; RFC 9552, 8.2.2): update_decode has noted them. */
bool nlri_next(struct nlri_run *, struct nlri *);
/* Takes from the front of the run, which is not empty, all networks with the labels of the
 * first: *part is these, with labels set. */
void nlri_part(struct nlri_run *rest, struct nlri_run *part);

/*
 * Encoding.  A stamp tells how a set is changed on its way out (reflection, eBGP); the encoder
 * makes messages from one set and any number of networks.
 */
struct stamp {
	bool internal;       /* within the AS, or its confederation: LOCAL_PREF added when absent */
	bool as4;            /* peer reads 4-octet paths; else AS4_PATH is made (RFC 6793, 4.2.2) */
	bool strip_local_pref;
	bool strip_reflected; /* ORIGINATOR_ID, CLUSTER_LIST left out */
	bool strip_confed;    /* segments of a confederation left out (RFC 5065, 4.1) */
	bool strip_med;
	enum { AIGP_KEEP, AIGP_STRIP, AIGP_SET } aigp; /* RFC 7311 */
	bool prepend_confed;	/* in a segment of the confederation */
	uint32_t prepend_as;    /* 0: none */
	uint64_t aigp_metric;	/* for AIGP_SET */
	uint32_t local_pref;    /* used when internal and the set has none */
	uint32_t originator;    /* host order; added when the set has none and it is not 0 */
	bool own_originator;	/* and put in place of the one it has */
	unsigned cluster_n;     /* RFC 4456, 8: prepended, the last one outermost */
	uint32_t cluster[2];    /* host order */
	bool ext_next_hop;	  /* RFC 8950: that of an IPv4 route may be IPv6 */
	bool verbatim; /* for who only looks: as `internal`, but LOCAL_PREF is not added */
	struct next_hop next_hop; /* len 0: as in the set */
};

/* What a message needs beside its attributes, at most, to hold one network of the family.
 */
size_t update_overhead(enum family);

/* Writes the path attributes as on the wire, for `family`: with NEXT_HOP for IPv4 unicast
 * with an IPv4 next hop, without any next hop for others.  Returns the length; 0 if it does not fit in size (give
 * msg_max - update_overhead), or if an IPv4 route has no next hop that the
 * stamp allows. */
size_t attrs_encode(const struct attrs *, const struct stamp *, enum family, uint8_t *buf,
    size_t size);

/* Writer of messages: networks are added one by one, a message is closed when full. */
struct update_writer {
	struct wbuf *out;
	size_t msg_max; /* 4096 or 65535 */
	enum family family;
	bool add_path;
	const uint8_t *attrs; /* encoded by attrs_encode; NULL for withdrawals */
	size_t attrs_len;
	const struct next_hop *next_hop; /* of 4 bytes, with IPv4 unicast: in attrs, too */
	const struct label_stack *labels; /* of what is announced, in families with labels */
	uint8_t *msg;  /* start of the open message in out, or NULL */
	size_t nlri_at; /* where NLRI start in it */
};

/* Adds one network; opens and closes messages as needed.  False if `out` has no room: nothing
 * was added, and what is complete in `out` are whole messages after update_finish. */
bool update_add(struct update_writer *, const struct nlri *);
/* Bytes of the least message that holds the network.  attrs need only be there or not. */
size_t update_least(const struct update_writer *, const struct nlri *);
void update_finish(struct update_writer *);

/* End-of-RIB message for the family.  Returns its length, at most 64 bytes. */
size_t update_eor(enum family, uint8_t *buf);

#endif
