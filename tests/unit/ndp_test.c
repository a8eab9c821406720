#include "scratch.h"

#include "ndps.h"
#include "tshark.h"

#define TARGET "2001:db8:6::7"

static struct frame f;
static struct ndp m;

/* From bytes that end where f ends; of the MAC only whether there is one is looked at. */
static int
parse(void)
{
	uint8_t *data = frame_exact(&f, f.n);
	int rc = ndp_parse(&m, data, f.n);

	free(data);
	return rc;
}

static void
neighbors_say_which_address_and_mac(void **state)
{
	uint8_t target[16];

	(void)state;
	ndp_address(target, TARGET);
	ndp_neighbor(&f, NDP_SOLICITATION, TARGET, NULL);
	assert_int_equal(parse(), 0);
	assert_true(m.is_whole && m.type == NDP_SOLICITATION && m.mac.n == 0);
	assert_memory_equal(m.target, target, 16);
	ndp_neighbor(&f, NDP_ADVERTISEMENT, TARGET, frame_mac_a);
	assert_int_equal(parse(), 0);
	assert_true(m.is_whole && m.mac.n == 6);
	/* A source's address in an advertisement, or one of another length, says nothing. */
	f.data[24] = 1;
	assert_int_equal(parse(), 0);
	assert_true(m.is_whole && m.mac.n == 0);
	f.data[24] = 2;
	f.data[25] = 2;
	frame_zeros(&f, 8);
	assert_int_equal(parse(), 0);
	assert_true(m.is_whole && m.mac.n == 0);
}

static void
routers_say_how_long_the_addresses_of_a_prefix_last(void **state)
{
	(void)state;
	ndp_router(&f);
	ndp_prefix(&f, "2001:db8:6::", 64, 0xc0, 600);
	ndp_prefix(&f, "2001:db8:7::", 64, 0x80, 600); /* hosts make none of it */
	ndp_prefix(&f, "2001:db8:8::", 48, 0xc0, 600);
	ndp_prefix(&f, "2001:db8:9::7", 64, 0x40, NDP_FOREVER);
	assert_int_equal(parse(), 0);
	assert_true(m.is_whole && m.prefix_count == 2);
	assert_int_equal(m.prefixes[0].valid, 600);
	assert_int_equal(m.prefixes[0].prefix.bits, 64);
	assert_memory_equal(m.prefixes[1].prefix.addr, "\x20\x01\x0d\xb8\0\x09\0\0\0\0\0\0\0\0\0\0", 16);
	ndp_router(&f);
	for (int i = 0; i < 40; i++)
		ndp_prefix(&f, "2001:db8:6::", 64, 0xc0, 600);
	assert_int_equal(parse(), 0);
	assert_int_equal(m.prefix_count, NDP_PREFIXES_MAX);
}

static void
what_is_cut_or_can_not_be_is_read_as_far_as_it_goes(void **state)
{
	uint32_t whole;

	(void)state;
	ndp_neighbor(&f, NDP_ADVERTISEMENT, TARGET, frame_mac_a);
	whole = f.n;
	for (f.n = 0; f.n < whole; f.n++) {
		assert_int_equal(parse(), f.n < 24 ? -1 : 0);
		assert_true(f.n < 24 || m.is_whole == (f.n == 24));
		assert_int_equal(m.mac.n, 0);
	}
	f.data[25] = 0; /* an option without length */
	f.n = whole;
	assert_int_equal(parse(), 0);
	assert_false(m.is_whole);
	ndp_neighbor(&f, NDP_ADVERTISEMENT, "ff02::1", NULL);
	assert_int_equal(parse(), -1);
	ndp_neighbor(&f, NDP_ADVERTISEMENT, TARGET, NULL);
	f.data[1] = 1; /* a code */
	assert_int_equal(parse(), -1);
	ndp_neighbor(&f, 137, TARGET, NULL);
	assert_int_equal(parse(), -1);
	/* Two MACs are none. */
	ndp_neighbor(&f, NDP_SOLICITATION, TARGET, frame_mac_a);
	frame_put(&f, f.data + 24, 8);
	assert_int_equal(parse(), 0);
	assert_false(m.is_whole);
	ndp_router(&f);
	frame_put(&f, "\003\001\100\300\0\0\0\0", 8);
	assert_int_equal(parse(), 0);
	assert_true(!m.is_whole && m.prefix_count == 0);
}

/* tshark, which knows nothing of us, reads the same from the same bytes. */
static void
tshark_reads_the_same(void **state)
{
	static struct frame wire;
	char said[512];

	(void)state;
	ndp_router(&f);
	ndp_prefix(&f, "2001:db8:6::", 64, 0xc0, 600);
	wire.n = 0;
	frame_link(&wire, 0x86dd);
	frame_v6(&wire, "fe80::1", "ff02::1", NDP_PROTO, f.n);
	wire.data[14 + 7] = NDP_HOPS;
	frame_put(&wire, f.data, f.n);
	tshark_says(&wire,
	    "-e icmpv6.type -e icmpv6.opt.prefix -e icmpv6.opt.prefix.length "
	    "-e icmpv6.opt.prefix.valid_lifetime -e _ws.malformed",
	    said, sizeof(said));
	assert_string_equal(said, "134\t2001:db8:6::\t64\t600\t\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(neighbors_say_which_address_and_mac),
	    cmocka_unit_test(routers_say_how_long_the_addresses_of_a_prefix_last),
	    cmocka_unit_test(what_is_cut_or_can_not_be_is_read_as_far_as_it_goes),
	    cmocka_unit_test(tshark_reads_the_same),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
