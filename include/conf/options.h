/*
 * The option table: every option of the configuration stands here once.  Struct fields,
 * defaults, range checks, the diff, the reload plan and the manual are made from these rows.
 *
 * X(field, type, default, min, max, change class, words, since)
 *   type    BOOL, NUM, SECONDS, TEXT, IPADDR, ID (a router id), as the reader takes them;
 *           SPEC: a number with a syntax of its own
 *   class   what a changed value asks of a running session, below
 *   words   as the operator writes them
 *   effect  DONE, or NOEFFECT: accepted, warned of at load, listed in doc/compatibility.md
 */
#ifndef MYNAH_CONF_OPTIONS_H
#define MYNAH_CONF_OPTIONS_H

enum change {
	CHANGE_NONE = 0,
	CHANGE_LIVE = 1 << 0,         /* taken over at once, nothing is sent */
	CHANGE_REDECIDE = 1 << 1,     /* best paths are chosen anew */
	CHANGE_REEXPORT = 1 << 2,     /* what peers were sent is compared and corrected */
	CHANGE_REIMPORT = 1 << 3,     /* routes are imported again, kept or asked for */
	CHANGE_NEXT_SESSION = 1 << 4, /* holds from the next session on */
	CHANGE_RESTART = 1 << 5,      /* the session cannot go on */
	CHANGE_MOVE = 1 << 6,	      /* a channel goes over to another table */
};

#define PROTO_OPTIONS(X) \
	X(disabled, BOOL, false, 0, 1, CHANGE_RESTART, "disabled", DONE) \
	X(description, TEXT, NULL, 0, 0, CHANGE_LIVE, "description", DONE) \
	X(hostname, TEXT, NULL, 0, 0, CHANGE_NEXT_SESSION, "hostname", DONE) \
	X(restart_time, SPEC, 0, 0, 0xffffffff, CHANGE_LIVE, "restart time", DONE) \
	X(router_id, ID, 0, 0, 0xffffffff, CHANGE_RESTART, "router id", DONE) \
	X(vrf, TEXT, NULL, 0, 0, CHANGE_RESTART, "vrf", DONE)

/* clang-format off */
#define KERNEL_OPTIONS(X) \
	X(persist, BOOL, false, 0, 1, CHANGE_LIVE, "persist", DONE) \
	X(scan_time, SECONDS, 60, 0, 0xffffffff, CHANGE_LIVE, "scan time", DONE) \
	X(learn, SPEC, 0, 0, 2, CHANGE_LIVE, "learn", DONE) \
	X(graceful_restart, BOOL, false, 0, 1, CHANGE_LIVE, "graceful restart", DONE) \
	X(merge_paths, SPEC, 0, 0, 255, CHANGE_REEXPORT, "merge paths", DONE) \
	X(table, NUM, 254, 0, 0xffffffff, CHANGE_RESTART, "kernel table", DONE) \
	X(metric, NUM, 32, 0, 0xffffffff, CHANGE_RESTART, "metric", DONE) \
	X(rx_buffer, NUM, 0, 0, 0xffffffff, CHANGE_RESTART, "netlink rx buffer", DONE) \
	X(device_routes, SPEC, 0, 0, 1, CHANGE_REEXPORT, "device routes", DONE)

#define BFD_OPTIONS(X) \
	X(accept, SPEC, 15, 0, 15, CHANGE_LIVE, "accept", DONE) \
	X(strict_bind, BOOL, false, 0, 1, CHANGE_LIVE, "strict bind", DONE) \
	X(zero_udp6_rx, BOOL, false, 0, 1, CHANGE_LIVE, "zero udp6 checksum rx", DONE)

