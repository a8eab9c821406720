#include <dirent.h>

#include "purging.h"

static const struct request sample = {.act = REQUEST_RELEASE,
    .case_id = "LI-1",
    .issued = PURGING_T(1),
    .reason = "appeal is over",
    .hold_count = 2,
    .holds = {STREAMS_HEX, STREAMS_HEX}};

static void
what_is_written_is_read_back(void **state)
{
	struct buf text = BUF_INIT;
	struct request r;

	assert_int_equal(request_write(&sample, &text), 0);
	assert_int_equal(request_parse(text.data, text.len, "r", &r), 0);
	assert_int_equal(r.act, REQUEST_RELEASE);
	assert_string_equal(r.reason, sample.reason);
	assert_true(r.issued == sample.issued);
	assert_int_equal(r.hold_count, 2);
	assert_string_equal(r.holds[1], STREAMS_HEX);
	buf_free(&text);
}

/* What a request tells of a lost log: how far something was left, the time of that line, or neither. */
static void
what_is_left_of_a_log_is_written_and_read_back(void **state)
{
	static const struct {
		int has_left;
		uint64_t left;
		stamp_t until;
	} cases[] = {{0, 0, STAMP_NONE}, {1, 0, STAMP_NONE}, {1, 7, STAMP_NONE}, {1, 7, PURGING_T(3) + 1},
	    {1, INT64_MAX - 1, PURGING_T(3)}};
	struct request r = {
	    .act = REQUEST_BEGIN, .case_id = "LI-1", .issued = PURGING_T(1), .reason = "fire", .lines = 9};
	struct request again;
	size_t i;

	(void)state;
	strcpy(r.head, STREAMS_HEX);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf text = BUF_INIT, twice = BUF_INIT;

		r.has_left = cases[i].has_left;
		r.left = cases[i].left;
		r.left_until = cases[i].until;
		assert_int_equal(request_write(&r, &text), 0);
		assert_int_equal(request_parse(text.data, text.len, "r", &again), 0);
		assert_int_equal(again.act, REQUEST_BEGIN);
		assert_true(again.lines == 9 && again.has_left == r.has_left && again.left == r.left);
		assert_true(again.left_until == r.left_until);
		assert_string_equal(again.head, STREAMS_HEX);
		assert_int_equal(request_write(&again, &twice), 0);
		assert_string_equal(twice.data, text.data);
		buf_free(&text);
		buf_free(&twice);
	}
}

#define HEAD "[request]\nformat = casetap-request/1\ncase_id = LI-1\nissued = 2026-11-21T00:00:00Z\nreason = why\n"

#define BEGIN "act = begin-anew\nlines = 9\nhead = " STREAMS_HEX "\n"

static const struct {
	const char *text, *said;
} bad[] = {
    {HEAD, "other keys"},
    {HEAD "act = erase\n", "r:6: act"},
    {HEAD "act = purge\n", "other keys"},
    {HEAD "act = purge\nwhat = everything\n", "r:7: what"},
    {HEAD "act = hold\nwhat = payload\n", "other keys"},
    {HEAD "act = release\nholds = " STREAMS_HEX "," STREAMS_HEX "\n", "r:7: holds"},
    {HEAD "act = release\nholds = abc\n", "r:7: holds"},
    {HEAD "act = attach\nfile = ../x\nsha256 = " STREAMS_HEX "\nbytes = 1\n", "r:7: file"},
    {HEAD "act = attach\nfile = .x\nsha256 = " STREAMS_HEX "\nbytes = 1\n", "r:7: file"},
    {HEAD "act = attach\nfile = x\nsha256 = " STREAMS_HEX "\nbytes = 67108865\n", "r:9: bytes"},
    {HEAD "act = hold\nforce = yes\n", "r:7: force"},
    {HEAD "act = hold\nleft = 1\n", "other keys"},
    {HEAD BEGIN "left = -1\n", "r:9: left"},
    {HEAD BEGIN "left = 9223372036854775807\n", "r:9: left"},
    {HEAD BEGIN "left = 1\nleft_until = yesterday\n", "r:10: left_until"},
    {HEAD BEGIN "left_until = 2026-11-21T00:00:00Z\n", "other keys"},
    {"[request]\nformat = casetap-request/2\n", "r:2: format"},
    {"[other]\nformat = casetap-request/1\n", "r:2: format"},
};

