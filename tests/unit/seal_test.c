#include <sys/stat.h>
#include <sys/wait.h>

#include "day.h"
#include "sealing.h"
#include "steps.h"

#define DAY1 "2026-11-21"
#define NOTICE(number) STREAMS_CASE "_" STREAMS_IAP "_" DAY1 ".notice-" number ".txt"
#define T(seconds) (STREAMS_T0 + (seconds)*STAMP_SECOND)

/* Everything below the state folder, as one hash: names, contents, times of change. */
static struct digest *tree_digest;

static int
tree_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct buf text = BUF_INIT;

	digest_add(tree_digest, path, strlen(path));
	digest_add(tree_digest, &st->st_ctim, sizeof(st->st_ctim));
	if (S_ISREG(st->st_mode)) {
		assert_int_equal(fsio_load_path(path, 64 * 1024 * 1024, &text), 0);
		digest_add(tree_digest, text.data, text.len);
		buf_free(&text);
	}
	return 0;
}

static void
tree_hash(char hex[DIGEST_HEX])
{
	tree_digest = digest_new();
	assert_int_equal(nftw(scratch_path("state"), tree_one, 16, FTW_PHYS), 0);
	digest_take_hex(tree_digest, hex);
	digest_free(tree_digest);
}

static void
a_sealed_slice_verifies_and_leaves_the_spool(void **state)
{
	struct package_facts facts;
	struct spool_number *list;
	struct spool *s;
	size_t count;

	sealing_slices(STREAMS_T0, 3);
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(sealing_check(DAY1, 1, &facts), PACKAGE_INTACT);
	assert_string_equal(facts.prev_seal, "");
	assert_string_equal(facts.station, "tower-7");
	assert_true(facts.sealed == sealing_clock);
	package_facts_clear(&facts);
	assert_int_equal(sealing_check(DAY1, 3, &facts), PACKAGE_INTACT);
	assert_int_equal(facts.slice.frames, 2);
	package_facts_clear(&facts);
	s = streams_open();
	assert_int_equal(spool_list(s, &list, &count, NULL), 0);
	assert_int_equal(count, 0);
	free(list);
	spool_close(s);
}

static void
each_package_names_the_seal_of_the_one_before(void **state)
{
	struct package_facts facts;
	char prev[DIGEST_HEX] = "";
	uint64_t seq;

	sealing_slices(STREAMS_T0, 5);
	assert_int_equal(sealing_run(), 0);
	for (seq = 1; seq <= 5; seq++) {
		assert_int_equal(sealing_check(DAY1, seq, &facts), PACKAGE_INTACT);
		assert_string_equal(facts.prev_seal, prev);
		memcpy(prev, facts.seal_id, sizeof(prev));
		package_facts_clear(&facts);
	}
}

static void
a_second_run_with_nothing_new_touches_no_file(void **state)
{
	char before[DIGEST_HEX], after[DIGEST_HEX];

	sealing_slices(STREAMS_T0, 3);
	assert_int_equal(sealing_run(), 0);
	tree_hash(before);
	assert_int_equal(sealing_run(), 0);
	tree_hash(after);
	assert_string_equal(before, after);
}

static void
fault_054_a_slice_without_packets_is_sealed(void **state)
{
	struct package_facts facts;

	sealing_slices(STREAMS_T0, 1);
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(sealing_check(DAY1, 1, &facts), PACKAGE_INTACT);
	assert_int_equal(facts.slice.frames, 0);
	assert_true(facts.slice.first_frame == STAMP_NONE);
	package_facts_clear(&facts);
}

static void
a_number_without_a_slice_is_a_gap_package(void **state)
{
	struct package_facts facts;
	struct gap_record gap;
	struct spool *s = streams_open();

	streams_gap(&gap, T(0), T(300));
	assert_int_equal(spool_commit_gap(s, &gap), 0);
	sealing_slice(s, T(300), T(600), 1);
	spool_close(s);
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(sealing_check(DAY1, 1, &facts), PACKAGE_INTACT);
	assert_true(facts.is_gap);
	assert_string_equal(facts.gap.reason, "down-time");
	package_facts_clear(&facts);
	assert_int_equal(sealing_check(DAY1, 2, &facts), PACKAGE_INTACT);
	package_facts_clear(&facts);
}

