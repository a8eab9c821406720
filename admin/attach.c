#include <stdio.h>
#include <sysexits.h>

#include "diag.h"

#include "args.h"
#include "ask.h"
#include "attachment.h"
#include "command.h"

static const struct args_option options[] = {
    SITE_OPTION, {"reason", "TEXT", "what it is, for the records"}, {NULL, NULL, NULL}};

int
command_attach(int argc, char **argv)
{
	struct request r = {.act = REQUEST_ATTACH};
	struct buf data = BUF_INIT;
	struct args args;
	struct site site;
	const char *case_id, *path;
	int status;

	if (args_parse(&args, options, argc, argv) == -1)
		return EX_USAGE;
	if (args_get(&args, "help") != NULL) {
		args_help("attach CASE FILE [--reason TEXT]", options);
		return EX_OK;
	}
	case_id = args_word(&args, 0);
	path = args_word(&args, 1);
	if (args_words(&args) != 2 || !names_is_case(case_id)) {
		diag_errx("usage: casetap attach CASE FILE [--reason TEXT]");
		return EX_USAGE;
	}
	(void)snprintf(r.case_id, sizeof r.case_id, "%s", case_id); /* as seen */
	if (ask_reason(&r, args_get(&args, "reason"), "for the records") != EX_OK)
		return EX_USAGE;
	status = site_open(&site, &args);
	if (status == EX_OK)
		status = ask_case(&site, case_id);
	if (status == EX_OK)
		status = attachment_load(path, &r, &data);
	if (status == EX_OK)
		status = ask(&site, &r, &data, NULL);
	buf_free(&data);
	site_close(&site);
	return status;
}
