#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "fragments.h"
#include "kfilter.h"
#include "layers.h"
#include "matcher.h"
#include "quick.h"
#include "sequence.h"
#include "tunnels.h"

#include "kfilters.h"
#include "samples.h"
#include "wrapped.h"

#define ORDERS_MAX 20

static struct frame frame;
static struct conf_tunnel conf[2];
static struct tunnels *tunnels;
static struct order table[ORDERS_MAX];
static struct order_prefix prefixes[ORDERS_MAX][2];
static uint8_t macs[1][6];
static const struct order *orders[ORDERS_MAX];
static size_t order_count;
static struct matcher *matcher;
static struct match out[ORDERS_MAX];
static stamp_t now;

static struct order *
add_subject(enum order_scope scope)
{
	struct order *o = &table[order_count];
	struct order_prefix *p = prefixes[order_count];

	orders[order_count++] = o;
	memset(o, 0, sizeof(*o));
	memset(p, 0, sizeof(prefixes[0]));
	(void)snprintf(o->case_id, sizeof(o->case_id), "LI-%zu", order_count);
	o->scope = scope;
	o->prefixes = p;
	o->prefix_count = 2;
	p[0].family = 4;
	p[0].bits = 32;
	p[1].family = 6;
	p[1].bits = 128;
	assert_int_equal(inet_pton(AF_INET, FRAME_SUBJECT4, p[0].addr), 1);
	assert_int_equal(inet_pton(AF_INET6, FRAME_SUBJECT6, p[1].addr), 1);
	return o;
}

static void
begin_linktype(unsigned kinds, uint32_t linktype)
{
	wrapped_configure(&conf[0], kinds);
	tunnels = tunnels_new(conf, 1);
	assert_non_null(tunnels);
	matcher = matcher_new_tunnels(orders, order_count, linktype, tunnels);
	assert_non_null(matcher);
}

static void
begin(unsigned kinds)
{
	begin_linktype(kinds, 1);
}

static void
end(void)
{
	matcher_free(matcher);
	tunnels_free(tunnels);
	matcher = NULL;
	tunnels = NULL;
}

static size_t
judge_at(uint32_t caplen, uint32_t len)
{
	uint8_t *data = frame_exact(&frame, caplen);
	size_t n = matcher_frame(matcher, data, caplen, len, now, out), i;

	for (i = 0; i < n; i++) {
		assert_true(out[i].start <= caplen && out[i].caplen <= caplen - out[i].start);
		assert_true(out[i].start + out[i].len <= len || out[i].len == caplen);
		assert_true(out[i].caplen <= out[i].len);
	}
	free(data);
	return n;
}

static size_t
judge(void)
{
	return judge_at(frame.n, frame.n);
}

static uint64_t
kind(enum matcher_kind k)
{
	return matcher_kinds(matcher)[k];
}

static uint64_t
kinds_sum(void)
{
	uint64_t sum = 0;
	int k;

	for (k = 0; k < MATCHER_KINDS; k++)
		sum += kind((enum matcher_kind)k);
	return sum;
}

static int
setup(void **state)
{
	order_count = 0;
	frame.n = 0;
	memcpy(macs[0], frame_mac_a, 6);
	return 0;
}

static int
teardown(void **state)
{
	end();
	return 0;
}

static void
fault_041_subject_is_found_between_configured_end_points_in_every_kind(void **state)
{
	size_t i;

	add_subject(ORDER_CONTENT);
	for (i = 0; i < WRAPPED_COUNT; i++) {
		print_message("  %s\n", wrapped[i].name);
		begin(1U << wrapped[i].kind);
		wrapped_build(&wrapped[i], &frame, WRAPPED_FROM, WRAPPED_TO);
		assert_int_equal(judge(), 1);
		assert_int_equal(out[0].start, 0);
		assert_int_equal(out[0].caplen, frame.n);
		assert_int_equal(out[0].len, frame.n);
		wrapped_build(&wrapped[i], &frame, WRAPPED_FROM6, WRAPPED_TO6);
		assert_int_equal(judge(), 1);
		assert_true(kinds_sum() == 0);
		end();
	}
}

static void
fault_041_strangers_tunnel_of_every_kind_is_not_followed(void **state)
{
	static const char *const ends[][2] = {{WRAPPED_FROM, FRAME_OTHER4}, {FRAME_OTHER4, WRAPPED_TO},
	    {FRAME_OTHER4, FRAME_OTHER4}, {WRAPPED_FROM6, FRAME_OTHER6}, {FRAME_OTHER6, WRAPPED_TO6},
	    {WRAPPED_FROM, WRAPPED_FROM}, {WRAPPED_TO6, WRAPPED_TO6}};
	size_t i, k;

	add_subject(ORDER_CONTENT);
	for (i = 0; i < WRAPPED_COUNT; i++) {
		begin(WRAPPED_ALL_KINDS);
		for (k = 0; k < sizeof(ends) / sizeof(ends[0]); k++) {
			wrapped_build(&wrapped[i], &frame, ends[k][0], ends[k][1]);
			assert_int_equal(judge(), 0);
			/* A stranger's packet at the port of our CCC looks like any other. */
			assert_true(kind(MATCHER_TUNNEL) == (wrapped[i].kind == CONF_TUNNEL_CCC ? 0 : k + 1));
		}
		end();
	}
}

static void
kind_that_is_not_configured_is_not_followed(void **state)
{
	size_t i;

	add_subject(ORDER_CONTENT);
	for (i = 0; i < WRAPPED_COUNT; i++) {
		unsigned kinds = WRAPPED_ALL_KINDS & ~(1U << wrapped[i].kind);

		if (wrapped[i].kind == CONF_TUNNEL_NVGRE)
			kinds &= ~(1U << CONF_TUNNEL_GRE);
		begin(kinds);
		wrapped_build(&wrapped[i], &frame, WRAPPED_FROM, WRAPPED_TO);
		assert_int_equal(judge(), 0);
		end();
	}
}

static void
tunnel_runs_both_ways_and_a_router_stream_one_way(void **state)
{
	size_t i;

	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	for (i = 0; i < WRAPPED_COUNT; i++) {
		wrapped_build(&wrapped[i], &frame, WRAPPED_TO, WRAPPED_FROM);
		assert_int_equal(judge(), wrapped[i].kind < CONF_TUNNEL_ERSPAN);
	}
}

static void
l2tp_is_known_by_either_port(void **state)
{
	static const struct wrapped *w;

	for (w = wrapped; w->kind != CONF_TUNNEL_L2TP; w++)
		;
	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	wrapped_build(w, &frame, WRAPPED_TO, WRAPPED_FROM);
	memcpy(frame.data + 34, "\x06\xa5\x9c\x40", 4);
	assert_int_equal(judge(), 1);
}

static void
layers_stand_where_they_were_put(void **state)
{
	struct layers l;
	size_t i;

	begin(WRAPPED_ALL_KINDS);
	for (i = 0; i < WRAPPED_COUNT; i++) {
		const struct layer *last;

		wrapped_build(&wrapped[i], &frame, WRAPPED_FROM, WRAPPED_TO);
		layers_follow(&l, tunnels, 1, frame.data, frame.n, frame.n);
		last = &l.at[l.count - 1];
		assert_int_equal(last->type, LAYER_IP);
		assert_int_equal(last->packet.version, wrapped[i].version);
		assert_int_equal(last->at, wrapped_at(&wrapped[i]));
		assert_int_equal(last->packet.end, frame.n);
		assert_int_equal(last->vlan_count - last->vlan_first, wrapped[i].vlan != 0);
		if (wrapped[i].vlan != 0)
			assert_int_equal(l.vlans[last->vlan_first], wrapped[i].vlan);
	}
}

