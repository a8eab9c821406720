#include "scratch.h"

#include "daytar.h"
#include "manifest.h"

#include "verify_tar.h"

#define CASE "LI-2026-0042"
#define DAY (STAMP_DAY * 20777)
#define FOLDER CASE "_tower-7_2026-11-20"
#define NAME FOLDER ".day.tar"
#define PACKAGE CASE "_tower-7_0000000001.tar"
#define MTIME ((DAY + STAMP_DAY) / STAMP_SECOND)

static const struct {
	const char *name, *text;
} files[] = {{PACKAGE, "no package, but it need not be one here"}, {"VERIFY.txt", ""}, {"keyring.txt", "keys\n"}};

static int dirfd_of_it = -1;
static char why[256];

static int
to_buf(void *cookie, const void *data, size_t n)
{
	return buf_put(cookie, data, n);
}

static void
put_list(struct buf *out)
{
	struct manifest *m = manifest_new();
	char sha256[DIGEST_HEX];
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_int_equal(digest_hex_of(files[i].text, strlen(files[i].text), sha256), 0);
		assert_int_equal(manifest_add(m, sha256, files[i].name), 0);
	}
	assert_int_equal(manifest_write(m, out), 0);
	manifest_free(m);
}

static void
member(struct tarfile_writer *w, const char *name, const char *text)
{
	char path[TARFILE_NAME_ROOM];

	(void)snprintf(path, sizeof(path), FOLDER "/%s", name);
	assert_int_equal(tarfile_member(w, path, strlen(text), MTIME), 0);
	assert_int_equal(tarfile_data(w, text, strlen(text)), 0);
}

/* A day's file whose members are those of the letters: S and s the seals, 0 to 2 the files, x another. */
static void
write_day(const char *letters)
{
	struct buf list = BUF_INIT, out = BUF_INIT;
	struct tarfile_writer *w = tarfile_writer_new(to_buf, &out);
	const char *at;

	assert_non_null(w);
	put_list(&list);
	for (at = letters; *at != '\0'; at++) {
		if (*at == 'S')
			member(w, "SHA256SUMS", list.data);
		else if (*at == 's')
			member(w, "SHA256SUMS.minisig", "signature\n");
		else if (*at == 'x')
			member(w, "other.txt", "other\n");
		else
			member(w, files[*at - '0'].name, files[*at - '0'].text);
	}
	assert_int_equal(tarfile_finish(w), 0);
	scratch_put(NAME, out.data, out.len, 0644);
	tarfile_writer_free(w);
	buf_free(&list);
	buf_free(&out);
}

static enum package_verdict
judge(void)
{
	struct verify_tar *t;
	enum package_verdict verdict = verify_tar_open(dirfd_of_it, NAME, &t, why, sizeof(why));

	assert_int_equal(t != NULL, verdict == PACKAGE_INTACT);
	verify_tar_close(t);
	return verdict;
}

