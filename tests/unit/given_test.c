#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "approval.h"
#include "binding.h"
#include "fsio.h"
#include "given.h"

#include "scratch.h"
#include "unread.h"

#define T0 ((stamp_t)1795219200 * STAMP_SECOND) /* 2026-11-21T00:00:00Z */
#define HOUR (3600 * STAMP_SECOND)
#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct order_identity identity = {ORDER_DHCP_MAC, 6, {2, 0, 0x5e, 0, 0x53, 7}};
static struct order order = {
    .case_id = "LI-1", .not_before = T0, .not_after = T0 + HOUR, .identities = &identity, .identity_count = 1};
static struct sign_key *approver;
static struct keyring *keyring;
static int statefd;
static struct given_list before; /* what the last load found */

/* Nothing can be put for now. */
static int is_full;

int __real_fsio_put(int, const char *, const void *, size_t, mode_t);
int __wrap_fsio_put(int, const char *, const void *, size_t, mode_t);

int
__wrap_fsio_put(int dirfd, const char *name, const void *data, size_t n, mode_t mode)
{
	if (!is_full)
		return __real_fsio_put(dirfd, name, data, n, mode);
	errno = ENOSPC;
	return -1;
}

static int
set_up(void **state)
{
	char pub[SIGN_KEY_TEXT], text[512];

	assert_int_equal(sign_init(), 0);
	assert_int_equal(scratch_setup(state), 0);
	approver = sign_key_generate();
	assert_non_null(approver);
	sign_pub_format(sign_key_pub(approver), pub);
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 1\n"
	    "approver: %s name=alice from=2026-01-01T00:00:00Z\n",
	    pub);
	keyring = keyring_parse(text, strlen(text), "keyring");
	assert_non_null(keyring);
	statefd = fsio_opendir(scratch_path("."));
	if (statefd == -1)
		statefd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(statefd, -1);
	return 0;
}

static int
tear_down(void **state)
{
	(void)close(statefd);
	sign_key_free(approver);
	keyring_free(keyring);
	return scratch_teardown(state);
}

static int
clean(void **state)
{
	(void)state;
	unread = NULL;
	is_full = 0;
	memset(&before, 0, sizeof(before));
	scratch_remove("requests");
	scratch_remove("journal");
	return 0;
}

/* A binding of 192.0.2.LAST that alice has signed, and a signature of nobody's beside it.  Its file is named ${name}. */
static void
give_one(unsigned last, char name[64])
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	char address[32], path[256], sha256[DIGEST_HEX];
	struct binding b;

	memset(&b, 0, sizeof(b));
	strcpy(b.case_id, "LI-1");
	(void)snprintf(address, sizeof(address), "192.0.2.%u", last);
	assert_null(binding_address_parse(address, &b.address));
	b.from = b.issued = T0;
	b.until = T0 + HOUR;
	strcpy(b.proof, "plan");
	strcpy(b.proof_sha256, HEX);
	strcpy(b.kept_sha256, HEX);
	strcpy(b.reason, "plan");
	assert_int_equal(binding_write(&b, &text), 0);
	assert_int_equal(digest_hex_of(text.data, text.len, sha256), 0);
	(void)snprintf(name, 64, "LI-1.%.16s.binding", sha256);
	assert_int_equal(sign_make(approver, text.data, text.len, "given", &sig), 0);
	(void)mkdir(scratch_path("requests"), 0755); /* the first one's */
	(void)snprintf(path, sizeof(path), "requests/%s", name);
	scratch_put(path, text.data, text.len, 0644);
	(void)snprintf(path, sizeof(path), "requests/%s.alice.minisig", name);
	scratch_put(path, sig.data, sig.len, 0644);
	(void)snprintf(path, sizeof(path), "requests/%s.bob.minisig", name);
	scratch_puts(path, "nobody's\n");
	buf_free(&text);
	buf_free(&sig);
}

static char given_name[64], alices[80], bobs[80];

static void
give(void)
{
	give_one(7, given_name);
	(void)snprintf(alices, sizeof(alices), "%s.alice.minisig", given_name);
	(void)snprintf(bobs, sizeof(bobs), "%s.bob.minisig", given_name);
}

static int
load(struct given_list *list)
{
	int rc, journalfd = fsio_mkdirs(statefd, "journal/capture", 0750);

	scratch_listen();
	rc = given_load(&(struct given_place){statefd, journalfd, "tower-7"}, &(struct given_judge){keyring, T0},
	    &order, &before, list);
	before = *list;
	scratch_heard();
	(void)close(journalfd); /* a folder */
	return rc;
}

