#include "dhcp6s.h"
#include "ndps.h"

#include "follows.h"

#define A "2001:db8:6:1::50"
#define B "2001:db8:6:1::51"
#define MADE "2001:db8:6:1:0:5eff:fe00:5307" /* of the subject's MAC */

static const uint8_t routers[2][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}};
static const uint8_t *const subject = frame_mac_a, *const stranger = frame_mac_b;

static void
on_event(void *cookie, const struct follow_event *e)
{
	(void)cookie;
	assert_string_equal(e->method, "slaac");
	assert_true(e->kind != FOLLOW_NOTED);
	tell("%s %s :%x; ", kind_text(e), e->how, (unsigned)e->binding->address.addr[15]);
}

static int
set_up(void **state)
{
	(void)state;
	clear();
	iap.ipv6.slaac_pools[0].family = 6;
	iap.ipv6.slaac_pools[0].bits = 48;
	ndp_address(iap.ipv6.slaac_pools[0].addr, "2001:db8:6::");
	iap.ipv6.slaac_pool_count = 1;
	memcpy(iap.ipv6.routers, routers, sizeof(routers));
	iap.ipv6.router_count = 2;
	iap.ipv6.silence = 3600;
	identity(ORDER_SLAAC_MAC, frame_mac_a, 6);
	return 0;
}

/* Show what f holds, from a MAC and an address.  Return whether it was the subject's. */
static int
show(stamp_t time, const uint8_t *mac, const char *from)
{
	struct follow_frame frame = {
	    .time = time, .sha256 = proof, .mac = mac, .target_mac = routers[0], .family = 6};
	struct ndp m;

	ndp_address(frame.source, from);
	assert_int_equal(ndp_parse(&m, f.data, f.n), 0);
	return shown(follow_ndp(follow, &m, &frame));
}

/* Has anyone that address? / it is mine / where is the router, from that address. */
static int
asks(stamp_t time, const uint8_t *mac, const char *address)
{
	ndp_neighbor(&f, NDP_SOLICITATION, address, NULL);
	return show(time, mac, "::");
}

static int
says(stamp_t time, const uint8_t *mac, const char *address)
{
	ndp_neighbor(&f, NDP_ADVERTISEMENT, address, mac);
	return show(time, mac, address);
}

static int
looks(stamp_t time, const uint8_t *mac, const char *address)
{
	ndp_neighbor(&f, NDP_SOLICITATION, "fe80::1", mac);
	return show(time, mac, address);
}

static void
lifetime(stamp_t time, const uint8_t *mac, uint32_t valid)
{
	ndp_router(&f);
	ndp_prefix(&f, "2001:db8:6:1::", 64, 0xc0, valid);
	assert_int_equal(show(time, mac, "fe80::1"), 0);
}

static void
fault_044_address_is_the_subjects_from_its_first_word_to_its_silence(void **state)
{
	(void)state;
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(asks(T0, subject, "fe80::7"), 1); /* of the link alone */
	assert_int_equal(asks(T0, subject, "2001:db8:7::7"), 1);
	told("");
	assert_int_equal(asks(T0 + S, subject, A), 1);
	told("begun assigned :50; ");
	assert_true(follow_binding(follow, 0)->from == T0 + S);
	assert_true(follow_binding(follow, 0)->has_link);
	assert_int_equal(looks(T0 + 10 * S, subject, B), 1);
	told("begun established :51; ");
	/* Of others of its own every one must be heard of, or be over. */
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(says(T0 + 1000 * S, subject, A), 1);
	told("");
	assert_int_equal(looks(T0 + 3000 * S, subject, A), 1);
	told("renewed renewed :50; ");
	follow_expire(follow, T0 + 3610 * S);
	told("ended address-silent :51; ");
	follow_expire(follow, T0 + 6600 * S - 1);
	told("");
	follow_expire(follow, T0 + 6600 * S);
	told("ended address-silent :50; ");
	assert_string_equal(follow_blind(follow), "address-silent");
	assert_int_equal(asks(T0 + 6700 * S, subject, A), 1);
	assert_null(follow_blind(follow));
}

static void
stranger_begins_nothing(void **state)
{
	(void)state;
	assert_int_equal(asks(T0, stranger, A), 0);
	assert_int_equal(says(T0, stranger, A), 0);
	assert_int_equal(looks(T0, stranger, A), 0);
	/* Nor who speaks for another MAC. */
	ndp_neighbor(&f, NDP_ADVERTISEMENT, A, stranger);
	assert_int_equal(show(T0, subject, A), 1);
	told("");
	assert_int_equal(follow_count(follow), 0);
}

