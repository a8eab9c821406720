#include "scratch.h"

#include "binding.h"

#include "proof.h"

#define T0 (STAMP_DAY * 20778) /* 2026-11-21, 1795219200 */
#define HOUR (3600 * STAMP_SECOND)

static struct order_identity identities[] = {{ORDER_DHCP6_DUID, 10, {0, 3, 0, 1, 2, 0, 0x5e, 0, 0x53, 7}},
    {ORDER_DHCP6_IAID, 4, {0, 0, 0, 9}}, {ORDER_DHCP6_MAC, 6, {2, 0, 0x5e, 0, 0x53, 0x77}}};
static struct order order = {
    .case_id = "LI-1", .not_before = T0, .not_after = T0 + 2 * HOUR, .identities = identities, .identity_count = 1};
static struct buf kept;

static int
shows(enum binding_kind kind, const char *address, stamp_t until, const char *text)
{
	struct binding b = {.case_id = "LI-1", .from = T0, .until = until, .kind = kind};
	struct buf proof = BUF_INIT;
	int rc;

	buf_clear(&kept);
	assert_null(binding_address_parse(address, &b.address));
	assert_int_equal(buf_puts(&proof, text), 0);
	rc = proof_judge(&b, &order, &proof, &kept) == NULL;
	buf_free(&proof);
	return rc;
}

#define HEAD                                                                                                       \
	"address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev," \
	"hostname,hwaddr,state,user_context,hwtype,hwaddr_source\n"
#define ROW(address, duid, life, expire, type, bits, state) \
	address "," duid "," life "," expire ",1,1800," type ",9," bits ",0,0,,02:00:5e:00:53:99," state ",,1,2\n"
#define OURS "00:03:00:01:02:00:5e:00:53:07"
#define THEIRS "00:03:00:01:02:00:5e:00:53:08"
#define NA(duid, life, expire, state) ROW("2001:db8:77::7", duid, life, expire, "0", "128", state)
#define OWN NA(OURS, "7200", "1795226400", "0")
#define KEA(text) shows(BINDING_KEA, "2001:db8:77::7", T0 + HOUR, text)

static void
rows_of_kea_show_who_had_it_when(void **state)
{
	(void)state;
	assert_true(KEA(HEAD OWN));
	assert_string_equal(kept.data, OWN);
	assert_true(KEA(HEAD NA(OURS, "1800", "1795221000", "0") NA(OURS, "3600", "1795223000", "0")));
	assert_false(KEA(HEAD NA(OURS, "1800", "1795221000", "0") NA(OURS, "1600", "1795223000", "0")));
	assert_false(KEA(HEAD NA(THEIRS, "7200", "1795226400", "0")));
	assert_false(KEA(HEAD OWN NA(THEIRS, "600", "1795221000", "0")));
	assert_true(KEA(HEAD OWN NA(THEIRS, "600", "1795230000", "0")));
	assert_true(KEA(HEAD ROW("2001:db8:77::8", THEIRS, "7200", "1795226400", "0", "128", "0") OWN));
	assert_string_equal(kept.data, OWN);
	/* a state of newer servers, of another's address and of this one */
	assert_true(KEA(HEAD ROW("2001:db8:77::8", THEIRS, "7200", "1795226400", "0", "128", "4") OWN));
	assert_false(KEA(HEAD OWN NA(OURS, "7200", "1795226400", "4")));
	/* given up, reclaimed, declined */
	assert_false(KEA(HEAD OWN NA(OURS, "0", "1795220000", "0")));
	assert_false(KEA(HEAD OWN NA(OURS, "7200", "1795220000", "2")));
	assert_true(KEA(HEAD OWN NA(OURS, "7200", "1795226400", "2")));
	assert_false(KEA(HEAD OWN NA("00:00:00", "3600", "1795223600", "1")));
	/* written otherwise */
	assert_true(KEA(HEAD ROW("2001:0DB8:77:0::7", OURS, "7200", "1795226400", "0", "128", "0")));
}

