#include <string.h>

#include "dhcp4.h"
#include "dhcp6.h"

#include "glance.h"

#define LINK_ETHERNET 1

static void
mark(struct glance *g, uint16_t port)
{
	g->ports[port / 64] |= UINT64_C(1) << port % 64;
}

void
glance_init(struct glance *g, uint32_t linktype, const struct conf_iap *iap)
{
	uint32_t i;

	memset(g, 0, sizeof(*g));
	g->is_ethernet = linktype == LINK_ETHERNET;
	mark(g, DHCP4_CLIENT_PORT);
	mark(g, DHCP4_SERVER_PORT);
	mark(g, DHCP6_CLIENT_PORT);
	mark(g, DHCP6_SERVER_PORT);
	for (i = 0; iap != NULL && i < iap->radius.port_count; i++)
		mark(g, iap->radius.ports[i]);
	for (i = 0; iap != NULL && i < iap->radius.coa_port_count; i++)
		mark(g, iap->radius.coa_ports[i]);
}
