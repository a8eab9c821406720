#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"
#include "hashing.h"
#include "manifest.h"
#include "orderfile.h"
#include "tarfile.h"

#include "bagging.h"
#include "flows.h"
#include "summary.h"

static const char *const tag_names[BAGGING_TAGS] = {"bagit.txt", "bag-info.txt", "custody.json",
    "manifest-sha256.txt", "tagmanifest-sha256.txt", "tagmanifest-sha256.txt.minisig"};

/* The package on its way to the disk. */
struct work {
	const struct bagging_source *source;
	struct bagging *out;
	struct tarfile_writer *tar;
	struct manifest *manifest;
	struct hashing *hashing;
	char stem[NAMES_FILE_ROOM];
	uint64_t raw_bytes, order_bytes;
	struct buf events, flows;  /* empty: none */
	uint64_t packets_bytes;    /* of the report of packets; 0: none */
	const struct buf *profile; /* the element map of the events; NULL: casetap's own */
	struct buf *orders;        /* the texts, in the order of the intent */
	int fd;
};

static int
write_out(void *cookie, const void *data, size_t n)
{
	struct work *w = cookie;

	w->out->bytes += n;
	return w->source->age != NULL ? age_writer_put(w->source->age, data, n) : fsio_write(w->fd, data, n);
}

static int
write_buf(void *cookie, const void *data, size_t n)
{
	return buf_put(cookie, data, n);
}

static int64_t
mtime_of(const struct bagging_source *s)
{
	return stamp_floor(s->closed, 1) / STAMP_SECOND;
}

/* Begin a member of the bag, by its name below the bag's folder. */
static int
begin(struct tarfile_writer *tar, const struct work *w, const char *name, uint64_t bytes)
{
	char path[TARFILE_NAME_ROOM];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", w->stem, name) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return tarfile_member(tar, path, bytes, mtime_of(w->source));
}

static int
put_text(struct tarfile_writer *tar, const struct work *w, const char *name, const struct buf *text)
{
	if (begin(tar, w, name, text->len) == -1)
		return -1;
	return tarfile_data(tar, text->data, text->len);
}

static int
put_tag(struct work *w, enum bagging_tag tag)
{
	return put_text(w->tar, w, tag_names[tag], &w->out->tags[tag]);
}

static int
put_payload_text(struct work *w, const char *name, const struct buf *text)
{
	char hex[DIGEST_HEX];

	if (digest_hex_of(text->data, text->len, hex) == -1 || manifest_add(w->manifest, hex, name) == -1)
		return -1;
	return put_text(w->tar, w, name, text);
}

/* Copy exactly ${bytes} bytes of ${fd}, hashing them; a file of another length is EBADMSG. */
static int
put_payload_file(struct work *w, const char *name, int fd, uint64_t bytes, char hex[DIGEST_HEX])
{
	unsigned char *block;
	uint64_t left = bytes;
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) == -1 || begin(w->tar, w, name, bytes) == -1)
		return -1;
	hashing_begin(w->hashing, bytes);
	for (;;) {
		block = hashing_block(w->hashing);
		n = fsio_read(fd, block, HASHING_BLOCK);
		if (n == -1)
			return -1;
		if ((uint64_t)n > left || (n == 0 && left > 0)) {
			errno = EBADMSG;
			return -1;
		}
		if (n == 0)
			break;
		hashing_member(w->hashing, block, (size_t)n);
		if (tarfile_data(w->tar, block, (size_t)n) == -1)
			return -1;
		left -= (uint64_t)n;
	}
	hashing_member_hex(w->hashing, hex);
	return manifest_add(w->manifest, hex, name);
}

static char *
data_name(const struct work *w, char out[TARFILE_NAME_ROOM], const char *suffix)
{
	(void)snprintf(out, TARFILE_NAME_ROOM, "data/%s%s", w->stem, suffix); /* a stem is under 100 bytes */
	return out;
}

static int
put_slice(struct work *w)
{
	const struct bagging_source *s = w->source;
	char name[TARFILE_NAME_ROOM], hex[DIGEST_HEX];

	if (put_payload_file(w, data_name(w, name, ".pcap"), s->fd, s->bytes, hex) == -1) {
		w->out->mismatch = errno == EBADMSG;
		return -1;
	}
	if (strcmp(hex, s->sha256) == 0)
		return 0;
	w->out->mismatch = 1;
	errno = EBADMSG;
	return -1;
}

static int
put_gap(struct work *w)
{
	struct buf text = BUF_INIT;
	char name[TARFILE_NAME_ROOM];
	int rc = -1;

	if (buf_put(&text, w->source->record->data, w->source->record->len) == 0 && buf_putc(&text, '\n') == 0)
		rc = put_payload_text(w, data_name(w, name, ".gap.json"), &text);
	buf_free(&text);
	return rc;
}

