#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "journal.h"
#include "orderfile.h"
#include "stamp.h"
#include "trusted.h"

#include "keys.h"
#include "site.h"

static int
open_keyring_folder(struct site *site)
{
	char dir[4096];
	char *slash;

	if (snprintf(dir, sizeof dir, "%s", site->conf->keyring) >= (int)sizeof dir)
		return EX_CONFIG;
	slash = strrchr(dir, '/');
	*slash = '\0'; /* conf_load takes absolute paths only */
	(void)snprintf(site->keyring_name, sizeof site->keyring_name, "%s", slash + 1);
	site->keyring_dirfd = fsio_opendir(dir[0] == '\0' ? "/" : dir);
	if (site->keyring_dirfd == -1) {
		diag_err("%s", dir);
		return trusted_status(errno);
	}
	return EX_OK;
}

/* Open the operator's journal folder.  Return EX_OK, or an exit code, after one diag line but for EX_NOPERM. */
static int
open_journal_folder(const struct site *site, int *dirfd)
{
	*dirfd = fsio_opendirat(site->statefd, "journal/operator");
	if (*dirfd == -1 && errno == EACCES)
		return EX_NOPERM;
	if (*dirfd == -1) {
		diag_err("%s/journal/operator", site->conf->state_dir);
		return trusted_status(errno);
	}
	if (faccessat(*dirfd, ".", W_OK, AT_EACCESS) == 0)
		return EX_OK;
	(void)close(*dirfd); /* a folder */
	*dirfd = -1;
	return EX_NOPERM;
}

/* An onlooker who may not write the operator's journal is not asked: nothing that he does is done in its name. */
static int
ask_memory(const struct site *site, const struct keyring *keyring, int (*ask)(int, const struct keyring *))
{
	int dirfd, status = open_journal_folder(site, &dirfd);

	if (status != EX_OK)
		return status == EX_NOPERM ? EX_OK : status;
	if (ask(dirfd, keyring) == -1)
		status = errno == ESTALE ? EX_CONFIG : EX_IOERR;
	(void)close(dirfd); /* a folder */
	return status;
}

int
site_remember_keyring(const struct site *site, const struct keyring *keyring)
{
	return ask_memory(site, keyring, keyring_remember);
}

int
site_may_follow(const struct site *site, const struct keyring *keyring)
{
	return ask_memory(site, keyring, keyring_may_follow);
}

int
site_has_journal(const struct site *site)
{
	int dirfd = -1, status = open_journal_folder(site, &dirfd);

	if (dirfd != -1)
		(void)close(dirfd); /* a folder */
	return status != EX_NOPERM;
}

int
site_load_roots(const struct site *site, struct buf *text, struct roots **roots)
{
	struct buf own = BUF_INIT;
	struct buf *t = text == NULL ? &own : text;
	int status = EX_OK;

	*roots = NULL;
	if (trusted_load(site->keyring_dirfd, KEYRING_ROOTS, KEYRING_ROOTS, ROOTS_MAX_BYTES, t) == -1) {
		if (errno != ENOENT) {
			status = trusted_status(errno);
			if (errno != EPERM)
				diag_errx(KEYRING_ROOTS ": %s", trusted_why(errno));
		}
	} else if ((*roots = roots_parse(t->data == NULL ? "" : t->data, t->len, KEYRING_ROOTS)) == NULL) {
		status = EX_CONFIG;
	}
	buf_free(&own);
	return status;
}

/* The keyring as it lies there, whoever signed it: what replaces it is judged by the root's signature of its own. */
static struct keyring *
load_unsigned(const struct conf *conf, int *status)
{
	struct buf text = BUF_INIT;
	struct keyring *k = NULL;

	if (trusted_load_path(conf->keyring, KEYRING_MAX_BYTES, &text, status) == -1)
		goto out;
	*status = EX_CONFIG;
	k = keyring_parse(text.data, text.len, conf->keyring);
out:
	buf_free(&text);
	return k;
}

