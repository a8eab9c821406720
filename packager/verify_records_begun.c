#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "request.h"
#include "requests.h"
#include "text.h"

#include "verify_custody.h"
#include "verify_time.h"

#include "verify_records_internal.h"

#define REQUESTS "requests"
#define SIG ".minisig"
#define WHY_ROOM 160

/* The request on which a log was begun anew, while its approvals are counted. */
struct begun {
	struct records_folder f; /* first, so that a name's cookie is both */
	const struct custody_begun *said;
	char name[DIGEST_HEX + sizeof(REQUESTS_SUFFIX)];
	struct buf text;
	struct request request;
	const struct keyring *then; /* the version of that time, if it came along; else NULL */
	unsigned needed, count;
	const struct keyring_entry *signers[REQUESTS_APPROVALS_MAX];
	char why[WHY_ROOM]; /* it does not count */
};

/* Not by a key or a name, or in a role, that was counted? */
static int
is_another(const struct begun *b, const struct keyring_entry *e)
{
	unsigned i;

	for (i = 0; i < b->count; i++) {
		if (sign_pub_equal(&b->signers[i]->pub, &e->pub) || strcmp(b->signers[i]->name, e->name) == 0 ||
		    (e->role[0] != '\0' && strcmp(b->signers[i]->role, e->role) == 0))
			return 0;
	}
	return b->count < REQUESTS_APPROVALS_MAX;
}

/*
 * Was it good when the log was begun anew, as far as could be known then?  A key that was ever revoked counts for no
 * request: where it was since, the keyring of that time must show that nobody said so then.
 */
static int
counts(const struct begun *b, const struct sign_sig *sig, const struct keyring_entry **e)
{
	const struct keyring_entry *old;
	enum keyring_verdict now =
	    keyring_judge(b->f.r->keyring, KEYRING_APPROVER, sig, b->text.data, b->text.len, b->said->at, e);

	if (now == KEYRING_GOOD && (*e)->revoked == STAMP_NONE)
		return 1;
	return (now == KEYRING_GOOD || now == KEYRING_EXPIRED) && b->then != NULL &&
	       keyring_judge(b->then, KEYRING_APPROVER, sig, b->text.data, b->text.len, b->said->at, &old) ==
		   KEYRING_GOOD &&
	       old->revoked == STAMP_NONE;
}

static int
on_name(void *cookie, const char *name)
{
	struct begun *b = cookie;
	const struct keyring_entry *e;
	struct buf minisig = BUF_INIT;
	struct sign_sig sig;

	if (!names_is_approval(name, b->name))
		return 0;
	if (verify_file_load(&b->f.dir, name, REQUEST_MAX_BYTES, &minisig) == -1)
		b->f.failed |= errno == ENOMEM; /* what can not be read is said where requests are judged */
	else if (minisig.len > 0 && sign_parse(minisig.data, minisig.len, &sig) == 0 && counts(b, &sig, &e) &&
		 is_another(b, e))
		b->signers[b->count++] = e;
	buf_free(&minisig);
	return b->f.failed;
}

/* Load the request and hold it against what the log says.  1, 0 with the reason, or -1 with errno ENOMEM. */
static int
load(struct begun *b)
{
	const struct records *r = b->f.r;
	char path[sizeof(REQUESTS "/") + sizeof(b->name)], hex[DIGEST_HEX];

	(void)snprintf(path, sizeof(path), REQUESTS "/%s", b->name); /* has room */
	if (verify_file_load(&r->dir, path, REQUEST_MAX_BYTES, &b->text) == -1) {
		(void)snprintf(b->why, sizeof(b->why), "the request that it names is not there");
		return errno == ENOMEM ? -1 : 0;
	}
	errno = 0;
	if (b->text.len == 0 || digest_hex_of(b->text.data, b->text.len, hex) == -1 ||
	    request_parse(b->text.data, b->text.len, b->name, &b->request) == -1) {
		(void)snprintf(b->why, sizeof(b->why), "the request that it names is none");
		return errno == ENOMEM ? -1 : 0;
	}
	if (strcmp(hex, b->said->request) == 0 && b->request.act == REQUEST_BEGIN &&
	    strcmp(b->request.case_id, r->case_id) == 0 && b->request.lines == b->said->lines &&
	    strcmp(b->request.head, b->said->head) == 0)
		return 1;
	(void)snprintf(b->why, sizeof(b->why), "the request that it names is about something else");
	return 0;
}

