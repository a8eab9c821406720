#include <sys/stat.h>

#include <sysexits.h>

#include "diag.h"
#include "sandbox.h"
#include "sign.h"
#include "stop.h"

#include "capture_options.h"
#include "keeper.h"
#include "program.h"

/*
 * The keeper decides which orders are in force and never sees a captured byte.  It enters its sandbox before it reads the
 * first order; the reader that it forks opens the rings, gives up every privilege for good, and only then reads its first
 * frame (reader.c).
 */
int
main(int argc, char **argv)
{
	struct capture_options opts;
	enum options_result asked;
	struct keeper *k;
	int status = EX_OSERR;

	diag_init(PROGRAM_NAME, 0);
	asked = capture_options_parse(&opts, argc, argv);
	if (asked != OPTIONS_RUN)
		return asked == OPTIONS_DONE ? EX_OK : EX_USAGE;
	diag_init(PROGRAM_NAME, opts.verbose);
	/* The folders of spool/ are a hand-over within a group; every file is made with the mode that it is to have. */
	(void)umask(07);
	if (stop_init() == -1 || sign_init() == -1) {
		diag_err("signals or libsodium");
		return EX_OSERR;
	}
	k = keeper_new(&opts, &status);
	if (k == NULL || sandbox_enter(keeper_sandbox(k)) == -1)
		goto out;
	if (opts.self_test)
		status = keeper_self_test(k);
	else
		status = opts.check ? keeper_check(k) : keeper_run(k);
out:
	keeper_free(k);
	return status;
}
