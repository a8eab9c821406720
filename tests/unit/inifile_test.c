#include <sys/mman.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "buf.h"
#include "diag.h"
#include "inifile.h"

/* What the parser says about a text that it must refuse. */
static char said[8192];

static struct inifile *
parse_captured(const char *text, size_t n)
{
	int fd = memfd_create("said", MFD_CLOEXEC), saved;
	struct inifile *ini;
	ssize_t got;

	assert_int_not_equal(fd, -1);
	diag_capture(fd);
	ini = inifile_parse(text, n, "f.conf");
	saved = errno;
	diag_capture(-1);
	got = pread(fd, said, sizeof(said) - 1, 0);
	assert_true(got >= 0);
	said[got] = '\0';
	assert_int_equal(close(fd), 0);
	errno = saved;
	return ini;
}

static void
refuses_bytes(const char *text, size_t n, unsigned line, const char *what)
{
	struct inifile *ini = parse_captured(text, n);
	char where[64];

	assert_null(ini);
	assert_int_equal(errno, EINVAL);
	assert_true(snprintf(where, sizeof(where), "f.conf:%u: ", line) > 0);
	if (strstr(said, where) == NULL || strstr(said, what) == NULL)
		fail_msg("expected '%s%s', got '%s'", where, what, said);
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1); /* one line */
}

static void
refuses(const char *text, unsigned line, const char *what)
{
	refuses_bytes(text, strlen(text), line, what);
}

/* Parse a good text: nothing is said. */
static struct inifile *
parse(const char *text)
{
	struct inifile *ini = parse_captured(text, strlen(text));

	assert_string_equal(said, "");
	assert_non_null(ini);
	return ini;
}

static void
check_entry(const struct inifile *ini, size_t i, struct inifile_entry want)
{
	const struct inifile_entry *e = inifile_entry(ini, i);

	assert_string_equal(e->section, want.section);
	assert_string_equal(e->key, want.key);
	assert_string_equal(e->value, want.value);
	assert_int_equal(e->line, want.line);
}

static void
inifile_keeps_order_sections_and_lines(void **state)
{
	struct inifile *ini = parse("# first\n"
				    "\n"
				    "[order]\n"
				    "a = 1\n"
				    " ; indented comment\n"
				    "b=2\n"
				    "[empty]\n"
				    "[iap   tower-7\t]\t\n"
				    "a\t=  x y  \n");
	unsigned line;

	(void)state;
	assert_int_equal(inifile_count(ini), 3);
	check_entry(ini, 0, (struct inifile_entry){"order", "a", "1", 4});
	check_entry(ini, 1, (struct inifile_entry){"order", "b", "2", 6});
	check_entry(ini, 2, (struct inifile_entry){"iap tower-7", "a", "x y", 9});
	assert_int_equal(inifile_section_count(ini), 3);
	assert_string_equal(inifile_section(ini, 0, &line), "order");
	assert_int_equal(line, 3);
	assert_string_equal(inifile_section(ini, 1, &line), "empty");
	assert_int_equal(line, 7);
	assert_string_equal(inifile_section(ini, 2, NULL), "iap tower-7");
	assert_string_equal(inifile_label(ini), "f.conf");
	inifile_free(ini);
	inifile_free(NULL);
}

static void
inifile_takes_every_byte_of_a_value(void **state)
{
	struct inifile *ini = parse("[s]\nfilter = port 80 ; not a comment # nor this\nurl = https://h:443/?a=b\n"
				    "name = \"Zo\xc3\xab\"");

	(void)state;
	check_entry(ini, 0, (struct inifile_entry){"s", "filter", "port 80 ; not a comment # nor this", 2});
	check_entry(ini, 1, (struct inifile_entry){"s", "url", "https://h:443/?a=b", 3});
	check_entry(ini, 2, (struct inifile_entry){"s", "name", "\"Zo\xc3\xab\"", 4});
	inifile_free(ini);
}

static void
inifile_takes_a_text_without_entries(void **state)
{
	struct inifile *ini = parse("");

	(void)state;
	assert_int_equal(inifile_count(ini), 0);
	assert_int_equal(inifile_section_count(ini), 0);
	inifile_free(ini);
}

