#include <stdio.h>

#include "scratch.h"

#include "dhcp4.h"

#include "dhcp4s.h"
#include "tshark.h"

static const char *const nobody[3];
static struct frame f;

/* What it points to is looked at by the caller in the frame that has the same bytes, unless it was joined. */
static void
move(struct wire_bytes *b, const uint8_t *data, const struct dhcp4 *m)
{
	if (b->n > 0 && (b->at < m->joined || b->at >= m->joined + sizeof(m->joined)))
		b->at = f.data + (b->at - data);
}

static int
parse(struct dhcp4 *m)
{
	uint8_t *data = frame_exact(&f, f.n);
	int rc = dhcp4_parse(m, data, f.n);

	move(&m->client_id, data, m);
	move(&m->circuit_id, data, m);
	move(&m->remote_id, data, m);
	free(data);
	return rc;
}

static void
begin(int is_reply)
{
	static const char *const addresses[3] = {"198.51.100.7", "198.51.100.8", "198.51.100.1"};

	f.n = 0;
	dhcp4_header(&f, is_reply, 0x01020304, dhcp4_subject, addresses);
}

static void
acknowledgement_says_who_has_what_for_how_long(void **state)
{
	static const uint8_t line[] = {1, 3, 'a', '/', '1', 9, 1, 0, 2, 4, 0xde, 0xad, 0xbe, 0xef};
	struct dhcp4 m;

	(void)state;
	begin(1);
	dhcp4_option_byte(&f, 53, 5);
	dhcp4_option_address(&f, 54, "198.51.100.1");
	dhcp4_option_seconds(&f, 51, 600);
	dhcp4_option_seconds(&f, 58, 300);
	dhcp4_option_seconds(&f, 59, 525);
	frame_zeros(&f, 3);
	dhcp4_option(&f, 61, "\001client", 7);
	dhcp4_option(&f, 82, line, sizeof(line));
	frame_byte(&f, 255);
	frame_zeros(&f, 20);
	assert_int_equal(parse(&m), 0);
	assert_true(m.is_reply);
	assert_int_equal(m.type, DHCP4_ACK);
	assert_int_equal(m.xid, 0x01020304);
	assert_true(m.is_ethernet);
	assert_memory_equal(m.hardware, dhcp4_subject, 6);
	assert_memory_equal(m.client, "\306\063\144\007", 4);
	assert_memory_equal(m.yours, "\306\063\144\010", 4);
	assert_memory_equal(m.relay, "\306\063\144\001", 4);
	assert_memory_equal(m.server, "\306\063\144\001", 4);
	assert_int_equal(m.lease, 600);
	assert_int_equal(m.renewal, 300);
	assert_int_equal(m.rebinding, 525);
	assert_int_equal(m.client_id.n, 7);
	assert_memory_equal(m.client_id.at, "\001client", 7);
	assert_int_equal(m.circuit_id.n, 3);
	assert_memory_equal(m.circuit_id.at, "a/1", 3);
	assert_int_equal(m.remote_id.n, 4);
	assert_memory_equal(m.remote_id.at, "\336\255\276\357", 4);
}

static void
options_go_on_in_the_fields_that_are_overloaded(void **state)
{
	struct dhcp4 m;

	(void)state;
	begin(0);
	dhcp4_option_byte(&f, 52, 3);
	frame_byte(&f, 255);
	memcpy(f.data + 108, "\065\001\003\377", 4);            /* file: a request */
	memcpy(f.data + 44, "\062\004\306\063\144\011\377", 7); /* sname: option 50 */
	assert_int_equal(parse(&m), 0);
	assert_int_equal(m.type, DHCP4_REQUEST);
	assert_memory_equal(m.requested, "\306\063\144\011", 4);
	/* Without the word of option 52 they are names. */
	f.data[240 + 2] = 1;
	assert_int_equal(parse(&m), 0);
	assert_int_equal(m.type, DHCP4_REQUEST);
	assert_memory_equal(m.requested, "\0\0\0\0", 4);
	f.data[240 + 2] = 4;
	assert_int_equal(parse(&m), 0);
	assert_int_equal(m.type, 0);
}

static void
option_in_parts_is_joined_over_all_fields(void **state)
{
	uint8_t much[200];
	struct dhcp4 m;
	unsigned i;

	(void)state;
	begin(1);
	dhcp4_option_byte(&f, 53, 5);
	dhcp4_option(&f, 51, "\0\0", 2);
	dhcp4_option(&f, 61, "\001a", 2);
	dhcp4_option(&f, 82, "\001\003a", 3);
	dhcp4_option(&f, 51, "\002\130", 2);
	dhcp4_option(&f, 82, "/1", 2);
	dhcp4_option(&f, 61, "", 0);
	dhcp4_option_byte(&f, 52, 3);
	frame_byte(&f, 255);
	memcpy(f.data + 108, "\075\001b\377", 4); /* file, then sname */
	memcpy(f.data + 44, "\075\001c\377", 4);
	assert_int_equal(parse(&m), 0);
	assert_int_equal(m.type, DHCP4_ACK);
	assert_int_equal(m.lease, 600);
	assert_int_equal(m.client_id.n, 4);
	assert_memory_equal(m.client_id.at, "\001abc", 4);
	assert_int_equal(m.circuit_id.n, 3);
	assert_memory_equal(m.circuit_id.at, "a/1", 3);
	/* More than there is room for is none. */
	begin(1);
	dhcp4_option_byte(&f, 53, 5);
	memset(much, 1, sizeof(much));
	for (i = 0; i < 4; i++)
		dhcp4_option(&f, 61, much, sizeof(much));
	assert_int_equal(parse(&m), 0);
	assert_int_equal(m.type, 0);
	assert_int_equal(m.client_id.n, 0);
}

