#ifndef PURGE_H
#define PURGE_H

#include "packager.h"
#include "purgecert.h"
#include "requests.h"

/*
 * The only deletion that there is, a day at a time, the oldest of a stream first.  The steps, each durable before the next
 * begins:
 *   1. the intent, records/CASE/purge.json
 *   2. what stays of the day, with the signed certificate, in the hidden folder records/CASE/IAP/.DAY.purge
 *   3. that folder gets its name, records/CASE/IAP/DAY: from here on the day is being purged
 *   4. the journal says `purge`; the files of outbox/CASE/IAP/DAY are removed, packages first
 *   5. the journal says `purged`; the empty folder is removed; the intent is forgotten
 * A run that is killed before 3 has deleted nothing, and the next one starts from 1, with all checks.  One that is killed
 * later is finished by the next, unless a hold has come: then nothing more is deleted until it is released.
 */

/**
 * purge_case(p, case_id, requests, e):
 * Follow a purge request.  Return 1 if it is done with, whatever came of it (the journal tells); 0 if it was interrupted;
 * -1 after one diag line, remembered with packager_fail.
 */
int purge_case(struct packager *, const char *, const struct requests *, const struct requests_entry *);

/*
 * Is the case on hold at this moment?  A request that can not be parsed counts as a hold.  1, 0, or -1 after one diag line,
 * remembered.
 */
int purge_is_held(struct packager *, const char *);

/* Say, in the journal and to the operator, what was not purged (about, why).  Return 0, or -1 after one diag line. */
int purge_refuse(struct packager *, const char *, const struct requests_entry *, const char *, const char *);

/* Fill in when, on whose word, and the custody log's head (casefd: records/CASE).  Return 0, or -1 after one diag line. */
int purge_certify(struct packager *, int, const struct requests_entry *, struct purgecert *);

/* Finish or undo what a killed run has begun.  What goes wrong is reported and remembered. */
void purge_resume(struct packager *, const char *);

#endif
