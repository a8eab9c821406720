#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

#include "table_internal.h"

/* Add up what the matcher met and let it go: its orders may be freed now. */
void
table_drop_matcher(struct table *t)
{
	const uint64_t *kinds;
	size_t i;

	table_settle_reach(t);
	if (t->matcher == NULL)
		return;
	kinds = matcher_kinds(t->matcher);
	for (i = 0; i < MATCHER_KINDS; i++)
		t->kinds[i] += kinds[i];
	matcher_free(t->matcher);
	t->matcher = NULL;
}

static size_t
count_bindings(const struct table *t)
{
	size_t i, n = 0;

	for (i = 0; i < t->now.count; i++)
		n += t->now.at[i]->follow == NULL ? 0 : follow_count(t->now.at[i]->follow);
	return n;
}

/* The order as if its subject were that address, or session, and nothing else: scope, qualifiers and filter stay. */
static void
fill_shadow(struct shadow *s, const struct order *o, const struct follow_binding *b)
{
	s->order = *o;
	if (b->source == FOLLOW_PPPOE) {
		memcpy(s->mac[0], b->line.client, sizeof(s->mac[0]));
		s->session = b->line.session;
		s->order.prefixes = NULL;
		s->order.prefix_count = 0;
		s->order.macs = s->mac;
		s->order.mac_count = 1;
		s->order.sessions = &s->session;
		s->order.session_count = 1;
		return;
	}
	s->prefix = b->address;
	s->order.prefixes = &s->prefix;
	s->order.prefix_count = 1;
	s->order.macs = NULL;
	s->order.mac_count = 0;
}

/* Write the orders of one case, behind ${n} others: its own, then one an address.  Return how many there are now. */
static size_t
put_targets(struct table *t, struct entry *e, const struct order **orders, size_t n, size_t *shadow)
{
	size_t i;

	e->index = (uint32_t)n;
	t->targets[n] = (struct target){e, NULL, e->handle};
	orders[n++] = e->order;
	for (i = 0; e->follow != NULL && i < follow_count(e->follow); i++) {
		const struct follow_binding *b = follow_binding(e->follow, i);

		fill_shadow(&t->shadows[*shadow], e->order, b);
		t->targets[n] = (struct target){e, b, e->handle};
		orders[n++] = &t->shadows[(*shadow)++].order;
	}
	return n;
}

static int
make(struct table *t, const struct order **orders)
{
	size_t i, n = 0, shadow = 0;

	for (i = 0; i < t->now.count; i++) {
		if (t->now.at[i]->is_open && !t->now.at[i]->is_settled)
			n = put_targets(t, t->now.at[i], orders, n, &shadow);
	}
	if (n == 0)
		return 0;
	t->matcher = matcher_new_tunnels(orders, n, t->linktype, t->tunnels);
	if (t->matcher == NULL)
		return -1;
	matcher_remember(t->matcher, t->memory);
	/* Beside what the matcher finds there is room for a case's control traffic. */
	t->matches = calloc(matcher_room(t->matcher) + 1, sizeof(*t->matches));
	return t->matches == NULL ? -1 : 0;
}

int
table_make_matcher(struct table *t)
{
	size_t bindings = count_bindings(t), room = t->now.count + bindings + 1;
	const struct order **orders = calloc(room, sizeof(*orders));
	int rc = -1;

	assert(t->matcher == NULL);
	free(t->targets);
	free(t->shadows);
	free(t->matches);
	t->matches = NULL;
	t->targets = calloc(room, sizeof(*t->targets));
	t->shadows = calloc(bindings + 1, sizeof(*t->shadows));
	if (t->targets == NULL || t->shadows == NULL || orders == NULL)
		diag_err("table of orders");
	else
		rc = make(t, orders);
	free(orders);
	return rc;
}

/* Found by an address that the subject has no more, not yet, or on another link? */
int
table_is_allowed(const struct table *t, uint32_t index, stamp_t time, const uint8_t *data, uint32_t caplen)
{
	const struct target *target = &t->targets[index];

	return time >= target->entry->from && time < target->entry->until &&
	       (target->binding == NULL || follow_allows(target->binding, time, data, caplen) ||
		   follow_is_routed(t->iap, target->binding, time, data, caplen));
}

/* Both are of one case: it keeps the least that either allows, of the outermost frame. */
static void
merge(struct match *into, const struct match *other)
{
	uint32_t end = into->start + into->caplen, other_end = other->start + other->caplen;

	if (other_end < end)
		end = other_end;
	if (other->start < into->start) {
		into->start = other->start;
		into->len = other->len;
	}
	into->caplen = end > into->start ? end - into->start : 0;
}

static void
store_one(struct table *t, struct entry *e, const struct match *match, stamp_t time, const uint8_t *data)
{
	if (time > e->seen)
		e->seen = time;
	e->is_doubted = 0;
	slicer_frame(t->slicer, e->handle, time, data + match->start, match->caplen, match->len);
}

/*
 * The matches of one case, from ${i} on, of which there are ${n}.  What may be stored of its control traffic for another
 * reason is left to store_own().  Return where the next case's begin.
 */
static size_t
store_case(struct table *t, size_t i, size_t n, stamp_t time, const uint8_t *data, uint32_t caplen)
{
	const struct target *first = &t->targets[t->matches[i].index];
	struct entry *e = first->entry;
	struct match *kept = NULL;

	slicer_expect(t->slicer, first->handle);
	for (; i < n && t->targets[t->matches[i].index].entry == e; i++) {
		if (!table_is_allowed(t, t->matches[i].index, time, data, caplen))
			continue;
		if (kept != NULL)
			merge(kept, &t->matches[i]);
		else
			kept = &t->matches[i];
	}
	if (kept == NULL && e->is_own)
		return i;
	e->is_own = 0;
	t->matched_count++;
	if (kept != NULL)
		store_one(t, e, kept, time, data);
	else
		t->withheld++;
	return i;
}

/* Control traffic of subjects that no address of theirs stands in. */
static void
store_own(struct table *t, stamp_t time, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	struct match match;
	struct entry *e;
	size_t i;

	t->has_own = 0;
	for (i = 0; i < t->now.count; i++) {
		e = t->now.at[i];
		if (!e->is_own)
			continue;
		e->is_own = 0;
		if (!e->is_open || !matcher_own(t->matcher, e->index, data, caplen, len, time, &match))
			continue;
		t->matched_count++;
		if (time >= e->from && time < e->until)
			store_one(t, e, &match, time, data);
		else
			t->withheld++;
	}
}

size_t
table_store(struct table *t, stamp_t time, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	uint64_t before = t->matched_count;
	size_t i = 0, n = matcher_frame(t->matcher, data, caplen, len, time, t->matches);
	const uint32_t *orders;
	size_t doubted = matcher_take_doubted(t->matcher, &orders);

	if (doubted > 0)
		table_doubt_frame(t, orders, doubted, time, data, caplen);
	while (i < n)
		i = store_case(t, i, n, time, data, caplen);
	if (t->has_own)
		store_own(t, time, data, caplen, len);
	if (doubted > 0)
		table_doubt_settle(t, orders, doubted, time);
	return (size_t)(t->matched_count - before);
}