static void
inifile_keeps_long_section_names_apart(void **state)
{
	/* inih itself cuts them at 49 bytes. */
	struct inifile *ini =
	    parse("[destination aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1]\nk = 1\n"
		  "[destination aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2]\nk = 2\n");

	(void)state;
	assert_string_equal(inifile_entry(ini, 1)->section, inifile_section(ini, 1, NULL));
	assert_string_not_equal(inifile_entry(ini, 0)->section, inifile_entry(ini, 1)->section);
	inifile_free(ini);
}

static void
fault_004_duplicate_key_is_refused_with_line(void **state)
{
	struct inifile *ini = parse("[a]\nk = 1\n[b]\nk = 1\n");

	(void)state;
	inifile_free(ini);
	refuses("[a]\nk = 1\nl = 2\nk = 1\n", 4, "k stands twice in [a]");
	refuses("[a]\nk = 1\n[b]\n[a]\n", 4, "section [a] stands twice");
	refuses("[iap x]\n[iap  x]\n", 2, "section [iap x] stands twice");
}

static void
fault_005_crlf_is_accepted_and_bom_refused_with_hint(void **state)
{
	struct inifile *ini = parse("[s]\r\n\r\nk = v\r\n; c\r\nl = w\r\n");

	(void)state;
	check_entry(ini, 0, (struct inifile_entry){"s", "k", "v", 3});
	check_entry(ini, 1, (struct inifile_entry){"s", "l", "w", 5});
	inifile_free(ini);
	refuses("\xef\xbb\xbf[s]\nk = v\n", 1, "without BOM");
	refuses("[s]\nk = v\rl = w\n", 2, "control byte");
	refuses("[s]\nk = v\r\r\n", 2, "control byte");
	refuses("[s]\nk = v\r", 2, "control byte");
}

static void
fault_006_nul_control_bytes_and_broken_utf8_are_refused(void **state)
{
	static const char nul[] = "[s]\nk = a\0b\n";
	static const char nul_behind[] = "[s]\nk = a\n\0";

	(void)state;
	refuses_bytes(nul, sizeof(nul) - 1, 2, "NUL byte");
	refuses_bytes(nul_behind, sizeof(nul_behind) - 1, 3, "NUL byte");
	refuses("[s]\nk = \xff\n", 2, "UTF-8");
	refuses("[s]\n# \xc0\xaf\n", 2, "UTF-8");
	refuses("[s]\nk = \x1b[2J\n", 2, "control byte");
	refuses("[s]\n# \x7f\n", 2, "control byte");
	refuses("[s]\nk = \xc2\x9b 2J\n", 2, "control byte");
	refuses("[s]\nk = a\tb\n", 2, "tab in a value");
}

static void
fault_007_line_over_4_kib_is_refused(void **state)
{
	struct buf b = BUF_INIT;
	struct inifile *ini;
	size_t n = INIFILE_MAX_LINE - 4;

	(void)state;
	assert_int_equal(buf_puts(&b, "[s]\nk = "), 0);
	while (n-- > 0)
		assert_int_equal(buf_putc(&b, 'v'), 0);
	ini = parse(b.data);
	assert_int_equal(strlen(inifile_entry(ini, 0)->value), INIFILE_MAX_LINE - 4);
	inifile_free(ini);
	assert_int_equal(buf_puts(&b, "\r\nl = w\n"), 0);
	ini = parse(b.data);
	assert_int_equal(inifile_count(ini), 2);
	inifile_free(ini);
	b.data[INIFILE_MAX_LINE + 4] = 'v';
	refuses(b.data, 2, "over 4 KiB");
	buf_free(&b);
}