#define BGP_OPTIONS(X) \
	X(local_ip, IPADDR, {{0}}, 0, 0, CHANGE_RESTART, "local", DONE) \
	X(local_port, SPEC, 179, 1, 65535, CHANGE_NEXT_SESSION, "local port", DONE) \
	X(local_as, SPEC, 0, 1, 0xffffffff, CHANGE_RESTART, "local as", DONE) \
	X(remote_ip, IPADDR, {{0}}, 0, 0, CHANGE_RESTART, "neighbor", DONE) \
	X(range, SPEC, 0, 0, 129, CHANGE_RESTART, "neighbor range", DONE) \
	X(dynamic_name, TEXT, NULL, 0, 0, CHANGE_RESTART, "dynamic name", DONE) \
	X(dynamic_digits, NUM, 0, 0, 10, CHANGE_RESTART, "dynamic name digits", DONE) \
	X(remote_port, SPEC, 179, 1, 65535, CHANGE_NEXT_SESSION, "neighbor port", DONE) \
	X(remote_as, SPEC, 0, 1, 0xffffffff, CHANGE_RESTART, "neighbor as", DONE) \
	X(interface, TEXT, NULL, 0, 0, CHANGE_RESTART, "interface", DONE) \
	X(onlink, BOOL, false, 0, 1, CHANGE_RESTART, "onlink", DONE) \
	X(multihop, SPEC, 0, 0, 255, CHANGE_LIVE, "multihop", DONE) \
	X(rr_client, BOOL, false, 0, 1, CHANGE_REDECIDE | CHANGE_REEXPORT, "rr client", DONE) \
	X(rr_cluster_id, ID, 0, 0, 0xffffffff, CHANGE_REIMPORT | CHANGE_REEXPORT, "rr cluster id", DONE) \
	X(rs_client, BOOL, false, 0, 1, CHANGE_REEXPORT, "rs client", DONE) \
	X(passive, BOOL, false, 0, 1, CHANGE_LIVE, "passive", DONE) \
	X(hold_time, SECONDS, 240, 0, 65535, CHANGE_NEXT_SESSION, "hold time", DONE) \
	X(min_hold_time, SECONDS, 0, 0, 65535, CHANGE_NEXT_SESSION, "min hold time", DONE) \
	X(startup_hold_time, SPEC, 240, 0, 65535, CHANGE_NEXT_SESSION, "startup hold time", DONE) \
	X(keepalive_time, SECONDS, 0, 1, 65535, CHANGE_LIVE, "keepalive time", DONE) \
	X(send_hold_time, SECONDS, UINT32_MAX, 0, 0xffffffff, CHANGE_LIVE, "send hold time", DONE) \
	X(connect_delay_time, SECONDS, 5, 0, 0xffffffff, CHANGE_LIVE, "connect delay time", DONE) \
	X(connect_retry_time, SECONDS, 120, 0, 0xffffffff, CHANGE_LIVE, "connect retry time", DONE) \
	X(error_wait_min, SPEC, 60, 0, 0xffffffff, CHANGE_LIVE, "error wait time", DONE) \
	X(error_wait_max, SPEC, 300, 0, 0xffffffff, CHANGE_LIVE, "error wait time", DONE) \
	X(error_forget_time, SECONDS, 300, 0, 0xffffffff, CHANGE_LIVE, "error forget time", DONE) \
	X(disable_after_error, BOOL, false, 0, 1, CHANGE_LIVE, "disable after error", DONE) \
	X(disable_after_cease, SPEC, 0, 0, 511, CHANGE_LIVE, "disable after cease", DONE) \
	X(role, SPEC, 0, 0, 5, CHANGE_RESTART, "local role", DONE) \
	X(graceful, SPEC, 1, 0, 2, CHANGE_NEXT_SESSION, "graceful restart", DONE) \
	X(graceful_time, SECONDS, 120, 0, 4095, CHANGE_NEXT_SESSION, "graceful restart time", DONE) \
	X(capabilities, BOOL, true, 0, 1, CHANGE_NEXT_SESSION, "capabilities", DONE) \
	X(route_refresh, BOOL, true, 0, 1, CHANGE_NEXT_SESSION, "enable route refresh", DONE) \
	X(enhanced_refresh, BOOL, true, 0, 1, CHANGE_NEXT_SESSION, "enable enhanced route refresh", DONE) \
	X(as4, BOOL, true, 0, 1, CHANGE_NEXT_SESSION, "enable as4", DONE) \
	X(ext_messages, BOOL, false, 0, 1, CHANGE_NEXT_SESSION, "enable extended messages", DONE) \
	X(advertise_hostname, BOOL, false, 0, 1, CHANGE_NEXT_SESSION, "advertise hostname", DONE) \
	X(path_metric, BOOL, true, 0, 1, CHANGE_REDECIDE, "path metric", DONE) \
	X(med_metric, BOOL, false, 0, 1, CHANGE_REDECIDE, "med metric", DONE) \
	X(deterministic_med, BOOL, false, 0, 1, CHANGE_LIVE, "deterministic med", DONE) \
	X(prefer_older, BOOL, false, 0, 1, CHANGE_REDECIDE, "prefer older", DONE) \
	X(default_med, NUM, 0, 0, 0xffffffff, CHANGE_REDECIDE, "default bgp_med", DONE) \
	X(default_local_pref, NUM, 100, 0, 0xffffffff, CHANGE_REIMPORT | CHANGE_REDECIDE | CHANGE_REEXPORT, "default bgp_local_pref", DONE) \
	X(allow_local_pref, BOOL, false, 0, 1, CHANGE_REIMPORT | CHANGE_REEXPORT, "allow bgp_local_pref", DONE) \
	X(allow_med, BOOL, false, 0, 1, CHANGE_REEXPORT, "allow bgp_med", DONE) \
	X(allow_local_as, SPEC, 0, 0, 0xffffffff, CHANGE_REIMPORT, "allow local as", DONE) \
	X(enforce_first_as, BOOL, false, 0, 1, CHANGE_REIMPORT, "enforce first as", DONE) \
	X(interpret_communities, BOOL, true, 0, 1, CHANGE_REEXPORT, "interpret communities", DONE) \
	X(igp_metric, BOOL, true, 0, 1, CHANGE_REDECIDE, "igp metric", DONE) \
	X(password, TEXT, NULL, 0, 0, CHANGE_LIVE, "password", DONE) \
	X(ttl_security, BOOL, false, 0, 1, CHANGE_LIVE, "ttl security", DONE) \
	X(strict_bind, BOOL, false, 0, 1, CHANGE_LIVE, "strict bind", DONE) \
	X(free_bind, BOOL, false, 0, 1, CHANGE_NEXT_SESSION, "free bind", DONE) \
	X(check_link, SPEC, 2, 0, 2, CHANGE_LIVE, "check link", DONE) \
	X(bfd, SPEC, 0, 0, 2, CHANGE_LIVE, "bfd", DONE) \
	X(allow_as_sets, BOOL, true, 0, 1, CHANGE_REIMPORT, "allow as sets", DONE) \
	X(require_refresh, BOOL, false, 0, 1, CHANGE_LIVE, "require route refresh", DONE) \
	X(require_enhanced_refresh, BOOL, false, 0, 1, CHANGE_LIVE, "require enhanced route refresh", DONE) \
	X(require_as4, BOOL, false, 0, 1, CHANGE_LIVE, "require as4", DONE) \
	X(require_ext_messages, BOOL, false, 0, 1, CHANGE_LIVE, "require extended messages", DONE) \
	X(require_hostname, BOOL, false, 0, 1, CHANGE_LIVE, "require hostname", DONE) \
	X(require_graceful, BOOL, false, 0, 1, CHANGE_LIVE, "require graceful restart", DONE) \
	X(require_llgr, BOOL, false, 0, 1, CHANGE_LIVE, "require long lived graceful restart", DONE) \
	X(require_roles, BOOL, false, 0, 1, CHANGE_LIVE, "require roles", DONE) \
	X(ll_stale_time, SECONDS, 3600, 0, 16777215, CHANGE_NEXT_SESSION, "long lived stale time", DONE) \
	X(llgr, SPEC, 0xffffffff, 0, 2, CHANGE_NEXT_SESSION, "long lived graceful restart", DONE) \
	X(gr_min, SPEC, 0, 0, 4095, CHANGE_LIVE, "min graceful restart time", DONE) \
	X(gr_max, SPEC, 0xffffffff, 0, 4095, CHANGE_LIVE, "max graceful restart time", DONE) \
	X(ll_min, SPEC, 0, 0, 16777215, CHANGE_LIVE, "min long lived stale time", DONE) \
	X(ll_max, SPEC, 0xffffffff, 0, 16777215, CHANGE_LIVE, "max long lived stale time", DONE) \
	X(min_keepalive_time, SECONDS, 0, 0, 65535, CHANGE_NEXT_SESSION, "min keepalive time", DONE) \
	X(confederation, NUM, 0, 0, 0xffffffff, CHANGE_RESTART, "confederation", DONE) \
	X(confederation_member, BOOL, false, 0, 1, CHANGE_RESTART, "confederation member", DONE) \
	X(setkey, BOOL, true, 0, 1, CHANGE_LIVE, "setkey", DONE) \
	X(tx_size_warning, NUM, 0, 0, 0xffffffff, CHANGE_LIVE, "tx size warning", DONE) \
	X(disable_rx, BOOL, false, 0, 1, CHANGE_NEXT_SESSION, "disable rx", DONE) \
	X(advertise_ipv4, BOOL, true, 0, 1, CHANGE_NEXT_SESSION, "advertise ipv4", DONE)

