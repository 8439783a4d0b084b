/*
 * Arrays in order of a number in each of their elements.
 */
#ifndef MYNAH_BASE_SORTED_H
#define MYNAH_BASE_SORTED_H

#include <stdint.h>

/* The place of the first of the n elements whose field is not below the key: where the key
 * is or would be.  list and key are evaluated at each step. */
#define SORTED_PLACE(list, n, field, key)                                                \
	__extension__({                                                                  \
		uint32_t lo_ = 0, hi_ = (n);                                             \
		while (lo_ < hi_) {                                                      \
			uint32_t mid_ = lo_ + (hi_ - lo_) / 2;                           \
			if ((list)[mid_].field < (key))                                  \
				lo_ = mid_ + 1;                                          \
			else                                                             \
				hi_ = mid_;                                              \
		}                                                                        \
		lo_;                                                                     \
	})

#endif
