/*
 * Code of the filter machine: instructions, code under construction (struct unit),
 * finished code (struct filter).
 *
 * A stack machine.  Each function has a frame on the value stack: arguments, variables,
 * then what expressions push.  An instruction is eight bytes; `c` is a number, a jump's
 * target, a constant, a function or a slot of the run, told by its operand kind.
 *
 * A finished filter holds one image: header, functions, instructions, constants, all by
 * offset.  Two filters are the same if their images are equal bytes.  A large constant is
 * kept once for all filters; the image holds its address.
 */
#ifndef MYNAH_FILTER_CODE_H
#define MYNAH_FILTER_CODE_H

#include <stdatomic.h>
#include "filter/filter.h"
#include "filter/value.h"
#include "lang/ast.h"

enum operand { C_NONE, C_NUM, C_JUMP, C_CONST, C_CALL, C_SLOT };

/* name, operand, change of the stack's height, inputs, name in messages */
#define FILTER_OPS(X) \
	X(NUM, C_NUM, 1, 0, "NUM")               /* type a, group b, number c */ \
	X(CONST, C_CONST, 1, 0, "CONSTANT")      /* type a, sub b */ \
	X(SHARED, C_CONST, 1, 0, "CONSTANT")     /* a large one, kept once: filter/blob.h */ \
	X(VOID, C_NONE, 1, 0, "VOID") \
	X(POP, C_NONE, -1, 0, "POP") \
	X(LOAD, C_NONE, 1, 0, "VAR_GET")         /* variable b */ \
	X(STORE, C_NONE, -1, 0, "VAR_SET")       /* variable b */ \
	X(INIT, C_NONE, -1, 0, "VAR_INIT")       /* variable b */ \
	X(TEST, C_NUM, 0, 0, "TEST") /* type a, argument b of op c */ \
	X(QUAD, C_NONE, 0, 0, "QUAD") /* an IPv4 address becomes a quad */ \
	X(DEFAULT, C_NUM, 0, 0, "DEFAULT") /* void becomes type a, group b, number c */ \
	X(JUMP, C_JUMP, 0, 0, "JUMP") \
	X(UNLESS, C_JUMP, -1, 0, "CONDITION") \
	X(AND, C_JUMP, -1, 0, "AND") /* a false top stays and jumps */ \
	X(OR, C_JUMP, -1, 0, "OR") \
	X(CASE, C_JUMP, -1, 0, "SWITCH") /* pops a set, jumps if top is not in it */ \
	X(FOR, C_JUMP, 0, 0, "FOR_NEXT") /* variable b; list and place on the stack */ \
	X(NOT, C_NONE, 0, 0, "NOT") \
	X(ADD, C_NONE, -1, 0, "ADD") \
	X(SUB, C_NONE, -1, 0, "SUBTRACT") \
	X(MUL, C_NONE, -1, 0, "MULTIPLY") \
	X(DIV, C_NONE, -1, 0, "DIVIDE") \
	X(BITAND, C_NONE, -1, 0, "BITAND") \
	X(BITOR, C_NONE, -1, 0, "BITOR") \
	X(CONCAT, C_NONE, -1, 0, "CONCAT") \
	X(EQ, C_NONE, -1, 0, "EQ") \
	X(NE, C_NONE, -1, 0, "NEQ") \
	X(LT, C_NONE, -1, 0, "LT") \
	X(LE, C_NONE, -1, 0, "LTE") \
	X(MATCH, C_NONE, -1, 0, "MATCH") \
	X(NOMATCH, C_NONE, -1, 0, "NOT_MATCH") \
	X(PAIR, C_NONE, -1, 0, "PAIR_CONSTRUCT") \
	X(LC, C_NONE, -2, 0, "LC_CONSTRUCT") \
	X(EC, C_NUM, -1, 0, "EC_CONSTRUCT")      /* kind c */ \
	X(MASK, C_CONST, 1, 0, "PATHMASK_CONSTRUCT") /* takes b values */ \
	X(NET, C_NONE, 1, FILTER_NET, "net") \
	X(PROTO, C_NONE, 1, FILTER_SOURCE, "proto") \
	X(SOURCE, C_NUM, 1, FILTER_SOURCE | FILTER_ATTRS, "source") /* once written: c */ \
	X(FROM, C_NUM, 1, FILTER_SOURCE | FILTER_ATTRS, "from") /* once written: our own c */ \
	X(PREF, C_NONE, 1, FILTER_ATTRS, "preference") \
	X(NEXTHOP, C_NONE, 1, FILTER_ATTRS, "bgp_next_hop") \
	X(U32, C_NUM, 1, FILTER_ATTRS, "EA_GET") /* type a, attribute c */ \
	X(ORIGIN, C_NONE, 1, FILTER_ATTRS, "EA_GET") \
	X(LIST, C_NUM, 1, FILTER_ATTRS, "EA_GET") /* type a, attribute c */ \
	X(LIST_HAS, C_CONST, 1, FILTER_ATTRS, "MATCH") /* of type a, attribute b */ \
	X(LIST_PUT, C_CONST, 0, FILTER_ATTRS | FILTER_WRITES, "CLIST_ADD") \
	X(LIST_TAKE, C_CONST, 0, FILTER_ATTRS | FILTER_WRITES, "CLIST_DEL") \
	X(OPAQUE, C_NUM, 1, FILTER_ATTRS, "EA_GET") \
	X(SLOT, C_SLOT, 1, 0, "EA_GET") \
	X(LOCAL, C_NUM, 1, FILTER_ATTRS, "EA_GET") /* type a, group b, our own attribute c */ \
	X(DEST, C_NONE, 1, FILTER_ATTRS | FILTER_NET, "RTA_GET") \
	X(HOP, C_NUM, 1, FILTER_ATTRS | FILTER_LINKS, "RTA_GET") /* type a, enum hop_part b; written: c */ \
	X(SET_FROM, C_NUM, -1, FILTER_WRITES, "RTA_SET") \
	X(SET_LOCAL, C_NUM, -1, FILTER_WRITES, "EA_SET") \
	X(SET_DEST, C_NONE, -1, FILTER_WRITES, "RTA_SET") \
	X(SET_HOP, C_NUM, -1, FILTER_WRITES | FILTER_LINKS, "RTA_SET") \
	X(SET_PREF, C_NONE, -1, FILTER_WRITES, "RTA_SET") \
	X(SET_NEXTHOP, C_NONE, -1, FILTER_WRITES, "EA_SET") \
	X(SET_U32, C_NUM, -1, FILTER_WRITES, "EA_SET") \
	X(SET_ORIGIN, C_NONE, -1, FILTER_WRITES, "EA_SET") \
	X(SET_LIST, C_NUM, -1, FILTER_WRITES, "EA_SET") \
	X(SET_SLOT, C_SLOT, -1, 0, "EA_SET")     /* type a */ \
	X(UNSET, C_NUM, 0, FILTER_WRITES, "EA_UNSET") \
	X(UNSET_SLOT, C_SLOT, 0, 0, "EA_UNSET") \
	X(ROUTES, C_NONE, 1, FILTER_ATTRS, "ROUTES") /* the bucket's */ \
	X(VIEW, C_NONE, -1, FILTER_ATTRS, "ROUTE_GET") /* attributes read are the route's, */ \
	X(UNVIEW, C_NONE, 0, 0, "ROUTE_GET")     /* up to here */ \
	X(SEED, C_NUM, 0, FILTER_WRITES, "SEED") /* attribute c of the bucket; enum seed a */ \
	X(KEY, C_NONE, -1, 0, "AGGREGATE_ON") \
	X(LEN, C_NONE, 0, 0, "LEN") \
	X(IP, C_NONE, 0, 0, "IP") \
	X(IP_MASK, C_NONE, -1, 0, "IP_MASK") \
	X(IS_V4, C_NONE, 0, 0, "IS_V4") \
	X(TYPE, C_NONE, 0, 0, "TYPE") \
	X(FIRST, C_NONE, 0, 0, "AS_PATH_FIRST") \
	X(LAST, C_NONE, 0, 0, "AS_PATH_LAST") \
	X(LAST_NA, C_NONE, 0, 0, "AS_PATH_LAST_NAG") \
	X(EMPTY, C_NONE, 0, 0, "EMPTY") \
	X(PREPEND, C_NONE, -1, 0, "PATH_PREPEND") \
	X(LIST_ADD, C_NONE, -1, 0, "CLIST_ADD") \
	X(LIST_DEL, C_NONE, -1, 0, "CLIST_DEL") \
	X(LIST_FILTER, C_NONE, -1, 0, "CLIST_FILTER") \
	X(MIN, C_NONE, 0, 0, "MIN") \
	X(MAX, C_NONE, 0, 0, "MAX") \
	X(ASN, C_NONE, 0, 0, "ASN") \
	X(DATA, C_NUM, 0, 0, "DATA")             /* which: c */ \
	X(FORMAT, C_NONE, 0, 0, "FORMAT") \
	X(DEFINED, C_NONE, 0, 0, "DEFINED") /* a: an empty list is */ \
	X(ROA, C_NUM, -1, FILTER_ROA, "ROA_CHECK") /* prefix, AS; table c; a: of the route */ \
	X(ASPA, C_NUM, -1, FILTER_ROA, "ASPA_CHECK") /* path, upstream; table c */ \
	X(FROM_HEX, C_NONE, 0, 0, "FROM_HEX") \
	X(NET_PART, C_NUM, 0, 0, "NET_PART") /* enum net_part c */ \
	X(CALL, C_CALL, 1, 0, "CALL")            /* takes b values */ \
	X(RETURN, C_NONE, -1, 0, "RETURN") \
	X(PRINT, C_NONE, 0, 0, "PRINT")          /* takes b values; a: ends the line */ \
	X(ASSERT, C_NONE, -1, 0, "BT_ASSERT") \
	X(ACCEPT, C_NONE, 0, 0, "ACCEPT") \
	X(REJECT, C_NONE, 0, 0, "REJECT") \
	X(ERROR, C_NONE, 0, 0, "ERROR") \
	X(UNDECIDED, C_NONE, 0, 0, "END")

