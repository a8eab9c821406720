#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "digest.h"
#include "fsio.h"
#include "outbox.h"
#include "spool.h"
#include "stop.h"

#include "acks.h"
#include "deliver.h"
#include "stamps.h"
#include "stream.h"

/* One stream of the outbox and who is to have it. */
struct route {
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	char names[ORDER_DESTINATIONS_MAX][NAMES_DEST_ROOM];
	size_t name_count;
};

struct plan {
	struct session *session;
	const struct uploader_options *opts;
	struct route *routes;
	size_t count;
	int status;
	int is_resend_found;
};

/* Streams of one case come one after another: what was said of a case is said once. */
static const struct route *
route_before(const struct plan *p, const char *case_id)
{
	const struct route *last = p->count == 0 ? NULL : &p->routes[p->count - 1];

	return last != NULL && strcmp(last->case_id, case_id) == 0 ? last : NULL;
}

static void
check_names(struct plan *p, const struct route *r)
{
	for (size_t i = 0; i < r->name_count; i++) {
		if (conf_find_destination(p->session->conf, r->names[i]) != NULL)
			continue;
		diag_errx("case %s: its order names the destination %s, which casetap.conf does not", r->case_id,
		    r->names[i]);
		p->status = answer_graver(p->status, EX_CONFIG);
	}
}

static int
add_route(void *cookie, const char *case_id, const char *iap)
{
	struct plan *p = cookie;
	const struct route *before = route_before(p, case_id);
	struct route *r;

	if (p->opts->case_id != NULL && strcmp(p->opts->case_id, case_id) != 0)
		return 0;
	if (p->opts->resend_first != 0 && strcmp(p->opts->resend_case, case_id) == 0 &&
	    strcmp(p->opts->resend_iap, iap) == 0)
		p->is_resend_found = 1;
	r = realloc(p->routes, (p->count + 1) * sizeof *r);
	if (r == NULL)
		return -1;
	p->routes = r;
	if (before != NULL)
		before = &r[p->count - 1];
	r += p->count;
	memset(r, 0, sizeof *r);
	if (before != NULL)
		*r = *before;
	(void)snprintf(r->case_id, sizeof r->case_id, "%s", case_id);
	(void)snprintf(r->iap, sizeof r->iap, "%s", iap);
	p->count++;
	if (before != NULL)
		return 0;
	if (addressees_of(p->session->addressees, case_id, r->names, &r->name_count) == -1)
		p->status = answer_graver(p->status, EX_CONFIG);
	check_names(p, r);
	return 0;
}

/* For outbox_each_day() and outbox_each_file(): does a number that is asked for again lie there? */
struct looking {
	const struct uploader_options *opts;
	int streamfd;
};

static int
is_asked_for(void *cookie, const char *name)
{
	const struct looking *l = cookie;
	struct names n;

	names_parse(name, &n);
	return n.kind == NAMES_PACKAGE && n.seq >= l->opts->resend_first && n.seq <= l->opts->resend_last;
}

static int
has_asked_for(void *cookie, stamp_t day)
{
	struct looking *l = cookie;
	char name[STAMP_DAY_TEXT];
	int fd = fsio_opendirat(l->streamfd, stamp_day_format(name, day)), rc;

	if (fd == -1)
		return -1;
	rc = outbox_each_file(fd, is_asked_for, l);
	(void)close(fd); /* a folder */
	return rc;
}

/* What is not there can not be sent, and is not passed over in silence: it was never sealed, or it was purged. */
static void
check_resend(struct plan *p)
{
	struct looking l = {.opts = p->opts};
	char path[NAMES_CASE_ROOM + NAMES_IAP_ROOM + 16];
	int rc = -1;

	(void)snprintf(path, sizeof path, "outbox/%s/%s", p->opts->resend_case, p->opts->resend_iap); /* has room */
	l.streamfd = fsio_opendirat(p->session->statefd, path);
	if (l.streamfd != -1) {
		rc = outbox_each_day(l.streamfd, has_asked_for, &l);
		(void)close(l.streamfd); /* a folder */
	}
	if (rc == -1) {
		diag_err("%s", path);
		p->status = answer_graver(p->status, EX_IOERR);
	} else if (rc == 0) {
		diag_errx("--resend: none of these numbers lies in %s: not sealed, or purged", path);
		p->status = answer_graver(p->status, EX_NOINPUT);
	}
}

