#ifndef STREAM_H
#define STREAM_H

#include "blocked.h"
#include "destination.h"
#include "progress.h"
#include "session.h"

/*
 * One stream on its way to one destination.
 */

/* A destination for the length of a run, and how the run has fared there so far. */
struct visit {
	struct session *session; /* borrowed, as is all below */
	const struct uploader_options *opts;
	const struct conf_destination *conf;
	struct destination *destination;
	struct blocked *blocked;
	struct progress *progress;
	int status;        /* the gravest exit code so far */
	unsigned failures; /* of the server, in a row */
	stamp_t waiting;   /* since when the oldest file waits that could not be sent; STAMP_NONE: none does */
	int asks;          /* are acknowledgements looked for?  (acks_begin) */
	int is_over;       /* nothing more goes to this destination in this run */
};

/**
 * stream_deliver(visit, case_id, iap):
 * Send what has no receipt yet, day by day, and close each day whose files have all arrived with SHA256SUMS.  What goes
 * wrong is reported, journaled and accounted for in ${visit}.  Return 0, or -1 when our own disk or memory failed.
 */
int stream_deliver(struct visit *, const char *, const char *);

/**
 * stream_after(visit, case_id, iap):
 * What follows a day that is complete at the destination: its time stamp goes there, once there is one, and the LEA's
 * acknowledgement is fetched.  Return as above.
 */
int stream_after(struct visit *, const char *, const char *);

#endif
