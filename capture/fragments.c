#include <stdlib.h>
#include <string.h>

#include "wire.h"

#include "fragments.h"

/* As long as most systems wait for a packet's fragments. */
#define LIFETIME (30 * STAMP_SECOND)

/* Sets of a few ways, the oldest of a set making room: bounded work, bounded memory. */
#define SETS 1024
#define WAYS 4

struct key {
	uint8_t addresses[32];
	uint32_t order, id;
	uint8_t version, proto, zero[6];
};

struct entry {
	struct key key;
	stamp_t put;
	uint8_t verdict; /* FRAGMENTS_UNKNOWN: the entry is free */
};

struct fragments {
	struct entry sets[SETS][WAYS];
};

_Static_assert(sizeof(struct key) == 48, "a key is hashed and compared as bytes: it must have no padding");

static void
make_key(struct key *k, uint32_t order, const struct packet *p, const uint8_t *data)
{
	memset(k, 0, sizeof(*k));
	memcpy(k->addresses, packet_addresses(p, data), p->version == 4 ? 8 : 32);
	k->order = order;
	k->id = p->id;
	k->version = p->version;
	/* In IPv6 only the first fragment's next header means anything (RFC 8200, 4.5). */
	k->proto = p->version == 4 ? p->proto : 0;
}

static struct entry *
set_of(struct fragments *f, const struct key *k)
{
	uint8_t bytes[sizeof(*k)];
	uint64_t h = 0;
	size_t i;

	memcpy(bytes, k, sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i += 8)
		h = ((h ^ h >> 29) ^ wire_key64(bytes + i)) * 0x9e3779b97f4a7c15U;
	return f->sets[(h >> 32) % SETS];
}

/* A clock that was stepped back makes an entry as old as one that waited too long. */
static int
is_alive(const struct entry *e, stamp_t time)
{
	uint64_t a = (uint64_t)time, b = (uint64_t)e->put;

	return e->verdict != FRAGMENTS_UNKNOWN && (time > e->put ? a - b : b - a) <= (uint64_t)LIFETIME;
}

struct fragments *
fragments_new(void)
{
	return calloc(1, sizeof(struct fragments));
}

void
fragments_free(struct fragments *f)
{
	free(f);
}

void
fragments_put(struct fragments *f, uint32_t order, const struct packet *p, const uint8_t *data, stamp_t time,
    enum fragments_verdict verdict)
{
	struct entry *set, *e;
	struct key k;
	size_t i;

	make_key(&k, order, p, data);
	set = set_of(f, &k);
	e = &set[0];
	for (i = 0; i < WAYS; i++) {
		if (memcmp(&set[i].key, &k, sizeof(k)) == 0) {
			e = &set[i];
			break;
		}
		if (is_alive(e, time) && (!is_alive(&set[i], time) || set[i].put < e->put))
			e = &set[i];
	}
	e->key = k;
	e->put = time;
	e->verdict = (uint8_t)verdict;
}

enum fragments_verdict
fragments_get(struct fragments *f, uint32_t order, const struct packet *p, const uint8_t *data, stamp_t time)
{
	struct entry *set;
	struct key k;
	size_t i;

	make_key(&k, order, p, data);
	set = set_of(f, &k);
	for (i = 0; i < WAYS; i++) {
		if (memcmp(&set[i].key, &k, sizeof(k)) == 0 && is_alive(&set[i], time))
			return set[i].verdict;
	}
	return FRAGMENTS_UNKNOWN;
}
