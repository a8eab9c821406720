#ifndef VERIFY_HTML_H
#define VERIFY_HTML_H

#include "buf.h"

#include "verify_result.h"

/*
 * The report as one self-contained page: no script, no network, nothing outside of it, and a policy in it that forbids all
 * of these.  Names that came from outside are escaped twice, for the eye and for HTML.  The page names the subject's
 * identifiers, as the certification of 47 CFR 1.20004 does: it is to be handled like the order.
 */

/* Append the page.  Return 0, or -1 with errno ENOMEM. */
int verify_html(const struct verify_result *, struct buf *);

#endif
