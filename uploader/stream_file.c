#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "stamp.h"

#include "archive.h"
#include "gate.h"
#include "handover.h"
#include "pace.h"
#include "stream_internal.h"
#include "turn.h"

#define FULL_SECONDS (15 * 60)
#define LONG_BYTES ((uint64_t)64 * 1024 * 1024) /* to send it may take until after a power cut */

void
stream_scope(const struct stream *s, const struct day *d, const char *name, char out[STREAM_SCOPE_ROOM])
{
	(void)snprintf(out, STREAM_SCOPE_ROOM, "%s/%s/%s/%s", s->case_id, s->iap, day_text(d), name);
}

void
stream_account(struct visit *v, int status)
{
	v->standing->status = answer_graver(v->standing->status, status);
}

struct json *
stream_detail(const struct stream *s, const struct day *d, const char *name)
{
	struct json *j = json_object();

	if (json_put_string(j, "destination", s->v->conf->name) == 0 && json_put_string(j, "iap", s->iap) == 0 &&
	    json_put_string(j, "day", day_text(d)) == 0 && json_put_string(j, "file", name) == 0)
		return j;
	json_free(j);
	return NULL;
}

/* How long this is left alone; 0: until the next run, unless the destination as a whole is (visit.c). */
static uint32_t
hold_seconds(enum answer a)
{
	if (answer_is_permanent(a))
		return BLOCKED_SECONDS;
	return a == ANSWER_FULL ? FULL_SECONDS : 0;
}

static int
hold_back(struct stream *s, enum answer a, const char *file_scope, const char *why)
{
	enum answer_scope scope = answer_scope(a);
	uint32_t seconds = hold_seconds(a), tries = 0;
	const char *name = scope == ANSWER_OF_FILE ? file_scope : scope == ANSWER_OF_CASE ? s->case_id : "";

	/* Longer each time: a file that always fails takes no turn from the others.  A wish to wait is the server's. */
	if (a == ANSWER_RETRY && destination_wait_seconds(s->v->destination) == 0) {
		tries = blocked_fails(s->v->blocked, name) + 1;
		seconds = pace_draw(tries, 0);
	}
	if (seconds == 0)
		return 0;
	if (blocked_add(s->v->blocked, name, answer_exit(a), why, stamp_now(), seconds) == -1)
		return -1;
	if (tries > 0)
		blocked_set_fails(s->v->blocked, name, tries);
	return 0;
}

int
stream_has_failed(const struct stream *s, const struct day *d, const char *name)
{
	char scope[STREAM_SCOPE_ROOM];

	stream_scope(s, d, name, scope);
	return blocked_fails(s->v->blocked, scope) > 0;
}

/*
 * What may be the server's state rather than the file's must not cost all the rest in vain.  Three files in a row are the
 * stream's, three streams the server's; files that had failed before prove nothing of either, and are only tried less.
 */
static void
count_failure(struct stream *s, int again)
{
	struct standing *st = s->v->standing;

	st->failures++;
	if (s->end->failures[again]++ == 0)
		st->streams[again]++;
	if (s->end->failures[0] >= FAILURES_MAX)
		s->end->is_over = 1;
	if (st->streams[0] >= FAILURES_MAX)
		st->is_broken = 1;
}

void
stream_succeeded(struct stream *s, const struct day *d, const char *name)
{
	int again = stream_has_failed(s, d, name);
	char scope[STREAM_SCOPE_ROOM];

	gate_prove(s->v->limits->gate);
	s->is_gone = 0;
	s->end->failures[again] = 0;
	s->v->standing->streams[0] = s->v->standing->failures = 0;
	stream_scope(s, d, name, scope);
	(void)blocked_set_sent(s->v->blocked, scope, 0, stamp_now()); /* fails only where something is added */
	if (!again)
		return;
	s->v->standing->streams[1] = 0;
	blocked_set_fails(s->v->blocked, scope, 0);
}

