/*
 * A route for filters, and their log.
 */
#include "filterroute.h"
#include "base/log.h"

char logged[65536];

static const uint8_t path[] = { 2, 3, 0, 0, 0xfd, 0xe9, 0, 0, 0xfd, 0xea, 0, 1, 0x11,
	0x70, 1, 2, 0, 0, 0, 7, 0, 0, 0, 8 };
static const uint8_t communities[] = { 0xfd, 0xe9, 0, 1, 0xfd, 0xe9, 0, 2, 0xff, 0xff,
	0xff, 1 };
static const uint8_t extended[] = { 0, 2, 0xfd, 0xe9, 0, 0, 0, 100 };
static const uint8_t large[] = { 0, 1, 0x11, 0x70, 0, 0, 0, 1, 0, 0, 0, 2 };
static const uint8_t clusters[] = { 192, 0, 2, 1, 192, 0, 2, 2 };

void
route_init(
    struct draft *d, struct arena *arena, struct net *net, struct route_source *source)
{
	draft_init(d, arena);
	draft_set_u8(d, ATTR_ORIGIN, ORIGIN_IGP);
	draft_put(d, AF_TRANSITIVE, ATTR_AS_PATH, path, sizeof(path));
	draft_set_u32(d, ATTR_LOCAL_PREF, 100);
	draft_put(d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_COMMUNITY, communities,
	    sizeof(communities));
	draft_put(d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_EXT_COMMUNITY, extended,
	    sizeof(extended));
	draft_put(
	    d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_LARGE_COMMUNITY, large, sizeof(large));
	draft_set_u32(d, ATTR_ORIGINATOR_ID, 0x0a000001);
	draft_put(d, AF_OPTIONAL, ATTR_CLUSTER_LIST, clusters, sizeof(clusters));
	d->preference = 100;
	d->next_hop = (struct next_hop){ 4, { 192, 0, 2, 9 } };
	assert_true(net_parse("10.1.0.0/16", net));
	*source = (struct route_source){ .proto = "peer1", .source = ROUTE_SOURCE_BGP };
	assert_true(ip_parse("198.51.100.7", &source->from));
}

static void
tap(void *ctx, enum log_class class, const char *line)
{
	size_t n = strlen(logged);

	(void)ctx, (void)class;
	snprintf(logged + n, sizeof(logged) - n, "%s\n", line);
}

void
logged_begin(void)
{
	*logged = 0;
	log_tap(tap, NULL);
}

void
logged_end(void)
{
	log_tap(NULL, NULL);
}
