#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bootid.h"

static void
bootid_is_the_kernels_whatever_the_environment_says(void **state)
{
	char id[BOOTID_ROOM], again[BOOTID_ROOM];

	(void)state;
	assert_int_equal(setenv("CASETAP_BOOT_ID", "00000000000000000000000000000000", 1), 0);
	assert_int_equal(bootid_read(id), 0);
	assert_int_equal(strlen(id), BOOTID_ROOM - 1);
	assert_string_not_equal(id, "00000000-0000-0000-0000-000000000000");
	assert_int_equal(unsetenv("CASETAP_BOOT_ID"), 0);
	assert_int_equal(bootid_read(again), 0);
	assert_string_equal(id, again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bootid_is_the_kernels_whatever_the_environment_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
