#ifndef ARGS_H
#define ARGS_H

#include <stddef.h>

/*
 * Command lines of the subcommands: long options from a table, positional words, nothing else.
 */
#define ARGS_MAX 512

struct args_option {
	const char *name; /* without the dashes */
	const char *meta; /* what the value is called in the help; NULL for a switch */
	const char *help;
};

struct args_given {
	const char *name;  /* the table's; NULL for a positional word */
	const char *value; /* "" for a switch */
};

struct args {
	struct args_given given[ARGS_MAX];
	size_t count;
};

/**
 * args_parse(args, table, argc, argv):
 * Sort ${argv}[0..argc) into ${args}; ${table} ends with a NULL name.  Values are `--name VALUE` or `--name=VALUE`.  `--`
 * ends the options.  No argument may hold a control character.  Return 0, or -1 after one diag line.
 */
int args_parse(struct args *, const struct args_option *, int, char **);

/**
 * args_add(args, name, value):
 * Add an option or, named NULL, a word, as if it had been typed; both stay the caller's.  Return 0, or -1 after one diag
 * line.
 */
int args_add(struct args *, const char *, const char *);

/* The value of an option, of which the last counts, or NULL / how often it was given / its i-th value. */
const char *args_get(const struct args *, const char *);
size_t args_times(const struct args *, const char *);
const char *args_nth(const struct args *, const char *, size_t);

/* The i-th positional word, or NULL / how many there are. */
const char *args_word(const struct args *, size_t);
size_t args_words(const struct args *);

/* As args_get, but a missing option is one diag line. */
const char *args_need(const struct args *, const char *);

/* Do at most ${n} positional words stand there?  If not, one diag line with the first that is too many. */
int args_limit_words(const struct args *, size_t);

/* Print "usage: casetap SYNOPSIS" and the options of the table to standard output. */
void args_help(const char *, const struct args_option *);

#endif
