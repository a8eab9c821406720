#include <sys/resource.h>

#include "scratch.h"

#include "buf.h"
#include "digest.h"
#include "order.h"

#define ORDER                                      \
	"[order]\n"                                \
	"format = casetap-order/1\n"               \
	"case_id = LI-2026-0042\n"                 \
	"content_id = 1\n"                         \
	"lea = county-sheriff\n"                   \
	"authority = title-iii\n"                  \
	"order_number = 26-CV-0117\n"              \
	"issued_by = Hon. A. Example\n"            \
	"presented_by = Det. B. Example\n"         \
	"responsible = C. Example\n"               \
	"not_before = 2026-11-20T00:00:00-07:00\n" \
	"not_after = 2026-12-20T00:00:00-07:00\n"  \
	"revision = 1\n"
#define SUBJECT                   \
	"[subject]\n"             \
	"ipv4 = 198.51.100.7\n"   \
	"ipv6 = 2001:db8:77::7\n" \
	"mac = 02:00:5e:00:53:07\n"
#define CAPTURE "[capture]\nscope = content\n"
#define DELIVERY                \
	"[delivery]\n"          \
	"to = county-sheriff\n" \
	"payload_days = 30\n"   \
	"records_days = 1825\n"

static const char good[] = ORDER SUBJECT CAPTURE DELIVERY;

static struct order *
parse_bytes(const char *text, size_t n)
{
	struct order *o;

	scratch_listen();
	o = order_parse(text, n, "LI/1.order");
	scratch_heard();
	return o;
}

static void
refuses(const char *text, const char *what)
{
	struct order *o = parse_bytes(text, strlen(text));

	if (o != NULL)
		fail_msg("was taken: %s", text);
	assert_int_equal(errno, EINVAL);
	scratch_expect(what);
	scratch_expect("LI/1.order");
	/* FAULTS and CONVENTIONS 12: nobody learns the subject from a log. */
	assert_null(strstr(scratch_said, "198.51"));
	assert_null(strstr(scratch_said, "2001:db8"));
	assert_null(strstr(scratch_said, "5e:00"));
}

static struct order *
takes(const char *text)
{
	struct order *o = parse_bytes(text, strlen(text));

	if (o == NULL)
		fail_msg("refused: %s", scratch_said);
	assert_string_equal(scratch_said, "");
	return o;
}

/* The good order with one line replaced, or left out where ${line} is "". */
static char *
with(const char *key, const char *line)
{
	static char text[4096];
	char start[64];
	const char *at, *end;

	assert_true(snprintf(start, sizeof(start), "\n%s = ", key) > 0);
	at = strstr(good, start);
	assert_non_null(at);
	at++;
	end = strchr(at, '\n') + 1;
	assert_true(snprintf(text, sizeof(text), "%.*s%s%s%s", (int)(at - good), good, line,
			*line == '\0' ? "" : "\n", end) < (int)sizeof(text));
	return text;
}

static char *
with_subject(const char *lines)
{
	static char text[8192];

	assert_true(snprintf(text, sizeof(text), ORDER "[subject]\n%s" CAPTURE, lines) < (int)sizeof(text));
	return text;
}

static void
order_takes_every_field_of_the_manual(void **state)
{
	static const uint8_t mac[6] = {2, 0, 0x5e, 0, 0x53, 7};
	struct order *o = takes(good);
	char sha256[DIGEST_HEX];

	(void)state;
	assert_int_equal(digest_hex_of(good, strlen(good), sha256), 0);
	assert_string_equal(o->sha256, sha256);
	assert_string_equal(o->case_id, "LI-2026-0042");
	assert_true(o->content_id == 1);
	assert_string_equal(o->lea, "county-sheriff");
	assert_int_equal(o->authority, ORDER_TITLE_III);
	assert_string_equal(o->order_number, "26-CV-0117");
	assert_string_equal(o->issued_by, "Hon. A. Example");
	assert_string_equal(o->presented_by, "Det. B. Example");
	assert_string_equal(o->responsible, "C. Example");
	assert_true(o->not_after - o->not_before == 30 * STAMP_DAY);
	assert_int_equal(o->revision, 1);
	assert_string_equal(o->previous, "");
	assert_int_equal(o->prefix_count, 2);
	assert_int_equal(o->prefixes[0].family, 4);
	assert_int_equal(o->prefixes[0].bits, 32);
	assert_int_equal(o->prefixes[0].addr[0], 198);
	assert_int_equal(o->prefixes[1].family, 6);
	assert_int_equal(o->prefixes[1].bits, 128);
	assert_int_equal(o->mac_count, 1);
	assert_memory_equal(o->macs[0], mac, 6);
	assert_int_equal(o->scope, ORDER_CONTENT);
	assert_null(o->filter);
	assert_int_equal(o->slice_seconds, 0);
	assert_false(o->broadcast);
	assert_int_equal(o->quiet_after, ORDER_QUIET_UNSET);
	assert_int_equal(o->destination_count, 1);
	assert_string_equal(o->destinations[0], "county-sheriff");
	assert_int_equal(o->payload_days, 30);
	assert_int_equal(o->records_days, 1825);
	assert_string_equal(order_authority_text(o->authority), "title-iii");
	assert_string_equal(order_scope_text(ORDER_HEADERS_WITHOUT_PORTS), "headers-without-ports");
	order_free(o);
	order_free(NULL);
}

