#include <string.h>

#include "follow_internal.h"
#include "follow_line.h"

/*
 * What a subscriber has of IPv6 within a session of PPPoE: networks that the concentrator advertises there, addresses and
 * prefixes that it gives there by DHCPv6.  All frames of the session are the subject's already: these are told of, as long
 * as the session has them, and no frame is found by them.
 */
#define BY_ADVERTISEMENT "slaac"
#define BY_DHCP "dhcpv6"

/* Tell of one, with the transaction that stands in its session. */
static void
tell(struct follow *f, const struct follow_binding *b, const struct follow_have *have, enum access_kind access,
    const char *how, const struct follow_frame *frame)
{
	struct follow_binding shown = *b;
	const struct follow_event e = {
	    FOLLOW_NOTED, access, how, have->method, &shown, frame->time, follow_proof(frame), b->xid, {NULL, 0}};

	shown.address = have->prefix;
	if (have->until != INT64_MAX)
		shown.until = have->until;
	f->event(f->cookie, &e);
}

static int
is_of(const struct follow_have *have, const struct follow_line *line)
{
	return have->method != NULL && memcmp(&have->line, line, sizeof(*line)) == 0;
}

static struct follow_have *
find(struct follow_lines *lines, const struct follow_line *line, const char *method, const struct order_prefix *p)
{
	struct follow_have *have;
	size_t i;

	for (i = 0; i < FOLLOW_HAVE_MAX; i++) {
		have = &lines->have[i];
		if (is_of(have, line) && have->method == method && have->prefix.bits == p->bits &&
		    follow_overlaps(&have->prefix, p))
			return have;
	}
	return NULL;
}

static void
end(struct follow *f, const struct follow_binding *b, struct follow_have *have, const char *why,
    const struct follow_frame *frame)
{
	f->is_stale = 1;
	tell(f, b, have, ACCESS_RELEASED, why, frame);
	memset(have, 0, sizeof(*have));
}

/* A free place, or else that of what ends first: its end is told with that. */
static struct follow_have *
place_of(struct follow *f, const struct follow_frame *frame)
{
	struct follow_have *first = &f->lines->have[0];
	size_t i;

	for (i = 0; i < FOLLOW_HAVE_MAX; i++) {
		if (f->lines->have[i].method == NULL)
			return &f->lines->have[i];
		if (f->lines->have[i].until < first->until)
			first = &f->lines->have[i];
	}
	end(f, &f->bindings[follow_line_find(f, &first->line)], first, "replaced", frame);
	return first;
}

static void
begin(struct follow *f, const struct follow_binding *b, const char *method, const struct order_prefix *p,
    stamp_t until, const struct follow_frame *frame)
{
	struct follow_have *have = place_of(f, frame);
	int is_delegated = strcmp(method, BY_DHCP) == 0 && p->bits < 128;

	f->is_stale = 1;
	have->line = b->line;
	have->prefix = *p;
	have->method = method;
	have->told = frame->time;
	have->until = have->told_until = until;
	tell(f, b, have, is_delegated ? ACCESS_DELEGATED : ACCESS_ASSIGNED, is_delegated ? "delegated" : "assigned",
	    frame);
}

/* Advertisements come all the time: what they say anew is told when it ends earlier, or half of what was told is over. */
static int
is_to_be_told(const struct follow_have *have, stamp_t now)
{
	if (now - have->told < FOLLOW_SAME_NS || have->until == have->told_until)
		return 0;
	return strcmp(have->method, BY_DHCP) == 0 || have->until < have->told_until - FOLLOW_SAME_NS ||
	       now - have->told >= (have->told_until - have->told) / 2;
}

/* The session has that for so many seconds. */
static void
take(struct follow *f, const struct follow_binding *b, const char *method, const struct order_prefix *p,
    uint32_t valid, const struct follow_frame *frame)
{
	struct follow_have *have = find(f->lines, &b->line, method, p);
	stamp_t until = valid == UINT32_MAX ? INT64_MAX : frame->time + (stamp_t)valid * STAMP_SECOND;

	if (have == NULL && valid > 0)
		begin(f, b, method, p, until, frame);
	if (have == NULL)
		return;
	if (valid == 0) {
		end(f, b, have, "withdrawn", frame);
		return;
	}
	f->is_stale = 1;
	have->until = until;
	if (!is_to_be_told(have, frame->time))
		return;
	have->told = frame->time;
	have->told_until = until;
	tell(f, b, have, ACCESS_RENEWED, "renewed", frame);
}

