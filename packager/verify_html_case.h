#ifndef VERIFY_HTML_CASE_H
#define VERIFY_HTML_CASE_H

#include <stddef.h>

#include "buf.h"

#include "verify_result.h"

/* Append the part of the page that is about the case of that index in ${result}. */
void verify_html_case(const struct verify_result *, size_t, struct buf *);

#endif
