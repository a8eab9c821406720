#ifndef KEYRING_INTERNAL_H
#define KEYRING_INTERNAL_H

#include "buf.h"

#include "keyring.h"

/*
 * keyring_parse.c makes one out of its text; keyring.c loads, judges and remembers.
 */
#define KEYRING_BYTES_MAX ((size_t)1024 * 1024)

struct roots;

struct keyring {
	uint64_t version;
	stamp_t issued;
	unsigned approvals;
	char sha256[DIGEST_HEX];
	struct keyring_entry *entries;
	size_t count;
	struct keyring_version *history;
	size_t history_count;
	struct buf minisig;       /* by which keyring_load judged it */
	char root[SIGN_KEY_TEXT]; /* by which as well; "" if it was only parsed */
	struct roots *roots;      /* that are tied to it; NULL: none */
};

#endif
