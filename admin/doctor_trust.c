#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"
#include "moving.h"
#include "orderfile.h"

#include "doctor.h"

#define SOON (30 * STAMP_DAY)

static int
is_valid(const struct keyring_entry *e, stamp_t now)
{
	return (e->from == STAMP_NONE || e->from <= now) && (e->to == STAMP_NONE || now < e->to) &&
	       (e->revoked == STAMP_NONE || now < e->revoked);
}

static void
examine_keyring(struct doctor *d)
{
	const struct keyring *k = d->site->keyring;
	size_t approvers = 0, stations = 0, lasting = 0;
	stamp_t now = d->overview->now;

	for (size_t i = 0; i < keyring_count(k); i++) {
		const struct keyring_entry *e = keyring_entry(k, i);

		if (!is_valid(e, now))
			continue;
		approvers += e->kind == KEYRING_APPROVER;
		stations += e->kind == KEYRING_STATION;
		lasting += e->kind == KEYRING_STATION && (e->to == STAMP_NONE || e->to - now > SOON);
	}
	doctor_topic(d, "keyring");
	if (approvers < keyring_approvals(k))
		doctor_ill(d, "casetap keyring add approver, then sign",
		    "valid approvers: %zu, of whom an order needs %u", approvers, keyring_approvals(k));
	else
		doctor_well(d, "valid approvers: %zu, of whom an order needs %u", approvers, keyring_approvals(k));
	if (stations == 0)
		doctor_ill(d, "casetap keyring add station, then sign", "no station key is valid now");
	else if (lasting == 0)
		doctor_ill(d, "casetap keyring rotate", "the station's key ends within 30 days");
	else
		doctor_well(d, "the station's key is valid");
}

/* What an address says about where one subscriber can be told from another; an order has those of subscribers only. */
enum kind {
	OF_ONE,     /* public, as far as an address can tell */
	OF_PRIVATE, /* RFC 1918, RFC 4193 */
	OF_SHARED   /* RFC 6598: the inside of a carrier's NAT */
};

static enum kind
kind_of(const struct order_prefix *p)
{
	const uint8_t *a = p->addr;

	if (p->family == 6)
		return (a[0] & 0xfe) == 0xfc ? OF_PRIVATE : OF_ONE;
	if (a[0] == 100 && (a[1] & 0xc0) == 64)
		return OF_SHARED;
	return a[0] == 10 || (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 192 && a[1] == 168) ? OF_PRIVATE
												  : OF_ONE;
}

static int
is_to_come(const struct doctor *d, const struct orderbook_case *c)
{
	return c->state == ORDERBOOK_ACCEPTED && d->overview->now < c->order->not_after;
}

/* How many addresses of a kind an order names. */
static size_t
count_kind(const struct order *o, enum kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < o->prefix_count; i++)
		n += kind_of(&o->prefixes[i]) == kind && (kind != OF_ONE || o->prefixes[i].family == 4);
	return n;
}

/* Behind a NAT many subscribers have one address: only before it is a frame of one of them known for his. */
static void
examine_subject(struct doctor *d, const struct order *o, int has_nat)
{
	size_t n;

	if ((n = order_count_link_local(o)) > 0)
		doctor_ill(d,
		    "capture on the subject's own link only, or end it: casetap order extend --to, order revoke",
		    "%zu of its addresses are link-local: on the next link they are another's", n);
	if ((n = count_kind(o, OF_SHARED)) > 0)
		doctor_note(d,
		    "capture between the subscriber and the NAT: on its public side nobody can be told apart",
		    "%zu of its addresses are of 100.64.0.0/10, behind a carrier's NAT", n);
	if ((n = count_kind(o, OF_PRIVATE)) > 0)
		doctor_note(d,
		    "capture before the NAT, and be sure that no other access network uses the same address",
		    "%zu of its addresses are private (RFC 1918, RFC 4193)", n);
	if (has_nat && (n = count_kind(o, OF_ONE)) > 0)
		doctor_note(d,
		    "make sure that they are his alone: of a NAT's own address the frames of all behind it would be stored",
		    "%zu of its addresses are public, and this network has a NAT", n);
}

