#include "access.h"
#include "custody.h"
#include "intent.h"
#include "journal.h"
#include "json.h"
#include "ordermemory.h"
#include "receipt.h"
#include "reset.h"
#include "revoked.h"
#include "sealed.h"

#include "starved.h"
#include "streams.h"

/*
 * A record that is evidence is whole or is not written: with memory running out anywhere, each writer says so, and leaves
 * what was there before.
 */
static char filter[] = "port 53";
static const struct access_event event = {.kind = ACCESS_ASSIGNED,
    .time = STREAMS_T0,
    .until = STREAMS_T0 + STAMP_DAY,
    .family = 4,
    .bits = 32,
    .addr = {192, 0, 2, 7},
    .method = "dhcpv4",
    .session = "7",
    .sha256 = STREAMS_HEX};

/* Write into a text that has something in it already, and look that a failure adds nothing to that. */
#define INTO(out, write)                                                 \
	do {                                                             \
		struct buf out = BUF_INIT;                               \
		int rc_ = buf_puts(&out, "before");                      \
                                                                         \
		if (rc_ == 0) {                                          \
			rc_ = write;                                     \
			if (rc_ == -1)                                   \
				assert_string_equal(out.data, "before"); \
		}                                                        \
		buf_free(&out);                                          \
		return rc_;                                              \
	} while (0)

static void
fill_slice(struct slice_record *r)
{
	streams_draft(r, STREAMS_T0, STREAMS_T0 + 300 * STAMP_SECOND);
	r->head.seq = 7;
	strcpy(r->head.prev, STREAMS_HEX);
	strcpy(r->sha256, STREAMS_HEX);
	strcpy(r->interfaces, "eth1 eth2");
	r->filter = filter;
	r->shared_loss = 1;
	r->loss_from = r->loss_to = STREAMS_T0;
	r->gap_count = 1;
	r->gaps[0].from = r->gaps[0].to = STREAMS_T0;
	strcpy(r->gaps[0].reason, "start-up");
	(void)slice_clock_read(NULL, &r->close);
}

static int
write_slice(void *cookie)
{
	INTO(out, slice_record_write(cookie, &out));
}

static int
parse_slice(void *cookie)
{
	const struct buf *text = cookie;
	struct slice_record r;
	int rc = slice_record_parse(text->data, text->len, &r);

	slice_record_clear(&r);
	return rc;
}

static void
slice_record_is_written_and_read_whole_or_not(void **state)
{
	struct buf text = BUF_INIT;
	struct slice_record r;

	(void)state;
	fill_slice(&r);
	r.access.is_told = 1;
	access_add(&r.access, &event);
	access_hold(&r.access, &event);
	assert_int_equal(slice_record_write(&r, &text), 0);
	assert_true(starved_each(write_slice, &r) > 100);
	assert_true(starved_each(parse_slice, &text) > 0);
	access_clear(&r.access);
	buf_free(&text);
}

static int
write_gap(void *cookie)
{
	INTO(out, gap_record_write(cookie, &out));
}

static int
parse_gap(void *cookie)
{
	const struct buf *text = cookie;
	struct gap_record g;

	return gap_record_parse(text->data, text->len, &g);
}

static void
gap_record_is_written_and_read_whole_or_not(void **state)
{
	struct buf text = BUF_INIT;
	struct gap_record g;

	(void)state;
	streams_gap(&g, STREAMS_T0, STREAMS_T0 + STAMP_SECOND);
	g.head.seq = 7;
	assert_int_equal(gap_record_write(&g, &text), 0);
	assert_true(starved_each(write_gap, &g) > 30);
	assert_true(starved_each(parse_gap, &text) > 0);
	buf_free(&text);
}

static int
write_events(void *cookie)
{
	struct slice_record *r = cookie;

	struct buf out = BUF_INIT;
	int rc = access_xml(&r->access, &r->head, NULL, &out);

	buf_free(&out);
	return rc;
}

static int
copy_events(void *cookie)
{
	const struct slice_record *r = cookie;
	struct access_list copy;
	int rc = access_copy(&copy, &r->access);

	access_clear(&copy);
	return rc;
}

static void
access_events_are_written_and_copied_whole_or_not(void **state)
{
	struct slice_record r;

	(void)state;
	fill_slice(&r);
	r.access.is_told = 1;
	access_add(&r.access, &event);
	access_hold(&r.access, &event);
	assert_true(starved_each(write_events, &r) > 0);
	assert_true(starved_each(copy_events, &r) > 0);
	access_clear(&r.access);
}

