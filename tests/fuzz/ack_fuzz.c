#include <string.h>

#include "ack.h"

#include "require.h"

/* An acknowledgement that is taken apart has one spelling of what is signed. */
int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	struct buf again = BUF_INIT;
	struct sign_sig sig;
	struct ack a;
	size_t length;

	if (ack_open((const char *)input, n, &a, &sig, &length) == -1)
		return 0;
	require(length < n);
	require(ack_write(&a, &again) == 0);
	require(again.len == length && memcmp(again.data, input, length) == 0);
	buf_free(&again);
	return 0;
}
