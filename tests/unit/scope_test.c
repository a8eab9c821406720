#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "layers.h"
#include "scope.h"

#include "samples.h"

static struct frame frame;

/* The cut of a frame whose subject was found at its IP layer (or, without one, at its first). */
static uint32_t
cut(enum order_scope scope, uint32_t linktype, uint32_t caplen)
{
	uint8_t *data = frame_exact(&frame, caplen);
	const struct layer *layer;
	struct layers l;
	uint32_t n;

	layers_walk(&l, linktype, data, caplen, frame.n);
	layer = layers_ip(&l, &l.at[0]);
	n = scope_cut(scope, &l, layer == NULL ? &l.at[0] : layer);
	free(data);
	return n;
}

static void
check(uint32_t headers, uint32_t without_ports)
{
	assert_int_equal(cut(ORDER_CONTENT, 1, frame.n), frame.n);
	assert_int_equal(cut(ORDER_HEADERS, 1, frame.n), headers);
	assert_int_equal(cut(ORDER_HEADERS_WITHOUT_PORTS, 1, frame.n), without_ports);
}

static void
start4(unsigned proto, unsigned payload, unsigned options, unsigned fragment)
{
	frame.n = 0;
	frame_link(&frame, 0x0800);
	frame_v4_full(&frame, FRAME_SUBJECT4, FRAME_OTHER4, proto, payload, options, fragment);
}

static void
start6(unsigned next, unsigned payload)
{
	frame.n = 0;
	frame_link(&frame, 0x86dd);
	frame_v6(&frame, FRAME_SUBJECT6, FRAME_OTHER6, next, payload);
}

static void
tcp_is_cut_by_its_data_offset(void **state)
{
	unsigned options;

	for (options = 0; options <= 40; options += 4) {
		start4(6, 20 + options + FRAME_CANARY_LENGTH, 0, 0);
		frame_tcp(&frame, 1, 2, options);
		frame_canary(&frame);
		check(frame.n - FRAME_CANARY_LENGTH, 34);
	}
}

static void
ip_options_belong_to_the_network_header(void **state)
{
	start4(17, 8 + FRAME_CANARY_LENGTH, 24, 0);
	frame_udp(&frame, 1, 2, FRAME_CANARY_LENGTH);
	frame_canary(&frame);
	check(14 + 20 + 24 + 8, 14 + 20 + 24);
}

static void
icmp_error_keeps_nothing_of_the_packet_it_quotes(void **state)
{
	start4(1, 8 + FRAME_SUBJECT4_LENGTH, 0, 0);
	frame_be32(&frame, 0x03010000);
	frame_be32(&frame, 0);
	frame_subject4(&frame);
	check(42, 34);
	start6(58, 8 + FRAME_SUBJECT6_LENGTH);
	frame_be32(&frame, 0x01000000);
	frame_be32(&frame, 0);
	frame_subject6(&frame);
	check(62, 54);
}

static void
sctp_is_cut_after_its_common_header(void **state)
{
	start4(132, 12 + FRAME_CANARY_LENGTH, 0, 0);
	frame_zeros(&frame, 12);
	frame_canary(&frame);
	check(46, 34);
}

static void
unknown_protocol_is_cut_after_the_network_header(void **state)
{
	start4(89, FRAME_CANARY_LENGTH, 0, 0);
	frame_canary(&frame);
	check(34, 34);
	start6(59, FRAME_CANARY_LENGTH);
	frame_canary(&frame);
	check(54, 54);
	/* ICMP of the other family's number. */
	start6(1, FRAME_CANARY_LENGTH);
	frame_canary(&frame);
	check(54, 54);
}

static void
what_a_subject_carries_in_its_own_tunnel_is_content(void **state)
{
	frame.n = 0;
	sample_vxlan(&frame);
	check(42, 34);
	frame.n = 0;
	sample_gre(&frame);
	check(34, 34);
}

static void
extension_headers_belong_to_the_network_header(void **state)
{
	frame.n = 0;
	sample_chain(&frame);
	check(14 + 40 + 800 + 8, 14 + 40 + 800);
}

static void
chain_that_hides_the_transport_header_keeps_no_payload(void **state)
{
	start6(60, 8 + FRAME_CANARY_LENGTH);
	frame_extension(&frame, 17);
	frame.data[55] = 255;
	frame_canary(&frame);
	check(54, 54);
}

static void
later_fragments_are_cut_after_the_network_header(void **state)
{
	frame.n = 0;
	sample_later_fragment(&frame);
	check(34, 34);
	frame.n = 0;
	sample_later_fragment6(&frame);
	check(62, 62);
}

