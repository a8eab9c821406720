#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "text.h"

#include "receipts.h"

#define FOLDERS 02750
#define FILES 0440

struct receipts {
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	char destination[NAMES_DEST_ROOM];
	int dirfd;
	int knows_head;
	uint64_t head; /* number of the last receipt, 0 before the first */
	char head_sha256[DIGEST_HEX];
};

struct receipts *
receipts_open(int statefd, const char *case_id, const char *iap, const char *destination)
{
	char path[sizeof "receipts//" + NAMES_CASE_ROOM + NAMES_IAP_ROOM];
	struct receipts *r = calloc(1, sizeof *r);

	(void)snprintf(path, sizeof path, "receipts/%s/%s", case_id, iap);
	if (r == NULL || (r->dirfd = fsio_mkdirs(statefd, path, FOLDERS)) == -1) {
		diag_err("%s", path);
		free(r);
		return NULL;
	}
	(void)snprintf(r->case_id, sizeof r->case_id, "%s", case_id);
	(void)snprintf(r->iap, sizeof r->iap, "%s", iap);
	(void)snprintf(r->destination, sizeof r->destination, "%s", destination);
	return r;
}

void
receipts_close(struct receipts *r)
{
	if (r == NULL)
		return;
	(void)close(r->dirfd); /* a folder: nothing can be lost */
	free(r);
}

int
receipts_dirfd(const struct receipts *r)
{
	return r->dirfd;
}

