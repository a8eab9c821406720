#include <sys/socket.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "kfilter.h"
#include "matcher.h"
#include "pseudowire.h"
#include "tunnels.h"

#include "kfilters.h"
#include "samples.h"

#define ORDERS_MAX 4
#define PREFIXES_MAX 4000
#define MACS_MAX 2000

/* Only what these tests vary is set; the rest of an order means nothing to a kernel filter. */
static struct order table[ORDERS_MAX];
static struct order_prefix prefixes[ORDERS_MAX][PREFIXES_MAX];
static uint8_t macs[ORDERS_MAX][MACS_MAX][6];
static const struct order *orders[ORDERS_MAX];
static size_t order_count;
static struct frame frame;
static struct kfilter *filter;
static struct match matches[ORDERS_MAX];

/* The same numbers at every run. */
static uint64_t dice_state;

static uint32_t
dice(uint32_t sides)
{
	dice_state = dice_state * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)((dice_state >> 33) % sides);
}

static struct order *
add_order(void)
{
	struct order *o = &table[order_count];

	memset(o, 0, sizeof(*o));
	(void)snprintf(o->case_id, sizeof(o->case_id), "LI-%zu", order_count);
	o->prefixes = prefixes[order_count];
	o->macs = macs[order_count];
	orders[order_count++] = o;
	return o;
}

static void
add_bytes(struct order *o, unsigned family, unsigned bits, const uint8_t *addr)
{
	struct order_prefix *p = &o->prefixes[o->prefix_count++];
	unsigned i;

	assert_true(o->prefix_count <= PREFIXES_MAX);
	memset(p, 0, sizeof(*p));
	p->family = (uint8_t)family;
	p->bits = (uint8_t)bits;
	memcpy(p->addr, addr, family == 4 ? 4 : 16);
	for (i = bits; i < (family == 4 ? 32 : 128); i++)
		p->addr[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
}

static void
add_prefix(struct order *o, const char *addr, unsigned bits)
{
	unsigned family = strchr(addr, ':') == NULL ? 4 : 6;
	uint8_t bytes[16] = {0};

	assert_int_equal(inet_pton(family == 4 ? AF_INET : AF_INET6, addr, bytes), 1);
	add_bytes(o, family, bits, bytes);
}

static void
add_word(struct order *o, uint32_t addr, unsigned bits)
{
	const uint8_t bytes[4] = {(uint8_t)(addr >> 24), (uint8_t)(addr >> 16), (uint8_t)(addr >> 8), (uint8_t)addr};

	add_bytes(o, 4, bits, bytes);
}

static void
add_subject(void)
{
	struct order *o = add_order();

	add_prefix(o, FRAME_SUBJECT4, 32);
	add_prefix(o, FRAME_SUBJECT6, 128);
}

static void
add_mac(struct order *o, const uint8_t *mac)
{
	assert_true(o->mac_count < MACS_MAX);
	memcpy(o->macs[o->mac_count++], mac, 6);
}

/* Addresses that no sample has. */
static void
add_stranger(void)
{
	struct order *o = add_order();

	add_prefix(o, "192.0.2.1", 32);
	add_prefix(o, "192.0.2.128", 26);
	add_prefix(o, "2001:db8:55::1", 128);
	add_prefix(o, "2001:db8:56::", 48);
}

static void
begin(uint32_t linktype)
{
	kfilter_free(filter);
	filter = kfilter_new(orders, order_count, linktype);
	assert_non_null(filter);
}

static int
passes_bytes(uint32_t linktype, const uint8_t *data, uint32_t n, int strip)
{
	struct kmachine k;
	uint8_t *copy = malloc(n == 0 ? 1 : n);
	int rc;

	assert_non_null(copy);
	if (n > 0)
		memcpy(copy, data, n);
	memset(&k, 0, sizeof(k));
	k.program = kfilter_program(filter, &k.count);
	(void)kmachine_view(&k, strip ? linktype : 0, copy, n);
	rc = kmachine_run(&k);
	free(copy);
	return rc;
}

static int
passes_frame(uint32_t linktype)
{
	return passes_bytes(linktype, frame.data, frame.n, 1);
}

static int
setup(void **state)
{
	order_count = 0;
	dice_state = 42;
	filter = NULL;
	frame.n = 0;
	return 0;
}

static int
teardown(void **state)
{
	kfilter_free(filter);
	filter = NULL;
	return 0;
}

static void
every_sample_with_the_subject_inside_passes(void **state)
{
	size_t i;

	add_stranger();
	add_subject();
	for (i = 0; i < SAMPLES_COUNT; i++) {
		const struct sample *s = &samples[i];

		begin(s->linktype);
		sample_build(s, &frame);
		if (s->version != 0 && !passes_frame(s->linktype))
			fail_msg("%s", s->name);
	}
}

/* Those that a foreign one of which is to be judged by the matcher, or counted. */
static int
is_to_be_seen(const struct sample *s)
{
	static const char *const names[] = {"five tags", "PPPoE with a one-byte protocol", "MPLS in PPPoE",
	    "pseudowire", "pseudowire with control word", "pseudowire to a MAC of 00:00", "pseudowire to a MAC of 46",
	    "pseudowire to a MAC of 60", "pseudowire to a MAC of 64", "pseudowire to a MAC of 6c",
	    "pseudowire to a MAC of a length", "MPLS IPv6 of a type", "more tags than can be followed", "PPPoE LCP",
	    "PPPoE MPPE", "PPPoE Van Jacobson", "PPPoE multilink", "PPPoE bridged Ethernet",
	    "MPLS with an associated channel", "IP in SNAP", "IP in LLC", "tag of type 9200", "tag of type 9300",
	    "backbone bridging", "MACsec", "spanning tree", "runt", "header length under 5",
	    "IPv6 where IPv4 is announced", "loopback, little-endian", "loopback, big-endian", "OpenBSD loopback"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], s->name) == 0)
			return 1;
	}
	return 0;
}

