#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger.h"
#include "stamp.h"

#include "findings.h"
#include "verify_claims.h"

#define CASE "LI-2026-0042"
#define T0 (STAMP_DAY * 20777)
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

/*
 * What days of a case say and only its orders can confirm.
 */
static struct verify_claims claims;
static struct verify_orders *orders;
static char texts[2][1024]; /* of the first two revisions */

static const char *
order_text(unsigned revision, unsigned days, const char *to)
{
	char *out = texts[revision - 1];

	(void)snprintf(out, sizeof(texts[0]),
	    "[order]\nformat = casetap-order/1\ncase_id = " CASE "\ncontent_id = 1\nlea = county-sheriff\n"
	    "authority = title-iii\norder_number = 26-CV-0117\nissued_by = A\npresented_by = B\nresponsible = C\n"
	    "not_before = 2026-11-20T00:00:00Z\nnot_after = 2026-11-24T00:00:00Z\nrevision = %u\n%s[subject]\n"
	    "ipv4 = 198.51.100.7\n[capture]\nscope = content\n[delivery]\nto = %s\npayload_days = %u\n",
	    revision, revision == 1 ? "" : "previous = " ZEROS "\n", to, days);
	return out;
}

/* A package that carries the order file. */
static void
put(const char *name, const char *text)
{
	struct package_facts f;
	struct package_order file;

	memset(&f, 0, sizeof(f));
	memset(&file, 0, sizeof(file));
	f.is_gap = 1;
	(void)snprintf(file.name, sizeof(file.name), "%s", name);
	assert_int_equal(buf_puts(&file.text, text), 0);
	f.orders = &file;
	f.order_count = 1;
	assert_int_equal(verify_orders_package(orders, &f, "day", result), 0);
	buf_free(&file.text);
}

static int
set_up(void **state)
{
	(void)state;
	memset(&claims, 0, sizeof(claims));
	orders = verify_orders_new(CASE);
	result = verify_result_new(T0);
	if (orders == NULL || result == NULL)
		return -1;
	put("1.order", order_text(1, 30, "county-sheriff escrow"));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	verify_claims_free(&claims);
	verify_orders_free(orders);
	verify_result_free(result);
	return 0;
}

static const struct verify_proof both = {.destinations = {"county-sheriff", "escrow"}, .count = 2};

/* What becomes of a certificate of that revision, retention and order; the exit code. */
static int
judge_purge(uint32_t revision, uint32_t days, const char *text, const struct verify_proof *proof)
{
	struct purgecert cert = {.revision = revision, .days = days};

	assert_int_equal(digest_hex_of(text, strlen(text), cert.order_sha256), 0);
	assert_int_equal(verify_claims_purge(&claims, "2026-11-20", &cert, proof), 0);
	assert_int_equal(verify_claims_judge(&claims, orders, result), 0);
	return verify_result_status(result);
}

static void
a_purge_as_its_order_says_is_not_contradicted(void **state)
{
	(void)state;
	assert_int_equal(judge_purge(1, 30, texts[0], &both), 0);
	assert_int_equal(result->count, 0);
}

static void
one_without_receipts_of_each_destination_is_tampering(void **state)
{
	static const struct verify_proof one = {.destinations = {"escrow"}, .count = 1},
					 other = {.destinations = {"county-sheriff", "escro"}, .count = 2};

	(void)state;
	assert_int_equal(judge_purge(1, 30, texts[0], &one), VERIFY_TAMPERED);
	assert_true(said("2026-11-20", "has no receipts of a destination of its order"));
	tear_down(state);
	set_up(state);
	assert_int_equal(judge_purge(1, 30, texts[0], &other), VERIFY_TAMPERED);
}

static void
one_after_another_retention_is_tampering(void **state)
{
	(void)state;
	assert_int_equal(judge_purge(1, 29, texts[0], &both), VERIFY_TAMPERED);
	assert_true(said("2026-11-20", "names another retention than its order"));
}

static void
one_that_names_another_text_is_tampering(void **state)
{
	char text[sizeof(texts[0])];

	(void)state;
	memcpy(text, texts[0], sizeof(text));
	text[strlen(text) - 2] ^= 1;
	assert_int_equal(judge_purge(1, 30, text, &both), VERIFY_TAMPERED);
	assert_true(said("2026-11-20", "names another text of its order"));
}

