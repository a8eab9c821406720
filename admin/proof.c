#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proof.h"
#include "proof_internal.h"

/* When another's session was over, whose end was not read: as the subject's began with that address, at the latest. */
static int64_t
end_of(const struct reading *r, const struct span *s)
{
	int64_t end = s->is_open ? INT64_MAX : s->to;
	size_t i;

	for (i = 0; i < r->count && s->is_open; i++) {
		if (r->spans[i].is_start && r->spans[i].from > s->to && r->spans[i].from < end)
			end = r->spans[i].from;
	}
	return end;
}

/* Is all of [from, to) the subject's, and none of it anyone else's? */
static const char *
judge(const struct reading *r, int64_t from, int64_t to)
{
	int64_t covered = from;
	size_t i;
	int grows = 1;

	if (r->is_full)
		return "the proof has too much about the address";
	if (r->is_unread)
		return "not all that the proof has about the address can be read";
	if (r->is_late)
		return "the export was written after the time that it is to show";
	for (i = 0; i < r->count; i++) {
		if (!r->spans[i].is_subject && r->spans[i].from < to && end_of(r, &r->spans[i]) > from)
			return "by the proof the address was another's for a part of that time";
	}
	while (grows && covered < to) {
		grows = 0;
		for (i = 0; i < r->count; i++) {
			if (r->spans[i].is_subject && r->spans[i].from <= covered && r->spans[i].to > covered) {
				covered = r->spans[i].to;
				grows = 1;
			}
		}
	}
	return covered >= to ? NULL : "the proof does not show that the subject had the address all that time";
}

/* It is kept whole. */
static const char *
judge_plan(const struct reading *r, const struct order_prefix *address, const struct buf *text)
{
	const char *why = proof_plan_judge(r->order, address, text);

	if (why == NULL && text->len > 0 && buf_put(r->kept, text->data, text->len) == -1)
		why = "out of memory";
	return why;
}

/* The log, and once more what is kept of it: it must show the same by itself. */
static const char *
judge_log(struct reading *r, void (*read)(struct reading *, const char *), const struct buf *text)
{
	struct buf *kept = r->kept, ignored = BUF_INIT;
	const char *why;

	read(r, text->data);
	why = buf_failed(kept) ? "out of memory" : judge(r, r->want_from, r->want_to);
	if (why == NULL) {
		r->count = 0;
		r->kept = &ignored;
		read(r, kept->len == 0 ? "" : kept->data);
		why = judge(r, r->want_from, r->want_to);
		buf_free(&ignored);
	}
	return why;
}

/* Can such a file show who has a prefix?  Those of IPv4, and of sessions, speak of one address at a time. */
static int
has_prefixes(const struct binding *b)
{
	return b->kind == BINDING_PLAN ||
	       (b->address.family == 6 && (b->kind == BINDING_ISC || b->kind == BINDING_KEA));
}

const char *
proof_judge(const struct binding *b, const struct order *o, const struct buf *text, struct buf *kept)
{
	static void (*const readers[])(struct reading *, const char *) = {[BINDING_ISC] = proof_read_isc,
	    [BINDING_KEA] = proof_read_kea,
	    [BINDING_RADIUS] = proof_read_radius,
	    [BINDING_MIKROTIK] = proof_read_mikrotik};
	void (*read)(struct reading *, const char *) = readers[b->kind];
	struct reading *r;
	const char *why;

	if (b->kind != BINDING_PLAN && (text->len == 0 || memchr(text->data, '\0', text->len) != NULL))
		return "the proof is no text";
	if (!order_prefix_is_host(&b->address) && !has_prefixes(b))
		return "a proof of that kind shows single addresses and no prefix: give the part of the plan that does";
	if (b->address.family == 6 && b->kind == BINDING_ISC)
		read = proof_read_isc6;
	else if (b->address.family == 6 && b->kind == BINDING_KEA)
		read = proof_read_kea6;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return "out of memory";
	r->order = o;
	r->prefix = &b->address;
	r->kept = kept;
	/* Their times are whole seconds. */
	r->want_from = b->from / STAMP_SECOND;
	r->want_to = (b->until + STAMP_SECOND - 1) / STAMP_SECOND;
	binding_address_format(&b->address, r->address);
	why = b->kind == BINDING_PLAN ? judge_plan(r, &b->address, text) : judge_log(r, read, text);
	free(r);
	return why;
}
