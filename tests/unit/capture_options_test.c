#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture_options.h"
#include "diag.h"

#define ARGS_MAX 24

/* Parse blank-separated words. */
static enum options_result
parse(struct capture_options *o, const char *words)
{
	static char copy[512];
	char *argv[ARGS_MAX], *save = NULL, *word;
	int argc = 0;

	assert_true(strlen(words) < sizeof(copy));
	(void)memcpy(copy, words, strlen(words) + 1);
	for (word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
		assert_true(argc < ARGS_MAX - 1);
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	return capture_options_parse(o, argc, argv);
}

static void
without_options_there_is_a_default(void **state)
{
	struct capture_options o;

	assert_int_equal(parse(&o, "casetap-capture"), OPTIONS_RUN);
	assert_string_equal(o.config, "/etc/casetap/casetap.conf");
	assert_null(o.iap);
	assert_null(o.file);
	assert_int_equal(o.interface_count, 0);
	assert_false(o.check);
}

static void
each_option_is_taken(void **state)
{
	struct capture_options o;

	assert_int_equal(
	    parse(&o, "casetap-capture --config /x --iap tower-7 -i eth0 --interface=eth1 -v --check"), OPTIONS_RUN);
	assert_string_equal(o.config, "/x");
	assert_string_equal(o.iap, "tower-7");
	assert_int_equal(o.interface_count, 2);
	assert_string_equal(o.interfaces[1], "eth1");
	assert_true(o.check);
	assert_true(o.verbose);
	assert_int_equal(parse(&o, "casetap-capture -r -"), OPTIONS_RUN);
	assert_string_equal(o.file, "-");
	assert_int_equal(parse(&o, "casetap-capture --read x.pcap"), OPTIONS_RUN);
	assert_string_equal(o.file, "x.pcap");
}

static void
help_and_version_are_answered(void **state)
{
	struct capture_options o;

	assert_int_equal(parse(&o, "casetap-capture --help"), OPTIONS_DONE);
	assert_int_equal(parse(&o, "casetap-capture --version"), OPTIONS_DONE);
}

static void
what_makes_no_sense_is_refused(void **state)
{
	static const char *const bad[] = {
	    "casetap-capture --nonsense",
	    "casetap-capture -x",
	    "casetap-capture -i",
	    "casetap-capture --config",
	    "casetap-capture host 198.51.100.7",
	    "casetap-capture -i eth0 -r x.pcap",
	    "casetap-capture --iap ../etc",
	    "casetap-capture -i a -i b -i c -i d -i e -i f -i g -i h -i j",
	};
	int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct capture_options o;
	size_t i;

	diag_capture(quiet);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(&o, bad[i]), OPTIONS_BAD);
	diag_capture(-1);
	(void)close(quiet);
}

static void
what_was_typed_is_not_repeated_in_a_log(void **state)
{
	struct capture_options o;
	char said[256];
	int ends[2];
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	diag_capture(ends[1]);
	assert_int_equal(parse(&o, "casetap-capture host 198.51.100.7"), OPTIONS_BAD);
	diag_capture(-1);
	n = read(ends[0], said, sizeof(said) - 1);
	assert_true(n > 0);
	said[n] = '\0';
	assert_null(strstr(said, "198.51"));
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void
self_test_stands_alone_and_only_it_injects(void **state)
{
	struct capture_options o;

	assert_int_equal(parse(&o, "casetap-capture --self-test --iap tower-7 -i eth0"), OPTIONS_RUN);
	assert_true(o.self_test);
	assert_true(capture_options_is_dry(&o));
	assert_null(o.inject);
	assert_int_equal(parse(&o, "casetap-capture --self-test --inject eth1"), OPTIONS_RUN);
	assert_string_equal(o.inject, "eth1");
	diag_capture(open("/dev/null", O_WRONLY | O_CLOEXEC));
	assert_int_equal(parse(&o, "casetap-capture --inject eth1"), OPTIONS_BAD);
	assert_int_equal(parse(&o, "casetap-capture --self-test --check"), OPTIONS_BAD);
	assert_int_equal(parse(&o, "casetap-capture --self-test -r -"), OPTIONS_BAD);
	assert_int_equal(parse(&o, "casetap-capture --self-test --inject"), OPTIONS_BAD);
	diag_capture(-1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_options_there_is_a_default),
	    cmocka_unit_test(each_option_is_taken),
	    cmocka_unit_test(self_test_stands_alone_and_only_it_injects),
	    cmocka_unit_test(help_and_version_are_answered),
	    cmocka_unit_test(what_makes_no_sense_is_refused),
	    cmocka_unit_test(what_was_typed_is_not_repeated_in_a_log),
	};

	diag_init("capture_options_test", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
