#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clockstate.h"
#include "fsio.h"
#include "reset.h"

#include "overview.h"
#include "overview_internal.h"

#define STATUS_MAX_BYTES (16 * 1024 * 1024)
#define STATUS_STALE (10 * STAMP_SECOND) /* the daemon writes its status every second */
#define STARTS_MAX 5                     /* within an hour */
#define READERS_MAX 2                    /* that died soon, one behind the other */
#define IDLE_MAX 5                       /* seconds that a stream may take to begin */

struct json *
overview_daemon_load(const struct site *site, const char *iap)
{
	struct buf text = BUF_INIT;
	struct json *j = NULL;
	char name[NAMES_IAP_ROOM + 16];
	int dirfd = fsio_opendirat(site->statefd, "journal/capture");

	(void)snprintf(name, sizeof name, "%s.status", iap);
	if (dirfd != -1 && fsio_load(dirfd, name, STATUS_MAX_BYTES, &text) == 0)
		j = json_parse(text.data, text.len, 16);
	buf_free(&text);
	if (dirfd != -1)
		(void)close(dirfd); /* a folder */
	return j;
}

int
overview_is_alive(const struct overview *v, const struct json *daemon)
{
	stamp_t written;

	return daemon != NULL && json_get_stamp(daemon, "written", &written) == 0 &&
	       v->now - written < STATUS_STALE && v->now - written > -STATUS_STALE;
}

int
overview_is_running(const struct overview *v, const char *iap)
{
	for (size_t i = 0; i < v->site->conf->iap_count; i++) {
		if (strcmp(v->site->conf->iaps[i].name, iap) == 0)
			return overview_is_alive(v, v->daemons[i]);
	}
	return 0;
}

/* The daemon's own line about a case, or NULL. */
static const struct json *
case_at(const struct json *daemon, const char *case_id)
{
	const struct json *cases = json_get_array(daemon, "cases");

	for (size_t i = 0; i < json_length(cases); i++) {
		const char *id = json_get_string(json_item(cases, i), "case");

		if (id != NULL && strcmp(id, case_id) == 0)
			return json_item(cases, i);
	}
	return NULL;
}

static int
says(const struct json *object, const char *key, const char *text)
{
	const char *found = json_get_string(object, key);

	return found != NULL && strcmp(found, text) == 0;
}

int
overview_is_captured(const struct overview *v, const struct orderbook_case *c, const char **why)
{
	*why = NULL;
	for (size_t i = 0; i < v->site->conf->iap_count; i++) {
		const struct json *daemon = v->daemons[i], *at = case_at(daemon, c->case_id);

		if (at == NULL || !overview_is_alive(v, daemon))
			continue;
		if (says(daemon, "state", "capturing") && says(at, "state", "in-force"))
			return 1;
		if (says(at, "state", "refused"))
			*why = json_get_string(at, "why");
	}
	return 0;
}

/* A daemon's line about a case that it captures, or NULL. */
static const struct json *
captured_at(const struct overview *v, size_t i, const char *case_id)
{
	const struct json *at = case_at(v->daemons[i], case_id);

	if (at == NULL || !overview_is_alive(v, v->daemons[i]) || !says(v->daemons[i], "state", "capturing"))
		return NULL;
	return at;
}

stamp_t
overview_last_frame(const struct overview *v, const char *case_id)
{
	stamp_t last = STAMP_NONE, t;
	size_t i;

	for (i = 0; i < v->site->conf->iap_count; i++) {
		if (json_get_stamp(captured_at(v, i, case_id), "last_frame", &t) == 0 && t > last)
			last = t;
	}
	return last;
}

stamp_t
overview_quiet_since(const struct overview *v, const char *case_id)
{
	stamp_t since = overview_last_frame(v, case_id), t;
	size_t i;

	for (i = 0; since == STAMP_NONE && i < v->site->conf->iap_count; i++) {
		if (json_get_stamp(captured_at(v, i, case_id), "watched", &t) == 0 && t != STAMP_NONE)
			return t;
	}
	return since;
}

stamp_t
overview_anothers_since(const struct overview *v, const char *case_id, stamp_t *back)
{
	const struct json *at;
	stamp_t since = STAMP_NONE, t;
	size_t i;

	*back = STAMP_NONE;
	for (i = 0; i < v->site->conf->iap_count; i++) {
		at = case_at(v->daemons[i], case_id);
		if (json_get_stamp(at, "anothers", &t) == -1 || t == STAMP_NONE ||
		    (since != STAMP_NONE && t <= since))
			continue;
		since = t;
		if (json_get_stamp(at, "returned", back) == -1)
			*back = STAMP_NONE;
	}
	return since;
}

int
overview_daemons_hold(const struct overview *v, const char *case_id)
{
	stamp_t from, to;
	size_t i;

	for (i = 0; i < v->site->conf->iap_count; i++) {
		const struct json *at = case_at(v->daemons[i], case_id);

		if (says(at, "state", "in-force") && json_get_stamp(at, "not_before", &from) == 0 &&
		    json_get_stamp(at, "not_after", &to) == 0 && v->now >= from && v->now < to)
			return 1;
	}
	return 0;
}

/* Is the stream of the case at an access point one that was read from files? */
static int
is_of_files(const struct overview *v, const char *case_id, const char *iap)
{
	size_t i;

	for (i = 0; i < v->stage_count; i++) {
		if (v->stages[i].is_of_files && strcmp(v->stages[i].case_id, case_id) == 0 &&
		    strcmp(v->stages[i].iap, iap) == 0)
			return 1;
	}
	return 0;
}

