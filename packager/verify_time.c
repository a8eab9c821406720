#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "verify_file.h"
#include "verify_list.h"

#include "verify_time.h"

#define TOKEN "SHA256SUMS.tsr"
#define CERTIFICATES "SHA256SUMS.tsa.pem"
#define CLOCK_SLACK (60 * STAMP_SECOND)

/* The certificates that came along.  Return 0 with ${ca}, NULL where they are none, or -1 with errno ENOMEM. */
static int
load_certificates(struct verify_folder *d, struct tsp_ca **ca)
{
	struct buf pem = BUF_INIT;

	*ca = NULL;
	if (verify_file_load(&d->dir, CERTIFICATES, TSP_CA_MAX_BYTES, &pem) == 0)
		*ca = tsp_ca_parse(pem.data == NULL ? "" : pem.data, pem.len);
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
	(void)snprintf(e.who, sizeof(e.who), "%s", token->authority); /* the rooms are the same */
	(void)snprintf(e.what, sizeof(e.what), "time stamp over " SUMS "%s",
	    d->run->tsa_ca != NULL ? "" : ", by certificates that came along"); /* has room */
	return verify_event_add(&d->run->result->events, &e);
}

static int
judge(struct verify_folder *d, const struct tsp_ca *ca, const struct buf *reply, const char *sha256)
{
	struct verify_result *result = d->run->result;
	char why[VERIFY_WHAT_ROOM / 2];
	struct tsp_token token;
	int rc = tsp_check(ca, reply->data, reply->len, sha256, NULL, &token, why, sizeof(why));

	if (rc == -1)
		return -1;
	if (rc == 1) {
		verify_list_say(d, VERIFY_TAMPERED, TOKEN, "%s", why);
		return 0;
	}
	d->run->attested = token.time;
	result->attested_days++;
	result->pinned_days += d->run->tsa_ca != NULL;
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

static void
say_revoked(struct verify_run *run, const struct keyring_entry *e, const char *where, stamp_t claimed)
{
	char id[SIGN_ID_TEXT], at[STAMP_TEXT], time[STAMP_TEXT], claim[STAMP_TEXT];
	int is_late = run->attested != STAMP_NONE && run->attested >= e->revoked;

	if (!is_news(is_late ? &run->late : &run->named, e->pub.id))
		return;
	sign_id_format(&e->pub, id);
	(void)stamp_format_seconds(at, e->revoked);
	/* A late stamp says no less than none: a thief would leave it out. */
	if (is_late)
		verify_say(run->result, VERIFY_NOTE, where,
		    "is signed by key %s of station %s, revoked since %s; that it signed before, at %s, is claimed, and "
		    "attested only after it, at %s",
		    id, e->name, at, stamp_format_seconds(claim, claimed), stamp_format_seconds(time, run->attested));
	else if (run->attested != STAMP_NONE)
		verify_say(run->result, VERIFY_NOTE, where,
		    "is signed by key %s of station %s, revoked since %s; a time stamp attests it at %s, before that",
		    id, e->name, at, stamp_format_seconds(time, run->attested));
	else
		verify_say(run->result, VERIFY_NOTE, where,
		    "is signed by key %s of station %s, revoked since %s; that it signed before, at %s, is claimed and not "
		    "attested",
		    id, e->name, at, stamp_format_seconds(time, claimed));
}

void
verify_time_key(struct verify_run *run, const struct keyring_entry *e, const char *where, stamp_t claimed)
{
	char id[SIGN_ID_TEXT], time[STAMP_TEXT], attested[STAMP_TEXT];

	if (e->revoked != STAMP_NONE && (e->revoked <= run->result->now || e->revoked <= claimed ||
					    (run->attested != STAMP_NONE && e->revoked <= run->attested))) {
		say_revoked(run, e, where, claimed);
	} else if (e->to != STAMP_NONE && e->to <= run->result->now && is_news(&run->named, e->pub.id)) {
		sign_id_format(&e->pub, id);
		verify_say(run->result, VERIFY_NOTE, where,
		    "is signed by key %s of station %s inside its validity, which ended %s", id, e->name,
		    stamp_format_seconds(time, e->to));
	}
	if (run->attested != STAMP_NONE && claimed - run->attested > CLOCK_SLACK)
		verify_say(run->result, VERIFY_NOTE, where,
		    "claims to be signed at %s, after the time stamp of %s: the station's clock was ahead",
		    stamp_format_seconds(time, claimed), stamp_format_seconds(attested, run->attested));
}
