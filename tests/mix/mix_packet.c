#include "mix.h"

enum {
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ICMP6 = 58
};

uint32_t
mix_chance(struct talk *t, uint32_t n)
{
	uint64_t z = t->chance += 0x9e3779b97f4a7c15U;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
	z = (z ^ z >> 27) * 0x94d049bb133111ebU;
	return (uint32_t)((z ^ z >> 31) % n);
}

/* The second fragment is of the packet that the frame before began: so each second frame looks back. */
void
mix_talk(struct talk *t, uint64_t i)
{
	uint64_t first = i & ~(uint64_t)1;
	int is_pair;

	t->number = first;
	t->chance = first * 0xd1342543de82ef95U + 1;
	is_pair = mix_chance(t, 30) == 0;
	if (!is_pair && i != first) {
		t->number = i;
		t->chance = i * 0xd1342543de82ef95U + 1;
	}
	t->fragment = !is_pair ? 0 : i == first ? 1 : 2;
	t->version = mix_chance(t, 2) == 0 ? 4 : 6;
	/* One frame in three is of a host whose number is a multiple of 20. */
	t->host = mix_chance(t, 3) == 0 ? 20 * mix_chance(t, MIX_HOSTS / 20) : mix_chance(t, MIX_HOSTS);
	t->peer = mix_chance(t, 8) == 0 ? mix_chance(t, MIX_HOSTS) : MIX_HOSTS + mix_chance(t, 5000);
	t->is_upward = (int)mix_chance(t, 2);
}

void
mix_mac(uint8_t mac[6], uint32_t who)
{
	/* A maker's number that analysers know: with it they tell Ethernet beneath labels. */
	const uint8_t bytes[6] = {0x00, 0x0c, 0x42, (uint8_t)(who >> 16), (uint8_t)(who >> 8), (uint8_t)who};

	memcpy(mac, bytes, 6);
}

/* Hosts have private addresses, as strangers' tunnels do inside. */
static void
address4(uint8_t a[4], uint32_t who)
{
	const uint8_t host[4] = {10, 20, (uint8_t)(who / 250), (uint8_t)(who % 250 + 1)};
	const uint8_t peer[4] = {203, 0, (uint8_t)(who >> 8), (uint8_t)who};
	const uint8_t ours[4] = {192, 0, 2, (uint8_t)(who - MIX_OURS)};
	const uint8_t theirs[4] = {198, 51, 100, (uint8_t)(who - MIX_THEIRS)};

	memcpy(a, who < MIX_HOSTS ? host : who < MIX_OURS ? peer : who < MIX_THEIRS ? ours : theirs, 4);
}

static void
address6(uint8_t a[16], uint32_t who)
{
	const uint8_t net = who < MIX_HOSTS ? 0x20 : who < MIX_OURS ? 0x30 : who < MIX_THEIRS ? 0x40 : 0x50;

	memset(a, 0, 16);
	memcpy(a, "\x20\x01\x0d\xb8\0", 5);
	a[5] = net;
	/* A host has a /64 of its own. */
	a[6] = (uint8_t)(who >> 8);
	a[7] = (uint8_t)who;
	a[15] = 1;
}

