#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "binding.h"
#include "diag.h"
#include "fsio.h"
#include "orderbook.h"

#include "args.h"
#include "ask.h"
#include "attachment.h"
#include "command.h"
#include "keys.h"
#include "proof.h"

#define SYNOPSIS "bind CASE ADDRESS[/LENGTH]|- --from T --to T --proof FILE [--kind KIND] --key KEY [--reason TEXT]"
#define MODE_FILE 0640
#define ADDRESS_ROOM 64
#define HASH_SHOWN 16 /* digits of a binding's hash in its name */
#define NAME_ROOM (NAMES_CASE_ROOM + HASH_SHOWN + sizeof("..binding"))

static const struct args_option options[] = {
    SITE_OPTION,
    SITE_ORDERS_OPTION,
    {"from", "T", "from when on the subject had, or will have, the address or prefix"},
    {"to", "T", "until when; both within the order's time"},
    {"proof", "FILE", "what shows it: its entries that do are kept in the case's records"},
    {"kind", "KIND", "plan (default; may name nobody else) | isc | kea | radius | mikrotik (must show it)"},
    {"key", "KEY", "an approver's secret key"},
    {"reason", "TEXT", "why, for the records"},
    {NULL, NULL, NULL},
};

/*
 * The word, or for a "-" the first line of standard input, as binding_address_parse() does: what stands in argv everybody
 * on the machine sees.  No more is taken than that line: behind it the key's password may come.
 */
static const char *
read_address(const char *word, struct order_prefix *address)
{
	static const char none[] = "not an address or an address/length";
	char line[ADDRESS_ROOM], c;
	size_t n = 0;

	if (strcmp(word, "-") != 0)
		return binding_address_parse(word, address);
	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n') {
		if (n + 1 == sizeof line)
			return none;
		line[n++] = c;
	}
	if (n > 0 && line[n - 1] == '\r')
		n--;
	line[n] = '\0';
	return strlen(line) == n ? binding_address_parse(line, address) : none;
}

/* What the command line says of it.  Return EX_OK, or an exit code after one diag line, which names no address. */
static int
fill(const struct args *args, struct binding *b)
{
	const char *kind = args_get(args, "kind"), *from = args_need(args, "from"), *to = NULL, *why;

	if (from != NULL)
		to = args_need(args, "to");
	if (to == NULL || args_need(args, "proof") == NULL || args_need(args, "key") == NULL)
		return EX_USAGE;
	if (stamp_parse(from, &b->from) == -1 || stamp_parse(to, &b->until) == -1 || b->from >= b->until) {
		diag_errx("--from and --to: RFC 3339 times with an offset, the second behind the first");
		return EX_USAGE;
	}
	if (kind != NULL && binding_kind_parse(kind, &b->kind) == -1) {
		diag_errx("--kind: plan, isc, kea, radius or mikrotik");
		return EX_USAGE;
	}
	why = read_address(args_word(args, 1), &b->address);
	if (why != NULL) {
		diag_errx("%s", why);
		return EX_USAGE;
	}
	b->issued = stamp_now();
	return EX_OK;
}

/* May it be given for the case's order, and does the proof show it? */
static int
judge(struct site *site, const struct binding *b, const struct buf *proof, struct buf *kept)
{
	const struct orderbook_case *c;
	const char *why = "there is no accepted order of the case";
	int status = site_open_orders(site);

	if (status != EX_OK)
		return status;
	c = orderbook_find(site->book, b->case_id);
	if (c != NULL && c->state == ORDERBOOK_LOCKED) {
		diag_errx("%s: %s", b->case_id, c->why);
		return EX_NOPERM;
	}
	if (c != NULL && c->order != NULL) {
		why = binding_judge(b, c->order);
		if (why == NULL)
			why = proof_judge(b, c->order, proof, kept);
	}
	if (why == NULL)
		return EX_OK;
	diag_errx("%s: %s", b->case_id, why);
	return EX_DATAERR;
}

/* Put it where capture looks, the signature first. */
static int
publish(const struct site *site, const struct binding *b, const struct buf *text, const struct buf *sig,
    const char *approver)
{
	char name[NAME_ROOM], other[NAME_ROOM + 96];
	int dirfd = fsio_mkdirs(site->statefd, "requests", 0750), rc = -1;

	(void)snprintf(name, sizeof name, "%s.%.*s.binding", b->case_id, HASH_SHOWN, b->sha256); /* has room */
	(void)snprintf(other, sizeof other, "%s.%s.minisig", name, approver);
	if (dirfd != -1 && fsio_replace(dirfd, other, sig->data, sig->len, MODE_FILE) == 0)
		rc = fsio_replace(dirfd, name, text->data, text->len, MODE_FILE);
	if (rc == -1)
		diag_err("requests/%s", name);
	if (dirfd != -1)
		(void)close(dirfd); /* what was put there is synced */
	if (rc == -1)
		return EX_CANTCREAT;
	(void)printf("bound: %s/requests/%s\n", site->conf->state_dir, name);
	return EX_OK;
}

