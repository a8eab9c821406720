#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "outbox.h"
#include "spool.h"

#include "answer.h"
#include "plan.h"

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

int
plan_make(struct plan *p)
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

/* For spool_each_stream(), in whose order the routes are: is this the next? */
struct comparing {
	const struct plan *plan;
	size_t next;
};

static int
is_other(void *cookie, const char *case_id, const char *iap)
{
	struct comparing *c = cookie;
	const struct plan *p = c->plan;
	const struct route *r = &p->routes[c->next];
	char names[ORDER_DESTINATIONS_MAX][NAMES_DEST_ROOM];
	size_t count;

	if (p->opts->case_id != NULL && strcmp(p->opts->case_id, case_id) != 0)
		return 0;
	if (c->next++ == p->count || strcmp(r->case_id, case_id) != 0 || strcmp(r->iap, iap) != 0)
		return 1;
	(void)addressees_look(p->session->addressees, case_id, names, &count); /* none, if nothing tells them */
	if (count != r->name_count)
		return 1;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], r->names[i]) != 0)
			return 1;
	}
	return 0;
}

int
plan_is_current(const struct plan *p)
{
	struct comparing c = {.plan = p};
	int rc = spool_each_stream(p->session->statefd, "outbox", is_other, &c);

	if (rc == -1)
		diag_err("outbox");
	return rc == -1 ? -1 : rc == 0 && c.next == p->count;
}

int
plan_has(const struct plan *p, size_t i, const char *name)
{
	const struct route *r = &p->routes[i];

	for (size_t k = 0; k < r->name_count; k++) {
		if (strcmp(r->names[k], name) == 0)
			return 1;
	}
	return 0;
}

int
plan_is_visited(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++) {
		if (plan_has(p, i, name))
			return 1;
	}
	return 0;
}

void
plan_clear(struct plan *p)
{
	free(p->routes);
	p->routes = NULL;
	p->count = 0;
}
