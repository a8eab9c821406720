#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "bindings.h"
#include "collect.h"
#include "cutlog.h"
#include "day.h"
#include "daysum.h"
#include "delivery.h"
#include "diag.h"
#include "fsio.h"
#include "notices.h"
#include "numbers.h"
#include "revoked.h"
#include "seal.h"
#include "settle.h"
#include "stop.h"

#include "stream.h"

#define REVOKED_LATE (5 * STAMP_SECOND) /* capture says so, and stops within one; and a small step of the clock */

int
stream_failed(const struct stream *s, const char *what)
{
	packager_fail(s->p, packager_status(errno));
	diag_err("%s: %s", s->label, what);
	return -1;
}

int
stream_number_failed(const struct stream *s, uint64_t seq, const char *what)
{
	packager_fail(s->p, packager_status(errno));
	diag_err("%s: number %ju: %s", s->label, (uintmax_t)seq, what);
	return -1;
}

int
stream_day_failed(const struct stream *s, stamp_t day, const char *what)
{
	char text[STAMP_DAY_TEXT];

	packager_fail(s->p, packager_status(errno));
	diag_err("%s: day %s: %s", s->label, stamp_day_format(text, day), what);
	return -1;
}

int
stream_custody(struct stream *s, struct custody_known *known)
{
	const struct custody_known *before = cutlog_of(s->p, s->case_id);

	if (before != NULL) {
		*known = *before;
		return 0;
	}
	if (s->custody == NULL)
		s->custody = custody_resume(s->casefd, 0);
	if (s->custody == NULL) {
		packager_fail(s->p, packager_status(errno));
		return -1;
	}
	known->lines = custody_lines(s->custody);
	memcpy(known->head, custody_head(s->custody), sizeof(known->head));
	return 0;
}

int
stream_open_day(const struct stream *s, stamp_t day)
{
	char path[sizeof("outbox//") + sizeof(s->label) + STAMP_DAY_TEXT], text[STAMP_DAY_TEXT];
	int fd;

	(void)snprintf(path, sizeof(path), "outbox/%s/%s", s->label, stamp_day_format(text, day)); /* has room */
	fd = fsio_mkdirs(s->p->statefd, path, PACKAGER_MODE_DIR);
	if (fd == -1)
		(void)stream_failed(s, path);
	return fd;
}

int
stream_was_journalled(const struct stream *s, const char *event, const char *object)
{
	return packager_was_journalled(s->p, event, object);
}

/* Lock the stream, then look at it. */
static int
open_stream(struct stream *s)
{
	char path[sizeof("records/") + sizeof(s->label)];

	(void)snprintf(path, sizeof(path), "records/%s", s->label); /* has room */
	s->recordsfd = fsio_mkdirs(s->p->statefd, path, PACKAGER_MODE_DIR);
	if (s->recordsfd == -1)
		return stream_failed(s, path);
	(void)snprintf(path, sizeof(path), "records/%s", s->case_id);
	s->casefd = fsio_opendirat(s->p->statefd, path);
	if (s->casefd == -1)
		return stream_failed(s, path);
	s->lockfd = fsio_lock(s->recordsfd, "lock", 0);
	if (s->lockfd == -1) {
		if (errno != EWOULDBLOCK)
			return stream_failed(s, "lock");
		diag_errx("%s: another packager is at work on it: try later", s->label);
		packager_fail(s->p, EX_TEMPFAIL);
		return -1;
	}
	s->spool = spool_open(s->p->statefd, s->case_id, s->iap, SPOOL_LIVE, 0);
	if (s->spool == NULL)
		return stream_failed(s, "spool");
	if (sealed_load(&s->sealed, s->recordsfd, s->case_id, s->iap) == -1) {
		packager_fail(s->p, packager_status(errno));
		return -1;
	}
	return numbers_check(s);
}

static void
close_stream(struct stream *s)
{
	const int fds[] = {s->casefd, s->recordsfd, s->lockfd};
	size_t i;

	picker_free(s->picker);
	custody_close(s->custody);
	sealed_clear(&s->sealed);
	spool_close(s->spool);
	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (fds[i] != -1)
			(void)close(fds[i]); /* folders, and the lock */
	}
}

/* The first package's station name owns the stream; a rotated key keeps the name. */
static int
check_station(const struct stream *s)
{
	if (s->sealed.station[0] == '\0' || strcmp(s->sealed.station, s->p->station->name) == 0)
		return 0;
	diag_errx("%s: belongs to station %s, not to %s", s->label, s->sealed.station, s->p->station->name);
	packager_fail(s->p, EX_CONFIG);
	return -1;
}

