#include <stddef.h>

#include "ethertype.h"
#include "pseudowire.h"
#include "wire.h"

#include "layers.h"

#define LINK_NULL 0
#define LINK_ETHERNET 1
#define LINK_RAW 12
#define LINK_RAW_FILE 101
#define LINK_LOOP 108
#define LINK_SLL 113
#define LINK_SLL2 276

#define SLL_HEADER 16
#define SLL2_HEADER 20

#define PPP_IPV4 0x0021
#define PPP_VJ_TCP 0x002d
#define PPP_VJ_FULL 0x002f
#define PPP_IPV6 0x0057
#define PPP_MPLS 0x0281
#define PPP_MPLS_UP 0x0283

/* What stands at walk.at. */
enum step {
	STEP_DONE,
	STEP_ETHERNET,
	STEP_TYPE, /* what walk.type says */
	STEP_PPP,
	STEP_LABEL,
	STEP_BENEATH_LABELS,
	STEP_IP
};

/* ${caplen} and ${len} are those of the frame, or of what the last tunnel carried. */
struct walk {
	struct layers *l;
	struct tunnels *tunnels;
	uint32_t linktype, at, caplen, len;
	uint32_t start, end; /* what is to be stored of this frame */
	uint8_t vlan_first;
	uint16_t type; /* Ethernet type; for IP 0 where nothing told its version */
};

static enum step
stop(struct walk *w, enum matcher_kind kind)
{
	w->l->kind = kind;
	return STEP_DONE;
}

static int
has(const struct walk *w, uint32_t n)
{
	return w->caplen - w->at >= n;
}

/* Step over a link header of ${n} bytes that is there. */
static void
pass(struct walk *w, uint32_t n)
{
	w->at += n;
	w->l->link_end = w->at;
}

static struct layer *
add(struct walk *w, enum layer_type type, uint32_t at)
{
	struct layer *y = &w->l->at[w->l->count++];

	y->at = at;
	y->type = (uint8_t)type;
	y->address_count = 2;
	y->vlan_first = w->vlan_first;
	y->vlan_count = w->l->vlan_count;
	y->session = w->l->session;
	y->start = w->start;
	y->end = w->end;
	return y;
}

/* A tag or session that was just read belongs to the Ethernet header above it. */
static void
qualify_ethernet(struct layers *l)
{
	struct layer *y;

	if (l->count == 0)
		return;
	y = &l->at[l->count - 1];
	if (y->type == LAYER_ETHERNET) {
		y->vlan_count = l->vlan_count;
		y->session = l->session;
	}
}

static enum step
ethernet(struct walk *w)
{
	if (!has(w, ETHERTYPE_HEADER))
		return stop(w, w->at == 0 ? MATCHER_RUNT : MATCHER_CUT);
	add(w, LAYER_ETHERNET, w->at);
	w->type = wire_be16(w->l->data + w->at + ETHERTYPE_AT);
	pass(w, ETHERTYPE_HEADER);
	return STEP_TYPE;
}

static enum step
vlan(struct walk *w)
{
	struct layers *l = w->l;
	const uint8_t *tag = l->data + w->at;

	if (!has(w, 4))
		return stop(w, MATCHER_CUT);
	l->vlans[l->vlan_count++] = wire_be16(tag) & 0xfff;
	qualify_ethernet(l);
	w->type = wire_be16(tag + 2);
	pass(w, 4);
	return STEP_TYPE;
}

static enum step
pppoe(struct walk *w)
{
	struct layers *l = w->l;
	const uint8_t *h = l->data + w->at;

	if (!has(w, 6))
		return stop(w, MATCHER_CUT);
	l->session = wire_be16(h + 2);
	qualify_ethernet(l);
	pass(w, 6);
	if (w->type == ETHERTYPE_DISCOVERY)
		return stop(w, MATCHER_NOT_IP);
	if (h[0] != 0x11 || h[1] != 0)
		return stop(w, MATCHER_PPP_OTHER);
	return STEP_PPP;
}

static enum step
ppp(struct walk *w)
{
	const uint8_t *h = w->l->data + w->at;
	uint16_t proto;

	if (!has(w, 1))
		return stop(w, MATCHER_CUT);
	/* An odd first byte is a whole protocol number, its leading zero left out. */
	if ((h[0] & 1) == 0 && !has(w, 2))
		return stop(w, MATCHER_CUT);
	proto = h[0] & 1 ? h[0] : wire_be16(h);
	pass(w, h[0] & 1 ? 1 : 2);
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
		return stop(w, MATCHER_PPP_COMPRESSED);
	default:
		return stop(w, MATCHER_PPP_OTHER);
	}
}

