#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "orderterms.h"
#include "outbox.h"
#include "receipt.h"

#include "stage.h"

struct stages {
	const struct site *site;
	struct stage *list;
	size_t count;
	/* while one stream's outbox is walked */
	struct stage *now;
	struct orderterms terms; /* whom its files go to; none where that is not known */
	int streamfd, receiptfd, dayfd;
	stamp_t day;
};

/* The stage of a stream, made if it is new; the list stays in byte order because it is sorted at the end. */
static struct stage *
stage_of(struct stages *s, const char *case_id, const char *iap)
{
	struct stage *grown;

	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->list[i].case_id, case_id) == 0 && strcmp(s->list[i].iap, iap) == 0)
			return &s->list[i];
	grown = realloc(s->list, (s->count + 1) * sizeof *grown);
	if (grown == NULL)
		return NULL;
	s->list = grown;
	grown += s->count++;
	memset(grown, 0, sizeof *grown);
	(void)snprintf(grown->case_id, sizeof grown->case_id, "%s", case_id);
	(void)snprintf(grown->iap, sizeof grown->iap, "%s", iap);
	grown->covered = grown->oldest_waiting = grown->acknowledged = grown->attested = STAMP_NONE;
	return grown;
}

static int
look_at_spool(void *cookie, const char *case_id, const char *iap)
{
	struct stages *s = cookie;
	struct stage *stage = stage_of(s, case_id, iap);
	struct spool_number *numbers = NULL;
	struct spool *spool;
	size_t count = 0;

	if (stage == NULL)
		return -1;
	spool = spool_open(s->site->statefd, case_id, iap, SPOOL_LIVE, 0);
	if (spool == NULL && errno == EEXIST)
		spool = spool_open(s->site->statefd, case_id, iap, SPOOL_FILE, 0);
	if (spool == NULL) {
		diag_warn("case %s: spool of %s", case_id, iap);
		stage->is_unreadable = 1;
		return 0;
	}
	stage->has_spool = 1;
	stage->is_of_files = spool_source(spool) == SPOOL_FILE;
	stage->covered = spool_covered(spool);
	stage->next = spool_next(spool);
	stage->open_slices = spool_open_count(spool);
	stage->end = *spool_end(spool);
	if (spool_list(spool, &numbers, &count, NULL) == 0)
		for (size_t i = 0; i < count; i++)
			stage->to_seal += (numbers[i].has & (SPOOL_HAS_PCAP | SPOOL_HAS_GAP)) != 0;
	free(numbers);
	spool_close(spool);
	return 0;
}

/* Does the file have a receipt from every destination of the case that gets it? */
static int
has_receipts(const struct stages *s, const char *name)
{
	const struct conf_destination *d;
	char receipt[256];

	for (size_t i = 0; i < s->terms.destination_count; i++) {
		d = conf_find_destination(s->site->conf, s->terms.destinations[i]);
		if (d != NULL && !outbox_is_for(d->deliver, name))
			continue;
		receipt_name_on(receipt, name, s->day, s->terms.destinations[i]);
		if (s->receiptfd == -1 || faccessat(s->receiptfd, receipt, F_OK, 0) == -1)
			return 0;
	}
	return 1;
}

static int
look_at_file(void *cookie, const char *name)
{
	struct stages *s = cookie;
	struct names n;

	names_parse(name, &n);
	if (n.kind == NAMES_PACKAGE) {
		s->now->sealed++;
		if (n.seq > s->now->last_sealed)
			s->now->last_sealed = n.seq;
	}
	if (has_receipts(s, name))
		return 0;
	if (n.kind == NAMES_PACKAGE)
		s->now->to_deliver++;
	if (s->now->oldest_waiting == STAMP_NONE || s->day < s->now->oldest_waiting)
		s->now->oldest_waiting = s->day;
	return 0;
}

static int
look_at_day(void *cookie, stamp_t day)
{
	struct stages *s = cookie;
	char name[STAMP_DAY_TEXT];
	int fd = fsio_opendirat(s->streamfd, stamp_day_format(name, day)), rc;

	if (fd == -1)
		return 0;
	s->day = day;
	rc = outbox_each_file(fd, look_at_file, s);
	(void)close(fd); /* a folder */
	return rc;
}

static int
count_entry(void *cookie, const char *name)
{
	(void)name;
	++*(uint64_t *)cookie;
	return 0;
}

