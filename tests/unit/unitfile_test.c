#include "buf.h"
#include "unitfile.h"

#include "scratch.h"

static const char unit[] = "[Service]\n"
			   "ExecStart=/usr/sbin/x --config /etc/x/x.conf --iap %i\n"
			   "RootDirectory=/run/x\n"
			   "# BindPaths=/root\n"
			   "BindReadOnlyPaths=/usr -/bin \\\n"
			   "  /etc/x/ /a:/b:rbind\n"
			   "BindPaths=/var/lib/x\n"
			   "ReadWritePaths=/var/lib/x/spool\n";

static struct unitfile u;

/* The units in the two folders, the first of which comes before the second. */
static int
load(void)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/etc:%s/none:%s/usr", scratch_dir, scratch_dir, scratch_dir);
	assert_int_equal(setenv("SYSTEMD_UNIT_PATH", path, 1), 0);
	return unitfile_load(&u, "x", "north");
}

static void
make(const char *name)
{
	assert_int_equal(mkdir(scratch_path(name), 0755), 0);
}

static int
set_up(void **state)
{
	if (scratch_setup(state) == -1)
		return -1;
	make("etc");
	make("usr");
	return 0;
}

static int
tear_down(void **state)
{
	unitfile_free(&u);
	memset(&u, 0, sizeof(u));
	return scratch_teardown(state);
}

static void
unit_shows_what_it_binds_where_it_binds_it(void **state)
{
	(void)state;
	scratch_puts("usr/x@.service", unit);
	assert_int_equal(load(), 1);
	assert_true(u.has_root);
	assert_true(unitfile_sees(&u, "/usr") && unitfile_sees(&u, "/usr/lib/y") && unitfile_sees(&u, "/bin/sh"));
	assert_true(unitfile_sees(&u, "/etc/x") && unitfile_sees(&u, "/etc/x/x.conf"));
	assert_true(unitfile_sees(&u, "/var/lib/x/spool"));
	assert_true(unitfile_sees(&u, "/b/c") && !unitfile_sees(&u, "/a/c"));
	assert_false(unitfile_sees(&u, "/etc/xy") || unitfile_sees(&u, "/etc") || unitfile_sees(&u, "/root"));
	assert_true(unitfile_covers(&u, UNITFILE_WRITE, "/var/lib/x/spool/LI"));
	assert_false(unitfile_covers(&u, UNITFILE_WRITE, "/var/lib/x"));
	assert_true(unitfile_covers(&u, UNITFILE_EXEC, "/etc/x/x.conf"));
	assert_false(unitfile_covers(&u, UNITFILE_EXEC, "/etc/x/y.conf"));
}

static void
unit_without_a_root_of_its_own_shows_all(void **state)
{
	(void)state;
	assert_int_equal(load(), 0);
	unitfile_free(&u);
	scratch_puts("usr/x@.service", "[Service]\nBindPaths=/a\n");
	assert_int_equal(load(), 1);
	assert_false(u.has_root);
	assert_true(unitfile_sees(&u, "/b"));
	unitfile_free(&u);
	scratch_puts("usr/x@.service", "[Service]\nRootDirectory=/\n");
	assert_int_equal(load(), 1);
	assert_true(unitfile_sees(&u, "/b"));
}

static void
unit_is_changed_by_its_drop_ins_and_those_of_the_instance(void **state)
{
	(void)state;
	scratch_puts("usr/x@.service", unit);
	make("etc/x@.service.d");
	make("etc/x@north.service.d");
	make("etc/x@south.service.d");
	scratch_puts("etc/x@.service.d/all.conf", "[Service]\nBindReadOnlyPaths=\nBindReadOnlyPaths=/srv\n");
	scratch_puts("etc/x@.service.d/all.txt", "[Service]\nBindPaths=/txt\n");
	scratch_puts("etc/x@north.service.d/one.conf", "[Service]\nBindPaths=/north");
	scratch_puts("etc/x@south.service.d/one.conf", "[Service]\nBindPaths=/south\n");
	assert_int_equal(load(), 1);
	/* The unit comes first, wherever it lies. */
	assert_true(unitfile_sees(&u, "/srv/x") && unitfile_sees(&u, "/north") && unitfile_sees(&u, "/var/lib/x"));
	assert_false(unitfile_sees(&u, "/usr") || unitfile_sees(&u, "/south") || unitfile_sees(&u, "/txt"));
}

static void
unit_of_the_first_folder_hides_the_others(void **state)
{
	(void)state;
	scratch_puts("usr/x@.service", unit);
	scratch_puts("etc/x@.service", "[Service]\nRootDirectory=/run/y\nBindPaths=/y\n");
	assert_int_equal(load(), 1);
	assert_true(unitfile_sees(&u, "/y") && !unitfile_sees(&u, "/usr"));
}

static void
unit_that_can_not_be_read_is_said_to_be_none(void **state)
{
	(void)state;
	make("etc/x@.service");
	assert_int_equal(load(), -1);
	assert_true(errno != ENOENT);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    ON_DISK(unit_shows_what_it_binds_where_it_binds_it),
	    ON_DISK(unit_without_a_root_of_its_own_shows_all),
	    ON_DISK(unit_is_changed_by_its_drop_ins_and_those_of_the_instance),
	    ON_DISK(unit_of_the_first_folder_hides_the_others),
	    ON_DISK(unit_that_can_not_be_read_is_said_to_be_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
