#include <inttypes.h>

#include "kfilter.h"
#include "slicer.h"
#include "streams.h"
#include "table_internal.h"

#include "dhcp4s.h"
#include "dhcp6s.h"
#include "kfilters.h"
#include "ndps.h"
#include "pppoes.h"

#define T0 STREAMS_T0
#define S STAMP_SECOND
#define SERVER "198.51.100.1"
#define A "198.51.100.50"
#define B "198.51.100.51"

static const uint8_t server_mac[6] = {2, 0, 0, 0, 0, 1};
static stamp_t lasts;                  /* how long a case is in force */
static const char *only_case = "LI-1"; /* of which it is told; NULL: of several, each is named */
static int told_of_access;
static char held[256];                    /* how many addresses each slice begins with */
static char accesses[2048];               /* what the records say of them */
static stamp_t valid_until[ACCESS_KINDS]; /* of the latest of each kind */
static char told[1024];                   /* what of bindings, and of slices */
static char shown[DIGEST_HEX];            /* the hash of the frame at hand */
static uint32_t lease;                    /* of the next acknowledgement */
static struct slicer *slicer;
static struct tunnels *tunnels;
static struct table *table;
static struct conf_iap iap;
static struct kept kept; /* what was told last of what is known, and how often */
static unsigned kept_told;
static int is_kept_refused;
static uint64_t gap_from_unknown; /* gaps of that reason, in published slices */
static stamp_t gap_to_unknown;

static void
on_slicer(void *cookie, const struct slicer_event *e)
{
	size_t i;

	(void)cookie;
	if (e->kind == SLICER_SLICE)
		(void)snprintf(held + strlen(held), sizeof(held) - strlen(held), "%zu ", e->rec->access.held_count);
	told_of_access += e->kind == SLICER_SLICE && e->rec->access.is_told;
	for (i = 0; e->kind == SLICER_SLICE && i < e->rec->access.count; i++) {
		const struct access_event *a = &e->rec->access.at[i];
		size_t n = strlen(accesses);

		valid_until[a->kind] = a->until;
		if (strcmp(a->method, "dhcpv4") == 0)
			assert_int_equal(a->family, a->kind == ACCESS_ATTEMPT ? 0 : 4);
		(void)snprintf(accesses + n, sizeof(accesses) - n, "%s %s .%u; ", access_kind_text(a->kind),
		    a->reason, a->addr[3]);
	}
	for (i = 0; e->kind == SLICER_SLICE && i < e->rec->gap_count; i++) {
		if (strcmp(e->rec->gaps[i].reason, "binding-unknown") != 0)
			continue;
		gap_from_unknown++;
		gap_to_unknown = e->rec->gaps[i].to;
	}
}

static void
on_event(void *cookie, const struct message_event *m)
{
	size_t n = strlen(told);

	(void)cookie;
	if (m->kind != MESSAGE_BOUND && m->kind != MESSAGE_RENEWED && m->kind != MESSAGE_UNBOUND &&
	    m->kind != MESSAGE_FORGOTTEN && m->kind != MESSAGE_ANOTHERS && m->kind != MESSAGE_RETURNED)
		return;
	assert_true(message_event_is_good(m));
	if (only_case != NULL)
		assert_string_equal(m->case_id, only_case);
	assert_int_equal(m->sha256[0] == '\0', strcmp(m->text, "lease-ended") == 0 || m->kind == MESSAGE_FORGOTTEN);
	if (m->sha256[0] != '\0' && strcmp(m->text, "resumed") != 0)
		assert_string_equal(m->sha256, shown);
	(void)snprintf(told + n, sizeof(told) - n, "%s%s%s; ", only_case != NULL ? "" : m->case_id, m->text,
	    m->kind == MESSAGE_RETURNED ? " back" : "");
}

static int
on_kept(void *cookie, const struct kept *k)
{
	(void)cookie;
	if (is_kept_refused)
		return -1;
	assert_true(kept_is_good(k, kept_size(k)));
	if (only_case != NULL)
		assert_string_equal(k->case_id, only_case);
	memset(&kept, 0, sizeof(kept));
	memcpy(&kept, k, kept_size(k));
	kept_told++;
	return 0;
}

static void
begin_with(size_t interfaces, const struct conf_tunnel *list, size_t n)
{
	struct slicer_config config;

	memset(&config, 0, sizeof(config));
	config.statefd = streams_statefd;
	config.iap = STREAMS_IAP;
	config.linktype = 1;
	config.snaplen = 262144;
	config.interfaces = "eth1";
	config.slice_seconds = 60;
	config.slice_bytes = 1024 * 1024;
	config.pool_bytes = 4 * 1024 * 1024;
	config.program = "casetap-capture 0.1.0";
	config.build = "test";
	config.config_sha256 = STREAMS_HEX;
	slicer = slicer_new(&config, on_slicer, NULL);
	tunnels = tunnels_new(list, n);
	assert_non_null(slicer);
	assert_non_null(tunnels);
	table = table_new(slicer, tunnels, 1, 0, on_event, NULL);
	assert_non_null(table);
	assert_int_equal(table_follow(table, &iap, interfaces, on_kept), 0);
}

static void
begin(size_t interfaces)
{
	begin_with(interfaces, NULL, 0);
}

static int
set_up(void **state)
{
	only_case = "LI-1";
	told[0] = accesses[0] = '\0';
	told_of_access = 0;
	kept_told = 0;
	lease = 600;
	lasts = 3600 * S;
	is_kept_refused = 0;
	held[0] = '\0';
	gap_from_unknown = 0;
	memset(&iap, 0, sizeof(iap));
	dhcp4_address(iap.dhcp_servers[0], SERVER);
	iap.dhcp_server_count = 1;
	dhcp4_address(iap.dhcp_pools[0].addr, "198.51.100.0");
	iap.dhcp_pools[0].bits = 24;
	iap.dhcp_pool_count = 1;
	assert_int_equal(streams_set_up(state), 0);
	begin(1);
	return 0;
}

static int
tear_down(void **state)
{
	table_free(table);
	if (slicer != NULL)
		assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + STAMP_DAY), 0);
	tunnels_free(tunnels);
	return streams_tear_down(state);
}

/* What an earlier reader knew, if anything, for the next table. */
static struct message_keep *keep;

/* How many cases are in force. */
static size_t in_force;

/* Put a case, its subject and what of capture are given, among those that are to be in force. */
static void
put_case(const char *case_id, const char *subject, const char *capture)
{
	struct message_order m = {.from = T0, .reason = "late-start"};
	char text[1024], from[STAMP_TEXT], to[STAMP_TEXT];
	int n = snprintf(text, sizeof(text),
	    "[order]\nformat = casetap-order/1\ncase_id = %s\ncontent_id = 1\nlea = sheriff\nauthority = title-iii\n"
	    "order_number = 1\nissued_by = A\npresented_by = B\nresponsible = C\nnot_before = %s\nnot_after = %s\n"
	    "revision = 1\n[subject]\n%s\n[capture]\nscope = %s\n",
	    case_id, stamp_format_seconds(from, T0), stamp_format_seconds(to, T0 + lasts), subject, capture);

	assert_true(n > 0 && (size_t)n < sizeof(text));
	assert_int_equal(table_order(table, &m, text, (size_t)n), 0);
	in_force++;
}

/* One case in force. */
static void
apply(const char *subject, const char *capture)
{
	assert_int_equal(table_begin(table), 0);
	in_force = 0;
	put_case("LI-1", subject, capture);
	if (keep != NULL)
		assert_int_equal(
		    table_keep(table, keep, offsetof(struct message_keep, kept) + kept_size(&keep->kept)), 0);
	assert_int_equal(table_apply(table, T0, T0), 0);
}