static void
fault_044_strangers_word_ends_it_and_it_is_not_believed_again_soon(void **state)
{
	(void)state;
	assert_int_equal(asks(T0, subject, A), 1);
	assert_int_equal(asks(T0, subject, B), 1);
	said[0] = '\0';
	/* A question that is about it is no claim of it. */
	ndp_neighbor(&f, NDP_SOLICITATION, A, stranger);
	assert_int_equal(show(T0 + S, stranger, "2001:db8:6:1::99"), 0);
	told("");
	assert_int_equal(says(T0 + 2 * S, stranger, A), 0);
	told("ended conflict :50; ");
	assert_string_equal(follow_blind(follow), "binding-conflict");
	assert_int_equal(says(T0 + 3 * S, subject, A), 1);
	assert_int_equal(asks(T0 + 4 * S, subject, A), 1);
	told("");
	assert_int_equal(looks(T0 + 5 * S, stranger, B), 0);
	told("ended conflict :51; ");
	/* Once nothing of that was heard for as long as is a silence, it is. */
	assert_int_equal(asks(T0 + 3602 * S, subject, A), 1);
	told("begun assigned :50; ");
	/* With the subject's own MAC in the frame and another's in the message it is another's too. */
	ndp_neighbor(&f, NDP_ADVERTISEMENT, A, stranger);
	assert_int_equal(show(T0 + 3603 * S, subject, A), 1);
	told("ended conflict :50; ");
}

static void
who_asks_for_it_ends_it_until_the_subject_says_that_it_has_it(void **state)
{
	(void)state;
	assert_int_equal(asks(T0, subject, A), 1);
	assert_int_equal(asks(T0 + 9 * S, stranger, A), 0);
	told("begun assigned :50; ended conflict :50; ");
	assert_int_equal(says(T0 + 9 * S + S / 2, subject, A), 1);
	told("begun established :50; ");
	assert_true(follow_binding(follow, 0)->routed == T0 + 10 * S);
	/* Later than that it is not what was asked. */
	assert_int_equal(asks(T0 + 20 * S, stranger, A), 0);
	assert_int_equal(says(T0 + 22 * S, subject, A), 1);
	assert_true(follow_binding(follow, 0)->routed == INT64_MAX);
}

/* Is a frame between the two routers the subject's, by its first binding? */
static int
is_routed(stamp_t time)
{
	uint8_t wire[14] = {0};

	memcpy(wire, routers, sizeof(routers));
	assert_false(follow_allows(follow_binding(follow, 0), time, wire, sizeof(wire)));
	return follow_is_routed(&iap, follow_binding(follow, 0), time, wire, sizeof(wire));
}

static void
fault_044_between_routers_its_word_alone_is_not_enough(void **state)
{
	(void)state;
	/* It may be anyone's. */
	assert_int_equal(says(T0, subject, A), 1);
	assert_false(is_routed(T0 + 3000 * S));
	/* While that is so, it is said that something may be missed. */
	follow_expire(follow, T0 + 3599 * S);
	assert_int_equal(says(T0 + 3599 * S, subject, A), 1);
	follow_expire(follow, T0 + 3600 * S);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	/* It asks, and nobody says a word. */
	assert_int_equal(asks(T0 + 3700 * S, subject, A), 1);
	assert_false(is_routed(T0 + 3701 * S - 1));
	assert_true(is_routed(T0 + 3701 * S));
	assert_null(follow_blind(follow));
	/* It asks, and someone does. */
	said[0] = '\0';
	assert_int_equal(asks(T0 + 3800 * S, subject, B), 1);
	assert_int_equal(says(T0 + 3800 * S + S / 2, stranger, B), 0);
	told("begun assigned :51; ended conflict :51; ");
}

static void
address_that_is_made_of_the_mac_is_nobody_elses(void **state)
{
	(void)state;
	assert_int_equal(says(T0, subject, MADE), 1);
	assert_true(is_routed(T0));
}

static void
first_word_of_a_prefix_that_makes_an_address_end_earlier_is_noticed(void **state)
{
	(void)state;
	assert_int_equal(asks(T0, subject, A), 1);
	assert_false(follow_has_narrowed(follow));
	lifetime(T0 + S, routers[0], 600);
	assert_true(follow_binding(follow, 0)->until == T0 + 601 * S);
	assert_true(follow_has_narrowed(follow));
	assert_false(follow_has_narrowed(follow));
}

