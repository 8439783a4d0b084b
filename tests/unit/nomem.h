/*
 * Memory that fails: each allocation in its turn, our own and the libraries'.  Either
 * nothing of it is seen, or the process ends with a line that says so; it never goes on with
 * what it has not got.
 *
 * The allocator stands in front of libc's, and each attempt is a process of its own.  With a
 * sanitizer's allocator nothing is tried: NOMEM is not defined.
 */
#ifndef MYNAH_TESTS_UNIT_NOMEM_H
#define MYNAH_TESTS_UNIT_NOMEM_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)
#define NOMEM 1

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t to, size_t size);

static unsigned long countdown; /* 0: nothing fails */

static bool
fails(void)
{
	if (!countdown || --countdown)
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}

void *
aligned_alloc(size_t to, size_t size)
{
	return fails() ? NULL : __libc_memalign(to, size);
}

struct nomem_row {
	const char *name;
	void (*work)(void);
};

/* Status of the attempt that has no n-th allocation; what it said. */
static int
attempt(const struct nomem_row *row, unsigned long n, char *said, size_t size, bool *all)
{
	int out[2], status;
	ssize_t len;
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		dup2(out[1], STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		signal(SIGSEGV, SIG_DFL);
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		countdown = n;
		row->work();
		_exit(countdown ? 10 : 0);
	}
	close(out[1]);
	len = read(out[0], said, size - 1);
	said[len < 0 ? 0 : len] = 0;
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	*all = WIFEXITED(status) && WEXITSTATUS(status) == 10;
	return status;
}

static void
nomem_run(void **state)
{
	const struct nomem_row *row = *state;
	char said[512];
	bool all = false;
	unsigned long n;

	for (n = 1; !all && n < 100000; n++) {
		int status = attempt(row, n, said, sizeof(said), &all);

		if (all || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
			continue;
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT ||
		    !strstr(said, "Out of memory ("))
			fail_msg("allocation %lu: status %x, said: %s", n,
			    (unsigned)status, said);
	}
	assert_true(all);
	assert_true(n > 20);
}

#endif
#endif
