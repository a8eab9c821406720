#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "alarm.h"
#include "scratch.h"

/* More than the socket to the helper holds. */
#define ALARMS 80

static void
more_alarms_than_the_helper_can_take_at_once_are_all_heard(void **state)
{
	char program[1024];
	struct alarm *a;
	struct stat st;

	(void)state;
	(void)snprintf(program, sizeof program, "#!/bin/sh\nprintf x >>%s\n", scratch_path("heard"));
	scratch_put("program", program, strlen(program), 0755);
	a = alarm_start(scratch_path("program"), NULL);
	assert_non_null(a);
	for (unsigned i = 0; i < ALARMS; i++)
		alarm_raise(a, &(const struct alarm_text){.kind = "conflict", .destination = "lea"});
	alarm_end(a);
	assert_int_equal(stat(scratch_path("heard"), &st), 0);
	assert_int_equal(st.st_size, ALARMS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(more_alarms_than_the_helper_can_take_at_once_are_all_heard),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
