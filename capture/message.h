#ifndef MESSAGE_H
#define MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "channel.h"
#include "conf.h"
#include "digest.h"
#include "kfilter.h"
#include "matcher.h"
#include "names.h"
#include "slice.h"
#include "slicer.h"
#include "stamp.h"

#include "given.h"
#include "kept.h"

/*
 * What the messages between keeper and reader carry.  Both are one program, so they are structs; what comes from the other
 * side is looked at before it is used all the same: the reader has seen frames that a stranger made.
 */

/* CHANNEL_ORDER: this, then the order file's bytes. */
struct message_order {
	stamp_t from;                     /* nothing stamped before is this case's */
	char reason[SLICE_REASON_ROOM];   /* why there was no capture before, if there was none */
	struct order_acceptance accepted; /* of the revision */
	struct given_list given;          /* addresses of its subject */
};

/* CHANNEL_KEEP: what an earlier reader knew of a case of this table; ${kept} as long as kept_size() says. */
struct message_keep {
	struct kept_mark mark;
	stamp_t within; /* nothing older than that counts */
	struct kept kept;
};

/* CHANNEL_KEPT: a struct kept, as long as kept_size() says: all that is known of a case now. */

/* CHANNEL_END: a case of the last table that is not in this one. */
struct message_end {
	char case_id[NAMES_CASE_ROOM];
	stamp_t at;                     /* nothing stamped at or after is this case's any more */
	char reason[SLICE_REASON_ROOM]; /* the stream's end (not_after, revoked); "" where it may go on */
	uint32_t
	    revision; /* which ended it, be it one that no table had, because it was over when it came; 0: the last had */
};

/* CHANNEL_APPLY */
struct message_apply {
	stamp_t at; /* realtime as the keeper read it when it judged */
};

/* CHANNEL_WIDEN */
struct message_widen {
	stamp_t begins; /* the next case does, then; INT64_MAX: none is about to */
};

/* CHANNEL_LINK */
struct message_link {
	stamp_t at;
	int32_t down;
};

/* CHANNEL_STOP */
struct message_stop {
	stamp_t at;
	int32_t rolled; /* enum slice_rolled */
};

enum message_event_kind {
	MESSAGE_READY, /* the rings are open */
	MESSAGE_BEGUN, /* a case's stream was begun: from, sha256 of the order */
	MESSAGE_ENDED, /* ... ended: to, text is the reason, "" if it may go on */
	MESSAGE_SLICE, /* a slice was published: seq, sha256 of the record, from, to, frames, bytes, text is why rolled */
	MESSAGE_GAP,       /* a gap record was published: seq, sha256, from, to, text is the reason */
	MESSAGE_TROUBLE,   /* a case's slices could not be written: error */
	MESSAGE_REFUSED,   /* a case's stream could not be begun: error */
	MESSAGE_LOSS,      /* frames were lost on the shared path: text (interface, pool, mirror), frames, from, to */
	MESSAGE_UNDECIDED, /* frames were perhaps a case's and are not stored: frames, from, to */
	MESSAGE_CROWDED,   /* more streams than can be counted: frames (streams put out so far), from, to */
	MESSAGE_MISSED,    /* an interface dropped frames before the kernel had them: text, frames, from, to */
	MESSAGE_SEEN,      /* a case's latest frame so far: to */
	MESSAGE_STEP,      /* the clock was stepped: from (old time), to (new time) */
	MESSAGE_RECOVERED, /* recovery did something: case, seq, text is what */
	MESSAGE_SOURCE,    /* a file was read to its end: text is its base name, sha256, frames, from and to */
	MESSAGE_BOUND, /* a case's subject has an address from then on: from, to (0: no end), sha256 of the frame, seq is
			    the transaction, text is how */
	MESSAGE_RENEWED,   /* ... has it longer: the same */
	MESSAGE_UNBOUND,   /* ... has it no more: from, sha256 ("": its time was over), seq, text is why */
	MESSAGE_FORGOTTEN, /* what was kept of a case is not taken up, or not all of it: text is why */
	MESSAGE_ANOTHERS, /* an address that a case's order names was given to anyone else: from, sha256 of the frame,
			      text is the method */
	MESSAGE_RETURNED, /* ... and then to the one it was with before, or whom the order names, and no other of the
			      case's is away: the same */
	MESSAGE_KINDS
};

/* CHANNEL_EVENT: fields that a kind does not name are zero. */
struct message_event {
	uint32_t kind;
	int32_t error;
	char case_id[NAMES_CASE_ROOM];
	char sha256[DIGEST_HEX];
	char text[256];
	uint64_t seq, frames, bytes;
	stamp_t from, to;
};

struct message_interface {
	uint64_t received, missed;     /* as the interface counts: came in; had no room there */
	uint64_t seen, lost;           /* as the kernel counts what passes its filter; lost is part of seen */
	uint64_t subject, not_subject; /* of those that were handed out */
	uint64_t room;                 /* of the ring, in bytes */
};

/* CHANNEL_COUNTS: sums since the reader began. */
struct message_counts {
	uint32_t linktype;
	uint32_t interface_count;
	struct message_interface
	    interfaces[CONF_INTERFACES_MAX]; /* in the order in which the reader was given them */
	uint64_t matched;                    /* records of all cases: a frame of two cases is two */
	uint64_t withheld;           /* of these: stamped outside what the case was in force for, so not stored */
	struct slicer_counts slicer; /* of the rest */
	uint64_t mirror;  /* frames that the sequence numbers of tunnels and router streams say are missing */
	uint64_t put_out; /* streams that made room for others, so that what of them is missing is not known */
	uint64_t kinds[MATCHER_KINDS];
	char filter[KFILTER_TEXT_ROOM];  /* the kernel filter in force, in words */
	stamp_t followed, followed_boot; /* all that frames of before say was told; 0: nobody is followed */
};

/* Is ${n} the size that a message of ${type} has (CHANNEL_ORDER: at least)? */
int message_fits(enum channel_type, size_t);

/* Are the texts of an event terminated, its case ID empty or a case ID, its kind known? */
int message_event_is_good(const struct message_event *);

#endif
