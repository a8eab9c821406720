#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "diag.h"
#include "stop.h"

#include "deliver.h"
#include "plan.h"
#include "stamps.h"
#include "survey.h"
#include "visit.h"

#define DRAW_MILLISECONDS 200
#define AGAIN (60 * STAMP_SECOND)

/* All that is under way: each destination has a thread, so that one that hangs keeps nobody waiting. */
struct run {
	struct session *session;
	const struct uploader_options *opts;
	struct plan *plan; /* the newest; NULL: none could be made */
	stamp_t planned;   /* when */
	int status;        /* the gravest exit code */
	struct progress *progress;
	_Atomic uint64_t sent;
	enum errand errand;
	unsigned at_work; /* destinations in their first visit */
	unsigned threads; /* that have not ended */
};

struct trip {
	struct run *run;
	const struct conf_destination *conf;
	struct destination_limits limits;
	pthread_t thread;
};

/* Whoever lets go of a plan last frees it. */
static void
let_go(struct plan *p)
{
	if (p == NULL || --p->users > 0)
		return;
	plan_clear(p);
	free(p);
}

static struct plan *
make_plan(struct run *r)
{
	struct plan *p = calloc(1, sizeof *p);

	if (p == NULL) {
		diag_err("cannot start");
		r->status = answer_graver(r->status, EX_OSERR);
		return NULL;
	}
	*p = (struct plan){.session = r->session, .opts = r->opts, .users = 1};
	if (plan_make(p) == 0) {
		r->status = answer_graver(r->status, p->status);
		return p;
	}
	r->status = answer_graver(r->status, p->status);
	let_go(p);
	return NULL;
}

/* The plan as orders and outbox tell it now, at most a minute old; let_go() of it.  NULL: none could be made. */
static struct plan *
take_plan(struct run *r)
{
	stamp_t now = stamp_boottime();

	if (now - r->planned >= AGAIN || (r->plan != NULL && r->plan->is_stale)) {
		if (now - r->planned >= AGAIN)
			r->status = answer_graver(r->status, session_refresh(r->session));
		let_go(r->plan);
		r->plan = make_plan(r);
		r->planned = now;
	}
	if (r->plan != NULL)
		r->plan->users++;
	return r->plan;
}

/* Wait for the others, but no longer than a new run would be waited for.  Return 1 if they are still at work then. */
static int
is_long_run(struct run *r)
{
	stamp_t begin = stamp_boottime();

	while (r->at_work > 0 && !stop_requested()) {
		if (stamp_boottime() - begin >= AGAIN)
			return 1;
		turn_wait(r->session->turn, 1000);
	}
	return 0;
}

/* One visit; again at once where its plan was overtaken. */
static void
make_visit(struct trip *t, enum errand errand)
{
	struct run *r = t->run;
	struct plan *p;
	int is_stale;

	do {
		p = take_plan(r);
		is_stale = 0;
		if (p != NULL && plan_is_visited(p, t->conf->name)) {
			r->status = answer_graver(r->status, visit(p, t->conf, &t->limits, r->progress, errand));
			is_stale = p->is_stale;
		}
		let_go(p);
	} while (is_stale && !stop_requested());
}

/*
 * While others hang, the ones that do not get what is sealed meanwhile, and are asked what follows a day: a run ends only
 * with its slowest, and the timer starts no other before that.  How a visit ended does not matter: what is to be left
 * alone for a while is.
 */
static void
make_trip(struct trip *t)
{
	struct run *r = t->run;

	make_visit(t, r->errand);
	r->at_work--;
	turn_announce(r->session->turn);
	while (r->errand == ERRAND_DELIVER && r->opts->audit == AUDIT_NONE && r->opts->resend_first == 0 &&
	       is_long_run(r)) {
		make_visit(t, ERRAND_DELIVER);
		make_visit(t, ERRAND_LOOK_AFTER);
	}
	r->threads--;
	turn_announce(r->session->turn);
}

static void *
trip_main(void *cookie)
{
	struct trip *t = cookie;

	turn_take(t->run->session->turn);
	make_trip(t);
	turn_give(t->run->session->turn);
	return NULL;
}

