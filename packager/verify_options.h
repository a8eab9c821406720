#ifndef VERIFY_OPTIONS_H
#define VERIFY_OPTIONS_H

#include <stddef.h>

#include "options.h"

/*
 * The command line of casetap-verify(1).  Strings belong to argv.
 */
struct verify_options {
	const char *root;
	const char *identity; /* NULL: encrypted packages stay closed */
	const char *keyring;  /* NULL: what lies beside the packages */
	const char *tsa_ca;   /* NULL: time stamps are judged by the certificates that came along */
	const char *receipt;  /* the secret key that signs an acknowledgement, NULL for none */
	const char *html;     /* NULL, or where the page goes */
	int json;
	char **paths;
	size_t path_count;
};

enum options_result verify_options_parse(struct verify_options *, int, char **);

#endif
