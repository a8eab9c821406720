#include "follows_dhcp6.h"

static void
mac_is_that_of_the_frame_or_as_a_relay_of_the_operators_says(void **state)
{
	uint32_t at;

	(void)state;
	identity(ORDER_DHCP6_MAC, frame_mac_a, 6);
	speaker = frame_mac_b;
	assert_int_equal(asks(T0, DHCP6_SOLICIT, 1, DUID), 0);
	speaker = frame_mac_a;
	/* Behind a router the MAC is the router's. */
	header(DHCP6_RENEW, 1, DUID);
	assert_int_equal(show(T0, A), 0);
	assert_int_equal(asks(T0, DHCP6_SOLICIT, 1, DUID), 1);
	/* A DUID that is made of the MAC proves nothing. */
	speaker = frame_mac_b;
	assert_int_equal(asks(T0, DHCP6_SOLICIT, 2, "\003\001\002\136\123\007"), 0);
	assert_int_equal(gives(T0 + S, 1, DUID, A, 600), 1);
	told("access-attempt ; begun assigned :50/128; ");
	assert_true(follow_binding(follow, 0)->has_link);
	assert_memory_equal(follow_binding(follow, 0)->hardware, frame_mac_a, 6);
	/* Another number, or another client: it is not the answer. */
	assert_int_equal(gives(T0 + S, 2, DUID, B, 600), 0);
	assert_int_equal(gives(T0 + S, 1, "other", B, 600), 0);
	f.n = 0;
	dhcp6_relay(&f, DHCP6_RELAY_FORWARD, 0, "::", HOST);
	dhcp6_option(&f, 79, "\0\001\002\0\136\0\123\007", 8);
	at = dhcp6_open(&f, 9);
	dhcp6_header(&f, DHCP6_SOLICIT, 3, "new");
	dhcp6_close(&f, at);
	assert_int_equal(show(T0 + 2 * S, HOST), 0);
	assert_int_equal(show(T0 + 2 * S, RELAY), 1);
	assert_int_equal(gives(T0 + 3 * S, 3, "new", B, 600), 1);
	told("access-attempt ; begun assigned :51/128; ");
	assert_false(follow_binding(follow, 1)->has_link);
}

/* A client's message by a relay that says which line it is. */
static int
relayed(stamp_t time, uint32_t xid, const char *port, const char *remote)
{
	uint32_t outer, inner;

	f.n = 0;
	dhcp6_relay(&f, DHCP6_RELAY_FORWARD, 1, "2001:db8:9::9", "fe80::99");
	dhcp6_option(&f, 18, "uplink", 6);
	outer = dhcp6_open(&f, 9);
	dhcp6_relay(&f, DHCP6_RELAY_FORWARD, 0, "2001:db8:6::1", HOST);
	inner = dhcp6_open(&f, 9);
	dhcp6_header(&f, DHCP6_REQUEST, xid, DUID);
	dhcp6_close(&f, inner);
	dhcp6_option(&f, 18, port, strlen(port));
	dhcp6_option(&f, 37, remote, 8);
	dhcp6_close(&f, outer);
	return show(time, RELAY);
}

static void
line_is_what_one_relay_says_together(void **state)
{
	uint8_t link[16];

	(void)state;
	dhcp6_address(link, "2001:db8:6::1");
	identity(ORDER_DHCP6_INTERFACE_ID, "port 7", 6);
	identity(ORDER_DHCP6_REMOTE_ID, "\0\0\0\011line", 8);
	identity(ORDER_DHCP6_RELAY, link, 16);
	assert_int_equal(relayed(T0, 1, "port 8", "\0\0\0\011line"), 0);
	assert_int_equal(relayed(T0, 1, "port 7", "\0\0\0\011lime"), 0);
	assert_int_equal(relayed(T0, 1, "port 7", "\0\0\0\011line"), 1);
	assert_int_equal(gives(T0 + S, 1, DUID, A, 600), 1);
	told("access-attempt ; begun assigned :50/128; ");
	/* Others may be behind it: they are known once any lease of before has run out. */
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_true(follow_next(follow) == T0 + 600 * S);
	follow_expire(follow, T0 + 600 * S);
	assert_null(follow_blind(follow));
	/* What is asked from another line is another's, with the same DUID too: it is not there any more. */
	assert_int_equal(relayed(T0 + 600 * S, 2, "port 8", "\0\0\0\011line"), 0);
	told("ended conflict :50/128; ");
	assert_string_equal(follow_blind(follow), "binding-conflict");
	assert_int_equal(gives(T0 + 600 * S, 2, DUID, A, 600), 0);
	assert_int_equal(follow_count(follow), 0);
	iap.ipv6.server_count = 1;
	assert_int_equal(relayed(T0 + 601 * S, 3, "port 7", "\0\0\0\011line"), 0);
}

