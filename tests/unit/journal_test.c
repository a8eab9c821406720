#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "diag.h"
#include "fsio.h"
#include "journal.h"

#define PROGRAM "casetap-capture 0.1.0"

struct fixture {
	char path[64];
	int dirfd;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	(void)snprintf(f->path, sizeof(f->path), "/tmp/casetap-journal_test-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	f->dirfd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(f->dirfd, -1);
	*state = f;
	return 0;
}

static int
remove_name(void *cookie, const char *name)
{
	return unlinkat(*(int *)cookie, name, 0);
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	diag_capture(-1);
	assert_int_equal(fsio_list(f->dirfd, remove_name, &f->dirfd), 0);
	(void)close(f->dirfd);
	assert_int_equal(rmdir(f->path), 0);
	free(f);
	return 0;
}

/* Send diagnostics to /dev/null where a refusal is what is tested. */
static void
be_quiet(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	diag_capture(fd);
}

static void
append_raw(struct fixture *f, const char *bytes, size_t n)
{
	int fd = openat(f->dirfd, "tower-7.jsonl", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);

	assert_int_not_equal(fd, -1);
	assert_int_equal(fsio_write(fd, bytes, n), 0);
	assert_int_equal(close(fd), 0);
}

static void
write_lines(struct fixture *f, unsigned count)
{
	struct journal *j = journal_open(f->dirfd, "tower-7", PROGRAM);
	unsigned i;

	assert_non_null(j);
	for (i = 0; i < count; i++)
		assert_int_equal(journal_write(j, "LI-1", "gap", NULL, NULL), 0);
	journal_close(j);
}

struct seen {
	uint64_t numbers[16];
	size_t count;
	struct buf last;
};

static int
see(void *cookie, uint64_t n, const char *line, size_t length, const struct json *parsed)
{
	struct seen *s = cookie;

	assert_true(s->count < 16);
	s->numbers[s->count++] = n;
	buf_clear(&s->last);
	assert_int_equal(buf_put(&s->last, line, length), 0);
	assert_non_null(json_get_string(parsed, "event"));
	return 0;
}

static void
each_line_has_its_number_and_who_and_when(void **state)
{
	struct fixture *f = *state;
	struct journal *j = journal_open(f->dirfd, "tower-7", PROGRAM);
	struct json *detail = json_object(), *line;
	struct seen s = {{0}, 0, BUF_INIT};
	int64_t number;
	stamp_t when;

	assert_non_null(j);
	assert_int_equal(json_put_integer(detail, "revision", 2), 0);
	assert_int_equal(journal_write(j, NULL, "clock", NULL, NULL), 0);
	assert_int_equal(journal_write(j, "LI-2026-0042", "order-extended", "2.order", detail), 0);
	journal_close(j);
	assert_int_equal(journal_each(f->dirfd, "tower-7.jsonl", 0, see, &s), 0);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.numbers[0], 1);
	assert_int_equal(s.numbers[1], 2);
	line = json_parse(s.last.data, s.last.len, 8);
	assert_non_null(line);
	assert_string_equal(json_get_string(line, "case"), "LI-2026-0042");
	assert_string_equal(json_get_string(line, "event"), "order-extended");
	assert_string_equal(json_get_string(line, "object"), "2.order");
	assert_string_equal(json_get_string(line, "program"), PROGRAM);
	assert_int_equal(strlen(json_get_string(line, "boot_id")), 36);
	assert_int_equal(json_get_integer(line, "uid", &number), 0);
	assert_int_equal(number, getuid());
	assert_int_equal(json_get_integer(line, "boottime", &number), 0);
	assert_int_equal(json_get_stamp(line, "time", &when), 0);
	assert_int_equal(json_get_integer(json_get_object(line, "detail"), "revision", &number), 0);
	assert_int_equal(number, 2);
	json_free(line);
	buf_free(&s.last);
}