static void
fault_034_text_over_1_mib_is_refused_and_one_below_is_quick(void **state)
{
	struct buf b = BUF_INIT;
	struct inifile *ini;
	unsigned i;

	(void)state;
	assert_int_equal(buf_puts(&b, "[s]\n"), 0);
	for (i = 0; b.len < INIFILE_MAX_BYTES - 16; i++)
		assert_int_equal(buf_printf(&b, "k%u=v\n", i), 0);
	ini = parse(b.data);
	assert_int_equal(inifile_count(ini), i);
	inifile_free(ini);
	while (b.len <= INIFILE_MAX_BYTES)
		assert_int_equal(buf_putc(&b, '\n'), 0);
	refuses(b.data, 1, "over 1 MiB");
	buf_free(&b);
}

static void
inifile_leaves_an_empty_value_to_the_reader_of_the_key(void **state)
{
	struct inifile *ini = parse("[s]\na =\nb = \t \n");

	(void)state;
	assert_int_equal(inifile_count(ini), 2);
	check_entry(ini, 0, (struct inifile_entry){"s", "a", "", 2});
	check_entry(ini, 1, (struct inifile_entry){"s", "b", "", 3});
	inifile_free(ini);
}

static void
inifile_refuses_folklore_with_line(void **state)
{
	(void)state;
	refuses("k = v\n", 1, "before the first [section]");
	refuses("[s]\n= v\n", 2, "no key");
	refuses("[s]\nk: v\n", 2, "neither [section] nor key = value");
	refuses("[s]\nk : x = v\n", 2, "a key is one word");
	refuses("[s]\nk k = v\n", 2, "a key is one word");
	refuses("[s]\n\"k\" = v\n", 2, "a key is one word");
	refuses("[s]\nk\n", 2, "neither [section] nor key = value");
	refuses("[s]\nk = v\n  more\n", 3, "starts with a blank");
	refuses("[s]\n l = w\n", 2, "starts with a blank");
	refuses("\n[s\nk = v\n", 2, "[name]");
	refuses("[s] ; comment\n", 1, "[name]");
	refuses("[]\n", 1, "[name]");
	refuses("[  ]\n", 1, "without a name");
	refuses("[a]b]\n", 1, "bracket");
	refuses("[[a]\n", 1, "bracket");
	refuses("[\n", 1, "[name]");
}

static void
inifile_reports_the_first_fault_only(void **state)
{
	(void)state;
	refuses("[s]\nbad\nworse\nk = v\nk = v\n", 2, "neither");
}

/* Whatever the bytes are, the answer is an inifile or a refusal; a sanitizer build watches the memory. */
static void
inifile_survives_every_cut_and_every_changed_byte(void **state)
{
	static const char good[] = "# c\n[iap a]\nk = v ; w\r\n\n[b]\nl=\xc3\xab\n";
	char text[sizeof(good)];
	size_t i, n = sizeof(good) - 1;
	int byte;

	(void)state;
	for (i = 0; i <= n; i++) {
		char *exact = malloc(i + 1);

		assert_non_null(exact);
		memcpy(exact, good, i);
		inifile_free(parse_captured(exact, i));
		free(exact);
	}
	for (i = 0; i < n; i++) {
		for (byte = 0; byte < 256; byte += 3) {
			memcpy(text, good, sizeof(good));
			text[i] = (char)byte;
			inifile_free(parse_captured(text, n));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(inifile_keeps_order_sections_and_lines),
	    cmocka_unit_test(inifile_takes_every_byte_of_a_value),
	    cmocka_unit_test(inifile_takes_a_text_without_entries),
	    cmocka_unit_test(inifile_keeps_long_section_names_apart),
	    cmocka_unit_test(fault_004_duplicate_key_is_refused_with_line),
	    cmocka_unit_test(fault_005_crlf_is_accepted_and_bom_refused_with_hint),
	    cmocka_unit_test(fault_006_nul_control_bytes_and_broken_utf8_are_refused),
	    cmocka_unit_test(fault_007_line_over_4_kib_is_refused),
	    cmocka_unit_test(fault_034_text_over_1_mib_is_refused_and_one_below_is_quick),
	    cmocka_unit_test(inifile_leaves_an_empty_value_to_the_reader_of_the_key),
	    cmocka_unit_test(inifile_refuses_folklore_with_line),
	    cmocka_unit_test(inifile_reports_the_first_fault_only),
	    cmocka_unit_test(inifile_survives_every_cut_and_every_changed_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
