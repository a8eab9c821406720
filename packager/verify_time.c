#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "verify_file.h"
#include "verify_list.h"

#include "verify_time.h"

#define TOKEN "SHA256SUMS.tsr"
#define REQUEST "SHA256SUMS.tsq"
#define CERTIFICATES "SHA256SUMS.tsa.pem"
#define CLOCK_SLACK (60 * STAMP_SECOND)

/* The certificates that came along.  Return 0 with ${ca}, NULL where they are none, or -1 with errno ENOMEM. */
static int
load_certificates(struct verify_folder *d, struct tsp_ca **ca)
{
	struct buf pem = BUF_INIT;

	*ca = NULL;
	errno = 0;
	if (verify_list_has(d, CERTIFICATES) && verify_file_load(&d->dir, CERTIFICATES, TSP_CA_MAX_BYTES, &pem) == -1)
		verify_list_say_file(d, CERTIFICATES, errno);
	else if (verify_list_has(d, CERTIFICATES) &&
		 (*ca = tsp_ca_parse(pem.data == NULL ? "" : pem.data, pem.len)) == NULL && errno != ENOMEM)
		verify_list_say(d, VERIFY_TAMPERED, CERTIFICATES,
		    "holds no certificate that issues itself, or something that is none");
	buf_free(&pem);
	if (*ca != NULL)
		return 0;
	if (errno == ENOMEM)
		return -1;
	verify_list_say(d, VERIFY_NOTE, TOKEN,
	    "is a time stamp that was not judged: there are no certificates for it; give the authority's with --tsa-ca");
	return 0;
}

static int
take_event(const struct verify_folder *d, const struct tsp_token *token)
{
	struct verify_event e = {.kind = EVENT_ATTESTED, .day = d->place->day, .at = token->time};

	memcpy(e.case_id, d->place->case_id, sizeof(e.case_id));
	memcpy(e.iap, d->place->iap, sizeof(e.iap));
	(void)snprintf(e.who, sizeof(e.who), "%s", token->authority);    /* the rooms are the same */
	(void)snprintf(e.what, sizeof(e.what), "time stamp over " SUMS); /* has room */
	return verify_event_add(&d->run->result->events, &e);
}

/* What was asked for, where the request was kept.  1 with its nonce, 0 without, -1 with errno ENOMEM. */
static int
load_nonce(struct verify_folder *d, const char *sha256, uint8_t nonce[TSP_NONCE_BYTES])
{
	struct buf text = BUF_INIT;
	int rc = 0;

	if (!verify_list_has(d, REQUEST))
		return 0;
	errno = 0;
	if (verify_file_load(&d->dir, REQUEST, TSP_REQUEST_BYTES, &text) == -1)
		verify_list_say_file(d, REQUEST, errno);
	else if (text.len == 0 || tsp_request_nonce(text.data, text.len, sha256, nonce) == -1)
		verify_list_say(d, VERIFY_TAMPERED, REQUEST, "asks for a time stamp of something else");
	else
		rc = 1;
	if (rc == 0 && errno == ENOMEM)
		rc = -1;
	buf_free(&text);
	return rc;
}

/* Whoever made up a stamp made up its certificates, too: it attests nothing, and is told once, for all days. */
static void
say_unknown(struct verify_folder *d, const struct tsp_token *token)
{
	struct verify_result *result = d->run->result;
	char at[STAMP_TEXT];

	if (result->unknown_days++ == 0)
		verify_list_say(d, VERIFY_NOTE, TOKEN,
		    "an unknown authority, %s, claims that the list was there at %s: nothing is attested until the "
		    "authority's certificate is given with --tsa-ca",
		    token->authority, stamp_format_seconds(at, token->time));
}

static int
judge(struct verify_folder *d, const struct tsp_ca *ca, const struct buf *reply, const char *sha256)
{
	struct verify_result *result = d->run->result;
	uint8_t nonce[TSP_NONCE_BYTES];
	char why[VERIFY_WHAT_ROOM / 2];
	struct tsp_token token;
	int rc = load_nonce(d, sha256, nonce);

	if (rc != -1)
		rc = tsp_check(ca, reply->data, reply->len, sha256, rc == 1 ? nonce : NULL, &token, why, sizeof(why));
	if (rc == -1)
		return -1;
	if (rc == 1) {
		verify_list_say(d, VERIFY_TAMPERED, TOKEN, "%s", why);
		return 0;
	}
	if (d->run->tsa_ca == NULL) {
		say_unknown(d, &token);
		return 0;
	}
	d->run->attested = token.time;
	result->attested_days++;
	memcpy(result->authority, token.authority, sizeof(result->authority));
	return take_event(d, &token);
}

int
verify_time_load(struct verify_folder *d, const char *sha256)
{
	struct tsp_ca *own = NULL;
	struct buf reply = BUF_INIT;
	int rc = 0;

	if (!verify_list_has(d, TOKEN))
		return 0;
	if (verify_file_load(&d->dir, TOKEN, TSP_REPLY_MAX_BYTES, &reply) == -1) {
		verify_list_say_file(d, TOKEN, errno);
		goto out;
	}
	if (d->run->tsa_ca == NULL)
		rc = load_certificates(d, &own);
	if (rc == 0 && (d->run->tsa_ca != NULL || own != NULL))
		rc = judge(d, own == NULL ? d->run->tsa_ca : own, &reply, sha256);
out:
	tsp_ca_free(own);
	buf_free(&reply);
	return rc;
}

