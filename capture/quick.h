#ifndef QUICK_H
#define QUICK_H

#include <stdint.h>

/**
 * quick_ip(data, caplen, len):
 * For an Ethernet frame of the usual kind (at most three VLAN tags, perhaps PPPoE, then a sound IPv4 header without options
 * or a sound IPv6 header, right before TCP, ICMP or a UDP that is no tunnel): the offset of that IP header.  Otherwise 0.
 * A promise: where it is not 0, layers_walk finds one Ethernet layer, that IP layer, and nothing to count.
 */
uint32_t quick_ip(const uint8_t *, uint32_t, uint32_t);

#endif