static void
fault_003_what_no_request_says_is_refused_by_line(void **state)
{
	struct request r;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		scratch_listen();
		assert_int_equal(request_parse(bad[i].text, strlen(bad[i].text), "r", &r), -1);
		scratch_heard();
		scratch_expect(bad[i].said);
	}
}

static void
fill(struct purgecert *c)
{
	struct purgecert_receipt r = {.published = PURGING_T(5), .destination = "d", .file = "f"};

	memset(c, 0, sizeof(*c));
	strcpy(c->case_id, "LI-1");
	strcpy(c->iap, "tower-7");
	c->day = STREAMS_T0;
	c->at = c->issued = c->delivered = PURGING_T(9);
	memcpy(c->request, STREAMS_HEX, DIGEST_HEX);
	memcpy(c->order_sha256, STREAMS_HEX, DIGEST_HEX);
	memcpy(c->sums_sha256, STREAMS_HEX, DIGEST_HEX);
	memcpy(c->ledger_sha256, STREAMS_HEX, DIGEST_HEX);
	memcpy(c->custody_head, STREAMS_HEX, DIGEST_HEX);
	strcpy(c->approver, "officer");
	strcpy(c->key_id, "0123456789ABCDEF");
	strcpy(c->reason, "why");
	c->revision = 2;
	c->days = 30;
	memcpy(r.sha256, STREAMS_HEX, DIGEST_HEX);
	assert_int_equal(purgecert_add_file(c, STREAMS_HEX, "a.tar"), 0);
	assert_int_equal(purgecert_add_file(c, STREAMS_HEX, "b.tar"), 0);
	assert_int_equal(purgecert_add_receipt(c, &r), 0);
}

static void
a_certificate_has_one_spelling(void **state)
{
	struct buf text = BUF_INIT;
	struct purgecert c, again;
	size_t i, taken = 0;

	fill(&c);
	assert_int_equal(purgecert_write(&c, &text), 0);
	assert_int_equal(purgecert_parse(text.data, text.len, &again), 0);
	assert_int_equal(again.file_count, 2);
	assert_non_null(purgecert_find(&again, "b.tar"));
	assert_null(purgecert_find(&again, "c.tar"));
	assert_string_equal(again.proof[0].destination, "d");
	purgecert_clear(&again);
	/* No byte too many or too few, and none that says the same in another way. */
	assert_int_equal(purgecert_parse(text.data, text.len - 1, &again), -1);
	for (i = 0; i < text.len; i++) {
		text.data[i] ^= 0x20;
		if (purgecert_parse(text.data, text.len, &again) == 0) {
			struct buf other = BUF_INIT;

			assert_int_equal(purgecert_write(&again, &other), 0);
			assert_int_equal(other.len, text.len);
			assert_memory_equal(other.data, text.data, text.len);
			buf_free(&other);
			purgecert_clear(&again);
			taken++;
		}
		text.data[i] ^= 0x20;
	}
	assert_true(taken < text.len);
	purgecert_clear(&c);
	buf_free(&text);
}

