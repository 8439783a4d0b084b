/*
 * Difference of two models, and the plan that leads from one to the other.  Protocols are
 * matched by name.  What a changed option asks of a session stands in the option table; a
 * step is the sum over all that changed, with the reason in words.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "conf/model.h"

static bool
text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

#define DIFF_BOOL(a, b)	   ((a) != (b))
#define DIFF_NUM(a, b)	   ((a) != (b))
#define DIFF_SPEC(a, b)	   ((a) != (b))
#define DIFF_SECONDS(a, b) ((a) != (b))
#define DIFF_ID(a, b)	   ((a) != (b))
#define DIFF_TEXT(a, b)	   (!text_equal(a, b))
#define DIFF_IPADDR(a, b)  (!ip_equal(&(a), &(b)))

#define SHOW_BOOL(v)	((v) ? "on" : "off")
#define SHOW_NUM(v)	show_num(v, (char[16]){ 0 })
#define SHOW_SPEC(v)	SHOW_NUM(v)
#define SHOW_SECONDS(v) SHOW_NUM(v)
#define SHOW_ID(v)	show_id(v, (char[IP_TEXT_MAX]){ 0 })
#define SHOW_TEXT(v)	((v) ? (v) : "none")
#define SHOW_IPADDR(v)                                                                   \
	(ip_is_none(&(v)) ? "none" : ip_format(&(v), (char[IP_TEXT_MAX]){ 0 }))

static const char *
show_num(uint32_t v, char *buf)
{
	if (v == UINT32_MAX)
		return "default";
	snprintf(buf, 16, "%u", v);
	return buf;
}

static const char *
show_id(uint32_t v, char *buf)
{
	struct ip ip = ip_from4(v);

	return v ? ip_format(&ip, buf) : "default";
}

struct reason {
	char text[512];
	size_t len;
};

static void __attribute__((format(printf, 2, 3)))
reason_add(struct reason *r, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (!r || r->len + 3 >= sizeof(r->text))
		return;
	if (r->len) {
		memcpy(r->text + r->len, ", ", 3);
		r->len += 2;
	}
	va_start(ap, fmt);
	n = vsnprintf(r->text + r->len, sizeof(r->text) - r->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		r->len += (size_t)n;
	if (r->len >= sizeof(r->text))
		r->len = sizeof(r->text) - 1;
}

/* A password is not for the log. */
#define DIFF_ROW(field, type, dflt, lo, hi, class, words, effect)                        \
	if (DIFF_##type(a->field, b->field)) {                                           \
		change |= (class);                                                       \
		if (strcmp(words, "password") == 0)                                      \
			reason_add(r, "password");                                       \
		else                                                                     \
			reason_add(r, "%s %s -> %s", words, SHOW_##type(a->field),       \
			    SHOW_##type(b->field));                                      \
	}

static unsigned
bgp_diff(const struct bgp_conf *a, const struct bgp_conf *b, struct reason *r)
{
	unsigned change = 0;

	BGP_OPTIONS(DIFF_ROW)
	return change;
}

static unsigned
options_diff(const struct proto_conf *a, const struct proto_conf *b, struct reason *r)
{
	unsigned change = 0;

	PROTO_OPTIONS(DIFF_ROW)
	if (a->debug != b->debug) {
		change |= CHANGE_LIVE;
		reason_add(r, "debug");
	}
	return change;
}

static unsigned
filters_diff(const struct channel_conf *a, const struct channel_conf *b, struct reason *r)
{
	unsigned change = 0;

	if (!filter_same(a->import, b->import)) {
		change |= CHANGE_REIMPORT;
		reason_add(
		    r, "import %s -> %s", filter_name(a->import), filter_name(b->import));
	}
	if (!filter_same(a->export, b->export)) {
		change |= CHANGE_REEXPORT;
		reason_add(
		    r, "export %s -> %s", filter_name(a->export), filter_name(b->export));
	}
	return change;
}

static unsigned
channel_diff(const struct channel_conf *a, const struct channel_conf *b, struct reason *r)
{
	unsigned change = filters_diff(a, b, r);

	CHANNEL_OPTIONS(DIFF_ROW)
	if (strcmp(a->table->name, b->table->name) != 0 ||
	    a->table->type != b->table->type) {
		change |= CHANGE_RESTART;
		reason_add(r, "table %s -> %s", a->table->name, b->table->name);
	}
	return change;
}

unsigned
bgp_conf_diff(const struct bgp_conf *a, const struct bgp_conf *b)
{
	return bgp_diff(a, b, NULL);
}

unsigned
channel_conf_diff(const struct channel_conf *a, const struct channel_conf *b)
{
	return channel_diff(a, b, NULL);
}

static unsigned
channels_diff(struct step *step, struct reason *r)
{
	const struct channel_conf *a, *b;
	unsigned change = 0, f;

	for (f = 0; f < FAMILIES; f++) {
		a = proto_channel(step->old, (enum family)f);
		b = proto_channel(step->new, (enum family)f);
		if (!a && !b)
			continue;
		if (a && b) {
			step->channel_change[f] = channel_diff(a, b, r);
		} else {
			step->channel_change[f] = CHANGE_RESTART;
			reason_add(r, "channel %s %s", family_info((enum family)f)->name,
			    b ? "added" : "removed");
		}
		change |= step->channel_change[f];
	}
	return change;
}

static bool
route_same(const struct static_route *a, const struct static_route *b)
{
	bool bodies = a->body && b->body ? filter_same(a->body, b->body)
					 : a->body == b->body;

	return net_equal(&a->net, &b->net) && a->dest == b->dest &&
	       ip_equal(&a->via, &b->via) && text_equal(a->via_if, b->via_if) &&
	       a->recursive == b->recursive && bodies;
}

static unsigned
routes_diff(const struct proto_conf *a, const struct proto_conf *b, struct reason *r)
{
	unsigned i;

	for (i = 0; i < a->route_n && i < b->route_n; i++)
		if (!route_same(&a->route[i], &b->route[i]))
			break;
	if (i == a->route_n && i == b->route_n)
		return 0;
	reason_add(r, "routes");
	return CHANGE_LIVE;
}

/*
 * The router id, and the host name a session announces, are the model's.
 */
static unsigned
global_diff(const struct model *a, const struct model *b, const struct proto_conf *p,
    struct reason *r)
{
	unsigned change = 0;

	if (p->kind != PROTO_BGP)
		return 0;
	if (!p->router_id && a->router_id != b->router_id) {
		change |= CHANGE_RESTART;
		reason_add(r, "router id %s -> %s", SHOW_ID(a->router_id),
		    SHOW_ID(b->router_id));
	}
	if (p->bgp.advertise_hostname && !text_equal(a->hostname, b->hostname)) {
		change |= CHANGE_NEXT_SESSION;
		reason_add(r, "hostname");
	}
	return change;
}

/* True if anything changed. */
static bool
step_fill(const struct plan *plan, struct step *step)
{
	struct reason r = { .len = 0 };
	const struct proto_conf *a = step->old, *b = step->new;

	step->kind = STEP_CHANGE;
	if (a->kind != b->kind || strcmp(a->kind_name, b->kind_name) != 0) {
		step->change = CHANGE_RESTART;
		reason_add(&r, "type %s -> %s", a->kind_name, b->kind_name);
	} else {
		step->change = options_diff(a, b, &r) | channels_diff(step, &r) |
			       routes_diff(a, b, &r) |
			       global_diff(plan->old, plan->new, b, &r);
		if (b->kind == PROTO_BGP)
			step->change |= bgp_diff(&a->bgp, &b->bgp, &r);
	}
	if (step->change & CHANGE_RESTART)
		step->kind = STEP_RESTART;
	step->reason = arena_strdup(plan->arena, r.text);
	return step->change != 0;
}

struct names {
	const struct proto_conf **slot;
	size_t room;
};

static size_t
name_slot(const struct names *names, const char *name)
{
	size_t h = 5381;
	const char *p;

	for (p = name; *p; p++)
		h = h * 33 + (unsigned char)*p;
	for (h &= names->room - 1;
	     names->slot[h] && strcmp(names->slot[h]->name, name) != 0;)
		h = (h + 1) & (names->room - 1);
	return h;
}

static struct names
names_make(struct arena *arena, const struct model *m)
{
	struct names names = { .room = 16 };
	unsigned i;

	while (m && names.room < 2 * (size_t)m->proto_n)
		names.room *= 2;
	names.slot = ARENA_ARRAY(arena, const struct proto_conf *, names.room);
	for (i = 0; m && i < m->proto_n; i++)
		names.slot[name_slot(&names, m->proto[i]->name)] = m->proto[i];
	return names;
}

static const struct proto_conf *
names_find(const struct names *names, const char *name)
{
	return names->slot[name_slot(names, name)];
}

static void
plan_add(struct plan *plan, const struct step *step)
{
	const struct proto_conf *p = step->old;

	plan->step[plan->step_n++] = *step;
	if (p && p->kind == PROTO_BGP && !p->disabled &&
	    (step->kind == STEP_REMOVE || step->kind == STEP_RESTART))
		plan->sessions_dropped++;
}

static void
plan_removals(struct plan *plan, const struct names *names)
{
	const struct model *old = plan->old;
	unsigned i;

	for (i = 0; old && i < old->proto_n; i++)
		if (!names_find(names, old->proto[i]->name))
			plan_add(plan, &(struct step){ .kind = STEP_REMOVE,
					   .old = old->proto[i],
					   .reason = "removed" });
}

static void
plan_changes(struct plan *plan, const struct names *names, enum step_kind kind)
{
	const struct model *new = plan->new;
	struct step step;
	unsigned i;

	for (i = 0; new &&i < new->proto_n; i++) {
		step = (struct step){ .new = new->proto[i] };
		step.old = names_find(names, step.new->name);
		if (step.old && step_fill(plan, &step) && step.kind == kind)
			plan_add(plan, &step);
	}
}

static void
plan_additions(struct plan *plan, const struct names *names)
{
	const struct model *new = plan->new;
	unsigned i;

	for (i = 0; new &&i < new->proto_n; i++)
		if (!names_find(names, new->proto[i]->name))
			plan_add(plan, &(struct step){ .kind = STEP_ADD,
					   .new = new->proto[i],
					   .reason = "added" });
}

static bool
logs_differ(const struct model *a, const struct model *b)
{
	unsigned i;

	if (a->log_n != b->log_n)
		return true;
	for (i = 0; i < a->log_n; i++)
		if (a->log[i].kind != b->log[i].kind ||
		    a->log[i].mask != b->log[i].mask ||
		    a->log[i].limit != b->log[i].limit ||
		    !text_equal(a->log[i].path, b->log[i].path) ||
		    !text_equal(a->log[i].backup, b->log[i].backup))
			return true;
	return false;
}

static bool
globals_differ(const struct model *a, const struct model *b)
{
	unsigned i;

	if (!a || !b)
		return true;
	if (a->router_id != b->router_id || a->dialect != b->dialect ||
	    a->threads != b->threads || a->shards != b->shards ||
	    a->graceful_wait_s != b->graceful_wait_s ||
	    !text_equal(a->hostname, b->hostname) || a->table_n != b->table_n)
		return true;
	for (i = 0; i < TIME_FORMATS; i++)
		if (!text_equal(a->time_format[i].recent, b->time_format[i].recent) ||
		    !text_equal(a->time_format[i].old, b->time_format[i].old) ||
		    a->time_format[i].limit_s != b->time_format[i].limit_s)
			return true;
	for (i = 0; i < a->table_n; i++)
		if (strcmp(a->table[i]->name, b->table[i]->name) != 0 ||
		    a->table[i]->type != b->table[i]->type)
			return true;
	return logs_differ(a, b);
}

struct plan *
plan_make(const struct model *old, const struct model *new)
{
	struct arena *arena = arena_new();
	struct plan *plan = ARENA_NEW(arena, struct plan);
	struct names old_names = names_make(arena, old),
		     new_names = names_make(arena, new);

	plan->arena = arena;
	plan->old = old;
	plan->new = new;
	if (old)
		model_ref(old);
	if (new)
		model_ref(new);
	plan->global_changed = globals_differ(old, new);
	plan->step = ARENA_ARRAY(
	    arena, struct step, (old ? old->proto_n : 0) + (new ? new->proto_n : 0) + 1);
	plan_removals(plan, &new_names);
	plan_changes(plan, &old_names, STEP_RESTART);
	plan_changes(plan, &old_names, STEP_CHANGE);
	plan_additions(plan, &old_names);
	return plan;
}

void
plan_free(struct plan *plan)
{
	if (!plan)
		return;
	model_unref(plan->old);
	model_unref(plan->new);
	arena_free(plan->arena);
}
