#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "inifile.h"

#include "approval.h"
#include "clock_request.h"

#define FORMAT "casetap-clock-request/1"
#define REQUEST_BYTES 4096
#define NAME_ROOM 32

/* Take one `key = value`.  Return a bit for the key, 0 if there is something wrong with it. */
static unsigned
take(const struct inifile_entry *e, const char *iap, struct clock_request *r)
{
	if (strcmp(e->section, "clock") != 0)
		return 0;
	if (strcmp(e->key, "format") == 0)
		return strcmp(e->value, FORMAT) == 0 ? 1 : 0;
	if (strcmp(e->key, "iap") == 0)
		return strcmp(e->value, iap) == 0 ? 2 : 0;
	if (strcmp(e->key, "issued") == 0)
		return stamp_parse(e->value, &r->issued) == 0 ? 4 : 0;
	if (strcmp(e->key, "mark") == 0)
		return stamp_parse(e->value, &r->mark) == 0 ? 8 : 0;
	return 0;
}

static int
parse(const struct buf *text, const char *name, const char *iap, struct clock_request *r)
{
	struct inifile *ini = inifile_parse(text->data, text->len, name);
	const struct inifile_entry *e;
	unsigned got, all = 0;
	size_t i;
	int rc = -1;

	if (ini == NULL)
		return -1;
	for (i = 0; i < inifile_count(ini); i++) {
		e = inifile_entry(ini, i);
		got = take(e, iap, r);
		if (got == 0) {
			diag_errx(
			    "%s:%u: %s: not what a request about the clock of %s says", name, e->line, e->key, iap);
			goto out;
		}
		all |= got;
	}
	if (all != 15)
		diag_errx("%s: format, iap, issued and mark must be there", name);
	else
		rc = digest_hex_of(text->data, text->len, r->sha256);
out:
	inifile_free(ini);
	return rc;
}

int
clock_request_load(int statefd, const char *iap, const struct keyring *keyring, stamp_t now, struct clock_request *r)
{
	struct buf text = BUF_INIT;
	char name[NAME_ROOM];
	struct approval a = {.name = name, .text = &text, .keyring = keyring, .now = now};
	int rc = 0;

	(void)snprintf(name, sizeof(name), "%s.clock", iap); /* an IAP has at most 15 characters */
	a.dirfd = fsio_opendirat(statefd, "requests");
	if (a.dirfd == -1)
		return 0; /* nobody asks for anything */
	if (fsio_load(a.dirfd, name, REQUEST_BYTES, &text) == -1) {
		if (errno == ENOENT)
			goto out;
		diag_err("requests/%s", name);
		rc = -1;
		goto out;
	}
	rc = parse(&text, name, iap, r);
	if (rc == -1)
		goto out;
	rc = approval_find(&a);
	if (rc == -1)
		diag_err("requests/%s: its signature", name);
	if (rc == 0) {
		diag_errx("requests/%s: not signed by an approver of the keyring in force", name);
		rc = -1;
	}
out:
	buf_free(&text);
	buf_free(&a.signature);
	(void)close(a.dirfd); /* only read from */
	return rc;
}