enum seed { SEED_ATTRIBUTE, SEED_PREFERENCE, SEED_NEXT_HOP, SEED_WAY, SEED_FROM };

enum hop_part { HOP_GW, HOP_NAME, HOP_WEIGHT, HOP_LABEL, HOP_ONLINK };

enum net_part {
	NET_PART_RD,
	NET_PART_MAX,
	NET_PART_SRC,
	NET_PART_DST,
	NET_PART_MAC,
	NET_PART_VLAN,
	NET_PART_EVPN,
	NET_PART_TAG,
	NET_PART_ESI,
	NET_PART_ROUTER,
	NET_PARTS
};

enum op {
#define X(name, operand, delta, inputs, text) OP_##name,
	FILTER_OPS(X)
#undef X
	OPS
};

struct op_info {
	uint8_t operand;
	int8_t delta;
	uint8_t inputs;
	const char *text;
};

extern const struct op_info op_info[OPS];

struct insn {
	uint8_t op, a;
	uint16_t b;
	uint32_t c;
};

#define UNIT_CODE_MAX (1u << 20)

/* Code of one function or filter, not yet bound to a filter. */
struct unit {
	struct arena *arena;
	const char *name;
	struct insn *code;
	struct place *places; /* one for each instruction */
	struct val *consts;
	struct unit **calls;
	size_t n, room, const_n, const_room, call_n, call_room;
	size_t landed; /* where the last jump that has its target leads */
	unsigned argc, vars; /* vars counts the arguments too */
	const char **var_names; /* vars of them, or more; NULL: none was named */
	size_t var_room;
	int depth, depth_max;
	unsigned mark; /* place in a filter being linked, plus one */
	bool too_long;
	bool lasts; /* longer than what it is compiled from: constants are copied */
};

