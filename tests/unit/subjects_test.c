#include <arpa/inet.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "order.h"

#include "subjects.h"

#define ORDERS 200
#define PREFIXES 4

static struct order_prefix prefixes[ORDERS][PREFIXES];
static uint8_t macs[ORDERS][1][6];
static struct order table[ORDERS];
static const struct order *orders[ORDERS];

/* A small generator of our own: the same test everywhere. */
static uint32_t seed = 1;

static uint32_t
next(uint32_t below)
{
	seed = seed * 1664525U + 1013904223U;
	return (seed >> 8) % below;
}

static void
clear_host_bits(struct order_prefix *p)
{
	unsigned bit, width = p->family == 4 ? 32 : 128;

	for (bit = p->bits; bit < width; bit++)
		p->addr[bit / 8] &= (uint8_t) ~(0x80U >> bit % 8);
	if (p->family == 4)
		memset(p->addr + 4, 0, 12);
}

/* Few different bytes, so that prefixes overlap and addresses meet them. */
static void
fill_address(uint8_t *addr, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		addr[i] = (uint8_t)(next(4) == 0 ? next(3) << 6 : 10);
}

static void
make_orders(void)
{
	static const uint8_t lengths[2][6] = {{32, 32, 24, 17, 1, 0}, {128, 128, 64, 63, 33, 0}};
	size_t i, k;

	for (i = 0; i < ORDERS; i++) {
		for (k = 0; k < PREFIXES; k++) {
			struct order_prefix *p = &prefixes[i][k];

			p->family = next(2) ? 4 : 6;
			p->bits = lengths[p->family == 6][next(6)];
			fill_address(p->addr, sizeof(p->addr));
			clear_host_bits(p);
		}
		fill_address(macs[i][0], 6);
		table[i].prefixes = prefixes[i];
		table[i].prefix_count = i % (PREFIXES + 1);
		table[i].macs = macs[i];
		table[i].mac_count = i % 2;
		orders[i] = &table[i];
	}
}

static int
covers(const struct order_prefix *p, uint8_t family, const uint8_t *addr)
{
	struct order_prefix q;

	if (p->family != family)
		return 0;
	q.family = p->family;
	q.bits = p->bits;
	memcpy(q.addr, addr, family == 4 ? 4 : 16);
	clear_host_bits(&q);
	return memcmp(p->addr, q.addr, family == 4 ? 4 : 16) == 0;
}

static void
mark(const struct subjects_span *spans, size_t n, uint8_t *found)
{
	size_t i, k;

	memset(found, 0, ORDERS);
	for (i = 0; i < n; i++) {
		for (k = 0; k < spans[i].count; k++) {
			assert_true(k == 0 || spans[i].orders[k] >= spans[i].orders[k - 1]);
			found[spans[i].orders[k]] = 1;
		}
	}
}

static void
all_orders_whose_prefix_covers_an_address_are_found(void **state)
{
	struct subjects_span spans[SUBJECTS_SPANS_MAX];
	struct subjects *s;
	uint8_t addr[16], found[ORDERS];
	size_t round, i, k;

	make_orders();
	s = subjects_new(orders, ORDERS);
	assert_non_null(s);
	for (round = 0; round < 4000; round++) {
		uint8_t family = round % 2 ? 4 : 6;

		fill_address(addr, sizeof(addr));
		mark(spans, subjects_find(s, family == 4 ? SUBJECTS_V4 : SUBJECTS_V6, addr, spans), found);
		for (i = 0; i < ORDERS; i++) {
			int expected = 0;

			for (k = 0; k < table[i].prefix_count; k++)
				expected |= covers(&prefixes[i][k], family, addr);
			assert_int_equal(found[i], expected);
		}
	}
	subjects_free(s);
}

static void
all_orders_with_a_mac_are_found(void **state)
{
	struct subjects_span spans[SUBJECTS_SPANS_MAX];
	struct subjects *s;
	uint8_t found[ORDERS];
	size_t i, k;

	make_orders();
	s = subjects_new(orders, ORDERS);
	assert_non_null(s);
	for (i = 0; i < ORDERS; i++) {
		mark(spans, subjects_find(s, SUBJECTS_MAC, macs[i][0], spans), found);
		for (k = 0; k < ORDERS; k++)
			assert_int_equal(found[k], table[k].mac_count && memcmp(macs[k][0], macs[i][0], 6) == 0);
	}
	subjects_free(s);
}

