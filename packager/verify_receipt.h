#ifndef VERIFY_RECEIPT_H
#define VERIFY_RECEIPT_H

#include <sys/types.h>

#include "verify_options.h"
#include "verify_result.h"

/*
 * --receipt: the acknowledgement of a day, signed with the LEA's key.  The key and what an enemy may have made never meet
 * in one process: a child verifies, behind its sandbox, and hands nine lines of text to the parent, who parses them
 * strictly and only then loads the key.
 */
struct verify_receipt {
	pid_t child; /* 0 in the child */
	int fd;      /* the parent reads from it, the child writes to it */
	int dirfd;   /* of the day's folder */
};

/**
 * verify_receipt_split(r, options, status):
 * Open the folder and fork.  Return 0 in both processes; or -1 after one diag line with the exit code in ${status} (66,
 * 74).
 */
int verify_receipt_split(struct verify_receipt *, const struct verify_options *, int *);

/* In the child: hand over what was verified, if that is a day that can be acknowledged.  Return 0, or -1 after a line. */
int verify_receipt_tell(const struct verify_receipt *, const struct verify_result *);

/**
 * verify_receipt_sign(r, options):
 * In the parent: wait for the child, sign what it verified, and publish SHA256SUMS.received in the day's folder.
 * Return the child's exit code; 74 after one diag line where there should be a receipt and is none.
 */
int verify_receipt_sign(const struct verify_receipt *, const struct verify_options *);

void verify_receipt_close(struct verify_receipt *);

#endif
