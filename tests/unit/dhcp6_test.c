#include "scratch.h"

#include "dhcp6s.h"
#include "tshark.h"

static struct frame f;

/* Parse what f holds, from bytes that end where it ends, and read all that is in it. */
static int
parse(struct dhcp6 *m, struct dhcp6_lease *leases, size_t *count)
{
	static uint8_t *data; /* what ${m} points to stays until the next */
	struct wire_bytes rest, in;
	struct dhcp6_ia ia;
	struct dhcp6_lease lease;
	int rc;

	free(data);
	data = frame_exact(&f, f.n);
	rc = dhcp6_parse(m, data, f.n);
	*count = 0;
	rest = m->options;
	while (dhcp6_next_ia(&rest, &ia)) {
		in = ia.leases;
		while (dhcp6_next_lease(&in, ia.kind, &lease)) {
			if (*count < 8)
				leases[*count] = lease;
			(*count)++;
		}
	}
	return rc;
}

static void
put_reply(uint32_t xid)
{
	uint32_t at;

	dhcp6_header(&f, DHCP6_REPLY, xid, "\001duid");
	dhcp6_option(&f, 2, "server", 6);
	at = dhcp6_open_ia(&f, DHCP6_NA, 1);
	dhcp6_lease(&f, "2001:db8:6::7", 0, 600);
	dhcp6_close(&f, at);
	at = dhcp6_open_ia(&f, DHCP6_PD, 2);
	dhcp6_lease(&f, "2001:db8:700:ff::1", 56, DHCP6_FOREVER);
	dhcp6_close(&f, at);
	at = dhcp6_open_ia(&f, DHCP6_TA, 3);
	dhcp6_lease(&f, "2001:db8:6::8", 0, 0);
	dhcp6_status(&f, DHCP6_NO_BINDING);
	dhcp6_close(&f, at);
}

