#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daytar.h"
#include "fsio.h"
#include "receipt.h"

#include "retention_internal.h"

#define SUM_MAX_BYTES ((size_t)4096)

/* Read a receipt, which must be one of this very file with this very hash.  1 if it is, 0 if not, -1 with errno set. */
static int
read_receipt(const struct retention_judging *j, const char *file, const char *sha256, const char *destination,
    struct purgecert_receipt *out)
{
	char name[RECEIPT_NAME_ROOM];
	struct buf text = BUF_INIT;
	struct receipt r;
	int rc = 0;

	(void)receipt_name_on(name, file, j->day, destination);
	if (j->r->receiptsfd == -1)
		return 0;
	if (fsio_load(j->r->receiptsfd, name, RECEIPT_MAX_BYTES, &text) == -1)
		return errno == ENOENT || errno == EBADMSG || errno == ELOOP || errno == EFBIG ? 0 : -1;
	if (receipt_parse(text.data == NULL ? "" : text.data, text.len, &r) == -1)
		rc = errno == ENOMEM ? -1 : 0;
	else if (strcmp(r.case_id, j->r->case_id) == 0 && strcmp(r.iap, j->r->iap) == 0 &&
		 strcmp(r.file, file) == 0 && strcmp(r.destination, destination) == 0 && r.day == j->day &&
		 strcmp(r.sha256, sha256) == 0) {
		rc = digest_hex_of(text.data, text.len, out->sha256) == 0 ? 1 : -1;
		out->published = r.published;
		(void)snprintf(out->destination, sizeof(out->destination), "%s", destination); /* the rooms are */
		(void)snprintf(out->file, sizeof(out->file), "%s", file);                      /* the same */
	}
	buf_free(&text);
	return rc;
}

/* Take the receipt of a file at a destination into the certificate.  1, 0 if there is none, -1 with errno set. */
static int
take_receipt(struct retention_judging *j, const char *file, const char *sha256, const char *destination)
{
	struct purgecert_receipt receipt;
	int rc = read_receipt(j, file, sha256, destination, &receipt);

	if (rc != 1)
		return rc;
	if (purgecert_add_receipt(j->cert, &receipt) == -1)
		return -1;
	if (j->cert->delivered == STAMP_NONE || receipt.published > j->cert->delivered)
		j->cert->delivered = receipt.published;
	return 1;
}

/* As above, but what has not arrived settles the verdict.  0, 1 or -1. */
static int
need_receipt(struct retention_judging *j, const char *file, const char *sha256, const char *destination)
{
	char what[NAMES_DEST_ROOM + 64];
	int rc = take_receipt(j, file, sha256, destination);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	(void)snprintf(what, sizeof(what), "no receipt of %s for it", destination); /* has room */
	return retention_decide(j, RETENTION_UNDELIVERED, what, file);
}

/* All that the list names, then the list itself and its signature. */
static int
check_files(struct retention_judging *j, const char *destination)
{
	const struct manifest_entry *e;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < manifest_count(j->sums); i++) {
		e = manifest_entry(j->sums, i);
		rc = need_receipt(j, e->name, e->sha256, destination);
	}
	if (rc == 0)
		rc = need_receipt(j, RETENTION_SUMS, j->sums_sha256, destination);
	return rc == 0 ? need_receipt(j, RETENTION_SUMS_SIG, j->sig_sha256, destination) : rc;
}

/* The hash of a small file of the day, and its text.  1, 0 where there is none, -1 with errno set. */
static int
load_small(struct retention_judging *j, const char *name, struct buf *text, char sha256[DIGEST_HEX])
{
	if (fsio_load(j->dirfd, name, SUM_MAX_BYTES, text) == -1)
		return errno == ENOENT || errno == EBADMSG || errno == ELOOP || errno == EFBIG ? 0 : -1;
	return digest_hex_of(text->data == NULL ? "" : text->data, text->len, sha256) == 0 ? 1 : -1;
}

/* What the packager found the day's one file to be, which lies nowhere.  1, 0 where it did not, -1 with errno set. */
static int
load_sum(struct retention_judging *j, char tar_sha256[DIGEST_HEX], char sum_sha256[DIGEST_HEX])
{
	char name[NAMES_FILE_ROOM];
	const struct manifest_entry *e;
	struct manifest *m = NULL;
	struct buf text = BUF_INIT;
	int rc;

	(void)names_day_file(name, j->r->case_id, j->r->iap, j->day, DAYTAR_SUM);
	rc = load_small(j, name, &text, sum_sha256);
	if (rc != 1)
		goto out;
	m = manifest_parse(text.data == NULL ? "" : text.data, text.len, NULL);
	if (m == NULL) {
		rc = errno == EINVAL ? 0 : -1;
		goto out;
	}
	e = manifest_find(m, names_day_file(name, j->r->case_id, j->r->iap, j->day, DAYTAR));
	if (e == NULL)
		rc = 0;
	else
		memcpy(tar_sha256, e->sha256, DIGEST_HEX);
out:
	manifest_free(m);
	buf_free(&text);
	return rc;
}

/*
 * The day as one file: 1 if that has arrived, with its sum and signature, 0 if not, or -1 with errno set.  What was sent
 * under this hash was made of the files that the list names: the uploader holds each against it while it sends.
 */
static int
take_day(struct retention_judging *j, const char *destination)
{
	const char *const suffixes[] = {DAYTAR, DAYTAR_SUM, DAYTAR_SIG};
	char sha256[3][DIGEST_HEX], name[NAMES_FILE_ROOM];
	const size_t before = j->cert->proof_count;
	struct buf text = BUF_INIT;
	size_t i;
	int rc = load_sum(j, sha256[0], sha256[1]);

	(void)names_day_file(name, j->r->case_id, j->r->iap, j->day, DAYTAR_SIG);
	if (rc == 1)
		rc = load_small(j, name, &text, sha256[2]);
	for (i = 0; rc == 1 && i < 3; i++) {
		(void)names_day_file(name, j->r->case_id, j->r->iap, j->day, suffixes[i]);
		rc = take_receipt(j, name, sha256[i], destination);
	}
	/* A part of it proves nothing. */
	if (rc != 1)
		j->cert->proof_count = before;
	buf_free(&text);
	return rc;
}

static int
check_destination(struct retention_judging *j, const char *destination)
{
	const stamp_t before = j->cert->delivered;
	const int rc = take_day(j, destination);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	j->cert->delivered = before;
	return check_files(j, destination);
}

static int
list_packages(struct retention_judging *j)
{
	const struct manifest_entry *e;
	struct names n;
	size_t i;

	for (i = 0; i < manifest_count(j->sums); i++) {
		e = manifest_entry(j->sums, i);
		names_parse(e->name, &n);
		if (n.kind == NAMES_PACKAGE && purgecert_add_file(j->cert, e->sha256, e->name) == -1)
			return -1;
	}
	return 0;
}

int
retention_check_arrivals(struct retention_judging *j)
{
	const struct retention_terms *t = j->r->terms;
	size_t i;
	int rc = list_packages(j);

	for (i = 0; rc == 0 && i < t->destination_count; i++)
		rc = check_destination(j, t->destinations[i]);
	return rc;
}
