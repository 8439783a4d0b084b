/*
 * The event loop: signals.
 */
#include <signal.h>

#include "test.h"

#include "base/clock.h"
#include "daemon/loop.h"

static struct loop *loop;
static unsigned heard[2];

static void
on_first(void *ctx)
{
	(void)ctx;
	if (heard[0]++ == 0)
		for (unsigned i = 0; i < 100; i++) /* while the first is looked at */
			raise(SIGUSR1);
}

static void
on_second(void *ctx)
{
	(void)ctx;
	heard[1]++;
}

static void
on_timer(void *ctx)
{
	(void)ctx;
	loop_stop(loop);
}

/* What comes a hundred times while something takes long is done once more, not a hundred
 * times. */
static void
test_signals(void **state)
{
	struct timer *t;

	(void)state;
	loop = loop_new();
	assert_non_null(loop);
	loop_signal(loop, SIGUSR1, on_first, NULL);
	loop_signal(loop, SIGUSR2, on_second, NULL);
	t = timer_new(loop, on_timer, NULL);
	timer_at(t, clock_mono_ms() + 200);
	for (unsigned i = 0; i < 100; i++)
		raise(SIGUSR1);
	raise(SIGUSR2);
	loop_run(loop, NULL, NULL, NULL);
	assert_int_equal(heard[0], 2);
	assert_int_equal(heard[1], 1);
	timer_free(t);
	loop_free(loop);
}

int
main(void)
{
	ADD_TEST(test_signals);
	return tests_run("loop");
}