static void
address_lasts_no_longer_than_its_prefix_as_the_operators_routers_say(void **state)
{
	(void)state;
	lifetime(T0, routers[0], 3 * 3600);
	assert_int_equal(asks(T0, subject, A), 1);
	assert_true(follow_next(follow) == T0 + 3600 * S);
	lifetime(T0 + 3 * S, stranger, 0);
	/* Less than two hours a router can not make of it. */
	lifetime(T0 + 4 * S, routers[0], 0);
	assert_int_equal(says(T0 + 3000 * S, subject, A), 1);
	assert_int_equal(says(T0 + 6000 * S, subject, A), 1);
	lifetime(T0 + 6001 * S, routers[0], 0);
	assert_true(follow_binding(follow, 0)->until == T0 + 7204 * S);
	said[0] = '\0';
	follow_expire(follow, T0 + 7204 * S);
	told("ended prefix-ended :50; ");
	assert_int_equal(says(T0 + 7205 * S, subject, A), 1);
	told("");
	lifetime(T0 + 7300 * S, routers[1], NDP_FOREVER);
	assert_int_equal(says(T0 + 7301 * S, subject, A), 1);
	told("begun established :50; ");
	assert_true(follow_binding(follow, 0)->until == T0 + 10901 * S);
}

static void
prefix_that_is_heard_of_first_ends_as_soon_as_it_says(void **state)
{
	(void)state;
	lifetime(T0, routers[0], 600);
	assert_int_equal(asks(T0, subject, A), 1);
	assert_true(follow_binding(follow, 0)->until == T0 + 600 * S);
	said[0] = '\0';
	follow_expire(follow, T0 + 600 * S);
	told("ended prefix-ended :50; ");
}

