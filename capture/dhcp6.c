#include <string.h>

#include "dhcp6.h"

#define HEADER 4        /* type and transaction */
#define RELAY_HEADER 34 /* type, hops, two addresses */
#define OPTION_HEADER 4
#define IA_HEADER 12 /* IAID, T1, T2 */
#define TA_HEADER 4  /* IAID */
#define ADDRESS_BYTES 24
#define PREFIX_BYTES 25
#define ETHERNET 1
#define MAC_BYTES 8 /* a type of two bytes before it */
#define REMOTE_MIN 5

enum option {
	OPTION_CLIENT_ID = 1,
	OPTION_SERVER_ID = 2,
	OPTION_NA = DHCP6_NA,
	OPTION_TA = DHCP6_TA,
	OPTION_ADDRESS = 5,
	OPTION_MESSAGE = 9,
	OPTION_STATUS = 13,
	OPTION_INTERFACE_ID = 18,
	OPTION_PD = DHCP6_PD,
	OPTION_PREFIX = 26,
	OPTION_REMOTE_ID = 37,
	OPTION_MAC = 79
};

/* One option: its code, and what stands in it. */
struct option_at {
	uint16_t code;
	struct wire_bytes value;
};

/* Return 1 with ${rest} behind it, 0 at the end, -1 with ${o} as far as it goes where it is cut. */
static int
next_option(struct wire_bytes *rest, struct option_at *o)
{
	size_t n;

	if (rest->n == 0)
		return 0;
	memset(o, 0, sizeof(*o));
	if (rest->n < OPTION_HEADER)
		return -1;
	o->code = wire_be16(rest->at);
	n = wire_be16(rest->at + 2);
	o->value.at = rest->at + OPTION_HEADER;
	o->value.n = n;
	if (n > rest->n - OPTION_HEADER) {
		o->value.n = rest->n - OPTION_HEADER;
		return -1;
	}
	rest->at += OPTION_HEADER + n;
	rest->n -= OPTION_HEADER + n;
	return 1;
}

static int
take_status(uint16_t *status, const struct wire_bytes *value)
{
	if (value->n < 2)
		return -1;
	if (*status == DHCP6_SUCCESS)
		*status = wire_be16(value->at);
	return 0;
}

/* The status among options, which are read to their end: 0, or -1 where they are not sound. */
static int
find_status(struct wire_bytes rest, uint16_t *status)
{
	struct option_at o;
	int rc;

	*status = DHCP6_SUCCESS;
	while ((rc = next_option(&rest, &o)) == 1) {
		if (o.code == OPTION_STATUS && take_status(status, &o.value) == -1)
			return -1;
	}
	return rc;
}

static void
clear_host_bits(struct order_prefix *p)
{
	unsigned whole = p->bits / 8, rest = p->bits % 8;

	if (rest != 0) {
		p->addr[whole] &= (uint8_t)(0xff00 >> rest);
		whole++;
	}
	memset(p->addr + whole, 0, sizeof(p->addr) - whole);
}

/* Return 0, or -1 if it is not sound. */
static int
read_lease(const struct option_at *o, struct dhcp6_lease *l)
{
	size_t fixed = o->code == OPTION_ADDRESS ? ADDRESS_BYTES : PREFIX_BYTES;
	const uint8_t *at = o->value.at;

	memset(l, 0, sizeof(*l));
	if (o->value.n < fixed)
		return -1;
	l->address.family = 6;
	if (o->code == OPTION_ADDRESS) {
		l->address.bits = 128;
		memcpy(l->address.addr, at, 16);
		l->valid = wire_be32(at + 20);
	} else {
		l->address.bits = at[8];
		if (l->address.bits > 128)
			return -1;
		memcpy(l->address.addr, at + 9, 16);
		clear_host_bits(&l->address);
		l->valid = wire_be32(at + 4);
	}
	return find_status((struct wire_bytes){at + fixed, o->value.n - fixed}, &l->status);
}

static int
is_lease_of(unsigned kind, uint16_t code)
{
	return code == (kind == DHCP6_PD ? OPTION_PREFIX : OPTION_ADDRESS);
}

int
dhcp6_next_lease(struct wire_bytes *rest, unsigned kind, struct dhcp6_lease *l)
{
	struct option_at o;

	while (next_option(rest, &o) == 1) {
		if (is_lease_of(kind, o.code))
			return read_lease(&o, l) == 0;
	}
	return 0;
}

static int
is_ia(uint16_t code)
{
	return code == OPTION_NA || code == OPTION_TA || code == OPTION_PD;
}

/* Return 0, or -1 if it, or what stands in it, is not sound. */
static int
read_ia(const struct option_at *o, struct dhcp6_ia *ia)
{
	size_t fixed = o->code == OPTION_TA ? TA_HEADER : IA_HEADER;
	struct dhcp6_lease lease;
	struct wire_bytes rest;
	struct option_at in;

	memset(ia, 0, sizeof(*ia));
	if (o->value.n < fixed)
		return -1;
	ia->kind = (uint8_t)o->code;
	ia->iaid = wire_be32(o->value.at);
	ia->leases = (struct wire_bytes){o->value.at + fixed, o->value.n - fixed};
	if (find_status(ia->leases, &ia->status) == -1)
		return -1;
	rest = ia->leases;
	while (next_option(&rest, &in) == 1) {
		if (is_lease_of(ia->kind, in.code) && read_lease(&in, &lease) == -1)
			return -1;
	}
	return 0;
}

