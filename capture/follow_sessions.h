#ifndef FOLLOW_SESSIONS_H
#define FOLLOW_SESSIONS_H

#include "follow_internal.h"

/* Sessions of RADIUS: what is asked, answered and accounted of them. */

#define FOLLOW_SESSIONS_MAX 16
#define FOLLOW_TEXT_BYTES 253 /* of a RADIUS attribute, at most */

struct follow_text {
	uint8_t n; /* 0: there is none */
	uint8_t bytes[FOLLOW_TEXT_BYTES];
};

/* Which RADIUS client: by what it says of itself where that is said, else by where it sends from. */
struct follow_nas {
	struct conf_address client;
	struct follow_text address, name;
};

/* Where a customer's line comes to a RADIUS client. */
struct follow_port {
	int has_number;
	uint32_t number;
	struct follow_text name; /* empty: it is not said */
};

/* Between whom, and under which number, RADIUS asks and answers: without padding of chance. */
struct follow_ends {
	struct conf_address client, server; /* whoever asks is the client */
	uint16_t client_port, server_port, identifier;
};

/* A RADIUS request about the subject, for its answer. */
struct follow_exchange {
	stamp_t time; /* 0: free */
	uint64_t who;
	struct follow_ends ends;
	uint8_t code;
	uint8_t authenticator[RADIUS_AUTHENTICATOR], answer[RADIUS_AUTHENTICATOR];
	int is_answered; /* by that answer: another one is to another's question, which was not seen */
	struct follow_nas nas;
	struct follow_port port;
	struct follow_text session, calling;
	struct radius_address addresses[RADIUS_ADDRESSES_MAX];
	size_t address_count;
	uint32_t timeout;
	int is_whole;
	int is_anothers; /* names somebody else, but a session or an address that is taken for the subject's */
};

/*
 * A session of the subject's.  One that is over stays a while: what comes late of it must not begin it anew.
 */
#define FOLLOW_SESSIONS_METHOD "radius"

struct follow_session {
	stamp_t until; /* 0: free */
	stamp_t limit; /* its time-out; INT64_MAX: none */
	uint64_t who;
	int is_over, is_lapsed; /* not by anyone's word: it may go on */
	int is_doubted;         /* over by a word that may have been of another */
	int is_told;            /* that it has begun */
	int is_awaited;         /* which address it has was not seen yet */
	int is_missed;          /* it has more than is followed */
	struct follow_nas nas;
	struct follow_port port;
	struct follow_text calling;
	struct follow_text id; /* empty: accepted, and no accounting seen yet */
};

struct follow_sessions {
	struct follow_exchange exchanges[FOLLOW_PENDING_MAX];
	struct follow_session at[FOLLOW_SESSIONS_MAX];
	stamp_t settled; /* by then each session of before was heard of, or is over; INT64_MAX: it is past */
	struct kept_over over[KEPT_OVER_MAX]; /* of before the new start */
	uint32_t over_count;
};

/* follow_exchange.c: who sent the frame, or whom it goes to / is that one, or that port, in the list? */
struct conf_address follow_end_of(const struct follow_frame *, int);
int follow_is_one_of(const struct conf_address *, uint32_t, const struct conf_address *);
int follow_is_port(const uint16_t *, uint32_t, uint16_t);
struct follow_text follow_text_of(const struct wire_bytes *);

/* Which of the order's identities does the message name, or, of those of its question, does it not speak of? */
uint64_t follow_radius_named(const struct order *, const struct radius *, uint64_t);

/*
 * Between whom a message goes, a question or an answer / the question at hand, or the one that is answered / make one /
 * keep one, where the oldest stood.
 */
struct follow_ends follow_ends_of(const struct radius *, const struct follow_frame *, int);
struct follow_exchange *follow_exchange_find(
    struct follow *, const struct radius *, const struct follow_frame *, int);
struct follow_exchange follow_exchange_of(const struct radius *, uint64_t, const struct follow_frame *);
struct follow_exchange *follow_exchange_put(struct follow *, const struct follow_exchange *);

/* follow_coa.c: a server asks a client to end or to change a session, and is answered.  Return as follow_radius(). */
int follow_coa(struct follow *, const struct radius *, const struct follow_frame *);

/* follow_sessions.c; those up to follow_sessions_shift() do not mind if ${f} has no sessions. */

/* Begin to.  Return 0, or -1 with errno ENOMEM. */
int follow_sessions_begin(struct follow *);

