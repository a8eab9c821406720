#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "daytar.h"
#include "diag.h"
#include "fsio.h"
#include "json.h"
#include "outbox.h"

#include "answer.h"
#include "completeness.h"
#include "day.h"
#include "owed.h"
#include "plan.h"
#include "receipts.h"
#include "summary.h"

#define FORMAT "casetap-summary/1"
#define MIB 1048576.0

/* One day of a stream at one destination. */
struct fare {
	const struct route *route;
	const struct conf_destination *conf;
	const char *text; /* which day */
	struct day *day;  /* NULL: its folder is not there */
	int receiptsfd;   /* -1: there are none yet */
	int is_owed;      /* it should be closed by now */
	int is_closed, is_complete, is_acknowledged;
	uint64_t packages, bytes, arrived, waiting;
	stamp_t oldest;
	struct buf missing; /* numbers and names, in a closed day */
};

/* The receipt of a file, if it is that file's own: 1, or 0. */
static int
get_receipt(const struct fare *f, const char *file, struct receipt *out)
{
	struct receipt want = {.day = day_stamp(f->day)};

	(void)snprintf(want.case_id, sizeof want.case_id, "%s", f->route->case_id);
	(void)snprintf(want.iap, sizeof want.iap, "%s", f->route->iap);
	(void)snprintf(want.destination, sizeof want.destination, "%s", f->conf->name);
	(void)snprintf(want.file, sizeof want.file, "%s", file);
	return f->receiptsfd != -1 && receipts_find(f->receiptsfd, &want, out) == 1;
}

/* Is there a receipt of this hash?  For completeness_check(); with a NULL hash, any receipt. */
static int
is_delivered(void *cookie, const char *file, const char *sha256)
{
	const struct fare *f = cookie;
	struct receipt r;

	return get_receipt(f, file, &r) && (sha256 == NULL || strcmp(r.sha256, sha256) == 0);
}

/* Have the files that close a day arrived as they are here?  Name in ${missing} the first that has not.  1, 0, or -1. */
static int
are_delivered(struct fare *f, const char *const *names, size_t n)
{
	char sha256[DIGEST_HEX];
	int has;

	for (size_t i = 0; i < n; i++) {
		has = day_seal_hash(f->day, names[i], sha256);
		if (has == -1)
			return -1;
		if (has == 0 || !is_delivered(f, names[i], sha256))
			return buf_puts(&f->missing, names[i]) == -1 ? -1 : 0;
	}
	return 1;
}

static int
is_archive_delivered(struct fare *f)
{
	char tar[NAMES_FILE_ROOM], sum[NAMES_FILE_ROOM], sig[NAMES_FILE_ROOM];

	day_file_name(f->day, DAYTAR, tar);
	day_file_name(f->day, DAYTAR_SUM, sum);
	day_file_name(f->day, DAYTAR_SIG, sig);
	return are_delivered(f, (const char *const[]){tar, sum, sig}, 3);
}

