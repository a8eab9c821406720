#include "purging.h"
#include "steps.h"

#define PACKAGE(seq) sealing_package(PURGING_DAY, seq)
#define CERTIFICATE PURGING_RECORDS "/" STREAMS_CASE "_" STREAMS_IAP "_" PURGING_DAY ".purge.txt"
#define TAGS(name) \
	"state/records/" STREAMS_CASE "/" STREAMS_IAP name STREAMS_CASE "_" STREAMS_IAP "_0000000001.tags.tar"
#define DAY2 "2026-11-22"

static void
load_certificate(const char *name, struct purgecert *cert)
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	char sig_name[512];
	struct sign_sig parsed;

	sealing_load(name, &text);
	(void)snprintf(sig_name, sizeof(sig_name), "%s.minisig", name);
	sealing_load(sig_name, &sig);
	assert_int_equal(sign_parse(sig.data, sig.len, &parsed), 0);
	assert_int_equal(sign_verify(sign_key_pub(sealing_key), &parsed, text.data, text.len), 0);
	assert_int_equal(purgecert_parse(text.data, text.len, cert), 0);
	buf_free(&text);
	buf_free(&sig);
}

/* The day is gone, and what has to stay of it is there. */
static void
is_purged(unsigned count)
{
	struct purgecert cert;

	assert_false(sealing_exists(sealing_outbox(PURGING_DAY, ".")));
	assert_true(sealing_exists(PURGING_RECORDS "/SHA256SUMS"));
	assert_true(sealing_exists(PURGING_RECORDS "/SHA256SUMS.minisig"));
	assert_true(sealing_exists(PURGING_RECORDS "/keyring.txt"));
	assert_true(sealing_exists(PURGING_RECORDS "/purge.request"));
	assert_true(sealing_exists(TAGS("/" PURGING_DAY "/")));
	assert_false(sealing_exists(TAGS("/")));
	assert_false(sealing_exists("state/records/" STREAMS_CASE "/purge.json"));
	load_certificate(CERTIFICATE, &cert);
	assert_int_equal(cert.file_count, count);
	assert_string_equal(cert.approver, "officer");
	assert_true(cert.delivered == PURGING_DELIVERED);
	purgecert_clear(&cert);
}

static void
a_day_is_purged_once_receipts_retention_and_an_approver_allow_it(void **state)
{
	struct package_facts facts;
	char why[256], name[NAMES_FILE_ROOM];
	struct keyring *k;
	int fd;

	purging_day(3);
	purging_ask_purge(1);
	assert_int_equal(sealing_run_quietly(), 0);
	is_purged(3);
	assert_int_equal(purging_count("purge"), 1);
	assert_int_equal(purging_count("purged"), 1);
	k = keyring_parse(sealing_keyring, strlen(sealing_keyring), "keyring");
	fd = open(scratch_path(TAGS("/" PURGING_DAY "/")), O_RDONLY | O_CLOEXEC);
	assert_int_equal(package_check_tags(fd, names_package(name, STREAMS_CASE, STREAMS_IAP, 1, ".tar"), k, &facts,
			     why, sizeof(why)),
	    PACKAGE_INTACT);
	assert_int_equal(facts.order_count, 1); /* the order itself stays with what stays */
	package_facts_clear(&facts);
	keyring_free(k);
	assert_int_equal(close(fd), 0);
	/* The stream goes on where it was. */
	sealing_slices(PURGING_T(86400), 1);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_true(sealing_exists(sealing_package(DAY2, 4)));
}

static void
a_request_is_followed_once(void **state)
{
	purging_day(1);
	purging_ask_purge(1);
	assert_int_equal(sealing_run_quietly(), 0);
	is_purged(1);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_int_equal(purging_count("purge-refused"), 0);
	assert_int_equal(purging_count("purge"), 1);
}

/* What each case of the table takes away. */
static void
lose_package_receipt(void)
{
	assert_int_equal(unlink(scratch_path("state/receipts/" STREAMS_CASE "/" STREAMS_IAP "/" STREAMS_CASE
					     "_" STREAMS_IAP "_0000000002.tar.county-sheriff.receipt")),
	    0);
}

static void
lose_list_receipt(void)
{
	assert_int_equal(unlink(scratch_path("state/receipts/" STREAMS_CASE "/" STREAMS_IAP "/" PURGING_DAY
					     "_SHA256SUMS.minisig.county-sheriff.receipt")),
	    0);
}

