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
#define AGAIN_MILLISECONDS 60000

/* All that is under way: each destination has a thread, so that one that hangs keeps nobody waiting. */
struct run {
	struct plan plan;
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

/* Wait for the others, but no longer than a new run would be waited for.  Return 1 if they are still at work then. */
static int
is_long_run(struct run *r)
{
	stamp_t begin = stamp_boottime();

	while (r->at_work > 0 && !stop_requested()) {
		if (stamp_boottime() - begin >= AGAIN_MILLISECONDS * (STAMP_SECOND / 1000))
			return 1;
		turn_wait(r->plan.session->turn, 1000);
	}
	return 0;
}

/*
 * While others hang, the ones that do not get what is sealed meanwhile: a run ends only with its slowest, and the timer
 * starts no other before that.
 */
static void
make_trip(struct trip *t)
{
	struct run *r = t->run;
	int status = visit(&r->plan, t->conf, &t->limits, r->progress, r->errand);

	r->plan.status = answer_graver(r->plan.status, status);
	r->at_work--;
	turn_announce(r->plan.session->turn);
	while (
	    r->errand == ERRAND_DELIVER && r->plan.opts->audit == AUDIT_NONE && status == EX_OK && is_long_run(r)) {
		status = visit(&r->plan, t->conf, &t->limits, r->progress, r->errand);
		r->plan.status = answer_graver(r->plan.status, status);
	}
	r->threads--;
	turn_announce(r->plan.session->turn);
}

static void *
trip_main(void *cookie)
{
	struct trip *t = cookie;

	turn_take(t->run->plan.session->turn);
	make_trip(t);
	turn_give(t->run->plan.session->turn);
	return NULL;
}

/* Start a trip to each destination that is asked for; without a thread, make it here and now. */
static size_t
start_trips(struct run *r, struct trip *trips)
{
	const struct conf *conf = r->plan.session->conf;
	size_t n = 0;

	for (size_t i = 0; i < conf->destination_count && !stop_requested(); i++) {
		struct trip *t = &trips[n];

		if (!plan_is_visited(&r->plan, conf->destinations[i].name))
			continue;
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

static void
visit_all(struct run *r, enum errand errand)
{
	size_t count = r->plan.session->conf->destination_count, n;
	struct trip *trips = calloc(count + 1, sizeof *trips);

	if (trips == NULL) {
		diag_err("cannot start");
		r->plan.status = answer_graver(r->plan.status, EX_OSERR);
		return;
	}
	r->errand = errand;
	n = start_trips(r, trips);
	while (r->threads > 0) {
		turn_wait(r->plan.session->turn, DRAW_MILLISECONDS);
		progress_draw(r->progress, r->sent);
	}
	progress_clear(r->progress);
	turn_give(r->plan.session->turn);
	for (size_t i = 0; i < n; i++)
		(void)pthread_join(trips[i].thread, NULL); /* it is one of ours */
	turn_take(r->plan.session->turn);
	free(trips);
}

/* After the days: whoever attests their time may take his. */
static void
fetch_stamps(struct plan *p)
{
	struct stamps *stamps;
	int status;

	if (p->session->conf->tsa_count == 0 || stop_requested())
		return;
	stamps = stamps_new(p->session, &status);
	if (stamps == NULL)
		p->status = answer_graver(p->status, status);
	for (size_t i = 0; stamps != NULL && i < p->count && !stop_requested(); i++)
		p->status = answer_graver(p->status, stamps_fetch(stamps, p->routes[i].case_id, p->routes[i].iap));
	stamps_free(stamps);
}

/* What waits, for the line on a terminal; nobody else is told, so nobody else waits for the counting. */
static void
count_waiting(struct run *r)
{
	const struct conf *conf = r->plan.session->conf;
	struct survey s;

	for (size_t i = 0; i < conf->destination_count && progress_is_shown(r->progress); i++) {
		if (survey(&r->plan, &conf->destinations[i], &s) == 0)
			progress_expect(r->progress, s.files, s.bytes);
	}
}

int
deliver_all(struct session *session, const struct uploader_options *opts)
{
	struct run r = {.plan = {.session = session, .opts = opts}, .progress = progress_new()};

	if (r.progress == NULL) {
		diag_err("progress");
		return EX_OSERR;
	}
	turn_take(session->turn);
	if (plan_make(&r.plan) == -1)
		goto out;
	count_waiting(&r);
	visit_all(&r, ERRAND_DELIVER);
	fetch_stamps(&r.plan);
	visit_all(&r, ERRAND_LOOK_AFTER);
out:
	turn_give(session->turn);
	progress_free(r.progress);
	plan_clear(&r.plan);
	return r.plan.status;
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
