#ifndef DELIVERY_H
#define DELIVERY_H

#include "stream.h"

/**
 * delivery_find(s):
 * Learn from the highest accepted revision of the case, as records/ has it, and from the configuration what its
 * destinations ask of the packager: whom to encrypt to, and whether a day is wanted as one file.
 * Return 0; or -1 after one diag line for the case (78) where whether it is encrypted cannot be known, is contradictory, or
 * would put in the clear what was encrypted so far: then nothing of it is sealed, and its slices stay.
 */
int delivery_find(struct stream *);

#endif
