#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "text.h"
#include "tsp.h"

#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* As `openssl ts -query -digest HASH -sha256 -cert` writes it, for the nonce 0102030405060708. */
static const char expected[] = "30430201013031300d060960864801650304020105000420" HASH "02080102030405060708"
			       "0101ff";

static void
a_request_is_the_69_bytes_of_rfc_3161(void **state)
{
	const uint8_t nonce[TSP_NONCE_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};
	uint8_t request[TSP_REQUEST_BYTES];
	char hex[2 * TSP_REQUEST_BYTES + 1];

	(void)state;
	assert_int_equal(tsp_request(HASH, nonce, request), 0);
	text_hex(hex, request, sizeof(request));
	assert_string_equal(hex, expected);
}

static void
a_nonce_is_always_eight_positive_bytes(void **state)
{
	uint8_t nonce[TSP_NONCE_BYTES] = {0}, request[TSP_REQUEST_BYTES];
	unsigned i;

	(void)state;
	for (i = 0; i < 256; i++) {
		nonce[0] = (uint8_t)i;
		assert_int_equal(tsp_request(HASH, nonce, request), 0);
		assert_in_range(request[TSP_REQUEST_BYTES - 3 - TSP_NONCE_BYTES], 1, 127);
	}
}

static void
the_nonce_of_a_request_that_was_kept_is_found(void **state)
{
	const uint8_t nonce[TSP_NONCE_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};
	uint8_t request[TSP_REQUEST_BYTES], found[TSP_NONCE_BYTES];

	(void)state;
	assert_int_equal(tsp_request(HASH, nonce, request), 0);
	assert_int_equal(tsp_request_nonce(request, sizeof(request), HASH, found), 0);
	assert_memory_equal(nonce, found, sizeof(nonce));
	assert_int_equal(tsp_request_nonce(request, sizeof(request) - 1, HASH, found), -1);
	request[30] ^= 1; /* of another file */
	assert_int_equal(tsp_request_nonce(request, sizeof(request), HASH, found), -1);
}

static void
what_is_no_hash_is_not_asked_about(void **state)
{
	const uint8_t nonce[TSP_NONCE_BYTES] = {1};
	uint8_t request[TSP_REQUEST_BYTES];

	(void)state;
	assert_int_equal(tsp_request("", nonce, request), -1);
	assert_int_equal(tsp_request("abc", nonce, request), -1);
	assert_int_equal(tsp_request("G" HASH, nonce, request), -1);
}

static void
what_is_no_certificate_vouches_for_nothing(void **state)
{
	static const char broken[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

	(void)state;
	assert_null(tsp_ca_parse("", 0));
	assert_null(tsp_ca_parse("x\n", 2));
	assert_null(tsp_ca_parse(broken, sizeof(broken) - 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_request_is_the_69_bytes_of_rfc_3161),
	    cmocka_unit_test(a_nonce_is_always_eight_positive_bytes),
	    cmocka_unit_test(the_nonce_of_a_request_that_was_kept_is_found),
	    cmocka_unit_test(what_is_no_hash_is_not_asked_about),
	    cmocka_unit_test(what_is_no_certificate_vouches_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
