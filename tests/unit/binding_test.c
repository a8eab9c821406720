#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "binding.h"

#include "proof.h"
#include "proof_plan.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define T0 ((stamp_t)1795219200 * STAMP_SECOND) /* 2026-11-21T00:00:00Z */
#define HOUR (3600 * STAMP_SECOND)

static struct order_identity identities[] = {
    {ORDER_DHCP_MAC, 6, {2, 0, 0x5e, 0, 0x53, 7}}, {ORDER_RADIUS_USER, 5, "alice"}};
static struct order order = {
    .case_id = "LI-1", .not_before = T0, .not_after = T0 + 2 * HOUR, .identities = identities, .identity_count = 2};

static struct binding
sample(enum binding_kind kind, stamp_t from, stamp_t until)
{
	struct binding b;

	memset(&b, 0, sizeof(b));
	strcpy(b.case_id, "LI-1");
	assert_null(binding_address_parse("192.0.2.7", &b.address));
	b.from = from;
	b.until = until;
	b.issued = T0;
	b.kind = kind;
	strcpy(b.proof, "leases");
	strcpy(b.proof_sha256, HEX);
	strcpy(b.kept_sha256, HEX);
	strcpy(b.reason, "static plan");
	return b;
}

static void
binding_reads_back_and_no_other_text_is_one(void **state)
{
	struct binding b = sample(BINDING_KEA, T0, T0 + HOUR), again;
	struct buf text = BUF_INIT;
	size_t i;
	char c;

	(void)state;
	assert_int_equal(binding_write(&b, &text), 0);
	assert_int_equal(binding_parse(text.data, text.len, "b", &again), 0);
	assert_memory_equal(&again.address, &b.address, sizeof(b.address));
	assert_true(again.from == b.from && again.until == b.until && again.kind == BINDING_KEA);
	assert_true(digest_is_hex(again.sha256));
	for (i = 0; i + 1 < text.len; i++) {
		c = text.data[i];
		text.data[i] = '\0';
		assert_int_equal(binding_parse(text.data, text.len, "b", &again), -1);
		text.data[i] = c;
	}
	/* None of its lines may be missing. */
	for (i = strlen("[binding]\n"); i < text.len; i += strcspn(text.data + i, "\n") + 1) {
		struct buf less = BUF_INIT;
		size_t n = strcspn(text.data + i, "\n") + 1;

		assert_int_equal(buf_put(&less, text.data, i), 0);
		assert_int_equal(buf_put(&less, text.data + i + n, text.len - i - n), 0);
		assert_int_equal(binding_parse(less.data, less.len, "b", &again), -1);
		buf_free(&less);
	}
	buf_free(&text);
}

static void
one_of_the_first_format_need_not_say_what_is_kept(void **state)
{
	struct binding b = sample(BINDING_KEA, T0, T0 + HOUR), again;
	struct buf text = BUF_INIT;
	char *line;

	(void)state;
	assert_int_equal(binding_write(&b, &text), 0);
	line = strstr(text.data, "casetap-binding/2");
	assert_non_null(line);
	line[strlen("casetap-binding/")] = '1';
	assert_int_equal(binding_parse(text.data, text.len, "b", &again), 0);
	assert_string_equal(again.kept_sha256, HEX);
	line = strstr(text.data, "kept_sha256");
	memset(line, '\n', strcspn(line, "\n"));
	assert_int_equal(binding_parse(text.data, text.len, "b", &again), 0);
	assert_string_equal(again.kept_sha256, "");
	assert_string_equal(again.reason, b.reason);
	strstr(text.data, "casetap-binding/1")[strlen("casetap-binding/")] = '2';
	assert_int_equal(binding_parse(text.data, text.len, "b", &again), -1);
	buf_free(&text);
}

static int
parses(const char *version, const char *address)
{
	struct binding b = sample(BINDING_KEA, T0, T0 + HOUR), again;
	struct buf text = BUF_INIT;
	char changed[1024];
	int rc;

	assert_int_equal(binding_write(&b, &text), 0);
	(void)snprintf(changed, sizeof(changed),
	    "[binding]\nformat = casetap-binding/%s\ncase = LI-1\naddress = %s%s", version, address,
	    strstr(text.data, "\nfrom = "));
	rc = binding_parse(changed, strlen(changed), "b", &again);
	buf_free(&text);
	return rc == 0;
}