/* The receipt of number 1 under the name of number 2. */
static void
swap_receipts(void)
{
	struct buf text = BUF_INIT;

	sealing_load("state/receipts/" STREAMS_CASE "/" STREAMS_IAP "/" STREAMS_CASE "_" STREAMS_IAP
		     "_0000000001.tar.county-sheriff.receipt",
	    &text);
	scratch_put("state/receipts/" STREAMS_CASE "/" STREAMS_IAP "/" STREAMS_CASE "_" STREAMS_IAP
		    "_0000000002.tar.county-sheriff.receipt",
	    text.data, text.len, 0640);
	buf_free(&text);
}

/* Receipts of other bytes than the list has: of another file that had the name. */
static void
change_receipt(void)
{
	struct buf text = BUF_INIT;
	char *at;

	sealing_load("state/receipts/" STREAMS_CASE "/" STREAMS_IAP "/" STREAMS_CASE "_" STREAMS_IAP
		     "_0000000001.tar.county-sheriff.receipt",
	    &text);
	at = strstr(text.data, "\"sha256\":\"");
	at[10] = at[10] == '0' ? '1' : '0';
	scratch_put("state/receipts/" STREAMS_CASE "/" STREAMS_IAP "/" STREAMS_CASE "_" STREAMS_IAP
		    "_0000000001.tar.county-sheriff.receipt",
	    text.data, text.len, 0640);
	buf_free(&text);
}

static void
come_too_early(void)
{
	sealing_clock = PURGING_OVER - STAMP_SECOND;
}

static void
place_hold(void)
{
	struct request r = {.act = REQUEST_HOLD};

	purging_ask(9, &r, NULL, NULL);
}

static void
put_unreadable_request(void)
{
	assert_int_equal(close(fsio_mkdirs(streams_statefd, REQUESTS_TREE "/" STREAMS_CASE, 0750)), 0);
	scratch_puts(PURGING_REQUESTS "/0000000009.request", "[request]\nact = hold\n");
}

static void
forge_list(void)
{
	struct buf text = BUF_INIT;

	sealing_load(sealing_outbox(PURGING_DAY, "SHA256SUMS"), &text);
	text.data[0] = text.data[0] == '0' ? '1' : '0';
	scratch_put(sealing_outbox(PURGING_DAY, "SHA256SUMS"), text.data, text.len, 0640);
	buf_free(&text);
}

static void
spoil_tags(void)
{
	struct buf text = BUF_INIT;

	sealing_load(TAGS("/"), &text);
	text.data[TARFILE_BLOCK + 3] ^= 1;
	scratch_put(TAGS("/"), text.data, text.len, 0640);
	buf_free(&text);
}

static void
forget_order(void)
{
	scratch_remove("state/records/" STREAMS_CASE "/orders");
	scratch_remove("orders/" STREAMS_CASE);
}

static const struct {
	const char *name;
	void (*spoil)(void);
	const char *said;
	int status;
} obstacles[] = {
    {"a package without receipt", lose_package_receipt, "no receipt of county-sheriff", 0},
    {"the list's signature without receipt", lose_list_receipt, "SHA256SUMS.minisig: no receipt", 0},
    {"a receipt of another file", swap_receipts, "no receipt of county-sheriff", 0},
    {"a receipt of other bytes", change_receipt, "no receipt of county-sheriff", 0},
    {"retention", come_too_early, "kept until", 0},
    {"a hold", place_hold, "on hold", 0},
    {"a request that can not be read", put_unreadable_request, "can not be read", 65},
    {"a list that is not signed", forge_list, "not signed by a station", 0},
    {"tag files that do not verify", spoil_tags, "does not verify", 65},
    {"no accepted order", forget_order, "no accepted order", 0},
};

static void
promise_10_nothing_is_deleted_before_receipt_retention_and_hold_allow_it(void **state)
{
	size_t i;
	int status;

	purging_day(2);
	purging_keep();
	for (i = 0; i < sizeof(obstacles) / sizeof(obstacles[0]); i++) {
		purging_restore();
		purging_order();
		obstacles[i].spoil();
		purging_ask_purge(1);
		status = sealing_run_quietly();
		if (status != obstacles[i].status || strstr(scratch_said, obstacles[i].said) == NULL)
			fail_msg("%s: status %d: %s", obstacles[i].name, status, scratch_said);
		if (!sealing_exists(PACKAGE(1)) || !sealing_exists(PACKAGE(2)) || sealing_exists(PURGING_RECORDS))
			fail_msg("%s: something was deleted", obstacles[i].name);
	}
}

