#include <arpa/inet.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "settings.h"
#include "text.h"

#include "order.h"

#include "order_internal.h"

/*
 * Who is tapped.  Everything here errs to the narrow side: what is not plainly one subscriber's identifier is refused.
 * No message repeats a value, because messages go to logs.
 */
#define ITEM_ROOM 64
#define VLAN_MAX 4094
#define SESSION_MAX 65534 /* 0 is discovery, 65535 is reserved: RFC 2516 */

/* Take the next blank-separated item of *s.  Return 1, 0 at the end, -1 for one that is too long to be anything. */
static int
next_item(const char **s, char item[ITEM_ROOM])
{
	size_t n;

	*s += strspn(*s, " ");
	n = strcspn(*s, " ");
	if (n >= ITEM_ROOM)
		return -1;
	memcpy(item, *s, n);
	item[n] = '\0';
	*s += n;
	return n > 0;
}

static int
out_of_memory(const struct inifile *ini)
{
	diag_errx("%s: out of memory", inifile_label(ini));
	errno = ENOMEM;
	return -1;
}

static int
set_addresses(const struct inifile *ini, const struct inifile_entry *e, uint8_t family, struct order *o)
{
	struct order_prefix prefix, *grown;
	const char *s = e->value, *wrong;
	char item[ITEM_ROOM];
	int rc;

	while ((rc = next_item(&s, item)) == 1) {
		wrong = order_prefix_parse(item, family, &prefix);
		if (wrong != NULL)
			return settings_refuse(ini, e, wrong);
		if (o->prefix_count == ORDER_PREFIXES_MAX)
			return settings_refuse(ini, e, "more than 256 addresses");
		grown = reallocarray(o->prefixes, o->prefix_count + 1, sizeof(*grown));
		if (grown == NULL)
			return out_of_memory(ini);
		o->prefixes = grown;
		o->prefixes[o->prefix_count++] = prefix;
	}
	return rc == 0 ? 0 : settings_refuse(ini, e, "not a numeric address (names are not looked up)");
}

static int
set_ipv4(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	(void)key;
	return set_addresses(ini, e, 4, field);
}

static int
set_ipv6(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	(void)key;
	return set_addresses(ini, e, 6, field);
}

static int
set_macs(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct order *o = field;
	const char *s = e->value, *wrong;
	char item[ITEM_ROOM];
	int rc;

	(void)key;
	o->macs = calloc(ORDER_MACS_MAX, sizeof(*o->macs));
	if (o->macs == NULL)
		return out_of_memory(ini);
	while ((rc = next_item(&s, item)) == 1) {
		if (o->mac_count == ORDER_MACS_MAX)
			return settings_refuse(ini, e, "more than 64 addresses");
		wrong = order_mac_parse(item, o->macs[o->mac_count]);
		if (wrong != NULL)
			return settings_refuse(ini, e, wrong);
		o->mac_count++;
	}
	return rc == 0 ? 0 : settings_refuse(ini, e, "not of the form xx:xx:xx:xx:xx:xx");
}

static int
set_sessions(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct order *o = field;
	const char *s = e->value;
	char item[ITEM_ROOM];
	uint64_t n;
	int rc;

	o->sessions = calloc(ORDER_QUALIFIERS_MAX, sizeof(*o->sessions));
	if (o->sessions == NULL)
		return out_of_memory(ini);
	while ((rc = next_item(&s, item)) == 1) {
		if (o->session_count == ORDER_QUALIFIERS_MAX)
			return settings_refuse(ini, e, "more than 64 numbers");
		if (text_u64(item, key->min, key->max, &n) == -1)
			return settings_refuse(ini, e, "not a number in its range");
		o->sessions[o->session_count++] = (uint16_t)n;
	}
	return rc == 0 ? 0 : settings_refuse(ini, e, "not a number in its range");
}

static int
parse_vlan(const struct settings_key *key, const char *text, uint16_t *vlan)
{
	uint64_t n;

	if (text_u64(text, key->min, key->max, &n) == -1)
		return -1;
	*vlan = (uint16_t)n;
	return 0;
}

/* One VLAN, ID, or two as OUTER.INNER; the item is taken apart.  Return NULL, or what is wrong. */
static const char *
add_vlan(const struct settings_key *key, char *item, struct order *o)
{
	struct order_stack *stack = &o->stacks[o->stack_count];
	char *dot = strchr(item, '.');

	if (o->vlan_count + o->stack_count == ORDER_QUALIFIERS_MAX)
		return "more than 64 numbers";
	if (dot == NULL)
		return parse_vlan(key, item, &o->vlans[o->vlan_count++]) == 0 ? NULL : "not a number in its range";
	*dot++ = '\0';
	if (strchr(dot, '.') != NULL)
		return "a stack has two tags, OUTER.INNER";
	if (parse_vlan(key, item, &stack->outer) == -1)
		return "the outer tag is not a number in its range";
	if (parse_vlan(key, dot, &stack->inner) == -1)
		return "the inner tag is not a number in its range";
	o->stack_count++;
	return NULL;
}

