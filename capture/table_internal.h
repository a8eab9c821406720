#ifndef TABLE_INTERNAL_H
#define TABLE_INTERNAL_H

#include "order.h"

#include "table.h"

struct entry {
	stamp_t from, until; /* nothing outside is stored */
	stamp_t seen, told;  /* the latest frame's time, as it is and as the keeper knows it; 0: none yet */
	uint32_t handle;     /* so far it is what every frame looks at: one line of the cache */
	int is_open;         /* has a stream, and a handle */
	struct order *order;
	char reason[SLICE_REASON_ROOM];
	int is_refused; /* its stream could not be begun */
	int is_ending;  /* is to be closed once the rings are read up to `until` */
	char end_reason[SLICE_REASON_ROOM];
	int is_kept; /* stands in the table that is being taken */
	stamp_t
	    reach; /* from a file: the latest stamp in the order's window, of any frame, as far as it is settled */
};

struct entries {
	struct entry **at;
	size_t count, room;
};

struct table {
	struct slicer *slicer;
	struct tunnels *tunnels;
	uint32_t linktype;
	int from_file;
	table_event_fn *event;
	void *cookie;
	struct entries now, incoming;
	struct message_end *ends;
	size_t end_count;
	struct matcher *matcher; /* NULL while no stream is open */
	struct entry **matched;  /* by the matcher's index */
	struct match *matches;
	uint64_t kinds[MATCHER_KINDS]; /* of the matchers before this one */
	uint64_t matched_count, withheld;
	int is_broken;              /* no memory for a matcher: frames can not be judged any more */
	stamp_t same_from, same_to; /* between these no case of a file comes to its window */
	/* From a file: the latest stamp since reach was settled; no window begins or ends in that stretch of time. */
	stamp_t stretch_from, stretch_to, latest;
};

/* table.c */

void table_entry_free(struct entry *);

/* Append to a list; 0, or -1 with errno ENOMEM / the entry of a case, or NULL. */
int table_entries_put(struct entries *, struct entry *);
struct entry *table_entries_find(const struct entries *, const char *);

/* Drop what of a new table has come. */
void table_forget_incoming(struct table *);

void table_tell(struct table *, enum message_event_kind, const struct entry *, int);

/* Let the matcher go, and settle every reach: orders may then be changed, until table_retry() makes another. */
void table_drop_matcher(struct table *);

void table_end_stream(struct table *, struct entry *, enum slice_rolled);

/* Remove the entries that have neither a stream nor a claim to one. */
void table_sweep(struct table *);

#endif
