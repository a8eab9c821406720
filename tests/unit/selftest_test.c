#include <unistd.h>

#include "craft.h"
#include "kfilter.h"
#include "selftest_internal.h"
#include "wrapped.h"

#include "scratch.h"

/*
 * One order with an address of each family and a MAC, and one that is a prefix; every kind of tunnel is configured.
 */
static struct order_prefix prefixes[3];
static uint8_t macs[1][6];
static uint16_t tags[] = {207, 208}, sessions[] = {77};
static struct order table[2];
static const struct order *orders[] = {&table[0], &table[1]};
static struct conf_tunnel tunnel;
static struct probe_config probes;

static int
set_up(void **state)
{
	(void)state;
	memset(table, 0, sizeof(table));
	memset(prefixes, 0, sizeof(prefixes));
	assert_int_equal(inet_pton(AF_INET, FRAME_SUBJECT4, prefixes[0].addr), 1);
	assert_int_equal(inet_pton(AF_INET6, FRAME_SUBJECT6, prefixes[1].addr), 1);
	assert_int_equal(inet_pton(AF_INET, "203.0.113.64", prefixes[2].addr), 1);
	prefixes[0].family = prefixes[2].family = 4;
	prefixes[0].bits = 32;
	prefixes[1].family = 6;
	prefixes[1].bits = 128;
	prefixes[2].bits = 27;
	memcpy(macs[0], frame_mac_a, sizeof(macs[0]));
	strcpy(table[0].case_id, "LI-1");
	table[0].prefixes = prefixes;
	table[0].prefix_count = 2;
	table[0].macs = macs;
	table[0].mac_count = 1;
	strcpy(table[1].case_id, "LI-2");
	table[1].prefixes = &prefixes[2];
	table[1].prefix_count = 1;
	wrapped_configure(&tunnel, WRAPPED_ALL_KINDS);
	probes = (struct probe_config){&tunnel, 1, "0123456789abcdef"};
	return 0;
}

static struct selftest *
start(size_t count)
{
	struct selftest *s = selftest_new(orders, count, &probes);

	assert_non_null(s);
	return s;
}

static size_t
verdicts(const struct selftest *s, enum selftest_verdict verdict)
{
	size_t i, n = 0;

	for (i = 0; i < s->result_count; i++)
		n += s->results[i].verdict == verdict;
	return n;
}

/* How many frames of an order have this identifier and go this way. */
static size_t
frames_of(
    const struct selftest *s, const struct order *o, enum probe_identifier identifier, enum probe_carrier carrier)
{
	const struct probe *p;
	size_t i, n = 0;

	for (i = 0; i < s->result_count; i++) {
		p = &s->results[i].probe;
		n += p->order == o && p->identifier == identifier && p->carrier == carrier;
	}
	return n;
}

static void
every_subject_is_found_in_every_carrier_and_tunnel(void **state)
{
	struct selftest *s = start(2);
	int carrier;

	(void)state;
	assert_int_equal(selftest_judge(s), 0);
	assert_int_equal(selftest_bad(s), 0);
	assert_int_equal(verdicts(s, SELFTEST_FOUND), selftest_frames(s));
	for (carrier = PROBE_PLAIN; carrier < PROBE_TUNNEL; carrier++) {
		assert_int_equal(frames_of(s, &table[0], PROBE_IPV4, (enum probe_carrier)carrier), 2);
		assert_int_equal(frames_of(s, &table[0], PROBE_IPV6, (enum probe_carrier)carrier), 2);
		assert_int_equal(frames_of(s, &table[0], PROBE_MAC, (enum probe_carrier)carrier), 2);
		/* A prefix at both its ends. */
		assert_int_equal(frames_of(s, &table[1], PROBE_IPV4, (enum probe_carrier)carrier), 4);
		assert_int_equal(frames_of(s, NULL, PROBE_IPV4, (enum probe_carrier)carrier), 2);
	}
	/* Between the end points of both families, all ten kinds; a MAC in the seven that carry Ethernet. */
	assert_int_equal(frames_of(s, &table[0], PROBE_IPV4, PROBE_TUNNEL), 2 * 2 * 10);
	assert_int_equal(frames_of(s, &table[0], PROBE_MAC, PROBE_TUNNEL), 2 * 2 * 7);
	selftest_free(s);
}