/* One that finds no memory may be no event less in silence. */
static void
access_event_that_finds_no_memory_leaves_the_list_incomplete(void **state)
{
	struct access_list list;

	(void)state;
	memset(&list, 0, sizeof(list));
	list.is_told = 1;
	starved_left = 0;
	access_add(&list, &event);
	starved_left = -1;
	assert_true(list.is_incomplete);
	assert_int_equal(list.count, 0);
	access_clear(&list);
}

static int
write_receipt(void *cookie)
{
	INTO(out, receipt_write(cookie, &out));
}

static int
parse_receipt(void *cookie)
{
	const struct buf *text = cookie;
	struct receipt r;

	return receipt_parse(text->data, text->len, &r);
}

static void
receipt_is_written_and_read_whole_or_not(void **state)
{
	struct receipt r = {.case_id = STREAMS_CASE,
	    .iap = STREAMS_IAP,
	    .day = 20000 * STAMP_DAY,
	    .file = "LI-2026-0042_tower-7_0000000007.tar",
	    .seq = 7,
	    .sha256 = STREAMS_HEX,
	    .bytes = 4096,
	    .destination = "county-sheriff",
	    .location = "sftp://lea.example/in/x.tar",
	    .peer = "sha256:" STREAMS_HEX,
	    .method = "read-back",
	    .attempts = 1,
	    .published = 20000 * STAMP_DAY + 5,
	    .number = 2,
	    .prev = STREAMS_HEX};
	struct buf text = BUF_INIT;

	(void)state;
	assert_int_equal(receipt_write(&r, &text), 0);
	assert_true(starved_each(write_receipt, &r) > 30);
	assert_true(starved_each(parse_receipt, &text) > 0);
	buf_free(&text);
}

static int
write_reset(void *cookie)
{
	INTO(out, reset_write(cookie, &out));
}

static int
parse_reset(void *cookie)
{
	const struct buf *text = cookie;
	struct reset r;

	return reset_parse(text->data, text->len, "r", &r);
}

static void
reset_is_written_and_read_whole_or_not(void **state)
{
	struct reset r = {.station = "s",
	    .iap = STREAMS_IAP,
	    .what = RESET_ORDERS,
	    .token = "00112233445566778899aabbccddeeff",
	    .issued = STREAMS_T0,
	    .reason = "backup"};
	struct buf text = BUF_INIT;

	(void)state;
	assert_int_equal(reset_write(&r, &text), 0);
	(void)starved_each(write_reset, &r);
	scratch_listen();
	assert_true(starved_each(parse_reset, &text) > 0);
	scratch_heard();
	buf_free(&text);
}

/* A line of the custody log, or of a journal, stands there whole or not at all, and the next one goes on behind it. */
struct lines {
	int dirfd;
	off_t first; /* length of the log before */
	unsigned written;
};

static int
append_custody(void *cookie)
{
	struct lines *l = cookie;
	struct custody *c;
	struct json *entry = json_object();
	int rc = -1;

	/* Each try begins with one line: the log that a line joins is read first. */
	assert_int_equal(truncate(scratch_path("state/custody.jsonl"), l->first), 0);
	c = custody_open(l->dirfd, 1);
	if (c != NULL && (json_put_integer(entry, "n", 1) | json_put_string(entry, "event", "seal")) == 0) {
		rc = custody_append(c, "packager/packager", entry);
		entry = NULL;
	}
	if (rc == 0)
		rc = custody_sync(c);
	l->written += rc == 0;
	json_free(entry);
	custody_close(c);
	return rc;
}

static void
custody_line_is_appended_whole_or_not(void **state)
{
	struct lines l = {.dirfd = streams_statefd};
	struct custody *c;
	struct stat st;

	(void)state;
	scratch_puts("state/custody.jsonl", "");
	assert_int_equal(append_custody(&l), 0);
	assert_int_equal(stat(scratch_path("state/custody.jsonl"), &st), 0);
	l.first = st.st_size;
	scratch_listen();
	assert_true(starved_each(append_custody, &l) > 0);
	scratch_heard();
	c = custody_open(l.dirfd, 0);
	assert_non_null(c); /* its chain holds */
	assert_int_equal(custody_lines(c), 2);
	assert_int_equal(l.written, 2);
	custody_close(c);
}

