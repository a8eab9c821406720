#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "diag.h"
#include "stamp.h"

#include "gate.h"
#include "pace.h"
#include "stream_internal.h"

#define FULL_SECONDS (15 * 60)

/* How long this is left alone; 0: until the next run, unless the destination as a whole is (visit.c). */
static uint32_t
hold_seconds(enum answer a)
{
	if (answer_is_permanent(a))
		return BLOCKED_SECONDS;
	return a == ANSWER_FULL ? FULL_SECONDS : 0;
}

static int
hold_back(struct stream *s, enum answer a, const char *file_scope, const char *why)
{
	enum answer_scope scope = answer_scope(a);
	uint32_t seconds = hold_seconds(a), tries = 0;
	const char *name = scope == ANSWER_OF_FILE ? file_scope : scope == ANSWER_OF_CASE ? s->case_id : "";

	/* Longer each time: a file that always fails takes no turn from the others.  A wish to wait is the server's. */
	if (a == ANSWER_RETRY && destination_wait_seconds(s->v->destination) == 0) {
		tries = blocked_fails(s->v->blocked, name) + 1;
		seconds = pace_draw(tries, 0);
	}
	if (seconds == 0)
		return 0;
	if (blocked_add(s->v->blocked, name, answer_exit(a), why, stamp_now(), seconds) == -1)
		return -1;
	if (tries > 0)
		blocked_set_fails(s->v->blocked, name, tries);
	return 0;
}

int
stream_has_failed(const struct stream *s, const struct day *d, const char *name)
{
	char scope[STREAM_SCOPE_ROOM];

	stream_scope(s, d, name, scope);
	return blocked_fails(s->v->blocked, scope) > 0;
}

/*
 * What may be the server's state rather than the file's must not cost all the rest in vain.  Three files in a row are the
 * stream's, three streams the server's; files that had failed before prove nothing of either, and are only tried less.
 */
static void
count_failure(struct stream *s, int again)
{
	struct standing *st = s->v->standing;

	st->failures++;
	if (s->end->failures[again]++ == 0)
		st->streams[again]++;
	if (s->end->failures[0] >= FAILURES_MAX)
		s->end->is_over = 1;
	if (st->streams[0] >= FAILURES_MAX)
		st->is_broken = 1;
}

void
stream_succeeded(struct stream *s, const struct day *d, const char *name)
{
	int again = stream_has_failed(s, d, name);
	char scope[STREAM_SCOPE_ROOM];

	gate_prove(s->v->limits->gate);
	s->is_gone = 0;
	s->end->failures[again] = 0;
	s->v->standing->streams[0] = s->v->standing->failures = 0;
	stream_scope(s, d, name, scope);
	(void)blocked_set_sent(s->v->blocked, scope, 0, stamp_now()); /* fails only where something is added */
	if (!again)
		return;
	s->v->standing->streams[1] = 0;
	blocked_set_fails(s->v->blocked, scope, 0);
}

/* What a failure means for the rest of the run. */
static void
give_way(struct stream *s, enum answer a, int again, const char *why)
{
	struct standing *st = s->v->standing;
	uint32_t asked = a == ANSWER_RETRY ? destination_wait_seconds(s->v->destination) : 0;

	if (a == ANSWER_RETRY || a == ANSWER_MISMATCH || a == ANSWER_REJECTED)
		count_failure(s, again);
	if (a == ANSWER_UNREACHABLE || asked > 0)
		st->is_broken = 1;
	(void)snprintf(st->why, sizeof st->why, "%s", why); /* cut: it is for people */
	if (asked > st->floor)
		st->floor = asked;
	if (answer_scope(a) == ANSWER_OF_DESTINATION || st->is_broken) {
		st->is_over = 1;
		gate_shut(s->v->limits->gate);
	}
	if (answer_scope(a) == ANSWER_OF_CASE)
		s->end->is_over = 1;
}

/*
 * Only what is asked for again, or audited, fails or is held back and has a receipt all the same.  What the far end answers
 * of it is known; a line that broke says nothing of what lies there, nor does what another url led to.
 */
static void
note_lost(struct stream *s, const struct day *d, const char *name, int is_known)
{
	if (receipts_has(s->receipts, name, day_stamp(d)) == 1) {
		s->end->has_lost |= (is_known || s->is_gone) && stream_is_elsewhere(s, d, name) != 1;
		s->end->is_doubted = 1;
	}
	s->is_gone = 0;
}

int
stream_fail(struct stream *s, const struct day *d, const char *name, enum answer a, const char *why)
{
	struct visit *v = s->v;
	char scope[STREAM_SCOPE_ROOM];
	struct json *detail;

	if (a == ANSWER_STOPPED) {
		v->standing->is_over = 1;
		return 0;
	}
	stream_scope(s, d, name, scope);
	progress_clear(v->progress);
	diag_errx("%s to %s: %s: %s", scope, v->conf->name, answer_text(a), why);
	stream_account(v, answer_exit(a));
	give_way(s, a, stream_has_failed(s, d, name), why);
	note_lost(s, d, name, a == ANSWER_CONFLICT);
	if (!answer_is_permanent(a))
		s->end->may_pass = 1;
	if (answer_is_permanent(a) || a == ANSWER_FULL)
		alarm_raise(v->session->alarm,
		    &(const struct alarm_text){answer_text(a), v->conf->name, s->case_id, scope, why});
	detail = stream_detail(s, d, name);
	if (json_put_string(detail, "result", answer_text(a)) == -1 || json_put_string(detail, "why", why) == -1) {
		json_free(detail);
		detail = NULL;
	}
	/* At once: a long run that is killed must not ask again for all that was refused. */
	if (hold_back(s, a, scope, why) == -1 || blocked_save(s->v->blocked) == -1) {
		diag_err("%s", scope);
		json_free(detail);
		return -1;
	}
	return journal_write(v->session->journal, s->case_id,
	    answer_is_permanent(a) || a == ANSWER_FULL ? "blocked" : "attempt", NULL, detail);
}

/* Did so many files fail again that the others that had failed wait for the next run? */
static int
is_enough(const struct stream *s, const char *scope)
{
	return (s->end->failures[1] >= FAILURES_MAX || s->v->standing->streams[1] >= FAILURES_MAX) &&
	       blocked_fails(s->v->blocked, scope) > 0;
}

int
stream_is_held(struct stream *s, const struct day *d, const char *name)
{
	const struct blocked_entry *held;
	char scope[STREAM_SCOPE_ROOM], until[STAMP_TEXT];

	stream_scope(s, d, name, scope);
	held = blocked_find(s->v->blocked, scope);
	if (held == NULL && !is_enough(s, scope))
		return 0;
	note_lost(s, d, name, held != NULL && held->exit == EX_PROTOCOL);
	if (held == NULL || held->exit == EX_UNAVAILABLE)
		s->end->may_pass = 1;
	if (held == NULL) {
		stream_account(s->v, EX_UNAVAILABLE);
		return 1;
	}
	progress_clear(s->v->progress);
	diag_warnx("%s to %s: held back until %s: %s", scope, s->v->conf->name,
	    stamp_format_seconds(until, held->until), held->why);
	stream_account(s->v, held->exit);
	return 1;
}
