#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdint.h>

#include "names.h"

struct options {
	const char *config; /* default /etc/casetap/casetap.conf */
	int check;
	int verbose;
	const char *case_id; /* NULL: all */
	/* --resend CASE/IAP:SEQ-SEQ; resend_first 0: none */
	char resend_case[NAMES_CASE_ROOM];
	char resend_iap[NAMES_IAP_ROOM];
	uint64_t resend_first, resend_last;
};

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE, /* --help, --version: printed */
	OPTIONS_BAD   /* after one diag line */
};

/**
 * options_parse(opts, argc, argv):
 * Sort the command line.  Strings are borrowed from ${argv}.
 */
enum options_result options_parse(struct options *, int, char **);

#endif
