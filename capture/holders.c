#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "digest.h"

#include "follow_client4.h"
#include "follow_internal.h"

#include "holders.h"

enum source {
	BY_DHCP4,
	BY_DHCP6,
	SOURCES
};

#define KEY_BYTES 32
#define TELL_AGAIN STAMP_DAY /* whoever can forge an acknowledgement makes no flood of it */

/* Of an address, by the word of one source. */
struct holder {
	int is_known, is_away; /* is_away: it was told that another has it, and not yet that it is back */
	int has_home;
	char client[DIGEST_HEX]; /* as its source tells one from another */
	char home[DIGEST_HEX];   /* who had it before it was away, where that was seen */
};

struct holders {
	const struct order *order; /* borrowed */
	uint8_t key[KEY_BYTES];
	int is_told;
	stamp_t told; /* the latest time that another had it, of any address, but for what is_again says */
	int is_over;  /* it was told that none is away any more */
	int is_again; /* on the same day that one is again: it is called away until the day is over */
	struct holder at[][SOURCES]; /* of each of the order's prefixes */
};

/* Is a client one that the order names? */
enum who {
	WHO_NAMED,
	WHO_ANOTHER, /* it names others, and surely not this one */
	WHO_UNSURE,  /* it names some by what the message does not say */
	WHO_ANYONE   /* it names nobody by this protocol */
};

/* A server's word that a client has something. */
struct word {
	enum source source;
	enum who who;
	const void *client;
	size_t length;
	stamp_t time;
};

int
holders_are_told_of(const struct order *o, const struct conf_iap *iap)
{
	size_t i;

	if (o->vlan_count + o->stack_count + o->session_count > 0)
		return 0;
	for (i = 0; i < o->prefix_count; i++) {
		const struct order_prefix *p = &o->prefixes[i];

		if (p->family == 4 ? p->bits == 32 && iap->dhcp_server_count > 0 : iap->ipv6.server_count > 0)
			return 1;
	}
	return 0;
}

struct holders *
holders_new(const struct order *o)
{
	struct holders *h = calloc(1, sizeof(*h) + o->prefix_count * sizeof(h->at[0]));

	if (h == NULL)
		return NULL;
	/* A MAC has so few bits that its plain hash is as good as the MAC. */
	if (getrandom(h->key, sizeof(h->key), 0) != (ssize_t)sizeof(h->key)) {
		free(h);
		return NULL;
	}
	h->order = o;
	return h;
}

void
holders_free(struct holders *h)
{
	free(h);
}

void
holders_change(struct holders *h, const struct order *o)
{
	h->order = o;
}

/* By whatever protocol: a machine is the same in all of them. */
static int
names_mac(const struct order *o, const uint8_t mac[6])
{
	size_t i;

	for (i = 0; i < o->mac_count; i++) {
		if (memcmp(o->macs[i], mac, 6) == 0)
			return 1;
	}
	for (i = 0; i < o->identity_count; i++) {
		const struct order_identity *id = &o->identities[i];

		if ((id->kind == ORDER_DHCP_MAC || id->kind == ORDER_DHCP6_MAC || id->kind == ORDER_SLAAC_MAC) &&
		    memcmp(id->bytes, mac, 6) == 0)
			return 1;
	}
	return 0;
}

/* Any identity of the order's will do; another it is if the message speaks against each. */
static enum who
who4(const struct order *o, const struct dhcp4 *m)
{
	const int is_by_mac = o->mac_count > 0 || follow_who(o, FOLLOW_KIND(ORDER_DHCP_MAC)) != 0;
	const int is_by_id = follow_who(o, FOLLOW_KIND(ORDER_DHCP_CLIENT_ID)) != 0;
	const int is_by_line = follow_who(o, FOLLOW_DHCP4_LINE) != 0;
	const unsigned others = follow_dhcp4_others(o, m, 1);

	if ((m->is_ethernet && names_mac(o, m->hardware)) || follow_dhcp4_named(o, m, 1) != 0)
		return WHO_NAMED;
	if ((is_by_mac && !m->is_ethernet) || (is_by_id && (others & FOLLOW_OTHER_CLIENT) == 0) ||
	    (is_by_line && (others & FOLLOW_OTHER_LINE) == 0))
		return WHO_UNSURE;
	return is_by_mac || is_by_id || is_by_line ? WHO_ANOTHER : WHO_ANYONE;
}

