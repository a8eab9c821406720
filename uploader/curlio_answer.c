#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "buf.h"
#include "text.h"

#include "curlio.h"

#define CERTIFICATE_MAX (64 * 1024)
#define CERTIFICATE_BEGIN "-----BEGIN CERTIFICATE-----"
#define CERTIFICATE_END "-----END CERTIFICATE-----"

/* What must not be tried again before somebody looked, by libcurl's code; all others may work another time. */
static const struct {
	CURLcode code;
	enum answer answer;
} known[] = {
    {CURLE_COULDNT_RESOLVE_HOST, ANSWER_UNREACHABLE},
    {CURLE_COULDNT_CONNECT, ANSWER_UNREACHABLE},
    {CURLE_OPERATION_TIMEDOUT, ANSWER_UNREACHABLE},
    {CURLE_PEER_FAILED_VERIFICATION, ANSWER_UNTRUSTED},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, ANSWER_UNTRUSTED},
    {CURLE_SSL_ISSUER_ERROR, ANSWER_UNTRUSTED},
    {CURLE_SSL_INVALIDCERTSTATUS, ANSWER_UNTRUSTED},
    {CURLE_SSL_CIPHER, ANSWER_UNTRUSTED},
    {CURLE_USE_SSL_FAILED, ANSWER_UNTRUSTED},
    {CURLE_UNSUPPORTED_PROTOCOL, ANSWER_UNTRUSTED}, /* an answer that is no HTTP/1 */
    {CURLE_WEIRD_SERVER_REPLY, ANSWER_UNTRUSTED},
    {CURLE_LOGIN_DENIED, ANSWER_DENIED},
    {CURLE_REMOTE_ACCESS_DENIED, ANSWER_FORBIDDEN},
    {CURLE_REMOTE_FILE_NOT_FOUND, ANSWER_ABSENT},
    {CURLE_REMOTE_FILE_EXISTS, ANSWER_TAKEN},
    {CURLE_REMOTE_DISK_FULL, ANSWER_FULL},
    {CURLE_SSL_CERTPROBLEM, ANSWER_CONFIG},
    {CURLE_SSL_CACERT_BADFILE, ANSWER_CONFIG},
    {CURLE_SSL_CRL_BADFILE, ANSWER_CONFIG},
    {CURLE_OUT_OF_MEMORY, ANSWER_LOCAL},
};

/* A TLS handshake, or a peer that wants a certificate after it, ended by a word and not by a broken line. */
static enum answer
judge_tls(const struct curlio_reply *r)
{
	if (strstr(r->text, "alert certificate required") != NULL ||
	    strstr(r->text, "alert bad certificate") != NULL || strstr(r->text, "alert unknown ca") != NULL ||
	    strstr(r->text, "alert access denied") != NULL)
		return ANSWER_DENIED;
	if (strstr(r->text, "error:0A") != NULL && strstr(r->text, "unexpected eof") == NULL)
		return ANSWER_UNTRUSTED;
	return ANSWER_RETRY;
}

enum answer
curlio_answer(struct transport *t, const struct curlio_reply *r)
{
	enum answer a = ANSWER_RETRY;

	if (r->code == CURLE_OK)
		return ANSWER_OK;
	if (r->was_stopped)
		return transport_because(t, ANSWER_STOPPED, "stopped");
	if (r->local_errno == EBADMSG)
		return transport_because(t, ANSWER_ROT, "a file of the day is not what was sealed");
	if (r->local_errno == ENODATA)
		return transport_because(t, ANSWER_ROT, "the file became shorter while it was sent");
	if (r->local_errno != 0)
		return transport_because(t, ANSWER_LOCAL, "read: %s", strerror(r->local_errno));
	if (r->is_flood)
		return transport_because(t, ANSWER_UNTRUSTED, "the answer is longer than any honest one");
	if (r->is_longer)
		return transport_because(t, ANSWER_LONGER, "more bytes came back than were sent");
	if (r->code == CURLE_SSL_CONNECT_ERROR || r->code == CURLE_RECV_ERROR || r->code == CURLE_SEND_ERROR)
		a = judge_tls(r);
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if ((int)known[i].code == r->code)
			a = known[i].answer;
	}
	/* It was there: that one file takes too long says nothing of the next. */
	if (a == ANSWER_UNREACHABLE && r->is_connected)
		a = ANSWER_RETRY;
	return transport_because(t, a, "%s", r->text);
}

/* The SHA-256 of the DER inside a PEM text. */
static int
hash_pem(const char *pem, char hex[DIGEST_HEX])
{
	const char *at = strstr(pem, CERTIFICATE_BEGIN), *end;
	struct buf text = BUF_INIT;
	uint8_t *der = NULL;
	size_t n;
	int rc = -1;

	if (at == NULL || (end = strstr(at, CERTIFICATE_END)) == NULL)
		return -1;
	for (at += strlen(CERTIFICATE_BEGIN); at < end; at++) {
		if (*at != '\n' && *at != '\r' && buf_putc(&text, *at) == -1)
			goto out;
	}
	der = malloc(CERTIFICATE_MAX);
	if (der == NULL || text.len == 0 || text_unbase64(der, CERTIFICATE_MAX, &n, text.data, text.len) == -1)
		goto out;
	rc = digest_hex_of(der, n, hex);
out:
	free(der);
	buf_free(&text);
	return rc;
}

void
curlio_certificate(struct curlio *io, char hex[DIGEST_HEX])
{
	const struct curl_certinfo *info = NULL;
	const struct curl_slist *line;

	hex[0] = '\0';
	if (curl_easy_getinfo(curlio_handle(io), CURLINFO_CERTINFO, &info) != CURLE_OK || info == NULL ||
	    info->num_of_certs < 1)
		return;
	for (line = info->certinfo[0]; line != NULL; line = line->next) {
		if (strncmp(line->data, "Cert:", 5) == 0 && hash_pem(line->data, hex) == -1)
			hex[0] = '\0';
	}
}

int
curlio_split_url(const char *url, char **user, char **rest)
{
	CURLU *u = curl_url();
	char *name = NULL, *bare = NULL;
	int rc = -1;

	*user = *rest = NULL;
	if (u == NULL || curl_url_set(u, CURLUPART_URL, url, CURLU_PATH_AS_IS) != CURLUE_OK)
		goto out;
	if (curl_url_get(u, CURLUPART_USER, &name, CURLU_URLDECODE) == CURLUE_OK && (*user = strdup(name)) == NULL)
		goto out;
	if (curl_url_set(u, CURLUPART_USER, NULL, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_URL, &bare, CURLU_PATH_AS_IS) != CURLUE_OK || (*rest = strdup(bare)) == NULL) {
		free(*user);
		*user = NULL;
		goto out;
	}
	rc = 0;
out:
	curl_free(name);
	curl_free(bare);
	curl_url_cleanup(u);
	return rc;
}
