#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#include "verify_package.h"

#include "verify_records_internal.h"

#define ROWS_MAX ((size_t)LEDGER_ROWS_MAX * 1024)

static struct records_tags *
find_tags(const struct records_stream *s, uint64_t seq)
{
	size_t low = 0, high = s->tag_count, middle;

	/* They were listed in the order of their names. */
	while (low < high) {
		middle = low + (high - low) / 2;
		if (s->tags[middle].seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->tag_count && s->tags[low].seq == seq ? &s->tags[low] : NULL;
}

/* What the log says of the package of that number, or NULL.  It tells of them in the order of their numbers. */
static const struct records_word *
word_of(struct records_stream *s, uint64_t seq)
{
	const struct records *r = s->f.r;
	size_t i, k;

	for (i = 0; i < r->word_count; i++) {
		k = (s->cursor + i) % r->word_count;
		if (r->words[k].kind == RECORDS_SEALED && r->words[k].number == seq &&
		    strcmp(r->words[k].iap, s->iap) == 0) {
			s->cursor = k;
			return &r->words[k];
		}
	}
	return NULL;
}

/* The row as it must be: by the tag files, and by the log for the file; where that does not tell yet, by the row itself. */
static void
expected_row(
    struct records_stream *s, const struct package_facts *f, const struct sealed_row *is, struct sealed_row *row)
{
	const struct slice_head *h = f->is_gap ? &f->gap.head : &f->slice.head;
	const struct records_word *w = word_of(s, f->names.seq);

	sealed_row_fill(row, h, f->is_gap ? NULL : &f->slice, f->is_gap ? &f->gap : NULL, f->seal_id);
	row->row.seq = f->names.seq;
	memcpy(row->sha256, is->sha256, sizeof(row->sha256));
	row->bytes = is->bytes;
	row->is_encrypted = is->is_encrypted;
	if (w != NULL) {
		text_hex(row->sha256, w->sha256, DIGEST_BYTES);
		row->bytes = w->bytes;
		row->is_encrypted = w->is_encrypted;
	}
}

/* The order files that the package holds are what those in the records must be. */
static int
take_orders(struct records_stream *s, const struct package_facts *f)
{
	struct sealed_order order;
	size_t i;

	for (i = 0; i < f->order_count; i++) {
		const struct buf *text = &f->orders[i].text;

		if (digest_hex_of(text->data == NULL ? "" : text->data, text->len, order.sha256) == -1 ||
		    records_paper_add(&s->f.r->orders, f->orders[i].name, order.sha256) == NULL)
			return -1;
		if (strlen(f->orders[i].name) >= sizeof(order.name))
			continue;
		(void)snprintf(order.name, sizeof(order.name), "%s", f->orders[i].name); /* as seen */
		if (sealed_add_order(&s->want, &order) == -1)
			return -1;
	}
	return 0;
}

/* Take the package up into the state that it makes. */
static int
count_it(struct records_stream *s, const struct package_facts *f, const struct sealed_row *row)
{
	const struct slice_head *h = f->is_gap ? &f->gap.head : &f->slice.head;
	struct sealed *w = &s->want;

	w->next = f->names.seq + 1;
	sealed_count(w, h, f->station, f->seal_id, f->record_sha256);
	w->day = f->day;
	w->custody_lines = f->custody_lines;
	memcpy(w->custody_head, f->custody_head, sizeof(w->custody_head));
	w->is_encrypted |= row->is_encrypted;
	if (s->state.closed != STAMP_NONE && f->day <= s->state.closed) {
		memcpy(w->ledger_seal, f->seal_id, sizeof(w->ledger_seal));
		memcpy(w->ledger_order, h->order_sha256, sizeof(w->ledger_order));
	} else if (s->first_open == STAMP_NONE) {
		s->first_open = f->day;
	}
	return take_orders(s, f);
}

/* Does the file lie in the folder of a purged day that is judged as a day, and it with it? */
static int
is_judged(const struct records_stream *s, const char *name)
{
	const struct verify_walk *w = s->f.r->run->walk;
	const char *slash = strchr(name, '/');
	char folder[PATH_MAX];
	size_t i;

	if (slash == NULL || (size_t)snprintf(folder, sizeof(folder), "%s/%s/%.*s", s->f.r->folder, s->iap,
				 (int)(slash - name), name) >= sizeof(folder))
		return 0;
	for (i = 0; i < w->count; i++) {
		if (w->places[i].kind == VERIFY_PLACE_DAY && strcmp(w->places[i].folder, folder) == 0)
			return 1;
	}
	return 0;
}

/* Load what stays of a package, in the stream's folder or in that of its purged day.  1, 0 after saying why not, or -1. */
static int
load_tags(struct records_stream *s, const char *name, const char *package, struct package_facts *f)
{
	char why[VERIFY_WHAT_ROOM / 2];
	enum package_verdict verdict;
	struct verify_file file;

	memset(f, 0, sizeof(*f));
	if (verify_file_open(&file, &s->f.dir, name) == -1) {
		if (errno != ENOENT || strchr(name, '/') != NULL)
			return records_say_file(&s->f, name, errno);
		records_say(&s->f, VERIFY_INCOMPLETE, name, "is missing");
		return 0;
	}
	verdict = package_check_tags(file.fd, package, s->f.r->keyring, f, why, sizeof(why));
	verify_file_close(&file);
	if (verdict != PACKAGE_INTACT && !is_judged(s, name))
		records_say(&s->f, verify_package_code(verdict), name, "%s", why);
	if (verdict != PACKAGE_INTACT)
		return 0;
	/* What the record of one says that is judged as a day was taken with it. */
	if (!is_judged(s, name) &&
	    verify_orders_package(s->f.r->run->orders, f, s->f.r->label, s->f.r->run->result) == -1)
		return -1;
	verify_anchors_next(s->f.r->anchors, 0, f->sealed);
	return verify_anchor_add(s->f.r->anchors, s->iap, f->custody_lines, f->custody_head, s->f.r->label) == -1 ? -1
														  : 1;
}

/* The same by its number; ${tags} gets its name. */
static int
load_tags_of(struct records_stream *s, stamp_t day, uint64_t seq, char tags[NAMES_FILE_ROOM], struct package_facts *f)
{
	char package[NAMES_FILE_ROOM], folder[STAMP_DAY_TEXT], path[2 * NAMES_FILE_ROOM];
	struct records_tags *own = find_tags(s, seq);

	(void)names_package(package, s->f.r->case_id, s->iap, seq, ".tar");
	(void)names_package(tags, s->f.r->case_id, s->iap, seq, ".tags.tar");
	(void)snprintf(path, sizeof(path), "%s/%s", stamp_day_format(folder, day), tags); /* has room */
	if (own != NULL)
		own->is_seen = 1;
	if (own == NULL && faccessat(s->f.dir.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return load_tags(s, path, package, f);
	return load_tags(s, tags, package, f);
}

static int
judge_row(
    struct records_stream *s, const char *rows, stamp_t day, const struct sealed_row *is, const struct buf *line)
{
	char tags[NAMES_FILE_ROOM];
	struct buf want = BUF_INIT;
	struct package_facts f;
	struct sealed_row row;
	int rc;

	/* Of a case that was extended after its records were purged, the rows go on where those that are gone ended. */
	if (s->f.r->is_purged && s->want.next == 1)
		s->want.next = is->row.seq;
	if (is->row.seq != s->want.next) {
		records_say(&s->f, VERIFY_TAMPERED, rows,
		    "has a row of number %" PRIu64 " in place of number %" PRIu64, is->row.seq, s->want.next);
		s->is_damaged = 1;
	}
	rc = load_tags_of(s, day, is->row.seq, tags, &f);
	if (rc != 1) {
		s->is_damaged = 1;
		s->want.next = is->row.seq + 1;
		package_facts_clear(&f);
		return rc;
	}
	expected_row(s, &f, is, &row);
	rc = sealed_row_write(&row, &want) == -1 || count_it(s, &f, &row) == -1 ? -1 : 0;
	if (rc == 0 && (f.day != day || want.len != line->len || memcmp(want.data, line->data, want.len) != 0))
		records_say(&s->f, VERIFY_TAMPERED, rows,
		    "its row of number %" PRIu64 " is not what %s and the custody log say", is->row.seq, tags);
	buf_free(&want);
	package_facts_clear(&f);
	return rc;
}

int
records_rows(struct records_stream *s, stamp_t day)
{
	struct buf text = BUF_INIT, line = BUF_INIT;
	char name[STAMP_DAY_TEXT + sizeof(RECORDS_ROWS)], date[STAMP_DAY_TEXT];
	const char *at, *newline, *end;
	struct sealed_row row;
	int rc = 0;

	(void)snprintf(name, sizeof(name), "%s" RECORDS_ROWS, stamp_day_format(date, day)); /* has room */
	if (verify_file_load(&s->f.dir, name, ROWS_MAX, &text) == -1) {
		s->is_damaged = 1;
		return records_say_file(&s->f, name, errno);
	}
	/* What lies behind those that the state knows is of a run that was killed. */
	if (s->has_state && day == s->state.day && s->state.day_bytes <= text.len)
		text.len = (size_t)s->state.day_bytes;
	s->want.day_bytes = text.len;
	end = text.len == 0 ? NULL : text.data + text.len;
	for (at = text.data; rc == 0 && at < end; at = newline + 1) {
		newline = memchr(at, '\n', (size_t)(end - at));
		buf_clear(&line);
		if (newline == NULL || sealed_row_parse(at, (size_t)(newline - at), &row) == -1) {
			if (newline != NULL && errno == ENOMEM) {
				rc = -1;
				break;
			}
			records_say(&s->f, VERIFY_TAMPERED, name,
			    "behind number %" PRIu64 ": no row as casetap writes it", s->want.next - 1);
			s->is_damaged = 1;
			break;
		}
		rc = buf_put(&line, at, (size_t)(newline - at) + 1);
		if (rc == 0)
			rc = judge_row(s, name, day, &row, &line);
	}
	buf_free(&line);
	buf_free(&text);
	return rc;
}

/* A package counts that no row tells of: the rows of its day were changed, or are gone.  Each day is named once. */
static void
say_no_row(struct records_stream *s, uint64_t seq, stamp_t day, stamp_t *said)
{
	char name[STAMP_DAY_TEXT + sizeof(RECORDS_ROWS)], date[STAMP_DAY_TEXT];

	s->is_damaged = 1;
	if (*said == day)
		return;
	*said = day;
	(void)snprintf(name, sizeof(name), "%s" RECORDS_ROWS, stamp_day_format(date, day)); /* has room */
	records_say(&s->f, VERIFY_INCOMPLETE, name, "has no row of number %" PRIu64 ", or is missing", seq);
}

int
records_rest(struct records_stream *s)
{
	char package[NAMES_FILE_ROOM], tags[NAMES_FILE_ROOM];
	struct package_facts f;
	stamp_t said = STAMP_NONE;
	int rc = 0;
	size_t i;

	for (i = 0; i < s->tag_count && rc != -1; i++) {
		if (s->tags[i].is_seen)
			continue;
		(void)names_package(package, s->f.r->case_id, s->iap, s->tags[i].seq, ".tar");
		(void)names_package(tags, s->f.r->case_id, s->iap, s->tags[i].seq, ".tags.tar");
		rc = load_tags(s, tags, package, &f);
		if (rc == 1 && s->tags[i].seq < s->state.next)
			say_no_row(s, s->tags[i].seq, f.day, &said);
		package_facts_clear(&f);
	}
	return rc == -1 ? -1 : 0;
}
