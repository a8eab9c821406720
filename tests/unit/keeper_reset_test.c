#include <sysexits.h>

#include "approval.h"
#include "ordermemory.h"
#include "reset.h"

#include "keeper_internal.h"
#include "scratch.h"

/*
 * A keeper whose memory of keyrings is gone, an approver's word on that, and what goes wrong on the way.
 */
#define T0 ((stamp_t)1795219200 * STAMP_SECOND)
#define WANTED "journal/tower-7.wanted"
#define REQUEST "requests/tower-7.reset"
#define AT_HAND 4 /* the version of the keyring in force */

static struct conf conf;
static struct conf_iap iap = {.name = "tower-7"};
static struct keyring_entry approver = {.name = "judge"};
static struct keeper k;
static int remember_error, load_error; /* errno of the next that fail; 0: none does */
static unsigned remembered;
static uint64_t asked; /* the version that the keyring was to follow */

int __wrap_approval_find(struct approval *);
int __wrap_keyring_remember(int, const struct keyring *);
int __wrap_keyring_follows(const struct keyring *, uint64_t, const char *);
struct ordermemory *__wrap_ordermemory_load(int, const char *);
struct ordermemory *__real_ordermemory_load(int, const char *);

static int
exists(const char *name)
{
	return access(scratch_path(name), F_OK) == 0;
}

int
__wrap_approval_find(struct approval *a)
{
	a->signer = &approver;
	return 1;
}

int
__wrap_keyring_remember(int dirfd, const struct keyring *keyring)
{
	(void)dirfd;
	(void)keyring;
	assert_true(exists(WANTED)); /* the token is not spent yet */
	errno = remember_error;
	remembered += remember_error == 0;
	return remember_error == 0 ? 0 : -1;
}

int
__wrap_keyring_follows(const struct keyring *keyring, uint64_t version, const char *root)
{
	(void)keyring;
	(void)root;
	asked = version;
	errno = ESTALE;
	return version <= AT_HAND ? 0 : -1;
}

struct ordermemory *
__wrap_ordermemory_load(int dirfd, const char *name)
{
	errno = load_error;
	return load_error == 0 ? __real_ordermemory_load(dirfd, name) : NULL;
}

static int
folder(const char *name)
{
	int fd;

	assert_int_equal(mkdir(scratch_path(name), 0755), 0);
	fd = open(scratch_path(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	return fd;
}

static int
setup(void **state)
{
	static char station[] = "Example Wireless LLC", orders[512];

	if (scratch_setup(state) == -1)
		return -1;
	memset(&k, 0, sizeof(k));
	conf.station = station;
	k.conf = &conf;
	k.iap = &iap;
	k.reading.realtime = T0;
	k.filefd = -1;
	k.journalfd = folder("journal");
	assert_int_equal(close(folder("requests")), 0);
	assert_int_equal(close(folder("orders")), 0);
	(void)snprintf(orders, sizeof(orders), "%s", scratch_path("orders"));
	conf.orders_dir = orders;
	k.statefd = open(scratch_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	k.journal = journal_open(k.journalfd, "tower-7", "1");
	assert_non_null(k.journal);
	remember_error = load_error = 0;
	remembered = 0;
	asked = 0;
	return 0;
}

static int
teardown(void **state)
{
	journal_close(k.journal);
	(void)close(k.journalfd); /* folders */
	(void)close(k.statefd);
	return scratch_teardown(state);
}

static int
reset(void)
{
	int rc;

	scratch_listen();
	rc = keeper_reset(&k, RESET_KEYRING);
	scratch_heard();
	return rc;
}

/* An approver answers what is wanted. */
static void
answer(void)
{
	struct reset r = {.station = "Example Wireless LLC", .iap = "tower-7", .issued = T0, .reason = "restored"};
	struct reset_wanted w;
	struct buf text = BUF_INIT;

	assert_int_equal(reset_wanted_load(k.journalfd, "tower-7", &w), 1);
	r.what = w.what;
	memcpy(r.token, w.token, sizeof(r.token));
	assert_int_equal(reset_write(&r, &text), 0);
	scratch_put(REQUEST, text.data, text.len, 0644);
	buf_free(&text);
}

static void
word_of_an_approver_is_used_up_only_once_the_keyring_is_in_mind_again(void **state)
{
	struct reset_wanted before, after;

	(void)state;
	assert_int_equal(reset(), -1);
	assert_int_equal(k.status, EX_CONFIG);
	answer();
	assert_int_equal(reset_wanted_load(k.journalfd, "tower-7", &before), 1);
	remember_error = ENOSPC;
	assert_int_equal(reset(), -1);
	assert_int_equal(k.status, EX_IOERR);
	assert_int_equal(reset_wanted_load(k.journalfd, "tower-7", &after), 1);
	assert_string_equal(after.token, before.token);
	/* Another has seen a newer one meanwhile. */
	remember_error = ESTALE;
	assert_int_equal(reset(), -1);
	assert_int_equal(k.status, EX_CONFIG);
	remember_error = 0;
	assert_int_equal(reset(), 0);
	assert_int_equal(remembered, 1);
	assert_false(exists(WANTED));
}

static void
keyring_that_is_older_than_another_access_points_is_not_reset_to(void **state)
{
	struct ordermemory *m = ordermemory_new();

	(void)state;
	assert_non_null(m);
	ordermemory_raise_keyring(m, AT_HAND + 1, "");
	assert_int_equal(ordermemory_save(m, k.journalfd, "tower-8"), 0);
	ordermemory_free(m);
	assert_int_equal(reset(), -1);
	assert_int_equal(k.status, EX_CONFIG);
	assert_int_equal(asked, AT_HAND + 1);
	assert_false(exists(WANTED));
	/* What is damaged is for others to mend. */
	scratch_puts("journal/tower-8.orders", "{");
	assert_int_equal(reset(), -1);
	assert_int_equal(asked, 0);
	assert_true(exists(WANTED));
}

static void
memory_that_can_not_be_read_for_now_is_no_matter_for_people(void **state)
{
	(void)state;
	load_error = EMFILE;
	assert_int_equal(reset(), -1);
	assert_int_equal(k.status, EX_OSERR);
	load_error = EIO;
	assert_int_equal(reset(), -1);
	assert_int_equal(k.status, EX_IOERR);
	assert_false(exists(WANTED));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static void
memory_that_is_gone_is_named_with_what_it_knew(void **state)
{
	unsigned lost;

	(void)state;
	scratch_put("journal/tower-7.jsonl", "{}\n", 3, 0644);
	scratch_listen();
	assert_int_equal(keeper_find_lost(&k, &lost), 0);
	scratch_heard();
	assert_int_equal(lost, RESET_ALL);
	assert_non_null(
	    strstr(scratch_said, "tower-7.orders is gone: what was accepted and revoked before is not known"));
	assert_non_null(strstr(scratch_said, "keyring.seen is gone: which keyring was in force before is not known"));
	assert_non_null(strstr(scratch_said, "tower-7.clock is gone: how late it has been before is not known"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(memory_that_is_gone_is_named_with_what_it_knew),
	    TEST(word_of_an_approver_is_used_up_only_once_the_keyring_is_in_mind_again),
	    TEST(keyring_that_is_older_than_another_access_points_is_not_reset_to),
	    TEST(memory_that_can_not_be_read_for_now_is_no_matter_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