static int
set_vlans(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct order *o = field;
	const char *s = e->value, *wrong;
	char item[ITEM_ROOM];
	int rc;

	o->vlans = calloc(ORDER_QUALIFIERS_MAX, sizeof(*o->vlans));
	o->stacks = calloc(ORDER_QUALIFIERS_MAX, sizeof(*o->stacks));
	if (o->vlans == NULL || o->stacks == NULL)
		return out_of_memory(ini);
	while ((rc = next_item(&s, item)) == 1) {
		wrong = add_vlan(key, item, o);
		if (wrong != NULL)
			return settings_refuse(ini, e, wrong);
	}
	return rc == 0 ? 0 : settings_refuse(ini, e, "not a number in its range");
}

#define PLANNED(name)                        \
	{                                    \
		name, NULL, 0, 0, 0, NULL, 0 \
	}

static const struct settings_key keys[] = {
    {"ipv4", set_ipv4, 0, 0, 0, NULL, 0},
    {"ipv6", set_ipv6, 0, 0, 0, NULL, 0},
    {"mac", set_macs, 0, 0, 0, NULL, 0},
    {"vlan", set_vlans, 0, 1, VLAN_MAX, NULL, 0},
    {"pppoe_session", set_sessions, 0, 1, SESSION_MAX, NULL, 0},
    {"allow_prefix", settings_yes_no, offsetof(struct order, allow_prefix), 0, 0, NULL, 0},
    {"dhcp_mac", order_identity_set, 0, ORDER_DHCP_MAC, 0, NULL, 0},
    {"dhcp_client_id", order_identity_set, 0, ORDER_DHCP_CLIENT_ID, 0, NULL, 0},
    {"dhcp_circuit_id", order_identity_set, 0, ORDER_DHCP_CIRCUIT_ID, 0, NULL, 0},
    {"dhcp_remote_id", order_identity_set, 0, ORDER_DHCP_REMOTE_ID, 0, NULL, 0},
    {"dhcp_relay", order_identity_set, 0, ORDER_DHCP_RELAY, 0, NULL, 0},
    {"radius_user_name", order_identity_set, 0, ORDER_RADIUS_USER, 0, NULL, 0},
    {"radius_calling_station_id", order_identity_set, 0, ORDER_RADIUS_CALLING, 0, NULL, 0},
    {"pppoe_user", order_identity_set, 0, ORDER_PPPOE_USER, 0, NULL, 0},
    {"dhcp6_duid", order_identity_set, 0, ORDER_DHCP6_DUID, 0, NULL, 0},
    {"dhcp6_iaid", order_identity_set, 0, ORDER_DHCP6_IAID, 0, NULL, 0},
    {"dhcp6_mac", order_identity_set, 0, ORDER_DHCP6_MAC, 0, NULL, 0},
    {"dhcp6_interface_id", order_identity_set, 0, ORDER_DHCP6_INTERFACE_ID, 0, NULL, 0},
    {"dhcp6_remote_id", order_identity_set, 0, ORDER_DHCP6_REMOTE_ID, 0, NULL, 0},
    {"dhcp6_relay", order_identity_set, 0, ORDER_DHCP6_RELAY, 0, NULL, 0},
    {"slaac_mac", order_identity_set, 0, ORDER_SLAAC_MAC, 0, NULL, 0},
    PLANNED("dhcp_hostname"),
    PLANNED("radius_nas_port"),
    PLANNED("username"),
    PLANNED("imsi"),
    PLANNED("imei"),
    PLANNED("msisdn"),
    PLANNED("sip_uri"),
    PLANNED("ports"),
};

static int
compare_prefixes(const void *a, const void *b)
{
	const struct order_prefix *p = a, *q = b;
	int rc;

	if (p->family != q->family)
		return p->family < q->family ? -1 : 1;
	rc = memcmp(p->addr, q->addr, sizeof(p->addr));
	return rc != 0 ? rc : (int)p->bits - (int)q->bits;
}

static int
compare_macs(const void *a, const void *b)
{
	return memcmp(a, b, 6);
}

