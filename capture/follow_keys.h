#ifndef FOLLOW_KEYS_H
#define FOLLOW_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "order.h"

#include "follow.h"

/*
 * By what may a message concern a subject that is followed?  Whatever either of them names that could be compared has a
 * number, its key.  Two keys may be the same by chance: that costs a look, and no more.
 *
 * 1. Where follow_show() would tell of anything, return 1, or leave anything but as it was, a key of the message is one of
 *    the follow's, or one of the two is of concern to all.  In doubt they are.
 */
#define FOLLOW_KEYS_MAX 1024

struct follow_keys {
	size_t count;
	int is_for_all;
	uint64_t at[FOLLOW_KEYS_MAX];
};

/* What of it it is: a kind of identity, of enum order_identity_kind, or one of these. */
enum follow_key {
	FOLLOW_KEY_ASKED4 = ORDER_IDENTITY_KINDS, /* by a client, under a number */
	FOLLOW_KEY_HARDWARE4,                     /* of a client that has a binding */
	FOLLOW_KEY_ADDRESS,
	FOLLOW_KEY_WIDER, /* something within a network */
	FOLLOW_KEY_EXCHANGE,
	FOLLOW_KEY_SESSION,
	FOLLOW_KEY_CLIENT, /* a RADIUS client begins or ends: whoever's it has sessions of */
	FOLLOW_KEY_LINE,
	FOLLOW_KEY_ROUTER
};

/* Those of what is known of a subject, and of what would begin it / of a message.  Into what is uninitialized. */
void follow_keys(const struct follow *, struct follow_keys *);
void follow_message_keys(const struct follow_message *, const struct follow_frame *, struct follow_keys *);

/* For those two: put one of these bytes / the same of no bytes, if there are none, not at all. */
void follow_key_put(struct follow_keys *, unsigned, const void *, size_t);
void follow_key_put_bytes(struct follow_keys *, unsigned, const struct wire_bytes *);

/* Put what a DHCPv4 client of that hardware address asks under that number. */
void follow_key_put_asked4(struct follow_keys *, uint32_t, const uint8_t[16]);

/*
 * Put those of an address or network that is known / asked about.  A known one and one that is asked about have one in
 * common if they have an address in common.
 */
void follow_key_put_known(struct follow_keys *, const struct order_prefix *);
void follow_key_put_asked(struct follow_keys *, const struct order_prefix *);

#endif
