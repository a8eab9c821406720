#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#include "verify_custody.h"
#include "verify_grow.h"

#include "verify_records_internal.h"

#define HEAD "custody.head"
#define IAPS_MAX 4096

static int
add_word(struct records *r, const struct records_word *w)
{
	struct records_word *grown;

	grown = verify_grow(r->words, r->word_count, sizeof(*grown));
	if (grown == NULL)
		return -1;
	r->words = grown;
	r->words[r->word_count++] = *w;
	return 0;
}

struct records_iap *
records_iap_of(const struct records *r, const char *iap)
{
	size_t i;

	for (i = 0; i < r->iap_count; i++) {
		if (strcmp(r->iaps[i].iap, iap) == 0)
			return &r->iaps[i];
	}
	return NULL;
}

/* Add one to the streams of which the log tells, up to a bound: whoever writes a log may invent them.  0, or -1. */
static int
add_iap(struct records *r, const char *iap)
{
	struct records_iap *grown;

	if (r->iap_count == IAPS_MAX) {
		if (!r->is_cut_said)
			verify_say(r->run->result, VERIFY_MALFORMED, r->label,
			    "its custody log tells of over %d streams", IAPS_MAX);
		r->is_cut_said = 1;
		return 0;
	}
	grown = reallocarray(r->iaps, r->iap_count + 1, sizeof(*grown));
	if (grown == NULL)
		return -1;
	r->iaps = grown;
	grown += r->iap_count++;
	memset(grown, 0, sizeof(*grown));
	(void)snprintf(grown->iap, sizeof(grown->iap), "%s", iap); /* the rooms are the same */
	grown->ledger = grown->closed = STAMP_NONE;
	return 0;
}

/* Learn what a package or a ledger tells of its stream. */
static int
take_iap(struct records *r, const struct records_word *w)
{
	struct records_iap *one;

	if (w->kind != RECORDS_SEALED && w->kind != RECORDS_CLOSED)
		return 0;
	if (records_iap_of(r, w->iap) == NULL && add_iap(r, w->iap) == -1)
		return -1;
	one = records_iap_of(r, w->iap);
	if (one == NULL)
		return 0;
	if (one->ledger > one->closed && !(w->kind == RECORDS_CLOSED && w->day == one->ledger))
		one->closed = one->ledger;
	if (w->kind == RECORDS_CLOSED && w->day > one->ledger)
		one->ledger = w->day;
	if (w->kind == RECORDS_SEALED && w->number > one->sealed)
		one->sealed = w->number;
	return 0;
}

