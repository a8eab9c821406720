#ifndef TABLE_INTERNAL_H
#define TABLE_INTERNAL_H

#include "order.h"

#include "follow.h"
#include "glance.h"
#include "holders.h"
#include "roster.h"
#include "table.h"

/* Frames that are perhaps a case's and were not stored: those that were not told so far. */
struct table_doubt {
	uint64_t frames;
	stamp_t from, to; /* their stamps */
	stamp_t told;     /* when such were told last; 0: never */
};

struct entry {
	stamp_t from, until; /* nothing outside is stored */
	stamp_t seen, told;  /* the latest frame's time, as it is and as the keeper knows it; 0: none yet */
	uint32_t handle;
	int is_open;    /* has a stream, and a handle */
	int is_own;     /* the frame at hand is its subject's control traffic */
	int is_doubted; /* it is perhaps its subject's, and was not stored so far */
	/* So far it is what every frame looks at: one line of the cache. */
	struct order *order;
	char reason[SLICE_REASON_ROOM];
	int is_refused;   /* its stream could not be begun */
	int refusal;      /* errno of that; 0: none */
	stamp_t begun;    /* boottime at which its stream was */
	stamp_t set_back; /* to where `from` is to be set, for the clock was; STAMP_NONE: stays */
	int is_ending;    /* is to be closed once the rings are read up to `until` */
	int is_settled;   /* they are: nothing more is its own, only its stream waits for what is told late */
	char end_reason[SLICE_REASON_ROOM];
	uint32_t end_revision;     /* 0: that of `order` */
	struct table_given *given; /* NULL: no address of its subject was given by hand */
	struct message_keep *kept; /* from an earlier reader, until its stream begins; or NULL */
	struct kept *kept_told;    /* what was told last of what is known; NULL: nothing, or it is not remembered */
	stamp_t kept_looked;       /* boottime at which that was compared with what is known */
	int is_kept_untold;        /* the latest could not be */
	struct follow *follow;     /* NULL: its subject does not move, or it has no stream */
	struct holders
	    *holders; /* NULL: its order names no address, or nothing is read of who has one, or no stream */
	struct entry *watched_next, **watched_at; /* with holders: the next with any / what points to this one */
	struct table *table;                      /* that it stands in, for what follow tells */
	stamp_t blind_from;                       /* up to there it is declared what may have been missed */
	uint32_t index;                           /* of its order in the matcher */
	int is_kept;                              /* stands in the table that is being taken */
	stamp_t
	    reach; /* from a file: the latest stamp in the order's window, of any frame, as far as it is settled */
	struct table_doubt doubt;
};

struct entries {
	struct entry **at;
	size_t count, room;
};

/* What one order of the matcher stands for: a case's own, or the same for an address that its subject has now. */
struct target {
	struct entry *entry;
	const struct follow_binding *binding; /* NULL: the order as it is */
	uint32_t handle;                      /* the entry's, for when that is not in the cache */
};

/* The order of such an address. */
struct shadow {
	struct order order;
	struct order_prefix prefix;
	/* or of such a session */
	uint8_t mac[1][6];
	uint16_t session;
};

struct table {
	struct slicer *slicer;
	struct tunnels *tunnels;
	uint32_t linktype;
	int from_file;
	table_event_fn *event;
	void *cookie;
	table_kept_fn *tell_kept; /* NULL: nobody asks */
	stamp_t
	    kept_since; /* boottime up to which what was taken up from an earlier reader was seen; INT64_MAX: nothing was */
	struct kept *kept; /* room for what is told */
	struct entries now, incoming;
	struct message_end *ends;
	size_t end_count;
	unsigned let_go_count;   /* cases that ever began to end */
	struct matcher *matcher; /* NULL while no stream is open */
	struct matcher_memory *memory;
	struct target *targets; /* by the matcher's index; those of a case stand together */
	struct shadow *shadows;
	struct match *matches;
	uint64_t kinds[MATCHER_KINDS]; /* of the matchers before this one */
	uint64_t matched_count, withheld;
	stamp_t forged_told;          /* when it was last said that DHCP was forged */
	int is_broken;                /* no memory for a matcher: frames can not be judged any more */
	stamp_t same_from, same_to;   /* between these no case of a file comes to its window */
	const struct conf_iap *iap;   /* where addresses are learned; NULL: nowhere */
	struct glance glance;         /* for the traffic that is read there */
	const struct conf_iap *given; /* the access point whether or not they are, and of how many interfaces */
	size_t interfaces;
	size_t following;      /* entries with a follow */
	struct roster *roster; /* of those */
	struct entry *watched; /* the first of those with holders */
	int has_own;           /* is_own of an entry may be set */
	stamp_t follow_next;   /* then the next lease runs out */
	struct order *control; /* what the kernel filter lets through for it */
	struct order *servers; /* what it does for holders alone: what servers send and get */
	/* From a file: the latest stamp since reach was settled; no window begins or ends in that stretch of time. */
	stamp_t stretch_from, stretch_to, latest;
};

/* table.c */

void table_entry_free(struct entry *);