/* The same by one in an access node, which gives no link-address, behind one that does, with a port of its own. */
static int
relayed_lightly(stamp_t time, uint32_t xid, const char *port, const char *link, const char *from)
{
	uint32_t outer, inner;

	f.n = 0;
	dhcp6_relay(&f, DHCP6_RELAY_FORWARD, 1, link, HOST);
	dhcp6_option(&f, 18, "trunk", 5);
	outer = dhcp6_open(&f, 9);
	dhcp6_relay(&f, DHCP6_RELAY_FORWARD, 0, "::", HOST);
	dhcp6_option(&f, 18, port, strlen(port));
	inner = dhcp6_open(&f, 9);
	dhcp6_header(&f, DHCP6_REQUEST, xid, DUID);
	dhcp6_close(&f, inner);
	dhcp6_close(&f, outer);
	return show(time, from);
}

static void
line_at_a_lightweight_relay_is_on_the_next_ones_link(void **state)
{
	static const char port[] = "port 7";
	uint8_t link[16];

	(void)state;
	dhcp6_address(link, "2001:db8:6::1");
	identity(ORDER_DHCP6_INTERFACE_ID, port, strlen(port));
	identity(ORDER_DHCP6_RELAY, link, sizeof(link));
	assert_int_equal(relayed_lightly(T0, 1, "port 8", "2001:db8:6::1", RELAY), 0);
	assert_int_equal(relayed_lightly(T0, 1, port, "2001:db8:6::2", RELAY), 0); /* the same port of another node */
	assert_int_equal(relayed_lightly(T0, 1, port, "::", RELAY), 0);
	assert_int_equal(relayed_lightly(T0, 1, port, "2001:db8:6::1", HOST), 0); /* anyone may say so */
	assert_int_equal(relayed_lightly(T0, 1, port, "2001:db8:6::1", RELAY), 1);
	to = RELAY;
	f.n = 0;
	dhcp6_relay(&f, DHCP6_RELAY_REPLY, 1, "2001:db8:6::1", HOST);
	{
		const uint32_t outer = dhcp6_open(&f, 9);
		uint32_t inner;

		dhcp6_relay(&f, DHCP6_RELAY_REPLY, 0, "::", HOST);
		dhcp6_option(&f, 18, port, strlen(port));
		inner = dhcp6_open(&f, 9);
		dhcp6_header(&f, DHCP6_REPLY, 1, DUID);
		put_ia(DHCP6_NA, 1, A, 0, 600);
		dhcp6_close(&f, inner);
		dhcp6_close(&f, outer);
	}
	assert_int_equal(show(T0, SERVER), 1);
	assert_int_equal(follow_count(follow), 1);
	said[0] = '\0';
	/* Its client asks from another node's port 7: what it has there is not the line's. */
	assert_int_equal(relayed_lightly(T0 + S, 2, port, "2001:db8:6::2", RELAY), 0);
	told("ended conflict :50/128; ");
}

