#include <arpa/inet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify_binding.h"

/* Room for one more where the room doubles whenever the count is a power of two. */
static void *
grow(void *items, size_t count, size_t size)
{
	if (count != 0 && (count & (count - 1)) != 0)
		return items;
	return reallocarray(items, count == 0 ? 1 : 2 * count, size);
}

static int
is_same_address(const struct access_event *a, const struct access_event *b)
{
	return a->family == b->family && a->bits == b->bits && memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

/* The binding of that address at the IAP at hand that has not ended, or NULL. */
static struct verify_binding *
find_open(const struct verify_bindings *b, const struct access_event *e)
{
	size_t i;

	for (i = b->count; i > 0; i--) {
		struct verify_binding *one = &b->at[i - 1];

		if (one->end == STAMP_NONE && strcmp(one->iap, b->iap) == 0 && is_same_address(&one->begin, e))
			return one;
	}
	return NULL;
}

static int
begin(struct verify_bindings *b, const struct access_event *e)
{
	struct verify_binding *grown;

	if (b->count == VERIFY_BINDINGS_MAX) {
		b->unshown++;
		return 0;
	}
	grown = grow(b->at, b->count, sizeof(*grown));
	if (grown == NULL)
		return -1;
	b->at = grown;
	grown = &b->at[b->count++];
	memset(grown, 0, sizeof(*grown));
	memcpy(grown->iap, b->iap, sizeof(grown->iap));
	grown->begin = *e;
	grown->end = grown->renewed = STAMP_NONE;
	return 0;
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
apply(struct verify_bindings *b, const struct access_event *e)
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
		if (open != NULL)
			end(open, e);
		return begin(b, e);
	case ACCESS_RENEWED:
		if (open == NULL)
			return begin(b, e);
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
	grown = grow(b->events, b->event_count, sizeof(*grown));
	if (grown == NULL)
		return -1;
	b->events = grown;
	grown = &b->events[b->event_count++];
	memcpy(grown->iap, b->iap, sizeof(grown->iap));
	grown->event = *e;
	return 0;
}

int
verify_bindings_package(struct verify_bindings *b, const struct package_facts *f)
{
	const struct access_list *l = &f->slice.access;
	int is_next = strcmp(b->iap, f->names.iap) == 0 && f->names.seq == b->seq + 1;
	size_t i;

	if (strcmp(b->iap, f->names.iap) == 0 && f->names.seq <= b->seq)
		return 0;
	memcpy(b->iap, f->names.iap, sizeof(b->iap));
	b->seq = f->names.seq;
	if (f->is_gap || !l->is_told)
		return 0;
	/* Behind a number that is not there, or was recovered, only what the slice began with tells what was missed. */
	for (i = 0; i < l->held_count && (!is_next || l->is_incomplete); i++) {
		if (find_open(b, &l->held[i]) == NULL && begin(b, &l->held[i]) == -1)
			return -1;
	}
	for (i = 0; i < l->count; i++) {
		if (apply(b, &l->at[i]) == -1 || keep_event(b, &l->at[i]) == -1)
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
	memset(b, 0, sizeof(*b));
}

const char *
verify_binding_address(const struct access_event *e, char out[64])
{
	size_t n;

	out[0] = '\0';
	if (e->family == 0)
		return out;
	(void)inet_ntop(e->family == 4 ? AF_INET : AF_INET6, e->addr, out, INET6_ADDRSTRLEN); /* has room */
	n = strlen(out);
	if (e->bits != (e->family == 4 ? 32 : 128))
		(void)snprintf(out + n, 64 - n, "/%u", e->bits);
	return out;
}

int
verify_binding_is_given(const struct verify_binding *b)
{
	return strcmp(b->begin.method, "given") == 0;
}
