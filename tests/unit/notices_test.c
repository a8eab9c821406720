#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "notice.h"

#include "sealing.h"

#define T(seconds) (STREAMS_T0 + (seconds)*STAMP_SECOND)
#define DAY1 "2026-11-21"

static int
set_up(void **state)
{
	sealing_set_up(state);
	sealing_conf.notice_gap = 60;
	sealing_conf.notice_loss = 1;
	sealing_conf.notice_orders = 1;
	return 0;
}

static const char *
notice_name(const char *day, unsigned number)
{
	static char name[NAMES_FILE_ROOM];

	(void)snprintf(name, sizeof(name), STREAMS_CASE "_" STREAMS_IAP "_%s.notice-%u.txt", day, number);
	return sealing_outbox(day, name);
}

/* Load a notice whose signature must be the station's.  Return 1, or 0 if there is none. */
static int
load(const char *day, unsigned number, struct notice *n)
{
	struct buf text = BUF_INIT;
	struct sign_sig sig;
	size_t length;

	if (!sealing_exists(notice_name(day, number)))
		return 0;
	sealing_load(notice_name(day, number), &text);
	assert_int_equal(notice_open(text.data, text.len, n, &sig, &length), 0);
	assert_int_equal(sign_verify(sign_key_pub(sealing_key), &sig, text.data, length), 0);
	assert_int_equal(n->number, number);
	buf_free(&text);
	return 1;
}

static unsigned
count(const char *day)
{
	unsigned i = 0;

	while (sealing_exists(notice_name(day, i + 1)))
		i++;
	return i;
}

static void
gap(struct spool *s, stamp_t from, stamp_t to, const char *reason)
{
	struct gap_record g;

	streams_gap(&g, from, to);
	strcpy(g.reason, reason);
	assert_int_equal(spool_commit_gap(s, &g), 0);
}

static void
is_event(const struct notice *n, size_t i, enum notice_kind kind, stamp_t from, stamp_t to, const char *what)
{
	assert_in_range(i, 0, n->count - 1);
	assert_int_equal(n->events[i].kind, kind);
	assert_true(n->events[i].from == from && n->events[i].to == to);
	assert_string_equal(n->events[i].what, what);
}

static void
a_gap_over_its_threshold_is_told_of_and_names_the_seal(void **state)
{
	struct spool *s = streams_open();
	struct package_facts facts;
	struct notice n;

	(void)state;
	sealing_slice(s, T(0), T(300), 1);
	gap(s, T(300), T(359), "link-down");
	sealing_slice(s, T(359), T(600), 1);
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count(DAY1), 0);
	gap(s, T(600), T(660), "link-down");
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count(DAY1), 1);
	assert_true(load(DAY1, 1, &n));
	is_event(&n, 0, NOTICE_GAP, T(600), T(660), "link-down");
	assert_int_equal(n.events[0].seq, 4);
	assert_int_equal(sealing_check(DAY1, 4, &facts), PACKAGE_INTACT);
	assert_string_equal(n.last_seal, facts.seal_id);
	assert_string_equal(n.order_sha256, STREAMS_HEX);
	package_facts_clear(&facts);
	spool_close(s);
}

static void
gaps_one_behind_the_other_are_one_and_told_of_once(void **state)
{
	struct spool *s = streams_open();
	struct notice n;

	(void)state;
	gap(s, T(0), T(40), "link-down");
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count(DAY1), 0);
	gap(s, T(40), T(70), "reader-lost"); /* in another run: what was before is looked for */
	gap(s, T(70), T(700), "reader-lost");
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count(DAY1), 1);
	assert_true(load(DAY1, 1, &n));
	is_event(&n, 0, NOTICE_GAP, T(0), T(70), "reader-lost");
	sealing_slice(s, T(700), T(720), 1);
	gap(s, T(720), T(770), "link-down");
	gap(s, T(780), T(830), "link-down"); /* not right behind it */
	gap(s, T(830), T(845), "link-down");
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count(DAY1), 2);
	assert_true(load(DAY1, 2, &n));
	is_event(&n, 0, NOTICE_GAP, T(780), T(845), "link-down");
	spool_close(s);
}

static void
what_a_file_does_not_hold_is_no_anomaly(void **state)
{
	struct spool *s = streams_open();

	(void)state;
	gap(s, T(0), T(900), "not-in-source");
	gap(s, T(900), T(930), "link-down");
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count(DAY1), 0);
	spool_close(s);
}

/* A slice with everything that one can tell of. */
static void
commit_bad_slice(struct spool *s, uint32_t revision, unsigned gaps)
{
	struct slice_record r;
	int fd;

	streams_draft(&r, T(300), T(900));
	r.head.revision = revision;
	assert_int_equal(spool_take(s, &r, &fd), 0);
	streams_fill(fd, T(300), 2);
	streams_close(fd, &r);
	r.close.realtime = T(900);
	r.lost_disk = 7;
	r.lost_quota = 5;
	r.shared_loss = 1;
	r.loss_from = T(310);
	r.loss_to = T(500);
	r.state = SLICE_SUSPECT;
	r.rolled = SLICE_FSYNC_FAILED;
	for (r.gap_count = 0; r.gap_count < gaps; r.gap_count++)
		r.gaps[r.gap_count] = (struct slice_gap){T(510), T(600), "link-down"};
	assert_int_equal(spool_commit(s, &r), 0);
	slice_record_clear(&r);
}

