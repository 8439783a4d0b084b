/*
 * What the commands of control clients ask of the daemon: each operation asks the part
 * that knows.
 */
#include "daemon/socketimpl.h"

#include "base/clock.h"
#include "base/log.h"
#include "control/lang.h"
#include "daemon/bfds.h"
#include "daemon/driver.h"
#include "daemon/mrt.h"
#include "daemon/origins.h"
#include "daemon/recover.h"
#include "daemon/reload.h"
#include "daemon/task.h"

static struct runtime *
rt_of(void *daemon)
{
	return ((struct control_server *)daemon)->rt;
}

static const struct model *
op_model(void *d)
{
	return rt_of(d)->model;
}

static const struct proto_conf *
op_dynamic(void *d, const char *name)
{
	const struct run *r = runtime_find(rt_of(d), name);

	return r ? r->conf : NULL;
}

static void
op_status(void *d, struct status_record *r)
{
	struct runtime *rt = rt_of(d);

	*r = (struct status_record){
		.router_id = rt->router_id,
		.hostname = rt->model ? rt->model->hostname : NULL,
		.now = clock_wall_ms(),
		.boot = clock_wall_of(rt->daemon->start_ms),
		.reconfigured = rt->reconfigured_ms,
		.shutting_down = rt->shutting_down,
		.reconfiguring = reload_in_progress(rt),
	};
	recover_status(rt, r);
}

static bool
op_protocol(void *d, unsigned i, bool counts, struct protocol_record *r)
{
	return views_protocol(((struct control_server *)d)->views, i, counts, r);
}

static void *
op_routes_open(void *d, struct control *c, const struct route_query *q)
{
	return views_routes_open(((struct control_server *)d)->views, c, q);
}

static void
op_routes_next(void *d, void *walk, unsigned max)
{
	(void)d;
	views_routes_next(walk, max);
}

static void
mrt_done(void *ctx, const char *error)
{
	control_mrt_done(ctx, error);
}

static void *
op_mrt_dump(void *d, struct control *c, const struct mrt_conf *m)
{
	struct mrt_conf conf = *m;

	if (!conf.filter)
		conf.filter = filter_accept();
	return mrt_job_new(rt_of(d), &conf, mrt_done, c);
}

static void
op_mrt_cancel(void *d, void *dump)
{
	(void)d;
	mrt_job_cancel(dump);
}

static void
op_routes_close(void *d, void *walk)
{
	(void)d;
	views_routes_close(walk);
}

static void
op_configure(void *d, struct control *c, const struct configure_request *r)
{
	reload_configure(rt_of(d), c, r);
}

static void
op_undo(void *d, struct control *c)
{
	reload_undo(rt_of(d), c);
}

static void
op_confirm(void *d, struct control *c)
{
	reload_confirm(rt_of(d), c);
}

static void
op_configure_status(void *d, struct control *c)
{
	reload_status(rt_of(d), c);
}

struct can_refresh {
	uint32_t peer;
	bool up, able;
};

static void
ask_refresh(void *owner, void *arg)
{
	struct can_refresh *q = arg;
	struct peer *p = io_peer(owner, q->peer);
	struct peer_status st;

	if (!p)
		return;
	peer_status(p, &st);
	q->up = st.established;
	q->able = true;
	for (unsigned f = 0; f < FAMILIES; f++)
		q->able &= peer_can_reimport(p, (enum family)f);
}

static unsigned
reload_proto(
    struct runtime *rt, struct run *r, enum proto_action action, const char **text)
{
	struct can_refresh q = { .peer = r->peer };

	if (driver_of(r->conf))
		runtime_reload_driver(rt, r, action != PROTO_RELOAD_OUT);
	if (r->conf->kind == PROTO_BGP) {
		task_call(io_mailbox(rt->daemon->io[r->io]), ask_refresh, &q);
		if (q.up && !q.able && action != PROTO_RELOAD_OUT) {
			*text = "reload failed";
			return 8006;
		}
		if (action != PROTO_RELOAD_OUT)
			peer_post_action(
			    rt->daemon->io[r->io], r->peer, PEER_RELOAD_IN, 0, 0, NULL);
		if (action != PROTO_RELOAD_IN)
			peer_post_action(
			    rt->daemon->io[r->io], r->peer, PEER_RELOAD_OUT, 0, 0, NULL);
	}
	*text = "reloading";
	return 15;
}

static unsigned
op_proto_do(void *d, const char *name, enum proto_action action, const char *message,
    const char **text)
{
	struct runtime *rt = rt_of(d);
	struct run *r = runtime_find(rt, name);

	if (!r) {
		*text = "is gone";
		return 8003;
	}
	if (action == PROTO_ENABLE && !r->disabled) {
		*text = "already enabled";
		return 10;
	}
	if (action != PROTO_ENABLE && r->disabled) {
		*text = "already disabled";
		return 8;
	}
	switch (action) {
	case PROTO_ENABLE:
		log_info("Enabling protocol %s", name);
		runtime_start_proto(rt, r, message);
		*text = "enabled";
		return 11;
	case PROTO_DISABLE:
		log_info("Disabling protocol %s", name);
		runtime_stop_proto(rt, r, message);
		*text = "disabled";
		return 9;
	case PROTO_RESTART:
		log_info("Restarting protocol %s", name);
		runtime_restart_proto(rt, r, message);
		*text = "restarted";
		return 12;
	default: return reload_proto(rt, r, action, text);
	}
}

