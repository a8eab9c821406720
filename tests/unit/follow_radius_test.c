#include "moving.h"

#include "follows_radius.h"

#define LINE "02-00-5E-00-53-07"

static uint32_t at_port; /* the client's in the next message; 0: it does not say */
static char ended[32];   /* the session ID of the last end of one */

static void
on_event(void *cookie, const struct follow_event *e)
{
	static const char *const notes[ACCESS_KINDS] = {[ACCESS_ATTEMPT] = "attempt",
	    [ACCESS_ACCEPTED] = "accepted",
	    [ACCESS_REJECTED] = "rejected",
	    [ACCESS_FAILED] = "failed",
	    [ACCESS_SESSION_START] = "start",
	    [ACCESS_ESTABLISHED] = "established",
	    [ACCESS_SESSION_END] = "end"};

	(void)cookie;
	assert_string_equal(e->method, "radius");
	assert_int_equal(e->binding == NULL, e->kind == FOLLOW_NOTED);
	if (e->kind == FOLLOW_NOTED) {
		assert_non_null(notes[e->access]);
		if (e->access == ACCESS_SESSION_END)
			(void)snprintf(ended, sizeof(ended), "%.*s", (int)e->session.n, (const char *)e->session.at);
		tell("%s%s%s; ", notes[e->access], e->how[0] == '\0' ? "" : " ", e->how);
	} else if (e->binding->address.family == 4)
		tell("%s %s .%u; ", kind_text(e), e->how, e->binding->address.addr[3]);
	else
		tell("%s %s /%u; ", kind_text(e), e->how, e->binding->address.bits);
}

static int
set_up(void **state)
{
	(void)state;
	network();
	proof = "";
	at_port = 0;
	iap.radius.ports[0] = 1812;
	iap.radius.ports[1] = 1813;
	iap.radius.port_count = 2;
	identity(ORDER_RADIUS_USER, USER, strlen(USER));
	return 0;
}

/* Show what f holds.  Return whether it was about the subject. */
static int
show(stamp_t time, const char *from, const char *to)
{
	int is_answer = f.data[0] != RADIUS_ACCESS_REQUEST && f.data[0] != RADIUS_ACCOUNTING_REQUEST;
	int is_access = f.data[0] != RADIUS_ACCOUNTING_REQUEST && f.data[0] != RADIUS_ACCOUNTING_RESPONSE;
	uint16_t port = is_access ? 1812 : 1813;

	return show_between(time, from, is_answer ? port : 40000, to, is_answer ? 40000 : port);
}

static int
ask(stamp_t time, unsigned identifier, const char *user)
{
	radius_header(&f, RADIUS_ACCESS_REQUEST, identifier, user[0]);
	radius_text(&f, 1, user);
	if (at_port != 0)
		radius_number(&f, 5, at_port);
	return show(time, NAS, SERVER);
}

/* An answer that gives an address, or none. */
static int
answer(stamp_t time, unsigned code, unsigned identifier, const char *address)
{
	radius_header(&f, code, identifier, 0);
	if (address != NULL)
		radius_v4(&f, 8, address);
	return show(time, SERVER, NAS);
}

static int
session(stamp_t time, unsigned status, unsigned identifier, const char *user, const char *id, const char *address)
{
	radius_account(&f, status, identifier, user, id);
	if (address != NULL)
		radius_v4(&f, 8, address);
	if (at_port != 0)
		radius_number(&f, 5, at_port);
	return show(time, NAS, SERVER);
}

static void
fault_044_address_is_the_subjects_from_its_acceptance_to_its_stop(void **state)
{
	const struct follow_binding *b;

	(void)state;
	assert_int_equal(ask(T0, 1, USER), 1);
	assert_int_equal(follow_count(follow), 0);
	assert_int_equal(answer(T0 + S, RADIUS_ACCESS_ACCEPT, 1, A), 1);
	told("attempt; accepted; begun assigned .50; ");
	b = follow_binding(follow, 0);
	assert_true(b->from == T0 + S && b->until == T0 + 601 * S);
	assert_false(follow_allows(b, T0 + S - 1, NULL, 0));
	assert_true(follow_allows(b, T0 + S, NULL, 0));
	assert_int_equal(session(T0 + 2 * S, RADIUS_START, 9, USER, "s1", A), 1);
	assert_int_equal(answer(T0 + 2 * S, RADIUS_ACCOUNTING_RESPONSE, 9, NULL), 1);
	assert_int_equal(session(T0 + 302 * S, RADIUS_INTERIM, 10, USER, "s1", A), 1);
	told("start; renewed renewed .50; renewed renewed .50; ");
	assert_true(follow_binding(follow, 0)->until == T0 + 902 * S);
	radius_account(&f, RADIUS_STOP, 11, USER, "s1");
	radius_number(&f, 49, 1);
	assert_int_equal(show(T0 + 400 * S, NAS, SERVER), 1);
	told("ended stopped .50; end user-request; ");
	assert_int_equal(follow_count(follow), 0);
}

