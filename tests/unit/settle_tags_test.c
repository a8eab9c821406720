#include "purging.h"
#include "steps.h"

#define NUMBER STREAMS_CASE "_" STREAMS_IAP "_0000000001"
#define SLICE "state/spool/" STREAMS_CASE "/" STREAMS_IAP "/0000000001.pcap"
#define PACKAGE "state/outbox/" STREAMS_CASE "/" STREAMS_IAP "/" PURGING_DAY "/" NUMBER ".tar.age"
#define TAGS "state/records/" STREAMS_CASE "/" STREAMS_IAP "/" NUMBER ".tags.tar"
#define INTENT "state/records/" STREAMS_CASE "/" STREAMS_IAP "/0000000001.intent"
#define STEPS_MOST 400

static stamp_t later; /* than usual is a run's clock */

/* An encrypted case with one slice in the spool. */
static void
begin(void **state)
{
	purging_encrypted(state, 1);
	sealing_clock += later;
}

static void
run_once(void *cookie)
{
	(void)cookie;
	if (sealing_run_quietly() != 0)
		_exit(1);
}

static int
is_published(long n, void *state)
{
	sealing_tear_down(state);
	begin(state);
	(void)steps_run(n, run_once, NULL);
	return sealing_exists(PACKAGE);
}

/* A run was killed when the ciphertext had just got its name: nobody can open it any more. */
static int
set_up(void **state)
{
	steps_without_sync();
	begin(state);
	(void)steps_until(STEPS_MOST, is_published, state);
	assert_true(sealing_exists(TAGS) && sealing_exists(INTENT) && sealing_exists(SLICE));
	return 0;
}

static void
hash(const char *name, char hex[DIGEST_HEX])
{
	struct buf text = BUF_INIT;

	sealing_load(name, &text);
	assert_int_equal(digest_hex_of(text.data, text.len, hex), 0);
	buf_free(&text);
}

static void
a_published_ciphertext_is_settled_by_its_tag_files_and_not_made_anew(void **state)
{
	char before[DIGEST_HEX], after[DIGEST_HEX];

	(void)state;
	hash(PACKAGE, before);
	sealing_clock += STAMP_SECOND;
	assert_int_equal(sealing_run_quietly(), 0);
	hash(PACKAGE, after);
	assert_string_equal(before, after);
	assert_false(sealing_exists(SLICE));
	assert_false(sealing_exists(INTENT));
	assert_int_equal(purging_count("seal"), 1);
	sealing_clock = PURGING_T(86400 + 3 * 3600);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_int_equal(purging_count("seal"), 1);
	/* What the day's ledger says of it: the seal that its tag files have. */
	purging_shell(
	    "seal=$(tar xOf " TAGS " --wildcards '*/tagmanifest-sha256.txt' | sha256sum | cut -d' ' -f1) && "
	    "grep -q \"^1 $seal \" "
	    "state/outbox/" STREAMS_CASE "/" STREAMS_IAP "/" PURGING_DAY "/*.ledger.txt");
}

/* Nothing is settled: the slice is what there is, and a look by people is asked for. */
static void
refused(int status, const char *says)
{
	char before[DIGEST_HEX], after[DIGEST_HEX];

	hash(PACKAGE, before);
	assert_int_equal(sealing_run_quietly(), status);
	scratch_expect(says);
	hash(PACKAGE, after);
	assert_string_equal(before, after);
	assert_true(sealing_exists(SLICE) && sealing_exists(INTENT));
}

static void
another_file_under_its_name_is_not_settled(void **state)
{
	(void)state;
	purging_shell("chmod u+w " PACKAGE " && printf x >>" PACKAGE);
	refused(65, NUMBER ".tar.age is published, but not as it was meant: another file");
}

static void
damaged_tag_files_settle_nothing(void **state)
{
	(void)state;
	purging_shell("chmod u+w " TAGS " && cp " TAGS " whole");
	purging_shell("truncate -s -1024 " TAGS);
	refused(65, NUMBER ".tags.tar");
	/* A byte of custody.json: not what the tag manifest lists. */
	purging_shell("cp whole " TAGS " && sed -i 's/\"case\":\"LI-2026-0042\"/\"case\":\"LI-2026-0043\"/' " TAGS
		      " && ! cmp -s whole " TAGS);
	refused(65, NUMBER ".tags.tar");
	purging_shell("rm " TAGS);
	refused(74, NUMBER ".tags.tar");
	purging_shell("cp whole " TAGS);
	assert_int_equal(sealing_run_quietly(), 0);
	assert_false(sealing_exists(SLICE));
}

static void
tag_files_of_another_seal_settle_nothing(void **state)
{
	purging_shell("cp " TAGS " earlier");
	later = STAMP_SECOND;
	sealing_tear_down(state);
	set_up(state);
	later = 0;
	purging_shell("cp --remove-destination earlier " TAGS);
	refused(65, "of another seal than the package that is published");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, sealing_tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(a_published_ciphertext_is_settled_by_its_tag_files_and_not_made_anew),
	    TEST(another_file_under_its_name_is_not_settled),
	    TEST(damaged_tag_files_settle_nothing),
	    TEST(tag_files_of_another_seal_settle_nothing),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
