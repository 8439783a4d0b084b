/*
 * Two filters in a row: what one lets through goes to the other, as it was before.
 *
 * During a reload a peer is told only what the policy of before and that of after both let
 * pass, with the attributes that the one of after gives it (daemon/channel.c).
 */
#include "base/mem.h"
#include "filter/code.h"

struct filter *
filter_both(struct filter *first, struct filter *then)
{
	struct filter *f;

	if (filter_is_reject(first) ||
	    (filter_is_accept(then) && !(first->inputs & FILTER_WRITES))) {
		filter_ref(first);
		return first;
	}
	if (filter_is_accept(first) || filter_is_reject(then) ||
	    filter_same(first, then)) {
		filter_ref(then);
		return then;
	}
	f = MEM_NEW(struct filter);
	filter_ref(first);
	filter_ref(then);
	f->refs = 1;
	f->first = first;
	f->then = then;
	f->name = then->name;
	f->code = then->code;
	f->inputs = first->inputs | then->inputs;
	f->hash = filter_hash(first) * 0x9e3779b97f4a7c15u ^ filter_hash(then);
	f->serial = filter_serial_new();
	return f;
}
