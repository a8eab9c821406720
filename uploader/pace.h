#ifndef PACE_H
#define PACE_H

#include <stdint.h>

#include "conf.h"
#include "stamp.h"

/*
 * When to speak to a destination: how long to wait after a failure, and the hours that its operator allows.
 */
#define PACE_WAIT_MIN 1
#define PACE_WAIT_MAX (15 * 60)
#define PACE_FLOOR_MAX 3600

/**
 * pace_wait(tries, floor, random):
 * Seconds to wait after the ${tries}th failure in a row: any number from 1 to 2^tries, at most 15 minutes, all equally
 * likely, as the 64 bits of ${random} choose; that keeps stations that failed together from coming back together.  Never
 * less than ${floor}, what the server asked for, of which an hour is the most that is granted.
 */
uint32_t pace_wait(uint32_t, uint32_t, uint64_t);

/* The same, as the kernel's random numbers choose. */
uint32_t pace_draw(uint32_t, uint32_t);

/* May files go at this time? */
int pace_is_open(const struct conf_destination *, stamp_t);

/**
 * pace_open_seconds(d, from, to, enough):
 * For how many seconds between two times might they?  It is not counted far beyond ${enough}.
 */
int64_t pace_open_seconds(const struct conf_destination *, stamp_t, stamp_t, int64_t);

#endif