static int
count_file(struct fare *f, const char *name)
{
	struct names parsed;
	struct stat st;
	stamp_t sealed;
	int has;

	if (!outbox_is_for(f->conf->deliver, name))
		return 0;
	if (fstatat(day_dirfd(f->day), name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : -1;
	has = is_delivered(f, name, NULL);
	names_parse(name, &parsed);
	if (parsed.kind == NAMES_PACKAGE) {
		f->packages++;
		f->bytes += (uint64_t)st.st_size;
		f->arrived += has == 1;
	}
	if (has == 1)
		return 0;
	f->waiting++;
	sealed = st.st_mtim.tv_sec * STAMP_SECOND + st.st_mtim.tv_nsec;
	if (f->oldest == STAMP_NONE || sealed < f->oldest)
		f->oldest = sealed;
	return 0;
}

/* What of a closed day, by its ledger and its SHA256SUMS, has no receipt? */
static int
find_missing(struct fare *f)
{
	static const char *const seals[] = {"SHA256SUMS", "SHA256SUMS.minisig"};
	uint64_t holes = 0;
	int has = 0;

	if (f->conf->deliver == CONF_DAY)
		has = is_archive_delivered(f);
	else if (completeness_check(
		     day_ledger(f->day), day_sums(f->day), UINT64_MAX, is_delivered, f, &f->missing, &holes) == -1)
		return -1;
	else if (holes == 0)
		has = are_delivered(f, seals, sizeof seals / sizeof seals[0]);
	f->is_complete = has == 1;
	return has == -1 ? -1 : 0;
}

static int
judge(struct fare *f)
{
	char name[RECEIPT_NAME_ROOM];

	f->oldest = STAMP_NONE;
	if (f->day == NULL)
		return buf_puts(&f->missing, "the day, which is due");
	for (size_t i = 0; i < day_count(f->day); i++) {
		if (count_file(f, day_name(f->day, i)) == -1)
			return -1;
	}
	(void)snprintf(
	    name, sizeof name, "%s_SHA256SUMS.%s.received", day_text(f->day), f->conf->name); /* has room */
	f->is_acknowledged = f->receiptsfd != -1 && faccessat(f->receiptsfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	f->is_closed = day_state(f->day) != DAY_OPEN;
	if (day_state(f->day) == DAY_DAMAGED)
		return buf_puts(&f->missing, day_why(f->day));
	if (!f->is_closed)
		return f->is_owed ? buf_puts(&f->missing, "its ledger, which is due") : 0;
	return find_missing(f);
}

static const char *
state_of(const struct fare *f)
{
	if (f->is_closed)
		return f->is_complete ? "complete" : "incomplete";
	return f->day == NULL ? "incomplete" : "open";
}

static void
print_line(const struct fare *f)
{
	char since[STAMP_TEXT];

	(void)printf("%s %s/%s to %s: %s, %" PRIu64 " of %" PRIu64 " packages, %.1f MiB", f->text, f->route->case_id,
	    f->route->iap, f->conf->name, state_of(f), f->arrived, f->packages, (double)f->bytes / MIB);
	if (f->waiting > 0)
		(void)printf("; %" PRIu64 " files wait since %s", f->waiting, stamp_format_seconds(since, f->oldest));
	if (f->missing.len > 0)
		(void)printf("; missing: %s", f->missing.data);
	(void)printf("%s\n", f->is_acknowledged ? "; acknowledged" : "");
}

/* NULL without memory. */
static struct json *
json_of(const struct fare *f)
{
	struct json *j = json_object();

	if (json_put_string(j, "case", f->route->case_id) == 0 && json_put_string(j, "iap", f->route->iap) == 0 &&
	    json_put_string(j, "destination", f->conf->name) == 0 && json_put_string(j, "state", state_of(f)) == 0 &&
	    json_put_integer(j, "packages", (int64_t)f->packages) == 0 &&
	    json_put_integer(j, "bytes", (int64_t)f->bytes) == 0 &&
	    json_put_integer(j, "arrived", (int64_t)f->arrived) == 0 &&
	    json_put_integer(j, "waiting", (int64_t)f->waiting) == 0 &&
	    json_put_stamp(j, "waiting_since", f->oldest) == 0 &&
	    json_put_string(j, "missing", f->missing.len > 0 ? f->missing.data : "") == 0 &&
	    json_put(j, "acknowledged", json_boolean(f->is_acknowledged)) == 0)
		return j;
	json_free(j);
	return NULL;
}

/* The summary as it grows: streams is NULL where it is for people. */
struct summary {
	const struct plan *plan;
	stamp_t day;
	struct json *streams;
	int status;
};

static int
tell(struct summary *s, struct fare *f)
{
	int rc = judge(f);

	if (rc == 0 && (f->is_closed ? !f->is_complete : f->is_owed))
		s->status = answer_graver(s->status, EX_NOINPUT);
	if (rc == 0 && s->streams == NULL)
		print_line(f);
	else if (rc == 0)
		rc = json_append(s->streams, json_of(f));
	buf_free(&f->missing);
	return rc;
}

/* One stream, to each of its destinations.  A day that it neither has nor should have is no failure. */
static int
tell_stream(struct summary *s, const struct route *r)
{
	char path[sizeof "receipts//" + NAMES_CASE_ROOM + NAMES_IAP_ROOM], text[STAMP_DAY_TEXT];
	const struct session *session = s->plan->session;
	struct fare f = {.route = r, .receiptsfd = -1, .text = stamp_day_format(text, s->day)};
	int streamfd = -1, rc = -1;

	(void)snprintf(path, sizeof path, "receipts/%s/%s", r->case_id, r->iap); /* both have room */
	f.receiptsfd = fsio_opendirat(session->statefd, path);
	(void)snprintf(path, sizeof path, "outbox/%s/%s", r->case_id, r->iap);
	streamfd = fsio_opendirat(session->statefd, path);
	if (streamfd == -1)
		goto out;
	f.is_owed = owed_by_now(streamfd, r, s->day, session->keyring);
	rc = f.is_owed == -1 ? -1 : 0;
	if (rc == 0 && faccessat(streamfd, text, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		f.day = day_open(streamfd, r->case_id, r->iap, s->day, session->keyring);
		rc = f.day == NULL || day_judge(f.day) == -1 ? -1 : 0;
	} else if (!f.is_owed) {
		goto out;
	}
	for (size_t i = 0; rc == 0 && i < r->name_count; i++) {
		f = (struct fare){.route = r,
		    .text = text,
		    .day = f.day,
		    .is_owed = f.is_owed,
		    .receiptsfd = f.receiptsfd,
		    .missing = BUF_INIT};
		f.conf = conf_find_destination(session->conf, r->names[i]);
		if (f.conf != NULL)
			rc = tell(s, &f);
	}
	day_close(f.day);
out:
	if (rc == -1)
		diag_err("%s", path);
	if (streamfd != -1)
		(void)close(streamfd); /* folders both */
	if (f.receiptsfd != -1)
		(void)close(f.receiptsfd);
	return rc;
}

static int
print_json(struct summary *s)
{
	struct json *j = json_object();
	char text[STAMP_DAY_TEXT];
	struct buf out = BUF_INIT;
	int rc = -1;

	if (json_put_string(j, "format", FORMAT) == 0 &&
	    json_put_string(j, "station", s->plan->session->conf->station) == 0 &&
	    json_put_string(j, "day", stamp_day_format(text, s->day)) == 0 &&
	    json_put(j, "streams", json_share(s->streams)) == 0 && json_write(j, &out) == 0) {
		(void)printf("%s\n", out.data);
		rc = 0;
	}
	json_free(j);
	buf_free(&out);
	return rc;
}

int
summary_print(struct session *session, const struct uploader_options *opts)
{
	struct plan p = {.session = session, .opts = opts};
	struct summary s = {.plan = &p, .day = opts->summary, .streams = opts->json ? json_array() : NULL};
	int rc = opts->json && s.streams == NULL ? -1 : 0;

	if (plan_make(&p) == -1)
		goto out;
	s.status = p.status;
	for (size_t i = 0; rc == 0 && i < p.count; i++)
		rc = tell_stream(&s, &p.routes[i]);
	if (rc == 0 && opts->json)
		rc = print_json(&s);
	if (rc == -1 || fflush(stdout) == EOF)
		s.status = answer_graver(s.status, EX_IOERR);
out:
	json_free(s.streams);
	plan_clear(&p);
	return answer_graver(s.status, p.status);
}
