#ifndef CHANCES_H
#define CHANCES_H

#include "dhcp6s.h"

#include "follow_internal.h"

/*
 * Messages by chance, of every kind, over small alphabets: so few clients, numbers and addresses that any two messages
 * often have something in common, and something not.
 */
#define CHANCE_CLIENTS 40
#define CHANCE_ADDRESSES 24

static uint64_t chance_state;

static inline unsigned
chance(unsigned n)
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return (unsigned)(chance_state >> 33) % n;
}

/* What a client is called by, for each kind of identity: all of one length, but not all of one that is common. */
static inline struct wire_bytes
chance_name(unsigned kind, unsigned client)
{
	static uint8_t names[ORDER_IDENTITY_KINDS][CHANCE_CLIENTS][16];
	uint8_t *name = names[kind][client];
	int is_mac = kind == ORDER_DHCP_MAC || kind == ORDER_DHCP6_MAC || kind == ORDER_SLAAC_MAC;
	size_t n = is_mac                                                 ? 6
		   : kind == ORDER_DHCP_RELAY || kind == ORDER_DHCP6_IAID ? 4
		   : kind == ORDER_DHCP6_RELAY                            ? 16
									  : 9;

	/* Relays are few, and lines of one number are at several. */
	if (kind == ORDER_DHCP_RELAY || kind == ORDER_DHCP6_RELAY || kind == ORDER_DHCP6_IAID)
		client %= 3;
	if (kind == ORDER_DHCP_CIRCUIT_ID || kind == ORDER_DHCP6_INTERFACE_ID || kind == ORDER_PPPOE_USER)
		client %= 12;
	memset(name, is_mac ? 2 : (int)(kind + 1), n);
	name[n - 1] = (uint8_t)client;
	return (struct wire_bytes){name, n};
}

/* One of the clients' macs, the same in each kind. */
static inline const uint8_t *
chance_mac(unsigned client)
{
	return chance_name(ORDER_SLAAC_MAC, client).at;
}

/* Mostly the client's own, else nothing, or another's. */
static inline struct wire_bytes
chance_said(unsigned kind, unsigned client)
{
	unsigned how = chance(8);

	return how == 0 ? (struct wire_bytes){NULL, 0}
			: chance_name(kind, how == 1 ? chance(CHANCE_CLIENTS) : client);
}

static inline struct order_prefix
chance_address(unsigned family)
{
	static const uint8_t pool4[4] = {198, 51, 100}, pool6[4] = {0x20, 0x01, 0x0d, 0xb8};
	static const uint8_t lengths[] = {48, 52, 56, 60, 62, 64, 96};
	struct order_prefix p = {.family = (uint8_t)family, .bits = family == 4 ? 32 : 128};
	unsigned host = chance(CHANCE_ADDRESSES);

	memcpy(p.addr, family == 4 ? pool4 : pool6, 4);
	if (family == 4) {
		p.addr[3] = (uint8_t)host;
		return p;
	}
	p.addr[6] = (uint8_t)(host >> 2 << 4 | (host & 1) << 3);
	p.addr[7] = (uint8_t)((host & 2) << 6);
	p.addr[15] = (uint8_t)(1 + host);
	if (chance(3) == 0) {
		p.bits = lengths[chance(sizeof(lengths))];
		memset(p.addr + p.bits / 8, 0, 16 - p.bits / 8);
	}
	return p;
}

static inline void
chance_dhcp4(struct dhcp4 *m, struct follow_frame *frame, unsigned client)
{
	static const uint32_t leases[] = {0, 20, 60, 600, DHCP4_FOREVER};
	const struct order_prefix a = chance_address(4), b = chance_address(4);

	m->type = (uint8_t)chance(9);
	m->is_reply = m->type == 0 || m->type == DHCP4_ACK || m->type == DHCP4_NAK || m->type == DHCP4_OFFER;
	m->xid = chance(3);
	memcpy(m->hardware, chance_mac(client), 6);
	m->hardware_length = 6;
	m->is_ethernet = chance(8) != 0;
	if (chance(2) == 0)
		memcpy(m->client, a.addr, 4);
	if (m->is_reply)
		memcpy(m->yours, chance(4) == 0 ? b.addr : a.addr, 4);
	memcpy(m->requested, a.addr, 4);
	if (chance(2) == 0)
		memcpy(m->relay, chance_name(ORDER_DHCP_RELAY, chance(3)).at, 4);
	m->lease = leases[chance(5)];
	if (chance(2) == 0)
		m->client_id = chance_said(ORDER_DHCP_CLIENT_ID, client);
	if (chance(2) == 0)
		m->circuit_id = chance_said(ORDER_DHCP_CIRCUIT_ID, client);
	if (chance(2) == 0)
		m->remote_id = chance_said(ORDER_DHCP_REMOTE_ID, client);
	frame->family = 4;
	if (chance(4) != 0)
		frame->source[0] = 192; /* a server */
}

