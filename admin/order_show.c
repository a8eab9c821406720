#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "stamp.h"
#include "text.h"

#include "keys.h"
#include "order_verbs.h"

static const char *
state_text(const struct orderbook_case *c, stamp_t now)
{
	switch (c->state) {
	case ORDERBOOK_WAITING:
		return "waiting for approval";
	case ORDERBOOK_REFUSED:
		return "refused";
	case ORDERBOOK_MISSING:
		return "file missing";
	case ORDERBOOK_CHANGED:
		return "FILE CHANGED";
	case ORDERBOOK_REVOKED:
		return "revoked";
	case ORDERBOOK_ACCEPTED:
		break;
	}
	if (now < c->order->not_before)
		return "not yet";
	return now < c->order->not_after ? "in force" : "ended";
}

int
order_verb_list(struct site *site, const struct args *args)
{
	char from[STAMP_TEXT], to[STAMP_TEXT];
	stamp_t now = stamp_now();

	(void)args;
	printf("%-24s %3s  %-20s  %-20s  %-21s %s\n", "CASE", "REV", "FROM", "TO", "SCOPE", "STATE");
	for (size_t i = 0; i < orderbook_count(site->book); i++) {
		const struct orderbook_case *c = orderbook_case(site->book, i);
		const struct order *o = c->order;

		printf("%-24s %3u  %-20s  %-20s  %-21s %s%s%s\n", c->case_id, o == NULL ? 0 : o->revision,
		    stamp_format_seconds(from, o == NULL ? STAMP_NONE : o->not_before),
		    stamp_format_seconds(to, o == NULL ? STAMP_NONE : o->not_after),
		    o == NULL ? "-" : order_scope_text(o->scope), state_text(c, now), c->why[0] == '\0' ? "" : ": ",
		    c->why);
	}
	return EX_OK;
}

int
order_verb_show(struct site *site, const struct args *args)
{
	const struct orderbook_case *c;
	struct buf text = BUF_INIT;
	char name[64];
	int dirfd = -1, status = EX_NOINPUT;

	if (args_words(args) != 1) {
		diag_errx("usage: casetap order show CASE");
		return EX_USAGE;
	}
	c = orderbook_find(site->book, args_word(args, 0));
	if (c == NULL) {
		diag_errx("no case %s", args_word(args, 0));
		return EX_NOINPUT;
	}
	printf("# case %s: %s%s%s\n", c->case_id, state_text(c, stamp_now()), c->why[0] == '\0' ? "" : ": ", c->why);
	if (c->pending != 0)
		printf("# revision %u is there, but not in force\n", c->pending);
	dirfd = order_verb_open_case(site, c->case_id, 0);
	if (dirfd == -1)
		goto out;
	(void)snprintf(name, sizeof name, "%u.order",
	    c->order != NULL  ? c->order->revision
	    : c->pending != 0 ? c->pending
			      : 1);
	if (fsio_load(dirfd, name, ORDER_MAX_BYTES, &text) == -1) {
		diag_err("case %s: %s", c->case_id, name);
		goto out;
	}
	status = fsio_write(STDOUT_FILENO, text.data, text.len) == -1 ? EX_IOERR : EX_OK;
out:
	if (dirfd != -1)
		(void)close(dirfd); /* a folder */
	buf_free(&text);
	return status;
}

int
order_verb_revoke(struct site *site, const struct args *args)
{
	const char *case_id = args_word(args, 0), *reason = args_get(args, "reason"),
		   *key_path = args_get(args, "key");
	struct buf text = BUF_INIT, sig = BUF_INIT;
	struct sign_key *key = NULL;
	const struct keyring_entry *e;
	char now[STAMP_TEXT];
	int dirfd = -1, status = EX_USAGE;

	if (args_words(args) != 1 || reason == NULL || key_path == NULL ||
	    !text_is_printable(reason, strlen(reason))) {
		diag_errx("usage: casetap order revoke CASE --reason TEXT --key KEY");
		return EX_USAGE;
	}
	if (orderbook_find(site->book, case_id) == NULL) {
		diag_errx("no case %s", case_id);
		return EX_NOINPUT;
	}
	key = keys_load_secret(key_path, &status);
	if (key == NULL)
		goto out;
	status = EX_NOPERM;
	e = keyring_find(site->keyring, KEYRING_APPROVER, sign_key_pub(key)->id);
	if (e == NULL || !sign_pub_equal(&e->pub, sign_key_pub(key))) {
		diag_errx("%s: this key is no approver's in the keyring", key_path);
		goto out;
	}
	status = EX_CANTCREAT;
	stamp_format_seconds(now, stamp_now());
	if (buf_printf(&text, "casetap-revocation/1\ncase: %s\nat: %s\nreason: %s\n", case_id, now, reason) == -1 ||
	    sign_make(key, text.data, text.len, "casetap revocation", &sig) == -1)
		goto out;
	dirfd = order_verb_open_case(site, case_id, 0);
	if (dirfd == -1)
		goto out;
	/* the signature first: `revoked` is never seen without it */
	if (fsio_put(dirfd, "revoked.minisig", sig.data, sig.len, 0640) == -1 ||
	    fsio_put(dirfd, "revoked", text.data, text.len, 0640) == -1) {
		diag_err("case %s: revoked", case_id);
		goto out;
	}
	printf("case %s is revoked\n", case_id);
	status = site_journal(site, case_id, "operator", "revoked", json_string("revoked the order"));
out:
	if (dirfd != -1)
		(void)close(dirfd); /* a folder */
	sign_key_free(key);
	buf_free(&text);
	buf_free(&sig);
	return status;
}
