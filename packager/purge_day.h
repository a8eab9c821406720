#ifndef PURGE_DAY_H
#define PURGE_DAY_H

#include "packager.h"
#include "purgecert.h"
#include "requests.h"

/*
 * One day on its way out of the outbox: purge.h says in which steps.
 */
struct purge_day {
	struct packager *p;
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	stamp_t day;
	char text[STAMP_DAY_TEXT];
	char label[NAMES_CASE_ROOM + NAMES_IAP_ROOM + STAMP_DAY_TEXT]; /* CASE/IAP/DAY */
	int recordsfd;                                                 /* records/CASE/IAP */
	int streamfd;                                                  /* outbox/CASE/IAP; -1 if it is gone */
};

/* Open it.  Return 0, or -1 after one diag line; purge_day_close is due in both cases. */
int purge_day_open(struct purge_day *, struct packager *, const char *, const char *, stamp_t);
void purge_day_close(struct purge_day *);

/* Say "CASE/IAP/DAY: what" with errno's words, and remember the exit code.  Return -1. */
int purge_day_failed(const struct purge_day *, const char *);

#define PURGE_REQUEST "purge.request"

/**
 * purge_day_collect(d, cert):
 * Note in the certificate what the receipts hold of the day that must stay with its records: time stamps, and what LEAs
 * acknowledged.  Return 0, or -1 after one diag line.
 */
int purge_day_collect(const struct purge_day *, struct purgecert *);

/**
 * purge_day_stage(d, cert, asked) / purge_day_unstage(d):
 * Make what stays of the day, what was collected, the certificate, and the request with its signature (PURGE_REQUEST), and
 * give the folder its name / remove what was staged without a name.
 * Return 0, or -1 after one diag line with the day as it was.
 */
int purge_day_stage(const struct purge_day *, const struct purgecert *, const struct requests_entry *);
int purge_day_unstage(const struct purge_day *);

/* Was it given its name?  1, 0, or -1 after one diag line. */
int purge_day_is_staged(const struct purge_day *);

/**
 * purge_day_delete(d):
 * Remove from the outbox what the certificate names, and what stands beside it since, and journal both.
 * Return 0, or -1 after one diag line; to be called again.
 */
int purge_day_delete(const struct purge_day *);

#endif
