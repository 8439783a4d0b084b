/*
 * The configuration model: what a configuration file says, typed and checked.  Immutable
 * once built, in one arena, without live pointers; shared by reference count.
 */
#ifndef MYNAH_CONF_MODEL_H
#define MYNAH_CONF_MODEL_H

#include <stdio.h>
#include "base/log.h"
#include "base/net.h"
#include "bfd/auth.h"
#include "bgp/attrs.h"
#include "bgp/caps.h"
#include "bgp/hops.h"
#include "bgp/limit.h"
#include "bgp/proto.h"
#include "conf/aokeys.h"
#include "conf/options.h"
#include "filter/filter.h"

/* C types of the option kinds. */
#define OPTION_TYPE_BOOL    bool
#define OPTION_TYPE_NUM	    uint32_t
#define OPTION_TYPE_SPEC    uint32_t
#define OPTION_TYPE_SECONDS uint32_t
#define OPTION_TYPE_TEXT    const char *
#define OPTION_TYPE_IPADDR  struct ip
#define OPTION_TYPE_ID	    uint32_t
#define OPTION_FIELD(field, type, dflt, min, max, change, words, effect)                 \
	OPTION_TYPE_##type field;

/* Values of the options with a syntax of their own. */
enum { ONLY_IBGP = 1, ONLY_EBGP = 2, ONLY_BOTH = 3 }; /* next hop self, next hop keep */
enum { GRACEFUL_OFF, GRACEFUL_AWARE, GRACEFUL_ON };   /* graceful restart */
enum { ADD_PATHS_RX = 1, ADD_PATHS_TX = 2, ADD_PATHS_ON = 3 };
enum { AIGP_OFF, AIGP_ON, AIGP_ORIGINATE };
enum { GATEWAY_DEFAULT, GATEWAY_DIRECT, GATEWAY_RECURSIVE };
enum { PREFER_DEFAULT, PREFER_GLOBAL, PREFER_LOCAL }; /* next hop prefer */

struct table_conf {
	const char *name;
	uint32_t index; /* in the model */
	enum net_type type;
	uint32_t min_settle_ms, max_settle_ms; /* of origins: until filters are run again */
	bool sorted; /* all paths of a network are shown in their order */
	unsigned roa_n; /* of a 1.6 `roa table`: what stands in its block */
	const struct net *roa;
};

struct channel_conf {
	enum family family;
	const struct table_conf *table;
	struct filter *import, *export; /* the model holds the references */
	const struct table_conf *igp4, *igp6; /* of next hops; NULL: not said */
	const struct table_conf *base; /* with validate: what flows are held against */
	CHANNEL_OPTIONS(OPTION_FIELD)
};

/* One of an interface pattern list; they are tried in order, the first that fits decides. */
struct iface_pattern {
	const char *name; /* with * and ?; NULL: any */
	struct net net;	  /* an address of the interface is in it; type NET_NONE: any */
	bool not;	  /* what fits is left out */
};

enum { BFD_OFF, BFD_ON, BFD_GRACEFUL }; /* bfd */

/* Of a BFD session; what is 0 is not said. */
struct bfd_options {
	uint32_t min_rx_us, min_tx_us, idle_tx_us;
	uint8_t multiplier;
	bool passive, has_passive;
	bool graceful; /* in a block of bgp */
	uint8_t auth;  /* enum bfd_auth_type; none: not said */
	const struct bfd_keys *keys;
};

/* Do both say the same? */
bool bfd_options_same(const struct bfd_options *, const struct bfd_options *);

struct bgp_conf {
	unsigned iface_n; /* `interface range`: names only; 0: not said */
	const struct iface_pattern *iface;
	BGP_OPTIONS(OPTION_FIELD)
	const struct bfd_options *bfd_options; /* or NULL: nothing is said */
	const struct ao_keys *keys; /* TCP-AO, or NULL */
};

/* Of a conf with `range`: its length is one less, remote_ip its address. */
static inline struct net
bgp_range(const struct bgp_conf *b)
{
	return net_from_ip(&b->remote_ip, b->range ? b->range - 1 : 0);
}

struct static_hop {
	struct hop hop; /* as written: the interface may be left open */
	bool bfd;	/* it is one only while its BFD session is up */
};

/* What a route says besides its network: many say the same, and share it. */
struct static_to {
	enum dest dest;
	bool recursive;	    /* its one hop is an address to be looked up */
	unsigned hop_n;	    /* DEST_UNICAST: at least 1, at most HOPS_MAX */
	unsigned provider_n;
	const struct static_hop *hop;
	struct filter *body; /* statements run on the route, or NULL */
	const uint32_t *providers; /* of an ASPA; a lone 0: it has none */
};

