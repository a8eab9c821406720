#include <stdlib.h>
#include <string.h>

#include "wire.h"

#include "carried.h"

/* As long as most systems wait for a packet's fragments. */
#define LIFETIME (30 * STAMP_SECOND)

/* Sets of a few ways, the oldest of a set making room: bounded work, bounded memory. */
#define SETS 512
#define WAYS 4

struct key {
	uint8_t addresses[32];
	uint32_t id;
	uint8_t version, proto, zero[2];
};

struct entry {
	struct key key;
	stamp_t put;
	uint32_t orders[CARRIED_ORDERS_MAX];
	uint8_t count, is_used;
};

struct carried {
	struct entry sets[SETS][WAYS];
};

_Static_assert(sizeof(struct key) == 40, "a key is hashed and compared as bytes: it must have no padding");

static void
make_key(struct key *k, const struct packet *p, const uint8_t *data)
{
	memset(k, 0, sizeof(*k));
	memcpy(k->addresses, packet_addresses(p, data), p->version == 4 ? 8 : 32);
	k->id = p->id;
	k->version = p->version;
	/* In IPv6 only the first fragment's next header means anything (RFC 8200, 4.5). */
	k->proto = p->version == 4 ? p->proto : 0;
}

static struct entry *
set_of(struct carried *c, const struct key *k)
{
	uint8_t bytes[sizeof(*k)];
	uint64_t h = 0;
	size_t i;

	memcpy(bytes, k, sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i += 8)
		h = ((h ^ h >> 29) ^ wire_key64(bytes + i)) * 0x9e3779b97f4a7c15U;
	return c->sets[(h >> 32) % SETS];
}

/* A clock that was stepped back makes an entry as old as one that waited too long. */
static int
is_alive(const struct entry *e, stamp_t time)
{
	uint64_t a = (uint64_t)time, b = (uint64_t)e->put;

	return e->is_used && (time > e->put ? a - b : b - a) <= (uint64_t)LIFETIME;
}

struct carried *
carried_new(void)
{
	return calloc(1, sizeof(struct carried));
}

void
carried_free(struct carried *c)
{
	free(c);
}

void
carried_put(
    struct carried *c, const struct packet *p, const uint8_t *data, stamp_t time, const uint32_t *orders, size_t n)
{
	struct entry *set, *e;
	struct key k;
	size_t i;

	make_key(&k, p, data);
	set = set_of(c, &k);
	e = &set[0];
	for (i = 0; i < WAYS; i++) {
		if (set[i].is_used && memcmp(&set[i].key, &k, sizeof(k)) == 0) {
			e = &set[i];
			break;
		}
		if (is_alive(e, time) && (!is_alive(&set[i], time) || set[i].put < e->put))
			e = &set[i];
	}
	e->is_used = n <= CARRIED_ORDERS_MAX;
	if (!e->is_used)
		return;
	e->key = k;
	e->put = time;
	e->count = (uint8_t)n;
	if (n > 0)
		memcpy(e->orders, orders, n * sizeof(*orders));
}

const uint32_t *
carried_get(struct carried *c, const struct packet *p, const uint8_t *data, stamp_t time, size_t *n)
{
	struct entry *set;
	struct key k;
	size_t i;

	make_key(&k, p, data);
	set = set_of(c, &k);
	for (i = 0; i < WAYS; i++) {
		if (is_alive(&set[i], time) && memcmp(&set[i].key, &k, sizeof(k)) == 0) {
			*n = set[i].count;
			return set[i].orders;
		}
	}
	return NULL;
}
