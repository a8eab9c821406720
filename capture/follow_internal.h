#ifndef FOLLOW_INTERNAL_H
#define FOLLOW_INTERNAL_H

#include "follow.h"

#define FOLLOW_PENDING_MAX 16
#define FOLLOW_UNKNOWN "binding-unknown"
#define FOLLOW_CONFLICT "binding-conflict"

/* What a client that the order names has asked for, until the answer comes. */
struct follow_pending {
	uint32_t xid;
	stamp_t time;         /* 0: free */
	uint64_t who;         /* which of the order's identities it is, a bit each */
	uint8_t hardware[16]; /* the client's */
	int is_local;         /* it spoke on its own link */
};

struct follow {
	const struct order *order;  /* borrowed */
	const struct conf_iap *iap; /* borrowed; NULL: nothing is learned */
	stamp_t since;
	follow_event_fn *event;
	void *cookie;
	struct follow_binding bindings[FOLLOW_BINDINGS_MAX];
	size_t count;
	struct follow_pending pending[FOLLOW_PENDING_MAX];
	uint64_t known;    /* of which identities it was seen what they have */
	const char *blind; /* NULL once that is all of them */
	stamp_t settled;   /* by then every lease of before was renewed or has run out; INT64_MAX: not known */
	int has_changed;
};

void follow_tell(
    struct follow *, enum follow_kind, const char *, const struct follow_binding *, const struct follow_frame *);

/* An event that begins and ends nothing, seen in ${frame}: its method, why, and its transaction. */
void follow_note(
    struct follow *, enum access_kind, const char *, const char *, uint32_t, const struct follow_frame *);

/* The binding is no more: take it out, and say why. */
void follow_end(struct follow *, size_t, const char *, const struct follow_frame *);

/* The place of the binding with that address, or their number. */
size_t follow_find(const struct follow *, const uint8_t[4]);

#endif
