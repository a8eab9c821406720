#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "ack.h"
#include "diag.h"
#include "fsio.h"

#include "acks.h"
#include "turn.h"

#define FILES 0440
#define ASK_SECONDS 900 /* how often a server is asked; a folder is looked into by each run */
#define DROP_SECONDS 15 /* what somebody is still writing there is no acknowledgement yet */
#define NAME_ROOM (STAMP_DAY_TEXT + NAMES_DEST_ROOM + 32)

static const char *
lea_of(const struct visit *v)
{
	return v->conf->lea == NULL ? v->conf->name : v->conf->lea;
}

static int
has_key(const struct visit *v)
{
	const struct keyring *k = v->session->keyring;
	const struct keyring_entry *e;

	for (size_t i = 0; i < keyring_count(k); i++) {
		e = keyring_entry(k, i);
		if (e->kind == KEYRING_LEA && strcmp(e->name, lea_of(v)) == 0)
			return 1;
	}
	return 0;
}

/* A file of no contents says by its time when the server was asked last. */
static int
was_asked(const struct visit *v, char name[NAME_ROOM])
{
	stamp_t asked, now = stamp_now();
	struct stat st;

	(void)snprintf(name, NAME_ROOM, "%s.asked", v->conf->name);
	if (fstatat(v->session->journalfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	asked = st.st_mtim.tv_sec * STAMP_SECOND;
	/* A clock that was set back must not keep us from asking. */
	return asked <= now && now - asked < ASK_SECONDS * STAMP_SECOND;
}

int
acks_begin(struct visit *v)
{
	char name[NAME_ROOM];

	v->asks = has_key(v);
	if (!v->asks || v->conf->scheme == CONF_FILE)
		return 0;
	v->asks = !was_asked(v, name);
	if (!v->asks || fsio_replace(v->session->journalfd, name, "", 0, 0640) == 0)
		return 0;
	diag_err("journal/uploader/%s", name);
	return -1;
}

static char *
kept_name(char out[NAME_ROOM], const struct stream *s, const char *day)
{
	(void)snprintf(out, NAME_ROOM, "%s_SHA256SUMS.%s.received", day, s->v->conf->name);
	return out;
}

int
acks_is_due(const struct stream *s, const char *day)
{
	char name[NAME_ROOM];

	if (!s->v->asks)
		return 0;
	if (faccessat(receipts_dirfd(s->receipts), kept_name(name, s, day), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (errno == ENOENT)
		return 1;
	diag_err("receipts/%s/%s/%s", s->case_id, s->iap, name);
	return -1;
}

/* Why this is no acknowledgement of this day by this destination's LEA, or NULL. */
static const char *
find_fault(const struct stream *s, const struct day *d, const struct buf *text, struct ack *a,
    const struct keyring_entry **who)
{
	enum keyring_verdict verdict;
	struct sign_sig sig;
	size_t n;

	if (text->len == 0 || ack_open(text->data, text->len, a, &sig, &n) == -1)
		return "is no acknowledgement";
	verdict = keyring_judge(s->v->session->keyring, KEYRING_LEA, &sig, text->data, n, a->verified, who);
	if (verdict == KEYRING_UNKNOWN)
		return "is signed by a key that is no LEA's in the keyring";
	if (verdict != KEYRING_GOOD)
		return verdict == KEYRING_FORGED ? "is not signed by the key that it names"
						 : "is signed by a key that was not valid then";
	if (strcmp((*who)->name, lea_of(s->v)) != 0)
		return "is signed by another LEA";
	if (strcmp(a->case_id, s->case_id) != 0 || strcmp(a->iap, s->iap) != 0 || a->day != day_stamp(d))
		return "acknowledges another day";
	if (strcmp(a->sums_sha256, day_sums_sha256(d)) != 0)
		return "acknowledges something else than what was sealed";
	return NULL;
}

/* The journal first, as with receipts: none is kept without its entry. */
static int
keep(struct stream *s, const struct day *d, const struct buf *text, const struct ack *a,
    const struct keyring_entry *who)
{
	struct json *detail = stream_detail(s, d, ACK_NAME);
	char name[NAME_ROOM], id[SIGN_ID_TEXT];

	sign_id_format(&who->pub, id);
	if (json_put_string(detail, "lea", who->name) == -1 || json_put_string(detail, "key", id) == -1 ||
	    json_put_integer(detail, "verdict", a->verdict) == -1 ||
	    json_put_stamp(detail, "verified", a->verified) == -1 ||
	    json_put_string(detail, "verifier", a->verifier) == -1) {
		json_free(detail);
		detail = NULL;
	}
	if (journal_write(s->v->session->journal, s->case_id, "acknowledged", a->sums_sha256, detail) == -1)
		return -1;
	if (fsio_put(receipts_dirfd(s->receipts), kept_name(name, s, day_text(d)), text->data, text->len, FILES) ==
	    -1) {
		diag_err("receipts/%s/%s/%s", s->case_id, s->iap, name);
		return -1;
	}
	progress_clear(s->v->progress);
	diag_notice("%s/%s/%s: received and verified, says %s", s->case_id, s->iap, day_text(d), who->name);
	return 0;
}

static int
judge(struct stream *s, struct day *d, const struct buf *text)
{
	const struct keyring_entry *who;
	const char *fault;
	struct ack a;

	if (day_judge(d) == -1) {
		diag_err("outbox/%s/%s/%s", s->case_id, s->iap, day_text(d));
		return -1;
	}
	/* A day that is damaged at home was said to be when it went. */
	if (day_state(d) != DAY_CLOSED)
		return 0;
	fault = find_fault(s, d, text, &a, &who);
	if (fault != NULL)
		return stream_fail(s, d, ACK_NAME, ANSWER_FORGED, fault);
	return keep(s, d, text, &a, who);
}

/* Has the file been left alone for a while?  One from the future was dated by the LEA's own clock, when it was whole. */
static int
is_settled(const struct stat *st)
{
	stamp_t age = stamp_now() - st->st_mtim.tv_sec * STAMP_SECOND;

	return age < 0 || age >= DROP_SECONDS * STAMP_SECOND;
}

/*
 * In the folder that the LEA may write into, where one name has to tell all.  RETRY: there is no folder to look into.
 * Why it cannot be read is in errno.
 */
static enum answer
find_dropped(const struct stream *s, const struct day *d, struct buf *text)
{
	int saved, dirfd = fsio_opendir(s->v->conf->drop);
	enum answer a = ANSWER_FORGED;
	char name[NAMES_FILE_ROOM];
	struct stat st;

	if (dirfd == -1)
		return ANSWER_RETRY;
	(void)snprintf(name, sizeof name, "%s_%s_%s.received", s->case_id, s->iap, day_text(d));
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		a = errno == ENOENT ? ANSWER_ABSENT : ANSWER_FORGED;
	else if (!is_settled(&st))
		a = ANSWER_ABSENT;
	else if (fsio_load(dirfd, name, ACK_MAX_BYTES, text) == 0)
		a = ANSWER_OK;
	else if (errno == EFBIG || errno == EBADMSG || errno == ELOOP)
		a = ANSWER_TAKEN;
	saved = errno;
	(void)close(dirfd); /* a folder */
	errno = saved;
	return a;
}

/*
 * Whatever has become of the folder, it is none of the server's doing and holds no delivery back: it is said, once for all
 * days, and looked at again after an hour.
 */
static int
leave_drop(struct stream *s)
{
	static const char scope[] = "/drop"; /* no case is called so */
	struct visit *v = s->v;
	const char *why = strerror(errno);
	struct json *detail;

	v->asks = 0;
	stream_account(v, EX_NOINPUT);
	progress_clear(v->progress);
	diag_errx("destination %s: drop %s: %s: no acknowledgement is seen", v->conf->name, v->conf->drop, why);
	if (blocked_find(v->blocked, scope) != NULL)
		return 0;
	if (blocked_add(v->blocked, scope, EX_NOINPUT, why, stamp_now(), BLOCKED_SECONDS) == -1) {
		diag_err("destination %s", v->conf->name);
		return -1;
	}
	alarm_raise(
	    v->session->alarm, &(const struct alarm_text){.kind = "drop", .destination = v->conf->name, .why = why});
	detail = json_object();
	if (json_put_string(detail, "destination", v->conf->name) == -1 ||
	    json_put_string(detail, "result", "drop") == -1 || json_put_string(detail, "why", why) == -1) {
		json_free(detail);
		detail = NULL;
	}
	return journal_write(v->session->journal, NULL, "blocked", NULL, detail);
}

int
acks_collect(struct stream *s, struct day *d)
{
	const char *drop = s->v->conf->drop;
	char path[STREAM_SCOPE_ROOM];
	struct buf text = BUF_INIT;
	enum answer a;
	int saved, rc = 0;

	if (stream_is_held(s, d, ACK_NAME))
		return 0;
	stream_scope(s, d, ACK_NAME, path);
	turn_give(s->v->session->turn);
	a = drop == NULL ? destination_get(s->v->destination, path, ACK_MAX_BYTES, &text) : find_dropped(s, d, &text);
	saved = errno;
	turn_take(s->v->session->turn);
	errno = saved;
	if (a == ANSWER_OK)
		rc = judge(s, d, &text);
	else if (a == ANSWER_LONGER || a == ANSWER_TAKEN)
		rc = stream_fail(s, d, ACK_NAME, ANSWER_FORGED, "is no acknowledgement");
	else if (a == ANSWER_RETRY && drop != NULL)
		rc = leave_drop(s);
	else if (a != ANSWER_ABSENT)
		rc = stream_fail(
		    s, d, ACK_NAME, a, drop == NULL ? destination_why(s->v->destination) : strerror(errno));
	buf_free(&text);
	return rc;
}
