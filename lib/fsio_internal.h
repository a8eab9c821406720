#ifndef FSIO_INTERNAL_H
#define FSIO_INTERNAL_H

/* Close on a failure's way out, where the first error is the one to report; -1 is fine. */
void fsio_close_quietly(int);

/* Set errno.  Return -1. */
int fsio_fail(int);

#endif
