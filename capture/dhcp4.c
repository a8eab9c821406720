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

/* Those that are looked at. */
static const uint8_t wanted[] = {OPTION_REQUESTED, OPTION_LEASE, OPTION_OVERLOAD, OPTION_TYPE, OPTION_SERVER,
    OPTION_RENEWAL, OPTION_REBINDING, OPTION_CLIENT_ID, OPTION_RELAY};
#define WANTED (sizeof(wanted) / sizeof(wanted[0]))

struct reading {
	struct dhcp4 *m;
	size_t joined; /* bytes of m->joined that are taken */
	struct wire_bytes found[WANTED];
	int has[WANTED];
};

/* One option, or a further part of it: parts stand behind each other, in the order of the fields (RFC 3396). */
static int
put_part(struct reading *r, size_t i, const uint8_t *at, size_t n)
{
	uint8_t *to = r->m->joined + r->joined;
	struct wire_bytes *b = &r->found[i];

	if (!r->has[i]) {
		r->has[i] = 1;
		*b = (struct wire_bytes){at, n};
		return 0;
	}
	if (b->n + n > sizeof(r->m->joined) - r->joined)
		return -1;
	if (b->n > 0)
		memcpy(to, b->at, b->n);
	if (n > 0)
		memcpy(to + b->n, at, n);
	r->joined += b->n + n;
	*b = (struct wire_bytes){to, b->n + n};
	return 0;
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
take_option(struct dhcp4 *m, uint8_t code, const uint8_t *at, size_t n)
{
	uint8_t overload;

	switch ((enum option)code) {
	case OPTION_REQUESTED:
		return take_address(m->requested, at, n);
	case OPTION_LEASE:
		return take_seconds(&m->lease, at, n);
	case OPTION_OVERLOAD:
		return take_byte(&overload, at, n); /* it was followed as it was read */
	case OPTION_TYPE:
		return take_byte(&m->type, at, n);
	case OPTION_SERVER:
		return take_address(m->server, at, n);
	case OPTION_RENEWAL:
		return take_seconds(&m->renewal, at, n);
	case OPTION_REBINDING:
		return take_seconds(&m->rebinding, at, n);
	case OPTION_CLIENT_ID:
		return wire_take(&m->client_id, at, n);
	case OPTION_RELAY:
		return take_relay(m, at, n);
	case OPTION_PAD:
	case OPTION_END:
	default:
		return 0;
	}
}

static int
put_option(struct reading *r, uint8_t code, const uint8_t *at, size_t n)
{
	size_t i;

	for (i = 0; i < WANTED && wanted[i] != code; i++)
		;
	return i == WANTED ? 0 : put_part(r, i, at, n);
}

/* A field of options; many a client leaves out the end mark. */
static int
put_options(struct reading *r, const uint8_t *at, size_t n)
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
		if (put_option(r, at[0], at + 2, length) == -1)
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

/* Which other fields hold options; -1: what says so is not sound. */
static int
overload_of(const struct reading *r)
{
	size_t i;

	for (i = 0; wanted[i] != OPTION_OVERLOAD; i++)
		;
	if (!r->has[i])
		return 0;
	return r->found[i].n == 1 && r->found[i].at[0] <= (OVERLOAD_FILE | OVERLOAD_SNAME) ? r->found[i].at[0] : -1;
}

static int
take_all_options(struct dhcp4 *m, const uint8_t *data, size_t n)
{
	struct reading r;
	int overload;
	size_t i;

	memset(&r, 0, sizeof(r));
	r.m = m;
	if (put_options(&r, data + OPTIONS_AT, n - OPTIONS_AT) == -1)
		return -1;
	overload = overload_of(&r);
	if (overload == -1)
		return -1;
	if ((overload & OVERLOAD_FILE) != 0 && put_options(&r, data + FILE_AT, FILE_BYTES) == -1)
		return -1;
	if ((overload & OVERLOAD_SNAME) != 0 && put_options(&r, data + SNAME_AT, SNAME_BYTES) == -1)
		return -1;
	for (i = 0; i < WANTED; i++) {
		if (r.has[i] && take_option(m, wanted[i], r.found[i].at, r.found[i].n) == -1)
			return -1;
	}
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
