#ifndef SELFTEST_INTERNAL_H
#define SELFTEST_INTERNAL_H

#include <poll.h>

#include "matcher.h"
#include "probe.h"
#include "selftest.h"
#include "stamp.h"
#include "tunnels.h"

struct result {
	struct probe probe;
	enum selftest_verdict verdict;
	uint8_t has_arrived, is_through; /* over the wire, the ring */
};

struct selftest {
	const struct order *const *orders;
	size_t count;
	struct probe_config probes;
	struct tunnels *tunnels;
	struct matcher *matcher;
	struct kfilter *filter;
	struct match *matches;
	/* the orders again, without filters */
	struct order *bare;
	const struct order **bare_list;
	struct matcher *bare_matcher;
	int pair[2];            /* the second has the kernel filter */
	struct result *results; /* by number */
	size_t result_count, result_room, through_count;
};

#endif
