#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "options.h"
#include "scratch.h"

struct typed {
	const char *file;
	const char *many[4];
	size_t count;
	int loud;
};

static int
add(void *cookie, const char *value)
{
	struct typed *t = cookie;

	if (t->count == 4) {
		diag_errx("at most 4");
		return -1;
	}
	t->many[t->count++] = value;
	return 0;
}

/* Parse blank-separated words behind the program's name; where they end up is kept until the next call. */
static char *typed_words[16];

static enum options_result
parse(struct typed *t, const char *line, int *words)
{
	static char copy[256];
	const struct options_row rows[] = {
	    {"file", "FILE", "what is read", 'f', .value = &t->file},
	    {"add", "WORD", "one more", .take = add, .cookie = t},
	    {"loud", NULL, "say more", 'l', .on = &t->loud},
	    {.name = NULL},
	};
	const struct options options = {
	    .program = "test", .synopsis = "[-l] WORD...", .ending = "and no more\n", .rows = rows};
	char *save = NULL, *word;
	int argc = 0;

	memset(t, 0, sizeof(*t));
	assert_true(snprintf(copy, sizeof(copy), "test %s", line) < (int)sizeof(copy));
	for (word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
		assert_true(argc < 15);
		typed_words[argc++] = word;
	}
	typed_words[argc] = NULL;
	return options_parse(&options, argc, typed_words, words);
}

static void
each_kind_of_row_is_taken_long_and_short(void **state)
{
	struct typed t;

	(void)state;
	assert_int_equal(parse(&t, "--file a --add x --add=y --loud", NULL), OPTIONS_RUN);
	assert_string_equal(t.file, "a");
	assert_int_equal(t.count, 2);
	assert_string_equal(t.many[1], "y");
	assert_true(t.loud);
	assert_int_equal(parse(&t, "-lf b -fc", NULL), OPTIONS_RUN);
	assert_true(t.loud);
	assert_string_equal(t.file, "c");
	assert_int_equal(parse(&t, "", NULL), OPTIONS_RUN);
	assert_null(t.file);
	assert_false(t.loud);
}

static void
words_are_gathered_behind_the_options(void **state)
{
	struct typed t;
	int words;

	(void)state;
	assert_int_equal(parse(&t, "one --loud two -- --file", &words), OPTIONS_RUN);
	assert_string_equal(typed_words[words], "one");
	assert_string_equal(typed_words[words + 1], "two");
	assert_string_equal(typed_words[words + 2], "--file");
	assert_true(t.loud);
	assert_null(t.file);
}

static void
what_is_typed_wrong_is_one_line_that_does_not_repeat_it(void **state)
{
	static const struct {
		const char *line, *said;
	} wrong[] = {
	    {"--nosuch=secret", "unknown option --nosuch "},
	    {"-s", "unknown option -s "},
	    {"--file", "--file needs a value"},
	    {"-f", "--file needs a value"},
	    {"--loud=secret", "--loud takes no value"},
	    {"secret", "no argument is expected"},
	    {"--add a --add b --add c --add d --add secret", "at most 4"},
	};
	struct typed t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		scratch_listen();
		assert_int_equal(parse(&t, wrong[i].line, NULL), OPTIONS_BAD);
		scratch_heard();
		scratch_expect(wrong[i].said);
		assert_null(strstr(scratch_said, "secret"));
	}
}

/* What parse() prints to standard output. */
static void
printed(const char *line, char out[512])
{
	int saved = dup(STDOUT_FILENO), memory = memfd_create("printed", MFD_CLOEXEC);
	struct typed t;
	ssize_t n;

	assert_true(saved != -1 && memory != -1);
	(void)fflush(stdout);
	assert_int_not_equal(dup2(memory, STDOUT_FILENO), -1);
	assert_int_equal(parse(&t, line, NULL), OPTIONS_DONE);
	(void)fflush(stdout);
	assert_int_not_equal(dup2(saved, STDOUT_FILENO), -1);
	n = pread(memory, out, 511, 0);
	assert_true(n >= 0);
	out[n] = '\0';
	(void)close(saved);
	(void)close(memory);
}

static void
help_and_version_are_answered_for_every_program(void **state)
{
	char out[512];

	(void)state;
	printed("--loud --help --nonsense", out);
	assert_string_equal(out, "usage: test [-l] WORD...\n"
				 "  -f, --file FILE  what is read\n"
				 "  --add WORD       one more\n"
				 "  -l, --loud       say more\n"
				 "  --help, --version\n"
				 "and no more\n");
	printed("--version", out);
	assert_string_equal(out, "test " CASETAP_VERSION "\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_kind_of_row_is_taken_long_and_short),
	    cmocka_unit_test(words_are_gathered_behind_the_options),
	    cmocka_unit_test(what_is_typed_wrong_is_one_line_that_does_not_repeat_it),
	    cmocka_unit_test(help_and_version_are_answered_for_every_program),
	};

	diag_init("options_test", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