struct static_route {
	struct net net;
	uint32_t index; /* among those of its network, from 0: its path id */
	const struct static_to *to; /* never NULL */
};

/* Of protocol rpki.  All of it is CHANGE_RESTART but the timers. */
struct rpki_conf {
	const char *host; /* a name or an address as written */
	struct ip address, local;
	uint16_t port;
	uint32_t refresh_s, retry_s, expire_s;
	bool keep_refresh, keep_retry, keep_expire; /* what the cache says does not count */
	bool ignore_max_length, ssh;
	uint8_t min_version, max_version;
	const char *password; /* TCP MD5, or NULL */
};

enum { LEARN_NONE, LEARN_ALIEN, LEARN_ALL };

struct kernel_conf {
	KERNEL_OPTIONS(OPTION_FIELD)
};

struct direct_conf {
	bool check_link;
	unsigned pattern_n; /* 0: all interfaces */
	const struct iface_pattern *pattern;
};

enum {
	BFD_ACCEPT_IPV4 = 1,
	BFD_ACCEPT_IPV6 = 2,
	BFD_ACCEPT_DIRECT = 4,
	BFD_ACCEPT_MULTIHOP = 8,
	BFD_ACCEPT_ALL = 15
};

struct bfd_iface_conf {
	const struct iface_pattern *pattern;
	unsigned pattern_n;
	struct bfd_options options;
};

struct bfd_neighbor_conf {
	struct ip ip, local;   /* local: none, where not said */
	const char *interface; /* or NULL */
	bool multihop;
};

struct bfd_conf_proto {
	BFD_OPTIONS(OPTION_FIELD)
	unsigned iface_n, neighbor_n;
	const struct bfd_iface_conf *iface;
	const struct bfd_neighbor_conf *neighbor;
	struct bfd_options multihop;
};

struct static_conf {
	bool check_link;
	const struct table_conf *igp4, *igp6; /* where addresses of recursive routes are
						 looked up; NULL: the channel's */
};

/* What is made of the routes (filter/merge.h); the model holds the references. */
struct aggregator_conf {
	struct filter *key, *merge;
	uint16_t preference;
};

/* How routes of a VRF get their labels; BIRD's numbers of MPLS_POLICY_*. */
enum label_policy {
	LABEL_POLICY_NONE,
	LABEL_POLICY_STATIC,	/* a filter sets mpls_label */
	LABEL_POLICY_PREFIX,	/* each network has one */
	LABEL_POLICY_AGGREGATE, /* networks that lead to the same place have one */
	LABEL_POLICY_VRF,	/* one for all */
};

struct l3vpn_conf {
	uint64_t rd;
	struct filter *import_target; /* of VPN routes; the model holds the reference */
	unsigned export_n;
	const uint64_t *export_target; /* extended communities */
	unsigned label_policy;
	const char *label_domain; /* labels of one are told apart from those of others */
	uint32_t label_start, label_n; /* the range that they are given from */
};

/* Dumps of tables. */
struct mrt_conf {
	const char *table; /* a name, or a pattern with * and ? */
	const char *file;  /* as strftime has it, and %N the table */
	struct filter *filter; /* the model holds the reference */
	uint32_t period_s;
	bool always_add_path;
};

/* Of protocol bmp.  All of it is CHANGE_RESTART but the limit. */
struct bmp_conf {
	struct ip station, local; /* local: none, where not said */
	uint16_t port;
	const char *description, *name; /* of us */
	bool pre_policy, post_policy;
	uint32_t tx_limit_mb; /* so much may wait to be sent */
};

/* Do both say the same, the network apart? */
bool static_route_same(const struct static_route *, const struct static_route *);

enum proto_kind {
	PROTO_BGP,
	PROTO_STATIC,
	PROTO_DEVICE,
	PROTO_DIRECT,
	PROTO_KERNEL,
	PROTO_RPKI,
	PROTO_PIPE,
	PROTO_AGGREGATOR,
	PROTO_L3VPN,
	PROTO_BFD,
	PROTO_MRT,
	PROTO_BMP,
	PROTO_OTHER
};

/* vrf of a protocol: the name of a VRF's interface; this: none of those; NULL: any. */
#define VRF_DEFAULT ""

#define CHANNELS_MAX FAMILIES

