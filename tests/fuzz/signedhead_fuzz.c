#include <string.h>

#include "signedhead.h"

#include "require.h"

/* A signed head that is taken has one spelling, and its month is that of its time, by which its file is called. */
int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	const char *text = (const char *)input;
	char month[SIGNEDHEAD_MONTH], name[SIGNEDHEAD_NAME_ROOM], comment[SIGNEDHEAD_COMMENT_ROOM];
	struct buf again = BUF_INIT;
	struct signedhead c;

	if (signedhead_parse(text, n, &c) == -1)
		return 0;
	require(names_is_case(c.case_id) && digest_is_hex(c.head) && c.lines > 0);
	require(strcmp(signedhead_month(month, c.at), c.month) == 0);
	require(signedhead_is_name(signedhead_name(name, c.month)));
	require(strstr(signedhead_comment(comment, &c), c.case_id) != NULL);
	require(signedhead_write(&c, &again) == 0);
	require(again.len == n && memcmp(again.data, text, n) == 0);
	buf_free(&again);
	return 0;
}
