#include "follows_radius.h"

static void
on_event(void *cookie, const struct follow_event *e)
{
	(void)cookie;
	if (e->kind == FOLLOW_NOTED)
		tell("%s %s; ", access_kind_text(e->access), e->how);
	else
		tell("%s %s /%u; ", kind_text(e), e->how, e->binding->address.bits);
}

static int
account(stamp_t time, unsigned status, unsigned identifier, const char *user, const char *address)
{
	radius_account(&f, status, identifier, user, "s1");
	radius_v4(&f, 4, NAS);
	if (address != NULL)
		radius_v4(&f, 8, address);
	return show_between(time, NAS, 40000, SERVER, 1813);
}

/* With a session that has an address and a network. */
static int
set_up(void **state)
{
	(void)state;
	network();
	iap.radius.ports[0] = 1813;
	iap.radius.coa_ports[0] = 3799;
	iap.radius.port_count = iap.radius.coa_port_count = 1;
	identity(ORDER_RADIUS_USER, USER, strlen(USER));
	radius_account(&f, RADIUS_START, 1, USER, "s1");
	radius_v4(&f, 4, NAS);
	radius_v4(&f, 8, A);
	radius_v6(&f, 123, "2001:db8:200::", 56, 16);
	assert_int_equal(show_between(T0, NAS, 40000, SERVER, 1813), 1);
	assert_int_equal(follow_count(follow), 2);
	said[0] = '\0';
	return 0;
}

/* A question of the server's, to be ended by ask(). */
static void
question(unsigned code, unsigned identifier, const char *user, const char *session)
{
	radius_header(&f, code, identifier, identifier + 64);
	if (user != NULL)
		radius_text(&f, 1, user);
	if (session != NULL)
		radius_text(&f, 44, session);
}

static int
ask(stamp_t time)
{
	return show_between(time, SERVER, 50000, NAS, 3799);
}

static int
answer(stamp_t time, unsigned code, unsigned identifier)
{
	radius_header(&f, code, identifier, 0);
	return show_between(time, NAS, 3799, SERVER, 50000);
}

static void
fault_044_session_that_a_server_has_ended_is_over_with_the_clients_yes(void **state)
{
	(void)state;
	question(RADIUS_DISCONNECT_REQUEST, 7, USER, "s1");
	assert_int_equal(ask(T0 + S), 1);
	assert_int_equal(ask(T0 + S), 1); /* the same once more */
	told("");
	assert_int_equal(answer(T0 + 2 * S, RADIUS_DISCONNECT_NAK, 7), 1);
	told("");
	/* A second answer under that number is to another's question. */
	radius_header(&f, RADIUS_DISCONNECT_ACK, 7, 'x');
	assert_int_equal(show_between(T0 + 2 * S, NAS, 3799, SERVER, 50000), 0);
	assert_int_equal(follow_count(follow), 2);
	question(RADIUS_DISCONNECT_REQUEST, 8, NULL, "s1");
	assert_int_equal(ask(T0 + 3 * S), 1);
	assert_int_equal(answer(T0 + 4 * S, RADIUS_COA_ACK, 8), 0); /* to no such question */
	assert_int_equal(answer(T0 + 4 * S, RADIUS_DISCONNECT_ACK, 8), 1);
	assert_int_equal(answer(T0 + 4 * S, RADIUS_DISCONNECT_ACK, 8), 1);
	told("ended disconnected /32; ended disconnected /56; session-end disconnected; ");
	/* What comes late of it begins nothing. */
	assert_int_equal(account(T0 + 5 * S, RADIUS_INTERIM, 2, USER, A), 1);
	assert_int_equal(follow_count(follow), 0);
}

static void
fault_044_session_may_be_named_by_its_address_or_its_user_alone(void **state)
{
	(void)state;
	question(RADIUS_DISCONNECT_REQUEST, 7, USER, NULL);
	assert_int_equal(show_between(T0 + S, SERVER, 50000, NAS2, 3799), 1); /* of another client's */
	radius_header(&f, RADIUS_DISCONNECT_ACK, 7, 0);
	assert_int_equal(show_between(T0 + S, NAS2, 3799, SERVER, 50000), 1);
	assert_int_equal(follow_count(follow), 2);
	question(RADIUS_DISCONNECT_REQUEST, 8, USER, NULL);
	assert_int_equal(ask(T0 + S), 1);
	assert_int_equal(answer(T0 + S, RADIUS_DISCONNECT_ACK, 8), 1);
	told("ended disconnected /32; ended disconnected /56; session-end disconnected; ");
	begin(T0);
	assert_int_equal(account(T0, RADIUS_START, 1, USER, A), 1);
	said[0] = '\0';
	question(RADIUS_DISCONNECT_REQUEST, 9, NULL, NULL);
	radius_v4(&f, 8, A);
	assert_int_equal(ask(T0 + S), 1);
	assert_int_equal(answer(T0 + S, RADIUS_DISCONNECT_ACK, 9), 1);
	told("ended disconnected /32; session-end disconnected; ");
}

