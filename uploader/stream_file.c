#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "stamp.h"

#include "archive.h"
#include "handover.h"
#include "stream_internal.h"

#define WHY_ROOM 512
#define FAILURES_MAX 3
#define FULL_SECONDS (15 * 60)

void
stream_scope(const struct stream *s, const struct day *d, const char *name, char out[STREAM_SCOPE_ROOM])
{
	(void)snprintf(out, STREAM_SCOPE_ROOM, "%s/%s/%s/%s", s->case_id, s->iap, day_text(d), name);
}

void
stream_account(struct visit *v, int status)
{
	v->status = answer_graver(v->status, status);
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

/* How long this is left alone; 0: the next run tries again. */
static uint32_t
hold_seconds(const struct visit *v, enum answer a)
{
	if (answer_is_permanent(a))
		return BLOCKED_SECONDS;
	return a == ANSWER_FULL ? FULL_SECONDS : destination_wait_seconds(v->destination);
}

static int
hold_back(struct stream *s, enum answer a, const char *file_scope, const char *why)
{
	enum answer_scope scope = answer_scope(a);
	uint32_t seconds = hold_seconds(s->v, a);
	const char *name = scope == ANSWER_OF_FILE ? file_scope : scope == ANSWER_OF_CASE ? s->case_id : "";

	if (seconds == 0)
		return 0;
	/* Asked to wait, we wait with all that we have for them. */
	if (a == ANSWER_RETRY)
		name = "";
	return blocked_add(s->v->blocked, name, answer_exit(a), why, stamp_now(), seconds);
}

/* What a failure means for the rest of the run. */
static void
give_way(struct stream *s, enum answer a)
{
	struct visit *v = s->v;

	/* What may be the server's state rather than the file's must not cost all the rest in vain. */
	if (a == ANSWER_RETRY || a == ANSWER_MISMATCH || a == ANSWER_REJECTED)
		v->failures++;
	if (answer_scope(a) == ANSWER_OF_DESTINATION || v->failures >= FAILURES_MAX ||
	    (a == ANSWER_RETRY && destination_wait_seconds(v->destination) > 0))
		v->is_over = 1;
	if (answer_scope(a) == ANSWER_OF_CASE)
		s->is_over = 1;
}

int
stream_fail(struct stream *s, const struct day *d, const char *name, enum answer a, const char *why)
{
	struct visit *v = s->v;
	char scope[STREAM_SCOPE_ROOM];
	struct json *detail;

	if (a == ANSWER_STOPPED) {
		v->is_over = 1;
		return 0;
	}
	stream_scope(s, d, name, scope);
	progress_clear(v->progress);
	diag_errx("%s to %s: %s: %s", scope, v->conf->name, answer_text(a), why);
	stream_account(v, answer_exit(a));
	give_way(s, a);
	if (!answer_is_permanent(a))
		s->may_pass = 1;
	detail = stream_detail(s, d, name);
	if (json_put_string(detail, "result", answer_text(a)) == -1 || json_put_string(detail, "why", why) == -1) {
		json_free(detail);
		detail = NULL;
	}
	if (hold_back(s, a, scope, why) == -1) {
		diag_err("%s", scope);
		json_free(detail);
		return -1;
	}
	return journal_write(v->session->journal, s->case_id,
	    answer_is_permanent(a) || a == ANSWER_FULL ? "blocked" : "attempt", NULL, detail);
}

/* It has arrived: the journal first, then the receipt, so that no receipt is without its entry. */
static int
acknowledge(struct stream *s, const struct day *d, const char *name, const struct day_file *file, const char *path)
{
	struct visit *v = s->v;
	struct receipt r = {.day = day_stamp(d), .seq = file->seq, .bytes = file->bytes, .attempts = 1};
	struct json *detail = stream_detail(s, d, name);
	int has = receipts_has(s->receipts, name, r.day);

	(void)snprintf(r.case_id, sizeof r.case_id, "%s", s->case_id);
	(void)snprintf(r.iap, sizeof r.iap, "%s", s->iap);
	(void)snprintf(r.file, sizeof r.file, "%s", name);
	(void)snprintf(r.destination, sizeof r.destination, "%s", v->conf->name);
	memcpy(r.sha256, file->sha256, sizeof r.sha256);
	(void)destination_location(v->destination, path, r.location, sizeof r.location);
	(void)snprintf(r.version, sizeof r.version, "%s", destination_version(v->destination));
	(void)snprintf(r.peer, sizeof r.peer, "%s", destination_peer(v->destination));
	(void)snprintf(r.method, sizeof r.method, "read-back");
	r.published = stamp_now();
	if (has == -1 || json_put_integer(detail, "bytes", (int64_t)file->bytes) == -1 ||
	    json_put_string(detail, "location", r.location) == -1 || json_put_string(detail, "peer", r.peer) == -1 ||
	    json_put_string(detail, "method", r.method) == -1 || json_put(detail, "again", json_boolean(has)) == -1) {
		json_free(detail);
		diag_errx("%s: no receipt can be written", path);
		return -1;
	}
	if (journal_write(v->session->journal, s->case_id, "receipt", file->sha256, detail) == -1)
		return -1;
	return has ? 0 : receipts_put(s->receipts, &r);
}

/* Send one file that was proven to be what was sealed, or is while it is read. */
static int
send_body(
    struct stream *s, const struct day *d, const char *name, const struct day_file *file, const struct body *body)
{
	struct visit *v = s->v;
	struct json *detail = stream_detail(s, d, name);
	char path[STREAM_SCOPE_ROOM], why[WHY_ROOM];
	enum answer a;

	if (json_put_integer(detail, "bytes", (int64_t)file->bytes) == -1) {
		json_free(detail);
		detail = NULL;
	}
	/* Before the first byte leaves; the entry that follows makes it durable. */
	if (journal_add(v->session->journal, s->case_id, "attempt", file->sha256, detail) == -1)
		return -1;
	stream_scope(s, d, name, path);
	progress_begin(v->progress, v->conf->name, path, file->bytes);
	a = handover(v->destination, path, body, file->bytes, file->sha256, why, sizeof why);
	if (a != ANSWER_OK) {
		if (a != ANSWER_STOPPED && (v->waiting == STAMP_NONE || file->sealed < v->waiting))
			v->waiting = file->sealed;
		return stream_fail(s, d, name, a, why);
	}
	v->failures = 0;
	progress_done(v->progress, file->bytes);
	diag_debug("%s to %s: delivered", path, v->conf->name);
	return acknowledge(s, d, name, file, path);
}

int
stream_send(struct stream *s, const struct day *d, const char *name, const struct day_file *file)
{
	struct body body;
	int fd = file->fd;

	body_of_fd(&body, &fd);
	return send_body(s, d, name, file, &body);
}

int
stream_is_held(struct stream *s, const struct day *d, const char *name)
{
	const struct blocked_entry *held;
	char scope[STREAM_SCOPE_ROOM], until[STAMP_TEXT];

	stream_scope(s, d, name, scope);
	held = blocked_find(s->v->blocked, scope);
	if (held == NULL)
		return 0;
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
	char why[WHY_ROOM];
	enum answer a;
	int rc;

	if (stream_is_held(s, d, name))
		return 0;
	a = day_open_file(d, name, &file, why, sizeof why);
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
	char why[WHY_ROOM];
	enum answer a;
	int rc;

	if (stream_is_held(s, d, name))
		return 0;
	a = archive_open(d, &tar, &file, why, sizeof why);
	if (a != ANSWER_OK)
		return stream_fail(s, d, name, a, why);
	body = (struct body){.read = daytar_read, .seek = daytar_seek, .cookie = tar};
	rc = send_body(s, d, name, &file, &body);
	daytar_close(tar);
	return rc;
}