static uint64_t
stored(void)
{
	struct slicer_counts counts;

	slicer_counts(slicer, &counts);
	return counts.stored;
}

/* Show a frame; is it stored? */
static int
show(stamp_t time, const struct frame *f)
{
	uint64_t before = stored();
	uint8_t *data = frame_exact(f, f->n);
	size_t n;

	assert_int_equal(digest_hex_of(data, f->n, shown), 0);
	n = table_frame(table, time, data, f->n, f->n);
	free(data);
	assert_false(table_is_broken(table));
	assert_true(n <= in_force && stored() - before <= n);
	return stored() > before;
}

static int
dhcp(stamp_t time, unsigned type, const uint8_t mac[6], const char *from, const char *yours)
{
	static struct frame message, wire;
	const char *const addresses[3] = {NULL, yours, NULL};

	message.n = 0;
	dhcp4_header(&message, yours != NULL, 7, mac, addresses);
	dhcp4_option_byte(&message, 53, type);
	dhcp4_option_seconds(&message, 51, lease);
	dhcp4_wrap(
	    &wire, yours != NULL ? server_mac : mac, from, yours != NULL ? yours : "255.255.255.255", &message);
	return show(time, &wire);
}

/* One packet of ${from}'s, sent by ${mac}. */
static int
packet(stamp_t time, const uint8_t mac[6], const char *from)
{
	static struct frame f;

	f.n = 0;
	frame_ethernet(&f, server_mac, mac, 0x0800);
	frame_v4(&f, from, FRAME_OTHER4, 17, 8);
	frame_udp(&f, 1, 2, 0);
	return show(time, &f);
}

