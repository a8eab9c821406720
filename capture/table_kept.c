#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

#include "table_internal.h"

/*
 * What is known of where subjects are goes to the keeper, and comes back with the next reader.  Nobody but the reader knows
 * when that one began to see: it judges whether what was known still counts.
 */
#define TELL_AGAIN (10 * STAMP_SECOND)

int
table_keep(struct table *t, const void *data, size_t n)
{
	const size_t head = offsetof(struct message_keep, kept);
	struct message_keep *m = calloc(1, sizeof(*m));
	struct entry *e = NULL;

	if (m == NULL)
		goto fail;
	memcpy(m, data, n);
	if (n >= head && kept_is_good(&m->kept, n - head))
		e = table_entries_find(&t->incoming, m->kept.case_id);
	if (e == NULL || e->kept != NULL) {
		errno = EINVAL;
		goto fail;
	}
	e->kept = m;
	return 0;
fail:
	diag_err("table of orders");
	free(m);
	return -1;
}

void
table_kept_tell(struct table *t, struct entry *e, stamp_t now)
{
	struct kept *k = t->kept;
	char sha256[DIGEST_HEX] = "";

	if (t->tell_kept == NULL || e->follow == NULL)
		return;
	memset(k, 0, sizeof(*k));
	(void)snprintf(k->case_id, sizeof(k->case_id), "%s", e->order->case_id); /* the rooms are the same */
	memcpy(k->order, e->order->sha256, sizeof(k->order));
	follow_keep(e->follow, k);
	e->kept_told = now;
	if (digest_hex_of(k, kept_size(k), sha256) == 0 && strcmp(sha256, e->kept_sha256) == 0)
		return;
	/* Until it is told, what is on the disk is of before. */
	e->is_kept_untold = t->tell_kept(t->cookie, k) == -1;
	if (!e->is_kept_untold)
		memcpy(e->kept_sha256, sha256, sizeof(e->kept_sha256));
}

int
table_kept_is_told(const struct table *t)
{
	size_t i;

	for (i = 0; i < t->now.count; i++) {
		if (t->now.at[i]->follow != NULL && t->now.at[i]->is_kept_untold)
			return 0;
	}
	return 1;
}

stamp_t
table_kept_since(const struct table *t)
{
	return t->kept_since;
}

void
table_kept_tick(struct table *t, struct entry *e, stamp_t now)
{
	if (e->is_kept_untold || now - e->kept_told >= TELL_AGAIN)
		table_kept_tell(t, e, now);
}

static void
tell_forgotten(struct table *t, const struct entry *e, const char *why)
{
	struct message_event m;

	memset(&m, 0, sizeof(m));
	m.kind = MESSAGE_FORGOTTEN;
	(void)snprintf(m.case_id, sizeof(m.case_id), "%s", e->order->case_id); /* the rooms are the same */
	(void)snprintf(m.text, sizeof(m.text), "%s", why);                     /* a word */
	t->event(t->cookie, &m);
}

void
table_kept_resume(struct table *t, struct entry *e, stamp_t since)
{
	const struct message_keep *m = e->kept;
	const char *why = NULL;

	if (m != NULL) {
		follow_recall(e->follow, &m->kept);
		if (strcmp(m->kept.order, e->order->sha256) != 0)
			why = "order";
		else
			why = kept_too_long(&m->mark, stamp_now(), stamp_boottime(), m->within);
		if (why == NULL && m->mark.boottime < t->kept_since)
			t->kept_since = m->mark.boottime;
		if (why == NULL && follow_resume(e->follow, &m->kept, since) > 0)
			why = "over";
		if (why != NULL && m->kept.count > 0)
			tell_forgotten(t, e, why);
		free(e->kept);
		e->kept = NULL;
	}
	/* Also that nothing is known: what is on the disk is of before. */
	e->kept_sha256[0] = '\0';
	table_kept_tell(t, e, stamp_boottime());
}