/*
 * Was the slice begun when the case was revoked already, as its custody log knows?  Capture that has lost all that it knew,
 * and is given an older copy of the orders, captures what no order allows: that is delivered to nobody.
 */
static int
forbid(struct stream *s, struct pick *pick)
{
	char begun[STAMP_TEXT], at[STAMP_TEXT];

	if (pick->kind != PICK_SLICE)
		return 0;
	if (!s->is_revoked_known && revoked_at(s->casefd, &s->revoked) == -1)
		return stream_failed(s, "custody.jsonl");
	s->is_revoked_known = 1;
	if (s->revoked == STAMP_NONE || pick->slice.open.realtime <= s->revoked + REVOKED_LATE)
		return 0;
	diag_errx(
	    "%s: number %ju: its slice was begun at %s, and the case was revoked at %s, as its custody log says",
	    s->label, (uintmax_t)pick->seq, stamp_format_seconds(begun, pick->slice.open.realtime),
	    stamp_format_seconds(at, s->revoked));
	packager_fail(s->p, EX_CONFIG);
	pick->kind = PICK_SPOILT;
	(void)snprintf(pick->why, sizeof(pick->why), "begun after its case was revoked"); /* has room */
	return 0;
}

/* Is there a next number to seal?  Seal it.  1: one was sealed, 0: there is none yet, -1: reported. */
static int
seal_next(struct stream *s)
{
	struct pick pick;
	int rc;

	picker_look(s->picker, s->sealed.next, &pick);
	if (pick.kind == PICK_NONE) {
		rc = 0;
	} else if (pick.kind == PICK_FAILED) {
		packager_fail(s->p, packager_status(errno));
		rc = -1;
	} else {
		rc = forbid(s, &pick) == 0 && seal_number(s, &pick) == 0 ? 1 : -1;
	}
	pick_clear(&pick);
	return rc;
}

static int
seal_all(struct stream *s)
{
	int capturefd = fsio_opendirat(s->p->statefd, "journal/capture"), rc = -1;
	stamp_t day;

	s->picker = picker_new(s->spool, capturefd, s->case_id, s->iap);
	if (s->picker == NULL) {
		packager_fail(s->p, packager_status(errno));
		goto out;
	}
	/* What was given since the orders were read, and followed in these slices. */
	if (bindings_collect_stream(s->p, s->case_id, s->iap) == -1)
		goto out;
	do {
		day = s->sealed.day;
		rc = seal_next(s);
		/* The first package of a day closes those before it; what follows waits for nothing. */
		if (rc == 1 && s->sealed.day != day && day_close_before(s) == -1)
			rc = -1;
	} while (rc == 1 && !stop_requested());
out:
	if (capturefd != -1)
		(void)close(capturefd); /* a folder */
	return rc == -1 ? -1 : 0;
}

/*
 * What capture said up to the end of the stream, a word that was taken back among it, stands in the custody log that the
 * last package and the last ledger have the head of, also if it ended after the journals were read.
 */
static int
take_the_last_word(const struct stream *s)
{
	if (spool_end(s->spool)->reason[0] != '\0' && s->sealed.next < spool_next(s->spool))
		collect_run(s->p); /* what goes wrong is reported and remembered */
	return 0;
}

void
stream_run(struct packager *p, const char *case_id, const char *iap)
{
	struct stream s = {.p = p, .casefd = -1, .recordsfd = -1, .lockfd = -1};

	/* Names that were judged, so that all have room. */
	(void)snprintf(s.case_id, sizeof(s.case_id), "%s", case_id);
	(void)snprintf(s.iap, sizeof(s.iap), "%s", iap);
	(void)snprintf(s.label, sizeof(s.label), "%s/%s", case_id, iap);
	if (packager_is_held_back(p, case_id))
		return; /* why was reported */
	/* Stopped half-way, more of a day may wait that the clock would close. */
	if (open_stream(&s) == 0 && check_station(&s) == 0 && take_the_last_word(&s) == 0 && delivery_find(&s) == 0 &&
	    settle_resume(&s) == 0 && day_resume(&s) == 0 && seal_all(&s) == 0 && !stop_requested() &&
	    notices_of_silence(&s) == 0 && day_close_due(&s) == 0)
		(void)daysum_publish(&s); /* its failures are remembered */
	close_stream(&s);
}
