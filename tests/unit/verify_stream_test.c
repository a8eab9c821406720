#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text.h"

#include "verify_stream.h"

#include "findings.h"

#define CASE "LI-2026-0042"
#define DAY0 (STAMP_DAY * 20777) /* 2026-11-20 */

static struct verify_stream *stream;

static void
begin(int whole, stamp_t now)
{
	result = verify_result_new(now);
	stream = verify_stream_new(CASE, "tower-7", whole);
	assert_non_null(result);
	assert_non_null(stream);
}

static void
end(int status)
{
	size_t i;

	assert_int_equal(verify_stream_judge(stream, result), 0);
	if (verify_result_status(result) != status) {
		for (i = 0; i < result->count; i++)
			print_message("%s: %s\n", result->findings[i].where, result->findings[i].what);
	}
	assert_int_equal(verify_result_status(result), status);
}

static void
done(void)
{
	verify_stream_free(stream);
	verify_result_free(result);
}

/* A hash that stands for a letter and a number. */
static char *
hash(char letter, uint64_t n, char out[DIGEST_HEX])
{
	uint8_t raw[DIGEST_BYTES] = {0};

	raw[0] = (uint8_t)letter;
	memcpy(raw + 8, &n, sizeof(n));
	text_hex(out, raw, sizeof(raw));
	return out;
}

/* A package as its number makes it, filed under a day. */
static struct package_facts
facts(uint64_t seq, stamp_t day)
{
	struct package_facts f;

	memset(&f, 0, sizeof(f));
	f.names.seq = seq;
	f.day = day;
	hash('t', seq, f.tar_sha256);
	hash('s', seq, f.seal_id);
	hash('r', seq, f.record_sha256);
	f.slice.frames = 10;
	if (seq > 1) {
		hash('s', seq - 1, f.prev_seal);
		hash('r', seq - 1, f.slice.head.prev);
	}
	return f;
}

static void
put(uint64_t seq, stamp_t day)
{
	struct package_facts f = facts(seq, day);

	assert_int_equal(verify_stream_package(stream, &f, "day"), 0);
}

static uint64_t ledger_keyring = 1; /* the version that ledgers name */

/* The ledger of the ${n}th day, following that of the day ${prev} (-1: none), with ${rows} rows. */
static void
put_ledger(int n, int prev, size_t rows, int final)
{
	static struct ledger_row row[1000];
	struct ledger l;
	char own[DIGEST_HEX];

	memset(&l, 0, sizeof(l));
	l.day = DAY0 + n * STAMP_DAY;
	l.rows = row;
	l.row_count = rows;
	assert_true(rows <= sizeof(row) / sizeof(row[0]));
	l.final = final;
	hash('h', rows > 0 ? (uint64_t)n : 0, l.head_seal);
	if (prev >= 0)
		hash('l', (uint64_t)prev, l.prev);
	assert_int_equal(verify_stream_ledger(stream, &l, hash('l', (uint64_t)n, own), ledger_keyring, "day"), 0);
}

static void
a_whole_stream_with_a_final_ledger_is_complete(void **state)
{
	uint64_t seq;

	(void)state;
	begin(1, DAY0 + 400 * STAMP_DAY);
	for (seq = 1; seq <= 6; seq++)
		put(7 - seq, DAY0); /* in whatever order they come */
	put_ledger(1, 0, 0, 1);
	put_ledger(0, -1, 6, 0);
	end(0);
	assert_int_equal(result->streams[0].packages, 6);
	assert_int_equal(result->streams[0].frames, 60);
	assert_int_equal(result->streams[0].last_seq, 6);
	assert_true(result->streams[0].final);
	assert_true(verify_stream_due(stream) == INT64_MAX);
	done();
}

static void
a_missing_number_is_named(void **state)
{
	(void)state;
	begin(1, DAY0);
	put(1, DAY0);
	put(2, DAY0);
	put(4, DAY0);
	put_ledger(0, -1, 4, 1);
	end(VERIFY_INCOMPLETE);
	assert_true(said("tower-7", CASE "_tower-7_0000000003.tar is missing"));
	done();
}

