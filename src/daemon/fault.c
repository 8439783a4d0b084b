/*
 * Faults in UPDATEs, in the log: one line for each with the attribute as it came, and not
 * more than a few in a while from one peer, however many it sends.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/peerimpl.h"

enum { FAULTS_LOGGED = 5, FAULTS_WINDOW_MS = 10000, FAULT_HEX = 64 };

/* The bytes, as many as are worth a line. */
static void
hex_text(const uint8_t *p, size_t len, char *buf, size_t size)
{
	size_t n = len > FAULT_HEX ? FAULT_HEX : len, at = 0;

	buf[0] = 0;
	for (size_t i = 0; p && i < n; i++)
		at += (size_t)snprintf(
		    buf + at, size - at, "%s%02x", i ? "" : ": ", p[i]);
	if (p && len > n)
		snprintf(buf + at, size - at, "... (%zu bytes)", len);
}

/* Is it to be logged?  *missed: how many were not since the last that was. */
static bool
may_log(struct fault_rate *r, uint64_t now, unsigned *missed)
{
	if (!r->n || now - r->since_ms >= FAULTS_WINDOW_MS) {
		r->since_ms = now;
		r->n = 0;
	}
	if (r->n == FAULTS_LOGGED) {
		r->missed++;
		return false;
	}
	r->n++;
	*missed = r->missed;
	r->missed = 0;
	return true;
}

static const char *
consequence(const struct update *u)
{
	static const char *const what[] = { "ignored", "attribute discarded",
		"treated as withdraw", "session reset" };

	if (u->verdict == VERDICT_DISCARD &&
	    (u->fault_attr == ATTR_MP_REACH || u->fault_attr == ATTR_MP_UNREACH))
		return "network left out";
	return what[u->verdict];
}

void
fault_log(struct peer *p, const struct update *u)
{
	char hex[2 * FAULT_HEX + 40], more[48] = "";
	unsigned missed = 0;

	if (!u->fault || !may_log(&p->faults, clock_mono_ms(), &missed))
		return;
	hex_text(u->fault_data, u->fault_len, hex, sizeof(hex));
	if (missed)
		snprintf(more, sizeof(more), " (%u more before were not logged)", missed);
	log_remote("%s: Malformed UPDATE: %s (attribute %u): %s%s%s", p->setup->name,
	    u->fault, u->fault_attr, consequence(u), hex, more);
}
