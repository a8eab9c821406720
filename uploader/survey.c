#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "outbox.h"

#include "day.h"
#include "receipts.h"
#include "survey.h"

/* The walk through one stream. */
struct walk {
	const struct conf_destination *conf;
	const struct route *route;
	int streamfd, receiptsfd, dayfd; /* receiptsfd -1: there are none yet */
	stamp_t day;
	struct survey *out;
};

/* Is there a receipt for it?  What closes a day needs one of its own. */
static int
has_receipt(const struct walk *w, const char *name)
{
	char receipt[RECEIPT_NAME_ROOM];
	struct receipt want = {.day = w->day}, found;

	if (w->receiptsfd == -1)
		return 0;
	if (!day_closes(name))
		return faccessat(w->receiptsfd, receipt_name_on(receipt, name, w->day, w->conf->name), F_OK,
			   AT_SYMLINK_NOFOLLOW) == 0;
	(void)snprintf(want.case_id, sizeof want.case_id, "%s", w->route->case_id);
	(void)snprintf(want.iap, sizeof want.iap, "%s", w->route->iap);
	(void)snprintf(want.destination, sizeof want.destination, "%s", w->conf->name);
	(void)snprintf(want.file, sizeof want.file, "%s", name);
	return receipts_find(w->receiptsfd, &want, &found) == 1;
}

static int
on_file(void *cookie, const char *name)
{
	struct walk *w = cookie;
	struct stat st;
	stamp_t sealed;

	if (!outbox_is_for(w->conf->deliver, name))
		return 0;
	if (has_receipt(w, name))
		return 0;
	if (fstatat(w->dayfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : -1;
	sealed = st.st_mtim.tv_sec * STAMP_SECOND + st.st_mtim.tv_nsec;
	w->out->files++;
	w->out->bytes += (uint64_t)st.st_size;
	if (w->out->oldest == STAMP_NONE || sealed < w->out->oldest)
		w->out->oldest = sealed;
	return 0;
}

static int
on_day(void *cookie, stamp_t day)
{
	struct walk *w = cookie;
	char text[STAMP_DAY_TEXT];
	int rc;

	w->day = day;
	w->dayfd = fsio_opendirat(w->streamfd, stamp_day_format(text, day));
	if (w->dayfd == -1)
		return errno == ENOENT ? 0 : -1;
	rc = outbox_each_file(w->dayfd, on_file, w);
	(void)close(w->dayfd); /* a folder */
	return rc;
}

static int
survey_stream(const struct plan *p, const struct route *r, struct walk *w)
{
	char path[sizeof "receipts//" + NAMES_CASE_ROOM + NAMES_IAP_ROOM];
	int rc = -1;

	w->route = r;
	(void)snprintf(path, sizeof path, "receipts/%s/%s", r->case_id, r->iap); /* both have room */
	w->receiptsfd = fsio_opendirat(p->session->statefd, path);
	if (w->receiptsfd == -1 && errno != ENOENT) {
		diag_err("%s", path);
		return -1;
	}
	(void)snprintf(path, sizeof path, "outbox/%s/%s", r->case_id, r->iap);
	w->streamfd = fsio_opendirat(p->session->statefd, path);
	if (w->streamfd != -1)
		rc = outbox_each_day(w->streamfd, on_day, w);
	if (rc == -1)
		diag_err("%s", path);
	if (w->streamfd != -1)
		(void)close(w->streamfd); /* folders both */
	if (w->receiptsfd != -1)
		(void)close(w->receiptsfd);
	return rc == 0 ? 0 : -1;
}

int
survey(const struct plan *p, const struct conf_destination *conf, struct survey *out)
{
	struct walk w = {.conf = conf, .out = out};

	*out = (struct survey){.oldest = STAMP_NONE};
	for (size_t i = 0; i < p->count; i++) {
		if (plan_has(p, i, conf->name) && survey_stream(p, &p->routes[i], &w) == -1)
			return -1;
	}
	return 0;
}
