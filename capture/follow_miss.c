#include <string.h>

#include "follow_internal.h"

/*
 * What a subject may have that is not followed, or may still have though a word that proves little has ended it: for so
 * long it is not known which addresses are its.
 */
static int
is_of(const struct follow_miss *m, enum follow_source source, const uint8_t hardware[16])
{
	return m->until != 0 && m->source == source && memcmp(m->hardware, hardware, sizeof(m->hardware)) == 0;
}

/* Its place, a free one, or, where there is none, that which lasts longest: it is then of nobody, and no word ends it. */
static struct follow_miss *
place_for(struct follow *f, enum follow_source source, const uint8_t hardware[16])
{
	struct follow_miss *m, *place = NULL, *last = &f->missed[0];
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		m = &f->missed[i];
		if (is_of(m, source, hardware))
			return m;
		if (m->until == 0 && place == NULL)
			place = m;
		if (m->until > last->until)
			last = m;
	}
	if (place == NULL) {
		memset(last->hardware, 0, sizeof(last->hardware));
		return last;
	}
	place->source = (uint8_t)source;
	memcpy(place->hardware, hardware, sizeof(place->hardware));
	return place;
}

void
follow_miss(struct follow *f, enum follow_source source, const uint8_t *hardware, stamp_t until)
{
	static const uint8_t nobody[16];
	struct follow_miss *m;

	m = place_for(f, source, hardware == NULL ? nobody : hardware);
	if (until > m->until)
		m->until = until;
	if (f->blind == NULL)
		f->blind = FOLLOW_UNKNOWN;
	f->is_stale = 1;
}

void
follow_found(struct follow *f, enum follow_source source, const uint8_t hardware[16])
{
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		if (is_of(&f->missed[i], source, hardware))
			memset(&f->missed[i], 0, sizeof(f->missed[i]));
	}
	f->is_stale = 1;
}

int
follow_misses_await(const struct follow *f)
{
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		if (f->missed[i].until != 0)
			return 1;
	}
	return 0;
}

int
follow_misses_expire(struct follow *f, stamp_t now)
{
	int has_expired = 0;
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		if (f->missed[i].until == 0 || f->missed[i].until > now)
			continue;
		memset(&f->missed[i], 0, sizeof(f->missed[i]));
		has_expired = 1;
	}
	return has_expired;
}

stamp_t
follow_misses_next(const struct follow *f)
{
	stamp_t next = INT64_MAX;
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		if (f->missed[i].until != 0 && f->missed[i].until < next)
			next = f->missed[i].until;
	}
	return next;
}

void
follow_misses_shift(struct follow *f, stamp_t step)
{
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		if (f->missed[i].until != 0 && f->missed[i].until != INT64_MAX)
			f->missed[i].until += step;
	}
}
