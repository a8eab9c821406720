#include "packet.h"

#include "quick.h"

#define V4_AT 2
#define V6_AT 6

static void
mark_port(struct quick *q, uint32_t port)
{
	q->ports[htobe16((uint16_t)port)] = 1;
}

/* Matchers come and go with addresses: only ports that are a tunnel's are looked at, and 64 others at a time. */
void
quick_init(struct quick *q, const struct tunnels_ports *ports)
{
	uint64_t rest;
	uint32_t i;

	memset(q, 0, sizeof(*q));
	q->has_tunnels = ports != NULL && ports->has_any;
	for (i = 0; i < PACKET_TUNNEL_PLACES; i++) {
		if (packet_tunnel_port(i) != 0)
			mark_port(q, packet_tunnel_port(i));
	}
	for (i = 0; q->has_tunnels && i < sizeof(ports->bits) / sizeof(ports->bits[0]); i++) {
		for (rest = ports->bits[i]; rest != 0; rest &= rest - 1)
			mark_port(q, i * 64 + (uint32_t)__builtin_ctzll(rest));
	}
}

/* Of all addresses that share the first ${bits} bits of ${address} mark the two bytes at ${at}. */
static void
mark(uint8_t *marks, const uint8_t *address, unsigned bits, uint32_t at)
{
	uint32_t known = bits <= 8 * at ? 0 : bits - 8 * at, free, low, i;

	free = known >= 16 ? 0 : 0xffffU >> known;
	low = wire_be16(address + at) & ~free;
	for (i = 0; i <= free; i++) {
		const uint8_t bytes[2] = {(uint8_t)((low | i) >> 8), (uint8_t)(low | i)};

		marks[wire_key16(bytes)] = 1;
	}
}

static void
mark_mac(struct quick *q, const uint8_t mac[6])
{
	uint8_t *mark = &q->macs[wire_key16(mac + 4)];

	*mark = *mark == 0 || *mark == quick_mac_mark(mac) ? quick_mac_mark(mac) : QUICK_ANY;
}

static void
mark_order(struct quick *q, const struct order *o)
{
	size_t i;

	for (i = 0; i < o->mac_count; i++)
		mark_mac(q, o->macs[i]);
	for (i = 0; i < o->prefix_count; i++) {
		const struct order_prefix *p = &o->prefixes[i];

		if (p->family == 4)
			mark(q->v4, p->addr, p->bits, V4_AT);
		else if (q->v6_host != 0)
			q->v6[quick_key_v6(q, p->addr)] = 1;
		else
			mark(q->v6, p->addr, p->bits, V6_AT);
	}
}

void
quick_add(struct quick *q, const struct order *const *orders, size_t count)
{
	size_t i, k;

	q->v6_host = UINT16_MAX;
	for (i = 0; i < count; i++)
		for (k = 0; k < orders[i]->prefix_count; k++)
			if (orders[i]->prefixes[k].family != 4 && orders[i]->prefixes[k].bits < 128)
				q->v6_host = 0;
	for (i = 0; i < count; i++)
		mark_order(q, orders[i]);
}