/* What a failure means for the rest of the run. */
static void
give_way(struct stream *s, enum answer a, int again, const char *why)
{
	struct standing *st = s->v->standing;
	uint32_t asked = a == ANSWER_RETRY ? destination_wait_seconds(s->v->destination) : 0;

	if (a == ANSWER_RETRY || a == ANSWER_MISMATCH || a == ANSWER_REJECTED)
		count_failure(s, again);
	if (a == ANSWER_UNREACHABLE || asked > 0)
		st->is_broken = 1;
	(void)snprintf(st->why, sizeof st->why, "%s", why); /* cut: it is for people */
	if (asked > st->floor)
		st->floor = asked;
	if (answer_scope(a) == ANSWER_OF_DESTINATION || st->is_broken) {
		st->is_over = 1;
		gate_shut(s->v->limits->gate);
	}
	if (answer_scope(a) == ANSWER_OF_CASE)
		s->end->is_over = 1;
}

/*
 * Only what is asked for again, or audited, fails or is held back and has a receipt all the same.  What the far end answers
 * of it is known; a line that broke says nothing of what lies there.
 */
static void
note_lost(struct stream *s, const struct day *d, const char *name, int is_known)
{
	if (receipts_has(s->receipts, name, day_stamp(d)) == 1) {
		s->end->has_lost |= is_known || s->is_gone;
		s->end->is_doubted = 1;
	}
	s->is_gone = 0;
}

int
stream_fail(struct stream *s, const struct day *d, const char *name, enum answer a, const char *why)
{
	struct visit *v = s->v;
	char scope[STREAM_SCOPE_ROOM];
	struct json *detail;

	if (a == ANSWER_STOPPED) {
		v->standing->is_over = 1;
		return 0;
	}
	stream_scope(s, d, name, scope);
	progress_clear(v->progress);
	diag_errx("%s to %s: %s: %s", scope, v->conf->name, answer_text(a), why);
	stream_account(v, answer_exit(a));
	give_way(s, a, stream_has_failed(s, d, name), why);
	note_lost(s, d, name, a == ANSWER_CONFLICT);
	if (!answer_is_permanent(a))
		s->end->may_pass = 1;
	if (answer_is_permanent(a) || a == ANSWER_FULL)
		alarm_raise(v->session->alarm,
		    &(const struct alarm_text){answer_text(a), v->conf->name, s->case_id, scope, why});
	detail = stream_detail(s, d, name);
	if (json_put_string(detail, "result", answer_text(a)) == -1 || json_put_string(detail, "why", why) == -1) {
		json_free(detail);
		detail = NULL;
	}
	/* At once: a long run that is killed must not ask again for all that was refused. */
	if (hold_back(s, a, scope, why) == -1 || blocked_save(s->v->blocked) == -1) {
		diag_err("%s", scope);
		json_free(detail);
		return -1;
	}
	return journal_write(v->session->journal, s->case_id,
	    answer_is_permanent(a) || a == ANSWER_FULL ? "blocked" : "attempt", NULL, detail);
}

/*
 * It has a receipt, and lies there now as another version: audits have to ask for that one.  Return 1 with what makes it
 * another receipt, 0 if none is needed, or -1 after one diag line.
 */
static int
need_another(struct stream *s, const struct day *d, const char *name, struct receipt *r)
{
	struct receipt last;

	if (r->version[0] == '\0')
		return 0;
	if (receipts_get_last(s->receipts, name, day_stamp(d), &last) != 1) {
		if (errno != EBADMSG)
			return -1;
		stream_account(s->v, EX_PROTOCOL); /* it was said */
		return 0;
	}
	if (strcmp(last.version, r->version) == 0)
		return 0;
	r->again = last.again == 0 ? 2 : last.again + 1;
	return 1;
}