static void
op_down(void *d)
{
	struct control_server *s = d;

	s->down(s->down_ctx);
}

static struct memory_record
op_memory(void *d)
{
	return views_memory(((struct control_server *)d)->views);
}

static bool
op_group(void *d, unsigned i, unsigned *shard, struct group_view *g)
{
	return views_group(((struct control_server *)d)->views, i, shard, g);
}

static struct filter *
op_filter(void *d, const char *text, size_t len, char *error, size_t size)
{
	origins_commit(rt_of(d));
	return control_lang_filter(rt_of(d)->model, text, len, error, size);
}

static unsigned
op_eval(void *d, const char *text, size_t len, char *buf, size_t size)
{
	origins_commit(rt_of(d));
	return control_lang_eval(rt_of(d)->model, text, len, buf, size);
}

static bool
op_flow(void *d, const char *text, size_t len, struct arena *arena, struct net *net,
    char *error, size_t size)
{
	return control_lang_flow(rt_of(d)->model, text, len, arena, net, error, size);
}

static bool
op_show_filter(
    void *d, const char *name, void (*line)(void *ctx, const char *text), void *ctx)
{
	return control_lang_show(rt_of(d)->model, name, line, ctx);
}

static bool
op_trial(void *d, const struct trial_request *q, struct arena *arena,
    struct filter_trial *out, char *error, size_t size)
{
	origins_commit(rt_of(d));
	return control_lang_trial(rt_of(d)->model, q, arena, out, error, size);
}

static void
mask_set(void *d, const char *name, enum peer_action what, unsigned mask)
{
	struct runtime *rt = rt_of(d);
	struct run *r = runtime_find(rt, name);

	if (!r || r->conf->kind != PROTO_BGP)
		return;
	r->masked = true;
	peer_post_action(rt->daemon->io[r->io], r->peer, what, mask, 0, NULL);
}

static void
op_debug(void *d, const char *name, unsigned mask)
{
	mask_set(d, name, PEER_DEBUG, mask);
}

static void
op_mrtdump(void *d, const char *name, unsigned mask)
{
	mask_set(d, name, PEER_MRTDUMP, mask);
}

static int
op_bfd_session(void *d, const char *proto, unsigned i, struct bfd_session_record *r)
{
	struct runtime *rt = rt_of(d);
	const struct run *run = runtime_find(rt, proto);

	return run && run->data ? bfds_record(rt, proto, i, r) : -1;
}

static bool
op_hop_up(void *d, const struct proto_conf *p, const struct static_route *r, unsigned hop)
{
	struct runtime *rt = rt_of(d);
	const struct run *run = runtime_find(rt, p->name);

	return run && run->data && statics_hop_up(rt, p, r, hop);
}

static void *
op_roas_open(void *d, const struct table_conf *t)
{
	return origins_walk_new(rt_of(d), t);
}

static bool
op_roas_next(void *d, void *walk, unsigned max, void (*fn)(void *ctx, const struct net *),
    void *ctx)
{
	(void)d;
	return origins_walk_next(walk, max, fn, ctx);
}

static void
op_roas_close(void *d, void *walk)
{
	(void)d;
	origins_walk_free(walk);
}

static void
op_roa_edit(void *d, const struct table_conf *t, const struct net *net, bool add)
{
	origins_edit_added(rt_of(d), t, net, add);
}

const struct daemon_ops control_daemon_ops = {
	.model = op_model,
	.dynamic = op_dynamic,
	.status = op_status,
	.protocol = op_protocol,
	.mrt_dump = op_mrt_dump,
	.mrt_cancel = op_mrt_cancel,
	.routes_open = op_routes_open,
	.routes_next = op_routes_next,
	.routes_close = op_routes_close,
	.configure = op_configure,
	.configure_undo = op_undo,
	.configure_confirm = op_confirm,
	.configure_status = op_configure_status,
	.proto_do = op_proto_do,
	.down = op_down,
	.graceful_restart = op_down,
	.memory = op_memory,
	.group = op_group,
	.filter = op_filter,
	.eval = op_eval,
	.flow = op_flow,
	.show_filter = op_show_filter,
	.trial = op_trial,
	.debug = op_debug,
	.mrtdump = op_mrtdump,
	.hop_up = op_hop_up,
	.bfd_session = op_bfd_session,
	.roas_open = op_roas_open,
	.roas_next = op_roas_next,
	.roas_close = op_roas_close,
	.roa_edit = op_roa_edit,
};
