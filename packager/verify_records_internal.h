#ifndef VERIFY_RECORDS_INTERNAL_H
#define VERIFY_RECORDS_INTERNAL_H

#include "custody.h"
#include "keyring.h"
#include "purgecert.h"
#include "request.h"

#include "latest.h"
#include "sealed.h"
#include "verify_file.h"
#include "verify_records.h"

/* What the parts of verify_records.h share. */

/* A line of the log that says what a file must be. */
enum records_kind {
	RECORDS_ACCEPTED, /* an order: object, number = revision */
	RECORDS_REVOKED,  /* the case */
	RECORDS_FOLLOWED, /* a request: object */
	RECORDS_REFUSED,  /* a request to purge, or one stream or day of it: object; it may be tried again */
	RECORDS_DECIDED, /* what is purged by a request: object; its files go from then on, and may go on going later */
	RECORDS_PURGED, /* a day, or the records, by a request: object; its end once another one is tried */
	RECORDS_SEALED, /* a package: object = seal id, sha256 and bytes of its file, iap, number */
	RECORDS_CLOSED  /* a day: object = hash of its ledger, iap, day, number = is it final? */
};

struct records_word {
	enum records_kind kind;
	char iap[NAMES_IAP_ROOM];
	uint64_t number, bytes;
	stamp_t day, time; /* `time` of the line */
	uint8_t object[DIGEST_BYTES], sha256[DIGEST_BYTES];
	int is_encrypted;
	int is_of_records; /* of all that stayed of the case, not of a day */
	int is_seen;       /* the file that it tells of is there, or its absence was said */
};

/* What the log tells of a stream of its station, as far as the state must know it: the state is saved first. */
struct records_iap {
	char iap[NAMES_IAP_ROOM];
	uint64_t sealed; /* the highest number; 0: none */
	stamp_t ledger;  /* the newest ledger; its line alone may be there before the state knows it */
	stamp_t closed;  /* the newest ledger that something else of the stream follows */
	int is_seen;     /* there is a state, or its absence was said */
};

/* A file that something names by its hash: an order file that packages hold, or an attachment that a request names. */
struct records_paper {
	char *name;
	char sha256[DIGEST_HEX];
	int is_seen;
};

struct records_papers {
	struct records_paper *at;
	size_t count;
};

struct records {
	struct verify_run *run;
	const struct keyring *keyring;
	struct verify_anchors *anchors; /* of the run, with those of the tag files */
	struct custody *log;            /* NULL if it could not be read as one */
	const char *label, *case_id, *folder;
	struct verify_dir dir;
	struct records_word *words; /* in the order of the log */
	size_t word_count;
	struct latest latest;        /* the greatest time of a line so far, of each journal */
	struct records_word **asked; /* of requests: by their hash, and of one hash in the order of the log */
	size_t asked_count;
	size_t looks; /* at words, for requests: whoever writes a log may make it long */
	struct records_iap *iaps;
	size_t iap_count;
	uint64_t sealed;  /* the last line of the log that a package or ledger signed as its head; 0: none */
	stamp_t unsealed; /* when the one after it was written */
	struct verify_anchor_lost lost; /* of the log, by approval */
	int is_cut_said, is_list_said;  /* that there are too many streams, or that their folders can not be listed */
	struct records_papers orders, attached;
	struct purgecert purge; /* of the records */
	int is_purged;
	int is_under_way; /* what it names is being deleted, and does not count any more */
};

#define RECORDS_OWN "" /* the stream of a head of the log that is signed for the case */

/* A folder of the records, while its files are looked at. */
struct records_folder {
	struct records *r;
	const char *name;
	struct verify_dir dir;
	char label[VERIFY_WHERE_ROOM];
	int failed; /* no memory */
};

/* Tag files of a stream, by number, and whether a row told of them. */
struct records_tags {
	uint64_t seq;
	int is_seen;
};

/* A stream while its rows are gone through in their order. */
struct records_stream {
	struct records_folder f; /* first, so that a name's cookie is both */
	const char *iap;
	struct records_tags *tags; /* rising */
	size_t tag_count;
	stamp_t *days; /* of which there are rows */
	size_t day_count, cursor;
	int has_state, is_damaged; /* is_damaged: something was said that makes sums of the rows worthless */
	struct sealed state;       /* as it is */
	struct sealed want;        /* as the rows and tag files make it */
	stamp_t first_open;        /* the first day behind the last ledger that has a package; STAMP_NONE */
};
#define RECORDS_ROWS ".rows"

