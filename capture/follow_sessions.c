#include <stdlib.h>
#include <string.h>

#include "follow_internal.h"
#include "follow_sessions.h"

/*
 * The sessions of a subject that RADIUS tells of, and how long each lasts.
 */
int
follow_sessions_begin(struct follow *f)
{
	if (f->iap == NULL || f->iap->radius.server_count == 0 || follow_who(f->order, FOLLOW_RADIUS_NAME) == 0)
		return 0;
	f->sessions = calloc(1, sizeof(*f->sessions));
	if (f->sessions == NULL)
		return -1;
	f->sessions->settled = f->since + (stamp_t)f->iap->radius.silence * STAMP_SECOND;
	return 0;
}

static stamp_t
silence(const struct follow *f)
{
	return (stamp_t)f->iap->radius.silence * STAMP_SECOND;
}

int
follow_sessions_await(const struct follow *f)
{
	const struct follow_session *s;
	size_t i;

	for (i = 0; f->sessions != NULL && i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (s->until != 0 && (s->is_doubted || (!s->is_over && (s->is_awaited || s->is_missed))))
			return 1;
	}
	return 0;
}

const char *
follow_sessions_reason(const struct follow *f, uint32_t place)
{
	const struct follow_session *s = &f->sessions->at[place];

	return s->until == s->limit ? "session-timeout" : "session-silent";
}

void
follow_session_tell(struct follow *f, const struct follow_session *s, enum access_kind access, const char *how,
    const struct follow_frame *frame)
{
	const struct follow_event e = {FOLLOW_NOTED, access, how, FOLLOW_SESSIONS_METHOD, NULL, frame->time,
	    follow_proof(frame), 0, {s->id.bytes, s->id.n}};

	f->event(f->cookie, &e);
}

/* Its time is over.  It may be off, or its word was not seen: if it is heard of again, it goes on. */
static void
lapse(struct follow *f, struct follow_session *s, const char *why, const struct follow_frame *none)
{
	f->blind = why;
	if (s->is_told)
		follow_session_tell(f, s, ACCESS_SESSION_END, why, none);
	s->is_over = s->is_lapsed = 1;
	s->is_told = 0;
	s->until += silence(f);
}

void
follow_sessions_expire(struct follow *f, stamp_t now)
{
	struct follow_frame none = {.sha256 = ""};
	struct follow_session *s;
	size_t i;

	follow_sessions_pass(f, now);
	for (i = 0; f->sessions != NULL && i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (s->until == 0 || s->until > now)
			continue;
		none.time = s->until;
		if (s->is_over)
			memset(s, 0, sizeof(*s));
		else
			lapse(f, s, follow_sessions_reason(f, (uint32_t)i), &none);
	}
}

stamp_t
follow_sessions_next(const struct follow *f)
{
	stamp_t next = f->sessions == NULL ? INT64_MAX : f->sessions->settled;
	size_t i;

	for (i = 0; f->sessions != NULL && i < FOLLOW_SESSIONS_MAX; i++) {
		if (f->sessions->at[i].until != 0 && f->sessions->at[i].until < next)
			next = f->sessions->at[i].until;
	}
	return next;
}

void
follow_sessions_shift(struct follow *f, stamp_t step)
{
	struct follow_session *s;
	size_t i;

	if (f->sessions == NULL)
		return;
	if (f->sessions->settled != INT64_MAX)
		f->sessions->settled += step;
	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		s->until += s->until == 0 ? 0 : step;
		s->limit += s->until == 0 || s->limit == INT64_MAX ? 0 : step;
	}
	for (i = 0; i < f->sessions->over_count; i++) {
		f->sessions->over[i].before += step;
		f->sessions->over[i].until += step;
	}
	for (i = 0; i < FOLLOW_PENDING_MAX; i++)
		f->sessions->exchanges[i].time += f->sessions->exchanges[i].time == 0 ? 0 : step;
}

int
follow_text_is_same(const struct follow_text *a, const struct follow_text *b)
{
	return a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0;
}

int
follow_nas_is_same(const struct follow_nas *a, const struct follow_nas *b)
{
	int has_address = a->address.n > 0 && b->address.n > 0, has_name = a->name.n > 0 && b->name.n > 0;

	if (has_address && !follow_text_is_same(&a->address, &b->address))
		return 0;
	if (has_name && !follow_text_is_same(&a->name, &b->name))
		return 0;
	return has_address || has_name || memcmp(&a->client, &b->client, sizeof(a->client)) == 0;
}

struct follow_session *
follow_session_find(struct follow *f, const struct follow_nas *nas, const struct follow_text *id)
{
	struct follow_session *s;
	size_t i;

	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (s->until != 0 && follow_text_is_same(&s->id, id) && follow_nas_is_same(&s->nas, nas))
			return s;
	}
	return NULL;
}

struct follow_session *
follow_session_accepted(struct follow *f, const struct follow_nas *nas, uint64_t who)
{
	struct follow_session *s;
	size_t i;

	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (s->until != 0 && !s->is_over && s->id.n == 0 && (s->who & who) != 0 &&
		    follow_nas_is_same(&s->nas, nas))
			return s;
	}
	return NULL;
}

struct follow_session *
follow_session_new(struct follow *f, const struct follow_nas *nas, stamp_t until)
{
	struct follow_session *s, *place = NULL;
	size_t i;

	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (s->until != 0 && (!s->is_over || s->is_doubted))
			continue;
		if (place == NULL || s->until < place->until)
			place = s;
	}
	if (place == NULL)
		return NULL;
	memset(place, 0, sizeof(*place));
	place->nas = *nas;
	place->until = until;
	place->limit = INT64_MAX;
	return place;
}

void
follow_session_note(struct follow *f, enum access_kind access, const char *how, const struct radius *m,
    const struct follow_frame *frame)
{
	const struct follow_event e = {FOLLOW_NOTED, access, how, FOLLOW_SESSIONS_METHOD, NULL, frame->time,
	    follow_proof(frame), m == NULL ? 0 : m->identifier,
	    m == NULL ? (struct wire_bytes){NULL, 0} : m->session};

	f->event(f->cookie, &e);
}
