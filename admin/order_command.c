#include <sysexits.h>

#include "args.h"
#include "command.h"
#include "order_verbs.h"
#include "verb.h"

static const struct args_option orders_options[] = {SITE_OPTION, SITE_ORDERS_OPTION, {NULL, NULL, NULL}};
static const struct args_option new_options[] = {
    SITE_OPTION,
    {"case", "ID", "case ID, as the LEA assigned it"},
    {"content-id", "N", "content ID; default 1"},
    {"lea", "NAME", "the agency that obtained the order"},
    {"authority", "A", "title-iii | pen-register | trap-and-trace | pen-trap | fisa | other"},
    {"order-number", "TEXT", "the court's number"},
    {"issued-by", "TEXT", "the judge or magistrate"},
    {"presented-by", "TEXT", "the officer who presented it"},
    {"responsible", "TEXT", "the employee who is responsible for the interception"},
    {"from", "T", "not_before, RFC 3339 with offset: 2026-11-20T00:00:00-07:00"},
    {"to", "T", "not_after"},
    {"subject", "ADDR", "IPv4, IPv6, prefix or MAC; may be repeated"},
    {"dhcp-mac", "MAC", "whatever addresses DHCP gives this MAC; may be repeated"},
    {"dhcp-client-id", "ID", "the same of a client ID (option 61), text or 0x and hex; may be repeated"},
    {"dhcp-circuit-id", "ID", "the same of a circuit ID (option 82); may be repeated"},
    {"dhcp-remote-id", "ID", "the same of a remote ID (option 82); may be repeated"},
    {"dhcp-relay", "ADDR", "only of this relay's circuits; may be repeated"},
    {"radius-user-name", "NAME", "whatever addresses RADIUS gives this User-Name; may be repeated"},
    {"radius-calling-station-id", "ID", "the same of a Calling-Station-Id; may be repeated"},
    {"dhcp6-duid", "DUID", "the same of DHCPv6, by the client's DUID; may be repeated"},
    {"dhcp6-iaid", "N", "only what has this IAID; may be repeated"},
    {"dhcp6-mac", "MAC", "the same by the MAC that asks; may be repeated"},
    {"dhcp6-interface-id", "ID", "the same of an Interface-Id (option 18); may be repeated"},
    {"dhcp6-remote-id", "ID", "the same of a Remote-Id (option 37); may be repeated"},
    {"dhcp6-relay", "ADDR", "only of this relay's interfaces; may be repeated"},
    {"slaac-mac", "MAC", "whatever IPv6 addresses this MAC makes itself; may be repeated"},
    {"pppoe-user", "NAME", "whatever PPPoE session lets this name in; may be repeated"},
    {"vlan", "ID|OUTER.INNER", "only under this VLAN tag, or just these two; may be repeated"},
    {"pppoe-session", "ID", "only in this PPPoE session; may be repeated"},
    {"allow-prefix", NULL, "the order names whole prefixes, not hosts only"},
    {"scope", "S", "content (default) | headers | headers-without-ports"},
    {"filter", "EXPR", "tcpdump expression that narrows further"},
    {"slice-seconds", "N", "length of a slice; default the IAP's"},
    {"slice-bytes", "N", "greatest size of a slice; default the IAP's"},
    {"quiet-after", "TIME", "say so after that long without a frame, 90m, 2d; 0 never; default the station's"},
    {"summary", "S", "none (default) | flows | packets | \"flows packets\": CSV files beside each slice"},
    {"broadcast", NULL, "also ARP that names an address of the subject"},
    {"to-destination", "NAME", "deliver there; may be repeated"},
    {"escrow", "AGE1", "an age recipient who, beside the destinations, can open the packages"},
    {"payload-days", "N", "keep payload after delivery; default 30"},
    {"records-days", "N", "keep records; default 1825"},
    {NULL, NULL, NULL},
};
static const struct args_option key_options[] = {
    SITE_OPTION, {"key", "KEY", "the approver's secret key"}, {NULL, NULL, NULL}};
static const struct args_option extend_options[] = {
    SITE_OPTION,
    SITE_ORDERS_OPTION,
    {"to", "T", "the new not_after; earlier than the old one ends the order early"},
    {"order-number", "TEXT", "the court's number for the extension"},
    {"issued-by", "TEXT", "the judge or magistrate"},
    {"presented-by", "TEXT", "the officer who presented it"},
    {NULL, NULL, NULL},
};
static const struct args_option revoke_options[] = {
    SITE_OPTION,
    SITE_ORDERS_OPTION,
    {"reason", "TEXT", "why"},
    {"key", "KEY", "one approver's secret key"},
    {NULL, NULL, NULL},
};

/* Open the site with its orders judged. */
static int
open_judged(struct site *site, const struct args *args)
{
	int status = site_open(site, args);

	return status == EX_OK ? site_open_orders(site) : status;
}

static const struct verb verbs[] = {
    {"new", "order new --case ID ... >FILE: write an order", new_options, 0, site_open, order_verb_new},
    {"edit", "order edit [CASE] >FILE: write one, or the next revision, with an editor", orders_options, 1,
	open_judged, order_verb_edit},
    {"check", "order check FILE: is it an order, and what is missing?", orders_options, 1, open_judged,
	order_verb_check},
    {"approve", "order approve FILE --key KEY: sign it", key_options, 1, site_open, order_verb_approve},
    {"install", "order install FILE: put it and its approvals where capture looks", orders_options, 1, open_judged,
	order_verb_install},
    {"list", "order list: every case, its revision, window and state", orders_options, 0, open_judged,
	order_verb_list},
    {"show", "order show CASE: all of it", orders_options, 1, open_judged, order_verb_show},
    {"extend", "order extend CASE --to T >FILE: write the next revision", extend_options, 1, open_judged,
	order_verb_extend},
    {"revoke", "order revoke CASE --reason TEXT --key KEY: end it at once", revoke_options, 1, open_judged,
	order_verb_revoke},
    {.name = NULL},
};

int
command_order(int argc, char **argv)
{
	return verb_run(verbs, "casetap order new | edit | check | approve | install | list | show | extend | revoke",
	    argc, argv);
}
