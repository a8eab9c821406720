#ifndef SUMMARY_H
#define SUMMARY_H

#include "session.h"
#include "uploader_options.h"

/**
 * summary_print(session, opts):
 * Say on standard output how one day has fared at each destination: what was sealed, what has arrived, what is missing
 * against the ledger's numbers, and whether the LEA has acknowledged it; for people, or as JSON (casetap-uploader(8)).
 * Nothing is written and nobody asked.
 * Return the exit code: 66 where a closed day is not complete at a destination.
 */
int summary_print(struct session *, const struct uploader_options *);

#endif
