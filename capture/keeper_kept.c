#include <stdlib.h>
#include <string.h>

#include "diag.h"

#include "keeper_internal.h"

/*
 * What readers tell of where subjects are, and what the next one is sent of it.
 */
#define SAVE_AGAIN STAMP_SECOND

void
keeper_kept_put(struct docket_case *c, const struct kept *from)
{
	struct kept *copy = NULL;

	if (from->count > 0 || kept_is_lasting(from)) {
		copy = malloc(kept_size(from));
		if (copy == NULL) {
			diag_err("%s: where its subject is", c->case_id);
			if (c->kept != NULL)
				c->kept->count = 0; /* what was disputed or over stays so */
			return;
		}
		memcpy(copy, from, kept_size(from));
	}
	free(c->kept);
	c->kept = copy;
}

void
keeper_kept_forget(struct keeper *k, struct docket_case *c, const char *why)
{
	if (c->kept == NULL || c->kept->count == 0)
		return;
	c->kept->count = 0; /* what was disputed or over stays so */
	if (!kept_is_lasting(c->kept)) {
		free(c->kept);
		c->kept = NULL;
	}
	(void)keeper_kept_save(k, c); /* else at the next mark */
	keeper_journal_forgotten(k, c->case_id, why);
}

void
keeper_kept_forget_all(struct keeper *k, const char *why)
{
	size_t i;

	for (i = 0; i < docket_count(k->docket); i++)
		keeper_kept_forget(k, docket_case(k->docket, i), why);
	if (k->keptfd != -1)
		(void)keeper_kept_write(k); /* else at the next mark */
}

void
keeper_kept_outlived(struct keeper *k)
{
	struct docket_case *c;
	size_t i;

	for (i = 0; i < docket_count(k->docket); i++) {
		c = docket_case(k->docket, i);
		if (c->duty != DUTY_IN_FORCE)
			keeper_kept_forget(k, c, "order");
	}
}

int
keeper_kept_send(struct keeper *k, struct docket_case *c)
{
	struct message_keep *m;
	int rc;

	if (c->kept == NULL)
		return 0;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return -1;
	m->mark = k->mark;
	m->within = (stamp_t)k->iap->resume_within * STAMP_SECOND;
	memcpy(&m->kept, c->kept, kept_size(c->kept));
	rc = channel_send(k->child.ch, CHANNEL_KEEP, m, offsetof(struct message_keep, kept) + kept_size(c->kept));
	free(m);
	return rc;
}

/*
 * What goes on waits for the next mark: a client may have its lease renewed as often as it likes.  What is less is brought
 * to the disk at once or, where that was just done, takes the mark away; what was disputed or is over has no other place.
 */
static void
take(struct keeper *k, struct docket_case *c, const struct kept *kept)
{
	int less = kept_is_less(c->kept, kept), is_lasting = kept_has_new_doubt(c->kept, kept);

	keeper_kept_put(c, kept);
	c->is_kept_dirty = 1;
	c->is_kept_credulous |= is_lasting;
	if (is_lasting || (less && k->reading.boottime - c->kept_saved >= SAVE_AGAIN))
		(void)keeper_kept_save(k, c); /* else at the next mark */
	else if (less)
		keeper_mark_remove(k);
}

int
keeper_kept_take(struct keeper *k, const void *data, size_t n)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	struct docket_case *c;
	int rc = -1;

	if (kept == NULL) {
		/* As what can not be written. */
		diag_err("where subjects are");
		keeper_kept_forget_all(k, "unwritten");
		return 0;
	}
	memcpy(kept, data, n);
	if (!kept_is_good(kept, n))
		goto out;
	rc = 0;
	c = docket_find(k->docket, kept->case_id);
	/* The reader may not have heard yet that the order has ended, or is another. */
	if (c == NULL || c->duty != DUTY_IN_FORCE || !c->sent || strcmp(c->order->sha256, kept->order) != 0)
		goto out;
	if (k->iap->resume_within == 0)
		kept->count = 0;
	c->is_kept_told = 1;
	if (c->kept != NULL || kept->count > 0 || kept_is_lasting(kept))
		take(k, c, kept);
out:
	free(kept);
	return rc;
}