static enum step
label(struct walk *w)
{
	int is_last;

	if (!has(w, 4))
		return stop(w, MATCHER_CUT);
	is_last = w->l->data[w->at + 2] & 1;
	pass(w, 4);
	return is_last ? STEP_BENEATH_LABELS : STEP_LABEL;
}

static enum step
beneath_labels(struct walk *w)
{
	const struct layers *l = w->l;

	if (!has(w, 1))
		return stop(w, MATCHER_CUT);
	switch (pseudowire_guess(l->data, w->at, w->caplen, w->len)) {
	case PSEUDOWIRE_IP:
		w->type = 0;
		return STEP_IP;
	case PSEUDOWIRE_CONTROL_WORD:
		pass(w, 4);
		return STEP_ETHERNET;
	case PSEUDOWIRE_ETHERNET:
		return STEP_ETHERNET;
	case PSEUDOWIRE_UNKNOWN:
	default:
		return stop(w, MATCHER_MPLS_UNKNOWN);
	}
}

/* Has the frame inside a router stream the IAP's own link type, so that it can be stored in the same slices? */
static int
can_unwrap(const struct walk *w, enum decap_payload payload)
{
	if (payload == DECAP_ETHERNET)
		return w->linktype == LINK_ETHERNET;
	return payload == DECAP_IP && (w->linktype == LINK_RAW || w->linktype == LINK_RAW_FILE);
}

/* What a tunnel carries begins afresh: the tags and the session that brought the tunnel are not its own. */
static enum step
inside(struct walk *w, const struct decap *d, int unwrap)
{
	struct layers *l = w->l;

	w->at = l->link_end = d->at;
	w->len = d->end;
	if (w->caplen > w->len)
		w->caplen = w->len;
	if (unwrap && can_unwrap(w, d->payload)) {
		w->start = d->at;
		w->end = d->end;
	}
	w->vlan_first = l->vlan_count;
	if (d->vlan != 0)
		l->vlans[l->vlan_count++] = d->vlan;
	l->session = -1;
	w->type = d->payload == DECAP_TYPE ? d->type : 0;
	switch (d->payload) {
	case DECAP_ETHERNET:
		return STEP_ETHERNET;
	case DECAP_TYPE:
		return STEP_TYPE;
	case DECAP_PPP:
		return STEP_PPP;
	case DECAP_IP:
	default:
		return STEP_IP;
	}
}

static void
note_fragment(struct layers *l, enum layers_fragment fragment)
{
	if (l->fragment != LAYERS_WHOLE)
		return;
	l->fragment = (uint8_t)fragment;
	l->tunnel = (uint8_t)(l->count - 1);
}

/* A tunnel is entered between end points that are the operator's own; a stranger's is the traffic of its end points. */
static enum step
tunnel(struct walk *w, const struct packet *p)
{
	struct decap d;
	int unwrap;

	switch (w->tunnels == NULL ? TUNNELS_STRANGERS
				   : tunnels_enter(w->tunnels, p, w->l->data, w->caplen, &d, &unwrap)) {
	case TUNNELS_INSIDE:
		if (p->fragment == PACKET_FIRST)
			note_fragment(w->l, LAYERS_FIRST);
		return inside(w, &d, unwrap);
	case TUNNELS_CUT:
		return stop(w, MATCHER_CUT);
	case TUNNELS_CONTROL:
		return stop(w, MATCHER_NOT_IP);
	case TUNNELS_UNKNOWN:
		return stop(w, MATCHER_TUNNEL);
	case TUNNELS_LATER_FRAGMENT:
		note_fragment(w->l, LAYERS_LATER);
		return STEP_DONE;
	case TUNNELS_STRANGERS:
	default:
		return packet_is_tunnel(p, w->l->data, w->caplen) ? stop(w, MATCHER_TUNNEL) : STEP_DONE;
	}
}

static enum step
ip(struct walk *w)
{
	struct layers *l = w->l;
	struct packet p;

	switch (packet_parse(&p, l->data, w->at, w->caplen, w->len)) {
	case PACKET_OK:
		break;
	case PACKET_CUT:
		return stop(w, MATCHER_CUT);
	case PACKET_BAD:
	default:
		return stop(w, MATCHER_BAD_IP);
	}
	if (w->type != 0 && w->type != (p.version == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6))
		return stop(w, MATCHER_BAD_IP);
	add(w, LAYER_IP, w->at)->packet = p;
	if (p.is_cut)
		l->kind = MATCHER_CUT;
	return tunnel(w, &p);
}

