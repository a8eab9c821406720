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
#include "outbox.h"
#include "package.h"

#include "day.h"

#define SUMS "SHA256SUMS"
#define SUMS_SIG "SHA256SUMS.minisig"
#define SUM_TAIL ".sum"
#define SIG_MAX 8192
#define LEDGER_MAX (64 * 1024 * 1024)
#define LEDGER_TAIL ".ledger.txt"

struct day {
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	stamp_t stamp;
	char text[STAMP_DAY_TEXT];
	int dirfd;
	const struct keyring *keyring; /* borrowed */
	char **names;
	size_t count;
	uint64_t last_seq;
	enum day_state state;
	char why[256];
	struct manifest *sums;
	char sums_sha256[DIGEST_HEX], sig_sha256[DIGEST_HEX];
	struct ledger ledger;
};

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
	if (parsed.kind == NAMES_PACKAGE && parsed.seq > d->last_seq)
		d->last_seq = parsed.seq;
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

/* Load a file of the folder with its hash.  Return 1, 0 if it is not there or no such file, -1 with errno set. */
static int
load(const struct day *d, const char *name, size_t max, struct buf *text, char sha256[DIGEST_HEX])
{
	if (fsio_load(d->dirfd, name, max, text) == -1)
		return errno == ENOENT || errno == EBADMSG || errno == ELOOP || errno == EFBIG ? 0 : -1;
	return digest_hex_of(text->data, text->len, sha256) == -1 ? -1 : 1;
}

