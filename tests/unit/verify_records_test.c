#include "custody.h"
#include "fsio.h"
#include "scratch.h"

#include "findings.h"
#include "verify_records_internal.h"

#define CASE "LI-1"

/* Linked with --wrap=fsio_list: why no folder can be listed, or 0. */
static int list_errno;
static unsigned lists;

int __real_fsio_list(int, int (*)(void *, const char *), void *);
int __wrap_fsio_list(int, int (*)(void *, const char *), void *);

int
__wrap_fsio_list(int dirfd, int (*each)(void *, const char *), void *cookie)
{
	lists++;
	if (list_errno == 0)
		return __real_fsio_list(dirfd, each, cookie);
	errno = list_errno;
	return -1;
}

/* A log of one line. */
static void
put_log(void)
{
	static const char line[] = "{\"n\":1,\"time\":\"2026-11-21T00:00:00.000000000Z\",\"case\":\"" CASE
				   "\",\"event\":\"hold\",\"object\":null,\"detail\":{}}";
	int fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct custody *c = custody_open(fd, 1);

	assert_non_null(c);
	assert_int_equal(custody_append(c, "packager", json_parse(line, strlen(line), 8)), 0);
	assert_int_equal(custody_sync(c), 0);
	custody_close(c);
	assert_int_equal(close(fd), 0);
}

static void
that_folders_of_streams_can_not_be_listed_is_said_once(void **state)
{
	struct verify_place place = {.case_id = CASE};
	struct verify_run run = {.tsa_ca = NULL};
	struct verify_keys *keys;
	struct sign_key *root;
	char folder[512];
	size_t i, unreadable = 0;

	(void)state;
	put_log();
	assert_int_equal(sign_init(), 0);
	root = sign_key_generate();
	keys = verify_keys_new(sign_key_pub(root));
	result = verify_result_new(0);
	(void)snprintf(folder, sizeof(folder), "%s", scratch_path(""));
	place.folder = place.label = folder;
	run.keys = keys;
	run.result = result;
	assert_int_equal(verify_keys_settle(keys, result), 0);
	list_errno = EIO;
	assert_int_equal(verify_records(&run, &place), 0);
	list_errno = 0;
	assert_true(lists >= 2);
	assert_int_equal(verify_result_status(result), VERIFY_UNREADABLE);
	assert_true(said(folder, strerror(EIO)));
	for (i = 0; i < result->count; i++)
		unreadable += result->findings[i].code == VERIFY_UNREADABLE;
	assert_int_equal(unreadable, 1);
	list_errno = ENOMEM;
	assert_int_equal(verify_records(&run, &place), -1);
	list_errno = 0;
	verify_result_free(result);
	verify_keys_free(keys);
	sign_key_free(root);
}

/* A log of so many requests that were refused, none of which is kept: each words of its own, or all of one. */
static size_t
looks_for(size_t n, int is_one)
{
	struct verify_run run = {.tsa_ca = NULL};
	struct records r = {.run = &run, .label = CASE, .case_id = CASE, .word_count = n};
	size_t i;

	result = run.result = verify_result_new(0);
	r.dir.fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r.words = calloc(n, sizeof(*r.words));
	assert_non_null(r.words);
	for (i = 0; i < n; i++) {
		r.words[i].kind = RECORDS_REFUSED;
		r.words[i].object[0] = is_one ? 0 : (uint8_t)i;
		r.words[i].object[1] = is_one ? 0 : (uint8_t)(i >> 8);
	}
	assert_int_equal(records_requests(&r), 0);
	assert_int_equal(result->count, is_one ? 1 : n);
	assert_int_equal(close(r.dir.fd), 0);
	free(r.words);
	free(r.asked);
	verify_result_free(result);
	return r.looks;
}

static void
a_log_of_many_requests_costs_little_more_than_its_length(void **state)
{
	const size_t n = 8192; /* 2 to the 13th */

	(void)state;
	assert_in_range(looks_for(n, 0), n, n * 2 * (14 + 2)); /* twice: a search, the word, and the next */
	assert_in_range(looks_for(n, 1), n, n * 2 + 2 * 15);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(that_folders_of_streams_can_not_be_listed_is_said_once),
	    cmocka_unit_test(a_log_of_many_requests_costs_little_more_than_its_length),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