static void
order_takes_lists_qualifiers_and_options(void **state)
{
	struct order *o = takes(ORDER
	    "[subject]\n"
	    "ipv4 = 198.51.100.9  198.51.100.7 198.51.100.9 192.0.2.0/28\n"
	    "mac = 02:00:5E:00:53:0A 02:00:5e:00:53:07\n"
	    "vlan = 200 100 200\n"
	    "pppoe_session = 17\n"
	    "allow_prefix = yes\n"
	    "[capture]\nscope = headers\nfilter = port 53 or net 0.0.0.0/0\nslice_seconds = 60\nslice_bytes = 1M\n"
	    "broadcast = yes\nquiet_after = 36h\n"
	    "[delivery]\nto = a b\n");

	(void)state;
	assert_int_equal(o->prefix_count, 3);
	assert_int_equal(o->prefixes[0].addr[0], 192);
	assert_int_equal(o->prefixes[0].bits, 28);
	assert_int_equal(o->prefixes[1].addr[3], 7);
	assert_int_equal(o->prefixes[2].addr[3], 9);
	assert_int_equal(o->mac_count, 2);
	assert_int_equal(o->macs[1][5], 10);
	assert_int_equal(o->vlan_count, 2);
	assert_int_equal(o->vlans[0], 100);
	assert_int_equal(o->session_count, 1);
	assert_true(o->allow_prefix);
	assert_string_equal(o->filter, "port 53 or net 0.0.0.0/0");
	assert_int_equal(o->slice_seconds, 60);
	assert_true(o->slice_bytes == 1 << 20);
	assert_true(o->broadcast);
	assert_int_equal(o->quiet_after, 36 * 3600);
	assert_int_equal(o->destination_count, 2);
	assert_int_equal(o->payload_days, 30);
	order_free(o);
}

static void
order_without_any_one_required_field_is_refused(void **state)
{
	static const char *const keys[] = {"format", "case_id", "content_id", "lea", "authority", "order_number",
	    "issued_by", "presented_by", "responsible", "not_before", "not_after", "revision", "scope"};
	char what[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		assert_true(snprintf(what, sizeof(what), "has no %s", keys[i]) > 0);
		refuses(with(keys[i], ""), what);
	}
	refuses(SUBJECT CAPTURE, "has no section [order]");
	refuses(ORDER CAPTURE, "has no section [subject]");
	refuses(ORDER SUBJECT, "has no section [capture]");
	refuses("", "has no section [order]");
	order_free(takes(ORDER SUBJECT CAPTURE));
}

static void
fault_018_an_order_without_an_end_is_refused(void **state)
{
	(void)state;
	refuses(with("not_after", ""), ":1: [order] has no not_after");
	refuses(with("not_after", "not_after = 0"), ":12: not_after: not an RFC 3339 time");
	refuses(with("not_after", "not_after = never"), ":12: not_after: not an RFC 3339 time");
	refuses(with("not_after", "not_after ="), ":12: not_after: no value");
}

static void
fault_019_an_order_that_ends_before_it_begins_is_refused(void **state)
{
	(void)state;
	refuses(
	    with("not_after", "not_after = 2026-11-19T00:00:00-07:00"), ":12: not_after: is not after not_before");
	refuses(with("not_after", "not_after = 2026-11-20T07:00:00Z"), "not_after: is not after not_before");
	order_free(takes(with("not_after", "not_after = 2026-11-20T07:00:00.000000001Z")));
}

static void
fault_020_an_order_longer_than_the_station_allows_is_refused(void **state)
{
	struct order *o = takes(good);
	char why[256];

	(void)state;
	assert_int_equal(order_judge(o, NULL, 30, why, sizeof(why)), 0);
	assert_int_equal(order_judge(o, NULL, 29, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "max_order_days = 29"));
	order_free(o);
}