static void
what_the_subject_says_and_is_not_believed_may_be_missed(void **state)
{
	(void)state;
	iap.ipv6.router_count = 0;
	follow_expire(follow, T0 + 3600 * S);
	assert_int_equal(asks(T0 + 3600 * S, subject, A), 1);
	assert_int_equal(says(T0 + 3601 * S, stranger, A), 0);
	assert_string_equal(follow_blind(follow), "binding-conflict");
	assert_int_equal(asks(T0 + 3602 * S, subject, B), 1);
	assert_null(follow_blind(follow));
	assert_int_equal(says(T0 + 3603 * S, subject, A), 1);
	assert_int_equal(asks(T0 + 3604 * S, subject, MADE), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	/* Until the claim is of long ago. */
	assert_int_equal(says(T0 + 7000 * S, subject, B), 1);
	assert_int_equal(says(T0 + 7000 * S, subject, MADE), 1);
	assert_true(follow_next(follow) == T0 + 7201 * S);
	follow_expire(follow, T0 + 7201 * S);
	assert_null(follow_blind(follow));
}

static void
there_are_sixteen_and_the_one_that_was_silent_for_longest_goes(void **state)
{
	char address[64];
	int i;

	(void)state;
	iap.ipv6.router_count = 0;
	follow_expire(follow, T0 + 3600 * S);
	for (i = 0; i < 16; i++) {
		(void)snprintf(address, sizeof(address), "2001:db8:6:1::%x", 0x10 + i);
		assert_int_equal(asks(T0 + (3600 + i) * S, subject, address), 1);
	}
	assert_null(follow_blind(follow));
	assert_int_equal(says(T0 + 3700 * S, subject, "2001:db8:6:1::10"), 1);
	said[0] = '\0';
	assert_int_equal(asks(T0 + 3701 * S, subject, A), 1);
	told("ended replaced :11; begun assigned :50; ");
	/* More than one in a second are not looked at: it may be a flood. */
	assert_int_equal(asks(T0 + 3702 * S - 1, subject, B), 1);
	told("");
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(asks(T0 + 3702 * S, subject, B), 1);
	told("ended replaced :12; begun assigned :51; ");
	assert_int_equal(follow_count(follow), 16);
	assert_string_equal(follow_blind(follow), "binding-unknown");
}

static void
address_that_moves_from_one_of_the_orders_macs_to_another_is_no_conflict(void **state)
{
	(void)state;
	identities[1] = identities[0];
	memcpy(identities[1].bytes, frame_mac_b, 6);
	order.identity_count = 2;
	assert_int_equal(asks(T0, subject, A), 1);
	assert_int_equal(says(T0 + S, frame_mac_b, A), 1);
	told("begun assigned :50; ended replaced :50; begun established :50; ");
	assert_memory_equal(follow_binding(follow, 0)->hardware, frame_mac_b, 6);
}

static void
fault_044_address_that_dhcp_gives_to_another_on_the_link_is_a_conflict(void **state)
{
	struct follow_frame frame = {.time = T0 + S, .sha256 = "", .family = 6};
	struct dhcp6 m;
	uint32_t at;

	(void)state;
	ndp_address(iap.ipv6.servers[0].addr, "2001:db8::1");
	iap.ipv6.server_count = 1;
	assert_int_equal(asks(T0, subject, A), 1);
	said[0] = '\0';
	f.n = 0;
	dhcp6_header(&f, DHCP6_REPLY, 1, "duid");
	at = dhcp6_open_ia(&f, DHCP6_NA, 1);
	dhcp6_lease(&f, A, 0, 600);
	dhcp6_close(&f, at);
	assert_int_equal(dhcp6_parse(&m, f.data, f.n), 0);
	ndp_address(frame.source, "2001:db8::1");
	/* The subject may have it by DHCP, too. */
	frame.target_mac = subject;
	assert_int_equal(follow_dhcp6(follow, &m, &frame), 0);
	told("");
	/* Sent to any address it may go to a router's MAC. */
	frame.target_mac = stranger;
	assert_int_equal(follow_dhcp6(follow, &m, &frame), 0);
	told("");
	ndp_address(frame.target, "fe80::66");
	assert_int_equal(follow_dhcp6(follow, &m, &frame), 0);
	told("ended conflict :50; ");
}

static void
fault_044_what_was_unseen_for_too_long_is_nobodys_but_others_claims_still_count(void **state)
{
	(void)state;
	assert_int_equal(asks(T0, subject, A), 1);
	assert_int_equal(says(T0 + S, stranger, A), 0);
	assert_int_equal(asks(T0 + 2 * S, subject, B), 1);
	said[0] = '\0';
	follow_forget(follow, T0 + 40 * S);
	told("ended unseen :51; ");
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(asks(T0 + 41 * S, subject, A), 1);
	told("");
	assert_int_equal(says(T0 + 42 * S, subject, B), 1);
	told("begun established :51; ");
}

static void
clock_that_is_set_changes_no_silence(void **state)
{
	(void)state;
	lifetime(T0, routers[0], 7200);
	assert_int_equal(asks(T0, subject, A), 1);
	follow_shift(follow, 7 * S);
	assert_true(follow_next(follow) == T0 + 3607 * S);
	assert_true(follow_binding(follow, 0)->routed == T0 + 8 * S);
	assert_int_equal(says(T0 + 8 * S, stranger, A), 0);
	follow_shift(follow, -7 * S);
	assert_int_equal(asks(T0 + 3600 * S, subject, A), 1);
	assert_int_equal(asks(T0 + 3601 * S, subject, A), 1);
	told("begun assigned :50; ended conflict :50; begun assigned :50; ");
}

static void
fault_044_address_is_resumed_by_its_mac_and_between_routers_only_if_that_makes_it(void **state)
{
	(void)state;
	assert_int_equal(asks(T0, subject, A), 1);
	assert_int_equal(asks(T0, subject, MADE), 1);
	assert_int_equal(looks(T0 + 5 * S, subject, A), 1);
	assert_int_equal(start_anew(T0 + 10 * S), 0);
	assert_int_equal(kept.count, 2);
	told("begun resumed :50; begun resumed :7; ");
	assert_true(follow_binding(follow, 0)->has_link && follow_binding(follow, 1)->has_link);
	assert_true(follow_binding(follow, 0)->until == T0 + 3605 * S);
	assert_true(follow_binding(follow, 0)->routed == INT64_MAX);
	assert_true(follow_binding(follow, 1)->routed == T0 + 10 * S);
	assert_int_equal(says(T0 + 11 * S, stranger, A), 0);
	told("ended conflict :50; ");
	follow_expire(follow, T0 + 3600 * S);
	told("ended address-silent :7; ");
	/* Not of another MAC, nor without one. */
	memcpy(kept.at[0].hardware, frame_mac_b, 6);
	kept.at[1].has_link = 0;
	assert_int_equal(follow_resume(follow, &kept, T0 + 3500 * S), 2);
	told("");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(fault_044_address_is_the_subjects_from_its_first_word_to_its_silence),
	    T(stranger_begins_nothing),
	    T(fault_044_strangers_word_ends_it_and_it_is_not_believed_again_soon),
	    T(who_asks_for_it_ends_it_until_the_subject_says_that_it_has_it),
	    T(fault_044_between_routers_its_word_alone_is_not_enough),
	    T(address_that_is_made_of_the_mac_is_nobody_elses),
	    T(first_word_of_a_prefix_that_makes_an_address_end_earlier_is_noticed),
	    T(address_lasts_no_longer_than_its_prefix_as_the_operators_routers_say),
	    T(prefix_that_is_heard_of_first_ends_as_soon_as_it_says),
	    T(what_the_subject_says_and_is_not_believed_may_be_missed),
	    T(there_are_sixteen_and_the_one_that_was_silent_for_longest_goes),
	    T(address_that_moves_from_one_of_the_orders_macs_to_another_is_no_conflict),
	    T(fault_044_address_that_dhcp_gives_to_another_on_the_link_is_a_conflict),
	    T(fault_044_what_was_unseen_for_too_long_is_nobodys_but_others_claims_still_count),
	    T(clock_that_is_set_changes_no_silence),
	    T(fault_044_address_is_resumed_by_its_mac_and_between_routers_only_if_that_makes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
