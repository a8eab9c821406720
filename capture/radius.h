#ifndef RADIUS_H
#define RADIUS_H

#include <stddef.h>
#include <stdint.h>

#include "order.h"
#include "wire.h"

/*
 * One RADIUS message (RFC 2865, 2866, 2869, 3162, 4818, 5176 and 6911) as far as it says who has which addresses for how
 * long.
 * Whether its authenticator is right is not known: that takes the secret, which only servers and their clients have.
 */
#define RADIUS_HEADER 20
#define RADIUS_AUTHENTICATOR 16
#define RADIUS_ADDRESSES_MAX 8

enum radius_code {
	RADIUS_ACCESS_REQUEST = 1,
	RADIUS_ACCESS_ACCEPT,
	RADIUS_ACCESS_REJECT,
	RADIUS_ACCOUNTING_REQUEST,
	RADIUS_ACCOUNTING_RESPONSE,
	RADIUS_ACCESS_CHALLENGE = 11,
	RADIUS_DISCONNECT_REQUEST = 40,
	RADIUS_DISCONNECT_ACK,
	RADIUS_DISCONNECT_NAK,
	RADIUS_COA_REQUEST,
	RADIUS_COA_ACK,
	RADIUS_COA_NAK
};

enum radius_status {
	RADIUS_START = 1,
	RADIUS_STOP,
	RADIUS_INTERIM,
	RADIUS_ON = 7,
	RADIUS_OFF
};

struct radius_address {
	struct order_prefix prefix; /* host bits are zero */
	int is_delegated;           /* Delegated-IPv6-Prefix */
};

struct radius {
	uint8_t code, identifier;
	uint8_t authenticator[RADIUS_AUTHENTICATOR];
	int is_whole;                             /* all attributes are there, and sound */
	int is_continued;                         /* with State: the answer to a challenge */
	struct wire_bytes user, calling, session; /* User-Name, Calling-Station-Id, Acct-Session-Id */
	struct wire_bytes nas_address, nas_name;  /* NAS-IP-Address or NAS-IPv6-Address; NAS-Identifier */
	struct wire_bytes port_name;              /* NAS-Port-Id */
	int has_port;
	uint32_t port;       /* NAS-Port */
	int has_more;        /* a network or a route that is not read: it gives more than addresses */
	uint32_t status;     /* Acct-Status-Type; 0 without */
	uint32_t timeout;    /* Session-Timeout in seconds; 0 without */
	uint32_t delay, age; /* Acct-Delay-Time, Acct-Session-Time, in seconds */
	uint32_t cause;      /* Acct-Terminate-Cause; 0 without */
	struct radius_address addresses[RADIUS_ADDRESSES_MAX]; /* delegated ones first, then networks, then hosts */
	size_t address_count;
};

/**
 * radius_parse(m, data, n):
 * Read the payload of a UDP datagram.  Attributes are read up to the first that is cut, comes twice where it may not, or
 * has a length that it can not have; then, or where the datagram is shorter than the message, it is not whole.
 * Return 0, or -1 if there is no whole header, or its length is none; ${m} then holds nothing.  What it points to is
 * ${data}'s.
 */
int radius_parse(struct radius *, const uint8_t *, size_t);

#endif
