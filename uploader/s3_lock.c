#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stamp.h"
#include "text.h"

#include "s3_internal.h"

#define DAY ((stamp_t)86400 * STAMP_SECOND)
#define MINUTE (60 * STAMP_SECOND)
#define NAMESPACE "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

void
s3_lock_expect(struct s3 *s)
{
	s->lock_until = s->lock_days == 0 ? 0 : stamp_now() + (stamp_t)s->lock_days * DAY;
}

/* Until when it is to be kept, as text; remembered, to be seen again. */
static const char *
ask_until(struct s3 *s, char out[STAMP_TEXT])
{
	s3_lock_expect(s);
	return stamp_format_seconds(out, s->lock_until);
}

const char *const *
s3_lock_headers(struct s3 *s, struct buf *room, const char **lines)
{
	char until[STAMP_TEXT];
	size_t n = 0, at;

	/* One buffer for all: it is filled before the lines are pointed to. */
	if (s->lock_days != 0)
		(void)buf_printf(room, "x-amz-object-lock-retain-until-date: %s", ask_until(s, until));
	at = room->len;
	if (at != 0) {
		lines[n++] = "x-amz-object-lock-mode: COMPLIANCE";
		lines[n++] = room->data;
	}
	if (s->conf->legal_hold)
		lines[n++] = "x-amz-object-lock-legal-hold: ON";
	lines[n] = NULL;
	return lines;
}

enum answer
s3_check_lock(struct s3 *s, const struct curlio_header seen[3])
{
	stamp_t t, least = s->lock_until == 0 ? stamp_now() : s->lock_until - MINUTE;

	if (s->lock_days != 0 && stamp_parse(seen[1].value, &t) == -1)
		return transport_because(
		    &s->t, ANSWER_REFUSED, "the object is not under retention: does the bucket have Object Lock?");
	if (s->lock_days != 0 && strcmp(seen[0].value, "COMPLIANCE") != 0)
		return transport_because(&s->t, ANSWER_REFUSED,
		    "the object's retention is not in compliance mode: anybody with the right may end it");
	if (s->lock_days != 0 && t < least)
		return transport_because(&s->t, ANSWER_REFUSED, "the object's retention ends before it should");
	if (s->conf->legal_hold && strcmp(seen[2].value, "ON") != 0)
		return transport_because(
		    &s->t, ANSWER_REFUSED, "the object is not under legal hold: does the bucket have Object Lock?");
	return ANSWER_OK;
}

/* PUT ${text} as the subresource ${what} of the version at hand. */
static enum answer
put_setting(struct s3 *s, const char *path, const char *what, const char *text)
{
	char hex[DIGEST_HEX], checksum[128] = "x-amz-checksum-sha256: ";
	const char *const extra[] = {checksum, NULL};
	uint8_t raw[DIGEST_BYTES];
	struct buf query = BUF_INIT;
	struct s3_request q = {
	    .sha256 = hex, .extra = extra, .io = {.kind = CURLIO_SEND, .text = text, .bytes = strlen(text)}};
	struct curlio_reply reply;
	enum answer a;

	(void)buf_printf(&query, "%s?%s=&versionId=", path, what); /* s3_encode tells */
	if (s3_encode(&query, s->version) == -1 || digest_hex_of(text, strlen(text), hex) == -1 ||
	    text_unhex(raw, sizeof raw, hex) == -1 ||
	    text_base64(checksum + strlen(checksum), sizeof checksum - strlen(checksum), raw, sizeof raw) == -1) {
		buf_free(&query);
		return transport_because(&s->t, ANSWER_LOCAL, "%s", strerror(ENOMEM));
	}
	q.path = query.data;
	a = s3_run(s, &q, &reply, what);
	buf_free(&query);
	return a;
}

/* How is the version at hand locked now? */
static enum answer
look(struct s3 *s, const char *path, struct curlio_header seen[3])
{
	struct buf query = BUF_INIT;
	struct s3_request q = {.io = {.kind = CURLIO_ASK, .headers = seen, .header_count = 3}};
	struct curlio_reply reply;
	enum answer a = ANSWER_OK;

	(void)buf_printf(&query, "%s?versionId=", path); /* s3_encode tells */
	if (s3_encode(&query, s->version) == -1)
		a = transport_because(&s->t, ANSWER_LOCAL, "%s", strerror(ENOMEM));
	q.path = query.data;
	if (a == ANSWER_OK)
		a = s3_run(s, &q, &reply, "HEAD");
	buf_free(&query);
	return a;
}

static enum answer
look_again(struct s3 *s, const char *path)
{
	struct curlio_header seen[] = S3_LOCK_HEADERS;
	enum answer a = look(s, path, seen);

	return a == ANSWER_OK ? s3_check_lock(s, seen) : a;
}

enum answer
s3_lock(struct s3 *s, const char *path)
{
	char text[256], until[STAMP_TEXT];
	enum answer a = ANSWER_OK;

	if (s->version[0] == '\0')
		return ANSWER_REFUSED; /* why was said */
	if (s->lock_days != 0) {
		(void)snprintf(text, sizeof text,
		    "<Retention " NAMESPACE
		    "><Mode>COMPLIANCE</Mode><RetainUntilDate>%s</RetainUntilDate></Retention>",
		    ask_until(s, until));
		a = put_setting(s, path, "retention", text);
	}
	if (a == ANSWER_OK && s->conf->legal_hold)
		a = put_setting(s, path, "legal-hold", "<LegalHold " NAMESPACE "><Status>ON</Status></LegalHold>");
	return a == ANSWER_OK ? look_again(s, path) : a;
}

enum answer
s3_settle(struct transport *t, const char *path)
{
	struct s3 *s = (struct s3 *)t;
	struct curlio_header seen[] = S3_LOCK_HEADERS;
	enum answer a;

	if (s->lock_days == 0 && !s->conf->legal_hold)
		return ANSWER_OK;
	a = look(s, path, seen);
	if (a != ANSWER_OK)
		return a;
	/* An earlier try of the same order is a day old at most, or what it stored has its receipt. */
	if (s->lock_days != 0)
		s->lock_until = stamp_now() + (stamp_t)s->lock_days * DAY - DAY;
	if (s3_check_lock(s, seen) == ANSWER_OK)
		return ANSWER_OK;
	a = s3_lock(s, path);
	if (a != ANSWER_OK)
		return a;
	return transport_because(t, a, "it lay there %s%s: it is locked as ordered now",
	    seen[1].value[0] == '\0' ? "without retention" : "under retention until ", seen[1].value);
}
