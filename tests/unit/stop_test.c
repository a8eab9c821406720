#include <sys/wait.h>

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "stop.h"

static int
is_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void
stop_has_no_descriptor_before_init(void **state)
{
	assert_int_equal(stop_fd(), -1);
	stop_drain();
	assert_false(stop_requested());
}

static void
fault_136_a_storm_of_hangups_is_one_reload(void **state)
{
	int i;

	assert_int_equal(stop_init(), 0);
	assert_false(is_readable(stop_fd()));
	for (i = 0; i < 100000; i++)
		assert_int_equal(raise(SIGHUP), 0);
	assert_true(is_readable(stop_fd()));
	assert_true(stop_reload_requested());
	assert_false(stop_reload_requested());
	stop_drain();
	assert_false(is_readable(stop_fd()));
	assert_false(stop_requested());
}

/* In a child of its own, because a stop is never taken back. */
static int
stop_of(int sig)
{
	sigset_t set;
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		/* As whoever starts us may have left it. */
		(void)sigemptyset(&set);
		(void)sigaddset(&set, sig);
		if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 || stop_init() == -1 || raise(sig) != 0)
			_exit(1);
		_exit(!(stop_requested() && is_readable(stop_fd()) && !stop_reload_requested()));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
fault_134_sigterm_and_sigint_ask_for_a_stop(void **state)
{
	assert_int_equal(stop_of(SIGTERM), 0);
	assert_int_equal(stop_of(SIGINT), 0);
}

static void
stop_of_a_child_does_not_wake_its_parent(void **state)
{
	int before;

	assert_int_equal(stop_init(), 0);
	before = stop_fd();
	assert_int_equal(stop_of(SIGTERM), 0);
	assert_int_equal(stop_fd(), before);
	assert_false(is_readable(stop_fd()));
	assert_false(stop_requested());
}

static void
stop_init_forgets_no_request(void **state)
{
	assert_int_equal(stop_init(), 0);
	assert_int_equal(raise(SIGHUP), 0);
	assert_int_equal(stop_init(), 0);
	assert_true(is_readable(stop_fd()));
	assert_true(stop_reload_requested());
	stop_drain();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(stop_has_no_descriptor_before_init),
	    cmocka_unit_test(fault_136_a_storm_of_hangups_is_one_reload),
	    cmocka_unit_test(fault_134_sigterm_and_sigint_ask_for_a_stop),
	    cmocka_unit_test(stop_of_a_child_does_not_wake_its_parent),
	    cmocka_unit_test(stop_init_forgets_no_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
