#include <string.h>

#include "follow_internal.h"
#include "follow_line.h"

#include "followed.h"

/*
 * Input: frames of PPPoE, each behind two bytes of length and one that says of which kind, between whom and when.  Each is
 * parsed, and shown to one who follows a subject: what it holds must stay within its rules.
 */

static struct order order;
static struct order_identity identities[1] = {{ORDER_PPPOE_USER, 1, "a"}};
static struct conf_iap iap = {
    .pppoe = {.concentrators = {{2, 0, 0, 0, 0, 1}}, .concentrator_count = 1, .silence = 60}};

static void
on_event(void *cookie, const struct follow_event *e)
{
	(void)cookie;
	require(e->kind == FOLLOW_NOTED || e->binding != NULL);
	require(e->kind != FOLLOW_BEGUN || e->binding->until > e->time);
}

static void
check(struct follow *f)
{
	size_t i, k;

	require(follow_count(f) <= FOLLOW_BINDINGS_MAX);
	for (i = 0; i < follow_count(f); i++) {
		require(follow_binding(f, i)->until >= follow_next(f));
		for (k = 0; k < i; k++)
			require(memcmp(&follow_binding(f, i)->line, &follow_binding(f, k)->line,
				    sizeof(struct follow_line)) != 0);
	}
}

static void
show(struct follow *f, const uint8_t *data, size_t n, unsigned how, stamp_t time)
{
	static const uint8_t clients[2][6] = {{2, 0, 0, 0, 0, 7}, {2, 0, 0, 0, 0, 8}};
	const uint8_t *client = clients[how >> 2 & 1], *concentrator = iap.pppoe.concentrators[0];
	struct follow_frame frame = {.time = time, .sha256 = ""};
	uint8_t *copy = malloc(n == 0 ? 1 : n);
	struct pppoe m;

	require(copy != NULL);
	memcpy(copy, data, n);
	frame.mac = (how & 1) != 0 ? client : concentrator;
	frame.target_mac = (how & 1) != 0 ? concentrator : client;
	if (pppoe_parse(&m, how >> 1 & 1, copy, n) == 0) {
		require(m.name.n == 0 || (m.name.at >= copy && m.name.at + m.name.n <= copy + n));
		(void)follow_pppoe(f, &m, &frame);
	}
	if (follow_count(f) > 0)
		(void)follow_line_has(&follow_binding(f, 0)->line, copy, (uint32_t)n);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const stamp_t time = INT64_C(1763900000) * STAMP_SECOND;

	order.identities = identities;
	order.identity_count = 1;
	return followed_read(follow_new(&order, &iap, time, on_event, NULL), data, n, time, show, check);
}
