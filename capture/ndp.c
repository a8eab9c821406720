#include <string.h>

#include "ndp.h"

#define SOLICITATION_BYTES 8   /* of a router */
#define ADVERTISEMENT_BYTES 16 /* of a router */
#define NEIGHBOR_BYTES 24
#define TARGET_AT 8
#define UNIT 8 /* of an option's length */
#define SOURCE_MAC 1
#define TARGET_MAC 2
#define PREFIX 3
#define PREFIX_UNITS 4
#define AUTONOMOUS 0x40
#define MULTICAST 0xff

int
ndp_is_type(uint8_t type)
{
	return type >= NDP_ROUTER_SOLICITATION && type <= NDP_ADVERTISEMENT;
}

static size_t
fixed_bytes(uint8_t type)
{
	if (type == NDP_ROUTER_SOLICITATION)
		return SOLICITATION_BYTES;
	return type == NDP_ROUTER_ADVERTISEMENT ? ADVERTISEMENT_BYTES : NEIGHBOR_BYTES;
}

static void
take_prefix(struct ndp *m, const uint8_t *at)
{
	struct ndp_prefix *p;
	unsigned i;

	/* Hosts make addresses of 64 bits and 64 of their own, and of no other prefix: RFC 4862, 5.5.3. */
	if ((at[3] & AUTONOMOUS) == 0 || at[2] != 64 || m->prefix_count == NDP_PREFIXES_MAX)
		return;
	p = &m->prefixes[m->prefix_count++];
	p->prefix.family = 6;
	p->prefix.bits = at[2];
	for (i = 0; i < 8; i++)
		p->prefix.addr[i] = at[16 + i];
	p->valid = wire_be32(at + 4);
}

static int
take_option(struct ndp *m, const uint8_t *at, size_t n)
{
	uint8_t mac = m->type == NDP_ADVERTISEMENT ? TARGET_MAC : SOURCE_MAC;

	if (at[0] == mac)
		return n == UNIT ? wire_take(&m->mac, at + 2, 6) : 0; /* of another link */
	if (at[0] == PREFIX && m->type == NDP_ROUTER_ADVERTISEMENT) {
		if (at[1] != PREFIX_UNITS)
			return -1;
		take_prefix(m, at);
	}
	return 0;
}

int
ndp_parse(struct ndp *m, const uint8_t *data, size_t n)
{
	size_t at, length;

	memset(m, 0, sizeof(*m));
	if (n < SOLICITATION_BYTES || !ndp_is_type(data[0]) || data[1] != 0 || n < fixed_bytes(data[0]))
		return -1;
	at = fixed_bytes(data[0]);
	if (at == NEIGHBOR_BYTES && data[TARGET_AT] == MULTICAST)
		return -1;
	m->type = data[0];
	if (at == NEIGHBOR_BYTES)
		memcpy(m->target, data + TARGET_AT, sizeof(m->target));
	for (; n - at >= UNIT; at += length) {
		length = (size_t)data[at + 1] * UNIT;
		if (length == 0 || length > n - at || take_option(m, data + at, length) == -1)
			return 0;
	}
	m->is_whole = at == n;
	return 0;
}
