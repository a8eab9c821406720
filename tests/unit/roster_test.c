#include "scratch.h"

#include "roster.h"

#include "chances.h"
#include "follow_clients.h"
#include "follow_hosts.h"
#include "follow_line.h"
#include "follow_sessions.h"

/*
 * Many subjects are followed twice: each message is shown to all of the one side, and to those whom the roster calls of the
 * other.  Whatever comes, both sides tell and know the same.
 */
#define T0 (INT64_C(1763900000) * STAMP_SECOND)
#define S STAMP_SECOND
#define MEMBERS 30
#define NAMES_MAX 4
#define MESSAGES 4000
#define ROUNDS 30

struct side {
	struct follow *follow[MEMBERS];
	int called[MEMBERS];
	uint64_t told[MEMBERS]; /* a sum over all that was told */
};

static struct order orders[MEMBERS];
static struct order_identity identities[MEMBERS][NAMES_MAX];
static struct conf_iap iap;
static struct side plain, listed;
static struct roster *roster;
static stamp_t now;
static unsigned long events, shown_count, aside_count, kind_events[FOLLOW_SOURCES];

static void
add(uint64_t *sum, const void *bytes, size_t n)
{
	const uint8_t *at = bytes;

	for (; n > 0; n--)
		*sum = (*sum ^ *at++) * UINT64_C(0x100000001b3);
}

static void
on_event(void *cookie, const struct follow_event *e)
{
	uint64_t *sum = cookie;

	add(sum, &e->kind, sizeof(e->kind));
	add(sum, &e->access, sizeof(e->access));
	add(sum, e->how, strlen(e->how));
	add(sum, e->sha256, strlen(e->sha256));
	add(sum, &e->time, sizeof(e->time));
	add(sum, &e->xid, sizeof(e->xid));
	if (e->session.n > 0)
		add(sum, e->session.at, e->session.n);
	if (e->binding != NULL) {
		add(sum, &e->binding->address, sizeof(e->binding->address));
		add(sum, &e->binding->until, sizeof(e->binding->until));
		kind_events[e->binding->source]++;
	}
	events++;
}

/* An access point at which all is learned from. */
static void
lay_out(void)
{
	struct conf_radius *r = &iap.radius;
	struct conf_ipv6 *v6 = &iap.ipv6;
	const struct conf_network pool4 = {4, 24, {198, 51, 100}}, pool6 = {6, 32, {0x20, 0x01, 0x0d, 0xb8}};

	memset(&iap, 0, sizeof(iap));
	iap.dhcp_servers[0][0] = 192;
	iap.dhcp_server_count = 1;
	memcpy(iap.dhcp_pools[0].addr, pool4.addr, 4);
	iap.dhcp_pools[0].bits = 24;
	iap.dhcp_pool_count = 1;
	r->servers[0] = (struct conf_address){4, {192}};
	r->clients[0] = (struct conf_address){4, {10}};
	r->pools[0] = pool4;
	r->pools[1] = pool6;
	r->server_count = r->client_count = 1;
	r->pool_count = 2;
	r->silence = 120;
	r->ports[0] = 1812;
	r->coa_ports[0] = 3799;
	r->port_count = r->coa_port_count = 1;
	memcpy(iap.pppoe.concentrators[0], chance_mac(0), 6);
	iap.pppoe.concentrator_count = 1;
	iap.pppoe.silence = 120;
	v6->servers[0].addr[0] = 0xfe;
	v6->servers[1].addr[0] = 0x20;
	v6->servers[0].addr[1] = v6->servers[1].addr[1] = 0x80;
	v6->pools[0] = v6->slaac_pools[0] = pool6;
	v6->server_count = 2;
	v6->pool_count = v6->slaac_pool_count = 1;
	memcpy(v6->routers[0], chance_mac(1), 6);
	memcpy(v6->routers[1], chance_mac(2), 6);
	v6->router_count = 2;
	v6->silence = 120;
}

static void
name(struct order *o, struct order_identity *list)
{
	size_t i, n = 1 + chance(NAMES_MAX);

	memset(o, 0, sizeof(*o));
	memset(list, 0, NAMES_MAX * sizeof(*list));
	o->identities = list;
	o->identity_count = n;
	for (i = 0; i < n; i++) {
		const unsigned kind = chance(ORDER_IDENTITY_KINDS);
		const struct wire_bytes b = chance_name(kind, chance(CHANCE_CLIENTS));

		list[i].kind = (uint8_t)kind;
		list[i].length = (uint8_t)b.n;
		memcpy(list[i].bytes, b.at, b.n);
	}
}

static void
begin(struct side *s, size_t i)
{
	s->follow[i] = follow_new(&orders[i], &iap, now, on_event, &s->told[i]);
	assert_non_null(s->follow[i]);
	if (s == &listed)
		assert_int_equal(roster_put(roster, s->follow[i], &s->called[i]), 0);
}

static void
end(struct side *s, size_t i)
{
	if (s == &listed)
		roster_drop(roster, s->follow[i]);
	follow_free(s->follow[i]);
	s->follow[i] = NULL;
}

