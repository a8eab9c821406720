#include "digest.h"
#include "moving.h"

#include "dhcp4s.h"

#include "follows.h"

#define SERVER "198.51.100.1"
#define RELAY "198.51.100.2"
#define A "198.51.100.50"
#define B "198.51.100.51"

static char noted[1024];
static const uint8_t *speaker; /* the source MAC of the next message's frame */
static const uint8_t *hearer;  /* and its target */
static uint16_t vlan;          /* and its tag; 0: none */

static void
on_event(void *cookie, const struct follow_event *e)
{
	size_t n;

	(void)cookie;
	if (e->binding == NULL || e->binding->source != FOLLOW_GIVEN)
		assert_string_equal(e->method, "dhcpv4");
	if (e->kind == FOLLOW_NOTED) {
		assert_null(e->binding);
		n = strlen(noted);
		(void)snprintf(noted + n, sizeof(noted) - n, "%s %s; ", access_kind_text(e->access), e->how);
		return;
	}
	tell("%s %s .%u; ", kind_text(e), e->how, e->binding->address.addr[3]);
}

static int
set_up(void **state)
{
	(void)state;
	clear();
	noted[0] = '\0';
	speaker = hearer = NULL;
	vlan = 0;
	dhcp4_address(iap.dhcp_servers[0], SERVER);
	dhcp4_address(iap.dhcp_servers[1], RELAY);
	iap.dhcp_server_count = 2;
	dhcp4_address(iap.dhcp_pools[0].addr, "198.51.100.0");
	iap.dhcp_pools[0].bits = 24;
	iap.dhcp_pool_count = 1;
	begin(T0);
	return 0;
}

/* Show what f holds, from an address.  Return whether it was the subject's. */
static int
show(stamp_t time, const char *from)
{
	struct follow_frame frame = {.time = time, .sha256 = proof, .mac = speaker, .target_mac = hearer};
	struct dhcp4 m;

	frame.vlan_count = vlan != 0;
	frame.vlans[0] = vlan;
	dhcp4_address(frame.source, from);
	assert_int_equal(dhcp4_parse(&m, f.data, f.n), 0);
	return shown(follow_dhcp4(follow, &m, &frame));
}

static void
message(unsigned type, uint32_t xid, const uint8_t mac[6], const char *client, const char *yours)
{
	const char *const addresses[3] = {client, yours, NULL};
	int is_reply = type == DHCP4_OFFER || type == DHCP4_ACK || type == DHCP4_NAK;

	f.n = 0;
	dhcp4_header(&f, is_reply, xid, mac, addresses);
	dhcp4_option_byte(&f, 53, type);
}

static int
ack(stamp_t time, uint32_t xid, const uint8_t mac[6], const char *address)
{
	message(DHCP4_ACK, xid, mac, NULL, address);
	dhcp4_option_seconds(&f, 51, 600);
	return show(time, SERVER);
}

static int
from_client(stamp_t time, unsigned type, uint32_t xid, const uint8_t mac[6], const char *address)
{
	message(type, xid, mac, type == DHCP4_RELEASE ? address : NULL, NULL);
	if (type == DHCP4_DECLINE)
		dhcp4_option_address(&f, 50, address);
	return show(time, "0.0.0.0");
}

static void
subject_by_mac(void)
{
	identity(ORDER_DHCP_MAC, dhcp4_subject, 6);
}

