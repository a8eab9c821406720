#include <string.h>

#include "follow_internal.h"
#include "follow_sessions.h"

/*
 * Addresses that an approver has given with a proof.  Whatever the network says against one ends it all the same.
 */
#define METHOD "given"

static int
has(const struct given_list *list, const struct given_address *g)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (strcmp(list->at[i].sha256, g->sha256) == 0)
			return 1;
	}
	return 0;
}

/* The binding that a word has begun, or their number. */
static size_t
find_binding(const struct follow *f, const struct given_address *g)
{
	size_t i;

	for (i = 0; i < f->count; i++) {
		if (f->bindings[i].source == FOLLOW_GIVEN && strcmp(f->bindings[i].sha256, g->sha256) == 0)
			break;
	}
	return i;
}

/* The word on it is taken back: it begins no more, and ends if it had begun. */
static void
take_back(struct follow *f, size_t given, stamp_t now)
{
	const struct follow_frame frame = {.time = now, .sha256 = ""};
	const struct given_address *g = &f->given.at[given];
	size_t i = find_binding(f, g);

	f->is_stale = 1;
	f->given_done |= 1U << given;
	if (i == f->count)
		return;
	f->blind = FOLLOW_UNKNOWN;
	follow_end(f, i, "given-withdrawn", &frame);
}

static int
is_disputed(const struct follow *f, const char *sha256)
{
	size_t i;

	for (i = 0; i < f->disputed_count; i++) {
		if (strcmp(f->disputed[i], sha256) == 0)
			return 1;
	}
	return 0;
}

/* In place of the oldest, where there are too many. */
static void
dispute(struct follow *f, const char *sha256)
{
	if (is_disputed(f, sha256))
		return;
	if (f->disputed_count == GIVEN_MAX)
		memmove(f->disputed[0], f->disputed[1], --f->disputed_count * sizeof(f->disputed[0]));
	memcpy(f->disputed[f->disputed_count++], sha256, DIGEST_HEX);
	f->has_changed = 1;
}

void
follow_recall(struct follow *f, const struct kept *k)
{
	uint32_t i;

	for (i = 0; i < k->disputed_count; i++)
		dispute(f, k->disputed[i]);
	follow_sessions_recall(f, k);
}

void
follow_give(struct follow *f, const struct given_list *list, stamp_t now)
{
	size_t i, k;

	f->is_stale = 1;
	follow_touch(f);
	for (i = 0; i < f->given.count; i++) {
		if (!has(list, &f->given.at[i]))
			take_back(f, i, now);
	}
	for (i = 0; i < list->count; i++) {
		if (has(&f->given, &list->at[i]))
			continue;
		for (k = 0; k < f->given.count && has(list, &f->given.at[k]); k++)
			;
		/* In place of one that was taken back, if there is no other. */
		if (f->given.count < GIVEN_MAX)
			k = f->given.count++;
		if (k == f->given.count)
			break; /* as many as the list has places for are there */
		f->given.at[k] = list->at[i];
		f->given_done &= ~(1U << k);
		if (is_disputed(f, list->at[i].sha256))
			f->given_done |= 1U << k;
	}
}

static void
begin(struct follow *f, const struct given_address *g, stamp_t now)
{
	const char *seen = order_prefix_is_host(&g->address) ? "assigned" : "delegated";
	int is_seen = f->given_seen && g->from > f->given_now;
	const struct follow_frame frame = {.time = is_seen ? g->from : now, .sha256 = g->sha256};
	struct follow_binding *b;

	if (f->count == FOLLOW_BINDINGS_MAX) {
		f->blind = FOLLOW_UNKNOWN;
		return;
	}
	b = &f->bindings[f->count++];
	memset(b, 0, sizeof(*b));
	b->address = g->address;
	b->source = FOLLOW_GIVEN;
	b->method = METHOD;
	b->from = g->from;
	b->until = g->until;
	b->told = frame.time;
	memcpy(b->sha256, g->sha256, sizeof(b->sha256));
	if (f->blind != NULL && strcmp(f->blind, FOLLOW_UNKNOWN) == 0)
		f->blind = NULL;
	follow_tell(f, FOLLOW_BEGUN, is_seen ? seen : "established", b, &frame);
}

/* Is all of it followed by another word already?  A part of it is not enough. */
static int
is_taken(const struct follow *f, const struct given_address *g)
{
	size_t i = follow_find(f, FOLLOW_GIVEN, &g->address);

	return i < f->count && f->bindings[i].address.bits <= g->address.bits;
}

/* Parts of it that are followed by other words go on with it, and by themselves again once it has ended. */
static void
take_parts(struct follow *f, const struct given_address *g, stamp_t now)
{
	const struct follow_frame frame = {.time = now, .sha256 = g->sha256};
	size_t i, k;

	while ((i = follow_find(f, FOLLOW_GIVEN, &g->address)) < f->count) {
		for (k = 0; k < f->given.count; k++) {
			if (strcmp(f->given.at[k].sha256, f->bindings[i].sha256) == 0)
				f->given_done &= ~(1U << k);
		}
		follow_end(f, i, "replaced", &frame);
	}
}

void
follow_given_begin(struct follow *f, stamp_t now)
{
	struct given_address *g;
	size_t i;

	f->is_stale = 1;
	for (i = 0; i < f->given.count; i++) {
		g = &f->given.at[i];
		if ((f->given_done >> i & 1) != 0 || g->from > now)
			continue;
		/* One that has the address already, or a prefix with it, is waited for. */
		if (g->until > now && is_taken(f, g))
			continue;
		f->given_done |= 1U << i;
		if (g->until <= now)
			continue;
		take_parts(f, g, now);
		begin(f, g, now);
	}
	f->given_now = now;
	f->given_seen = 1;
}

stamp_t
follow_given_next(const struct follow *f)
{
	stamp_t next = INT64_MAX;
	size_t i;

	for (i = 0; i < f->given.count; i++) {
		if ((f->given_done >> i & 1) == 0 && f->given.at[i].from < next && !is_taken(f, &f->given.at[i]))
			next = f->given.at[i].from;
	}
	return next;
}

void
follow_given_dispute(struct follow *f, const struct order_prefix *p, const struct follow_frame *frame)
{
	size_t i;

	/* Nor is another word on it believed. */
	for (i = 0; i < f->given.count; i++) {
		if (f->given.at[i].from > frame->time || !follow_overlaps(&f->given.at[i].address, p))
			continue;
		f->is_stale = 1;
		f->given_done |= 1U << i;
		if (f->given.at[i].until > frame->time)
			dispute(f, f->given.at[i].sha256);
	}
	while ((i = follow_find(f, FOLLOW_GIVEN, p)) < f->count) {
		f->blind = FOLLOW_CONFLICT;
		follow_end(f, i, "conflict", frame);
	}
}
