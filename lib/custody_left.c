#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fsio.h"

#include "custody_internal.h"

struct looking {
	const struct custody_known *known;
	struct custody_left *left;
};

/* A line tells the hash of the one before. */
static int
on_line(void *cookie, uint64_t n, const struct json *line)
{
	const struct looking *l = cookie;
	const char *prev = json_get_string(line, "prev");
	stamp_t at;

	if (n == l->known->lines + 1 && prev != NULL)
		l->left->is_known = strcmp(prev, l->known->head) == 0;
	if (json_get_stamp(json_get_object(line, "entry"), "time", &at) == 0)
		l->left->until = at;
	return 0;
}

/* Take up the log as far as its chain holds.  NULL with errno set (ENOENT). */
static struct custody *
take_up(int dirfd)
{
	struct custody *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	memcpy(c->head, CUSTODY_NONE, sizeof(c->head));
	c->dirfd = -1;
	c->fd = fsio_open_regular(dirfd, CUSTODY_FILE, O_RDONLY);
	if (c->fd == -1 || (custody_read_to(c, INT64_MAX) == -1 && errno != EBADMSG)) {
		custody_close(c); /* which keeps errno */
		return NULL;
	}
	return c;
}

int
custody_rest(int dirfd, struct custody_known *known)
{
	struct custody *c = take_up(dirfd);

	if (c == NULL)
		return -1;
	*known = (struct custody_known){.head = CUSTODY_NONE};
	if (c->end > 0) {
		known->lines = c->lines;
		memcpy(known->head, c->head, sizeof(known->head));
	}
	custody_close(c);
	return 0;
}

int
custody_keep_known(const struct custody_case *of, const struct custody_known *known)
{
	struct custody_known told;
	struct custody *c;
	int rc = custody_known(of, &told);

	if (rc == -1 || told.lines > 0)
		return rc;
	c = take_up(of->dirfd);
	if (c == NULL)
		return errno == ENOENT ? 0 : -1;
	if (c->end > 0 && c->lines == known->lines && strcmp(c->head, known->head) == 0) {
		c->dirfd = of->dirfd;
		rc = custody_remember(c);
		c->dirfd = -1;
	}
	custody_close(c);
	return rc;
}

int
custody_each_left(int dirfd, int (*each)(void *, uint64_t, const struct json *), void *cookie)
{
	struct custody *c = take_up(dirfd);
	int rc;

	if (c == NULL)
		return errno == ENOENT ? 0 : -1;
	rc = custody_each(c, each, cookie);
	custody_close(c);
	return rc;
}

int
custody_left(int dirfd, const struct custody_known *known, struct custody_left *left)
{
	struct looking l = {known, left};
	struct custody *c = take_up(dirfd);
	int rc = -1;

	*left = (struct custody_left){.until = STAMP_NONE};
	if (c == NULL)
		return errno == ENOENT ? 0 : -1;
	rc = custody_each(c, on_line, &l);
	if (c->end > 0)
		left->lines = c->lines;
	if (c->end > 0 && c->lines == known->lines)
		left->is_known = strcmp(c->head, known->head) == 0;
	custody_close(c);
	return rc;
}
