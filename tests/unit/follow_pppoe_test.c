#include "moving.h"

#include "pppoes.h"

#include "follows.h"

#define USER "alice"
#define HEX2 "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const uint8_t concentrator[6] = {2, 0, 0, 0, 0, 1}, other[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t *const subject = frame_mac_a, *const stranger = frame_mac_b;

static uint16_t vlan;

static void
on_event(void *cookie, const struct follow_event *e)
{
	(void)cookie;
	assert_string_equal(e->method, "pppoe");
	tell("%s %s %s", kind_text(e), access_kind_text(e->access), e->how);
	if (e->binding != NULL && e->binding->address.family == 4)
		tell(" .%u", e->binding->address.addr[3]);
	tell("; ");
}

static int
set_up(void **state)
{
	(void)state;
	clear();
	vlan = 0;
	proof = "";
	memcpy(iap.pppoe.concentrators[0], concentrator, 6);
	iap.pppoe.concentrator_count = 1;
	iap.pppoe.silence = 600;
	identity(ORDER_PPPOE_USER, USER, strlen(USER));
	return 0;
}

/* Show what f holds.  Return whether it was the subject's. */
static int
show(stamp_t time, const uint8_t *from, const uint8_t *to)
{
	struct follow_frame frame = {.time = time, .sha256 = proof, .mac = from, .target_mac = to};
	struct pppoe m;

	frame.vlan_count = vlan != 0;
	frame.vlans[0] = vlan;
	assert_int_equal(pppoe_parse(&m, f.data[1] != 0, f.data, f.n), 0);
	return shown(follow_pppoe(follow, &m, &frame));
}

static int
login(stamp_t time, unsigned session, const uint8_t *from, const char *name)
{
	pppoe_pap(&f, session, name);
	return show(time, from, concentrator);
}

static int
verdict(stamp_t time, unsigned session, const uint8_t *to, unsigned code)
{
	pppoe_control(&f, session, PPPOE_PAP, code, "\0", 1);
	return show(time, concentrator, to);
}

/* A frame of a session as it is on the wire; the reader that follows may store it? */
static int
allows(stamp_t time, const uint8_t *from, const uint8_t *to, unsigned session)
{
	static struct frame wire;
	uint8_t *data;
	int rc;

	wire.n = 0;
	frame_ethernet(&wire, to, from, vlan != 0 ? 0x8100 : 0x8864);
	if (vlan != 0)
		frame_vlan(&wire, vlan, 0x8864);
	frame_pppoe(&wire, session, 0x0021, 0);
	data = frame_exact(&wire, wire.n);
	rc = follow_count(follow) > 0 && follow_allows(follow_binding(follow, 0), time, data, wire.n);
	free(data);
	return rc;
}

