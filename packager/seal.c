#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "bagging.h"
#include "day.h"
#include "diag.h"
#include "fsio.h"
#include "intent.h"
#include "orders.h"
#include "package.h"
#include "quarantine.h"

#include "seal.h"

/* What is sealed under a number: the pick's own record, or the gap record that takes its place. */
struct subject {
	struct intent intent;
	int is_gap;
	struct buf record;
	const struct slice_head *head;
	const struct slice_record *slice; /* NULL for a gap */
	const struct gap_record *gap; /* NULL for a slice */
	stamp_t closed;
	int fd, rawfd; /* borrowed from the pick; -1 */
};

static int
failed(const struct stream *s, uint64_t seq, const char *what)
{
	packager_fail(s->p, packager_status(errno));
	diag_err("%s: number %ju: %s", s->label, (uintmax_t)seq, what);
	return -1;
}

/* A fresh intent for what was picked. */
static int
make_intent(struct stream *s, const struct pick *pick, struct intent *in)
{
	struct custody *custody = stream_custody(s);
	struct bag_seal *seal = &in->seal;
	const struct slice_head *head;

	intent_clear(in);
	if (custody == NULL)
		return -1;
	in->seq = pick->seq;
	in->is_spoilt = pick->kind == PICK_SPOILT;
	if (in->is_spoilt && quarantine_gap(s, pick, &in->gap) == -1)
		return failed(s, pick->seq, "no gap record");
	head = in->is_spoilt ? &in->gap.head : pick->head;
	seal->time = s->p->now();
	seal->day = day_of(&s->sealed, head->from, seal->time);
	memcpy(seal->prev_seal, s->sealed.head_seal, sizeof(seal->prev_seal));
	/* Texts that were judged to fit when they were loaded. */
	(void)snprintf(seal->packager, sizeof(seal->packager), "%s", PACKAGER_PROGRAM);
	(void)snprintf(seal->build, sizeof(seal->build), "%s", PACKAGER_BUILD);
	(void)snprintf(seal->station, sizeof(seal->station), "%s", s->p->station->name);
	(void)snprintf(seal->organization, sizeof(seal->organization), "%s", s->p->conf->station);
	sign_id_format(&s->p->station->pub, seal->key_id);
	memcpy(seal->custody_head, custody_head(custody), sizeof(seal->custody_head));
	seal->custody_lines = custody_lines(custody);
	if (orders_new(s->casefd, &s->sealed, &in->orders, &in->order_count) == -1)
		return failed(s, pick->seq, "order files");
	return intent_save(in, s->recordsfd, s->label);
}

/* The intent of an earlier, killed run counts if this run can repeat it: with another key it can not. */
static int
find_intent(struct stream *s, const struct pick *pick, struct intent *in)
{
	char id[SIGN_ID_TEXT];
	int found = intent_load(in, s->recordsfd, s->label, pick->seq);

	if (found == -1)
		return -1;
	sign_id_format(&s->p->station->pub, id);
	if (found == 1 && strcmp(in->seal.key_id, id) == 0 && (in->is_spoilt || pick->kind != PICK_SPOILT))
		return 0;
	return make_intent(s, pick, in);
}

/* Decide what is sealed, and move away what must not be. */
static int
set_subject(struct stream *s, const struct pick *pick, struct subject *j)
{
	const struct intent *in = &j->intent;
	const char *why = pick->kind == PICK_SPOILT ? pick->why : in->gap.detail;

	buf_clear(&j->record);
	j->fd = j->rawfd = -1;
	j->slice = NULL;
	j->gap = NULL;
	if (in->is_spoilt) {
		j->gap = &in->gap;
		if (gap_record_write(&in->gap, &j->record) == -1)
			return failed(s, in->seq, "gap record");
		if (quarantine_files(s, in->seq, why) == -1)
			return -1;
	} else {
		if (buf_put(&j->record, pick->record.data, pick->record.len) == -1)
			return failed(s, in->seq, "record");
		j->rawfd = pick->rawfd;
		if (pick->kind == PICK_GAP) {
			j->gap = &pick->gap;
		} else {
			j->slice = &pick->slice;
			j->fd = pick->fd;
		}
	}
	j->is_gap = j->gap != NULL;
	j->head = j->is_gap ? &j->gap->head : &j->slice->head;
	j->closed = j->is_gap ? j->gap->written : j->slice->close.realtime;
	return 0;
}

