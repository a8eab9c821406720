#include "dhcp4s.h"
#include "ndps.h"

#include "follows_radius.h"

/*
 * What one source says of an address against what is known by another.
 */
#define DHCP "198.51.100.1"
#define MAC_TEXT "02-00-5E-00-53-07"
#define MAC_OTHER "0200.5e00.5308"

static const uint8_t server_mac[6] = {2, 0, 0, 0, 0, 1};

static void
on_event(void *cookie, const struct follow_event *e)
{
	(void)cookie;
	if (e->kind != FOLLOW_NOTED)
		tell("%s %s %s; ", kind_text(e), e->how, e->method);
}

static int
set_up(void **state)
{
	(void)state;
	network();
	iap.radius.ports[0] = 1812;
	iap.radius.ports[1] = 1813;
	iap.radius.port_count = 2;
	dhcp4_address(iap.dhcp_servers[0], DHCP);
	iap.dhcp_server_count = 1;
	dhcp4_address(iap.dhcp_pools[0].addr, "198.51.100.0");
	iap.dhcp_pools[0].bits = 24;
	iap.dhcp_pool_count = 1;
	return 0;
}

/* The server acknowledges the address to that MAC. */
static void
ack(stamp_t time, const uint8_t mac[6], const char *address)
{
	const char *const addresses[3] = {NULL, address, NULL};
	struct follow_frame frame = {.time = time, .sha256 = proof};
	struct dhcp4 m;

	f.n = 0;
	dhcp4_header(&f, 1, 1, mac, addresses);
	dhcp4_option_byte(&f, 53, DHCP4_ACK);
	dhcp4_option_seconds(&f, 51, 600);
	dhcp4_address(frame.source, DHCP);
	assert_int_equal(dhcp4_parse(&m, f.data, f.n), 0);
	(void)shown(follow_dhcp4(follow, &m, &frame));
}

/* The client asks, by that ID. */
static void
ask(stamp_t time, const uint8_t mac[6], const char *client_id)
{
	const char *const addresses[3] = {NULL, NULL, NULL};
	struct follow_frame frame = {.time = time, .sha256 = proof};
	struct dhcp4 m;

	f.n = 0;
	dhcp4_header(&f, 0, 1, mac, addresses);
	dhcp4_option_byte(&f, 53, DHCP4_REQUEST);
	dhcp4_option(&f, 61, client_id, strlen(client_id));
	assert_int_equal(dhcp4_parse(&m, f.data, f.n), 0);
	(void)shown(follow_dhcp4(follow, &m, &frame));
}

/* A session begins, of that name and maybe that caller. */
static void
start(stamp_t time, const char *user, const char *calling, const char *address)
{
	radius_account(&f, RADIUS_START, 1, user, user);
	if (calling != NULL)
		radius_text(&f, 31, calling);
	radius_v4(&f, 8, address);
	(void)show_between(time, NAS, 40000, SERVER, 1813);
}

static void
accept_anyone(stamp_t time, const char *from, const char *address)
{
	radius_header(&f, RADIUS_ACCESS_ACCEPT, 1, 0);
	radius_v4(&f, 8, address);
	(void)show_between(time, from, 1812, NAS, 40000);
}

static void
give(struct given_list *list, const char *address)
{
	memset(list, 0, sizeof(*list));
	list->count = 1;
	list->at[0].address = (struct order_prefix){.family = 4, .bits = 32};
	dhcp4_address(list->at[0].address.addr, address);
	list->at[0].from = T0;
	list->at[0].until = T0 + 3600 * S;
	memcpy(list->at[0].sha256, HEX, DIGEST_HEX);
	follow_give(follow, list, T0);
	follow_expire(follow, T0);
}

