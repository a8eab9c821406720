#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "buf.h"
#include "diag.h"
#include "digest.h"
#include "stop.h"

#include "acks.h"
#include "gate.h"
#include "lanes.h"
#include "pace.h"
#include "survey.h"
#include "visit.h"

#define LOOK_AGAIN 30 /* s: how long a new notice lies in the outbox of a run that has much to do */
#define READ_AGAIN 60 /* s: how long an order that changed is not seen */
#define VISIT_MAX 600 /* s: then it ends between two files, and all else of a run gets its turn */
#define PATIENCE 10   /* s: a wait as short as that is not left to the next run */

/* A change of the configuration or of a file that it names ends every holding back: somebody has seen to it. */
static int
fingerprint_of(const struct conf *conf, const struct conf_destination *d, char hex[DIGEST_HEX])
{
	const char *const files[] = {d->ca, d->crl, d->client_cert, d->client_key, d->token_file, d->password_file,
	    d->identity, d->known_hosts, d->access_key_file, d->secret_key_file};
	struct buf text = BUF_INIT;
	struct stat st;
	int rc = -1;

	(void)buf_puts(&text, conf->sha256); /* buf_failed() tells */
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		if (files[i] != NULL && stat(files[i], &st) == 0)
			(void)buf_printf(&text, " %llu %lld %lld.%09ld", (unsigned long long)st.st_ino,
			    (long long)st.st_size, (long long)st.st_ctim.tv_sec, (long)st.st_ctim.tv_nsec);
	}
	if (!buf_failed(&text))
		rc = digest_hex_of(text.data, text.len, hex);
	buf_free(&text);
	return rc;
}

/* What this case's order says of how long it must be kept.  Return 0, or -1 if nobody knows. */
static int
keep_as_ordered(struct visit *v, const char *case_id)
{
	v->keep_days = 0;
	if (v->conf->object_lock_days != CONF_LOCK_BY_ORDER)
		return 0;
	v->keep_days = addressees_payload_days(v->session->addressees, case_id);
	if (v->keep_days != 0)
		return 0;
	diag_errx("case %s to %s: object_lock_days = order, and its order can not be read", case_id, v->conf->name);
	v->standing->status = answer_graver(v->standing->status, EX_CONFIG);
	return -1;
}

/* The streams in the order in which this destination gets them. */
struct tour {
	const struct plan *plan;
	size_t *order;
};

/* Where something failed before comes last, so that streams that always fail keep none from their turn. */
static int
tour_make(struct tour *t, const struct visit *v)
{
	const struct plan *p = t->plan;
	char prefix[NAMES_CASE_ROOM + NAMES_IAP_ROOM + 2];
	size_t n = 0;

	t->order = calloc(p->count + 1, sizeof *t->order);
	if (t->order == NULL)
		return -1;
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < p->count; i++) {
			(void)snprintf(prefix, sizeof prefix, "%s/%s/", p->routes[i].case_id, p->routes[i].iap);
			if (blocked_has_failed(v->blocked, prefix) == again)
				t->order[n++] = i;
		}
	}
	return 0;
}

/* For lanes_run(): the cookie is the tour. */
static void
deliver_stream(void *cookie, struct visit *v, size_t n)
{
	const struct tour *t = cookie;
	const struct plan *p = t->plan;
	size_t i = t->order[n];
	const struct route *r = &p->routes[i];

	if (plan_has(p, i, v->conf->name) && keep_as_ordered(v, r->case_id) == 0 &&
	    stream_deliver(v, r->case_id, r->iap) == -1)
		v->standing->status = answer_graver(v->standing->status, EX_IOERR);
}

/* What the LEA has to know at once, of all streams; an audit has time. */
static void
tell(struct visit *v, const struct plan *p)
{
	struct standing *st = v->standing;
	const uint32_t keep_days = v->keep_days;

	if (st->told != STAMP_NONE && stamp_boottime() - st->told < LOOK_AGAIN * STAMP_SECOND)
		return;
	st->told = stamp_boottime();
	for (size_t i = 0; i < p->count && !st->is_over && !stop_requested(); i++) {
		if (plan_has(p, i, v->conf->name) && keep_as_ordered(v, p->routes[i].case_id) == 0 &&
		    stream_notices(v, p->routes[i].case_id, p->routes[i].iap) == -1)
			st->status = answer_graver(st->status, EX_IOERR);
	}
	v->keep_days = keep_days;
}

/* Who gets what is the order's to say, and no file more goes to somebody whom it no longer names. */
static void
read_again(struct visit *v, struct plan *p)
{
	struct standing *st = v->standing;
	int status;

	if (stamp_boottime() - st->read < READ_AGAIN * STAMP_SECOND)
		return;
	st->read = stamp_boottime();
	status = session_refresh(v->session);
	if (status == EX_OK && plan_is_current(p) != 1)
		p->is_stale = 1;
	if (status != EX_OK)
		st->is_over = 1; /* whom they name now, nobody can tell */
	st->status = answer_graver(st->status, status);
}

