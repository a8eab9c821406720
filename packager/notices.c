#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "notice.h"

#include "notices.h"

#define OF_A_FILE "not-in-source" /* what was never asked of a file is no anomaly of it */

static void
start(struct notice *n, const struct stream *s, stamp_t day, stamp_t written)
{
	memset(n, 0, sizeof(*n));
	memcpy(n->case_id, s->case_id, sizeof(n->case_id));
	memcpy(n->iap, s->iap, sizeof(n->iap));
	n->day = day;
	n->written = written;
	n->last_seq = s->sealed.next - 1;
	memcpy(n->last_seal, s->sealed.head_seal, sizeof(n->last_seal));
	memcpy(n->order_sha256, s->sealed.order_sha256, sizeof(n->order_sha256));
}

/* There is room for all that one package can tell. */
static void
add(struct notice *n, enum notice_kind kind, const stamp_t window[2], const char *what)
{
	struct notice_event e = {.kind = kind, .seq = n->last_seq, .from = window[0], .to = window[1]};
	int rc;

	(void)snprintf(e.what, sizeof(e.what), "%s", what);
	rc = notice_add(n, &e);
	(void)rc; /* what has no room stands in the package and in the ledger */
}

static char *
path_of(const struct notice *n, char *name)
{
	char suffix[32];

	(void)snprintf(suffix, sizeof(suffix), ".notice-%u.txt", n->number);
	return names_day_file(name, n->case_id, n->iap, n->day, suffix);
}

static int
journal_it(const struct stream *s, const struct notice *n, const char *sha256)
{
	struct json *detail;
	char day[STAMP_DAY_TEXT], name[NAMES_FILE_ROOM];
	int rc, told = stream_was_journalled(s, "notice", sha256);

	if (told != 0)
		return told == 1 ? 0 : -1;
	detail = json_object();
	rc = json_put_string(detail, "iap", s->iap) | json_put_string(detail, "day", stamp_day_format(day, n->day)) |
	     json_put_string(detail, "file", path_of(n, name)) |
	     json_put_integer(detail, "events", (int64_t)n->count);
	if (rc != 0) {
		json_free(detail);
		return stream_failed(s, "journal");
	}
	if (journal_write(s->p->journal, s->case_id, "notice", sha256, detail) == 0)
		return 0;
	packager_fail(s->p, EX_IOERR);
	return -1;
}

/*
 * Find the number for a notice.  Return 1, 0 if there is none left or the notice is there already (its hash then in
 * ${sha256}), or -1 with errno set.
 */
static int
find_number(int dayfd, struct notice *n, char sha256[DIGEST_HEX])
{
	struct buf text = BUF_INIT;
	char name[NAMES_FILE_ROOM];
	struct notice there;
	struct sign_sig sig;
	size_t length;
	int rc = 0;

	sha256[0] = '\0';
	for (n->number = 1; rc == 0 && n->number <= NOTICE_A_DAY; n->number++) {
		buf_clear(&text);
		if (fsio_load(dayfd, path_of(n, name), NOTICE_MAX_BYTES, &text) == -1) {
			rc = errno == ENOENT ? 1 : -1;
			break;
		}
		if (text.len == 0 || notice_open(text.data, text.len, &there, &sig, &length) == -1 ||
		    !notice_is_same(&there, n))
			continue;
		rc = digest_hex_of(text.data, text.len, sha256);
		break;
	}
	buf_free(&text);
	return rc;
}

static int
write_new(const struct stream *s, int dayfd, const struct notice *n, char sha256[DIGEST_HEX])
{
	char comment[256], date[STAMP_DAY_TEXT], time[STAMP_TEXT], name[NAMES_FILE_ROOM];
	struct buf text = BUF_INIT, sig = BUF_INIT;
	int rc = -1;

	(void)snprintf(comment, sizeof(comment), "casetap case=%s iap=%s day=%s notice=%u sealed=%s", n->case_id,
	    n->iap, stamp_day_format(date, n->day), n->number, stamp_format(time, n->written)); /* has room */
	if (notice_write(n, &text) == 0 && sign_make(s->p->key, text.data, text.len, comment, &sig) == 0 &&
	    buf_put(&text, sig.data, sig.len) == 0 && digest_hex_of(text.data, text.len, sha256) == 0)
		rc = fsio_put(dayfd, path_of(n, name), text.data, text.len, PACKAGER_MODE_FILE);
	buf_free(&text);
	buf_free(&sig);
	return rc;
}

static int
publish(struct stream *s, struct notice *n)
{
	char sha256[DIGEST_HEX], name[NAMES_FILE_ROOM];
	int dayfd, rc;

	if (n->count == 0)
		return 0;
	dayfd = stream_open_day(s, n->day);
	if (dayfd == -1)
		return -1;
	rc = find_number(dayfd, n, sha256);
	if (rc == 1)
		rc = write_new(s, dayfd, n, sha256);
	if (rc == -1)
		(void)stream_failed(s, path_of(n, name));
	else if (sha256[0] != '\0')
		rc = journal_it(s, n, sha256);
	(void)close(dayfd); /* a folder */
	return rc;
}

static int
follow(void *cookie, const struct sealed_row *row)
{
	struct outage *o = cookie;
	const struct ledger_row *l = &row->row;

	if (!l->is_gap_package || strcmp(l->gap, OF_A_FILE) == 0) {
		o->from = o->to = STAMP_NONE;
	} else {
		if (o->to != l->from)
			o->from = l->from;
		o->to = l->to;
	}
	return 0;
}

