#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "narrow.h"

#include "frames.h"

static struct frame frame;

static int
accepts(const char *expression)
{
	char why[256] = "";
	struct narrow *n = narrow_new(expression, why, sizeof(why));
	int yes;

	assert_string_equal(why, "");
	assert_non_null(n);
	yes = narrow_accepts(n, frame.data, frame.n, frame.n);
	narrow_free(n);
	return yes;
}

static void
assert_refused(const char *expression)
{
	char why[256] = "";

	assert_null(narrow_new(expression, why, sizeof(why)));
	assert_true(strlen(why) > 10);
	/* What an order's reader is told never repeats an address. */
	assert_null(strstr(why, "198.51"));
	assert_null(strstr(why, "2001:"));
	narrow_free(NULL);
}

static void
usual_expressions_compile(void **state)
{
	static const char *const good[] = {"port 53", "tcp", "udp port 53 or tcp port 53", "portrange 1000-2000",
	    "src net 10.0.0.0/8", "net 10", "net 10.1", "src net 10.0.0.0 mask 255.0.0.0", "host 2001:db8::1",
	    "net 2001:db8::/32", "host ::ffff:192.0.2.1", "ip proto 47", "not icmp6", "! (tcp && dst port 80)",
	    "tcp[13] & 2 != 0", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "ip[2:2] > 0x100", "tcp[0:2]=80",
	    "len > 100", "less 100", "greater 100", "icmp[icmptype] == icmp-echo", "ip multicast", "ip6",
	    "ip6[6] == 17", "sctp", "host ::1", "portrange 5-10 and\thost 1.2.3.4",
	    "tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420", "(len - 40) > 0"};
	char why[256];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct narrow *n = narrow_new(good[i], why, sizeof(why));

		if (n == NULL)
			fail_msg("%s: %s", good[i], why);
		narrow_free(n);
	}
}

static void
whatever_would_be_looked_up_is_refused(void **state)
{
	static const char *const names[] = {"host example.com", "example.com", "port http", "port domain",
	    "net loopback", "host localhost", "tcp port ssh", "portrange ftp-http", "ip proto \\tcp", "port \\http",
	    "proto gre", "host 10-2", "port 21-23", "len-2 > 5", "host a", "host 1.2.3.4.5", "host 1.2.3.example",
	    "host 0x", "host 1x", "host fe80", "host dead:beef", "host fe80::1%eth0", "host [fe80::1",
	    "gateway 10.0.0.1", "host _a", "host 1.2.3.4.", "host 1..2", "host fe80:::1", "net example",
	    "port 80 and host www.example.org", "tcp[example]", "host \"a\"", "host $ab", "host a.b", "host 1,2",
	    "host 3.4-5", "host -a", "host 1-", "port 80;host x", "host exa\xffmple", "protochain 6",
	    "ether host 02:00:5e:00:53:07", "host 12345.1.1.1"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		print_message("  %s\n", names[i]);
		assert_refused(names[i]);
	}
}

static void
nonsense_is_refused_without_repeating_it(void **state)
{
	static const char *const bad[] = {"", "   ", "17", "198.51.100.7", "host", "port 53 and", "((tcp)",
	    "ip and ip6", "net 198.51.100.7/8", "port 99999", "host 198.51.100.999", "tcp[", "net 2001:db8::1/8",
	    "arp", "vlan 5", "link[0] = 1", "ip broadcast", "host 198.51.100.7/24"};
	char *longest = malloc(10000);
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("  %s\n", bad[i]);
		assert_refused(bad[i]);
	}
	assert_non_null(longest);
	memset(longest, ' ', 9999);
	memcpy(longest, "tcp", 3);
	longest[9999] = '\0';
	assert_refused(longest);
	free(longest);
}

