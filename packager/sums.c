#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "encrypt.h"
#include "fsio.h"
#include "manifest.h"

#include "sums.h"

#define SUMS "SHA256SUMS"
#define SUMS_SIG "SHA256SUMS.minisig"

struct listing {
	struct stream *s;
	struct manifest *m;
	int dayfd;
};

static int
add_package(void *cookie, const struct sealed_row *row)
{
	struct listing *l = cookie;
	char name[NAMES_FILE_ROOM];

	(void)names_package(name, l->s->case_id, l->s->iap, row->row.seq, row->is_encrypted ? ".tar.age" : ".tar");
	return manifest_add(l->m, row->sha256, name) == 0 ? 0 : 1;
}

static int
add_file(struct listing *l, const char *name)
{
	char hex[DIGEST_HEX];
	int fd = fsio_open_regular(l->dayfd, name, O_RDONLY), rc = -1;

	if (fd == -1)
		return -1;
	if (digest_fd(fd, hex, NULL) == 0)
		rc = manifest_add(l->m, hex, name);
	(void)close(fd); /* only read from */
	return rc;
}

static int
add_notice(void *cookie, const char *name)
{
	struct names n;

	names_parse(name, &n);
	return n.kind == NAMES_NOTICE ? add_file(cookie, name) : 0;
}

/* What a day of an earlier version, closed half-way, does not hold. */
static int
add_optional(struct listing *l, const char *name)
{
	if (faccessat(l->dayfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : -1;
	return add_file(l, name);
}

static int
write_sums(struct stream *s, int dayfd, stamp_t day, const char *ledger, const char *sha256, struct buf *out)
{
	struct listing l = {s, manifest_new(), dayfd};
	int rc = -1;

	if (l.m != NULL && manifest_add(l.m, sha256, ledger) == 0 && add_file(&l, "keyring.txt") == 0 &&
	    add_file(&l, "keyring.txt.minisig") == 0 && add_optional(&l, "VERIFY.txt") == 0 &&
	    add_optional(&l, KEYRING_ROOTS) == 0 && add_optional(&l, "verify.sh") == 0 &&
	    fsio_list(dayfd, add_notice, &l) == 0 &&
	    sealed_each_row(&s->sealed, s->recordsfd, day, add_package, &l) == 0 && manifest_sort(l.m) == 0)
		rc = manifest_write(l.m, out);
	manifest_free(l.m);
	return rc == 0 ? 0 : stream_failed(s, SUMS);
}

/* Publish the list, or find the very same there. */
static int
put_sums(struct stream *s, int dayfd, const struct buf *text)
{
	struct buf there = BUF_INIT;
	int rc = -1;

	if (fsio_put(dayfd, SUMS, text->data, text->len, PACKAGER_MODE_FILE) == 0)
		return 0;
	if (errno != EEXIST || fsio_load(dayfd, SUMS, MANIFEST_MAX_BYTES, &there) == -1) {
		rc = stream_failed(s, SUMS);
	} else if (there.len != text->len || memcmp(there.data, text->data, text->len) != 0) {
		diag_errx("%s: " SUMS " is there already, with other contents: not touched", s->label);
		packager_fail(s->p, EX_DATAERR);
	} else {
		rc = 0;
	}
	buf_free(&there);
	return rc;
}

int
sums_publish(struct stream *s, int dayfd, stamp_t day, const char *ledger, const char *sha256)
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	char comment[256], date[STAMP_DAY_TEXT], time[STAMP_TEXT];
	int rc = -1;

	if (write_sums(s, dayfd, day, ledger, sha256, &text) == -1 || put_sums(s, dayfd, &text) == -1)
		goto out;
	(void)snprintf(comment, sizeof(comment), "casetap case=%s iap=%s day=%s sealed=%s", s->case_id, s->iap,
	    stamp_day_format(date, day), stamp_format(time, s->p->now())); /* has room */
	if (sign_make(s->p->key, text.data, text.len, comment, &sig) == -1 ||
	    (fsio_put(dayfd, SUMS_SIG, sig.data, sig.len, PACKAGER_MODE_FILE) == -1 && errno != EEXIST)) {
		rc = stream_failed(s, SUMS_SIG);
		goto out;
	}
	rc = encrypt_remove_sums(dayfd) == 0 ? 0 : stream_failed(s, "sums of single packages");
out:
	buf_free(&text);
	buf_free(&sig);
	return rc;
}