static void
fill_source(const struct stream *s, const struct subject *j, int ordersfd, struct bagging_source *src)
{
	memset(src, 0, sizeof(*src));
	src->intent = &j->intent;
	src->key = s->p->key;
	src->case_id = s->case_id;
	src->iap = s->iap;
	src->is_gap = j->is_gap;
	src->record = &j->record;
	src->closed = j->closed;
	src->fd = j->fd;
	src->rawfd = j->rawfd;
	src->ordersfd = ordersfd;
	if (!j->is_gap) {
		src->bytes = j->slice->file_bytes;
		src->sha256 = j->slice->sha256;
	}
}

/* Read back what was written, with the verifier's own code, and compare it with what was meant. */
static int
read_back(const struct stream *s, int fd, const char *name, const struct bagging *b)
{
	struct package_facts facts;
	enum package_verdict verdict;
	char why[512];
	int rc = -1;

	if (lseek(fd, 0, SEEK_SET) == -1) {
		diag_err("%s: %s", s->label, name);
		return -1;
	}
	verdict = package_check_fd(fd, name, s->p->keyring, &facts, why, sizeof(why));
	if (verdict != PACKAGE_INTACT)
		diag_errx("%s: %s: what was written does not read back: %s", s->label, name, why);
	else if (strcmp(facts.seal_id, b->seal_id) != 0 || strcmp(facts.tar_sha256, b->sha256) != 0)
		diag_errx("%s: %s: what was written does not read back: it is another package", s->label, name);
	else
		rc = 0;
	if (rc == -1)
		packager_fail(s->p, EX_IOERR);
	package_facts_clear(&facts);
	return rc;
}

/* Does the published file have the hash of the one that was just made?  Then an earlier run published it. */
static int
is_published(const struct stream *s, int dayfd, const char *name, const struct bagging *b)
{
	char hex[DIGEST_HEX];
	int fd = fsio_open_regular(dayfd, name, O_RDONLY), rc = -1;

	if (fd == -1 || digest_fd(fd, hex, NULL) == -1) {
		diag_err("%s: %s", s->label, name);
		packager_fail(s->p, EX_IOERR);
	} else if (strcmp(hex, b->sha256) != 0) {
		diag_errx("%s: %s is there already, with other bytes: not touched", s->label, name);
		packager_fail(s->p, EX_DATAERR);
	} else {
		rc = 0;
	}
	if (fd != -1)
		(void)close(fd); /* only read from */
	return rc;
}

static int
publish(const struct stream *s, int dayfd, const char *tmp, const char *name, const struct bagging *b)
{
	if (fsio_publish(dayfd, tmp, name) == 0)
		return 0;
	if (errno != EEXIST) {
		diag_err("%s: publish %s", s->label, name);
		packager_fail(s->p, packager_status(errno));
		return -1;
	}
	if (is_published(s, dayfd, name, b) == -1)
		return -1;
	/* An earlier run's name may not have been synced yet. */
	if (fsio_remove(dayfd, tmp) == 0)
		return 0;
	diag_err("%s: %s", s->label, tmp);
	packager_fail(s->p, packager_status(errno));
	return -1;
}

