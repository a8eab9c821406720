#ifndef STAMPS_H
#define STAMPS_H

#include "session.h"

/*
 * Time stamps of closed days: receipts/CASE/IAP/DAY_SHA256SUMS.tsr is the authority's reply over the day's SHA256SUMS,
 * DAY_SHA256SUMS.tsq what was asked for, DAY_SHA256SUMS.tsa.pem the certificates by which it was judged
 * (casetap-receipt(5)).  A day has one of each, kept only after it has proven good, and never replaced.
 */
#define STAMPS_TOKEN "SHA256SUMS.tsr"
#define STAMPS_REQUEST "SHA256SUMS.tsq"
#define STAMPS_CA "SHA256SUMS.tsa.pem"
#define STAMPS_NAME_ROOM 64

struct stamps;

/**
 * stamps_new(session, status):
 * Load the certificates that [seal] tsa_ca names.  The session is borrowed.
 * Return it; or NULL after one diag line with the exit code in ${status}.
 */
struct stamps *stamps_new(const struct session *, int *);
void stamps_free(struct stamps *);

/**
 * stamps_fetch(s, case_id, iap):
 * Get a token for every closed day of the stream that has none.  An authority that fails is not asked again by this ${s}.
 * Return EX_OK; or the exit code of what went wrong, after one diag line for each authority.
 */
int stamps_fetch(struct stamps *, const char *, const char *);

/* DAY_NAME, as a file that every day has is called below receipts/; ${out} has STAMPS_NAME_ROOM bytes and is returned. */
char *stamps_name(char *, const char *, const char *);

#endif