static void
numbers_go_on_after_a_new_opening(void **state)
{
	struct fixture *f = *state;
	struct seen s = {{0}, 0, BUF_INIT};

	write_lines(f, 3);
	write_lines(f, 2);
	assert_int_equal(journal_each(f->dirfd, "tower-7.jsonl", 3, see, &s), 0);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.numbers[0], 4);
	assert_int_equal(s.numbers[1], 5);
	buf_free(&s.last);
}

static void
a_torn_line_is_closed_and_its_number_is_missing(void **state)
{
	struct fixture *f = *state;
	struct seen s = {{0}, 0, BUF_INIT};

	write_lines(f, 2);
	append_raw(f, "{\"n\":3,\"time\":\"20", 16);
	write_lines(f, 1);
	assert_int_equal(journal_each(f->dirfd, "tower-7.jsonl", 0, see, &s), 0);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.numbers[1], 2);
	assert_int_equal(s.numbers[2], 4);
	buf_free(&s.last);
}

static void
a_zero_filled_tail_is_not_a_line(void **state)
{
	static const char zeros[200000];
	struct fixture *f = *state;
	struct seen s = {{0}, 0, BUF_INIT};

	write_lines(f, 1);
	append_raw(f, zeros, sizeof(zeros));
	write_lines(f, 1);
	assert_int_equal(journal_each(f->dirfd, "tower-7.jsonl", 0, see, &s), 0);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.numbers[1], 3);
	buf_free(&s.last);
}

static void
half_a_line_is_not_given(void **state)
{
	static const char half[] = "{\"n\":2,\"event\":\"gap\"}"; /* whole but for its newline */
	struct fixture *f = *state;
	struct seen s = {{0}, 0, BUF_INIT};

	write_lines(f, 1);
	append_raw(f, half, sizeof(half) - 1);
	assert_int_equal(journal_each(f->dirfd, "tower-7.jsonl", 0, see, &s), 0);
	assert_int_equal(s.count, 1);
	buf_free(&s.last);
}

static void
a_line_longer_than_a_block_is_read_whole(void **state)
{
	struct fixture *f = *state;
	struct journal *j = journal_open(f->dirfd, "tower-7", PROGRAM);
	struct seen s = {{0}, 0, BUF_INIT};
	char *text = malloc(150001);
	struct json *detail = json_object();

	assert_non_null(j);
	assert_non_null(text);
	memset(text, 'x', 150000);
	text[150000] = '\0';
	assert_int_equal(json_put_string(detail, "text", text), 0);
	assert_int_equal(journal_add(j, NULL, "operator", NULL, detail), 0);
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
	write_lines(f, 1);
	assert_int_equal(journal_each(f->dirfd, "tower-7.jsonl", 0, see, &s), 0);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.numbers[1], 2);
	buf_free(&s.last);
	free(text);
}

static void
a_second_writer_is_refused(void **state)
{
	struct fixture *f = *state;
	struct journal *j = journal_open(f->dirfd, "tower-7", PROGRAM);
	int status;
	pid_t pid;

	assert_non_null(j);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		be_quiet();
		_exit(journal_open(f->dirfd, "tower-7", PROGRAM) == NULL && errno == EWOULDBLOCK ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	journal_close(j);
}

static void
a_missing_journal_has_no_lines(void **state)
{
	struct fixture *f = *state;
	struct seen s = {{0}, 0, BUF_INIT};

	assert_int_equal(journal_each(f->dirfd, "tower-7.jsonl", 0, see, &s), -1);
	assert_int_equal(errno, ENOENT);
}

static void
fault_111_a_line_that_does_not_fit_leaves_no_half(void **state)
{
	struct fixture *f = *state;
	struct journal *j = journal_open(f->dirfd, "tower-7", PROGRAM);
	struct json *detail = json_object();
	struct seen s = {{0}, 0, BUF_INIT};

	assert_non_null(j);
	assert_int_equal(journal_write(j, NULL, "clock", NULL, NULL), 0);
	be_quiet();
	/* What can not be said in JSON can not be written. */
	assert_int_equal(journal_write(j, "\xff", "gap", NULL, detail), -1);
	assert_int_equal(journal_write(j, NULL, "clock", NULL, NULL), 0);
	journal_close(j);
	assert_int_equal(journal_each(f->dirfd, "tower-7.jsonl", 0, see, &s), 0);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.numbers[1], 2);
	buf_free(&s.last);
}

