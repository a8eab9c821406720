#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

#include "kfilter.h"

#include "table_internal.h"

int
table_begin(struct table *t)
{
	table_forget_incoming(t);
	return 0;
}

int
table_order(struct table *t, const struct message_order *m, const char *text, size_t n)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (e == NULL)
		goto fail;
	e->from = m->from;
	e->until = INT64_MAX;
	e->reach = e->set_back = STAMP_NONE;
	memcpy(e->reason, m->reason, sizeof(e->reason) - 1);
	e->order = order_parse(text, n, "order in force");
	if (e->order == NULL)
		goto fail;
	e->order->acceptance = m->accepted;
	e->order->acceptance.keyring_sha256[DIGEST_HEX - 1] = '\0';
	if (table_entries_find(&t->incoming, e->order->case_id) != NULL) {
		errno = EINVAL;
		goto fail;
	}
	if (table_given_take(e, &m->given) == -1 || table_entries_put(&t->incoming, e) == -1)
		goto fail;
	return 0;
fail:
	diag_err("table of orders");
	table_entry_free(e);
	return -1;
}

int
table_end(struct table *t, const struct message_end *m)
{
	struct message_end *grown = reallocarray(t->ends, t->end_count + 1, sizeof(*grown));

	if (grown == NULL) {
		diag_err("table of orders");
		return -1;
	}
	t->ends = grown;
	t->ends[t->end_count] = *m;
	t->ends[t->end_count].case_id[NAMES_CASE_ROOM - 1] = '\0';
	t->ends[t->end_count].reason[SLICE_REASON_ROOM - 1] = '\0';
	t->end_count++;
	return 0;
}

/* Take what the new table says of a case that is there already. */
static void
take_known(struct table *t, struct entry *e, struct entry *incoming, stamp_t now)
{
	struct order *order = e->order;

	e->is_kept = 1;
	table_given_move(t, e, incoming, now);
	if (strcmp(order->sha256, incoming->order->sha256) == 0)
		return;
	e->order = incoming->order;
	incoming->order = order;
	if (e->follow != NULL)
		follow_change(e->follow, e->order);
	if (e->holders != NULL)
		holders_change(e->holders, e->order);
	if (e->is_open && slicer_change(t->slicer, e->handle, e->order, now) == -1)
		table_tell(t, MESSAGE_TROUBLE, e, errno);
}

/* What the new table does not have any more is to end, or goes at once if it never began. */
static void
let_go(struct table *t, struct entry *e, stamp_t now)
{
	size_t i;

	if (e->is_ending)
		return;
	e->is_ending = 1;
	t->let_go_count++;
	e->until = now;
	for (i = 0; i < t->end_count; i++) {
		if (strcmp(t->ends[i].case_id, e->order->case_id) != 0)
			continue;
		e->until = t->ends[i].at;
		memcpy(e->end_reason, t->ends[i].reason, sizeof(e->end_reason));
		e->end_revision = t->ends[i].revision;
	}
	if (e->is_open)
		slicer_let_go(t->slicer, e->handle, e->until);
}

/* A case that comes back while its last stretch waits for its end: end that first. */
static void
finish_returning(struct table *t)
{
	struct entry *e;
	size_t i;

	for (i = 0; i < t->now.count; i++) {
		e = t->now.at[i];
		e->is_kept = 0;
		if (e->is_ending && e->is_open && table_entries_find(&t->incoming, e->order->case_id) != NULL)
			table_end_stream(t, e, SLICE_ORDER_END);
	}
	table_sweep(t);
}

int
table_apply(struct table *t, stamp_t since, stamp_t now)
{
	struct entry *e;
	size_t i;

	table_drop_matcher(t);
	finish_returning(t);
	for (i = 0; i < t->incoming.count; i++) {
		e = table_entries_find(&t->now, t->incoming.at[i]->order->case_id);
		if (e != NULL) {
			take_known(t, e, t->incoming.at[i], now);
			continue;
		}
		e = t->incoming.at[i];
		e->is_kept = 1;
		if (table_entries_put(&t->now, e) == -1) {
			diag_err("table of orders");
			return -1;
		}
		/* The list must not free what the table has now; nor leave a hole where an order is looked for. */
		t->incoming.at[i] = t->incoming.at[--t->incoming.count];
		i--;
	}
	for (i = 0; i < t->now.count; i++) {
		if (!t->now.at[i]->is_kept)
			let_go(t, t->now.at[i], now);
	}
	table_sweep(t);
	table_forget_incoming(t);
	return table_retry(t, since);
}

struct kfilter *
table_kfilter(const struct table *t)
{
	const struct order **orders = calloc(2 * (t->now.count + t->incoming.count) + 2, sizeof(*orders));
	struct kfilter *filter = NULL;
	size_t i, n = 0;

	if (orders == NULL)
		return NULL;
	for (i = 0; i < t->now.count; i++) {
		if (!t->now.at[i]->is_settled)
			orders[n++] = t->now.at[i]->order;
	}
	for (i = 0; i < t->incoming.count; i++)
		orders[n++] = t->incoming.at[i]->order;
	for (i = 0; i < t->now.count; i++) {
		if (!t->now.at[i]->is_settled && table_given_ends(t->now.at[i]) != NULL)
			orders[n++] = table_given_ends(t->now.at[i]);
	}
	for (i = 0; i < t->incoming.count; i++) {
		if (table_given_ends(t->incoming.at[i]) != NULL)
			orders[n++] = table_given_ends(t->incoming.at[i]);
	}
	orders[n++] = tunnels_ends(t->tunnels);
	if (table_follow_ends(t) != NULL)
		orders[n++] = table_follow_ends(t);
	filter = kfilter_new(orders, n, t->linktype);
	free(orders);
	return filter;
}