static void
ordinary_frames_of_others_stay_in_the_kernel(void **state)
{
	size_t i;

	add_stranger();
	for (i = 0; i < SAMPLES_COUNT; i++) {
		const struct sample *s = &samples[i];

		begin(s->linktype);
		sample_build(s, &frame);
		if (passes_frame(s->linktype) != is_to_be_seen(s))
			fail_msg("%s", s->name);
	}
}

/* Beneath labels the first half-byte of IPv6 alone does not keep a frame in the kernel: the length has to fit. */
static void
fault_041_length_that_does_not_fit_beneath_labels_passes(void **state)
{
	int more;

	add_stranger();
	begin(1);
	sample_pseudowire_mac_6_unknown(&frame);
	assert_true(passes_frame(1));
	for (more = -2; more <= PSEUDOWIRE_PADDING_MAX + 2; more++) {
		frame.n = 0;
		sample_mpls6(&frame);
		frame.n += (size_t)(2 + more);
		frame.data[18 + 5] += 2;
		assert_int_equal(passes_frame(1), more < 0 || more > PSEUDOWIRE_PADDING_MAX);
	}
}

static void
what_can_not_be_followed_passes_to_be_counted(void **state)
{
	struct matcher *m;
	size_t i;
	int kind;

	add_stranger();
	for (i = 0; i < SAMPLES_COUNT; i++) {
		const struct sample *s = &samples[i];

		/* Strangers' tunnels are their traffic; in ARP and discovery there is nothing to follow. */
		if (s->kind == MATCHER_KINDS || s->kind == MATCHER_TUNNEL || s->kind == MATCHER_NOT_IP)
			continue;
		/* A length that is impossible is no reason to look into the traffic of others. */
		if (strcmp(s->name, "header longer than the frame") == 0 ||
		    strcmp(s->name, "total length under the header's") == 0)
			continue;
		begin(s->linktype);
		sample_build(s, &frame);
		m = matcher_new(orders, order_count, s->linktype);
		assert_non_null(m);
		assert_int_equal(matcher_frame(m, frame.data, frame.n, frame.n, 0, matches), 0);
		for (kind = 0; kind < MATCHER_KINDS; kind++)
			assert_int_equal(matcher_kinds(m)[kind], kind == s->kind);
		if (!passes_frame(s->linktype))
			fail_msg("%s", s->name);
		matcher_free(m);
	}
}