static void
word_that_can_not_be_read_for_now_is_not_taken_back(void **state)
{
	struct given_list list;

	(void)state;
	give();
	assert_int_equal(load(&list), 0);
	assert_int_equal(list.count, 1);
	unread = given_name;
	unread_errno = EIO;
	assert_int_equal(load(&list), -1);
	assert_int_equal(list.count, 1);
	scratch_expect(given_name);
	/* Nor while its signature can not be: nobody knows whether it is approved. */
	unread = alices;
	assert_int_equal(load(&list), -1);
	assert_int_equal(list.count, 1);
	scratch_expect("its signature can not be read for now");
	/* One that is gone, or is none, is taken back. */
	unread_errno = ENOENT;
	assert_int_equal(load(&list), 0);
	assert_int_equal(list.count, 0);
	scratch_expect("not signed by an approver");
	/* And what was not followed before is not while it can not be judged. */
	unread_errno = EIO;
	assert_int_equal(load(&list), -1);
	assert_int_equal(list.count, 0);
	unread = given_name;
	assert_int_equal(load(&list), -1);
	assert_int_equal(list.count, 0);
	unread = bobs;
	assert_int_equal(load(&list), 0);
	assert_int_equal(list.count, 1);
	/* A folder of that name is no word that could not be read. */
	unread = given_name;
	unread_errno = EBADMSG;
	assert_int_equal(load(&list), 0);
	assert_int_equal(list.count, 0);
}

static void
word_that_can_not_be_read_for_now_holds_up_no_other(void **state)
{
	char other[64], path[128], third[64];
	struct given_list list;

	(void)state;
	give();
	give_one(8, other);
	assert_int_equal(load(&list), 0);
	assert_int_equal(list.count, 2);
	/* The other is taken back, and a third is given, while the first one's signature can not be read. */
	unread = alices;
	unread_errno = EIO;
	(void)snprintf(path, sizeof(path), "requests/%s", other);
	scratch_remove(path);
	give_one(9, third);
	assert_int_equal(load(&list), -1);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.at[0].address.addr[3] + list.at[1].address.addr[3], 7 + 9);
	unread = given_name;
	(void)snprintf(path, sizeof(path), "requests/%s", third);
	scratch_remove(path);
	assert_int_equal(load(&list), -1);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.at[0].address.addr[3], 7);
}

static void
word_that_can_not_be_kept_for_now_is_tried_again(void **state)
{
	struct given_list list;
	char other[64];

	(void)state;
	is_full = 1;
	give();
	assert_int_equal(load(&list), -1);
	assert_int_equal(list.count, 0);
	is_full = 0;
	assert_int_equal(load(&list), 0);
	assert_int_equal(list.count, 1);
	/* One that is followed is not taken back when what was kept of it is gone, and can not be put again. */
	is_full = 1;
	scratch_remove("journal/capture/given");
	give_one(8, other);
	assert_int_equal(load(&list), -1);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.at[0].address.addr[3], 7);
	is_full = 0;
	assert_int_equal(load(&list), 0);
	assert_int_equal(list.count, 2);
}

static void
word_whose_name_is_taken_by_other_bytes_is_not_followed(void **state)
{
	struct given_list list;
	char path[128];

	(void)state;
	give();
	assert_int_equal(load(&list), 0);
	memset(&before, 0, sizeof(before));
	(void)snprintf(path, sizeof(path), "journal/capture/given/tower-7/%s", given_name);
	scratch_remove(path);
	scratch_puts(path, "another's\n");
	assert_int_equal(load(&list), -1);
	assert_int_equal(list.count, 0);
	scratch_expect("File exists");
	/* A signature without its text is what a kill has left. */
	scratch_remove(path);
	(void)snprintf(path, sizeof(path), "journal/capture/given/tower-7/%s", alices);
	scratch_puts(path, "half\n");
	assert_int_equal(load(&list), 0);
	assert_int_equal(list.count, 1);
}

