#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"

#include "options.h"

#define LEFT_ROOM 64

/* What getopt_long() returns: a row's index from LONG_FIRST on, whether or not its letter was typed, or one of these. */
enum {
	LONG_HELP = 256,
	LONG_VERSION,
	LONG_FIRST
};

/* "-r, --read FILE" */
static void
left_side(const struct options_row *row, char left[LEFT_ROOM])
{
	char letter[] = {'-', row->letter, ',', ' ', '\0'};

	(void)snprintf(left, LEFT_ROOM, "%s--%s%s%s", row->letter == '\0' ? "" : letter, row->name,
	    row->meta == NULL ? "" : " ", row->meta == NULL ? "" : row->meta);
}

/* What is printed here is printed last, and nothing depends on it. */
static void
print_help(const struct options *options)
{
	const struct options_row *row;
	char left[LEFT_ROOM];
	size_t width = 0;

	for (row = options->rows; row->name != NULL; row++) {
		left_side(row, left);
		width = strlen(left) > width ? strlen(left) : width;
	}
	(void)printf("usage: %s %s\n", options->program, options->synopsis);
	for (row = options->rows; row->name != NULL; row++) {
		left_side(row, left);
		(void)printf("  %-*s  %s\n", (int)width, left, row->help);
	}
	(void)printf("  --help, --version\n%s", options->ending == NULL ? "" : options->ending);
}

/* Write the table in the words of getopt_long(): the long options, and the letters in ${letters}. */
static void
translate(const struct options_row *rows, struct option longs[OPTIONS_MAX + 3], char letters[2 * OPTIONS_MAX + 2])
{
	size_t i;

	*letters++ = ':';
	for (i = 0; rows[i].name != NULL; i++) {
		assert(i < OPTIONS_MAX);
		longs[i] = (struct option){rows[i].name, rows[i].meta != NULL, NULL, LONG_FIRST + (int)i};
		if (rows[i].letter != '\0')
			*letters++ = rows[i].letter;
		if (rows[i].letter != '\0' && rows[i].meta != NULL)
			*letters++ = ':';
	}
	*letters = '\0';
	longs[i++] = (struct option){"help", no_argument, NULL, LONG_HELP};
	longs[i++] = (struct option){"version", no_argument, NULL, LONG_VERSION};
	longs[i] = (struct option){0};
}

/* The row that getopt_long() means by ${c}, or NULL. */
static const struct options_row *
find(const struct options_row *rows, int c)
{
	size_t i;

	for (i = 0; rows[i].name != NULL; i++) {
		if (c == LONG_FIRST + (int)i || (c != '\0' && c == rows[i].letter))
			return &rows[i];
	}
	return NULL;
}

static enum options_result
take(const struct options_row *row, const char *value)
{
	if (row->take != NULL)
		return row->take(row->cookie, value) == -1 ? OPTIONS_BAD : OPTIONS_RUN;
	if (row->value != NULL)
		*row->value = value;
	else
		*row->on = 1;
	return OPTIONS_RUN;
}

/* ${word} is what was typed; what stands behind a "=" in it is not repeated. */
static enum options_result
refuse(const struct options_row *rows, int c, const char *word)
{
	const struct options_row *row = find(rows, optopt);

	if (c == ':' && row != NULL)
		diag_errx("--%s needs a value (--help says more)", row->name);
	else if (row != NULL)
		diag_errx("--%s takes no value (--help says more)", row->name);
	else if (optopt != 0)
		diag_errx("unknown option -%c (--help says which there are)", optopt);
	else
		diag_errx("unknown option %.*s (--help says which there are)", (int)strcspn(word, "="), word);
	return OPTIONS_BAD;
}

enum options_result
options_parse(const struct options *options, int argc, char **argv, int *words)
{
	struct option longs[OPTIONS_MAX + 3];
	char letters[2 * OPTIONS_MAX + 2];
	enum options_result result = OPTIONS_RUN;
	int c;

	translate(options->rows, longs, letters);
	opterr = 0;
	optind = 0; /* glibc: begin anew, for tests that call this more than once */
	while (result == OPTIONS_RUN && (c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (c == LONG_HELP) {
			print_help(options);
			result = OPTIONS_DONE;
		} else if (c == LONG_VERSION) {
			(void)printf("%s %s\n", options->program, CASETAP_VERSION);
			result = OPTIONS_DONE;
		} else if (c == ':' || c == '?') {
			result = refuse(options->rows, c, argv[optind - 1]);
		} else {
			result = take(find(options->rows, c), optarg);
		}
	}
	if (result == OPTIONS_RUN && words == NULL && optind < argc) {
		diag_errx("no argument is expected behind the options (--help says more)");
		result = OPTIONS_BAD;
	}
	if (words != NULL)
		*words = optind;
	return result;
}