static void
a_prefix_stands_in_the_third_format_and_a_host_in_those_before(void **state)
{
	struct binding b = sample(BINDING_PLAN, T0, T0 + HOUR), again;
	struct buf text = BUF_INIT;
	char address[64];

	(void)state;
	assert_int_equal(binding_write(&b, &text), 0);
	assert_non_null(strstr(text.data, "format = casetap-binding/2\n"));
	assert_non_null(strstr(text.data, "address = 192.0.2.7\n"));
	buf_clear(&text);
	assert_null(binding_address_parse("2001:db8:7::/56", &b.address));
	assert_int_equal(binding_write(&b, &text), 0);
	assert_non_null(strstr(text.data, "format = casetap-binding/3\n"));
	assert_non_null(strstr(text.data, "address = 2001:db8:7::/56\n"));
	assert_int_equal(binding_parse(text.data, text.len, "b", &again), 0);
	assert_memory_equal(&again.address, &b.address, sizeof(b.address));
	binding_address_format(&again.address, address);
	assert_string_equal(address, "2001:db8:7::/56");
	assert_null(binding_judge(&again, &order));
	buf_free(&text);
	assert_true(parses("1", "192.0.2.7"));
	assert_true(parses("2", "192.0.2.7"));
	assert_true(parses("3", "192.0.2.0/29"));
	assert_false(parses("1", "192.0.2.0/29"));
	assert_false(parses("2", "192.0.2.0/29"));
	assert_false(parses("2", "192.0.2.7/32"));
	assert_false(parses("3", "192.0.2.7/32"));
	assert_false(parses("3", "192.0.2.7"));
	assert_false(parses("3", "192.0.2.4/29"));
	assert_false(parses("4", "192.0.2.0/29"));
	assert_false(parses("33", "192.0.2.0/29"));
	assert_false(parses("", "192.0.2.7"));
}

static void
a_prefix_that_an_order_could_not_name_is_refused_in_its_words(void **state)
{
	static const struct {
		const char *text, *why;
	} refused[] = {{"192.0.2.4/29", "a prefix with bits set behind its length"},
	    {"2001:db8::1/56", "a prefix with bits set behind its length"},
	    {"10.0.0.0/7", "a prefix shorter than /8 (IPv4) or /32 (IPv6) is never one subject's"},
	    {"2001:d00::/31", "a prefix shorter than /8 (IPv4) or /32 (IPv6) is never one subject's"},
	    {"0.0.0.0/0", "a prefix of length 0 is everybody"}, {"224.0.0.0/8", "a multicast address"},
	    {"192.0.2.0/33", "not an address or an address/length"},
	    {"192.0.2.0/", "not an address or an address/length"},
	    {"2001:db8::/129", "not an address or an address/length"},
	    {"host/29", "not a numeric address (names are not looked up)"}};
	struct binding b = sample(BINDING_PLAN, T0, T0 + HOUR);
	struct order_prefix p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *why = binding_address_parse(refused[i].text, &p);

		assert_non_null(why);
		if (strstr(why, refused[i].why) == NULL)
			fail_msg("%s: %s", refused[i].text, why);
	}
	assert_null(binding_address_parse("192.0.2.7/32", &p));
	assert_memory_equal(&p, &b.address, sizeof(p));
	assert_null(binding_address_parse("169.254.8.0/29", &b.address));
	assert_non_null(binding_judge(&b, &order));
	assert_null(binding_address_parse("fe80::/64", &b.address));
	assert_non_null(binding_judge(&b, &order));
}

static void
a_prefix_wider_than_one_subscribers_needs_an_order_that_allows_prefixes(void **state)
{
	static const struct {
		const char *text;
		int is_plain;
	} rows[] = {{"192.0.2.0/24", 1}, {"192.0.2.0/25", 1}, {"192.0.2.0/23", 0}, {"10.0.0.0/8", 0},
	    {"2001:db8:7::/48", 1}, {"2001:db8:6::/47", 0}, {"2001:db8::/32", 0}};
	struct order allowing = order;
	struct binding b = sample(BINDING_PLAN, T0, T0 + HOUR);
	const char *why;
	size_t i;

	(void)state;
	allowing.allow_prefix = 1;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_null(binding_address_parse(rows[i].text, &b.address));
		why = binding_judge(&b, &order);
		assert_int_equal(why == NULL, rows[i].is_plain);
		if (why != NULL)
			assert_non_null(strstr(why, "allow_prefix"));
		assert_null(binding_judge(&b, &allowing));
	}
}

static void
binding_lies_within_the_order_of_a_subject_that_moves(void **state)
{
	struct order fixed = order;
	struct binding b = sample(BINDING_PLAN, T0, T0 + 2 * HOUR);

	(void)state;
	assert_null(binding_judge(&b, &order));
	b.from--;
	assert_non_null(binding_judge(&b, &order));
	b = sample(BINDING_PLAN, T0, T0 + 2 * HOUR + 1);
	assert_non_null(binding_judge(&b, &order));
	b = sample(BINDING_PLAN, T0, T0 + HOUR);
	strcpy(b.case_id, "LI-2");
	assert_non_null(binding_judge(&b, &order));
	/* one that was given before is read for ever, and none is given anew */
	b = sample(BINDING_PLAN, T0, T0 + HOUR);
	assert_null(binding_address_parse("169.254.7.7", &b.address));
	assert_non_null(binding_judge(&b, &order));
	assert_null(binding_address_parse("fe80::7", &b.address));
	assert_non_null(binding_judge(&b, &order));
	b = sample(BINDING_PLAN, T0, T0 + HOUR);
	fixed.identity_count = 0;
	assert_non_null(binding_judge(&b, &fixed));
}

