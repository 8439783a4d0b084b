/*
 * Configurations read while memory fails.
 */
#include "nomem.h"

#ifdef NOMEM
#include "conf/model.h"

static void
read_configuration(void)
{
	const char *top = getenv("srcdir");
	struct load_result r;
	char path[512];

	snprintf(path, sizeof(path), "%s/examples/reflector.conf", top ? top : ".");
	r = model_load(path);
	if (r.model)
		model_unref(r.model);
	arena_free(r.arena);
}

static void
read_errors(void)
{
	static const char text[] =
	    "router id 1.2.3.4;\nfilter f { if net ~ [ 10.0.0.0/8+ ] then\n"
	    "accept; bogus; }\nprotocol bgp { neighbor; }\n";
	struct load_result r = model_load_text("x.conf", text, sizeof(text) - 1);

	if (r.model)
		model_unref(r.model);
	arena_free(r.arena);
}

static const struct nomem_row rows[] = {
	{ "a configuration is read", read_configuration },
	{ "a wrong configuration is read", read_errors },
};
#endif

int
main(void)
{
#ifdef NOMEM
	ADD_ROWS(rows, name, nomem_run);
	return tests_run("nomem");
#else
	return 77;
#endif
}
