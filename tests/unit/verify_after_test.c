#include "verifying.h"

#include "ack.h"
#include "custody.h"

#include "daytar.h"

#include "verify_day.h"
#include "verify_proof.h"

static struct sign_key *sheriff;

static int
make_all_keys(void **state)
{
	if (make_keys(state) == -1)
		return -1;
	sheriff = sign_key_generate();
	return sheriff == NULL ? -1 : 0;
}

static int
drop_all_keys(void **state)
{
	sign_key_free(sheriff);
	return drop_keys(state);
}

/* The day, closed under a keyring that knows the sheriff. */
static int
set_up_for_lea(void **state)
{
	char pub[SIGN_KEY_TEXT], more[128];
	const char *keyring, *ledger;

	assert_int_equal(set_up(state), 0);
	sign_pub_format(sign_key_pub(sheriff), pub);
	(void)snprintf(more, sizeof(more), "lea: %s name=county-sheriff from=2026-01-01T00:00:00Z\n", pub);
	keyring = keyring_text(1, more);
	ledger = ledger_text(T0, keyring);
	put("keyring.txt", keyring);
	put_signature("keyring.txt.minisig", root, keyring, "root");
	put(LEDGER, ledger);
	put_sums(station, ledger, keyring, "casetap case=x sealed=2026-11-21T00:00:01Z");
	return 0;
}

/* What the LEA would acknowledge. */
static void
ack_of_the_day(struct ack *a)
{
	struct buf text = BUF_INIT;

	memset(a, 0, sizeof(*a));
	strcpy(a->case_id, CASE);
	strcpy(a->iap, "tower-7");
	a->day = T0;
	a->verdict = 10;
	a->verified = T0 + 2 * STAMP_DAY;
	strcpy(a->verifier, "casetap-verify 1");
	assert_int_equal(fsio_load_path(scratch_path(FOLDER "/SHA256SUMS"), 65536, &text), 0);
	assert_int_equal(digest_hex_of(text.data, text.len, a->sums_sha256), 0);
	buf_free(&text);
}

static void
put_ack(const struct ack *a, const struct sign_key *key, size_t spoilt)
{
	struct buf text = BUF_INIT, whole = BUF_INIT;

	assert_int_equal(ack_write(a, &text), 0);
	assert_int_equal(buf_put(&whole, text.data, text.len), 0);
	assert_int_equal(sign_make(key, text.data, text.len, "ack", &whole), 0);
	if (spoilt > 0)
		whole.data[spoilt] ^= 1;
	put(ACK_NAME, whole.data);
	buf_free(&text);
	buf_free(&whole);
}

static void
an_acknowledgement_by_an_lea_of_the_keyring_is_told(void **state)
{
	struct ack a;

	(void)state;
	ack_of_the_day(&a);
	put_ack(&a, sheriff, 0);
	judge(FOLDER, 0);
	assert_int_equal(result->events.count, 1);
	assert_int_equal(result->events.at[0].kind, EVENT_RECEIVED);
	assert_string_equal(result->events.at[0].who, "county-sheriff");
	assert_true(result->events.at[0].at == T0 + 2 * STAMP_DAY && result->events.at[0].day == T0);
}

static void
one_by_a_key_that_the_keyring_does_not_have_proves_nothing(void **state)
{
	struct ack a;

	(void)state;
	ack_of_the_day(&a);
	put_ack(&a, stranger, 0);
	judge(FOLDER, 0);
	assert_true(said(ACK_NAME, "no LEA's in the keyring"));
	put_ack(&a, station, 0); /* a key of another kind */
	judge(FOLDER, 0);
	assert_int_equal(result->events.count, 0);
}

static void
fault_079_an_acknowledgement_of_something_else_is_tampering(void **state)
{
	struct ack a;

	(void)state;
	ack_of_the_day(&a);
	a.sums_sha256[0] = a.sums_sha256[0] == '0' ? '1' : '0';
	put_ack(&a, sheriff, 0);
	judge(FOLDER, VERIFY_TAMPERED);
	ack_of_the_day(&a);
	a.day += STAMP_DAY;
	put_ack(&a, sheriff, 0);
	judge(FOLDER, VERIFY_TAMPERED);
	ack_of_the_day(&a);
	strcpy(a.iap, "tower-8");
	put_ack(&a, sheriff, 0);
	judge(FOLDER, VERIFY_TAMPERED);
	assert_int_equal(result->events.count, 0);
}

