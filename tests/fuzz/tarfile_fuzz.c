#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "tarfile.h"

#include "require.h"

/*
 * Input: how many bytes a read gives at most, whether the checksums of headers are put right first (or hardly a changed
 * header would get past them), then the archive.  What is read to its proper end must be what the writer makes of the same
 * members: the container has one spelling.
 */
struct source {
	const uint8_t *data;
	size_t left, step;
};

static long
give(void *cookie, void *data, size_t room)
{
	struct source *s = cookie;
	size_t n = room < s->left ? room : s->left;

	if (n > s->step)
		n = s->step;
	if (n > 0)
		memcpy(data, s->data, n);
	s->data += n;
	s->left -= n;
	return (long)n;
}

static int
to_buf(void *cookie, const void *data, size_t n)
{
	return buf_put(cookie, data, n);
}

/* Right checksums wherever a block has a header's magic. */
static void
put_right(uint8_t *data, size_t n)
{
	unsigned sum;
	size_t i;

	for (; n >= TARFILE_BLOCK; data += TARFILE_BLOCK, n -= TARFILE_BLOCK) {
		if (memcmp(data + 257, "ustar", 5) != 0)
			continue;
		memset(data + 148, ' ', 8);
		for (sum = 0, i = 0; i < TARFILE_BLOCK; i++)
			sum += data[i];
		(void)snprintf((char *)data + 148, 7, "%06o", sum & 0777777);
		data[154] = '\0';
		data[155] = ' ';
	}
}

/* Read all members, and write them again as they come.  Return how it ended. */
static enum tarfile_result
copy(struct tarfile_reader *r, struct tarfile_writer *w)
{
	struct tarfile_info info;
	enum tarfile_result result;
	uint8_t block[1000];
	uint64_t got;
	size_t n;

	while ((result = tarfile_next(r, &info)) == TARFILE_MEMBER) {
		require(strlen(info.name) < TARFILE_NAME_ROOM && info.name[0] != '/' && info.name[0] != '\0');
		require(tarfile_member(w, info.name, info.bytes, info.mtime) == 0);
		got = 0;
		while ((result = tarfile_read(r, block, sizeof(block), &n)) == TARFILE_MEMBER && n > 0) {
			require(n <= sizeof(block) && tarfile_data(w, block, n) == 0);
			got += n;
		}
		if (result != TARFILE_MEMBER)
			break;
		require(got == info.bytes);
	}
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	struct buf archive = BUF_INIT, again = BUF_INIT;
	struct source source;
	struct tarfile_reader *r;
	struct tarfile_writer *w;
	enum tarfile_result result;

	if (n < 3 || buf_put(&archive, input + 2, n - 2) == -1)
		return 0;
	if (input[1] & 1)
		put_right((uint8_t *)archive.data, archive.len);
	source.data = (const uint8_t *)archive.data;
	source.left = archive.len;
	source.step = input[0] == 0 ? SIZE_MAX : (size_t)input[0] * 5;
	r = tarfile_reader_new(give, &source);
	w = tarfile_writer_new(to_buf, &again);
	require(r != NULL && w != NULL);
	result = copy(r, w);
	require(result != TARFILE_ERROR && (result == TARFILE_END || tarfile_why(r)[0] != '\0'));
	if (result == TARFILE_END) {
		require(tarfile_finish(w) == 0);
		require(again.len == archive.len && memcmp(again.data, archive.data, again.len) == 0);
	}
	tarfile_reader_free(r);
	tarfile_writer_free(w);
	buf_free(&archive);
	buf_free(&again);
	return 0;
}