static void
headers_are_cut_at_the_layer_that_matched(void **state)
{
	size_t i;

	add_subject(ORDER_HEADERS);
	add_subject(ORDER_HEADERS_WITHOUT_PORTS);
	for (i = 0; i < WRAPPED_COUNT; i++) {
		uint32_t network = wrapped_at(&wrapped[i]) + (wrapped[i].version == 4 ? 20 : 40);

		begin(WRAPPED_ALL_KINDS);
		wrapped_build(&wrapped[i], &frame, WRAPPED_FROM, WRAPPED_TO);
		assert_int_equal(judge(), 2);
		assert_int_equal(out[0].caplen, network + 20);
		assert_int_equal(out[1].caplen, network);
		end();
	}
}

/* The subject is an end point of what looks like our tunnel: what it carries is content. */
static void
what_a_subject_carries_in_its_own_tunnel_is_content(void **state)
{
	size_t i;

	add_subject(ORDER_HEADERS);
	begin(WRAPPED_ALL_KINDS);
	for (i = 0; i < WRAPPED_COUNT; i++) {
		wrapped_build(&wrapped[i], &frame, FRAME_SUBJECT4, WRAPPED_TO);
		assert_int_equal(judge(), 1);
		assert_int_equal(out[0].caplen, wrapped[i].proto == 17 ? 42 : 34);
	}
}

/* A tunnel of the subject's own inside one of ours is a stranger's: the least that its outer layer allows is kept. */
static void
subjects_own_tunnel_inside_ours_is_cut_at_the_subjects_layer(void **state)
{
	add_subject(ORDER_HEADERS);
	begin(WRAPPED_ALL_KINDS);
	frame_link(&frame, 0x0800);
	frame_v4(&frame, WRAPPED_FROM, WRAPPED_TO, 4, 20 + 8 + 8 + 14 + FRAME_SUBJECT4_LENGTH);
	frame_v4(&frame, FRAME_SUBJECT4, FRAME_OTHER4, 17, 8 + 8 + 14 + FRAME_SUBJECT4_LENGTH);
	frame_udp(&frame, 40000, 4789, 8 + 14 + FRAME_SUBJECT4_LENGTH);
	wrapped_vxlan(&frame);
	assert_int_equal(judge(), 1);
	assert_int_equal(out[0].caplen, 14 + 20 + 20 + 8);
	assert_int_equal(kind(MATCHER_TUNNEL), 1);
}

static void
tags_of_the_carrier_do_not_qualify_what_it_carries(void **state)
{
	static uint16_t vlans[] = {100};
	struct order *o = add_subject(ORDER_CONTENT);

	o->vlans = vlans;
	o->vlan_count = 1;
	begin(WRAPPED_ALL_KINDS);
	frame_link(&frame, 0x8100);
	frame_vlan(&frame, 100, 0x0800);
	frame_v4(&frame, WRAPPED_FROM, WRAPPED_TO, 47, 4 + FRAME_SUBJECT4_LENGTH);
	wrapped_gre4(&frame);
	assert_int_equal(judge(), 0);
}

static void
tag_that_erspan_took_off_qualifies_the_frame(void **state)
{
	static uint16_t vlans[] = {100};
	struct order *o = add_subject(ORDER_CONTENT);
	size_t i;

	o->vlans = vlans;
	o->vlan_count = 1;
	o->macs = macs;
	o->mac_count = 1;
	begin(WRAPPED_ALL_KINDS);
	for (i = 0; i < WRAPPED_COUNT; i++) {
		wrapped_build(&wrapped[i], &frame, WRAPPED_FROM, WRAPPED_TO);
		assert_int_equal(judge(), wrapped[i].vlan == 100);
	}
}

static void
stack_is_within_the_tunnel_and_what_erspan_took_off_is_its_outer_tag(void **state)
{
	static const struct {
		unsigned outer[2], moved, inner[2]; /* tags; 0: none */
		int is_stack;
	} ways[] = {
	    {{100, 7}, 0, {0, 0}, 0},
	    {{100, 0}, 0, {7, 0}, 0},
	    {{5, 0}, 0, {100, 7}, 1},
	    {{100, 7}, 0, {100, 7}, 1},
	    {{0, 0}, 100, {7, 0}, 1},
	    {{100, 0}, 7, {0, 0}, 0},
	    {{0, 0}, 7, {100, 0}, 0},
	    {{0, 0}, 100, {0, 0}, 0},
	    {{0, 0}, 5, {100, 7}, 0},
	    {{5, 6}, 100, {7, 0}, 1},
	};
	static struct order_stack stacks[] = {{100, 7}};
	static struct frame inner;
	struct order *o = add_subject(ORDER_CONTENT);
	size_t i, k;

	o->stacks = stacks;
	o->stack_count = 1;
	o->macs = macs;
	o->mac_count = 1;
	begin(WRAPPED_ALL_KINDS);
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const unsigned *out_tags = ways[i].outer, *in_tags = ways[i].inner;

		inner.n = frame.n = 0;
		frame_be32(&inner, 0x100088be);
		frame_be32(&inner, 1);
		/* ERSPAN II: a tag of 802.1Q was taken off, or there was none. */
		frame_be32(&inner, 0x10000000 | ways[i].moved << 16 | (ways[i].moved != 0 ? 2U : 0) << 11 | 5);
		frame_be32(&inner, 3);
		frame_ethernet(&inner, frame_mac_b, frame_mac_a, in_tags[0] != 0 ? 0x8100 : 0x0800);
		for (k = 0; k < 2 && in_tags[k] != 0; k++)
			frame_vlan(&inner, in_tags[k], k == 0 && in_tags[1] != 0 ? 0x8100 : 0x0800);
		frame_subject4(&inner);
		frame_link(&frame, out_tags[0] != 0 ? 0x8100 : 0x0800);
		for (k = 0; k < 2 && out_tags[k] != 0; k++)
			frame_vlan(&frame, out_tags[k], k == 0 && out_tags[1] != 0 ? 0x8100 : 0x0800);
		frame_v4(&frame, WRAPPED_FROM, WRAPPED_TO, 47, inner.n);
		frame_put(&frame, inner.data, inner.n);
		if (judge() != (size_t)ways[i].is_stack)
			fail_msg("way %zu", i);
	}
}

/* An ERSPAN stream of a type, with a VLAN number and what type II says of it, around a frame with these tags. */
struct erspan_tags {
	unsigned type, vlan, said, tags[3]; /* 0: no tag, 1: a priority tag */
};

static void
build_erspan(const struct erspan_tags *e)
{
	static struct frame inner;
	size_t k;

	inner.n = frame.n = 0;
	frame_be32(&inner, e->type == 3 ? 0x100022eb : 0x100088be);
	frame_be32(&inner, 1);
	if (e->type == 3) {
		frame_be32(&inner, 0x20000005 | e->vlan << 16);
		frame_be32(&inner, 12345678);
		frame_be32(&inner, 0x00008000);
	} else {
		frame_be32(&inner, 0x10000005 | e->vlan << 16 | e->said << 11);
		frame_be32(&inner, 3);
	}
	frame_ethernet(&inner, frame_mac_b, frame_mac_a, e->tags[0] != 0 ? 0x8100 : 0x0800);
	for (k = 0; k < 3 && e->tags[k] != 0; k++)
		frame_vlan(&inner, e->tags[k] == 1 ? 0 : e->tags[k], k < 2 && e->tags[k + 1] != 0 ? 0x8100 : 0x0800);
	frame_subject4(&inner);
	frame_link(&frame, 0x0800);
	frame_v4(&frame, WRAPPED_FROM, WRAPPED_TO, 47, inner.n);
	frame_put(&frame, inner.data, inner.n);
}

