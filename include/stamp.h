#ifndef STAMP_H
#define STAMP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Times are int64_t nanoseconds since 1970-01-01T00:00:00Z, UTC without leap seconds (as POSIX counts), good from 1678
 * to 2262; a variable that holds one is named ..._ns or is of this type under the name of an event.  Nothing here looks
 * at TZ.
 */
typedef int64_t stamp_t;

#define STAMP_SECOND ((stamp_t)1000000000)
#define STAMP_DAY (86400 * STAMP_SECOND)
#define STAMP_NONE INT64_MIN /* no such time */

/* Room for a formatted time / day / compact form, with the NUL. */
#define STAMP_TEXT 40
#define STAMP_DAY_TEXT 16

/**
 * stamp_now() / stamp_boottime():
 * CLOCK_REALTIME / CLOCK_BOOTTIME in nanoseconds.  Never fails on Linux.
 */
stamp_t stamp_now(void);
stamp_t stamp_boottime(void);

/* The later / the earlier of two. */
stamp_t stamp_later(stamp_t, stamp_t);
stamp_t stamp_earlier(stamp_t, stamp_t);

/**
 * stamp_asleep(least, most):
 * For how long the machine was suspended since boot, by which the boot time is ahead of the time that it ran, in
 * nanoseconds: not less than ${least} and not more than ${most}; to read one clock after the other leaves that open.
 */
void stamp_asleep(stamp_t *, stamp_t *);

/**
 * stamp_parse(s, out):
 * Parse the whole of ${s} as RFC 3339 date-time (section 5.6) with a mandatory offset: upper-case T and Z, up to nine
 * digits of fraction, years 1970 to 2261, no leap second (:60 is refused).
 * Return 0, or -1 with errno EINVAL.
 */
int stamp_parse(const char *, stamp_t *);

/**
 * stamp_format(out, t):
 * Write ${t} as UTC with nine digits of fraction, 2026-11-20T07:00:00.000000000Z: the form of every machine-read file.
 * STAMP_NONE is written as "-".  Return ${out}, which has STAMP_TEXT bytes.
 */
char *stamp_format(char *, stamp_t);

/* The same with six digits, for reports: what is finer is cut.  Return ${out}. */
char *stamp_format_micro(char *, stamp_t);

/* The same for people and for keyrings, in whole seconds (rounded down): 2026-11-20T07:00:00Z.  Return ${out}. */
char *stamp_format_seconds(char *, stamp_t);

/**
 * stamp_day_format(out, t) / stamp_day_parse(s, out):
 * The UTC day of ${t} as 2026-11-20 / the first instant of that day.  The parser takes nothing else.
 */
char *stamp_day_format(char *, stamp_t);
int stamp_day_parse(const char *, stamp_t *);

/* The first instant of the UTC day of ${t} / the last multiple of ${seconds} at or before ${t}, both rounding down. */
stamp_t stamp_day_start(stamp_t);
stamp_t stamp_floor(stamp_t, uint32_t);

#endif
