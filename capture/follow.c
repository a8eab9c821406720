#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"

#include "follow_clients.h"
#include "follow_hosts.h"
#include "follow_internal.h"
#include "follow_line.h"
#include "follow_sessions.h"

struct follow *
follow_new(const struct order *o, const struct conf_iap *iap, stamp_t since, follow_event_fn *event, void *cookie)
{
	struct follow *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->order = o;
	f->iap = iap;
	f->since = since;
	f->event = event;
	f->cookie = cookie;
	f->blind = FOLLOW_UNKNOWN;
	f->settled = INT64_MAX;
	f->is_stale = 1;
	f->unknown = follow_who(o, UINT_MAX & ~FOLLOW_KIND(ORDER_DHCP6_IAID));
	if (follow_sessions_begin(f) == -1 || follow_lines_begin(f) == -1 || follow_clients_begin(f) == -1 ||
	    follow_hosts_begin(f) == -1) {
		follow_free(f);
		errno = ENOMEM;
		return NULL;
	}
	return f;
}

void
follow_free(struct follow *f)
{
	if (f == NULL)
		return;
	free(f->sessions);
	free(f->lines);
	free(f->clients);
	free(f->hosts);
	free(f);
}

uint64_t
follow_who(const struct order *o, unsigned kinds)
{
	uint64_t who = 0;
	size_t i;

	for (i = 0; i < o->identity_count; i++)
		who |= (kinds >> o->identities[i].kind & 1) != 0 ? UINT64_C(1) << i : 0;
	return who;
}

void
follow_touch(struct follow *f)
{
	f->is_moved = 1;
	if (f->moved != NULL)
		*f->moved = 1;
}

void
follow_watch(struct follow *f, int *moved)
{
	f->moved = moved;
	follow_touch(f);
}

int
follow_has_moved(struct follow *f)
{
	int has_moved = f->is_moved;

	f->is_moved = 0;
	return has_moved;
}

void
follow_change(struct follow *f, const struct order *o)
{
	f->order = o;
	f->is_stale = 1;
	follow_touch(f);
}

int
follow_heard(struct follow *f, int is_own)
{
	f->is_stale |= is_own;
	return is_own;
}

int
follow_is_possible(const struct conf_iap *iap, size_t interfaces)
{
	return interfaces <= 1 &&
	       (iap->dhcp_server_count > 0 || iap->radius.server_count > 0 || iap->pppoe.concentrator_count > 0 ||
		   iap->ipv6.server_count > 0 || iap->ipv6.slaac_pool_count > 0);
}

void
follow_learn(struct follow *f, uint64_t who)
{
	f->unknown &= ~who;
	f->blind = f->unknown != 0 || follow_is_awaited(f) ? FOLLOW_UNKNOWN : NULL;
}

void
follow_learn_more(struct follow *f)
{
	if (f->has_begun || f->blind == NULL || strcmp(f->blind, FOLLOW_UNKNOWN) == 0)
		follow_learn(f, 0);
}

const char *
follow_proof(const struct follow_frame *frame)
{
	struct follow_hash *h = frame->hash;

	if (frame->sha256 != NULL)
		return frame->sha256;
	if (!h->is_made) {
		h->is_made = 1;
		h->sha256[0] = '\0';
		h->has_failed = digest_hex_of(h->data, h->n, h->sha256) == -1;
	}
	return h->sha256;
}

void
follow_word(struct follow_binding *b, uint32_t xid, const struct follow_frame *frame)
{
	b->xid = xid;
	b->told = frame->time;
	memset(b->sha256, 0, sizeof(b->sha256));
	memcpy(b->sha256, follow_proof(frame), strnlen(follow_proof(frame), sizeof(b->sha256) - 1));
}

