#include <inttypes.h>
#include <sysexits.h>

#include "custody.h"
#include "diag.h"
#include "fsio.h"
#include "signedhead.h"

#include "wholelog.h"

static int
on_name(void *cookie, const char *name)
{
	const struct custody_case *c = cookie;
	struct signedhead head;
	const char *why;

	if (signedhead_is_name(name) && signedhead_load(c->dirfd, name, c->case_id, c->keyring, &head, &why) == 0)
		diag_warnx("case %s: %s: this head of its custody log does not count: %s", c->case_id, name, why);
	return 0;
}

int
wholelog_check(const struct custody_case *c, const char *path)
{
	struct custody_case of = *c;
	struct custody_known known;
	int cut = custody_is_cut(c, &known);

	if (cut != -1 && fsio_list(c->dirfd, on_name, &of) == -1)
		cut = -1;

	if (cut == 0)
		return EX_OK;
	if (cut == -1) {
		diag_err("%s/custody.jsonl", path);
		return EX_IOERR;
	}
	diag_errx("%s/custody.jsonl: does not hold the %" PRIu64 " lines that it had: cut, changed or gone; "
		  "restore it from a backup or, where there is none, casetap log --begin-anew",
	    path, known.lines);
	return EX_DATAERR;
}
