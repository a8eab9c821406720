#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "diag.h"

#include "matcher.h"

#include "samples.h"

#define ORDERS_MAX 8

static struct frame frame;
static struct order table[ORDERS_MAX];
static struct order_prefix prefixes[ORDERS_MAX][4];
static uint8_t macs[ORDERS_MAX][1][6];
static const struct order *orders[ORDERS_MAX];
static size_t order_count;
static struct matcher *matcher;
static struct match out[ORDERS_MAX];

static struct order *
add_order(enum order_scope scope)
{
	struct order *o = &table[order_count];

	orders[order_count] = o;
	memset(o, 0, sizeof(*o));
	(void)snprintf(o->case_id, sizeof(o->case_id), "LI-%zu", order_count);
	o->scope = scope;
	o->prefixes = prefixes[order_count];
	o->macs = macs[order_count];
	order_count++;
	return o;
}

static void
add_prefix(struct order *o, const char *addr, unsigned bits)
{
	struct order_prefix *p = &o->prefixes[o->prefix_count++];

	memset(p, 0, sizeof(*p));
	p->family = strchr(addr, ':') == NULL ? 4 : 6;
	p->bits = (uint8_t)bits;
	assert_int_equal(inet_pton(p->family == 4 ? AF_INET : AF_INET6, addr, p->addr), 1);
}

static struct order *
add_subject(enum order_scope scope)
{
	struct order *o = add_order(scope);

	add_prefix(o, FRAME_SUBJECT4, 32);
	add_prefix(o, FRAME_SUBJECT6, 128);
	return o;
}

static struct order *
add_mac(enum order_scope scope)
{
	struct order *o = add_order(scope);

	memcpy(o->macs[o->mac_count++], frame_mac_a, 6);
	return o;
}

static void
begin(uint32_t linktype)
{
	matcher = matcher_new(orders, order_count, linktype);
	assert_non_null(matcher);
	assert_int_equal(matcher_room(matcher), order_count);
}

static size_t
judge_at(uint32_t caplen, stamp_t time)
{
	uint8_t *data = frame_exact(&frame, caplen);
	size_t n = matcher_frame(matcher, data, caplen, frame.n, time, out), i;

	for (i = 0; i < n; i++) {
		assert_true(out[i].index < order_count);
		assert_true(out[i].caplen <= caplen);
		assert_true(i == 0 || out[i].index > out[i - 1].index);
	}
	free(data);
	return n;
}

static size_t
judge(void)
{
	return judge_at(frame.n, 0);
}

static uint64_t
kind(enum matcher_kind k)
{
	return matcher_kinds(matcher)[k];
}

static int
setup(void **state)
{
	order_count = 0;
	matcher = NULL;
	frame.n = 0;
	return 0;
}

static int
teardown(void **state)
{
	matcher_free(matcher);
	return 0;
}

static void
fault_041_subject_is_found_in_every_encapsulation_that_is_followed(void **state)
{
	size_t i;

	add_subject(ORDER_CONTENT);
	for (i = 0; i < SAMPLES_COUNT; i++) {
		begin(samples[i].linktype);
		sample_build(&samples[i], &frame);
		print_message("  %s\n", samples[i].name);
		assert_int_equal(judge(), samples[i].version != 0);
		if (samples[i].version != 0)
			assert_int_equal(out[0].caplen, frame.n);
		if (samples[i].kind != MATCHER_KINDS)
			assert_int_equal(kind((enum matcher_kind)samples[i].kind), 1);
		matcher_free(matcher);
	}
	matcher = NULL;
}

static void
compare_ways(const struct sample *s, struct matcher *slow)
{
	struct match both[2];
	uint32_t caplen;
	size_t n;

	sample_build(s, &frame);
	for (caplen = 0; caplen <= frame.n && caplen < 1000; caplen++) {
		n = judge_at(caplen, 0);
		assert_int_equal(matcher_frame(slow, frame.data, caplen, frame.n, 0, both), 2 * n);
		if (n > 0)
			assert_int_equal(out[0].caplen, both[0].caplen);
		assert_memory_equal(matcher_kinds(matcher), matcher_kinds(slow), MATCHER_KINDS * sizeof(uint64_t));
	}
}

/* What the quick way says must be what the slow way says: two orders of one subject always take the slow one. */
static void
quick_and_slow_way_agree_at_every_caplen(void **state)
{
	struct matcher *slow;
	int scope;
	size_t i;

	for (scope = ORDER_CONTENT; scope <= ORDER_HEADERS_WITHOUT_PORTS; scope++) {
		order_count = 0;
		add_subject((enum order_scope)scope);
		add_subject((enum order_scope)scope);
		for (i = 0; i < SAMPLES_COUNT; i++) {
			matcher = matcher_new(orders, 1, samples[i].linktype);
			slow = matcher_new(orders, 2, samples[i].linktype);
			assert_non_null(matcher);
			assert_non_null(slow);
			compare_ways(&samples[i], slow);
			matcher_free(slow);
			matcher_free(matcher);
		}
	}
	matcher = NULL;
}