static int
compare_numbers(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static int
compare_stacks(const void *a, const void *b)
{
	const struct order_stack *s = a, *t = b;

	return s->outer != t->outer ? (int)s->outer - (int)t->outer : (int)s->inner - (int)t->inner;
}

/* Sort and drop what stands twice.  Return the new count. */
static size_t
settle(void *list, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	char *items = list;
	size_t i, kept = 1;

	if (count == 0)
		return 0;
	qsort(list, count, size, compare);
	for (i = 1; i < count; i++) {
		if (compare(items + i * size, items + (kept - 1) * size) == 0)
			continue;
		memmove(items + kept * size, items + i * size, size);
		kept++;
	}
	return kept;
}

/* The rules that need the whole section.  Return NULL, or what is wrong. */
static const char *
find_fault(const struct order *o)
{
	const struct order_prefix *p;
	const char *why;
	size_t i;

	if (o->prefix_count == 0 && o->mac_count == 0 && o->identity_count == 0)
		return "names no subject: an address, a dhcp_, dhcp6_ or radius_ key, slaac_mac or pppoe_user must "
		       "stand here (vlan and pppoe_session only narrow)";
	for (i = 0; i < o->prefix_count; i++) {
		p = &o->prefixes[i];
		if (order_prefix_is_host(p))
			continue;
		if (!o->allow_prefix)
			return "a prefix is more than one host, and allow_prefix = yes is not there";
		why = order_prefix_judge_length(p);
		if (why != NULL)
			return why;
	}
	return NULL;
}

int
order_subject_read(const struct inifile *ini, size_t section, struct order *o)
{
	const char *wrong;
	unsigned line;

	if (settings_apply(ini, section, keys, sizeof(keys) / sizeof(keys[0]), o) == -1)
		return -1;
	wrong = find_fault(o);
	if (wrong == NULL)
		wrong = order_identities_settle(o);
	if (wrong != NULL) {
		(void)inifile_section(ini, section, &line);
		diag_errx("%s:%u: [subject]: %s", inifile_label(ini), line, wrong);
		errno = EINVAL;
		return -1;
	}
	o->prefix_count = settle(o->prefixes, o->prefix_count, sizeof(*o->prefixes), compare_prefixes);
	o->mac_count = settle(o->macs, o->mac_count, sizeof(*o->macs), compare_macs);
	o->vlan_count = settle(o->vlans, o->vlan_count, sizeof(*o->vlans), compare_numbers);
	o->stack_count = settle(o->stacks, o->stack_count, sizeof(*o->stacks), compare_stacks);
	o->session_count = settle(o->sessions, o->session_count, sizeof(*o->sessions), compare_numbers);
	return 0;
}

const char *
order_subject_doubt(const struct order *o)
{
	size_t i, k;

	for (i = 0; i < o->stack_count; i++) {
		for (k = 0; k < o->vlan_count; k++) {
			if (o->vlans[k] == o->stacks[i].outer || o->vlans[k] == o->stacks[i].inner)
				return "a VLAN number of a stack stands alone, too: any stack with it will do then";
		}
	}
	return NULL;
}

int
order_subject_text(const struct order *o, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];
	size_t i, start = out->len;

	for (i = 0; i < o->prefix_count; i++) {
		const struct order_prefix *p = &o->prefixes[i];

		if (inet_ntop(p->family == 4 ? AF_INET : AF_INET6, p->addr, text, sizeof(text)) == NULL)
			continue; /* has room for every address */
		(void)buf_printf(out, "%s%s", out->len > start ? " " : "", text);
		if (!order_prefix_is_host(p))
			(void)buf_printf(out, "/%u", p->bits);
	}
	for (i = 0; i < o->mac_count; i++)
		(void)buf_printf(out, "%s%02x:%02x:%02x:%02x:%02x:%02x", out->len > start ? " " : "", o->macs[i][0],
		    o->macs[i][1], o->macs[i][2], o->macs[i][3], o->macs[i][4], o->macs[i][5]);
	for (i = 0; i < o->vlan_count; i++)
		(void)buf_printf(out, " vlan %u", o->vlans[i]);
	for (i = 0; i < o->stack_count; i++)
		(void)buf_printf(out, " vlan %u.%u", o->stacks[i].outer, o->stacks[i].inner);
	for (i = 0; i < o->session_count; i++)
		(void)buf_printf(out, " pppoe_session %u", o->sessions[i]);
	for (i = 0; i < o->identity_count; i++) {
		(void)buf_puts(out, out->len > start ? " " : "");
		order_identity_text(&o->identities[i], out);
	}
	return buf_failed(out) ? -1 : 0;
}
