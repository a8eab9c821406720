#include <stdlib.h>
#include <string.h>

#include "tunnels.h"
#include "wire.h"

#include "sequence.h"

#define SETS 64
#define WAYS 4

/* Further ahead is no loss that anybody could have had within a stream's life here, but another beginning. */
#define AHEAD_MAX (1U << 24)

_Static_assert(TUNNELS_WINDOW == 64, "the window is the bits of one word");
_Static_assert(sizeof(struct sequence_key) == 48, "a key is hashed and compared as bytes: it must have no padding");

/*
 * 1. Bit i of seen says that the number top - i has come, or was before the beginning; bit 0 is set.
 * 2. used is 0 if and only if the place is free.
 */
struct stream {
	struct sequence_key key;
	uint64_t used; /* the count of all streams' numbers when its last came */
	uint64_t seen;
	uint32_t top;
	uint32_t anew;   /* the number that would confirm a new beginning */
	int is_doubtful; /* a number came that fits nothing, and anew is the one behind it */
};

struct sequences {
	uint64_t used;
	struct stream sets[SETS][WAYS];
};

struct sequences *
sequences_new(void)
{
	return calloc(1, sizeof(struct sequences));
}

void
sequences_free(struct sequences *s)
{
	free(s);
}

static struct stream *
set_of(struct sequences *s, const struct sequence_key *k)
{
	uint8_t bytes[sizeof(*k)];
	uint64_t h = 0;
	size_t i;

	memcpy(bytes, k, sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i += 8)
		h = ((h ^ h >> 29) ^ wire_key64(bytes + i)) * 0x9e3779b97f4a7c15U;
	return s->sets[(h >> 32) % SETS];
}

static uint64_t
missing(const struct stream *t)
{
	return (uint64_t)__builtin_popcountll(~t->seen);
}

static void
begin(struct stream *t, uint32_t number)
{
	t->top = number;
	t->seen = UINT64_MAX;
	t->is_doubtful = 0;
}

/* ${ahead} > 0 numbers further: what leaves the window unseen is lost. */
static uint64_t
advance(struct stream *t, uint32_t ahead)
{
	uint64_t lost;

	if (ahead < TUNNELS_WINDOW) {
		lost = (uint64_t)__builtin_popcountll(~t->seen >> (TUNNELS_WINDOW - ahead));
		t->seen = t->seen << ahead | 1;
	} else {
		lost = missing(t) + (ahead - TUNNELS_WINDOW);
		t->seen = 1;
	}
	t->top += ahead;
	t->is_doubtful = 0;
	return lost;
}

/* Late by more than the window, or ahead by more than is possible. */
static uint64_t
doubt(struct stream *t, uint32_t number)
{
	uint64_t lost = 0;

	if (t->is_doubtful && number == t->anew) {
		lost = missing(t);
		begin(t, number);
	} else {
		t->is_doubtful = 1;
		t->anew = number + 1;
	}
	return lost;
}

void
sequences_count(struct sequences *s, const struct sequence_key *k, uint32_t number, uint64_t *lost)
{
	struct stream *set = set_of(s, k), *t = &set[0];
	uint32_t ahead;
	size_t i;

	for (i = 0; i < WAYS; i++) {
		if (set[i].used != 0 && memcmp(&set[i].key, k, sizeof(*k)) == 0) {
			t = &set[i];
			break;
		}
		if (set[i].used < t->used)
			t = &set[i];
	}
	if (i == WAYS) {
		if (t->used != 0)
			lost[t->key.tunnel] += missing(t);
		t->key = *k;
		begin(t, number);
	}
	t->used = ++s->used;
	ahead = number - t->top;
	if (ahead > 0 && ahead <= AHEAD_MAX)
		lost[k->tunnel] += advance(t, ahead);
	else if (-ahead < TUNNELS_WINDOW)
		t->seen |= (uint64_t)1 << -ahead;
	else
		lost[k->tunnel] += doubt(t, number);
}

void
sequences_settle(struct sequences *s, uint64_t *lost)
{
	size_t i, k;

	for (i = 0; i < SETS; i++) {
		for (k = 0; k < WAYS; k++) {
			struct stream *t = &s->sets[i][k];

			if (t->used == 0)
				continue;
			lost[t->key.tunnel] += missing(t);
			t->seen = UINT64_MAX;
		}
	}
}
