#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "layers.h"
#include "matcher.h"
#include "quick.h"

#include "samples.h"

static struct frame frame;
static struct quick quick_none;

static const struct layer *
ip_of(const struct layers *l)
{
	return l->count == 0 ? NULL : layers_ip(l, &l->at[0]);
}

static void
every_encapsulation_is_followed_to_its_ip_header(void **state)
{
	struct layers l;
	size_t i;

	for (i = 0; i < SAMPLES_COUNT; i++) {
		const struct sample *s = &samples[i];
		const struct layer *ip;

		print_message("  %s\n", s->name);
		sample_build(s, &frame);
		layers_walk(&l, s->linktype, frame.data, frame.n, frame.n);
		assert_int_equal(l.kind, s->kind);
		ip = ip_of(&l);
		if (s->version == 0) {
			assert_null(ip);
			continue;
		}
		assert_non_null(ip);
		assert_int_equal(ip->packet.version, s->version);
		assert_int_equal(ip->at, s->at);
		assert_int_equal(ip->vlan_count, s->vlans);
		assert_int_equal(ip->session, s->session);
	}
}

static void
check_invariants(const struct layers *l)
{
	size_t i;

	assert_true(l->link_end <= l->caplen);
	for (i = 0; i < l->count; i++) {
		const struct layer *y = &l->at[i];

		assert_true(i == 0 || y->at > l->at[i - 1].at);
		assert_true(y->vlan_count <= l->vlan_count);
		if (y->type != LAYER_IP) {
			assert_true(y->at + 6U * y->address_count <= l->caplen);
			continue;
		}
		assert_true(l->link_end <= y->at);
		assert_true(y->at + (y->packet.version == 4 ? 20 : 40) <= l->caplen);
		assert_true(y->packet.network_end <= y->packet.end);
		assert_true(y->packet.end <= l->len);
		assert_true(packet_transport_end(&y->packet, l->data, l->caplen) <= y->packet.end);
	}
}

/* FAULTS 35, 36: every length from nothing to all, in a block of exactly that length. */
static void
sweep(const struct sample *s, int is_snapped)
{
	struct layers l;
	uint32_t n;

	sample_build(s, &frame);
	for (n = 0; n <= frame.n && n < 1200; n++) {
		uint8_t *data = frame_exact(&frame, n);
		uint32_t len = is_snapped ? frame.n : n, quick;

		layers_walk(&l, s->linktype, data, n, len);
		check_invariants(&l);
		quick = quick_ip(&quick_none, data, n, len);
		if (s->linktype == 1 && quick != 0) {
			assert_int_equal(l.kind, MATCHER_KINDS);
			assert_true(l.count == 2 || (l.count == 3 && l.at[1].type == LAYER_ETHERNET));
			assert_int_equal(l.at[l.count - 1].type, LAYER_IP);
			assert_int_equal(l.at[l.count - 1].at, quick);
		}
		free(data);
	}
}

static void
fault_035_runts_of_every_length_are_read_within_bounds(void **state)
{
	size_t i;

	for (i = 0; i < SAMPLES_COUNT; i++)
		sweep(&samples[i], 0);
}

static void
fault_036_snapped_frames_of_every_length_are_read_within_bounds(void **state)
{
	size_t i;

	for (i = 0; i < SAMPLES_COUNT; i++)
		sweep(&samples[i], 1);
}

static void
fault_037_gso_frame_without_total_length_reaches_to_its_end(void **state)
{
	struct layers l;

	frame.n = 0;
	sample_gso(&frame);
	layers_walk(&l, 1, frame.data, frame.n, frame.n);
	assert_true(frame.n > 65536);
	assert_int_equal(ip_of(&l)->packet.end, frame.n);
}

static void
fault_040_chain_of_100_extension_headers_ends_at_the_transport_header(void **state)
{
	struct layers l;

	frame.n = 0;
	sample_chain(&frame);
	layers_walk(&l, 1, frame.data, frame.n, frame.n);
	assert_int_equal(ip_of(&l)->packet.network_end, 14 + 40 + 800);
	assert_int_equal(ip_of(&l)->packet.proto, 17);
}

static void
chain_without_end_is_given_up_without_a_transport_header(void **state)
{
	struct layers l;

	frame.n = 0;
	sample_endless_chain(&frame);
	layers_walk(&l, 1, frame.data, frame.n, frame.n);
	assert_int_equal(ip_of(&l)->packet.proto, 59);
	assert_true(ip_of(&l)->packet.network_end < frame.n);
}

static void
extension_header_that_claims_to_end_behind_the_packet_is_not_stepped_over(void **state)
{
	struct layers l;

	frame.n = 0;
	frame_link(&frame, 0x86dd);
	frame_v6(&frame, FRAME_SUBJECT6, FRAME_OTHER6, 60, 8 + FRAME_CANARY_LENGTH);
	frame_extension(&frame, 17);
	frame.data[55] = 200;
	frame_canary(&frame);
	layers_walk(&l, 1, frame.data, frame.n, frame.n);
	assert_int_equal(ip_of(&l)->packet.network_end, 54);
	assert_int_equal(ip_of(&l)->packet.proto, 59);
}

static void
ethernet_header_owns_the_tags_and_the_session_behind_it(void **state)
{
	struct layers l;

	frame.n = 0;
	sample_pppoe6(&frame);
	layers_walk(&l, 1, frame.data, frame.n, frame.n);
	assert_int_equal(l.at[0].type, LAYER_ETHERNET);
	assert_int_equal(l.at[0].vlan_count, 1);
	assert_int_equal(l.at[0].session, 0x77);
	assert_int_equal(l.vlans[0], 100);
}

