#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

#include "carried.h"
#include "fragments.h"
#include "layers.h"
#include "narrow.h"
#include "quick.h"
#include "scope.h"
#include "subjects.h"
#include "tunnels.h"
#include "wire.h"

#include "matcher.h"

#define LINK_ETHERNET 1
#define SPANS (2 * SUBJECTS_SPANS_MAX)
#define V6_HEADER 40

/* How far into a packet with extension headers a filter can look. */
#define SCRATCH_BYTES 4096

#define PLAIN_WHOLE 1
#define PLAIN_CUT 2

/*
 * Whenever no matcher_*() function is running:
 * 1. place[] is all zero.
 * 2. plain[i] is 0 where order i has a filter or qualifier; else an address is all it takes, and the frame is kept whole
 *    (PLAIN_WHOLE) or cut (PLAIN_CUT).
 * 3. fragments is NULL if no order has a filter.
 * 4. tunnels and carried are both NULL or both not.
 */
struct matcher {
	const struct order **orders;
	struct narrow **filters; /* NULL where an order has none */
	uint32_t *place;         /* of each order in the matches of this frame, counting from 1 */
	uint8_t *plain;
	size_t count;
	struct subjects *subjects;
	struct fragments *fragments;
	struct tunnels *tunnels; /* borrowed */
	struct carried *carried;
	struct subjects_tables tables[SUBJECTS_FAMILIES];
	struct quick quick;
	uint32_t linktype;
	uint64_t kinds[MATCHER_KINDS];
	uint8_t scratch[SCRATCH_BYTES];
};

/* One frame before its judge. */
struct judging {
	struct matcher *m;
	struct layers layers;
	stamp_t time;
	struct match *out;
	size_t count;
	int has_unknown_fragment;
};

int
matcher_supports(uint32_t linktype)
{
	return layers_supports(linktype);
}

int
matcher_check_filter(const char *expression, char *why, size_t room)
{
	struct narrow *filter = narrow_new(expression, why, room);

	narrow_free(filter);
	return filter == NULL ? -1 : 0;
}

static uint8_t
plainness(const struct order *order)
{
	if (order->filter != NULL || order->vlan_count > 0 || order->session_count > 0)
		return 0;
	return order->scope == ORDER_CONTENT ? PLAIN_WHOLE : PLAIN_CUT;
}

static int
add_order(struct matcher *m, size_t i, const struct order *order)
{
	char why[256];
	size_t k;

	m->orders[i] = order;
	m->plain[i] = plainness(order);
	for (k = 0; k < order->mac_count; k++)
		quick_add_mac(&m->quick, order->macs[k]);
	if (order->filter == NULL)
		return 0;
	m->filters[i] = narrow_new(order->filter, why, sizeof(why));
	if (m->filters[i] == NULL) {
		diag_errx("case %s: %s", order->case_id, why);
		return -1;
	}
	if (m->fragments == NULL)
		m->fragments = fragments_new();
	if (m->fragments == NULL) {
		diag_err("table of fragments");
		return -1;
	}
	return 0;
}

static int
add_tunnels(struct matcher *m, struct tunnels *tunnels)
{
	if (tunnels == NULL || tunnels_count(tunnels) == 0)
		return 0;
	m->tunnels = tunnels;
	m->carried = carried_new();
	if (m->carried == NULL) {
		diag_err("table of fragments");
		return -1;
	}
	return 0;
}

struct matcher *
matcher_new(const struct order *const *orders, size_t count, uint32_t linktype)
{
	return matcher_new_tunnels(orders, count, linktype, NULL);
}