static int
write_journal(void *cookie)
{
	struct lines *l = cookie;
	struct journal *j = journal_open(l->dirfd, "tower-7", "casetap-capture");
	struct json *detail = json_object();
	int rc = -1;

	if (j != NULL && json_put_integer(detail, "revision", 2) == 0) {
		rc = journal_write(j, STREAMS_CASE, "order-accepted", "2.order", detail);
		detail = NULL;
	}
	json_free(detail);
	journal_close(j);
	l->written += rc == 0;
	return rc;
}

static int
count_journal(void *cookie, uint64_t n, const char *line, size_t length, const struct json *parsed)
{
	unsigned *count = cookie;

	(void)n;
	(void)line;
	(void)length;
	assert_string_equal(json_get_string(parsed, "event"), "order-accepted");
	assert_non_null(json_get_object(parsed, "detail"));
	++*count;
	return 0;
}

static void
journal_line_is_written_whole_or_not(void **state)
{
	struct lines l = {.dirfd = streams_statefd};
	unsigned count = 0;

	(void)state;
	/* With lines there whose numbers must not be given again. */
	assert_int_equal(write_journal(&l) | write_journal(&l), 0);
	scratch_listen();
	assert_true(starved_each(write_journal, &l) > 0);
	scratch_heard();
	assert_int_equal(journal_each(l.dirfd, "tower-7.jsonl", 0, count_journal, &count), 0);
	assert_int_equal(count, l.written);
}

static int
read_journal(void *cookie)
{
	const struct lines *l = cookie;
	unsigned count = 0;
	int rc = journal_each(l->dirfd, "tower-7.jsonl", 0, count_journal, &count);

	if (rc == 0)
		assert_int_equal(count, l->written);
	return rc;
}

/* One that is passed over would be missing in the custody log for good. */
static void
journal_is_read_whole_or_not(void **state)
{
	struct lines l = {.dirfd = streams_statefd};

	(void)state;
	assert_int_equal(write_journal(&l) | write_journal(&l) | write_journal(&l), 0);
	assert_true(starved_each(read_journal, &l) > 10);
}

#define REVOKED_TIME "2026-11-20T00:00:07.000000Z"

static int
find_revocation(void *cookie)
{
	const struct lines *l = cookie;
	stamp_t at, want;
	int rc = revoked_at(l->dirfd, &at);

	assert_int_equal(stamp_parse(REVOKED_TIME, &want), 0);
	if (rc == 0)
		assert_int_equal(at, want);
	return rc;
}

/* Overlooked, it would let be sealed what was captured after it. */
static void
revocation_is_found_or_not_looked_for(void **state)
{
	struct lines l = {.dirfd = streams_statefd};

	(void)state;
	scratch_puts("state/custody.jsonl",
	    "{\"n\":1,\"prev\":\"\",\"source\":\"s\",\"entry\":{\"time\":\"" REVOKED_TIME
	    "\",\"event\":\"order-revoked\"}}\n");
	assert_true(starved_each(find_revocation, &l) > 5);
}

static int
count_row(void *cookie, const struct sealed_row *row)
{
	assert_int_equal(row->row.seq, 7);
	++*(unsigned *)cookie;
	return 0;
}

static int
read_rows(void *cookie)
{
	const struct sealed *s = cookie;
	unsigned count = 0;
	int rc = sealed_each_row(s, streams_statefd, s->day, count_row, &count);

	if (rc == -1)
		assert_int_equal(errno, ENOMEM);
	else
		assert_int_equal(count, 1);
	return rc;
}

static void
rows_of_a_stream_are_not_called_damaged(void **state)
{
	struct sealed s = {.day = STREAMS_T0};
	struct sealed_row row;

	(void)state;
	memset(&row, 0, sizeof(row));
	row.row.seq = 7;
	strcpy(row.row.seal_id, STREAMS_HEX);
	assert_int_equal(sealed_put_row(&s, streams_statefd, &row), 0);
	scratch_listen();
	assert_true(starved_each(read_rows, &s) > 10);
	scratch_heard();
}

