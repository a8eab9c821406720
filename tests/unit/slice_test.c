#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "slice.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define T0 ((stamp_t)1795219200 * STAMP_SECOND)

static char the_filter[] = "port 53 and not \"x\"";

static void
fill_head(struct slice_head *h)
{
	memset(h, 0, sizeof(*h));
	strcpy(h->case_id, "LI-2026-0042");
	strcpy(h->iap, "tower-7");
	h->content_id = 1;
	h->seq = 7;
	strcpy(h->prev, HEX);
	h->from = T0;
	h->to = T0 + 300 * STAMP_SECOND;
	h->revision = 2;
	strcpy(h->order_sha256, HEX);
	h->accepted.at = T0 - 5;
	strcpy(h->accepted.keyring_sha256, HEX);
	strcpy(h->program, "casetap-capture 0.1.0");
	strcpy(h->build, "gcc");
	strcpy(h->config_sha256, HEX);
}

static void
fill(struct slice_record *r)
{
	memset(r, 0, sizeof(*r));
	fill_head(&r->head);
	r->state = SLICE_SUSPECT;
	r->rolled = SLICE_FSYNC_FAILED;
	r->first_frame = T0 + 1;
	r->last_frame = T0 + 2;
	r->frames = 2;
	r->bytes = 120;
	r->file_bytes = 24 + 2 * 16 + 120;
	r->truncated_frames = 1;
	r->late_frames = 1;
	strcpy(r->sha256, HEX);
	r->scope = ORDER_HEADERS;
	r->snaplen = 262144;
	r->linktype = 1;
	r->nano = 1;
	strcpy(r->interfaces, "eth1 eth2");
	r->filter = the_filter;
	r->shared_loss = 1;
	r->loss_from = T0;
	r->loss_to = T0 + 5;
	r->lost_disk = 3;
	r->lost_quota = 4;
	r->gap_count = 1;
	r->gaps[0].from = T0;
	r->gaps[0].to = T0 + 9;
	strcpy(r->gaps[0].reason, "start-up");
	(void)slice_clock_read(NULL, &r->open);
	(void)slice_clock_read(NULL, &r->close);
}

static void
when_an_order_was_accepted_stands_in_a_record_whole_or_not_at_all(void **state)
{
	static const char accepted[] = ",\"accepted\":\"2026-11-20", by[] = ",\"keyring_sha256\":\"" HEX "\"";
	struct slice_record r, again;
	struct buf text = BUF_INIT, half = BUF_INIT;
	const char *at;

	(void)state;
	fill(&r);
	assert_int_equal(slice_record_write(&r, &text), 0);
	assert_non_null(strstr(text.data, accepted));
	assert_int_equal(slice_record_parse(text.data, text.len, &again), 0);
	assert_true(again.head.accepted.at == T0 - 5);
	assert_string_equal(again.head.accepted.keyring_sha256, HEX);
	slice_record_clear(&again);
	at = strstr(text.data, by);
	assert_non_null(at);
	assert_int_equal(buf_put(&half, text.data, (size_t)(at - text.data)), 0);
	assert_int_equal(buf_puts(&half, at + sizeof(by) - 1), 0);
	assert_int_equal(slice_record_parse(half.data, half.len, &again), -1);
	/* Not known: as records were written before. */
	buf_free(&text);
	memset(&r.head.accepted, 0, sizeof(r.head.accepted));
	assert_int_equal(slice_record_write(&r, &text), 0);
	assert_null(strstr(text.data, "keyring_sha256"));
	assert_null(strstr(text.data, "\"accepted\""));
	assert_int_equal(slice_record_parse(text.data, text.len, &again), 0);
	slice_record_clear(&again);
	strcpy(r.head.accepted.keyring_sha256, "no hash");
	assert_int_equal(slice_record_write(&r, &text), -1);
	buf_free(&text);
	buf_free(&half);
}

