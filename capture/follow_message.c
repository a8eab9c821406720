#include <string.h>

#include "follow_hosts.h"
#include "follow_internal.h"
#include "follow_keys.h"
#include "follow_line.h"
#include "follow_sessions.h"

/*
 * Messages of any kind: shown to who follows a subject, and by what they may be of concern to one.
 */

int
follow_show(struct follow *f, const struct follow_message *m, const struct follow_frame *frame)
{
	follow_touch(f);
	switch (m->kind) {
	case FOLLOW_MESSAGE_DHCP4:
		return follow_dhcp4(f, &m->dhcp4, frame);
	case FOLLOW_MESSAGE_DHCP6:
		return follow_dhcp6(f, &m->dhcp6, frame);
	case FOLLOW_MESSAGE_NDP:
		return follow_ndp(f, &m->ndp, frame);
	case FOLLOW_MESSAGE_RADIUS:
		return follow_radius(f, &m->radius, frame);
	case FOLLOW_MESSAGE_PPPOE:
		return follow_pppoe(f, &m->pppoe, frame);
	case FOLLOW_MESSAGE_INSIDE:
		return follow_inside(f, &m->inside, frame);
	case FOLLOW_MESSAGE_ARP:
		follow_arp(f, m->arp.address, m->arp.mac, frame);
		return 0;
	case FOLLOW_MESSAGE_NONE:
	default:
		return 0;
	}
}

static void
put_host(struct follow_keys *k, unsigned family, const uint8_t *address)
{
	struct order_prefix p = {.family = (uint8_t)family, .bits = family == 4 ? 32 : 128};

	memcpy(p.addr, address, family == 4 ? 4 : 16);
	follow_key_put_asked(k, &p);
}

static void
put_dhcp4(struct follow_keys *k, const struct dhcp4 *m)
{
	if (m->is_ethernet)
		follow_key_put(k, ORDER_DHCP_MAC, m->hardware, 6);
	follow_key_put(k, FOLLOW_KEY_HARDWARE4, m->hardware, sizeof(m->hardware));
	follow_key_put_bytes(k, ORDER_DHCP_CLIENT_ID, &m->client_id);
	follow_key_put_bytes(k, ORDER_DHCP_CIRCUIT_ID, &m->circuit_id);
	follow_key_put_bytes(k, ORDER_DHCP_REMOTE_ID, &m->remote_id);
	follow_key_put(k, ORDER_DHCP_RELAY, m->relay, sizeof(m->relay));
	if (!m->is_reply)
		return;
	follow_key_put_asked4(k, m->xid, m->hardware);
	put_host(k, 4, m->yours);
}

static void
put_dhcp6(struct follow_keys *k, const struct dhcp6 *m, const struct follow_frame *frame)
{
	struct dhcp6_given at = {.rest = m->options};
	struct dhcp6_lease lease;
	size_t i;

	follow_key_put_bytes(k, ORDER_DHCP6_DUID, &m->client_id);
	if (!m->is_reply && frame->mac != NULL)
		follow_key_put(k, ORDER_DHCP6_MAC, frame->mac, 6);
	for (i = 0; i < m->relay_count; i++) {
		follow_key_put_bytes(k, ORDER_DHCP6_MAC, &m->relays[i].mac);
		follow_key_put_bytes(k, ORDER_DHCP6_INTERFACE_ID, &m->relays[i].interface_id);
		follow_key_put_bytes(k, ORDER_DHCP6_REMOTE_ID, &m->relays[i].remote_id);
		follow_key_put(k, ORDER_DHCP6_RELAY, m->relays[i].link, sizeof(m->relays[i].link));
	}
	while (m->type == DHCP6_REPLY && !k->is_for_all && dhcp6_next_given(&at, &lease))
		follow_key_put_asked(k, &lease.address);
}

static void
put_ndp(struct follow_keys *k, const struct ndp *m, const struct follow_frame *frame)
{
	if (frame->mac == NULL)
		return;
	follow_key_put(k, ORDER_SLAAC_MAC, frame->mac, 6);
	if (frame->target_mac != NULL)
		follow_key_put(k, ORDER_SLAAC_MAC, frame->target_mac, 6);
	if (m->type == NDP_ROUTER_ADVERTISEMENT)
		follow_key_put(k, FOLLOW_KEY_ROUTER, NULL, 0);
	else
		put_host(k, 6, follow_ndp_address(m, frame));
}

static int
is_question(const struct radius *m)
{
	return m->code == RADIUS_ACCESS_REQUEST || m->code == RADIUS_ACCOUNTING_REQUEST ||
	       m->code == RADIUS_DISCONNECT_REQUEST || m->code == RADIUS_COA_REQUEST;
}

static void
put_radius(struct follow_keys *k, const struct radius *m, const struct follow_frame *frame)
{
	const struct follow_ends ends = follow_ends_of(m, frame, !is_question(m));
	size_t i;

	if (m->code == RADIUS_ACCOUNTING_REQUEST && (m->status == RADIUS_ON || m->status == RADIUS_OFF))
		follow_key_put(k, FOLLOW_KEY_CLIENT, NULL, 0);
	follow_key_put(k, FOLLOW_KEY_EXCHANGE, &ends, sizeof(ends));
	follow_key_put_bytes(k, ORDER_RADIUS_USER, &m->user);
	follow_key_put_bytes(k, ORDER_RADIUS_CALLING, &m->calling);
	follow_key_put_bytes(k, FOLLOW_KEY_SESSION, &m->session);
	for (i = 0; i < m->address_count; i++)
		follow_key_put_asked(k, &m->addresses[i].prefix);
}

/* Either of its ends may be the concentrator. */
static void
put_line(struct follow_keys *k, const struct pppoe *m, const struct follow_frame *frame)
{
	struct follow_line line;

	if (frame->mac == NULL || m->session == 0)
		return;
	line = follow_line_of(m, frame, 0);
	follow_key_put(k, FOLLOW_KEY_LINE, &line, sizeof(line));
	line = follow_line_of(m, frame, 1);
	follow_key_put(k, FOLLOW_KEY_LINE, &line, sizeof(line));
}

static void
put_pppoe(struct follow_keys *k, const struct pppoe *m, const struct follow_frame *frame)
{
	if (frame->mac == NULL || m->session == 0)
		return;
	put_line(k, m, frame);
	follow_key_put_bytes(k, ORDER_PPPOE_USER, &m->name);
}

void
follow_message_keys(const struct follow_message *m, const struct follow_frame *frame, struct follow_keys *k)
{
	struct pppoe session;

	k->count = 0;
	k->is_for_all = 0;
	switch (m->kind) {
	case FOLLOW_MESSAGE_DHCP4:
		put_dhcp4(k, &m->dhcp4);
		break;
	case FOLLOW_MESSAGE_DHCP6:
		put_dhcp6(k, &m->dhcp6, frame);
		break;
	case FOLLOW_MESSAGE_NDP:
		put_ndp(k, &m->ndp, frame);
		break;
	case FOLLOW_MESSAGE_RADIUS:
		put_radius(k, &m->radius, frame);
		break;
	case FOLLOW_MESSAGE_PPPOE:
		put_pppoe(k, &m->pppoe, frame);
		break;
	case FOLLOW_MESSAGE_INSIDE:
		session = (struct pppoe){.session = m->inside.session};
		put_line(k, &session, frame);
		break;
	case FOLLOW_MESSAGE_ARP:
		put_host(k, 4, m->arp.address);
		break;
	case FOLLOW_MESSAGE_NONE:
		break;
	default:
		k->is_for_all = 1;
		break;
	}
}
