#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "request.h"
#include "reset.h"
#include "trusted.h"

#include "args.h"
#include "ask.h"
#include "command.h"
#include "keys.h"

#define SYNOPSIS "reset IAP --reason TEXT [--key KEY]"
#define MODE_FILE 0640
#define NAME_ROOM (NAMES_IAP_ROOM + sizeof(".reset"))

static const struct args_option options[] = {
    SITE_OPTION,
    {"reason", "TEXT", "why, for the custody log of every case"},
    {"key", "KEY", "an approver's secret key; without it the request waits for a signature"},
    {NULL, NULL, NULL},
};

/* What capture said that it misses, as the beginning of a request.  Return EX_OK, or an exit code after one diag line. */
static int
fill(const struct site *site, const char *iap, struct reset *r)
{
	struct reset_wanted w;
	int dirfd = fsio_opendirat(site->statefd, "journal/capture"), rc = -1;

	if (conf_find_iap(site->conf, iap) == NULL) {
		diag_errx("%s: there is no [iap %s]", site->conf->path, iap);
		return EX_CONFIG;
	}
	if (dirfd != -1)
		rc = reset_wanted_load(dirfd, iap, &w);
	if (dirfd != -1)
		(void)close(dirfd); /* a folder */
	if (rc == -1) {
		diag_err("journal/capture/%s.wanted", iap);
		return trusted_status(errno);
	}
	if (rc == 0) {
		diag_errx("access point %s misses nothing: there is nothing to reset", iap);
		return EX_NOINPUT;
	}
	if (strlen(site->conf->station) >= sizeof r->station) {
		diag_errx("%s: the station's name is too long for a reset", site->conf->path);
		return EX_CONFIG;
	}
	(void)snprintf(r->station, sizeof r->station, "%s", site->conf->station); /* as seen */
	memcpy(r->iap, w.iap, sizeof r->iap);
	memcpy(r->token, w.token, sizeof r->token);
	r->what = w.what;
	r->issued = stamp_now();
	return EX_OK;
}

/* Put it where capture looks, in place of an earlier one; the signature first.  Return an exit code. */
static int
publish(const struct site *site, const char *iap, const struct buf *text, const struct buf *sig, const char *approver)
{
	char name[NAME_ROOM], other[NAME_ROOM + 96];
	int dirfd = fsio_mkdirs(site->statefd, "requests", 0750), rc = 0;

	(void)snprintf(name, sizeof name, "%s.reset", iap); /* has room */
	(void)snprintf(other, sizeof other, "%s.%s.minisig", name, approver == NULL ? "" : approver);
	if (dirfd != -1 && approver != NULL)
		rc = fsio_replace(dirfd, other, sig->data, sig->len, MODE_FILE);
	if (dirfd == -1 || rc == -1 || fsio_replace(dirfd, name, text->data, text->len, MODE_FILE) == -1) {
		diag_err("requests/%s", name);
		rc = EX_CANTCREAT;
	}
	if (dirfd != -1)
		(void)close(dirfd); /* what was put there is synced */
	if (rc != 0)
		return EX_CANTCREAT;
	(void)printf("asked: %s/requests/%s\n", site->conf->state_dir, name);
	if (approver == NULL)
		(void)printf("it waits for an approver: minisign -Sm %s -x %s.NAME.minisig -s KEY\n", name, name);
	else
		(void)printf("it counts when casetap-capture starts the next time\n");
	return EX_OK;
}

static int
reset(const struct site *site, const char *iap, const char *reason, const char *key)
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	struct reset r = {.reason = ""};
	struct keys_approval a = {.text = &text, .sig = &sig};
	char what[RESET_WHAT_ROOM];
	int status = fill(site, iap, &r);

	if (status != EX_OK)
		return status;
	(void)snprintf(r.reason, sizeof r.reason, "%s", reason); /* its length was judged */
	status = EX_OSERR;
	if (reset_write(&r, &text) == -1 || digest_hex_of(text.data, text.len, r.sha256) == -1)
		diag_err("reset");
	else
		status = key == NULL ? EX_OK : keys_approve(site->keyring, key, "reset", &a);
	if (status == EX_OK)
		status = publish(site, iap, &text, &sig, a.approver);
	if (status == EX_OK) {
		struct json *detail = json_object();
		int bad = json_put_string(detail, "act", "asked for: reset");

		bad |= json_put_string(detail, "iap", iap);
		bad |= json_put_string(detail, "what", reset_what_text(what, r.what));
		status = site_journal_detail(site, NULL, r.sha256, detail, bad);
	}
	buf_free(&text);
	buf_free(&sig);
	return status;
}

int
command_reset(int argc, char **argv)
{
	struct request judged = {.act = REQUEST_HOLD};
	struct args args;
	struct site site;
	const char *iap;
	int status;

	if (args_parse(&args, options, argc, argv) == -1)
		return EX_USAGE;
	if (args_get(&args, "help") != NULL) {
		args_help(SYNOPSIS, options);
		return EX_OK;
	}
	iap = args_word(&args, 0);
	if (args_words(&args) != 1 || !names_is_iap(iap)) {
		diag_errx("usage: casetap " SYNOPSIS);
		return EX_USAGE;
	}
	if (ask_reason(&judged, args_get(&args, "reason"), NULL) != EX_OK)
		return EX_USAGE;
	status = site_open(&site, &args);
	if (status == EX_OK && !site_has_journal(&site)) {
		diag_errx("%s/journal/operator: may not be written", site.conf->state_dir);
		status = EX_NOPERM;
	}
	if (status == EX_OK)
		status = reset(&site, iap, judged.reason, args_get(&args, "key"));
	site_close(&site);
	return status;
}
