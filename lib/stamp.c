#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "stamp.h"

/* Years whose every instant, whatever its offset, is a stamp and is written in four digits. */
#define YEAR_MIN 1970
#define YEAR_MAX 2261

#define DAY_SECONDS 86400

struct civil {
	int64_t year;
	int month; /* 1 to 12 */
	int day;   /* 1 to 31 */
};

static int
is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
days_in_month(int64_t year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to 1 January of a year after 0, by the Gregorian calendar. */
static int64_t
days_to_year(int64_t year)
{
	int64_t y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

static int64_t
days_from_civil(const struct civil *c)
{
	int64_t days = days_to_year(c->year) + c->day - 1;
	int month;

	for (month = 1; month < c->month; month++)
		days += days_in_month(c->year, month);
	return days;
}

static void
civil_from_days(int64_t days, struct civil *c)
{
	c->year = YEAR_MIN + days / 366 - (days < 0);
	while (days_to_year(c->year + 1) <= days)
		c->year++;
	while (days_to_year(c->year) > days)
		c->year--;
	days -= days_to_year(c->year);
	for (c->month = 1; days >= days_in_month(c->year, c->month); c->month++)
		days -= days_in_month(c->year, c->month);
	c->day = (int)days + 1;
}

/* Quotient and remainder with 0 <= remainder, for times before 1970 too. */
static int64_t
floor_div(int64_t t, int64_t unit, int64_t *rest)
{
	int64_t q = t / unit;

	*rest = t % unit;
	if (*rest < 0) {
		*rest += unit;
		q--;
	}
	return q;
}

static stamp_t
read_clock(clockid_t id)
{
	struct timespec ts = {0, 0};
	stamp_t t;

	(void)clock_gettime(id, &ts); /* neither clock can fail on a kernel that has openat2 */
	if (__builtin_mul_overflow((int64_t)ts.tv_sec, STAMP_SECOND, &t) ||
	    __builtin_add_overflow(t, (int64_t)ts.tv_nsec, &t))
		t = ts.tv_sec < 0 ? STAMP_NONE + 1 : INT64_MAX;
	return t;
}

stamp_t
stamp_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

stamp_t
stamp_boottime(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

void
stamp_asleep(stamp_t *least, stamp_t *most)
{
	stamp_t before = read_clock(CLOCK_MONOTONIC), boottime = stamp_boottime(),
		after = read_clock(CLOCK_MONOTONIC);

	*least = boottime - after;
	*most = boottime - before;
}

/* Take exactly n digits from *s, a number from min to max. */
static int
take_number(const char **s, int n, int min, int max, int *out)
{
	int value = 0;

	for (; n > 0; n--, (*s)++) {
		if (**s < '0' || **s > '9')
			return -1;
		value = value * 10 + (**s - '0');
	}
	if (value < min || value > max)
		return -1;
	*out = value;
	return 0;
}

static int
take_char(const char **s, char c)
{
	if (**s != c)
		return -1;
	(*s)++;
	return 0;
}

static int
take_date(const char **s, int64_t *days)
{
	struct civil c;
	int year;

	if (take_number(s, 4, YEAR_MIN, YEAR_MAX, &year) == -1 || take_char(s, '-') == -1 ||
	    take_number(s, 2, 1, 12, &c.month) == -1 || take_char(s, '-') == -1 ||
	    take_number(s, 2, 1, days_in_month(year, c.month), &c.day) == -1)
		return -1;
	c.year = year;
	*days = days_from_civil(&c);
	return 0;
}

/* ".5", with one to nine digits, or nothing. */
static int
take_fraction(const char **s, int64_t *ns)
{
	int64_t unit = STAMP_SECOND;

	*ns = 0;
	if (take_char(s, '.') == -1)
		return 0;
	if (**s < '0' || **s > '9')
		return -1;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		unit /= 10;
		if (unit == 0)
			return -1;
		*ns += (**s - '0') * unit;
	}
	return 0;
}

static int
take_offset(const char **s, int *seconds)
{
	int hours, minutes, sign;

	*seconds = 0;
	if (take_char(s, 'Z') == 0)
		return 0;
	if (take_char(s, '+') == 0)
		sign = 1;
	else if (take_char(s, '-') == 0)
		sign = -1;
	else
		return -1;
	if (take_number(s, 2, 0, 23, &hours) == -1 || take_char(s, ':') == -1 ||
	    take_number(s, 2, 0, 59, &minutes) == -1)
		return -1;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return 0;
}

int
stamp_parse(const char *s, stamp_t *out)
{
	int64_t days, seconds, ns;
	int hour, minute, second, offset;

	if (take_date(&s, &days) == -1 || take_char(&s, 'T') == -1 || take_number(&s, 2, 0, 23, &hour) == -1 ||
	    take_char(&s, ':') == -1 || take_number(&s, 2, 0, 59, &minute) == -1 || take_char(&s, ':') == -1 ||
	    take_number(&s, 2, 0, 59, &second) == -1 || take_fraction(&s, &ns) == -1 ||
	    take_offset(&s, &offset) == -1 || *s != '\0')
		goto bad;
	seconds = days * DAY_SECONDS + hour * 3600 + minute * 60 + second - offset;
	/* An offset may lead out of the years: what was read must be what stamp_format writes. */
	if (seconds < 0 || seconds >= days_to_year(YEAR_MAX + 1) * DAY_SECONDS)
		goto bad;
	*out = seconds * STAMP_SECOND + ns;
	return 0;
bad:
	errno = EINVAL;
	return -1;
}

/* The date, the time where fields says so, and the fraction where it does. */
static char *
format(char *out, size_t room, stamp_t t, int with_time, int with_ns)
{
	struct civil c;
	int64_t days, in_day, ns;
	int n, hour, minute, second;

	if (t == STAMP_NONE) {
		assert(room > 1);
		memcpy(out, "-", 2);
		return out;
	}
	days = floor_div(floor_div(t, STAMP_SECOND, &ns), DAY_SECONDS, &in_day);
	civil_from_days(days, &c);
	hour = (int)(in_day / 3600);
	minute = (int)(in_day / 60 % 60);
	second = (int)(in_day % 60);
	n = snprintf(out, room, "%04d-%02d-%02d", (int)c.year, c.month, c.day);
	if (with_time)
		n += snprintf(out + n, room - (size_t)n, "T%02d:%02d:%02d", hour, minute, second);
	if (with_ns)
		n += snprintf(out + n, room - (size_t)n, ".%09d", (int)ns);
	if (with_time)
		n += snprintf(out + n, room - (size_t)n, "Z");
	assert(n > 0 && (size_t)n < room);
	return out;
}

char *
stamp_format(char *out, stamp_t t)
{
	return format(out, STAMP_TEXT, t, 1, 1);
}

char *
stamp_format_micro(char *out, stamp_t t)
{
	char *z = stamp_format(out, t == STAMP_NONE ? t : t - (t % 1000 + 1000) % 1000);
	size_t n = strlen(z), cut = sizeof("000Z") - 1;

	if (n > cut)
		memcpy(z + n - cut, "Z", sizeof("Z"));
	return out;
}

char *
stamp_format_seconds(char *out, stamp_t t)
{
	return format(out, STAMP_TEXT, t, 1, 0);
}

char *
stamp_day_format(char *out, stamp_t t)
{
	return format(out, STAMP_DAY_TEXT, t, 0, 0);
}

int
stamp_day_parse(const char *s, stamp_t *out)
{
	int64_t days;

	if (take_date(&s, &days) == -1 || *s != '\0') {
		errno = EINVAL;
		return -1;
	}
	*out = days * STAMP_DAY;
	return 0;
}

stamp_t
stamp_day_start(stamp_t t)
{
	return stamp_floor(t, DAY_SECONDS);
}

stamp_t
stamp_later(stamp_t a, stamp_t b)
{
	return a > b ? a : b;
}

stamp_t
stamp_earlier(stamp_t a, stamp_t b)
{
	return a < b ? a : b;
}

stamp_t
stamp_floor(stamp_t t, uint32_t seconds)
{
	int64_t rest;

	assert(seconds > 0);
	(void)floor_div(t, (int64_t)seconds * STAMP_SECOND, &rest);
	/* The multiple before the very first stamps is out of range. */
	return t < INT64_MIN + rest ? STAMP_NONE : t - rest;
}
