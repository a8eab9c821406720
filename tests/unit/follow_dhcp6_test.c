#include "ndps.h"

#include "follows_dhcp6.h"

static int
set_up_by_duid(void **state)
{
	assert_int_equal(set_up(state), 0);
	identity(ORDER_DHCP6_DUID, DUID, 5);
	return 0;
}

/* What the subject had before is over. */
static void
knows(void)
{
	assert_int_equal(gives(T0 - S, 0xffffff, DUID, "2001:db8:6::99", 1), 1);
	follow_expire(follow, T0 + S);
	told("begun established :99/128; ended lease-ended :99/128; ");
}

static void
fault_044_addresses_and_prefixes_are_the_subjects_from_the_reply_to_the_lifetimes_end(void **state)
{
	(void)state;
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(asks(T0, DHCP6_SOLICIT, 1, DUID), 1);
	assert_int_equal(asks(T0 + S, DHCP6_SOLICIT, 1, DUID), 1);
	assert_int_equal(asks(T0 + S, DHCP6_SOLICIT, 1, "other"), 0);
	assert_int_equal(asks(T0 + S, DHCP6_REQUEST, 2, DUID), 1);
	told("access-attempt ; ");
	header(DHCP6_REPLY, 2, DUID);
	put_ia(DHCP6_NA, 1, A, 0, 600);
	put_ia(DHCP6_PD, 2, P, 56, 900);
	assert_int_equal(show(T0 + 2 * S, SERVER), 1);
	told("begun assigned :50/128; begun delegated :0/56; ");
	/* What it had before, of which it was not told now, is over once the longest of that is. */
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_true(follow_next(follow) == T0 + 602 * S);
	/* The same answer, as it was before a relay. */
	assert_int_equal(show(T0 + 2 * S + 1, RELAY), 1);
	told("");
	/* What a reply does not name stays as it is. */
	assert_int_equal(asks(T0 + 300 * S, DHCP6_RENEW, 3, DUID), 1);
	assert_int_equal(gives(T0 + 301 * S, 3, DUID, A, 600), 1);
	told("renewed renewed :50/128; ");
	follow_expire(follow, T0 + 900 * S);
	assert_null(follow_blind(follow));
	follow_expire(follow, T0 + 901 * S);
	told("ended lease-ended :50/128; ");
	assert_string_equal(follow_blind(follow), "lease-ended");
	follow_expire(follow, T0 + 902 * S);
	told("ended lease-ended :0/56; ");
	assert_int_equal(follow_count(follow), 0);
}

static void
fault_044_what_was_unseen_for_too_long_is_nobodys_until_the_next_word_of_it(void **state)
{
	(void)state;
	assert_int_equal(asks(T0, DHCP6_REQUEST, 2, DUID), 1);
	assert_int_equal(gives(T0 + S, 2, DUID, A, 600), 1);
	assert_int_equal(asks(T0 + 2 * S, DHCP6_RENEW, 3, DUID), 1);
	said[0] = '\0';
	follow_forget(follow, T0 + 40 * S);
	told("ended unseen :50/128; ");
	assert_int_equal(follow_count(follow), 0);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(gives(T0 + 41 * S, 3, DUID, A, 600), 1);
	told("begun established :50/128; ");
	/* From then on, as from a start. */
	assert_true(follow_next(follow) == T0 + 640 * S);
}

static void
first_seen_as_it_is_renewed_it_was_established(void **state)
{
	(void)state;
	assert_int_equal(asks(T0, DHCP6_REBIND, 3, DUID), 1);
	assert_int_equal(gives(T0 + S, 3, DUID, A, DHCP6_FOREVER), 1);
	told("begun established :50/128; ");
	assert_true(follow_binding(follow, 0)->until == INT64_MAX);
	assert_int_equal(asks(T0 + 2 * S, DHCP6_CONFIRM, 4, DUID), 1);
	header(DHCP6_REPLY, 4, DUID);
	dhcp6_status(&f, DHCP6_SUCCESS);
	assert_int_equal(show(T0 + 3 * S, SERVER), 1);
	told("");
	dhcp6_status(&f, DHCP6_NOT_ON_LINK);
	assert_int_equal(show(T0 + 3 * S, SERVER), 1);
	told("access-rejected refused; ended refused :50/128; ");
}

