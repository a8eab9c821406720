#include "scratch.h"

#include "radius.h"

#include "radiuss.h"
#include "tshark.h"

static struct frame f;

/* What the message points to is looked at by the caller in the frame that has the same bytes. */
static void
move(struct wire_bytes *b, const uint8_t *from)
{
	if (b->n > 0)
		b->at = f.data + (b->at - from);
}

static int
parse(struct radius *m)
{
	uint8_t *data = frame_exact(&f, f.n);
	int rc = radius_parse(m, data, f.n);

	move(&m->user, data);
	move(&m->calling, data);
	move(&m->session, data);
	move(&m->nas_address, data);
	move(&m->nas_name, data);
	move(&m->port_name, data);
	free(data);
	return rc;
}

static void
full_message(void)
{
	radius_header(&f, RADIUS_ACCOUNTING_REQUEST, 7, 0xab);
	radius_text(&f, 1, "alice@example");
	radius_text(&f, 31, "02-00-5E-00-53-07");
	radius_text(&f, 44, "8000002a");
	radius_v4(&f, 4, "192.0.2.1");
	radius_text(&f, 32, "bras-1");
	radius_number(&f, 40, 3);
	radius_number(&f, 27, 86400);
	radius_number(&f, 41, 5);
	radius_number(&f, 46, 60);
	radius_number(&f, 49, 1);
	radius_v6(&f, 97, "2001:db8:1::7", 64, 16);
	radius_v4(&f, 8, "198.51.100.50");
	radius_v6(&f, 123, "2001:db8:200::", 56, 6);
	radius_end(&f);
}

static void
accounting_request_says_who_has_what_since_when(void **state)
{
	struct radius m;

	(void)state;
	full_message();
	assert_int_equal(parse(&m), 0);
	assert_true(m.is_whole);
	assert_int_equal(m.code, RADIUS_ACCOUNTING_REQUEST);
	assert_int_equal(m.identifier, 7);
	assert_int_equal(m.authenticator[15], 0xab);
	assert_int_equal(m.user.n, 13);
	assert_memory_equal(m.user.at, "alice@example", 13);
	assert_int_equal(m.calling.n, 17);
	assert_memory_equal(m.session.at, "8000002a", 8);
	assert_memory_equal(m.nas_address.at, "\300\0\2\1", 4);
	assert_memory_equal(m.nas_name.at, "bras-1", 6);
	assert_int_equal(m.status, RADIUS_INTERIM);
	assert_int_equal(m.timeout, 86400);
	assert_int_equal(m.delay, 5);
	assert_int_equal(m.age, 60);
	assert_int_equal(m.cause, 1);
	/* Delegated ones first, then networks, then hosts, of IPv4 before IPv6; host bits are zero, bytes left out too. */
	assert_int_equal(m.address_count, 3);
	assert_true(m.addresses[0].is_delegated);
	assert_int_equal(m.addresses[0].prefix.bits, 56);
	assert_memory_equal(m.addresses[0].prefix.addr, "\x20\x01\x0d\xb8\x02\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(m.addresses[1].prefix.family, 4);
	assert_memory_equal(m.addresses[1].prefix.addr, "\306\063\144\062\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(m.addresses[2].prefix.bits, 64);
	assert_memory_equal(m.addresses[2].prefix.addr, "\x20\x01\x0d\xb8\0\x01\0\0\0\0\0\0\0\0\0\0", 16);
}

static void
port_is_read_and_that_there_is_more_than_addresses(void **state)
{
	static const char *const masks[] = {"255.255.255.255", "0.0.0.0", "255.255.255.248"};
	struct radius m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		radius_header(&f, RADIUS_ACCESS_ACCEPT, 1, 0);
		radius_number(&f, 5, (uint32_t)i);
		radius_text(&f, 87, "ge-0/0/1:7");
		radius_v4(&f, 9, masks[i]);
		radius_end(&f);
		assert_int_equal(parse(&m), 0);
		assert_true(m.is_whole && m.has_port);
		assert_int_equal(m.port, i);
		assert_int_equal(m.port_name.n, 10);
		assert_int_equal(m.has_more, i == 2);
	}
	for (i = 0; i < 2; i++) {
		radius_header(&f, RADIUS_ACCESS_ACCEPT, 1, 0);
		radius_text(&f, i == 0 ? 22 : 99, "a route");
		radius_end(&f);
		assert_int_equal(parse(&m), 0);
		assert_true(m.is_whole && m.has_more && !m.has_port);
		assert_int_equal(m.port_name.n, 0);
	}
}

static void
addresses_that_are_to_be_chosen_are_none(void **state)
{
	static const char *const chosen[] = {"255.255.255.255", "255.255.255.254", "0.0.0.0"};
	struct radius m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(chosen) / sizeof(chosen[0]); i++) {
		radius_header(&f, RADIUS_ACCESS_ACCEPT, 1, 0);
		radius_v4(&f, 8, chosen[i]);
		radius_end(&f);
		assert_int_equal(parse(&m), 0);
		assert_true(m.is_whole);
		assert_int_equal(m.address_count, 0);
	}
}

