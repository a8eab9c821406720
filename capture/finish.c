#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "spool.h"

#include "program.h"

#include "finish.h"

/* A gap's number was taken by an earlier try: put what was published of it into the account, or give it this record. */
static int
commit_gap(struct spool *s, struct gap_record *gap)
{
	struct buf text = BUF_INIT;
	uint64_t seq = spool_head_seq(s) + 1;
	int rc = -1;

	if (spool_next(s) != seq) {
		if (spool_load_gap(s, seq, &text) == 0)
			rc = gap_record_parse(text.data, text.len, gap);
		else if (errno == ENOENT)
			rc = 0;
		gap->head.seq = seq;
		if (rc == -1)
			goto out;
	}
	rc = spool_commit_gap(s, gap);
out:
	buf_free(&text);
	return rc;
}

static int
declare_gap(struct spool *s, const struct finish *f, struct gap_record *gap)
{
	struct slice_head *h = &gap->head;

	if (f->order == NULL || spool_covered(s) == STAMP_NONE || spool_covered(s) >= f->at)
		return 0;
	(void)snprintf(h->case_id, sizeof(h->case_id), "%s", f->case_id);
	(void)snprintf(h->iap, sizeof(h->iap), "%s", f->iap);
	(void)snprintf(h->program, sizeof(h->program), "%s", PROGRAM_VERSION);
	(void)snprintf(h->build, sizeof(h->build), "%s", PROGRAM_BUILD);
	(void)snprintf(h->config_sha256, sizeof(h->config_sha256), "%s", f->config_sha256);
	(void)snprintf(h->order_sha256, sizeof(h->order_sha256), "%s", f->order->sha256);
	(void)snprintf(gap->reason, sizeof(gap->reason), "%s", f->gap_reason);
	h->accepted = f->order->acceptance;
	h->content_id = f->order->content_id;
	h->revision = f->order->revision;
	h->from = spool_covered(s);
	h->to = f->at;
	gap->written = stamp_now();
	if (commit_gap(s, gap) == -1) {
		h->seq = 0;
		return -1;
	}
	return 0;
}

/* A gap whose number was taken by an earlier try is finished by this one. */
static int
has_open_slice(const struct spool *s)
{
	size_t i;

	for (i = 0; i < spool_open_count(s); i++) {
		if (!spool_is_gap_draft(spool_open_draft(s, i)))
			return 1;
	}
	return 0;
}

int
finish_stream(int statefd, const struct finish *f, struct gap_record *gap)
{
	struct spool *s;
	int rc = -1;

	memset(gap, 0, sizeof(*gap));
	s = spool_open(statefd, f->case_id, f->iap, SPOOL_LIVE, 0);
	if (s == NULL && (errno == ENOENT || errno == EEXIST))
		return 0; /* nothing was ever captured here, or not live */
	if (s == NULL || spool_claim(s) == -1)
		goto out;
	if (spool_end(s)->reason[0] != '\0') {
		rc = 0;
		goto out;
	}
	if (has_open_slice(s)) {
		errno = EBUSY; /* recovery has left something for people to look at */
		goto out;
	}
	if (declare_gap(s, f, gap) == -1)
		goto out;
	rc = spool_mark_ended(s, f->end_reason, f->revision, f->at);
out:
	spool_close(s);
	return rc;
}
