#include "orderfile.h"

#include "purging.h"
#include "unread.h"

#define SLICE "state/spool/" STREAMS_CASE "/" STREAMS_IAP "/0000000001.pcap"
#define ORDER "1.order"
#define APPROVAL "1.order.alice.minisig"

static int
run(const char *name, int error)
{
	int status;

	unread = name;
	unread_errno = error;
	status = sealing_run_quietly();
	unread = NULL;
	return status;
}

static int
set_up(void **state)
{
	struct buf sig = BUF_INIT;

	assert_int_equal(sealing_set_up(state), 0);
	purging_order();
	assert_int_equal(sign_make(sealing_key, "any", 3, "approved", &sig), 0);
	scratch_put("orders/" STREAMS_CASE "/" APPROVAL, sig.data, sig.len, 0644);
	buf_free(&sig);
	sealing_slices(STREAMS_T0, 1);
	return 0;
}

static void
a_case_waits_while_its_order_or_an_approval_can_not_be_read(void **state)
{
	static const struct {
		const char *name;
		int error, status;
	} rows[] = {{ORDER, EIO, 74}, {ORDER, EACCES, 77}, {APPROVAL, EIO, 74}, {APPROVAL, ENFILE, 71},
	    {STREAMS_IAP ".orders", EIO, 78}, {ORDER, EKEYREJECTED, 78}, {ORDER, ENOKEY, 78}};
	struct package_facts f;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(run(rows[i].name, rows[i].error), rows[i].status);
		scratch_expect(rows[i].name);
		assert_true(sealing_exists(SLICE));
		assert_false(sealing_exists(sealing_package(PURGING_DAY, 1)));
	}
	assert_int_equal(run(NULL, 0), 0);
	assert_false(sealing_exists(SLICE));
	assert_int_equal(sealing_check(PURGING_DAY, 1, &f), PACKAGE_INTACT);
	assert_int_equal(f.order_count, 2);
	package_facts_clear(&f);
}

/* Refused where it is new, it was accepted by a version before: it travels with what was captured under it. */
static void
fault_024_a_link_local_subject_that_was_accepted_once_is_copied_and_sealed(void **state)
{
	struct package_facts f;

	(void)state;
	purging_order_for("169.254.7.77");
	assert_int_equal(run(NULL, 0), 0);
	assert_true(sealing_exists("state/records/" STREAMS_CASE "/orders/" ORDER));
	assert_int_equal(sealing_check(PURGING_DAY, 1, &f), PACKAGE_INTACT);
	assert_int_equal(f.order_count, 2);
	package_facts_clear(&f);
}

static void
what_is_no_approval_however_often_it_is_read_is_not_waited_for(void **state)
{
	struct package_facts f;

	assert_int_equal(run(APPROVAL, EBADMSG), 0);
	assert_false(sealing_exists(SLICE));
	assert_int_equal(sealing_check(PURGING_DAY, 1, &f), PACKAGE_INTACT);
	assert_int_equal(f.order_count, 1);
	package_facts_clear(&f);
}

/* The order lies encrypted to the key that the packager has. */
static void
encrypt_order(void)
{
	struct buf text = BUF_INIT, file = BUF_INIT;
	struct age_recipient recipient;

	sealing_orders_key = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n";
	assert_int_equal(age_recipient_parse(PURGING_RECIPIENT, strlen(PURGING_RECIPIENT), &recipient), 0);
	assert_int_equal(fsio_load_path(scratch_path("orders/" STREAMS_CASE "/" ORDER), ORDER_MAX_BYTES, &text), 0);
	assert_int_equal(orderfile_encrypt(&recipient, 1, &text, &file), 0);
	scratch_put("orders/" STREAMS_CASE "/" ORDER, file.data, file.len, 0640);
	buf_free(&text);
	buf_free(&file);
}

static void
a_case_waits_while_who_delivers_can_not_be_told_its_addressees(void **state)
{
	static const char addressees[] = "state/journal/packager/" STREAMS_CASE ".addressees";

	encrypt_order();
	(void)close(fsio_mkdirs(streams_statefd, "journal/packager/" STREAMS_CASE ".addressees/x", 0750));
	assert_int_not_equal(run(NULL, 0), 0);
	scratch_expect("addressees");
	assert_true(sealing_exists(SLICE));
	assert_false(sealing_exists(sealing_package(PURGING_DAY, 1)));
	scratch_remove(addressees);
	assert_int_equal(run(NULL, 0), 0);
	assert_true(sealing_exists(addressees));
	assert_false(sealing_exists(SLICE));
	assert_true(sealing_exists(sealing_package(PURGING_DAY, 1)));
	sealing_orders_key = NULL;
}

static void
a_purge_waits_while_the_approval_of_a_release_can_not_be_read(void **state)
{
	struct request hold = {.act = REQUEST_HOLD}, release = {.act = REQUEST_RELEASE};

	purging_day(1);
	purging_ask(1, &hold, NULL, release.holds[0]);
	release.hold_count = 1;
	assert_int_equal(run(NULL, 0), 0);
	purging_ask(2, &release, sealing_key, NULL);
	purging_ask_purge(3);
	assert_int_not_equal(run("0000000002.request.alice.minisig", EIO), 0);
	assert_true(sealing_exists(sealing_package(PURGING_DAY, 1)));
	assert_int_equal(purging_count("purge-refused"), 0);
	assert_int_equal(run(NULL, 0), 0);
	assert_false(sealing_exists(sealing_package(PURGING_DAY, 1)));
	assert_int_equal(purging_count("purged"), 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, sealing_tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(a_case_waits_while_its_order_or_an_approval_can_not_be_read),
	    TEST(fault_024_a_link_local_subject_that_was_accepted_once_is_copied_and_sealed),
	    TEST(what_is_no_approval_however_often_it_is_read_is_not_waited_for),
	    TEST(a_case_waits_while_who_delivers_can_not_be_told_its_addressees),
	    cmocka_unit_test_setup_teardown(
		a_purge_waits_while_the_approval_of_a_release_can_not_be_read, sealing_set_up, sealing_tear_down),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