static void
fault_041_strangers_tunnel_with_the_subject_inside_is_not_the_subjects(void **state)
{
	add_subject(ORDER_CONTENT);
	begin(1);
	frame_link(&frame, 0x0800);
	frame_v4(&frame, FRAME_OTHER4, FRAME_OTHER4, 47, 4 + FRAME_SUBJECT4_LENGTH);
	frame_be32(&frame, 0x0800);
	frame_subject4(&frame);
	assert_int_equal(judge(), 0);
	frame.n = 0;
	frame_link(&frame, 0x0800);
	frame_v4(&frame, FRAME_OTHER4, FRAME_OTHER4, 17, 30 + FRAME_SUBJECT4_LENGTH);
	frame_udp(&frame, 40000, 4789, 22 + FRAME_SUBJECT4_LENGTH);
	frame_be32(&frame, 0x08000000);
	frame_be32(&frame, 0x100);
	frame_link(&frame, 0x0800);
	frame_subject4(&frame);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_TUNNEL), 2);
}

static void
icmp_error_that_quotes_the_subject_to_others_is_not_the_subjects(void **state)
{
	add_subject(ORDER_CONTENT);
	begin(1);
	frame_link(&frame, 0x0800);
	frame_v4(&frame, FRAME_OTHER4, FRAME_OTHER4, 1, 8 + FRAME_SUBJECT4_LENGTH);
	frame_be32(&frame, 0x03010000);
	frame_be32(&frame, 0);
	frame_subject4(&frame);
	assert_int_equal(judge(), 0);
}

static void
fault_042_spoofed_source_counts_as_the_subject(void **state)
{
	add_subject(ORDER_CONTENT);
	begin(1);
	sample_plain4(&frame);
	assert_int_equal(judge(), 1);
}

static void
fault_033_overlapping_orders_each_get_the_frame_after_their_own_scope(void **state)
{
	struct order *net;

	add_subject(ORDER_HEADERS);
	net = add_order(ORDER_CONTENT);
	add_prefix(net, "198.51.100.0", 24);
	add_subject(ORDER_HEADERS_WITHOUT_PORTS);
	add_prefix(add_order(ORDER_CONTENT), "192.0.2.0", 24);
	add_prefix(add_order(ORDER_CONTENT), FRAME_OTHER4, 32);
	begin(1);
	sample_plain4(&frame);
	assert_int_equal(judge(), 4);
	assert_int_equal(out[0].index, 0);
	assert_int_equal(out[0].caplen, 54);
	assert_int_equal(out[1].index, 1);
	assert_int_equal(out[1].caplen, frame.n);
	assert_int_equal(out[2].index, 2);
	assert_int_equal(out[2].caplen, 34);
	assert_int_equal(out[3].index, 4);
	/* and the next frame starts afresh */
	assert_int_equal(judge(), 4);
}

static void
order_whose_subject_talks_to_itself_gets_the_frame_once(void **state)
{
	struct order *o = add_subject(ORDER_CONTENT);

	add_prefix(o, FRAME_OTHER4, 32);
	add_prefix(o, "198.51.100.0", 24);
	begin(1);
	sample_plain4(&frame);
	assert_int_equal(judge(), 1);
	assert_int_equal(out[0].caplen, frame.n);
}

static void
mac_is_found_as_source_and_as_destination(void **state)
{
	add_mac(ORDER_CONTENT);
	begin(1);
	frame_ethernet(&frame, frame_mac_a, frame_mac_b, 0x0800);
	frame_subject4(&frame);
	assert_int_equal(judge(), 1);
	frame.n = 0;
	frame_ethernet(&frame, frame_mac_b, frame_mac_a, 0x88cc);
	frame_canary(&frame);
	assert_int_equal(judge(), 1);
	frame.n = 0;
	sample_discovery(&frame);
	memcpy(frame.data, frame_mac_a, 6);
	assert_int_equal(judge(), 1);
	frame.n = 0;
	sample_pseudowire(&frame);
	assert_int_equal(judge(), 1);
	frame.n = 0;
	sample_plain4(&frame);
	assert_int_equal(judge(), 0);
}

/* The quick way looks at the last two bytes first: whatever stands before them, as source and as destination. */
static void
macs_that_end_alike_are_told_apart(void **state)
{
	uint8_t mac[6], other[6];
	struct order *o = add_order(ORDER_CONTENT);
	unsigned i, k, subjects;

	add_subject(ORDER_CONTENT);
	for (subjects = 1; subjects <= 3; subjects += 2) {
		for (o->mac_count = 0, k = 0; k < subjects; k++) {
			memcpy(mac, frame_mac_a, 6);
			mac[k] ^= (uint8_t)k;
			memcpy(o->macs[o->mac_count++], mac, 6);
		}
		begin(1);
		for (i = 0; i < 4 * 256; i++) {
			memcpy(other, frame_mac_a, 6);
			other[i / 256] = (uint8_t)i;
			for (k = 0; k < subjects && memcmp(other, o->macs[k], 6) != 0; k++)
				continue;
			frame.n = 0;
			frame_ethernet(&frame, other, frame_mac_b, 0x0800);
			frame_subject4(&frame);
			assert_int_equal(judge(), k < subjects ? 2 : 1);
			assert_int_equal(out[0].index, k < subjects ? 0 : 1);
			frame.n = 0;
			frame_ethernet(&frame, frame_mac_b, other, 0x8100);
			frame_be32(&frame, 0x00070800);
			frame_v4(&frame, FRAME_OTHER4, FRAME_OTHER4, 6, 20);
			frame_canary(&frame);
			assert_int_equal(judge(), k < subjects);
		}
		matcher_free(matcher);
	}
	matcher = NULL;
}