static void
an_address_that_is_nobodys_in_particular_is_refused(void **state)
{
	static const char *const texts[] = {"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "::", "::1",
	    "ff02::1", "::ffff:192.0.2.7", "host", ""};
	struct order_prefix p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_non_null(binding_address_parse(texts[i], &p));
	assert_null(binding_address_parse("2001:db8::7", &p));
}

/* What was kept of the last proof. */
static struct buf kept;

static int
shows(enum binding_kind kind, stamp_t from, stamp_t until, const char *text)
{
	struct binding b = sample(kind, from, until);
	struct buf proof = BUF_INIT;
	int rc;

	buf_clear(&kept);
	assert_int_equal(buf_puts(&proof, text), 0);
	rc = proof_judge(&b, &order, &proof, &kept) == NULL;
	buf_free(&proof);
	return rc;
}

#define ISC(starts, ends, mac)                                                            \
	"lease 192.0.2.7 {\n  starts 6 2026/11/21 " starts ";\n  ends 6 2026/11/21 " ends \
	";\n  hardware ethernet " mac ";\n}\n"
#define OURS "02:00:5e:00:53:07"
#define THEIRS "02:00:5e:00:53:08"

static void
leases_of_isc_dhcpd_show_who_had_it_when(void **state)
{
	(void)state;
	assert_true(
	    shows(BINDING_ISC, T0, T0 + HOUR, ISC("00:00:00", "00:30:00", OURS) ISC("00:20:00", "01:00:00", OURS)));
	assert_false(shows(BINDING_ISC, T0, T0 + HOUR + 1, ISC("00:00:00", "01:00:00", OURS)));
	assert_false(
	    shows(BINDING_ISC, T0, T0 + HOUR, ISC("00:00:00", "00:30:00", OURS) ISC("00:31:00", "01:00:00", OURS)));
	assert_false(
	    shows(BINDING_ISC, T0, T0 + HOUR, ISC("00:00:00", "01:00:00", OURS) ISC("00:59:00", "01:30:00", THEIRS)));
	/* It was given up: what was written later counts. */
	assert_false(
	    shows(BINDING_ISC, T0, T0 + HOUR, ISC("00:00:00", "01:00:00", OURS) ISC("00:00:00", "00:10:00", OURS)));
	assert_false(shows(BINDING_ISC, T0, T0 + HOUR / 2,
	    ISC("00:00:00", "00:30:00", OURS) ISC("00:20:00", "01:00:00", OURS) ISC("00:20:00", "00:22:00", OURS)));
	assert_false(shows(BINDING_ISC, T0, T0 + HOUR, ISC("00:00:00", "01:00:00", THEIRS)));
	assert_false(shows(BINDING_ISC, T0, T0 + HOUR, ""));
	assert_false(shows(BINDING_ISC, T0, T0 + HOUR, "lease 192.0.2.7 {"));
}

static void
leases_of_kea_show_who_had_it_when(void **state)
{
	(void)state;
	assert_true(shows(BINDING_KEA, T0, T0 + HOUR, "address,hwaddr\n192.0.2.7," OURS ",,7200,1795224000\n"));
	assert_true(shows(BINDING_KEA, T0, T0 + HOUR, "192.0.2.7," OURS ",01:02,7200,1795224000,1\n"));
	assert_false(shows(
	    BINDING_KEA, T0, T0 + HOUR, "192.0.2.7," OURS ",,7200,1795224000\n192.0.2.7," OURS ",,0,1795220000\n"));
	assert_false(shows(BINDING_KEA, T0, T0 + HOUR, "192.0.2.7," THEIRS ",,7200,1795224000\n"));
	assert_false(shows(
	    BINDING_KEA, T0, T0 + HOUR, "192.0.2.7," OURS ",,7200,1795224000\n192.0.2.7,,01:02,600,1795221000\n"));
	assert_false(shows(BINDING_KEA, T0, T0 + HOUR, "192.0.2.70," OURS ",,7200,1795224000\n"));
}

#define DETAIL(user, time, seconds)                                                               \
	"Sat Nov 21 00:00:00 2026\n\tUser-Name = \"" user "\"\n\tFramed-IP-Address = 192.0.2.7\n" \
	"\tAcct-Session-Time = " seconds "\n\tTimestamp = " time "\n\n"