static void
every_frame_of_a_mac_passes_whatever_is_in_it(void **state)
{
	static const unsigned types[] = {0x0800, 0x86dd, 0x0806, 0x8863, 0x8100, 38, 0x88cc};
	size_t i;
	uint32_t n;

	add_stranger();
	add_mac(add_order(), frame_mac_a);
	begin(1);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		for (n = 0; n < 80; n++) {
			frame.n = 0;
			frame_ethernet(&frame, frame_mac_a, frame_mac_b, types[i]);
			frame_zeros(&frame, n);
			assert_true(passes_frame(1));
			frame.n = 0;
			frame_ethernet(&frame, frame_mac_b, frame_mac_a, types[i]);
			frame_zeros(&frame, n);
			assert_true(passes_frame(1));
		}
	}
	frame.n = 0;
	sample_plain4(&frame);
	assert_false(passes_frame(1));
}

static void
macs_that_share_four_bytes_are_told_apart(void **state)
{
	const uint8_t other[6] = {0x06, 0x11, frame_mac_a[2], frame_mac_a[3], frame_mac_a[4], frame_mac_a[5]};

	add_mac(add_order(), frame_mac_a);
	begin(1);
	frame_ethernet(&frame, other, frame_mac_b, 0x0800);
	frame_subject4(&frame);
	assert_false(passes_frame(1));
	memcpy(frame.data, frame_mac_a, 6);
	assert_true(passes_frame(1));
}

static void
arp_passes_only_for_an_order_with_broadcast(void **state)
{
	struct order *o;

	add_subject();
	begin(1);
	sample_build(&(struct sample){.build = sample_arp}, &frame);
	assert_false(passes_frame(1));
	o = add_order();
	add_prefix(o, "192.0.2.1", 32);
	o->broadcast = 1;
	begin(1);
	assert_true(passes_frame(1));
	frame.n = 0;
	frame_link(&frame, 0x8100);
	frame_vlan(&frame, 5, 0x0806);
	frame_arp(&frame, FRAME_SUBJECT4, FRAME_OTHER4);
	assert_true(passes_frame(1));
	frame.n = 0;
	frame_link(&frame, 0x0806);
	frame_arp(&frame, "203.0.113.1", FRAME_OTHER4);
	assert_false(passes_frame(1));
	frame.n = 0;
	frame_link(&frame, 0x0800);
	frame_v4(&frame, FRAME_OTHER4, "192.0.2.1", 6, 0);
	assert_true(passes_frame(1));
}

static void
end_point(struct conf_address *a, const char *addr)
{
	a->family = strchr(addr, ':') == NULL ? 4 : 6;
	assert_int_equal(inet_pton(a->family == 4 ? AF_INET : AF_INET6, addr, a->addr), 1);
}

static void
tunnels_of_ours_pass_whoever_is_in_them(void **state)
{
	struct conf_tunnel tunnel;
	struct tunnels *tunnels;

	add_stranger();
	begin(1);
	sample_gre(&frame);
	assert_false(passes_frame(1));
	memset(&tunnel, 0, sizeof(tunnel));
	end_point(&tunnel.from[0], FRAME_SUBJECT4);
	end_point(&tunnel.from[1], "2001:db8:ffff::1");
	end_point(&tunnel.to[0], FRAME_OTHER4);
	end_point(&tunnel.to[1], "2001:db8:ffff::2");
	tunnel.from_count = tunnel.to_count = 2;
	tunnel.kinds = 1U << CONF_TUNNEL_GRE;
	tunnels = tunnels_new(&tunnel, 1);
	assert_non_null(tunnels);
	orders[order_count++] = tunnels_ends(tunnels);
	begin(1);
	assert_true(passes_frame(1));
	frame.n = 0;
	frame_link(&frame, 0x0800);
	frame_v4(&frame, FRAME_OTHER4, FRAME_SUBJECT4, 47, 4);
	frame_be32(&frame, 0x0800);
	assert_true(passes_frame(1));
	frame.n = 0;
	frame_link(&frame, 0x86dd);
	frame_v6(&frame, "2001:db8:ffff::2", "2001:db8:ffff::1", 47, 4);
	frame_be32(&frame, 0x0800);
	assert_true(passes_frame(1));
	frame.n = 0;
	frame_link(&frame, 0x0800);
	frame_v4(&frame, "203.0.113.201", "203.0.113.200", 47, 4);
	frame_be32(&frame, 0x0800);
	assert_false(passes_frame(1));
	tunnels_free(tunnels);
}

static void
without_any_order_everything_ordinary_stays_in_the_kernel(void **state)
{
	begin(1);
	sample_plain4(&frame);
	assert_false(passes_frame(1));
	frame.n = 0;
	sample_plain6(&frame);
	assert_false(passes_frame(1));
	frame.n = 0;
	sample_runt(&frame);
	assert_true(passes_frame(1));
}

