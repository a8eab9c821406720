#ifndef VERIFY_EVENT_H
#define VERIFY_EVENT_H

#include <stddef.h>

#include "names.h"
#include "stamp.h"

/*
 * What happened to a day, or to a case, after it was sealed, and on whose word: each was proven before it gets here, by a
 * time stamp, a signature or the chain of the custody log.
 */
enum verify_event_kind {
	EVENT_ATTESTED, /* a time stamp over the day's list */
	EVENT_RECEIVED, /* the LEA's acknowledgement of the day */
	EVENT_PURGED,   /* the day's payload, with a certificate */
	EVENT_NOTICED,  /* the station told of an anomaly before the day was over */
	EVENT_HELD,     /* these of the case */
	EVENT_RELEASED,
	EVENT_ATTACHED,
	EVENT_RESET, /* what capture had in mind was lost, and began anew */
	EVENT_BEGUN  /* the custody log was */
};

struct verify_event {
	enum verify_event_kind kind;
	char case_id[NAMES_CASE_ROOM], iap[NAMES_IAP_ROOM]; /* iap "": it is of the case */
	stamp_t day;                                        /* STAMP_NONE with that */
	stamp_t at;
	char who[129];
	char what[401]; /* any bytes */
};

struct verify_events {
	struct verify_event *at; /* in the order in which they were found */
	size_t count, room;
};

/* Add one.  Return 0, or -1 with errno ENOMEM. */
int verify_event_add(struct verify_events *, const struct verify_event *);

/* The one that tells of the same act of the same party at the same time, or NULL. */
struct verify_event *verify_event_find(const struct verify_events *, const struct verify_event *);
void verify_events_free(struct verify_events *);

/* "attested" ... */
const char *verify_event_word(enum verify_event_kind);

#endif