static void
detail_files_of_freeradius_show_whose_session_had_it(void **state)
{
	(void)state;
	assert_true(shows(BINDING_RADIUS, T0, T0 + HOUR,
	    DETAIL("alice", "1795219200", "0") DETAIL("bob", "1795219100", "60")
		DETAIL("alice", "1795222800", "3600")));
	assert_false(shows(BINDING_RADIUS, T0, T0 + HOUR, DETAIL("alice", "1795222799", "3600")));
	/* Told a while after it was over. */
	assert_false(
	    shows(BINDING_RADIUS, T0, T0 + HOUR, DETAIL("alice", "1795222800", "3600\n\tAcct-Delay-Time = 10")));
	assert_true(
	    shows(BINDING_RADIUS, T0, T0 + HOUR, DETAIL("alice", "1795222810", "3600\n\tAcct-Delay-Time = 10")));
	assert_false(shows(BINDING_RADIUS, T0, T0 + HOUR, DETAIL("alicea", "1795222800", "3600")));
	assert_false(shows(
	    BINDING_RADIUS, T0, T0 + HOUR, DETAIL("alice", "1795222800", "3600") DETAIL("bob", "1795222800", "60")));
}

static void
export_of_mikrotik_shows_a_plan(void **state)
{
	(void)state;
	assert_true(shows(BINDING_MIKROTIK, T0, T0 + HOUR,
	    "/ip dhcp-server lease\nadd address=192.0.2.8 mac-address=" THEIRS
	    "\nadd address=192.0.2.7 \\\n    mac-address=" OURS " server=a\n"));
	assert_false(shows(BINDING_MIKROTIK, T0, T0 + HOUR, "add address=192.0.2.7 mac-address=" THEIRS "\n"));
	assert_false(
	    shows(BINDING_MIKROTIK, T0, T0 + HOUR, "add address=192.0.2.7 mac-address=" OURS " disabled=yes\nadd\n"));
	assert_false(shows(BINDING_MIKROTIK, T0, T0 + HOUR, "add address=192.0.2.7\nadd mac-address=" OURS "\n"));
}

#define BLOCK(state, starts, ends, mac) \
	"lease 192.0.2.7 {\n  starts " starts ";\n  ends " ends ";\n  binding state " state ";\n" mac "}\n"
#define OWN_LINE "  hardware ethernet " OURS ";\n"
#define THEIR_LINE "  hardware ethernet " THEIRS ";\n"

static void
block_of_isc_that_is_not_given_or_not_read_shows_nothing(void **state)
{
	static const char active[] = BLOCK("active", "epoch 1795219200; # a comment", "epoch 1795222800", OWN_LINE);
	char text[1024];

	(void)state;
	assert_true(shows(BINDING_ISC, T0, T0 + HOUR, active));
	(void)snprintf(text, sizeof(text), "%s%s", active, BLOCK("active", "epoch 1795220000", "never", THEIR_LINE));
	assert_false(shows(BINDING_ISC, T0, T0 + HOUR, text));
	(void)snprintf(text, sizeof(text), "%s%s", active, BLOCK("abandoned", "epoch 1795220000", "never", ""));
	assert_false(shows(BINDING_ISC, T0, T0 + HOUR, text));
	(void)snprintf(text, sizeof(text), "%s%s", active, BLOCK("active", "yesterday", "never", THEIR_LINE));
	assert_false(shows(BINDING_ISC, T0, T0 + HOUR, text));
	/* It ran out, and then is free; or it was given up before. */
	(void)snprintf(
	    text, sizeof(text), "%s%s", active, BLOCK("free", "epoch 1795219200", "epoch 1795222800", OWN_LINE));
	assert_true(shows(BINDING_ISC, T0, T0 + HOUR, text));
	(void)snprintf(
	    text, sizeof(text), "%s%s", active, BLOCK("free", "epoch 1795219200", "epoch 1795220000", OWN_LINE));
	assert_false(shows(BINDING_ISC, T0, T0 + HOUR, text));
	assert_false(
	    shows(BINDING_ISC, T0, T0 + HOUR, BLOCK("free", "epoch 1795219200", "epoch 1795222800", OWN_LINE)));
	/* A brace in a name ends no block. */
	assert_false(shows(BINDING_ISC, T0, T0 + HOUR,
	    ISC("00:00:00", "01:00:00",
		OURS) "lease 192.0.2.7 {\n  uid \"}\";\n  starts 6 2026/11/21 00:10:00;\n" THEIR_LINE "}\n"));
}