static void
a_day_that_is_not_closed_is_not_purged(void **state)
{
	purging_order();
	sealing_slices(PURGING_T(0), 2);
	assert_int_equal(sealing_run(), 0);
	sealing_clock = PURGING_T(23 * 3600);
	purging_ask_purge(1);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_non_null(strstr(scratch_said, "not closed"));
	assert_true(sealing_exists(PACKAGE(1)));
}

#define RECEIPTS "state/receipts/" STREAMS_CASE "/" STREAMS_IAP "/"
#define ARCHIVE STREAMS_CASE "_" STREAMS_IAP "_" PURGING_DAY ".day.tar"

/* A day of two packages, encrypted or not, for a destination that takes days as one file. */
static void
close_day_for_one_file(struct conf_destination *d, struct age_recipient *to)
{
	strcpy(d->name, "county-sheriff");
	d->deliver = CONF_DAY;
	if (to != NULL) {
		memset(to, 0, sizeof(*to));
		to->key[0] = 9; /* the base point: nobody's key, and good enough to encrypt to */
		d->encrypt_to = to;
		d->encrypt_to_count = 1;
	}
	sealing_conf.destinations = d;
	sealing_conf.destination_count = 1;
	purging_close_day(2);
	purging_deliver_as_one(PURGING_DAY, PURGING_DELIVERED);
	sealing_clock = PURGING_OVER + STAMP_SECOND;
}

static void
a_day_that_went_as_one_file_is_purged_by_the_receipts_of_that(void **state)
{
	struct conf_destination d = {.deliver = CONF_DAY};
	struct purgecert cert;

	close_day_for_one_file(&d, NULL);
	purging_ask_purge(1);
	assert_int_equal(sealing_run_quietly(), 0);
	is_purged(2);
	load_certificate(CERTIFICATE, &cert);
	assert_int_equal(cert.proof_count, 3);
	assert_string_equal(cert.proof[0].file, ARCHIVE);
	assert_string_equal(cert.proof[2].file, ARCHIVE ".minisig");
	purgecert_clear(&cert);
}

static void
time_stamps_and_acknowledgements_stay_and_the_certificate_names_them(void **state)
{
	static const char *const names[] = {
	    "SHA256SUMS.county-sheriff.received", "SHA256SUMS.tsa.pem", "SHA256SUMS.tsq", "SHA256SUMS.tsr"};
	struct purgecert cert;
	struct buf text = BUF_INIT;
	char path[512];
	size_t i;

	(void)state;
	purging_day(3);
	for (i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), RECEIPTS PURGING_DAY "_%s", names[i]);
		scratch_puts(path, names[i]);
	}
	scratch_puts(RECEIPTS DAY2 "_SHA256SUMS.tsr", "of another day");
	purging_ask_purge(1);
	assert_int_equal(sealing_run_quietly(), 0);
	is_purged(3);
	load_certificate(CERTIFICATE, &cert);
	assert_int_equal(cert.kept_count, 4);
	for (i = 0; i < 4; i++) {
		char hex[DIGEST_HEX];

		assert_string_equal(cert.kept[i].name, names[i]);
		assert_int_equal(digest_hex_of(names[i], strlen(names[i]), hex), 0);
		assert_string_equal(cert.kept[i].sha256, hex);
		(void)snprintf(path, sizeof(path), PURGING_RECORDS "/%s", names[i]);
		buf_clear(&text);
		sealing_load(path, &text);
		assert_string_equal(text.data, names[i]);
	}
	buf_free(&text);
	purgecert_clear(&cert);
}

static void
an_encrypted_day_that_went_as_one_file_is_purged_and_leaves_its_tag_files(void **state)
{
	struct conf_destination d = {.deliver = CONF_DAY};
	struct age_recipient to;

	close_day_for_one_file(&d, &to);
	assert_true(sealing_exists(sealing_outbox(PURGING_DAY, STREAMS_CASE "_" STREAMS_IAP "_0000000001.tar.age")));
	purging_ask_purge(1);
	assert_int_equal(sealing_run_quietly(), 0);
	is_purged(2);
}

