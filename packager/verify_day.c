#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daytar.h"
#include "fsio.h"

#include "verify_ahead.h"
#include "verify_daysum.h"
#include "verify_list.h"
#include "verify_package.h"
#include "verify_purged.h"

#include "verify_day.h"

#define KEYRING "keyring.txt"
#define LEDGER_MAX ((size_t)LEDGER_ROWS_MAX * 512)

static int
parse_ledger(struct verify_folder *d, const struct buf *text)
{
	const struct verify_place *p = d->place;
	unsigned line = 0;

	if (ledger_parse(text->data == NULL ? "" : text->data, text->len, &d->ledger, &line) == -1) {
		if (errno == ENOMEM)
			return -1;
		verify_list_say(d, VERIFY_MALFORMED, d->ledger_name, "is no ledger (line %u)", line);
		return 0;
	}
	if (strcmp(d->ledger.case_id, p->case_id) != 0 || strcmp(d->ledger.iap, p->iap) != 0 ||
	    d->ledger.day != p->day) {
		verify_list_say(d, VERIFY_TAMPERED, d->ledger_name, "is the ledger of another case, IAP or day");
		ledger_clear(&d->ledger);
		return 0;
	}
	d->has_ledger = 1;
	return 0;
}

/* What the ledger says of itself, its rows apart. */
static int
judge_ledger(struct verify_folder *d, const char *sha256)
{
	const struct ledger *l = &d->ledger;
	const char *base = strrchr(d->place->folder, '/') + 1;
	char keyring[DIGEST_HEX];
	stamp_t day;

	if (stamp_day_parse(base, &day) == 0 && day != l->day)
		verify_list_say(d, VERIFY_TAMPERED, d->ledger_name, "lies in the folder of another day");
	if (l->row_count > 0 && strcmp(l->head_seal, l->rows[l->row_count - 1].seal_id) != 0)
		verify_list_say(d, VERIFY_TAMPERED, d->ledger_name, "its head-seal is not the seal of its last row");
	if (verify_file_hash(&d->dir, KEYRING, keyring) == 0 && strcmp(keyring, l->keyring_sha256) != 0)
		verify_list_say(d, VERIFY_TAMPERED, KEYRING, "is not the keyring that the ledger names");
	d->approvals = verify_keys_approvals(d->run->keys, l->keyring_sha256);
	if (verify_stream_ledger(d->run->stream, l, sha256, verify_keys_version(d->run->keys, l->keyring_sha256),
		d->place->label) == -1)
		return -1;
	verify_stream_closed(d->run->stream, d->closed);
	return 0;
}

static int
load_ledger(struct verify_folder *d)
{
	const struct verify_place *p = d->place;
	struct buf text = BUF_INIT;
	char sha256[DIGEST_HEX];
	int rc = 0;

	d->approvals = keyring_approvals(verify_keys_best(d->run->keys));
	if (p->case_id[0] == '\0' || p->day == STAMP_NONE)
		return 0;
	(void)names_day_file(d->ledger_name, p->case_id, p->iap, p->day, ".ledger.txt");
	if (!verify_list_has(d, d->ledger_name)) {
		if (d->sums != NULL && manifest_find(d->sums, d->ledger_name) == NULL)
			verify_list_say(d, VERIFY_INCOMPLETE, d->ledger_name, "is missing");
		return 0;
	}
	/* A ledger is signed through the list alone; without one, anybody may have written it. */
	if (!d->is_closed) {
		verify_list_say(
		    d, VERIFY_INCOMPLETE, d->ledger_name, "is there, but " SUMS " is not: nobody answers for it");
		return 0;
	}
	if (verify_file_load(&d->dir, d->ledger_name, LEDGER_MAX, &text) == -1) {
		verify_list_say_file(d, d->ledger_name, errno);
		goto out;
	}
	rc = digest_hex_of(text.data == NULL ? "" : text.data, text.len, sha256);
	/* A ledger that nobody signed proves nothing, and what it says would only add to the noise. */
	if (rc == 0 && verify_list_matches(d, d->ledger_name, sha256))
		rc = parse_ledger(d, &text);
	if (rc == 0 && d->has_ledger)
		rc = judge_ledger(d, sha256);
out:
	buf_free(&text);
	return rc;
}

static const struct ledger_row *
find_row(const struct verify_folder *d, uint64_t seq)
{
	/* Their numbers have no holes: ledger_parse() saw to it. */
	if (!d->has_ledger || d->ledger.row_count == 0 || seq < d->ledger.rows[0].seq ||
	    seq - d->ledger.rows[0].seq >= d->ledger.row_count)
		return NULL;
	return &d->ledger.rows[seq - d->ledger.rows[0].seq];
}

