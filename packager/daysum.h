#ifndef DAYSUM_H
#define DAYSUM_H

#include "stream.h"

/**
 * daysum_publish(s):
 * Where a destination of the case wants a day as one file, put that file's sum and signature into the folder of each closed
 * day that has none yet: CASE_IAP_DAY.day.tar.sha256, then .minisig.  The file itself is never written; its bytes are those
 * that the uploader reads (daytar.h).  A day of which packages were purged gets none.
 * Return 0, or -1 after one diag line.
 */
int daysum_publish(struct stream *);

#endif
