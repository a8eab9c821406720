#include "scratch.h"

#include "glance.h"

#include "chances.h"
#include "table_internal.h"

/*
 * Frames by chance, of what stands at the places that are looked at: none is put aside that would be read, at whatever
 * length it was captured.
 */
#define FRAMES 400000
#define FRAME_MAX 96

static struct conf_iap iap;
static struct table table;
static struct glance g;
static unsigned long aside, read_on;

static uint8_t *
put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
	return at + 2;
}

#define PICK(list) (list)[chance(sizeof(list) / sizeof((list)[0]))]

static const uint16_t types[] = {ETHERTYPE_IPV4, ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_IPV6, ETHERTYPE_SESSION,
    ETHERTYPE_SESSION, ETHERTYPE_DISCOVERY, ETHERTYPE_ARP, ETHERTYPE_MPLS, ETHERTYPE_MPLS_UP, ETHERTYPE_MACSEC, 60},
		      tags[] = {ETHERTYPE_VLAN, ETHERTYPE_QINQ, ETHERTYPE_QINQ_OLD},
		      ports[] = {67, 68, 546, 547, 1700, 1812, 1813, 3799, 20001, 20002, 53, 443, 40000, 0x1700};

static void
put_packet(uint8_t *at, unsigned version)
{
	static const uint8_t protos[] = {0, 1, 6, 6, 17, 17, 17, 43, 44, 47, 58, 60},
			     kinds[] = {128, 133, 134, 135, 136};
	unsigned header = version == 6 || chance(4) > 0 ? 5 : chance(16), proto = PICK(protos);
	uint8_t *behind = at + (version == 4 ? header * 4 : 40);

	at[0] = (uint8_t)(version << 4 | (version == 4 ? header : 0));
	at[version == 4 ? 9 : 6] = (uint8_t)proto;
	if (version == 6)
		at[7] = chance(2) > 0 ? 255 : 64;
	put16(put16(behind, PICK(ports)), PICK(ports));
	if (proto == 58)
		behind[0] = PICK(kinds);
}

static void
put_session(uint8_t *at)
{
	static const uint16_t protos[] = {0x0021, 0x0057, 0x0057, 0x2157, 0x5760, 0xc021, 0xc223, 0x8021, 0x8057};
	unsigned proto = PICK(protos);

	put16(put16(at, 0x1100), 7);
	put16(at + 6, proto);
	if (proto == 0x0021 || proto == 0x0057)
		put_packet(at + 8, proto == 0x0021 ? 4 : 6);
	else if (proto == 0x5760)
		put_packet(at + 7, 6);
}

static void
put_frame(uint8_t data[FRAME_MAX + 64])
{
	unsigned count = chance(2) > 0 ? 0 : chance(5), type = PICK(types);
	uint8_t *at = data + ETHERTYPE_AT;
	size_t i;

	for (i = 0; i < FRAME_MAX; i++)
		data[i] = (uint8_t)chance(256);
	for (i = 0; i < count; i++)
		at = put16(at, PICK(tags)) + 2;
	at = put16(at, type);
	if (type == ETHERTYPE_IPV4)
		put_packet(at, 4);
	else if (type == ETHERTYPE_IPV6)
		put_packet(at, 6);
	else if (type == ETHERTYPE_SESSION)
		put_session(at);
}

static void
compare(uint32_t linktype, const struct conf_iap *at)
{
	uint8_t made[FRAME_MAX + 64], *data;
	uint32_t n, i;

	table.linktype = linktype;
	table.iap = at;
	glance_init(&g, linktype, at);
	aside = read_on = 0;
	for (i = 0; i < FRAMES; i++) {
		put_frame(made);
		n = chance(4) > 0 ? FRAME_MAX : chance(FRAME_MAX + 1);
		data = malloc(n + 1);
		assert_non_null(data);
		memcpy(data, made, n);
		if (table_control_may_be(&table, data, n)) {
			read_on++;
			assert_false(glance_is_other(&g, data, n));
		} else if (glance_is_other(&g, data, n))
			aside++;
		free(data);
	}
}

static void
nothing_is_put_aside_that_would_be_read(void **state)
{
	(void)state;
	chance_state = 88172645463325252U;
	compare(1, NULL);
	assert_true(aside > FRAMES / 8 && read_on > FRAMES / 100);
	memset(&iap, 0, sizeof(iap));
	compare(1, &iap);
	assert_true(aside > FRAMES / 8 && read_on > FRAMES / 100);
	iap.radius.server_count = iap.pppoe.concentrator_count = iap.ipv6.server_count = iap.ipv6.slaac_pool_count =
	    1;
	iap.radius.ports[iap.radius.port_count++] = 1812;
	iap.radius.ports[iap.radius.port_count++] = 20001;
	iap.radius.coa_ports[iap.radius.coa_port_count++] = 3799;
	iap.radius.coa_ports[iap.radius.coa_port_count++] = 20002;
	compare(1, &iap);
	assert_true(aside > FRAMES / 8 && read_on > FRAMES / 10);
}

static void
of_another_link_nothing_is_put_aside(void **state)
{
	(void)state;
	compare(113, &iap);
	assert_int_equal(aside, 0);
	assert_int_equal(read_on, FRAMES);
}

#define TEST(name) cmocka_unit_test(name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(nothing_is_put_aside_that_would_be_read),
	    TEST(of_another_link_nothing_is_put_aside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