static void
a_slice_that_is_still_written_is_left_alone(void **state)
{
	struct spool *s = streams_open();
	struct slice_record r;
	int fd;

	sealing_slice(s, T(0), T(300), 1);
	streams_draft(&r, T(300), T(600));
	assert_int_equal(spool_take(s, &r, &fd), 0);
	streams_fill(fd, T(300), 2);
	assert_int_equal(sealing_run(), 0);
	assert_true(sealing_exists(sealing_package(DAY1, 1)));
	assert_false(sealing_exists(sealing_package(DAY1, 2)));
	streams_close(fd, &r);
	r.close.realtime = T(600);
	assert_int_equal(spool_commit(s, &r), 0);
	spool_close(s);
	assert_int_equal(sealing_run(), 0);
	assert_true(sealing_exists(sealing_package(DAY1, 2)));
}

/* A file of the stream's spool. */
static const char *
spool_file(uint64_t seq, const char *suffix)
{
	static char paths[4][512];
	static unsigned turn;
	char *path = paths[turn++ % 4], name[NAMES_FILE_ROOM];

	(void)snprintf(path, sizeof(paths[0]), "%s/state/spool/" STREAMS_CASE "/" STREAMS_IAP "/%s", scratch_dir,
	    names_seq_file(name, seq, suffix));
	return path;
}

static void
write_at(const char *path, off_t at, const void *data, size_t n)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(pwrite(fd, data, n, at), (ssize_t)n);
	assert_int_equal(close(fd), 0);
}

/* Number 2 of 3 was spoilt: it must be a gap package, its files in quarantine, its neighbours sealed. */
static void
second_is_quarantined(const char *reason, const char *file)
{
	struct package_facts facts;
	char path[256];

	diag_capture(open("/dev/null", O_WRONLY | O_CLOEXEC));
	assert_int_equal(sealing_run(), 65);
	assert_int_equal(sealing_check(DAY1, 1, &facts), PACKAGE_INTACT);
	package_facts_clear(&facts);
	assert_int_equal(sealing_check(DAY1, 2, &facts), PACKAGE_INTACT);
	assert_true(facts.is_gap);
	assert_string_equal(facts.gap.reason, reason);
	assert_true(facts.gap.head.from == T(300) && facts.gap.head.to == T(600));
	package_facts_clear(&facts);
	assert_int_equal(sealing_check(DAY1, 3, &facts), PACKAGE_INTACT);
	package_facts_clear(&facts);
	if (file != NULL) {
		struct stat st;

		(void)snprintf(path, sizeof(path),
		    "%s/state/quarantine/" STREAMS_CASE "/" STREAMS_IAP "/0000000002%s", scratch_dir, file);
		assert_int_equal(lstat(path, &st), 0);
	}
	assert_int_equal(sealing_run(), 0);
}

static void
fault_051_a_slice_of_another_format_goes_to_quarantine(void **state)
{
	static const char *const magics[] = {
	    "\xa1\xb2\xc3\xd4", "\x4d\x3c\xb2\xa1", "\x0a\x0d\x0d\x0a", "\x34\xcd\xb2\xa1"};
	size_t i;

	for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		sealing_tear_down(state);
		sealing_set_up(state);
		sealing_slices(STREAMS_T0, 3);
		write_at(spool_file(2, ".pcap"), 0, magics[i], 4);
		second_is_quarantined("quarantined", ".pcap");
	}
}

static void
fault_052_an_impossible_length_goes_to_quarantine(void **state)
{
	sealing_slices(STREAMS_T0, 3);
	write_at(spool_file(2, ".pcap"), SAVEFILE_HEADER_BYTES + 8, "\xff\xff\xff\xff", 4);
	second_is_quarantined("quarantined", ".pcap");
}

static void
fault_057_a_slice_whose_bytes_changed_goes_to_quarantine(void **state)
{
	sealing_slices(STREAMS_T0, 3);
	write_at(spool_file(2, ".pcap"), SAVEFILE_HEADER_BYTES + SAVEFILE_RECORD_BYTES + 7, "x", 1);
	second_is_quarantined("quarantined", ".pcap");
}