static void
mac_inside_a_tunnel_is_not_at_the_operators_level(void **state)
{
	add_mac(ORDER_CONTENT);
	begin(1);
	frame_link(&frame, 0x0800);
	frame_v4(&frame, FRAME_OTHER4, FRAME_OTHER4, 17, 16 + 14 + FRAME_SUBJECT4_LENGTH);
	frame_udp(&frame, 40000, 4789, 8 + 14 + FRAME_SUBJECT4_LENGTH);
	frame_be32(&frame, 0x08000000);
	frame_be32(&frame, 0x100);
	frame_ethernet(&frame, frame_mac_a, frame_mac_b, 0x0800);
	frame_subject4(&frame);
	assert_int_equal(judge(), 0);
}

static void
mac_with_header_scope_is_cut_by_the_packet_beneath(void **state)
{
	add_mac(ORDER_HEADERS);
	add_mac(ORDER_HEADERS_WITHOUT_PORTS);
	begin(1);
	frame_ethernet(&frame, frame_mac_a, frame_mac_b, 0x8100);
	frame_vlan(&frame, 5, 0x0800);
	frame_subject4(&frame);
	assert_int_equal(judge(), 2);
	assert_int_equal(out[0].caplen, 58);
	assert_int_equal(out[1].caplen, 38);
}

static void
mac_of_a_cooked_header_is_its_source(void **state)
{
	add_mac(ORDER_CONTENT);
	begin(113);
	sample_sll(&frame);
	assert_int_equal(judge(), 1);
}

static void
fault_043_arp_that_names_the_subject_is_kept_only_with_broadcast(void **state)
{
	add_subject(ORDER_CONTENT);
	add_subject(ORDER_CONTENT)->broadcast = 1;
	add_subject(ORDER_HEADERS)->broadcast = 1;
	begin(1);
	sample_arp(&frame);
	assert_int_equal(judge(), 2);
	assert_int_equal(out[0].index, 1);
	assert_int_equal(out[0].caplen, frame.n);
	assert_int_equal(out[1].index, 2);
	assert_int_equal(out[1].caplen, 14);
	frame.n = 0;
	frame_link(&frame, 0x0806);
	frame_arp(&frame, FRAME_SUBJECT4, FRAME_OTHER4);
	assert_int_equal(judge(), 2);
	frame.n = 0;
	frame_link(&frame, 0x0806);
	frame_arp(&frame, FRAME_OTHER4, FRAME_OTHER4);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_NOT_IP), 3);
}

static void
vlan_qualifier_narrows_and_never_matches_alone(void **state)
{
	static uint16_t vlans[] = {300, 100};
	struct order *o = add_subject(ORDER_CONTENT);

	o->vlans = vlans;
	o->vlan_count = 2;
	begin(1);
	sample_vlan(&frame);
	assert_int_equal(judge(), 1);
	frame.data[15] = 101;
	assert_int_equal(judge(), 0);
	frame.n = 0;
	sample_qinq(&frame);
	assert_int_equal(judge(), 1);
	frame.n = 0;
	sample_plain4(&frame);
	assert_int_equal(judge(), 0);
	frame.n = 0;
	frame_link(&frame, 0x8100);
	frame_vlan(&frame, 100, 0x0800);
	frame_v4(&frame, FRAME_OTHER4, FRAME_OTHER4, 6, 20);
	frame_tcp(&frame, 1, 2, 0);
	assert_int_equal(judge(), 0);
}

/* Write tags, each of its type and ID, behind what was written last; what follows them is of ${type}. */
struct tag {
	unsigned type, id;
};

static void
put_tags(const struct tag *tags, size_t n, unsigned type)
{
	size_t i;

	for (i = 0; i < n; i++)
		frame_vlan(&frame, tags[i].id, i + 1 < n ? tags[i + 1].type : type);
}

static unsigned
type_of(const struct tag *tags, size_t n, unsigned type)
{
	return n == 0 ? type : tags[0].type;
}

/* Which orders, a bit each, is the subject's packet beneath what stands in the frame for? */
static unsigned
judge_subject(void)
{
	unsigned found = 0;
	size_t i, n;

	frame_subject4(&frame);
	n = judge();
	for (i = 0; i < n; i++)
		found |= 1U << out[i].index;
	return found;
}

enum {
	ADDRESS = 1,
	MAC = 2,
	ANY_TAG = 4,
	EITHER = 8
};

/* 100.7 for an address and for a MAC, 7 alone, and 7 or 100.9. */
static void
add_stacks(void)
{
	static struct order_stack stack[] = {{100, 7}}, other[] = {{100, 9}, {200, 9}};
	static uint16_t seven[] = {7};
	struct order *o;

	o = add_subject(ORDER_CONTENT);
	o->stacks = stack;
	o->stack_count = 1;
	o = add_mac(ORDER_CONTENT);
	o->stacks = stack;
	o->stack_count = 1;
	o = add_subject(ORDER_CONTENT);
	o->vlans = seven;
	o->vlan_count = 1;
	o = add_subject(ORDER_CONTENT);
	o->vlans = seven;
	o->vlan_count = 1;
	o->stacks = other;
	o->stack_count = 2;
	begin(1);
}

#define Q 0x8100
#define AD 0x88a8
#define OLD 0x9100

