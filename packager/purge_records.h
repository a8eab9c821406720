#ifndef PURGE_RECORDS_H
#define PURGE_RECORDS_H

#include "packager.h"
#include "requests.h"
#include "retention.h"

/**
 * purge_records(p, case_id, terms, at, e):
 * Delete what stayed of a case whose payload is purged to its final day, once records_days are over as of ${at}: orders,
 * attachments, tag files, lists, ledgers, rows.  The certificates stay, with the keyrings that judge them, the custody log,
 * the requests, and what a stream needs so that no number is ever given again.
 * Return 0 if the request is done with, the journal tells how; or -1 after one diag line, remembered with packager_fail.
 */
int purge_records(
    struct packager *, const char *, const struct retention_terms *, stamp_t, const struct requests_entry *);

#endif
