/*
 * What a peer is told: from the model's options to the session core's and the shard's
 * words.
 */
#include <string.h>

#include "daemon/igp.h"
#include "daemon/runtime.h"

/* RFC 5065, 4: who is outside of the confederation sees its number. */
static uint32_t
as_seen(const struct bgp_conf *b)
{
	bool inner = b->local_as == b->remote_as || b->confederation_member;

	return b->confederation && !inner ? b->confederation : b->local_as;
}

static int8_t
own_word(uint32_t said)
{
	return said == UINT32_MAX ? 0 : said ? 1 : -1;
}

static void
session_conf(const struct runtime *rt, const struct run *r, struct session_conf *s,
    const char *hostname)
{
	const struct bgp_conf *b = &r->conf->bgp;

	*s = (struct session_conf){
		.local_as = as_seen(b),
		.remote_as = b->remote_as,
		.router_id = r->conf->router_id ? r->conf->router_id : rt->router_id,
		.internal = b->local_as == b->remote_as,
		.confed = b->confederation &&
			  (b->local_as == b->remote_as || b->confederation_member),
		.passive = b->passive,
		.capabilities = b->capabilities,
		.route_refresh = b->route_refresh,
		.enhanced_refresh = b->enhanced_refresh,
		.as4 = b->as4,
		.ext_msg = b->ext_messages,
		.graceful = b->graceful,
		.gr_time_s = (uint16_t)b->graceful_time,
		.hostname = b->advertise_hostname ? hostname : NULL,
		.hold_s = (uint16_t)b->hold_time,
		.min_hold_s = (uint16_t)b->min_hold_time,
		.startup_hold_s = (uint16_t)b->startup_hold_time,
		.keepalive_s = (uint16_t)b->keepalive_time,
		.send_hold_s = b->send_hold_time == UINT32_MAX ? 2 * b->hold_time
							       : b->send_hold_time,
		.connect_delay_s = b->connect_delay_time,
		.connect_retry_s = b->connect_retry_time,
		.error_wait_min_s = b->error_wait_min,
		.error_wait_max_s = b->error_wait_max,
		.error_forget_s = b->error_forget_time,
		.disable_after_error = b->disable_after_error,
		.disable_after_cease = b->disable_after_cease,
		.min_keepalive_s = (uint16_t)b->min_keepalive_time,
		.hide_ipv4 = !b->advertise_ipv4,
		.role = (uint8_t)b->role,
		.require = { .refresh = b->require_refresh,
		    .enhanced_refresh = b->require_enhanced_refresh,
		    .as4 = b->require_as4,
		    .ext_msg = b->require_ext_messages,
		    .hostname = b->require_hostname,
		    .graceful = b->require_graceful,
		    .llgr = b->require_llgr,
		    .roles = b->require_roles },
		.allow_local_pref = b->allow_local_pref,
		.jitter_seed = r->peer,
	};
	s->llgr = b->llgr != UINT32_MAX	   ? b->llgr
		  : b->graceful != GRACEFUL_OFF ? GRACEFUL_AWARE
						: GRACEFUL_OFF;
	s->llgr_time_s = b->ll_stale_time;
	s->gr_restarting = b->graceful == GRACEFUL_ON &&
			   atomic_load(&rt->daemon->recovering);
	for (unsigned i = 0; i < r->conf->channel_n; i++) {
		const struct channel_conf *c = &r->conf->channel[i];
		enum family f = c->family;
		bool four;

		s->family[f] = true;
		s->keep_local_pref |= c->import_table || c->keep_filtered;
		s->gr_family[f] = own_word(c->graceful);
		s->llgr_family[f] = own_word(c->llgr);
		s->llgr_family_s1[f] = c->ll_stale_time + 1; /* 0: not said */
		s->require.family[f] = c->mandatory;
		four = family_info(f)->hop == HOP_FORM_IP4;
		s->ext_next_hop[f] = four && c->extended_next_hop;
		s->require.ext_next_hop[f] = four && c->require_extended_next_hop;
		s->require.add_path[f] = c->require_add_paths;
		s->add_path_rx[f] = c->add_paths & ADD_PATHS_RX;
		s->add_path_tx[f] = c->add_paths & ADD_PATHS_TX;
		/* A reflector is not on the way of packets: what its peers forward by
		 * goes on. */
		s->gr_preserved[f] = s->gr_restarting;
	}
}