static void
stack_qualifier_is_met_by_just_these_two_tags(void **state)
{
	static const struct {
		size_t n;
		struct tag tags[4];
		unsigned found;
	} ways[] = {
	    {0, {{0, 0}}, 0},
	    {1, {{Q, 100}}, 0},
	    {1, {{AD, 100}}, 0},
	    {1, {{Q, 7}}, ANY_TAG | EITHER},
	    {2, {{AD, 100}, {Q, 7}}, ADDRESS | MAC | ANY_TAG | EITHER},
	    {2, {{Q, 100}, {Q, 7}}, ADDRESS | MAC | ANY_TAG | EITHER},
	    {2, {{OLD, 100}, {Q, 7}}, ADDRESS | MAC | ANY_TAG | EITHER},
	    {2, {{OLD, 100}, {AD, 7}}, ADDRESS | MAC | ANY_TAG | EITHER},
	    {2, {{AD, 7}, {Q, 100}}, ANY_TAG | EITHER},
	    {2, {{AD, 100}, {Q, 100}}, 0},
	    {2, {{AD, 100}, {Q, 9}}, EITHER},
	    {2, {{AD, 200}, {Q, 9}}, EITHER},
	    {2, {{AD, 9}, {Q, 200}}, 0},
	    {2, {{AD, 101}, {Q, 7}}, ANY_TAG | EITHER},
	    {2, {{AD, 100}, {Q, 8}}, 0},
	    /* Three have them at the end, at the beginning, around another; a tag of priority alone is one as well. */
	    {3, {{AD, 5}, {AD, 100}, {Q, 7}}, ANY_TAG | EITHER},
	    {3, {{AD, 100}, {Q, 7}, {Q, 5}}, ANY_TAG | EITHER},
	    {3, {{AD, 100}, {Q, 5}, {Q, 7}}, ANY_TAG | EITHER},
	    {3, {{AD, 100}, {Q, 100}, {Q, 7}}, ANY_TAG | EITHER},
	    {4, {{AD, 100}, {Q, 7}, {AD, 100}, {Q, 7}}, ANY_TAG | EITHER},
	    {3, {{Q, 0}, {AD, 100}, {Q, 7}}, ANY_TAG | EITHER},
	    {3, {{AD, 100}, {Q, 7}, {Q, 0}}, ANY_TAG | EITHER},
	    {2, {{AD, 0}, {Q, 7}}, ANY_TAG | EITHER},
	    {2, {{AD, 100}, {Q, 0}}, 0},
	    /* What may be a tag, and is not followed, hides what is beneath. */
	    {2, {{0x9200, 100}, {Q, 7}}, 0},
	    {3, {{AD, 100}, {Q, 7}, {0x9300, 5}}, 0},
	};
	size_t i;

	(void)state;
	add_stacks();
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		frame.n = 0;
		frame_ethernet(&frame, frame_mac_b, frame_mac_a, type_of(ways[i].tags, ways[i].n, 0x0800));
		put_tags(ways[i].tags, ways[i].n, 0x0800);
		if (judge_subject() != ways[i].found)
			fail_msg("way %zu", i);
	}
	/* In a session, too, and cut behind the first tag or within the second. */
	frame.n = 0;
	frame_ethernet(&frame, frame_mac_b, frame_mac_a, AD);
	put_tags(ways[4].tags, 2, 0x8864);
	frame_pppoe(&frame, 9, 0x21, FRAME_SUBJECT4_LENGTH);
	assert_int_equal(judge_subject(), ADDRESS | MAC | ANY_TAG | EITHER);
	frame.n = 18;
	assert_int_equal(judge(), 0);
	frame.n = 20;
	assert_int_equal(judge(), 0);
	/* Where the type of a third tag is the last that is there. */
	frame.n = 0;
	frame_ethernet(&frame, frame_mac_b, frame_mac_a, AD);
	put_tags(ways[4].tags, 2, 0x0806);
	assert_int_equal(judge(), 1);
	frame.n = 0;
	frame_ethernet(&frame, frame_mac_b, frame_mac_a, AD);
	put_tags(ways[4].tags, 2, Q);
	assert_int_equal(judge(), 0);
}

static void
stack_qualifier_narrows_an_order_that_is_alone_with_its_subject(void **state)
{
	static struct order_stack stack[] = {{100, 7}};
	struct order *o = add_subject(ORDER_CONTENT);
	const struct tag tags[] = {{AD, 100}, {Q, 7}};
	size_t n;

	(void)state;
	o->stacks = stack;
	o->stack_count = 1;
	begin(1);
	for (n = 0; n <= 2; n++) {
		frame.n = 0;
		frame_link(&frame, type_of(tags, n, 0x0800));
		put_tags(tags, n, 0x0800);
		assert_int_equal(judge_subject(), n == 2);
	}
}

