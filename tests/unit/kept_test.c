#include "scratch.h"
#include "starved.h"

#include "kept.h"

#define T0 (INT64_C(1763900000) * STAMP_SECOND)
#define S STAMP_SECOND
#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct kept kept, again;
static struct buf text;

/* Two bindings of different kinds and a disputed word. */
static void
fill(void)
{
	memset(&kept, 0, sizeof(kept));
	memcpy(kept.case_id, "LI-1.a", 7);
	memcpy(kept.order, HEX, DIGEST_HEX);
	memcpy(kept.disputed[0], HEX, DIGEST_HEX);
	kept.disputed_count = 1;
	memcpy(kept.over[0].session.id, HEX, DIGEST_HEX);
	memcpy(kept.over[0].session.client, HEX, DIGEST_HEX);
	memcpy(kept.over[0].session.name, HEX, DIGEST_HEX);
	kept.over[0].before = T0 + 60 * S;
	kept.over[0].until = T0 + 600 * S;
	kept.over_count = 1;
	kept.count = 2;
	memcpy(kept.at[0].method, "dhcpv4", 7);
	kept.at[0].address = (struct order_prefix){4, 32, {198, 51, 100, 50}};
	kept.at[0].told = T0;
	kept.at[0].until = T0 + 600 * S;
	memcpy(kept.at[0].sha256, HEX, DIGEST_HEX);
	kept.at[0].xid = UINT32_MAX;
	memcpy(kept.at[0].hardware, "\002\000\136\000\123\007", 6);
	kept.at[0].hardware_length = 6;
	kept.at[0].has_link = 1;
	kept.at[1] = kept.at[0];
	memcpy(kept.at[1].method, "radius", 7);
	kept.at[1].address = (struct order_prefix){6, 56, {0x20, 0x01, 0x0d, 0xb8, 2}};
	kept.at[1].hardware_length = 0;
	memset(kept.at[1].hardware, 0, sizeof(kept.at[1].hardware));
	kept.at[1].has_link = 0;
	memset(kept.at[1].more, 0xa5, KEPT_MORE_BYTES);
	kept.at[1].more_length = KEPT_MORE_BYTES;
	buf_free(&text);
	assert_int_equal(kept_write(&kept, "tower-7", &text), 0);
}

static void
what_is_written_is_read_as_it_was(void **state)
{
	(void)state;
	fill();
	assert_int_equal(kept_parse(text.data, text.len, "tower-7", &again), 0);
	assert_memory_equal(&kept, &again, sizeof(kept));
	kept.count = 0;
	buf_clear(&text);
	assert_int_equal(kept_write(&kept, "tower-7", &text), 0);
	assert_int_equal(kept_parse(text.data, text.len, "tower-7", &again), 0);
	assert_int_equal(again.count, 0);
	assert_string_equal(again.disputed[0], HEX);
	assert_true(kept_is_lasting(&again) && again.over[0].before == T0 + 60 * S);
	/* Another access point's is none of ours. */
	assert_int_equal(kept_parse(text.data, text.len, "tower-8", &again), -1);
}

static void
nothing_is_read_of_a_file_that_was_cut_or_changed_anywhere(void **state)
{
	size_t i;

	(void)state;
	fill();
	kept.at[1].more_length = 4;
	memset(kept.at[1].more, 0, sizeof(kept.at[1].more));
	buf_clear(&text);
	assert_int_equal(kept_write(&kept, "tower-7", &text), 0);
	for (i = 0; i < text.len; i++) {
		assert_int_equal(kept_parse(text.data, i, "tower-7", &again), -1);
		text.data[i] ^= 1;
		assert_int_equal(kept_parse(text.data, text.len, "tower-7", &again), -1);
		text.data[i] ^= 1;
	}
	assert_int_equal(kept_parse(text.data, text.len, "tower-7", &again), 0);
}

