/* Near misses: what a misspelt word may have meant. */
#ifndef MYNAH_LANG_NEAR_H
#define MYNAH_LANG_NEAR_H

/* The closest of the words (up to a NULL), if close enough; else NULL. */
const char *near_word(const char *word, const char *const *words);

#endif