static void
tags_inside_a_pseudowire_are_not_the_outer_ethernet_headers(void **state)
{
	struct layers l;

	frame.n = 0;
	sample_pseudowire(&frame);
	layers_walk(&l, 1, frame.data, frame.n, frame.n);
	assert_int_equal(l.count, 3);
	assert_int_equal(l.at[0].vlan_count, 0);
	assert_int_equal(l.at[1].type, LAYER_ETHERNET);
	assert_int_equal(l.at[1].vlan_count, 1);
}

static void
cooked_header_has_one_mac_address(void **state)
{
	struct layers l;

	frame.n = 0;
	sample_sll(&frame);
	layers_walk(&l, 113, frame.data, frame.n, frame.n);
	assert_int_equal(l.at[0].address_count, 1);
	assert_memory_equal(frame.data + l.at[0].at, frame_mac_a, 6);
	frame.n = 0;
	sample_sll2(&frame);
	layers_walk(&l, 276, frame.data, frame.n, frame.n);
	assert_memory_equal(frame.data + l.at[0].at, frame_mac_a, 6);
}

static void
cooked_netlink_is_not_taken_for_ip(void **state)
{
	struct layers l;

	frame.n = 0;
	sample_sll(&frame);
	frame.data[2] = 824 >> 8;
	frame.data[3] = 824 & 0xff;
	layers_walk(&l, 113, frame.data, frame.n, frame.n);
	assert_int_equal(l.kind, MATCHER_NOT_IP);
	assert_int_equal(l.count, 0);
}

static void
usual_frames_take_the_quick_way(void **state)
{
	static const char *const usual[] = {"plain IPv4", "plain IPv6", "one VLAN tag", "QinQ", "three tags",
	    "PPPoE IPv4", "PPPoE IPv6 in a VLAN", "MPLS IPv4", "MPLS IPv6", "pseudowire with control word"};
	size_t i, k, found = 0;

	for (i = 0; i < SAMPLES_COUNT; i++) {
		for (k = 0; k < sizeof(usual) / sizeof(usual[0]); k++) {
			if (strcmp(samples[i].name, usual[k]) != 0)
				continue;
			sample_build(&samples[i], &frame);
			assert_int_equal(quick_ip(&quick_none, frame.data, frame.n, frame.n), samples[i].at);
			found++;
		}
	}
	assert_int_equal(found, sizeof(usual) / sizeof(usual[0]));
}

static void
tunnels_are_counted_by_protocol_and_port(void **state)
{
	static const unsigned protos[] = {4, 41, 47, 50, 97, 115, 137};
	static const unsigned ports[] = {1701, 2152, 4500, 4789, 6081, 37008, 51820};
	struct layers l;
	size_t i;

	for (i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
		frame.n = 0;
		frame_link(&frame, 0x0800);
		frame_v4(&frame, FRAME_OTHER4, FRAME_OTHER4, protos[i], FRAME_SUBJECT4_LENGTH);
		frame_subject4(&frame);
		layers_walk(&l, 1, frame.data, frame.n, frame.n);
		assert_int_equal(l.kind, MATCHER_TUNNEL);
		assert_int_equal(l.count, 2);
	}
	for (i = 0; i < 2 * sizeof(ports) / sizeof(ports[0]); i++) {
		frame.n = 0;
		frame_link(&frame, 0x86dd);
		frame_v6(&frame, FRAME_OTHER6, FRAME_OTHER6, 17, 8 + FRAME_SUBJECT4_LENGTH);
		frame_udp(&frame, i % 2 ? 1 : ports[i / 2], i % 2 ? ports[i / 2] : 1, FRAME_SUBJECT4_LENGTH);
		frame_subject4(&frame);
		assert_int_equal(quick_ip(&quick_none, frame.data, frame.n, frame.n), 0);
		layers_walk(&l, 1, frame.data, frame.n, frame.n);
		assert_int_equal(l.kind, MATCHER_TUNNEL);
		assert_int_equal(l.count, 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_encapsulation_is_followed_to_its_ip_header),
	    cmocka_unit_test(fault_035_runts_of_every_length_are_read_within_bounds),
	    cmocka_unit_test(fault_036_snapped_frames_of_every_length_are_read_within_bounds),
	    cmocka_unit_test(fault_037_gso_frame_without_total_length_reaches_to_its_end),
	    cmocka_unit_test(fault_040_chain_of_100_extension_headers_ends_at_the_transport_header),
	    cmocka_unit_test(chain_without_end_is_given_up_without_a_transport_header),
	    cmocka_unit_test(extension_header_that_claims_to_end_behind_the_packet_is_not_stepped_over),
	    cmocka_unit_test(ethernet_header_owns_the_tags_and_the_session_behind_it),
	    cmocka_unit_test(tags_inside_a_pseudowire_are_not_the_outer_ethernet_headers),
	    cmocka_unit_test(cooked_header_has_one_mac_address),
	    cmocka_unit_test(cooked_netlink_is_not_taken_for_ip),
	    cmocka_unit_test(usual_frames_take_the_quick_way),
	    cmocka_unit_test(tunnels_are_counted_by_protocol_and_port),
	};

	quick_init(&quick_none, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
