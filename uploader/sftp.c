#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <curl/curl.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "sign.h"

#include "curlio.h"
#include "sshfiles.h"
#include "transport.h"

#define KEY_FILE_MAX (64 * 1024)
#define HOSTS_MAX (1024 * 1024)
#define FILES_MODE 0640L
#define FOLDERS_MODE 0750L
#define SCHEME "sftp://"

/* SFTP through libcurl and libssh2: one key of ours, one list of known hosts, nothing else is tried or believed. */
struct sftp {
	struct transport t;
	const struct conf_destination *conf; /* borrowed */
	struct curlio *io;
	char *user;
	enum curl_khmatch match; /* of the last host key that was shown */
};

/* libcurl asks for every new connection; without known_hosts it would not, and would send to anybody. */
static int
judge_host(CURL *handle, const struct curl_khkey *known, const struct curl_khkey *found, enum curl_khmatch match,
    void *cookie)
{
	struct sftp *s = cookie;
	char hex[DIGEST_HEX];

	(void)handle; /* ours */
	(void)known;  /* compared already */
	s->match = match;
	if (match != CURLKHMATCH_OK)
		return CURLKHSTAT_REJECT;
	if (digest_hex_of(found->key, found->len != 0 ? found->len : strlen(found->key), hex) == 0)
		(void)snprintf(s->t.peer, sizeof s->t.peer, "sha256:%s", hex);
	return CURLKHSTAT_FINE;
}

static enum answer
because_reply(struct sftp *s, const struct curlio_reply *r)
{
	if (r->code == CURLE_PEER_FAILED_VERIFICATION && s->match == CURLKHMATCH_MISMATCH)
		return transport_because(
		    &s->t, ANSWER_UNTRUSTED, "the host key is not the one in %s", s->conf->known_hosts);
	if (r->code == CURLE_PEER_FAILED_VERIFICATION)
		return transport_because(&s->t, ANSWER_UNTRUSTED, "the host is not in %s", s->conf->known_hosts);
	/* -5: no common algorithm, and we offer that of the known host key alone. */
	if (r->code == CURLE_FAILED_INIT && strstr(r->text, "session: -5") != NULL)
		return transport_because(&s->t, ANSWER_UNTRUSTED, "the host has no key of the kind in %s (%s)",
		    s->conf->known_hosts, r->text);
	return curlio_answer(&s->t, r);
}

/* Run one request; ${quote} holds commands that go before it, or NULL. */
static enum answer
run(struct sftp *s, struct curlio_request *request, struct curl_slist *quote, struct curlio_reply *reply)
{
	CURL *c = curlio_handle(s->io);

	request->protocol = "sftp";
	request->base = s->t.base;
	request->rate_limit = s->conf->rate_limit;
	s->match = CURLKHMATCH_OK;
	if (curlio_begin(s->io, request) == -1 || curl_easy_setopt(c, CURLOPT_USERNAME, s->user) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_SSH_AUTH_TYPES, (long)CURLSSH_AUTH_PUBLICKEY) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_SSH_PRIVATE_KEYFILE, s->conf->identity) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_SSH_KNOWNHOSTS, s->conf->known_hosts) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_SSH_KEYFUNCTION, judge_host) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_SSH_KEYDATA, s) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_FTP_CREATE_MISSING_DIRS, (long)CURLFTP_CREATE_DIR) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_NEW_FILE_PERMS, FILES_MODE) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_NEW_DIRECTORY_PERMS, FOLDERS_MODE) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_DIRLISTONLY, 1L) != CURLE_OK || /* of what ends with "/" */
	    curl_easy_setopt(c, CURLOPT_QUOTE, quote) != CURLE_OK ||
	    /* Opened to append, without truncation, and never made: libcurl counts from the start of the file. */
	    (request->skip > 0 &&
		(curl_easy_setopt(c, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)request->skip) != CURLE_OK ||
		    curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->bytes) != CURLE_OK)))
		return transport_because(&s->t, ANSWER_LOCAL, "libcurl does not take an option");
	curlio_perform(s->io, reply);
	return because_reply(s, reply);
}