static void
qualified_subject_is_only_tried_where_its_qualifiers_are_met(void **state)
{
	struct selftest *s;

	(void)state;
	table[0].vlans = tags;
	table[0].vlan_count = 2;
	s = start(1);
	assert_int_equal(selftest_judge(s), 0);
	assert_int_equal(selftest_bad(s), 0);
	assert_int_equal(frames_of(s, &table[0], PROBE_IPV4, PROBE_PLAIN), 0);
	assert_int_equal(frames_of(s, &table[0], PROBE_IPV4, PROBE_PPPOE), 0);
	assert_int_equal(frames_of(s, &table[0], PROBE_IPV4, PROBE_VLAN), 2 * 2);
	assert_int_equal(frames_of(s, &table[0], PROBE_MAC, PROBE_QINQ), 2 * 2);
	selftest_free(s);
	table[0].sessions = sessions;
	table[0].session_count = 1;
	s = start(1);
	assert_int_equal(selftest_judge(s), 0);
	assert_int_equal(selftest_bad(s), 0);
	assert_int_equal(frames_of(s, &table[0], PROBE_IPV4, PROBE_VLAN), 0);
	assert_int_equal(frames_of(s, &table[0], PROBE_IPV4, PROBE_VLAN_PPPOE), 2 * 2);
	selftest_free(s);
}

static void
stacked_subject_is_tried_beneath_just_its_two_tags(void **state)
{
	static struct order_stack stacks[] = {{100, 7}, {200, 7}};
	struct selftest *s;

	(void)state;
	table[0].stacks = stacks;
	table[0].stack_count = 2;
	s = start(1);
	assert_int_equal(selftest_judge(s), 0);
	assert_int_equal(selftest_bad(s), 0);
	assert_int_equal(frames_of(s, &table[0], PROBE_IPV4, PROBE_PLAIN), 0);
	assert_int_equal(frames_of(s, &table[0], PROBE_IPV4, PROBE_VLAN), 0);
	assert_int_equal(frames_of(s, &table[0], PROBE_IPV4, PROBE_VLAN_PPPOE), 0);
	assert_int_equal(frames_of(s, &table[0], PROBE_IPV4, PROBE_QINQ), 2 * 2);
	assert_int_equal(frames_of(s, &table[0], PROBE_MAC, PROBE_QINQ_PPPOE), 2 * 2);
	assert_true(frames_of(s, &table[0], PROBE_IPV4, PROBE_TUNNEL) > 0);
	selftest_free(s);
	/* A number alone as well, and a session. */
	table[0].vlans = tags;
	table[0].vlan_count = 1;
	table[0].sessions = sessions;
	table[0].session_count = 1;
	s = start(1);
	assert_int_equal(selftest_judge(s), 0);
	assert_int_equal(selftest_bad(s), 0);
	assert_int_equal(frames_of(s, &table[0], PROBE_IPV4, PROBE_VLAN_PPPOE), 2);
	assert_int_equal(frames_of(s, &table[0], PROBE_IPV4, PROBE_QINQ_PPPOE), 3 * 2);
	selftest_free(s);
}

static void
arp_is_tried_where_an_order_has_broadcast(void **state)
{
	struct selftest *s;

	(void)state;
	table[0].broadcast = 1;
	s = start(1);
	assert_int_equal(selftest_judge(s), 0);
	assert_int_equal(selftest_bad(s), 0);
	assert_int_equal(frames_of(s, &table[0], PROBE_ARP, PROBE_PLAIN), 2);
	assert_int_equal(frames_of(s, &table[0], PROBE_ARP, PROBE_PPPOE), 0);
	selftest_free(s);
}

static void
frame_that_only_the_filter_of_its_order_leaves_out_is_no_fault(void **state)
{
	char filter[] = "tcp port 25";
	struct selftest *s;

	(void)state;
	table[0].filter = filter;
	s = start(1);
	assert_int_equal(selftest_judge(s), 0);
	assert_int_equal(selftest_bad(s), 0);
	assert_int_equal(verdicts(s, SELFTEST_NARROWED), selftest_frames(s) - 2 * PROBE_TUNNEL);
	selftest_free(s);
}

static void
subject_that_the_matcher_does_not_know_is_told_of(void **state)
{
	struct selftest *s = start(2);

	(void)state;
	matcher_free(s->matcher);
	s->matcher = matcher_new_tunnels(orders, 1, 1, s->tunnels);
	assert_non_null(s->matcher);
	assert_int_equal(selftest_judge(s), 0);
	assert_true(selftest_bad(s) > 0);
	assert_int_equal(selftest_bad(s), verdicts(s, SELFTEST_NOT_FOUND));
	assert_int_equal(frames_of(s, &table[1], PROBE_IPV4, PROBE_PLAIN), 4);
	assert_int_equal(s->results[0].verdict, SELFTEST_FOUND);
	selftest_free(s);
}