static void
missing_first_numbers_are_named(void **state)
{
	(void)state;
	begin(1, DAY0);
	put(4, DAY0);
	put_ledger(0, -1, 1, 1);
	end(VERIFY_INCOMPLETE);
	assert_true(said("tower-7", "numbers 1 to 3 are missing"));
	done();
}

static void
fault_082_a_huge_jump_of_numbers_is_one_finding(void **state)
{
	(void)state;
	begin(1, DAY0);
	put(1, DAY0);
	put(NAMES_SEQ_MAX, DAY0);
	put_ledger(0, -1, 2, 1);
	end(VERIFY_INCOMPLETE);
	assert_int_equal(result->count, 1);
	assert_true(said("tower-7", "numbers 2 to 9999999998 are missing"));
	done();
}

static void
fault_083_one_number_with_two_hashes_is_a_fork(void **state)
{
	struct package_facts f = facts(2, DAY0);

	(void)state;
	begin(0, DAY0);
	put(2, DAY0);
	hash('x', 2, f.tar_sha256);
	assert_int_equal(verify_stream_package(stream, &f, "elsewhere"), 0);
	end(VERIFY_FORKED);
	assert_true(said("_0000000002.tar", "with other bytes"));
	done();
}

static void
fault_084_one_number_twice_with_the_same_hash_is_a_note(void **state)
{
	(void)state;
	begin(0, DAY0);
	put(2, DAY0);
	put(2, DAY0);
	end(0);
	assert_true(said("_0000000002.tar", "the same"));
	assert_int_equal(result->streams[0].packages, 1);
	done();
}

static void
fault_085_a_broken_chain_of_seals_is_tampering(void **state)
{
	struct package_facts f = facts(3, DAY0);

	(void)state;
	begin(0, DAY0);
	put(2, DAY0);
	hash('x', 2, f.prev_seal);
	assert_int_equal(verify_stream_package(stream, &f, "day"), 0);
	end(VERIFY_TAMPERED);
	assert_true(said("_0000000003.tar", "chain of seals breaks"));
	done();
}

static void
fault_085_a_broken_chain_of_records_is_tampering(void **state)
{
	struct package_facts f = facts(3, DAY0);

	(void)state;
	begin(0, DAY0);
	put(2, DAY0);
	hash('x', 2, f.slice.head.prev);
	assert_int_equal(verify_stream_package(stream, &f, "day"), 0);
	end(VERIFY_TAMPERED);
	assert_true(said("_0000000003.tar", "chain of records breaks"));
	done();
}

/* What was set aside took its record with it: the chain of seals alone goes through its number. */
static void
fault_057_the_record_behind_a_quarantined_number_may_name_what_is_gone(void **state)
{
	struct package_facts f = facts(2, DAY0), next = facts(3, DAY0);

	(void)state;
	begin(0, DAY0);
	f.is_gap = 1;
	f.gap.head = f.slice.head;
	strcpy(f.gap.head.program, "casetap-packager 0.1.0");
	hash('x', 2, next.slice.head.prev);
	put(1, DAY0);
	assert_int_equal(verify_stream_package(stream, &f, "day"), 0);
	assert_int_equal(verify_stream_package(stream, &next, "day"), 0);
	assert_int_equal(verify_stream_judge(stream, result), 0);
	assert_false(said("_0000000003.tar", "chain"));
	done();
}

static void
number_1_that_names_one_before_it_is_tampering(void **state)
{
	struct package_facts f = facts(1, DAY0);

	(void)state;
	begin(0, DAY0);
	hash('s', 9, f.prev_seal);
	assert_int_equal(verify_stream_package(stream, &f, "day"), 0);
	end(VERIFY_TAMPERED);
	done();
}

static void
the_chain_is_held_together_across_a_package_that_is_gone(void **state)
{
	char seal[DIGEST_HEX];

	(void)state;
	begin(1, DAY0);
	put(1, DAY0);
	assert_int_equal(verify_stream_unproven(stream, 2, hash('s', 2, seal), "day"), 0);
	put(3, DAY0);
	put_ledger(0, -1, 3, 1);
	end(0); /* that it is gone is the day's matter */
	done();
	begin(1, DAY0);
	assert_int_equal(verify_stream_unproven(stream, 2, hash('x', 2, seal), "day"), 0);
	put(1, DAY0);
	put(3, DAY0);
	put_ledger(0, -1, 3, 1);
	end(VERIFY_TAMPERED);
	done();
}

