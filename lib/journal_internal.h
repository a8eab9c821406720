#ifndef JOURNAL_INTERNAL_H
#define JOURNAL_INTERNAL_H

#include "journal.h"

#define JOURNAL_LINE_MAX ((size_t)64 * 1024 * 1024) /* no line of ours is as long as that */

/* The number that a line of ours starts with, 0 for any other line: cheaper than parsing what is skipped anyway. */
uint64_t journal_line_number(const char *, size_t);

/* The parsed line if it is one of ours, else NULL with errno EINVAL; or ENOMEM, and nothing is known of it. */
struct json *journal_parse_line(const char *, size_t);

/* The mark of so many bytes of an open journal.  Return 0, or -1 with errno set. */
int journal_mark_at(int, uint64_t, struct journal_mark *);

#endif
