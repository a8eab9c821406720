#include <string.h>

#include "purgecert.h"

#include "require.h"

/* A certificate that is taken has one spelling, and finds each file that it names. */
int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	const char *text = (const char *)input;
	char name[NAMES_FILE_ROOM], comment[PURGECERT_COMMENT_ROOM];
	struct buf again = BUF_INIT;
	struct purgecert c;
	size_t i;

	if (purgecert_parse(text, n, &c) == -1)
		return 0;
	require(names_is_case(c.case_id) && digest_is_hex(c.request));
	for (i = 0; i < c.file_count; i++)
		require(purgecert_find(&c, c.files[i].name) == &c.files[i]);
	require(purgecert_name(name, &c)[0] != '\0' && purgecert_comment(comment, &c)[0] != '\0');
	require(purgecert_write(&c, &again) == 0);
	require(again.len == n && memcmp(again.data, text, n) == 0);
	buf_free(&again);
	purgecert_clear(&c);
	return 0;
}
