#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "settings.h"

#include "conf.h"

#include "conf_internal.h"

#define INTERFACE_MAX 15
#define KIB ((uint64_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define RING_DEFAULT (64 * MIB)
#define POOL_DEFAULT (512 * MIB)
#define SLICE_DEFAULT GIB
#define SECONDS_DEFAULT 300
#define SNAPLEN_DEFAULT 262144
#define RESUME_MAX 600
#define SNAPLEN_MIN 128 /* room for QinQ, PPPoE and IPv6 with TCP */
#define DAY_SECONDS 86400

static int
set_interfaces(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_iap *iap = field;
	const char *s = e->value;
	size_t i, n;

	(void)key;
	for (s += strspn(s, " "); *s != '\0'; s += n + strspn(s + n, " ")) {
		n = strcspn(s, " ");
		if (n > INTERFACE_MAX || memchr(s, '/', n) != NULL || s[0] == '.')
			return settings_refuse(ini, e, "not the name of an interface");
		if (iap->interface_count == CONF_INTERFACES_MAX)
			return settings_refuse(ini, e, "more than 8 interfaces");
		for (i = 0; i < iap->interface_count; i++) {
			if (strlen(iap->interfaces[i]) == n && memcmp(iap->interfaces[i], s, n) == 0)
				return settings_refuse(ini, e, "an interface stands twice");
		}
		iap->interfaces[iap->interface_count] = strndup(s, n);
		if (iap->interfaces[iap->interface_count] == NULL) {
			diag_err("%s", inifile_label(ini));
			return -1;
		}
		iap->interface_count++;
	}
	return 0;
}

static const char *const timestamp_words[] = {[CONF_MICRO] = "micro", [CONF_NANO] = "nano", NULL};

#define IAP(member) offsetof(struct conf_iap, member)

static const struct settings_key keys[] = {
    {"interface", set_interfaces, 0, 0, 0, NULL, 0},
    {"ring_bytes", settings_bytes, IAP(ring_bytes), MIB, 2 * GIB - MIB, NULL, 0},
    {"pool_bytes", settings_bytes, IAP(pool_bytes), MIB, 64 * GIB, NULL, 0},
    {"slice_seconds", settings_day_divisor, IAP(slice_seconds), 1, DAY_SECONDS, NULL, 0},
    {"slice_bytes", settings_bytes, IAP(slice_bytes), 4 * KIB, 1024 * GIB, NULL, 0},
    {"snaplen", settings_u32, IAP(snaplen), SNAPLEN_MIN, SNAPLEN_DEFAULT, NULL, 0},
    {"timestamps", settings_word, IAP(timestamps), 0, 0, timestamp_words, 0},
    {"dhcp_servers", conf_dhcp_servers, 0, 0, 0, NULL, 0},
    {"dhcp_server_macs", conf_dhcp_server_macs, 0, 0, 0, NULL, 0},
    {"dhcp_pool", conf_dhcp_pool, 0, 0, 0, NULL, 0},
    {"radius_servers", conf_radius_servers, 0, 0, 0, NULL, 0},
    {"radius_clients", conf_radius_clients, 0, 0, 0, NULL, 0},
    {"radius_pool", conf_radius_pool, 0, 0, 0, NULL, 0},
    {"radius_ports", conf_radius_ports, 0, 0, 0, NULL, 0},
    {"radius_coa_ports", conf_radius_coa_ports, 0, 0, 0, NULL, 0},
    {"dhcp6_servers", conf_dhcp6_servers, 0, 0, 0, NULL, 0},
    {"dhcp6_pool", conf_dhcp6_pool, 0, 0, 0, NULL, 0},
    {"slaac_pool", conf_slaac_pool, 0, 0, 0, NULL, 0},
    {"slaac_silence", settings_duration, IAP(ipv6.silence), 60, 7 * DAY_SECONDS, NULL, 0},
    {"ipv6_routers", conf_ipv6_routers, 0, 0, 0, NULL, 0},
    {"pppoe_concentrators", conf_pppoe_concentrators, 0, 0, 0, NULL, 0},
    {"pppoe_silence", settings_duration, IAP(pppoe.silence), 60, 7 * DAY_SECONDS, NULL, 0},
    {"radius_silence", settings_duration, IAP(radius.silence), 60, 7 * DAY_SECONDS, NULL, 0},
    {"resume_within", settings_duration, IAP(resume_within), 0, RESUME_MAX, NULL, 0},
};

int
conf_iap_read(const struct inifile *ini, size_t i, struct conf_iap *iap)
{
	unsigned line;
	const char *name = inifile_section(ini, i, &line), *wrong;

	iap->ring_bytes = RING_DEFAULT;
	iap->pool_bytes = POOL_DEFAULT;
	iap->slice_seconds = SECONDS_DEFAULT;
	iap->slice_bytes = SLICE_DEFAULT;
	iap->snaplen = SNAPLEN_DEFAULT;
	conf_access_default(iap);
	if (settings_apply(ini, i, keys, sizeof(keys) / sizeof(keys[0]), iap) == -1)
		return -1;
	wrong = conf_access_settle(iap);
	if (wrong == NULL)
		return 0;
	diag_errx("%s:%u: [%s]: %s", inifile_label(ini), line, name, wrong);
	errno = EINVAL;
	return -1;
}

void
conf_iap_release(struct conf_iap *iap)
{
	size_t i;

	for (i = 0; i < iap->interface_count; i++)
		free(iap->interfaces[i]);
}
