#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "keyfile.h"
#include "keyring.h"
#include "roots.h"
#include "sign.h"
#include "stamp.h"

#include "keyring_verbs.h"
#include "keys.h"

#define OVERLAP (30 * STAMP_DAY)

/* The newest key of a station that is not revoked, NULL if there is none. */
static const struct keyring_entry *
find_station(const struct keyring *k, const char *name)
{
	const struct keyring_entry *e, *found = NULL;

	for (size_t i = 0; i < keyring_count(k); i++) {
		e = keyring_entry(k, i);
		if (e->kind == KEYRING_STATION && strcmp(e->name, name) == 0 && e->revoked == STAMP_NONE)
			found = e;
	}
	return found;
}

/* The new key's line, and one that ends the old key unless it ends by itself. */
static int
put_lines(const struct args *args, const struct keyring_entry *old, const struct sign_pub *new, struct buf *lines)
{
	const char *from = args_get(args, "from"), *until = args_get(args, "until");
	char key[SIGN_KEY_TEXT], now[STAMP_TEXT], end[STAMP_TEXT];
	stamp_t t = stamp_now();

	sign_pub_format(new, key);
	if (buf_printf(lines, "station: %s name=%s", key, old->name) == -1 ||
	    keyring_put_field(lines, "from", from != NULL ? from : stamp_format_seconds(now, t)) == -1 ||
	    keyring_put_field(lines, "to", args_get(args, "to")) == -1 || buf_putc(lines, '\n') == -1)
		return -1;
	if (until == NULL && old->to != STAMP_NONE && old->to <= t + OVERLAP)
		return 0;
	sign_pub_format(&old->pub, key);
	if (buf_printf(lines, "retired: %s", key) == -1 ||
	    keyring_put_field(lines, "at", until != NULL ? until : stamp_format_seconds(end, t + OVERLAP)) == -1)
		return -1;
	return buf_putc(lines, '\n');
}

int
keyring_verb_rotate(struct site *site, const struct args *args)
{
	struct buf base = BUF_INIT, lines = BUF_INIT;
	const struct keyring_entry *old;
	struct keyring *draft = NULL;
	struct sign_pub pub;
	int status;

	if (args_words(args) != 2) {
		diag_errx("usage: casetap keyring rotate STATION PUBFILE [--until T] [--from T] [--to T]");
		return EX_USAGE;
	}
	status = keys_load_public(args_word(args, 1), &pub);
	if (status == EX_OK)
		status = keyring_load_base(site, &base);
	if (status != EX_OK)
		goto out;
	status = EX_DATAERR;
	draft = keyring_parse(base.data, base.len, "keyring");
	old = draft == NULL ? NULL : find_station(draft, args_word(args, 0));
	if (draft != NULL && old == NULL)
		diag_errx("no station %s in the keyring: add it", args_word(args, 0));
	if (old == NULL)
		goto out;
	status = put_lines(args, old, &pub, &lines) == -1 ? EX_USAGE : keyring_change(site, &base, NULL, lines.data);
out:
	keyring_free(draft);
	buf_free(&base);
	buf_free(&lines);
	return status;
}

/* The last succession, if it is the one that is asked for: begun before, and not ended perhaps. */
static const struct roots_succession *
find_begun(const struct roots *roots, const struct sign_key *old, const struct sign_key *new)
{
	const struct roots_succession *last =
	    roots_count(roots) == 0 ? NULL : roots_at(roots, roots_count(roots) - 1);

	return last != NULL && sign_pub_equal(sign_key_pub(old), &last->old) &&
		       sign_pub_equal(sign_key_pub(new), &last->new)
		   ? last
		   : NULL;
}

/* Both secret keys, if the old one is the root's, or both are those of a renewal that was begun.  Return an exit code. */
static int
load_keys(const struct site *site, const struct roots *roots, const struct args *args, struct sign_key **old,
    struct sign_key **new)
{
	const char *old_path = args_need(args, "old"), *new_path = args_need(args, "new");
	const struct sign_pub *root =
	    roots_count(roots) == 0 ? &site->root : &roots_at(roots, roots_count(roots) - 1)->new;
	int status = EX_USAGE;

	if (old_path == NULL || new_path == NULL)
		return status;
	*old = keyfile_load(old_path, &status);
	if (*old == NULL)
		return status;
	*new = keyfile_load(new_path, &status);
	if (*new == NULL)
		return status;
	if (!sign_pub_equal(sign_key_pub(*old), root) && find_begun(roots, *old, *new) == NULL) {
		diag_errx("%s: is not the key of the present root", old_path);
		return EX_CONFIG;
	}
	return EX_OK;
}

