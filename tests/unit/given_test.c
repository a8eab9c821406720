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
	scratch_remove("requests");
	scratch_remove("journal");
	return 0;
}

/* One binding that alice has signed, and a signature of nobody's beside it. */
static void
give(void)
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	struct binding b;

	memset(&b, 0, sizeof(b));
	strcpy(b.case_id, "LI-1");
	assert_int_equal(binding_address_parse("192.0.2.7", &b.address), 0);
	b.from = b.issued = T0;
	b.until = T0 + HOUR;
	strcpy(b.proof, "plan");
	strcpy(b.proof_sha256, HEX);
	strcpy(b.kept_sha256, HEX);
	strcpy(b.reason, "plan");
	assert_int_equal(binding_write(&b, &text), 0);
	assert_int_equal(sign_make(approver, text.data, text.len, "given", &sig), 0);
	assert_int_equal(mkdir(scratch_path("requests"), 0755), 0);
	scratch_put("requests/LI-1.a.binding", text.data, text.len, 0644);
	scratch_put("requests/LI-1.a.binding.alice.minisig", sig.data, sig.len, 0644);
	scratch_puts("requests/LI-1.a.binding.bob.minisig", "nobody's\n");
	buf_free(&text);
	buf_free(&sig);
}

static int
load(struct given_list *list)
{
	int rc, journalfd = fsio_mkdirs(statefd, "journal/capture", 0750);

	scratch_listen();
	rc = given_load(&(struct given_place){statefd, journalfd, "tower-7"}, keyring, T0, &order, list);
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
	unread = "LI-1.a.binding";
	unread_errno = EIO;
	assert_int_equal(load(&list), -1);
	scratch_expect("LI-1.a.binding");
	/* Nor while its signature can not be: nobody knows whether it is approved. */
	unread = "LI-1.a.binding.alice.minisig";
	assert_int_equal(load(&list), -1);
	scratch_expect("its signature can not be read for now");
	/* One that is gone, or is none, is taken back. */
	unread_errno = ENOENT;
	assert_int_equal(load(&list), 0);
	assert_int_equal(list.count, 0);
	scratch_expect("not signed by an approver");
	unread = "LI-1.a.binding.bob.minisig";
	unread_errno = EIO;
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
	assert_int_equal(fsio_load(dirfd, "LI-1.a.binding", BINDING_MAX_BYTES, &text), 0);
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
what_can_not_be_kept_is_not_followed(void **state)
{
	struct given_list list;

	(void)state;
	give();
	assert_int_equal(mkdir(scratch_path("journal"), 0755), 0);
	assert_int_equal(mkdir(scratch_path("journal/capture"), 0755), 0);
	scratch_puts("journal/capture/given", "no folder\n");
	assert_int_equal(load(&list), 0);
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
	struct approval a = {.name = "LI-1.a.binding", .text = &text, .keyring = keyring, .now = T0};

	(void)state;
	give();
	a.dirfd = fsio_opendirat(statefd, "requests");
	assert_int_equal(fsio_load(a.dirfd, a.name, BINDING_MAX_BYTES, &text), 0);
	assert_int_equal(approval_find(&a), 1);
	assert_string_equal(a.signer->name, "alice");
	assert_string_equal(a.signature_name, "LI-1.a.binding.alice.minisig");
	buf_free(&a.signature);
	unread = "LI-1.a.binding.alice.minisig";
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
	    TEST(what_is_followed_stays_for_the_packager_with_the_signature_that_counted),
	    TEST(what_can_not_be_kept_is_not_followed),
	    TEST(folder_of_requests_that_can_not_be_read_takes_no_word_back),
	    TEST(approval_tells_none_from_one_that_can_not_be_read),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