struct matcher *
matcher_new_tunnels(const struct order *const *orders, size_t count, uint32_t linktype, struct tunnels *tunnels)
{
	struct matcher *m = NULL;
	size_t i;
	int rc = -1;

	if (!layers_supports(linktype)) {
		diag_errx("link type %u can not be judged", (unsigned)linktype);
		errno = EINVAL;
		goto out;
	}
	m = calloc(1, sizeof(*m));
	if (m == NULL) {
		diag_err("table of subjects");
		goto out;
	}
	m->count = count;
	m->linktype = linktype;
	m->orders = calloc(count + 1, sizeof(*m->orders));
	m->filters = calloc(count + 1, sizeof(*m->filters));
	m->place = calloc(count + 1, sizeof(*m->place));
	m->plain = calloc(count + 1, sizeof(*m->plain));
	m->subjects = subjects_new(orders, count);
	if (m->orders == NULL || m->filters == NULL || m->place == NULL || m->plain == NULL || m->subjects == NULL) {
		diag_err("table of subjects");
		goto out;
	}
	for (i = 0; i < SUBJECTS_FAMILIES; i++)
		m->tables[i] = subjects_tables(m->subjects, (enum subjects_family)i);
	quick_init(&m->quick, tunnels == NULL ? NULL : tunnels_ports(tunnels));
	for (i = 0; i < count; i++) {
		if (add_order(m, i, orders[i]) == -1)
			goto out;
	}
	rc = add_tunnels(m, tunnels);
out:
	if (rc == -1) {
		matcher_free(m);
		m = NULL;
	}
	return m;
}

void
matcher_free(struct matcher *m)
{
	int saved = errno;
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; m->filters != NULL && i < m->count; i++)
		narrow_free(m->filters[i]);
	carried_free(m->carried);
	fragments_free(m->fragments);
	subjects_free(m->subjects);
	free(m->plain);
	free(m->place);
	free(m->filters);
	free(m->orders);
	free(m);
	errno = saved;
}

size_t
matcher_room(const struct matcher *m)
{
	return m->count;
}

static int
is_listed(const uint16_t *list, size_t n, uint32_t value)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (list[i] == value)
			return 1;
	}
	return 0;
}

/* Do the headers above the layer meet every kind of qualifier that the order has? */
static int
is_qualified(const struct order *order, const struct layers *l, const struct layer *layer)
{
	size_t i;

	if (order->session_count > 0 &&
	    (layer->session == -1 || !is_listed(order->sessions, order->session_count, (uint32_t)layer->session)))
		return 0;
	if (order->vlan_count == 0)
		return 1;
	for (i = layer->vlan_first; i < layer->vlan_count; i++) {
		if (is_listed(order->vlans, order->vlan_count, l->vlans[i]))
			return 1;
	}
	return 0;
}

/*
 * An expression like `port 53` looks for ports right behind the IPv6 header: step over what stands between by showing it a
 * packet without extension headers.
 */
static int
run_filter(struct matcher *m, const struct narrow *filter, const struct layers *l, const struct packet *p)
{
	uint32_t limit = p->end < l->caplen ? p->end : l->caplen;
	uint32_t behind = p->network_end < limit ? limit - p->network_end : 0, payload = p->end - p->network_end;

	if (p->version == 4 || p->network_end == p->at + V6_HEADER)
		return narrow_accepts(filter, l->data + p->at, limit - p->at, p->end - p->at);
	if (behind > SCRATCH_BYTES - V6_HEADER)
		behind = SCRATCH_BYTES - V6_HEADER;
	memcpy(m->scratch, l->data + p->at, V6_HEADER);
	if (behind > 0)
		memcpy(m->scratch + V6_HEADER, l->data + p->network_end, behind);
	m->scratch[4] = (uint8_t)(payload >> 8);
	m->scratch[5] = (uint8_t)payload;
	m->scratch[6] = p->proto;
	return narrow_accepts(filter, m->scratch, V6_HEADER + behind, V6_HEADER + payload);
}

/* A filter is about IP packets: a frame that holds none does not pass. */
static int
passes_filter(struct judging *j, uint32_t index, const struct layer *layer)
{
	struct matcher *m = j->m;
	const struct layers *l = &j->layers;
	const struct layer *ip;
	int passes;

	if (m->filters[index] == NULL)
		return 1;
	ip = layers_ip(l, layer);
	if (ip == NULL)
		return 0;
	if (ip->packet.fragment == PACKET_LATER) {
		switch (fragments_get(m->fragments, index, &ip->packet, l->data, j->time)) {
		case FRAGMENTS_ACCEPTED:
			return 1;
		case FRAGMENTS_REFUSED:
			return 0;
		case FRAGMENTS_UNKNOWN:
		default:
			j->has_unknown_fragment = 1;
			return 1;
		}
	}
	passes = run_filter(m, m->filters[index], l, &ip->packet);
	if (ip->packet.fragment == PACKET_FIRST)
		fragments_put(m->fragments, index, &ip->packet, l->data, j->time,
		    passes ? FRAGMENTS_ACCEPTED : FRAGMENTS_REFUSED);
	return passes;
}

