#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "outbox.h"

#include "day_internal.h"

#define SUMS DAY_SUMS
#define SUMS_SIG "SHA256SUMS.minisig"
#define LEDGER_MAX (64 * 1024 * 1024)
#define LEDGER_TAIL ".ledger.txt"

static int
add_name(void *cookie, const char *name)
{
	struct day *d = cookie;
	struct names parsed;
	char **names;

	names = realloc(d->names, (d->count + 1) * sizeof *names);
	if (names == NULL)
		return -1;
	d->names = names;
	d->names[d->count] = strdup(name);
	if (d->names[d->count] == NULL)
		return -1;
	d->count++;
	names_parse(name, &parsed);
	if (parsed.kind != NAMES_PACKAGE)
		return 0;
	if (parsed.seq > d->last_seq)
		d->last_seq = parsed.seq;
	if (d->first_seq == 0 || parsed.seq < d->first_seq)
		d->first_seq = parsed.seq;
	return 0;
}

struct day *
day_open(int streamfd, const char *case_id, const char *iap, stamp_t stamp, const struct keyring *keyring)
{
	struct day *d = calloc(1, sizeof *d);

	if (d == NULL) {
		diag_err("outbox/%s/%s", case_id, iap);
		return NULL;
	}
	(void)snprintf(d->case_id, sizeof d->case_id, "%s", case_id);
	(void)snprintf(d->iap, sizeof d->iap, "%s", iap);
	d->stamp = stamp;
	stamp_day_format(d->text, stamp);
	d->keyring = keyring;
	d->dirfd = fsio_opendirat(streamfd, d->text);
	if (d->dirfd == -1 || outbox_each_file(d->dirfd, add_name, d) != 0) {
		diag_err("outbox/%s/%s/%s", case_id, iap, d->text);
		day_close(d);
		return NULL;
	}
	return d;
}

void
day_close(struct day *d)
{
	int saved = errno;

	if (d == NULL)
		return;
	for (size_t i = 0; i < d->count; i++)
		free(d->names[i]);
	free(d->names);
	manifest_free(d->sums);
	ledger_clear(&d->ledger);
	if (d->dirfd != -1)
		(void)close(d->dirfd); /* a folder */
	free(d);
	errno = saved;
}

stamp_t
day_stamp(const struct day *d)
{
	return d->stamp;
}

const char *
day_case(const struct day *d)
{
	return d->case_id;
}

const char *
day_iap(const struct day *d)
{
	return d->iap;
}

int
day_dirfd(const struct day *d)
{
	return d->dirfd;
}

void
day_file_name(const struct day *d, const char *suffix, char *out)
{
	(void)names_day_file(out, d->case_id, d->iap, d->stamp, suffix);
}

const char *
day_text(const struct day *d)
{
	return d->text;
}

size_t
day_count(const struct day *d)
{
	return d->count;
}

const char *
day_name(const struct day *d, size_t i)
{
	return d->names[i];
}

uint64_t
day_first_seq(const struct day *d)
{
	return d->first_seq;
}

uint64_t
day_last_seq(const struct day *d)
{
	return d->last_seq;
}

enum day_state
day_state(const struct day *d)
{
	return d->state;
}

const char *
day_why(const struct day *d)
{
	return d->why;
}

const struct manifest *
day_sums(const struct day *d)
{
	return d->sums;
}

const struct ledger *
day_ledger(const struct day *d)
{
	return &d->ledger;
}

const char *
day_sums_sha256(const struct day *d)
{
	return d->sums_sha256;
}

int
day_is_seal(const char *name)
{
	return strcmp(name, SUMS) == 0 || strcmp(name, SUMS_SIG) == 0;
}

int
day_is_archive(const char *name)
{
	struct names parsed;

	names_parse(name, &parsed);
	return parsed.kind == NAMES_DAY_SUM;
}

int
day_may_go_early(const char *name)
{
	struct names parsed;

	names_parse(name, &parsed);
	return parsed.kind == NAMES_PACKAGE || parsed.kind == NAMES_NOTICE;
}