static void
another_station_in_a_stream_is_tampering_a_rotated_key_is_not(void **state)
{
	(void)state;
	begin(0, DAY0);
	verify_stream_signer(stream, "tower-7", "one", result);
	verify_stream_signer(stream, "tower-7", "two", result);
	assert_int_equal(verify_result_status(result), 0);
	verify_stream_signer(stream, "tower-8", "three", result);
	assert_int_equal(verify_result_status(result), VERIFY_TAMPERED);
	assert_true(said("three", "station tower-8"));
	done();
}

static void
fault_085_a_cut_tail_shows_once_the_next_ledger_is_due(void **state)
{
	stamp_t ended = DAY0 + STAMP_DAY;

	(void)state;
	begin(1, ended + 48 * 3600 * STAMP_SECOND - 1);
	put(1, DAY0);
	put_ledger(0, -1, 1, 0);
	end(0);
	assert_true(verify_stream_due(stream) == ended);
	done();
	begin(1, ended + 48 * 3600 * STAMP_SECOND);
	put(1, DAY0);
	put_ledger(0, -1, 1, 0);
	end(VERIFY_INCOMPLETE);
	assert_true(said("tower-7", "not final"));
	done();
}

static void
a_missing_day_is_named(void **state)
{
	(void)state;
	begin(1, DAY0);
	put_ledger(0, -1, 0, 0);
	put_ledger(2, 1, 0, 0);
	put_ledger(5, 4, 0, 1);
	end(VERIFY_INCOMPLETE);
	assert_true(said("tower-7", "the ledger of 2026-11-21 is missing"));
	assert_true(said("tower-7", "the ledgers of 2026-11-23 to 2026-11-24 are missing"));
	done();
}

static void
days_without_ledgers_are_in_order_only_after_a_final_one(void **state)
{
	(void)state;
	begin(1, DAY0);
	put_ledger(0, -1, 0, 1);
	put_ledger(7, 0, 0, 1); /* an extension, a week later */
	end(0);
	done();
	begin(1, DAY0);
	put_ledger(0, -1, 0, 0);
	put_ledger(7, 0, 0, 1);
	end(VERIFY_INCOMPLETE);
	done();
}

static void
a_ledger_that_does_not_name_the_one_before_is_tampering(void **state)
{
	(void)state;
	begin(1, DAY0);
	put_ledger(0, -1, 0, 0);
	put_ledger(1, 5, 0, 1);
	end(VERIFY_TAMPERED);
	done();
}

static void
two_different_ledgers_of_one_day_are_a_fork(void **state)
{
	struct ledger l;
	char own[DIGEST_HEX];

	(void)state;
	begin(1, DAY0);
	put_ledger(0, -1, 0, 1);
	memset(&l, 0, sizeof(l));
	l.day = DAY0;
	l.final = 1;
	assert_int_equal(verify_stream_ledger(stream, &l, hash('y', 0, own), 1, "elsewhere"), 0);
	end(VERIFY_FORKED);
	done();
}

static void
a_ledger_with_a_lower_keyring_than_the_day_before_is_tampering(void **state)
{
	(void)state;
	begin(1, DAY0);
	put_ledger(0, -1, 0, 0);
	ledger_keyring = 2;
	put_ledger(1, 0, 0, 0);
	ledger_keyring = 1;
	put_ledger(2, 1, 0, 1);
	end(VERIFY_TAMPERED);
	assert_true(said("day", "names keyring version 1, that of an earlier day version 2"));
	done();
}

static void
ledgers_that_were_before_the_first_are_missed(void **state)
{
	(void)state;
	begin(1, DAY0);
	put_ledger(3, 2, 0, 1);
	end(VERIFY_INCOMPLETE);
	done();
	begin(0, DAY0); /* a single day is no stream */
	put_ledger(3, 2, 0, 0);
	end(0);
	done();
}

static void
packages_of_an_open_day_are_awaited_for_two_days(void **state)
{
	(void)state;
	begin(1, DAY0 + 2 * STAMP_DAY - 1);
	put(1, DAY0);
	end(0);
	done();
	begin(1, DAY0 + 2 * STAMP_DAY);
	put(1, DAY0);
	end(VERIFY_INCOMPLETE);
	done();
}

