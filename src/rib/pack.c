/*
 * Packing: networks into messages, messages into segments.
 *
 * A segment is written in the shard's scratch space and copied out when full, so that
 * small ones take little.  Where the source changes a run ends; sources that are no
 * members of the group need no runs of their own.
 */
#include "rib/emit.h"

#include <string.h>
#include "base/mem.h"

void
pack_begin(struct packer *p, struct shard *s, struct group *g, const struct channel *to)
{
	*p = (struct packer){ .shard = s, .group = g, .to = to };
	p->out = wbuf_init(s->scratch[3], SEGMENT_SIZE);
}

static void
message_close(struct packer *p)
{
	if (p->open)
		update_finish(&p->writer);
	p->open = false;
}

static void
run_close(struct packer *p)
{
	uint32_t end = (uint32_t)wbuf_len(&p->out);

	message_close(p);
	end = (uint32_t)wbuf_len(&p->out);
	if (end == (p->run_n ? p->runs[p->run_n - 1].end : 0))
		return;
	if (p->run_n == p->run_cap) {
		p->run_cap = p->run_cap ? p->run_cap * 2 : 8;
		p->runs = mem_realloc(p->runs, p->run_cap * sizeof(*p->runs));
	}
	p->runs[p->run_n++] = (struct segment_run){ .end = end, .source = p->source };
}

static uint32_t
message_count(const uint8_t *b, size_t len)
{
	uint32_t n = 0;

	for (size_t at = 0; at + BGP_HEADER_LEN <= len; at += get_u16(b + at + 16))
		n++;
	return n;
}

static struct segment *
segment_make(struct packer *p)
{
	size_t len = wbuf_len(&p->out);
	struct segment *seg = mem_realloc(NULL, sizeof(*seg) + len);
	struct segment_account *account = p->group->account;

	memset(seg, 0, sizeof(*seg));
	atomic_init(&seg->refs, 1);
	seg->len = (uint32_t)len;
	seg->messages = message_count(p->out.start, len);
	memcpy(seg->bytes, p->out.start, len);
	seg->runs = p->runs;
	seg->run_n = p->run_n;
	seg->account = account;
	atomic_fetch_add_explicit(&account->refs, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&account->bytes, len, memory_order_relaxed);
	return seg;
}

static void
segment_publish(struct packer *p)
{
	struct group *g = p->group;
	struct segment *seg;

	run_close(p);
	if (!p->run_n)
		return;
	seg = segment_make(p);
	g->messages += seg->messages;
	g->bytes += seg->len;
	g->bytes_shared += p->to ? seg->len : (uint64_t)seg->len * g->member_n;
	p->runs = NULL;
	p->run_n = p->run_cap = 0;
	p->out = wbuf_init(p->shard->scratch[3], SEGMENT_SIZE);
	if (p->to)
		p->shard->ops.unicast(p->shard->ctx, p->to->d.id, seg);
	else
		p->shard->ops.broadcast(p->shard->ctx, g->id, seg);
}

static uint32_t
source_mark(const struct packer *p, uint32_t source)
{
	const struct channel *ch = source ? shard_channel(p->shard, source) : NULL;

	return ch && group_skips(p->group, ch) && !p->to ? source : 0;
}

void
pack_attrs(struct packer *p, uint32_t source, const struct exported *x)
{
	const struct sink *k = &p->group->key;

	source = source_mark(p, source);
	if (source != p->source)
		run_close(p);
	else
		message_close(p);
	p->source = source;
	p->writer = (struct update_writer){
		.out = &p->out,
		.msg_max = k->flags & SINK_EXT_MSG ? BGP_MSG_EXT_MAX : BGP_MSG_MAX,
		.family = (enum family)k->family,
		.add_path = k->flags & SINK_ADD_PATH,
	};
	if (x) {
		p->next_hop = x->next_hop;
		/* The writer needs them until its message is closed, the exporter does
		 * not. */
		memcpy(p->shard->scratch[2], x->bytes, x->len);
		p->writer.attrs = p->shard->scratch[2];
		p->writer.attrs_len = x->len;
		p->writer.next_hop = &p->next_hop;
		p->labels = x->labels;
		p->writer.labels = &p->labels;
	}
}

void
pack_net(struct packer *p, const struct table *t, uint32_t node)
{
	struct nlri nlri = { .path_id = p->path_id };

	table_net(t, node, &nlri.net);
	p->open = true;
	if (update_add(&p->writer, &nlri))
		return;
	segment_publish(p);
	p->out.bad = false;
	p->open = true;
	update_add(&p->writer, &nlri);
}

void
pack_end(struct packer *p)
{
	segment_publish(p);
	mem_free(p->runs);
	p->runs = NULL;
}