static int
contains(uint32_t addr)
{
	size_t i;

	for (i = 0; i < table[0].prefix_count; i++) {
		const struct order_prefix *p = &table[0].prefixes[i];
		uint32_t word =
		    (uint32_t)p->addr[0] << 24 | (uint32_t)p->addr[1] << 16 | (uint32_t)p->addr[2] << 8 | p->addr[3];

		if (p->bits == 0 || (word ^ addr) >> (32 - p->bits) == 0)
			return 1;
	}
	return 0;
}

static int
passes_from_to(uint32_t from, uint32_t to)
{
	uint32_t n;

	frame.n = 0;
	frame_link(&frame, 0x0800);
	frame_v4(&frame, "0.0.0.0", "0.0.0.0", 17, 8);
	n = frame.n;
	frame.n = 14 + 12;
	frame_be32(&frame, from);
	frame_be32(&frame, to);
	frame.n = n;
	frame_udp(&frame, 1, 2, 0);
	return passes_frame(1);
}

static void
a_filter_of_ipv4_addresses_is_exact(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 20, 100, 500, 1000};
	size_t i, k, round;

	for (round = 0; round < 6; round++) {
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			order_count = 0;
			(void)add_order();
			for (k = 0; k < sizes[i]; k++)
				add_word(&table[0],
				    round % 2 ? 0xc6330000 + dice(4000) : dice(0x10000) << 16 | dice(0x10000),
				    round < 2 || dice(10) > 0 ? 32 : 8 + dice(25));
			begin(1);
			assert_int_equal(strncmp(kfilter_text(filter), "tree ", 5), 0);
			for (k = 0; k < 600; k++) {
				const uint8_t *p = table[0].prefixes[dice((uint32_t)sizes[i])].addr;
				uint32_t near =
				    ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]) +
				    dice(5) - 2;
				uint32_t far = dice(0x10000) << 16 | dice(0x10000);

				assert_int_equal(passes_from_to(near, far), contains(near) || contains(far));
				assert_int_equal(passes_from_to(far, near), contains(near) || contains(far));
			}
		}
	}
}

static int
contains6(const uint8_t *addr)
{
	size_t i;
	unsigned bit;

	for (i = 0; i < table[0].prefix_count; i++) {
		const struct order_prefix *p = &table[0].prefixes[i];

		for (bit = 0; bit < p->bits; bit++) {
			if (((p->addr[bit / 8] ^ addr[bit / 8]) & (0x80 >> bit % 8)) != 0)
				break;
		}
		if (bit == p->bits)
			return 1;
	}
	return 0;
}

/* Few values a byte, so that prefixes share their beginnings. */
static void
random6(uint8_t addr[16])
{
	int i;

	for (i = 0; i < 16; i++)
		addr[i] = (uint8_t)dice(i % 4 == 3 ? 4 : 2);
}

static void
a_filter_of_ipv6_addresses_is_exact(void **state)
{
	uint8_t addr[2][16];
	uint32_t round, k, n;

	for (round = 0; round < 40; round++) {
		order_count = 0;
		(void)add_order();
		for (k = 0; k < 1 + round * 3; k++) {
			random6(addr[0]);
			add_bytes(&table[0], 6, round < 10 ? 128 : 8 + dice(121), addr[0]);
		}
		begin(1);
		assert_null(strstr(kfilter_text(filter), "IPv6"));
		for (k = 0; k < 500; k++) {
			random6(addr[0]);
			random6(addr[1]);
			if (dice(2) == 0)
				memcpy(addr[dice(2)], table[0].prefixes[dice(1 + round * 3)].addr, 16);
			addr[0][15] ^= (uint8_t)dice(2);
			frame.n = 0;
			frame_link(&frame, 0x86dd);
			frame_v6(&frame, "::", "::", 17, 8);
			n = frame.n;
			frame.n = 14 + 8;
			frame_put(&frame, addr, sizeof(addr));
			frame.n = n;
			frame_udp(&frame, 1, 2, 0);
			assert_int_equal(passes_frame(1), contains6(addr[0]) || contains6(addr[1]));
		}
	}
}

