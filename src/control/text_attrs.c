/*
 * Attributes of a route as BIRD 2 writes them in show route all, in order of their codes.
 *
 * A line holds about 480 bytes.  Lists that are sets go on in further lines, which begin
 * with two tabs; a path, a cluster list and unknown values are cut with `...`.
 */
#include <string.h>
#include "base/wire.h"
#include "bgp/labels.h"
#include "control/text.h"
#include "filter/local.h"

#define VALUE_SIZE 500 /* of a line without its tab */

/* A line that grows; `full` is where the next element would make it too long. */
struct list {
	struct control *c;
	char buf[VALUE_SIZE + 64];
	size_t len, full;
	bool first, wrapped;
};

static void
list_begin(struct list *l, struct control *c, const char *name, size_t spare)
{
	*l = (struct list){ .c = c, .full = VALUE_SIZE - spare, .first = true };
	l->len = (size_t)snprintf(l->buf, sizeof(l->buf), "%s: ", name);
}

static bool
list_is_full(const struct list *l)
{
	return l->len > l->full;
}

static void
list_flush(struct list *l)
{
	control_line(l->c, 1012, "%s%s", l->wrapped ? "\t\t" : "\t", l->buf);
}

static void
list_wrap(struct list *l)
{
	list_flush(l);
	l->full -= !l->wrapped;
	l->wrapped = l->first = true;
	l->len = 0;
	l->buf[0] = 0;
}

static void
list_put(struct list *l, const char *text)
{
	l->len += (size_t)snprintf(
	    l->buf + l->len, sizeof(l->buf) - l->len, "%s%s", l->first ? "" : " ", text);
	l->first = false;
}

static void
list_cut(struct list *l)
{
	snprintf(l->buf + l->len, sizeof(l->buf) - l->len, " ...");
}

/*
 * Elements of lists.
 */
static void
community_text(const uint8_t *p, char *buf, size_t size)
{
	snprintf(buf, size, "(%u,%u)", get_u16(p), get_u16(p + 2));
}

static void
large_text(const uint8_t *p, char *buf, size_t size)
{
	snprintf(buf, size, "(%u, %u, %u)", get_u32(p), get_u32(p + 4), get_u32(p + 8));
}

static void
id_text(const uint8_t *p, char *buf, size_t size)
{
	snprintf(buf, size, "%u.%u.%u.%u", p[0], p[1], p[2], p[3]);
}

/* Extended communities (RFC 4360, RFC 5668): the subtype names rt and ro count for the
 * three transitive types only; other types are given as two numbers. */
static void
ext_text(const uint8_t *p, char *buf, size_t size)
{
	unsigned type = get_u16(p), form = p[0] & 0xbf;
	char kind[20];

	snprintf(kind, sizeof(kind), "unknown 0x%x", type);
	if ((type & 0xf0ff) == 0x0002 || (type & 0xf0ff) == 0x0003)
		snprintf(kind, sizeof(kind), "%s", p[1] == 2 ? "rt" : "ro");
	if (form == 0)
		snprintf(buf, size, "(%s, %u, %u)", kind, get_u16(p + 2), get_u32(p + 4));
	else if (form == 1)
		snprintf(buf, size, "(%s, %u.%u.%u.%u, %u)", kind, p[2], p[3], p[4], p[5],
		    get_u16(p + 6));
	else if (form == 2)
		snprintf(buf, size, "(%s, %u, %u)", kind, get_u32(p + 2), get_u16(p + 6));
	else
		snprintf(buf, size, "(generic, 0x%x, 0x%x)", get_u32(p), get_u32(p + 4));
}

static void
set_line(struct control *c, const char *name, const struct attr *a, size_t width,
    size_t spare, void (*print)(const uint8_t *, char *, size_t))
{
	struct list l;
	char text[64];

	list_begin(&l, c, name, spare);
	for (size_t i = 0; i + width <= a->len; i += width) {
		if (list_is_full(&l))
			list_wrap(&l);
		print(a->data + i, text, sizeof(text));
		list_put(&l, text);
	}
	list_flush(&l);
}

/*
 * Single values.
 */
static void
line(struct control *c, const char *name, const char *value)
{
	control_line(c, 1012, "\t%s: %s", name, value);
}

static void
u32_line(struct control *c, const char *name, const struct attr *a)
{
	char buf[16] = "";

	if (a->len >= 4)
		snprintf(buf, sizeof(buf), "%u", get_u32(a->data));
	line(c, name, buf);
}

static void
id_line(struct control *c, const char *name, const struct attr *a)
{
	char buf[16] = "";

	if (a->len >= 4)
		id_text(a->data, buf, sizeof(buf));
	line(c, name, buf);
}

