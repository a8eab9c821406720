#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "proof_mac.h"

#define MAC_BYTES 6

static int
nibble(char c)
{
	static const char digits[] = "0123456789abcdef";

	return (int)(strchr(digits, tolower((unsigned char)c)) - digits);
}

/* 020000000007, 0200.0000.0007, 020000-000007, 02-00-00-00-00-07 or 2:0:0:0:0:7, with the same separators all through. */
static int
parse_mac(const char *s, size_t n, uint8_t mac[MAC_BYTES])
{
	size_t i, digits = 0, groups = 1, length = 0, at = 0, widest = 0, least = n;
	char separator = '\0';

	for (i = 0; i <= n; i++) {
		if (i < n && isxdigit((unsigned char)s[i])) {
			length++;
			continue;
		}
		widest = length > widest ? length : widest;
		least = length < least ? length : least;
		digits += length;
		length = 0;
		if (i == n)
			break;
		if (strchr(":.-", s[i]) == NULL || (separator != '\0' && s[i] != separator))
			return -1;
		separator = s[i];
		groups++;
	}
	if (least == 0 || (groups == MAC_BYTES ? widest > 2 : digits != 12 || widest != 12 / groups || groups > 3))
		return -1;
	if (groups == MAC_BYTES && separator == '.' && digits != 12)
		return -1; /* parts of a number */
	for (i = 0; i < n; at++) {
		mac[at] = (uint8_t)nibble(s[i++]);
		if (i < n && s[i] != separator)
			mac[at] = (uint8_t)(mac[at] << 4 | nibble(s[i++]));
		i += i < n && s[i] == separator;
	}
	return 0;
}

static int
is_same_mac(const struct order_identity *id, const uint8_t mac[MAC_BYTES])
{
	uint8_t own[MAC_BYTES];

	switch (id->kind) {
	case ORDER_DHCP_MAC:
	case ORDER_DHCP6_MAC:
	case ORDER_SLAAC_MAC:
		return id->length == MAC_BYTES && memcmp(id->bytes, mac, MAC_BYTES) == 0;
	case ORDER_DHCP_CLIENT_ID: /* of Ethernet */
		return id->length == 1 + MAC_BYTES && id->bytes[0] == 1 && memcmp(id->bytes + 1, mac, MAC_BYTES) == 0;
	case ORDER_RADIUS_CALLING:
		return parse_mac((const char *)id->bytes, id->length, own) == 0 && memcmp(own, mac, MAC_BYTES) == 0;
	default:
		return 0;
	}
}

static int
names_mac(const struct order *o, const uint8_t mac[MAC_BYTES])
{
	size_t i;

	for (i = 0; i < o->identity_count; i++) {
		if (is_same_mac(&o->identities[i], mac))
			return 1;
	}
	return 0;
}

int
proof_judge_mac(const struct order *o, const char *s, size_t n)
{
	uint8_t mac[MAC_BYTES];

	if (parse_mac(s, n, mac) == -1)
		return 0;
	return names_mac(o, mac) ? 1 : -1;
}

int
proof_is_own_mac(const struct order *o, const char *s, size_t n)
{
	return proof_judge_mac(o, s, n) == 1;
}
