#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "channel.h"
#include "fsio.h"
#include "message.h"

struct pair {
	struct channel *a, *b;
	int raw; /* the descriptor behind b, to write what no channel would */
};

static int
set_up(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	int fds[2];

	assert_non_null(p);
	assert_int_equal(channel_pair(fds), 0);
	p->a = channel_new(fds[0]);
	p->b = channel_new(fds[1]);
	p->raw = fds[1];
	assert_non_null(p->a);
	assert_non_null(p->b);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct pair *p = *state;

	channel_free(p->a);
	channel_free(p->b);
	free(p);
	return 0;
}

static void
messages_come_whole_and_in_order(void **state)
{
	struct pair *p = *state;
	enum channel_type type;
	const void *data;
	size_t n;

	assert_int_equal(channel_receive(p->a, &type, &data, &n), 0);
	assert_int_equal(channel_send(p->b, CHANNEL_ORDER, "one", 3), 0);
	assert_int_equal(channel_send(p->b, CHANNEL_APPLY, NULL, 0), 0);
	assert_int_equal(channel_receive(p->a, &type, &data, &n), 1);
	assert_int_equal(type, CHANNEL_ORDER);
	assert_int_equal(n, 3);
	assert_memory_equal(data, "one", 3);
	assert_int_equal(channel_receive(p->a, &type, &data, &n), 1);
	assert_int_equal(type, CHANNEL_APPLY);
	assert_int_equal(n, 0);
	assert_int_equal(channel_receive(p->a, &type, &data, &n), 0);
}

static void
what_is_deferred_goes_out_in_its_place_with_the_next_or_when_much_waits(void **state)
{
	struct pair *p = *state;
	enum channel_type type;
	static uint8_t big[100];
	const void *data;
	size_t n, count;

	assert_int_equal(channel_defer(p->a, CHANNEL_EVENT, "one", 3), 0);
	assert_int_equal(channel_receive(p->b, &type, &data, &n), 0);
	assert_false(channel_wants_write(p->a));
	assert_int_equal(channel_send(p->a, CHANNEL_EVENT, "two", 3), 0);
	assert_int_equal(channel_receive(p->b, &type, &data, &n), 1);
	assert_memory_equal(data, "one", 3);
	assert_int_equal(channel_receive(p->b, &type, &data, &n), 1);
	assert_memory_equal(data, "two", 3);
	assert_int_equal(channel_defer(p->a, CHANNEL_EVENT, "three", 5), 0);
	assert_int_equal(channel_flush(p->a), 0);
	assert_int_equal(channel_receive(p->b, &type, &data, &n), 1);
	assert_memory_equal(data, "three", 5);
	/* Nobody flushes: it goes out all the same, once there is a socket's worth of it. */
	for (count = 0; channel_receive(p->b, &type, &data, &n) == 0; count++)
		assert_int_equal(channel_defer(p->a, CHANNEL_EVENT, big, sizeof(big)), 0);
	assert_true(count > 100 && count * sizeof(big) < (size_t)128 * 1024);
	/* What the socket had no room for is waited for. */
	for (count = 0; !channel_wants_write(p->a) && count < 100000; count++)
		assert_int_equal(channel_defer(p->a, CHANNEL_EVENT, big, sizeof(big)), 0);
	assert_true(channel_wants_write(p->a));
}

static void
neither_side_waits_and_nothing_is_lost(void **state)
{
	struct pair *p = *state;
	char *big = malloc(CHANNEL_MAX);
	enum channel_type type;
	const void *data;
	int i, got = 0, rc;
	size_t n;

	assert_non_null(big);
	for (i = 0; i < 20; i++) {
		memset(big, i, CHANNEL_MAX);
		assert_int_equal(channel_send(p->a, CHANNEL_ORDER, big, CHANNEL_MAX), 0);
	}
	assert_true(channel_wants_write(p->a));
	while (got < 20) {
		rc = channel_receive(p->b, &type, &data, &n);
		assert_int_not_equal(rc, -1);
		assert_int_equal(channel_flush(p->a), 0);
		if (rc == 0)
			continue;
		assert_int_equal(n, CHANNEL_MAX);
		assert_int_equal(((const char *)data)[0], got);
		assert_int_equal(((const char *)data)[CHANNEL_MAX - 1], got);
		got++;
	}
	assert_false(channel_wants_write(p->a));
	free(big);
}