/* A server's answer to a relay, which says which port it is of. */
static int
answers_relay(stamp_t time, uint32_t xid, const char *port, const char *whom)
{
	uint32_t at;
	int rc;

	f.n = 0;
	dhcp6_relay(&f, DHCP6_RELAY_REPLY, 0, "2001:db8:6::1", HOST);
	dhcp6_option(&f, 18, port, strlen(port));
	at = dhcp6_open(&f, 9);
	dhcp6_header(&f, DHCP6_REPLY, xid, DUID);
	put_ia(DHCP6_NA, 1, A, 0, 600);
	dhcp6_close(&f, at);
	to = whom;
	rc = show(time, SERVER);
	to = NULL;
	return rc;
}

static void
answer_that_does_not_say_where_disputes_nothing_of_the_clients_own(void **state)
{
	struct given_list given = {.count = 1};

	(void)state;
	identity(ORDER_DHCP6_INTERFACE_ID, "port 7", 6);
	given.at[0] =
	    (struct given_address){.address = {.family = 6, .bits = 128}, .from = T0, .until = T0 + 900 * S};
	memcpy(given.at[0].sha256, HEX, DIGEST_HEX);
	dhcp6_address(given.at[0].address.addr, A);
	assert_int_equal(answers_relay(T0, 1, "port 7", RELAY), 1);
	follow_give(follow, &given, T0);
	follow_expire(follow, T0);
	told("begun established :50/128; begun established :50/128; ");
	assert_int_equal(gives(T0 + S, 2, DUID, A, 600), 0);
	told("");
	/* Another client has it now. */
	assert_int_equal(gives(T0 + 2 * S, 2, "\001other", A, 600), 0);
	told("ended conflict :50/128; ended conflict :50/128; ");
}

static void
fault_044_client_that_has_moved_to_another_line_is_not_the_subject(void **state)
{
	(void)state;
	identity(ORDER_DHCP6_INTERFACE_ID, "port 7", 6);
	assert_int_equal(answers_relay(T0, 1, "port 7", RELAY), 1);
	told("begun established :50/128; ");
	/* Its question was not seen, nor does the answer say where: the same. */
	assert_int_equal(gives(T0 + S, 2, DUID, A, 600), 0);
	told("");
	assert_int_equal(answers_relay(T0 + 2 * S, 3, "port 8", RELAY), 0);
	told("ended conflict :50/128; ");
	assert_string_equal(follow_blind(follow), "binding-conflict");
	/* Nor under the number that the subject asks by. */
	assert_int_equal(relayed(T0 + 3 * S, 4, "port 7", "\0\0\0\011line"), 1);
	assert_int_equal(answers_relay(T0 + 4 * S, 4, "port 8", RELAY), 0);
	told("access-attempt ; ");
	assert_int_equal(answers_relay(T0 + 5 * S, 4, "port 7", RELAY), 1);
	told("begun assigned :50/128; ");
}

static void
fault_044_line_that_a_customer_has_made_up_and_the_server_says_again_is_none(void **state)
{
	(void)state;
	identity(ORDER_DHCP6_INTERFACE_ID, "port 7", 6);
	assert_int_equal(answers_relay(T0, 1, "port 7", "2001:db8:6::66"), 0);
	assert_int_equal(follow_count(follow), 0);
	/* Nor under the number that the subject asks by. */
	assert_int_equal(relayed(T0, 2, "port 7", "\0\0\0\011line"), 1);
	assert_int_equal(answers_relay(T0, 2, "port 7", "2001:db8:6::66"), 0);
	told("access-attempt ; ");
	assert_int_equal(answers_relay(T0, 1, "port 7", RELAY), 1);
	told("begun established :50/128; ");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(mac_is_that_of_the_frame_or_as_a_relay_of_the_operators_says),
	    T(line_is_what_one_relay_says_together),
	    T(line_at_a_lightweight_relay_is_on_the_next_ones_link),
	    T(answer_that_does_not_say_where_disputes_nothing_of_the_clients_own),
	    T(fault_044_client_that_has_moved_to_another_line_is_not_the_subject),
	    T(fault_044_line_that_a_customer_has_made_up_and_the_server_says_again_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
