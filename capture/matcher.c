#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

#include "layers.h"
#include "matcher_internal.h"
#include "quick.h"

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

/*
 * The beginning of the hash of the order's file: who remembers a packet for an order remembers it for no other, nor for
 * a later revision.  An order of no file has its place for a name.
 */
static uint64_t
name_of(const struct order *order, size_t i)
{
	char hex[17];

	if (order->sha256[0] == '\0')
		return i;
	memcpy(hex, order->sha256, sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	return strtoull(hex, NULL, 16);
}

static uint8_t
plainness(const struct order *order)
{
	if (order->filter != NULL || order->vlan_count > 0 || order->stack_count > 0 || order->session_count > 0)
		return 0;
	return order->scope == ORDER_CONTENT ? MATCHER_PLAIN_WHOLE : MATCHER_PLAIN_CUT;
}

static int
add_order(struct matcher *m, size_t i, const struct order *order)
{
	char why[256];

	m->orders[i] = order;
	m->plain[i] = plainness(order);
	m->names[i] = name_of(order, i);
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
	m->is_doubted = calloc(count + 1, sizeof(*m->is_doubted));
	m->doubted = calloc(count + 1, sizeof(*m->doubted));
	m->names = calloc(count + 1, sizeof(*m->names));
	m->subjects = subjects_new(orders, count);
	if (m->orders == NULL || m->filters == NULL || m->place == NULL || m->plain == NULL ||
	    m->is_doubted == NULL || m->doubted == NULL || m->names == NULL || m->subjects == NULL) {
		diag_err("table of subjects");
		goto out;
	}
	for (i = 0; i < SUBJECTS_FAMILIES; i++)
		m->tables[i] = subjects_tables(m->subjects, (enum subjects_family)i);
	m->v4 = subjects_single(m->subjects, SUBJECTS_V4);
	m->v6 = subjects_single(m->subjects, SUBJECTS_V6);
	quick_init(&m->quick, tunnels == NULL ? NULL : tunnels_ports(tunnels));
	quick_add(&m->quick, orders, count);
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
	if (m->memory == NULL) {
		fragments_free(m->carried);
		fragments_free(m->fragments);
	}
	subjects_free(m->subjects);
	free(m->names);
	free(m->doubted);
	free(m->is_doubted);
	free(m->plain);
	free(m->place);
	free(m->filters);
	free(m->orders);
	free(m);
	errno = saved;
}

struct matcher_memory *
matcher_memory_new(void)
{
	return calloc(1, sizeof(struct matcher_memory));
}

void
matcher_memory_free(struct matcher_memory *memory)
{
	int saved = errno;

	if (memory == NULL)
		return;
	fragments_free(memory->carried);
	fragments_free(memory->fragments);
	free(memory);
	errno = saved;
}

/* Go on with what is there, or leave there what is ours. */
static void
share(struct fragments **ours, struct fragments **there)
{
	if (*ours == NULL)
		return;
	if (*there == NULL)
		*there = *ours;
	else
		fragments_free(*ours);
	*ours = *there;
}

void
matcher_remember(struct matcher *m, struct matcher_memory *memory)
{
	assert(m->memory == NULL);
	m->memory = memory;
	share(&m->fragments, &memory->fragments);
	share(&m->carried, &memory->carried);
}

size_t
matcher_room(const struct matcher *m)
{
	return m->count;
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
	    [MATCHER_PPP_DATA] = "ppp-data",
	    [MATCHER_PPP_OTHER] = "ppp-other",
	    [MATCHER_MPLS_UNKNOWN] = "mpls-unknown",
	    [MATCHER_TUNNEL] = "tunnel",
	    [MATCHER_TUNNEL_FRAGMENT] = "tunnel-fragment",
	    [MATCHER_FRAGMENT_UNKNOWN] = "fragment-unknown",
	    [MATCHER_LLC] = "llc",
	    [MATCHER_TAG_UNKNOWN] = "tag-unknown",
	    [MATCHER_ERSPAN_TAG] = "erspan-tag",
	    [MATCHER_PBB] = "pbb",
	    [MATCHER_MACSEC] = "macsec",
	    [MATCHER_DHCP_FORGED] = "dhcp-forged",
	};

	return texts[kind];
}