static void
client_that_asks_anew_has_what_it_is_given_then(void **state)
{
	(void)state;
	assert_int_equal(gives(T0, 1, DUID, A, 600), 1);
	assert_int_equal(asks(T0 + S, DHCP6_SOLICIT, 2, DUID), 1);
	/* Rapid commit. */
	assert_int_equal(gives(T0 + 2 * S, 2, DUID, B, 600), 1);
	told("begun established :50/128; access-attempt ; begun assigned :51/128; ended replaced :50/128; ");
	/* Another association is not touched by that. */
	assert_int_equal(asks(T0 + 3 * S, DHCP6_REQUEST, 3, DUID), 1);
	header(DHCP6_REPLY, 3, DUID);
	put_ia(DHCP6_NA, 2, A, 0, 600);
	assert_int_equal(show(T0 + 4 * S, SERVER), 1);
	told("begun assigned :50/128; ");
	assert_int_equal(follow_count(follow), 2);
}

static void
question_that_no_server_answers_has_failed(void **state)
{
	(void)state;
	assert_int_equal(asks(T0, DHCP6_SOLICIT, 2, DUID), 1);
	assert_int_equal(gives(T0 + S, 2, DUID, A, 600), 1);
	follow_expire(follow, T0 + 100 * S);
	told("access-attempt ; begun assigned :50/128; ");
	assert_int_equal(asks(T0 + 200 * S, DHCP6_SOLICIT, 3, DUID), 1);
	header(DHCP6_ADVERTISE, 3, DUID);
	assert_int_equal(show(T0 + 201 * S, SERVER), 1); /* which gives nothing yet */
	follow_expire(follow, T0 + 260 * S - 1);
	told("access-attempt ; ");
	follow_expire(follow, T0 + 260 * S);
	told("access-failed timeout; ");
}

static void
fault_044_it_ends_with_the_first_word_that_says_so(void **state)
{
	static const struct {
		unsigned type;
		const char *told;
	} words[] = {{DHCP6_RELEASE, "ended released :50/128; "},
	    {DHCP6_DECLINE, "access-failed declined; ended declined :50/128; "}};
	uint32_t at;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(gives(T0 + (stamp_t)i * 10 * S, 1, DUID, A, 600), 1);
		said[0] = '\0';
		header(words[i].type, 5 + (uint32_t)i, DUID);
		put_ia(DHCP6_NA, 1, A, 0, 0);
		assert_int_equal(show(T0 + (stamp_t)i * 10 * S + S, HOST), 1);
		told(words[i].told);
		/* The answer to that gives nothing, whatever it says. */
		assert_int_equal(gives(T0 + (stamp_t)i * 10 * S + 2 * S, 5 + (uint32_t)i, DUID, A, 600), 1);
		told("");
	}
	/* A lifetime of nothing, and no binding. */
	assert_int_equal(gives(T0 + 20 * S, 1, DUID, A, 600), 1);
	assert_int_equal(gives(T0 + 22 * S, 2, DUID, A, 0), 1);
	told("begun established :50/128; ended withdrawn :50/128; ");
	assert_int_equal(gives(T0 + 24 * S, 3, DUID, A, 600), 1);
	header(DHCP6_REPLY, 4, DUID);
	at = dhcp6_open_ia(&f, DHCP6_NA, 1);
	dhcp6_status(&f, DHCP6_NO_BINDING);
	dhcp6_close(&f, at);
	assert_int_equal(show(T0 + 25 * S, SERVER), 1);
	told("begun established :50/128; access-rejected refused; ended refused :50/128; ");
	/* Of another's release nothing ends, nor of an order to come and ask. */
	assert_int_equal(gives(T0 + 26 * S, 5, DUID, A, 600), 1);
	said[0] = '\0';
	header(DHCP6_RELEASE, 6, "other");
	put_ia(DHCP6_NA, 1, A, 0, 0);
	assert_int_equal(show(T0 + 27 * S, HOST), 0);
	header(DHCP6_RECONFIGURE, 0, DUID);
	put_ia(DHCP6_NA, 1, B, 0, 600);
	assert_int_equal(show(T0 + 27 * S, SERVER), 1);
	header(DHCP6_ADVERTISE, 0, DUID);
	put_ia(DHCP6_NA, 1, B, 0, 600);
	assert_int_equal(show(T0 + 27 * S, SERVER), 1);
	told("");
}

