#include <string.h>

#include "follow_internal.h"
#include "follow_sessions.h"

/*
 * What one source says against what another knows: each is of other identities of the subject, and of those a message of
 * someone else's says nothing.  The same machine is known by its MAC; where that can not be compared it is another.
 */

int
follow_is_routers(const struct conf_iap *iap, const uint8_t mac[6])
{
	uint32_t i;

	for (i = 0; iap != NULL && i < iap->ipv6.router_count; i++) {
		if (memcmp(iap->ipv6.routers[i], mac, 6) == 0)
			return 1;
	}
	return 0;
}

int
follow_is_strangers(const struct order *o, const uint8_t mac[6])
{
	const unsigned kinds =
	    FOLLOW_KIND(ORDER_DHCP_MAC) | FOLLOW_KIND(ORDER_DHCP6_MAC) | FOLLOW_KIND(ORDER_SLAAC_MAC);
	int has_any = 0;
	size_t i;

	for (i = 0; i < o->identity_count; i++) {
		if ((kinds >> o->identities[i].kind & 1) == 0)
			continue;
		if (memcmp(o->identities[i].bytes, mac, 6) == 0)
			return 0;
		has_any = 1;
	}
	return has_any;
}

static int
digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
is_separator(uint8_t c)
{
	return c == '-' || c == ':' || c == '.';
}

/* Twelve digits between which there is nothing are a MAC where one of them is no decimal digit: else a telephone number. */
const uint8_t *
follow_mac_in(const void *text, size_t n, uint8_t mac[6])
{
	const uint8_t *at = text;
	size_t i, digits = 0, groups = 1, group = 12; /* of so many digits each */
	int digit, has_letter = 0;

	memset(mac, 0, 6);
	for (i = 0; i < n; i++) {
		if (is_separator(at[i])) {
			group = groups == 1 ? digits : group;
			if (digits != groups++ * group)
				return NULL;
			continue;
		}
		digit = digit_of(at[i]);
		if (digit == -1 || digits == 12)
			return NULL;
		has_letter |= digit > 9;
		mac[digits / 2] = (uint8_t)(mac[digits / 2] << 4 | digit);
		digits++;
	}
	return digits == 12 && group % 2 == 0 && groups * group == 12 && (groups > 1 || has_letter) ? mac : NULL;
}

const uint8_t *
follow_mac_of_duid(const uint8_t *duid, size_t n)
{
	static const uint8_t time[4] = {0, 1, 0, 1}, link[4] = {0, 3, 0, 1}; /* DUID-LLT, DUID-LL of Ethernet */

	if (n == 14 && memcmp(duid, time, 4) == 0)
		return duid + 8;
	return n == 10 && memcmp(duid, link, 4) == 0 ? duid + 4 : NULL;
}

/* Whose MAC a binding is of; NULL: it is not known. */
static const uint8_t *
mac_of(const struct follow *f, const struct follow_binding *b, uint8_t room[6])
{
	const struct follow_text *calling;

	if (b->source == FOLLOW_RADIUS) {
		calling = &f->sessions->at[b->session].calling;
		return follow_mac_in(calling->bytes, calling->n, room);
	}
	if (b->hardware_length == 6)
		return b->hardware;
	return b->source == FOLLOW_DHCP6 ? follow_mac_of_duid(b->lease.duid, b->lease.duid_length) : NULL;
}

enum against {
	AGAINST_NOT,
	AGAINST_MAYBE, /* the two can not be compared */
	AGAINST_SURELY
};

/* A host's own addresses are under its MAC alone: where the other's is not known, nothing is said against one. */
static enum against
against(const struct follow *f, const struct follow_binding *b, const uint8_t *mac)
{
	uint8_t room[6];
	const uint8_t *own = mac_of(f, b, room);

	if (mac == NULL || own == NULL)
		return b->source == FOLLOW_SLAAC ? AGAINST_NOT : AGAINST_MAYBE;
	return memcmp(own, mac, 6) == 0 ? AGAINST_NOT : AGAINST_SURELY;
}

/* A session that may be of the same machine goes on if it is heard of again a while later. */
static void
end(struct follow *f, size_t i, enum against how, const struct follow_frame *frame)
{
	struct follow_session *s;

	f->blind = FOLLOW_CONFLICT;
	if (f->bindings[i].source != FOLLOW_RADIUS) {
		follow_end(f, i, "conflict", frame);
		return;
	}
	s = &f->sessions->at[f->bindings[i].session];
	follow_session_end(f, s, "conflict", NULL, frame);
	s->is_doubted = how == AGAINST_MAYBE;
	s->is_told &= how != AGAINST_MAYBE;
}

void
follow_dispute(struct follow *f, enum follow_source source, const struct order_prefix *p, const uint8_t *mac,
    const struct follow_frame *frame)
{
	const struct follow_binding *b;
	enum against how;
	size_t i;

	follow_given_dispute(f, p, frame);
	/* With one of a session's all of its end: those that are left are looked at anew. */
	for (i = 0; i < f->count;) {
		b = &f->bindings[i];
		how = b->source == FOLLOW_PPPOE || b->source == source || !follow_overlaps(&b->address, p)
			  ? AGAINST_NOT
			  : against(f, b, mac);
		if (how == AGAINST_NOT) {
			i++;
			continue;
		}
		end(f, i, how, frame);
		i = 0;
	}
}
