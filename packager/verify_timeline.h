#ifndef VERIFY_TIMELINE_H
#define VERIFY_TIMELINE_H

#include "buf.h"

#include "verify_result.h"

/**
 * verify_timeline(result, case, number, out):
 * Append a picture of the case's window as inline SVG: a lane for all IAPs together and one for each, days and hours below.
 * Its gaps are links to #gap-NUMBER-I, of the I-th gap in the case's list.  What lies closer than a pixel is drawn as one,
 * so that its size does not depend on the number of slices.
 */
void verify_timeline(const struct verify_result *, const struct verify_case_sums *, size_t, struct buf *);

#endif