static void
origin_line(struct control *c, const struct attr *a)
{
	static const char *const names[] = { "IGP", "EGP", "Incomplete" };

	line(c, "BGP.origin", a->len && a->data[0] < 3 ? names[a->data[0]] : "");
}

static void
aggregator_line(struct control *c, const struct attr *a)
{
	char buf[64] = "", id[16];

	if (a->len >= 8) {
		id_text(a->data + 4, id, sizeof(id));
		snprintf(buf, sizeof(buf), "%s AS%u", id, get_u32(a->data));
	}
	line(c, "BGP.aggregator", buf);
}

/* AIGP (RFC 7311): the metric of its first TLV, which is of type 1 and 11 bytes long. */
static void
aigp_line(struct control *c, const struct attr *a)
{
	char buf[24] = "?";

	if (a->len >= 11 && a->data[0] == 1 && get_u16(a->data + 1) == 11)
		snprintf(buf, sizeof(buf), "%llu",
		    (unsigned long long)get_u32(a->data + 3) << 32 |
			get_u32(a->data + 7));
	line(c, "BGP.aigp", buf);
}

/* The path's text has no end of its own: it is cut behind the first number that passes
 * the limit. */
static void
path_line(struct control *c, const struct attr *a)
{
	static const char name[] = "BGP.as_path: ";
	char buf[VALUE_SIZE + 32];
	size_t limit = VALUE_SIZE - sizeof(name) + 1 - 16, len, end;

	len = path_format(a->data, a->len, buf, sizeof(buf));
	if (len > limit) {
		for (end = limit + 1;
		     end < sizeof(buf) - 1 && buf[end] && buf[end] != ' '; end++)
			;
		if (buf[end])
			snprintf(buf + end, sizeof(buf) - end, " ...");
	}
	control_line(c, 1012, "\t%s%s", name, a->len ? buf : "");
}

static void
cluster_line(struct control *c, const struct attr *a)
{
	struct list l;
	char text[16];

	list_begin(&l, c, "BGP.cluster_list", 24);
	for (size_t i = 0; i + 4 <= a->len; i += 4) {
		if (list_is_full(&l)) {
			list_cut(&l);
			break;
		}
		id_text(a->data + i, text, sizeof(text));
		list_put(&l, text);
	}
	list_flush(&l);
}

static void
unknown_line(struct control *c, const struct attr *a)
{
	struct list l;
	char text[16];

	snprintf(text, sizeof(text), "BGP.%02x%s", a->code,
	    a->flags & AF_TRANSITIVE ? " [t]" : "");
	list_begin(&l, c, text, 10);
	for (size_t i = 0; i < a->len; i++) {
		if (list_is_full(&l)) {
			list_cut(&l);
			break;
		}
		snprintf(text, sizeof(text), "%02x", a->data[i]);
		list_put(&l, text);
	}
	list_flush(&l);
}

static void
next_hop_line(struct control *c, const struct attrs *attrs)
{
	struct next_hop nh = attrs_next_hop(attrs);
	struct ip global = next_hop_ip(&nh), ll;
	char buf[2 * IP_TEXT_MAX], *end;

	if (!nh.len)
		return;
	if (ip_is_link_local(&global)) { /* alone */
		nh.len = 32;
		memcpy(nh.b + 16, nh.b, 16);
		global = ip_none;
	}
	ip_format(&global, buf);
	if (nh.len == 32) {
		memcpy(ll.b, nh.b + 16, 16);
		end = buf + strlen(buf);
		*end++ = ' ';
		ip_format(&ll, end);
	}
	line(c, "BGP.next_hop", buf);
}

static void
attr_line(struct control *c, const struct attr *a)
{
	switch (a->code) {
	case ATTR_ORIGIN:
		origin_line(c, a);
		break;
	case ATTR_AS_PATH:
		path_line(c, a);
		break;
	case ATTR_MED:
		u32_line(c, "BGP.med", a);
		break;
	case ATTR_LOCAL_PREF:
		u32_line(c, "BGP.local_pref", a);
		break;
	case ATTR_ATOMIC_AGGR:
		line(c, "BGP.atomic_aggr", "");
		break;
	case ATTR_AGGREGATOR:
		aggregator_line(c, a);
		break;
	case ATTR_COMMUNITY:
		set_line(c, "BGP.community", a, 4, 24, community_text);
		break;
	case ATTR_ORIGINATOR_ID:
		id_line(c, "BGP.originator_id", a);
		break;
	case ATTR_CLUSTER_LIST:
		cluster_line(c, a);
		break;
	case ATTR_EXT_COMMUNITY:
		set_line(c, "BGP.ext_community", a, 8, 64, ext_text);
		break;
	case ATTR_LARGE_COMMUNITY:
		set_line(c, "BGP.large_community", a, 12, 64, large_text);
		break;
	case ATTR_AIGP:
		aigp_line(c, a);
		break;
	case ATTR_OTC:
		u32_line(c, "BGP.otc", a);
		break;
	default:
		unknown_line(c, a);
	}
}

