#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "custody.h"
#include "diag.h"
#include "fsio.h"
#include "lostlog.h"
#include "trusted.h"

#include "ask.h"

#include "begin.h"

/* Who is to approve the loss of a log must know what of it is there. */
static void
print_left(const struct request *r, const struct custody_left *left)
{
	char at[STAMP_TEXT];

	if (left->lines == 0) {
		printf(
		    "lost: %llu lines; nothing of the log is left that can be read\n", (unsigned long long)r->lines);
		return;
	}
	printf("lost: %llu lines; but lines up to %llu%s%s are there, and their chain holds%s\n",
	    (unsigned long long)r->lines, (unsigned long long)left->lines, left->until == STAMP_NONE ? "" : ", of ",
	    left->until == STAMP_NONE ? "" : stamp_format_seconds(at, left->until),
	    left->lines < r->lines ? ""
	    : left->is_known       ? ": all that are known of it, and only what follows them is broken"
				   : ", though not as they were known: they were changed");
}

/* What is known of the log that was lost.  Return EX_OK, or an exit code after one diag line. */
static int
fill(const struct site *site, struct request *r, struct custody_left *left)
{
	char path[NAMES_CASE_ROOM + 16];
	struct custody_case c = {.case_id = r->case_id, .keyring = site->keyring};
	struct custody_known known;
	int dirfd, lost;

	(void)snprintf(path, sizeof path, "records/%s", r->case_id); /* has room */
	dirfd = fsio_opendirat(site->statefd, path);
	c.dirfd = dirfd;
	lost = dirfd == -1 ? -1 : lostlog_judge(site->statefd, &c, &known);
	if (lost == LOSTLOG_LOST && custody_left(dirfd, &known, left) == -1)
		lost = -1;
	if (lost == -1)
		diag_err("%s/custody.jsonl", path);
	if (dirfd != -1)
		(void)close(dirfd); /* a folder */
	if (lost == -1)
		return trusted_status(errno);
	if (lost != LOSTLOG_LOST) {
		diag_errx("case %s: %s", r->case_id, lostlog_why(lost));
		return lost == LOSTLOG_NONE ? EX_NOINPUT : EX_CONFIG;
	}
	r->lines = known.lines;
	memcpy(r->head, known.head, sizeof r->head);
	r->has_left = 1;
	r->left = left->lines;
	r->left_until = left->until;
	return EX_OK;
}

int
begin_ask(const struct site *site, const char *case_id, const char *reason, const char *key)
{
	struct request r = {.act = REQUEST_BEGIN};
	struct custody_left left;
	int status;

	(void)snprintf(r.case_id, sizeof r.case_id, "%s", case_id); /* it was judged */
	if (ask_reason(&r, reason, NULL) != EX_OK)
		return EX_USAGE;
	status = ask_case(site, case_id);
	if (status == EX_OK)
		status = fill(site, &r, &left);
	if (status != EX_OK)
		return status;
	print_left(&r, &left);
	return ask(site, &r, NULL, key);
}
