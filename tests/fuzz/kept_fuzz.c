#include <string.h>

#include "kept.h"

#include "followed.h"

/*
 * Input: a byte that says of which kind, and what is kept of where a subject is: the text of the file CASE.IAP.json (or of
 * IAP.mark) but for the hash at its end, which is made here; or just as it is; or the struct that a reader sends.  What is
 * taken must be good and written in the same words again, and what is of the version before in words of now that say the
 * same; a subject that is followed takes it up, and stays within its rules until all of it has run out.
 */
#define IAP "tower-7"

enum kind {
	SEALED,
	AS_IT_IS,
	MARK,
	STRUCT,
	KINDS
};

static const stamp_t start = INT64_C(1763900030) * STAMP_SECOND;
static struct order_identity identities[] = {{ORDER_DHCP_MAC, 6, {2, 0, 0, 0, 0, 7}}, {ORDER_DHCP6_DUID, 4, "duid"},
    {ORDER_DHCP6_INTERFACE_ID, 1, "i"}, {ORDER_DHCP6_RELAY, 16, {0x20, 1}}, {ORDER_SLAAC_MAC, 6, {2, 0, 0, 0, 0, 7}},
    {ORDER_RADIUS_USER, 4, "user"}, {ORDER_PPPOE_USER, 4, "user"}};
static struct order order = {.identities = identities, .identity_count = sizeof(identities) / sizeof(identities[0])};
static struct conf_iap iap = {.dhcp_server_count = 1,
    .dhcp_pools = {{{198, 51, 100, 0}, 24}},
    .dhcp_pool_count = 1,
    .radius = {.server_count = 1,
	.pools = {{4, 24, {198, 51, 100}}, {6, 32, {0x20, 1, 0xd, 0xb8}}},
	.pool_count = 2,
	.silence = 3600},
    .pppoe = {.concentrators = {{2, 0, 0, 0, 0, 1}}, .concentrator_count = 1, .silence = 3600},
    .ipv6 = {.server_count = 1,
	.pools = {{6, 32, {0x20, 1, 0xd, 0xb8}}},
	.pool_count = 1,
	.slaac_pools = {{6, 32, {0x20, 1, 0xd, 0xb8}}},
	.slaac_pool_count = 1,
	.routers = {{2, 0, 0, 0, 0, 1}},
	.router_count = 1,
	.silence = 3600}};

static void
on_event(void *cookie, const struct follow_event *e)
{
	(void)cookie;
	if (e->kind == FOLLOW_BEGUN)
		require(e->binding->from >= start && e->binding->until > start);
}

static int
is_in_pool(const struct follow_binding *b)
{
	if (b->source == FOLLOW_PPPOE)
		return memcmp(b->line.concentrator, iap.pppoe.concentrators[0], 6) == 0;
	return b->address.family == 4 ? memcmp(b->address.addr, iap.dhcp_pools[0].addr, 3) == 0
				      : memcmp(b->address.addr, iap.ipv6.pools[0].addr, 4) == 0;
}

static void
check(struct follow *f)
{
	size_t i, k;

	require(follow_count(f) <= FOLLOW_BINDINGS_MAX && follow_blind(f) != NULL);
	for (i = 0; i < follow_count(f); i++) {
		const struct follow_binding *a = follow_binding(f, i);

		require(is_in_pool(a) && a->until >= follow_next(f));
		for (k = 0; k < i; k++) {
			const struct follow_binding *b = follow_binding(f, k);

			require(a->source != b->source || a->source == FOLLOW_PPPOE ||
				a->address.bits != b->address.bits ||
				memcmp(&a->address, &b->address, sizeof(a->address)) != 0);
		}
	}
}

