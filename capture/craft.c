#include <assert.h>
#include <string.h>

#include "craft_internal.h"
#include "ethertype.h"

#define TIME_TO_LIVE 1
#define PPP_IPV4 0x0021
#define PPP_IPV6 0x0057

void
craft_put(struct craft *c, const void *data, size_t n)
{
	assert(n <= c->at);
	c->at -= (uint32_t)n;
	memcpy(c->data + c->at, data, n);
}

void
craft_be16(struct craft *c, uint32_t value)
{
	const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};

	craft_put(c, bytes, sizeof(bytes));
}

void
craft_be32(struct craft *c, uint32_t value)
{
	craft_be16(c, value & 0xffff);
	craft_be16(c, value >> 16);
}

void
craft_begin(struct craft *c, const uint8_t *nonce, size_t n, uint32_t number)
{
	c->at = sizeof(c->data);
	c->type = 0;
	craft_be32(c, number);
	craft_put(c, nonce, n);
	craft_put(c, CRAFT_TEXT, sizeof(CRAFT_TEXT) - 1);
}

const uint8_t *
craft_data(const struct craft *c)
{
	return c->data + c->at;
}

uint32_t
craft_length(const struct craft *c)
{
	return (uint32_t)sizeof(c->data) - c->at;
}

void
craft_udp(struct craft *c, uint16_t from, uint16_t to)
{
	uint32_t length = craft_length(c) + 8;

	craft_be16(c, 0);
	craft_be16(c, length);
	craft_be16(c, to);
	craft_be16(c, from);
}

/* The Internet checksum of an IPv4 header without options. */
static void
sum(uint8_t *ip)
{
	uint32_t total = 0, i;

	for (i = 0; i < 20; i += 2)
		total += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	total = (total & 0xffff) + (total >> 16);
	total = (total & 0xffff) + (total >> 16);
	ip[10] = (uint8_t)(~total >> 8);
	ip[11] = (uint8_t)~total;
}

static void
ipv4(struct craft *c, const uint8_t *from, const uint8_t *to, uint8_t proto)
{
	uint32_t length = craft_length(c) + 20;

	craft_put(c, to, 4);
	craft_put(c, from, 4);
	craft_be16(c, 0);
	craft_be16(c, (uint32_t)TIME_TO_LIVE << 8 | proto);
	craft_be32(c, 0);
	craft_be16(c, length);
	craft_be16(c, 0x4500);
	sum(c->data + c->at);
	c->type = ETHERTYPE_IPV4;
}

void
craft_ip(struct craft *c, const struct conf_address *from, const struct conf_address *to, uint8_t proto)
{
	uint32_t length = craft_length(c);

	assert(from->family == to->family);
	if (from->family == 4) {
		ipv4(c, from->addr, to->addr, proto);
		return;
	}
	craft_put(c, to->addr, 16);
	craft_put(c, from->addr, 16);
	craft_be16(c, (uint32_t)proto << 8 | TIME_TO_LIVE);
	craft_be16(c, length);
	craft_be32(c, 0x60000000);
	c->type = ETHERTYPE_IPV6;
}

void
craft_arp(struct craft *c, const uint8_t *from, const uint8_t *to)
{
	static const uint8_t unknown[6];

	craft_put(c, to, 4);
	craft_put(c, unknown, sizeof(unknown));
	craft_put(c, from, 4);
	craft_put(c, craft_mac_from, sizeof(craft_mac_from));
	craft_be16(c, 1); /* request */
	craft_be16(c, 0x0604);
	craft_be16(c, ETHERTYPE_IPV4);
	craft_be16(c, 1); /* Ethernet */
	c->type = ETHERTYPE_ARP;
}

void
craft_vlan(struct craft *c, uint16_t id, uint16_t type)
{
	craft_be16(c, c->type);
	craft_be16(c, id);
	c->type = type;
}

void
craft_label(struct craft *c, uint32_t label)
{
	craft_be32(c, label << 12 | 1U << 8 | TIME_TO_LIVE);
	c->type = ETHERTYPE_MPLS;
}

void
craft_pppoe(struct craft *c, uint16_t session)
{
	uint32_t length = craft_length(c) + 2;

	craft_be16(c, c->type == ETHERTYPE_IPV6 ? PPP_IPV6 : PPP_IPV4);
	craft_be16(c, length);
	craft_be16(c, session);
	craft_be16(c, 0x1100);
	c->type = ETHERTYPE_SESSION;
}

void
craft_ethernet(struct craft *c, const uint8_t *to, const uint8_t *from)
{
	craft_be16(c, c->type);
	craft_put(c, from, 6);
	craft_put(c, to, 6);
	c->type = CRAFT_ETHERNET;
}
