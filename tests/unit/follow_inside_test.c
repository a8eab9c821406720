#include "dhcp6s.h"
#include "ndps.h"
#include "pppoes.h"

#include "follow_keys.h"
#include "follow_line.h"

#include "follows.h"

#define USER "alice"

static const uint8_t concentrator[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t *const subject = frame_mac_a, *const stranger = frame_mac_b;

static void
on_event(void *cookie, const struct follow_event *e)
{
	char text[INET6_ADDRSTRLEN] = "";

	(void)cookie;
	if (e->access == ACCESS_ATTEMPT || e->access == ACCESS_ACCEPTED)
		return;
	if (e->binding->address.family == 6)
		assert_non_null(inet_ntop(AF_INET6, e->binding->address.addr, text, sizeof(text)));
	tell("%s %s %s", access_kind_text(e->access), e->method, e->how);
	if (text[0] != '\0')
		tell(" %s/%u", text, e->binding->address.bits);
	if (text[0] != '\0' && e->access != ACCESS_RELEASED)
		tell(" for %d", (int)((e->binding->until - e->time) / S));
	tell("; ");
}

static int
show(stamp_t time, const uint8_t *from, const uint8_t *to, struct follow_message *m)
{
	struct follow_frame frame = {.time = time, .sha256 = proof, .mac = from, .target_mac = to};
	struct follow_keys keys, own;
	size_t i, k, same = 0;
	int is_own;

	follow_keys(follow, &own);
	follow_message_keys(m, &frame, &keys);
	for (i = 0; i < own.count; i++) {
		for (k = 0; k < keys.count; k++)
			same += own.at[i] == keys.at[k];
	}
	is_own = shown(follow_show(follow, m, &frame));
	assert_true(same > 0 || !is_own);
	return is_own;
}

static void
pppoe(stamp_t time, int is_client)
{
	struct follow_message m = {.kind = FOLLOW_MESSAGE_PPPOE};

	assert_int_equal(pppoe_parse(&m.pppoe, f.data[1] != 0, f.data, f.n), 0);
	(void)show(time, is_client ? subject : concentrator, is_client ? concentrator : subject, &m);
}

static void
let_in(stamp_t time, unsigned session)
{
	pppoe_pap(&f, session, USER);
	pppoe(time, 1);
	pppoe_control(&f, session, PPPOE_PAP, PPPOE_PAP_ACK, "\0", 1);
	pppoe(time, 0);
}

static int
set_up(void **state)
{
	(void)state;
	clear();
	memcpy(iap.pppoe.concentrators[0], concentrator, 6);
	iap.pppoe.concentrator_count = 1;
	iap.pppoe.silence = 6000;
	identity(ORDER_PPPOE_USER, USER, strlen(USER));
	let_in(T0, 9);
	told("session-start pppoe assigned; ");
	return 0;
}

static int
advertised(stamp_t time, unsigned session, const uint8_t *from, const uint8_t *to, const char *prefix, uint32_t valid)
{
	struct follow_message m = {
	    .kind = FOLLOW_MESSAGE_INSIDE, .inside = {.session = (uint16_t)session, .is_ndp = 1}};

	ndp_router(&f);
	ndp_prefix(&f, prefix, 64, 0xc0, valid);
	assert_int_equal(ndp_parse(&m.inside.ndp, f.data, f.n), 0);
	return show(time, from, to, &m);
}

/* DHCPv6 of that prefix, or of an address. */
static int
dhcp6(stamp_t time, unsigned session, const uint8_t *from, const uint8_t *to, unsigned type, const char *prefix,
    unsigned bits, uint32_t valid)
{
	struct follow_message m = {.kind = FOLLOW_MESSAGE_INSIDE, .inside = {.session = (uint16_t)session}};
	uint32_t at;

	f.n = 0;
	dhcp6_header(&f, type, 7, "duid");
	at = dhcp6_open_ia(&f, bits == 0 ? DHCP6_NA : DHCP6_PD, 1);
	dhcp6_lease(&f, prefix, bits, valid);
	dhcp6_close(&f, at);
	assert_int_equal(dhcp6_parse(&m.inside.dhcp6, f.data, f.n), 0);
	return show(time, from, to, &m);
}

#define P "2001:db8:6:100::"
#define Q "2001:db8:7::"

static void
session_has_what_it_is_given_within_until_it_ends(void **state)
{
	(void)state;
	assert_int_equal(advertised(T0 + S, 9, concentrator, subject, P, 3600), 1);
	told("address-assigned slaac assigned 2001:db8:6:100::/64 for 3600; ");
	assert_int_equal(dhcp6(T0 + 2 * S, 9, concentrator, subject, DHCP6_REPLY, Q, 56, 600), 1);
	told("prefix-delegated dhcpv6 delegated 2001:db8:7::/56 for 600; ");
	assert_int_equal(dhcp6(T0 + 2 * S, 9, concentrator, subject, DHCP6_REPLY, "2001:db8:8::5", 0, 600), 1);
	told("address-assigned dhcpv6 assigned 2001:db8:8::5/128 for 600; ");
	assert_int_equal(follow_count(follow), 1);
	/* The same once more, as a mirror of both directions shows it; and renewed. */
	assert_int_equal(dhcp6(T0 + 2 * S + 1, 9, concentrator, subject, DHCP6_REPLY, Q, 56, 600), 1);
	told("");
	assert_int_equal(dhcp6(T0 + 300 * S, 9, concentrator, subject, DHCP6_REPLY, Q, 56, 600), 1);
	told("address-renewed dhcpv6 renewed 2001:db8:7::/56 for 600; ");
	/* Advertisements are told of where the bound needs it. */
	assert_int_equal(advertised(T0 + 500 * S, 9, concentrator, subject, P, 3600), 1);
	told("");
	follow_expire(follow, T0 + 602 * S - 1);
	told("");
	follow_expire(follow, T0 + 602 * S);
	told("address-released dhcpv6 lease-ended 2001:db8:8::5/128; ");
	assert_int_equal(dhcp6(T0 + 700 * S, 9, subject, concentrator, DHCP6_RELEASE, Q, 56, 600), 1);
	told("address-released dhcpv6 released 2001:db8:7::/56; ");
	assert_int_equal(advertised(T0 + 1900 * S, 9, concentrator, subject, P, 3600), 1);
	told("address-renewed slaac renewed 2001:db8:6:100::/64 for 3600; ");
	assert_int_equal(dhcp6(T0 + 1950 * S, 9, concentrator, subject, DHCP6_REPLY, Q, 56, 600), 1);
	told("prefix-delegated dhcpv6 delegated 2001:db8:7::/56 for 600; ");
	pppoe_discovery(&f, PPPOE_PADT, 9);
	pppoe(T0 + 2000 * S, 0);
	told(
	    "address-released slaac terminated 2001:db8:6:100::/64; address-released dhcpv6 terminated 2001:db8:7::/56; "
	    "session-end pppoe terminated; ");
	/* It is nobody's then. */
	assert_int_equal(advertised(T0 + 2001 * S, 9, concentrator, subject, P, 3600), 0);
	told("");
	assert_true(follow_next(follow) > T0 + 6000 * S);
}

static void
what_another_session_has_is_not_the_subjects(void **state)
{
	(void)state;
	assert_int_equal(advertised(T0 + S, 10, concentrator, subject, P, 3600), 0);
	assert_int_equal(advertised(T0 + S, 9, concentrator, stranger, P, 3600), 0);
	assert_int_equal(advertised(T0 + S, 9, stranger, subject, P, 3600), 0);
	assert_int_equal(dhcp6(T0 + S, 10, concentrator, subject, DHCP6_REPLY, Q, 56, 600), 0);
	/* Nor does the subscriber itself give anything, nor what is only offered. */
	assert_int_equal(advertised(T0 + S, 9, subject, concentrator, P, 3600), 1);
	assert_int_equal(dhcp6(T0 + S, 9, subject, concentrator, DHCP6_REPLY, Q, 56, 600), 1);
	assert_int_equal(dhcp6(T0 + S, 9, concentrator, subject, DHCP6_ADVERTISE, Q, 56, 600), 1);
	told("");
	/* Nor does another session end what this one has. */
	assert_int_equal(dhcp6(T0 + S, 9, concentrator, subject, DHCP6_REPLY, Q, 56, 600), 1);
	said[0] = '\0';
	assert_int_equal(dhcp6(T0 + 2 * S, 10, concentrator, subject, DHCP6_REPLY, Q, 56, 0), 0);
	told("");
	assert_int_equal(dhcp6(T0 + 2 * S, 9, concentrator, subject, DHCP6_REPLY, Q, 56, 0), 1);
	told("address-released dhcpv6 withdrawn 2001:db8:7::/56; ");
}

static void
session_that_is_silent_or_unseen_ends_what_it_has(void **state)
{
	(void)state;
	assert_int_equal(advertised(T0 + S, 9, concentrator, subject, P, UINT32_MAX), 1);
	told("address-assigned slaac assigned 2001:db8:6:100::/64 for 5999; "); /* by the session's silence alone */
	follow_shift(follow, 50 * S);
	follow_expire(follow, T0 + 6050 * S);
	told("address-released slaac session-silent 2001:db8:6:100::/64; session-end pppoe session-silent; ");
	let_in(T0 + 7000 * S, 9);
	assert_int_equal(dhcp6(T0 + 7001 * S, 9, concentrator, subject, DHCP6_REPLY, Q, 56, 600), 1);
	follow_shift(follow, -100 * S);
	assert_true(follow_next(follow) == T0 + 7501 * S);
	said[0] = '\0';
	follow_forget(follow, T0 + 7000 * S);
	told("address-released dhcpv6 unseen 2001:db8:7::/56; session-end pppoe unseen; ");
}

static void
more_than_there_is_room_for_ends_what_would_end_first(void **state)
{
	char prefix[INET6_ADDRSTRLEN];
	unsigned i;

	(void)state;
	for (i = 0; i < FOLLOW_HAVE_MAX; i++) {
		assert_in_range(snprintf(prefix, sizeof(prefix), "2001:db8:%u::", 100 + i), 1, sizeof(prefix) - 1);
		assert_int_equal(dhcp6(T0 + S, 9, concentrator, subject, DHCP6_REPLY, prefix, 56, 600 - i), 1);
	}
	said[0] = '\0';
	assert_int_equal(dhcp6(T0 + S, 9, concentrator, subject, DHCP6_REPLY, Q, 56, 600), 1);
	told(
	    "address-released dhcpv6 replaced 2001:db8:115::/56; prefix-delegated dhcpv6 delegated 2001:db8:7::/56 for "
	    "600; ");
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(session_has_what_it_is_given_within_until_it_ends),
	    T(what_another_session_has_is_not_the_subjects),
	    T(session_that_is_silent_or_unseen_ends_what_it_has),
	    T(more_than_there_is_room_for_ends_what_would_end_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