static void
fault_024_subjects_that_are_not_one_subscriber_are_refused(void **state)
{
	static const struct {
		const char *lines, *what;
	} table[] = {
	    {"", "names no subject"},
	    {"vlan = 7\npppoe_session = 9\n", "names no subject"},
	    {"ipv4 = 0.0.0.0/0\n", ":15: ipv4: a prefix of length 0"},
	    {"ipv4 = 0.0.0.0/0\nallow_prefix = yes\n", ":15: ipv4: a prefix of length 0"},
	    {"ipv6 = ::/0\nallow_prefix = yes\n", ":15: ipv6: a prefix of length 0"},
	    {"ipv4 = 10.0.0.0/8\n", "allow_prefix = yes is not there"},
	    {"ipv4 = 10.0.0.0/8\nallow_prefix = no\n", "allow_prefix = yes is not there"},
	    {"ipv4 = 198.51.100.6/31\n", "allow_prefix = yes is not there"},
	    {"ipv6 = 2001:db8:77::/64\n", "allow_prefix = yes is not there"},
	    {"ipv4 = 10.0.0.0/7\nallow_prefix = yes\n", "never one subject's"},
	    {"ipv4 = 128.0.0.0/1\nallow_prefix = yes\n", "ipv4: a multicast address"},
	    {"ipv6 = 2001:d00::/31\nallow_prefix = yes\n", "never one subject's"},
	    {"ipv4 = 10.0.0.1/8\nallow_prefix = yes\n", "bits set behind its length"},
	    {"ipv4 = 198.51.100.7/33\n", "ipv4: not an address"},
	    {"ipv4 = 198.51.100.7/\n", "ipv4: not an address"},
	    {"ipv4 = 198.51.100.7/-1\n", "ipv4: not an address"},
	    {"ipv4 = 0.0.0.0\n", "an unspecified address"},
	    {"ipv4 = 0.1.2.3\n", "an unspecified address"},
	    {"ipv4 = 127.0.0.1\n", "a loopback address"},
	    {"ipv4 = 224.0.0.1\n", "a multicast address"},
	    {"ipv4 = 239.1.2.3\n", "a multicast address"},
	    {"ipv4 = 255.255.255.255\n", "the broadcast address"},
	    {"ipv4 = 255.0.0.0/8\nallow_prefix = yes\n", "the broadcast address"},
	    {"ipv6 = ::\n", "an unspecified address"},
	    {"ipv6 = ::1\n", "a loopback address"},
	    {"ipv6 = ::/64\nallow_prefix = yes\n", "an unspecified address"},
	    {"ipv6 = ff02::1\n", "a multicast address"},
	    {"ipv6 = ::ffff:198.51.100.7\n", "in IPv6 form"},
	    {"mac = 01:00:5e:00:00:01\n", "mac: a group address"},
	    {"mac = ff:ff:ff:ff:ff:ff\n", "mac: a group address"},
	    {"mac = 00:00:00:00:00:00\n", "mac: an unspecified address"},
	    {"mac = 02:00:5e:00:53\n", "mac: not of the form"},
	    {"mac = 02:00:5e:00:53:07:08\n", "mac: not of the form"},
	    {"mac = 02-00-5e-00-53-07\n", "mac: not of the form"},
	    {"mac = 0200.5e00.5307.0\n", "mac: not of the form"},
	    {"mac = 02:00:5e:00:53:0g\n", "mac: not of the form"},
	    {"ipv4 = 198.51.100.7\nvlan = 0\n", "vlan: not a number"},
	    {"ipv4 = 198.51.100.7\nvlan = 4095\n", "vlan: not a number"},
	    {"ipv4 = 198.51.100.7\nvlan = 7,8\n", "vlan: not a number"},
	    {"ipv4 = 198.51.100.7\nvlan = 100.7.9\n", ":16: vlan: a stack has two tags"},
	    {"ipv4 = 198.51.100.7\nvlan = 100..7\n", "vlan: a stack has two tags"},
	    {"ipv4 = 198.51.100.7\nvlan = 100.7.\n", "vlan: a stack has two tags"},
	    {"ipv4 = 198.51.100.7\nvlan = .\n", "vlan: the outer tag is not"},
	    {"ipv4 = 198.51.100.7\nvlan = .7\n", "vlan: the outer tag is not"},
	    {"ipv4 = 198.51.100.7\nvlan = 0.7\n", "vlan: the outer tag is not"},
	    {"ipv4 = 198.51.100.7\nvlan = 4095.7\n", "vlan: the outer tag is not"},
	    {"ipv4 = 198.51.100.7\nvlan = 65636.7\n", "vlan: the outer tag is not"},
	    {"ipv4 = 198.51.100.7\nvlan = 0100.7\n", "vlan: the outer tag is not"},
	    {"ipv4 = 198.51.100.7\nvlan = *.7\n", "vlan: the outer tag is not"},
	    {"ipv4 = 198.51.100.7\nvlan = 100.\n", "vlan: the inner tag is not"},
	    {"ipv4 = 198.51.100.7\nvlan = 100. 7\n", "vlan: the inner tag is not"},
	    {"ipv4 = 198.51.100.7\nvlan = 100.0\n", "vlan: the inner tag is not"},
	    {"ipv4 = 198.51.100.7\nvlan = 100.4095\n", "vlan: the inner tag is not"},
	    {"ipv4 = 198.51.100.7\nvlan = 100.07\n", "vlan: the inner tag is not"},
	    {"ipv4 = 198.51.100.7\nvlan = 100.7,8\n", "vlan: the inner tag is not"},
	    {"ipv4 = 198.51.100.7\nvlan = 100/7\n", "vlan: not a number"},
	    {"vlan = 100.7\n", "names no subject"},
	    {"ipv4 = 198.51.100.7\npppoe_session = 100.7\n", "pppoe_session: not a number"},
	    {"ipv4 = 198.51.100.7\npppoe_session = 0\n", "pppoe_session: not a number"},
	    {"ipv4 = 198.51.100.7\npppoe_session = 65535\n", "pppoe_session: not a number"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		refuses(with_subject(table[i].lines), table[i].what);
	order_free(takes(with_subject("ipv4 = 10.0.0.0/8\nipv6 = 2001:db8::/32\nallow_prefix = yes\n")));
	order_free(takes(with_subject("ipv4 = 198.51.100.7/32\nipv6 = 2001:db8::7/128\n")));
}

static void
fault_024_a_link_local_subject_is_read_for_ever_and_never_accepted_anew(void **state)
{
	static const char *const subjects[] = {"ipv4 = 169.254.7.7\n", "ipv4 = 198.51.100.7 169.254.255.255\n",
	    "ipv4 = 169.254.0.0/24\nallow_prefix = yes\n", "ipv4 = 169.0.0.0/8\nallow_prefix = yes\n",
	    "ipv6 = fe80::1\n", "ipv6 = febf:ffff::1\nmac = 02:00:5e:00:53:07\n"};
	struct order *o, *before;
	char why[256] = "";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		o = takes(with_subject(subjects[i]));
		before = takes(with_subject(subjects[i]));
		assert_int_equal(order_count_link_local(o), 1);
		assert_int_equal(order_judge(o, NULL, 60, why, sizeof(why)), 0);
		assert_int_equal(order_judge_new(o, NULL, why, sizeof(why)), -1);
		assert_non_null(strstr(why, "revision 1 names a link-local address"));
		assert_null(strstr(why, "169"));
		assert_null(strstr(why, "fe"));
		/* it goes on no longer than it did, but its end is never stood in the way of */
		assert_int_equal(order_judge_new(o, before, why, sizeof(why)), -1);
		o->not_after--;
		assert_int_equal(order_judge_new(o, before, why, sizeof(why)), 0);
		order_free(before);
		order_free(o);
	}
	o = takes(with_subject("ipv4 = 169.253.255.255 169.255.0.0\nipv6 = fec0::1 fe7f::1\n"));
	assert_int_equal(order_count_link_local(o), 0);
	assert_int_equal(order_judge_new(o, NULL, why, sizeof(why)), 0);
	order_free(o);
}

static void
fault_024_longer_lists_than_their_limits_are_refused(void **state)
{
	struct buf b = BUF_INIT;
	int i;

	(void)state;
	assert_int_equal(buf_puts(&b, "ipv4 ="), 0);
	for (i = 0; i < 256; i++)
		assert_int_equal(buf_printf(&b, " 10.0.1.%d", i), 0);
	assert_int_equal(buf_puts(&b, "\n"), 0);
	order_free(takes(with_subject(b.data)));
	b.len--;
	assert_int_equal(buf_puts(&b, " 10.0.2.1\n"), 0);
	refuses(with_subject(b.data), "ipv4: more than 256");
	buf_clear(&b);
	assert_int_equal(buf_puts(&b, "mac ="), 0);
	for (i = 0; i < 65; i++)
		assert_int_equal(buf_printf(&b, " 02:00:5e:00:53:%02x", (unsigned)i), 0);
	assert_int_equal(buf_puts(&b, "\n"), 0);
	refuses(with_subject(b.data), "mac: more than 64");
	buf_clear(&b);
	assert_int_equal(buf_puts(&b, "ipv4 = 10.0.0.1\nvlan ="), 0);
	for (i = 0; i < 65; i++)
		assert_int_equal(buf_printf(&b, " %d", i + 1), 0);
	assert_int_equal(buf_puts(&b, "\n"), 0);
	refuses(with_subject(b.data), "vlan: more than 64");
	/* Both kinds together. */
	buf_clear(&b);
	assert_int_equal(buf_puts(&b, "ipv4 = 10.0.0.1\nvlan ="), 0);
	for (i = 0; i < 32; i++)
		assert_int_equal(buf_printf(&b, " %d %d.9", i + 1, i + 1), 0);
	assert_int_equal(buf_puts(&b, "\n"), 0);
	order_free(takes(with_subject(b.data)));
	b.len--;
	assert_int_equal(buf_puts(&b, " 7.7\n"), 0);
	refuses(with_subject(b.data), "vlan: more than 64");
	buf_free(&b);
}

static void
fault_025_a_subject_given_as_a_host_name_is_refused(void **state)
{
	(void)state;
	refuses(with_subject("ipv4 = customer7.example.net\n"), ":15: ipv4: not a numeric address");
	refuses(with_subject("ipv6 = customer7.example.net\n"), ":15: ipv6: not a numeric address");
	refuses(with_subject("ipv4 = 198.51.100.7 localhost\n"), ":15: ipv4: not a numeric address");
	refuses(with_subject("ipv4 = 198.51.100.7,198.51.100.8\n"), "ipv4: not a numeric address");
	refuses(with_subject("ipv4 = 198.51.100.07\n"), "ipv4: not a numeric address");
	refuses(with_subject("ipv4 = 198.51.100\n"), "ipv4: not a numeric address");
	refuses(with_subject("ipv4 = 0xc6336407\n"), "ipv4: not a numeric address");
	refuses(with_subject("ipv4 = 2001:db8::7\n"), "ipv4: not a numeric address");
	refuses(with_subject("ipv6 = 198.51.100.7\n"), "ipv6: not a numeric address");
	refuses(with_subject("ipv6 = fe80::1%eth0\n"), "ipv6: not a numeric address");
	refuses(with_subject("ipv4 = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"),
	    "ipv4: not a numeric address");
}

static void
fault_026_case_ids_that_are_no_names_are_refused(void **state)
{
	static const char *const bad[] = {"../../etc", "a/b", "L\xd0\x86-2026-0042", ".hidden", "a b"};
	char line[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(snprintf(line, sizeof(line), "case_id = %s", bad[i]) > 0);
		refuses(with("case_id", line), ":3: case_id: not a case ID");
	}
	assert_true(snprintf(line, sizeof(line), "case_id = %0300d", 7) > 0);
	refuses(with("case_id", line), ":3: case_id: not a case ID");
	refuses(with("case_id", "case_id = a\rb"), ":3: ");
	refuses(with("lea", "lea = sheriff/../x"), ":5: lea: not a name");
	refuses(with("lea", "lea = sh\xc3\xa9riff"), ":5: lea: not a name");
}

static void
fault_027_a_case_id_used_again_for_another_subject_is_refused(void **state)
{
	static const char *const others[] = {"ipv4 = 198.51.100.8\n", "ipv4 = 198.51.100.7\nipv6 = 2001:db8::1\n",
	    "ipv4 = 198.51.100.7\nvlan = 7\n", "ipv4 = 198.51.100.7\nvlan = 100.7\n", "mac = 02:00:5e:00:53:07\n",
	    "ipv4 = 198.51.100.0/28\nallow_prefix = yes\n"};
	struct order *first = takes(with_subject("ipv4 = 198.51.100.7\n")), *next;
	char text[4096], why[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		next = takes(with_subject(others[i]));
		next->revision = 2;
		memcpy(next->previous, first->sha256, DIGEST_HEX);
		assert_int_equal(order_judge(next, first, 60, why, sizeof(why)), -1);
		assert_non_null(strstr(why, "another subject"));
		assert_null(strstr(why, "198.51"));
		order_free(next);
	}
	assert_true(snprintf(text, sizeof(text), "%s", with_subject("ipv4 = 198.51.100.7/32 198.51.100.7\n")) > 0);
	next = takes(text);
	next->revision = 2;
	memcpy(next->previous, first->sha256, DIGEST_HEX);
	assert_int_equal(order_judge(next, first, 60, why, sizeof(why)), 0);
	order_free(next);
	order_free(first);
}

static void
fault_032_only_rfc_3339_times_with_an_offset_are_taken(void **state)
{
	static const char *const bad[] = {"2026-12-20T00:00:00", "2026-12-20 00:00:00Z", "2026-12-20",
	    "2026-12-20T00:00:60Z", "2026-12-20T24:00:00Z", "10000-01-01T00:00:00Z", "2026-02-30T00:00:00Z",
	    "2026-12-20T00:00:00z", "2026-12-20t00:00:00Z", "2026-12-20T00:00:00+0200", "2026-12-20T00:00:00+25:00",
	    "2026-12-20T00:00:00 MST", "20261220T000000Z", "1797724800", "2026-12-20T00:00Z"};
	static const char *const good_times[] = {
	    "2026-12-20T00:00:00Z", "2026-12-20T00:00:00+02:00", "2026-12-20T00:00:00.25-07:00"};
	char line[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(snprintf(line, sizeof(line), "not_after = %s", bad[i]) > 0);
		refuses(with("not_after", line), ":12: not_after: not an RFC 3339 time");
	}
	for (i = 0; i < sizeof(good_times) / sizeof(good_times[0]); i++) {
		assert_true(snprintf(line, sizeof(line), "not_after = %s", good_times[i]) > 0);
		order_free(takes(with("not_after", line)));
	}
}

static void
fault_034_duplicate_keys_and_sections_are_refused(void **state)
{
	(void)state;
	refuses(with("lea", "lea = a\nlea = b"), ":6: lea stands twice");
	refuses(ORDER SUBJECT "[subject]\nipv4 = 192.0.2.1\n" CAPTURE, "section [subject] stands twice");
	refuses(ORDER SUBJECT CAPTURE "[delivery]\nto = a a\n", "a destination stands twice");
}

static void
fault_034_an_order_over_64_kib_is_refused_without_reading_it(void **state)
{
	size_t n = (size_t)100 << 20;
	char *text = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct rusage before, after;

	(void)state;
	assert_true(text != MAP_FAILED);
	memcpy(text, good, strlen(good));
	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	assert_null(parse_bytes(text, n));
	scratch_expect("more than 64 KiB");
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	assert_true(after.ru_maxrss - before.ru_maxrss < 16 * 1024);
	assert_int_equal(munmap(text, n), 0);
}

static void
order_refuses_unknown_and_planned_keys_alike(void **state)
{
	static const char *const planned[] = {"dhcp_hostname", "radius_nas_port", "username", "imsi", "sip_uri"};
	char text[256];
	size_t i;

	(void)state;
	refuses(with("lea", "lea = a\nnote = b"), ":6: note: unknown key");
	refuses(ORDER SUBJECT "[capture]\nscope = content\nsnaplen = 64\n", "snaplen: unknown key");
	refuses(ORDER SUBJECT CAPTURE "[extra]\nx = y\n", "[extra]: unknown section");
	refuses(with_subject("ipv4 = 198.51.100.7\nipv5 = 1\n"), ":16: ipv5: unknown key");
	for (i = 0; i < sizeof(planned) / sizeof(planned[0]); i++) {
		assert_true(snprintf(text, sizeof(text), "ipv4 = 198.51.100.7\n%s = x\n", planned[i]) > 0);
		refuses(with_subject(text), "not supported by this version");
	}
}

/* An address that a lease may give to somebody else tomorrow is followed by nobody here, and so not by an order either. */
static void
fault_044_order_that_would_follow_what_can_not_be_followed_is_refused_never_ignored(void **state)
{
	static const char *const leases[] = {"dhcp_hostname", "radius_nas_port", "username"};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(leases) / sizeof(leases[0]); i++) {
		assert_true(snprintf(text, sizeof(text), "ipv4 = 198.51.100.7\n%s = 01:02\n", leases[i]) > 0);
		refuses(with_subject(text), "not supported by this version");
		assert_true(snprintf(text, sizeof(text), "%s = 01:02\n", leases[i]) > 0);
		refuses(with_subject(text), "not supported by this version");
	}
}

