#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "fsio.h"

#include "overview.h"
#include "overview_internal.h"

#define HICCUP (900 * STAMP_SECOND) /* for as long a server may be away */
#define UNENDED 3                   /* runs: one may be a power cut, two an upgrade in its midst */
#define AT_WORK STAMP_DAY           /* for as long a delivery may take */

/* By their timers each runs again within a minute or two of its end. */
static const struct {
	const char *program;
	stamp_t late;
	int (*is_needed)(const struct conf *); /* NULL: always */
} kinds[OVERVIEW_RUNS] = {
    {"packager", 900 * STAMP_SECOND, NULL}, {"uploader", 3600 * STAMP_SECOND, overview_needs_uploader}};

int
overview_needs_uploader(const struct conf *c)
{
	return c->destination_count > 0 || c->tsa_count > 0;
}

static void
load(struct overview *v, size_t i)
{
	char path[32];
	int fd;

	v->runs[i].program = kinds[i].program;
	(void)snprintf(path, sizeof path, "journal/%s", kinds[i].program); /* has room */
	fd = fsio_opendirat(v->site->statefd, path);
	v->runs[i].is_known = fd == -1 ? -1 : lastrun_load(fd, kinds[i].program, &v->runs[i].last);
	if (fd != -1)
		(void)close(fd); /* a folder */
}

/* Since when an order is in force, the first of them; STAMP_NONE: none is, or whoever asks may not know. */
static stamp_t
in_force_since(const struct overview *v)
{
	stamp_t since = STAMP_NONE;

	for (size_t i = 0; i < orderbook_count(v->site->book); i++) {
		const struct orderbook_case *c = orderbook_case(v->site->book, i);

		if (c->order != NULL && overview_is_in_force(v, c) &&
		    (since == STAMP_NONE || c->order->not_before < since))
			since = c->order->not_before;
	}
	return since;
}

static void
judge_end(struct overview *v, const struct overview_run *run)
{
	char at[STAMP_TEXT];

	if (run->last.unended >= UNENDED)
		overview_matter(v,
		    "casetap-%s began %u times since %s and never came to an end: it crashes, or is killed: "
		    "journalctl -u casetap-%s",
		    run->program, run->last.unended, stamp_format_seconds(at, run->last.unended_since), run->program);
	if (run->last.status == EX_OK || (run->last.status == EX_UNAVAILABLE && v->now - run->last.since <= HICCUP))
		return;
	overview_matter(v, "casetap-%s ends with %d since %s: %s: journalctl -u casetap-%s", run->program,
	    run->last.status, stamp_format_seconds(at, run->last.since), lastrun_text(run->last.status),
	    run->program);
}

static void
judge_rest(struct overview *v, size_t i, stamp_t needed)
{
	const struct overview_run *run = &v->runs[i];
	const int is_running = run->is_known == 1 && run->last.ended == STAMP_NONE;
	char at[STAMP_TEXT];

	if (run->is_known == 0 && v->now - needed > kinds[i].late)
		overview_matter(v,
		    "casetap-%s has never run, or can not begin, though an order is in force since %s: enable its timer; "
		    "journalctl -u casetap-%s",
		    run->program, stamp_format_seconds(at, needed), run->program);
	if (run->is_known == 1 && is_running && v->now - run->last.began > AT_WORK)
		overview_matter(v, "casetap-%s began at %s and did not end since: it was killed, or is at work",
		    run->program, stamp_format_seconds(at, run->last.began));
	if (run->is_known == 1 && !is_running && v->now - run->last.ended > kinds[i].late)
		overview_matter(v,
		    "casetap-%s has not run since %s, or can not begin: systemctl status casetap-%s.timer; "
		    "journalctl -u casetap-%s",
		    run->program, stamp_format_seconds(at, run->last.ended), run->program, run->program);
}

void
overview_judge_runs(struct overview *v)
{
	stamp_t needed = in_force_since(v);

	for (size_t i = 0; i < OVERVIEW_RUNS; i++) {
		load(v, i);
		if (v->runs[i].is_known == 1)
			judge_end(v, &v->runs[i]);
		if (needed != STAMP_NONE && (kinds[i].is_needed == NULL || kinds[i].is_needed(v->site->conf)))
			judge_rest(v, i, needed);
	}
}
