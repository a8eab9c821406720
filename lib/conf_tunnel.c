#include <arpa/inet.h>

#include <errno.h>
#include <string.h>

#include "diag.h"
#include "settings.h"

#include "conf.h"

#include "conf_internal.h"

#define KIND(kind) (1U << CONF_TUNNEL_##kind)
#define STREAM_KINDS (KIND(ERSPAN) | KIND(TZSP) | KIND(CCC))
#define UDP_KINDS (KIND(VXLAN) | KIND(GENEVE) | KIND(L2TP) | KIND(TZSP) | KIND(CCC))

static const struct {
	const char *word;
	uint16_t port; /* over UDP: the default, 0 where there is none */
} known[CONF_TUNNEL_KINDS] = {
    [CONF_TUNNEL_GRE] = {"gre", 0},
    [CONF_TUNNEL_NVGRE] = {"nvgre", 0},
    [CONF_TUNNEL_IPIP] = {"ipip", 0},
    [CONF_TUNNEL_VXLAN] = {"vxlan", 4789},
    [CONF_TUNNEL_GENEVE] = {"geneve", 6081},
    [CONF_TUNNEL_L2TP] = {"l2tp", 1701},
    [CONF_TUNNEL_EOIP] = {"eoip", 0},
    [CONF_TUNNEL_ERSPAN] = {"erspan", 0},
    [CONF_TUNNEL_TZSP] = {"tzsp", 37008},
    [CONF_TUNNEL_CCC] = {"ccc", 0},
};

/* What is read on the way: the port's kind is not known before all keys are. */
struct reading {
	struct conf_tunnel *tunnel;
	uint32_t port;
};

const char *
conf_next_item(const char *s, char item[CONF_ITEM_ROOM])
{
	size_t n;

	s += strspn(s, " ");
	n = strcspn(s, " ");
	if (n == 0)
		return NULL;
	memset(item, 0, CONF_ITEM_ROOM);
	memcpy(item, s, n < CONF_ITEM_ROOM ? n : CONF_ITEM_ROOM - 1);
	return s + n;
}

static int
set_kind(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_tunnel *t = ((struct reading *)field)->tunnel;
	const char *s = e->value;
	char item[CONF_ITEM_ROOM];
	unsigned i;

	(void)key;
	while ((s = conf_next_item(s, item)) != NULL) {
		for (i = 0; i < CONF_TUNNEL_KINDS && strcmp(known[i].word, item) != 0; i++)
			;
		if (i == CONF_TUNNEL_KINDS)
			return settings_refuse(
			    ini, e, "must be of gre nvgre ipip vxlan geneve l2tp eoip erspan tzsp ccc");
		if ((t->kinds & 1U << i) != 0)
			return settings_refuse(ini, e, "a kind stands twice");
		t->kinds |= 1U << i;
	}
	return 0;
}

static int
is_unspecified(const struct conf_address *a)
{
	static const uint8_t zero[16];

	return memcmp(a->addr, zero, sizeof(zero)) == 0;
}

static int
set_ends(const struct inifile *ini, const struct inifile_entry *e, struct conf_address *ends, size_t *count)
{
	const char *s = e->value;
	char item[CONF_ITEM_ROOM];
	size_t i;

	while ((s = conf_next_item(s, item)) != NULL) {
		struct conf_address a = {.family = strchr(item, ':') == NULL ? 4 : 6};

		if (inet_pton(a.family == 4 ? AF_INET : AF_INET6, item, a.addr) != 1)
			return settings_refuse(ini, e, "not a numeric address (names are not looked up)");
		if (is_unspecified(&a))
			return settings_refuse(ini, e, "an unspecified address");
		if (*count == CONF_TUNNEL_ENDS_MAX)
			return settings_refuse(ini, e, "more than 32 addresses");
		for (i = 0; i < *count; i++) {
			if (ends[i].family == a.family && memcmp(ends[i].addr, a.addr, sizeof(a.addr)) == 0)
				return settings_refuse(ini, e, "an address stands twice");
		}
		ends[(*count)++] = a;
	}
	return 0;
}

