#ifndef FOLLOWS_DHCP6_H
#define FOLLOWS_DHCP6_H

#include "dhcp6s.h"

#include "follows.h"

/*
 * What tests of following by DHCPv6 need: a server, a relay and a client of them, and messages between them.
 */
#define SERVER "2001:db8::1"
#define RELAY "2001:db8::2"
#define HOST "fe80::7"
#define A "2001:db8:6::50"
#define B "2001:db8:6::51"
#define P "2001:db8:700::"
#define DUID "\001duid"

static const uint8_t *speaker; /* the source MAC of the next message's frame */
static const char *to;         /* whom its packet goes to; NULL: nobody */

static void
on_event(void *cookie, const struct follow_event *e)
{
	(void)cookie;
	assert_string_equal(e->method, e->binding != NULL && e->binding->source == FOLLOW_GIVEN ? "given" : "dhcpv6");
	if (e->kind == FOLLOW_NOTED)
		tell("%s %s; ", access_kind_text(e->access), e->how);
	else
		tell("%s %s :%x/%u; ", kind_text(e), e->how, e->binding->address.addr[15], e->binding->address.bits);
}

static inline int
set_up(void **state)
{
	(void)state;
	clear();
	speaker = NULL;
	to = NULL;
	dhcp6_address(iap.ipv6.servers[0].addr, SERVER);
	dhcp6_address(iap.ipv6.servers[1].addr, RELAY);
	iap.ipv6.server_count = 2;
	iap.ipv6.pools[0].family = 6;
	iap.ipv6.pools[0].bits = 32;
	dhcp6_address(iap.ipv6.pools[0].addr, "2001:db8::");
	iap.ipv6.pool_count = 1;
	return 0;
}

/* Show what f holds, from an address.  Return whether it was the subject's. */
static inline int
show(stamp_t time, const char *from)
{
	struct follow_frame frame = {.time = time, .sha256 = proof, .mac = speaker, .family = 6};
	struct dhcp6 m;

	dhcp6_address(frame.source, from);
	if (to != NULL)
		dhcp6_address(frame.target, to);
	assert_int_equal(dhcp6_parse(&m, f.data, f.n), 0);
	return shown(follow_dhcp6(follow, &m, &frame));
}

/* f is the header of a message, to which more may be added. */
static inline void
header(unsigned type, uint32_t xid, const char *duid)
{
	f.n = 0;
	dhcp6_header(&f, type, xid, duid);
}

static inline void
put_ia(unsigned kind, uint32_t iaid, const char *address, unsigned bits, uint32_t valid)
{
	uint32_t at = dhcp6_open_ia(&f, kind, iaid);

	dhcp6_lease(&f, address, bits, valid);
	dhcp6_close(&f, at);
}

static inline int
asks(stamp_t time, unsigned type, uint32_t xid, const char *duid)
{
	header(type, xid, duid);
	return show(time, HOST);
}

/* A reply with one address. */
static inline int
gives(stamp_t time, uint32_t xid, const char *duid, const char *address, uint32_t valid)
{
	header(DHCP6_REPLY, xid, duid);
	put_ia(DHCP6_NA, 1, address, 0, valid);
	return show(time, SERVER);
}

#endif
