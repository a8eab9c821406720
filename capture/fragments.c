#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ways.h"

#include "fragments.h"

/* Fragments of a packet follow each other at once; its id can be used again before many seconds are over. */
#define LIFETIME STAMP_SECOND

/* A port that mirrors both directions shows each fragment twice; in so short a time no id comes again. */
#define LIFETIME_WHOLE (STAMP_SECOND / 100)

#define SETS 1024
#define WAYS 4

/* In how many stretches a packet can have been seen: one, however many fragments, where they come in a row. */
#define STRETCHES_MAX 6

struct stretch {
	uint32_t from, to;
};

enum state {
	STATE_EXPECTED, /* the first fragment was not seen yet */
	STATE_KNOWN,
	STATE_DOUBTFUL
};

/*
 * 1. The stretches are sorted, and neither overlap nor touch.
 * 2. Where ${total} is not 0, none ends behind it.
 * 3. ${put}: when the first piece was put or, where it ${is_whole}, the one that completed it.
 */
struct memory {
	stamp_t put;
	uint32_t total; /* 0: the last fragment was not seen yet */
	uint8_t state, stretches, count, is_whole;
	struct stretch seen[STRETCHES_MAX + 1];
	struct fragments_order orders[FRAGMENTS_ORDERS_MAX];
};

_Static_assert(sizeof(struct fragments_key) == 48, "a key is hashed and compared as bytes: it must have no padding");

struct fragments {
	struct ways *ways;
};

struct fragments *
fragments_new(void)
{
	struct fragments *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->ways = ways_new(SETS, WAYS, sizeof(struct fragments_key), sizeof(struct memory));
	if (f->ways == NULL) {
		fragments_free(f);
		return NULL;
	}
	return f;
}

void
fragments_free(struct fragments *f)
{
	int saved = errno;

	if (f == NULL)
		return;
	ways_free(f->ways);
	free(f);
	errno = saved;
}

void
fragments_piece(
    struct fragments_piece *piece, uint64_t asker, const struct packet *p, const uint8_t *data, stamp_t time)
{
	struct fragments_key *k = &piece->key;

	memset(k, 0, sizeof(*k));
	memcpy(k->addresses, packet_addresses(p, data), p->version == 4 ? 8 : 32);
	k->id = p->id;
	k->asker = asker;
	k->version = p->version;
	/* In IPv6 only the first fragment's next header means anything (RFC 8200, 4.5). */
	k->proto = p->version == 4 ? p->proto : 0;
	packet_extent(p, data, &piece->extent);
	piece->time = time;
}

/* A clock that was stepped back makes a memory as old as one that waited too long. */
static int
is_alive(const struct memory *e, stamp_t time)
{
	uint64_t a = (uint64_t)time, b = (uint64_t)e->put;

	return (time > e->put ? a - b : b - a) <= (uint64_t)(e->is_whole ? LIFETIME_WHOLE : LIFETIME);
}

static struct memory *
find(struct fragments *f, const struct fragments_piece *piece)
{
	struct memory *e = ways_find(f->ways, &piece->key);

	return e != NULL && is_alive(e, piece->time) ? e : NULL;
}

static struct memory *
make(struct fragments *f, const struct fragments_piece *piece)
{
	struct memory *e = ways_make(f->ways, &piece->key);

	e->put = piece->time;
	e->is_whole = 0;
	e->total = 0;
	e->state = STATE_EXPECTED;
	e->stretches = 0;
	e->count = 0;
	return e;
}

/* Can the piece be of the packet that is known so far, by where that ends? */
static int
fits(const struct memory *e, const struct packet_extent *x)
{
	uint32_t reached = e->stretches == 0 ? 0 : e->seen[e->stretches - 1].to;

	if (e->total != 0 && (x->to > e->total || (x->is_last && x->to != e->total)))
		return 0;
	return !x->is_last || x->to >= reached;
}

/* Join a stretch to those it meets. */
static void
join(struct memory *e, struct stretch s)
{
	uint32_t i = 0, n;

	while (i < e->stretches && e->seen[i].to < s.from)
		i++;
	for (n = i; n < e->stretches && e->seen[n].from <= s.to; n++) {
		if (e->seen[n].from < s.from)
			s.from = e->seen[n].from;
		if (e->seen[n].to > s.to)
			s.to = e->seen[n].to;
	}
	memmove(e->seen + i + 1, e->seen + n, (e->stretches - n) * sizeof(*e->seen));
	e->seen[i] = s;
	e->stretches = (uint8_t)(e->stretches + 1 - (n - i));
}

/* Take note of a piece's place; one that belongs elsewhere, or one too many, leaves the packet in doubt. */
static void
cover(struct memory *e, const struct fragments_piece *piece)
{
	const struct packet_extent *x = &piece->extent;

	if (!fits(e, x)) {
		e->state = STATE_DOUBTFUL;
		return;
	}
	if (x->is_last)
		e->total = x->to;
	join(e, (struct stretch){x->from, x->to});
	if (e->stretches > STRETCHES_MAX) {
		e->stretches--;
		e->state = STATE_DOUBTFUL;
	}
	if (e->total != 0 && e->stretches == 1 && e->seen[0].from == 0 && e->seen[0].to == e->total && !e->is_whole) {
		e->is_whole = 1;
		e->put = piece->time;
	}
}

static int
are_same(const struct memory *e, const struct fragments_order *orders, size_t n)
{
	size_t i;

	if (e->count != n)
		return 0;
	for (i = 0; i < n; i++) {
		if (e->orders[i].name != orders[i].name || e->orders[i].is_doubted != orders[i].is_doubted)
			return 0;
	}
	return 1;
}

void
fragments_put(
    struct fragments *f, const struct fragments_piece *piece, const struct fragments_order *orders, size_t n)
{
	struct memory *e = find(f, piece);

	if (e == NULL)
		e = make(f, piece);
	if (n > FRAGMENTS_ORDERS_MAX || (e->state == STATE_KNOWN && !are_same(e, orders, n)))
		e->state = STATE_DOUBTFUL;
	if (e->state == STATE_EXPECTED) {
		e->state = STATE_KNOWN;
		e->count = (uint8_t)n;
		if (n > 0)
			memcpy(e->orders, orders, n * sizeof(*orders));
	}
	cover(e, piece);
}

void
fragments_doubt(struct fragments *f, const struct fragments_piece *piece)
{
	struct memory *e = find(f, piece);

	if (e != NULL)
		e->state = STATE_DOUBTFUL;
}

const struct fragments_order *
fragments_get(struct fragments *f, const struct fragments_piece *piece, size_t *n)
{
	struct memory *e = find(f, piece);

	if (e == NULL)
		e = make(f, piece);
	cover(e, piece);
	if (e->state != STATE_KNOWN)
		return NULL;
	*n = e->count;
	return e->orders;
}
