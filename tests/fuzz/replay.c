/*
 * A fuzz target built plain: gives each file of its corpus to the target once, so that what
 * fuzzing found once is tried in every `make check`.  Without arguments: nothing to do, 77.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned files;

static void
replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	size_t size;

	if (!f) {
		perror(path);
		exit(1);
	}
	data = malloc(1 << 20);
	size = fread(data, 1, 1 << 20, f);
	fclose(f);
	data = realloc(data, size ? size : 1); /* tight, for the address sanitizer */
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	files++;
}

static void
replay_dir(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[4096];

	if (!d)
		exit(77);
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		replay_file(path);
	}
	closedir(d);
}

int
main(int argc, char **argv)
{
	const char *dir = getenv("CORPUS"), *src = getenv("srcdir");
	const char *noun = strstr(argv[0], "replay_");
	char path[2048];

	if (!dir && src && noun) { /* run by `make check` as replay_<noun> */
		snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", src, noun + 7);
		dir = path;
	}
	for (int i = 1; i < argc; i++)
		replay_file(argv[i]);
	if (argc == 1 && dir)
		replay_dir(dir);
	printf("%u inputs replayed\n", files);
	return files ? 0 : 77;
}
