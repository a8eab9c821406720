#ifndef PSEUDOWIRE_H
#define PSEUDOWIRE_H

#include <stdint.h>

/*
 * MPLS labels do not say what lies beneath them.
 */
enum pseudowire_payload {
	PSEUDOWIRE_UNKNOWN,
	PSEUDOWIRE_IP,
	PSEUDOWIRE_ETHERNET,
	PSEUDOWIRE_CONTROL_WORD /* four bytes of it, then Ethernet */
};

/**
 * pseudowire_guess(data, at, caplen, len):
 * What starts at ${at} < ${caplen}, right behind the bottom label?
 */
enum pseudowire_payload pseudowire_guess(const uint8_t *, uint32_t, uint32_t, uint32_t);

#endif