/* DAY_SHA256SUMS.DESTINATION.received and DAY_SHA256SUMS.tsr; days come in their order. */
static int
look_at_proof(void *cookie, const char *name)
{
	struct stages *s = cookie;
	const char *sums = strstr(name, "_SHA256SUMS."), *dot = strrchr(name, '.');
	char day[STAMP_DAY_TEXT];
	stamp_t stamp;

	if (sums == NULL || (size_t)(sums - name) >= sizeof day)
		return 0;
	memcpy(day, name, (size_t)(sums - name));
	day[sums - name] = '\0';
	if (stamp_day_parse(day, &stamp) == -1)
		return 0;
	if (strcmp(dot, ".received") == 0)
		s->now->acknowledged = stamp;
	else if (strcmp(sums, "_SHA256SUMS.tsr") == 0)
		s->now->attested = stamp;
	return 0;
}

/* From the order; where that is encrypted and there is no key, from what the packager noted of it. */
static void
find_terms(struct stages *s, const char *case_id)
{
	const struct orderbook_case *c = orderbook_find(s->site->book, case_id);
	char sha256[DIGEST_HEX];
	int fd;

	memset(&s->terms, 0, sizeof s->terms);
	if (c != NULL && c->order != NULL) {
		orderterms_of(c->order, &s->terms);
		return;
	}
	fd = fsio_opendirat(s->site->statefd, "journal/packager");
	if (fd == -1)
		return;
	if (ordermemory_revision(s->site->memory, case_id, sha256) == 0 ||
	    orderterms_load(fd, case_id, sha256, &s->terms) == -1)
		s->terms.destination_count = 0;
	(void)close(fd); /* a folder */
}

static int
look_at_outbox(void *cookie, const char *case_id, const char *iap)
{
	struct stages *s = cookie;
	char path[NAMES_CASE_ROOM + NAMES_IAP_ROOM + 16];
	int rc = 0;

	s->now = stage_of(s, case_id, iap);
	if (s->now == NULL)
		return -1;
	find_terms(s, case_id);
	(void)snprintf(path, sizeof path, "outbox/%s/%s", case_id, iap);
	s->streamfd = fsio_opendirat(s->site->statefd, path);
	(void)snprintf(path, sizeof path, "receipts/%s/%s", case_id, iap);
	s->receiptfd = fsio_opendirat(s->site->statefd, path);
	if (s->streamfd != -1) {
		rc = outbox_each_day(s->streamfd, look_at_day, s);
		(void)close(s->streamfd); /* folders */
	}
	if (s->receiptfd != -1) {
		rc = rc == 0 ? fsio_list(s->receiptfd, look_at_proof, s) : rc;
		(void)close(s->receiptfd);
	}
	return rc;
}

static int
look_at_quarantine(void *cookie, const char *case_id, const char *iap)
{
	struct stages *s = cookie;
	struct stage *stage = stage_of(s, case_id, iap);
	char path[NAMES_CASE_ROOM + NAMES_IAP_ROOM + 16];
	int fd, rc;

	if (stage == NULL)
		return -1;
	(void)snprintf(path, sizeof path, "quarantine/%s/%s", case_id, iap);
	fd = fsio_opendirat(s->site->statefd, path);
	if (fd == -1)
		return 0;
	rc = fsio_list(fd, count_entry, &stage->quarantined);
	(void)close(fd); /* a folder */
	return rc;
}

static int
by_name(const void *a, const void *b)
{
	const struct stage *x = a, *y = b;
	int order = strcmp(x->case_id, y->case_id);

	return order != 0 ? order : strcmp(x->iap, y->iap);
}

int
stage_load(const struct site *site, struct stage **list, size_t *count)
{
	static const struct {
		const char *tree;
		int (*look)(void *, const char *, const char *);
	} trees[] = {{"spool", look_at_spool}, {"outbox", look_at_outbox}, {"quarantine", look_at_quarantine}};
	struct stages s = {.site = site};

	for (size_t i = 0; i < sizeof trees / sizeof trees[0]; i++)
		if (spool_each_stream(site->statefd, trees[i].tree, trees[i].look, &s) != 0 && errno != ENOENT &&
		    errno != EACCES) {
			diag_err("%s/%s", site->conf->state_dir, trees[i].tree);
			free(s.list);
			return EX_IOERR;
		}
	if (s.count > 0)
		qsort(s.list, s.count, sizeof *s.list, by_name);
	*list = s.list;
	*count = s.count;
	return EX_OK;
}