static void
a_row_of_kea_tells_by_prefix_mac_and_iaid_too(void **state)
{
	(void)state;
	assert_true(KEA(HEAD ROW("2001:db8:77::", OURS, "7200", "1795226400", "2", "56", "0")));
	assert_true(KEA(HEAD ROW("2001:db8:70::", OURS, "7200", "1795226400", "2", "45", "0")));
	assert_false(KEA(HEAD ROW("2001:db8:70::", OURS, "7200", "1795226400", "2", "46", "0")));
	assert_false(KEA(HEAD OWN ROW("2001:db8:77::", THEIRS, "7200", "1795226400", "2", "56", "0")));
	order.identity_count = 2;
	assert_true(KEA(HEAD OWN));
	identities[1].bytes[3] = 8;
	assert_false(KEA(HEAD OWN));
	identities[1].bytes[3] = 9;
	order.identity_count = 3;
	assert_true(KEA("2001:db8:77::7," THEIRS ",7200,1795226400,1,1800,0,1,128,0,0,,02:00:5e:00:53:77,0,,1,2\n"));
	order.identity_count = 1;
}

static void
a_row_of_kea_that_is_not_understood_refuses_the_proof(void **state)
{
	static const char *const rows[] = {"x\n", NA(OURS, "x", "1795226400", "0"), NA(OURS, "7200", "", "0"),
	    NA(OURS, "7200", "1795226400", "3"), NA(OURS, "7200", "1795226400", ""),
	    NA("", "7200", "1795226400", "0"), NA("00:03:0", "7200", "1795226400", "0"),
	    NA("00:03:", "7200", "1795226400", "0"), NA("00030001", "7200", "1795226400", "0"),
	    NA(OURS, "1795226401", "1795226400", "0"),
	    ROW("2001:db8:77::x", THEIRS, "7200", "1795226400", "0", "128", "0"),
	    ROW("192.0.2.7", THEIRS, "7200", "1795226400", "0", "128", "0"),
	    ROW("2001:db8:78::", THEIRS, "7200", "1795226400", "2", "129", "0"),
	    ROW("2001:db8:78::", THEIRS, "7200", "1795226400", "3", "56", "0"),
	    "2001:db8:78::," THEIRS ",7200,1795226400,1,1800,0,9,128\n", "address,hwaddr,client_id\n"};
	char text[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(text, sizeof(text), HEAD OWN "%s", rows[i]);
		if (KEA(text))
			fail_msg("%s", rows[i]);
	}
}

/* As dhcpd 4.4 writes it: IAID 9 and the DUID, in octal. */
#define DUID(last) "\"\\011\\000\\000\\000\\000\\003\\000\\001\\002\\000^\\000S" last "\""
#define IA(kind, last, cltt, lease) "ia-" kind " " DUID(last) " {\n  cltt 6 2026/11/21 " cltt ";\n" lease "}\n\n"
#define LEASE(what, state, life, ends)                                                            \
	"  " what " {\n    binding state " state ";\n    preferred-life 375;\n    max-life " life \
	";\n    ends 6 2026/11/21 " ends ";\n  }\n"
#define ADDRESS "iaaddr 2001:db8:77::7"
#define TOP                                                                                                                \
	"# The format of this file is documented in the dhcpd.leases(5) manual page.\n"                                    \
	"# This lease file was written by isc-dhcp-4.4.3-P1\n\n# authoring-byte-order entry is generated, DO NOT DELETE\n" \
	"authoring-byte-order little-endian;\n\nserver-duid \"\\000\\001\\000\\001\";\n\n"
#define HELD IA("na", "\\007", "00:00:00", LEASE(ADDRESS, "active", "7200", "02:00:00"))
#define ISC(text) shows(BINDING_ISC, "2001:db8:77::7", T0 + HOUR, text)

