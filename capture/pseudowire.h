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

/* How far an IPv6 packet may end before its frame does: a minimal frame's payload is padded. */
#define PSEUDOWIRE_PADDING_MAX 46

/**
 * pseudowire_guess(data, at, caplen, len, is_doubtful):
 * What starts at ${at} < ${caplen}, right behind the bottom label?  Where ${is_doubtful} is set, the answer is the
 * likelier of two that are possible, or the only one for which nothing speaks but the first half-byte.
 */
enum pseudowire_payload pseudowire_guess(const uint8_t *, uint32_t, uint32_t, uint32_t, int *);

#endif