/* Where the number of the header may be that of the frame's own first tag, no stack is found that one of both has alone. */
static void
stack_that_erspan_leaves_open_is_left_out_and_counted(void **state)
{
	enum {
		NO,
		YES,
		OPEN
	};
	static const struct {
		struct erspan_tags e;
		int answers[3]; /* as configured: auto, header, frame */
	} ways[] = {
	    /* Linux: what is in the frame, and its first tag in the header. */
	    {{3, 100, 0, {100, 7}}, {OPEN, NO, YES}},
	    {{3, 100, 0, {100}}, {OPEN, YES, NO}},
	    {{3, 100, 0, {100, 100}}, {OPEN, NO, YES}},
	    {{3, 100, 0, {100, 100, 7}}, {NO, NO, NO}},
	    {{3, 0, 0, {100, 7}}, {YES, YES, YES}}, /* 802.1ad: it tells nothing of it */
	    {{2, 100, 3, {100, 7}}, {YES, YES, YES}},
	    {{2, 0, 0, {100, 7}}, {YES, YES, YES}},
	    /* Taken off. */
	    {{3, 100, 0, {7}}, {YES, YES, NO}},
	    {{3, 100, 0, {0}}, {NO, NO, NO}},
	    {{3, 7, 0, {100}}, {NO, NO, NO}},
	    {{3, 5, 0, {100, 7}}, {NO, NO, YES}},
	    {{2, 100, 2, {7}}, {YES, YES, NO}},
	    {{2, 100, 2, {100}}, {YES, YES, NO}},
	    {{2, 100, 2, {100, 7}}, {NO, NO, YES}},
	    {{2, 100, 1, {7}}, {YES, YES, NO}},
	    /* 802.1Q, they say, and no number: a priority tag, or nothing at all. */
	    {{2, 0, 2, {100, 7}}, {OPEN, NO, YES}},
	    {{2, 0, 2, {7}}, {NO, NO, NO}},
	    /* Without a tag, in the VLAN of its port. */
	    {{2, 100, 0, {7}}, {YES, YES, NO}},
	    {{2, 100, 0, {100}}, {OPEN, YES, NO}},
	    {{2, 100, 0, {100, 7}}, {OPEN, NO, YES}},
	    {{2, 100, 0, {0}}, {NO, NO, NO}},
	    {{3, 100, 0, {100, 8}}, {NO, NO, NO}},
	    {{3, 100, 0, {1, 7}}, {NO, NO, NO}},
	};
	static struct order_stack stacks[] = {{100, 7}, {100, 100}};
	struct order *o = add_subject(ORDER_CONTENT);
	size_t i;
	int k;

	o->stacks = stacks;
	o->stack_count = 2;
	o->macs = macs;
	o->mac_count = 1;
	wrapped_configure(&conf[0], WRAPPED_ALL_KINDS);
	for (k = 0; k < 3; k++) {
		conf[0].erspan_vlan = (enum conf_erspan_vlan)k;
		tunnels = tunnels_new(conf, 1);
		assert_non_null(tunnels);
		matcher = matcher_new_tunnels(orders, order_count, 1, tunnels);
		assert_non_null(matcher);
		for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
			uint64_t before = kind(MATCHER_ERSPAN_TAG);
			int answer;

			build_erspan(&ways[i].e);
			answer = judge() == 1 ? YES : NO;
			if (kind(MATCHER_ERSPAN_TAG) > before)
				answer = answer == YES ? -1 : OPEN;
			if (answer != ways[i].answers[k])
				fail_msg("way %zu, configured %d: %d", i, k, answer);
		}
		assert_int_equal(kinds_sum(), kind(MATCHER_ERSPAN_TAG));
		end();
	}
}

/* Only what would be stored, were it not for that tag, is counted; a number alone is met either way. */
static void
tag_that_erspan_leaves_open_counts_only_where_it_matters(void **state)
{
	static const struct erspan_tags twice = {3, 100, 0, {100, 7}};
	static struct order_stack stacks[] = {{100, 7}};
	static uint16_t vlans[] = {100};
	static char filter[] = "tcp port 1";
	struct order *o = add_subject(ORDER_CONTENT);

	build_erspan(&twice);
	o->vlans = vlans;
	o->vlan_count = 1;
	begin(WRAPPED_ALL_KINDS);
	assert_int_equal(judge(), 1);
	assert_int_equal(kind(MATCHER_ERSPAN_TAG), 0);
	end();
	o->vlan_count = 0;
	o->stacks = stacks;
	o->stack_count = 1;
	o->prefixes[0].addr[3] ^= 1;
	begin(WRAPPED_ALL_KINDS);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_ERSPAN_TAG), 0);
	end();
	o->prefixes[0].addr[3] ^= 1;
	o->filter = filter;
	begin(WRAPPED_ALL_KINDS);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_ERSPAN_TAG), 0);
	end();
	o->filter = NULL;
	begin(WRAPPED_ALL_KINDS);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_ERSPAN_TAG), 1);
	end();
}

/* Only the orders that lack it are in doubt: not one that has it by the carrier's own header, whose tags are plain. */
static void
tag_that_erspan_leaves_open_is_no_doubt_of_who_has_the_frame(void **state)
{
	static const struct erspan_tags twice = {3, 100, 0, {100, 7}};
	static struct order_stack stacks[] = {{100, 7}};
	static struct frame bare;
	const uint32_t *doubted;
	size_t i;

	for (i = 0; i < 2; i++) {
		struct order *o = add_subject(ORDER_CONTENT);

		o->stacks = stacks;
		o->stack_count = 1;
	}
	build_erspan(&twice);
	bare = frame;
	frame.n = 0;
	frame_ethernet(&frame, frame_mac_b, frame_mac_a, 0x8100);
	frame_vlan(&frame, 100, 0x8100);
	frame_vlan(&frame, 7, 0x0800);
	frame_put(&frame, bare.data + 14, bare.n - 14);
	begin(WRAPPED_ALL_KINDS);
	assert_int_equal(judge(), 0);
	assert_int_equal(matcher_take_doubted(matcher, &doubted), 2);
	assert_int_equal(matcher_take_doubted(matcher, &doubted), 0);
	assert_int_equal(kind(MATCHER_ERSPAN_TAG), 1);
	end();
	prefixes[0][1] = prefixes[0][0];
	assert_int_equal(inet_pton(AF_INET, WRAPPED_FROM, prefixes[0][1].addr), 1);
	begin(WRAPPED_ALL_KINDS);
	assert_int_equal(judge(), 1);
	assert_int_equal(out[0].index, 0);
	assert_int_equal(matcher_take_doubted(matcher, &doubted), 1);
	assert_int_equal(doubted[0], 1);
	assert_int_equal(kind(MATCHER_ERSPAN_TAG), 1);
	end();
	prefixes[1][1] = prefixes[0][1];
	begin(WRAPPED_ALL_KINDS);
	assert_int_equal(judge(), 2);
	assert_int_equal(matcher_take_doubted(matcher, &doubted), 0);
	assert_int_equal(kind(MATCHER_ERSPAN_TAG), 0);
	/* Nor is there any left of a frame that nobody asked about. */
	assert_int_equal(judge(), 2);
	assert_int_equal(matcher_take_doubted(matcher, &doubted), 0);
	end();
}

static void
mac_inside_a_configured_tunnel_is_at_the_operators_level(void **state)
{
	struct order *o = add_subject(ORDER_HEADERS);
	size_t i;

	o->prefix_count = 0;
	o->macs = macs;
	o->mac_count = 1;
	for (i = 0; i < WRAPPED_COUNT; i++) {
		uint32_t at = wrapped_at(&wrapped[i]), has_mac;

		begin(WRAPPED_ALL_KINDS);
		wrapped_build(&wrapped[i], &frame, WRAPPED_FROM, WRAPPED_TO);
		has_mac = memcmp(frame.data + at - 8, frame_mac_a, 6) == 0 ||
			  memcmp(frame.data + at - 12, frame_mac_a, 6) == 0;
		assert_int_equal(judge(), has_mac);
		if (has_mac)
			assert_int_equal(out[0].caplen, at + (wrapped[i].version == 4 ? 40 : 60));
		end();
	}
}

