#include <string.h>

#include "follow_hosts.h"
#include "follow_internal.h"

/*
 * How long the addresses last that a subject makes itself, and what is noted of them.
 */
#define LIFETIME_FLOOR (7200 * STAMP_SECOND) /* a router can not make it less: RFC 4862, 5.5.3 */

/* Of the address's prefix, as routers say; INT64_MAX: none has said, or without an end. */
stamp_t
follow_lifetime_of(const struct follow_hosts *h, const struct order_prefix *address)
{
	size_t i;

	for (i = 0; i < NDP_PREFIXES_MAX; i++) {
		if (follow_overlaps(&h->lifetimes[i].prefix, address))
			return h->lifetimes[i].until;
	}
	return INT64_MAX;
}

/* When does it end if nothing more is heard? */
stamp_t
follow_hosts_end(const struct follow *f, const struct follow_binding *b)
{
	stamp_t silence = b->heard + (stamp_t)f->iap->ipv6.silence * STAMP_SECOND,
		prefix = follow_lifetime_of(f->hosts, &b->address);

	return prefix < silence ? prefix : silence;
}

const char *
follow_hosts_reason(const struct follow *f, const struct follow_binding *b)
{
	return b->until < b->heard + (stamp_t)f->iap->ipv6.silence * STAMP_SECOND ? "prefix-ended" : "address-silent";
}

/* The place of what is known of a prefix, a free one, or that which ends first. */
static struct follow_lifetime *
place_of(struct follow_hosts *h, const struct order_prefix *p)
{
	struct follow_lifetime *place = &h->lifetimes[0];
	size_t i;

	for (i = 0; i < NDP_PREFIXES_MAX; i++) {
		if (follow_overlaps(&h->lifetimes[i].prefix, p))
			return &h->lifetimes[i];
		if (h->lifetimes[i].until < place->until)
			place = &h->lifetimes[i];
	}
	memset(place, 0, sizeof(*place));
	place->prefix = *p;
	return place;
}

/* One of the operator's routers says how long addresses last. */
void
follow_lifetimes_take(struct follow *f, const struct ndp *m, stamp_t now)
{
	struct follow_lifetime *l;
	stamp_t until, before, floor = now + LIFETIME_FLOOR;
	size_t i;

	f->is_stale = 1;
	for (i = 0; i < m->prefix_count; i++) {
		if (!follow_is_in(f->iap->ipv6.slaac_pools, f->iap->ipv6.slaac_pool_count, &m->prefixes[i].prefix))
			continue;
		l = place_of(f->hosts, &m->prefixes[i].prefix);
		until = m->prefixes[i].valid == NDP_FOREVER ? INT64_MAX
							    : now + (stamp_t)m->prefixes[i].valid * STAMP_SECOND;
		before = l->until;
		/* Of what was never heard of before nothing is made less. */
		if (before != 0 && before > now && until < before && until < floor)
			until = before < floor ? before : floor;
		l->until = until;
	}
	for (i = 0; i < f->count; i++) {
		if (f->bindings[i].source != FOLLOW_SLAAC)
			continue;
		until = follow_hosts_end(f, &f->bindings[i]);
		f->has_narrowed |= until < f->bindings[i].until;
		f->bindings[i].until = until;
	}
}

void
follow_hosts_shift(struct follow *f, stamp_t step)
{
	struct follow_lifetime *l;
	struct follow_claim *c;
	size_t i;

	if (f->hosts == NULL)
		return;
	if (f->hosts->settled != INT64_MAX)
		f->hosts->settled += step;
	f->hosts->crowded += f->hosts->crowded == 0 ? 0 : step;
	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		c = &f->hosts->claims[i];
		c->time += c->time == 0 ? 0 : step;
		c->until += c->time == 0 ? 0 : step;
	}
	for (i = 0; i < NDP_PREFIXES_MAX; i++) {
		l = &f->hosts->lifetimes[i];
		l->until += l->until == INT64_MAX ? 0 : step;
	}
}

int
follow_hosts_expire(struct follow *f, stamp_t now)
{
	struct follow_claim *c;
	int is_over = 0;
	size_t i;

	for (i = 0; f->hosts != NULL && i < FOLLOW_PENDING_MAX; i++) {
		c = &f->hosts->claims[i];
		if (!c->is_spoken_of || c->until > now)
			continue;
		c->is_spoken_of = 0;
		is_over = 1;
	}
	return is_over;
}

stamp_t
follow_hosts_next(const struct follow *f)
{
	stamp_t next = f->hosts == NULL ? INT64_MAX : f->hosts->settled;
	size_t i;

	for (i = 0; f->hosts != NULL && i < FOLLOW_PENDING_MAX; i++) {
		if (f->hosts->claims[i].is_spoken_of && f->hosts->claims[i].until < next)
			next = f->hosts->claims[i].until;
	}
	return next;
}