static int
make_plan(struct plan *p)
{
	if (spool_each_stream(p->session->statefd, "outbox", add_route, p) != 0) {
		diag_err("outbox");
		p->status = answer_graver(p->status, EX_IOERR);
		return -1;
	}
	if (p->opts->case_id != NULL && p->count == 0) {
		diag_errx("--case %s: nothing of it lies in the outbox", p->opts->case_id);
		p->status = answer_graver(p->status, EX_NOINPUT);
	}
	if (p->opts->resend_first != 0 && !p->is_resend_found) {
		diag_errx("--resend: there is no outbox/%s/%s", p->opts->resend_case, p->opts->resend_iap);
		p->status = answer_graver(p->status, EX_NOINPUT);
	} else if (p->opts->resend_first != 0) {
		check_resend(p);
	}
	return 0;
}

static int
is_addressee(const struct route *r, const char *name)
{
	for (size_t i = 0; i < r->name_count; i++) {
		if (strcmp(r->names[i], name) == 0)
			return 1;
	}
	return 0;
}

/* A change of the configuration or of a file that it names ends every holding back: somebody has seen to it. */
static int
fingerprint_of(const struct conf *conf, const struct conf_destination *d, char hex[DIGEST_HEX])
{
	const char *const files[] = {d->ca, d->client_cert, d->client_key, d->token_file, d->password_file,
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

/* Tell the destination how long it must keep what this case's order covers.  Return 0, or -1 if nobody knows. */
static int
keep_as_ordered(struct visit *v, const char *case_id)
{
	uint32_t days;

	if (v->conf->object_lock_days != CONF_LOCK_BY_ORDER)
		return 0;
	days = addressees_payload_days(v->session->addressees, case_id);
	if (days == 0) {
		diag_errx(
		    "case %s to %s: object_lock_days = order, and its order can not be read", case_id, v->conf->name);
		v->status = answer_graver(v->status, EX_CONFIG);
		return -1;
	}
	destination_keep(v->destination, days);
	return 0;
}

static void
visit_streams(struct visit *v, const struct plan *p)
{
	for (size_t i = 0; i < p->count && !v->is_over; i++) {
		if (stop_requested())
			return;
		if (is_addressee(&p->routes[i], v->conf->name) && keep_as_ordered(v, p->routes[i].case_id) == 0 &&
		    stream_deliver(v, p->routes[i].case_id, p->routes[i].iap) == -1)
			v->status = answer_graver(v->status, EX_IOERR);
	}
}

/* What waits longer than the operator allows is an alarm, whatever the reason: a line each run, a journal entry an hour. */
static int
check_waiting(struct visit *v)
{
	static const char scope[] = "/alarm"; /* no case is called so */
	char since[STAMP_TEXT], why[128];
	struct json *detail;
	stamp_t now = stamp_now();

	if (v->waiting == STAMP_NONE || now - v->waiting < v->conf->alarm_after_seconds * STAMP_SECOND)
		return 0;
	(void)snprintf(
	    why, sizeof why, "files wait since %s, longer than alarm_after", stamp_format_seconds(since, v->waiting));
	progress_clear(v->progress);
	diag_errx("destination %s: %s", v->conf->name, why);
	if (blocked_find(v->blocked, scope) != NULL)
		return 0;
	detail = json_object();
	if (json_put_string(detail, "destination", v->conf->name) == -1 ||
	    json_put_string(detail, "result", "waiting") == -1 || json_put_string(detail, "why", why) == -1) {
		json_free(detail);
		detail = NULL;
	}
	if (blocked_add(v->blocked, scope, EX_UNAVAILABLE, why, now, BLOCKED_SECONDS) == -1) {
		json_free(detail);
		diag_err("destination %s", v->conf->name);
		return -1;
	}
	return journal_write(v->session->journal, NULL, "blocked", NULL, detail);
}

/* What a visit is for: to bring the days, or to see to what follows them. */
typedef void errand(struct visit *, const struct plan *);

/* Time stamps and acknowledgements of what is there. */
static void
look_after_streams(struct visit *v, const struct plan *p)
{
	if (acks_begin(v) == -1)
		v->status = answer_graver(v->status, EX_IOERR);
	for (size_t i = 0; i < p->count && !v->is_over && !stop_requested(); i++) {
		if (is_addressee(&p->routes[i], v->conf->name) &&
		    stream_after(v, p->routes[i].case_id, p->routes[i].iap) == -1)
			v->status = answer_graver(v->status, EX_IOERR);
	}
}

static void
deliver_streams(struct visit *v, const struct plan *p)
{
	visit_streams(v, p);
	if (check_waiting(v) == -1)
		v->status = answer_graver(v->status, EX_IOERR);
}

/* Return the exit code for one destination. */
static int
visit_destination(struct plan *p, const struct conf_destination *d, struct progress *progress, errand *run)
{
	struct visit v = {
	    .session = p->session, .opts = p->opts, .conf = d, .progress = progress, .waiting = STAMP_NONE};
	char fingerprint[DIGEST_HEX], until[STAMP_TEXT];
	struct destination_limits limits;
	const struct blocked_entry *held;

	destination_default_limits(&limits);
	v.destination = destination_open(d, &limits, &v.status);
	if (v.destination == NULL)
		return v.status;
	v.status = EX_OK;
	if (fingerprint_of(p->session->conf, d, fingerprint) == -1 ||
	    (v.blocked = blocked_load(p->session->journalfd, d->name, fingerprint, stamp_now())) == NULL) {
		v.status = EX_IOERR;
		goto out;
	}
	held = blocked_find(v.blocked, "");
	if (held != NULL && run != deliver_streams)
		goto out; /* it was said when the days should have gone */
	if (held != NULL) {
		diag_warnx("destination %s: held back until %s: %s", d->name,
		    stamp_format_seconds(until, held->until), held->why);
		v.status = held->exit;
		goto out;
	}
	run(&v, p);
	if (blocked_save(v.blocked) == -1)
		v.status = answer_graver(v.status, EX_IOERR);
out:
	progress_clear(progress);
	blocked_free(v.blocked);
	destination_close(v.destination);
	return v.status;
}

static int
is_visited(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++) {
		if (is_addressee(&p->routes[i], name))
			return 1;
	}
	return 0;
}

static void
visit_all(struct plan *p, struct progress *progress, errand *run)
{
	const struct conf *conf = p->session->conf;

	for (size_t i = 0; i < conf->destination_count && !stop_requested(); i++) {
		if (is_visited(p, conf->destinations[i].name))
			p->status =
			    answer_graver(p->status, visit_destination(p, &conf->destinations[i], progress, run));
	}
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

int
deliver_all(struct session *session, const struct uploader_options *opts)
{
	struct plan p = {.session = session, .opts = opts};
	struct progress *progress = progress_new();

	if (progress == NULL) {
		diag_err("progress");
		return EX_OSERR;
	}
	if (make_plan(&p) == -1)
		goto out;
	visit_all(&p, progress, deliver_streams);
	fetch_stamps(&p);
	visit_all(&p, progress, look_after_streams);
out:
	progress_free(progress);
	free(p.routes);
	return p.status;
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
		if (conf->destinations[i].parallel > 1)
			diag_notice("destination %s: parallel: this version makes one transfer at a time",
			    conf->destinations[i].name);
		d = destination_open(&conf->destinations[i], &limits, &status);
		if (d == NULL)
			p.status = answer_graver(p.status, status);
		destination_close(d);
	}
	(void)make_plan(&p); /* p.status tells */
	if (p.status == EX_OK)
		(void)printf("%s: fine; destinations: %zu, streams in the outbox: %zu\n", conf->path,
		    conf->destination_count, p.count);
	free(p.routes);
	return p.status;
}