/*
 * The time is the station's word, and picks the keyring: who approved says since when.  Until when, what was signed says
 * that names a line of the new log; the clock here may be wrong.
 */
static int
judge_time(struct begun *b)
{
	char at[STAMP_TEXT], issued[STAMP_TEXT];

	if (b->said->at >= b->request.issued)
		return 1;
	(void)snprintf(b->why, sizeof(b->why),
	    "it says that it was begun anew at %s, before that was asked for, at %s",
	    stamp_format_seconds(at, b->said->at), stamp_format_seconds(issued, b->request.issued));
	return 0;
}

/* Has it as many approvals as the keyring of that time asked for? */
static int
judge(struct begun *b)
{
	struct records *r = b->f.r;
	const struct verify_versions *known = verify_keys_versions(r->run->keys);
	const struct keyring_version *v = known == NULL ? NULL : verify_versions_in_force(known, b->said->at);
	int rc = load(b);

	if (rc == 1)
		rc = judge_time(b);
	if (rc != 1)
		return rc;
	b->then = v == NULL ? NULL : verify_versions_text(known, v->sha256);
	b->needed = v == NULL ? keyring_approvals(r->keyring) : v->approvals;
	if (records_each(r, REQUESTS, &b->f, on_name) == -1)
		return -1;
	if (b->count >= b->needed)
		return 1;
	(void)snprintf(
	    b->why, sizeof(b->why), "the request that it names has %u of %u approvals", b->count, b->needed);
	return 0;
}

static void
say(const struct begun *b, const char *where)
{
	char at[STAMP_TEXT], names[VERIFY_WHAT_ROOM / 4];
	struct verify_run *run = b->f.r->run;
	size_t used = 0;
	unsigned i;

	names[0] = '\0';
	for (i = 0; i < b->count && used < sizeof(names); i++)
		used += (size_t)snprintf(
		    names + used, sizeof(names) - used, "%s%s", i == 0 ? "" : ", ", b->signers[i]->name);
	for (i = 0; i < b->count; i++)
		verify_time_claimed(run->result, NULL, b->signers[i], where, b->said->at);
	verify_say(run->result, VERIFY_GAPS, where,
	    "its lines up to %" PRIu64 " are lost: it was begun anew at %s, approved by %s: %.200s", b->said->lines,
	    stamp_format_seconds(at, b->said->at), names, b->request.reason);
}

int
records_begun(struct records *r)
{
	const struct custody_begun *said = r->log == NULL ? NULL : custody_begun(r->log);
	struct begun b;
	char where[VERIFY_WHERE_ROOM];
	int rc;

	if (said == NULL)
		return 0;
	memset(&b, 0, sizeof(b));
	b.f.r = r;
	b.said = said;
	(void)snprintf(b.name, sizeof(b.name), "%s" REQUESTS_SUFFIX, said->request); /* has room */
	(void)verify_label(where, r->label, VERIFY_CUSTODY_LOG);
	rc = judge(&b);
	if (rc == 1) {
		say(&b, where);
		r->lost = (struct verify_anchor_lost){said->lines, said->at, b.request.issued};
		/* Who approved signed the head of what is lost. */
		rc = verify_anchor_add(r->anchors, RECORDS_OWN, said->lines, said->head, r->label);
	} else if (rc == 0) {
		verify_say(r->run->result, VERIFY_TAMPERED, where,
		    "begins with line %" PRIu64 ", and what was before is gone: %s", said->lines + 1, b.why);
	}
	buf_free(&b.text);
	return rc;
}

void
records_begun_before(struct records *r, const char *name, const struct request *q)
{
	const struct custody_begun *said = r->log == NULL ? NULL : custody_begun(r->log);
	char where[VERIFY_WHERE_ROOM], path[sizeof(REQUESTS "/") + DIGEST_HEX + sizeof(REQUESTS_SUFFIX)];
	char time[STAMP_TEXT];
	int is_purge;
	stamp_t at;

	if (said != NULL && strcmp(said->request, q->sha256) == 0)
		return;
	at = records_followed_at(r, q->sha256, &is_purge);
	if (at == STAMP_NONE)
		return;
	(void)snprintf(path, sizeof(path), REQUESTS "/%s", name); /* has room */
	verify_say(r->run->result, VERIFY_GAPS, verify_label(where, r->label, path),
	    "the custody log had been lost before, up to its line %" PRIu64 ", and was begun anew at %s: %.200s",
	    q->lines, stamp_format_seconds(time, at), q->reason);
}
