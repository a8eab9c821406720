#ifndef VERIFY_GROWTH_H
#define VERIFY_GROWTH_H

#include "buf.h"

/* Of two texts of a keyring: does every line of the first behind its header stand in the second, in the same order? */
int verify_growth_is_earlier(const struct buf *, const struct buf *);

#endif
