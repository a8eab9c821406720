#ifndef ADDRESSEES_H
#define ADDRESSEES_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "keyring.h"
#include "order.h"
#include "stamp.h"

/*
 * Who gets what: the `[delivery] to` of the highest accepted revision of each case.  What was captured lawfully is
 * delivered also when its order has expired, was revoked, or its file was removed: then what an earlier run noted
 * (journal/uploader/CASE.addressees), or the copy in records/, tells.  Of an encrypted order, to which the uploader has no
 * key, the packager's note (journal/packager/CASE.addressees) does.
 */
struct addressees;

/**
 * addressees_load(conf, keyring, statefd, journalfd, now, status):
 * Load all orders and what capture has accepted.  Everything is borrowed and must outlive it.  With ${journalfd} -1
 * nothing is noted.
 * Return it; or NULL after one diag line with the exit code in ${status}.
 */
struct addressees *addressees_load(const struct conf *, const struct keyring *, int, int, stamp_t, int *);
void addressees_free(struct addressees *);

/**
 * addressees_of(a, case_id, names, count):
 * The destinations of a case.  Return 0, or -1 after one diag line: no accepted order of the case can be read.
 */
int addressees_of(struct addressees *, const char *, char[ORDER_DESTINATIONS_MAX][NAMES_DEST_ROOM], size_t *);

/* The same without a line, where nobody is to hear of it a second time. */
int addressees_look(struct addressees *, const char *, char[ORDER_DESTINATIONS_MAX][NAMES_DEST_ROOM], size_t *);

/* The `payload_days` of a case's accepted order; 0 where its file can not be read any more. */
uint32_t addressees_payload_days(struct addressees *, const char *);

#endif
