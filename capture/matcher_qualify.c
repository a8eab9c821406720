#include "matcher_internal.h"

/*
 * The qualifiers of an order, which narrow whose a frame with an address of its subject is: tags, stacks of them, sessions.
 */

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

/* Are just these two tags, the outer one first, a stack of the order's? */
static int
is_stacked(const struct order *order, const uint16_t tags[2])
{
	size_t i;

	for (i = 0; i < order->stack_count; i++) {
		if (order->stacks[i].outer == tags[0] && order->stacks[i].inner == tags[1])
			return 1;
	}
	return 0;
}

/* Is the tag that a tunnel's header gave perhaps none of its own? */
static int
is_doubtful(const struct layer *layer, const uint16_t *tags, size_t n)
{
	return layer->tag == DECAP_TAG_PERHAPS || (layer->tag == DECAP_TAG_REPEATED && n >= 2 && tags[0] == tags[1]);
}

/* Are the tags of the layer's Ethernet header just a stack of the order's?  In doubt, with the first and without. */
static enum matcher_answer
has_stack(const struct order *order, const struct layers *l, const struct layer *layer)
{
	const uint16_t *tags = l->vlans + layer->stack_first;
	size_t n = (size_t)(layer->vlan_count - layer->stack_first);

	if (!is_doubtful(layer, tags, n))
		return n == 2 && is_stacked(order, tags) ? MATCHER_YES : MATCHER_NO;
	return (n == 2 && is_stacked(order, tags)) || (n == 3 && is_stacked(order, tags + 1)) ? MATCHER_DOUBTFUL
											      : MATCHER_NO;
}

enum matcher_answer
matcher_qualify(const struct order *order, const struct layers *l, const struct layer *layer)
{
	size_t i;

	if (order->session_count > 0 &&
	    (layer->session == -1 || !is_listed(order->sessions, order->session_count, (uint32_t)layer->session)))
		return MATCHER_NO;
	if (order->vlan_count == 0 && order->stack_count == 0)
		return MATCHER_YES;
	for (i = layer->vlan_first; i < layer->vlan_count; i++) {
		if (is_listed(order->vlans, order->vlan_count, l->vlans[i]))
			return MATCHER_YES;
	}
	return order->stack_count == 0 ? MATCHER_NO : has_stack(order, l, layer);
}
