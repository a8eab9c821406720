#ifndef VERIFY_HTML_BINDINGS_H
#define VERIFY_HTML_BINDINGS_H

#include "verify_result.h"

#include "verify_markup.h"

#define VERIFY_HTML_BINDINGS_SHOWN 500 /* rows of the tables, each a place to link to */
#define VERIFY_HTML_ACCESSES_SHOWN 500

/**
 * verify_html_bindings(case, number, out):
 * Append the addresses that the subject had, each with its three lines (#binding-NUMBER-I), and the access events
 * (#access-NUMBER-I); nothing for a case that has neither.
 */
void verify_html_bindings(const struct verify_case_sums *, size_t, struct buf *);

/* What the marks of the timeline mean, where the case has any. */
void verify_html_bindings_legend(const struct verify_case_sums *, struct buf *);

#endif