static void
attributes_that_are_not_sound_leave_a_message_that_is_not_whole(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} table[] = {
	    {"\001", 1},                               /* without a length */
	    {"\001\001", 2},                           /* a length that is none */
	    {"\001\005ab", 4},                         /* cut */
	    {"\001\002", 2},                           /* an empty name */
	    {"\001\003b", 3},                          /* another name */
	    {"\010\005\001\002\003", 5},               /* an address of three bytes */
	    {"\033\003\001", 3},                       /* a time-out of one */
	    {"\005\003\001", 3},                       /* a port of one */
	    {"\011\003\001", 3},                       /* a mask of one */
	    {"\004\003\001", 3},                       /* a client of one */
	    {"\141\003\000", 3},                       /* a network without a length */
	    {"\141\005\000\201\040", 5},               /* of 129 bits */
	    {"\141\004\000\000", 4},                   /* of none: everybody's */
	    {"\141\025\000\100abcdefghijklmnopq", 21}, /* of 17 bytes */
	    {"\250\006\001\002\003\004", 6},           /* an IPv6 address of four */
	    {"\137\006\001\002\003\004", 6},           /* the same of a client */
	};
	struct radius m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		radius_header(&f, RADIUS_ACCESS_ACCEPT, 1, 0);
		radius_text(&f, 1, "a");
		frame_put(&f, table[i].bytes, table[i].n);
		radius_end(&f);
		assert_int_equal(parse(&m), 0);
		assert_false(m.is_whole);
		assert_int_equal(m.user.n, 1);
		assert_int_equal(m.address_count, 0);
	}
	radius_header(&f, RADIUS_ACCESS_ACCEPT, 1, 0);
	for (i = 0; i < RADIUS_ADDRESSES_MAX + 1; i++)
		radius_v4(&f, 8, "198.51.100.50");
	radius_end(&f);
	assert_int_equal(parse(&m), 0);
	assert_false(m.is_whole);
	assert_int_equal(m.address_count, RADIUS_ADDRESSES_MAX);
}

static void
message_is_read_within_its_bytes_whatever_they_are(void **state)
{
	struct radius m;
	uint32_t n, i;

	(void)state;
	full_message();
	n = f.n;
	for (f.n = 0; f.n < n; f.n++) {
		assert_int_equal(parse(&m), f.n < RADIUS_HEADER ? -1 : 0);
		assert_false(m.is_whole);
	}
	/* What comes behind the message is padding. */
	frame_zeros(&f, 3);
	assert_int_equal(parse(&m), 0);
	assert_true(m.is_whole);
	f.n = n;
	for (i = 0; i < n; i++) {
		uint8_t kept = f.data[i];

		for (f.data[i] = 0; f.data[i] != 255; f.data[i]++)
			(void)parse(&m);
		f.data[i] = kept;
	}
	f.data[2] = 0x10;
	f.data[3] = 0x01; /* 4097 */
	assert_int_equal(parse(&m), -1);
	f.data[2] = 0;
	f.data[3] = 19;
	assert_int_equal(parse(&m), -1);
}

/* tshark, which knows nothing of us, reads the same from the same bytes. */
static void
tshark_reads_the_same(void **state)
{
	static struct frame wire;
	char said[512];

	(void)state;
	full_message();
	frame_link(&wire, 0x0800);
	frame_v4(&wire, "192.0.2.1", "192.0.2.9", 17, 8 + f.n);
	frame_udp(&wire, 40000, 1813, f.n);
	frame_put(&wire, f.data, f.n);
	tshark_says(&wire,
	    "-e radius.code -e radius.User_Name -e radius.Calling_Station_Id "
	    "-e radius.Acct_Session_Id -e radius.Acct_Status_Type -e radius.Framed-IP-Address "
	    "-e radius.Session_Timeout -e radius.Delegated_IPv6_Prefix",
	    said, sizeof(said));
	assert_string_equal(said, "4\talice@example\t02-00-5E-00-53-07\t8000002a\t3\t198.51.100.50\t86400\t"
				  "003820010db80200\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(accounting_request_says_who_has_what_since_when),
	    cmocka_unit_test(port_is_read_and_that_there_is_more_than_addresses),
	    cmocka_unit_test(addresses_that_are_to_be_chosen_are_none),
	    cmocka_unit_test(attributes_that_are_not_sound_leave_a_message_that_is_not_whole),
	    cmocka_unit_test(message_is_read_within_its_bytes_whatever_they_are),
	    cmocka_unit_test(tshark_reads_the_same),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
