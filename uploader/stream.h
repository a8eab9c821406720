#ifndef STREAM_H
#define STREAM_H

#include "blocked.h"
#include "destination.h"
#include "progress.h"
#include "session.h"

/*
 * One stream on its way to one destination.  It is the caller's turn (turn.h) wherever a function here begins or ends.
 */
struct lanes;

#define FAILURES_MAX 3

/* How a run has fared with a destination so far: what its lanes share. */
struct standing {
	int status;          /* the gravest exit code */
	unsigned streams[2]; /* that failed in a row, by files that had not failed before / that had */
	unsigned failures;   /* files in a row */
	int is_broken;       /* it failed in a way that may pass: it is left alone for a while */
	char why[256];       /* the failure that broke it */
	uint32_t floor;      /* as long at least, the server asked */
	int has_taken;       /* something arrived */
	int is_over;         /* nothing more goes to this destination in this run */
	stamp_t waiting;     /* since when the oldest file waits that could not be sent; STAMP_NONE: none does */
	uint64_t seen, again,
	    differ;          /* --audit: files found there, missing and sent again, not as they were delivered */
	uint64_t strangers;  /* and that are not ours */
	int is_unlisted;     /* it was said that it shows no listing */
	int is_telling;      /* a lane is at work on notices */
	stamp_t told;        /* when was last looked for new ones */
	stamp_t begun, read; /* when it began, and orders were last read */
	struct lanes *lanes; /* NULL: there is but one */
};

/* A destination as one lane sees it, for the length of a run. */
struct visit {
	struct session *session; /* borrowed, as is all below */
	const struct uploader_options *opts;
	const struct conf_destination *conf;
	const struct destination_limits *limits;
	struct standing *standing;
	struct blocked *blocked;
	struct progress *progress;
	struct destination *destination; /* the lane's own */
	uint32_t keep_days;              /* what its case's order says of keeping; 0: the configuration does */
	int asks;                        /* are acknowledgements looked for?  (acks_begin) */
	void (*between)(struct visit *, void *); /* NULL, or called before each file */
	void *between_cookie;
};

/**
 * stream_deliver(visit, case_id, iap):
 * Send what has no receipt yet, day by day, and close each day whose files have all arrived with SHA256SUMS.  What goes
 * wrong is reported, journaled and accounted for in the standing.  Return 0, or -1 when our own disk or memory failed.
 */
int stream_deliver(struct visit *, const char *, const char *);

/**
 * stream_notices(visit, case_id, iap):
 * Send anomaly notices that have no receipt yet, at whatever hour: they wait for nothing that lies in the queue.
 * Return as above.
 */
int stream_notices(struct visit *, const char *, const char *);

/**
 * stream_after(visit, case_id, iap):
 * What follows a day that is complete at the destination: its time stamp goes there, once there is one, and the LEA's
 * acknowledgement is fetched.  Return as above.
 */
int stream_after(struct visit *, const char *, const char *);

#endif
