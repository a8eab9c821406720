#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "fsio.h"
#include "text.h"

#include "keeper_internal.h"

/*
 * What the last keeper has left of where subjects are, as it is found at the start and as orders come.
 */

/* It can not be known which words were disputed: none that stands now is believed. */
static void
take_damaged(struct keeper *k, struct docket_case *c, const char *name, const char *why)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	size_t i;

	diag_errx("journal/capture/" KEEPER_KEPT "/%s: %s: nothing of it is believed", name, why);
	keeper_journal_forgotten(k, c->case_id, why);
	if (kept == NULL) {
		diag_err("%s: where its subject is", c->case_id);
		return;
	}
	memcpy(kept->case_id, c->case_id, sizeof(kept->case_id));
	memcpy(kept->order, c->order->sha256, sizeof(kept->order));
	for (i = 0; i < c->given.count; i++)
		memcpy(kept->disputed[kept->disputed_count++], c->given.at[i].sha256, DIGEST_HEX);
	keeper_kept_put(c, kept);
	free(kept);
	c->is_kept_credulous = 1;
	(void)keeper_kept_save(k, c); /* else at the next mark */
}

/* Is it one whose file could not be written while it was not here?  From now on it is as any other. */
static int
come_back(struct keeper *k, const char *case_id)
{
	uint32_t i;

	for (i = 0; i < k->left_count && strcmp(k->left[i], case_id) != 0; i++)
		;
	if (i == k->left_count)
		return 0;
	memmove(k->left[i], k->left[--k->left_count], NAMES_CASE_ROOM);
	return 1;
}

/* What is on the disk of a case that is not here is of before, and stays so. */
static void
leave(struct keeper *k, const char *case_id, const char *name)
{
	keeper_kept_note(k, name, errno);
	keeper_mark_remove(k);
	if (k->left_count == KEPT_STALE_MAX)
		k->has_stale = 1;
	else
		(void)snprintf(k->left[k->left_count++], NAMES_CASE_ROOM, "%s", case_id); /* a case ID fits */
}

/* Of a case whose order is here, once.  One that came after our start has nothing but what was disputed. */
static void
read_case(struct keeper *k, struct docket_case *c, int is_start)
{
	struct kept *kept;
	char name[KEEPER_KEPT_NAME];
	int rc = -1;

	if (c->is_kept_read || c->order == NULL)
		return;
	c->is_kept_read = 1;
	(void)keeper_kept_name(k, c->case_id, name);
	if (come_back(k, c->case_id) || (is_start && keeper_kept_is_stale(&k->mark, c->case_id))) {
		take_damaged(k, c, name, "unwritten");
		return;
	}
	kept = calloc(1, sizeof(*kept));
	if (kept != NULL)
		rc = keeper_kept_load_file(k, name, kept);
	if (rc == -1 || (rc == 1 && strcmp(kept->case_id, c->case_id) != 0)) {
		if (rc == -1 && errno != EINVAL)
			diag_err("journal/capture/" KEEPER_KEPT "/%s", name);
		take_damaged(k, c, name, "damaged");
	} else if (rc == 1) {
		keeper_kept_put(c, kept);
		if (!is_start)
			keeper_kept_forget(k, c, "order");
	}
	free(kept);
}

void
keeper_kept_find(struct keeper *k)
{
	size_t i;

	for (i = 0; k->keptfd != -1 && i < docket_count(k->docket); i++)
		read_case(k, docket_case(k->docket, i), 0);
}

/*
 * Of a case whose order is not here, or can not be opened: it may come back, and then the words that were disputed are no
 * more believed than before; where the subject was is not kept.  Of a damaged file it stays known that it was.
 */
static void
strip(struct keeper *k, const char *case_id, const char *name)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	int is_unknown = keeper_kept_is_stale(&k->mark, case_id), rc = -1, count = 0;

	if (kept != NULL && !is_unknown) {
		rc = keeper_kept_load_file(k, name, kept);
		is_unknown = rc == -1 && errno == EINVAL;
	}
	if (rc == 1) {
		count = kept->count > 0;
		kept->count = 0;
		rc = count ? keeper_kept_put_file(k, name, kept) : 0;
	} else if (is_unknown)
		rc = keeper_kept_empty_file(k, name);
	if (rc == -1)
		leave(k, case_id, name);
	if (count)
		keeper_journal_forgotten(k, case_id, "order");
	free(kept);
}

/* What is left of a write of ours that was killed? */
static int
is_left_over(const struct keeper *k, const char *name)
{
	char suffix[NAMES_IAP_ROOM + 16], mark[NAMES_IAP_ROOM + 16];

	(void)snprintf(suffix, sizeof(suffix), ".%s.json.tmp", k->iap->name); /* both have room */
	(void)snprintf(mark, sizeof(mark), ".%s.mark.tmp", k->iap->name);
	return name[0] == '.' && (text_ends_with(name, suffix) || strcmp(name, mark) == 0);
}

/* CASE.IAP.json of this access point; others' files are theirs. */
static int
look(void *cookie, const char *name)
{
	struct keeper *k = cookie;
	struct docket_case *c;
	char case_id[NAMES_CASE_ROOM], suffix[NAMES_IAP_ROOM + 16];
	size_t n = strlen(name), s;

	if (is_left_over(k, name)) {
		if (fsio_remove(k->keptfd, name) == -1)
			keeper_kept_note(k, name, errno);
		return 0;
	}
	s = (size_t)snprintf(suffix, sizeof(suffix), ".%s.json", k->iap->name); /* has room */
	if (n <= s || !text_ends_with(name, suffix) || n - s >= sizeof(case_id))
		return 0;
	memcpy(case_id, name, n - s);
	case_id[n - s] = '\0';
	if (!names_is_case(case_id))
		return 0;
	c = docket_find(k->docket, case_id);
	/* One that the mark names had its turn. */
	if ((c == NULL || c->order == NULL) && !keeper_kept_is_stale(&k->mark, case_id))
		strip(k, case_id, name);
	return 0;
}

/* There may be no file of theirs at all. */
static void
strip_stale(struct keeper *k)
{
	const struct docket_case *c;
	char name[KEEPER_KEPT_NAME];
	uint32_t i;

	for (i = 0; i < k->mark.stale_count; i++) {
		c = docket_find(k->docket, k->mark.stale[i]);
		if (c == NULL || c->order == NULL)
			strip(k, k->mark.stale[i], keeper_kept_name(k, k->mark.stale[i], name));
	}
}

void
keeper_kept_load(struct keeper *k)
{
	size_t i;

	if (keeper_is_file(k))
		return;
	k->keptfd = fsio_mkdirs(k->journalfd, KEEPER_KEPT, 0700);
	if (k->keptfd == -1) {
		diag_err("journal/capture/" KEEPER_KEPT ": where subjects are is not kept over a restart");
		return;
	}
	keeper_mark_load(k);
	strip_stale(k);
	if (fsio_list(k->keptfd, look, k) == -1) {
		diag_err("journal/capture/" KEEPER_KEPT);
		k->has_stale = 1;
	}
	for (i = 0; i < docket_count(k->docket); i++)
		read_case(k, docket_case(k->docket, i), 1);
}