struct unit *unit_new(struct arena *, const char *name);
/* Appends; returns the instruction's index, for unit_land. */
size_t unit_emit(struct unit *, const struct place *, enum op, unsigned a, unsigned b,
    uint32_t c);
void unit_land(struct unit *, size_t jump); /* its target is the next instruction */
bool unit_is_open(const struct unit *); /* the next instruction can be reached */
void unit_const(struct unit *, const struct place *, const struct val *);
uint32_t unit_add_const(struct unit *, const struct val *); /* for C_CONST */
void unit_call(struct unit *, const struct place *, struct unit *callee);
/* For `show filter`.  Variables that are never there at once share a place, and it has
 * their names. */
void unit_name_var(struct unit *, unsigned var, const char *name);

/*
 * Finished.
 */
#define SLOTS_MAX 64 /* attributes that live as long as a run */
#define FUNCS_MAX 4096

struct func {
	uint32_t entry, argc, vars, height; /* values its frame needs */
};

struct image_head {
	uint32_t funcs, slots, code, bytes; /* counts; function 0 is run */
};

struct filter {
	_Atomic uint32_t refs; /* 0: a constant of the program */
	uint32_t inputs;
	uint64_t hash, serial;
	const char *name;
	const struct image_head *image;
	size_t image_len;
	const struct func *funcs;
	const struct insn *code;
	const uint8_t *bytes;
	const uint32_t *lines; /* file index << 24 | line */
	const char *const *files, *const *func_names;
	const char *const *var_names; /* of all functions, one after the other */
	struct blob *const *blobs;
	uint32_t blob_n;
	_Atomic uint32_t errors;
	/* of filter_both: has to accept, too; and whose code this is.  Else NULL */
	struct filter *first, *then;
};

uint64_t filter_serial_new(void);

/* A reference; NULL when it would be too long (more than FUNCS_MAX, UNIT_CODE_MAX). */
struct filter *unit_link(struct unit *, const char *name);

/* Runs a linked expression, without a route.  The value's bytes are in the arena or the
 * filter, the error's text in the arena; its line is that of the instruction. */
bool filter_value(const struct filter *, struct arena *, struct val *out,
    const char **error, unsigned *line);

#endif
