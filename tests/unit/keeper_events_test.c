#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>

#include "json.h"

#include "keeper_internal.h"

/*
 * What a reader says, which may be lied to, or lie.
 */
static struct docket_case only;
static struct keeper k;
static unsigned entries;
static uint32_t kind = MESSAGE_ANOTHERS;

struct docket_case *__wrap_docket_find(struct docket *, const char *);
int __wrap_journal_add(struct journal *, const char *, const char *, const char *, struct json *);

struct docket_case *
__wrap_docket_find(struct docket *d, const char *case_id)
{
	(void)d;
	(void)case_id;
	return &only;
}

int
__wrap_journal_add(struct journal *j, const char *case_id, const char *event, const char *object, struct json *detail)
{
	(void)j;
	(void)case_id;
	(void)object;
	assert_string_equal(event, kind == MESSAGE_RETURNED ? "address-returned" : "address-of-another");
	json_free(detail);
	entries++;
	return 0;
}

/* Is it written down that an address is another's at that time? */
static int
is_taken(stamp_t at)
{
	struct message_event e;
	unsigned before = entries;

	memset(&e, 0, sizeof(e));
	e.kind = kind;
	e.from = at;
	(void)snprintf(e.case_id, sizeof(e.case_id), "LI-1");
	(void)snprintf(e.text, sizeof(e.text), "dhcpv4");
	keeper_take_event(&k, &e);
	return entries > before;
}

static void
address_of_another_is_taken_once_a_day_and_with_a_time(void **state)
{
	(void)state;
	memset(&only, 0, sizeof(only));
	assert_false(is_taken(0));
	assert_false(is_taken(-1));
	assert_false(is_taken(INT64_MIN));
	assert_true(only.anothers == 0);
	assert_true(is_taken(5 * STAMP_DAY));
	assert_false(is_taken(6 * STAMP_DAY - 1));
	assert_false(is_taken(4 * STAMP_DAY + 1));
	assert_true(only.anothers == 5 * STAMP_DAY);
	assert_true(is_taken(6 * STAMP_DAY));
	assert_true(only.anothers == 6 * STAMP_DAY);
}

static int
is_taken_back(stamp_t at)
{
	int is;

	kind = MESSAGE_RETURNED;
	is = is_taken(at);
	kind = MESSAGE_ANOTHERS;
	return is;
}

static void
that_it_is_back_is_taken_once_after_each_time_that_it_was_anothers(void **state)
{
	(void)state;
	memset(&only, 0, sizeof(only));
	assert_false(is_taken_back(5 * STAMP_DAY));
	assert_true(is_taken(5 * STAMP_DAY));
	assert_false(is_taken_back(0));
	assert_true(only.returned == 0);
	assert_true(is_taken_back(5 * STAMP_DAY + 1));
	assert_true(only.anothers == 5 * STAMP_DAY && only.returned == 5 * STAMP_DAY + 1);
	assert_false(is_taken_back(5 * STAMP_DAY + 2));
	/* What was before that; and another reader's word, which tells it anew: on the same day it is over no more. */
	assert_false(is_taken(5 * STAMP_DAY + 1));
	assert_true(only.returned == 5 * STAMP_DAY + 1);
	assert_false(is_taken(5 * STAMP_DAY + 3));
	assert_true(only.anothers == 5 * STAMP_DAY && only.returned == 0);
	assert_true(is_taken_back(5 * STAMP_DAY + 4));
	assert_true(only.returned == 5 * STAMP_DAY + 4);
	assert_false(is_taken_back(5 * STAMP_DAY + 5));
	assert_true(is_taken(6 * STAMP_DAY));
	assert_true(only.returned == 0);
	assert_true(is_taken_back(6 * STAMP_DAY + 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(that_it_is_back_is_taken_once_after_each_time_that_it_was_anothers),
	    cmocka_unit_test(address_of_another_is_taken_once_a_day_and_with_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
