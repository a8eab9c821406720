#include <stddef.h>

#include "scope.h"

uint32_t
scope_cut(enum order_scope scope, const struct layers *l, const struct layer *layer)
{
	const struct layer *ip = layers_ip(l, layer);
	uint32_t end;

	if (scope == ORDER_CONTENT)
		return l->caplen;
	if (ip == NULL)
		end = l->link_end;
	else if (scope == ORDER_HEADERS)
		end = packet_transport_end(&ip->packet, l->data, l->caplen);
	else
		end = ip->packet.network_end;
	return end < l->caplen ? end : l->caplen;
}