static void
blocks_of_dhcpd_show_who_had_it_when(void **state)
{
	(void)state;
	assert_true(ISC(TOP HELD));
	assert_string_equal(kept.data, HELD);
	assert_true(
	    ISC("ia-na 09:00:00:00:00:03:00:01:02:00:5e:00:53:07 {\n  cltt epoch 1795219200; # x\n  " ADDRESS
		" {\n    binding state active;\n    max-life 7200;\n    ends epoch 1795226400; # x\n  }\n}\n"));
	assert_true(ISC(
	    TOP IA("na", "\\010", "00:00:00", LEASE("iaaddr 2001:db8:77::8", "active", "7200", "02:00:00")) HELD));
	assert_string_equal(kept.data, HELD);
	assert_true(ISC(TOP IA("na", "\\007", "00:00:00", LEASE(ADDRESS, "active", "1800", "00:30:00"))
		IA("na", "\\007", "00:20:00", LEASE(ADDRESS, "active", "3600", "01:20:00"))));
	assert_false(ISC(TOP IA("na", "\\007", "00:00:00", LEASE(ADDRESS, "active", "1800", "00:30:00"))));
	assert_false(ISC(TOP IA("na", "\\010", "00:00:00", LEASE(ADDRESS, "active", "7200", "02:00:00"))));
	assert_false(ISC(TOP HELD IA("na", "\\010", "00:50:00", LEASE(ADDRESS, "active", "7200", "02:50:00"))));
	/* It ran out, or was given up before, or was another's. */
	assert_true(ISC(TOP HELD IA("na", "\\007", "00:00:00", LEASE(ADDRESS, "expired", "7200", "02:00:00"))));
	assert_false(ISC(TOP HELD IA("na", "\\007", "00:10:00", LEASE(ADDRESS, "released", "7200", "02:00:00"))));
	assert_false(ISC(TOP IA("na", "\\007", "00:00:00", LEASE(ADDRESS, "expired", "7200", "02:00:00"))));
	assert_false(ISC(TOP HELD IA("na", "\\010", "00:00:00", LEASE(ADDRESS, "released", "1800", "00:30:00"))));
	/* A prefix that was delegated has its addresses. */
	assert_true(
	    ISC(TOP IA("pd", "\\007", "00:00:00", LEASE("iaprefix 2001:db8:77::/56", "active", "7200", "02:00:00"))));
	assert_false(ISC(TOP HELD IA(
	    "pd", "\\010", "00:00:00", LEASE("iaprefix 2001:db8:77::/56", "active", "7200", "02:00:00"))));
}

#define ORDER_OF(bytes) "authoring-byte-order " bytes ";\n"
#define OF_IAID(iaid)                                                                                            \
	"ia-na \"" iaid "\\000\\003\\000\\001\\002\\000^\\000S\\007\" {\n  cltt 6 2026/11/21 00:00:00;\n" LEASE( \
	    ADDRESS, "active", "7200", "02:00:00") "}\n\n"
#define OF_NINE OF_IAID("\\011\\000\\000\\000")
#define IN_HEX(iaid)                                                                             \
	"ia-na " iaid ":00:03:00:01:02:00:5e:00:53:07 {\n  cltt 6 2026/11/21 00:00:00;\n" LEASE( \
	    ADDRESS, "active", "7200", "02:00:00") "}\n\n"

/* Of which association a block is hangs on the bytes of the machine that wrote it, which the file tells above. */
static void
iaid_of_a_block_is_read_by_the_byte_order_that_the_file_names(void **state)
{
	(void)state;
	order.identity_count = 2;
	assert_false(ISC(OF_NINE));
	assert_true(ISC(ORDER_OF("little-endian") OF_NINE));
	assert_string_equal(kept.data, ORDER_OF("little-endian") OF_NINE);
	assert_false(ISC(ORDER_OF("big-endian") OF_NINE));
	assert_true(ISC(ORDER_OF("big-endian") OF_IAID("\\000\\000\\000\\011")));
	assert_false(ISC(ORDER_OF("little-endian") OF_IAID("\\000\\000\\000\\011")));
	assert_false(ISC(ORDER_OF("little-endian") OF_IAID("\\010\\000\\000\\000")));
	assert_false(ISC(ORDER_OF("middle-endian") OF_NINE));
	assert_false(ISC(OF_NINE ORDER_OF("little-endian")));
	/* Another association of the client's had it then: the order does not mean that one. */
	assert_false(ISC(ORDER_OF("little-endian") OF_NINE OF_IAID("\\010\\000\\000\\000")));
	/* Octal or as it is, quoted or in hexadecimal digits; a byte above 127, and those that are escaped alone. */
	memcpy(identities[1].bytes, "\xff\"\\$", 4);
	assert_true(ISC(ORDER_OF("big-endian") OF_IAID("\\377\\\"\\\\\\$")));
	assert_true(ISC(ORDER_OF("little-endian") OF_IAID("\\$\\\\\\\"\\377")));
	memcpy(identities[1].bytes, "\0\0\0\11", 4);
	assert_true(ISC(ORDER_OF("little-endian") IN_HEX("09:00:00:00")));
	/* As dhcpd 4.4.3-P1 writes dhclient's, which is 5e:00:53:07 on the wire. */
	memcpy(identities[1].bytes, "^\0S\7", 4);
	assert_true(ISC(TOP OF_IAID("\\007S\\000^")));
	assert_true(ISC(TOP IN_HEX("07:53:00:5e")));
	assert_false(ISC(TOP OF_IAID("^\\000S\\007")));
	memcpy(identities[1].bytes, "\0\0\0\11", 4);
	assert_false(ISC("authoring-byte-order little-endian; # x\n" OF_NINE));
	/* An order that names none does not ask. */
	order.identity_count = 1;
	assert_true(ISC(OF_NINE));
	assert_true(ISC(ORDER_OF("middle-endian") OF_NINE));
	assert_true(ISC("authoring-byte-order little-endian; # x\n" OF_NINE));
	assert_string_equal(kept.data, OF_NINE);
}