/* A text with its hash. */
static void
seal(const char *before)
{
	char sum[DIGEST_HEX];

	assert_int_equal(digest_hex_of(before, strlen(before), sum), 0);
	buf_clear(&text);
	assert_int_equal(buf_printf(&text, "%.*s,\"sha256\":\"%s\"}\n", (int)strlen(before) - 1, before, sum), 0);
}

#define OF_BEFORE                                                                                    \
	"{\"format\":\"casetap-bindings/%s\",\"case\":\"LI-1\",\"iap\":\"tower-7\",\"order\":\"" HEX \
	"\",\"bindings\":[]"
#define OVER "\"before\":\"2025-11-23T12:14:20.000000000Z\",\"until\":\"2025-11-23T12:23:20.000000000Z\""

/* What the version before has written is understood; what is said to be of one version and is of another is not. */
static void
file_of_the_version_before_is_read_as_what_it_said(void **state)
{
	static const char client[] = "\"client\":\"\",\"nas_address\":\"\",\"nas_identifier\":\"\",";
	char file[2048];

	(void)state;
	(void)snprintf(file, sizeof(file),
	    OF_BEFORE ",\"disputed\":[\"" HEX "\"],\"over\":[{\"session\":\"" HEX "\"," OVER "}]}",
	    "1"); /* it fits */
	seal(file);
	assert_int_equal(kept_parse(text.data, text.len, "tower-7", &again), 0);
	assert_string_equal(again.disputed[0], HEX);
	assert_int_equal(again.over_count, 1);
	assert_string_equal(again.over[0].session.id, HEX);
	assert_string_equal(again.over[0].session.client, "");
	(void)snprintf(file, sizeof(file),
	    OF_BEFORE ",\"disputed\":[],\"over\":[{\"session\":\"" HEX "\",%s" OVER "}]}", "1", client); /* it fits */
	seal(file);
	assert_int_equal(kept_parse(text.data, text.len, "tower-7", &again), -1);
	file[strlen("{\"format\":\"casetap-bindings/")] = '2';
	seal(file);
	assert_int_equal(kept_parse(text.data, text.len, "tower-7", &again), 0);
	file[strlen("{\"format\":\"casetap-bindings/")] = '3';
	seal(file);
	assert_int_equal(kept_parse(text.data, text.len, "tower-7", &again), -1);
	/* The first of that version had fewer lists. */
	(void)snprintf(file, sizeof(file), OF_BEFORE "}", "1"); /* it fits */
	seal(file);
	assert_int_equal(kept_parse(text.data, text.len, "tower-7", &again), -1);
	seal("{\"format\":\"casetap-bindings-mark/1\",\"realtime\":\"2025-11-23T12:13:20.000000000Z\",\"boottime\":7,"
	     "\"boot_id\":\"b\",\"settings\":\"" HEX "\",\"stale\":[]}");
	assert_int_equal(kept_mark_parse(text.data, text.len, &(struct kept_mark){.stale_count = 0}), 0);
	text.data[strlen("{\"format\":\"casetap-bindings-mark/")] = '2';
	assert_int_equal(kept_mark_parse(text.data, text.len, &(struct kept_mark){.stale_count = 0}), -1);
}

static void
what_no_reader_of_ours_tells_is_not_good(void **state)
{
	(void)state;
	fill();
	assert_true(kept_is_good(&kept, kept_size(&kept)));
	assert_false(kept_is_good(&kept, kept_size(&kept) - 1));
	assert_false(kept_is_good(&kept, 10));
	kept.at[0].until = kept.at[0].told;
	assert_false(kept_is_good(&kept, kept_size(&kept)));
	fill();
	kept.at[1].address.bits = 129;
	assert_false(kept_is_good(&kept, kept_size(&kept)));
	fill();
	kept.at[1].more_length = KEPT_MORE_BYTES + 1;
	assert_false(kept_is_good(&kept, kept_size(&kept)));
	fill();
	kept.at[0].method[0] = '\n';
	assert_false(kept_is_good(&kept, kept_size(&kept)));
	fill();
	memset(kept.at[0].method, 'a', sizeof(kept.at[0].method));
	assert_false(kept_is_good(&kept, kept_size(&kept)));
	fill();
	kept.disputed_count = GIVEN_MAX + 1;
	assert_false(kept_is_good(&kept, kept_size(&kept)));
	fill();
	kept.count = KEPT_MAX + 1;
	assert_false(kept_is_good(&kept, sizeof(kept)));
	fill();
	memcpy(kept.case_id, "../x", 5);
	assert_false(kept_is_good(&kept, kept_size(&kept)));
}