/* It has arrived: the journal first, then the receipt, so that no receipt is without its entry. */
static int
acknowledge(
    struct stream *s, const struct day *d, const char *name, const struct day_file *file, const struct handover *h)
{
	struct visit *v = s->v;
	struct receipt r = {.day = day_stamp(d), .seq = file->seq, .bytes = file->bytes, .attempts = 1};
	struct json *detail = stream_detail(s, d, name);
	int has = receipts_has(s->receipts, name, r.day), needed;

	(void)snprintf(r.case_id, sizeof r.case_id, "%s", s->case_id);
	(void)snprintf(r.iap, sizeof r.iap, "%s", s->iap);
	(void)snprintf(r.file, sizeof r.file, "%s", name);
	(void)snprintf(r.destination, sizeof r.destination, "%s", v->conf->name);
	memcpy(r.sha256, file->sha256, sizeof r.sha256);
	(void)destination_location(v->destination, h->path, r.location, sizeof r.location);
	(void)snprintf(r.version, sizeof r.version, "%s", destination_version(v->destination));
	(void)snprintf(r.peer, sizeof r.peer, "%s", destination_peer(v->destination));
	(void)snprintf(r.method, sizeof r.method, "%s", h->method);
	r.published = stamp_now();
	if (has == -1 || json_put_integer(detail, "bytes", (int64_t)file->bytes) == -1 ||
	    json_put_string(detail, "location", r.location) == -1 || json_put_string(detail, "peer", r.peer) == -1 ||
	    json_put_string(detail, "method", r.method) == -1 || json_put(detail, "again", json_boolean(has)) == -1) {
		json_free(detail);
		diag_errx("%s: no receipt can be written", h->path);
		return -1;
	}
	if (journal_write(v->session->journal, s->case_id, "receipt", file->sha256, detail) == -1)
		return -1;
	needed = has ? need_another(s, d, name, &r) : 1;
	return needed == 1 ? receipts_put(s->receipts, &r) : needed;
}

/*
 * So much of a file may lie there now, for the next try to go on with.  What takes long to send is noted before, in case
 * of a kill: the most that a kill can leave there is all of it.  Return 0, or -1 after one diag line.
 */
static int
remember_sent(struct stream *s, const char *path, const struct handover *h, uint64_t sent)
{
	struct blocked *b = s->v->blocked;
	int rc = 0;

	if (s->v->conf->scheme == CONF_HTTPS || s->v->conf->scheme == CONF_SFTP)
		rc = blocked_set_sent(b, path, sent, stamp_now());
	else if (s->v->conf->scheme == CONF_S3)
		rc = blocked_set_upload(b, path, h->upload, stamp_now());
	if (rc == -1)
		diag_err("%s", path);
	return rc;
}

/* Send one file that was proven to be what was sealed, or is while it is read. */
static int
send_body(
    struct stream *s, const struct day *d, const char *name, const struct day_file *file, const struct body *body)
{
	struct visit *v = s->v;
	struct json *detail = stream_detail(s, d, name);
	char path[STREAM_SCOPE_ROOM];
	struct handover h = {.path = path, .body = body, .bytes = file->bytes, .sha256 = file->sha256};
	enum answer a;

