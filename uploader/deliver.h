#ifndef DELIVER_H
#define DELIVER_H

#include "session.h"
#include "uploader_options.h"

/**
 * deliver_check(session, opts) / deliver_all(session, opts):
 * Judge every destination and who gets what / bring to every destination what it has not got.
 * Return the exit code: the gravest of what happened.
 */
int deliver_check(struct session *, const struct uploader_options *);
int deliver_all(struct session *, const struct uploader_options *);

#endif