/* All that a message can change, but what is only looked at while one is shown. */
static void
same(size_t i)
{
	const struct follow *a = plain.follow[i], *b = listed.follow[i];

	assert_true(plain.told[i] == listed.told[i]);
	assert_ptr_equal(a->blind, b->blind);
	assert_true(a->count == b->count && a->unknown == b->unknown && a->settled == b->settled);
	assert_true(a->has_changed == b->has_changed && a->has_narrowed == b->has_narrowed);
	assert_memory_equal(a->bindings, b->bindings, a->count * sizeof(a->bindings[0]));
	assert_memory_equal(a->pending, b->pending, sizeof(a->pending));
	assert_memory_equal(&a->given, &b->given, sizeof(a->given));
	assert_true(a->given_done == b->given_done && a->disputed_count == b->disputed_count);
	if (a->sessions != NULL)
		assert_memory_equal(a->sessions, b->sessions, sizeof(*a->sessions));
	if (a->lines != NULL)
		assert_memory_equal(a->lines, b->lines, sizeof(*a->lines));
	if (a->clients != NULL)
		assert_memory_equal(a->clients, b->clients, sizeof(*a->clients));
	if (a->hosts != NULL)
		assert_memory_equal(a->hosts, b->hosts, sizeof(*a->hosts));
	assert_true(follow_next(plain.follow[i]) == follow_next(listed.follow[i]));
}

static void
show(void)
{
	char sha256[DIGEST_HEX];
	struct follow_frame frame = {.time = now, .sha256 = sha256};
	struct follow_message m;
	size_t i, n = 0;
	int is_own;

	(void)snprintf(sha256, sizeof(sha256), "%064x", chance(1U << 30)); /* it fits */
	chance_message(&m, &frame);
	n = roster_call(roster, &m, &frame);
	for (i = 0; i < n; i++)
		*(int *)roster_called(roster, i) += 1;
	for (i = 0; i < MEMBERS; i++) {
		is_own = follow_show(plain.follow[i], &m, &frame);
		if (listed.called[i] > 0) {
			assert_int_equal(listed.called[i], 1);
			assert_int_equal(follow_show(listed.follow[i], &m, &frame), is_own);
			shown_count++;
			n--;
		} else {
			assert_int_equal(is_own, 0);
			aside_count++;
		}
		listed.called[i] = 0;
		assert_true(plain.told[i] == listed.told[i]);
	}
	assert_int_equal(n, 0);
}

/* A new reader takes one up as the one before has left it. */
static void
start_anew(size_t i)
{
	static struct kept kept;

	memset(&kept, 0, sizeof(kept));
	follow_keep(plain.follow[i], &kept);
	end(&plain, i);
	end(&listed, i);
	begin(&plain, i);
	begin(&listed, i);
	follow_recall(plain.follow[i], &kept);
	follow_recall(listed.follow[i], &kept);
	assert_int_equal(follow_resume(plain.follow[i], &kept, now), follow_resume(listed.follow[i], &kept, now));
}

static void
give(size_t i)
{
	struct given_list list;

	memset(&list, 0, sizeof(list));
	for (list.count = 0; list.count < chance(3); list.count++) {
		struct given_address *g = &list.at[list.count];

		g->address = chance_address(chance(2) == 0 ? 4 : 6);
		g->from = now + (stamp_t)chance(20) * S;
		g->until = g->from + (stamp_t)(1 + chance(200)) * S;
		(void)snprintf(g->sha256, sizeof(g->sha256), "%064x", chance(1U << 30)); /* it fits */
	}
	follow_give(plain.follow[i], &list, now);
	follow_give(listed.follow[i], &list, now);
}

/* What else may happen to one, or to all. */
static void
happen(void)
{
	size_t i = chance(MEMBERS);
	stamp_t step = (stamp_t)chance(5) * S;
	unsigned what = chance(40);

	if (what == 0) {
		start_anew(i);
	} else if (what == 1) {
		follow_forget(plain.follow[i], now);
		follow_forget(listed.follow[i], now);
	} else if (what < 6) {
		give(i);
	} else if (what == 6) {
		follow_change(plain.follow[i], &orders[i]);
		follow_change(listed.follow[i], &orders[i]);
	}
	for (i = 0; i < MEMBERS && what == 7; i++) {
		follow_shift(plain.follow[i], step);
		follow_shift(listed.follow[i], step);
	}
	now += what == 7 ? step : 0;
	for (i = 0; i < MEMBERS && what > 20; i++) {
		follow_expire(plain.follow[i], now);
		follow_expire(listed.follow[i], now);
	}
}

static void
follow_all(unsigned long seed)
{
	size_t i, k;

	chance_state = UINT64_C(0x9e3779b97f4a7c15) * seed;
	now = T0;
	roster = roster_new();
	assert_non_null(roster);
	for (i = 0; i < MEMBERS; i++) {
		name(&orders[i], identities[i]);
		begin(&plain, i);
		begin(&listed, i);
	}
	for (k = 0; k < MESSAGES; k++) {
		now += (stamp_t)chance(3) * S / 2;
		if (chance(8) == 0)
			happen();
		show();
		for (i = k % MEMBERS; i < MEMBERS; i += k % 32 == 0 ? 1 : MEMBERS)
			same(i);
	}
	for (i = 0; i < MEMBERS; i++) {
		end(&plain, i);
		end(&listed, i);
	}
	roster_free(roster);
}

static void
who_is_not_called_has_nothing_to_do_with_it_whatever_comes(void **state)
{
	unsigned long seed;

	(void)state;
	lay_out();
	for (seed = 1; seed <= ROUNDS; seed++)
		follow_all(seed);
	/* All of it has happened, often, and the roster is of some use. */
	assert_true(events > 10000 && kind_events[FOLLOW_DHCP4] > 200 && kind_events[FOLLOW_DHCP6] > 200 &&
		    kind_events[FOLLOW_RADIUS] > 200 && kind_events[FOLLOW_PPPOE] > 200 &&
		    kind_events[FOLLOW_SLAAC] > 200 && kind_events[FOLLOW_GIVEN] > 200);
	assert_true(aside_count > 2 * shown_count);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_is_not_called_has_nothing_to_do_with_it_whatever_comes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
