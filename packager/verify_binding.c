#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify_grow.h"

#include "verify_binding.h"

/* The binding of that address by that method at the IAP at hand that has not ended, or NULL. */
static struct verify_binding *
find_open(const struct verify_bindings *b, const struct access_event *e)
{
	size_t i;

	for (i = b->count; i > 0; i--) {
		struct verify_binding *one = &b->at[i - 1];

		if (one->end == STAMP_NONE && one->lapsed == STAMP_NONE && strcmp(one->iap, b->iap) == 0 &&
		    access_is_same_address(&one->begin, e) && strcmp(one->begin.method, e->method) == 0)
			return one;
	}
	return NULL;
}

/* Does it begin one of which no other event tells the begin?  A session of PPPoE has no event of its address. */
static int
is_counted(const struct access_event *e)
{
	return e->kind == ACCESS_ASSIGNED || e->kind == ACCESS_ESTABLISHED || e->kind == ACCESS_DELEGATED ||
	       (e->kind == ACCESS_SESSION_START && strcmp(e->method, "pppoe") == 0);
}

static int
begin(struct verify_bindings *b, const struct access_event *e, const struct slice_head *h)
{
	struct verify_binding *grown;

	if (b->count == VERIFY_BINDINGS_MAX)
		return 0;
	grown = verify_grow(b->at, b->count, sizeof(*grown));
	if (grown == NULL)
		return -1;
	b->at = grown;
	grown = &b->at[b->count++];
	memset(grown, 0, sizeof(*grown));
	memcpy(grown->iap, b->iap, sizeof(grown->iap));
	grown->begin = *e;
	grown->end = grown->lapsed = grown->renewed = STAMP_NONE;
	grown->revision = h->revision;
	memcpy(grown->order_sha256, h->order_sha256, sizeof(grown->order_sha256));
	return 0;
}

/* That one begins again is no word on when the one before ended; NULL: there is none. */
static int
begin_again(
    struct verify_bindings *b, struct verify_binding *open, const struct access_event *e, const struct slice_head *h)
{
	if (open != NULL)
		open->lapsed = e->time;
	return begin(b, e, h);
}

static void
end(struct verify_binding *one, const struct access_event *e)
{
	one->end = e->time;
	memcpy(one->ended, e->reason, sizeof(one->ended));
	memcpy(one->end_sha256, e->sha256, sizeof(one->end_sha256));
}

static void
renew(struct verify_binding *one, const struct access_event *e)
{
	one->renewals++;
	one->renewed = e->time;
	one->begin.until = e->until;
}

/* What the event does to the bindings.  A session of PPPoE begins and ends with its address. */
static int
apply(struct verify_bindings *b, const struct access_event *e, const struct slice_head *h)
{
	struct verify_binding *open = e->family == 0 ? NULL : find_open(b, e);

	if (e->family == 0)
		return 0;
	switch (e->kind) {
	case ACCESS_SESSION_START:
	case ACCESS_ESTABLISHED:
	case ACCESS_ASSIGNED:
	case ACCESS_DELEGATED:
		if (open != NULL && open->begin.time == e->time)
			return 0;
		b->unshown += b->count == VERIFY_BINDINGS_MAX && is_counted(e);
		return begin_again(b, open, e, h);
	case ACCESS_RENEWED:
		if (open == NULL)
			return begin(b, e, h);
		renew(open, e);
		return 0;
	case ACCESS_RELEASED:
	case ACCESS_SESSION_END:
		if (open != NULL)
			end(open, e);
		return 0;
	default:
		return 0;
	}
}

static int
keep_event(struct verify_bindings *b, const struct access_event *e)
{
	struct verify_access *grown;

	if (b->event_count == VERIFY_ACCESSES_MAX) {
		b->events_unshown++;
		return 0;
	}
	grown = verify_grow(b->events, b->event_count, sizeof(*grown));
	if (grown == NULL)
		return -1;
	b->events = grown;
	grown = &b->events[b->event_count++];
	memcpy(grown->iap, b->iap, sizeof(grown->iap));
	grown->event = *e;
	return 0;
}

static int
is_held(const struct access_list *l, const struct access_event *e)
{
	size_t i;

	for (i = 0; i < l->held_count; i++) {
		if (access_is_same_address(&l->held[i], e) && strcmp(l->held[i].method, e->method) == 0)
			return 1;
	}
	return 0;
}

/*
 * What the slice began with tells what no event did: of a number that is not there, of a reader that died.  That of a
 * recovered one is as old as its draft, and one that is full may lack some.  Sessions of PPPoE do not stand in it.
 */
