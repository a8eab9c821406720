#ifndef KEPT_H
#define KEPT_H

#include <stddef.h>
#include <stdint.h>

#include "bootid.h"
#include "buf.h"
#include "digest.h"
#include "names.h"
#include "order.h"
#include "stamp.h"

#include "given.h"

/*
 * What was known of where the subject of a case is, so that a reader after this one need not begin with nothing: as the
 * reader tells it, as the keeper keeps it in journal/capture/bindings (casetap-journal(5)), and as the next reader gets it.
 * Made in zeroed memory, two of the same have the same bytes.
 */
#define KEPT_MAX 32
#define KEPT_OVER_MAX 16
#define KEPT_STALE_MAX 16
#define KEPT_METHOD_ROOM 17
#define KEPT_MORE_BYTES 1536
#define KEPT_FILE_BYTES ((size_t)256 * 1024)

struct kept_binding {
	char method[KEPT_METHOD_ROOM]; /* whose it is among those that follow: dhcpv4, radius ... */
	struct order_prefix address;   /* family 0: none is known */
	stamp_t until, told;           /* the lease's or session's end; when the latest word of it was seen */
	char sha256[DIGEST_HEX];       /* of the frame with that word */
	uint32_t xid;
	uint8_t hardware[16];
	uint8_t hardware_length, has_link;
	uint16_t more_length;
	uint8_t more[KEPT_MORE_BYTES]; /* what that method alone understands */
};

/*
 * A session of RADIUS, hash by hash: its ID; where its client sends from, "" for any client; and what that says of itself,
 * its address and its name, "" where it does not.
 */
struct kept_session {
	char id[DIGEST_HEX], client[DIGEST_HEX], address[DIGEST_HEX], name[DIGEST_HEX];
};

/* One that is over: accounting that says what was so before ${before} does not begin it anew. */
struct kept_over {
	struct kept_session session;
	stamp_t before, until; /* until: then nothing of it is on its way any more */
};

struct kept {
	char case_id[NAMES_CASE_ROOM];
	char order[DIGEST_HEX]; /* the revision's hash */
	uint32_t disputed_count;
	char disputed[GIVEN_MAX]
		     [DIGEST_HEX]; /* words of approvers that the network spoke against: never believed again */
	uint32_t over_count;
	struct kept_over over[KEPT_OVER_MAX];
	uint32_t count;
	struct kept_binding at[KEPT_MAX];
};

/* How many bytes of it count. */
size_t kept_size(const struct kept *);

/* Is there anything in it that stays whatever becomes of its bindings: what is not believed any more? */
int kept_is_lasting(const struct kept *);

/**
 * kept_is_less(was, now) / kept_has_new_doubt(was, now):
 * By what is known ${now}, does what ${was} known (NULL: nothing) say too much: is anything of it not known any more, not
 * as long, or otherwise?  /  Is there a word, or a session, that is not believed any more and was then?
 */
int kept_is_less(const struct kept *, const struct kept *);
int kept_has_new_doubt(const struct kept *, const struct kept *);

/* The earliest end of a binding; INT64_MAX: there is none. */
stamp_t kept_first_end(const struct kept *);

/*
 * Until when every frame had been read, and all that was learned of it was kept, but that something goes on for longer than
 * it was known to: that may have been seen some seconds before.
 */
struct kept_mark {
	char boot_id[BOOTID_ROOM];
	char settings[DIGEST_HEX]; /* of what the access point believes */
	stamp_t realtime, boottime;
	/* But of these cases, whose files could not be written: theirs say too much, and not all that was disputed. */
	uint32_t stale_count;
	char stale[KEPT_STALE_MAX][NAMES_CASE_ROOM];
};

/* Are all texts and counts in a struct of ${n} bytes such as they may be? */
int kept_is_good(const struct kept *, size_t);

/**
 * kept_too_long(mark, realtime, boottime, within):
 * May anything have happened since the mark that makes what was known then worth nothing now?  NULL, or why: `away` for
 * longer than ${within} nanoseconds, or a `clock` that did not run as the time since boot did.
 */
const char *kept_too_long(const struct kept_mark *, stamp_t, stamp_t, stamp_t);

/**
 * kept_write(k, iap, out) / kept_parse(data, n, iap, k):
 * The file CASE.IAP.json.  The parser takes exactly what the writer makes, hash included, or what it made of the version
 * before: there a session that is over is of any client.
 * Return 0, or -1 with errno ENOMEM or EINVAL.
 */
int kept_write(const struct kept *, const char *, struct buf *);
int kept_parse(const char *, size_t, const char *, struct kept *);

/* The file IAP.mark, the same way: its version before says the same. */
int kept_mark_write(const struct kept_mark *, struct buf *);
int kept_mark_parse(const char *, size_t, struct kept_mark *);

#endif
