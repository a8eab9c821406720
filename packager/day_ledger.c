#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "collect.h"
#include "custody.h"
#include "cutlog.h"
#include "fsio.h"

#include "day_ledger.h"

#define LEDGER_MAX_BYTES ((size_t)LEDGER_ROWS_MAX * 512)

static int
failed(const struct closing *c, const char *what)
{
	return stream_day_failed(c->s, c->day, what);
}

static int
hash_file(int dirfd, const char *name, char hex[DIGEST_HEX])
{
	int fd = fsio_open_regular(dirfd, name, O_RDONLY), rc;

	if (fd == -1)
		return -1;
	rc = digest_fd(fd, hex, NULL);
	(void)close(fd); /* only read from */
	return rc;
}

static int
add_row(void *cookie, const struct sealed_row *row)
{
	struct closing *c = cookie;
	struct ledger *l = &c->ledger;

	memcpy(l->head_seal, row->row.seal_id, sizeof(l->head_seal));
	memcpy(l->order_sha256, row->order_sha256, sizeof(l->order_sha256));
	if (ledger_add(l, &row->row) == 0)
		return 0;
	(void)failed(c, "ledger");
	return 1;
}

struct siblings {
	struct closing *c;
	const char *path;
};

static int
add_sibling(void *cookie, const char *iap)
{
	const struct siblings *s = cookie;
	struct ledger *l = &s->c->ledger;
	char path[NAMES_CASE_ROOM + 2 * NAMES_IAP_ROOM + 32];

	if (!names_is_iap(iap) || strcmp(iap, l->iap) == 0 || l->sibling_count == LEDGER_SIBLINGS_MAX)
		return 0;
	(void)snprintf(path, sizeof(path), "%s/%s/state", s->path, iap); /* has room */
	if (faccessat(s->c->s->p->statefd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return ledger_add_sibling(l, iap);
	return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
}

/* What other access points of this station capture of the case: each has its state in the spool for ever. */
static int
put_siblings(struct closing *c)
{
	char path[NAMES_CASE_ROOM + 16];
	const struct siblings s = {c, path};
	int fd, rc;

	(void)snprintf(path, sizeof(path), "spool/%s", c->s->case_id); /* has room */
	fd = fsio_opendirat(c->s->p->statefd, path);
	if (fd == -1)
		return errno == ENOENT ? 0 : failed(c, path);
	rc = fsio_list(fd, add_sibling, (void *)(uintptr_t)&s);
	(void)close(fd); /* a folder */
	return rc == 0 ? 0 : failed(c, path);
}

/* What the ledger says, but for the keyring and the custody log. */
static int
fill_ledger(struct closing *c, int final)
{
	const struct sealed *sealed = &c->s->sealed;
	const struct spool_end *end = spool_end(c->s->spool);
	struct ledger *l = &c->ledger;

	memcpy(l->case_id, c->s->case_id, sizeof(l->case_id));
	memcpy(l->iap, c->s->iap, sizeof(l->iap));
	l->day = c->day;
	memcpy(l->prev, sealed->ledger_sha256, sizeof(l->prev));
	memcpy(l->head_seal, sealed->ledger_seal, sizeof(l->head_seal));
	memcpy(l->order_sha256, sealed->ledger_order, sizeof(l->order_sha256));
	if (final) {
		l->final = 1;
		l->final_revision = end->revision;
		memcpy(l->final_reason, end->reason, sizeof(l->final_reason));
	}
	return sealed_each_row(sealed, c->s->recordsfd, c->day, add_row, c) == 0 ? 0 : -1;
}

/* A day's head is signed: the whole chain that it stands for is checked, once a day. */
static int
find_custody_head(struct closing *c)
{
	const struct custody_known *before = cutlog_of(c->s->p, c->s->case_id);
	const struct custody_begun *begun;
	struct ledger *l = &c->ledger;
	struct custody *custody;

	if (before != NULL) {
		memcpy(l->custody_head, before->head, sizeof(l->custody_head));
		return 0;
	}
	custody = custody_open(c->s->casefd, 0);
	if (custody == NULL) {
		packager_fail(c->s->p, packager_status(errno));
		return -1;
	}
	memcpy(l->custody_head, custody_head(custody), sizeof(l->custody_head));
	begun = custody_begun(custody);
	if (begun != NULL) {
		l->lost_lines = begun->lines;
		memcpy(l->lost_head, begun->head, sizeof(l->lost_head));
		memcpy(l->lost_request, begun->request, sizeof(l->lost_request));
	}
	custody_close(custody);
	return 0;
}

int
day_ledger_publish(struct closing *c, int final)
{
	struct buf text = BUF_INIT;
	int rc = -1;

	if (fill_ledger(c, final) == -1 || put_siblings(c) == -1)
		return -1;
	/* What was sealed on that day should be in the log whose head the ledger names. */
	custody_close(c->s->custody);
	c->s->custody = NULL;
	collect_run(c->s->p);
	if (find_custody_head(c) == -1)
		return -1;
	if (hash_file(c->fd, DAY_KEYRING, c->ledger.keyring_sha256) == -1 || ledger_write(&c->ledger, &text) == -1 ||
	    digest_hex_of(text.data, text.len, c->sha256) == -1 ||
	    fsio_put(c->fd, c->name, text.data, text.len, PACKAGER_MODE_FILE) == -1)
		(void)failed(c, c->name);
	else
		rc = 0;
	buf_free(&text);
	return rc;
}

int
day_ledger_load(struct closing *c)
{
	struct buf text = BUF_INIT;
	int rc = -1;

	if (fsio_load(c->fd, c->name, LEDGER_MAX_BYTES, &text) == -1) {
		if (errno == ENOENT)
			rc = 0;
		else
			(void)failed(c, c->name);
	} else if (ledger_parse(text.data, text.len, &c->ledger, NULL) == -1 ||
		   digest_hex_of(text.data, text.len, c->sha256) == -1) {
		(void)failed(c, c->name);
	} else {
		rc = 1;
		c->is_resumed = 1;
	}
	buf_free(&text);
	return rc;
}