static enum answer
sftp_stat(struct transport *t, const char *path, uint64_t *bytes)
{
	struct sftp *s = (struct sftp *)t;
	struct curlio_request request = {.kind = CURLIO_ASK, .path = path};
	struct curlio_reply reply;
	enum answer a = run(s, &request, NULL, &reply);

	if (a == ANSWER_OK)
		*bytes = reply.length;
	return a;
}

static enum answer
sftp_hash(struct transport *t, const char *path, uint64_t bytes, char *hex)
{
	struct sftp *s = (struct sftp *)t;
	struct curlio_request request = {.kind = CURLIO_RECEIVE, .path = path, .bytes = bytes};
	struct curlio_reply reply;
	enum answer a = run(s, &request, NULL, &reply);

	if (a == ANSWER_OK)
		(void)snprintf(hex, DIGEST_HEX, "%s", reply.sha256);
	return a;
}

static enum answer
sftp_get(struct transport *t, const char *path, size_t max, struct buf *out)
{
	struct sftp *s = (struct sftp *)t;
	struct curlio_request request = {.kind = CURLIO_RECEIVE, .path = path, .bytes = max, .sink = out};
	struct curlio_reply reply;

	return run(s, &request, NULL, &reply);
}

/* Names only: what OpenSSH tells beside them is meant for eyes. */
static enum answer
sftp_list(struct transport *t, const char *path, struct listing *listing)
{
	struct buf text = BUF_INIT;
	enum answer a = sftp_get(t, path, LISTING_BYTES, &text);

	if (text.data != NULL && listing_take_lines(listing, text.data, text.len) == -1)
		a = transport_list_failed(t, path);
	buf_free(&text);
	return a;
}

static enum answer
sftp_go_on(struct transport *t, const char *path, const struct body *body, uint64_t bytes, uint64_t from, char *sent)
{
	struct sftp *s = (struct sftp *)t;
	struct curlio_request request = {
	    .kind = CURLIO_SEND, .path = path, .body = body, .bytes = bytes, .skip = from};
	struct curlio_reply reply = {0};
	enum answer a = run(s, &request, NULL, &reply);

	t->sent = reply.sent;
	if (a == ANSWER_OK)
		(void)snprintf(sent, DIGEST_HEX, "%s", reply.sha256);
	if (a == ANSWER_ABSENT && from > 0)
		a = transport_because(t, ANSWER_REFUSED, "what was to be continued is gone");
	/* The folder could not be made either: libcurl says only that the file is not there. */
	if (a == ANSWER_ABSENT)
		a = transport_because(t, ANSWER_FORBIDDEN, "the folder is not there and can not be made");
	return a;
}

static enum answer
sftp_put(struct transport *t, const char *path, const struct body *body, uint64_t bytes, char *sent)
{
	return sftp_go_on(t, path, body, bytes, 0, sent);
}

/*
 * RFC draft-ietf-secsh-filexfer-02, 6.5: "it is an error if there already exists a file with the name specified by
 * newpath".  OpenSSH keeps to it; the caller has looked before, for the servers that do not.
 */