static void
slice_record_reads_back_as_it_was_written(void **state)
{
	struct slice_record r, again;
	struct buf text = BUF_INIT, second = BUF_INIT;

	fill(&r);
	assert_int_equal(slice_record_write(&r, &text), 0);
	assert_int_equal(slice_record_parse(text.data, text.len, &again), 0);
	assert_string_equal(again.filter, the_filter);
	assert_string_equal(again.interfaces, "eth1 eth2");
	assert_int_equal(again.gaps[0].to, T0 + 9);
	assert_int_equal(again.lost_quota, 4);
	assert_int_equal(again.state, SLICE_SUSPECT);
	assert_int_equal(again.rolled, SLICE_FSYNC_FAILED);
	assert_int_equal(slice_record_write(&again, &second), 0);
	assert_string_equal(text.data, second.data);
	slice_record_clear(&again);
	buf_free(&text);
	buf_free(&second);
}

static void
slice_record_tells_of_access_events_only_where_it_is_asked_for(void **state)
{
	struct access_event e = {.kind = ACCESS_ASSIGNED,
	    .time = T0,
	    .until = STAMP_NONE,
	    .family = 4,
	    .bits = 32,
	    .addr = {198, 51, 100, 7}};
	struct slice_record r, again;
	struct buf text = BUF_INIT;

	(void)state;
	fill(&r);
	strcpy(e.method, "dhcpv4");
	assert_int_equal(slice_record_write(&r, &text), 0);
	assert_null(strstr(text.data, "\"access\""));
	r.access.is_told = 1;
	access_add(&r.access, &e);
	buf_clear(&text);
	assert_int_equal(slice_record_write(&r, &text), 0);
	assert_int_equal(slice_record_parse(text.data, text.len, &again), 0);
	assert_int_equal(again.access.count, 1);
	assert_int_equal(again.access.at[0].kind, ACCESS_ASSIGNED);
	assert_memory_equal(again.access.at[0].addr, e.addr, 4);
	slice_record_clear(&again);
	access_clear(&r.access);
	buf_free(&text);
}

static void
slice_record_of_every_state_and_reason_reads_back(void **state)
{
	struct slice_record r, again;
	struct buf text = BUF_INIT;
	unsigned s, w;

	fill(&r);
	r.filter = NULL;
	r.first_frame = r.last_frame = STAMP_NONE;
	for (s = SLICE_CLOSED; s <= SLICE_SUSPECT; s++)
		for (w = SLICE_TIME; w <= SLICE_SOURCE_END; w++) {
			r.state = s;
			r.rolled = w;
			buf_clear(&text);
			assert_int_equal(slice_record_write(&r, &text), 0);
			assert_int_equal(slice_record_parse(text.data, text.len, &again), 0);
			assert_int_equal(again.state, s);
			assert_int_equal(again.rolled, w);
			assert_true(again.first_frame == STAMP_NONE);
			slice_record_clear(&again);
		}
	buf_free(&text);
}

static void
slice_record_with_any_byte_changed_is_never_taken_for_the_same(void **state)
{
	struct slice_record r, again;
	struct buf text = BUF_INIT, second = BUF_INIT;
	size_t i;
	char c;

	fill(&r);
	assert_int_equal(slice_record_write(&r, &text), 0);
	for (i = 0; i < text.len; i++) {
		c = text.data[i];
		text.data[i] ^= 1;
		if (slice_record_parse(text.data, text.len, &again) == 0) {
			buf_clear(&second);
			assert_int_equal(slice_record_write(&again, &second), 0);
			assert_memory_equal(second.data, text.data, text.len);
			slice_record_clear(&again);
		}
		text.data[i] = c;
		assert_int_equal(slice_record_parse(text.data, i, &again), -1);
	}
	assert_int_equal(slice_record_parse(text.data, text.len, &again), 0);
	slice_record_clear(&again);
	buf_free(&text);
	buf_free(&second);
}

static void
refuse(const char *text)
{
	struct slice_record r;
	struct gap_record g;

	errno = 0;
	assert_int_equal(slice_record_parse(text, strlen(text), &r), -1);
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_int_equal(gap_record_parse(text, strlen(text), &g), -1);
	assert_int_equal(errno, EINVAL);
}

static void
slice_record_refuses_what_is_none(void **state)
{
	refuse("");
	refuse("{}");
	refuse("[]");
	refuse("null");
	refuse("{\"format\":\"casetap-slice/1\"}");
	refuse("{\"format\":\"casetap-gap/1\"}");
	refuse("{\"format\":\"casetap-slice/2\"}");
}

