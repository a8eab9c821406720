#include <arpa/inet.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matcher.h"
#include "tunnels.h"

/*
 * classify_bench KIND FRAMES: judge FRAMES frames of one kind of encapsulation, half of them subjects'; 1,000 orders for an
 * IPv4 and an IPv6 address and a MAC each, one tunnel of every kind below configured.  To be counted by an instrument that
 * looks at matcher_frame alone.  Without arguments: the kinds, one a line, with their share of the mix.
 */
#define ORDERS 1000
#define FRAMES 4096
#define ROOM 256
#define WIRE 1500 /* every frame's length there */

struct frame {
	uint8_t data[ROOM];
	uint32_t n;
};

static struct frame frames[FRAMES];
static struct order orders[ORDERS];
static const struct order *list[ORDERS];
static struct order_prefix prefixes[ORDERS][2];
static uint8_t macs[ORDERS][1][6];
static struct match matches[ORDERS];

static void
put(struct frame *f, const void *data, size_t n)
{
	if (f->n + n > ROOM)
		errx(1, "a frame without room");
	memcpy(f->data + f->n, data, n);
	f->n += (uint32_t)n;
}

static void
put16(struct frame *f, unsigned v)
{
	const uint8_t bytes[2] = {(uint8_t)(v >> 8), (uint8_t)v};

	put(f, bytes, sizeof(bytes));
}

static void
put32(struct frame *f, uint32_t v)
{
	put16(f, v >> 16);
	put16(f, v & 0xffff);
}

/* A host of a subject's if ${i} is even: 198.51.0.0 + ... and 2001:db8::... */
static uint32_t
host(uint32_t i)
{
	return i % 2 == 0 ? i / 2 % ORDERS : 0x10000 + i;
}

/* Each frame has other MAC addresses, none of a subject. */
static void
put_link(struct frame *f, unsigned type)
{
	static uint32_t state = 1;
	int i;

	for (i = 0; i < 2; i++) {
		state = state * 1664525U + 1013904223U;
		put16(f, 0x0200);
		put32(f, state >> 8);
	}
	put16(f, type);
}

static void
put_tag(struct frame *f, unsigned id, unsigned type)
{
	put16(f, id);
	put16(f, type);
}

