#ifndef VERIFY_VERSIONS_H
#define VERIFY_VERSIONS_H

#include "keyring.h"

/*
 * The versions of the keyring that are known, because they came along or because a later one remembers them: how many
 * approvals an order needs is asked of the one that was in force when it was accepted, whatever came later.
 *
 * at[] rises strictly by version.
 */
struct verify_versions {
	struct keyring_version *at;
	size_t count;
	const struct keyring **texts; /* of those that came along; borrowed */
	size_t text_count;
};

/*
 * Add a keyring, which must outlive this, and what it remembers; what is known of a number already stays.
 * Return 0, or -1 with errno ENOMEM.
 */
int verify_versions_add(struct verify_versions *, const struct keyring *);
void verify_versions_free(struct verify_versions *);

/* The one that was in force at that time, the first if it is before all; NULL if none is known. */
const struct keyring_version *verify_versions_in_force(const struct verify_versions *, stamp_t);

/* The one whose text has that hash, or NULL. */
const struct keyring_version *verify_versions_find(const struct verify_versions *, const char *);

/* The whole of it, if it came along, or NULL. */
const struct keyring *verify_versions_text(const struct verify_versions *, const char *);

#endif