static void
a_filter_that_does_not_fit_is_coarser_and_at_last_none(void **state)
{
	uint8_t addr[16] = {0x20, 1, 0x0d, 0xb8};
	struct order *o = add_order();
	size_t count;
	unsigned i;

	for (i = 0; i < 900; i++) {
		addr[5] = (uint8_t)(i >> 8);
		addr[6] = (uint8_t)i;
		addr[15] = 7;
		add_bytes(o, 6, 128, addr);
	}
	begin(1);
	assert_non_null(strstr(kfilter_text(filter), " 900 addresses, IPv6 by network"));
	frame_link(&frame, 0x86dd);
	frame_v6(&frame, FRAME_OTHER6, "2001:db8:1:300::8", 59, 0);
	assert_true(passes_frame(1));
	frame.n = 0;
	frame_link(&frame, 0x86dd);
	frame_v6(&frame, FRAME_OTHER6, "2001:db8:1:301::7", 59, 0);
	assert_false(passes_frame(1));
	for (i = 0; i < 1000; i++)
		add_word(o, 0xc0000201 + i * 7, 32);
	begin(1);
	assert_non_null(strstr(kfilter_text(filter), " 1900 addresses, all IPv6"));
	assert_true(passes_frame(1));
	assert_false(passes_from_to(0xcb007109, 0xcb007108));
	assert_true(passes_from_to(0xcb007109, 0xc0000201 + 7 * 999));
	for (i = 1000; i < 2500; i++)
		add_word(o, 0xc0000201 + i * 7, 32);
	begin(1);
	assert_non_null(strstr(kfilter_text(filter), " 3400 addresses, all IPv6, IPv4 by /24"));
	assert_true(passes_from_to(0xcb007109, 0xc00002ff));
	assert_false(passes_from_to(0xcb007109, 0xcb007108));
	for (i = 0; i < 2000; i++) {
		const uint8_t mac[6] = {2, 0, (uint8_t)(i >> 8), (uint8_t)i, 0, 7};

		add_mac(o, mac);
	}
	begin(1);
	assert_string_equal(kfilter_text(filter), "none: 5400 addresses do not fit");
	(void)kfilter_program(filter, &count);
	assert_int_equal(count, 0);
	assert_true(passes_from_to(0xcb007109, 0xcb007108));
}

/* Each step is the same subjects' and lets more pass; the last is no filter. */
static void
filter_is_coarsened_until_there_is_room_in_the_kernel(void **state)
{
	struct order *o = add_order();
	size_t count, before, steps = 0;
	unsigned i;

	for (i = 0; i < 500; i++)
		add_word(o, 0x0a140001 + i * 13, 32);
	begin(1);
	(void)kfilter_program(filter, &before);
	assert_false(passes_from_to(0xcb007109, 0x0a140002));
	do {
		assert_int_equal(kfilter_coarsen(filter), 0);
		(void)kfilter_program(filter, &count);
		assert_true(count <= before);
		before = count;
		steps++;
		for (i = 0; i < 500; i++)
			assert_true(passes_from_to(0xcb007109, 0x0a140001 + i * 13));
		assert_int_equal(passes_from_to(0xcb007109, 0xcb007108), count == 0);
	} while (count > 0);
	assert_true(steps >= 4);
	assert_string_equal(kfilter_text(filter), "none: 500 addresses do not fit");
	assert_int_equal(kfilter_coarsen(filter), -1);
	assert_int_equal(errno, E2BIG);
}

static void
hundred_and_thousand_hosts_fit(void **state)
{
	struct order *o = add_order();
	size_t count;
	unsigned i;

	for (i = 0; i < 100; i++)
		add_word(o, 0xc6330001 + i * 11, 32);
	begin(1);
	(void)kfilter_program(filter, &count);
	assert_in_range(count, 200, 550);
	for (i = 100; i < 1000; i++)
		add_word(o, 0xc6330001 + i * 11, 32);
	begin(1);
	(void)kfilter_program(filter, &count);
	assert_in_range(count, 2000, 3300);
}

static void
cooked_frames_with_macs_and_unknown_link_types_have_no_filter(void **state)
{
	size_t count;

	add_subject();
	begin(113);
	(void)kfilter_program(filter, &count);
	assert_int_not_equal(count, 0);
	begin(0);
	assert_string_equal(kfilter_text(filter), "none: link type");
	add_mac(add_order(), frame_mac_a);
	begin(276);
	(void)kfilter_program(filter, &count);
	assert_int_equal(count, 0);
}

