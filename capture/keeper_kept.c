#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "text.h"

#include "keeper_internal.h"

#define SAVE_AGAIN STAMP_SECOND
#define NAME_ROOM (NAMES_CASE_ROOM + NAMES_IAP_ROOM + 8)

static const char *
file_name(const struct keeper *k, const char *case_id, char out[NAME_ROOM])
{
	(void)snprintf(out, NAME_ROOM, "%s.%s.json", case_id, k->iap->name); /* has room for both */
	return out;
}

void
keeper_kept_note(struct keeper *k, const char *name, int error)
{
	if (error != 0 && error != k->kept_error) {
		errno = error;
		diag_err("journal/capture/" KEEPER_KEPT "/%s", name);
	}
	k->kept_error = error;
}

/* The file as it is to be; nothing kept: none.  Return 0, or -1 with errno set. */
static int
put_file(const struct keeper *k, const char *name, const struct kept *kept)
{
	struct buf text = BUF_INIT;
	int rc = -1;

	if (kept == NULL || (kept->count == 0 && !kept_is_lasting(kept)))
		return fsio_remove(k->keptfd, name);
	if (kept_write(kept, k->iap->name, &text) == 0)
		rc = fsio_replace(k->keptfd, name, text.data, text.len, 0600);
	buf_free(&text);
	return rc;
}

/*
 * As long as what is on the disk is not of now, no mark says that it is.  The old file stays: which words were disputed
 * stands in it.
 */
static int
save(struct keeper *k, struct docket_case *c)
{
	char name[NAME_ROOM];

	if (k->keptfd == -1)
		return 0;
	c->is_kept_dirty = put_file(k, file_name(k, c->case_id, name), c->kept) == -1;
	c->kept_saved = k->reading.boottime;
	if (!c->is_kept_dirty)
		return 0;
	keeper_kept_note(k, name, errno);
	keeper_mark_remove(k);
	return -1;
}

/* The mark does not stand for that case.  Return 0, or -1 if it has no room for one more. */
static int
add_stale(struct kept_mark *m, const char *case_id)
{
	if (m->stale_count == KEPT_STALE_MAX)
		return -1;
	(void)snprintf(m->stale[m->stale_count++], NAMES_CASE_ROOM, "%s", case_id); /* a case ID fits */
	return 0;
}

static int
is_stale(const struct kept_mark *m, const char *case_id)
{
	uint32_t i;

	for (i = 0; i < m->stale_count && strcmp(m->stale[i], case_id) != 0; i++)
		;
	return i < m->stale_count;
}

int
keeper_kept_write(struct keeper *k)
{
	struct docket_case *c;
	size_t i;
	int rc = k->has_stale ? -1 : 0;

	k->kept_written = k->reading.boottime;
	for (i = 0, k->mark.stale_count = 0; i < k->left_count; i++)
		(void)add_stale(&k->mark, k->left[i]); /* as many fit in both */
	for (i = 0; i < docket_count(k->docket); i++) {
		c = docket_case(k->docket, i);
		if (c->is_kept_dirty && save(k, c) == -1 && add_stale(&k->mark, c->case_id) == -1)
			rc = -1;
	}
	return rc;
}

/* Keep a copy; what has nothing in it is not kept. */
static void
put(struct docket_case *c, const struct kept *from)
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
	(void)save(k, c); /* else at the next mark */
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
	put(c, kept);
	free(kept);
	(void)save(k, c); /* else at the next mark */
}

