/*
 * Values as text, as `eval` and `print` of BIRD 2 write them.
 */
#include "filter/value.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/wire.h"
#include "bgp/attrs.h"
#include "filter/merge.h"
#include "filter/netset.h"
#include "filter/path.h"
#include "filter/set.h"
#include "filter/vnet.h"

struct vtext
vtext_new(struct arena *arena, size_t limit)
{
	return (struct vtext){
		.at = arena_alloc(arena, 64), .room = 64, .limit = limit, .arena = arena
	};
}

static bool
text_need(struct vtext *t, size_t n)
{
	size_t room = t->room;
	char *at;

	if (t->len + n >= t->limit)
		return false;
	while (room <= t->len + n)
		room *= 2;
	if (room != t->room) {
		at = arena_alloc(t->arena, room);
		memcpy(at, t->at, t->len);
		t->at = at;
		t->room = room;
	}
	return true;
}

void
vtext_put(struct vtext *t, const void *bytes, size_t n)
{
	if (!text_need(t, n))
		return;
	if (n)
		memcpy(t->at + t->len, bytes, n);
	t->len += n;
	t->at[t->len] = 0;
}

void
vtext_str(struct vtext *t, const char *s)
{
	vtext_put(t, s, strlen(s));
}

void
vtext_add(struct vtext *t, const char *fmt, ...)
{
	char buf[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n > 0)
		vtext_put(t, buf, (size_t)n < sizeof(buf) ? (size_t)n : sizeof(buf) - 1);
}

void
vtext_cut(struct vtext *t, size_t n)
{
	t->len -= n < t->len ? n : t->len;
	t->at[t->len] = 0;
}

/* Extended communities, RFC 4360 3 and RFC 5668: the type's high octet tells the layout.
 */
static void
text_ec(struct vtext *t, uint64_t ec)
{
	unsigned type = (unsigned)(ec >> 48), layout = type >> 8 & ~0x40u;
	unsigned kind = type & 0xf0ff;
	char name[24] = "rt", ip[IP_TEXT_MAX];

	if (layout > 2) {
		vtext_add(t, "(generic, 0x%x, 0x%x)", (uint32_t)(ec >> 32), (uint32_t)ec);
		return;
	}
	if (kind == 3)
		memcpy(name, "ro", 3);
	else if (kind != 2)
		snprintf(name, sizeof(name), "unknown 0x%x", type);
	if (layout == 0) {
		vtext_add(
		    t, "(%s, %u, %u)", name, (uint32_t)(ec >> 32) & 0xffff, (uint32_t)ec);
	} else if (layout == 2) {
		vtext_add(
		    t, "(%s, %u, %u)", name, (uint32_t)(ec >> 16), (uint32_t)ec & 0xffff);
	} else {
		struct ip key = ip_from4((uint32_t)(ec >> 16));

		vtext_add(
		    t, "(%s, %s, %u)", name, ip_format(&key, ip), (uint32_t)ec & 0xffff);
	}
}

static void
text_list(struct vtext *t, const struct val *list)
{
	struct val v;
	uint32_t pos = 0;
	bool first = true;

	vtext_add(t, "(%s ", val_type_name(list->type));
	while (vlist_get(list, &pos, &v)) {
		vtext_str(t, first ? "" : " ");
		vtext_val(t, &v);
		first = false;
	}
	vtext_str(t, ")");
}

static void
text_path(struct vtext *t, const struct val *path)
{
	size_t n = path_format(path->data, path->len, NULL, 0);
	char *buf = arena_alloc(t->arena, n + 1);

	path_format(path->data, path->len, buf, n + 1);
	vtext_str(t, "(path ");
	vtext_put(t, buf, n);
	vtext_str(t, ")");
}

static void
text_mac(struct vtext *t, uint64_t mac)
{
	uint8_t bytes[6];

	put_u16(bytes, (uint16_t)(mac >> 32));
	put_u32(bytes + 2, (uint32_t)mac);
	vtext_octets(t, bytes, sizeof(bytes));
}

static void
text_route(struct vtext *t, const struct merge_route *r)
{
	char net[NET_TEXT_MAX];

	vtext_add(t, "Route [%u] to %s from %s.%s via %s", r->id,
	    net_format(r->net, net), r->source.proto, r->channel, r->source.proto);
}

static void
text_routes(struct vtext *t, const struct merge_block *b)
{
	vtext_str(t, "Block of routes:");
	for (unsigned i = 0; i < b->n; i++) {
		vtext_add(t, "%s%u: ", i ? "; " : " ", i);
		text_route(t, &b->route[i]);
	}
}

static void
text_enum(struct vtext *t, const struct val *v)
{
	const char *name = t->plain ? val_enum_name(v) : NULL;

	if (name)
		vtext_str(t, name);
	else
		vtext_add(t, "(enum %x)%u", v->sub, v->num);
}

void
vtext_val(struct vtext *t, const struct val *v)
{
	char buf[NET_TEXT_MAX];
	struct ip quad;

	switch (v->type) {
	case VAL_BOOL: vtext_str(t, v->num ? "TRUE" : "FALSE"); return;
	case VAL_INT: vtext_add(t, "%u", v->num); return;
	case VAL_PAIR: vtext_add(t, "(%u,%u)", v->num >> 16, v->num & 0xffff); return;
	case VAL_QUAD:
		quad = ip_from4(v->num);
		vtext_str(t, ip_format(&quad, buf));
		return;
	case VAL_ENUM: text_enum(t, v); return;
	case VAL_IP: vtext_str(t, ip_format(&v->ip, buf)); return;
	case VAL_EC: text_ec(t, v->ec); return;
	case VAL_LC: vtext_add(t, "(%u, %u, %u)", v->lc[0], v->lc[1], v->lc[2]); return;
	case VAL_RD: vtext_rd(t, v->ec); return;
	case VAL_MAC: text_mac(t, v->ec); return;
	case VAL_NET: vtext_net(t, v->data); return;
	case VAL_BYTES: vtext_octets(t, v->data, v->len); return;
	case VAL_STRING: vtext_put(t, v->data, v->len); return;
	case VAL_PATH: text_path(t, v); return;
	case VAL_MASK: vtext_mask_items(t, v); return;
	case VAL_CLIST:
	case VAL_ECLIST:
	case VAL_LCLIST: text_list(t, v); return;
	case VAL_SET: vtext_set(t, v); return;
	case VAL_NETSET: vtext_netset(t, v); return;
	case VAL_ROUTE: text_route(t, v->data); return;
	case VAL_ROUTES: text_routes(t, v->data); return;
	default: vtext_str(t, "(void)");
	}
}
