/*
 * cmocka with the headers it wants before it, in its order.
 */
#ifndef MYNAH_TESTS_UNIT_TEST_H
#define MYNAH_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#endif
