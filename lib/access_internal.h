#ifndef ACCESS_INTERNAL_H
#define ACCESS_INTERNAL_H

#include "access.h"

#define ACCESS_NAMESPACE "urn:casetap:events:1"

/* The text of the profile that casetap comes with, ${n} bytes. */
const char *access_profile(size_t *);

#endif