static void
rejection_is_told_and_gives_nothing(void **state)
{
	(void)state;
	assert_int_equal(ask(T0, 1, USER), 1);
	assert_int_equal(ask(T0 + S, 1, USER), 1); /* the same once more */
	assert_int_equal(answer(T0 + S, RADIUS_ACCESS_CHALLENGE, 1, NULL), 1);
	radius_header(&f, RADIUS_ACCESS_REQUEST, 2, 7);
	radius_text(&f, 1, USER);
	radius_text(&f, 24, "state");
	assert_int_equal(show(T0 + S, NAS, SERVER), 1);
	assert_int_equal(answer(T0 + 2 * S, RADIUS_ACCESS_REJECT, 2, A), 1);
	assert_int_equal(answer(T0 + 2 * S, RADIUS_ACCESS_REJECT, 2, A), 1);
	told("attempt; rejected refused; ");
	assert_int_equal(follow_count(follow), 0);
}

static void
fault_044_answer_is_for_who_asked_last_under_that_number(void **state)
{
	(void)state;
	assert_int_equal(ask(T0, 1, USER), 1);
	assert_int_equal(ask(T0 + S, 1, "bob"), 0);
	assert_int_equal(answer(T0 + 2 * S, RADIUS_ACCESS_ACCEPT, 1, A), 0);
	assert_int_equal(ask(T0 + 3 * S, 2, USER), 1);
	assert_int_equal(answer(T0 + 4 * S, RADIUS_ACCESS_ACCEPT, 3, A), 0);
	assert_int_equal(answer(T0 + 64 * S, RADIUS_ACCESS_ACCEPT, 2, A), 0); /* too late to be sure */
	told("attempt; attempt; ");
	assert_int_equal(ask(T0 + 70 * S, 4, USER), 1);
	radius_header(&f, RADIUS_ACCESS_ACCEPT, 4, 0);
	radius_text(&f, 1, "bob");
	radius_v4(&f, 8, A);
	assert_int_equal(show(T0 + 71 * S, SERVER, NAS), 0);
	told("attempt; ");
	assert_int_equal(follow_count(follow), 0);
}

static void
fault_044_another_answer_under_an_answered_number_is_anothers(void **state)
{
	(void)state;
	assert_int_equal(ask(T0, 1, USER), 1);
	radius_header(&f, RADIUS_ACCESS_CHALLENGE, 1, 'a');
	assert_int_equal(show(T0 + S, SERVER, NAS), 1);
	assert_int_equal(show(T0 + S, SERVER, NAS), 1); /* the same once more */
	/* The number was used again, and that was not seen. */
	radius_header(&f, RADIUS_ACCESS_CHALLENGE, 1, 'b');
	assert_int_equal(show(T0 + 2 * S, SERVER, NAS), 0);
	radius_header(&f, RADIUS_ACCESS_ACCEPT, 1, 'c');
	radius_v4(&f, 8, A);
	assert_int_equal(show(T0 + 3 * S, SERVER, NAS), 0);
	assert_int_equal(follow_count(follow), 0);
	told("attempt; ");
	/* But where it names the subject it is the subject's, once however often it is seen. */
	radius_header(&f, RADIUS_ACCESS_ACCEPT, 1, 'd');
	radius_text(&f, 1, USER);
	radius_v4(&f, 8, A);
	assert_int_equal(show(T0 + 4 * S, SERVER, NAS), 1);
	told("accepted; begun assigned .50; ");
	radius_header(&f, RADIUS_ACCESS_ACCEPT, 1, 'd');
	radius_text(&f, 1, USER);
	radius_v4(&f, 8, A);
	assert_int_equal(show(T0 + 6 * S, SERVER, NAS), 1);
	told("");
	/* Nor is there a second question left for which another's answer would be taken. */
	assert_int_equal(ask(T0 + 7 * S, 1, "bob"), 0);
	assert_int_equal(answer(T0 + 8 * S, RADIUS_ACCESS_ACCEPT, 1, B), 0);
	told("");
	assert_int_equal(follow_count(follow), 1);
}