static void
order_names_a_subject_that_moves_in_one_spelling(void **state)
{
	struct order *a, *b;
	struct buf text = BUF_INIT;
	char hash_a[DIGEST_HEX], hash_b[DIGEST_HEX];

	(void)state;
	a = takes(with_subject("dhcp_mac = 02:00:5E:00:53:07\ndhcp_client_id = 0x01ab a%20b abc\n"
			       "dhcp_circuit_id = eth/1:7\ndhcp_relay = 198.51.100.1\n"));
	assert_int_equal(a->identity_count, 6);
	assert_int_equal(a->prefix_count, 0);
	assert_int_equal(a->identities[0].kind, ORDER_DHCP_MAC);
	assert_memory_equal(a->identities[0].bytes, "\002\0\136\0\123\007", 6);
	assert_int_equal(order_subject_text(a, &text), 0);
	assert_string_equal(text.data, "dhcp_mac 02:00:5e:00:53:07 dhcp_client_id 0x01ab dhcp_client_id 0x612062 "
				       "dhcp_client_id abc dhcp_circuit_id eth/1:7 dhcp_relay 198.51.100.1");
	buf_free(&text);
	b = takes(with_subject("dhcp_relay = 198.51.100.1\ndhcp_circuit_id = 0x6574682f313a37\n"
			       "dhcp_client_id = abc 0x612062 %01%ab abc\ndhcp_mac = 02:00:5e:00:53:07\n"));
	order_subject_hash(a, hash_a);
	order_subject_hash(b, hash_b);
	assert_string_equal(hash_a, hash_b);
	order_free(b);
	b = takes(with_subject("radius_user_name = alice@example\nradius_calling_station_id = 02-00-5E-00-53-07\n"));
	assert_int_equal(b->identity_count, 2);
	assert_int_equal(b->identities[0].kind, ORDER_RADIUS_USER);
	assert_int_equal(order_subject_text(b, &text), 0);
	assert_string_equal(text.data, "radius_user_name alice@example radius_calling_station_id 02-00-5E-00-53-07");
	buf_free(&text);
	order_free(b);
	b = takes(
	    with_subject("slaac_mac = 02:00:5E:00:53:07\ndhcp6_relay = 2001:DB8:0::1\ndhcp6_interface_id = ge%200\n"
			 "dhcp6_mac = 02:00:5e:00:53:07\ndhcp6_iaid = 1 4294967295\ndhcp6_duid = 0x00030001\n"
			 "dhcp6_remote_id = 0x00000009616263\n"));
	assert_int_equal(order_subject_text(b, &text), 0);
	assert_string_equal(text.data,
	    "dhcp6_duid 0x00030001 dhcp6_iaid 1 dhcp6_iaid 4294967295 dhcp6_mac 02:00:5e:00:53:07 "
	    "dhcp6_interface_id 0x67652030 dhcp6_remote_id 0x00000009616263 dhcp6_relay 2001:db8::1 "
	    "slaac_mac 02:00:5e:00:53:07");
	buf_free(&text);
	order_free(b);
	b = takes(with_subject("ipv4 = 198.51.100.7\ndhcp_client_id = 0x01ab\n"));
	order_subject_hash(b, hash_b);
	assert_string_not_equal(hash_a, hash_b);
	order_free(a);
	order_free(b);
}

