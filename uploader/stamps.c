#include <sys/random.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "json.h"
#include "outbox.h"
#include "stop.h"
#include "tsp.h"

#include "answer.h"
#include "day.h"
#include "stamps.h"
#include "tsa.h"
#include "turn.h"

#define FOLDERS 02750
#define FILES 0440
#define WHY_ROOM 512

struct stamps {
	const struct session *session;
	struct buf pem;
	struct tsp_ca *ca;
	int has_failed[CONF_TSAS_MAX];
	int status;
	/* of the stream at hand */
	const char *case_id, *iap;
	int dirfd, receiptsfd;
};

struct stamps *
stamps_new(const struct session *session, int *status)
{
	const char *path = session->conf->tsa_ca;
	struct stamps *s = calloc(1, sizeof *s);

	*status = EX_OSERR;
	if (s == NULL) {
		diag_err("%s", path);
		return NULL;
	}
	s->session = session;
	if (fsio_load_path(path, TSP_CA_MAX_BYTES, &s->pem) == -1) {
		*status = errno == ENOENT ? EX_NOINPUT : errno == EACCES ? EX_NOPERM : EX_CONFIG;
		diag_err("tsa_ca: %s", path);
		goto fail;
	}
	s->ca = tsp_ca_parse(s->pem.data == NULL ? "" : s->pem.data, s->pem.len);
	if (s->ca != NULL)
		return s;
	*status = errno == ENOMEM ? EX_OSERR : EX_CONFIG;
	diag_errx("tsa_ca: %s: holds no certificate that issues itself, or something that is none", path);
fail:
	stamps_free(s);
	return NULL;
}

void
stamps_free(struct stamps *s)
{
	if (s == NULL)
		return;
	buf_free(&s->pem);
	tsp_ca_free(s->ca);
	free(s);
}

char *
stamps_name(char *out, const char *day, const char *name)
{
	(void)snprintf(out, STAMPS_NAME_ROOM, "%s_%s", day, name); /* a day and one of our few names fit */
	return out;
}

static void
account(struct stamps *s, int status)
{
	s->status = answer_graver(s->status, status);
}

/* What an authority is asked, and says. */
struct exchange {
	uint8_t request[TSP_REQUEST_BYTES];
	struct buf reply;
	struct tsp_token token;
};

/* One authority.  Return 1 if the reply is good, 0 if not (said), -1 when our own disk or memory failed (said). */
static int
ask(struct stamps *s, size_t i, const char *label, const char *sha256, struct exchange *x)
{
	const char *url = s->session->conf->tsa_urls[i];
	uint8_t nonce[TSP_NONCE_BYTES];
	char why[WHY_ROOM];
	enum answer a;
	int rc;

	buf_clear(&x->reply);
	if (getrandom(nonce, sizeof nonce, 0) != (ssize_t)sizeof nonce ||
	    tsp_request(sha256, nonce, x->request) == -1) {
		diag_err("%s: time stamp", label);
		return -1;
	}
	turn_give(s->session->turn);
	a = tsa_ask(url, x->request, &x->reply, why, sizeof why);
	turn_take(s->session->turn);
	if (a == ANSWER_STOPPED)
		return 0;
	if (a != ANSWER_OK) {
		diag_errx("%s: no time stamp from %s: %s", label, url, why);
		account(s, answer_exit(a == ANSWER_UNTRUSTED ? a : ANSWER_RETRY));
		return 0;
	}
	rc = tsp_check(s->ca, x->reply.data, x->reply.len, sha256, nonce, &x->token, why, sizeof why);
	if (rc == -1) {
		diag_err("%s: time stamp", label);
		return -1;
	}
	if (rc == 1) {
		diag_errx("%s: the time stamp from %s is not kept: %s", label, url, why);
		account(s, EX_PROTOCOL);
	}
	return rc == 0;
}

/* The certificates and the request first: a token is never without what it was judged by. */
static int
keep(struct stamps *s, const char *label, const char *day, const struct exchange *x)
{
	char name[STAMPS_NAME_ROOM];

	if ((fsio_put(s->receiptsfd, stamps_name(name, day, STAMPS_CA), s->pem.data, s->pem.len, FILES) == -1 &&
		errno != EEXIST) ||
	    fsio_replace(
		s->receiptsfd, stamps_name(name, day, STAMPS_REQUEST), x->request, sizeof x->request, FILES) == -1 ||
	    fsio_put(s->receiptsfd, stamps_name(name, day, STAMPS_TOKEN), x->reply.data, x->reply.len, FILES) == -1) {
		diag_err("%s: %s", label, name);
		return -1;
	}
	return 0;
}

