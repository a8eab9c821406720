#include "verifying.h"

#include "verify_ahead.h"

#define PACKAGES 40

static struct verify_keys *keys;
static struct verify_progress progress;
static char names[PACKAGES][NAMES_FILE_ROOM];

/* Files that are no packages, each another length, and some that are not there. */
static int
set_up_files(void **state)
{
	char path[256], text[PACKAGES + 2];
	unsigned i;

	assert_int_equal(set_up(state), 0);
	for (i = 0; i < PACKAGES; i++) {
		(void)names_package(names[i], CASE, "tower-7", i + 1, ".tar");
		memset(text, 'x', sizeof(text));
		text[i + 1] = '\0';
		(void)snprintf(path, sizeof(path), FOLDER "/%.159s", names[i]); /* a name of a file */
		if (i % 7 != 3)
			scratch_puts(path, text);
	}
	result = verify_result_new(T0);
	keys = verify_keys_new(sign_key_pub(root));
	assert_int_equal(verify_keys_settle(keys, result), 0);
	verify_progress_start(&progress, 0, PACKAGES);
	return 0;
}

static int
tear_down_files(void **state)
{
	verify_keys_free(keys);
	return tear_down(state);
}

/* The hash says which file it was. */
static void
take(struct verify_ahead *a, unsigned i)
{
	const struct verify_checked *c = verify_ahead_take(a);
	char text[PACKAGES + 2], sha256[DIGEST_HEX];

	memset(text, 'x', sizeof(text));
	assert_int_equal(digest_hex_of(text, i + 1, sha256), 0);
	if (i % 7 == 3) {
		assert_int_equal(c->error, ENOENT);
		return;
	}
	assert_int_equal(c->error, 0);
	assert_int_equal(c->verdict, PACKAGE_MALFORMED);
	assert_string_equal(c->sha256, sha256);
}

static void
check_with(unsigned threads, unsigned taken)
{
	struct verify_dir dir = {open(scratch_path(FOLDER), O_RDONLY | O_DIRECTORY | O_CLOEXEC), NULL};
	struct verify_ahead *a = verify_ahead_new(threads, &progress);
	unsigned i, round;

	assert_non_null(a);
	for (round = 0; round < 3; round++) {
		verify_ahead_begin(a, &dir, keys);
		for (i = 0; i < PACKAGES; i++)
			assert_int_equal(verify_ahead_name(a, names[i]), 0);
		for (i = 0; i < taken; i++)
			take(a, i);
		verify_ahead_end(a);
	}
	verify_ahead_free(a);
	assert_int_equal(close(dir.fd), 0);
}

static void
packages_are_taken_in_the_order_of_their_names_however_many_threads(void **state)
{
	(void)state;
	check_with(0, PACKAGES);
	check_with(1, PACKAGES);
	check_with(2, PACKAGES);
	check_with(7, PACKAGES);
	check_with(16, PACKAGES);
}

static void
whatever_was_not_taken_is_let_go(void **state)
{
	(void)state;
	check_with(0, 0);
	check_with(3, 0);
	check_with(3, 1);
	check_with(3, PACKAGES / 2);
}

static void
no_thread_is_asked_for_where_none_is_of_use(void **state)
{
	(void)state;
	assert_int_equal(verify_ahead_threads(0), 0);
	assert_int_equal(verify_ahead_threads(1), 0);
	assert_true(verify_ahead_threads(2) <= 2);
	assert_true(verify_ahead_threads(UINT64_MAX) <= 16);
	verify_ahead_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_files, tear_down_files)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(packages_are_taken_in_the_order_of_their_names_however_many_threads),
	    TEST(whatever_was_not_taken_is_let_go),
	    TEST(no_thread_is_asked_for_where_none_is_of_use),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
