#ifndef DOCKET_INTERNAL_H
#define DOCKET_INTERNAL_H

#include "names.h"

#include "docket.h"

struct docket {
	struct journal *journal; /* borrowed; NULL: only look */
	int dirfd;
	char iap[NAMES_IAP_ROOM]; /* a copy: the configuration that it came from is replaced at a reload */
	int from_file;
	struct ordermemory *memory;
	const struct age_identities *key; /* borrowed; NULL: none */
	struct docket_case **cases;       /* rising in the byte order of their IDs */
	size_t count, room;
	stamp_t now;
	int after_reset;
	int is_first;   /* nothing was loaded before */
	int is_changed; /* since the reader was told */
};

/* Write to the journal what became of a case, and why unless NULL. */
void docket_say(struct docket *, const struct docket_case *, const char *, const char *);

/* Whatever is remembered from now on has the journal's lines of until now behind it. */
void docket_note_journal(struct docket *);

#endif
