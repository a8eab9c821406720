#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"
#include "journal.h"
#include "names.h"
#include "purgecert.h"
#include "receipt.h"
#include "spool.h"
#include "text.h"

#include "overview.h"
#include "overview_internal.h"

#define COLLECTED "collected.json" /* of the packager: how far it has read each journal */
#define COLLECTED_MAX ((size_t)1024 * 1024)
#define COLLECTED_DEPTH 4
#define PURGING "purge.json" /* of the packager: a purge is under way */

/* A stream's packages that have receipts, against those that are here. */
struct kept {
	struct overview *v;
	const char *case_id, *iap;
	int receiptfd, streamfd, casefd; /* receipts/CASE/IAP, outbox/CASE/IAP (-1: gone), records/CASE */
	uint64_t lost;
	char first[NAMES_FILE_ROOM], last[NAMES_FILE_ROOM]; /* of what is lost */
};

/* Was the payload of the day purged, or is it being?  Where it can not be told nothing is missed. */
static int
is_purged(const struct kept *k, stamp_t day)
{
	char name[NAMES_FILE_ROOM], path[NAMES_FILE_ROOM + NAMES_IAP_ROOM + STAMP_DAY_TEXT + 4], text[STAMP_DAY_TEXT];

	(void)names_day_file(name, k->case_id, k->iap, day, PURGECERT_SUFFIX);
	(void)snprintf(path, sizeof path, "%s/%s/%s", k->iap, stamp_day_format(text, day), name); /* has room */
	if (faccessat(k->casefd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
		return 1;
	(void)snprintf(path, sizeof path, "%s" PURGECERT_SUFFIX, k->case_id); /* has room */
	if (faccessat(k->casefd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
		return 1;
	return faccessat(k->casefd, PURGING, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* Is the file that arrived here, of the size that it had?  Its hash is for casetap-verify. */
static int
is_here(const struct kept *k, const struct receipt *r)
{
	char path[NAMES_FILE_ROOM + STAMP_DAY_TEXT + 2], day[STAMP_DAY_TEXT];
	struct stat st;

	(void)snprintf(path, sizeof path, "%s/%s", stamp_day_format(day, r->day), r->file); /* has room */
	if (k->streamfd != -1 && fstatat(k->streamfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return S_ISREG(st.st_mode) && (uint64_t)st.st_size == r->bytes;
	return k->streamfd != -1 && errno != ENOENT && errno != ENOTDIR;
}

static int
each_receipt(void *cookie, const char *name)
{
	struct kept *k = cookie;
	struct buf text = BUF_INIT;
	struct receipt r;
	int is_one = text_ends_with(name, ".receipt") &&
		     fsio_load(k->receiptfd, name, RECEIPT_MAX_BYTES, &text) == 0 &&
		     receipt_parse(text.data == NULL ? "" : text.data, text.len, &r) == 0 && r.seq != 0;

	buf_free(&text);
	if (!is_one || is_here(k, &r) || is_purged(k, r.day))
		return 0;
	/* A package has a receipt a destination: names come in their order, and so one behind the other. */
	if (strcmp(k->last, r.file) == 0)
		return 0;
	memcpy(k->last, r.file, sizeof k->last);
	if (k->lost++ == 0)
		memcpy(k->first, r.file, sizeof k->first);
	return 0;
}

/* What may not be read here is no matter: whoever may sees it. */
static int
each_stream(void *cookie, const char *case_id, const char *iap)
{
	struct kept k = {.v = cookie, .case_id = case_id, .iap = iap, .streamfd = -1, .casefd = -1};
	char path[NAMES_CASE_ROOM + NAMES_IAP_ROOM + 16];
	int statefd = k.v->site->statefd;

	(void)snprintf(path, sizeof path, "receipts/%s/%s", case_id, iap); /* has room */
	k.receiptfd = fsio_opendirat(statefd, path);
	(void)snprintf(path, sizeof path, "records/%s", case_id);
	if (k.receiptfd != -1)
		k.casefd = fsio_opendirat(statefd, path);
	(void)snprintf(path, sizeof path, "outbox/%s/%s", case_id, iap);
	if (k.casefd != -1 && ((k.streamfd = fsio_opendirat(statefd, path)) != -1 || errno == ENOENT))
		(void)fsio_list(k.receiptfd, each_receipt, &k); /* as above */
	if (k.lost > 0)
		overview_matter(k.v,
		    "case %s at %s: %s, which was delivered, is gone or has another size here; so are %llu more: "
		    "restore them",
		    case_id, iap, k.first, (unsigned long long)k.lost - 1);
	if (k.streamfd != -1)
		(void)close(k.streamfd); /* folders */
	if (k.casefd != -1)
		(void)close(k.casefd);
	if (k.receiptfd != -1)
		(void)close(k.receiptfd);
	return 0;
}

/* "capture/tower-7": the packager had read it up to a number. */
static int
each_journal(void *cookie, const char *source, const struct json *position)
{
	struct overview *v = cookie;
	char path[NAMES_FILE_ROOM + 48];
	uint64_t had, last;
	int dirfd = fsio_opendirat(v->site->statefd, "journal"), rc;

	if (dirfd == -1)
		return 0;
	rc = snprintf(path, sizeof path, "%s.jsonl", source);
	if (rc < (int)sizeof path && strstr(path, "..") == NULL && json_get_u64(position, "n", &had) == 0 &&
	    had > 0) {
		rc = journal_last(dirfd, path, &last);
		if (rc == 0 ? last < had : errno == ENOENT)
			overview_matter(v,
			    "journal/%s: does not hold the %llu lines that it had: cut, changed or gone", path,
			    (unsigned long long)had);
	}
	(void)close(dirfd); /* a folder */
	return 0;
}

static void
judge_journals(struct overview *v)
{
	struct buf text = BUF_INIT;
	struct json *seen = NULL;
	int dirfd = fsio_opendirat(v->site->statefd, "journal/packager");

	if (dirfd == -1)
		return;
	if (fsio_load(dirfd, COLLECTED, COLLECTED_MAX, &text) == 0)
		seen = json_parse(text.data == NULL ? "" : text.data, text.len, COLLECTED_DEPTH);
	if (seen != NULL)
		(void)json_each(seen, each_journal, v); /* goes through all */
	json_free(seen);
	buf_free(&text);
	(void)close(dirfd); /* a folder */
}

void
overview_judge_kept(struct overview *v)
{
	judge_journals(v);
	(void)spool_each_stream(v->site->statefd, "receipts", each_stream, v); /* what may not be read is no matter */
}
