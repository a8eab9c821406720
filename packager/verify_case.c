#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verify_ahead.h"
#include "verify_cover.h"
#include "verify_day.h"
#include "verify_lines.h"
#include "verify_orders.h"
#include "verify_records.h"
#include "verify_spans.h"
#include "verify_stream.h"

#include "verify_case.h"

/* The places [from, to) of a case or of a stream. */
struct stretch {
	const struct verify_place *at;
	size_t count;
	int is_whole; /* is any of it to be complete? */
	int is_case;  /* and all streams to be there? */
};

/* Take the run of places at the begin of ${left} that are of one case, and of one IAP if ${iap} says so. */
static struct stretch
take(struct stretch *left, int iap)
{
	struct stretch s = {left->at, 0, 0, 0};

	while (s.count < left->count && strcmp(s.at[0].case_id, s.at[s.count].case_id) == 0 &&
	       (!iap || strcmp(s.at[0].iap, s.at[s.count].iap) == 0)) {
		s.is_whole |= s.at[s.count].whole;
		s.is_case |= s.at[s.count].is_case;
		s.count++;
	}
	left->at += s.count;
	left->count -= s.count;
	return s;
}

/* One stream; *due rises to the time up to which it accounts for the case. */
static int
verify_stream(struct verify_run *run, const struct stretch *places, stamp_t *due)
{
	int rc = -1;
	size_t i;

	run->stream = verify_stream_new(places->at[0].case_id, places->at[0].iap, places->is_whole);
	if (run->stream == NULL)
		return -1;
	run->named.count = run->late.count = run->claimed.count = 0;
	for (i = 0; i < places->count; i++) {
		rc = places->at[i].kind == VERIFY_PLACE_PACKAGE ? verify_single(run, &places->at[i])
								: verify_day(run, &places->at[i]);
		if (rc == -1)
			goto out;
	}
	/* Places whose names tell of no stream were judged each for itself. */
	rc = places->at[0].case_id[0] == '\0' ? 0 : verify_stream_judge(run->stream, run->result);
	if (verify_stream_due(run->stream) > *due)
		*due = verify_stream_due(run->stream);
out:
	verify_stream_free(run->stream);
	run->stream = NULL;
	return rc;
}

/* After all its streams: orders, and what was captured of their windows. */
static int
judge_case(struct verify_run *run, const struct stretch *places, stamp_t until)
{
	struct verify_case_sums sums = {.revoked = STAMP_NONE}, *kept;
	struct spans window = SPANS_INIT;
	int known, rc = -1;

	(void)snprintf(sums.case_id, sizeof(sums.case_id), "%s", places->at[0].case_id); /* the rooms are the same */
	known = verify_orders_judge(
	    run->orders, verify_keys_best(run->keys), places->is_whole, &window, &sums, run->result);
	if (known == -1)
		goto out;
	if (verify_cover_judge(run->cover, known && places->is_whole ? &window : NULL, until, sums.case_id, &sums,
		run->result) == -1)
		goto out;
	kept = verify_result_case(run->result);
	if (kept == NULL)
		goto out;
	sums.until = until;
	sums.all_streams = places->is_case;
	sums.bindings = *run->bindings;
	memset(run->bindings, 0, sizeof(*run->bindings));
	if (verify_lines_settle(&sums, run->orders, verify_keys_best(run->keys), places->is_whole, run->result) ==
	    -1) {
		verify_bindings_free(&sums.bindings);
		run->result->failed = 1;
	}
	*kept = sums;
	kept->ordered = window;
	return 0;
out:
	spans_free(&window);
	verify_case_clear(&sums);
	return rc;
}

/* Was anything given of that stream, packages or the station's records? */
static int
is_given(const struct stretch *places, const struct verify_walk *walk, const char *iap)
{
	char path[VERIFY_WHERE_ROOM];
	size_t i;

	for (i = 0; i < places->count; i++) {
		if (strcmp(places->at[i].iap, iap) == 0)
			return 1;
	}
	for (i = 0; i < walk->record_count; i++) {
		if (strcmp(walk->records[i].case_id, places->at[0].case_id) == 0 &&
		    (size_t)snprintf(path, sizeof(path), "%s/%s/stream.json", walk->records[i].folder, iap) <
			sizeof(path) &&
		    access(path, F_OK) == 0)
			return 1;
	}
	return 0;
}

