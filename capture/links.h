#ifndef LINKS_H
#define LINKS_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"

/*
 * Are the interfaces there, and can they carry frames?  Asked of the kernel by the names that the configuration has, in the
 * network namespace of this process; nothing is sent.
 */
struct link {
	const char *name; /* borrowed */
	int index;        /* 0: there is no such interface; another number: another interface of that name */
	int up;           /* administratively up, and with a carrier */
	uint64_t downs; /* how often it lost its carrier, as the kernel counts; 0 where that was never to be known */
};

struct links {
	int fd;
	struct link at[CONF_INTERFACES_MAX];
	size_t count;
	int has_flapped; /* one that is up, and was at the look before, was down in between */
};

/* Prepare for ${count} names.  Return 0, or -1 after one diag line. */
int links_open(struct links *, const char *const *, size_t);
void links_close(struct links *);

/* Look at all of them.  Return 1 if anything differs from the last look, or did in between, else 0. */
int links_look(struct links *);

/* How many are there / is one missing or down? */
size_t links_present(const struct links *);
int links_is_down(const struct links *);

#endif