/* A number whose package can not vouch for itself: what the ledger says of it still ties the chain together. */
static int
take_unproven(struct verify_folder *d, uint64_t seq)
{
	const struct ledger_row *r = find_row(d, seq);

	return verify_stream_unproven(d->run->stream, seq, r == NULL ? "" : r->seal_id, d->place->label);
}

/* A listed file that is not there.  A number that has a row is taken when the rows are. */
static int
take_missing(struct verify_folder *d, const char *name, const struct names *n)
{
	verify_list_say(d, VERIFY_INCOMPLETE, name, "is missing; " SUMS " lists it");
	if (n->kind != NAMES_PACKAGE || strcmp(n->case_id, d->place->case_id) != 0 ||
	    strcmp(n->iap, d->place->iap) != 0 || find_row(d, n->seq) != NULL)
		return 0;
	return take_unproven(d, n->seq);
}

/* Does the row say what the package says?  The word for what differs, or NULL. */
static const char *
difference(const struct ledger_row *r, const struct package_facts *f)
{
	const struct slice_head *h = f->is_gap ? &f->gap.head : &f->slice.head;
	const struct slice_record *s = &f->slice;

	if (strcmp(r->seal_id, f->seal_id) != 0)
		return "seal";
	if (r->from != h->from || r->to != h->to)
		return "window";
	if (r->is_gap_package != f->is_gap)
		return "kind";
	if (f->is_gap)
		return strcmp(r->gap, f->gap.reason) != 0 ? "gap" : NULL;
	if (r->frames != s->frames || r->bytes != s->bytes)
		return "frames";
	if (r->first_frame != s->first_frame || r->last_frame != s->last_frame)
		return "frame times";
	if (r->own_loss != s->lost_disk + s->lost_quota || r->possible_loss != (s->shared_loss != 0))
		return "loss";
	return r->gaps != s->gap_count ? "gaps" : NULL;
}

static void
judge_row(struct verify_folder *d, const char *name, const struct package_facts *f)
{
	const struct slice_head *h = f->is_gap ? &f->gap.head : &f->slice.head;
	const struct ledger_row *r = find_row(d, f->names.seq);
	const char *what;

	if (d->place->day != STAMP_NONE && f->day != d->place->day)
		verify_list_say(d, VERIFY_TAMPERED, name, "was sealed for another day");
	if (!d->has_ledger)
		return;
	if (r == NULL) {
		verify_list_say(d, VERIFY_TAMPERED, name, "has no row in the ledger");
		return;
	}
	what = difference(r, f);
	if (what == NULL && r == &d->ledger.rows[d->ledger.row_count - 1] &&
	    strcmp(d->ledger.order_sha256, h->order_sha256) != 0)
		what = "order";
	if (what != NULL)
		verify_list_say(d, VERIFY_TAMPERED, name, "is not what its row in the ledger says (%s)", what);
}

/* A listed package that is not there because it was purged. */
static int
take_purged(struct verify_folder *d, const char *name)
{
	struct package_facts f;
	struct names n;
	int rc = verify_purged_package(d, name, &f);

	names_parse(name, &n);
	if (rc == 1)
		judge_row(d, name, &f);
	package_facts_clear(&f);
	return rc == 0 ? take_unproven(d, n.seq) : rc == -1 ? -1 : 0;
}

/* What the list names: is it there, and, unless it is a package or the ledger, which are looked at for themselves, has it
 * that hash? */
static int
check_listed(struct verify_folder *d)
{
	const struct manifest_entry *e;
	char sha256[DIGEST_HEX];
	struct names n;
	size_t i;

	for (i = 0; d->sums != NULL && i < manifest_count(d->sums); i++) {
		e = manifest_entry(d->sums, i);
		names_parse(e->name, &n);
		if (!fsio_is_plain_name(e->name) || e->name[0] == '.') {
			verify_list_say(d, VERIFY_MALFORMED, SUMS, "lists %s, which is no file of a day", e->name);
		} else if (!verify_list_has(d, e->name) && verify_purged_has(d, e->name, e->sha256)) {
			if (take_purged(d, e->name) == -1)
				return -1;
		} else if (!verify_list_has(d, e->name)) {
			if (take_missing(d, e->name, &n) == -1)
				return -1;
		} else if (n.kind == NAMES_PACKAGE || strcmp(e->name, d->ledger_name) == 0) {
			continue;
		} else if (verify_file_hash(&d->dir, e->name, sha256) == -1) {
			verify_list_say_file(d, e->name, errno);
		} else {
			(void)verify_list_matches(d, e->name, sha256);
		}
	}
	return 0;
}

/* Is it to be looked into: a package of this stream? */
static int
is_ours(const struct verify_folder *d, const struct names *n)
{
	return n->kind == NAMES_PACKAGE && strcmp(n->case_id, d->place->case_id) == 0 &&
	       strcmp(n->iap, d->place->iap) == 0;
}