static void
router_stream_is_unwrapped_where_it_is_asked_for(void **state)
{
	size_t i, k, found = 0;

	add_subject(ORDER_CONTENT);
	add_subject(ORDER_HEADERS);
	for (i = 0; i < WRAPPED_COUNT; i++) {
		uint32_t base = wrapped_at(&wrapped[i]) - wrapped[i].at + wrapped[i].frame_at;
		int is_ethernet = wrapped[i].kind != CONF_TUNNEL_CCC;

		if (wrapped[i].frame_at == 0)
			continue;
		wrapped_configure(&conf[0], 1U << wrapped[i].kind);
		conf[0].unwrap = 1;
		tunnels = tunnels_new(conf, 1);
		matcher = matcher_new_tunnels(orders, order_count, 1, tunnels);
		wrapped_build(&wrapped[i], &frame, WRAPPED_FROM, WRAPPED_TO);
		/* Padding behind the outer packet is not the inner frame's. */
		frame_zeros(&frame, 9);
		assert_int_equal(judge(), 2);
		for (k = 0; k < 2; k++) {
			assert_int_equal(out[k].start, is_ethernet ? base : 0);
			assert_int_equal(out[k].len, is_ethernet ? frame.n - 9 - base : frame.n);
		}
		assert_int_equal(out[0].caplen, out[0].len);
		assert_int_equal(
		    out[1].start + out[1].caplen, wrapped_at(&wrapped[i]) + (wrapped[i].version == 4 ? 40 : 60));
		end();
		found++;
	}
	assert_int_equal(found, 7);
}

static void
datagram_of_ccc_is_unwrapped_into_raw_ip(void **state)
{
	const struct wrapped *w = &wrapped[WRAPPED_COUNT - 1];

	add_subject(ORDER_CONTENT);
	wrapped_configure(&conf[0], WRAPPED_ALL_KINDS);
	conf[0].unwrap = 1;
	tunnels = tunnels_new(conf, 1);
	matcher = matcher_new_tunnels(orders, order_count, 101, tunnels);
	wrapped_build(w, &frame, WRAPPED_FROM, WRAPPED_TO);
	assert_int_equal(matcher_frame(matcher, frame.data + 14, frame.n - 14, frame.n - 14, 0, out), 1);
	assert_int_equal(out[0].start, 28 + 20);
	assert_int_equal(out[0].caplen, FRAME_SUBJECT4_LENGTH);
	/* An Ethernet frame has no place among raw IP packets. */
	w = &wrapped[WRAPPED_COUNT - 2];
	wrapped_build(w, &frame, WRAPPED_FROM, WRAPPED_TO);
	assert_int_equal(matcher_frame(matcher, frame.data + 14, frame.n - 14, frame.n - 14, 0, out), 1);
	assert_int_equal(out[0].start, 0);
}

/* Every length, as it was cut off by the wire and as it was snapped, in a block of exactly that length. */
static void
fault_035_and_036_every_kind_is_read_within_bounds_at_every_length(void **state)
{
	uint32_t n;
	size_t i;

	add_subject(ORDER_HEADERS);
	add_subject(ORDER_CONTENT);
	for (i = 0; i < WRAPPED_COUNT; i++) {
		uint32_t needed = wrapped_at(&wrapped[i]) + (wrapped[i].version == 4 ? 20 : 40);

		begin(WRAPPED_ALL_KINDS);
		wrapped_build(&wrapped[i], &frame, WRAPPED_FROM, WRAPPED_TO);
		for (n = 0; n <= frame.n; n++) {
			uint64_t before = kinds_sum();

			assert_int_equal(judge_at(n, frame.n), n >= needed ? 2 : 0);
			/* What was too short to be judged is counted. */
			assert_true(n >= needed || kinds_sum() > before);
			(void)judge_at(n, n);
		}
		end();
	}
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

/* Every byte of the tunnel's headers at random: nothing is read out of bounds, nothing is asserted, nothing loops. */
static void
hostile_headers_are_read_within_bounds(void **state)
{
	uint32_t seed = 1, round, k;
	size_t i;

	add_subject(ORDER_HEADERS);
	begin(WRAPPED_ALL_KINDS);
	for (i = 0; i < WRAPPED_COUNT; i++) {
		for (round = 0; round < 4000; round++) {
			wrapped_build(&wrapped[i], &frame, WRAPPED_FROM, WRAPPED_TO);
			for (k = 0; k <= round % 4; k++)
				frame.data[34 + next_random(&seed) % (wrapped_at(&wrapped[i]) + 40 - 34)] =
				    (uint8_t)next_random(&seed);
			(void)judge_at(next_random(&seed) % 8 == 0 ? next_random(&seed) % frame.n : frame.n, frame.n);
		}
	}
}

static void
length_that_reaches_behind_the_packet_is_no_header(void **state)
{
	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	/* GENEVE: 252 bytes of options in less; L2TP: an offset; TZSP: a tag's value, and padding without an end. */
	frame_link(&frame, 0x0800);
	frame_v4(&frame, WRAPPED_FROM, WRAPPED_TO, 17, 16 + FRAME_SUBJECT4_LENGTH);
	frame_udp(&frame, 1, 6081, 8 + FRAME_SUBJECT4_LENGTH);
	frame_be32(&frame, 0x3f000800);
	frame_be32(&frame, 0);
	frame_subject4(&frame);
	assert_int_equal(judge(), 0);
	frame.n = 42;
	frame.data[36] = 1701 >> 8;
	frame.data[37] = 1701 & 0xff;
	frame_be16(&frame, 0x0202);
	frame_be32(&frame, 1);
	frame_be16(&frame, 0xffff);
	frame_subject4(&frame);
	assert_int_equal(judge(), 0);
	frame.n = 42;
	frame.data[36] = 37008 >> 8;
	frame.data[37] = 37008 & 0xff;
	frame_be32(&frame, 0x01000001);
	frame_be16(&frame, 0x0aff);
	frame_zeros(&frame, 2);
	frame_subject4(&frame);
	assert_int_equal(judge(), 0);
	frame.n = 46;
	frame_zeros(&frame, 4 + FRAME_SUBJECT4_LENGTH);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_TUNNEL), 4);
}

static void
control_messages_are_nobodys(void **state)
{
	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	/* L2TP control; GRE keepalive; a TZSP keepalive. */
	frame_link(&frame, 0x0800);
	frame_v4(&frame, WRAPPED_FROM, WRAPPED_TO, 17, 20);
	frame_udp(&frame, 1701, 1701, 12);
	frame_be32(&frame, 0xc802000c);
	frame_zeros(&frame, 8);
	assert_int_equal(judge(), 0);
	frame.n = 14;
	frame_v4(&frame, WRAPPED_FROM, WRAPPED_TO, 47, 4);
	frame_be32(&frame, 0);
	assert_int_equal(judge(), 0);
	frame.n = 14;
	frame_v4(&frame, WRAPPED_FROM, WRAPPED_TO, 17, 12);
	frame_udp(&frame, 1, 37008, 4);
	frame_be32(&frame, 0x01040000);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_NOT_IP), 3);
}

static void
compressed_ppp_in_a_tunnel_is_counted(void **state)
{
	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	frame_link(&frame, 0x0800);
	frame_v4(&frame, WRAPPED_FROM, WRAPPED_TO, 17, 18 + FRAME_SUBJECT4_LENGTH);
	frame_udp(&frame, 1701, 1701, 10 + FRAME_SUBJECT4_LENGTH);
	wrapped_l2tp(&frame);
	frame.data[42 + 8] = 0;
	frame.data[42 + 9] = 0xfd;
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_PPP_COMPRESSED), 1);
}

