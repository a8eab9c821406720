#include <stdio.h>

#include "probe.h"

static const char *const identifier_texts[] = {"ipv4", "ipv6", "mac", "arp"};
static const char *const carrier_texts[] = {
    "plain", "vlan", "qinq", "mpls", "pppoe", "vlan and pppoe", "qinq and pppoe"};
static const char *const kind_texts[] = {
    "gre", "nvgre", "ipip", "vxlan", "geneve", "l2tp", "eoip", "erspan", "tzsp", "ccc"};

const char *
probe_identifier_text(enum probe_identifier identifier)
{
	return identifier_texts[identifier];
}

const char *
probe_carrier_text(char text[PROBE_TEXT], const struct probe *p)
{
	const char *way = p->is_source ? "from it" : "to it";

	if (p->carrier == PROBE_TUNNEL)
		(void)snprintf(text, PROBE_TEXT, "%s in a tunnel (%s)", way, kind_texts[p->kind]); /* it fits */
	else
		(void)snprintf(text, PROBE_TEXT, "%s, %s", way, carrier_texts[p->carrier]);
	return text;
}
