#ifndef DELIVER_H
#define DELIVER_H

#include "options.h"
#include "session.h"

/**
 * deliver_check(session, opts) / deliver_all(session, opts):
 * Judge every destination and who gets what / bring to every destination what it has not got.
 * Return the exit code: the gravest of what happened.
 */
int deliver_check(struct session *, const struct options *);
int deliver_all(struct session *, const struct options *);

#endif
