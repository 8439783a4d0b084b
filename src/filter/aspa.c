/*
 * Paths held against ASPAs (draft-ietf-sidrops-aspa-verification): how far a path surely
 * climbs from customer to provider, and how far it may.
 */
#include "base/mem.h"
#include "filter/originset.h"
#include "filter/path.h"

enum hop { HOP_UNKNOWN, HOP_PROVIDER, HOP_NOT };

static enum hop
hop(const struct origins *o, uint32_t customer, uint32_t provider)
{
	uint32_t key[2] = { customer, provider }, i = upper_bound(o, key, 2);
	const uint32_t *row = i ? row_at(o, i - 1) : NULL;

	if (row && words_cmp(row, key, 2) == 0)
		return HOP_PROVIDER;
	if ((row && row[0] == customer) || (i < o->n && row_at(o, i)[0] == customer))
		return HOP_NOT;
	return HOP_UNKNOWN;
}

struct ramp {
	unsigned least, most; /* ASes it surely has, and may have */
};

/* From path[from] on, each the customer of the next one, `step` further. */
static struct ramp
ramp(const struct origins *o, const uint32_t *path, unsigned n, unsigned from, int step)
{
	struct ramp r = { 1, 1 };
	unsigned at = from;

	for (unsigned i = 1; i < n; i++, at = (unsigned)((int)at + step)) {
		enum hop h = hop(o, path[at], path[(int)at + step]);

		if (h == HOP_NOT)
			break;
		r.least += h == HOP_PROVIDER && r.least == i;
		r.most++;
	}
	return r;
}

static bool
has_confederation(const struct val *path)
{
	const uint8_t *p = path->data;

	for (uint32_t at = 0; at + 2 <= path->len; at += 2u + p[at + 1] * 4u)
		if (p[at] != 1 && p[at] != 2)
			return true;
	return false;
}

unsigned
origins_check_path(const struct origins *o, const struct val *path, bool upstream)
{
	uint32_t pos = 0, left = 0, as, n = 0, room = path->len / 4 + 1, *list;
	struct ramp up, down = { 0, 0 };
	unsigned result;

	if (!path->len || has_confederation(path))
		return ASPA_INVALID;
	list = MEM_ARRAY(uint32_t, room);
	while (vpath_next(path, &pos, &left, &as))
		if (n < room && (!n || list[n - 1] != as))
			list[n++] = as;
	if (!n) {
		mem_free(list);
		return ASPA_INVALID;
	}
	if (!o || o->type != NET_ASPA) {
		mem_free(list);
		return n <= (upstream ? 1 : 2) ? ASPA_VALID : ASPA_UNKNOWN;
	}
	up = ramp(o, list, n, n - 1, -1);
	if (!upstream)
		down = ramp(o, list, n, 0, 1);
	result = up.most + down.most < n     ? ASPA_INVALID
		 : up.least + down.least < n ? ASPA_UNKNOWN
					     : ASPA_VALID;
	mem_free(list);
	return result;
}
