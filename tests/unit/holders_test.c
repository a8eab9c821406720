#include <errno.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

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

/* What the server says of the client and its line, where it does. */
static const char *client_id = "", *circuit_id = "";

static stamp_t now;
static int is_without_chance;

/* In place of the library's. */
ssize_t
getrandom(void *out, size_t n, unsigned flags)
{
	if (is_without_chance) {
		errno = EAGAIN;
		return -1;
	}
	return syscall(SYS_getrandom, out, n, flags);
}

static int
clean(void **state)
{
	(void)state;
	holders_free(holders);
	holders = NULL;
	client_id = circuit_id = "";
	is_without_chance = 0;
	return 0;
}

static void
begin_with(uint8_t (*macs)[6], size_t n)
{
	(void)clean(NULL);
	now = T0;
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
	holders = holders_new(&by_address);
	assert_non_null(holders);
}

static enum holders_turn turn; /* what was told last */

/* Does it say that it was given to anyone else, by the method? */
static int
tells(const struct follow_message *m, const struct follow_frame *frame, const char *method)
{
	turn = holders_is_word(&iap, m, frame) ? holders_show(holders, m, frame, &address) : HOLDERS_NONE;
	if (turn != HOLDERS_NONE)
		assert_string_equal(holders_method(m), method);
	return turn == HOLDERS_AWAY;
}

/* The order names whoever has it, too. */
static void
name(unsigned kind, const void *bytes, size_t n)
{
	static struct order_identity list[4];

	by_address.identity_count = by_address.identities == NULL ? 0 : by_address.identity_count;
	by_address.identities = list;
	memset(&list[by_address.identity_count], 0, sizeof(list[0]));
	list[by_address.identity_count].kind = (uint8_t)kind;
	list[by_address.identity_count].length = (uint8_t)n;
	memcpy(list[by_address.identity_count].bytes, bytes, n);
	by_address.identity_count++;
}

static int
dhcp4_gives(const char *from, unsigned type, const uint8_t mac[6], const char *yours)
{
	struct follow_frame frame = {.time = now, .sha256 = "", .family = 4};
	struct follow_message m = {.kind = FOLLOW_MESSAGE_DHCP4};

	dhcp4_address(frame.source, from);
	m.dhcp4.is_reply = m.dhcp4.is_ethernet = 1;
	m.dhcp4.type = (uint8_t)type;
	m.dhcp4.lease = 600;
	m.dhcp4.hardware_length = 6;
	memcpy(m.dhcp4.hardware, mac, 6);
	m.dhcp4.client_id = (struct wire_bytes){(const uint8_t *)client_id, strlen(client_id)};
	m.dhcp4.circuit_id = (struct wire_bytes){(const uint8_t *)circuit_id, strlen(circuit_id)};
	dhcp4_address(m.dhcp4.yours, yours);
	return tells(&m, &frame, "dhcpv4");
}

static void
an_address_that_a_server_gives_to_another_client_is_told_of(void **state)
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
	assert_true(dhcp4_gives(SERVER, DHCP4_ACK, other_mac, "198.51.100.50"));
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.50"));
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

static struct frame reply;
static uint32_t cut; /* so many bytes of it did not come */

static int
is_told_of_reply(const char *from)
{
	struct follow_frame frame = {.time = now, .sha256 = "", .family = 6};
	struct follow_message m = {.kind = FOLLOW_MESSAGE_DHCP6};

	assert_int_equal(dhcp6_parse(&m.dhcp6, reply.data, reply.n - cut), 0);
	dhcp6_address(frame.source, from);
	return tells(&m, &frame, "dhcpv6");
}

/* A reply that gives an address, or with ${bits} a prefix. */
static int
dhcp6_gives(const char *from, const char *duid, const char *what, unsigned bits, uint32_t valid)
{
	uint32_t at;

	reply.n = 0;
	dhcp6_header(&reply, DHCP6_REPLY, 1, duid);
	at = dhcp6_open_ia(&reply, bits == 0 ? DHCP6_NA : DHCP6_PD, 1);
	dhcp6_lease(&reply, what, bits, valid);
	dhcp6_close(&reply, at);
	dhcp6_option(&reply, 23, "16 bytes of a...", 16); /* name servers: the last thing in it */
	return is_told_of_reply(from);
}