static void
fault_024_identities_that_are_not_one_subscriber_are_refused(void **state)
{
	static const struct {
		const char *lines, *what;
	} table[] = {
	    {"dhcp_mac = ff:ff:ff:ff:ff:ff\n", "dhcp_mac: a group address"},
	    {"dhcp_mac = 02:00:5e:00:53\n", "dhcp_mac: not of the form"},
	    {"dhcp_client_id = 0x\n", "dhcp_client_id: not 1 to 126 bytes"},
	    {"dhcp_client_id = 0x0\n", "dhcp_client_id: not 1 to 126 bytes"},
	    {"dhcp_client_id = 0xAB\n", "dhcp_client_id: not 1 to 126 bytes"},
	    {"dhcp_client_id = a%2\n", "dhcp_client_id: not two lower-case hex digits"},
	    {"dhcp_client_id = a%\n", "dhcp_client_id: not two lower-case hex digits"},
	    {"dhcp_client_id = \xc3\xa4\n", "dhcp_client_id: holds something else than printable ASCII"},
	    {"dhcp_circuit_id = a/1\n", "at many a relay"},
	    {"dhcp_relay = 198.51.100.1\n", "dhcp_relay only narrows"},
	    {"dhcp_relay = 198.51.100.1\ndhcp_mac = 02:00:5e:00:53:07\n", "dhcp_relay only narrows"},
	    {"dhcp_remote_id = r\ndhcp_relay = relay.example\n", "dhcp_relay: not a numeric address"},
	    {"dhcp_remote_id = r\ndhcp_relay = 0.0.0.0\n", "dhcp_relay: not a relay's address"},
	    {"dhcp6_duid = 0x\n", "dhcp6_duid: not 1 to 126 bytes"},
	    {"dhcp6_duid = a\ndhcp6_iaid = -1\n", "dhcp6_iaid: not a number of 32 bits"},
	    {"dhcp6_duid = a\ndhcp6_iaid = 4294967296\n", "dhcp6_iaid: not a number of 32 bits"},
	    {"dhcp6_mac = a\ndhcp6_iaid = 1\n", "dhcp6_mac: not of the form"},
	    {"dhcp6_mac = 02:00:5e:00:53:07\ndhcp6_iaid = 1\n", "dhcp6_iaid only narrows"},
	    {"dhcp6_interface_id = a\n", "at many a relay"},
	    {"dhcp6_relay = 2001:db8::1\n", "dhcp6_relay only narrows"},
	    {"dhcp6_remote_id = r\ndhcp6_relay = 198.51.100.1\n", "dhcp6_relay: not a numeric IPv6 address"},
	    {"dhcp6_remote_id = r\ndhcp6_relay = ::\n", "dhcp6_relay: not a relay's address"},
	    {"slaac_mac = 01:00:5e:00:53:07\n", "slaac_mac: a group address"},
	    {"radius_user_name = \xc3\xa4\n", "radius_user_name: holds something else than printable ASCII"},
	    {"pppoe_user = %0\n", "pppoe_user: not two lower-case hex digits"},
	    {"radius_calling_station_id = 0x\n", "radius_calling_station_id: not 1 to 126 bytes"},
	};
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		refuses(with_subject(table[i].lines), table[i].what);
	assert_int_equal(buf_puts(&b, "dhcp_client_id ="), 0);
	for (i = 0; i < 64; i++)
		assert_int_equal(buf_printf(&b, " id%zu", i), 0);
	assert_int_equal(buf_puts(&b, "\n"), 0);
	order_free(takes(with_subject(b.data)));
	b.len--;
	assert_int_equal(buf_puts(&b, " one-more\n"), 0);
	refuses(with_subject(b.data), "more than 64 identities");
	buf_clear(&b);
	assert_int_equal(buf_puts(&b, "dhcp_remote_id = "), 0);
	for (i = 0; i < 127; i++)
		assert_int_equal(buf_puts(&b, "a"), 0);
	assert_int_equal(buf_puts(&b, "\n"), 0);
	refuses(with_subject(b.data), "dhcp_remote_id: longer than 126 bytes");
	buf_free(&b);
}

