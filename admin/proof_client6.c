#include <arpa/inet.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proof_client6.h"

static int
names(const struct order *o, unsigned kind, const void *bytes, size_t n, int *is_any)
{
	*is_any = 0;
	for (size_t i = 0; i < o->identity_count; i++) {
		const struct order_identity *id = &o->identities[i];

		if (id->kind != kind)
			continue;
		*is_any = 1;
		if (id->length == n && memcmp(id->bytes, bytes, n) == 0)
			return 1;
	}
	return 0;
}

int
proof_has_iaid(const struct order *o)
{
	int is_any;

	(void)names(o, ORDER_DHCP6_IAID, "", 0, &is_any);
	return is_any;
}

/* An order that names an IAID, too, means that one of the client's alone. */
int
proof_is_client6(const struct order *o, const struct proof_client6 *c)
{
	uint32_t iaid = htonl((uint32_t)c->iaid);
	int is_any, is_one;

	if (!names(o, ORDER_DHCP6_DUID, c->duid, c->length, &is_any))
		return 0;
	is_one = names(o, ORDER_DHCP6_IAID, &iaid, sizeof(iaid), &is_any);
	return !is_any || (c->iaid != -1 && is_one);
}

int
proof_relate6(struct reading *r, const char *text, uint64_t bits, enum proof_relation *relation)
{
	const struct order_prefix *own = r->prefix;
	unsigned least = bits < own->bits ? (unsigned)bits : own->bits, whole = least / 8, i;
	uint8_t net[16];
	size_t n;

	if (bits > 128 || inet_pton(AF_INET6, text, net) != 1)
		return -1;
	for (i = 0; i < 16; i++) {
		if (8 * i >= bits)
			net[i] = 0;
		else if (8 * i + 8 > bits)
			net[i] &= (uint8_t)(0xff << (8 * i + 8 - bits));
	}
	(void)inet_ntop(AF_INET6, net, r->lease, sizeof(r->lease)); /* has room; so here */
	n = strlen(r->lease);
	(void)snprintf(r->lease + n, sizeof(r->lease) - n, "/%u", (unsigned)bits);
	*relation = PROOF_NONE;
	if (memcmp(net, own->addr, whole) == 0 &&
	    (least % 8 == 0 || (net[whole] ^ own->addr[whole]) >> (8 - least % 8) == 0))
		*relation = bits <= own->bits ? PROOF_ALL : PROOF_SOME;
	return 0;
}

size_t
proof_hex(const char *s, size_t n, uint8_t out[PROOF_DUID_MAX])
{
	size_t used = 0;

	for (size_t i = 0; i < n; i += 3) {
		char byte[3] = {s[i], i + 1 < n ? s[i + 1] : '\0', '\0'};

		if (used == PROOF_DUID_MAX || !isxdigit((unsigned char)byte[0]) ||
		    !isxdigit((unsigned char)byte[1]) || (i + 2 < n && (s[i + 2] != ':' || i + 3 == n)))
			return 0;
		out[used++] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return used;
}
