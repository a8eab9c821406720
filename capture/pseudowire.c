#include <string.h>

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

/* How much speaks for a reading. */
enum evidence {
	EVIDENCE_NONE,
	EVIDENCE_WEAK, /* nothing speaks against it */
	EVIDENCE_STRONG
};

/* What may come in the way from an Ethernet header to the IP header that speaks for it. */
#define TAGS_MAX 3

static enum evidence
evidence_of_v6(const uint8_t *data, uint32_t at, uint32_t len)
{
	uint32_t room = len - at - 40, payload = wire_be16(data + at + 4);

	/* No length: a jumbogram, or more than a length can say. */
	if (payload == 0 && (data[at + 6] == 0 || room > UINT16_MAX))
		return EVIDENCE_STRONG;
	if (payload > room)
		return EVIDENCE_NONE;
	return room - payload <= PSEUDOWIRE_PADDING_MAX ? EVIDENCE_STRONG : EVIDENCE_WEAK;
}

static enum evidence
evidence_of_ip(const uint8_t *data, uint32_t at, uint32_t caplen, uint32_t len)
{
	struct packet p;

	if (packet_parse(&p, data, at, caplen, len) != PACKET_OK)
		return EVIDENCE_NONE;
	if (p.version == 6)
		return evidence_of_v6(data, at, len);
	if (p.is_cut)
		return EVIDENCE_WEAK;
	return header_sum_is_right(data + at, p.network_end - at) ? EVIDENCE_STRONG : EVIDENCE_NONE;
}

/* A PPPoE session, or what it could be. */
static enum evidence
evidence_of_session(const uint8_t *data, uint32_t at, uint32_t caplen, uint32_t len)
{
	if (caplen - at < 8 || wire_be16(data + at) != 0x1100 ||
	    (wire_be16(data + at + 6) != 0x0021 && wire_be16(data + at + 6) != 0x0057))
		return EVIDENCE_WEAK;
	return evidence_of_ip(data, at + 8, caplen, len) == EVIDENCE_STRONG ? EVIDENCE_STRONG : EVIDENCE_WEAK;
}

static enum evidence
evidence_of_arp(const uint8_t *data, uint32_t at, uint32_t caplen)
{
	static const uint8_t start[6] = {0, 1, 8, 0, 6, 4};

	return caplen - at >= sizeof(start) && memcmp(data + at, start, sizeof(start)) == 0 ? EVIDENCE_STRONG
											    : EVIDENCE_WEAK;
}

/* What an Ethernet type tells of what starts at ${at}, and that of the type. */
static enum evidence
evidence_of_type(uint16_t type, const uint8_t *data, uint32_t at, uint32_t caplen, uint32_t len)
{
	switch (type) {
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
		return evidence_of_ip(data, at, caplen, len);
	case ETHERTYPE_SESSION:
		return evidence_of_session(data, at, caplen, len);
	case ETHERTYPE_ARP:
		return evidence_of_arp(data, at, caplen);
	default:
		return ethertype_is_followed(type) ? EVIDENCE_WEAK : EVIDENCE_NONE;
	}
}

/* A tag alone says as little as any type; what stands behind it may say more. */
static enum evidence
evidence_of_ethernet(const uint8_t *data, uint32_t at, uint32_t caplen, uint32_t len)
{
	uint16_t type;
	int i;

	if (caplen < at || caplen - at < ETHERTYPE_HEADER)
		return EVIDENCE_NONE;
	type = wire_be16(data + at + ETHERTYPE_AT);
	at += ETHERTYPE_HEADER;
	if (!ethertype_is_tag(type))
		return evidence_of_type(type, data, at, caplen, len);
	for (i = 0; i < TAGS_MAX && ethertype_is_tag(type) && caplen - at >= 4; i++) {
		type = wire_be16(data + at + 2);
		at += 4;
	}
	return evidence_of_type(type, data, at, caplen, len) == EVIDENCE_STRONG ? EVIDENCE_STRONG : EVIDENCE_WEAK;
}

/*
 * The first half-byte is that of IP, and may be that of an Ethernet address.  Two headers that agree with each other, as
 * an Ethernet header and a right checksum beneath it do, tell more than one that fits.
 */
static enum pseudowire_payload
guess_ip_or_ethernet(enum evidence ip, enum evidence ethernet, int *is_doubtful)
{
	int fits = ip == EVIDENCE_STRONG;

	*is_doubtful = fits == (ethernet != EVIDENCE_NONE) || (ip == EVIDENCE_WEAK && ethernet == EVIDENCE_WEAK);
	if (ethernet == EVIDENCE_STRONG || (ethernet == EVIDENCE_WEAK && !fits))
		return PSEUDOWIRE_ETHERNET;
	return PSEUDOWIRE_IP;
}

/*
 * RFC 4928: 4 and 6 in the first half-byte are IP, 0 is a control word with Ethernet behind it; but Ethernet without a
 * control word starts with whatever its destination address starts with.  Where two readings are possible, the one whose
 * inner headers agree with each other wins.
 */
enum pseudowire_payload
pseudowire_guess(const uint8_t *data, uint32_t at, uint32_t caplen, uint32_t len, int *is_doubtful)
{
	const uint8_t *h = data + at;
	enum evidence ethernet = evidence_of_ethernet(data, at, caplen, len);
	int version = h[0] >> 4, has_word;

	*is_doubtful = 0;
	if (version == 4 || version == 6)
		return guess_ip_or_ethernet(evidence_of_ip(data, at, caplen, len), ethernet, is_doubtful);
	has_word =
	    version == 0 && caplen - at >= 4 && evidence_of_ethernet(data, at + 4, caplen, len) != EVIDENCE_NONE;
	if (has_word && h[0] == 0 && h[1] == 0)
		return PSEUDOWIRE_CONTROL_WORD;
	if (ethernet != EVIDENCE_NONE)
		return PSEUDOWIRE_ETHERNET;
	return has_word ? PSEUDOWIRE_CONTROL_WORD : PSEUDOWIRE_UNKNOWN;
}