/* Let the packages of the day be checked, in the order in which they are judged. */
static int
look_ahead(const struct verify_folder *d)
{
	struct names n;
	size_t i;

	verify_ahead_begin(d->run->ahead, &d->dir, d->run->keys);
	for (i = 0; i < d->count; i++) {
		names_parse(d->names[i], &n);
		if (is_ours(d, &n) && verify_ahead_name(d->run->ahead, d->names[i]) == -1)
			return -1;
	}
	return 0;
}

/* An encrypted package that stays closed: what its day's signed ledger says of it is all there is. */
static int
take_closed(struct verify_folder *d, const char *name, const struct names *n, const char *sha256)
{
	const struct ledger_row *r = find_row(d, n->seq);

	d->closed_packages++;
	if (verify_list_matches(d, name, sha256) && r != NULL && verify_cover_row(d->run->cover, r) == -1)
		return -1;
	if (d->has_ledger && r == NULL)
		verify_list_say(d, VERIFY_TAMPERED, name, "has no row in the ledger");
	return take_unproven(d, n->seq);
}

static void
say_closed(const struct verify_folder *d)
{
	if (d->closed_packages > 0)
		verify_say(d->run->result, VERIFY_INCOMPLETE, d->place->label,
		    "payload not opened: %zu packages are encrypted, and %s", d->closed_packages,
		    verify_keys_identities(d->run->keys) == NULL ? "no --identity was given"
								 : "the identity is of none of their recipients");
}

static int
check_package(struct verify_folder *d, const char *name, const struct names *n)
{
	const struct verify_checked *c;
	int rc;

	if (strcmp(n->case_id, d->place->case_id) != 0 || strcmp(n->iap, d->place->iap) != 0) {
		verify_list_say(d, VERIFY_MALFORMED, name, "belongs to another stream than the rest of the folder");
		return 0;
	}
	c = verify_ahead_take(d->run->ahead);
	if (c->is_closed && c->error == 0)
		return take_closed(d, name, n, c->sha256);
	rc = verify_package_judge(d->run, c, name, d->place->label, d->approvals);
	(void)verify_list_matches(d, name, c->sha256);
	if (rc == 1)
		judge_row(d, name, &c->facts);
	return rc == 0 ? take_unproven(d, n->seq) : rc;
}

static int
check_files(struct verify_folder *d)
{
	struct names n;
	size_t i;
	int rc = 0;

	for (i = 0; i < d->count && rc != -1; i++) {
		names_parse(d->names[i], &n);
		if (n.kind == NAMES_PACKAGE)
			rc = check_package(d, d->names[i], &n);
		else if (d->sums == NULL || manifest_find(d->sums, d->names[i]) != NULL ||
			 verify_purged_is_file(d, d->names[i]) || strcmp(d->names[i], d->ledger_name) == 0)
			continue;
		else if (n.kind == NAMES_LEDGER || n.kind == NAMES_NOTICE || strcmp(d->names[i], KEYRING) == 0)
			verify_list_say(d, VERIFY_TAMPERED, d->names[i], "is not listed in " SUMS);
		else if (n.kind == NAMES_OTHER && strncmp(d->names[i], SUMS, strlen(SUMS)) != 0 &&
			 strncmp(d->names[i], KEYRING, strlen(KEYRING)) != 0)
			verify_list_say(
			    d, VERIFY_NOTE, d->names[i], "is no part of the delivery and was not looked at");
	}
	return rc == -1 ? -1 : 0;
}

/* Rows whose packages are not there.  Where there is a list, it names them already, unless it lacks them as well. */
static int
check_rows(struct verify_folder *d)
{
	const struct verify_place *p = d->place;
	char name[NAMES_FILE_ROOM], encrypted[NAMES_FILE_ROOM];
	size_t i;

	for (i = 0; d->has_ledger && i < d->ledger.row_count; i++) {
		(void)names_package(name, p->case_id, p->iap, d->ledger.rows[i].seq, ".tar");
		(void)names_package(encrypted, p->case_id, p->iap, d->ledger.rows[i].seq, ".tar.age");
		if (verify_list_has(d, name) || verify_list_has(d, encrypted))
			continue;
		if (d->sums == NULL)
			verify_list_say(d, VERIFY_INCOMPLETE, name, "is missing; the ledger lists it");
		else if (manifest_find(d->sums, name) == NULL && manifest_find(d->sums, encrypted) == NULL)
			verify_list_say(
			    d, VERIFY_TAMPERED, name, "is missing; the ledger lists it, but " SUMS " does not");
		if (take_unproven(d, d->ledger.rows[i].seq) == -1)
			return -1;
	}
	return 0;
}

