#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "digest.h"

#include "dhcp4.h"
#include "ethertype.h"
#include "layers.h"
#include "wire.h"

#include "table_internal.h"

#define LINK_ETHERNET 1
#define PROTO_UDP 17
#define TAG 4
#define TAGS_MAX 3
#define UDP_HEADER 8
#define ARP_SENDER_MAC 8
#define ARP_SENDER 14

/* Whoever asks for an address has none, and asks everybody. */
static const uint8_t broadcast[4] = {255, 255, 255, 255}, unspecified[4];

static void
put_end(struct order *o, const uint8_t addr[4], unsigned bits)
{
	struct order_prefix *p = &o->prefixes[o->prefix_count++];

	p->family = 4;
	p->bits = (uint8_t)bits;
	memcpy(p->addr, addr, 4);
}

int
table_follow(struct table *t, const struct conf_iap *iap, size_t interfaces)
{
	struct order *o;
	size_t i;

	t->obstacle = follow_obstacle(iap, interfaces);
	if (t->obstacle != NULL)
		return 0;
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return -1;
	o->prefixes = calloc(2 * CONF_DHCP_MAX + 2, sizeof(*o->prefixes));
	if (o->prefixes == NULL) {
		order_free(o);
		errno = ENOMEM;
		return -1;
	}
	put_end(o, unspecified, 32);
	put_end(o, broadcast, 32);
	for (i = 0; i < iap->dhcp_server_count; i++)
		put_end(o, iap->dhcp_servers[i], 32);
	/* The next address of a subject may be any of these, and its first frame comes before a filter could let it in. */
	for (i = 0; i < iap->dhcp_pool_count; i++)
		put_end(o, iap->dhcp_pools[i].addr, iap->dhcp_pools[i].bits);
	o->broadcast = 1; /* ARP says that an address is another's */
	t->control = o;
	t->iap = iap;
	return 0;
}

static int
has_moving(const struct entries *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (list->at[i]->order->identity_count > 0)
			return 1;
	}
	return 0;
}

const struct order *
table_follow_ends(const struct table *t)
{
	return t->control != NULL && (has_moving(&t->now) || has_moving(&t->incoming)) ? t->control : NULL;
}

/* Addresses stay here, and in the records of their own case: what the keeper is told names the frame that proves it. */
static void
on_follow(void *cookie, const struct follow_event *e)
{
	static const enum message_event_kind kinds[] = {
	    [FOLLOW_BEGUN] = MESSAGE_BOUND, [FOLLOW_RENEWED] = MESSAGE_RENEWED, [FOLLOW_ENDED] = MESSAGE_UNBOUND};
	struct entry *entry = cookie;
	struct message_event m;

	table_access(entry, e);
	if (e->kind == FOLLOW_NOTED)
		return;
	memset(&m, 0, sizeof(m));
	m.kind = kinds[e->kind];
	m.seq = e->xid;
	m.from = e->time;
	m.to = e->kind == FOLLOW_ENDED || e->binding->until == INT64_MAX ? 0 : e->binding->until;
	memcpy(m.sha256, e->sha256, strnlen(e->sha256, sizeof(m.sha256) - 1));
	(void)snprintf(m.case_id, sizeof(m.case_id), "%s", entry->order->case_id); /* the rooms are the same */
	(void)snprintf(m.text, sizeof(m.text), "%s", e->how);                      /* a word */
	entry->table->event(entry->table->cookie, &m);
}

int
table_follow_begin(struct table *t, struct entry *e)
{
	if (e->order->identity_count == 0)
		return 0;
	e->table = t;
	e->blind_from = e->from;
	if (t->iap == NULL)
		diag_warnx("%s: no address of its subject is learned here: %s", e->order->case_id,
		    t->obstacle != NULL ? t->obstacle : "no access point");
	e->follow = follow_new(e->order, t->iap, e->from, on_follow, e);
	if (e->follow == NULL) {
		diag_err("table of orders");
		return -1;
	}
	t->following++;
	t->follow_next = STAMP_NONE; /* to be found */
	return 0;
}

