#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "conf.h"
#include "diag.h"
#include "fsio.h"
#include "keyring.h"
#include "sign.h"
#include "stamp.h"

#include "args.h"
#include "command.h"
#include "keys.h"
#include "site.h"

#define KEYRING_MAX_BYTES (1024 * 1024)
#define DRAFT             ".draft"
#define SIGNATURE         ".minisig"

/*
 * A keyring changes in two steps, so that the one in force is never without its signature: `add` and `revoke` write
 * keyring.txt.draft, `sign` (here, or minisign on the offline machine followed by `import`) puts it in force.
 */
static const struct args_option show_options[] = {SITE_OPTION, {NULL, NULL, NULL}};
static const struct args_option add_options[] = {
    SITE_OPTION,
    {"name", "NAME", "what to call the key; default: the file's name"},
    {"role", "ROLE", "an approver's role: legal, technical ..."},
    {"from", "T", "valid from; default now"},
    {"to", "T", "valid until; default: for ever"},
    {NULL, NULL, NULL},
};
static const struct args_option revoke_options[] = {
    SITE_OPTION,
    {"reason", "WORD", "why: lost, stolen, left, replaced ..."},
    {"at", "T", "since when; default now"},
    {NULL, NULL, NULL},
};
static const struct args_option sign_options[] = {
    SITE_OPTION, {"root", "KEY", "the root's secret key"}, {NULL, NULL, NULL}};

static const char *
kind_text(enum keyring_kind kind)
{
	return kind == KEYRING_APPROVER ? "approver" : kind == KEYRING_STATION ? "station" : "lea";
}

static const char *
or_dash(const char *s)
{
	return s[0] == '\0' ? "-" : s;
}

static int
show(const struct site *site, const struct args *args)
{
	const struct keyring *k = site->keyring;
	char id[SIGN_ID_TEXT], from[STAMP_TEXT], to[STAMP_TEXT], at[STAMP_TEXT];
	stamp_t now = stamp_now();

	(void)args;
	printf("version %llu, issued %s, %u approval%s an order\n", (unsigned long long)keyring_version(k),
	    stamp_format_seconds(from, keyring_issued(k)), keyring_approvals(k),
	    keyring_approvals(k) == 1 ? "" : "s");
	printf("%-9s %-16s %-18s %-12s %-21s %-21s %s\n", "KIND", "KEY ID", "NAME", "ROLE", "FROM", "TO", "STATE");
	for (size_t i = 0; i < keyring_count(k); i++) {
		const struct keyring_entry *e = keyring_entry(k, i);
		const char *state = "valid";

		if (e->revoked != STAMP_NONE)
			state = "revoked";
		else if (e->from != STAMP_NONE && now < e->from)
			state = "not yet";
		else if (e->to != STAMP_NONE && now >= e->to)
			state = "expired";
		sign_id_format(&e->pub, id);
		printf("%-9s %-16s %-18s %-12s %-21s %-21s %s", kind_text(e->kind), id, e->name, or_dash(e->role),
		    stamp_format_seconds(from, e->from), stamp_format_seconds(to, e->to), state);
		if (e->revoked != STAMP_NONE)
			printf(" at %s: %s", stamp_format_seconds(at, e->revoked), or_dash(e->reason));
		putchar('\n');
	}
	return EX_OK;
}

/* The text that a change starts from: the draft, where there is one, else the keyring in force. */
static int
load_base(const struct site *site, struct buf *text)
{
	char path[4096];

	if (snprintf(path, sizeof path, "%s" DRAFT, site->conf->keyring) >= (int)sizeof path)
		return EX_CONFIG;
	if (fsio_load_path(path, KEYRING_MAX_BYTES, text) == 0)
		return EX_OK;
	if (errno != ENOENT || fsio_load_path(site->conf->keyring, KEYRING_MAX_BYTES, text) == -1) {
		diag_err("%s", path);
		return EX_NOINPUT;
	}
	return EX_OK;
}

/* Write "version: N+1" and "issued: now" in place of the old lines, keep every other line, add ${line} at the end. */
static int
next_text(const struct keyring *inforce, const struct buf *base, const char *line, struct buf *out)
{
	const char *p = base->data, *end = base->data + base->len;
	char now[STAMP_TEXT];

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = nl == NULL ? (size_t)(end - p) : (size_t)(nl - p);

		if (n > 9 && memcmp(p, "version: ", 9) == 0)
			(void)buf_printf(out, "version: %llu\n", (unsigned long long)keyring_version(inforce) + 1);
		else if (n > 8 && memcmp(p, "issued: ", 8) == 0)
			(void)buf_printf(out, "issued: %s\n", stamp_format_seconds(now, stamp_now()));
		else if (buf_put(out, p, n) == 0)
			(void)buf_putc(out, '\n');
		p += n + 1;
	}
	(void)buf_puts(out, line);
	return buf_failed(out) ? -1 : 0;
}

