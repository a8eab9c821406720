#ifndef SEALING_H
#define SEALING_H

#include <sys/stat.h>

#include "asked.h"
#include "collect.h"
#include "keyring.h"
#include "orders.h"
#include "package.h"
#include "packager.h"
#include "stop.h"
#include "stream.h"

#include "streams.h"

/*
 * What tests of the packager need: a station with its keyring, a clock that the test sets, slices in the spool, and one
 * whole run as main() makes it, without the sandbox.
 */
static struct sign_key *sealing_key;
static struct conf sealing_conf;
static char sealing_keyring[512];
static stamp_t sealing_clock;
static const char *sealing_orders_key; /* an age identity; NULL: the packager has none */

static inline stamp_t
sealing_now(void)
{
	return sealing_clock;
}

static inline void
sealing_set_keyring(const struct sign_key *key, const char *name)
{
	char text[SIGN_KEY_TEXT];

	sign_pub_format(sign_key_pub(key), text);
	assert_true(snprintf(sealing_keyring, sizeof(sealing_keyring),
			"casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 1\n"
			"approver: %s name=officer from=2026-01-01T00:00:00Z\n"
			"station: %s name=%s from=2026-01-01T00:00:00Z\n",
			text, text, name) < (int)sizeof(sealing_keyring));
}

static inline int
sealing_set_up(void **state)
{
	assert_int_equal(sign_init(), 0);
	streams_set_up(state);
	scratch_remove("orders");
	assert_int_equal(mkdir(scratch_path("orders"), 0755), 0);
	sealing_clock = STREAMS_T0 + 3600 * STAMP_SECOND;
	sign_key_free(sealing_key);
	sealing_key = sign_key_generate();
	assert_non_null(sealing_key);
	sealing_set_keyring(sealing_key, "tower-7");
	memset(&sealing_conf, 0, sizeof(sealing_conf));
	strcpy(sealing_conf.sha256, STREAMS_HEX);
	sealing_conf.station = (char *)(uintptr_t) "Example Wireless LLC";
	free(sealing_conf.orders_dir);
	sealing_conf.orders_dir = strdup(scratch_path("orders"));
	return 0;
}

static inline int
sealing_tear_down(void **state)
{
	sign_key_free(sealing_key);
	sealing_key = NULL;
	free(sealing_conf.orders_dir);
	sealing_conf.orders_dir = NULL;
	return streams_tear_down(state);
}

static inline int
sealing_each(void *cookie, const char *case_id, const char *iap)
{
	stream_run(cookie, case_id, iap);
	return 0;
}

/* One run; the exit code. */
static inline int
sealing_run(void)
{
	struct packager p = {
	    .conf = &sealing_conf, .statefd = streams_statefd, .now = sealing_now, .key = sealing_key};
	int status = 0;

	p.keyring = keyring_parse(sealing_keyring, strlen(sealing_keyring), "keyring");
	assert_non_null(p.keyring);
	if (sealing_orders_key != NULL)
		p.orders_key = age_identities_parse(sealing_orders_key, strlen(sealing_orders_key));
	p.station = keyring_find(p.keyring, KEYRING_STATION, sign_key_pub(sealing_key)->id);
	assert_non_null(p.station);
	assert_int_equal(buf_puts(&p.keyring_text, sealing_keyring), 0);
	assert_int_equal(buf_puts(&p.keyring_sig, "signature\n"), 0);
	if (packager_begin(&p, &status) == 0) {
		orders_collect(&p);
		collect_run(&p);
		(void)spool_each_stream(p.statefd, "spool", sealing_each, &p);
		asked_run(&p);
		collect_run(&p);
		status = p.status;
	}
	p.key = NULL;
	p.statefd = -1;
	packager_release(&p);
	return status;
}

/* The same; what it says is for scratch_expect(). */
static inline int
sealing_run_quietly(void)
{
	int status;

	scratch_listen();
	status = sealing_run();
	scratch_heard();
	return status;
}

/* Take, fill and commit one slice of the window. */
static inline void
sealing_slice(struct spool *s, stamp_t from, stamp_t to, unsigned frames)
{
	struct slice_record r;
	int fd;

	streams_draft(&r, from, to);
	assert_int_equal(spool_take(s, &r, &fd), 0);
	streams_fill(fd, from, frames);
	streams_close(fd, &r);
	r.close.realtime = to;
	assert_int_equal(spool_commit(s, &r), 0);
	slice_record_clear(&r);
}

/* ${count} slices of five minutes from ${from}. */
static inline void
sealing_slices(stamp_t from, unsigned count)
{
	struct spool *s = streams_open();
	unsigned i;

	for (i = 0; i < count; i++)
		sealing_slice(s, from + i * 300 * STAMP_SECOND, from + (i + 1) * 300 * STAMP_SECOND, i % 3);
	spool_close(s);
}

/* The path of a file of the stream's day folder, below the scratch folder. */
static inline const char *
sealing_outbox(const char *day, const char *name)
{
	static char paths[4][512];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	assert_true(snprintf(path, sizeof(paths[0]), "state/outbox/" STREAMS_CASE "/" STREAMS_IAP "/%s/%s", day,
			name) < (int)sizeof(paths[0]));
	return path;
}

static inline const char *
sealing_package(const char *day, uint64_t seq)
{
	char name[NAMES_FILE_ROOM];

	return sealing_outbox(day, names_package(name, STREAMS_CASE, STREAMS_IAP, seq, ".tar"));
}

static inline int
sealing_exists(const char *name)
{
	return access(scratch_path(name), F_OK) == 0;
}

/* Judge a published package; the caller clears ${facts}. */
static inline enum package_verdict
sealing_check(const char *day, uint64_t seq, struct package_facts *facts)
{
	struct keyring *k = keyring_parse(sealing_keyring, strlen(sealing_keyring), "keyring");
	enum package_verdict verdict;
	const char *path = scratch_path(sealing_package(day, seq));
	char why[256];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		fail_msg("%s: %s", path, strerror(errno));
	verdict = package_check_fd(fd, strrchr(path, '/') + 1, k, facts, why, sizeof(why));
	if (verdict != PACKAGE_INTACT)
		print_message("%s: %s\n", path, why);
	assert_int_equal(close(fd), 0);
	keyring_free(k);
	return verdict;
}

/* The whole of a file below the scratch folder; the caller frees. */
static inline void
sealing_load(const char *name, struct buf *out)
{
	const char *path = scratch_path(name);

	if (fsio_load_path(path, 64 * 1024 * 1024, out) == -1)
		fail_msg("%s: %s", path, strerror(errno));
}

#endif