/* What stays of a word of the log; 0 if it is none that counts here. */
static int
take_word(struct records_word *w, const char *event, const struct json *entry)
{
	static const struct {
		const char *event;
		enum records_kind kind;
	} rows[] = {{"order-accepted", RECORDS_ACCEPTED}, {"order-extended", RECORDS_ACCEPTED},
	    {"order-revoked", RECORDS_REVOKED}, {"hold", RECORDS_FOLLOWED}, {"release", RECORDS_FOLLOWED},
	    {"attach", RECORDS_FOLLOWED}, {"begin-anew", RECORDS_FOLLOWED}, {"begin-anew-refused", RECORDS_REFUSED},
	    {"purge-refused", RECORDS_REFUSED}, {"purge", RECORDS_DECIDED}, {"purged", RECORDS_PURGED},
	    {"seal", RECORDS_SEALED}, {"ledger", RECORDS_CLOSED}};
	const struct json *detail = json_get_object(entry, "detail");
	const char *file = json_get_string(detail, "file"), *object, *what;
	const char *day = json_get_string(detail, "day"), *sha256 = json_get_string(detail, "sha256");
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]) && strcmp(rows[i].event, event) != 0; i++)
		;
	memset(w, 0, sizeof(*w));
	w->day = STAMP_NONE;
	if (json_get_stamp(entry, "time", &w->time) == -1)
		w->time = STAMP_NONE;
	if (i == sizeof(rows) / sizeof(rows[0]))
		return 0;
	w->kind = rows[i].kind;
	/* Of which order need not be known: where it came before any. */
	if (w->kind == RECORDS_REVOKED)
		return w->time != STAMP_NONE;
	/* That of a purge is its certificate, which names the request. */
	object = w->kind == RECORDS_DECIDED || w->kind == RECORDS_PURGED ? json_get_string(detail, "request")
									 : json_get_string(entry, "object");
	if (object == NULL || text_unhex(w->object, DIGEST_BYTES, object) == -1)
		return 0;
	what = json_get_string(detail, "what");
	w->is_of_records = what != NULL && strcmp(what, "records") == 0;
	if (w->kind == RECORDS_ACCEPTED)
		return json_get_u64(detail, "revision", &w->number) == 0;
	if (w->kind == RECORDS_FOLLOWED || w->kind == RECORDS_REFUSED || w->kind == RECORDS_DECIDED ||
	    w->kind == RECORDS_PURGED)
		return 1;
	if (json_get_text(detail, "iap", w->iap, sizeof(w->iap)) == -1 || day == NULL ||
	    stamp_day_parse(day, &w->day) == -1)
		return 0;
	if (w->kind == RECORDS_CLOSED) {
		w->number = json_get_true(detail, "final");
		return 1;
	}
	w->is_encrypted = file != NULL && text_ends_with(file, ".age");
	return json_get_u64(detail, "seq", &w->number) == 0 && json_get_u64(detail, "bytes", &w->bytes) == 0 &&
	       sha256 != NULL && text_unhex(w->sha256, DIGEST_BYTES, sha256) == 0;
}

static int
on_line(void *cookie, uint64_t n, const struct json *line)
{
	struct records *r = cookie;
	const struct json *entry = json_get_object(line, "entry");
	const char *event = json_get_string(entry, "event");
	const char *source = json_get_string(line, "source");
	struct records_word w;
	stamp_t latest;
	int is_word;

	(void)n;
	if (event == NULL)
		return 0;
	is_word = take_word(&w, event, entry);
	latest = latest_note(&r->latest, source == NULL ? "" : source, w.time);
	/* By a clock that was wrong nothing becomes later than the revocation that stands before it in its journal. */
	if (w.kind == RECORDS_REVOKED)
		w.time = latest;
	if (is_word && (add_word(r, &w) == -1 || take_iap(r, &w) == -1))
		return 1;
	return verify_custody_event(entry, r->run->result) == -1 ? 1 : 0;
}

/* How far custody.head says that the log was checked. */
static int
judge_head(struct records *r)
{
	int fits = custody_fits_head(r->log, r->dir.fd);
	char where[VERIFY_WHERE_ROOM];

	(void)verify_label(where, r->label, HEAD);
	if (fits == 0)
		verify_say(r->run->result, VERIFY_TAMPERED, where,
		    "does not agree with " VERIFY_CUSTODY_LOG " beside it: one of the two was changed");
	else if (fits == -1 && errno != ENOMEM)
		verify_say(r->run->result, VERIFY_UNREADABLE, where, "%s", verify_file_why(errno));
	return fits == -1 && errno == ENOMEM ? -1 : 0;
}

int
records_log_read(struct records *r)
{
	struct verify_result *result = r->run->result;
	char where[VERIFY_WHERE_ROOM];
	int rc;

	(void)verify_label(where, r->label, VERIFY_CUSTODY_LOG);
	r->log = custody_open(r->dir.fd, 0);
	if (r->log == NULL && errno == ENOMEM)
		return -1;
	if (r->log == NULL) {
		verify_say(result, errno == EBADMSG ? VERIFY_TAMPERED : VERIFY_UNREADABLE, where, "%s",
		    errno == EBADMSG ? "its chain is broken" : strerror(errno));
		return 0;
	}
	if (custody_lines(r->log) == 0) {
		/* What custody.head remembers of it is of no use then, and proves no change. */
		verify_say(result, VERIFY_INCOMPLETE, where, "is missing or empty");
		return 0;
	}
	rc = custody_each(r->log, on_line, r);
	if (rc == -1 && errno != ENOMEM)
		verify_say(result, VERIFY_UNREADABLE, where, "%s", strerror(errno));
	return rc == 1 || (rc == -1 && errno == ENOMEM) ? -1 : judge_head(r);
}

