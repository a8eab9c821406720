#include <errno.h>
#include <stdlib.h>

#include "diag.h"

#include "layers.h"
#include "matcher_internal.h"
#include "quick.h"
#include "scope.h"

#define LINK_ETHERNET 1

#define PLAIN_WHOLE 1
#define PLAIN_CUT 2

int
matcher_supports(uint32_t linktype)
{
	return layers_supports(linktype);
}

int
matcher_check_filter(const char *expression, char *why, size_t room)
{
	struct narrow *filter = narrow_new(expression, why, room);

	narrow_free(filter);
	return filter == NULL ? -1 : 0;
}

static uint8_t
plainness(const struct order *order)
{
	if (order->filter != NULL || order->vlan_count > 0 || order->session_count > 0)
		return 0;
	return order->scope == ORDER_CONTENT ? PLAIN_WHOLE : PLAIN_CUT;
}

static int
add_order(struct matcher *m, size_t i, const struct order *order)
{
	char why[256];
	size_t k;

	m->orders[i] = order;
	m->plain[i] = plainness(order);
	for (k = 0; k < order->mac_count; k++)
		quick_add_mac(&m->quick, order->macs[k]);
	if (order->filter == NULL)
		return 0;
	m->filters[i] = narrow_new(order->filter, why, sizeof(why));
	if (m->filters[i] == NULL) {
		diag_errx("case %s: %s", order->case_id, why);
		return -1;
	}
	if (m->fragments == NULL)
		m->fragments = fragments_new();
	if (m->fragments == NULL) {
		diag_err("table of fragments");
		return -1;
	}
	return 0;
}

static int
add_tunnels(struct matcher *m, struct tunnels *tunnels)
{
	if (tunnels == NULL || tunnels_count(tunnels) == 0)
		return 0;
	m->tunnels = tunnels;
	m->carried = fragments_new();
	if (m->carried == NULL) {
		diag_err("table of fragments");
		return -1;
	}
	return 0;
}

struct matcher *
matcher_new(const struct order *const *orders, size_t count, uint32_t linktype)
{
	return matcher_new_tunnels(orders, count, linktype, NULL);
}

struct matcher *
matcher_new_tunnels(const struct order *const *orders, size_t count, uint32_t linktype, struct tunnels *tunnels)
{
	struct matcher *m = NULL;
	size_t i;
	int rc = -1;

	if (!layers_supports(linktype)) {
		diag_errx("link type %u can not be judged", (unsigned)linktype);
		errno = EINVAL;
		goto out;
	}
	m = calloc(1, sizeof(*m));
	if (m == NULL) {
		diag_err("table of subjects");
		goto out;
	}
	m->count = count;
	m->linktype = linktype;
	m->orders = calloc(count + 1, sizeof(*m->orders));
	m->filters = calloc(count + 1, sizeof(*m->filters));
	m->place = calloc(count + 1, sizeof(*m->place));
	m->plain = calloc(count + 1, sizeof(*m->plain));
	m->subjects = subjects_new(orders, count);
	if (m->orders == NULL || m->filters == NULL || m->place == NULL || m->plain == NULL || m->subjects == NULL) {
		diag_err("table of subjects");
		goto out;
	}
	for (i = 0; i < SUBJECTS_FAMILIES; i++)
		m->tables[i] = subjects_tables(m->subjects, (enum subjects_family)i);
	m->v4 = subjects_single(m->subjects, SUBJECTS_V4);
	m->v6 = subjects_single(m->subjects, SUBJECTS_V6);
	quick_init(&m->quick, tunnels == NULL ? NULL : tunnels_ports(tunnels));
	for (i = 0; i < count; i++) {
		if (add_order(m, i, orders[i]) == -1)
			goto out;
	}
	rc = add_tunnels(m, tunnels);
out:
	if (rc == -1) {
		matcher_free(m);
		m = NULL;
	}
	return m;
}

void
matcher_free(struct matcher *m)
{
	int saved = errno;
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; m->filters != NULL && i < m->count; i++)
		narrow_free(m->filters[i]);
	fragments_free(m->carried);
	fragments_free(m->fragments);
	subjects_free(m->subjects);
	free(m->plain);
	free(m->place);
	free(m->filters);
	free(m->orders);
	free(m);
	errno = saved;
}

size_t
matcher_room(const struct matcher *m)
{
	return m->count;
}

/* One frame on its quick way. */
struct look {
	const uint8_t *data;
	uint32_t caplen, len;
	struct match *out;
};

static inline uint32_t
whose_v4(const struct matcher *m, const uint8_t *two)
{
	return m->v4 != NULL ? subjects_pair_v4(m->v4, two) : subjects_only_v4(m->tables[SUBJECTS_V4], two);
}

static inline uint32_t
whose_v6(const struct matcher *m, const uint8_t *two)
{
	return m->v6 != NULL ? subjects_pair_v6(m->v6, two) : subjects_only_v6(m->tables[SUBJECTS_V6], two);
}

static __attribute__((noinline)) size_t
cut(const struct matcher *m, const uint8_t *data, uint32_t at, struct match *out)
{
	out->caplen = scope_cut_at(m->orders[out->index]->scope, data, at, out->caplen, out->len);
	return 1;
}

