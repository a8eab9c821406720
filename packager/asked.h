#ifndef ASKED_H
#define ASKED_H

#include "packager.h"
#include "requests.h"

/*
 * What the operator asks of the packager (casetap-request(5)): holds and their release, attachments, purges, custody logs
 * that are begun anew.  Each request is followed once; that it was is said by its copy in records/CASE/requests, which is
 * published last, but of a log that is begun anew first: whoever copies the case then has on whose word that was.
 */

/**
 * asked_run(p):
 * Finish what a killed run has begun to purge, then follow every request that may be followed.  What goes wrong is reported
 * and remembered with packager_fail; other cases are not touched by it.
 */
void asked_run(struct packager *);

/**
 * asked_journal(p, case_id, event, object, detail):
 * Journal, unless that event of that object was journalled before; ${detail} is stolen.  Return 0, or -1 after one diag
 * line.
 */
int asked_journal(struct packager *, const char *, const char *, const char *, struct json *);

/**
 * asked_keep(p, case_id, e, with_signatures):
 * Keep a copy of the request, with the signatures that counted: those of a log that was not begun anew are not kept, for
 * beside another log that begins there they would be good for ever.  Return 0, or -1 after one diag line.
 */
int asked_keep(struct packager *, const char *, const struct requests_entry *, int);

#endif
