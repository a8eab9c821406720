#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "outbox.h"
#include "stop.h"

#include "acks.h"
#include "stamps.h"
#include "stream_internal.h"

#define SEAL "SHA256SUMS.minisig"
#define ARCHIVE ".day.tar.minisig"

/* Hand over what the receipts folder keeps for a day, under its plain name. */
static int
send_kept(struct stream *s, const struct day *d, const char *name)
{
	char kept[STAMPS_NAME_ROOM], path[STREAM_SCOPE_ROOM];
	struct day_file file = {.fd = -1};
	struct stat st;
	int rc = -1;

	if (stream_is_held(s, d, name))
		return 0;
	file.fd = fsio_open_regular(receipts_dirfd(s->receipts), stamps_name(kept, day_text(d), name), O_RDONLY);
	if (file.fd == -1 || digest_fd(file.fd, file.sha256, &file.bytes) == -1 ||
	    lseek(file.fd, 0, SEEK_SET) == -1 || fstat(file.fd, &st) == -1) {
		stream_scope(s, d, name, path);
		diag_err("%s", path);
		goto out;
	}
	file.sealed = st.st_mtim.tv_sec * STAMP_SECOND + st.st_mtim.tv_nsec;
	rc = stream_send(s, d, name, &file);
out:
	if (file.fd != -1)
		(void)close(file.fd); /* was only read */
	return rc;
}

/* Is there a token that has still to go to this destination?  1, 0, or -1. */
static int
token_is_due(struct stream *s, stamp_t day, const char *text)
{
	char kept[STAMPS_NAME_ROOM];
	int has;

	if (faccessat(
		receipts_dirfd(s->receipts), stamps_name(kept, text, STAMPS_TOKEN), F_OK, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	has = receipts_has(s->receipts, STAMPS_TOKEN, day);
	return has == -1 ? -1 : !has;
}

static int
send_token(struct stream *s, const struct day *d)
{
	int has = receipts_has(s->receipts, STAMPS_CA, day_stamp(d));
	char kept[STAMPS_NAME_ROOM];

	if (has == 0 && send_kept(s, d, STAMPS_CA) == -1)
		return -1;
	/* Of a token from before requests were kept there is none. */
	if (has != -1 && !stream_is_over(s) &&
	    faccessat(receipts_dirfd(s->receipts), stamps_name(kept, day_text(d), STAMPS_REQUEST), F_OK,
		AT_SYMLINK_NOFOLLOW) == 0) {
		has = receipts_has(s->receipts, STAMPS_REQUEST, day_stamp(d));
		if (has == 0 && send_kept(s, d, STAMPS_REQUEST) == -1)
			return -1;
	}
	return has == -1 || stream_is_over(s) ? has : send_kept(s, d, STAMPS_TOKEN);
}

/* Is the day complete at the destination, by its own seal or as one file?  1, 0, or -1. */
static int
is_there(struct stream *s, stamp_t day)
{
	char name[NAMES_FILE_ROOM];
	int has = receipts_has(s->receipts, SEAL, day);

	return has != 0 ? has
			: receipts_has(s->receipts, names_day_file(name, s->case_id, s->iap, day, ARCHIVE), day);
}

static int
on_day(void *cookie, stamp_t stamp)
{
	struct stream *s = cookie;
	char text[STAMP_DAY_TEXT];
	int token, ack, rc = 0;
	struct day *d;

	if (stream_is_over(s) || stop_requested())
		return 0;
	stamp_day_format(text, stamp);
	rc = is_there(s, stamp);
	if (rc != 1)
		return rc == -1;
	token = token_is_due(s, stamp, text);
	ack = acks_is_due(s, text);
	if (token == -1 || ack == -1)
		return 1;
	if (!token && !ack)
		return 0;
	d = day_open(s->dirfd, s->case_id, s->iap, stamp, s->v->session->keyring);
	if (d == NULL)
		return 1;
	rc = token ? send_token(s, d) : 0;
	if (rc == 0 && ack && !stream_is_over(s))
		rc = acks_collect(s, d);
	day_close(d);
	return rc == -1;
}

int
stream_after(struct visit *v, const char *case_id, const char *iap)
{
	struct stream_end end = {0};
	struct stream s = {
	    .v = v, .case_id = case_id, .iap = iap, .dirfd = -1, .keep_days = v->keep_days, .end = &end};
	char path[STREAM_SCOPE_ROOM];
	int rc = -1;

	if (blocked_find(v->blocked, case_id) != NULL)
		return 0;
	(void)snprintf(path, sizeof path, "outbox/%s/%s", case_id, iap);
	s.dirfd = fsio_opendirat(v->session->statefd, path);
	s.receipts = receipts_open(v->session->statefd, case_id, iap, v->conf->name);
	if (s.dirfd == -1)
		diag_err("%s", path);
	else if (s.receipts != NULL)
		rc = outbox_each_day(s.dirfd, on_day, &s);
	if (rc == -1 && s.dirfd != -1 && s.receipts != NULL)
		diag_err("%s", path);
	receipts_close(s.receipts);
	if (s.dirfd != -1)
		(void)close(s.dirfd); /* a folder */
	return rc == 0 ? 0 : -1;
}
