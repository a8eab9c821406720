#ifndef SEAL_H
#define SEAL_H

#include "pick.h"
#include "stream.h"

/*
 * From a number of the spool to a published package.  The steps, each durable before the next begins:
 *   1. the seal intent; for a spoilt number the quarantine
 *   2. the tar under a temporary name, hashed and compared as it is copied, synced, read back with the verifier's code; of
 *      an encrypted case only its ciphertext, whose hash joins the intent when the tag files are in records/
 *   3. the package is published; its tag files go to records/
 *   4. the stream's state counts it; the journal tells of it
 *   5. the slice is removed from the spool; the intent is forgotten
 * A run that is killed between any two instructions is finished by the next one, to the same bytes.
 */

/* Seal what was picked.  Return 0, or -1 after one diag line; nothing of the spool is lost then. */
int seal_number(struct stream *, struct pick *);

#endif
