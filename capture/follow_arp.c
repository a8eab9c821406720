#include <string.h>

#include "follow_internal.h"
#include "follow_sessions.h"

/*
 * ARP, in which anyone says who has an IPv4 address, and what such a word of Neighbor Discovery does, too.
 */

/* On its own link only the client's MAC has it; elsewhere a router may speak for it. */
static int
is_against(const struct follow *f, const struct follow_binding *b, const uint8_t mac[6])
{
	if (b->hardware_length != 6 || memcmp(b->hardware, mac, 6) == 0)
		return 0;
	return b->has_link || !follow_is_routers(f->iap, mac);
}

/* A session of RADIUS has it, whose caller is known by another MAC. */
static int
is_of_another_caller(
    const struct follow *f, const struct follow_binding *b, const struct order_prefix *host, const uint8_t mac[6])
{
	const struct follow_text *calling;
	uint8_t room[6];

	if (b->source != FOLLOW_RADIUS || b->address.bits != host->bits || !follow_overlaps(&b->address, host))
		return 0;
	calling = &f->sessions->at[b->session].calling;
	return follow_mac_in(calling->bytes, calling->n, room) != NULL && memcmp(room, mac, sizeof(room)) != 0;
}

void
follow_claim(
    struct follow *f, const struct order_prefix *host, const uint8_t mac[6], const struct follow_frame *frame)
{
	size_t i;

	if (follow_is_routers(f->iap, mac))
		return;
	for (i = 0; i < f->count; i++) {
		if (is_of_another_caller(f, &f->bindings[i], host, mac))
			break;
	}
	/* One session has it, at most. */
	if (i < f->count) {
		f->blind = FOLLOW_CONFLICT;
		follow_session_end(f, &f->sessions->at[f->bindings[i].session], "conflict", NULL, frame);
	}
	if (follow_is_strangers(f->order, mac))
		follow_given_dispute(f, host, frame);
}

void
follow_arp(struct follow *f, const uint8_t address[4], const uint8_t mac[6], const struct follow_frame *frame)
{
	struct order_prefix host = {.family = 4, .bits = 32};
	size_t i;

	memcpy(host.addr, address, 4);
	i = follow_find(f, FOLLOW_DHCP4, &host);
	if (i < f->count && is_against(f, &f->bindings[i], mac)) {
		f->blind = FOLLOW_CONFLICT;
		follow_end(f, i, "conflict", frame);
	}
	follow_claim(f, &host, mac, frame);
}
