#include <sys/stat.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "fsio.h"
#include "orderfile.h"
#include "sign.h"

#include "scratch.h"

/* Of two who may open the order, and of one who may not; as age-keygen made them for this test. */
static const char *const secrets[] = {"AGE-SECRET-KEY-1HWG3FJPQ0URPDLLUFQ33D3704APASZGS24LV7R2G0PPXXPZSXWPS50CSXY\n",
    "AGE-SECRET-KEY-1SEVDMF5PEQSDZ6YFT98Y0RVU0UHLFPPSZDTFTD2NT786KTJXUV3Q4Z4A2E\n",
    "AGE-SECRET-KEY-1L5TQZE6M8X9FSDCPCNT4HJH5R6295ADFKLP2DRRGPRZ5GYC4YC0QNWSUAU\n"};
static const char order_text[] = "[order]\nformat = casetap-order/1\ncase_id = LI-1\n";

static struct age_identities *keys[3];
static struct age_recipient recipients[3];
static struct buf text, file, out;

static int
setup(void **state)
{
	size_t i;

	if (scratch_setup(state) == -1 || sign_init() == -1)
		return -1;
	for (i = 0; i < 3; i++) {
		keys[i] = age_identities_parse(secrets[i], strlen(secrets[i]));
		if (keys[i] == NULL || age_identities_recipient(keys[i], 0, &recipients[i]) == -1)
			return -1;
	}
	return buf_puts(&text, order_text) | orderfile_encrypt(recipients, 2, &text, &file);
}

static int
teardown(void **state)
{
	size_t i;

	for (i = 0; i < 3; i++)
		age_identities_free(keys[i]);
	buf_free(&text);
	buf_free(&file);
	buf_free(&out);
	return scratch_teardown(state);
}

static void
opens(const struct age_identities *key, const struct buf *b)
{
	buf_clear(&out);
	assert_int_equal(orderfile_open(key, b, &out), 0);
	assert_int_equal(out.len, text.len);
	assert_memory_equal(out.data, text.data, text.len);
}

static void
stays_shut(const struct age_identities *key, const struct buf *b, int error)
{
	buf_clear(&out);
	errno = 0;
	assert_int_equal(orderfile_open(key, b, &out), -1);
	if (error != 0)
		assert_int_equal(errno, error);
	assert_int_equal(out.len, 0);
}

static void
an_order_is_opened_by_each_of_its_keys_and_by_no_other(void **state)
{
	(void)state;
	assert_true(orderfile_is_encrypted(&file));
	assert_null(memmem(file.data, file.len, "LI-1", 4));
	opens(keys[0], &file);
	opens(keys[1], &file);
	stays_shut(keys[2], &file, ENOKEY);
	stays_shut(NULL, &file, ENOKEY);
}

static void
an_order_in_the_clear_needs_no_key(void **state)
{
	(void)state;
	assert_false(orderfile_is_encrypted(&text));
	opens(NULL, &text);
	opens(keys[2], &text);
}

static void
a_changed_or_cut_order_is_never_taken_for_one(void **state)
{
	struct buf bad = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < file.len; i++) {
		buf_clear(&bad);
		assert_int_equal(buf_put(&bad, file.data, file.len), 0);
		bad.data[i] = (char)(bad.data[i] ^ 1);
		if (orderfile_is_encrypted(&bad))
			stays_shut(keys[0], &bad, 0);
		bad.data[i] = file.data[i];
		bad.len = i;
		if (orderfile_is_encrypted(&bad))
			stays_shut(keys[0], &bad, EKEYREJECTED);
	}
	bad.len = file.len;
	assert_int_equal(buf_putc(&bad, 'x'), 0);
	stays_shut(keys[0], &bad, EKEYREJECTED);
	buf_free(&bad);
}

static void
an_order_of_any_length_is_refused_over_the_limit(void **state)
{
	struct buf big = BUF_INIT, crypt = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < ORDER_MAX_BYTES; i++)
		assert_int_equal(buf_putc(&big, ' '), 0);
	assert_int_equal(orderfile_encrypt(recipients, 2, &big, &crypt), 0);
	assert_true(crypt.len <= ORDERFILE_MAX_BYTES);
	buf_clear(&out);
	assert_int_equal(orderfile_open(keys[0], &crypt, &out), 0);
	assert_int_equal(out.len, ORDER_MAX_BYTES);
	assert_int_equal(buf_putc(&big, ' '), 0);
	stays_shut(NULL, &big, EFBIG);
	buf_clear(&crypt);
	assert_int_equal(orderfile_encrypt(recipients, 2, &big, &crypt), 0);
	stays_shut(keys[0], &crypt, EFBIG);
	buf_free(&big);
	buf_free(&crypt);
}

/* Write a key file; its path is good until the next one. */
static const char *
key_file(const char *name, const char *content, mode_t mode)
{
	static char path[160];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", scratch_dir, name);
	(void)unlink(path); /* one of a test before may be read-only */
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(content, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static void
the_key_is_the_credential_before_the_file(void **state)
{
	struct age_identities *key;
	int status = -1;

	(void)state;
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_null(orderfile_key(NULL, &status));
	assert_int_equal(status, EX_OK);
	assert_null(orderfile_key("/nonexistent/key", &status));
	assert_int_equal(status, EX_OK);
	key = orderfile_key(key_file("own.key", secrets[2], 0600), &status);
	assert_non_null(key);
	stays_shut(key, &file, ENOKEY);
	age_identities_free(key);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", scratch_dir, 1), 0);
	key = orderfile_key(key_file("own.key", secrets[2], 0600), &status);
	assert_non_null(key); /* no such credential: the file's */
	age_identities_free(key);
	(void)key_file("orders.key", secrets[0], 0400);
	key = orderfile_key(key_file("own.key", secrets[2], 0600), &status);
	opens(key, &file);
	age_identities_free(key);
}

static void
a_key_that_is_none_or_not_secret_is_an_error(void **state)
{
	int status = 0;

	(void)state;
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", scratch_dir, 1), 0);
	(void)key_file("orders.key", "nonsense\n", 0600);
	assert_null(orderfile_key(NULL, &status));
	assert_int_equal(status, EX_CONFIG);
	(void)key_file("orders.key", secrets[0], 0644);
	assert_null(orderfile_key(NULL, &status));
	assert_int_equal(status, EX_NOPERM);
	assert_null(orderfile_key_load("/nonexistent/key", &status));
	assert_int_equal(status, EX_NOINPUT);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_order_is_opened_by_each_of_its_keys_and_by_no_other),
	    cmocka_unit_test(an_order_in_the_clear_needs_no_key),
	    cmocka_unit_test(a_changed_or_cut_order_is_never_taken_for_one),
	    cmocka_unit_test(an_order_of_any_length_is_refused_over_the_limit),
	    cmocka_unit_test(the_key_is_the_credential_before_the_file),
	    cmocka_unit_test(a_key_that_is_none_or_not_secret_is_an_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