static enum answer
sftp_publish(struct transport *t, const char *from, const char *to)
{
	struct sftp *s = (struct sftp *)t;
	const char *root = strchr(t->base + strlen(SCHEME), '/');
	struct curlio_request request = {.kind = CURLIO_ASK, .path = ""}; /* a folder: looked at, not listed */
	struct curl_slist *quote = NULL;
	struct buf command = BUF_INIT;
	struct curlio_reply reply;
	uint64_t bytes;
	enum answer a;

	if (buf_printf(&command, "rename %s%s %s%s", root, from, root, to) == 0)
		quote = curl_slist_append(NULL, command.data);
	if (quote == NULL) {
		a = transport_because(t, ANSWER_LOCAL, "%s", strerror(ENOMEM));
		goto out;
	}
	a = run(s, &request, quote, &reply);
	if (reply.code == CURLE_QUOTE_ERROR) {
		/* SFTP version 3 has one word for every refusal: look which it was. */
		a = sftp_stat(t, to, &bytes);
		if (a == ANSWER_OK)
			a = transport_because(t, ANSWER_TAKEN, "rename: the name is taken");
		else if (a == ANSWER_ABSENT)
			a = transport_because(t, ANSWER_REFUSED, "rename: %s", reply.text);
	}
out:
	curl_slist_free_all(quote);
	buf_free(&command);
	return a;
}

static void
sftp_close(struct transport *t)
{
	struct sftp *s = (struct sftp *)t;

	curlio_free(s->io);
	free(s->user);
	free(s);
}

static const struct transport_ops sftp_ops = {.stat = sftp_stat,
    .put = sftp_put,
    .go_on = sftp_go_on,
    .hash = sftp_hash,
    .publish = sftp_publish,
    .get = sftp_get,
    .list = sftp_list,
    .close = sftp_close};

static int
judge_file(const struct conf_destination *conf, const char *key, const char *path, size_t max,
    const char *(*judge)(const char *, size_t), int *status)
{
	struct buf text = BUF_INIT;
	const char *why;
	int rc = -1;

	*status = EX_CONFIG;
	if (path == NULL) {
		diag_errx("destination %s: sftp needs identity and known_hosts", conf->name);
	} else if (fsio_load_path(path, max, &text) == -1) {
		diag_err("destination %s: %s", conf->name, path);
		*status = errno == ENOENT ? EX_NOINPUT : errno == EACCES ? EX_NOPERM : EX_CONFIG;
	} else if ((why = judge(text.data, text.len)) != NULL) {
		diag_errx("destination %s: %s %s: %s", conf->name, key, path, why);
	} else {
		rc = 0;
	}
	sign_wipe(&text);
	return rc;
}

/* User and base, the path of which becomes part of a command: letters that need no quoting only. */
static int
set_base(struct sftp *s, int *status)
{
	char *rest = NULL;
	size_t n;
	int rc = -1;

	*status = EX_CONFIG;
	if (curlio_split_url(s->conf->url, &s->user, &rest) == -1) {
		diag_errx("destination %s: url: not one that libcurl understands", s->conf->name);
		goto out;
	}
	n = strlen(rest);
	if (s->user == NULL || *s->user == '\0') {
		diag_errx("destination %s: url names no user: sftp://USER@HOST/PATH/", s->conf->name);
	} else if (strpbrk(rest, "%'\\*") != NULL || snprintf(s->t.base, sizeof s->t.base, "%s%s", rest,
							 rest[n - 1] == '/' ? "" : "/") >= (int)sizeof s->t.base) {
		diag_errx("destination %s: url: too long, or %%, ', * or \\ in its path", s->conf->name);
	} else {
		rc = 0;
	}
out:
	free(rest);
	return rc;
}

struct transport *
sftp_open(const struct conf_destination *conf, const struct destination_limits *limits, int *status)
{
	struct sftp *s = calloc(1, sizeof *s);

	if (s == NULL || (s->io = curlio_new(limits)) == NULL) {
		diag_err("destination %s", conf->name);
		free(s);
		*status = EX_OSERR;
		return NULL;
	}
	s->t.ops = &sftp_ops;
	s->conf = conf;
	if (judge_file(conf, "identity", conf->identity, KEY_FILE_MAX, sshfiles_judge_identity, status) == -1 ||
	    judge_file(conf, "known_hosts", conf->known_hosts, HOSTS_MAX, sshfiles_judge_known_hosts, status) == -1 ||
	    set_base(s, status) == -1) {
		sftp_close(&s->t);
		return NULL;
	}
	return &s->t;
}