static void
promise_10_a_part_of_a_days_one_file_or_another_one_lets_nothing_go(void **state)
{
	static const char *const parts[] = {RECEIPTS ARCHIVE ".county-sheriff.receipt",
	    RECEIPTS ARCHIVE ".sha256.county-sheriff.receipt", RECEIPTS ARCHIVE ".minisig.county-sheriff.receipt",
	    "state/outbox/" STREAMS_CASE "/" STREAMS_IAP "/" PURGING_DAY "/" ARCHIVE ".sha256",
	    "state/outbox/" STREAMS_CASE "/" STREAMS_IAP "/" PURGING_DAY "/" ARCHIVE ".minisig"};
	struct conf_destination d = {.deliver = CONF_DAY};
	struct buf text = BUF_INIT;
	size_t i;

	close_day_for_one_file(&d, NULL);
	purging_ask_purge(1);
	purging_keep();
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		purging_restore();
		assert_int_equal(unlink(scratch_path(parts[i])), 0);
		(void)sealing_run_quietly();
		assert_true(sealing_exists(PACKAGE(1)));
	}
	purging_restore();
	sealing_load(parts[3], &text);
	text.data[0] = text.data[0] == '0' ? '1' : '0';
	scratch_put(parts[3], text.data, text.len, 0640);
	(void)sealing_run_quietly();
	assert_true(sealing_exists(PACKAGE(1)));
	buf_free(&text);
}

static void
a_clock_that_runs_ahead_shortens_no_retention(void **state)
{
	struct request r = {.act = REQUEST_PURGE, .issued = PURGING_OVER - STAMP_SECOND};

	purging_day(1);
	sealing_clock = PURGING_OVER + 30 * STAMP_DAY; /* each of which is closed first */
	purging_ask(1, &r, sealing_key, NULL);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_non_null(strstr(scratch_said, "kept until"));
	assert_true(sealing_exists(PACKAGE(1)));
}

static void
a_purge_waits_for_an_approver(void **state)
{
	struct request r = {.act = REQUEST_PURGE};
	struct sign_key *stranger = sign_key_generate();

	purging_day(1);
	purging_ask(1, &r, NULL, NULL);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_true(sealing_exists(PACKAGE(1)));
	/* A stranger's signature is said, and counts for nothing. */
	purging_ask(1, &r, stranger, NULL);
	assert_int_equal(sealing_run_quietly(), 78);
	assert_non_null(strstr(scratch_said, "not signed by an approver"));
	assert_true(sealing_exists(PACKAGE(1)));
	purging_ask(1, &r, sealing_key, NULL);
	assert_int_equal(sealing_run_quietly(), 0);
	is_purged(1);
	sign_key_free(stranger);
}

static void
a_revoked_approver_lets_nothing_go(void **state)
{
	char key[SIGN_KEY_TEXT], more[128];

	purging_day(1);
	/* Revoked in the future, by this clock: a clock set back must not bring the key back. */
	sign_pub_format(sign_key_pub(sealing_key), key);
	(void)snprintf(more, sizeof(more), "revoked: %s at=2027-11-01T00:00:00Z reason=lost\n", key);
	assert_true(strlen(sealing_keyring) + strlen(more) < sizeof(sealing_keyring));
	strcat(sealing_keyring, more);
	*strchr(strstr(sealing_keyring, "version: 1"), '1') = '2';
	purging_ask_purge(1);
	assert_int_equal(sealing_run_quietly(), 78);
	assert_true(sealing_exists(PACKAGE(1)));
}

static void
a_hold_ends_by_a_signed_release_that_names_it_and_by_nothing_else(void **state)
{
	struct request first = {.act = REQUEST_HOLD, .reason = "first"},
		       second = {.act = REQUEST_HOLD, .reason = "b"};
	struct request release = {.act = REQUEST_RELEASE, .hold_count = 1}, both = {.act = REQUEST_RELEASE};

	purging_day(1);
	purging_ask(1, &first, NULL, release.holds[0]);
	purging_ask(2, &second, NULL, both.holds[0]);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_int_equal(purging_count("hold"), 2);
	/* Taken out of the operator's folder it stays in force. */
	scratch_remove(PURGING_REQUESTS "/0000000001.request");
	scratch_remove(PURGING_REQUESTS "/0000000002.request");
	purging_ask_purge(3);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_int_equal(purging_count("purge-refused"), 1);
	/* The other one is still in force. */
	purging_ask(4, &release, sealing_key, NULL);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_int_equal(purging_count("release"), 1);
	sealing_clock += STAMP_SECOND;
	purging_ask_purge(5);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_int_equal(purging_count("purge-refused"), 2);
	/* Nobody signed: nothing is released. */
	both.hold_count = 1;
	purging_ask(6, &both, NULL, NULL);
	sealing_clock += STAMP_SECOND;
	purging_ask_purge(7);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_int_equal(purging_count("purge-refused"), 3);
	assert_true(sealing_exists(PACKAGE(1)));
	purging_ask(6, &both, sealing_key, NULL);
	sealing_clock += STAMP_SECOND;
	purging_ask_purge(8);
	assert_int_equal(sealing_run_quietly(), 0);
	is_purged(1);
}

