#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "slice.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define T0 ((stamp_t)1795219200 * STAMP_SECOND)

static const struct slice_head head = {.case_id = "LI-1", .iap = "tower-7", .content_id = 2, .seq = 7};

static struct access_event
event(enum access_kind kind, unsigned family)
{
	static const uint8_t addr[16] = {0x20, 1, 0xd, 0xb8};
	struct access_event e;

	memset(&e, 0, sizeof(e));
	e.kind = kind;
	e.time = T0 + 123456789;
	e.until = T0 + 600 * STAMP_SECOND;
	e.family = (uint8_t)family;
	e.bits = family == 4 ? 32 : 56;
	memcpy(e.addr, addr, sizeof(addr));
	strcpy(e.method, "dhcpv6");
	strcpy(e.reason, "assigned");
	strcpy(e.session, "a<b>&c");
	strcpy(e.sha256, HEX);
	return e;
}

static void
every_kind_of_event_reads_back_as_it_was_written(void **state)
{
	struct access_list l = {.is_told = 1}, again;
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct access_event e;
	struct json *j;
	unsigned k;

	(void)state;
	for (k = 0; k < ACCESS_KINDS; k++) {
		e = event(k, k % 3 == 0 ? 0 : k % 3 == 1 ? 4 : 6);
		if (e.family == 4)
			memset(e.addr + 4, 0, 12);
		if (e.family == 0) {
			memset(e.addr, 0, 16);
			e.bits = 0;
			e.until = STAMP_NONE;
		}
		access_add(&l, &e);
	}
	assert_int_equal(l.count, ACCESS_KINDS);
	access_hold(&l, &l.at[ACCESS_ASSIGNED]);
	access_hold(&l, &l.at[ACCESS_ESTABLISHED]);
	access_hold(&l, &l.at[ACCESS_ASSIGNED]);
	access_hold(&l, &l.at[ACCESS_ATTEMPT]);
	e = l.at[ACCESS_ASSIGNED];
	e.family = 0;
	access_hold(&l, &e);
	assert_int_equal(l.held_count, 2);
	assert_int_equal(l.held[0].kind, ACCESS_ESTABLISHED);
	j = access_write(&l);
	assert_int_equal(access_parse(j, &again), 0);
	assert_memory_equal(again.at, l.at, l.count * sizeof(*l.at));
	assert_memory_equal(again.held, l.held, l.held_count * sizeof(*l.held));
	assert_int_equal(again.is_incomplete, 0);
	e = l.held[0];
	e.kind = ACCESS_RELEASED;
	access_hold(&l, &e);
	assert_int_equal(l.held_count, 1);
	assert_int_equal(access_xml(&l, &head, NULL, &a), 0);
	assert_int_equal(access_xml(&again, &head, NULL, &b), 0);
	assert_string_equal(a.data, b.data);
	json_free(j);
	access_clear(&l);
	access_clear(&again);
	buf_free(&a);
	buf_free(&b);
}

static void
event_stands_in_the_xml_with_all_that_names_it_in_utc_and_microseconds(void **state)
{
	struct access_list l = {.is_told = 1};
	struct access_event e = event(ACCESS_DELEGATED, 6);
	struct buf out = BUF_INIT;

	(void)state;
	access_add(&l, &e);
	assert_int_equal(access_xml(&l, &head, NULL, &out), 0);
	assert_string_equal(out.data,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<accessEvents xmlns=\"urn:casetap:events:1\" profile=\"t1-ias\" sequence=\"7\" complete=\"true\">\n"
	    "  <prefixDelegated>\n    <caseId>LI-1</caseId>\n    <iAPSystemId>tower-7</iAPSystemId>\n"
	    "    <timestamp>2026-11-21T00:00:00.123456Z</timestamp>\n    <contentIdentifier>2</contentIdentifier>\n"
	    "    <accessSessionID>a&lt;b&gt;&amp;c</accessSessionID>\n    <ipAddress>\n"
	    "      <address>2001:db8::</address>\n      <allocationMethod>dhcpv6</allocationMethod>\n"
	    "      <prefixLen>56</prefixLen>\n    </ipAddress>\n"
	    "    <validUntil>2026-11-21T00:10:00.000000Z</validUntil>\n"
	    "    <beginning>assigned</beginning>\n    <evidence>" HEX "</evidence>\n"
	    "  </prefixDelegated>\n</accessEvents>\n");
	access_clear(&l);
	buf_free(&out);
}

static void
only_what_ends_or_fails_has_a_reason_for_that(void **state)
{
	static const enum access_kind begun[] = {
	    ACCESS_SESSION_START, ACCESS_ESTABLISHED, ACCESS_ASSIGNED, ACCESS_RENEWED, ACCESS_DELEGATED};
	unsigned kind, i, is_begun;

	(void)state;
	for (kind = 0; kind < ACCESS_KINDS; kind++) {
		struct access_list l = {.is_told = 1};
		struct access_event e = event(kind, 4);
		struct buf out = BUF_INIT;

		for (i = 0, is_begun = 0; i < sizeof(begun) / sizeof(begun[0]); i++)
			is_begun |= kind == begun[i];
		access_add(&l, &e);
		assert_int_equal(access_xml(&l, &head, NULL, &out), 0);
		assert_int_equal(strstr(out.data, "<beginning>assigned<") != NULL, is_begun);
		assert_int_equal(strstr(out.data, "<reasonForTermination>assigned<") != NULL, !is_begun);
		access_clear(&l);
		buf_free(&out);
	}
}