static void
channel_setup(const struct runtime *rt, const struct run *r, const struct channel_conf *c,
    const struct session_conf *s, struct peer_channel_setup *out)
{
	const struct bgp_conf *b = &r->conf->bgp;
	uint32_t cluster = b->rr_cluster_id ? b->rr_cluster_id : s->router_id;

	out->import = c->import;
	out->preference = c->preference;
	out->import_table = c->import_table || c->keep_filtered;
	out->keep_filtered = c->keep_filtered;
	out->direct = !channel_is_recursive(r->conf, c);
	out->prefer = (uint8_t)c->next_hop_prefer;
	out->ll_min_s = c->ll_min != UINT32_MAX ? c->ll_min : b->ll_min;
	out->ll_max_s = c->ll_max != UINT32_MAX ? c->ll_max : b->ll_max;
	out->next_hop_address = c->next_hop_address;
	out->limit[LIMIT_RECEIVE] = (struct limit_conf){ c->receive_limit,
		c->receive_action };
	out->limit[LIMIT_IMPORT] = (struct limit_conf){ c->import_limit,
		c->import_action };
	out->limit[LIMIT_EXPORT] = (struct limit_conf){ c->export_limit,
		c->export_action };
	filter_ref(c->import);
	filter_ref(c->export);
	out->desc = (struct channel_desc){
		.id = r->channel[c->family],
		.table = runtime_table_id(rt, c->table->name),
		.family = c->family,
		.kind = SOURCE_BGP,
		.name = r->conf->name,
		.internal = s->internal,
		.member = b->confederation_member && !s->internal,
		.confederation = b->confederation,
		.rr_client = b->rr_client,
		.rs_client = b->rs_client,
		.local_as = b->local_as,
		.remote_as = b->remote_as,
		.cluster_id = b->rr_client ? cluster : 0,
		.default_local_pref = b->default_local_pref,
		.default_med = b->default_med,
		.path_metric = b->path_metric,
		.role = s->internal ? 0 : s->role,
		.med_metric = b->med_metric,
		.prefer_older = b->prefer_older,
		.export = c->export,
		.interpret_communities = b->interpret_communities,
		.next_hop_self = c->next_hop_self,
		.next_hop_keep = c->next_hop_keep,
		.ll_format = (uint8_t)c->ll_format,
		.allow_med = b->allow_med,
		.allow_local_pref = b->allow_local_pref,
		.rpki_fixed = !c->rpki_reload,
		.receive_kept = c->import_table || c->keep_filtered,
		.secondary = c->secondary,
	};
	igp_of_channel(rt, r->conf, c, &out->desc);
	out->aigp = c->aigp == UINT32_MAX ? s->internal || out->desc.member : c->aigp;
	out->desc.aigp = out->aigp;
	out->desc.aigp_originate = c->aigp == AIGP_ORIGINATE;
}

struct peer_setup *
setup_make(const struct runtime *rt, const struct run *r)
{
	const struct bgp_conf *b = &r->conf->bgp;
	struct arena *a = arena_new();
	struct peer_setup *s = ARENA_NEW(a, struct peer_setup);
	const char *hostname = r->conf->hostname ? r->conf->hostname
			       : rt->model	 ? rt->model->hostname
						 : NULL;

	s->arena = a;
	s->id = r->peer;
	s->name = arena_strdup(a, r->conf->name);
	session_conf(rt, r, &s->session, hostname ? arena_strdup(a, hostname) : NULL);
	s->local_ip = b->local_ip;
	s->local_port = (uint16_t)b->local_port;
	s->remote_ip = b->remote_ip;
	s->remote_port = (uint16_t)b->remote_port;
	s->interface = b->interface ? arena_strdup(a, b->interface) : NULL;
	s->vrf = r->conf->vrf ? arena_strdup(a, r->conf->vrf) : NULL;
	s->ttl = b->multihop ? b->multihop : 1;
	s->multihop = b->multihop;
	s->onlink = b->onlink;
	s->ttl_security = b->ttl_security;
	s->free_bind = b->free_bind;
	s->password = b->password ? arena_strdup(a, b->password) : NULL;
	s->keys = b->keys ? arena_dup(a, b->keys, AO_KEYS_SIZE(b->keys->n)) : NULL;
	s->local_as = b->local_as;
	s->allow_local_as = b->allow_local_as;
	s->enforce_first_as = b->enforce_first_as;
	s->allow_local_pref = b->allow_local_pref;
	/* RFC 4456, 8: a reflector that meets its own cluster id ignores the route, from
	 * whatever internal neighbour it came. */
	s->cluster_id = b->rr_cluster_id ? b->rr_cluster_id : s->session.router_id;
	s->debug = r->conf->debug;
	s->mrtdump = r->conf->mrtdump;
	s->dynamic = r->own;
	s->disable_rx = b->disable_rx;
	s->tx_warning = b->tx_size_warning;
	s->restart_ms = r->conf->restart_time;
	s->allow_as_sets = b->allow_as_sets;
	s->gr_min_s = b->gr_min;
	s->gr_max_s = b->gr_max;
	s->channel = ARENA_ARRAY(a, struct peer_channel_setup, r->conf->channel_n);
	for (unsigned i = 0; i < r->conf->channel_n; i++) {
		channel_setup(
		    rt, r, &r->conf->channel[i], &s->session, &s->channel[s->channel_n]);
		s->channel[s->channel_n].desc.dynamic = s->dynamic;
		s->channel[s->channel_n++].desc.name = s->name;
	}
	return s;
}
