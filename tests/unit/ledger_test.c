#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define T(s) "2026-11-20T00:" s ".000000000Z"

static const char sample[] =
    "casetap-ledger/1\n"
    "case: LI-2026-0042\n"
    "iap: tower-7\n"
    "day: 2026-11-20\n"
    "first-seq: 7\n"
    "last-seq: 9\n"
    "count: 3\n"
    "prev-ledger-sha256: -\n"
    "head-seal: " A "\n"
    "keyring-sha256: " B "\n"
    "order-sha256: " A "\n"
    "custody-head: " B "\n"
    "final: yes (not_after, revision 2)\n"
    "\n"
    "7 " A " " T("00:00") " " T("05:00") " " T("00:01") " " T(
	"04:59") " 12 3400 zero -\n"
		 "8 " B " " T("05:00") " " T("10:00") " - - 0 0 3+possible 2\n"
						      "9 " A
						      " " T("10:00") " " T("15:00") " - - 0 0 zero quarantined\n";

static void
what_is_parsed_writes_back_to_the_same_bytes(void **state)
{
	struct ledger l;
	struct buf out = BUF_INIT;

	assert_int_equal(ledger_parse(sample, strlen(sample), &l, NULL), 0);
	assert_string_equal(l.case_id, "LI-2026-0042");
	assert_int_equal(l.final, 1);
	assert_string_equal(l.final_reason, "not_after");
	assert_int_equal(l.final_revision, 2);
	assert_string_equal(l.prev, "");
	assert_int_equal(l.row_count, 3);
	assert_int_equal(l.rows[0].frames, 12);
	assert_int_equal(l.rows[1].own_loss, 3);
	assert_int_equal(l.rows[1].possible_loss, 1);
	assert_int_equal(l.rows[1].gaps, 2);
	assert_true(l.rows[1].first_frame == STAMP_NONE);
	assert_int_equal(l.rows[2].is_gap_package, 1);
	assert_string_equal(l.rows[2].gap, "quarantined");
	assert_int_equal(ledger_write(&l, &out), 0);
	assert_string_equal(out.data, sample);
	buf_free(&out);
	ledger_clear(&l);
}

static void
an_empty_day_has_a_ledger(void **state)
{
	struct ledger l = {.case_id = "C", .iap = "i", .keyring_sha256 = A, .custody_head = B}, again;
	struct buf out = BUF_INIT;

	assert_int_equal(stamp_day_parse("2026-11-21", &l.day), 0);
	assert_int_equal(ledger_write(&l, &out), 0);
	assert_non_null(strstr(out.data, "\nfirst-seq: -\nlast-seq: -\ncount: 0\n"));
	assert_non_null(strstr(out.data, "\nfinal: no\n\n"));
	assert_int_equal(ledger_parse(out.data, out.len, &again, NULL), 0);
	assert_int_equal(again.row_count, 0);
	buf_free(&out);
}

