#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "bagging.h"
#include "day.h"
#include "diag.h"
#include "fsio.h"
#include "intent.h"
#include "orderfile.h"
#include "orders.h"
#include "quarantine.h"
#include "seal_file.h"
#include "settle.h"

#include "seal.h"

/* What is sealed under a number: the pick's own record, or the gap record that takes its place. */
struct subject {
	struct intent intent;
	int is_gap;
	struct buf record;
	const struct slice_head *head;
	const struct slice_record *slice; /* NULL for a gap */
	const struct gap_record *gap;     /* NULL for a slice */
	stamp_t closed;
	struct order *order; /* where it asks for a summary of the slice, else NULL */
	int fd, rawfd;       /* borrowed from the pick; -1 */
};

/* A fresh intent for what was picked. */
static int
make_intent(struct stream *s, const struct pick *pick, struct intent *in)
{
	struct custody_known log;
	struct bag_seal *seal = &in->seal;
	const struct slice_head *head;

	intent_clear(in);
	if (stream_custody(s, &log) == -1)
		return -1;
	in->seq = pick->seq;
	in->is_spoilt = pick->kind == PICK_SPOILT;
	in->is_encrypted = s->recipient_count > 0;
	if (in->is_spoilt && quarantine_gap(s, pick, &in->gap) == -1)
		return stream_number_failed(s, pick->seq, "no gap record");
	head = in->is_spoilt ? &in->gap.head : pick->head;
	seal->time = s->p->now();
	seal->day = day_of(&s->sealed, head->from, seal->time);
	memcpy(seal->prev_seal, s->sealed.head_seal, sizeof(seal->prev_seal));
	/* Texts that were judged to fit when they were loaded. */
	(void)snprintf(seal->packager, sizeof(seal->packager), "%s", PACKAGER_PROGRAM);
	(void)snprintf(seal->build, sizeof(seal->build), "%s", PACKAGER_BUILD);
	(void)snprintf(seal->station, sizeof(seal->station), "%s", s->p->station->name);
	(void)snprintf(seal->organization, sizeof(seal->organization), "%s", s->p->conf->station);
	sign_id_format(&s->p->station->pub, seal->key_id);
	memcpy(seal->custody_head, log.head, sizeof(seal->custody_head));
	seal->custody_lines = log.lines;
	if (s->p->profile.len > 0 && buf_put(&in->profile, s->p->profile.data, s->p->profile.len) == -1)
		return stream_number_failed(s, pick->seq, "element map");
	if (orders_new(s->casefd, s->p->orders_key, &s->sealed, &in->orders, &in->order_count) == -1)
		return stream_number_failed(s, pick->seq, "order files");
	return intent_save(in, s->recordsfd, s->label);
}

/*
 * The intent of an earlier, killed run counts if this run can repeat it; with another key, or without the slice, it can
 * not.  Return 0, 1 if the number is settled because its package was published already, or -1.
 */
static int
find_intent(struct stream *s, const struct pick *pick, struct intent *in)
{
	char id[SIGN_ID_TEXT];
	int found = intent_load(in, s->recordsfd, s->label, pick->seq), rc = 0;

	if (found == -1) {
		packager_fail(s->p, packager_status(errno));
		return -1;
	}
	/* The same bytes can not be made twice: what may be published is looked for first. */
	if (found == 1 && in->ciphertext_sha256[0] != '\0' && (rc = settle_published(s, in)) != 0)
		return rc;
	sign_id_format(&s->p->station->pub, id);
	if (found == 1 && strcmp(in->seal.key_id, id) == 0 && (in->is_spoilt || pick->kind != PICK_SPOILT) &&
	    in->is_encrypted == (s->recipient_count > 0))
		return 0;
	if (found == 1)
		rc = settle_published(s, in);
	return rc != 0 ? rc : make_intent(s, pick, in);
}

/* The order that the slice was captured under, if it asks for a summary.  What should be in the records and is not was
 * reported where it is put there. */
static int
load_order(struct stream *s, struct subject *j)
{
	struct buf text = BUF_INIT;
	char name[32];
	int dirfd = orders_open(s->casefd), rc = 0;

	(void)snprintf(name, sizeof(name), "%u.order", j->head->revision); /* a number and a word */
	if (dirfd == -1 || orderfile_load(dirfd, name, s->p->orders_key, &text) == -1)
		rc = errno == ENOENT ? 0 : stream_number_failed(s, j->intent.seq, "its order");
	else
		j->order = order_parse(text.data, text.len, name);
	if (rc == 0 && j->order == NULL && text.len > 0 && errno == ENOMEM)
		rc = stream_number_failed(s, j->intent.seq, "its order");
	if (j->order != NULL &&
	    (j->order->summary == ORDER_NO_SUMMARY || strcmp(j->order->sha256, j->head->order_sha256) != 0)) {
		order_free(j->order);
		j->order = NULL;
	}
	buf_free(&text);
	if (dirfd != -1)
		(void)close(dirfd); /* a folder */
	return rc;
}

