#ifndef SEAL_FILE_H
#define SEAL_FILE_H

#include "bagging.h"
#include "intent.h"
#include "stream.h"

/**
 * seal_file(s, in, src, b):
 * Make the package of the intent's number out of ${src}: write it under a temporary name, encrypted where the case is,
 * sync it, read it back with the verifier's own code, and publish it in its day.  ${b} then tells of it.  Of an encrypted
 * one the tag files and its hash, which joins the intent, are on the disk before it is published; and no file that was
 * published before is touched.
 * Return 0; 1 if the slice is not what its record says, without a word; or -1 after one diag line.
 */
int seal_file(struct stream *, struct intent *, const struct bagging_source *, struct bagging *);

#endif
