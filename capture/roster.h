#ifndef ROSTER_H
#define ROSTER_H

#include <stddef.h>

#include "follow.h"

/*
 * All that are followed: which of them may a message concern?  Nearly every message is a stranger's, and is put aside after
 * a few look-ups, however many are followed.
 *
 * Whenever no roster_*() function is running:
 * 1. All keys (follow_keys.h) that a member has stand in the roster, and maybe some that it had, or the member is to be
 *    called for every message, or it is noted that it may have others.
 */
struct roster;

/* A roster of nobody, or NULL with errno ENOMEM. */
struct roster *roster_new(void);
void roster_free(struct roster *);

/**
 * roster_put(r, f, owner):
 * ${f} (borrowed) is one of them until it is dropped, and ${owner} what roster_called() gives for it.
 * Return 0, or -1 with errno ENOMEM.
 */
int roster_put(struct roster *, struct follow *, void *);
void roster_drop(struct roster *, struct follow *);

/**
 * roster_call(r, message, frame) / roster_called(r, i):
 * Call each whom the message may concern: for all others follow_show() does nothing, tells nothing and returns 0.
 * Return how many were called.  /  The ${i}th of those, each of whom is there once, until the next call or drop.
 */
size_t roster_call(struct roster *, const struct follow_message *, const struct follow_frame *);
void *roster_called(const struct roster *, size_t);

#endif