/*
 * A DUID is opaque (RFC 8415, section 11): a MAC in it that is the order's is that machine's, and any other says nothing,
 * for it may be of another of its interfaces.  MAC and line of a client are in no reply.
 */
static enum who
who6(const struct order *o, const struct wire_bytes *duid)
{
	const uint8_t *mac = follow_mac_of_duid(duid->at, duid->n);
	size_t i;

	if (mac != NULL && names_mac(o, mac))
		return WHO_NAMED;
	for (i = 0; i < o->identity_count; i++) {
		const struct order_identity *id = &o->identities[i];

		if (id->kind == ORDER_DHCP6_DUID && id->length == duid->n &&
		    memcmp(id->bytes, duid->at, duid->n) == 0)
			return WHO_NAMED;
	}
	if (follow_who(o, FOLLOW_KIND(ORDER_DHCP6_MAC) | FOLLOW_DHCP6_LINE) != 0)
		return WHO_UNSURE;
	if (follow_who(o, FOLLOW_KIND(ORDER_DHCP6_DUID)) == 0)
		return WHO_ANYONE;
	return o->mac_count > 0 ? WHO_UNSURE : WHO_ANOTHER;
}

static int
was_told_lately(const struct holders *h, stamp_t now)
{
	stamp_t since = now > h->told ? now - h->told : h->told - now;

	return h->is_told && since < TELL_AGAIN;
}

/* Return 0, or -1 if there is nothing to tell it by, or no memory. */
static int
hash_of(const struct holders *h, const struct word *w, char hex[DIGEST_HEX])
{
	uint8_t keyed[KEY_BYTES + DHCP6_DUID_MAX];

	if (w->length == 0 || w->length > DHCP6_DUID_MAX)
		return -1;
	memcpy(keyed, h->key, KEY_BYTES);
	memcpy(keyed + KEY_BYTES, w->client, w->length);
	return digest_hex_of(keyed, KEY_BYTES + w->length, hex);
}

/* Whom the order names is known by that alone: the same machine may be at another line. */
static int
is_home(const struct holder *at, const struct word *w, const char now[DIGEST_HEX])
{
	return w->who == WHO_NAMED ||
	       (w->who == WHO_ANYONE && at->has_home && memcmp(at->home, now, DIGEST_HEX) == 0);
}

static int
is_another(const struct holder *at, const struct word *w, const char now[DIGEST_HEX])
{
	const int is_other = at->is_known && memcmp(at->client, now, DIGEST_HEX) != 0;

	return (w->who == WHO_ANOTHER && (!at->is_away || is_other)) || (w->who == WHO_ANYONE && is_other);
}

static void
leave_home(struct holder *at)
{
	if (at->is_away)
		return; /* from one stranger to the next */
	at->is_away = 1;
	at->has_home = at->is_known;
	memcpy(at->home, at->client, sizeof(at->home));
}

/*
 * The first whom it is seen with has it, unless the order says who does; after a word that it was given to another that
 * one has it.  That is told once a day at most; the end of what was told is no other matter, and waits for no day: there
 * are no more of them.  But that it is over must not stand while it is another's again: that is told, too, and nothing more
 * on that day.
 */
static enum holders_turn
turn(struct holders *h, size_t i, const struct word *w)
{
	struct holder *at = &h->at[i][w->source];
	const int is_lately = was_told_lately(h, w->time);
	enum holders_turn turn = HOLDERS_NONE;
	char now[DIGEST_HEX];

	if (w->who == WHO_UNSURE || hash_of(h, w, now) == -1)
		return HOLDERS_NONE;
	if (at->is_away && is_home(at, w, now)) {
		if (is_lately && h->is_again)
			return HOLDERS_NONE;
		at->is_away = 0;
		h->is_over = !holders_are_away(h);
		turn = HOLDERS_BACK;
	} else if (is_another(at, w, now)) {
		if (is_lately && !h->is_over)
			return HOLDERS_NONE;
		leave_home(at);
		h->is_over = 0;
		h->is_again = is_lately;
		h->told = is_lately ? h->told : w->time;
		h->is_told = 1;
		turn = HOLDERS_AWAY;
	}
	memcpy(at->client, now, sizeof(now));
	at->is_known = 1;
	return turn;
}