static void
fault_044_lease_that_radius_gives_to_someone_else_is_over(void **state)
{
	static const struct {
		const char *user, *calling;
		int is_over;
	} ways[] = {
	    {"bob", NULL, 1},          /* who that is can not be told */
	    {"bob", "eth0:7", 1},      /* nor here */
	    {"bob", MAC_OTHER, 1},     /* another machine */
	    {"bob", MAC_TEXT, 0},      /* the same machine: its network does both */
	    {"02005e005307", NULL, 0}, /* by its name, too */
	    {"02005e00530", NULL, 1},  /* that is no MAC */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		order.identity_count = 0;
		identity(ORDER_DHCP_MAC, dhcp4_subject, 6);
		ack(T0, dhcp4_subject, A);
		start(T0 + S, ways[i].user, ways[i].calling, B);
		told("begun assigned dhcpv4; ");
		start(T0 + 2 * S, ways[i].user, ways[i].calling, A);
		told(ways[i].is_over ? "ended conflict dhcpv4; " : "");
		assert_int_equal(follow_count(follow), !ways[i].is_over);
		if (ways[i].is_over)
			assert_string_equal(follow_blind(follow), "binding-conflict");
	}
}

static void
fault_044_session_whose_address_dhcp_gives_to_someone_else_is_over(void **state)
{
	(void)state;
	identity(ORDER_RADIUS_USER, USER, strlen(USER));
	start(T0, USER, MAC_TEXT, A);
	ack(T0 + S, dhcp4_subject, A);
	told("begun assigned radius; ");
	ack(T0 + 2 * S, dhcp4_stranger, A);
	told("ended conflict radius; ");
	assert_string_equal(follow_blind(follow), "binding-conflict");
	/* Where its machine is not known, any other may be. */
	begin(T0);
	start(T0, USER, NULL, A);
	ack(T0 + S, dhcp4_subject, A);
	told("begun assigned radius; ended conflict radius; ");
}

/* Accounting of the subject's session goes on. */
static void
go_on(stamp_t time, const char *calling, const char *address)
{
	radius_account(&f, RADIUS_INTERIM, (unsigned)(time / S % 200), USER, USER);
	if (calling != NULL)
		radius_text(&f, 31, calling);
	radius_v4(&f, 8, address);
	(void)show_between(time, NAS, 40000, SERVER, 1813);
}

static void
session_that_may_be_of_the_same_machine_goes_on_when_it_is_heard_of_a_while_later(void **state)
{
	static const struct {
		const char *calling;
		int goes_on;
	} ways[] = {{NULL, 1}, {"eth0:7", 1}, {"447700900123", 1}, {MAC_OTHER, 0}};
	size_t i;

	(void)state;
	identity(ORDER_RADIUS_USER, USER, strlen(USER));
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		begin(T0);
		start(T0, USER, ways[i].calling, A);
		ack(T0 + S, dhcp4_subject, A);
		told("begun assigned radius; ended conflict radius; ");
		assert_string_equal(follow_blind(follow), "binding-conflict");
		go_on(T0 + 30 * S, ways[i].calling, A); /* may have been under way */
		told("");
		go_on(T0 + 62 * S, ways[i].calling, A);
		told(ways[i].goes_on ? "begun established radius; " : "");
		assert_int_equal(follow_count(follow), ways[i].goes_on);
	}
}

static void
answer_to_the_subjects_client_whose_question_was_not_seen_disputes_nothing(void **state)
{
	struct given_list list;

	(void)state;
	identity(ORDER_DHCP_CLIENT_ID, "subject", 7);
	identity(ORDER_RADIUS_USER, USER, strlen(USER));
	ask(T0, dhcp4_subject, "subject");
	ack(T0, dhcp4_subject, A);
	start(T0 + S, USER, NULL, A);
	give(&list, A);
	told("begun assigned dhcpv4; begun assigned radius; begun established given; ");
	ack(T0 + 100 * S, dhcp4_subject, A);
	told("");
	/* But not of another address, nor where it is said that it is another's. */
	start(T0 + 101 * S, USER, NULL, B);
	said[0] = '\0';
	ack(T0 + 102 * S, dhcp4_subject, B);
	told("ended conflict radius; ");
	ask(T0 + 103 * S, dhcp4_subject, "another");
	ack(T0 + 103 * S, dhcp4_subject, A);
	told("ended conflict dhcpv4; ended conflict given; ");
}

static void
fault_044_session_that_is_resumed_is_still_of_its_machine(void **state)
{
	(void)state;
	identity(ORDER_RADIUS_USER, USER, strlen(USER));
	start(T0, USER, MAC_TEXT, A);
	assert_int_equal(start_anew(T0 + S), 0);
	ack(T0 + 2 * S, dhcp4_subject, A);
	told("begun resumed radius; ");
	ack(T0 + 3 * S, dhcp4_stranger, A);
	told("ended conflict radius; ");
}

