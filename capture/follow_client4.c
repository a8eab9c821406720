#include <string.h>

#include "follow_client4.h"
#include "follow_internal.h"

/*
 * Which DHCPv4 clients are the subject's, where they are, and what they have asked.
 */
static const uint8_t no_address[4];

int
follow_dhcp4_is_ours(const struct conf_iap *iap, const uint8_t address[4])
{
	size_t i;

	for (i = 0; i < iap->dhcp_server_count; i++) {
		if (memcmp(iap->dhcp_servers[i], address, 4) == 0)
			return 1;
	}
	return 0;
}

static int
is_same(const struct order_identity *id, const struct wire_bytes *b)
{
	return id->length == b->n && memcmp(id->bytes, b->at, b->n) == 0;
}

/* What a message says for one kind of identity; n is 0 where it says nothing. */
static struct wire_bytes
said(const struct dhcp4 *m, unsigned kind)
{
	switch (kind) {
	case ORDER_DHCP_MAC:
		return (struct wire_bytes){m->hardware, m->is_ethernet ? 6 : 0};
	case ORDER_DHCP_CLIENT_ID:
		return m->client_id;
	case ORDER_DHCP_CIRCUIT_ID:
		return m->circuit_id;
	case ORDER_DHCP_REMOTE_ID:
		return m->remote_id;
	case ORDER_DHCP_RELAY:
		return (struct wire_bytes){m->relay, memcmp(m->relay, no_address, 4) == 0 ? 0 : 4};
	default:
		return (struct wire_bytes){NULL, 0};
	}
}

uint64_t
follow_dhcp4_named(const struct order *o, const struct dhcp4 *m, int is_trusted)
{
	uint64_t found = 0, of_line = 0;
	unsigned listed = 0, met = 0;
	struct wire_bytes b;
	size_t i;

	for (i = 0; i < o->identity_count; i++) {
		unsigned kind = o->identities[i].kind;
		int is_of_line = (FOLLOW_DHCP4_LINE >> kind & 1) != 0;

		listed |= is_of_line ? 1U << kind : 0;
		b = said(m, kind);
		if (b.n == 0 || !is_same(&o->identities[i], &b))
			continue;
		met |= is_of_line ? 1U << kind : 0;
		*(is_of_line ? &of_line : &found) |= UINT64_C(1) << i;
	}
	return is_trusted && listed != 0 && listed == met ? found | of_line : found;
}

/* Of the kinds that the order has: does the message say anything of one, and never what the order says? */
static int
says_another(const struct order *o, const struct dhcp4 *m, unsigned kinds)
{
	unsigned told = 0, met = 0, kind;
	struct wire_bytes b;
	size_t i;

	for (i = 0; i < o->identity_count; i++) {
		kind = o->identities[i].kind;
		if ((kinds >> kind & 1) == 0)
			continue;
		b = said(m, kind);
		told |= b.n > 0 ? 1U << kind : 0;
		met |= b.n > 0 && is_same(&o->identities[i], &b) ? 1U << kind : 0;
	}
	return told != met;
}

unsigned
follow_dhcp4_others(const struct order *o, const struct dhcp4 *m, int is_trusted)
{
	unsigned others = 0;

	if (is_trusted && says_another(o, m, FOLLOW_DHCP4_LINE))
		others |= FOLLOW_OTHER_LINE;
	if (says_another(o, m, FOLLOW_KIND(ORDER_DHCP_CLIENT_ID)))
		others |= FOLLOW_OTHER_CLIENT;
	return others;
}

/* What the answer leaves out is as in the question. */
struct follow_spot
follow_spot_of(const struct dhcp4 *m, const struct follow_pending *p, const struct follow_frame *frame)
{
	struct follow_spot s;

	memset(&s, 0, sizeof(s));
	s.is_known = 1;
	memcpy(s.relay, m->relay, sizeof(s.relay));
	s.vlan_count = frame->vlan_count;
	memcpy(s.vlans, frame->vlans, sizeof(s.vlans));
	if (m->client_id.n > 0) {
		s.client_id_length =
		    (uint8_t)(m->client_id.n < FOLLOW_CLIENT_ID_MAX ? m->client_id.n : FOLLOW_CLIENT_ID_MAX);
		memcpy(s.client_id, m->client_id.at, s.client_id_length);
	} else if (p != NULL) {
		s.client_id_length = p->spot.client_id_length;
		memcpy(s.client_id, p->spot.client_id, s.client_id_length);
	}
	return s;
}

enum follow_spots
follow_spot_compare(const struct follow_spot *a, const struct follow_spot *b)
{
	int a_is_behind = memcmp(a->relay, no_address, 4) != 0, b_is_behind = memcmp(b->relay, no_address, 4) != 0;

	if (!a->is_known || !b->is_known)
		return FOLLOW_SPOTS_UNSURE;
	if (a->client_id_length > 0 && b->client_id_length > 0 &&
	    (a->client_id_length != b->client_id_length ||
		memcmp(a->client_id, b->client_id, a->client_id_length) != 0))
		return FOLLOW_SPOTS_OTHER;
	if (a_is_behind != b_is_behind)
		return FOLLOW_SPOTS_UNSURE;
	if (a_is_behind)
		return memcmp(a->relay, b->relay, 4) == 0 ? FOLLOW_SPOTS_SAME : FOLLOW_SPOTS_OTHER;
	return a->vlan_count == b->vlan_count && memcmp(a->vlans, b->vlans, sizeof(a->vlans)) == 0
		   ? FOLLOW_SPOTS_SAME
		   : FOLLOW_SPOTS_OTHER;
}

struct follow_pending *
follow_asked4(struct follow *f, const struct dhcp4 *m, stamp_t now)
{
	struct follow_pending *p;
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		p = &f->pending[i];
		if (p->time != 0 && now - p->time < FOLLOW_PENDING_NS && p->xid == m->xid &&
		    memcmp(p->hardware, m->hardware, sizeof(p->hardware)) == 0)
			return p;
	}
	return NULL;
}

/* Where the oldest stood. */
static struct follow_pending *
put_pending(struct follow *f, const struct dhcp4 *m, const struct follow_frame *frame)
{
	struct follow_pending *p = follow_asked4(f, m, frame->time);
	size_t i;

	if (p != NULL)
		return p;
	p = &f->pending[0];
	for (i = 1; i < FOLLOW_PENDING_MAX; i++) {
		if (f->pending[i].time < p->time)
			p = &f->pending[i];
	}
	memset(p, 0, sizeof(*p));
	p->xid = m->xid;
	memcpy(p->hardware, m->hardware, sizeof(p->hardware));
	return p;
}

int
follow_is_local4(const struct dhcp4 *m, const struct follow_frame *frame)
{
	return frame->mac != NULL && m->is_ethernet && memcmp(m->relay, no_address, 4) == 0 &&
	       memcmp(frame->mac, m->hardware, 6) == 0;
}

/* One is seen before its relay, where it says less of itself, and behind it. */
void
follow_ask4(struct follow *f, const struct dhcp4 *m, uint64_t who, unsigned others, const struct follow_frame *frame)
{
	struct follow_pending *p = put_pending(f, m, frame);

	p->time = frame->time;
	if (who != 0 || others != 0) {
		p->who = who;
		p->others = who != 0 ? 0 : others;
	}
	p->is_local |= follow_is_local4(m, frame);
	p->spot = follow_spot_of(m, p, frame);
}