/* What the message names in one association is given, or with ${why} given up. */
static void
take_association(struct follow *f, const struct follow_binding *b, const struct dhcp6_ia *ia, const char *why,
    const struct follow_frame *frame)
{
	struct wire_bytes rest = ia->leases;
	struct follow_have *have;
	struct dhcp6_lease lease;

	while (dhcp6_next_lease(&rest, ia->kind, &lease)) {
		if (why == NULL && lease.status == DHCP6_SUCCESS) {
			take(f, b, BY_DHCP, &lease.address, lease.valid, frame);
			continue;
		}
		have = find(f->lines, &b->line, BY_DHCP, &lease.address);
		if (have != NULL)
			end(f, b, have, why == NULL ? "refused" : why, frame);
	}
}

static void
take_dhcp6(struct follow *f, const struct follow_binding *b, const struct dhcp6 *m, int is_client,
    const struct follow_frame *frame)
{
	const char *why = m->type == DHCP6_RELEASE ? "released" : m->type == DHCP6_DECLINE ? "declined" : NULL;
	struct wire_bytes rest = m->options;
	struct dhcp6_ia ia;

	if (m->relay_count > 0 || (is_client ? why == NULL : m->type != DHCP6_REPLY))
		return;
	while (dhcp6_next_ia(&rest, &ia)) {
		if (is_client || ia.status == DHCP6_SUCCESS)
			take_association(f, b, &ia, why, frame);
	}
}

int
follow_inside(struct follow *f, const struct follow_inside *m, const struct follow_frame *frame)
{
	const struct pppoe session = {.session = m->session};
	struct follow_binding b;
	struct follow_line line;
	int is_client;
	size_t i;

	if (f->lines == NULL || frame->mac == NULL)
		return 0;
	is_client = follow_line_is_ours(&f->iap->pppoe, frame->target_mac);
	line = follow_line_of(&session, frame, is_client);
	i = follow_line_find(f, &line);
	if (i == f->count)
		return 0;
	b = f->bindings[i];
	if (!m->is_ndp)
		take_dhcp6(f, &b, &m->dhcp6, is_client, frame);
	for (i = 0; m->is_ndp && !is_client && i < m->ndp.prefix_count; i++)
		take(f, &b, BY_ADVERTISEMENT, &m->ndp.prefixes[i].prefix, m->ndp.prefixes[i].valid, frame);
	return 1;
}

void
follow_inside_end(struct follow *f, const struct follow_binding *b, const char *why, const struct follow_frame *frame)
{
	const struct follow_event e = {
	    FOLLOW_NOTED, ACCESS_RELEASED, why, b->method, b, frame->time, follow_proof(frame), b->xid, {NULL, 0}};
	size_t i;

	if (b->address.family != 0)
		f->event(f->cookie, &e);
	for (i = 0; f->lines != NULL && i < FOLLOW_HAVE_MAX; i++) {
		if (is_of(&f->lines->have[i], &b->line))
			end(f, b, &f->lines->have[i], why, frame);
	}
}

void
follow_inside_expire(struct follow *f, stamp_t now)
{
	struct follow_frame none = {.sha256 = ""};
	const struct follow_binding *b;
	struct follow_have *have;
	size_t i;

	for (i = 0; f->lines != NULL && i < FOLLOW_HAVE_MAX; i++) {
		have = &f->lines->have[i];
		if (have->method == NULL || have->until > now)
			continue;
		b = &f->bindings[follow_line_find(f, &have->line)];
		/* With an earlier end of the session it ends by that. */
		if (have->until > b->until)
			continue;
		none.time = have->until;
		end(f, b, have, strcmp(have->method, BY_DHCP) == 0 ? "lease-ended" : "prefix-ended", &none);
	}
}

stamp_t
follow_inside_next(const struct follow *f)
{
	stamp_t next = INT64_MAX;
	size_t i;

	for (i = 0; f->lines != NULL && i < FOLLOW_HAVE_MAX; i++) {
		if (f->lines->have[i].method != NULL && f->lines->have[i].until < next)
			next = f->lines->have[i].until;
	}
	return next;
}

void
follow_inside_shift(struct follow *f, stamp_t step)
{
	struct follow_have *have;
	size_t i;

	for (i = 0; f->lines != NULL && i < FOLLOW_HAVE_MAX; i++) {
		have = &f->lines->have[i];
		have->told += step;
		have->until += have->until == INT64_MAX ? 0 : step;
		have->told_until += have->told_until == INT64_MAX ? 0 : step;
	}
}