/* Return 1 with what the file holds; 0 if there is none; or -1: it can not be read (errno), or is damaged (EINVAL). */
static int
load(const struct keeper *k, const char *name, struct kept *kept)
{
	struct buf text = BUF_INIT;
	int rc = 1;

	if (fsio_load(k->keptfd, name, KEPT_FILE_BYTES, &text) == -1)
		rc = errno == ENOENT ? 0 : -1;
	else if (kept_parse(text.data == NULL ? "" : text.data, text.len, k->iap->name, kept) == -1)
		rc = -1;
	buf_free(&text);
	return rc;
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
	char name[NAME_ROOM];
	int rc = -1;

	if (c->is_kept_read || c->order == NULL)
		return;
	c->is_kept_read = 1;
	(void)file_name(k, c->case_id, name);
	if (come_back(k, c->case_id) || (is_start && is_stale(&k->mark, c->case_id))) {
		take_damaged(k, c, name, "unwritten");
		return;
	}
	kept = calloc(1, sizeof(*kept));
	if (kept != NULL)
		rc = load(k, name, kept);
	if (rc == -1 || (rc == 1 && strcmp(kept->case_id, c->case_id) != 0)) {
		if (rc == -1 && errno != EINVAL)
			diag_err("journal/capture/" KEEPER_KEPT "/%s", name);
		take_damaged(k, c, name, "damaged");
	} else if (rc == 1) {
		put(c, kept);
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
	int is_unknown = is_stale(&k->mark, case_id), rc = -1, count = 0;

	if (kept != NULL && !is_unknown) {
		rc = load(k, name, kept);
		is_unknown = rc == -1 && errno == EINVAL;
	}
	if (rc == 1) {
		count = kept->count > 0;
		kept->count = 0;
		rc = count ? put_file(k, name, kept) : 0;
	} else if (is_unknown)
		rc = fsio_replace(k->keptfd, name, "", 0, 0600);
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
	if ((c == NULL || c->order == NULL) && !is_stale(&k->mark, case_id))
		strip(k, case_id, name);
	return 0;
}

/* There may be no file of theirs at all. */
static void
strip_stale(struct keeper *k)
{
	const struct docket_case *c;
	char name[NAME_ROOM];
	uint32_t i;

	for (i = 0; i < k->mark.stale_count; i++) {
		c = docket_find(k->docket, k->mark.stale[i]);
		if (c == NULL || c->order == NULL)
			strip(k, k->mark.stale[i], file_name(k, k->mark.stale[i], name));
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

/* Is all that was known of that one known still, for as long at least?  When a host was heard last bounds nothing. */
static int
goes_on(const struct kept_binding *was, const struct kept *now)
{
	const struct kept_binding *b;
	uint32_t i;

	for (i = 0; i < now->count; i++) {
		b = &now->at[i];
		if (strcmp(b->method, was->method) == 0 &&
		    memcmp(&b->address, &was->address, sizeof(b->address)) == 0 && b->until >= was->until &&
		    b->hardware_length == was->hardware_length &&
		    memcmp(b->hardware, was->hardware, sizeof(b->hardware)) == 0 && b->has_link == was->has_link &&
		    b->more_length == was->more_length &&
		    (strcmp(b->method, "slaac") == 0 || memcmp(b->more, was->more, b->more_length) == 0))
			return 1;
	}
	return 0;
}

/* Does what is on the disk say too much by now? */
static int
is_less(const struct kept *was, const struct kept *now)
{
	uint32_t i;

	for (i = 0; was != NULL && i < was->count; i++) {
		if (!goes_on(&was->at[i], now))
			return 1;
	}
	return 0;
}

static int
has_new_dispute(const struct kept *was, const struct kept *now)
{
	uint32_t i, n;

	for (i = 0; i < now->disputed_count; i++) {
		for (n = 0; was != NULL && n < was->disputed_count; n++) {
			if (strcmp(was->disputed[n], now->disputed[i]) == 0)
				break;
		}
		if (was == NULL || n == was->disputed_count)
			return 1;
	}
	return 0;
}

static int
has_new_over(const struct kept *was, const struct kept *now)
{
	const struct kept_over *o;
	uint32_t i, n;

	for (i = 0; i < now->over_count; i++) {
		o = &now->over[i];
		for (n = 0; was != NULL && n < was->over_count; n++) {
			if (strcmp(was->over[n].session, o->session) == 0 && was->over[n].before >= o->before &&
			    was->over[n].until >= o->until)
				break;
		}
		if (was == NULL || n == was->over_count)
			return 1;
	}
	return 0;
}

/*
 * What goes on waits for the next mark: a client may have its lease renewed as often as it likes.  What is less is brought
 * to the disk at once or, where that was just done, takes the mark away; and what was disputed or is over has no other place.
 */
static void
take(struct keeper *k, struct docket_case *c, const struct kept *kept)
{
	int less = is_less(c->kept, kept), is_lasting = has_new_dispute(c->kept, kept) || has_new_over(c->kept, kept);

	put(c, kept);
	c->is_kept_dirty = 1;
	if (is_lasting || (less && k->reading.boottime - c->kept_saved >= SAVE_AGAIN))
		(void)save(k, c); /* else at the next mark */
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
