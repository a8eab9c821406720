#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "keyfile.h"
#include "orderfile.h"
#include "stamp.h"
#include "text.h"
#include "trusted.h"

#include "keys.h"
#include "order_verbs.h"

#define REASON_MAX 256 /* bytes, as casetap-order(5) has it */

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
	case ORDERBOOK_LOCKED:
		return "locked";
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

/* Print one revision's file. */
static int
print_revision(const struct site *site, const char *case_id, uint32_t revision)
{
	struct buf text = BUF_INIT;
	char name[64];
	int dirfd = order_verb_open_case(site, case_id, 0), status = EX_NOINPUT;

	if (dirfd == -1)
		goto out;
	(void)snprintf(name, sizeof name, "%u.order", revision);
	if (orderfile_load(dirfd, name, site->orders_key, &text) == -1) {
		diag_errx("case %s: %s: %s", case_id, name, orderfile_why(errno));
		status = errno == ENOKEY ? EX_NOPERM : trusted_status(errno);
		goto out;
	}
	status = fwrite(text.data, 1, text.len, stdout) == text.len ? EX_OK : EX_IOERR;
out:
	if (dirfd != -1)
		(void)close(dirfd); /* a folder */
	buf_free(&text);
	return status;
}

int
order_verb_show(struct site *site, const struct args *args)
{
	const char *case_id = args_word(args, 0);
	const struct orderbook_case *c;
	int status = EX_OK;

	if (case_id == NULL) {
		diag_errx("usage: casetap order show CASE");
		return EX_USAGE;
	}
	c = orderbook_find(site->book, case_id);
	if (c == NULL) {
		diag_errx("no case %s", case_id);
		return EX_NOINPUT;
	}
	printf("# case %s: %s%s%s\n", c->case_id, state_text(c, stamp_now()), c->why[0] == '\0' ? "" : ": ", c->why);
	if (c->order != NULL)
		status = print_revision(site, c->case_id, c->order->revision);
	else if (c->state == ORDERBOOK_LOCKED)
		status = EX_NOPERM;
	if (status == EX_OK && c->pending != 0) {
		printf("# revision %u is there, but not in force\n", c->pending);
		status = print_revision(site, c->case_id, c->pending);
	}
	if (status == EX_OK)
		status = site_note(site, c->case_id, c->order == NULL ? NULL : c->order->sha256, "showed the order");
	return status;
}

/* The signature first: `revoked` is never seen without it.  One that was left without its text is made anew. */
static int
put_revocation(const struct site *site, const char *case_id, const struct buf *text, const struct buf *sig)
{
	int dirfd = order_verb_open_case(site, case_id, 1), rc = -1;

	if (dirfd == -1)
		return -1;
	if (faccessat(dirfd, "revoked", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		errno = EEXIST;
	else if (fsio_replace(dirfd, "revoked.minisig", sig->data, sig->len, 0640) == 0)
		rc = fsio_put(dirfd, "revoked", text->data, text->len, 0640);
	if (rc == -1)
		diag_err("case %s: revoked", case_id);
	(void)close(dirfd); /* a folder */
	return rc;
}

int
order_verb_revoke(struct site *site, const struct args *args)
{
	const char *case_id = args_word(args, 0), *reason = args_get(args, "reason"),
		   *key_path = args_get(args, "key");
	const struct orderbook_case *c;
	struct buf text = BUF_INIT, sig = BUF_INIT;
	struct sign_key *key = NULL;
	const struct keyring_entry *e;
	char now[STAMP_TEXT];
	int status;

	if (case_id == NULL || reason == NULL || key_path == NULL) {
		diag_errx("usage: casetap order revoke CASE --reason TEXT --key KEY");
		return EX_USAGE;
	}
	if (reason[0] == '\0' || strlen(reason) > REASON_MAX || !text_is_utf8(reason, strlen(reason))) {
		diag_errx("--reason: 1 to %d bytes of UTF-8", REASON_MAX);
		return EX_USAGE;
	}
	c = orderbook_find(site->book, case_id);
	if (c == NULL) {
		diag_errx("no case %s", case_id);
		return EX_NOINPUT;
	}
	if (c->state == ORDERBOOK_REVOKED) {
		printf("case %s is revoked already\n", case_id);
		return EX_OK;
	}
	key = keyfile_load(key_path, &status);
	if (key == NULL)
		goto out;
	status = keys_find_approver(site->keyring, key, key_path, &e);
	if (status != EX_OK) {
		(void)site_note(
		    site, case_id, "revoked", "refused to revoke: the key is no approver's"); /* the refusal counts */
		goto out;
	}
	status = EX_CANTCREAT;
	stamp_format_seconds(now, stamp_now());
	if (buf_printf(&text, "casetap-revocation/1\ncase: %s\nat: %s\nreason: %s\n", case_id, now, reason) == -1 ||
	    sign_make(key, text.data, text.len, "casetap revocation", &sig) == -1) {
		diag_err("case %s: revoked", case_id);
		goto out;
	}
	if (put_revocation(site, case_id, &text, &sig) == -1)
		goto out;
	printf("case %s is revoked\n", case_id);
	status = site_journal(site, case_id, "operator", "revoked", json_string("revoked the order"));
out:
	sign_key_free(key);
	buf_free(&text);
	buf_free(&sig);
	return status;
}