static inline void
chance_relay(struct dhcp6 *m, unsigned client)
{
	struct dhcp6_relay *r = &m->relays[m->relay_count++];

	if (chance(2) == 0)
		memcpy(r->link, chance_name(ORDER_DHCP6_RELAY, chance(3)).at, 16);
	r->interface_id = chance_said(ORDER_DHCP6_INTERFACE_ID, client);
	r->remote_id = chance_said(ORDER_DHCP6_REMOTE_ID, client);
	r->mac = chance_said(ORDER_DHCP6_MAC, client);
}

static inline void
chance_ia(struct frame *f)
{
	static const uint32_t valid[] = {0, 20, 600, DHCP6_FOREVER};
	const struct order_prefix p = chance_address(6);
	char text[INET6_ADDRSTRLEN];
	uint32_t at = dhcp6_open_ia(
	    f, p.bits == 128 ? DHCP6_NA : DHCP6_PD, wire_be32(chance_name(ORDER_DHCP6_IAID, chance(3)).at));

	(void)inet_ntop(AF_INET6, p.addr, text, sizeof(text)); /* it fits */
	if (chance(8) == 0)
		dhcp6_status(f, DHCP6_NO_BINDING);
	else
		dhcp6_lease(f, text, p.bits == 128 ? 0 : p.bits, valid[chance(4)]);
	dhcp6_close(f, at);
}

static inline void
chance_dhcp6(struct dhcp6 *m, struct follow_frame *frame, unsigned client)
{
	static struct frame options;
	unsigned i;

	options.n = 0;
	for (i = chance(3); i > 0; i--)
		chance_ia(&options);
	m->options = (struct wire_bytes){options.data, options.n};
	m->type = (uint8_t)(chance(3) == 0 ? DHCP6_REPLY : 1 + chance(11));
	m->is_reply = m->type == DHCP6_REPLY || m->type == DHCP6_ADVERTISE || m->type == DHCP6_RECONFIGURE;
	m->is_whole = chance(16) != 0;
	m->xid = chance(3);
	m->client_id = chance_said(ORDER_DHCP6_DUID, client);
	for (i = chance(3); i > 0; i--)
		chance_relay(m, client);
	frame->family = 6;
	frame->source[0] = chance(2) == 0 ? 0xfe : 0x20;
	frame->source[1] = 0x80;
	frame->target[0] = frame->source[0];
	frame->target[1] = 0x80;
	frame->source[15] = (uint8_t)chance(3);
	frame->target[15] = (uint8_t)chance(3);
}

static inline void
chance_ndp(struct ndp *m, struct follow_frame *frame, unsigned client)
{
	const struct order_prefix a = chance_address(6), b = chance_address(6);

	m->type = (uint8_t)(NDP_ROUTER_SOLICITATION + chance(4));
	m->is_whole = chance(16) != 0;
	memcpy(m->target, a.addr, 16);
	if (chance(2) == 0)
		m->mac = chance_said(ORDER_SLAAC_MAC, client);
	if (m->type == NDP_ROUTER_ADVERTISEMENT) {
		m->prefix_count = 1;
		m->prefixes[0].prefix = b;
		m->prefixes[0].valid = chance(2) == 0 ? 30 : 10000;
	}
	frame->family = 6;
	if (chance(2) == 0)
		memcpy(frame->source, b.addr, 16);
}

