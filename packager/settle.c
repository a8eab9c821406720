#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "notices.h"
#include "package.h"
#include "settle_tags.h"
#include "tarfile.h"
#include "text.h"

#include "settle.h"

static int
keep_tags(const struct stream *s, const struct settled *d)
{
	char name[NAMES_FILE_ROOM];

	(void)names_package(name, s->case_id, s->iap, d->intent->seq, ".tags.tar");
	if (fsio_put(s->recordsfd, name, d->tags->data, d->tags->len, PACKAGER_MODE_FILE) == 0 || errno == EEXIST)
		return 0;
	return stream_number_failed(s, d->intent->seq, name);
}

static void
fill_row(const struct settled *d, struct sealed_row *row)
{
	sealed_row_fill(row, d->head, d->slice, d->gap, d->seal_id);
	row->row.seq = d->intent->seq;
	memcpy(row->sha256, d->sha256, sizeof(row->sha256));
	row->bytes = d->bytes;
	row->is_encrypted = d->intent->is_encrypted;
}

/* Make the number count: its row, then the state. */
static int
count_it(struct stream *s, const struct settled *d, const struct sealed_row *row)
{
	const struct intent *in = d->intent;
	struct sealed *sealed = &s->sealed;
	size_t i;

	if (sealed->day != in->seal.day) {
		sealed->day = in->seal.day;
		sealed->day_bytes = 0;
	}
	if (sealed_put_row(sealed, s->recordsfd, row) == -1) {
		packager_fail(s->p, packager_status(errno));
		return -1;
	}
	if (sealed->due == STAMP_NONE)
		sealed->due = in->seal.day;
	sealed->next = in->seq + 1;
	sealed->is_encrypted |= in->is_encrypted;
	sealed_count(sealed, d->head, in->seal.station, d->seal_id, d->record_sha256);
	sealed->custody_lines = in->seal.custody_lines;
	memcpy(sealed->custody_head, in->seal.custody_head, sizeof(sealed->custody_head));
	for (i = 0; i < in->order_count; i++) {
		if (sealed_add_order(sealed, &in->orders[i]) == -1)
			return stream_number_failed(s, in->seq, "order files");
	}
	if (sealed_save(sealed, s->recordsfd) == 0)
		return 0;
	packager_fail(s->p, packager_status(errno));
	return -1;
}

static int
journal_it(const struct stream *s, const struct sealed_row *row)
{
	struct json *detail = json_object();
	char name[NAMES_FILE_ROOM], day[STAMP_DAY_TEXT];
	int rc;

	(void)names_package(name, s->case_id, s->iap, row->row.seq, row->is_encrypted ? ".tar.age" : ".tar");
	rc = json_put_string(detail, "iap", s->iap) | json_put_integer(detail, "seq", (int64_t)row->row.seq) |
	     json_put_string(detail, "file", name) | json_put_string(detail, "sha256", row->sha256) |
	     json_put_integer(detail, "bytes", (int64_t)row->bytes) |
	     json_put_string(detail, "day", stamp_day_format(day, s->sealed.day)) |
	     json_put(detail, "gap", row->row.is_gap_package ? json_string(row->row.gap) : json_null());
	if (rc != 0) {
		json_free(detail);
		return stream_number_failed(s, row->row.seq, "journal");
	}
	if (journal_write(s->p->journal, s->case_id, "seal", row->row.seal_id, detail) == 0)
		return 0;
	packager_fail(s->p, EX_IOERR);
	return -1;
}

/* Behind the journal line: what was sealed is no longer needed where it came from. */
static int
clean_up(struct stream *s, uint64_t seq)
{
	if (spool_remove(s->spool, seq) == -1)
		return stream_number_failed(s, seq, "cannot be removed from the spool");
	if (intent_remove(s->recordsfd, s->label, seq) == 0)
		return 0;
	packager_fail(s->p, packager_status(errno));
	return -1;
}

int
settle(struct stream *s, const struct settled *d)
{
	struct sealed_row row;

	fill_row(d, &row);
	if (keep_tags(s, d) == -1 || notices_of_package(s, d) == -1 || count_it(s, d, &row) == -1 ||
	    journal_it(s, &row) == -1)
		return -1;
	return clean_up(s, d->intent->seq);
}

static int
keep_row(void *cookie, const struct sealed_row *row)
{
	struct sealed_row *last = cookie;

	*last = *row;
	return 0;
}

int
settle_resume(struct stream *s)
{
	uint64_t seq = s->sealed.next - 1;
	struct sealed_row last;
	struct intent in;
	int found, told;

	if (seq == 0)
		return 0;
	found = intent_load(&in, s->recordsfd, s->label, seq);
	if (found == -1)
		packager_fail(s->p, packager_status(errno));
	if (found != 1)
		return found;
	intent_clear(&in);
	told = stream_was_journalled(s, "seal", s->sealed.head_seal);
	if (told == -1)
		return -1;
	if (told == 0) {
		memset(&last, 0, sizeof(last));
		if (sealed_each_row(&s->sealed, s->recordsfd, s->sealed.day, keep_row, &last) == -1) {
			packager_fail(s->p, packager_status(errno));
			return -1;
		}
		if (journal_it(s, &last) == -1)
			return -1;
	}
	return clean_up(s, seq);
}