/* Numbers that are gaps one behind the other are one gap, which is told of when it becomes too long. */
static int
follow_outage(struct stream *s, const struct settled *d, struct notice *n)
{
	const stamp_t least = s->p->conf->notice_gap * STAMP_SECOND;
	struct outage *o = &s->outage;
	struct sealed_row row;
	stamp_t before = 0, window[2];

	if (!o->is_known) {
		o->from = o->to = STAMP_NONE;
		if (sealed_each_row(&s->sealed, s->recordsfd, s->sealed.day, follow, o) == -1) {
			packager_fail(s->p, packager_status(errno));
			return -1;
		}
		o->is_known = 1;
	}
	memset(&row, 0, sizeof(row));
	row.row.is_gap_package = d->gap != NULL;
	row.row.from = d->head->from;
	row.row.to = d->head->to;
	if (d->gap != NULL)
		memcpy(row.row.gap, d->gap->reason, sizeof(row.row.gap));
	if (o->to != STAMP_NONE && o->to == d->head->from)
		before = o->to - o->from;
	(void)follow(o, &row);
	if (o->to == STAMP_NONE || s->p->conf->notice_gap == 0 || before >= least || o->to - o->from < least)
		return 0;
	window[0] = o->from;
	window[1] = o->to;
	add(n, NOTICE_GAP, window, d->gap->reason);
	return 0;
}

/* Who has an address that the order names was told of as it changed: the order says no more whom it means. */
static void
tell_of_holders(const struct conf *c, const struct access_list *l, struct notice *n)
{
	for (size_t i = 0; c->notice_orders && i < l->count; i++) {
		const struct access_event *e = &l->at[i];

		if (strcmp(e->reason, NOTICE_OF_ANOTHER) == 0 || strcmp(e->reason, NOTICE_OF_RETURN) == 0)
			add(n, NOTICE_ORDER, (const stamp_t[2]){e->time, STAMP_NONE}, e->reason);
	}
}

static void
tell_of_slice(const struct conf *c, const struct slice_record *r, struct notice *n)
{
	const stamp_t least = c->notice_gap * STAMP_SECOND, window[2] = {r->head.from, r->head.to},
		      loss[2] = {r->loss_from, r->loss_to};
	const uint64_t lost = r->lost_disk + r->lost_quota;
	char frames[32];

	tell_of_holders(c, &r->access, n); /* first: there is room for it */
	for (size_t i = 0; c->notice_gap != 0 && i < r->gap_count; i++) {
		const struct slice_gap *g = &r->gaps[i];

		if (g->to - g->from >= least && strcmp(g->reason, OF_A_FILE) != 0)
			add(n, NOTICE_GAP, (const stamp_t[2]){g->from, g->to}, g->reason);
	}
	if (c->notice_loss != 0 && lost >= c->notice_loss) {
		(void)snprintf(frames, sizeof(frames), "%ju", (uintmax_t)lost);
		add(n, NOTICE_LOSS, window, frames);
	}
	if (c->notice_gap != 0 && r->shared_loss && loss[0] != STAMP_NONE && loss[1] - loss[0] >= least)
		add(n, NOTICE_LOSS, loss, "possible");
	if (c->notice_loss != 0 && slice_is_suspect(r))
		add(n, NOTICE_LOSS, window, "suspect");
}

int
notices_of_package(struct stream *s, const struct settled *d)
{
	struct notice n;
	char revision[SLICE_REASON_ROOM];
	int rc;

	start(&n, s, d->intent->seal.day, d->intent->seal.time);
	n.last_seq = d->intent->seq;
	memcpy(n.last_seal, d->seal_id, sizeof(n.last_seal));
	memcpy(n.order_sha256, d->head->order_sha256, sizeof(n.order_sha256));
	if (s->p->conf->notice_orders && s->sealed.revision != 0 && d->head->revision != s->sealed.revision) {
		(void)snprintf(revision, sizeof(revision), "revision-%u", d->head->revision);
		add(&n, NOTICE_ORDER, (const stamp_t[2]){d->head->from, STAMP_NONE}, revision);
	}
	if (d->slice != NULL)
		tell_of_slice(s->p->conf, d->slice, &n);
	rc = follow_outage(s, d, &n);
	return rc == 0 ? publish(s, &n) : -1;
}

int
notices_of_silence(struct stream *s)
{
	const struct sealed *sealed = &s->sealed;
	const struct conf *c = s->p->conf;
	const struct conf_iap *iap = conf_find_iap(c, s->iap);
	const stamp_t now = s->p->now();
	struct notice n;

	if (c->notice_gap == 0 || iap == NULL || spool_source(s->spool) != SPOOL_LIVE ||
	    spool_end(s->spool)->reason[0] != '\0' || sealed->next == 1 || sealed->due == STAMP_NONE ||
	    now - sealed->covered < ((stamp_t)iap->slice_seconds + c->notice_gap) * STAMP_SECOND)
		return 0;
	/* The day that is closed next: whatever becomes of the stream, that one is. */
	start(&n, s, sealed->due, now);
	n.events[0] = (struct notice_event){
	    .kind = NOTICE_GAP, .from = sealed->covered, .to = STAMP_NONE, .what = "nothing-sealed"};
	n.count = 1;
	return publish(s, &n);
}

int
notices_of_end(struct stream *s, stamp_t day)
{
	const struct spool_end *end = spool_end(s->spool);
	struct notice n;

	if (!s->p->conf->notice_orders || strcmp(end->reason, "revoked") != 0)
		return 0;
	start(&n, s, day, s->p->now());
	n.events[0] =
	    (struct notice_event){.kind = NOTICE_ORDER, .from = end->at, .to = STAMP_NONE, .what = "revoked"};
	n.count = 1;
	return publish(s, &n);
}