static void
what_a_journal_has_come_to_is_known_again(void **state)
{
	static const char *const with[] = {"\"event\":\"none\"", "\"event\":\"seal\"", NULL};
	struct fixture *f = *state;
	struct journal *j = journal_open(f->dirfd, "tower-7", PROGRAM);
	struct journal_mark begin, middle, end;
	struct seen s = {{0}, 0, BUF_INIT};
	int fd;

	assert_int_equal(journal_mark(j, &begin), 0);
	assert_int_equal(begin.bytes, 0);
	assert_string_equal(begin.sha256, "");
	assert_int_equal(journal_write(j, "LI-1", "seal", NULL, NULL), 0);
	assert_int_equal(journal_write(j, "LI-1", "gap", NULL, NULL), 0);
	assert_int_equal(journal_mark(j, &middle), 0);
	assert_int_equal(journal_write(j, "LI-1", "gap", NULL, NULL), 0);
	assert_int_equal(journal_write(j, "LI-1", "seal", NULL, NULL), 0);
	assert_int_equal(journal_mark(j, &end), 0);
	journal_close(j);
	assert_int_equal(journal_has(f->dirfd, "tower-7.jsonl", &begin), 1);
	assert_int_equal(journal_has(f->dirfd, "tower-7.jsonl", &middle), 1);
	assert_int_equal(journal_has(f->dirfd, "tower-7.jsonl", &end), 1);
	assert_int_equal(journal_has(f->dirfd, "tower-8.jsonl", &begin), 1);
	assert_int_equal(journal_has(f->dirfd, "tower-8.jsonl", &middle), 0);

	assert_int_equal(journal_since(f->dirfd, "tower-7.jsonl", &middle, with, see, &s), 0);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.numbers[0], 4);
	assert_int_equal(journal_since(f->dirfd, "tower-7.jsonl", NULL, with, see, &s), 0);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.numbers[1], 1);
	buf_free(&s.last);

	/* Half a line behind it changes nothing, nor does the newline that closes it. */
	append_raw(f, "{\"n\":5,\"ti", 10);
	assert_int_equal(journal_has(f->dirfd, "tower-7.jsonl", &end), 1);
	j = journal_open(f->dirfd, "tower-7", PROGRAM);
	assert_int_equal(journal_mark(j, &begin), 0);
	assert_int_equal(journal_write(j, "LI-1", "gap", NULL, NULL), 0);
	journal_close(j);
	assert_int_equal(journal_has(f->dirfd, "tower-7.jsonl", &begin), 1);

	fd = openat(f->dirfd, "tower-7.jsonl", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, (off_t)middle.bytes), 0);
	assert_int_equal(journal_has(f->dirfd, "tower-7.jsonl", &middle), 1);
	assert_int_equal(journal_has(f->dirfd, "tower-7.jsonl", &end), 0);
	assert_int_equal(pwrite(fd, "x", 1, (off_t)middle.bytes - 9), 1);
	assert_int_equal(journal_has(f->dirfd, "tower-7.jsonl", &middle), 0);
	(void)close(fd); /* a test's */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(each_line_has_its_number_and_who_and_when, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(numbers_go_on_after_a_new_opening, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_torn_line_is_closed_and_its_number_is_missing, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_zero_filled_tail_is_not_a_line, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(half_a_line_is_not_given, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_line_longer_than_a_block_is_read_whole, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_second_writer_is_refused, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_missing_journal_has_no_lines, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(fault_111_a_line_that_does_not_fit_leaves_no_half, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_a_journal_has_come_to_is_known_again, set_up, tear_down),
	};

	diag_init("journal_test", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
