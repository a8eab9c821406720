#include <string.h>

#include "keyring.h"

#include "require.h"

/* A keyring that is taken: every key ends after it begins, ids are unique in their kind, and history rises. */
int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	const struct keyring_entry *e;
	struct keyring *k;
	size_t i;

	be_silent();
	k = keyring_parse((const char *)input, n, "fuzz");
	if (k == NULL)
		return 0;
	for (i = 0; i < keyring_count(k); i++) {
		e = keyring_entry(k, i);
		require(e->name[0] != '\0');
		require(e->from == STAMP_NONE || e->to == STAMP_NONE || e->from < e->to);
		require(keyring_find(k, e->kind, e->pub.id) == e);
	}
	for (i = 0; i < keyring_history_count(k); i++) {
		require(keyring_history(k, i)->version < keyring_version(k));
		require(i == 0 || keyring_history(k, i - 1)->version < keyring_history(k, i)->version);
	}
	keyring_free(k);
	return 0;
}
