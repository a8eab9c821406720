#include <string.h>

#include "follow_internal.h"

/*
 * ARP, in which anyone says who has an IPv4 address.
 */

/* On its own link only the client's MAC has it; elsewhere a router may speak for it. */
static int
is_against(const struct follow *f, const struct follow_binding *b, const uint8_t mac[6])
{
	if (b->hardware_length != 6 || memcmp(b->hardware, mac, 6) == 0)
		return 0;
	return b->has_link || !follow_is_routers(f->iap, mac);
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
	if (follow_is_strangers(f->order, mac) && !follow_is_routers(f->iap, mac))
		follow_given_dispute(f, &host, frame);
}
