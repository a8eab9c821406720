#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "notice.h"

#include "table_internal.h"

/*
 * Cases that name an address outright: who has it by the network's word.  It is read where addresses are learned at all.
 */
int
table_holders_begin(struct table *t, struct entry *e)
{
	if (t->iap == NULL || !holders_are_told_of(e->order, t->iap))
		return 0;
	e->holders = holders_new(e->order);
	if (e->holders == NULL) {
		diag_err("table of orders");
		return -1;
	}
	e->watched_next = t->watched;
	if (e->watched_next != NULL)
		e->watched_next->watched_at = &e->watched_next;
	e->watched_at = &t->watched;
	t->watched = e;
	return 0;
}

void
table_holders_end(struct entry *e)
{
	if (e->holders == NULL)
		return;
	*e->watched_at = e->watched_next;
	if (e->watched_next != NULL)
		e->watched_next->watched_at = e->watched_at;
	holders_free(e->holders);
	e->holders = NULL;
}

struct turn {
	int is_back;
	const char *method;
	struct order_prefix address;
};

/*
 * The address stands in the case's own record; what the keeper is told names the frame that shows it.  It knows of the case
 * alone, and of no address: to it all is over, or nothing.
 */
static void
tell(struct table *t, struct entry *e, const struct turn *turn, const struct follow_frame *frame)
{
	const struct order_prefix *p = &turn->address;
	struct access_event a;
	struct message_event m;

	memset(&a, 0, sizeof(a));
	a.kind = ACCESS_SERVICE_CHANGED;
	a.time = frame->time;
	a.until = STAMP_NONE;
	a.family = p->family;
	a.bits = p->bits;
	memcpy(a.addr, p->addr, sizeof(a.addr));
	(void)snprintf(a.method, sizeof(a.method), "%s", turn->method); /* words */
	(void)snprintf(a.reason, sizeof(a.reason), "%s", turn->is_back ? NOTICE_OF_RETURN : NOTICE_OF_ANOTHER);
	memcpy(a.sha256, follow_proof(frame), strnlen(follow_proof(frame), sizeof(a.sha256) - 1));
	slicer_access_once(t->slicer, e->handle, &a);
	if (turn->is_back && holders_are_away(e->holders))
		return;
	memset(&m, 0, sizeof(m));
	m.kind = turn->is_back ? MESSAGE_RETURNED : MESSAGE_ANOTHERS;
	m.from = frame->time;
	memcpy(m.sha256, a.sha256, sizeof(m.sha256));
	(void)snprintf(m.case_id, sizeof(m.case_id), "%s", e->order->case_id); /* the rooms are the same */
	(void)snprintf(m.text, sizeof(m.text), "%s", turn->method);
	t->event(t->cookie, &m);
}

void
table_holders_show(struct table *t, const struct follow_message *m, const struct follow_frame *frame)
{
	struct turn turn;
	enum holders_turn what;
	struct entry *e;

	if (t->watched == NULL || !holders_is_word(t->iap, m, frame))
		return;
	for (e = t->watched; e != NULL; e = e->watched_next) {
		if (frame->time < e->from || frame->time >= e->until)
			continue;
		what = holders_show(e->holders, m, frame, &turn.address);
		if (what == HOLDERS_NONE)
			continue;
		turn.is_back = what == HOLDERS_BACK;
		turn.method = holders_method(m);
		tell(t, e, &turn, frame);
	}
}
