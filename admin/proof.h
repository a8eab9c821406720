#ifndef PROOF_H
#define PROOF_H

#include "binding.h"
#include "buf.h"
#include "order.h"

/**
 * proof_judge(b, order, text, kept):
 * Does the proof of a binding, read as what ${b}->kind says it is, show that one of the order's identities had the address,
 * or all of the prefix, all the time, and nobody else any of it?  NULL if so, or why not: no address in it.
 * ${kept} gets the entries that show it, to the byte, and nothing else of the file: a log has other subscribers' too.  Of
 * a plan it gets all, so a text that names an address or a MAC of anyone else's is refused.
 *
 * isc: dhcpd.leases, a block a lease (hardware ethernet, client-hostname left alone); one that is not active shows
 * nothing but an end.  kea: a lease file in CSV (kea-leases4.csv).  Of an IPv6 address, dhcpd6.leases and kea-leases6.csv,
 * where each line has to be understood and a delegated prefix counts for all of its addresses; only these two, and plans,
 * show a prefix.  radius: a detail file of
 * FreeRADIUS with the attribute Timestamp; a session counts from its start to its last word, another's to its stop.
 * mikrotik: the output of "/ip dhcp-server lease export", static leases, which have no time: one that was written after the
 * time that is to be shown shows nothing.  Whatever speaks of the address and can not be read refuses the proof.
 */
const char *proof_judge(const struct binding *, const struct order *, const struct buf *, struct buf *);

#endif