static void
fault_061_no_changed_byte_of_an_acknowledgement_is_believed(void **state)
{
	struct buf text = BUF_INIT;
	struct ack a;
	size_t i, n;

	(void)state;
	ack_of_the_day(&a);
	assert_int_equal(ack_write(&a, &text), 0);
	n = text.len;
	for (i = 1; i < n; i += 3) {
		put_ack(&a, sheriff, i);
		judge_any(FOLDER);
		assert_int_equal(result->events.count, 0);
		assert_true(verify_result_status(result) == VERIFY_TAMPERED ||
			    verify_result_status(result) == VERIFY_MALFORMED);
	}
	buf_free(&text);
}

static void
hostile_files_in_its_place_are_malformed(void **state)
{
	static char large[ACK_MAX_BYTES + 2];

	(void)state;
	put(ACK_NAME, "");
	judge(FOLDER, VERIFY_MALFORMED);
	put(ACK_NAME, "casetap-acknowledgement/1\n");
	judge(FOLDER, VERIFY_MALFORMED);
	memset(large, 'a', sizeof(large) - 1);
	put(ACK_NAME, large);
	judge(FOLDER, VERIFY_MALFORMED);
	assert_int_equal(unlink(scratch_path(FOLDER "/" ACK_NAME)), 0);
	assert_int_equal(symlink("/etc/passwd", scratch_path(FOLDER "/" ACK_NAME)), 0);
	judge(FOLDER, VERIFY_MALFORMED);
	assert_int_equal(result->events.count, 0);
}

static void
log_event(struct custody *c, int64_t n, const char *event, const char *reason)
{
	struct json *entry = json_object(), *detail = json_object();

	assert_int_equal(json_put_string(detail, "reason", reason), 0);
	assert_int_equal(json_put_string(detail, "approver", "alice"), 0);
	assert_int_equal(json_put_integer(entry, "n", n), 0);
	assert_int_equal(json_put_string(entry, "event", event), 0);
	assert_int_equal(json_put_string(entry, "case", CASE), 0);
	assert_int_equal(json_put_stamp(entry, "time", T0 + n * STAMP_SECOND), 0);
	assert_int_equal(json_put(entry, "detail", detail), 0);
	assert_int_equal(custody_append(c, "packager", entry), 0);
}

static void
the_custody_log_of_records_tells_of_holds_and_its_chain_is_checked(void **state)
{
	int fd = open(scratch_path(CASE), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct custody *c = custody_open(fd, 1);
	struct buf text = BUF_INIT;

	(void)state;
	assert_non_null(c);
	log_event(c, 1, "seal", "");
	log_event(c, 2, "hold", "appeal \x1b[31m pending");
	log_event(c, 3, "release", "over");
	log_event(c, 4, "attach", "court order");
	assert_int_equal(custody_sync(c), 0);
	custody_close(c);
	judge(CASE, VERIFY_INCOMPLETE); /* as it is without the log: an empty day is no case */
	assert_true(said("custody.jsonl", "nobody vouches for it: none of its 4 lines, since 2026-11-20T00:00:01"));
	assert_true(said("custody.jsonl", "it tells of no package: that the case had come to nothing yet is"));
	assert_int_equal(result->events.count, 3);
	assert_int_equal(result->events.at[0].kind, EVENT_HELD);
	assert_int_equal(result->events.at[2].kind, EVENT_ATTACHED);
	assert_string_equal(result->events.at[1].who, "alice");
	assert_int_equal(fsio_load_path(scratch_path(CASE "/custody.jsonl"), 65536, &text), 0);
	*strstr(text.data, "court") = 'C'; /* in the last line: the head moves, and no line says so */
	*strstr(text.data, "appeal") = 'A';
	scratch_put(CASE "/custody.jsonl", text.data, text.len, 0644);
	judge(CASE, VERIFY_TAMPERED);
	assert_true(said("custody.jsonl", "its chain is broken"));
	assert_int_equal(result->events.count, 0);
	scratch_puts(CASE "/custody.jsonl", "no log\n");
	judge(CASE, VERIFY_TAMPERED);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(scratch_path(CASE "/custody.jsonl")), 0);
	buf_free(&text);
}

/* The LEA's acknowledgement as the uploader journals it: the file itself lies in the station's receipts. */
static void
log_received(struct custody *c, const struct ack *a)
{
	struct json *entry = json_object(), *detail = json_object();

	assert_int_equal(json_put_string(detail, "iap", a->iap), 0);
	assert_int_equal(json_put_string(detail, "day", DAY), 0);
	assert_int_equal(json_put_string(detail, "lea", "county-sheriff"), 0);
	assert_int_equal(json_put_stamp(detail, "verified", a->verified), 0);
	assert_int_equal(json_put_string(detail, "verifier", a->verifier), 0);
	assert_int_equal(json_put_integer(entry, "n", 1), 0);
	assert_int_equal(json_put_string(entry, "event", "acknowledged"), 0);
	assert_int_equal(json_put_string(entry, "case", CASE), 0);
	assert_int_equal(json_put_stamp(entry, "time", a->verified + STAMP_DAY), 0);
	assert_int_equal(json_put(entry, "detail", detail), 0);
	assert_int_equal(custody_append(c, "uploader", entry), 0);
}