static void
slice_record_with_a_member_more_or_a_blank_is_refused(void **state)
{
	struct slice_record r, again;
	struct buf text = BUF_INIT, more = BUF_INIT;

	fill(&r);
	assert_int_equal(slice_record_write(&r, &text), 0);
	assert_int_equal(buf_printf(&more, "%.*s,\"x\":1}", (int)text.len - 1, text.data), 0);
	assert_int_equal(slice_record_parse(more.data, more.len, &again), -1);
	buf_clear(&more);
	assert_int_equal(buf_printf(&more, " %s", text.data), 0);
	assert_int_equal(slice_record_parse(more.data, more.len, &again), -1);
	buf_clear(&more);
	assert_int_equal(buf_printf(&more, "%s\n", text.data), 0);
	assert_int_equal(slice_record_parse(more.data, more.len, &again), -1);
	buf_free(&text);
	buf_free(&more);
}

static void
slice_record_that_contradicts_itself_is_not_written(void **state)
{
	struct slice_record r;
	struct buf text = BUF_INIT;

	fill(&r);
	r.head.to = r.head.from - 1;
	assert_int_equal(slice_record_write(&r, &text), -1);
	fill(&r);
	r.head.seq = 0;
	assert_int_equal(slice_record_write(&r, &text), -1);
	fill(&r);
	strcpy(r.gaps[0].reason, "Not A Reason");
	assert_int_equal(slice_record_write(&r, &text), -1);
	fill(&r);
	strcpy(r.head.case_id, "../x");
	assert_int_equal(slice_record_write(&r, &text), -1);
	fill(&r);
	r.frames = UINT64_MAX;
	assert_int_equal(slice_record_write(&r, &text), -1);
	assert_int_equal(text.len, 0);
	buf_free(&text);
}

static void
gap_record_reads_back_as_it_was_written(void **state)
{
	struct gap_record g, again;
	struct buf text = BUF_INIT, second = BUF_INIT;
	size_t i;

	memset(&g, 0, sizeof(g));
	fill_head(&g.head);
	g.head.from_file = 1;
	g.head.to = g.head.from;
	strcpy(g.reason, "not-in-source");
	strcpy(g.detail, "a detail");
	g.written = T0;
	assert_int_equal(gap_record_write(&g, &text), 0);
	assert_int_equal(gap_record_parse(text.data, text.len, &again), 0);
	assert_int_equal(again.head.from_file, 1);
	assert_string_equal(again.reason, "not-in-source");
	assert_int_equal(gap_record_write(&again, &second), 0);
	assert_string_equal(text.data, second.data);
	for (i = 0; i < text.len; i++)
		assert_int_equal(gap_record_parse(text.data, i, &again), -1);
	strcpy(g.detail, "\033[2J");
	assert_int_equal(gap_record_write(&g, &text), -1);
	buf_free(&text);
	buf_free(&second);
}

static void
clock_reading_has_both_clocks_and_the_boot(void **state)
{
	struct slice_clock c;

	(void)slice_clock_read(NULL, &c);
	assert_true(c.realtime > 0);
	assert_true(c.boottime > 0);
	assert_true(strlen(c.boot_id) == 36 || strcmp(c.boot_id, "-") == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(when_an_order_was_accepted_stands_in_a_record_whole_or_not_at_all),
	    cmocka_unit_test(slice_record_reads_back_as_it_was_written),
	    cmocka_unit_test(slice_record_tells_of_access_events_only_where_it_is_asked_for),
	    cmocka_unit_test(slice_record_of_every_state_and_reason_reads_back),
	    cmocka_unit_test(slice_record_with_any_byte_changed_is_never_taken_for_the_same),
	    cmocka_unit_test(slice_record_refuses_what_is_none),
	    cmocka_unit_test(slice_record_with_a_member_more_or_a_blank_is_refused),
	    cmocka_unit_test(slice_record_that_contradicts_itself_is_not_written),
	    cmocka_unit_test(gap_record_reads_back_as_it_was_written),
	    cmocka_unit_test(clock_reading_has_both_clocks_and_the_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
