#include <stdlib.h>
#include <string.h>

#include "wire.h"

#include "follow_clients.h"
#include "follow_internal.h"

/*
 * Which DHCPv6 clients are the subject's, and what they have asked.
 */

int
follow_clients_begin(struct follow *f)
{
	if (f->iap == NULL || f->iap->ipv6.server_count == 0 ||
	    follow_who(f->order, FOLLOW_DHCP6_CLIENT | FOLLOW_DHCP6_LINE) == 0)
		return 0;
	f->clients = calloc(1, sizeof(*f->clients));
	if (f->clients == NULL)
		return -1;
	f->clients->settled = INT64_MAX;
	return 0;
}

/* That one lease had no end stays known: the others of that server have none either. */
void
follow_clients_forget(struct follow *f)
{
	if (f->clients == NULL)
		return;
	memset(f->clients->questions, 0, sizeof(f->clients->questions));
	f->clients->missed = 0;
	f->clients->settled = INT64_MAX;
}

void
follow_clients_shift(struct follow *f, stamp_t step)
{
	size_t i;

	if (f->clients == NULL)
		return;
	if (f->clients->settled != INT64_MAX)
		f->clients->settled += step;
	if (f->clients->missed != 0 && f->clients->missed != INT64_MAX)
		f->clients->missed += step;
	for (i = 0; i < FOLLOW_PENDING_MAX; i++)
		f->clients->questions[i].time += f->clients->questions[i].time == 0 ? 0 : step;
}

/* Is it one of the servers, or relays, that are believed? */
static int
is_listed(const struct conf_ipv6 *conf, uint8_t family, const uint8_t address[16])
{
	uint32_t i;

	for (i = 0; family == 6 && i < conf->server_count; i++) {
		if (memcmp(conf->servers[i].addr, address, 16) == 0)
			return 1;
	}
	return 0;
}

int
follow_clients_await(const struct follow *f)
{
	return f->clients != NULL && f->clients->missed != 0;
}

int
follow_clients_expire(struct follow *f, stamp_t now)
{
	if (f->clients == NULL || f->clients->missed == 0 || f->clients->missed > now)
		return 0;
	f->clients->missed = 0;
	return 1;
}

int
follow_client_is_answered_by(const struct conf_ipv6 *conf, const struct follow_frame *frame)
{
	return is_listed(conf, frame->family, frame->source);
}

int
follow_client_is_said_to(const struct conf_ipv6 *conf, const struct follow_frame *frame)
{
	return is_listed(conf, frame->family, frame->target);
}

static int
is_same(const struct order_identity *id, const struct wire_bytes *b)
{
	return b->n == id->length && memcmp(id->bytes, b->at, b->n) == 0;
}

/*
 * The client's MAC: where its message comes from, for nothing from an address of the link alone came through a router; or
 * as the relay next to it says, if that is to be believed.  n is 0 where it is not known.
 */
static struct wire_bytes
mac_of(const struct dhcp6 *m, const struct follow_frame *frame, int is_trusted)
{
	if (m->is_reply)
		return (struct wire_bytes){NULL, 0};
	if (m->relay_count > 0)
		return is_trusted ? m->relays[m->relay_count - 1].mac : (struct wire_bytes){NULL, 0};
	if (frame->mac == NULL || frame->source[0] != 0xfe || (frame->source[1] & 0xc0) != 0x80)
		return (struct wire_bytes){NULL, 0};
	return (struct wire_bytes){frame->mac, 6};
}

/*
 * What the ${i}th relay says for one kind of identity of a line.  One that gives no link-address, as a lightweight one
 * (RFC 6221), is on the link that the next one with a link-address gives.
 */
static struct wire_bytes
said(const struct dhcp6 *m, size_t i, unsigned kind)
{
	static const uint8_t no_address[16];

	if (kind == ORDER_DHCP6_INTERFACE_ID)
		return m->relays[i].interface_id;
	if (kind == ORDER_DHCP6_REMOTE_ID)
		return m->relays[i].remote_id;
	while (i > 0 && memcmp(m->relays[i].link, no_address, 16) == 0)
		i--;
	return (struct wire_bytes){m->relays[i].link, memcmp(m->relays[i].link, no_address, 16) == 0 ? 0 : 16};
}

/* They tell a line only together: of each kind that the order has, one must stand in one relay's own part. */
static uint64_t
named_line(const struct order *o, const struct dhcp6 *m, size_t relay)
{
	unsigned listed = 0, met = 0, kind;
	uint64_t found = 0;
	struct wire_bytes b;
	size_t i;

	for (i = 0; i < o->identity_count; i++) {
		kind = o->identities[i].kind;
		if ((FOLLOW_DHCP6_LINE >> kind & 1) == 0)
			continue;
		listed |= 1U << kind;
		b = said(m, relay, kind);
		if (b.n == 0 || !is_same(&o->identities[i], &b))
			continue;
		met |= 1U << kind;
		found |= UINT64_C(1) << i;
	}
	return listed != 0 && listed == met ? found : 0;
}

