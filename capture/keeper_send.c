#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "diag.h"

#include "keeper_internal.h"

/*
 * What the reader is told: which cases are in force and which are over, what begins soon, and when to stop.
 */
#define ANNOUNCE STAMP_SECOND

static int
send_order(struct keeper *k, const struct docket_case *c)
{
	struct message_order m;
	struct buf b = BUF_INIT;
	int rc = -1;

	memset(&m, 0, sizeof(m));
	m.from = c->from;
	m.accepted = c->order->acceptance;
	m.given = c->given;
	memcpy(m.reason, c->reason, sizeof(m.reason));
	if (buf_put(&b, &m, sizeof(m)) == 0 && buf_put(&b, c->text.data, c->text.len) == 0)
		rc = channel_send(k->child.ch, CHANNEL_ORDER, b.data, b.len);
	buf_free(&b);
	return rc;
}

static int
send_end(struct keeper *k, const struct docket_case *c)
{
	struct message_end m;

	memset(&m, 0, sizeof(m));
	memcpy(m.case_id, c->case_id, sizeof(m.case_id));
	m.at = c->ended;
	m.revision = c->order == NULL ? 0 : c->order->revision;
	if (c->duty == DUTY_EXPIRED)
		(void)snprintf(m.reason, sizeof(m.reason), "not_after");
	else if (c->duty == DUTY_REVOKED)
		(void)snprintf(m.reason, sizeof(m.reason), "revoked");
	return channel_send(k->child.ch, CHANNEL_END, &m, sizeof(m));
}

void
keeper_send_table(struct keeper *k)
{
	struct message_apply apply = {k->clock.realtime};
	struct docket_case *c;
	size_t i;
	int rc;

	if (k->child.kind != CHILD_READER || k->child.is_stopping)
		return;
	rc = channel_send(k->child.ch, CHANNEL_BEGIN, NULL, 0);
	for (i = 0; rc == 0 && i < docket_count(k->docket); i++) {
		c = docket_case(k->docket, i);
		if (c->duty == DUTY_IN_FORCE) {
			rc = send_order(k, c);
			if (rc == 0 && !c->sent)
				rc = keeper_kept_send(k, c);
			c->sent = 1;
			continue;
		}
		if (c->sent)
			rc = send_end(k, c);
	}
	if (rc == 0)
		rc = channel_send(k->child.ch, CHANNEL_APPLY, &apply, sizeof(apply));
	/* One that is gone is found by waiting for it; half a table is no table. */
	if (rc == -1 && errno != EPIPE && errno != ECONNRESET)
		keeper_kill_child(k, &k->child, "does not take its orders");
}

void
keeper_stop_reader(struct keeper *k, enum slice_rolled rolled, const char *reason)
{
	struct message_stop m = {stamp_now(), (int32_t)rolled};

	if (k->child.kind != CHILD_READER || k->child.is_stopping)
		return;
	k->stop_reason = reason;
	k->child.is_stopping = 1;
	k->child.stopped = k->reading.boottime;
	(void)channel_send(k->child.ch, CHANNEL_STOP, &m, sizeof(m)); /* one that is gone has stopped */
	/* One that still waits for a pipe's first bytes looks for no message. */
	if (keeper_is_file(k))
		channel_end(k->child.ch);
}

void
keeper_announce(struct keeper *k)
{
	struct message_widen m = {docket_begins(k->docket)};

	if (k->child.kind != CHILD_READER || k->child.is_stopping || keeper_is_file(k) ||
	    docket_until(k->docket, &k->clock) > ANNOUNCE)
		return;
	if (m.begins > k->clock.realtime + ANNOUNCE)
		m.begins = INT64_MAX;
	if (k->reading.boottime - k->child.announced < ANNOUNCE && m.begins == k->child.begins)
		return;
	k->child.announced = k->reading.boottime;
	k->child.begins = m.begins;
	(void)channel_send(k->child.ch, CHANNEL_WIDEN, &m, sizeof(m)); /* as above */
}

void
keeper_send_link(struct keeper *k, stamp_t at, int is_down)
{
	struct message_link m = {at, is_down};

	if (k->child.kind == CHILD_READER && !k->child.is_stopping)
		(void)channel_send(k->child.ch, CHANNEL_LINK, &m, sizeof(m)); /* as above */
}
