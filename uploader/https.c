#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <curl/curl.h>

#include "diag.h"
#include "fsio.h"
#include "sign.h"

#include "https.h"

#define SECRET_MAX 8192
#define PEM_MAX (4 * 1024 * 1024)
#define AGENT "casetap-uploader/" CASETAP_VERSION

static int
set_tls(const struct conf_destination *d, CURL *c)
{
	if (curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_CERTINFO, 1L) != CURLE_OK)
		return -1;
	/* A configured authority is the only one: the system's list must not vouch beside it. */
	if (d->ca != NULL && (curl_easy_setopt(c, CURLOPT_CAINFO, d->ca) != CURLE_OK ||
				 curl_easy_setopt(c, CURLOPT_CAPATH, NULL) != CURLE_OK))
		return -1;
	/* Each certificate but the root's is looked for in a list then; a list that is missing or too old trusts none. */
	if (d->crl != NULL && curl_easy_setopt(c, CURLOPT_CRLFILE, d->crl) != CURLE_OK)
		return -1;
	if (d->pin != NULL && curl_easy_setopt(c, CURLOPT_PINNEDPUBLICKEY, d->pin) != CURLE_OK)
		return -1;
	if (d->client_cert != NULL && (curl_easy_setopt(c, CURLOPT_SSLCERT, d->client_cert) != CURLE_OK ||
					  curl_easy_setopt(c, CURLOPT_SSLKEY, d->client_key) != CURLE_OK))
		return -1;
	return 0;
}

int
https_begin(struct curlio *io, struct curlio_request *request, const struct conf_destination *conf)
{
	CURL *c = curlio_handle(io);

	request->protocol = "https";
	request->rate_limit = conf->rate_limit;
	if (curlio_begin(io, request) == -1)
		return -1;
	if (set_tls(conf, c) == -1 ||
	    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_USERAGENT, AGENT) != CURLE_OK) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

void
https_remember_peer(struct curlio *io, struct transport *t)
{
	char certificate[DIGEST_HEX];

	curlio_certificate(io, certificate);
	if (certificate[0] != '\0')
		(void)snprintf(t->peer, sizeof t->peer, "sha256:%s", certificate);
}

static int
refuse_file(const struct conf_destination *d, const char *path, int *status)
{
	*status = errno == ENOENT ? EX_NOINPUT : errno == EACCES ? EX_NOPERM : EX_CONFIG;
	diag_err("destination %s: %s", d->name, path);
	return -1;
}

/* Anything but one printable line could become a second header. */
int
https_load_secret(const struct conf_destination *d, const char *path, struct buf *s, int *status)
{
	if (fsio_load_path(path, SECRET_MAX, s) == -1)
		return refuse_file(d, path, status);
	while (s->len > 0 && (s->data[s->len - 1] == '\n' || s->data[s->len - 1] == '\r'))
		s->data[--s->len] = '\0';
	for (size_t i = 0; i < s->len; i++) {
		if (s->data[i] < 0x20 || s->data[i] > 0x7e)
			s->len = 0;
	}
	if (s->len == 0) {
		diag_errx("destination %s: %s: must hold one line of printable text", d->name, path);
		*status = EX_CONFIG;
		return -1;
	}
	return 0;
}

/* libcurl would find out with the first byte to send; the operator wants to know from --check. */
int
https_check_readable(const struct conf_destination *d, const char *path, int *status)
{
	struct buf text = BUF_INIT;
	int rc = 0;

	if (path != NULL && fsio_load_path(path, PEM_MAX, &text) == -1)
		rc = refuse_file(d, path, status);
	sign_wipe(&text);
	return rc;
}
