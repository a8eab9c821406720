#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"

#include "tarfile.h"

#define MTIME INT64_C(1700000000)

struct source {
	const char *data;
	size_t len, at, step; /* step: the most that one read gives */
};

static int
to_buf(void *cookie, const void *data, size_t n)
{
	return buf_put(cookie, data, n);
}

static long
from_source(void *cookie, void *data, size_t room)
{
	struct source *s = cookie;
	size_t n = s->len - s->at;

	if (n > room)
		n = room;
	if (s->step != 0 && n > s->step)
		n = s->step;
	memcpy(data, s->data + s->at, n);
	s->at += n;
	return (long)n;
}

static void
put_member(struct tarfile_writer *w, const char *name, const char *text)
{
	assert_int_equal(tarfile_member(w, name, strlen(text), MTIME), 0);
	assert_int_equal(tarfile_data(w, text, strlen(text)), 0);
}

/* A small archive of three members. */
static void
write_sample(struct buf *out)
{
	struct tarfile_writer *w = tarfile_writer_new(to_buf, out);
	char block[513];

	memset(block, 'b', 512);
	block[512] = '\0';
	assert_non_null(w);
	put_member(w, "STEM/one.txt", "hello\n");
	put_member(w, "STEM/empty", "");
	put_member(w, "STEM/data/block", block);
	assert_int_equal(tarfile_finish(w), 0);
	tarfile_writer_free(w);
	assert_false(buf_failed(out));
}

/* Read all; the result that ended it. */
static enum tarfile_result
read_all(const char *data, size_t len, size_t step, size_t *members)
{
	struct source s = {data, len, 0, step};
	struct tarfile_reader *r = tarfile_reader_new(from_source, &s);
	enum tarfile_result result;
	struct tarfile_info info;
	char room[100];
	size_t n;

	*members = 0;
	assert_non_null(r);
	while ((result = tarfile_next(r, &info)) == TARFILE_MEMBER) {
		++*members;
		do {
			result = tarfile_read(r, room, sizeof(room), &n);
		} while (result == TARFILE_MEMBER && n > 0);
		if (result != TARFILE_MEMBER)
			break;
	}
	if (result != TARFILE_END)
		assert_true(tarfile_why(r)[0] != '\0');
	tarfile_reader_free(r);
	return result;
}

static void
what_is_written_is_read_in_pieces_of_any_size(void **state)
{
	struct buf tar = BUF_INIT;
	size_t step, members;

	write_sample(&tar);
	assert_int_equal(tar.len, 512 + 512 + 512 + 512 + 512 + 1024);
	for (step = 0; step < 520; step += 7) {
		assert_int_equal(read_all(tar.data, tar.len, step, &members), TARFILE_END);
		assert_int_equal(members, 3);
	}
	buf_free(&tar);
}

static void
same_input_gives_the_same_bytes(void **state)
{
	struct buf a = BUF_INIT, b = BUF_INIT;

	write_sample(&a);
	write_sample(&b);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	buf_free(&a);
	buf_free(&b);
}

static void
a_flipped_bit_outside_the_data_is_refused(void **state)
{
	struct buf tar = BUF_INIT;
	size_t i, members;
	int bit;

	write_sample(&tar);
	for (i = 0; i < tar.len; i++) {
		if ((i >= 512 && i < 518) || (i >= 2048 && i < 2560))
			continue; /* data: the manifest's business */
		for (bit = 0; bit < 8; bit++) {
			tar.data[i] = (char)(tar.data[i] ^ (1 << bit));
			assert_int_not_equal(read_all(tar.data, tar.len, 0, &members), TARFILE_END);
			tar.data[i] = (char)(tar.data[i] ^ (1 << bit));
		}
	}
	assert_int_equal(read_all(tar.data, tar.len, 0, &members), TARFILE_END);
	buf_free(&tar);
}

static void
fault_060_an_archive_cut_at_any_byte_is_refused(void **state)
{
	struct buf tar = BUF_INIT;
	size_t len, members;

	write_sample(&tar);
	for (len = 0; len < tar.len; len++)
		assert_int_equal(read_all(tar.data, len, 0, &members), TARFILE_CUT);
	buf_free(&tar);
}

static void
fault_080_a_byte_behind_the_end_is_refused(void **state)
{
	struct buf tar = BUF_INIT;
	size_t members;

	write_sample(&tar);
	assert_int_equal(buf_putc(&tar, '\0'), 0);
	assert_int_equal(read_all(tar.data, tar.len, 0, &members), TARFILE_BAD);
	buf_free(&tar);
}

/* The header that libarchive writes for a member of any length, without its data. */
static void
write_header(struct buf *out, const char *name, uint64_t bytes, int64_t mtime)
{
	struct tarfile_writer *w = tarfile_writer_new(to_buf, out);

	assert_non_null(w);
	assert_int_equal(tarfile_member(w, name, bytes, mtime), 0);
	tarfile_writer_free(w);
}

static enum tarfile_result
read_first(const struct buf *head, struct tarfile_info *info)
{
	struct source s = {head->data, head->len, 0, 0};
	struct tarfile_reader *r = tarfile_reader_new(from_source, &s);
	enum tarfile_result result;

	assert_non_null(r);
	result = tarfile_next(r, info);
	tarfile_reader_free(r);
	return result;
}

static void
header_reads_back(const char *name, uint64_t bytes, int64_t mtime, size_t blocks)
{
	struct buf head = BUF_INIT;
	struct tarfile_info info;

	write_header(&head, name, bytes, mtime);
	assert_int_equal(head.len, blocks * TARFILE_BLOCK);
	assert_int_equal(read_first(&head, &info), TARFILE_MEMBER);
	assert_string_equal(info.name, name);
	assert_true(info.bytes == bytes);
	assert_true(info.mtime == mtime);
	buf_free(&head);
}

