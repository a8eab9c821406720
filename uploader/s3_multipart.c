#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "fsio.h"
#include "text.h"

#include "s3_internal.h"

/*
 * A multipart upload (S3 API reference: CreateMultipartUpload, UploadPart, CompleteMultipartUpload, AbortMultipartUpload):
 * nothing is visible under the key before the last request.  A part is hashed before it is sent, so that the server can
 * refuse what is not it.  An upload that broke is gone on with by the next try (s3_stored.c), if it was this station that
 * began it: the lock, the key, the class and the rights that an object is born with are those that its upload began with.
 */
#define PART_BYTES ((uint64_t)32 * 1024 * 1024) /* at least 5 MiB; 10,000 of them are 312 GiB */
#define PARTS_MAX 10000
#define ID_ROOM 1024
#define STALE_MAX 16
#define ETAG_ROOM (DIGEST_MD5_HEX + 2)

struct upload {
	struct s3 *s;
	const char *path;
	char id[ID_ROOM]; /* percent-encoded */
	const struct body *body;
	uint64_t bytes;
	uint64_t part_bytes;
	struct buf list;          /* the XML that completes it */
	struct s3_stored *stored; /* what an earlier run has brought; NULL: nothing */
	unsigned sent;            /* parts, in this run */
	int was_answered;         /* what failed, failed by a word of the server's that may be about this upload */
	int was_closed;           /* the server was asked to put it together */
};

static enum answer
no_memory(struct upload *u)
{
	return transport_because(&u->s->t, ANSWER_LOCAL, "%s", strerror(ENOMEM));
}

static enum answer
keep_id(struct upload *u, const char *id)
{
	struct buf encoded = BUF_INIT;
	enum answer a = ANSWER_OK;

	if (s3_encode(&encoded, id) == -1)
		a = no_memory(u);
	else if (encoded.len == 0 || encoded.len >= sizeof u->id)
		a = transport_because(&u->s->t, ANSWER_REFUSED, "the server names no upload");
	else
		(void)snprintf(u->id, sizeof u->id, "%s", encoded.data);
	buf_free(&encoded);
	return a;
}

static enum answer
begin(struct upload *u)
{
	const char *lines[S3_EXTRA_MAX] = {NULL};
	struct buf room = BUF_INIT, path = BUF_INIT;
	struct s3_request q = {
	    .method = "POST", .extra = s3_lock_headers(u->s, &room, lines), .io = {.kind = CURLIO_ASK}};
	struct curlio_reply reply;
	char id[ID_ROOM] = "";
	enum answer a;
	size_t n = 0;

	while (lines[n] != NULL)
		n++;
	lines[n++] = "x-amz-checksum-algorithm: SHA256";
	lines[n] = NULL;
	if (buf_printf(&path, "%s?uploads=", u->path) == -1 || buf_failed(&room)) {
		a = no_memory(u);
	} else {
		q.path = path.data;
		a = s3_run(u->s, &q, &reply, "begin a multipart upload");
	}
	if (a == ANSWER_OK) {
		(void)s3_take_element(u->s->answer.data, "UploadId", id, sizeof id); /* "" is refused */
		a = keep_id(u, id);
	}
	buf_free(&room);
	buf_free(&path);
	return a;
}

static enum answer
forget(struct upload *u)
{
	struct buf path = BUF_INIT;
	struct s3_request q = {.method = "DELETE", .io = {.kind = CURLIO_ASK}};
	struct curlio_reply reply;
	enum answer a;

	if (buf_printf(&path, "%s?uploadId=%s", u->path, u->id) == -1)
		return no_memory(u);
	q.path = path.data;
	a = s3_run(u->s, &q, &reply, "give up a multipart upload");
	buf_free(&path);
	return a;
}

static int
is_passing(enum answer a)
{
	return a == ANSWER_RETRY || a == ANSWER_UNREACHABLE || a == ANSWER_STOPPED;
}

/* Did the server say something that may be about this upload?  What it, or a proxy, says in a bad moment is not. */
static int
is_of_upload(const struct curlio_reply *reply)
{
	return s3_is_whole(reply) && reply->http_status != 429 && reply->http_status < 500;
}

/* Which parts lie there of the upload that we began?  One that has none is given up. */
static enum answer
go_on(struct upload *u)
{
	struct curlio_reply reply = {0};
	enum answer a;

	(void)snprintf(u->id, sizeof u->id, "%s", u->s->t.upload);
	if (u->id[0] == '\0')
		return ANSWER_OK;
	a = s3_stored_load(u->s, u->path, u->id, &reply, &u->stored);
	/* A bad moment of the line, the server or our own memory is no reason to throw away what has arrived. */
	if (a == ANSWER_LOCAL || (is_passing(a) && !is_of_upload(&reply)))
		return a;
	if (u->stored == NULL) {
		(void)forget(u); /* the next run tries again */
		u->id[0] = '\0';
	}
	return ANSWER_OK;
}

/*
 * What lies under our name and is not what we go on with, a run left that was killed, or somebody else: it costs the far
 * end room that nobody sees, and how it was begun nobody here knows.
 */
