#include <stdio.h>

#include "layers.h"
#include "matcher.h"
#include "quick.h"
#include "tunnels.h"

#include "samples.h"
#include "wrapped.h"

/*
 * Input: a sample's number (those in tunnels behind the others, any further one for a frame given whole), the link type,
 * three bytes for how much was captured and how much there was, then either edits of the sample, {offset, offset, value},
 * or the frame.  Every frame is judged for orders of every sort, with and without tunnels, in a block of exactly its
 * length.
 */
#define ORDERS 8

static struct order table[ORDERS];
static struct order_prefix prefixes[4];
static uint8_t macs[1][6];
static uint16_t vlans[] = {100}, sessions[] = {0x77};
static struct order_stack stacks[] = {{200, 100}, {100, 7}};
static const struct order *orders[ORDERS];
static const uint32_t linktypes[] = {1, 1, 1, 0, 12, 101, 108, 113, 276};

#define LINKTYPES (sizeof(linktypes) / sizeof(linktypes[0]))

static struct matcher *matchers[LINKTYPES], *followers[LINKTYPES];
static struct tunnels *tunnels;

/* For each scope, one order without more than addresses (settled quickly) and the same one twice (which never is). */
#define WAYS 4

static struct order plain[WAYS];
static struct matcher *quick_ways[WAYS], *slow_ways[WAYS], *tunnel_ways[WAYS], *slow_tunnel_ways[WAYS];
static struct frame frame;
static struct quick quick_none;

static void
prefix(struct order_prefix *p, const char *addr, unsigned bits)
{
	p->family = strchr(addr, ':') == NULL ? 4 : 6;
	p->bits = (uint8_t)bits;
	if (inet_pton(p->family == 4 ? AF_INET : AF_INET6, addr, p->addr) != 1)
		abort();
}

/* The streams are unwrapped, the tunnels not: they have a section each. */
static void
prepare_tunnels(void)
{
	static const unsigned streams = 1U << CONF_TUNNEL_ERSPAN | 1U << CONF_TUNNEL_TZSP | 1U << CONF_TUNNEL_CCC;
	static struct conf_tunnel list[2];

	wrapped_configure(&list[0], streams);
	wrapped_configure(&list[1], WRAPPED_ALL_KINDS & ~streams);
	list[0].unwrap = 1;
	tunnels = tunnels_new(list, 2);
	if (tunnels == NULL)
		abort();
}

static void
prepare(void)
{
	static char dns[] = "port 53", other[] = "not tcp port 443 and len > 10";
	size_t i;

	prefix(&prefixes[0], FRAME_SUBJECT4, 32);
	prefix(&prefixes[1], FRAME_SUBJECT6, 128);
	prefix(&prefixes[2], "198.51.0.0", 16);
	prefix(&prefixes[3], "2001:db8::", 32);
	memcpy(macs[0], frame_mac_a, 6);
	for (i = 0; i < ORDERS; i++) {
		struct order *o = &table[i];

		(void)snprintf(o->case_id, sizeof(o->case_id), "LI-%zu", i);
		o->prefixes = prefixes;
		o->prefix_count = i % 2 ? 2 : 4;
		o->macs = macs;
		o->mac_count = i % 3 == 2;
		o->scope = (enum order_scope)(i % 3);
		o->filter = i == 3 ? dns : i == 4 ? other : NULL;
		o->vlans = vlans;
		o->vlan_count = i == 5;
		o->stacks = stacks;
		o->stack_count = i == 7 ? 2 : 0;
		o->sessions = sessions;
		o->session_count = i == 6;
		o->broadcast = i >= 6;
		orders[i] = o;
	}
	for (i = 0; i < LINKTYPES; i++) {
		matchers[i] = matcher_new(orders, ORDERS, linktypes[i]);
		followers[i] = matcher_new_tunnels(orders, ORDERS, linktypes[i], tunnels);
		if (matchers[i] == NULL || followers[i] == NULL)
			abort();
	}
}

static void
prepare_ways(void)
{
	const struct order *twice[2];
	int i;

	quick_init(&quick_none, NULL);
	for (i = 0; i < WAYS; i++) {
		plain[i].scope = (enum order_scope)(i % 3);
		plain[i].prefixes = prefixes;
		plain[i].prefix_count =
		    i < 3 ? 2 : 4; /* hosts alone have a shorter way than several prefix lengths */
		twice[0] = twice[1] = &plain[i];
		quick_ways[i] = matcher_new(twice, 1, 1);
		slow_ways[i] = matcher_new(twice, 2, 1);
		tunnel_ways[i] = matcher_new_tunnels(twice, 1, 1, tunnels);
		slow_tunnel_ways[i] = matcher_new_tunnels(twice, 2, 1, tunnels);
		if (quick_ways[i] == NULL || slow_ways[i] == NULL || tunnel_ways[i] == NULL ||
		    slow_tunnel_ways[i] == NULL)
			abort();
	}
}

static void
require(int truth)
{
	if (!truth)
		abort();
}

