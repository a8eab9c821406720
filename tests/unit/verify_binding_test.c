#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "verify_binding.h"

#define H(n) ((stamp_t)(n)*3600 * STAMP_SECOND)
#define REVISION "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct verify_bindings bindings;
static struct package_facts facts;

static int
tear_down(void **state)
{
	(void)state;
	verify_bindings_free(&bindings);
	access_clear(&facts.slice.access);
	return 0;
}

static struct access_event
event(enum access_kind kind, stamp_t time, const char *method)
{
	struct access_event e;

	memset(&e, 0, sizeof(e));
	e.kind = kind;
	e.time = time;
	e.until = STAMP_NONE;
	e.family = 4;
	e.bits = 32;
	memcpy(e.addr, "\xc0\x00\x02\x07", 4);
	(void)snprintf(e.method, sizeof(e.method), "%s", method);
	return e;
}

/* The next slice: what is held as the last one left it, unless the reader is a new one. */
static void
slice(uint64_t seq, stamp_t from, int is_new)
{
	struct access_list held = {.is_told = 1};
	size_t i;

	if (!is_new)
		assert_int_equal(access_copy_held(&held, &facts.slice.access), 0);
	for (i = 0; i < facts.slice.access.count && !is_new; i++)
		access_hold(&held, &facts.slice.access.at[i]);
	access_clear(&facts.slice.access);
	memset(&facts, 0, sizeof(facts));
	facts.slice.access = held;
	facts.names.seq = facts.slice.head.seq = seq;
	(void)snprintf(facts.names.iap, sizeof(facts.names.iap), "tower-7");
	facts.slice.head.from = from;
	facts.slice.head.revision = 2;
	memcpy(facts.slice.head.order_sha256, REVISION, DIGEST_HEX);
}

static void
tell(enum access_kind kind, stamp_t time, const char *method)
{
	struct access_event e = event(kind, time, method);

	access_add(&facts.slice.access, &e);
}

static void
take(void)
{
	assert_int_equal(verify_bindings_package(&bindings, &facts), 0);
}

static void
that_an_address_is_given_again_after_a_crash_is_no_word_on_when_it_ended(void **state)
{
	(void)state;
	slice(1, H(10), 1);
	tell(ACCESS_ASSIGNED, H(10), "given");
	facts.slice.state = SLICE_RECOVERED;
	facts.slice.access.is_incomplete = 1;
	take();
	assert_true(bindings.at[0].end == STAMP_NONE && bindings.at[0].lapsed == STAMP_NONE);
	slice(2, H(12), 1);
	tell(ACCESS_ASSIGNED, H(13), "given");
	take();
	assert_int_equal(bindings.count, 2);
	assert_true(bindings.at[0].end == STAMP_NONE && bindings.at[0].lapsed == H(12));
	slice(3, H(14), 0);
	tell(ACCESS_RELEASED, H(14), "given");
	take();
	assert_true(bindings.at[0].end == STAMP_NONE && bindings.at[1].end == H(14));
}

static void
two_ways_to_one_address_begin_and_end_each_for_itself(void **state)
{
	(void)state;
	slice(1, H(10), 1);
	tell(ACCESS_ASSIGNED, H(10), "given");
	tell(ACCESS_SESSION_START, H(11), "dhcpv4");
	tell(ACCESS_ASSIGNED, H(11), "dhcpv4");
	take();
	slice(2, H(12), 0);
	assert_int_equal(facts.slice.access.held_count, 2);
	tell(ACCESS_RELEASED, H(12), "given");
	tell(ACCESS_RENEWED, H(12), "dhcpv4");
	take();
	slice(3, H(13), 0);
	assert_int_equal(facts.slice.access.held_count, 1);
	take();
	assert_int_equal(bindings.count, 2);
	assert_true(bindings.at[0].end == H(12));
	assert_true(bindings.at[1].end == STAMP_NONE && bindings.at[1].lapsed == STAMP_NONE);
	assert_int_equal(bindings.at[1].renewals, 1);
	assert_int_equal(bindings.at[1].revision, 2);
	assert_string_equal(bindings.at[1].order_sha256, REVISION);
}

