#include <stdlib.h>
#include <string.h>

#include "layers.h"
#include "matcher_internal.h"
#include "scope.h"

#define SPANS (2 * SUBJECTS_SPANS_MAX)
#define V6_HEADER 40

/* One frame before its judge. */
struct judging {
	struct matcher *m;
	struct layers layers;
	stamp_t time;
	struct match *out;
	size_t count;
	int has_unknown_fragment;
};

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
	if (behind > MATCHER_SCRATCH_BYTES - V6_HEADER)
		behind = MATCHER_SCRATCH_BYTES - V6_HEADER;
	memcpy(m->scratch, l->data + p->at, V6_HEADER);
	if (behind > 0)
		memcpy(m->scratch + V6_HEADER, l->data + p->network_end, behind);
	m->scratch[4] = (uint8_t)(payload >> 8);
	m->scratch[5] = (uint8_t)payload;
	m->scratch[6] = p->proto;
	return narrow_accepts(filter, m->scratch, V6_HEADER + behind, V6_HEADER + payload);
}

/* A later fragment goes where the filter sent the first; where that is not known it is kept, and counted. */
static int
follows_first(struct judging *j, uint32_t index, const struct packet *p)
{
	struct fragments_piece piece;
	size_t n;

	fragments_piece(&piece, j->m->names[index], p, j->layers.data, j->time);
	if (fragments_get(j->m->fragments, &piece, &n) != NULL)
		return n > 0;
	j->has_unknown_fragment = 1;
	return 1;
}