static struct summary_source
summary_of(const struct work *w)
{
	return (struct summary_source){w->source->order, w->source->slice, w->source->fd};
}

static int
count_text(void *cookie, const void *text, size_t n)
{
	(void)text;
	*(uint64_t *)cookie += n;
	return 0;
}

/* What the order asks for beside the slice, so that its length is known: the rows of packets are made twice, not kept. */
static int
prepare_summaries(struct work *w)
{
	const struct summary_source s = summary_of(w);

	if (s.order == NULL || s.slice == NULL)
		return 0;
	if ((s.order->summary & ORDER_FLOWS) != 0 && summary_flows(&s, FLOWS_MAX, &w->flows) == -1)
		return -1;
	if ((s.order->summary & ORDER_PACKETS) != 0)
		return summary_packets(&s, count_text, &w->packets_bytes);
	return 0;
}

static int
put_rows(void *cookie, const void *text, size_t n)
{
	struct work *w = cookie;
	const char *p = text;
	unsigned char *block;
	size_t part;

	for (; n > 0; p += part, n -= part) {
		part = n < HASHING_BLOCK ? n : HASHING_BLOCK;
		block = hashing_block(w->hashing);
		memcpy(block, p, part);
		hashing_member(w->hashing, block, part);
		if (tarfile_data(w->tar, block, part) == -1)
			return -1;
	}
	return 0;
}

static int
put_packets(struct work *w, const char *name)
{
	const struct summary_source s = summary_of(w);
	char hex[DIGEST_HEX];

	if (begin(w->tar, w, name, w->packets_bytes) == -1)
		return -1;
	hashing_begin(w->hashing, w->packets_bytes);
	if (summary_packets(&s, put_rows, w) == -1)
		return -1;
	hashing_member_hex(w->hashing, hex);
	return manifest_add(w->manifest, hex, name);
}

static int
put_orders(struct work *w)
{
	const struct intent *in = w->source->intent;
	char name[TARFILE_NAME_ROOM];
	size_t i;

	for (i = 0; i < in->order_count; i++) {
		(void)snprintf(name, sizeof(name), "data/orders/%s", in->orders[i].name); /* SEALED_ORDER_NAME */
		if (put_payload_text(w, name, &w->orders[i]) == -1)
			return -1;
	}
	return 0;
}

/* What the events are called, where it is not what casetap calls them: no other word of it would tell. */
static int
put_profile(struct work *w)
{
	char name[TARFILE_NAME_ROOM];

	return w->profile == NULL ? 0 : put_payload_text(w, data_name(w, name, ".events.profile"), w->profile);
}

static int
put_payload(struct work *w)
{
	const struct bagging_source *s = w->source;
	char name[TARFILE_NAME_ROOM], hex[DIGEST_HEX];

	if ((s->is_gap ? put_gap(w) : put_slice(w)) == -1)
		return -1;
	if (s->rawfd != -1 && put_payload_file(w, data_name(w, name, ".raw"), s->rawfd, w->raw_bytes, hex) == -1)
		return -1;
	if (w->events.len > 0 && put_payload_text(w, data_name(w, name, ".events.xml"), &w->events) == -1)
		return -1;
	if (put_profile(w) == -1)
		return -1;
	if (w->flows.len > 0 && put_payload_text(w, data_name(w, name, ".flows.csv"), &w->flows) == -1)
		return -1;
	if (w->packets_bytes > 0 && put_packets(w, data_name(w, name, ".packets.csv")) == -1)
		return -1;
	return put_orders(w);
}

static int
prepare_events(struct work *w)
{
	const struct bagging_source *s = w->source;
	const struct buf *profile = &s->intent->profile;
	struct access_map map;

	if (profile->len == 0)
		return access_xml(&s->slice->access, &s->slice->head, NULL, &w->events);
	if (access_map_parse(profile->data, profile->len, "events_profile", &map) == -1)
		return -1;
	w->profile = profile;
	return access_xml(&s->slice->access, &s->slice->head, &map, &w->events);
}