static void
fault_044_address_is_the_subjects_from_its_lease_to_the_leases_end(void **state)
{
	const struct follow_binding *b;

	(void)state;
	subject_by_mac();
	assert_string_equal(follow_blind(follow), "binding-unknown");
	/* Only from its own MAC, or by a relay, that is its own word. */
	speaker = dhcp4_stranger;
	assert_int_equal(from_client(T0 - S, DHCP4_DISCOVER, 1, dhcp4_subject, NULL), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	speaker = dhcp4_subject;
	assert_int_equal(from_client(T0, DHCP4_DISCOVER, 1, dhcp4_subject, NULL), 1);
	assert_null(follow_blind(follow));
	speaker = NULL;
	begin(T0);
	noted[0] = '\0';
	message(DHCP4_DISCOVER, 1, dhcp4_subject, NULL, NULL);
	assert_int_equal(show(T0, RELAY), 1);
	assert_null(follow_blind(follow));
	assert_int_equal(from_client(T0, DHCP4_REQUEST, 1, dhcp4_subject, NULL), 1);
	assert_int_equal(follow_count(follow), 0);
	assert_int_equal(ack(T0 + S, 1, dhcp4_subject, A), 1);
	told("begun assigned .50; ");
	assert_string_equal(noted, "access-attempt ; ");
	b = follow_binding(follow, 0);
	assert_true(b->from == T0 + S && b->until == T0 + 601 * S);
	assert_true(follow_next(follow) == T0 + 601 * S);
	assert_false(follow_allows(b, T0 + S - 1, NULL, 0));
	assert_true(follow_allows(b, T0 + S, NULL, 0));
	assert_true(follow_allows(b, T0 + 601 * S - 1, NULL, 0));
	assert_false(follow_allows(b, T0 + 601 * S, NULL, 0));
	follow_expire(follow, T0 + 601 * S - 1);
	told("");
	follow_expire(follow, T0 + 601 * S);
	told("ended lease-ended .50; ");
	assert_string_equal(follow_blind(follow), "lease-ended");
	assert_int_equal(follow_count(follow), 0);
}

static void
renewal_makes_it_longer_and_the_same_answer_again_does_not(void **state)
{
	(void)state;
	subject_by_mac();
	assert_int_equal(ack(T0, 1, dhcp4_subject, A), 1);
	assert_int_equal(ack(T0 + S / 2, 1, dhcp4_subject, A), 1); /* behind the relay */
	told("begun assigned .50; ");
	assert_true(follow_next(follow) == T0 + 600 * S);
	/* Some ask again under the same number. */
	assert_int_equal(from_client(T0 + 6 * S / 10, DHCP4_REQUEST, 1, dhcp4_subject, NULL), 1);
	assert_int_equal(ack(T0 + 7 * S / 10, 1, dhcp4_subject, A), 1);
	told("renewed renewed .50; ");
	message(DHCP4_ACK, 2, dhcp4_subject, A, A);
	dhcp4_option_seconds(&f, 51, 600);
	assert_int_equal(show(T0 + 300 * S, SERVER), 1);
	told("renewed renewed .50; ");
	assert_true(follow_next(follow) == T0 + 900 * S);
}

static void
binding_that_is_first_seen_as_it_is_renewed_was_established(void **state)
{
	(void)state;
	subject_by_mac();
	message(DHCP4_ACK, 2, dhcp4_subject, A, A);
	dhcp4_option_seconds(&f, 51, DHCP4_FOREVER);
	assert_int_equal(show(T0, SERVER), 1);
	told("begun established .50; ");
	assert_true(follow_binding(follow, 0)->until == INT64_MAX);
	assert_true(follow_next(follow) == INT64_MAX);
}

static void
attempt_is_told_once_however_often_the_client_says_so(void **state)
{
	(void)state;
	subject_by_mac();
	assert_int_equal(from_client(T0, DHCP4_DISCOVER, 1, dhcp4_subject, NULL), 1);
	assert_int_equal(from_client(T0 + S, DHCP4_DISCOVER, 1, dhcp4_subject, NULL), 1);
	assert_int_equal(from_client(T0 + S, DHCP4_DISCOVER, 1, dhcp4_stranger, NULL), 0);
	assert_int_equal(ack(T0 + S, 1, dhcp4_subject, A), 1);
	/* It goes on with what it has. */
	assert_int_equal(from_client(T0 + 61 * S, DHCP4_REQUEST, 2, dhcp4_subject, NULL), 1);
	assert_string_equal(noted, "access-attempt ; ");
	/* It was switched off, and begins anew. */
	assert_int_equal(from_client(T0 + 122 * S, DHCP4_DISCOVER, 3, dhcp4_subject, NULL), 1);
	message(DHCP4_NAK, 3, dhcp4_subject, NULL, NULL);
	assert_int_equal(show(T0 + 122 * S, SERVER), 1);
	assert_int_equal(from_client(T0 + 123 * S, DHCP4_REQUEST, 4, dhcp4_subject, NULL), 1);
	assert_int_equal(from_client(T0 + 124 * S, DHCP4_DECLINE, 4, dhcp4_subject, A), 1);
	assert_string_equal(noted, "access-attempt ; access-attempt ; access-rejected refused; access-attempt ; "
				   "access-failed declined; ");
}

static void
address_that_two_words_give_is_followed_to_the_end_of_both(void **state)
{
	struct given_list list;

	(void)state;
	subject_by_mac();
	memset(&list, 0, sizeof(list));
	list.count = 2;
	list.at[0].address = (struct order_prefix){4, 32, {198, 51, 100, 50}};
	list.at[0].from = T0;
	list.at[0].until = T0 + 10 * S;
	list.at[1] = list.at[0];
	list.at[1].from = T0 + 5 * S;
	list.at[1].until = T0 + 20 * S;
	list.at[0].sha256[0] = 'a';
	list.at[1].sha256[0] = 'b';
	follow_give(follow, &list, T0 - S);
	follow_expire(follow, T0);
	follow_expire(follow, T0 + 5 * S);
	assert_true(follow_next(follow) == T0 + 10 * S);
	follow_expire(follow, T0 + 10 * S);
	assert_string_equal(said, "begun established .50; ended given-ended .50; begun established .50; ");
	assert_true(follow_next(follow) == T0 + 20 * S);
	said[0] = '\0';
	/* Both end where it is anyone else's. */
	list.at[2] = list.at[1];
	list.at[2].until = T0 + 30 * S;
	list.at[2].sha256[0] = 'c';
	list.count = 3;
	follow_give(follow, &list, T0 + 11 * S);
	assert_int_equal(ack(T0 + 12 * S, 9, dhcp4_stranger, A), 0);
	follow_expire(follow, T0 + 21 * S);
	told("ended conflict .50; ");
}

/* The same address by hand, before T0 for ten seconds, and once more later. */
static void
give_twice(struct given_list *list)
{
	memset(list, 0, sizeof(*list));
	list->count = 2;
	list->at[0].address = (struct order_prefix){4, 32, {198, 51, 100, 50}};
	list->at[0].from = T0 - S;
	list->at[0].until = T0 + 10 * S;
	list->at[1] = list->at[0];
	list->at[1].from = T0 + 20 * S;
	list->at[1].until = T0 + 40 * S;
	list->at[0].sha256[0] = 'a';
	list->at[1].sha256[0] = 'b';
	follow_give(follow, list, T0 - 2 * S);
}

static void
fault_044_address_given_by_hand_lasts_its_time_and_no_longer_than_until_it_is_anothers(void **state)
{
	struct given_list list;

	(void)state;
	subject_by_mac();
	give_twice(&list);
	follow_give(follow, &list, T0 - 2 * S);
	assert_true(follow_next(follow) == T0 - S);
	follow_expire(follow, T0);
	assert_string_equal(said, "begun established .50; ");
	said[0] = '\0';
	assert_null(follow_blind(follow));
	assert_int_equal(follow_count(follow), 1);
	assert_true(follow_next(follow) == T0 + 10 * S);
	follow_expire(follow, T0 + 10 * S);
	told("ended given-ended .50; ");
	assert_string_equal(follow_blind(follow), "binding-unknown");
	follow_expire(follow, T0 + 21 * S);
	told("begun assigned .50; ");
	assert_int_equal(ack(T0 + 22 * S, 9, dhcp4_stranger, A), 0);
	told("ended conflict .50; ");
	assert_string_equal(follow_blind(follow), "binding-conflict");
	/* Given once more, it is not believed any more. */
	follow_give(follow, &list, T0 + 22 * S);
	follow_expire(follow, T0 + 23 * S);
	told("");
}

static void
fault_044_address_given_by_hand_ends_at_once_when_that_is_taken_back(void **state)
{
	struct given_list list;

	(void)state;
	subject_by_mac();
	give_twice(&list);
	follow_expire(follow, T0);
	assert_string_equal(said, "begun established .50; ");
	said[0] = '\0';
	list.count = 0;
	follow_give(follow, &list, T0 + S);
	told("ended given-withdrawn .50; ");
	assert_int_equal(follow_count(follow), 0);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	/* Nor does the other begin, nor either one that comes back. */
	list.count = 2;
	follow_give(follow, &list, T0 + 2 * S);
	follow_expire(follow, T0 + 21 * S);
	told("");
	assert_int_equal(follow_count(follow), 0);
}

static void
place_of_a_word_that_was_taken_back_is_given_again(void **state)
{
	struct given_list list;
	size_t i, round;

	(void)state;
	subject_by_mac();
	memset(&list, 0, sizeof(list));
	/* As many as there is room for, three times over: each is followed in its time. */
	for (round = 0; round < 3; round++) {
		list.count = GIVEN_MAX;
		for (i = 0; i < GIVEN_MAX; i++) {
			struct given_address *g = &list.at[i];

			g->address = (struct order_prefix){4, 32, {198, 51, 100, 50}};
			g->from = T0 + (stamp_t)(100 * round + 2 * i) * S;
			g->until = g->from + S;
			(void)snprintf(g->sha256, sizeof(g->sha256), "%zu-%zu", round, i);
		}
		follow_give(follow, &list, T0 + (stamp_t)(100 * round) * S);
		for (i = 0; i < GIVEN_MAX; i++) {
			said[0] = '\0';
			follow_expire(follow, list.at[i].from);
			assert_int_equal(follow_count(follow), 1);
			follow_expire(follow, list.at[i].until);
			assert_int_equal(follow_count(follow), 0);
		}
	}
	said[0] = '\0';
}

static void
release_decline_and_refusal_end_it(void **state)
{
	(void)state;
	subject_by_mac();
	assert_int_equal(ack(T0, 1, dhcp4_subject, A), 1);
	assert_int_equal(from_client(T0 + S, DHCP4_RELEASE, 2, dhcp4_stranger, A), 0);
	told("begun assigned .50; ");
	assert_int_equal(from_client(T0 + S, DHCP4_RELEASE, 2, dhcp4_subject, A), 1);
	told("ended released .50; ");
	/* Anyone could have said so: until the next acknowledgement it may have it still. */
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(ack(T0 + 2 * S, 3, dhcp4_subject, A), 1);
	assert_null(follow_blind(follow));
	assert_int_equal(from_client(T0 + 3 * S, DHCP4_DECLINE, 3, dhcp4_subject, A), 1);
	told("begun assigned .50; ended declined .50; ");
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(ack(T0 + 4 * S, 4, dhcp4_subject, A), 1);
	assert_null(follow_blind(follow));
	message(DHCP4_NAK, 5, dhcp4_subject, NULL, NULL);
	assert_int_equal(show(T0 + 5 * S, SERVER), 1);
	told("begun assigned .50; ended refused .50; ");
	assert_int_equal(follow_count(follow), 0);
	/* Or until the lease would have run out, whatever else it asks. */
	speaker = dhcp4_subject;
	assert_int_equal(from_client(T0 + 6 * S, DHCP4_DISCOVER, 6, dhcp4_subject, NULL), 1);
	assert_true(follow_next(follow) == T0 + 66 * S);
	noted[0] = '\0';
	follow_expire(follow, T0 + 66 * S - 1);
	assert_string_equal(noted, "");
	follow_expire(follow, T0 + 66 * S);
	assert_string_equal(noted, "access-failed timeout; ");
	assert_true(follow_next(follow) == T0 + 604 * S);
	follow_shift(follow, S);
	assert_true(follow_next(follow) == T0 + 605 * S);
	follow_expire(follow, T0 + 605 * S - 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	follow_expire(follow, T0 + 605 * S);
	assert_null(follow_blind(follow));
	/* Where it had nothing, nothing is missed. */
	assert_int_equal(from_client(T0 + 606 * S, DHCP4_RELEASE, 7, dhcp4_subject, A), 1);
	assert_null(follow_blind(follow));
}

static void
more_clients_that_may_have_something_than_there_is_room_for_are_none_fewer(void **state)
{
	uint8_t mac[6] = {2, 0, 0, 0, 0, 0}, hardware[16] = {0};
	unsigned i;

	(void)state;
	subject_by_mac();
	assert_int_equal(ack(T0, 1, dhcp4_subject, A), 1);
	assert_null(follow_blind(follow));
	for (i = 0; i <= FOLLOW_PENDING_MAX; i++) {
		mac[5] = (uint8_t)i;
		memcpy(hardware, mac, 6);
		follow_miss(follow, FOLLOW_DHCP4, hardware, T0 + (stamp_t)(10 + i) * S);
	}
	for (i = 0; i <= FOLLOW_PENDING_MAX; i++) {
		hardware[5] = (uint8_t)i;
		follow_found(follow, FOLLOW_DHCP4, hardware);
	}
	/* Which of them the last place was taken from is not known any more. */
	assert_true(follow_misses_await(follow));
	assert_true(follow_misses_next(follow) == T0 + (stamp_t)(10 + FOLLOW_PENDING_MAX) * S);
	said[0] = '\0';
}

static void
what_the_subject_is_given_that_can_not_be_followed_is_declared(void **state)
{
	(void)state;
	subject_by_mac();
	assert_int_equal(ack(T0, 1, dhcp4_subject, A), 1);
	assert_null(follow_blind(follow));
	/* Outside the pool: what it had is over. */
	assert_int_equal(ack(T0 + 10 * S, 2, dhcp4_subject, "203.0.113.9"), 1);
	told("begun assigned .50; ended replaced .50; ");
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_true(follow_next(follow) == T0 + 610 * S);
	follow_expire(follow, T0 + 610 * S);
	assert_null(follow_blind(follow));
	/* For a time that is not said: until it is heard of again. */
	message(DHCP4_ACK, 3, dhcp4_subject, NULL, A);
	assert_int_equal(show(T0 + 611 * S, SERVER), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	follow_expire(follow, T0 + 99999 * S);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(ack(T0 + 99999 * S, 4, dhcp4_subject, A), 1);
	assert_null(follow_blind(follow));
	told("begun assigned .50; ");
	/* Asked for no lease, a server names none: that is nothing new. */
	message(DHCP4_ACK, 5, dhcp4_subject, A, NULL);
	assert_int_equal(show(T0 + 100000 * S, SERVER), 1);
	told("");
	assert_null(follow_blind(follow));
}

static void
leases_of_one_mac_in_two_places_are_both_the_subjects(void **state)
{
	(void)state;
	subject_by_mac();
	vlan = 7;
	assert_int_equal(ack(T0, 1, dhcp4_subject, A), 1);
	vlan = 9;
	assert_int_equal(ack(T0 + S, 2, dhcp4_subject, B), 1);
	told("begun assigned .50; begun assigned .51; ");
	vlan = 7;
	assert_int_equal(ack(T0 + 2 * S, 3, dhcp4_subject, "198.51.100.52"), 1);
	told("ended replaced .50; begun assigned .52; ");
	assert_null(follow_blind(follow));
	/* By another client ID it is another client, which boots from the net, say. */
	message(DHCP4_REQUEST, 4, dhcp4_subject, NULL, NULL);
	dhcp4_option(&f, 61, "\000pxe", 4);
	assert_int_equal(show(T0 + 3 * S, "0.0.0.0"), 1);
	assert_int_equal(ack(T0 + 4 * S, 4, dhcp4_subject, A), 1);
	told("ended replaced .52; begun assigned .50; ");
	message(DHCP4_REQUEST, 5, dhcp4_subject, NULL, NULL);
	dhcp4_option(&f, 61, "\000disk", 5);
	assert_int_equal(show(T0 + 5 * S, "0.0.0.0"), 1);
	assert_int_equal(ack(T0 + 6 * S, 5, dhcp4_subject, "198.51.100.52"), 1);
	told("begun assigned .52; ");
	/* Behind a relay it may be the same place or another: what is ended is not known to be over. */
	message(DHCP4_ACK, 6, dhcp4_subject, NULL, "198.51.100.53");
	dhcp4_address(f.data + 24, RELAY);
	dhcp4_option_seconds(&f, 51, 600);
	assert_int_equal(show(T0 + 7 * S, SERVER), 1);
	assert_int_equal(follow_count(follow), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(ack(T0 + 8 * S, 7, dhcp4_subject, "198.51.100.53"), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	follow_expire(follow, T0 + 606 * S);
	assert_null(follow_blind(follow));
	said[0] = '\0';
}

static void
another_address_for_the_subject_replaces_the_first(void **state)
{
	(void)state;
	subject_by_mac();
	assert_int_equal(ack(T0, 1, dhcp4_subject, A), 1);
	assert_int_equal(ack(T0 + 5 * S, 2, dhcp4_subject, B), 1);
	told("begun assigned .50; ended replaced .50; begun assigned .51; ");
	assert_int_equal(follow_count(follow), 1);
	assert_true(follow_has_changed(follow));
	assert_false(follow_has_changed(follow));
}

static void
fault_044_address_that_is_given_to_another_is_the_subjects_no_more(void **state)
{
	(void)state;
	subject_by_mac();
	assert_int_equal(ack(T0, 1, dhcp4_subject, A), 1);
	assert_int_equal(ack(T0 + S, 2, dhcp4_stranger, B), 0);
	told("begun assigned .50; ");
	assert_int_equal(ack(T0 + S, 3, dhcp4_stranger, A), 0);
	told("ended conflict .50; ");
	assert_string_equal(follow_blind(follow), "binding-conflict");
	/* As well by BOOTP, and by an answer whose options are no options. */
	assert_int_equal(ack(T0 + 2 * S, 4, dhcp4_subject, A), 1);
	message(DHCP4_ACK, 5, dhcp4_stranger, NULL, A);
	f.data[240] = 0x52;
	assert_int_equal(show(T0 + 3 * S, SERVER), 0);
	told("begun assigned .50; ended conflict .50; ");
}

static void
fault_044_arp_of_another_for_the_address_ends_it(void **state)
{
	struct follow_frame frame = {.time = T0 + 2 * S, .sha256 = ""};
	uint8_t ether[14] = {0};
	uint8_t a[4], b[4];

	(void)state;
	subject_by_mac();
	dhcp4_address(a, A);
	dhcp4_address(b, B);
	speaker = dhcp4_subject;
	assert_int_equal(from_client(T0, DHCP4_REQUEST, 1, dhcp4_subject, NULL), 1);
	assert_int_equal(ack(T0 + S, 1, dhcp4_subject, A), 1);
	/* On its own link only what has its MAC is its. */
	assert_false(follow_allows(follow_binding(follow, 0), T0 + 2 * S, ether, sizeof(ether)));
	memcpy(ether, dhcp4_subject, 6);
	assert_true(follow_allows(follow_binding(follow, 0), T0 + 2 * S, ether, sizeof(ether)));
	assert_false(follow_allows(follow_binding(follow, 0), T0 + 2 * S, ether, 11));
	memcpy(ether, dhcp4_stranger, 6);
	memcpy(ether + 6, dhcp4_subject, 6);
	assert_true(follow_allows(follow_binding(follow, 0), T0 + 2 * S, ether, sizeof(ether)));
	follow_arp(follow, a, dhcp4_subject, &frame);
	follow_arp(follow, b, dhcp4_stranger, &frame);
	told("begun assigned .50; ");
	follow_arp(follow, a, dhcp4_stranger, &frame);
	told("ended conflict .50; ");
	/* The question was not seen, but its own MAC gets the answer. */
	begin(T0);
	hearer = dhcp4_subject;
	assert_int_equal(ack(T0 + S, 1, dhcp4_subject, A), 1);
	assert_true(follow_binding(follow, 0)->has_link);
	follow_arp(follow, a, dhcp4_stranger, &frame);
	told("begun assigned .50; ended conflict .50; ");
	/* Elsewhere than on its link, one of the operator's routers may speak for it, and no one else. */
	begin(T0);
	hearer = NULL;
	assert_int_equal(ack(T0 + S, 1, dhcp4_subject, A), 1);
	memcpy(iap.ipv6.routers[0], dhcp4_stranger, 6);
	iap.ipv6.router_count = 1;
	follow_arp(follow, a, dhcp4_stranger, &frame);
	told("begun assigned .50; ");
	iap.ipv6.router_count = 0;
	follow_arp(follow, a, dhcp4_stranger, &frame);
	told("ended conflict .50; ");
}

static void
fault_044_arp_of_a_stranger_for_an_address_given_by_hand_ends_it(void **state)
{
	struct follow_frame frame = {.time = T0 + 2 * S, .sha256 = ""};
	struct given_list list;
	uint8_t a[4];

	(void)state;
	dhcp4_address(a, A);
	/* Where the order names no MAC, nothing can be said against one. */
	identity(ORDER_DHCP_CLIENT_ID, "\000subject", 8);
	give_twice(&list);
	follow_expire(follow, T0);
	follow_arp(follow, a, dhcp4_stranger, &frame);
	told("begun established .50; ");
	subject_by_mac();
	give_twice(&list);
	follow_expire(follow, T0);
	follow_arp(follow, a, dhcp4_subject, &frame);
	told("begun established .50; ");
	follow_arp(follow, a, dhcp4_stranger, &frame);
	told("ended conflict .50; ");
}

/* 198.51.100.BYTE/BITS from then to then, in seconds behind T0, by the word ${name}. */
static void
put_given(struct given_list *list, char name, unsigned byte, unsigned bits, const stamp_t times[2])
{
	struct given_address *g = &list->at[list->count++];

	memset(g, 0, sizeof(*g));
	g->address = (struct order_prefix){4, (uint8_t)bits, {198, 51, 100, (uint8_t)byte}};
	g->from = T0 + times[0] * S;
	g->until = T0 + times[1] * S;
	g->sha256[0] = name;
}

static void
prefix_given_by_hand_lasts_its_time_and_no_longer_than_until_a_part_is_anothers(void **state)
{
	static const stamp_t now[2] = {0, 10}, later[2] = {20, 90};
	struct given_list list = {.count = 0};

	(void)state;
	subject_by_mac();
	put_given(&list, 'a', 48, 29, now);
	put_given(&list, 'b', 48, 29, later);
	follow_give(follow, &list, T0 - S);
	follow_expire(follow, T0);
	told("begun established .48; ");
	assert_int_equal(follow_binding(follow, 0)->address.bits, 29);
	assert_true(follow_next(follow) == T0 + 10 * S);
	follow_expire(follow, T0 + 10 * S);
	told("ended given-ended .48; ");
	follow_expire(follow, T0 + 20 * S);
	told("begun delegated .48; ");
	/* The neighbour of it, and then one of its addresses, is given to a stranger. */
	assert_int_equal(ack(T0 + 21 * S, 9, dhcp4_stranger, "198.51.100.56"), 0);
	told("");
	assert_int_equal(ack(T0 + 22 * S, 9, dhcp4_stranger, "198.51.100.55"), 0);
	told("ended conflict .48; ");
	assert_string_equal(follow_blind(follow), "binding-conflict");
	follow_give(follow, &list, T0 + 23 * S);
	follow_expire(follow, T0 + 24 * S);
	told("");
}

static void
part_of_a_prefix_given_by_hand_goes_on_with_it_and_by_itself_behind_it(void **state)
{
	static const stamp_t all[2] = {0, 40}, middle[2] = {10, 20};
	struct given_list list = {.count = 0};

	(void)state;
	subject_by_mac();
	put_given(&list, 'a', 50, 32, all);
	put_given(&list, 'b', 48, 29, middle);
	follow_give(follow, &list, T0 - S);
	follow_expire(follow, T0);
	told("begun established .50; ");
	assert_true(follow_next(follow) == T0 + 10 * S);
	follow_expire(follow, T0 + 10 * S);
	told("ended replaced .50; begun delegated .48; ");
	assert_int_equal(follow_count(follow), 1);
	assert_true(follow_next(follow) == T0 + 20 * S);
	follow_expire(follow, T0 + 20 * S);
	told("ended given-ended .48; begun established .50; ");
	assert_true(follow_next(follow) == T0 + 40 * S);
}

static void
part_that_is_taken_back_does_not_end_the_prefix_nor_the_other_way(void **state)
{
	static const stamp_t all[2] = {0, 40};
	struct given_list list = {.count = 0};

	(void)state;
	subject_by_mac();
	put_given(&list, 'b', 48, 29, all);
	put_given(&list, 'a', 50, 32, all);
	follow_give(follow, &list, T0 - S);
	follow_expire(follow, T0);
	told("begun established .48; ");
	list.count = 1;
	follow_give(follow, &list, T0 + S);
	follow_expire(follow, T0 + 2 * S);
	told("");
	put_given(&list, 'c', 50, 32, all);
	follow_give(follow, &list, T0 + 3 * S);
	follow_expire(follow, T0 + 4 * S);
	told("");
	list.at[0] = list.at[1];
	list.count = 1;
	follow_give(follow, &list, T0 + 5 * S);
	follow_expire(follow, T0 + 6 * S);
	told("ended given-withdrawn .48; begun established .50; ");
}

static void
only_the_operators_servers_are_believed_and_only_for_the_pool(void **state)
{
	(void)state;
	subject_by_mac();
	message(DHCP4_ACK, 1, dhcp4_subject, NULL, A);
	dhcp4_option_seconds(&f, 51, 600);
	assert_int_equal(show(T0, "198.51.100.99"), 0);
	assert_int_equal(ack(T0, 1, dhcp4_subject, "203.0.113.9"), 1);
	message(DHCP4_ACK, 1, dhcp4_subject, NULL, A); /* without a lease */
	assert_int_equal(show(T0, SERVER), 1);
	told("");
	assert_int_equal(follow_count(follow), 0);
	/* Nor can a stranger end what a server began. */
	assert_int_equal(ack(T0, 2, dhcp4_subject, A), 1);
	message(DHCP4_ACK, 3, dhcp4_stranger, NULL, A);
	assert_int_equal(show(T0, "198.51.100.99"), 0);
	told("begun assigned .50; ");
}

static void
client_id_is_that_of_the_question_where_the_answer_has_none(void **state)
{
	(void)state;
	identity(ORDER_DHCP_CLIENT_ID, "\000subject", 8);
	assert_int_equal(ack(T0, 1, dhcp4_subject, A), 0);
	told("");
	message(DHCP4_REQUEST, 2, dhcp4_subject, NULL, NULL);
	dhcp4_option(&f, 61, "\000subject", 8);
	assert_int_equal(show(T0, "0.0.0.0"), 1);
	assert_int_equal(ack(T0 + S, 3, dhcp4_subject, A), 0);  /* another transaction */
	assert_int_equal(ack(T0 + S, 2, dhcp4_stranger, A), 0); /* another client's, by chance of the same number */
	assert_int_equal(ack(T0 + 61 * S, 2, dhcp4_subject, A), 0);
	told("");
	follow_expire(follow, T0 + 70 * S);
	message(DHCP4_REQUEST, 4, dhcp4_subject, NULL, NULL);
	dhcp4_option(&f, 61, "\000subject", 8);
	assert_int_equal(show(T0 + 70 * S, "0.0.0.0"), 1);
	assert_int_equal(ack(T0 + 71 * S, 4, dhcp4_subject, A), 1);
	told("begun assigned .50; ");
	/* The same machine asked, and its question was not seen: the lease is neither longer nor over. */
	assert_int_equal(ack(T0 + 80 * S, 5, dhcp4_subject, A), 0);
	told("");
	assert_true(follow_next(follow) == T0 + 671 * S);
	/* It has another name now. */
	message(DHCP4_ACK, 6, dhcp4_subject, NULL, A);
	dhcp4_option_seconds(&f, 51, 600);
	dhcp4_option(&f, 61, "\000other", 6);
	assert_int_equal(show(T0 + 81 * S, SERVER), 0);
	told("ended conflict .50; ");
}

static void
line_is_told_by_all_that_the_order_says_of_it_and_by_relays_alone(void **state)
{
	static const char mine[] = "\001\003a/1\002\004site", next[] = "\001\003a/2\002\004site",
			  far[] = "\001\003a/1\002\004away";

	(void)state;
	identity(ORDER_DHCP_CIRCUIT_ID, "a/1", 3);
	identity(ORDER_DHCP_REMOTE_ID, "site", 4);
	message(DHCP4_DISCOVER, 1, dhcp4_subject, NULL, NULL);
	dhcp4_option(&f, 82, mine, sizeof(mine) - 1);
	assert_int_equal(show(T0, "0.0.0.0"), 0); /* whoever says so himself */
	assert_int_equal(show(T0, RELAY), 1);
	message(DHCP4_ACK, 1, dhcp4_stranger, NULL, B);
	dhcp4_option_seconds(&f, 51, 600);
	dhcp4_option(&f, 82, next, sizeof(next) - 1);
	assert_int_equal(show(T0, SERVER), 0);
	message(DHCP4_ACK, 1, dhcp4_stranger, NULL, B);
	dhcp4_option_seconds(&f, 51, 600);
	dhcp4_option(&f, 82, far, sizeof(far) - 1);
	assert_int_equal(show(T0, SERVER), 0);
	told("");
	message(DHCP4_ACK, 1, dhcp4_subject, NULL, A);
	dhcp4_option_seconds(&f, 51, 600);
	dhcp4_option(&f, 82, mine, sizeof(mine) - 1);
	assert_int_equal(show(T0, SERVER), 1);
	told("begun assigned .50; ");
	/* A second machine behind the line is the subject's too; others may be there until no older lease can be. */
	message(DHCP4_ACK, 2, dhcp4_stranger, NULL, B);
	dhcp4_option_seconds(&f, 51, 600);
	dhcp4_option(&f, 82, mine, sizeof(mine) - 1);
	assert_int_equal(show(T0 + S, SERVER), 1);
	told("begun assigned .51; ");
	assert_int_equal(follow_count(follow), 2);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	follow_expire(follow, T0 + 600 * S - 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
}

static const char here[] = "\001\003a/1\002\004site", next_door[] = "\001\003a/2\002\004site";

/* A relay brings a question, or a server answers, at that line; NULL: which is not said. */
static int
at_line(stamp_t time, unsigned type, uint32_t xid, const char *at, const char *address)
{
	message(type, xid, dhcp4_subject, NULL, address);
	if (type == DHCP4_ACK)
		dhcp4_option_seconds(&f, 51, 600);
	if (at != NULL)
		dhcp4_option(&f, 82, at, sizeof(here) - 1);
	return show(time, type == DHCP4_ACK ? SERVER : RELAY);
}

static void
fault_044_mac_that_has_gone_to_another_line_has_left_what_it_had(void **state)
{
	static const struct {
		const char *question, *answer, *address;
	} ways[] = {
	    {NULL, next_door, A}, /* the same address at another line */
	    {NULL, next_door, B}, /* another address there: it has left */
	    {next_door, NULL, A}, /* the question was seen, and the answer does not say */
	    {next_door, NULL, B},
	};
	size_t i;

	(void)state;
	identity(ORDER_DHCP_CIRCUIT_ID, "a/1", 3);
	identity(ORDER_DHCP_REMOTE_ID, "site", 4);
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		begin(T0);
		said[0] = '\0';
		assert_int_equal(at_line(T0, DHCP4_REQUEST, 1, here, NULL), 1);
		assert_int_equal(at_line(T0 + S, DHCP4_ACK, 1, NULL, A), 1);
		told("begun assigned .50; ");
		if (ways[i].question != NULL)
			assert_int_equal(at_line(T0 + 2 * S, DHCP4_REQUEST, 2, ways[i].question, NULL), 0);
		assert_int_equal(at_line(T0 + 3 * S, DHCP4_ACK, 2, ways[i].answer, ways[i].address), 0);
		told("ended conflict .50; ");
		assert_string_equal(follow_blind(follow), "binding-conflict");
	}
	/* Where neither says a line, it is not known that it is another: as it renews, say. */
	begin(T0);
	assert_int_equal(at_line(T0, DHCP4_REQUEST, 1, here, NULL), 1);
	assert_int_equal(at_line(T0 + S, DHCP4_ACK, 1, here, A), 1);
	assert_int_equal(from_client(T0 + 2 * S, DHCP4_REQUEST, 2, dhcp4_subject, NULL), 0);
	assert_int_equal(at_line(T0 + 3 * S, DHCP4_ACK, 2, NULL, A), 0);
	told("begun assigned .50; ");
	/* Nor where its server says the client's ID again, and the line not. */
	assert_int_equal(at_line(T0 + 4 * S, DHCP4_REQUEST, 3, here, NULL), 1);
	message(DHCP4_ACK, 3, dhcp4_subject, NULL, A);
	dhcp4_option_seconds(&f, 51, 600);
	dhcp4_option(&f, 61, "\001any", 4);
	assert_int_equal(show(T0 + 5 * S, SERVER), 1);
	told("renewed renewed .50; ");
}

static void
fault_044_address_that_the_same_mac_gets_as_another_client_is_anothers(void **state)
{
	(void)state;
	identity(ORDER_DHCP_CLIENT_ID, "\000subject", 8);
	message(DHCP4_REQUEST, 1, dhcp4_subject, NULL, NULL);
	dhcp4_option(&f, 61, "\000subject", 8);
	assert_int_equal(show(T0, "0.0.0.0"), 1);
	assert_int_equal(ack(T0 + S, 1, dhcp4_subject, A), 1);
	message(DHCP4_REQUEST, 2, dhcp4_subject, NULL, NULL);
	dhcp4_option(&f, 61, "\000guest", 6);
	assert_int_equal(show(T0 + 2 * S, "0.0.0.0"), 0);
	/* It has one of its own, and the subject has what it had. */
	assert_int_equal(ack(T0 + 3 * S, 2, dhcp4_subject, B), 0);
	told("begun assigned .50; ");
	assert_int_equal(ack(T0 + 4 * S, 2, dhcp4_subject, A), 0);
	told("ended conflict .50; ");
}

static void
clock_that_is_stepped_makes_no_lease_longer(void **state)
{
	(void)state;
	subject_by_mac();
	assert_int_equal(ack(T0, 1, dhcp4_subject, A), 1);
	follow_shift(follow, -3600 * S);
	assert_true(follow_binding(follow, 0)->until == T0 - 3000 * S);
	assert_true(follow_allows(follow_binding(follow, 0), T0 - 3600 * S, NULL, 0));
	follow_expire(follow, T0 - 3000 * S);
	told("begun assigned .50; ended lease-ended .50; ");
}

static void
nothing_is_learned_where_it_could_not_be_trusted(void **state)
{
	struct conf_iap none = iap;

	(void)state;
	subject_by_mac();
	assert_null(moving_obstacle(&order, &iap, 1));
	assert_non_null(moving_obstacle(&order, &iap, 2));
	assert_null(moving_unread(&order, 0));
	assert_non_null(moving_unread(&order, 1));
	order.identity_count = 0;
	assert_null(moving_unread(&order, 1));
	order.identity_count = 1;
	none.dhcp_server_count = 0;
	assert_non_null(moving_obstacle(&order, &none, 1));
	assert_true(follow_is_possible(&iap, 1));
	assert_false(follow_is_possible(&iap, 2));
	assert_false(follow_is_possible(&none, 1));
	follow_free(follow);
	follow = follow_new(&order, NULL, T0, on_event, NULL);
	assert_non_null(follow);
	assert_int_equal(ack(T0, 1, dhcp4_subject, A), 0);
	told("");
	assert_string_equal(follow_blind(follow), "binding-unknown");
}

static void
fault_044_binding_is_resumed_within_its_lease_and_ends_as_it_would_have(void **state)
{
	const struct follow_binding *b;
	uint8_t frame[12] = {0};

	(void)state;
	speaker = dhcp4_subject;
	subject_by_mac();
	assert_int_equal(from_client(T0, DHCP4_REQUEST, 1, dhcp4_subject, NULL), 1);
	assert_int_equal(ack(T0, 1, dhcp4_subject, A), 1);
	assert_int_equal(start_anew(T0 + 10 * S), 0);
	told("begun resumed .50; ");
	assert_true(follow_has_changed(follow));
	/* What else it may have by now is not known. */
	assert_string_equal(follow_blind(follow), "binding-unknown");
	b = follow_binding(follow, 0);
	assert_true(b->until == T0 + 600 * S && b->told == T0);
	memcpy(frame + 6, dhcp4_subject, 6);
	assert_false(follow_allows(b, T0 + 10 * S - 1, frame, sizeof(frame)));
	assert_true(follow_allows(b, T0 + 10 * S, frame, sizeof(frame)));
	memcpy(frame + 6, dhcp4_stranger, 6); /* on its own link its MAC has to be there too */
	assert_false(follow_allows(b, T0 + 10 * S, frame, sizeof(frame)));
	assert_int_equal(ack(T0 + 20 * S, 9, dhcp4_stranger, A), 0);
	told("ended conflict .50; ");
	assert_int_equal(ack(T0 + 30 * S, 2, dhcp4_subject, B), 1);
	assert_null(follow_blind(follow));
	assert_int_equal(start_anew(T0 + 629 * S), 0);
	told("begun resumed .51; ");
	assert_int_equal(ack(T0 + 629 * S, 3, dhcp4_subject, B), 1);
	told("renewed renewed .51; ");
	assert_null(follow_blind(follow));
}

static void
what_was_resumed_is_where_it_is_seen_first(void **state)
{
	(void)state;
	subject_by_mac();
	vlan = 7;
	assert_int_equal(ack(T0, 1, dhcp4_subject, A), 1);
	assert_int_equal(start_anew(T0 + 10 * S), 0);
	assert_int_equal(ack(T0 + 20 * S, 2, dhcp4_subject, A), 1);
	told("begun resumed .50; renewed renewed .50; ");
	/* What the same MAC gets in another place it has as well. */
	vlan = 9;
	assert_int_equal(ack(T0 + 30 * S, 3, dhcp4_subject, B), 1);
	told("begun assigned .51; ");
	assert_int_equal(follow_count(follow), 2);
}

static void
fault_044_what_was_unseen_for_too_long_is_nobodys_until_the_next_word_of_it(void **state)
{
	struct given_list given = {.count = 1};

	(void)state;
	subject_by_mac();
	given.at[0] = (struct given_address){.address = {.family = 4, .bits = 32}, .from = T0, .until = T0 + 900 * S};
	memcpy(given.at[0].sha256, HEX, DIGEST_HEX);
	dhcp4_address(given.at[0].address.addr, B);
	follow_give(follow, &given, T0);
	follow_expire(follow, T0);
	assert_int_equal(from_client(T0, DHCP4_REQUEST, 1, dhcp4_subject, NULL), 1);
	assert_int_equal(ack(T0 + S, 1, dhcp4_subject, A), 1);
	told("begun established .51; begun assigned .50; ");
	assert_null(follow_blind(follow));
	(void)follow_has_changed(follow);
	follow_forget(follow, T0 + 40 * S);
	told("ended unseen .50; ");
	assert_int_equal(follow_has_changed(follow), 1);
	assert_int_equal(follow_count(follow), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	/* The answer to what was asked before is taken for what it says alone. */
	message(DHCP4_ACK, 1, dhcp4_stranger, NULL, A);
	dhcp4_option_seconds(&f, 51, 600);
	assert_int_equal(show(T0 + 41 * S, SERVER), 0);
	told("");
	assert_int_equal(ack(T0 + 42 * S, 2, dhcp4_subject, A), 1);
	told("begun assigned .50; ");
	assert_null(follow_blind(follow));
}

static void
fault_044_what_is_over_or_would_not_be_believed_is_not_resumed(void **state)
{
	(void)state;
	subject_by_mac();
	assert_int_equal(ack(T0, 1, dhcp4_subject, A), 1);
	assert_int_equal(start_anew(T0 + 600 * S), 1);
	assert_int_equal(ack(T0 + 600 * S, 1, dhcp4_subject, A), 1);
	assert_int_equal(start_anew(T0 + 599 * S), 1); /* its word is of a time to come */
	assert_int_equal(ack(T0 + 600 * S, 1, dhcp4_subject, A), 1);
	iap.dhcp_pools[0].addr[2]++;
	assert_int_equal(start_anew(T0 + 601 * S), 1);
	iap.dhcp_pools[0].addr[2]--;
	told("");
	/* What has no end that is known, or nothing that shows it, is not even kept. */
	message(DHCP4_ACK, 2, dhcp4_subject, A, A);
	dhcp4_option_seconds(&f, 51, DHCP4_FOREVER);
	assert_int_equal(show(T0 + 700 * S, SERVER), 1);
	assert_int_equal(start_anew(T0 + 701 * S), 0);
	assert_int_equal(kept.count, 0);
	proof = "";
	assert_int_equal(ack(T0 + 702 * S, 3, dhcp4_subject, A), 1);
	assert_int_equal(start_anew(T0 + 703 * S), 0);
	assert_int_equal(kept.count, 0);
	told("");
	/* Of a kind that is not followed here. */
	proof = HEX;
	assert_int_equal(ack(T0 + 702 * S, 3, dhcp4_subject, A), 1);
	memset(&kept, 0, sizeof(kept));
	follow_keep(follow, &kept);
	memcpy(kept.at[0].method, "other", 6);
	begin(T0 + 703 * S);
	said[0] = '\0';
	assert_int_equal(follow_resume(follow, &kept, T0 + 703 * S), 1);
	memcpy(kept.at[0].method, "dhcpv4", 7);
	kept.at[kept.count++] = kept.at[0]; /* the same twice */
	assert_int_equal(follow_resume(follow, &kept, T0 + 703 * S), 1);
	told("begun resumed .50; ");
}

static void
fault_044_word_that_was_disputed_is_not_believed_after_a_new_start(void **state)
{
	struct given_list list;

	(void)state;
	subject_by_mac();
	memset(&list, 0, sizeof(list));
	list.count = 1;
	list.at[0].address = (struct order_prefix){4, 32, {198, 51, 100, 50}};
	list.at[0].from = T0;
	list.at[0].until = T0 + 3600 * S;
	memcpy(list.at[0].sha256, HEX, DIGEST_HEX);
	follow_give(follow, &list, T0);
	follow_expire(follow, T0);
	assert_int_equal(ack(T0 + S, 9, dhcp4_stranger, A), 0);
	told("begun established .50; ended conflict .50; ");
	assert_int_equal(start_anew(T0 + 10 * S), 0);
	follow_give(follow, &list, T0 + 10 * S);
	follow_expire(follow, T0 + 11 * S);
	told("");
	/* Nor where it is taken away and put back. */
	list.count = 0;
	follow_give(follow, &list, T0 + 12 * S);
	list.count = 1;
	follow_give(follow, &list, T0 + 13 * S);
	follow_expire(follow, T0 + 14 * S);
	told("");
	list.at[0].sha256[0] = 'f'; /* another word */
	follow_give(follow, &list, T0 + 15 * S);
	follow_expire(follow, T0 + 16 * S);
	told("begun established .50; ");
}

static void
word_that_is_disputed_before_its_address_has_begun_is_not_waited_for(void **state)
{
	struct given_list list;

	(void)state;
	subject_by_mac();
	memset(&list, 0, sizeof(list));
	list.count = 1;
	list.at[0].address = (struct order_prefix){4, 32, {198, 51, 100, 50}};
	list.at[0].from = T0 + 10 * S;
	list.at[0].until = T0 + 20 * S;
	memcpy(list.at[0].sha256, HEX, DIGEST_HEX);
	follow_give(follow, &list, T0);
	assert_true(follow_next(follow) == T0 + 10 * S);
	assert_int_equal(ack(T0 + 10 * S, 1, dhcp4_stranger, A), 0);
	assert_true(follow_next(follow) == INT64_MAX);
	follow_expire(follow, T0 + 10 * S);
	told("");
}

static void
hash_of_a_frame_is_made_when_it_is_first_asked_for_and_once(void **state)
{
	uint8_t bytes[] = "a frame";
	struct follow_hash hash = {.data = bytes, .n = sizeof(bytes)};
	struct follow_frame frame = {.time = T0, .hash = &hash};
	char sha256[DIGEST_HEX];
	struct dhcp4 m;

	(void)state;
	subject_by_mac();
	assert_int_equal(digest_hex_of(bytes, sizeof(bytes), sha256), 0);
	dhcp4_address(frame.source, SERVER);
	message(DHCP4_ACK, 1, dhcp4_stranger, NULL, A);
	dhcp4_option_seconds(&f, 51, 600);
	assert_int_equal(dhcp4_parse(&m, f.data, f.n), 0);
	assert_int_equal(follow_dhcp4(follow, &m, &frame), 0);
	assert_false(hash.is_made);
	message(DHCP4_ACK, 1, dhcp4_subject, NULL, A);
	dhcp4_option_seconds(&f, 51, 600);
	assert_int_equal(dhcp4_parse(&m, f.data, f.n), 0);
	assert_int_equal(follow_dhcp4(follow, &m, &frame), 1);
	assert_true(hash.is_made);
	assert_false(hash.has_failed);
	assert_string_equal(follow_binding(follow, 0)->sha256, sha256);
	/* Who asks later is told of the same bytes. */
	bytes[0] ^= 1;
	assert_string_equal(follow_proof(&frame), sha256);
	frame.sha256 = HEX;
	assert_string_equal(follow_proof(&frame), HEX);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(fault_044_address_is_the_subjects_from_its_lease_to_the_leases_end),
	    T(renewal_makes_it_longer_and_the_same_answer_again_does_not),
	    T(binding_that_is_first_seen_as_it_is_renewed_was_established),
	    T(attempt_is_told_once_however_often_the_client_says_so),
	    T(address_that_two_words_give_is_followed_to_the_end_of_both),
	    T(fault_044_address_given_by_hand_ends_at_once_when_that_is_taken_back),
	    T(place_of_a_word_that_was_taken_back_is_given_again),
	    T(fault_044_address_given_by_hand_lasts_its_time_and_no_longer_than_until_it_is_anothers),
	    T(release_decline_and_refusal_end_it),
	    T(more_clients_that_may_have_something_than_there_is_room_for_are_none_fewer),
	    T(what_the_subject_is_given_that_can_not_be_followed_is_declared),
	    T(leases_of_one_mac_in_two_places_are_both_the_subjects),
	    T(prefix_given_by_hand_lasts_its_time_and_no_longer_than_until_a_part_is_anothers),
	    T(part_of_a_prefix_given_by_hand_goes_on_with_it_and_by_itself_behind_it),
	    T(part_that_is_taken_back_does_not_end_the_prefix_nor_the_other_way),
	    T(fault_044_arp_of_a_stranger_for_an_address_given_by_hand_ends_it),
	    T(fault_044_mac_that_has_gone_to_another_line_has_left_what_it_had),
	    T(fault_044_address_that_the_same_mac_gets_as_another_client_is_anothers),
	    T(another_address_for_the_subject_replaces_the_first),
	    T(fault_044_address_that_is_given_to_another_is_the_subjects_no_more),
	    T(fault_044_arp_of_another_for_the_address_ends_it),
	    T(only_the_operators_servers_are_believed_and_only_for_the_pool),
	    T(client_id_is_that_of_the_question_where_the_answer_has_none),
	    T(line_is_told_by_all_that_the_order_says_of_it_and_by_relays_alone),
	    T(clock_that_is_stepped_makes_no_lease_longer),
	    T(nothing_is_learned_where_it_could_not_be_trusted),
	    T(fault_044_binding_is_resumed_within_its_lease_and_ends_as_it_would_have),
	    T(what_was_resumed_is_where_it_is_seen_first),
	    T(fault_044_what_was_unseen_for_too_long_is_nobodys_until_the_next_word_of_it),
	    T(fault_044_what_is_over_or_would_not_be_believed_is_not_resumed),
	    T(fault_044_word_that_was_disputed_is_not_believed_after_a_new_start),
	    T(word_that_is_disputed_before_its_address_has_begun_is_not_waited_for),
	    T(hash_of_a_frame_is_made_when_it_is_first_asked_for_and_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