static void
what_is_followed_stays_for_the_packager_with_the_signature_that_counted(void **state)
{
	struct given_list list;
	struct buf kept = BUF_INIT, text = BUF_INIT;
	char name[128], hash[DIGEST_HEX];
	int fd, dirfd;

	(void)state;
	give();
	assert_int_equal(load(&list), 0);
	assert_int_equal(list.count, 1);
	memcpy(hash, list.at[0].sha256, sizeof(hash));
	hash[16] = '\0';
	dirfd = fsio_opendirat(statefd, "requests");
	fd = fsio_opendirat(statefd, "journal/capture/given/tower-7");
	assert_true(fd != -1 && dirfd != -1);
	(void)snprintf(name, sizeof(name), "LI-1.%s.binding", hash);
	assert_int_equal(fsio_load(dirfd, given_name, BINDING_MAX_BYTES, &text), 0);
	assert_int_equal(fsio_load(fd, name, BINDING_MAX_BYTES, &kept), 0);
	assert_true(kept.len == text.len && memcmp(kept.data, text.data, text.len) == 0);
	buf_clear(&kept);
	(void)snprintf(name, sizeof(name), "LI-1.%s.binding.alice.minisig", hash);
	assert_int_equal(fsio_load(fd, name, BINDING_MAX_BYTES, &kept), 0);
	buf_free(&kept);
	buf_free(&text);
	(void)close(fd);
	(void)close(dirfd);
}

static void
what_a_kill_left_of_keeping_a_word_is_removed_at_the_start(void **state)
{
	static const char *const left[] = {"journal/capture/given/tower-7/.LI-1.0123456789abcdef.binding.tmp",
	    "journal/capture/given/tower-7/.LI-1.0123456789abcdef.binding.alice.minisig.tmp"};
	struct given_list list;
	size_t i;
	int fd;

	(void)state;
	give();
	assert_int_equal(load(&list), 0);
	for (i = 0; i < 2; i++)
		scratch_puts(left[i], "192.0.2.7");
	fd = fsio_opendirat(statefd, "journal/capture");
	given_clean(&(struct given_place){statefd, fd, "tower-8"}); /* which never kept any */
	assert_int_equal(access(scratch_path(left[0]), F_OK), 0);
	given_clean(&(struct given_place){statefd, fd, "tower-7"});
	(void)close(fd); /* a folder */
	for (i = 0; i < 2; i++)
		assert_int_equal(access(scratch_path(left[i]), F_OK), -1);
	memset(&before, 0, sizeof(before));
	assert_int_equal(load(&list), 0);
	assert_int_equal(list.count, 1);
}

static void
what_can_not_be_kept_is_not_followed(void **state)
{
	struct given_list list;

	(void)state;
	give();
	assert_int_equal(mkdir(scratch_path("journal"), 0755), 0);
	assert_int_equal(mkdir(scratch_path("journal/capture"), 0755), 0);
	scratch_puts("journal/capture/given", "no folder\n");
	assert_int_equal(load(&list), -1);
	assert_int_equal(list.count, 0);
	scratch_expect("journal/capture/given");
}

static void
folder_of_requests_that_can_not_be_read_takes_no_word_back(void **state)
{
	struct given_list list;

	(void)state;
	scratch_puts("requests", "no folder\n");
	assert_int_equal(load(&list), -1);
	scratch_expect("requests");
	scratch_remove("requests");
	assert_int_equal(load(&list), 0);
	assert_int_equal(list.count, 0);
}

static void
approval_tells_none_from_one_that_can_not_be_read(void **state)
{
	struct buf text = BUF_INIT;
	struct approval a = {.text = &text, .keyring = keyring, .now = T0};

	(void)state;
	give();
	a.name = given_name;
	a.dirfd = fsio_opendirat(statefd, "requests");
	assert_int_equal(fsio_load(a.dirfd, a.name, BINDING_MAX_BYTES, &text), 0);
	assert_int_equal(approval_find(&a), 1);
	assert_string_equal(a.signer->name, "alice");
	assert_string_equal(a.signature_name, alices);
	buf_free(&a.signature);
	unread = alices;
	unread_errno = EACCES;
	assert_int_equal(approval_find(&a), -1);
	assert_int_equal(errno, EACCES);
	buf_free(&a.signature);
	unread_errno = EBADMSG; /* a folder of that name */
	assert_int_equal(approval_find(&a), 0);
	buf_free(&a.signature);
	buf_free(&text);
	(void)close(a.dirfd);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, clean, clean)
	const struct CMUnitTest tests[] = {
	    TEST(word_that_can_not_be_read_for_now_is_not_taken_back),
	    TEST(word_that_can_not_be_read_for_now_holds_up_no_other),
	    TEST(word_that_can_not_be_kept_for_now_is_tried_again),
	    TEST(word_whose_name_is_taken_by_other_bytes_is_not_followed),
	    TEST(what_is_followed_stays_for_the_packager_with_the_signature_that_counted),
	    TEST(what_a_kill_left_of_keeping_a_word_is_removed_at_the_start),
	    TEST(what_can_not_be_kept_is_not_followed),
	    TEST(folder_of_requests_that_can_not_be_read_takes_no_word_back),
	    TEST(approval_tells_none_from_one_that_can_not_be_read),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
