#include <sys/random.h>

#include "pace.h"

#define DAY_SECONDS 86400
#define SHIFT_MAX 10 /* 2^10 s is more than the longest wait */

uint32_t
pace_wait(uint32_t tries, uint32_t floor, uint64_t random)
{
	uint32_t most = UINT32_C(1) << (tries < SHIFT_MAX ? tries : SHIFT_MAX), wait;

	if (most > PACE_WAIT_MAX)
		most = PACE_WAIT_MAX;
	/* 900 of 2^64: how much likelier the smaller numbers are can not be measured. */
	wait = PACE_WAIT_MIN + (uint32_t)(random % most);
	if (floor > PACE_FLOOR_MAX)
		floor = PACE_FLOOR_MAX;
	return wait < floor ? floor : wait;
}

uint32_t
pace_draw(uint32_t tries, uint32_t floor)
{
	uint64_t random;

	if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
		random = (uint64_t)stamp_boottime(); /* it decides on a wait and on nothing else */
	return pace_wait(tries, floor, random);
}

/* How many seconds ago did this window open?  -1 where it is shut. */
static int64_t
seconds_in(const struct conf_window *w, stamp_t now)
{
	int64_t second = (now - stamp_day_start(now)) / STAMP_SECOND, length = (int64_t)w->to - (int64_t)w->from, in;

	if (length <= 0)
		length += DAY_SECONDS;
	in = second - (int64_t)w->from;
	if (in < 0)
		in += DAY_SECONDS;
	return in < length ? in : -1;
}

int
pace_is_open(const struct conf_destination *d, stamp_t now)
{
	return d->window_count == 0 || pace_opened(d, now) != STAMP_NONE;
}

stamp_t
pace_opened(const struct conf_destination *d, stamp_t now)
{
	int64_t most = -1, in;

	for (size_t i = 0; i < d->window_count; i++) {
		in = seconds_in(&d->windows[i], now);
		if (in > most)
			most = in;
	}
	return most == -1 ? STAMP_NONE : stamp_floor(now, 1) - most * STAMP_SECOND;
}