static enum step
arp(struct walk *w)
{
	const uint8_t *h = w->l->data + w->at;

	if (!has(w, 28))
		return stop(w, MATCHER_CUT);
	/* Ethernet addresses and IPv4: no other kind names an address of ours. */
	if (wire_be16(h) == 1 && wire_be16(h + 2) == ETHERTYPE_IPV4 && h[4] == 6 && h[5] == 4)
		add(w, LAYER_ARP, w->at);
	return stop(w, MATCHER_NOT_IP);
}

static enum step
ethertype(struct walk *w)
{
	switch (w->type) {
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
		return ip(w);
	case ETHERTYPE_VLAN:
	case ETHERTYPE_QINQ:
	case ETHERTYPE_QINQ_OLD:
		return vlan(w);
	case ETHERTYPE_SESSION:
	case ETHERTYPE_DISCOVERY:
		return pppoe(w);
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_UP:
		return label(w);
	case ETHERTYPE_ARP:
		return arp(w);
	default:
		return stop(w, MATCHER_NOT_IP);
	}
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

	if (!has(w, header))
		return stop(w, MATCHER_RUNT);
	arphrd = wire_be16(h + arphrd_at);
	/* Version 1 spends two bytes on the length; the address follows it in both. */
	address_length = h[address_at - 1];
	if (arphrd == 1 && address_length == 6)
		add(w, LAYER_ETHERNET, address_at)->address_count = 1;
	w->type = wire_be16(h + proto_at);
	pass(w, header);
	return has_ethertype(arphrd) ? STEP_TYPE : stop(w, MATCHER_NOT_IP);
}

/* BSD loopback: the address family in the capturing machine's byte order, or (LOOP) in that of the network. */
static enum step
loopback(struct walk *w)
{
	uint32_t family;

	if (!has(w, 4))
		return stop(w, MATCHER_RUNT);
	family = wire_be32(w->l->data);
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	pass(w, 4);
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
		return stop(w, MATCHER_NOT_IP);
	}
}

static enum step
link_header(struct walk *w)
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
		return w->l->len == 0 ? stop(w, MATCHER_RUNT) : STEP_IP;
	}
}

static enum step
take(struct walk *w, enum step step)
{
	switch (step) {
	case STEP_ETHERNET:
		return ethernet(w);
	case STEP_TYPE:
		return ethertype(w);
	case STEP_PPP:
		return ppp(w);
	case STEP_LABEL:
		return label(w);
	case STEP_BENEATH_LABELS:
		return beneath_labels(w);
	case STEP_IP:
		return ip(w);
	case STEP_DONE:
	default:
		return STEP_DONE;
	}
}

int
layers_supports(uint32_t linktype)
{
	switch (linktype) {
	case LINK_NULL:
	case LINK_ETHERNET:
	case LINK_RAW:
	case LINK_RAW_FILE:
	case LINK_LOOP:
	case LINK_SLL:
	case LINK_SLL2:
		return 1;
	default:
		return 0;
	}
}

void
layers_follow(
    struct layers *l, struct tunnels *tunnels, uint32_t linktype, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	struct walk w = {.l = l, .tunnels = tunnels, .linktype = linktype, .caplen = caplen};
	enum step step;
	size_t depth;

	l->data = data;
	l->caplen = caplen;
	l->len = w.len = w.end = len < caplen ? caplen : len;
	l->link_end = 0;
	l->kind = MATCHER_KINDS;
	l->count = 0;
	l->vlan_count = 0;
	l->fragment = LAYERS_WHOLE;
	l->session = -1;
	step = link_header(&w);
	for (depth = 0; step != STEP_DONE && depth < MATCHER_DEPTH_MAX; depth++)
		step = take(&w, step);
	if (step != STEP_DONE)
		l->kind = MATCHER_TOO_DEEP;
}

void
layers_walk(struct layers *l, uint32_t linktype, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	layers_follow(l, NULL, linktype, data, caplen, len);
}

const struct layer *
layers_ip(const struct layers *l, const struct layer *layer)
{
	const struct layer *end = l->at + l->count;

	while (layer < end && layer->type != LAYER_IP)
		layer++;
	return layer < end ? layer : NULL;
}
