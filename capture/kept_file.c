#include <errno.h>
#include <string.h>

#include "kept_internal.h"

int
kept_seal(struct json *j, struct buf *out)
{
	struct buf text = BUF_INIT;
	char sum[DIGEST_HEX];
	int rc = -1;

	if (json_write(j, &text) == 0 && digest_hex_of(text.data, text.len, sum) == 0 &&
	    json_put_string(j, "sha256", sum) == 0 && json_write(j, out) == 0 && buf_putc(out, '\n') == 0)
		rc = 0;
	buf_free(&text);
	if (rc == -1)
		errno = ENOMEM;
	return rc;
}

int
kept_is_same(const struct buf *ours, const char *data, size_t n)
{
	return ours->len == n && memcmp(ours->data, data, n) == 0;
}

int
kept_is_of(const struct json *j, const char *format)
{
	const char *text = json_get_string(j, "format");

	return text != NULL && strcmp(text, format) == 0;
}

int
kept_finish(struct json *j, struct buf *ours, int rc)
{
	buf_free(ours);
	json_free(j);
	if (rc == -1)
		errno = EINVAL;
	return rc;
}