/* One that gives the order's address. */
static int
dhcp6_gives_to(const char *duid, uint32_t n)
{
	uint32_t at;

	reply.n = 0;
	dhcp6_header(&reply, DHCP6_REPLY, 1, NULL);
	dhcp6_option(&reply, 1, duid, n);
	at = dhcp6_open_ia(&reply, DHCP6_NA, 1);
	dhcp6_lease(&reply, "2001:db8:6::50", 0, 600);
	dhcp6_close(&reply, at);
	return is_told_of_reply("2001:db8::1");
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
	/* Of one that was cut nobody knows what else it would have said. */
	cut = 1;
	assert_false(dhcp6_gives("2001:db8::1", "\001b", "2001:db8:6::50", 0, 600));
	cut = 0;
	assert_true(dhcp6_gives("2001:db8::1", "\001b", "2001:db8:6::50", 0, 600));
	assert_memory_equal(&address, &named[2], sizeof(address));
	begin_with(NULL, 0);
	assert_false(dhcp6_gives("2001:db8::1", "\001a", "2001:db8:7::", 56, 600));
	assert_false(dhcp6_gives("2001:db8::1", "\001b", "2001:db8:7::", 64, 600));
	assert_true(dhcp6_gives("2001:db8::1", "\001b", "2001:db8:7::", 56, 600));
	assert_memory_equal(&address, &named[1], sizeof(address));
}

static void
client_that_the_order_names_is_never_another(void **state)
{
	(void)state;
	begin_with(NULL, 0);
	name(ORDER_DHCP_MAC, dhcp4_subject, 6);
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_subject, "198.51.100.50"));
	assert_true(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.50"));
	begin_with(NULL, 0);
	name(ORDER_DHCP_MAC, dhcp4_subject, 6);
	name(ORDER_DHCP_MAC, other_mac, 6);
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_subject, "198.51.100.50"));
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, other_mac, "198.51.100.50"));
	/* A line has it, with whatever device; of a word that does not say of which line nothing is known. */
	begin_with(NULL, 0);
	name(ORDER_DHCP_CIRCUIT_ID, "line 7", 6);
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.50"));
	circuit_id = "line 7";
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_subject, "198.51.100.50"));
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, other_mac, "198.51.100.50"));
	circuit_id = "line 8";
	assert_true(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_subject, "198.51.100.50"));
}

static void
any_of_its_names_will_do_and_what_is_not_said_speaks_against_none(void **state)
{
	(void)state;
	begin_with(NULL, 0);
	name(ORDER_DHCP_MAC, dhcp4_subject, 6);
	name(ORDER_DHCP_CLIENT_ID, "box", 3);
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_subject, "198.51.100.50"));
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.50"));
	client_id = "box";
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.50"));
	client_id = "bag";
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_subject, "198.51.100.50"));
	assert_true(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.50"));
}

/* A DUID is opaque: what is in it may be the MAC of another of its interfaces. */
static void
mac_in_a_duid_says_who_has_it_only_where_the_order_names_it(void **state)
{
	static const char own[] = "\0\3\0\1\2\0\x5e\0\x53\7", alien[] = "\0\3\0\1\2\0\x5e\0\x53\x9",
			  third[] = "\0\3\0\1\2\0\x5e\0\x53\x5";
	uint8_t macs[1][6];

	(void)state;
	memcpy(macs[0], dhcp4_subject, 6);
	begin_with(macs, 1);
	assert_false(dhcp6_gives_to(alien, 10));
	assert_false(dhcp6_gives_to(alien, 10));
	assert_false(dhcp6_gives_to(own, 10));
	assert_true(dhcp6_gives_to(third, 10));
}

static void
duid_that_the_order_names_is_never_another_and_any_other_is(void **state)
{
	static const char own[] = "\0\3\0\1\2\0\x5e\0\x53\7";

	(void)state;
	begin_with(NULL, 0);
	name(ORDER_DHCP6_DUID, "\1a", 2);
	name(ORDER_DHCP6_DUID, "\1b", 2);
	assert_false(dhcp6_gives_to("\1a", 2));
	assert_false(dhcp6_gives_to("\1b", 2));
	assert_true(dhcp6_gives_to("\1c", 2));
	/* Whether it is that MAC's, or that line's, is not in a reply. */
	begin_with(NULL, 0);
	name(ORDER_DHCP6_DUID, "\1a", 2);
	name(ORDER_DHCP6_INTERFACE_ID, "7", 1);
	assert_false(dhcp6_gives_to("\1c", 2));
	begin_with(NULL, 0);
	name(ORDER_DHCP6_MAC, dhcp4_subject, 6);
	assert_false(dhcp6_gives_to(own, 10));
	assert_false(dhcp6_gives_to("\1c", 2));
	assert_false(dhcp6_gives_to("\1d", 2));
}