static void
stack_is_that_of_one_ethernet_header(void **state)
{
	static const struct tag both[] = {{AD, 100}, {Q, 7}};
	static const struct {
		size_t outer_first, outer_n; /* of both: before the label */
		int has_ethernet;
		size_t inner_first, inner_n; /* behind the Ethernet header beneath it */
		unsigned found;
	} ways[] = {
	    {0, 2, 0, 0, 0, ADDRESS | ANY_TAG | EITHER}, /* a label is no tag */
	    {0, 0, 1, 0, 2, ADDRESS | MAC | ANY_TAG | EITHER},
	    {1, 1, 1, 0, 2, ADDRESS | MAC | ANY_TAG | EITHER}, /* the tag that brought the label there is another's */
	    {0, 2, 1, 0, 2, ADDRESS | MAC | ANY_TAG | EITHER},
	    {0, 1, 1, 1, 1, ANY_TAG | EITHER}, /* one here and one there are none */
	    {0, 2, 1, 0, 0, ANY_TAG | EITHER},
	    {0, 2, 1, 0, 1, ANY_TAG | EITHER},
	};
	static const uint8_t router_a[6] = {2, 0, 0, 0, 0, 1}, router_b[6] = {2, 0, 0, 0, 0, 2};
	size_t i;
	int has_word;

	(void)state;
	add_stacks();
	for (i = 0; i < 2 * sizeof(ways) / sizeof(ways[0]); i++) {
		const struct tag *outer = both + ways[i / 2].outer_first, *inner = both + ways[i / 2].inner_first;

		has_word = i % 2 != 0; /* a control word */
		frame.n = 0;
		frame_ethernet(&frame, router_a, router_b, type_of(outer, ways[i / 2].outer_n, 0x8847));
		put_tags(outer, ways[i / 2].outer_n, 0x8847);
		frame_label(&frame, 16, 1);
		if (ways[i / 2].has_ethernet) {
			if (has_word)
				frame_be32(&frame, 0);
			frame_ethernet(&frame, frame_mac_b, frame_mac_a, type_of(inner, ways[i / 2].inner_n, 0x0800));
			put_tags(inner, ways[i / 2].inner_n, 0x0800);
		}
		if (judge_subject() != ways[i / 2].found)
			fail_msg("way %zu", i);
	}
}

static void
session_qualifier_narrows_addresses_and_macs(void **state)
{
	static uint16_t sessions[] = {0x77}, vlans[] = {100}, wrong[] = {7};
	struct order *o = add_subject(ORDER_CONTENT), *mac = add_mac(ORDER_CONTENT),
		     *both = add_subject(ORDER_CONTENT);
	struct order *neither = add_subject(ORDER_CONTENT);

	o->sessions = mac->sessions = both->sessions = neither->sessions = sessions;
	o->session_count = mac->session_count = both->session_count = neither->session_count = 1;
	both->vlans = vlans;
	neither->vlans = wrong;
	both->vlan_count = neither->vlan_count = 1;
	begin(1);
	sample_pppoe6(&frame);
	memcpy(frame.data, frame_mac_a, 6);
	assert_int_equal(judge(), 3);
	assert_int_equal(out[0].index, 0);
	assert_int_equal(out[1].index, 1);
	assert_int_equal(out[2].index, 2);
	frame.data[21] = 0x78;
	assert_int_equal(judge(), 0);
	frame.n = 0;
	sample_plain4(&frame);
	memcpy(frame.data, frame_mac_a, 6);
	assert_int_equal(judge(), 0);
}

static void
udp_packet(void (*link)(struct frame *), unsigned port)
{
	frame.n = 0;
	link(&frame);
	frame_v4(&frame, FRAME_SUBJECT4, FRAME_OTHER4, 17, 8 + FRAME_CANARY_LENGTH);
	frame_udp(&frame, 40000, port, FRAME_CANARY_LENGTH);
	frame_canary(&frame);
}

static void
link_plain(struct frame *f)
{
	frame_link(f, 0x0800);
}

static void
link_vlan(struct frame *f)
{
	frame_link(f, 0x8100);
	frame_vlan(f, 9, 0x0800);
}

static void
link_pppoe(struct frame *f)
{
	frame_link(f, 0x8864);
	frame_pppoe(f, 9, 0x0021, 28 + FRAME_CANARY_LENGTH);
}

static char filter_dns[] = "port 53";

static void
filter_means_the_same_in_every_encapsulation(void **state)
{
	void (*const links[])(struct frame *) = {link_plain, link_vlan, link_pppoe};
	size_t i;

	add_subject(ORDER_CONTENT)->filter = filter_dns;
	begin(1);
	for (i = 0; i < 3; i++) {
		udp_packet(links[i], 53);
		assert_int_equal(judge(), 1);
		udp_packet(links[i], 54);
		assert_int_equal(judge(), 0);
	}
}

static void
fault_024_filter_never_keeps_what_is_not_the_subjects(void **state)
{
	static char wide[] = "port 80 or net 0.0.0.0/0 or ip6 or not ip";

	add_subject(ORDER_CONTENT)->filter = wide;
	begin(1);
	sample_plain4(&frame);
	assert_int_equal(judge(), 1);
	frame.n = 0;
	frame_link(&frame, 0x0800);
	frame_v4(&frame, FRAME_OTHER4, FRAME_OTHER4, 6, 20);
	frame_tcp(&frame, 80, 80, 0);
	assert_int_equal(judge(), 0);
	frame.n = 0;
	sample_stp(&frame);
	assert_int_equal(judge(), 0);
}

static void
filter_looks_behind_ipv6_extension_headers(void **state)
{
	static char quic[] = "udp port 443", other[] = "not udp port 443";

	add_subject(ORDER_CONTENT)->filter = quic;
	add_subject(ORDER_CONTENT)->filter = other;
	begin(1);
	sample_chain(&frame);
	assert_int_equal(judge(), 1);
	assert_int_equal(out[0].index, 0);
}

static void
filter_does_not_see_padding_behind_the_packet(void **state)
{
	static char small[] = "less 40";

	add_subject(ORDER_CONTENT)->filter = small;
	begin(1);
	sample_padded(&frame);
	assert_int_equal(judge(), 1);
}

