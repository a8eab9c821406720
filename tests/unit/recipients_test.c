#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "recipients.h"

#define ESCROW "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

static struct conf_destination destinations[3];
static struct age_recipient keys[AGE_RECIPIENTS_MAX + 1], list[AGE_RECIPIENTS_MAX];
static struct conf conf;
static struct order order;
static char why[256];

static int
set_up(void **state)
{
	size_t i;

	(void)state;
	memset(destinations, 0, sizeof(destinations));
	memset(keys, 0, sizeof(keys));
	memset(&conf, 0, sizeof(conf));
	memset(&order, 0, sizeof(order));
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		keys[i].key[0] = (uint8_t)(i + 1);
	for (i = 0; i < 3; i++)
		(void)snprintf(destinations[i].name, sizeof(destinations[i].name), "lea-%zu", i);
	conf.destinations = destinations;
	conf.destination_count = 3;
	why[0] = '\0';
	return 0;
}

static void
is_for(const char *name)
{
	(void)snprintf(order.destinations[order.destination_count++], sizeof(order.destinations[0]), "%s", name);
}

static void
opens(unsigned destination, size_t first, size_t count)
{
	destinations[destination].encrypt_to = &keys[first];
	destinations[destination].encrypt_to_count = count;
}

static int
recipients(void)
{
	return recipients_of(&conf, &order, list, why, sizeof(why));
}

static void
a_case_is_encrypted_if_its_destinations_are(void **state)
{
	(void)state;
	assert_int_equal(recipients(), 0);
	is_for("lea-0");
	is_for("lea-1");
	assert_int_equal(recipients(), 0);
	opens(0, 0, 2);
	opens(1, 1, 2);
	opens(2, 3, 1); /* which the order does not name */
	assert_int_equal(recipients(), 3);
	assert_memory_equal(list, keys, 3 * sizeof(keys[0]));
}

static void
one_destination_without_a_recipient_refuses_the_case(void **state)
{
	(void)state;
	is_for("lea-0");
	is_for("lea-1");
	opens(0, 0, 1);
	assert_int_equal(recipients(), -1);
	assert_non_null(strstr(why, "lea-1"));
	/* A destination that the configuration does not have can not be known to encrypt. */
	opens(1, 1, 1);
	is_for("gone");
	assert_int_equal(recipients(), -1);
	assert_non_null(strstr(why, "gone"));
}

static void
an_orders_escrow_recipient_is_one_more_and_never_the_only_one(void **state)
{
	struct age_recipient escrow;

	(void)state;
	assert_int_equal(age_recipient_parse(ESCROW, strlen(ESCROW), &escrow), 0);
	is_for("lea-0");
	(void)snprintf(order.escrow, sizeof(order.escrow), "%s", ESCROW);
	assert_int_equal(recipients(), -1);
	assert_non_null(strstr(why, "escrow"));
	opens(0, 0, 1);
	assert_int_equal(recipients(), 2);
	assert_memory_equal(list[1].key, escrow.key, sizeof(escrow.key));
	(void)snprintf(order.escrow, sizeof(order.escrow), "age1nobody");
	assert_int_equal(recipients(), -1);
}

static void
more_recipients_than_a_file_can_have_are_refused(void **state)
{
	(void)state;
	is_for("lea-0");
	is_for("lea-1");
	opens(0, 0, AGE_RECIPIENTS_MAX);
	opens(1, 0, 1);
	assert_int_equal(recipients(), AGE_RECIPIENTS_MAX);
	opens(1, AGE_RECIPIENTS_MAX, 1);
	assert_int_equal(recipients(), -1);
	assert_non_null(strstr(why, "too many"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(a_case_is_encrypted_if_its_destinations_are, set_up),
	    cmocka_unit_test_setup(one_destination_without_a_recipient_refuses_the_case, set_up),
	    cmocka_unit_test_setup(an_orders_escrow_recipient_is_one_more_and_never_the_only_one, set_up),
	    cmocka_unit_test_setup(more_recipients_than_a_file_can_have_are_refused, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