/* Such a line has as many words as it has, none of them empty: what a hostile certificate leaves out is not looked at. */
static void
a_certificate_with_an_empty_word_is_refused(void **state)
{
	static const char *const from[] = {"file " STREAMS_HEX " a.tar", STREAMS_HEX " a.tar", "receipt " STREAMS_HEX,
	    STREAMS_HEX " 20", " d f\n", " f\n"};
	static const char *const to[] = {
	    "file  a.tar", STREAMS_HEX "  a.tar", "receipt ", STREAMS_HEX "  20", "  f\n", "\n"};
	struct buf text = BUF_INIT, other = BUF_INIT;
	struct purgecert c, again;
	const char *at;
	size_t i;

	fill(&c);
	assert_int_equal(purgecert_write(&c, &text), 0);
	assert_int_equal(buf_putc(&text, '\0'), 0);
	for (i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		buf_clear(&other);
		at = strstr(text.data, from[i]);
		assert_non_null(at);
		assert_int_equal(
		    buf_printf(&other, "%.*s%s%s", (int)(at - text.data), text.data, to[i], at + strlen(from[i])), 0);
		assert_int_equal(purgecert_parse(other.data, other.len, &again), -1);
	}
	purgecert_clear(&c);
	buf_free(&other);
	buf_free(&text);
}

/* Put an attach request of these bytes, and what came with it as ${data}. */
static void
ask_attach(unsigned number, const char *data, const char *put)
{
	struct request r = {.act = REQUEST_ATTACH, .file = "warrant.pdf", .bytes = strlen(data)};
	char name[128];

	assert_int_equal(digest_hex_of(data, strlen(data), r.file_sha256), 0);
	purging_ask(number, &r, NULL, NULL);
	(void)snprintf(name, sizeof(name), PURGING_REQUESTS "/%010u.data", number);
	if (put != NULL)
		scratch_puts(name, put);
}

static unsigned
count_attachments(void)
{
	DIR *dir = opendir(scratch_path("state/records/" STREAMS_CASE "/attachments"));
	struct dirent *e;
	unsigned n = 0;

	while (dir != NULL && (e = readdir(dir)) != NULL)
		n += e->d_name[0] != '.' || strcmp(e->d_name, ".attachment.tmp") == 0;
	if (dir != NULL)
		(void)closedir(dir);
	return n;
}

static void
court_papers_are_attached_hashed_and_logged_without_their_content(void **state)
{
	struct buf text = BUF_INIT;

	ask_attach(1, "sealed by the court", "sealed by the court");
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count_attachments(), 1);
	assert_int_equal(purging_count("attach"), 1);
	sealing_load("state/records/" STREAMS_CASE "/custody.jsonl", &text);
	assert_null(strstr(text.data, "sealed by"));
	buf_free(&text);
	/* The same papers once more are the same file. */
	sealing_clock += STAMP_SECOND;
	ask_attach(2, "sealed by the court", "sealed by the court");
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count_attachments(), 1);
}

static void
fault_056_what_is_no_plain_file_of_the_named_bytes_is_not_attached(void **state)
{
	static const char data[] = PURGING_REQUESTS "/0000000001.data";
	unsigned i;

	for (i = 0; i < 5; i++) {
		ask_attach(1, "good", i == 0 ? "evil" : i == 1 ? "good, and more" : NULL);
		scratch_puts("good", "good");
		if (i == 2)
			assert_int_equal(symlink(scratch_path("good"), scratch_path(data)), 0);
		if (i == 3)
			assert_int_equal(mkfifo(scratch_path(data), 0640), 0);
		if (i == 4)
			assert_int_equal(link(scratch_path("good"), scratch_path(data)), 0);
		scratch_listen();
		assert_int_equal(sealing_run(), 65);
		scratch_heard();
		assert_non_null(strstr(scratch_said, "not attached"));
		assert_int_equal(count_attachments(), 0);
		scratch_remove(data);
	}
	/* What was refused is asked for still. */
	scratch_puts(data, "good");
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count_attachments(), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read_back),
	    cmocka_unit_test(what_is_left_of_a_log_is_written_and_read_back),
	    cmocka_unit_test(fault_003_what_no_request_says_is_refused_by_line),
	    cmocka_unit_test(a_certificate_has_one_spelling),
	    cmocka_unit_test(a_certificate_with_an_empty_word_is_refused),
	    cmocka_unit_test_setup_teardown(
		court_papers_are_attached_hashed_and_logged_without_their_content, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(fault_056_what_is_no_plain_file_of_the_named_bytes_is_not_attached,
		sealing_set_up, sealing_tear_down),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