static void
order_refuses_values_out_of_range(void **state)
{
	static const struct {
		const char *key, *line, *what;
	} table[] = {
	    {"format", "format = casetap-order/2", ":2: format: must be casetap-order/1"},
	    {"content_id", "content_id = 0", "content_id: must be from"},
	    {"content_id", "content_id = 99999999999999999999", "content_id: must be from"},
	    {"content_id", "content_id = one", "content_id: not a number"},
	    {"authority", "authority = because", "authority: not one of the words"},
	    {"authority", "authority = Title-III", "authority: not one of the words"},
	    {"revision", "revision = 0", "revision: must be from"},
	    {"revision", "revision = 01", "revision: not a number"},
	    {"revision", "revision = 4294967297", "revision: must be from"},
	    {"revision", "revision = 2", "previous: the hash of the revision before"},
	    {"revision", "revision = 1\nprevious = 00", "previous: not a SHA-256"},
	    {"revision", "revision = 1\nprevious = 0000000000000000000000000000000000000000000000000000000000000000",
		":14: previous: revision 1 has none"},
	    {"scope", "scope = everything", "scope: not one of the words"},
	    {"scope", "scope = content\nslice_seconds = 7", "slice_seconds: must divide"},
	    {"scope", "scope = content\nslice_seconds = 0", "slice_seconds: must be from"},
	    {"scope", "scope = content\nslice_bytes = 1", "slice_bytes: must be from"},
	    {"scope", "scope = content\nbroadcast = 1", "broadcast: must be yes or no"},
	    {"scope", "scope = content\nfilter = host caf\xc3\xa9", "filter: holds something else"},
	    {"to", "to = ../x", "to: not the name of a destination"},
	    {"to", "to = a b c d e f g h i j k l m n o p q", "to: more than 16"},
	    {"payload_days", "payload_days = 0", "payload_days: must be from"},
	    {"records_days", "records_days = 29", "records_days: records must stay"},
	    {"responsible", "responsible =", "responsible: no value"},
	};
	char line[2048];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		refuses(with(table[i].key, table[i].line), table[i].what);
	assert_true(snprintf(line, sizeof(line), "scope = content\nfilter = port %01020d", 1) > 0);
	refuses(with("scope", line), "filter: too long");
	assert_true(snprintf(line, sizeof(line), "responsible = %0257d", 1) > 0);
	refuses(with("responsible", line), "responsible: too long");
}