/* For stream.c: before each file, where much is to be done. */
static void
between_files(struct visit *v, void *cookie)
{
	struct standing *st = v->standing;
	struct plan *p = cookie;

	if (!p->is_stale)
		read_again(v, p);
	if (p->is_stale) {
		st->is_over = 1;
		return;
	}
	tell(v, p);
	if (!st->is_over && stamp_boottime() - st->begun >= VISIT_MAX * STAMP_SECOND) {
		st->is_over = 1;
		st->status = answer_graver(st->status, EX_TEMPFAIL);
		progress_clear(v->progress);
		diag_notice("destination %s: goes on in the next run", v->conf->name);
	}
}

/* Has it had as long as it may take?  While no window was open, nobody wanted it to go. */
static int
is_overdue(const struct visit *v, stamp_t waiting, stamp_t now)
{
	const stamp_t most = v->conf->alarm_after_seconds;

	/* Dated by a clock that was wrong: how long it waits, nobody can tell. */
	if (waiting > now)
		return waiting - now > most * STAMP_SECOND;
	return pace_open_seconds(v->conf, waiting, now, most) >= most;
}

/* What waits longer than the operator allows is an alarm, whatever the reason: a line each run, a journal entry an hour. */
static int
check_waiting(struct visit *v, stamp_t waiting)
{
	static const char scope[] = "/alarm"; /* no case is called so */
	char since[STAMP_TEXT], why[128];
	struct json *detail;
	stamp_t now = stamp_now();

	if (waiting == STAMP_NONE || !pace_is_open(v->conf, now) || !is_overdue(v, waiting, now))
		return 0;
	(void)snprintf(
	    why, sizeof why, "files wait since %s, longer than alarm_after", stamp_format_seconds(since, waiting));
	progress_clear(v->progress);
	diag_errx("destination %s: %s", v->conf->name, why);
	/* No longer a matter between machines. */
	v->standing->status = answer_graver(v->standing->status, EX_CANTCREAT);
	if (blocked_find(v->blocked, scope) != NULL)
		return 0;
	detail = json_object();
	if (json_put_string(detail, "destination", v->conf->name) == -1 ||
	    json_put_string(detail, "result", "waiting") == -1 || json_put_string(detail, "why", why) == -1) {
		json_free(detail);
		detail = NULL;
	}
	if (blocked_add(v->blocked, scope, EX_CANTCREAT, why, now, BLOCKED_SECONDS) == -1) {
		json_free(detail);
		diag_err("destination %s", v->conf->name);
		return -1;
	}
	alarm_raise(v->session->alarm,
	    &(const struct alarm_text){.kind = "waiting", .destination = v->conf->name, .why = why});
	return journal_write(v->session->journal, NULL, "blocked", NULL, detail);
}

static void
tell_audit(const struct visit *v)
{
	const struct standing *st = v->standing;

	progress_clear(v->progress);
	diag_notice("destination %s: audit: %llu files are there, %llu were missing and are sent again, %llu differ",
	    v->conf->name, (unsigned long long)st->seen, (unsigned long long)st->again,
	    (unsigned long long)st->differ);
	if (st->strangers > 0)
		diag_notice("destination %s: audit: %llu files in our folders are not ours", v->conf->name,
		    (unsigned long long)st->strangers);
}

/* A destination that failed is left alone for longer each time, and for less long as soon as it takes something. */
static int
set_pace(struct visit *v)
{
	struct standing *st = v->standing;
	uint32_t tries = blocked_tries(v->blocked);

	if (st->has_taken)
		tries = 0;
	/* Nothing arrived, and not for want of trying. */
	if (!st->has_taken && st->failures >= FAILURES_MAX)
		st->is_broken = 1;
	if (st->is_broken) {
		tries++;
		if (blocked_add(v->blocked, "", EX_UNAVAILABLE, st->why, stamp_now(), pace_draw(tries, st->floor)) ==
		    -1) {
			diag_err("destination %s", v->conf->name);
			return -1;
		}
	}
	blocked_set_tries(v->blocked, tries);
	return 0;
}

static void
deliver(struct visit *v, struct plan *p)
{
	struct standing *st = v->standing;
	struct tour tour = {.plan = p};
	struct survey left;
	stamp_t waiting;

	if (tour_make(&tour, v) == -1) {
		diag_err("destination %s", v->conf->name);
		st->status = answer_graver(st->status, EX_OSERR);
		return;
	}
	v->between_cookie = p;
	tell(v, p);
	v->between = v->opts->audit == AUDIT_NONE && v->opts->resend_first == 0 ? between_files : NULL;
	lanes_run(v, p->count, deliver_stream, &tour);
	v->between = NULL;
	free(tour.order);
	waiting = st->waiting;
	/* Files that were not even tried wait too, whatever keeps them. */
	if ((st->is_over || st->status != EX_OK) && !stop_requested() && survey(p, v->conf, &left) == 0 &&
	    left.files > 0)
		waiting = left.oldest;
	if (set_pace(v) == -1 || check_waiting(v, waiting) == -1)
		st->status = answer_graver(st->status, EX_IOERR);
	if (v->opts->audit != AUDIT_NONE)
		tell_audit(v);
}

