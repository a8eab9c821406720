#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ways.h"

#include "fragments.h"

/* As long as most systems wait for a packet's fragments. */
#define LIFETIME (30 * STAMP_SECOND)

#define SETS 1024

struct memory {
	stamp_t put;
	struct fragments_order orders[FRAGMENTS_ORDERS_MAX];
	uint32_t count; /* more than FRAGMENTS_ORDERS_MAX: not known */
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
	f->ways = ways_new(SETS, sizeof(struct fragments_key), sizeof(struct memory));
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
fragments_key(struct fragments_key *k, uint64_t asker, const struct packet *p, const uint8_t *data)
{
	memset(k, 0, sizeof(*k));
	memcpy(k->addresses, packet_addresses(p, data), p->version == 4 ? 8 : 32);
	k->id = p->id;
	k->asker = asker;
	k->version = p->version;
	/* In IPv6 only the first fragment's next header means anything (RFC 8200, 4.5). */
	k->proto = p->version == 4 ? p->proto : 0;
}

/* A clock that was stepped back makes a memory as old as one that waited too long. */
static int
is_alive(const struct memory *e, stamp_t time)
{
	uint64_t a = (uint64_t)time, b = (uint64_t)e->put;

	return e->count <= FRAGMENTS_ORDERS_MAX && (time > e->put ? a - b : b - a) <= (uint64_t)LIFETIME;
}

void
fragments_put(
    struct fragments *f, const struct fragments_key *k, stamp_t time, const struct fragments_order *orders, size_t n)
{
	struct memory *e = ways_make(f->ways, k);

	e->put = time;
	e->count = n <= FRAGMENTS_ORDERS_MAX ? (uint32_t)n : UINT32_MAX;
	if (n > 0 && n <= FRAGMENTS_ORDERS_MAX)
		memcpy(e->orders, orders, n * sizeof(*orders));
}

const struct fragments_order *
fragments_get(struct fragments *f, const struct fragments_key *k, stamp_t time, size_t *n)
{
	const struct memory *e = ways_find(f->ways, k);

	if (e == NULL || !is_alive(e, time))
		return NULL;
	*n = e->count;
	return e->orders;
}