static void
fault_041_what_is_neither_ip_nor_followed_beneath_labels_is_counted(void **state)
{
	add_subject(ORDER_CONTENT);
	begin(1);
	sample_pseudowire_mac_6_unknown(&frame);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_MPLS_UNKNOWN), 1);
	/* with a MAC of 40 bytes behind which nothing of IPv4 follows */
	frame.data[18] = 0x45;
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_MPLS_UNKNOWN), 2);
}

/* IPv6 with more behind it than padding, or an Ethernet header with a type of ours and nothing of that type behind it. */
static void
fault_041_what_may_be_two_things_beneath_labels_and_is_neither_for_sure_is_counted(void **state)
{
	add_subject(ORDER_CONTENT);
	begin(1);
	frame.n = 0;
	frame_link(&frame, 0x8847);
	frame_label(&frame, 1000, 1);
	frame_v6(&frame, "2001:db8:806::9", "2001:db8:806::8", 17, 8);
	frame_udp(&frame, 1, 2, 0);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_MPLS_UNKNOWN), 1);
	frame_zeros(&frame, 100);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_MPLS_UNKNOWN), 2);
}

static void
mac_with_a_filter_keeps_only_packets_that_pass(void **state)
{
	struct order *o = add_mac(ORDER_CONTENT);

	o->filter = filter_dns;
	o->broadcast = 1;
	add_prefix(o, FRAME_SUBJECT4, 32);
	begin(1);
	udp_packet(link_plain, 53);
	memcpy(frame.data, frame_mac_a, 6);
	assert_int_equal(judge(), 1);
	udp_packet(link_plain, 54);
	memcpy(frame.data, frame_mac_a, 6);
	assert_int_equal(judge(), 0);
	frame.n = 0;
	sample_arp(&frame);
	memcpy(frame.data, frame_mac_a, 6);
	assert_int_equal(judge(), 0);
}

static void
fragment(unsigned port, unsigned flags, unsigned id)
{
	frame.n = 0;
	frame_link(&frame, 0x0800);
	frame_v4_full(&frame, FRAME_SUBJECT4, FRAME_OTHER4, 17, 8 + FRAME_CANARY_LENGTH, 0, flags);
	frame.data[18] = (uint8_t)(id >> 8);
	frame.data[19] = (uint8_t)id;
	frame_udp(&frame, port, 40000, FRAME_CANARY_LENGTH);
	frame_canary(&frame);
}

static void
fault_039_later_fragments_follow_their_first_under_a_filter(void **state)
{
	add_subject(ORDER_CONTENT)->filter = filter_dns;
	begin(1);
	fragment(53, 0x2000, 1);
	assert_int_equal(judge(), 1);
	fragment(54, 0x2000, 2);
	assert_int_equal(judge(), 0);
	/* The later ones begin with what looks like the other port. */
	fragment(54, 5, 1);
	assert_int_equal(judge(), 1);
	fragment(53, 5, 2);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_FRAGMENT_UNKNOWN), 0);
	fragment(54, 5, 3);
	assert_int_equal(judge(), 1);
	assert_int_equal(kind(MATCHER_FRAGMENT_UNKNOWN), 1);
}

static void
fault_039_later_fragment_without_filter_matches_by_address(void **state)
{
	add_subject(ORDER_CONTENT);
	begin(1);
	sample_later_fragment(&frame);
	assert_int_equal(judge(), 1);
	assert_int_equal(kind(MATCHER_FRAGMENT_UNKNOWN), 0);
}

static void
first_fragment_is_forgotten_after_a_second(void **state)
{
	add_subject(ORDER_CONTENT)->filter = filter_dns;
	begin(1);
	fragment(54, 0x2000, 2);
	assert_int_equal(judge_at(frame.n, 100 * STAMP_SECOND), 0);
	fragment(54, 0x2005, 2);
	assert_int_equal(judge_at(frame.n, 101 * STAMP_SECOND), 0);
	assert_int_equal(judge_at(frame.n, 102 * STAMP_SECOND), 1);
	assert_int_equal(judge_at(frame.n, 60 * STAMP_SECOND), 1);
	assert_int_equal(judge_at(frame.n, INT64_MIN), 1);
	assert_int_equal(judge_at(frame.n, INT64_MAX), 1);
	assert_int_equal(kind(MATCHER_FRAGMENT_UNKNOWN), 4);
}

/* With two addresses of the subject in the frame the filter is asked twice, and has to say the same. */
static void
fault_039_id_that_is_used_again_is_not_judged_by_the_packet_before(void **state)
{
	struct order *o = add_subject(ORDER_CONTENT);

	o->filter = filter_dns;
	add_prefix(o, FRAME_OTHER4, 32);
	begin(1);
	fragment(54, 0x2000, 1);
	assert_int_equal(judge(), 0);
	fragment(54, 1, 1);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_FRAGMENT_UNKNOWN), 0);
	/* shown twice, by a mirror of both directions */
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_FRAGMENT_UNKNOWN), 0);
	/* the first packet is complete: whose this is shows when its first fragment comes */
	assert_int_equal(judge_at(frame.n, STAMP_SECOND / 50), 1);
	assert_int_equal(kind(MATCHER_FRAGMENT_UNKNOWN), 1);
	fragment(53, 0x2000, 1);
	assert_int_equal(judge(), 1);
	/* two that are on their way at once */
	fragment(53, 0x2000, 2);
	assert_int_equal(judge(), 1);
	fragment(54, 0x2000, 2);
	assert_int_equal(judge(), 0);
	fragment(54, 1, 2);
	assert_int_equal(judge(), 1);
	assert_int_equal(kind(MATCHER_FRAGMENT_UNKNOWN), 2);
}

