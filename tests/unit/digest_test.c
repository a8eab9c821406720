#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "digest.h"

#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC_HASH "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const struct {
	const char *text;
	const char *hash;
} vectors[] = {
    {"", EMPTY_HASH},
    {"abc", ABC_HASH},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void
digest_gives_the_vectors_of_fips_180(void **state)
{
	struct digest *d = digest_new();
	char hex[DIGEST_HEX];
	size_t i;

	assert_non_null(d);
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		assert_int_equal(digest_hex_of(vectors[i].text, strlen(vectors[i].text), hex), 0);
		assert_string_equal(hex, vectors[i].hash);
	}
	for (i = 0; i < 1000; i++) {
		char block[1000];

		memset(block, 'a', sizeof(block));
		digest_add(d, block, sizeof(block));
	}
	digest_take_hex(d, hex);
	assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	digest_free(d);
	digest_free(NULL);
}

static void
digest_is_the_same_however_the_bytes_are_cut(void **state)
{
	char data[300], whole[DIGEST_HEX], hex[DIGEST_HEX];
	struct digest *d = digest_new();
	size_t cut, i;

	assert_non_null(d);
	for (i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7);
	assert_int_equal(digest_hex_of(data, sizeof(data), whole), 0);
	for (cut = 0; cut <= sizeof(data); cut++) {
		digest_reset(d);
		digest_add(d, data, cut);
		digest_add(d, NULL, 0);
		digest_add(d, data + cut, sizeof(data) - cut);
		digest_take_hex(d, hex);
		assert_string_equal(hex, whole);
	}
	digest_free(d);
}

static void
digest_reset_forgets_what_was_added(void **state)
{
	struct digest *d = digest_new();
	uint8_t bytes[DIGEST_BYTES];
	char hex[DIGEST_HEX];

	assert_non_null(d);
	digest_add(d, "forgotten", 9);
	digest_reset(d);
	digest_add(d, "abc", 3);
	digest_take(d, bytes);
	assert_int_equal(bytes[0], 0xba);
	assert_int_equal(bytes[31], 0xad);
	digest_reset(d);
	digest_take_hex(d, hex);
	assert_string_equal(hex, EMPTY_HASH);
	digest_free(d);
}

static void
digest_fd_reads_from_the_offset_to_the_end(void **state)
{
	char hex[DIGEST_HEX], expected[DIGEST_HEX], *data;
	const size_t n = 200000;
	uint64_t bytes;
	int fd;

	fd = memfd_create("digest", MFD_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_int_equal(digest_fd(fd, hex, &bytes), 0);
	assert_string_equal(hex, EMPTY_HASH);
	assert_int_equal(bytes, 0);
	data = calloc(1, n);
	assert_non_null(data);
	memset(data + 70000, 'z', 100);
	assert_int_equal(write(fd, data, n), n);
	assert_int_equal(lseek(fd, 1000, SEEK_SET), 1000);
	assert_int_equal(digest_fd(fd, hex, &bytes), 0);
	assert_int_equal(bytes, n - 1000);
	assert_int_equal(digest_hex_of(data + 1000, n - 1000, expected), 0);
	assert_string_equal(hex, expected);
	/* Exactly a whole number of blocks, and no wish to know how many bytes. */
	assert_int_equal(ftruncate(fd, 131072), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(digest_fd(fd, hex, NULL), 0);
	assert_int_equal(digest_hex_of(data, 131072, expected), 0);
	assert_string_equal(hex, expected);
	free(data);
	assert_int_equal(close(fd), 0);
}

static void
digest_fd_tells_a_file_that_can_not_be_read(void **state)
{
	char hex[DIGEST_HEX] = "untouched";
	uint64_t bytes = 42;
	int fd;

	errno = 0;
	assert_int_equal(digest_fd(-1, hex, &bytes), -1);
	assert_int_equal(errno, EBADF);
	fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_int_equal(digest_fd(fd, hex, &bytes), -1);
	assert_int_equal(errno, EISDIR);
	assert_string_equal(hex, "untouched");
	assert_int_equal(bytes, 42);
	assert_int_equal(close(fd), 0);
}

static void
digest_is_hex_wants_64_lower_case_digits(void **state)
{
	char s[DIGEST_HEX + 1] = ABC_HASH;

	assert_true(digest_is_hex(s));
	s[64] = '0';
	assert_false(digest_is_hex(s));
	s[64] = '\n';
	assert_false(digest_is_hex(s));
	s[63] = '\0';
	assert_false(digest_is_hex(s));
	assert_false(digest_is_hex(""));
	assert_false(digest_is_hex("BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	assert_false(digest_is_hex("ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

static void
fault_147_openssl_conf_of_the_environment_is_not_read(void **state)
{
	char hex[DIGEST_HEX];

	/* Set before the first use of the library, in main(). */
	assert_non_null(getenv("OPENSSL_CONF"));
	assert_int_equal(digest_hex_of("abc", 3, hex), 0);
	assert_string_equal(hex, ABC_HASH);
}

static void
the_md5_of_a_part_is_what_rfc_1321_says(void **state)
{
	struct digest *d = digest_new_md5();
	char hex[DIGEST_MD5_HEX];

	(void)state;
	assert_non_null(d);
	digest_take_md5(d, hex);
	assert_string_equal(hex, "d41d8cd98f00b204e9800998ecf8427e");
	digest_reset(d);
	digest_add(d, "message ", 8);
	digest_add(d, "digest", 6);
	digest_take_md5(d, hex);
	assert_string_equal(hex, "f96b697d7cb7938d525a2f31aaf161d0");
	digest_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_md5_of_a_part_is_what_rfc_1321_says),
	    cmocka_unit_test(fault_147_openssl_conf_of_the_environment_is_not_read),
	    cmocka_unit_test(digest_gives_the_vectors_of_fips_180),
	    cmocka_unit_test(digest_is_the_same_however_the_bytes_are_cut),
	    cmocka_unit_test(digest_reset_forgets_what_was_added),
	    cmocka_unit_test(digest_fd_reads_from_the_offset_to_the_end),
	    cmocka_unit_test(digest_fd_tells_a_file_that_can_not_be_read),
	    cmocka_unit_test(digest_is_hex_wants_64_lower_case_digits),
	};
	char conf[] = "/tmp/casetap-openssl-XXXXXX";
	/* With this the default provider would not be there, nor any hash. */
	const char text[] = "openssl_conf = a\n[a]\nproviders = b\n[b]\nnull = c\n[c]\nactivate = 1\n";
	int fd, failed;

	fd = mkstemp(conf);
	if (fd == -1 || write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1 || close(fd) == -1 ||
	    setenv("OPENSSL_CONF", conf, 1) == -1)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return unlink(conf) == -1 ? 1 : failed;
}
