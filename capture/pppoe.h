#ifndef PPPOE_H
#define PPPOE_H

#include <stddef.h>
#include <stdint.h>

#include "order.h"
#include "wire.h"

/*
 * One PPPoE frame (RFC 2516), discovery or session, as far as it says whose a session is, that it ends, or which address it
 * has: PAP and CHAP (RFC 1334, 1994), LCP, IPCP and IPv6CP (RFC 1661, 1332, 5072).
 */
enum pppoe_code {
	PPPOE_SESSION = 0x00,
	PPPOE_PADO = 0x07,
	PPPOE_PADI = 0x09,
	PPPOE_PADR = 0x19,
	PPPOE_PADS = 0x65,
	PPPOE_PADT = 0xa7
};

enum pppoe_proto {
	PPPOE_IPCP = 0x8021,
	PPPOE_IPV6CP = 0x8057,
	PPPOE_LCP = 0xc021,
	PPPOE_PAP = 0xc023,
	PPPOE_CHAP = 0xc223,
	PPPOE_EAP = 0xc227
};

enum pppoe_lcp {
	PPPOE_CONFIGURE_ACK = 2,
	PPPOE_TERMINATE_REQUEST = 5,
	PPPOE_TERMINATE_ACK
};

enum pppoe_pap {
	PPPOE_PAP_REQUEST = 1,
	PPPOE_PAP_ACK,
	PPPOE_PAP_NAK
};

enum pppoe_chap {
	PPPOE_CHAP_CHALLENGE = 1,
	PPPOE_CHAP_RESPONSE,
	PPPOE_CHAP_SUCCESS,
	PPPOE_CHAP_FAILURE
};

#define PPPOE_EAP_RESPONSE 2
#define PPPOE_EAP_IDENTITY 1 /* the type */

struct pppoe {
	uint8_t code; /* of PPPoE */
	uint16_t session;
	uint16_t proto;              /* of what PPP carries; 0: none of those above */
	uint8_t ppp_code, ppp_id;    /* of its packet */
	struct wire_bytes name;      /* who asks to be let in: of a PAP request, a CHAP response, EAP's identity */
	struct order_prefix address; /* of an acknowledgement by IPCP or IPv6CP; family 0: none */
};

/**
 * pppoe_parse(m, is_discovery, data, n):
 * Read what stands behind the Ethernet type of discovery, or of a session.  A packet of PPP control that is cut, or not
 * sound, counts as none.  Return 0, or -1 if it is no PPPoE; ${m} then holds nothing.  What it points to is ${data}'s.
 */
int pppoe_parse(struct pppoe *, int, const uint8_t *, size_t);

#endif