/* Is it the first time that this key is to be named? */
static int
is_news(struct verify_named *n, const uint8_t id[8])
{
	size_t i;

	for (i = 0; i < n->count; i++) {
		if (memcmp(n->ids[i], id, sizeof(n->ids[i])) == 0)
			return 0;
	}
	if (n->count < VERIFY_NAMED_MAX)
		memcpy(n->ids[n->count++], id, sizeof(n->ids[0]));
	return 1;
}

/* "key 0123456789ABCDEF of station tower-7" */
#define WHOSE_ROOM (SIGN_ID_TEXT + 96)

static const char *
whose(const struct keyring_entry *e, char out[WHOSE_ROOM])
{
	static const char *const kinds[] = {
	    [KEYRING_APPROVER] = "approver", [KEYRING_STATION] = "station", [KEYRING_LEA] = "LEA"};
	char id[SIGN_ID_TEXT];

	sign_id_format(&e->pub, id);
	(void)snprintf(out, WHOSE_ROOM, "key %s of %s %s", id, kinds[e->kind], e->name); /* has room */
	return out;
}

static void
say_revoked(struct verify_run *run, const struct keyring_entry *e, const char *where, stamp_t claimed)
{
	char key[WHOSE_ROOM], at[STAMP_TEXT], time[STAMP_TEXT], claim[STAMP_TEXT];
	int is_late = run->attested != STAMP_NONE && run->attested >= e->revoked;

	if (!is_news(is_late ? &run->late : &run->named, e->pub.id))
		return;
	(void)whose(e, key);
	(void)stamp_format_seconds(at, e->revoked);
	/* A late stamp says no less than none: a thief would leave it out. */
	if (is_late)
		verify_say(run->result, VERIFY_NOTE, where,
		    "is signed by %s, revoked since %s; that it signed before, at %s, is claimed, and attested only after "
		    "it, at %s",
		    key, at, stamp_format_seconds(claim, claimed), stamp_format_seconds(time, run->attested));
	else if (run->attested != STAMP_NONE)
		verify_say(run->result, VERIFY_NOTE, where,
		    "is signed by %s, revoked since %s; a time stamp attests it at %s, before that", key, at,
		    stamp_format_seconds(time, run->attested));
	else
		verify_say(run->result, VERIFY_NOTE, where,
		    "is signed by %s, revoked since %s; that it signed before, at %s, is claimed and not attested",
		    key, at, stamp_format_seconds(time, claimed));
}

/* A key that ended: a stamp from before its end attests that it signed inside, a later one does not. */
static void
say_ended(
    struct verify_result *result, const struct keyring_entry *e, const char *where, stamp_t claimed, stamp_t attested)
{
	char key[WHOSE_ROOM], to[STAMP_TEXT], time[STAMP_TEXT], stamped[STAMP_TEXT];

	(void)whose(e, key);
	(void)stamp_format_seconds(to, e->to);
	if (attested != STAMP_NONE && attested < e->to)
		verify_say(result, VERIFY_NOTE, where,
		    "is signed by %s inside its validity, which ended %s; a time stamp attests it at %s, before that",
		    key, to, stamp_format_seconds(stamped, attested));
	else if (attested != STAMP_NONE)
		verify_say(result, VERIFY_NOTE, where,
		    "is signed by %s, whose validity ended %s; that it signed before, at %s, is claimed and not attested: "
		    "its time stamp, of %s, is later",
		    key, to, stamp_format_seconds(time, claimed), stamp_format_seconds(stamped, attested));
	else
		verify_say(result, VERIFY_NOTE, where,
		    "is signed by %s, whose validity ended %s; that it signed before, at %s, is claimed and not attested",
		    key, to, stamp_format_seconds(time, claimed));
}

void
verify_time_key(struct verify_run *run, const struct keyring_entry *e, const char *where, stamp_t claimed)
{
	char time[STAMP_TEXT], attested[STAMP_TEXT];

	if (e->revoked != STAMP_NONE && (e->revoked <= run->result->now || e->revoked <= claimed ||
					    (run->attested != STAMP_NONE && e->revoked <= run->attested)))
		say_revoked(run, e, where, claimed);
	else if (e->to != STAMP_NONE && e->to <= run->result->now && is_news(&run->named, e->pub.id))
		say_ended(run->result, e, where, claimed, run->attested);
	if (run->attested != STAMP_NONE && claimed - run->attested > CLOCK_SLACK)
		verify_say(run->result, VERIFY_NOTE, where,
		    "claims to be signed at %s, after the time stamp of %s: the station's clock was ahead",
		    stamp_format_seconds(time, claimed), stamp_format_seconds(attested, run->attested));
}

void
verify_time_claimed(struct verify_result *result, struct verify_named *named, const struct keyring_entry *e,
    const char *where, stamp_t claimed)
{
	char key[WHOSE_ROOM], at[STAMP_TEXT], time[STAMP_TEXT];
	const int is_revoked = e->revoked != STAMP_NONE && (e->revoked <= result->now || e->revoked <= claimed);

	if ((!is_revoked && (e->to == STAMP_NONE || e->to > result->now)) ||
	    (named != NULL && !is_news(named, e->pub.id)))
		return;
	if (is_revoked)
		verify_say(result, VERIFY_NOTE, where,
		    "is signed by %s, revoked since %s; that it signed before, at %s, is claimed and not attested",
		    whose(e, key), stamp_format_seconds(at, e->revoked), stamp_format_seconds(time, claimed));
	else
		say_ended(result, e, where, claimed, STAMP_NONE);
}