/* Who is told of has it from then on, and nothing is told of it twice; it is at most once a day, whoever forges it. */
static void
whom_it_was_told_of_has_it_and_no_flood_of_words_makes_one_of_notices(void **state)
{
	uint8_t forged[6] = {2, 0, 0x5e, 0, 0x53};
	int told = 0, i;

	(void)state;
	begin_with(NULL, 0);
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_subject, "198.51.100.50"));
	assert_true(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.50"));
	now = T0 + 2 * STAMP_DAY;
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.50"));
	/* Another is another, of this and of another address. */
	assert_true(dhcp4_gives(SERVER, DHCP4_ACK, other_mac, "198.51.100.50"));
	now += STAMP_DAY;
	assert_false(dhcp6_gives_to("\1a", 2));
	assert_true(dhcp6_gives_to("\1b", 2));
	for (i = 0; i < 1000; i++) {
		now += STAMP_DAY / 500;
		forged[5] = (uint8_t)i;
		told += dhcp4_gives(SERVER, DHCP4_ACK, forged, "198.51.100.50");
	}
	assert_int_equal(told, 2);
	/* A clock that is set back does not silence it. */
	now -= 2 * STAMP_DAY;
	assert_true(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.50"));
}

static enum holders_turn
turn_to(const uint8_t mac[6])
{
	(void)dhcp4_gives(SERVER, DHCP4_ACK, mac, "198.51.100.50");
	return turn;
}

static void
end_of_what_was_told_is_told_at_once_and_only_once(void **state)
{
	uint8_t forged[6] = {2, 0, 0x5e, 0, 0x53};
	int told[3] = {0, 0, 0}, i;

	(void)state;
	begin_with(NULL, 0);
	assert_int_equal(turn_to(dhcp4_subject), HOLDERS_NONE);
	assert_int_equal(turn_to(dhcp4_stranger), HOLDERS_AWAY);
	/* From one stranger to the next within the day: it is away still, and not from the first stranger. */
	assert_int_equal(turn_to(other_mac), HOLDERS_NONE);
	assert_int_equal(turn_to(dhcp4_subject), HOLDERS_BACK);
	assert_memory_equal(&address, &named[0], sizeof(address));
	assert_int_equal(turn_to(dhcp4_subject), HOLDERS_NONE);
	/* That it was no end is told as well.  What comes after that waits for the next day: till then it is away. */
	assert_int_equal(turn_to(dhcp4_stranger), HOLDERS_AWAY);
	assert_int_equal(turn_to(dhcp4_subject), HOLDERS_NONE);
	assert_int_equal(turn_to(other_mac), HOLDERS_NONE);
	assert_true(holders_are_away(holders));
	now += STAMP_DAY;
	assert_int_equal(turn_to(dhcp4_subject), HOLDERS_BACK);
	assert_false(holders_are_away(holders));
	assert_int_equal(turn_to(dhcp4_stranger), HOLDERS_AWAY);
	now += STAMP_DAY;
	assert_int_equal(turn_to(other_mac), HOLDERS_AWAY);
	assert_int_equal(turn_to(dhcp4_stranger), HOLDERS_NONE);
	assert_int_equal(turn_to(dhcp4_subject), HOLDERS_BACK);
	/* No flood of words makes more of them. */
	now += STAMP_DAY;
	for (i = 0; i < 1000; i++) {
		forged[5] = (uint8_t)(i / 2);
		told[turn_to(i % 2 == 0 ? forged : dhcp4_subject)]++;
	}
	assert_int_equal(told[HOLDERS_AWAY], 2);
	assert_int_equal(told[HOLDERS_BACK], 1);
}

static void
as_long_as_any_address_is_away_not_all_of_it_is_over(void **state)
{
	struct order_prefix two[2] = {named[0], {4, 32, {198, 51, 100, 51}}};

	(void)state;
	begin_with(NULL, 0);
	by_address.prefixes = two;
	by_address.prefix_count = 2;
	assert_int_equal(turn_to(dhcp4_subject), HOLDERS_NONE);
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_subject, "198.51.100.51"));
	assert_false(holders_are_away(holders));
	assert_int_equal(turn_to(dhcp4_stranger), HOLDERS_AWAY);
	assert_true(holders_are_away(holders));
	now += STAMP_DAY;
	assert_true(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.51"));
	assert_int_equal(turn_to(dhcp4_subject), HOLDERS_BACK);
	assert_true(holders_are_away(holders));
	(void)dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_subject, "198.51.100.51");
	assert_int_equal(turn, HOLDERS_BACK);
	assert_false(holders_are_away(holders));
	/* It was told that all of it is over: as soon as one is away again that is told, and of the other no word more. */
	assert_true(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.51"));
	assert_int_equal(turn_to(dhcp4_stranger), HOLDERS_NONE);
	assert_true(holders_are_away(holders));
}

