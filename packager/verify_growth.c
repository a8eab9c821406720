#include <string.h>

#include "verify_growth.h"

#define HEADER_LINES 4 /* format, version, issued, approvals: these change, the rest only grows */

/* The line at ${*at} and its length; *at goes behind it. */
static const char *
next_line(const char **at, const char *end, size_t *n)
{
	const char *line = *at, *newline = memchr(line, '\n', (size_t)(end - line));

	if (newline == NULL)
		newline = end;
	*n = (size_t)(newline - line);
	*at = newline == end ? end : newline + 1;
	return line;
}

int
verify_growth_is_earlier(const struct buf *old, const struct buf *new)
{
	const char *a = old->data, *a_end = a + old->len, *b = new->data, *b_end = b + new->len;
	const char *want, *have;
	size_t n, m, i;

	for (i = 0; i < HEADER_LINES; i++) {
		(void)next_line(&a, a_end, &n);
		(void)next_line(&b, b_end, &m);
	}
	while (a < a_end) {
		want = next_line(&a, a_end, &n);
		do {
			if (b == b_end)
				return 0;
			have = next_line(&b, b_end, &m);
		} while (n != m || memcmp(want, have, n) != 0);
	}
	return 1;
}