static void
options_that_are_not_sound_leave_the_header_alone(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} table[] = {
	    {"\065\001", 2},                         /* cut */
	    {"\065", 1},                             /* without a length */
	    {"\065\002\005\005", 4},                 /* a type of two bytes */
	    {"\065\000", 2},                         /* of none */
	    {"\065\001\005\065\001\005", 6},         /* twice: two bytes, joined */
	    {"\065\001\005\063\003\0\0\1", 8},       /* a lease of three bytes */
	    {"\065\001\005\075\000", 5},             /* an empty client ID */
	    {"\065\001\005\122\002\001\003", 7},     /* a suboption that is cut */
	    {"\065\001\005\122\001\001", 6},         /* one without a length */
	    {"\065\001\005\122\004\001\0\001\0", 9}, /* an empty circuit ID, twice */
	};
	struct dhcp4 m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		begin(1);
		frame_put(&f, table[i].bytes, table[i].n);
		assert_int_equal(parse(&m), 0);
		assert_int_equal(m.type, 0);
		assert_int_equal(m.lease, 0);
		assert_int_equal(m.client_id.n, 0);
		assert_int_equal(m.circuit_id.n, 0);
		assert_memory_equal(m.yours, "\306\063\144\010", 4);
		assert_memory_equal(m.hardware, dhcp4_subject, 6);
	}
	/* BOOTP has no cookie, and no type. */
	begin(1);
	f.data[236] = 0;
	dhcp4_option_byte(&f, 53, 5);
	assert_int_equal(parse(&m), 0);
	assert_int_equal(m.type, 0);
}

static void
message_is_read_within_its_bytes_whatever_they_are(void **state)
{
	struct dhcp4 m;
	uint32_t n, i;

	(void)state;
	begin(1);
	dhcp4_option_byte(&f, 53, 5);
	dhcp4_option(&f, 82, "\001\002ab\002\002cd", 8);
	dhcp4_option_byte(&f, 52, 3);
	memcpy(f.data + 108, "\075\003xyz\377", 6);
	n = f.n;
	for (f.n = 0; f.n <= n; f.n++)
		assert_int_equal(parse(&m), f.n < 236 ? -1 : 0);
	f.n = n;
	for (i = 0; i < n; i++) {
		uint8_t kept = f.data[i];

		for (f.data[i] = 0; f.data[i] != 255; f.data[i]++)
			(void)parse(&m);
		f.data[i] = kept;
	}
	begin(1);
	f.data[2] = 17;
	assert_int_equal(parse(&m), -1);
	begin(1);
	f.data[0] = 3;
	assert_int_equal(parse(&m), -1);
	f.n = 0;
	dhcp4_header(&f, 0, 1, dhcp4_subject, nobody);
	f.data[1] = 6;
	assert_int_equal(parse(&m), 0);
	assert_false(m.is_ethernet);
}

/* tshark, which knows nothing of us, reads the same from the same bytes. */
static void
tshark_reads_the_same(void **state)
{
	static struct frame wire;
	char said[256];

	(void)state;
	begin(1);
	dhcp4_option_byte(&f, 53, 5);
	dhcp4_option_seconds(&f, 51, 600);
	dhcp4_option(&f, 82, "\001\003a/1\002\002zz", 9);
	frame_byte(&f, 255);
	dhcp4_wrap(&wire, dhcp4_stranger, "198.51.100.1", "198.51.100.8", &f);
	tshark_says(&wire,
	    "-e dhcp.option.dhcp -e dhcp.ip.your -e dhcp.id -e dhcp.option.ip_address_lease_time "
	    "-e dhcp.hw.mac_addr",
	    said, sizeof(said));
	assert_string_equal(said, "5\t198.51.100.8\t0x01020304\t600\t02:00:5e:00:53:07\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(acknowledgement_says_who_has_what_for_how_long),
	    cmocka_unit_test(options_go_on_in_the_fields_that_are_overloaded),
	    cmocka_unit_test(option_in_parts_is_joined_over_all_fields),
	    cmocka_unit_test(options_that_are_not_sound_leave_the_header_alone),
	    cmocka_unit_test(message_is_read_within_its_bytes_whatever_they_are),
	    cmocka_unit_test(tshark_reads_the_same),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
