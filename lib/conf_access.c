#include <arpa/inet.h>

#include <string.h>

#include "settings.h"
#include "text.h"

#include "conf.h"

#include "conf_internal.h"
#include "order_internal.h"

#define BITS_MIN 8
#define BITS6_MIN 16
#define SILENCE_DEFAULT 3600
#define RESUME_DEFAULT 30

/* Is it an address that a host can have? */
static int
parse_host(const char *item, uint8_t addr[4])
{
	return inet_pton(AF_INET, item, addr) == 1 && addr[0] != 0 && addr[0] != 127 && addr[0] < 224;
}

int
conf_dhcp_servers(
    const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_iap *iap = field;
	const char *s = e->value;
	char item[CONF_ITEM_ROOM];

	(void)key;
	while ((s = conf_next_item(s, item)) != NULL) {
		if (iap->dhcp_server_count == CONF_DHCP_MAX)
			return settings_refuse(ini, e, "more than 16 addresses");
		if (!parse_host(item, iap->dhcp_servers[iap->dhcp_server_count]))
			return settings_refuse(ini, e, "not a numeric IPv4 address of a host");
		iap->dhcp_server_count++;
	}
	return 0;
}

int
conf_dhcp_server_macs(
    const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_iap *iap = field;

	(void)key;
	return conf_macs_parse(ini, e, iap->dhcp_server_macs, &iap->dhcp_server_mac_count, CONF_DHCP_MACS_MAX);
}

static int
parse_pool(char *item, struct conf_pool *out)
{
	char *slash = strchr(item, '/');
	uint64_t bits;
	unsigned i;

	if (slash == NULL || text_u64(slash + 1, BITS_MIN, 32, &bits) == -1)
		return -1;
	*slash = '\0';
	out->bits = (uint8_t)bits;
	if (!parse_host(item, out->addr))
		return -1;
	for (i = out->bits; i < 32; i++) {
		if ((out->addr[i / 8] >> (7 - i % 8) & 1) != 0)
			return -1;
	}
	return 0;
}

int
conf_dhcp_pool(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_iap *iap = field;
	const char *s = e->value;
	char item[CONF_ITEM_ROOM];

	(void)key;
	while ((s = conf_next_item(s, item)) != NULL) {
		if (iap->dhcp_pool_count == CONF_DHCP_MAX)
			return settings_refuse(ini, e, "more than 16 networks");
		if (parse_pool(item, &iap->dhcp_pools[iap->dhcp_pool_count]) == -1)
			return settings_refuse(
			    ini, e, "not an IPv4 address/length from /8 on, with no bit set behind its length");
		iap->dhcp_pool_count++;
	}
	return 0;
}

/* Parse an address of a host.  Return 0, or -1. */
static int
parse_address(const char *item, struct conf_address *out)
{
	static const uint8_t nobody[16];

	memset(out, 0, sizeof(*out));
	out->family = strchr(item, ':') == NULL ? 4 : 6;
	if (out->family == 4)
		return parse_host(item, out->addr) ? 0 : -1;
	return inet_pton(AF_INET6, item, out->addr) == 1 && out->addr[0] != 0xff && memcmp(out->addr, nobody, 15) != 0
		   ? 0
		   : -1;
}

static int
set_radius_hosts(const struct inifile *ini, const struct inifile_entry *e, struct conf_address *list, uint32_t *count)
{
	const char *s = e->value;
	char item[CONF_ITEM_ROOM];

	while ((s = conf_next_item(s, item)) != NULL) {
		if (*count == CONF_RADIUS_MAX)
			return settings_refuse(ini, e, "more than 32 addresses");
		if (parse_address(item, &list[*count]) == -1)
			return settings_refuse(ini, e, "not a numeric address of a host");
		(*count)++;
	}
	return 0;
}

int
conf_radius_servers(
    const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_radius *r = &((struct conf_iap *)field)->radius;

	(void)key;
	return set_radius_hosts(ini, e, r->servers, &r->server_count);
}

int
conf_radius_clients(
    const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_radius *r = &((struct conf_iap *)field)->radius;

	(void)key;
	return set_radius_hosts(ini, e, r->clients, &r->client_count);
}

int
conf_network_parse(char *item, struct conf_network *out)
{
	char *slash = strchr(item, '/');
	struct conf_address a;
	unsigned i, total;
	uint64_t bits;

	if (slash == NULL)
		return -1;
	*slash = '\0';
	if (parse_address(item, &a) == -1)
		return -1;
	total = a.family == 4 ? 32 : 128;
	if (text_u64(slash + 1, a.family == 4 ? BITS_MIN : BITS6_MIN, total, &bits) == -1)
		return -1;
	for (i = (unsigned)bits; i < total; i++) {
		if ((a.addr[i / 8] >> (7 - i % 8) & 1) != 0)
			return -1;
	}
	out->family = a.family;
	out->bits = (uint8_t)bits;
	memcpy(out->addr, a.addr, sizeof(out->addr));
	return 0;
}

