#ifndef ORDERMEMORY_INTERNAL_H
#define ORDERMEMORY_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "names.h"

#include "ordermemory.h"

/* What is known of one case. */
struct ordermemory_known {
	char case_id[NAMES_CASE_ROOM];
	uint32_t revision;
	char sha256[DIGEST_HEX];
	struct order_acceptance acceptance;
	int is_revoked;
};

/* cases[] rises strictly in the byte order of the IDs. */
struct ordermemory {
	struct ordermemory_known *cases;
	size_t count;
	size_t room;
	struct journal_mark mark;
	uint64_t keyring_version;
	char root[SIGN_KEY_TEXT];
};

/* What is known of that case, borrowed until the next one is raised, or NULL. */
struct ordermemory_known *ordermemory_find(const struct ordermemory *, const char *);

#endif
