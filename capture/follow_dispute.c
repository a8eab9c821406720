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

const uint8_t *
follow_mac_in(const void *text, size_t n, uint8_t mac[6])
{
	const uint8_t *at = text;
	size_t i, digits = 0;
	int digit;

	memset(mac, 0, 6);
	for (i = 0; i < n; i++) {
		if (at[i] == '-' || at[i] == ':' || at[i] == '.')
			continue;
		digit = digit_of(at[i]);
		if (digit == -1 || digits == 12)
			return NULL;
		mac[digits / 2] = (uint8_t)(mac[digits / 2] << 4 | digit);
		digits++;
	}
	return digits == 12 ? mac : NULL;
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

/* A host's own addresses are under its MAC alone: where the other's is not known, nothing is said against one. */
static int
is_against(const struct follow *f, const struct follow_binding *b, const uint8_t *mac)
{
	uint8_t room[6];
	const uint8_t *own = mac_of(f, b, room);

	if (mac == NULL || own == NULL)
		return b->source != FOLLOW_SLAAC;
	return memcmp(own, mac, 6) != 0;
}

static void
end(struct follow *f, size_t i, const struct follow_frame *frame)
{
	f->blind = FOLLOW_CONFLICT;
	if (f->bindings[i].source == FOLLOW_RADIUS)
		follow_session_end(f, &f->sessions->at[f->bindings[i].session], "conflict", NULL, frame);
	else
		follow_end(f, i, "conflict", frame);
}

void
follow_dispute(struct follow *f, enum follow_source source, const struct order_prefix *p, const uint8_t *mac,
    const struct follow_frame *frame)
{
	const struct follow_binding *b;
	size_t i;

	follow_given_dispute(f, p, frame);
	/* With one of a session's all of its end: those that are left are looked at anew. */
	for (i = 0; i < f->count;) {
		b = &f->bindings[i];
		if (b->source == FOLLOW_PPPOE || b->source == source || !follow_overlaps(&b->address, p) ||
		    !is_against(f, b, mac)) {
			i++;
			continue;
		}
		end(f, i, frame);
		i = 0;
	}
}
