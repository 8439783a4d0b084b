/*
 * The state of one check: tree in, model out.  Internal to conf.
 */
#ifndef MYNAH_CONF_CHECK_H
#define MYNAH_CONF_CHECK_H

#include <stdio.h>

#include "base/names.h"
#include "conf/model.h"
#include "conf/words.h"
#include "filter/compile.h"
#include "lang/parse.h"
#include "lang/symtab.h"

struct held {
	struct filter *filter;
	const struct arg *arg; /* as written; or NULL, also where the text is forgotten */
	const struct arg *in;  /* of networks inside this one; or NULL */
	const struct ast *ast; /* of a route */
	struct held *next;
};

#define INDEX_LAST 32

/* keyword.c: the words of BIRD, by a bit each */
#define KEYWORD_BITS 4096
struct keywords {
	uint64_t bits[KEYWORD_BITS / 64];
	bool known;
};
bool keyword_is(struct keywords *, const char *name, bool old);

/* dialect.c: what a word at the begin of a statement says.  Words of a text are in one
 * place each, by which those asked lately are found. */
enum word_kind {
	WORD_NET_TYPE = 1,
	WORD_POLICY = 2,	 /* import, export, table, preference */
	WORD_CHANNEL = 4,	 /* begins an option of any channel */
	WORD_BGP_CHANNEL = 8,	 /* of one of BGP */
	WORD_WITH_CHANNELS = 16, /* a type of protocol */
};
#define WORD_KINDS 64
struct word_kinds {
	const char *word;
	unsigned kinds;
};
unsigned word_kinds(struct check *, const char *word);

/* A model with what only its owner sees. */
struct model_body {
	struct model m;
	unsigned refs; /* atomic */
	struct arena *arena;
	struct arena *tree; /* of the text, which the names' values are part of */
	struct arena *protos, *channels; /* as they were built */
	struct scope *scope;
	const struct block *file; /* NULL: its tree is not kept */
	const struct table_build *tables;
	bool six; /* a file of 1.6 about IPv6 */
	struct held *held; /* references of all channels and routes */
	struct names proto_names, table_names; /* their numbers in the model */
};

/* Options given: tells what was said from what is a default. */
enum {
	SAID_IMPORT = 1 << 0,
	SAID_EXPORT = 1 << 1,
	SAID_KEEP = 1 << 2,
	SAID_TABLE = 1 << 3,
	SAID_GATEWAY = 1 << 4,
	SAID_IGP_TABLE = 1 << 5,
	SAID_SECONDARY = 1 << 6,
	SAID_IGP4 = 1 << 7, /* igp table of that family */
	SAID_IGP6 = 1 << 8,
	SAID_PREFERENCE = 1 << 9,
};

struct table_build {
	struct table_conf conf; /* type NET_NONE: a type the daemon cannot hold */
	const char *type;	/* as written: "roa4"; NULL: 1.6, any */
	bool trie;
	const struct block *block; /* its options; or NULL */
	struct table_build *next;
};

/* What a body does not say about a channel it shares with its template. */
struct chan_build {
	const struct proto_build *owner; /* who may write to it */
	bool used;
	bool block; /* opened by a channel block of the owner's body */
	unsigned said;
	struct place at;
	struct place table_at;
	const char *type, *name; /* "ipv4", "ipv4 multicast" */
	struct table_build *table;
	struct table_build *base; /* said with `base table`, or NULL */
	uint8_t label_policy; /* of an mpls channel: enum label_policy */
	bool gives_labels;
	bool no_recheck; /* `rpki reload off` of an aggregator */
	const struct arg *domain, *range; /* names of its labels', or NULL */
	struct channel_conf c;
};

/* Channels of types without support are kept apart, to be checked all the same. */
#define CHAN_OTHERS 12

/* A session that is complete and like another before it is cut short: what both say is
 * the other's. */