/* An order table of every kind of subject, by chance. */
static void
random_orders(void)
{
	static struct order_stack stacks[] = {{1, 2}, {2, 1}, {1, 1}, {4095, 3}};
	static uint16_t vlans[] = {3};
	static const char *const v4[] = {FRAME_SUBJECT4, FRAME_OTHER4, "192.0.2.1", "0.0.0.0"};
	static const char *const v6[] = {FRAME_SUBJECT6, FRAME_OTHER6, "2001:db8:55::1", "::"};
	size_t i, k;

	order_count = 0;
	for (i = 0; i < ORDERS_MAX; i++) {
		struct order *o = add_order();

		for (k = dice(3); k > 0; k--)
			add_prefix(o, v4[dice(4)], dice(3) ? 32 : 8 + dice(25));
		for (k = dice(3); k > 0; k--)
			add_prefix(o, v6[dice(4)], dice(3) ? 128 : 16 + dice(113));
		if (dice(4) == 0)
			add_mac(o, dice(2) ? frame_mac_a : frame_mac_b);
		o->broadcast = (int)dice(2);
		/* Of few numbers, so that frames have them. */
		o->stacks = stacks;
		o->stack_count = dice(4) ? 0 : 1 + dice(4);
		o->vlans = vlans;
		o->vlan_count = dice(8) ? 0 : 1;
	}
}

/* A frame of layers by chance, with or without one of the subjects at its bottom. */
static void
random_frame(void)
{
	static const unsigned types[] = {
	    0x0800, 0x86dd, 0x8100, 0x88a8, 0x9100, 0x8847, 0x8848, 0x8864, 0x8863, 0x0806, 0x1234, 38};
	unsigned type = types[dice(10)], depth, i;

	frame.n = 0;
	frame_ethernet(&frame, dice(6) ? frame_mac_b : frame_mac_a, dice(6) ? frame_mac_b : frame_mac_a, type);
	for (depth = 0; depth < 20; depth++) {
		unsigned next = types[dice(12)];

		if (type == 0x8100 || type == 0x88a8 || type == 0x9100)
			frame_vlan(&frame, dice(4) ? dice(4) : dice(4096), next);
		else if (type == 0x8847 || type == 0x8848) {
			for (i = dice(6); i > 0; i--)
				frame_label(&frame, dice(1000), 0);
			frame_label(&frame, dice(1000), 1);
			next = dice(3) ? types[dice(2)] : 0;
			if (dice(3) == 0)
				frame_be32(&frame, dice(2));
			if (next == 0)
				frame_ethernet(
				    &frame, dice(2) ? frame_mac_a : frame_mac_b, frame_mac_b, next = types[dice(10)]);
		} else if (type == 0x8864) {
			next = types[dice(2)];
			frame_pppoe(&frame, dice(100), next == 0x0800 ? 0x21 : 0x57, 60);
		} else
			break;
		type = next;
	}
	if (type == 0x0800)
		frame_v4_full(&frame, dice(2) ? FRAME_SUBJECT4 : FRAME_OTHER4, "203.0.113.77", 17, 8 + dice(9),
		    dice(4) == 0 ? 4 * dice(11) : 0, dice(4) == 0 ? dice(0x4000) : 0);
	else if (type == 0x86dd)
		frame_v6(&frame, "2001:db8:1::1", dice(2) ? FRAME_SUBJECT6 : FRAME_OTHER6, 17, 8);
	else if (type == 0x0806)
		frame_arp(&frame, dice(2) ? FRAME_SUBJECT4 : "203.0.113.1", FRAME_OTHER4);
	frame_zeros(&frame, dice(40));
}

static size_t
hold_to_each_other(struct matcher *m, uint32_t linktype, const uint8_t *data, uint32_t n)
{
	size_t matched = matcher_frame(m, data, n, n, 0, matches);

	/* Where the outermost tag is metadata, and where it is not. */
	if (matched > 0 &&
	    (!passes_bytes(linktype, data, n, 1) || (linktype == 1 && !passes_bytes(linktype, data, n, 0)))) {
		fail_msg("narrower than the matcher: %u bytes, link type %u", (unsigned)n, (unsigned)linktype);
	}
	return matched > 0;
}

