#ifndef KFILTER_H
#define KFILTER_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "order.h"

/*
 * The kernel filter of a ring: a generated program that lets pass whatever matcher_frame() (matcher.h) could find a subject
 * in, so that other people's frames stay in the kernel.  The matcher decides; this only saves it work, and is never
 * narrower than it: whoever teaches the matcher a new way to a subject teaches it here too.
 *
 * Kept out: sound IPv4 and IPv6 headers between addresses of nobody, under up to four VLAN tags (the outermost is metadata
 * by then), up to four MPLS labels, or PPPoE; ARP, unless an order with broadcast is among them and an address of a subject
 * in it; PPPoE discovery.  Qualifiers, scopes and filters of orders are left to the matcher.
 *
 * Let through, beside the subjects, is everything else: what runs between end points of configured tunnels, more
 * layers, pseudowires, PPP that is not IP, unknown Ethernet types, headers that are cut or impossible.  So what cannot be
 * followed is counted as before, with one exception: a tunnel between strangers is kept out like all their traffic, for
 * to let it through would be to take in the traffic of everyone with a VPN, and by DESIGN 4.4 it is not the subject's.
 * The kinds "tunnel", "bad-ip" (lengths) and "not-ip" (ARP, discovery) then tell of frames that passed.
 *
 * A filter is as exact as fits into 4,096 instructions, and into what net.core.optmem_max allows: with too many subjects
 * IPv6 is told apart by /64 and MACs by their last four bytes, then all IPv6 passes, then IPv4 is told apart by /24 and by
 * /16, then everything passes.
 */
struct kfilter;

#define KFILTER_TEXT_ROOM 96

/**
 * kfilter_new(orders, count, linktype):
 * Make the filter for the subjects of ${count} orders, that of tunnels_ends() (tunnels.h) among them, and live frames of
 * that link type; nothing of ${orders} is kept.  Return it, or NULL with errno ENOMEM.
 */
struct kfilter *kfilter_new(const struct order *const *, size_t, uint32_t);
void kfilter_free(struct kfilter *);

/* The program and its length in instructions; 0: everything passes. */
const struct sock_filter *kfilter_program(const struct kfilter *, size_t *);

/* Do both let the same frames pass? */
int kfilter_is_same(const struct kfilter *, const struct kfilter *);

/* A few words, without any address: "tree 812 instructions, 100 addresses", or "none: " and why. */
const char *kfilter_text(const struct kfilter *);

/**
 * kfilter_coarsen(k):
 * Make it the next less exact one that fits into a program: none in the end.  Return 0; or -1 with errno set, and
 * everything passes: E2BIG it is none already, ENOMEM.
 */
int kfilter_coarsen(struct kfilter *);

/**
 * kfilter_attach(k, fd):
 * Put the filter, or none, in force on a packet socket in place of the one there.  No frame that both let pass is lost;
 * frames that are in the ring already stay there.  Return 0; or -1 with errno set, ENOMEM: the kernel has no room for it
 * (net.core.optmem_max), and everything passes.
 */
int kfilter_attach(const struct kfilter *, int);

#endif