static void
session_is_the_subjects_from_its_login_to_its_end(void **state)
{
	(void)state;
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(login(T0, 9, subject, USER), 1);
	assert_int_equal(login(T0 + S, 9, subject, USER), 1); /* the same once more */
	assert_int_equal(follow_count(follow), 0);
	assert_int_equal(verdict(T0 + 2 * S, 9, subject, PPPOE_PAP_ACK), 1);
	told("noted access-attempt ; noted access-accepted ; begun session-start assigned; ");
	assert_null(follow_blind(follow));
	assert_false(allows(T0 + 2 * S - 1, subject, concentrator, 9));
	assert_true(allows(T0 + 2 * S, subject, concentrator, 9));
	assert_true(allows(T0 + 2 * S, concentrator, subject, 9));
	assert_false(allows(T0 + 2 * S, concentrator, subject, 10));
	assert_false(allows(T0 + 2 * S, concentrator, stranger, 9));
	assert_false(allows(T0 + 2 * S, other, subject, 9));
	vlan = 7;
	assert_false(allows(T0 + 2 * S, subject, concentrator, 9));
	vlan = 0;
	pppoe_control(&f, 9, PPPOE_IPCP, PPPOE_CONFIGURE_ACK, "\003\006\306\063\144\062", 6);
	assert_int_equal(show(T0 + 3 * S, subject, concentrator), 1); /* the concentrator's own address */
	told("");
	assert_int_equal(show(T0 + 3 * S, concentrator, subject), 1);
	told("noted address-assigned  .50; ");
	pppoe_control(&f, 9, PPPOE_LCP, PPPOE_TERMINATE_REQUEST, "", 0);
	assert_int_equal(show(T0 + 4 * S, subject, stranger), 0);
	assert_int_equal(show(T0 + 4 * S, subject, concentrator), 1);
	told("noted address-released terminated .50; ended session-end terminated .50; ");
	assert_int_equal(follow_count(follow), 0);
	/* Anyone could have said so: it is known once both ends have. */
	assert_string_equal(follow_blind(follow), "binding-unknown");
	/* Its last words are its too. */
	pppoe_control(&f, 9, PPPOE_LCP, PPPOE_TERMINATE_ACK, "", 0);
	assert_int_equal(show(T0 + 4 * S, subject, concentrator), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(show(T0 + 4 * S, concentrator, subject), 1);
	assert_null(follow_blind(follow));
	pppoe_discovery(&f, PPPOE_PADT, 9);
	assert_int_equal(show(T0 + 5 * S, concentrator, subject), 1);
	assert_int_equal(show(T0 + 5 * S, concentrator, stranger), 0);
	assert_int_equal(show(T0 + 70 * S, concentrator, subject), 0);
	told("");
}

static void
discovery_ends_it_and_begins_another(void **state)
{
	(void)state;
	assert_int_equal(login(T0, 9, subject, USER), 1);
	assert_int_equal(verdict(T0, 9, subject, PPPOE_PAP_ACK), 1);
	pppoe_discovery(&f, PPPOE_PADT, 9);
	assert_int_equal(show(T0 + S, concentrator, subject), 1);
	told("noted access-attempt ; noted access-accepted ; begun session-start assigned; ended session-end "
	     "terminated; ");
	assert_int_equal(login(T0 + 2 * S, 9, subject, USER), 1);
	assert_int_equal(verdict(T0 + 2 * S, 9, subject, PPPOE_PAP_ACK), 1);
	said[0] = '\0';
	pppoe_discovery(&f, PPPOE_PADS, 9);
	assert_int_equal(show(T0 + 3 * S, concentrator, subject), 0);
	told("ended session-end replaced; ");
}

static void
refusal_is_told_and_begins_nothing(void **state)
{
	(void)state;
	pppoe_chap(&f, 9, USER);
	assert_int_equal(show(T0, subject, concentrator), 1);
	pppoe_control(&f, 9, PPPOE_CHAP, PPPOE_CHAP_FAILURE, "", 0);
	assert_int_equal(show(T0 + S, concentrator, subject), 1);
	assert_int_equal(show(T0 + S, concentrator, subject), 0);
	told("noted access-attempt ; noted access-rejected refused; ");
	assert_int_equal(follow_count(follow), 0);
	pppoe_chap(&f, 9, USER);
	assert_int_equal(show(T0 + 2 * S, subject, concentrator), 1);
	pppoe_control(&f, 9, PPPOE_CHAP, PPPOE_CHAP_SUCCESS, "", 0);
	assert_int_equal(show(T0 + 2 * S, concentrator, subject), 1);
	told("noted access-attempt ; noted access-accepted ; begun session-start assigned; ");
	/* It is asked again in the session, and that is no event. */
	pppoe_chap(&f, 9, USER);
	assert_int_equal(show(T0 + 3 * S, subject, concentrator), 1);
	pppoe_control(&f, 9, PPPOE_CHAP, PPPOE_CHAP_SUCCESS, "", 0);
	assert_int_equal(show(T0 + 3 * S, concentrator, subject), 1);
	told("");
}

static void
fault_044_another_name_in_the_session_ends_it(void **state)
{
	(void)state;
	assert_int_equal(login(T0, 9, subject, USER), 1);
	assert_int_equal(verdict(T0, 9, subject, PPPOE_PAP_ACK), 1);
	said[0] = '\0';
	assert_int_equal(login(T0 + S, 9, subject, "bob"), 0);
	told("ended session-end conflict; ");
	assert_string_equal(follow_blind(follow), "binding-conflict");
	assert_int_equal(verdict(T0 + S, 9, subject, PPPOE_PAP_ACK), 0);
	/* An answer is for who asked last; and one whose question was not seen is anyone's. */
	assert_int_equal(login(T0 + 2 * S, 9, subject, USER), 1);
	assert_int_equal(login(T0 + 2 * S, 9, subject, "bob"), 0);
	assert_int_equal(verdict(T0 + 2 * S, 9, subject, PPPOE_PAP_ACK), 0);
	assert_int_equal(follow_count(follow), 0);
	assert_int_equal(login(T0 + 3 * S, 9, subject, USER), 1);
	assert_int_equal(verdict(T0 + 3 * S, 9, stranger, PPPOE_PAP_ACK), 0);
	assert_int_equal(verdict(T0 + 64 * S, 9, subject, PPPOE_PAP_ACK), 0);
	assert_int_equal(follow_count(follow), 0);
	assert_int_equal(login(T0 + 70 * S, 9, subject, USER), 1);
	assert_int_equal(verdict(T0 + 70 * S, 9, subject, PPPOE_PAP_ACK), 1);
	assert_null(follow_blind(follow));
	said[0] = '\0';
	assert_int_equal(verdict(T0 + 71 * S, 9, subject, PPPOE_PAP_ACK), 0);
	told("ended session-end conflict; ");
}

static void
login_without_an_answer_has_failed(void **state)
{
	(void)state;
	assert_int_equal(login(T0, 9, subject, USER), 1);
	pppoe_discovery(&f, PPPOE_PADT, 10); /* of another session */
	assert_int_equal(show(T0 + S, concentrator, subject), 0);
	assert_int_equal(login(T0 + 10 * S, 9, subject, USER), 1); /* once more */
	assert_true(follow_next(follow) == T0 + 70 * S);
	follow_shift(follow, S);
	follow_expire(follow, T0 + 71 * S - 1);
	told("noted access-attempt ; ");
	follow_expire(follow, T0 + 71 * S);
	told("noted access-failed timeout; ");
	follow_expire(follow, T0 + 200 * S);
	told("");
	/* It hangs up before the answer, and is told of once. */
	assert_int_equal(login(T0 + 300 * S, 9, subject, USER), 1);
	pppoe_control(&f, 9, PPPOE_LCP, PPPOE_TERMINATE_REQUEST, "", 0);
	assert_int_equal(show(T0 + 301 * S, concentrator, subject), 1);
	assert_int_equal(show(T0 + 302 * S, concentrator, subject), 1);
	follow_expire(follow, T0 + 400 * S);
	told("noted access-attempt ; noted access-failed terminated; ");
	/* One that is answered has not failed, nor has one that was forgotten. */
	assert_int_equal(login(T0 + 500 * S, 9, subject, USER), 1);
	assert_int_equal(verdict(T0 + 501 * S, 9, subject, PPPOE_PAP_NAK), 1);
	assert_int_equal(login(T0 + 502 * S, 10, subject, USER), 1);
	follow_forget(follow, T0 + 503 * S);
	follow_expire(follow, T0 + 600 * S);
	told("noted access-attempt ; noted access-rejected refused; noted access-attempt ; ");
}

static void
only_concentrators_are_believed(void **state)
{
	(void)state;
	pppoe_pap(&f, 9, USER);
	assert_int_equal(show(T0, subject, other), 0);
	pppoe_control(&f, 9, PPPOE_PAP, PPPOE_PAP_ACK, "\0", 1);
	assert_int_equal(show(T0, other, subject), 0);
	assert_int_equal(login(T0, 9, subject, USER), 1);
	assert_int_equal(show(T0, subject, concentrator), 1);
	pppoe_control(&f, 9, PPPOE_PAP, PPPOE_PAP_ACK, "\0", 1);
	assert_int_equal(show(T0, subject, concentrator), 0); /* by the client itself */
	assert_int_equal(follow_count(follow), 0);
	iap.pppoe.concentrator_count = 0;
	assert_non_null(moving_obstacle(&order, &iap, 1));
	assert_false(follow_is_possible(&iap, 1));
}

static void
session_is_under_its_own_tags_and_in_the_orders_numbers_alone(void **state)
{
	uint16_t numbers[] = {8};

	(void)state;
	vlan = 7;
	assert_int_equal(login(T0, 9, subject, USER), 1);
	vlan = 8;
	assert_int_equal(verdict(T0, 9, subject, PPPOE_PAP_ACK), 0);
	vlan = 7;
	assert_int_equal(verdict(T0, 9, subject, PPPOE_PAP_ACK), 1);
	assert_true(allows(T0, subject, concentrator, 9));
	vlan = 8;
	assert_false(allows(T0, subject, concentrator, 9));
	order.sessions = numbers;
	order.session_count = 1;
	assert_int_equal(login(T0, 9, subject, USER), 1);
	assert_int_equal(verdict(T0, 9, subject, PPPOE_PAP_ACK), 1);
	assert_int_equal(follow_count(follow), 1);
}

static void
session_that_is_silent_ends_and_echoes_keep_it(void **state)
{
	(void)state;
	assert_int_equal(login(T0, 9, subject, USER), 1);
	assert_int_equal(verdict(T0, 9, subject, PPPOE_PAP_ACK), 1);
	said[0] = '\0';
	pppoe_control(&f, 9, PPPOE_LCP, 9, "\0\0\0\0", 4);
	assert_int_equal(show(T0 + 500 * S, concentrator, subject), 1);
	assert_true(follow_next(follow) == T0 + 1100 * S);
	follow_shift(follow, -50 * S);
	assert_true(follow_next(follow) == T0 + 1050 * S);
	follow_expire(follow, T0 + 1050 * S - 1);
	told("");
	follow_expire(follow, T0 + 1050 * S);
	told("ended session-end session-silent; ");
	assert_string_equal(follow_blind(follow), "session-silent");
}

static void
fault_044_session_that_was_unseen_for_too_long_is_over(void **state)
{
	(void)state;
	assert_int_equal(login(T0, 9, subject, USER), 1);
	assert_int_equal(verdict(T0, 9, subject, PPPOE_PAP_ACK), 1);
	assert_int_equal(login(T0 + S, 10, subject, USER), 1);
	said[0] = '\0';
	follow_forget(follow, T0 + 40 * S);
	told("ended session-end unseen; ");
	assert_string_equal(follow_blind(follow), "binding-unknown");
	/* Whoever is let in now may have asked after that. */
	assert_int_equal(verdict(T0 + 40 * S, 10, subject, PPPOE_PAP_ACK), 0);
	assert_int_equal(follow_count(follow), 0);
}

static void
mirror_of_both_directions_shows_each_frame_twice(void **state)
{
	(void)state;
	assert_int_equal(login(T0, 9, subject, USER), 1);
	assert_int_equal(login(T0 + 1000, 9, subject, USER), 1);
	proof = HEX;
	assert_int_equal(verdict(T0 + S, 9, subject, PPPOE_PAP_ACK), 1);
	assert_int_equal(verdict(T0 + S + S / 10 - 1, 9, subject, PPPOE_PAP_ACK), 1);
	told("noted access-attempt ; noted access-accepted ; begun session-start assigned; ");
	assert_int_equal(follow_count(follow), 1);
	/* Once more, later, it is anyone's. */
	assert_int_equal(verdict(T0 + S + S / 10, 9, subject, PPPOE_PAP_ACK), 0);
	told("ended session-end conflict; ");
	assert_int_equal(login(T0 + 2 * S, 9, subject, USER), 1);
	assert_int_equal(verdict(T0 + 2 * S, 9, subject, PPPOE_PAP_ACK), 1);
	said[0] = '\0';
	/* So is any other yes. */
	proof = HEX2;
	assert_int_equal(verdict(T0 + 2 * S + 1, 9, subject, PPPOE_PAP_ACK), 0);
	told("ended session-end conflict; ");
	/* Nor is a no told twice, and it begins nothing. */
	assert_int_equal(login(T0 + 3 * S, 9, subject, USER), 1);
	assert_int_equal(verdict(T0 + 3 * S, 9, subject, PPPOE_PAP_NAK), 1);
	assert_int_equal(verdict(T0 + 3 * S + 1, 9, subject, PPPOE_PAP_NAK), 1);
	told("noted access-attempt ; noted access-rejected refused; ");
	assert_int_equal(follow_count(follow), 0);
}

static void
mirror_shows_two_sessions_answers_each_twice(void **state)
{
	unsigned session;

	(void)state;
	assert_int_equal(login(T0, 9, subject, USER), 1);
	assert_int_equal(login(T0, 10, subject, USER), 1);
	for (session = 9; session < 11; session++) {
		proof = session == 9 ? HEX : HEX2;
		assert_int_equal(verdict(T0 + S, session, subject, PPPOE_PAP_ACK), 1);
	}
	for (session = 9; session < 11; session++) {
		proof = session == 9 ? HEX : HEX2;
		assert_int_equal(verdict(T0 + S + 1, session, subject, PPPOE_PAP_ACK), 1);
	}
	assert_int_equal(follow_count(follow), 2);
	/* The one's answer is not the other's. */
	proof = HEX;
	assert_int_equal(verdict(T0 + S + 2, 10, subject, PPPOE_PAP_ACK), 0);
	assert_int_equal(follow_count(follow), 1);
}

static void
fault_044_session_is_resumed_with_its_numbers_and_tags(void **state)
{
	(void)state;
	vlan = 7;
	proof = HEX;
	assert_int_equal(login(T0, 9, subject, USER), 1);
	assert_int_equal(verdict(T0, 9, subject, PPPOE_PAP_ACK), 1);
	assert_int_equal(start_anew(T0 + 10 * S), 0);
	assert_int_equal(kept.count, 1);
	told("begun session-already-established resumed; ");
	assert_true(allows(T0 + 10 * S, subject, concentrator, 9));
	assert_false(allows(T0 + 10 * S - 1, subject, concentrator, 9));
	assert_false(allows(T0 + 10 * S, subject, concentrator, 10));
	assert_false(allows(T0 + 10 * S, stranger, concentrator, 9));
	vlan = 8;
	assert_false(allows(T0 + 10 * S, subject, concentrator, 9));
	vlan = 7;
	pppoe_discovery(&f, PPPOE_PADT, 9);
	assert_int_equal(show(T0 + 11 * S, concentrator, subject), 1);
	told("ended session-end terminated; ");
	/* Of no concentrator of ours, or with too little said of it, it is not. */
	memcpy(iap.pppoe.concentrators[0], other, 6);
	assert_int_equal(follow_resume(follow, &kept, T0 + 12 * S), 1);
	memcpy(iap.pppoe.concentrators[0], concentrator, 6);
	kept.at[0].more_length -= 1;
	assert_int_equal(follow_resume(follow, &kept, T0 + 12 * S), 1);
	kept.at[0].more_length = 12;
	assert_int_equal(follow_resume(follow, &kept, T0 + 12 * S), 1);
	told("");
}

static void
login_that_is_asked_again_is_let_in_by_either_answer(void **state)
{
	(void)state;
	assert_int_equal(login(T0, 9, subject, USER), 1);
	pppoe_pap(&f, 9, USER);
	f.data[9] = 8; /* the next identifier */
	assert_int_equal(show(T0 + 3 * S, subject, concentrator), 1);
	assert_int_equal(verdict(T0 + 4 * S, 9, subject, PPPOE_PAP_ACK), 1);
	told("noted access-attempt ; noted access-accepted ; begun session-start assigned; ");
	assert_null(follow_blind(follow));
	pppoe_discovery(&f, PPPOE_PADS, 9);
	assert_int_equal(show(T0 + 5 * S, concentrator, subject), 0);
	said[0] = '\0';
	/* Under a number that was not seen someone is let in, who may be the subject. */
	assert_int_equal(login(T0 + 6 * S, 9, subject, USER), 1);
	pppoe_control(&f, 9, PPPOE_PAP, PPPOE_PAP_ACK, "\0", 1);
	f.data[9] = 99;
	assert_int_equal(show(T0 + 7 * S, concentrator, subject), 0);
	assert_int_equal(follow_count(follow), 0);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(verdict(T0 + 8 * S, 9, subject, PPPOE_PAP_ACK), 1);
	assert_null(follow_blind(follow));
	said[0] = '\0';
}

static void
end_that_only_one_has_said_is_not_known_until_the_session_would_be_silent(void **state)
{
	(void)state;
	assert_int_equal(login(T0, 9, subject, USER), 1);
	assert_int_equal(verdict(T0, 9, subject, PPPOE_PAP_ACK), 1);
	pppoe_discovery(&f, PPPOE_PADT, 9);
	assert_int_equal(show(T0 + S, concentrator, subject), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	follow_expire(follow, T0 + 601 * S - 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	follow_expire(follow, T0 + 601 * S);
	assert_null(follow_blind(follow));
	said[0] = '\0';
}

static void
name_that_logs_in_by_eap_is_declared(void **state)
{
	(void)state;
	assert_int_equal(login(T0, 9, subject, USER), 1);
	assert_int_equal(verdict(T0, 9, subject, PPPOE_PAP_ACK), 1);
	assert_null(follow_blind(follow));
	said[0] = '\0';
	pppoe_control(&f, 10, PPPOE_EAP, PPPOE_EAP_RESPONSE, "\001bob", 4);
	assert_int_equal(show(T0 + S, subject, concentrator), 0);
	pppoe_control(&f, 10, PPPOE_EAP, 1, "\001" USER, 6); /* no answer */
	assert_int_equal(show(T0 + S, subject, concentrator), 0);
	pppoe_control(&f, 10, PPPOE_EAP, PPPOE_EAP_RESPONSE, "\004" USER, 6); /* of another type */
	assert_int_equal(show(T0 + S, subject, concentrator), 0);
	assert_null(follow_blind(follow));
	pppoe_control(&f, 10, PPPOE_EAP, PPPOE_EAP_RESPONSE, "\001" USER, 6);
	assert_int_equal(show(T0 + S, subject, concentrator), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	told("");
	assert_int_equal(follow_count(follow), 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(session_is_the_subjects_from_its_login_to_its_end),
	    T(discovery_ends_it_and_begins_another),
	    T(refusal_is_told_and_begins_nothing),
	    T(fault_044_another_name_in_the_session_ends_it),
	    T(login_without_an_answer_has_failed),
	    T(only_concentrators_are_believed),
	    T(session_is_under_its_own_tags_and_in_the_orders_numbers_alone),
	    T(session_that_is_silent_ends_and_echoes_keep_it),
	    T(fault_044_session_that_was_unseen_for_too_long_is_over),
	    T(mirror_of_both_directions_shows_each_frame_twice),
	    T(mirror_shows_two_sessions_answers_each_twice),
	    T(login_that_is_asked_again_is_let_in_by_either_answer),
	    T(end_that_only_one_has_said_is_not_known_until_the_session_would_be_silent),
	    T(name_that_logs_in_by_eap_is_declared),
	    T(fault_044_session_is_resumed_with_its_numbers_and_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