/* What others are asked takes the place of no question of the subject's, however many of those wait for their answers. */
static void
question_of_another_lets_none_of_the_subjects_be_forgotten(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		question(RADIUS_DISCONNECT_REQUEST, 10 + i, USER, "s1");
		assert_int_equal(ask(T0 + (1 + i) * S), 1);
	}
	question(RADIUS_DISCONNECT_REQUEST, 99, "bob", "s9");
	assert_int_equal(ask(T0 + 20 * S), 0);
	assert_int_equal(answer(T0 + 21 * S, RADIUS_DISCONNECT_ACK, 10), 1);
	told("ended disconnected /32; ended disconnected /56; session-end disconnected; ");
}

/* Of the name's sessions it may have been another: what is declared ends with the word of this one. */
static void
fault_044_session_that_is_ended_by_its_users_name_alone_may_go_on(void **state)
{
	(void)state;
	follow_expire(follow, T0 + 300 * S);
	assert_int_equal(account(T0 + 599 * S, RADIUS_INTERIM, 2, USER, A), 1);
	follow_expire(follow, T0 + 601 * S);
	assert_null(follow_blind(follow));
	said[0] = '\0';
	question(RADIUS_DISCONNECT_REQUEST, 8, USER, NULL);
	assert_int_equal(ask(T0 + 610 * S), 1);
	assert_int_equal(answer(T0 + 610 * S, RADIUS_DISCONNECT_ACK, 8), 1);
	assert_int_equal(follow_count(follow), 0);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	/* What was on its way begins nothing; nor does another session of the name say anything of this one. */
	assert_int_equal(account(T0 + 669 * S, RADIUS_INTERIM, 3, USER, A), 1);
	assert_int_equal(follow_count(follow), 0);
	radius_account(&f, RADIUS_START, 4, USER, "s2");
	radius_v4(&f, 4, NAS);
	radius_v4(&f, 8, B);
	assert_int_equal(show_between(T0 + 669 * S, NAS, 40000, SERVER, 1813), 1);
	assert_int_equal(follow_count(follow), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	said[0] = '\0';
	assert_int_equal(account(T0 + 670 * S, RADIUS_INTERIM, 5, USER, A), 1);
	told("begun established /32; ");
	assert_int_equal(follow_count(follow), 2);
	assert_null(follow_blind(follow));
	/* With its stop it is known to be over. */
	question(RADIUS_DISCONNECT_REQUEST, 9, USER, NULL);
	assert_int_equal(ask(T0 + 680 * S), 1);
	assert_int_equal(answer(T0 + 680 * S, RADIUS_DISCONNECT_ACK, 9), 1);
	assert_int_equal(account(T0 + 681 * S, RADIUS_STOP, 6, USER, A), 1);
	radius_account(&f, RADIUS_STOP, 7, USER, "s2");
	radius_v4(&f, 4, NAS);
	assert_int_equal(show_between(T0 + 681 * S, NAS, 40000, SERVER, 1813), 1);
	assert_null(follow_blind(follow));
	assert_int_equal(account(T0 + 781 * S, RADIUS_INTERIM, 8, USER, A), 1);
	assert_int_equal(follow_count(follow), 0);
}

static void
fault_044_another_who_is_ended_by_the_subjects_address_has_it(void **state)
{
	(void)state;
	question(RADIUS_DISCONNECT_REQUEST, 7, "bob", "s9");
	assert_int_equal(ask(T0 + S), 0); /* he is not the subject, and has nothing of the subject's */
	assert_int_equal(answer(T0 + S, RADIUS_DISCONNECT_ACK, 7), 0);
	told("");
	question(RADIUS_DISCONNECT_REQUEST, 8, "bob", "s9");
	radius_v4(&f, 8, A);
	assert_int_equal(ask(T0 + 2 * S), 0);
	assert_int_equal(answer(T0 + 2 * S, RADIUS_DISCONNECT_ACK, 8), 0);
	told("ended conflict /32; ended conflict /56; session-end conflict; ");
	assert_string_equal(follow_blind(follow), "binding-conflict");
}

static void
change_is_told_and_makes_nothing_longer(void **state)
{
	(void)state;
	question(RADIUS_COA_REQUEST, 7, USER, "s1");
	radius_number(&f, 27, 3600);
	assert_int_equal(ask(T0 + S), 1);
	told("");
	assert_int_equal(answer(T0 + S, RADIUS_COA_ACK, 7), 1);
	assert_int_equal(answer(T0 + S, RADIUS_COA_ACK, 7), 1);
	told("service-changed ; ");
	assert_true(follow_binding(follow, 0)->until == T0 + 600 * S);
	(void)follow_has_narrowed(follow); /* by the first, to an hour */
	question(RADIUS_COA_REQUEST, 8, NULL, "s1");
	radius_number(&f, 27, 60);
	assert_int_equal(ask(T0 + 2 * S), 1);
	assert_int_equal(answer(T0 + 2 * S, RADIUS_COA_NAK, 8), 1);
	told("");
	assert_false(follow_has_narrowed(follow));
	question(RADIUS_COA_REQUEST, 9, NULL, "s1");
	radius_number(&f, 27, 60);
	assert_int_equal(ask(T0 + 3 * S), 1);
	assert_int_equal(answer(T0 + 3 * S, RADIUS_COA_ACK, 9), 1);
	told("service-changed ; ");
	assert_true(follow_has_narrowed(follow));
	follow_expire(follow, T0 + 63 * S);
	told("ended session-timeout /32; ended session-timeout /56; session-end session-timeout; ");
}

static void
fault_044_change_to_another_address_ends_the_first_and_begins_none(void **state)
{
	(void)state;
	follow_expire(follow, T0 + 600 * S - 1);
	question(RADIUS_COA_REQUEST, 7, USER, "s1");
	radius_v4(&f, 8, B);
	assert_int_equal(ask(T0 + S), 1);
	assert_int_equal(answer(T0 + S, RADIUS_COA_ACK, 7), 1);
	told("service-changed ; ended replaced /32; ");
	assert_int_equal(follow_count(follow), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(account(T0 + 2 * S, RADIUS_INTERIM, 2, USER, B), 1);
	told("begun assigned /32; ");
	/* The name of another in a session of the subject's: it is not known whose it is. */
	question(RADIUS_COA_REQUEST, 8, "bob", "s1");
	assert_int_equal(ask(T0 + 3 * S), 0);
	assert_int_equal(answer(T0 + 3 * S, RADIUS_COA_ACK, 8), 0);
	told("ended conflict /32; ended conflict /56; session-end conflict; ");
}

static void
only_the_operators_machines_are_believed(void **state)
{
	(void)state;
	question(RADIUS_DISCONNECT_REQUEST, 7, USER, "s1");
	assert_int_equal(show_between(T0, "192.0.2.77", 50000, NAS, 3799), 0);
	assert_int_equal(show_between(T0, SERVER, 50000, "192.0.2.77", 3799), 0);
	assert_int_equal(show_between(T0, SERVER, 50000, NAS, 3800), 0);
	assert_int_equal(show_between(T0, NAS, 50000, SERVER, 3799), 0); /* a client does not ask a server */
	assert_int_equal(answer(T0, RADIUS_DISCONNECT_ACK, 7), 0);
	question(RADIUS_DISCONNECT_REQUEST, 7, USER, "s1");
	assert_int_equal(ask(T0), 1);
	radius_header(&f, RADIUS_DISCONNECT_ACK, 7, 0);
	assert_int_equal(show_between(T0, "192.0.2.77", 3799, SERVER, 50000), 0);
	assert_int_equal(show_between(T0, NAS, 3799, SERVER, 50001), 0);
	assert_int_equal(answer(T0 + 61 * S, RADIUS_DISCONNECT_ACK, 7), 0); /* too late to be sure */
	told("");
	assert_int_equal(follow_count(follow), 2);
}

static void
fault_044_session_is_resumed_with_all_it_has_and_ends_by_its_own_stop(void **state)
{
	(void)state;
	assert_int_equal(start_anew(T0 + 10 * S), 0);
	told("begun resumed /56; begun resumed /32; ");
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_true(follow_next(follow) == T0 + 600 * S);
	assert_int_equal(account(T0 + 20 * S, RADIUS_INTERIM, 2, USER, A), 1);
	told("renewed renewed /32; ");
	assert_int_equal(account(T0 + 30 * S, RADIUS_STOP, 3, USER, NULL), 1);
	told("ended stopped /32; ended stopped /56; session-end stopped; ");
	assert_int_equal(start_anew(T0 + 40 * S), 0);
	assert_int_equal(kept.count, 0);
}

static void
fault_044_session_that_is_resumed_ends_where_another_has_its_address(void **state)
{
	(void)state;
	assert_int_equal(start_anew(T0 + 10 * S), 0);
	said[0] = '\0';
	radius_account(&f, RADIUS_START, 9, "bob", "s2");
	radius_v4(&f, 8, A);
	assert_int_equal(show_between(T0 + 11 * S, NAS, 40000, SERVER, 1813), 0);
	told("ended conflict /32; ended conflict /56; session-end conflict; ");
	/* Silent since before the new start, it is over when it would have been. */
	begin(T0);
	assert_int_equal(account(T0, RADIUS_START, 1, USER, A), 1);
	assert_int_equal(start_anew(T0 + 599 * S), 0);
	follow_expire(follow, T0 + 600 * S);
	told("begun resumed /32; ended session-silent /32; session-end session-silent; ");
}

/* What comes late of it, or of one that was disputed, would make a stranger's frames the subject's. */
static void
fault_044_session_that_is_over_stays_so_over_a_new_start(void **state)
{
	(void)state;
	assert_int_equal(account(T0 + 30 * S, RADIUS_STOP, 3, USER, NULL), 1);
	assert_int_equal(start_anew(T0 + 40 * S), 0);
	assert_int_equal(start_anew(T0 + 50 * S), 0);
	assert_int_equal(kept.over_count, 1);
	assert_int_equal(account(T0 + 60 * S, RADIUS_INTERIM, 4, USER, A), 1);
	assert_int_equal(follow_count(follow), 0);
	radius_account(&f, RADIUS_START, 5, USER, "s2");
	radius_v4(&f, 8, B);
	assert_int_equal(show_between(T0 + 61 * S, NAS, 40000, SERVER, 1813), 1);
	assert_int_equal(follow_count(follow), 1);
	follow_expire(follow, T0 + 629 * S);
	assert_int_equal(account(T0 + 629 * S, RADIUS_INTERIM, 6, USER, A), 1);
	assert_int_equal(follow_count(follow), 1);
	follow_expire(follow, T0 + 630 * S);
	assert_int_equal(start_anew(T0 + 631 * S), 0);
	assert_int_equal(kept.over_count, 0);

	begin(T0);
	assert_int_equal(account(T0, RADIUS_START, 1, USER, A), 1);
	assert_int_equal(account(T0 + S, RADIUS_INTERIM, 2, "bob", A), 0);
	assert_int_equal(start_anew(T0 + 2 * S), 0);
	assert_int_equal(account(T0 + 3 * S, RADIUS_INTERIM, 3, USER, A), 1);
	assert_int_equal(follow_count(follow), 0);

	/* In doubt, as long as what was on its way may come. */
	begin(T0);
	assert_int_equal(account(T0, RADIUS_START, 1, USER, A), 1);
	question(RADIUS_DISCONNECT_REQUEST, 8, USER, NULL);
	assert_int_equal(ask(T0 + S), 1);
	assert_int_equal(answer(T0 + S, RADIUS_DISCONNECT_ACK, 8), 1);
	assert_int_equal(start_anew(T0 + 2 * S), 0);
	assert_int_equal(account(T0 + 60 * S, RADIUS_INTERIM, 3, USER, A), 1);
	assert_int_equal(follow_count(follow), 0);
	assert_int_equal(account(T0 + 61 * S, RADIUS_INTERIM, 4, USER, A), 1);
	assert_int_equal(follow_count(follow), 1);
}

/* Two clients may give one ID: what is over at one is on at the other, also for a reader that did not see it end. */
static void
session_that_is_over_is_that_of_its_own_client(void **state)
{
	(void)state;
	assert_int_equal(account(T0 + 30 * S, RADIUS_STOP, 3, USER, NULL), 1);
	assert_int_equal(start_anew(T0 + 40 * S), 0);
	assert_int_equal(kept.over_count, 1);
	radius_account(&f, RADIUS_INTERIM, 4, USER, "s1");
	radius_v4(&f, 8, B);
	assert_int_equal(show_between(T0 + 41 * S, NAS2, 40000, SERVER, 1813), 1);
	assert_int_equal(follow_count(follow), 1);
	/* It is known by what it says of itself, wherever that comes from; and one that is only known by that is not it. */
	radius_account(&f, RADIUS_INTERIM, 5, USER, "s1");
	radius_v4(&f, 4, NAS);
	radius_v4(&f, 8, A);
	assert_int_equal(show_between(T0 + 42 * S, NAS2, 40000, SERVER, 1813), 1);
	assert_int_equal(follow_count(follow), 1);
	/* Of the version before it is not known whose it is: then it is anyone's. */
	assert_int_equal(start_anew(T0 + 43 * S), 0);
	assert_int_equal(kept.over_count, 1);
	memset(kept.over[0].session.client, 0, DIGEST_HEX);
	begin(T0 + 43 * S);
	follow_recall(follow, &kept);
	radius_account(&f, RADIUS_INTERIM, 6, USER, "s1");
	radius_v4(&f, 8, B);
	assert_int_equal(show_between(T0 + 44 * S, NAS2, 40000, SERVER, 1813), 1);
	assert_int_equal(follow_count(follow), 0);
}

static void
fault_044_session_that_would_not_be_believed_is_not_resumed(void **state)
{
	(void)state;
	assert_int_equal(start_anew(T0 + 600 * S), 2);
	assert_int_equal(follow_count(follow), 0);
	begin(T0);
	assert_int_equal(account(T0, RADIUS_START, 1, USER, A), 1);
	iap.radius.pools[0].addr[0]++;
	assert_int_equal(start_anew(T0 + S), 1);
	iap.radius.pools[0].addr[0]--;
	kept.at[0].more_length--;
	assert_int_equal(follow_resume(follow, &kept, T0 + S), 1);
	kept.at[0].more_length++;
	kept.at[0].more[kept.at[0].more_length - 1] = 2; /* neither yes nor no */
	assert_int_equal(follow_resume(follow, &kept, T0 + S), 1);
	/* As an earlier program kept it, without the place: empty texts, a number and two words of yes or no. */
	kept.at[0].more_length -= 12;
	kept.at[0].more[kept.at[0].more_length - 1] = 0x80; /* of an identity that the order has not */
	assert_int_equal(follow_resume(follow, &kept, T0 + S), 1);
	told("");
	kept.at[0].more[kept.at[0].more_length - 1] = 1;
	assert_int_equal(follow_resume(follow, &kept, T0 + S), 0);
	told("begun resumed /32; ");
	begin(T0 + S);
	told("");
	/* Accepted, and no accounting seen: nothing would tell of its end. */
	iap.radius.ports[0] = 1812;
	begin(T0);
	radius_header(&f, RADIUS_ACCESS_REQUEST, 1, 1);
	radius_text(&f, 1, USER);
	assert_int_equal(show_between(T0, NAS, 40000, SERVER, 1812), 1);
	radius_header(&f, RADIUS_ACCESS_ACCEPT, 1, 2);
	radius_v4(&f, 8, A);
	assert_int_equal(show_between(T0, SERVER, 1812, NAS, 40000), 1);
	assert_int_equal(follow_count(follow), 1);
	assert_int_equal(start_anew(T0 + S), 1);
	told("");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(fault_044_session_that_a_server_has_ended_is_over_with_the_clients_yes),
	    T(question_of_another_lets_none_of_the_subjects_be_forgotten),
	    T(fault_044_session_may_be_named_by_its_address_or_its_user_alone),
	    T(fault_044_session_that_is_ended_by_its_users_name_alone_may_go_on),
	    T(fault_044_another_who_is_ended_by_the_subjects_address_has_it),
	    T(change_is_told_and_makes_nothing_longer),
	    T(fault_044_change_to_another_address_ends_the_first_and_begins_none),
	    T(only_the_operators_machines_are_believed),
	    T(fault_044_session_is_resumed_with_all_it_has_and_ends_by_its_own_stop),
	    T(fault_044_session_that_is_resumed_ends_where_another_has_its_address),
	    T(fault_044_session_that_is_over_stays_so_over_a_new_start),
	    T(session_that_is_over_is_that_of_its_own_client),
	    T(fault_044_session_that_would_not_be_believed_is_not_resumed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
