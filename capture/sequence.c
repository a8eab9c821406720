#include <errno.h>
#include <stdlib.h>

#include "tunnels.h"
#include "ways.h"

#include "sequence.h"

#define WAYS 16
#define SETS (SEQUENCES_ROOM / WAYS)

/* Further ahead is no loss that anybody could have had within a stream's life here, but another beginning. */
#define AHEAD_MAX (1U << 24)

_Static_assert(TUNNELS_WINDOW == 64, "the window is the bits of one word");
_Static_assert(sizeof(struct sequence_key) == 48, "a key is hashed and compared as bytes: it must have no padding");

/*
 * 1. Bit i of seen says that the number top - i has come, or was before the beginning; bit 0 is set.
 * 2. seen is 0 where no stream was yet.
 * 3. What is missing came after the time `older`: mark is a number that came at `newer`, and what came at `older` was a
 *    window or more before mark, or the beginning.
 */
struct stream {
	uint64_t seen;
	uint32_t tunnel;
	uint32_t top, mark;
	stamp_t older, newer, last; /* last: when a number came */
	uint32_t anew;              /* the number that would confirm a new beginning */
	int is_doubtful;            /* a number came that fits nothing, and anew is the one behind it */
};

struct sequences {
	struct ways *ways;
};

struct sequences *
sequences_new(void)
{
	struct sequences *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->ways = ways_new(SETS, WAYS, sizeof(struct sequence_key), sizeof(struct stream));
	if (s->ways == NULL) {
		sequences_free(s);
		return NULL;
	}
	return s;
}

void
sequences_free(struct sequences *s)
{
	int saved = errno;

	if (s == NULL)
		return;
	ways_free(s->ways);
	free(s);
	errno = saved;
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
	losses->sums[t->tunnel] += n;
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

/* It makes room for another. */
static void
put_out(const struct stream *t, stamp_t time, struct sequence_losses *losses)
{
	add_losses(t, missing(t), losses);
	if (time - t->last >= SEQUENCES_SILENT)
		return;
	losses->put_out++;
	losses->latest = time;
	if (t->last < losses->unknown)
		losses->unknown = t->last;
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
	struct stream *t = ways_find(s->ways, k);
	uint32_t ahead;

	if (t == NULL) {
		t = ways_make(s->ways, k);
		if (t->seen != 0)
			put_out(t, time, losses);
		t->tunnel = k->tunnel;
		begin(t, number, time);
	}
	t->last = time;
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
	size_t i;

	for (i = 0; i < ways_room(s->ways); i++) {
		struct stream *t = ways_at(s->ways, i);

		if (t == NULL)
			continue;
		add_losses(t, missing(t), losses);
		t->seen = UINT64_MAX;
	}
}
