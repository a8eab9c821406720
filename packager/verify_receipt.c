#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "ack.h"
#include "diag.h"
#include "fsio.h"
#include "keyfile.h"

#include "verify_receipt.h"

/* Of a day as one file, the folder that it lies in. */
static int
open_folder(struct verify_receipt *r, const char *path, int *status)
{
	char *resolved = realpath(path, NULL);
	struct stat st;

	if (resolved != NULL && stat(resolved, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			*strrchr(resolved, '/') = '\0';
		r->dirfd = fsio_opendir(*resolved == '\0' ? "/" : resolved);
	}
	if (r->dirfd == -1) {
		*status = errno == ENOENT ? EX_NOINPUT : EX_IOERR;
		diag_err("%s", path);
	}
	free(resolved);
	return r->dirfd == -1 ? -1 : 0;
}

int
verify_receipt_split(struct verify_receipt *r, const struct verify_options *options, int *status)
{
	int ends[2];

	*r = (struct verify_receipt){.child = -1, .fd = -1, .dirfd = -1};
	if (open_folder(r, options->paths[0], status) == -1)
		return -1;
	*status = EX_IOERR;
	if (pipe2(ends, O_CLOEXEC) == -1) {
		diag_err("pipe");
		return -1;
	}
	r->child = fork();
	if (r->child == -1)
		diag_err("fork");
	r->fd = ends[r->child == 0];
	(void)close(ends[r->child != 0]); /* the other's end */
	if (r->child == 0) {
		(void)close(r->dirfd); /* a folder, which the child opens for itself */
		r->dirfd = -1;
	}
	return r->child == -1 ? -1 : 0;
}

void
verify_receipt_close(struct verify_receipt *r)
{
	if (r->fd != -1)
		(void)close(r->fd); /* a pipe */
	if (r->dirfd != -1)
		(void)close(r->dirfd); /* a folder; what was put there is synced */
	r->fd = r->dirfd = -1;
}

int
verify_receipt_tell(const struct verify_receipt *r, const struct verify_result *result)
{
	const struct verify_day_sums *day = &result->last_day;
	int verdict = verify_result_status(result);
	struct ack a = {.day = day->day, .packages = day->packages, .verdict = verdict, .verified = result->now};
	struct buf text = BUF_INIT;
	int rc = 0;

	if (verdict != VERIFY_NOTE && verdict != VERIFY_GAPS)
		return 0;
	if (result->signed_days != 1) {
		diag_errx("no receipt: %zu closed days were given, and it is for one", result->signed_days);
		return -1;
	}
	memcpy(a.case_id, day->case_id, sizeof(a.case_id));
	memcpy(a.iap, day->iap, sizeof(a.iap));
	memcpy(a.sums_sha256, day->sums_sha256, sizeof(a.sums_sha256));
	(void)snprintf(a.verifier, sizeof(a.verifier), "casetap-verify " CASETAP_VERSION);
	if (ack_write(&a, &text) == -1 || fsio_write(r->fd, text.data, text.len) == -1) {
		diag_err("no receipt");
		rc = -1;
	}
	buf_free(&text);
	return rc;
}

/* All that the child says, and how it ended.  Return its exit code, 74 if it had none. */
static int
listen_to(const struct verify_receipt *r, char text[ACK_MAX_BYTES], size_t *n)
{
	ssize_t got = fsio_read(r->fd, text, ACK_MAX_BYTES);
	int status;

	*n = got == -1 ? 0 : (size_t)got;
	while (waitpid(r->child, &status, 0) == -1) {
		if (errno != EINTR) {
			diag_err("waitpid");
			return EX_IOERR;
		}
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	diag_errx("no receipt: the verification was ended by signal %d", WTERMSIG(status));
	return EX_IOERR;
}

static int
sign(const struct verify_receipt *r, const char *key_path, const struct buf *lines, const struct ack *a)
{
	struct buf text = BUF_INIT;
	char comment[256], day[STAMP_DAY_TEXT];
	struct sign_key *key;
	int status, rc = EX_IOERR;

	key = keyfile_load(key_path, &status);
	if (key == NULL)
		return EX_IOERR;
	(void)snprintf(comment, sizeof(comment), "casetap acknowledgement case=%s iap=%s day=%s", a->case_id, a->iap,
	    stamp_day_format(day, a->day)); /* has room */
	if (buf_put(&text, lines->data, lines->len) == -1 ||
	    sign_make(key, lines->data, lines->len, comment, &text) == -1)
		diag_err("no receipt");
	else if (fsio_put(r->dirfd, ACK_NAME, text.data, text.len, 0644) == -1)
		diag_err("no receipt: " ACK_NAME);
	else
		rc = EX_OK;
	sign_key_free(key);
	buf_free(&text);
	return rc;
}

int
verify_receipt_sign(const struct verify_receipt *r, const struct verify_options *options)
{
	char said[ACK_MAX_BYTES];
	struct buf lines = BUF_INIT;
	struct ack a;
	size_t n;
	int status = listen_to(r, said, &n), rc;

	if (status != VERIFY_NOTE && status != VERIFY_GAPS) {
		diag_errx("no receipt: what was not found intact is not acknowledged");
		return status;
	}
	if (buf_put(&lines, said, n) == -1 || ack_parse(lines.data, lines.len, &a) == -1 || a.verdict != status) {
		diag_errx("no receipt: the verification does not say of what");
		rc = EX_IOERR;
	} else {
		rc = sign(r, options->receipt, &lines, &a);
	}
	buf_free(&lines);
	return rc == EX_OK ? status : rc;
}