static void
forget_stale(struct upload *u)
{
	struct upload stale = *u;
	struct buf path = BUF_INIT, listed = BUF_INIT;
	struct s3_request q = {.method = "GET", .io = {.kind = CURLIO_ASK, .base = u->s->bucket}};
	struct curlio_reply reply;
	char key[768], id[ID_ROOM], ours[768];
	const char *at;

	if (snprintf(ours, sizeof ours, "%s%s", u->s->prefix, u->path) >= (int)sizeof ours)
		return;
	(void)buf_puts(&path, "?prefix="); /* the last put tells */
	(void)s3_encode(&path, ours);
	if (buf_puts(&path, "&uploads=") == 0) {
		q.path = path.data;
		/* Who may store may not always list: then the bucket's own rules must clear up. */
		if (s3_run(u->s, &q, &reply, "list multipart uploads") == ANSWER_OK)
			(void)buf_puts(&listed, u->s->answer.data == NULL ? "" : u->s->answer.data);
	}
	at = listed.data;
	for (unsigned i = 0; i < STALE_MAX && (at = s3_take_element(at, "Key", key, sizeof key)) != NULL; i++) {
		if (s3_take_element(at, "UploadId", id, sizeof id) == NULL)
			break;
		if (strcmp(key, ours) == 0 && keep_id(&stale, id) == ANSWER_OK && strcmp(stale.id, u->id) != 0)
			(void)forget(&stale); /* the next run tries again */
	}
	buf_free(&path);
	buf_free(&listed);
}

/* Hash one part of the file, with a digest that is new. */
static enum answer
add_to(struct upload *u, struct digest *d, uint64_t offset, uint64_t bytes)
{
	enum answer a = ANSWER_OK;

	if (d == NULL)
		return no_memory(u);
	if (body_hash(u->body, offset, bytes, d) == -1)
		a = errno == ENODATA
			? transport_because(&u->s->t, ANSWER_ROT, "the file became shorter while it was sent")
		    : errno == EBADMSG
			? transport_because(&u->s->t, ANSWER_ROT, "a file of the day is not what was sealed")
			: transport_because(&u->s->t, ANSWER_LOCAL, "read: %s", strerror(errno));
	return a;
}

static enum answer
hash_part(struct upload *u, uint64_t offset, uint64_t bytes, char hex[DIGEST_HEX])
{
	struct digest *d = digest_new();
	enum answer a = add_to(u, d, offset, bytes);

	if (d != NULL)
		digest_take_hex(d, hex);
	digest_free(d);
	return a;
}

/* Does this part of the file lie there already?  Then its ETag is ${etag}.  What is not known is sent again. */
static int
is_stored(struct upload *u, unsigned number, uint64_t offset, uint64_t bytes, char etag[ETAG_ROOM])
{
	const char *theirs = u->stored == NULL ? NULL : s3_stored_md5(u->stored, number, bytes);
	struct digest *d = theirs == NULL ? NULL : digest_new_md5();
	char ours[DIGEST_MD5_HEX] = "";

	if (d != NULL && add_to(u, d, offset, bytes) == ANSWER_OK)
		digest_take_md5(d, ours);
	digest_free(d);
	if (theirs == NULL || strcmp(ours, theirs) != 0)
		return 0;
	(void)snprintf(etag, ETAG_ROOM, "\"%s\"", ours);
	return 1;
}

static int
add_part(struct upload *u, unsigned number, const char *etag, const char *checksum)
{
	return buf_printf(&u->list,
	    "<Part><PartNumber>%u</PartNumber><ETag>%s</ETag><ChecksumSHA256>%s</ChecksumSHA256></Part>", number,
	    etag, checksum);
}

/* An ETag goes back into XML as it came: of one that could be anything else, nothing is made. */
static int
is_etag(const char *s)
{
	size_t n = strspn(s, "\"0123456789abcdefABCDEF-");

	return n > 0 && s[n] == '\0';
}

static enum answer
send_part(struct upload *u, unsigned number)
{
	static const char label[] = "x-amz-checksum-sha256: ";
	uint64_t offset = (number - 1) * u->part_bytes, left = u->bytes - offset;
	struct curlio_header etag = {.name = "etag:"};
	struct buf path = BUF_INIT;
	char hex[DIGEST_HEX], checksum[128], kept[ETAG_ROOM];
	const char *const extra[] = {checksum, NULL};
	uint8_t raw[DIGEST_BYTES];
	struct s3_request q = {.sha256 = hex,
	    .extra = extra,
	    .io = {.kind = CURLIO_SEND,
		.body = u->body,
		.offset = offset,
		.bytes = left < u->part_bytes ? left : u->part_bytes,
		.headers = &etag,
		.header_count = 1}};
	struct curlio_reply reply = {0};
	enum answer a = hash_part(u, offset, q.io.bytes, hex);

	u->was_answered = 1; /* or never asked */
	if (a != ANSWER_OK)
		return a;
	(void)snprintf(checksum, sizeof checksum, "%s", label);
	if (text_unhex(raw, sizeof raw, hex) == -1 ||
	    text_base64(checksum + sizeof label - 1, sizeof checksum - sizeof label + 1, raw, sizeof raw) == -1 ||
	    buf_printf(&path, "%s?partNumber=%u&uploadId=%s", u->path, number, u->id) == -1)
		return no_memory(u);
	if (is_stored(u, number, offset, q.io.bytes, kept)) {
		buf_free(&path);
		return add_part(u, number, kept, checksum + sizeof label - 1) == -1 ? no_memory(u) : ANSWER_OK;
	}
	q.path = path.data;
	a = s3_run(u->s, &q, &reply, "PUT of a part");
	u->was_answered = is_of_upload(&reply);
	u->sent += a == ANSWER_OK;
	if (a == ANSWER_OK && strcmp(reply.sha256, hex) != 0)
		a = transport_because(&u->s->t, ANSWER_ROT, "our own file changed while it was sent");
	if (a == ANSWER_OK && !is_etag(etag.value))
		a = transport_because(&u->s->t, ANSWER_REFUSED, "PUT of a part: no usable ETag came back");
	if (a == ANSWER_OK && add_part(u, number, etag.value, checksum + sizeof label - 1) == -1)
		a = no_memory(u);
	buf_free(&path);
	return a;
}