static void
row_of_kea_that_is_declined_or_not_read_shows_nothing(void **state)
{
	(void)state;
#define ROW(mac, life, expire, state) "192.0.2.7," mac ",," life "," expire ",1,0,0,," state ",,0\n"
	assert_true(shows(BINDING_KEA, T0, T0 + HOUR, ROW(OURS, "7200", "1795224000", "0")));
	assert_false(shows(BINDING_KEA, T0, T0 + HOUR, ROW(OURS, "7200", "1795224000", "1")));
	assert_false(shows(
	    BINDING_KEA, T0, T0 + HOUR, ROW(OURS, "7200", "1795224000", "0") ROW("", "600", "1795220600", "1")));
	assert_false(shows(
	    BINDING_KEA, T0, T0 + HOUR, ROW(OURS, "7200", "1795224000", "0") ROW(OURS, "7200", "1795220000", "2")));
	assert_false(shows(
	    BINDING_KEA, T0, T0 + HOUR, ROW(OURS, "7200", "1795224000", "0") ROW(THEIRS, "x", "1795220600", "0")));
	assert_false(shows(
	    BINDING_KEA, T0, T0 + HOUR, ROW(OURS, "7200", "1795224000", "0") ROW(OURS, "600", "1795220600", "9")));
	assert_false(
	    shows(BINDING_KEA, T0, T0 + HOUR, "address,duid,valid_lifetime\n" ROW(OURS, "7200", "1795224000", "0")));
}

#define RECORD(user, status, session, time, seconds) \
	DETAIL(user, time, seconds "\n\tAcct-Status-Type = " status "\n\tAcct-Session-Id = \"" session "\"")

static void
session_of_another_whose_end_is_not_read_is_on(void **state)
{
	static const char own[] =
	    RECORD("alice", "Start", "a", "1795219000", "0") RECORD("alice", "Stop", "a", "1795222800", "3800");
	char text[2048];

	(void)state;
	assert_true(shows(BINDING_RADIUS, T0, T0 + HOUR, own));
	/* It began before the time, and after the subject's: whose it is now is not shown. */
	(void)snprintf(text, sizeof(text), "%s%s", own, RECORD("bob", "Start", "b", "1795219100", "0"));
	assert_false(shows(BINDING_RADIUS, T0, T0 + HOUR, text));
	(void)snprintf(text, sizeof(text), "%s%s%s", own, RECORD("bob", "Start", "b", "1795219100", "0"),
	    RECORD("bob", "Stop", "b", "1795219150", "50"));
	assert_true(shows(BINDING_RADIUS, T0, T0 + HOUR, text));
	/* The subject began after it: then it was over. */
	(void)snprintf(text, sizeof(text), "%s%s", RECORD("bob", "Start", "b", "1795218000", "0"), own);
	assert_true(shows(BINDING_RADIUS, T0, T0 + HOUR, text));
	/* Nor is a record that lacks its time passed over, nor a file of another system. */
	(void)snprintf(text, sizeof(text), "%s\tUser-Name = \"bob\"\n\tFramed-IP-Address = 192.0.2.7\n\n", own);
	assert_false(shows(BINDING_RADIUS, T0, T0 + HOUR, text));
	(void)snprintf(text, sizeof(text), "%s\r\n", own);
	assert_false(shows(BINDING_RADIUS, T0, T0 + HOUR, text));
}

static void
export_of_mikrotik_is_read_by_words_and_not_from_later(void **state)
{
#define LINE "add address=192.0.2.7 mac-address=" OURS "\n"
	(void)state;
	assert_true(shows(BINDING_MIKROTIK, T0, T0 + HOUR, "# 2026-11-20 23:00:00 by RouterOS 7.16\n" LINE));
	assert_true(shows(BINDING_MIKROTIK, T0, T0 + HOUR, "# nov/20/2026 23:00:00 by RouterOS 6.49\n" LINE));
	assert_false(shows(BINDING_MIKROTIK, T0, T0 + HOUR, "# 2027-03-01 10:00:00 by RouterOS 7.16\n" LINE));
	assert_false(shows(BINDING_MIKROTIK, T0, T0 + HOUR, "# mar/01/2027 10:00:00 by RouterOS 6.49\n" LINE));
	assert_true(shows(BINDING_MIKROTIK, T0, T0 + HOUR,
	    "add address=192.0.2.7 comment=\"disabled=yes \\\"x\" mac-address=" OURS "\r\n"));
	assert_false(shows(BINDING_MIKROTIK, T0, T0 + HOUR,
	    "add address=192.0.2.7 comment=\"mac-address=" OURS "\" mac-address=" THEIRS "\n"));
	assert_false(
	    shows(BINDING_MIKROTIK, T0, T0 + HOUR, LINE "add address=192.0.2.7 comment=\"disabled=yes\" server=a\n"));
}

