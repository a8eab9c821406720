#include "custody.h"
#include "order.h"
#include "sealing.h"

#define T(seconds) (STREAMS_T0 + (seconds)*STAMP_SECOND)
#define OTHER "LI-2026-0043"
#define DAY1 "2026-11-21"

/* The files that were synced, the last one last. */
static ino_t synced[256];
static size_t synced_count;

static int mkdir_fails; /* so many calls */

int __real_mkdirat(int, const char *, mode_t);
int __wrap_mkdirat(int, const char *, mode_t);
int __real_fsync(int);
int __real_fdatasync(int);
int __wrap_fsync(int);
int __wrap_fdatasync(int);

static void
note_sync(int fd)
{
	struct stat st;

	if (synced_count < sizeof(synced) / sizeof(synced[0]) && fstat(fd, &st) == 0)
		synced[synced_count++] = st.st_ino;
}

int
__wrap_mkdirat(int dirfd, const char *name, mode_t mode)
{
	if (mkdir_fails > 0 && strcmp(name, STREAMS_CASE) == 0) {
		mkdir_fails--;
		errno = ENOSPC;
		return -1;
	}
	return __real_mkdirat(dirfd, name, mode);
}

static const char *sync_fails; /* of the log of this case, once */

static int
is_of_log(int fd)
{
	char link[32], path[512], want[128];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	(void)snprintf(want, sizeof(want), "/records/%s/custody.jsonl", sync_fails);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	return strstr(path, want) != NULL;
}

int
__wrap_fsync(int fd)
{
	if (sync_fails != NULL && is_of_log(fd)) {
		sync_fails = NULL;
		errno = EIO;
		return -1;
	}
	note_sync(fd);
	return __real_fsync(fd);
}

int
__wrap_fdatasync(int fd)
{
	note_sync(fd);
	return __real_fdatasync(fd);
}

/* When, as a position in synced[], was the file below the scratch folder synced first?  SIZE_MAX: never. */
static size_t
synced_at(const char *name)
{
	struct stat st;
	size_t i;

	assert_int_equal(stat(scratch_path(name), &st), 0);
	for (i = 0; i < synced_count; i++) {
		if (synced[i] == st.st_ino)
			return i;
	}
	return SIZE_MAX;
}

/* Append one line to journal/PROGRAM/NAME.jsonl. */
static void
journal(const char *program, const char *name, const char *case_id, const char *event)
{
	char path[64];
	struct journal *j;
	int fd;

	(void)snprintf(path, sizeof(path), "journal/%s", program);
	fd = fsio_mkdirs(streams_statefd, path, 0750);
	j = journal_open(fd, name, "test 1");
	assert_non_null(j);
	assert_int_equal(journal_write(j, case_id, event, NULL, NULL), 0);
	journal_close(j);
	assert_int_equal(close(fd), 0);
}

/* The text of a case's log; the caller frees. */
static void
load_log(const char *case_id, struct buf *out)
{
	char name[128];

	(void)snprintf(name, sizeof(name), "state/records/%s/custody.jsonl", case_id);
	sealing_load(name, out);
}

static uint64_t
count_lines(const char *case_id)
{
	char path[128];
	struct custody *c;
	uint64_t lines;
	int fd;

	(void)snprintf(path, sizeof(path), "records/%s", case_id);
	fd = fsio_opendirat(streams_statefd, path);
	assert_int_not_equal(fd, -1);
	c = custody_open(fd, 0);
	assert_non_null(c);
	lines = custody_lines(c);
	custody_close(c);
	assert_int_equal(close(fd), 0);
	return lines;
}

static void
a_line_goes_into_the_log_of_its_case_and_no_other(void **state)
{
	struct buf text = BUF_INIT;

	journal("capture", "tower-7", STREAMS_CASE, "capture-start");
	journal("capture", "tower-7", OTHER, "capture-start");
	journal("capture", "tower-7", NULL, "clock");
	journal("operator", "operator", STREAMS_CASE, "operator");
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count_lines(STREAMS_CASE), 2);
	assert_int_equal(count_lines(OTHER), 1);
	load_log(STREAMS_CASE, &text);
	assert_null(strstr(text.data, OTHER));
	assert_non_null(strstr(text.data, "\"source\":\"capture/tower-7\""));
	buf_free(&text);
}

