#ifndef STATED_H
#define STATED_H

#include "digest.h"

/**
 * stated_digest(repr, legacy, hex):
 * The SHA-256 that a server states of a file in Repr-Digest (RFC 9530, 3: a dictionary of RFC 8941) or in the Digest of
 * RFC 3230, as base64 both; either may be "".  Return 1 with it in ${hex}; or 0 if there is none that can be read, or the
 * two differ.
 */
int stated_digest(const char *, const char *, char[DIGEST_HEX]);

#endif
