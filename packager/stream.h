#ifndef STREAM_H
#define STREAM_H

#include "age.h"
#include "custody.h"
#include "names.h"
#include "packager.h"
#include "pick.h"
#include "sealed.h"
#include "spool.h"

/* The numbers sealed last that are gaps one behind the other: from when to when; STAMP_NONE: the last was none. */
struct outage {
	int is_known; /* was looked for, among what earlier runs have sealed */
	stamp_t from, to;
};

/*
 * One stream while a run works on it.  The lock records/CASE/IAP/lock is held all the time.
 */
struct stream {
	struct packager *p;
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	char label[NAMES_CASE_ROOM + NAMES_IAP_ROOM]; /* CASE/IAP, for messages */
	int casefd;                                   /* records/CASE */
	int recordsfd;                                /* records/CASE/IAP */
	int lockfd;
	struct spool *spool;
	struct picker *picker;
	struct sealed sealed;
	struct age_recipient recipients[AGE_RECIPIENTS_MAX]; /* whom the case is encrypted to */
	size_t recipient_count;                              /* 0: it is not */
	int wants_day;                                       /* does a destination want each day as one file? */
	struct outage outage;                                /* of notices.c */
	int is_revoked_known;                                /* was looked for, when the first slice was */
	stamp_t revoked;                                     /* as the custody log says; STAMP_NONE: it is not */
	struct custody *custody;                             /* opened when first needed; see stream_custody */
};

/**
 * stream_run(p, case_id, iap):
 * Seal what the stream's spool holds and close the days that are due.  What goes wrong is reported and remembered with
 * packager_fail; other streams are not touched by it.
 */
void stream_run(struct packager *, const char *, const char *);

/*
 * Say what failed, with errno's words and what it was about: the stream, one of its numbers, one of its days; and remember
 * the exit code.  Return -1.
 */
int stream_failed(const struct stream *, const char *);
int stream_number_failed(const struct stream *, uint64_t, const char *);
int stream_day_failed(const struct stream *, stamp_t, const char *);

/* The case's custody log as it stands, or, where it was cut, as it was known.  Return 0, or -1 after one diag line. */
int stream_custody(struct stream *, struct custody_known *);

/* Open (making it if need be) the day folder outbox/CASE/IAP/DAY.  Return its descriptor, or -1 after one diag line. */
int stream_open_day(const struct stream *, stamp_t);

/* Did this program journal ${event} about ${object} already?  1, 0, or -1 after one diag line. */
int stream_was_journalled(const struct stream *, const char *, const char *);

#endif
