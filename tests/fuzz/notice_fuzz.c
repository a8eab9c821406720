#include <string.h>

#include "notice.h"

#include "require.h"

/* A notice that is taken has one spelling; of a whole file, the signature is what follows the text. */
int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	const char *text = (const char *)input;
	struct buf again = BUF_INIT;
	struct sign_sig sig;
	struct notice notice;
	size_t length = n;

	if (notice_open(text, n, &notice, &sig, &length) == 0)
		require(length < n);
	else if (notice_parse(text, n, &notice) == -1)
		return 0;
	require(notice_is_same(&notice, &notice));
	require(notice_write(&notice, &again) == 0);
	require(again.len == length && memcmp(again.data, text, length) == 0);
	buf_free(&again);
	return 0;
}
