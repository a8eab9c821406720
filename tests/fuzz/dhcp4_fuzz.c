#include <string.h>

#include "followed.h"

/*
 * Input: messages of DHCPv4, each behind two bytes of length and one that says who sent it and when.  Each is parsed, and
 * shown to one who follows a subject: what it holds must stay within its rules.
 */

static struct order order;
static struct order_identity identities[3] = {
    {ORDER_DHCP_MAC, 6, {2, 0, 0x5e, 0, 0x53, 7}}, {ORDER_DHCP_CLIENT_ID, 2, "ab"}, {ORDER_DHCP_REMOTE_ID, 1, "r"}};
static struct conf_iap iap = {.dhcp_servers = {{198, 51, 100, 1}},
    .dhcp_server_count = 1,
    .dhcp_pools = {{{198, 51, 100, 0}, 24}},
    .dhcp_pool_count = 1};

static void
on_event(void *cookie, const struct follow_event *e)
{
	(void)cookie;
	if (e->kind == FOLLOW_NOTED) {
		require(e->binding == NULL);
		return;
	}
	require(memcmp(e->binding->address.addr, iap.dhcp_pools[0].addr, 3) == 0);
	require(e->kind == FOLLOW_ENDED || e->binding->until > e->time);
}

static void
check(struct follow *f)
{
	size_t i, k;

	require(follow_count(f) <= FOLLOW_BINDINGS_MAX);
	for (i = 0; i < follow_count(f); i++) {
		require(follow_binding(f, i)->until >= follow_next(f));
		for (k = 0; k < i; k++)
			require(
			    memcmp(follow_binding(f, i)->address.addr, follow_binding(f, k)->address.addr, 4) != 0);
	}
}

static void
show(struct follow *f, const uint8_t *data, size_t n, unsigned how, stamp_t time)
{
	static const uint8_t server[4] = {198, 51, 100, 1};
	struct follow_frame frame = {.time = time, .sha256 = ""};
	uint8_t *copy = malloc(n == 0 ? 1 : n);
	struct dhcp4 m;

	require(copy != NULL);
	memcpy(copy, data, n);
	if ((how & 1) != 0)
		memcpy(frame.source, server, sizeof(server));
	if ((how & 2) != 0)
		frame.mac = identities[0].bytes;
	if (dhcp4_parse(&m, copy, n) == 0)
		(void)follow_dhcp4(f, &m, &frame);
	if ((how & 4) != 0 && n >= 10)
		follow_arp(f, copy, copy + 4, &frame);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const stamp_t time = INT64_C(1763900000) * STAMP_SECOND;

	order.identities = identities;
	order.identity_count = 3;
	return followed_read(follow_new(&order, &iap, time, on_event, NULL), data, n, time, show, check);
}