/*
 * An order found at several layers keeps the least that any of them allows, of the outermost frame.  Until the frame is
 * judged, match.caplen counts from the start of the frame.
 */
static void
keep(struct judging *j, uint32_t index, const struct layer *layer)
{
	uint32_t cut = scope_cut(j->m->orders[index]->scope, &j->layers, layer);
	uint32_t *place = &j->m->place[index];
	struct match *match;

	if (*place == 0) {
		match = &j->out[j->count];
		match->index = index;
		match->start = layer->start;
		match->caplen = cut;
		match->len = layer->end - layer->start;
		*place = (uint32_t)++j->count;
		return;
	}
	match = &j->out[*place - 1];
	if (cut < match->caplen)
		match->caplen = cut;
	if (layer->start < match->start) {
		match->start = layer->start;
		match->len = layer->end - layer->start;
	}
}

static void
judge_spans(struct judging *j, const struct layer *layer, const struct subjects_span *spans, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < spans[i].count; k++) {
			uint32_t index = spans[i].orders[k];
			const struct order *order = j->m->orders[index];

			if (layer->type == LAYER_ARP && !order->broadcast)
				continue;
			if (!is_qualified(order, &j->layers, layer) || !passes_filter(j, index, layer))
				continue;
			keep(j, index, layer);
		}
	}
}

/* Sender and target protocol address stand apart in ARP. */
#define ARP_SENDER 14
#define ARP_TARGET 24

/* An address and the one that starts ${apart} bytes behind its start. */
static size_t
find_two(const struct subjects *s, enum subjects_family family, const uint8_t *at, size_t apart,
    struct subjects_span *spans)
{
	size_t n = subjects_find(s, family, at, spans);

	return n + subjects_find(s, family, at + apart, spans + n);
}

static void
judge_layer(struct judging *j, const struct layer *layer)
{
	const struct subjects *s = j->m->subjects;
	const uint8_t *at = j->layers.data + layer->at;
	struct subjects_span spans[SPANS];
	size_t n;

	switch ((enum layer_type)layer->type) {
	case LAYER_ETHERNET:
		n = layer->address_count == 2 ? find_two(s, SUBJECTS_MAC, at, 6, spans)
					      : subjects_find(s, SUBJECTS_MAC, at, spans);
		break;
	case LAYER_ARP:
		n = find_two(s, SUBJECTS_V4, at + ARP_SENDER, ARP_TARGET - ARP_SENDER, spans);
		break;
	case LAYER_IP:
	default:
		at = packet_addresses(&layer->packet, j->layers.data);
		n = layer->packet.version == 4 ? find_two(s, SUBJECTS_V4, at, 4, spans)
					       : find_two(s, SUBJECTS_V6, at, 16, spans);
		break;
	}
	judge_spans(j, layer, spans, n);
}

/* The later fragments of a tunnel's packet go where the first went: they have none of the headers inside. */
static void
judge_fragment(struct judging *j)
{
	const struct layers *l = &j->layers;
	const struct layer *layer = &l->at[l->tunnel];
	uint32_t orders[CARRIED_ORDERS_MAX];
	const uint32_t *known;
	size_t i, n;

	if (l->fragment == LAYERS_LATER) {
		known = carried_get(j->m->carried, &layer->packet, l->data, j->time, &n);
		if (known == NULL)
			j->m->kinds[MATCHER_TUNNEL_FRAGMENT]++;
		for (i = 0; known != NULL && i < n; i++)
			keep(j, known[i], layer);
		return;
	}
	for (i = 0; i < j->count && i < CARRIED_ORDERS_MAX; i++)
		orders[i] = j->out[i].index;
	carried_put(j->m->carried, &layer->packet, l->data, j->time, orders, j->count);
}