static void
labels_line(struct control *c, const struct attr *a)
{
	char buf[12 * LABELS_MAX] = "";
	size_t n = 0;

	for (size_t i = 0; i + 4 <= a->len && n < sizeof(buf); i += 4)
		n += (size_t)snprintf(buf + n, sizeof(buf) - n, "%s%u", i ? "/" : "",
		    get_u32(a->data + i));
	line(c, "BGP.mpls_label_stack", buf);
}

/* "Kernel.metric" of krt_metric: the protocol that the attribute belongs to. */
static const char *
own_group(const char **name)
{
	static const struct {
		const char *prefix, *shown;
	} groups[] = { { "krt_", "Kernel." }, { "ospf_", "OSPF." }, { "rip_", "RIP." },
		{ "babel_", "Babel." } };

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		size_t n = strlen(groups[i].prefix);

		if (strncmp(*name, groups[i].prefix, n) == 0) {
			*name += n;
			return groups[i].shown;
		}
	}
	return "";
}

/* "Kernel.lock: mtu advmss": attributes of one bit, by the start of their names, in one line. */
static void
bits_line(
    struct control *c, const struct attrs *attrs, const char *shown, const char *start)
{
	char text[160] = "";
	size_t pos = 0, len = strlen(start), n = 0;
	struct attr a;

	while (attrs_next(attrs, &pos, &a)) {
		struct val v;
		const char *name = a.code >= LOCAL_ATTR ? filter_local(&a, &v) : NULL;

		if (name && strncmp(name, start, len) == 0 && v.num && n < sizeof(text))
			n += (size_t)snprintf(
			    text + n, sizeof(text) - n, " %s", name + len);
	}
	if (n)
		control_line(c, 1012, "\t%s%s", shown, text);
}

/* Lines of the kernel's that BIRD has before the attribute of this code. */
static void
kernel_lines(struct control *c, const struct attrs *attrs, uint16_t code, bool done[2])
{
	if (!done[0] && code >= filter_local_code("krt_mtu")) {
		bits_line(c, attrs, "Kernel.lock:", "krt_lock_");
		done[0] = true;
	}
	if (!done[1] && code >= filter_local_code("krt_rto_min")) {
		bits_line(c, attrs, "Kernel.features:", "krt_feature_");
		done[1] = true;
	}
}

static bool
is_bit(const char *name)
{
	return strncmp(name, "krt_lock_", 9) == 0 ||
	       strncmp(name, "krt_feature_", 12) == 0;
}

/* What a filter keeps in the route, lists without the brackets of `print`. */
static void
own_line(struct control *c, const struct attr *a)
{
	struct arena *arena = arena_new();
	struct vtext t = vtext_new(arena, 4096);
	struct val v;
	const char *name = filter_local(a, &v), *group = "", *text;

	if (name &&
	    !(a->code < LOCAL_CUSTOM && (is_bit(name) || strcmp(name, "from") == 0))) {
		if (a->code < LOCAL_CUSTOM)
			group = own_group(&name);
		if (strcmp(name, "tag") == 0 && *group)
			vtext_add(&t, *group == 'O' ? "0x%08x" : "%04x", v.num);
		else
			vtext_val(&t, &v);
		text = t.at;
		if (val_is_list(v.type)) {
			vtext_cut(&t, 1);
			text = strchr(text, ' ') + 1;
		}
		control_line(c, 1012, "\t%s%s: %s", group, name, text);
	}
	arena_free(arena);
}

void
text_attrs(struct control *c, const struct attrs *attrs, bool bgp)
{
	struct attr a;
	size_t pos = 0;
	bool next_hop = false, bits_told[2] = { false, false };

	while (attrs_next(attrs, &pos, &a)) {
		if (a.code > ATTR_NEXT_HOP && !next_hop && bgp) {
			next_hop_line(c, attrs);
			next_hop = true;
		}
		if (a.code < LOCAL_ATTR)
			attr_line(c, &a);
		else if (a.code == LOCAL_LABELS)
			labels_line(c, &a);
		else {
			if (a.code >= LOCAL_NAMED && a.code < LOCAL_CUSTOM)
				kernel_lines(c, attrs, a.code, bits_told);
			own_line(c, &a);
		}
	}
	if (!next_hop && bgp)
		next_hop_line(c, attrs);
}
