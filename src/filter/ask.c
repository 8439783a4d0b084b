/*
 * Questions about the network: written down while a filter runs, asked again for the next
 * network.
 */
#include "filter/ask.h"

#include "filter/blob.h"
#include "filter/origin.h"
#include "filter/run.h"

/* Lives as long as the filter. */
static bool
is_constant(const struct filter *f, const struct val *v)
{
	const uint8_t *p = v->data;

	if (!val_is_bytes(v))
		return true;
	if (p >= f->bytes && p < f->bytes + f->image->bytes)
		return true;
	for (uint32_t i = 0; i < f->blob_n; i++) {
		if (v->data == f->blobs[i]->data)
			return true;
	}
	return false;
}

void
run_asked(struct run *r, unsigned op, const struct val *operand, uint32_t answer)
{
	struct asking *a = r->asking;

	if (a->n == ASKED_MAX || !is_constant(r->filter, operand)) {
		a->opaque = true;
		return;
	}
	a->at[a->n++] = (struct asked){ { (uint8_t)op, *operand }, answer };
}

uint32_t
filter_ask(const struct question *q, const struct net *net)
{
	struct val v = val_net(net);

	switch (q->op) {
	case OP_LEN: return net->plen;
	case OP_TYPE: return net->type;
	case OP_ROA: /* table, AS; the table as it is now */
		return origins_check(
		    origin_table_get(q->operand.lc[0]), net, q->operand.lc[1]);
	}
	return val_match(&v, &q->operand) > 0;
}

uint64_t
filter_serial(const struct filter *f)
{
	return f->serial;
}
