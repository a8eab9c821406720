#include <string.h>

#include "wire.h"

#include "pppoe.h"

#define HEADER 6
#define VERSION_AND_TYPE 0x11
#define PPP_HEADER 4 /* of a control packet: code, identifier, length */
#define OPTION_IP_ADDRESS 3
#define OPTION_INTERFACE_ID 1

static int
is_read(uint16_t proto)
{
	return proto == PPPOE_LCP || proto == PPPOE_PAP || proto == PPPOE_CHAP || proto == PPPOE_EAP ||
	       proto == PPPOE_IPCP || proto == PPPOE_IPV6CP;
}

/* A length, the peer's name, a length, its password. */
static int
take_pap(struct pppoe *m, const uint8_t *at, size_t n)
{
	size_t name;

	if (m->ppp_code != PPPOE_PAP_REQUEST)
		return 0;
	if (n < 1 || (name = at[0]) + 2 > n || name + 2 + at[1 + name] > n)
		return -1;
	m->name = (struct wire_bytes){at + 1, name};
	return 0;
}

/* A length, the value, and the name up to the end. */
static int
take_chap(struct pppoe *m, const uint8_t *at, size_t n)
{
	size_t value;

	if (m->ppp_code != PPPOE_CHAP_RESPONSE)
		return 0;
	if (n < 1 || (value = at[0]) + 1 > n)
		return -1;
	m->name = (struct wire_bytes){at + 1 + value, n - 1 - value};
	return 0;
}

/* A type, and the name up to the end. */
static int
take_eap(struct pppoe *m, const uint8_t *at, size_t n)
{
	if (m->ppp_code == PPPOE_EAP_RESPONSE && n > 1 && at[0] == PPPOE_EAP_IDENTITY)
		m->name = (struct wire_bytes){at + 1, n - 1};
	return 0;
}

static void
take_option(struct pppoe *m, uint8_t type, const uint8_t *at, size_t n)
{
	static const uint8_t none[8];

	if (m->proto == PPPOE_IPCP && type == OPTION_IP_ADDRESS && n == 4 && memcmp(at, none, 4) != 0) {
		m->address.family = 4;
		m->address.bits = 32;
		memcpy(m->address.addr, at, 4);
	}
	/* The address that every host has by its identifier on its own link. */
	if (m->proto == PPPOE_IPV6CP && type == OPTION_INTERFACE_ID && n == 8 && memcmp(at, none, 8) != 0) {
		m->address.family = 6;
		m->address.bits = 128;
		m->address.addr[0] = 0xfe;
		m->address.addr[1] = 0x80;
		memcpy(m->address.addr + 8, at, 8);
	}
}

static int
take_options(struct pppoe *m, const uint8_t *at, size_t n)
{
	if (m->ppp_code != PPPOE_CONFIGURE_ACK)
		return 0;
	for (; n > 0; n -= at[1], at += at[1]) {
		if (n < 2 || at[1] < 2 || at[1] > n)
			return -1;
		take_option(m, at[0], at + 2, at[1] - 2U);
	}
	return 0;
}

static int
take_control(struct pppoe *m, const uint8_t *at, size_t n)
{
	size_t length;

	if (n < PPP_HEADER)
		return -1;
	length = wire_be16(at + 2);
	if (length < PPP_HEADER || length > n)
		return -1;
	m->ppp_code = at[0];
	m->ppp_id = at[1];
	switch ((enum pppoe_proto)m->proto) {
	case PPPOE_PAP:
		return take_pap(m, at + PPP_HEADER, length - PPP_HEADER);
	case PPPOE_CHAP:
		return take_chap(m, at + PPP_HEADER, length - PPP_HEADER);
	case PPPOE_EAP:
		return take_eap(m, at + PPP_HEADER, length - PPP_HEADER);
	case PPPOE_IPCP:
	case PPPOE_IPV6CP:
		return take_options(m, at + PPP_HEADER, length - PPP_HEADER);
	case PPPOE_LCP:
	default:
		return 0;
	}
}

int
pppoe_parse(struct pppoe *m, int is_discovery, const uint8_t *data, size_t n)
{
	const struct order_prefix none = {.family = 0};
	size_t length;

	memset(m, 0, sizeof(*m));
	if (n < HEADER || data[0] != VERSION_AND_TYPE || (data[1] == PPPOE_SESSION) == !!is_discovery)
		return -1;
	m->code = data[1];
	m->session = wire_be16(data + 2);
	length = wire_be16(data + 4);
	if (is_discovery || length < 2 || length > n - HEADER)
		return 0;
	m->proto = wire_be16(data + HEADER);
	if (is_read(m->proto) && take_control(m, data + HEADER + 2, length - 2) == 0)
		return 0;
	m->proto = 0;
	m->ppp_code = m->ppp_id = 0;
	m->name = (struct wire_bytes){NULL, 0};
	m->address = none;
	return 0;
}
