#ifndef VERIFY_STREAM_H
#define VERIFY_STREAM_H

#include <stdint.h>

#include "ledger.h"
#include "package.h"
#include "stamp.h"

#include "verify_result.h"

/*
 * One stream (case, IAP) put together from its packages and ledgers, in whatever order they come: numbers, the chain of
 * seals and of records, ledgers a day, forks, whose stream it is.  Memory is a few hundred bytes a package.
 *
 * Where a `where` is taken it is kept by reference and must outlive the stream.
 */
struct verify_stream;

#define VERIFY_STREAM_GRACE (2 * STAMP_DAY) /* how long after a day's end its ledger may still be on its way */

/* So many packages are known by what stayed of them only: their payload was purged. */
void verify_stream_purged(struct verify_stream *, uint64_t);

/* ${whole}: every number from 1 and every day is due, up to `final`.  NULL with errno ENOMEM. */
struct verify_stream *verify_stream_new(const char *, const char *, int);
void verify_stream_free(struct verify_stream *);

/**
 * verify_stream_package(s, facts, where) / verify_stream_unproven(s, seq, seal_id, where):
 * A package that is intact in itself / a number whose package is missing or bad and was reported: it is accounted for,
 * with the seal id that its ledger gives ("" if none does).  Return 0, or -1 with errno ENOMEM.
 */
int verify_stream_package(struct verify_stream *, const struct package_facts *, const char *);
int verify_stream_unproven(struct verify_stream *, uint64_t, const char *, const char *);

/**
 * verify_stream_ledger(s, ledger, sha256, keyring, where):
 * A day's ledger, signed or not (that is the day's matter), with the hash of its text and the version of the keyring that
 * it names (0: not known).  Return 0, or -1 with errno ENOMEM.
 */
int verify_stream_ledger(struct verify_stream *, const struct ledger *, const char *, uint64_t, const char *);

/* When the list through which the ledger that was added last is signed says that this happened. */
void verify_stream_closed(struct verify_stream *, stamp_t);

/* Somebody signed something of this stream: the first one's name owns it, another is said to be tampering. */
void verify_stream_signer(struct verify_stream *, const char *, const char *, struct verify_result *);

/**
 * verify_stream_judge(s, result):
 * Say all that the parts together show and add the stream's sums to ${result}.  Return 0, or -1 with errno ENOMEM.
 */
int verify_stream_judge(struct verify_stream *, struct verify_result *);

/* After the judging: the time up to which the stream accounts for its case, STAMP_NONE for nothing, INT64_MAX if it ended
 * as its last ledger says. */
stamp_t verify_stream_due(const struct verify_stream *);

#endif
