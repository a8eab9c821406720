#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "keyfile.h"
#include "text.h"

#include "args.h"
#include "certify.h"
#include "command.h"
#include "keys.h"
#include "order_verbs.h"
#include "site.h"
#include "wholelog.h"

/*
 * The record that 47 CFR 1.20004(a) asks of a carrier for each interception: a single certification with the identifiers,
 * the time at which the interception was enabled, who presented and who signed the authorization, its type, and whose
 * responsibility it was; signed by that person, with the authorization and its extensions appended (b, c).
 */
#define MODE_FILE 0600

static const struct args_option options[] = {
    SITE_OPTION,
    SITE_ORDERS_OPTION,
    {"out", "FILE", "write there, readable by its owner only; default: print"},
    {"key", "KEY", "sign with this approver's secret key: FILE.minisig"},
    {NULL, NULL, NULL},
};

static void
put_term(struct buf *out, const char *paragraph, const char *term, const char *value)
{
	char shown[1024];

	(void)buf_printf(out, "%-7s %-26s %s\n", paragraph, term,
	    text_escape(shown, sizeof shown, value == NULL ? "" : value, value == NULL ? 0 : strlen(value)));
}

static void
put_points(const struct certify_history *h, struct buf *out)
{
	char from[STAMP_TEXT], to[STAMP_TEXT];
	size_t i;

	for (i = 0; i < h->point_count; i++) {
		const struct certify_point *p = &h->points[i];
		const char *iap = strchr(p->source, '/') + 1; /* certify_history_load took no other */

		(void)buf_printf(out, "%-7s %-26s %s at %s\n", "(a)(2)", "Interception enabled",
		    stamp_format_seconds(from, p->enabled), iap);
		if (p->ended != STAMP_NONE)
			(void)buf_printf(out, "%-7s %-26s %s at %s, %s\n", "", "Capture ended",
			    stamp_format_seconds(to, p->ended), iap, p->reason[0] == '\0' ? "for now" : p->reason);
	}
	if (h->point_count == 0)
		put_term(out, "(a)(2)", "Interception enabled", "not yet");
}

static void
put_revision(const struct certify_revision *r, struct buf *out)
{
	char from[STAMP_TEXT], to[STAMP_TEXT], accepted[STAMP_TEXT];
	const struct order *o = r->order;
	size_t i;

	(void)buf_printf(out, "\nRevision %" PRIu32 "\n", o->revision);
	put_term(out, "", "Order number", o->order_number);
	put_term(out, "", "Signed by", o->issued_by);
	put_term(out, "", "Presented by", o->presented_by);
	(void)buf_printf(out, "%-7s %-26s %s to %s\n", "", "In force", stamp_format_seconds(from, o->not_before),
	    stamp_format_seconds(to, o->not_after));
	put_term(out, "", "Accepted",
	    r->accepted == STAMP_NONE ? "not in the custody log yet" : stamp_format_seconds(accepted, r->accepted));
	for (i = 0; i < r->approver_count; i++) {
		const struct keyring_entry *e = r->approvers[i];

		(void)buf_printf(out, "%-7s %-26s %s%s%s%s\n", "", i == 0 ? "Approved by" : "", e->name,
		    e->role[0] == '\0' ? "" : " (", e->role, e->role[0] == '\0' ? "" : ")");
	}
	put_term(out, "", "SHA-256 of the order", o->sha256);
}

static void
put_head(const struct site *site, const struct order *o, struct buf *out)
{
	char now[STAMP_TEXT], number[32];

	(void)buf_puts(out, "CERTIFICATION OF AN INTERCEPTION\n47 CFR 1.20004\n\n");
	(void)snprintf(number, sizeof number, "%" PRIu64, o->content_id); /* fits */
	put_term(out, "", "Case", o->case_id);
	put_term(out, "", "Content ID", number);
	put_term(out, "", "Station", site->conf->station);
	put_term(out, "", "Agency", o->lea);
	put_term(out, "", "Compiled", stamp_format_seconds(now, stamp_now()));
	put_term(out, "", "By", "casetap " CASETAP_VERSION ", from the records and custody log of the case");
	(void)buf_putc(out, '\n');
}

static void
put_custody(const struct certify_history *h, struct buf *out)
{
	char at[STAMP_TEXT];

	(void)buf_printf(out, "\n%-7s %-26s %" PRIu64 " lines, the chain intact, head\n%34s %s\n", "", "Custody log",
	    h->lines, "", h->head);
	if (h->begun.lines > 0)
		(void)buf_printf(out,
		    "%34s lines 1 to %" PRIu64 " are lost; it was begun anew\n%34s at %s, on request\n%34s %s\n", "",
		    h->begun.lines, "", stamp_format_seconds(at, h->begun.at), "", h->begun.request);
}

