#ifndef UPLOADER_OPTIONS_H
#define UPLOADER_OPTIONS_H

#include <stdint.h>

#include "names.h"
#include "options.h"
#include "stamp.h"

/*
 * The command line of casetap-uploader(8).  Strings belong to argv.
 */
enum uploader_audit {
	AUDIT_NONE,
	AUDIT_SIZES, /* is each file there, and as long as it was? */
	AUDIT_BYTES  /* is it the same, byte by byte? */
};

struct uploader_options {
	const char *config;
	int check;
	int verbose;
	enum uploader_audit audit;
	stamp_t summary; /* the day that --summary asks for; STAMP_NONE: none */
	int json;
	const char *case_id; /* NULL: all */
	/* --resend CASE/IAP:SEQ-SEQ; resend_first 0: none */
	char resend_case[NAMES_CASE_ROOM];
	char resend_iap[NAMES_IAP_ROOM];
	uint64_t resend_first, resend_last;
};

enum options_result uploader_options_parse(struct uploader_options *, int, char **);

#endif