/* Before it is kept, so that no token is without its entry. */
static int
journal_it(struct stamps *s, const char *day, const char *url, const char *sha256, const struct tsp_token *token)
{
	struct json *detail = json_object();

	if (json_put_string(detail, "iap", s->iap) == -1 || json_put_string(detail, "day", day) == -1 ||
	    json_put_string(detail, "url", url) == -1 ||
	    json_put_string(detail, "authority", token->authority) == -1 ||
	    json_put_stamp(detail, "attested", token->time) == -1) {
		json_free(detail);
		detail = NULL;
	}
	return journal_write(s->session->journal, s->case_id, "time-stamp", sha256, detail);
}

static int
fetch(struct stamps *s, const struct day *d)
{
	const struct conf *conf = s->session->conf;
	struct exchange x = {.reply = BUF_INIT};
	char label[NAMES_CASE_ROOM + NAMES_IAP_ROOM + STAMP_DAY_TEXT + 4];
	int rc = 0;

	(void)snprintf(label, sizeof label, "%s/%s/%s", s->case_id, s->iap, day_text(d));
	for (size_t i = 0; rc == 0 && i < conf->tsa_count && !stop_requested(); i++) {
		if (s->has_failed[i])
			continue;
		rc = ask(s, i, label, day_sums_sha256(d), &x);
		if (rc == 0)
			s->has_failed[i] = 1;
		if (rc == 1 && (journal_it(s, day_text(d), conf->tsa_urls[i], day_sums_sha256(d), &x.token) == -1 ||
				   keep(s, label, day_text(d), &x) == -1))
			rc = -1;
	}
	buf_free(&x.reply);
	return rc == -1 ? -1 : 0;
}

static int
has_authority(const struct stamps *s)
{
	for (size_t i = 0; i < s->session->conf->tsa_count; i++) {
		if (!s->has_failed[i])
			return 1;
	}
	return 0;
}

static int
on_day(void *cookie, stamp_t stamp)
{
	struct stamps *s = cookie;
	char text[STAMP_DAY_TEXT], name[STAMPS_NAME_ROOM];
	struct day *d;
	int rc = 0;

	stamps_name(name, stamp_day_format(text, stamp), STAMPS_TOKEN);
	if (!has_authority(s) || stop_requested() || faccessat(s->receiptsfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	d = day_open(s->dirfd, s->case_id, s->iap, stamp, s->session->keyring);
	if (d == NULL)
		return 1;
	if (day_judge(d) == -1) {
		diag_err("outbox/%s/%s/%s", s->case_id, s->iap, text);
		rc = 1;
	} else if (day_state(d) == DAY_CLOSED) {
		rc = fetch(s, d) == -1;
	}
	day_close(d);
	return rc;
}

int
stamps_fetch(struct stamps *s, const char *case_id, const char *iap)
{
	char outbox[sizeof "outbox//" + NAMES_CASE_ROOM + NAMES_IAP_ROOM];
	char receipts[sizeof "receipts//" + NAMES_CASE_ROOM + NAMES_IAP_ROOM];
	int rc;

	s->case_id = case_id;
	s->iap = iap;
	s->status = EX_OK;
	(void)snprintf(outbox, sizeof outbox, "outbox/%s/%s", case_id, iap);
	(void)snprintf(receipts, sizeof receipts, "receipts/%s/%s", case_id, iap);
	s->dirfd = fsio_opendirat(s->session->statefd, outbox);
	s->receiptsfd = fsio_mkdirs(s->session->statefd, receipts, FOLDERS);
	if (s->dirfd == -1 || s->receiptsfd == -1) {
		diag_err("%s", s->dirfd == -1 ? outbox : receipts);
		rc = 1;
	} else {
		rc = outbox_each_day(s->dirfd, on_day, s);
		if (rc == -1)
			diag_err("%s", outbox);
	}
	if (s->dirfd != -1)
		(void)close(s->dirfd); /* a folder */
	if (s->receiptsfd != -1)
		(void)close(s->receiptsfd); /* a folder; what was put there is synced */
	if (rc != 0)
		account(s, EX_IOERR);
	return s->status;
}
