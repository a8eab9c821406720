#include <fcntl.h>
#include <sysexits.h>

#include "blocked.h"
#include "digest.h"
#include "fsio.h"
#include "scratch.h"
#include "starved.h"

#define PRINT "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define T0 (1000 * STAMP_DAY)

static int
folder(void)
{
	int fd = fsio_opendir(scratch_dir);

	assert_int_not_equal(fd, -1);
	(void)unlinkat(fd, "lea.blocked", 0);
	return fd;
}

static struct blocked *
load(int dirfd, const char *fingerprint, stamp_t now)
{
	struct blocked *b = blocked_load(dirfd, "lea", fingerprint, now);

	assert_non_null(b);
	return b;
}

static void
block(int dirfd, uint32_t seconds)
{
	struct blocked *b = load(dirfd, PRINT, T0);

	assert_int_equal(blocked_add(b, "LI-1/t/2026-11-20/x.tar", EX_PROTOCOL, "another file", T0, seconds), 0);
	assert_int_equal(blocked_save(b), 0);
	blocked_free(b);
}

static void
what_was_refused_is_held_back_for_an_hour(void **state)
{
	int fd = folder();
	struct blocked *b;
	const struct blocked_entry *e;

	block(fd, BLOCKED_SECONDS);
	b = load(fd, PRINT, T0 + 3599 * STAMP_SECOND);
	e = blocked_find(b, "LI-1/t/2026-11-20/x.tar");
	assert_non_null(e);
	assert_int_equal(e->exit, EX_PROTOCOL);
	assert_string_equal(e->why, "another file");
	assert_true(e->since == T0);
	assert_null(blocked_find(b, ""));
	assert_null(blocked_find(b, "LI-1"));
	blocked_free(b);
	b = load(fd, PRINT, T0 + 3600 * STAMP_SECOND);
	assert_null(blocked_find(b, "LI-1/t/2026-11-20/x.tar"));
	assert_int_equal(blocked_save(b), 0);
	assert_int_equal(faccessat(fd, "lea.blocked", F_OK, 0), -1); /* nothing held back, no file */
	blocked_free(b);
	(void)close(fd);
}

static void
a_changed_configuration_ends_it(void **state)
{
	int fd = folder();
	struct blocked *b;

	block(fd, BLOCKED_SECONDS);
	b = load(fd, OTHER, T0 + STAMP_SECOND);
	assert_null(blocked_find(b, "LI-1/t/2026-11-20/x.tar"));
	blocked_free(b);
	(void)close(fd);
}

static void
a_clock_that_was_set_back_holds_nothing_back(void **state)
{
	int fd = folder();
	struct blocked *b;

	block(fd, BLOCKED_SECONDS);
	b = load(fd, PRINT, T0 - STAMP_SECOND);
	assert_null(blocked_find(b, "LI-1/t/2026-11-20/x.tar"));
	blocked_free(b);
	(void)close(fd);
}

static void
fault_097_an_absurd_wish_to_wait_is_an_hour(void **state)
{
	int fd = folder();
	struct blocked *b;

	block(fd, 1000000000);
	b = load(fd, PRINT, T0 + 3601 * STAMP_SECOND);
	assert_null(blocked_find(b, "LI-1/t/2026-11-20/x.tar"));
	blocked_free(b);
	(void)close(fd);
}

static void
how_often_it_failed_outlives_the_wait(void **state)
{
	int fd = folder();
	struct blocked *b = load(fd, PRINT, T0);

	assert_int_equal(blocked_tries(b), 0);
	blocked_set_tries(b, 7);
	assert_int_equal(blocked_save(b), 0);
	blocked_free(b);
	b = load(fd, PRINT, T0 + STAMP_DAY);
	assert_int_equal(blocked_tries(b), 7);
	blocked_set_tries(b, 0);
	assert_int_equal(blocked_save(b), 0);
	assert_int_equal(faccessat(fd, "lea.blocked", F_OK, 0), -1);
	blocked_free(b);
	(void)close(fd);
}

static void
a_file_that_failed_is_known_for_a_day_after_its_wait(void **state)
{
	static const char scope[] = "LI-1/t/2026-11-20/x.tar";
	int fd = folder();
	struct blocked *b = load(fd, PRINT, T0);

	assert_int_equal(blocked_add(b, scope, EX_UNAVAILABLE, "reset", T0, 2), 0);
	blocked_set_fails(b, scope, 3);
	assert_int_equal(blocked_save(b), 0);
	blocked_free(b);
	b = load(fd, PRINT, T0 + STAMP_SECOND);
	assert_non_null(blocked_find(b, scope));
	blocked_free(b);
	b = load(fd, PRINT, T0 + 2 * STAMP_SECOND);
	assert_null(blocked_find(b, scope));
	assert_int_equal(blocked_fails(b, scope), 3);
	assert_true(blocked_has_failed(b, "LI-1/t/"));
	assert_false(blocked_has_failed(b, "LI-2/t/"));
	/* It fails again: held back anew. */
	assert_int_equal(blocked_add(b, scope, EX_UNAVAILABLE, "reset", T0 + 2 * STAMP_SECOND, 4), 0);
	blocked_set_fails(b, scope, 4);
	assert_non_null(blocked_find(b, scope));
	assert_int_equal(blocked_save(b), 0);
	blocked_free(b);
	b = load(fd, PRINT, T0 + 6 * STAMP_SECOND + STAMP_DAY - 1);
	assert_int_equal(blocked_fails(b, scope), 4);
	blocked_free(b);
	b = load(fd, PRINT, T0 + 6 * STAMP_SECOND + STAMP_DAY);
	assert_int_equal(blocked_fails(b, scope), 0);
	blocked_free(b);
	(void)close(fd);
}