static void
what_is_not_understood_of_dhcpd_refuses_the_proof(void **state)
{
	static const char *const texts[] = {"x\n", "lease 192.0.2.7 {\n}\n", "ia-na \"\\011\" {\n}\n",
	    "ia-na " DUID("\\010") "\n", "ia-na " DUID("\\010") " {\n  cltt x;\n}\n", "ia-na " DUID("\\010") " {\n",
	    "ia-xx " DUID("\\010") " {\n}\n", "}\n", "\r\n",
	    IA("na", "\\010", "00:00:00", LEASE("iaaddr 2001:db8:78::x", "active", "7200", "02:00:00")),
	    IA("na", "\\010", "00:00:00", LEASE("iaaddr 2001:db8:78::/56", "active", "7200", "02:00:00")),
	    IA("pd", "\\010", "00:00:00", LEASE("iaprefix 2001:db8:78::", "active", "7200", "02:00:00")),
	    IA("na", "\\010", "00:00:00", LEASE("iaaddr 2001:db8:78::8", "active", "x", "02:00:00")),
	    IA("na", "\\010", "00:00:00", LEASE("iaaddr 2001:db8:78::8", "active", "7200", "x")),
	    IA("na", "\\007", "00:00:00", "  " ADDRESS " {\n    max-life 7200;\n    ends never;\n  }\n"),
	    IA("na", "\\007", "00:00:00", "  " ADDRESS " {\n    what is that;\n  }\n"),
	    IA("na", "\\007", "00:00:00",
		"  " ADDRESS " {\n    binding state active;\n    max-life 7200;\n"
		"    ends epoch -9223372036854775807;\n  }\n"),
	    IA("na", "\\007", "00:00:00", "  what is that;\n")};
	char text[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		(void)snprintf(text, sizeof(text), TOP HELD "%s", texts[i]);
		if (ISC(text))
			fail_msg("%s", texts[i]);
	}
}

#define PD(net, bits, duid, life, expire, state) ROW(net, duid, life, expire, "2", bits, state)
#define OWN_PD PD("2001:db8:77::", "56", OURS, "7200", "1795226400", "0")
#define KEA56(text) shows(BINDING_KEA, "2001:db8:77::/56", T0 + HOUR, text)

static void
all_of_a_prefix_is_shown_by_rows_of_kea_that_hold_it(void **state)
{
	(void)state;
	assert_true(KEA56(HEAD OWN_PD));
	assert_string_equal(kept.data, OWN_PD);
	assert_true(KEA56(HEAD PD("2001:db8:77::", "48", OURS, "7200", "1795226400", "0")));
	/* a part of it, an address in it: that shows nothing of the rest, and nothing against it */
	assert_false(KEA56(HEAD PD("2001:db8:77::", "57", OURS, "7200", "1795226400", "0")));
	assert_false(KEA56(HEAD OWN));
	assert_true(KEA56(HEAD OWN_PD OWN PD("2001:db8:77:1::", "64", OURS, "0", "1795220000", "0")));
	assert_string_equal(kept.data, OWN_PD);
	assert_false(KEA56(HEAD PD("2001:db8:78::", "56", OURS, "7200", "1795226400", "0")));
	assert_false(KEA56(HEAD PD("2001:db8:77::", "56", THEIRS, "7200", "1795226400", "0")));
	/* anyone else's part of it is against it, and a neighbour's is not */
	assert_false(KEA56(HEAD OWN_PD NA(THEIRS, "600", "1795221000", "0")));
	assert_false(KEA56(HEAD OWN_PD PD("2001:db8:77:ff::", "64", THEIRS, "600", "1795221000", "0")));
	assert_false(KEA56(HEAD OWN_PD PD("2001:db8:70::", "44", THEIRS, "600", "1795221000", "0")));
	assert_true(KEA56(HEAD OWN_PD PD("2001:db8:77:100::", "64", THEIRS, "600", "1795221000", "0")));
	assert_false(KEA56(HEAD OWN_PD NA(OURS, "3600", "1795223600", "1")));
	/* given up */
	assert_false(KEA56(HEAD OWN_PD PD("2001:db8:77::", "56", OURS, "0", "1795220000", "0")));
	assert_false(KEA56(HEAD OWN_PD PD("2001:0db8:77:0::", "56", OURS, "0", "1795220000", "0")));
	assert_false(KEA56(HEAD OWN_PD PD("2001:db8:77::1", "56", OURS, "0", "1795220000", "0")));
}