/* Where can the addresses of a subject that moves not be learned?  Elsewhere they may be. */
static void
examine_moving(struct doctor *d, const struct order *o)
{
	static const char advice[] = "casetap.conf(5), [iap NAME], or casetap bind for each address";
	const struct conf *conf = d->site->conf;
	const char *why = NULL, *name = NULL;
	size_t n = 0;

	for (size_t i = 0; i < conf->iap_count && o->identity_count > 0; i++) {
		const char *obstacle = moving_obstacle(o, &conf->iaps[i], conf->iaps[i].interface_count);

		n += obstacle != NULL;
		if (obstacle != NULL && why == NULL) {
			why = obstacle;
			name = conf->iaps[i].name;
		}
	}
	if (moving_unread(o, conf->tunnel_count) != NULL)
		doctor_note(d,
		    "have an interface see the traffic by which addresses are given outside of tunnels, or casetap bind",
		    "%s", moving_unread(o, conf->tunnel_count));
	if (n > 0 && n == conf->iap_count)
		doctor_ill(d, advice, "no access point learns every address of its subject; at %s: %s", name, why);
	else if (n > 0)
		doctor_note(d, advice,
		    "%zu of %zu access points do not learn every address of its subject; at %s: %s", n,
		    conf->iap_count, name, why);
}

static void
examine_order(struct doctor *d, const struct orderbook_case *c, int has_nat)
{
	const struct order *o = c->order;

	doctor_topic(d, "case %s", c->case_id);
	for (size_t i = 0; i < o->destination_count; i++) {
		if (conf_find_destination(d->site->conf, o->destinations[i]) == NULL)
			doctor_ill(d, "add it to casetap.conf: until then nothing of the case goes there",
			    "its order sends to %s, which is not configured", o->destinations[i]);
	}
	if (o->destination_count == 0)
		doctor_note(
		    d, "casetap order new --to-destination, in a next revision", "its order names no destination");
	examine_subject(d, o, has_nat);
	examine_moving(d, o);
}

/* Orders that lie encrypted, and those that should. */
static void
examine_file(struct doctor *d, const struct orderbook_case *c)
{
	struct buf file = BUF_INIT;
	char name[32];
	int dirfd;

	if (c->state == ORDERBOOK_LOCKED) {
		doctor_topic(d, "case %s", c->case_id);
		doctor_note(d, "casetap doctor --orders-key FILE, of who has the key",
		    "its order is encrypted and was not looked into");
	}
	if (c->order == NULL || d->site->conf->orders_encrypt_to_count == 0)
		return;
	(void)snprintf(name, sizeof name, "%u.order", c->order->revision); /* has room */
	dirfd = fsio_opendirat(d->site->ordersfd, c->case_id);
	if (dirfd == -1)
		return;
	if (fsio_load(dirfd, name, ORDERFILE_MAX_BYTES, &file) == 0 && !orderfile_is_encrypted(&file)) {
		doctor_topic(d, "case %s", c->case_id);
		doctor_ill(d, "casetap-orders(7) says how to encrypt it", "its order lies there in the clear");
	}
	(void)close(dirfd); /* a folder */
	buf_free(&file);
}

void
doctor_trust(struct doctor *d)
{
	const struct orderbook *book = d->site->book;
	const struct orderbook_case *c;
	int has_nat = 0;

	examine_keyring(d);
	for (size_t i = 0; i < orderbook_count(book); i++) {
		c = orderbook_case(book, i);
		if (is_to_come(d, c) && count_kind(c->order, OF_SHARED) + count_kind(c->order, OF_PRIVATE) > 0)
			has_nat = 1;
	}
	for (size_t i = 0; i < orderbook_count(book); i++) {
		c = orderbook_case(book, i);
		if (is_to_come(d, c))
			examine_order(d, c, has_nat);
		examine_file(d, c);
	}
}
