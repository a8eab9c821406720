#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

#include "subjects.h"

/*
 * A key is the address as it lies in memory, zero-extended to 128 bits.  Between subjects_new and subjects_free:
 * 1. A slot is free if and only if its count is 0; at least half of the slots of a table are free.
 * 2. No two slots of a table have the same key.
 * 3. A family's tables are sorted by prefix length, the longest first, none twice; sieves[i] belongs to tables[i].
 * 4. The bit of every key in a table is set in its sieve, which has 2^SIEVE_LOG bits a slot.
 */
#define SIEVE_LOG 4

struct slot {
	uint64_t low, high;
	uint32_t first, count; /* of subjects.orders */
};

struct table {
	struct slot *slots;
	uint64_t *bits; /* of the sieve */
	uint32_t shift; /* from a 64-bit hash to a slot */
	uint32_t last;  /* slot; their number is a power of two */
};

struct family {
	struct table *tables;
	struct subjects_sieve *sieves;
	size_t count;
};

struct subjects {
	struct family families[SUBJECTS_FAMILIES];
	uint32_t *orders;
};

/* One prefix of one order on its way into the tables. */
struct entry {
	uint8_t addr[16];
	uint32_t order;
	uint8_t family, bits;
};

static const uint8_t widths[SUBJECTS_FAMILIES] = {32, 128, 48};

/* The slot of a key that was masked already, or NULL. */
static inline const struct slot *
probe(const struct table *t, uint64_t low, uint64_t high)
{
	const struct slot *s;
	uint32_t i;

	for (i = (uint32_t)(subjects_hash(low, high) >> t->shift);; i = (i + 1) & t->last) {
		s = &t->slots[i];
		if (s->count == 0)
			return NULL;
		if (s->low == low && s->high == high)
			return s;
	}
}

static size_t
find(const struct subjects *s, enum subjects_family family, uint64_t low, uint64_t high, struct subjects_span *spans)
{
	const struct family *f = &s->families[family];
	const struct slot *slot;
	size_t i, n = 0;

	for (i = 0; i < f->count; i++) {
		slot = probe(&f->tables[i], low & f->sieves[i].mask_low, high & f->sieves[i].mask_high);
		if (slot == NULL)
			continue;
		spans[n].orders = s->orders + slot->first;
		spans[n++].count = slot->count;
	}
	return n;
}

size_t
subjects_find(
    const struct subjects *s, enum subjects_family family, const uint8_t *address, struct subjects_span *spans)
{
	switch (family) {
	case SUBJECTS_V4:
		return find(s, family, wire_key32(address), 0, spans);
	case SUBJECTS_V6:
		return find(s, family, wire_key64(address), wire_key64(address + 8), spans);
	case SUBJECTS_MAC:
		return find(s, family, wire_key48(address), 0, spans);
	case SUBJECTS_FAMILIES:
	default:
		return 0;
	}
}

struct subjects_sieves
subjects_sieves(const struct subjects *s, enum subjects_family family)
{
	const struct family *f = &s->families[family];

	return (struct subjects_sieves){f->sieves, f->count == 0 ? f->sieves : f->sieves + f->count};
}

/* Who was ${who} until this slot, or none, was met. */
static inline uint32_t
meet(const struct subjects *s, const struct slot *slot, uint32_t who)
{
	uint32_t order;

	if (slot == NULL)
		return who;
	order = s->orders[slot->first];
	return slot->count > 1 || (who != SUBJECTS_NOBODY && who != order) ? SUBJECTS_SEVERAL : order;
}

static inline uint32_t
only(const struct subjects *s, enum subjects_family family, uint64_t low1, uint64_t high1, uint64_t low2,
    uint64_t high2)
{
	const struct family *f = &s->families[family];
	uint32_t who = SUBJECTS_NOBODY;
	size_t i;

	for (i = 0; i < f->count; i++) {
		const struct subjects_sieve *v = &f->sieves[i];
		const struct table *t = &f->tables[i];

		who = meet(s, probe(t, low1 & v->mask_low, high1 & v->mask_high), who);
		who = meet(s, probe(t, low2 & v->mask_low, high2 & v->mask_high), who);
	}
	return who;
}

uint32_t
subjects_only_v4(const struct subjects *s, const uint8_t *two)
{
	return only(s, SUBJECTS_V4, wire_key32(two), 0, wire_key32(two + 4), 0);
}

uint32_t
subjects_only_v6(const struct subjects *s, const uint8_t *two)
{
	return only(s, SUBJECTS_V6, wire_key64(two), wire_key64(two + 8), wire_key64(two + 16), wire_key64(two + 24));
}

int
subjects_has(const struct subjects *s, enum subjects_family family)
{
	return s->families[family].count > 0;
}

/* The first ${bits} bits of 16 bytes, all others zero. */
static void
mask_of(uint8_t mask[16], unsigned bits)
{
	memset(mask, 0, 16);
	memset(mask, 0xff, bits / 8);
	if (bits % 8 != 0)
		mask[bits / 8] = (uint8_t)(0xff00 >> bits % 8);
}

static void
add_entry(struct entry *e, enum subjects_family family, unsigned bits, const uint8_t *addr, uint32_t order)
{
	uint8_t mask[16];
	size_t i;

	assert(bits <= widths[family]);
	memset(e, 0, sizeof(*e));
	e->family = (uint8_t)family;
	e->bits = (uint8_t)bits;
	e->order = order;
	memcpy(e->addr, addr, widths[family] / 8);
	mask_of(mask, bits);
	for (i = 0; i < sizeof(mask); i++)
		e->addr[i] &= mask[i];
}