static void
that_one_lease_is_given_up_says_nothing_of_another(void **state)
{
	(void)state;
	/* Two strangers have had a part each: that the one gave its up does not end the other's. */
	assert_true(KEA56(HEAD OWN_PD PD("2001:db8:77:1::", "64", THEIRS, "3600", "1795222000", "0")
		PD("2001:db8:77:1::", "64", THEIRS, "0", "1795219000", "0")));
	assert_false(KEA56(HEAD OWN_PD PD("2001:db8:77:1::", "64", THEIRS, "3600", "1795222000", "0")
		PD("2001:db8:77:2::", "64", THEIRS, "0", "1795219000", "0")));
	/* Nor does one that began at the same time and was shorter take the place of the other. */
	assert_false(KEA56(HEAD OWN_PD PD("2001:db8:77:1::", "64", THEIRS, "3600", "1795222000", "0")
		PD("2001:db8:77:2::", "64", THEIRS, "600", "1795219000", "0")));
	assert_false(KEA(HEAD OWN PD("2001:db8:77::", "56", THEIRS, "3600", "1795222000", "0")
		PD("2001:db8:77::", "48", THEIRS, "0", "1795219000", "0")));
}

#define ISC56(text) shows(BINDING_ISC, "2001:db8:77::/56", T0 + HOUR, text)
#define PREFIX(net) "iaprefix 2001:db8:" net

static void
all_of_a_prefix_is_shown_by_blocks_of_dhcpd_that_hold_it(void **state)
{
#define OWN_BLOCK IA("pd", "\\007", "00:00:00", LEASE(PREFIX("77::/56"), "active", "7200", "02:00:00"))
	(void)state;
	assert_true(ISC56(TOP OWN_BLOCK));
	assert_string_equal(kept.data, OWN_BLOCK);
	assert_true(ISC56(TOP OWN_BLOCK HELD));
	assert_string_equal(kept.data, OWN_BLOCK);
	assert_false(ISC56(TOP HELD));
	assert_false(
	    ISC56(TOP IA("pd", "\\007", "00:00:00", LEASE(PREFIX("77::/57"), "active", "7200", "02:00:00"))));
	assert_false(ISC56(
	    TOP OWN_BLOCK IA("pd", "\\010", "00:50:00", LEASE(PREFIX("77:8::/64"), "active", "7200", "02:50:00"))));
	assert_true(ISC56(
	    TOP OWN_BLOCK IA("pd", "\\010", "00:50:00", LEASE(PREFIX("77:100::/56"), "active", "7200", "02:50:00"))));
	assert_false(ISC56(
	    TOP OWN_BLOCK IA("pd", "\\007", "00:10:00", LEASE(PREFIX("77::/56"), "released", "7200", "02:00:00"))));
}

static int
end(void **state)
{
	buf_free(&kept);
	return scratch_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_of_kea_show_who_had_it_when),
	    cmocka_unit_test(a_row_of_kea_tells_by_prefix_mac_and_iaid_too),
	    cmocka_unit_test(a_row_of_kea_that_is_not_understood_refuses_the_proof),
	    cmocka_unit_test(blocks_of_dhcpd_show_who_had_it_when),
	    cmocka_unit_test(iaid_of_a_block_is_read_by_the_byte_order_that_the_file_names),
	    cmocka_unit_test(what_is_not_understood_of_dhcpd_refuses_the_proof),
	    cmocka_unit_test(all_of_a_prefix_is_shown_by_rows_of_kea_that_hold_it),
	    cmocka_unit_test(that_one_lease_is_given_up_says_nothing_of_another),
	    cmocka_unit_test(all_of_a_prefix_is_shown_by_blocks_of_dhcpd_that_hold_it),
	};

	return cmocka_run_group_tests(tests, scratch_setup, end);
}
