#ifndef NAMES_H
#define NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "stamp.h"

/*
 * The names of things on disk (DESIGN section 2, "Names").  Case IDs: [A-Za-z0-9][A-Za-z0-9._-]{0,63} without "..".
 * IAP and destination names: [A-Za-z0-9][A-Za-z0-9-]{0,14} (destinations up to 64).  An IAP has no "_" and a sequence
 * number always ten digits, so file names parse from the right without doubt.
 */
#define NAMES_CASE_ROOM 65
#define NAMES_IAP_ROOM 16
#define NAMES_DEST_ROOM 65
#define NAMES_FILE_ROOM 160
#define NAMES_SEQ_MAX UINT64_C(9999999999) /* numbers run from 1 to this */

int names_is_case(const char *);
int names_is_iap(const char *);
int names_is_destination(const char *);

/* What a file name of an outbox folder says. */
enum names_kind {
	NAMES_PACKAGE, /* CASE_IAP_0000000007.tar or .tar.age */
	NAMES_LEDGER,  /* CASE_IAP_2026-11-20.ledger.txt */
	NAMES_NOTICE,  /* CASE_IAP_2026-11-20.notice-1.txt */
	NAMES_DAY_TAR, /* CASE_IAP_2026-11-20.day.tar */
	NAMES_TAGS,    /* CASE_IAP_0000000007.tags.tar: what stays of a package, in the records */
	NAMES_PURGE,   /* CASE_IAP_2026-11-20.purge.txt */
	NAMES_DAY_SUM, /* CASE_IAP_2026-11-20.day.tar.sha256 or .day.tar.minisig */
	NAMES_OTHER    /* anything else, SHA256SUMS and keyring.txt among it */
};

struct names {
	enum names_kind kind;
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	uint64_t seq;    /* packages and what stays of them */
	stamp_t day;     /* the rest: first instant of the UTC day */
	unsigned notice; /* notices */
	int encrypted;   /* packages: ends in .age */
};

/* Parse a file name.  NAMES_OTHER where it is none of ours. */
void names_parse(const char *, struct names *);

/* CASE_IAP_0000000007 (a package's folder name and stem) / with SUFFIX / CASE_IAP_2026-11-20SUFFIX / 0000000007SUFFIX.
 * ${out} has NAMES_FILE_ROOM bytes and is returned. */
char *names_stem(char *, const char *, const char *, uint64_t);
char *names_package(char *, const char *, const char *, uint64_t, const char *);
char *names_day_file(char *, const char *, const char *, stamp_t, const char *);
char *names_seq_file(char *, uint64_t, const char *);

/* Is ${name} the name of a signature of the file ${of}: OF.ANYTHING.minisig? */
int names_is_approval(const char *, const char *);

/* Parse "0000000007SUFFIX" (a spool name) exactly: store the number, 1 if it is one, 0 if not. */
int names_parse_seq_file(const char *, const char *, uint64_t *);

#endif
