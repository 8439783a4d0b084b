/*
 * The compiled form of a filter in readable lines, for `show filter`.
 */
#ifndef MYNAH_FILTER_SHOW_H
#define MYNAH_FILTER_SHOW_H

#include "filter/filter.h"

#define FILTER_SHOW_MAX 10000 /* instructions; what follows is only counted */

typedef void filter_line_fn(void *ctx, const char *text);

void filter_show(const struct filter *, filter_line_fn *, void *ctx);

#endif
