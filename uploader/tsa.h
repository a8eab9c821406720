#ifndef TSA_H
#define TSA_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "tsp.h"

#include "answer.h"

/**
 * tsa_ask(url, request, reply, why, room):
 * Send a time-stamp request to an authority and append what it answers to ${reply}, unjudged.
 * Return ANSWER_OK, or another answer with the reason in ${why}.
 */
enum answer tsa_ask(const char *, const uint8_t[TSP_REQUEST_BYTES], struct buf *, char *, size_t);

#endif
