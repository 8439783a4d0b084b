/*
 * Free indices: a bit for each, and above them a bit for each word.
 */
#include "rib/freeset.h"

static inline uint64_t *
word(const struct slab *s, uint32_t i)
{
	return (uint64_t *)(void *)s->mem + i;
}

static inline uint64_t
bit(uint32_t i)
{
	return UINT64_C(1) << (i % 64);
}

void
freeset_fini(struct freeset *f)
{
	slab_free(&f->bits);
	slab_free(&f->words);
}

void
freeset_add(struct freeset *f, uint32_t i)
{
	slab_fit(&f->bits, ((size_t)i / 64 + 1) * sizeof(uint64_t));
	slab_fit(&f->words, ((size_t)i / 4096 + 1) * sizeof(uint64_t));
	*word(&f->bits, i / 64) |= bit(i);
	*word(&f->words, i / 4096) |= bit(i / 64);
	f->n++;
	if (i / 4096 < f->hint)
		f->hint = i / 4096;
}

static void
del(struct freeset *f, uint32_t i)
{
	uint64_t *w = word(&f->bits, i / 64);

	*w &= ~bit(i);
	if (!*w)
		*word(&f->words, i / 4096) &= ~bit(i / 64);
	f->n--;
}

uint32_t
freeset_take(struct freeset *f)
{
	uint32_t i;

	while (!*word(&f->words, f->hint))
		f->hint++;
	i = f->hint * 64 + (uint32_t)__builtin_ctzll(*word(&f->words, f->hint));
	i = i * 64 + (uint32_t)__builtin_ctzll(*word(&f->bits, i));
	del(f, i);
	return i;
}

static bool
has(const struct freeset *f, uint32_t i)
{
	return (i / 64 + 1) * sizeof(uint64_t) <= f->bits.size &&
	       *word(&f->bits, i / 64) & bit(i);
}

uint32_t
freeset_cut(struct freeset *f, uint32_t end)
{
	while (end && has(f, end - 1)) {
		uint64_t *w = word(&f->bits, (end - 1) / 64);

		if (end % 64 || *w != UINT64_MAX) {
			del(f, --end);
			continue;
		}
		*w = bit(end - 64); /* all of a word at once, but for one */
		f->n -= 63;
		del(f, end -= 64);
	}
	return end;
}
