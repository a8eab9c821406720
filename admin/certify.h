#ifndef CERTIFY_H
#define CERTIFY_H

#include "conf.h"
#include "custody.h"
#include "digest.h"
#include "keyring.h"
#include "names.h"
#include "order.h"

/*
 * What the records of a case say of its interception: every revision that was accepted, and when each access point
 * began and ended.
 */
#define CERTIFY_REVISIONS_MAX 256
#define CERTIFY_APPROVERS_MAX 16

struct site;

struct certify_revision {
	struct order *order;
	stamp_t accepted; /* STAMP_NONE: the custody log does not say */
	const struct keyring_entry *approvers[CERTIFY_APPROVERS_MAX];
	size_t approver_count;
};

struct certify_point {
	char source[NAMES_IAP_ROOM + 16]; /* whose journal: capture/IAP */
	stamp_t enabled;                  /* when the first stream was complete from */
	stamp_t ended;                    /* STAMP_NONE while it goes on */
	char reason[32];                  /* why it ended */
};

struct certify_history {
	struct certify_revision revisions[CERTIFY_REVISIONS_MAX]; /* rising */
	size_t revision_count;
	struct certify_point points[CONF_IAPS_MAX];
	size_t point_count;
	stamp_t revoked; /* STAMP_NONE: it was not */
	uint64_t lines;  /* of the custody log */
	char head[DIGEST_HEX];
	struct custody_begun begun; /* what is lost of it */
};

/**
 * certify_history_load(recordsfd, site, history) / certify_history_clear(history):
 * Read the history out of the folder records/CASE, its custody log's chain checked.  Approvals are judged at the time of
 * their acceptance.  Return EX_OK, or an exit code after one diag line; clear is due in both cases.
 */
int certify_history_load(int, const struct site *, struct certify_history *);
void certify_history_clear(struct certify_history *);

#endif