/*
 * Hold the rows of a day against tag files and log / judge tag files of which no row told: the last may be of a package
 * that does not count yet.  Return 0, whatever was found, or -1 with errno ENOMEM.
 */
int records_rows(struct records_stream *, stamp_t);
int records_rest(struct records_stream *);

/* Say something about the file ${name} of the folder / why it could not be read, by errno: -1 for ENOMEM, else 0. */
void records_say(const struct records_folder *, enum verify_code, const char *, const char *, ...)
    __attribute__((format(printf, 4, 5)));
int records_say_file(const struct records_folder *, const char *, int);

/**
 * records_each(r, name, f, each):
 * Call each(f, name) for the files of the folder ${name} of the records, those that begin with a dot apart.
 * Return 0, also if there is none, or -1 with errno ENOMEM.
 */
int records_each(struct records *, const char *, struct records_folder *, int (*)(void *, const char *));

/* Call each(r, name) for the folders that may be of streams.  Return 0, also after saying why not, or -1 with ENOMEM. */
int records_each_stream(struct records *, int (*)(struct records *, const char *));

/*
 * Read the log and learn its words; custody.head must agree with it / hold it against the heads that packages, tag files
 * and ledgers signed, of the streams of which its station keeps a state, or of which it tells.
 * Return 0, whatever was found, or -1 with errno ENOMEM.
 */
int records_log_read(struct records *);
int records_log_judge(struct records *);

/*
 * Where the log does not begin with line 1: was it begun anew on a request that had its approvals?  Then what is lost of it
 * is a declared gap; else it was tampered with.  Return 0, or -1 with errno ENOMEM.
 */
int records_begun(struct records *);

/* Of a request in the records, called so, to begin it anew: if it was followed before, that is a gap of its own. */
void records_begun_before(struct records *, const char *, const struct request *);

/*
 * What the log says of requests.  Find it by their hashes, before what is below / each word of that request is answered
 * by a file: a purge is refused with one for each stream, and once more if the run is killed then / say what is left, which
 * must have been kept; a purge is, once each stream was looked at.
 * Return 0, or -1 with errno ENOMEM.
 */
int records_words_sort(struct records *);
void records_words_see(struct records *, const uint8_t[DIGEST_BYTES]);
void records_words_missing(struct records *);

/*
 * When the log says that the request was followed first, STAMP_NONE if it does not, and whether it purged something: that
 * counts from its decision on, for a run that is killed then is finished by another, whenever it comes.
 */
stamp_t records_followed_at(struct records *, const char *, int *);

/* Heads of the log that the station signed once the case had ended: before the log is judged.  0, or -1 with ENOMEM. */
int records_heads(struct records *);

/* What the log tells of that stream, or NULL. */
struct records_iap *records_iap_of(const struct records *, const char *);

/* Add a paper, or find it.  NULL: no memory, or there is none. */
struct records_paper *records_paper_add(struct records_papers *, const char *, const char *);
struct records_paper *records_paper_find(const struct records_papers *, const char *);

/*
 * Load the certificate by which the records were purged, where there is one, and judge it / with the log, say if what it
 * names is still being deleted: a run that was killed then is finished by the next one.
 * Return 0, whatever was found, or -1 with errno ENOMEM.
 */
int records_purge_load(struct records *);
void records_purge_judge(struct records *);

/* Was this file, by its path below the records, purged with them? */
int records_is_purged(const struct records *, const char *, const char *);

/* Say which papers nobody saw in the folder ${name}.  Return 0, or -1 with errno ENOMEM. */
int records_missing(struct records *, const char *, const struct records_papers *, const char *);

/* What lies in orders, requests (and attachments), and in the folder of a stream.  0, or -1 with errno ENOMEM. */
int records_orders(struct records *);
int records_requests(struct records *);
int records_stream(struct records *, const char *);

/* Say of which streams the log tells that have no state: after all records_stream().  Return 0. */
int records_streams_gone(struct records *);

#endif