int
dhcp6_next_ia(struct wire_bytes *rest, struct dhcp6_ia *ia)
{
	struct option_at o;

	while (next_option(rest, &o) == 1) {
		if (is_ia(o.code))
			return read_ia(&o, ia) == 0;
	}
	return 0;
}

int
dhcp6_next_given(struct dhcp6_given *at, struct dhcp6_lease *lease)
{
	struct dhcp6_ia ia;

	for (;;) {
		while (dhcp6_next_lease(&at->leases, at->kind, lease)) {
			if (lease->valid != 0)
				return 1;
		}
		if (!dhcp6_next_ia(&at->rest, &ia))
			return 0;
		at->leases = ia.leases;
		at->kind = ia.kind;
	}
}

static int
take_duid(struct wire_bytes *out, const struct wire_bytes *value)
{
	return value->n > DHCP6_DUID_MAX ? -1 : wire_take(out, value->at, value->n);
}

/* An option of the message itself. */
static int
take_own(struct dhcp6 *m, const struct option_at *o)
{
	struct dhcp6_ia ia;

	switch (o->code) {
	case OPTION_CLIENT_ID:
		return take_duid(&m->client_id, &o->value);
	case OPTION_SERVER_ID:
		return take_duid(&m->server_id, &o->value);
	case OPTION_STATUS:
		return take_status(&m->status, &o->value);
	case OPTION_NA:
	case OPTION_TA:
	case OPTION_PD:
		return read_ia(o, &ia);
	default:
		return 0;
	}
}

static int
is_from_server(uint8_t type)
{
	return type == DHCP6_ADVERTISE || type == DHCP6_REPLY || type == DHCP6_RECONFIGURE;
}

/* What the client or the server says: the last of the messages, one in another. */
static int
take_message(struct dhcp6 *m, const struct wire_bytes *data)
{
	struct wire_bytes rest;
	struct option_at o;
	int rc;

	if (data->n < HEADER || data->at[0] == 0 || data->at[0] > DHCP6_INFORMATION)
		return -1;
	if (m->relay_count > 0 && is_from_server(data->at[0]) != m->is_reply)
		return -1;
	m->type = data->at[0];
	m->is_reply = is_from_server(m->type);
	m->xid = wire_be32(data->at) & 0xffffff;
	m->options.at = rest.at = data->at + HEADER;
	rest.n = data->n - HEADER;
	while ((rc = next_option(&rest, &o)) == 1) {
		if (take_own(m, &o) == -1) {
			rc = -1;
			break;
		}
		m->options.n = (size_t)(rest.at - m->options.at);
	}
	if (rc == -1)
		m->is_whole = 0;
	return 0;
}

static int
take_of_relay(struct dhcp6_relay *r, const struct option_at *o)
{
	switch (o->code) {
	case OPTION_INTERFACE_ID:
		return wire_take(&r->interface_id, o->value.at, o->value.n);
	case OPTION_REMOTE_ID:
		return o->value.n < REMOTE_MIN ? -1 : wire_take(&r->remote_id, o->value.at, o->value.n);
	case OPTION_MAC:
		if (o->value.n != MAC_BYTES || wire_be16(o->value.at) != ETHERNET)
			return 0;
		return wire_take(&r->mac, o->value.at + 2, o->value.n - 2);
	default:
		return 0;
	}
}

/* One relay's message: what is in it becomes ${data}. */
static int
take_relay(struct dhcp6 *m, struct wire_bytes *data)
{
	struct wire_bytes rest, inner = {NULL, 0};
	struct dhcp6_relay *r;
	struct option_at o;
	int rc, is_bad = 0, is_reply = data->at[0] == DHCP6_RELAY_REPLY;

	if (data->n < RELAY_HEADER || m->relay_count == DHCP6_RELAYS_MAX ||
	    (m->relay_count > 0 && is_reply != m->is_reply))
		return -1;
	m->is_reply = is_reply;
	r = &m->relays[m->relay_count++];
	memcpy(r->link, data->at + 2, 16);
	memcpy(r->peer, data->at + 18, 16);
	rest.at = data->at + RELAY_HEADER;
	rest.n = data->n - RELAY_HEADER;
	while ((rc = next_option(&rest, &o)) == 1) {
		if (o.code == OPTION_MESSAGE) {
			if (wire_take(&inner, o.value.at, o.value.n) == -1)
				return -1;
		} else if (take_of_relay(r, &o) == -1)
			is_bad = 1;
	}
	if (is_bad) {
		r->interface_id = r->remote_id = r->mac = (struct wire_bytes){NULL, 0};
		m->is_whole = 0;
	}
	if (rc == -1) {
		m->is_whole = 0;
		/* The first part of what it carries. */
		if (o.code == OPTION_MESSAGE && wire_take(&inner, o.value.at, o.value.n) == -1)
			return -1;
	}
	*data = inner;
	return 0;
}

int
dhcp6_parse(struct dhcp6 *m, const uint8_t *bytes, size_t n)
{
	struct wire_bytes data = {bytes, n};

	memset(m, 0, sizeof(*m));
	m->is_whole = 1;
	while (data.n > 0 && (data.at[0] == DHCP6_RELAY_FORWARD || data.at[0] == DHCP6_RELAY_REPLY)) {
		if (take_relay(m, &data) == -1)
			goto fail;
	}
	if (take_message(m, &data) == 0)
		return 0;
fail:
	memset(m, 0, sizeof(*m));
	return -1;
}
