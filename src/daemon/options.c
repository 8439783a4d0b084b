/*
 * Command line.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "conf/manual.h"
#include "control/version.h"
#include "daemon/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif
#ifndef RUNSTATEDIR
#define RUNSTATEDIR "/run"
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

static void
usage(FILE *f, const char *program)
{
	fprintf(
	    f, "Usage: %s [--version] [--help] [-c <config-file>] [OPTIONS]\n", program);
}

static void
help(const char *program)
{
	usage(stderr, program);
	fprintf(stderr,
	    "\n"
	    "Options:\n"
	    "  -4, -6               a file of BIRD 1.6 is bird's, is bird6's (also if "
	    "the "
	    "program is called so)\n"
	    "  -c <config-file>     configuration, default " SYSCONFDIR
	    "/bird/bird.conf\n"
	    "  -d                   stay in the foreground, log to standard error too\n"
	    "  -D <debug-file>      log everything to this file\n"
	    "  -f                   stay in the foreground\n"
	    "  -g <group>           run as this group\n"
	    "  -h, --help           this text\n"
	    "  -l                   configuration and control socket in the current "
	    "folder\n"
	    "  -p                   read the configuration, say what is wrong, end\n"
	    "  --dialect <name>     read it as 1.6, 1.6-ipv6, 2, 3, calico or "
	    "calico-ipv6;\n"
	    "                       by default the file tells\n"
	    "  --dump               with -p: print it, as BIRD 2 would have it\n"
	    "  --options            print the reference of options and statements\n"
	    "  -P <pid-file>        write the process id there\n"
	    "  -R                   recover after a restart (graceful restart)\n"
	    "  -s <control-socket>  default " RUNSTATEDIR "/bird/bird.ctl\n"
	    "  -u <user>            run as this user\n"
	    "  --version            the version\n");
}

static int
long_option(const char *arg, const char *program)
{
	if (strcmp(arg, "--version") == 0) {
		/* Scripts read the first line to know the language. */
		fprintf(stderr, "BIRD version %s\nmynah version %s\n", CONTROL_VERSION_2,
		    PACKAGE_VERSION);
		return 0;
	}
	if (strcmp(arg, "--options") == 0) {
		manual_print(stdout);
		return 0;
	}
	if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
		help(program);
		return 0;
	}
	return -1;
}

enum { OPTION_DUMP = 256, OPTION_DIALECT };

static const struct option long_options[] = {
	{ "dump", no_argument, NULL, OPTION_DUMP },
	{ "dialect", required_argument, NULL, OPTION_DIALECT },
	{ 0 },
};

static bool
option(struct options *o, int c)
{
	switch (c) {
	case 'c': o->config = optarg; return true;
	case '4':
	case '6': o->wish.family = (unsigned)(c - '0'); return true;
	case OPTION_DIALECT: return load_wish_parse(optarg, &o->wish);
	case OPTION_DUMP: o->dump = o->parse_only = true; return true;
	case 'd': o->debug = o->foreground = true; return true;
	case 'D': o->debug_file = optarg; return true;
	case 'f': o->foreground = true; return true;
	case 'g': o->group = optarg; return true;
	case 'l':
		o->config = "bird.conf";
		o->socket = "bird.ctl";
		return true;
	case 'p': o->parse_only = true; return true;
	case 'P': o->pid_file = optarg; return true;
	case 'R': o->recover = true; return true;
	case 's': o->socket = optarg; return true;
	case 'u': o->user = optarg; return true;
	default: return false;
	}
}

int
options_parse(struct options *o, int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	int c, status;

	*o = (struct options){
		.program = slash ? slash + 1 : argv[0],
		.config = SYSCONFDIR "/bird/bird.conf",
		.socket = RUNSTATEDIR "/bird/bird.ctl",
	};
	if (strcmp(o->program, "bird6") == 0 || strcmp(o->program, "mynahd6") == 0)
		o->wish.family = 6;
	if (argc == 2 && (status = long_option(argv[1], o->program)) >= 0)
		return status;
	while ((c = getopt_long(
		    argc, argv, "46c:dD:fg:hlpP:Rs:u:", long_options, NULL)) >= 0) {
		if (c == 'h') {
			help(o->program);
			return 0;
		}
		if (!option(o, c)) {
			usage(stderr, o->program);
			return 1;
		}
	}
	if (optind < argc) {
		usage(stderr, o->program);
		return 1;
	}
	return -1;
}