static void
a_later_day_waits_for_the_days_before_it(void **state)
{
	purging_order();
	sealing_slices(PURGING_T(0), 1);
	sealing_run();
	sealing_slices(PURGING_T(86400), 1);
	sealing_clock = PURGING_T(2 * 86400 + 3 * 3600);
	assert_int_equal(sealing_run(), 0);
	purging_deliver(DAY2, PURGING_DELIVERED);
	sealing_clock = PURGING_OVER + 10 * STAMP_DAY;
	purging_ask_purge(1);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_true(sealing_exists(PACKAGE(1)));
	assert_true(sealing_exists(sealing_package(DAY2, 2)));
}

static void
quiet_run(void *cookie)
{
	diag_capture(open("/dev/null", O_WRONLY | O_CLOEXEC));
	(void)sealing_run();
}

static void
fault_135_a_purge_killed_at_any_step_is_finished_by_the_next_run(void **state)
{
	long n;
	int done = 0;

	purging_day(1);
	purging_ask_purge(1);
	purging_keep();
	for (n = 0; !done; n += steps_apart()) {
		purging_restore();
		done = steps_run(n, quiet_run, NULL);
		/* Before the certificate has its name, nothing is deleted. */
		if (!sealing_exists(PURGING_RECORDS) && !sealing_exists(PACKAGE(1)))
			fail_msg("step %ld: deleted without a certificate", n);
		if (sealing_run_quietly() != 0)
			fail_msg("step %ld: %s", n, scratch_said);
		is_purged(1);
		assert_int_equal(purging_count("purge"), 1);
		assert_int_equal(purging_count("purged"), 1);
	}
	print_message("# %ld steps\n", n);
	assert_true(n > 20);
}

static int
is_certified(long n, void *cookie)
{
	(void)cookie;
	purging_restore();
	(void)steps_run(n, quiet_run, NULL);
	return sealing_exists(PURGING_RECORDS);
}

static void
a_hold_that_comes_in_the_middle_stops_the_deletion_until_it_is_released(void **state)
{
	struct request hold = {.act = REQUEST_HOLD}, release = {.act = REQUEST_RELEASE, .hold_count = 1};

	/* Killed behind the certificate's publication, before the last package is gone. */
	purging_day(2);
	purging_ask_purge(1);
	purging_keep();
	(void)steps_until(2000, is_certified, NULL);
	assert_true(sealing_exists(PACKAGE(2)));
	purging_ask(2, &hold, NULL, release.holds[0]);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_true(sealing_exists(PACKAGE(2)));
	purging_ask(3, &release, sealing_key, NULL);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_int_equal(sealing_run_quietly(), 0);
	is_purged(2);
}

static void
a_certificate_that_is_not_there_lets_nothing_go(void **state)
{
	purging_day(1);
	assert_int_equal(
	    close(fsio_mkdirs(streams_statefd, "records/" STREAMS_CASE "/" STREAMS_IAP "/" PURGING_DAY, 0750)), 0);
	scratch_puts("state/records/" STREAMS_CASE "/purge.json",
	    "{\"format\":\"casetap-purge-intent/1\",\"iap\":\"" STREAMS_IAP "\",\"day\":\"" PURGING_DAY "\"}\n");
	assert_int_not_equal(sealing_run_quietly(), 0);
	assert_true(sealing_exists(PACKAGE(1)));
}

/* What lies in the day's folder beside what was sealed: a package of no number there is, and a file without a copy. */
static void
what_no_certificate_names_is_not_touched(void **state)
{
	purging_day(1);
	scratch_puts(PACKAGE(99), "a stranger");
	purging_ask_purge(1);
	assert_int_equal(sealing_run_quietly(), 65);
	assert_non_null(strstr(scratch_said, "not what was purged"));
	assert_false(sealing_exists(PACKAGE(1)));
	assert_true(sealing_exists(PACKAGE(99)));
	/* Taken away by hand, the purge is finished. */
	scratch_remove(PACKAGE(99));
	assert_int_equal(sealing_run_quietly(), 0);
	assert_int_equal(sealing_run_quietly(), 0);
	is_purged(1);
	sealing_tear_down(state);
	sealing_set_up(state);
	/* One that came when the copies were already made. */
	purging_day(1);
	purging_ask_purge(1);
	purging_keep();
	(void)steps_until(2000, is_certified, NULL);
	assert_true(sealing_exists(PACKAGE(1)));
	scratch_puts(sealing_outbox(PURGING_DAY, "late.txt"), "a stranger");
	assert_int_equal(sealing_run_quietly(), 65);
	assert_non_null(strstr(scratch_said, "no copy in the records"));
	assert_true(sealing_exists(sealing_outbox(PURGING_DAY, "late.txt")));
}

