/*
 * The log where files fail it: nothing that is in a file is lost, nothing that comes waits.
 */
#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#include "base/log.h"
#include "base/mem.h"

static char folder[] = "/tmp/test_log.XXXXXX";
static char path[64], backup[64];

static void
setup_log(unsigned long limit)
{
	const struct log_dest dest = { .mask = LOG_MASK_ALL,
		.path = path,
		.limit = limit,
		.backup = limit ? backup : NULL };
	unsigned bad;

	assert_int_equal(log_setup(&dest, 1, false, "test", &bad), 0);
}

/* How often the text is in the file. */
static unsigned
count(const char *file, const char *text)
{
	static char buf[1 << 20];
	FILE *f = fopen(file, "r");
	unsigned n = 0;
	size_t len;

	if (!f)
		return 0;
	len = fread(buf, 1, sizeof(buf) - 1, f);
	buf[len] = 0;
	fclose(f);
	for (const char *p = buf; (p = strstr(p, text)); p++)
		n++;
	return n;
}

static int
begin(void **state)
{
	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/log", folder);
	snprintf(backup, sizeof(backup), "%s/old", folder);
	return 0;
}

static int
end(void **state)
{
	unsigned bad;

	(void)state;
	log_setup(NULL, 0, true, "test", &bad);
	unlink(path);
	unlink(backup);
	rmdir(folder);
	return 0;
}

static void
test_rotates(void **state)
{
	struct stat st;

	(void)state;
	setup_log(16384);
	for (unsigned i = 0; i < 300; i++)
		log_info("line %u of many", i);
	assert_int_equal(count(path, "of many") + count(backup, "of many"), 300);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 0 && st.st_size <= 16384);
}

/* The file is moved away, but there is none to take its place: the lines go on into it. */
static void
test_no_new_file(void **state)
{
	struct rlimit was, none;

	(void)state;
	setup_log(16384);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = (struct rlimit){ 0, was.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	for (unsigned i = 0; i < 600; i++)
		log_info("line %u of many", i);
	setrlimit(RLIMIT_NOFILE, &was);
	assert_int_equal(count(backup, "of many"), 600);
	log_info("line 600 of many");
	assert_int_equal(count(path, "of many"), 1);
	log_info("line 601 of many");
	assert_int_equal(count(path, "of many"), 2);
	assert_int_equal(count(backup, "of many"), 600);
}

/* A disk that is full in the middle of a line: the next one begins a line. */
static void
test_torn_line(void **state)
{
	struct rlimit was, room;
	char line[200];
	struct stat st;
	FILE *f;
	unsigned n = 0;

	(void)state;
	setup_log(0);
	log_info("first");
	assert_int_equal(stat(path, &st), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	room = (struct rlimit){ (rlim_t)st.st_size + 20, was.rlim_max };
	setrlimit(RLIMIT_FSIZE, &room);
	log_info("second");
	log_info("third");
	setrlimit(RLIMIT_FSIZE, &was);
	log_info("fourth");
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) && strncmp(line, "20", 2) == 0)
		n++;
	fclose(f);
	assert_int_equal(n, 3);
	assert_int_equal(count(path, "<INFO> fourth\n"), 1);
}

static void
dies_in_tap(void *ctx, enum log_class class, const char *line)
{
	(void)class;
	(void)line;
	if (ctx)
		mem_out(77);
	assert(!line);
}

/* The end says why even if it comes while a line is being written. */
static void
test_last_words(void **state)
{
	static int memory;

	(void)state;
	setup_log(0);
	for (unsigned i = 0; i < 2; i++) {
		pid_t pid = fork();
		int status;

		assert_true(pid >= 0);
		if (!pid) {
			signal(SIGABRT, SIG_DFL);
			setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
			close(STDERR_FILENO);
			log_tap(dies_in_tap, i ? NULL : &memory);
			log_info("a line");
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
	assert_int_equal(count(path, "<FATAL> Out of memory (77 bytes)\n"), 1);
	assert_int_equal(count(path, "dies_in_tap: assertion `!line' failed\n"), 1);
}

/* A socket that hears what is sent to the port; 0: any port, which is filled in. */
static int
hear(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(*port) };
	struct timeval wait = { .tv_sec = 10 };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

/* A host that refused one line gets the next. */
static void
test_host_comes_back(void **state)
{
	struct log_dest d = { .kind = LOG_TO_UDP, .mask = LOG_MASK_ALL, .path = "127.0.0.1" };
	char line[256] = "";
	unsigned bad;
	int fd;

	(void)state;
	fd = hear(&d.port);
	close(fd);
	assert_int_equal(log_setup(&d, 1, false, "test", &bad), 0);
	log_info("nobody hears");
	fd = hear(&d.port);
	log_info("somebody does");
	assert_true(recv(fd, line, sizeof(line) - 1, 0) > 0);
	assert_non_null(strstr(line, "test: somebody does"));
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rotates, begin, end),
		cmocka_unit_test_setup_teardown(test_no_new_file, begin, end),
		cmocka_unit_test_setup_teardown(test_torn_line, begin, end),
		cmocka_unit_test_setup_teardown(test_last_words, begin, end),
		cmocka_unit_test_setup_teardown(test_host_comes_back, begin, end),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
