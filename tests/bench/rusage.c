/*
 * Runs a program and says what it took: "CPU-SECONDS MAX-RESIDENT-KILOBYTES STATUS".  A
 * process inherits the highest residence of what it was before exec(), so that whoever
 * measures a small program has to be a small one.
 *
 * Usage: rusage PROGRAM [ARG...]
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int
child(char **argv)
{
	int null = open("/dev/null", O_RDWR), fd;

	for (fd = 0; fd < 3; fd++)
		if (dup2(null, fd) < 0)
			return 126;
	execvp(argv[0], argv);
	return 127;
}

static double
seconds(const struct timeval *tv)
{
	return (double)tv->tv_sec + (double)tv->tv_usec / 1e6;
}

int
main(int argc, char **argv)
{
	struct rusage used;
	int status;
	pid_t pid;

	if (argc < 2) {
		fprintf(stderr, "usage: rusage PROGRAM [ARG...]\n");
		return 2;
	}
	pid = fork();
	if (pid == 0)
		_exit(child(argv + 1));
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid) {
		perror("rusage");
		return 1;
	}
	printf("%.6f %ld %d\n", seconds(&used.ru_utime) + seconds(&used.ru_stime),
	    used.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	return 0;
}