void
follow_tell(struct follow *f, enum follow_kind kind, const char *how, const struct follow_binding *b,
    const struct follow_frame *frame)
{
	static const enum access_kind kinds[] = {
	    [FOLLOW_BEGUN] = ACCESS_ASSIGNED, [FOLLOW_RENEWED] = ACCESS_RENEWED, [FOLLOW_ENDED] = ACCESS_RELEASED};
	struct follow_event e = {
	    kind, kinds[kind], how, b->method, b, frame->time, follow_proof(frame), b->xid, {NULL, 0}};

	if (kind == FOLLOW_BEGUN && strcmp(how, "delegated") == 0)
		e.access = ACCESS_DELEGATED;
	if (b->source == FOLLOW_PPPOE)
		e.access = kind == FOLLOW_BEGUN ? ACCESS_SESSION_START : ACCESS_SESSION_END;
	if (kind == FOLLOW_BEGUN && (strcmp(how, "established") == 0 || strcmp(how, "resumed") == 0))
		e.access = ACCESS_ESTABLISHED;
	f->is_stale = 1;
	follow_touch(f);
	f->has_begun |= kind == FOLLOW_BEGUN;
	if (kind != FOLLOW_RENEWED)
		f->has_changed = 1;
	f->event(f->cookie, &e);
}

void
follow_note(struct follow *f, enum access_kind access, const char *method, const char *how, uint32_t xid,
    const struct follow_frame *frame)
{
	const struct follow_event e = {
	    FOLLOW_NOTED, access, how, method, NULL, frame->time, follow_proof(frame), xid, {NULL, 0}};

	f->event(f->cookie, &e);
}

void
follow_end(struct follow *f, size_t i, const char *why, const struct follow_frame *frame)
{
	const struct follow_binding gone = f->bindings[i];

	f->is_stale = 1;
	f->bindings[i] = f->bindings[--f->count];
	if (gone.source == FOLLOW_PPPOE)
		follow_inside_end(f, &gone, why, frame);
	follow_tell(f, FOLLOW_ENDED, why, &gone, frame);
}

int
follow_overlaps(const struct order_prefix *a, const struct order_prefix *b)
{
	unsigned bits = a->bits < b->bits ? a->bits : b->bits, whole = bits / 8, rest = bits % 8;

	return a->family == b->family && memcmp(a->addr, b->addr, whole) == 0 &&
	       (rest == 0 || ((a->addr[whole] ^ b->addr[whole]) >> (8 - rest)) == 0);
}

int
follow_is_in(const struct conf_network *list, uint32_t n, const struct order_prefix *p)
{
	struct order_prefix pool;
	uint32_t i;

	for (i = 0; i < n; i++) {
		pool.family = list[i].family;
		pool.bits = list[i].bits;
		memcpy(pool.addr, list[i].addr, sizeof(pool.addr));
		if (pool.bits <= p->bits && follow_overlaps(&pool, p))
			return 1;
	}
	return 0;
}

size_t
follow_find(const struct follow *f, enum follow_source source, const struct order_prefix *prefix)
{
	size_t i;

	for (i = 0; i < f->count; i++) {
		if (f->bindings[i].source == source && follow_overlaps(&f->bindings[i].address, prefix))
			break;
	}
	return i;
}

int
follow_has_changed(struct follow *f)
{
	int changed = f->has_changed;

	f->has_changed = 0;
	return changed;
}

int
follow_has_narrowed(struct follow *f)
{
	int narrowed = f->has_narrowed;

	f->has_narrowed = 0;
	return narrowed;
}

const char *
follow_blind(const struct follow *f)
{
	return f->blind;
}

size_t
follow_count(const struct follow *f)
{
	return f->count;
}

const struct follow_binding *
follow_binding(const struct follow *f, size_t i)
{
	return &f->bindings[i];
}

int
follow_allows(const struct follow_binding *b, stamp_t time, const uint8_t *data, uint32_t caplen)
{
	if (time < b->from || time >= b->until)
		return 0;
	if (b->source == FOLLOW_PPPOE)
		return follow_line_has(&b->line, data, caplen);
	if (!b->has_link)
		return 1;
	return caplen >= 12 && (memcmp(data, b->hardware, 6) == 0 || memcmp(data + 6, b->hardware, 6) == 0);
}