static int
set_from(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_tunnel *t = ((struct reading *)field)->tunnel;

	(void)key;
	return set_ends(ini, e, t->from, &t->from_count);
}

static int
set_to(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_tunnel *t = ((struct reading *)field)->tunnel;

	(void)key;
	return set_ends(ini, e, t->to, &t->to_count);
}

static int
set_unwrap(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	return settings_yes_no(key, ini, e, &((struct reading *)field)->tunnel->unwrap);
}

static int
set_erspan_vlan(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	return settings_word(key, ini, e, &((struct reading *)field)->tunnel->erspan_vlan);
}

static const char *const erspan_vlan_words[] = {
    [CONF_ERSPAN_AUTO] = "auto", [CONF_ERSPAN_HEADER] = "header", [CONF_ERSPAN_FRAME] = "frame", NULL};

static const struct settings_key keys[] = {
    {"kind", set_kind, 0, 0, 0, NULL, SETTINGS_REQUIRED},
    {"from", set_from, 0, 0, 0, NULL, SETTINGS_REQUIRED},
    {"to", set_to, 0, 0, 0, NULL, SETTINGS_REQUIRED},
    {"unwrap", set_unwrap, 0, 0, 0, NULL, 0},
    {"erspan_vlan", set_erspan_vlan, 0, 0, 0, erspan_vlan_words, 0},
    {"port", settings_u32, offsetof(struct reading, port), 1, UINT16_MAX, NULL, 0},
};

static int
has_family(const struct conf_address *ends, size_t n, uint8_t family)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (ends[i].family == family)
			return 1;
	}
	return 0;
}

/* Give each kind over UDP its port.  Return what is wrong, or NULL. */
static const char *
set_ports(struct conf_tunnel *t, uint16_t port)
{
	unsigned udp = t->kinds & UDP_KINDS, i;

	if (port != 0 && udp == 0)
		return "port is for the kinds over UDP: vxlan geneve l2tp tzsp ccc";
	if (port != 0 && (udp & (udp - 1)) != 0)
		return "port can not be that of several kinds over UDP: give each its section";
	for (i = 0; i < CONF_TUNNEL_KINDS; i++) {
		if ((udp & 1U << i) != 0)
			t->ports[i] = port != 0 ? port : known[i].port;
	}
	if ((udp & KIND(CCC)) != 0 && port == 0)
		return "ccc needs a port: it has none by custom";
	return NULL;
}

/* Return what is wrong with the whole, or NULL. */
static const char *
find_fault(const struct conf_tunnel *t)
{
	if (has_family(t->from, t->from_count, 4) != has_family(t->to, t->to_count, 4) ||
	    has_family(t->from, t->from_count, 6) != has_family(t->to, t->to_count, 6))
		return "from and to must have addresses of the same families";
	if (t->unwrap && (t->kinds & ~STREAM_KINDS) != 0)
		return "unwrap is for router streams: erspan tzsp ccc";
	if (t->erspan_vlan != CONF_ERSPAN_AUTO && (t->kinds & KIND(ERSPAN)) == 0)
		return "erspan_vlan is for erspan";
	return NULL;
}

int
conf_tunnel_read(const struct inifile *ini, size_t section, struct conf_tunnel *t)
{
	struct reading r = {.tunnel = t};
	const char *name, *fault;
	unsigned line;

	name = inifile_section(ini, section, &line);
	if (settings_apply(ini, section, keys, sizeof(keys) / sizeof(keys[0]), &r) == -1)
		return -1;
	fault = set_ports(t, (uint16_t)r.port);
	if (fault == NULL)
		fault = find_fault(t);
	if (fault != NULL) {
		diag_errx("%s:%u: [%s]: %s", inifile_label(ini), line, name, fault);
		errno = EINVAL;
		return -1;
	}
	return 0;
}