static void
check_layers(const struct layers *l)
{
	size_t i;

	require(l->link_end <= l->caplen && l->count <= LAYERS_MAX && l->vlan_count <= MATCHER_DEPTH_MAX);
	for (i = 0; i < l->count; i++) {
		const struct packet *p = &l->at[i].packet;

		require(l->at[i].vlan_first <= l->at[i].vlan_count && l->at[i].vlan_count <= l->vlan_count);
		require(l->at[i].vlan_first <= l->at[i].stack_first && l->at[i].stack_first <= l->at[i].vlan_count);
		require(l->at[i].start <= l->at[i].at && l->at[i].start <= l->at[i].end && l->at[i].end <= l->len);
		require(i == 0 || l->at[i].at > l->at[i - 1].at);
		if (l->at[i].type != LAYER_IP)
			continue;
		require(p->at <= p->network_end && p->network_end <= p->end && p->end <= l->len);
		require(packet_transport_end(p, l->data, l->caplen) <= p->end);
		require(packet_transport_end(p, l->data, l->caplen) >= p->network_end);
		require(packet_transport_end(p, l->data, l->caplen) <= p->network_end + 60);
		require(l->link_end <= p->at || i + 1 < l->count || l->kind != MATCHER_KINDS);
	}
}

/* One order for the subject may be found on a short way, two never are: do both say the same?  Return how often. */
static size_t
check_way(struct matcher *quick, struct matcher *slow, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	struct match one[1], two[2];
	size_t n = matcher_frame(quick, data, caplen, len, 0, one);

	require(matcher_frame(slow, data, caplen, len, 0, two) == 2 * n);
	require(n == 0 || (one[0].caplen == two[0].caplen && one[0].caplen == two[1].caplen));
	require(n == 0 || (one[0].start == two[0].start && one[0].len == two[0].len));
	require(memcmp(matcher_kinds(quick), matcher_kinds(slow), MATCHER_KINDS * sizeof(uint64_t)) == 0);
	return n;
}

static void
check_ways(const uint8_t *data, uint32_t caplen, uint32_t len)
{
	size_t n;
	int i;

	for (i = 0; i < WAYS; i++) {
		n = check_way(quick_ways[i], slow_ways[i], data, caplen, len);
		/* What is found without tunnels is found with them. */
		require(check_way(tunnel_ways[i], slow_tunnel_ways[i], data, caplen, len) >= n);
	}
}

static void
check_matches(struct matcher *m, const uint8_t *data, uint32_t caplen, uint32_t len, int has_tunnels)
{
	struct match out[ORDERS];
	size_t n, i;

	n = matcher_frame(m, data, caplen, len, 0, out);
	require(n <= matcher_room(m));
	for (i = 0; i < n; i++) {
		require(out[i].index < ORDERS && out[i].start <= caplen && out[i].caplen <= caplen - out[i].start);
		require(out[i].caplen <= out[i].len && out[i].len <= len - out[i].start);
		require(i == 0 || out[i - 1].index < out[i].index);
		require(has_tunnels || (out[i].start == 0 && out[i].len == len));
		require(table[out[i].index].scope != ORDER_CONTENT || out[i].start > 0 || out[i].caplen == caplen);
	}
}

static void
check(size_t type, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	struct layers l;
	uint32_t quick;

	layers_walk(&l, linktypes[type], data, caplen, len);
	check_layers(&l);
	quick = quick_ip(&quick_none, data, caplen, len);
	if (linktypes[type] == 1 && quick != 0)
		require(l.kind == MATCHER_KINDS &&
			(l.count == 2 || (l.count == 3 && l.at[1].type == LAYER_ETHERNET)) &&
			l.at[l.count - 1].type == LAYER_IP && l.at[l.count - 1].at == quick);
	if (linktypes[type] == 1)
		check_ways(data, caplen, len);
	check_matches(matchers[type], data, caplen, len, 0);
	layers_follow(&l, tunnels, linktypes[type], data, caplen, len);
	check_layers(&l);
	check_matches(followers[type], data, caplen, len, 1);
}

static void
edit(const uint8_t *edits, size_t n)
{
	for (; n >= 3; edits += 3, n -= 3) {
		uint32_t at = (uint32_t)(edits[0] << 8 | edits[1]);

		if (at < frame.n)
			frame.data[at] = edits[2];
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	static int is_ready;
	uint32_t caplen, len;
	size_t type;
	uint8_t *data;

	if (!is_ready) {
		prepare_tunnels();
		prepare();
		prepare_ways();
		is_ready = 1;
	}
	if (n < 5)
		return 0;
	type = input[1] % LINKTYPES;
	frame.n = 0;
	if (input[0] < SAMPLES_COUNT) {
		samples[input[0]].build(&frame);
		edit(input + 5, n - 5);
	} else if (input[0] - SAMPLES_COUNT < WRAPPED_COUNT) {
		wrapped_build(&wrapped[input[0] - SAMPLES_COUNT], &frame,
		    input[1] & 0x80 ? WRAPPED_FROM6 : WRAPPED_FROM, input[1] & 0x80 ? WRAPPED_TO6 : WRAPPED_TO);
		edit(input + 5, n - 5);
	} else {
		frame_put(&frame, input + 5, n - 5 < 4096 ? n - 5 : 4096);
	}
	caplen = (uint32_t)(input[2] << 8 | input[3]);
	if (caplen > frame.n)
		caplen = frame.n;
	len = caplen + (input[4] & 1 ? input[4] * 300U : 0);
	data = frame_exact(&frame, caplen);
	check(type, data, caplen, len);
	free(data);
	return 0;
}
