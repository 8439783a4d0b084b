/*
 * What sessions do, in an MRT file (RFC 6396, 4.4): `mrtdump "file"` names it, `mrtdump
 * { states, messages }` of a protocol asks for it.
 *
 * Main opens the file, at each configure anew as it may have been moved away, and publishes
 * its descriptor; io threads append records, one thread at a time, so that what a full disk
 * has taken of one can be taken back.  A descriptor that is replaced is closed when every io
 * thread has been heard of since.  A file that takes no more is no
 * reason to stop, but the log says so, every now and then.
 */
#include "daemon/mrtlog.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "bgp/mrt.h"
#include "daemon/io.h"
#include "daemon/mrt.h"
#include "daemon/peerimpl.h"
#include "daemon/task.h"

#define SAY_MS UINT64_C(60000) /* between two complaints */

/*
 * Main: the file.
 */
static void
heard(void *owner, void *arg)
{
	(void)owner;
	(void)arg;
}

static void
file_replace(struct daemon *d, int fd)
{
	int old = atomic_exchange(&d->mrt_out, fd + 1) - 1;

	if (old < 0)
		return;
	for (unsigned i = 0; i < d->io_n; i++)
		task_call(io_mailbox(d->io[i]), heard, NULL);
	close(old);
}

void
mrtlog_model(struct runtime *rt)
{
	const char *name = rt->model->mrt_file, *was = rt->mrt_file;
	bool same = was && name && strcmp(was, name) == 0;
	int fd = name ? mrt_file_open(name) : -1;

	atomic_store(&rt->daemon->mrt_failed_ms, 0);
	if (name && fd < 0)
		log_error("Unable to open MRTDump file '%s': %s", name, strerror(-fd));
	if (!same) {
		mem_free(rt->mrt_file);
		rt->mrt_file = name ? mem_strdup(name) : NULL;
	}
	if (fd >= 0 || !same) /* else what is open stays */
		file_replace(rt->daemon, fd < 0 ? -1 : fd);
}

void
mrtlog_end(struct runtime *rt)
{
	int fd = atomic_exchange(&rt->daemon->mrt_out, 0) - 1;

	if (fd >= 0)
		close(fd);
	mem_free(rt->mrt_file);
}

/*
 * Io threads: records.
 */
static struct mrt_session
describe(const struct peer *p, enum conn_id id, const struct codec *codec)
{
	const struct session_conf *s = &p->setup->session;
	struct mrt_session m = { .local_as = s->local_as,
		.remote_as = codec->remote_as ? codec->remote_as : s->remote_as,
		.remote = p->setup->remote_ip,
		.local = conn_local(p, &p->conn[id]),
		.as4 = codec->as4 };

	return m;
}

/* Of all io threads one says it. */
static void
complain(struct daemon *d, int err)
{
	uint64_t now = clock_mono_ms(), last = atomic_load(&d->mrt_failed_ms);

	if (last && now - last < SAY_MS)
		return;
	if (atomic_compare_exchange_strong(&d->mrt_failed_ms, &last, now))
		log_error("Unable to write to the MRTDump file: %s", strerror(err));
}

static pthread_mutex_t file_lock = PTHREAD_MUTEX_INITIALIZER;

static void
append(const struct peer *p, struct mrt *m)
{
	int fd, err;

	pthread_mutex_lock(&file_lock);
	fd = atomic_load(&p->daemon->mrt_out) - 1;
	err = fd < 0 ? 0 : mrt_file_append(fd, m->at, m->len);
	pthread_mutex_unlock(&file_lock);
	if (err)
		complain(p->daemon, -err);
	mrt_free(m);
}

void
mrtlog_message(const struct peer *p, enum conn_id id, const struct codec *codec,
    const uint8_t *msg, size_t len)
{
	struct mrt_session s;
	struct mrt m = { 0 };

	if (!(p->setup->mrtdump & MRTDUMP_MESSAGES) || !atomic_load(&p->daemon->mrt_out))
		return;
	s = describe(p, id, codec);
	s.add_path = mrt_has_path_ids(codec->add_path_rx, msg, len);
	mrt_message(&m, (uint32_t)(clock_wall_ms() / 1000), &s, msg, len);
	append(p, &m);
}

void
mrtlog_state(const struct peer *p, enum conn_id id, const struct codec *codec,
    enum fsm_state from, enum fsm_state to)
{
	struct mrt_session s;
	struct mrt m = { 0 };

	if (!(p->setup->mrtdump & MRTDUMP_STATES) || !atomic_load(&p->daemon->mrt_out))
		return;
	s = describe(p, id, codec);
	mrt_state(&m, (uint32_t)(clock_wall_ms() / 1000), &s, from, to);
	append(p, &m);
}
