#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proof_internal.h"

/*
 * What is read of a proof: who had the address from when to when.
 */

int
proof_is_mac(const struct order *o, const char *text)
{
	return proof_is_own_mac(o, text, strlen(text));
}

/* Keep the entry at hand, once, if it is the subject's and tells of the time. */
static void
keep(struct reading *r, int64_t from, int64_t to, int is_subject)
{
	if (!is_subject || from > r->want_to || to < r->want_from || r->entry == NULL)
		return;
	(void)buf_put(r->kept, r->entry, (size_t)(r->entry_end - r->entry)); /* the buffer remembers */
	r->entry = NULL;
}

/* Is it of the lease of which the entry at hand is?  That other addresses are given up says nothing of its own. */
static int
is_of_lease(const struct reading *r, const struct span *s, int is_subject)
{
	return s->is_subject == is_subject && strcmp(s->session, r->lease) == 0;
}

/* A later word about what began at the same time takes the place of the earlier one. */
void
proof_add(struct reading *r, int64_t from, int64_t to, int is_subject)
{
	struct span *s;
	size_t i;

	keep(r, from, to, is_subject);
	for (i = 0; i < r->count; i++) {
		if (r->spans[i].from == from && is_of_lease(r, &r->spans[i], is_subject)) {
			r->spans[i].to = to;
			return;
		}
	}
	if (r->count == SPANS_MAX) {
		r->is_full = 1;
		return;
	}
	s = &r->spans[r->count++];
	*s = (struct span){.from = from, .to = to, .is_subject = is_subject};
	memcpy(s->session, r->lease, sizeof(s->session));
}

/* What the owner had before ends no later than a later word of it says: it was given up. */
void
proof_cut(struct reading *r, int64_t from, int64_t to, int is_subject)
{
	size_t i;

	keep(r, from, to, is_subject);
	for (i = 0; i < r->count; i++) {
		if (is_of_lease(r, &r->spans[i], is_subject) && r->spans[i].from <= from && r->spans[i].to > to)
			r->spans[i].to = to;
	}
}

/* The value behind "KEY " on a line of its own in a block, up to a ';'. */
const char *
proof_value(const char *block, const char *end, const char *key, char out[128])
{
	size_t n = strlen(key);
	const char *p = block, *stop;

	for (; p != NULL && p < end; p = memchr(p, '\n', (size_t)(end - p)), p = p == NULL ? NULL : p + 1) {
		p += strspn(p, " \t");
		if ((size_t)(end - p) <= n || strncmp(p, key, n) != 0)
			continue;
		p += n;
		stop = p + strcspn(p, ";\r\n");
		(void)snprintf(out, 128, "%.*s", (int)(stop - p), p); /* a longer one is none of ours */
		return out;
	}
	return NULL;
}