static void
fault_044_all_of_the_subject_is_stored_and_nothing_of_who_has_its_address_next(void **state)
{
	(void)state;
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	/* Who has the address before it is a stranger. */
	assert_false(packet(T0 + S, dhcp4_stranger, A));
	assert_false(dhcp(T0 + 2 * S, DHCP4_DISCOVER, dhcp4_stranger, "0.0.0.0", NULL));
	assert_true(dhcp(T0 + 2 * S, DHCP4_DISCOVER, dhcp4_subject, "0.0.0.0", NULL));
	assert_true(dhcp(T0 + 2 * S, DHCP4_OFFER, dhcp4_subject, SERVER, A));
	assert_false(packet(T0 + 2 * S, dhcp4_subject, A));
	assert_true(dhcp(T0 + 3 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_true(packet(T0 + 3 * S, dhcp4_subject, A));
	/* A frame that is read late is judged by its own time. */
	assert_false(packet(T0 + 3 * S - 1, dhcp4_subject, A));
	/* On its link, with its address, and another's MAC. */
	assert_false(packet(T0 + 4 * S, dhcp4_stranger, A));
	/* The word that the address is another's is not the subject's. */
	assert_false(dhcp(T0 + 5 * S, DHCP4_ACK, dhcp4_stranger, SERVER, A));
	assert_false(packet(T0 + 5 * S, dhcp4_subject, A));
	assert_false(packet(T0 + 6 * S, dhcp4_stranger, A));
	assert_string_equal(told, "assigned; conflict; ");
	assert_int_equal(stored(), 4);
	assert_int_equal(table_matched(table), stored() + table_withheld(table));
}

static void
lease_that_runs_out_ends_at_the_frame_that_is_stamped_then(void **state)
{
	(void)state;
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_true(dhcp(T0 + S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_int_equal(table_follow_tick(table, T0 + 600 * S, T0 + 599 * S), 0);
	assert_true(packet(T0 + 601 * S - 1, dhcp4_subject, A));
	assert_false(packet(T0 + 601 * S, dhcp4_subject, A));
	assert_true(strncmp(told, "assigned; lease-ended", 21) == 0);
}

static void
answer_that_is_not_of_a_servers_mac_gives_and_takes_nothing_and_is_counted(void **state)
{
	static const uint8_t router[6] = {2, 0, 0, 0, 0, 9};
	uint64_t kinds[MATCHER_KINDS];

	(void)state;
	memcpy(iap.dhcp_server_macs[0], router, 6);
	memcpy(iap.dhcp_server_macs[1], server_mac, 6);
	iap.dhcp_server_mac_count = 1;
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_false(dhcp(T0 + S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_false(packet(T0 + S, dhcp4_subject, A));
	iap.dhcp_server_mac_count = 2;
	assert_true(dhcp(T0 + 2 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	iap.dhcp_server_mac_count = 1;
	(void)dhcp(T0 + 3 * S, DHCP4_ACK, dhcp4_stranger, SERVER, A); /* to the subject's address, too */
	assert_true(packet(T0 + 3 * S, dhcp4_subject, A));
	/* The subject's own words, and those of others', are of no server's address. */
	assert_true(dhcp(T0 + 4 * S, DHCP4_DISCOVER, dhcp4_subject, "0.0.0.0", NULL));
	table_kinds(table, kinds);
	assert_int_equal(kinds[MATCHER_DHCP_FORGED], 2);
	assert_string_equal(told, "assigned; ");
}

/* A router stream that carries an acknowledgement to that MAC. */
static int
mirrored_ack(stamp_t time, const uint8_t mac[6])
{
	static struct frame message, inner, wire;
	const char *const addresses[3] = {NULL, A, NULL};

	message.n = wire.n = 0;
	dhcp4_header(&message, 1, 7, mac, addresses);
	dhcp4_option_byte(&message, 53, DHCP4_ACK);
	dhcp4_option_seconds(&message, 51, 600);
	dhcp4_wrap(&inner, server_mac, SERVER, "255.255.255.255", &message);
	frame_ethernet(&wire, server_mac, dhcp4_stranger, 0x0800);
	frame_v4(&wire, "203.0.113.1", "203.0.113.2", 17, 8 + 5 + inner.n);
	frame_udp(&wire, 37008, 37008, 5 + inner.n);
	frame_be32(&wire, 0x01000001);
	frame_byte(&wire, 1);
	frame_put(&wire, inner.data, inner.n);
	return show(time, &wire);
}

static void
what_a_router_stream_carries_of_dhcp_begins_and_ends_nothing(void **state)
{
	struct conf_tunnel t = {.kinds = 1U << CONF_TUNNEL_TZSP, .from_count = 1, .to_count = 1};

	(void)state;
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0), 0);
	table_free(table);
	tunnels_free(tunnels);
	t.from[0].family = t.to[0].family = 4;
	dhcp4_address(t.from[0].addr, "203.0.113.1");
	dhcp4_address(t.to[0].addr, "203.0.113.2");
	t.ports[CONF_TUNNEL_TZSP] = 37008;
	begin_with(1, &t, 1);
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_false(mirrored_ack(T0 + S, dhcp4_subject));
	assert_false(packet(T0 + S, dhcp4_subject, A));
	assert_true(dhcp(T0 + 2 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_false(mirrored_ack(T0 + 3 * S, dhcp4_stranger));
	assert_true(packet(T0 + 3 * S, dhcp4_subject, A));
	assert_string_equal(told, "assigned; ");
}

/* Its last frame is stored, and none from then on. */
static void
ends(stamp_t at)
{
	assert_true(packet(at - 1, dhcp4_subject, A));
	assert_false(packet(at, dhcp4_subject, A));
}

static void
fault_044_end_that_moves_is_kept_to_wherever_it_moves(void **state)
{
	static const char subject[] = "dhcp_mac = 02:00:5e:00:53:07";

	(void)state;
	apply(subject, "content");
	assert_true(dhcp(T0 + S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	lease = 60;
	assert_true(dhcp(T0 + 2 * S, DHCP4_ACK, dhcp4_subject, SERVER, A)); /* earlier */
	ends(T0 + 62 * S);
	assert_true(dhcp(T0 + 70 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	lease = 300;
	assert_true(dhcp(T0 + 80 * S, DHCP4_ACK, dhcp4_subject, SERVER, A)); /* later */
	ends(T0 + 380 * S);
	/* One that another's address has ended has none; the next has its own. */
	assert_true(dhcp(T0 + 400 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_false(dhcp(T0 + 410 * S, DHCP4_ACK, dhcp4_stranger, SERVER, A));
	lease = 30;
	assert_true(dhcp(T0 + 420 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	ends(T0 + 450 * S);
	/* Orders are loaded again meanwhile / the clock is stepped. */
	assert_true(dhcp(T0 + 500 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	apply(subject, "content");
	ends(T0 + 530 * S);
	assert_true(dhcp(T0 + 600 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	table_follow_step(table, 100 * S);
	ends(T0 + 730 * S);
	assert_string_equal(told,
	    "assigned; renewed; lease-ended; assigned; renewed; lease-ended; assigned; conflict; assigned; lease-ended; "
	    "assigned; lease-ended; assigned; lease-ended; ");
}

static void
what_one_message_says_of_two_subjects_is_settled_for_both(void **state)
{
	unsigned i, before;

	(void)state;
	only_case = NULL;
	assert_int_equal(table_begin(table), 0);
	put_case("LI-1", "dhcp_mac = 02:00:5e:00:53:07", "content");
	put_case("LI-2", "dhcp_mac = 02:00:5e:00:53:08", "content");
	assert_int_equal(table_apply(table, T0, T0), 0);
	assert_true(dhcp(T0 + S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	/* From one to the other, and back: each time both are others' afterwards, and both are to be kept so. */
	for (i = 2; i < 6; i++) {
		told[0] = '\0';
		before = kept_told;
		lease = i;
		assert_true(dhcp(T0 + i * S, DHCP4_ACK, i % 2 == 0 ? dhcp4_stranger : dhcp4_subject, SERVER, A));
		assert_non_null(strstr(told, i % 2 == 0 ? "LI-1conflict; " : "LI-2conflict; "));
		assert_non_null(strstr(told, i % 2 == 0 ? "LI-2assigned; " : "LI-1assigned; "));
		assert_int_equal(kept_told, before + 2);
		assert_true(table->follow_next <= T0 + 2 * i * S);
	}
	/* Any frame shows that the lease is over. */
	(void)packet(T0 + 10 * S, server_mac, B);
	assert_non_null(strstr(told, "LI-1lease-ended; "));
}

static void
what_is_given_after_the_end_is_not_told_to_a_case_that_waits_for_it(void **state)
{
	const struct message_end end = {"LI-1", T0 + 5 * S, "revoked", 7};

	(void)state;
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_int_equal(table_begin(table), 0);
	assert_int_equal(table_end(table, &end), 0);
	assert_int_equal(table_apply(table, T0 + 6 * S, T0 + 6 * S), 0);
	/* The ring still held a lease of before; one of after is nobody's business any more, nor is its end. */
	assert_true(dhcp(T0 + 4 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_string_equal(told, "assigned; ");
	assert_false(dhcp(T0 + 6 * S, DHCP4_ACK, dhcp4_subject, SERVER, B));
	assert_int_equal(table_follow_tick(table, T0 + 4000 * S, T0 + 4000 * S), 0);
	assert_string_equal(told, "assigned; ");
	assert_false(packet(T0 + 7 * S, dhcp4_subject, A));
	assert_int_equal(table_settle_ending(table), 0);
	assert_false(table_is_empty(table));
	assert_false(dhcp(T0 + 4 * S, DHCP4_ACK, dhcp4_subject, SERVER, B));
	assert_false(packet(T0 + 5 * S - 1, dhcp4_subject, A));
	assert_string_equal(told, "assigned; ");
	assert_int_equal(table_finish_ending(table), 0);
	assert_true(table_is_empty(table));
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + 8 * S), 0);
	slicer = NULL;
	assert_string_equal(accesses, "session-start assigned .50; address-assigned assigned .50; ");
}

static void
case_that_is_over_leaves_no_end_to_wait_for(void **state)
{
	(void)state;
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_true(dhcp(T0 + S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_int_equal(table_begin(table), 0);
	assert_int_equal(table_apply(table, T0 + 2 * S, T0 + 2 * S), 0);
	assert_int_equal(table_finish_ending(table), 0);
	assert_false(packet(T0 + 700 * S, dhcp4_subject, A));
	assert_string_equal(told, "assigned; ");
	/* It comes back, and knows nothing of before. */
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_false(packet(T0 + 710 * S, dhcp4_subject, A));
	lease = 60;
	assert_true(dhcp(T0 + 720 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	ends(T0 + 780 * S);
}

static void
scope_qualifiers_and_filter_hold_for_control_traffic_too(void **state)
{
	(void)state;
	apply("dhcp_mac = 02:00:5e:00:53:07\nvlan = 100", "content");
	assert_false(dhcp(T0 + S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_false(packet(T0 + 2 * S, dhcp4_subject, A));
	table_end_all(table, SLICE_STOP, T0 + 3 * S, "");
	assert_true(table_is_empty(table));
}

static struct frame tagged;

/* That frame with an outer tag and an inner one, 0 for none, behind its MACs. */
static const struct frame *
with_tags(const struct frame *f, unsigned outer, unsigned inner)
{
	tagged.n = 0;
	frame_put(&tagged, f->data, 12);
	if (outer != 0)
		frame_be32(&tagged, 0x88a80000 | outer);
	if (inner != 0)
		frame_be32(&tagged, 0x81000000 | inner);
	frame_put(&tagged, f->data + 12, f->n - 12);
	return &tagged;
}

static void
followed_subject_is_told_by_both_tags_of_its_stack(void **state)
{
	static const char *const yours[] = {NULL, A, NULL}, *const others[] = {NULL, "198.51.100.51", NULL};
	static struct frame message, answer, data;
	int round;

	(void)state;
	frame_ethernet(&data, server_mac, dhcp4_subject, 0x0800);
	frame_v4(&data, A, FRAME_OTHER4, 17, 8);
	frame_udp(&data, 1, 2, 0);
	apply("dhcp_mac = 02:00:5e:00:53:07\nvlan = 100.7", "content");
	/* The same MAC is given the address in its place, and in another, where it does not take the first away. */
	for (round = 0; round < 2; round++) {
		message.n = answer.n = 0;
		dhcp4_header(&message, 1, 7 + (unsigned)round, dhcp4_subject, round == 0 ? yours : others);
		dhcp4_option_byte(&message, 53, DHCP4_ACK);
		dhcp4_option_seconds(&message, 51, lease);
		dhcp4_wrap(&answer, server_mac, SERVER, A, &message);
		assert_int_equal(
		    show(T0 + (1 + round) * S, with_tags(&answer, round == 0 ? 100 : 200, 7)), round == 0);
		assert_true(show(T0 + 3 * S, with_tags(&data, 100, 7)));
	}
	assert_string_equal(told, "assigned; assigned; ");
	assert_false(show(T0 + 4 * S, with_tags(&data, 200, 7)));
	assert_false(show(T0 + 4 * S, with_tags(&data, 7, 100)));
	assert_false(show(T0 + 4 * S, with_tags(&data, 100, 0)));
	assert_false(show(T0 + 4 * S, with_tags(&data, 0, 7)));
	assert_false(show(T0 + 4 * S, &data));
	/* Of the second address nothing is within its stack. */
	data.n = 0;
	frame_ethernet(&data, server_mac, dhcp4_subject, 0x0800);
	frame_v4(&data, others[1], FRAME_OTHER4, 17, 8);
	frame_udp(&data, 1, 2, 0);
	assert_false(show(T0 + 5 * S, with_tags(&data, 200, 7)));
}

static void
filter_leaves_control_traffic_out_and_what_it_teaches_in(void **state)
{
	(void)state;
	apply("dhcp_mac = 02:00:5e:00:53:07", "content\nfilter = not port 67");
	assert_false(dhcp(T0 + S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_true(packet(T0 + 2 * S, dhcp4_subject, A));
	assert_string_equal(told, "assigned; ");
}

static void
record_of_the_slice_tells_of_each_event_with_the_address(void **state)
{
	(void)state;
	apply("dhcp_mac = 02:00:5e:00:53:07", "headers-without-ports");
	assert_true(dhcp(T0 + S, DHCP4_DISCOVER, dhcp4_subject, "0.0.0.0", NULL));
	assert_false(dhcp(T0 + S, DHCP4_DISCOVER, dhcp4_stranger, "0.0.0.0", NULL));
	assert_true(dhcp(T0 + 2 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_false(dhcp(T0 + 3 * S, DHCP4_ACK, dhcp4_stranger, SERVER, A));
	assert_false(dhcp(T0 + 4 * S, DHCP4_ACK, dhcp4_stranger, SERVER, "198.51.100.51"));
	table_free(table);
	table = NULL;
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + 10 * S), 0);
	slicer = NULL;
	assert_string_equal(accesses,
	    "access-attempt  .0; session-start assigned .50; address-assigned assigned .50; "
	    "address-released conflict .50; session-end conflict .50; ");
}

static void
record_says_which_addresses_the_subject_has_as_its_slice_begins(void **state)
{
	(void)state;
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_true(dhcp(T0 + S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	slicer_tick(slicer, T0 + 60 * S);
	/* The next slice is open already when the frame of the last one comes. */
	assert_false(dhcp(T0 + 60 * S - 1, DHCP4_ACK, dhcp4_stranger, SERVER, A));
	slicer_tick(slicer, T0 + 62 * S);
	assert_true(dhcp(T0 + 63 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	slicer_tick(slicer, T0 + 122 * S);
	table_free(table);
	table = NULL;
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + 130 * S), 0);
	slicer = NULL;
	assert_string_equal(held, "0 0 1 ");
}

static void
record_of_a_subject_that_does_not_move_has_no_word_of_events(void **state)
{
	(void)state;
	apply("ipv4 = 198.51.100.50", "content");
	(void)dhcp(T0 + 2 * S, DHCP4_ACK, dhcp4_subject, SERVER, A);
	assert_true(packet(T0 + 3 * S, dhcp4_subject, A));
	assert_int_equal(told_of_access, 0);
	table_free(table);
	table = NULL;
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + 10 * S), 0);
	slicer = NULL;
	assert_int_equal(told_of_access, 0);
}

static void
headers_scope_cuts_the_message_off(void **state)
{
	static struct frame message, wire;
	static const char *const nobody[3];
	struct matcher *m;
	struct match match;

	(void)state;
	apply("dhcp_mac = 02:00:5e:00:53:07", "headers");
	dhcp4_header(&message, 0, 1, dhcp4_subject, nobody);
	dhcp4_wrap(&wire, dhcp4_subject, "0.0.0.0", "255.255.255.255", &message);
	m = table->matcher;
	assert_non_null(m);
	assert_int_equal(matcher_own(m, 0, wire.data, wire.n, wire.n, T0, &match), 1);
	assert_int_equal(match.caplen, 14 + 20 + 8);
	assert_int_equal(match.len, wire.n);
}

/* Does the kernel filter let it pass? */
static int
lets_in(const struct frame *f, unsigned protocol)
{
	struct kfilter *filter = table_kfilter(table);
	struct kmachine machine = {.protocol = protocol, .data = f->data, .n = f->n};
	int rc;

	assert_non_null(filter);
	machine.program = kfilter_program(filter, &machine.count);
	rc = kmachine_run(&machine);
	kfilter_free(filter);
	return rc;
}

/* A frame from that address to nobody's. */
static int
passes(const char *from)
{
	static struct frame f;

	f.n = 0;
	frame_link(&f, 0x0800);
	frame_v4(&f, from, FRAME_OTHER4, 17, 8);
	frame_udp(&f, 1, 2, 0);
	return lets_in(&f, 0x0800);
}

/* One from that MAC. */
static int
passes_link(const uint8_t *mac)
{
	static struct frame f;

	f.n = 0;
	frame_ethernet(&f, dhcp4_subject, mac, 0x8864);
	frame_pppoe(&f, 9, 0x0021, 28);
	frame_v4(&f, "203.0.113.8", FRAME_OTHER4, 17, 8);
	frame_udp(&f, 1, 2, 0);
	return lets_in(&f, 0x8864);
}

/* With the access point as it is now. */
static void
begin_again(void)
{
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0), 0);
	table_free(table);
	tunnels_free(tunnels);
	begin(1);
}

/* Does it stand in the draft of the open slice, where a reader that dies does not take it along? */
static int
is_drafted(void)
{
	struct spool *s;
	int tries, is = 0;

	for (tries = 0; tries < 1000 && !is; tries++) {
		(void)usleep(5000);
		s = spool_open(streams_statefd, "LI-1", STREAMS_IAP, SPOOL_LIVE, 0);
		assert_non_null(s);
		is = spool_open_count(s) == 1 && spool_open_draft(s, 0)->access.count == 1;
		spool_close(s);
	}
	return is;
}

static void
address_that_an_order_names_stays_its_and_whom_it_is_given_to_is_told_once(void **state)
{
	(void)state;
	apply("ipv4 = " A, "content");
	assert_true(dhcp(T0 + S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_true(packet(T0 + 2 * S, dhcp4_subject, A));
	assert_false(dhcp(T0 + 3 * S, DHCP4_ACK, dhcp4_stranger, SERVER, "198.51.100.51"));
	assert_string_equal(told, "");
	assert_true(dhcp(T0 + 4 * S, DHCP4_ACK, dhcp4_stranger, SERVER, A));
	assert_string_equal(told, "dhcpv4; ");
	assert_true(is_drafted());
	/* The court has named the address. */
	assert_true(packet(T0 + 5 * S, dhcp4_stranger, A));
	assert_true(dhcp(T0 + 6 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_true(dhcp(T0 + 7 * S, DHCP4_ACK, dhcp4_stranger, SERVER, A));
	assert_true(dhcp(T0 + 8 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_string_equal(told, "dhcpv4; dhcpv4 back; dhcpv4; ");
	assert_true(packet(T0 + 70 * S, dhcp4_stranger, A));
	table_free(table);
	table = NULL;
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + 80 * S), 0);
	slicer = NULL;
	assert_string_equal(accesses, "service-changed address-of-another .50; service-changed address-returned .50; "
				      "service-changed address-of-another .50; ");
	/* Only the record of that slice has a word of it. */
	assert_int_equal(told_of_access, 1);
}

/* The keeper knows of the case alone: to it none is back as long as one is away.  The record tells of each. */
static void
that_it_is_back_is_told_of_the_last_address_of_a_case_alone(void **state)
{
	(void)state;
	lasts = 3 * STAMP_DAY;
	apply("ipv4 = " A " " B, "content");
	assert_true(dhcp(T0 + S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_true(dhcp(T0 + S, DHCP4_ACK, dhcp4_subject, SERVER, B));
	assert_true(dhcp(T0 + 2 * S, DHCP4_ACK, dhcp4_stranger, SERVER, A));
	assert_true(dhcp(T0 + STAMP_DAY + 2 * S, DHCP4_ACK, dhcp4_stranger, SERVER, B));
	assert_string_equal(told, "dhcpv4; dhcpv4; ");
	assert_true(dhcp(T0 + STAMP_DAY + 3 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_string_equal(told, "dhcpv4; dhcpv4; ");
	assert_true(dhcp(T0 + STAMP_DAY + 4 * S, DHCP4_ACK, dhcp4_subject, SERVER, B));
	assert_string_equal(told, "dhcpv4; dhcpv4; dhcpv4 back; ");
	table_free(table);
	table = NULL;
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + STAMP_DAY + 5 * S), 0);
	slicer = NULL;
	assert_string_equal(accesses,
	    "service-changed address-of-another .50; service-changed address-of-another .51; "
	    "service-changed address-returned .50; service-changed address-returned .51; ");
}

/* Cases LI-1 to LI-4 that name the address, as far as they are asked for, in force. */
static void
apply_those(unsigned cases)
{
	char case_id[8];
	unsigned i;

	assert_int_equal(table_begin(table), 0);
	in_force = 0;
	for (i = 1; i <= 4; i++) {
		(void)snprintf(case_id, sizeof(case_id), "LI-%u", i);
		if ((cases >> i & 1) != 0)
			put_case(case_id, "ipv4 = " A, "content");
	}
	assert_int_equal(table_apply(table, T0, T0), 0);
	assert_int_equal(table_finish_ending(table), 0);
}

static void
each_case_that_names_the_address_is_told_and_none_that_is_over(void **state)
{
	(void)state;
	only_case = NULL;
	apply_those(1U << 1 | 1U << 2 | 1U << 3 | 1U << 4);
	assert_true(dhcp(T0 + S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	apply_those(1U << 1 | 1U << 3 | 1U << 4);
	assert_true(dhcp(T0 + 2 * S, DHCP4_ACK, dhcp4_stranger, SERVER, A));
	assert_non_null(strstr(told, "LI-1dhcpv4; "));
	assert_non_null(strstr(told, "LI-3dhcpv4; "));
	assert_non_null(strstr(told, "LI-4dhcpv4; "));
	assert_int_equal(strlen(told), 3 * strlen("LI-1dhcpv4; "));
	told[0] = '\0';
	apply_those(0);
	(void)dhcp(T0 + 3 * S, DHCP4_ACK, dhcp4_subject, SERVER, A);
	assert_string_equal(told, "");
	/* Begun anew, they know nobody. */
	apply_those(1U << 2 | 1U << 3);
	(void)dhcp(T0 + 4 * S, DHCP4_ACK, dhcp4_subject, SERVER, A);
	assert_string_equal(told, "");
	apply_those(1U << 3);
	(void)dhcp(T0 + 5 * S, DHCP4_ACK, dhcp4_stranger, SERVER, A);
	assert_string_equal(told, "LI-3dhcpv4; ");
}

static void
what_is_not_read_here_is_told_of_nobody(void **state)
{
	(void)state;
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0), 0);
	table_free(table);
	tunnels_free(tunnels);
	begin(2);
	apply("ipv4 = " A, "content");
	assert_true(dhcp(T0 + S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_true(dhcp(T0 + 2 * S, DHCP4_ACK, dhcp4_stranger, SERVER, A));
	assert_string_equal(told, "");
	/* Nor where the same address may be another's elsewhere. */
	begin_again();
	apply("ipv4 = " A "\nvlan = 7", "content");
	(void)dhcp(T0 + S, DHCP4_ACK, dhcp4_subject, SERVER, A);
	(void)dhcp(T0 + 2 * S, DHCP4_ACK, dhcp4_stranger, SERVER, A);
	assert_string_equal(told, "");
}

static void
what_no_believed_server_acknowledges_is_told_of_nobody_nor_of_a_stream_that_is_over(void **state)
{
	(void)state;
	apply("ipv4 = " A, "content");
	assert_true(dhcp(T0 + S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	(void)dhcp(T0 + 2 * S, DHCP4_OFFER, dhcp4_stranger, SERVER, A);
	(void)dhcp(T0 + 3 * S, DHCP4_ACK, dhcp4_stranger, "198.51.100.9", A);
	assert_string_equal(told, "");
	table_end_all(table, SLICE_STOP, T0 + 4 * S, "");
	(void)dhcp(T0 + 5 * S, DHCP4_ACK, dhcp4_stranger, SERVER, A);
	assert_string_equal(told, "");
}

static void
kernel_lets_no_server_of_radius_pass_for_what_an_order_names(void **state)
{
	(void)state;
	iap.dhcp_server_count = 0;
	iap.radius.servers[0].family = iap.radius.clients[0].family = 4;
	dhcp4_address(iap.radius.servers[0].addr, SERVER);
	dhcp4_address(iap.radius.clients[0].addr, "198.51.100.2");
	iap.radius.server_count = iap.radius.client_count = 1;
	begin_again();
	apply("ipv4 = 192.0.2.7", "content");
	assert_true(passes("192.0.2.7"));
	assert_false(passes(SERVER));
}

static void
kernel_lets_the_pool_pass_only_while_someone_is_followed(void **state)
{
	(void)state;
	apply("ipv4 = 192.0.2.7", "content");
	assert_true(passes("192.0.2.7"));
	assert_false(passes(A));
	assert_false(passes("0.0.0.0"));
	/* Whom they give the address to is read. */
	assert_true(passes(SERVER));
	table_end_all(table, SLICE_STOP, T0 + S, "");
	/* Of one that is narrowed nobody is told, nor of what they do not give. */
	begin_again();
	apply("ipv4 = 192.0.2.7\nvlan = 7", "content");
	assert_false(passes(SERVER));
	begin_again();
	apply("ipv6 = 2001:db8::7", "content");
	assert_false(passes(SERVER));
	begin_again();
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_true(passes(A));
	assert_true(passes("0.0.0.0"));
	assert_true(passes(SERVER));
	assert_false(passes("192.0.2.7"));
}

/* What f holds behind the tag of a VLAN, from one MAC to the other. */
static int
line(stamp_t time, const uint8_t *from, const uint8_t *to, unsigned type, const struct frame *f)
{
	static struct frame wire;

	wire.n = 0;
	frame_ethernet(&wire, to, from, 0x8100);
	frame_vlan(&wire, 7, type);
	frame_put(&wire, f->data, f->n);
	return show(time, &wire);
}

static void
fault_044_session_of_pppoe_is_stored_from_login_to_end_and_no_other(void **state)
{
	static struct frame login, yes, data, end;

	(void)state;
	memcpy(iap.pppoe.concentrators[0], server_mac, 6);
	iap.pppoe.concentrator_count = 1;
	iap.pppoe.silence = 600;
	begin_again();
	pppoe_pap(&login, 9, "alice");
	pppoe_control(&yes, 9, PPPOE_PAP, PPPOE_PAP_ACK, "\0", 1);
	frame_pppoe(&data, 9, 0x0021, 28);
	frame_v4(&data, A, FRAME_OTHER4, 17, 8);
	frame_udp(&data, 1, 2, 0);
	pppoe_discovery(&end, PPPOE_PADT, 9);
	apply("pppoe_user = alice", "content");
	assert_true(passes_link(server_mac));
	assert_false(passes_link(dhcp4_stranger));
	assert_false(line(T0 + S, dhcp4_subject, server_mac, 0x8864, &data));
	assert_true(line(T0 + S, dhcp4_subject, server_mac, 0x8864, &login));
	assert_false(line(T0 + S, server_mac, dhcp4_stranger, 0x8864, &yes));
	assert_true(line(T0 + 2 * S, server_mac, dhcp4_subject, 0x8864, &yes));
	assert_true(line(T0 + 3 * S, dhcp4_subject, server_mac, 0x8864, &data));
	assert_true(line(T0 + 3 * S, server_mac, dhcp4_subject, 0x8864, &data));
	assert_false(line(T0 + 3 * S, dhcp4_stranger, server_mac, 0x8864, &data));
	assert_false(packet(T0 + 3 * S, dhcp4_subject, A)); /* outside of the session */
	assert_true(line(T0 + 4 * S, server_mac, dhcp4_subject, 0x8863, &end));
	assert_false(line(T0 + 5 * S, dhcp4_subject, server_mac, 0x8864, &data));
	assert_string_equal(told, "assigned; terminated; ");
}

#define A6 "2001:db8:6::50"
#define SERVER6 "2001:db8::1"

/* An IPv6 packet around what f holds, behind that header of a frame. */
static int
packet6(stamp_t time, const struct frame *link, const char *const ends[2], unsigned next, const struct frame *f)
{
	static struct frame wire;

	wire = *link;
	frame_v6(&wire, ends[0], ends[1], next, f->n);
	if (next == NDP_PROTO)
		wire.data[link->n + 7] = NDP_HOPS;
	frame_put(&wire, f->data, f->n);
	return show(time, &wire);
}

/* From one MAC to another, under a tag. */
static const struct frame *
link6(const uint8_t *from, const uint8_t *to)
{
	static struct frame f;

	f.n = 0;
	frame_ethernet(&f, to, from, 0x8100);
	frame_vlan(&f, 7, 0x86dd);
	return &f;
}

/* An IPv6 packet around what f holds, in a session. */
static void
in_session(struct frame *wire, unsigned session, unsigned next, const struct frame *f)
{
	wire->n = 0;
	frame_pppoe(wire, session, 0x0057, 40 + f->n);
	frame_v6(wire, "fe80::1", "fe80::2", next, f->n);
	if (next == NDP_PROTO)
		wire->data[8 + 7] = NDP_HOPS;
	frame_put(wire, f->data, f->n);
}

static void
what_a_session_of_pppoe_has_of_ipv6_is_in_its_records_and_no_others_is(void **state)
{
	static struct frame login, yes, ra, reply, udp, wire, end;
	uint32_t at;

	(void)state;
	memcpy(iap.pppoe.concentrators[0], server_mac, 6);
	iap.pppoe.concentrator_count = 1;
	iap.pppoe.silence = 600;
	begin_again();
	pppoe_pap(&login, 9, "alice");
	pppoe_control(&yes, 9, PPPOE_PAP, PPPOE_PAP_ACK, "\0", 1);
	pppoe_discovery(&end, PPPOE_PADT, 9);
	ndp_router(&ra);
	ndp_prefix(&ra, "2001:db8:6::", 64, 0xc0, 600);
	reply.n = udp.n = 0;
	dhcp6_header(&reply, DHCP6_REPLY, 7, "duid");
	at = dhcp6_open_ia(&reply, DHCP6_PD, 1);
	dhcp6_lease(&reply, "2001:db8:7::", 56, 300);
	dhcp6_close(&reply, at);
	frame_udp(&udp, DHCP6_SERVER_PORT, DHCP6_CLIENT_PORT, reply.n);
	frame_put(&udp, reply.data, reply.n);
	apply("pppoe_user = alice", "content");
	assert_true(line(T0 + S, dhcp4_subject, server_mac, 0x8864, &login));
	assert_true(line(T0 + S, server_mac, dhcp4_subject, 0x8864, &yes));
	in_session(&wire, 10, NDP_PROTO, &ra);
	assert_false(line(T0 + 2 * S, server_mac, dhcp4_subject, 0x8864, &wire));
	in_session(&wire, 9, NDP_PROTO, &ra);
	assert_false(line(T0 + 2 * S, server_mac, dhcp4_stranger, 0x8864, &wire));
	assert_true(line(T0 + 3 * S, server_mac, dhcp4_subject, 0x8864, &wire));
	in_session(&wire, 9, 17, &udp);
	assert_true(line(T0 + 3 * S, server_mac, dhcp4_subject, 0x8864, &wire));
	assert_true(line(T0 + 4 * S, server_mac, dhcp4_subject, 0x8863, &end));
	assert_string_equal(told, "assigned; terminated; ");
	table_free(table);
	table = NULL;
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + 10 * S), 0);
	slicer = NULL;
	assert_string_equal(accesses, "access-attempt  .0; access-accepted  .0; session-start assigned .0; "
				      "address-assigned assigned .184; prefix-delegated delegated .184; "
				      "address-released terminated .184; address-released terminated .184; "
				      "session-end terminated .0; ");
	/* By silence alone, or by its own end; and what is over has none. */
	assert_true(valid_until[ACCESS_SESSION_START] == T0 + 601 * S);
	assert_true(valid_until[ACCESS_ASSIGNED] == T0 + 603 * S);
	assert_true(valid_until[ACCESS_DELEGATED] == T0 + 303 * S);
	assert_true(valid_until[ACCESS_RELEASED] == STAMP_NONE);
	assert_true(valid_until[ACCESS_SESSION_END] == STAMP_NONE);
	assert_true(valid_until[ACCESS_ATTEMPT] == STAMP_NONE);
}

/* A DHCPv6 message with that DUID, and with an address where it is a reply; ${cut}: so much of it is in no frame. */
static int
dhcp6(stamp_t time, unsigned type, const uint8_t *mac, const char *duid, unsigned cut)
{
	static const char *const ends[2][2] = {{"fe80::7", "ff02::1:2"}, {SERVER6, "fe80::7"}};
	static struct frame message, udp;
	int is_reply = type == DHCP6_REPLY;
	uint32_t at;

	message.n = udp.n = 0;
	dhcp6_header(&message, type, 1, duid);
	if (is_reply) {
		at = dhcp6_open_ia(&message, DHCP6_NA, 1);
		dhcp6_lease(&message, A6, 0, 600);
		dhcp6_close(&message, at);
	}
	frame_udp(&udp, is_reply ? 547 : 546, is_reply ? 546 : 547, message.n);
	frame_put(&udp, message.data, message.n - cut);
	return packet6(time, is_reply ? link6(server_mac, mac) : link6(mac, server_mac), ends[is_reply], 17, &udp);
}

static int
datagram6(stamp_t time, const uint8_t *mac, const char *from)
{
	static const char *ends[2] = {NULL, FRAME_OTHER6};
	static struct frame udp;

	udp.n = 0;
	frame_udp(&udp, 1, 2, 0);
	ends[0] = from;
	return packet6(time, link6(mac, server_mac), ends, 17, &udp);
}

static int
passes6(const char *from, const char *to)
{
	static struct frame f;

	f.n = 0;
	frame_link(&f, 0x86dd);
	frame_v6(&f, from, to, NDP_PROTO, 0);
	return lets_in(&f, 0x86dd);
}

static void
set_up_ipv6(void)
{
	ndp_address(iap.ipv6.servers[0].addr, SERVER6);
	iap.ipv6.server_count = 1;
	iap.ipv6.pools[0].family = iap.ipv6.slaac_pools[0].family = 6;
	iap.ipv6.pools[0].bits = iap.ipv6.slaac_pools[0].bits = 48;
	ndp_address(iap.ipv6.pools[0].addr, "2001:db8:6::");
	ndp_address(iap.ipv6.slaac_pools[0].addr, "2001:db8:5::");
	iap.ipv6.pool_count = iap.ipv6.slaac_pool_count = 1;
	iap.ipv6.silence = 3600;
	begin_again();
}

static void
fault_044_all_of_a_dhcpv6_client_is_stored_and_nothing_of_who_has_its_address_next(void **state)
{
	(void)state;
	set_up_ipv6();
	apply("dhcp6_duid = CANARY\ndhcp6_mac = 02:00:5e:00:53:07", "content");
	assert_true(passes6("fe80::7", "ff02::1:2"));
	assert_true(passes6(SERVER6, FRAME_OTHER6));
	assert_true(passes6(A6, FRAME_OTHER6));
	assert_false(passes6("2001:db8:4::1", FRAME_OTHER6));
	assert_false(datagram6(T0 + S, dhcp4_subject, A6));
	assert_false(dhcp6(T0 + S, DHCP6_SOLICIT, dhcp4_stranger, "other", 0));
	assert_true(dhcp6(T0 + S, DHCP6_SOLICIT, dhcp4_subject, "duid", 0));
	/* Half an answer gives nothing. */
	assert_true(dhcp6(T0 + 2 * S, DHCP6_REPLY, dhcp4_subject, "duid", 1));
	assert_false(datagram6(T0 + 2 * S, dhcp4_subject, A6));
	assert_true(dhcp6(T0 + 3 * S, DHCP6_REPLY, dhcp4_subject, "duid", 0));
	assert_true(datagram6(T0 + 3 * S, dhcp4_subject, A6));
	assert_false(datagram6(T0 + 3 * S, dhcp4_stranger, A6));
	assert_false(dhcp6(T0 + 4 * S, DHCP6_REPLY, dhcp4_stranger, "other", 0));
	assert_false(datagram6(T0 + 5 * S, dhcp4_subject, A6));
	assert_false(datagram6(T0 + 5 * S, dhcp4_stranger, A6));
	assert_string_equal(told, "assigned; conflict; ");
	assert_int_equal(stored(), 4);
}

static void
neighbor_discovery_counts_on_its_own_link_alone(void **state)
{
	static const char *const ends[2] = {"::", "ff02::1:ff00:50"};
	static struct frame question, label, through;

	(void)state;
	set_up_ipv6();
	apply("slaac_mac = 02:00:5e:00:53:07", "content");
	assert_true(passes6("::", "ff02::1:ff00:50"));
	ndp_neighbor(&question, NDP_SOLICITATION, "2001:db8:5::50", NULL);
	/* What is under a label came from elsewhere, and what has lost a hop through a router. */
	frame_ethernet(&label, server_mac, dhcp4_subject, 0x8847);
	frame_label(&label, 16, 1);
	assert_false(packet6(T0 + S, &label, ends, NDP_PROTO, &question));
	through = *link6(dhcp4_subject, server_mac);
	frame_v6(&through, ends[0], ends[1], NDP_PROTO, question.n);
	frame_put(&through, question.data, question.n);
	assert_false(show(T0 + S, &through));
	assert_false(packet6(T0 + S, link6(dhcp4_stranger, server_mac), ends, NDP_PROTO, &question));
	assert_string_equal(told, "");
	assert_true(packet6(T0 + S, link6(dhcp4_subject, server_mac), ends, NDP_PROTO, &question));
	assert_true(datagram6(T0 + 2 * S, dhcp4_subject, "2001:db8:5::50"));
	assert_false(datagram6(T0 + 2 * S, dhcp4_stranger, "2001:db8:5::50"));
	assert_false(packet6(T0 + 3 * S, link6(dhcp4_stranger, server_mac), ends, NDP_PROTO, &question));
	assert_false(datagram6(T0 + 4 * S, dhcp4_subject, "2001:db8:5::50"));
	assert_string_equal(told, "assigned; conflict; ");
	table_free(table);
	table = NULL;
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + 10 * S), 0);
	slicer = NULL;
	assert_true(strstr(accesses, "session-start assigned") != NULL);
	assert_true(strstr(accesses, "session-end conflict") != NULL);
}

static void
what_is_not_known_is_declared_up_to_the_first_word_of_it(void **state)
{
	(void)state;
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_int_equal(table_follow_tick(table, T0 + S, T0 + S), 0);
	assert_int_equal(table_follow_tick(table, T0 + 2 * S, T0 + 2 * S), 0);
	assert_true(dhcp(T0 + 3 * S, DHCP4_DISCOVER, dhcp4_subject, "0.0.0.0", NULL));
	assert_int_equal(table_follow_tick(table, T0 + 9 * S, T0 + 9 * S), 0);
	table_end_all(table, SLICE_STOP, T0 + 10 * S, "");
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + 10 * S), 0);
	slicer = NULL;
	assert_int_equal(gap_from_unknown, 1);
	assert_true(gap_to_unknown == T0 + 3 * S);
}

static void
nothing_is_learned_from_two_interfaces(void **state)
{
	(void)state;
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0), 0);
	table_free(table);
	tunnels_free(tunnels);
	begin(2);
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_false(dhcp(T0 + S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_false(packet(T0 + 2 * S, dhcp4_subject, A));
	assert_false(passes(A));
	table_end_all(table, SLICE_STOP, T0 + 10 * S, "");
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + 10 * S), 0);
	slicer = NULL;
	assert_int_equal(gap_from_unknown, 1);
	assert_true(gap_to_unknown == T0 + 10 * S);
}

/* Another reader begins, with what the first has told, which was all up to so many seconds ago. */
static void
start_anew(struct message_keep *m, stamp_t ago)
{
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + 3 * S), 0);
	table_free(table);
	tunnels_free(tunnels);
	assert_int_equal(streams_tear_down(NULL), 0);
	assert_int_equal(streams_set_up(NULL), 0);
	told[0] = accesses[0] = '\0';
	memset(m, 0, sizeof(*m));
	m->kept = kept;
	m->mark.realtime = stamp_now() - ago;
	m->mark.boottime = stamp_boottime() - ago;
	m->within = 30 * S;
	kept_told = 0;
	keep = m;
	begin(1);
}

static void
fault_044_next_reader_takes_up_what_was_known_as_long_as_it_counts(void **state)
{
	static struct message_keep m;

	(void)state;
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_int_equal(kept_told, 1); /* that nothing is known: whatever was kept before is not of now */
	assert_int_equal(kept.count, 0);
	/* No word is younger than the reader that takes it up. */
	assert_true(dhcp(T0, DHCP4_DISCOVER, dhcp4_subject, "0.0.0.0", NULL));
	assert_true(dhcp(T0, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_int_equal(kept_told, 2);
	assert_int_equal(kept.count, 1);
	start_anew(&m, 25 * S);
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_string_equal(told, "resumed; ");
	assert_int_equal(kept.count, 1);
	assert_true(packet(T0 + S, dhcp4_subject, A));
	assert_false(packet(T0 + S, dhcp4_stranger, A));
	assert_false(dhcp(T0 + 2 * S, DHCP4_ACK, dhcp4_stranger, SERVER, A));
	assert_false(packet(T0 + 3 * S, dhcp4_subject, A));
	assert_string_equal(told, "resumed; conflict; ");
	assert_int_equal(kept.count, 0);
	keep = NULL;
}

static void
fault_044_next_reader_takes_up_nothing_of_long_ago_or_of_another_order(void **state)
{
	static struct message_keep m;

	(void)state;
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_true(dhcp(T0, DHCP4_ACK, dhcp4_subject, SERVER, A));
	start_anew(&m, 31 * S);
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_string_equal(told, "away; ");
	assert_int_equal(kept.count, 0);
	assert_false(packet(T0 + S, dhcp4_subject, A));
	assert_true(dhcp(T0 + 2 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	start_anew(&m, S);
	m.mark.realtime -= 2 * S;
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_string_equal(told, "clock; ");
	assert_true(dhcp(T0 + 2 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	start_anew(&m, S);
	apply("dhcp_mac = 02:00:5e:00:53:07\nvlan = 9", "content");
	assert_string_equal(told, "order; ");
	assert_false(packet(T0 + 3 * S, dhcp4_subject, A));
	keep = NULL;
}

static void
what_could_not_be_told_is_told_again_and_till_then_nothing_counts(void **state)
{
	(void)state;
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_true(dhcp(T0, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_int_equal(kept.count, 1);
	assert_true(table_kept_is_told(table));
	is_kept_refused = 1;
	assert_false(dhcp(T0 + S, DHCP4_ACK, dhcp4_stranger, SERVER, A));
	assert_false(table_kept_is_told(table));
	assert_int_equal(table_follow_tick(table, T0 + 2 * S, T0 + S), 0);
	assert_false(table_kept_is_told(table));
	is_kept_refused = 0;
	assert_int_equal(table_follow_tick(table, T0 + 3 * S, T0 + 2 * S), 0);
	assert_true(table_kept_is_told(table));
	assert_int_equal(kept.count, 0);
}

static void
what_bounds_a_binding_more_tightly_is_told_at_once(void **state)
{
	(void)state;
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_true(dhcp(T0, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_int_equal(kept.at[0].has_link, 0);
	assert_true(dhcp(T0, DHCP4_REQUEST, dhcp4_subject, "0.0.0.0", NULL));
	/* The same answer once more, and by now it is seen that the subject is on this link. */
	assert_true(dhcp(T0 + S / 10, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_string_equal(told, "assigned; ");
	assert_int_equal(kept.at[0].has_link, 1);
}

/* To be told of each renewal costs the keeper much: it hears of those at once that the next reader could not do without. */
static void
end_that_is_later_waits_unless_the_one_before_is_near_or_something_else_is_new(void **state)
{
	unsigned before;

	(void)state;
	lease = 3600;
	apply("dhcp_mac = 02:00:5e:00:53:07", "content");
	assert_true(dhcp(T0, DHCP4_ACK, dhcp4_subject, SERVER, A));
	before = kept_told;
	assert_true(dhcp(T0 + 10 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_string_equal(told, "assigned; renewed; ");
	assert_int_equal(kept_told, before);
	assert_true(table_kept_is_told(table)); /* what the next reader takes up ends too early, never too late */
	assert_int_equal(table_follow_tick(table, T0 + 11 * S, T0 + 10 * S), 0);
	assert_int_equal(kept_told, before);
	table->now.at[0]->kept_looked -= 10 * S;
	assert_int_equal(table_follow_tick(table, T0 + 12 * S, T0 + 11 * S), 0);
	assert_int_equal(kept_told, before + 1);
	assert_true(kept.at[0].until == T0 + 3610 * S);
	/* There are ten minutes to go, and less. */
	assert_true(dhcp(T0 + 3010 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_int_equal(kept_told, before + 1);
	assert_true(dhcp(T0 + 3011 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_int_equal(kept_told, before + 2);
	assert_true(kept.at[0].until == T0 + 6611 * S);
	/* An end that is earlier than the one that was told. */
	lease = 3000;
	assert_true(dhcp(T0 + 3020 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_int_equal(kept_told, before + 3);
	assert_true(kept.at[0].until == T0 + 6020 * S);
	/* One that could not be told is tried again with the next. */
	lease = 2900;
	is_kept_refused = 1;
	assert_true(dhcp(T0 + 3030 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_false(table_kept_is_told(table));
	is_kept_refused = 0;
	assert_true(dhcp(T0 + 3040 * S, DHCP4_ACK, dhcp4_subject, SERVER, A));
	assert_true(table_kept_is_told(table));
	assert_true(kept.at[0].until == T0 + 5940 * S);
}

static void
what_is_kept_of_no_case_of_the_table_is_refused(void **state)
{
	static struct message_keep m;

	(void)state;
	memcpy(m.kept.case_id, "LI-2", 5);
	memcpy(m.kept.order, STREAMS_HEX, DIGEST_HEX);
	assert_int_equal(table_begin(table), 0);
	assert_int_equal(table_keep(table, &m, offsetof(struct message_keep, kept) + kept_size(&m.kept)), -1);
	assert_int_equal(table_keep(table, &m, offsetof(struct message_keep, kept)), -1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(fault_044_all_of_the_subject_is_stored_and_nothing_of_who_has_its_address_next),
	    T(answer_that_is_not_of_a_servers_mac_gives_and_takes_nothing_and_is_counted),
	    T(address_that_an_order_names_stays_its_and_whom_it_is_given_to_is_told_once),
	    T(that_it_is_back_is_told_of_the_last_address_of_a_case_alone),
	    T(each_case_that_names_the_address_is_told_and_none_that_is_over),
	    T(what_is_not_read_here_is_told_of_nobody),
	    T(what_no_believed_server_acknowledges_is_told_of_nobody_nor_of_a_stream_that_is_over),
	    T(kernel_lets_no_server_of_radius_pass_for_what_an_order_names),
	    T(what_a_router_stream_carries_of_dhcp_begins_and_ends_nothing),
	    T(lease_that_runs_out_ends_at_the_frame_that_is_stamped_then),
	    T(fault_044_end_that_moves_is_kept_to_wherever_it_moves),
	    T(what_one_message_says_of_two_subjects_is_settled_for_both),
	    T(what_is_given_after_the_end_is_not_told_to_a_case_that_waits_for_it),
	    T(case_that_is_over_leaves_no_end_to_wait_for),
	    T(scope_qualifiers_and_filter_hold_for_control_traffic_too),
	    T(followed_subject_is_told_by_both_tags_of_its_stack),
	    T(filter_leaves_control_traffic_out_and_what_it_teaches_in),
	    T(record_of_the_slice_tells_of_each_event_with_the_address),
	    T(record_says_which_addresses_the_subject_has_as_its_slice_begins),
	    T(record_of_a_subject_that_does_not_move_has_no_word_of_events),
	    T(headers_scope_cuts_the_message_off),
	    T(kernel_lets_the_pool_pass_only_while_someone_is_followed),
	    T(fault_044_session_of_pppoe_is_stored_from_login_to_end_and_no_other),
	    T(what_a_session_of_pppoe_has_of_ipv6_is_in_its_records_and_no_others_is),
	    T(fault_044_all_of_a_dhcpv6_client_is_stored_and_nothing_of_who_has_its_address_next),
	    T(neighbor_discovery_counts_on_its_own_link_alone),
	    T(what_is_not_known_is_declared_up_to_the_first_word_of_it),
	    T(nothing_is_learned_from_two_interfaces),
	    T(fault_044_next_reader_takes_up_what_was_known_as_long_as_it_counts),
	    T(fault_044_next_reader_takes_up_nothing_of_long_ago_or_of_another_order),
	    T(what_could_not_be_told_is_told_again_and_till_then_nothing_counts),
	    T(what_bounds_a_binding_more_tightly_is_told_at_once),
	    T(end_that_is_later_waits_unless_the_one_before_is_near_or_something_else_is_new),
	    T(what_is_kept_of_no_case_of_the_table_is_refused),
	};

	diag_init("table_follow_test", 0);
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
