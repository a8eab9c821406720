#include <assert.h>
#include <string.h>

#include "follow_clients.h"
#include "follow_hosts.h"
#include "follow_internal.h"
#include "follow_line.h"
#include "follow_sessions.h"

/*
 * What time alone changes of what is known: leases and sessions run out, and what was not known is over.
 */

int
follow_is_awaited(const struct follow *f)
{
	return follow_sessions_await(f) || follow_clients_await(f) || follow_hosts_await(f) || follow_misses_await(f);
}

/* What identities of those kinds had before is over, or was seen since. */
static void
settle(struct follow *f, unsigned kinds)
{
	f->unknown &= ~follow_who(f->order, kinds);
	if (f->unknown == 0 && f->blind != NULL && strcmp(f->blind, FOLLOW_UNKNOWN) == 0 && !follow_is_awaited(f))
		f->blind = NULL;
}

/* Why a binding ends whose time is over. */
static const char *
reason_of(const struct follow *f, const struct follow_binding *b)
{
	if (b->source == FOLLOW_DHCP4 || b->source == FOLLOW_DHCP6)
		return "lease-ended";
	if (b->source == FOLLOW_GIVEN)
		return "given-ended";
	if (b->source == FOLLOW_SLAAC)
		return follow_hosts_reason(f, b);
	return b->source == FOLLOW_RADIUS ? follow_sessions_reason(f, b->session) : "session-silent";
}

/* By ${now} what was before a time that is noted in *${settled} is over. */
static void
settle_by(struct follow *f, stamp_t *settled, unsigned kinds, stamp_t now)
{
	if (now < *settled)
		return;
	settle(f, kinds);
	*settled = INT64_MAX;
}

/* Of a host that makes its addresses itself some come and go all the time. */
static int
is_one_of_many(const struct follow *f, const struct follow_binding *b)
{
	return b->source == FOLLOW_SLAAC && follow_hosts_count(f) > 1;
}

void
follow_expire(struct follow *f, stamp_t now)
{
	struct follow_frame none = {.sha256 = ""};
	const struct follow_binding *b;
	const char *why;
	size_t i;

	f->is_stale = 1;
	if (follow_clients_expire(f, now) | follow_hosts_expire(f, now) | follow_misses_expire(f, now))
		settle(f, 0);
	follow_inside_expire(f, now);
	follow_tries_expire(f, now);
	settle_by(f, &f->settled, FOLLOW_DHCP4_CLIENT | FOLLOW_DHCP4_LINE, now);
	if (f->sessions != NULL)
		settle_by(f, &f->sessions->settled, FOLLOW_RADIUS_NAME, now);
	if (f->clients != NULL)
		settle_by(f, &f->clients->settled, FOLLOW_DHCP6_CLIENT | FOLLOW_DHCP6_LINE, now);
	if (f->hosts != NULL)
		settle_by(f, &f->hosts->settled, FOLLOW_SLAAC_HOST, now);
	for (i = f->count; i > 0; i--) {
		b = &f->bindings[i - 1];
		if (b->until > now)
			continue;
		none.time = b->until;
		why = reason_of(f, b);
		/* It may be off, or its renewal was not seen: that is not known. */
		if (b->source == FOLLOW_GIVEN)
			f->blind = f->unknown != 0 ? FOLLOW_UNKNOWN : f->blind;
		else if (!is_one_of_many(f, b))
			f->blind = why;
		follow_end(f, i - 1, why, &none);
	}
	follow_sessions_expire(f, now);
	follow_given_begin(f, now);
}

void
follow_shift(struct follow *f, stamp_t step)
{
	struct follow_binding *b;
	size_t i;

	f->is_stale = 1;
	if (f->settled != INT64_MAX)
		f->settled += step;
	f->since += step;
	for (i = 0; i < f->count; i++) {
		b = &f->bindings[i];
		if (b->source == FOLLOW_GIVEN)
			continue; /* its times are the calendar's */
		b->from += step;
		b->told += step;
		b->heard += step;
		b->routed += b->routed == INT64_MAX ? 0 : step;
		if (b->until != INT64_MAX)
			b->until += step;
	}
	for (i = 0; i < FOLLOW_PENDING_MAX; i++)
		f->pending[i].time += f->pending[i].time == 0 ? 0 : step;
	follow_misses_shift(f, step);
	follow_tries_shift(f, step);
	follow_sessions_shift(f, step);
	follow_lines_shift(f, step);
	follow_clients_shift(f, step);
	follow_hosts_shift(f, step);
}

stamp_t
follow_find_next(const struct follow *f)
{
	stamp_t next = f->settled;
	size_t i;

	if (f->clients != NULL)
		next = stamp_earlier(next, f->clients->settled);
	if (f->clients != NULL && f->clients->missed != 0)
		next = stamp_earlier(next, f->clients->missed);
	for (i = 0; i < f->count; i++)
		next = stamp_earlier(next, f->bindings[i].until);
	next = stamp_earlier(next, follow_hosts_next(f));
	next = stamp_earlier(next, follow_misses_next(f));
	next = stamp_earlier(next, follow_inside_next(f));
	next = stamp_earlier(next, follow_tries_next(f));
	next = stamp_earlier(next, follow_given_next(f));
	return stamp_earlier(next, follow_sessions_next(f));
}

stamp_t
follow_next(struct follow *f)
{
	if (f->is_stale)
		f->next = follow_find_next(f);
	f->is_stale = 0;
	assert(f->next == follow_find_next(f));
	return f->next;
}
