#include <string.h>

#include "follow_hosts.h"
#include "follow_internal.h"

#include "followed.h"

/*
 * Input: messages of DHCPv6 and of Neighbor Discovery, each behind two bytes of length and one that says of which kind,
 * from whom and when.  Each is parsed, and shown to one who follows a subject by all of both: what it holds must stay
 * within its rules.
 */
static struct order order;
static struct order_identity identities[] = {{ORDER_DHCP6_DUID, 4, "duid"}, {ORDER_DHCP6_MAC, 6, {2, 0, 0, 0, 0, 7}},
    {ORDER_DHCP6_INTERFACE_ID, 1, "i"}, {ORDER_DHCP6_RELAY, 16, {0x20, 1}}, {ORDER_SLAAC_MAC, 6, {2, 0, 0, 0, 0, 7}}};
static struct conf_iap iap = {.ipv6 = {.servers = {{6, {0x20, 1, 0xd, 0xb8, [15] = 1}}},
				  .server_count = 1,
				  .pools = {{6, 32, {0x20, 1, 0xd, 0xb8}}},
				  .pool_count = 1,
				  .slaac_pools = {{6, 32, {0x20, 1, 0xd, 0xb8}}},
				  .slaac_pool_count = 1,
				  .routers = {{2, 0, 0, 0, 0, 1}},
				  .router_count = 1,
				  .silence = 60}};

static void
on_event(void *cookie, const struct follow_event *e)
{
	(void)cookie;
	if (e->kind == FOLLOW_NOTED)
		return;
	require(e->binding != NULL && memcmp(e->binding->address.addr, iap.ipv6.pools[0].addr, 4) == 0);
	require(e->kind == FOLLOW_ENDED || e->binding->until > e->time);
}

static void
check(struct follow *f)
{
	const struct follow_binding *a, *b;
	size_t i, k, hosts = 0;

	require(follow_count(f) <= FOLLOW_BINDINGS_MAX);
	for (i = 0; i < follow_count(f); i++) {
		a = follow_binding(f, i);
		hosts += a->source == FOLLOW_SLAAC;
		require(a->until >= follow_next(f));
		require(a->source == FOLLOW_DHCP6 || (a->source == FOLLOW_SLAAC && a->has_link));
		for (k = 0; k < i; k++) {
			b = follow_binding(f, k);
			require(a->source != b->source || !follow_overlaps(&a->address, &b->address));
		}
	}
	require(hosts <= FOLLOW_HOSTS_MAX);
}

static void
read_all(const struct dhcp6 *m, const uint8_t *data, size_t n)
{
	struct wire_bytes rest = m->options, leases;
	struct dhcp6_lease lease;
	struct dhcp6_ia ia;

	require(m->relay_count <= DHCP6_RELAYS_MAX && m->client_id.n <= DHCP6_DUID_MAX);
	while (dhcp6_next_ia(&rest, &ia)) {
		leases = ia.leases;
		require(leases.at >= data && leases.at + leases.n <= data + n);
		while (dhcp6_next_lease(&leases, ia.kind, &lease))
			require(lease.address.family == 6 && lease.address.bits <= 128);
	}
	require(!m->is_whole || rest.n == 0);
}

static void
show(struct follow *f, const uint8_t *data, size_t n, unsigned how, stamp_t time)
{
	struct follow_frame frame = {.time = time, .sha256 = "", .family = 6};
	uint8_t *copy = malloc(n == 0 ? 1 : n), macs[2][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 7}};
	struct dhcp6 m;
	struct ndp d;

	require(copy != NULL);
	memcpy(copy, data, n);
	frame.mac = macs[how & 1];
	frame.target_mac = macs[~how & 1];
	if ((how & 2) == 0) {
		if ((how & 1) == 0)
			memcpy(frame.source, iap.ipv6.servers[0].addr, 16);
		else
			memcpy(frame.source, "\xfe\x80", 2);
		if (dhcp6_parse(&m, copy, n) == 0) {
			read_all(&m, copy, n);
			(void)follow_dhcp6(f, &m, &frame);
		}
	} else if (ndp_parse(&d, copy, n) == 0) {
		/* From nobody, or from whom it speaks of. */
		if ((how & 4) != 0)
			memcpy(frame.source, d.target, 16);
		(void)follow_ndp(f, &d, &frame);
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const stamp_t time = INT64_C(1763900000) * STAMP_SECOND;

	order.identities = identities;
	order.identity_count = sizeof(identities) / sizeof(identities[0]);
	return followed_read(follow_new(&order, &iap, time, on_event, NULL), data, n, time, show, check);
}
