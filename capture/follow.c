#include <stdlib.h>
#include <string.h>

#include "follow_internal.h"

struct follow *
follow_new(const struct order *o, const struct conf_iap *iap, stamp_t since, follow_event_fn *event, void *cookie)
{
	struct follow *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->order = o;
	f->iap = iap;
	f->since = since;
	f->event = event;
	f->cookie = cookie;
	f->blind = FOLLOW_UNKNOWN;
	f->settled = INT64_MAX;
	return f;
}

void
follow_free(struct follow *f)
{
	free(f);
}

void
follow_change(struct follow *f, const struct order *o)
{
	f->order = o;
}

const char *
follow_obstacle(const struct conf_iap *iap, size_t interfaces)
{
	if (iap->dhcp_server_count == 0 || iap->dhcp_pool_count == 0)
		return "its access point has no dhcp_servers and dhcp_pool";
	/* Two rings are not read in the order of time: a stranger's frame could come before the word that makes it his. */
	if (interfaces > 1)
		return "its access point has more than one interface";
	return NULL;
}

void
follow_tell(struct follow *f, enum follow_kind kind, const char *how, const struct follow_binding *b,
    const struct follow_frame *frame)
{
	static const enum access_kind kinds[] = {
	    [FOLLOW_BEGUN] = ACCESS_ASSIGNED, [FOLLOW_RENEWED] = ACCESS_RENEWED, [FOLLOW_ENDED] = ACCESS_RELEASED};
	struct follow_event e = {kind, kinds[kind], how, b->method, b, frame->time, frame->sha256, b->xid};

	if (kind == FOLLOW_BEGUN && strcmp(how, "established") == 0)
		e.access = ACCESS_ESTABLISHED;
	if (kind != FOLLOW_RENEWED)
		f->has_changed = 1;
	f->event(f->cookie, &e);
}

void
follow_note(struct follow *f, enum access_kind access, const char *method, const char *how, uint32_t xid,
    const struct follow_frame *frame)
{
	const struct follow_event e = {FOLLOW_NOTED, access, how, method, NULL, frame->time, frame->sha256, xid};

	f->event(f->cookie, &e);
}

void
follow_end(struct follow *f, size_t i, const char *why, const struct follow_frame *frame)
{
	const struct follow_binding gone = f->bindings[i];

	f->bindings[i] = f->bindings[--f->count];
	follow_tell(f, FOLLOW_ENDED, why, &gone, frame);
}

size_t
follow_find(const struct follow *f, const uint8_t address[4])
{
	size_t i;

	for (i = 0; i < f->count && memcmp(f->bindings[i].address, address, 4) != 0; i++)
		;
	return i;
}

void
follow_arp(struct follow *f, const uint8_t address[4], const uint8_t mac[6], const struct follow_frame *frame)
{
	size_t i = follow_find(f, address);

	if (i == f->count || !f->bindings[i].has_link || memcmp(f->bindings[i].hardware, mac, 6) == 0)
		return;
	f->blind = FOLLOW_CONFLICT;
	follow_end(f, i, "conflict", frame);
}

void
follow_expire(struct follow *f, stamp_t now)
{
	struct follow_frame none = {.sha256 = ""};
	size_t i;

	if (now >= f->settled) {
		if (f->blind != NULL && strcmp(f->blind, FOLLOW_UNKNOWN) == 0)
			f->blind = NULL;
		f->settled = INT64_MAX;
	}
	for (i = f->count; i > 0; i--) {
		if (f->bindings[i - 1].until > now)
			continue;
		none.time = f->bindings[i - 1].until;
		/* It may be off, or its renewal was not seen: that is not known. */
		f->blind = "lease-ended";
		follow_end(f, i - 1, "lease-ended", &none);
	}
}

void
follow_shift(struct follow *f, stamp_t step)
{
	struct follow_binding *b;
	size_t i;

	if (f->settled != INT64_MAX)
		f->settled += step;
	f->since += step;
	for (i = 0; i < f->count; i++) {
		b = &f->bindings[i];
		b->from += step;
		b->told += step;
		if (b->until != INT64_MAX)
			b->until += step;
	}
	for (i = 0; i < FOLLOW_PENDING_MAX; i++)
		f->pending[i].time += step;
}

int
follow_has_changed(struct follow *f)
{
	int changed = f->has_changed;

	f->has_changed = 0;
	return changed;
}

stamp_t
follow_next(const struct follow *f)
{
	stamp_t next = f->settled;
	size_t i;

	for (i = 0; i < f->count; i++) {
		if (f->bindings[i].until < next)
			next = f->bindings[i].until;
	}
	return next;
}

const char *
follow_blind(const struct follow *f)
{
	return f->blind;
}

size_t
follow_count(const struct follow *f)
{
	return f->count;
}

const struct follow_binding *
follow_binding(const struct follow *f, size_t i)
{
	return &f->bindings[i];
}

int
follow_allows(const struct follow_binding *b, stamp_t time, const uint8_t *data, uint32_t caplen)
{
	if (time < b->from || time >= b->until)
		return 0;
	if (!b->has_link)
		return 1;
	return caplen >= 12 && (memcmp(data, b->hardware, 6) == 0 || memcmp(data + 6, b->hardware, 6) == 0);
}
