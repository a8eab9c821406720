#ifndef DESTINATION_H
#define DESTINATION_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "conf.h"
#include "digest.h"

#include "answer.h"
#include "body.h"
#include "listing.h"

/*
 * One place that evidence is handed to, whatever the protocol.  Paths are relative, of plain components
 * (CASE/IAP/DAY/FILE), made by us and never by the far end.
 *
 * A destination is used by one thread; parallel transfers are several destinations of one configuration.
 */
#define DESTINATION_UNKNOWN UINT64_MAX

struct destination;
struct gate;

/* How long a peer may leave us waiting, and how much it may say that nobody asked for. */
struct destination_limits {
	uint32_t connect_seconds;
	uint32_t silent_seconds; /* with less than silent_bytes a second */
	uint32_t silent_bytes;
	uint32_t answer_bytes;  /* of headers, and of a body that is not a file of ours */
	_Atomic uint64_t *sent; /* unless NULL, counts the bytes that were given to peers */
	struct gate *gate;      /* unless NULL, where lanes wait to shake hands; borrowed */
	uint32_t share;         /* among so many is the rate limit of a destination divided; 0: it has it alone */
};

void destination_default_limits(struct destination_limits *);

/**
 * destination_open(conf, limits, status):
 * Judge the configuration of a destination beyond what conf_load did: what lies in its credential files; load the
 * secrets.  Talks to nobody yet.  ${conf} is borrowed.
 * Return it; or NULL after one diag line, with the exit code in ${status} (66, 71, 77, 78).
 */
struct destination *destination_open(const struct conf_destination *, const struct destination_limits *, int *);
void destination_close(struct destination *);

/**
 * destination_stat(d, path, bytes):
 * Is there a file ${path}?  Its length goes to ${bytes}, DESTINATION_UNKNOWN where the far end does not tell.
 * Return ANSWER_OK or ANSWER_ABSENT; ANSWER_TAKEN where the name is no file; else why that is not known.
 */
enum answer destination_stat(struct destination *, const char *, uint64_t *);

/**
 * destination_put(d, path, body, bytes, sent):
 * Store the ${bytes} bytes of ${body} from its start as ${path}, replacing what was left there by an earlier try; folders
 * are made.  ${path} is a temporary name.  The hash of the bytes that were read from ${body} goes to ${sent}.
 */
enum answer destination_put(struct destination *, const char *, const struct body *, uint64_t, char[DIGEST_HEX]);

/**
 * destination_go_on(d, path, body, bytes, from, sent):
 * As destination_put, but only what follows the first ${from} bytes, which lie there as ${path} already; with 0 there is no
 * ${path}, and what may be stored of it stays for another go_on.  Whether it is one file then, only fetching it back tells.
 * ANSWER_REFUSED where protocol or server continue nothing: then nothing was changed.
 */
enum answer destination_go_on(
    struct destination *, const char *, const struct body *, uint64_t, uint64_t, char[DIGEST_HEX]);

/* How many bytes of its file, from the first on, the last put or go_on has given to the peer: no more can have arrived. */
uint64_t destination_sent(const struct destination *);

/**
 * destination_stat_aside(d, path, bytes):
 * As destination_stat, after a call that failed, whose wish to wait stays the one that counts.
 */
enum answer destination_stat_aside(struct destination *, const char *, uint64_t *);

/**
 * destination_hash(d, path, bytes, hex):
 * Fetch the whole of ${path} back and hash it.  ANSWER_LONGER after ${bytes} bytes without an end.  ANSWER_REFUSED with a
 * hash where the bytes came, and only how they are kept is not as ordered.
 */
enum answer destination_hash(struct destination *, const char *, uint64_t, char[DIGEST_HEX]);

/**
 * destination_state(d, path, bytes, hex):
 * Where the operator wants that to count: what hash does the far end state of ${path}?  "" goes to ${hex} where it states
 * none, or another length than ${bytes}; also where nobody wants to know.
 */
enum answer destination_state(struct destination *, const char *, uint64_t, char[DIGEST_HEX]);

/**
 * destination_publish(d, from, to):
 * Give the stored file ${from} the name ${to} in the same folder.  Never replaces: ANSWER_TAKEN.
 */
enum answer destination_publish(struct destination *, const char *, const char *);

/**
 * destination_settle(d, path):
 * Have on the disk what lies there, and its name, though an earlier run was killed before it could; and have it kept as
 * long as ordered, where an earlier run had other orders; as far as the protocol has a way.  destination_why() says, also
 * after ANSWER_OK, what had to be done.
 */
enum answer destination_settle(struct destination *, const char *);

/**
 * destination_get(d, path, max, out):
 * Fetch a file that is not ours, of at most ${max} bytes, into the empty ${out}.  ANSWER_LONGER if there are more.
 */
enum answer destination_get(struct destination *, const char *, size_t, struct buf *);

/**
 * destination_places(d) / destination_place(d, path, body, bytes, sha256):
 * Can this destination store a file under its final name so that nothing or all of it is there (object stores)?  Then that
 * takes the place of put and publish: store ${bytes} bytes of ${body}, whose hash is ${sha256}, as ${path}, never in the
 * place of another object: ANSWER_TAKEN.  Whether it is whole is known when destination_hash() has fetched it back.
 */
int destination_places(const struct destination *);
enum answer destination_place(struct destination *, const char *, const struct body *, uint64_t, const char *);

/*
 * A place that breaks may leave an upload behind, under a name that the far end gives it; "": none.  The next place goes on
 * with one that it was set before, and with no other: only of what this station began does it know how it was begun.
 */
#define DESTINATION_UPLOAD_ROOM 512
void destination_set_upload(struct destination *, const char *);
const char *destination_upload(const struct destination *);

/* What is stored from now on must be kept for so many days, where the configuration leaves that to the order. */
void destination_keep(struct destination *, uint32_t);

/**
 * destination_look(d, path, version, bytes):
 * As destination_stat, of that version of an object; a later destination_hash() fetches it.  ANSWER_ABSENT where there are
 * no versions.
 */
enum answer destination_look(struct destination *, const char *, const char *, uint64_t *);

/**
 * destination_list(d, folder, listing):
 * What does the far end say lies in ${folder}, which ends with "/"?  Names go into the empty ${listing}, also after a
 * failure.  ANSWER_LONGER where it goes on after LISTING_MAX names; ANSWER_REFUSED where the protocol or the server lists
 * nothing.
 */
enum answer destination_list(struct destination *, const char *, struct listing *);

/* Which version of an object the last stat or place was about; "" where there are none. */
const char *destination_version(const struct destination *);

/* Why the last call did not end with ANSWER_OK, in words for the operator / how many seconds they asked us to wait. */
const char *destination_why(const struct destination *);
uint32_t destination_wait_seconds(const struct destination *);

/* Where ${path} lies, without user or password; ${out} of ${room} bytes is returned. */
char *destination_location(const struct destination *, const char *, char *, size_t);

/* Who answered last: "sha256:HEX" of its certificate or host key, "local" for a folder, "" before the first answer. */
const char *destination_peer(const struct destination *);

#endif
