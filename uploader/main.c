#include <sysexits.h>

#include "diag.h"
#include "shortage.h"
#include "sign.h"
#include "stop.h"

#include "answer.h"
#include "curlio.h"
#include "deliver.h"
#include "session.h"
#include "summary.h"
#include "uploader_options.h"

/*
 * Nothing is ever deleted here, at home or at the far end, and nothing there overwritten: a file goes out under a
 * temporary name, is fetched back and hashed, and only then gets its name; only then a receipt is written.  What a killed
 * run left behind is what the next one starts from, for the receipts are the only state there is.
 */
int
main(int argc, char **argv)
{
	struct uploader_options opts;
	enum options_result asked;
	struct session session;
	int status;

	diag_init("casetap-uploader", 0);
	asked = uploader_options_parse(&opts, argc, argv);
	if (asked != OPTIONS_RUN)
		return asked == OPTIONS_DONE ? EX_OK : EX_USAGE;
	diag_init("casetap-uploader", opts.verbose);
	if (curlio_init() == -1)
		return EX_OSERR;
	if (sign_init() == -1 || stop_init() == -1) {
		diag_err("cannot start");
		return EX_OSERR;
	}
	status = session_open(&session, &opts);
	if (status == EX_OK)
		status = opts.check                   ? deliver_check(&session, &opts)
			 : opts.summary != STAMP_NONE ? summary_print(&session, &opts)
						      : deliver_all(&session, &opts);
	if (shortage_seen()) {
		diag_errx("out of memory: not all was looked at; the next run does it");
		status = answer_graver(status, EX_OSERR);
	}
	session_say_end(&session, &opts, status);
	session_close(&session);
	return status;
}
