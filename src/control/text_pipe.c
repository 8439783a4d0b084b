/*
 * BIRD's text for a pipe in show protocols all.  A pipe has a channel in each of its tables:
 * what the one of the first table exports is the pipe's export, what the other one exports
 * is its import.
 *
 *	  Channel main
 *	    Table:          t1
 *	    Peer table:     t2
 *	    Import state:   up
 *	  Routes:         1 imported, 1 exported
 *
 * 1.6 writes its filters as those of other protocols, and no channel.
 */
#include "bgp/session.h"
#include "control/text.h"

static void
pipe_settings(struct control *c, const struct protocol_record *p)
{
	const struct channel_conf *conf = p->channel[0].conf;
	const char *state = p->state == PROTO_STATE_DOWN ? "down" : "up";

	control_line(c, 1006, "  Channel main");
	control_line(c, 1006, "    Table:          %s", text_table_name(c, conf->table));
	control_line(
	    c, 1006, "    Peer table:     %s", text_table_name(c, p->conf->peer_table));
	control_line(c, 1006, "    Import state:   %s", state);
	control_line(c, 1006, "    Export state:   %s", state);
	control_line(c, 1006, "    Import filter:  %s", filter_name(conf->import));
	control_line(c, 1006, "    Export filter:  %s", filter_name(conf->export));
}

static void
pipe_settings_v1(struct control *c, const struct channel_conf *conf)
{
	control_line(c, 1006, "  Preference:     %u", conf->preference);
	control_line(c, 1006, "  Input filter:   %s", filter_name(conf->import));
	control_line(c, 1006, "  Output filter:  %s", filter_name(conf->export));
}

static void
pipe_way(struct control *c, const char *way, const struct channel_counts *n)
{
	control_line(c, 1006, "    %s updates:     %10lu %10lu %10lu %10u %10lu", way,
	    (unsigned long)n->exp_updates, (unsigned long)n->exp_rejected,
	    (unsigned long)n->exp_filtered, 0u, (unsigned long)n->exp_accepted);
	control_line(c, 1006, "    %s withdraws:   %10lu %10u        --- %10u %10lu", way,
	    (unsigned long)n->exp_withdraws, 0u, 0u, (unsigned long)n->exp_withdraws);
}

void
text_pipe(struct control *c, const struct protocol_record *p)
{
	const struct channel_record *ch = &p->channel[0];

	if (text_is_v1(c))
		pipe_settings_v1(c, ch->conf);
	else
		pipe_settings(c, p);
	text_limits(c, ch);
	if (p->state == PROTO_STATE_DOWN)
		return;
	control_line(c, 1006, "  Routes:         %lu imported, %lu exported",
	    (unsigned long)ch->back.exported, (unsigned long)ch->counts.exported);
	control_line(c, 1006, "  " TEXT_STATS_HEADING);
	pipe_way(c, "Import", &ch->back);
	pipe_way(c, "Export", &ch->counts);
}
