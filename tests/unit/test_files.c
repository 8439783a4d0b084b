/*
 * Files of tests/conf: x.conf gives the dump x.ok, or the messages x.err.  With WRITE set
 * in the environment the expected files are written anew.
 */
#include "test.h"

#include <glob.h>
#include <unistd.h>

#include "base/arena.h"
#include "conf/model.h"

static char *
file_read(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;
	ssize_t len;

	if (!f)
		return NULL;
	len = getdelim(&text, &room, EOF, f);
	fclose(f);
	if (len < 0) {
		free(text);
		return strdup("");
	}
	return text;
}

/* A text that is forgotten while it is read says the same, and is no change. */
static void
check_forgotten(const char *path, const struct load_result *whole)
{
	struct load_result r = model_load_as(path, (struct load_wish){ .forget = true });
	struct plan *plan;
	unsigned i;

	assert_int_equal(r.message_n, whole->message_n);
	for (i = 0; i < r.message_n; i++) {
		assert_string_equal(r.message[i].text, whole->message[i].text);
		assert_int_equal(r.message[i].line, whole->message[i].line);
		assert_int_equal(r.message[i].col, whole->message[i].col);
		assert_true(!r.message[i].source == !whole->message[i].source);
		if (r.message[i].source)
			assert_string_equal(
			    r.message[i].source, whole->message[i].source);
	}
	assert_true(!r.model == !whole->model);
	plan = plan_make(whole->model, r.model);
	assert_int_equal(plan->step_n, 0);
	plan_free(plan);
	model_unref(r.model);
	arena_free(r.arena);
}

static char *
file_result(const char *path, bool *ok)
{
	struct load_result r = model_load(path);
	char *text = NULL, line[1024];
	size_t len;
	FILE *f = open_memstream(&text, &len);
	unsigned i;

	for (i = 0; i < r.message_n; i++) {
		message_format(&r.message[i], line, sizeof(line));
		fprintf(f, "%s%s\n", r.model ? "# " : "", line);
	}
	*ok = r.model != NULL;
	check_forgotten(path, &r);
	if (r.model)
		model_dump(r.model, f);
	fclose(f);
	model_unref(r.model);
	arena_free(r.arena);
	return text;
}

/* What a dump says reads back, without a word, to a model with the same dump. */
static void
check_fixed(const char *text)
{
	struct load_result r = model_load_text("dump", text, strlen(text));
	char *again = NULL;
	size_t len;
	FILE *f = open_memstream(&again, &len);

	assert_non_null(r.model);
	model_dump(r.model, f);
	fclose(f);
	while (*text == '#')
		text = strchr(text, '\n') + 1;
	assert_string_equal(again, text);
	model_unref(r.model);
	arena_free(r.arena);
	free(again);
}

static void
test_file(void **state)
{
	const char *path = *state;
	char expected[512], *got, *want;
	bool ok;
	FILE *f;

	got = file_result(path, &ok);
	snprintf(expected, sizeof(expected), "%.*s%s", (int)(strlen(path) - 5), path,
	    ok ? ".ok" : ".err");
	if (getenv("WRITE")) {
		f = fopen(expected, "w");
		fputs(got, f);
		fclose(f);
	}
	want = file_read(expected);
	assert_non_null(want);
	assert_string_equal(got, want);
	if (ok)
		check_fixed(got);
	free(want);
	free(got);
}

int
main(void)
{
	const char *srcdir = getenv("srcdir");
	struct CMUnitTest *tests;
	char folder[512];
	glob_t found;
	size_t i;
	int failed;

	snprintf(folder, sizeof(folder), "%s/tests/conf", srcdir ? srcdir : ".");
	if (chdir(folder) < 0 || glob("*.conf", 0, NULL, &found) != 0)
		return 99;
	tests = calloc(found.gl_pathc, sizeof(*tests));
	for (i = 0; i < found.gl_pathc; i++)
		tests[i] = (struct CMUnitTest){ .name = found.gl_pathv[i],
			.test_func = test_file,
			.initial_state = found.gl_pathv[i] };
	failed = _cmocka_run_group_tests("files", tests, found.gl_pathc, NULL, NULL);
	free(tests);
	globfree(&found);
	return failed;
}
