#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table_internal.h"

/*
 * Between which ends control traffic goes, for the kernel filter: orders that nobody issued.
 */
#define ENDS_MAX (2 * CONF_DHCP_MAX + 2 + 2 * CONF_RADIUS_MAX + 3 * CONF_IPV6_MAX + 2)

/* Whoever asks for an address has none, and asks everybody. */
static const uint8_t broadcast[4] = {255, 255, 255, 255}, unspecified[4];

static void
put_end(struct order *o, unsigned family, const uint8_t *addr, unsigned bits)
{
	struct order_prefix *p = &o->prefixes[o->prefix_count++];

	p->family = (uint8_t)family;
	p->bits = (uint8_t)bits;
	memcpy(p->addr, addr, family == 4 ? 4 : 16);
}

/* The next address of a subject may be any of a pool, and its first frame comes before a filter could let it in. */
static void
put_dhcp(struct order *o, const struct conf_iap *iap)
{
	size_t i;

	put_end(o, 4, unspecified, 32);
	put_end(o, 4, broadcast, 32);
	for (i = 0; i < iap->dhcp_server_count; i++)
		put_end(o, 4, iap->dhcp_servers[i], 32);
	for (i = 0; i < iap->dhcp_pool_count; i++)
		put_end(o, 4, iap->dhcp_pools[i].addr, iap->dhcp_pools[i].bits);
	o->broadcast = 1; /* ARP says that an address is another's */
}

static void
put_radius(struct order *o, const struct conf_radius *r)
{
	uint32_t i;

	for (i = 0; i < r->server_count; i++)
		put_end(o, r->servers[i].family, r->servers[i].addr, r->servers[i].family == 4 ? 32 : 128);
	for (i = 0; i < r->pool_count; i++)
		put_end(o, r->pools[i].family, r->pools[i].addr, r->pools[i].bits);
	o->broadcast |= r->pool_count > 0; /* as above */
}

/* Hosts speak to each other by addresses of the link, of which there are as many as hosts. */
static void
put_ipv6(struct order *o, const struct conf_ipv6 *v6)
{
	static const uint8_t link[16] = {0xfe, 0x80}, all_of_link[16] = {0xff, 0x02};
	uint32_t i;

	if (v6->server_count == 0 && v6->slaac_pool_count == 0)
		return;
	put_end(o, 6, link, 10);
	put_end(o, 6, all_of_link, 16);
	for (i = 0; i < v6->server_count; i++)
		put_end(o, 6, v6->servers[i].addr, 128);
	for (i = 0; i < v6->pool_count; i++)
		put_end(o, 6, v6->pools[i].addr, v6->pools[i].bits);
	for (i = 0; i < v6->slaac_pool_count; i++)
		put_end(o, 6, v6->slaac_pools[i].addr, v6->slaac_pools[i].bits);
}

/* The next session may be anyone's: whatever goes by a concentrator. */
static int
put_pppoe(struct order *o, const struct conf_pppoe *p)
{
	if (p->concentrator_count == 0)
		return 0;
	o->macs = calloc(p->concentrator_count, sizeof(*o->macs));
	if (o->macs == NULL)
		return -1;
	memcpy(o->macs, p->concentrators, p->concentrator_count * sizeof(*o->macs));
	o->mac_count = p->concentrator_count;
	return 0;
}

/* Servers give what an order names to whoever they do, and only what they say of it counts. */
static void
put_servers(struct order *o, const struct conf_iap *iap)
{
	uint32_t i;

	for (i = 0; i < iap->dhcp_server_count; i++)
		put_end(o, 4, iap->dhcp_servers[i], 32);
	for (i = 0; i < iap->ipv6.server_count; i++)
		put_end(o, 6, iap->ipv6.servers[i].addr, 128);
}

static struct order *
new_ends(void)
{
	struct order *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->prefixes = calloc(ENDS_MAX, sizeof(*o->prefixes));
	if (o->prefixes != NULL)
		return o;
	order_free(o);
	errno = ENOMEM;
	return NULL;
}

int
table_ends_make(struct table *t, const struct conf_iap *iap)
{
	struct order *o = new_ends();

	t->servers = new_ends();
	if (o == NULL || t->servers == NULL) {
		order_free(o);
		errno = ENOMEM;
		return -1;
	}
	put_servers(t->servers, iap);
	if (iap->dhcp_server_count > 0)
		put_dhcp(o, iap);
	put_radius(o, &iap->radius);
	put_ipv6(o, &iap->ipv6);
	if (put_pppoe(o, &iap->pppoe) == -1) {
		order_free(o);
		errno = ENOMEM;
		return -1;
	}
	t->control = o;
	return 0;
}

static int
has_moving(const struct entries *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (list->at[i]->order->identity_count > 0)
			return 1;
	}
	return 0;
}

/* May anyone be told of, as table_holders_begin() has it? */
static int
has_named(const struct table *t, const struct entries *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (holders_are_told_of(list->at[i]->order, t->iap))
			return 1;
	}
	return 0;
}

const struct order *
table_follow_ends(const struct table *t)
{
	if (t->control != NULL && (has_moving(&t->now) || has_moving(&t->incoming)))
		return t->control;
	return t->control != NULL && (has_named(t, &t->now) || has_named(t, &t->incoming)) ? t->servers : NULL;
}
