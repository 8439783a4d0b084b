/*
 * The language row by row: tests/data/filter-rows.txt, which tests/e2e/rows.sh puts to the
 * real BIRD as well.  A row is one test, named by its line.
 */
#include "filterroute.h"
#include "filtertext.h"
#include "filter/links.h"
#include "bgp/hops.h"

enum { ROWS_MAX = 1000, DEFS_MAX = 16384 };

struct row {
	char name[32];
	char *kind, *text, *want, *log;
	bool old;
};

static struct row rows[ROWS_MAX];
static size_t row_n;
static char defs[2][DEFS_MAX]; /* BIRD 2 and later, BIRD 1.6 */

/* The table in the source tree. */
static FILE *
table_open(void)
{
	const char *top = getenv("srcdir");
	char path[1024];

	snprintf(path, sizeof(path), "%s/tests/data/filter-rows.txt", top ? top : ".");
	return fopen(path, "r");
}

static void
row_add(char *line, unsigned number)
{
	struct row *r = &rows[row_n];
	char *field[4] = { line, NULL, NULL, NULL };

	for (int i = 1; i < 4 && field[i - 1]; i++) {
		field[i] = strchr(field[i - 1], '\t');
		if (field[i])
			*field[i]++ = 0;
	}
	r->old = strchr(line, '1') != NULL;
	if (strncmp(line, "def", 3) == 0) {
		char *to = defs[r->old];

		snprintf(to + strlen(to), DEFS_MAX - strlen(to), "%s\n", field[1]);
		free(line);
		return;
	}
	assert_true(row_n < ROWS_MAX - 1 && field[1]);
	snprintf(r->name, sizeof(r->name), "line %u: %s", number, line);
	r->kind = field[0];
	r->text = field[1];
	r->want = field[2] ? field[2] : "";
	r->log = field[3];
	row_n++;
}

static bool
table_read(void)
{
	FILE *f = table_open();
	char line[4096];

	if (!f)
		return false;
	for (unsigned n = 1; fgets(line, sizeof(line), f); n++) {
		line[strcspn(line, "\n")] = 0;
		if (*line && *line != '#')
			row_add(strdup(line), n);
	}
	fclose(f);
	return true;
}

/* `attribute TYPE NAME;` is a statement of the configuration, not of the language. */
static void
attributes_define(struct filtertext *t, const struct block *b)
{
	for (const struct stmt *s = b->first; s; s = s->next) {
		struct ast_def def = { .kind = DEF_ATTRIBUTE };

		if (s->kind != STMT_WORDS || s->n < 3 || s->n > 4 ||
		    strcmp(s->arg[0]->text, "attribute") != 0)
			continue;
		def.type = s->n == 3 ? s->arg[1]->text : "ip set";
		def.name = s->arg[s->n - 1]->text;
		def.at = s->at;
		assert_true(scope_define(t->scope, &def));
	}
}

static struct filtertext *
text_for(const struct row *r)
{
	struct filtertext *t = filtertext_new();
	const char *text = defs[r->old];

	scope_be_old(t->scope, r->old);
	attributes_define(t, parse_text(t->source, "rows", text, strlen(text)));
	assert_string_equal(t->errors, "");
	filtertext_define(t, text);
	assert_string_equal(t->errors, "");
	return t;
}

static void
expect_error(struct filtertext *t, const char *want)
{
	assert_string_not_equal(t->errors, "");
	/* where the text is BIRD's own, the row has it */
	if (want[1] && !strstr(t->errors, want + 1))
		assert_string_equal(t->errors, want + 1);
}

static void
eval_test(const struct row *r, struct filtertext *t)
{
	const struct ast *a = parse_expr(t->source, "row", r->text, strlen(r->text));
	const char *got = a ? scope_eval_print(t->scope, a, t->arena) : NULL;

	if (*r->want == '!') {
		expect_error(t, r->want);
		return;
	}
	assert_string_equal(t->errors, "");
	assert_string_equal(got, r->want);
}

/* As the import filter of tests/e2e/rowsdiff leaves it. */
static void
route_import(struct filtertext *t, const struct net *net, struct draft *d)
{
	struct filter *f = filtertext_filter(t, "filter { imported = 7; accept; }");
	struct route_source source = { .proto = "s1", .source = 1 };
	bool changed;

	assert_int_equal(filter_run(f, net, d, &source, &changed), FILTER_ACCEPT);
	filter_unref(f);
}

static void
row_route(struct draft *d, struct arena *arena)
{
	static const uint8_t path[] = { 2, 2, 0, 0, 0, 1, 0, 0, 0, 2 };
	static const uint8_t community[] = { 0xfd, 0xe9, 0, 1 };

	draft_init(d, arena);
	draft_set_u8(d, ATTR_ORIGIN, ORIGIN_IGP);
	draft_put(d, AF_TRANSITIVE, ATTR_AS_PATH, path, sizeof(path));
	draft_set_u32(d, ATTR_LOCAL_PREF, 100);
	draft_put(d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_COMMUNITY, community,
	    sizeof(community));
	draft_set_dest(d, DEST_BLACKHOLE);
	d->preference = 200;
}

/* A machine with a loopback interface, as BIRD is asked on. */
static bool
no_neighbor(const struct filter_links *l, const struct ip *ip, char ifname[HOP_IFNAME])
{
	(void)l, (void)ip, (void)ifname;
	return false;
}

static bool
is_loopback(const struct filter_links *l, const char *name)
{
	(void)l;
	return strcmp(name, "lo") == 0;
}

static const struct filter_links links = {
	.serial = 1, .neighbor = no_neighbor, .has = is_loopback
};

static void
filter_test(const struct row *r, struct filtertext *t)
{
	static const char *const results[] = { "reject", "accept", "error" };
	struct route_source source = {
		.proto = "s1", .source = 1, .links = &links
	};
	char text[4096];
	struct filter *f;
	struct draft d;
	struct net net;
	bool changed;

	snprintf(text, sizeof(text), "filter { %s }", r->text);
	f = filtertext_filter(t, text);
	if (*r->want == '!') {
		expect_error(t, r->want);
		filter_unref(f);
		return;
	}
	assert_string_equal(t->errors, "");
	assert_non_null(f);
	row_route(&d, t->arena);
	assert_true(net_parse("10.1.0.0/16", &net));
	if (!r->old)
		route_import(t, &net, &d);
	logged_begin();
	assert_string_equal(
	    results[filter_run(f, &net, &d, &source, &changed)], r->want);
	logged_end();
	if (r->log && !strstr(logged, r->log))
		assert_string_equal(logged, r->log);
	filter_unref(f);
}

static void
row_test(void **state)
{
	const struct row *r = *state;
	struct filtertext *t = text_for(r);

	if (strncmp(r->kind, "eval", 4) == 0)
		eval_test(r, t);
	else
		filter_test(r, t);
	filtertext_free(t);
}

int
main(void)
{
	if (!table_read()) {
		puts("no tests/data/filter-rows.txt");
		return 1;
	}
	for (size_t i = 0; i < row_n; i++)
		tests_add((struct CMUnitTest){ .name = rows[i].name,
		    .test_func = row_test,
		    .initial_state = &rows[i] });
	return tests_run("rows");
}
