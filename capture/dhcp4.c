#include <string.h>

#include "wire.h"

#include "dhcp4.h"

#define BOOTREQUEST 1
#define BOOTREPLY 2
#define HTYPE_ETHERNET 1
#define SNAME_AT 44
#define SNAME_BYTES 64
#define FILE_AT 108
#define FILE_BYTES 128
#define COOKIE_AT 236
#define COOKIE 0x63825363U
#define OPTIONS_AT 240

#define OVERLOAD_FILE 1
#define OVERLOAD_SNAME 2

enum option {
	OPTION_PAD = 0,
	OPTION_REQUESTED = 50,
	OPTION_LEASE = 51,
	OPTION_OVERLOAD = 52,
	OPTION_TYPE = 53,
	OPTION_SERVER = 54,
	OPTION_RENEWAL = 58,
	OPTION_REBINDING = 59,
	OPTION_CLIENT_ID = 61,
	OPTION_RELAY = 82,
	OPTION_END = 255
};

#define CIRCUIT_ID 1
#define REMOTE_ID 2

struct reading {
	struct dhcp4 *m;
	uint8_t seen[32]; /* a bit an option */
	uint8_t overload;
};

/* Has this option come before?  From now on it has. */
static int
is_second(struct reading *r, uint8_t code)
{
	uint8_t bit = (uint8_t)(1U << (code & 7));
	int is_set = (r->seen[code >> 3] & bit) != 0;

	r->seen[code >> 3] |= bit;
	return is_set;
}

static int
take_address(uint8_t out[4], const uint8_t *at, size_t n)
{
	if (n != 4)
		return -1;
	memcpy(out, at, 4);
	return 0;
}

static int
take_seconds(uint32_t *out, const uint8_t *at, size_t n)
{
	if (n != 4)
		return -1;
	*out = wire_be32(at);
	return 0;
}

static int
take_byte(uint8_t *out, const uint8_t *at, size_t n)
{
	if (n != 1)
		return -1;
	*out = *at;
	return 0;
}

/* The suboptions of option 82. */
static int
take_relay(struct dhcp4 *m, const uint8_t *at, size_t n)
{
	size_t length;
	int rc = 0;

	for (; rc == 0 && n > 0; at += 2 + length, n -= 2 + length) {
		if (n < 2 || (size_t)at[1] > n - 2)
			return -1;
		length = at[1];
		if (at[0] == CIRCUIT_ID)
			rc = wire_take(&m->circuit_id, at + 2, length);
		else if (at[0] == REMOTE_ID)
			rc = wire_take(&m->remote_id, at + 2, length);
	}
	return rc;
}

static int
take_option(struct reading *r, uint8_t code, const uint8_t *at, size_t n)
{
	struct dhcp4 *m = r->m;

	switch ((enum option)code) {
	case OPTION_REQUESTED:
		return is_second(r, code) ? -1 : take_address(m->requested, at, n);
	case OPTION_LEASE:
		return is_second(r, code) ? -1 : take_seconds(&m->lease, at, n);
	case OPTION_OVERLOAD:
		return is_second(r, code) ? -1 : take_byte(&r->overload, at, n);
	case OPTION_TYPE:
		return is_second(r, code) ? -1 : take_byte(&m->type, at, n);
	case OPTION_SERVER:
		return is_second(r, code) ? -1 : take_address(m->server, at, n);
	case OPTION_RENEWAL:
		return is_second(r, code) ? -1 : take_seconds(&m->renewal, at, n);
	case OPTION_REBINDING:
		return is_second(r, code) ? -1 : take_seconds(&m->rebinding, at, n);
	case OPTION_CLIENT_ID:
		return is_second(r, code) ? -1 : wire_take(&m->client_id, at, n);
	case OPTION_RELAY:
		return is_second(r, code) ? -1 : take_relay(m, at, n);
	case OPTION_PAD:
	case OPTION_END:
	default:
		return 0;
	}
}

/* A field of options; many a client leaves out the end mark. */
static int
take_options(struct reading *r, const uint8_t *at, size_t n)
{
	size_t length;

	while (n > 0 && *at != OPTION_END) {
		if (*at == OPTION_PAD) {
			at++;
			n--;
			continue;
		}
		if (n < 2 || (size_t)at[1] > n - 2)
			return -1;
		length = at[1];
		if (take_option(r, at[0], at + 2, length) == -1)
			return -1;
		at += 2 + length;
		n -= 2 + length;
	}
	return 0;
}

static void
take_header(struct dhcp4 *m, const uint8_t *data)
{
	m->is_reply = data[0] == BOOTREPLY;
	m->hardware_length = data[2];
	memcpy(m->hardware, data + 28, data[2]);
	m->is_ethernet = data[1] == HTYPE_ETHERNET && data[2] == 6;
	m->xid = wire_be32(data + 4);
	memcpy(m->client, data + 12, 4);
	memcpy(m->yours, data + 16, 4);
	memcpy(m->relay, data + 24, 4);
}

static int
take_all_options(struct dhcp4 *m, const uint8_t *data, size_t n)
{
	struct reading r;

	memset(&r, 0, sizeof(r));
	r.m = m;
	if (take_options(&r, data + OPTIONS_AT, n - OPTIONS_AT) == -1 ||
	    r.overload > (OVERLOAD_FILE | OVERLOAD_SNAME))
		return -1;
	if ((r.overload & OVERLOAD_FILE) != 0 && take_options(&r, data + FILE_AT, FILE_BYTES) == -1)
		return -1;
	if ((r.overload & OVERLOAD_SNAME) != 0 && take_options(&r, data + SNAME_AT, SNAME_BYTES) == -1)
		return -1;
	return 0;
}

int
dhcp4_parse(struct dhcp4 *m, const uint8_t *data, size_t n)
{
	memset(m, 0, sizeof(*m));
	if (n < COOKIE_AT || (data[0] != BOOTREQUEST && data[0] != BOOTREPLY) || data[2] > sizeof(m->hardware))
		return -1;
	take_header(m, data);
	if (n < OPTIONS_AT || wire_be32(data + COOKIE_AT) != COOKIE)
		return 0;
	if (take_all_options(m, data, n) == 0)
		return 0;
	memset(m, 0, sizeof(*m));
	take_header(m, data);
	return 0;
}