static inline void
chance_radius(struct radius *m, struct follow_frame *frame, unsigned client)
{
	static const uint8_t codes[] = {1, 2, 3, 4, 4, 4, 5, 11, 40, 41, 42, 43, 44, 45};
	static const uint32_t statuses[] = {RADIUS_START, RADIUS_STOP, RADIUS_INTERIM, RADIUS_INTERIM, RADIUS_ON};
	int is_coa, is_question;

	m->code = codes[chance(sizeof(codes))];
	is_coa = m->code >= RADIUS_DISCONNECT_REQUEST;
	is_question = m->code == 1 || m->code == 4 || m->code == 40 || m->code == 43;
	m->identifier = (uint8_t)chance(3);
	m->authenticator[0] = (uint8_t)chance(3);
	m->is_whole = chance(16) != 0;
	m->is_continued = chance(8) == 0;
	m->user = chance_said(ORDER_RADIUS_USER, client);
	m->calling = chance_said(ORDER_RADIUS_CALLING, client);
	m->session = chance(4) == 0 ? (struct wire_bytes){NULL, 0} : chance_name(ORDER_PPPOE_USER, chance(10));
	m->nas_name = chance(2) == 0 ? (struct wire_bytes){NULL, 0} : chance_name(ORDER_PPPOE_USER, chance(2));
	m->status = m->code == RADIUS_ACCOUNTING_REQUEST && chance(40) != 0 ? statuses[chance(4)] : RADIUS_ON;
	m->timeout = chance(3) == 0 ? 30 : 0;
	m->delay = chance(4) == 0 ? 5 : 0;
	for (; m->address_count < 2 && chance(2) == 0; m->address_count++)
		m->addresses[m->address_count].prefix = chance_address(chance(2) == 0 ? 4 : 6);
	frame->family = 4;
	frame->source[0] = is_question == is_coa ? 192 : 10; /* a server asks by CoA, else a client */
	frame->target[0] = is_question == is_coa ? 10 : 192;
	*(is_question == is_coa ? &frame->target_port : &frame->source_port) = is_coa ? 3799 : 1;
	*(is_question == is_coa ? &frame->source_port : &frame->target_port) = is_coa ? 2 : 1812;
	if (is_coa && !is_question) {
		frame->source_port = 3799;
		frame->target_port = 2;
	}
}

static inline void
chance_pppoe(struct pppoe *m, struct follow_frame *frame, unsigned client)
{
	static const struct {
		uint16_t proto;
		uint8_t code;
	} words[] = {{PPPOE_PAP, PPPOE_PAP_REQUEST}, {PPPOE_PAP, PPPOE_PAP_REQUEST}, {PPPOE_PAP, PPPOE_PAP_ACK},
	    {PPPOE_PAP, PPPOE_PAP_ACK}, {PPPOE_PAP, PPPOE_PAP_NAK}, {PPPOE_CHAP, PPPOE_CHAP_RESPONSE},
	    {PPPOE_CHAP, PPPOE_CHAP_SUCCESS}, {PPPOE_IPCP, PPPOE_CONFIGURE_ACK}, {PPPOE_LCP, 9},
	    {PPPOE_LCP, PPPOE_TERMINATE_REQUEST}};
	unsigned i = chance(12);
	int is_by_client = i < 2 || i == 5 || chance(3) == 0;

	m->code = (uint8_t)(i == 10 ? PPPOE_PADT : i == 11 ? PPPOE_PADS : PPPOE_SESSION);
	m->session = (uint16_t)chance(4);
	m->proto = i < 10 ? words[i].proto : 0;
	m->ppp_code = i < 10 ? words[i].code : 0;
	if (m->ppp_code == PPPOE_PAP_REQUEST || m->proto == PPPOE_CHAP)
		m->name = chance_name(ORDER_PPPOE_USER, client);
	if (m->proto == PPPOE_IPCP)
		m->address = chance_address(4);
	/* The first is the concentrator. */
	frame->mac = chance_mac(is_by_client ? 1 + client % 4 : 0);
	frame->target_mac = chance_mac(is_by_client ? 0 : 1 + client % 4);
	frame->vlan_count = (uint16_t)(chance(4) == 0);
	frame->vlans[0] = frame->vlan_count;
}

/* Any one, at the frame's time.  What it points to lasts until the next. */
static inline void
chance_message(struct follow_message *m, struct follow_frame *frame)
{
	const unsigned client = chance(CHANCE_CLIENTS);
	const struct order_prefix a = chance_address(4);

	memset(m, 0, sizeof(*m));
	m->kind = (enum follow_message_kind)(FOLLOW_MESSAGE_ARP + chance(6));
	frame->mac = chance(8) == 0 ? NULL : chance_mac(chance(4) == 0 ? chance(CHANCE_CLIENTS) : client);
	frame->target_mac = frame->mac == NULL ? NULL : chance_mac(chance(CHANCE_CLIENTS));
	switch (m->kind) {
	case FOLLOW_MESSAGE_DHCP4:
		chance_dhcp4(&m->dhcp4, frame, client);
		break;
	case FOLLOW_MESSAGE_DHCP6:
		chance_dhcp6(&m->dhcp6, frame, client);
		break;
	case FOLLOW_MESSAGE_NDP:
		chance_ndp(&m->ndp, frame, client);
		break;
	case FOLLOW_MESSAGE_RADIUS:
		chance_radius(&m->radius, frame, client);
		break;
	case FOLLOW_MESSAGE_PPPOE:
		chance_pppoe(&m->pppoe, frame, client);
		break;
	case FOLLOW_MESSAGE_ARP:
	case FOLLOW_MESSAGE_NONE:
	default:
		memcpy(m->arp.address, a.addr, 4);
		memcpy(m->arp.mac, chance_mac(client), 6);
		break;
	}
}

#endif
