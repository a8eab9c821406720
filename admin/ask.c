#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "requests.h"
#include "text.h"
#include "trusted.h"

#include "ask.h"
#include "keys.h"

#define TRIES 1000
#define MODE_FILE 0640

int
ask_case(const struct site *site, const char *case_id)
{
	char path[NAMES_CASE_ROOM + 16];

	(void)snprintf(path, sizeof path, "records/%s", case_id); /* has room */
	if (faccessat(site->ordersfd, case_id, F_OK, AT_SYMLINK_NOFOLLOW) == -1 &&
	    faccessat(site->statefd, path, F_OK, AT_SYMLINK_NOFOLLOW) == -1) {
		diag_errx("case %s: there is neither an order nor a record of it", case_id);
		return EX_NOINPUT;
	}
	if (site_has_journal(site))
		return EX_OK;
	diag_errx("%s/journal/operator: may not be written", site->conf->state_dir);
	return EX_NOPERM;
}

int
ask_reason(struct request *r, const char *given, const char *otherwise)
{
	const char *reason = given == NULL ? otherwise : given;

	if (reason == NULL || reason[0] == '\0' || strlen(reason) >= sizeof r->reason ||
	    !text_is_printable(reason, strlen(reason)) || reason[0] == ' ' || reason[strlen(reason) - 1] == ' ') {
		diag_errx("--reason: one line of printable text, up to %zu characters, must be given",
		    sizeof r->reason - 1);
		return EX_USAGE;
	}
	(void)snprintf(r->reason, sizeof r->reason, "%s", reason); /* as seen */
	return EX_OK;
}

/* Open requests/cases/CASE, handed to the group that the packager reads requests by. */
static int
open_folder(const struct site *site, const char *case_id)
{
	char path[NAMES_CASE_ROOM + 32];
	struct stat st;
	mode_t mode = 0750;
	int fd;

	if (fstatat(site->statefd, "requests", &st, AT_SYMLINK_NOFOLLOW) == 0)
		mode |= st.st_mode & S_ISGID;
	(void)snprintf(path, sizeof path, REQUESTS_TREE "/%s", case_id); /* has room */
	fd = fsio_mkdirs(site->statefd, path, mode);
	if (fd == -1)
		diag_err("%s/%s", site->conf->state_dir, path);
	return fd;
}

static int
on_name(void *cookie, const char *name)
{
	static const char *const suffixes[] = {REQUESTS_SUFFIX, ".data"};
	uint64_t *highest = cookie, number;

	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
		if (names_parse_seq_file(name, suffixes[i], &number) && number > *highest)
			*highest = number;
	return 0;
}

struct asking {
	const struct site *site;
	struct request *r;
	struct buf text, sig;
	const char *approver; /* who signed; NULL: nobody */
	int dirfd;
};

/* Publish under one number: what comes with it, the signature, and last the request itself.  -1 with errno set. */
static int
put_all(const struct asking *a, const struct buf *data, uint64_t number, char name[NAMES_FILE_ROOM])
{
	char other[NAMES_FILE_ROOM + 96];

	if (data != NULL && fsio_put(a->dirfd, names_seq_file(name, number, ".data"),
				data->data == NULL ? "" : data->data, data->len, MODE_FILE) == -1)
		return -1;
	(void)names_seq_file(name, number, REQUESTS_SUFFIX);
	(void)snprintf(other, sizeof other, "%s.%s.minisig", name, a->approver == NULL ? "" : a->approver);
	if (a->approver != NULL && fsio_put(a->dirfd, other, a->sig.data, a->sig.len, MODE_FILE) == -1)
		return -1;
	return fsio_put(a->dirfd, name, a->text.data, a->text.len, MODE_FILE);
}

static int
publish(const struct asking *a, const struct buf *data)
{
	char name[NAMES_FILE_ROOM];
	uint64_t number = 0;

	if (fsio_list(a->dirfd, on_name, &number) == -1) {
		diag_err(REQUESTS_TREE "/%s", a->r->case_id);
		return EX_IOERR;
	}
	for (unsigned i = 0; i < TRIES; i++) {
		if (put_all(a, data, ++number, name) == 0) {
			printf("asked: %s/" REQUESTS_TREE "/%s/%s\n", a->site->conf->state_dir, a->r->case_id, name);
			if (request_needs_all(a->r) && keyring_approvals(a->site->keyring) > (a->approver != NULL))
				printf("it waits for %u approvals%s: minisign -Sm %s -x %s.NAME.minisig -s KEY\n",
				    keyring_approvals(a->site->keyring),
				    a->approver != NULL ? ", of which it has one" : "", name, name);
			else if (request_needs_approver(a->r) && a->approver == NULL)
				printf("it waits for an approver: minisign -Sm %s -x %s.NAME.minisig -s KEY\n", name,
				    name);
			return EX_OK;
		}
		if (errno != EEXIST)
			break;
	}
	diag_err(REQUESTS_TREE "/%s/%s", a->r->case_id, name);
	return EX_CANTCREAT;
}

int
ask(const struct site *site, struct request *r, const struct buf *data, const char *key_path)
{
	struct asking a = {.site = site, .r = r, .text = BUF_INIT, .sig = BUF_INIT, .dirfd = -1};
	struct keys_approval approval = {.text = &a.text, .sig = &a.sig};
	char what[64];
	int status = EX_OSERR;

	r->issued = stamp_now();
	if (request_write(r, &a.text) == -1 || digest_hex_of(a.text.data, a.text.len, r->sha256) == -1) {
		diag_err("case %s", r->case_id);
		goto out;
	}
	status = key_path == NULL ? EX_OK : keys_approve(site->keyring, key_path, "request", &approval);
	if (status != EX_OK)
		goto out;
	a.approver = approval.approver;
	a.dirfd = open_folder(site, r->case_id);
	status = a.dirfd == -1 ? trusted_status(errno) : publish(&a, data);
	(void)snprintf(what, sizeof what, "asked for: %s", request_act_text(r->act)); /* has room */
	if (status == EX_OK)
		status = site_journal(site, r->case_id, "operator", r->sha256, json_string(what));
out:
	buf_free(&a.text);
	buf_free(&a.sig);
	if (a.dirfd != -1)
		(void)close(a.dirfd); /* a folder */
	return status;
}
