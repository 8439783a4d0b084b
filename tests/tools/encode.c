/*
 * UPDATE messages from drafts, with the daemon's own writer.
 */
#include "base/mem.h"
#include "base/wire.h"
#include "encode.h"

#define OUT_SIZE 65536

void
bytes_add(struct bytes *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	if (b->room - b->n < n) {
		while (b->room - b->n < n)
			b->room = b->room ? b->room * 2 : 4096;
		b->p = mem_realloc(b->p, b->room);
	}
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

void
bytes_fini(struct bytes *b)
{
	mem_free(b->p);
	*b = (struct bytes){ 0 };
}

static void
write_all(struct bytes *b, struct update_writer *w, const struct nlri *list, size_t n)
{
	static uint8_t space[OUT_SIZE];
	struct wbuf out = wbuf_init(space, sizeof(space));

	w->out = &out;
	for (size_t i = 0; i < n; i++) {
		if (update_add(w, &list[i]))
			continue;
		update_finish(w);
		bytes_add(b, out.start, wbuf_len(&out));
		out = wbuf_init(space, sizeof(space));
		update_add(w, &list[i]);
	}
	update_finish(w);
	bytes_add(b, out.start, wbuf_len(&out));
}

bool
encode_reach(struct bytes *b, struct store *store, const struct draft *d,
    enum family family, bool add_path, const struct nlri *list, size_t n)
{
	static uint8_t block[BGP_MSG_MAX];
	struct stamp stamp = { .internal = true, .as4 = true, .local_pref = 100 };
	struct attrs *set = store_intern(store, d);
	struct next_hop nh = d->next_hop;
	struct update_writer w = { .msg_max = BGP_MSG_MAX, .family = family,
		.add_path = add_path, .attrs = block, .next_hop = &nh };
	/* A header, both lengths, MP_REACH with its next hop, and one network. */
	size_t room = BGP_MSG_MAX - BGP_HEADER_LEN - 4 - 10 - nh.len - 21;

	if (!set)
		return false;
	w.attrs_len = attrs_encode(set, &stamp, family, block, room);
	attrs_unref(store, set, 1);
	if (w.attrs_len == 0)
		return false;
	write_all(b, &w, list, n);
	return true;
}

void
encode_unreach(
    struct bytes *b, enum family family, bool add_path, const struct nlri *list, size_t n)
{
	struct update_writer w = { .msg_max = BGP_MSG_MAX, .family = family,
		.add_path = add_path };

	write_all(b, &w, list, n);
}

void
encode_eor(struct bytes *b, enum family family)
{
	uint8_t msg[64];

	bytes_add(b, msg, update_eor(family, msg));
}