/* follow_sessions_keep.c: those that are over, for the reader after this one / as the one before this one knew them. */
void follow_sessions_keep(const struct follow *, struct kept *);
void follow_sessions_recall(struct follow *, const struct kept *);

/* Was that client's of that ID over for the reader before, so that what was so then begins nothing?  /  It is on. */
int follow_session_was_over(const struct follow *, const struct follow_nas *, const struct follow_text *, stamp_t);
void follow_session_is_on(struct follow *, const struct follow_nas *, const struct follow_text *);

/* What of that is past at ${now}. */
void follow_sessions_pass(struct follow *, stamp_t);

/* Is a session on of which it is not known which addresses it has? */
int follow_sessions_await(const struct follow *);

/* Why a session's time is over at its `until`. */
const char *follow_sessions_reason(const struct follow *, uint32_t);

/*
 * What of sessions is over at ${now}, their bindings apart / all of them lapse, for ${why} / the next such time / the clock
 * was stepped.
 */
void follow_sessions_expire(struct follow *, stamp_t);
void follow_sessions_forget(struct follow *, const char *, const struct follow_frame *); /* follow_sessions_keep.c */
stamp_t follow_sessions_next(const struct follow *);
void follow_sessions_shift(struct follow *, stamp_t);

/*
 * The session of that client with that ID, over or not, or NULL / one of those identities that was accepted and has no ID
 * yet, or NULL / a new one with no ID, of which nothing is told yet; NULL if all places are taken by sessions that are on.
 */
struct follow_session *follow_session_find(struct follow *, const struct follow_nas *, const struct follow_text *);
struct follow_session *follow_session_accepted(struct follow *, const struct follow_nas *, uint64_t);
struct follow_session *follow_session_new(struct follow *, const struct follow_nas *, stamp_t);

/*
 * follow_meant.c: a session that is on and has an address that an acceptance gives / that was accepted, under whichever ID,
 * for one that begins / it is where that question was asked, as far as it says / it has begun: what else of those
 * identities was on at the same place, or may have been, is over / a stop that names none by its ID.
 */
struct follow_session *follow_session_again(struct follow *, const struct follow_exchange *, const struct radius *);
struct follow_session *follow_session_accepted_as(
    struct follow *, const struct follow_exchange *, const struct radius *);
void follow_session_is_at(struct follow_session *, const struct follow_exchange *);
void follow_session_end_older(struct follow *, const struct follow_session *, const struct follow_exchange *,
    const struct radius *, const struct follow_frame *);
void follow_session_stop_other(
    struct follow *, const struct follow_exchange *, const struct radius *, const struct follow_frame *);

/* follow_sessions_have.c: its place among all / may it have that? */
uint32_t follow_session_place(const struct follow *, const struct follow_session *);
int follow_session_may_have(const struct conf_radius *, const struct order_prefix *);

/* May both be the same client? */
int follow_nas_is_same(const struct follow_nas *, const struct follow_nas *);
int follow_text_is_same(const struct follow_text *, const struct follow_text *);

/* A session has the addresses that a message names, from now on or still; ${how} where it had not. */
void follow_session_give(
    struct follow *, struct follow_session *, const struct radius *, const char *, const struct follow_frame *);

/*
 * It is over, with the addresses it had: its bindings end for ${why}, and what comes late of it changes nothing until then.
 * The message that says so may be NULL.
 */
void follow_session_end(
    struct follow *, struct follow_session *, const char *, const struct radius *, const struct follow_frame *);

/* Does a session have, as a binding, any of those addresses, or a part of one? */
int follow_session_has(const struct follow *, const struct follow_session *, const struct radius_address *, size_t);

/* What it has of the family of one of those addresses, but not that address, is not its any more. */
void follow_session_narrow(
    struct follow *, struct follow_session *, const struct radius_address *, size_t, const struct follow_frame *);

/* It lasts until then at the longest. */
void follow_session_limit(struct follow *, struct follow_session *, stamp_t);

/* Tell of a session by its own ID, and why. */
void follow_session_tell(
    struct follow *, const struct follow_session *, enum access_kind, const char *, const struct follow_frame *);

/* Someone else has the addresses that a message names: whose they were by a session, it is disputed and over. */
void follow_session_dispute(struct follow *, const struct radius *, const struct follow_frame *);

/* Tell of what is no binding, and why, seen in a message; NULL: in none. */
void follow_session_note(
    struct follow *, enum access_kind, const char *, const struct radius *, const struct follow_frame *);

#endif