const char *
overview_idle_at(const struct overview *v, const struct orderbook_case *c, size_t i)
{
	const struct conf_iap *iap = &v->site->conf->iaps[i];
	const struct json *at = captured_at(v, i, c->case_id);
	const char *trouble;
	int64_t seconds;

	if (!overview_is_in_force(v, c) || iap->interface_count == 0 || is_of_files(v, c->case_id, iap->name))
		return NULL;
	if (v->daemons[i] == NULL)
		return "casetap-capture never ran there";
	/* Its last word is written a moment before it ends. */
	if (!overview_is_alive(v, v->daemons[i]) || says(v->daemons[i], "state", "stopped"))
		return "casetap-capture is not running there";
	if (at == NULL || !says(at, "state", "in-force") || json_get_integer(at, "idle_seconds", &seconds) == -1 ||
	    seconds <= IDLE_MAX)
		return NULL;
	trouble = json_get_string(at, "trouble");
	return trouble != NULL ? trouble : "its stream is not begun";
}

static void
judge_interface(struct overview *v, const char *iap, const struct json *interface)
{
	const char *state = json_get_string(interface, "state"), *name = json_get_string(interface, "name");
	uint64_t n;

	if (state == NULL || name == NULL)
		return;
	if (strcmp(state, "up") != 0)
		overview_matter(v, "%s: interface %s is %s", iap, name, state);
	if (json_get_u64(interface, "missed", &n) == 0 && n > 0)
		overview_matter(v, "%s: %llu frames lost in the interface %s since the reader began", iap,
		    (unsigned long long)n, name);
	if (json_get_u64(interface, "lost", &n) == 0 && n > 0)
		overview_matter(v, "%s: %llu frames lost in the kernel on %s since the reader began", iap,
		    (unsigned long long)n, name);
}

static int
misses_memory(const struct overview *v, const char *iap)
{
	struct reset_wanted w;
	int dirfd = fsio_opendirat(v->site->statefd, "journal/capture"), rc;

	if (dirfd == -1)
		return 0;
	rc = reset_wanted_load(dirfd, iap, &w);
	(void)close(dirfd); /* a folder */
	return rc == 1;
}

/* Whoever is started again and again captures nothing in between, and is found at work by each look at him. */
static void
judge_starts(struct overview *v, const char *iap, const struct json *daemon)
{
	const struct json *starts = json_get_array(daemon, "starts");
	size_t n = 0, i;
	stamp_t t;

	for (i = 0; i < json_length(starts); i++) {
		const char *text = json_text(json_item(starts, i));

		n += text != NULL && stamp_parse(text, &t) == 0 && v->now - t < 3600 * STAMP_SECOND;
	}
	if (n > STARTS_MAX)
		overview_matter(v,
		    "%s: casetap-capture was started %zu times within the last hour: journalctl -u casetap-capture@%s",
		    iap, n, iap);
}

void
overview_judge_daemon(struct overview *v, const struct conf_iap *iap, const struct json *daemon)
{
	static const struct {
		const char *key, *text;
	} stages[] = {
	    {"lost_mirror", "frames lost before they came here (by the mirror's numbers)"},
	    {"crowded",
		"mirrored streams were not counted throughout, for there was no room for so many (4096): loss is "
		"possible; send fewer to one access point"},
	    {"lost_pool", "records lost for want of memory (pool)"},
	    {"lost_disk", "records lost for want of disk"},
	    {"lost_quota", "records lost to the case's quota"},
	};
	const struct json *records = json_get_object(daemon, "records"), *list = json_get_array(daemon, "interfaces");
	uint64_t n;
	size_t i;

	if (misses_memory(v, iap->name))
		overview_matter(v, "%s: captures nothing until an approver resets its memory: casetap reset %s",
		    iap->name, iap->name);
	judge_starts(v, iap->name, daemon);
	if (daemon == NULL || !overview_is_alive(v, daemon))
		return; /* only matters where an order is in force: judge_case says so */
	if (json_get_u64(daemon, "reader_failures", &n) == 0 && n > READERS_MAX)
		overview_matter(v,
		    "%s: its reader died %llu times, one soon behind the other: journalctl -u casetap-capture@%s",
		    iap->name, (unsigned long long)n, iap->name);
	for (i = 0; i < json_length(list); i++)
		judge_interface(v, iap->name, json_item(list, i));
	for (i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		if (json_get_u64(records, stages[i].key, &n) == 0 && n > 0)
			overview_matter(v, "%s: %llu %s", iap->name, (unsigned long long)n, stages[i].text);
	}
	if (json_get_u64(json_get_object(daemon, "not_followed"), "erspan-tag", &n) == 0 && n > 0)
		overview_matter(v,
		    "%s: %llu frames not stored, for ERSPAN leaves open in which VLANs they were: set erspan_vlan of "
		    "[tunnel NAME]",
		    iap->name, (unsigned long long)n);
}

/* Its service starts with capture: it is missed only where somebody captures. */
void
overview_judge_clock(struct overview *v)
{
	struct clockstate_source *s;
	struct clockstate state;
	const char *why;
	size_t i = 0;

	while (i < v->site->conf->iap_count && !overview_is_alive(v, v->daemons[i]))
		i++;
	if (v->site->conf->clock_file == NULL || i == v->site->conf->iap_count)
		return;
	s = clockstate_open(v->site->conf->clock_file);
	why = s == NULL ? "can not be looked at" : clockstate_get(s, &state);
	if (why != NULL)
		overview_matter(v,
		    "%s %s: slices do not say how well the clock is kept: systemctl status casetap-clock",
		    v->site->conf->clock_file, why);
	clockstate_close(s);
}
