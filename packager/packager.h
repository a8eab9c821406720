#ifndef PACKAGER_H
#define PACKAGER_H

#include "buf.h"
#include "conf.h"
#include "journal.h"
#include "keyring.h"
#include "sign.h"
#include "stamp.h"

/*
 * What one run of casetap-packager knows before it looks at the first stream.  Read by all, changed by none but for
 * `status`, which holds the exit code so far.
 */
#define PACKAGER_PROGRAM "casetap-packager " CASETAP_VERSION
#define PACKAGER_BUILD "cc " __VERSION__
#define PACKAGER_MODE_DIR 0750
#define PACKAGER_MODE_FILE 0640

struct packager {
	const struct conf *conf;
	int statefd;
	struct keyring *keyring;
	struct buf keyring_text, keyring_sig; /* as they go into the day folders */
	struct buf profile;                   /* the element map of events.xml; empty: casetap's own */
	struct buf roots_text;                /* roots.txt, empty where the root was never renewed */
	struct sign_key *key;
	const struct keyring_entry *station; /* of the key, in the keyring */
	struct journal *journal;
	int journalfd;                     /* journal/packager */
	struct age_identities *orders_key; /* to encrypted orders; NULL: none is at hand */
	stamp_t (*now)(void);              /* the clock */
	const char *only_case;             /* NULL: all */
	int status;
	int has_begun;                 /* a run of all cases, behind whatever may be another's at work */
	char refused[NAMES_CASE_ROOM]; /* the case that was refused last: that is said once */
	char (*held)[NAMES_CASE_ROOM]; /* cases of which nothing is sealed in this run */
	size_t held_count;
	int are_all_held;   /* it is not known which those are */
	struct cutlog *cut; /* cases whose custody log was cut */
	size_t cut_count;
};

/* Remember an exit code for the end of the run; the first one other than 0 stays. */
void packager_fail(struct packager *, int);

/* Say "case ID: what" with errno's words, and remember its exit code.  Return -1. */
int packager_case_failed(struct packager *, const char *, const char *);

/* Seal nothing of a case in this run: what its next package must hold could not be read, or put into the records. */
void packager_hold_back(struct packager *, const char *);
int packager_is_held_back(const struct packager *, const char *);

/* The exit code for errno. */
int packager_status(int);

/**
 * packager_load(p, conf, status):
 * Load keyring and signing key and open the state folder.  The key is the credential station.key where systemd hands one
 * over, else the file that [seal] key names; it must be a station of the keyring that may sign now.  One with a password
 * takes it from the credential station.password, else asks for it.  The key to encrypted orders is loaded with them, where
 * there is one.
 * Return 0, or -1 after one diag line with the exit code in ${status}.  packager_release is due in both cases.
 */
int packager_load(struct packager *, const struct conf *, int *);
void packager_release(struct packager *);

/* Did this program journal ${event} about ${object} already?  1, 0, or -1 after one diag line, remembered. */
int packager_was_journalled(struct packager *, const char *, const char *);

/**
 * packager_begin(p, status):
 * Take the journal, which keeps a second packager out, and compare the keyring with the highest version seen.
 * Return 0, or -1 after one diag line with the exit code in ${status}.
 */
int packager_begin(struct packager *, int *);

#endif
