#include <string.h>

#include "slice.h"

#include "require.h"

static void
check_head(const struct slice_head *h)
{
	require(names_is_case(h->case_id) && names_is_iap(h->iap) && h->seq >= 1 && h->from <= h->to);
	/* When the order was accepted is told whole or not at all. */
	require(h->accepted.keyring_sha256[0] == '\0'
		    ? h->accepted.at == 0
		    : digest_is_hex(h->accepted.keyring_sha256) && h->accepted.at != STAMP_NONE);
}

/* The record of a slice, or of a gap, that is taken has one spelling. */
int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	const char *text = (const char *)input;
	struct buf again = BUF_INIT;
	struct slice_record r, copy;
	struct gap_record g;

	if (slice_record_parse(text, n, &r) == 0) {
		check_head(&r.head);
		require(r.gap_count <= SLICE_GAPS_MAX && slice_record_copy(&copy, &r) == 0);
		require(slice_record_write(&copy, &again) == 0);
		slice_record_clear(&copy);
		slice_record_clear(&r);
	} else if (gap_record_parse(text, n, &g) == 0) {
		check_head(&g.head);
		require(gap_record_write(&g, &again) == 0);
	} else {
		return 0;
	}
	require(again.len == n && memcmp(again.data, text, n) == 0);
	buf_free(&again);
	return 0;
}