/* All of the frame, or by the scope of an order that asks for nothing else. */
static inline size_t
give(const struct matcher *m, const struct look *l, uint32_t who, uint32_t at)
{
	l->out->index = who;
	l->out->start = 0;
	l->out->len = l->len;
	l->out->caplen = l->caplen;
	return m->plain[who] == PLAIN_WHOLE ? 1 : cut(m, l->data, at, l->out);
}

static inline int
is_long_way(const struct matcher *m, uint32_t who)
{
	return who == SUBJECTS_SEVERAL || m->plain[who] == 0;
}

/*
 * A frame of any link headers, or with subjects of several prefix lengths; none of its first MAC addresses is a subject's.
 */
static __attribute__((noinline)) size_t
frame_links(struct matcher *m, const uint8_t *data, uint32_t caplen, uint32_t len, stamp_t time, struct match *out)
{
	const struct look l = {data, caplen, len, out};
	uint32_t at = quick_ip(&m->quick, data, caplen, len), who;

	if (at == 0)
		return matcher_judge(m, data, caplen, len, time, out);
	who = data[at] >> 4 == 4 ? whose_v4(m, data + at + 12) : whose_v6(m, data + at + 8);
	if (who == SUBJECTS_NOBODY)
		return 0;
	return is_long_way(m, who) ? matcher_judge(m, data, caplen, len, time, out) : give(m, &l, who, at);
}

static __attribute__((noinline)) size_t
frame_v6(struct matcher *m, const uint8_t *data, uint32_t caplen, uint32_t len, stamp_t time, struct match *out)
{
	const struct look l = {data, caplen, len, out};
	const uint32_t at = ETHERTYPE_HEADER;
	uint32_t who;

	if (m->v6 == NULL)
		return frame_links(m, data, caplen, len, time, out);
	if (!quick_is_plain_v6(&m->quick, data + at, caplen - at, len - at))
		return matcher_judge(m, data, caplen, len, time, out);
	who = subjects_pair_v6(m->v6, data + at + 8);
	if (who == SUBJECTS_NOBODY)
		return 0;
	return is_long_way(m, who) ? matcher_judge(m, data, caplen, len, time, out) : give(m, &l, who, at);
}

/* Each kind ends in a call of the next function with the same arguments: so the commonest has few registers to save. */
static inline size_t
frame_v4(struct matcher *m, const uint8_t *data, uint32_t caplen, uint32_t len, stamp_t time, struct match *out)
{
	const struct look l = {data, caplen, len, out};
	const uint32_t at = ETHERTYPE_HEADER;
	uint32_t who;

	if (m->v4 == NULL)
		return frame_links(m, data, caplen, len, time, out);
	if (!quick_is_plain_v4(&m->quick, data + at, caplen - at, len - at))
		return matcher_judge(m, data, caplen, len, time, out);
	who = subjects_pair_v4(m->v4, data + at + 12);
	if (who == SUBJECTS_NOBODY)
		return 0;
	return is_long_way(m, who) ? matcher_judge(m, data, caplen, len, time, out) : give(m, &l, who, at);
}

/* The quick look could not rule out that one of the two MAC addresses is a subject's. */
static __attribute__((noinline)) size_t
frame_mac(struct matcher *m, const uint8_t *data, uint32_t caplen, uint32_t len, stamp_t time, struct match *out)
{
	if (subjects_only_mac(m->tables[SUBJECTS_MAC], data) != SUBJECTS_NOBODY)
		return matcher_judge(m, data, caplen, len, time, out);
	return frame_links(m, data, caplen, len, time, out);
}

/*
 * Nearly every frame is of the usual kind and nobody's, or that of one order which asks for nothing but an address.  Both
 * are settled with one look-up an address; the rest takes the long way.
 */
size_t
matcher_frame(struct matcher *m, const uint8_t *data, uint32_t caplen, uint32_t len, stamp_t time, struct match *out)
{
	if (m->linktype != LINK_ETHERNET || caplen < QUICK_CAPLEN_MIN || len < caplen)
		return matcher_judge(m, data, caplen, len, time, out);
	if (quick_may_have_mac(&m->quick, data))
		return frame_mac(m, data, caplen, len, time, out);
	switch (wire_be16(data + ETHERTYPE_AT)) {
	case ETHERTYPE_IPV4:
		return frame_v4(m, data, caplen, len, time, out);
	case ETHERTYPE_IPV6:
		return frame_v6(m, data, caplen, len, time, out);
	default:
		return frame_links(m, data, caplen, len, time, out);
	}
}

const uint64_t *
matcher_kinds(const struct matcher *m)
{
	return m->kinds;
}

const char *
matcher_kind_text(enum matcher_kind kind)
{
	static const char *const texts[MATCHER_KINDS] = {
	    [MATCHER_RUNT] = "runt",
	    [MATCHER_CUT] = "cut",
	    [MATCHER_BAD_IP] = "bad-ip",
	    [MATCHER_TOO_DEEP] = "too-deep",
	    [MATCHER_NOT_IP] = "not-ip",
	    [MATCHER_PPP_COMPRESSED] = "ppp-compressed",
	    [MATCHER_PPP_OTHER] = "ppp-other",
	    [MATCHER_MPLS_UNKNOWN] = "mpls-unknown",
	    [MATCHER_TUNNEL] = "tunnel",
	    [MATCHER_TUNNEL_FRAGMENT] = "tunnel-fragment",
	    [MATCHER_FRAGMENT_UNKNOWN] = "fragment-unknown",
	};

	return texts[kind];
}