struct proto_build {
	struct proto_conf p;
	struct proto_build *next;
	const struct proto_build *like; /* has the rest; NULL: nothing is cut off */
	bool own_channels;		/* then it goes on to chan[chan_end] */
	uint8_t chan_end; /* no family from here on has a channel */
	struct chan_build *legacy; /* of statements without a channel, as in 1.6; or NULL */
	struct chan_build *chan[FAMILIES]; /* NULL: not used */
	/* from here on: never the same */
	struct place at, end;
	struct place legacy_at, peer_at;
	const char *legacy_word; /* the first of it */
	struct route_build **routes_end;
	/* and this is what is compared */
	const struct proto_type *type;
	bool template;
	bool legacy_at_set;
	struct chan_build *other; /* CHAN_OTHERS; shared and unused until one is opened */

	/* BGP */
	bool is_range, external, internal, multihop_set, direct_set, check_link_set,
	    confed_member;
	bool require_roles, llgr_on, iface_range, bfd_on, send_hold_set;
	bool multihop_neighbors;
	int auth; /* 0: not said, 1: none, 2: md5, 3: ao */
	unsigned role;
	uint32_t min_keepalive;

	/* static, pipe, rpki, ... */
	struct route_build *routes;
	unsigned route_n;
	bool old_body; /* said something that only 1.6 has */
	struct table_build *peer_table;
	struct aggregate_build *aggregate; /* or NULL */
	const struct arg *inside[2]; /* of a pipe's `import in`, `export in`; or NULL */
	enum net_type inside_type[2];
	unsigned flags; /* mandatory options seen, by type */
};

struct route_build {
	struct static_route r;
	const char *type; /* of the network: "ipv4", "roa4" ... */
	bool labelled;	  /* with an MPLS label of its own */
	struct route_build *next;
};

/* Those that followed a route's statement, taken over while the file was read. */
struct routes {
	struct route_build *first, **end;
	unsigned n;
};

/* The dialect of a file and what it was told by. */
struct tongue {
	bool old, strict, two, six; /* struct check has them */
};

struct signs {
	unsigned old, new;
	unsigned strict; /* refused by all but 1.6 */
	unsigned two;	 /* policies in channels of other protocols than BGP */
};

struct messages {
	struct arena *arena;
	struct message *list;
	unsigned n, room;
};

struct check {
	struct arena *tmp;  /* of the tree and of what ends with the check */
	struct arena *keep; /* of the model */
	struct arena *passing; /* of channels and routes that may still be inherited */
	struct source *source;
	struct scope *scope;
	struct symtab *names;
	struct route_share *share; /* route.c; NULL: no routes yet */
	struct model_body *body;
	unsigned errors;

	struct messages *messages;

	struct keywords keywords;
	struct word_kinds word_kinds[WORD_KINDS];
	struct rule_index *indexes; /* ruleindex.c: of the tables asked so far */
	struct rule_index *index_last[INDEX_LAST]; /* and those asked last, by slot */
	bool router_id_set;
	struct load_wish wish;
	struct signs signs;
	struct bare_template { /* of static and kernel, without a channel */
		const char *name;
		struct bare_template *next;
	} *bare_templates;
	unsigned stmt_n;      /* of the file, so far */
	unsigned known_n;     /* up to here the dialect is known; UINT_MAX: to the end */
	bool again;	      /* to be read again, for `then` */
	struct tongue then;
	bool old_policy;      /* a statement of 1.6 in a BGP protocol */
	struct bare { /* the last protocol with such */
		const char *word; /* NULL: none, or too long ago */
		struct place at, end;
	} bare;
	bool semicolon; /* must follow here */
	struct place semicolon_at;
	bool old;	      /* dialect 1.6 */
	bool strict;	      /* what only 1.6 takes is in the file */
	bool two;	      /* and this: policies in channels, of others than BGP */
	bool lone_semicolons; /* blocks of this protocol take a `;` alone */
	bool six; /* of a 1.6 file: it is about IPv6 */
	struct table_build *tables, **tables_end;
	unsigned table_n;
	unsigned tables_said; /* which options of theirs were said to have no effect */
	const struct proto_build *proto_last;	 /* the last that is complete and whole */
	const struct proto_build *channels_last; /* the last that has finished channels */
	struct proto_build *protos, **protos_end;
	unsigned proto_n, count[32]; /* per type, for names */
	uint32_t debug;		     /* default of protocols */
	unsigned mrtdump;	     /* the same */
	struct label_domain *domains; /* `mpls domain`, the first first */
	struct log_dest *log;
	unsigned log_n, log_room;
	bool device;
	struct keys_read *keys; /* bfd.c: the passwords of the block being read; or NULL */
	struct { /* `listen bgp` of 1.6 */
		struct ip ip;
		uint32_t port; /* 0: not said */
		struct place at;
	} listen;
};

