#include <string.h>

#include "followed.h"

/*
 * Input: messages of RADIUS, each behind two bytes of length and one that says between whom and when.  Each is parsed, and
 * shown to one who follows a subject: what it holds must stay within its rules.
 */

static struct order order;
static struct order_identity identities[2] = {{ORDER_RADIUS_USER, 1, "a"}, {ORDER_RADIUS_CALLING, 1, "b"}};
static struct conf_iap iap = {.radius = {.servers = {{4, {192, 0, 2, 9}}},
				  .clients = {{4, {192, 0, 2, 1}}, {4, {192, 0, 2, 2}}},
				  .pools = {{4, 24, {198, 51, 100}}, {6, 32, {0x20, 0x01, 0x0d, 0xb8}}},
				  .server_count = 1,
				  .client_count = 2,
				  .pool_count = 2,
				  .silence = 60,
				  .ports = {1812},
				  .port_count = 1}};

static void
on_event(void *cookie, const struct follow_event *e)
{
	const struct order_prefix *p;

	(void)cookie;
	if (e->kind == FOLLOW_NOTED) {
		require(e->binding == NULL && e->how[0] != ' ');
		return;
	}
	p = &e->binding->address;
	require(memcmp(p->addr, iap.radius.pools[p->family == 4 ? 0 : 1].addr, p->family == 4 ? 3 : 4) == 0);
	require(p->bits >= (p->family == 4 ? 32 : 48));
	require(e->kind == FOLLOW_ENDED || e->binding->until > e->time);
}

static void
check(struct follow *f)
{
	const struct order_prefix *a, *b;
	uint8_t bits;
	size_t i, k;

	require(follow_count(f) <= FOLLOW_BINDINGS_MAX);
	for (i = 0; i < follow_count(f); i++) {
		require(follow_binding(f, i)->until >= follow_next(f));
		a = &follow_binding(f, i)->address;
		for (k = 0; k < i; k++) {
			b = &follow_binding(f, k)->address;
			bits = (a->bits < b->bits ? a->bits : b->bits) & 0xf8;
			require(a->family != b->family || bits < 8 || memcmp(a->addr, b->addr, bits / 8) != 0 ||
				(a->bits | b->bits) % 8 != 0);
		}
	}
}

static void
show(struct follow *f, const uint8_t *data, size_t n, unsigned how, stamp_t time)
{
	struct follow_frame frame = {.time = time, .sha256 = "", .family = 4};
	const struct conf_address *client = &iap.radius.clients[how & 1], *server = &iap.radius.servers[0];
	int is_answer = n > 0 && data[0] != RADIUS_ACCESS_REQUEST && data[0] != RADIUS_ACCOUNTING_REQUEST;
	uint8_t *copy = malloc(n == 0 ? 1 : n);
	struct radius m;

	require(copy != NULL);
	memcpy(copy, data, n);
	memcpy(frame.source, is_answer ? server->addr : client->addr, sizeof(frame.source));
	memcpy(frame.target, is_answer ? client->addr : server->addr, sizeof(frame.target));
	frame.source_port = is_answer ? 1812 : 40000;
	frame.target_port = is_answer ? 40000 : 1812;
	if (radius_parse(&m, copy, n) == 0)
		(void)follow_radius(f, &m, &frame);
	if ((how & 2) != 0)
		follow_shift(f, STAMP_SECOND);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const stamp_t time = INT64_C(1763900000) * STAMP_SECOND;

	order.identities = identities;
	order.identity_count = 2;
	return followed_read(follow_new(&order, &iap, time, on_event, NULL), data, n, time, show, check);
}
