#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"
#include "orderfile.h"

#include "bagging_internal.h"
#include "flows.h"
#include "summary.h"

static int64_t
mtime_of(const struct bagging_source *s)
{
	return stamp_floor(s->closed, 1) / STAMP_SECOND;
}

/* Begin a member of the bag, by its name below the bag's folder. */
static int
begin(struct tarfile_writer *tar, const struct bagging_work *w, const char *name, uint64_t bytes)
{
	char path[TARFILE_NAME_ROOM];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", w->stem, name) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return tarfile_member(tar, path, bytes, mtime_of(w->source));
}

int
bagging_put_text(struct tarfile_writer *tar, const struct bagging_work *w, const char *name, const struct buf *text)
{
	if (begin(tar, w, name, text->len) == -1)
		return -1;
	return tarfile_data(tar, text->data, text->len);
}

static int
put_payload_text(struct bagging_work *w, const char *name, const struct buf *text)
{
	char hex[DIGEST_HEX];

	if (digest_hex_of(text->data, text->len, hex) == -1 || manifest_add(w->manifest, hex, name) == -1)
		return -1;
	return bagging_put_text(w->tar, w, name, text);
}

/* Copy exactly ${bytes} bytes of ${fd}, hashing them; a file of another length is EBADMSG. */
static int
put_payload_file(struct bagging_work *w, const char *name, int fd, uint64_t bytes, char hex[DIGEST_HEX])
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
data_name(const struct bagging_work *w, char out[TARFILE_NAME_ROOM], const char *suffix)
{
	(void)snprintf(out, TARFILE_NAME_ROOM, "data/%s%s", w->stem, suffix); /* a stem is under 100 bytes */
	return out;
}

static int
put_slice(struct bagging_work *w)
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

int
bagging_put_gap(struct bagging_work *w)
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
summary_of(const struct bagging_work *w)
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
int
bagging_prepare_summaries(struct bagging_work *w)
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
	struct bagging_work *w = cookie;
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
put_packets(struct bagging_work *w, const char *name)
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

int
bagging_put_orders(struct bagging_work *w)
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
int
bagging_put_profile(struct bagging_work *w)
{
	char name[TARFILE_NAME_ROOM];

	return w->profile == NULL ? 0 : put_payload_text(w, data_name(w, name, ".events.profile"), w->profile);
}

int
bagging_put_payload(struct bagging_work *w)
{
	const struct bagging_source *s = w->source;
	char name[TARFILE_NAME_ROOM], hex[DIGEST_HEX];

	if ((s->is_gap ? bagging_put_gap(w) : put_slice(w)) == -1)
		return -1;
	if (s->rawfd != -1 && put_payload_file(w, data_name(w, name, ".raw"), s->rawfd, w->raw_bytes, hex) == -1)
		return -1;
	if (w->events.len > 0 && put_payload_text(w, data_name(w, name, ".events.xml"), &w->events) == -1)
		return -1;
	if (bagging_put_profile(w) == -1)
		return -1;
	if (w->flows.len > 0 && put_payload_text(w, data_name(w, name, ".flows.csv"), &w->flows) == -1)
		return -1;
	if (w->packets_bytes > 0 && put_packets(w, data_name(w, name, ".packets.csv")) == -1)
		return -1;
	return bagging_put_orders(w);
}

static int
prepare_events(struct bagging_work *w)
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
int
bagging_prepare(struct bagging_work *w)
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

void
bagging_describe(const struct bagging_work *w, struct bag_payload *p)
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

void
bagging_free_texts(struct bagging_work *w)
{
	size_t i;

	for (i = 0; w->orders != NULL && i < w->source->intent->order_count; i++)
		buf_free(&w->orders[i]);
	free(w->orders);
	buf_free(&w->events);
	buf_free(&w->flows);
}
