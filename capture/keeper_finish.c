#include <errno.h>

#include "diag.h"

#include "finish.h"

#include "keeper_internal.h"

#define FINISH_RETRY STAMP_SECOND

/* Why was the end not written?  What a mender has not come to yet is no trouble: it is left for nobody to look at. */
static void
note_failure(struct keeper *k, struct docket_case *c)
{
	c->finish_at = k->reading.boottime + FINISH_RETRY;
	if (errno == EBUSY && k->mender.kind != CHILD_NONE)
		return;
	if (errno != EWOULDBLOCK && errno != c->finish_error)
		diag_err("%s: end of the stream", c->case_id);
	c->finish_error = errno;
}

/* See that a stream's end is on the disk; a reader that ended it may still be at it. */
static void
finish_case(struct keeper *k, struct docket_case *c)
{
	const struct finish f = {c->case_id, k->iap->name, k->conf->sha256, c->order,
	    c->order == NULL ? 0 : c->order->revision, c->duty == DUTY_REVOKED ? "revoked" : "not_after", c->reason,
	    c->ended};
	struct gap_record gap;
	struct json *detail;

	c->finished = finish_stream(k->statefd, &f, &gap) == 0;
	if (c->finished)
		c->finish_error = 0;
	else
		note_failure(k, c);
	if (gap.head.seq == 0)
		return;
	detail = json_object();
	(void)json_put_integer(detail, "seq", (int64_t)gap.head.seq); /* the line counts without it, too */
	(void)json_put_stamp(detail, "from", gap.head.from);
	(void)json_put_stamp(detail, "to", gap.head.to);
	(void)json_put_string(detail, "reason", gap.reason);
	(void)journal_write(k->journal, c->case_id, "gap", NULL, detail); /* reported there */
}

void
keeper_finish_streams(struct keeper *k)
{
	struct docket_case *c;
	size_t i;

	if (keeper_is_file(k) || !k->has_recovered)
		return;
	for (i = 0; i < docket_count(k->docket); i++) {
		c = docket_case(k->docket, i);
		if (!c->finished && !c->sent && (c->duty == DUTY_EXPIRED || c->duty == DUTY_REVOKED) &&
		    c->finish_at <= k->reading.boottime)
			finish_case(k, c);
	}
}
