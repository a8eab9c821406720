#ifndef VERIFY_HTML_EVENTS_H
#define VERIFY_HTML_EVENTS_H

#include "verify_markup.h"
#include "verify_result.h"

/* Append the table of what happened to the case and its days after sealing; nothing where nothing did. */
void verify_html_events(const struct verify_result *, const struct verify_case_sums *, struct buf *);

/**
 * verify_html_marks(result, stream, day, x, y):
 * Append the signs of what happened to the day of the stream, to the left of ${x}, at the height ${y} of a timeline.
 */
void verify_html_marks(
    const struct verify_result *, const struct verify_stream_sums *, stamp_t, const double[2], struct buf *);

/* The sign of one kind, its middle there, with a title unless that is NULL. */
void verify_html_sign(enum verify_event_kind, const double[2], const char *, struct buf *);

#endif
