#include <string.h>

#include "wire.h"

#include "radius.h"

#define MESSAGE_MAX 4096
#define PREFIX_MAX 18 /* a reserved byte, the length, up to 16 bytes */

enum attribute {
	USER_NAME = 1,
	NAS_IP_ADDRESS = 4,
	NAS_PORT = 5,
	FRAMED_IP_ADDRESS = 8,
	FRAMED_IP_NETMASK = 9,
	FRAMED_ROUTE = 22,
	STATE = 24,
	SESSION_TIMEOUT = 27,
	CALLING_STATION_ID = 31,
	NAS_IDENTIFIER = 32,
	ACCT_STATUS_TYPE = 40,
	ACCT_DELAY_TIME = 41,
	ACCT_SESSION_ID = 44,
	ACCT_SESSION_TIME = 46,
	ACCT_TERMINATE_CAUSE = 49,
	NAS_PORT_ID = 87,
	NAS_IPV6_ADDRESS = 95,
	FRAMED_IPV6_PREFIX = 97,
	FRAMED_IPV6_ROUTE = 99,
	DELEGATED_IPV6_PREFIX = 123,
	FRAMED_IPV6_ADDRESS = 168
};

/* In Framed-IP-Address: the user, or the client, is to choose one. */
#define CHOSEN_FROM 0xfffffffeU

static int
take_number(uint32_t *out, const uint8_t *at, size_t n)
{
	if (n != 4 || *out != 0)
		return -1;
	*out = wire_be32(at);
	return 0;
}

/* The host bits go: some write the whole address that a network was made of. */
static int
put_address(struct radius *m, unsigned family, unsigned bits, const uint8_t *at, size_t n)
{
	struct radius_address *a;
	unsigned i;

	if (m->address_count == RADIUS_ADDRESSES_MAX)
		return -1;
	a = &m->addresses[m->address_count++];
	a->prefix.family = (uint8_t)family;
	a->prefix.bits = (uint8_t)bits;
	memcpy(a->prefix.addr, at, n);
	for (i = bits; i < 8 * sizeof(a->prefix.addr); i++)
		a->prefix.addr[i / 8] &= (uint8_t) ~(0x80U >> i % 8);
	return 0;
}

static int
take_v4(struct radius *m, const uint8_t *at, size_t n)
{
	if (n != 4)
		return -1;
	if (wire_be32(at) == 0 || wire_be32(at) >= CHOSEN_FROM)
		return 0;
	return put_address(m, 4, 32, at, n);
}

/* Zeros at the end of a network may have been left out. */
static int
take_network(struct radius *m, int is_delegated, const uint8_t *at, size_t n)
{
	if (n < 2 || n > PREFIX_MAX || at[1] == 0 || at[1] > 128)
		return -1;
	if (put_address(m, 6, at[1], at + 2, n - 2) == -1)
		return -1;
	m->addresses[m->address_count - 1].is_delegated = is_delegated;
	return 0;
}

/* A host's own mask says no more than its address. */
static int
take_mask(struct radius *m, const uint8_t *at, size_t n)
{
	if (n != 4)
		return -1;
	m->has_more |= wire_be32(at) != 0 && wire_be32(at) != UINT32_MAX;
	return 0;
}

static int
take_port(struct radius *m, const uint8_t *at, size_t n)
{
	if (n != 4)
		return -1;
	m->has_port = 1;
	m->port = wire_be32(at);
	return 0;
}

static int
take_who(struct radius *m, uint8_t type, const uint8_t *at, size_t n)
{
	switch ((enum attribute)type) {
	case USER_NAME:
		return wire_take(&m->user, at, n);
	case CALLING_STATION_ID:
		return wire_take(&m->calling, at, n);
	case ACCT_SESSION_ID:
		return wire_take(&m->session, at, n);
	case NAS_PORT:
		return take_port(m, at, n);
	case NAS_PORT_ID:
		return m->port_name.n > 0 ? 0 : wire_take(&m->port_name, at, n);
	case NAS_IDENTIFIER:
		return wire_take(&m->nas_name, at, n);
	case NAS_IP_ADDRESS:
		/* Where a client has both kinds one is enough to tell it. */
		return n != 4 ? -1 : m->nas_address.n == 16 ? 0 : wire_take(&m->nas_address, at, n);
	case NAS_IPV6_ADDRESS:
		return n != 16 ? -1 : m->nas_address.n == 4 ? 0 : wire_take(&m->nas_address, at, n);
	default:
		return 0;
	}
}

static int
take_what(struct radius *m, uint8_t type, const uint8_t *at, size_t n)
{
	switch ((enum attribute)type) {
	case FRAMED_IP_ADDRESS:
		return take_v4(m, at, n);
	case FRAMED_IPV6_PREFIX:
	case DELEGATED_IPV6_PREFIX:
		return take_network(m, type == DELEGATED_IPV6_PREFIX, at, n);
	case FRAMED_IPV6_ADDRESS:
		return n != 16 ? -1 : put_address(m, 6, 128, at, n);
	case FRAMED_IP_NETMASK:
		return take_mask(m, at, n);
	case FRAMED_ROUTE:
	case FRAMED_IPV6_ROUTE:
		m->has_more = 1;
		return 0;
	case SESSION_TIMEOUT:
		return take_number(&m->timeout, at, n);
	case STATE:
		m->is_continued = 1;
		return 0;
	case ACCT_STATUS_TYPE:
		return take_number(&m->status, at, n);
	case ACCT_DELAY_TIME:
		return take_number(&m->delay, at, n);
	case ACCT_SESSION_TIME:
		return take_number(&m->age, at, n);
	case ACCT_TERMINATE_CAUSE:
		return take_number(&m->cause, at, n);
	default:
		return take_who(m, type, at, n);
	}
}

static int
take_attributes(struct radius *m, const uint8_t *at, size_t n)
{
	for (; n > 0; n -= at[1], at += at[1]) {
		if (n < 2 || at[1] < 2 || at[1] > n)
			return -1;
		if (take_what(m, at[0], at + 2, at[1] - 2U) == -1)
			return -1;
	}
	return 0;
}

/* Who comes first holds what comes after. */
static int
is_before(const struct radius_address *a, const struct radius_address *b)
{
	if (a->is_delegated != b->is_delegated)
		return a->is_delegated;
	if (a->prefix.family != b->prefix.family)
		return a->prefix.family < b->prefix.family;
	return a->prefix.bits < b->prefix.bits;
}

static void
sort(struct radius *m)
{
	struct radius_address kept;
	size_t i, k;

	for (i = 1; i < m->address_count; i++) {
		kept = m->addresses[i];
		for (k = i; k > 0 && is_before(&kept, &m->addresses[k - 1]); k--)
			m->addresses[k] = m->addresses[k - 1];
		m->addresses[k] = kept;
	}
}

int
radius_parse(struct radius *m, const uint8_t *data, size_t n)
{
	size_t length;

	memset(m, 0, sizeof(*m));
	if (n < RADIUS_HEADER)
		return -1;
	length = wire_be16(data + 2);
	if (length < RADIUS_HEADER || length > MESSAGE_MAX)
		return -1;
	m->code = data[0];
	m->identifier = data[1];
	memcpy(m->authenticator, data + 4, sizeof(m->authenticator));
	m->is_whole = length <= n;
	if (take_attributes(m, data + RADIUS_HEADER, (length < n ? length : n) - RADIUS_HEADER) == -1)
		m->is_whole = 0;
	sort(m);
	return 0;
}
