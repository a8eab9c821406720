#include <stddef.h>
#include <string.h>

#include "ethertype.h"
#include "layers_internal.h"
#include "wire.h"

static enum step
ethernet(struct walk *w)
{
	if (!walk_has(w, ETHERTYPE_HEADER))
		return walk_stop(w, w->at == 0 ? MATCHER_RUNT : MATCHER_CUT);
	walk_add(w, LAYER_ETHERNET, w->at);
	w->type = wire_be16(w->l->data + w->at + ETHERTYPE_AT);
	walk_pass(w, ETHERTYPE_HEADER);
	return STEP_TYPE;
}

static void
add_tag(struct layers *l, uint16_t id)
{
	l->vlans[l->vlan_count++] = id;
	walk_qualify(l);
}

/* A tag that can not be read is one all the same, of no number: those before it are not all that there are. */
static enum step
unread_tag(struct walk *w, enum matcher_kind kind)
{
	add_tag(w->l, LAYERS_UNREAD_TAG);
	return walk_stop(w, kind);
}

static enum step
vlan(struct walk *w)
{
	const uint8_t *tag = w->l->data + w->at;

	if (!walk_has(w, 4))
		return unread_tag(w, MATCHER_CUT);
	add_tag(w->l, wire_be16(tag) & 0xfff);
	w->type = wire_be16(tag + 2);
	walk_pass(w, 4);
	return STEP_TYPE;
}

static enum step
label(struct walk *w)
{
	int is_last;

	if (!walk_has(w, 4))
		return walk_stop(w, MATCHER_CUT);
	is_last = w->l->data[w->at + 2] & 1;
	walk_pass(w, 4);
	return is_last ? STEP_BENEATH_LABELS : STEP_LABEL;
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
	w->vlan_first = w->stack_first = l->vlan_count;
	w->tag = (uint8_t)d->tag;
	if (d->tag != DECAP_TAG_NONE)
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
	enum tunnels_result result = TUNNELS_STRANGERS;
	struct decap d;
	int unwrap;

	if (w->tunnels != NULL) {
		result = tunnels_enter(w->tunnels, p, w->l->data, w->caplen, &d, &unwrap);
		if (p->fragment == PACKET_FIRST)
			note_fragment(w->l, result == TUNNELS_INSIDE ? LAYERS_FIRST : LAYERS_NOT_FOLLOWED);
	}
	switch (result) {
	case TUNNELS_INSIDE:
		return inside(w, &d, unwrap);
	case TUNNELS_CUT:
		return walk_stop(w, MATCHER_CUT);
	case TUNNELS_CONTROL:
		return walk_stop(w, MATCHER_NOT_IP);
	case TUNNELS_UNKNOWN:
		return walk_stop(w, MATCHER_TUNNEL);
	case TUNNELS_LATER_FRAGMENT:
		note_fragment(w->l, LAYERS_LATER);
		return STEP_DONE;
	case TUNNELS_STRANGERS:
	default:
		return packet_is_tunnel(p, w->l->data, w->caplen) ? walk_stop(w, MATCHER_TUNNEL) : STEP_DONE;
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
		return walk_stop(w, MATCHER_CUT);
	case PACKET_BAD:
	default:
		return walk_stop(w, MATCHER_BAD_IP);
	}
	if (w->type != 0 && w->type != (p.version == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6))
		return walk_stop(w, MATCHER_BAD_IP);
	walk_add(w, LAYER_IP, w->at)->packet = p;
	if (p.is_cut)
		l->kind = MATCHER_CUT;
	return tunnel(w, &p);
}

/* LLC with IP in it, by SNAP or by its own number for IP; all else is of bridges and other networks. */
static enum step
llc(struct walk *w)
{
	static const uint8_t snap[6] = {0xaa, 0xaa, 3, 0, 0, 0}, own[3] = {6, 6, 3};
	const uint8_t *h = w->l->data + w->at;

	if ((walk_has(w, sizeof(snap)) && memcmp(h, snap, sizeof(snap)) == 0) ||
	    (walk_has(w, sizeof(own)) && memcmp(h, own, sizeof(own)) == 0))
		return walk_stop(w, MATCHER_LLC);
	return walk_stop(w, MATCHER_NOT_IP);
}

/* What may well carry the subject, in a way that is not followed, has a kind of its own. */
static enum step
not_followed(struct walk *w)
{
	switch (w->type) {
	case ETHERTYPE_MACSEC:
		return walk_stop(w, MATCHER_MACSEC);
	case ETHERTYPE_PBB:
		return walk_stop(w, MATCHER_PBB);
	case ETHERTYPE_TAG_9200:
	case ETHERTYPE_TAG_9300:
		return unread_tag(w, MATCHER_TAG_UNKNOWN);
	default:
		return w->type <= ETHERTYPE_LENGTH_MAX ? llc(w) : walk_stop(w, MATCHER_NOT_IP);
	}
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
		return layers_pppoe(w);
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_UP:
		return label(w);
	case ETHERTYPE_ARP:
		return layers_arp(w);
	default:
		return not_followed(w);
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
		return layers_ppp(w);
	case STEP_LABEL:
		return label(w);
	case STEP_BENEATH_LABELS:
		return layers_beneath_labels(w);
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
	step = layers_link_header(&w);
	for (depth = 0; step != STEP_DONE && depth < MATCHER_DEPTH_MAX; depth++)
		step = take(&w, step);
	if (step == STEP_DONE)
		return;
	l->kind = MATCHER_TOO_DEEP;
	if (step == STEP_TYPE && l->vlan_count < MATCHER_DEPTH_MAX)
		add_tag(l, LAYERS_UNREAD_TAG); /* perhaps */
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