static int
put_file(const struct site *site, const char *name, const struct buf *text)
{
	if (fsio_replace(site->keyring_dirfd, name, text->data, text->len, 0644) == 0)
		return EX_OK;
	diag_err("%s", name);
	return EX_CANTCREAT;
}

/* The root's public key, where the configuration has it. */
static int
pin(const struct site *site, const struct sign_key *new)
{
	char dir[PATH_MAX], *slash;
	struct buf pub = BUF_INIT;
	int dirfd, rc = -1;

	(void)snprintf(dir, sizeof dir, "%s", site->conf->root); /* conf_load took an absolute path that is there */
	slash = strrchr(dir, '/');
	*slash = '\0';
	dirfd = fsio_opendir(dir[0] == '\0' ? "/" : dir);
	if (dirfd != -1 && sign_pub_write(sign_key_pub(new), &pub) == 0)
		rc = fsio_replace(dirfd, slash + 1, pub.data, pub.len, 0644);
	if (rc == -1)
		diag_err("%s", site->conf->root);
	if (dirfd != -1)
		(void)close(dirfd); /* a folder; what was put there is synced */
	buf_free(&pub);
	return rc == -1 ? EX_CANTCREAT : EX_OK;
}

/* Append the succession to roots.txt.  Return an exit code; ${roots} gets all. */
static int
begin(const struct site *site, struct buf *chain, unsigned number, const struct sign_key *old,
    const struct sign_key *new, struct roots **roots)
{
	struct roots_succession s = {.time = stamp_now(), .last_version = keyring_version(site->keyring)};

	s.old = *sign_key_pub(old);
	s.new = *sign_key_pub(new);
	if (roots_append(chain, &s, number, old, new) == -1) {
		diag_err(KEYRING_ROOTS);
		return EX_OSERR;
	}
	*roots = roots_parse(chain->data, chain->len, KEYRING_ROOTS);
	return *roots == NULL ? EX_DATAERR : put_file(site, KEYRING_ROOTS, chain);
}

/* Put the next keyring in force, signed by the new root. */
static int
sign_next(struct site *site, const struct roots *roots, const struct sign_key *new)
{
	struct buf base = BUF_INIT, text = BUF_INIT, sig = BUF_INIT;
	int status = keyring_load_base(site, &base);

	if (status != EX_OK)
		goto out;
	if (keyring_next_text(site->keyring, &base, NULL, "", &text) == -1 ||
	    sign_make(new, text.data, text.len, "casetap keyring", &sig) == -1) {
		diag_err("keyring");
		status = EX_OSERR;
		goto out;
	}
	status = keyring_put_in_force(site, roots, &text, &sig);
out:
	buf_free(&base);
	buf_free(&text);
	buf_free(&sig);
	return status;
}

/*
 * First the succession, then a keyring that the new root signed, then the new pin: after each step every program believes
 * what is in force, whichever root it pins, and so may the next one wait for years.  Killed anywhere, the same command
 * ends what it began.
 */
static int
renew(struct site *site, const struct roots *roots, struct buf *chain, const struct sign_key *old,
    const struct sign_key *new)
{
	const struct roots_succession *begun = find_begun(roots, old, new);
	struct roots *all = NULL;
	int status = EX_OK;

	if (begun == NULL) {
		status = begin(site, chain, (unsigned)roots_count(roots) + 1, old, new, &all);
		if (status != EX_OK)
			goto out;
	}
	if (begun == NULL || keyring_version(site->keyring) == begun->last_version)
		status = sign_next(site, begun == NULL ? all : roots, new);
	if (status == EX_OK)
		status = pin(site, new);
out:
	roots_free(all);
	return status;
}

int
keyring_verb_renew(struct site *site, const struct args *args)
{
	struct sign_key *old = NULL, *new = NULL;
	struct buf chain = BUF_INIT;
	struct roots *roots = NULL;
	int status = site_load_roots(site, &chain, &roots);

	if (status == EX_OK)
		status = load_keys(site, roots, args, &old, &new);
	if (status == EX_OK)
		status = renew(site, roots, &chain, old, new);
	if (status == EX_OK)
		printf(
		    "the new root is in force; give %s to every LEA and auditor, by hand, and keep the old key offline\n",
		    site->conf->root);
	roots_free(roots);
	sign_key_free(old);
	sign_key_free(new);
	buf_free(&chain);
	return status;
}