static long
read_fd(void *cookie, void *data, size_t room)
{
	return (long)fsio_read(*(const int *)cookie, data, room);
}

static int
write_buf(void *cookie, const void *data, size_t n)
{
	return buf_put(cookie, data, n);
}

/* Copy one member from tar to tar; its length is bounded by what package_check has accepted. */
static int
copy_member(struct tarfile_reader *from, struct tarfile_writer *to, const struct tarfile_info *info)
{
	unsigned char block[16384];
	enum tarfile_result result;
	size_t n;

	if (tarfile_member(to, info->name, info->bytes, info->mtime) == -1)
		return -1;
	while ((result = tarfile_read(from, block, sizeof(block), &n)) == TARFILE_MEMBER && n > 0) {
		if (tarfile_data(to, block, n) == -1)
			return -1;
	}
	return result == TARFILE_MEMBER ? 0 : -1;
}

/* Does the member hold what was captured?  All of data/ does but orders, the record of a gap and an element map. */
static int
is_captured(const char *member)
{
	static const char *const others[] = {".gap.json", ".events.profile"};
	size_t i;

	if (strstr(member, "/data/") == NULL || strstr(member, "/data/orders/") != NULL)
		return 0;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (text_ends_with(member, others[i]))
			return 0;
	}
	return 1;
}

/* What stays of a package that was judged, when its payload is purged. */
static int
extract_tags(int fd, struct buf *out)
{
	struct tarfile_reader *from = tarfile_reader_new(read_fd, &fd);
	struct tarfile_writer *to = tarfile_writer_new(write_buf, out);
	enum tarfile_result result = TARFILE_ERROR;
	struct tarfile_info info;
	int rc = -1;

	if (from == NULL || to == NULL || lseek(fd, 0, SEEK_SET) == -1)
		goto out;
	while ((result = tarfile_next(from, &info)) == TARFILE_MEMBER) {
		if (!is_captured(info.name) && copy_member(from, to, &info) == -1)
			goto out;
	}
	if (result == TARFILE_END)
		rc = tarfile_finish(to);
out:
	tarfile_reader_free(from);
	tarfile_writer_free(to);
	return rc;
}

/* Judge the published file and settle it. */
static int
settle_file(struct stream *s, const struct intent *in, int fd, const char *name)
{
	struct package_facts f;
	struct buf tags = BUF_INIT;
	enum package_verdict verdict;
	char why[512];
	int rc = -1;

	verdict = package_check_fd(fd, name, s->p->keyring, &f, why, sizeof(why));
	if (verdict != PACKAGE_INTACT || f.sealed != in->seal.time || strcmp(f.prev_seal, s->sealed.head_seal) != 0) {
		diag_errx("%s: %s is published, but not as it was meant: %s", s->label, name,
		    verdict == PACKAGE_INTACT ? "another seal" : why);
		packager_fail(s->p, EX_DATAERR);
	} else if (extract_tags(fd, &tags) == -1) {
		(void)stream_number_failed(s, in->seq, name);
	} else {
		const struct settled d = {.intent = in,
		    .head = f.is_gap ? &f.gap.head : &f.slice.head,
		    .slice = f.is_gap ? NULL : &f.slice,
		    .gap = f.is_gap ? &f.gap : NULL,
		    .record_sha256 = f.record_sha256,
		    .seal_id = f.seal_id,
		    .sha256 = f.tar_sha256,
		    .bytes = f.tar_bytes,
		    .tags = &tags};

		rc = settle(s, &d) == 0 ? 1 : -1;
	}
	buf_free(&tags);
	package_facts_clear(&f);
	return rc;
}

/* The next try may be for another day, or in another form: nobody would look for these left-overs again. */
static int
remove_left_overs(const struct stream *s, const struct intent *in, int dayfd)
{
	static const char *const suffixes[] = {".tar", ".tar.age"};
	char name[NAMES_FILE_ROOM], tmp[NAMES_FILE_ROOM + 8];
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		(void)names_package(name, s->case_id, s->iap, in->seq, suffixes[i]);
		(void)snprintf(tmp, sizeof(tmp), ".%s.tmp", name); /* has room */
		if (fsio_remove(dayfd, tmp) == -1)
			return stream_number_failed(s, in->seq, tmp);
	}
	return 0;
}

int
settle_published(struct stream *s, const struct intent *in)
{
	char name[NAMES_FILE_ROOM];
	int dayfd = stream_open_day(s, in->seal.day), fd, rc;

	if (dayfd == -1)
		return -1;
	(void)names_package(name, s->case_id, s->iap, in->seq, in->is_encrypted ? ".tar.age" : ".tar");
	fd = fsio_open_regular(dayfd, name, O_RDONLY);
	if (fd != -1) {
		rc = in->is_encrypted ? settle_tags(s, in, fd, name) : settle_file(s, in, fd, name);
		(void)close(fd); /* only read from */
	} else if (errno == ENOENT) {
		rc = remove_left_overs(s, in, dayfd);
	} else {
		rc = stream_number_failed(s, in->seq, name);
	}
	(void)close(dayfd); /* a folder */
	return rc;
}
