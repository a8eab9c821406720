#ifndef INTAKE_INTERNAL_H
#define INTAKE_INTERNAL_H

#include "channel.h"
#include "clock.h"
#include "intake.h"
#include "kfilter.h"
#include "message.h"
#include "slicer.h"
#include "source.h"
#include "table.h"
#include "tunnels.h"

#define INTAKE_DRAINED \
	(STAMP_SECOND * SOURCE_RING_MS / 1000 * 2) /* every frame of before is in a block handed out by then */
#define INTAKE_DRAIN_MAX (STAMP_SECOND * 8 / 10)   /* so long may it take to close a stream, once it is to be */

struct input {
	struct source *source; /* borrowed */
	int is_over;           /* gives nothing any more */
	stamp_t drained;       /* boottime of the last read that left nothing */
	stamp_t last;          /* stamp of the last frame that was handed out; what is still in the ring is later */
	uint64_t subject, not_subject, lost, missed;
	stamp_t late; /* of what is missed */
};

struct intake {
	const struct intake_config *config;
	struct channel *ch;
	struct slicer *slicer;
	struct tunnels *tunnels;
	struct table *table;
	struct input inputs[CONF_INTERFACES_MAX];
	size_t input_count;
	uint32_t linktype;      /* of the first */
	struct input *current;  /* whose frames are being handed out */
	int handed;             /* frames of this turn */
	int is_behind;          /* some input has more */
	stamp_t since;          /* the rings hold every frame from then on; a file was read up to there */
	struct kfilter *filter; /* in force on every ring; NULL: every frame is let in */
	char filter_text[KFILTER_TEXT_ROOM];
	size_t refused;  /* instructions of the shortest filter that the kernel had no room for; 0: none */
	stamp_t covered; /* realtime since which whatever passes that filter was let in */
	stamp_t widened; /* boottime at which the keeper last asked for it */
	stamp_t hold;    /* no frame stamped from then on is handed out: a case begins there; INT64_MAX: none does */
	stamp_t first;   /* smallest time stamp of a file */
	int applied;     /* a table has come */
	int has_left; /* no order is in force any more, and no packet socket open: the last streams wait to be closed */
	int is_over; /* the file, or an interface, or our trust in the table */
	int stopping;
	struct message_stop stop;
	stamp_t ending_since;          /* boottime at which the last case that is about to end was let go */
	unsigned let_go;               /* how many were, until then */
	int is_settled;                /* what the rings held of them was read */
	stamp_t down_since;            /* realtime, as far as it is declared; STAMP_NONE while all links are up */
	stamp_t unseen_since;          /* boottime since which a link is down, and what was learned counts still */
	int is_down_from_start;        /* of this reader */
	int has_forgotten;             /* it does not count any more */
	stamp_t asleep;                /* for how long the machine was suspended, at most, when last looked at */
	stamp_t ticked, told, retried; /* boottime */
	stamp_t counted;               /* realtime at the last look at the counters */
	uint64_t pool_lost, mirror_lost, put_out;
	int is_crowded; /* of streams, at the last look */
	struct clock_reading clock;
	int status;
};

/* Hand out what an input has, a share at a time. */
void intake_read(struct intake *, struct input *);

/* How late may the last of the interfaces tell what it missed?  0: at once. */
stamp_t intake_late(const struct intake *);

/* Was every ring read to its end after the boottime ${since}, long enough for older frames to have come out? */
int intake_is_drained(const struct intake *, stamp_t);

/*
 * intake_link.c: a link is down from the start, for how long is not known / one went down, or all are up again / declare
 * the time up to ${now} as a gap, if one is down / if it is for longer than what was learned of subjects counts, believe
 * none of it any more: who has their addresses since may be anyone.  Return 0, or -1 as table_apply().
 */
void intake_begin_down(struct intake *);
int intake_take_link(struct intake *, const struct message_link *);
void intake_declare_down(struct intake *, stamp_t);
int intake_forget_unseen(struct intake *);

/*
 * For how long the machine was suspended before is nothing to us / has it been, since the last look?  That is a gap, and,
 * as with a link that was down, what was learned may not count any more: to be asked before frames of after are handed out.
 * Return as above.
 */
void intake_begin_awake(struct intake *);
int intake_look_at_sleep(struct intake *);

/* intake_open.c: make slicer, tunnels and table, and tell that we are ready.  Return 0, or -1 after one diag line. */
int intake_open(struct intake *);

/* A pipe has nothing to give: see to the rest meanwhile (source_on_wait). */
int intake_on_wait(void *);

/* intake_finish.c: read what there is of the time until now, say what a file was, close every stream. */
void intake_finish(struct intake *);

/* intake_filter.c: what the rings let in. */

/* Put the kernel filter of all that the table has, or is about to get, in force. */
void intake_narrow(struct intake *);

/* Let every frame in, for a case is about to begin; some seconds later tick() narrows again. */
void intake_widen(struct intake *);

/*
 * intake_hold.c: a case begins at its first instant, whoever of keeper and reader is first to run then.
 *
 * Let frames stamped at or after ${from} wait for the table that has the case which begins there; INT64_MAX: let them out.
 */
void intake_hold(struct intake *, stamp_t);

/* Let them out if that table does not come, or a ring would become full. */
void intake_look_at_hold(struct intake *);

/* Since when do the rings hold every frame that a case which begins now could be the subject of? */
stamp_t intake_since(const struct intake *);

/* intake_account.c: what the keeper is told. */

int intake_is_file(const struct intake *);

/* Tell the keeper one thing; the first argument is the intake. */
int intake_tell_kept(void *, const struct kept *);
void intake_tell(void *, const struct message_event *);

/* As the slicer calls it, to be told on. */
void intake_on_slicer_event(void *, const struct slicer_event *);

/* Look at all counters at ${now}: declare what was lost since the last look, and with ${say} tell the sums. */
void intake_count(struct intake *, stamp_t, int);

/* Up to which boottime was every frame read?  STAMP_NONE: not yet known. */
stamp_t intake_drained(const struct intake *);

/* Read the clocks; a step rolls every slice. */
void intake_look_at_clock(struct intake *);

#endif