static void
an_acknowledgement_that_only_the_station_has_is_told_by_its_custody_log_and_once(void **state)
{
	int fd = open(scratch_path(CASE), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct custody *c = custody_open(fd, 1);
	struct ack a;

	ack_of_the_day(&a);
	log_received(c, &a);
	assert_int_equal(custody_sync(c), 0);
	custody_close(c);
	judge_any(CASE);
	assert_int_equal(result->events.count, 1);
	assert_int_equal(result->events.at[0].kind, EVENT_RECEIVED);
	assert_string_equal(result->events.at[0].who, "county-sheriff");
	assert_string_equal(result->events.at[0].what, "as the custody log has it, by casetap-verify 1");
	assert_true(result->events.at[0].at == a.verified && result->events.at[0].day == T0);
	/* The LEA's own file says it better. */
	put_ack(&a, sheriff, 0);
	judge_any(CASE);
	assert_int_equal(result->events.count, 1);
	assert_string_equal(result->events.at[0].what, "intact, with declared gaps, by casetap-verify 1");
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(scratch_path(CASE "/custody.jsonl")), 0);
	assert_int_equal(unlink(scratch_path(FOLDER "/" ACK_NAME)), 0);
}

/* One good signature of the key, claimed at ${claimed}. */
static void
sign_once(struct verify_run *run, stamp_t from, stamp_t to, stamp_t revoked, stamp_t claimed)
{
	struct keyring_entry e = {.kind = KEYRING_STATION, .from = from, .to = to, .revoked = revoked};

	strcpy(e.name, "tower-7");
	verify_result_free(result);
	result = verify_result_new(T0 + 100 * STAMP_DAY);
	run->result = result;
	run->named.count = 0;
	verify_time_key(run, &e, "there", claimed);
	verify_time_key(run, &e, "there", claimed); /* what is only noted is noted once */
}

static void
a_signature_is_judged_at_its_attested_time_or_called_claimed(void **state)
{
	struct verify_run run = {.attested = STAMP_NONE};

	(void)state;
	sign_once(&run, STAMP_NONE, STAMP_NONE, STAMP_NONE, T0);
	assert_int_equal(result->count, 0);
	sign_once(&run, STAMP_NONE, T0 + STAMP_DAY, STAMP_NONE, T0);
	assert_int_equal(verify_result_status(result), 0);
	assert_int_equal(result->count, 1);
	assert_true(said("there", "whose validity ended"));
	assert_true(said("there", "is claimed and not attested"));
	run.attested = T0 + STAMP_SECOND;
	sign_once(&run, STAMP_NONE, T0 + STAMP_DAY, STAMP_NONE, T0);
	assert_true(said("there", "inside its validity, which ended"));
	/* Stamped after the key's end: anybody could have claimed to have signed before. */
	run.attested = T0 + 2 * STAMP_DAY;
	sign_once(&run, STAMP_NONE, T0 + STAMP_DAY, STAMP_NONE, T0);
	assert_true(said("there", "is claimed and not attested: its time stamp"));
	run.attested = STAMP_NONE;
	sign_once(&run, STAMP_NONE, STAMP_NONE, T0 + STAMP_DAY, T0);
	assert_int_equal(verify_result_status(result), 0);
	assert_true(said("there", "claimed and not attested"));
	run.attested = T0 + STAMP_SECOND;
	sign_once(&run, STAMP_NONE, STAMP_NONE, T0 + STAMP_DAY, T0);
	assert_int_equal(verify_result_status(result), 0);
	assert_true(said("there", "a time stamp attests it"));
	/* A stamp from after the revocation says no less than none: a thief would leave it out. */
	run.attested = T0 + 2 * STAMP_DAY;
	run.late.count = 0;
	sign_once(&run, STAMP_NONE, STAMP_NONE, T0 + STAMP_DAY, T0);
	assert_int_equal(verify_result_status(result), 0);
	assert_true(said("there", "attested only after it"));
	run.attested = T0 - STAMP_DAY;
	sign_once(&run, STAMP_NONE, STAMP_NONE, STAMP_NONE, T0);
	assert_int_equal(verify_result_status(result), 0);
	assert_true(said("there", "the station's clock was ahead"));
}

