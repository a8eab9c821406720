#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"

#include "craft.h"
#include "ethertype.h"
#include "injector.h"
#include "kfilter.h"
#include "matcher.h"
#include "wire.h"

#include "selftest.h"
#include "selftest_internal.h"

#define LINK_ETHERNET 1
#define BURST 64 /* frames that are sent before a look at what has come */
#define PATIENCE (2 * STAMP_SECOND)
#define TAG_BYTES 4

/* The same orders without their filters: who is found here and not there was left out by the filter. */
static int
drop_filters(struct selftest *s)
{
	size_t i;

	s->bare = calloc(s->count + 1, sizeof(*s->bare));
	s->bare_list = calloc(s->count + 1, sizeof(*s->bare_list));
	if (s->bare == NULL || s->bare_list == NULL)
		return -1;
	for (i = 0; i < s->count; i++) {
		s->bare[i] = *s->orders[i];
		s->bare[i].filter = NULL;
		s->bare_list[i] = &s->bare[i];
	}
	return 0;
}

/* As table_kfilter() does: the end points of tunnels are let in too. */
static struct kfilter *
make_filter(const struct selftest *s)
{
	const struct order **orders = calloc(s->count + 1, sizeof(*orders));
	struct kfilter *filter = NULL;

	if (orders == NULL)
		return NULL;
	if (s->count > 0)
		memcpy(orders, s->orders, s->count * sizeof(*orders));
	orders[s->count] = tunnels_ends(s->tunnels);
	filter = kfilter_new(orders, s->count + 1, LINK_ETHERNET);
	free(orders);
	return filter;
}

struct selftest *
selftest_new(const struct order *const *orders, size_t count, const struct probe_config *probes)
{
	struct selftest *s = calloc(1, sizeof(*s));

	if (s == NULL)
		goto fail;
	s->orders = orders;
	s->count = count;
	s->probes = *probes;
	s->tunnels = tunnels_new(probes->tunnels, probes->tunnel_count);
	if (s->tunnels == NULL || drop_filters(s) == -1)
		goto fail;
	s->filter = make_filter(s);
	s->matches = calloc(count + 1, sizeof(*s->matches));
	if (s->filter == NULL || s->matches == NULL)
		goto fail;
	s->matcher = matcher_new_tunnels(orders, count, LINK_ETHERNET, s->tunnels);
	s->bare_matcher = matcher_new_tunnels(s->bare_list, count, LINK_ETHERNET, s->tunnels);
	if (s->matcher != NULL && s->bare_matcher != NULL)
		return s;
	selftest_free(s); /* what was wrong is said */
	return NULL;
fail:
	diag_err("self-test");
	selftest_free(s);
	return NULL;
}

void
selftest_free(struct selftest *s)
{
	if (s == NULL)
		return;
	matcher_free(s->bare_matcher);
	matcher_free(s->matcher);
	kfilter_free(s->filter);
	tunnels_free(s->tunnels);
	free(s->matches);
	free(s->bare_list);
	free(s->bare);
	free(s->results);
	free(s);
}

const struct kfilter *
selftest_filter(const struct selftest *s)
{
	return s->filter;
}

static struct result *
add_result(struct selftest *s, const struct probe *p)
{
	struct result *grown;

	if (s->result_count == s->result_room) {
		grown = reallocarray(s->results, s->result_room * 2 + 256, sizeof(*grown));
		if (grown == NULL)
			return NULL;
		s->results = grown;
		s->result_room = s->result_room * 2 + 256;
	}
	grown = &s->results[s->result_count++];
	grown->probe = *p;
	grown->verdict = SELFTEST_FOUND;
	grown->has_arrived = grown->is_through = 0;
	return grown;
}

/* Does a matcher find the probe's case, or for nobody's frame any, in the frame? */
static int
finds(
    struct selftest *s, struct matcher *m, const struct probe *p, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	size_t i, n = matcher_frame(m, data, caplen, len, stamp_now(), s->matches);

	if (p->order == NULL)
		return n > 0;
	for (i = 0; i < n; i++) {
		if (s->orders[s->matches[i].index] == p->order)
			return 1;
	}
	return 0;
}

static enum selftest_verdict
judge(struct selftest *s, const struct probe *p, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	int is_found = finds(s, s->matcher, p, data, caplen, len);

	if (p->order == NULL)
		return is_found ? SELFTEST_TAKEN : SELFTEST_FOUND;
	if (is_found)
		return SELFTEST_FOUND;
	return p->order->filter != NULL && finds(s, s->bare_matcher, p, data, caplen, len) ? SELFTEST_NARROWED
											   : SELFTEST_NOT_FOUND;
}

/* Does the kernel filter let the bytes pass? */
static int
passes(const struct selftest *s, const uint8_t *data, uint32_t n)
{
	uint8_t back[CRAFT_ROOM];

	return send(s->pair[0], data, n, 0) == (ssize_t)n && recv(s->pair[1], back, sizeof(back), 0) == (ssize_t)n;
}