static void
what_goes_into_a_log_is_durable_where_it_came_from_first(void **state)
{
	struct journal *j;
	size_t log;
	int fd = fsio_mkdirs(streams_statefd, "journal/uploader", 0750);

	j = journal_open(fd, "uploader", "test 1");
	assert_non_null(j);
	assert_int_equal(journal_add(j, STREAMS_CASE, "attempt", NULL, NULL), 0);
	synced_count = 0;
	assert_int_equal(sealing_run(), 0);
	log = synced_at("state/records/" STREAMS_CASE "/custody.jsonl");
	assert_true(log < SIZE_MAX && synced_at("state/journal/uploader/uploader.jsonl") < log);
	journal_close(j);
	assert_int_equal(close(fd), 0);
}

static void
no_line_is_taken_twice_whatever_is_remembered(void **state)
{
	journal("capture", "tower-7", STREAMS_CASE, "capture-start");
	assert_int_equal(sealing_run(), 0);
	journal("capture", "tower-7", STREAMS_CASE, "capture-stop");
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count_lines(STREAMS_CASE), 2);
	scratch_remove("state/journal/packager/collected.json");
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count_lines(STREAMS_CASE), 2);
	scratch_puts("state/journal/packager/collected.json", "rubbish");
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count_lines(STREAMS_CASE), 2);
}

static void
a_broken_log_is_said_and_nothing_is_added_to_it(void **state)
{
	struct buf text = BUF_INIT;

	journal("capture", "tower-7", STREAMS_CASE, "capture-start");
	journal("capture", "tower-7", STREAMS_CASE, "capture-stop");
	assert_int_equal(sealing_run(), 0);
	load_log(STREAMS_CASE, &text);
	text.data[20] ^= 1;
	scratch_put("state/records/" STREAMS_CASE "/custody.jsonl", text.data, text.len, 0600);
	journal("capture", "tower-7", STREAMS_CASE, "capture-start");
	scratch_listen();
	assert_int_equal(sealing_run(), 65);
	scratch_heard();
	assert_non_null(strstr(scratch_said, "broken"));
	text.data[20] ^= 1;
	scratch_put("state/records/" STREAMS_CASE "/custody.jsonl", text.data, text.len, 0600);
	/* Mended, the log gets the line that it missed. */
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count_lines(STREAMS_CASE), 3);
	buf_free(&text);
}

static void
fault_111_a_failure_at_one_line_loses_none(void **state)
{
	journal("capture", "tower-7", STREAMS_CASE, "capture-start");
	journal("capture", "tower-7", STREAMS_CASE, "capture-stop");
	journal("capture", "tower-7", OTHER, "capture-start");
	mkdir_fails = 1;
	diag_capture(open("/dev/null", O_WRONLY | O_CLOEXEC));
	assert_int_equal(sealing_run(), 74);
	/* Another case does not wait for it. */
	assert_int_equal(count_lines(OTHER), 1);
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count_lines(STREAMS_CASE), 2);
	assert_int_equal(count_lines(OTHER), 1);
}

/* What a sync lost is taken once more; a later line of that journal waits for it, though the log is opened anew. */
static void
promise_08_lines_that_a_failed_sync_lost_are_taken_once_more(void **state)
{
	char case_id[NAMES_CASE_ROOM];
	unsigned i;

	journal("capture", "tower-7", STREAMS_CASE, "capture-start");
	for (i = 0; i < 64; i++) { /* as many as are open at once */
		(void)snprintf(case_id, sizeof(case_id), "C-%u", i);
		journal("capture", "tower-7", case_id, "capture-start");
	}
	journal("capture", "tower-7", STREAMS_CASE, "capture-stop");
	sync_fails = STREAMS_CASE;
	diag_capture(open("/dev/null", O_WRONLY | O_CLOEXEC));
	assert_int_equal(sealing_run(), 74);
	assert_null(sync_fails);
	assert_int_equal(count_lines("C-63"), 1);
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count_lines(STREAMS_CASE), 2);
	assert_int_equal(count_lines("C-0"), 1);
}

static void
many_cases_at_once_get_their_lines(void **state)
{
	char case_id[NAMES_CASE_ROOM];
	unsigned i;

	for (i = 0; i < 150; i++) {
		(void)snprintf(case_id, sizeof(case_id), "C-%u", i);
		journal("capture", "tower-7", case_id, "capture-start");
	}
	journal("capture", "tower-7", "C-0", "capture-stop");
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count_lines("C-0"), 2);
	assert_int_equal(count_lines("C-149"), 1);
}

