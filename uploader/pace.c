#include <sys/random.h>

#include "pace.h"

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

static int
is_within(const struct conf_window *w, int64_t second)
{
	if (w->from < w->to)
		return second >= (int64_t)w->from && second < (int64_t)w->to;
	return second >= (int64_t)w->from || second < (int64_t)w->to;
}

int
pace_is_open(const struct conf_destination *d, stamp_t now)
{
	int64_t second = (now - stamp_day_start(now)) / STAMP_SECOND;

	for (size_t i = 0; i < d->window_count; i++) {
		if (is_within(&d->windows[i], second))
			return 1;
	}
	return d->window_count == 0;
}

/* When after ${at}, at the latest at the day's end, does a window begin or end? */
static stamp_t
next_edge(const struct conf_destination *d, stamp_t at)
{
	stamp_t day = stamp_day_start(at), edge = day + STAMP_DAY, from, to;

	for (size_t i = 0; i < d->window_count; i++) {
		from = day + (stamp_t)d->windows[i].from * STAMP_SECOND;
		to = day + (stamp_t)d->windows[i].to * STAMP_SECOND;
		if (from > at && from < edge)
			edge = from;
		if (to > at && to < edge)
			edge = to;
	}
	return edge;
}

int64_t
pace_open_seconds(const struct conf_destination *d, stamp_t from, stamp_t to, int64_t enough)
{
	stamp_t open = 0, edge;

	if (d->window_count == 0)
		return (to - from) / STAMP_SECOND;
	for (stamp_t at = from; at < to && open < enough * STAMP_SECOND; at = edge) {
		edge = next_edge(d, at);
		if (edge > to)
			edge = to;
		if (pace_is_open(d, at))
			open += edge - at;
	}
	return open / STAMP_SECOND;
}