static void
put_ipv4(struct frame *f, unsigned proto, uint32_t from, uint32_t to)
{
	uint32_t at = f->n, sum = 0, i;

	put16(f, 0x4500);
	put16(f, WIRE - at);
	put32(f, 0x4000);
	put16(f, 64 << 8 | proto);
	put16(f, 0);
	put32(f, from);
	put32(f, to);
	for (i = at; i < f->n; i += 2)
		sum += (uint32_t)(f->data[i] << 8 | f->data[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
	f->data[at + 10] = (uint8_t)(sum >> 8);
	f->data[at + 11] = (uint8_t)sum;
}

static void
put_udp(struct frame *f, unsigned from, unsigned to)
{
	put16(f, from);
	put16(f, to);
	put16(f, WIRE - f->n + 4);
	put16(f, 0);
}

/* What the subscriber sends: TCP, UDP and QUIC in turn. */
static void
put_v4(struct frame *f, uint32_t i)
{
	static const uint8_t tcp[20] = {0x30, 0x39, 1, 0xbb, [12] = 0x50, 0x10};

	put_ipv4(f, i / 2 % 3 == 0 ? 17 : 6, 0xc6330000U + host(i), 0xcb007101U);
	if (i / 2 % 3 == 0)
		put_udp(f, 40000, 443);
	else
		put(f, tcp, sizeof(tcp));
}

static void
put_v6(struct frame *f, uint32_t i)
{
	static const uint8_t tcp[20] = {0x30, 0x39, 1, 0xbb, [12] = 0x50, 0x10};

	put32(f, 0x60000000U);
	put16(f, WIRE - f->n - 36);
	put16(f, (i / 2 % 3 == 0 ? 17 : 6) << 8 | 64);
	put32(f, 0x20010db8U);
	put32(f, 0);
	put32(f, 0);
	put32(f, host(i));
	put32(f, 0x20010db8U);
	put32(f, 0xffff);
	put32(f, 0);
	put32(f, 1);
	if (i / 2 % 3 == 0)
		put_udp(f, 40000, 443);
	else
		put(f, tcp, sizeof(tcp));
}

static void
put_session(struct frame *f, unsigned proto)
{
	put16(f, 0x1100);
	put16(f, 7);
	put16(f, WIRE - f->n - 2);
	put16(f, proto);
}

static void
ipv4(struct frame *f, uint32_t i)
{
	put_link(f, 0x0800);
	put_v4(f, i);
}

static void
ipv6(struct frame *f, uint32_t i)
{
	put_link(f, 0x86dd);
	put_v6(f, i);
}

static void
vlan(struct frame *f, uint32_t i)
{
	put_link(f, 0x8100);
	put_tag(f, 100, 0x0800);
	put_v4(f, i);
}

static void
qinq(struct frame *f, uint32_t i)
{
	put_link(f, 0x88a8);
	put_tag(f, 10, 0x8100);
	put_tag(f, 100, 0x86dd);
	put_v6(f, i);
}

static void
pppoe(struct frame *f, uint32_t i)
{
	put_link(f, 0x8864);
	put_session(f, 0x0021);
	put_v4(f, i);
}

static void
vlan_pppoe(struct frame *f, uint32_t i)
{
	put_link(f, 0x8100);
	put_tag(f, 100, 0x8864);
	put_session(f, 0x0057);
	put_v6(f, i);
}

static void
mpls(struct frame *f, uint32_t i)
{
	put_link(f, 0x8847);
	put32(f, 0x00010040U);
	put32(f, 0x00020140U);
	put_v4(f, i);
}

static void
vpls(struct frame *f, uint32_t i)
{
	put_link(f, 0x8847);
	put32(f, 0x00010140U);
	put32(f, 0); /* the control word */
	ipv4(f, i);
}

static void
gre(struct frame *f, uint32_t i)
{
	put_link(f, 0x0800);
	put_ipv4(f, 47, 0xcb007102U, 0xcb007103U);
	put32(f, 0x0800);
	put_v4(f, i);
}

static void
vxlan(struct frame *f, uint32_t i)
{
	put_link(f, 0x0800);
	put_ipv4(f, 17, 0xcb007102U, 0xcb007103U);
	put_udp(f, 5555, 4789);
	put32(f, 0x08000000U);
	put32(f, 7 << 8);
	ipv4(f, i);
}

/* The shares are those of an access network with sessions, a core that is mirrored, and some transport. */
static const struct kind {
	const char *name;
	void (*make)(struct frame *, uint32_t);
	unsigned share;
} kinds[] = {{"ipv4", ipv4, 30}, {"ipv6", ipv6, 12}, {"vlan", vlan, 15}, {"qinq", qinq, 8}, {"pppoe", pppoe, 10},
    {"vlan+pppoe", vlan_pppoe, 10}, {"mpls", mpls, 10}, {"vpls", vpls, 2}, {"gre", gre, 2}, {"vxlan", vxlan, 1}};

static void
make_orders(void)
{
	uint32_t i, v4;

	for (i = 0; i < ORDERS; i++) {
		struct order *o = &orders[i];
		struct order_prefix *p = prefixes[i];

		list[i] = o;
		o->prefixes = p;
		o->prefix_count = 2;
		v4 = htonl(0xc6330000U + i);
		p[0].family = 4;
		p[0].bits = 32;
		memcpy(p[0].addr, &v4, sizeof(v4));
		p[1].family = 6;
		p[1].bits = 128;
		memcpy(p[1].addr, "\x20\x01\x0d\xb8", 4);
		v4 = htonl(i);
		memcpy(p[1].addr + 12, &v4, sizeof(v4));
		o->macs = macs[i];
		o->mac_count = 1;
		memcpy(macs[i][0], "\x02\x00\x5e", 3);
		memcpy(macs[i][0] + 3, (const uint8_t *)&v4 + 1, 3);
	}
}

static struct tunnels *
make_tunnels(void)
{
	static struct conf_tunnel t;

	t.kinds = 1U << CONF_TUNNEL_GRE | 1U << CONF_TUNNEL_VXLAN;
	t.from_count = t.to_count = 1;
	t.from[0].family = t.to[0].family = 4;
	memcpy(t.from[0].addr, "\xcb\x00\x71\x02", 4);
	memcpy(t.to[0].addr, "\xcb\x00\x71\x03", 4);
	t.ports[CONF_TUNNEL_VXLAN] = 4789;
	return tunnels_new(&t, 1);
}

int
main(int argc, char **argv)
{
	const size_t n_kinds = sizeof(kinds) / sizeof(kinds[0]);
	struct tunnels *tunnels = make_tunnels();
	struct matcher *m;
	unsigned long n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0, i, found = 0;
	size_t k;

	for (k = 0; argc == 1 && k < n_kinds; k++)
		printf("%s %u\n", kinds[k].name, kinds[k].share);
	if (argc == 1)
		return 0;
	for (k = 0; k < n_kinds && strcmp(kinds[k].name, argv[1]) != 0; k++)
		;
	make_orders();
	m = matcher_new_tunnels(list, ORDERS, 1, tunnels);
	if (k == n_kinds || n == 0 || tunnels == NULL || m == NULL)
		errx(64, "usage: classify_bench [KIND FRAMES]");
	for (i = 0; i < FRAMES; i++)
		kinds[k].make(&frames[i], (uint32_t)i);
	for (i = 0; i < n; i++) {
		const struct frame *f = &frames[i % FRAMES];

		found += matcher_frame(m, f->data, f->n, WIRE, (stamp_t)i, matches);
	}
	matcher_free(m);
	tunnels_free(tunnels);
	printf("%lu\n", found);
	return found == n / 2 ? 0 : 1; /* or something else than what was meant was measured */
}