static void
fault_044_given_address_is_disputed_by_radius_though_the_order_names_nobody_there(void **state)
{
	struct given_list list;

	(void)state;
	identity(ORDER_DHCP_CLIENT_ID, "\000subject", 8);
	give(&list, A);
	/* Between others than the operator's own it is nobody's word. */
	accept_anyone(T0 + S, NAS2, A);
	accept_anyone(T0 + S, SERVER, B);
	told("begun established given; ");
	accept_anyone(T0 + 2 * S, SERVER, A);
	told("ended conflict given; ");
	assert_string_equal(follow_blind(follow), "binding-conflict");
	/* By DHCP as well, where the order has only names of RADIUS. */
	order.identity_count = 0;
	identity(ORDER_RADIUS_USER, USER, strlen(USER));
	give(&list, A);
	ack(T0 + 3 * S, dhcp4_stranger, A);
	told("begun established given; ended conflict given; ");
}

static void
all_that_a_session_has_ends_with_one_of_its_addresses(void **state)
{
	(void)state;
	identity(ORDER_RADIUS_USER, USER, strlen(USER));
	radius_account(&f, RADIUS_START, 1, USER, "s1");
	radius_v4(&f, 8, A);
	radius_v6(&f, 123, "2001:db8:200::", 56, 16);
	(void)show_between(T0, NAS, 40000, SERVER, 1813);
	assert_int_equal(follow_count(follow), 2);
	said[0] = '\0';
	ack(T0 + S, dhcp4_stranger, A);
	assert_int_equal(follow_count(follow), 0);
	said[0] = '\0';
}

static void
mac_stands_in_a_text_or_in_a_duid_or_it_does_not(void **state)
{
	static const uint8_t llt[14] = {0, 1, 0, 1, 9, 9, 9, 9, 2, 0, 0x5e, 0, 0x53, 7};
	static const uint8_t ll[10] = {0, 3, 0, 1, 2, 0, 0x5e, 0, 0x53, 7};
	static const uint8_t uuid[18] = {0, 4};
	uint8_t room[6];

	(void)state;
	assert_memory_equal(follow_mac_in("02:00:5e:00:53:07", 17, room), dhcp4_subject, 6);
	assert_memory_equal(follow_mac_in("0200.5E00.5307", 14, room), dhcp4_subject, 6);
	assert_null(follow_mac_in("02:00:5e:00:53:07:00", 20, room));
	assert_null(follow_mac_in("02:00:5e:00:53:0", 16, room));
	assert_null(follow_mac_in("02:00:5e:00:53:0g", 17, room));
	assert_null(follow_mac_in("", 0, room));
	assert_memory_equal(follow_mac_in("02005e-005307", 13, room), dhcp4_subject, 6);
	/* A telephone number is none, nor are its digits with a mark here and there. */
	assert_null(follow_mac_in("447700900123", 12, room));
	assert_null(follow_mac_in("44-7700-900123", 14, room));
	assert_null(follow_mac_in("447-700-900-123", 15, room));
	assert_null(follow_mac_in("-447700900123", 13, room));
	assert_null(follow_mac_in("447700900123.", 13, room));
	assert_non_null(follow_mac_in("44:77:00:90:01:23", 17, room));
	assert_memory_equal(follow_mac_of_duid(llt, sizeof(llt)), dhcp4_subject, 6);
	assert_memory_equal(follow_mac_of_duid(ll, sizeof(ll)), dhcp4_subject, 6);
	assert_null(follow_mac_of_duid(llt, sizeof(llt) - 1));
	assert_null(follow_mac_of_duid(uuid, sizeof(uuid)));
}

static void
arp(stamp_t time, const uint8_t mac[6], const char *address)
{
	struct follow_message m = {.kind = FOLLOW_MESSAGE_ARP};
	struct follow_frame frame = {.time = time, .sha256 = proof, .mac = mac};

	dhcp4_address(m.arp.address, address);
	memcpy(m.arp.mac, mac, 6);
	assert_int_equal(shown(follow_show(follow, &m, &frame)), 0);
}

