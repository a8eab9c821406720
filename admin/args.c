#include <stdio.h>
#include <string.h>

#include "diag.h"

#include "args.h"

static const struct args_option *
find(const struct args_option *table, const char *name, size_t n)
{
	for (; table->name != NULL; table++)
		if (strlen(table->name) == n && memcmp(table->name, name, n) == 0)
			return table;
	return NULL;
}

int
args_add(struct args *args, const char *name, const char *value)
{
	if (args->count == ARGS_MAX) {
		diag_errx("too many arguments");
		return -1;
	}
	args->given[args->count++] = (struct args_given){name, value};
	return 0;
}

/* What is typed here ends as lines of files: no argument may bring a line end of its own. */
static int
has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return 1;
	return 0;
}

int
args_parse(struct args *args, const struct args_option *table, int argc, char **argv)
{
	int only_words = 0;

	args->count = 0;
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];
		const struct args_option *o;
		const char *value;
		size_t n;

		if (has_control(word)) {
			diag_errx("argument %d holds a control character", i + 1);
			return -1;
		}
		if (only_words || word[0] != '-' || strcmp(word, "-") == 0) {
			if (args_add(args, NULL, word) == -1)
				return -1;
			continue;
		}
		if (strcmp(word, "--") == 0) {
			only_words = 1;
			continue;
		}
		n = strcspn(word, "=");
		o = word[1] == '-' ? find(table, word + 2, n - 2) : NULL;
		value = word[n] == '=' ? word + n + 1 : NULL;
		if (o == NULL) {
			diag_errx("unknown option %s", word);
			return -1;
		}
		if (o->meta == NULL && value != NULL) {
			diag_errx("option --%s takes no value", o->name);
			return -1;
		}
		if (o->meta != NULL && value == NULL && (value = ++i < argc ? argv[i] : NULL) == NULL) {
			diag_errx("option --%s needs a value", o->name);
			return -1;
		}
		if (value != NULL && has_control(value)) {
			diag_errx("option --%s: its value holds a control character", o->name);
			return -1;
		}
		if (args_add(args, o->name, value == NULL ? "" : value) == -1)
			return -1;
	}
	return 0;
}

/* The i-th argument given under a name, NULL meaning the positional words. */
static const char *
nth(const struct args *args, const char *name, size_t i)
{
	for (size_t k = 0; k < args->count; k++) {
		const struct args_given *g = &args->given[k];
		int same = name == NULL ? g->name == NULL : g->name != NULL && strcmp(g->name, name) == 0;

		if (same && i-- == 0)
			return g->value;
	}
	return NULL;
}

static size_t
times(const struct args *args, const char *name)
{
	size_t n = 0;

	while (nth(args, name, n) != NULL)
		n++;
	return n;
}

const char *
args_get(const struct args *args, const char *name)
{
	size_t n = times(args, name);

	return n == 0 ? NULL : nth(args, name, n - 1);
}

size_t
args_times(const struct args *args, const char *name)
{
	return times(args, name);
}

const char *
args_nth(const struct args *args, const char *name, size_t i)
{
	return nth(args, name, i);
}

const char *
args_word(const struct args *args, size_t i)
{
	return nth(args, NULL, i);
}

size_t
args_words(const struct args *args)
{
	return times(args, NULL);
}

int
args_limit_words(const struct args *args, size_t n)
{
	if (times(args, NULL) <= n)
		return 1;
	diag_errx("unexpected argument %s", nth(args, NULL, n));
	return 0;
}

const char *
args_need(const struct args *args, const char *name)
{
	const char *value = args_get(args, name);

	if (value == NULL)
		diag_errx("--%s is missing", name);
	return value;
}

void
args_help(const char *synopsis, const struct args_option *table)
{
	printf("usage: casetap %s\n", synopsis);
	for (; table != NULL && table->name != NULL; table++) {
		char left[64];

		(void)snprintf(left, sizeof left, "--%s%s%s", table->name, table->meta ? " " : "",
		    table->meta ? table->meta : "");
		printf("  %-28s %s\n", left, table->help);
	}
}
