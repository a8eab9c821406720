#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"
#include "notice.h"
#include "package.h"

#include "day_internal.h"

#define SUM_TAIL ".sum"

/* A notice proves itself. */
static enum answer
check_notice(const struct day *d, const char *name, char *why, size_t room)
{
	char sha256[DIGEST_HEX];
	struct buf text = BUF_INIT;
	struct notice n;
	struct sign_sig sig;
	size_t length;
	int rc = day_load(d, name, NOTICE_MAX_BYTES, &text, sha256);
	enum answer a = rc == -1 ? ANSWER_LOCAL : ANSWER_ROT;

	if (rc == -1)
		(void)snprintf(why, room, "%s", strerror(errno));
	else if (rc == 0 || text.len == 0 || notice_open(text.data, text.len, &n, &sig, &length) == -1 ||
		 strcmp(n.case_id, d->case_id) != 0 || strcmp(n.iap, d->iap) != 0 || n.day != d->stamp)
		(void)snprintf(why, room, "not a notice of this day");
	else if (!day_is_signed(d, &sig, text.data, length))
		(void)snprintf(why, room, "its signature is not one of a station of the keyring");
	else
		a = ANSWER_OK;
	buf_free(&text);
	return a;
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
	if (parsed.kind == NAMES_NOTICE)
		return check_notice(d, name, why, room);
	if (parsed.kind != NAMES_PACKAGE || !parsed.encrypted)
		return ANSWER_OK;
	(void)snprintf(sum, sizeof sum, ".%s" SUM_TAIL, name); /* has room */
	if (day_load(d, sum, DAY_SIG_MAX, &text, sha256) == 1 &&
	    (m = manifest_parse(text.data, text.len, NULL)) != NULL)
		e = manifest_find(m, name);
	if (e == NULL) {
		(void)snprintf(why, room, "its hash is not there (is the day being closed?)");
		a = ANSWER_UNPROVEN;
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
	if (strcmp(name, DAY_SUMS) == 0)
		want = d->sums_sha256;
	else if (strcmp(name, DAY_SUMS ".minisig") == 0)
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
