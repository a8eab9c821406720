#include <string.h>
#include <sysexits.h>

#include "diag.h"

#include "args.h"
#include "command.h"
#include "order_verbs.h"
#include "site.h"

static const struct args_option none[] = {SITE_OPTION, {NULL, NULL, NULL}};
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
    {"vlan", "ID", "only under this VLAN tag; may be repeated"},
    {"pppoe-session", "ID", "only in this PPPoE session; may be repeated"},
    {"allow-prefix", NULL, "the order names whole prefixes, not hosts only"},
    {"scope", "S", "content (default) | headers | headers-without-ports"},
    {"filter", "EXPR", "tcpdump expression that narrows further"},
    {"slice-seconds", "N", "length of a slice; default the IAP's"},
    {"slice-bytes", "N", "greatest size of a slice; default the IAP's"},
    {"broadcast", NULL, "also ARP that names an address of the subject"},
    {"to-destination", "NAME", "deliver there; may be repeated"},
    {"payload-days", "N", "keep payload after delivery; default 30"},
    {"records-days", "N", "keep records; default 1825"},
    {NULL, NULL, NULL},
};
static const struct args_option key_options[] = {
    SITE_OPTION, {"key", "KEY", "the approver's secret key"}, {NULL, NULL, NULL}};
static const struct args_option extend_options[] = {
    SITE_OPTION,
    {"to", "T", "the new not_after; earlier than the old one ends the order early"},
    {"order-number", "TEXT", "the court's number for the extension"},
    {"issued-by", "TEXT", "the judge or magistrate"},
    {"presented-by", "TEXT", "the officer who presented it"},
    {NULL, NULL, NULL},
};
static const struct args_option revoke_options[] = {
    SITE_OPTION,
    {"reason", "TEXT", "why"},
    {"key", "KEY", "one approver's secret key"},
    {NULL, NULL, NULL},
};

static const struct {
	const char *name, *synopsis;
	const struct args_option *options;
	size_t words;
	int needs_book;
	int (*run)(struct site *, const struct args *);
} verbs[] = {
    {"new", "order new --case ID ... >FILE: write an order", new_options, 0, 0, order_verb_new},
    {"check", "order check FILE: is it an order, and what is missing?", none, 1, 1, order_verb_check},
    {"approve", "order approve FILE --key KEY: sign it", key_options, 1, 0, order_verb_approve},
    {"install", "order install FILE: put it and its approvals where capture looks", none, 1, 1, order_verb_install},
    {"list", "order list: every case, its revision, window and state", none, 0, 1, order_verb_list},
    {"show", "order show CASE: all of it", none, 1, 1, order_verb_show},
    {"extend", "order extend CASE --to T >FILE: write the next revision", extend_options, 1, 1, order_verb_extend},
    {"revoke", "order revoke CASE --reason TEXT --key KEY: end it at once", revoke_options, 1, 1, order_verb_revoke},
};
#define VERBS (sizeof verbs / sizeof verbs[0])

static int
run_verb(size_t i, int argc, char **argv)
{
	struct args args;
	struct site site;
	int status;

	if (args_parse(&args, verbs[i].options, argc, argv) == -1)
		return EX_USAGE;
	if (args_get(&args, "help") != NULL) {
		args_help(verbs[i].synopsis, verbs[i].options);
		return EX_OK;
	}
	if (!args_limit_words(&args, verbs[i].words))
		return EX_USAGE;
	status = site_open(&site, &args);
	if (status == EX_OK && verbs[i].needs_book)
		status = site_open_orders(&site);
	if (status == EX_OK)
		status = verbs[i].run(&site, &args);
	site_close(&site);
	return status;
}

int
command_order(int argc, char **argv)
{
	for (size_t i = 0; i < VERBS; i++)
		if (argc >= 1 && strcmp(argv[0], verbs[i].name) == 0)
			return run_verb(i, argc - 1, argv + 1);
	if (argc >= 1 && strcmp(argv[0], "--help") == 0) {
		for (size_t i = 0; i < VERBS; i++)
			args_help(verbs[i].synopsis, NULL);
		return EX_OK;
	}
	diag_errx("usage: casetap order new | check | approve | install | list | show | extend | revoke");
	return EX_USAGE;
}