#define CHANNEL_OPTIONS(X) \
	X(preference, NUM, 100, 0, 65535, CHANGE_REIMPORT, "preference", DONE) \
	X(next_hop_self, SPEC, 0, 0, 3, CHANGE_REEXPORT, "next hop self", DONE) \
	X(next_hop_keep, SPEC, 0, 0, 3, CHANGE_REEXPORT, "next hop keep", DONE) \
	X(next_hop_address, IPADDR, {{0}}, 0, 0, CHANGE_REEXPORT, "next hop address", DONE) \
	X(next_hop_prefer, SPEC, 0, 0, 2, CHANGE_REIMPORT, "next hop prefer", DONE) \
	X(ll_format, SPEC, 0, 0, 2, CHANGE_REEXPORT, "link local next hop format", DONE) \
	X(import_limit, SPEC, 0, 0, 0xffffffff, CHANGE_LIVE, "import limit", DONE) \
	X(import_action, SPEC, 0, 0, 4, CHANGE_LIVE, "import limit action", DONE) \
	X(receive_limit, SPEC, 0, 0, 0xffffffff, CHANGE_LIVE, "receive limit", DONE) \
	X(receive_action, SPEC, 0, 0, 4, CHANGE_LIVE, "receive limit action", DONE) \
	X(export_limit, SPEC, 0, 0, 0xffffffff, CHANGE_LIVE, "export limit", DONE) \
	X(export_action, SPEC, 0, 0, 4, CHANGE_LIVE, "export limit action", DONE) \
	X(keep_filtered, BOOL, false, 0, 1, CHANGE_LIVE, "import keep filtered", DONE) \
	X(import_table, BOOL, false, 0, 1, CHANGE_LIVE, "import table", DONE) \
	X(export_table, BOOL, false, 0, 1, CHANGE_LIVE, "export table", DONE) \
	X(add_paths, SPEC, 0, 0, 3, CHANGE_NEXT_SESSION, "add paths", DONE) \
	X(gateway, SPEC, 0, 0, 2, CHANGE_REIMPORT | CHANGE_REDECIDE, "gateway", DONE) \
	X(cost, SPEC, 0, 0, 0xffffffff, CHANGE_REDECIDE, "cost", DONE) \
	X(aigp, SPEC, 0xffffffff, 0, 2, CHANGE_REIMPORT | CHANGE_REEXPORT, "aigp", DONE) \
	X(graceful, SPEC, 0xffffffff, 0, 1, CHANGE_NEXT_SESSION, "graceful restart", DONE) \
	X(llgr, SPEC, 0xffffffff, 0, 1, CHANGE_NEXT_SESSION, "long lived graceful restart", DONE) \
	X(ll_stale_time, SPEC, 0xffffffff, 0, 16777215, CHANGE_NEXT_SESSION, "long lived stale time", DONE) \
	X(ll_min, SPEC, 0xffffffff, 0, 16777215, CHANGE_LIVE, "min long lived stale time", DONE) \
	X(ll_max, SPEC, 0xffffffff, 0, 16777215, CHANGE_LIVE, "max long lived stale time", DONE) \
	X(secondary, BOOL, false, 0, 1, CHANGE_REEXPORT, "secondary", DONE) \
	X(extended_next_hop, BOOL, false, 0, 1, CHANGE_NEXT_SESSION, "extended next hop", DONE) \
	X(mandatory, BOOL, false, 0, 1, CHANGE_LIVE, "mandatory", DONE) \
	X(require_extended_next_hop, BOOL, false, 0, 1, CHANGE_LIVE, "require extended next hop", DONE) \
	X(require_add_paths, BOOL, false, 0, 1, CHANGE_LIVE, "require add paths", DONE) \
	X(validate, SPEC, 0, 0, 1, CHANGE_REDECIDE, "validate", DONE) \
	X(rpki_reload, BOOL, true, 0, 1, CHANGE_LIVE, "rpki reload", DONE)

