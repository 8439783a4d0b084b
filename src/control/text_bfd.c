/*
 * BIRD's text for show bfd sessions [all].
 *
 *	1020-bfd1:
 *	 IP address                Interface  State      Since         Interval  Timeout
 *	 10.9.1.2                  vEF        Up         21:08:57.470    0.300    0.900
 */
#include <string.h>
#include "control/text.h"

/* Microseconds as seconds with three digits behind the point. */
static const char *
seconds(uint64_t us, char buf[32])
{
	snprintf(
	    buf, 32, "%u.%03u", (unsigned)(us / 1000000), (unsigned)(us / 1000 % 1000));
	return buf;
}

/* Of times: 1.6 shows no fractions. */
static int
since_width(const struct control *c)
{
	return text_is_v1(c) ? 10 : 12;
}

void
text_bfd(struct control *c, const struct proto_conf *p, bool first, bool details)
{
	if (!first)
		control_line(c, 1020, "%s", "");
	control_line(c, 1020, "%s:", p->name);
	if (!details)
		control_line(c, 1020, "%-25s %-10s %-10s %-*s  %8s %8s", "IP address",
		    "Interface", "State", since_width(c), "Since", "Interval", "Timeout");
}

void
text_bfd_down(struct control *c, const struct proto_conf *p)
{
	control_line(c, 1020, "%s: is not up", p->name);
}

static void
bfd_side(struct control *c, const char *name, const struct bfd_side *s)
{
	char buf[32];

	control_line(c, 1020, "  %s parameters:", name);
	control_line(
	    c, 1020, "    %-19s %s", "Min TX interval:", seconds(s->min_tx_us, buf));
	control_line(
	    c, 1020, "    %-19s %s", "Min RX interval:", seconds(s->min_rx_us, buf));
	control_line(c, 1020, "    %-19s %s", "Demand mode:", s->demand ? "Yes" : "No");
	control_line(c, 1020, "    %-19s %u", "Multiplier:", s->multiplier);
}

static void
bfd_auth(struct control *c, const struct bfd_view *v)
{
	static const char *const names[BFD_AUTH_TYPES] = { "None", "Simple", "Keyed MD5",
		"Meticulous keyed MD5", "Keyed SHA1", "Meticulous keyed SHA1" };

	if (v->auth == BFD_AUTH_NONE)
		return;
	control_line(c, 1020, "  Authentication:");
	control_line(c, 1020, "    %-19s %s", "Type:", names[v->auth]);
	if (v->auth == BFD_AUTH_SIMPLE)
		return;
	if (v->rx_seq_known)
		control_line(c, 1020, "    %-19s %u", "RX CSN:", v->rx_seq);
	else
		control_line(c, 1020, "    %-19s %s", "RX CSN:", "Unknown");
	control_line(c, 1020, "    %-19s %u", "TX CSN:", v->tx_seq);
}

static uint64_t
left(uint64_t at, uint64_t now)
{
	return at == BFD_NEVER || at <= now ? 0 : at - now;
}

static void
bfd_timer(struct control *c, const char *name, uint64_t at, uint64_t now, uint64_t of)
{
	char a[32], b[32];

	control_line(
	    c, 1020, "  %-21s %s / %s", name, seconds(left(at, now), a), seconds(of, b));
}

static void
bfd_details(struct control *c, const struct bfd_session_record *r)
{
	const struct bfd_view *v = &r->view;
	char ip[IP_TEXT_MAX], since[64];

#define ROW(name, fmt, value) control_line(c, 1020, "  %-21s " fmt, name, value)
	ROW("Address:", "%s", ip_format(&r->ip, ip));
	ROW("Interface:", "%s", r->ifname ? r->ifname : "---");
	ROW("Session type:", "%s", r->ifname ? "Direct" : "Multihop");
	ROW("Session state:", "%s", bfd_state_name(v->local.state));
	ROW("Remote state:", "%s", bfd_state_name(v->remote.state));
	ROW("Last state change:", "%s", control_time(c, TF_PROTOCOL, r->since, since));
	ROW("Local diagnostic:", "%s", bfd_diag_name(v->local.diag));
	ROW("Remote diagnostic:", "%s", bfd_diag_name(v->remote.diag));
	ROW("Local discriminator:", "%u", v->local.disc);
	ROW("Remote discriminator:", "%u", v->remote.disc);
	bfd_timer(c, "Transmit timer:", v->tx_at, r->now_us, v->tx_us);
	bfd_timer(c, "Detect timer:", v->detect_at, r->now_us, v->detect_us);
#undef ROW
	bfd_side(c, "Local", &v->local);
	bfd_side(c, "Remote", &v->remote);
	bfd_auth(c, v);
	control_line(c, 1020, "%s", "");
}

void
text_bfd_session(struct control *c, const struct bfd_session_record *r, bool details)
{
	char ip[IP_TEXT_MAX], since[64], tx[32], detect[32];

	if (details) {
		bfd_details(c, r);
		return;
	}
	control_line(c, 1020, "%-25s %-10s %-10s %-*s  %7s  %7s", ip_format(&r->ip, ip),
	    r->ifname ? r->ifname : "---", bfd_state_name(r->view.local.state),
	    since_width(c), control_time(c, TF_PROTOCOL, r->since, since),
	    seconds(r->view.tx_us, tx), seconds(r->view.detect_us, detect));
}
