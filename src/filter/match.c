/*
 * The operator `~`: which types go together is one table, read by the compiler as well.
 */
#include "filter/run.h"

#include <string.h>

#include "filter/netset.h"
#include "filter/path.h"
#include "filter/set.h"
#include "filter/vnet.h"

typedef bool match_fn(const struct val *, const struct val *);

/* `*` and `?` only; the last star is retried, so the time is at most the product. */
static bool
glob(const struct val *text, const struct val *pattern)
{
	const char *s = text->data, *p = pattern->data;
	size_t si = 0, pi = 0, star = SIZE_MAX, mark = 0;

	while (si < text->len) {
		if (pi < pattern->len && p[pi] == '*') {
			star = pi++;
			mark = si;
		} else if (pi < pattern->len && (p[pi] == '?' || p[pi] == s[si])) {
			pi++;
			si++;
		} else if (star != SIZE_MAX) {
			pi = star + 1;
			si = ++mark;
		} else {
			return false;
		}
	}
	while (pi < pattern->len && p[pi] == '*')
		pi++;
	return pi == pattern->len;
}

static bool
path_by_mask(const struct val *path, const struct val *mask)
{
	return vmask_match(mask, path);
}

static bool
some_in_set(const struct val *list, const struct val *set)
{
	return vset_has_some(set, list);
}

static bool
in_set(const struct val *v, const struct val *set)
{
	return vset_has(set, v);
}

static bool
in_path(const struct val *as, const struct val *path)
{
	return vpath_has(path, as->num);
}

static bool
in_list(const struct val *v, const struct val *list)
{
	return vlist_has(list, v);
}

static bool
in_net(const struct val *ip, const struct val *net)
{
	return vnet_has_ip(net->data, &ip->ip);
}

static bool
net_in_net(const struct val *inner, const struct val *outer)
{
	return vnet_contains(outer->data, inner->data);
}

static bool
in_netset(const struct val *net, const struct val *set)
{
	const struct net *n = net->data;
	struct net plain;

	if (vnet_is_plain(n))
		return netset_has(set, n);
	plain = vnet_plain(n);
	return netset_has(set, &plain);
}

static match_fn *const matches[VAL_TYPES][VAL_TYPES] = {
	[VAL_NET][VAL_NETSET] = in_netset,
	[VAL_NET][VAL_NET] = net_in_net,
	[VAL_PATH][VAL_MASK] = path_by_mask,
	[VAL_PATH][VAL_SET] = some_in_set,
	[VAL_CLIST][VAL_SET] = some_in_set,
	[VAL_ECLIST][VAL_SET] = some_in_set,
	[VAL_LCLIST][VAL_SET] = some_in_set,
	[VAL_INT][VAL_SET] = in_set,
	[VAL_PAIR][VAL_SET] = in_set,
	[VAL_QUAD][VAL_SET] = in_set,
	[VAL_ENUM][VAL_SET] = in_set,
	[VAL_IP][VAL_SET] = in_set,
	[VAL_EC][VAL_SET] = in_set,
	[VAL_LC][VAL_SET] = in_set,
	[VAL_RD][VAL_SET] = in_set,
	[VAL_MAC][VAL_SET] = in_set,
	[VAL_INT][VAL_PATH] = in_path,
	[VAL_PAIR][VAL_CLIST] = in_list,
	[VAL_QUAD][VAL_CLIST] = in_list,
	[VAL_IP][VAL_CLIST] = in_list,
	[VAL_INT][VAL_CLIST] = in_list,
	[VAL_EC][VAL_ECLIST] = in_list,
	[VAL_LC][VAL_LCLIST] = in_list,
	[VAL_STRING][VAL_STRING] = glob,
	[VAL_IP][VAL_NET] = in_net,
};

/* Whether a set of such elements can be asked for values, or elements of a list, of
 * `left`. */
static bool
set_goes(unsigned left, unsigned element)
{
	unsigned type = val_is_list(left) ? val_element(left) : left;

	if (vset_takes(element, type))
		return true;
	return left == VAL_CLIST &&
	       (element == VAL_QUAD || element == VAL_IP || element == VAL_INT);
}

static match_fn *
match_find(unsigned left, unsigned right, unsigned right_sub)
{
	match_fn *fn = matches[left][right];

	return fn && (right != VAL_SET || set_goes(left, right_sub)) ? fn : NULL;
}

int
val_match(const struct val *a, const struct val *b)
{
	match_fn *fn = matches[a->type][b->type];

	if (b->type == VAL_SET) {
		if (b->sub == VAL_VOID)
			return 0;
		if (a->type == VAL_ENUM && a->sub != vset_group(b))
			return -1;
		if (fn && !set_goes(a->type, b->sub))
			return -1;
	} else if (b->type == VAL_CLIST && a->type == VAL_IP && !ip_is4(&a->ip)) {
		return -1;
	}
	return fn ? fn(a, b) : -1;
}

bool
val_match_never(unsigned left, unsigned right, unsigned right_sub)
{
	if (left == VAL_ANY || right == VAL_ANY ||
	    (right == VAL_SET && right_sub == VAL_VOID))
		return false;
	return !match_find(left, right, right_sub);
}