/* mpls domain NAME: its ranges, those called static and dynamic among them. */
struct label_domain {
	struct label_domain *next;
	const char *name;
	struct label_range {
		struct label_range *next;
		const char *name;
		uint32_t start, length;
		bool has_start, has_length;
	} *range;
};
/* labels.c: NULL: there is no such. */
struct label_domain *label_domain_find(const struct check *, const char *name);
struct label_range *label_range_find(const struct label_domain *, const char *name);
/* The first one, with a warning: one of no name where none is defined. */
struct label_domain *label_domain_first(struct check *, const struct place *);

/* What a protocol type says about itself. */
struct proto_type {
	const char *word;  /* "bgp" */
	const char *shown; /* "BGP" */
	enum proto_kind kind;
	rule_tables rules;
	void (*begin)(struct check *, struct proto_build *);  /* defaults */
	void (*finish)(struct check *, struct proto_build *); /* checks of a protocol */
	const char *channels; /* words of the channels it may have, or NULL: none */
	const char *const *allowed; /* types of them, up to a NULL; NULL: any */
	bool one_channel;     /* in 2.x: exactly one */
	uint16_t preference;
	bool no_parent; /* nothing can be inherited */
};

void check_error(struct check *, const struct place *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void check_warn(struct check *, const struct place *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool check_goes_on(const struct check *);	      /* false after too many errors */
/* A copy in the model; not for text of the tree, which lives as long. */
const char *check_keep(struct check *, const char *);

/* The same for who knows no struct check: ctx is one. */
void check_error_add(void *ctx, const struct place *, const char *text);
/* With the place where the expression ends, too: tools and eyes look for that line. */
void check_error_add_end(void *ctx, const struct place *, const char *text);
void check_warning_add(void *ctx, const struct place *, const char *text);

/* Statements of the file: a definition, and `eval`. */
void check_def(struct check *, const struct ast_def *);
void check_eval(struct check *, const struct ast *expr);
/* What only the configuration knows about a filter's names. */
void check_body(struct check *, const struct ast *);
/* Adds a name; reports one that is taken. */
struct symbol *check_define(
    struct check *, const char *name, const char *class, const struct place *);
/* Takes the reference. */
struct filter *check_hold(struct check *, struct filter *);
struct filter *check_hold_own(struct check *, struct filter *); /* not one of the scope */
struct filter *check_filter(struct check *, const struct arg *);
/* The same for networks inside one, whose type is the caller's affair: `export in NET FILTER`. */
struct filter *check_filter_in(
    struct check *, const struct arg *in, const struct net *, const struct arg *);

struct held *check_held(struct check *); /* the last one */

/* model.c */
const struct model_body *model_inside(const struct model *);

/* dumptree.c: what the dump takes from the text */
void dump_globals(FILE *, const struct model *);
void dump_names(FILE *, const struct model *);
/* Statements of a channel that the model does not have; `name` is the channel's. */
void dump_channel_rest(FILE *, const struct model *, unsigned n, const char *name);
void dump_tables(FILE *, const struct model *);
/* The filter's text if it has no name; false if it is not known. */
bool dump_unnamed(FILE *, const struct model *, const struct filter *, unsigned tabs);
/* `in NET FILTER`, if it is such a filter. */
bool dump_inside(FILE *, const struct model *, const struct filter *);
/* Statements of the n-th protocol that the model does not have. */
bool dump_is_whole(const struct proto_conf *);
void dump_rest(FILE *, const struct model *, unsigned n);
const struct net *dump_range(const struct model *, unsigned n); /* or NULL */
void dump_head(FILE *, const struct model *, unsigned n);

/* table.c */
void table_define(struct check *, const struct rule *, const struct match *);
struct table_build *table_new(
    struct check *, const char *name, const char *type, const struct place *);
struct table_build *check_table_find(struct check *, const struct arg *name);
/* For a channel of that type: by name, or the first one of the type. */
struct table_build *table_for(struct check *, const char *type, const char *name);

/* dialect.c */
/* A statement of the file, before it is checked.  False: those before it were checked for
 * another dialect; read again for `then`. */
bool dialect_stmt(struct check *, const struct stmt *, struct tongue *then);
/* The whole file has been read; the same. */
bool dialect_end(struct check *, struct tongue *then);
void dialect_take(struct check *, const struct tongue *);
void dialect_begin(struct check *); /* before the first statement */
/* 1.6: a name that is a keyword there. */
void ospf_finish(struct check *, struct proto_build *);

/* proto.c */
void proto_define(struct check *, const struct stmt *);
/* What follows a protocol may tell what is wrong in it; NULL: the end of the file. */
void proto_behind(struct check *, const struct stmt *next);
const struct proto_type *proto_type_find(const char *word);
extern const struct rule proto_rules[], proto_old_rules[], other_rules[];

/* chanrules.c */
extern const struct rule channel_rules[], bgp_channel_rules[];

/* channel.c */
bool channel_is_flow(const struct chan_build *); /* of flow specifications */
struct chan_build *channel_open(struct check *, struct proto_build *,
    const struct match *, const char *type, const char *name);
void channel_init(struct check *, struct proto_build *, struct chan_build *,
    const char *type, const char *name);
/* The protocol's own channel at the place, to be written to: made, or a copy of the one it
 * shares. */
struct chan_build *channel_own(
    struct check *, struct proto_build *, struct chan_build **);
/* Of 1.6: the statements without a channel become the one of that family. */
void channel_from_legacy(struct check *, struct proto_build *, enum family);
/* The one of a protocol without any in a 1.6 file: of the family of its routes, or the file's. */
void channel_open_legacy(struct check *, struct proto_build *);
/* Any channel it has, or NULL. */
struct chan_build *channel_first(struct proto_build *);
/* A body begins: it changes the channels of its own only. */
void channels_own(struct check *, struct proto_build *);
void channel_table(struct check *, struct chan_build *);
void channels_finish(struct check *, struct proto_build *);
/* Nothing more is written to it: a channel that is as the last protocol's becomes that. */
void channels_share(struct check *, struct proto_build *);
void channel_block(struct check *, const struct rule *, const struct match *);
enum family channel_family(const char *name);

/* route.c: routes of static protocols.  Hops and providers of the one being read are kept
 * in one place until route_to() gives what the model has, one for all that are equal. */
struct static_hop *route_hop_add(struct check *, struct static_to *);
void route_provider_add(struct check *, struct static_to *, uint32_t as);
const struct static_to *route_to(struct check *, const struct static_to *);
void route_add(struct proto_build *, struct route_build *); /* in passing */
void routes_finish(struct check *, struct proto_build *);
/* The routes behind one, while the file is read; and when its protocol is. */
bool routes_fold(void *check, struct stmt *head, const char *type, const struct stmt *);
void routes_unfold(struct proto_build *, const struct stmt *head);
void static_route_read(struct check *, struct proto_build *, const struct stmt *);

/* bgpside.c; kind: 1 for neighbor */
rule_fn set_side;
/* bgpcheck.c: what is wrong with a body that is complete but for its channels' tables, which
 * are found here; NULL: nothing. */
const char *bgp_wrong(struct check *, struct proto_build *, bool internal);

/* aokeys.c */
void ao_keys_read(struct check *, const struct rule *, const struct match *);

/* types.c: all of them, up to a NULL */
/* bfd.c */
extern const struct rule password_rules[];
/* A block of session options, over what o has. */
void bfd_options_read(struct check *, const struct block *, struct bfd_options *o);
#define LL_LIMIT "Long-lived stale time must be less than 2^24"
/* node.c: a channel beside those that count is said to have no effect. */
void other_channels_warn(struct check *, const struct proto_build *);

/* igp.c */
extern const struct rule ospf_rules[], rip_rules[], babel_rules[], radv_rules[];
/* Interface patterns of a statement that takes no addresses. */
void check_names_only(struct check *, const struct match *);
/* Adds those from that word of the statement on to a list. */
void check_patterns(struct check *, const struct match *, unsigned from, unsigned *n,
    const struct iface_pattern **);
extern const struct proto_type *const proto_types[];
void bmp_check(struct check *); /* of the whole file: what it will not tell of */

extern const struct proto_type bfd_type, bgp_type, static_type, rpki_type, direct_type,
    kernel_type, pipe_type, aggregator_type, l3vpn_type, mrt_type, bmp_type;

/* node.c: the tables and filters of a pipe and what is like one; kind of a table: */
enum { PIPE_TABLE = 1, PIPE_PEER_TABLE = 2 }; /* bits of proto_build.flags, too */
rule_fn pipe_table, pipe_filter; /* kind of a filter: 1 for export */
rule_fn pipe_limit; /* kind: 1 for export, and 2 for `off` */
/* Its channel, once both tables are known; export: where the block names none. */
void pipe_channel(struct check *, struct proto_build *, struct filter *export);

/* Channels without options of their own, in any number. */
#define CHANNEL_ROWS                                                                     \
	{ .pattern = "ipv4|ipv6|vpn4|vpn6|roa4|roa6|flow4|flow6|mpls|aspa|eth|evpn|rtc|" \
		     "neighbors "                                                        \
		     "[BLOCK]",                                                          \
		.fn = channel_block,                                                     \
		.kind = 1 },                                                             \
	{                                                                                \
		.pattern = "ipv6 sadr|sadr [BLOCK]", .fn = channel_block, .kind = 1,     \
		.words = "ipv6 sadr"                                                     \
	}

/* value.c: rows that only store a value.  Rows of the option table. */
enum { DONE, NOEFFECT };
#define SPEC_ROW(...)
#define PLAIN_ROW(...) OPTION_RULE(__VA_ARGS__)
#define ROW_BOOL       PLAIN_ROW
#define ROW_NUM	       PLAIN_ROW
#define ROW_SECONDS    PLAIN_ROW
#define ROW_TEXT       PLAIN_ROW
#define ROW_IPADDR     PLAIN_ROW
#define ROW_ID	       PLAIN_ROW
#define ROW_SPEC       SPEC_ROW
enum { FIELD_BOOL, FIELD_NUM, FIELD_SECONDS, FIELD_TEXT, FIELD_IPADDR, FIELD_ID };
#define PATTERN_BOOL	"BOOL"
#define PATTERN_NUM	"NUM"
#define PATTERN_SECONDS "SEC"
#define PATTERN_TEXT	"TEXT"
#define PATTERN_IPADDR	"IP"
#define PATTERN_ID	"ID"
#define OPTION_RULE(base, said, type_, lo, hi, does)                                     \
	{ .pattern = said " " PATTERN_##type_,                                           \
		.fn = set_field,                                                         \
		.kind = FIELD_##type_,                                                   \
		.offset = (base),                                                        \
		.min = (lo),                                                             \
		.max = (hi),                                                             \
		.words = (said),                                                         \
		.effect = (does) },
rule_fn set_field, set_flag, set_nothing;

/* flow.c: a flow of a static route as tables have it, in the memory of the model. */
bool flow_net(struct check *, const struct arg *, struct net *);

/* logging.c: `debug`, a bit for each of BIRD's classes, as they are in the model */
unsigned debug_mask(struct check *, const struct arg *);

/* global.c */
extern const struct rule global_rules[];

/* An option that is accepted but does nothing yet. */
void warn_no_effect(struct check *, const struct place *, const char *words);

#endif