/* Put revision ${revision} with ${previous} into the orders folder, with one approval; its hash to ${hex}. */
static void
put_order(uint32_t revision, const char *previous, char hex[DIGEST_HEX])
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	char name[64];

	(void)mkdir(scratch_path("orders/" STREAMS_CASE), 0755);
	assert_int_equal(
	    buf_printf(&text,
		"[order]\nformat = casetap-order/1\ncase_id = " STREAMS_CASE
		"\ncontent_id = 1\nlea = county-sheriff\n"
		"authority = title-iii\norder_number = 26-CV-0117\nissued_by = A\npresented_by = B\nresponsible = C\n"
		"not_before = 2026-11-21T00:00:00Z\nnot_after = 2026-11-2%uT00:00:00Z\nrevision = %u\n%s%s%s"
		"[subject]\nipv4 = 198.51.100.7\n[capture]\nscope = content\n[delivery]\nto = county-sheriff\n",
		2 + revision, revision, previous[0] == '\0' ? "" : "previous = ", previous,
		previous[0] == '\0' ? "" : "\n"),
	    0);
	(void)snprintf(name, sizeof(name), "orders/" STREAMS_CASE "/%u.order", revision);
	scratch_put(name, text.data, text.len, 0644);
	assert_int_equal(digest_hex_of(text.data, text.len, hex), 0);
	assert_int_equal(sign_make(sealing_key, text.data, text.len, "approved", &sig), 0);
	(void)snprintf(name, sizeof(name), "orders/" STREAMS_CASE "/%u.order.alice.minisig", revision);
	scratch_put(name, sig.data, sig.len, 0644);
	buf_free(&text);
	buf_free(&sig);
}

/* What capture has accepted. */
static void
accept_order(uint32_t revision, const char *sha256)
{
	char text[512];
	int fd = fsio_mkdirs(streams_statefd, "journal/capture", 0750);

	(void)snprintf(text, sizeof(text),
	    "{\"format\":\"casetap-orders/1\",\"iap\":\"" STREAMS_IAP "\",\"cases\":[{\"case\":\"" STREAMS_CASE
	    "\",\"revision\":%u,\"sha256\":\"%s\",\"state\":\"accepted\"}]}\n",
	    revision, sha256);
	assert_int_equal(fsio_replace(fd, STREAMS_IAP ".orders", text, strlen(text), 0600), 0);
	assert_int_equal(close(fd), 0);
}

static void
each_accepted_revision_is_sealed_once_in_the_first_package_after_it(void **state)
{
	char first[DIGEST_HEX], second[DIGEST_HEX];
	struct package_facts facts;

	put_order(1, "", first);
	accept_order(1, first);
	put_order(2, first, second); /* waits for its approvals */
	sealing_slices(T(0), 2);
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(sealing_check(DAY1, 1, &facts), PACKAGE_INTACT);
	assert_int_equal(facts.order_count, 2);
	assert_string_equal(facts.orders[0].name, "1.order");
	assert_string_equal(facts.orders[1].name, "1.order.alice.minisig");
	package_facts_clear(&facts);
	assert_int_equal(sealing_check(DAY1, 2, &facts), PACKAGE_INTACT);
	assert_int_equal(facts.order_count, 0);
	package_facts_clear(&facts);
	accept_order(2, second);
	sealing_slices(T(600), 1);
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(sealing_check(DAY1, 3, &facts), PACKAGE_INTACT);
	assert_int_equal(facts.order_count, 2);
	assert_string_equal(facts.orders[0].name, "2.order");
	package_facts_clear(&facts);
	assert_true(sealing_exists("state/records/" STREAMS_CASE "/orders/1.order"));
}

static void
fault_030_an_edited_order_is_not_taken_for_the_accepted_one(void **state)
{
	char hex[DIGEST_HEX];
	struct package_facts facts;

	put_order(1, "", hex);
	accept_order(1, STREAMS_HEX);
	sealing_slices(T(0), 1);
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(sealing_check(DAY1, 1, &facts), PACKAGE_INTACT);
	assert_int_equal(facts.order_count, 0);
	package_facts_clear(&facts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_line_goes_into_the_log_of_its_case_and_no_other, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		what_goes_into_a_log_is_durable_where_it_came_from_first, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		no_line_is_taken_twice_whatever_is_remembered, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		a_broken_log_is_said_and_nothing_is_added_to_it, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		fault_111_a_failure_at_one_line_loses_none, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		promise_08_lines_that_a_failed_sync_lost_are_taken_once_more, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(many_cases_at_once_get_their_lines, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(each_accepted_revision_is_sealed_once_in_the_first_package_after_it,
		sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		fault_030_an_edited_order_is_not_taken_for_the_accepted_one, sealing_set_up, sealing_tear_down),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