static int
damaged(struct day *d, const char *why)
{
	(void)snprintf(d->why, sizeof d->why, "%s", why);
	d->state = DAY_DAMAGED;
	return 0;
}

/* Damaged, unless it was our memory that ran out: then nothing is known of the file. */
static int
unread(struct day *d, const char *why)
{
	return errno == ENOMEM ? -1 : damaged(d, why);
}

int
day_load(const struct day *d, const char *name, size_t max, struct buf *text, char sha256[DIGEST_HEX])
{
	if (fsio_load(d->dirfd, name, max, text) == -1)
		return errno == ENOENT || errno == EBADMSG || errno == ELOOP || errno == EFBIG ? 0 : -1;
	return digest_hex_of(text->data, text->len, sha256) == -1 ? -1 : 1;
}

/* Since when a key counts is for the verifier to say, not for the carrier. */
int
day_is_signed(const struct day *d, const struct sign_sig *sig, const void *data, size_t n)
{
	enum keyring_verdict verdict = keyring_judge(d->keyring, KEYRING_STATION, sig, data, n, d->stamp, NULL);

	return verdict != KEYRING_UNKNOWN && verdict != KEYRING_FORGED;
}

static int
is_signed(const struct day *d, const struct buf *text, const struct buf *sig)
{
	struct sign_sig parsed;

	return sign_parse(sig->data, sig->len, &parsed) == 0 && day_is_signed(d, &parsed, text->data, text->len);
}

static int
judge_ledger(struct day *d)
{
	char name[NAMES_FILE_ROOM], sha256[DIGEST_HEX];
	const struct manifest_entry *e;
	struct buf text = BUF_INIT;
	int rc;

	names_day_file(name, d->case_id, d->iap, d->stamp, LEDGER_TAIL);
	e = manifest_find(d->sums, name);
	rc = day_load(d, name, LEDGER_MAX, &text, sha256);
	if (rc == -1)
		goto out;
	if (e == NULL || rc == 0)
		rc = damaged(d, "the ledger is missing, or SHA256SUMS does not list it");
	else if (strcmp(e->sha256, sha256) != 0)
		rc = damaged(d, "the ledger is not the one that SHA256SUMS lists");
	else if (ledger_parse(text.data, text.len, &d->ledger, NULL) == -1)
		rc = unread(d, "the ledger is not one of this day");
	else if (strcmp(d->ledger.case_id, d->case_id) != 0 || strcmp(d->ledger.iap, d->iap) != 0 ||
		 d->ledger.day != d->stamp)
		rc = damaged(d, "the ledger is not one of this day");
	else
		rc = 0;
out:
	buf_free(&text);
	return rc;
}

int
day_judge(struct day *d)
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	int rc;

	/*
	 * The signature is published last, and listed last: where the list does not hold it, the day was open when the list
	 * was made, and files that have come since are not on it.
	 */
	d->state = DAY_OPEN;
	if (d->count == 0 || strcmp(d->names[d->count - 1], SUMS_SIG) != 0)
		return 0;
	d->state = DAY_CLOSED;
	rc = day_load(d, SUMS_SIG, DAY_SIG_MAX, &sig, d->sig_sha256);
	if (rc == 1)
		rc = day_load(d, SUMS, MANIFEST_MAX_BYTES, &text, d->sums_sha256);
	if (rc == -1)
		goto out;
	if (rc == 0)
		rc = damaged(d, "SHA256SUMS or its signature is missing or no plain file");
	else if (!is_signed(d, &text, &sig))
		rc = damaged(d, "SHA256SUMS: the signature is not one of a station of the keyring");
	else if ((d->sums = manifest_parse(text.data, text.len, NULL)) == NULL)
		rc = unread(d, "SHA256SUMS: not a list of hashes");
	else
		rc = judge_ledger(d);
out:
	buf_free(&text);
	buf_free(&sig);
	return rc;
}