/* Put ${line} behind the draft, if the result is a keyring. */
static int
change(const struct site *site, const char *line)
{
	struct buf base = BUF_INIT, text = BUF_INIT;
	struct keyring *parsed = NULL;
	char name[256];
	int status = load_base(site, &base);

	if (status != EX_OK)
		goto out;
	status = EX_DATAERR;
	if (next_text(site->keyring, &base, line, &text) == -1 ||
	    (parsed = keyring_parse(text.data, text.len, "keyring.txt" DRAFT)) == NULL)
		goto out;
	status = EX_CANTCREAT;
	if (snprintf(name, sizeof name, "%s" DRAFT, site->keyring_name) >= (int)sizeof name ||
	    fsio_replace(site->keyring_dirfd, name, text.data, text.len, 0644) == -1) {
		diag_err("%s" DRAFT, site->conf->keyring);
		goto out;
	}
	printf("%s" DRAFT " is version %llu; `casetap keyring sign --root KEY` puts it in force.\n",
	    site->conf->keyring, (unsigned long long)keyring_version(parsed));
	status = EX_OK;
out:
	keyring_free(parsed);
	buf_free(&base);
	buf_free(&text);
	return status;
}

/* The file's name without folder and ".pub". */
static void
default_name(const char *path, char *out, size_t room)
{
	const char *slash = strrchr(path, '/');
	char *dot;

	(void)snprintf(out, room, "%s", slash == NULL ? path : slash + 1);
	dot = strrchr(out, '.');
	if (dot != NULL && strcmp(dot, ".pub") == 0)
		*dot = '\0';
}

static int
add(const struct site *site, const struct args *args)
{
	const char *kind = args_word(args, 0), *file = args_word(args, 1), *role = args_get(args, "role");
	const char *from = args_get(args, "from"), *to = args_get(args, "to");
	struct buf line = BUF_INIT;
	struct sign_pub pub;
	char key[SIGN_KEY_TEXT], name[65], now[STAMP_TEXT];
	int status;

	if (args_words(args) != 2 ||
	    (strcmp(kind, "approver") != 0 && strcmp(kind, "station") != 0 && strcmp(kind, "lea") != 0)) {
		diag_errx("usage: casetap keyring add approver|station|lea PUBFILE [--role R] [--name N]");
		return EX_USAGE;
	}
	status = keys_load_public(file, &pub);
	if (status != EX_OK)
		return status;
	default_name(file, name, sizeof name);
	sign_pub_format(&pub, key);
	(void)buf_printf(
	    &line, "%s: %s name=%s", kind, key, args_get(args, "name") != NULL ? args_get(args, "name") : name);
	if (role != NULL)
		(void)buf_printf(&line, " role=%s", role);
	(void)buf_printf(&line, " from=%s", from != NULL ? from : stamp_format_seconds(now, stamp_now()));
	if (to != NULL)
		(void)buf_printf(&line, " to=%s", to);
	(void)buf_putc(&line, '\n');
	status = buf_failed(&line) ? EX_OSERR : change(site, line.data);
	buf_free(&line);
	return status;
}

/* Find the one key whose id, base64 line or name a person typed. */
static const struct keyring_entry *
find_typed(const struct keyring *k, const char *typed)
{
	const struct keyring_entry *found = NULL;
	char id[SIGN_ID_TEXT], key[SIGN_KEY_TEXT];

	for (size_t i = 0; i < keyring_count(k); i++) {
		const struct keyring_entry *e = keyring_entry(k, i);

		sign_id_format(&e->pub, id);
		sign_pub_format(&e->pub, key);
		if (strcasecmp(id, typed) != 0 && strcmp(key, typed) != 0 && strcmp(e->name, typed) != 0)
			continue;
		if (found != NULL && !sign_pub_equal(&found->pub, &e->pub)) {
			diag_errx("%s means more than one key: give the key id", typed);
			return NULL;
		}
		found = e;
	}
	if (found == NULL)
		diag_errx("no key %s in the keyring", typed);
	return found;
}

static int
revoke_key(const struct site *site, const struct args *args)
{
	const struct keyring_entry *e;
	const char *reason = args_get(args, "reason"), *at = args_get(args, "at");
	char key[SIGN_KEY_TEXT], now[STAMP_TEXT];
	struct buf line = BUF_INIT;
	int status;

	if (args_words(args) != 1) {
		diag_errx("usage: casetap keyring revoke KEYID [--reason WORD] [--at T]");
		return EX_USAGE;
	}
	e = find_typed(site->keyring, args_word(args, 0));
	if (e == NULL)
		return EX_DATAERR;
	sign_pub_format(&e->pub, key);
	(void)buf_printf(&line, "revoked: %s at=%s reason=%s\n", key,
	    at != NULL ? at : stamp_format_seconds(now, stamp_now()), reason != NULL ? reason : "unspecified");
	status = buf_failed(&line) ? EX_OSERR : change(site, line.data);
	buf_free(&line);
	return status;
}