enum { MRTDUMP_STATES = 1, MRTDUMP_MESSAGES = 2 };

struct proto_conf {
	const char *name;
	enum proto_kind kind;
	const char
	    *kind_name; /* as `show protocols` writes it: "BGP", "Static", "Device" ... */
	const char *file; /* where it was defined */
	unsigned line;
	unsigned debug; /* bit per debug class; kept for show */
	unsigned mrtdump; /* MRTDUMP_*, of PROTO_BGP */
	PROTO_OPTIONS(OPTION_FIELD)

	unsigned channel_n;
	const struct channel_conf *channel; /* may be shared with others that say the same */

	union { /* by kind; zero for the others */
		struct bgp_conf bgp;
		struct rpki_conf rpki;
		struct kernel_conf kernel;
		struct direct_conf direct;
		struct static_conf statics;
		struct aggregator_conf aggregator;
		struct l3vpn_conf l3vpn;
		struct bfd_conf_proto bfd;
		struct mrt_conf mrt;
		struct bmp_conf bmp;
	};
	const struct table_conf *peer_table; /* PROTO_PIPE, PROTO_AGGREGATOR; the other is the channel's */
	uint32_t generation_max; /* a route goes through so many pipes before; 0: any number */

	unsigned route_n; /* PROTO_STATIC */
	const struct static_route *route;
};

/* timeformat: strftime patterns; `old` (or NULL) for times older than limit_s. */
struct time_format {
	const char *recent, *old;
	uint32_t limit_s;
};
enum { TF_ROUTE, TF_PROTOCOL, TF_BASE, TF_LOG, TIME_FORMATS };

enum dialect { DIALECT_2, DIALECT_1 };

#define MODEL_SHARDS_MAX 64u

/* What is looked at of the threads: `watchdog`, `debug latency`. */
enum latency_what { LATENCY_SOCKETS = 1, LATENCY_TIMERS = 2, LATENCY_EVENTS = 4 };
struct watch_conf {
	uint64_t warning_us, timeout_us; /* 0: off */
	unsigned latency;		 /* enum latency_what, together */
	uint64_t latency_limit_us;
};

struct model {
	const char *file;
	enum dialect dialect;
	uint32_t router_id;   /* 0: to be chosen from the interfaces */
	uint32_t id_chosen;   /* then: see model_choose_router_id */
	unsigned id_from_n; /* `router id from`, in the order given */
	const struct iface_pattern *id_from;
	const char *hostname; /* or NULL */
	const char *mrt_file; /* what sessions do is written to it; or NULL */
	uint32_t threads;     /* 0: default */
	uint32_t threads_grouped; /* of these, what blocks of `thread group` add */
	uint32_t shards;      /* 0: default */
	uint32_t graceful_wait_s;
	struct time_format time_format[TIME_FORMATS];

	struct watch_conf watch;

	unsigned log_n;
	const struct log_dest *log;
	unsigned cli_n; /* control sockets beside the one of the command line */
	const struct cli_conf {
		const char *path;
		bool restricted; /* its sessions may only look */
	} * cli;
	unsigned table_n; /* master4, master6 are always there, first of their type */
	const struct table_conf *const *table;
	unsigned proto_n;
	const struct proto_conf *const *proto; /* in the order of the file */
	unsigned symbol_n;		       /* for `show symbols` */
	const struct symbol_conf {
		const char *name,
		    *class; /* "routing table", "filter", "protocol", "constant" ... */
	} * symbol;
};

/* Does the list take the interface, with this network on it?  An empty list takes all. */
bool iface_patterns_match(
    const struct iface_pattern *, unsigned n, const char *name, const struct net *);

void model_ref(const struct model *);
void model_unref(const struct model *);	 /* any thread; NULL is fine */
size_t model_size(const struct model *); /* bytes it holds */

const struct proto_conf *model_proto(
    const struct model *, const char *name); /* or NULL */
const struct table_conf *model_table(const struct model *, const char *name);
/* Does the channel of BGP look its next hops up?  Else they are neighbours. */
bool channel_is_recursive(const struct proto_conf *, const struct channel_conf *);
const struct channel_conf *proto_channel(const struct proto_conf *, enum family);

/* Constants, functions and filters of the configuration, for scope_inside: commands may
 * name them.  Borrowed; main thread only. */
struct scope;
const struct scope *model_scope(const struct model *);

/* The numerically lowest address of an interface that is up and matches `router id from`,
 * or is not loopback where nothing is said; 0 if none. */