static void
each_order_remembers_fragments_by_its_own_filter(void **state)
{
	static char other[] = "port 54";

	add_subject(ORDER_CONTENT)->filter = filter_dns;
	add_subject(ORDER_CONTENT)->filter = other;
	add_subject(ORDER_CONTENT);
	begin(1);
	fragment(54, 0x2000, 2);
	assert_int_equal(judge(), 2);
	fragment(9, 5, 2);
	assert_int_equal(judge(), 2);
	assert_int_equal(out[0].index, 1);
	assert_int_equal(out[1].index, 2);
}

static void
verdict_of_a_filter_outlives_the_table(void **state)
{
	struct matcher_memory *memory = matcher_memory_new();
	struct order *o = add_subject(ORDER_CONTENT);

	o->filter = filter_dns;
	strcpy(o->sha256, "11111111111111112222222222222222");
	begin(1);
	matcher_remember(matcher, memory);
	fragment(54, 0x2000, 2);
	assert_int_equal(judge(), 0);
	matcher_free(matcher);
	/* A case without a filter stands before it now. */
	orders[0] = add_subject(ORDER_CONTENT);
	orders[1] = o;
	begin(1);
	matcher_remember(matcher, memory);
	fragment(53, 5, 2);
	assert_int_equal(judge(), 1);
	assert_int_equal(out[0].index, 0);
	assert_int_equal(kind(MATCHER_FRAGMENT_UNKNOWN), 0);
	matcher_free(matcher);
	matcher = NULL;
	matcher_memory_free(memory);
}

static void
flood_of_fragments_is_bounded_and_forgets_instead_of_dropping(void **state)
{
	unsigned id;

	add_subject(ORDER_CONTENT)->filter = filter_dns;
	begin(1);
	for (id = 0; id < 20000; id++) {
		fragment(54, 0x2000, id);
		assert_int_equal(judge_at(frame.n, (stamp_t)id), 0);
	}
	fragment(54, 5, 19999);
	assert_int_equal(judge_at(frame.n, 20000), 0);
	fragment(54, 5, 0);
	assert_int_equal(judge_at(frame.n, 20000), 1);
}

static void
ipv6_fragments_follow_their_first_whatever_header_they_announce(void **state)
{
	add_subject(ORDER_CONTENT)->filter = filter_dns;
	begin(1);
	sample_first_fragment6(&frame);
	assert_int_equal(judge(), 1);
	frame.data[14 + 40 + 8] = 0;
	frame.data[14 + 40 + 9] = 54;
	frame.data[14 + 40 + 7]++;
	assert_int_equal(judge(), 0);
	frame.n = 0;
	sample_later_fragment6(&frame);
	frame.data[14 + 40] = 60;
	frame.data[14 + 40 + 7]++;
	assert_int_equal(judge(), 0);
}

static void
fault_037_gso_frame_is_kept_whole(void **state)
{
	add_subject(ORDER_CONTENT);
	begin(1);
	sample_gso(&frame);
	assert_int_equal(judge(), 1);
	assert_int_equal(out[0].caplen, frame.n);
	frame.n = 0;
	sample_jumbogram(&frame);
	assert_int_equal(judge(), 1);
	assert_int_equal(out[0].caplen, frame.n);
}

static void
fault_038_impossible_header_length_is_nobodys_and_counted(void **state)
{
	add_subject(ORDER_CONTENT);
	begin(1);
	sample_short_ihl(&frame);
	assert_int_equal(judge(), 0);
	frame.n = 0;
	sample_long_ihl(&frame);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_BAD_IP), 2);
}

static void
fault_035_runt_is_nobodys_and_counted(void **state)
{
	uint32_t n;

	add_subject(ORDER_CONTENT);
	begin(1);
	sample_plain4(&frame);
	for (n = 0; n < 14; n++)
		assert_int_equal(judge_at(n, 0), 0);
	assert_int_equal(kind(MATCHER_RUNT), 14);
}

static void
fault_036_snapped_frame_is_the_subjects_as_soon_as_its_addresses_are_there(void **state)
{
	uint32_t n;

	add_subject(ORDER_HEADERS);
	begin(1);
	sample_plain4(&frame);
	for (n = 0; n <= frame.n; n++) {
		assert_int_equal(judge_at(n, 0), n >= 34);
		if (n >= 34)
			assert_int_equal(out[0].caplen, n < 54 ? n : 54);
	}
	assert_int_equal(kind(MATCHER_CUT), 20);
}

static void
no_order_judges_every_frame_nobodys(void **state)
{
	size_t i;

	for (i = 0; i < SAMPLES_COUNT; i++) {
		begin(samples[i].linktype);
		sample_build(&samples[i], &frame);
		assert_int_equal(judge(), 0);
		matcher_free(matcher);
	}
	matcher = NULL;
}

