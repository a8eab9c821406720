#ifndef VERIFY_RESULT_H
#define VERIFY_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "names.h"
#include "sign.h"
#include "slice.h"
#include "stamp.h"

#include "verify_binding.h"
#include "verify_event.h"
#include "verify_lane.h"
#include "verify_spans.h"

/*
 * What casetap-verify found: single findings, and the sums of each case and stream.  verify_report.c and verify_json.c
 * only print it.
 */
enum verify_code {
	VERIFY_NOTE = 0, /* shown; changes nothing */
	VERIFY_GAPS = 10,
	VERIFY_INCOMPLETE = 11,
	VERIFY_TAMPERED = 12,
	VERIFY_MALFORMED = 13,
	VERIFY_FORKED = 14,
	VERIFY_MISSING = 66,   /* a path that is not there */
	VERIFY_UNREADABLE = 74 /* reading failed, or the file changed meanwhile */
};

#define VERIFY_FINDINGS_MAX 10000 /* what comes after these is only counted */
#define VERIFY_WHAT_ROOM 512
#define VERIFY_WHERE_ROOM 4096

struct verify_finding {
	enum verify_code code;
	char *where; /* file, folder or case, escaped */
	char *what;  /* one line, escaped */
};

/* A piece of a case's window without capture at any of its IAPs. */
struct verify_gap {
	stamp_t from, to;
	char reason[SLICE_REASON_ROOM]; /* "" if nothing declares it */
};

/* A closed day of a stream, as its ledger has it. */
struct verify_ledger_sums {
	stamp_t day,
	    closed; /* closed: when its list says that it was signed; STAMP_NONE if nobody's signature is good */
	uint64_t packages, gap_packages, frames, bytes, own_loss, possible_loss;
};

/* What the law wants certified of an interception (47 CFR 1.20004), from one revision of its order. */
struct verify_certificate {
	uint32_t revision;
	char sha256[DIGEST_HEX];
	uint64_t content_id;
	const char *authority, *scope;
	stamp_t not_before, not_after;
	char *order_number, *issued_by, *presented_by, *responsible, *filter; /* owned; any bytes */
	char *subject;                                                        /* the identifiers, blank-separated */
	char *approvers;                                                      /* "alice (legal), bob" */
};

struct verify_stream_sums {
	char case_id[NAMES_CASE_ROOM], iap[NAMES_IAP_ROOM];
	char station[65]; /* "" if nothing was verified */
	int whole;        /* was the whole stream to be verified, or single days and packages? */
	uint64_t first_seq, last_seq, packages, gap_packages, frames, bytes;
	uint64_t own_loss, possible_loss; /* frames / slices */
	uint64_t purged_packages;         /* of these, how many without their payload */
	size_t days;                      /* ledgers */
	stamp_t first_day, last_day;
	int final;
	char final_reason[SLICE_REASON_ROOM];
	uint64_t recovered, suspect, late_frames; /* slices, slices, frames */
	struct verify_lane lane;
	struct verify_ledger_sums *day_list; /* `days` of them */
};

struct verify_case_sums {
	char case_id[NAMES_CASE_ROOM];
	char lea[65];
	uint32_t revision;                        /* the highest that was acted on and delivered; 0 if none was */
	int judged;                               /* was the window's coverage judged? */
	int all_streams;                          /* was a folder of the case given, and not single streams? */
	stamp_t from, to;                         /* of what is due so far */
	stamp_t due, captured, declared, missing; /* lengths */
	struct verify_gap *gaps;
	size_t gap_count;
	struct spans ordered; /* the orders' windows, whatever of them is due */
	stamp_t until;        /* what is due ends here at the latest */
	stamp_t revoked;      /* STAMP_NONE if no signed revocation came along */
	struct verify_certificate *certificates;
	size_t certificate_count;
	struct verify_bindings bindings;
};

/* A day whose list was signed by a station: what an acknowledgement of it would name. */
struct verify_day_sums {
	char case_id[NAMES_CASE_ROOM], iap[NAMES_IAP_ROOM];
	stamp_t day;
	char sums_sha256[DIGEST_HEX];
	uint64_t packages;
};

struct verify_result {
	struct verify_finding *findings;
	size_t count, unshown;
	struct verify_stream_sums *streams;
	size_t stream_count;
	struct verify_case_sums *cases;
	size_t case_count;
	enum verify_code gravest;
	enum verify_code certain; /* the gravest that was said before memory ran out */
	int failed; /* memory ran out: what seems to be wrong since may only be what was not looked at, and is no verdict */
	char root[SIGN_ID_TEXT];
	uint64_t keyring_version; /* 0: there was none */
	char keyring_sha256[DIGEST_HEX];
	/* Days with a good signature / of them, with a time stamp by a certificate that the person gave / by another. */
	size_t signed_days, attested_days, unknown_days;
	size_t records;                  /* folders of a station's records that were looked at */
	char authority[129];             /* who attested last */
	struct verify_day_sums last_day; /* the last one of signed_days */
	struct verify_events events;
	stamp_t now;
};

/* An empty result of a verification at ${now}; NULL with errno ENOMEM.  verify_result_free(NULL) is fine. */
struct verify_result *verify_result_new(stamp_t);
void verify_result_free(struct verify_result *);

/**
 * verify_say(r, code, where, format, ...):
 * Note a finding about ${where}, which may hold any bytes (both texts are escaped here).
 */
void verify_say(struct verify_result *, enum verify_code, const char *, const char *, ...)
    __attribute__((format(printf, 4, 5)));

/* FOLDER/NAME, cut where it is too long to be shown.  Return ${out}, which has VERIFY_WHERE_ROOM bytes. */
char *verify_label(char *, const char *, const char *);

/* A new zeroed record at the end, valid until the next call; NULL without memory (then `failed` is set). */
struct verify_stream_sums *verify_result_stream(struct verify_result *);
struct verify_case_sums *verify_result_case(struct verify_result *);
int verify_case_gap(struct verify_case_sums *, const struct verify_gap *);
struct verify_certificate *verify_case_certificate(struct verify_case_sums *); /* NULL with errno ENOMEM */
void verify_case_clear(struct verify_case_sums *);                             /* release what it owns */

/* The exit code: that of the gravest finding; 74 if memory ran out before anything graver was found. */
int verify_result_status(const struct verify_result *);

/* A few words for a code: "gap", "incomplete" ... / the verdict as a sentence. */
const char *verify_code_text(enum verify_code);
const char *verify_verdict(const struct verify_result *);

#endif