static void
subject_that_the_kernel_filter_keeps_out_is_told_of(void **state)
{
	struct selftest *s = start(2);
	size_t i;

	(void)state;
	kfilter_free(s->filter);
	s->filter = kfilter_new(orders, 1, 1);
	assert_non_null(s->filter);
	assert_int_equal(selftest_judge(s), 0);
	assert_int_equal(selftest_bad(s), verdicts(s, SELFTEST_KEPT_OUT));
	for (i = 0; i < s->result_count; i++) {
		if (s->results[i].probe.order == &table[1] && s->results[i].probe.carrier == PROBE_PLAIN)
			assert_int_equal(s->results[i].verdict, SELFTEST_KEPT_OUT);
	}
	selftest_free(s);
}

static void
frame_of_nobody_that_would_be_captured_is_told_of(void **state)
{
	static struct order_prefix everybody;
	static struct order all;
	const struct order *list[] = {&all};
	struct selftest *s = start(1);

	(void)state;
	all = table[0];
	everybody.family = 4;
	all.prefixes = &everybody;
	all.prefix_count = 1;
	matcher_free(s->matcher);
	s->matcher = matcher_new_tunnels(list, 1, 1, s->tunnels);
	assert_non_null(s->matcher);
	assert_int_equal(selftest_judge(s), 0);
	assert_int_equal(verdicts(s, SELFTEST_TAKEN), 2 * PROBE_TUNNEL);
	selftest_free(s);
}

static void
where_everybody_is_a_subject_there_is_no_frame_of_nobody(void **state)
{
	struct selftest *s;

	(void)state;
	memset(&prefixes[2], 0, sizeof(prefixes[2]));
	prefixes[2].family = 4;
	s = start(2);
	assert_int_equal(selftest_judge(s), 0);
	assert_int_equal(selftest_bad(s), 0);
	assert_int_equal(frames_of(s, NULL, PROBE_IPV4, PROBE_PLAIN), 0);
	selftest_free(s);
}

struct seen {
	uint32_t next;
	size_t marked;
};

static int
look(void *cookie, const struct probe *p, uint32_t number, const uint8_t *data, uint32_t n)
{
	struct seen *seen = cookie;

	(void)p;
	assert_int_equal(number, seen->next++);
	seen->marked += memmem(data, n, CRAFT_TEXT, sizeof(CRAFT_TEXT) - 1) != NULL &&
			memmem(data, n, probes.nonce, sizeof(probes.nonce)) != NULL &&
			(memcmp(data, craft_mac_to, 4) == 0 || memcmp(data + 6, craft_mac_from, 4) == 0);
	return number == 1000000 ? -1 : 0;
}

static void
each_frame_says_that_it_is_no_traffic_of_the_subject(void **state)
{
	struct seen seen = {0, 0};

	(void)state;
	table[0].broadcast = 1;
	assert_int_equal(probe_each(&probes, orders, 2, look, &seen), 0);
	assert_true(seen.next > 100);
	assert_int_equal(seen.marked, seen.next);
}

static int
count_to_ten(void *cookie, const struct probe *p, uint32_t number, const uint8_t *data, uint32_t n)
{
	(void)cookie;
	(void)p;
	(void)data;
	(void)n;
	return number == 10 ? -7 : 0;
}

static void
frames_end_when_nobody_wants_more(void **state)
{
	(void)state;
	assert_int_equal(probe_each(&probes, orders, 2, count_to_ten, NULL), -7);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
	    T(every_subject_is_found_in_every_carrier_and_tunnel),
	    T(qualified_subject_is_only_tried_where_its_qualifiers_are_met),
	    T(stacked_subject_is_tried_beneath_just_its_two_tags),
	    T(arp_is_tried_where_an_order_has_broadcast),
	    T(frame_that_only_the_filter_of_its_order_leaves_out_is_no_fault),
	    T(subject_that_the_matcher_does_not_know_is_told_of),
	    T(subject_that_the_kernel_filter_keeps_out_is_told_of),
	    T(frame_of_nobody_that_would_be_captured_is_told_of),
	    T(where_everybody_is_a_subject_there_is_no_frame_of_nobody),
	    T(each_frame_says_that_it_is_no_traffic_of_the_subject),
	    T(frames_end_when_nobody_wants_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
