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
#define NEAR (600 * STAMP_SECOND)

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

/* Write what is known of the case into ${k}: as much as kept_size() says has the same bytes if it is the same. */
static void
write_down(const struct entry *e, struct kept *k)
{
	memset(k, 0, offsetof(struct kept, at));
	(void)snprintf(k->case_id, sizeof(k->case_id), "%s", e->order->case_id); /* the rooms are the same */
	memcpy(k->order, e->order->sha256, sizeof(k->order));
	follow_keep(e->follow, k);
}

/* Remember what was told; without the memory for that the next is told whatever it is. */
static void
note_told(struct entry *e, const struct kept *k)
{
	free(e->kept_told);
	e->kept_told = malloc(kept_size(k));
	if (e->kept_told != NULL)
		memcpy(e->kept_told, k, kept_size(k));
}

void
table_kept_tell(struct table *t, struct entry *e, stamp_t now)
{
	struct kept *k = t->kept;

	if (t->tell_kept == NULL || e->follow == NULL)
		return;
	write_down(e, k);
	e->kept_looked = now;
	if (e->kept_told != NULL && kept_size(e->kept_told) == kept_size(k) &&
	    memcmp(e->kept_told, k, kept_size(k)) == 0)
		return;
	/* Until it is told, what is on the disk is of before. */
	e->is_kept_untold = t->tell_kept(t->cookie, k) == -1;
	if (!e->is_kept_untold)
		note_told(e, k);
}

void
table_kept_renewed(struct table *t, struct entry *e, stamp_t time)
{
	struct kept *k = t->kept;

	if (t->tell_kept == NULL || e->follow == NULL)
		return;
	write_down(e, k);
	if (e->is_kept_untold || e->kept_told == NULL || kept_is_less(e->kept_told, k) ||
	    kept_has_new_doubt(e->kept_told, k) || kept_first_end(e->kept_told) - time < NEAR)
		table_kept_tell(t, e, stamp_boottime());
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
	if (e->is_kept_untold || now - e->kept_looked >= TELL_AGAIN)
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
	free(e->kept_told);
	e->kept_told = NULL;
	table_kept_tell(t, e, stamp_boottime());
}