static void
declared_loss_is_shown_with_code_10(void **state)
{
	struct package_facts f = facts(1, DAY0);

	(void)state;
	begin(0, DAY0);
	f.slice.lost_disk = 2;
	f.slice.lost_quota = 1;
	f.slice.shared_loss = 1;
	assert_int_equal(verify_stream_package(stream, &f, "day"), 0);
	end(VERIFY_GAPS);
	assert_true(said("tower-7", "3 frames"));
	done();
}

static void
what_stayed_of_an_encrypted_package_is_a_copy_by_its_seal(void **state)
{
	struct package_facts f = facts(2, DAY0);
	size_t i;

	(void)state;
	f.tar_sha256[0] = '\0'; /* only the hash of the ciphertext was kept */
	for (i = 0; i < 2; i++) {
		begin(1, DAY0);
		put(1, DAY0);
		put(2, DAY0);
		assert_int_equal(verify_stream_package(stream, &f, "records"), 0);
		put_ledger(0, -1, 2, 1);
		end(i == 0 ? VERIFY_NOTE : VERIFY_FORKED);
		assert_true(said("0000000002.tar", i == 0 ? "the same" : "with other bytes"));
		done();
		hash('x', 2, f.seal_id);
	}
}

static void
recovered_and_suspect_slices_stand_in_the_verdict(void **state)
{
	struct package_facts f = facts(1, DAY0);

	(void)state;
	begin(0, DAY0);
	f.slice.state = SLICE_RECOVERED;
	assert_int_equal(verify_stream_package(stream, &f, "day"), 0);
	f = facts(2, DAY0);
	f.slice.state = SLICE_SUSPECT;
	assert_int_equal(verify_stream_package(stream, &f, "day"), 0);
	f = facts(3, DAY0);
	f.slice.state = SLICE_RECOVERED;
	f.slice.rolled = SLICE_FSYNC_FAILED;
	assert_int_equal(verify_stream_package(stream, &f, "day"), 0);
	end(VERIFY_NOTE);
	assert_true(said(CASE "/tower-7", "2 slices were recovered"));
	assert_true(said(CASE "/tower-7", "2 slices are suspect"));
	done();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_whole_stream_with_a_final_ledger_is_complete),
	    cmocka_unit_test(a_missing_number_is_named),
	    cmocka_unit_test(missing_first_numbers_are_named),
	    cmocka_unit_test(fault_082_a_huge_jump_of_numbers_is_one_finding),
	    cmocka_unit_test(fault_083_one_number_with_two_hashes_is_a_fork),
	    cmocka_unit_test(fault_084_one_number_twice_with_the_same_hash_is_a_note),
	    cmocka_unit_test(fault_085_a_broken_chain_of_seals_is_tampering),
	    cmocka_unit_test(fault_085_a_broken_chain_of_records_is_tampering),
	    cmocka_unit_test(fault_057_the_record_behind_a_quarantined_number_may_name_what_is_gone),
	    cmocka_unit_test(number_1_that_names_one_before_it_is_tampering),
	    cmocka_unit_test(the_chain_is_held_together_across_a_package_that_is_gone),
	    cmocka_unit_test(another_station_in_a_stream_is_tampering_a_rotated_key_is_not),
	    cmocka_unit_test(fault_085_a_cut_tail_shows_once_the_next_ledger_is_due),
	    cmocka_unit_test(a_missing_day_is_named),
	    cmocka_unit_test(days_without_ledgers_are_in_order_only_after_a_final_one),
	    cmocka_unit_test(a_ledger_that_does_not_name_the_one_before_is_tampering),
	    cmocka_unit_test(two_different_ledgers_of_one_day_are_a_fork),
	    cmocka_unit_test(a_ledger_with_a_lower_keyring_than_the_day_before_is_tampering),
	    cmocka_unit_test(ledgers_that_were_before_the_first_are_missed),
	    cmocka_unit_test(packages_of_an_open_day_are_awaited_for_two_days),
	    cmocka_unit_test(declared_loss_is_shown_with_code_10),
	    cmocka_unit_test(what_stayed_of_an_encrypted_package_is_a_copy_by_its_seal),
	    cmocka_unit_test(recovered_and_suspect_slices_stand_in_the_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