/* A filter is about IP packets: a frame that holds none does not pass. */
static int
passes_filter(struct judging *j, uint32_t index, const struct layer *layer)
{
	struct matcher *m = j->m;
	const struct layer *ip;
	struct fragments_order order;
	struct fragments_piece piece;
	int passes;

	if (m->filters[index] == NULL)
		return 1;
	ip = layers_ip(&j->layers, layer);
	if (ip == NULL)
		return 0;
	if (ip->packet.fragment == PACKET_LATER)
		return follows_first(j, index, &ip->packet);
	passes = run_filter(m, m->filters[index], &j->layers, &ip->packet);
	if (ip->packet.fragment == PACKET_FIRST) {
		order = (struct fragments_order){m->names[index], index, 0};
		fragments_piece(&piece, order.name, &ip->packet, j->layers.data, j->time);
		fragments_put(m->fragments, &piece, &order, passes ? 1 : 0);
	}
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

/* It is perhaps that order's frame. */
static void
doubt(struct matcher *m, uint32_t index)
{
	if (m->is_doubted[index])
		return;
	m->is_doubted[index] = 1;
	m->doubted[m->doubted_count++] = index;
}

/* Who has it by another layer lacks nothing. */
static void
settle_doubt(struct matcher *m)
{
	size_t i, n = 0;

	for (i = 0; i < m->doubted_count; i++) {
		uint32_t index = m->doubted[i];

		if (m->place[index] == 0)
			m->doubted[n++] = index;
		else
			m->is_doubted[index] = 0;
	}
	m->doubted_count = n;
	m->kinds[MATCHER_ERSPAN_TAG] += n > 0;
}

size_t
matcher_take_doubted(struct matcher *m, const uint32_t **orders)
{
	size_t i, n = m->doubted_count;

	for (i = 0; i < n; i++)
		m->is_doubted[m->doubted[i]] = 0;
	m->doubted_count = 0;
	*orders = m->doubted;
	return n;
}

static void
judge_spans(struct judging *j, const struct layer *layer, const struct subjects_span *spans, size_t n)
{
	enum matcher_answer answer;
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < spans[i].count; k++) {
			uint32_t index = spans[i].orders[k];
			const struct order *order = j->m->orders[index];

			if (layer->type == LAYER_ARP && !order->broadcast)
				continue;
			answer = matcher_qualify(order, &j->layers, layer);
			if (answer == MATCHER_NO || !passes_filter(j, index, layer))
				continue;
			if (answer == MATCHER_DOUBTFUL)
				doubt(j->m, index);
			else
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

static int
is_nobody(const struct matcher *m, uint8_t version, const uint8_t *two)
{
	uint32_t who = version == 4 ? subjects_only_v4(m->tables[SUBJECTS_V4], two)
				    : subjects_only_v6(m->tables[SUBJECTS_V6], two);

	return who == SUBJECTS_NOBODY;
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
		if (layer->address_count == 2 && !quick_may_have_mac(&j->m->quick, at))
			return;
		n = layer->address_count == 2 ? find_two(s, SUBJECTS_MAC, at, 6, spans)
					      : subjects_find(s, SUBJECTS_MAC, at, spans);
		break;
	case LAYER_ARP:
		n = find_two(s, SUBJECTS_V4, at + ARP_SENDER, ARP_TARGET - ARP_SENDER, spans);
		break;
	case LAYER_IP:
	default:
		at = packet_addresses(&layer->packet, j->layers.data);
		if (is_nobody(j->m, layer->packet.version, at))
			return;
		n = layer->packet.version == 4 ? find_two(s, SUBJECTS_V4, at, 4, spans)
					       : find_two(s, SUBJECTS_V6, at, 16, spans);
		break;
	}
	judge_spans(j, layer, spans, n);
}

/* Keep a frame for an order that was remembered, if the table still has it, or leave it in doubt for that. */
static void
keep_remembered(struct judging *j, const struct fragments_order *order, const struct layer *layer)
{
	const struct matcher *m = j->m;
	size_t i = order->index;

	if (i >= m->count || m->names[i] != order->name) {
		for (i = 0; i < m->count && m->names[i] != order->name; i++)
			continue;
	}
	if (i < m->count && order->is_doubted)
		doubt(j->m, (uint32_t)i);
	else if (i < m->count)
		keep(j, (uint32_t)i, layer);
}

static void
judge_later_fragment(struct judging *j, const struct fragments_piece *piece, const struct layer *layer)
{
	const struct fragments_order *known;
	size_t i, n;

	known = fragments_get(j->m->carried, piece, &n);
	if (known == NULL)
		j->m->kinds[MATCHER_TUNNEL_FRAGMENT]++;
	for (i = 0; known != NULL && i < n; i++)
		keep_remembered(j, &known[i], layer);
}

/*
 * Whose the packet is, and behind them whose it perhaps is, of whom those that find no room are left out: what is stored is
 * not given up to count more.
 */
static void
judge_first_fragment(struct judging *j, const struct fragments_piece *piece)
{
	const struct matcher *m = j->m;
	struct fragments_order orders[FRAGMENTS_ORDERS_MAX];
	size_t i, n = j->count;

	for (i = 0; i < j->count && i < FRAGMENTS_ORDERS_MAX; i++)
		orders[i] = (struct fragments_order){m->names[j->out[i].index], j->out[i].index, 0};
	for (i = 0; i < m->doubted_count && n < FRAGMENTS_ORDERS_MAX; i++) {
		if (m->place[m->doubted[i]] == 0)
			orders[n++] = (struct fragments_order){m->names[m->doubted[i]], m->doubted[i], 1};
	}
	fragments_put(m->carried, piece, orders, n);
}

/* The later fragments of a tunnel's packet go where the first went: they have none of the headers inside. */
static void
judge_fragment(struct judging *j)
{
	const struct layers *l = &j->layers;
	const struct layer *layer = &l->at[l->tunnel];
	struct fragments_piece piece;

	fragments_piece(&piece, 0, &layer->packet, l->data, j->time);
	switch ((enum layers_fragment)l->fragment) {
	case LAYERS_LATER:
		judge_later_fragment(j, &piece, layer);
		break;
	case LAYERS_FIRST:
		judge_first_fragment(j, &piece);
		break;
	case LAYERS_NOT_FOLLOWED:
	case LAYERS_WHOLE:
	default:
		fragments_doubt(j->m->carried, &piece);
		break;
	}
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

size_t
matcher_judge(struct matcher *m, const uint8_t *data, uint32_t caplen, uint32_t len, stamp_t time, struct match *out)
{
	const uint32_t *before;
	struct judging j;
	int is_sorted = 1;
	size_t i;

	j.m = m;
	j.time = time;
	j.out = out;
	j.count = 0;
	j.has_unknown_fragment = 0;
	(void)matcher_take_doubted(m, &before);
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
	if (m->doubted_count > 0)
		settle_doubt(m);
	for (i = 0; i < j.count; i++) {
		m->place[out[i].index] = 0;
		finish(&out[i]);
		is_sorted &= i == 0 || out[i - 1].index < out[i].index;
	}
	if (!is_sorted)
		qsort(out, j.count, sizeof(*out), compare_matches);
	return j.count;
}

int
matcher_own(struct matcher *m, uint32_t index, const uint8_t *data, uint32_t caplen, uint32_t len, stamp_t time,
    struct match *out)
{
	struct judging j = {.m = m, .time = time, .out = out};
	const struct layer *layer;

	layers_walk(&j.layers, m->linktype, data, caplen, len);
	if (j.layers.count == 0)
		return 0;
	layer = &j.layers.at[j.layers.count - 1];
	if (layer->type == LAYER_ARP || matcher_qualify(m->orders[index], &j.layers, layer) != MATCHER_YES ||
	    !passes_filter(&j, index, layer))
		return 0;
	keep(&j, index, layer);
	m->place[index] = 0;
	finish(out);
	return 1;
}
