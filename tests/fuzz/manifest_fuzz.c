#include <string.h>

#include "manifest.h"

#include "require.h"

/* A list that is taken has one spelling: written again it is the same bytes, and each of its names is found. */
int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	const char *text = (const char *)input;
	struct manifest *m = manifest_parse(text, n, NULL);
	struct buf again = BUF_INIT;
	size_t i;

	if (m == NULL)
		return 0;
	require(manifest_write(m, &again) == 0);
	require(again.len == n && (n == 0 || memcmp(again.data, text, n) == 0));
	for (i = 0; i < manifest_count(m); i++)
		require(manifest_find(m, manifest_entry(m, i)->name) == manifest_entry(m, i));
	require(manifest_sort(m) == 0);
	for (i = 1; i < manifest_count(m); i++)
		require(strcmp(manifest_entry(m, i - 1)->name, manifest_entry(m, i)->name) < 0);
	buf_free(&again);
	manifest_free(m);
	return 0;
}
