#include "scratch.h"

#include "dhcp4s.h"
#include "dhcp6s.h"

#include "holders.h"

#define SERVER "198.51.100.1"
#define T0 (STAMP_DAY * 20778)

/*
 * Addresses that an order names, and who has them by the word of the network's servers.
 */
static const uint8_t other_mac[6] = {2, 0, 0x5e, 0, 0x53, 9};
static struct order_prefix named[3] = {{4, 32, {198, 51, 100, 50}}, {6, 56, {0x20, 0x01, 0x0d, 0xb8, 0, 7}},
    {6, 128, {0x20, 0x01, 0x0d, 0xb8, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x50}}};
static struct order by_address;
static struct conf_iap iap;
static struct holders *holders;
static struct order_prefix address;

static int
clean(void **state)
{
	(void)state;
	holders_free(holders);
	holders = NULL;
	return 0;
}

static void
begin_with(uint8_t (*macs)[6], size_t n)
{
	(void)clean(NULL);
	memset(&by_address, 0, sizeof(by_address));
	by_address.prefixes = named;
	by_address.prefix_count = 3;
	by_address.macs = macs;
	by_address.mac_count = n;
	memset(&iap, 0, sizeof(iap));
	dhcp4_address(iap.dhcp_servers[0], SERVER);
	iap.dhcp_server_count = 1;
	dhcp6_address(iap.ipv6.servers[0].addr, "2001:db8::1");
	iap.ipv6.server_count = 1;
	holders = holders_new(&by_address, &iap);
	assert_non_null(holders);
}

/* Does it say that it was given to anyone else, by the method? */
static int
tells(const struct follow_message *m, const struct follow_frame *frame, const char *method)
{
	const char *by = holders_show(holders, m, frame, &address);

	if (by != NULL)
		assert_string_equal(by, method);
	return by != NULL;
}

static int
dhcp4_gives(const char *from, unsigned type, const uint8_t mac[6], const char *yours)
{
	struct follow_frame frame = {.time = T0, .sha256 = "", .family = 4};
	struct follow_message m = {.kind = FOLLOW_MESSAGE_DHCP4};

	dhcp4_address(frame.source, from);
	m.dhcp4.is_reply = m.dhcp4.is_ethernet = 1;
	m.dhcp4.type = (uint8_t)type;
	m.dhcp4.lease = 600;
	m.dhcp4.hardware_length = 6;
	memcpy(m.dhcp4.hardware, mac, 6);
	dhcp4_address(m.dhcp4.yours, yours);
	return tells(&m, &frame, "dhcpv4");
}

static void
an_address_that_a_server_gives_to_another_client_is_told_of_once(void **state)
{
	(void)state;
	begin_with(NULL, 0);
	/* The first whom it is seen with has it, and goes on having it. */
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_subject, "198.51.100.50"));
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_subject, "198.51.100.50"));
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.51"));
	assert_false(dhcp4_gives(SERVER, DHCP4_OFFER, dhcp4_stranger, "198.51.100.50"));
	assert_false(dhcp4_gives("198.51.100.9", DHCP4_ACK, dhcp4_stranger, "198.51.100.50"));
	assert_true(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.50"));
	assert_memory_equal(&address, &named[0], sizeof(address));
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_subject, "198.51.100.50"));
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, other_mac, "198.51.100.50"));
}

static void
where_the_order_names_macs_any_other_is_anothers_at_once(void **state)
{
	uint8_t macs[2][6];

	(void)state;
	memcpy(macs[0], dhcp4_subject, 6);
	memcpy(macs[1], other_mac, 6);
	begin_with(macs, 2);
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_subject, "198.51.100.50"));
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, other_mac, "198.51.100.50"));
	assert_true(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.50"));
}

/* A reply that gives an address, or with ${bits} a prefix. */
static int
dhcp6_gives(const char *from, const char *duid, const char *what, unsigned bits, uint32_t valid)
{
	static struct frame message;
	struct follow_frame frame = {.time = T0, .sha256 = "", .family = 6};
	struct follow_message m = {.kind = FOLLOW_MESSAGE_DHCP6};
	uint32_t at;

	message.n = 0;
	dhcp6_header(&message, DHCP6_REPLY, 1, duid);
	at = dhcp6_open_ia(&message, bits == 0 ? DHCP6_NA : DHCP6_PD, 1);
	dhcp6_lease(&message, what, bits, valid);
	dhcp6_close(&message, at);
	assert_int_equal(dhcp6_parse(&m.dhcp6, message.data, message.n), 0);
	dhcp6_address(frame.source, from);
	return tells(&m, &frame, "dhcpv6");
}

static void
so_is_an_address_or_prefix_of_dhcpv6(void **state)
{
	(void)state;
	begin_with(NULL, 0);
	assert_false(dhcp6_gives("2001:db8::1", "\001a", "2001:db8:6::50", 0, 600));
	assert_false(dhcp6_gives("2001:db8::1", "\001b", "2001:db8:6::51", 0, 600));
	assert_false(dhcp6_gives("2001:db8::1", "\001b", "2001:db8:6::50", 0, 0));
	assert_false(dhcp6_gives("2001:db8::9", "\001b", "2001:db8:6::50", 0, 600));
	assert_true(dhcp6_gives("2001:db8::1", "\001b", "2001:db8:6::50", 0, 600));
	assert_memory_equal(&address, &named[2], sizeof(address));
	begin_with(NULL, 0);
	assert_false(dhcp6_gives("2001:db8::1", "\001a", "2001:db8:7::", 56, 600));
	assert_false(dhcp6_gives("2001:db8::1", "\001b", "2001:db8:7::", 64, 600));
	assert_true(dhcp6_gives("2001:db8::1", "\001b", "2001:db8:7::", 56, 600));
	assert_memory_equal(&address, &named[1], sizeof(address));
}

/* A proxy strips realms and sends late: of two requests nobody can say that they are of two users. */
static void
what_accounting_says_is_told_of_nobody(void **state)
{
	struct follow_frame frame = {
	    .time = T0, .sha256 = "", .family = 4, .source_port = 40000, .target_port = 1813};
	struct follow_message m = {.kind = FOLLOW_MESSAGE_RADIUS};

	(void)state;
	begin_with(NULL, 0);
	iap.radius.servers[0].family = iap.radius.clients[0].family = 4;
	dhcp4_address(iap.radius.servers[0].addr, SERVER);
	dhcp4_address(iap.radius.clients[0].addr, "198.51.100.2");
	iap.radius.server_count = iap.radius.client_count = iap.radius.port_count = 1;
	iap.radius.ports[0] = 1813;
	dhcp4_address(frame.source, "198.51.100.2");
	dhcp4_address(frame.target, SERVER);
	m.radius.code = RADIUS_ACCOUNTING_REQUEST;
	m.radius.status = RADIUS_START;
	m.radius.user = (struct wire_bytes){(const uint8_t *)"alice@isp", 9};
	m.radius.addresses[0].prefix = named[0];
	m.radius.address_count = 1;
	assert_false(tells(&m, &frame, ""));
	m.radius.user.n = 5;
	assert_false(tells(&m, &frame, ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(an_address_that_a_server_gives_to_another_client_is_told_of_once, clean),
	    cmocka_unit_test_teardown(where_the_order_names_macs_any_other_is_anothers_at_once, clean),
	    cmocka_unit_test_teardown(so_is_an_address_or_prefix_of_dhcpv6, clean),
	    cmocka_unit_test_teardown(what_accounting_says_is_told_of_nobody, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
