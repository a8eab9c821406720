#include <string.h>

#include "follow_hosts.h"
#include "follow_internal.h"

/*
 * Addresses that a subject has made itself, or got by DHCPv6, and that anyone else claims.
 */

/* The reason, to be told by where it stands from that of others. */
static const char conflict[] = FOLLOW_CONFLICT;

int
follow_hosts_is_reason(const char *blind)
{
	return blind == conflict ||
	       (blind != NULL && (strcmp(blind, "prefix-ended") == 0 || strcmp(blind, "address-silent") == 0));
}

struct follow_claim *
follow_claim_find(struct follow_hosts *h, const uint8_t address[16])
{
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		if (h->claims[i].time != 0 && memcmp(h->claims[i].address, address, 16) == 0)
			return &h->claims[i];
	}
	return NULL;
}

/* Another MAC asked for the address, or has it: in place of what was noted longest ago. */
static void
note_claim(struct follow *f, const uint8_t address[16], int is_question, int was_routed, stamp_t now)
{
	struct follow_claim *c = follow_claim_find(f->hosts, address);
	size_t i;

	if (c == NULL) {
		c = &f->hosts->claims[0];
		for (i = 1; i < FOLLOW_PENDING_MAX; i++) {
			if (f->hosts->claims[i].time < c->time)
				c = &f->hosts->claims[i];
		}
		memset(c, 0, sizeof(*c));
	}
	f->is_stale = 1;
	memcpy(c->address, address, 16);
	c->time = now;
	c->was_routed = was_routed;
	if (!is_question)
		c->until = now + (stamp_t)f->iap->ipv6.silence * STAMP_SECOND;
}

/* Does what the frame says of the address disagree with the binding's MAC? */
static int
is_anothers(const struct follow_binding *b, const struct ndp *m, const struct follow_frame *frame)
{
	return memcmp(frame->mac, b->hardware, 6) != 0 || (m->mac.n > 0 && memcmp(m->mac.at, b->hardware, 6) != 0);
}

void
follow_claims_dispute(struct follow *f, const struct ndp *m, const uint8_t address[16], int is_question,
    const struct follow_frame *frame)
{
	const struct order_prefix p = follow_host_of(address);
	int is_own = f->hosts != NULL && follow_host_is_subject(f->order, frame->mac) &&
		     (m->mac.n == 0 || memcmp(m->mac.at, frame->mac, 6) == 0);
	const struct follow_binding *b;
	size_t i;

	for (i = f->count; i > 0; i--) {
		b = &f->bindings[i - 1];
		if ((b->source != FOLLOW_DHCP6 && b->source != FOLLOW_SLAAC) || !b->has_link ||
		    !follow_overlaps(&b->address, &p) || !is_anothers(b, m, frame))
			continue;
		/* The server's word is more than a question. */
		if (b->source == FOLLOW_DHCP6 && is_question)
			continue;
		if (b->source == FOLLOW_SLAAC && is_own) {
			/* From one of the order's MACs to another. */
			follow_end(f, i - 1, "replaced", frame);
			continue;
		}
		if (b->source == FOLLOW_SLAAC)
			note_claim(f, address, is_question, b->routed <= frame->time, frame->time);
		f->blind = b->source == FOLLOW_SLAAC ? conflict : FOLLOW_CONFLICT;
		follow_end(f, i - 1, "conflict", frame);
	}
}

void
follow_hosts_dispute(struct follow *f, const struct order_prefix *p, const struct follow_frame *frame)
{
	const struct follow_binding *b;
	size_t i;

	/* What goes to any other address may go to a router. */
	if (f->hosts == NULL || frame->target_mac == NULL || frame->target[0] != 0xfe ||
	    (frame->target[1] & 0xc0) != 0x80)
		return;
	for (i = f->count; i > 0; i--) {
		b = &f->bindings[i - 1];
		if (b->source != FOLLOW_SLAAC || !follow_overlaps(&b->address, p) ||
		    memcmp(frame->target_mac, b->hardware, 6) == 0)
			continue;
		note_claim(f, b->address.addr, 0, 0, frame->time);
		f->blind = conflict;
		follow_end(f, i - 1, "conflict", frame);
	}
}
