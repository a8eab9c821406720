#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fsio.h"

#include "keeper_internal.h"
#include "scratch.h"

/*
 * A keeper that has two cases and a folder, is told what readers tell, and is killed: what the next one takes of it.
 */
#define T0 ((stamp_t)1795219200 * STAMP_SECOND) /* 2026-11-21T00:00:00Z */
#define UP ((stamp_t)5000 * STAMP_SECOND)
#define HOUR (3600 * STAMP_SECOND)
#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define FIRST "journal/bindings/LI-1.tower-7.json"
#define MARK "journal/bindings/tower-7.mark"

static struct conf_iap iap = {.name = "tower-7", .resume_within = 30};
static struct order orders[2];
static struct docket_case cases[2];
static struct keeper k;
static char forgotten[256]; /* by which cases, and why */
static unsigned replaced;   /* files */
static int is_full, is_short;
static const char *unwritable; /* the name of a file that can not be written */

int __wrap_fsio_replace(int, const char *, const void *, size_t, mode_t);
int __real_fsio_replace(int, const char *, const void *, size_t, mode_t);
void *__wrap_calloc(size_t, size_t);
void *__real_calloc(size_t, size_t);
size_t __wrap_docket_count(const struct docket *);
struct docket_case *__wrap_docket_case(struct docket *, size_t);
struct docket_case *__wrap_docket_find(struct docket *, const char *);
void __wrap_keeper_journal_forgotten(struct keeper *, const char *, const char *);

int
__wrap_fsio_replace(int dirfd, const char *name, const void *data, size_t n, mode_t mode)
{
	errno = ENOSPC;
	if (is_full || (unwritable != NULL && strcmp(name, unwritable) == 0))
		return -1;
	replaced++;
	return __real_fsio_replace(dirfd, name, data, n, mode);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return is_short ? NULL : __real_calloc(n, size);
}

size_t
__wrap_docket_count(const struct docket *d)
{
	(void)d;
	return 2;
}

struct docket_case *
__wrap_docket_case(struct docket *d, size_t i)
{
	(void)d;
	return &cases[i];
}

struct docket_case *
__wrap_docket_find(struct docket *d, const char *case_id)
{
	size_t i;

	(void)d;
	for (i = 0; i < 2; i++) {
		if (strcmp(cases[i].case_id, case_id) == 0)
			return &cases[i];
	}
	return NULL;
}

void
__wrap_keeper_journal_forgotten(struct keeper *keeper, const char *case_id, const char *why)
{
	size_t n = strlen(forgotten);

	(void)keeper;
	(void)snprintf(forgotten + n, sizeof(forgotten) - n, "%s %s;", case_id, why);
}

/* The process is gone, with all that it had in mind. */
static void
die(void)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		free(cases[i].kept);
		memset(&cases[i], 0, sizeof(cases[i]));
	}
	if (k.keptfd > 0)
		(void)close(k.keptfd); /* folders */
	if (k.journalfd > 0)
		(void)close(k.journalfd);
	memset(&k, 0, sizeof(k));
	forgotten[0] = '\0';
	replaced = 0;
}

