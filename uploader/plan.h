#ifndef PLAN_H
#define PLAN_H

#include "session.h"
#include "uploader_options.h"

/*
 * What a run has to do: the streams of the outbox and who is to have each.
 */
struct route {
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	char names[ORDER_DESTINATIONS_MAX][NAMES_DEST_ROOM];
	size_t name_count;
};

struct plan {
	struct session *session; /* borrowed */
	const struct uploader_options *opts;
	struct route *routes;
	size_t count;
	int status; /* the gravest exit code */
	int is_resend_found;
	int is_stale;   /* orders or outbox tell otherwise by now */
	unsigned users; /* who may free it (deliver.c) */
};

/* Find them, as far as the options ask for.  Return 0, or -1 after one diag line; status tells what else was wrong. */
int plan_make(struct plan *);
void plan_clear(struct plan *);

/* Would it be made the same now, from the session's orders and the outbox?  1, 0, or -1 after one diag line. */
int plan_is_current(const struct plan *);

/* Is the ${i}th stream to go to that destination / is any? */
int plan_has(const struct plan *, size_t, const char *);
int plan_is_visited(const struct plan *, const char *);

#endif
