#ifndef CRAFT_INTERNAL_H
#define CRAFT_INTERNAL_H

#include "craft.h"

/* Put bytes, or a number in network byte order, before what is there. */
void craft_put(struct craft *, const void *, size_t);
void craft_be16(struct craft *, uint32_t);
void craft_be32(struct craft *, uint32_t);

#endif
