#include <inttypes.h>
#include <sysexits.h>

#include "custody.h"
#include "diag.h"

#include "wholelog.h"

int
wholelog_check(int dirfd, const char *path)
{
	struct custody_known known;
	int cut = custody_is_cut(dirfd, &known);

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
