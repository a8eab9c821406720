#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

#include "ways.h"

/*
 * A place is the count of its last use, the key, the value.
 * 1. The count is 0 if and only if the place is free.
 * 2. Of one key there is at most one place, in one of the two sets that its hash names.
 */
struct ways {
	uint64_t used;
	size_t sets, ways, key, place;
	uint8_t *places;
};

struct ways *
ways_new(size_t sets, size_t ways, size_t key, size_t value)
{
	struct ways *w = calloc(1, sizeof(*w));

	assert(key % sizeof(uint64_t) == 0);
	if (w == NULL)
		return NULL;
	w->sets = sets;
	w->ways = ways;
	w->key = key;
	w->place = sizeof(uint64_t) + key + (value + 7) / 8 * 8;
	w->places = calloc(sets * ways, w->place);
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

static uint64_t
hash(const struct ways *w, const uint8_t *key)
{
	uint64_t h = 0;
	size_t i;

	for (i = 0; i < w->key; i += sizeof(h))
		h = ((h ^ h >> 29) ^ wire_key64(key + i)) * 0x9e3779b97f4a7c15U;
	return h ^ h >> 32;
}

static void *
use(struct ways *w, uint8_t *place)
{
	*count_of(place) = ++w->used;
	return place + sizeof(uint64_t) + w->key;
}

/* What is in a set: the key's place, or else how many are free, and which was used longest ago or is free. */
struct glance {
	uint8_t *place, *oldest;
	size_t free;
};

static struct glance
look_into(struct ways *w, size_t set, const void *key)
{
	uint8_t *place = w->places + set * w->ways * w->place, *end = place + w->ways * w->place;
	struct glance g = {NULL, place, 0};

	for (; place < end; place += w->place) {
		if (*count_of(place) == 0)
			g.free++;
		else if (memcmp(place + sizeof(uint64_t), key, w->key) == 0) {
			g.place = place;
			return g;
		}
		if (*count_of(place) < *count_of(g.oldest))
			g.oldest = place;
	}
	return g;
}

/* The place of the key; where it has none, NULL, and ${oldest} is the one to take. */
static uint8_t *
look(struct ways *w, const void *key, uint8_t **oldest)
{
	uint64_t h = hash(w, key);
	struct glance a = look_into(w, (size_t)((h & UINT32_MAX) % w->sets), key), b;

	*oldest = a.oldest;
	if (a.place != NULL)
		return a.place;
	b = look_into(w, (size_t)((h * 0xbf58476d1ce4e5b9U >> 32) % w->sets), key);
	if (b.free > a.free || (a.free == 0 && *count_of(b.oldest) < *count_of(a.oldest)))
		*oldest = b.oldest;
	return b.place;
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
	return w->sets * w->ways;
}
