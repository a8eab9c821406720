#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include "buf.h"
#include "conf.h"
#include "diag.h"
#include "fsio.h"
#include "keyring.h"
#include "sign.h"
#include "stamp.h"
#include "trusted.h"

#include "args.h"
#include "command.h"
#include "keyring_verbs.h"
#include "keys.h"
#include "site.h"
#include "verb.h"

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
    {"approvals", "N", "how many approvers an order needs from then on"},
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

static const struct args_option rotate_options[] = {
    SITE_OPTION,
    {"from", "T", "the new key is valid from; default now"},
    {"to", "T", "the new key is valid until; default: for ever"},
    {"until", "T", "the old key is valid until; default: in 30 days"},
    {NULL, NULL, NULL},
};
static const struct args_option renew_options[] = {
    SITE_OPTION,
    {"old", "KEY", "the secret key of the root that is"},
    {"new", "KEY", "the secret key of the root that is to follow it"},
    {NULL, NULL, NULL},
};

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

/* What went before: versions of the keyring, and other roots. */
static int
show_history(const struct site *site)
{
	const struct keyring *k = site->keyring;
	char issued[STAMP_TEXT], old[SIGN_ID_TEXT], new[SIGN_ID_TEXT];
	struct roots *roots;
	int status = site_load_roots(site, NULL, &roots);

	for (size_t i = 0; i < keyring_history_count(k); i++) {
		const struct keyring_version *v = keyring_history(k, i);

		printf("version %llu was issued %s, %u approval%s an order\n", (unsigned long long)v->version,
		    stamp_format_seconds(issued, v->issued), v->approvals, v->approvals == 1 ? "" : "s");
	}
	for (size_t i = 0; i < roots_count(roots); i++) {
		const struct roots_succession *s = roots_at(roots, i);

		sign_id_format(&s->old, old);
		sign_id_format(&s->new, new);
		printf("root %s signed up to version %llu; root %s followed it %s\n", old,
		    (unsigned long long)s->last_version, new, stamp_format_seconds(issued, s->time));
	}
	roots_free(roots);
	return status;
}

static int
show(struct site *site, const struct args *args)
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
	return show_history(site);
}

/* The text that a change starts from: the draft, where there is one, else the keyring in force. */
int
keyring_load_base(const struct site *site, struct buf *text)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s" KEYRING_DRAFT, site->conf->keyring) >= (int)sizeof path) {
		diag_errx("%s" KEYRING_DRAFT ": name too long", site->conf->keyring);
		return EX_CONFIG;
	}
	if (fsio_load_path(path, KEYRING_MAX_BYTES, text) == 0)
		return EX_OK;
	if (errno == ENOENT) {
		(void)snprintf(path, sizeof path, "%s", site->conf->keyring);
		if (fsio_load_path(path, KEYRING_MAX_BYTES, text) == 0)
			return EX_OK;
	}
	diag_err("%s", path);
	return trusted_status(errno);
}

/* What the next version remembers of the one in force, unless the draft does already. */
static int
put_history(const struct keyring *inforce, const struct buf *base, struct buf *out)
{
	char word[48], issued[STAMP_TEXT];

	(void)snprintf(word, sizeof word, "\nprevious: %llu ", (unsigned long long)keyring_version(inforce));
	if (memmem(base->data, base->len, word, strlen(word)) != NULL)
		return 0;
	return buf_printf(out, "%sissued=%s sha256=%s approvals=%u\n", word + 1,
	    stamp_format(issued, keyring_issued(inforce)), keyring_sha256(inforce), keyring_approvals(inforce));
}

/*
 * Write "version: N+1" and "issued: now" in place of the old lines, "approvals: ..." where it is given, keep every other
 * line, add what is to be remembered of the one in force, and ${lines} at the end.
 */
int
keyring_next_text(
    const struct keyring *inforce, const struct buf *base, const char *approvals, const char *lines, struct buf *out)
{
	const char *p = base->data, *end = base->data + base->len;
	char now[STAMP_TEXT];

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = nl == NULL ? (size_t)(end - p) : (size_t)(nl - p);

		if (n > 9 && memcmp(p, "version: ", 9) == 0)
			(void)buf_printf(out, "version: %llu\n", (unsigned long long)keyring_version(inforce) + 1);
		else if (n > 8 && memcmp(p, "issued: ", 8) == 0)
			(void)buf_printf(out, "issued: %s\n", stamp_format(now, stamp_now()));
		else if (approvals != NULL && n > 11 && memcmp(p, "approvals: ", 11) == 0)
			(void)buf_printf(out, "approvals: %s\n", approvals);
		else if (buf_put(out, p, n) == 0)
			(void)buf_putc(out, '\n');
		p += n + 1;
	}
	(void)put_history(inforce, base, out); /* buf_failed() tells */
	(void)buf_puts(out, lines);
	return buf_failed(out) ? -1 : 0;
}