static void
nesting_is_bounded(void **state)
{
	int i;

	add_subject(ORDER_CONTENT);
	begin_linktype(WRAPPED_ALL_KINDS, 113);
	frame_zeros(&frame, 14);
	frame.data[3] = 1;
	frame.data[5] = 6;
	frame_be16(&frame, 0x0800);
	for (i = 0; i < 40; i++)
		frame_v4(&frame, WRAPPED_FROM, WRAPPED_TO, 4, 20U * (39U - (unsigned)i) + FRAME_SUBJECT4_LENGTH);
	frame_subject4(&frame);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_TOO_DEEP), 1);
}

static void
tunnel_in_a_tunnel_is_followed(void **state)
{
	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	frame_link(&frame, 0x0800);
	frame_v4(&frame, WRAPPED_FROM, WRAPPED_TO, 47, 4 + 20 + 30 + FRAME_SUBJECT4_LENGTH);
	frame_be32(&frame, 0x0800);
	frame_v4(&frame, WRAPPED_TO, WRAPPED_FROM, 17, 30 + FRAME_SUBJECT4_LENGTH);
	frame_udp(&frame, 1, 4789, 22 + FRAME_SUBJECT4_LENGTH);
	wrapped_vxlan(&frame);
	assert_int_equal(judge(), 1);
}

/* One of two fragments of a tunnel's packet, with its id. */
static void
fragment(const char *src, unsigned where, unsigned id)
{
	frame.n = 0;
	frame_link(&frame, 0x0800);
	frame_v4_full(&frame, src, WRAPPED_TO, 47, 64, 0, where);
	frame.data[18] = (uint8_t)(id >> 8);
	frame.data[19] = (uint8_t)id;
	if ((where & 0x1fff) == 0)
		wrapped_gre4(&frame);
	else
		frame_zeros(&frame, 64);
	frame.n = 14 + 20 + 64;
}

static void
fault_039_later_fragments_of_a_tunnels_packet_follow_its_first(void **state)
{
	add_subject(ORDER_CONTENT);
	add_subject(ORDER_HEADERS);
	begin(WRAPPED_ALL_KINDS);
	fragment(WRAPPED_FROM, 0x2000, 1);
	assert_int_equal(judge(), 2);
	fragment(WRAPPED_FROM, 8, 1);
	assert_int_equal(judge(), 2);
	assert_int_equal(out[0].caplen, frame.n);
	assert_int_equal(out[1].caplen, 34);
	assert_int_equal(kind(MATCHER_TUNNEL_FRAGMENT), 0);
	/* another packet's; another sender's */
	fragment(WRAPPED_FROM, 8, 2);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_TUNNEL_FRAGMENT), 1);
	fragment(FRAME_OTHER4, 8, 1);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_TUNNEL_FRAGMENT), 1);
}

/* The last of the subject's packet was seen: what else has its id is somebody else's until a first fragment says whose. */
static void
fault_039_id_of_a_tunnels_packet_that_is_used_again_is_not_the_subjects(void **state)
{
	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	fragment(WRAPPED_FROM, 0x2000, 99);
	assert_int_equal(judge(), 1);
	fragment(WRAPPED_FROM, 8, 99);
	assert_int_equal(judge(), 1);
	/* a mirror of both directions shows it twice, at once */
	assert_int_equal(judge(), 1);
	/* the later one of a stranger's packet comes first */
	now += STAMP_SECOND / 50;
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_TUNNEL_FRAGMENT), 1);
	fragment(WRAPPED_FROM, 0x2000, 99);
	frame.data[14 + 20 + 4 + 15]++;
	assert_int_equal(judge(), 0);
	/* then the subject's again */
	now += STAMP_SECOND / 50;
	fragment(WRAPPED_FROM, 0x2000, 99);
	assert_int_equal(judge(), 1);
	fragment(WRAPPED_FROM, 0x2008, 99);
	assert_int_equal(judge(), 1);
	fragment(WRAPPED_FROM, 16, 99);
	assert_int_equal(judge(), 1);
	now += STAMP_SECOND / 50;
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_TUNNEL_FRAGMENT), 2);
}

static void
fault_039_tunnels_packet_whose_fragments_change_places_or_come_twice_stays_whole(void **state)
{
	static const unsigned places[] = {0x2018, 0x2008, 0x2018, 0x200c, 0x2028, 0x2020, 0x2010, 48};
	size_t i;

	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	/* [0, 64), then in and out of order, overlapping and twice, up to 448 */
	fragment(WRAPPED_FROM, 0x2000, 3);
	assert_int_equal(judge(), 1);
	assert_int_equal(judge(), 1);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		fragment(WRAPPED_FROM, places[i], 3);
		assert_int_equal(judge(), 1);
	}
	assert_int_equal(kind(MATCHER_TUNNEL_FRAGMENT), 0);
	now += STAMP_SECOND / 50;
	fragment(WRAPPED_FROM, 0x2008, 3);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_TUNNEL_FRAGMENT), 1);
}

/* Two packets of one id at once, a piece that lies behind the packet's end, more holes than are remembered, a second. */
static void
fault_039_fragment_in_doubt_is_nobodys_and_counted(void **state)
{
	unsigned i;

	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	fragment(WRAPPED_FROM, 0x2000, 1);
	assert_int_equal(judge(), 1);
	frame.data[14 + 20 + 4 + 15]++;
	assert_int_equal(judge(), 0);
	fragment(WRAPPED_FROM, 8, 1);
	assert_int_equal(judge(), 0);
	fragment(WRAPPED_FROM, 0x2000, 2);
	assert_int_equal(judge(), 1);
	fragment(WRAPPED_FROM, 24, 2);
	assert_int_equal(judge(), 1);
	fragment(WRAPPED_FROM, 32, 2);
	assert_int_equal(judge(), 0);
	fragment(WRAPPED_FROM, 0x2000, 3);
	assert_int_equal(judge(), 1);
	for (i = 1; i < 8; i++) {
		fragment(WRAPPED_FROM, 0x2000 + 16 * i, 3);
		assert_int_equal(judge(), i < 6);
	}
	assert_int_equal(kind(MATCHER_TUNNEL_FRAGMENT), 4);
	fragment(WRAPPED_FROM, 0x2000, 4);
	assert_int_equal(judge(), 1);
	now += STAMP_SECOND + 1;
	fragment(WRAPPED_FROM, 8, 4);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_TUNNEL_FRAGMENT), 5);
}

/* Between the end points runs more than the tunnel: a datagram at another port, under the id of one that is on its way. */
static void
fault_039_packet_beside_the_tunnel_makes_its_id_doubtful(void **state)
{
	const struct wrapped *w = wrapped;

	while (w->kind != CONF_TUNNEL_VXLAN)
		w++;
	add_subject(ORDER_CONTENT);
	begin(1U << CONF_TUNNEL_VXLAN);
	wrapped_build(w, &frame, WRAPPED_FROM, WRAPPED_TO);
	frame.data[20] = 0x20;
	assert_int_equal(judge(), 1);
	frame.data[36]++;
	frame.data[34]++;
	assert_int_equal(judge(), 0);
	frame.data[20] = 0;
	frame.data[21] = 100;
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_TUNNEL_FRAGMENT), 1);
}

static void
fragments_of_a_packet_for_nobody_are_nobodys_and_known(void **state)
{
	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	fragment(WRAPPED_FROM, 0x2000, 1);
	frame.data[14 + 20 + 4 + 15]++;
	assert_int_equal(judge(), 0);
	fragment(WRAPPED_FROM, 8, 1);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_TUNNEL_FRAGMENT), 0);
}