static int
settle_held(struct verify_bindings *b, const struct slice_record *r, int is_next)
{
	const struct access_list *l = &r->access;
	int is_draft = r->state == SLICE_RECOVERED;
	size_t i;

	for (i = 0; i < b->count && !is_draft && l->held_count < ACCESS_HELD_MAX; i++) {
		struct verify_binding *one = &b->at[i];

		if (one->end == STAMP_NONE && one->lapsed == STAMP_NONE && strcmp(one->iap, b->iap) == 0 &&
		    strcmp(one->begin.method, "pppoe") != 0 && !is_held(l, &one->begin))
			one->lapsed = r->head.from;
	}
	for (i = 0; i < l->held_count && (!is_draft || !is_next); i++) {
		const struct access_event *e = &l->held[i];
		struct verify_binding *open = find_open(b, e);

		if (open != NULL && open->begin.time >= e->time)
			continue;
		b->unshown += open != NULL && b->count == VERIFY_BINDINGS_MAX;
		if (begin_again(b, open, e, &r->head) == -1)
			return -1;
	}
	return 0;
}

/* Note that the number of the stream at hand was taken.  1; 0 if it was before; or -1 without memory. */
static int
note_taken(struct verify_bindings *b, uint64_t seq)
{
	struct verify_taken *grown;
	size_t i;

	for (i = 0; i < b->taken_count; i++) {
		if (seq >= b->taken[i].first && seq <= b->taken[i].last)
			return 0;
	}
	if (b->taken_count > 0 && b->taken[b->taken_count - 1].last + 1 == seq) {
		b->taken[b->taken_count - 1].last = seq;
		return 1;
	}
	grown = verify_grow(b->taken, b->taken_count, sizeof(*grown));
	if (grown == NULL)
		return -1;
	b->taken = grown;
	b->taken[b->taken_count++] = (struct verify_taken){seq, seq};
	return 1;
}

/* What comes behind a later number can not be put in its turn any more: it is counted. */
static void
count_late(struct verify_bindings *b, const struct access_list *l)
{
	size_t i;

	for (i = 0; i < l->count; i++)
		b->unshown += l->at[i].family != 0 && is_counted(&l->at[i]);
	b->events_unshown += l->count;
}

int
verify_bindings_package(struct verify_bindings *b, const struct package_facts *f)
{
	const struct access_list *l = &f->slice.access;
	int is_same = strcmp(b->iap, f->names.iap) == 0, is_next = is_same && f->names.seq == b->seq + 1;
	int is_late = is_same && f->names.seq < b->seq, rc;
	size_t i;

	if (!is_same)
		b->taken_count = 0;
	memcpy(b->iap, f->names.iap, sizeof(b->iap));
	rc = note_taken(b, f->names.seq);
	if (rc != 1)
		return rc;
	b->seq = is_late ? b->seq : f->names.seq;
	if (f->is_gap || !l->is_told)
		return 0;
	if (is_late) {
		count_late(b, l);
		return 0;
	}
	if (settle_held(b, &f->slice, is_next) == -1)
		return -1;
	for (i = 0; i < l->count; i++) {
		if (apply(b, &l->at[i], &f->slice.head) == -1 || keep_event(b, &l->at[i]) == -1)
			return -1;
	}
	return 0;
}

void
verify_bindings_free(struct verify_bindings *b)
{
	size_t i;

	for (i = 0; i < b->count; i++) {
		free(b->at[i].authentication);
		free(b->at[i].validation);
		free(b->at[i].confirmation);
	}
	free(b->at);
	free(b->events);
	free(b->taken);
	memset(b, 0, sizeof(*b));
}

const char *
verify_binding_address(const struct access_event *e, char out[64])
{
	char *slash = strchr(access_address_text(e, out), '/');

	if (slash != NULL && e->bits == (e->family == 4 ? 32 : 128))
		*slash = '\0';
	return out;
}

int
verify_binding_is_given(const struct verify_binding *b)
{
	return strcmp(b->begin.method, "given") == 0;
}

char *
verify_binding_end(const struct verify_binding *b, char out[VERIFY_BINDING_END])
{
	char at[STAMP_TEXT];

	if (b->end != STAMP_NONE)
		return stamp_format_seconds(out, b->end);
	(void)snprintf(out, VERIFY_BINDING_END, "not told%s%s", b->lapsed == STAMP_NONE ? "" : "; no more at ",
	    b->lapsed == STAMP_NONE ? "" : stamp_format_seconds(at, b->lapsed)); /* has room */
	return out;
}
