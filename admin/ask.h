#ifndef ASK_H
#define ASK_H

#include "request.h"

#include "site.h"

/*
 * Putting a request where the packager looks: requests/cases/CASE/NUMBER.request (casetap-request(5)), signed where a key
 * is given, and noted in the operator's journal.
 */

/**
 * ask_case(site, case_id):
 * Is it a case that there is an order or a record of, and may this user ask anything?  Return EX_OK, or an exit code after
 * one diag line.
 */
int ask_case(const struct site *, const char *);

/**
 * ask(site, r, data, key_path):
 * Publish the request ${r}, whose sha256 is set here, behind the ${data} that comes with it (NULL: none); with ${key_path}
 * also an approver's signature.  Prints where it lies and what it waits for.
 * Return EX_OK, or an exit code after one diag line.
 */
int ask(const struct site *, struct request *, const struct buf *, const char *);

/* Take the text of an option, or ${otherwise}, as the request's reason.  Return EX_OK, or EX_USAGE after one diag line. */
int ask_reason(struct request *, const char *, const char *);

#endif