static void
of_a_log_only_the_entries_that_show_it_are_kept(void **state)
{
	static const char isc[] = ISC("00:00:00", "01:00:00", OURS);
	static const char late[] =
	    "lease 192.0.2.7 {\n  starts 6 2026/11/21 02:00:00;\n  ends 6 2026/11/21 03:00:00;\n"
	    "  hardware ethernet " OURS ";\n}\n";
	static const char canary[] = "lease 192.0.2.8 {\n  starts 6 2026/11/21 00:00:00;\n  hardware ethernet " THEIRS
				     ";\n  client-hostname \"CANARY\";\n}\n";
	char text[1024];

	(void)state;
	(void)snprintf(text, sizeof(text), "# CANARY\n%s%s%s%s", canary, isc, canary, late);
	assert_true(shows(BINDING_ISC, T0, T0 + HOUR, text));
	assert_string_equal(kept.data, isc);
	assert_true(shows(BINDING_KEA, T0, T0 + HOUR,
	    "address,CANARY\n192.0.2.8," THEIRS ",,7200,1795224000,CANARY\n192.0.2.7," OURS ",,7200,1795224000\n"
	    "192.0.2.9,,CANARY,7200,1795224000\n"));
	assert_string_equal(kept.data, "192.0.2.7," OURS ",,7200,1795224000\n");
	assert_true(shows(BINDING_RADIUS, T0, T0 + HOUR,
	    DETAIL("CANARY", "1795219100", "60") DETAIL("alice", "1795222800", "3600")
		DETAIL("CANARY", "1795300000", "1")));
	assert_string_equal(kept.data, DETAIL("alice", "1795222800", "3600"));
	assert_true(shows(BINDING_MIKROTIK, T0, T0 + HOUR,
	    "add address=192.0.2.8 comment=CANARY mac-address=" THEIRS
	    "\nadd address=192.0.2.7 \\\n mac-address=" OURS "\nadd address=192.0.2.9 comment=CANARY\n"));
	assert_string_equal(kept.data, "add address=192.0.2.7 \\\n mac-address=" OURS "\n");
	buf_free(&kept);
}

static void
a_plan_is_kept_whole_and_so_may_name_nobody_else(void **state)
{
	static const char *const others[] = {"198.51.100.9 is alice's", "alice: 192.0.2.7, bob: 192.0.2.8.",
	    "net 2001:db8::/32", ("mac " THEIRS), "mac 02-00-5e-00-53-08", "MAC:02:00:5e:00:53:08",
	    "198.51.100.9:5060", "198.51.100.10-198.51.100.20", "2001:db8::8: bob's",
	    "bob 2001:db8:0:0:0:0:0:8:", "0200.5e00.5308", "02005e005308", "0200-5E00-5308", "02005e-005308",
	    "2:0:5e:0:53:8", "192.0.2.7-20", "192.000.002.008", "01:02:00:5e:00:53:08", ("mac=" OURS "," THEIRS),
	    "192.0.2.7.192.0.2.8", "....192.0.2.8", "-192.0.2.8-", "192.0.2.7 - 20",
	    "192.0.2.7\xe2\x80\x93"
	    "20",
	    "192.0.2.7 \xe2\x80\x94\n 20",
	    "192.0.2.7\xc2\xa0\xe2\x88\x92\xc2\xa0"
	    "20",
	    "192.0.2.7\x96"
	    "20",
	    "192.0.2.7-2.20", "192.0.2.7/29", "192.0.2.7 / 29", "192.0.2.7/24", "192.0.2.7/3", "192.0.2.7/320",
	    "192.0.2.7/32-40", (OURS "-09"), (OURS " - 0a"), (OURS " \xe2\x80\x93 53:09"), (OURS "/24"),
	    "02005e005307-09"};
	static const char *const own[] = {"192.0.2.7/32", "192.0.2.7 - alice's", (OURS " - 192.0.2.7"),
	    (OURS "/48 \xe2\x80\x93 alice, customer 20"), (OURS " / 192.0.2.7:5060")};
	size_t i;

	(void)state;
	assert_true(
	    shows(BINDING_PLAN, T0, T0 + HOUR, "alice (" OURS ") has 192.0.2.7, by contract of 2026-11-20 10:15."));
	assert_non_null(strstr(kept.data, "by contract"));
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		assert_true(shows(BINDING_PLAN, T0, T0 + HOUR, own[i]));
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_false(shows(BINDING_PLAN, T0, T0 + HOUR, others[i]));
		assert_int_equal(kept.len, 0);
	}
	buf_free(&kept);
}

static void
a_plan_names_no_range_or_network_of_ipv6(void **state)
{
	static const struct {
		const char *text;
		int is_taken;
	} texts[] = {{"alice has 2001:db8::7/128 - by contract", 1}, {"2001:db8::7-9", 0}, {"2001:db8::7 - 9", 0},
	    {"2001:db8::7\xe2\x80\x93"
	     "f",
		0},
	    {"2001:db8::7/64", 0}, {"2001:db8::7/12", 0}, {"2001:db8:0:0::7-0:9", 0}};
	struct order_prefix address;
	size_t i;

	(void)state;
	assert_null(binding_address_parse("2001:db8::7", &address));
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buf plan = BUF_INIT;

		assert_int_equal(buf_puts(&plan, texts[i].text), 0);
		assert_int_equal(proof_plan_judge(&order, &address, &plan) == NULL, texts[i].is_taken);
		buf_free(&plan);
	}
}

