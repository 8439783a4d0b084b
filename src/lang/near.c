/*
 * Near misses, by edit distance with swaps: `did you mean 'neighbor'?`
 */
#include "lang/near.h"

#include <stddef.h>
#include <string.h>

#define NEAR_MAX 32 /* longer words have no near miss */

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

static unsigned
distance(const char *a, size_t an, const char *b, size_t bn)
{
	unsigned row[NEAR_MAX + 1][NEAR_MAX + 1];
	size_t i, j;

	for (i = 0; i <= an; i++)
		row[i][0] = (unsigned)i;
	for (j = 0; j <= bn; j++)
		row[0][j] = (unsigned)j;
	for (i = 1; i <= an; i++)
		for (j = 1; j <= bn; j++) {
			row[i][j] = min3(row[i - 1][j] + 1, row[i][j - 1] + 1,
			    row[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && row[i - 2][j - 2] + 1 < row[i][j])
				row[i][j] = row[i - 2][j - 2] + 1;
		}
	return row[an][bn];
}

const char *
near_word(const char *word, const char *const *words)
{
	size_t len = strlen(word), other;
	unsigned best = len < 4 ? 2 : len < 8 ? 3 : 4, d;
	const char *near = NULL;

	if (len > NEAR_MAX || len < 2)
		return NULL;
	for (; *words; words++) {
		other = strlen(*words);
		if (other > NEAR_MAX || strcmp(word, *words) == 0)
			continue;
		d = distance(word, len, *words, other);
		if (d < best && d < other) {
			best = d;
			near = *words;
		}
	}
	return near;
}
