#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

#include "subjects.h"

/*
 * Between subjects_new and subjects_free:
 * 1. At least three of four slots of a table are free, the last of all among them.
 * 2. No two slots of a table have the same key; between the slot that a key's hash leads to and its own none is free.
 * 3. A family's tables are sorted by prefix length, the longest first, none twice.
 * 4. orders[slot.first] is how many orders the slot has; they follow it.
 */
struct family {
	struct subjects_table *tables;
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

static size_t
find(const struct subjects *s, enum subjects_family family, uint64_t low, uint64_t high, struct subjects_span *spans)
{
	struct subjects_tables t = subjects_tables(s, family);
	const struct subjects_slot *slot;
	size_t n = 0;

	for (; t.at < t.end; t.at++) {
		slot = subjects_probe(t.at, low & t.at->mask_low, high & t.at->mask_high);
		if (slot->who == SUBJECTS_NOBODY)
			continue;
		spans[n].orders = s->orders + slot->first + 1;
		spans[n++].count = s->orders[slot->first];
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

struct subjects_tables
subjects_tables(const struct subjects *s, enum subjects_family family)
{
	const struct family *f = &s->families[family];

	return (struct subjects_tables){f->tables, f->count == 0 ? f->tables : f->tables + f->count};
}

const struct subjects_table *
subjects_single(const struct subjects *s, enum subjects_family family)
{
	static const struct subjects_slot free_slots[2] = {{.who = SUBJECTS_NOBODY}, {.who = SUBJECTS_NOBODY}};
	static const struct subjects_table empty = {.slots = free_slots, .shift = 63};
	const struct family *f = &s->families[family];

	if (f->count > 1)
		return NULL;
	return f->count == 0 ? &empty : f->tables;
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

/* Slots for ${keys} keys, and behind them room for a run of all keys that starts at the last. */
static struct subjects_slot *
table_init(struct subjects_table *t, unsigned bits, size_t keys)
{
	struct subjects_slot *slots;
	uint8_t mask[16];
	uint32_t log = 1;
	size_t i, n;

	while (((size_t)1 << log) < 4 * keys)
		log++;
	n = ((size_t)1 << log) + keys + 1;
	slots = calloc(n, sizeof(*slots));
	if (slots == NULL)
		return NULL;
	for (i = 0; i < n; i++)
		slots[i].who = SUBJECTS_NOBODY;
	mask_of(mask, bits);
	t->mask_low = wire_key64(mask);
	t->mask_high = wire_key64(mask + 8);
	t->slots = slots;
	t->shift = 64 - log;
	return slots;
}

/* Put the ${n} sorted entries of one table into its slots, and their orders behind ${used} others. */
static void
table_fill(struct subjects *s, const struct subjects_table *t, struct subjects_slot *slots, const struct entry *e,
    size_t n, uint32_t *used)
{
	struct subjects_slot *slot;
	size_t i = 0, k, end;

	while (i < n) {
		uint64_t low = wire_key64(e[i].addr), high = wire_key64(e[i].addr + 8);

		for (end = i + 1; end < n && same_key(&e[i], &e[end]); end++)
			;
		slot = slots + (subjects_probe(t, low, high) - slots);
		slot->low = low;
		slot->high = high;
		slot->who = end - i == 1 ? e[i].order : SUBJECTS_SEVERAL;
		slot->first = *used;
		s->orders[(*used)++] = (uint32_t)(end - i);
		for (k = i; k < end; k++)
			s->orders[(*used)++] = e[k].order;
		i = end;
	}
}

static int
build_table(struct subjects *s, const struct entry *e, size_t n, uint32_t *used)
{
	struct family *f = &s->families[e->family];
	struct subjects_table *tables;
	struct subjects_slot *slots;

	tables = realloc(f->tables, (f->count + 1) * sizeof(*tables));
	if (tables == NULL)
		return -1;
	f->tables = tables;
	slots = table_init(tables + f->count, e->bits, n);
	if (slots == NULL)
		return -1;
	table_fill(s, &tables[f->count++], slots, e, n, used);
	return 0;
}

static int
build(struct subjects *s, struct entry *e, size_t n)
{
	uint32_t used = 0;
	size_t i, end;

	qsort(e, n, sizeof(*e), compare);
	for (i = 0; i < n; i = end) {
		for (end = i + 1; end < n && same_table(&e[i], &e[end]); end++)
			;
		if (build_table(s, e + i, end - i, &used) == -1)
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

	/* A place among the orders has 32 bits, and each prefix takes at most two. */
	if (n > UINT32_MAX / 16) {
		errno = ENOMEM;
		goto out;
	}
	s = calloc(1, sizeof(*s));
	entries = calloc(n + 1, sizeof(*entries));
	if (s == NULL || entries == NULL)
		goto out;
	s->orders = calloc(2 * n + 1, sizeof(*s->orders));
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
		for (k = 0; k < s->families[i].count; k++)
			free((void *)(uintptr_t)s->families[i].tables[k].slots); /* ours: made by table_init */
		free(s->families[i].tables);
	}
	free(s->orders);
	free(s);
	errno = saved;
}
