#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fsio.h"
#include "orderterms.h"

#include "scratch.h"

#define HASH "1111111111111111111111111111111111111111111111111111111111111111"
#define OTHER "2222222222222222222222222222222222222222222222222222222222222222"

static int dirfd_of_test;
static struct order order;
static struct orderterms terms;

static int
setup(void **state)
{
	if (scratch_setup(state) == -1)
		return -1;
	dirfd_of_test = fsio_opendir(scratch_dir);
	(void)snprintf(order.case_id, sizeof(order.case_id), "LI-1");
	(void)snprintf(order.sha256, sizeof(order.sha256), HASH);
	order.revision = 2;
	order.payload_days = 40;
	(void)snprintf(order.destinations[0], sizeof(order.destinations[0]), "county-sheriff");
	(void)snprintf(order.destinations[1], sizeof(order.destinations[1]), "state-police");
	order.destination_count = 2;
	return dirfd_of_test == -1 ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)close(dirfd_of_test);
	return scratch_teardown(state);
}

static void
put(const char *text)
{
	assert_int_equal(fsio_replace(dirfd_of_test, "LI-1.addressees", text, strlen(text), 0640), 0);
}

static void
what_is_noted_counts_for_that_very_order(void **state)
{
	(void)state;
	assert_int_equal(orderterms_load(dirfd_of_test, "LI-1", HASH, &terms), -1);
	assert_int_equal(orderterms_save(dirfd_of_test, &order), 0);
	assert_int_equal(orderterms_save(dirfd_of_test, &order), 0);
	assert_int_equal(orderterms_load(dirfd_of_test, "LI-1", HASH, &terms), 0);
	assert_int_equal(terms.destination_count, 2);
	assert_string_equal(terms.destinations[0], "county-sheriff");
	assert_string_equal(terms.destinations[1], "state-police");
	assert_int_equal(terms.payload_days, 40);
	assert_int_equal(orderterms_load(dirfd_of_test, "LI-1", OTHER, &terms), -1);
	assert_int_equal(orderterms_load(dirfd_of_test, "LI-2", HASH, &terms), -1);
}

static void
what_an_earlier_version_noted_has_no_days(void **state)
{
	(void)state;
	put("{\"format\":\"casetap-addressees/1\",\"case\":\"LI-1\",\"revision\":1,\"order_sha256\":\"" HASH
	    "\",\"to\":[\"county-sheriff\"]}\n");
	assert_int_equal(orderterms_load(dirfd_of_test, "LI-1", HASH, &terms), 0);
	assert_int_equal(terms.destination_count, 1);
	assert_int_equal(terms.payload_days, 0);
}

static void
what_is_not_such_a_note_tells_nothing(void **state)
{
	static const char *const bad[] = {"", "{", "[]",
	    "{\"format\":\"casetap-addressees/2\",\"order_sha256\":\"" HASH "\",\"to\":[]}",
	    "{\"format\":\"casetap-addressees/1\",\"order_sha256\":\"" HASH "\"}",
	    "{\"format\":\"casetap-addressees/1\",\"order_sha256\":\"" HASH "\",\"to\":[\"../x\"]}",
	    "{\"format\":\"casetap-addressees/1\",\"order_sha256\":\"" HASH "\",\"to\":[7]}"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put(bad[i]);
		if (orderterms_load(dirfd_of_test, "LI-1", HASH, &terms) != -1)
			fail_msg("taken: %s", bad[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_noted_counts_for_that_very_order),
	    cmocka_unit_test(what_an_earlier_version_noted_has_no_days),
	    cmocka_unit_test(what_is_not_such_a_note_tells_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