/* Another table, in another order and of other revisions, takes over in the middle of a packet. */
static void
memory_of_fragments_outlives_the_table_and_knows_orders_by_their_file(void **state)
{
	struct matcher_memory *memory = matcher_memory_new();
	const struct order *first;

	strcpy(add_subject(ORDER_CONTENT)->sha256, "11111111111111112222222222222222");
	strcpy(add_subject(ORDER_CONTENT)->sha256, "33333333333333332222222222222222");
	strcpy(add_subject(ORDER_HEADERS)->sha256, "55555555555555552222222222222222");
	first = orders[0];
	begin(WRAPPED_ALL_KINDS);
	matcher_remember(matcher, memory);
	fragment(WRAPPED_FROM, 0x2000, 1);
	assert_int_equal(judge(), 3);
	matcher_free(matcher);
	orders[0] = orders[2];
	orders[2] = first;
	strcpy(table[1].sha256, "44444444444444442222222222222222");
	matcher = matcher_new_tunnels(orders, order_count, 1, tunnels);
	matcher_remember(matcher, memory);
	fragment(WRAPPED_FROM, 0x2008, 1);
	assert_int_equal(judge(), 2);
	assert_int_equal(out[0].index, 0);
	assert_int_equal(out[0].caplen, 34);
	assert_int_equal(out[1].index, 2);
	assert_int_equal(out[1].caplen, frame.n);
	assert_int_equal(kind(MATCHER_TUNNEL_FRAGMENT), 0);
	matcher_free(matcher);
	matcher = matcher_new_tunnels(orders, 1, 1, tunnels);
	matcher_remember(matcher, memory);
	assert_int_equal(judge(), 1);
	assert_int_equal(out[0].index, 0);
	matcher_free(matcher);
	matcher = NULL;
	matcher_memory_free(memory);
}

/* The frame at hand becomes the first fragment of a packet, or a later one of it. */
static void
cut_at(unsigned where, unsigned id)
{
	frame.data[18] = (uint8_t)(id >> 8);
	frame.data[19] = (uint8_t)id;
	frame.data[20] = (uint8_t)(where >> 8);
	frame.data[21] = (uint8_t)where;
}

static size_t
doubted(uint32_t index)
{
	const uint32_t *list;
	size_t n = matcher_take_doubted(matcher, &list);

	if (n > 0)
		assert_int_equal(list[0], index);
	return n;
}

static void
later_fragments_of_a_packet_that_erspan_leaves_open_are_in_doubt_as_the_first(void **state)
{
	static const struct erspan_tags twice = {3, 100, 0, {100, 7}}, once = {3, 100, 0, {7}};
	static struct order_stack stacks[] = {{100, 7}};
	struct order *o;

	add_subject(ORDER_CONTENT); /* of any VLAN: it is its subject's */
	o = add_subject(ORDER_CONTENT);
	o->stacks = stacks;
	o->stack_count = 1;
	begin(WRAPPED_ALL_KINDS);
	build_erspan(&twice);
	cut_at(0x2000, 1);
	assert_int_equal(judge(), 1);
	assert_int_equal(doubted(1), 1);
	cut_at(0x2010, 1);
	assert_int_equal(judge(), 1);
	assert_int_equal(out[0].index, 0);
	assert_int_equal(doubted(1), 1);
	cut_at(0x20, 1);
	assert_int_equal(judge(), 1);
	assert_int_equal(doubted(1), 1);
	assert_int_equal(kind(MATCHER_ERSPAN_TAG), 3);
	/* One that is decided has none, and what was undecided is not kept after another of the same id. */
	build_erspan(&once);
	cut_at(0x2000, 2);
	assert_int_equal(judge(), 2);
	cut_at(0x2010, 2);
	assert_int_equal(judge(), 2);
	assert_int_equal(doubted(1), 0);
	build_erspan(&twice);
	cut_at(0x2000, 2);
	assert_int_equal(judge(), 1);
	cut_at(0x2020, 2);
	assert_int_equal(judge(), 0);
	assert_int_equal(doubted(1), 0);
	assert_int_equal(kind(MATCHER_TUNNEL_FRAGMENT), 1);
}

/* As many as find room: what is stored for some is not given up. */
static void
doubts_of_a_packet_take_no_room_from_those_who_have_it(void **state)
{
	static const struct erspan_tags twice = {3, 100, 0, {100, 7}};
	static struct order_stack stacks[] = {{100, 7}};
	int i;

	for (i = 0; i < ORDERS_MAX; i++) {
		struct order *o = add_subject(ORDER_CONTENT);

		o->stacks = stacks;
		o->stack_count = i < ORDERS_MAX - 2;
	}
	begin(WRAPPED_ALL_KINDS);
	build_erspan(&twice);
	cut_at(0x2000, 1);
	assert_int_equal(judge(), 2);
	assert_int_equal(doubted(0), ORDERS_MAX - 2);
	cut_at(0x20, 1);
	assert_int_equal(judge(), 2);
	assert_int_equal(out[1].index, ORDERS_MAX - 1);
	assert_int_equal(doubted(0), FRAGMENTS_ORDERS_MAX - 2);
	assert_int_equal(kind(MATCHER_TUNNEL_FRAGMENT), 0);
}

static void
packet_of_more_orders_than_are_remembered_is_counted(void **state)
{
	int i;

	for (i = 0; i < ORDERS_MAX; i++)
		add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	fragment(WRAPPED_FROM, 0x2000, 1);
	assert_int_equal(judge(), ORDERS_MAX);
	fragment(WRAPPED_FROM, 8, 1);
	assert_int_equal(judge(), 0);
	assert_int_equal(kind(MATCHER_TUNNEL_FRAGMENT), 1);
}

static void
quick_way_is_not_taken_past_a_configured_port(void **state)
{
	static const struct wrapped *w = &wrapped[WRAPPED_COUNT - 1];
	static struct quick without, with;

	add_subject(ORDER_CONTENT);
	begin(1U << CONF_TUNNEL_CCC);
	quick_init(&without, NULL);
	quick_init(&with, tunnels_ports(tunnels));
	wrapped_build(w, &frame, WRAPPED_FROM, WRAPPED_TO);
	assert_true(quick_ip(&without, frame.data, frame.n, frame.n) != 0);
	assert_int_equal(quick_ip(&with, frame.data, frame.n, frame.n), 0);
	assert_int_equal(judge(), 1);
	wrapped_build(w, &frame, WRAPPED_FROM6, WRAPPED_TO6);
	assert_int_equal(judge(), 1);
}

/* Against the words of quick.h, port by port: of strangers' tunnels, and of as many configurations as there are bits. */
static void
quick_way_stays_away_from_each_port_of_a_tunnel_and_from_no_other(void **state)
{
	static struct tunnels_ports ports;
	static struct quick quick;
	uint32_t round, port;

	(void)state;
	for (round = 0; round < 5; round++) {
		memset(&ports, 0, sizeof(ports));
		ports.has_any = round > 0;
		for (port = 0; port <= UINT16_MAX; port += round == 2 ? 1 : 4093)
			ports.bits[port / 64] |= (uint64_t)1 << port % 64;
		if (round >= 3)
			ports.bits[round == 3 ? 0 : 1023] = UINT64_MAX;
		memset(&quick, 0xff, sizeof(quick)); /* nothing of before stays */
		quick_init(&quick, round == 4 ? NULL : &ports);
		for (port = 0; port <= UINT16_MAX; port++) {
			const uint8_t high = (uint8_t)(port >> 8), low = (uint8_t)port,
				      udp[4] = {high, low, high, low};

			assert_int_equal(quick_has_port(&quick, udp),
			    packet_ports_are_tunnel(udp) ||
				(round > 0 && round < 4 && tunnels_ports_have(&ports, udp)));
		}
	}
}

/* One order for a subject may be found on the quick way, two never are. */
static void
compare_ways(struct matcher *slow)
{
	struct match both[2];
	uint32_t caplen;
	size_t n;

	for (caplen = 0; caplen <= frame.n; caplen++) {
		n = judge_at(caplen, frame.n);
		assert_int_equal(matcher_frame(slow, frame.data, caplen, frame.n, now, both), 2 * n);
		if (n > 0) {
			assert_int_equal(out[0].start, both[0].start);
			assert_int_equal(out[0].caplen, both[0].caplen);
			assert_int_equal(out[0].len, both[0].len);
		}
		assert_memory_equal(matcher_kinds(matcher), matcher_kinds(slow), MATCHER_KINDS * sizeof(uint64_t));
	}
}

