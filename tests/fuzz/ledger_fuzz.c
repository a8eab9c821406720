#include <string.h>

#include "ledger.h"

#include "require.h"

/* A ledger that is taken has one spelling, and its numbers have no holes. */
int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	const char *text = (const char *)input;
	struct buf again = BUF_INIT;
	struct ledger l;
	unsigned line = 0;
	size_t i;

	memset(&l, 0, sizeof(l));
	if (ledger_parse(text, n, &l, &line) == -1)
		return 0;
	for (i = 1; i < l.row_count; i++)
		require(l.rows[i].seq == l.rows[i - 1].seq + 1);
	require(ledger_write(&l, &again) == 0);
	require(again.len == n && memcmp(again.data, text, n) == 0);
	buf_free(&again);
	ledger_clear(&l);
	return 0;
}
