#include <sysexits.h>

#include "diag.h"
#include "sandbox.h"
#include "sign.h"
#include "stop.h"

#include "keeper.h"
#include "options.h"
#include "program.h"

/*
 * The keeper decides which orders are in force and never sees a captured byte.  It enters its sandbox before it reads the
 * first order; the reader that it forks opens the rings, gives up every privilege for good, and only then reads its first
 * frame (reader.c).
 */
int
main(int argc, char **argv)
{
	struct options opts;
	struct keeper *k;
	int status = EX_OSERR;

	diag_init(PROGRAM_NAME, 0);
	switch (options_parse(&opts, argc, argv)) {
	case OPTIONS_BAD:
		return EX_USAGE;
	case OPTIONS_DONE:
		return EX_OK;
	case OPTIONS_RUN:
		break;
	}
	diag_init(PROGRAM_NAME, opts.verbose);
	if (stop_init() == -1 || sign_init() == -1) {
		diag_err("signals or libsodium");
		return EX_OSERR;
	}
	k = keeper_new(&opts, &status);
	if (k == NULL || sandbox_enter(keeper_sandbox(k)) == -1)
		goto out;
	status = opts.check ? keeper_check(k) : keeper_run(k);
out:
	keeper_free(k);
	return status;
}