static void
a_plan_of_a_prefix_names_nothing_beyond_it(void **state)
{
	static const struct {
		const char *prefix, *text;
		int is_taken;
	} texts[] = {{"192.0.2.8/29", "alice has 192.0.2.8/29", 1},
	    {"192.0.2.8/29", "192.0.2.8 / 29 - router 192.0.2.9", 1},
	    {"192.0.2.8/29", "192.0.2.12/30 and 192.0.2.15/32, 192.0.2.10/29", 1}, {"192.0.2.8/29", "192.0.2.16", 0},
	    {"192.0.2.8/29", "192.0.2.7", 0}, {"192.0.2.8/29", "192.0.2.8/28", 0}, {"192.0.2.8/29", "192.0.2.8/2", 0},
	    {"192.0.2.8/29", "192.0.2.8/33", 0}, {"192.0.2.8/29", "192.0.2.8/029", 0},
	    {"192.0.2.8/29", "192.0.2.8-15", 0}, {"192.0.2.8/29", "192.0.2.8 255.255.255.248", 0},
	    {"192.0.2.8/29", "2001:db8::7", 0}, {"192.0.2.8/29", "192.0.2.9 at 02:00:5e:00:53:08", 0},
	    {"192.0.2.8/29", "192.0.2.9 at 02:00:5e:00:53:07", 1}, {"192.0.2.8/29", "02:00:5e:00:53:07/29", 0},
	    {"2001:db8:7::/56", "2001:db8:7::/56", 1},
	    {"2001:db8:7::/56", "2001:db8:7:ab::/64 2001:db8:7:ff::1/128", 1},
	    {"2001:db8:7::/56", "2001:db8:7:100::/64", 0}, {"2001:db8:7::/56", "2001:db8:7::/48", 0},
	    {"2001:db8:7::/56", "2001:db8:7::/5", 0}, {"2001:db8:7::/56", "192.0.2.8", 0}};
	struct binding b = sample(BINDING_PLAN, T0, T0 + HOUR);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buf plan = BUF_INIT;

		buf_clear(&kept);
		assert_null(binding_address_parse(texts[i].prefix, &b.address));
		assert_int_equal(buf_puts(&plan, texts[i].text), 0);
		if ((proof_judge(&b, &order, &plan, &kept) == NULL) != texts[i].is_taken)
			fail_msg("%s", texts[i].text);
		buf_free(&plan);
	}
	buf_free(&kept);
}

static void
what_shows_one_address_at_a_time_shows_no_prefix(void **state)
{
	static const struct {
		enum binding_kind kind;
		const char *prefix, *text;
	} logs[] = {{BINDING_ISC, "192.0.2.0/29", ISC("00:00:00", "01:00:00", OURS)},
	    {BINDING_KEA, "192.0.2.0/29", "192.0.2.0," OURS ",,7200,1795224000\n"},
	    {BINDING_MIKROTIK, "192.0.2.0/29", "add address=192.0.2.0/29 mac-address=" OURS "\n"},
	    {BINDING_RADIUS, "192.0.2.0/29", DETAIL("alice", "1795222800", "3600")},
	    {BINDING_RADIUS, "2001:db8:7::/56", DETAIL("alice", "1795222800", "3600")},
	    {BINDING_MIKROTIK, "2001:db8:7::/56", "add address=2001:db8:7::/56 mac-address=" OURS "\n"}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct binding b = sample(logs[i].kind, T0, T0 + HOUR);
		struct buf proof = BUF_INIT;
		const char *why;

		assert_null(binding_address_parse(logs[i].prefix, &b.address));
		assert_int_equal(buf_puts(&proof, logs[i].text), 0);
		why = proof_judge(&b, &order, &proof, &kept);
		assert_non_null(why);
		assert_non_null(strstr(why, "shows single addresses and no prefix"));
		buf_free(&proof);
	}
	assert_int_equal(kept.len, 0);
}

