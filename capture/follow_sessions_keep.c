#include <string.h>

#include "follow_internal.h"
#include "follow_sessions.h"

/*
 * A session that RADIUS tells of, for the reader after this one; and which are over, for it to mind what comes late.
 */
#define METHOD "radius"

static void
put_text(struct kept_binding *k, const struct follow_text *t)
{
	follow_more_put(k, &t->n, 1);
	follow_more_put(k, t->bytes, t->n);
}

static int
get_text(struct follow_more *more, struct follow_text *t)
{
	return follow_more_get(more, &t->n, 1) == -1 || t->n > sizeof(t->bytes)
		   ? -1
		   : follow_more_get(more, t->bytes, t->n);
}

void
follow_session_keep(const struct follow *f, const struct follow_binding *b, struct kept_binding *k)
{
	const struct follow_session *s = &f->sessions->at[b->session];
	const uint8_t has_number = s->port.has_number != 0, is_missed = s->is_missed != 0;

	follow_more_put(k, &s->nas.client.family, 1);
	follow_more_put(k, s->nas.client.addr, sizeof(s->nas.client.addr));
	put_text(k, &s->nas.address);
	put_text(k, &s->nas.name);
	put_text(k, &s->id);
	follow_more_put_number(k, (uint64_t)s->limit);
	follow_more_put_number(k, s->who);
	put_text(k, &s->calling);
	follow_more_put(k, &has_number, 1);
	follow_more_put_number(k, s->port.number);
	put_text(k, &s->port.name);
	follow_more_put(k, &is_missed, 1);
}

/* Where it is, and whether it has more than is followed. */
static int
get_place(struct follow_more *more, struct follow_session *s)
{
	uint8_t has_number, is_missed;
	uint64_t number;

	if (get_text(more, &s->calling) == -1 || follow_more_get(more, &has_number, 1) == -1 || has_number > 1 ||
	    follow_more_get_number(more, &number) == -1 || number > UINT32_MAX ||
	    get_text(more, &s->port.name) == -1 || follow_more_get(more, &is_missed, 1) == -1 || is_missed > 1 ||
	    more->left != 0)
		return -1;
	s->port.has_number = has_number;
	s->port.number = (uint32_t)number;
	s->is_missed = is_missed;
	return 0;
}

static int
get_session(struct follow_more *more, struct follow_session *s)
{
	uint64_t limit;

	_Static_assert(
	    4 + sizeof(s->nas.client.addr) + 5 * (1 + FOLLOW_TEXT_BYTES) + 3 * sizeof(uint64_t) <= KEPT_MORE_BYTES,
	    "all of a session is kept");
	memset(s, 0, sizeof(*s));
	if (follow_more_get(more, &s->nas.client.family, 1) == -1 ||
	    follow_more_get(more, s->nas.client.addr, sizeof(s->nas.client.addr)) == -1 ||
	    get_text(more, &s->nas.address) == -1 || get_text(more, &s->nas.name) == -1 ||
	    get_text(more, &s->id) == -1 || follow_more_get_number(more, &limit) == -1 || limit > INT64_MAX ||
	    follow_more_get_number(more, &s->who) == -1)
		return -1;
	s->limit = (stamp_t)limit;
	/* An earlier program wrote no more of it. */
	return more->left == 0 ? 0 : get_place(more, s);
}

/* One of which no accounting was seen has nothing by which its end would be told: it is not taken up. */
int
follow_session_take(struct follow *f, struct follow_binding *b, struct follow_more *more)
{
	const uint64_t who = follow_who(f->order, FOLLOW_RADIUS_NAME);
	struct follow_session was, *s;

	if (f->sessions == NULL || get_session(more, &was) == -1 || was.id.n == 0 || was.who == 0 ||
	    (was.who & ~who) != 0 || b->until > was.limit || !follow_session_may_have(&f->iap->radius, &b->address) ||
	    follow_find(f, FOLLOW_RADIUS, &b->address) < f->count)
		return -1;
	s = follow_session_find(f, &was.nas, &was.id);
	if (s == NULL)
		s = follow_session_new(f, &was.nas, b->until);
	if (s == NULL)
		return -1;
	*s = was;
	s->until = b->until;
	s->is_told = 1;
	b->session = follow_session_place(f, s);
	b->method = METHOD;
	return 0;
}

/* It is not over by anyone's word: if it is heard of again, it goes on. */
void
follow_sessions_forget(struct follow *f, const char *why, const struct follow_frame *none)
{
	struct follow_session *s;
	size_t i;

	if (f->sessions == NULL)
		return;
	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (s->until == 0 || s->is_over)
			continue;
		follow_session_end(f, s, why, NULL, none);
		s->is_lapsed = 1;
		s->is_told = 0;
	}
	memset(f->sessions->exchanges, 0, sizeof(f->sessions->exchanges));
	f->sessions->settled = f->since + (stamp_t)f->iap->radius.silence * STAMP_SECOND;
}

