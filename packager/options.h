#ifndef OPTIONS_H
#define OPTIONS_H

/*
 * The command line of casetap-packager(8).  Strings belong to argv.
 */
struct options {
	const char *config;
	const char *only_case; /* NULL: all */
	int check;
	int verbose;
};

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE, /* --help or --version was answered: exit 0 */
	OPTIONS_BAD   /* one diag line was written: exit 64 */
};

enum options_result options_parse(struct options *, int, char **);

#endif