static void
a_plan_may_name_the_subject_by_any_of_its_macs_however_spelled(void **state)
{
	static struct order_identity all[] = {{ORDER_SLAAC_MAC, 6, {2, 0, 0x5e, 0, 0x53, 9}},
	    {ORDER_DHCP6_MAC, 6, {2, 0, 0x5e, 0, 0x53, 10}}, {ORDER_RADIUS_CALLING, 17, "02-00-5E-00-53-0B"},
	    {ORDER_DHCP_CLIENT_ID, 7, {1, 2, 0, 0x5e, 0, 0x53, 12}}, {ORDER_DHCP_MAC, 6, {2, 0, 0x5e, 0, 0x53, 7}}};
	static const char *const own[] = {"02:00:5e:00:53:09 has 192.0.2.7:5060", "mac:0200.5e00.530a",
	    "from 20.11.2026 10:15:30 on MAC:02:00:5E:00:53:0b-", "01:02:00:5e:00:53:0c",
	    "02-00-5e-00-53-07: 192.0.2.7/32", "2026-11-20T10:15:30+01:00 ---- .... 02005e005307 ---- 192.0.2.7."};
	const struct order before = order;
	size_t i;

	(void)state;
	order.identities = all;
	order.identity_count = sizeof(all) / sizeof(all[0]);
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		assert_true(shows(BINDING_PLAN, T0, T0 + HOUR, own[i]));
	assert_true(shows(BINDING_ISC, T0, T0 + HOUR, ISC("00:00:00", "01:00:00", "02:00:5e:00:53:09")));
	assert_false(shows(BINDING_PLAN, T0, T0 + HOUR, "02:00:5e:00:53:0d"));
	order = before;
	buf_free(&kept);
}

static void
a_plan_in_another_encoding_is_refused_and_a_picture_is_not(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		int is_taken;
	} texts[] = {{"\xff\xfe"
		      "1\0",
			 4, 0},
	    {"\xfe\xff\0"
	     "1",
		4, 0},
	    {"1\0"
	     "9\0"
	     "2\0.\0"
	     "0\0.\0"
	     "2\0.\0"
	     "8\0",
		18, 0},
	    {"\x10\x04\x11\x04\x12\x04\x13\x04\x14\x04"
	     "\0"
	     "1\0.\0"
	     "2\0.\0"
	     "3\0.\0"
	     "4",
		24, 0},
	    {"bob has\0"
	     "192.0.2.8",
		17, 0},
	    {"\xd1\x83 \xd0\xb1\xd0\xbe\xd0\xb1\xd0\xb0 192.0.2.8\0", 22, 0},
	    {"\x11\x04\0\0\x3e\x04\0\0\x31\x04\0\0\x3a\x04\0\0"
	     "8\0\0\0",
		20, 0},
	    {"\0\0\x04\x11\0\0\x04\x3e\0\0\x04\x31\0\0\x04\x3a\0\0\0"
	     "8",
		20, 0},
	    {"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\x90\x8f\x9a\xe1::", 30, 1}};
	struct binding b = sample(BINDING_PLAN, T0, T0 + HOUR);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buf proof = BUF_INIT;

		buf_clear(&kept);
		assert_int_equal(buf_put(&proof, texts[i].bytes, texts[i].n), 0);
		assert_int_equal(proof_judge(&b, &order, &proof, &kept) == NULL, texts[i].is_taken);
		assert_int_equal(kept.len, texts[i].is_taken ? texts[i].n : 0);
		buf_free(&proof);
	}
	buf_free(&kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(binding_reads_back_and_no_other_text_is_one),
	    cmocka_unit_test(one_of_the_first_format_need_not_say_what_is_kept),
	    cmocka_unit_test(a_prefix_stands_in_the_third_format_and_a_host_in_those_before),
	    cmocka_unit_test(a_prefix_that_an_order_could_not_name_is_refused_in_its_words),
	    cmocka_unit_test(a_prefix_wider_than_one_subscribers_needs_an_order_that_allows_prefixes),
	    cmocka_unit_test(binding_lies_within_the_order_of_a_subject_that_moves),
	    cmocka_unit_test(an_address_that_is_nobodys_in_particular_is_refused),
	    cmocka_unit_test(leases_of_isc_dhcpd_show_who_had_it_when),
	    cmocka_unit_test(leases_of_kea_show_who_had_it_when),
	    cmocka_unit_test(detail_files_of_freeradius_show_whose_session_had_it),
	    cmocka_unit_test(export_of_mikrotik_shows_a_plan),
	    cmocka_unit_test(block_of_isc_that_is_not_given_or_not_read_shows_nothing),
	    cmocka_unit_test(row_of_kea_that_is_declined_or_not_read_shows_nothing),
	    cmocka_unit_test(session_of_another_whose_end_is_not_read_is_on),
	    cmocka_unit_test(export_of_mikrotik_is_read_by_words_and_not_from_later),
	    cmocka_unit_test(of_a_log_only_the_entries_that_show_it_are_kept),
	    cmocka_unit_test(a_plan_is_kept_whole_and_so_may_name_nobody_else),
	    cmocka_unit_test(a_plan_names_no_range_or_network_of_ipv6),
	    cmocka_unit_test(a_plan_of_a_prefix_names_nothing_beyond_it),
	    cmocka_unit_test(what_shows_one_address_at_a_time_shows_no_prefix),
	    cmocka_unit_test(a_plan_may_name_the_subject_by_any_of_its_macs_however_spelled),
	    cmocka_unit_test(a_plan_in_another_encoding_is_refused_and_a_picture_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
