#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "diag.h"
#include "fsio.h"
#include "manifest.h"
#include "package.h"
#include "settle.h"
#include "tarfile.h"

#include "settle_tags.h"

#define CUSTODY "custody.json"
#define TAGMANIFEST "tagmanifest-sha256.txt"
#define TAGS_MAX ((size_t)8 * PACKAGE_TAG_MAX_BYTES)

/* What the tag files of one package say. */
struct tags {
	struct buf text; /* the tar */
	size_t at;       /* read so far */
	struct buf custody, manifest, record;
	struct bag_seal seal;
	int is_gap;
	struct slice_record slice;
	struct gap_record gap;
	char record_sha256[DIGEST_HEX], seal_id[DIGEST_HEX];
};

static long
read_text(void *cookie, void *data, size_t room)
{
	struct tags *t = cookie;
	size_t n = t->text.len - t->at;

	n = n < room ? n : room;
	memcpy(data, t->text.data + t->at, n);
	t->at += n;
	return (long)n;
}

static int
damaged(void)
{
	errno = EBADMSG;
	return -1;
}

/* The text of a member that is wanted. */
static int
take_member(struct tags *t, struct tarfile_reader *tar, const char *name)
{
	const char *base = strrchr(name, '/');
	struct buf *out = NULL;
	char block[4096];
	enum tarfile_result result;
	size_t n;

	if (base != NULL && strcmp(base + 1, CUSTODY) == 0)
		out = &t->custody;
	else if (base != NULL && strcmp(base + 1, TAGMANIFEST) == 0)
		out = &t->manifest;
	if (out == NULL)
		return 0;
	while ((result = tarfile_read(tar, block, sizeof(block), &n)) == TARFILE_MEMBER && n > 0) {
		if (buf_put(out, block, n) == -1)
			return -1;
	}
	return result == TARFILE_MEMBER ? 0 : damaged();
}

static int
read_members(struct tags *t)
{
	struct tarfile_reader *tar = tarfile_reader_new(read_text, t);
	enum tarfile_result result;
	struct tarfile_info info;
	int rc = -1;

	if (tar == NULL)
		return -1;
	while ((result = tarfile_next(tar, &info)) == TARFILE_MEMBER) {
		if (take_member(t, tar, info.name) == -1)
			goto out;
	}
	rc = result == TARFILE_END && t->custody.len > 0 && t->manifest.len > 0 ? 0 : damaged();
out:
	tarfile_reader_free(tar);
	return rc;
}

/* Is custody.json the one that the tag manifest, whose hash is the seal id, lists? */
static int
check_custody(const struct tags *t)
{
	struct manifest *m = manifest_parse(t->manifest.data, t->manifest.len, NULL);
	const struct manifest_entry *e;
	char hex[DIGEST_HEX];
	int rc = -1;

	if (m == NULL || digest_hex_of(t->custody.data, t->custody.len, hex) == -1)
		goto out;
	e = manifest_find(m, CUSTODY);
	rc = e != NULL && strcmp(e->sha256, hex) == 0 ? 0 : damaged();
out:
	manifest_free(m);
	return rc;
}

static int
load_tags(const struct stream *s, const char *name, struct tags *t)
{
	if (fsio_load(s->recordsfd, name, TAGS_MAX, &t->text) == -1 || read_members(t) == -1 ||
	    check_custody(t) == -1 ||
	    bag_custody_parse(t->custody.data, t->custody.len, &t->is_gap, &t->record, &t->seal) == -1)
		return -1;
	if ((t->is_gap ? gap_record_parse(t->record.data, t->record.len, &t->gap)
		       : slice_record_parse(t->record.data, t->record.len, &t->slice)) == -1)
		return -1;
	if (digest_hex_of(t->record.data, t->record.len, t->record_sha256) == -1)
		return -1;
	return digest_hex_of(t->manifest.data, t->manifest.len, t->seal_id);
}

static int
settle_with(struct stream *s, const struct intent *in, const struct tags *t, uint64_t bytes)
{
	const struct settled d = {.intent = in,
	    .head = t->is_gap ? &t->gap.head : &t->slice.head,
	    .slice = t->is_gap ? NULL : &t->slice,
	    .gap = t->is_gap ? &t->gap : NULL,
	    .record_sha256 = t->record_sha256,
	    .seal_id = t->seal_id,
	    .sha256 = in->ciphertext_sha256,
	    .bytes = bytes,
	    .tags = &t->text};

	return settle(s, &d) == 0 ? 1 : -1;
}

int
settle_tags(struct stream *s, const struct intent *in, int fd, const char *name)
{
	struct tags t = {.at = 0};
	char tags[NAMES_FILE_ROOM], hex[DIGEST_HEX];
	uint64_t bytes;
	int rc = -1;

	(void)names_package(tags, s->case_id, s->iap, in->seq, ".tags.tar");
	if (digest_fd(fd, hex, &bytes) == -1) {
		packager_fail(s->p, packager_status(errno));
		diag_err("%s: %s", s->label, name);
	} else if (strcmp(hex, in->ciphertext_sha256) != 0) {
		packager_fail(s->p, EX_DATAERR);
		diag_errx("%s: %s is published, but not as it was meant: another file", s->label, name);
	} else if (load_tags(s, tags, &t) == -1) {
		packager_fail(s->p, packager_status(errno));
		diag_err("records/%s/%s", s->label, tags);
	} else if (t.seal.time != in->seal.time || strcmp(t.seal.prev_seal, s->sealed.head_seal) != 0) {
		packager_fail(s->p, EX_DATAERR);
		diag_errx("records/%s/%s: of another seal than the package that is published", s->label, tags);
	} else {
		rc = settle_with(s, in, &t, bytes);
	}
	buf_free(&t.text);
	buf_free(&t.custody);
	buf_free(&t.manifest);
	buf_free(&t.record);
	slice_record_clear(&t.slice);
	return rc;
}
