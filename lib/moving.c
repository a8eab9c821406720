#include "moving.h"

/* Whose word on such an identity is not believed at the access point, because nobody is named?  NULL: somebody is. */
static const char *
lacks(const struct conf_iap *iap, enum order_identity_kind kind)
{
	switch (kind) {
	case ORDER_DHCP_MAC:
	case ORDER_DHCP_CLIENT_ID:
	case ORDER_DHCP_CIRCUIT_ID:
	case ORDER_DHCP_REMOTE_ID:
	case ORDER_DHCP_RELAY:
		return iap->dhcp_server_count > 0 ? NULL : "its access point has no dhcp_servers and dhcp_pool";
	case ORDER_RADIUS_USER:
	case ORDER_RADIUS_CALLING:
		return iap->radius.server_count > 0
			   ? NULL
			   : "its access point has no radius_servers, radius_clients and radius_pool";
	case ORDER_PPPOE_USER:
		return iap->pppoe.concentrator_count > 0 ? NULL : "its access point has no pppoe_concentrators";
	case ORDER_DHCP6_DUID:
	case ORDER_DHCP6_IAID:
	case ORDER_DHCP6_MAC:
	case ORDER_DHCP6_INTERFACE_ID:
	case ORDER_DHCP6_REMOTE_ID:
	case ORDER_DHCP6_RELAY:
		return iap->ipv6.server_count > 0 ? NULL : "its access point has no dhcp6_servers and dhcp6_pool";
	case ORDER_SLAAC_MAC:
		return iap->ipv6.slaac_pool_count > 0 ? NULL : "its access point has no slaac_pool";
	case ORDER_IDENTITY_KINDS:
		break;
	}
	return "it is named by what no access point reads";
}

const char *
moving_obstacle(const struct order *o, const struct conf_iap *iap, size_t interfaces)
{
	const char *why = NULL;
	size_t i;

	for (i = 0; i < o->identity_count && why == NULL; i++)
		why = lacks(iap, o->identities[i].kind);
	/* Two rings are not read in the order of time: a stranger's frame could come before the word that makes it his. */
	return why == NULL && interfaces > 1 ? "its access point has more than one interface" : why;
}

const char *
moving_unread(const struct order *o, size_t tunnels)
{
	return o->identity_count > 0 && tunnels > 0
		   ? "what gives and takes its addresses inside of a [tunnel] is not read, only what lies outside"
		   : NULL;
}