/* Does a relay name a line of the order's, as far as it says, or another?  1 or -1; 0: it says nothing of that kind. */
static int
agrees(const struct order *o, const struct dhcp6 *m, size_t relay)
{
	unsigned said_of = 0, met = 0, kind;
	struct wire_bytes b;
	size_t i;

	for (i = 0; i < o->identity_count; i++) {
		kind = o->identities[i].kind;
		if ((FOLLOW_DHCP6_LINE >> kind & 1) == 0)
			continue;
		b = said(m, relay, kind);
		if (b.n == 0)
			continue;
		said_of |= 1U << kind;
		met |= is_same(&o->identities[i], &b) ? 1U << kind : 0;
	}
	if (said_of == 0)
		return 0;
	return said_of == met ? 1 : -1;
}

int
follow_client_is_elsewhere(const struct follow *f, const struct dhcp6 *m)
{
	int is_elsewhere = 0;
	size_t i;

	if (follow_who(f->order, FOLLOW_DHCP6_LINE) == 0 || m->relay_count == 0)
		return 0;
	/* One of them is enough: those behind it name their own lines. */
	for (i = 0; i < m->relay_count; i++) {
		switch (agrees(f->order, m, i)) {
		case 1:
			return 0;
		case -1:
			is_elsewhere = 1;
			break;
		default:
			break;
		}
	}
	return is_elsewhere || !m->is_whole;
}

uint64_t
follow_client_named(const struct follow *f, const struct dhcp6 *m, const struct follow_frame *frame)
{
	int is_trusted = follow_client_is_answered_by(&f->iap->ipv6, frame);
	const struct wire_bytes mac = mac_of(m, frame, is_trusted);
	const struct order *o = f->order;
	uint64_t found = 0;
	size_t i;

	for (i = 0; i < o->identity_count; i++) {
		const struct order_identity *id = &o->identities[i];

		if ((id->kind == ORDER_DHCP6_DUID && m->client_id.n > 0 && is_same(id, &m->client_id)) ||
		    (id->kind == ORDER_DHCP6_MAC && mac.n > 0 && is_same(id, &mac)))
			found |= UINT64_C(1) << i;
	}
	/* A server answers whoever asks it as a relay with what that has made up. */
	is_trusted = is_trusted && (!m->is_reply || follow_client_is_said_to(&f->iap->ipv6, frame));
	for (i = 0; is_trusted && i < m->relay_count; i++)
		found |= named_line(o, m, i);
	return found;
}

static int
is_by(const struct follow_question *q, const struct dhcp6 *m, stamp_t now)
{
	return q->time != 0 && now - q->time < FOLLOW_PENDING_NS && q->duid_length == m->client_id.n &&
	       memcmp(q->duid, m->client_id.at, m->client_id.n) == 0;
}

int
follow_client_has_asked(const struct follow *f, const struct dhcp6 *m, stamp_t now)
{
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		if (is_by(&f->clients->questions[i], m, now))
			return 1;
	}
	return 0;
}

struct follow_question *
follow_client_question(struct follow *f, const struct dhcp6 *m, stamp_t now)
{
	struct follow_question *q;
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		q = &f->clients->questions[i];
		if (q->xid == m->xid && is_by(q, m, now))
			return q;
	}
	return NULL;
}

void
follow_client_remember(struct follow *f, const struct dhcp6 *m, uint64_t who, const struct follow_frame *frame)
{
	struct follow_question *q = follow_client_question(f, m, frame->time), *list = f->clients->questions;
	const struct wire_bytes mac = mac_of(m, frame, 0);
	size_t i;

	if (q == NULL) {
		q = &list[0];
		for (i = 1; i < FOLLOW_PENDING_MAX; i++) {
			if (list[i].time < q->time)
				q = &list[i];
		}
		/* Its answer will not be known as such. */
		if (f->blind == NULL && q->time != 0 && frame->time - q->time < FOLLOW_PENDING_NS)
			f->blind = FOLLOW_UNKNOWN;
		memset(q, 0, sizeof(*q));
	}
	q->time = frame->time;
	q->who |= who; /* before a relay, and behind it */
	q->xid = m->xid;
	q->types |= 1U << m->type;
	q->duid_length = (uint8_t)m->client_id.n;
	memcpy(q->duid, m->client_id.at, m->client_id.n);
	if (mac.n == 0)
		return;
	/* Who asks the same from elsewhere may only have heard it: the first is taken, and it is said. */
	if (q->has_link && memcmp(q->mac, mac.at, 6) != 0) {
		q->is_disputed = 1;
		f->blind = FOLLOW_CONFLICT;
		return;
	}
	q->has_link = 1;
	memcpy(q->mac, mac.at, 6);
}