/* Engines that know If-None-Match here refuse a name that is taken; for others it was looked at just before. */
static enum answer
complete(struct upload *u)
{
	static const char *const extra[] = {"If-None-Match: *", NULL};
	struct curlio_header version = {.name = "x-amz-version-id:"};
	struct buf path = BUF_INIT;
	char hex[DIGEST_HEX];
	struct s3_request q = {.method = "POST",
	    .sha256 = hex,
	    .extra = extra,
	    .io = {.kind = CURLIO_SEND, .headers = &version, .header_count = 1}};
	struct curlio_reply reply;
	uint64_t length = DESTINATION_UNKNOWN;
	enum answer a = u->s->t.ops->stat(&u->s->t, u->path, &length);

	u->was_answered = 0; /* about the upload */
	if (a == ANSWER_OK)
		return transport_because(&u->s->t, ANSWER_TAKEN, "the name was taken while the parts were sent");
	if (a != ANSWER_ABSENT)
		return a;
	if (buf_puts(&u->list, "</CompleteMultipartUpload>") == -1 ||
	    digest_hex_of(u->list.data, u->list.len, hex) == -1 ||
	    buf_printf(&path, "%s?uploadId=%s", u->path, u->id) == -1)
		return no_memory(u);
	u->was_closed = 1;
	q.path = path.data;
	q.io.text = u->list.data;
	q.io.bytes = u->list.len;
	a = s3_run(u->s, &q, &reply, "complete a multipart upload");
	if (a == ANSWER_OK)
		s3_remember_version(u->s, &version);
	/* Not every engine says here which version it made. */
	if (a == ANSWER_OK && u->s->version[0] == '\0')
		a = u->s->t.ops->stat(&u->s->t, u->path, &length);
	buf_free(&path);
	return a;
}

/*
 * Is what lies there worth going on with?  Not where the server has failed at the first part that it was given: it may be
 * that upload which is ill.
 */
static int
may_go_on(const struct upload *u, enum answer a)
{
	return is_passing(a) && !u->was_closed && (u->sent > 0 || !u->was_answered);
}

/* Give it up; the first reason is the one to tell. */
static void
give_up(struct upload *u)
{
	struct s3 *s = u->s;
	char why[sizeof s->t.why];
	uint32_t wait = s->t.wait_seconds;

	(void)snprintf(why, sizeof why, "%s", s->t.why);
	(void)forget(u); /* the next run tries again */
	(void)snprintf(s->t.why, sizeof s->t.why, "%s", why);
	s->t.wait_seconds = wait;
}

enum answer
s3_place_parts(struct s3 *s, const char *path, const struct body *body, uint64_t bytes)
{
	struct upload u = {.s = s, .path = path, .body = body, .bytes = bytes, .part_bytes = PART_BYTES};
	unsigned count, i;
	enum answer a;

	while (u.part_bytes * PARTS_MAX < bytes)
		u.part_bytes *= 2;
	count = (unsigned)((bytes + u.part_bytes - 1) / u.part_bytes);
	a = go_on(&u);
	if (a != ANSWER_OK)
		return a;
	forget_stale(&u);
	s->t.upload[0] = '\0';
	s3_lock_expect(s); /* an earlier run's upload bears that run's lock */
	a = u.id[0] == '\0' ? begin(&u) : ANSWER_OK;
	if (a != ANSWER_OK)
		return a;
	if (buf_puts(&u.list, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">") == -1)
		a = no_memory(&u);
	for (i = 1; a == ANSWER_OK && i <= count; i++)
		a = send_part(&u, i);
	if (a == ANSWER_OK)
		a = complete(&u);
	if (a != ANSWER_OK && may_go_on(&u, a) && strlen(u.id) < sizeof s->t.upload)
		(void)snprintf(s->t.upload, sizeof s->t.upload, "%s", u.id);
	else if (a != ANSWER_OK)
		give_up(&u);
	s3_stored_free(u.stored);
	buf_free(&u.list);
	return a;
}