/* Write, sync, read back and publish.  1: the slice is not what its record says. */
static int
write_package(struct stream *s, struct subject *j, const struct bagging_source *src, struct bagging *b)
{
	char name[NAMES_FILE_ROOM], tmp[NAMES_FILE_ROOM + 8];
	int dayfd = stream_open_day(s, j->intent.seal.day), fd = -1, rc = -1;

	if (dayfd == -1)
		return -1;
	(void)names_package(name, s->case_id, s->iap, j->intent.seq, ".tar");
	(void)snprintf(tmp, sizeof(tmp), ".%s.tmp", name); /* has room */
	if (unlinkat(dayfd, tmp, 0) == -1 && errno != ENOENT) {
		(void)failed(s, j->intent.seq, tmp);
		goto out;
	}
	fd = fsio_open_regular(dayfd, tmp, O_RDWR | O_CREAT | O_EXCL);
	if (fd == -1 || bagging_write(src, fd, b) == -1) {
		rc = b->mismatch ? 1 : failed(s, j->intent.seq, "cannot be packed");
		goto out;
	}
	if (fsync(fd) == -1) {
		(void)failed(s, j->intent.seq, "cannot be synced");
		goto out;
	}
	if (read_back(s, fd, name, b) == 0)
		rc = publish(s, dayfd, tmp, name, b);
out:
	if (rc != 0)
		(void)unlinkat(dayfd, tmp, 0); /* perhaps never made; else the next try removes it */
	if (fd != -1)
		(void)close(fd); /* synced, or given up */
	(void)close(dayfd);
	return rc;
}

static int
keep_tags(const struct stream *s, const struct bagging_source *src, const struct bagging *b)
{
	char name[NAMES_FILE_ROOM];
	struct buf tags = BUF_INIT;
	int rc = -1;

	(void)names_package(name, s->case_id, s->iap, src->intent->seq, ".tags.tar");
	if (bagging_write_tags(src, b, &tags) == 0 &&
	    (fsio_put(s->recordsfd, name, tags.data, tags.len, PACKAGER_MODE_FILE) == 0 || errno == EEXIST))
		rc = 0;
	else
		(void)failed(s, src->intent->seq, name);
	buf_free(&tags);
	return rc;
}

static void
fill_row(const struct subject *j, const struct bagging *b, struct sealed_row *row)
{
	struct ledger_row *l = &row->row;

	memset(row, 0, sizeof(*row));
	l->seq = j->intent.seq;
	memcpy(l->seal_id, b->seal_id, sizeof(l->seal_id));
	memcpy(row->sha256, b->sha256, sizeof(row->sha256));
	row->bytes = b->bytes;
	memcpy(row->order_sha256, j->head->order_sha256, sizeof(row->order_sha256));
	l->from = j->head->from;
	l->to = j->head->to;
	l->first_frame = l->last_frame = STAMP_NONE;
	if (j->is_gap) {
		l->is_gap_package = 1;
		memcpy(l->gap, j->gap->reason, sizeof(l->gap));
		return;
	}
	l->first_frame = j->slice->first_frame;
	l->last_frame = j->slice->last_frame;
	l->frames = j->slice->frames;
	l->bytes = j->slice->bytes;
	l->possible_loss = j->slice->shared_loss;
	l->own_loss = j->slice->lost_disk + j->slice->lost_quota;
	l->gaps = (uint32_t)j->slice->gap_count;
}

/* Make the number count: its row, then the state. */
static int
count_it(struct stream *s, const struct subject *j, const struct bagging *b)
{
	const struct intent *in = &j->intent;
	struct sealed *sealed = &s->sealed;
	struct sealed_row row;
	size_t i;

	fill_row(j, b, &row);
	if (sealed->day != in->seal.day) {
		sealed->day = in->seal.day;
		sealed->day_bytes = 0;
	}
	if (sealed_put_row(sealed, s->recordsfd, &row) == -1)
		return -1;
	if (sealed->due == STAMP_NONE)
		sealed->due = in->seal.day;
	sealed->next = in->seq + 1;
	sealed->covered = j->head->to;
	sealed->content_id = j->head->content_id;
	sealed->revision = j->head->revision;
	memcpy(sealed->station, in->seal.station, sizeof(sealed->station));
	memcpy(sealed->head_seal, b->seal_id, sizeof(sealed->head_seal));
	memcpy(sealed->order_sha256, j->head->order_sha256, sizeof(sealed->order_sha256));
	if (digest_hex_of(j->record.data, j->record.len, sealed->head_record) == -1)
		return failed(s, in->seq, "record");
	for (i = 0; i < in->order_count; i++) {
		if (sealed_add_order(sealed, &in->orders[i]) == -1)
			return failed(s, in->seq, "order files");
	}
	return sealed_save(sealed, s->recordsfd);
}

