#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ack.h"
#include "daytar.h"
#include "fsio.h"
#include "text.h"

#include "verify_ahead.h"
#include "verify_daysum.h"
#include "verify_list.h"
#include "verify_notice.h"
#include "verify_package.h"
#include "verify_purged.h"
#include "verify_rows.h"

#include "verify_day.h"

#define KEYRING "keyring.txt"
#define PART ".part" /* the uploader calls so what has not wholly arrived */

/* A listed file that is not there.  A number that has a row is taken when the rows are. */
static int
take_missing(struct verify_folder *d, const char *name, const struct names *n)
{
	verify_list_say(d, VERIFY_INCOMPLETE, name, "is missing; " SUMS " lists it");
	if (n->kind != NAMES_PACKAGE || strcmp(n->case_id, d->place->case_id) != 0 ||
	    strcmp(n->iap, d->place->iap) != 0 || verify_rows_find(d, n->seq) != NULL)
		return 0;
	return verify_rows_unproven(d, n->seq);
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
		verify_rows_judge(d, name, &f);
	package_facts_clear(&f);
	return rc == 0 ? verify_rows_unproven(d, n.seq) : rc == -1 ? -1 : 0;
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
	const struct ledger_row *r = verify_rows_find(d, n->seq);

	d->closed_packages++;
	if (verify_list_matches(d, name, sha256) && r != NULL && verify_cover_row(d->run->cover, r) == -1)
		return -1;
	if (d->has_ledger && r == NULL)
		verify_list_say(d, VERIFY_TAMPERED, name, "has no row in the ledger");
	return verify_rows_unproven(d, n->seq);
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
		verify_list_say(d, VERIFY_TAMPERED, name, "belongs to another stream than the rest of the folder");
		return 0;
	}
	c = verify_ahead_take(d->run->ahead);
	if (c->is_closed && c->error == 0)
		return take_closed(d, name, n, c->sha256);
	rc = verify_package_judge(d->run, c, name, d->place->label);
	(void)verify_list_matches(d, name, c->sha256);
	if (rc == 1)
		verify_rows_judge(d, name, &c->facts);
	return rc == 0 ? verify_rows_unproven(d, n->seq) : rc;
}

/* What comes to a closed day after its list, and is judged for itself. */
static int
is_later(const char *name)
{
	static const char *const names[] = {SUMS, SUMS ".minisig", SUMS ".tsr", SUMS ".tsq", SUMS ".tsa.pem",
	    ACK_NAME, KEYRING ".minisig", KEYRING_ROOTS};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]) && strcmp(name, names[i]) != 0; i++)
		;
	return i < sizeof(names) / sizeof(names[0]);
}

/* A file that the list does not name.  What lies beside a day's one file may be anybody's; in a folder, it was added. */
static void
say_unlisted(struct verify_folder *d, const char *name, const struct names *n)
{
	if (n->kind == NAMES_LEDGER || n->kind == NAMES_NOTICE || strcmp(name, KEYRING) == 0)
		verify_list_say(d, VERIFY_TAMPERED, name, "is not listed in " SUMS);
	else if ((n->kind != NAMES_TAGS && n->kind != NAMES_OTHER) || is_later(name))
		return;
	else if (text_ends_with(name, PART))
		verify_list_say(d, VERIFY_NOTE, name, "has not wholly arrived, and was not looked at");
	else if (d->dir.tar != NULL)
		verify_list_say(d, VERIFY_NOTE, name, "is no part of the delivery and was not looked at");
	else
		verify_list_say(
		    d, VERIFY_TAMPERED, name, "is not listed in " SUMS ": it was added, and is no part of the day");
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
		else
			say_unlisted(d, d->names[i], &n);
	}
	return rc == -1 ? -1 : 0;
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
	if (verify_list_load(d) == -1 || verify_rows_load(d) == -1 || verify_purged_load(d) == -1)
		return -1;
	if (look_ahead(d) == -1 || check_archives(d) == -1 || check_listed(d) == -1 || check_files(d) == -1 ||
	    verify_notices(d) == -1 || verify_rows_check(d) == -1)
		return -1;
	say_closed(d);
	if (!d->is_closed && d->count > 0 && d->purge == NULL)
		say_open(d);
	return verify_purged_tell(d);
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
	const struct verify_dir dir = {fsio_opendir(place->folder), NULL};
	struct verify_checked c;
	int rc;

	run->attested = STAMP_NONE; /* a package alone has nobody's word for its time */
	if (dir.fd == -1) {
		verify_say(run->result, VERIFY_UNREADABLE, place->label, "%s", verify_file_why(errno));
		return 0;
	}
	verify_package_check(&c, &dir, place->name, run->keys, run->progress);
	rc = verify_package_judge(run, &c, place->name, place->label);
	package_facts_clear(&c.facts);
	(void)close(dir.fd); /* a folder */
	return rc == -1 ? -1 : 0;
}
