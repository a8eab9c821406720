#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "diag.h"
#include "sign.h"
#include "stamp.h"
#include "text.h"

#include "https.h"
#include "s3_internal.h"

#define SCHEME "s3://"
#define REGION "us-east-1" /* what engines that know no regions take */

void
s3_remember_version(struct s3 *s, const struct curlio_header *h)
{
	(void)snprintf(s->version, sizeof s->version, "%s", strcmp(h->value, "null") == 0 ? "" : h->value);
}

/* An answer to HEAD has no body, and so no word for what is wrong: a clock, a key or a right.  GET's has. */
static enum answer
ask_why(struct s3 *s, const char *path)
{
	struct s3_request q = {.method = "GET", .path = path, .io = {.kind = CURLIO_ASK}};
	struct curlio_reply reply;
	enum answer a = s3_run(s, &q, &reply, "GET");

	return a == ANSWER_OK ? transport_because(&s->t, ANSWER_FORBIDDEN, "HEAD: the server answers 403") : a;
}

static enum answer
s3_stat(struct transport *t, const char *path, uint64_t *bytes)
{
	struct s3 *s = (struct s3 *)t;
	struct curlio_header version = {.name = "x-amz-version-id:"};
	struct s3_request q = {.path = path, .io = {.kind = CURLIO_ASK, .headers = &version, .header_count = 1}};
	struct curlio_reply reply;
	enum answer a;

	s->version[0] = '\0';
	a = s3_run(s, &q, &reply, "HEAD");
	if (a == ANSWER_FORBIDDEN)
		return ask_why(s, path);
	if (a != ANSWER_OK)
		return a;
	*bytes = reply.length;
	s3_remember_version(s, &version);
	return a;
}

static enum answer
s3_look(struct transport *t, const char *path, const char *wanted, uint64_t *bytes)
{
	struct buf versioned = BUF_INIT;
	enum answer a;

	(void)buf_printf(&versioned, "%s?versionId=", path); /* s3_encode tells */
	if (s3_encode(&versioned, wanted) == -1) {
		buf_free(&versioned);
		return transport_because(t, ANSWER_LOCAL, "%s", strerror(ENOMEM));
	}
	a = s3_stat(t, versioned.data, bytes);
	buf_free(&versioned);
	/* A version that never was can be no version at all. */
	return a == ANSWER_REJECTED ? ANSWER_ABSENT : a;
}

static enum answer
s3_hash(struct transport *t, const char *path, uint64_t bytes, char *hex)
{
	struct s3 *s = (struct s3 *)t;
	struct curlio_header seen[] = S3_LOCK_HEADERS;
	struct buf versioned = BUF_INIT;
	struct s3_request q = {
	    .path = path, .io = {.kind = CURLIO_RECEIVE, .bytes = bytes, .headers = seen, .header_count = 3}};
	struct curlio_reply reply;
	enum answer a;

	/* A name can be given to other bytes; a version can not. */
	if (s->version[0] != '\0') {
		(void)buf_printf(&versioned, "%s?versionId=", path); /* s3_encode tells */
		if (s3_encode(&versioned, s->version) == -1)
			return transport_because(t, ANSWER_LOCAL, "%s", strerror(ENOMEM));
		q.path = versioned.data;
	}
	a = s3_run(s, &q, &reply, "GET");
	if (a == ANSWER_OK && reply.http_status != 200)
		a = transport_because(t, ANSWER_REFUSED, "GET: the server answers %ld", reply.http_status);
	if (a == ANSWER_OK)
		a = s3_check_lock(s, seen);
	/* Ceph's RGW does not lock what went in parts, whatever the request for them said. */
	if (a == ANSWER_REFUSED && s->has_placed && bytes > S3_SINGLE_MAX && reply.received == bytes &&
	    reply.http_status == 200)
		a = s3_lock(s, path);
	/* What has another lock may still be the file: its bytes have all come. */
	if (a == ANSWER_OK || (a == ANSWER_REFUSED && reply.code == 0 && reply.http_status == 200))
		(void)snprintf(hex, DIGEST_HEX, "%s", reply.sha256);
	buf_free(&versioned);
	return a;
}

static enum answer
s3_get(struct transport *t, const char *path, size_t max, struct buf *out)
{
	struct s3 *s = (struct s3 *)t;
	struct s3_request q = {.path = path, .io = {.kind = CURLIO_RECEIVE, .bytes = max, .sink = out}};
	struct curlio_reply reply;
	enum answer a = s3_run(s, &q, &reply, "GET");

	if (a == ANSWER_OK && reply.http_status != 200)
		a = transport_because(t, ANSWER_REFUSED, "GET: the server answers %ld", reply.http_status);
	return a;
}