static int
set_up(void **state)
{
	(void)state;
	dirfd_of_it = open(scratch_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(dirfd_of_it, -1);
	why[0] = '\0';
	write_day("Ss012");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlink(scratch_path(NAME));
	return close(dirfd_of_it);
}

static void
a_members_bytes_are_read_from_where_they_lie(void **state)
{
	struct verify_tar *t;
	struct verify_dir dir = {dirfd_of_it, NULL};
	struct buf text = BUF_INIT;
	char hex[DIGEST_HEX], want[DIGEST_HEX];
	size_t i;

	(void)state;
	assert_int_equal(verify_tar_open(dirfd_of_it, NAME, &t, why, sizeof(why)), PACKAGE_INTACT);
	dir.tar = t;
	assert_int_equal(verify_tar_count(t), 5);
	for (i = 1; i < verify_tar_count(t); i++)
		assert_true(strcmp(verify_tar_at(t, i - 1), verify_tar_at(t, i)) < 0);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		buf_clear(&text);
		assert_int_equal(verify_file_load(&dir, files[i].name, 4096, &text), 0);
		assert_int_equal(text.len, strlen(files[i].text));
		assert_memory_equal(text.data == NULL ? "" : text.data, files[i].text, text.len);
		assert_int_equal(verify_file_hash(&dir, files[i].name, hex), 0);
		assert_int_equal(digest_hex_of(files[i].text, strlen(files[i].text), want), 0);
		assert_string_equal(hex, want);
	}
	assert_int_equal(verify_file_load(&dir, files[0].name, 5, &text), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(verify_file_hash(&dir, "none.txt", hex), -1);
	assert_int_equal(errno, ENOENT);
	/* Beside it lies what came later, and nothing else is taken from there. */
	scratch_puts("SHA256SUMS.tsr", "token");
	scratch_puts("roots.txt", "beside");
	assert_int_equal(verify_file_hash(&dir, "SHA256SUMS.tsr", hex), 0);
	assert_int_equal(verify_file_hash(&dir, "roots.txt", hex), -1);
	buf_free(&text);
	verify_tar_close(t);
}

/* What can be known of the file without its sum: the container, and each member by the list. */
static int
is_as_listed(char hexes[][DIGEST_HEX])
{
	struct verify_dir dir = {dirfd_of_it, NULL};
	char hex[DIGEST_HEX];
	struct verify_tar *t;
	size_t i;
	int rc = 1;

	if (verify_tar_open(dirfd_of_it, NAME, &t, why, sizeof(why)) != PACKAGE_INTACT)
		return 0;
	dir.tar = t;
	for (i = 0; i < verify_tar_count(t); i++) {
		assert_int_equal(verify_file_hash(&dir, verify_tar_at(t, i), hex), 0);
		rc &= strcmp(hex, hexes[i]) == 0;
	}
	verify_tar_close(t);
	return rc;
}

static void
fault_061_each_changed_byte_is_found(void **state)
{
	char hexes[5][DIGEST_HEX], byte, flipped;
	struct verify_dir dir = {dirfd_of_it, NULL};
	struct verify_tar *t;
	struct stat st;
	int fd = open(scratch_path(NAME), O_RDWR | O_CLOEXEC);
	off_t at;
	size_t i;

	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(verify_tar_open(dirfd_of_it, NAME, &t, why, sizeof(why)), PACKAGE_INTACT);
	dir.tar = t;
	for (i = 0; i < 5; i++)
		assert_int_equal(verify_file_hash(&dir, verify_tar_at(t, i), hexes[i]), 0);
	verify_tar_close(t);
	assert_int_equal(is_as_listed(hexes), 1);
	for (at = 0; at < st.st_size; at++) {
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		flipped = (char)(byte ^ 0x20);
		assert_int_equal(pwrite(fd, &flipped, 1, at), 1);
		if (is_as_listed(hexes))
			fail_msg("byte %lld: not found", (long long)at);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_int_equal(is_as_listed(hexes), 1);
	assert_int_equal(close(fd), 0);
}

static void
fault_060_cut_anywhere_or_grown_it_is_malformed(void **state)
{
	struct stat st;
	off_t at;

	(void)state;
	assert_int_equal(stat(scratch_path(NAME), &st), 0);
	for (at = st.st_size - 1; at >= 0; at -= at > 4096 ? 17 : 1) {
		assert_int_equal(truncate(scratch_path(NAME), at), 0);
		assert_int_equal(judge(), PACKAGE_MALFORMED);
	}
	write_day("Ss012");
	assert_int_equal(truncate(scratch_path(NAME), st.st_size + 1), 0);
	assert_int_equal(judge(), PACKAGE_MALFORMED);
	assert_int_equal(truncate(scratch_path(NAME), st.st_size + 512), 0);
	assert_int_equal(judge(), PACKAGE_MALFORMED);
}

static void
faults_066_073_074_075_members_twice_more_fewer_or_in_another_order_are_malformed(void **state)
{
	static const struct {
		const char *letters, *named;
	} wrong[] = {{"", "SHA256SUMS"}, {"S", "SHA256SUMS.minisig"}, {"s", "SHA256SUMS"}, {"Ss", PACKAGE},
	    {"Ss01", "keyring.txt"}, {"Ss12", PACKAGE}, {"Ss02", "VERIFY.txt"}, {"S012", "SHA256SUMS.minisig"},
	    {"s012", "SHA256SUMS"}, {"sS012", "SHA256SUMS"}, {"Ss0012", "VERIFY.txt"}, {"Ss102", PACKAGE},
	    {"Ss012x", "other.txt"}, {"Ss012S", "SHA256SUMS"}, {"SSs012", "SHA256SUMS.minisig"},
	    {"xSs012", "SHA256SUMS"}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		write_day(wrong[i].letters);
		assert_int_equal(judge(), PACKAGE_MALFORMED);
		if (strstr(why, wrong[i].named) == NULL)
			fail_msg("%s: %s is not named in: %s", wrong[i].letters, wrong[i].named, why);
	}
}

/* A tar of one member after the other, whatever they are; the list says ${list}. */
static void
write_raw(const char *list, const char *name, uint64_t bytes)
{
	struct buf out = BUF_INIT;
	struct tarfile_writer *w = tarfile_writer_new(to_buf, &out);

	member(w, "SHA256SUMS", list);
	member(w, "SHA256SUMS.minisig", "signature\n");
	if (name != NULL)
		assert_int_equal(tarfile_member(w, name, bytes, MTIME), 0);
	scratch_put(NAME, out.data, out.len, 0644);
	tarfile_writer_free(w);
	buf_free(&out);
}

static void
faults_062_070_077_hostile_lists_and_sizes_are_malformed(void **state)
{
	static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000  ";
	static const char *const names[] = {
	    "../x", ".x", "a/b", "SHA256SUMS", "SHA256SUMS.minisig", "SHA256SUMS.tsr"};
	char list[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(list, sizeof(list), "%s%s\n", zeros, names[i]);
		write_raw(list, NULL, 0);
		assert_int_equal(judge(), PACKAGE_MALFORMED);
	}
	write_raw("d41d8cd98f00b204e9800998ecf8427e  a.txt\n", NULL, 0);
	assert_int_equal(judge(), PACKAGE_MALFORMED);
	(void)snprintf(list, sizeof(list), "%sa.txt\n", zeros);
	/* A size that only a number can have: nothing is read, and nothing is kept for it. */
	write_raw(list, FOLDER "/a.txt", UINT64_C(8) << 60 >> 1);
	assert_int_equal(judge(), PACKAGE_MALFORMED);
	write_raw(list, FOLDER "/../a.txt", 10);
	assert_int_equal(judge(), PACKAGE_MALFORMED);
}

static void
fault_079_another_days_file_under_this_name_is_not_this_day(void **state)
{
	struct verify_tar *t;
	const char *other = CASE "_tower-7_2026-11-21.day.tar";

	(void)state;
	assert_int_equal(rename(scratch_path(NAME), scratch_path(other)), 0);
	assert_int_equal(verify_tar_open(dirfd_of_it, other, &t, why, sizeof(why)), PACKAGE_MALFORMED);
	assert_null(t);
	assert_int_equal(unlink(scratch_path(other)), 0);
	assert_int_equal(verify_tar_open(dirfd_of_it, other, &t, why, sizeof(why)), PACKAGE_UNREADABLE);
	assert_int_equal(symlink("nowhere", scratch_path(other)), 0);
	assert_int_equal(verify_tar_open(dirfd_of_it, other, &t, why, sizeof(why)), PACKAGE_MALFORMED);
	assert_int_equal(unlink(scratch_path(other)), 0);
	assert_int_equal(verify_tar_open(dirfd_of_it, "day.tar", &t, why, sizeof(why)), PACKAGE_MALFORMED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_members_bytes_are_read_from_where_they_lie),
	    TEST(fault_061_each_changed_byte_is_found),
	    TEST(fault_060_cut_anywhere_or_grown_it_is_malformed),
	    TEST(faults_066_073_074_075_members_twice_more_fewer_or_in_another_order_are_malformed),
	    TEST(faults_062_070_077_hostile_lists_and_sizes_are_malformed),
	    TEST(fault_079_another_days_file_under_this_name_is_not_this_day),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