/* No list: the day is still open, or it should long have been closed. */
static void
say_open(const struct verify_folder *d)
{
	const struct verify_place *p = d->place;
	struct verify_result *result = d->run->result;

	if (p->day != STAMP_NONE && result->now - VERIFY_STREAM_GRACE >= p->day + STAMP_DAY)
		verify_say(result, VERIFY_INCOMPLETE, p->label, SUMS " is missing, although the day is long over");
	else
		verify_say(result, VERIFY_NOTE, p->label, "is an open day: nothing yet answers for it as a whole");
}

static int
open_place(struct verify_folder *d, struct verify_tar **tar)
{
	const struct verify_place *p = d->place;
	char why[VERIFY_WHAT_ROOM / 2];
	enum package_verdict verdict;

	*tar = NULL;
	d->dir.fd = fsio_opendir(p->folder);
	if (d->dir.fd == -1) {
		verify_say(d->run->result, VERIFY_UNREADABLE, p->label, "%s", verify_file_why(errno));
		return errno == ENOMEM ? -1 : 0;
	}
	if (p->kind == VERIFY_PLACE_DAY_TAR) {
		verdict = verify_tar_open(d->dir.fd, p->name, tar, why, sizeof(why));
		if (verdict != PACKAGE_INTACT) {
			verify_say(d->run->result, verify_package_code(verdict), p->label, "%s", why);
			return 0;
		}
		d->dir.tar = *tar;
	}
	if (verify_list_names(d) == 0)
		return 1;
	verify_say(d->run->result, VERIFY_UNREADABLE, p->label, "%s", verify_file_why(errno));
	return errno == ENOMEM ? -1 : 0;
}

/* The day as one file: the one at hand, or one that lies in the folder of the day. */
static int
check_archives(struct verify_folder *d)
{
	char tar[NAMES_FILE_ROOM];
	struct names n;
	size_t i;

	if (d->dir.tar != NULL)
		return verify_daysum(d, d->dir.tar, d->place->label) == -1 ? -1 : 0;
	for (i = 0; i < d->count; i++) {
		names_parse(d->names[i], &n);
		if (strcmp(n.case_id, d->place->case_id) != 0 || strcmp(n.iap, d->place->iap) != 0 ||
		    n.day != d->place->day)
			continue;
		if (n.kind == NAMES_DAY_TAR && verify_daysum_beside(d, d->names[i]) == -1)
			return -1;
		if (n.kind != NAMES_DAY_SUM || d->is_closed)
			continue;
		(void)names_day_file(tar, n.case_id, n.iap, n.day, DAYTAR);
		if (!verify_list_has(d, tar))
			verify_list_say(d, VERIFY_INCOMPLETE, tar, "is missing; %s is of it", d->names[i]);
	}
	return 0;
}

static int
check_day(struct verify_folder *d)
{
	if (verify_list_load(d) == -1 || load_ledger(d) == -1 || verify_purged_load(d) == -1)
		return -1;
	if (look_ahead(d) == -1 || check_archives(d) == -1 || check_listed(d) == -1 || check_files(d) == -1 ||
	    check_rows(d) == -1)
		return -1;
	say_closed(d);
	verify_purged_tell(d);
	if (!d->is_closed && d->count > 0 && d->purge == NULL)
		say_open(d);
	return 0;
}

int
verify_day(struct verify_run *run, const struct verify_place *place)
{
	struct verify_folder d = {.run = run, .place = place, .closed = STAMP_NONE};
	struct verify_tar *tar;
	int rc = open_place(&d, &tar);
	size_t i;

	if (rc == 1)
		rc = check_day(&d);
	verify_ahead_end(run->ahead);
	for (i = 0; i < d.count; i++)
		free(d.names[i]);
	free(d.names);
	verify_purged_clear(&d);
	manifest_free(d.sums);
	ledger_clear(&d.ledger);
	verify_tar_close(tar);
	if (d.dir.fd != -1)
		(void)close(d.dir.fd); /* a folder */
	return rc;
}

int
verify_single(struct verify_run *run, const struct verify_place *place)
{
	const struct keyring *keyring = verify_keys_best(run->keys);
	const struct verify_dir dir = {fsio_opendir(place->folder), NULL};
	struct verify_checked c;
	int rc;

	run->attested = STAMP_NONE; /* a package alone has nobody's word for its time */
	if (dir.fd == -1) {
		verify_say(run->result, VERIFY_UNREADABLE, place->label, "%s", verify_file_why(errno));
		return 0;
	}
	verify_package_check(&c, &dir, place->name, run->keys, run->progress);
	rc = verify_package_judge(run, &c, place->name, place->label, keyring_approvals(keyring));
	package_facts_clear(&c.facts);
	(void)close(dir.fd); /* a folder */
	return rc == -1 ? -1 : 0;
}
