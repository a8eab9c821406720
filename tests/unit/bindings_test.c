#include "binding.h"
#include "journal.h"

#include "purging.h"
#include "unread.h"

#define FOLLOWED "state/journal/capture/given/" STREAMS_IAP
#define SLICE "state/spool/" STREAMS_CASE "/" STREAMS_IAP "/0000000001.pcap"
#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HASH_SHOWN 16

/* What an approver gave and capture followed, as it is called there and in the records. */
static char followed[NAMES_FILE_ROOM], kept[NAMES_FILE_ROOM];

static int
set_up(void **state)
{
	struct binding b = {
	    .from = PURGING_T(0), .until = PURGING_T(60), .issued = PURGING_T(0), .kind = BINDING_PLAN};
	struct buf text = BUF_INIT, sig = BUF_INIT;
	char hex[DIGEST_HEX], path[512];
	int fd;

	assert_int_equal(sealing_set_up(state), 0);
	purging_order();
	sealing_slices(STREAMS_T0, 1);
	strcpy(b.case_id, STREAMS_CASE);
	strcpy(b.proof, "plan");
	strcpy(b.proof_sha256, HEX);
	strcpy(b.kept_sha256, HEX);
	strcpy(b.reason, "static plan");
	assert_null(binding_address_parse("192.0.2.7", &b.address));
	assert_int_equal(binding_write(&b, &text), 0);
	assert_int_equal(digest_hex_of(text.data, text.len, hex), 0);
	assert_int_equal(sign_make(sealing_key, text.data, text.len, "approved", &sig), 0);
	(void)snprintf(followed, sizeof(followed), STREAMS_CASE ".%.*s.binding", HASH_SHOWN, hex);
	(void)snprintf(kept, sizeof(kept), "%.*s.binding", HASH_SHOWN, hex);
	fd = fsio_mkdirs(streams_statefd, "journal/capture/given/" STREAMS_IAP, 0750);
	assert_int_not_equal(fd, -1);
	assert_int_equal(close(fd), 0);
	(void)snprintf(path, sizeof(path), FOLLOWED "/%s", followed);
	scratch_put(path, text.data, text.len, 0644);
	(void)snprintf(path, sizeof(path), FOLLOWED "/%s.alice.minisig", followed);
	scratch_put(path, sig.data, sig.len, 0644);
	buf_free(&text);
	buf_free(&sig);
	return 0;
}

/* Does the first package hold it, with its signature? */
static int
is_packed(void)
{
	struct package_facts f;
	size_t i, found = 0;

	assert_int_equal(sealing_check(PURGING_DAY, 1, &f), PACKAGE_INTACT);
	for (i = 0; i < f.order_count; i++)
		found += strncmp(f.orders[i].name, kept, strlen(kept)) == 0;
	package_facts_clear(&f);
	assert_true(found == 0 || found == 2);
	return found == 2;
}

static void
a_case_waits_while_an_address_that_was_given_to_it_can_not_be_read(void **state)
{
	(void)state;
	unread = followed;
	unread_errno = EIO;
	assert_int_equal(sealing_run_quietly(), 74);
	unread = NULL;
	scratch_expect(followed);
	assert_true(sealing_exists(SLICE));
	assert_false(sealing_exists(sealing_package(PURGING_DAY, 1)));
	assert_int_equal(sealing_run_quietly(), 0);
	assert_true(is_packed());
}

static void
what_was_purged_with_the_records_is_not_brought_back(void **state)
{
	struct purgecert cert = {
	    .what = REQUEST_RECORDS, .day = STAMP_NONE, .at = PURGING_T(0), .issued = PURGING_T(0)};
	struct buf text = BUF_INIT;
	char path[512];
	int fd = fsio_mkdirs(streams_statefd, "records/" STREAMS_CASE, 0750);

	(void)state;
	assert_int_not_equal(fd, -1);
	strcpy(cert.case_id, STREAMS_CASE);
	strcpy(cert.request, HEX);
	strcpy(cert.approver, "alice");
	strcpy(cert.key_id, "0123456789ABCDEF");
	strcpy(cert.reason, "over");
	strcpy(cert.order_sha256, HEX);
	strcpy(cert.custody_head, HEX);
	cert.revision = 1;
	cert.days = 2;
	cert.delivered = PURGING_T(0);
	(void)snprintf(path, sizeof(path), "orders/%s", kept);
	assert_int_equal(purgecert_add_file(&cert, HEX, path), 0);
	assert_int_equal(purgecert_write(&cert, &text), 0);
	assert_int_equal(fsio_put(fd, STREAMS_CASE PURGECERT_SUFFIX, text.data, text.len, 0640), 0);
	assert_int_equal(close(fd), 0);
	purgecert_clear(&cert);
	assert_int_equal(purgecert_parse(text.data, text.len, &cert), 0);
	purgecert_clear(&cert);
	buf_free(&text);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_false(is_packed());
}