int
conf_radius_pool(
    const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_radius *r = &((struct conf_iap *)field)->radius;
	const char *s = e->value;
	char item[CONF_ITEM_ROOM];

	(void)key;
	while ((s = conf_next_item(s, item)) != NULL) {
		if (r->pool_count == CONF_RADIUS_MAX)
			return settings_refuse(ini, e, "more than 32 networks");
		if (conf_network_parse(item, &r->pools[r->pool_count]) == -1)
			return settings_refuse(ini, e,
			    "not an address/length, IPv4 from /8 or IPv6 from /16 on, with no bit set behind its "
			    "length");
		r->pool_count++;
	}
	return 0;
}

static int
set_ports(const struct inifile *ini, const struct inifile_entry *e, uint16_t *ports, uint32_t *count)
{
	const char *s = e->value;
	char item[CONF_ITEM_ROOM];
	uint64_t port;

	memset(ports, 0, CONF_RADIUS_PORTS_MAX * sizeof(*ports));
	*count = 0;
	while ((s = conf_next_item(s, item)) != NULL) {
		if (*count == CONF_RADIUS_PORTS_MAX)
			return settings_refuse(ini, e, "more than 8 ports");
		if (text_u64(item, 1, UINT16_MAX, &port) == -1)
			return settings_refuse(ini, e, "not a port of UDP");
		ports[(*count)++] = (uint16_t)port;
	}
	return *count == 0 ? settings_refuse(ini, e, "names no port") : 0;
}

int
conf_radius_ports(
    const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_radius *r = &((struct conf_iap *)field)->radius;

	(void)key;
	return set_ports(ini, e, r->ports, &r->port_count);
}

int
conf_radius_coa_ports(
    const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_radius *r = &((struct conf_iap *)field)->radius;

	(void)key;
	return set_ports(ini, e, r->coa_ports, &r->coa_port_count);
}

int
conf_macs_parse(
    const struct inifile *ini, const struct inifile_entry *e, uint8_t (*list)[6], uint32_t *count, uint32_t max)
{
	const char *s = e->value, *wrong;
	char item[CONF_ITEM_ROOM];

	while ((s = conf_next_item(s, item)) != NULL) {
		if (*count == max)
			return settings_refuse(ini, e, "more than 32 addresses");
		wrong = order_mac_parse(item, list[*count]);
		if (wrong != NULL)
			return settings_refuse(ini, e, wrong);
		(*count)++;
	}
	return 0;
}

int
conf_pppoe_concentrators(
    const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_pppoe *p = &((struct conf_iap *)field)->pppoe;

	(void)key;
	return conf_macs_parse(ini, e, p->concentrators, &p->concentrator_count, CONF_PPPOE_MAX);
}

void
conf_access_default(struct conf_iap *iap)
{
	static const uint16_t ports[] = {1645, 1646, 1812, 1813}, coa_ports[] = {1700, 3799};

	memcpy(iap->radius.ports, ports, sizeof(ports));
	iap->radius.port_count = sizeof(ports) / sizeof(ports[0]);
	memcpy(iap->radius.coa_ports, coa_ports, sizeof(coa_ports));
	iap->radius.coa_port_count = sizeof(coa_ports) / sizeof(coa_ports[0]);
	iap->resume_within = RESUME_DEFAULT;
	iap->radius.silence = iap->pppoe.silence = iap->ipv6.silence = SILENCE_DEFAULT;
}

const char *
conf_access_settle(const struct conf_iap *iap)
{
	const struct conf_radius *r = &iap->radius;

	if ((iap->dhcp_server_count > 0) != (iap->dhcp_pool_count > 0))
		return "dhcp_servers and dhcp_pool stand together or not at all";
	if (iap->dhcp_server_mac_count > 0 && iap->dhcp_server_count == 0 && iap->ipv6.server_count == 0)
		return "dhcp_server_macs are those of dhcp_servers or dhcp6_servers";
	if ((r->server_count > 0) != (r->client_count > 0) || (r->server_count > 0) != (r->pool_count > 0))
		return "radius_servers, radius_clients and radius_pool stand together or not at all";
	if ((iap->ipv6.server_count > 0) != (iap->ipv6.pool_count > 0))
		return "dhcp6_servers and dhcp6_pool stand together or not at all";
	if (iap->ipv6.router_count > 0 &&
	    iap->ipv6.pool_count + iap->ipv6.slaac_pool_count + iap->dhcp_pool_count + r->pool_count == 0)
		return "ipv6_routers stands with dhcp_pool, radius_pool, dhcp6_pool or slaac_pool only";
	return NULL;
}
