#include <arpa/inet.h>

#include <string.h>

#include "text.h"

#include "order.h"

#include "order_internal.h"

/*
 * What may be one subscriber's address.
 */
#define MAC_TEXT_CHARS 17
#define IPV4_BITS_MIN 8 /* of a prefix */
#define IPV6_BITS_MIN 32

/* Addresses that are nobody's in particular. */
static const struct {
	struct order_prefix prefix;
	const char *what;
} forbidden[] = {
    {{4, 8, {0}}, "an unspecified address"},
    {{4, 8, {127}}, "a loopback address"},
    {{4, 4, {224}}, "a multicast address"},
    {{4, 32, {255, 255, 255, 255}}, "the broadcast address"},
    {{6, 128, {0}}, "an unspecified address"},
    {{6, 128, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}, "a loopback address"},
    {{6, 8, {0xff}}, "a multicast address"},
    {{6, 96, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}}, "an IPv4 address in IPv6 form (use ipv4)"},
};

/* Are the first ${bits} bits of both the same? */
static int
is_same(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return memcmp(a, b, whole) == 0 && (rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0);
}

static int
overlaps(const struct order_prefix *a, const struct order_prefix *b)
{
	return a->family == b->family && is_same(a->addr, b->addr, a->bits < b->bits ? a->bits : b->bits);
}

static int
has_host_bits(const struct order_prefix *p)
{
	unsigned i, total = p->family == 4 ? ORDER_IPV4_BITS : ORDER_IPV6_BITS;

	for (i = p->bits; i < total; i++) {
		if ((p->addr[i / 8] >> (7 - i % 8) & 1) != 0)
			return 1;
	}
	return 0;
}

const char *
order_prefix_judge(const struct order_prefix *p)
{
	size_t i;

	for (i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		if (overlaps(p, &forbidden[i].prefix))
			return forbidden[i].what;
	}
	return NULL;
}

int
order_prefix_is_host(const struct order_prefix *p)
{
	return p->bits == (p->family == 4 ? ORDER_IPV4_BITS : ORDER_IPV6_BITS);
}

const char *
order_prefix_judge_length(const struct order_prefix *p)
{
	return p->bits < (p->family == 4 ? IPV4_BITS_MIN : IPV6_BITS_MIN)
		   ? "a prefix shorter than /8 (IPv4) or /32 (IPv6) is never one subject's"
		   : NULL;
}

int
order_prefix_is_link_local(const struct order_prefix *p)
{
	static const struct order_prefix ipv4 = {4, 16, {169, 254}}, ipv6 = {6, 10, {0xfe, 0x80}};

	return overlaps(p, &ipv4) || overlaps(p, &ipv6);
}

const char *
order_prefix_parse(char *item, uint8_t family, struct order_prefix *out)
{
	const struct order_prefix none = {.family = family, .bits = family == 4 ? ORDER_IPV4_BITS : ORDER_IPV6_BITS};
	char *slash = strchr(item, '/');
	uint64_t bits;

	*out = none;
	if (slash != NULL) {
		*slash = '\0';
		if (text_u64(slash + 1, 0, none.bits, &bits) == -1)
			return "not an address or an address/length";
		out->bits = (uint8_t)bits;
	}
	if (inet_pton(family == 4 ? AF_INET : AF_INET6, item, out->addr) != 1)
		return "not a numeric address (names are not looked up)";
	if (out->bits == 0)
		return "a prefix of length 0 is everybody";
	if (has_host_bits(out))
		return "a prefix with bits set behind its length";
	return order_prefix_judge(out);
}

const char *
order_mac_parse(const char *item, uint8_t out[6])
{
	static const uint8_t zero[6];
	char digits[3] = "";
	size_t i, k;

	if (strlen(item) != MAC_TEXT_CHARS)
		return "not of the form xx:xx:xx:xx:xx:xx";
	for (i = 0; i < 6; i++, item += 3) {
		for (k = 0; k < 2; k++)
			digits[k] = (char)(item[k] >= 'A' && item[k] <= 'F' ? item[k] - 'A' + 'a' : item[k]);
		if (text_unhex(&out[i], 1, digits) == -1 || item[2] != (i < 5 ? ':' : '\0'))
			return "not of the form xx:xx:xx:xx:xx:xx";
	}
	if ((out[0] & 1) != 0)
		return "a group address";
	return memcmp(out, zero, sizeof(zero)) == 0 ? "an unspecified address" : NULL;
}
