#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

#include "ways.h"

#define WAYS 4

/*
 * A place is the count of its last use, the key, the value.
 * 1. The count is 0 if and only if the place is free.
 * 2. Of one key there is at most one place, in the set that its hash names.
 */
struct ways {
	uint64_t used;
	size_t sets, key, place;
	uint8_t *places;
};

struct ways *
ways_new(size_t sets, size_t key, size_t value)
{
	struct ways *w = calloc(1, sizeof(*w));

	assert(key % sizeof(uint64_t) == 0);
	if (w == NULL)
		return NULL;
	w->sets = sets;
	w->key = key;
	w->place = sizeof(uint64_t) + key + (value + 7) / 8 * 8;
	w->places = calloc(sets * WAYS, w->place);
	if (w->places == NULL) {
		ways_free(w);
		return NULL;
	}
	return w;
}

void
ways_free(struct ways *w)
{
	int saved = errno;

	if (w == NULL)
		return;
	free(w->places);
	free(w);
	errno = saved;
}

static uint64_t *
count_of(uint8_t *place)
{
	return (void *)place;
}

static uint8_t *
set_of(struct ways *w, const uint8_t *key)
{
	uint64_t h = 0;
	size_t i;

	for (i = 0; i < w->key; i += sizeof(h))
		h = ((h ^ h >> 29) ^ wire_key64(key + i)) * 0x9e3779b97f4a7c15U;
	return w->places + (h >> 32) % w->sets * WAYS * w->place;
}

static void *
use(struct ways *w, uint8_t *place)
{
	*count_of(place) = ++w->used;
	return place + sizeof(uint64_t) + w->key;
}

/* The place of the key; where it has none, NULL, and ${oldest} is the one to take. */
static uint8_t *
look(struct ways *w, const void *key, uint8_t **oldest)
{
	uint8_t *place = set_of(w, key), *end = place + WAYS * w->place;

	*oldest = place;
	for (; place < end; place += w->place) {
		if (*count_of(place) != 0 && memcmp(place + sizeof(uint64_t), key, w->key) == 0)
			return place;
		if (*count_of(place) < *count_of(*oldest))
			*oldest = place;
	}
	return NULL;
}

void *
ways_find(struct ways *w, const void *key)
{
	uint8_t *oldest, *place = look(w, key, &oldest);

	return place == NULL ? NULL : use(w, place);
}

void *
ways_make(struct ways *w, const void *key)
{
	uint8_t *oldest, *place = look(w, key, &oldest);

	if (place != NULL)
		return use(w, place);
	memcpy(oldest + sizeof(uint64_t), key, w->key);
	return use(w, oldest);
}

void *
ways_at(struct ways *w, size_t i)
{
	uint8_t *place = w->places + i * w->place;

	assert(i < ways_room(w));
	return *count_of(place) == 0 ? NULL : place + sizeof(uint64_t) + w->key;
}

size_t
ways_room(const struct ways *w)
{
	return w->sets * WAYS;
}