static const char *after_first_look; /* from where what was followed is put when the orders were read */
static int is_withdrawn;             /* and then capture says that it was taken back, and that the stream ends */

void __real_collect_run(struct packager *);
void __wrap_collect_run(struct packager *);

static void
withdraw(void)
{
	struct spool *s = streams_open();
	struct json *detail = json_object();
	struct journal *j;
	int fd = fsio_mkdirs(streams_statefd, "journal/capture", 0750);

	j = journal_open(fd, STREAMS_IAP, "test 1");
	assert_non_null(j);
	assert_int_equal(json_put_string(detail, "reason", "given-withdrawn"), 0);
	assert_int_equal(journal_write(j, STREAMS_CASE, "binding-end", NULL, detail), 0);
	journal_close(j);
	assert_int_equal(close(fd), 0);
	assert_int_equal(spool_mark_ended(s, "not_after", 1, STREAMS_T0 + 300 * STAMP_SECOND), 0);
	spool_close(s);
}

void
__wrap_collect_run(struct packager *p)
{
	if (after_first_look != NULL)
		assert_int_equal(renameat(p->statefd, after_first_look, p->statefd, "journal/capture/given"), 0);
	after_first_look = NULL;
	__real_collect_run(p);
	if (is_withdrawn)
		withdraw();
	is_withdrawn = 0;
}

static void
what_was_given_while_the_packager_ran_is_in_the_very_last_package(void **state)
{
	(void)state;
	assert_int_equal(renameat(streams_statefd, "journal/capture/given", streams_statefd, "later"), 0);
	after_first_look = "later";
	assert_int_equal(sealing_run_quietly(), 0);
	assert_null(after_first_look);
	assert_true(is_packed());
}

/* The line of the custody log that has the text, from 1 on; 0: none. */
static size_t
line_of(const struct buf *log, const char *text)
{
	const char *at = strstr(log->data, text);
	size_t line = 1, i;

	for (i = 0; at != NULL && i < (size_t)(at - log->data); i++)
		line += log->data[i] == '\n';
	return at == NULL ? 0 : line;
}

static void
what_was_taken_back_while_the_packager_ran_stands_before_the_very_last_package(void **state)
{
	struct buf log = BUF_INIT;

	(void)state;
	is_withdrawn = 1;
	assert_int_equal(sealing_run_quietly(), 0);
	assert_true(is_packed());
	sealing_load("state/records/" STREAMS_CASE "/custody.jsonl", &log);
	assert_int_equal(buf_putc(&log, '\0'), 0);
	assert_in_range(line_of(&log, "given-withdrawn"), 1, 1000);
	assert_in_range(line_of(&log, "\"event\":\"seal\""), line_of(&log, "given-withdrawn") + 1, 1000);
	buf_free(&log);
}

static void
a_case_waits_while_what_was_given_meanwhile_can_not_be_read(void **state)
{
	(void)state;
	assert_int_equal(renameat(streams_statefd, "journal/capture/given", streams_statefd, "later"), 0);
	after_first_look = "later";
	unread = followed;
	unread_errno = EIO;
	assert_int_equal(sealing_run_quietly(), 74);
	unread = NULL;
	scratch_expect(followed);
	assert_false(sealing_exists(sealing_package(PURGING_DAY, 1)));
	assert_int_equal(sealing_run_quietly(), 0);
	assert_true(is_packed());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_case_waits_while_an_address_that_was_given_to_it_can_not_be_read, set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		what_was_purged_with_the_records_is_not_brought_back, set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		what_was_given_while_the_packager_ran_is_in_the_very_last_package, set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		what_was_taken_back_while_the_packager_ran_stands_before_the_very_last_package, set_up,
		sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		a_case_waits_while_what_was_given_meanwhile_can_not_be_read, set_up, sealing_tear_down),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
