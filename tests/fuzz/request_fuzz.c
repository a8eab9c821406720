#include <string.h>

#include "request.h"

#include "require.h"

/* A request that is taken, written and taken again asks for the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	struct buf text = BUF_INIT, second = BUF_INIT;
	struct request r, again;

	be_silent();
	if (n == 0 || request_parse((const char *)input, n, "request", &r) == -1)
		return 0;
	require(names_is_case(r.case_id) && digest_is_hex(r.sha256) && r.hold_count <= REQUEST_HOLDS_MAX);
	require((r.act == REQUEST_RELEASE) == (r.hold_count > 0));
	require(r.act != REQUEST_ATTACH || request_is_file_name(r.file));
	require(request_needs_approver(&r) || r.act == REQUEST_HOLD || r.act == REQUEST_ATTACH);
	require(request_write(&r, &text) == 0);
	require(request_parse(text.data, text.len, "again", &again) == 0);
	require(request_write(&again, &second) == 0);
	require(text.len == second.len && memcmp(text.data, second.data, text.len) == 0);
	buf_free(&text);
	buf_free(&second);
	return 0;
}
