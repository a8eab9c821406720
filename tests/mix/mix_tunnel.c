#include "mix.h"

#define CCC_PORT 5000

enum {
	PROTO_IPV4 = 4,
	PROTO_UDP = 17,
	PROTO_IPV6 = 41,
	PROTO_GRE = 47
};

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

/* The frame that the packet is in, within a tunnel: sometimes tagged. */
static void
frame_inside(struct pile *p, struct talk *t)
{
	uint32_t from = t->is_upward ? t->host : t->peer, to = t->is_upward ? t->peer : t->host;
	unsigned type = ethertype(t);

	if (mix_chance(t, 3) == 0) {
		pile_tag(p, 100 + t->host % 50, type);
		type = 0x8100;
	}
	mix_ethernet(p, t, from, to, type);
}

/* ERSPAN III as Linux sends it: the tags are in the frame, and the first is in the header once more. */
static void
linux_erspan(struct pile *p, struct talk *t, uint32_t number)
{
	uint32_t from = t->is_upward ? t->host : t->peer, to = t->is_upward ? t->peer : t->host;
	unsigned inner = t->host % 50, outer = mix_chance(t, 2) == 0 ? 1000 + 43 * inner % 50 : 100 + inner;

	pile_tag(p, 100 + inner, ethertype(t));
	pile_tag(p, outer, 0x8100);
	mix_ethernet(p, t, from, to, 0x8100);
	pile_be32(p, 0x8000);
	pile_be32(p, 99);
	pile_be32(p, 0x20000005 | outer << 16);
	pile_be32(p, number);
	pile_be32(p, 0x100022eb);
}

static void
udp(struct pile *p, unsigned from, unsigned to)
{
	pile_be32(p, (uint32_t)(pile_length(p) + 8) << 16);
	pile_be32(p, from << 16 | to);
}

static unsigned
gre(struct pile *p, struct talk *t, uint32_t kind)
{
	uint32_t number = (uint32_t)t->number;
	unsigned type = ethertype(t);

	switch (kind) {
	case 0:
		break;
	case 1:
		pile_be32(p, number);
		pile_be32(p, 5);
		pile_be32(p, 0x30000000 | type);
		return PROTO_GRE;
	case 2:
		frame_inside(p, t);
		type = 0x6558;
		break;
	case 3:
		pile_be32(p, 16 << 12 | 0x140);
		type = 0x8847;
		break;
	case 4: /* PPTP */
		pile_be32(p, 0xff030000 | (t->version == 4 ? 0x21 : 0x57));
		pile_be32(p, number);
		pile_be32(p, (uint32_t)(pile_length(p) - 4) << 16 | 9);
		pile_be32(p, 0x3001880b);
		return PROTO_GRE;
	case 5: /* NVGRE */
		frame_inside(p, t);
		pile_be32(p, 0x00123401);
		pile_be32(p, 0x20006558);
		return PROTO_GRE;
	case 6: /* EoIP */
		frame_inside(p, t);
		pile_be32(p, (uint32_t)pile_length(p) << 16 | 0x0700);
		pile_be32(p, 0x20016400);
		return PROTO_GRE;
	case 7: /* ERSPAN I, II, III, with subheader */
		frame_inside(p, t);
		pile_be32(p, 0x000088be);
		return PROTO_GRE;
	case 8:
		frame_inside(p, t);
		pile_be32(p, 3);
		pile_be32(p, 0x10640000 | 2 << 11 | 5);
		pile_be32(p, number);
		pile_be32(p, 0x100088be);
		return PROTO_GRE;
	case 9:
		frame_inside(p, t);
		pile_be32(p, 0x8000);
		pile_be32(p, 99);
		pile_be32(p, 0x20640005);
		pile_be32(p, number);
		pile_be32(p, 0x100022eb);
		return PROTO_GRE;
	case 10:
		linux_erspan(p, t, number);
		return PROTO_GRE;
	default:
		frame_inside(p, t);
		pile_be32(p, 0);
		pile_be32(p, 0x0c000000);
		pile_be32(p, 0x8001);
		pile_be32(p, 99);
		pile_be32(p, 0x20640005);
		pile_be32(p, number);
		pile_be32(p, 0x100022eb);
		return PROTO_GRE;
	}
	pile_be32(p, type);
	return PROTO_GRE;
}