/* Up to ${at} it was, or was not, known where the subject is. */
static void
declare_blind(struct table *t, struct entry *e, const char *reason, stamp_t at)
{
	if (reason != NULL && at > e->blind_from)
		slicer_gap_of(t->slicer, e->handle, e->blind_from, at, reason);
	if (at > e->blind_from)
		e->blind_from = at;
}

void
table_follow_end(struct table *t, struct entry *e, stamp_t at)
{
	if (e->follow == NULL)
		return;
	declare_blind(t, e, follow_blind(e->follow), at);
	follow_free(e->follow);
	e->follow = NULL;
	t->following--;
}

/* After what was learned or has run out: a matcher of the addresses as they are now. */
static int
settle(struct table *t)
{
	struct entry *e;
	int has_changed = 0;
	size_t i;

	t->follow_next = INT64_MAX;
	for (i = 0; i < t->now.count; i++) {
		e = t->now.at[i];
		if (e->follow == NULL)
			continue;
		if (follow_next(e->follow) < t->follow_next)
			t->follow_next = follow_next(e->follow);
		has_changed |= follow_has_changed(e->follow);
	}
	if (!has_changed)
		return 0;
	table_drop_matcher(t);
	return table_make_matcher(t);
}

static void
expire(struct table *t, stamp_t time)
{
	const char *before;
	struct entry *e;
	stamp_t next;
	size_t i;

	for (i = 0; i < t->now.count; i++) {
		e = t->now.at[i];
		if (e->follow == NULL)
			continue;
		before = follow_blind(e->follow);
		next = follow_next(e->follow);
		follow_expire(e->follow, time);
		if (follow_blind(e->follow) == before)
			continue;
		/* What was thought to be known up to the last look was known up to the lease's end. */
		if (before == NULL && next < e->blind_from)
			e->blind_from = next;
		else
			declare_blind(t, e, before, next);
	}
}

/* One of the two ports is DHCP's? */
static int
is_dhcp(const uint8_t *udp)
{
	uint16_t from = wire_be16(udp), to = wire_be16(udp + 2);

	return from == DHCP4_SERVER_PORT || to == DHCP4_SERVER_PORT || from == DHCP4_CLIENT_PORT ||
	       to == DHCP4_CLIENT_PORT;
}

/* Nearly no frame is: of those that are not, nothing more is looked at. */
static int
may_be_control(const struct table *t, const uint8_t *data, uint32_t caplen)
{
	uint32_t at = ETHERTYPE_AT, i;
	uint16_t type = 0;

	if (t->linktype != LINK_ETHERNET)
		return 1;
	for (i = 0; i <= TAGS_MAX; i++, at += TAG) {
		if (caplen < at + 2)
			return 0;
		type = wire_be16(data + at);
		if (type != ETHERTYPE_VLAN && type != ETHERTYPE_QINQ && type != ETHERTYPE_QINQ_OLD)
			break;
	}
	if (type != ETHERTYPE_IPV4)
		return type == ETHERTYPE_ARP || type == ETHERTYPE_MPLS || type == ETHERTYPE_MPLS_UP;
	at += 2;
	if (caplen < at + 20 || data[at + 9] != PROTO_UDP)
		return 0;
	at += (data[at] & 15U) * 4;
	return caplen >= at + 4 && is_dhcp(data + at);
}

/* What is being looked at. */
struct look {
	struct layers layers;
	const struct layer *layer; /* the innermost outside of tunnels */
	struct follow_frame frame;
	char sha256[DIGEST_HEX];
};

