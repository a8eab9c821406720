#ifndef OPTIONS_H
#define OPTIONS_H

/*
 * Command lines of the programs without subcommands: long options from a table, a short one where it has one.  --help and
 * --version are answered for every program.  What was typed is not repeated in its messages, for they end in a log.
 */
#define OPTIONS_DEFAULT_CONFIG "/etc/casetap/casetap.conf"
#define OPTIONS_MAX 16 /* rows of a table */

struct options_row {
	const char *name; /* without the dashes; NULL ends the table */
	const char *meta; /* what the value is called in the help; NULL for a switch */
	const char *help;
	char letter; /* the short form; '\0': there is none */

	/* Exactly one of these three. */
	int *on;                           /* a switch: becomes 1 */
	const char **value;                /* becomes the last value given, borrowed from argv */
	int (*take)(void *, const char *); /* called with each value; returns 0, or -1 after one diag line */
	void *cookie;                      /* of take */
};

struct options {
	const char *program;
	const char *synopsis; /* what stands behind the program's name in the first line of the help */
	const char *ending;   /* whole lines behind the options in the help, or NULL */
	const struct options_row *rows;
};

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE, /* --help or --version was answered: exit 0 */
	OPTIONS_BAD   /* one diag line was written: exit 64 */
};

/**
 * options_parse(options, argc, argv, words):
 * Sort the command line.  Words that are no options are moved behind them, where the first is argv[*${words}]; where
 * ${words} is NULL there may be none.
 */
enum options_result options_parse(const struct options *, int, char **, int *);

#endif