/* Is the signature one of a station's own?  Since when its key counts is for the verifier to say, not for the carrier. */
static int
is_signed(const struct day *d, const struct buf *text, const struct buf *sig)
{
	struct sign_sig parsed;
	enum keyring_verdict verdict;

	if (sign_parse(sig->data, sig->len, &parsed) == -1)
		return 0;
	verdict = keyring_judge(d->keyring, KEYRING_STATION, &parsed, text->data, text->len, d->stamp, NULL);
	return verdict != KEYRING_UNKNOWN && verdict != KEYRING_FORGED;
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
	rc = load(d, name, LEDGER_MAX, &text, sha256);
	if (rc == -1)
		goto out;
	if (e == NULL || rc == 0)
		rc = damaged(d, "the ledger is missing, or SHA256SUMS does not list it");
	else if (strcmp(e->sha256, sha256) != 0)
		rc = damaged(d, "the ledger is not the one that SHA256SUMS lists");
	else if (ledger_parse(text.data, text.len, &d->ledger, NULL) == -1 ||
		 strcmp(d->ledger.case_id, d->case_id) != 0 || strcmp(d->ledger.iap, d->iap) != 0 ||
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
	rc = load(d, SUMS_SIG, SIG_MAX, &sig, d->sig_sha256);
	if (rc == 1)
		rc = load(d, SUMS, MANIFEST_MAX_BYTES, &text, d->sums_sha256);
	if (rc == -1)
		goto out;
	if (rc == 0)
		rc = damaged(d, "SHA256SUMS or its signature is missing or no plain file");
	else if (!is_signed(d, &text, &sig))
		rc = damaged(d, "SHA256SUMS: the signature is not one of a station of the keyring");
	else if ((d->sums = manifest_parse(text.data, text.len, NULL)) == NULL)
		rc = damaged(d, "SHA256SUMS: not a list of hashes");
	else
		rc = judge_ledger(d);
out:
	buf_free(&text);
	buf_free(&sig);
	return rc;
}

/*
 * In an open day nothing signed says what the bytes of an encrypted package are, and it can not be looked into: its hash
 * lies beside it, as the packager wrote it.
 */
static enum answer
check_open(const struct day *d, const char *name, const struct day_file *file, char *why, size_t room)
{
	char sum[NAMES_FILE_ROOM + sizeof ". " SUM_TAIL], sha256[DIGEST_HEX];
	const struct manifest_entry *e = NULL;
	struct manifest *m = NULL;
	struct buf text = BUF_INIT;
	struct names parsed;
	enum answer a = ANSWER_OK;

	names_parse(name, &parsed);
	if (parsed.kind != NAMES_PACKAGE || !parsed.encrypted)
		return ANSWER_OK;
	(void)snprintf(sum, sizeof sum, ".%s" SUM_TAIL, name); /* has room */
	if (load(d, sum, SIG_MAX, &text, sha256) == 1 && (m = manifest_parse(text.data, text.len, NULL)) != NULL)
		e = manifest_find(m, name);
	if (e == NULL) {
		(void)snprintf(why, room, "its hash is not there (is the day being closed?)");
		a = ANSWER_RETRY;
	} else if (strcmp(e->sha256, file->sha256) != 0) {
		(void)snprintf(why, room, "not the package that was sealed: another hash");
		a = ANSWER_ROT;
	}
	manifest_free(m);
	buf_free(&text);
	return a;
}

/* Has SHA256SUMS, if there is one, something against this file? */
static enum answer
check_listed(const struct day *d, const char *name, const struct day_file *file, char *why, size_t room)
{
	const char *want = NULL;
	const struct manifest_entry *e;

	if (d->state != DAY_CLOSED)
		return check_open(d, name, file, why, room);
	/* What the list can not hold: it is of the file in which the list itself is. */
	if (day_is_archive(name))
		return ANSWER_OK;
	if (strcmp(name, SUMS) == 0)
		want = d->sums_sha256;
	else if (strcmp(name, SUMS_SIG) == 0)
		want = d->sig_sha256;
	else if ((e = manifest_find(d->sums, name)) != NULL)
		want = e->sha256;
	if (want != NULL && strcmp(want, file->sha256) == 0)
		return ANSWER_OK;
	(void)snprintf(
	    why, room, "%s", want == NULL ? "SHA256SUMS does not list it" : "its hash is not the one in SHA256SUMS");
	return ANSWER_ROT;
}

static enum answer
check_package(const struct day *d, const char *name, struct day_file *file, char *why, size_t room)
{
	struct package_facts facts;
	enum package_verdict verdict;
	char what[512];
	enum answer a = ANSWER_OK;

	memset(&facts, 0, sizeof facts);
	verdict = package_check_fd(file->fd, name, d->keyring, &facts, what, sizeof what);
	if (verdict == PACKAGE_UNREADABLE) {
		(void)snprintf(why, room, "%s", strerror(errno));
		a = ANSWER_LOCAL;
	} else if (verdict != PACKAGE_INTACT) {
		(void)snprintf(why, room, "not the package that was sealed: %s", what);
		a = ANSWER_ROT;
	} else {
		memcpy(file->sha256, facts.tar_sha256, sizeof file->sha256);
		file->bytes = facts.tar_bytes;
	}
	package_facts_clear(&facts);
	return a;
}

static enum answer
check_content(const struct day *d, const char *name, struct day_file *file, char *why, size_t room)
{
	struct names parsed;
	enum answer a;

	names_parse(name, &parsed);
	if (parsed.kind != NAMES_OTHER &&
	    (strcmp(parsed.case_id, d->case_id) != 0 || strcmp(parsed.iap, d->iap) != 0)) {
		(void)snprintf(why, room, "does not belong into this folder");
		return ANSWER_ROT;
	}
	if (parsed.kind == NAMES_PACKAGE)
		file->seq = parsed.seq;
	if (parsed.kind == NAMES_PACKAGE && !parsed.encrypted) {
		a = check_package(d, name, file, why, room);
	} else {
		a = digest_fd(file->fd, file->sha256, &file->bytes) == 0 ? ANSWER_OK : ANSWER_LOCAL;
		if (a == ANSWER_LOCAL)
			(void)snprintf(why, room, "%s", strerror(errno));
	}
	return a == ANSWER_OK ? check_listed(d, name, file, why, room) : a;
}

enum answer
day_open_file(struct day *d, const char *name, struct day_file *file, char *why, size_t room)
{
	struct stat st;
	enum answer a;

	memset(file, 0, sizeof *file);
	why[0] = '\0';
	file->fd = fsio_open_regular(d->dirfd, name, O_RDONLY);
	if (file->fd == -1) {
		a = errno == ENOENT ? ANSWER_MISSING : errno == EBADMSG || errno == ELOOP ? ANSWER_ROT : ANSWER_LOCAL;
		(void)snprintf(why, room, "%s", a == ANSWER_ROT ? "not a plain file" : strerror(errno));
		return a;
	}
	a = check_content(d, name, file, why, room);
	if (a == ANSWER_OK && (lseek(file->fd, 0, SEEK_SET) == -1 || fstat(file->fd, &st) == -1)) {
		(void)snprintf(why, room, "%s", strerror(errno));
		a = ANSWER_LOCAL;
	}
	if (a != ANSWER_OK) {
		(void)close(file->fd); /* was only read */
		file->fd = -1;
		return a;
	}
	file->sealed = st.st_mtim.tv_sec * STAMP_SECOND + st.st_mtim.tv_nsec;
	return ANSWER_OK;
}
