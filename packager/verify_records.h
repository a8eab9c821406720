#ifndef VERIFY_RECORDS_H
#define VERIFY_RECORDS_H

#include "verify_day.h"

/*
 * A station's records of a case, records/CASE (casetap(7)), wherever they were copied to: the custody log and custody.head,
 * orders, requests, attachments, and of each stream its state, rows and tag files.  Nothing of it but the tag files is
 * signed itself; the log is held against the heads that packages and ledgers signed, and the rest against log, tag files
 * and approvers' signatures.
 */

/* The case that the log in the folder is of, else that of the folder's own name; "" if neither tells. */
void verify_records_case(int, const char *, char[NAMES_CASE_ROOM]);

/**
 * verify_records(run, place):
 * Judge them.  The run's orders and anchors are of the same case, or NULL where nothing else of it was given: then what the
 * tag files say of orders is judged here as if it were in packages, but for how much of a window was captured.
 * Return 0, whatever was found, or -1 with errno ENOMEM.
 */
int verify_records(struct verify_run *, const struct verify_place *);

#endif