int
receipts_has(struct receipts *r, const char *file, stamp_t day)
{
	char name[RECEIPT_NAME_ROOM];

	if (faccessat(r->dirfd, receipt_name_on(name, file, day, r->destination), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	diag_err("receipts/%s/%s/%s", r->case_id, r->iap, name);
	return -1;
}

/* Load one receipt by its name.  Return 0, or -1 with errno set. */
static int
load(int dirfd, const char *name, struct receipt *out, char sha256[DIGEST_HEX])
{
	struct buf text = BUF_INIT;
	int rc = -1;

	if (fsio_load(dirfd, name, RECEIPT_MAX_BYTES, &text) == -1)
		goto out;
	if (receipt_parse(text.data, text.len, out) == -1) {
		if (errno == EINVAL)
			errno = EBADMSG;
		goto out;
	}
	rc = digest_hex_of(text.data, text.len, sha256);
out:
	buf_free(&text);
	return rc;
}

int
receipts_find(int dirfd, const struct receipt *want, struct receipt *out)
{
	char name[RECEIPT_NAME_ROOM], sha256[DIGEST_HEX];

	if (load(dirfd, receipt_name_of(name, want), out, sha256) == -1)
		return errno == ENOENT ? 0 : -1;
	if (strcmp(out->case_id, want->case_id) != 0 || strcmp(out->iap, want->iap) != 0 ||
	    strcmp(out->file, want->file) != 0 || strcmp(out->destination, want->destination) != 0 ||
	    out->day != want->day || out->again != want->again) {
		errno = ESTALE;
		return -1;
	}
	return 1;
}

static int
find(const struct receipts *r, const char *file, stamp_t day, uint32_t again, struct receipt *out)
{
	struct receipt want = {.day = day, .again = again};

	(void)snprintf(want.case_id, sizeof want.case_id, "%s", r->case_id);
	(void)snprintf(want.iap, sizeof want.iap, "%s", r->iap);
	(void)snprintf(want.destination, sizeof want.destination, "%s", r->destination);
	(void)snprintf(want.file, sizeof want.file, "%s", file);
	return receipts_find(r->dirfd, &want, out);
}

int
receipts_has_own(struct receipts *r, const char *file, stamp_t day)
{
	char name[RECEIPT_NAME_ROOM];
	struct receipt one;
	int has = find(r, file, day, 0, &one);

	if (has != -1 || errno == EBADMSG || errno == ESTALE)
		return has == 1;
	diag_err("receipts/%s/%s/%s", r->case_id, r->iap, receipt_name_on(name, file, day, r->destination));
	return -1;
}

/* One of the receipts of a file; as receipts_get. */
static int
get(struct receipts *r, const char *file, stamp_t day, uint32_t again, struct receipt *out)
{
	char name[RECEIPT_NAME_ROOM];
	struct receipt named = {.day = day, .again = again};
	int has = find(r, file, day, again, out), saved = errno;

	if (has != -1)
		return has;
	(void)snprintf(named.file, sizeof named.file, "%s", file);
	(void)snprintf(named.destination, sizeof named.destination, "%s", r->destination);
	receipt_name_of(name, &named);
	if (saved == ESTALE)
		diag_errx("receipts/%s/%s/%s: is the receipt of something else", r->case_id, r->iap, name);
	else
		diag_err("receipts/%s/%s/%s", r->case_id, r->iap, name);
	errno = saved == ESTALE ? EBADMSG : saved;
	return -1;
}

int
receipts_get(struct receipts *r, const char *file, stamp_t day, struct receipt *out)
{
	return get(r, file, day, 0, out);
}

int
receipts_get_last(struct receipts *r, const char *file, stamp_t day, struct receipt *out)
{
	int has = get(r, file, day, 0, out), more = has;
	struct receipt next;

	for (uint32_t n = 2; more == 1 && n <= RECEIPT_AGAIN_MAX; n++) {
		more = get(r, file, day, n, &next);
		if (more == 1)
			*out = next;
	}
	return more == -1 ? -1 : has;
}

/* All receipts of the chain, as far as their names and times tell. */
struct survey {
	struct receipts *r;
	uint64_t count;
	struct timespec newest;
	char name[RECEIPT_NAME_ROOM];
};

static int
is_of_chain(const struct receipts *r, const char *name)
{
	char suffix[RECEIPT_NAME_ROOM];

	(void)snprintf(suffix, sizeof suffix, ".%s.receipt", r->destination); /* has room */
	return name[0] != '.' && strlen(name) < RECEIPT_NAME_ROOM && text_ends_with(name, suffix);
}

static int
survey_name(void *cookie, const char *name)
{
	struct survey *s = cookie;
	struct stat st;

	if (!is_of_chain(s->r, name))
		return 0;
	if (fstatat(s->r->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	s->count++;
	if (s->name[0] == '\0' || st.st_mtim.tv_sec > s->newest.tv_sec ||
	    (st.st_mtim.tv_sec == s->newest.tv_sec && st.st_mtim.tv_nsec >= s->newest.tv_nsec)) {
		s->newest = st.st_mtim;
		(void)snprintf(s->name, sizeof s->name, "%s", name);
	}
	return 0;
}

static int
read_name(void *cookie, const char *name)
{
	struct receipts *r = cookie;
	char sha256[DIGEST_HEX];
	struct receipt one;

	if (!is_of_chain(r, name))
		return 0;
	if (load(r->dirfd, name, &one, sha256) == -1) {
		diag_err("receipts/%s/%s/%s", r->case_id, r->iap, name);
		return 1;
	}
	if (one.number > r->head) {
		r->head = one.number;
		memcpy(r->head_sha256, sha256, sizeof sha256);
	}
	return 0;
}

/*
 * Find the last receipt.  The newest file is it when its number is the count of all; else (a clock was set back, files
 * were restored) each one is read.
 */
static int
find_head(struct receipts *r)
{
	struct survey s = {.r = r};
	struct receipt newest;
	int rc;

	if (fsio_list(r->dirfd, survey_name, &s) != 0) {
		diag_err("receipts/%s/%s", r->case_id, r->iap);
		return -1;
	}
	if (s.count == 0 || (load(r->dirfd, s.name, &newest, r->head_sha256) == 0 && newest.number == s.count)) {
		r->head = s.count;
		r->knows_head = 1;
		return 0;
	}
	r->head = 0;
	rc = fsio_list(r->dirfd, read_name, r);
	if (rc != 0) {
		if (rc == -1)
			diag_err("receipts/%s/%s", r->case_id, r->iap);
		return -1;
	}
	r->knows_head = 1;
	return 0;
}

int
receipts_put(struct receipts *r, struct receipt *receipt)
{
	char name[RECEIPT_NAME_ROOM];
	struct buf text = BUF_INIT;
	int rc = -1;

	if (!r->knows_head && find_head(r) == -1)
		return -1;
	receipt->number = r->head + 1;
	(void)snprintf(receipt->prev, sizeof receipt->prev, "%s", r->head == 0 ? "" : r->head_sha256);
	receipt_name_of(name, receipt);
	if (receipt_write(receipt, &text) == -1 || fsio_put(r->dirfd, name, text.data, text.len, FILES) == -1) {
		diag_err("receipts/%s/%s/%s", r->case_id, r->iap, name);
		goto out;
	}
	if (digest_hex_of(text.data, text.len, r->head_sha256) == -1) {
		r->knows_head = 0; /* it will be read from the disk */
		goto out;
	}
	r->head++;
	rc = 0;
out:
	buf_free(&text);
	return rc;
}