/* Of nothing there is none. */
static int
hash_of(const void *bytes, size_t n, char sha256[DIGEST_HEX])
{
	return n == 0 ? 0 : digest_hex_of(bytes, n, sha256);
}

static int
session_of(const struct follow_nas *nas, const struct follow_text *id, struct kept_session *s)
{
	memset(s, 0, sizeof(*s));
	return hash_of(id->bytes, id->n, s->id) == -1 ||
		       hash_of(&nas->client, sizeof(nas->client), s->client) == -1 ||
		       hash_of(nas->address.bytes, nas->address.n, s->address) == -1 ||
		       hash_of(nas->name.bytes, nas->name.n, s->name) == -1
		   ? -1
		   : 0;
}

/* As follow_nas_is_same() has it of the client. */
static int
is_same(const struct kept_session *a, const struct kept_session *b)
{
	int has_address = a->address[0] != '\0' && b->address[0] != '\0',
	    has_name = a->name[0] != '\0' && b->name[0] != '\0';

	if (strcmp(a->id, b->id) != 0)
		return 0;
	if (a->client[0] == '\0' || b->client[0] == '\0')
		return 1;
	if ((has_address && strcmp(a->address, b->address) != 0) || (has_name && strcmp(a->name, b->name) != 0))
		return 0;
	return has_address || has_name || strcmp(a->client, b->client) == 0;
}

/* What is said late of one in doubt may show that another was meant, but not within a while of the word that ended it. */
static void
keep_over(const struct follow *f, const struct follow_session *s, struct kept *k)
{
	const stamp_t silence = (stamp_t)f->iap->radius.silence * STAMP_SECOND;
	struct kept_over *to = &k->over[k->over_count];

	if (session_of(&s->nas, &s->id, &to->session) == -1)
		return;
	to->until = s->until;
	to->before = s->is_doubted ? s->until - silence + FOLLOW_PENDING_NS : s->until;
	if (to->before > to->until)
		to->before = to->until;
	k->over_count++;
}

void
follow_sessions_keep(const struct follow *f, struct kept *k)
{
	const struct follow_sessions *all = f->sessions;
	const struct follow_session *s;
	size_t i;

	_Static_assert(KEPT_OVER_MAX >= FOLLOW_SESSIONS_MAX, "all may be kept");
	for (i = 0; all != NULL && i < FOLLOW_SESSIONS_MAX; i++) {
		s = &all->at[i];
		if (s->until != 0 && s->is_over && !s->is_lapsed && s->id.n > 0)
			keep_over(f, s, k);
	}
	/* Padding and all: two of the same have the same bytes. */
	for (i = 0; all != NULL && i < all->over_count && k->over_count < KEPT_OVER_MAX; i++)
		memcpy(&k->over[k->over_count++], &all->over[i], sizeof(k->over[0]));
}

void
follow_sessions_recall(struct follow *f, const struct kept *k)
{
	if (f->sessions == NULL)
		return;
	memcpy(f->sessions->over, k->over, sizeof(k->over));
	f->sessions->over_count = k->over_count;
}

int
follow_session_was_over(
    const struct follow *f, const struct follow_nas *nas, const struct follow_text *id, stamp_t at)
{
	struct kept_session s;
	uint32_t i;

	if (f->sessions->over_count == 0 || id->n == 0)
		return 0;
	if (session_of(nas, id, &s) == -1)
		return 1; /* in doubt, nothing is begun */
	for (i = 0; i < f->sessions->over_count; i++) {
		if (is_same(&f->sessions->over[i].session, &s) && at < f->sessions->over[i].before)
			return 1;
	}
	return 0;
}

static void
take_out(struct follow_sessions *all, uint32_t i)
{
	memmove(&all->over[i], &all->over[--all->over_count], sizeof(all->over[0]));
	memset(&all->over[all->over_count], 0, sizeof(all->over[0]));
}

void
follow_session_is_on(struct follow *f, const struct follow_nas *nas, const struct follow_text *id)
{
	struct kept_session s;
	uint32_t i;

	if (f->sessions->over_count == 0 || id->n == 0 || session_of(nas, id, &s) == -1)
		return;
	for (i = f->sessions->over_count; i > 0; i--) {
		if (is_same(&f->sessions->over[i - 1].session, &s))
			take_out(f->sessions, i - 1);
	}
}

void
follow_sessions_pass(struct follow *f, stamp_t now)
{
	uint32_t i;

	for (i = f->sessions == NULL ? 0 : f->sessions->over_count; i > 0; i--) {
		if (f->sessions->over[i - 1].until <= now)
			take_out(f->sessions, i - 1);
	}
}