static void
news_of_one_session_is_none_of_another(void **state)
{
	(void)state;
	at_port = 1;
	assert_int_equal(session(T0, RADIUS_START, 1, USER, "s1", A), 1);
	at_port = 2;
	assert_int_equal(session(T0, RADIUS_START, 2, USER, "s2", B), 1);
	assert_int_equal(session(T0 + S, RADIUS_START, 3, "bob", "s3", A), 0);
	assert_string_equal(follow_blind(follow), "binding-conflict");
	assert_int_equal(session(T0 + 2 * S, RADIUS_INTERIM, 4, USER, "s2", B), 1);
	assert_string_equal(follow_blind(follow), "binding-conflict");
	at_port = 3;
	/* Nor is the end of one of before the end of one that was let in since. */
	said[0] = '\0';
	assert_int_equal(ask(T0 + 3 * S, 5, USER), 1);
	assert_int_equal(answer(T0 + 3 * S, RADIUS_ACCESS_ACCEPT, 5, "198.51.100.52"), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(session(T0 + 4 * S, RADIUS_STOP, 6, USER, "s0", A), 1);
	told("attempt; accepted; begun assigned .52; end stopped; ");
	/* And it bears its own session's ID. */
	assert_string_equal(ended, "s0");
}

static void
what_can_not_be_read_of_the_subjects_is_not_known(void **state)
{
	struct follow_frame frame = {
	    .time = T0 + 603 * S, .sha256 = "", .family = 4, .source_port = 1812, .target_port = 40000};
	struct radius m;

	(void)state;
	follow_expire(follow, T0 + 600 * S); /* whoever was there before was heard of by now */
	assert_int_equal(session(T0 + 601 * S, RADIUS_START, 1, USER, "s1", A), 1);
	assert_int_equal(session(T0 + 602 * S, RADIUS_STOP, 2, USER, "s1", A), 1);
	assert_null(follow_blind(follow));
	assert_int_equal(ask(T0 + 603 * S, 3, USER), 1);
	radius_header(&f, RADIUS_ACCESS_ACCEPT, 3, 0);
	radius_v4(&f, 8, A);
	radius_end(&f);
	memcpy(frame.source, v4(SERVER).addr, 4);
	memcpy(frame.target, v4(NAS).addr, 4);
	assert_int_equal(radius_parse(&m, f.data, f.n), 0);
	m.is_whole = 0;
	assert_int_equal(follow_radius(follow, &m, &frame), 1);
	assert_int_equal(follow_count(follow), 0);
	assert_string_equal(follow_blind(follow), "binding-unknown");
}

static void
fault_044_address_that_is_in_anothers_session_is_the_subjects_no_more(void **state)
{
	(void)state;
	assert_int_equal(session(T0, RADIUS_START, 1, USER, "s1", A), 1);
	assert_int_equal(session(T0 + S, RADIUS_START, 2, "bob", "s2", B), 0);
	assert_int_equal(session(T0 + S, RADIUS_STOP, 3, "bob", "s2", A), 0);
	told("start; begun assigned .50; ");
	assert_int_equal(session(T0 + 2 * S, RADIUS_START, 4, "bob", "s3", A), 0);
	told("ended conflict .50; end conflict; ");
	assert_string_equal(follow_blind(follow), "binding-conflict");
	/* What goes on of the disputed session is not believed; a new one is. */
	assert_int_equal(session(T0 + 3 * S, RADIUS_INTERIM, 5, USER, "s1", A), 1);
	told("");
	assert_string_equal(follow_blind(follow), "binding-conflict");
	assert_int_equal(session(T0 + 4 * S, RADIUS_START, 6, USER, "s4", B), 1);
	told("start; begun assigned .51; ");
	/* An acceptance of another's request, and one whose question was not seen, count as well. */
	assert_int_equal(answer(T0 + 5 * S, RADIUS_ACCESS_ACCEPT, 7, B), 0);
	told("ended conflict .51; end conflict; ");
	/* And so does another's name in the subject's session: the client has begun to count anew. */
	assert_int_equal(session(T0 + 6 * S, RADIUS_START, 8, USER, "s5", A), 1);
	assert_int_equal(session(T0 + 7 * S, RADIUS_START, 9, "bob", "s5", B), 0);
	told("start; begun assigned .50; ended conflict .50; end conflict; ");
}

static void
fault_044_delegated_network_that_holds_anothers_address_ends(void **state)
{
	(void)state;
	radius_account(&f, RADIUS_START, 1, USER, "s1");
	radius_v6(&f, 123, "2001:db8:200::", 56, 16);
	radius_v6(&f, 97, "2001:db8:200:0::", 64, 16); /* a part of it */
	radius_v6(&f, 97, "2001:db8:1:7::", 64, 16);
	radius_v6(&f, 123, "2001:db8::", 32, 16); /* never one subscriber's */
	assert_int_equal(show(T0, NAS, SERVER), 1);
	told("start; begun delegated /56; begun assigned /64; ");
	radius_account(&f, RADIUS_START, 2, "bob", "s2");
	radius_v6(&f, 97, "2001:db8:200:5::", 64, 16);
	assert_int_equal(show(T0 + S, NAS, SERVER), 0);
	told("ended conflict /64; ended conflict /56; end conflict; ");
}

static void
fault_044_session_that_was_unseen_for_too_long_goes_on_once_it_is_heard_of(void **state)
{
	(void)state;
	assert_int_equal(ask(T0 - S, 9, USER), 1);
	said[0] = '\0';
	assert_int_equal(session(T0, RADIUS_START, 1, USER, "s1", A), 1);
	told("start; begun assigned .50; ");
	follow_expire(follow, T0 + 600 * S - 1);
	follow_forget(follow, T0 + 40 * S);
	told("ended unseen .50; end unseen; ");
	assert_string_equal(ended, "s1");
	assert_string_equal(follow_blind(follow), "binding-unknown");
	/* An acceptance that was asked for before is not known to be the subject's. */
	radius_header(&f, RADIUS_ACCESS_ACCEPT, 9, 0);
	radius_v4(&f, 8, A);
	assert_int_equal(show(T0 + 41 * S, SERVER, NAS), 0);
	assert_int_equal(session(T0 + 50 * S, RADIUS_INTERIM, 2, USER, "s1", A), 1);
	told("begun established .50; ");
	/* Others of before may be on. */
	assert_string_equal(follow_blind(follow), "binding-unknown");
	follow_expire(follow, T0 + 640 * S);
	assert_null(follow_blind(follow));
}

static void
question_that_nobody_answers_has_failed(void **state)
{
	(void)state;
	assert_int_equal(ask(T0, 9, USER), 1);
	assert_int_equal(ask(T0 + 20 * S, 10, USER), 1); /* by the next server */
	follow_expire(follow, T0 + 80 * S - 1);
	told("attempt; attempt; ");
	follow_expire(follow, T0 + 80 * S);
	told("failed timeout; ");
	/* With a refusal, or accounting, there was an answer. */
	assert_int_equal(ask(T0 + 100 * S, 11, USER), 1);
	radius_header(&f, RADIUS_ACCESS_REJECT, 11, 0);
	assert_int_equal(show(T0 + 101 * S, SERVER, NAS), 1);
	follow_expire(follow, T0 + 200 * S);
	told("attempt; rejected refused; ");
	assert_int_equal(ask(T0 + 300 * S, 12, USER), 1);
	assert_int_equal(session(T0 + 301 * S, RADIUS_START, 1, USER, "s1", A), 1);
	follow_expire(follow, T0 + 400 * S);
	told("attempt; start; begun assigned .50; ");
}

static void
strangers_word_that_moves_an_end_is_reckoned_with(void **state)
{
	(void)state;
	follow_expire(follow, T0 + 600 * S);
	assert_int_equal(session(T0 + 700 * S, RADIUS_START, 1, USER, "s1", NULL), 1);
	assert_true(follow_next(follow) == T0 + 1300 * S);
	/* No address of its ends with it: that it is over is kept as long. */
	assert_int_equal(session(T0 + 800 * S, RADIUS_INTERIM, 2, "another", "s1", NULL), 0);
	assert_true(follow_next(follow) == T0 + 1400 * S);
}

static void
session_that_is_silent_or_whose_time_is_over_ends(void **state)
{
	(void)state;
	assert_int_equal(session(T0, RADIUS_START, 1, USER, "s1", A), 1);
	follow_expire(follow, T0 + 600 * S - 1);
	told("start; begun assigned .50; ");
	assert_true(follow_next(follow) == T0 + 600 * S);
	follow_expire(follow, T0 + 600 * S);
	told("ended session-silent .50; end session-silent; ");
	assert_string_equal(ended, "s1");
	assert_string_equal(follow_blind(follow), "session-silent");
	/* Its interim records were lost: it is still on. */
	assert_int_equal(session(T0 + 700 * S, RADIUS_INTERIM, 2, USER, "s1", A), 1);
	told("begun established .50; ");
	assert_null(follow_blind(follow));
	assert_int_equal(session(T0 + 701 * S, RADIUS_STOP, 3, USER, "s1", A), 1);
	told("ended stopped .50; end stopped; ");
	assert_int_equal(ask(T0 + 800 * S, 4, USER), 1);
	radius_header(&f, RADIUS_ACCESS_ACCEPT, 4, 0);
	radius_v4(&f, 8, A);
	radius_number(&f, 27, 60);
	assert_int_equal(show(T0 + 800 * S, SERVER, NAS), 1);
	assert_int_equal(session(T0 + 801 * S, RADIUS_START, 5, USER, "s2", A), 1);
	told("attempt; accepted; begun assigned .50; start; renewed renewed .50; ");
	follow_expire(follow, T0 + 860 * S);
	told("ended session-timeout .50; end session-timeout; ");
	/* Its stop says no more than that. */
	assert_int_equal(session(T0 + 861 * S, RADIUS_STOP, 6, USER, "s2", NULL), 1);
	told("");
	assert_null(follow_blind(follow));
}

static void
fault_044_what_comes_late_of_a_session_that_is_over_begins_nothing(void **state)
{
	(void)state;
	assert_int_equal(session(T0, RADIUS_START, 1, USER, "s1", A), 1);
	assert_int_equal(session(T0 + S, RADIUS_STOP, 2, USER, "s1", A), 1);
	assert_int_equal(session(T0 + 2 * S, RADIUS_INTERIM, 3, USER, "s1", A), 1);
	told("start; begun assigned .50; ended stopped .50; end stopped; ");
	assert_int_equal(follow_count(follow), 0);
	/* Nor what was so long on its way that it may be over. */
	radius_account(&f, RADIUS_START, 4, USER, "s2");
	radius_v4(&f, 8, A);
	radius_number(&f, 41, 600);
	assert_int_equal(show(T0 + 3 * S, NAS, SERVER), 1);
	told("");
	radius_account(&f, RADIUS_START, 5, USER, "s2");
	radius_v4(&f, 8, A);
	radius_number(&f, 41, 500);
	assert_int_equal(show(T0 + 4 * S, NAS, SERVER), 1);
	told("start; begun assigned .50; ");
	assert_true(follow_next(follow) == T0 + 104 * S);
	/* Nor what is cut. */
	radius_account(&f, RADIUS_START, 6, USER, "s3");
	radius_v4(&f, 8, B);
	frame_byte(&f, 1);
	assert_int_equal(show(T0 + 5 * S, NAS, SERVER), 1);
	told("");
}

static void
fault_044_session_that_is_accepted_anew_ends_with_its_stop(void **state)
{
	(void)state;
	assert_int_equal(session(T0, RADIUS_START, 1, USER, "s1", A), 1);
	follow_expire(follow, T0 + 600 * S);
	radius_header(&f, RADIUS_ACCESS_REQUEST, 2, 2);
	radius_text(&f, 1, USER);
	radius_text(&f, 44, "s1");
	assert_int_equal(show(T0 + 601 * S, NAS, SERVER), 1);
	assert_int_equal(answer(T0 + 601 * S, RADIUS_ACCESS_ACCEPT, 2, A), 1);
	told("start; begun assigned .50; ended session-silent .50; end session-silent; attempt; accepted; begun "
	     "assigned .50; ");
	assert_int_equal(session(T0 + 602 * S, RADIUS_STOP, 3, USER, "s1", A), 1);
	told("ended stopped .50; ");
	assert_int_equal(follow_count(follow), 0);
}

static void
client_that_restarts_has_no_sessions(void **state)
{
	(void)state;
	assert_int_equal(session(T0, RADIUS_START, 1, USER, "s1", A), 1);
	radius_account(&f, RADIUS_ON, 2, NULL, "0");
	assert_int_equal(show(T0 + S, NAS2, SERVER), 0);
	told("start; begun assigned .50; ");
	radius_account(&f, RADIUS_OFF, 3, NULL, "0");
	assert_int_equal(show(T0 + S, NAS, SERVER), 0);
	told("ended client-restarted .50; end client-restarted; ");
	/* It may count anew. */
	assert_int_equal(session(T0 + 2 * S, RADIUS_START, 4, USER, "s1", B), 1);
	told("start; begun assigned .51; ");
}

static void
another_address_in_the_session_replaces_the_first(void **state)
{
	(void)state;
	at_port = 1;
	assert_int_equal(session(T0, RADIUS_START, 1, USER, "s1", A), 1);
	radius_account(&f, RADIUS_INTERIM, 2, USER, "s1");
	radius_v4(&f, 8, B);
	radius_v6(&f, 97, "2001:db8:1:7::", 64, 8);
	assert_int_equal(show(T0 + 5 * S, NAS, SERVER), 1);
	told("start; begun assigned .50; ended replaced .50; begun assigned .51; begun assigned /64; ");
	/* Of a family that is not named nothing is said. */
	assert_int_equal(session(T0 + 10 * S, RADIUS_INTERIM, 3, USER, "s1", B), 1);
	told("renewed renewed .51; ");
	assert_int_equal(follow_count(follow), 2);
	/* In another session of the subject it is still the subject's. */
	at_port = 2;
	assert_int_equal(session(T0 + 11 * S, RADIUS_START, 4, USER, "s2", B), 1);
	told("start; ended replaced .51; begun assigned .51; ");
}

static void
line_is_told_by_calling_station_and_a_stop_by_its_session(void **state)
{
	(void)state;
	order.identity_count = 0;
	identity(ORDER_RADIUS_CALLING, LINE, strlen(LINE));
	assert_int_equal(session(T0, RADIUS_START, 1, USER, "s1", A), 0);
	radius_account(&f, RADIUS_START, 2, "bob", "s2");
	radius_text(&f, 31, LINE);
	radius_v4(&f, 8, B);
	assert_int_equal(show(T0, NAS, SERVER), 1);
	told("start; begun assigned .51; ");
	/* It need not say whose it was. */
	assert_int_equal(session(T0 + S, RADIUS_STOP, 3, NULL, "s2", NULL), 1);
	told("ended stopped .51; end stopped; ");
}

static void
what_was_before_is_known_once_all_sessions_must_have_been_heard_of(void **state)
{
	(void)state;
	assert_string_equal(follow_blind(follow), "binding-unknown");
	at_port = 1;
	assert_int_equal(session(T0 + S, RADIUS_START, 1, USER, "s1", A), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_true(follow_next(follow) == T0 + 600 * S);
	follow_expire(follow, T0 + 600 * S);
	assert_null(follow_blind(follow));
	assert_int_equal(follow_count(follow), 1);
	/* Accepted, and the address is not known yet. */
	at_port = 2;
	assert_int_equal(ask(T0 + 600 * S, 2, USER), 1);
	assert_int_equal(answer(T0 + 600 * S, RADIUS_ACCESS_ACCEPT, 2, NULL), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(session(T0 + 600 * S, RADIUS_START, 3, USER, "s2", B), 1);
	assert_null(follow_blind(follow));
}

static void
only_the_operators_machines_are_believed_and_only_for_the_pool(void **state)
{
	(void)state;
	radius_account(&f, RADIUS_START, 1, USER, "s1");
	radius_v4(&f, 8, A);
	assert_int_equal(show(T0, "198.51.100.99", SERVER), 0);
	assert_int_equal(show(T0, NAS, "198.51.100.99"), 0);
	told("");
	assert_int_equal(session(T0, RADIUS_START, 1, USER, "s1", "203.0.113.9"), 1);
	told("start; ");
	assert_int_equal(follow_count(follow), 0);
	assert_int_equal(ask(T0, 1, USER), 1);
	radius_header(&f, RADIUS_ACCESS_ACCEPT, 1, 0);
	radius_v4(&f, 8, A);
	assert_int_equal(show(T0, "198.51.100.99", NAS), 0);
	told("attempt; ");
	/* Nor can a stranger end what they began. */
	assert_int_equal(session(T0 + S, RADIUS_INTERIM, 2, USER, "s1", A), 1);
	told("begun assigned .50; ");
	radius_account(&f, RADIUS_STOP, 3, USER, "s1");
	assert_int_equal(show(T0 + 2 * S, "198.51.100.99", SERVER), 0);
	assert_int_equal(follow_count(follow), 1);
	iap.radius.server_count = 0;
	assert_non_null(moving_obstacle(&order, &iap, 1));
	assert_false(follow_is_possible(&iap, 1));
	begin(T0);
	assert_int_equal(session(T0, RADIUS_START, 1, USER, "s1", A), 0);
}

static void
clock_that_is_stepped_makes_no_session_longer(void **state)
{
	(void)state;
	assert_int_equal(session(T0, RADIUS_START, 1, USER, "s1", A), 1);
	follow_shift(follow, -3600 * S);
	assert_true(follow_binding(follow, 0)->until == T0 - 3000 * S);
	assert_true(follow_next(follow) == T0 - 3000 * S);
	follow_expire(follow, T0 - 3000 * S);
	told("start; begun assigned .50; ended session-silent .50; end session-silent; ");
}

static void
known(void)
{
	follow_expire(follow, T0 + 600 * S); /* whoever was there before was heard of by now */
	assert_null(follow_blind(follow));
	said[0] = '\0';
}

static void
fault_044_stop_that_names_no_session_ends_the_one_that_it_must_mean(void **state)
{
	(void)state;
	known();
	/* Its start was not seen: there is one that was let in, and has no ID yet. */
	assert_int_equal(ask(T0 + 601 * S, 1, USER), 1);
	assert_int_equal(answer(T0 + 601 * S, RADIUS_ACCESS_ACCEPT, 1, A), 1);
	assert_int_equal(session(T0 + 700 * S, RADIUS_STOP, 2, USER, "s1", A), 1);
	told("attempt; accepted; begun assigned .50; ended stopped .50; ");
	assert_null(follow_blind(follow));
	/* What comes late of it is known by the ID. */
	assert_int_equal(session(T0 + 701 * S, RADIUS_INTERIM, 3, USER, "s1", A), 1);
	told("");
	/* Another ID with its address: it is over, and in doubt, for it may be heard of again. */
	assert_int_equal(session(T0 + 710 * S, RADIUS_START, 4, USER, "s2", A), 1);
	assert_int_equal(session(T0 + 711 * S, RADIUS_STOP, 5, USER, "S2-x", A), 1);
	told("start; begun assigned .50; ended stopped .50; end stopped; ");
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(session(T0 + 720 * S, RADIUS_INTERIM, 6, USER, "s2", A), 1);
	told("");
	assert_int_equal(session(T0 + 771 * S, RADIUS_INTERIM, 7, USER, "s2", A), 1);
	told("begun established .50; ");
	assert_null(follow_blind(follow));
	/* Another ID and no address, at its client. */
	assert_int_equal(session(T0 + 772 * S, RADIUS_STOP, 8, USER, "S2-y", NULL), 1);
	told("ended stopped .50; end stopped; ");
	assert_string_equal(follow_blind(follow), "binding-unknown");
}

static void
stop_of_a_session_that_was_not_known_shows_that_not_all_is(void **state)
{
	(void)state;
	known();
	at_port = 1;
	assert_int_equal(session(T0 + 601 * S, RADIUS_START, 1, USER, "s1", A), 1);
	at_port = 2;
	assert_int_equal(session(T0 + 602 * S, RADIUS_STOP, 2, USER, "s9", NULL), 1);
	told("start; begun assigned .50; end stopped; ");
	assert_string_equal(follow_blind(follow), "binding-unknown");
	assert_int_equal(session(T0 + 603 * S, RADIUS_STOP, 3, USER, "s8", B), 1);
	told("end stopped; ");
	assert_int_equal(session(T0 + 1100 * S, RADIUS_INTERIM, 4, USER, "s1", A), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	follow_expire(follow, T0 + 1203 * S);
	assert_null(follow_blind(follow));
	said[0] = '\0';
}

static void
fault_044_session_whose_stop_was_lost_ends_as_its_customer_begins_another(void **state)
{
	(void)state;
	known();
	/* At the same port of the same client it is surely over: what comes late of it begins nothing. */
	at_port = 1;
	assert_int_equal(session(T0 + 601 * S, RADIUS_START, 1, USER, "s1", A), 1);
	assert_int_equal(session(T0 + 602 * S, RADIUS_START, 2, USER, "s2", B), 1);
	told("start; begun assigned .50; ended replaced .50; end replaced; start; begun assigned .51; ");
	assert_null(follow_blind(follow));
	assert_int_equal(session(T0 + 700 * S, RADIUS_INTERIM, 3, USER, "s1", A), 1);
	told("");
	/* At another it is another of the name's. */
	at_port = 2;
	assert_int_equal(session(T0 + 701 * S, RADIUS_START, 4, USER, "s3", A), 1);
	told("start; begun assigned .50; ");
	/* Where that is not said they are over, and in doubt. */
	at_port = 0;
	assert_int_equal(session(T0 + 702 * S, RADIUS_START, 5, USER, "s4", "198.51.100.52"), 1);
	assert_int_equal(follow_count(follow), 1);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	said[0] = '\0';
	at_port = 2;
	assert_int_equal(session(T0 + 763 * S, RADIUS_INTERIM, 6, USER, "s3", A), 1);
	told("begun established .50; ");
	assert_int_equal(follow_count(follow), 2);
}

static void
fault_044_roaming_caller_has_left_where_it_was(void **state)
{
	(void)state;
	known();
	radius_account(&f, RADIUS_START, 1, USER, "s1");
	radius_v4(&f, 8, A);
	radius_text(&f, 31, LINE);
	assert_int_equal(show(T0 + 601 * S, NAS, SERVER), 1);
	/* Another caller by that name, and then the same one, at another client. */
	radius_account(&f, RADIUS_START, 2, USER, "s2");
	radius_v4(&f, 8, B);
	radius_text(&f, 31, "02-00-5E-00-53-08");
	assert_int_equal(show(T0 + 602 * S, NAS2, SERVER), 1);
	told("start; begun assigned .50; start; begun assigned .51; ");
	radius_account(&f, RADIUS_START, 3, USER, "s3");
	radius_v4(&f, 8, "198.51.100.52");
	radius_text(&f, 31, LINE);
	assert_int_equal(show(T0 + 603 * S, NAS2, SERVER), 1);
	told("ended replaced .50; end replaced; start; begun assigned .52; ");
	assert_string_equal(follow_blind(follow), "binding-unknown");
}

static void
acceptance_of_who_is_let_in_already_ends_nothing(void **state)
{
	(void)state;
	known();
	assert_int_equal(session(T0 + 601 * S, RADIUS_START, 1, USER, "s1", A), 1);
	assert_int_equal(ask(T0 + 700 * S, 2, USER), 1);
	assert_int_equal(answer(T0 + 700 * S, RADIUS_ACCESS_ACCEPT, 2, A), 1);
	assert_int_equal(session(T0 + 800 * S, RADIUS_INTERIM, 3, USER, "s1", A), 1);
	told("start; begun assigned .50; attempt; accepted; renewed renewed .50; renewed renewed .50; ");
	/* One that begins under another ID than it was asked for is one session all the same. */
	assert_int_equal(session(T0 + 801 * S, RADIUS_STOP, 4, USER, "s1", A), 1);
	said[0] = '\0';
	radius_header(&f, RADIUS_ACCESS_REQUEST, 5, 5);
	radius_text(&f, 1, USER);
	radius_text(&f, 44, "s2");
	assert_int_equal(show(T0 + 802 * S, NAS, SERVER), 1);
	assert_int_equal(answer(T0 + 802 * S, RADIUS_ACCESS_ACCEPT, 5, A), 1);
	assert_int_equal(session(T0 + 804 * S, RADIUS_START, 6, USER, "s3", A), 1);
	told("attempt; accepted; begun assigned .50; start; renewed renewed .50; ");
	assert_int_equal(session(T0 + 805 * S, RADIUS_STOP, 7, USER, "s3", A), 1);
	told("ended stopped .50; end stopped; ");
	assert_null(follow_blind(follow));
}

static void
name_that_is_said_with_the_acceptance_alone_is_the_subjects(void **state)
{
	(void)state;
	known();
	assert_int_equal(ask(T0 + 601 * S, 1, "anonymous"), 0);
	radius_header(&f, RADIUS_ACCESS_ACCEPT, 1, 0);
	radius_text(&f, 1, USER);
	radius_v4(&f, 8, A);
	assert_int_equal(show(T0 + 602 * S, SERVER, NAS), 1);
	assert_int_equal(show(T0 + 602 * S, SERVER, NAS), 1); /* the same once more */
	told("accepted; begun assigned .50; ");
	assert_int_equal(session(T0 + 603 * S, RADIUS_START, 2, USER, "s1", A), 1);
	told("start; renewed renewed .50; ");
	/* It is let in anew so: that is no one else. */
	assert_int_equal(ask(T0 + 700 * S, 3, "anonymous"), 0);
	radius_header(&f, RADIUS_ACCESS_ACCEPT, 3, 0);
	radius_text(&f, 1, USER);
	radius_v4(&f, 8, A);
	assert_int_equal(show(T0 + 701 * S, SERVER, NAS), 1);
	told("accepted; renewed renewed .50; ");
	assert_null(follow_blind(follow));
	/* Let in by another name than its own, it has what is not followed. */
	assert_int_equal(ask(T0 + 800 * S, 4, USER), 1);
	radius_header(&f, RADIUS_ACCESS_ACCEPT, 4, 0);
	radius_text(&f, 1, "inner");
	radius_v4(&f, 8, B);
	assert_int_equal(show(T0 + 801 * S, SERVER, NAS), 0);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	said[0] = '\0';
}

static void
what_a_session_has_that_is_not_followed_is_declared_as_long_as_it_is_on(void **state)
{
	unsigned i;

	(void)state;
	known();
	for (i = 0; i < 5; i++) {
		radius_account(&f, RADIUS_START, 2 * i, USER, "s1");
		f.data[f.n - 1] = (uint8_t)('1' + i);
		radius_v4(&f, 8, A);
		if (i == 0)
			radius_v4(&f, 8, "203.0.113.9"); /* outside of the pool */
		if (i == 1)
			radius_v6(&f, 123, "2001:db8::", 44, 16); /* more than one subscriber has */
		if (i == 2)
			radius_v4(&f, 9, "255.255.255.248");
		if (i == 3)
			radius_text(&f, 22, "198.51.100.96/29 0.0.0.0 1");
		if (i == 4)
			radius_text(&f, 99, "2001:db8:9::/48 :: 1");
		assert_int_equal(show(T0 + (601 + 10 * i) * S, NAS, SERVER), 1);
		assert_string_equal(follow_blind(follow), "binding-unknown");
		radius_account(&f, RADIUS_INTERIM, 20 + i, USER, "s1");
		f.data[f.n - 1] = (uint8_t)('1' + i);
		radius_v4(&f, 8, A);
		radius_v4(&f, 9, "255.255.255.255");
		assert_int_equal(show(T0 + (604 + 10 * i) * S, NAS, SERVER), 1);
		assert_string_equal(follow_blind(follow), "binding-unknown");
		radius_account(&f, RADIUS_STOP, 2 * i + 1, USER, "s1");
		f.data[f.n - 1] = (uint8_t)('1' + i);
		assert_int_equal(show(T0 + (605 + 10 * i) * S, NAS, SERVER), 1);
		assert_null(follow_blind(follow));
	}
	said[0] = '\0';
	/* A host's own mask is nothing more. */
	radius_account(&f, RADIUS_START, 30, USER, "s9");
	radius_v4(&f, 8, A);
	radius_v4(&f, 9, "255.255.255.255");
	assert_int_equal(show(T0 + 700 * S, NAS, SERVER), 1);
	assert_null(follow_blind(follow));
	said[0] = '\0';
}

static void
fault_044_session_that_is_resumed_is_where_it_was_and_has_what_it_had(void **state)
{
	(void)state;
	proof = HEX;
	radius_account(&f, RADIUS_START, 1, USER, "s1");
	radius_v4(&f, 8, A);
	radius_text(&f, 31, LINE);
	radius_number(&f, 5, 7);
	radius_text(&f, 87, "eth 0/7");
	radius_text(&f, 22, "198.51.100.96/29 0.0.0.0 1");
	assert_int_equal(show(T0, NAS, SERVER), 1);
	assert_int_equal(start_anew(T0 + 10 * S), 0);
	told("begun resumed .50; ");
	/* It has more than is followed as long as it is on, however long others of before may have been silent. */
	assert_int_equal(session(T0 + 500 * S, RADIUS_INTERIM, 2, USER, "s1", A), 1);
	follow_expire(follow, T0 + 611 * S);
	assert_string_equal(follow_blind(follow), "binding-unknown");
	/* At another port is another; at its own it is replaced. */
	said[0] = '\0';
	at_port = 8;
	assert_int_equal(session(T0 + 620 * S, RADIUS_START, 3, USER, "s2", B), 1);
	told("start; begun assigned .51; ");
	at_port = 7;
	assert_int_equal(session(T0 + 621 * S, RADIUS_START, 4, USER, "s3", NULL), 1);
	told("ended replaced .50; end replaced; start; ");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(fault_044_address_is_the_subjects_from_its_acceptance_to_its_stop),
	    T(rejection_is_told_and_gives_nothing),
	    T(fault_044_answer_is_for_who_asked_last_under_that_number),
	    T(fault_044_another_answer_under_an_answered_number_is_anothers),
	    T(news_of_one_session_is_none_of_another),
	    T(what_can_not_be_read_of_the_subjects_is_not_known),
	    T(fault_044_address_that_is_in_anothers_session_is_the_subjects_no_more),
	    T(fault_044_delegated_network_that_holds_anothers_address_ends),
	    T(fault_044_session_that_was_unseen_for_too_long_goes_on_once_it_is_heard_of),
	    T(question_that_nobody_answers_has_failed),
	    T(strangers_word_that_moves_an_end_is_reckoned_with),
	    T(session_that_is_silent_or_whose_time_is_over_ends),
	    T(fault_044_what_comes_late_of_a_session_that_is_over_begins_nothing),
	    T(fault_044_session_that_is_accepted_anew_ends_with_its_stop),
	    T(client_that_restarts_has_no_sessions),
	    T(another_address_in_the_session_replaces_the_first),
	    T(line_is_told_by_calling_station_and_a_stop_by_its_session),
	    T(what_was_before_is_known_once_all_sessions_must_have_been_heard_of),
	    T(only_the_operators_machines_are_believed_and_only_for_the_pool),
	    T(clock_that_is_stepped_makes_no_session_longer),
	    T(fault_044_stop_that_names_no_session_ends_the_one_that_it_must_mean),
	    T(stop_of_a_session_that_was_not_known_shows_that_not_all_is),
	    T(fault_044_session_whose_stop_was_lost_ends_as_its_customer_begins_another),
	    T(fault_044_roaming_caller_has_left_where_it_was),
	    T(acceptance_of_who_is_let_in_already_ends_nothing),
	    T(name_that_is_said_with_the_acceptance_alone_is_the_subjects),
	    T(what_a_session_has_that_is_not_followed_is_declared_as_long_as_it_is_on),
	    T(fault_044_session_that_is_resumed_is_where_it_was_and_has_what_it_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