/* Also where the inner packet, or a field of the outer headers, is another than it should be. */
static void
quick_and_slow_way_agree_on_every_tunnel_at_every_caplen(void **state)
{
	struct matcher *slow;
	uint32_t at;
	size_t i;

	add_subject(ORDER_CONTENT);
	add_subject(ORDER_CONTENT);
	order_count = 1;
	begin(WRAPPED_ALL_KINDS);
	slow = matcher_new_tunnels(orders, 2, 1, tunnels);
	assert_non_null(slow);
	for (i = 0; i < WRAPPED_COUNT; i++) {
		wrapped_build(&wrapped[i], &frame, WRAPPED_FROM, WRAPPED_TO);
		compare_ways(slow);
		for (at = 14; at < frame.n && at < 110; at++) {
			frame.data[at] ^= 0x48;
			assert_int_equal(matcher_frame(slow, frame.data, frame.n, frame.n, now, out), 2 * judge());
			assert_memory_equal(
			    matcher_kinds(matcher), matcher_kinds(slow), MATCHER_KINDS * sizeof(uint64_t));
			frame.data[at] ^= 0x48;
		}
	}
	matcher_free(slow);
}

/* Without tunnels, or with those of others, every frame is judged as it always was. */
static void
other_frames_are_judged_as_without_tunnels(void **state)
{
	struct match plain[ORDERS_MAX];
	struct matcher *without;
	size_t i;

	add_subject(ORDER_HEADERS);
	for (i = 0; i < SAMPLES_COUNT; i++) {
		begin_linktype(WRAPPED_ALL_KINDS, samples[i].linktype);
		without = matcher_new(orders, order_count, samples[i].linktype);
		assert_non_null(without);
		sample_build(&samples[i], &frame);
		assert_int_equal(judge(), matcher_frame(without, frame.data, frame.n, frame.n, 0, plain));
		assert_memory_equal(matcher_kinds(matcher), matcher_kinds(without), MATCHER_KINDS * sizeof(uint64_t));
		if (samples[i].version != 0) {
			assert_int_equal(out[0].caplen, plain[0].caplen);
			assert_int_equal(out[0].len, plain[0].len);
			assert_int_equal(plain[0].start, 0);
		}
		matcher_free(without);
		end();
	}
}

/* The kernel lets pass what the matcher would find a subject in. */
static void
kernel_filter_passes_what_comes_through_tunnels(void **state)
{
	const struct order *all[2];
	struct kfilter *filter;
	struct kmachine k;
	size_t i;

	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	all[0] = orders[0];
	all[1] = tunnels_ends(tunnels);
	filter = kfilter_new(all, 2, 1);
	assert_non_null(filter);
	memset(&k, 0, sizeof(k));
	k.program = kfilter_program(filter, &k.count);
	assert_true(k.count > 0);
	for (i = 0; i < WRAPPED_COUNT * 3; i++) {
		const struct wrapped *w = &wrapped[i / 3];

		if (i % 3 == 2)
			wrapped_build(w, &frame, FRAME_OTHER4, "203.0.113.10");
		else
			wrapped_build(
			    w, &frame, i % 3 ? WRAPPED_FROM6 : WRAPPED_TO, i % 3 ? WRAPPED_TO6 : WRAPPED_FROM);
		(void)kmachine_view(&k, 1, frame.data, frame.n);
		assert_int_equal(kmachine_run(&k), i % 3 != 2);
	}
	kfilter_free(filter);
}

static void
number(uint32_t sequence, uint32_t session)
{
	frame.n = 0;
	frame_link(&frame, 0x0800);
	frame_v4(&frame, WRAPPED_FROM, WRAPPED_TO, 47, 0);
	frame_be32(&frame, 0x100088be);
	frame_be32(&frame, sequence);
	frame_be32(&frame, 0x10000000 | session);
	frame_be32(&frame, 0);
	frame_link(&frame, 0x0800);
	frame_subject4(&frame);
	wrapped_close(&frame, 14);
	assert_int_equal(judge(), 1);
}

/* A packet of GRE with a key, of which there are more than sessions of ERSPAN. */
static void
keyed(uint32_t sequence, uint32_t key)
{
	frame.n = 0;
	frame_link(&frame, 0x0800);
	frame_v4(&frame, WRAPPED_FROM, WRAPPED_TO, 47, 0);
	frame_be32(&frame, 0x30000800);
	frame_be32(&frame, key);
	frame_be32(&frame, sequence);
	frame_subject4(&frame);
	wrapped_close(&frame, 14);
	assert_int_equal(judge(), 1);
}

static uint64_t
settled(void)
{
	tunnels_settle(tunnels);
	return tunnels_lost(tunnels, 0);
}

static void
missing_numbers_are_lost_frames(void **state)
{
	uint32_t i;

	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	for (i = 0; i < 1000; i++) {
		if (i % 10 != 3)
			number(0xffffff00 + i, 5);
	}
	assert_true(tunnels_lost(tunnels, 0) >= 93 && tunnels_lost(tunnels, 0) <= 100);
	assert_true(settled() == 100);
	/* and only once */
	assert_true(settled() == 100);
	number(0xffffff00 + 1000, 5);
	number(0xffffff00 + 1500, 5);
	assert_true(settled() == 599);
}

static void
reordered_and_duplicate_numbers_are_not_lost(void **state)
{
	uint32_t i;

	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	number(99, 5);
	for (i = 100; i < 1000; i += 20) {
		uint32_t k;

		for (k = 20; k-- > 0;)
			number(i + k, 5);
		number(i + 7, 5);
	}
	assert_true(settled() == 0);
}

static void
sender_that_starts_anew_loses_nothing(void **state)
{
	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	number(5000000, 5);
	number(5000002, 5);
	number(0, 5);
	number(1, 5);
	number(2, 5);
	assert_true(settled() == 1);
	/* One stray number is no new beginning. */
	number(0x80000000, 5);
	number(3, 5);
	number(4, 5);
	assert_true(settled() == 1);
}

static void
streams_are_counted_apart(void **state)
{
	uint32_t i;

	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	for (i = 0; i < 100; i++) {
		number(i, 5);
		number(1000000 + i, 6);
	}
	assert_true(settled() == 0);
	/* More streams than there is room for: the oldest makes room, and what it still missed is lost. */
	for (i = 0; i < 2 * SEQUENCES_ROOM; i++) {
		keyed(7, 7 + i);
		keyed(9, 7 + i);
	}
	assert_true(settled() == 2 * SEQUENCES_ROOM);
}

/* What is missing of a stream that made room, before it comes again, is known to nobody: that is told. */
static void
streams_that_make_room_are_told_if_they_were_not_silent(void **state)
{
	stamp_t since;
	uint64_t n;
	uint32_t i;

	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	now = 1000 * STAMP_SECOND;
	for (i = 0; i < 512; i++)
		keyed(7, i);
	for (i = 0; i < 512; i++)
		keyed(9, i);
	assert_int_equal(settled(), 512);
	assert_false(tunnels_take_crowd(tunnels, now, &n, &since));
	assert_int_equal(n, 0);
	assert_true(since == INT64_MAX);
	for (i = 0; i < 2 * SEQUENCES_ROOM; i++) {
		now += STAMP_SECOND / 1000;
		keyed(7, 1000 + i);
	}
	assert_true(tunnels_take_crowd(tunnels, now, &n, &since));
	assert_true(n >= SEQUENCES_ROOM);
	assert_true(since == 1000 * STAMP_SECOND);
	assert_true(tunnels_take_crowd(tunnels, now + SEQUENCES_SILENT - STAMP_SECOND, &n, &since));
	assert_int_equal(n, 0);
	assert_false(tunnels_take_crowd(tunnels, now + SEQUENCES_SILENT, &n, &since));
	/* Those that are over make room as well, and nothing of them is missing. */
	now += 2 * SEQUENCES_SILENT;
	for (i = 0; i < 200; i++)
		keyed(7, 100000 + i);
	assert_false(tunnels_take_crowd(tunnels, now, &n, &since));
	assert_int_equal(n, 0);
	now = 0;
}