/* Judge a new keyring and its signature, then put both in force: signature first, so that a reader who meets them half
 * way sees a mismatch and keeps what it has. */
static int
put_in_force(const struct site *site, const struct buf *text, const struct buf *sig)
{
	struct keyring *k = keyring_parse(text->data, text->len, "new keyring");
	struct sign_sig s;
	char name[256];
	int status = EX_DATAERR;

	if (k == NULL)
		goto out;
	status = EX_CONFIG;
	if (sign_parse(sig->data, sig->len, &s) == -1 || sign_verify(&site->root, &s, text->data, text->len) != 0) {
		diag_errx("the new keyring is not signed by the root");
		goto out;
	}
	if (keyring_version(k) <= keyring_version(site->keyring)) {
		diag_errx("the new keyring is version %llu, in force is %llu", (unsigned long long)keyring_version(k),
		    (unsigned long long)keyring_version(site->keyring));
		goto out;
	}
	status = EX_CANTCREAT;
	if (snprintf(name, sizeof name, "%s" SIGNATURE, site->keyring_name) >= (int)sizeof name ||
	    fsio_replace(site->keyring_dirfd, name, sig->data, sig->len, 0644) == -1 ||
	    fsio_replace(site->keyring_dirfd, site->keyring_name, text->data, text->len, 0644) == -1) {
		diag_err("%s", site->conf->keyring);
		goto out;
	}
	(void)snprintf(name, sizeof name, "%s" DRAFT, site->keyring_name);
	(void)fsio_remove(site->keyring_dirfd, name); /* a left-over draft is only in the way */
	printf("keyring version %llu is in force\n", (unsigned long long)keyring_version(k));
	status = site_journal(site, NULL, "keyring", keyring_sha256(k), NULL);
out:
	keyring_free(k);
	return status;
}

static int
sign_draft(const struct site *site, const struct args *args)
{
	const char *path = args_need(args, "root");
	struct buf text = BUF_INIT, sig = BUF_INIT;
	struct sign_key *root = NULL;
	int status = EX_USAGE;

	if (path == NULL || (status = load_base(site, &text)) != EX_OK)
		return path == NULL ? EX_USAGE : status;
	root = keys_load_secret(path, &status);
	if (root == NULL)
		goto out;
	status = EX_OSERR;
	if (sign_make(root, text.data, text.len, "casetap keyring", &sig) == 0)
		status = put_in_force(site, &text, &sig);
out:
	sign_key_free(root);
	buf_free(&text);
	buf_free(&sig);
	return status;
}

static int
import(const struct site *site, const struct args *args)
{
	struct buf text = BUF_INIT, sig = BUF_INIT, path = BUF_INIT;
	int status = EX_NOINPUT;

	if (args_words(args) != 1) {
		diag_errx("usage: casetap keyring import FILE (its signature is FILE.minisig)");
		return EX_USAGE;
	}
	if (buf_printf(&path, "%s" SIGNATURE, args_word(args, 0)) == -1)
		goto out;
	if (fsio_load_path(args_word(args, 0), KEYRING_MAX_BYTES, &text) == -1) {
		diag_err("%s", args_word(args, 0));
		goto out;
	}
	if (fsio_load_path(path.data, KEYRING_MAX_BYTES, &sig) == -1) {
		diag_err("%s", path.data);
		goto out;
	}
	status = put_in_force(site, &text, &sig);
out:
	buf_free(&text);
	buf_free(&sig);
	buf_free(&path);
	return status;
}

static const struct {
	const char *name, *synopsis;
	const struct args_option *options;
	int (*run)(const struct site *, const struct args *);
} verbs[] = {
    {"show", "keyring show", show_options, show},
    {"add", "keyring add approver|station|lea PUBFILE", add_options, add},
    {"revoke", "keyring revoke KEYID|NAME", revoke_options, revoke_key},
    {"sign", "keyring sign --root KEY", sign_options, sign_draft},
    {"import", "keyring import FILE", show_options, import},
};

int
command_keyring(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		struct args args;
		struct site site;
		int status;

		if (argc < 1 || strcmp(argv[0], verbs[i].name) != 0)
			continue;
		if (args_parse(&args, verbs[i].options, argc - 1, argv + 1) == -1)
			return EX_USAGE;
		if (args_get(&args, "help") != NULL) {
			args_help(verbs[i].synopsis, verbs[i].options);
			return EX_OK;
		}
		status = site_open(&site, &args);
		if (status == EX_OK)
			status = verbs[i].run(&site, &args);
		site_close(&site);
		return status;
	}
	if (argc >= 1 && strcmp(argv[0], "--help") == 0) {
		for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
			args_help(verbs[i].synopsis, verbs[i].options);
		return EX_OK;
	}
	diag_errx("usage: casetap keyring show | add | revoke | sign | import");
	return EX_USAGE;
}
