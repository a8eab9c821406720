#ifndef DAY_LEDGER_H
#define DAY_LEDGER_H

#include "ledger.h"

#include "stream.h"

/*
 * What day.c, which knows when a day is closed and what follows, asks of its ledger: what it says, and that it is there.
 */
#define DAY_KEYRING "keyring.txt"

/* A day on its way to be closed. */
struct closing {
	struct stream *s;
	stamp_t day;
	int fd;                     /* of its folder */
	char name[NAMES_FILE_ROOM]; /* of its ledger */
	struct ledger ledger;
	char sha256[DIGEST_HEX]; /* of the ledger's text */
	int is_resumed;
};

/**
 * day_ledger_publish(c, final):
 * Publish the ledger of the day, whose keyring lies in its folder: from here on the day is closed.  Journals are collected
 * before, so that the head of the custody log that it names covers what was sealed.
 * Return 0, or -1 after one diag line.
 */
int day_ledger_publish(struct closing *, int);

/* The ledger that an earlier run has published: 1, 0 if there is none, -1 after one diag line. */
int day_ledger_load(struct closing *);

#endif
