#include <stddef.h>

#include "scope.h"

static uint32_t
cut_packet(enum order_scope scope, const struct packet *p, const uint8_t *data, uint32_t caplen)
{
	uint32_t end;

	switch (scope) {
	case ORDER_CONTENT:
		return caplen;
	case ORDER_HEADERS:
		end = packet_transport_end(p, data, caplen);
		break;
	case ORDER_HEADERS_WITHOUT_PORTS:
	default:
		end = p->network_end;
		break;
	}
	return end < caplen ? end : caplen;
}

uint32_t
scope_cut(enum order_scope scope, const struct layers *l, const struct layer *layer)
{
	const struct layer *ip = layers_ip(l, layer);

	if (ip != NULL)
		return cut_packet(scope, &ip->packet, l->data, l->caplen);
	return scope == ORDER_CONTENT ? l->caplen : l->link_end;
}

uint32_t
scope_cut_at(enum order_scope scope, const uint8_t *data, uint32_t at, uint32_t caplen, uint32_t len)
{
	struct packet p;

	if (scope == ORDER_CONTENT)
		return caplen;
	if (packet_parse(&p, data, at, caplen, len) != PACKET_OK)
		return 0;
	return cut_packet(scope, &p, data, caplen);
}
