#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "buf.h"
#include "diag.h"
#include "json.h"
#include "shortage.h"

#include "starved.h"

static void *
run_short(void *cookie)
{
	unsigned long *here = cookie;

	*here = shortage_here();
	starved_left = 0;
	free(shortage_malloc(1));
	*here = shortage_here() - *here;
	return NULL;
}

/* The first, for it is for good. */
static void
a_shortage_is_noted_for_its_thread_and_for_all(void **state)
{
	unsigned long here = shortage_here(), other = 0;
	pthread_t thread;
	void *p;

	(void)state;
	p = shortage_malloc(1);
	assert_non_null(p);
	free(p);
	free(shortage_malloc(0));
	assert_int_equal(shortage_here(), here);
	assert_int_equal(shortage_seen(), 0);
	diag_warnx("which is no error");
	assert_int_equal(diag_has_error(), 0);
	diag_errx("the chain is broken");
	assert_int_equal(diag_has_error(), 1);
	assert_int_equal(shortage_came_after_error(), 0);
	assert_int_equal(pthread_create(&thread, NULL, run_short, &other), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(other, 1);
	assert_int_equal(shortage_here(), here);
	assert_int_equal(shortage_seen(), 1);
	assert_int_equal(shortage_came_after_error(), 1);
	starved_left = errno = 0;
	assert_null(shortage_malloc(1));
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(shortage_here(), here + 1);
}

/* Also what the C library, or the kernel, had none for. */
static void
a_shortage_that_is_said_is_noted(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid != -1);
	if (pid == 0) {
		errno = EIO;
		diag_err("outbox");
		status = shortage_seen();
		errno = ENOMEM;
		diag_err("outbox");
		_exit(status == 0 && shortage_seen() && errno == ENOMEM ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Of a process of its own. */
static void
nor_is_an_error_taken_for_an_earlier_one_that_came_of_it(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid != -1);
	if (pid == 0) {
		starved_left = 0;
		(void)shortage_malloc(1);
		diag_errx("out of memory");
		(void)shortage_malloc(1);
		_exit(shortage_came_after_error());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

struct text {
	struct buf json, want;
};

/* Whole, or not at all. */
static int
parse(void *cookie)
{
	const struct text *t = cookie;
	struct json *j = json_parse(t->json.data, t->json.len, 4);
	const char *s = json_get_string(j, "a");

	if (j == NULL)
		assert_int_equal(errno, ENOMEM);
	else if (s == NULL || strcmp(s, t->want.data) != 0)
		fail_msg("a string of %zu bytes is one of %zu", t->want.len, s == NULL ? 0 : strlen(s));
	json_free(j);
	return j == NULL ? -1 : 0;
}

/* Jansson looks at no room for one more byte of a token: it goes on without the byte. */
static void
no_text_is_cut_where_memory_runs_out(void **state)
{
	struct text t = {BUF_INIT, BUF_INIT};
	size_t i;

	(void)state;
	for (i = 0; i < 300; i++)
		assert_int_equal(buf_putc(&t.want, (char)('a' + i % 26)), 0);
	assert_int_equal(buf_printf(&t.json, "{\"a\":\"%s\",\"n\":1234567890123456789}", t.want.data), 0);
	assert_true(starved_each(parse, &t) > 10);
	buf_free(&t.json);
	buf_free(&t.want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nor_is_an_error_taken_for_an_earlier_one_that_came_of_it),
	    cmocka_unit_test(a_shortage_that_is_said_is_noted),
	    cmocka_unit_test(a_shortage_is_noted_for_its_thread_and_for_all),
	    cmocka_unit_test(no_text_is_cut_where_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
