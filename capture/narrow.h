#ifndef NARROW_H
#define NARROW_H

#include <stddef.h>
#include <stdint.h>

/*
 * A narrowing filter: a tcpdump expression (pcap-filter(7)) about one IP packet, wherever in a frame that packet was
 * found.  Numeric only: an expression that would make libpcap look a name up (host, port or protocol name, anywhere) is
 * refused before libpcap sees it.
 */
struct narrow;

/**
 * narrow_new(expression, why, room):
 * Compile the expression.  Return the filter, or NULL with the reason in ${why}, which never quotes an address.
 */
struct narrow *narrow_new(const char *, char *, size_t);
void narrow_free(struct narrow *);

/**
 * narrow_accepts(n, packet, caplen, len):
 * Does the packet, whose first byte is that of its IP header, pass?  What the expression asks for beyond ${caplen} makes it
 * fail: a filter never keeps what it could not judge.
 */
int narrow_accepts(const struct narrow *, const uint8_t *, uint32_t, uint32_t);

#endif