/* Another one begins, so many seconds later. */
static void
begin(unsigned seconds)
{
	static const char *const names[] = {"LI-1", "LI-2"}, *const hashes[] = {HASH_A, HASH_B};
	size_t i;

	die();
	k.iap = &iap;
	k.filefd = k.keptfd = -1;
	k.journalfd = open(scratch_path("journal"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(k.journalfd, -1);
	k.reading.realtime = T0 + seconds * STAMP_SECOND;
	k.reading.boottime = UP + seconds * STAMP_SECOND;
	(void)snprintf(k.reading.boot_id, sizeof(k.reading.boot_id), "%s", "5f3a2c1e-0000-4000-8000-000000000001");
	for (i = 0; i < 2; i++) {
		strcpy(cases[i].case_id, names[i]);
		strcpy(orders[i].sha256, hashes[i]);
		cases[i].order = &orders[i];
		cases[i].duty = DUTY_IN_FORCE;
		cases[i].sent = 1;
	}
}

static void
load(void)
{
	scratch_listen();
	keeper_kept_load(&k);
	keeper_kept_judge(&k);
	scratch_heard();
}

static void
begin_and_load(unsigned seconds)
{
	begin(seconds);
	load();
}

static void
later(stamp_t seconds)
{
	k.reading.realtime += seconds * STAMP_SECOND;
	k.reading.boottime += seconds * STAMP_SECOND;
}

/* A reader says that the case's subject has an address (or, 0, none) until then, and which words were disputed. */
static void
tell(size_t i, stamp_t until, const char *disputed)
{
	static struct kept kept;

	memset(&kept, 0, sizeof(kept));
	strcpy(kept.case_id, cases[i].case_id);
	strcpy(kept.order, orders[i].sha256);
	for (; *disputed != '\0'; disputed++)
		memset(kept.disputed[kept.disputed_count++], *disputed, DIGEST_HEX - 1);
	if (until > 0) {
		kept.count = 1;
		strcpy(kept.at[0].method, "dhcpv4");
		kept.at[0].address = (struct order_prefix){.family = 4, .bits = 32, .addr = {192, 0, 2, 7}};
		kept.at[0].until = until;
		kept.at[0].told = T0;
		strcpy(kept.at[0].sha256, HASH_B);
		kept.at[0].hardware_length = 6;
	}
	scratch_listen();
	assert_int_equal(keeper_kept_take(&k, &kept, kept_size(&kept)), 0);
	scratch_heard();
}

/* Its counts: it has seen everything until now. */
static void
mark(int is_last)
{
	k.counts.followed = k.reading.realtime;
	k.counts.followed_boot = k.reading.boottime;
	scratch_listen();
	keeper_kept_mark(&k, is_last);
	scratch_heard();
}

static int
exists(const char *name)
{
	return access(scratch_path(name), F_OK) == 0;
}

static int
clean(void **state)
{
	(void)state;
	is_full = is_short = 0;
	unwritable = NULL;
	iap.resume_within = 30;
	iap.ipv6.router_count = 0;
	scratch_remove("journal");
	return mkdir(scratch_path("journal"), 0755);
}

static int
finish(void **state)
{
	(void)state;
	die();
	return 0;
}

static void
renewals_wait_for_the_mark(void **state)
{
	int i;

	(void)state;
	begin_and_load(0);
	tell(0, T0 + HOUR, "");
	mark(0);
	assert_int_equal(replaced, 2);
	for (i = 1; i < 1000; i++)
		tell(0, T0 + HOUR + i, "");
	assert_int_equal(replaced, 2);
	later(4);
	mark(0);
	assert_int_equal(replaced, 2);
	later(1);
	mark(0);
	assert_int_equal(replaced, 4);
	begin_and_load(10);
	assert_string_equal(forgotten, "");
	assert_int_equal(cases[0].kept->count, 1);
	assert_true(cases[0].kept->at[0].until == T0 + HOUR + 999);
}

static void
what_has_ended_is_not_resumed_where_the_keeper_is_killed(void **state)
{
	(void)state;
	begin_and_load(0);
	tell(0, T0 + HOUR, "");
	tell(1, T0 + HOUR, "");
	mark(0);
	/* Right after it was written there is no second time: the mark goes. */
	tell(0, 0, "");
	assert_int_equal(replaced, 3);
	assert_false(exists(MARK));
	begin_and_load(1);
	assert_string_equal(forgotten, "LI-1 unmarked;LI-2 unmarked;");
	assert_null(cases[0].kept);

	/* Later it is written at once, and the others go on. */
	tell(0, T0 + HOUR, "");
	tell(1, T0 + HOUR, "");
	mark(0);
	later(2);
	tell(0, T0 + HOUR - 1, "");
	begin_and_load(4);
	assert_string_equal(forgotten, "");
	assert_true(cases[0].kept->at[0].until == T0 + HOUR - 1);
	later(2);
	tell(0, 0, "");
	begin_and_load(7);
	assert_string_equal(forgotten, "");
	assert_null(cases[0].kept);
	assert_int_equal(cases[1].kept->count, 1);
}

static void
full_disk_brings_no_disputed_word_back_and_nothing_that_ended(void **state)
{
	(void)state;
	begin_and_load(0);
	tell(0, T0 + HOUR, "a");
	mark(0);
	is_full = 1;
	later(6);
	tell(0, 0, "ab");
	scratch_expect("No space");
	assert_false(exists(MARK));
	/* Not while it is not written, be it the last word. */
	mark(1);
	assert_false(exists(MARK));
	/* Which words were disputed could not be written: of those that stand none is believed. */
	begin(8);
	cases[0].given.count = 2;
	memset(cases[0].given.at[0].sha256, 'b', DIGEST_HEX - 1);
	memset(cases[0].given.at[1].sha256, 'c', DIGEST_HEX - 1);
	load();
	assert_string_equal(forgotten, "LI-1 damaged;");
	assert_int_equal(cases[0].kept->count, 0);
	assert_int_equal(cases[0].kept->disputed_count, 2);
	assert_string_equal(cases[0].kept->disputed[0], cases[0].given.at[0].sha256);

	/* It is tried again at the next mark. */
	tell(0, T0 + HOUR, "ab");
	mark(1);
	assert_false(exists(MARK));
	is_full = 0;
	later(5);
	mark(0);
	begin_and_load(15);
	assert_string_equal(forgotten, "");
	assert_int_equal(cases[0].kept->count, 1);
	assert_int_equal(cases[0].kept->disputed_count, 2);
}

/* A session that is over has no other place either, and stays so whatever becomes of what else was known. */
static void
session_that_is_over_is_written_at_once_and_stays_so(void **state)
{
	static struct kept kept;

	(void)state;
	begin_and_load(0);
	tell(0, T0 + HOUR, "");
	mark(1);
	memcpy(&kept, cases[0].kept, kept_size(cases[0].kept));
	strcpy(kept.over[0].session.id, HASH_A);
	kept.over[0].before = kept.over[0].until = T0 + HOUR;
	kept.over_count = 1;
	assert_int_equal(keeper_kept_take(&k, &kept, kept_size(&kept)), 0);
	assert_int_equal(keeper_kept_take(&k, &kept, kept_size(&kept)), 0);
	assert_int_equal(replaced, 3);
	begin(1);
	k.reading.boot_id[0] = '6';
	load();
	assert_string_equal(forgotten, "LI-1 boot;");
	assert_int_equal(cases[0].kept->count, 0);
	assert_int_equal(cases[0].kept->over_count, 1);
	begin_and_load(2);
	assert_int_equal(cases[0].kept->over_count, 1);
}

static void
disputed_word_is_written_at_once(void **state)
{
	(void)state;
	begin_and_load(0);
	tell(0, T0 + HOUR, "");
	mark(0);
	tell(0, T0 + HOUR, "a");
	begin_and_load(1);
	assert_string_equal(forgotten, "");
	assert_int_equal(cases[0].kept->disputed_count, 1);
}

static void
order_that_is_not_there_at_the_start_keeps_what_was_disputed(void **state)
{
	(void)state;
	begin_and_load(0);
	tell(0, T0 + HOUR, "a");
	tell(1, T0 + HOUR, "");
	mark(1);
	begin(1);
	cases[0].order = NULL;
	cases[0].duty = DUTY_REFUSED;
	strcpy(cases[1].case_id, "LI-3"); /* of the other nothing is known at all */
	load();
	assert_string_equal(forgotten, "LI-1 order;LI-2 order;");
	assert_null(cases[0].kept);
	assert_false(exists("journal/bindings/LI-2.tower-7.json"));
	cases[0].order = &orders[0];
	cases[0].duty = DUTY_IN_FORCE;
	keeper_kept_find(&k);
	assert_int_equal(cases[0].kept->count, 0);
	assert_int_equal(cases[0].kept->disputed_count, 1);
}

static void
damage_is_remembered_until_the_order_comes(void **state)
{
	(void)state;
	begin_and_load(0);
	tell(0, T0 + HOUR, "");
	mark(1);
	scratch_puts(FIRST, "192.0.2.7");
	begin(1);
	cases[0].order = NULL;
	load();
	begin(2);
	cases[0].given.count = 1;
	strcpy(cases[0].given.at[0].sha256, HASH_A);
	load();
	scratch_expect("LI-1.tower-7.json: damaged");
	assert_string_equal(forgotten, "LI-1 damaged;");
	assert_int_equal(cases[0].kept->disputed_count, 1);
}

/* The mark says of which case it does not stand. */
static void
case_that_can_not_be_written_holds_up_no_other(void **state)
{
	(void)state;
	begin_and_load(0);
	cases[0].given.count = 1;
	tell(0, T0 + HOUR, "");
	tell(1, T0 + HOUR, "");
	mark(1);
	unwritable = "LI-1.tower-7.json";
	tell(0, 0, "b");
	assert_false(exists(MARK));
	later(5);
	mark(0);
	assert_true(exists(MARK));
	begin(6);
	cases[0].given.count = 1;
	strcpy(cases[0].given.at[0].sha256, HASH_B);
	load();
	assert_string_equal(forgotten, "LI-1 unwritten;");
	assert_int_equal(cases[0].kept->count, 0);
	assert_string_equal(cases[0].kept->disputed[0], HASH_B);
	assert_int_equal(cases[1].kept->count, 1);

	/* Nor where its order is not here; when that comes, it is known which words are not believed. */
	tell(1, T0 + HOUR, "");
	mark(1);
	begin(7);
	cases[0].order = NULL;
	load();
	assert_string_equal(scratch_said, "");
	tell(1, T0 + HOUR, "");
	mark(1);
	unwritable = NULL;
	begin(8);
	cases[0].order = NULL;
	load();
	assert_string_equal(forgotten, "");
	assert_int_equal(cases[1].kept->count, 1);
	tell(1, T0 + HOUR, "");
	mark(1);
	begin(9);
	cases[0].given.count = 1;
	strcpy(cases[0].given.at[0].sha256, HASH_B);
	load();
	assert_string_equal(forgotten, "LI-1 damaged;");
	assert_int_equal(cases[0].kept->disputed_count, 1);
}

/* What stands in its old file is believed neither by the next keeper nor by the one after, whatever becomes of the mark. */
static void
case_that_the_mark_names_stays_unbelieved_while_it_can_not_be_written(void **state)
{
	unsigned i;

	(void)state;
	begin_and_load(0);
	tell(0, T0 + HOUR, "");
	mark(1);
	unwritable = "LI-1.tower-7.json";
	later(6);
	tell(0, T0 + 2 * HOUR, "");
	mark(1);
	assert_true(exists(MARK));
	for (i = 0; i < 2; i++) {
		begin(7 + i);
		cases[0].given.count = 1;
		strcpy(cases[0].given.at[0].sha256, HASH_B);
		load();
		assert_string_equal(forgotten, i == 0 ? "LI-1 unwritten;" : "LI-1 damaged;");
		assert_string_equal(cases[0].kept->disputed[0], HASH_B);
		assert_false(exists(MARK));
	}
}

static void
case_of_before_that_can_not_be_written_is_not_believed(void **state)
{
	(void)state;
	begin_and_load(0);
	tell(0, T0 + HOUR, "a");
	mark(1);
	begin(1);
	cases[0].order = NULL;
	is_full = 1;
	load();
	is_full = 0;
	assert_false(exists(MARK));
	tell(1, T0 + HOUR, "");
	mark(1);
	/* It comes back, and may be written again. */
	cases[0].order = &orders[0];
	scratch_listen();
	keeper_kept_find(&k);
	scratch_heard();
	assert_string_equal(forgotten, "LI-1 order;LI-1 unwritten;");
	begin_and_load(2);
	assert_string_equal(forgotten, "LI-1 unwritten;");
	assert_int_equal(cases[1].kept->count, 1);
	tell(1, T0 + HOUR, "");
	mark(1);
	begin_and_load(3);
	assert_string_equal(forgotten, "");
}

static void
what_a_kill_left_of_a_write_is_removed(void **state)
{
	(void)state;
	begin_and_load(0);
	scratch_puts("journal/bindings/.LI-1.tower-7.json.tmp", "192.0.2.7");
	scratch_puts("journal/bindings/.tower-7.mark.tmp", "{");
	scratch_puts("journal/bindings/.LI-1.tower-8.json.tmp", "another's");
	begin_and_load(1);
	assert_false(exists("journal/bindings/.LI-1.tower-7.json.tmp"));
	assert_false(exists("journal/bindings/.tower-7.mark.tmp"));
	assert_true(exists("journal/bindings/.LI-1.tower-8.json.tmp"));
}

static void
case_of_which_the_reader_says_nothing_holds_up_no_other_for_long(void **state)
{
	(void)state;
	begin_and_load(0);
	tell(0, T0 + HOUR, "");
	tell(1, T0 + HOUR, "");
	mark(1);
	begin_and_load(1);
	tell(0, T0 + HOUR, "");
	later(28);
	mark(0);
	assert_true(k.mark.boottime == UP);
	later(2);
	mark(1);
	assert_string_equal(forgotten, "LI-2 away;");
	assert_true(k.mark.boottime == UP + 31 * STAMP_SECOND);
	begin_and_load(32);
	assert_string_equal(forgotten, "");
	assert_int_equal(cases[0].kept->count, 1);
	assert_null(cases[1].kept);
}

/* One case and its mark, as the last reader left them. */
static void
leave(void)
{
	begin_and_load(0);
	tell(0, T0 + HOUR, "");
	mark(1);
	begin(1);
}

static void
nothing_counts_where_anything_speaks_against_it(void **state)
{
	(void)state;
	leave();
	load();
	assert_string_equal(forgotten, "");
	assert_int_equal(cases[0].kept->count, 1);

	leave();
	k.reading.boot_id[0] = '6';
	load();
	assert_string_equal(forgotten, "LI-1 boot;");
	assert_false(exists(FIRST));

	leave();
	iap.ipv6.router_count = 1;
	load();
	iap.ipv6.router_count = 0;
	assert_string_equal(forgotten, "LI-1 settings;");

	leave();
	scratch_remove(MARK);
	load();
	assert_string_equal(forgotten, "LI-1 unmarked;");

	leave();
	scratch_puts(MARK, "{}");
	load();
	scratch_expect("damaged");
	assert_string_equal(forgotten, "LI-1 unmarked;");

	leave();
	later(30);
	load();
	assert_string_equal(forgotten, "LI-1 away;");

	leave();
	k.reading.realtime += HOUR;
	load();
	assert_string_equal(forgotten, "LI-1 clock;");

	leave();
	strcpy(orders[0].sha256, HASH_B);
	load();
	assert_string_equal(forgotten, "LI-1 order;");
	assert_false(exists(FIRST));
}

static void
what_fails_or_ends_leaves_nothing(void **state)
{
	static const struct kept none = {.count = 0};

	(void)state;
	leave();
	load();
	is_short = 1;
	scratch_listen();
	assert_int_equal(keeper_kept_take(&k, &none, kept_size(&none)), 0);
	scratch_heard();
	is_short = 0;
	assert_string_equal(forgotten, "LI-1 unwritten;");
	assert_false(exists(FIRST));

	leave();
	load();
	keeper_kept_forget_all(&k, "reader-lost");
	assert_string_equal(forgotten, "LI-1 reader-lost;");
	assert_false(exists(FIRST));

	/* It expired while nobody captured. */
	leave();
	scratch_listen();
	keeper_kept_load(&k);
	scratch_heard();
	cases[0].duty = DUTY_EXPIRED;
	keeper_kept_outlived(&k);
	assert_string_equal(forgotten, "LI-1 order;");
	assert_false(exists(FIRST));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, clean, finish)
	const struct CMUnitTest tests[] = {
	    TEST(renewals_wait_for_the_mark),
	    TEST(what_has_ended_is_not_resumed_where_the_keeper_is_killed),
	    TEST(full_disk_brings_no_disputed_word_back_and_nothing_that_ended),
	    TEST(session_that_is_over_is_written_at_once_and_stays_so),
	    TEST(disputed_word_is_written_at_once),
	    TEST(order_that_is_not_there_at_the_start_keeps_what_was_disputed),
	    TEST(damage_is_remembered_until_the_order_comes),
	    TEST(case_that_can_not_be_written_holds_up_no_other),
	    TEST(case_that_the_mark_names_stays_unbelieved_while_it_can_not_be_written),
	    TEST(case_of_before_that_can_not_be_written_is_not_believed),
	    TEST(what_a_kill_left_of_a_write_is_removed),
	    TEST(case_of_which_the_reader_says_nothing_holds_up_no_other_for_long),
	    TEST(nothing_counts_where_anything_speaks_against_it),
	    TEST(what_fails_or_ends_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