static void
order_of_a_pen_register_gives_no_content(void **state)
{
	static const char *const authorities[] = {"pen-register", "trap-and-trace", "pen-trap"};
	char line[64], text[4096];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(authorities) / sizeof(authorities[0]); i++) {
		assert_true(snprintf(line, sizeof(line), "authority = %s", authorities[i]) > 0);
		refuses(with("authority", line), "scope: this authority gives no content");
		assert_true(snprintf(text, sizeof(text), "%s", with("authority", line)) > 0);
		memcpy(strstr(text, "content\n[deliv"), "headers", 7);
		order_free(takes(text));
	}
}

/* Revision 2 of the good order with this window. */
static struct order *
second(const struct order *first, const char *not_before, const char *not_after)
{
	char text[4096];

	assert_true(snprintf(text, sizeof(text),
			"[order]\nformat = casetap-order/1\ncase_id = LI-2026-0042\ncontent_id = 1\n"
			"lea = county-sheriff\nauthority = title-iii\norder_number = 1\nissued_by = a\n"
			"presented_by = b\nresponsible = c\nnot_before = %s\nnot_after = %s\nrevision = 2\n"
			"previous = %s\n" SUBJECT CAPTURE,
			not_before, not_after, first->sha256) < (int)sizeof(text));
	return takes(text);
}

static void
order_extension_counts_from_the_end_of_the_revision_before(void **state)
{
	static const struct {
		const char *not_before, *not_after;
		const char *why; /* NULL: good */
	} table[] = {
	    {"2026-11-20T00:00:00-07:00", "2027-01-19T00:00:00-07:00", NULL},
	    {"2026-11-20T00:00:00-07:00", "2027-01-19T00:00:01-07:00", "max_order_days"},
	    {"2026-11-20T00:00:00-07:00", "2026-11-25T00:00:00-07:00", NULL}, /* an early end */
	    {"2027-02-01T00:00:00-07:00", "2027-03-03T00:00:00-07:00", NULL},
	    {"2027-02-01T00:00:00-07:00", "2027-03-03T00:00:01-07:00", "max_order_days"},
	    {"2026-11-19T23:59:59-07:00", "2026-12-25T00:00:00-07:00", "begins before"},
	};
	struct order *first = takes(good), *next;
	char why[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		next = second(first, table[i].not_before, table[i].not_after);
		assert_int_equal(order_judge(next, first, 30, why, sizeof(why)), table[i].why == NULL ? 0 : -1);
		if (table[i].why != NULL)
			assert_non_null(strstr(why, table[i].why));
		order_free(next);
	}
	next = second(first, "2026-11-20T00:00:00-07:00", "2026-12-25T00:00:00-07:00");
	assert_int_equal(order_judge(next, NULL, 30, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "is not revision 1"));
	assert_int_equal(order_judge(first, first, 30, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "is not the next revision"));
	next->previous[0] ^= 1;
	assert_int_equal(order_judge(next, first, 30, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "names another file"));
	next->case_id[0] = 'X';
	assert_int_equal(order_judge(next, first, 30, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "another case"));
	order_free(next);
	order_free(first);
}