/* As long as it is told that one is away, it is not told of another on the same day, whatever of it was before. */
static void
one_that_is_back_while_another_is_away_is_told_of_no_more_that_day(void **state)
{
	struct order_prefix two[2] = {named[0], {4, 32, {198, 51, 100, 51}}};

	(void)state;
	begin_with(NULL, 0);
	by_address.prefixes = two;
	by_address.prefix_count = 2;
	assert_int_equal(turn_to(dhcp4_subject), HOLDERS_NONE);
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_subject, "198.51.100.51"));
	assert_int_equal(turn_to(dhcp4_stranger), HOLDERS_AWAY);
	now += STAMP_DAY;
	assert_true(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.51"));
	assert_int_equal(turn_to(dhcp4_subject), HOLDERS_BACK);
	assert_int_equal(turn_to(dhcp4_stranger), HOLDERS_NONE);
	now += STAMP_DAY;
	assert_int_equal(turn_to(dhcp4_stranger), HOLDERS_AWAY);
}

static void
it_is_back_with_any_client_that_the_order_names_and_with_no_other(void **state)
{
	(void)state;
	begin_with(NULL, 0);
	name(ORDER_DHCP_MAC, dhcp4_subject, 6);
	assert_int_equal(turn_to(dhcp4_stranger), HOLDERS_AWAY);
	assert_int_equal(turn_to(other_mac), HOLDERS_NONE);
	assert_int_equal(turn_to(dhcp4_subject), HOLDERS_BACK);
	/* It is a line that is meant, not the machine that is there. */
	begin_with(NULL, 0);
	name(ORDER_DHCP_CIRCUIT_ID, "line 7", 6);
	circuit_id = "line 7";
	assert_int_equal(turn_to(dhcp4_subject), HOLDERS_NONE);
	circuit_id = "line 8";
	assert_int_equal(turn_to(dhcp4_subject), HOLDERS_AWAY);
	assert_int_equal(turn_to(dhcp4_subject), HOLDERS_NONE);
	circuit_id = "";
	assert_int_equal(turn_to(dhcp4_subject), HOLDERS_NONE);
	circuit_id = "line 7";
	assert_int_equal(turn_to(other_mac), HOLDERS_BACK);
}

static void
client_that_the_order_does_not_name_is_told_of_once_and_again_when_it_comes_back(void **state)
{
	(void)state;
	begin_with(NULL, 0);
	name(ORDER_DHCP_MAC, dhcp4_subject, 6);
	assert_true(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.50"));
	now += 2 * STAMP_DAY;
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.50"));
	assert_false(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_subject, "198.51.100.50"));
	assert_true(dhcp4_gives(SERVER, DHCP4_ACK, dhcp4_stranger, "198.51.100.50"));
}

static void
clients_are_hashed_with_a_key_of_chance_or_not_at_all(void **state)
{
	(void)state;
	begin_with(NULL, 0);
	is_without_chance = 1;
	assert_null(holders_new(&by_address));
	assert_int_equal(errno, EAGAIN);
}

/* A proxy strips realms and sends late: of two requests nobody can say that they are of two users. */
static void
what_accounting_says_is_told_of_nobody(void **state)
{
	struct follow_frame frame = {
	    .time = now, .sha256 = "", .family = 4, .source_port = 40000, .target_port = 1813};
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
	    cmocka_unit_test_teardown(an_address_that_a_server_gives_to_another_client_is_told_of, clean),
	    cmocka_unit_test_teardown(where_the_order_names_macs_any_other_is_anothers_at_once, clean),
	    cmocka_unit_test_teardown(so_is_an_address_or_prefix_of_dhcpv6, clean),
	    cmocka_unit_test_teardown(client_that_the_order_names_is_never_another, clean),
	    cmocka_unit_test_teardown(any_of_its_names_will_do_and_what_is_not_said_speaks_against_none, clean),
	    cmocka_unit_test_teardown(mac_in_a_duid_says_who_has_it_only_where_the_order_names_it, clean),
	    cmocka_unit_test_teardown(duid_that_the_order_names_is_never_another_and_any_other_is, clean),
	    cmocka_unit_test_teardown(whom_it_was_told_of_has_it_and_no_flood_of_words_makes_one_of_notices, clean),
	    cmocka_unit_test_teardown(end_of_what_was_told_is_told_at_once_and_only_once, clean),
	    cmocka_unit_test_teardown(as_long_as_any_address_is_away_not_all_of_it_is_over, clean),
	    cmocka_unit_test_teardown(one_that_is_back_while_another_is_away_is_told_of_no_more_that_day, clean),
	    cmocka_unit_test_teardown(it_is_back_with_any_client_that_the_order_names_and_with_no_other, clean),
	    cmocka_unit_test_teardown(
		client_that_the_order_does_not_name_is_told_of_once_and_again_when_it_comes_back, clean),
	    cmocka_unit_test_teardown(clients_are_hashed_with_a_key_of_chance_or_not_at_all, clean),
	    cmocka_unit_test_teardown(what_accounting_says_is_told_of_nobody, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
