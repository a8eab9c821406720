#include "packages.h"
#include "starved.h"

/*
 * Who judges a package without memory knows nothing of it: an accusation of what is whole would be believed.
 */
static int
judge(void *cookie)
{
	const char *name = cookie;
	char why[256] = "";
	enum package_verdict verdict = packages_check(package.data, package.len, name, why);

	if (verdict == PACKAGE_INTACT)
		return 0;
	if (verdict != PACKAGE_UNREADABLE)
		fail_msg("verdict %d: %s", (int)verdict, why);
	assert_string_equal(why, "out of memory");
	return -1;
}

static void
package_is_called_nothing_but_unreadable_where_memory_runs_out(void **state)
{
	static char name[] = PACKAGES_STEM ".tar";

	assert_true(starved_each(judge, name) > 20);
}

static int
parse(void *cookie)
{
	struct json *j = json_parse(cookie, strlen(cookie), 4);

	if (j == NULL)
		assert_int_equal(errno, ENOMEM);
	json_free(j);
	return j == NULL ? -1 : 0;
}

static void
json_text_is_not_called_wrong_where_memory_runs_out(void **state)
{
	static char text[] = "{\"a\":[\"b\",1,{\"c\":\"d\"}],\"e\":null}";

	assert_true(starved_each(parse, text) > 10);
	errno = ENOMEM; /* of something long ago */
	assert_null(json_parse("{\"a\":", 5, 4));
	assert_int_equal(errno, EINVAL);
}

static int
nest(void *cookie)
{
	struct json *inner = json_object(), *outer = json_object();
	struct buf out = BUF_INIT;
	int rc;

	errno = inner == NULL || outer == NULL ? errno : 0;
	if (json_put_string(inner, "b", "text") != 0) {
		assert_int_equal(errno, ENOMEM);
		json_free(inner);
		inner = NULL;
	}
	rc = json_put(outer, "a", inner) == 0 && json_write(outer, &out) == 0 ? 0 : -1;
	if (rc == -1)
		assert_int_equal(errno, ENOMEM);
	json_free(outer);
	buf_free(&out);
	return rc;
}

static void
json_value_that_found_no_memory_is_not_called_one_that_does_not_fit(void **state)
{
	struct json *j = json_object();

	assert_true(starved_each(nest, NULL) > 4);
	errno = 0;
	assert_int_equal(json_put(j, "a", NULL), -1);
	assert_int_equal(errno, EINVAL);
	json_free(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		package_is_called_nothing_but_unreadable_where_memory_runs_out, packages_set_up, packages_tear_down),
	    cmocka_unit_test(json_text_is_not_called_wrong_where_memory_runs_out),
	    cmocka_unit_test(json_value_that_found_no_memory_is_not_called_one_that_does_not_fit),
	};

	return cmocka_run_group_tests_name("starved_package", tests, NULL, NULL);
}