static size_t
count_entries(const struct order *const *orders, size_t count)
{
	size_t i, n = 0;

	for (i = 0; i < count; i++)
		n += orders[i]->prefix_count + orders[i]->mac_count;
	return n;
}

static void
fill_entries(struct entry *e, const struct order *const *orders, size_t count)
{
	size_t i, k;

	for (i = 0; i < count; i++) {
		for (k = 0; k < orders[i]->prefix_count; k++) {
			const struct order_prefix *p = &orders[i]->prefixes[k];

			add_entry(e++, p->family == 4 ? SUBJECTS_V4 : SUBJECTS_V6, p->bits, p->addr, (uint32_t)i);
		}
		for (k = 0; k < orders[i]->mac_count; k++)
			add_entry(e++, SUBJECTS_MAC, 48, orders[i]->macs[k], (uint32_t)i);
	}
}

/* By family, longest prefix, address, order. */
static int
compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c;

	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	if (x->bits != y->bits)
		return x->bits > y->bits ? -1 : 1;
	c = memcmp(x->addr, y->addr, sizeof(x->addr));
	if (c != 0)
		return c;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int
same_key(const struct entry *a, const struct entry *b)
{
	return memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

static int
same_table(const struct entry *a, const struct entry *b)
{
	return a->family == b->family && a->bits == b->bits;
}

static int
table_init(struct table *t, struct subjects_sieve *v, unsigned bits, size_t keys)
{
	uint8_t mask[16];
	uint32_t log = 6 - SIEVE_LOG; /* no less than one word of bits */

	while (((size_t)1 << log) < 2 * keys)
		log++;
	t->shift = 64 - log;
	t->last = (uint32_t)(((size_t)1 << log) - 1);
	t->slots = calloc((size_t)1 << log, sizeof(*t->slots));
	t->bits = calloc(((size_t)1 << (log + SIEVE_LOG)) / 64, sizeof(*t->bits));
	mask_of(mask, bits);
	v->mask_low = wire_key64(mask);
	v->mask_high = wire_key64(mask + 8);
	v->bits = t->bits;
	v->shift = t->shift - SIEVE_LOG;
	return t->slots == NULL || t->bits == NULL ? -1 : 0;
}

/* Put the ${n} sorted entries of one table into it; their orders have been laid out from ${first} on. */
static void
table_fill(struct table *t, const struct entry *e, size_t n, uint32_t first)
{
	size_t i = 0, end;

	while (i < n) {
		uint64_t low = wire_key64(e[i].addr), high = wire_key64(e[i].addr + 8);
		uint64_t h = subjects_hash(low, high), bit = h >> (t->shift - SIEVE_LOG);
		uint32_t at = (uint32_t)(h >> t->shift);

		for (end = i + 1; end < n && same_key(&e[i], &e[end]); end++)
			;
		while (t->slots[at].count != 0)
			at = (at + 1) & t->last;
		t->bits[bit / 64] |= (uint64_t)1 << bit % 64;
		t->slots[at].low = low;
		t->slots[at].high = high;
		t->slots[at].first = first + (uint32_t)i;
		t->slots[at].count = (uint32_t)(end - i);
		i = end;
	}
}

static int
build_table(struct subjects *s, const struct entry *e, size_t n, uint32_t first)
{
	struct family *f = &s->families[e->family];
	struct subjects_sieve *sieves;
	struct table *tables;

	tables = realloc(f->tables, (f->count + 1) * sizeof(*tables));
	if (tables == NULL)
		return -1;
	f->tables = tables;
	sieves = realloc(f->sieves, (f->count + 1) * sizeof(*sieves));
	if (sieves == NULL)
		return -1;
	f->sieves = sieves;
	/* Counted before it is whole, so that subjects_free finds what it has. */
	tables += f->count;
	sieves += f->count++;
	memset(tables, 0, sizeof(*tables));
	if (table_init(tables, sieves, e->bits, n) == -1)
		return -1;
	table_fill(tables, e, n, first);
	return 0;
}

static int
build(struct subjects *s, struct entry *e, size_t n)
{
	size_t i, end;

	qsort(e, n, sizeof(*e), compare);
	for (i = 0; i < n; i++)
		s->orders[i] = e[i].order;
	for (i = 0; i < n; i = end) {
		for (end = i + 1; end < n && same_table(&e[i], &e[end]); end++)
			;
		if (build_table(s, e + i, end - i, (uint32_t)i) == -1)
			return -1;
	}
	return 0;
}

struct subjects *
subjects_new(const struct order *const *orders, size_t count)
{
	struct subjects *s = NULL;
	struct entry *entries = NULL;
	size_t n = count_entries(orders, count);
	int rc = -1;

	/* A slot has 32 bits, and a table two slots a key. */
	if (n > UINT32_MAX / 8) {
		errno = ENOMEM;
		goto out;
	}
	s = calloc(1, sizeof(*s));
	entries = calloc(n + 1, sizeof(*entries));
	if (s == NULL || entries == NULL)
		goto out;
	s->orders = calloc(n + 1, sizeof(*s->orders));
	if (s->orders == NULL)
		goto out;
	fill_entries(entries, orders, count);
	rc = build(s, entries, n);
out:
	free(entries);
	if (rc == -1) {
		subjects_free(s);
		s = NULL;
	}
	return s;
}

void
subjects_free(struct subjects *s)
{
	int saved = errno;
	size_t i, k;

	if (s == NULL)
		return;
	for (i = 0; i < SUBJECTS_FAMILIES; i++) {
		for (k = 0; k < s->families[i].count; k++) {
			free(s->families[i].tables[k].slots);
			free(s->families[i].tables[k].bits);
		}
		free(s->families[i].tables);
		free(s->families[i].sieves);
	}
	free(s->orders);
	free(s);
	errno = saved;
}