static void
losses_and_another_revision_are_told_of(void **state)
{
	struct spool *s = streams_open();
	struct notice n;

	(void)state;
	sealing_slice(s, T(0), T(300), 1);
	commit_bad_slice(s, 2, 1);
	assert_int_equal(sealing_run(), 0);
	assert_true(load(DAY1, 1, &n));
	assert_int_equal(n.count, 5);
	is_event(&n, 0, NOTICE_ORDER, T(300), STAMP_NONE, "revision-2");
	is_event(&n, 1, NOTICE_GAP, T(510), T(600), "link-down");
	is_event(&n, 2, NOTICE_LOSS, T(300), T(900), "12");
	is_event(&n, 3, NOTICE_LOSS, T(310), T(500), "possible");
	is_event(&n, 4, NOTICE_LOSS, T(300), T(900), "suspect");
	spool_close(s);
}

static void
who_else_has_an_address_of_the_orders_and_that_it_is_back_is_told_of(void **state)
{
	struct access_event e = {
	    .kind = ACCESS_SERVICE_CHANGED, .time = T(10), .until = STAMP_NONE, .method = "dhcpv4"};
	struct spool *s = streams_open();
	struct slice_record r;
	struct notice n;
	int fd;

	(void)state;
	streams_draft(&r, T(0), T(300));
	assert_int_equal(spool_take(s, &r, &fd), 0);
	streams_fill(fd, T(0), 1);
	streams_close(fd, &r);
	r.close.realtime = T(300);
	r.access.is_told = 1;
	strcpy(e.reason, "address-of-another");
	access_add(&r.access, &e);
	e.time = T(20);
	strcpy(e.reason, "address-returned");
	access_add(&r.access, &e);
	e.time = T(30);
	strcpy(e.reason, "renewed"); /* nothing that a notice is worth */
	access_add(&r.access, &e);
	assert_int_equal(spool_commit(s, &r), 0);
	slice_record_clear(&r);
	assert_int_equal(sealing_run(), 0);
	assert_true(load(DAY1, 1, &n));
	assert_int_equal(n.count, 2);
	is_event(&n, 0, NOTICE_ORDER, T(10), STAMP_NONE, "address-of-another");
	is_event(&n, 1, NOTICE_ORDER, T(20), STAMP_NONE, "address-returned");
	spool_close(s);
}

static void
thresholds_of_nothing_tell_of_nothing(void **state)
{
	struct spool *s = streams_open();

	(void)state;
	sealing_conf.notice_gap = 0;
	sealing_conf.notice_loss = 0;
	sealing_conf.notice_orders = 0;
	sealing_slice(s, T(0), T(300), 1);
	commit_bad_slice(s, 2, 1);
	gap(s, T(900), T(3600), "link-down");
	assert_int_equal(spool_mark_ended(s, "revoked", 2, T(3600)), 0);
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count(DAY1), 0);
	spool_close(s);
}

static void
a_stream_that_falls_silent_is_told_of_once_a_day(void **state)
{
	struct conf_iap iap = {.name = STREAMS_IAP, .slice_seconds = 300};
	struct spool *s = streams_open();
	struct notice n;

	(void)state;
	sealing_conf.iaps = &iap;
	sealing_conf.iap_count = 1;
	sealing_slice(s, T(0), T(300), 1);
	sealing_clock = T(659);
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count(DAY1), 0);
	sealing_clock = T(660);
	assert_int_equal(sealing_run(), 0);
	sealing_clock = T(7000);
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count(DAY1), 1);
	assert_true(load(DAY1, 1, &n));
	is_event(&n, 0, NOTICE_GAP, T(300), STAMP_NONE, "nothing-sealed");
	assert_int_equal(n.events[0].seq, 0);
	sealing_clock = T(86400 + 3600 * 3); /* the day was closed, and the next one holds the next */
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count(DAY1), 1);
	assert_int_equal(count("2026-11-22"), 1);
	assert_int_equal(spool_mark_ended(s, "not_after", 1, T(300)), 0);
	spool_close(s);
}

static void
a_revocation_is_told_of_with_the_last_ledger_and_listed(void **state)
{
	struct spool *s = streams_open();
	struct buf sums = BUF_INIT;
	struct notice n;

	(void)state;
	sealing_slice(s, T(0), T(300), 1);
	assert_int_equal(spool_mark_ended(s, "revoked", 1, T(250)), 0);
	spool_close(s);
	assert_int_equal(sealing_run(), 0);
	assert_true(load(DAY1, 1, &n));
	is_event(&n, 0, NOTICE_ORDER, T(250), STAMP_NONE, "revoked");
	sealing_load(sealing_outbox(DAY1, "SHA256SUMS"), &sums);
	assert_non_null(strstr(sums.data, "  " STREAMS_CASE "_" STREAMS_IAP "_" DAY1 ".notice-1.txt\n"));
	buf_free(&sums);
}

static void
no_day_holds_more_than_a_hundred(void **state)
{
	struct spool *s = streams_open();
	unsigned i;

	(void)state;
	for (i = 0; i < NOTICE_A_DAY + 5; i++) {
		gap(s, T(i * 200), T(i * 200 + 100), "link-down");
		sealing_slice(s, T(i * 200 + 100), T((i + 1) * 200), 0);
	}
	spool_close(s);
	sealing_clock = T(86000);
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(count(DAY1), NOTICE_A_DAY);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, sealing_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_gap_over_its_threshold_is_told_of_and_names_the_seal),
	    TEST(gaps_one_behind_the_other_are_one_and_told_of_once),
	    TEST(what_a_file_does_not_hold_is_no_anomaly),
	    TEST(losses_and_another_revision_are_told_of),
	    TEST(who_else_has_an_address_of_the_orders_and_that_it_is_back_is_told_of),
	    TEST(thresholds_of_nothing_tell_of_nothing),
	    TEST(a_stream_that_falls_silent_is_told_of_once_a_day),
	    TEST(a_revocation_is_told_of_with_the_last_ledger_and_listed),
	    TEST(no_day_holds_more_than_a_hundred),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
