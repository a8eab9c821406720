#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "text.h"

#include "tarfile_internal.h"

struct tarfile_writer {
	struct archive *a;
	tarfile_write_fn *write;
	void *cookie;
	uint64_t left; /* of the member being written */
	int is_over;   /* nothing more is taken */
};

struct tarfile_reader {
	tarfile_read_fn *read;
	tarfile_skip_fn *skip; /* NULL: data is read */
	void *cookie;
	uint64_t left;    /* of the member being read */
	unsigned padding; /* behind it */
	const char *why;
};

static la_ssize_t
write_block(struct archive *a, void *cookie, const void *data, size_t n)
{
	struct tarfile_writer *w = cookie;

	if (w->is_over || w->write(w->cookie, data, n) == -1) {
		archive_set_error(a, errno, "write");
		return -1;
	}
	return (la_ssize_t)n;
}

struct tarfile_writer *
tarfile_writer_new(tarfile_write_fn *write, void *cookie)
{
	struct tarfile_writer *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->write = write;
	w->cookie = cookie;
	w->a = archive_write_new();
	if (w->a == NULL || archive_write_set_format_pax_restricted(w->a) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(w->a, 0) != ARCHIVE_OK ||
	    archive_write_open(w->a, w, NULL, write_block, NULL) != ARCHIVE_OK) {
		tarfile_writer_free(w);
		errno = ENOMEM;
		return NULL;
	}
	return w;
}

static int
writer_failed(struct tarfile_writer *w)
{
	int error = archive_errno(w->a);

	errno = error > 0 ? error : EIO;
	return -1;
}

int
tarfile_member(struct tarfile_writer *w, const char *name, uint64_t bytes, int64_t mtime)
{
	struct archive_entry *e;
	int rc = -1;

	if (w->left != 0 || !tarfile_name_is_good(name) || bytes > TARFILE_SIZE_LIMIT || mtime < 0 ||
	    mtime >= TARFILE_MTIME_LIMIT) {
		errno = EINVAL;
		return -1;
	}
	e = archive_entry_new();
	if (e == NULL)
		return -1;
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0444);
	archive_entry_set_size(e, (la_int64_t)bytes);
	archive_entry_set_mtime(e, (time_t)mtime, 0);
	if (archive_write_header(w->a, e) == ARCHIVE_OK) {
		w->left = bytes;
		rc = 0;
	} else {
		rc = writer_failed(w);
	}
	archive_entry_free(e);
	return rc;
}

int
tarfile_data(struct tarfile_writer *w, const void *data, size_t n)
{
	if (n > w->left) {
		errno = EINVAL;
		return -1;
	}
	if (n == 0)
		return 0;
	if (archive_write_data(w->a, data, n) != (la_ssize_t)n)
		return writer_failed(w);
	w->left -= n;
	return 0;
}

int
tarfile_finish(struct tarfile_writer *w)
{
	if (w->left != 0) {
		errno = EINVAL;
		return -1;
	}
	return archive_write_close(w->a) == ARCHIVE_OK ? 0 : writer_failed(w);
}

void
tarfile_writer_free(struct tarfile_writer *w)
{
	int saved = errno;

	if (w == NULL)
		return;
	/* Freeing an open archive writes its end: of one given up, nobody wants another byte. */
	w->is_over = 1;
	if (w->a != NULL)
		(void)archive_write_free(w->a);
	free(w);
	errno = saved;
}

struct tarfile_reader *
tarfile_reader_new(tarfile_read_fn *read, void *cookie)
{
	struct tarfile_reader *r = calloc(1, sizeof(*r));

	if (r != NULL) {
		r->read = read;
		r->cookie = cookie;
		r->why = "";
	}
	return r;
}

void
tarfile_reader_skips(struct tarfile_reader *r, tarfile_skip_fn *skip)
{
	r->skip = skip;
}

void
tarfile_reader_free(struct tarfile_reader *r)
{
	free(r);
}

const char *
tarfile_why(const struct tarfile_reader *r)
{
	return r->why;
}

static enum tarfile_result
bad(struct tarfile_reader *r, const char *why)
{
	r->why = why;
	return TARFILE_BAD;
}

/* Read up to ${room} bytes, and at least one: the file does not end here. */
static enum tarfile_result
read_some(struct tarfile_reader *r, void *data, size_t room, size_t *got)
{
	long n = r->read(r->cookie, data, room);

	*got = n > 0 ? (size_t)n : 0;
	if (n > 0)
		return TARFILE_MEMBER;
	r->why = n == 0 ? "ends too early" : "reading failed";
	return n == 0 ? TARFILE_CUT : TARFILE_ERROR;
}

/* Read exactly one block. */
static enum tarfile_result
read_block(struct tarfile_reader *r, unsigned char *block)
{
	enum tarfile_result result = TARFILE_MEMBER;
	size_t done = 0, n;

	for (; result == TARFILE_MEMBER && done < TARFILE_BLOCK; done += n)
		result = read_some(r, block + done, TARFILE_BLOCK - done, &n);
	return result;
}

static int
is_zero(const unsigned char *p, size_t n)
{
	while (n > 0 && p[n - 1] == 0)
		n--;
	return n == 0;
}

