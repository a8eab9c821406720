#include <arpa/inet.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "settings.h"
#include "text.h"

#include "order.h"

#include "order_internal.h"

/*
 * What a subject that moves is told by.  Bytes that a client or relay chose are written as text, with %xx for a blank and
 * whatever does not print, or as 0x and hex digits.
 */
#define ITEM_ROOM (3 * ORDER_IDENTITY_BYTES + 1)

static const char *const words[ORDER_IDENTITY_KINDS] = {[ORDER_DHCP_MAC] = "dhcp_mac",
    [ORDER_DHCP_CLIENT_ID] = "dhcp_client_id",
    [ORDER_DHCP_CIRCUIT_ID] = "dhcp_circuit_id",
    [ORDER_DHCP_REMOTE_ID] = "dhcp_remote_id",
    [ORDER_DHCP_RELAY] = "dhcp_relay",
    [ORDER_RADIUS_USER] = "radius_user_name",
    [ORDER_RADIUS_CALLING] = "radius_calling_station_id",
    [ORDER_PPPOE_USER] = "pppoe_user",
    [ORDER_DHCP6_DUID] = "dhcp6_duid",
    [ORDER_DHCP6_IAID] = "dhcp6_iaid",
    [ORDER_DHCP6_MAC] = "dhcp6_mac",
    [ORDER_DHCP6_INTERFACE_ID] = "dhcp6_interface_id",
    [ORDER_DHCP6_REMOTE_ID] = "dhcp6_remote_id",
    [ORDER_DHCP6_RELAY] = "dhcp6_relay",
    [ORDER_SLAAC_MAC] = "slaac_mac"};

const char *
order_identity_word(unsigned kind)
{
	return words[kind];
}

static const char *
parse_relay(const char *item, struct order_identity *out)
{
	if (inet_pton(AF_INET, item, out->bytes) != 1)
		return "not a numeric address (names are not looked up)";
	out->length = 4;
	return out->bytes[0] == 0 || out->bytes[0] >= 224 ? "not a relay's address" : NULL;
}

static const char *
parse_relay6(const char *item, struct order_identity *out)
{
	static const uint8_t nobody[16];

	if (inet_pton(AF_INET6, item, out->bytes) != 1)
		return "not a numeric IPv6 address (names are not looked up)";
	out->length = 16;
	return out->bytes[0] == 0xff || memcmp(out->bytes, nobody, 15) == 0 ? "not a relay's address" : NULL;
}

static const char *
parse_iaid(const char *item, struct order_identity *out)
{
	uint64_t value;
	size_t i;

	if (text_u64(item, 0, UINT32_MAX, &value) == -1)
		return "not a number of 32 bits";
	out->length = 4;
	for (i = 0; i < 4; i++)
		out->bytes[i] = (uint8_t)(value >> (24 - 8 * i));
	return NULL;
}

static int
is_mac(unsigned kind)
{
	return kind == ORDER_DHCP_MAC || kind == ORDER_DHCP6_MAC || kind == ORDER_SLAAC_MAC;
}

static const char *
parse_hex(const char *digits, struct order_identity *out)
{
	size_t n = strlen(digits) / 2;

	if (n == 0 || n > sizeof(out->bytes) || text_unhex(out->bytes, n, digits) == -1)
		return "not 1 to 126 bytes as 0x and lower-case hex digits";
	out->length = (uint8_t)n;
	return NULL;
}

static const char *
parse_text(const char *item, struct order_identity *out)
{
	char digits[3] = "";
	size_t n = 0;

	for (; *item != '\0'; item++, n++) {
		if (n == sizeof(out->bytes))
			return "longer than 126 bytes";
		out->bytes[n] = (uint8_t)*item;
		if (*item == '%') {
			digits[0] = item[1];
			digits[1] = item[1] == '\0' ? '\0' : item[2];
			if (text_unhex(&out->bytes[n], 1, digits) == -1)
				return "not two lower-case hex digits behind a %";
			item += 2;
		} else if (!text_is_printable(item, 1))
			return "holds something else than printable ASCII (write 0x and hex digits, or %xx)";
	}
	out->length = (uint8_t)n;
	return NULL;
}

/* Return NULL, or what is wrong. */
static const char *
parse(const char *item, unsigned kind, struct order_identity *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = (uint8_t)kind;
	if (kind == ORDER_DHCP_RELAY)
		return parse_relay(item, out);
	if (kind == ORDER_DHCP6_RELAY)
		return parse_relay6(item, out);
	if (kind == ORDER_DHCP6_IAID)
		return parse_iaid(item, out);
	if (is_mac(kind)) {
		out->length = 6;
		return order_mac_parse(item, out->bytes);
	}
	return strncmp(item, "0x", 2) == 0 ? parse_hex(item + 2, out) : parse_text(item, out);
}

