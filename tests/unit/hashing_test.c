#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hashing.h"

static int refuse_threads;
static unsigned threads;

int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __wrap_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

int
__wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*run)(void *), void *cookie)
{
	if (refuse_threads)
		return EAGAIN;
	threads++;
	return __real_pthread_create(t, attr, run, cookie);
}

static unsigned char *data;
static size_t room = (size_t)9 << 20;

static int
make_data(void **state)
{
	size_t i;

	(void)state;
	data = malloc(room);
	for (i = 0; data != NULL && i < room; i++)
		data[i] = (unsigned char)(i * 2654435761U >> 13);
	return data == NULL ? -1 : 0;
}

static int
drop_data(void **state)
{
	(void)state;
	free(data);
	return 0;
}

/* An archive of a header of 512 bytes, a member of ${n} bytes given in pieces of ${step}, and another header. */
static void
check(size_t n, size_t step, int is_refused)
{
	struct hashing *h = hashing_new();
	struct digest *whole = digest_new();
	char got[DIGEST_HEX], want[DIGEST_HEX];
	unsigned char *block;
	size_t at, some;

	assert_non_null(h);
	refuse_threads = is_refused;
	threads = 0;
	hashing_whole(h, data, 512);
	digest_add(whole, data, 512);
	hashing_begin(h, n);
	for (at = 0; at < n; at += some) {
		some = n - at < step ? n - at : step;
		block = hashing_block(h);
		memcpy(block, data + at, some);
		hashing_member(h, block, some);
		hashing_whole(h, block, some);
	}
	digest_add(whole, data, n);
	hashing_member_hex(h, got);
	assert_int_equal(digest_hex_of(data, n, want), 0);
	assert_string_equal(got, want);
	hashing_begin(h, 3);
	hashing_member(h, "abc", 3);
	hashing_member_hex(h, got);
	assert_string_equal(got, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	hashing_whole(h, data, 512);
	digest_add(whole, data, 512);
	hashing_whole_hex(h, got);
	digest_take_hex(whole, want);
	assert_string_equal(got, want);
	digest_free(whole);
	hashing_free(h);
	refuse_threads = 0;
}

static void
both_hashes_are_the_plain_ones_whatever_the_length(void **state)
{
	static const size_t lengths[] = {
	    0, 1, 511, HASHING_BLOCK, HASHING_BLOCK + 1, (4U << 20) - 1, 4U << 20, (8U << 20) + 77};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		check(lengths[i], HASHING_BLOCK, 0);
		check(lengths[i], 77777, 0);
	}
}

static void
a_small_member_starts_no_thread_and_a_large_one_does(void **state)
{
	(void)state;
	check(1U << 20, HASHING_BLOCK, 0);
	assert_int_equal(threads, 0);
	check(8U << 20, HASHING_BLOCK, 0);
	assert_int_equal(threads, 1);
}

static void
without_threads_the_caller_hashes(void **state)
{
	(void)state;
	check(8U << 20, HASHING_BLOCK, 1);
	assert_int_equal(threads, 0);
}

static void
given_up_in_the_middle_nothing_is_left(void **state)
{
	struct hashing *h = hashing_new();
	unsigned char *block;
	int i;

	(void)state;
	assert_non_null(h);
	hashing_begin(h, 8U << 20);
	for (i = 0; i < 20; i++) {
		block = hashing_block(h);
		memset(block, i, HASHING_BLOCK);
		hashing_member(h, block, HASHING_BLOCK);
		hashing_whole(h, block, HASHING_BLOCK);
	}
	hashing_free(h);
	hashing_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_hashes_are_the_plain_ones_whatever_the_length),
	    cmocka_unit_test(a_small_member_starts_no_thread_and_a_large_one_does),
	    cmocka_unit_test(without_threads_the_caller_hashes),
	    cmocka_unit_test(given_up_in_the_middle_nothing_is_left),
	};

	return cmocka_run_group_tests_name("hashing", tests, make_data, drop_data);
}