static void
reply_says_who_has_which_addresses_and_prefixes_for_how_long(void **state)
{
	struct dhcp6_lease leases[8];
	struct wire_bytes rest;
	struct dhcp6_ia ia;
	struct dhcp6 m;
	size_t n;

	(void)state;
	f.n = 0;
	put_reply(0xabcdef);
	assert_int_equal(parse(&m, leases, &n), 0);
	assert_true(m.is_whole && m.is_reply);
	assert_int_equal(m.type, DHCP6_REPLY);
	assert_int_equal(m.xid, 0xabcdef);
	assert_int_equal(m.client_id.n, 5);
	assert_memory_equal(m.client_id.at, "\001duid", 5);
	assert_int_equal(m.server_id.n, 6);
	assert_int_equal(n, 3);
	assert_int_equal(leases[0].address.bits, 128);
	assert_int_equal(leases[0].valid, 600);
	assert_int_equal(leases[1].address.bits, 56);
	assert_memory_equal(leases[1].address.addr, "\x20\x01\x0d\xb8\x07\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(leases[1].valid, DHCP6_FOREVER);
	assert_int_equal(leases[2].valid, 0);
	rest = m.options;
	assert_true(dhcp6_next_ia(&rest, &ia) && ia.kind == DHCP6_NA && ia.iaid == 1 && ia.status == 0);
	assert_true(dhcp6_next_ia(&rest, &ia) && ia.kind == DHCP6_PD && ia.iaid == 2);
	assert_true(dhcp6_next_ia(&rest, &ia) && ia.kind == DHCP6_TA && ia.status == DHCP6_NO_BINDING);
	assert_false(dhcp6_next_ia(&rest, &ia));
}

/* A message in ${depth} relays, the one next to the client with what relays say. */
static void
put_relayed(unsigned depth)
{
	uint32_t at[16];
	unsigned i;

	f.n = 0;
	for (i = 0; i < depth; i++) {
		dhcp6_relay(&f, DHCP6_RELAY_FORWARD, depth - 1 - i, "2001:db8:6::1", "fe80::7");
		if (i == depth - 1) {
			dhcp6_option(&f, 18, "ge-0/0/1:7", 10);
			dhcp6_option(&f, 37, "\0\0\0\011line", 8);
			dhcp6_option(&f, 79, "\0\001\002\0\136\0\123\007", 8);
		}
		at[i] = dhcp6_open(&f, 9);
	}
	dhcp6_header(&f, DHCP6_SOLICIT, 7, "duid");
	while (i-- > 0)
		dhcp6_close(&f, at[i]);
}

static void
relays_say_which_line_and_mac_and_there_are_nine_at_most(void **state)
{
	struct dhcp6_lease leases[8];
	const struct dhcp6_relay *r;
	struct dhcp6 m;
	size_t n;

	(void)state;
	put_relayed(9);
	assert_int_equal(parse(&m, leases, &n), 0);
	assert_true(m.is_whole && !m.is_reply);
	assert_int_equal(m.relay_count, 9);
	assert_int_equal(m.type, DHCP6_SOLICIT);
	assert_int_equal(m.client_id.n, 4);
	r = &m.relays[8];
	assert_memory_equal(r->interface_id.at, "ge-0/0/1:7", 10);
	assert_memory_equal(r->remote_id.at, "\0\0\0\011line", 8);
	assert_memory_equal(r->mac.at, "\002\0\136\0\123\007", 6);
	assert_int_equal(r->link[15], 1);
	assert_int_equal(r->peer[15], 7);
	assert_int_equal(m.relays[0].interface_id.n, 0);
	put_relayed(10);
	assert_int_equal(parse(&m, leases, &n), -1);
	assert_int_equal(m.relay_count, 0);
}

static void
relay_with_options_that_can_not_be_still_carries_its_message(void **state)
{
	static const struct {
		unsigned code;
		const char *value;
		size_t n;
	} bad[] = {{18, "again", 5}, {37, "\0\0\0\011again", 9}, {79, "\0\001\002\0\136\0\123\010", 8}};
	struct dhcp6_lease leases[8];
	struct dhcp6 m;
	uint32_t at;
	size_t i, n;

	(void)state;
	for (i = 0; i < 4; i++) {
		f.n = 0;
		dhcp6_relay(&f, DHCP6_RELAY_REPLY, 0, "2001:db8:6::1", "fe80::7");
		dhcp6_option(&f, 18, "port", 4);
		if (i < 3)
			dhcp6_option(&f, 37, "\0\0\0\011line", 8);
		dhcp6_option(&f, 79, "\0\001\002\0\136\0\123\007", 8);
		if (i < 3)
			dhcp6_option(&f, bad[i].code, bad[i].value, bad[i].n);
		else
			dhcp6_option(&f, 37, "\0\0\0\011", 4);
		at = dhcp6_open(&f, 9);
		put_reply(1);
		dhcp6_close(&f, at);
		assert_int_equal(parse(&m, leases, &n), 0);
		assert_int_equal(n, 3);
		assert_true(!m.is_whole && m.is_reply && m.relays[0].link[15] == 1);
		assert_true(
		    m.relays[0].interface_id.n == 0 && m.relays[0].remote_id.n == 0 && m.relays[0].mac.n == 0);
	}
}

static void
relay_carries_messages_of_its_own_direction_only(void **state)
{
	struct dhcp6_lease leases[8];
	struct dhcp6 m;
	uint32_t at;
	size_t n;

	(void)state;
	f.n = 0;
	dhcp6_relay(&f, DHCP6_RELAY_FORWARD, 0, "::", "fe80::7");
	at = dhcp6_open(&f, 9);
	put_reply(1);
	dhcp6_close(&f, at);
	assert_int_equal(parse(&m, leases, &n), -1);
	f.data[0] = DHCP6_RELAY_REPLY;
	assert_int_equal(parse(&m, leases, &n), 0);
	assert_int_equal(n, 3);
	/* Nor a relay's of the other. */
	put_relayed(2);
	f.data[0] = DHCP6_RELAY_REPLY;
	assert_int_equal(parse(&m, leases, &n), -1);
	/* Nor two, nor none. */
	put_relayed(1);
	dhcp6_option(&f, 9, "\013\0\0\1", 4);
	assert_int_equal(parse(&m, leases, &n), -1);
	f.n = 0;
	dhcp6_relay(&f, DHCP6_RELAY_FORWARD, 0, "::", "fe80::7");
	assert_int_equal(parse(&m, leases, &n), -1);
}

static void
what_is_cut_is_read_as_far_as_it_goes_and_is_not_whole(void **state)
{
	struct dhcp6_lease leases[8];
	struct dhcp6 m;
	size_t n, before = 0;
	uint32_t whole;

	(void)state;
	f.n = 0;
	put_reply(1);
	whole = f.n;
	for (f.n = 0; f.n < whole; f.n++) {
		if (f.n < 4) {
			assert_int_equal(parse(&m, leases, &n), -1);
			continue;
		}
		assert_int_equal(parse(&m, leases, &n), 0);
		assert_true(n >= before && n < 3);
		before = n;
	}
	assert_int_equal(before, 2);
	put_relayed(3);
	whole = f.n;
	for (f.n = 0; f.n < whole; f.n++)
		assert_true(parse(&m, leases, &n) == -1 || !m.is_whole);
}

static void
options_that_can_not_be_are_where_reading_ends(void **state)
{
	struct dhcp6_lease leases[8];
	static const uint8_t long_duid[DHCP6_DUID_MAX + 1];
	struct dhcp6 m;
	uint32_t at;
	size_t n;

	(void)state;
	f.n = 0;
	put_reply(1);
	dhcp6_option(&f, 1, "second", 6);
	put_reply(2);
	assert_int_equal(parse(&m, leases, &n), 0);
	assert_true(!m.is_whole && n == 3);
	f.n = 0;
	dhcp6_header(&f, DHCP6_REPLY, 1, NULL);
	dhcp6_option(&f, 1, long_duid, sizeof(long_duid));
	assert_int_equal(parse(&m, leases, &n), 0);
	assert_true(!m.is_whole && m.client_id.n == 0);
	/* A prefix longer than an address; a lease, an association and a status that are too short. */
	f.n = 0;
	dhcp6_header(&f, DHCP6_REPLY, 1, "duid");
	at = dhcp6_open_ia(&f, DHCP6_PD, 1);
	dhcp6_lease(&f, "2001:db8::", 129, 600);
	dhcp6_close(&f, at);
	assert_int_equal(parse(&m, leases, &n), 0);
	assert_true(!m.is_whole && n == 0);
	f.n = 0;
	dhcp6_header(&f, DHCP6_REPLY, 1, "duid");
	at = dhcp6_open_ia(&f, DHCP6_NA, 1);
	dhcp6_option(&f, 5, long_duid, 23);
	dhcp6_close(&f, at);
	assert_int_equal(parse(&m, leases, &n), 0);
	assert_true(!m.is_whole && n == 0);
	f.n = 0;
	dhcp6_header(&f, DHCP6_REPLY, 1, "duid");
	dhcp6_option(&f, DHCP6_NA, long_duid, 11);
	assert_int_equal(parse(&m, leases, &n), 0);
	assert_false(m.is_whole);
	f.n = 0;
	dhcp6_header(&f, DHCP6_REPLY, 1, "duid");
	dhcp6_option(&f, 13, long_duid, 1);
	assert_int_equal(parse(&m, leases, &n), 0);
	assert_false(m.is_whole);
	/* What is unknown is stepped over; a type that is unknown is nothing. */
	f.n = 0;
	dhcp6_header(&f, DHCP6_REPLY, 1, "duid");
	dhcp6_option(&f, 4711, "x", 1);
	dhcp6_status(&f, DHCP6_NOT_ON_LINK);
	assert_int_equal(parse(&m, leases, &n), 0);
	assert_true(m.is_whole && m.status == DHCP6_NOT_ON_LINK);
	f.data[0] = 14;
	assert_int_equal(parse(&m, leases, &n), -1);
	/* Another link's address is no MAC. */
	put_relayed(1);
	f.data[34 + 4 + 10 + 4 + 8 + 4 + 1] = 27;
	assert_int_equal(parse(&m, leases, &n), 0);
	assert_int_equal(m.relays[0].mac.n, 0);
}

/* tshark, which knows nothing of us, reads the same from the same bytes. */
static void
tshark_reads_the_same(void **state)
{
	static struct frame wire, inner;
	char said[512];
	uint32_t at;

	(void)state;
	f.n = 0;
	put_reply(0xabcdef);
	inner = f;
	f.n = 0;
	dhcp6_relay(&f, DHCP6_RELAY_REPLY, 0, "2001:db8:6::1", "fe80::7");
	dhcp6_option(&f, 18, "port", 4);
	at = dhcp6_open(&f, 9);
	frame_put(&f, inner.data, inner.n);
	dhcp6_close(&f, at);
	wire.n = 0;
	frame_link(&wire, 0x86dd);
	frame_v6(&wire, "2001:db8::1", "2001:db8:6::1", 17, 8 + f.n);
	frame_udp(&wire, 547, 547, f.n);
	frame_put(&wire, f.data, f.n);
	tshark_says(&wire,
	    "-e dhcpv6.msgtype -e dhcpv6.xid -e dhcpv6.iaaddr.ip -e dhcpv6.iaprefix.pref_len "
	    "-e dhcpv6.linkaddr -e _ws.malformed",
	    said, sizeof(said));
	assert_string_equal(said, "13,7\t0xabcdef\t2001:db8:6::7,2001:db8:6::8\t56\t"
				  "2001:db8:6::1\t\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reply_says_who_has_which_addresses_and_prefixes_for_how_long),
	    cmocka_unit_test(relays_say_which_line_and_mac_and_there_are_nine_at_most),
	    cmocka_unit_test(relay_with_options_that_can_not_be_still_carries_its_message),
	    cmocka_unit_test(relay_carries_messages_of_its_own_direction_only),
	    cmocka_unit_test(what_is_cut_is_read_as_far_as_it_goes_and_is_not_whole),
	    cmocka_unit_test(options_that_can_not_be_are_where_reading_ends),
	    cmocka_unit_test(tshark_reads_the_same),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