/*
 * What can change beside the options, and what it asks for: X(name, change class, words,
 * where it stands: the block's name).
 */
#define OTHER_CHANGES(X) \
	X(NAME, CHANGE_LIVE, "name", "proto") \
	X(TYPE, CHANGE_RESTART, "type", "proto") \
	X(DEBUG, CHANGE_LIVE, "debug", "proto") \
	X(MRTDUMP, CHANGE_LIVE, "mrtdump", "proto") \
	X(AUTHENTICATION, CHANGE_RESTART, "authentication", "bgp") \
	X(KEYS, CHANGE_LIVE, "keys", "bgp") \
	X(ROUTES, CHANGE_LIVE, "routes", "static") \
	X(IFACE_RANGE, CHANGE_LIVE, "interface range", "bgp") \
	X(BFD_OPTIONS, CHANGE_LIVE, "bfd options", "bgp") \
	X(BFD_INTERFACE, CHANGE_LIVE, "interface", "bfd") \
	X(BFD_MULTIHOP, CHANGE_LIVE, "multihop", "bfd") \
	X(BFD_NEIGHBOR, CHANGE_LIVE, "neighbor", "bfd") \
	X(IMPORT, CHANGE_REIMPORT, "import", "channel") \
	X(EXPORT, CHANGE_REEXPORT, "export", "channel") \
	X(TABLE, CHANGE_MOVE, "table", "channel") \
	X(IGP_TABLE, CHANGE_REDECIDE, "igp table", "channel") \
	X(BASE_TABLE, CHANGE_REDECIDE, "base table", "channel") \
	X(CHANNEL_ADDED, CHANGE_NEXT_SESSION, "channel added", "bgp") \
	X(CHANNEL_REMOVED, CHANGE_RESTART, "channel removed", "proto") \
	X(ROUTER_ID, CHANGE_RESTART, "router id", "global") \
	X(HOSTNAME, CHANGE_NEXT_SESSION, "hostname", "global")
/* clang-format on */

#endif
