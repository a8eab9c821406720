#include <string.h>

#include "follow_clients.h"
#include "follow_internal.h"
#include "follow_keys.h"
#include "follow_line.h"
#include "follow_sessions.h"

/*
 * The keys of what is known of a subject, and of all that is kept for what comes next.
 */

/*
 * What the order names it by.  What tells a line only together with others is there with the first kind that the order has
 * of them: without that the others are nothing.
 */
static void
put_identities(struct follow_keys *k, const struct order *o, unsigned kinds, int is_line)
{
	unsigned first = ORDER_IDENTITY_KINDS, kind;
	size_t i;

	for (i = 0; i < o->identity_count; i++) {
		kind = o->identities[i].kind;
		if ((kinds >> kind & 1) != 0 && kind < first)
			first = kind;
	}
	for (i = 0; i < o->identity_count; i++) {
		kind = o->identities[i].kind;
		if ((kinds >> kind & 1) != 0 && (!is_line || kind == first))
			follow_key_put(k, kind, o->identities[i].bytes, o->identities[i].length);
	}
}

static void
put_bindings(struct follow_keys *k, const struct follow *f)
{
	const struct follow_binding *b;
	size_t i;

	for (i = 0; i < f->count; i++) {
		b = &f->bindings[i];
		if (b->source == FOLLOW_PPPOE)
			follow_key_put(k, FOLLOW_KEY_LINE, &b->line, sizeof(b->line));
		else
			follow_key_put_known(k, &b->address);
		if (b->source == FOLLOW_DHCP4)
			follow_key_put(k, FOLLOW_KEY_HARDWARE4, b->hardware, sizeof(b->hardware));
		if (b->source == FOLLOW_DHCP6)
			follow_key_put(k, ORDER_DHCP6_DUID, b->lease.duid, b->lease.duid_length);
	}
	for (i = 0; i < f->given.count; i++)
		follow_key_put_known(k, &f->given.at[i].address);
}

/* What its clients have asked. */
static void
put_questions(struct follow_keys *k, const struct follow *f)
{
	const struct follow_question *q;
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		if (f->pending[i].time != 0)
			follow_key_put_asked4(k, f->pending[i].xid, f->pending[i].hardware);
	}
	for (i = 0; f->clients != NULL && i < FOLLOW_PENDING_MAX; i++) {
		q = &f->clients->questions[i];
		if (q->time != 0)
			follow_key_put(k, ORDER_DHCP6_DUID, q->duid, q->duid_length);
	}
}

static void
put_sessions(struct follow_keys *k, const struct follow_sessions *all)
{
	size_t i;

	follow_key_put(k, FOLLOW_KEY_CLIENT, NULL, 0);
	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		if (all->exchanges[i].time != 0)
			follow_key_put(
			    k, FOLLOW_KEY_EXCHANGE, &all->exchanges[i].ends, sizeof(all->exchanges[i].ends));
	}
	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		if (all->at[i].until != 0 && all->at[i].id.n > 0)
			follow_key_put(k, FOLLOW_KEY_SESSION, all->at[i].id.bytes, all->at[i].id.n);
	}
}

static void
put_logins(struct follow_keys *k, const struct follow_login *list)
{
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		if (list[i].time != 0)
			follow_key_put(k, FOLLOW_KEY_LINE, &list[i].line, sizeof(list[i].line));
	}
}

void
follow_keys(const struct follow *f, struct follow_keys *k)
{
	k->count = 0;
	k->is_for_all = 0;
	put_identities(k, f->order,
	    FOLLOW_DHCP4_CLIENT | FOLLOW_RADIUS_NAME | FOLLOW_PPPOE_NAME | FOLLOW_DHCP6_CLIENT | FOLLOW_SLAAC_HOST,
	    0);
	put_identities(k, f->order, FOLLOW_DHCP4_LINE, 1);
	put_identities(k, f->order, FOLLOW_DHCP6_LINE, 1);
	put_bindings(k, f);
	put_questions(k, f);
	if (f->sessions != NULL)
		put_sessions(k, f->sessions);
	if (f->lines != NULL) {
		put_logins(k, f->lines->logins);
		put_logins(k, f->lines->over);
		put_logins(k, f->lines->answers);
	}
	if (f->hosts != NULL)
		follow_key_put(k, FOLLOW_KEY_ROUTER, NULL, 0);
}