/* Start a trip to each destination, for it may be named meanwhile; without a thread, make it here and now. */
static size_t
start_trips(struct run *r, struct trip *trips)
{
	const struct conf *conf = r->session->conf;
	size_t n = 0;

	for (size_t i = 0; i < conf->destination_count && !stop_requested(); i++) {
		struct trip *t = &trips[n];

		t->run = r;
		t->conf = &conf->destinations[i];
		destination_default_limits(&t->limits);
		t->limits.sent = &r->sent;
		t->limits.share = t->conf->parallel;
		r->at_work++;
		r->threads++;
		if (pthread_create(&t->thread, NULL, trip_main, t) == 0)
			n++;
		else
			make_trip(t);
	}
	return n;
}

/* After the days: whoever attests their time may take his. */
static void
fetch_stamps(struct run *r)
{
	struct stamps *stamps;
	struct plan *p;
	int status;

	if (r->session->conf->tsa_count == 0 || stop_requested())
		return;
	stamps = stamps_new(r->session, &status);
	if (stamps == NULL)
		r->status = answer_graver(r->status, status);
	p = take_plan(r);
	for (size_t i = 0; stamps != NULL && p != NULL && i < p->count && !stop_requested(); i++)
		r->status = answer_graver(r->status, stamps_fetch(stamps, p->routes[i].case_id, p->routes[i].iap));
	let_go(p);
	stamps_free(stamps);
}

/* Until all have ended; where that takes long, time stamps do not wait for it. */
static void
wait_for_trips(struct run *r)
{
	stamp_t last = stamp_boottime();

	while (r->threads > 0) {
		turn_wait(r->session->turn, DRAW_MILLISECONDS);
		progress_draw(r->progress, r->sent);
		if (r->errand != ERRAND_DELIVER || stamp_boottime() - last < AGAIN)
			continue;
		fetch_stamps(r);
		last = stamp_boottime();
	}
	progress_clear(r->progress);
}

static void
visit_all(struct run *r, enum errand errand)
{
	size_t count = r->session->conf->destination_count, n;
	struct trip *trips = calloc(count + 1, sizeof *trips);

	if (trips == NULL) {
		diag_err("cannot start");
		r->status = answer_graver(r->status, EX_OSERR);
		return;
	}
	r->errand = errand;
	n = start_trips(r, trips);
	wait_for_trips(r);
	turn_give(r->session->turn);
	for (size_t i = 0; i < n; i++)
		(void)pthread_join(trips[i].thread, NULL); /* it is one of ours */
	turn_take(r->session->turn);
	free(trips);
}

/* What waits, for the line on a terminal; nobody else is told, so nobody else waits for the counting. */
static void
count_waiting(struct run *r)
{
	const struct conf *conf = r->session->conf;
	struct survey s;

	for (size_t i = 0; i < conf->destination_count && progress_is_shown(r->progress); i++) {
		if (survey(r->plan, &conf->destinations[i], &s) == 0)
			progress_expect(r->progress, s.files, s.bytes);
	}
}

int
deliver_all(struct session *session, const struct uploader_options *opts)
{
	struct run r = {.session = session, .opts = opts, .progress = progress_new()};

	if (r.progress == NULL) {
		diag_err("progress");
		return EX_OSERR;
	}
	turn_take(session->turn);
	r.plan = make_plan(&r);
	r.planned = stamp_boottime();
	if (r.plan == NULL)
		goto out;
	count_waiting(&r);
	visit_all(&r, ERRAND_DELIVER);
	fetch_stamps(&r);
	visit_all(&r, ERRAND_LOOK_AFTER);
out:
	turn_give(session->turn);
	progress_free(r.progress);
	let_go(r.plan);
	return r.status;
}

int
deliver_check(struct session *session, const struct uploader_options *opts)
{
	struct plan p = {.session = session, .opts = opts};
	const struct conf *conf = session->conf;
	struct destination_limits limits;
	struct destination *d;
	struct stamps *stamps;
	int status;

	destination_default_limits(&limits);
	if (conf->tsa_count > 0) {
		stamps = stamps_new(session, &status);
		if (stamps == NULL)
			p.status = answer_graver(p.status, status);
		stamps_free(stamps);
	}
	for (size_t i = 0; i < conf->destination_count; i++) {
		d = destination_open(&conf->destinations[i], &limits, &status);
		if (d == NULL)
			p.status = answer_graver(p.status, status);
		destination_close(d);
	}
	(void)plan_make(&p); /* p.status tells */
	if (p.status == EX_OK)
		(void)printf("%s: fine; destinations: %zu, streams in the outbox: %zu\n", conf->path,
		    conf->destination_count, p.count);
	plan_clear(&p);
	return p.status;
}
