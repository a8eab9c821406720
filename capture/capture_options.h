#ifndef CAPTURE_OPTIONS_H
#define CAPTURE_OPTIONS_H

#include <stddef.h>

#include "conf.h"
#include "options.h"

/*
 * The command line of casetap-capture(8).  Strings belong to argv.
 */
struct capture_options {
	const char *config;
	const char *iap;                             /* NULL: the only one */
	const char *interfaces[CONF_INTERFACES_MAX]; /* -i, instead of the configuration's */
	size_t interface_count;
	const char *file; /* -r; "-" is standard input; NULL: live */
	int check;
	int self_test;
	const char *inject; /* --self-test: also out of this interface; NULL: no frame is sent */
	int verbose;
};

/* Does it only look, and leave everything as it is? */
static inline int
capture_options_is_dry(const struct capture_options *o)
{
	return o->check || o->self_test;
}

enum options_result capture_options_parse(struct capture_options *, int, char **);

#endif