/* Append to a list; 0, or -1 with errno ENOMEM / the entry of a case, or NULL. */
int table_entries_put(struct entries *, struct entry *);
struct entry *table_entries_find(const struct entries *, const char *);
void table_entries_clear(struct entries *); /* free them all */

/* Drop what of a new table has come. */
void table_forget_incoming(struct table *);

void table_tell(struct table *, enum message_event_kind, const struct entry *, int);

/* Settle every reach: orders, or bindings, are about to change. */
void table_settle_reach(struct table *);

void table_end_stream(struct table *, struct entry *, enum slice_rolled);

/* Remove the entries that have neither a stream nor a claim to one. */
void table_sweep(struct table *);

/* table_clock.c */

/* What was not stored since the clock was set back is a gap up to ${at}, as far as it was not declared before. */
void table_clock_settle_case(struct table *, struct entry *, stamp_t);

/* table_matcher.c */

/* Let the matcher go, and settle every reach: orders may then be changed, until table_make_matcher() makes another. */
void table_drop_matcher(struct table *);

/* Make the matcher of the open streams, ending ones among them.  Return 0, or -1 after one diag line. */
int table_make_matcher(struct table *);

/* Store one frame for each case that it is the subject of, and count.  Return how many cases that were. */
size_t table_store(struct table *, stamp_t, const uint8_t *, uint32_t, uint32_t);

/* table_doubt.c */

/* The matcher's orders whose frame it perhaps is: to be called before it is stored for others / behind that. */
void table_doubt_frame(struct table *, const uint32_t *, size_t, stamp_t, const uint8_t *, uint32_t);
void table_doubt_settle(struct table *, const uint32_t *, size_t, stamp_t);

/* Tell what was not told, if there is any. */
void table_doubt_say(struct table *, struct entry *, stamp_t);

/* May the frame that this order of the matcher's found be stored for its case? */
int table_is_allowed(const struct table *, uint32_t, stamp_t, const uint8_t *, uint32_t);

/* table_access.c */

/* Tell of it in the record of the case's open slice. */
void table_access(struct entry *, const struct follow_event *);

/* table_given.c */

/* Keep what was given for the case: 0, or -1 with errno ENOMEM / have what a new table says of it instead, from now on. */
int table_given_take(struct entry *, const struct given_list *);
void table_given_move(struct table *, struct entry *, struct entry *, stamp_t);

/* Tell of it to the entry's follow, if it has one. */
void table_given_tell(struct table *, struct entry *, stamp_t);

/* The order of these addresses, for the kernel filter, or NULL. */
const struct order *table_given_ends(const struct entry *);

/* table_holders.c */

/* A stream was begun / is about to be ended.  Return 0, or -1 with errno set after one diag line. */
int table_holders_begin(struct table *, struct entry *);
void table_holders_end(struct entry *);

/* A message by which addresses are given, to each case that names one of them outright. */
void table_holders_show(struct table *, const struct follow_message *, const struct follow_frame *);

/* table_kept.c */

/* Tell what is known of the case now, if it is not what was told last. */
void table_kept_tell(struct table *, struct entry *, stamp_t);

/*
 * Something is known to go on for longer, at ${time}: tell it, unless that can wait for the tick.  It can where it is all
 * that is new, and what was told reaches far beyond the next tick.  A reader that dies before that leaves the end that was
 * told; where the next one does not hear of it again in time, its subject is unknown from there on, which is a gap.
 */
void table_kept_renewed(struct table *, struct entry *, stamp_t);

/* Tell it where that was done some time ago. */
void table_kept_tick(struct table *, struct entry *, stamp_t);

/* Its subject is followed from ${since} on: take up what was kept, if anything, and forget it in any case. */
void table_kept_resume(struct table *, struct entry *, stamp_t);

/* table_follow.c */

/*
 * A stream was begun, and every frame from ${since} on is seen: follow its subject if it moves.
 * Return 0, or -1 with errno ENOMEM.
 */
int table_follow_begin(struct table *, struct entry *, stamp_t);

/* It is about to be ended, at ${at}: forget what was learned, and declare what was not known until then. */
void table_follow_end(struct table *, struct entry *, stamp_t);

/* Take what a frame says of who has which address.  Return 0, or -1 if there is no memory for a matcher. */
int table_follow_frame(struct table *, stamp_t, const uint8_t *, uint32_t, uint32_t);

/* What was known of the subject until ${at}, a reason or NULL, may have changed. */
void table_follow_changed(struct table *, struct entry *, const char *, stamp_t);

/* table_control.c */

/* May the frame be control traffic?  Nearly none is. */
int table_control_may_be(const struct table *, const uint8_t *, uint32_t);

/* Show it to each case that it may concern, as roster_called() has them.  Return how many, or -1 after one diag line. */
int table_control_frame(struct table *, stamp_t, const uint8_t *, uint32_t, uint32_t);

/* table_ends.c */

/* Make what the table needs to know of them.  Return 0, or -1 with errno ENOMEM. */
int table_ends_make(struct table *, const struct conf_iap *);

/* What the kernel filter must let through so that cases of ${t} can be followed; NULL: nothing. */
const struct order *table_follow_ends(const struct table *);

#endif
