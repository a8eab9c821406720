#include "mix.h"

#define ROUTER 300000

void
mix_ethernet(struct pile *p, const struct talk *t, uint32_t from, uint32_t to, unsigned type)
{
	uint8_t mac[6];

	pile_be16(p, type);
	mix_mac(mac, from);
	pile_bytes(p, mac, 6);
	mix_mac(mac, to);
	pile_bytes(p, mac, 6);
}

static unsigned
ethertype(const struct talk *t)
{
	return t->version == 4 ? 0x0800 : 0x86dd;
}

static void
pile_tag(struct pile *p, unsigned id, unsigned next)
{
	pile_be16(p, next);
	pile_be16(p, id);
}

/* 1 to 3 tags in front of ${type}: the host's own innermost.  Return the type that announces them. */
static unsigned
tags(struct pile *p, struct talk *t, unsigned type)
{
	static const unsigned types[] = {0x8100, 0x88a8, 0x9100};
	uint32_t n = 1 + mix_chance(t, 3), i;

	for (i = 0; i < n; i++) {
		pile_tag(p, i == 0 ? 100 + t->host % 50 : 1000 + mix_chance(t, 50), type);
		type = i + 1 < n ? 0x8100 : types[mix_chance(t, 3)];
		if (i + 1 == n && n == 1)
			type = 0x8100;
	}
	return type;
}

static unsigned
pppoe(struct pile *p, struct talk *t, unsigned proto)
{
	pile_be16(p, proto);
	pile_be16(p, (unsigned)pile_length(p));
	/* Now and then it is another's session that brings the packet. */
	pile_be16(p, mix_chance(t, 10) == 0 ? 1 + mix_chance(t, MIX_HOSTS) : 1 + t->host);
	pile_be16(p, 0x1100);
	return 0x8864;
}

static unsigned
labels(struct pile *p, struct talk *t)
{
	uint32_t n = 1 + mix_chance(t, 3), i;

	for (i = 0; i < n; i++)
		pile_be32(p, (16 + mix_chance(t, 1000)) << 12 | (i == 0) << 8 | 64);
	return 0x8847;
}

/* VPLS: the host's frame beneath the labels, with or without a control word. */
static unsigned
pseudowire(struct pile *p, struct talk *t)
{
	unsigned type = ethertype(t);

	if (mix_chance(t, 3) == 0)
		type = tags(p, t, type);
	mix_ethernet(p, t, t->is_upward ? t->host : ROUTER, t->is_upward ? ROUTER : t->host, type);
	if (mix_chance(t, 2) == 0)
		pile_be32(p, 0);
	return labels(p, t);
}

void
mix_link(struct pile *p, struct talk *t)
{
	uint32_t near = t->host;
	unsigned type = ethertype(t);

	switch (mix_chance(t, 12)) {
	case 0:
	case 1:
		type = tags(p, t, type);
		break;
	case 2:
		type = pppoe(p, t, t->version == 4 ? 0x21 : 0x57);
		break;
	case 3:
		type = tags(p, t, pppoe(p, t, t->version == 4 ? 0x21 : 0x57));
		break;
	case 4:
		type = labels(p, t);
		near = ROUTER + 1;
		break;
	case 5:
		type = pseudowire(p, t);
		near = ROUTER + 1;
		break;
	default:
		break;
	}
	if (mix_chance(t, 3) == 0)
		near = ROUTER + 1;
	mix_ethernet(p, t, t->is_upward ? near : ROUTER, t->is_upward ? ROUTER : near, type);
}

static void
arp(struct pile *p, struct talk *t)
{
	uint8_t mac[6];

	pile_be32(p, 10U << 24 | 20 << 16 | (t->host / 250) << 8 | (t->host % 250 + 1));
	pile_bytes(p, "\0\0\0\0\0\0", 6);
	pile_be32(p, 192U << 24 | 2 << 8 | 1);
	mix_mac(mac, ROUTER);
	pile_bytes(p, mac, 6);
	pile_be32(p, 0x06040001);
	pile_be32(p, 0x00010800);
	mix_ethernet(p, t, ROUTER, ROUTER + 2, 0x0806);
}

/* What can not be followed, with a host's packet in it all the same. */
static void
hidden(struct pile *p, struct talk *t)
{
	static const unsigned ppp[] = {0xc021, 0x8021, 0x00fd, 0x00fb, 0x002d, 0x002f, 0x0053};

	mix_packet(p, t);
	mix_ethernet(p, t, ROUTER, ROUTER + 1, pppoe(p, t, ppp[mix_chance(t, 7)]));
}

int
mix_odd(struct pile *p, struct talk *t)
{
	uint32_t n;

	if (t->fragment != 0)
		return 0;
	switch (mix_chance(t, 200)) {
	case 0:
	case 1:
		arp(p, t);
		return 1;
	case 2:
	case 3:
		hidden(p, t);
		return 1;
	case 4: /* spanning tree and the like */
		for (n = 46; n > 0; n--)
			pile_byte(p, mix_chance(t, 256));
		mix_ethernet(p, t, ROUTER, ROUTER + 1, 46);
		return 1;
	case 5:
		mix_packet(p, t);
		mix_ethernet(p, t, ROUTER, ROUTER + 1, 0x88b5);
		return 1;
	case 6: /* a header that ends too early */
		mix_ip(p, t, t->host, t->peer, 6);
		p->bytes[p->at] = (uint8_t)(t->version == 4 ? 0x42 : 0x52);
		mix_ethernet(p, t, ROUTER, ROUTER + 1, ethertype(t));
		return 1;
	default:
		return 0;
	}
}