/* Where a whole case was given, what a ledger names of it must be there, once it had time to come. */
static void
judge_siblings(struct verify_run *run, const struct stretch *places)
{
	char label[NAMES_CASE_ROOM + NAMES_IAP_ROOM + 1];
	const char *iap, *where;
	stamp_t day;
	size_t i;

	for (i = 0; places->is_case && (iap = verify_claims_siblings(run->claims, i, &day, &where)) != NULL; i++) {
		if (is_given(places, run->walk, iap))
			continue;
		(void)snprintf(label, sizeof(label), "%s/%s", places->at[0].case_id, iap); /* has room */
		verify_say(run->result,
		    run->result->now - VERIFY_STREAM_GRACE >= day + STAMP_DAY ? VERIFY_INCOMPLETE : VERIFY_NOTE,
		    label, "is missing: the ledger in %s names this access point of the case", where);
	}
}

/* The records of the case, once all is known of it that was given beside them. */
static int
verify_records_of(struct verify_run *run, const struct verify_walk *walk, const char *case_id)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < walk->record_count && rc == 0; i++) {
		if (strcmp(walk->records[i].case_id, case_id) == 0)
			rc = verify_records(run, &walk->records[i]);
	}
	return rc;
}

/* Records of which nothing else was given. */
static int
verify_records_alone(struct verify_run *run, const struct verify_walk *walk)
{
	size_t i, k;
	int rc = 0;

	for (i = 0; i < walk->record_count && rc == 0; i++) {
		for (k = 0; k < walk->count && strcmp(walk->places[k].case_id, walk->records[i].case_id) != 0; k++)
			;
		if (k == walk->count || walk->records[i].case_id[0] == '\0')
			rc = verify_records(run, &walk->records[i]);
	}
	return rc;
}

static int
verify_case(struct verify_run *run, struct stretch places, const struct verify_walk *walk)
{
	struct stretch left = places, stream;
	struct verify_anchors anchors = VERIFY_ANCHORS_INIT;
	struct verify_claims claims = {NULL, 0, NULL, 0};
	struct verify_bindings bindings;
	stamp_t due = STAMP_NONE;
	int rc = -1;

	run->cover = verify_cover_new();
	run->orders = verify_orders_new(places.at[0].case_id);
	run->anchors = &anchors;
	run->lost_said = 0;
	run->claims = &claims;
	memset(&bindings, 0, sizeof(bindings));
	run->bindings = &bindings;
	if (run->cover == NULL || run->orders == NULL)
		goto out;
	verify_orders_know(run->orders, verify_keys_versions(run->keys));
	while (left.count > 0) {
		stream = take(&left, 1);
		if (verify_stream(run, &stream, &due) == -1)
			goto out;
	}
	rc = places.at[0].case_id[0] == '\0' ? 0 : judge_case(run, &places, due);
	if (rc == 0) {
		judge_siblings(run, &places);
		rc = verify_claims_judge(&claims, run->orders, run->result);
	}
	if (rc == 0 && places.at[0].case_id[0] != '\0')
		rc = verify_records_of(run, walk, places.at[0].case_id);
out:
	verify_anchors_free(&anchors);
	verify_claims_free(&claims);
	verify_bindings_free(&bindings);
	verify_cover_free(run->cover);
	verify_orders_free(run->orders);
	run->anchors = NULL;
	run->claims = NULL;
	run->bindings = NULL;
	run->cover = NULL;
	run->orders = NULL;
	return rc;
}

int
verify_cases(const struct verify_walk *walk, const struct verify_keys *keys, const struct tsp_ca *tsa_ca,
    struct verify_progress *progress, struct verify_result *result)
{
	struct verify_run run = {
	    .keys = keys, .tsa_ca = tsa_ca, .result = result, .progress = progress, .walk = walk};
	struct stretch left = {walk->places, walk->count, 0, 0};
	int rc = 0;

	run.ahead = verify_ahead_new(verify_ahead_threads(walk->packages), progress);
	if (run.ahead == NULL)
		return -1;
	while (left.count > 0 && rc == 0)
		rc = verify_case(&run, take(&left, 0), walk);
	if (rc == 0)
		rc = verify_records_alone(&run, walk);
	verify_ahead_free(run.ahead);
	return rc;
}
