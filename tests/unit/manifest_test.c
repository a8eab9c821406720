#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"

#include "manifest.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
what_is_added_is_written_as_sha256sum_reads_it(void **state)
{
	struct manifest *m = manifest_new();
	struct buf out = BUF_INIT;

	assert_int_equal(manifest_add(m, A, "data/z.pcap"), 0);
	assert_int_equal(manifest_add(m, B, "bagit.txt"), 0);
	assert_int_equal(manifest_write(m, &out), 0);
	assert_string_equal(out.data, A "  data/z.pcap\n" B "  bagit.txt\n");
	assert_int_equal(manifest_sort(m), 0);
	buf_clear(&out);
	assert_int_equal(manifest_write(m, &out), 0);
	assert_string_equal(out.data, B "  bagit.txt\n" A "  data/z.pcap\n");
	assert_string_equal(manifest_find(m, "data/z.pcap")->sha256, A);
	assert_null(manifest_find(m, "data/z"));
	buf_free(&out);
	manifest_free(m);
}

static void
what_was_written_is_parsed_and_found(void **state)
{
	static const char text[] = A "  b\n" B "  a\n";
	struct manifest *m = manifest_parse(text, strlen(text), NULL);
	struct buf out = BUF_INIT;

	assert_non_null(m);
	assert_int_equal(manifest_count(m), 2);
	assert_string_equal(manifest_entry(m, 0)->name, "b");
	assert_string_equal(manifest_find(m, "a")->sha256, B);
	assert_int_equal(manifest_write(m, &out), 0);
	assert_string_equal(out.data, text);
	buf_free(&out);
	manifest_free(m);
}

static void
every_other_spelling_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} bad[] = {
	    {A "  a", 1},                                 /* no newline */
	    {A " a\n", 1},                                /* one blank */
	    {A " *a\n", 1},                               /* binary mark */
	    {A "  \n", 1},                                /* no name */
	    {A "  a\n\n", 2},                             /* empty line */
	    {A "  a\n# comment\n", 2},                    /* comment */
	    {A "  a b\n", 1},                             /* blank in a name */
	    {A "  /a\n", 1},                              /* absolute */
	    {A "  a/../b\n", 1},                          /* upwards */
	    {A "  ./a\n", 1},                             /* here */
	    {A "  a//b\n", 1},                            /* empty component */
	    {A "  a/\n", 1},                              /* empty component at the end */
	    {A "  a\\b\n", 1},                            /* backslash */
	    {A "  a\r\n", 1},                             /* CR */
	    {A "  a\n" B "  a\n", 0},                     /* twice */
	    {"\\" A "  a\n", 1},                          /* sha256sum's escape */
	    {"d41d8cd98f00b204e9800998ecf8427e  a\n", 1}, /* FAULTS 77: md5 */
	};
	unsigned line;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		line = 99;
		assert_null(manifest_parse(bad[i].text, strlen(bad[i].text), &line));
		assert_int_equal(errno, EINVAL);
		assert_int_equal(line, bad[i].line);
	}
}

static void
a_name_is_added_once(void **state)
{
	struct manifest *m = manifest_new();

	assert_int_equal(manifest_add(m, A, "a"), 0);
	assert_int_equal(manifest_add(m, B, "a"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(manifest_add(m, "xyz", "b"), -1);
	assert_int_equal(manifest_count(m), 1);
	manifest_free(m);
}

static void
many_names_in_any_order_are_found(void **state)
{
	struct manifest *m = manifest_new();
	char name[32];
	unsigned i;

	for (i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof(name), "f%u", i * 7919 % 5000);
		assert_int_equal(manifest_add(m, A, name), 0);
	}
	for (i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof(name), "f%u", i);
		assert_string_equal(manifest_find(m, name)->name, name);
	}
	manifest_free(m);
}

static void
fault_076_no_more_lines_than_the_limit_are_read(void **state)
{
	struct buf text = BUF_INIT;
	unsigned i, line = 0;

	for (i = 0; i <= MANIFEST_MAX; i++)
		assert_int_equal(buf_printf(&text, A "  f%u\n", i), 0);
	assert_null(manifest_parse(text.data, text.len, &line));
	assert_int_equal(line, MANIFEST_MAX + 1);
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_added_is_written_as_sha256sum_reads_it),
	    cmocka_unit_test(what_was_written_is_parsed_and_found),
	    cmocka_unit_test(every_other_spelling_is_refused_with_its_line),
	    cmocka_unit_test(a_name_is_added_once),
	    cmocka_unit_test(many_names_in_any_order_are_found),
	    cmocka_unit_test(fault_076_no_more_lines_than_the_limit_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
