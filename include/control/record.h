/*
 * Records: what a control command answers, before it has a form.  A handler emits
 * records; a renderer makes BIRD's text or JSON of them.
 */
#ifndef MYNAH_CONTROL_RECORD_H
#define MYNAH_CONTROL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "bfd/session.h"
#include "bgp/session.h"
#include "conf/model.h"
#include "filter/trial.h"
#include "rib/shard.h"

/* Times in records are wall clock milliseconds since the epoch. */

struct status_record {
	uint32_t router_id;
	const char *hostname;
	uint64_t now, boot, reconfigured;
	bool shutting_down, reconfiguring;
	unsigned recovering; /* channels still waited for by graceful restart; 0: none */
	uint32_t recovery_left_s, recovery_total_s;
};

struct channel_record {
	const struct channel_conf *conf;
	bool up;
	struct channel_counts counts;
	struct channel_counts back; /* of a pipe: its other channel's */
	uint64_t imp_received, imp_rejected, imp_filtered; /* io side: updates */
	uint64_t filtered; /* routes now, with `import keep filtered` */
	uint64_t wd_received, wd_rejected;
	struct ip next_hop, next_hop_ll;
	const struct table_conf *igp4, *igp6; /* next hops are looked up there; or NULL */
	bool limit_hit[LIMITS];
	bool llgr; /* routes are kept beyond the restart time */
};

enum rpki_state {
	RPKI_CONNECTING,
	RPKI_UP,
	RPKI_SYNC_START,
	RPKI_SYNC_RUNNING,
	RPKI_FAST_RECONNECT,
	RPKI_NO_DATA,
	RPKI_NO_INCREMENTAL,
	RPKI_CACHE_ERROR,
	RPKI_TRANSPORT_ERROR,
	RPKI_DOWN,
	RPKI_STATES
};

struct rpki_record {
	enum rpki_state state;
	unsigned version;
	bool session_known, updated;
	uint16_t session;
	uint32_t serial;
	uint64_t ago_s; /* the last update */
	uint32_t refresh_s, retry_s, expire_s;
	bool refresh_runs, retry_runs; /* the expire timer runs when updated */
	uint64_t refresh_left_s, retry_left_s, expire_left_s;
};

enum bmp_state { BMP_IDLE, BMP_CONNECTING, BMP_UP, BMP_STATES };

struct bmp_record {
	enum bmp_state state;
	char error[128]; /* of the last connection; empty: none */
	uint64_t waits;	 /* bytes that the station is still to be sent */
};

struct protocol_record {
	const struct proto_conf *conf;
	enum {
		PROTO_STATE_DOWN,
		PROTO_STATE_START,
		PROTO_STATE_UP,
		PROTO_STATE_STOP
	} state;
	uint64_t since;
	const char *message; /* from disable/restart, or a peer's shutdown text; NULL */
	/* BGP */
	enum fsm_state bgp_state;
	bool passive_wait;
	struct down_reason last;
	bool negotiated_set;
	struct negotiated negotiated;
	struct ip source_ip;
	bool show_port;
	/* seconds * 1000 left; UINT64_MAX: timer off */
	uint64_t hold_left, keepalive_left, send_hold_left, connect_left, error_wait_left;
	uint32_t send_hold_s, error_wait_s, connect_delay_s;
	struct rpki_record rpki;
	struct bmp_record bmp;
	unsigned channel_n;
	struct channel_record channel[CHANNELS_MAX];
};

struct bfd_session_record {
	struct ip ip;
	const char *ifname; /* NULL: over several hops */
	struct bfd_view view;
	uint64_t now_us; /* the view's clock */
	uint64_t since;
};

struct route_record {
	const struct net *net;
	bool first_of_net;
	const struct proto_conf *proto; /* may be NULL when it has just gone */
	const char *proto_name;
	enum source_kind kind;
	const struct attrs *attrs;
	enum dest dest;
	uint64_t time;
	bool best, stale;
	bool refused; /* the best one, which the kernel does not take */
	uint32_t path_id;
	struct ip from;     /* peer; none for static */
	const char *via_if; /* interface of the next hop, NULL unknown */
	/* of BGP: the next hop is looked up in other routes; then dest and way say where it
	 * leads */
	bool looked_up;
	uint32_t metric; /* to the next hop; 0: none */
	bool has_aigp;	 /* RFC 7311, with the way in it */
	uint64_t aigp;
	const struct hop *way;
	unsigned way_n;
};

/* What a dry run is made on: `test filter`. */
struct trial_request {
	const char *filter; /* its name */
	const struct net *net;
	const struct attrs *attrs; /* of a stored route, or NULL */
	const char *body; /* else what describes it: "filter { NAME = VALUE; ... }" */
	const char *proto;
	enum source_kind kind;
	struct ip from;
};

struct trial_record {
	const struct trial_request *request;
	const struct filter_trial *trial;
};

struct interface_record {
	const char *name;
	unsigned index, mtu;
	bool admin_up, link_up, loopback, ptp, broadcast, multicast;
	unsigned address_n;
	const struct interface_address {
		struct ip ip;
		unsigned plen;
		bool secondary;
		struct ip opposite; /* of a point to point link, or none */
	} * address;
};

/* What a step costs the running daemon. */
struct step_cost {
	bool up;	   /* its session is established */
	bool drops;	   /* and would end */
	uint64_t imported; /* routes held from it */
	uint64_t compared; /* networks of its tables, to be exported anew */
};

struct plan_record {
	const struct plan *plan;
	const struct step_cost *cost; /* one for each step */
	unsigned dropped, kept;	      /* established sessions */
};

struct count_record { /* `show route count`, `stats` */
	const char *table;
	uint64_t shown, routes, nets;
};

#endif