/* Compose the whole from the newest revision, the history and the log's head.  Return 0, or -1 with errno ENOMEM. */
static int
compose(const struct site *site, const struct certify_history *h, struct buf *out)
{
	const struct order *o = h->revisions[h->revision_count - 1].order;
	struct buf subject = BUF_INIT;
	char at[STAMP_TEXT];
	size_t i;
	int rc = -1;

	if (order_subject_text(o, &subject) == -1)
		goto out;
	put_head(site, o, out);
	put_term(out, "(a)(1)", "Identifiers", subject.data);
	put_points(h, out);
	if (h->revoked != STAMP_NONE)
		put_term(out, "", "Order revoked", stamp_format_seconds(at, h->revoked));
	put_term(out, "(a)(3)", "Order presented by", h->revisions[0].order->presented_by);
	put_term(out, "(a)(4)", "Order signed by", h->revisions[0].order->issued_by);
	put_term(out, "(a)(5)", "Type of interception", order_authority_text(o->authority));
	put_term(out, "", "Scope", order_scope_text(o->scope));
	if (o->filter != NULL)
		put_term(out, "", "Filter", o->filter);
	put_term(out, "(a)(6)", "Responsible", o->responsible);
	(void)buf_puts(out, "\n(c)     The authorization and its extensions, to be appended\n");
	for (i = 0; i < h->revision_count; i++)
		put_revision(&h->revisions[i], out);
	put_custody(h, out);
	(void)buf_printf(out,
	    "\n(b)     I certify that this record of the interception is complete and accurate%s.\n\n\n"
	    "        ______________________________    ______________________________\n",
	    h->begun.lines == 0 ? "" : ",\n        but for the lines of its custody log that are lost");
	(void)buf_printf(out, "        %-33s date\n", o->responsible);
	rc = buf_failed(out) ? -1 : 0;
out:
	buf_free(&subject);
	if (rc == -1)
		errno = ENOMEM;
	return rc;
}

/* Put the text at ${path}, its signature first where there is a key.  Return EX_OK or an exit code after one diag line. */
static int
put_file(const char *path, const struct buf *text, const struct buf *sig)
{
	struct buf name = BUF_INIT;
	const char *base;
	int dirfd = order_verb_open_parent(path, &base), status = EX_CANTCREAT;

	if (dirfd == -1)
		return EX_CANTCREAT;
	if (sig->len > 0 && (buf_printf(&name, "%s.minisig", base) == -1 ||
				fsio_put(dirfd, name.data, sig->data, sig->len, MODE_FILE) == -1))
		diag_err("%s.minisig", path);
	else if (fsio_put(dirfd, base, text->data, text->len, MODE_FILE) == -1)
		diag_err("%s", path);
	else
		status = EX_OK;
	buf_free(&name);
	(void)close(dirfd); /* a folder */
	return status;
}

static int
sign_text(const struct site *site, const char *case_id, const char *key_path, const struct buf *text, struct buf *sig)
{
	const struct keyring_entry *e;
	struct sign_key *key;
	struct buf comment = BUF_INIT;
	int status;

	key = keyfile_load(key_path, &status);
	if (key == NULL)
		return status;
	status = keys_find_approver(site->keyring, key, key_path, &e);
	if (status == EX_OK && (buf_printf(&comment, "casetap certification of %s by %s", case_id, e->name) == -1 ||
				   sign_make(key, text->data, text->len, comment.data, sig) == -1)) {
		diag_err("certification");
		status = EX_OSERR;
	}
	buf_free(&comment);
	sign_key_free(key);
	return status;
}

static int
write_out(const struct site *site, const struct args *args, const struct buf *text)
{
	const char *path = args_get(args, "out"), *key_path = args_get(args, "key"), *case_id = args_word(args, 0);
	struct buf sig = BUF_INIT;
	int status = EX_OK;

	if (path == NULL)
		return fwrite(text->data, 1, text->len, stdout) == text->len ? EX_OK : EX_IOERR;
	if (key_path != NULL)
		status = sign_text(site, case_id, key_path, text, &sig);
	if (status == EX_OK)
		status = put_file(path, text, &sig);
	buf_free(&sig);
	return status;
}

static int
certify(const struct site *site, const struct args *args)
{
	struct certify_history *h = calloc(1, sizeof *h); /* too large for the stack */
	struct buf text = BUF_INIT;
	char path[NAMES_CASE_ROOM + 16];
	int dirfd = -1, status = EX_OSERR;

	if (h == NULL) {
		diag_err("certification");
		return EX_OSERR;
	}
	(void)snprintf(path, sizeof path, "records/%s", args_word(args, 0));
	dirfd = fsio_opendirat(site->statefd, path);
	if (dirfd == -1) {
		diag_err("case %s has no records yet", args_word(args, 0));
		status = errno == EACCES ? EX_NOPERM : EX_NOINPUT;
		goto out;
	}
	status = wholelog_check(&(struct custody_case){dirfd, args_word(args, 0), site->keyring}, path);
	if (status == EX_OK)
		status = certify_history_load(dirfd, site, h);
	if (status == EX_OK && h->revision_count == 0) {
		diag_errx("case %s has no order among its records yet", args_word(args, 0));
		status = EX_NOINPUT;
	}
	if (status == EX_OK && compose(site, h, &text) == -1) {
		diag_err("certification");
		status = EX_OSERR;
	}
	if (status == EX_OK)
		status = write_out(site, args, &text);
	if (status == EX_OK)
		status = site_note(site, args_word(args, 0), NULL,
		    args_get(args, "key") == NULL ? "printed the certification" : "signed the certification");
out:
	if (dirfd != -1)
		(void)close(dirfd); /* a folder */
	certify_history_clear(h);
	free(h);
	buf_free(&text);
	return status;
}

int
command_certify(int argc, char **argv)
{
	struct args args;
	struct site site;
	int status;

	if (args_parse(&args, options, argc, argv) == -1)
		return EX_USAGE;
	if (args_get(&args, "help") != NULL) {
		args_help("certify CASE [--out FILE [--key KEY]]", options);
		return EX_OK;
	}
	if (args_words(&args) != 1 || !names_is_case(args_word(&args, 0)) ||
	    (args_get(&args, "key") != NULL && args_get(&args, "out") == NULL)) {
		diag_errx("usage: casetap certify CASE [--out FILE [--key KEY]]");
		return EX_USAGE;
	}
	status = site_open(&site, &args);
	if (status == EX_OK)
		status = certify(&site, &args);
	site_close(&site);
	return status;
}
