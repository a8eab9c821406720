#include "scratch.h"

#include "daytar.h"
#include "digest.h"
#include "manifest.h"
#include "tarfile.h"

#include "memory.h"

#define CASE "LI-2026-0042"
#define DAY (STAMP_DAY * 20777)
#define FOLDER CASE "_tower-7_2026-11-20"

static int folder = -1;
static char *whole;
static size_t whole_bytes;

static void
put_list(const char *first, const char *second)
{
	struct manifest *m = manifest_new();
	struct buf text = BUF_INIT;
	char sha256[DIGEST_HEX];

	assert_int_equal(digest_hex_of(first, strlen(first), sha256), 0);
	assert_int_equal(manifest_add(m, sha256, "a.txt"), 0);
	assert_int_equal(digest_hex_of(second, strlen(second), sha256), 0);
	assert_int_equal(manifest_add(m, sha256, "b.txt"), 0);
	assert_int_equal(manifest_write(m, &text), 0);
	scratch_puts("day/SHA256SUMS", text.data);
	manifest_free(m);
	buf_free(&text);
}

static struct daytar *
open_day(void)
{
	return daytar_open(folder, CASE, "tower-7", DAY);
}

/* All that it gives, ${step} bytes at a time; -1 where it fails. */
static long
read_all(struct daytar *d, char *out, size_t room, size_t step)
{
	size_t total = 0;
	long n;

	while ((n = daytar_read(d, out + total, step < room - total ? step : room - total)) > 0)
		total += (size_t)n;
	return n == -1 ? -1 : (long)total;
}

static int
set_up(void **state)
{
	static char second[70000];
	struct daytar *d;

	(void)state;
	scratch_remove("day");
	assert_int_equal(mkdir(scratch_path("day"), 0755), 0);
	memset(second, 'b', sizeof(second) - 1);
	put_list("first\n", second);
	scratch_puts("day/a.txt", "first\n");
	scratch_puts("day/b.txt", second);
	scratch_puts("day/SHA256SUMS.minisig", "signature\n");
	folder = open(scratch_path("day"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(folder, -1);
	d = open_day();
	assert_non_null(d);
	whole_bytes = (size_t)daytar_bytes(d);
	whole = malloc(whole_bytes + 1);
	assert_non_null(whole);
	assert_int_equal(read_all(d, whole, whole_bytes + 1, 65536), whole_bytes);
	daytar_close(d);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	free(whole);
	return close(folder);
}

static void
a_day_is_a_tar_of_the_list_its_signature_and_what_it_lists(void **state)
{
	static const char *const names[] = {"SHA256SUMS", "SHA256SUMS.minisig", "a.txt", "b.txt"};
	struct memory s = {whole, whole_bytes};
	struct tarfile_reader *r = tarfile_reader_new(memory_read, &s);
	struct tarfile_info info;
	char want[256];
	size_t i;

	(void)state;
	assert_non_null(r);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(tarfile_next(r, &info), TARFILE_MEMBER);
		(void)snprintf(want, sizeof(want), FOLDER "/%s", names[i]);
		assert_string_equal(info.name, want);
		assert_int_equal(info.mtime, (DAY + STAMP_DAY) / STAMP_SECOND);
	}
	assert_int_equal(tarfile_next(r, &info), TARFILE_END);
	tarfile_reader_free(r);
}

static void
it_gives_the_same_bytes_in_any_pieces_and_from_any_byte(void **state)
{
	char *again = malloc(whole_bytes + 1);
	struct daytar *d = open_day();
	size_t at;

	(void)state;
	assert_non_null(again);
	assert_non_null(d);
	assert_int_equal(read_all(d, again, whole_bytes + 1, 7), whole_bytes);
	assert_memory_equal(again, whole, whole_bytes);
	for (at = 0; at < whole_bytes; at += at < 6000 || at + 3000 > whole_bytes ? 1 : 997) {
		assert_int_equal(daytar_seek(d, at), 0);
		assert_int_equal(daytar_read(d, again, 600), whole_bytes - at < 600 ? whole_bytes - at : 600);
		assert_memory_equal(again, whole + at, whole_bytes - at < 600 ? whole_bytes - at : 600);
	}
	daytar_close(d);
	free(again);
}

static void
fault_124_a_file_that_is_not_the_listed_one_ends_the_reading_and_is_named(void **state)
{
	char *room = malloc(whole_bytes + 1024);
	struct daytar *d;

	(void)state;
	assert_non_null(room);
	scratch_puts("day/a.txt", "fir5t\n");
	d = open_day();
	assert_non_null(d);
	assert_int_equal(read_all(d, room, whole_bytes, 4096), -1);
	assert_int_equal(errno, EBADMSG);
	assert_string_equal(daytar_blamed(d), "a.txt");
	daytar_close(d);
	free(room);
}

static void
a_file_that_shrinks_grows_or_goes_meanwhile_ends_the_reading(void **state)
{
	static const char *const now[] = {"firs\n", "first\n\n", NULL};
	char *room = malloc(whole_bytes + 1024);
	struct daytar *d;
	size_t i;

	(void)state;
	assert_non_null(room);
	for (i = 0; i < sizeof(now) / sizeof(now[0]); i++) {
		scratch_puts("day/a.txt", "first\n");
		d = open_day();
		assert_non_null(d);
		if (now[i] == NULL)
			assert_int_equal(unlink(scratch_path("day/a.txt")), 0);
		else
			scratch_puts("day/a.txt", now[i]);
		assert_int_equal(read_all(d, room, whole_bytes, 4096), -1);
		assert_int_equal(errno, now[i] == NULL ? ENOENT : EBADMSG);
		assert_string_equal(daytar_blamed(d), "a.txt");
		daytar_close(d);
	}
	free(room);
}

static void
what_is_no_closed_day_is_refused(void **state)
{
	static const char hostile[][128] = {
	    "0000000000000000000000000000000000000000000000000000000000000000  ../x\n",
	    "0000000000000000000000000000000000000000000000000000000000000000  d/x\n",
	    "0000000000000000000000000000000000000000000000000000000000000000  .x\n", "no list\n", "\n"};
	struct daytar *d;
	size_t i;

	(void)state;
	assert_int_equal(unlink(scratch_path("day/b.txt")), 0);
	d = open_day();
	assert_null(d);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(symlink("a.txt", scratch_path("day/b.txt")), 0);
	assert_null(open_day());
	assert_int_equal(errno, EBADMSG);
	for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		scratch_puts("day/SHA256SUMS", hostile[i]);
		assert_null(open_day());
		assert_int_equal(errno, EBADMSG);
	}
	assert_int_equal(unlink(scratch_path("day/SHA256SUMS.minisig")), 0);
	put_list("first\n", "");
	assert_null(open_day());
	assert_int_equal(errno, ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_day_is_a_tar_of_the_list_its_signature_and_what_it_lists),
	    TEST(it_gives_the_same_bytes_in_any_pieces_and_from_any_byte),
	    TEST(fault_124_a_file_that_is_not_the_listed_one_ends_the_reading_and_is_named),
	    TEST(a_file_that_shrinks_grows_or_goes_meanwhile_ends_the_reading),
	    TEST(what_is_no_closed_day_is_refused),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
