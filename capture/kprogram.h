#ifndef KPROGRAM_H
#define KPROGRAM_H

#include <stdint.h>

#include "kcode.h"
#include "ktree.h"

/*
 * The kernel filter as a program: the walk through a frame's headers to the trees of addresses.  What passes, and what does
 * not, stands in kfilter.h.
 */
enum kprogram_set {
	KPROGRAM_V4,  /* one word */
	KPROGRAM_V6,  /* four */
	KPROGRAM_MAC, /* two: the last four bytes, which tell more, then the first two */
	KPROGRAM_SETS
};

struct kprogram {
	struct ktree sets[KPROGRAM_SETS]; /* settled */
	int has_arp;                      /* frames of ARP that name an address of the IPv4 set pass */
	int all_ip6;                      /* whatever the IPv6 set is */
};

/**
 * kprogram_write(program, linktype, code):
 * Write it for live frames of Ethernet, raw IP or (without MACs) Linux cooked.
 * Return 0, or -1 with errno set: E2BIG it does not fit, ENOMEM.
 */
int kprogram_write(const struct kprogram *, uint32_t, struct kcode *);

#endif
