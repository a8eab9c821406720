#include <stdio.h>

#include "kfilter.h"
#include "matcher.h"

#include "kfilters.h"
#include "samples.h"

/*
 * Input: which orders there are, a sample's number (or one behind the last for a frame given whole), the link type, how
 * many bytes were there, then either edits of the sample, {offset, value}, or the frame.  What the matcher finds a subject
 * in has to pass the kernel filter of the same orders, and no program may load outside its frame or run astray.
 */
#define ORDERS 6

static struct order table[ORDERS];
static struct order_prefix prefixes[8];
static uint8_t macs[2][6];
static const uint32_t linktypes[] = {1, 1, 1, 12, 101, 113, 276};

#define LINKTYPES (sizeof(linktypes) / sizeof(linktypes[0]))
#define TABLES (1U << ORDERS)

static struct matcher *matchers[LINKTYPES][TABLES];
static struct kfilter *filters[LINKTYPES][TABLES];
static struct frame frame;

static void
prefix(struct order_prefix *p, const char *addr, unsigned bits)
{
	p->family = strchr(addr, ':') == NULL ? 4 : 6;
	p->bits = (uint8_t)bits;
	if (inet_pton(p->family == 4 ? AF_INET : AF_INET6, addr, p->addr) != 1)
		abort();
}

static void
give(struct order *o, struct order_prefix *p, size_t n)
{
	o->prefixes = p;
	o->prefix_count = n;
}

static void
prepare(void)
{
	prefix(&prefixes[0], FRAME_SUBJECT4, 32);
	prefix(&prefixes[1], FRAME_SUBJECT6, 128);
	prefix(&prefixes[2], "198.51.0.0", 16);
	prefix(&prefixes[3], "2001:db8::", 37);
	prefix(&prefixes[4], "192.0.2.1", 32);
	prefix(&prefixes[5], "2001:db8:55::1", 128);
	prefix(&prefixes[6], "0.0.0.0", 1);
	prefix(&prefixes[7], "::", 3);
	memcpy(macs[0], frame_mac_a, 6);
	memcpy(macs[1], frame_mac_b, 6);
	give(&table[0], prefixes, 2);
	give(&table[1], prefixes + 2, 2);
	give(&table[2], prefixes + 4, 2);
	give(&table[3], prefixes + 6, 2);
	table[4].macs = macs;
	table[4].mac_count = 2;
	give(&table[5], prefixes, 1);
	table[5].broadcast = 1;
}

static void
choose(size_t type, unsigned which)
{
	const struct order *orders[ORDERS];
	size_t n = 0, i;

	if (filters[type][which] != NULL)
		return;
	for (i = 0; i < ORDERS; i++) {
		if ((which >> i & 1) != 0)
			orders[n++] = &table[i];
	}
	matchers[type][which] = matcher_new(orders, n, linktypes[type]);
	filters[type][which] = kfilter_new(orders, n, linktypes[type]);
	if (matchers[type][which] == NULL || filters[type][which] == NULL)
		abort();
}

static int
passes(const struct kfilter *filter, uint32_t linktype, uint32_t n)
{
	uint8_t *data = frame_exact(&frame, n);
	struct kmachine k;
	int rc;

	memset(&k, 0, sizeof(k));
	k.program = kfilter_program(filter, &k.count);
	(void)kmachine_view(&k, linktype, data, n);
	rc = kmachine_run(&k);
	free(data);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	struct match out[ORDERS];
	unsigned which;
	uint32_t size;
	size_t type, i;

	if (prefixes[0].bits == 0)
		prepare();
	if (n < 4)
		return 0;
	which = input[0] % TABLES;
	type = input[2] % LINKTYPES;
	choose(type, which);
	frame.n = 0;
	if (input[1] < SAMPLES_COUNT) {
		samples[input[1]].build(&frame);
		for (i = 4; i + 2 <= n; i += 2) {
			if (input[i] < frame.n)
				frame.data[input[i]] = input[i + 1];
		}
	} else {
		frame_put(&frame, input + 4, n - 4 < 4096 ? n - 4 : 4096);
	}
	size = input[3] < frame.n && input[3] != 0 ? input[3] : frame.n;
	if (matcher_frame(matchers[type][which], frame.data, size, size, 0, out) > 0 &&
	    (!passes(filters[type][which], linktypes[type], size) ||
		(linktypes[type] == 1 && !passes(filters[type][which], 0, size))))
		abort();
	return 0;
}