static enum answer
place_whole(struct s3 *s, const char *path, const struct body *body, uint64_t bytes, const char *sha256)
{
	struct curlio_header version = {.name = "x-amz-version-id:"};
	const char *lines[S3_EXTRA_MAX] = {NULL};
	struct buf room = BUF_INIT;
	char checksum[128] = "x-amz-checksum-sha256: ";
	uint8_t raw[DIGEST_BYTES];
	struct s3_request q = {.path = path,
	    .sha256 = sha256,
	    .extra = s3_lock_headers(s, &room, lines),
	    .io = {.kind = CURLIO_SEND, .body = body, .bytes = bytes, .headers = &version, .header_count = 1}};
	struct curlio_reply reply;
	enum answer a;
	size_t n = 0;

	while (lines[n] != NULL)
		n++;
	lines[n++] = "If-None-Match: *";
	/* What engines with Object Lock ask for instead of an MD5, and keep beside the object. */
	if (buf_failed(&room) || text_unhex(raw, sizeof raw, sha256) == -1 ||
	    text_base64(checksum + strlen(checksum), sizeof checksum - strlen(checksum), raw, sizeof raw) == -1) {
		buf_free(&room);
		return transport_because(&s->t, ANSWER_LOCAL, "%s", strerror(ENOMEM));
	}
	lines[n++] = checksum;
	lines[n] = NULL;
	a = s3_run(s, &q, &reply, "PUT");
	if (a == ANSWER_OK && strcmp(reply.sha256, sha256) != 0)
		a = transport_because(&s->t, ANSWER_ROT, "our own file changed while it was sent");
	if (a == ANSWER_OK)
		s3_remember_version(s, &version);
	buf_free(&room);
	return a;
}

static enum answer
s3_place(struct transport *t, const char *path, const struct body *body, uint64_t bytes, const char *sha256)
{
	struct s3 *s = (struct s3 *)t;

	s->version[0] = '\0';
	s->has_placed = 1;
	return bytes <= S3_SINGLE_MAX ? place_whole(s, path, body, bytes, sha256)
				      : s3_place_parts(s, path, body, bytes);
}

static void
s3_keep(struct transport *t, uint32_t days)
{
	struct s3 *s = (struct s3 *)t;

	s->lock_until = 0;
	s->has_placed = 0;
	if (s->conf->object_lock_days == CONF_LOCK_BY_ORDER)
		s->lock_days = days;
}

static const char *
s3_version(const struct transport *t)
{
	return ((const struct s3 *)t)->version;
}

static void
s3_close(struct transport *t)
{
	struct s3 *s = (struct s3 *)t;

	curlio_free(s->io);
	sign_wipe(&s->access);
	sign_wipe(&s->secret);
	buf_free(&s->answer);
	free(s);
}

static const struct transport_ops s3_ops = {.stat = s3_stat,
    .hash = s3_hash,
    .get = s3_get,
    .list = s3_list,
    .close = s3_close,
    .place = s3_place,
    .version = s3_version,
    .keep = s3_keep,
    .settle = s3_settle,
    .look = s3_look};

/* s3://HOST[:PORT]/BUCKET[/PREFIX/], which conf_load has judged, as the URLs of objects and of the bucket. */
static int
set_urls(struct s3 *s)
{
	const char *host = s->conf->url + strlen(SCHEME), *bucket, *prefix;
	int host_n = (int)strcspn(host, "/"), bucket_n, n;

	bucket = host + host_n + 1;
	bucket_n = (int)strcspn(bucket, "/");
	prefix = bucket[bucket_n] == '/' ? bucket + bucket_n + 1 : bucket + bucket_n;
	n = (int)strlen(prefix);
	if (snprintf(s->prefix, sizeof s->prefix, "%s%s", prefix, n == 0 || prefix[n - 1] == '/' ? "" : "/") >=
	    (int)sizeof s->prefix)
		return -1;
	if (s->conf->path_style)
		n = snprintf(s->bucket, sizeof s->bucket, "https://%.*s/%.*s/", host_n, host, bucket_n, bucket);
	else
		n = snprintf(s->bucket, sizeof s->bucket, "https://%.*s.%.*s/", bucket_n, bucket, host_n, host);
	if (n >= (int)sizeof s->bucket ||
	    snprintf(s->t.base, sizeof s->t.base, "%s%s", s->bucket, s->prefix) >= (int)sizeof s->t.base)
		return -1;
	return 0;
}

struct transport *
s3_open(const struct conf_destination *conf, const struct destination_limits *limits, int *status)
{
	struct s3 *s = calloc(1, sizeof *s);

	if (s == NULL || (s->io = curlio_new(limits)) == NULL) {
		diag_err("destination %s", conf->name);
		free(s);
		*status = EX_OSERR;
		return NULL;
	}
	s->t.ops = &s3_ops;
	s->conf = conf;
	s->lock_days = conf->object_lock_days == CONF_LOCK_BY_ORDER ? 0 : conf->object_lock_days; /* s3_keep */
	(void)snprintf(
	    s->provider, sizeof s->provider, "aws:amz:%s:s3", conf->region == NULL ? REGION : conf->region);
	if (set_urls(s) == -1) {
		diag_errx("destination %s: url is too long", conf->name);
		*status = EX_CONFIG;
		goto fail;
	}
	if (https_check_readable(conf, conf->ca, status) == -1 ||
	    https_check_readable(conf, conf->crl, status) == -1 ||
	    https_load_secret(conf, conf->access_key_file, &s->access, status) == -1 ||
	    https_load_secret(conf, conf->secret_key_file, &s->secret, status) == -1)
		goto fail;
	return &s->t;
fail:
	s3_close(&s->t);
	return NULL;
}
