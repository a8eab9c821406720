#include "ethertype.h"
#include "packet.h"
#include "wire.h"

#include "pseudowire.h"

static int
header_sum_is_right(const uint8_t *ip, uint32_t n)
{
	uint32_t sum = 0, i;

	for (i = 0; i < n; i += 2)
		sum += wire_be16(ip + i);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

static int
looks_like_ip(const uint8_t *data, uint32_t at, uint32_t caplen, uint32_t len)
{
	struct packet p;

	if (packet_parse(&p, data, at, caplen, len) != PACKET_OK)
		return 0;
	if (p.version == 4)
		return p.is_cut || header_sum_is_right(data + at, p.network_end - at);
	return wire_be16(data + at + 4) <= len - at - 40;
}

static int
looks_like_ethernet(const uint8_t *data, uint32_t at, uint32_t caplen, uint32_t len)
{
	if (caplen < at || caplen - at < ETHERTYPE_HEADER)
		return 0;
	switch (wire_be16(data + at + ETHERTYPE_AT)) {
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
		return looks_like_ip(data, at + ETHERTYPE_HEADER, caplen, len);
	case ETHERTYPE_ARP:
	case ETHERTYPE_VLAN:
	case ETHERTYPE_QINQ:
	case ETHERTYPE_QINQ_OLD:
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_UP:
	case ETHERTYPE_SESSION:
	case ETHERTYPE_DISCOVERY:
		return 1;
	default:
		return 0;
	}
}

/*
 * RFC 4928: 4 and 6 in the first half-byte are IP, 0 is a control word with Ethernet behind it; but Ethernet without a
 * control word starts with whatever its destination address starts with.  Where two readings are possible, the one whose
 * inner headers agree with each other wins.
 */
enum pseudowire_payload
pseudowire_guess(const uint8_t *data, uint32_t at, uint32_t caplen, uint32_t len)
{
	const uint8_t *h = data + at;
	int version = h[0] >> 4, has_word;

	if ((version == 4 || version == 6) && looks_like_ip(data, at, caplen, len))
		return PSEUDOWIRE_IP;
	has_word = version == 0 && caplen - at >= 4 && looks_like_ethernet(data, at + 4, caplen, len);
	if (has_word && h[0] == 0 && h[1] == 0)
		return PSEUDOWIRE_CONTROL_WORD;
	if (looks_like_ethernet(data, at, caplen, len))
		return PSEUDOWIRE_ETHERNET;
	if (has_word)
		return PSEUDOWIRE_CONTROL_WORD;
	return version == 4 || version == 6 ? PSEUDOWIRE_IP : PSEUDOWIRE_UNKNOWN;
}
