/*
 * BIRD's text for show protocols all: channels.  v1 writes the same a step further left,
 * without the heading.
 */
#include "control/text.h"

#include <string.h>

static void
stats_line(struct control *c, const char *label, const uint64_t *n, const char *given)
{
	char text[128];
	size_t len = (size_t)snprintf(
	    text, sizeof(text), "%s%-20s", text_is_v1(c) ? "    " : "      ", label);

	for (unsigned i = 0; given[i]; i++) {
		char cell[32] = "---";

		if (given[i] == 'n')
			snprintf(cell, sizeof(cell), "%lu", (unsigned long)n[i]);
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, i ? " %10s" : "%10s", cell);
	}
	control_line(c, 1006, "%s", text);
}

void
text_channel_stats(struct control *c, const struct channel_record *ch)
{
	const struct channel_counts *n = &ch->counts;
	const char *in = text_is_v1(c) ? "  " : "    ";
	char filtered[40] = "";

	if (ch->conf->keep_filtered)
		snprintf(filtered, sizeof(filtered), "%lu filtered, ",
		    (unsigned long)ch->filtered);
	control_line(c, 1006,
	    "%sRoutes:         %lu imported, %s%lu exported, %lu preferred", in,
	    (unsigned long)n->imported, filtered, (unsigned long)n->exported,
	    (unsigned long)n->preferred);
	control_line(c, 1006, "%s" TEXT_STATS_HEADING, in);
	stats_line(c, "Import updates:",
	    (uint64_t[]){ ch->imp_received, ch->imp_rejected, ch->imp_filtered,
		n->imp_updates_ignored, n->imp_updates_accepted },
	    "nnnnn");
	stats_line(c, "Import withdraws:",
	    (uint64_t[]){ ch->wd_received, ch->wd_rejected, 0, n->imp_withdraws_ignored,
		n->imp_withdraws },
	    "nn-nn");
	stats_line(c, "Export updates:",
	    (uint64_t[]){
		n->exp_updates, n->exp_rejected, n->exp_filtered, 0, n->exp_accepted },
	    "nnn-n");
	stats_line(c, "Export withdraws:",
	    (uint64_t[]){ n->exp_withdraws, 0, 0, 0, n->exp_withdraws }, "n---n");
}

static void
limit_line(struct control *c, const char *label, uint32_t max, unsigned action, bool hit)
{
	const char *in = text_is_v1(c) ? "  " : "    ";

	if (!action)
		return;
	control_line(c, 1006, "%s%-16s%u%s", in, label, max, hit ? " [HIT]" : "");
	control_line(c, 1006, "%s  Action:       %s", in, limit_action_name(action));
}

void
text_limits(struct control *c, const struct channel_record *ch)
{
	const struct channel_conf *conf = ch->conf;
	const bool *hit = ch->limit_hit;

	limit_line(c, "Receive limit:", conf->receive_limit, conf->receive_action,
	    hit[LIMIT_RECEIVE]);
	limit_line(c, "Import limit:", conf->import_limit, conf->import_action,
	    hit[LIMIT_IMPORT]);
	limit_line(c, "Export limit:", conf->export_limit, conf->export_action,
	    hit[LIMIT_EXPORT]);
}

/* NULL: this way is closed by the kind of protocol. */
static const char *
policy_name(const struct filter *f)
{
	return f ? filter_name(f) : "REJECT";
}

void
text_channel_settings(struct control *c, const struct channel_conf *conf)
{
	const char *in = text_is_v1(c) ? "  " : "    ";

	control_line(c, 1006, "%sPreference:     %u", in, conf->preference);
	control_line(c, 1006, "%sInput filter:   %s", in, policy_name(conf->import));
	control_line(c, 1006, "%sOutput filter:  %s", in, policy_name(conf->export));
}

bool
text_channel_is_kept(const struct channel_record *ch)
{
	return !ch->up && (ch->counts.stale || ch->counts.imported);
}

static void
channel_next_hop(struct control *c, const struct channel_record *ch)
{
	char global[IP_TEXT_MAX], local[IP_TEXT_MAX];
	bool ll = !ip_is_none(&ch->next_hop_ll);

	control_line(c, 1006, "    BGP Next hop:   %s%s%s",
	    ip_format(&ch->next_hop, global), ll ? " " : "",
	    ll ? ip_format(&ch->next_hop_ll, local) : "");
}

static void
table_line(struct control *c, const char *label, const struct table_conf *t)
{
	if (t)
		control_line(c, 1006, "    %-16s%s", label, t->name);
}

void
text_channel(struct control *c, const struct protocol_record *p,
    const struct channel_record *ch, const char *name)
{
	control_line(c, 1006, "  Channel %s", name);
	control_line(c, 1006, "    State:          %s",
	    ch->up            ? "UP"
		: text_channel_is_kept(ch) ? "START"
			      : "DOWN");
	control_line(c, 1006, "    Table:          %s", ch->conf->table->name);
	text_channel_settings(c, ch->conf);
	text_limits(c, ch);
	if (ch->up || text_channel_is_kept(ch))
		text_channel_stats(c, ch);
	if (p->conf->kind != PROTO_BGP)
		return;
	if (text_channel_is_kept(ch))
		control_line(c, 1006, "    Neighbor GR:    %s",
		    ch->llgr ? "Long-lived" : "Regular");
	if (ch->up)
		channel_next_hop(c, ch);
	table_line(c, "IGP IPv4 table:", ch->igp4);
	table_line(c, "IGP IPv6 table:", ch->igp6);
	table_line(c, "Base table:", ch->conf->base);
}

void
text_aggregator(struct control *c, const struct protocol_record *p)
{
	struct channel_record ch = p->channel[0];
	struct channel_conf conf = *ch.conf;

	conf.preference = p->conf->aggregator.preference;
	conf.import = NULL;
	ch.conf = &conf;
	text_channel(c, p, &ch, "source");
	conf.table = p->conf->peer_table;
	conf.import = p->channel[0].conf->import;
	conf.export = NULL;
	ch.counts = ch.back;
	ch.imp_received =
	    ch.counts.imp_updates_ignored + ch.counts.imp_updates_accepted;
	ch.wd_received = ch.counts.imp_withdraws_ignored + ch.counts.imp_withdraws;
	text_channel(c, p, &ch, "destination");
}
