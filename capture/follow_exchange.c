#include <string.h>

#include "follow_internal.h"
#include "follow_sessions.h"

/*
 * Questions and answers of RADIUS.
 */

struct conf_address
follow_end_of(const struct follow_frame *frame, int is_target)
{
	struct conf_address a = {.family = frame->family};

	memcpy(a.addr, is_target ? frame->target : frame->source, frame->family == 4 ? 4 : 16);
	return a;
}

int
follow_is_one_of(const struct conf_address *list, uint32_t n, const struct conf_address *a)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (memcmp(&list[i], a, sizeof(*a)) == 0)
			return 1;
	}
	return 0;
}

int
follow_is_port(const uint16_t *list, uint32_t n, uint16_t port)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (list[i] == port)
			return 1;
	}
	return 0;
}

struct follow_text
follow_text_of(const struct wire_bytes *b)
{
	struct follow_text t = {.n = (uint8_t)b->n}; /* an attribute's value: at most 253 */

	if (b->n > 0)
		memcpy(t.bytes, b->at, t.n);
	return t;
}

/* What a message says for one kind of identity; n is 0 where it says nothing. */
static struct wire_bytes
said(const struct radius *m, unsigned kind)
{
	switch (kind) {
	case ORDER_RADIUS_USER:
		return m->user;
	case ORDER_RADIUS_CALLING:
		return m->calling;
	default:
		return (struct wire_bytes){NULL, 0};
	}
}

uint64_t
follow_radius_named(const struct order *o, const struct radius *m, uint64_t asked)
{
	uint64_t found = 0;
	struct wire_bytes b;
	size_t i;

	for (i = 0; i < o->identity_count; i++) {
		const struct order_identity *id = &o->identities[i];

		b = said(m, id->kind);
		if (b.n == 0 ? (asked >> i & 1) != 0 : id->length == b.n && memcmp(id->bytes, b.at, b.n) == 0)
			found |= UINT64_C(1) << i;
	}
	return found;
}

struct follow_ends
follow_ends_of(const struct radius *m, const struct follow_frame *frame, int is_answer)
{
	struct follow_ends ends;

	memset(&ends, 0, sizeof(ends));
	ends.client = follow_end_of(frame, is_answer);
	ends.server = follow_end_of(frame, !is_answer);
	ends.client_port = is_answer ? frame->target_port : frame->source_port;
	ends.server_port = is_answer ? frame->source_port : frame->target_port;
	ends.identifier = m->identifier;
	return ends;
}

struct follow_exchange *
follow_exchange_find(struct follow *f, const struct radius *m, const struct follow_frame *frame, int is_answer)
{
	const struct follow_ends ends = follow_ends_of(m, frame, is_answer);
	struct follow_exchange *x;
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		x = &f->sessions->exchanges[i];
		if (x->time != 0 && frame->time - x->time < FOLLOW_PENDING_NS &&
		    memcmp(&x->ends, &ends, sizeof(ends)) == 0)
			return x;
	}
	return NULL;
}

struct follow_exchange
follow_exchange_of(const struct radius *m, uint64_t who, const struct follow_frame *frame)
{
	struct follow_exchange x;

	memset(&x, 0, sizeof(x));
	x.time = frame->time;
	x.who = who;
	x.ends = follow_ends_of(m, frame, 0);
	x.code = m->code;
	memcpy(x.authenticator, m->authenticator, sizeof(x.authenticator));
	x.nas.client = x.ends.client;
	x.nas.address = follow_text_of(&m->nas_address);
	x.nas.name = follow_text_of(&m->nas_name);
	x.session = follow_text_of(&m->session);
	x.calling = follow_text_of(&m->calling);
	x.port.has_number = m->has_port;
	x.port.number = m->port;
	x.port.name = follow_text_of(&m->port_name);
	memcpy(x.addresses, m->addresses, sizeof(x.addresses));
	x.address_count = m->address_count;
	x.timeout = m->timeout;
	x.is_whole = m->is_whole;
	return x;
}

struct follow_exchange *
follow_exchange_put(struct follow *f, const struct follow_exchange *made)
{
	struct follow_exchange *x = &f->sessions->exchanges[0];
	size_t i;

	for (i = 1; i < FOLLOW_PENDING_MAX; i++) {
		if (f->sessions->exchanges[i].time < x->time)
			x = &f->sessions->exchanges[i];
	}
	*x = *made;
	return x;
}
