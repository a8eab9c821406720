#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "order.h"
#include "orderfile.h"
#include "stamp.h"

#include "order_verbs.h"

/* Options that make a list; of any other a second value would be two answers to one question. */
static const char *const lists[] = {"subject", "vlan", "pppoe-session", "to-destination", "dhcp-mac",
    "dhcp-client-id", "dhcp-circuit-id", "dhcp-remote-id", "dhcp-relay", "radius-user-name",
    "radius-calling-station-id", "dhcp6-duid", "dhcp6-iaid", "dhcp6-mac", "dhcp6-interface-id", "dhcp6-remote-id",
    "dhcp6-relay", "slaac-mac", "pppoe-user"};

static int
is_list(const char *option)
{
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		if (strcmp(lists[i], option) == 0)
			return 1;
	return 0;
}

static int
is_unambiguous(const struct args *args)
{
	for (size_t i = 0; i < args->count; i++) {
		const char *name = args->given[i].name;

		if (name != NULL && !is_list(name) && args_times(args, name) > 1) {
			diag_errx("option --%s stands twice", name);
			return 0;
		}
	}
	return 1;
}

/* "key = value" for one option, or for all its values in one list. */
static void
put_option(struct buf *out, const struct args *args, const char *option, const char *key)
{
	size_t n = args_times(args, option);

	if (n == 0)
		return;
	(void)buf_printf(out, "%s =", key);
	for (size_t i = 0; i < n; i++)
		(void)buf_printf(out, " %s", args_nth(args, option, i));
	(void)buf_putc(out, '\n');
}

/* A subject is a MAC if it has five colons and no "::", an IPv6 address if it has a colon at all, else IPv4. */
static const char *
subject_key(const char *s)
{
	size_t colons = 0;

	for (const char *p = s; *p != '\0'; p++)
		colons += *p == ':';
	if (colons == 5 && strlen(s) == 17 && strstr(s, "::") == NULL)
		return "mac";
	return colons > 0 ? "ipv6" : "ipv4";
}

static void
put_subjects(struct buf *out, const struct args *args)
{
	static const char *const keys[] = {"ipv4", "ipv6", "mac"};

	for (size_t k = 0; k < 3; k++) {
		int any = 0;

		for (size_t i = 0; i < args_times(args, "subject"); i++) {
			const char *s = args_nth(args, "subject", i);

			if (strcmp(subject_key(s), keys[k]) != 0)
				continue;
			(void)buf_printf(out, any ? " %s" : "%s = %s", any ? s : keys[k], s);
			any = 1;
		}
		if (any)
			(void)buf_putc(out, '\n');
	}
}

static void
put_moving(struct buf *out, const struct args *args)
{
	put_option(out, args, "dhcp-mac", "dhcp_mac");
	put_option(out, args, "dhcp-client-id", "dhcp_client_id");
	put_option(out, args, "dhcp-circuit-id", "dhcp_circuit_id");
	put_option(out, args, "dhcp-remote-id", "dhcp_remote_id");
	put_option(out, args, "dhcp-relay", "dhcp_relay");
	put_option(out, args, "radius-user-name", "radius_user_name");
	put_option(out, args, "radius-calling-station-id", "radius_calling_station_id");
	put_option(out, args, "dhcp6-duid", "dhcp6_duid");
	put_option(out, args, "dhcp6-iaid", "dhcp6_iaid");
	put_option(out, args, "dhcp6-mac", "dhcp6_mac");
	put_option(out, args, "dhcp6-interface-id", "dhcp6_interface_id");
	put_option(out, args, "dhcp6-remote-id", "dhcp6_remote_id");
	put_option(out, args, "dhcp6-relay", "dhcp6_relay");
	put_option(out, args, "slaac-mac", "slaac_mac");
	put_option(out, args, "pppoe-user", "pppoe_user");
}

static void
put_text(struct buf *out, const struct args *args)
{
	(void)buf_puts(out, "[order]\nformat = casetap-order/1\n");
	put_option(out, args, "case", "case_id");
	if (args_get(args, "content-id") == NULL)
		(void)buf_puts(out, "content_id = 1\n");
	put_option(out, args, "content-id", "content_id");
	put_option(out, args, "lea", "lea");
	put_option(out, args, "authority", "authority");
	put_option(out, args, "order-number", "order_number");
	put_option(out, args, "issued-by", "issued_by");
	put_option(out, args, "presented-by", "presented_by");
	put_option(out, args, "responsible", "responsible");
	put_option(out, args, "from", "not_before");
	put_option(out, args, "to", "not_after");
	(void)buf_puts(out, "revision = 1\n\n[subject]\n");
	put_subjects(out, args);
	put_moving(out, args);
	put_option(out, args, "vlan", "vlan");
	put_option(out, args, "pppoe-session", "pppoe_session");
	if (args_get(args, "allow-prefix") != NULL)
		(void)buf_puts(out, "allow_prefix = yes\n");
	(void)buf_puts(out, "\n[capture]\n");
	if (args_get(args, "scope") == NULL)
		(void)buf_puts(out, "scope = content\n");
	put_option(out, args, "scope", "scope");
	put_option(out, args, "filter", "filter");
	put_option(out, args, "slice-seconds", "slice_seconds");
	put_option(out, args, "slice-bytes", "slice_bytes");
	put_option(out, args, "quiet-after", "quiet_after");
	put_option(out, args, "summary", "summary");
	if (args_get(args, "broadcast") != NULL)
		(void)buf_puts(out, "broadcast = yes\n");
	(void)buf_puts(out, "\n[delivery]\n");
	put_option(out, args, "to-destination", "to");
	put_option(out, args, "escrow", "escrow");
	put_option(out, args, "payload-days", "payload_days");
	put_option(out, args, "records-days", "records_days");
}

