#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "destination.h"
#include "transport.h"

void
destination_default_limits(struct destination_limits *limits)
{
	*limits = (struct destination_limits){
	    .connect_seconds = 10, .silent_seconds = 60, .silent_bytes = 64, .answer_bytes = 64 * 1024};
}

enum answer
transport_because(struct transport *t, enum answer answer, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(t->why, sizeof t->why, fmt, ap); /* cut where it is too long: it is for people */
	va_end(ap);
	return answer;
}

enum answer
transport_list_failed(struct transport *t, const char *path)
{
	if (errno == ENOBUFS)
		return transport_because(t, ANSWER_LONGER, "the listing of %s does not end", path);
	return transport_because(t, ANSWER_LOCAL, "%s", strerror(errno));
}

static struct transport *
theirs(const struct destination *d)
{
	return (struct transport *)(uintptr_t)d;
}

/* What an earlier call left behind is not this one's. */
static struct transport *
begin(struct destination *d)
{
	struct transport *t = theirs(d);

	t->why[0] = '\0';
	t->wait_seconds = 0;
	return t;
}

struct destination *
destination_open(const struct conf_destination *conf, const struct destination_limits *limits, int *status)
{
	struct transport *t = NULL;

	switch (conf->scheme) {
	case CONF_FILE:
		t = file_open(conf, limits, status);
		break;
	case CONF_HTTPS:
		t = http_open(conf, limits, status);
		break;
	case CONF_SFTP:
		t = sftp_open(conf, limits, status);
		break;
	case CONF_S3:
		t = s3_open(conf, limits, status);
		break;
	}
	return (struct destination *)t;
}

void
destination_close(struct destination *d)
{
	if (d != NULL)
		theirs(d)->ops->close(theirs(d));
}

enum answer
destination_stat(struct destination *d, const char *path, uint64_t *bytes)
{
	struct transport *t = begin(d);

	*bytes = DESTINATION_UNKNOWN;
	return t->ops->stat(t, path, bytes);
}

enum answer
destination_put(
    struct destination *d, const char *path, const struct body *body, uint64_t bytes, char sent[DIGEST_HEX])
{
	struct transport *t = begin(d);

	sent[0] = '\0';
	t->sent = 0;
	return t->ops->put(t, path, body, bytes, sent);
}

enum answer
destination_go_on(struct destination *d, const char *path, const struct body *body, uint64_t bytes, uint64_t from,
    char sent[DIGEST_HEX])
{
	struct transport *t = begin(d);

	sent[0] = '\0';
	t->sent = 0;
	if (t->ops->go_on == NULL)
		return transport_because(t, ANSWER_REFUSED, "nothing is continued here");
	return t->ops->go_on(t, path, body, bytes, from, sent);
}

uint64_t
destination_sent(const struct destination *d)
{
	return theirs(d)->sent;
}

void
destination_set_upload(struct destination *d, const char *upload)
{
	struct transport *t = theirs(d);

	(void)snprintf(t->upload, sizeof t->upload, "%s", upload);
}

const char *
destination_upload(const struct destination *d)
{
	return theirs(d)->upload;
}

enum answer
destination_stat_aside(struct destination *d, const char *path, uint64_t *bytes)
{
	struct transport *t = theirs(d);
	uint32_t wait = t->wait_seconds;
	enum answer a = destination_stat(d, path, bytes);

	t->wait_seconds = wait;
	return a;
}

enum answer
destination_hash(struct destination *d, const char *path, uint64_t bytes, char hex[DIGEST_HEX])
{
	struct transport *t = begin(d);

	hex[0] = '\0';
	return t->ops->hash(t, path, bytes, hex);
}

enum answer
destination_state(struct destination *d, const char *path, uint64_t bytes, char hex[DIGEST_HEX])
{
	struct transport *t = begin(d);

	hex[0] = '\0';
	return t->ops->state == NULL ? ANSWER_OK : t->ops->state(t, path, bytes, hex);
}

int
destination_places(const struct destination *d)
{
	return theirs(d)->ops->place != NULL;
}

enum answer
destination_place(
    struct destination *d, const char *path, const struct body *body, uint64_t bytes, const char *sha256)
{
	struct transport *t = begin(d);

	return t->ops->place(t, path, body, bytes, sha256);
}

void
destination_keep(struct destination *d, uint32_t days)
{
	struct transport *t = theirs(d);

	if (t->ops->keep != NULL)
		t->ops->keep(t, days);
}

enum answer
destination_look(struct destination *d, const char *path, const char *version, uint64_t *bytes)
{
	struct transport *t = begin(d);

	*bytes = DESTINATION_UNKNOWN;
	return t->ops->look == NULL ? ANSWER_ABSENT : t->ops->look(t, path, version, bytes);
}

enum answer
destination_list(struct destination *d, const char *folder, struct listing *listing)
{
	struct transport *t = begin(d);
	enum answer a = t->ops->list(t, folder, listing);

	if (a == ANSWER_LONGER) {
		errno = ENOBUFS;
		a = transport_list_failed(t, folder);
	}
	return a;
}

const char *
destination_version(const struct destination *d)
{
	const struct transport *t = theirs(d);

	return t->ops->version == NULL ? "" : t->ops->version(t);
}

enum answer
destination_publish(struct destination *d, const char *from, const char *to)
{
	struct transport *t = begin(d);

	return t->ops->publish(t, from, to);
}

enum answer
destination_settle(struct destination *d, const char *path)
{
	struct transport *t = begin(d);

	return t->ops->settle == NULL ? ANSWER_OK : t->ops->settle(t, path);
}

enum answer
destination_get(struct destination *d, const char *path, size_t max, struct buf *out)
{
	struct transport *t = begin(d);

	return t->ops->get(t, path, max, out);
}

const char *
destination_why(const struct destination *d)
{
	return theirs(d)->why;
}

uint32_t
destination_wait_seconds(const struct destination *d)
{
	return theirs(d)->wait_seconds;
}

char *
destination_location(const struct destination *d, const char *path, char *out, size_t room)
{
	(void)snprintf(out, room, "%s%s", theirs(d)->base, path);
	return out;
}

const char *
destination_peer(const struct destination *d)
{
	return theirs(d)->peer;
}