static void
fault_056_a_link_a_fifo_and_a_folder_go_to_quarantine(void **state)
{
	int i;

	for (i = 0; i < 4; i++) {
		sealing_tear_down(state);
		sealing_set_up(state);
		sealing_slices(STREAMS_T0, 3);
		if (i == 0) {
			assert_int_equal(link(spool_file(2, ".pcap"), scratch_path("state/elsewhere")), 0);
		} else {
			assert_int_equal(unlink(spool_file(2, ".pcap")), 0);
			if (i == 1)
				assert_int_equal(symlink(spool_file(1, ".pcap"), spool_file(2, ".pcap")), 0);
			else if (i == 2)
				assert_int_equal(mkfifo(spool_file(2, ".pcap"), 0600), 0);
			else
				assert_int_equal(mkdir(spool_file(2, ".pcap"), 0700), 0);
		}
		second_is_quarantined("quarantined", ".pcap");
	}
}

static void
a_record_that_is_not_this_numbers_goes_to_quarantine(void **state)
{
	sealing_slices(STREAMS_T0, 3);
	assert_int_equal(unlink(spool_file(2, ".json")), 0);
	assert_int_equal(link(spool_file(1, ".json"), spool_file(2, ".json")), 0);
	assert_int_equal(unlink(spool_file(1, ".json")), 0);
	assert_int_equal(symlink("/dev/null", spool_file(1, ".json")), 0);
	diag_capture(open("/dev/null", O_WRONLY | O_CLOEXEC));
	assert_int_equal(sealing_run(), 65);
	assert_true(sealing_exists(sealing_package(DAY1, 3)));
}

static void
a_number_of_which_nothing_is_left_becomes_a_gap(void **state)
{
	sealing_slices(STREAMS_T0, 3);
	assert_int_equal(unlink(spool_file(2, ".pcap")), 0);
	assert_int_equal(unlink(spool_file(2, ".json")), 0);
	second_is_quarantined("lost-number", NULL);
}

static void
a_part_with_a_matching_record_is_finished_by_its_rename(void **state)
{
	struct package_facts facts;

	sealing_slices(STREAMS_T0, 3);
	assert_int_equal(rename(spool_file(2, ".pcap"), spool_file(2, ".part")), 0);
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(sealing_check(DAY1, 2, &facts), PACKAGE_INTACT);
	assert_false(facts.is_gap);
	package_facts_clear(&facts);
}

static void
a_part_that_does_not_match_its_record_goes_to_quarantine(void **state)
{
	sealing_slices(STREAMS_T0, 3);
	assert_int_equal(rename(spool_file(2, ".pcap"), spool_file(2, ".part")), 0);
	write_at(spool_file(2, ".part"), SAVEFILE_HEADER_BYTES + SAVEFILE_RECORD_BYTES, "x", 1);
	second_is_quarantined("quarantined", ".part");
}

static void
the_last_part_is_finished_only_with_the_instance_lock(void **state)
{
	int dirfd, lock;

	sealing_slices(STREAMS_T0, 2);
	assert_int_equal(rename(spool_file(2, ".pcap"), spool_file(2, ".part")), 0);
	dirfd = fsio_mkdirs(streams_statefd, "journal/capture", 0750);
	lock = fsio_lock(dirfd, STREAMS_IAP ".lock", 0);
	assert_int_not_equal(lock, -1);
	assert_int_equal(sealing_run(), 0);
	assert_false(sealing_exists(sealing_package(DAY1, 2)));
	assert_int_equal(close(lock), 0);
	assert_int_equal(sealing_run(), 0);
	assert_true(sealing_exists(sealing_package(DAY1, 2)));
	assert_int_equal(close(dirfd), 0);
}

static void
fault_140_a_stream_that_another_packager_holds_is_75(void **state)
{
	int dirfd, lock;

	sealing_slices(STREAMS_T0, 1);
	dirfd = fsio_mkdirs(streams_statefd, "records/" STREAMS_CASE "/" STREAMS_IAP, 0750);
	lock = fsio_lock(dirfd, "lock", 0);
	assert_int_not_equal(lock, -1);
	scratch_listen();
	assert_int_equal(sealing_run(), 75);
	scratch_heard();
	scratch_expect("try later");
	assert_int_equal(close(lock), 0);
	assert_int_equal(close(dirfd), 0);
	assert_int_equal(sealing_run(), 0);
}