int
order_verb_print(const struct site *site, const struct buf *text, const struct order *previous)
{
	struct order *order = NULL;
	char why[256];
	int status = EX_CONFIG;

	if (buf_failed(text)) {
		errno = ENOMEM;
		diag_err("order");
		return EX_OSERR;
	}
	order = order_parse(text->data, text->len, "order");
	if (order == NULL)
		goto out;
	if (order_verb_missing_destination(site, order, why, sizeof why) != NULL ||
	    order_judge(order, previous, site->conf->max_order_days, why, sizeof why) == -1 ||
	    order_judge_new(order, previous, why, sizeof why) == -1) {
		diag_errx("case %s: %s", order->case_id, why);
		goto out;
	}
	if (order_subject_doubt(order) != NULL)
		diag_warnx("case %s: [subject]: %s", order->case_id, order_subject_doubt(order));
	status = EX_OK;
	if (fsio_write(STDOUT_FILENO, text->data, text->len) == -1) {
		diag_err("standard output");
		status = EX_IOERR;
	}
out:
	order_free(order);
	return status;
}

/* A subject that moves is named without an address. */
static int
has_subject(const struct args *args)
{
	static const char *const moving[] = {"dhcp-mac", "dhcp-client-id", "dhcp-circuit-id", "dhcp-remote-id",
	    "radius-user-name", "radius-calling-station-id", "dhcp6-duid", "dhcp6-mac", "dhcp6-interface-id",
	    "dhcp6-remote-id", "slaac-mac", "pppoe-user"};

	for (size_t i = 0; i < sizeof moving / sizeof moving[0]; i++)
		if (args_get(args, moving[i]) != NULL)
			return 1;
	return args_need(args, "subject") != NULL;
}

int
order_verb_new(struct site *site, const struct args *args)
{
	static const char *const needed[] = {
	    "case", "lea", "authority", "order-number", "issued-by", "presented-by", "responsible", "from", "to"};
	struct buf text = BUF_INIT;
	int status;

	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
		if (args_need(args, needed[i]) == NULL)
			return EX_USAGE;
	if (!has_subject(args) || !is_unambiguous(args))
		return EX_USAGE;
	put_text(&text, args);
	status = order_verb_print(site, &text, NULL);
	buf_free(&text);
	return status;
}

/* Copy the text of a revision with other values for some keys of [order]; `previous` goes behind `revision`. */
static int
next_revision(const struct buf *old, const struct order *o, const struct args *args, struct buf *out)
{
	static const char *const replaced[][2] = {{"not_after", "to"}, {"order_number", "order-number"},
	    {"issued_by", "issued-by"}, {"presented_by", "presented-by"}};
	const char *p = old->data, *end = old->data + old->len;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = nl == NULL ? (size_t)(end - p) : (size_t)(nl - p);
		size_t key = strcspn(p, " =\t\r\n");
		const char *value = NULL;

		for (size_t i = 0; i < sizeof replaced / sizeof replaced[0]; i++)
			if (key == strlen(replaced[i][0]) && memcmp(p, replaced[i][0], key) == 0)
				value = args_get(args, replaced[i][1]);
		if (key == 8 && memcmp(p, "previous", 8) == 0)
			;
		else if (key == 8 && memcmp(p, "revision", 8) == 0)
			(void)buf_printf(out, "revision = %u\nprevious = %s\n", o->revision + 1, o->sha256);
		else if (value != NULL)
			(void)buf_printf(out, "%.*s = %s\n", (int)key, p, value);
		else if (buf_put(out, p, n) == 0)
			(void)buf_putc(out, '\n');
		p += n + 1;
	}
	return buf_failed(out) ? -1 : 0;
}

int
order_verb_next(const struct site *site, const char *case_id, const struct args *args, struct buf *text,
    const struct orderbook_case **which)
{
	const struct orderbook_case *c = orderbook_find(site->book, case_id);
	struct buf old = BUF_INIT;
	char name[64];
	int dirfd, status = EX_NOINPUT;

	*which = c;
	if (c == NULL || c->order == NULL || c->state != ORDERBOOK_ACCEPTED) {
		diag_errx("case %s has no order in force to extend%s%s", case_id, c == NULL ? "" : ": ",
		    c == NULL ? "" : c->why);
		return EX_DATAERR;
	}
	dirfd = order_verb_open_case(site, c->case_id, 0);
	if (dirfd == -1)
		return EX_NOINPUT;
	(void)snprintf(name, sizeof name, "%u.order", c->order->revision);
	if (orderfile_load(dirfd, name, site->orders_key, &old) == -1) {
		diag_errx("case %s: %s: %s", case_id, name, orderfile_why(errno));
		goto out;
	}
	status = EX_OSERR;
	if (next_revision(&old, c->order, args, text) == -1) {
		errno = ENOMEM;
		diag_err("case %s", case_id);
		goto out;
	}
	status = EX_OK;
out:
	(void)close(dirfd); /* a folder */
	buf_free(&old);
	return status;
}

int
order_verb_extend(struct site *site, const struct args *args)
{
	const char *case_id = args_word(args, 0);
	const struct orderbook_case *c;
	struct buf text = BUF_INIT;
	int status;

	if (case_id == NULL || args_get(args, "to") == NULL) {
		diag_errx("usage: casetap order extend CASE --to T >FILE");
		return EX_USAGE;
	}
	if (!is_unambiguous(args))
		return EX_USAGE;
	status = order_verb_next(site, case_id, args, &text, &c);
	if (status == EX_OK)
		status = order_verb_print(site, &text, c->order);
	if (status == EX_OK)
		status = site_note(site, case_id, c->order->sha256, "wrote the next revision");
	buf_free(&text);
	return status;
}
