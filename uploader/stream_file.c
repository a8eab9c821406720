#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "stamp.h"

#include "archive.h"
#include "handover.h"
#include "stream_internal.h"
#include "turn.h"

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

int
stream_is_of_here(const struct stream *s, const struct day *d, const struct receipt *r)
{
	char path[STREAM_SCOPE_ROOM], here[sizeof r->location];

	stream_scope(s, d, r->file, path);
	return strcmp(r->location, destination_location(s->v->destination, path, here, sizeof here)) == 0;
}

int
stream_is_elsewhere(struct stream *s, const struct day *d, const char *name)
{
	struct receipt r;
	int has = receipts_get_last(s->receipts, name, day_stamp(d), &r);

	if (has == -1)
		return errno == EBADMSG ? 0 : -1;
	return has && !stream_is_of_here(s, d, &r);
}

/*
 * It has a receipt, and lies there now as another version, which audits have to ask for, or lies in another place.  Return
 * 1 with what makes it another receipt, 0 if none is needed, or -1 after one diag line.
 */
static int
need_another(struct stream *s, const struct day *d, const char *name, struct receipt *r)
{
	struct receipt last;

	if (receipts_get_last(s->receipts, name, day_stamp(d), &last) != 1) {
		if (errno != EBADMSG)
			return -1;
		stream_account(s->v, EX_PROTOCOL); /* it was said */
		return 0;
	}
	if (strcmp(last.location, r->location) == 0 &&
	    (r->version[0] == '\0' || strcmp(last.version, r->version) == 0))
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
