/*
 * null-reflector: the floor of every benchmark.
 *
 * Takes the sessions of loadgen like a reflector, and copies what the first sender says, byte
 * for byte, to every receiver: no table, no decision, no attributes.  What a reflector needs
 * above this is its own work; what loadgen needs against this is loadgen's.  The bytes are
 * kept once and written from there in blocks as large as the kernel takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/wire.h"
#include "../tools/args.h"
#include "../tools/speaker.h"

#define LOG_SIZE ((size_t)4 << 30) /* address space; memory only as it is written */

struct floor {
	struct speaker *speaker;
	struct client *source;
	uint8_t *log;
	size_t len, told; /* receivers have been given the log up to `told` */
	struct ip at;
	uint16_t port;
	uint32_t as;
};

static void
on_raw(struct client *c, void *ctx, const uint8_t *body, size_t len)
{
	struct floor *f = ctx;
	size_t whole = len + BGP_HEADER_LEN;

	if (c != f->source)
		return;
	if (f->len + whole > LOG_SIZE)
		die("null-reflector: the log is full");
	memset(f->log + f->len, 0xff, 16);
	put_u16(f->log + f->len + 16, (uint16_t)whole);
	f->log[f->len + 18] = BGP_UPDATE;
	memcpy(f->log + f->len + BGP_HEADER_LEN, body, len);
	f->len += whole;
}

static void
on_up(struct client *c, void *ctx)
{
	struct floor *f = ctx;

	if (c != f->source)
		client_send_borrowed(c, f->log, f->told);
}

static const struct client_ops ops = {
	.up = on_up,
	.raw = on_raw,
};

static void
tell(struct floor *f)
{
	for (size_t i = 0; i < speaker_count(f->speaker) && f->told < f->len; i++) {
		struct client *c = speaker_client(f->speaker, i);

		if (c != f->source)
			client_send_borrowed(c, f->log + f->told, f->len - f->told);
	}
	f->told = f->len;
}

static void
add_sessions(struct floor *f)
{
	char role[16], addr[64];
	struct client_conf conf = { .local = f->at,
		.port = f->port,
		.local_as = f->as,
		.remote_as = f->as,
		.router_id = 0xc0000201,
		.hold_s = 90,
		.family = { true },
		.passive = true,
		.ops = &ops,
		.ctx = f };

	while (scanf("%15s %63s", role, addr) == 2) {
		struct client *c;

		conf.name = addr;
		conf.remote = args_ip("standard input", addr);
		c = speaker_add(f->speaker, &conf);
		if (!f->source && strcmp(role, "sender") == 0)
			f->source = c;
		client_start(c);
	}
	if (!f->source)
		die("null-reflector: no sender on standard input");
}

static void
read_options(struct floor *f, int argc, char **argv)
{
	const struct arg list[] = {
		{ "at", "ADDR:PORT", "listen there", .ip = &f->at, .port = &f->port },
		{ "as", "AS", "AS number of both sides", .u32 = &f->as },
	};
	const struct args args = {
		"usage: loadgen ... --list | null-reflector --at ADDR:PORT --as AS\n\n"
		"Copies the first sender's messages to all receivers.  Standard input "
		"lists the "
		"sessions\nto expect, as loadgen --list prints them: `sender ADDR' and "
		"`receiver ADDR'.\n",
		NULL, list, sizeof(list) / sizeof(list[0])
	};

	args_read(&args, argc, argv);
	if (!f->port || !f->as)
		args_usage(&args);
}

int
main(int argc, char **argv)
{
	struct floor f = { 0 };
	const volatile int *stop = args_catch_signals();
	int err;

	read_options(&f, argc, argv);
	f.log = mmap(NULL, LOG_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (f.log == MAP_FAILED)
		die("null-reflector: no address space");
	f.speaker = speaker_new();
	add_sessions(&f);
	err = speaker_listen(f.speaker, &f.at, f.port);
	if (err)
		die("--at: %s", strerror(-err));
	while (!*stop) {
		speaker_run(f.speaker, clock_mono_ms() + 1000);
		tell(&f);
	}
	speaker_free(f.speaker);
	munmap(f.log, LOG_SIZE);
	return 0;
}
