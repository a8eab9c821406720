#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "custody.h"
#include "diag.h"
#include "fsio.h"
#include "trusted.h"

#include "ask.h"

#include "begin.h"

/* What is known of the log that was lost.  Return EX_OK, or an exit code after one diag line. */
static int
fill(const struct site *site, struct request *r)
{
	char path[NAMES_CASE_ROOM + 16];
	struct custody_known known;
	int dirfd, cut;

	(void)snprintf(path, sizeof path, "records/%s", r->case_id); /* has room */
	dirfd = fsio_opendirat(site->statefd, path);
	cut = dirfd == -1 ? -1 : custody_is_lost(dirfd, &known);
	if (cut == -1)
		diag_err("%s/custody.jsonl", path);
	if (dirfd != -1)
		(void)close(dirfd); /* a folder */
	if (cut == -1)
		return trusted_status(errno);
	if (cut == 0 || known.lines == 0) {
		diag_errx(
		    "%s/custody.jsonl: has all the lines that are known of it: there is nothing to begin anew", path);
		return EX_NOINPUT;
	}
	r->lines = known.lines;
	memcpy(r->head, known.head, sizeof r->head);
	return EX_OK;
}

int
begin_ask(const struct site *site, const char *case_id, const char *reason, const char *key)
{
	struct request r = {.act = REQUEST_BEGIN};
	int status;

	(void)snprintf(r.case_id, sizeof r.case_id, "%s", case_id); /* it was judged */
	if (ask_reason(&r, reason, NULL) != EX_OK)
		return EX_USAGE;
	status = ask_case(site, case_id);
	if (status == EX_OK)
		status = fill(site, &r);
	return status == EX_OK ? ask(site, &r, NULL, key) : status;
}