static void
never_narrower_than_the_matcher_on_random_frames(void **state)
{
	size_t round, i, matched = 0, passed = 0, frames = 0;

	for (round = 0; round < 60; round++) {
		struct matcher *m;

		random_orders();
		begin(1);
		m = matcher_new(orders, order_count, 1);
		assert_non_null(m);
		for (i = 0; i < 3000; i++, frames++) {
			uint8_t *data;

			random_frame();
			if (dice(5) == 0)
				frame.n = dice(frame.n + 1);
			data = frame_exact(&frame, frame.n);
			matched += hold_to_each_other(m, 1, data, frame.n);
			passed += (size_t)passes_bytes(1, data, frame.n, 1);
			free(data);
		}
		matcher_free(m);
	}
	/* The dice are to show something. */
	assert_in_range(matched, frames / 10, frames);
	assert_in_range(passed, matched, frames * 9 / 10);
}

static void
never_narrower_than_the_matcher_on_tunnels(void **state)
{
	struct conf_tunnel tunnel;
	struct tunnels *tunnels;
	struct matcher *m;
	size_t matched = 0, i;
	unsigned n;

	memset(&tunnel, 0, sizeof(tunnel));
	end_point(&tunnel.from[0], "192.0.2.201");
	end_point(&tunnel.from[1], "2001:db8:ffff::1");
	end_point(&tunnel.to[0], "192.0.2.202");
	end_point(&tunnel.to[1], "2001:db8:ffff::2");
	tunnel.from_count = tunnel.to_count = 2;
	tunnel.kinds = 1U << CONF_TUNNEL_GRE | 1U << CONF_TUNNEL_IPIP;
	tunnels = tunnels_new(&tunnel, 1);
	assert_non_null(tunnels);
	add_subject();
	m = matcher_new_tunnels(orders, order_count, 1, tunnels);
	assert_non_null(m);
	orders[order_count] = tunnels_ends(tunnels);
	order_count++;
	begin(1);
	for (i = 0; i < 20000; i++) {
		frame.n = 0;
		n = dice(3);
		frame_link(&frame, n > 0 ? 0x8100 : 0x0800);
		while (n-- > 0)
			frame_vlan(&frame, 5, n > 0 ? 0x88a8 : 0x0800);
		n = dice(2);
		frame_v4_full(&frame, dice(2) ? "192.0.2.201" : "192.0.2.202",
		    dice(2) ? "192.0.2.201" : "192.0.2.202", n ? 47 : 4, FRAME_SUBJECT4_LENGTH + 4 * n, dice(2) * 4,
		    dice(8) ? 0 : 0x2000 + dice(2) * 0x64);
		if (n)
			frame_be32(&frame, 0x0800);
		frame_subject4(&frame);
		if (dice(3) == 0)
			frame.data[dice(frame.n)] ^= (uint8_t)(1 << dice(8));
		matched += hold_to_each_other(m, 1, frame.data, frame.n);
	}
	assert_in_range(matched, 3000, 20000);
	matcher_free(m);
	tunnels_free(tunnels);
}

static void
never_narrower_than_the_matcher_on_damaged_samples(void **state)
{
	size_t round, i;
	uint32_t k, n;

	for (round = 0; round < 12; round++) {
		random_orders();
		for (i = 0; i < SAMPLES_COUNT; i++) {
			const struct sample *s = &samples[i];
			struct matcher *m = matcher_new(orders, order_count, s->linktype);

			assert_non_null(m);
			begin(s->linktype);
			for (k = 0; k < 150; k++) {
				sample_build(s, &frame);
				n = frame.n < 120 ? frame.n : 120;
				if (dice(3) == 0)
					n = dice(n + 1);
				if (k > 2 && n > 0)
					frame.data[dice(n)] = (uint8_t)dice(256);
				if (k > 50 && n > 0)
					frame.data[dice(n)] ^= (uint8_t)(1 << dice(8));
				(void)hold_to_each_other(m, s->linktype, frame.data, n);
			}
			matcher_free(m);
		}
	}
}

/* A packet socket takes root; the filter of any socket is the same machine. */
static void
the_kernel_takes_the_program_and_judges_alike(void **state)
{
	uint8_t buf[200];
	size_t i, count;
	int sv[2];

	add_subject();
	add_mac(add_order(), frame_mac_b);
	table[1].broadcast = 1;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sv), 0);
	for (i = 0; i < SAMPLES_COUNT; i++) {
		const struct sample *s = &samples[i];
		ssize_t n;

		if (s->linktype != 1 && s->linktype != 101)
			continue;
		begin(s->linktype);
		(void)kfilter_program(filter, &count);
		assert_int_not_equal(count, 0);
		assert_int_equal(kfilter_attach(filter, sv[1]), 0);
		sample_build(s, &frame);
		n = frame.n < sizeof(buf) ? frame.n : (ssize_t)sizeof(buf);
		assert_int_equal(send(sv[0], frame.data, (size_t)n, 0), n);
		n = recv(sv[1], buf, sizeof(buf), MSG_DONTWAIT);
		assert_int_equal(
		    n > 0, passes_bytes(s->linktype, frame.data, frame.n < sizeof(buf) ? frame.n : sizeof(buf), 0));
	}
	assert_int_equal(close(sv[0]), 0);
	assert_int_equal(close(sv[1]), 0);
}