/* So many streams, a few sessions of each of many senders, come in turn; how many had to make room? */
static uint64_t
put_out_of(uint32_t streams, uint32_t sessions, uint32_t seed)
{
	struct sequence_losses losses = {.since = INT64_MAX, .unknown = INT64_MAX, .latest = STAMP_NONE};
	struct sequences *s = sequences_new();
	uint64_t sums[1] = {0};
	uint32_t i, number;

	assert_non_null(s);
	losses.sums = sums;
	for (number = 1; number < 4; number++) {
		for (i = 0; i < streams; i++) {
			uint32_t sender = seed + i / sessions;
			struct sequence_key k;

			memset(&k, 0, sizeof(k));
			k.addresses[0] = 10;
			k.addresses[1] = (uint8_t)(sender >> 16);
			k.addresses[2] = (uint8_t)(sender >> 8);
			k.addresses[3] = (uint8_t)sender;
			k.addresses[4] = 192;
			k.addresses[7] = 1;
			k.stream = 1 + i % sessions;
			k.version = 4;
			sequences_count(s, &k, number, number * STAMP_SECOND, &losses);
		}
	}
	sequences_settle(s, &losses);
	assert_int_equal(sums[0], 0);
	sequences_free(s);
	return losses.put_out;
}

static void
streams_put_each_other_out_only_where_the_room_is_nearly_full(void **state)
{
	static const uint32_t sessions[] = {1, 2, 5, 64, 1000};
	uint32_t seed;
	size_t i;

	for (i = 0; i < 5; i++) {
		for (seed = 0; seed < 40; seed++) {
			assert_int_equal(put_out_of(500, sessions[i], seed * 257), 0);
			assert_int_equal(put_out_of(1000, sessions[i], seed * 257), 0);
			assert_int_equal(put_out_of(2000, sessions[i], seed * 257), 0);
			assert_int_equal(put_out_of(3000, sessions[i], seed * 257), 0);
		}
		assert_true(put_out_of(SEQUENCES_ROOM + 1, sessions[i], 0) > 0);
	}
}

static void
sequence_survives_a_change_of_orders(void **state)
{
	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	number(1, 5);
	matcher_free(matcher);
	matcher = matcher_new_tunnels(orders, order_count, 1, tunnels);
	number(4, 5);
	assert_true(settled() == 2);
}

static void
losses_are_taken_once_with_a_time_before_them(void **state)
{
	stamp_t since, lost_at = 0;
	uint64_t taken = 0;
	uint32_t i;

	add_subject(ORDER_CONTENT);
	begin(WRAPPED_ALL_KINDS);
	for (i = 0; i < 2000; i++) {
		uint64_t n;

		now = (stamp_t)i * STAMP_SECOND;
		if (i % 500 == 250) {
			lost_at = now;
			continue;
		}
		number(i, 5);
		n = tunnels_take_lost(tunnels, &since);
		taken += n;
		if (n > 0)
			assert_true(since < lost_at && lost_at - since <= 3 * TUNNELS_WINDOW * STAMP_SECOND);
	}
	now = 0;
	assert_int_equal(taken, 4);
	assert_int_equal(settled(), 4);
}

static void
first_section_that_fits_decides(void **state)
{
	const struct wrapped *w = wrapped;

	while (w->kind != CONF_TUNNEL_ERSPAN)
		w++;
	add_subject(ORDER_CONTENT);
	wrapped_configure(&conf[0], 1U << CONF_TUNNEL_VXLAN);
	wrapped_configure(&conf[1], 1U << CONF_TUNNEL_ERSPAN);
	conf[1].unwrap = 1;
	tunnels = tunnels_new(conf, 2);
	matcher = matcher_new_tunnels(orders, order_count, 1, tunnels);
	wrapped_build(w, &frame, WRAPPED_FROM, WRAPPED_TO);
	assert_int_equal(judge(), 1);
	assert_true(out[0].start > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(fault_041_subject_is_found_between_configured_end_points_in_every_kind),
	    TEST(fault_041_strangers_tunnel_of_every_kind_is_not_followed),
	    TEST(kind_that_is_not_configured_is_not_followed),
	    TEST(tunnel_runs_both_ways_and_a_router_stream_one_way),
	    TEST(l2tp_is_known_by_either_port),
	    TEST(layers_stand_where_they_were_put),
	    TEST(headers_are_cut_at_the_layer_that_matched),
	    TEST(what_a_subject_carries_in_its_own_tunnel_is_content),
	    TEST(subjects_own_tunnel_inside_ours_is_cut_at_the_subjects_layer),
	    TEST(tags_of_the_carrier_do_not_qualify_what_it_carries),
	    TEST(tag_that_erspan_took_off_qualifies_the_frame),
	    TEST(stack_is_within_the_tunnel_and_what_erspan_took_off_is_its_outer_tag),
	    TEST(stack_that_erspan_leaves_open_is_left_out_and_counted),
	    TEST(tag_that_erspan_leaves_open_counts_only_where_it_matters),
	    TEST(tag_that_erspan_leaves_open_is_no_doubt_of_who_has_the_frame),
	    TEST(mac_inside_a_configured_tunnel_is_at_the_operators_level),
	    TEST(router_stream_is_unwrapped_where_it_is_asked_for),
	    TEST(datagram_of_ccc_is_unwrapped_into_raw_ip),
	    TEST(fault_035_and_036_every_kind_is_read_within_bounds_at_every_length),
	    TEST(hostile_headers_are_read_within_bounds),
	    TEST(length_that_reaches_behind_the_packet_is_no_header),
	    TEST(control_messages_are_nobodys),
	    TEST(compressed_ppp_in_a_tunnel_is_counted),
	    TEST(nesting_is_bounded),
	    TEST(tunnel_in_a_tunnel_is_followed),
	    TEST(fault_039_later_fragments_of_a_tunnels_packet_follow_its_first),
	    TEST(fault_039_id_of_a_tunnels_packet_that_is_used_again_is_not_the_subjects),
	    TEST(fault_039_tunnels_packet_whose_fragments_change_places_or_come_twice_stays_whole),
	    TEST(fault_039_fragment_in_doubt_is_nobodys_and_counted),
	    TEST(fault_039_packet_beside_the_tunnel_makes_its_id_doubtful),
	    TEST(fragments_of_a_packet_for_nobody_are_nobodys_and_known),
	    TEST(memory_of_fragments_outlives_the_table_and_knows_orders_by_their_file),
	    TEST(later_fragments_of_a_packet_that_erspan_leaves_open_are_in_doubt_as_the_first),
	    TEST(doubts_of_a_packet_take_no_room_from_those_who_have_it),
	    TEST(packet_of_more_orders_than_are_remembered_is_counted),
	    TEST(quick_way_is_not_taken_past_a_configured_port),
	    TEST(quick_way_stays_away_from_each_port_of_a_tunnel_and_from_no_other),
	    TEST(quick_and_slow_way_agree_on_every_tunnel_at_every_caplen),
	    TEST(other_frames_are_judged_as_without_tunnels),
	    TEST(kernel_filter_passes_what_comes_through_tunnels),
	    TEST(missing_numbers_are_lost_frames),
	    TEST(reordered_and_duplicate_numbers_are_not_lost),
	    TEST(sender_that_starts_anew_loses_nothing),
	    TEST(streams_are_counted_apart),
	    TEST(streams_that_make_room_are_told_if_they_were_not_silent),
	    TEST(streams_put_each_other_out_only_where_the_room_is_nearly_full),
	    TEST(sequence_survives_a_change_of_orders),
	    TEST(losses_are_taken_once_with_a_time_before_them),
	    TEST(first_section_that_fits_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