static unsigned
over_udp(struct pile *p, struct talk *t, uint32_t kind)
{
	unsigned ppp = t->version == 4 ? 0x21 : 0x57;

	switch (kind) {
	case 0: /* VXLAN */
		frame_inside(p, t);
		pile_be32(p, 0x100);
		pile_be32(p, 0x08000000);
		udp(p, 40000, 4789);
		break;
	case 1: /* GENEVE, with an option and Ethernet, and with IP */
		frame_inside(p, t);
		pile_be32(p, 7);
		pile_be32(p, 0x01020301);
		pile_be32(p, 0x100);
		pile_be32(p, 0x02006558);
		udp(p, 40000, 6081);
		break;
	case 2:
		pile_be32(p, 0x100);
		pile_be32(p, ethertype(t));
		udp(p, 40000, 6081);
		break;
	case 3: /* L2TP */
		pile_be32(p, 0xff030000 | ppp);
		pile_be32(p, 7U << 16 | 8);
		pile_be16(p, 2);
		udp(p, 1701, 1701);
		break;
	case 4:
		pile_be16(p, ppp);
		pile_be32(p, 1U << 16 | 2);
		pile_be32(p, 7U << 16 | 8);
		pile_be32(p, 0x48020000 | (uint32_t)(pile_length(p) + 4));
		udp(p, 1701, 1701);
		break;
	case 5: /* TZSP */
		frame_inside(p, t);
		pile_bytes(p, "\1\0\0\1\x0a\1\xd0\1", 8);
		udp(p, 40000, 37008);
		break;
	default: /* PacketCable CCC */
		pile_be32(p, 7);
		pile_be32(p, 0);
		pile_be32(p, 0);
		pile_be32(p, 0xe0000000);
		pile_be32(p, 42);
		udp(p, 40000, CCC_PORT);
		break;
	}
	return PROTO_UDP;
}

/* Cut what is piled up, 38 bytes at least, to a fragment of it: its first 64 bytes (fewer of a short one), or the rest. */
static void
cut(struct pile *p, struct talk *t, unsigned *proto)
{
	size_t n = pile_length(p), keep = n < 48 ? 32 : n < 80 ? 40 : 64;

	if (t->fragment == 1) {
		memmove(p->bytes + PILE_ROOM - keep, p->bytes + p->at, keep);
		p->at = PILE_ROOM - keep;
	} else
		p->at += keep;
	if (t->version == 6) {
		pile_be32(p, (uint32_t)t->number);
		pile_be32(p, *proto << 24 | (t->fragment == 1 ? 1 : (uint32_t)keep));
		*proto = 44;
	} else {
		t->fragment |= (uint32_t)keep << 8;
	}
}

static void
mark_fragment(struct pile *p, const struct talk *t)
{
	unsigned flags = (t->fragment & 0xff) == 1 ? 0x2000 : t->fragment >> 8 >> 3;

	p->bytes[p->at + 6] = (uint8_t)(flags >> 8);
	p->bytes[p->at + 7] = (uint8_t)flags;
	mix_checksum(p);
}

/*
 * The operator's routers in either direction; two others of his, between which goes NVGRE alone; one of them and a
 * stranger; a host and a stranger; two strangers.
 */
static void
choose_ends(struct talk *t, uint32_t *from, uint32_t *to)
{
	*from = MIX_OURS + 1;
	*to = MIX_OURS + 2;
	switch (mix_chance(t, 9)) {
	case 0:
	case 1:
	case 2:
		return;
	case 3:
		*from = MIX_OURS + 2;
		*to = MIX_OURS + 1;
		return;
	case 4:
		*from = MIX_THEIRS + 3;
		return;
	case 5:
		*from = 20 * mix_chance(t, MIX_HOSTS / 20);
		*to = MIX_THEIRS + 4;
		return;
	case 6:
		*from = MIX_OURS + 3;
		*to = MIX_OURS + 4;
		return;
	default:
		*from = MIX_THEIRS + 5;
		*to = MIX_THEIRS + 6;
		return;
	}
}

void
mix_tunnel(struct pile *p, struct talk *t)
{
	uint32_t from, to;
	unsigned proto;
	int is_cut = t->fragment != 0 && t->number % 4 != 0;

	if (!is_cut && mix_chance(t, 4) != 0)
		return;
	switch (mix_chance(t, 5)) {
	case 0:
		proto = t->version == 4 ? PROTO_IPV4 : PROTO_IPV6;
		break;
	case 1:
	case 2:
		proto = gre(p, t, mix_chance(t, 12));
		break;
	default:
		proto = over_udp(p, t, mix_chance(t, 7));
		break;
	}
	choose_ends(t, &from, &to);
	t->version = mix_chance(t, 2) == 0 ? 4 : 6;
	if (is_cut)
		cut(p, t, &proto);
	mix_ip(p, t, from, to, proto);
	if (is_cut && t->version == 4)
		mark_fragment(p, t);
}