static void
fault_044_address_or_prefix_that_is_given_to_another_is_a_conflict(void **state)
{
	(void)state;
	knows();
	header(DHCP6_REPLY, 2, DUID);
	put_ia(DHCP6_NA, 1, A, 0, 600);
	put_ia(DHCP6_PD, 2, P, 56, 600);
	assert_int_equal(show(T0, SERVER), 1);
	said[0] = '\0';
	assert_int_equal(gives(T0 + S, 9, "other", B, 600), 0);
	assert_int_equal(gives(T0 + S, 9, "other", A, 0), 0);
	told("");
	assert_int_equal(gives(T0 + S, 9, "other", A, 600), 0);
	told("ended conflict :50/128; ");
	assert_string_equal(follow_blind(follow), "binding-conflict");
	/* A part of the prefix is enough, and so is a message that is not whole. */
	header(DHCP6_REPLY, 9, "other");
	put_ia(DHCP6_PD, 1, "2001:db8:700:80::", 64, 600);
	frame_byte(&f, 0);
	assert_int_equal(show(T0 + 2 * S, SERVER), 0);
	told("ended conflict :0/56; ");
	assert_int_equal(gives(T0 + 3 * S, 4, DUID, B, 600), 1);
	assert_null(follow_blind(follow));
}

static void
fault_044_only_the_operators_servers_begin_anything_and_only_for_the_pool(void **state)
{
	(void)state;
	header(DHCP6_REPLY, 1, DUID);
	put_ia(DHCP6_NA, 1, A, 0, 600);
	assert_int_equal(show(T0, "fe80::99"), 0);
	/* Nor does a liar end anything. */
	assert_int_equal(gives(T0, 1, DUID, A, 600), 1);
	said[0] = '\0';
	header(DHCP6_REPLY, 1, "other");
	put_ia(DHCP6_NA, 1, A, 0, 600);
	assert_int_equal(show(T0, "fe80::99"), 0);
	header(DHCP6_REPLY, 2, DUID);
	put_ia(DHCP6_NA, 3, "2001:db9::1", 0, 600);
	put_ia(DHCP6_PD, 4, "2001:db8::", 40, 600); /* more than one subscriber has */
	assert_int_equal(show(T0 + S, SERVER), 1);
	told("");
	assert_int_equal(follow_count(follow), 1);
	/* It has that, and it is not followed. */
	assert_string_equal(follow_blind(follow), "binding-unknown");
	/* Given instead of what it had, it ends that. */
	assert_int_equal(asks(T0 + S, DHCP6_REQUEST, 7, DUID), 1);
	assert_int_equal(gives(T0 + S, 7, DUID, "2001:db9::1", 600), 1);
	told("ended replaced :50/128; ");
	assert_int_equal(gives(T0 + S, 8, DUID, A, 600), 1);
	told("begun established :50/128; ");
	/* Not whole: what it gives is not known. */
	header(DHCP6_REPLY, 3, DUID);
	put_ia(DHCP6_NA, 3, B, 0, 600);
	frame_byte(&f, 0);
	assert_int_equal(show(T0 + 2 * S, SERVER), 1);
	told("");
	assert_string_equal(follow_blind(follow), "binding-unknown");
}

static void
association_of_another_number_is_not_the_subjects(void **state)
{
	(void)state;
	identity(ORDER_DHCP6_IAID, "\0\0\0\1", 4);
	knows();
	header(DHCP6_REPLY, 1, DUID);
	put_ia(DHCP6_NA, 1, A, 0, 600);
	put_ia(DHCP6_PD, 2, P, 56, 600);
	assert_int_equal(show(T0, SERVER), 1);
	told("begun established :50/128; ");
	assert_null(follow_blind(follow));
	/* It is moved there. */
	header(DHCP6_REPLY, 2, DUID);
	put_ia(DHCP6_NA, 2, A, 0, 600);
	assert_int_equal(show(T0 + S, SERVER), 1);
	told("ended replaced :50/128; ");
}