	if (json_put_integer(detail, "bytes", (int64_t)file->bytes) == -1) {
		json_free(detail);
		detail = NULL;
	}
	/* Before the first byte leaves; the entry that follows makes it durable. */
	if (journal_add(v->session->journal, s->case_id, "attempt", file->sha256, detail) == -1)
		return -1;
	stream_scope(s, d, name, path);
	h.sent = blocked_sent(v->blocked, path);
	(void)snprintf(h.upload, sizeof h.upload, "%s", blocked_upload(v->blocked, path));
	if (h.sent == 0 && file->bytes >= LONG_BYTES &&
	    (remember_sent(s, path, &h, file->bytes) == -1 || blocked_save(v->blocked) == -1))
		return -1;
	progress_begin(v->progress, v->conf->name, path);
	destination_keep(v->destination, s->keep_days);
	turn_give(v->session->turn);
	a = handover(v->destination, &h);
	turn_take(v->session->turn);
	if (a != ANSWER_OK) {
		s->is_gone |= h.was_absent;
		if (remember_sent(s, path, &h, h.sent < HANDOVER_RESUME_MIN ? 0 : h.sent) == -1)
			return -1;
		if (a != ANSWER_STOPPED &&
		    (v->standing->waiting == STAMP_NONE || file->sealed < v->standing->waiting))
			v->standing->waiting = file->sealed;
		return stream_fail(s, d, name, a, h.why);
	}
	stream_succeeded(s, d, name);
	s->arrived++;
	v->standing->has_taken = 1;
	progress_done(v->progress);
	if (h.resumed > 0)
		diag_debug("%s to %s: %llu bytes were there from an earlier try", path, v->conf->name,
		    (unsigned long long)h.resumed);
	if (h.why[0] != '\0') {
		progress_clear(v->progress);
		diag_notice("%s to %s: %s", path, v->conf->name, h.why);
	}
	diag_debug("%s to %s: delivered", path, v->conf->name);
	return acknowledge(s, d, name, file, &h);
}

int
stream_send(struct stream *s, const struct day *d, const char *name, const struct day_file *file)
{
	struct body body;
	int fd = file->fd;

	body_of_fd(&body, &fd);
	return send_body(s, d, name, file, &body);
}

/* Did so many files fail again that the others that had failed wait for the next run? */
static int
is_enough(const struct stream *s, const char *scope)
{
	return (s->end->failures[1] >= FAILURES_MAX || s->v->standing->streams[1] >= FAILURES_MAX) &&
	       blocked_fails(s->v->blocked, scope) > 0;
}

int
stream_is_held(struct stream *s, const struct day *d, const char *name)
{
	const struct blocked_entry *held;
	char scope[STREAM_SCOPE_ROOM], until[STAMP_TEXT];

	stream_scope(s, d, name, scope);
	held = blocked_find(s->v->blocked, scope);
	if (held == NULL && !is_enough(s, scope))
		return 0;
	note_lost(s, d, name, held != NULL && held->exit == EX_PROTOCOL);
	if (held == NULL || held->exit == EX_UNAVAILABLE)
		s->end->may_pass = 1;
	if (held == NULL) {
		stream_account(s->v, EX_UNAVAILABLE);
		return 1;
	}
	progress_clear(s->v->progress);
	diag_warnx("%s to %s: held back until %s: %s", scope, s->v->conf->name,
	    stamp_format_seconds(until, held->until), held->why);
	stream_account(s->v, held->exit);
	return 1;
}

int
stream_deliver_file(struct stream *s, struct day *d, const char *name)
{
	struct day_file file;
	char why[STREAM_WHY_ROOM];
	enum answer a;
	int rc;

	if (stream_is_held(s, d, name))
		return 0;
	turn_give(s->v->session->turn);
	a = day_open_file(d, name, &file, why, sizeof why);
	turn_take(s->v->session->turn);
	if (a != ANSWER_OK)
		return stream_fail(s, d, name, a, why);
	rc = stream_send(s, d, name, &file);
	(void)close(file.fd); /* was only read */
	return rc;
}

int
stream_deliver_archive(struct stream *s, struct day *d, const char *name)
{
	struct daytar *tar = NULL;
	struct day_file file;
	struct body body;
	char why[STREAM_WHY_ROOM];
	enum answer a;
	int rc;

	if (stream_is_held(s, d, name))
		return 0;
	turn_give(s->v->session->turn);
	a = archive_open(d, &tar, &file, why, sizeof why);
	turn_take(s->v->session->turn);
	if (a != ANSWER_OK)
		return stream_fail(s, d, name, a, why);
	body = (struct body){.read = daytar_read, .seek = daytar_seek, .cookie = tar};
	rc = send_body(s, d, name, &file, &body);
	daytar_close(tar);
	return rc;
}
