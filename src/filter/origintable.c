/*
 * Tables of origins, by number.  Numbers are never given anew: an old filter may still
 * have one.
 */
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "filter/origin.h"

static struct {
	char *name;
	enum net_type type;
	struct origins *_Atomic set;
} tables[ORIGIN_TABLES_MAX];
static uint32_t table_n = 1; /* 0 is no table */

uint32_t
origin_table(const char *name, enum net_type type)
{
	for (uint32_t i = 1; i < table_n; i++)
		if (tables[i].type == type && strcmp(tables[i].name, name) == 0)
			return i;
	if (table_n == ORIGIN_TABLES_MAX)
		return 0;
	tables[table_n].name = mem_strdup(name);
	tables[table_n].type = type;
	return table_n++;
}

enum net_type
origin_table_type(uint32_t id)
{
	return tables[id].type;
}

const char *
origin_table_name(uint32_t id)
{
	return tables[id].name;
}

struct origins *
origin_table_publish(uint32_t id, struct origins *set)
{
	return atomic_exchange_explicit(&tables[id].set, set, memory_order_acq_rel);
}

const struct origins *
origin_table_get(uint32_t id)
{
	return atomic_load_explicit(&tables[id].set, memory_order_acquire);
}
