#include <string.h>

#include "follow_keys.h"

/*
 * Keys, one by one.  Of networks those are compared that are as long as one of these, so that few have to be looked up.
 */
#define LEVELS_MAX 6

static const uint8_t levels4[] = {8, 16, 24, 32}, levels6[] = {32, 48, 56, 60, 64, 128};

static uint64_t
mix(uint64_t h)
{
	h *= UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

void
follow_key_put(struct follow_keys *k, unsigned what, const void *bytes, size_t n)
{
	const uint8_t *at = bytes;
	uint64_t h = mix((uint64_t)what << 32 | n), word;

	if (k->count == FOLLOW_KEYS_MAX) {
		k->is_for_all = 1;
		return;
	}
	for (; n >= sizeof(word); n -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		h = mix(h ^ word);
	}
	if (n > 0) {
		word = 0;
		memcpy(&word, at, n);
		h = mix(h ^ word);
	}
	k->at[k->count++] = mix(h);
}

void
follow_key_put_bytes(struct follow_keys *k, unsigned what, const struct wire_bytes *b)
{
	if (b->n > 0)
		follow_key_put(k, what, b->at, b->n);
}

void
follow_key_put_asked4(struct follow_keys *k, uint32_t xid, const uint8_t hardware[16])
{
	uint8_t bytes[sizeof(xid) + 16];

	memcpy(bytes, &xid, sizeof(xid));
	memcpy(bytes + sizeof(xid), hardware, 16);
	follow_key_put(k, FOLLOW_KEY_ASKED4, bytes, sizeof(bytes));
}

/* How many of the levels are no longer than the prefix; 0 where it is of no family, too. */
static size_t
levels_of(const struct order_prefix *p, const uint8_t **levels)
{
	size_t n = p->family == 4 ? sizeof(levels4) : p->family == 6 ? sizeof(levels6) : 0;

	*levels = p->family == 4 ? levels4 : levels6;
	while (n > 0 && (*levels)[n - 1] > p->bits)
		n--;
	return n;
}

/* So many bits of it: each level is of whole bytes, but for one of 60. */
static void
put_level(struct follow_keys *k, enum follow_key what, const struct order_prefix *p, unsigned bits)
{
	uint8_t cut[2 + sizeof(p->addr)] = {p->family, (uint8_t)bits};

	memcpy(cut + 2, p->addr, (bits + 7) / 8);
	if (bits % 8 != 0)
		cut[2 + bits / 8] &= (uint8_t)(0xff << (8 - bits % 8));
	follow_key_put(k, what, cut, sizeof(cut));
}

void
follow_key_put_known(struct follow_keys *k, const struct order_prefix *p)
{
	const uint8_t *levels;
	size_t i, n = levels_of(p, &levels);

	_Static_assert(sizeof(levels4) <= LEVELS_MAX && sizeof(levels6) <= LEVELS_MAX, "as FOLLOW_KEYS_MAX counts");
	if (n == 0) {
		k->is_for_all = 1;
		return;
	}
	put_level(k, FOLLOW_KEY_ADDRESS, p, levels[n - 1]);
	for (i = 0; i + 1 < n; i++)
		put_level(k, FOLLOW_KEY_WIDER, p, levels[i]);
}

/* What is known is as long or shorter, then it is found by one of the levels; or it is longer, and lies within this one. */
void
follow_key_put_asked(struct follow_keys *k, const struct order_prefix *p)
{
	const uint8_t *levels;
	size_t i, n = levels_of(p, &levels);

	if (n == 0) {
		k->is_for_all = 1;
		return;
	}
	for (i = 0; i < n; i++)
		put_level(k, FOLLOW_KEY_ADDRESS, p, levels[i]);
	put_level(k, FOLLOW_KEY_WIDER, p, levels[n - 1]);
}
