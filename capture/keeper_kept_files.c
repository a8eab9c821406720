#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"

#include "keeper_internal.h"

/*
 * The files of where subjects are, and which of them are not of now.
 */

const char *
keeper_kept_name(const struct keeper *k, const char *case_id, char out[KEEPER_KEPT_NAME])
{
	(void)snprintf(out, KEEPER_KEPT_NAME, "%s.%s.json", case_id, k->iap->name); /* has room for both */
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

int
keeper_kept_put_file(const struct keeper *k, const char *name, const struct kept *kept)
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

int
keeper_kept_empty_file(struct keeper *k, const char *name)
{
	int fd = fsio_open_regular(k->keptfd, name, O_WRONLY | O_CREAT | O_TRUNC), rc = -1;

	if (fd == -1)
		return -1;
	if (fchmod(fd, 0600) == 0 && fsync(fd) == 0 && fsync(k->keptfd) == 0)
		rc = 0;
	return close(fd) == -1 ? -1 : rc;
}

int
keeper_kept_load_file(const struct keeper *k, const char *name, struct kept *kept)
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

int
keeper_kept_save(struct keeper *k, struct docket_case *c)
{
	char name[KEEPER_KEPT_NAME];

	if (k->keptfd == -1)
		return 0;
	c->is_kept_dirty = keeper_kept_put_file(k, keeper_kept_name(k, c->case_id, name), c->kept) == -1;
	c->kept_saved = k->reading.boottime;
	if (!c->is_kept_dirty) {
		c->is_kept_credulous = 0;
		return 0;
	}
	keeper_kept_note(k, name, errno);
	keeper_mark_remove(k);
	if (c->is_kept_credulous && keeper_kept_empty_file(k, name) == 0)
		c->is_kept_credulous = 0;
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

int
keeper_kept_is_stale(const struct kept_mark *m, const char *case_id)
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
		if (c->is_kept_dirty && keeper_kept_save(k, c) == -1 && add_stale(&k->mark, c->case_id) == -1)
			rc = -1;
	}
	return rc;
}
