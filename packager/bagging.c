#include <errno.h>
#include <string.h>

#include "fsio.h"

#include "bagging_internal.h"

static const char *const tag_names[BAGGING_TAGS] = {"bagit.txt", "bag-info.txt", "custody.json",
    "manifest-sha256.txt", "tagmanifest-sha256.txt", "tagmanifest-sha256.txt.minisig"};

static int
write_out(void *cookie, const void *data, size_t n)
{
	struct bagging_work *w = cookie;

	w->out->bytes += n;
	return w->source->age != NULL ? age_writer_put(w->source->age, data, n) : fsio_write(w->fd, data, n);
}

static int
write_buf(void *cookie, const void *data, size_t n)
{
	return buf_put(cookie, data, n);
}

static int
put_tag(struct bagging_work *w, enum bagging_tag tag)
{
	return bagging_put_text(w->tar, w, tag_names[tag], &w->out->tags[tag]);
}

static int
write_tagmanifest(struct bagging_work *w)
{
	static const enum bagging_tag sorted[] = {BAGGING_INFO, BAGGING_BAGIT, BAGGING_CUSTODY, BAGGING_MANIFEST};
	struct manifest *m = manifest_new();
	char hex[DIGEST_HEX];
	const struct buf *tag;
	int rc = -1;
	size_t i;

	if (m == NULL)
		return -1;
	for (i = 0; i < sizeof(sorted) / sizeof(sorted[0]); i++) {
		tag = &w->out->tags[sorted[i]];
		if (digest_hex_of(tag->data, tag->len, hex) == -1 || manifest_add(m, hex, tag_names[sorted[i]]) == -1)
			goto out;
	}
	rc = manifest_write(m, &w->out->tags[BAGGING_TAGMANIFEST]);
out:
	manifest_free(m);
	return rc;
}

/* The tag files that follow the payload. */
static int
write_seal(struct bagging_work *w, const struct bag_payload *p)
{
	const struct bagging_source *s = w->source;
	const struct bag_seal *seal = &s->intent->seal;
	struct buf *tags = w->out->tags;
	char comment[BAG_COMMENT_ROOM];

	if (bag_custody_write(seal, s->is_gap, s->record->data, s->record->len, &tags[BAGGING_CUSTODY]) == -1 ||
	    manifest_sort(w->manifest) == -1 || manifest_write(w->manifest, &tags[BAGGING_MANIFEST]) == -1 ||
	    write_tagmanifest(w) == -1)
		return -1;
	if (sign_make(s->key, tags[BAGGING_TAGMANIFEST].data, tags[BAGGING_TAGMANIFEST].len,
		bag_comment(comment, p, seal->time), &tags[BAGGING_SIGNATURE]) == -1)
		return -1;
	return digest_hex_of(tags[BAGGING_TAGMANIFEST].data, tags[BAGGING_TAGMANIFEST].len, w->out->seal_id);
}

static int
write_package(struct bagging_work *w)
{
	const struct bag_seal *seal = &w->source->intent->seal;
	struct buf *tags = w->out->tags;
	enum bagging_tag tag;
	struct bag_payload p;

	if (bagging_prepare(w) == -1 || bagging_prepare_summaries(w) == -1)
		return -1;
	bagging_describe(w, &p);
	if (buf_puts(&tags[BAGGING_BAGIT], bag_declaration()) == -1 ||
	    bag_info_write(seal, &p, &tags[BAGGING_INFO]) == -1 || put_tag(w, BAGGING_BAGIT) == -1 ||
	    put_tag(w, BAGGING_INFO) == -1 || bagging_put_payload(w) == -1 || write_seal(w, &p) == -1)
		return -1;
	for (tag = BAGGING_CUSTODY; tag < BAGGING_TAGS; tag++) {
		if (put_tag(w, tag) == -1)
			return -1;
	}
	return tarfile_finish(w->tar);
}

int
bagging_write(const struct bagging_source *s, int fd, struct bagging *out)
{
	struct bagging_work w = {.source = s, .out = out, .fd = fd};
	int rc = -1, saved;

	memset(out, 0, sizeof(*out));
	(void)names_stem(w.stem, s->case_id, s->iap, s->intent->seq);
	w.tar = tarfile_writer_new(write_out, &w);
	w.manifest = manifest_new();
	w.hashing = hashing_new();
	if (w.tar != NULL && w.manifest != NULL && w.hashing != NULL)
		rc = write_package(&w);
	saved = errno;
	bagging_free_texts(&w);
	hashing_free(w.hashing);
	manifest_free(w.manifest);
	tarfile_writer_free(w.tar);
	errno = saved;
	return rc;
}

void
bagging_clear(struct bagging *b)
{
	enum bagging_tag tag;

	for (tag = BAGGING_BAGIT; tag < BAGGING_TAGS; tag++)
		buf_free(&b->tags[tag]);
}

/* The members of a package in their order, but for those that hold what was captured. */
static int
write_tags(struct bagging_work *w, const struct bagging *b)
{
	enum bagging_tag tag;

	if (bagging_prepare(w) == -1)
		return -1;
	for (tag = BAGGING_BAGIT; tag < BAGGING_TAGS; tag++) {
		if (tag == BAGGING_CUSTODY && ((w->source->is_gap && bagging_put_gap(w) == -1) ||
						  bagging_put_profile(w) == -1 || bagging_put_orders(w) == -1))
			return -1;
		if (bagging_put_text(w->tar, w, tag_names[tag], &b->tags[tag]) == -1)
			return -1;
	}
	return tarfile_finish(w->tar);
}

int
bagging_write_tags(const struct bagging_source *s, const struct bagging *b, struct buf *out)
{
	struct bagging_work w = {.source = s, .tar = tarfile_writer_new(write_buf, out), .manifest = manifest_new()};
	int rc = -1;

	(void)names_stem(w.stem, s->case_id, s->iap, s->intent->seq);
	if (w.tar != NULL && w.manifest != NULL)
		rc = write_tags(&w, b);
	bagging_free_texts(&w);
	manifest_free(w.manifest);
	tarfile_writer_free(w.tar);
	return rc;
}
