#include <sys/socket.h>

#include <netinet/in.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "curlio.h"
#include "gate.h"

#define KNOCKERS 5
#define CONNECT_SECONDS 30

/* A lane that asks a server for a name. */
struct knocker {
	struct destination_limits limits;
	const char *base;
	struct curlio_reply reply;
	int has_asked;
	pthread_t thread;
};

/* One that takes connections, as the kernel does for whoever listens, and never says a word. */
static int
listen_dumb(char base[64])
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_not_equal(fd, -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	(void)snprintf(base, 64, "https://127.0.0.1:%u/", ntohs(at.sin_port));
	return fd;
}

/* For a thread of its own, too: assertions are for cmocka's alone. */
static void *
ask(void *cookie)
{
	struct knocker *k = cookie;
	struct curlio *io = curlio_new(&k->limits);
	const struct curlio_request q = {
	    .kind = CURLIO_ASK, .protocol = "https", .base = k->base, .path = "LI-1/t/2026-11-20/x.tar"};

	k->has_asked = io != NULL && curlio_begin(io, &q) == 0;
	if (k->has_asked)
		curlio_perform(io, &k->reply);
	curlio_free(io);
	return NULL;
}

static void
a_gate_that_is_shut_ends_each_handshake_and_lets_none_begin(void **state)
{
	const struct timespec a_while = {0, 300000000};
	struct turn *turn = turn_new();
	struct gate *g = gate_new(turn);
	struct knocker knockers[KNOCKERS];
	char base[64];
	int fd = listen_dumb(base);
	time_t begin = time(NULL);

	(void)state;
	assert_non_null(g);
	for (int i = 0; i < KNOCKERS; i++) {
		destination_default_limits(&knockers[i].limits);
		knockers[i].limits.connect_seconds = CONNECT_SECONDS;
		knockers[i].limits.gate = g;
		knockers[i].base = base;
		assert_int_equal(pthread_create(&knockers[i].thread, NULL, ask, &knockers[i]), 0);
	}
	(void)nanosleep(&a_while, NULL); /* cut short, the gate is shut before some knock */
	gate_shut(g);
	for (int i = 0; i < KNOCKERS; i++) {
		assert_int_equal(pthread_join(knockers[i].thread, NULL), 0);
		assert_true(knockers[i].has_asked);
		assert_true(knockers[i].reply.was_stopped);
	}
	assert_true(time(NULL) - begin < CONNECT_SECONDS / 2);
	assert_int_equal(close(fd), 0);
	gate_free(g);
	turn_free(turn);
}

static void
where_there_is_no_gate_a_dumb_server_costs_its_time(void **state)
{
	struct knocker k = {0};
	char base[64];
	int fd = listen_dumb(base);

	(void)state;
	destination_default_limits(&k.limits);
	k.limits.connect_seconds = 1;
	k.base = base;
	(void)ask(&k);
	assert_true(k.has_asked);
	assert_false(k.reply.was_stopped);
	assert_false(k.reply.is_connected);
	assert_int_equal(close(fd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_gate_that_is_shut_ends_each_handshake_and_lets_none_begin),
	    cmocka_unit_test(where_there_is_no_gate_a_dumb_server_costs_its_time),
	};

	if (curlio_init() == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
