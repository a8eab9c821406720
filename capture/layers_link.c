#include <stddef.h>

#include "ethertype.h"
#include "layers_internal.h"
#include "pseudowire.h"
#include "wire.h"

#define SLL_HEADER 16
#define SLL2_HEADER 20

#define PPP_IPV4 0x0021
#define PPP_VJ_TCP 0x002d
#define PPP_VJ_FULL 0x002f
#define PPP_IPV6 0x0057
#define PPP_MPLS 0x0281
#define PPP_MPLS_UP 0x0283
#define PPP_CONTROL 0x4000 /* below are the protocols whose packets are data */

enum step
layers_pppoe(struct walk *w)
{
	struct layers *l = w->l;
	const uint8_t *h = l->data + w->at;

	if (!walk_has(w, 6))
		return walk_stop(w, MATCHER_CUT);
	l->session = wire_be16(h + 2);
	walk_qualify(l);
	walk_pass(w, 6);
	if (w->type == ETHERTYPE_DISCOVERY)
		return walk_stop(w, MATCHER_NOT_IP);
	if (h[0] != 0x11 || h[1] != 0)
		return walk_stop(w, MATCHER_PPP_OTHER);
	return STEP_PPP;
}

enum step
layers_ppp(struct walk *w)
{
	const uint8_t *h = w->l->data + w->at;
	uint16_t proto;

	if (!walk_has(w, 1))
		return walk_stop(w, MATCHER_CUT);
	/* An odd first byte is a whole protocol number, its leading zero left out. */
	if ((h[0] & 1) == 0 && !walk_has(w, 2))
		return walk_stop(w, MATCHER_CUT);
	proto = h[0] & 1 ? h[0] : wire_be16(h);
	walk_pass(w, h[0] & 1 ? 1 : 2);
	switch (proto) {
	case PPP_IPV4:
		w->type = ETHERTYPE_IPV4;
		return STEP_IP;
	case PPP_IPV6:
		w->type = ETHERTYPE_IPV6;
		return STEP_IP;
	case PPP_MPLS:
	case PPP_MPLS_UP:
		return STEP_LABEL;
	case 0x0003: /* ROHC */
	case 0x0005:
	case PPP_VJ_TCP:
	case PPP_VJ_FULL:
	case 0x0053: /* encryption, ECP */
	case 0x0055:
	case 0x0061: /* RFC 2507 */
	case 0x0063:
	case 0x0065:
	case 0x0067:
	case 0x0069:
	case 0x00fb: /* compression and MPPE, CCP */
	case 0x00fd:
		return walk_stop(w, MATCHER_PPP_COMPRESSED);
	default:
		return walk_stop(w, proto < PPP_CONTROL ? MATCHER_PPP_DATA : MATCHER_PPP_OTHER);
	}
}

/* The Ethernet header that comes next has tags of its own. */
static enum step
own_stack(struct walk *w)
{
	w->stack_first = w->l->vlan_count;
	w->tag = DECAP_TAG_NONE;
	return STEP_ETHERNET;
}

enum step
layers_beneath_labels(struct walk *w)
{
	struct layers *l = w->l;
	enum pseudowire_payload payload;
	int is_doubtful;

	if (!walk_has(w, 1))
		return walk_stop(w, MATCHER_CUT);
	payload = pseudowire_guess(l->data, w->at, w->caplen, w->len, &is_doubtful);
	/* What it probably is, is looked into; it is counted all the same. */
	if (is_doubtful)
		l->kind = MATCHER_MPLS_UNKNOWN;
	switch (payload) {
	case PSEUDOWIRE_IP:
		w->type = 0;
		return STEP_IP;
	case PSEUDOWIRE_CONTROL_WORD:
		walk_pass(w, 4);
		return own_stack(w);
	case PSEUDOWIRE_ETHERNET:
		return own_stack(w);
	case PSEUDOWIRE_UNKNOWN:
	default:
		return walk_stop(w, MATCHER_MPLS_UNKNOWN);
	}
}

enum step
layers_arp(struct walk *w)
{
	const uint8_t *h = w->l->data + w->at;

	if (!walk_has(w, 28))
		return walk_stop(w, MATCHER_CUT);
	/* Ethernet addresses and IPv4: no other kind names an address of ours. */
	if (wire_be16(h) == 1 && wire_be16(h + 2) == ETHERTYPE_IPV4 && h[4] == 6 && h[5] == 4)
		walk_add(w, LAYER_ARP, w->at);
	return walk_stop(w, MATCHER_NOT_IP);
}

/* Do frames of this ARPHRD type carry an Ethernet type in the protocol field of a cooked header? */
static int
has_ethertype(uint16_t arphrd)
{
	switch (arphrd) {
	case 770: /* frame relay */
	case 801: /* 802.11 and its radio headers */
	case 802:
	case 803:
	case 824: /* netlink */
		return 0;
	default:
		return 1;
	}
}

/* Linux cooked: ARPHRD type, length of the source address, the address and the protocol at the given offsets. */
static enum step
cooked(struct walk *w, uint32_t header, uint32_t arphrd_at, uint32_t address_at, uint32_t proto_at)
{
	const uint8_t *h = w->l->data;
	uint16_t arphrd;
	uint8_t address_length;

	if (!walk_has(w, header))
		return walk_stop(w, MATCHER_RUNT);
	arphrd = wire_be16(h + arphrd_at);
	/* Version 1 spends two bytes on the length; the address follows it in both. */
	address_length = h[address_at - 1];
	if (arphrd == 1 && address_length == 6)
		walk_add(w, LAYER_ETHERNET, address_at)->address_count = 1;
	w->type = wire_be16(h + proto_at);
	walk_pass(w, header);
	return has_ethertype(arphrd) ? STEP_TYPE : walk_stop(w, MATCHER_NOT_IP);
}

/* BSD loopback: the address family in the capturing machine's byte order, or (LOOP) in that of the network. */
static enum step
loopback(struct walk *w)
{
	uint32_t family;

	if (!walk_has(w, 4))
		return walk_stop(w, MATCHER_RUNT);
	family = wire_be32(w->l->data);
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	walk_pass(w, 4);
	switch (family) {
	case 2:
		w->type = ETHERTYPE_IPV4;
		return STEP_IP;
	case 10: /* AF_INET6: Linux, NetBSD and OpenBSD, FreeBSD, Darwin */
	case 24:
	case 28:
	case 30:
		w->type = ETHERTYPE_IPV6;
		return STEP_IP;
	default:
		return walk_stop(w, MATCHER_NOT_IP);
	}
}

enum step
layers_link_header(struct walk *w)
{
	switch (w->linktype) {
	case LINK_ETHERNET:
		return STEP_ETHERNET;
	case LINK_NULL:
	case LINK_LOOP:
		return loopback(w);
	case LINK_SLL:
		return cooked(w, SLL_HEADER, 2, 6, 14);
	case LINK_SLL2:
		return cooked(w, SLL2_HEADER, 8, 12, 0);
	default: /* raw IP, of the version that its first byte tells */
		return w->l->len == 0 ? walk_stop(w, MATCHER_RUNT) : STEP_IP;
	}
}