/* And as a ring sees the frame, where the kernel has taken the outermost tag off? */
static int
passes_untagged(const struct selftest *s, const uint8_t *data, uint32_t n)
{
	uint8_t bare[CRAFT_ROOM];
	uint16_t type = wire_be16(data + ETHERTYPE_AT);

	if (type != ETHERTYPE_VLAN && type != ETHERTYPE_QINQ)
		return 1;
	memcpy(bare, data, ETHERTYPE_AT);
	memcpy(bare + ETHERTYPE_AT, data + ETHERTYPE_AT + TAG_BYTES, n - ETHERTYPE_AT - TAG_BYTES);
	return passes(s, bare, n - TAG_BYTES);
}

static int
on_probe(void *cookie, const struct probe *p, uint32_t number, const uint8_t *data, uint32_t n)
{
	struct selftest *s = cookie;
	struct result *r = add_result(s, p);

	(void)number;
	if (r == NULL)
		return -1;
	r->verdict = judge(s, p, data, n, n);
	if (r->verdict == SELFTEST_FOUND && p->order != NULL && (!passes(s, data, n) || !passes_untagged(s, data, n)))
		r->verdict = SELFTEST_KEPT_OUT;
	return 0;
}

/* As capture does. */
static int
attach_what_fits(struct kfilter *filter, int fd)
{
	while (kfilter_attach(filter, fd) == -1) {
		if (errno != ENOMEM || kfilter_coarsen(filter) == -1)
			return -1;
	}
	return 0;
}

int
selftest_judge(struct selftest *s)
{
	int rc = -1;

	s->pair[0] = s->pair[1] = -1;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, s->pair) == -1)
		goto out;
	if (attach_what_fits(s->filter, s->pair[1]) == -1)
		diag_warn("no kernel filter (net.core.optmem_max): every frame is looked at");
	rc = probe_each(&s->probes, s->orders, s->count, on_probe, s);
out:
	if (rc == -1)
		diag_err("self-test");
	if (s->pair[0] != -1)
		(void)close(s->pair[0]); /* nothing is in it */
	if (s->pair[1] != -1)
		(void)close(s->pair[1]); /* as above */
	return rc;
}

/* Which of our frames is this?  Its number, or -1. */
static int64_t
number_of(const struct selftest *s, const uint8_t *data, uint32_t caplen)
{
	const size_t n = sizeof(s->probes.nonce);
	const uint8_t *at = memmem(data, caplen, s->probes.nonce, n);
	uint32_t number;

	if (at == NULL || (size_t)(data + caplen - at) < n + sizeof(number))
		return -1;
	number = wire_be32(at + n);
	return number < s->result_count ? (int64_t)number : -1;
}

static void
on_frame(void *cookie, int through, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	struct selftest *s = cookie;
	int64_t number = number_of(s, data, caplen);
	struct result *r;

	if (number == -1)
		return; /* somebody's: it is looked at no further */
	r = &s->results[number];
	r->has_arrived = 1;
	if (!through || r->is_through)
		return;
	r->is_through = 1;
	if (r->verdict == SELFTEST_FOUND)
		r->verdict = judge(s, &r->probe, data, caplen, len);
	s->through_count++;
}

struct sending {
	struct selftest *selftest;
	struct injector *injector;
};

static int
on_send(void *cookie, const struct probe *p, uint32_t number, const uint8_t *data, uint32_t n)
{
	struct sending *sending = cookie;

	(void)p;
	if (injector_send(sending->injector, data, n) == -1)
		return -1;
	if (number % BURST == BURST - 1)
		injector_look(sending->injector, on_frame, sending->selftest);
	return 0;
}

/* Until nothing new has come for so long that nothing more will. */
static void
wait_for_rest(struct selftest *s, struct injector *injector)
{
	struct pollfd none = {-1, 0, 0};
	stamp_t until = stamp_boottime() + PATIENCE;

	while (s->through_count < s->result_count && stamp_boottime() < until) {
		(void)poll(&none, 1, 20); /* only to wait */
		injector_look(injector, on_frame, s);
	}
}

int
selftest_inject(struct selftest *s, struct injector *injector)
{
	struct sending sending = {s, injector};
	struct result *r;
	size_t i;

	if (probe_each(&s->probes, s->orders, s->count, on_send, &sending) == -1) {
		diag_err("self-test: send");
		return -1;
	}
	wait_for_rest(s, injector);
	for (i = 0; i < s->result_count; i++) {
		r = &s->results[i];
		if (r->verdict != SELFTEST_FOUND || r->is_through || r->probe.order == NULL)
			continue;
		r->verdict = r->has_arrived ? SELFTEST_KEPT_OUT : SELFTEST_NOT_ARRIVED;
	}
	return 0;
}

size_t
selftest_frames(const struct selftest *s)
{
	return s->result_count;
}

size_t
selftest_bad(const struct selftest *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->result_count; i++)
		n += s->results[i].verdict > SELFTEST_NARROWED;
	return n;
}
