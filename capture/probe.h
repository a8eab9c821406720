#ifndef PROBE_H
#define PROBE_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "order.h"

#include "craft.h"

/*
 * The frames of the self-test: for each identifier of an order's subject, in each way that this station may carry it, one
 * frame from it and one to it.  The other end is an address of nobody's (RFC 5737, RFC 3849).
 */
enum probe_identifier {
	PROBE_IPV4,
	PROBE_IPV6,
	PROBE_MAC,
	PROBE_ARP, /* that names an IPv4 address, where the order has broadcast */
	PROBE_IDENTIFIERS
};

enum probe_carrier {
	PROBE_PLAIN,
	PROBE_VLAN,
	PROBE_QINQ,
	PROBE_MPLS, /* a MAC: in an Ethernet frame beneath the label */
	PROBE_PPPOE,
	PROBE_VLAN_PPPOE,
	PROBE_QINQ_PPPOE,
	PROBE_TUNNEL, /* probe.kind */
	PROBE_CARRIERS
};

struct probe {
	const struct order *order; /* NULL: of nobody */
	enum probe_identifier identifier;
	enum probe_carrier carrier;
	enum conf_tunnel_kind kind;
	int is_source; /* from the subject, else to it */
};

struct probe_config {
	const struct conf_tunnel *tunnels;
	size_t tunnel_count;
	uint8_t nonce[16];
};

/* Called for each frame, with its number; anything but 0 ends it. */
typedef int probe_fn(void *, const struct probe *, uint32_t, const uint8_t *, uint32_t);

/**
 * probe_each(config, orders, count, fn, cookie):
 * Make every frame of ${count} orders, numbered from 0: the same frames at each call.  What an order's qualifiers rule out
 * is left out: an untagged frame is not for a subject within a VLAN, nor one with one tag for one beneath two.  Prefixes
 * are tried at both their ends, tunnels at each end point with the first address of each family, and with the others at
 * the first.  Behind them comes a frame of nobody (probe.order is NULL), if there are orders and the address is of no
 * subject.
 * Return 0, or what ${fn} returned.
 */
int probe_each(const struct probe_config *, const struct order *const *, size_t, probe_fn *, void *);

/* In words: "ipv4" / "from it in vlan and pppoe", "to it in tunnel (vxlan)". */
#define PROBE_TEXT 64
const char *probe_identifier_text(enum probe_identifier);
const char *probe_carrier_text(char[PROBE_TEXT], const struct probe *);

#endif
