#include <string.h>

#include "diag.h"

#include "radius.h"

#include "table_look.h"

/*
 * The traffic by which addresses are given and taken: read, and shown to each case whose subject moves.
 */
#define ARP_SENDER_MAC 8
#define ARP_SENDER 14
#define WARN_AGAIN (3600 * STAMP_SECOND)

static int
read_dhcp6(const struct look *k, struct dhcp6 *m)
{
	if (dhcp6_parse(m, k->payload, k->payload_length) == -1)
		return -1;
	m->is_whole &= !k->is_cut;
	return 0;
}

static int
read_ndp(const struct look *k, struct ndp *m)
{
	if (ndp_parse(m, k->payload, k->payload_length) == -1)
		return -1;
	m->is_whole &= !k->is_cut;
	return 0;
}

static int
read_inside(const struct look *k, struct follow_inside *m)
{
	m->session = k->session;
	m->is_ndp = k->is_ndp;
	return k->is_ndp ? read_ndp(k, &m->ndp) : read_dhcp6(k, &m->dhcp6);
}

/* What is read of it, for all cases. */
static int
read_message(const struct look *k, struct follow_message *m)
{
	m->kind = k->kind;
	switch (k->kind) {
	case FOLLOW_MESSAGE_DHCP4:
		return dhcp4_parse(&m->dhcp4, k->payload, k->payload_length);
	case FOLLOW_MESSAGE_DHCP6:
		return read_dhcp6(k, &m->dhcp6);
	case FOLLOW_MESSAGE_NDP:
		return read_ndp(k, &m->ndp);
	case FOLLOW_MESSAGE_INSIDE:
		return read_inside(k, &m->inside);
	case FOLLOW_MESSAGE_RADIUS:
		return radius_parse(&m->radius, k->payload, k->payload_length);
	case FOLLOW_MESSAGE_PPPOE:
		return pppoe_parse(&m->pppoe, k->is_discovery, k->payload, k->payload_length);
	case FOLLOW_MESSAGE_ARP:
		memcpy(m->arp.address, k->layers.data + k->layer->at + ARP_SENDER, sizeof(m->arp.address));
		memcpy(m->arp.mac, k->layers.data + k->layer->at + ARP_SENDER_MAC, sizeof(m->arp.mac));
		return 0;
	case FOLLOW_MESSAGE_NONE:
	default:
		return -1;
	}
}

/* To each whose subject moves and whom it may concern.  Return to how many. */
static size_t
show(struct table *t, const struct follow_message *m, const struct follow_frame *frame)
{
	size_t i, called = roster_call(t->roster, m, frame);
	const char *before;
	struct entry *e;

	for (i = 0; i < called; i++) {
		e = roster_called(t->roster, i);
		if (frame->time >= e->until)
			continue; /* it came after the order's end, and is nothing to it */
		before = follow_blind(e->follow);
		e->is_own = follow_show(e->follow, m, frame);
		t->has_own |= e->is_own;
		table_follow_changed(t, e, before, frame->time);
	}
	return called;
}

/* Has it the address of one of the servers, or relays, that are believed? */
static int
is_of_server(const struct conf_iap *iap, const struct look *k)
{
	size_t i;

	for (i = 0; k->kind == FOLLOW_MESSAGE_DHCP4 && i < iap->dhcp_server_count; i++) {
		if (memcmp(iap->dhcp_servers[i], k->frame.source, 4) == 0)
			return 1;
	}
	for (i = 0; k->kind == FOLLOW_MESSAGE_DHCP6 && i < iap->ipv6.server_count; i++) {
		if (memcmp(iap->ipv6.servers[i].addr, k->frame.source, 16) == 0)
			return 1;
	}
	return 0;
}

/* Anyone on the line can write such an address: is it, by the MAC, of none of those that send from there? */
static int
is_forged(const struct table *t, const struct look *k)
{
	const struct conf_iap *iap = t->iap;
	uint32_t i;

	if (iap == NULL || iap->dhcp_server_mac_count == 0 || !is_of_server(iap, k))
		return 0;
	for (i = 0; k->frame.mac != NULL && i < iap->dhcp_server_mac_count; i++) {
		if (memcmp(iap->dhcp_server_macs[i], k->frame.mac, 6) == 0)
			return 0;
	}
	return 1;
}

/* It is as if it had not come, but for the count of it. */
static void
refuse(struct table *t, stamp_t time)
{
	if (t->kinds[MATCHER_DHCP_FORGED]++ == 0 || time - t->forged_told >= WARN_AGAIN) {
		t->forged_told = time;
		diag_warnx(
		    "DHCP with the address of one of dhcp_servers or dhcp6_servers came from a MAC that is none of "
		    "dhcp_server_macs: it is not believed");
	}
}

int
table_control_frame(struct table *t, stamp_t time, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	struct look k = {.frame = {.time = time}, .hash = {.data = data, .n = caplen}};
	struct follow_message m;
	size_t shown;

	if (!table_look(t, &k, data, caplen, len) || read_message(&k, &m) == -1)
		return 0;
	if (is_forged(t, &k)) {
		refuse(t, time);
		return 0;
	}
	k.frame.hash = &k.hash;
	table_holders_show(t, &m, &k.frame);
	shown = show(t, &m, &k.frame);
	if (k.hash.has_failed) {
		diag_err("table of orders");
		return -1;
	}
	return (int)shown;
}