static void
what_a_missing_number_or_a_full_list_told_is_told_by_what_is_held_behind_it(void **state)
{
	struct access_event held = event(ACCESS_ASSIGNED, H(10), "dhcpv4");

	(void)state;
	slice(1, H(9), 1);
	tell(ACCESS_ASSIGNED, H(9), "radius");
	tell(ACCESS_SESSION_START, H(9), "pppoe");
	take();
	slice(3, H(11), 1);
	access_hold(&facts.slice.access, &held);
	take();
	assert_int_equal(bindings.count, 3);
	assert_true(bindings.at[0].lapsed == H(11) && bindings.at[0].end == STAMP_NONE);
	assert_true(bindings.at[1].lapsed == STAMP_NONE);
	assert_true(bindings.at[2].begin.time == H(10) && bindings.at[2].lapsed == STAMP_NONE);
}

static void
that_it_ended_and_began_again_in_a_missing_number_is_two_bindings(void **state)
{
	struct access_event held = event(ACCESS_ASSIGNED, H(10), "dhcpv4");
	char text[VERIFY_BINDING_END];

	(void)state;
	slice(1, H(9), 1);
	tell(ACCESS_ASSIGNED, H(9), "dhcpv4");
	take();
	slice(3, H(11), 1);
	access_hold(&facts.slice.access, &held);
	take();
	slice(4, H(12), 0);
	take();
	assert_int_equal(bindings.count, 2);
	assert_true(bindings.at[0].end == STAMP_NONE && bindings.at[0].lapsed == H(10));
	assert_true(bindings.at[1].begin.time == H(10) && bindings.at[1].lapsed == STAMP_NONE);
	assert_string_equal(verify_binding_end(&bindings.at[0], text), "not told; no more at 1970-01-01T10:00:00Z");
	assert_string_equal(verify_binding_end(&bindings.at[1], text), "not told");
}

static void
what_comes_behind_a_higher_number_is_counted_once(void **state)
{
	(void)state;
	slice(1, H(9), 1);
	take();
	slice(3, H(11), 1);
	take();
	slice(2, H(10), 1);
	tell(ACCESS_SESSION_START, H(10), "dhcpv4");
	tell(ACCESS_ASSIGNED, H(10), "dhcpv4");
	take();
	take();
	slice(4, H(12), 1);
	take();
	slice(1, H(9), 1);
	tell(ACCESS_ASSIGNED, H(9), "dhcpv4");
	take();
	assert_int_equal(bindings.count, 0);
	assert_int_equal(bindings.unshown, 1);
	assert_int_equal(bindings.events_unshown, 2);
}

static void
renewals_of_what_has_no_room_are_no_bindings_more(void **state)
{
	uint64_t seq;
	unsigned i;

	(void)state;
	for (i = 0; i <= VERIFY_BINDINGS_MAX; i++) {
		struct access_event e = event(ACCESS_ASSIGNED, H(1) + i, "radius");

		if (i % ACCESS_MAX == 0) {
			if (i > 0)
				take();
			slice(1 + i / ACCESS_MAX, H(1) + i, 1);
		}
		memcpy(e.addr, &i, sizeof(i));
		access_add(&facts.slice.access, &e);
	}
	take();
	assert_int_equal(bindings.count, VERIFY_BINDINGS_MAX);
	assert_int_equal(bindings.unshown, 1);
	seq = facts.slice.head.seq;
	slice(seq + 1, H(2), 0);
	tell(ACCESS_SESSION_START, H(2), "dhcpv4");
	tell(ACCESS_ASSIGNED, H(2), "dhcpv4");
	tell(ACCESS_RENEWED, H(3), "dhcpv4");
	take();
	assert_int_equal(bindings.unshown, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(
		that_an_address_is_given_again_after_a_crash_is_no_word_on_when_it_ended, tear_down),
	    cmocka_unit_test_teardown(two_ways_to_one_address_begin_and_end_each_for_itself, tear_down),
	    cmocka_unit_test_teardown(
		what_a_missing_number_or_a_full_list_told_is_told_by_what_is_held_behind_it, tear_down),
	    cmocka_unit_test_teardown(that_it_ended_and_began_again_in_a_missing_number_is_two_bindings, tear_down),
	    cmocka_unit_test_teardown(what_comes_behind_a_higher_number_is_counted_once, tear_down),
	    cmocka_unit_test_teardown(renewals_of_what_has_no_room_are_no_bindings_more, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