/* Promise 3 in the small: random frames between strangers, of every form, with 64 overlapping subjects elsewhere. */
static void
strangers_frames_are_never_stored(void **state)
{
	struct order *o = add_order(ORDER_CONTENT);
	uint32_t seed = 7, i;

	add_prefix(o, "198.51.100.0", 24);
	add_prefix(o, "2001:db8:77::", 48);
	add_mac(ORDER_CONTENT);
	begin(1);
	for (i = 0; i < 200000; i++) {
		size_t k;

		seed = seed * 1664525U + 1013904223U;
		frame.n = 0;
		if (seed >> 31) {
			link_vlan(&frame);
			frame_v4(&frame, "203.0.113.1", "203.0.113.2", 6, 40);
		} else {
			frame_link(&frame, 0x86dd);
			frame_v6(&frame, "2001:db8:78::1", "2001:db8:79::1", 6, 40);
		}
		/* Low address bytes at random: neighbours of the subjects, never in them. */
		for (k = 0; k < 2; k++)
			frame.data[frame.n - 1 - 4 * k] = (uint8_t)(seed >> (8 + 8 * k));
		frame_tcp(&frame, 1, 2, 0);
		frame_zeros(&frame, 20);
		assert_int_equal(judge(), 0);
	}
}

static void
filter_that_does_not_compile_is_told_with_the_case_only(void **state)
{
	static char bad[] = "host 198.51.100.7 and host example.com";
	int pipefd[2];
	char line[512] = "";
	ssize_t n;

	add_subject(ORDER_CONTENT)->filter = bad;
	assert_int_equal(pipe(pipefd), 0);
	diag_capture(pipefd[1]);
	assert_null(matcher_new(orders, order_count, 1));
	diag_capture(-1);
	n = read(pipefd[0], line, sizeof(line) - 1);
	assert_true(n > 0);
	assert_non_null(strstr(line, "LI-0"));
	assert_null(strstr(line, "198.51"));
	assert_null(strstr(line, "example"));
	(void)close(pipefd[0]);
	(void)close(pipefd[1]);
	assert_int_equal(matcher_check_filter(filter_dns, line, sizeof(line)), 0);
	assert_int_equal(matcher_check_filter(bad, line, sizeof(line)), -1);
}

static void
supported_link_types_are_those_of_the_contract(void **state)
{
	static const uint32_t good[] = {0, 1, 12, 101, 108, 113, 276}, bad[] = {9, 105, 127, 143, 192, UINT32_MAX};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(matcher_supports(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(matcher_supports(bad[i]));
}

static void
every_kind_has_its_word(void **state)
{
	int k;

	for (k = 0; k < MATCHER_KINDS; k++)
		assert_non_null(matcher_kind_text((enum matcher_kind)k));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(fault_041_subject_is_found_in_every_encapsulation_that_is_followed),
	    TEST(quick_and_slow_way_agree_at_every_caplen),
	    TEST(fault_041_strangers_tunnel_with_the_subject_inside_is_not_the_subjects),
	    TEST(icmp_error_that_quotes_the_subject_to_others_is_not_the_subjects),
	    TEST(fault_042_spoofed_source_counts_as_the_subject),
	    TEST(fault_033_overlapping_orders_each_get_the_frame_after_their_own_scope),
	    TEST(order_whose_subject_talks_to_itself_gets_the_frame_once),
	    TEST(mac_is_found_as_source_and_as_destination),
	    TEST(macs_that_end_alike_are_told_apart),
	    TEST(mac_inside_a_tunnel_is_not_at_the_operators_level),
	    TEST(mac_with_header_scope_is_cut_by_the_packet_beneath),
	    TEST(mac_of_a_cooked_header_is_its_source),
	    TEST(fault_043_arp_that_names_the_subject_is_kept_only_with_broadcast),
	    TEST(vlan_qualifier_narrows_and_never_matches_alone),
	    TEST(stack_qualifier_is_met_by_just_these_two_tags),
	    TEST(stack_is_that_of_one_ethernet_header),
	    TEST(stack_qualifier_narrows_an_order_that_is_alone_with_its_subject),
	    TEST(session_qualifier_narrows_addresses_and_macs),
	    TEST(filter_means_the_same_in_every_encapsulation),
	    TEST(fault_024_filter_never_keeps_what_is_not_the_subjects),
	    TEST(filter_looks_behind_ipv6_extension_headers),
	    TEST(filter_does_not_see_padding_behind_the_packet),
	    TEST(fault_041_what_is_neither_ip_nor_followed_beneath_labels_is_counted),
	    TEST(fault_041_what_may_be_two_things_beneath_labels_and_is_neither_for_sure_is_counted),
	    TEST(mac_with_a_filter_keeps_only_packets_that_pass),
	    TEST(fault_039_later_fragments_follow_their_first_under_a_filter),
	    TEST(fault_039_later_fragment_without_filter_matches_by_address),
	    TEST(first_fragment_is_forgotten_after_a_second),
	    TEST(fault_039_id_that_is_used_again_is_not_judged_by_the_packet_before),
	    TEST(each_order_remembers_fragments_by_its_own_filter),
	    TEST(verdict_of_a_filter_outlives_the_table),
	    TEST(flood_of_fragments_is_bounded_and_forgets_instead_of_dropping),
	    TEST(ipv6_fragments_follow_their_first_whatever_header_they_announce),
	    TEST(fault_037_gso_frame_is_kept_whole),
	    TEST(fault_038_impossible_header_length_is_nobodys_and_counted),
	    TEST(fault_035_runt_is_nobodys_and_counted),
	    TEST(fault_036_snapped_frame_is_the_subjects_as_soon_as_its_addresses_are_there),
	    TEST(no_order_judges_every_frame_nobodys),
	    TEST(strangers_frames_are_never_stored),
	    TEST(filter_that_does_not_compile_is_told_with_the_case_only),
	    TEST(supported_link_types_are_those_of_the_contract),
	    TEST(every_kind_has_its_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
