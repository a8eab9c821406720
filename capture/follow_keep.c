#include <assert.h>
#include <limits.h>
#include <string.h>

#include "follow_clients.h"
#include "follow_hosts.h"
#include "follow_internal.h"
#include "follow_line.h"
#include "follow_sessions.h"

/*
 * What is known, for the reader after this one: only what has an end that is known, and a frame that shows it.
 */
static const struct {
	enum follow_source source;
	const char *method;
	void (*keep)(const struct follow *, const struct follow_binding *, struct kept_binding *); /* or NULL */
	int (*take)(struct follow *, struct follow_binding *, struct follow_more *);
} sources[] = {
    {FOLLOW_DHCP4, "dhcpv4", NULL, follow_dhcp4_take},
    {FOLLOW_RADIUS, "radius", follow_session_keep, follow_session_take},
    {FOLLOW_PPPOE, "pppoe", follow_line_keep, follow_line_take},
    {FOLLOW_DHCP6, "dhcpv6", follow_dhcp6_keep, follow_dhcp6_take},
    {FOLLOW_SLAAC, "slaac", follow_host_keep, follow_host_take},
};
#define SOURCES (sizeof(sources) / sizeof(sources[0]))

void
follow_more_put(struct kept_binding *k, const void *bytes, size_t n)
{
	assert(k->more_length + n <= sizeof(k->more));
	if (n > 0)
		memcpy(k->more + k->more_length, bytes, n);
	k->more_length = (uint16_t)(k->more_length + n);
}

void
follow_more_put_number(struct kept_binding *k, uint64_t v)
{
	uint8_t bytes[8];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(v >> (56 - 8 * i));
	follow_more_put(k, bytes, sizeof(bytes));
}

int
follow_more_get(struct follow_more *m, void *out, size_t n)
{
	if (n > m->left)
		return -1;
	if (n > 0)
		memcpy(out, m->at, n);
	m->at += n;
	m->left -= n;
	return 0;
}

int
follow_more_get_number(struct follow_more *m, uint64_t *out)
{
	uint8_t bytes[8];
	size_t i;

	if (follow_more_get(m, bytes, sizeof(bytes)) == -1)
		return -1;
	for (i = 0, *out = 0; i < sizeof(bytes); i++)
		*out = *out << 8 | bytes[i];
	return 0;
}

static void
keep_one(const struct follow *f, const struct follow_binding *b, size_t source, struct kept *k)
{
	struct kept_binding *to = &k->at[k->count++];

	memset(to, 0, sizeof(*to));
	memcpy(to->method, sources[source].method, strlen(sources[source].method));
	to->address = b->address;
	to->until = b->until;
	to->told = b->told;
	memcpy(to->sha256, b->sha256, sizeof(to->sha256));
	to->xid = b->xid;
	memcpy(to->hardware, b->hardware, sizeof(to->hardware));
	to->hardware_length = b->hardware_length;
	to->has_link = b->has_link != 0;
	if (sources[source].keep != NULL)
		sources[source].keep(f, b, to);
}

void
follow_keep(const struct follow *f, struct kept *k)
{
	const struct follow_binding *b;
	size_t i, s;

	_Static_assert(KEPT_MAX >= FOLLOW_BINDINGS_MAX, "all may be kept");
	for (i = 0; i < f->count; i++) {
		b = &f->bindings[i];
		for (s = 0; s < SOURCES && sources[s].source != b->source; s++)
			;
		if (s < SOURCES && b->until != INT64_MAX && b->told > 0 && b->until > b->told && b->sha256[0] != '\0')
			keep_one(f, b, s, k);
	}
	for (i = 0; i < f->disputed_count; i++)
		memcpy(k->disputed[k->disputed_count++], f->disputed[i], DIGEST_HEX);
	follow_sessions_keep(f, k);
}

/* Return 0, or -1 if it is not believed. */
static int
resume_one(struct follow *f, const struct kept_binding *k, stamp_t since)
{
	const struct follow_frame frame = {.time = since, .sha256 = k->sha256};
	struct follow_more more = {k->more, k->more_length};
	struct follow_binding *b = &f->bindings[f->count];
	size_t s;

	for (s = 0; s < SOURCES && strcmp(sources[s].method, k->method) != 0; s++)
		;
	if (s == SOURCES || f->iap == NULL || f->count == FOLLOW_BINDINGS_MAX || k->until <= since || k->told > since)
		return -1;
	memset(b, 0, sizeof(*b));
	b->source = (uint8_t)sources[s].source;
	b->address = k->address;
	b->from = since;
	b->until = k->until;
	b->told = k->told;
	memcpy(b->sha256, k->sha256, sizeof(b->sha256));
	b->xid = k->xid;
	memcpy(b->hardware, k->hardware, sizeof(b->hardware));
	b->hardware_length = k->hardware_length;
	b->has_link = k->has_link;
	if (sources[s].take(f, b, &more) == -1)
		return -1;
	f->count++;
	follow_tell(f, FOLLOW_BEGUN, "resumed", b, &frame);
	return 0;
}

size_t
follow_resume(struct follow *f, const struct kept *k, stamp_t since)
{
	size_t left = 0;
	uint32_t i;

	f->is_stale = 1;
	follow_touch(f);
	for (i = 0; i < k->count; i++)
		left += resume_one(f, &k->at[i], since) == -1;
	/* What else the subject has got, or has instead, was not seen: it stays unknown. */
	f->has_begun = 0;
	return left;
}

void
follow_forget(struct follow *f, stamp_t now)
{
	static const char why[] = "unseen";
	const struct follow_frame none = {.time = now, .sha256 = ""};
	size_t i;

	f->since = now;
	f->is_stale = 1;
	follow_touch(f);
	follow_sessions_forget(f, why, &none);
	for (i = f->count; i > 0; i--) {
		if (f->bindings[i - 1].source != FOLLOW_GIVEN)
			follow_end(f, i - 1, why, &none);
	}
	memset(f->pending, 0, sizeof(f->pending));
	memset(f->missed, 0, sizeof(f->missed));
	follow_tries_over(f, NULL);
	f->settled = INT64_MAX;
	follow_lines_forget(f);
	follow_clients_forget(f);
	follow_hosts_forget(f);
	f->unknown = follow_who(f->order, UINT_MAX & ~FOLLOW_KIND(ORDER_DHCP6_IAID));
	f->blind = FOLLOW_UNKNOWN;
	f->has_begun = 0;
}
