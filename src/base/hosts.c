/*
 * Addresses in order; in front of the search stands a filter of one bit for the first 16
 * bits of an address (32 of IPv6, folded): most networks hold none of them, and that is
 * what is to be cheap.
 */
#include "base/hosts.h"

#include <string.h>
#include "base/mem.h"

static unsigned
begin_of(const uint8_t *key, bool v4)
{
	if (v4)
		return (unsigned)key[0] << 8 | key[1];
	return (unsigned)(key[0] ^ key[2]) << 8 | (key[1] ^ key[3]);
}

static unsigned
bit_of(const struct ip *ip)
{
	return ip_is4(ip) ? begin_of(ip->b + 12, true) : begin_of(ip->b, false);
}

void
hosts_fini(struct hosts *h)
{
	mem_free(h->at);
	mem_free(h->filter);
	*h = (struct hosts){ 0 };
}

/* IPv4 first: as numbers they lie among those of IPv6. */
static int
host_cmp(const struct ip *a, const struct ip *b)
{
	return ip_is4(a) == ip_is4(b) ? ip_cmp(a, b) : ip_is4(b) - ip_is4(a);
}

/* The first that is not below ip. */
static uint32_t
place(const struct hosts *h, const struct ip *ip)
{
	uint32_t lo = 0, hi = h->n;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (host_cmp(&h->at[mid].ip, ip) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool
hosts_add(struct hosts *h, const struct ip *ip)
{
	uint32_t i = place(h, ip);
	unsigned bit = bit_of(ip);

	if (i < h->n && ip_equal(&h->at[i].ip, ip)) {
		h->at[i].refs++;
		return false;
	}
	if (h->n == h->cap) {
		h->cap = h->cap ? h->cap * 2 : 16;
		h->at = mem_realloc(h->at, h->cap * sizeof(*h->at));
	}
	if (!h->filter)
		h->filter = MEM_ARRAY(uint64_t, HOSTS_FILTER / 64);
	memmove(h->at + i + 1, h->at + i, (h->n++ - i) * sizeof(*h->at));
	h->at[i] = (struct host){ *ip, 1 };
	h->filter[bit / 64] |= 1ull << (bit % 64);
	return true;
}

/* Is there another with the same beginning? */
static bool
bit_needed(const struct hosts *h, unsigned bit)
{
	for (uint32_t i = 0; i < h->n; i++)
		if (bit_of(&h->at[i].ip) == bit)
			return true;
	return false;
}

bool
hosts_del(struct hosts *h, const struct ip *ip)
{
	uint32_t i = place(h, ip);
	unsigned bit = bit_of(ip);

	if (i == h->n || !ip_equal(&h->at[i].ip, ip) || --h->at[i].refs)
		return false;
	memmove(h->at + i, h->at + i + 1, (--h->n - i) * sizeof(*h->at));
	if (!bit_needed(h, bit))
		h->filter[bit / 64] &= ~(1ull << (bit % 64));
	return true;
}

bool
hosts_in(const struct hosts *h, const struct net *net)
{
	bool v4 = net->type == NET_IP4;
	struct net host;
	struct ip ip;
	unsigned bit;
	uint32_t i;

	if (!h->n || (!v4 && net->type != NET_IP6))
		return false;
	bit = begin_of(net->key, v4);
	if (net->plen >= (v4 ? 16 : 32) && !(h->filter[bit / 64] & 1ull << (bit % 64)))
		return false;
	ip = net_ip(net);
	i = place(h, &ip);
	if (i == h->n || ip_is4(&h->at[i].ip) != v4)
		return false;
	host = net_from_ip(&h->at[i].ip, net_plen_max(net->type));
	return net_contains(net, &host);
}
