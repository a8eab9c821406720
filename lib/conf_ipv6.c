#include <arpa/inet.h>

#include <string.h>

#include "settings.h"

#include "conf.h"

#include "conf_internal.h"

/*
 * Whose word on IPv6 addresses is believed.
 */
#define LINK_LOCAL 0xfe

int
conf_dhcp6_servers(
    const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_ipv6 *v6 = &((struct conf_iap *)field)->ipv6;
	static const uint8_t nobody[16];
	struct conf_address *a;
	const char *s = e->value;
	char item[CONF_ITEM_ROOM];

	(void)key;
	while ((s = conf_next_item(s, item)) != NULL) {
		if (v6->server_count == CONF_IPV6_MAX)
			return settings_refuse(ini, e, "more than 32 addresses");
		a = &v6->servers[v6->server_count];
		a->family = 6;
		if (inet_pton(AF_INET6, item, a->addr) != 1 || a->addr[0] == 0xff || memcmp(a->addr, nobody, 15) == 0)
			return settings_refuse(ini, e, "not a numeric IPv6 address of a host");
		v6->server_count++;
	}
	return 0;
}

static int
set_pools(const struct inifile *ini, const struct inifile_entry *e, struct conf_network *list, uint32_t *count)
{
	const char *s = e->value;
	char item[CONF_ITEM_ROOM];

	while ((s = conf_next_item(s, item)) != NULL) {
		if (*count == CONF_IPV6_MAX)
			return settings_refuse(ini, e, "more than 32 networks");
		/* Of addresses of a link there are the same on many. */
		if (conf_network_parse(item, &list[*count]) == -1 || list[*count].family != 6 ||
		    list[*count].addr[0] == LINK_LOCAL)
			return settings_refuse(ini, e,
			    "not an IPv6 address/length from /16 on, of more than one link, with no bit set behind its "
			    "length");
		(*count)++;
	}
	return 0;
}

int
conf_dhcp6_pool(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_ipv6 *v6 = &((struct conf_iap *)field)->ipv6;

	(void)key;
	return set_pools(ini, e, v6->pools, &v6->pool_count);
}

int
conf_slaac_pool(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_ipv6 *v6 = &((struct conf_iap *)field)->ipv6;

	(void)key;
	return set_pools(ini, e, v6->slaac_pools, &v6->slaac_pool_count);
}

int
conf_ipv6_routers(
    const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_ipv6 *v6 = &((struct conf_iap *)field)->ipv6;

	(void)key;
	return conf_macs_parse(ini, e, v6->routers, &v6->router_count, CONF_IPV6_MAX);
}