static int
journal_it(const struct stream *s, const struct sealed_row *row)
{
	struct json *detail = json_object();
	char name[NAMES_FILE_ROOM], day[STAMP_DAY_TEXT];
	int rc;

	(void)names_package(name, s->case_id, s->iap, row->row.seq, ".tar");
	rc = json_put_string(detail, "iap", s->iap) | json_put_integer(detail, "seq", (int64_t)row->row.seq) |
	     json_put_string(detail, "file", name) | json_put_string(detail, "sha256", row->sha256) |
	     json_put_integer(detail, "bytes", (int64_t)row->bytes) |
	     json_put_string(detail, "day", stamp_day_format(day, s->sealed.day)) |
	     json_put(detail, "gap", row->row.is_gap_package ? json_string(row->row.gap) : json_null());
	if (rc != 0) {
		json_free(detail);
		return failed(s, row->row.seq, "journal");
	}
	return journal_write(s->p->journal, s->case_id, "seal", row->row.seal_id, detail);
}

/* Behind the journal line: what was sealed is no longer needed where it came from. */
static int
clean_up(struct stream *s, uint64_t seq)
{
	if (spool_remove(s->spool, seq) == -1)
		return failed(s, seq, "cannot be removed from the spool");
	return intent_remove(s->recordsfd, s->label, seq);
}

static int
keep_row(void *cookie, const struct sealed_row *row)
{
	struct sealed_row *last = cookie;

	*last = *row;
	return 0;
}

/* The steps behind publication. */
static int
settle(struct stream *s, const struct subject *j, const struct bagging_source *src, const struct bagging *b)
{
	struct sealed_row row;

	fill_row(j, b, &row);
	if (keep_tags(s, src, b) == -1 || count_it(s, j, b) == -1 || journal_it(s, &row) == -1)
		return -1;
	return clean_up(s, j->intent.seq);
}

int
seal_number(struct stream *s, struct pick *pick)
{
	struct subject j = {.fd = -1, .rawfd = -1};
	struct bagging_source src;
	struct bagging b;
	int ordersfd = -1, rc = -1, tries;

	memset(&b, 0, sizeof(b));
	if (find_intent(s, pick, &j.intent) == -1)
		goto out;
	for (tries = 0; tries < 2; tries++) {
		if (set_subject(s, pick, &j) == -1)
			goto out;
		if (ordersfd == -1 && j.intent.order_count > 0 && (ordersfd = orders_open(s->casefd)) == -1) {
			(void)failed(s, pick->seq, "order files");
			goto out;
		}
		fill_source(s, &j, ordersfd, &src);
		bagging_clear(&b);
		rc = write_package(s, &j, &src, &b);
		if (rc != 1)
			break;
		/* Nothing of the number is published, so it can still become a gap (FAULTS 57). */
		rc = -1;
		pick->kind = PICK_SPOILT;
		(void)snprintf(pick->why, sizeof(pick->why), "its slice does not match its hash");
		if (make_intent(s, pick, &j.intent) == -1)
			goto out;
	}
	if (rc == 0)
		rc = settle(s, &j, &src, &b);
out:
	if (ordersfd != -1)
		(void)close(ordersfd); /* a folder */
	bagging_clear(&b);
	buf_free(&j.record);
	intent_clear(&j.intent);
	return rc;
}

int
seal_resume(struct stream *s)
{
	uint64_t seq = s->sealed.next - 1;
	struct sealed_row last;
	struct intent in;
	int found, told;

	if (seq == 0)
		return 0;
	found = intent_load(&in, s->recordsfd, s->label, seq);
	if (found != 1)
		return found;
	intent_clear(&in);
	told = stream_was_journalled(s, "seal", s->sealed.head_seal);
	if (told == -1)
		return -1;
	if (told == 0) {
		memset(&last, 0, sizeof(last));
		if (sealed_each_row(&s->sealed, s->recordsfd, s->sealed.day, keep_row, &last) == -1 ||
		    journal_it(s, &last) == -1)
			return -1;
	}
	return clean_up(s, seq);
}
