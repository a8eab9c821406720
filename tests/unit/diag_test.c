#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "diag.h"

static int sink = -1;
static char said[16384];

/* What was said since the last call. */
static const char *
take_said(void)
{
	ssize_t n = pread(sink, said, sizeof(said) - 1, 0);

	assert_true(n >= 0);
	said[n] = '\0';
	assert_int_equal(ftruncate(sink, 0), 0);
	assert_int_equal(lseek(sink, 0, SEEK_SET), 0);
	return said;
}

static int
set_up(void **state)
{
	sink = memfd_create("diag", MFD_CLOEXEC);
	(void)unsetenv("JOURNAL_STREAM");
	diag_init("prog", 0);
	diag_capture(sink);
	return sink == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	diag_capture(-1);
	return close(sink);
}

static void
diag_prints_one_line_with_the_program_and_the_reason(void **state)
{
	errno = ENOENT;
	diag_err("case %s", "LI-1");
	assert_int_equal(errno, ENOENT);
	assert_string_equal(take_said(), "prog: case LI-1: No such file or directory\n");
	errno = EACCES;
	diag_errx("case %d", 2);
	assert_int_equal(errno, EACCES);
	assert_string_equal(take_said(), "prog: case 2\n");
	diag_warn("w");
	assert_string_equal(take_said(), "prog: w: Permission denied\n");
	diag_warnx("w");
	diag_notice("n");
	assert_string_equal(take_said(), "prog: w\nprog: n\n");
	assert_int_equal(errno, EACCES);
}

static void
diag_debug_speaks_only_when_asked(void **state)
{
	diag_debug("quiet");
	assert_string_equal(take_said(), "");
	diag_init("prog", 1);
	diag_debug("loud");
	assert_string_equal(take_said(), "prog: loud\n");
}

static void
diag_escapes_what_would_write_to_a_terminal(void **state)
{
	diag_errx("%s", "a\x1b]0;x\x07\nprog: forged\r\xff caf\xc3\xa9 \xe2\x80\xae");
	assert_string_equal(
	    take_said(), "prog: a\\x1b]0;x\\x07\\x0aprog: forged\\x0d\\xff caf\xc3\xa9 \\xe2\\x80\\xae\n");
}

static void
diag_cuts_a_long_line_and_keeps_its_reason_and_end(void **state)
{
	char text[8000];

	memset(text, '\x01', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	errno = ENOSPC;
	diag_err("%s", text);
	(void)take_said();
	assert_true(strlen(said) <= 4096);
	assert_string_equal(said + strlen(said) - 26, ": No space left on device\n");
	memset(text, 'x', sizeof(text) - 1);
	diag_init(text, 0);
	diag_errx("%s", text);
	(void)take_said();
	assert_true(strlen(said) <= 4096);
	assert_int_equal(said[strlen(said) - 1], '\n');
	diag_init("prog", 0);
}

static void
diag_gives_priority_and_id_where_the_journal_listens(void **state)
{
	char stream[64];
	struct stat st;

	assert_int_equal(fstat(sink, &st), 0);
	(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	diag_init("prog", 1);
	diag_errx("e");
	diag_warnx("w");
	diag_notice("n");
	diag_debug("d");
	assert_string_equal(take_said(),
	    "<3>prog: e [e00c22e0]\n<4>prog: w [f20c3f36]\n<5>prog: n [eb0c3431]\n<7>prog: d [e10c2473]\n");
	/* The id is the message's, whatever it names. */
	errno = ENOENT;
	diag_err("case %s: down", "LI-1");
	assert_string_equal(take_said(), "<3>prog: case LI-1: down: No such file or directory [fe7597e1]\n");
	diag_errx("case %s: down", "LI-2");
	assert_string_equal(take_said(), "<3>prog: case LI-2: down [fe7597e1]\n");
	assert_int_equal(setenv("JOURNAL_STREAM", "1:1", 1), 0); /* a terminal below a service */
	diag_init("prog", 0);
	diag_errx("e");
	assert_string_equal(take_said(), "prog: e\n");
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
}

static void
diag_survives_a_descriptor_that_is_gone(void **state)
{
	diag_capture(9999);
	errno = EIO;
	diag_err("nobody hears");
	assert_int_equal(errno, EIO);
	diag_capture(sink);
}

static void
fault_147_hostile_environment_is_ignored(void **state)
{
	(void)umask(0);
	assert_int_equal(setenv("TZ", "Asia/Tokyo", 1), 0);
	assert_int_equal(setenv("LC_ALL", "de_DE.ISO-8859-1", 1), 0);
	assert_int_equal(setenv("LOCPATH", "/nonexistent", 1), 0);
	diag_init("prog", 0);
	assert_int_equal(umask(027), 027);
	assert_string_equal(getenv("TZ"), "UTC0");
	assert_null(getenv("LOCPATH"));
	assert_string_equal(setlocale(LC_ALL, NULL), "C.UTF-8");
	errno = ENOENT;
	diag_err("x");
	assert_string_equal(take_said(), "prog: x: No such file or directory\n");
}

static void
fault_137_sigpipe_and_sigxfsz_are_ignored(void **state)
{
	assert_ptr_equal(signal(SIGPIPE, SIG_IGN), SIG_IGN);
	assert_ptr_equal(signal(SIGXFSZ, SIG_IGN), SIG_IGN);
}

static void
diag_init_opens_closed_standard_descriptors(void **state)
{
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		(void)close(0);
		(void)close(2);
		diag_init("prog", 0);
		/* The next file must not be where diagnostics go. */
		_exit(fcntl(0, F_GETFD) == -1 || fcntl(2, F_GETFD) == -1 ||
		      open("/dev/null", O_RDONLY | O_CLOEXEC) <= 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(diag_prints_one_line_with_the_program_and_the_reason, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(diag_debug_speaks_only_when_asked, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(diag_escapes_what_would_write_to_a_terminal, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(diag_cuts_a_long_line_and_keeps_its_reason_and_end, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(diag_gives_priority_and_id_where_the_journal_listens, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(diag_survives_a_descriptor_that_is_gone, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(fault_147_hostile_environment_is_ignored, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(fault_137_sigpipe_and_sigxfsz_are_ignored, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(diag_init_opens_closed_standard_descriptors, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
