#include "scratch.h"

#include "pppoes.h"

static struct frame f;

static int
parse(struct pppoe *m, int is_discovery)
{
	uint8_t *data = frame_exact(&f, f.n);
	int rc = pppoe_parse(m, is_discovery, data, f.n);

	/* What it points to is looked at by the caller in the frame that has the same bytes. */
	if (m->name.n > 0)
		m->name.at = f.data + (m->name.at - data);
	free(data);
	return rc;
}

static void
login_says_who_asks_in_which_session(void **state)
{
	struct pppoe m;

	(void)state;
	pppoe_pap(&f, 9, "alice");
	assert_int_equal(parse(&m, 0), 0);
	assert_int_equal(m.session, 9);
	assert_int_equal(m.proto, PPPOE_PAP);
	assert_int_equal(m.ppp_code, PPPOE_PAP_REQUEST);
	assert_int_equal(m.ppp_id, 7);
	assert_int_equal(m.name.n, 5);
	assert_memory_equal(m.name.at, "alice", 5);
	pppoe_chap(&f, 9, "alice@example");
	frame_zeros(&f, 20); /* padding is no name */
	assert_int_equal(parse(&m, 0), 0);
	assert_int_equal(m.proto, PPPOE_CHAP);
	assert_int_equal(m.name.n, 13);
	assert_memory_equal(m.name.at, "alice@example", 13);
	/* The name in a challenge is the concentrator's. */
	f.data[8] = PPPOE_CHAP_CHALLENGE;
	assert_int_equal(parse(&m, 0), 0);
	assert_int_equal(m.ppp_code, PPPOE_CHAP_CHALLENGE);
	assert_int_equal(m.name.n, 0);
}

static void
acknowledgement_says_which_address(void **state)
{
	struct pppoe m;

	(void)state;
	pppoe_control(&f, 9, PPPOE_IPCP, PPPOE_CONFIGURE_ACK, "\201\006\001\001\001\001\003\006\306\063\144\062", 12);
	assert_int_equal(parse(&m, 0), 0);
	assert_int_equal(m.address.family, 4);
	assert_int_equal(m.address.bits, 32);
	assert_memory_equal(m.address.addr, "\306\063\144\062\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	f.data[8] = 1; /* it is only asked for */
	assert_int_equal(parse(&m, 0), 0);
	assert_int_equal(m.address.family, 0);
	pppoe_control(&f, 9, PPPOE_IPCP, PPPOE_CONFIGURE_ACK, "\003\006\0\0\0\0", 6);
	assert_int_equal(parse(&m, 0), 0);
	assert_int_equal(m.address.family, 0);
	pppoe_control(&f, 9, PPPOE_IPV6CP, PPPOE_CONFIGURE_ACK, "\001\012abcdefgh", 10);
	assert_int_equal(parse(&m, 0), 0);
	assert_int_equal(m.address.family, 6);
	assert_memory_equal(m.address.addr, "\xfe\x80\0\0\0\0\0\0abcdefgh", 16);
}

static void
discovery_says_of_which_session_and_no_more(void **state)
{
	struct pppoe m;

	(void)state;
	pppoe_discovery(&f, PPPOE_PADT, 9);
	assert_int_equal(parse(&m, 1), 0);
	assert_int_equal(m.code, PPPOE_PADT);
	assert_int_equal(m.session, 9);
	assert_int_equal(m.proto, 0);
	/* Neither is in the other's frames. */
	assert_int_equal(parse(&m, 0), -1);
	pppoe_pap(&f, 9, "alice");
	assert_int_equal(parse(&m, 1), -1);
	f.data[0] = 0x21;
	assert_int_equal(parse(&m, 0), -1);
	pppoe_control(&f, 9, 0x0021, 0, "", 0);
	assert_int_equal(parse(&m, 0), 0);
	assert_int_equal(m.proto, 0);
}

static void
packet_that_is_not_sound_counts_as_none(void **state)
{
	static const struct {
		unsigned proto, code;
		const char *bytes;
		size_t n;
	} table[] = {
	    {PPPOE_PAP, PPPOE_PAP_REQUEST, "", 0},
	    {PPPOE_PAP, PPPOE_PAP_REQUEST, "\005alic", 5},
	    {PPPOE_PAP, PPPOE_PAP_REQUEST, "\005alice", 6},      /* no password */
	    {PPPOE_PAP, PPPOE_PAP_REQUEST, "\005alice\002a", 8}, /* one that is cut */
	    {PPPOE_CHAP, PPPOE_CHAP_RESPONSE, "", 0},
	    {PPPOE_CHAP, PPPOE_CHAP_RESPONSE, "\004abc", 4},
	    {PPPOE_IPCP, PPPOE_CONFIGURE_ACK, "\003", 1},
	    {PPPOE_IPCP, PPPOE_CONFIGURE_ACK, "\003\001", 2},
	    {PPPOE_IPCP, PPPOE_CONFIGURE_ACK, "\003\006\306\063\144\062\003\006\306", 9},
	};
	struct pppoe m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		pppoe_control(&f, 9, table[i].proto, table[i].code, table[i].bytes, table[i].n);
		assert_int_equal(parse(&m, 0), 0);
		assert_int_equal(m.proto, 0);
		assert_int_equal(m.name.n, 0);
		assert_int_equal(m.address.family, 0);
	}
}

static void
frame_is_read_within_its_bytes_whatever_they_are(void **state)
{
	struct pppoe m;
	uint32_t n, i, k;

	(void)state;
	for (k = 0; k < 3; k++) {
		if (k == 0)
			pppoe_pap(&f, 9, "alice");
		else if (k == 1)
			pppoe_chap(&f, 9, "alice");
		else
			pppoe_control(&f, 9, PPPOE_IPCP, PPPOE_CONFIGURE_ACK, "\003\006\306\063\144\062", 6);
		n = f.n;
		for (f.n = 0; f.n < n; f.n++) {
			assert_int_equal(parse(&m, 0), f.n < 6 ? -1 : 0);
			assert_int_equal(m.proto, 0);
		}
		for (i = 0; i < n; i++) {
			uint8_t kept = f.data[i];

			for (f.data[i] = 0; f.data[i] != 255; f.data[i]++)
				(void)parse(&m, 0);
			f.data[i] = kept;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(login_says_who_asks_in_which_session),
	    cmocka_unit_test(acknowledgement_says_which_address),
	    cmocka_unit_test(discovery_says_of_which_session_and_no_more),
	    cmocka_unit_test(packet_that_is_not_sound_counts_as_none),
	    cmocka_unit_test(frame_is_read_within_its_bytes_whatever_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
