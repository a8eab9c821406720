#ifndef OVERVIEW_INTERNAL_H
#define OVERVIEW_INTERNAL_H

#include "overview.h"

/*
 * Shared by overview.c, which judges cases, requests and folders, overview_daemon.c, which knows what the capture daemons'
 * status files say, overview_records.c, which looks into the records, and overview_kept.c, which misses what is
 * gone; nobody else includes this.
 */

/* Note what a person should look at; beyond OVERVIEW_MATTERS_MAX it is dropped. */
void overview_matter(struct overview *, const char *, ...) __attribute__((format(printf, 2, 3)));

/* The status file of an IAP's daemon, owned by the caller; NULL where it never ran or can not be read. */
struct json *overview_daemon_load(const struct site *, const char *);

/*
 * Is an order in force for the case?  Of one that whoever asks has no key to, this is what a daemon says, or said when it
 * last ran.
 */
int overview_is_in_force(const struct overview *, const struct orderbook_case *);

/* Does a daemon say so of a case: in force, in its window? */
int overview_daemons_hold(const struct overview *, const char *);

/* Is the daemon of the IAP of this name alive? */
int overview_is_running(const struct overview *, const char *);

/* Is a case that is in force being captured anywhere?  If not, *why is what a daemon says against it, or NULL. */
int overview_is_captured(const struct overview *, const struct orderbook_case *, const char **);

/* Since when has nobody seen a frame of the case: its latest anywhere, or, before there is one, the first watch for it. */
stamp_t overview_quiet_since(const struct overview *, const char *);

/* The latest time that an address which the case's order names was given to another client, STAMP_NONE: never; the last
 * gets when it was given back after that, or STAMP_NONE. */
stamp_t overview_anothers_since(const struct overview *, const char *, stamp_t *);

/* Judge what the daemon of an IAP says of its interfaces and losses (NULL: nothing), and what it waits for. */
void overview_judge_daemon(struct overview *, const struct conf_iap *, const struct json *);

/* Load and judge how the packager and the uploader ended when they last ran. */
void overview_judge_runs(struct overview *);

/* Judge what lies in the records of each case, as far as they may be read. */
void overview_judge_records(struct overview *);

/* Judge whether what was delivered and what was journalled is still here, as far as a look at sizes and numbers tells. */
void overview_judge_kept(struct overview *);

/* Judge whether the daemons that capture can say how well the clock is kept. */
void overview_judge_clock(struct overview *);

#endif