static void
every_word_of_the_list_is_a_word_of_libpcap(void **state)
{
	static const char *const values[] = {"icmp-echo", "icmp-echoreply", "icmp-ireq", "icmp-ireqreply",
	    "icmp-maskreply", "icmp-maskreq", "icmp-paramprob", "icmp-redirect", "icmp-routeradvert",
	    "icmp-routersolicit", "icmp-sourcequench", "icmp-timxceed", "icmp-tstamp", "icmp-tstampreply",
	    "icmp-unreach", "icmp6-destinationunreach", "icmp6-echo", "icmp6-echoreply", "icmp6-neighboradvert",
	    "icmp6-neighborsolicit", "icmp6-packettoobig", "icmp6-parameterproblem", "icmp6-redirect",
	    "icmp6-routeradvert", "icmp6-routersolicit", "icmp6-timeexceeded", "icmp6code", "icmp6type", "icmpcode",
	    "icmptype", "tcp-ack", "tcp-cwr", "tcp-ece", "tcp-fin", "tcp-push", "tcp-rst", "tcp-syn", "tcp-urg",
	    "tcpflags"};
	static const char *const protocols[] = {
	    "ah", "carp", "esp", "icmp", "icmp6", "igmp", "igrp", "ip", "ip6", "pim", "sctp", "tcp", "udp", "vrrp"};
	char expression[128], why[256];
	struct narrow *n;
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		(void)snprintf(expression, sizeof(expression), "ip[0] = %s", values[i]);
		n = narrow_new(expression, why, sizeof(why));
		if (n == NULL)
			fail_msg("%s: %s", expression, why);
		narrow_free(n);
	}
	for (i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		n = narrow_new(protocols[i], why, sizeof(why));
		if (n == NULL)
			fail_msg("%s: %s", protocols[i], why);
		narrow_free(n);
	}
}

static void
packets_are_judged_by_their_ip_header(void **state)
{
	frame.n = 0;
	frame_v4(&frame, FRAME_SUBJECT4, FRAME_OTHER4, 17, 12);
	frame_udp(&frame, 40000, 53, 4);
	frame_be32(&frame, 0);
	assert_true(accepts("port 53"));
	assert_true(accepts("udp dst port 53"));
	assert_true(accepts("host 203.0.113.9 and src net 198.51.100.0/24"));
	assert_false(accepts("tcp"));
	assert_false(accepts("src port 53"));
	assert_false(accepts("ip6"));
	assert_true(accepts("less 40"));
	frame.n = 0;
	frame_v6(&frame, FRAME_SUBJECT6, FRAME_OTHER6, 17, 12);
	frame_udp(&frame, 40000, 53, 4);
	frame_be32(&frame, 0);
	assert_true(accepts("port 53"));
	assert_true(accepts("host 2001:db8:99::9"));
	assert_false(accepts("ip"));
}

static void
packet_that_was_cut_before_what_is_asked_for_fails(void **state)
{
	char why[256];
	struct narrow *n = narrow_new("udp port 53", why, sizeof(why));
	uint32_t caplen;

	assert_non_null(n);
	frame.n = 0;
	frame_v4(&frame, FRAME_SUBJECT4, FRAME_OTHER4, 17, 12);
	frame_udp(&frame, 40000, 53, 4);
	frame_be32(&frame, 0);
	for (caplen = 0; caplen <= frame.n; caplen++) {
		uint8_t *data = frame_exact(&frame, caplen);

		assert_int_equal(narrow_accepts(n, data, caplen, frame.n), caplen >= 24);
		free(data);
	}
	narrow_free(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(usual_expressions_compile),
	    cmocka_unit_test(whatever_would_be_looked_up_is_refused),
	    cmocka_unit_test(nonsense_is_refused_without_repeating_it),
	    cmocka_unit_test(every_word_of_the_list_is_a_word_of_libpcap),
	    cmocka_unit_test(packets_are_judged_by_their_ip_header),
	    cmocka_unit_test(packet_that_was_cut_before_what_is_asked_for_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
