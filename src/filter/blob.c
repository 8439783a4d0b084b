/*
 * The table of shared constants.  Only compiling and freeing filters comes here, so one
 * lock and a table that grows will do.
 */
#include "filter/blob.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"

static struct {
	pthread_mutex_t lock;
	struct blob **at;
	size_t n, room, bytes;
} table = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
grow(void)
{
	size_t room = table.room ? table.room * 2 : 64;
	struct blob **at = MEM_ARRAY(struct blob *, room), *b, *next;

	for (size_t i = 0; i < table.room; i++) {
		for (b = table.at[i]; b; b = next) {
			next = b->next;
			b->next = at[b->hash & (room - 1)];
			at[b->hash & (room - 1)] = b;
		}
	}
	mem_free(table.at);
	table.at = at;
	table.room = room;
}

static struct blob *
find(const void *data, size_t len, uint64_t hash)
{
	struct blob *b = table.room ? table.at[hash & (table.room - 1)] : NULL;

	while (b && (b->hash != hash || b->len != len || memcmp(b->data, data, len) != 0))
		b = b->next;
	return b;
}

static struct blob *
add(const void *data, size_t len, uint64_t hash)
{
	struct blob *b = mem_alloc(sizeof(*b) + len);

	if (table.n >= table.room)
		grow();
	*b = (struct blob){ .hash = hash, .len = (uint32_t)len };
	memcpy(b->data, data, len);
	b->next = table.at[hash & (table.room - 1)];
	table.at[hash & (table.room - 1)] = b;
	table.n++;
	table.bytes += len;
	return b;
}

struct blob *
blob_get(const void *data, size_t len)
{
	uint64_t hash = XXH3_64bits(data, len);
	struct blob *b;

	pthread_mutex_lock(&table.lock);
	b = find(data, len, hash);
	if (!b)
		b = add(data, len, hash);
	b->refs++;
	pthread_mutex_unlock(&table.lock);
	return b;
}

static void
drop(struct blob *b)
{
	struct blob **at = &table.at[b->hash & (table.room - 1)];

	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	table.n--;
	table.bytes -= b->len;
	mem_free(b);
	if (table.n)
		return;
	mem_free(table.at);
	table.at = NULL;
	table.room = 0;
}

void
blob_unref(struct blob *b)
{
	pthread_mutex_lock(&table.lock);
	assert(b->refs);
	if (!--b->refs)
		drop(b);
	pthread_mutex_unlock(&table.lock);
}

void
blob_usage(size_t *count, size_t *bytes)
{
	pthread_mutex_lock(&table.lock);
	*count = table.n;
	*bytes = table.bytes;
	pthread_mutex_unlock(&table.lock);
}
