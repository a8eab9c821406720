#ifndef VERIFY_OPTIONS_H
#define VERIFY_OPTIONS_H

#include <stddef.h>

/*
 * The command line of casetap-verify(1).  Strings belong to argv.
 */
struct verify_options {
	const char *root;
	const char *keyring; /* NULL: what lies beside the packages */
	int json;
	char **paths;
	size_t path_count;
};

enum verify_options_result {
	VERIFY_OPTIONS_RUN,
	VERIFY_OPTIONS_DONE, /* --help or --version was answered: exit 0 */
	VERIFY_OPTIONS_BAD   /* one diag line was written: exit 64 */
};

enum verify_options_result verify_options_parse(struct verify_options *, int, char **);

#endif
