#include <string.h>

#include "follow_internal.h"

/*
 * ARP, in which anyone says who has an IPv4 address.
 */

static int
is_routers(const struct conf_iap *iap, const uint8_t mac[6])
{
	uint32_t i;

	for (i = 0; iap != NULL && i < iap->ipv6.router_count; i++) {
		if (memcmp(iap->ipv6.routers[i], mac, 6) == 0)
			return 1;
	}
	return 0;
}

/* Does the order name the subject by MACs, and not by that one? */
static int
is_strangers(const struct order *o, const uint8_t mac[6])
{
	int has_any = 0;
	size_t i;

	for (i = 0; i < o->identity_count; i++) {
		const struct order_identity *id = &o->identities[i];

		if (((FOLLOW_KIND(ORDER_DHCP_MAC) | FOLLOW_KIND(ORDER_DHCP6_MAC) | FOLLOW_SLAAC_HOST) >> id->kind &
			1) == 0)
			continue;
		if (memcmp(id->bytes, mac, 6) == 0)
			return 0;
		has_any = 1;
	}
	return has_any;
}

/* On its own link only the client's MAC has it; elsewhere a router may speak for it. */
static int
is_against(const struct follow *f, const struct follow_binding *b, const uint8_t mac[6])
{
	if (b->hardware_length != 6 || memcmp(b->hardware, mac, 6) == 0)
		return 0;
	return b->has_link || !is_routers(f->iap, mac);
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
	if (is_strangers(f->order, mac) && !is_routers(f->iap, mac))
		follow_given_dispute(f, &host, frame);
}
