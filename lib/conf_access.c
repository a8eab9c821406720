#include <arpa/inet.h>

#include <string.h>

#include "settings.h"
#include "text.h"

#include "conf.h"

#include "conf_internal.h"

#define BITS_MIN 8

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