uint32_t model_pick_router_id(const struct model *);
/* The id of a model that has none of its own: `old` stays, unless `router id from` finds one
 * now.  False: it finds none.  Main thread, which alone asks for the id. */
bool model_choose_router_id(const struct model *, uint32_t old);
/* The one that counts; 0: not chosen yet. */
static inline uint32_t
model_router_id(const struct model *m)
{
	return m->router_id ? m->router_id : m->id_chosen;
}

/*
 * Reading.
 */
struct message {
	bool warning;
	const char *file; /* NULL: no place */
	unsigned line, col;
	const char *text;
	const char *source; /* the source line, or NULL */
	const char *chain;  /* "b.conf:3, a.conf:1", the includes around it, or NULL */
};

struct load_result {
	const struct model *model; /* NULL: errors; else a reference for the caller */
	unsigned message_n;
	const struct message *message; /* errors and warnings, in order */
	struct arena *arena;	       /* holds the messages; the caller frees it */
};

/* Which BIRD a file is meant for, where the operator says; else the file tells. */
enum wish { WISH_NONE, WISH_1, WISH_2, WISH_3, WISH_CALICO };
struct load_wish {
	enum wish dialect;
	unsigned family; /* of a file of 1.6: 4, 6, or 0: by its addresses */
	bool forget; /* the tree of the text, statement by statement: there is no dump then */
	bool only; /* its messages: the model has no lists of protocols and names then */
};

/* "1.6", "1.6-ipv6", "2", "3", "calico", "calico-ipv6"; false for others. */
bool load_wish_parse(const char *text, struct load_wish *);

/* Reads `file` (and what it includes) and builds the model.  Main thread. */
struct load_result model_load(const char *file);
struct load_result model_load_as(const char *file, struct load_wish);
/* The same from text; `name` stands in messages, relative includes start in the current
 * folder. */
struct load_result model_load_text(const char *name, const char *text, size_t len);
struct load_result model_load_text_as(
    const char *name, const char *text, size_t len, struct load_wish);

/* "FILE:LINE:COL text" */
size_t message_format(const struct message *, char *buf, size_t size);

/*
 * Difference and plan.
 */
enum step_kind { STEP_ADD, STEP_REMOVE, STEP_RESTART, STEP_CHANGE };

/* An option that is not what it was. */
struct plan_item {
	const char *channel;   /* "ipv4", or NULL: of the protocol */
	const char *option;    /* as the operator writes it */
	const char *old, *new; /* both NULL: not shown (a password) */
	unsigned change;       /* enum change */
};

struct step {
	enum step_kind kind;
	const struct proto_conf *old, *new; /* NULL for ADD / REMOVE */
	unsigned change;		    /* enum change, all channels together */
	unsigned proto_change;		    /* without the channels' own */
	unsigned channel_change[FAMILIES];
	unsigned item_n;
	const struct plan_item *item; /* in the plan's arena, as all of the step */
	const char *reason; /* the items: "hold time 240 -> 90, rr client off -> on" */
};

struct plan {
	struct arena *arena;
	const struct model *old, *new; /* references */
	bool global_changed;	       /* log, router id, time formats ... */
	unsigned step_n;	       /* protocols that stay the same have no step */
	struct step
	    *step; /* removals, then restarts, changes, additions; each in file order */
	unsigned count[STEP_CHANGE + 1];   /* steps of each kind */
	unsigned sessions_dropped; /* BGP protocols removed or restarted */
	unsigned sessions_kept;	   /* BGP protocols that both models run, without those */
};

/* old may be NULL (start): everything is added; new may be NULL (shutdown).  Protocols are
 * matched by name; a BGP one whose name is gone, by its neighbour: then it is a change,
 * with two names. */
struct plan *plan_make(const struct model *old, const struct model *new);
void plan_free(struct plan *);
/* What would wait for the next session has one at once: such changes become restarts. */
void plan_hasten(struct plan *);
/* `configure soft`: what was imported stays as it was. */
void plan_soften(struct plan *);

/* The classes as words: "re-export, next session". */
#define CHANGE_TEXT_MAX 80
const char *change_format(unsigned change, char buf[CHANGE_TEXT_MAX]);
/* Fills in the step from old to new, two configurations the plan does not know of; false:
 * nothing changed. */
bool plan_step(const struct plan *, struct step *);

/* The configuration as BIRD 2 text, from the option table: for tests and `--dump`.  Not of
 * a model that forgot its text. */
void model_dump(const struct model *, FILE *);

#endif