/* What has to be known before the first member: lengths, and order files that are still what the intent names. */
static int
prepare(struct work *w)
{
	const struct bagging_source *s = w->source;
	const struct intent *in = s->intent;
	char hex[DIGEST_HEX];
	struct stat st;
	size_t i;

	if (s->rawfd != -1) {
		if (fstat(s->rawfd, &st) == -1)
			return -1;
		w->raw_bytes = (uint64_t)st.st_size;
	}
	if (s->slice != NULL && access_has_xml(&s->slice->access) && prepare_events(w) == -1)
		return -1;
	w->orders = calloc(in->order_count + 1, sizeof(*w->orders));
	if (w->orders == NULL)
		return -1;
	for (i = 0; i < in->order_count; i++) {
		if (orderfile_load(s->ordersfd, in->orders[i].name, s->orders_key, &w->orders[i]) == -1 ||
		    digest_hex_of(w->orders[i].data, w->orders[i].len, hex) == -1)
			return -1;
		if (strcmp(hex, in->orders[i].sha256) != 0) {
			errno = EBADMSG;
			return -1;
		}
		w->order_bytes += w->orders[i].len;
	}
	return 0;
}

static void
fill_payload(const struct work *w, struct bag_payload *p)
{
	const struct bagging_source *s = w->source;

	memset(p, 0, sizeof(*p));
	(void)snprintf(p->case_id, sizeof(p->case_id), "%s", s->case_id); /* names that were judged */
	(void)snprintf(p->iap, sizeof(p->iap), "%s", s->iap);
	p->seq = s->intent->seq;
	p->bytes = (s->is_gap ? s->record->len + 1 : s->bytes) + w->raw_bytes + w->events.len + w->flows.len +
		   w->packets_bytes + w->order_bytes + (w->profile == NULL ? 0 : w->profile->len);
	p->files = 1 + (w->profile != NULL) + (s->rawfd != -1) + (w->events.len > 0) + (w->flows.len > 0) +
		   (w->packets_bytes > 0) + s->intent->order_count;
}

static int
write_tagmanifest(struct work *w)
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
write_seal(struct work *w, const struct bag_payload *p)
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
write_package(struct work *w)
{
	const struct bag_seal *seal = &w->source->intent->seal;
	struct buf *tags = w->out->tags;
	enum bagging_tag tag;
	struct bag_payload p;

	if (prepare(w) == -1 || prepare_summaries(w) == -1)
		return -1;
	fill_payload(w, &p);
	if (buf_puts(&tags[BAGGING_BAGIT], bag_declaration()) == -1 ||
	    bag_info_write(seal, &p, &tags[BAGGING_INFO]) == -1 || put_tag(w, BAGGING_BAGIT) == -1 ||
	    put_tag(w, BAGGING_INFO) == -1 || put_payload(w) == -1 || write_seal(w, &p) == -1)
		return -1;
	for (tag = BAGGING_CUSTODY; tag < BAGGING_TAGS; tag++) {
		if (put_tag(w, tag) == -1)
			return -1;
	}
	return tarfile_finish(w->tar);
}

static void
free_texts(struct work *w)
{
	size_t i;

	for (i = 0; w->orders != NULL && i < w->source->intent->order_count; i++)
		buf_free(&w->orders[i]);
	free(w->orders);
	buf_free(&w->events);
	buf_free(&w->flows);
}

int
bagging_write(const struct bagging_source *s, int fd, struct bagging *out)
{
	struct work w = {.source = s, .out = out, .fd = fd};
	int rc = -1, saved;

	memset(out, 0, sizeof(*out));
	(void)names_stem(w.stem, s->case_id, s->iap, s->intent->seq);
	w.tar = tarfile_writer_new(write_out, &w);
	w.manifest = manifest_new();
	w.hashing = hashing_new();
	if (w.tar != NULL && w.manifest != NULL && w.hashing != NULL)
		rc = write_package(&w);
	saved = errno;
	free_texts(&w);
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
write_tags(struct work *w, const struct bagging *b)
{
	enum bagging_tag tag;

	if (prepare(w) == -1)
		return -1;
	for (tag = BAGGING_BAGIT; tag < BAGGING_TAGS; tag++) {
		if (tag == BAGGING_CUSTODY &&
		    ((w->source->is_gap && put_gap(w) == -1) || put_profile(w) == -1 || put_orders(w) == -1))
			return -1;
		if (put_text(w->tar, w, tag_names[tag], &b->tags[tag]) == -1)
			return -1;
	}
	return tarfile_finish(w->tar);
}

int
bagging_write_tags(const struct bagging_source *s, const struct bagging *b, struct buf *out)
{
	struct work w = {.source = s, .tar = tarfile_writer_new(write_buf, out), .manifest = manifest_new()};
	int rc = -1;

	(void)names_stem(w.stem, s->case_id, s->iap, s->intent->seq);
	if (w.tar != NULL && w.manifest != NULL)
		rc = write_tags(&w, b);
	free_texts(&w);
	manifest_free(w.manifest);
	tarfile_writer_free(w.tar);
	return rc;
}