static void
mark_is_read_as_it_was_and_not_otherwise(void **state)
{
	struct kept_mark m = {"11111111-2222-3333-4444-555555555555", HEX, T0, 7 * S, 1, {"LI-1.a"}}, got;
	size_t i;

	(void)state;
	buf_clear(&text);
	assert_int_equal(kept_mark_write(&m, &text), 0);
	assert_int_equal(kept_mark_parse(text.data, text.len, &got), 0);
	assert_string_equal(got.boot_id, m.boot_id);
	assert_string_equal(got.settings, HEX);
	assert_true(got.realtime == T0 && got.boottime == 7 * S && got.stale_count == 1);
	assert_string_equal(got.stale[0], "LI-1.a");
	for (i = 0; i < text.len; i++) {
		assert_int_equal(kept_mark_parse(text.data, i, &got), -1);
		text.data[i] ^= 1;
		assert_int_equal(kept_mark_parse(text.data, text.len, &got), -1);
		text.data[i] ^= 1;
	}
}

/* Fault 31: by a clock that was set nobody is taken for the subject. */
static void
fault_031_only_a_short_time_by_a_clock_that_ran_right_counts(void **state)
{
	const struct kept_mark m = {.realtime = T0, .boottime = 100 * S};

	(void)state;
	assert_null(kept_too_long(&m, T0 + 30 * S, 130 * S, 30 * S));
	assert_string_equal(kept_too_long(&m, T0 + 30 * S + 1, 130 * S + 1, 30 * S), "away");
	assert_string_equal(kept_too_long(&m, T0 + 1, 100 * S + 1, 0), "away");
	assert_null(kept_too_long(&m, T0 + 11 * S, 110 * S, 30 * S));
	assert_string_equal(kept_too_long(&m, T0 + 11 * S + 1, 110 * S, 30 * S), "clock");
	assert_string_equal(kept_too_long(&m, T0 + 9 * S - 1, 110 * S, 30 * S), "clock");
	assert_string_equal(kept_too_long(&m, T0 - S, 110 * S, 30 * S), "clock");
	assert_string_equal(kept_too_long(&m, T0 + 10 * S, 99 * S, 30 * S), "clock");
}

static int
write_kept(void *cookie)
{
	struct buf out = BUF_INIT;
	int rc = kept_write(cookie, "tower-7", &out);

	buf_free(&out);
	return rc;
}

static void
what_finds_no_memory_is_not_written_short(void **state)
{
	(void)state;
	fill();
	assert_true(starved_each(write_kept, &kept) > 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_finds_no_memory_is_not_written_short),
	    cmocka_unit_test(what_is_written_is_read_as_it_was),
	    cmocka_unit_test(nothing_is_read_of_a_file_that_was_cut_or_changed_anywhere),
	    cmocka_unit_test(file_of_the_version_before_is_read_as_what_it_said),
	    cmocka_unit_test(what_no_reader_of_ours_tells_is_not_good),
	    cmocka_unit_test(mark_is_read_as_it_was_and_not_otherwise),
	    cmocka_unit_test(fault_031_only_a_short_time_by_a_clock_that_ran_right_counts),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	buf_free(&text);
	return rc;
}