static void
two_tags_are_a_stack_the_outer_one_first(void **state)
{
	struct order *a = takes(with_subject("ipv4 = 198.51.100.7\nvlan = 200 100.7 100 7.100 100.7 4094.1 200\n"));
	static const char *const others[] = {"100.7", "7.100", "100 7", "7", "100.70", "200.7"};
	char hashes[6][DIGEST_HEX];
	struct order *b;
	struct buf text = BUF_INIT;
	size_t i, k;

	(void)state;
	assert_int_equal(a->vlan_count, 2);
	assert_int_equal(a->vlans[0], 100);
	assert_int_equal(a->vlans[1], 200);
	assert_int_equal(a->stack_count, 3);
	assert_true(a->stacks[0].outer == 7 && a->stacks[0].inner == 100);
	assert_true(a->stacks[1].outer == 100 && a->stacks[1].inner == 7);
	assert_true(a->stacks[2].outer == 4094 && a->stacks[2].inner == 1);
	assert_int_equal(order_subject_text(a, &text), 0);
	assert_string_equal(text.data, "198.51.100.7 vlan 100 vlan 200 vlan 7.100 vlan 100.7 vlan 4094.1");
	/* Under 100 is whatever has that tag, under 100.7 among others. */
	assert_non_null(order_subject_doubt(a));
	buf_free(&text);
	order_free(a);
	for (i = 0; i < 6; i++) {
		assert_int_equal(buf_printf(&text, "ipv4 = 198.51.100.7\nvlan = %s\n", others[i]), 0);
		b = takes(with_subject(text.data));
		assert_null(order_subject_doubt(b));
		order_subject_hash(b, hashes[i]);
		for (k = 0; k < i; k++)
			assert_string_not_equal(hashes[k], hashes[i]);
		order_free(b);
		buf_free(&text);
	}
}

static void
order_subject_hash_is_the_same_for_every_spelling(void **state)
{
	struct order *a, *b;
	char hash_a[DIGEST_HEX], hash_b[DIGEST_HEX];

	(void)state;
	a = takes(with_subject("ipv4 = 198.51.100.7 198.51.100.8\nipv6 = 2001:db8::7\nmac = 02:00:5E:00:53:0A\n"));
	b = takes(with_subject("mac = 02:00:5e:00:53:0a\nipv6 = 2001:0DB8:0:0::7/128\n"
			       "ipv4 = 198.51.100.8 198.51.100.7 198.51.100.7/32\n"));
	order_subject_hash(a, hash_a);
	order_subject_hash(b, hash_b);
	assert_true(digest_is_hex(hash_a));
	assert_string_equal(hash_a, hash_b);
	order_free(b);
	b = takes(with_subject(
	    "ipv4 = 198.51.100.7 198.51.100.8\nipv6 = 2001:db8::7\nmac = 02:00:5E:00:53:0A\nvlan = 1\n"));
	order_subject_hash(b, hash_b);
	assert_string_not_equal(hash_a, hash_b);
	order_free(a);
	order_free(b);
}

/* Every cut and every changed byte of an order is refused or taken, in one line, without a slip of memory. */
static void
order_survives_every_cut_and_every_changed_byte(void **state)
{
	static const char changes[] = {0, '\n', '=', '[', '9', '\xff'};
	char text[sizeof(good)];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(good); i++) {
		struct order *o = parse_bytes(good, i);

		if (o != NULL)
			assert_true(i > strlen(ORDER SUBJECT));
		order_free(o);
	}
	for (i = 0; i < sizeof(good) - 1; i++) {
		for (k = 0; k < sizeof(changes); k++) {
			memcpy(text, good, sizeof(good));
			text[i] = changes[k];
			order_free(parse_bytes(text, sizeof(good) - 1));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(order_takes_every_field_of_the_manual),
	    cmocka_unit_test(order_takes_lists_qualifiers_and_options),
	    cmocka_unit_test(order_without_any_one_required_field_is_refused),
	    cmocka_unit_test(fault_018_an_order_without_an_end_is_refused),
	    cmocka_unit_test(fault_019_an_order_that_ends_before_it_begins_is_refused),
	    cmocka_unit_test(fault_020_an_order_longer_than_the_station_allows_is_refused),
	    cmocka_unit_test(fault_024_subjects_that_are_not_one_subscriber_are_refused),
	    cmocka_unit_test(fault_024_a_link_local_subject_is_read_for_ever_and_never_accepted_anew),
	    cmocka_unit_test(fault_024_longer_lists_than_their_limits_are_refused),
	    cmocka_unit_test(fault_025_a_subject_given_as_a_host_name_is_refused),
	    cmocka_unit_test(fault_026_case_ids_that_are_no_names_are_refused),
	    cmocka_unit_test(fault_027_a_case_id_used_again_for_another_subject_is_refused),
	    cmocka_unit_test(fault_032_only_rfc_3339_times_with_an_offset_are_taken),
	    cmocka_unit_test(fault_034_duplicate_keys_and_sections_are_refused),
	    cmocka_unit_test(fault_034_an_order_over_64_kib_is_refused_without_reading_it),
	    cmocka_unit_test(order_refuses_unknown_and_planned_keys_alike),
	    cmocka_unit_test(fault_044_order_that_would_follow_what_can_not_be_followed_is_refused_never_ignored),
	    cmocka_unit_test(order_names_a_subject_that_moves_in_one_spelling),
	    cmocka_unit_test(fault_024_identities_that_are_not_one_subscriber_are_refused),
	    cmocka_unit_test(order_refuses_values_out_of_range),
	    cmocka_unit_test(order_of_a_pen_register_gives_no_content),
	    cmocka_unit_test(order_extension_counts_from_the_end_of_the_revision_before),
	    cmocka_unit_test(two_tags_are_a_stack_the_outer_one_first),
	    cmocka_unit_test(order_subject_hash_is_the_same_for_every_spelling),
	    cmocka_unit_test(order_survives_every_cut_and_every_changed_byte),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