static int
open_site(struct site *site, const struct args *args, int is_signed)
{
	const char *path = args_get(args, "config");
	int status = EX_OK;

	memset(site, 0, sizeof *site);
	site->statefd = site->ordersfd = site->keyring_dirfd = -1;
	site->conf = conf_load(path == NULL ? SITE_DEFAULT_CONFIG : path, &status);
	if (site->conf == NULL)
		return status;
	site->keyring = is_signed ? keyring_load(site->conf->keyring, site->conf->root, &status)
				  : load_unsigned(site->conf, &status);
	if (site->keyring == NULL)
		return status;
	status = keys_load_public(site->conf->root, &site->root);
	if (status != EX_OK)
		return status;
	site->statefd = conf_open_state(site->conf, &status);
	if (site->statefd == -1)
		return status;
	site->ordersfd = fsio_opendir(site->conf->orders_dir);
	if (site->ordersfd == -1) {
		diag_err("%s", site->conf->orders_dir);
		return trusted_status(errno);
	}
	if (args_get(args, "orders-key") != NULL) {
		site->orders_key = orderfile_key_load(args_get(args, "orders-key"), &status);
		if (site->orders_key == NULL)
			return status;
	}
	status = open_keyring_folder(site);
	return status == EX_OK && is_signed ? site_remember_keyring(site, site->keyring) : status;
}

int
site_open(struct site *site, const struct args *args)
{
	return open_site(site, args, 1);
}

int
site_open_unsigned(struct site *site, const struct args *args)
{
	return open_site(site, args, 0);
}

void
site_close(struct site *site)
{
	orderbook_free(site->book);
	ordermemory_free(site->memory);
	keyring_free(site->keyring);
	if (site->statefd != -1)
		(void)close(site->statefd); /* folders: nothing can be lost */
	if (site->ordersfd != -1)
		(void)close(site->ordersfd);
	if (site->keyring_dirfd != -1)
		(void)close(site->keyring_dirfd);
	age_identities_free(site->orders_key);
	conf_free(site->conf);
}

int
site_open_orders(struct site *site)
{
	const struct orderbook_rules rules = {
	    .max_days = site->conf->max_order_days, .now = stamp_now(), .key = site->orders_key};
	int dirfd = fsio_opendirat(site->statefd, "journal/capture");

	if (dirfd == -1) {
		diag_err("%s/journal/capture", site->conf->state_dir);
		return trusted_status(errno);
	}
	orderbook_free(site->book);
	ordermemory_free(site->memory);
	site->book = NULL;
	site->memory = ordermemory_load_all(dirfd);
	(void)close(dirfd); /* a folder */
	if (site->memory == NULL)
		return EX_DATAERR;
	site->book = orderbook_load_by(site->ordersfd, site->keyring, site->memory, &rules);
	return site->book == NULL ? EX_IOERR : EX_OK;
}

int
site_journal(const struct site *site, const char *case_id, const char *event, const char *object, struct json *detail)
{
	struct journal *j = NULL;
	int dirfd = -1, status = open_journal_folder(site, &dirfd), rc = EX_IOERR;

	if (status == EX_NOPERM)
		diag_errx("%s/journal/operator: may not be written", site->conf->state_dir);
	if (status != EX_OK) {
		json_free(detail);
		return status;
	}
	j = journal_open(dirfd, "operator", "casetap " CASETAP_VERSION);
	if (j == NULL)
		json_free(detail);
	else if (journal_write(j, case_id, event, object, detail) == 0)
		rc = EX_OK;
	journal_close(j);
	(void)close(dirfd); /* a folder */
	return rc;
}

int
site_journal_detail(const struct site *site, const char *case_id, const char *object, struct json *detail, int is_bad)
{
	if (!is_bad)
		return site_journal(site, case_id, "operator", object, detail);
	diag_errx("custody log: %s", strerror(ENOMEM));
	json_free(detail);
	return EX_OSERR;
}

int
site_note(const struct site *site, const char *case_id, const char *object, const char *what)
{
	if (site_has_journal(site))
		return site_journal(site, case_id, "operator", object, json_string(what));
	diag_errx("case %s: not noted in the custody log, which this user may not write", case_id);
	return EX_OK;
}