static void
message_under_the_same_number_hides_no_answer(void **state)
{
	(void)state;
	knows();
	assert_int_equal(asks(T0, DHCP6_REQUEST, 1, DUID), 1);
	assert_int_equal(asks(T0, DHCP6_INFORMATION, 1, DUID), 1);
	assert_int_equal(gives(T0 + S, 1, DUID, A, 600), 1);
	told("access-attempt ; begun assigned :50/128; ");
	assert_null(follow_blind(follow));
	/* What nobody asked for is not followed, and may be missed. */
	assert_int_equal(asks(T0 + 2 * S, DHCP6_INFORMATION, 2, DUID), 1);
	assert_int_equal(gives(T0 + 3 * S, 2, DUID, B, 600), 1);
	told("");
	assert_string_equal(follow_blind(follow), "binding-unknown");
}

static void
what_is_released_may_be_missed_until_the_server_says_so_too(void **state)
{
	(void)state;
	knows();
	assert_int_equal(gives(T0, 1, DUID, A, 600), 1);
	assert_null(follow_blind(follow));
	header(DHCP6_RELEASE, 2, DUID);
	put_ia(DHCP6_NA, 1, A, 0, 0);
	assert_int_equal(show(T0 + S, HOST), 1);
	told("begun established :50/128; ended released :50/128; ");
	assert_string_equal(follow_blind(follow), "binding-unknown");
	header(DHCP6_REPLY, 2, DUID);
	dhcp6_status(&f, DHCP6_SUCCESS);
	assert_int_equal(show(T0 + 2 * S, SERVER), 1);
	assert_null(follow_blind(follow));
}

