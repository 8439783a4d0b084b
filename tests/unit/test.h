/*
 * cmocka with the headers it wants before it, in its order, and lists of tests that come
 * from tables of rows:
 *
 *	ADD_ROWS(rows, name, test_row);
 *	ADD_TEST(test_other);
 *	return tests_run("noun");
 *
 * They are counted as they come, so none is left out.
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

struct test_list {
	struct CMUnitTest *test;
	size_t n;
};

static inline struct test_list *
tests_list(void)
{
	static struct test_list list;

	return &list;
}

static inline void
tests_add(struct CMUnitTest t)
{
	struct test_list *l = tests_list();

	l->test = realloc(l->test, (l->n + 1) * sizeof(*l->test));
	if (!l->test || !t.name || !t.test_func)
		abort(); /* cmocka would leave it out */
	l->test[l->n++] = t;
}

#define ADD_TEST(fn) tests_add((struct CMUnitTest)cmocka_unit_test(fn))

/* A test for each row, which is its initial state; label: the field with its name. */
#define ADD_ROWS(rows, label, fn)                                                        \
	for (size_t i_ = 0; i_ < sizeof(rows) / sizeof(*(rows)); i_++)                   \
	tests_add((struct CMUnitTest){ .name = (rows)[i_].label,                         \
	    .test_func = (fn),                                                           \
	    .initial_state = (void *)(uintptr_t)&(rows)[i_] })

/* Those that were added, each between setup and teardown, or NULL.  How many failed; the
 * list is empty then. */
static inline int
tests_run_with(const char *name, CMFixtureFunction setup, CMFixtureFunction teardown)
{
	struct test_list *l = tests_list();
	size_t n = l->n;

	for (size_t i = 0; i < n; i++) {
		l->test[i].setup_func = setup ? setup : l->test[i].setup_func;
		l->test[i].teardown_func = teardown ? teardown : l->test[i].teardown_func;
	}
	l->n = 0;
	return _cmocka_run_group_tests(name, l->test, n, NULL, NULL);
}

static inline int
tests_run(const char *name)
{
	return tests_run_with(name, NULL, NULL);
}

#endif
