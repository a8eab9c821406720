#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proof_internal.h"

/*
 * Exports of RouterOS: static leases, as they stand when it is written.
 */

/* The value of a word of an "add" line, without its quotes; what stands in another's is no word. */
static const char *
word_of(const char *p, const char *end, const char *key, char out[80])
{
	size_t n, used;
	int is_quoted, is_key;

	while (p < end) {
		p += strspn(p, " \t\r\n\\");
		n = strcspn(p, "= \t\r\n");
		is_key = n == strlen(key) && strncmp(p, key, n) == 0;
		p += n;
		if (*p != '=')
			continue;
		is_quoted = *++p == '"';
		p += is_quoted;
		for (used = 0; p < end && (is_quoted ? *p != '"' : strchr(" \t\r\n", *p) == NULL); p++) {
			if (*p == '\\' && p + 1 < end) {
				p += is_quoted;
				if (!is_quoted)
					break; /* the line goes on */
			}
			if (used + 1 < 80)
				out[used++] = *p;
		}
		out[used] = '\0';
		p += is_quoted && p < end;
		if (is_key)
			return out;
	}
	return NULL;
}

#define ZONES_SECONDS (14 * 3600) /* a router writes its own time */

/* When it was written: "# 2026-11-20 10:00:00 by RouterOS 7", "# nov/20/2026 10:00:00 by RouterOS 6". */
static int64_t
export_time(const char *line)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	struct tm tm = {.tm_isdst = 0};
	char month[4];
	const char *at;

	if (sscanf(line, "# %d-%d-%d %d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		&tm.tm_sec) == 6) {
		tm.tm_mon--;
	} else if (sscanf(line, "# %3[a-z]/%d/%d %d:%d:%d", month, &tm.tm_mday, &tm.tm_year, &tm.tm_hour, &tm.tm_min,
		       &tm.tm_sec) == 6 &&
		   (at = strstr(months, month)) != NULL) {
		tm.tm_mon = (int)(at - months) / 3;
	} else {
		return INT64_MIN;
	}
	tm.tm_year -= 1900;
	return (int64_t)timegm(&tm);
}

/* One "add" line. */
static void
read_mikrotik_line(struct reading *r, const char *p, const char *end)
{
	char word[80];
	int is_subject;

	if (word_of(p, end, "disabled", word) != NULL && strcmp(word, "yes") == 0)
		return;
	if (word_of(p, end, "address", word) == NULL || strcmp(word, r->address) != 0)
		return;
	is_subject = word_of(p, end, "mac-address", word) != NULL && proof_is_mac(r->order, word);
	proof_add(r, INT64_MIN + 1, INT64_MAX, is_subject);
}

/* Lines, perhaps continued by a backslash. */
void
proof_read_mikrotik(struct reading *r, const char *text)
{
	const char *p = text, *end;
	int64_t at;

	for (; *p != '\0'; p = r->entry_end) {
		for (end = p + strcspn(p, "\n");
		     *end == '\n' && end > p &&
		     (end[-1] == '\\' || (end[-1] == '\r' && end > p + 1 && end[-2] == '\\'));
		     end += strcspn(end, "\n"))
			end++;
		r->entry = p;
		r->entry_end = end + (*end == '\n');
		at = export_time(p);
		r->is_late |= at != INT64_MIN && at - ZONES_SECONDS > r->want_to;
		p += strspn(p, " \t");
		if (strncmp(p, "add ", 4) == 0)
			read_mikrotik_line(r, p + 4, end);
	}
}