void
mix_checksum(struct pile *p)
{
	uint8_t *ip = p->bytes + p->at;
	uint32_t sum = 0;
	size_t i;

	ip[10] = ip[11] = 0;
	for (i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

void
mix_ip(struct pile *p, const struct talk *t, uint32_t from, uint32_t to, unsigned proto)
{
	size_t n = pile_length(p);
	uint8_t a[16];

	if (t->version == 4) {
		address4(a, to);
		pile_bytes(p, a, 4);
		address4(a, from);
		pile_bytes(p, a, 4);
		pile_be32(p, 0x40000000 | proto << 16);
		pile_be32(p, (uint32_t)t->number << 16);
		pile_be32(p, 0x45000000 | (uint32_t)(n + 20));
		mix_checksum(p);
		return;
	}
	address6(a, to);
	pile_bytes(p, a, 16);
	address6(a, from);
	pile_bytes(p, a, 16);
	pile_be32(p, (uint32_t)n << 16 | proto << 8 | 64);
	pile_be32(p, 0x60000000);
}

static void
pile_noise(struct pile *p, struct talk *t, uint32_t n)
{
	for (; n > 0; n--)
		pile_byte(p, mix_chance(t, 256));
}

/* Return the protocol number. */
static unsigned
transport(struct pile *p, struct talk *t)
{
	pile_noise(p, t, mix_chance(t, 60));
	switch (mix_chance(t, 4)) {
	case 0:
		pile_be32(p, 0);
		pile_be32(p, 0x50100200);
		pile_be32(p, mix_chance(t, UINT32_MAX));
		pile_be32(p, mix_chance(t, UINT32_MAX));
		pile_be32(p, 40000 << 16 | 9);
		return PROTO_TCP;
	case 1:
		pile_be32(p, (uint32_t)t->number);
		pile_be32(p, t->version == 4 ? 0x08000000 : 0x80000000);
		return t->version == 4 ? PROTO_ICMP : PROTO_ICMP6;
	default:
		pile_be32(p, (uint32_t)(pile_length(p) + 8) << 16);
		pile_be32(p, 40000U << 16 | 9);
		return PROTO_UDP;
	}
}

/* Destination options and hop-by-hop ones, up to a hundred. */
static unsigned
extensions(struct pile *p, struct talk *t, unsigned proto)
{
	uint32_t n = mix_chance(t, 50) == 0 ? 100 : mix_chance(t, 4);

	for (; n > 0; n--) {
		pile_be32(p, 0);
		pile_be32(p, proto << 24 | 0x000104);
		proto = 60;
	}
	return proto;
}

/* A later fragment has neither ports nor anything else that is a header; all of a packet have one identification. */
static void
fragment(struct pile *p, struct talk *t, uint32_t from, uint32_t to)
{
	unsigned flags = t->fragment == 1 ? 0x2000 : 185;
	unsigned proto = PROTO_UDP;

	pile_noise(p, t, 24 + 8 * mix_chance(t, 5));
	if (t->fragment == 1) {
		pile_be32(p, 1480U << 16);
		pile_be32(p, 40000U << 16 | 9);
	}
	if (t->version == 6) {
		pile_be32(p, (uint32_t)t->number);
		pile_be32(p, proto << 24 | (t->fragment == 1 ? 1 : 185 << 3));
		proto = 44;
	}
	mix_ip(p, t, from, to, proto);
	if (t->version == 4) {
		p->bytes[p->at + 6] = (uint8_t)(flags >> 8);
		p->bytes[p->at + 7] = (uint8_t)flags;
		mix_checksum(p);
	}
}

/* An error that quotes the packet of others, which is that of whom it is sent to and from alone. */
static void
icmp_error(struct pile *p, struct talk *t)
{
	unsigned proto = transport(p, t);

	mix_ip(p, t, t->host, t->peer, proto);
	pile_be32(p, 0);
	pile_be32(p, t->version == 4 ? 0x03010000 : 0x01000000);
	mix_ip(p, t, MIX_HOSTS + mix_chance(t, 5000), MIX_THEIRS + mix_chance(t, 200),
	    t->version == 4 ? PROTO_ICMP : PROTO_ICMP6);
}

void
mix_packet(struct pile *p, struct talk *t)
{
	uint32_t from = t->is_upward ? t->host : t->peer, to = t->is_upward ? t->peer : t->host;
	unsigned proto;

	/* Half of the fragments are of a tunnel's packet: see there. */
	if (t->fragment != 0 && t->number % 4 == 0) {
		fragment(p, t, from, to);
		return;
	}
	if (t->fragment == 0 && mix_chance(t, 30) == 0) {
		icmp_error(p, t);
		return;
	}
	proto = transport(p, t);
	if (t->version == 6 && mix_chance(t, 5) == 0)
		proto = extensions(p, t, proto);
	mix_ip(p, t, from, to, proto);
}