static void
first_fragments_are_cut_after_the_transport_header(void **state)
{
	frame.n = 0;
	sample_first_fragment(&frame);
	check(42, 34);
	frame.n = 0;
	sample_first_fragment6(&frame);
	check(70, 62);
}

static void
lying_data_offset_keeps_the_fixed_part_only(void **state)
{
	unsigned offset;

	for (offset = 0; offset < 16; offset++) {
		start4(6, 20 + 16, 0, 0);
		frame_tcp(&frame, 1, 2, 0);
		frame_put(&frame, FRAME_CANARY, 16);
		frame.data[14 + 20 + 12] = (uint8_t)(offset << 4);
		check(offset >= 5 && offset <= 9 ? 34 + offset * 4 : 54, 34);
	}
}

static void
packet_shorter_than_its_transport_header_keeps_no_padding(void **state)
{
	start4(6, 8, 0, 0);
	frame_be32(&frame, 0x00010002);
	frame_be32(&frame, 1);
	frame_canary(&frame);
	check(42, 34);
}

static void
ethernet_padding_is_not_a_header(void **state)
{
	frame.n = 0;
	sample_padded(&frame);
	check(54, 34);
}

static void
frame_that_is_not_ip_is_cut_after_its_link_headers(void **state)
{
	frame.n = 0;
	sample_arp(&frame);
	check(14, 14);
	frame.n = 0;
	frame_link(&frame, 0x8100);
	frame_vlan(&frame, 5, 0x0806);
	frame_arp(&frame, FRAME_SUBJECT4, FRAME_OTHER4);
	check(18, 18);
	frame.n = 0;
	sample_discovery(&frame);
	check(20, 20);
	frame.n = 0;
	sample_pppoe_mppe(&frame);
	check(22, 22);
	frame.n = 0;
	sample_short_ihl(&frame);
	check(14, 14);
}

static void
no_scope_keeps_more_than_was_captured(void **state)
{
	size_t i;
	uint32_t n;

	for (i = 0; i < SAMPLES_COUNT; i++) {
		sample_build(&samples[i], &frame);
		for (n = 14; n <= frame.n && n < 1200; n++) {
			assert_int_equal(cut(ORDER_CONTENT, samples[i].linktype, n), n);
			assert_true(cut(ORDER_HEADERS, samples[i].linktype, n) <= n);
			assert_true(cut(ORDER_HEADERS_WITHOUT_PORTS, samples[i].linktype, n) <=
				    cut(ORDER_HEADERS, samples[i].linktype, n));
		}
	}
}

static void
no_header_scope_ever_keeps_a_byte_of_the_canary(void **state)
{
	size_t i;

	for (i = 0; i < SAMPLES_COUNT; i++) {
		uint32_t n;

		sample_build(&samples[i], &frame);
		n = cut(ORDER_HEADERS, samples[i].linktype, frame.n);
		/* Payload of the subject begins with a capital C, which no header of these samples ends with. */
		assert_null(memmem(frame.data, n, FRAME_CANARY, 4));
		assert_true(n == frame.n || n == 0 || frame.data[n - 1] != 'C');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tcp_is_cut_by_its_data_offset),
	    cmocka_unit_test(ip_options_belong_to_the_network_header),
	    cmocka_unit_test(icmp_error_keeps_nothing_of_the_packet_it_quotes),
	    cmocka_unit_test(sctp_is_cut_after_its_common_header),
	    cmocka_unit_test(unknown_protocol_is_cut_after_the_network_header),
	    cmocka_unit_test(what_a_subject_carries_in_its_own_tunnel_is_content),
	    cmocka_unit_test(extension_headers_belong_to_the_network_header),
	    cmocka_unit_test(chain_that_hides_the_transport_header_keeps_no_payload),
	    cmocka_unit_test(later_fragments_are_cut_after_the_network_header),
	    cmocka_unit_test(first_fragments_are_cut_after_the_transport_header),
	    cmocka_unit_test(lying_data_offset_keeps_the_fixed_part_only),
	    cmocka_unit_test(packet_shorter_than_its_transport_header_keeps_no_padding),
	    cmocka_unit_test(ethernet_padding_is_not_a_header),
	    cmocka_unit_test(frame_that_is_not_ip_is_cut_after_its_link_headers),
	    cmocka_unit_test(no_scope_keeps_more_than_was_captured),
	    cmocka_unit_test(no_header_scope_ever_keeps_a_byte_of_the_canary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
