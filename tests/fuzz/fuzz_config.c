/*
 * Configuration text: any input gives a model or messages, and the plan from a model to
 * the one of the same text is empty, also when the text is forgotten while it is read.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "conf/model.h"
#include "lang/parse.h"

static void
dump_and_read(const struct model *m)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	struct load_result again;

	model_dump(m, f);
	fclose(f);
	again = model_load_text("dump", text, len);
	model_unref(again.model);
	arena_free(again.arena);
	free(text);
}

static size_t
errors(const struct load_result *r)
{
	size_t n = 0, i;

	for (i = 0; i < r->message_n; i++)
		n += !r->message[i].warning;
	return n;
}

/* Where the text is forgotten the routes of a protocol are checked as they are read, else
 * at its end with all of it.  So once there are as many errors as one run tells, the same
 * errors are told, but which warnings came before the last of them may differ. */
static bool
same_told(const struct load_result *a, const struct load_result *b)
{
	return errors(a) == errors(b) &&
	       (a->message_n == b->message_n || errors(a) >= PARSE_ERRORS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct load_result first, second;
	struct plan *plan;
	char line[256];
	unsigned i;

	/* Not the files of whoever runs this. */
	if (size > 65536 || memmem(data, size, "include", 7))
		return 0;
	first = model_load_text("fuzz.conf", text, size);
	for (i = 0; i < first.message_n; i++)
		message_format(&first.message[i], line, sizeof(line));
	if (first.model) {
		second = model_load_text_as(
		    "fuzz.conf", text, size, (struct load_wish){ .forget = true });
		assert(second.model);
		assert(second.message_n == first.message_n);
		plan = plan_make(first.model, second.model);
		assert(plan->step_n == 0);
		plan_free(plan);
		model_unref(second.model);
		arena_free(second.arena);
		dump_and_read(first.model);
	} else {
		second = model_load_text_as(
		    "fuzz.conf", text, size, (struct load_wish){ .forget = true });
		assert(!second.model && same_told(&first, &second));
		arena_free(second.arena);
	}
	model_unref(first.model);
	arena_free(first.arena);
	return 0;
}