static void
profile_that_does_not_name_a_beginning_calls_it_as_a_reason(void **state)
{
	static const char rest[] =
	    "profile = x\nevents = e\ncase = a\ncontent = b\niap = c\ntime = d\nsession = f\nip = g\n"
	    "address = h\nmethod = i\nprefix = j\nuntil = k\nreason = why\nevidence = l\n";
	struct access_map map;
	char text[1024];
	size_t n;
	unsigned kind;

	(void)state;
	n = (size_t)snprintf(text, sizeof(text), "[elements]\n%s", rest);
	for (kind = 0; kind < ACCESS_KINDS; kind++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s = k%u\n", access_kind_text(kind), kind);
	assert_true(n < sizeof(text));
	assert_int_equal(access_map_parse(text, n, "p", &map), 0);
	assert_string_equal(map.names[ACCESS_E_BEGINNING], "why");
	n += (size_t)snprintf(text + n, sizeof(text) - n, "beginning = how\n");
	assert_true(n < sizeof(text));
	assert_int_equal(access_map_parse(text, n, "p", &map), 0);
	assert_string_equal(map.names[ACCESS_E_BEGINNING], "how");
}

static void
list_that_lacks_something_says_so(void **state)
{
	struct access_list l = {.is_told = 1}, copy;
	struct access_event e = event(ACCESS_ASSIGNED, 6);
	struct buf out = BUF_INIT;
	size_t i;

	(void)state;
	assert_false(access_has_xml(&l));
	for (i = 0; i < ACCESS_MAX; i++)
		access_add(&l, &e);
	assert_false(l.is_incomplete);
	access_add(&l, &e);
	assert_true(l.is_incomplete);
	assert_int_equal(l.count, ACCESS_MAX);
	assert_int_equal(access_copy(&copy, &l), 0);
	assert_true(copy.is_incomplete && copy.count == ACCESS_MAX && copy.at != l.at);
	access_clear(&copy);
	access_clear(&l);
	l.is_told = 1;
	strcpy(e.reason, "a <b>");
	access_add(&l, &e);
	assert_true(l.count == 0 && l.is_incomplete && access_has_xml(&l));
	assert_int_equal(access_xml(&l, &head, NULL, &out), 0);
	assert_non_null(strstr(out.data, "complete=\"false\""));
	access_clear(&l);
	buf_free(&out);
}

static void
address_is_told_with_its_length_and_from_another(void **state)
{
	struct access_event a = {.family = 4, .bits = 32, .addr = {192, 0, 2, 7}}, b = a;
	char text[ACCESS_ADDRESS_ROOM];

	(void)state;
	assert_string_equal(access_address_text(&a, text), "192.0.2.7/32");
	assert_true(access_is_same_address(&a, &b));
	b.bits = 31;
	assert_false(access_is_same_address(&a, &b));
	b = a;
	b.family = 6;
	assert_false(access_is_same_address(&a, &b));
	b = a;
	b.addr[15] = 1;
	assert_false(access_is_same_address(&a, &b));
	b.family = 6;
	b.bits = 128;
	memset(b.addr, 0xff, sizeof(b.addr));
	assert_string_equal(access_address_text(&b, text), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
	b.family = 0;
	assert_string_equal(access_address_text(&b, text), "");
}

static void
refuse_map(const char *text)
{
	struct access_map map;

	errno = 0;
	assert_int_equal(access_map_parse(text, strlen(text), "p", &map), -1);
	assert_int_equal(errno, EINVAL);
}

static void
profile_names_every_element_and_nothing_else(void **state)
{
	(void)state;
	refuse_map("");
	refuse_map("[elements]\nprofile = x\nevents = a\n");
	refuse_map("[elements]\ncolour = red\n");
	refuse_map("[other]\nevents = a\n");
	refuse_map("[elements]\nevents = a b\n");
	refuse_map("[elements]\nevents = 1a\n");
	refuse_map("[elements]\nevents =\n");
	refuse_map("[elements]\nevents = a>b\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_of_event_reads_back_as_it_was_written),
	    cmocka_unit_test(event_stands_in_the_xml_with_all_that_names_it_in_utc_and_microseconds),
	    cmocka_unit_test(only_what_ends_or_fails_has_a_reason_for_that),
	    cmocka_unit_test(profile_that_does_not_name_a_beginning_calls_it_as_a_reason),
	    cmocka_unit_test(list_that_lacks_something_says_so),
	    cmocka_unit_test(address_is_told_with_its_length_and_from_another),
	    cmocka_unit_test(profile_names_every_element_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