/* Is there a whole UDP header, and is it DHCP's?  A first fragment has the message's header at least. */
static int
has_dhcp(const struct look *k)
{
	const struct packet *p = &k->layer->packet;

	return k->layer->type == LAYER_IP && p->version == 4 && p->proto == PROTO_UDP &&
	       p->fragment != PACKET_LATER && !p->is_cut && p->end >= p->network_end + UDP_HEADER &&
	       k->layers.caplen >= p->network_end + UDP_HEADER && is_dhcp(k->layers.data + p->network_end);
}

static int
read_dhcp(struct look *k, struct dhcp4 *m)
{
	const struct packet *p = &k->layer->packet;
	uint32_t limit = p->end < k->layers.caplen ? p->end : k->layers.caplen;
	const uint8_t *udp = k->layers.data + p->network_end;
	uint32_t room = limit - p->network_end - UDP_HEADER, n = wire_be16(udp + 4);

	memcpy(k->frame.source, packet_addresses(p, k->layers.data), sizeof(k->frame.source));
	n = n < UDP_HEADER ? 0 : n - UDP_HEADER;
	return dhcp4_parse(m, udp + UDP_HEADER, n < room ? n : room);
}

/* Show it to each case whose subject moves; ${m} NULL: it is ARP. */
static void
show(struct table *t, struct look *k, const struct dhcp4 *m)
{
	const uint8_t *arp = k->layers.data + k->layer->at;
	const char *before;
	struct entry *e;
	size_t i;

	for (i = 0; i < t->now.count; i++) {
		e = t->now.at[i];
		if (e->follow == NULL)
			continue;
		before = follow_blind(e->follow);
		if (m != NULL)
			e->is_own = follow_dhcp4(e->follow, m, &k->frame);
		else
			follow_arp(e->follow, arp + ARP_SENDER, arp + ARP_SENDER_MAC, &k->frame);
		if (follow_blind(e->follow) != before)
			declare_blind(t, e, before, k->frame.time);
	}
}

static int
look(struct table *t, stamp_t time, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	struct look k = {.frame = {.time = time}};
	struct dhcp4 m;
	int is_dhcp4;

	layers_walk(&k.layers, t->linktype, data, caplen, len);
	if (k.layers.count == 0)
		return 0;
	k.layer = &k.layers.at[k.layers.count - 1];
	is_dhcp4 = has_dhcp(&k);
	if (!is_dhcp4 && k.layer->type != LAYER_ARP)
		return 0;
	if (digest_hex_of(data, caplen, k.sha256) == -1) {
		diag_err("table of orders");
		return -1;
	}
	k.frame.sha256 = k.sha256;
	k.frame.mac = t->linktype == LINK_ETHERNET && caplen >= 12 ? data + 6 : NULL;
	if (!is_dhcp4)
		show(t, &k, NULL);
	else if (read_dhcp(&k, &m) == 0)
		show(t, &k, &m);
	return settle(t);
}

int
table_follow_frame(struct table *t, stamp_t time, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	if (time >= t->follow_next) {
		expire(t, time);
		if (settle(t) == -1)
			return -1;
	}
	return may_be_control(t, data, caplen) ? look(t, time, data, caplen, len) : 0;
}

int
table_follow_tick(struct table *t, stamp_t now, stamp_t drained)
{
	struct entry *e;
	size_t i;

	if (t->following == 0)
		return 0;
	expire(t, drained);
	for (i = 0; i < t->now.count; i++) {
		e = t->now.at[i];
		if (e->follow != NULL)
			declare_blind(t, e, follow_blind(e->follow), now);
	}
	return settle(t);
}

void
table_follow_step(struct table *t, stamp_t step)
{
	struct entry *e;
	size_t i;

	for (i = 0; i < t->now.count; i++) {
		e = t->now.at[i];
		if (e->follow == NULL)
			continue;
		follow_shift(e->follow, step);
		e->blind_from += step;
	}
	if (t->follow_next != INT64_MAX && t->follow_next != STAMP_NONE)
		t->follow_next += step;
}