static int
is_same(const struct order_prefix *a, const struct order_prefix *b)
{
	return a->family == b->family && a->bits == b->bits && memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

/* A client has that.  Is it the order's, and what is to be told of it? */
static enum holders_turn
take(struct holders *h, const struct word *w, const struct order_prefix *p, struct order_prefix *address)
{
	enum holders_turn t;
	size_t i;

	for (i = 0; i < h->order->prefix_count; i++) {
		if (!is_same(&h->order->prefixes[i], p))
			continue;
		t = turn(h, i, w);
		if (t == HOLDERS_NONE)
			continue;
		*address = *p;
		return t;
	}
	return HOLDERS_NONE;
}

static int
is_server6(const struct conf_ipv6 *conf, const struct follow_frame *frame)
{
	uint32_t i;

	for (i = 0; frame->family == 6 && i < conf->server_count; i++) {
		if (memcmp(conf->servers[i].addr, frame->source, 16) == 0)
			return 1;
	}
	return 0;
}

int
holders_is_word(const struct conf_iap *iap, const struct follow_message *m, const struct follow_frame *frame)
{
	const struct dhcp4 *v4 = &m->dhcp4;
	const struct dhcp6 *v6 = &m->dhcp6;

	switch (m->kind) {
	case FOLLOW_MESSAGE_DHCP4:
		/* What answers an INFORM gives nothing. */
		return v4->is_reply && v4->type == DHCP4_ACK && v4->lease != 0 && frame->family != 6 &&
		       follow_dhcp4_is_ours(iap, frame->source);
	case FOLLOW_MESSAGE_DHCP6:
		return v6->is_reply && v6->is_whole && v6->type == DHCP6_REPLY && v6->client_id.n > 0 &&
		       is_server6(&iap->ipv6, frame);
	default:
		return 0;
	}
}

static enum holders_turn
show_dhcp4(struct holders *h, const struct dhcp4 *m, const struct follow_frame *frame, struct order_prefix *address)
{
	const struct word w = {BY_DHCP4, who4(h->order, m), m->hardware, m->hardware_length, frame->time};
	struct order_prefix p = {.family = 4, .bits = 32};

	memcpy(p.addr, m->yours, sizeof(m->yours));
	return take(h, &w, &p, address);
}

static enum holders_turn
show_dhcp6(struct holders *h, const struct dhcp6 *m, const struct follow_frame *frame, struct order_prefix *address)
{
	const struct word w = {BY_DHCP6, who6(h->order, &m->client_id), m->client_id.at, m->client_id.n, frame->time};
	struct dhcp6_given at = {.rest = m->options};
	enum holders_turn t = HOLDERS_NONE;
	struct dhcp6_lease lease;

	while (t == HOLDERS_NONE && dhcp6_next_given(&at, &lease))
		t = take(h, &w, &lease.address, address);
	return t;
}

enum holders_turn
holders_show(
    struct holders *h, const struct follow_message *m, const struct follow_frame *frame, struct order_prefix *address)
{
	return m->kind == FOLLOW_MESSAGE_DHCP4 ? show_dhcp4(h, &m->dhcp4, frame, address)
					       : show_dhcp6(h, &m->dhcp6, frame, address);
}

int
holders_are_away(const struct holders *h)
{
	size_t i;
	int s;

	for (i = 0; i < h->order->prefix_count; i++) {
		for (s = 0; s < SOURCES; s++) {
			if (h->at[i][s].is_away)
				return 1;
		}
	}
	return 0;
}

const char *
holders_method(const struct follow_message *m)
{
	return m->kind == FOLLOW_MESSAGE_DHCP4 ? "dhcpv4" : "dhcpv6";
}