/* Decide what is sealed, and move away what must not be. */
static int
set_subject(struct stream *s, const struct pick *pick, struct subject *j)
{
	const struct intent *in = &j->intent;
	const char *why = pick->kind == PICK_SPOILT ? pick->why : in->gap.detail;

	buf_clear(&j->record);
	j->fd = j->rawfd = -1;
	j->slice = NULL;
	j->gap = NULL;
	if (in->is_spoilt) {
		j->gap = &in->gap;
		if (gap_record_write(&in->gap, &j->record) == -1)
			return stream_number_failed(s, in->seq, "gap record");
		if (quarantine_files(s, in->seq, why) == -1)
			return -1;
	} else {
		if (buf_put(&j->record, pick->record.data, pick->record.len) == -1)
			return stream_number_failed(s, in->seq, "record");
		j->rawfd = pick->rawfd;
		if (pick->kind == PICK_GAP) {
			j->gap = &pick->gap;
		} else {
			j->slice = &pick->slice;
			j->fd = pick->fd;
		}
	}
	j->is_gap = j->gap != NULL;
	j->head = j->is_gap ? &j->gap->head : &j->slice->head;
	j->closed = j->is_gap ? j->gap->written : j->slice->close.realtime;
	return 0;
}

static void
fill_source(const struct stream *s, const struct subject *j, int ordersfd, struct bagging_source *src)
{
	memset(src, 0, sizeof(*src));
	src->intent = &j->intent;
	src->key = s->p->key;
	src->case_id = s->case_id;
	src->iap = s->iap;
	src->is_gap = j->is_gap;
	src->record = &j->record;
	src->slice = j->slice;
	src->order = j->order;
	src->closed = j->closed;
	src->fd = j->fd;
	src->rawfd = j->rawfd;
	src->ordersfd = ordersfd;
	src->orders_key = s->p->orders_key;
	if (!j->is_gap) {
		src->bytes = j->slice->file_bytes;
		src->sha256 = j->slice->sha256;
	}
}

static int
settle_it(struct stream *s, const struct subject *j, const struct bagging_source *src, const struct bagging *b)
{
	struct buf tags = BUF_INIT;
	char record_sha256[DIGEST_HEX];
	const struct settled d = {.intent = &j->intent,
	    .head = j->head,
	    .slice = j->slice,
	    .gap = j->gap,
	    .record_sha256 = record_sha256,
	    .seal_id = b->seal_id,
	    .sha256 = b->sha256,
	    .bytes = b->bytes,
	    .tags = &tags};
	int rc;

	if (digest_hex_of(j->record.data, j->record.len, record_sha256) == -1 ||
	    bagging_write_tags(src, b, &tags) == -1)
		rc = stream_number_failed(s, j->intent.seq, "tag files");
	else
		rc = settle(s, &d);
	buf_free(&tags);
	return rc;
}

/*
 * The slice is not what its record says (FAULTS 57): the number becomes a gap, unless an earlier run has published its
 * package while the slice was whole.  Return as find_intent.
 */
static int
give_up_slice(struct stream *s, struct pick *pick, struct intent *in)
{
	int rc = settle_published(s, in);

	if (rc != 0)
		return rc;
	pick->kind = PICK_SPOILT;
	(void)snprintf(pick->why, sizeof(pick->why), "its slice does not match its hash");
	return make_intent(s, pick, in);
}

/* One try.  1: the slice is not what its record says. */
static int
try_to_seal(struct stream *s, const struct pick *pick, struct subject *j)
{
	struct bagging_source src;
	struct bagging b;
	int ordersfd = -1, rc;

	if (set_subject(s, pick, j) == -1)
		return -1;
	if (j->slice != NULL && j->order == NULL && load_order(s, j) == -1)
		return -1;
	if (j->intent.order_count > 0 && (ordersfd = orders_open(s->casefd)) == -1)
		return stream_number_failed(s, pick->seq, "order files");
	memset(&b, 0, sizeof(b));
	fill_source(s, j, ordersfd, &src);
	rc = seal_file(s, &j->intent, &src, &b);
	if (rc == 0)
		rc = settle_it(s, j, &src, &b);
	bagging_clear(&b);
	if (ordersfd != -1)
		(void)close(ordersfd); /* a folder */
	return rc;
}

int
seal_number(struct stream *s, struct pick *pick)
{
	struct subject j = {.fd = -1, .rawfd = -1};
	int rc = find_intent(s, pick, &j.intent);

	if (rc == 0) {
		rc = try_to_seal(s, pick, &j);
		if (rc == 1) {
			rc = give_up_slice(s, pick, &j.intent);
			if (rc == 0)
				rc = try_to_seal(s, pick, &j);
		}
	}
	buf_free(&j.record);
	order_free(j.order);
	intent_clear(&j.intent);
	return rc == -1 ? -1 : 0;
}
