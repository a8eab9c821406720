#ifndef UPLOADER_OPTIONS_H
#define UPLOADER_OPTIONS_H

#include <stdint.h>

#include "names.h"
#include "options.h"

/*
 * The command line of casetap-uploader(8).  Strings belong to argv.
 */
struct uploader_options {
	const char *config;
	int check;
	int verbose;
	const char *case_id; /* NULL: all */
	/* --resend CASE/IAP:SEQ-SEQ; resend_first 0: none */
	char resend_case[NAMES_CASE_ROOM];
	char resend_iap[NAMES_IAP_ROOM];
	uint64_t resend_first, resend_last;
};

enum options_result uploader_options_parse(struct uploader_options *, int, char **);

#endif