/* The file is called as the certificate says, and is of another number. */
static void
one_of_another_revision_is_tampering(void **state)
{
	(void)state;
	put("2.order", texts[0]);
	assert_int_equal(judge_purge(2, 30, texts[0], &both), VERIFY_TAMPERED);
	assert_true(said("2026-11-20", "names another revision than its order has"));
}

static void
one_whose_order_did_not_come_along_accuses_nobody(void **state)
{
	(void)state;
	assert_int_equal(judge_purge(2, 30, order_text(2, 30, "escrow"), &both), 0);
}

static int
judge_received(const char *lea)
{
	assert_int_equal(verify_claims_received(&claims, "2026-11-20", lea), 0);
	assert_int_equal(verify_claims_judge(&claims, orders, result), 0);
	return said("2026-11-20", "whom no order that is here names");
}

static void
an_acknowledgement_is_its_leas_or_a_destinations_of_any_revision(void **state)
{
	(void)state;
	put("2.order", order_text(2, 30, "state-police"));
	assert_false(judge_received("county-sheriff"));
	assert_false(judge_received("escrow"));
	assert_false(judge_received("state-police"));
	assert_true(judge_received("mallory"));
	assert_int_equal(verify_result_status(result), 0); /* noted, and no more */
	assert_int_equal(result->count, 1);
}

static void
one_is_not_judged_by_what_was_said_of_the_one_before(void **state)
{
	(void)state;
	assert_int_equal(verify_claims_received(&claims, "day 1", "mallory"), 0);
	assert_int_equal(verify_claims_received(&claims, "day 2", "county-sheriff"), 0);
	assert_int_equal(verify_claims_received(&claims, "day 3", "mallory"), 0);
	assert_int_equal(verify_claims_judge(&claims, orders, result), 0);
	assert_int_equal(result->count, 2);
	assert_true(said("day 1", "mallory") && said("day 3", "mallory"));
}

static void
a_stream_that_ledgers_name_is_named_once_by_its_first_day(void **state)
{
	const char *iap, *where = NULL;
	stamp_t day = 0;

	(void)state;
	assert_null(verify_claims_siblings(&claims, 0, &day, &where));
	assert_int_equal(verify_claims_sibling(&claims, "b", "tower-8", T0 + STAMP_DAY), 0);
	assert_int_equal(verify_claims_sibling(&claims, "c", "tower-8", T0 + 2 * STAMP_DAY), 0);
	assert_int_equal(verify_claims_sibling(&claims, "a", "tower-8", T0), 0);
	assert_int_equal(verify_claims_sibling(&claims, "c", "tower-9", T0 + 2 * STAMP_DAY), 0);
	iap = verify_claims_siblings(&claims, 0, &day, &where);
	assert_string_equal(iap, "tower-8");
	assert_string_equal(where, "a");
	assert_true(day == T0);
	iap = verify_claims_siblings(&claims, 1, &day, &where);
	assert_string_equal(iap, "tower-9");
	assert_string_equal(where, "c");
	assert_null(verify_claims_siblings(&claims, 2, &day, &where));
}

/* As many as one ledger can name, and no memory for more. */
static void
fault_076_streams_without_end_take_no_memory_without_end(void **state)
{
	char iap[NAMES_IAP_ROOM];
	unsigned i;

	(void)state;
	for (i = 0; i < LEDGER_SIBLINGS_MAX + 10; i++) {
		(void)snprintf(iap, sizeof(iap), "t%u", i);
		assert_int_equal(verify_claims_sibling(&claims, "a", iap, T0), 0);
	}
	assert_int_equal(claims.sibling_count, LEDGER_SIBLINGS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_purge_as_its_order_says_is_not_contradicted, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(one_without_receipts_of_each_destination_is_tampering, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(one_after_another_retention_is_tampering, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(one_that_names_another_text_is_tampering, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(one_of_another_revision_is_tampering, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(one_whose_order_did_not_come_along_accuses_nobody, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		an_acknowledgement_is_its_leas_or_a_destinations_of_any_revision, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(one_is_not_judged_by_what_was_said_of_the_one_before, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_stream_that_ledgers_name_is_named_once_by_its_first_day, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		fault_076_streams_without_end_take_no_memory_without_end, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
