#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "json.h"

#include "packager.h"

#include "sealed.h"

#define NAME_ROOM (STAMP_DAY_TEXT + sizeof(".rows"))
#define MAX_BYTES ((size_t)LEDGER_ROWS_MAX * 1024)
#define DEPTH 2

static char *
rows_name(char out[NAME_ROOM], stamp_t day)
{
	char text[STAMP_DAY_TEXT];

	(void)snprintf(out, NAME_ROOM, "%s.rows", stamp_day_format(text, day)); /* has room */
	return out;
}

void
sealed_row_fill(struct sealed_row *row, const struct slice_head *head, const struct slice_record *slice,
    const struct gap_record *gap, const char *seal_id)
{
	struct ledger_row *l = &row->row;

	memset(row, 0, sizeof(*row));
	memcpy(l->seal_id, seal_id, sizeof(l->seal_id));
	memcpy(row->order_sha256, head->order_sha256, sizeof(row->order_sha256));
	l->from = head->from;
	l->to = head->to;
	l->first_frame = l->last_frame = STAMP_NONE;
	if (slice == NULL) {
		l->is_gap_package = 1;
		memcpy(l->gap, gap->reason, sizeof(l->gap));
		return;
	}
	l->first_frame = slice->first_frame;
	l->last_frame = slice->last_frame;
	l->frames = slice->frames;
	l->bytes = slice->bytes;
	l->possible_loss = slice->shared_loss;
	l->own_loss = slice->lost_disk + slice->lost_quota;
	l->gaps = (uint32_t)slice->gap_count;
}

int
sealed_row_write(const struct sealed_row *r, struct buf *out)
{
	const struct ledger_row *l = &r->row;
	struct json *j = json_object();
	int rc;

	rc = json_put_integer(j, "seq", (int64_t)l->seq) || json_put_string(j, "seal", l->seal_id) ||
	     json_put_stamp(j, "from", l->from) || json_put_stamp(j, "to", l->to) ||
	     json_put_stamp(j, "first", l->first_frame) || json_put_stamp(j, "last", l->last_frame) ||
	     json_put_integer(j, "frames", (int64_t)l->frames) || json_put_integer(j, "bytes", (int64_t)l->bytes) ||
	     json_put_integer(j, "possible", l->possible_loss) || json_put_integer(j, "lost", (int64_t)l->own_loss) ||
	     json_put_integer(j, "gaps", l->gaps) ||
	     json_put(j, "gap", l->is_gap_package ? json_string(l->gap) : json_null()) ||
	     json_put_string(j, "sha256", r->sha256) || json_put_integer(j, "size", (int64_t)r->bytes) ||
	     json_put_string(j, "order", r->order_sha256) || json_put_integer(j, "encrypted", r->is_encrypted);
	if (rc == 0)
		rc = json_write(j, out) || buf_putc(out, '\n');
	json_free(j);
	return rc == 0 ? 0 : -1;
}

static int
parse_row(const struct json *j, struct sealed_row *r)
{
	struct ledger_row *l = &r->row;
	const char *gap = json_get_string(j, "gap");
	uint64_t possible, encrypted;

	memset(r, 0, sizeof(*r));
	if (json_get_u64(j, "possible", &possible) == -1 || json_get_u32(j, "gaps", &l->gaps) == -1 ||
	    (gap != NULL && strlen(gap) >= sizeof(l->gap)))
		return -1;
	l->possible_loss = possible != 0;
	l->is_gap_package = gap != NULL;
	r->is_encrypted = json_get_u64(j, "encrypted", &encrypted) == 0 && encrypted != 0;
	if (gap != NULL)
		memcpy(l->gap, gap, strlen(gap) + 1);
	return json_get_u64(j, "seq", &l->seq) | json_get_hash(j, "seal", l->seal_id) |
	       json_get_stamp(j, "from", &l->from) | json_get_stamp(j, "to", &l->to) |
	       json_get_stamp(j, "first", &l->first_frame) | json_get_stamp(j, "last", &l->last_frame) |
	       json_get_u64(j, "frames", &l->frames) | json_get_u64(j, "bytes", &l->bytes) |
	       json_get_u64(j, "lost", &l->own_loss) | json_get_hash(j, "sha256", r->sha256) |
	       json_get_u64(j, "size", &r->bytes) | json_get_hash(j, "order", r->order_sha256);
}

int
sealed_put_row(struct sealed *s, int dirfd, const struct sealed_row *row)
{
	struct buf text = BUF_INIT;
	char name[NAME_ROOM];
	struct stat st;
	int fd, rc = -1;

	fd = fsio_open_regular(dirfd, rows_name(name, s->day), O_WRONLY | O_CREAT);
	if (fd == -1 || fstat(fd, &st) == -1)
		goto out;
	if ((uint64_t)st.st_size < s->day_bytes) {
		errno = EBADMSG;
		goto out;
	}
	/* What lies behind the known rows is of a run that was killed before its package counted. */
	if (ftruncate(fd, (off_t)s->day_bytes) == -1 || lseek(fd, 0, SEEK_END) == -1 ||
	    sealed_row_write(row, &text) == -1 || fsio_write(fd, text.data, text.len) == -1 || fsync(fd) == -1 ||
	    fsync(dirfd) == -1)
		goto out;
	s->day_bytes += text.len;
	rc = 0;
out:
	if (rc == -1)
		diag_err("records/%s/%s/%s", s->case_id, s->iap, name);
	if (fd != -1)
		(void)close(fd); /* synced */
	buf_free(&text);
	return rc;
}

int
sealed_row_parse(const char *text, size_t n, struct sealed_row *row)
{
	struct json *j = json_parse(text, n, DEPTH);
	int rc = -1;

	if (j == NULL)
		return -1;
	if (parse_row(j, row) == 0)
		rc = 0;
	else
		errno = EINVAL;
	json_free(j);
	return rc;
}

static int
each_line(const char *text, size_t n, int (*each)(void *, const struct sealed_row *), void *cookie)
{
	const char *end = text + n, *newline;
	struct sealed_row row;
	int rc = 0;

	for (; rc == 0 && text < end; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (newline == NULL || sealed_row_parse(text, (size_t)(newline - text), &row) == -1) {
			errno = newline != NULL && errno == ENOMEM ? ENOMEM : EBADMSG;
			return -1;
		}
		rc = each(cookie, &row);
	}
	return rc;
}

int
sealed_each_row(
    const struct sealed *s, int dirfd, stamp_t day, int (*each)(void *, const struct sealed_row *), void *cookie)
{
	struct buf text = BUF_INIT;
	char name[NAME_ROOM];
	int rc = -1;

	if (fsio_load(dirfd, rows_name(name, day), MAX_BYTES, &text) == -1) {
		if (errno == ENOENT && (day != s->day || s->day_bytes == 0))
			return 0;
		goto out;
	}
	if (day == s->day) {
		if (text.len < s->day_bytes) {
			errno = EBADMSG;
			goto out;
		}
		text.len = (size_t)s->day_bytes;
	}
	rc = each_line(text.data, text.len, each, cookie);
out:
	if (rc == -1)
		diag_err("records/%s/%s/%s", s->case_id, s->iap, name);
	buf_free(&text);
	return rc;
}
