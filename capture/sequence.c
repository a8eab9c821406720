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
 * 3. What is missing came after the time `older`: mark is a number that came at `newer`, and what came at `older` was a
 *    window or more before mark, or the beginning.
 */
struct stream {
	struct sequence_key key;
	uint64_t used; /* the count of all streams' numbers when its last came */
	uint64_t seen;
	uint32_t top, mark;
	stamp_t older, newer;
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
add_losses(const struct stream *t, uint64_t n, struct sequence_losses *losses)
{
	if (n == 0)
		return;
	losses->sums[t->key.tunnel] += n;
	losses->fresh += n;
	if (t->older < losses->since)
		losses->since = t->older;
}

static void
begin(struct stream *t, uint32_t number, stamp_t time)
{
	t->top = t->mark = number;
	t->older = t->newer = time;
	t->seen = UINT64_MAX;
	t->is_doubtful = 0;
}

/* ${ahead} > 0 numbers further: what leaves the window unseen is lost. */
static void
advance(struct stream *t, uint32_t ahead, stamp_t time, struct sequence_losses *losses)
{
	uint64_t lost;

	if (ahead < TUNNELS_WINDOW) {
		lost = (uint64_t)__builtin_popcountll(~t->seen >> (TUNNELS_WINDOW - ahead));
		t->seen = t->seen << ahead | 1;
	} else {
		lost = missing(t) + (ahead - TUNNELS_WINDOW);
		t->seen = 1;
	}
	add_losses(t, lost, losses);
	t->top += ahead;
	t->is_doubtful = 0;
	if (t->top - t->mark >= TUNNELS_WINDOW) {
		t->older = t->newer;
		t->newer = time;
		t->mark = t->top;
	}
}

/* Late by more than the window, or ahead by more than is possible. */
static void
doubt(struct stream *t, uint32_t number, stamp_t time, struct sequence_losses *losses)
{
	if (t->is_doubtful && number == t->anew) {
		add_losses(t, missing(t), losses);
		begin(t, number, time);
	} else {
		t->is_doubtful = 1;
		t->anew = number + 1;
	}
}

void
sequences_count(
    struct sequences *s, const struct sequence_key *k, uint32_t number, stamp_t time, struct sequence_losses *losses)
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
			add_losses(t, missing(t), losses);
		t->key = *k;
		begin(t, number, time);
	}
	t->used = ++s->used;
	ahead = number - t->top;
	if (ahead > 0 && ahead <= AHEAD_MAX)
		advance(t, ahead, time, losses);
	else if (-ahead < TUNNELS_WINDOW)
		t->seen |= (uint64_t)1 << -ahead;
	else
		doubt(t, number, time, losses);
}

void
sequences_settle(struct sequences *s, struct sequence_losses *losses)
{
	size_t i, k;

	for (i = 0; i < SETS; i++) {
		for (k = 0; k < WAYS; k++) {
			struct stream *t = &s->sets[i][k];

			if (t->used == 0)
				continue;
			add_losses(t, missing(t), losses);
			t->seen = UINT64_MAX;
		}
	}
}
