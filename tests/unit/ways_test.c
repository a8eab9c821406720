#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ways.h"

static void
what_was_made_is_found_in_place_by_its_key_only(void **state)
{
	struct ways *w = ways_new(8, 4, sizeof(uint64_t), 3);
	uint64_t a = 1, b = 2;
	uint8_t *value;

	assert_non_null(w);
	assert_null(ways_find(w, &a));
	value = ways_make(w, &a);
	assert_int_equal(value[0] | value[1] | value[2], 0);
	value[2] = 7;
	assert_null(ways_find(w, &b));
	assert_ptr_equal(ways_find(w, &a), value);
	assert_ptr_equal(ways_make(w, &a), value);
	assert_int_equal(value[2], 7);
	ways_free(w);
}

static void
key_of_zeros_is_not_a_free_place(void **state)
{
	struct ways *w = ways_new(1, 4, 2 * sizeof(uint64_t), sizeof(uint32_t));
	uint64_t zeros[2] = {0, 0};

	assert_null(ways_find(w, zeros));
	(void)ways_make(w, zeros);
	assert_non_null(ways_find(w, zeros));
	ways_free(w);
}

static void
longest_unused_of_a_full_set_makes_room_and_leaves_its_bytes(void **state)
{
	struct ways *w = ways_new(1, 4, sizeof(uint64_t), sizeof(uint64_t));
	size_t room = ways_room(w);
	uint64_t key, *value;

	assert_int_equal(room, 4);
	for (key = 1; key <= room; key++) {
		value = ways_make(w, &key);
		*value = 100 + key;
	}
	key = 1;
	assert_non_null(ways_find(w, &key));
	key = 9;
	value = ways_make(w, &key);
	assert_int_equal(*value, 102);
	key = 2;
	assert_null(ways_find(w, &key));
	for (key = 3; key <= room; key++)
		assert_int_equal(*(uint64_t *)ways_find(w, &key), 100 + key);
	ways_free(w);
}

static void
flood_of_keys_stays_in_its_room(void **state)
{
	struct ways *w = ways_new(16, 4, sizeof(uint64_t), sizeof(uint64_t));
	uint64_t key;
	size_t i, n = 0;

	for (i = 0; i < ways_room(w); i++)
		assert_null(ways_at(w, i));
	for (key = 0; key < 100000; key++)
		*(uint64_t *)ways_make(w, &key) = key;
	for (i = 0; i < ways_room(w); i++)
		n += ways_at(w, i) != NULL;
	assert_int_equal(n, ways_room(w));
	assert_int_equal(n, 64);
	/* The last one of all is there. */
	key--;
	assert_int_equal(*(uint64_t *)ways_find(w, &key), key);
	ways_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_made_is_found_in_place_by_its_key_only),
	    cmocka_unit_test(key_of_zeros_is_not_a_free_place),
	    cmocka_unit_test(longest_unused_of_a_full_set_makes_room_and_leaves_its_bytes),
	    cmocka_unit_test(flood_of_keys_stays_in_its_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