static void
another_station_does_not_seal_a_stream(void **state)
{
	sealing_slices(STREAMS_T0, 1);
	assert_int_equal(sealing_run(), 0);
	scratch_remove("state/journal");
	sealing_set_keyring(sealing_key, "tower-8");
	scratch_listen();
	assert_int_equal(sealing_run(), 78);
	scratch_heard();
	scratch_expect("belongs to station tower-7");
}

/* What a killed run has published, to be compared with what is there after the next. */
struct published {
	char hex[8][DIGEST_HEX];
};

static void
note_published(struct published *p)
{
	struct buf text = BUF_INIT;
	uint64_t seq;

	memset(p, 0, sizeof(*p));
	for (seq = 1; seq < 8; seq++) {
		buf_clear(&text);
		if (!sealing_exists(sealing_package(DAY1, seq)))
			continue;
		sealing_load(sealing_package(DAY1, seq), &text);
		assert_int_equal(digest_hex_of(text.data, text.len, p->hex[seq]), 0);
	}
	buf_free(&text);
}

static void
run_once(void *cookie)
{
	if (sealing_run() != *(const int *)cookie)
		_exit(1);
}

static int
count_seals(void *cookie, uint64_t n, const char *line, size_t len, const struct json *parsed)
{
	const char *event = json_get_string(parsed, "event");

	*(unsigned *)cookie += event != NULL && strcmp(event, "seal") == 0;
	return 0;
}

/* The state that every run must end in: four packages in one chain, each journalled once. */
static void
check_whole(void)
{
	struct package_facts facts;
	char prev[DIGEST_HEX] = "";
	unsigned seals = 0;
	uint64_t seq;
	int dirfd;

	for (seq = 1; seq <= 4; seq++) {
		assert_int_equal(sealing_check(DAY1, seq, &facts), PACKAGE_INTACT);
		assert_int_equal(facts.is_gap, seq == 2 || seq == 3);
		assert_string_equal(facts.prev_seal, prev);
		memcpy(prev, facts.seal_id, sizeof(prev));
		package_facts_clear(&facts);
	}
	assert_false(sealing_exists("state/records/" STREAMS_CASE "/" STREAMS_IAP "/0000000004.intent"));
	dirfd = fsio_opendirat(streams_statefd, "journal/packager");
	assert_int_equal(journal_each(dirfd, "packager.jsonl", 0, count_seals, &seals), 0);
	assert_int_equal(seals, 4);
	assert_int_equal(close(dirfd), 0);
}

/* A slice, a gap, a slice that does not match its record, a slice; ended, so that the day closes. */
static void
fill_mixed(void)
{
	struct gap_record gap;
	struct spool *s = streams_open();

	sealing_slice(s, T(0), T(300), 2);
	streams_gap(&gap, T(300), T(600));
	assert_int_equal(spool_commit_gap(s, &gap), 0);
	sealing_slice(s, T(600), T(900), 1);
	sealing_slice(s, T(900), T(1200), 1);
	assert_int_equal(spool_mark_ended(s, "not_after", 1, T(1200)), 0);
	spool_close(s);
	write_at(spool_file(3, ".pcap"), SAVEFILE_HEADER_BYTES + SAVEFILE_RECORD_BYTES, "x", 1);
}

static void
fault_123_killed_at_any_step_and_run_again_gives_the_same_bytes(void **state)
{
	char before[DIGEST_HEX], after[DIGEST_HEX];
	struct published first, second;
	int status = 65, done = 0, quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
	uint64_t seq;
	long n;

	for (n = 0; !done; n += steps_apart()) {
		sealing_tear_down(state);
		sealing_set_up(state);
		diag_capture(quiet);
		sealing_conf.notice_gap = 60;
		sealing_conf.notice_orders = 1;
		fill_mixed();
		done = steps_run(n, run_once, &status);
		note_published(&first);
		sealing_clock += STAMP_SECOND;
		(void)sealing_run();
		note_published(&second);
		for (seq = 1; seq < 8; seq++) {
			if (first.hex[seq][0] != '\0')
				assert_string_equal(first.hex[seq], second.hex[seq]);
		}
		check_whole();
		assert_true(sealing_exists(sealing_outbox(DAY1, "SHA256SUMS.minisig")));
		/* Both gaps are one, which was told of once. */
		assert_true(sealing_exists(sealing_outbox(DAY1, NOTICE("1"))));
		assert_false(sealing_exists(sealing_outbox(DAY1, NOTICE("2"))));
		if (n % 8 != 0 && steps_apart() == 1)
			continue;
		tree_hash(before);
		assert_int_equal(sealing_run(), 0);
		tree_hash(after);
		assert_string_equal(before, after);
	}
	print_message("killed at steps up to %ld\n", n - steps_apart());
	assert_true(n > 100);
	diag_capture(-1);
	assert_int_equal(close(quiet), 0);
}