static void
a_file_that_arrives_is_forgotten(void **state)
{
	int fd = folder();
	struct blocked *b = load(fd, PRINT, T0);

	assert_int_equal(blocked_add(b, "LI-1/t/d/x", EX_UNAVAILABLE, "reset", T0, 2), 0);
	blocked_set_fails(b, "LI-1/t/d/x", 1);
	assert_int_equal(blocked_save(b), 0);
	blocked_set_fails(b, "LI-1/t/d/x", 0);
	assert_null(blocked_find(b, "LI-1/t/d/x"));
	assert_int_equal(blocked_save(b), 0);
	assert_int_equal(faccessat(fd, "lea.blocked", F_OK, 0), -1);
	blocked_free(b);
	(void)close(fd);
}

static void
what_was_sent_of_a_file_is_known_for_a_day_and_holds_nothing_back(void **state)
{
	static const char scope[] = "LI-1/t/d/x";
	int fd = folder();
	struct blocked *b = load(fd, PRINT, T0);

	assert_int_equal(blocked_sent(b, scope), 0);
	assert_string_equal(blocked_upload(b, scope), "");
	assert_int_equal(blocked_set_upload(b, scope, "up%2F1", T0), 0);
	assert_int_equal(blocked_set_sent(b, scope, 7000000, T0), 0);
	assert_null(blocked_find(b, scope));
	assert_int_equal(blocked_fails(b, scope), 0);
	assert_int_equal(blocked_save(b), 0);
	blocked_free(b);
	b = load(fd, PRINT, T0 + STAMP_DAY - 1);
	assert_int_equal(blocked_sent(b, scope), 7000000);
	assert_null(blocked_find(b, scope));
	/* A wait that begins, and a success in the end. */
	assert_int_equal(blocked_add(b, scope, EX_UNAVAILABLE, "reset", T0 + STAMP_DAY - 1, 2), 0);
	assert_non_null(blocked_find(b, scope));
	assert_int_equal(blocked_sent(b, scope), 7000000);
	assert_string_equal(blocked_upload(b, scope), "up%2F1");
	assert_int_equal(blocked_set_sent(b, scope, 0, T0 + STAMP_DAY), 0);
	assert_non_null(blocked_find(b, scope));
	blocked_free(b);
	b = load(fd, PRINT, T0 + STAMP_DAY);
	assert_int_equal(blocked_sent(b, scope), 0);
	assert_string_equal(blocked_upload(b, scope), "");
	blocked_free(b);
	b = load(fd, OTHER, T0 + STAMP_SECOND);
	assert_int_equal(blocked_sent(b, scope), 0); /* another place, perhaps */
	assert_int_equal(blocked_set_upload(b, scope, "x", T0), 0);
	assert_int_equal(blocked_set_upload(b, scope, "", T0), 0);
	assert_int_equal(blocked_set_sent(b, scope, 1, T0), 0);
	assert_int_equal(blocked_set_sent(b, scope, 0, T0), 0);
	assert_int_equal(blocked_save(b), 0);
	assert_int_equal(faccessat(fd, "lea.blocked", F_OK, 0), -1);
	blocked_free(b);
	(void)close(fd);
}

static void
a_damaged_file_is_said_and_holds_nothing_back(void **state)
{
	static const char *const bad[] = {"", "{", "{}", "[]\n", "{\"format\":\"casetap-blocked/1\"}",
	    "{\"format\":\"casetap-blocked/1\",\"fingerprint\":\"" PRINT "\",\"entries\":[{\"scope\":1}]}",
	    "{\"format\":\"casetap-blocked/1\",\"fingerprint\":\"" PRINT "\",\"entries\":[7]}"};
	int fd = folder();
	struct blocked *b;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		scratch_puts("lea.blocked", bad[i]);
		scratch_listen();
		b = load(fd, PRINT, T0);
		scratch_heard();
		scratch_expect("journal/uploader/lea.blocked: damaged");
		blocked_free(b);
	}
	(void)close(fd);
}

/* A file that was there stays as it was where the new one finds no memory, and nothing is held back by half a word. */
static int
add_and_save(void *cookie)
{
	const int *fd = cookie;
	struct blocked *b;
	int rc = -1;

	(void)unlinkat(*fd, "lea.blocked", 0);
	b = blocked_load(*fd, "lea", PRINT, T0);
	if (b != NULL && blocked_add(b, "LI-1/x", EX_PROTOCOL, "another file", T0, 60) == 0)
		rc = blocked_save(b);
	blocked_free(b);
	assert_int_equal(faccessat(*fd, "lea.blocked", F_OK, 0), rc);
	return rc;
}

static void
what_finds_no_memory_is_not_written_short(void **state)
{
	int fd = folder();

	(void)state;
	scratch_listen();
	assert_true(starved_each(add_and_save, &fd) > 20);
	scratch_heard();
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_finds_no_memory_is_not_written_short),
	    cmocka_unit_test(what_was_refused_is_held_back_for_an_hour),
	    cmocka_unit_test(a_changed_configuration_ends_it),
	    cmocka_unit_test(a_clock_that_was_set_back_holds_nothing_back),
	    cmocka_unit_test(fault_097_an_absurd_wish_to_wait_is_an_hour),
	    cmocka_unit_test(how_often_it_failed_outlives_the_wait),
	    cmocka_unit_test(a_file_that_failed_is_known_for_a_day_after_its_wait),
	    cmocka_unit_test(a_file_that_arrives_is_forgotten),
	    cmocka_unit_test(what_was_sent_of_a_file_is_known_for_a_day_and_holds_nothing_back),
	    cmocka_unit_test(a_damaged_file_is_said_and_holds_nothing_back),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