/* Long jumps, and returns amidst the trees. */
static void
the_kernel_takes_a_large_program(void **state)
{
	uint8_t addr[16] = {0x20, 1, 0x0d, 0xb8}, mac[6] = {2};
	struct order *o = add_order();
	size_t count, most = 0;
	unsigned i;
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sv), 0);
	o->broadcast = 1;
	for (i = 0; i < 140; i++) {
		add_word(o, 0xc6330001 + i * 11, i % 7 == 0 ? 28 : 32);
		addr[6] = (uint8_t)(i / 3);
		addr[15] = (uint8_t)i;
		add_bytes(o, 6, i % 5 == 0 ? 64 : 128, addr);
		mac[5] = (uint8_t)i;
		add_mac(o, mac);
		if (i % 20 != 19)
			continue;
		begin(1);
		(void)kfilter_program(filter, &count);
		most = count > most ? count : most;
		if (kfilter_attach(filter, sv[1]) == -1)
			fail_msg("%s: %s", kfilter_text(filter), strerror(errno));
	}
	assert_in_range(most, 1500, BPF_MAXINSNS);
	assert_int_equal(close(sv[0]), 0);
	assert_int_equal(close(sv[1]), 0);
}

static void
no_filter_is_attached_by_taking_the_old_one_off(void **state)
{
	uint8_t buf[200];
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sv), 0);
	begin(0);
	assert_int_equal(kfilter_attach(filter, sv[1]), 0);
	add_stranger();
	begin(1);
	assert_int_equal(kfilter_attach(filter, sv[1]), 0);
	sample_plain4(&frame);
	assert_int_equal(send(sv[0], frame.data, frame.n, 0), frame.n);
	assert_int_equal(recv(sv[1], buf, sizeof(buf), MSG_DONTWAIT), -1);
	begin(0);
	assert_int_equal(kfilter_attach(filter, sv[1]), 0);
	assert_int_equal(send(sv[0], frame.data, frame.n, 0), frame.n);
	assert_int_equal(recv(sv[1], buf, sizeof(buf), MSG_DONTWAIT), frame.n);
	assert_int_equal(kfilter_attach(filter, -1), -1);
	assert_int_equal(close(sv[0]), 0);
	assert_int_equal(close(sv[1]), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_sample_with_the_subject_inside_passes),
	    TEST(ordinary_frames_of_others_stay_in_the_kernel),
	    TEST(fault_041_length_that_does_not_fit_beneath_labels_passes),
	    TEST(what_can_not_be_followed_passes_to_be_counted),
	    TEST(every_frame_of_a_mac_passes_whatever_is_in_it),
	    TEST(macs_that_share_four_bytes_are_told_apart),
	    TEST(arp_passes_only_for_an_order_with_broadcast),
	    TEST(tunnels_of_ours_pass_whoever_is_in_them),
	    TEST(without_any_order_everything_ordinary_stays_in_the_kernel),
	    TEST(a_filter_of_ipv4_addresses_is_exact),
	    TEST(a_filter_of_ipv6_addresses_is_exact),
	    TEST(a_filter_that_does_not_fit_is_coarser_and_at_last_none),
	    TEST(filter_is_coarsened_until_there_is_room_in_the_kernel),
	    TEST(hundred_and_thousand_hosts_fit),
	    TEST(cooked_frames_with_macs_and_unknown_link_types_have_no_filter),
	    TEST(never_narrower_than_the_matcher_on_random_frames),
	    TEST(never_narrower_than_the_matcher_on_tunnels),
	    TEST(never_narrower_than_the_matcher_on_damaged_samples),
	    TEST(the_kernel_takes_the_program_and_judges_alike),
	    TEST(the_kernel_takes_a_large_program),
	    TEST(no_filter_is_attached_by_taking_the_old_one_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