/* Time stamps and acknowledgements of what is there. */
static void
look_after(struct visit *v, const struct plan *p)
{
	struct standing *st = v->standing;

	if (!pace_is_open(v->conf, stamp_now()))
		return;
	if (acks_begin(v) == -1)
		st->status = answer_graver(st->status, EX_IOERR);
	for (size_t i = 0; i < p->count && !st->is_over && !stop_requested(); i++) {
		if (plan_has(p, i, v->conf->name) && keep_as_ordered(v, p->routes[i].case_id) == 0 &&
		    stream_after(v, p->routes[i].case_id, p->routes[i].iap) == -1)
			st->status = answer_graver(st->status, EX_IOERR);
	}
	if (set_pace(v) == -1)
		st->status = answer_graver(st->status, EX_IOERR);
}

/* It is left alone, by an entry that is there; what waits meanwhile may be too old all the same. */
static void
stay_away(struct visit *v, const struct plan *p, const struct blocked_entry *held)
{
	struct standing *st = v->standing;
	char until[STAMP_TEXT];
	struct survey left;

	progress_clear(v->progress);
	diag_warnx("destination %s: held back until %s: %s", v->conf->name, stamp_format_seconds(until, held->until),
	    held->why);
	st->status = answer_graver(st->status, held->exit);
	if (survey(p, v->conf, &left) == -1 || (left.files > 0 && check_waiting(v, left.oldest) == -1))
		st->status = answer_graver(st->status, EX_IOERR);
}

/* Load what is held back; where that ends in a moment, wait for it.  Return -1 after one diag line. */
static int
load_blocked(struct visit *v, enum errand errand)
{
	const struct blocked_entry *held;
	char fingerprint[DIGEST_HEX];
	stamp_t until;

	if (fingerprint_of(v->session->conf, v->conf, fingerprint) == -1) {
		diag_err("destination %s", v->conf->name);
		return -1;
	}
	v->blocked = blocked_load(v->session->journalfd, v->conf->name, fingerprint, stamp_now());
	held = v->blocked == NULL ? NULL : blocked_find(v->blocked, "");
	if (held == NULL || errand != ERRAND_DELIVER || held->exit != EX_UNAVAILABLE ||
	    held->until - stamp_now() > PATIENCE * STAMP_SECOND)
		return v->blocked == NULL ? -1 : 0;
	until = held->until;
	while (stamp_now() < until && until - stamp_now() <= PATIENCE * STAMP_SECOND && !stop_requested())
		turn_wait(v->session->turn, 100);
	blocked_free(v->blocked);
	v->blocked = blocked_load(v->session->journalfd, v->conf->name, fingerprint, stamp_now());
	return v->blocked == NULL ? -1 : 0;
}

/* The gate, where there will be lanes to a server, and the first lane's destination.  Return -1 after one diag line. */
static int
prepare(struct visit *v, struct destination_limits *limits)
{
	struct standing *st = v->standing;

	limits->gate = NULL;
	if (v->conf->parallel > 1 && v->conf->scheme != CONF_FILE) {
		limits->gate = gate_new(v->session->turn);
		if (limits->gate == NULL) {
			diag_err("destination %s", v->conf->name);
			st->status = EX_OSERR;
			return -1;
		}
	}
	v->destination = destination_open(v->conf, limits, &st->status);
	if (v->destination == NULL) {
		gate_free(limits->gate);
		return -1;
	}
	st->status = EX_OK;
	return 0;
}

int
visit(struct plan *p, const struct conf_destination *conf, const struct destination_limits *limits,
    struct progress *progress, enum errand errand)
{
	struct destination_limits own = *limits;
	struct standing st = {.status = EX_OK, .waiting = STAMP_NONE, .told = STAMP_NONE, .begun = stamp_boottime()};
	struct visit v = {.session = p->session,
	    .opts = p->opts,
	    .conf = conf,
	    .limits = &own,
	    .standing = &st,
	    .progress = progress};
	const struct blocked_entry *held;

	st.read = st.begun;
	if (prepare(&v, &own) == -1)
		return st.status;
	if (load_blocked(&v, errand) == -1) {
		st.status = EX_IOERR;
		goto out;
	}
	held = blocked_find(v.blocked, "");
	if (held != NULL && errand == ERRAND_DELIVER)
		stay_away(&v, p, held);
	else if (held == NULL && errand == ERRAND_DELIVER)
		deliver(&v, p);
	else if (held == NULL) /* else it was said when the days should have gone */
		look_after(&v, p);
	if (blocked_save(v.blocked) == -1)
		st.status = answer_graver(st.status, EX_IOERR);
out:
	progress_clear(progress);
	blocked_free(v.blocked);
	destination_close(v.destination);
	gate_free(own.gate);
	return st.status;
}