/* A number of a header; a wrong one only leads to headers that do not compare equal. */
static uint64_t
get_number(const char *field, size_t n)
{
	uint64_t value = 0;
	size_t i;

	if ((unsigned char)field[0] == 0x80) {
		for (i = 1; i < n; i++)
			value = value << 8 | (unsigned char)field[i];
		return value;
	}
	for (i = 0; i < n && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(field[i] - '0');
	return value;
}

static void
get_ustar(const struct ustar *h, struct tarfile_info *info)
{
	(void)snprintf(info->name, sizeof(info->name), "%.*s%s%.*s", (int)sizeof(h->prefix), h->prefix,
	    h->prefix[0] != '\0' ? "/" : "", (int)sizeof(h->name), h->name); /* a cut one will not compare equal */
	info->bytes = get_number(h->size, sizeof(h->size));
	info->mtime = (int64_t)get_number(h->mtime, sizeof(h->mtime));
}

/* Take over what the pax records say; they are compared as a whole afterwards, so this only has to find them. */
static void
get_pax(const unsigned char *block, struct tarfile_info *info)
{
	char text[TARFILE_BLOCK + 1], *line, *next, *key;
	uint64_t value;

	memcpy(text, block, TARFILE_BLOCK);
	text[TARFILE_BLOCK] = '\0';
	for (line = text; (next = strchr(line, '\n')) != NULL; line = next + 1) {
		*next = '\0';
		key = strchr(line, ' ');
		if (key == NULL)
			return;
		key++;
		if (strncmp(key, "path=", 5) == 0)
			(void)snprintf(info->name, sizeof(info->name), "%s", key + 5);
		else if (strncmp(key, "size=", 5) == 0 && text_u64(key + 5, 0, TARFILE_SIZE_LIMIT, &value) == 0)
			info->bytes = value;
		else if (strncmp(key, "mtime=", 6) == 0 && text_u64(key + 6, 0, INT64_MAX, &value) == 0)
			info->mtime = (int64_t)value;
	}
}

/* Two blocks of zeros, of which the first was read, and nothing behind them. */
static enum tarfile_result
read_end(struct tarfile_reader *r)
{
	unsigned char block[TARFILE_BLOCK];
	enum tarfile_result result = read_block(r, block);
	long n;

	if (result != TARFILE_MEMBER)
		return result;
	if (!is_zero(block, sizeof(block)))
		return bad(r, "one zero block where the end has two");
	n = r->read(r->cookie, block, 1);
	if (n == -1) {
		r->why = "reading failed";
		return TARFILE_ERROR;
	}
	return n == 0 ? TARFILE_END : bad(r, "something follows the end");
}

static enum tarfile_result
skip_rest(struct tarfile_reader *r)
{
	unsigned char block[4096];
	enum tarfile_result result;
	size_t n;

	if (r->skip != NULL && r->left > 0) {
		if (r->skip(r->cookie, r->left) == -1) {
			r->why = "reading failed";
			return TARFILE_ERROR;
		}
		r->left = 0;
	}
	do {
		result = tarfile_read(r, block, sizeof(block), &n);
	} while (result == TARFILE_MEMBER && n > 0);
	return result;
}

enum tarfile_result
tarfile_next(struct tarfile_reader *r, struct tarfile_info *info)
{
	unsigned char blocks[TARFILE_HEADERS_MAX], expected[TARFILE_HEADERS_MAX];
	const struct ustar *h = (const struct ustar *)(const void *)blocks;
	enum tarfile_result result;
	size_t n = TARFILE_BLOCK;

	memset(info, 0, sizeof(*info));
	result = skip_rest(r);
	if (result == TARFILE_MEMBER)
		result = read_block(r, blocks);
	if (result != TARFILE_MEMBER)
		return result;
	if (is_zero(blocks, TARFILE_BLOCK))
		return read_end(r);
	if (h->type == 'x') {
		for (; n < TARFILE_HEADERS_MAX && result == TARFILE_MEMBER; n += TARFILE_BLOCK)
			result = read_block(r, blocks + n);
		if (result != TARFILE_MEMBER)
			return result;
		h = (const struct ustar *)(const void *)(blocks + 2 * TARFILE_BLOCK);
	}
	get_ustar(h, info);
	if (n == TARFILE_HEADERS_MAX)
		get_pax(blocks + TARFILE_BLOCK, info);
	if (!tarfile_name_is_good(info->name) || info->bytes > TARFILE_SIZE_LIMIT || info->mtime < 0 ||
	    info->mtime >= TARFILE_MTIME_LIMIT ||
	    tarfile_build_headers(expected, info->name, info->bytes, info->mtime) != n ||
	    memcmp(blocks, expected, n) != 0) {
		memset(info, 0, sizeof(*info));
		return bad(r, "not a member header as casetap writes it");
	}
	r->left = info->bytes;
	r->padding = (unsigned)(-info->bytes & (TARFILE_BLOCK - 1));
	return TARFILE_MEMBER;
}

/* What fills the last block of a member up must be zeros. */
static enum tarfile_result
read_padding(struct tarfile_reader *r)
{
	enum tarfile_result result = TARFILE_MEMBER;
	unsigned char block[TARFILE_BLOCK];
	size_t n;

	while (result == TARFILE_MEMBER && r->padding > 0) {
		result = read_some(r, block, r->padding, &n);
		if (!is_zero(block, n))
			return bad(r, "padding that is not zero");
		r->padding -= (unsigned)n;
	}
	return result;
}

enum tarfile_result
tarfile_read(struct tarfile_reader *r, void *data, size_t room, size_t *n)
{
	enum tarfile_result result;

	*n = 0;
	if (r->left == 0)
		return read_padding(r);
	result = read_some(r, data, room < r->left ? room : (size_t)r->left, n);
	r->left -= *n;
	return result;
}
