#ifndef FOLLOWS_RADIUS_H
#define FOLLOWS_RADIUS_H

#include "radiuss.h"

#include "follows.h"

/*
 * What tests of following by RADIUS need: a server and two clients of it, and messages between them.
 */
#define SERVER "192.0.2.9"
#define NAS "192.0.2.1"
#define NAS2 "192.0.2.2"
#define A "198.51.100.50"
#define B "198.51.100.51"
#define USER "alice"

static inline struct conf_address
v4(const char *text)
{
	struct conf_address a = {.family = 4};

	assert_int_equal(inet_pton(AF_INET, text, a.addr), 1);
	return a;
}

/* An access point between them, whose ports each test sets. */
static inline void
network(void)
{
	struct conf_radius *r = &iap.radius;

	clear();
	r->servers[0] = v4(SERVER);
	r->clients[0] = v4(NAS);
	r->clients[1] = v4(NAS2);
	r->pools[0] = (struct conf_network){4, 24, {198, 51, 100}};
	r->pools[1] = (struct conf_network){6, 32, {0x20, 0x01, 0x0d, 0xb8}};
	r->server_count = 1;
	r->client_count = r->pool_count = 2;
	r->silence = 600;
}

/* Show what f holds, between these ends and ports.  Return whether it was about the subject. */
static inline int
show_between(stamp_t time, const char *from, uint16_t source_port, const char *to, uint16_t target_port)
{
	struct follow_frame frame = {.time = time, .sha256 = proof, .family = 4};
	struct radius m;

	radius_end(&f);
	memcpy(frame.source, v4(from).addr, 4);
	memcpy(frame.target, v4(to).addr, 4);
	frame.source_port = source_port;
	frame.target_port = target_port;
	assert_int_equal(radius_parse(&m, f.data, f.n), 0);
	return shown(follow_radius(follow, &m, &frame));
}

#endif