static void
what_is_too_long_is_refused(void **state)
{
	struct pair *p = *state;
	char *big = calloc(1, CHANNEL_MAX + 1);

	assert_non_null(big);
	assert_int_equal(channel_send(p->a, CHANNEL_ORDER, big, CHANNEL_MAX + 1), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(channel_send(p->a, CHANNEL_ORDER, big, CHANNEL_MAX), 0);
	free(big);
}

static void
the_queue_is_bounded(void **state)
{
	struct pair *p = *state;
	char *big = calloc(1, CHANNEL_MAX);
	int i, rc = 0;

	assert_non_null(big);
	for (i = 0; i < 1000 && rc == 0; i++)
		rc = channel_send(p->a, CHANNEL_ORDER, big, CHANNEL_MAX);
	assert_int_equal(rc, -1);
	assert_int_equal(errno, ENOBUFS);
	assert_true(i > 100);
	free(big);
}

static void
a_message_in_single_bytes_is_put_together(void **state)
{
	struct pair *p = *state, other;
	unsigned char bytes[64];
	enum channel_type type;
	const void *data;
	int fds[2];
	size_t n, i;
	ssize_t got;

	/* What a channel writes, taken off a second pair. */
	assert_int_equal(channel_pair(fds), 0);
	other.a = channel_new(fds[0]);
	assert_non_null(other.a);
	assert_int_equal(channel_send(other.a, CHANNEL_ORDER, "bytes", 5), 0);
	got = read(fds[1], bytes, sizeof(bytes));
	assert_true(got > 5);
	for (i = 0; i < (size_t)got; i++) {
		assert_int_equal(channel_receive(p->a, &type, &data, &n), 0);
		assert_int_equal(write(p->raw, bytes + i, 1), 1);
	}
	assert_int_equal(channel_receive(p->a, &type, &data, &n), 1);
	assert_int_equal(n, 5);
	assert_memory_equal(data, "bytes", 5);
	channel_free(other.a);
	(void)close(fds[1]);
}

static void
a_closed_end_is_found_after_all_it_said(void **state)
{
	struct pair *p = *state;
	enum channel_type type;
	const void *data;
	size_t n;

	assert_int_equal(channel_send(p->b, CHANNEL_BEGIN, NULL, 0), 0);
	channel_free(p->b);
	p->b = NULL;
	assert_int_equal(channel_receive(p->a, &type, &data, &n), 1);
	assert_int_equal(channel_receive(p->a, &type, &data, &n), -1);
	assert_int_equal(errno, EPIPE);
	/* Nor is a write to it a signal. */
	assert_int_equal(channel_send(p->a, CHANNEL_BEGIN, NULL, 0), -1);
}

static void
what_is_not_of_the_protocol_is_refused(void **state)
{
	static const uint32_t bad[][3] = {
	    {0x43540002, CHANNEL_BEGIN, 0}, /* another version */
	    {0x43540001, 0, 0},
	    {0x43540001, CHANNEL_KEPT + 1, 0},
	    {0x43540001, CHANNEL_ORDER, CHANNEL_MAX + 1},
	};
	enum channel_type type;
	const void *data;
	struct pair p, *q = &p;
	size_t i, n;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(set_up((void **)&q), 0);
		assert_int_equal(write(q->raw, bad[i], sizeof(bad[i])), sizeof(bad[i]));
		assert_int_equal(channel_receive(q->a, &type, &data, &n), -1);
		assert_int_equal(errno, EPROTO);
		assert_int_equal(tear_down((void **)&q), 0);
	}
}

static void
an_event_is_looked_at_before_it_is_believed(void **state)
{
	struct message_event e;

	memset(&e, 0, sizeof(e));
	assert_true(message_event_is_good(&e));
	(void)memcpy(e.case_id, "LI-2026-0042", 13);
	assert_true(message_event_is_good(&e));
	(void)memcpy(e.case_id, "../../etc", 10);
	assert_false(message_event_is_good(&e));
	memset(e.case_id, 'a', sizeof(e.case_id));
	assert_false(message_event_is_good(&e));
	memset(&e, 0, sizeof(e));
	e.kind = MESSAGE_KINDS;
	assert_false(message_event_is_good(&e));
	e.kind = 0;
	(void)memcpy(e.sha256, "beef", 5);
	assert_false(message_event_is_good(&e));
	assert_false(message_fits(CHANNEL_EVENT, sizeof(e) - 1));
	assert_false(message_fits(CHANNEL_ORDER, sizeof(struct message_order)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(messages_come_whole_and_in_order, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		what_is_deferred_goes_out_in_its_place_with_the_next_or_when_much_waits, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(neither_side_waits_and_nothing_is_lost, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_is_too_long_is_refused, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_queue_is_bounded, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_message_in_single_bytes_is_put_together, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_closed_end_is_found_after_all_it_said, set_up, tear_down),
	    cmocka_unit_test(what_is_not_of_the_protocol_is_refused),
	    cmocka_unit_test(an_event_is_looked_at_before_it_is_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
