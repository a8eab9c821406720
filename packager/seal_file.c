#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "encrypt.h"
#include "fsio.h"
#include "package.h"

#include "seal_file.h"

/*
 * Read back what was written, with the verifier's own code, and compare it with what was meant.  The verifier takes one
 * spelling only of the package of a seal id: the tag manifest fixes every member, the record the members' time, the names
 * their order, and headers, padding and signature have no second form.  So a package of the right seal id that it takes is
 * the one that was meant to the last byte, and the hash of the tar that it makes is that of what is on the disk.
 */
static int
read_back(const struct stream *s, int fd, const char *name, struct bagging *b, struct encrypting *e)
{
	struct package_facts facts;
	enum package_verdict verdict;
	char why[512];
	int rc = -1;

	if (lseek(fd, 0, SEEK_SET) == -1) {
		diag_err("%s: %s", s->label, name);
		return -1;
	}
	if (e != NULL)
		verdict = encrypt_check(e, name, s->p->keyring, &facts, why, sizeof(why));
	else
		verdict = package_check_fd(fd, name, s->p->keyring, &facts, why, sizeof(why));
	if (verdict != PACKAGE_INTACT)
		diag_errx("%s: %s: what was written does not read back: %s", s->label, name, why);
	else if (strcmp(facts.seal_id, b->seal_id) != 0 || facts.tar_bytes != b->bytes)
		diag_errx("%s: %s: what was written does not read back: it is another package", s->label, name);
	else
		rc = 0;
	if (rc == 0)
		memcpy(b->sha256, facts.tar_sha256, sizeof(b->sha256));
	else
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

/*
 * What must be on the disk before a ciphertext is published, because nothing can be learnt from it any more: its tag files,
 * its hash for the uploader, and, last, its hash in the intent.  From here on the package's file is the ciphertext.
 */
static int
announce(struct stream *s, struct intent *in, const struct bagging_source *src, struct bagging *b,
    const struct encrypting *e)
{
	char name[NAMES_FILE_ROOM];
	struct buf tags = BUF_INIT;
	int dayfd = stream_open_day(s, in->seal.day), rc = -1;

	if (dayfd == -1)
		return -1;
	encrypt_result(e, b->sha256, &b->bytes);
	memcpy(in->ciphertext_sha256, b->sha256, sizeof(in->ciphertext_sha256));
	if (bagging_write_tags(src, b, &tags) == -1 ||
	    fsio_replace(s->recordsfd, names_package(name, s->case_id, s->iap, in->seq, ".tags.tar"), tags.data,
		tags.len, PACKAGER_MODE_FILE) == -1)
		(void)stream_number_failed(s, in->seq, "tag files");
	else if (encrypt_put_sum(dayfd, names_package(name, s->case_id, s->iap, in->seq, ".tar.age"), b->sha256) ==
		 -1)
		(void)stream_number_failed(s, in->seq, "sum");
	else if (intent_save(in, s->recordsfd, s->label) == -1)
		packager_fail(s->p, packager_status(errno));
	else
		rc = 0;
	buf_free(&tags);
	(void)close(dayfd); /* a folder */
	return rc;
}

/* Write the package, encrypted where the case is, sync it and read it back.  1: the slice is not what its record says. */
static int
write_file(struct stream *s, struct intent *in, const struct bagging_source *plain, struct bagging *b, int fd)
{
	struct bagging_source src = *plain;
	struct encrypting *e = NULL;
	char name[NAMES_FILE_ROOM];
	int rc = -1;

	if (in->is_encrypted) {
		e = encrypt_begin(s, fd);
		if (e == NULL)
			return stream_number_failed(s, in->seq, "cannot be encrypted");
		src.age = encrypt_writer(e);
	}
	if (bagging_write(&src, fd, b) == -1 || (e != NULL && encrypt_end(e) == -1))
		rc = b->mismatch ? 1 : stream_number_failed(s, in->seq, "cannot be packed");
	else if (fsync(fd) == -1)
		(void)stream_number_failed(s, in->seq, "cannot be synced");
	else
		rc = read_back(s, fd, names_package(name, s->case_id, s->iap, in->seq, ".tar"), b, e);
	if (rc == 0 && e != NULL)
		rc = announce(s, in, plain, b, e);
	encrypt_free(e);
	return rc;
}

int
seal_file(struct stream *s, struct intent *in, const struct bagging_source *src, struct bagging *b)
{
	char name[NAMES_FILE_ROOM], tmp[NAMES_FILE_ROOM + 8];
	int dayfd = stream_open_day(s, in->seal.day), fd = -1, rc = -1;

	if (dayfd == -1)
		return -1;
	(void)names_package(name, s->case_id, s->iap, in->seq, in->is_encrypted ? ".tar.age" : ".tar");
	(void)snprintf(tmp, sizeof(tmp), ".%s.tmp", name); /* has room */
	if (unlinkat(dayfd, tmp, 0) == -1 && errno != ENOENT) {
		(void)stream_number_failed(s, in->seq, tmp);
		goto out;
	}
	fd = fsio_open_regular(dayfd, tmp, O_RDWR | O_CREAT | O_EXCL);
	if (fd == -1) {
		(void)stream_number_failed(s, in->seq, "cannot be packed");
		goto out;
	}
	rc = write_file(s, in, src, b, fd);
	if (rc == 0)
		rc = publish(s, dayfd, tmp, name, b);
out:
	if (rc != 0)
		(void)unlinkat(dayfd, tmp, 0); /* perhaps never made; else the next try removes it */
	if (fd != -1)
		(void)close(fd); /* synced, or given up */
	(void)close(dayfd);
	return rc;
}
