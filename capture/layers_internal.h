#ifndef LAYERS_INTERNAL_H
#define LAYERS_INTERNAL_H

#include "layers.h"

#define LINK_NULL 0
#define LINK_ETHERNET 1
#define LINK_RAW 12
#define LINK_RAW_FILE 101
#define LINK_LOOP 108
#define LINK_SLL 113
#define LINK_SLL2 276

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
	uint8_t vlan_first, stack_first;
	uint8_t tag;   /* as a layer's */
	uint16_t type; /* Ethernet type; for IP 0 where nothing told its version */
};

static inline enum step
walk_stop(struct walk *w, enum matcher_kind kind)
{
	/* A doubt whether it was that at all is said before what it was taken for. */
	if (w->l->kind != MATCHER_MPLS_UNKNOWN)
		w->l->kind = kind;
	return STEP_DONE;
}

static inline int
walk_has(const struct walk *w, uint32_t n)
{
	return w->caplen - w->at >= n;
}

/* Step over a link header of ${n} bytes that is there. */
static inline void
walk_pass(struct walk *w, uint32_t n)
{
	w->at += n;
	w->l->link_end = w->at;
}

static inline struct layer *
walk_add(struct walk *w, enum layer_type type, uint32_t at)
{
	struct layer *y = &w->l->at[w->l->count++];

	y->at = at;
	y->type = (uint8_t)type;
	y->address_count = 2;
	y->vlan_first = w->vlan_first;
	y->vlan_count = w->l->vlan_count;
	y->stack_first = w->stack_first;
	y->tag = w->tag;
	y->session = w->l->session;
	y->start = w->start;
	y->end = w->end;
	return y;
}

/* A tag or session that was just read belongs to the Ethernet header above it. */
static inline void
walk_qualify(struct layers *l)
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

/* The header at walk.at, which is what the last one said: step over it and say what comes next. */
enum step layers_link_header(struct walk *); /* the frame's first, of walk.linktype */
enum step layers_pppoe(struct walk *);
enum step layers_ppp(struct walk *);
enum step layers_beneath_labels(struct walk *);
enum step layers_arp(struct walk *);

#endif