static void
what_is_given_and_not_followed_is_a_gap_to_its_end(void **state)
{
	(void)state;
	knows();
	assert_int_equal(gives(T0 + S, 1, DUID, "2001:db9::1", 600), 1);
	assert_int_equal(gives(T0 + 2 * S, 2, DUID, A, 900), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_true(follow_next(follow) == T0 + 601 * S);
	follow_expire(follow, T0 + 601 * S);
	assert_null(follow_blind(follow));
}

static void
lease_without_an_end_may_be_one_of_before_for_good(void **state)
{
	(void)state;
	assert_int_equal(gives(T0, 1, DUID, A, DHCP6_FOREVER), 1);
	assert_int_equal(gives(T0, 2, DUID, B, 600), 1);
	follow_expire(follow, T0 + 599 * S);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(gives(T0 + 599 * S, 3, DUID, B, 600), 1);
	follow_expire(follow, T0 + 700 * S);
	assert_string_equal(follow_blind(follow), "binding-unknown");
}

static void
more_questions_than_there_is_room_for_are_a_gap(void **state)
{
	uint32_t i;

	(void)state;
	knows();
	assert_int_equal(gives(T0 + S, 1, DUID, A, 600), 1);
	for (i = 0; i < 16; i++)
		assert_int_equal(asks(T0 + 2 * S, DHCP6_RENEW, 10 + i, DUID), 1);
	assert_null(follow_blind(follow));
	assert_int_equal(asks(T0 + 3 * S, DHCP6_RENEW, 30, DUID), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
}

static void
of_a_failure_that_says_no_more_nothing_begins(void **state)
{
	uint32_t at;

	(void)state;
	header(DHCP6_REPLY, 1, DUID);
	at = dhcp6_open_ia(&f, DHCP6_NA, 1);
	dhcp6_status(&f, DHCP6_FAILED);
	dhcp6_lease(&f, A, 0, 600);
	dhcp6_close(&f, at);
	assert_int_equal(show(T0, SERVER), 1);
	told("");
	assert_string_equal(follow_blind(follow), "binding-unknown");
}

static void
question_from_two_macs_is_of_the_first_and_what_may_be_missed_is_said(void **state)
{
	(void)state;
	knows();
	speaker = frame_mac_a;
	assert_int_equal(asks(T0, DHCP6_REQUEST, 1, DUID), 1);
	speaker = frame_mac_b;
	assert_int_equal(asks(T0, DHCP6_REQUEST, 1, DUID), 1);
	assert_string_equal(follow_blind(follow), "binding-conflict");
	assert_int_equal(gives(T0 + S, 1, DUID, A, 600), 1);
	assert_memory_equal(follow_binding(follow, 0)->hardware, frame_mac_a, 6);
	assert_string_equal(follow_blind(follow), "binding-conflict");
	speaker = frame_mac_a;
	assert_int_equal(asks(T0 + 9 * S, DHCP6_RENEW, 2, DUID), 1);
	assert_int_equal(gives(T0 + 10 * S, 2, DUID, A, 600), 1);
	assert_null(follow_blind(follow));
}

static void
fault_044_neighbor_that_uses_the_address_is_a_conflict(void **state)
{
	struct follow_frame frame = {.time = T0 + 2 * S, .sha256 = "", .family = 6};
	struct ndp m;

	(void)state;
	speaker = frame_mac_a;
	assert_int_equal(asks(T0, DHCP6_REQUEST, 1, DUID), 1);
	assert_int_equal(gives(T0 + S, 1, DUID, A, 600), 1);
	said[0] = '\0';
	ndp_neighbor(&f, NDP_ADVERTISEMENT, A, frame_mac_a);
	assert_int_equal(ndp_parse(&m, f.data, f.n), 0);
	frame.mac = frame_mac_a;
	dhcp6_address(frame.source, A);
	assert_int_equal(follow_ndp(follow, &m, &frame), 0);
	/* A question is no claim: the server has said whose it is. */
	ndp_neighbor(&f, NDP_SOLICITATION, A, NULL);
	assert_int_equal(ndp_parse(&m, f.data, f.n), 0);
	frame.mac = frame_mac_b;
	dhcp6_address(frame.source, "::");
	assert_int_equal(follow_ndp(follow, &m, &frame), 0);
	told("");
	ndp_neighbor(&f, NDP_ADVERTISEMENT, A, frame_mac_b);
	assert_int_equal(ndp_parse(&m, f.data, f.n), 0);
	dhcp6_address(frame.source, A);
	assert_int_equal(follow_ndp(follow, &m, &frame), 0);
	told("ended conflict :50/128; ");
	assert_string_equal(follow_blind(follow), "binding-conflict");
}

static void
client_that_asks_from_another_mac_has_it_anew(void **state)
{
	(void)state;
	speaker = frame_mac_a;
	assert_int_equal(asks(T0, DHCP6_REQUEST, 1, DUID), 1);
	assert_int_equal(gives(T0 + S, 1, DUID, A, 600), 1);
	said[0] = '\0';
	speaker = frame_mac_b;
	assert_int_equal(asks(T0 + 9 * S, DHCP6_RENEW, 2, DUID), 1);
	assert_memory_equal(follow_binding(follow, 0)->hardware, frame_mac_a, 6);
	assert_int_equal(gives(T0 + 10 * S, 2, DUID, A, 600), 1);
	told("ended replaced :50/128; begun established :50/128; ");
	assert_memory_equal(follow_binding(follow, 0)->hardware, frame_mac_b, 6);
	assert_true(follow_binding(follow, 0)->from == T0 + 10 * S);
	/* Which of the two it is now is not known. */
	assert_string_equal(follow_blind(follow), "binding-conflict");
}

static void
on_its_own_link_only_its_mac_and_between_routers_its_address(void **state)
{
	static const uint8_t routers[2][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}};
	const struct follow_binding *b;
	uint8_t wire[14] = {0};

	(void)state;
	memcpy(iap.ipv6.routers, routers, sizeof(routers));
	iap.ipv6.router_count = 2;
	speaker = frame_mac_a;
	assert_int_equal(asks(T0, DHCP6_REQUEST, 1, DUID), 1);
	assert_int_equal(gives(T0 + S, 1, DUID, A, 600), 1);
	b = follow_binding(follow, 0);
	memcpy(wire, frame_mac_a, 6);
	memcpy(wire + 6, routers[0], 6);
	assert_true(follow_allows(b, T0 + S, wire, sizeof(wire)));
	assert_false(follow_is_routed(&iap, b, T0 + S, wire, sizeof(wire)));
	memcpy(wire, frame_mac_b, 6);
	assert_false(follow_allows(b, T0 + S, wire, sizeof(wire)));
	assert_false(follow_is_routed(&iap, b, T0 + S, wire, sizeof(wire)));
	memcpy(wire, routers[1], 6);
	assert_true(follow_is_routed(&iap, b, T0 + S, wire, sizeof(wire)));
	assert_false(follow_is_routed(&iap, b, T0 + S - 1, wire, sizeof(wire)));
	assert_false(follow_is_routed(&iap, b, T0 + 601 * S, wire, sizeof(wire)));
	assert_false(follow_is_routed(&iap, b, T0 + S, wire, 11));
}

static void
clock_that_is_set_leaves_leases_as_long_as_they_were(void **state)
{
	(void)state;
	assert_int_equal(asks(T0, DHCP6_REQUEST, 1, DUID), 1);
	follow_shift(follow, 3600 * S);
	assert_int_equal(gives(T0 + 3601 * S, 1, DUID, A, 600), 1);
	follow_shift(follow, -3600 * S);
	assert_true(follow_binding(follow, 0)->until == T0 + 601 * S);
	assert_true(follow_binding(follow, 0)->routed == T0 + S);
	told("access-attempt ; begun assigned :50/128; ");
}

static void
fault_044_addresses_and_prefixes_are_resumed_and_end_as_they_would_have(void **state)
{
	(void)state;
	assert_int_equal(asks(T0, DHCP6_REQUEST, 2, DUID), 1);
	header(DHCP6_REPLY, 2, DUID);
	put_ia(DHCP6_NA, 1, A, 0, 600);
	put_ia(DHCP6_PD, 2, P, 56, 900);
	assert_int_equal(show(T0 + S, SERVER), 1);
	assert_int_equal(start_anew(T0 + 10 * S), 0);
	assert_int_equal(kept.count, 2);
	told("begun resumed :50/128; begun resumed :0/56; ");
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(asks(T0 + 300 * S, DHCP6_RENEW, 3, DUID), 1);
	assert_int_equal(gives(T0 + 301 * S, 3, DUID, A, 600), 1);
	told("renewed renewed :50/128; ");
	assert_int_equal(gives(T0 + 302 * S, 4, "other", A, 600), 0);
	told("ended conflict :50/128; ");
	header(DHCP6_RELEASE, 5, DUID);
	put_ia(DHCP6_PD, 2, P, 56, 0);
	assert_int_equal(show(T0 + 303 * S, HOST), 1);
	told("ended released :0/56; ");
	/* Where the pool is another, or too little is said of its client, it is not. */
	iap.ipv6.pools[0].addr[0]++;
	assert_int_equal(follow_resume(follow, &kept, T0 + 304 * S), 2);
	iap.ipv6.pools[0].addr[0]--;
	kept.at[0].more[8] = 4; /* IA_TA, and no kind at all */
	kept.at[1].more[8] = 7;
	assert_int_equal(follow_resume(follow, &kept, T0 + 304 * S), 1);
	begin(T0 + 10 * S);
	said[0] = '\0';
	kept.at[0].more_length = 9;
	kept.at[1].more_length = 7;
	assert_int_equal(follow_resume(follow, &kept, T0 + 304 * S), 2);
	told("");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up_by_duid, tear_down)
	const struct CMUnitTest tests[] = {
	    T(fault_044_addresses_and_prefixes_are_the_subjects_from_the_reply_to_the_lifetimes_end),
	    T(first_seen_as_it_is_renewed_it_was_established),
	    T(fault_044_what_was_unseen_for_too_long_is_nobodys_until_the_next_word_of_it),
	    T(client_that_asks_anew_has_what_it_is_given_then),
	    T(question_that_no_server_answers_has_failed),
	    T(fault_044_it_ends_with_the_first_word_that_says_so),
	    T(fault_044_address_or_prefix_that_is_given_to_another_is_a_conflict),
	    T(fault_044_only_the_operators_servers_begin_anything_and_only_for_the_pool),
	    T(association_of_another_number_is_not_the_subjects),
	    T(message_under_the_same_number_hides_no_answer),
	    T(what_is_released_may_be_missed_until_the_server_says_so_too),
	    T(what_is_given_and_not_followed_is_a_gap_to_its_end),
	    T(lease_without_an_end_may_be_one_of_before_for_good),
	    T(more_questions_than_there_is_room_for_are_a_gap),
	    T(of_a_failure_that_says_no_more_nothing_begins),
	    T(question_from_two_macs_is_of_the_first_and_what_may_be_missed_is_said),
	    T(fault_044_neighbor_that_uses_the_address_is_a_conflict),
	    T(client_that_asks_from_another_mac_has_it_anew),
	    T(on_its_own_link_only_its_mac_and_between_routers_its_address),
	    T(clock_that_is_set_leaves_leases_as_long_as_they_were),
	    T(fault_044_addresses_and_prefixes_are_resumed_and_end_as_they_would_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