static void
a_time_stamp_without_certificates_attests_nothing_and_rubbish_is_tampering_only_with_them(void **state)
{
	(void)state;
	put("SHA256SUMS.tsr", "no token");
	judge(FOLDER, 0);
	assert_true(said("SHA256SUMS.tsr", "was not judged"));
	assert_int_equal(result->attested_days, 0);
	put("SHA256SUMS.tsa.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	judge(FOLDER, VERIFY_TAMPERED);
	assert_true(said("SHA256SUMS.tsa.pem", "or something that is none"));
	assert_int_equal(unlink(scratch_path(FOLDER "/SHA256SUMS.tsa.pem")), 0);
	assert_int_equal(unlink(scratch_path(FOLDER "/SHA256SUMS.tsr")), 0);
	assert_int_equal(symlink("/etc/passwd", scratch_path(FOLDER "/SHA256SUMS.tsr")), 0);
	judge(FOLDER, VERIFY_MALFORMED);
}

static const char *const arrived[] = {"a.tar", "b.tar", "SHA256SUMS", "SHA256SUMS.minisig"};

/* The certificate of a day of two files that arrived at two places, purged as soon as it might be. */
static void
make_certificate(struct purgecert *c)
{
	struct purgecert_receipt r = {.published = T0};
	size_t i, k;

	memset(c, 0, sizeof(*c));
	strcpy(c->case_id, CASE);
	strcpy(c->iap, "tower-7");
	c->day = T0;
	c->days = 2;
	for (k = 0; k < 2; k++) {
		(void)snprintf(r.destination, sizeof(r.destination), "place-%zu", k);
		for (i = 0; i < 4; i++) {
			r.published += STAMP_SECOND;
			strcpy(r.file, arrived[i]);
			assert_int_equal(purgecert_add_receipt(c, &r), 0);
		}
	}
	assert_int_equal(purgecert_add_file(c, ZEROS, "a.tar"), 0);
	assert_int_equal(purgecert_add_file(c, ZEROS, "b.tar"), 0);
	c->delivered = r.published;
	c->at = c->issued = c->delivered + 2 * STAMP_DAY;
}

static void
is_refused(struct purgecert *c, const char *why)
{
	struct verify_proof proof;
	const char *said = verify_proof_judge(c, NULL, &proof);

	assert_non_null(said);
	assert_non_null(strstr(said, why));
	purgecert_clear(c);
	make_certificate(c);
}

static void
promise_10_a_certificate_of_a_purge_that_was_not_allowed_is_not_believed(void **state)
{
	static const char *const day_file[] = {DAYTAR, DAYTAR_SUM, DAYTAR_SIG};
	struct verify_proof proof;
	struct purgecert c;
	size_t i;

	(void)state;
	make_certificate(&c);
	assert_null(verify_proof_judge(&c, NULL, &proof));
	assert_int_equal(proof.count, 2);
	assert_string_equal(proof.destinations[1], "place-1");
	c.at--;
	is_refused(&c, "before the retention");
	c.issued--; /* the approver's clock counts too */
	is_refused(&c, "before the retention");
	c.days = 365;
	is_refused(&c, "before the retention");
	c.delivered -= STAMP_SECOND;
	is_refused(&c, "another time of delivery");
	c.proof_count = 0;
	is_refused(&c, "has no receipt");
	for (i = 0; i < 4; i++) {
		c.proof[i] = c.proof[4 + (i + 1) % 4];
		is_refused(&c, "lacks receipts");
	}
	/* Where the day went as one file, its three receipts are enough. */
	c.proof_count = 0;
	for (i = 0; i < 3; i++) {
		struct purgecert_receipt r = {.published = c.delivered, .destination = "place"};

		(void)names_day_file(r.file, CASE, "tower-7", T0, day_file[i]);
		assert_int_equal(purgecert_add_receipt(&c, &r), 0);
	}
	assert_null(verify_proof_judge(&c, NULL, &proof));
	c.proof_count = 2;
	is_refused(&c, "lacks receipts");
	purgecert_clear(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_for_lea, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_acknowledgement_by_an_lea_of_the_keyring_is_told),
	    TEST(one_by_a_key_that_the_keyring_does_not_have_proves_nothing),
	    TEST(fault_079_an_acknowledgement_of_something_else_is_tampering),
	    TEST(fault_061_no_changed_byte_of_an_acknowledgement_is_believed),
	    TEST(hostile_files_in_its_place_are_malformed),
	    TEST(the_custody_log_of_records_tells_of_holds_and_its_chain_is_checked),
	    TEST(an_acknowledgement_that_only_the_station_has_is_told_by_its_custody_log_and_once),
	    TEST(a_signature_is_judged_at_its_attested_time_or_called_claimed),
	    TEST(promise_10_a_certificate_of_a_purge_that_was_not_allowed_is_not_believed),
	    TEST(a_time_stamp_without_certificates_attests_nothing_and_rubbish_is_tampering_only_with_them),
	};

	return cmocka_run_group_tests(tests, make_all_keys, drop_all_keys);
}