static void
arp_of_another_mac_ends_what_radius_gave_to_a_caller_that_is_known_by_one(void **state)
{
	(void)state;
	identity(ORDER_RADIUS_USER, "alice", 5);
	start(T0, "alice", MAC_TEXT, A);
	told("begun assigned radius; ");
	arp(T0 + S, dhcp4_subject, A);
	arp(T0 + S, dhcp4_stranger, B);
	/* A router may speak for it. */
	memcpy(iap.ipv6.routers[0], dhcp4_stranger, 6);
	iap.ipv6.router_count = 1;
	arp(T0 + S, dhcp4_stranger, A);
	iap.ipv6.router_count = 0;
	told("");
	arp(T0 + 2 * S, dhcp4_stranger, A);
	told("ended conflict radius; ");
	assert_string_equal(follow_blind(follow), "binding-conflict");
	assert_int_equal(follow_count(follow), 0);
}

static void
arp_says_nothing_of_a_caller_that_no_mac_tells(void **state)
{
	(void)state;
	identity(ORDER_RADIUS_USER, "alice", 5);
	start(T0, "alice", "eth0:7", A);
	arp(T0 + S, dhcp4_stranger, A);
	told("begun assigned radius; ");
}

/* A host says that it has the address, or asks whether anyone has. */
static void
neighbor(stamp_t time, unsigned type, const uint8_t mac[6], const char *source, const char *target)
{
	struct follow_message m = {.kind = FOLLOW_MESSAGE_NDP};
	struct follow_frame frame = {
	    .time = time, .sha256 = proof, .mac = mac, .target_mac = server_mac, .family = 6};

	ndp_neighbor(&f, type, target, NULL);
	ndp_address(frame.source, source);
	assert_int_equal(ndp_parse(&m.ndp, f.data, f.n), 0);
	(void)shown(follow_show(follow, &m, &frame));
}

static void
neighbor_of_another_mac_ends_an_ipv6_address_that_was_given_by_hand(void **state)
{
	static const char given[] = "2001:db8:6::50", other[] = "2001:db8:6::51";
	struct given_list list;

	(void)state;
	identity(ORDER_SLAAC_MAC, dhcp4_subject, 6);
	memset(&list, 0, sizeof(list));
	list.count = 1;
	list.at[0].address = (struct order_prefix){.family = 6, .bits = 128};
	ndp_address(list.at[0].address.addr, given);
	list.at[0].from = T0;
	list.at[0].until = T0 + 3600 * S;
	memcpy(list.at[0].sha256, HEX, DIGEST_HEX);
	follow_give(follow, &list, T0);
	follow_expire(follow, T0);
	told("begun established given; ");
	neighbor(T0 + S, NDP_ADVERTISEMENT, dhcp4_subject, given, given);
	neighbor(T0 + S, NDP_ADVERTISEMENT, dhcp4_stranger, other, other);
	neighbor(T0 + S, NDP_SOLICITATION, dhcp4_stranger, "::", given);  /* it only asks */
	neighbor(T0 + S, NDP_SOLICITATION, dhcp4_stranger, other, given); /* for whom it speaks to */
	told("");
	neighbor(T0 + 2 * S, NDP_ADVERTISEMENT, dhcp4_stranger, given, given);
	told("ended conflict given; ");
	assert_string_equal(follow_blind(follow), "binding-conflict");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(fault_044_lease_that_radius_gives_to_someone_else_is_over),
	    T(fault_044_session_whose_address_dhcp_gives_to_someone_else_is_over),
	    T(session_that_may_be_of_the_same_machine_goes_on_when_it_is_heard_of_a_while_later),
	    T(answer_to_the_subjects_client_whose_question_was_not_seen_disputes_nothing),
	    T(fault_044_session_that_is_resumed_is_still_of_its_machine),
	    T(fault_044_given_address_is_disputed_by_radius_though_the_order_names_nobody_there),
	    T(all_that_a_session_has_ends_with_one_of_its_addresses),
	    T(mac_stands_in_a_text_or_in_a_duid_or_it_does_not),
	    T(arp_of_another_mac_ends_what_radius_gave_to_a_caller_that_is_known_by_one),
	    T(arp_says_nothing_of_a_caller_that_no_mac_tells),
	    T(neighbor_of_another_mac_ends_an_ipv6_address_that_was_given_by_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