/* The three lines that an auditor looks for: who is it, by what, and on whose word. */
static int
note(const struct site *site, const struct binding *b, const char *approver)
{
	struct json *detail = json_object();
	int bad = json_put_string(detail, "act", "bind");

	bad |= json_put_string(detail, "authentication", "the identity that the order names");
	bad |= json_put_string(detail, "validation", binding_kind_text(b->kind));
	bad |= json_put_string(detail, "proof_sha256", b->proof_sha256);
	bad |= json_put_string(detail, "kept_sha256", b->kept_sha256);
	bad |= json_put_string(detail, "confirmation", approver);
	bad |= json_put_stamp(detail, "from", b->from);
	bad |= json_put_stamp(detail, "to", b->until);
	return site_journal_detail(site, b->case_id, b->sha256, detail, bad);
}

/* The proof goes to the records first; what was put where capture looks is noted last. */
static int
bind_address(struct site *site, struct binding *b, const char *proof_path, const char *key)
{
	struct request attached = {.act = REQUEST_ATTACH};
	struct buf proof = BUF_INIT, kept = BUF_INIT, text = BUF_INIT, sig = BUF_INIT;
	struct keys_approval a = {.text = &text, .sig = &sig};
	char approver[65] = "";
	int status = attachment_load(proof_path, &attached, &proof);

	if (status != EX_OK)
		goto out;
	(void)snprintf(attached.case_id, sizeof attached.case_id, "%s", b->case_id); /* judged */
	(void)snprintf(attached.reason, sizeof attached.reason, "proof of a binding: %s", binding_kind_text(b->kind));
	(void)snprintf(b->proof, sizeof b->proof, "%s", attached.file);
	memcpy(b->proof_sha256, attached.file_sha256, sizeof b->proof_sha256);
	status = judge(site, b, &proof, &kept);
	if (status != EX_OK)
		goto out;
	/* What it says of others goes nowhere: its hash tells the approver's own copy. */
	status = EX_OSERR;
	attached.bytes = kept.len;
	if (digest_hex_of(kept.data == NULL ? "" : kept.data, kept.len, attached.file_sha256) == -1) {
		diag_err("binding");
		goto out;
	}
	memcpy(b->kept_sha256, attached.file_sha256, sizeof b->kept_sha256);
	if (binding_write(b, &text) == -1 || digest_hex_of(text.data, text.len, b->sha256) == -1)
		diag_err("binding");
	else
		status = keys_approve(site->keyring, key, "binding", &a);
	if (status == EX_OK) {
		(void)snprintf(approver, sizeof approver, "%s", a.approver); /* the keyring's names are shorter */
		status = ask(site, &attached, &kept, NULL);
	}
	if (status == EX_OK)
		status = publish(site, b, &text, &sig, approver);
	if (status == EX_OK)
		status = note(site, b, approver);
out:
	buf_free(&proof);
	buf_free(&kept);
	buf_free(&text);
	buf_free(&sig);
	return status;
}

int
command_bind(int argc, char **argv)
{
	struct request judged = {.act = REQUEST_ATTACH};
	struct binding b = {.kind = BINDING_PLAN};
	struct args args;
	struct site site;
	int status;

	if (args_parse(&args, options, argc, argv) == -1)
		return EX_USAGE;
	if (args_get(&args, "help") != NULL) {
		args_help(SYNOPSIS, options);
		return EX_OK;
	}
	if (args_words(&args) != 2 || !names_is_case(args_word(&args, 0))) {
		diag_errx("usage: casetap " SYNOPSIS);
		return EX_USAGE;
	}
	(void)snprintf(b.case_id, sizeof b.case_id, "%s", args_word(&args, 0)); /* as seen */
	status = fill(&args, &b);
	if (status != EX_OK)
		return status;
	if (ask_reason(&judged, args_get(&args, "reason"), "as its proof shows") != EX_OK)
		return EX_USAGE;
	(void)snprintf(b.reason, sizeof b.reason, "%s", judged.reason); /* the rooms are the same */
	status = site_open(&site, &args);
	if (status == EX_OK)
		status = ask_case(&site, b.case_id);
	if (status == EX_OK)
		status = bind_address(&site, &b, args_get(&args, "proof"), args_get(&args, "key"));
	site_close(&site);
	return status;
}