static void
records_are_purged_last_and_leave_the_certificates(void **state)
{
	struct request r = {.act = REQUEST_PURGE, .what = REQUEST_RECORDS};
	struct purgecert cert;
	struct spool *s;

	purging_order();
	sealing_slices(PURGING_T(0), 1);
	s = streams_open();
	assert_int_equal(spool_mark_ended(s, "not_after", 1, PURGING_T(300)), 0);
	spool_close(s);
	sealing_clock = PURGING_T(3600);
	assert_int_equal(sealing_run(), 0);
	purging_deliver(PURGING_DAY, PURGING_DELIVERED);
	/* Not while its payload is there; not before records_days are over. */
	sealing_clock = PURGING_RECORDS_OVER + STAMP_SECOND;
	purging_ask(1, &r, sealing_key, NULL);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_non_null(strstr(scratch_said, "payload is not purged"));
	purging_ask_purge(2);
	assert_int_equal(sealing_run_quietly(), 0);
	is_purged(1);
	r.issued = PURGING_RECORDS_OVER - STAMP_SECOND;
	purging_ask(3, &r, sealing_key, NULL);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_non_null(strstr(scratch_said, "records_days are not over"));
	assert_true(sealing_exists("state/records/" STREAMS_CASE "/orders/1.order"));
	r.issued = PURGING_RECORDS_OVER + 2 * STAMP_SECOND;
	sealing_clock = r.issued;
	purging_ask(4, &r, sealing_key, NULL);
	assert_int_equal(sealing_run_quietly(), 0);
	load_certificate("state/records/" STREAMS_CASE "/" STREAMS_CASE ".purge.txt", &cert);
	assert_int_equal(cert.what, REQUEST_RECORDS);
	assert_true(cert.file_count >= 4);
	purgecert_clear(&cert);
	assert_true(sealing_exists(CERTIFICATE));
	assert_false(sealing_exists(PURGING_RECORDS "/SHA256SUMS"));
	assert_false(sealing_exists(TAGS("/" PURGING_DAY "/")));
	assert_true(sealing_exists("state/records/" STREAMS_CASE "/custody.jsonl"));
	assert_true(sealing_exists("state/records/" STREAMS_CASE "/" STREAMS_IAP "/stream.json"));
	/* The order still lies where the operator keeps orders: it is not brought back. */
	assert_int_equal(sealing_run_quietly(), 0);
	assert_false(sealing_exists("state/records/" STREAMS_CASE "/orders/1.order"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, sealing_set_up, sealing_tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(a_day_is_purged_once_receipts_retention_and_an_approver_allow_it),
	    TEST(a_request_is_followed_once),
	    TEST(promise_10_nothing_is_deleted_before_receipt_retention_and_hold_allow_it),
	    TEST(a_day_that_is_not_closed_is_not_purged),
	    TEST(a_day_that_went_as_one_file_is_purged_by_the_receipts_of_that),
	    TEST(time_stamps_and_acknowledgements_stay_and_the_certificate_names_them),
	    TEST(an_encrypted_day_that_went_as_one_file_is_purged_and_leaves_its_tag_files),
	    TEST(promise_10_a_part_of_a_days_one_file_or_another_one_lets_nothing_go),
	    TEST(a_clock_that_runs_ahead_shortens_no_retention),
	    TEST(a_purge_waits_for_an_approver),
	    TEST(a_revoked_approver_lets_nothing_go),
	    TEST(a_hold_ends_by_a_signed_release_that_names_it_and_by_nothing_else),
	    TEST(a_later_day_waits_for_the_days_before_it),
	    TEST(fault_135_a_purge_killed_at_any_step_is_finished_by_the_next_run),
	    TEST(a_hold_that_comes_in_the_middle_stops_the_deletion_until_it_is_released),
	    TEST(a_certificate_that_is_not_there_lets_nothing_go),
	    TEST(what_no_certificate_names_is_not_touched),
	    TEST(records_are_purged_last_and_leave_the_certificates),
	};

	steps_without_sync();
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