/* Put ${line} behind the draft, if the result is a keyring. */
int
keyring_change(const struct site *site, const struct buf *base, const char *approvals, const char *line)
{
	struct buf text = BUF_INIT;
	struct keyring *parsed = NULL;
	char name[256];
	int status = EX_OSERR;

	if (keyring_next_text(site->keyring, base, approvals, line, &text) == -1) {
		diag_err("%s" KEYRING_DRAFT, site->conf->keyring);
		goto out;
	}
	status = EX_DATAERR;
	if ((parsed = keyring_parse(text.data, text.len, "the changed keyring")) == NULL)
		goto out;
	status = EX_CANTCREAT;
	if (snprintf(name, sizeof name, "%s" KEYRING_DRAFT, site->keyring_name) >= (int)sizeof name ||
	    fsio_replace(site->keyring_dirfd, name, text.data, text.len, 0644) == -1) {
		diag_err("%s" KEYRING_DRAFT, site->conf->keyring);
		goto out;
	}
	printf("%s" KEYRING_DRAFT " is version %llu; `casetap keyring sign --root KEY` puts it in force.\n",
	    site->conf->keyring, (unsigned long long)keyring_version(parsed));
	status = EX_OK;
out:
	keyring_free(parsed);
	buf_free(&text);
	return status;
}

int
keyring_put_field(struct buf *line, const char *name, const char *value)
{
	if (value == NULL)
		return 0;
	if (strchr(value, ' ') != NULL) {
		diag_errx("%s: one word without blanks", name);
		return -1;
	}
	return buf_printf(line, " %s=%s", name, value);
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
add(struct site *site, const struct args *args)
{
	const char *kind = args_word(args, 0), *file = args_word(args, 1), *from = args_get(args, "from");
	struct buf base = BUF_INIT, line = BUF_INIT;
	struct sign_pub pub;
	char key[SIGN_KEY_TEXT], name[65], now[STAMP_TEXT];
	int status;

	if (args_words(args) != 2 ||
	    (strcmp(kind, "approver") != 0 && strcmp(kind, "station") != 0 && strcmp(kind, "lea") != 0)) {
		diag_errx("usage: casetap keyring add approver|station|lea PUBFILE [--role R] [--name N]");
		return EX_USAGE;
	}
	status = keys_load_public(file, &pub);
	if (status == EX_OK)
		status = keyring_load_base(site, &base);
	if (status != EX_OK)
		goto out;
	status = EX_USAGE;
	default_name(file, name, sizeof name);
	sign_pub_format(&pub, key);
	if (buf_printf(&line, "%s: %s", kind, key) == -1 ||
	    keyring_put_field(&line, "name", args_get(args, "name") != NULL ? args_get(args, "name") : name) == -1 ||
	    keyring_put_field(&line, "role", args_get(args, "role")) == -1 ||
	    keyring_put_field(&line, "from", from != NULL ? from : stamp_format_seconds(now, stamp_now())) == -1 ||
	    keyring_put_field(&line, "to", args_get(args, "to")) == -1 || buf_putc(&line, '\n') == -1)
		goto out;
	status = keyring_change(site, &base, args_get(args, "approvals"), line.data);
out:
	buf_free(&base);
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
revoke_key(struct site *site, const struct args *args)
{
	const struct keyring_entry *e;
	const char *reason = args_get(args, "reason"), *at = args_get(args, "at");
	char key[SIGN_KEY_TEXT], now[STAMP_TEXT];
	struct buf base = BUF_INIT, line = BUF_INIT;
	struct keyring *draft = NULL;
	int status;

	if (args_words(args) != 1) {
		diag_errx("usage: casetap keyring revoke KEYID|NAME [--reason WORD] [--at T]");
		return EX_USAGE;
	}
	status = keyring_load_base(site, &base);
	if (status != EX_OK)
		goto out;
	status = EX_DATAERR;
	draft = keyring_parse(base.data, base.len, "keyring");
	e = draft == NULL ? NULL : find_typed(draft, args_word(args, 0));
	if (e == NULL)
		goto out;
	status = EX_USAGE;
	sign_pub_format(&e->pub, key);
	if (buf_printf(&line, "revoked: %s", key) == -1 ||
	    keyring_put_field(&line, "at", at != NULL ? at : stamp_format(now, stamp_now())) == -1 ||
	    keyring_put_field(&line, "reason", reason != NULL ? reason : "unspecified") == -1 ||
	    buf_putc(&line, '\n') == -1)
		goto out;
	status = keyring_change(site, &base, NULL, line.data);
out:
	keyring_free(draft);
	buf_free(&base);
	buf_free(&line);
	return status;
}

static const struct verb verbs[] = {
    {"show", "keyring show: every key and its state", show_options, 0, site_open, show},
    {"add", "keyring add approver|station|lea PUBFILE: draft the next version with one more key", add_options, 2,
	site_open, add},
    {"revoke", "keyring revoke KEYID|NAME: draft the next version without that key", revoke_options, 1, site_open,
	revoke_key},
    {"rotate",
	"keyring rotate STATION PUBFILE: draft the next version with a new key of the station; the old one ends",
	rotate_options, 2, site_open, keyring_verb_rotate},
    {"sign", "keyring sign --root KEY: sign the draft and put it in force", sign_options, 0, site_open_unsigned,
	keyring_verb_sign},
    {"import", "keyring import FILE: put in force what was signed elsewhere (FILE.minisig)", show_options, 1,
	site_open_unsigned, keyring_verb_import},
    {"renew-root", "keyring renew-root --old KEY --new KEY: let a new root key follow the old one", renew_options, 0,
	site_open, keyring_verb_renew},
    {.name = NULL},
};

int
command_keyring(int argc, char **argv)
{
	return verb_run(
	    verbs, "casetap keyring show | add | revoke | rotate | sign | import | renew-root", argc, argv);
}