/* The sample with ${old} replaced by ${new} must be refused at ${line}. */
static void
refused(const char *old, const char *new, unsigned line)
{
	const char *at = strstr(sample, old);
	struct buf text = BUF_INIT;
	struct ledger l;
	unsigned got = 99;

	assert_non_null(at);
	assert_int_equal(buf_printf(&text, "%.*s%s%s", (int)(at - sample), sample, new, at + strlen(old)), 0);
	assert_int_equal(ledger_parse(text.data, text.len, &l, &got), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(got, line);
	assert_null(l.rows);
	buf_free(&text);
}

static void
what_is_not_exactly_the_format_is_refused_with_its_line(void **state)
{
	refused("casetap-ledger/1", "casetap-ledger/2", 1);
	refused("case: LI", "case:  LI", 2);
	refused("iap: tower-7", "iap: tower_7", 3);
	refused("2026-11-20\n", "2026-11-31\n", 4);
	refused("count: 3\n", "count: 03\n", 7);
	refused("head-seal: a", "head-seal: A", 9);
	refused("(not_after, ", "(Not after, ", 13);
	refused("revision 2)", "revision 2", 13);
	refused(")\n\n7 ", ")\n7 ", 14);
	refused(" 12 3400", " 12  3400", 15);
	refused(" 12 3400", " 012 3400", 15);
	refused("zero -\n8", "zero 0\n8", 15);
	refused("3+possible", "0+possible", 16);
	refused("2026-11-20T00:00:00.000000000Z", "2026-11-20T00:00:00Z", 15);
	refused("zero quarantined\n", "zero quarantined\n\n", 18);
	refused("zero quarantined\n", "zero quarantined", 17);
}

static void
other_access_points_of_the_case_are_named_and_written_back(void **state)
{
	static const char with[] = ")\nsibling: tower-8\nsibling: tower-9\n\n7 ";
	const char *at = strstr(sample, ")\n\n7 ");
	struct buf text = BUF_INIT, again = BUF_INIT;
	struct ledger l;

	(void)state;
	assert_int_equal(buf_printf(&text, "%.*s%s%s", (int)(at - sample), sample, with, at + strlen(")\n\n7 ")), 0);
	assert_int_equal(ledger_parse(text.data, text.len, &l, NULL), 0);
	assert_int_equal(l.sibling_count, 2);
	assert_string_equal(l.siblings[1], "tower-9");
	assert_int_equal(l.row_count, 3);
	assert_int_equal(ledger_write(&l, &again), 0);
	assert_string_equal(again.data, text.data);
	ledger_clear(&l);
	buf_free(&text);
	buf_free(&again);
	refused(")\n\n7 ", ")\nsibling: tower-7\n\n7 ", 14); /* itself */
	refused(")\n\n7 ", ")\nsibling: tower-9\nsibling: tower-8\n\n7 ", 15);
	refused(")\n\n7 ", ")\nsibling: ../x\n\n7 ", 14);
}

static void
what_is_lost_of_the_custody_log_is_named_and_written_back(void **state)
{
	static const char with[] = "custody-lost: 812 " A " " B "\nfinal: yes";
	const char *at = strstr(sample, "final: yes");
	struct buf text = BUF_INIT, again = BUF_INIT;
	struct ledger l;

	(void)state;
	assert_int_equal(
	    buf_printf(&text, "%.*s%s%s", (int)(at - sample), sample, with, at + strlen("final: yes")), 0);
	assert_int_equal(ledger_parse(text.data, text.len, &l, NULL), 0);
	assert_int_equal(l.lost_lines, 812);
	assert_string_equal(l.lost_head, A);
	assert_string_equal(l.lost_request, B);
	assert_int_equal(ledger_write(&l, &again), 0);
	assert_string_equal(again.data, text.data);
	ledger_clear(&l);
	buf_free(&text);
	buf_free(&again);
	refused("final: yes", "custody-lost: 0 " A " " B "\nfinal: yes", 13);
	refused("final: yes", "custody-lost: 0812 " A " " B "\nfinal: yes", 13);
	refused("final: yes", "custody-lost: 9223372036854775807 " A " " B "\nfinal: yes", 13);
	refused("final: yes", "custody-lost: 18446744073709551615 " A " " B "\nfinal: yes", 13);
	refused("final: yes", "custody-lost: 812 " A "\nfinal: yes", 13);
	refused("final: yes", "custody-lost: 812 " A " " A "0\nfinal: yes", 13);
	refused("final: yes", "custody-lost: " A "\nfinal: yes", 13);
	refused("final: yes", "custody-lost: -\nfinal: yes", 13);
	refused("final: yes", "custody-lost: \nfinal: yes", 13);
	refused("final: yes", "custody-lost: 812 " A " " B "\ncustody-lost: 813 " A " " B "\nfinal: yes", 14);
}

static void
fault_082_numbers_that_do_not_follow_each_other_are_refused(void **state)
{
	refused("\n8 ", "\n9 ", 16);
	refused("first-seq: 7", "first-seq: 6", 14);
	refused("last-seq: 9", "last-seq: 9999999999", 14);
	refused("first-seq: 7", "first-seq: 18446744073709551615", 5);
	refused("count: 3", "count: 2", 14);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_parsed_writes_back_to_the_same_bytes),
	    cmocka_unit_test(an_empty_day_has_a_ledger),
	    cmocka_unit_test(what_is_not_exactly_the_format_is_refused_with_its_line),
	    cmocka_unit_test(other_access_points_of_the_case_are_named_and_written_back),
	    cmocka_unit_test(what_is_lost_of_the_custody_log_is_named_and_written_back),
	    cmocka_unit_test(fault_082_numbers_that_do_not_follow_each_other_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