/* Make match.caplen count from match.start, and end where the frame that is kept ends. */
static void
finish(struct match *match)
{
	uint32_t captured = match->caplen - match->start;

	match->caplen = captured < match->len ? captured : match->len;
}

static int
compare_matches(const void *a, const void *b)
{
	const struct match *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

static size_t
judge(struct matcher *m, const uint8_t *data, uint32_t caplen, uint32_t len, stamp_t time, struct match *out)
{
	struct judging j;
	int is_sorted = 1;
	size_t i;

	j.m = m;
	j.time = time;
	j.out = out;
	j.count = 0;
	j.has_unknown_fragment = 0;
	if (m->tunnels != NULL)
		tunnels_set_time(m->tunnels, time);
	layers_follow(&j.layers, m->tunnels, m->linktype, data, caplen, len);
	if (j.layers.kind != MATCHER_KINDS)
		m->kinds[j.layers.kind]++;
	for (i = 0; i < j.layers.count; i++)
		judge_layer(&j, &j.layers.at[i]);
	if (j.layers.fragment != LAYERS_WHOLE)
		judge_fragment(&j);
	m->kinds[MATCHER_FRAGMENT_UNKNOWN] += (uint64_t)j.has_unknown_fragment;
	for (i = 0; i < j.count; i++) {
		m->place[out[i].index] = 0;
		finish(&out[i]);
		is_sorted &= i == 0 || out[i - 1].index < out[i].index;
	}
	if (!is_sorted)
		qsort(out, j.count, sizeof(*out), compare_matches);
	return j.count;
}

/* Is one of the two MAC addresses perhaps a subject's? */
static inline int
has_mac(const struct matcher *m, const uint8_t *data)
{
	return quick_may_have_mac(&m->quick, data) &&
	       subjects_only_mac(m->tables[SUBJECTS_MAC], data) != SUBJECTS_NOBODY;
}

/*
 * Nearly every frame is of the usual kind and nobody's, or that of one order which asks for nothing but an address.  Both
 * are settled with one look-up an address; the rest takes the long way.
 */
size_t
matcher_frame(struct matcher *m, const uint8_t *data, uint32_t caplen, uint32_t len, stamp_t time, struct match *out)
{
	uint32_t at = m->linktype == LINK_ETHERNET ? quick_ip(&m->quick, data, caplen, len) : 0, who;
	const uint8_t *ip = data + at;

	if (at == 0 || has_mac(m, data))
		return judge(m, data, caplen, len, time, out);
	if (ip[0] >> 4 == 4)
		who = subjects_only_v4(m->tables[SUBJECTS_V4], ip + 12);
	else
		who = subjects_only_v6(m->tables[SUBJECTS_V6], ip + 8);
	if (who == SUBJECTS_NOBODY)
		return 0;
	if (who == SUBJECTS_SEVERAL || m->plain[who] == 0)
		return judge(m, data, caplen, len, time, out);
	out->index = who;
	out->start = 0;
	out->len = len;
	out->caplen = caplen;
	if (m->plain[who] == PLAIN_CUT)
		out->caplen = scope_cut_at(m->orders[who]->scope, data, at, caplen, len);
	return 1;
}

const uint64_t *
matcher_kinds(const struct matcher *m)
{
	return m->kinds;
}

const char *
matcher_kind_text(enum matcher_kind kind)
{
	static const char *const texts[MATCHER_KINDS] = {
	    [MATCHER_RUNT] = "runt",
	    [MATCHER_CUT] = "cut",
	    [MATCHER_BAD_IP] = "bad-ip",
	    [MATCHER_TOO_DEEP] = "too-deep",
	    [MATCHER_NOT_IP] = "not-ip",
	    [MATCHER_PPP_COMPRESSED] = "ppp-compressed",
	    [MATCHER_PPP_OTHER] = "ppp-other",
	    [MATCHER_MPLS_UNKNOWN] = "mpls-unknown",
	    [MATCHER_TUNNEL] = "tunnel",
	    [MATCHER_TUNNEL_FRAGMENT] = "tunnel-fragment",
	    [MATCHER_FRAGMENT_UNKNOWN] = "fragment-unknown",
	};

	return texts[kind];
}
