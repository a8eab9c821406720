#ifndef QUARANTINE_ENCRYPT_H
#define QUARANTINE_ENCRYPT_H

#include <stddef.h>

#include "stream.h"

/**
 * quarantine_encrypt(s, tofd, name, to, room):
 * In an encrypted case: put the spool's file ${name} into the folder ${tofd} as an age file for those who may open the
 * case's packages, read it back, and only then remove it.  ${to} gets the name, NAME.age, with a number behind it if that
 * is taken.
 * Return 1; 0 if it is no plain file that can be read, so that there is nothing of it to encrypt; or -1 with errno set
 * (ENOENT if it is not there), the file then left as it was.
 */
int quarantine_encrypt(struct stream *, int, const char *, char *, size_t);

#endif