static int
expect_state(struct records *r, const char *name)
{
	char path[NAMES_IAP_ROOM + sizeof("/stream.json")];

	(void)snprintf(path, sizeof(path), "%s/stream.json", name); /* has room */
	if (records_iap_of(r, name) == NULL && faccessat(r->dir.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		verify_anchors_expect(r->anchors, name);
	return 0;
}

/* A line tells the hash of the one before. */
static int
on_hash(void *cookie, uint64_t n, const struct json *line)
{
	struct records *r = cookie;
	const char *prev = json_get_string(line, "prev");
	int is_head = prev != NULL && verify_anchors_line(r->anchors, n - 1, prev);

	if (!is_head && n > 1)
		return 0;
	r->sealed = is_head ? n - 1 : 0;
	if (json_get_stamp(json_get_object(line, "entry"), "time", &r->unsealed) == -1)
		r->unsealed = r->lost.lines > 0 && n == r->lost.lines + 1 ? r->lost.at : STAMP_NONE;
	return 0;
}

/* Does it tell of anything that was sealed? */
static int
has_sealed(const struct records *r)
{
	size_t i;

	for (i = 0; i < r->word_count && r->words[i].kind != RECORDS_SEALED && r->words[i].kind != RECORDS_CLOSED;
	     i++)
		;
	return i < r->word_count;
}

/* Who writes a log may still change what nobody has signed, and chain it anew: a log without any such line all of it. */
static void
say_unsealed(const struct records *r, const char *where)
{
	/* What is lost has been vouched for by who approved that, and is no line of it that is here. */
	const uint64_t known = r->sealed > r->lost.lines ? r->sealed : r->lost.lines;
	const uint64_t n = custody_lines(r->log) - known;
	char since[STAMP_TEXT] = "a time that is none";

	if (r->unsealed != STAMP_NONE)
		(void)stamp_format_seconds(since, r->unsealed);
	if (n > 0 && r->sealed <= r->lost.lines)
		verify_say(r->run->result, VERIFY_INCOMPLETE, where,
		    "nobody vouches for it: none of its %" PRIu64
		    " lines, since %s, is named by a package, ledger, certificate or signed head that is here%s",
		    n, since,
		    has_sealed(r)
			? ""
			: "; it tells of no package: that the case had come to nothing yet is the station's "
			  "unsigned word");
	else if (n > 0)
		verify_say(r->run->result, VERIFY_NOTE, where,
		    "its last %" PRIu64
		    " lines, since %s, come after the last head that something here signs: they are chained, and not "
		    "sealed",
		    n, since);
}

int
records_log_judge(struct records *r)
{
	char where[VERIFY_WHERE_ROOM];
	size_t i;
	int rc;

	if (r->log == NULL || custody_lines(r->log) == 0)
		return 0;
	verify_anchors_begin(r->anchors);
	for (i = 0; i < r->iap_count; i++) {
		if (r->iaps[i].sealed > 0)
			verify_anchors_expect(r->anchors, r->iaps[i].iap);
	}
	if (records_each_stream(r, expect_state) == -1)
		return -1;
	verify_anchors_expect(r->anchors, RECORDS_OWN);
	rc = custody_each(r->log, on_hash, r);
	if (verify_anchors_line(r->anchors, custody_lines(r->log), custody_head(r->log)))
		r->sealed = custody_lines(r->log);
	if (rc == 0) {
		(void)verify_label(where, r->label, VERIFY_CUSTODY_LOG);
		verify_anchors_judge(r->anchors, custody_lines(r->log), &r->lost, where, r->run->result);
		say_unsealed(r, where);
	}
	return rc == -1 && errno == ENOMEM ? -1 : 0;
}
