#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "fsio.h"
#include "json.h"
#include "signedhead.h"

#include "custody_internal.h"

#define STREAM_FILE "stream.json" /* of the packager */
#define STREAM_MAX_BYTES ((size_t)4 * 1024 * 1024)
#define STREAM_DEPTH 8

struct search {
	const struct custody_case *c;
	struct custody_known *known;
};

int
custody_is_none(int error)
{
	return error == ENOENT || error == EBADMSG || error == ELOOP || error == EFBIG;
}

static void
raise_to(struct search *s, uint64_t lines, const char *head)
{
	if (lines <= s->known->lines)
		return;
	s->known->lines = lines;
	memcpy(s->known->head, head, sizeof(s->known->head));
}

/* What the state of a stream tells of the log; other folders have none. */
static int
take_stream(struct search *s, const char *name)
{
	char head[DIGEST_HEX];
	struct buf text = BUF_INIT;
	struct json *j = NULL;
	uint64_t lines;
	int fd = fsio_opendirat(s->c->dirfd, name), rc = 0;

	if (fd == -1)
		return errno == ENOTDIR || errno == ENOENT || errno == ELOOP ? 0 : -1;
	if (fsio_load(fd, STREAM_FILE, STREAM_MAX_BYTES, &text) == -1)
		rc = custody_is_none(errno) ? 0 : -1;
	else if ((j = json_parse(text.data == NULL ? "" : text.data, text.len, STREAM_DEPTH)) == NULL &&
		 errno == ENOMEM)
		rc = -1;
	if (j != NULL && json_get_u64(j, "custody_lines", &lines) == 0 && json_get_hash(j, "custody_head", head) == 0)
		raise_to(s, lines, head);
	json_free(j);
	buf_free(&text);
	(void)close(fd); /* a folder */
	return rc;
}

/* What was signed of the log once its case had ended.  What nobody signed makes no whole log a cut one. */
static int
take_head(struct search *s, const char *name)
{
	struct signedhead h;
	const char *why;
	int rc = signedhead_load(s->c->dirfd, name, s->c->case_id, s->c->keyring, &h, &why);

	if (rc == 1)
		raise_to(s, h.lines, h.head);
	return rc == -1 && errno != ENOENT ? -1 : 0;
}

static int
on_name(void *cookie, const char *name)
{
	return signedhead_is_name(name) ? take_head(cookie, name) : take_stream(cookie, name);
}

int
custody_told(const struct custody_case *c, struct custody_known *known)
{
	struct search s = {c, known};

	return fsio_list(c->dirfd, on_name, &s);
}

int
custody_is_told(int dirfd, const char *iap)
{
	struct custody_known known = {.lines = 0};
	const struct custody_case c = {.dirfd = dirfd};
	struct search s = {&c, &known};

	return take_stream(&s, iap) == -1 ? -1 : known.lines > 0;
}
