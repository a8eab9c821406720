#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "curlio.h"

void
curlio_clear_header(struct curlio_header *h)
{
	h->value[0] = '\0';
	h->is_cut = 0;
}

void
curlio_take_header(struct curlio_header *h, const char *line, size_t n)
{
	static const char status[] = "HTTP/";
	const size_t skip = strlen(h->name);
	size_t len;

	/* What 103 says is not said of the file, nor what comes before the answer that counts. */
	if (n >= sizeof status - 1 && memcmp(line, status, sizeof status - 1) == 0)
		curlio_clear_header(h);
	if (n <= skip || strncasecmp(line, h->name, skip) != 0)
		return;
	for (line += skip, n -= skip; n > 0 && strchr(" \t", *line) != NULL; line++, n--)
		continue;
	while (n > 0 && strchr(" \t\r\n", line[n - 1]) != NULL)
		n--;
	len = strlen(h->value);
	if (snprintf(h->value + len, sizeof h->value - len, "%s%.*s", len == 0 ? "" : ", ", (int)n, line) >=
	    (int)(sizeof h->value - len))
		h->is_cut = 1;
}