int
order_identity_set(
    const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct order *o = field;
	struct order_identity *grown;
	const char *s = e->value, *wrong;
	char item[ITEM_ROOM];
	size_t n;

	for (s += strspn(s, " "); *s != '\0'; s += n + strspn(s + n, " ")) {
		n = strcspn(s, " ");
		if (n >= sizeof(item))
			return settings_refuse(ini, e, "longer than 126 bytes");
		memcpy(item, s, n);
		item[n] = '\0';
		if (o->identity_count == ORDER_IDENTITIES_MAX)
			return settings_refuse(ini, e, "more than 64 identities in all");
		grown = reallocarray(o->identities, o->identity_count + 1, sizeof(*grown));
		if (grown == NULL) {
			diag_errx("%s: out of memory", inifile_label(ini));
			errno = ENOMEM;
			return -1;
		}
		o->identities = grown;
		wrong = parse(item, (unsigned)key->min, &grown[o->identity_count]);
		if (wrong != NULL)
			return settings_refuse(ini, e, wrong);
		o->identity_count++;
	}
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct order_identity));
}

#define KIND(kind) (1U << (kind))

/* What is wrong with identities of those kinds together, or NULL. */
static const char *
judge_kinds(unsigned kinds)
{
	if ((kinds & KIND(ORDER_DHCP_CIRCUIT_ID)) != 0 &&
	    (kinds & (KIND(ORDER_DHCP_REMOTE_ID) | KIND(ORDER_DHCP_RELAY))) == 0)
		return "dhcp_circuit_id is the same at many a relay: dhcp_remote_id or dhcp_relay must say at which";
	if ((kinds & KIND(ORDER_DHCP_RELAY)) != 0 &&
	    (kinds & (KIND(ORDER_DHCP_CIRCUIT_ID) | KIND(ORDER_DHCP_REMOTE_ID))) == 0)
		return "dhcp_relay only narrows: dhcp_circuit_id or dhcp_remote_id must stand with it";
	if ((kinds & KIND(ORDER_DHCP6_INTERFACE_ID)) != 0 &&
	    (kinds & (KIND(ORDER_DHCP6_REMOTE_ID) | KIND(ORDER_DHCP6_RELAY))) == 0)
		return "dhcp6_interface_id is the same at many a relay: dhcp6_remote_id or dhcp6_relay must say at "
		       "which";
	if ((kinds & KIND(ORDER_DHCP6_RELAY)) != 0 &&
	    (kinds & (KIND(ORDER_DHCP6_INTERFACE_ID) | KIND(ORDER_DHCP6_REMOTE_ID))) == 0)
		return "dhcp6_relay only narrows: dhcp6_interface_id or dhcp6_remote_id must stand with it";
	if ((kinds & KIND(ORDER_DHCP6_IAID)) != 0 && (kinds & KIND(ORDER_DHCP6_DUID)) == 0)
		return "dhcp6_iaid only narrows: dhcp6_duid must stand with it";
	return NULL;
}

const char *
order_identities_settle(struct order *o)
{
	struct order_identity *ids = o->identities;
	size_t i, kept = 0;
	unsigned kinds = 0;

	if (o->identity_count == 0)
		return NULL;
	qsort(ids, o->identity_count, sizeof(*ids), compare);
	for (i = 0; i < o->identity_count; i++) {
		kinds |= 1U << ids[i].kind;
		if (kept == 0 || compare(&ids[i], &ids[kept - 1]) != 0)
			ids[kept++] = ids[i];
	}
	o->identity_count = kept;
	return judge_kinds(kinds);
}

/* An identity of bytes that its owner chose. */
static void
put_bytes(const struct order_identity *id, struct buf *out)
{
	char hex[2 * ORDER_IDENTITY_BYTES + 1];
	int is_text = text_is_printable((const char *)id->bytes, id->length) &&
		      memchr(id->bytes, ' ', id->length) == NULL && memchr(id->bytes, '%', id->length) == NULL &&
		      (id->length < 2 || memcmp(id->bytes, "0x", 2) != 0);

	if (is_text) {
		(void)buf_put(out, id->bytes, id->length);
		return;
	}
	text_hex(hex, id->bytes, id->length);
	(void)buf_printf(out, "0x%s", hex);
}

void
order_identity_text(const struct order_identity *id, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];
	const uint8_t *b = id->bytes;

	(void)buf_printf(out, "%s ", words[id->kind]);
	if (is_mac(id->kind))
		(void)buf_printf(out, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
	else if (id->kind == ORDER_DHCP_RELAY)
		(void)buf_printf(out, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
	else if (id->kind == ORDER_DHCP6_IAID)
		(void)buf_printf(out, "%u", (unsigned)b[0] << 24 | (unsigned)b[1] << 16 | (unsigned)b[2] << 8 | b[3]);
	else if (id->kind == ORDER_DHCP6_RELAY)
		(void)buf_puts(out, inet_ntop(AF_INET6, b, text, sizeof(text))); /* has room for every address */
	else
		put_bytes(id, out);
}
