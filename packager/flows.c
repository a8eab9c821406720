#include <sys/random.h>

#include <stdlib.h>
#include <string.h>

#include "flows.h"

struct flows {
	size_t max, count, mask;
	struct flow *at;
	uint32_t *slots; /* by hash: a number in at, counted from 1; 0: free */
	struct flow beyond;
	uint64_t seed; /* so that nobody can choose keys that meet */
};

_Static_assert(sizeof(struct flowkey) == 40, "a key has no padding");

struct flows *
flows_new(size_t max)
{
	struct flows *f = calloc(1, sizeof(*f));
	size_t slots = 2;

	if (f == NULL)
		return NULL;
	while (slots < 2 * max)
		slots *= 2;
	f->max = max;
	f->mask = slots - 1;
	f->at = calloc(max, sizeof(*f->at));
	f->slots = calloc(slots, sizeof(*f->slots));
	if (f->at == NULL || f->slots == NULL) {
		flows_free(f);
		return NULL;
	}
	/* Without randomness it is the same, only slower for who wants that. */
	(void)!getrandom(&f->seed, sizeof(f->seed), GRND_NONBLOCK);
	return f;
}

void
flows_free(struct flows *f)
{
	if (f == NULL)
		return;
	free(f->at);
	free(f->slots);
	free(f);
}

static size_t
hash(const struct flows *f, const struct flowkey *k)
{
	uint64_t words[5], h = f->seed;
	size_t i;

	memcpy(words, k, sizeof(words));
	for (i = 0; i < 5; i++) {
		h = (h ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
		h *= UINT64_C(0xbf58476d1ce4e5b9);
		h ^= h >> 32;
	}
	return (size_t)h;
}

/* The flow of that key, a new one if there is room; else the sum of those beyond. */
static struct flow *
find(struct flows *f, const struct flowkey *k)
{
	size_t slot = hash(f, k) & f->mask;
	struct flow *flow;

	for (; f->slots[slot] != 0; slot = (slot + 1) & f->mask) {
		flow = &f->at[f->slots[slot] - 1];
		if (memcmp(&flow->key, k, sizeof(*k)) == 0)
			return flow;
	}
	if (f->count == f->max)
		return &f->beyond;
	flow = &f->at[f->count++];
	flow->key = *k;
	f->slots[slot] = (uint32_t)f->count;
	return flow;
}

void
flows_add(struct flows *f, const struct flowkey *k, stamp_t time, uint32_t len)
{
	struct flow *flow = find(f, k);

	if (flow->frames == 0 || time < flow->first)
		flow->first = time;
	if (flow->frames == 0 || time > flow->last)
		flow->last = time;
	flow->frames++;
	flow->bytes += len;
}

size_t
flows_count(const struct flows *f)
{
	return f->count;
}

const struct flow *
flows_at(const struct flows *f, size_t i)
{
	return &f->at[i];
}

const struct flow *
flows_beyond(const struct flows *f)
{
	return &f->beyond;
}