static int
fits_head(void *cookie)
{
	const struct lines *l = cookie;
	struct custody *c = custody_open(l->dirfd, 0);
	int rc = c == NULL ? -1 : custody_fits_head(c, l->dirfd);

	assert_int_not_equal(rc, 0);
	custody_close(c);
	return rc == 1 ? 0 : -1;
}

static void
head_of_a_custody_log_is_not_called_that_of_another(void **state)
{
	struct lines l = {.dirfd = streams_statefd};

	(void)state;
	scratch_puts("state/custody.jsonl", "");
	assert_int_equal(append_custody(&l), 0);
	scratch_listen();
	assert_true(starved_each(fits_head, &l) > 10);
	scratch_heard();
}

/* What capture remembers of orders: forgetting a revocation is what must never be. */
static int
remember(void *cookie)
{
	struct lines *l = cookie;
	struct ordermemory *m = ordermemory_load(l->dirfd, STREAMS_IAP);
	int rc = -1;

	if (m != NULL && ordermemory_raise(m, STREAMS_CASE, 2, STREAMS_HEX, 1) == 0 &&
	    ordermemory_raise(m, "LI-2", 1, STREAMS_HEX, 0) == 0)
		rc = ordermemory_save(m, l->dirfd, STREAMS_IAP);
	ordermemory_free(m);
	return rc;
}

static void
memory_of_orders_is_saved_whole_or_not(void **state)
{
	struct lines l = {.dirfd = streams_statefd};
	struct ordermemory *m;
	char sha256[DIGEST_HEX];

	(void)state;
	scratch_listen();
	assert_true(starved_each(remember, &l) > 0);
	/* With something there to be lost. */
	assert_true(starved_each(remember, &l) > 0);
	scratch_heard();
	m = ordermemory_load(l.dirfd, STREAMS_IAP);
	assert_non_null(m);
	assert_int_equal(ordermemory_count(m), 2);
	assert_int_equal(ordermemory_revision(m, STREAMS_CASE, sha256), 2);
	assert_true(ordermemory_is_revoked(m, STREAMS_CASE) && !ordermemory_is_revoked(m, "LI-2"));
	ordermemory_free(m);
}

static int
save_intent(void *cookie)
{
	return intent_save(cookie, streams_statefd, "LI/x");
}

static int
load_intent(void *cookie)
{
	struct intent in;
	int rc = intent_load(&in, streams_statefd, "LI/x", *(uint64_t *)cookie);

	if (rc == 1)
		assert_string_equal(in.orders[0].name, "1.order");
	intent_clear(&in);
	return rc == 1 ? 0 : -1;
}

static void
seal_intent_is_saved_and_loaded_whole_or_not(void **state)
{
	struct sealed_order order = {"1.order", STREAMS_HEX};
	struct intent in;
	uint64_t seq = 7;

	(void)state;
	memset(&in, 0, sizeof(in));
	in.seq = seq;
	in.seal.time = STREAMS_T0;
	strcpy(in.seal.packager, "casetap-packager 0.1.0");
	strcpy(in.seal.build, "cc");
	strcpy(in.seal.station, "s");
	strcpy(in.seal.key_id, "0123456789ABCDEF");
	in.orders = &order;
	in.order_count = 1;
	scratch_listen();
	assert_true(starved_each(save_intent, &in) > 20);
	assert_true(starved_each(load_intent, &seq) > 0);
	scratch_heard();
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, streams_set_up, streams_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(slice_record_is_written_and_read_whole_or_not),
	    cmocka_unit_test(gap_record_is_written_and_read_whole_or_not),
	    cmocka_unit_test(access_events_are_written_and_copied_whole_or_not),
	    cmocka_unit_test(access_event_that_finds_no_memory_leaves_the_list_incomplete),
	    cmocka_unit_test(receipt_is_written_and_read_whole_or_not),
	    cmocka_unit_test(reset_is_written_and_read_whole_or_not),
	    ON_DISK(custody_line_is_appended_whole_or_not),
	    ON_DISK(journal_line_is_written_whole_or_not),
	    ON_DISK(journal_is_read_whole_or_not),
	    ON_DISK(revocation_is_found_or_not_looked_for),
	    ON_DISK(head_of_a_custody_log_is_not_called_that_of_another),
	    ON_DISK(rows_of_a_stream_are_not_called_damaged),
	    ON_DISK(memory_of_orders_is_saved_whole_or_not),
	    ON_DISK(seal_intent_is_saved_and_loaded_whole_or_not),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
