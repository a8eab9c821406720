#ifndef VERB_H
#define VERB_H

#include <stddef.h>

#include "args.h"
#include "site.h"

/*
 * The verbs of a subcommand, in a table that ends with a NULL name.
 */
struct verb {
	const char *name;
	const char *synopsis; /* "COMMAND VERB WORDS: what it does" */
	const struct args_option *options;
	size_t words;                                    /* at most */
	int (*open)(struct site *, const struct args *); /* as site_open */
	int (*run)(struct site *, const struct args *);  /* returns an exit code after its own lines */
};

/**
 * verb_run(table, usage, argc, argv):
 * Find the verb ${argv}[0], read its arguments, open the site and run it; answer --help, of a verb and of all.  A verb that
 * is none, or a missing one, is the line ${usage}.  Return an exit code.
 */
int verb_run(const struct verb *, const char *, int, char **);

#endif
