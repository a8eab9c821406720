#ifndef NIC_H
#define NIC_H

#include <stdint.h>

#include "stamp.h"

/*
 * What an interface itself counts, from /sys/class/net: how many frames came in, and how many came and were not taken in
 * (no room, too long, damaged), which no packet socket ever hears of.  Files are opened once, before a sandbox, and read
 * again and again.
 */
struct nic;

/*
 * The driver of a card may fetch what the card has counted only every two seconds, and is then on its way: so late, at
 * most, may it show.  What is made of software alone counts at once.
 */
#define NIC_LATE (STAMP_SECOND * 5 / 2)

/* The counters of an interface of this network namespace; NULL if it has none that can be read.  NULL may be used below. */
struct nic *nic_open(const char *);
void nic_close(struct nic *);

/* How late may its counters be, at most? */
stamp_t nic_late(const struct nic *);

/* Count from here on. */
void nic_begin(struct nic *);

/* Since then: frames received / missed.  Of an interface that is gone they stay as they were. */
void nic_count(struct nic *, uint64_t *, uint64_t *);

#endif
