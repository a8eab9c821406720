#ifndef OVERVIEW_H
#define OVERVIEW_H

#include <stddef.h>

#include "conf.h"
#include "json.h"
#include "lastrun.h"
#include "orderbook.h"
#include "stamp.h"

#include "site.h"
#include "stage.h"

/*
 * Is all well?  What the orders, the daemons' status files and the folders say at one moment, looked at once, and judged:
 * each thing that a person should look at is one line.
 */
#define OVERVIEW_MATTERS_MAX 256
#define OVERVIEW_RUNS 2 /* packager and uploader */

struct overview_run {
	const char *program;
	int is_known; /* 0: it never ran; -1: that may not be read here */
	struct lastrun last;
};

struct overview {
	struct site *site; /* borrowed; its orders are open */
	struct stage *stages;
	size_t stage_count;
	struct json *daemons[CONF_IAPS_MAX]; /* of the i-th IAP; NULL where it never ran or can not be read */
	struct overview_run runs[OVERVIEW_RUNS];
	stamp_t now;
	char matters[OVERVIEW_MATTERS_MAX][320]; /* what is wrong, a line each, printable */
	size_t matter_count;
};

/**
 * overview_load(v, site) / overview_clear(v):
 * Look at everything, and judge it, into the zeroed ${v}.  Return EX_OK, or an exit code after one diag line;
 * overview_clear is due in both cases.
 */
int overview_load(struct overview *, struct site *);
void overview_clear(struct overview *);

/* Is there anything for an uploader to do: a destination to send to, or a time-stamping authority to ask? */
int overview_needs_uploader(const struct conf *);

/* Is the daemon that wrote this status alive: did it write it in the last seconds? */
int overview_is_alive(const struct overview *, const struct json *);

/* One word for the state of a case: in-force, not-yet, ended, waiting, refused, missing, changed, revoked. */
const char *overview_state(const struct overview *, const struct orderbook_case *);

/* When the latest frame of a case that is being captured was stamped, at any access point; STAMP_NONE: none was seen. */
stamp_t overview_last_frame(const struct overview *, const char *);

/* Was no frame of the case seen for longer than its quiet_after, while it is captured? */
int overview_is_quiet(const struct overview *, const struct orderbook_case *);

/*
 * Why the i-th access point does not capture a case in force, in words that live as long as ${v}: nobody runs its daemon,
 * or that says of itself that it has not been capturing the case for seconds.  NULL: it does, or has nothing to do with it,
 * as one that has no interface or was given the case's frames from a file.
 */
const char *overview_idle_at(const struct overview *, const struct orderbook_case *, size_t);

/* Does the case's order end within the station's remind_before, and in the last quarter of its time? */
int overview_ends_soon(const struct overview *, const struct orderbook_case *);

#endif