static int
is_published(long n, void *state)
{
	int status = 0;

	sealing_tear_down(state);
	sealing_set_up(state);
	sealing_slices(STREAMS_T0 + 300 * STAMP_SECOND, 1);
	sealing_slices(STREAMS_T0 + 600 * STAMP_SECOND, 1);
	(void)steps_run(n, run_once, &status);
	return sealing_exists(sealing_package(DAY1, 1));
}

/* Kill a run when it has published number 1 and not yet counted it. */
static void
kill_behind_publication(void **state)
{
	(void)steps_until(1000, is_published, state);
}

static void
a_published_package_stands_when_its_slice_is_spoilt_afterwards(void **state)
{
	struct package_facts facts;
	struct published first, second;

	kill_behind_publication(state);
	note_published(&first);
	write_at(spool_file(1, ".pcap"), 0, "rubbish", 7);
	diag_capture(open("/dev/null", O_WRONLY | O_CLOEXEC));
	assert_int_equal(sealing_run(), 0);
	note_published(&second);
	assert_string_equal(first.hex[1], second.hex[1]);
	assert_int_equal(sealing_check(DAY1, 2, &facts), PACKAGE_INTACT);
	package_facts_clear(&facts);
	assert_true(sealing_exists(
	    "state/records/" STREAMS_CASE "/" STREAMS_IAP "/" STREAMS_CASE "_" STREAMS_IAP "_0000000001.tags.tar"));
}

static void
a_published_package_stands_when_the_stations_key_is_changed_afterwards(void **state)
{
	struct sign_key *old, *new = sign_key_generate();
	struct published first, second;
	char old_line[SIGN_KEY_TEXT];
	size_t n;

	kill_behind_publication(state);
	note_published(&first);
	old = sealing_key;
	sign_pub_format(sign_key_pub(old), old_line);
	sealing_set_keyring(new, "tower-7");
	n = strlen(sealing_keyring);
	assert_true(snprintf(sealing_keyring + n, sizeof(sealing_keyring) - n,
			"station: %s name=tower-7 from=2026-01-01T00:00:00Z\n", old_line) > 0);
	/* A later version of the keyring. */
	sealing_keyring[strlen("casetap-keyring/1\nversion: ")] = '2';
	sealing_key = new;
	assert_int_equal(sealing_run(), 0);
	note_published(&second);
	assert_string_equal(first.hex[1], second.hex[1]);
	assert_true(second.hex[2][0] != '\0');
	sign_key_free(old);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_published_package_stands_when_its_slice_is_spoilt_afterwards, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(a_published_package_stands_when_the_stations_key_is_changed_afterwards,
		sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		a_sealed_slice_verifies_and_leaves_the_spool, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		each_package_names_the_seal_of_the_one_before, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		a_second_run_with_nothing_new_touches_no_file, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		fault_054_a_slice_without_packets_is_sealed, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		a_number_without_a_slice_is_a_gap_package, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		a_slice_that_is_still_written_is_left_alone, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		fault_051_a_slice_of_another_format_goes_to_quarantine, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		fault_052_an_impossible_length_goes_to_quarantine, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		fault_056_a_link_a_fifo_and_a_folder_go_to_quarantine, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		fault_057_a_slice_whose_bytes_changed_goes_to_quarantine, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		a_record_that_is_not_this_numbers_goes_to_quarantine, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		a_number_of_which_nothing_is_left_becomes_a_gap, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		a_part_with_a_matching_record_is_finished_by_its_rename, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		a_part_that_does_not_match_its_record_goes_to_quarantine, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		the_last_part_is_finished_only_with_the_instance_lock, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		fault_140_a_stream_that_another_packager_holds_is_75, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		another_station_does_not_seal_a_stream, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		fault_123_killed_at_any_step_and_run_again_gives_the_same_bytes, sealing_set_up, sealing_tear_down),
	};

	steps_without_sync();
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
