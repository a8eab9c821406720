#ifndef INJECTOR_H
#define INJECTOR_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"

/*
 * The self-test's way over the wire: frames are sent out of one interface and looked for on those of the access point, on
 * rings like the reader's with the kernel filter in force, and beside each on a socket that takes the self-test's own
 * frames alone (by the MAC addresses of craft.h): what arrived there and not on the ring was kept out by the filter.
 */
struct injector;
struct kfilter;

struct injector_config {
	const char *out;
	const char *const *interfaces;
	size_t count;
	const struct conf_iap *iap; /* for its ring_bytes and snaplen */
	const struct kfilter *filter;
};

/* A frame came: from the ring if ${through}, else at the interface. */
typedef void injector_fn(void *, int, const uint8_t *, uint32_t, uint32_t); /* through, data, caplen, len */

/**
 * injector_open(config, status):
 * Open all sockets; nothing is sent yet.  Needs CAP_NET_RAW, and no more once it has returned.
 * Return it; or NULL after one diag line with the exit code in ${status}: 69 an interface is not there, 71, 77, 78 it has
 * no Ethernet frames.
 */
struct injector *injector_open(const struct injector_config *, int *);
void injector_close(struct injector *);

/* Send one frame.  Return 0, or -1 with errno set. */
int injector_send(struct injector *, const uint8_t *, uint32_t);

/* Hand out what has come; never waits. */
void injector_look(struct injector *, injector_fn *, void *);

#endif