/* What is known of it now can be kept in turn, and is the same when it is read. */
static void
keep(struct follow *f, const struct kept *was)
{
	static struct kept now, read;
	struct buf text = BUF_INIT;

	memset(&now, 0, sizeof(now));
	memcpy(now.case_id, was->case_id, sizeof(now.case_id));
	memcpy(now.order, was->order, sizeof(now.order));
	follow_keep(f, &now);
	require(kept_is_good(&now, kept_size(&now)));
	require(kept_write(&now, IAP, &text) == 0 && kept_parse(text.data, text.len, IAP, &read) == 0);
	require(memcmp(&now, &read, kept_size(&now)) == 0);
	buf_free(&text);
}

static void
take_up(const struct kept *k)
{
	struct follow *f = follow_new(&order, &iap, start, on_event, NULL);
	stamp_t next = start;
	unsigned i;

	require(f != NULL);
	follow_recall(f, k);
	require(follow_resume(f, k, start) + follow_count(f) == k->count);
	check(f);
	keep(f, k);
	for (i = 0; i < 4 && next != INT64_MAX; i++) {
		follow_expire(f, next);
		require(follow_next(f) > next);
		next = follow_next(f);
	}
	follow_forget(f, next == INT64_MAX ? start : next);
	require(follow_count(f) == 0);
	follow_free(f);
}

/* In the same words, but for what the version before has written: that is another now. */
static int
is_written_again(const struct buf *again, const char *text, size_t n)
{
	static const char before[] = "{\"format\":\"casetap-bindings/1\"",
			  mark[] = "{\"format\":\"casetap-bindings-mark/1\"";

	if (n > sizeof(mark) &&
	    (memcmp(text, before, sizeof(before) - 1) == 0 || memcmp(text, mark, sizeof(mark) - 1) == 0))
		return 1;
	return again->len == n && memcmp(again->data, text, n) == 0;
}

static void
parse(const char *text, size_t n)
{
	static struct kept k, same;
	struct buf again = BUF_INIT;

	if (kept_parse(text, n, IAP, &k) == -1)
		return;
	require(kept_is_good(&k, kept_size(&k)));
	require(kept_write(&k, IAP, &again) == 0 && is_written_again(&again, text, n));
	require(kept_parse(again.data, again.len, IAP, &same) == 0 && memcmp(&k, &same, sizeof(k)) == 0);
	buf_free(&again);
	take_up(&k);
}

static void
parse_mark(const char *text, size_t n)
{
	struct buf again = BUF_INIT;
	struct kept_mark m, same;

	if (kept_mark_parse(text, n, &m) == -1)
		return;
	require(m.realtime > 0 && m.boottime > 0);
	require(kept_mark_write(&m, &again) == 0 && is_written_again(&again, text, n));
	require(kept_mark_parse(again.data, again.len, &same) == 0 && memcmp(&m, &same, sizeof(m)) == 0);
	buf_free(&again);
}

static void
seal(struct buf *text, const uint8_t *data, size_t n)
{
	char hex[DIGEST_HEX];

	if (n == 0 || data[n - 1] != '}' || digest_hex_of(data, n, hex) == -1)
		return;
	require(buf_put(text, data, n - 1) == 0 && buf_printf(text, ",\"sha256\":\"%s\"}\n", hex) == 0);
}

static void
take_struct(const uint8_t *data, size_t n)
{
	static struct kept k;
	struct buf text = BUF_INIT;

	memset(&k, 0, sizeof(k));
	memcpy(&k, data, n < sizeof(k) ? n : sizeof(k));
	if (!kept_is_good(&k, n))
		return;
	if (kept_write(&k, IAP, &text) == 0)
		parse(text.data, text.len);
	buf_free(&text);
	take_up(&k);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf text = BUF_INIT;
	unsigned kind;

	if (n == 0)
		return 0;
	be_silent();
	kind = data[0] % KINDS;
	data++;
	n--;
	if (kind == STRUCT) {
		take_struct(data, n);
		return 0;
	}
	if (kind == AS_IT_IS)
		require(buf_put(&text, data, n) == 0);
	else
		seal(&text, data, n);
	if (text.len > 0 && kind == MARK)
		parse_mark(text.data, text.len);
	else if (text.len > 0)
		parse(text.data, text.len);
	buf_free(&text);
	return 0;
}
