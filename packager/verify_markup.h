#ifndef VERIFY_MARKUP_H
#define VERIFY_MARKUP_H

#include <stdint.h>

#include "buf.h"
#include "stamp.h"

/*
 * Pieces of the page that verify_html.h describes.  What memory ran out for is remembered by the buffer.
 */
#define MARKUP_DURATION 48

/* Append text of any bytes: unprintable ones as \xHH, those that HTML has a use for as entities. */
void markup_text(struct buf *, const char *);

/* `<tag>text</tag>`, the text as above. */
void markup_element(struct buf *, const char *, const char *);

/* A row of a list of terms, `<dt>term</dt><dd>text</dd>`; nothing if the text is empty. */
void markup_term(struct buf *, const char *, const char *);

/* A length of time in words, "29 min 12 s", "12.500 s" / a share in percent, never 100 of less than all. */
const char *markup_duration(char[MARKUP_DURATION], stamp_t);
const char *markup_percent(char[MARKUP_DURATION], stamp_t, stamp_t);

/* The style sheet, in pieces up to a NULL / append the policy that allows it and nothing else: 0, or -1 without memory. */
extern const char *const verify_style[];
int markup_policy(struct buf *);

#endif