static void
members_of_eight_gibibytes_and_more_are_spelled_as_libarchive_does(void **state)
{
	header_reads_back("S/data/S.pcap", UINT64_C(8589934591), MTIME, 1);
	header_reads_back("S/data/S.pcap", UINT64_C(8589934592), MTIME, 3);
	header_reads_back("S/data/S.pcap", UINT64_C(68719476735), MTIME, 3);
	header_reads_back("S/data/S.pcap", UINT64_C(68719476736), MTIME, 3);
	header_reads_back("S/data/S.pcap", UINT64_C(9999999999999), MTIME, 3);
}

static void
fault_131_times_past_2038_and_2106_are_spelled_as_libarchive_does(void **state)
{
	header_reads_back("S/a", 5, INT64_C(0x7ffffffe), 1);
	header_reads_back("S/a", 5, INT64_C(0x7fffffff), 3);
	header_reads_back("S/a", 5, INT64_C(4294967296), 3);
	header_reads_back("S/a", UINT64_C(8589934592), INT64_C(8589934591), 3);
}

/* A folder of ${dir} and a base of ${base} bytes. */
static void
make_name(char name[TARFILE_NAME_ROOM], size_t dir, const char *middle, size_t base)
{
	char d[160], b[256];

	memset(d, 'd', sizeof(d));
	memset(b, 'b', sizeof(b));
	(void)snprintf(name, TARFILE_NAME_ROOM, "%.*s%s%.*s", (int)dir, d, middle, (int)base, b);
}

static void
names_of_every_length_are_spelled_as_libarchive_does(void **state)
{
	char name[TARFILE_NAME_ROOM];
	size_t dir, base;
	int fits;

	for (dir = 1; dir <= 91; dir += 3) {
		for (base = 1; base <= 130; base++) {
			make_name(name, dir, "/data/orders/", base);
			fits = base <= 100;
			header_reads_back(name, 1, MTIME, fits ? 1 : 3);
			header_reads_back(name, SIZE_MAX / 4, MTIME, 3);
			make_name(name, dir, "/", base);
			header_reads_back(name, 1, MTIME, fits ? 1 : 3);
		}
	}
}

static void
a_flipped_bit_in_a_pax_header_is_refused_or_names_another_member(void **state)
{
	struct buf head = BUF_INIT;
	char name[TARFILE_NAME_ROOM];
	struct tarfile_info info;
	size_t i;
	int bit;

	make_name(name, 91, "/data/", 110);
	write_header(&head, name, UINT64_C(8589934592), INT64_C(4294967296));
	assert_int_equal(head.len, 3 * TARFILE_BLOCK);
	for (i = 0; i < head.len; i++) {
		for (bit = 0; bit < 8; bit++) {
			head.data[i] = (char)(head.data[i] ^ (1 << bit));
			if (read_first(&head, &info) == TARFILE_MEMBER)
				assert_string_not_equal(info.name, name); /* its tail stands in one place only */
			head.data[i] = (char)(head.data[i] ^ (1 << bit));
		}
	}
	assert_int_equal(read_first(&head, &info), TARFILE_MEMBER);
	buf_free(&head);
}

static void
fault_070_impossible_sizes_are_refused(void **state)
{
	struct buf head = BUF_INIT;
	size_t members;

	write_header(&head, "S/a", 1, MTIME);
	memcpy(head.data + 124, "\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12);
	assert_int_equal(read_all(head.data, head.len, 0, &members), TARFILE_BAD);
	memcpy(head.data + 124, "-0000000001 ", 12);
	assert_int_equal(read_all(head.data, head.len, 0, &members), TARFILE_BAD);
	buf_free(&head);
}

static void
fault_062_a_name_with_a_leading_slash_is_not_written(void **state)
{
	struct buf out = BUF_INIT;
	struct tarfile_writer *w = tarfile_writer_new(to_buf, &out);

	assert_int_equal(tarfile_member(w, "/etc/passwd", 1, MTIME), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(tarfile_member(w, "", 1, MTIME), -1);
	assert_int_equal(tarfile_member(w, "a\nb", 1, MTIME), -1);
	assert_int_equal(tarfile_member(w, "a", 1, -1), -1);
	assert_int_equal(tarfile_member(w, "a", 2, 1), 0);
	assert_int_equal(tarfile_data(w, "abc", 3), -1);
	assert_int_equal(tarfile_data(w, "a", 1), 0);
	assert_int_equal(tarfile_finish(w), -1); /* a byte is missing */
	tarfile_writer_free(w);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read_in_pieces_of_any_size),
	    cmocka_unit_test(same_input_gives_the_same_bytes),
	    cmocka_unit_test(a_flipped_bit_outside_the_data_is_refused),
	    cmocka_unit_test(fault_060_an_archive_cut_at_any_byte_is_refused),
	    cmocka_unit_test(fault_080_a_byte_behind_the_end_is_refused),
	    cmocka_unit_test(members_of_eight_gibibytes_and_more_are_spelled_as_libarchive_does),
	    cmocka_unit_test(fault_131_times_past_2038_and_2106_are_spelled_as_libarchive_does),
	    cmocka_unit_test(names_of_every_length_are_spelled_as_libarchive_does),
	    cmocka_unit_test(a_flipped_bit_in_a_pax_header_is_refused_or_names_another_member),
	    cmocka_unit_test(fault_070_impossible_sizes_are_refused),
	    cmocka_unit_test(fault_062_a_name_with_a_leading_slash_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