/* Nobody, one, or several: what a look at two addresses must say. */
static uint32_t
expected_only(const struct subjects *s, enum subjects_family family, const uint8_t *addr, size_t width)
{
	struct subjects_span spans[2 * SUBJECTS_SPANS_MAX];
	size_t n = subjects_find(s, family, addr, spans), i;
	uint32_t who = SUBJECTS_NOBODY;

	n += subjects_find(s, family, addr + width, spans + n);
	for (i = 0; i < n; i++) {
		if (spans[i].count > 1 || (who != SUBJECTS_NOBODY && who != spans[i].orders[0]))
			return SUBJECTS_SEVERAL;
		who = spans[i].orders[0];
	}
	return who;
}

/* Where a family has one table at most, that table alone says the same. */
static void
check_single(const struct subjects *s, const uint8_t *addr)
{
	const struct subjects_table *v4 = subjects_single(s, SUBJECTS_V4), *v6 = subjects_single(s, SUBJECTS_V6);
	struct subjects_tables t = subjects_tables(s, SUBJECTS_V4);

	assert_int_equal(v4 == NULL, t.end - t.at > 1);
	if (v4 != NULL)
		assert_int_equal(subjects_pair_v4(v4, addr), subjects_only_v4(t, addr));
	t = subjects_tables(s, SUBJECTS_V6);
	assert_int_equal(v6 == NULL, t.end - t.at > 1);
	if (v6 != NULL)
		assert_int_equal(subjects_pair_v6(v6, addr), subjects_only_v6(t, addr));
}

static void
a_look_at_two_addresses_agrees_with_finding_each(void **state)
{
	struct subjects *s;
	uint8_t addr[32];
	size_t round;

	make_orders();
	for (round = 0; round < 6000; round++) {
		s = subjects_new(orders, 1 + round / 300);
		assert_non_null(s);
		fill_address(addr, sizeof(addr));
		assert_int_equal(
		    subjects_only_v4(subjects_tables(s, SUBJECTS_V4), addr), expected_only(s, SUBJECTS_V4, addr, 4));
		assert_int_equal(
		    subjects_only_v6(subjects_tables(s, SUBJECTS_V6), addr), expected_only(s, SUBJECTS_V6, addr, 16));
		check_single(s, addr);
		if (round % 2)
			memcpy(addr + round % 4 / 2 * 6, macs[1][0], 6);
		assert_int_equal(subjects_only_mac(subjects_tables(s, SUBJECTS_MAC), addr),
		    expected_only(s, SUBJECTS_MAC, addr, 6));
		subjects_free(s);
	}
}

static void
no_orders_make_a_table_in_which_nothing_is_found(void **state)
{
	static const uint8_t zeros[16];
	struct subjects_span spans[SUBJECTS_SPANS_MAX];
	struct subjects *s = subjects_new(orders, 0);
	int family;

	assert_non_null(s);
	for (family = 0; family < SUBJECTS_FAMILIES; family++) {
		assert_false(subjects_has(s, (enum subjects_family)family));
		assert_int_equal(subjects_find(s, (enum subjects_family)family, zeros, spans), 0);
	}
	subjects_free(s);
}

static void
every_prefix_length_can_be_there_at_once(void **state)
{
	static struct order_prefix all[129 + 33];
	struct subjects_span spans[SUBJECTS_SPANS_MAX];
	struct order order = {.prefixes = all, .prefix_count = 129 + 33};
	const struct order *list[1] = {&order};
	struct subjects *s;
	uint8_t addr[16];
	unsigned i;

	memset(addr, 0xff, sizeof(addr));
	for (i = 0; i < 129 + 33; i++) {
		all[i].family = i < 129 ? 6 : 4;
		all[i].bits = (uint8_t)(i < 129 ? i : i - 129);
		memset(all[i].addr, 0xff, 16);
		clear_host_bits(&all[i]);
	}
	s = subjects_new(list, 1);
	assert_non_null(s);
	assert_int_equal(subjects_find(s, SUBJECTS_V6, addr, spans), 129);
	assert_int_equal(subjects_find(s, SUBJECTS_V4, addr, spans), 33);
	subjects_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_orders_whose_prefix_covers_an_address_are_found),
	    cmocka_unit_test(all_orders_with_a_mac_are_found),
	    cmocka_unit_test(a_look_at_two_addresses_agrees_with_finding_each),
	    cmocka_unit_test(no_orders_make_a_table_in_which_nothing_is_found),
	    cmocka_unit_test(every_prefix_length_can_be_there_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
